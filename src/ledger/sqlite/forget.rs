//! Forgetting, of SQLite: rows without names, and pages without rows.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{FILE, Sqlite, maybe_timestamp, query, timestamp};
use crate::address::MailAddress;
use crate::batch::identity::{Identity, Key};
use crate::ledger::disk::{entries, sync_folder};
use crate::ledger::fact::What;
use crate::ledger::forget::{Finished, Forgetting, Held, Hindrance, Memory};
use crate::ledger::octets::Octets;
use crate::ledger::state::Standing;
use crate::ledger::{Error, JobRef, LetterRef, MessageRef};
use crate::pec::{MessageId, Notice};
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// How long the log waits for those who read it to end.
const PATIENCE: Duration = Duration::from_secs(5);

impl Forgetting for Sqlite {
    fn held(&self, memory: &Memory, with: &[Memory]) -> Result<Held, Error> {
        held(&self.connection, memory, with)
    }

    fn messages_of(&self, job: &JobRef) -> Result<Vec<MessageRef>, Error> {
        refs(
            &self.connection,
            "SELECT DISTINCT message.id, message.short FROM job_row
             JOIN message ON message.id = job_row.message
             WHERE job = ?1 AND NOT served ORDER BY message.id",
            job.id,
        )
    }

    fn older_than(
        &self,
        before: Timestamp,
        account: Option<&MailAddress>,
        received: bool,
    ) -> Result<Vec<Memory>, Error> {
        let values = params![before.unix(), account.map(MailAddress::key)];
        let mut statement = self.connection.prepare_cached(
            "SELECT id, short FROM message WHERE frozen_at < ?1 AND (?2 IS NULL OR account = ?2)
                 AND forgotten_at IS NULL ORDER BY id",
        )?;
        let ours = statement.query_map(values, |row| query::message_ref(row).map(Memory::Message));
        let mut all: Vec<Memory> = ours?.collect::<Result<_, _>>()?;
        if received {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, short FROM letter WHERE at < ?1 AND (?2 IS NULL OR account = ?2)
                     AND message IS NULL ORDER BY id",
            )?;
            let letters = statement.query_map(values, |row| {
                let (id, short) = (row.get(0)?, row.get(1)?);
                Ok(Memory::Letter(LetterRef { id, short }))
            })?;
            all.extend(letters.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(all)
    }

    fn note_likeness(&mut self, message: &MessageRef, likeness: &str) -> Result<(), Error> {
        let query = "UPDATE message SET likeness = ?2 WHERE id = ?1 AND forgotten_at IS NULL";
        self.connection
            .execute(query, params![message.id, likeness])?;
        Ok(())
    }

    fn erase(&mut self, all: &[Memory], now: Timestamp) -> Result<(), Error> {
        let transaction = self.immediate()?;
        for memory in all {
            let held = held(&transaction, memory, all)?;
            if held.hindrance.is_some() {
                let short = memory.short().to_owned();
                return Err(Error::NotForgotten { short });
            }
            if held.forgotten_at.is_some() {
                continue;
            }
            for octets in &held.octets {
                go(&transaction, octets, true)?;
            }
            match memory {
                Memory::Message(message) => {
                    for part in parts(&transaction, message.id)? {
                        forget_message(&transaction, part.id, now)?;
                    }
                }
                Memory::Letter(letter) => forget_letter(&transaction, letter.id, now)?,
                Memory::Job(job) => {
                    // Its octets are those of its messages; there may be none.
                    go(&transaction, &sha256(job.short.as_bytes()), true)?;
                    forget_rows(&transaction, "job = ?1", job.id, now)?;
                }
            }
        }
        forget_jobs(&transaction, now)?;
        Ok(transaction.commit()?)
    }

    fn finish(&mut self, octets: &dyn Octets) -> Result<Finished, Error> {
        if !self.is_unfinished()? {
            return Ok(Finished::Whole);
        }
        self.remove(true, octets)?;
        self.sweep(octets)?;
        self.remove_earlier_forms()?;
        // All words into one segment: a word that was taken out is in none then (SQLite, FTS5, 6.3).
        self.connection
            .execute_batch("INSERT INTO letter_words (letter_words) VALUES ('optimize'); VACUUM")?;
        self.connection.busy_timeout(PATIENCE)?;
        let is_busy: i64 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        self.connection.busy_timeout(super::BUSY)?;
        if is_busy != 0 {
            return Ok(Finished::InUse);
        }
        self.connection.execute("DELETE FROM going", [])?;
        Ok(Finished::Whole)
    }

    fn sweep(&mut self, octets: &dyn Octets) -> Result<(), Error> {
        // Read first, so that in the usual case nothing is locked or written.
        let query = "SELECT EXISTS (SELECT 1 FROM going WHERE NOT entered)";
        if !self.connection.query_row(query, [], |row| row.get(0))? {
            return Ok(());
        }
        // Held meanwhile: who records a message looks whether its octets are there.
        let lock = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        self.remove(false, octets)?;
        lock.execute("DELETE FROM going WHERE NOT entered", [])?;
        Ok(lock.commit()?)
    }

    fn is_unfinished(&self) -> Result<bool, Error> {
        let query = "SELECT EXISTS (SELECT 1 FROM going WHERE entered)";
        Ok(self.connection.query_row(query, [], |row| row.get(0))?)
    }

    fn stones_of(
        &self,
        account: &MailAddress,
        likeness: &str,
        start: Option<&str>,
    ) -> Result<Vec<(MessageRef, Timestamp)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, short, frozen_at FROM message
             WHERE ((message_id >= ?1 AND message_id < ?2) OR likeness = ?4) AND account = ?3
               AND forgotten_at IS NOT NULL ORDER BY id DESC",
        )?;
        // No Message-ID has a sign after the last one.
        let end = start.map(|start| format!("{start}\u{10ffff}"));
        let values = params![start, end, account.key(), likeness];
        let found = statement.query_map(values, |row| {
            Ok((query::message_ref(row)?, timestamp(row, "frozen_at")?))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

impl Sqlite {
    /// Removes the files of octets that go, unless something else has the same: of those that were
    /// entered, or of the others.
    fn remove(&self, entered: bool, octets: &dyn Octets) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT octets FROM going WHERE entered = ?1 EXCEPT SELECT octets FROM (
                 SELECT octets FROM message WHERE forgotten_at IS NULL
                 UNION ALL SELECT octets FROM examination WHERE forgotten_at IS NULL
                 UNION ALL SELECT evidence FROM fact JOIN message ON message.id = fact.message
                     WHERE forgotten_at IS NULL AND evidence IS NOT NULL)",
        )?;
        let names = statement.query_map([entered], |row| row.get(0))?;
        let names: Vec<String> = names.collect::<Result<_, _>>()?;
        octets.remove(&names).map_err(|source| Error::Disk {
            path: self.folder.clone(),
            source,
        })
    }

    /// The copies that were made when a later form was: they have all that there was then.
    fn remove_earlier_forms(&self) -> Result<(), Error> {
        let disk = |source| Error::Disk {
            path: self.folder.clone(),
            source,
        };
        let start = format!("{FILE}.form-");
        for path in entries(&self.folder).map_err(disk)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&start) {
                fs::remove_file(&path).map_err(disk)?;
            }
        }
        sync_folder(&self.folder).map_err(disk)
    }
}

