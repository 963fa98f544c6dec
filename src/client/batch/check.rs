//! Every row of a table held against its recipe, its files, the limits, and the rows before it.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};
use std::ops::Range;

use rayon::prelude::*;

use super::message::{FileFacts, Files, Remark, Sender, file_name, freeze, size_fault, size_with};
use crate::address::MailAddress;
use crate::batch::columns::Role;
use crate::batch::notice::{ColumnUse, Notice, Recipe, Writer};
use crate::batch::table::{Columns, Form, Row, Table};
use crate::batch::{Fault, MAX_COLUMNS, MAX_ROWS};
use crate::client::once::stop_of;
use crate::court::{Court, Objection, Weight};
use crate::ledger::{self, NewRow, Seen};
use crate::pec::caution::{self, Stop, Warning};
use crate::pec::reach::Judgement;
use crate::smime::Sha256;
use crate::timestamp::Timestamp;

/// Rows examined at once, on all processors.
const CHUNK_ROWS: usize = 512;
/// Octets of these, so that long rows do not fill the memory.
const CHUNK_OCTETS: u64 = 4_000_000;

/// Words shown of a table, and letters of each: as many as stand on a line.
const ACCENTED_WORDS: usize = 6;
const ACCENTED_LETTERS: usize = 24;

/// Why a walk ended early.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// The table cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// What was seen before cannot be kept.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The table, a template or a file changed since it was checked.
    #[error("changed since it was checked")]
    Changed,
}

/// A row that can be sent.
#[derive(Clone, Debug)]
pub struct Good {
    /// What is recorded for it.
    pub row: NewRow,
    /// Recipients in To.
    pub to: u64,
    /// Recipients in Cc.
    pub cc: u64,
    /// What a person should know.
    pub remarks: Vec<Remark>,
    /// What is sent.
    pub notice: Notice,
    /// Its files, with their octets.
    pub files: Vec<(String, u64)>,
}

/// A row, and what is wrong with it if anything is.
#[derive(Clone, Debug)]
pub struct Checked {
    /// As a spreadsheet shows it.
    pub number: u64,
    /// Where it stands in the text.
    pub place: Range<u64>,
    /// Of a bad row: the cells that its notice would use, as JSON, as far as they can be told apart.
    pub columns: String,
    /// All that is wrong, or what is recorded.
    pub outcome: Result<Good, Vec<Fault>>,
}

/// What keeps a row from leaving, and what of it a person named.
#[derive(Clone, Copy)]
pub struct Stops<'a> {
    /// What was named.
    pub despite: &'a [Stop],
    /// The law court in which the receipts are to be filed, if they are for one.
    pub court: Option<Court>,
    /// What is known of an address.
    pub reach: &'a dyn Fn(&MailAddress) -> Judgement,
}

/// What rows are held against.
pub struct Examiner<'a> {
    writer: Writer<'a>,
    recipe: &'a Recipe,
    senders: &'a HashMap<String, Sender>,
    files: &'a mut dyn Files,
    stops: Stops<'a>,
    seen: Seen,
    now: Timestamp,
}

impl<'a> Examiner<'a> {
    /// Reads the templates.
    ///
    /// # Errors
    /// Outside: the disk. Inside: templates that cannot be read.
    pub fn new(
        recipe: &'a Recipe,
        senders: &'a HashMap<String, Sender>,
        files: &'a mut dyn Files,
        stops: Stops<'a>,
        now: Timestamp,
    ) -> Result<Result<Self, Vec<Fault>>, ledger::Error> {
        let seen = Seen::new()?;
        Ok(Writer::new(recipe).map(|writer| Self {
            writer,
            recipe,
            senders,
            files,
            stops,
            seen,
            now,
        }))
    }

    /// What is wrong with the columns of a table whatever stands in them.
    pub fn header_faults(&self, header: &[String]) -> Vec<Fault> {
        let mut faults = self.writer.header_faults(header);
        let names = header.iter().map(String::as_str);
        let column = self.recipe.columns.find(Role::Account, names);
        if self.recipe.account.is_empty() && matches!(column, Ok(None)) {
            faults.push(no_sender("", self.senders));
        }
        faults
    }

    /// What is wrong with a row that makes no notice, its files included: all at once.
    fn all_faults(&mut self, columns: &Columns, mut faults: Vec<Fault>) -> Vec<Fault> {
        for name in self.writer.attached(columns) {
            if let Err(reason) = self.files.look(&name) {
                faults.push(Fault::Attachment { name, reason });
            }
        }
        faults
    }

