//! Attempts, of SQLite: each step is a commit.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::facts::{append, insert, refresh};
use super::journal::Line;
use super::{LOG, Sqlite, draft, query};
use crate::address::MailAddress;
use crate::ledger::fact::{AttemptEnd, Fact, Refusal, Words};
use crate::ledger::state::{RecipientState, is_known_for_whom};
use crate::ledger::submission::{Attempts, attempts, has_ended, places_to_send};
use crate::ledger::{Attempt, Claim, Commit, DraftRef, End, Error, Mark, MessageRef, Room};
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;

impl Attempts for Sqlite {
    fn record_message(
        &mut self,
        message: &OutgoingMessage,
        octets: &str,
        draft: Option<&DraftRef>,
        now: Timestamp,
    ) -> Result<MessageRef, Error> {
        self.at_once(|transaction| record(transaction, (message, octets), draft, now))
    }

    fn mark(&self) -> Result<Mark, Error> {
        mark(&self.connection)
    }

    fn record_since(
        &mut self,
        since: Mark,
        message: (&OutgoingMessage, &str),
        draft: Option<&DraftRef>,
        now: Timestamp,
    ) -> Result<Option<MessageRef>, Error> {
        self.at_once(|transaction| match mark(transaction)? == since {
            true => record(transaction, message, draft, now).map(Some),
            false => Ok(None),
        })
    }

