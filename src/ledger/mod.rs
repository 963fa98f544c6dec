//! What was sent and what came back: octets kept, facts appended, states derived.
//!
//! A folder holds `ledger.sqlite` and `messages/`. Octets are on the disk before a row names
//! them (`octets`); a commit is on the disk when it returns (WAL, `synchronous=FULL`), or with the next
//! one where that follows at once ([`Commit`]), so a process may be killed anywhere. Facts are only
//! added ([`state`] derives from them); only a [`VerifiedReceipt`](crate::verify::VerifiedReceipt) makes
//! a certified one ([`fact`]).
//!
//! [`Ledger`] is what the client knows. Behind it are three seams: a [`Store`] of messages, facts
//! and receipts, [`Octets`], and [`Leases`] by which it is known which processes are alive. Each
//! has one implementation: SQLite (`sqlite`, where all SQL is), files in a folder, locked files.
//!
//! - `submission`: a message frozen, an attempt begun, handed, ended. Never twice.
//! - `job`: many notices of one table, recorded.
//! - `plan`: whether a row was served, and what may be done for it, as pure functions; `notice` asks
//!   the store for that, and carries it out.
//! - `draft`: what was written and not sent.
//! - `account`: whose rows they are.
//! - `arrival`: what the mailbox holds, how far it was read; `look`: when it was read last; `rule`:
//!   how receipts are led to messages; `judged`: by whom they are judged.
//! - `surroundings`: what is noticed when a store knows less, or is a copy.
//! - `archived`: in which containers it was found whole.
//! - `unread`: what the mailbox holds and could not be read.
//! - `letter`: what is read, by what it says.
//! - `query`: what `status` shows; `stat`: how much there is.
//! - `evidence`: whether all octets that are named are there.
//! - `forget`: what goes, and what stays of it.
//! - `backup`: a copy that is whole, made while others work, and put back.

pub mod account;
pub mod archived;
pub mod arrival;
mod backup;
pub(crate) mod disk;
pub mod draft;
mod evidence;
pub mod fact;
pub mod forget;
pub mod job;
mod judged;
pub mod lease;
pub mod letter;
pub mod look;
pub mod notice;
pub mod octets;
mod plan;
pub mod query;
mod rule;
mod sqlite;
pub mod stat;
pub mod state;
mod store;
pub mod submission;
pub mod surroundings;
pub mod unread;

use std::io;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

pub use archived::Archived;
pub use arrival::{Arrival, Cursor, Finding, Recorded};
pub use backup::{BackedUp, Beside, Flaw, Restored, Wanted};
pub use draft::{Answered, Attached, DraftRef, DraftRow, Letter, Made};
pub use evidence::{Depth, Evidence, Lost};
pub use forget::{Finished, Held, Hindrance, Memory};
pub use job::{JobRef, JobRow, JobView, NewJob, NewRow, Tally};
pub use judged::{Authorities, JudgedBy};
pub use lease::Leases;
pub use letter::{LetterFilter, LetterList, LetterRef, LetterRow, LetterStanding, NewLetter};
pub use look::Look;
pub use notice::{Part, Planned, Taken};
pub use octets::Octets;
pub use plan::{Acceptance, Earlier, Life, Other, Plan, Rest, Serving, Terms, decide};
pub use query::{Filter, MessageRow, MessageView, ReceivedRow, RecipientView, Unsettling};
pub use rule::MatchRule;
pub use sqlite::{Fault, Seen, restore};
pub use stat::Stat;
pub use store::Store;
pub use submission::{Attempt, Claim, Commit, Departure, End, Mark, MessageRef, Room};
pub use surroundings::Recovered;
pub use unread::{ModSeq, Place, Reading, Reason, Unread};

/// Why the ledger could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder or a file in it cannot be used.
    #[error("{path}: {source}")]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite's own.
    #[error("ledger: {0}")]
    Sql(#[source] sqlite::Fault),
    /// A later version of this program made the file.
    #[error("the ledger has form {found}; this program knows forms up to {known}")]
    Newer {
        /// Of the file.
        found: usize,
        /// Of this program.
        known: usize,
    },
    /// Where a backup, or a ledger that is put back, should come, there is something already.
    #[error("{path}: there is something already")]
    Occupied {
        /// Where.
        path: PathBuf,
    },
    /// A folder is no backup, or not a whole one.
    #[error("{path}: no whole backup")]
    NotWhole {
        /// The folder.
        path: PathBuf,
        /// Why.
        flaw: Flaw,
    },
    /// A message with this Message-ID is in the ledger already.
    #[error("a message with this Message-ID was recorded already as {short}")]
    Known {
        /// Its short id.
        short: String,
    },
    /// Another process is sending it now.
    #[error("another process is sending {short}")]
    BeingSent {
        /// Its short id.
        short: String,
    },
    /// The provider has it, or may have it, or refused it for good.
    #[error("{short} must not be sent again: {standing}")]
    Settled {
        /// Its short id.
        short: String,
        /// Where it stands.
        standing: &'static str,
    },
    /// A draft is not as it was read any more: another process sent, changed or removed it.
    #[error("draft {number} was sent, changed or removed meanwhile")]
    NoDraft {
        /// What people call it.
        number: i64,
    },
    /// Something must not be forgotten.
    #[error("{short} is not forgotten: something may still come of it, or depends on it")]
    NotForgotten {
        /// What people call it.
        short: String,
    },
    /// A row says what no version of this program writes.
    #[error("the ledger holds a word that it should not: {0}")]
    Corrupt(String),
}

