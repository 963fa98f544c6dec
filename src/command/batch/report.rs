//! `pec batch report`: every row and recipient, with what was certified and by which receipt.

use super::known::one_job;
use super::lines::{Line, Reported, state_of, time, written};
use super::order::{ReportOrder, Shape};
use super::original::{Named, Original};
use super::{ending, html, receipts, status};
use crate::batch::cell;
use crate::batch::spreadsheet::{Cell, NoSpreadsheet, Spreadsheet};
use crate::command::access::existing_ledger;
use crate::command::whole;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::ledger::fact::What;
use crate::output::catalogue::Catalogue;
use crate::output::report;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

pub(super) fn run(order: &ReportOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if let Some(path) = &order.output {
        ending::check(path, order.shape)?;
    }
    let no_job = || Failure::new("no-job", [("job", order.job.clone())]);
    let ledger = existing_ledger(session)?.ok_or_else(no_job)?;
    let job = one_job(&ledger, &order.job)?;
    let tally = ledger.tally(&job.job, None)?;
    let original = match Original::named(&order.job, &job)? {
        Named::Table(original) => Some(original),
        Named::Other => {
            let line =
                Catalogue::of(session.lang).fill("batch.other-table", &[("file", &order.job)]);
            writeln!(session.err, "{line}")?;
            None
        }
        Named::Id => None,
    };
    let reported = Reported {
        ledger: &ledger,
        job: &job,
        original,
    };
    match &order.output {
        None => write_all(order.shape, &reported, session)?,
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
            write_all(order.shape, &reported, &mut into_file)
        })?,
    }
    if let Some(path) = &order.output {
        // An exit status of 1 is no failure to write it.
        let file = path.display().to_string();
        let line = Catalogue::of(session.lang).fill("batch.report-written", &[("file", &file)]);
        writeln!(session.err, "{line}")?;
    }
    if let Some(folder) = &order.receipts {
        let count = receipts::write(&ledger, &job, folder)?;
        let values = [("folder", &*folder.display().to_string())];
        let line = Catalogue::of(session.lang).count("batch.receipts-written", count, &values);
        writeln!(session.err, "{line}")?;
    }
    Ok(status::answer(&tally))
}

fn write_all(
    shape: Shape,
    reported: &Reported<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    match shape {
        Shape::Html => html::write(reported, session),
        Shape::Ndjson => {
            reported.lines(&mut |line| Ok(session.out.list(&line, report::Form::Json)?))
        }
        Shape::Csv(delimiter) => csv(reported, delimiter, session),
        Shape::Workbook => workbook(reported, session),
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

fn csv(reported: &Reported<'_>, delimiter: u8, session: &mut Session<'_>) -> anyhow::Result<()> {
    let header = reported.header()?;
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
    reported.lines(&mut |line| put(cells(&line, &header, texts)))
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
fn workbook(reported: &Reported<'_>, session: &mut Session<'_>) -> anyhow::Result<()> {
    let header = reported.header()?;
    let texts = Catalogue::of(session.lang);
    let titles = titles(&header);
    let now = session.context.clock.now();
    let name = texts.text("batch.sheet");
    let mut book =
        Spreadsheet::new(&titles, name, session.lang, now).map_err(|error| unwritten(&error))?;
    reported.lines(&mut |line| {
        let row = book.row(&cells(&line, &header, texts));
        Ok(row.map_err(|error| unwritten(&error))?)
    })?;
    let octets = book.finish().map_err(|error| unwritten(&error))?;
    Ok(session.out.page().octets(&octets)?)
}

pub(super) fn unwritten(error: &NoSpreadsheet) -> Failure {
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

/// The columns of the table, as far as there are any, then ours.
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
