//! What the rows of a table come to before anything is sent: which go, which went, what is wrong,
//! what a person should know.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::Allowed;
use super::check::{Checked, Good, Walk, WalkError};
use super::message::Remark;
use crate::address::MailAddress;
use crate::batch::forecast::Forecast;
use crate::batch::notice::ColumnUse;
use crate::batch::table::Form;
use crate::batch::{Fault, Problem};
use crate::ledger::{self, Ledger, MessageRef, NewRow, Other, Serving};
use crate::pec::DeliveryForm;

/// Rows named for each remark; the rest is a number.
const SHOWN_ROWS: usize = 5;

/// What a walk over all rows found.
#[derive(Default)]
pub struct Findings {
    /// Rows read.
    pub rows: u64,
    /// Rows that cannot be sent.
    pub bad: u64,
    /// Problems of these and of the whole.
    pub problems: u64,
    /// Rows that are served already: the same, to the same.
    pub served: u64,
    /// Of these: whose acceptance only the mailbox knows.
    pub elsewhere: u64,
    /// The jobs that served the others.
    pub served_by: BTreeSet<String>,
    /// Rows whose message came back for all, and that wait for a word.
    pub came_back: u64,
    /// What is to be sent, by account.
    pub forecasts: BTreeMap<String, Forecast>,
    /// What a person should know, by kind.
    pub remarks: BTreeMap<&'static str, Noted>,
    /// How many good rows have how many files.
    pub files: BTreeMap<usize, u64>,
    /// How the table was read; nothing where its header is wrong.
    pub view: Option<View>,
    /// The identity of the job.
    pub identity: String,
}

/// A remark that rows have.
pub struct Noted {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<u64>,
    /// That of the first.
    pub first: Remark,
}

/// How a table was read.
pub struct View {
    /// What it is.
    pub form: Form,
    /// The first words with letters beyond ASCII.
    pub accented: Vec<String>,
    /// What each column is for.
    pub columns: Vec<ColumnUse>,
}

/// What rows are held against.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// What was recorded before, if anything was.
    pub ledger: Option<&'a Ledger>,
    /// Where the table lies.
    pub path: &'a str,
    /// What a person allowed.
    pub allowed: &'a Allowed,
    /// The delivery receipt to ask for.
    pub form: DeliveryForm,
    /// How the account of an address is called.
    pub name_of: &'a dyn Fn(&MailAddress) -> String,
}

