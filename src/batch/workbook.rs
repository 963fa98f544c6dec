//! A sheet of a workbook (`.xlsx`, `.ods`) as a table, with what a person sees in its cells.
//!
//! Texts stay as they are, leading zeros too. Numbers have the comma of Italy, and the decimals,
//! leading zeros and currency of the cell's format where it is one of the usual; days are
//! `31/12/2026`. Calculated cells have the value that was saved. What `.ods` says of formats is
//! not read: its numbers have the decimals that they need.
//!
//! The result is CSV, so that rows have the numbers of the sheet and all later steps are the same.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, ExcelDateTime, Ods, OdsError, Reader, SheetVisible, Xlsx, XlsxError};

use super::{MAX_COLUMNS, MAX_ROWS};

/// Cells of a sheet: ten for each of a million rows.
const MAX_CELLS: usize = 10_000_000;
/// Octets of all its cells: a shared text may stand in each of them.
const MAX_OCTETS: usize = 256_000_000;
/// What stands between the cells of the result.
pub const DELIMITER: u8 = b';';

/// A sheet, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// The other sheets that a person sees.
    pub others: Vec<String>,
    /// Its cells as CSV; rows stand in the line of their number.
    pub csv: String,
}

/// Why no sheet can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSheet {
    /// No workbook, or one that is damaged or has a password; the reader's words.
    Unreadable(String),
    /// There is none of this name; those that are there.
    Unknown(Vec<String>),
    /// No cell is filled.
    Empty,
    /// More cells, rows or columns than a table may have.
    Large,
}

impl From<XlsxError> for NoSheet {
    fn from(error: XlsxError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<OdsError> for NoSheet {
    fn from(error: OdsError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The filled cells by row and column, from 0.
type Cells = BTreeMap<u32, BTreeMap<u32, String>>;

/// Whether the octets begin as a workbook of OpenDocument does.
pub fn is_opendocument(octets: &[u8]) -> bool {
    const TYPE: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
    let start = &octets[..octets.len().min(256)];
    memchr::memmem::find(start, TYPE).is_some()
}

/// The member of a workbook of OpenDocument that holds its sheets.
pub const ODS_CONTENT: &str = "content.xml";

/// Whether the cells and rows of an OpenDocument sheet that say to be repeated come to no more
/// text than a table may have: the reader writes each of them out. What is repeated and empty, as
/// the margins of every sheet, counts for nothing.
pub fn repeats_within_bounds(content: &[u8]) -> bool {
    let rows = memchr::memmem::Finder::new("<table:table-row");
    let mut octets = 0_usize;
    let starts: Vec<usize> = rows.find_iter(content).collect();
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(content.len());
        let row = &content[*start..end];
        let repeated = repeated(tag_of(row), "table:number-rows-repeated", MAX_ROWS as usize);
        octets = octets.saturating_add(repeated.saturating_mul(weight_of_row(row)));
        if octets > MAX_OCTETS {
            return false;
        }
    }
    true
}

/// Octets of the filled cells of a row, those that are repeated so many times.
fn weight_of_row(row: &[u8]) -> usize {
    let names = ["<table:table-cell", "<table:covered-table-cell"];
    let found = names.map(|name| memchr::memmem::find_iter(row, name).collect::<Vec<_>>());
    let mut starts = found.concat();
    starts.sort_unstable();
    let mut weight = 0_usize;
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(row.len());
        let cell = &row[*start..end];
        let tag = tag_of(cell);
        let is_empty = tag.ends_with(b"/") && memchr::memmem::find(tag, b"office:").is_none();
        if !is_empty {
            let repeated = repeated(tag, "table:number-columns-repeated", MAX_COLUMNS);
            weight = weight.saturating_add(repeated.saturating_mul(cell.len()));
        }
    }
    weight
}

/// The octets up to the end of the tag.
fn tag_of(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|octet| *octet == b'>');
    &text[..end.unwrap_or(text.len())]
}

/// How often a tag says that it is repeated; as often as can be, where that is not a plain number.
fn repeated(tag: &[u8], name: &str, most: usize) -> usize {
    let Some(at) = memchr::memmem::find(tag, name.as_bytes()) else {
        return 1;
    };
    let rest = tag[at + name.len()..].trim_ascii_start();
    let value = rest.strip_prefix(b"=").map(<[u8]>::trim_ascii_start);
    let digits = value.and_then(|value| {
        let quote = *value.first()?;
        value[1..].split(|octet| *octet == quote).next()
    });
    let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    number.unwrap_or(most).min(most)
}

/// The sheet of a name, or the first that is seen and holds something.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn read(octets: &[u8], wanted: Option<&str>) -> Result<Sheet, NoSheet> {
    match is_opendocument(octets) {
        true => {
            let mut workbook = Ods::new(Cursor::new(octets))?;
            choose(&mut workbook, wanted, &mut |workbook, name| {
                let range = workbook.worksheet_range(name)?;
                let (row, column) = range.start().unwrap_or_default();
                let mut cells = Sink::default();
                for (down, right, value) in range.used_cells() {
                    let at = (row + narrow(down)?, column + narrow(right)?);
                    cells.take(at, &shown(value, None))?;
                }
                Ok(cells.cells)
            })
        }
        false => {
            let mut workbook = Xlsx::new(Cursor::new(octets))?;
            choose(&mut workbook, wanted, &mut |workbook, name| {
                let styles = workbook.worksheet_style(name)?;
                let mut reader = workbook.worksheet_cells_reader(name)?;
                let mut cells = Sink::default();
                // One by one: a sheet with a single cell in its last corner is small.
                while let Some(cell) = reader.next_cell()? {
                    let at = cell.get_position();
                    let format = styles
                        .get(at)
                        .and_then(|style| style.number_format.as_ref());
                    let format = format.map(|format| &*format.format_code);
                    let value = Data::from(cell.get_value().clone());
                    cells.take(at, &shown(&value, format))?;
                }
                Ok(cells.cells)
            })
        }
    }
}

