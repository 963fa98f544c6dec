//! `pec batch report`: every row and recipient, with what was certified and by which receipt.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::{html, one_job, receipts, status, whole};
use crate::batch::cell;
use crate::batch::columns::text_of;
use crate::batch::spreadsheet::{Cell, NoSpreadsheet, Spreadsheet};
use crate::batch::table::Columns;
use crate::command::access::existing_ledger;
use crate::command::{Failure, Session, words};
use crate::exit::ExitStatus;
use crate::ledger::fact::{Fact, What};
use crate::ledger::state::Standing;
use crate::ledger::{JobRow, JobView, Ledger, MessageView, Part};
use crate::output::catalogue::Catalogue;
use crate::output::report::{self, Page, Report, SHA256};
use crate::printable::Printable;
use crate::timestamp::{Timestamp, WITH_OFFSET};

/// Write every row of a job with where it stands, by which receipts
///
/// One line for each recipient: the columns of the table as they were, then reference,
/// recipient, state, times, identifiers and the SHA-256 of message and receipts. In the CSV,
/// cells that a spreadsheet would run as a formula begin with an apostrophe, and the state is in
/// the language asked; in NDJSON it is a word that stays. A file whose name ends in .xlsx becomes a
/// workbook with the same columns: every text stays as it is, and times are days and hours that a
/// spreadsheet knows, in Italian legal time.
///
/// The exit status is that of status: 0 only when every recipient is reached.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct Arguments {
    /// The job: its table, or its id
    #[arg(value_name = "JOB")]
    job: String,

    /// CSV, as a spreadsheet opens it (this is the default)
    #[arg(long, conflicts_with_all = ["ndjson", "html"])]
    csv: bool,

    /// One JSON object a line
    #[arg(long, conflicts_with = "html")]
    ndjson: bool,

    /// A page for the browser that needs nothing else
    #[arg(long)]
    html: bool,

    /// What stands between the cells of the CSV: ; , tab |
    #[arg(long, value_name = "SIGN", default_value = ";", value_parser = super::delimiter)]
    delimiter: u8,

    /// Write into this file, whole or not at all (default: standard output); FILE.xlsx becomes a
    /// workbook, FILE.html a page, FILE.ndjson lines of JSON
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write acceptance, delivery and notices of each row into a folder of this one, named by its
    /// reference
    #[arg(long, value_name = "FOLDER")]
    receipts: Option<PathBuf>,
}

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
    /// The row as it was.
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

    /// People get a table: see [`csv`], [`html`] and [`workbook`].
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
    /// Of its octets, which are kept under this name.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let no_job = || Failure::new("no-job", [("job", arguments.job.clone())]);
    let ledger = existing_ledger(session)?.ok_or_else(no_job)?;
    let job = one_job(&ledger, &arguments.job)?;
    let tally = ledger
        .tally(&job.job, None)
        .map_err(|error| Failure::of_ledger(&error))?;
    match &arguments.output {
        None => write_all(arguments, &ledger, &job, session)?,
        Some(path) => whole::write(path, &mut |file| {
            let mut into_file = Session {
                context: session.context,
                lang: session.lang,
                style: session.style,
                account: None,
                config_file: None,
                data_dir: None,
                out: session.out.into_file(file),
                err: session.err,
            };
            write_all(arguments, &ledger, &job, &mut into_file)
        })?,
    }
    if let Some(path) = &arguments.output {
        // An exit status of 1 is no failure to write it.
        let file = path.display().to_string();
        let line = Catalogue::of(session.lang).fill("batch.report-written", &[("file", &file)]);
        writeln!(session.err, "{line}")?;
    }
    if let Some(folder) = &arguments.receipts {
        let count = receipts::write(&ledger, &job, folder)?.to_string();
        let values = [
            ("count", &*count),
            ("folder", &folder.display().to_string()),
        ];
        let line = Catalogue::of(session.lang).fill("batch.receipts-written", &values);
        writeln!(session.err, "{line}")?;
    }
    Ok(status::answer(&tally))
}

