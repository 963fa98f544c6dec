//! Rows with their columns, from CSV or NDJSON, one at a time.
//!
//! A file that begins as an object of JSON is NDJSON: one object a line, whose names are columns.
//! Every other file is CSV with a header. Rows whose cells are all empty, which spreadsheets
//! leave behind, are passed over.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;

use serde_json::{Map, Value};

use super::csv::{CsvReader, Record};
use super::{Fault, MAX_COLUMNS, MAX_ROW_OCTETS};

/// The columns of a row, in the order of the table.
pub type Columns = Map<String, Value>;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// As a spreadsheet numbers it: the header is row 1. In NDJSON the line.
    pub number: u64,
    /// Its columns, or why they cannot be read.
    pub columns: Result<Columns, Fault>,
    /// Where it stands in the text.
    pub place: Range<u64>,
}

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// CSV with this delimiter.
    Csv(u8),
    /// NDJSON.
    Ndjson,
}

/// A reader of rows with columns.
pub struct Table<R: Read> {
    kind: Kind<R>,
}

type Rest<R> = io::Chain<Cursor<Vec<u8>>, R>;

enum Kind<R: Read> {
    Csv(CsvTable<R>),
    Lines(Box<Lines<R>>),
}

struct CsvTable<R: Read> {
    reader: CsvReader<Rest<R>>,
    header: Vec<String>,
    header_place: Range<u64>,
}

impl<R: Read> Table<R> {
    /// Reads UTF-8 without a byte order mark, and the header of a CSV.
    ///
    /// # Errors
    /// Outside: those of the reader. Inside: a header that cannot be used.
    pub fn open(mut input: R, delimiter: Option<u8>) -> io::Result<Result<Self, Vec<Fault>>> {
        let mut start = Vec::new();
        // White space before the first character is no more than an empty line or two.
        input.by_ref().take(1_024).read_to_end(&mut start)?;
        let is_ndjson = delimiter.is_none() && is_object(&start);
        let input = Cursor::new(start).chain(input);
        if is_ndjson {
            let kind = Kind::Lines(Box::new(Lines::new(input)));
            return Ok(Ok(Self { kind }));
        }
        let mut reader = CsvReader::new(input, delimiter)?;
        let header = loop {
            match reader.record()? {
                None => break Err(vec![Fault::NoHeader]),
                // Empty lines above the table, as sheets have them; rows keep their numbers.
                Some(record) if record.cells.as_ref().is_ok_and(|cells| cells == &[""]) => {}
                Some(record) => break header_of(record),
            }
        };
        Ok(header.map(|(header, header_place)| Self {
            kind: Kind::Csv(CsvTable {
                reader,
                header,
                header_place,
            }),
        }))
    }

    /// Its form.
    pub fn form(&self) -> Form {
        match &self.kind {
            Kind::Csv(csv) => Form::Csv(csv.reader.delimiter()),
            Kind::Lines(_) => Form::Ndjson,
        }
    }

    /// The names of all columns, where they are known before the rows.
    pub fn header(&self) -> Option<&[String]> {
        match &self.kind {
            Kind::Csv(csv) => Some(&csv.header),
            Kind::Lines(_) => None,
        }
    }

    /// Where the header stands in the text; empty in NDJSON.
    pub fn header_place(&self) -> Range<u64> {
        match &self.kind {
            Kind::Csv(csv) => csv.header_place.clone(),
            Kind::Lines(_) => 0..0,
        }
    }

    /// The next row that is not empty; `None` at the end.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn row(&mut self) -> io::Result<Option<Row>> {
        match &mut self.kind {
            Kind::Csv(csv) => csv.row(),
            Kind::Lines(lines) => lines.row(),
        }
    }
}

/// Whether a text begins as an object of JSON. A header may begin with the same sign:
/// `{Nome};pec`.
fn is_object(start: &[u8]) -> bool {
    let inside = start.trim_ascii_start().strip_prefix(b"{");
    let next = inside.map(|inside| inside.trim_ascii_start().first());
    matches!(next, Some(None | Some(b'"' | b'}')))
}

impl<R: Read> CsvTable<R> {
    fn row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(record) = self.reader.record()? else {
                return Ok(None);
            };
            let empty = |cells: &Vec<String>| cells.iter().all(|cell| cell.trim().is_empty());
            if record.cells.as_ref().is_ok_and(empty) {
                continue;
            }
            return Ok(Some(Row {
                number: record.number,
                columns: record.cells.and_then(|cells| named(&self.header, cells)),
                place: record.place,
            }));
        }
    }
}

/// The names of a header: without blanks around them, none twice.
fn header_of(record: Record) -> Result<(Vec<String>, Range<u64>), Vec<Fault>> {
    let mut names: Vec<String> = match record.cells {
        Ok(cells) => cells.iter().map(|cell| cell.trim().to_owned()).collect(),
        Err(fault) => return Err(vec![fault]),
    };
    if names.len() > MAX_COLUMNS {
        return Err(vec![Fault::ManyColumns]);
    }
    // Spreadsheets leave columns behind that have neither name nor content.
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    if names.is_empty() {
        return Err(vec![Fault::NoHeader]);
    }
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            faults.push(Fault::NoName { place: at + 1 });
        } else if !seen.insert(name.to_lowercase()) {
            let (one, other) = (name.clone(), name.clone());
            faults.push(Fault::SameColumns { one, other });
        } else if let Some(fault) = text_fault(name, name) {
            faults.push(fault);
        }
    }
    if faults.is_empty() {
        Ok((names, record.place))
    } else {
        Err(faults)
    }
}

