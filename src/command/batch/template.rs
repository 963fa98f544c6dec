//! `pec batch template`: an example of a table, to be filled in a spreadsheet.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use super::prepare;
use crate::batch::cell::csv;
use crate::command::Session;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;

pub(super) fn run(file: Option<PathBuf>, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let table = table(session.lang);
    let Some(path) = file else {
        session.out.page().text(&table)?;
        return Ok(ExitStatus::Yes);
    };
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(table.as_bytes()));
    written.map_err(|error| prepare::unreadable(&path, &error))?;
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

/// Addresses of a domain that nobody has (RFC 2606), so that an example that is sent reaches
/// nobody.
fn table(lang: Lang) -> String {
    let rows: [[&str; 8]; 3] = match lang {
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
    };
    // Excel takes a CSV for UTF-8 by this mark only.
    let mut table = "\u{feff}".to_owned();
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(csv).collect();
        table.push_str(&cells.join(";"));
        table.push_str("\r\n");
    }
    table
}
