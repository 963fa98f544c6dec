//! When mailboxes were read, of SQLite.

use rusqlite::{OptionalExtension, params};

use super::{Sqlite, maybe_timestamp};
use crate::address::MailAddress;
use crate::ledger::Error;
use crate::ledger::look::{Look, Looks};
use crate::timestamp::Timestamp;

impl Looks for Sqlite {
    fn note_look(&mut self, account: &MailAddress, at: Timestamp) -> Result<(), Error> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO look (account, at) VALUES (?1, ?2)")?
            .execute(params![account.key(), at.unix()])?;
        Ok(())
    }

    fn last_look(&self, account: &MailAddress) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = self
            .connection
            .prepare_cached("SELECT at FROM look WHERE account = ?1")?
            .query_row([account.key()], |row| row.get(0))
            .optional()?;
        Ok(at.map(Timestamp::from_unix))
    }

    fn looks(&self, account: Option<&MailAddress>) -> Result<Vec<Look>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address, coalesce(name, address) AS name, at
             FROM (SELECT address FROM account UNION SELECT account FROM look)
             LEFT JOIN account USING (address) LEFT JOIN look ON look.account = address
             WHERE ?1 IS NULL OR address = ?1 ORDER BY name",
        )?;
        let found = statement.query_map([account.map(MailAddress::key)], |row| {
            Ok(Look {
                account: row.get("name")?,
                address: row.get("address").map(MailAddress::of)?,
                at: maybe_timestamp(row, "at")?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
