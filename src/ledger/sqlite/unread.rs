//! What could not be read, of SQLite.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use rusqlite::{OptionalExtension, Row, params};

use super::{Sqlite, timestamp};
use crate::address::MailAddress;
use crate::ledger::unread::Unreads;
use crate::ledger::{Error, ModSeq, Place, Reading, Reason, Unread};
use crate::timestamp::Timestamp;

impl Unreads for Sqlite {
    fn put_unread(
        &mut self,
        account: &MailAddress,
        place: &Place,
        (reason, words, process): (Reason, &str, Option<String>),
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = account.key();
        self.connection
            .prepare_cached(
                "INSERT INTO unread (account, folder, uid_validity, uid, reason, words, process,
                     since, tried, tries)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 1)
                 ON CONFLICT (account, folder, uid_validity, uid) DO UPDATE
                 SET reason = excluded.reason, words = excluded.words,
                     process = excluded.process, tried = excluded.tried, tries = tries + 1
                 WHERE excluded.reason <> 'judging' OR reason <> 'cut'",
            )?
            .execute(params![
                account,
                place.folder,
                place.uid_validity,
                place.uid,
                reason.word(),
                words,
                process,
                now.unix(),
            ])?;
        Ok(())
    }

    fn unread_as(
        &self,
        account: &MailAddress,
        is_alive: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Unread>, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT * FROM unread WHERE account = ?1 ORDER BY folder, uid_validity, uid",
        )?;
        let mut rows = statement.query([&account])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            // Another process judges it at this moment.
            let process: Option<String> = row.get("process")?;
            if !process.is_some_and(|process| is_alive(&process)) {
                found.push(unread_of(row)?);
            }
        }
        Ok(found)
    }

    fn unread_uids(
        &self,
        account: &MailAddress,
        folder: &str,
        uid_validity: u32,
    ) -> Result<BTreeSet<u32>, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT uid FROM unread WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3",
        )?;
        let found =
            statement.query_map(params![account, folder, uid_validity], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn is_received(&self, account: &MailAddress, place: &Place) -> Result<bool, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM received
             WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid = ?4",
        )?;
        let key = params![account, place.folder, place.uid_validity, place.uid];
        Ok(statement.exists(key)?)
    }

    fn remember(
        &mut self,
        account: &MailAddress,
        place: &Place,
        reason: Reason,
        words: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let before: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT reason FROM unread
                 WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid = ?4",
            )?
            .query_row(
                params![account.key(), place.folder, place.uid_validity, place.uid],
                |row| row.get(0),
            )
            .optional()?;
        self.put_unread(account, place, (reason, words, None), now)?;
        Ok(before.as_deref() != Some(reason.word()))
    }

    fn forget(&mut self, account: &MailAddress, place: &Place) -> Result<(), Error> {
        let account = account.key();
        self.connection
            .prepare_cached(
                "DELETE FROM unread
                 WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid = ?4",
            )?
            .execute(params![
                account,
                place.folder,
                place.uid_validity,
                place.uid
            ])?;
        Ok(())
    }

    fn forget_others(
        &mut self,
        account: &MailAddress,
        folder: &str,
        uid_validity: u32,
    ) -> Result<(), Error> {
        let account = account.key();
        self.connection
            .prepare_cached(
                "DELETE FROM unread WHERE account = ?1 AND folder = ?2 AND uid_validity <> ?3",
            )?
            .execute(params![account, folder, uid_validity])?;
        Ok(())
    }

    fn reading(&self, account: &MailAddress, folder: &str) -> Result<Option<Reading>, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT uid_validity, up_to, held, recent, mod_seq, passed, step, suspect FROM reading
             WHERE account = ?1 AND folder = ?2",
        )?;
        let found = statement.query_row(params![account, folder], |row| {
            let recent: Option<String> = row.get("recent")?;
            Ok(Reading {
                uid_validity: row.get("uid_validity")?,
                up_to: row.get("up_to")?,
                held: row.get("held")?,
                recent: recent.as_deref().map(set_of),
                mod_seq: mod_seq_of(row.get("mod_seq")?),
                passed: row.get("passed")?,
                step: row.get("step")?,
                suspect: row.get("suspect")?,
            })
        });
        Ok(found.optional()?)
    }

    fn keep_reading(
        &mut self,
        account: &MailAddress,
        folder: &str,
        reading: &Reading,
    ) -> Result<(), Error> {
        let account = account.key();
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO reading (account, folder, uid_validity, up_to, held,
                     recent, mod_seq, passed, step, suspect)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                account,
                folder,
                reading.uid_validity,
                reading.up_to,
                reading.held,
                reading.recent.as_ref().map(text_of),
                number_of(reading.mod_seq),
                reading.passed,
                reading.step,
                reading.suspect,
            ])?;
        Ok(())
    }

    fn read_again(&mut self, account: &MailAddress, folder: Option<&str>) -> Result<(), Error> {
        let account = account.key();
        let transaction = self.immediate()?;
        for table in ["cursor", "reading"] {
            let command =
                format!("DELETE FROM {table} WHERE account = ?1 AND (?2 IS NULL OR folder = ?2)");
            transaction.execute(&command, params![account, folder])?;
        }
        // What was given up is tried again, too.
        transaction.execute(
            "UPDATE unread SET words = '' WHERE reason = 'judging' AND account = ?1
                 AND (?2 IS NULL OR folder = ?2)",
            params![account, folder],
        )?;
        Ok(transaction.commit()?)
    }
}

