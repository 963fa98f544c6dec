//! A workbook (`.xlsx`) that is written: texts that stay texts, and times that are times.
//!
//! What a spreadsheet does to a CSV it cannot do here: `0007` stays `0007`, twenty digits stay
//! twenty digits, `12345e12` is no number and `=1+1` no formula. Nothing else is written than
//! texts, counts and times, so that nothing can be run.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError,
};

use super::{MAX_COLUMNS, MAX_ROWS};
use crate::lang::Lang;
use crate::timestamp::Timestamp;

/// What a cell holds of a text at most, in UTF-16 (a limit of Excel).
const MAX_CELL_UNITS: usize = 32_767;
/// Letters of the widest column, and of the narrowest.
const WIDTHS: [usize; 2] = [8, 40];
/// Letters of a time with its day.
const TIME_WIDTH: f64 = 19.0;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text, whatever it looks like.
    Text(String),
    /// A count.
    Count(u64),
    /// An instant; shown as Italian legal time.
    Time(Timestamp),
}

/// A workbook while it is filled.
pub struct Spreadsheet<'a> {
    header: &'a [String],
    /// What sheets are called; from the second on with a number.
    name: &'a str,
    workbook: Workbook,
    /// The sheet that is being filled, and its next row.
    sheet: Worksheet,
    row: u32,
    /// The widest text of each column so far.
    widths: Vec<usize>,
    times: Vec<bool>,
    most_rows: u64,
    text: Format,
    time: Format,
}

/// Why a workbook cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSpreadsheet {
    /// More columns than a sheet has.
    Columns,
    /// What the package says; no input is known that leads here.
    Failed(String),
}

impl From<XlsxError> for NoSpreadsheet {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::RowColumnLimitError => Self::Columns,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl<'a> Spreadsheet<'a> {
    /// One with a header, that was made now. Sheets have that name.
    ///
    /// # Errors
    /// When there are more columns than a sheet has.
    pub fn new(
        header: &'a [String],
        name: &'a str,
        lang: Lang,
        now: Timestamp,
    ) -> Result<Self, NoSpreadsheet> {
        if header.len() > MAX_COLUMNS {
            return Err(NoSpreadsheet::Columns);
        }
        let mut workbook = Workbook::new();
        if let Ok(made) = ExcelDateTime::from_timestamp(now.unix()) {
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        }
        let time = match lang {
            Lang::It => "dd/mm/yyyy hh:mm:ss",
            Lang::En => "yyyy-mm-dd hh:mm:ss",
        };
        let mut new = Self {
            header,
            name,
            workbook,
            sheet: Worksheet::new(),
            row: 0,
            widths: header.iter().map(|name| name.chars().count()).collect(),
            times: vec![false; header.len()],
            most_rows: MAX_ROWS,
            text: Format::new().set_num_format("@"),
            time: Format::new().set_num_format(time),
        };
        new.begin()?;
        Ok(new)
    }

    /// One more row; a sheet that is full is followed by another with the same header.
    ///
    /// # Errors
    /// Those of the package.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), NoSpreadsheet> {
        if u64::from(self.row) >= self.most_rows {
            self.end()?;
            self.begin()?;
        }
        for (at, cell) in (0_u16..).zip(cells) {
            self.put(at, cell)?;
        }
        self.row += 1;
        Ok(())
    }

    /// The octets of the whole.
    ///
    /// # Errors
    /// Those of the package.
    pub fn finish(mut self) -> Result<Vec<u8>, NoSpreadsheet> {
        self.end()?;
        Ok(self.workbook.save_to_buffer()?)
    }