/// What is told on the way.
pub enum Sight<'a> {
    /// A row, before it is looked at.
    Row,
    /// Something wrong.
    Problem(&'a Problem),
    /// A row of this number that can be sent.
    Good(u64, &'a Good),
}

/// Walks over all rows; without a walk tells what is wrong with the whole.
///
/// # Errors
/// When something cannot be read, and those of `tell`.
pub fn survey<R: Read, E: From<WalkError>>(
    walk: Result<Walk<'_, R>, Vec<Fault>>,
    against: Against<'_>,
    tell: &mut dyn FnMut(Sight<'_>) -> Result<(), E>,
) -> Result<Findings, E> {
    let mut findings = Findings::default();
    let mut walk = match walk {
        Ok(walk) => walk,
        Err(faults) => {
            findings.take_faults(None, faults, tell)?;
            return Ok(findings);
        }
    };
    let mut without_files = Vec::new();
    while let Some(Checked {
        number, outcome, ..
    }) = walk.next_row()?
    {
        tell(Sight::Row)?;
        let good = match outcome {
            Ok(good) => good,
            Err(faults) => {
                findings.bad += 1;
                findings.take_faults(Some(number), faults, tell)?;
                continue;
            }
        };
        if let Some(fault) = findings
            .take(number, &good, against)
            .map_err(WalkError::from)?
        {
            findings.bad += 1;
            findings.take_faults(Some(number), vec![fault], tell)?;
        }
        if good.files.is_empty() && without_files.len() < SHOWN_ROWS {
            without_files.push(number);
        }
        tell(Sight::Good(number, &good))?;
        for remark in good.remarks {
            findings.note(number, remark);
        }
    }
    if let Some(&count) = findings.files.get(&0)
        && findings.files.len() > 1
    {
        let noted = Noted {
            count,
            rows: without_files,
            first: Remark::NoFiles,
        };
        findings.remarks.insert("no-files", noted);
    }
    findings.view = Some(View {
        form: walk.form(),
        accented: walk.accented().to_vec(),
        columns: walk.columns(),
    });
    findings.rows = walk.rows();
    findings.identity = walk.identity();
    if findings.rows == 0 {
        findings.take_faults(None, vec![Fault::NoRows], tell)?;
    }
    Ok(findings)
}

impl Findings {
    /// Counts a row that can be sent by what is known of its notice; gives why it does not go by
    /// itself, if that is for a person to decide.
    fn take(
        &mut self,
        number: u64,
        good: &Good,
        against: Against<'_>,
    ) -> Result<Option<Fault>, ledger::Error> {
        let (row, ledger) = (&good.row, against.ledger);
        if row.has_no_reference() {
            self.note(number, Remark::NoReference);
        }
        *self.files.entry(good.files.len()).or_default() += 1;
        let serving = match ledger {
            Some(ledger) => ledger.serving(row, against.path)?,
            None => Serving::Free,
        };
        let terms = against.allowed.of(number);
        match &serving {
            Serving::Served(message) => {
                self.served += 1;
                self.served_by.extend(job_of(message, ledger)?);
            }
            Serving::Elsewhere(_) => {
                self.served += 1;
                self.elsewhere += 1;
            }
            Serving::InPart(_) | Serving::CameBack(_) => {
                self.came_back += u64::from(!terms.retry);
            }
            Serving::Free
            | Serving::Recorded(_)
            | Serving::OtherCameBack(_)
            | Serving::Conflict(_)
            | Serving::Lost(_) => {}
        }
        if !serving.goes(terms) {
            return fault_of(&serving, row, ledger);
        }
        let name = (against.name_of)(&row.account);
        let forecast = self.forecasts.entry(name).or_default();
        forecast.add(row.size, good.to, good.cc, against.form);
        Ok(None)
    }

    fn take_faults<E>(
        &mut self,
        row: Option<u64>,
        faults: Vec<Fault>,
        tell: &mut dyn FnMut(Sight<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        faults.into_iter().try_for_each(|fault| {
            self.problems += 1;
            tell(Sight::Problem(&Problem { row, fault }))
        })
    }

    fn note(&mut self, row: u64, remark: Remark) {
        let Some(kind) = remark.kind() else {
            return;
        };
        let noted = self.remarks.entry(kind).or_insert_with(|| Noted {
            count: 0,
            rows: Vec::new(),
            first: remark,
        });
        noted.count += 1;
        if noted.rows.len() < SHOWN_ROWS {
            noted.rows.push(row);
        }
    }
}

fn job_of(message: &MessageRef, ledger: Option<&Ledger>) -> Result<Option<String>, ledger::Error> {
    let job = ledger.map(|ledger| ledger.job_of(message)).transpose()?;
    Ok(job.flatten().map(|job| job.short))
}

/// Why a row does not go by itself, if that is for a person to decide.
fn fault_of(
    serving: &Serving,
    row: &NewRow,
    ledger: Option<&Ledger>,
) -> Result<Option<Fault>, ledger::Error> {
    let reference = row.reference.clone();
    Ok(match serving {
        Serving::Conflict(Other::Message(message)) => {
            let job = job_of(message, ledger)?.unwrap_or_default();
            let message = message.short.clone();
            Some(match row.has_no_reference() {
                true => Fault::Changed { message, job },
                false => Fault::Conflict {
                    reference,
                    message,
                    job,
                },
            })
        }
        Serving::Conflict(Other::Mailbox(at)) => {
            let at = *at;
            Some(Fault::ConflictElsewhere { reference, at })
        }
        Serving::Lost(at) => Some(Fault::Lost { at: *at }),
        Serving::OtherCameBack(message) => Some(Fault::OtherCameBack {
            reference,
            message: message.short.clone(),
        }),
        Serving::Free
        | Serving::Recorded(_)
        | Serving::Served(_)
        | Serving::Elsewhere(_)
        | Serving::InPart(_)
        | Serving::CameBack(_) => None,
    })
}
