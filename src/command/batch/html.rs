//! The report as one page of HTML: no script, nothing loaded. What it looks like stands in
//! `report.html`, a template.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use super::events::{Counts, line};
use super::lines::{Line, Reported, state_of, written};
use super::place;
use crate::command::{Failure, Session};
use crate::lang::Lang;
use crate::ledger::state::Standing;
use crate::output::catalogue::Catalogue;
use crate::output::html::Pages;
use crate::output::layout::shown;
use crate::output::report::PROGRAM;
use crate::timestamp::Timestamp;

/// The page: what stands before the rows, a row, and what stands behind them.
const PAGE: &str = include_str!("report.html");

/// Where the page is cut.
const CUTS: [&str; 2] = ["{# one row #}\n", "{# after the rows #}\n"];

/// Which rows are shown, with the words for it; the first one is all.
const CHOICES: [(&str, &str); 4] = [
    ("all", "batch.choice.all"),
    ("good", "batch.choice.good"),
    ("bad", "batch.choice.bad"),
    ("wait", "batch.choice.wait"),
];

/// Cells of a row that are shown before it is opened.
const SHOWN_CELLS: usize = 2;

/// Writes the page.
///
/// # Errors
/// Those of the ledger and of writing.
pub(super) fn write(reported: &Reported<'_>, session: &mut Session<'_>) -> anyhow::Result<()> {
    let (ledger, job) = (reported.ledger, reported.job);
    let lang = session.lang;
    let texts = Catalogue::of(lang);
    let tally = ledger
        .tally(&job.job, None)
        .map_err(|error| Failure::of_ledger(&error))?;
    let of_ledger = |error| Failure::of_ledger(&error);
    let accounts = ledger.accounts_of(&job.job).map_err(of_ledger)?;
    let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    let values = [
        ("job", &*job.job.short),
        ("path", place::shown(&job.path, texts)),
        ("time", &*shown(job.recorded_at, lang)),
        ("rows", &*texts.counted("rows", job.rows)),
        ("accounts", &*accounts.join(", ")),
        ("program", PROGRAM),
        ("now", &*shown(session.context.clock.now(), lang)),
    ];
    let table = Path::new(place::shown(&job.path, texts))
        .file_name()
        .unwrap_or_default();
    let head = Head {
        title: table.to_string_lossy().into_owned(),
        paragraphs: [
            line(&Counts::of(&tally), None, lang),
            texts.fill("batch.made", &values),
            texts.fill("batch.job", &values),
        ],
        choices: CHOICES.map(|(name, key)| Named::new(name, texts.text(key))),
        heads: HEADS.map(|(name, key)| Named::new(name, texts.text(key))),
    };
    let pages = Pages::new(&pieces());
    session.out.page().line(pages.opening(lang, &head.title))?;
    session.out.page().line(pages.fill("head", &head))?;
    let columns = reported.header()?;
    reported.lines(&mut |line| {
        let row = Row::of(&line, &columns, lang);
        Ok(session.out.page().line(pages.fill("row", &row))?)
    })?;
    session.out.page().line(pages.fill("foot", &()))?;
    Ok(())
}

/// The templates in the page.
fn pieces() -> [(&'static str, &'static str); 3] {
    let (head, rest) = PAGE.split_once(CUTS[0]).expect("a mark in the page");
    let (row, foot) = rest.split_once(CUTS[1]).expect("a mark in the page");
    [("head", head), ("row", row), ("foot", foot)]
}

/// The columns, with the words for them.
const HEADS: [(&str, &str); 6] = [
    ("row", "batch.head.row"),
    ("ref", "batch.head.reference"),
    ("data", "batch.head.data"),
    ("to", "batch.head.recipient"),
    ("state", "batch.head.state"),
    ("time", "batch.head.times"),
];

/// What stands before the rows.
#[derive(Serialize)]
struct Head<'a> {
    title: String,
    paragraphs: [String; 3],
    choices: [Named<'a>; CHOICES.len()],
    heads: [Named<'a>; HEADS.len()],
}

/// A text and a name for it.
#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    text: Cow<'a, str>,
}

impl<'a> Named<'a> {
    fn new(name: &'a str, text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self { name, text }
    }
}

