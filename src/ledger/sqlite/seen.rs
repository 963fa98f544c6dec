//! What was seen before, on the disk instead of in memory: for tables of any length.

use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::Error;

/// A set of texts with the number under which each came first. It is gone when it is dropped.
#[derive(Debug)]
pub struct Seen {
    connection: Connection,
}

impl Seen {
    /// An empty one, in a temporary file that nobody else sees.
    ///
    /// # Errors
    /// Those of the disk; so for all of these.
    pub fn new() -> Result<Self, Error> {
        // SQLite, "Temporary Databases": an empty name is a file that is removed at once.
        let connection = Connection::open("")?;
        connection.pragma_update(None, "journal_mode", "off")?;
        connection.pragma_update(None, "synchronous", "off")?;
        // What is more than these 2 MB goes to the file.
        connection.pragma_update(None, "cache_size", -2_048)?;
        connection.execute_batch(
            "CREATE TABLE seen (text TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
             BEGIN",
        )?;
        Ok(Self { connection })
    }

    /// The number of the first one with this text, if it is not this one.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn first(&mut self, text: &str, number: u64) -> Result<Option<u64>, Error> {
        let added = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO seen (text, number) VALUES (?1, ?2)")?
            .execute(params![text, number as i64])?;
        if added == 1 {
            return Ok(None);
        }
        let first: Option<i64> = self
            .connection
            .prepare_cached("SELECT number FROM seen WHERE text = ?1")?
            .query_row([text], |row| row.get(0))
            .optional()?;
        Ok(first.map(i64::unsigned_abs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_is_named() {
        let mut seen = Seen::new().unwrap();
        assert_eq!(seen.first("a", 2).unwrap(), None);
        assert_eq!(seen.first("b", 3).unwrap(), None);
        assert_eq!(seen.first("a", 4).unwrap(), Some(2));
        assert_eq!(seen.first("a", 5).unwrap(), Some(2));
    }
}