    fn begin(&mut self) -> Result<(), NoSpreadsheet> {
        let bold = Format::new().set_bold().set_num_format("@");
        for (at, name) in (0_u16..).zip(self.header) {
            self.sheet
                .write_string_with_format(0, at, cut(name), &bold)?;
        }
        self.sheet.set_freeze_panes(1, 0)?;
        self.row = 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), NoSpreadsheet> {
        let mut sheet = std::mem::replace(&mut self.sheet, Worksheet::new());
        let number = self.workbook.worksheets().len() + 1;
        match number {
            1 => sheet.set_name(self.name)?,
            _ => sheet.set_name(format!("{} {number}", self.name))?,
        };
        let columns = u16::try_from(self.header.len()).map_err(|_| NoSpreadsheet::Columns)?;
        if let Some(last) = columns.checked_sub(1) {
            let last_row = self.row - 1;
            sheet.autofilter(0, 0, last_row, last)?;
            // No green corners: that a number is a text is meant.
            let meant = IgnoreError::NumberStoredAsText;
            sheet.ignore_error_range(0, 0, last_row, last, meant)?;
        }
        for ((at, width), is_time) in (0_u16..).zip(&self.widths).zip(&self.times) {
            let letters = (*width).clamp(WIDTHS[0], WIDTHS[1]);
            let letters = u32::try_from(letters).map_or(TIME_WIDTH, f64::from) + 2.0;
            let least = if *is_time { TIME_WIDTH } else { 0.0 };
            sheet.set_column_width(at, letters.max(least))?;
        }
        self.workbook.push_worksheet(sheet);
        Ok(())
    }

    fn put(&mut self, at: u16, cell: &Cell) -> Result<(), NoSpreadsheet> {
        let place = usize::from(at);
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                let text = cut(text);
                if let Some(width) = self.widths.get_mut(place) {
                    *width = text.chars().take(WIDTHS[1]).count().max(*width);
                }
                self.sheet
                    .write_string_with_format(self.row, at, text, &self.text)?;
            }
            Cell::Count(count) => {
                // Exact up to 2^53: more than rows of a table.
                let count = u32::try_from(*count).map_or(f64::MAX, f64::from);
                self.sheet.write_number(self.row, at, count)?;
            }
            Cell::Time(time) => {
                if let Some(is_time) = self.times.get_mut(place) {
                    *is_time = true;
                }
                let local = time.unix().saturating_add(time.italian_offset().into());
                match ExcelDateTime::from_timestamp(local) {
                    Ok(local) => self
                        .sheet
                        .write_datetime_with_format(self.row, at, &local, &self.time)?,
                    // Before 1900 a spreadsheet knows no days.
                    Err(_) => self.sheet.write_string_with_format(
                        self.row,
                        at,
                        time.to_string(),
                        &self.text,
                    )?,
                };
            }
        }
        Ok(())
    }
}