impl Error {
    /// Whether the file is damaged, or has not the tables that its form has: nothing that may be
    /// better later.
    pub fn is_of_damage(&self) -> bool {
        match self {
            Self::Corrupt(_) => true,
            Self::Sql(fault) => fault.is_of_damage(),
            _ => false,
        }
    }

    /// Whether writing is what failed, so that reading may still do.
    fn is_of_access(&self) -> bool {
        use io::ErrorKind as K;
        match self {
            Self::Disk { source, .. } => matches!(
                source.kind(),
                K::PermissionDenied | K::ReadOnlyFilesystem | K::StorageFull | K::QuotaExceeded
            ),
            Self::Sql(fault) => fault.is_of_access(),
            _ => false,
        }
    }
}

/// How a ledger was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It can be written.
    ToWrite,
    /// It has an earlier form, which only a command that writes changes: a copy of it is read.
    OfEarlierForm,
    /// It may not be written, or there is no room to write.
    ToRead,
}

/// An open ledger; one per process is enough, several processes may have one each. What a [`Store`]
/// does, it does.
#[derive(Debug)]
pub struct Ledger {
    store: Box<dyn Store>,
    octets: Box<dyn Octets>,
    leases: Box<dyn Leases>,
    recovered: Recovered,
    /// This process, once it judges something that it may not survive.
    alive: Option<Box<dyn lease::Lease>>,
    /// The lease of an attempt that ended, for the next one.
    idle: Option<Box<dyn lease::Lease>>,
    folder: PathBuf,
    manner: Manner,
}

impl Deref for Ledger {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl DerefMut for Ledger {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.store
    }
}

impl Ledger {
    /// Opens the ledger of a folder to write in it, making it if need be. An older form is brought
    /// to the present one, after a copy of the file (`ledger.sqlite.form-N`).
    ///
    /// # Errors
    /// When the folder cannot be used, or a later program made it.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        sqlite::open(folder).map(|opened| Self::over(opened, folder))
    }

    /// Opens the ledger of a folder to read in it; `None` when there is none. Nothing is made
    /// that is not there, and an older form stays as it is: it is read by a copy in a temporary
    /// file, as is one that may not be written and has lost something.
    ///
    /// # Errors
    /// When it cannot be read, or a later program made it.
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, Error> {
        let opened = sqlite::open_existing(folder)?;
        Ok(opened.map(|opened| Self::over(opened, folder)))
    }

    fn over(opened: sqlite::Opened, folder: &Path) -> Self {
        Self {
            store: Box::new(opened.store),
            octets: Box::new(opened.octets),
            leases: Box::new(opened.leases),
            recovered: opened.recovered,
            alive: None,
            idle: None,
            folder: folder.to_owned(),
            manner: opened.manner,
        }
    }

    /// What it had lost when it was opened.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Whether it was opened to be written.
    pub fn is_writable(&self) -> bool {
        self.manner == Manner::ToWrite
    }

    /// How it was opened.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps octets; when it returns they are on the disk. Gives their SHA-256.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn keep(&self, octets: &[u8]) -> Result<String, Error> {
        self.octets.put(octets).map_err(|error| self.disk(error))
    }

    /// Keeps many; when it returns all are on the disk. Gives their SHA-256 in their order.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn keep_all(&self, all: &[&[u8]]) -> Result<Vec<String>, Error> {
        self.octets.put_all(all).map_err(|error| self.disk(error))
    }

    /// The octets of a SHA-256.
    ///
    /// # Errors
    /// When they are not there, or not those.
    pub fn octets(&self, sha256: &str) -> Result<Vec<u8>, Error> {
        self.octets.get(sha256).map_err(|source| Error::Disk {
            path: self.octets.path(sha256),
            source,
        })
    }

    /// The file that holds the octets of a SHA-256.
    pub fn path_of(&self, sha256: &str) -> PathBuf {
        self.octets.path(sha256)
    }

    fn disk(&self, source: io::Error) -> Error {
        Error::Disk {
            path: self.folder.clone(),
            source,
        }
    }
}