/// What stands for a text that is forgotten, where the same text must still be known.
pub(super) fn digest_of(text: &str) -> String {
    format!("sha256:{}", sha256(text.as_bytes()))
}

/// Whether octets were forgotten by an account.
pub(super) fn is_forgotten(
    transaction: &Transaction<'_>,
    account: &str,
    octets: &str,
) -> Result<bool, Error> {
    Ok(transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM examination
                 WHERE account = ?1 AND octets = ?2 AND forgotten_at IS NOT NULL)",
        )?
        .query_row([account, octets], |row| row.get(0))?)
}

/// Whether a message is a stone.
pub(super) fn is_stone(connection: &Connection, message: i64) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT forgotten_at IS NOT NULL FROM message WHERE id = ?1")?
        .query_row([message], |row| row.get(0))?)
}

/// Remembers that octets go, unless something has them that stays. `entered`: what they say was in this
/// file.
pub(super) fn go(transaction: &Transaction<'_>, octets: &str, entered: bool) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "INSERT INTO going (octets, entered) VALUES (?1, ?2)
             ON CONFLICT (octets) DO UPDATE SET entered = max(entered, excluded.entered)",
        )?
        .execute(params![octets, entered])?;
    Ok(())
}

/// Forgets that octets were to go: something has them that stays.
pub(super) fn stays(transaction: &Transaction<'_>, octets: &str) -> Result<(), Error> {
    transaction
        .prepare_cached("DELETE FROM going WHERE octets = ?1 AND NOT entered")?
        .execute([octets])?;
    Ok(())
}

