//! `pec batch status`: where a job stands, and which of its rows need a person.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::events::{Counts, line};
use super::known::one_job;
use super::order::StatusOrder;
use super::place;
use super::states;
use crate::client::batch::awaited;
use crate::command::access::existing_ledger;
use crate::command::status;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::state::Standing;
use crate::ledger::{JobRow, JobView, Ledger, Tally};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::{Page, Report, known};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// Rows of a list that are shown as text; the JSON has all.
const SHOWN_ROWS: usize = 50;
/// Rows read at once.
const PAGE: usize = 500;

/// The exit status that a tally is.
pub(super) fn answer(tally: &Tally) -> ExitStatus {
    let of_standings = tally.standings.iter().filter(|(_, count)| *count > 0);
    let worst = of_standings
        .map(|(standing, _)| status::answer(*standing))
        .fold(ExitStatus::Yes, ExitStatus::worse);
    let worst = match tally.waiting + tally.held {
        0 => worst,
        _ => worst.worse(ExitStatus::Undecided),
    };
    match tally.bad {
        0 => worst,
        _ => worst.worse(ExitStatus::No),
    }
}

/// The document of `pec batch status --json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document {
    /// The job that was asked for, or all, newest first.
    jobs: Vec<JobJson>,
    /// The same for a person.
    #[serde(skip)]
    lines: Vec<String>,
    /// What the shell gets.
    #[serde(skip)]
    exit: ExitStatus,
}

fn awaited_states(_: &mut SchemaGenerator) -> Schema {
    known(["sent", "accepted", "delayed"])
}

impl Report for Document {
    const SCHEMA: &'static str = "pec/batch-status";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.lines(&self.lines)
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }
}

/// A job.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "job")]
struct JobJson {
    /// Its short id.
    id: String,
    /// SHA-256 of all that makes its content.
    identity: String,
    /// Its table when it was recorded; - where it came by standard input or a pipe.
    table: String,
    /// When that was (RFC 3339, UTC).
    recorded_at: Timestamp,
    /// Its rows.
    rows: u64,
    /// Recipients of the job, by where they stand. Each is counted in total and in one of sent,
    /// failed (refused before), in_doubt, held, to_send, bad, withdrawn; here, served_before and
    /// elsewhere say who sent; accepted, delivered and the failures after it are part of sent.
    counts: Counts,
    /// When one job was asked for: all rows that need a person.
    attention: Vec<RowJson>,
    /// When one job was asked for: all recipients whose receipts should have come by now.
    overdue: Vec<OverdueJson>,
}

/// A row that needs a person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "attention")]
struct RowJson {
    /// The row as a spreadsheet numbers it, header 1; in NDJSON the line.
    #[schemars(range(min = 1))]
    row: u64,
    /// Its reference.
    reference: String,
    /// Where it stands.
    #[schemars(schema_with = "states")]
    state: &'static str,
    /// The short id of its message.
    message: Option<String>,
    /// Why it is held: a word of problems, content-changed, conflict (something else was sent under
    /// its reference), other-came-back (that came back), rest-elsewhere (another machine sent it to
    /// those who waited), lost (it left before, as the journal tells, and the ledger lost what became
    /// of it), accepted-elsewhere (the mailbox has an acceptance for its subject and recipients that is
    /// for no message of this ledger), or the system's words; of a bad row what is wrong with it, in
    /// the language of the run.
    note: Option<String>,
}

/// A recipient whose receipt should have come by now: ask the provider.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "overdue")]
struct OverdueJson {
    /// Its number, as a spreadsheet shows it.
    #[schemars(range(min = 2))]
    row: u64,
    /// Its reference.
    reference: String,
    /// Whom it is for.
    recipient: String,
    /// Where it stands: sent without an acceptance, accepted without anything after it, or delayed.
    #[schemars(schema_with = "awaited_states")]
    state: &'static str,
    /// The short id of its message.
    message: String,
    /// Since when it stands there (RFC 3339, UTC).
    since: Option<Timestamp>,
    /// When the receipt should have come (RFC 3339, UTC).
    due: Timestamp,
    #[serde(skip)]
    at: Timestamp,
}

pub(super) fn run(order: &StatusOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let ledger = existing_ledger(session)?;
    let views = match (&order.job, &ledger) {
        (Some(word), Some(ledger)) => vec![one_job(ledger, word)?],
        (Some(word), None) => {
            return Err(Failure::new("no-job", [("job", word.clone())]).into());
        }
        (None, Some(ledger)) => ledger.jobs()?,
        (None, None) => Vec::new(),
    };
    let mut document = Document {
        jobs: Vec::new(),
        lines: Vec::new(),
        exit: ExitStatus::Yes,
    };
    for view in views {
        let ledger = ledger.as_ref().expect("it has the job");
        let tally = ledger.tally(&view.job, None)?;
        let (attention, overdue) = match order.job.is_some() {
            true => (
                attention(ledger, &view)?,
                overdue(ledger, &view, session.context.clock.now())?,
            ),
            false => Default::default(),
        };
        if order.job.is_some() {
            document.exit = document.exit.worse(answer(&tally));
        }
        let counts = Counts::of(&tally);
        let lines = lines(&view, &counts, (&attention, &overdue), session.lang);
        document.lines.extend(lines);
        document.jobs.push(JobJson {
            id: view.job.short,
            identity: view.identity,
            table: place::name_of(&view.path).to_owned(),
            recorded_at: view.recorded_at,
            rows: view.rows,
            counts,
            attention,
            overdue,
        });
    }
    Ok(session.out.show(&document, order.form)?)
}

