//! The lines of `pec batch report`: every row and recipient, with what was certified and by which
//! receipt.

use std::collections::HashSet;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::original::{Original, Rows};
use super::status;
use crate::batch::columns::text_of;
use crate::batch::table::Columns;
use crate::command::{Failure, words};
use crate::ledger::fact::{Fact, What};
use crate::ledger::state::Standing;
use crate::ledger::{JobRow, JobView, Ledger, MessageView, Part};
use crate::output::catalogue::Catalogue;
use crate::output::report::{Page, Report, SHA256};
use crate::timestamp::{Timestamp, WITH_OFFSET};

/// Rows read at once.
const PAGE: usize = 200;

/// A line of `pec batch report --ndjson`: a recipient of a row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Line {
    /// The short id of the job.
    pub job: String,
    /// The row as a spreadsheet numbers it, header 1; in NDJSON the line.
    #[schemars(range(min = 1))]
    pub row: u64,
    /// The columns of the row that its notice uses. All of them where the job was named by its table and
    /// that is as it was, and in jobs that earlier versions recorded.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub columns: Columns,
    /// The sender's reference, or the digest of the content.
    pub reference: String,
    /// The account that sends.
    pub account: String,
    /// The address; null while no message was made.
    pub recipient: Option<String>,
    /// Where it stands; waiting and held while no message was made, else as in pec status.
    #[schemars(schema_with = "super::states")]
    pub state: &'static str,
    /// Why it is held.
    pub note: Option<String>,
    /// Whether the message is that of another row, which says the same to the same.
    pub served: bool,
    /// The short id of the job that it was made for, when it is.
    pub served_by: Option<String>,
    /// Whether another machine sent it.
    pub elsewhere: bool,
    /// The short ids of further messages under its reference: what it corrects, or tries again.
    pub other_messages: Vec<String>,
    /// The short id of the message.
    pub message: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Of its octets; null when another machine sent it.
    #[schemars(regex(pattern = SHA256))]
    pub message_sha256: Option<String>,
    /// When the provider took it, by our clock.
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub sent_at: Option<String>,
    /// Certified.
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub accepted_at: Option<String>,
    /// Certified.
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub delivered_at: Option<String>,
    /// When it failed for good: of the fact on which state rests, certified or, where the provider
    /// refused it, by our clock. Null when it did not fail, or was delivered after all.
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub failed_at: Option<String>,
    /// Certified: when the first notice said that it was not delivered in time. After 12 hours that
    /// is no failure.
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub first_notice_at: Option<String>,
    /// Whether it was delivered after the notice that it would not be.
    pub late: bool,
    /// The provider's identifier.
    pub identifier: Option<String>,
    /// Why it failed, in the words of server or provider.
    pub error: Option<String>,
    /// All about this recipient.
    pub receipts: Vec<ReceiptJson>,
}

impl Report for Line {
    const SCHEMA: &'static str = "pec/batch-report";

    /// People get a table: see `report`.
    fn text(&self, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// A receipt that was proved genuine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "receipt")]
pub(super) struct ReceiptJson {
    /// What it states.
    #[schemars(schema_with = "words::what")]
    pub what: &'static str,
    /// The certified time (RFC 3339, Italian legal time).
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub time: String,
    /// The provider's identifier of the transaction.
    pub identifier: Option<String>,
    /// The id of the check that found the first doubt about it, as `pec verify` tells it.
    pub doubt: Option<String>,
    /// Of its octets, which are kept under this name.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
}

/// A value as the table had it: texts as they are.
pub(super) fn written(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => text_of(other),
    }
}

/// Where a recipient stands, in words.
pub(super) fn state_of(line: &Line, texts: &Catalogue) -> String {
    let state = match line.late && line.state == Standing::Delivered.word() {
        true => texts.text("batch.state.late").to_owned(),
        false => status::state_text(line.state, texts),
    };
    match line.receipts.iter().any(|receipt| receipt.doubt.is_some()) {
        true => format!("{state}; {}", texts.text("status.doubtful")),
        false => state,
    }
}

/// A job whose lines are told.
pub(super) struct Reported<'a> {
    pub ledger: &'a Ledger,
    pub job: &'a JobView,
    /// Its table, where it is there as it was.
    pub original: Option<Box<Original>>,
}

impl<'a> Reported<'a> {
    /// A job without its table.
    pub fn alone(ledger: &'a Ledger, job: &'a JobView) -> Self {
        Self {
            ledger,
            job,
            original: None,
        }
    }

    /// The columns of all rows, in the order in which they came first.
    pub fn header(&self) -> anyhow::Result<Vec<String>> {
        let mut names = self
            .table()?
            .map_or_else(Vec::new, |rows| rows.header().to_vec());
        let mut seen: HashSet<String> = names.iter().cloned().collect();
        self.rows(&mut |_, columns| {
            for (name, _) in columns {
                if seen.insert(name.clone()) {
                    names.push(name);
                }
            }
            Ok(())
        })?;
        Ok(names)
    }

    /// Each recipient of each row; a row without a message is one line.
    pub fn lines(&self, each: &mut dyn FnMut(Line) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.rows(&mut |row, columns| {
            for line in lines_of(self.ledger, self.job, row, columns)? {
                each(line)?;
            }
            Ok(())
        })
    }

    fn table(&self) -> Result<Option<Rows>, Failure> {
        self.original.as_ref().map(|table| table.rows()).transpose()
    }