    fn with_others(
        &mut self,
        number: u64,
        columns: &Columns,
        alone: Alone,
    ) -> Result<Result<Good, Vec<Fault>>, ledger::Error> {
        let Alone {
            notice,
            size,
            warnings,
        } = alone;
        let warnings = self.stops.with_known(warnings, &notice);
        let mut faults = self.stops.faults(&warnings);
        let mut remarks: Vec<Remark> = warnings.into_iter().map(Remark::Message).collect();
        remarks.extend(swallowed(columns, &notice));
        let mut files: Vec<(&str, FileFacts)> = Vec::new();
        for name in &notice.attach {
            match self.files.look(name) {
                Ok(facts) => {
                    remarks.extend(self.files.remarks(name));
                    remarks.extend(among(&files, name, &facts));
                    files.push((file_name(name), facts));
                }
                Err(reason) => faults.push(Fault::Attachment {
                    name: name.clone(),
                    reason,
                }),
            }
        }
        let weighed: Vec<(&str, &FileFacts)> =
            files.iter().map(|(name, facts)| (*name, facts)).collect();
        let size = size_with(size, &weighed);
        let recipients = notice.to.len() + notice.cc.len();
        let Some(sender) = self.senders.get(&notice.account) else {
            return Ok(Err(vec![no_sender(&notice.account, self.senders)]));
        };
        faults.extend(size_fault(size, recipients, sender.limits));
        let for_court = match self.stops.court {
            Some(court) => self.objections(court, &notice, sender, &remarks),
            None => Vec::new(),
        };
        for objection in for_court {
            let is_named = self.stops.despite.contains(&stop_of(&objection));
            match objection.weight {
                Weight::Failure if !is_named => faults.push(Fault::Court(objection)),
                Weight::Failure | Weight::Doubt => remarks.push(Remark::Court(objection)),
            }
        }
        let digests = files.iter().map(|(name, facts)| (*name, &*facts.sha256));
        let content = notice.digest(digests);
        let reference = notice.reference.clone().unwrap_or_else(|| content.clone());
        let key = format!("{}\n{reference}", sender.address.key());
        if let Some(row) = self.seen.first(&key, number)? {
            faults.push(match &notice.reference {
                Some(reference) => Fault::Duplicate {
                    reference: reference.clone(),
                    row,
                },
                None => Fault::SameNotice { row },
            });
        }
        if !faults.is_empty() {
            return Ok(Err(faults));
        }
        Ok(Ok(Good {
            to: notice.to.len() as u64,
            cc: notice.cc.len() as u64,
            remarks,
            files: files
                .iter()
                .map(|(name, facts)| ((*name).to_owned(), facts.size))
                .collect(),
            row: NewRow {
                number,
                account: sender.address.clone(),
                reference,
                round: self.recipe.again.clone().unwrap_or_default(),
                content,
                whom: notice.whom(),
                columns: kept(&self.writer, columns),
                recipients: u32::try_from(recipients).unwrap_or(u32::MAX),
                size,
                bad: None,
            },
            notice,
        }))
    }

    /// What a court would not take of the message of a notice: it is made for that, files and all. Of
    /// what cannot be made something else is told.
    fn objections(
        &mut self,
        court: Court,
        notice: &Notice,
        sender: &Sender,
        remarks: &[Remark],
    ) -> Vec<Objection> {
        let mut files = Vec::new();
        for name in &notice.attach {
            let Ok(octets) = self.files.read(name) else {
                return Vec::new();
            };
            files.push((file_name(name).to_owned(), octets));
        }
        let id = format!("<{:032}@{}>", 0, sender.address.domain());
        let Ok(message) = freeze(notice, self.recipe, sender, files, id, self.now) else {
            return Vec::new();
        };
        // All that is known of the recipients is among the remarks.
        let is_ordinary = |address: &MailAddress| {
            remarks.iter().any(|remark| match remark {
                Remark::Message(warning) => warning.ordinary() == Some(address.as_str()),
                Remark::FileTwice(_)
                | Remark::SameName(_)
                | Remark::Outside(_)
                | Remark::LineWithAddress(_)
                | Remark::NoFiles
                | Remark::NoReference
                | Remark::Court(_) => false,
            })
        };
        let rules = court.rules();
        let found = rules.before_sending(&message, &is_ordinary);
        rules.age(self.now).into_iter().chain(found).collect()
    }
}

