//! Rows out of CSV, strictly as RFC 4180 has it, with the delimiter that the header shows.
//!
//! Lenient readers make something of every quotation mark; here a mark in the wrong place is a
//! fault with its row, because what follows would otherwise go to other people than meant. Rows
//! may end in CRLF, LF or CR; cells may hold line ends inside quotation marks. At most
//! [`MAX_ROW_OCTETS`] of a row are kept in memory.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;

use super::{Fault, MAX_ROW_OCTETS};

/// Octets in which the delimiter is looked for: any header.
const HEAD: usize = 64 * 1024;

/// Delimiters by preference, when a header has as many of each.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// One row: its cells, or why it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// As a spreadsheet numbers it: the first row is 1.
    pub number: u64,
    /// The cells.
    pub cells: Result<Vec<String>, Fault>,
    /// Where its octets stand in the text that was read, line end included.
    pub place: Range<u64>,
}

/// A reader of rows.
pub struct CsvReader<R: Read> {
    input: BufReader<io::Chain<Cursor<Vec<u8>>, R>>,
    delimiter: u8,
    offset: u64,
    line: u64,
    number: u64,
}

impl<R: Read> CsvReader<R> {
    /// Reads UTF-8 without a byte order mark; finds the delimiter, unless it is given. A first
    /// line `sep=;`, as Excel knows it, says it too and is no row.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn new(mut input: R, delimiter: Option<u8>) -> io::Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let announced = announcement(&head);
        let skip = announced.map_or(0, |(_, length)| length);
        let found = announced.map(|(delimiter, _)| delimiter);
        let delimiter = delimiter
            .or(found)
            .unwrap_or_else(|| most_frequent(&head[skip..]));
        let mut head = Cursor::new(head);
        head.set_position(skip as u64);
        Ok(Self {
            input: BufReader::with_capacity(HEAD, head.chain(input)),
            delimiter,
            offset: skip as u64,
            line: 1 + u64::from(skip > 0),
            number: 0,
        })
    }

    /// What stands between the cells.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn record(&mut self) -> io::Result<Option<Record>> {
        let start = self.offset;
        let mut row = Row::new(self.line);
        while !row.is_complete {
            let (delimiter, line) = (self.delimiter, &mut self.line);
            let block = self.input.fill_buf()?;
            if block.is_empty() {
                break;
            }
            let mut used = 0;
            for octet in block {
                if row.is_complete_before(*octet) {
                    break;
                }
                used += 1;
                *line += u64::from(*octet == b'\n');
                row.take(*octet, delimiter, *line);
                if row.is_complete {
                    break;
                }
            }
            self.input.consume(used);
            self.offset += used as u64;
        }
        if self.offset == start {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Record {
            number: self.number,
            cells: row.finish(),
            place: start..self.offset,
        }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// The beginning of a cell.
    Start,
    /// In a cell without quotation marks.
    Plain,
    /// Between quotation marks.
    Quoted,
    /// Behind a quotation mark that closes, or is the first of two.
    Closed,
    /// After a fault: whatever comes is passed over to the end of the line.
    Lost,
    /// After CR, which ends a row alone or with LF.
    Return,
}

struct Row {
    at: At,
    cell: Vec<u8>,
    cells: Vec<String>,
    octets: usize,
    /// Line of the quotation mark that was opened last.
    opened: u64,
    fault: Option<Fault>,
    is_complete: bool,
}

impl Row {
    fn new(line: u64) -> Self {
        Self {
            at: At::Start,
            cell: Vec::new(),
            cells: Vec::new(),
            octets: 0,
            opened: line,
            fault: None,
            is_complete: false,
        }
    }

    /// Whether the row ended with the CR before this octet, which is no LF.
    fn is_complete_before(&mut self, octet: u8) -> bool {
        if self.at == At::Return && octet != b'\n' {
            self.is_complete = true;
        }
        self.is_complete
    }

    fn take(&mut self, octet: u8, delimiter: u8, line: u64) {
        self.octets += 1;
        if self.octets > MAX_ROW_OCTETS && self.fault.is_none() {
            self.fault = Some(match self.at {
                At::Quoted => Fault::QuoteOpen { line: self.opened },
                _ => Fault::LongRow,
            });
            self.cell = Vec::new();
            self.cells = Vec::new();
        }
        let is_end = matches!(octet, b'\r' | b'\n');
        match (self.at, octet) {
            (At::Return, _) => self.is_complete = true,
            (At::Quoted, b'"') => self.at = At::Closed,
            (At::Quoted, _) => self.push(octet),
            (At::Closed, b'"') => {
                self.push(octet);
                self.at = At::Quoted;
            }
            (_, _) if is_end => self.end(octet),
            (At::Lost, _) => {}
            (_, _) if octet == delimiter => {
                self.close();
                self.at = At::Start;
            }
            (At::Closed, _) => self.lose(Fault::AfterQuote { line }),
            (At::Start, b'"') => {
                self.opened = line;
                self.at = At::Quoted;
            }
            (At::Plain, b'"') => self.lose(Fault::StrayQuote { line }),
            (At::Start | At::Plain, _) => {
                self.push(octet);
                self.at = At::Plain;
            }
        }
    }

