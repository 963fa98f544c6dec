//! The addresses that are asked about: words of the command line, lines of lists, columns of tables.

use std::collections::HashSet;
use std::path::Path;

use crate::address::MailAddress;
use crate::batch::columns::{Given as Columns, Role, values};
use crate::batch::table::Table;
use crate::batch::{Fault, MAX_ROWS};
use crate::command::Failure;
use crate::command::batch::tables;
use crate::command::send::draft::address_in;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::printable::Printable;

/// Names of columns that are those of an index of public administrations, where no column has a
/// name of its own.
const OF_OFFICES: [&str; 2] = ["Mail1", "mail1"];

/// What names the column.
const OPTION: &str = "--column";

/// An address, and where it stands.
pub(super) struct Given {
    pub address: MailAddress,
    /// File and row, as a spreadsheet numbers it; none of a word.
    pub place: Option<(String, u64)>,
}

/// A row that cannot be read.
pub(super) struct Unread {
    pub file: String,
    pub row: u64,
    pub reason: String,
}

/// All addresses, each once, in their order.
#[derive(Default)]
pub(super) struct Addresses {
    pub all: Vec<Given>,
    pub unread: Vec<Unread>,
    seen: HashSet<String>,
}

/// Which column of a table, and which sheet of a workbook.
pub(super) struct Where<'a> {
    pub column: Option<&'a str>,
    pub sheet: Option<&'a str>,
    pub lang: Lang,
}

impl Addresses {
    /// What words mean, each an address or a file.
    ///
    /// # Errors
    /// A [`Failure`] for a word that is neither, and for a file that cannot be read.
    pub fn of(words: &[impl AsRef<Path>], place: &Where<'_>) -> Result<Self, Failure> {
        let mut found = Self::default();
        for word in words {
            let path = word.as_ref();
            match path.to_str().filter(|text| is_address(text)) {
                Some(text) => {
                    let address = MailAddress::new(&address_in(text));
                    if !address.is_well_formed() {
                        let values = [("value", text.to_owned())];
                        return Err(Failure::new("check-address", values));
                    }
                    found.add(address, None);
                }
                None => found.of_file(path, place)?,
            }
        }
        Ok(found)
    }

    fn add(&mut self, address: MailAddress, place: Option<(String, u64)>) {
        if self.seen.insert(address.key()) {
            self.all.push(Given { address, place });
        }
    }

    fn of_file(&mut self, path: &Path, place: &Where<'_>) -> Result<(), Failure> {
        let file = path.display().to_string();
        let mut table = tables::open(path, place.sheet, place.lang)?;
        let unusable = |fault: Fault| tables::unusable(path, &[fault], place.lang);
        let mut column = table
            .header()
            .map(|header| column_of(header.iter().map(String::as_str), place));
        if let Some(Ok(Column::OfAList(first))) = &column {
            self.take(std::slice::from_ref(first), &file, 1, place.lang);
        }
        let mut count = 0;
        while let Some(row) = tables::row(&mut table, path)? {
            count += 1;
            if count > MAX_ROWS {
                return Err(unusable(Fault::ManyRows));
            }
            let columns = match row.columns {
                Ok(columns) => columns,
                Err(fault) => {
                    self.leave(&file, row.number, tables::words(&fault, place.lang));
                    continue;
                }
            };
            // Each line of NDJSON may have other names.
            if is_lines(&table) {
                column = Some(column_of(columns.keys().map(String::as_str), place));
            }
            match &column {
                Some(Ok(found)) => {
                    let texts = values(&columns, found.name());
                    self.take(&texts, &file, row.number, place.lang);
                }
                Some(Err(fault)) if is_lines(&table) => {
                    self.leave(&file, row.number, tables::words(fault, place.lang));
                }
                Some(Err(fault)) => return Err(unusable(fault.clone())),
                None => {}
            }
        }
        match column {
            Some(Err(fault)) if !is_lines(&table) => Err(unusable(fault)),
            _ => Ok(()),
        }
    }

    fn take(&mut self, texts: &[String], file: &str, row: u64, lang: Lang) {
        for text in texts {
            let address = MailAddress::new(&address_in(text));
            match address.is_well_formed() {
                true => self.add(address, Some((file.to_owned(), row))),
                false => {
                    let values = [("value", &*Printable(text).to_string())];
                    let reason = Catalogue::of(lang).fill("reach.no-address", &values);
                    self.leave(file, row, reason);
                }
            }
        }
    }

    fn leave(&mut self, file: &str, row: u64, reason: String) {
        self.unread.push(Unread {
            file: file.to_owned(),
            row,
            reason,
        });
    }
}

/// The column with addresses.
enum Column {
    Named(String),
    /// There is no header: what stands there is the first address.
    OfAList(String),
}

impl Column {
    fn name(&self) -> &str {
        match self {
            Self::Named(name) | Self::OfAList(name) => name,
        }
    }
}

fn column_of<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    place: &Where<'_>,
) -> Result<Column, Fault> {
    let given = Columns {
        to: place.column.map(str::to_owned),
        ..Columns::default()
    };
    if let Some(name) = given
        .find(Role::To, names.clone())
        .map_err(with_own_option)?
    {
        return Ok(Column::Named(name.to_owned()));
    }
    let mut addresses = names
        .clone()
        .filter(|name| MailAddress::new(&address_in(name)).is_well_formed());
    if let Some(first) = addresses.next() {
        return Ok(Column::OfAList(first.to_owned()));
    }
    let of_offices = names.clone().find(|name| OF_OFFICES.contains(name));
    of_offices
        .map(|name| Column::Named(name.to_owned()))
        .ok_or_else(|| Fault::NoColumn {
            role: Role::To.word(),
            names: Role::To.names().join(", "),
            option: OPTION,
        })
}

/// The same fault, which names the option of this command.
fn with_own_option(fault: Fault) -> Fault {
    if let Fault::TwoColumns { one, other, .. } = fault {
        let option = OPTION;
        return Fault::TwoColumns { one, other, option };
    }
    fault
}

/// Whether names stand in each row.
fn is_lines<R: std::io::Read>(table: &Table<R>) -> bool {
    table.header().is_none()
}

/// Whether a word is meant as an address: whoever means a file with such a name writes `./a@b`.
fn is_address(word: &str) -> bool {
    word.contains('@') && !word.contains(['/', '\\'])
}
