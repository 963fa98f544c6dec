//! Whether the octets that the ledger names are there, and are those that were kept.

use std::io;

use rusqlite::Connection;

use super::{Error, Ledger, MessageRef};

/// Of what came last, this much is looked at before something is sent.
const LATEST: usize = 200;

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Whether they are there; of the latest alone.
    Latest,
    /// Whether they are there.
    Names,
    /// Whether they are there, and hold what was kept.
    Octets,
}

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

/// Every name once, with the message that it belongs to.
const NAMED: &str = "SELECT octets, max(message) AS message, max(ours) AS ours FROM (
        SELECT octets, id AS message, 1 AS ours FROM message
        UNION ALL SELECT octets, NULL, 0 FROM received
        UNION ALL SELECT octets, message, 0 FROM examination
        UNION ALL SELECT evidence, message, 0 FROM fact WHERE evidence IS NOT NULL)
    GROUP BY octets";

/// The latest names, twice perhaps; found by the keys of both tables.
const LATEST_NAMED: &str = "SELECT octets, message, ours FROM (
        SELECT octets, id AS message, 1 AS ours FROM message ORDER BY id DESC LIMIT ?1)
    UNION SELECT octets, NULL, 0 FROM (
        SELECT octets FROM received ORDER BY id DESC LIMIT ?1)";

impl Ledger {
    /// Looks for the files that the ledger names; `each` is told of each.
    ///
    /// # Errors
    /// Those of the ledger, and of a disk that cannot be read.
    pub fn evidence(&self, depth: Depth, each: &mut dyn FnMut()) -> Result<Evidence, Error> {
        let mut evidence = Evidence::default();
        each_named(&self.connection, depth, &mut |lost| {
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
            Depth::Octets => Ok(self.octets.get(sha256)?.len() as u64),
        }
    }
}

/// Every name, as one that is not there.
pub(super) fn each_named(
    connection: &Connection,
    depth: Depth,
    each: &mut dyn FnMut(Lost) -> Result<(), Error>,
) -> Result<(), Error> {
    let (names, values) = match depth {
        Depth::Latest => (LATEST_NAMED, vec![LATEST as i64]),
        Depth::Names | Depth::Octets => (NAMED, Vec::new()),
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT named.octets, named.ours, message.id, message.short FROM ({names}) AS named
         LEFT JOIN message ON message.id = named.message"
    ))?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let (id, short): (Option<i64>, Option<String>) = (row.get(2)?, row.get(3)?);
        each(Lost {
            sha256: row.get(0)?,
            message: id.zip(short).map(|(id, short)| MessageRef { id, short }),
            is_ours: row.get(1)?,
        })?;
    }
    Ok(())
}
