//! Many notices out of one table: rows, columns, templates, pace, forecast.
//!
//! Pure: a table is a [`Read`](std::io::Read) that is handed in, an instant is an argument, and
//! nothing grows with the number of rows. The tables are those that clerks have: CSV as RFC 4180
//! and Excel write it, and NDJSON. What is wrong with a row is a [`Fault`] with the number that
//! a spreadsheet shows beside it.
//!
//! - [`encoding`], [`codepage`]: octets of any usual encoding to UTF-8.
//! - [`csv`], [`table`]: rows out of text, strictly, within bounds.
//! - [`workbook`]: a sheet of a workbook as CSV.
//! - [`columns`], [`template`], [`notice`]: from a row to what is sent to whom.
//! - [`number`], [`operators`]: numbers in texts, and templates that know them.
//! - [`identity`]: which notice a message is.
//! - [`pace`], [`forecast`]: when the next one may leave, and how long all take.
//! - [`rows`]: rows that a person names.
//! - [`cell`], [`spreadsheet`]: what a spreadsheet may be given to open.

pub mod cell;
pub mod codepage;
pub mod columns;
pub mod csv;
pub mod encoding;
pub mod fault;
pub mod forecast;
pub mod identity;
pub mod notice;
pub mod number;
pub mod operators;
pub mod pace;
pub mod rows;
pub mod spreadsheet;
pub mod table;
pub mod template;
pub mod workbook;

pub use fault::{Fault, Problem};

/// Octets of one row: more than a notice has in all its columns; a quotation mark that is never
/// closed would otherwise take the rest of the file for one cell.
pub const MAX_ROW_OCTETS: usize = 1_000_000;
/// Octets of a text or subject that a template makes: more than anybody reads.
pub const MAX_TEXT_OCTETS: usize = 1_000_000;
/// Columns of a table: those of the largest spreadsheet (Excel has 16,384).
pub const MAX_COLUMNS: usize = 16_384;
/// Rows of a table: those of the largest spreadsheet (Excel has 1,048,576).
pub const MAX_ROWS: u64 = 1_048_576;