/// A job for a person.
fn lines(
    view: &JobView,
    counts: &Counts,
    (attention, overdue): (&[RowJson], &[OverdueJson]),
    lang: Lang,
) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let time = shown(view.recorded_at, lang);
    let values = [
        ("job", &*view.job.short),
        ("path", place::shown(&view.path, texts)),
        ("time", &*time),
        ("rows", &*texts.counted("rows", view.rows)),
    ];
    let mut lines = vec![
        texts.fill("batch.job", &values),
        format!("  {}", line(counts, None, lang)),
    ];
    for row in attention.iter().take(SHOWN_ROWS) {
        let mut state = state_text(row.state, texts);
        // What is wrong with a bad row is kept in words.
        if let Some(note) = row.note.as_ref().filter(|_| row.state == "bad") {
            state = format!("{state}: {}", Printable(note));
        }
        let values = [
            ("row", &*row.row.to_string()),
            ("reference", &*row.reference),
            ("state", &*state),
            ("message", row.message.as_deref().unwrap_or_default()),
        ];
        lines.push(format!("  {}", texts.fill("batch.attention", &values)));
    }
    lines.extend(more(attention.len(), view, lang));
    for one in overdue.iter().take(SHOWN_ROWS) {
        let values = [
            ("row", &*one.row.to_string()),
            ("reference", &*one.reference),
            ("recipient", &*one.recipient),
            ("state", &*state_text(one.state, texts)),
            ("message", &*one.message),
            ("time", &*shown(one.at, lang)),
        ];
        lines.push(format!("  {}", texts.fill("batch.overdue", &values)));
    }
    lines.extend(more(overdue.len(), view, lang));
    lines
}

/// Says how many of a list are not shown.
fn more(count: usize, view: &JobView, lang: Lang) -> Option<String> {
    let left = count.checked_sub(SHOWN_ROWS).filter(|left| *left > 0)?;
    let values = [("job", &*view.job.short)];
    let line = Catalogue::of(lang).count("batch.more", left, &values);
    Some(format!("  {line}"))
}

/// A state of a row in words.
pub(super) fn state_text(state: &str, texts: &Catalogue) -> String {
    match state {
        "waiting" => texts.text("batch.state.waiting").to_owned(),
        "held" => texts.text("batch.state.held").to_owned(),
        "bad" => texts.text("batch.state.bad").to_owned(),
        standing => texts.text(&format!("standing.{standing}")).to_owned(),
    }
}

/// The rows that did not reach somebody, are held or in doubt.
fn attention(ledger: &Ledger, view: &JobView) -> Result<Vec<RowJson>, crate::ledger::Error> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = ledger.rows_of(&view.job, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.row.number;
        for row in page {
            let Some(state) = state_of(ledger, &row)? else {
                continue;
            };
            found.push(RowJson {
                row: row.row.number,
                reference: row.row.reference,
                state,
                message: row.message.map(|message| message.short),
                note: row.row.bad.or(row.note),
            });
        }
    }
}

/// Why a row needs a person, if it does.
fn state_of(ledger: &Ledger, row: &JobRow) -> Result<Option<&'static str>, crate::ledger::Error> {
    if row.row.bad.is_some() {
        return Ok(Some("bad"));
    }
    let Some(message) = &row.message else {
        return Ok(row.note.is_some().then_some("held"));
    };
    let standings = ledger.standings_of(message)?;
    let alarming = standings.into_iter().find(|standing| {
        standing.is_failure() || matches!(standing, Standing::InDoubt | Standing::RefusedForNow)
    });
    Ok(alarming.map(Standing::word))
}

/// The recipients whose receipts should have come by now.
fn overdue(
    ledger: &Ledger,
    view: &JobView,
    now: Timestamp,
) -> Result<Vec<OverdueJson>, crate::ledger::Error> {
    let mut found = Vec::new();
    awaited(ledger, &view.job, None, now, &mut |one| {
        if let Some(due) = one.overdue() {
            found.push(OverdueJson {
                row: one.row,
                reference: one.reference,
                recipient: one.recipient.to_string(),
                state: one.standing.word(),
                message: one.message.short,
                since: one.since,
                due,
                at: one.since.unwrap_or(due),
            });
        }
        true
    })?;
    Ok(found)
}