    fn name_message(&mut self, message: &MessageRef, reference: &str) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE message SET reference = ?2 WHERE id = ?1")?
            .execute(params![message.id, reference])?;
        Ok(())
    }

    fn claim(
        &mut self,
        message: &MessageRef,
        claim: Claim,
        now: Timestamp,
        (pace, process): (Option<Room<'_>>, &str),
    ) -> Result<Option<(u32, Vec<usize>)>, Error> {
        // Where it is lost with the machine, the journal tells whether the message may have left.
        self.with_next(|transaction| {
            if let Some(room) = pace
                && !(room.allows)(&sent_since(transaction, room.account, room.since)?)
            {
                return Ok(None);
            }
            let facts = query::facts(transaction, message.id)?;
            let states = query::states(transaction, message.id, &facts)?;
            let places = places_to_send(message, claim, &states)?;
            // Whatever it says of recipients: a provider that speaks of the message has it.
            if !is_known_for_whom(&facts) && has_receipt(transaction, message.id)? {
                return Err(Error::Settled {
                    short: message.short.clone(),
                    standing: "answered",
                });
            }
            // An attempt in doubt outweighs one that goes on, and may be repeated: but not by two.
            if attempts(&facts).any(|number| !has_ended(number, &facts)) {
                return Err(Error::BeingSent {
                    short: message.short.clone(),
                });
            }
            let number = 1 + facts.iter().filter_map(Fact::attempt).max().unwrap_or(0);
            let begun = Fact::Begun {
                attempt: number,
                at: now,
                process: Some(process.to_owned()),
            };
            append(transaction, message.id, &begun, now)?;
            set_sending(transaction, message.id, true)?;
            refresh(transaction, message.id)?;
            Ok(Some((number, places)))
        })
    }

    fn end_cut_off(
        &mut self,
        is_alive: &dyn Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<usize, Error> {
        // Read first, so that in the usual case nothing is locked or written.
        if open_attempts(&self.connection)?.is_empty() {
            return Ok(0);
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut settled = 0;
        for open in open_attempts(&transaction)? {
            if is_alive(&open.process) {
                continue;
            }
            let end = if open.handed {
                AttemptEnd::InDoubt(Words {
                    code: None,
                    text: "the program was cut off while the message was leaving".to_owned(),
                })
            } else {
                AttemptEnd::NotSent {
                    reason: "the program was cut off before the message left".to_owned(),
                }
            };
            let fact = Fact::Ended {
                attempt: open.number,
                at: now,
                end,
            };
            append(&transaction, open.message, &fact, now)?;
            set_sending(&transaction, open.message, false)?;
            refresh(&transaction, open.message)?;
            settled += 1;
        }
        transaction.commit()?;
        Ok(settled)
    }

    fn sent_since(
        &self,
        account: &MailAddress,
        since: Timestamp,
    ) -> Result<Vec<(Timestamp, u32)>, Error> {
        sent_since(&self.connection, account, since)
    }

    fn hand(&mut self, attempt: &Attempt, now: Timestamp, commit: Commit) -> Result<(), Error> {
        match commit {
            // Before the journal has its line: one of which the ledger knows nothing tells of a loss.
            Commit::AtOnce => self.bring_to_disk()?,
            Commit::WithNext => {}
        }
        let (journal, folder) = (self.journal.clone(), self.folder.clone());
        let disk = |source| Error::Disk {
            path: folder.clone(),
            source,
        };
        let written = self.with_next(|transaction| {
            let facts = query::facts(transaction, attempt.message.id)?;
            if has_ended(attempt.number, &facts) {
                return Err(Error::Settled {
                    short: attempt.message.short.clone(),
                    standing: RecipientState::of(0, &facts).standing.word(),
                });
            }
            let handed = Fact::Handed {
                attempt: attempt.number,
                at: now,
            };
            append(transaction, attempt.message.id, &handed, now)?;
            let line = line_of(transaction, attempt, now)?;
            // Beside the ledger too, before its commit: one that is brought back from a copy later
            // does not know of it, and is to be told.
            let (length, written) = journal.write(&line).map_err(disk)?;
            transaction
                .prepare_cached("UPDATE surroundings SET journal = ?1")?
                .execute([length as i64])?;
            Ok(written)
        })?;
        written.bring_to_disk().map_err(disk)
    }

    fn record_end(
        &mut self,
        attempt: &Attempt,
        end: &End,
        now: Timestamp,
        commit: Commit,
    ) -> Result<(), Error> {
        let write = |transaction: &Transaction<'_>| {
            for answer in &end.refused {
                let fact = Fact::RecipientRefused {
                    attempt: attempt.number,
                    at: now,
                    answer: answer.clone(),
                };
                append(transaction, attempt.message.id, &fact, now)?;
            }
            let fact = Fact::Ended {
                attempt: attempt.number,
                at: now,
                end: end.whole.clone(),
            };
            append(transaction, attempt.message.id, &fact, now)?;
            set_sending(transaction, attempt.message.id, false)?;
            refresh(transaction, attempt.message.id)
        };
        match commit {
            Commit::AtOnce => self.at_once(write),
            Commit::WithNext => self.with_next(write),
        }
    }

    fn bring_to_disk(&mut self) -> Result<(), Error> {
        if self.owes {
            let log = self.folder.join(LOG);
            sync_log(&log).map_err(|source| Error::Disk { path: log, source })?;
            self.owes = false;
        }
        Ok(())
    }

    fn take_back_refusal(
        &mut self,
        message: &MessageRef,
        code: u16,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let transaction = self.immediate()?;
        let facts = query::facts(&transaction, message.id)?;
        let last = facts.iter().filter_map(Fact::attempt).max();
        let fact = Fact::Ended {
            attempt: 1 + last.unwrap_or(0),
            at: now,
            end: AttemptEnd::Refused(Refusal {
                transient: true,
                words: Words {
                    code: Some(code),
                    text: text.to_owned(),
                },
            }),
        };
        append(&transaction, message.id, &fact, now)?;
        refresh(&transaction, message.id)?;
        Ok(transaction.commit()?)
    }
}

impl Sqlite {
    /// A transaction that writes: waits for others at its beginning, never in the middle.
    pub(super) fn immediate(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// A transaction that writes, on the disk when it returns, with all before it.
    pub(super) fn at_once<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = self.immediate()?;
        let written = write(&transaction)?;
        transaction.commit()?;
        Ok(written)
    }

    /// A transaction that writes, on the disk with the next one that is, or by
    /// [`Attempts::bring_to_disk`]. Others see it at once, and a process that is killed loses
    /// nothing; a machine that stops may.
    pub(super) fn with_next<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.connection
            .pragma_update(None, "synchronous", "normal")?;
        self.owes = true;
        let written = self.at_once(write);
        // Whatever became of it: all others are on the disk when they return.
        self.connection.pragma_update(None, "synchronous", "full")?;
        written
    }
}

/// Which message was recorded last.
fn mark(connection: &Connection) -> Result<Mark, Error> {
    let query = "SELECT ifnull(max(id), 0) FROM message";
    let mut statement = connection.prepare_cached(query)?;
    Ok(Mark(statement.query_row([], |row| row.get(0))?))
}