fn write_all(
    arguments: &Arguments,
    ledger: &Ledger,
    job: &JobView,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    match Form::of(arguments) {
        Form::Html => html::write(ledger, job, session),
        Form::Ndjson => lines(ledger, job, &mut |line| {
            Ok(session.out.list(&line, report::Form::Json)?)
        }),
        Form::Csv => csv(ledger, job, arguments.delimiter, session),
        Form::Workbook => workbook(ledger, job, session),
    }
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Ndjson,
    Html,
    Workbook,
}

impl Form {
    /// What the options say, else what the name of the file says.
    fn of(arguments: &Arguments) -> Self {
        match (arguments.csv, arguments.ndjson, arguments.html) {
            (true, _, _) => return Self::Csv,
            (_, true, _) => return Self::Ndjson,
            (_, _, true) => return Self::Html,
            (false, false, false) => {}
        }
        let path = arguments.output.as_deref().map(Path::extension);
        let ending = path.flatten().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("xlsx") => Self::Workbook,
            Some("html" | "htm") => Self::Html,
            Some("ndjson" | "jsonl") => Self::Ndjson,
            Some(_) | None => Self::Csv,
        }
    }
}

/// The names of the columns that follow those of the table.
const OWN: [&str; 21] = [
    "pec_row",
    "pec_reference",
    "pec_account",
    "pec_recipient",
    "pec_state",
    "pec_sent_at",
    "pec_accepted_at",
    "pec_delivered_at",
    "pec_failed_at",
    "pec_identifier",
    "pec_error",
    "pec_message",
    "pec_message_id",
    "pec_message_sha256",
    "pec_acceptance_sha256",
    "pec_delivery_sha256",
    "pec_other_receipts_sha256",
    "pec_note",
    "pec_served_by",
    "pec_other_messages",
    "pec_first_notice_at",
];

fn csv(
    ledger: &Ledger,
    job: &JobView,
    delimiter: u8,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let header = header(ledger, job)?;
    let texts = Catalogue::of(session.lang);
    let sign = char::from(delimiter).to_string();
    // Excel takes a CSV for UTF-8 by this mark only.
    let mut page = session.out.page();
    page.text("\u{feff}")?;
    let mut put = |cells: Vec<Cell>| -> anyhow::Result<()> {
        let cells: Vec<String> = cells.iter().map(in_csv).collect();
        Ok(page.text(&(cells.join(&sign) + "\r\n"))?)
    };
    put(titles(&header).into_iter().map(Cell::Text).collect())?;
    lines(ledger, job, &mut |line| put(cells(&line, &header, texts)))
}

/// A cell of the CSV. Times keep their offset: other programs read them, and in the hour that
/// comes twice in October nothing else tells the two apart. A spreadsheet gets the workbook.
fn in_csv(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => cell::csv(text),
        Cell::Count(count) => cell::csv(&count.to_string()),
        Cell::Time(at) => cell::csv(&time(*at)),
    }
}

/// The same as a workbook.
fn workbook(ledger: &Ledger, job: &JobView, session: &mut Session<'_>) -> anyhow::Result<()> {
    let header = header(ledger, job)?;
    let texts = Catalogue::of(session.lang);
    let titles = titles(&header);
    let now = session.context.clock.now();
    let name = texts.text("batch.sheet");
    let mut book =
        Spreadsheet::new(&titles, name, session.lang, now).map_err(|error| unwritten(&error))?;
    lines(ledger, job, &mut |line| {
        let row = book.row(&cells(&line, &header, texts));
        Ok(row.map_err(|error| unwritten(&error))?)
    })?;
    let octets = book.finish().map_err(|error| unwritten(&error))?;
    Ok(session.out.page().octets(&octets)?)
}

fn unwritten(error: &NoSpreadsheet) -> Failure {
    match error {
        NoSpreadsheet::Columns => Failure::new("batch-wide", []),
        NoSpreadsheet::Failed(reason) => {
            Failure::new("batch-spreadsheet", [("reason", reason.clone())])
        }
    }
}

/// The names of all columns.
fn titles(header: &[String]) -> Vec<String> {
    let own = OWN.map(str::to_owned);
    header.iter().cloned().chain(own).collect()
}

/// The columns of the table as they were, then ours.
fn cells(line: &Line, header: &[String], texts: &Catalogue) -> Vec<Cell> {
    let of_table = header
        .iter()
        .map(|name| line.columns.get(name).map(written).unwrap_or_default());
    let mut cells: Vec<Cell> = of_table.map(Cell::Text).collect();
    cells.extend(own(line, texts));
    cells
}