fn narrow(number: usize) -> Result<u32, NoSheet> {
    u32::try_from(number).map_err(|_| NoSheet::Large)
}

#[derive(Default)]
struct Sink {
    cells: Cells,
    count: usize,
    octets: usize,
}

impl Sink {
    fn take(&mut self, (row, column): (u32, u32), text: &str) -> Result<(), NoSheet> {
        if text.is_empty() {
            return Ok(());
        }
        self.count += 1;
        self.octets += text.len();
        let fits = u64::from(row) < MAX_ROWS && (column as usize) < MAX_COLUMNS;
        if self.count > MAX_CELLS || self.octets > MAX_OCTETS || !fits {
            return Err(NoSheet::Large);
        }
        let cells = self.cells.entry(row).or_default();
        cells.insert(column, text.to_owned());
        Ok(())
    }
}

fn choose<'o, W: Reader<Cursor<&'o [u8]>>>(
    workbook: &mut W,
    wanted: Option<&str>,
    read: &mut dyn FnMut(&mut W, &str) -> Result<Cells, NoSheet>,
) -> Result<Sheet, NoSheet> {
    let sheets = workbook.sheets_metadata().to_vec();
    let is_seen = |sheet: &&calamine::Sheet| sheet.visible == SheetVisible::Visible;
    let seen: Vec<String> = sheets
        .iter()
        .filter(is_seen)
        .map(|one| one.name.clone())
        .collect();
    let found: Vec<String> = match wanted {
        None => seen.clone(),
        Some(wanted) => {
            let is_wanted = |name: &String| name.to_lowercase() == wanted.trim().to_lowercase();
            let mut all = sheets.into_iter().map(|sheet| sheet.name);
            match all.find(is_wanted) {
                Some(name) => vec![name],
                None => return Err(NoSheet::Unknown(seen)),
            }
        }
    };
    for name in found {
        let cells = read(workbook, &name)?;
        if !cells.is_empty() {
            let others = seen.into_iter().filter(|other| *other != name).collect();
            let csv = csv_of(&cells, MAX_OCTETS)?;
            return Ok(Sheet { name, others, csv });
        }
    }
    Err(NoSheet::Empty)
}