/// Takes out what the judgement on octets says of whom and what; the octets themselves go.
pub(super) fn forget_octets(
    transaction: &Transaction<'_>,
    account: &str,
    octets: &str,
    now: Timestamp,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "UPDATE examination SET sender = NULL, delivered_to = NULL, subject = NULL,
                 recipients = NULL, indexed = 1, forgotten_at = ?3
             WHERE account = ?1 AND octets = ?2",
        )?
        .execute(params![account, octets, now.unix()])?;
    // Where it lay may have a name in it.
    transaction
        .prepare_cached("DELETE FROM received WHERE account = ?1 AND octets = ?2")?
        .execute([account, octets])?;
    super::letter::remove(transaction, account, octets)
}

fn held(connection: &Connection, memory: &Memory, with: &[Memory]) -> Result<Held, Error> {
    match memory {
        Memory::Message(message) => held_of_message(connection, message),
        Memory::Letter(letter) => held_of_letter(connection, letter.id),
        Memory::Job(job) => held_of_job(connection, job.id, with),
    }
}

fn held_of_message(connection: &Connection, message: &MessageRef) -> Result<Held, Error> {
    let (at, forgotten_at) = connection
        .prepare_cached("SELECT frozen_at, forgotten_at FROM message WHERE id = ?1")?
        .query_row([message.id], |row| {
            let forgotten_at = maybe_timestamp(row, "forgotten_at")?;
            Ok((timestamp(row, "frozen_at")?, forgotten_at))
        })?;
    let (mut octets, mut hindrance) = (BTreeSet::new(), None);
    for part in parts(connection, message.id)? {
        let own = "SELECT octets, message_id FROM message WHERE id = ?1";
        let (sent, id): (String, String) = connection
            .prepare_cached(own)?
            .query_row([part.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        octets.insert(sent);
        octets.extend(
            receipts(connection, part.id, &id)?
                .into_iter()
                .map(|one| one.1),
        );
        hindrance = hindrance.or(open(connection, &part)?);
    }
    if hindrance.is_none() && forgotten_at.is_none() {
        hindrance = draft_of(connection, &octets, message)?;
    }
    Ok(Held {
        octets: octets.into_iter().collect(),
        at,
        hindrance,
        forgotten_at,
    })
}

/// Account and octets of all that came back for a message: its receipts, and ordinary mail that
/// reports about it.
fn receipts(
    connection: &Connection,
    message: i64,
    message_id: &str,
) -> Result<Vec<(String, String)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT account, octets FROM examination WHERE message = ?1
         UNION SELECT examination.account, octets FROM examination
             WHERE verdict = 'genuine' AND kind = 'anomalia' AND examination.message_id IN
                 (SELECT ?2 UNION SELECT identifier FROM fact WHERE fact.message = ?1)
               AND +examination.account = (SELECT account FROM message WHERE id = ?1)
         UNION SELECT message.account, evidence FROM fact JOIN message ON message.id = fact.message
             WHERE message.id = ?1 AND evidence IS NOT NULL",
    )?;
    let id = MessageId::new(message_id).as_str();
    let found = statement.query_map(params![message, id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Why a message is open.
fn open(connection: &Connection, message: &MessageRef) -> Result<Option<Hindrance>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT standing FROM recipient WHERE message = ?1 AND again IS NULL ORDER BY place",
    )?;
    let found = statement.query_map([message.id], |row| row.get::<_, String>(0))?;
    for word in found {
        let word = word?;
        let standing = Standing::from_word(&word).ok_or(Error::Corrupt(word))?;
        if standing.is_pending() {
            return Ok(Some(Hindrance::Open(standing)));
        }
    }
    // An earlier version gave it a Message-ID that no notice has: its content alone tells.
    let lone: Option<String> = connection
        .prepare_cached(
            "SELECT message_id FROM message WHERE id = ?1 AND recovered AND forgotten_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM job_row WHERE job_row.message = message.id)",
        )?
        .query_row([message.id], |row| row.get(0))
        .optional()?;
    let is_lone = lone.is_some_and(|id| Identity::read(&id).is_none());
    Ok(is_lone.then_some(Hindrance::Recovered))
}

/// A draft that answers a message, or attaches its octets.
fn draft_of(
    connection: &Connection,
    octets: &BTreeSet<String>,
    message: &MessageRef,
) -> Result<Option<Hindrance>, Error> {
    let query = "SELECT message_id FROM letter WHERE message = ?1 AND message_id IS NOT NULL
         UNION SELECT identifier FROM fact WHERE message = ?1 AND identifier IS NOT NULL
         UNION SELECT message_id FROM message WHERE id = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let ids = statement.query_map([message.id], |row| row.get::<_, String>(0))?;
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    draft_with(connection, octets, &ids)
}

fn draft_with(
    connection: &Connection,
    octets: &BTreeSet<String>,
    ids: &[String],
) -> Result<Option<Hindrance>, Error> {
    for id in ids {
        let draft: Option<i64> = connection
            .prepare_cached("SELECT min(id) FROM draft WHERE in_reply_to = ?1")?
            .query_row([MessageId::new(id).to_string()], |row| row.get(0))?;
        if let Some(draft) = draft {
            return Ok(Some(Hindrance::Draft(draft)));
        }
    }
    let mut statement = connection.prepare_cached(
        "SELECT draft, value FROM draft_entry WHERE kind = 'file' ORDER BY draft",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let value: String = row.get(1)?;
        let kept = value.strip_prefix("kept:").and_then(|rest| rest.get(..64));
        if kept.is_some_and(|kept| octets.contains(kept)) {
            return Ok(Some(Hindrance::Draft(row.get(0)?)));
        }
    }
    Ok(None)
}

fn held_of_letter(connection: &Connection, letter: i64) -> Result<Held, Error> {
    let query = "SELECT octets, at, message_id, identifier FROM letter WHERE id = ?1";
    let found = connection
        .prepare_cached(query)?
        .query_row([letter], |row| {
            let ids: [Option<String>; 2] = [row.get(2)?, row.get(3)?];
            Ok((row.get::<_, String>(0)?, timestamp(row, "at")?, ids))
        })
        .optional()?;
    let Some((octets, at, ids)) = found else {
        return Err(Error::Corrupt(letter.to_string()));
    };
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    let hindrance = draft_with(connection, &BTreeSet::from([octets.clone()]), &ids)?;
    Ok(Held {
        octets: vec![octets],
        at,
        hindrance,
        forgotten_at: None,
    })
}

fn held_of_job(connection: &Connection, job: i64, with: &[Memory]) -> Result<Held, Error> {
    let (at, forgotten_at) = connection
        .prepare_cached("SELECT recorded_at, forgotten_at FROM job WHERE id = ?1")?
        .query_row([job], |row| {
            let forgotten_at = maybe_timestamp(row, "forgotten_at")?;
            Ok((timestamp(row, "recorded_at")?, forgotten_at))
        })?;
    let unsent: Option<i64> = connection
        .prepare_cached(
            "SELECT min(number) FROM job_row WHERE job = ?1 AND message IS NULL AND bad IS NULL",
        )?
        .query_row([job], |row| row.get(0))?;
    let mut hindrance = unsent.map(|number| Hindrance::Unsent(number.unsigned_abs()));
    let kept = refs(
        connection,
        "SELECT message.id, message.short FROM job_row JOIN message ON message.id = job_row.message
         WHERE job = ?1 AND NOT served AND message.forgotten_at IS NULL",
        job,
    )?;
    let goes = |message: &MessageRef| with.contains(&Memory::Message(message.clone()));
    if let Some(message) = kept.into_iter().find(|message| !goes(message)) {
        hindrance.get_or_insert(Hindrance::Needed(message));
    }
    Ok(Held {
        octets: Vec::new(),
        at,
        hindrance,
        forgotten_at,
    })
}

fn forget_message(
    transaction: &Transaction<'_>,
    message: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let id: String = transaction
        .prepare_cached("SELECT message_id FROM message WHERE id = ?1")?
        .query_row([message], |row| row.get(0))?;
    let receipts = receipts(transaction, message, &id)?;
    transaction
        .prepare_cached(
            "UPDATE message SET subject = '', reference = NULL, indexed = 1, forgotten_at = ?2
             WHERE id = ?1",
        )?
        .execute([message, now.unix()])?;
    transaction
        .prepare_cached("UPDATE recipient SET address = '' WHERE message = ?1")?
        .execute([message])?;
    transaction
        .prepare_cached("DELETE FROM letter WHERE message = ?1")?
        .execute([message])?;
    // The container keeps its digest, and may have been called after a person.
    transaction
        .prepare_cached("UPDATE archived SET name = '' WHERE message = ?1")?
        .execute([message])?;
    forget_words(transaction, message)?;
    for (account, octets) in receipts {
        forget_octets(transaction, &account, &octets, now)?;
    }
    forget_rows(transaction, "message = ?1", message, now)
}

/// Takes out what servers and providers said; which of the two notices one is, stays. So does which process
/// began an attempt: it is about nobody, and by it one is told from those of which the journal alone knows.
fn forget_words(transaction: &Transaction<'_>, message: i64) -> Result<(), Error> {
    let mut select = transaction.prepare_cached(
        "SELECT id, what, code, text FROM fact
         WHERE message = ?1 AND text IS NOT NULL AND what <> 'begun'",
    )?;
    let mut update = transaction.prepare_cached("UPDATE fact SET text = ?2 WHERE id = ?1")?;
    let mut rows = select.query([message])?;
    while let Some(row) = rows.next()? {
        let (id, what): (i64, String) = (row.get(0)?, row.get(1)?);
        let (code, text): (Option<String>, String) = (row.get(2)?, row.get(3)?);
        let is_notice = What::from_word(&what) == Some(What::TimeoutNotice);
        let notice = Notice::stated(code.as_deref(), &text).filter(|_| is_notice);
        update.execute(params![id, notice.map(Notice::plain_words)])?;
    }
    Ok(())
}

fn forget_letter(transaction: &Transaction<'_>, letter: i64, now: Timestamp) -> Result<(), Error> {
    let (account, octets): (String, String) = transaction
        .prepare_cached("SELECT account, octets FROM letter WHERE id = ?1")?
        .query_row([letter], |row| Ok((row.get(0)?, row.get(1)?)))?;
    forget_octets(transaction, &account, &octets, now)
}

/// Leaves of rows of tables what tells the same notice when it comes again.
fn forget_rows(
    transaction: &Transaction<'_>,
    which: &str,
    value: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let mut select = transaction.prepare_cached(&format!(
        "SELECT id, account, reference, content, round, whom, bad FROM job_row
         WHERE {which} AND forgotten_at IS NULL"
    ))?;
    let mut update = transaction.prepare_cached(
        "UPDATE job_row SET columns = '{}', note = NULL, reference = ?2, whom = ?3, bad = ?4,
             forgotten_at = ?5 WHERE id = ?1",
    )?;
    let mut rows = select.query([value])?;
    while let Some(row) = rows.next()? {
        let (id, account): (i64, String) = (row.get(0)?, row.get(1)?);
        let texts: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        let [reference, content, round, whom] = texts;
        let bad: Option<String> = row.get(6)?;
        let reference = match reference == content {
            true => reference,
            false => key_of(&account, &reference, &round),
        };
        let whom = digest_of(&whom);
        let bad = bad.map(|_| "");
        update.execute(params![id, reference, whom, bad, now.unix()])?;
    }
    Ok(())
}

/// What stands for a reference that is forgotten.
fn key_of(account: &str, reference: &str, round: &str) -> String {
    let account = MailAddress::of(account.to_owned());
    Key::of(&account, reference, round).as_str().to_owned()
}

/// Jobs of which every row that could be sent is forgotten.
fn forget_jobs(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    let mut select = transaction.prepare_cached(
        "SELECT id, path FROM job WHERE forgotten_at IS NULL
             AND EXISTS (SELECT 1 FROM job_row
                 WHERE job_row.job = job.id AND forgotten_at IS NOT NULL)
             AND NOT EXISTS (SELECT 1 FROM job_row
                 WHERE job_row.job = job.id AND forgotten_at IS NULL AND bad IS NULL)",
    )?;
    let jobs = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let jobs: Vec<(i64, String)> = jobs.collect::<Result<_, _>>()?;
    for (job, path) in jobs {
        // Its bad rows.
        forget_rows(transaction, "job = ?1", job, now)?;
        transaction
            .prepare_cached(
                "UPDATE job SET path = ?2, forgotten_at = ?3, recipe = CASE json_valid(recipe)
                     WHEN 1 THEN json_set(recipe, '$.subject', NULL, '$.body', NULL,
                         '$.reply_to', NULL)
                     ELSE '' END
                 WHERE id = ?1",
            )?
            .execute(params![job, digest_of(&path), now.unix()])?;
    }
    Ok(())
}

/// The messages of one notice that complete each other.
fn parts(connection: &Connection, message: i64) -> Result<Vec<MessageRef>, Error> {
    refs(
        connection,
        "SELECT id, short FROM message WHERE id = ?1
         UNION SELECT part.id, part.short FROM message AS own
             JOIN message AS part ON part.part_of = own.part_of WHERE own.id = ?1
         ORDER BY id",
        message,
    )
}

fn refs(connection: &Connection, query: &str, value: i64) -> Result<Vec<MessageRef>, Error> {
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_map([value], query::message_ref)?;
    Ok(found.collect::<Result<_, _>>()?)
}
