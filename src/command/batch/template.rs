//! `pec batch template`: an example of a table, to be filled in a spreadsheet.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::ending::{self, Ending};
use super::report::unwritten;
use crate::batch::cell::csv;
use crate::batch::spreadsheet::{Cell, Spreadsheet};
use crate::command::{Failure, Session, whole};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;

pub(super) fn run(file: Option<PathBuf>, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let rows = rows(session.lang);
    let Some(path) = file else {
        session.out.page().text(&text(&rows))?;
        return Ok(ExitStatus::Yes);
    };
    let octets = match Ending::of(&path) {
        Ending::Workbook => workbook(&rows, session)?,
        Ending::Text => text(&rows).into_bytes(),
        Ending::Page | Ending::Lines | Ending::Foreign => {
            return Err(ending::refused(&path, ".csv, .xlsx").into());
        }
    };
    if fs::symlink_metadata(&path).is_ok() {
        let file = [("file", path.display().to_string())];
        return Err(Failure::new("batch-occupied", file).into());
    }
    whole::write_new(&path, &mut |file| Ok(file.write_all(&octets)?))?;
    let texts = Catalogue::of(session.lang);
    // Braces in a text of the catalogue would be a place to fill.
    let column = match session.lang {
        Lang::It => "{{ Nome }}",
        Lang::En => "{{ Name }}",
    };
    let values = [("file", &*path.display().to_string()), ("column", column)];
    writeln!(
        session.err,
        "{}",
        texts.fill("batch.template-next", &values)
    )?;
    Ok(ExitStatus::Yes)
}

/// The table as a workbook.
fn workbook(rows: &Rows, session: &Session<'_>) -> Result<Vec<u8>, Failure> {
    let [header, rows @ ..] = rows.map(|row| row.map(str::to_owned));
    let name = Catalogue::of(session.lang).text("batch.sheet-template");
    let now = session.context.clock.now();
    let mut book = Spreadsheet::new(&header, name, session.lang, now);
    for row in rows {
        let cells = row.map(Cell::Text);
        book = book.and_then(|mut book| book.row(&cells).map(|()| book));
    }
    let octets = book.and_then(Spreadsheet::finish);
    octets.map_err(|error| unwritten(&error))
}

/// The table as CSV.
fn text(rows: &Rows) -> String {
    // Excel takes a CSV for UTF-8 by this mark only.
    let mut table = "\u{feff}".to_owned();
    for row in rows {
        let cells: Vec<String> = row.map(csv).into();
        table.push_str(&cells.join(";"));
        table.push_str("\r\n");
    }
    table
}

/// A header and two rows.
type Rows = [[&'static str; 8]; 3];

/// Addresses of a domain that nobody has (RFC 2606), so that an example that is sent reaches
/// nobody.
fn rows(lang: Lang) -> Rows {
    match lang {
        Lang::It => [
            [
                "PEC",
                "Copia",
                "Riferimento",
                "Nome",
                "Importo",
                "Scadenza",
                "Allegato 1",
                "Allegato 2",
            ],
            [
                "mario.rossi@pec.example",
                "",
                "2026/0001",
                "Mario Rossi",
                "1.234,50",
                "31/12/2026",
                "",
                "",
            ],
            [
                "comune@pec.example; tributi@pec.example",
                "studio@pec.example",
                "2026/0002",
                "Comune di Forlì",
                "80,00",
                "31/12/2026",
                "",
                "",
            ],
        ],
        Lang::En => [
            [
                "PEC",
                "Cc",
                "Reference",
                "Name",
                "Amount",
                "Deadline",
                "Attachment 1",
                "Attachment 2",
            ],
            [
                "mario.rossi@pec.example",
                "",
                "2026/0001",
                "Mario Rossi",
                "1234.50",
                "2026-12-31",
                "",
                "",
            ],
            [
                "comune@pec.example; tributi@pec.example",
                "studio@pec.example",
                "2026/0002",
                "Comune di Forlì",
                "80.00",
                "2026-12-31",
                "",
                "",
            ],
        ],
    }
}