impl Stops<'_> {
    /// What is wrong with a row whose message would be stopped: each warning of a stop that was not
    /// named.
    fn faults(&self, warnings: &[Warning]) -> Vec<Fault> {
        let stops = Stop::left(warnings, self.despite);
        let stopping = warnings
            .iter()
            .filter(|warning| warning.stop().is_some_and(|stop| stops.contains(&stop)));
        stopping.cloned().map(Fault::Stopped).collect()
    }

    /// The same warnings, and those about recipients, which are not known to several threads.
    fn with_known(&self, warnings: Vec<Warning>, notice: &Notice) -> Vec<Warning> {
        let recipients = notice.recipients();
        let known =
            recipients.filter_map(|address| caution::ordinary(address, &(self.reach)(address)));
        let mut all: Vec<Warning> = known.chain(warnings).collect();
        if caution::announces_notification(&notice.subject) {
            all.extend(caution::to_ordinary(notice.recipients(), self.reach));
        }
        all
    }
}

/// What is recorded of a row: nobody's data that its notice does not use.
fn kept(writer: &Writer<'_>, columns: &Columns) -> String {
    serde_json::to_string(&writer.kept(columns)).unwrap_or_default()
}

/// What is wrong with the name of an account that is none: an empty one names nothing.
fn no_sender(name: &str, senders: &HashMap<String, Sender>) -> Fault {
    if !name.is_empty() {
        let name = name.to_owned();
        return Fault::UnknownAccount { name };
    }
    let mut known: Vec<&str> = senders.keys().map(String::as_str).collect();
    known.sort_unstable();
    let known = known.join(", ");
    Fault::NoAccount { known }
}

/// A cell that holds what looks like another row: a line with an address that the notice does
/// not go to.
fn swallowed(columns: &Columns, notice: &Notice) -> Option<Remark> {
    let holds_row = |text: &str| {
        let lines = text.lines().skip(1);
        let mut words = lines.flat_map(|line| line.split(|c: char| !is_of_address(c)));
        words.any(|word| {
            let address = MailAddress::new(word);
            address.is_well_formed() && !notice.recipients().any(|other| *other == address)
        })
    };
    let is_odd = |value: &&serde_json::Value| {
        let text = value
            .as_str()
            .filter(|text| text.contains('\n') && text.contains('@'));
        text.is_some_and(holds_row)
    };
    let mut odd = columns.iter().filter(|(_, value)| is_odd(value));
    odd.next()
        .map(|(name, _)| Remark::LineWithAddress(name.clone()))
}

fn is_of_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '+')
}

/// What is odd about a file beside those before it.
fn among(files: &[(&str, FileFacts)], name: &str, facts: &FileFacts) -> Option<Remark> {
    if files.iter().any(|(_, other)| other == facts) {
        return Some(Remark::FileTwice(name.to_owned()));
    }
    let shown = file_name(name);
    let is_same = |other: &&str| other.to_lowercase() == shown.to_lowercase();
    let mut others = files.iter().map(|(other, _)| *other);
    others
        .any(|other| is_same(&other))
        .then(|| Remark::SameName(shown.to_owned()))
}

struct Alone {
    notice: Notice,
    size: usize,
    warnings: Vec<Warning>,
}

/// Rows, checked, in the order of the table.
pub struct Walk<'a, R: Read> {
    table: Table<R>,
    examiner: Examiner<'a>,
    ready: VecDeque<Checked>,
    sight: Sight,
    read: u64,
    identity: Sha256,
}