/// Takes a message that came out of those that are unread; one that came cut stays, until it is
/// known to be whole.
pub(super) fn came(
    connection: &rusqlite::Connection,
    account: &str,
    place: &Place,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "DELETE FROM unread WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3
                 AND uid = ?4 AND reason <> 'cut'",
        )?
        .execute(params![
            account,
            place.folder,
            place.uid_validity,
            place.uid
        ])?;
    Ok(())
}

fn unread_of(row: &Row<'_>) -> Result<Unread, Error> {
    let word: String = row.get("reason")?;
    Ok(Unread {
        place: Place {
            folder: row.get("folder")?,
            uid_validity: row.get("uid_validity")?,
            uid: row.get("uid")?,
        },
        reason: Reason::from_word(&word).ok_or(Error::Corrupt(word))?,
        words: row.get("words")?,
        since: timestamp(row, "since")?,
        tried: timestamp(row, "tried")?,
        tries: row.get("tries")?,
    })
}

/// As the column has it: none, or 0 for one that tells nothing.
fn number_of(mod_seq: ModSeq) -> Option<i64> {
    match mod_seq {
        ModSeq::Untold => None,
        ModSeq::At(number) => Some(number.get().cast_signed()),
        ModSeq::StoodStill => Some(0),
    }
}

fn mod_seq_of(number: Option<i64>) -> ModSeq {
    match number.map(|number| NonZeroU64::new(number.cast_unsigned())) {
        None => ModSeq::Untold,
        Some(Some(number)) => ModSeq::At(number),
        Some(None) => ModSeq::StoodStill,
    }
}

/// `4,7:9`, as IMAP writes sets (RFC 3501, 9).
fn text_of(uids: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let run = |(first, last): (u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}:{last}"),
    };
    runs.into_iter().map(run).collect::<Vec<_>>().join(",")
}

/// Back again. What no version of this program writes is left out.
fn set_of(text: &str) -> BTreeSet<u32> {
    /// More than are ever kept.
    const MOST: usize = 100_000;
    let runs = text.split(',').filter_map(|run| {
        let (first, last) = run.split_once(':').unwrap_or((run, run));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
    });
    runs.flatten().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_go_there_and_back() {
        for (uids, text) in [
            (&[][..], ""),
            (&[7], "7"),
            (&[1, 2, 3, 5, 7, 8], "1:3,5,7:8"),
            (&[u32::MAX - 1, u32::MAX], "4294967294:4294967295"),
        ] {
            let set: BTreeSet<u32> = uids.iter().copied().collect();
            assert_eq!(text_of(&set), text);
            assert_eq!(set_of(text), set);
        }
        assert_eq!(set_of("x,9:1,4"), BTreeSet::from([4]));
    }
}
