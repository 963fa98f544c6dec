//! Tables for other commands, opened as those of `pec batch` are.

use std::io::{self, Read};
use std::path::Path;

use super::prepare::{self, Text};
use super::problem;
use crate::batch::Fault;
use crate::batch::table::{Row, Table};
use crate::command::Failure;
use crate::lang::Lang;

/// Octets of a text that is read whole: the largest tables of public offices have a quarter.
const MAX_OCTETS: u64 = 256_000_000;

/// Opens CSV, NDJSON, a JSON array or a workbook; `-` is standard input.
///
/// # Errors
/// A [`Failure`] that names the file, or what is wrong with its header.
pub(in crate::command) fn open(
    path: &Path,
    sheet: Option<&str>,
    lang: Lang,
) -> Result<Table<Text>, Failure> {
    let (text, delimiter) = prepare::text_of(path, sheet)?;
    let opened = Table::open(text, delimiter);
    let opened = opened.map_err(|error| prepare::unreadable(path, &error))?;
    opened.map_err(|faults| unusable(path, &faults, lang))
}

/// The whole text of such a table, and the sign between its cells where that is known.
///
/// # Errors
/// A [`Failure`] that names the file.
pub(in crate::command) fn text(path: &Path) -> Result<(String, Option<u8>), Failure> {
    let unreadable = |error: io::Error| prepare::unreadable(path, &error);
    let (text, delimiter) = prepare::text_of(path, None)?;
    let mut whole = String::new();
    let read = text.take(MAX_OCTETS + 1).read_to_string(&mut whole);
    match read.map_err(unreadable)? as u64 > MAX_OCTETS {
        true => Err(unreadable(io::ErrorKind::FileTooLarge.into())),
        false => Ok((whole, delimiter)),
    }
}

/// Opens such a text.
///
/// # Errors
/// A [`Failure`] that says what is wrong with its header.
pub(in crate::command) fn over<'t>(
    text: &'t str,
    delimiter: Option<u8>,
    (path, lang): (&Path, Lang),
) -> Result<Table<&'t [u8]>, Failure> {
    let opened = Table::open(text.as_bytes(), delimiter);
    let opened = opened.map_err(|error| prepare::unreadable(path, &error))?;
    opened.map_err(|faults| unusable(path, &faults, lang))
}

/// The next row of a table.
///
/// # Errors
/// A [`Failure`] when the file cannot be read.
pub(in crate::command) fn row<R: Read>(
    table: &mut Table<R>,
    path: &Path,
) -> Result<Option<Row>, Failure> {
    let row = table.row();
    row.map_err(|error| prepare::unreadable(path, &error))
}

/// That a table cannot be used, whatever its rows say.
pub(in crate::command) fn unusable(path: &Path, faults: &[Fault], lang: Lang) -> Failure {
    let faults: Vec<String> = faults
        .iter()
        .map(|fault| problem::text(fault, lang))
        .collect();
    let file = path.display().to_string();
    Failure::new("table", [("file", file), ("faults", faults.join("; "))])
}

/// What is wrong with a row, in words.
pub(in crate::command) fn words(fault: &Fault, lang: Lang) -> String {
    problem::text(fault, lang)
}