/// A text as far as a cell can hold it. That it was cut is to be seen.
fn cut(text: &str) -> String {
    if text.encode_utf16().count() <= MAX_CELL_UNITS {
        return text.to_owned();
    }
    let mut units = 1;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= MAX_CELL_UNITS
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-22T10:00:00Z").unwrap()
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    /// The cells of each sheet, as another reader sees them.
    fn read(octets: Vec<u8>) -> Vec<(String, Vec<Vec<Data>>)> {
        let mut workbook = Xlsx::new(Cursor::new(octets)).unwrap();
        let names = workbook.sheet_names().to_vec();
        let mut sheets = Vec::new();
        for name in names {
            let formulas = workbook.worksheet_formula(&name).unwrap();
            assert!(
                formulas.used_cells().all(|(_, _, text)| text.is_empty()),
                "a formula"
            );
            let range = workbook.worksheet_range(&name).unwrap();
            sheets.push((name, range.rows().map(<[Data]>::to_vec).collect()));
        }
        sheets
    }

    #[test]
    fn texts_stay_what_they_are() {
        let header = ["a".to_owned(), "=b".to_owned()];
        let odd = [
            "0007",
            "12345678901234567890",
            "12345e12",
            "1/2",
            "TRUE",
            "=1+1",
            "+1",
            "-2+3",
            "@SUM(A1)",
            "https://www.example/",
            "{=1}",
            " a ",
            "a\nb\tc",
            "<&>\"'",
            "Città €",
            "_x0041_",
            "\u{7f}\u{202e}",
        ];
        let mut book = Spreadsheet::new(&header, "Esito", Lang::It, now()).unwrap();
        for one in odd {
            book.row(&[text(one), text("")]).unwrap();
        }
        let sheets = read(book.finish().unwrap());
        let (name, rows) = &sheets[0];
        assert_eq!((&**name, sheets.len()), ("Esito", 1));
        let first: Vec<Data> = ["a", "=b"].map(|name| Data::String(name.into())).into();
        assert_eq!(rows[0], first);
        for (row, one) in rows[1..].iter().zip(odd) {
            assert_eq!(row[0], Data::String(one.into()));
        }
    }

    #[test]
    fn times_are_days_and_hours_of_italy() {
        let header = ["sent".to_owned(), "row".to_owned()];
        let mut book = Spreadsheet::new(&header, "Esito", Lang::It, now()).unwrap();
        let at = |text: &str| Cell::Time(Timestamp::parse(text).unwrap());
        book.row(&[at("2026-11-22T10:00:00Z"), Cell::Count(17)])
            .unwrap();
        book.row(&[at("2026-07-01T22:30:15Z"), Cell::Count(1_048_576)])
            .unwrap();
        book.row(&[at("1899-07-01T22:30:15Z")]).unwrap();
        let rows = read(book.finish().unwrap()).remove(0).1;
        let day = |cell: &Data| match cell {
            Data::DateTime(time) => time.to_ymd_hms_milli(),
            other => panic!("{other:?}"),
        };
        assert_eq!(day(&rows[1][0]), (2026, 11, 22, 11, 0, 0, 0));
        assert_eq!(day(&rows[2][0]), (2026, 7, 2, 0, 30, 15, 0));
        assert_eq!(rows[3][0], Data::String("1899-07-01T22:30:15Z".into()));
        assert_eq!(rows[1][1], Data::Float(17.0));
        assert_eq!(rows[2][1], Data::Float(1_048_576.0));
    }

    #[test]
    fn a_sheet_that_is_full_is_followed_by_another() {
        let header = ["a".to_owned()];
        let mut book = Spreadsheet::new(&header, "Esito", Lang::It, now()).unwrap();
        book.most_rows = 3;
        for number in 1..=5 {
            book.row(&[text(&number.to_string())]).unwrap();
        }
        let sheets = read(book.finish().unwrap());
        let shape: Vec<(&str, usize)> = sheets
            .iter()
            .map(|(name, rows)| (&**name, rows.len()))
            .collect();
        assert_eq!(shape, [("Esito", 3), ("Esito 2", 3), ("Esito 3", 2)]);
        for (_, rows) in &sheets {
            assert_eq!(rows[0][0], Data::String("a".into()));
        }
        assert_eq!(sheets[2].1[1][0], Data::String("5".into()));
    }

    #[test]
    fn what_no_cell_can_hold_is_cut_and_what_no_sheet_can_hold_refused() {
        let header = ["a".to_owned()];
        let mut book = Spreadsheet::new(&header, "Esito", Lang::It, now()).unwrap();
        for long in ["è".repeat(32_767), "è".repeat(32_768), "😀".repeat(20_000)] {
            book.row(&[Cell::Text(long)]).unwrap();
        }
        let rows = read(book.finish().unwrap()).remove(0).1;
        let lengths: Vec<usize> = rows[1..]
            .iter()
            .map(|row| row[0].to_string().encode_utf16().count())
            .collect();
        assert_eq!(lengths, [32_767, 32_767, 32_767]);
        assert!(!rows[1][0].to_string().ends_with('…') && rows[2][0].to_string().ends_with('…'));
        let many = vec![String::from("a"); MAX_COLUMNS + 1];
        let refused = Spreadsheet::new(&many, "Esito", Lang::It, now());
        assert_eq!(refused.err(), Some(NoSpreadsheet::Columns));
        let none = Spreadsheet::new(&[], "Esito", Lang::It, now()).unwrap();
        assert_eq!(read(none.finish().unwrap()).len(), 1);
    }
}
