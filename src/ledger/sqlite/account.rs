//! Accounts, of SQLite. Steps from earlier forms are in `schema`.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::Sqlite;
use crate::address::MailAddress;
use crate::ledger::Error;
use crate::ledger::account::Accounts;

impl Accounts for Sqlite {
    fn note_account(&mut self, address: &MailAddress, name: &str) -> Result<(), Error> {
        let key = address.key();
        if label(&self.connection, &key)?.as_deref() == Some(name) {
            return Ok(());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in ["cursor", "received", "examination", "letter", "job_row"] {
            // What both have is the same; the account's own stays.
            for step in [
                format!("UPDATE OR IGNORE {table} SET account = ?1 WHERE account = ?2"),
                format!("DELETE FROM {table} WHERE account = ?2 AND ?1 <> ?2"),
            ] {
                transaction.execute(&step, params![key, name])?;
            }
        }
        // A name that was another's tells nothing about that one any more.
        transaction.execute("DELETE FROM account WHERE name = ?1", [name])?;
        transaction.execute(
            "INSERT OR REPLACE INTO account (address, name) VALUES (?1, ?2)",
            params![key, name],
        )?;
        Ok(transaction.commit()?)
    }

    fn account_named(&self, word: &str) -> Result<Option<MailAddress>, Error> {
        let address: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT address FROM account WHERE name = ?1 OR address = ?2
                 ORDER BY name = ?1 DESC LIMIT 1",
            )?
            .query_row([word, &MailAddress::new(word).key()], |row| row.get(0))
            .optional()?;
        Ok(address.map(MailAddress::of))
    }
}

/// How a column `account` is shown: as the name under which the account was used last.
pub(super) const LABEL: &str = "coalesce((SELECT name FROM account AS label
    WHERE label.address = account), account)";

fn label(connection: &Connection, key: &str) -> Result<Option<String>, Error> {
    Ok(connection
        .prepare_cached("SELECT name FROM account WHERE address = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}
