//! `pec batch status`: where a job stands, and which of its rows need a person.

use serde::Serialize;

use super::events::{Counts, line};
use super::{VERSION, one_job};
use crate::client::batch::awaited;
use crate::command::access::existing_ledger;
use crate::command::status;
use crate::command::{Failure, PROGRAM, Session};
use crate::exit::ExitStatus;
use crate::ledger::state::Standing;
use crate::ledger::{JobRow, JobView, Ledger, Tally};
use crate::output::catalogue::Catalogue;
use crate::output::json;
use crate::output::layout::shown;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// Say where a job stands
///
/// Without JOB all jobs, newest first. Works on what was recorded; pec sync reads the mailbox. Of
/// one job the rows are named that did not reach somebody, are held, in doubt or cannot be sent,
/// and those whose receipts should have come by now: no acceptance within an hour, neither
/// delivery nor notice within 24 hours of the acceptance and one more.
///
/// Exits with 0 when every recipient of the job is reached, 1 when one is not, 3 while something
/// waits, is held or in doubt, 2 when no job is meant.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct Arguments {
    /// The job: its table, or its id
    #[arg(value_name = "JOB")]
    job: Option<String>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,
}

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

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    version: u32,
    program: &'static str,
    jobs: Vec<JobJson>,
}

#[derive(Serialize)]
struct JobJson {
    id: String,
    identity: String,
    table: String,
    recorded_at: String,
    rows: u64,
    counts: Counts,
    attention: Vec<RowJson>,
    overdue: Vec<OverdueJson>,
}

#[derive(Serialize)]
struct RowJson {
    row: u64,
    reference: String,
    state: &'static str,
    message: Option<String>,
    note: Option<String>,
}

/// A recipient whose receipt should have come by now.
#[derive(Serialize)]
struct OverdueJson {
    row: u64,
    reference: String,
    recipient: String,
    state: &'static str,
    message: String,
    since: Option<String>,
    due: String,
    #[serde(skip)]
    at: Timestamp,
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let ledger = existing_ledger(session)?;
    let views = match (&arguments.job, &ledger) {
        (Some(word), Some(ledger)) => vec![one_job(ledger, word)?],
        (Some(word), None) => {
            return Err(Failure::new("no-job", [("job", word.clone())]).into());
        }
        (None, Some(ledger)) => ledger.jobs().map_err(|error| Failure::of_ledger(&error))?,
        (None, None) => Vec::new(),
    };
    let mut worst = ExitStatus::Yes;
    let mut jobs = Vec::new();
    for view in views {
        let ledger = ledger.as_ref().expect("it has the job");
        let of_ledger = |error| Failure::of_ledger(&error);
        let tally = ledger.tally(&view.job, None).map_err(of_ledger)?;
        let (attention, overdue) = match arguments.job.is_some() {
            true => (
                attention(ledger, &view).map_err(of_ledger)?,
                overdue(ledger, &view, session.context.clock.now()).map_err(of_ledger)?,
            ),
            false => Default::default(),
        };
        if arguments.job.is_some() {
            worst = worst.worse(answer(&tally));
        }
        let counts = Counts::of(&tally);
        if arguments.json {
            jobs.push(JobJson {
                id: view.job.short,
                identity: view.identity,
                table: view.path,
                recorded_at: view.recorded_at.to_string(),
                rows: view.rows,
                counts,
                attention,
                overdue,
            });
        } else {
            text(&view, &counts, (&attention, &overdue), session)?;
        }
    }
    if arguments.json {
        let document = Document {
            schema: "pec/batch-status",
            version: VERSION,
            program: PROGRAM,
            jobs,
        };
        writeln!(session.out, "{}", json::pretty(&document)?)?;
    }
    Ok(worst)
}

fn text(
    view: &JobView,
    counts: &Counts,
    (attention, overdue): (&[RowJson], &[OverdueJson]),
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    let time = shown(view.recorded_at, session.lang);
    let values = [
        ("job", &*view.job.short),
        ("path", &*view.path),
        ("time", &*time),
        ("rows", &*view.rows.to_string()),
    ];
    writeln!(session.out, "{}", texts.fill("batch.job", &values))?;
    writeln!(session.out, "  {}", line(counts, None, session.lang))?;
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
        writeln!(session.out, "  {}", texts.fill("batch.attention", &values))?;
    }
    more(attention.len(), view, session)?;
    for one in overdue.iter().take(SHOWN_ROWS) {
        let values = [
            ("row", &*one.row.to_string()),
            ("reference", &*one.reference),
            ("recipient", &*one.recipient),
            ("state", &*state_text(one.state, texts)),
            ("message", &*one.message),
            ("time", &*shown(one.at, session.lang)),
        ];
        writeln!(session.out, "  {}", texts.fill("batch.overdue", &values))?;
    }
    more(overdue.len(), view, session)
}

/// Says how many of a list are not shown.
fn more(count: usize, view: &JobView, session: &mut Session<'_>) -> anyhow::Result<()> {
    if let Some(left) = count.checked_sub(SHOWN_ROWS).filter(|left| *left > 0) {
        let values = [("count", &*left.to_string()), ("job", &*view.job.short)];
        let line = Catalogue::of(session.lang).fill("batch.more", &values);
        writeln!(session.out, "  {line}")?;
    }
    Ok(())
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
                since: one.since.map(|at| at.to_string()),
                due: due.to_string(),
                at: one.since.unwrap_or(due),
            });
        }
        true
    })?;
    Ok(found)
}
