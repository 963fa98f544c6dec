//! `pec batch report`: every row and recipient, with what was certified and by which receipt.

use std::path::{Path, PathBuf};

use super::lines::{Line, header, lines, state_of, time, written};
use super::{html, one_job, receipts, status, whole};
use crate::batch::cell;
use crate::batch::spreadsheet::{Cell, NoSpreadsheet, Spreadsheet};
use crate::command::access::existing_ledger;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::ledger::fact::What;
use crate::ledger::{JobView, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::report;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

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
