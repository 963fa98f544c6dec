//! How much there is, of SQLite, and whether it is sound.

use std::path::Path;

use super::surroundings::is_at_home;
use super::{FILE, Sqlite, backup, evidence, quick_check, schema};
use crate::ledger::octets::Octets;
use crate::ledger::query::Queries;
use crate::ledger::stat::{Stat, Upkeep};
use crate::ledger::state::Standing;
use crate::ledger::{BackedUp, Depth, Error, Lost};
use crate::timestamp::Timestamp;

impl Upkeep for Sqlite {
    fn check(&self) -> Result<(), Error> {
        quick_check(&self.connection)
    }

    fn each_named(
        &self,
        depth: Depth,
        each: &mut dyn FnMut(Lost) -> Result<(), Error>,
    ) -> Result<(), Error> {
        evidence::each_named(&self.connection, depth, each)
    }

    fn copy_whole(
        &self,
        octets: &dyn Octets,
        beside: (&Path, &[&str]),
        to: (&Path, Timestamp),
        each: &mut dyn FnMut(),
    ) -> Result<BackedUp, Error> {
        backup::make(&self.connection, octets, beside, to, each)
    }

    fn stat(&self) -> Result<Stat, Error> {
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
            letters: count("letter")?,
            jobs: count("job")?,
            newest: self.newest_entry()?,
            restored: restored.map(Timestamp::from_unix),
            // Read only it has no place by which that could be told.
            at_home: self.place.is_empty() || is_at_home(&self.connection, &self.place)?,
        })
    }
}

impl Sqlite {
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