fn named(header: &[String], mut cells: Vec<String>) -> Result<Columns, Fault> {
    let found = cells.len();
    while cells.len() > header.len() && cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    if cells.len() != header.len() {
        return Err(Fault::Cells {
            found,
            expected: header.len(),
        });
    }
    let mut columns = Columns::new();
    for (name, cell) in header.iter().zip(cells) {
        if let Some(fault) = text_fault(name, &cell) {
            return Err(fault);
        }
        columns.insert(name.clone(), Value::String(cell));
    }
    Ok(columns)
}

/// A text with signs that no encoding of a table has: it was read as another than it is.
fn text_fault(column: &str, text: &str) -> Option<Fault> {
    if text.bytes().all(|octet| (0x20..0x7f).contains(&octet)) {
        return None;
    }
    let strange = |c: char| {
        c == char::REPLACEMENT_CHARACTER
            || ('\u{80}'..='\u{9f}').contains(&c)
            || (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r'))
    };
    text.chars().any(strange).then(|| Fault::Encoding {
        column: column.to_owned(),
    })
}

/// Lines of NDJSON.
struct Lines<R: Read> {
    input: BufReader<Rest<R>>,
    number: u64,
    offset: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: Rest<R>) -> Self {
        Self {
            input: BufReader::new(input),
            number: 0,
            offset: 0,
        }
    }

    fn row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let start = self.offset;
            let mut line = Vec::new();
            let most = MAX_ROW_OCTETS as u64 + 1;
            let input = self.input.by_ref();
            let mut length = input.take(most).read_until(b'\n', &mut line)? as u64;
            if length == 0 {
                return Ok(None);
            }
            let is_long = length == most && line.last() != Some(&b'\n');
            if is_long {
                line = Vec::new();
                length += self.input.skip_until(b'\n')? as u64;
            }
            self.offset += length;
            self.number += 1;
            if !is_long && line.trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some(Row {
                number: self.number,
                columns: if is_long {
                    Err(Fault::LongRow)
                } else {
                    object(&line)
                },
                place: start..self.offset,
            }));
        }
    }
}

fn object(line: &[u8]) -> Result<Columns, Fault> {
    let no_object = |reason: String| Fault::NoObject { reason };
    let columns: Columns =
        serde_json::from_slice(line).map_err(|error| no_object(error.to_string()))?;
    for (name, value) in &columns {
        let texts = match value {
            Value::String(text) => std::slice::from_ref(text).iter(),
            _ => [].iter(),
        };
        if let Some(fault) = texts.chain([name]).find_map(|text| text_fault(name, text)) {
            return Err(fault);
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table<&[u8]> {
        Table::open(text.as_bytes(), None).unwrap().unwrap()
    }

    fn rows(text: &str) -> Vec<Row> {
        let mut table = table(text);
        std::iter::from_fn(|| table.row().unwrap()).collect()
    }

    fn faults(text: &str) -> Vec<Fault> {
        let opened = Table::open(text.as_bytes(), None).unwrap();
        opened.map(drop).expect_err("a fault")
    }

    #[test]
    fn rows_have_the_number_that_a_spreadsheet_shows() {
        let rows = rows("to;nome\r\na@b;\"x\r\ny\"\r\n;\r\n \r\nc@d;z\r\n");
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [2, 5]);
        let columns = rows[0].columns.as_ref().unwrap();
        assert_eq!(columns["nome"], "x\r\ny");
    }

    #[test]
    fn a_cell_too_few_or_too_many_is_a_fault() {
        let rows = rows("to;nome;;\na@b\na@b;c;;;\na@b;c;d\n");
        let cells = |found| Err(Fault::Cells { found, expected: 2 });
        assert_eq!(rows[0].columns, cells(1));
        assert!(rows[1].columns.is_ok());
        assert_eq!(rows[2].columns, cells(3));
    }

    #[test]
    fn headers_that_cannot_be_used_are_refused() {
        assert_eq!(faults(""), [Fault::NoHeader]);
        assert_eq!(faults(";;\n1;2;3\n"), [Fault::NoHeader]);
        assert_eq!(faults("to;;nome\n"), [Fault::NoName { place: 2 }]);
        let same = Fault::SameColumns {
            one: "TO".into(),
            other: "TO".into(),
        };
        assert_eq!(faults("to;TO\n"), [same]);
    }

    #[test]
    fn letters_of_another_encoding_are_a_fault_of_their_column() {
        let rows = rows("to;nome\na;citt\u{fffd}\na;\u{8f}\na;città\n");
        let wrong = Err(Fault::Encoding {
            column: "nome".into(),
        });
        assert_eq!(rows[0].columns, wrong);
        assert_eq!(rows[1].columns, wrong);
        assert!(rows[2].columns.is_ok());
    }

    #[test]
    fn ndjson_is_one_object_a_line() {
        let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(2_000_000));
        let rows = rows(&format!(
            "\n{{\"to\":[\"a@b\"],\"n\":1}}\n[1]\n{long}{{\"to\":1}}"
        ));
        assert_eq!(rows[0].number, 2);
        assert_eq!(rows[0].columns.as_ref().unwrap()["n"], 1);
        assert!(matches!(rows[1].columns, Err(Fault::NoObject { .. })));
        assert_eq!(rows[2].columns, Err(Fault::LongRow));
        assert_eq!(rows[3].number, 5);
        assert!(table("{}").header().is_none());
    }
}