/// Each row in the line of its number; columns from the first that holds anything.
///
/// # Errors
/// When it is too much: of a few cells far apart, the empty ones between them are written, too.
fn csv_of(cells: &Cells, most: usize) -> Result<String, NoSheet> {
    let columns = || cells.values().flat_map(BTreeMap::keys).copied();
    let first = columns().min().unwrap_or_default();
    let header = cells.values().next().and_then(|row| row.keys().last());
    let width = header.map_or(0, |last| last + 1);
    let mut csv = String::new();
    let mut line = 0;
    for (number, row) in cells {
        while line < *number {
            csv.push('\n');
            line += 1;
        }
        let end = row.keys().last().map_or(0, |last| last + 1).max(width);
        for column in first..end {
            if column > first {
                csv.push(char::from(DELIMITER));
            }
            let text = row.get(&column).map_or("", String::as_str);
            csv.push('"');
            csv.push_str(&text.replace('"', "\"\""));
            csv.push('"');
        }
        csv.push('\n');
        line += 1;
        if csv.len() > most {
            return Err(NoSheet::Large);
        }
    }
    Ok(csv)
}

/// What a person sees in a cell.
fn shown(value: &Data, format: Option<&str>) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        // Whole numbers beyond what a spreadsheet keeps are no numbers here either.
        Data::Int(number) => number_of(*number as f64, format),
        Data::Float(number) => number_of(*number, format),
        Data::Bool(true) => "VERO".to_owned(),
        Data::Bool(false) => "FALSO".to_owned(),
        Data::DateTime(instant) => instant_of(instant),
        Data::DateTimeIso(text) => iso_of(text).unwrap_or_else(|| text.clone()),
        Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
    }
}

fn instant_of(instant: &ExcelDateTime) -> String {
    let seconds = (instant.as_f64() * 86_400.0).round();
    if instant.is_duration() {
        #[allow(clippy::cast_possible_truncation, reason = "a span of hours")]
        let seconds = seconds as i64;
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        return format!("{hours}:{minutes:02}:{:02}", seconds % 60);
    }
    let (year, month, day, hour, minute, _, _) = instant.to_ymd_hms_milli();
    if (0.0..1.0).contains(&instant.as_f64()) {
        return format!("{hour:02}:{minute:02}");
    }
    match (hour, minute) {
        (0, 0) => format!("{day:02}/{month:02}/{year}"),
        _ => format!("{day:02}/{month:02}/{year} {hour:02}:{minute:02}"),
    }
}

/// `2026-12-31` and `2026-12-31T10:30:00` as people write them.
fn iso_of(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let time = time.get(..5).filter(|time| *time != "00:00");
    Some(match time {
        Some(time) => format!("{day}/{month}/{year} {time}"),
        None => format!("{day}/{month}/{year}"),
    })
}

/// What the format of a number says, as far as it is one of the usual.
#[derive(Debug, Default, PartialEq, Eq)]
struct Form {
    before: String,
    /// Digits before the comma, at least.
    whole: usize,
    grouped: bool,
    decimals: usize,
    percent: bool,
    behind: String,
}