/// One recipient.
#[derive(Serialize)]
struct Row<'a> {
    class: &'static str,
    row: u64,
    reference: &'a str,
    /// Of `cells` what is seen before they are opened.
    seen: String,
    /// The cells of the table that stand in no other column.
    cells: Vec<Named<'a>>,
    recipient: &'a str,
    state: String,
    receipts_head: &'a str,
    identifier_head: &'a str,
    identifier: &'a str,
    /// The digest of each, by what it states.
    receipts: Vec<Named<'a>>,
    times: Vec<String>,
}

impl<'a> Row<'a> {
    fn of(line: &'a Line, columns: &'a [String], lang: Lang) -> Self {
        let texts = Catalogue::of(lang);
        let cells = columns.iter().filter_map(|name| {
            let text = written(line.columns.get(name)?);
            let is_beside = text == line.reference || Some(&text) == line.recipient.as_ref();
            (!text.is_empty() && !is_beside).then(|| Named::new(name, text))
        });
        let cells: Vec<Named<'_>> = cells.collect();
        let seen = cells.iter().map(|cell| &*cell.text).take(SHOWN_CELLS);
        let receipts = line.receipts.iter().map(|receipt| {
            let name = texts.text(&format!("fact.{}", receipt.what));
            Named::new(name, &*receipt.sha256)
        });
        Self {
            class: class(line.state),
            row: line.row,
            reference: &line.reference,
            seen: seen.collect::<Vec<_>>().join(", "),
            cells,
            recipient: line.recipient.as_deref().unwrap_or_default(),
            state: state(line, texts),
            receipts_head: texts.text("batch.head.receipts"),
            identifier_head: texts.text("batch.head.identifier"),
            identifier: line.identifier.as_deref().unwrap_or_default(),
            receipts: receipts.collect(),
            times: times(line, lang),
        }
    }
}

/// Where it stands, why, and who sent it.
fn state(line: &Line, texts: &Catalogue) -> String {
    let mut state = state_of(line, texts);
    if let Some(why) = line.error.as_ref().or(line.note.as_ref()) {
        state = format!("{state}: {why}");
    }
    match mark(line, texts) {
        Some(mark) => format!("{state} ({mark})"),
        None => state,
    }
}

fn times(line: &Line, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let times = [
        ("batch.head.sent", &line.sent_at),
        ("batch.head.accepted", &line.accepted_at),
        ("batch.head.delivered", &line.delivered_at),
        ("batch.head.failed", &line.failed_at),
    ];
    let known = times.into_iter().filter_map(|(key, text)| {
        let at = Timestamp::parse(text.as_deref()?).ok()?;
        Some(format!("{}: {}", texts.text(key), shown(at, lang)))
    });
    known.collect()
}

/// By whom it was sent, where not by this job.
fn mark(line: &Line, texts: &Catalogue) -> Option<String> {
    if line.elsewhere {
        return Some(texts.text("batch.by-elsewhere").to_owned());
    }
    let job = line.served_by.as_deref().unwrap_or_default();
    line.served
        .then(|| texts.fill("batch.by-before", &[("job", job)]))
}

/// Ordinary mail is not reached: nothing will ever prove it.
fn class(state: &str) -> &'static str {
    match Standing::from_word(state) {
        Some(Standing::Delivered) => "good",
        Some(
            Standing::Refused
            | Standing::NotAccepted
            | Standing::TimedOut
            | Standing::NotDelivered
            | Standing::Contradictory,
        ) => "bad",
        Some(
            Standing::Recorded
            | Standing::Sending
            | Standing::RefusedForNow
            | Standing::Withdrawn
            | Standing::InDoubt
            | Standing::Sent
            | Standing::Accepted
            | Standing::Ordinary
            | Standing::Delayed,
        ) => "wait",
        None if state == "bad" => "bad",
        None => "wait",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_delivered_looks_reached() {
        for (state, expected) in [
            ("delivered", "good"),
            ("ordinary", "wait"),
            ("delayed", "wait"),
            ("timed-out", "bad"),
            ("bad", "bad"),
            ("held", "wait"),
        ] {
            assert_eq!(class(state), expected, "{state}");
        }
    }
}
