//! When each mailbox was last read: by that it is seen that reading has stopped.

use rusqlite::{OptionalExtension, params};

use super::{Error, Ledger, maybe_timestamp};
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// A mailbox that the ledger knows, and when it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The account, by the name under which it was used last, if one is known.
    pub account: String,
    /// Its address.
    pub address: MailAddress,
    /// When all folders that are always read were read last, by our clock; `None`: never, or by an
    /// earlier version, which did not keep it.
    pub at: Option<Timestamp>,
}

impl Ledger {
    /// Records that the mailbox of an account was read: what had come by then is here.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    pub fn note_look(&mut self, account: &MailAddress, at: Timestamp) -> Result<(), Error> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO look (account, at) VALUES (?1, ?2)")?
            .execute(params![account.key(), at.unix()])?;
        Ok(())
    }

    /// When the mailbox of an account was last read.
    pub fn last_look(&self, account: &MailAddress) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = self
            .connection
            .prepare_cached("SELECT at FROM look WHERE account = ?1")?
            .query_row([account.key()], |row| row.get(0))
            .optional()?;
        Ok(at.map(Timestamp::from_unix))
    }

    /// Every mailbox that was used, by name; that of one account, or all.
    pub fn looks(&self, account: Option<&MailAddress>) -> Result<Vec<Look>, Error> {
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
