//! The JSON of a message's status: a promise to other programs, laid down in `schema.json`.
//!
//! Version 1. Fields may be added; removing one or changing its meaning raises the version.

use std::io::Write;

use serde::Serialize;

use super::{Found, Page, Reading, Remark, text};
use crate::ledger::state::{Deadline, Fact, What};
use crate::ledger::{MatchRule, MessageView, ReceivedRow, RecipientView};
use crate::output::json;
use crate::output::style::Style;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    program: &'static str,
    messages: Vec<MessageJson<'a>>,
    orphans: Vec<ReceivedJson<'a>>,
    unproven: Vec<ReceivedJson<'a>>,
    more: bool,
    totals: Option<TotalsJson>,
}

#[derive(Serialize)]
struct TotalsJson {
    orphans: usize,
    unproven: usize,
    unread: usize,
}

/// One message with all that is known of it.
#[derive(Serialize)]
pub(in crate::command) struct MessageJson<'a> {
    id: &'a str,
    account: &'a str,
    message_id: &'a str,
    sender: &'a str,
    subject: &'a str,
    receipt_form: &'a str,
    recorded_at: String,
    sha256: &'a str,
    size: u64,
    file: String,
    answer: &'static str,
    text: String,
    recipients: Vec<RecipientJson<'a>>,
    attempts: Vec<FactJson<'a>>,
    receipts: Vec<ReceivedJson<'a>>,
    remarks: Vec<RemarkJson<'a>>,
}

/// What ordinary mail claims about a message.
#[derive(Serialize)]
struct RemarkJson<'a> {
    sha256: &'a str,
    file: String,
    folder: Option<&'a str>,
    uid: Option<u32>,
    sender: &'a str,
    subject: &'a str,
    recipients: Vec<ReportedJson>,
}

#[derive(Serialize)]
struct ReportedJson {
    address: String,
    action: String,
    status: String,
    reason: String,
}

#[derive(Serialize)]
struct RecipientJson<'a> {
    address: &'a str,
    field: &'static str,
    standing: &'static str,
    text: String,
    since: Option<String>,
    accepted_at: Option<String>,
    deadline: Option<DeadlineJson>,
    late: bool,
    twice: bool,
    contradiction: Vec<&'static str>,
    facts: Vec<FactJson<'a>>,
}

#[derive(Serialize)]
struct DeadlineJson {
    kind: &'static str,
    at: String,
    text: String,
}

#[derive(Serialize)]
struct FactJson<'a> {
    what: &'static str,
    at: String,
    attempt: Option<u32>,
    code: Option<&'a str>,
    text: Option<&'a str>,
    identifier: Option<&'a str>,
    receipt: Option<&'a str>,
    file: Option<String>,
}

/// A receipt, or what passes itself off as one.
#[derive(Serialize)]
struct ReceivedJson<'a> {
    account: &'a str,
    sha256: &'a str,
    file: String,
    verdict: &'a str,
    kind: Option<&'a str>,
    finding: Option<&'a str>,
    certified_at: Option<String>,
    subject: Option<&'a str>,
    message_id: Option<&'a str>,
    identifier: Option<&'a str>,
    delivered_to: Option<&'a str>,
    matched_by: Option<&'static str>,
    folder: Option<&'a str>,
    uid: Option<u32>,
}

/// Writes a page of a list; without a ledger there is nothing in it.
pub(super) fn list(
    page: &Page,
    reading: Option<&Reading<'_>>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut document = Document::empty();
    document.more = page.more;
    document.totals = Some(TotalsJson {
        orphans: page.unsettling.orphans,
        unproven: page.unsettling.unproven,
        unread: page.unsettling.unread,
    });
    if let Some(reading) = reading {
        match &page.found {
            Found::Messages(views) => {
                let messages = views.iter().map(|view| MessageJson::of(view, reading));
                document.messages = messages.collect();
            }
            Found::Orphans(rows) => document.orphans = received(rows, reading),
            Found::Unproven(rows) => document.unproven = received(rows, reading),
        }
    }
    write(&document, out)
}

fn received<'a>(rows: &'a [ReceivedRow], reading: &Reading<'_>) -> Vec<ReceivedJson<'a>> {
    let rows = rows.iter();
    rows.map(|row| ReceivedJson::of(row, reading)).collect()
}

/// Writes one message.
pub(super) fn one(
    view: &MessageView,
    reading: &Reading<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    some(std::slice::from_ref(view), reading, out)
}

/// Writes some messages, each whole.
pub(super) fn some(
    views: &[MessageView],
    reading: &Reading<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut document = Document::empty();
    let messages = views.iter().map(|view| MessageJson::of(view, reading));
    document.messages.extend(messages);
    write(&document, out)
}

fn write(document: &Document<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{}", json::pretty(document)?)?;
    Ok(())
}

impl Document<'_> {
    fn empty() -> Self {
        Self {
            schema: "pec/status",
            version: 1,
            program: concat!("pec ", env!("CARGO_PKG_VERSION")),
            messages: Vec::new(),
            orphans: Vec::new(),
            unproven: Vec::new(),
            more: false,
            totals: None,
        }
    }
}