/// Reads the part for positive numbers; `None` for fractions, powers, conditions and the like.
fn form(format: &str) -> Option<Form> {
    let mut form = Form::default();
    let mut chars = format.split(';').next()?.chars().peekable();
    let (mut digits, mut is_fraction) = (false, false);
    while let Some(c) = chars.next() {
        let literal = match c {
            '0' | '#' => {
                digits = true;
                match (c, is_fraction) {
                    ('0', false) => form.whole += 1,
                    (_, true) => form.decimals += 1,
                    _ => {}
                }
                continue;
            }
            '.' if digits => {
                is_fraction = true;
                continue;
            }
            ',' if digits => {
                form.grouped = true;
                continue;
            }
            '%' => {
                form.percent = true;
                continue;
            }
            '"' => chars.by_ref().take_while(|c| *c != '"').collect(),
            '\\' => chars.next()?.to_string(),
            // A blank as wide as the next sign, or that sign as often as there is room.
            '_' | '*' => {
                chars.next()?;
                String::new()
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                match inner.strip_prefix('$') {
                    Some(money) => money.split('-').next()?.to_owned(),
                    None if inner.chars().all(char::is_alphabetic) => String::new(),
                    None => return None,
                }
            }
            ' ' | '\u{a0}' | '€' | '$' | '£' | '-' | '+' | '(' | ')' | '/' => c.to_string(),
            _ => return None,
        };
        match digits {
            true => form.behind.push_str(&literal),
            false => form.before.push_str(&literal),
        }
    }
    digits.then_some(form)
}