/// A value as the table had it: texts as they are.
pub(super) fn written(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => text_of(other),
    }
}

fn own(line: &Line, texts: &Catalogue) -> [Cell; OWN.len()] {
    let text = |text: &Option<String>| Cell::Text(text.clone().unwrap_or_default());
    let at = |text: &Option<String>| {
        let at = text.as_deref().and_then(|text| Timestamp::parse(text).ok());
        at.map_or(Cell::Text(String::new()), Cell::Time)
    };
    // Words of servers may hold anything.
    let safe = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        Cell::Text(Printable(text).to_string())
    };
    let of = |wanted: &[What]| {
        let words: Vec<&str> = wanted.iter().map(|what| what.word()).collect();
        let found = line
            .receipts
            .iter()
            .filter(|receipt| words.contains(&receipt.what));
        let digests: Vec<&str> = found.map(|receipt| &*receipt.sha256).collect();
        Cell::Text(digests.join(" "))
    };
    [
        Cell::Count(line.row),
        Cell::Text(line.reference.clone()),
        Cell::Text(line.account.clone()),
        text(&line.recipient),
        Cell::Text(state_of(line, texts)),
        at(&line.sent_at),
        at(&line.accepted_at),
        at(&line.delivered_at),
        at(&line.failed_at),
        safe(&line.identifier),
        safe(&line.error),
        text(&line.message),
        text(&line.message_id),
        text(&line.message_sha256),
        of(&[What::Accepted, What::AcceptedAsOrdinary, What::NotAccepted]),
        of(&[What::Delivered, What::NotDelivered]),
        of(&[What::TimeoutNotice]),
        safe(&line.note),
        match line.elsewhere {
            true => Cell::Text("elsewhere".to_owned()),
            false => text(&line.served_by),
        },
        Cell::Text(line.other_messages.join(" ")),
        at(&line.first_notice_at),
    ]
}

/// Where a recipient stands, in words.
pub(super) fn state_of(line: &Line, texts: &Catalogue) -> String {
    match line.late && line.state == Standing::Delivered.word() {
        true => texts.text("batch.state.late").to_owned(),
        false => status::state_text(line.state, texts),
    }
}

/// The columns of all rows, in the order in which they came first.
pub(super) fn header(ledger: &Ledger, job: &JobView) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    rows(ledger, job, &mut |row| {
        for name in columns(&row).keys() {
            if seen.insert(name.clone()) {
                names.push(name.clone());
            }
        }
        Ok(())
    })?;
    Ok(names)
}

fn rows(
    ledger: &Ledger,
    job: &JobView,
    each: &mut dyn FnMut(JobRow) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let page = ledger
            .rows_of(&job.job, after, PAGE)
            .map_err(|error| Failure::of_ledger(&error))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.row.number;
        page.into_iter().try_for_each(&mut *each)?;
    }
}

fn columns(row: &JobRow) -> Columns {
    serde_json::from_str(&row.row.columns).unwrap_or_default()
}

/// Each recipient of each row; a row without a message is one line.
pub(super) fn lines(
    ledger: &Ledger,
    job: &JobView,
    each: &mut dyn FnMut(Line) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    rows(ledger, job, &mut |row| {
        for line in lines_of(ledger, job, row)? {
            each(line)?;
        }
        Ok(())
    })
}

fn lines_of(ledger: &Ledger, job: &JobView, row: JobRow) -> anyhow::Result<Vec<Line>> {
    let of_ledger = |error| Failure::of_ledger(&error);
    let beside = match row.row.bad {
        Some(_) => Vec::new(),
        None => ledger.beside(&row).map_err(of_ledger)?,
    };
    let bare = Line {
        job: job.job.short.clone(),
        row: row.row.number,
        columns: columns(&row),
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
                    Some(ReceiptJson {
                        what: fact.what().word(),
                        time: time(fact.at()),
                        identifier: fact.identifier().map(str::to_owned),
                        sha256: fact.evidence()?.to_owned(),
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
                sent_at: first(&[What::Taken]),
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
fn time(at: Timestamp) -> String {
    at.rfc3339_at(at.italian_offset())
}