impl<'a> MessageJson<'a> {
    /// What is known of a message, for the documents of this and other commands.
    pub(in crate::command) fn of(view: &'a MessageView, reading: &Reading<'_>) -> Self {
        let row = &view.row;
        let plain = Reading {
            style: Style::Plain,
            ..*reading
        };
        let of_message = |fact: &&Fact| fact.place.is_none() && !fact.what.is_certified();
        Self {
            id: &row.message.short,
            account: &row.account,
            message_id: &row.message_id,
            sender: &row.sender,
            subject: &row.subject,
            receipt_form: &row.receipt_form,
            recorded_at: row.frozen_at.to_string(),
            sha256: &row.octets,
            size: row.size,
            file: path(&row.octets, reading),
            answer: super::answer_word(super::outcome(view)),
            text: text::summary(view, &plain),
            recipients: view
                .recipients
                .iter()
                .enumerate()
                .map(|(place, recipient)| RecipientJson::of(place, recipient, view, &plain))
                .collect(),
            attempts: view
                .facts
                .iter()
                .filter(of_message)
                .map(|fact| FactJson::of(fact, reading))
                .collect(),
            receipts: view
                .receipts
                .iter()
                .map(|row| ReceivedJson::of(row, reading))
                .collect(),
            remarks: view
                .remarks
                .iter()
                .map(|row| RemarkJson::of(row, reading))
                .collect(),
        }
    }
}

impl<'a> RemarkJson<'a> {
    fn of(row: &'a ReceivedRow, reading: &Reading<'_>) -> Self {
        let remark = Remark::of(row, reading);
        let (folder, uid) = place(row);
        let recipients = remark.recipients.into_iter().map(|one| ReportedJson {
            address: one.address,
            action: one.action,
            status: one.status,
            reason: one.reason,
        });
        Self {
            sha256: &row.octets,
            file: path(&row.octets, reading),
            folder,
            uid,
            sender: remark.sender,
            subject: remark.subject,
            recipients: recipients.collect(),
        }
    }
}

impl<'a> RecipientJson<'a> {
    fn of(
        place: usize,
        recipient: &'a RecipientView,
        view: &'a MessageView,
        reading: &Reading<'_>,
    ) -> Self {
        let state = &recipient.state;
        let facts = view.facts.iter().filter(|fact| text::concerns(fact, place));
        Self {
            address: recipient.address.as_str(),
            field: recipient.field.word(),
            standing: state.standing.word(),
            text: text::standing(state, reading),
            since: state.since.map(|at| at.to_string()),
            accepted_at: state.accepted_at.map(|at| at.to_string()),
            deadline: state
                .deadline(reading.now)
                .map(|deadline| DeadlineJson::of(deadline, reading)),
            late: state.late,
            twice: state.twice,
            contradiction: state.contradiction.iter().map(|what| what.word()).collect(),
            facts: facts.map(|fact| FactJson::of(fact, reading)).collect(),
        }
    }
}

impl DeadlineJson {
    fn of(deadline: Deadline, reading: &Reading<'_>) -> Self {
        let (kind, at) = match deadline {
            Deadline::Acceptance(at) => ("acceptance", at),
            Deadline::FirstNotice(at) => ("first-notice", at),
            Deadline::SecondNotice(at) => ("second-notice", at),
            Deadline::Overdue(at) => ("overdue", at),
        };
        Self {
            kind,
            at: at.to_string(),
            text: text::deadline_text(deadline, reading.lang),
        }
    }
}

impl<'a> FactJson<'a> {
    fn of(fact: &'a Fact, reading: &Reading<'_>) -> Self {
        // Of an attempt that began the ledger keeps which process it is: nobody's business.
        let text = fact.text.as_deref();
        Self {
            what: fact.what.word(),
            at: fact.at.to_string(),
            attempt: fact.attempt,
            code: fact.code.as_deref(),
            text: text.filter(|_| fact.what != What::Begun),
            identifier: fact.identifier.as_deref(),
            receipt: fact.evidence.as_deref(),
            file: fact.evidence.as_ref().map(|sha256| path(sha256, reading)),
        }
    }
}

impl<'a> ReceivedJson<'a> {
    fn of(row: &'a ReceivedRow, reading: &Reading<'_>) -> Self {
        let (folder, uid) = place(row);
        Self {
            account: &row.account,
            sha256: &row.octets,
            file: path(&row.octets, reading),
            verdict: &row.verdict,
            kind: row.kind.as_deref(),
            finding: row.headline.as_deref(),
            certified_at: row.certified_at.map(|at| at.to_string()),
            subject: row.subject.as_deref(),
            message_id: row.message_id.as_deref(),
            identifier: row.identifier.as_deref(),
            delivered_to: row.delivered_to.as_deref(),
            matched_by: row.rule.map(MatchRule::word),
            folder,
            uid,
        }
    }
}

fn place(row: &ReceivedRow) -> (Option<&str>, Option<u32>) {
    let place = row.place.as_ref();
    place.map(|(name, uid)| (&**name, *uid)).unzip()
}

fn path(sha256: &str, reading: &Reading<'_>) -> String {
    reading.ledger.path_of(sha256).display().to_string()
}