impl<'a, R: Read> Walk<'a, R> {
    /// Over a table whose header is in order. The identity begins with `seed`: what the table's
    /// octets and the recipe are.
    pub fn new(table: Table<R>, examiner: Examiner<'a>, seed: &str) -> Self {
        let mut identity = Sha256::default();
        identity.feed(seed.as_bytes());
        Self {
            table,
            examiner,
            ready: VecDeque::new(),
            sight: Sight::default(),
            read: 0,
            identity,
        }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn next_row(&mut self) -> Result<Option<Checked>, WalkError> {
        if self.ready.is_empty() {
            self.fill()?;
        }
        let Some(checked) = self.ready.pop_front() else {
            return Ok(None);
        };
        if let Ok(good) = &checked.outcome {
            let line = format!("\n{} {}", checked.number, good.row.content);
            self.identity.feed(line.as_bytes());
        }
        Ok(Some(checked))
    }

    /// The form of the table.
    pub fn form(&self) -> Form {
        self.table.form()
    }

    /// What each column is for; those that no row read so far has are not among them.
    pub fn columns(&self) -> Vec<ColumnUse> {
        let names = self.table.header().unwrap_or(&self.sight.names);
        self.examiner.writer.uses(names)
    }

    /// The first words with letters beyond ASCII: whether they are right, people see.
    pub fn accented(&self) -> &[String] {
        &self.sight.accented
    }

    /// How many rows were read.
    pub fn rows(&self) -> u64 {
        self.read
    }

    /// The identity of all rows that were handed out and are good.
    pub fn identity(self) -> String {
        self.identity.finish()
    }

    fn fill(&mut self) -> Result<(), WalkError> {
        let mut chunk = Vec::new();
        let mut octets = 0;
        while chunk.len() < CHUNK_ROWS && octets < CHUNK_OCTETS {
            let Some(mut row) = self.table.row()? else {
                break;
            };
            self.read += 1;
            if self.read > MAX_ROWS {
                row.columns = Err(Fault::ManyRows);
                chunk = vec![row];
                break;
            }
            octets += row.place.end - row.place.start;
            if let Ok(columns) = &row.columns {
                self.sight.see(columns, self.table.header().is_none());
            }
            chunk.push(row);
        }
        let examiner = &self.examiner;
        // The files are not looked at here, so that one thread reads the disk in order.
        let writer = Pure {
            writer: &examiner.writer,
            recipe: examiner.recipe,
            senders: examiner.senders,
            now: examiner.now,
        };
        let alone: Vec<Result<Alone, Vec<Fault>>> =
            chunk.par_iter().map(|row| writer.alone(row)).collect();
        for (row, alone) in chunk.into_iter().zip(alone) {
            let outcome = match (alone, &row.columns) {
                (Ok(alone), Ok(columns)) => {
                    self.examiner.with_others(row.number, columns, alone)?
                }
                (Err(faults), Ok(columns)) => Err(self.examiner.all_faults(columns, faults)),
                (_, Err(fault)) => Err(vec![fault.clone()]),
            };
            let columns = match (&outcome, &row.columns) {
                (Err(_), Ok(columns)) => kept(&self.examiner.writer, columns),
                (Ok(_), _) | (_, Err(_)) => "{}".to_owned(),
            };
            self.ready.push_back(Checked {
                number: row.number,
                place: row.place,
                columns,
                outcome,
            });
        }
        Ok(())
    }
}

/// What the rows read so far show of the table.
#[derive(Default)]
struct Sight {
    /// The columns, where there is no header.
    names: Vec<String>,
    accented: Vec<String>,
}

impl Sight {
    fn see(&mut self, columns: &Columns, names_too: bool) {
        for (name, value) in columns {
            if names_too && self.names.len() < MAX_COLUMNS && !self.names.contains(name) {
                self.names.push(name.clone());
            }
            let text = value.as_str().unwrap_or_default();
            if self.accented.len() == ACCENTED_WORDS {
                continue;
            }
            for text in [name, text] {
                if !text.is_ascii() {
                    self.take_words(text);
                }
            }
        }
    }

    fn take_words(&mut self, text: &str) {
        let words = text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
        for word in words.filter(|word| !word.is_ascii()) {
            let word: String = word.chars().take(ACCENTED_LETTERS).collect();
            if self.accented.len() < ACCENTED_WORDS && !self.accented.contains(&word) {
                self.accented.push(word);
            }
        }
    }
}

/// The part of an examiner that several threads may share.
struct Pure<'a> {
    writer: &'a Writer<'a>,
    recipe: &'a Recipe,
    senders: &'a HashMap<String, Sender>,
    now: Timestamp,
}

impl Pure<'_> {
    fn alone(&self, row: &Row) -> Result<Alone, Vec<Fault>> {
        let columns = row.columns.as_ref().map_err(|fault| vec![fault.clone()])?;
        let notice = self.writer.notice(columns)?;
        let Some(sender) = self.senders.get(&notice.account) else {
            return Err(vec![no_sender(&notice.account, self.senders)]);
        };
        let id = format!("<{:032}@{}>", 0, sender.address.domain());
        let message = freeze(&notice, self.recipe, sender, Vec::new(), id, self.now)?;
        let warnings = message.warnings(sender.limits, &|_| Judgement::default(), &|_| Vec::new());
        Ok(Alone {
            size: message.octets().len(),
            notice,
            warnings,
        })
    }
}

/// What a walk's identity begins with: the table's digest and the recipe.
pub fn identity_of(table: &str, recipe: &Recipe) -> String {
    let recipe = serde_json::to_string(recipe).unwrap_or_default();
    format!("{table}\n{recipe}")
}