    /// Each row with its columns.
    fn rows(
        &self,
        each: &mut dyn FnMut(JobRow, Columns) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut table = self.table()?;
        let mut after = 0;
        loop {
            let page = self
                .ledger
                .rows_of(&self.job.job, after, PAGE)
                .map_err(|error| Failure::of_ledger(&error))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.row.number;
            for row in page {
                let whole = table.as_mut().and_then(|rows| rows.columns(row.row.number));
                let columns = whole.unwrap_or_else(|| columns(&row));
                each(row, columns)?;
            }
        }
    }
}

fn columns(row: &JobRow) -> Columns {
    serde_json::from_str(&row.row.columns).unwrap_or_default()
}

fn lines_of(
    ledger: &Ledger,
    job: &JobView,
    row: JobRow,
    columns: Columns,
) -> anyhow::Result<Vec<Line>> {
    let of_ledger = |error| Failure::of_ledger(&error);
    let beside = match row.row.bad {
        Some(_) => Vec::new(),
        None => ledger.beside(&row).map_err(of_ledger)?,
    };
    let bare = Line {
        job: job.job.short.clone(),
        row: row.row.number,
        columns,
        reference: row.row.reference.clone(),
        account: row.account.clone(),
        recipient: None,
        state: match (&row.row.bad, &row.note) {
            (Some(_), _) => "bad",
            (None, Some(_)) => "held",
            (None, None) => "waiting",
        },
        note: row.row.bad.clone().or_else(|| row.note.clone()),
        served: row.served,
        served_by: None,
        elsewhere: false,
        other_messages: beside.iter().map(|message| message.short.clone()).collect(),
        message: None,
        message_id: None,
        message_sha256: None,
        sent_at: None,
        accepted_at: None,
        delivered_at: None,
        failed_at: None,
        first_notice_at: None,
        late: false,
        identifier: None,
        error: None,
        receipts: Vec::new(),
    };
    let Some(message) = &row.message else {
        return Ok(vec![bare]);
    };
    let served_by = match row.served {
        true => ledger.job_of(message).map_err(of_ledger)?,
        false => None,
    };
    let served_by = served_by.map(|job| job.short);
    let mut all = Vec::new();
    // What came back for one was sent again to that one alone, as a message of its own.
    for part in ledger.parts(message).map_err(of_ledger)? {
        let view = ledger.view(&part.message).map_err(of_ledger)?;
        all.extend(lines_of_message(&view, &part, &bare, served_by.as_deref()));
    }
    Ok(all)
}

/// The lines of those recipients for whom one message of a row counts.
fn lines_of_message<'a>(
    view: &'a MessageView,
    part: &'a Part,
    bare: &'a Line,
    served_by: Option<&'a str>,
) -> impl Iterator<Item = Line> + 'a {
    let message = &part.message;
    let has_left = |fact: &Fact| fact.what() == What::Taken || fact.is_certified();
    let elsewhere = view.facts.iter().any(has_left)
        && !view.facts.iter().any(|fact| fact.what() == What::Handed);
    view.recipients
        .iter()
        .enumerate()
        .filter(|(place, _)| part.places.contains(place))
        .map(move |(place, recipient)| {
            let facts = view.facts.iter();
            let facts: Vec<&Fact> = facts.filter(|fact| fact.concerns(place)).collect();
            let first = |wanted: &[What]| {
                let found = facts.iter().filter(|fact| wanted.contains(&fact.what()));
                found.map(|fact| fact.at()).min().map(time)
            };
            let certified = facts.iter().filter(|fact| fact.is_certified());
            let receipts: Vec<ReceiptJson> = certified
                .filter_map(|fact| {
                    let octets = fact.evidence()?;
                    let mut judged = view.receipts.iter();
                    let judged = judged.find(|row| row.octets == octets);
                    Some(ReceiptJson {
                        what: fact.what().word(),
                        time: time(fact.at()),
                        identifier: fact.identifier().map(str::to_owned),
                        doubt: judged.and_then(|row| row.doubt.clone()),
                        sha256: octets.to_owned(),
                    })
                })
                .collect();
            let standing = recipient.state.standing;
            // What does not stand any more is no failure: a notice before a delivery.
            let reason = recipient.state.reason(place, &view.facts);
            let failed_at = recipient.state.since.filter(|_| standing.is_failure());
            Line {
                recipient: Some(recipient.address.to_string()),
                state: standing.word(),
                message: Some(message.short.clone()),
                message_id: Some(view.row.message_id.clone()),
                // Of one that another machine sent the octets are there.
                message_sha256: (!elsewhere).then(|| view.row.octets.clone()),
                served_by: served_by.map(str::to_owned),
                elsewhere,
                sent_at: recipient.state.taken_at.map(time),
                accepted_at: recipient.state.accepted_at.map(time),
                delivered_at: first(&[What::Delivered]),
                failed_at: failed_at.map(time),
                first_notice_at: first(&[What::TimeoutNotice]),
                late: recipient.state.late,
                identifier: receipts
                    .iter()
                    .find_map(|receipt| receipt.identifier.clone()),
                error: reason.and_then(|fact| fact.text().map(str::to_owned)),
                receipts,
                ..bare.clone()
            }
        })
}

/// RFC 3339 at Italian legal time.
pub(super) fn time(at: Timestamp) -> String {
    at.rfc3339_at(at.italian_offset())
}
