//! A copy of a ledger that is whole, made while others go on, and what it holds.

use std::path::{Path, PathBuf};

use super::{Error, Ledger, Lost};
use crate::timestamp::Timestamp;

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Octets of the database.
    pub database: u64,
    /// Files of messages and receipts.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// Named by the ledger, and not in the backup, since they were missing or damaged.
    pub lost: Vec<Lost>,
    /// What was copied that is beside the ledger.
    pub beside: Beside,
}

/// Files of the data folder that are no part of the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// How many.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
}

/// A ledger that was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When its backup was made, by the clock of that machine.
    pub made_at: Timestamp,
    /// Files of messages and receipts.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// Named by the ledger, and not there.
    pub lost: Vec<Lost>,
    /// What was put back that is beside the ledger.
    pub beside: Beside,
    /// What was beside it in the backup and is missing there now, or changed.
    pub beside_lost: Vec<PathBuf>,
}

/// What of a backup is to be put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All, or nothing.
    Whole,
    /// What is there, if its database is sound.
    WhatIsThere,
}

/// Why a folder is no whole backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its list of what belongs to it is not there, or cannot be read.
    NoList,
    /// A later version of this program made it.
    Newer,
    /// Its database is missing, damaged, or another one than when it was made.
    Database,
    /// Octets that were in it are missing, or are others.
    Octets {
        /// How many.
        lost: usize,
    },
    /// A file beside the ledger is missing, or another one.
    Beside {
        /// Its name in the folder.
        name: PathBuf,
    },
}

impl Ledger {
    /// Makes a backup: a folder that is not there yet. Others may read, send and record meanwhile;
    /// it has what one reader sees. `beside` are names in the folder of the ledger, of files and of
    /// folders, that are copied too where they are there. `each` is told of each file.
    ///
    /// # Errors
    /// [`Error::Occupied`]; those of the ledger and the disk. Then there is no such folder.
    pub fn back_up(
        &self,
        to: &Path,
        beside: &[&str],
        now: Timestamp,
        each: &mut dyn FnMut(),
    ) -> Result<BackedUp, Error> {
        let beside = (self.folder(), beside);
        self.store
            .copy_whole(&*self.octets, beside, (to, now), each)
    }
}