/// Records a message whose octets are kept under a SHA-256, in place of the draft that it was made of.
fn record(
    transaction: &Transaction<'_>,
    (message, octets): (&OutgoingMessage, &str),
    draft: Option<&DraftRef>,
    now: Timestamp,
) -> Result<MessageRef, Error> {
    let mut reference = None;
    if let Some(draft) = draft {
        reference = draft::reference(transaction, draft)?;
        draft::take(transaction, draft)?;
    }
    let recorded = insert(transaction, message, octets, now)?;
    if let Some(reference) = reference {
        transaction
            .prepare_cached("UPDATE message SET reference = ?2 WHERE id = ?1")?
            .execute(params![recorded.id, reference])?;
    }
    Ok(recorded)
}

/// Brings all commits of a log to the disk.
fn sync_log(log: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(log)?.sync_data()
}

/// What was handed over since a time, and what is being sent now.
fn sent_since(
    connection: &Connection,
    account: &MailAddress,
    since: Timestamp,
) -> Result<Vec<(Timestamp, u32)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT fact.at AS at, (SELECT count(*) FROM recipient
             WHERE recipient.message = fact.message) AS recipients
         FROM fact JOIN message ON message.id = fact.message
         WHERE fact.what = 'handed' AND fact.at >= ?1 AND message.account = ?2
         UNION ALL
         SELECT begun.at, (SELECT count(*) FROM recipient
             WHERE recipient.message = begun.message)
         FROM message CROSS JOIN fact AS begun ON begun.message = message.id
         WHERE message.sending AND +message.account = ?2 AND begun.what = 'begun'
           AND begun.attempt = (SELECT max(attempt) FROM fact WHERE fact.message = message.id)
           AND NOT EXISTS (SELECT 1 FROM fact AS handed WHERE handed.message = begun.message
               AND handed.attempt = begun.attempt AND handed.what = 'handed')
         ORDER BY 1",
    )?;
    let found = statement.query_map(params![since.unix(), account.key()], |row| {
        Ok((Timestamp::from_unix(row.get(0)?), row.get(1)?))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The line of the journal for an attempt.
fn line_of(transaction: &Transaction<'_>, attempt: &Attempt, at: Timestamp) -> Result<Line, Error> {
    Ok(transaction
        .prepare_cached("SELECT octets, message_id FROM message WHERE id = ?1")?
        .query_row([attempt.message.id], |row| {
            Ok(Line {
                at,
                attempt: attempt.number,
                octets: row.get(0)?,
                message_id: row.get(1)?,
            })
        })?)
}

/// Whether a genuine receipt was led to the message.
fn has_receipt(transaction: &Transaction<'_>, message: i64) -> Result<bool, Error> {
    Ok(transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM examination WHERE message = ?1)")?
        .query_row([message], |row| row.get(0))?)
}

fn set_sending(transaction: &Transaction<'_>, message: i64, sending: bool) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE message SET sending = ?2 WHERE id = ?1")?
        .execute(params![message, sending])?;
    Ok(())
}

/// An attempt without an end.
struct OpenAttempt {
    message: i64,
    number: u32,
    process: String,
    handed: bool,
}

/// Found by the few messages that are being sent: `CROSS JOIN` keeps SQLite from beginning with all
/// facts (SQLite, "The SQLite Query Optimizer Overview", 7.3).
fn open_attempts(connection: &Connection) -> Result<Vec<OpenAttempt>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT begun.message, begun.attempt, begun.text,
             EXISTS (SELECT 1 FROM fact AS handed WHERE handed.message = begun.message
                 AND handed.attempt = begun.attempt AND handed.what = 'handed')
         FROM message CROSS JOIN fact AS begun ON begun.message = message.id
         WHERE message.sending AND begun.what = 'begun'
           AND NOT EXISTS (SELECT 1 FROM fact AS ended WHERE ended.message = begun.message
               AND ended.attempt = begun.attempt AND ended.place IS NULL
               AND ended.what IN ('taken', 'refused', 'refused-for-now', 'not-sent', 'in-doubt'))",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(OpenAttempt {
            message: row.get(0)?,
            number: row.get(1)?,
            process: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            handed: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
