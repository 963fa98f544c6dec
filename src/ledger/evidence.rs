//! Whether the octets that the ledger names are there, and are those that were kept.

use std::io;

use super::{Error, Ledger, MessageRef};

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Whether they are there; of the latest alone.
    Latest,
    /// Whether they are there, and hold what was kept where that is soon read; of the latest alone.
    LatestOctets,
    /// Whether they are there.
    Names,
    /// Whether they are there, and hold what was kept.
    Octets,
}

/// Octets of a file that is soon read: a receipt without what was attached.
const SOON_READ: u64 = 1_000_000;

/// What was found of the files that the ledger names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// How many were looked for.
    pub named: u64,
    /// Octets of those that are there.
    pub octets: u64,
    /// Those that are not there.
    pub missing: Vec<Lost>,
    /// Those that hold something else.
    pub damaged: Vec<Lost>,
}

/// Octets that the ledger names and has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Their SHA-256.
    pub sha256: String,
    /// The message of ours that they are, or are about; `None`: a receipt or an envelope of no
    /// message of ours.
    pub message: Option<MessageRef>,
    /// Whether they are what we sent.
    pub is_ours: bool,
}

impl Evidence {
    /// Whether all is there.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.damaged.is_empty()
    }

    /// How many files are missing or damaged.
    pub fn lost(&self) -> usize {
        self.missing.len() + self.damaged.len()
    }
}

impl Ledger {
    /// Looks for the octets that the ledger names; `each` is told of each.
    ///
    /// # Errors
    /// Those of the ledger, and of a disk that cannot be read.
    pub fn evidence(&self, depth: Depth, each: &mut dyn FnMut()) -> Result<Evidence, Error> {
        let mut evidence = Evidence::default();
        self.store.each_named(depth, &mut |lost| {
            each();
            evidence.named += 1;
            match self.look_at(&lost.sha256, depth) {
                Ok(octets) => evidence.octets += octets,
                Err(error) => match error.kind() {
                    io::ErrorKind::NotFound => evidence.missing.push(lost),
                    io::ErrorKind::InvalidData => evidence.damaged.push(lost),
                    _ => return Err(self.disk(error)),
                },
            }
            Ok(())
        })?;
        Ok(evidence)
    }

    fn look_at(&self, sha256: &str, depth: Depth) -> io::Result<u64> {
        match depth {
            Depth::Latest | Depth::Names => self.octets.length(sha256),
            Depth::LatestOctets => match self.octets.length(sha256)? {
                ..=SOON_READ => Ok(self.octets.get(sha256)?.len() as u64),
                octets => Ok(octets),
            },
            Depth::Octets => Ok(self.octets.get(sha256)?.len() as u64),
        }
    }
}
