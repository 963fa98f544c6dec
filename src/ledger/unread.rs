//! What a mailbox holds and could not be read, and how its folders were read last.
//!
//! Nothing that a server lists is passed over: what did not come is remembered here until it is
//! read or gone. The cursor ([`super::Cursor`]) may pass it meanwhile, so that it keeps nothing
//! else back.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, params};

use super::{Error, Ledger, timestamp};
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// Why a message is unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The server lists it and gives nothing for it.
    NotGiven,
    /// The server refuses it.
    Refused,
    /// The connection ended over it.
    Ended,
    /// Fewer octets came than the server told.
    Cut,
    /// A run of this program ended while it judged it.
    Judging,
}

impl Reason {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::NotGiven,
        Self::Refused,
        Self::Ended,
        Self::Cut,
        Self::Judging,
    ];

    /// The word for it in the ledger and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotGiven => "not-given",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::Cut => "cut",
            Self::Judging => "judging",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// Where a message is in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The folder.
    pub folder: String,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// The UID.
    pub uid: u32,
}

/// A message that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it is.
    pub place: Place,
    /// Why.
    pub reason: Reason,
    /// The server's words, how much came, or the version of the program that judged.
    pub words: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last asked for.
    pub tried: Timestamp,
    /// How often.
    pub tries: u32,
}

/// How a folder was read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// UIDs mean something only under this value.
    pub uid_validity: u32,
    /// Up to which UID it was read to its end last; the next two speak of then.
    pub up_to: u32,
    /// How many messages the server counted.
    pub held: Option<u32>,
    /// UIDs just below that one that the server listed.
    pub recent: Option<BTreeSet<u32>>,
    /// Up to which UID it was read before something older was looked for.
    pub passed: Option<u32>,
    /// How many UIDs to ask for at once, since the line broke; `None`: as many as fit.
    pub step: Option<u32>,
    /// The first UID that did not come when it broke.
    pub suspect: Option<u32>,
}

impl Ledger {
    /// What of an account's mailbox is unread, by folder and UID.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    pub fn unread(&self, account: &MailAddress) -> Result<Vec<Unread>, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT * FROM unread WHERE account = ?1 ORDER BY folder, uid_validity, uid",
        )?;
        let mut rows = statement.query([&account])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            // Another process judges it at this moment.
            let process: Option<String> = row.get("process")?;
            if !process.is_some_and(|process| self.processes.is_alive(&process)) {
                found.push(unread_of(row)?);
            }
        }
        Ok(found)
    }

    /// UIDs of a folder that are remembered as unread, or that another process judges now.
    pub fn unread_uids(
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

    /// Whether a message of this place was kept already.
    pub fn is_received(&self, account: &MailAddress, place: &Place) -> Result<bool, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM received
             WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid = ?4",
        )?;
        let key = params![account, place.folder, place.uid_validity, place.uid];
        Ok(statement.exists(key)?)
    }

    /// Remembers a message as unread; once more counts one more try. Gives whether that is news:
    /// it was not unread before, or for another reason.
    pub fn remember(
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

    /// Remembers that this process judges a message: if it does not end well, nobody begins
    /// with it again. [`Ledger::record`] forgets it.
    pub fn judging(
        &mut self,
        account: &MailAddress,
        place: &Place,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.alive.is_none() {
            let alive = self.processes.enter().map_err(|error| self.disk(error))?;
            self.alive = Some(alive);
        }
        let process = self.alive.as_ref().map(|alive| alive.name().to_owned());
        let words = env!("CARGO_PKG_VERSION");
        self.put_unread(account, place, (Reason::Judging, words, process), now)
    }

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

    /// The message was read, or is gone.
    pub fn forget(&mut self, account: &MailAddress, place: &Place) -> Result<(), Error> {
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

    /// Forgets what a folder held under other numbers.
    pub fn forget_others(
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

    /// How a folder was read last.
    pub fn reading(&self, account: &MailAddress, folder: &str) -> Result<Option<Reading>, Error> {
        let account = account.key();
        let mut statement = self.connection.prepare_cached(
            "SELECT uid_validity, up_to, held, recent, passed, step, suspect FROM reading
             WHERE account = ?1 AND folder = ?2",
        )?;
        let found = statement.query_row(params![account, folder], |row| {
            let recent: Option<String> = row.get("recent")?;
            Ok(Reading {
                uid_validity: row.get("uid_validity")?,
                up_to: row.get("up_to")?,
                held: row.get("held")?,
                recent: recent.as_deref().map(set_of),
                passed: row.get("passed")?,
                step: row.get("step")?,
                suspect: row.get("suspect")?,
            })
        });
        Ok(found.optional()?)
    }

    /// Keeps how a folder was read.
    pub fn keep_reading(
        &mut self,
        account: &MailAddress,
        folder: &str,
        reading: &Reading,
    ) -> Result<(), Error> {
        let account = account.key();
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO reading (account, folder, uid_validity, up_to, held,
                     recent, passed, step, suspect)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                account,
                folder,
                reading.uid_validity,
                reading.up_to,
                reading.held,
                reading.recent.as_ref().map(text_of),
                reading.passed,
                reading.step,
                reading.suspect,
            ])?;
        Ok(())
    }

    /// Lets a folder, or all of an account, be read from the beginning. What is known stays
    /// known: the same octets a second time change nothing.
    pub fn read_again(&mut self, account: &MailAddress, folder: Option<&str>) -> Result<(), Error> {
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
