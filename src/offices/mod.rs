//! Offices of public administrations, out of the open data of their index (IPA, indicepa.gov.it;
//! legislative decree 82 of 2005, art. 6-ter), to find their certified addresses.
//!
//! The data can be had again at any time, so they are in a file of their own beside the ledger, and in
//! no backup of it. Each import writes a new file that takes the place of the old one; nobody writes in
//! one that is there.
//!
//! - [`table`]: offices out of the tables of the index, of both generations.
//! - [`sqlite`]: the file, and finding in it: all SQL is there.
//!
//! What a body declares of an address is not checked by anybody, here neither.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod sqlite;
pub mod table;

use std::io;
use std::path::PathBuf;

use crate::pec::reach::Declared;
use crate::timestamp::Timestamp;

pub use sqlite::{FILE, Offices};

/// The kinds of table that the index publishes, and of what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A public administration, or a body that the law counts among them (`enti`).
    Body,
    /// An area with a register of its own (`aree organizzative omogenee`).
    Area,
    /// A unit of a body (`unità organizzative`).
    Unit,
}

impl Kind {
    /// All of them, in the order in which they are found.
    pub const ALL: [Self; 3] = [Self::Body, Self::Area, Self::Unit];

    /// The word in the JSON and in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Area => "area",
            Self::Unit => "unit",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// An address of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// As the index has it.
    pub address: String,
    /// What the body declares of it.
    pub declared: Declared,
}

/// A body, an area or a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// What it is.
    pub kind: Kind,
    /// Its code, which no other office has: that of the index, or, where the former tables have none,
    /// that of the body and its own (`c_h501/aoo1`).
    pub code: String,
    /// The code of its body; that of a body itself.
    pub body: String,
    /// Its name.
    pub name: String,
    /// The name of its body; empty where no table says it.
    pub body_name: String,
    /// The tax code of its body.
    pub tax_code: Option<String>,
    /// Its addresses, in the order of the index.
    pub mail: Vec<Mail>,
    /// When the body last changed the entry, if the table says so.
    pub updated: Option<Timestamp>,
}

impl Office {
    /// The addresses that are declared to be certified mail.
    pub fn certified(&self) -> impl Iterator<Item = &str> {
        let mail = self.mail.iter();
        let certified = mail.filter(|mail| mail.declared == Declared::Certified);
        certified.map(|mail| &*mail.address)
    }
}

/// A table that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What is in it.
    pub kind: Kind,
    /// The file that it came from.
    pub file: String,
    /// The day of which it speaks.
    pub dated: Timestamp,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// How many offices it has.
    pub offices: u64,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What the disk says.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file, or its folder.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
    /// It is damaged, or of another version of the program.
    #[error("the file of the offices is damaged, or of another version of pec")]
    Unusable,
    /// What SQLite says.
    #[error("{0}")]
    Sql(String),
}
