//! What is archived, of SQLite.

use rusqlite::params;

use super::Sqlite;
use crate::address::MailAddress;
use crate::ledger::archived::{Archived, Archives};
use crate::ledger::{Error, MessageRef, Place};
use crate::timestamp::Timestamp;

impl Archives for Sqlite {
    fn note_archived(&mut self, message: &MessageRef, archived: &Archived) -> Result<(), Error> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO archived (message, container, name, at)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                message.id,
                archived.container,
                archived.name,
                archived.at.unix()
            ])?;
        Ok(())
    }

    fn archived(&self, message: &MessageRef) -> Result<Vec<Archived>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT container, name, at FROM archived WHERE message = ?1
             ORDER BY at DESC, container",
        )?;
        let found = statement.query_map([message.id], |row| {
            Ok(Archived {
                container: row.get(0)?,
                name: row.get(1)?,
                at: Timestamp::from_unix(row.get(2)?),
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn places(&self, account: &MailAddress, octets: &str) -> Result<Vec<Place>, Error> {
        // The folder without a name is none of the mailbox.
        let mut statement = self.connection.prepare_cached(
            "SELECT folder, uid_validity, uid FROM received INDEXED BY received_by_octets
             WHERE octets = ?2 AND account = ?1 AND folder <> '' ORDER BY id",
        )?;
        let found = statement.query_map([&*account.key(), octets], |row| {
            Ok(Place {
                folder: row.get(0)?,
                uid_validity: row.get(1)?,
                uid: row.get(2)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
