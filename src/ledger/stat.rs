//! How much a ledger holds.

use super::state::Standing;
use super::{Error, FILE, Ledger, schema};
use crate::timestamp::Timestamp;

/// How much there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The form of its tables.
    pub form: usize,
    /// Octets of the database, with its log.
    pub database: u64,
    /// Messages of ours.
    pub messages: u64,
    /// Their recipients, by where they stand; none that nobody has.
    pub standings: Vec<(Standing, u64)>,
    /// Facts.
    pub facts: u64,
    /// Certified messages of mailboxes.
    pub received: u64,
    /// Jobs.
    pub jobs: u64,
    /// When the newest entry was made, by our clock.
    pub newest: Option<Timestamp>,
    /// When it was put back from a backup, if it was.
    pub restored: Option<Timestamp>,
    /// Whether it belongs where it is: if not, each mailbox is read before anything leaves.
    pub at_home: bool,
}

impl Ledger {
    /// How much there is.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn stat(&self) -> Result<Stat, Error> {
        let count = |table: &str| -> Result<u64, Error> {
            let query = format!("SELECT count(*) FROM {table}");
            let count: i64 = self.connection.query_row(&query, [], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        let restored: Option<i64> =
            self.connection
                .query_row("SELECT max(restored) FROM surroundings", [], |row| {
                    row.get(0)
                })?;
        let files = ["", "-wal"].map(|end| self.folder.join(format!("{FILE}{end}")));
        let length = |file: &std::path::PathBuf| std::fs::metadata(file).map_or(0, |it| it.len());
        Ok(Stat {
            form: schema::version(&self.connection)?,
            database: files.iter().map(length).sum(),
            messages: count("message")?,
            standings: self.all_standings()?,
            facts: count("fact")?,
            received: count("received")?,
            jobs: count("job")?,
            newest: self.newest_entry()?,
            restored: restored.map(Timestamp::from_unix),
            // Read only it has no place by which that could be told.
            at_home: !self.is_writable() || self.is_at_home()?,
        })
    }

    fn all_standings(&self) -> Result<Vec<(Standing, u64)>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT standing, count(*) FROM recipient GROUP BY standing")?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (word, count): (String, i64) = (row.get(0)?, row.get(1)?);
            let standing = Standing::from_word(&word).ok_or(Error::Corrupt(word))?;
            found.push((standing, count.unsigned_abs()));
        }
        found.sort();
        Ok(found)
    }
}