/// A number as its cell shows it.
fn number_of(number: f64, format: Option<&str>) -> String {
    const EXACT: f64 = 1e15;
    if !number.is_finite() {
        return "#NUM!".to_owned();
    }
    if number.abs() >= EXACT {
        // Its last digits were lost when it was typed.
        return format!("{number:.5e}").replace('.', ",").replace('e', "E+");
    }
    let Some(form) = format
        .filter(|one| *one != "General" && *one != "@")
        .and_then(form)
    else {
        return plain(number).replace('.', ",");
    };
    let scaled = if form.percent { number * 100.0 } else { number };
    let digits = format!("{:.*}", form.decimals, scaled.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole = format!("{whole:0>width$}", width = form.whole.max(1));
    let whole = match form.grouped {
        true => grouped(&whole),
        false => whole,
    };
    let comma = if fraction.is_empty() { "" } else { "," };
    let is_zero = digits.bytes().all(|octet| matches!(octet, b'0' | b'.'));
    let sign = if number < 0.0 && !is_zero { "-" } else { "" };
    let percent = if form.percent { "%" } else { "" };
    let text = format!(
        "{}{whole}{comma}{fraction}{percent}{}",
        form.before, form.behind
    );
    format!("{sign}{}", text.trim())
}

/// Fifteen digits, which is what a spreadsheet keeps: 0.1 + 0.2 is 0.3.
fn plain(number: f64) -> String {
    let kept: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    kept.to_string()
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_counted_before_it_is_written_out() {
        let sheet = |rows: &str, cells: &str, text: &str| {
            format!(
                "<table:table><table:table-row table:number-rows-repeated=\"{rows}\">\
                 <table:table-cell office:value-type=\"string\" \
                 table:number-columns-repeated='{cells}'><text:p>{text}</text:p></table:table-cell>\
                 <table:table-cell table:number-columns-repeated=\"16000\"/></table:table-row>\
                 <table:table-row table:number-rows-repeated=\"1048000\">\
                 <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>"
            )
        };
        let long = "x".repeat(100_000);
        for (rows, cells, text, fits) in [
            ("1", "1", "x", true),
            ("1000", "100", "x", true),
            ("1000000", "16384", "x", false),
            ("1", "16384", &long, false),
            ("100000", "1", &long, false),
            ("1", "100", &long, true),
            ("100000", "&#49;6000", "x", false),
        ] {
            let content = sheet(rows, cells, text);
            assert_eq!(
                repeats_within_bounds(content.as_bytes()),
                fits,
                "{rows} {cells}"
            );
        }
        for content in [
            "",
            "<table:table-row",
            "<table:table-row table:number-rows-repeated=",
        ] {
            assert!(repeats_within_bounds(content.as_bytes()));
        }
    }

    #[test]
    fn cells_far_apart_are_not_written_without_end() {
        let row = |number: u32| {
            (
                number,
                BTreeMap::from([(0, String::new()), (9_999, "x".into())]),
            )
        };
        let cells: Cells = (0..3).map(row).collect();
        assert!(csv_of(&cells, 100_000).is_ok());
        assert_eq!(csv_of(&cells, 80_000), Err(NoSheet::Large));
        let mut sink = Sink::default();
        let text = "x".repeat(MAX_OCTETS / 2);
        assert_eq!(sink.take((0, 0), &text), Ok(()));
        assert_eq!(sink.take((0, 1), &text), Ok(()));
        assert_eq!(sink.take((0, 2), "x"), Err(NoSheet::Large));
    }

    #[test]
    fn numbers_are_shown_as_their_formats_say() {
        for (number, format, expected) in [
            (50.0, "General", "50"),
            (12.5, "General", "12,5"),
            (0.1 + 0.2, "General", "0,3"),
            (-7.0, "0", "-7"),
            (118.0, "00000", "00118"),
            (1234.5, "#,##0.00", "1.234,50"),
            (1234.5, "0.00", "1234,50"),
            (1_234_567.0, "#,##0", "1.234.567"),
            (1234.5, "#,##0.00\\ \"€\"", "1.234,50 €"),
            (
                1234.5,
                "[$€-410]\\ #,##0.00;[RED]\\-[$€-410]\\ #,##0.00",
                "€ 1.234,50",
            ),
            (
                1234.5,
                "_-* #,##0.00\\ \"€\"_-;\\-* #,##0.00\\ \"€\"_-",
                "1.234,50 €",
            ),
            (0.22, "0%", "22%"),
            (-0.001, "0.00", "0,00"),
            (0.0, "#,##0", "0"),
            (1.5, "# ?/?", "1,5"),
            (3.0, "@", "3"),
            (12_345_678_901.0, "General", "12345678901"),
        ] {
            assert_eq!(number_of(number, Some(format)), expected, "{format}");
        }
        // More digits than a spreadsheet keeps are told as such.
        assert!(crate::batch::cell::is_error(&number_of(
            1.234_567_890_123_456_7e19,
            None
        )));
    }

    #[test]
    fn days_and_times_are_shown_as_people_write_them() {
        use calamine::ExcelDateTimeType as T;
        let shown = |value, kind| instant_of(&ExcelDateTime::new(value, kind, false));
        assert_eq!(shown(46_387.0, T::DateTime), "31/12/2026");
        assert_eq!(shown(46_387.437_5, T::DateTime), "31/12/2026 10:30");
        assert_eq!(shown(0.437_5, T::DateTime), "10:30");
        assert_eq!(shown(1.5, T::TimeDelta), "36:00:00");
        assert_eq!(iso_of("2026-12-31").as_deref(), Some("31/12/2026"));
        let time = iso_of("2026-12-31T10:30:00");
        assert_eq!(time.as_deref(), Some("31/12/2026 10:30"));
        assert_eq!(iso_of("domani"), None);
    }

    #[test]
    fn rows_keep_their_numbers_and_empty_margins_go() {
        let row = |cells: &[(u32, &str)]| {
            let cells = cells.iter().map(|(at, text)| (*at, (*text).to_owned()));
            cells.collect::<BTreeMap<_, _>>()
        };
        let cells = Cells::from([
            (1, row(&[(1, "PEC"), (2, "nota")])),
            (2, row(&[(1, "a@b.it")])),
            (4, row(&[(1, "c@d.it"), (2, "a;\"b\"")])),
        ]);
        assert_eq!(
            csv_of(&cells, 1_000).unwrap(),
            "\n\"PEC\";\"nota\"\n\"a@b.it\";\"\"\n\n\"c@d.it\";\"a;\"\"b\"\"\"\n"
        );
    }

    #[test]
    fn what_is_no_workbook_is_told() {
        for octets in [&b""[..], b"PK\x03\x04", b"PEC;nome\n"] {
            assert!(matches!(read(octets, None), Err(NoSheet::Unreadable(_))));
        }
    }
}
