//! The table of a job, read once more for its report: of each row the ledger keeps the columns alone
//! that its notice uses, and who names the table has the others.
//!
//! Only the very octets that were recorded count: of another table row 7 is another row 7.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::prepare::{self, Loaded, Origin, Prepared, Text};
use crate::batch::encoding::Encoding;
use crate::batch::table::{Columns, Row, Table};
use crate::batch::workbook;
use crate::command::Failure;
use crate::ledger::JobView;

/// How a table was read, as it is recorded with the job; nothing of jobs of earlier versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Manner {
    /// The sheet of a workbook.
    sheet: Option<String>,
    /// The encoding of a text.
    encoding: Option<String>,
    /// The sign between its cells, where one was given.
    delimiter: Option<u8>,
}

impl Manner {
    /// How a table is read that is about to be recorded.
    pub fn of(prepared: &Prepared) -> Self {
        match &prepared.origin {
            Origin::Sheet(_, name, _) => Self {
                sheet: Some(name.clone()),
                ..Self::default()
            },
            Origin::Text => Self {
                encoding: Some(prepared.encoding.name().to_owned()),
                delimiter: prepared.delimiter,
                ..Self::default()
            },
            Origin::Array => Self::default(),
        }
    }
}

/// Of a recipe what says which table it was, and how it was read.
#[derive(Deserialize)]
struct Recorded {
    table: Option<String>,
    #[serde(default)]
    manner: Manner,
}

/// Whether a word names the table of a job.
pub(super) enum Named {
    /// It does, and the table is as it was.
    Table(Box<Original>),
    /// It names a table that is another one now.
    Other,
    /// It names the job in another way.
    Id,
}

/// A table as it was when its job was recorded.
pub(super) struct Original {
    loaded: Loaded,
    encoding: Encoding,
    delimiter: Option<u8>,
}

impl Original {
    /// The table that a word names.
    ///
    /// # Errors
    /// A [`Failure`] when it is the one of the job and cannot be read.
    pub fn named(word: &str, job: &JobView) -> Result<Named, Failure> {
        let path = Path::new(word);
        let Ok(digest) = prepare::digest(path) else {
            return Ok(Named::Id);
        };
        let recorded: Option<Recorded> = serde_json::from_str(&job.recipe).ok();
        let Some(recorded) = recorded.filter(|one| one.table.as_ref() == Some(&digest)) else {
            return Ok(Named::Other);
        };
        let manner = recorded.manner;
        let loaded = prepare::load(path, manner.sheet.as_deref())?;
        // It may have changed meanwhile.
        if loaded.sha256 != digest {
            return Ok(Named::Other);
        }
        let named = manner.encoding.as_deref().and_then(Encoding::named);
        let encoding = match (named, &loaded.encoding) {
            (Some(named), _) if loaded.origin == Origin::Text => named,
            (_, Ok(found)) => *found,
            (_, Err(_)) => return Ok(Named::Other),
        };
        let delimiter = match loaded.origin {
            Origin::Text => manner.delimiter,
            Origin::Sheet(..) => Some(workbook::DELIMITER),
            Origin::Array => None,
        };
        Ok(Named::Table(Box::new(Self {
            loaded,
            encoding,
            delimiter,
        })))
    }

    /// Its rows from the first on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn rows(&self) -> Result<Rows, Failure> {
        let unreadable = |error: &std::io::Error| prepare::unreadable(&self.loaded.path, error);
        let text = self.loaded.text(self.encoding);
        let opened = text.and_then(|text| Table::open(text, self.delimiter));
        let table = opened.map_err(|error| unreadable(&error))?;
        Ok(Rows {
            table: table.ok(),
            next: None,
        })
    }
}

/// The rows of a table, looked up by numbers that grow.
pub(super) struct Rows {
    /// Nothing where its header cannot be used.
    table: Option<Table<Text>>,
    next: Option<Row>,
}

impl Rows {
    /// The names of its columns, where they are known before the rows.
    pub fn header(&self) -> &[String] {
        let table = self.table.as_ref();
        table.and_then(Table::header).unwrap_or_default()
    }

    /// All columns of a row; what was asked for before lies behind.
    pub fn columns(&mut self, number: u64) -> Option<Columns> {
        let table = self.table.as_mut()?;
        loop {
            match self.next.take() {
                Some(row) if row.number == number => return row.columns.ok(),
                Some(row) if row.number > number => {
                    self.next = Some(row);
                    return None;
                }
                Some(_) | None => self.next = Some(table.row().ok()??),
            }
        }
    }
}