    fn push(&mut self, octet: u8) {
        if self.fault.is_none() {
            self.cell.push(octet);
        }
    }

    fn close(&mut self) {
        if self.fault.is_none() {
            let cell = std::mem::take(&mut self.cell);
            // Cut at ASCII only, so what was UTF-8 still is.
            self.cells.push(match String::from_utf8(cell) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            });
        }
    }

    fn lose(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        self.at = At::Lost;
    }

    fn end(&mut self, octet: u8) {
        self.close();
        match octet {
            b'\r' => self.at = At::Return,
            _ => self.is_complete = true,
        }
    }

    fn finish(mut self) -> Result<Vec<String>, Fault> {
        if self.at == At::Quoted {
            self.fault
                .get_or_insert(Fault::QuoteOpen { line: self.opened });
        } else if !self.is_complete && self.at != At::Return {
            // The last row has no line end.
            self.close();
        }
        self.fault.map_or(Ok(self.cells), Err)
    }
}

/// `sep=;` and the length of that line.
fn announcement(head: &[u8]) -> Option<(u8, usize)> {
    let start = head.get(..4)?;
    if !start.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let delimiter = *head.get(4)?;
    let length = match head.get(5..)? {
        [b'\r', b'\n', ..] => 7,
        [b'\r' | b'\n', ..] => 6,
        _ => return None,
    };
    Some((delimiter, length))
}

/// The delimiter that the first row shows most often outside quotation marks.
fn most_frequent(head: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for octet in head {
        match octet {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == octet) {
                    counts[at] += 1;
                }
            }
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    let first = counts.iter().position(|count| *count == most);
    DELIMITERS[first.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &[u8]) -> Vec<Record> {
        let mut reader = CsvReader::new(text, None).unwrap();
        std::iter::from_fn(|| reader.record().unwrap()).collect()
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        let records = records(text.as_bytes()).into_iter();
        records.map(|record| record.cells.unwrap()).collect()
    }

    #[test]
    fn rows_are_those_of_the_rfc() {
        assert_eq!(
            cells("a;\"b;\"\"c\"\"\r\nd\";\r\n\"\";e;f"),
            [["a", "b;\"c\"\r\nd", ""], ["", "e", "f"]]
        );
        assert_eq!(cells("a,b\nc,d\n"), [["a", "b"], ["c", "d"]]);
        assert_eq!(cells("a\tb\rc\td"), [["a", "b"], ["c", "d"]]);
        assert_eq!(
            cells("a;b\r\n\r\nc;d\r\n"),
            [vec!["a", "b"], vec![""], vec!["c", "d"]]
        );
    }

    #[test]
    fn the_delimiter_is_what_the_header_shows() {
        for (text, delimiter) in [
            ("to;a,b;c\n", b';'),
            ("to,nome\n1;2;3,4", b','),
            ("\"a,b,c\";d\n", b';'),
            ("to\n", b';'),
            ("sep=|\r\na;b|c\r\n", b'|'),
        ] {
            let reader = CsvReader::new(text.as_bytes(), None).unwrap();
            assert_eq!(reader.delimiter(), delimiter, "{text}");
        }
        assert_eq!(cells("sep=|\r\na;b|c\r\n"), [["a;b", "c"]]);
    }

    #[test]
    fn quotation_marks_gone_wrong_are_a_fault_of_their_row_only() {
        let text = "a;b\n1;x\"y;\n2;\"x\"y;z\n3;\"ok\"\n4;\"open\n5;z\n";
        let records = records(text.as_bytes());
        assert_eq!(records[1].cells, Err(Fault::StrayQuote { line: 2 }));
        assert_eq!(records[2].cells, Err(Fault::AfterQuote { line: 3 }));
        assert_eq!(records[3].cells, Ok(vec!["3".into(), "ok".into()]));
        assert_eq!(records[4].number, 5);
        assert_eq!(records[4].cells, Err(Fault::QuoteOpen { line: 5 }));
        assert_eq!(records.len(), 5);
    }

    #[test]
    fn a_row_without_end_is_a_fault_and_takes_no_memory() {
        let mut text = b"a;b\nc;".to_vec();
        text.resize(text.len() + 40_000_000, b'x');
        text.extend_from_slice(b"\nd;e\n");
        let records = records(&text);
        assert_eq!(records[1].cells, Err(Fault::LongRow));
        assert_eq!(records[2].cells, Ok(vec!["d".into(), "e".into()]));
        assert_eq!(records[2].number, 3);
    }

    #[test]
    fn places_are_those_of_the_octets() {
        let text = "sep=;\na;b\r\n\"c\nd\";e\r\nf;g";
        let records = records(text.as_bytes());
        let texts = records.iter().map(|record| {
            let (start, end) = (record.place.start as usize, record.place.end as usize);
            &text[start..end]
        });
        let texts: Vec<&str> = texts.collect();
        assert_eq!(texts, ["a;b\r\n", "\"c\nd\";e\r\n", "f;g"]);
    }
}
