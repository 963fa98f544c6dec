//! A message frozen, an attempt begun, handed over, ended; each a commit on the disk.
//!
//! The order is what keeps a message from going out twice: its octets and its row before
//! anything, `begun` before the connection is used, `handed` before the first octet of the
//! message, the end after. A process that dies leaves an attempt open: before `handed` the
//! message cannot have left, after it nobody knows.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::fact::{AttemptEnd, Fact, RecipientAnswer, Refusal, Row, What, Words};
use super::journal::Line;
use super::process::Alive;
use super::state::{Open, RecipientState, Standing};
use super::{Error, Ledger, query};
use crate::address::MailAddress;
use crate::pec::outgoing::OutgoingMessage;
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// Digits of a short id; more when two messages share them.
const SHORT_DIGITS: usize = 8;

/// A message in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// The row.
    pub(super) id: i64,
    /// What people call it: the first digits of the SHA-256 of its Message-ID.
    pub short: String,
}

impl MessageRef {
    /// Whether this one was recorded before the other.
    pub fn is_before(&self, other: &Self) -> bool {
        self.id < other.id
    }
}

/// What the claim to send rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It never left, or the server said that it has it not.
    NeverLeft,
    /// It is in doubt, the mailbox was searched for its acceptance in vain, and a person
    /// decided to send it again.
    InDoubtAndSearched,
}

/// When a message left, and to how many.
pub type Departure = (Timestamp, u32);

/// Who is asked whether a message may leave now.
#[derive(Clone, Copy)]
pub struct Room<'a> {
    /// Whose pace it is.
    pub account: &'a MailAddress,
    /// Since when what left counts.
    pub since: Timestamp,
    /// Told what left since then, and to how many each; oldest first.
    pub allows: &'a dyn Fn(&[Departure]) -> bool,
}

/// An attempt to submit that only this process may end.
#[derive(Debug)]
pub struct Attempt {
    message: MessageRef,
    number: u32,
    places: Vec<usize>,
    _alive: Alive,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// For the whole message.
    pub whole: AttemptEnd,
    /// Recipients that the server refused.
    pub refused: Vec<RecipientAnswer>,
}

impl Ledger {
    /// Records a message of the account that is its sender: when it returns, octets and
    /// envelope are on the disk.
    ///
    /// # Errors
    /// [`Error::Known`] when its Message-ID was recorded before; those of the disk.
    pub fn freeze(
        &mut self,
        message: &OutgoingMessage,
        now: Timestamp,
    ) -> Result<MessageRef, Error> {
        let octets = self.keep(message.octets())?;
        let transaction = self.immediate()?;
        let recorded = insert(&transaction, message, &octets, now)?;
        transaction.commit()?;
        Ok(recorded)
    }

    /// Claims a message for one attempt. Until the attempt ends no other process gets it.
    ///
    /// # Errors
    /// [`Error::BeingSent`] and [`Error::Settled`] when it must not be sent now or again.
    pub fn begin(
        &mut self,
        message: &MessageRef,
        claim: Claim,
        now: Timestamp,
    ) -> Result<Attempt, Error> {
        let attempt = self.begin_at_pace(message, claim, now, None)?;
        attempt.ok_or_else(|| Error::BeingSent {
            short: message.short.clone(),
        })
    }

    /// The same at the pace of the account, which is asked with all that left, or is about to,
    /// whoever sends it: no two processes get the same place. `None` when it does not allow it.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn begin_at_pace(
        &mut self,
        message: &MessageRef,
        claim: Claim,
        now: Timestamp,
        pace: Option<Room<'_>>,
    ) -> Result<Option<Attempt>, Error> {
        self.settle_cut_off(now)?;
        let alive = self.processes.enter().map_err(|error| self.disk(error))?;
        let transaction = self.immediate()?;
        if let Some(room) = pace
            && !(room.allows)(&sent_since(&transaction, room.account, room.since)?)
        {
            return Ok(None);
        }
        let facts = query::facts(&transaction, message.id)?;
        let states = query::states(&transaction, message.id, &facts)?;
        let places = places_to_send(message, claim, &states)?;
        // Whatever it says of recipients: a provider that speaks of the message has it. Where the
        // server took it for some, those receipts are theirs.
        let was_taken = facts.iter().any(|fact| fact.what() == What::Taken);
        if !was_taken && has_receipt(&transaction, message.id)? {
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
            process: Some(alive.name().to_owned()),
        };
        append(&transaction, message.id, &begun, now)?;
        set_sending(&transaction, message.id, true)?;
        refresh(&transaction, message.id)?;
        transaction.commit()?;
        Ok(Some(Attempt {
            message: message.clone(),
            number,
            places,
            _alive: alive,
        }))
    }

    /// When messages of an account left since a time, or are about to, and to how many; oldest
    /// first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn sent_since(
        &self,
        account: &MailAddress,
        since: Timestamp,
    ) -> Result<Vec<(Timestamp, u32)>, Error> {
        sent_since(&self.connection, account, since)
    }

    /// Records that the octets are about to leave. From here on the attempt is in doubt until
    /// it ends.
    ///
    /// # Errors
    /// Those of the disk, and [`Error::Settled`] when another process took this one for ended:
    /// then nothing may leave.
    pub fn hand(&mut self, attempt: &Attempt, now: Timestamp) -> Result<(), Error> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let facts = query::facts(&transaction, attempt.message.id)?;
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
        append(&transaction, attempt.message.id, &handed, now)?;
        let line = line_of(&transaction, attempt, now)?;
        // Beside the ledger too, before its commit: one that is brought back from a copy later
        // does not know of it, and is to be told.
        let length = self.journal.append(&line).map_err(|source| Error::Disk {
            path: self.folder.clone(),
            source,
        })?;
        transaction.execute("UPDATE surroundings SET journal = ?1", [length as i64])?;
        Ok(transaction.commit()?)
    }

    /// Records how the attempt ended.
    ///
    /// # Errors
    /// Those of the disk. The attempt then stays open, and counts as in doubt once this
    /// process has ended, if it was handed.
    pub fn end(&mut self, attempt: Attempt, end: &End, now: Timestamp) -> Result<(), Error> {
        let transaction = self.immediate()?;
        for answer in &end.refused {
            let fact = Fact::RecipientRefused {
                attempt: attempt.number,
                at: now,
                answer: answer.clone(),
            };
            append(&transaction, attempt.message.id, &fact, now)?;
        }
        let fact = Fact::Ended {
            attempt: attempt.number,
            at: now,
            end: end.whole.clone(),
        };
        append(&transaction, attempt.message.id, &fact, now)?;
        set_sending(&transaction, attempt.message.id, false)?;
        refresh(&transaction, attempt.message.id)?;
        Ok(transaction.commit()?)
    }

    /// Records that a refusal for good was one of the sender and not of this message: it may go
    /// again later. Facts stay; this one comes after them.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn take_back_refusal(
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
                code,
                text: text.to_owned(),
            }),
        };
        append(&transaction, message.id, &fact, now)?;
        refresh(&transaction, message.id)?;
        Ok(transaction.commit()?)
    }

    /// Ends the attempts of processes that are no more: not sent when the message had not been
    /// handed, in doubt when it had. Gives how many.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn settle_cut_off(&mut self, now: Timestamp) -> Result<usize, Error> {
        // Read first, so that in the usual case nothing is locked or written.
        if open_attempts(&self.connection)?.is_empty() {
            return Ok(0);
        }
        let processes = &self.processes;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut settled = 0;
        for open in open_attempts(&transaction)? {
            if processes.is_alive(&open.process) {
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

    /// A transaction that writes: waits for others at its beginning, never in the middle.
    pub(super) fn immediate(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

impl Attempt {
    /// The message.
    pub fn message(&self) -> &MessageRef {
        &self.message
    }

    /// The recipients that it is for, by their places in the envelope: all that the message did not
    /// go to yet.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// From 1.
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// What was handed over since a time, and what is being sent now.
fn sent_since(
    connection: &rusqlite::Connection,
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

/// Writes the rows of a message whose octets are kept.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    message: &OutgoingMessage,
    octets: &str,
    now: Timestamp,
) -> Result<MessageRef, Error> {
    if let Some(known) = query::by_message_id(transaction, message.message_id())? {
        return Err(Error::Known { short: known.short });
    }
    let short = free_short(transaction, message.message_id())?;
    transaction
        .prepare_cached(
            "INSERT INTO message (short, account, message_id, sender, subject, receipt_form,
                 octets, size, frozen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            short,
            message.sender().key(),
            message.message_id(),
            message.sender().as_str(),
            message.subject(),
            message.form().word(),
            octets,
            message.octets().len() as i64,
            now.unix(),
        ])?;
    let id = transaction.last_insert_rowid();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO recipient (message, place, address, field) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (place, recipient) in message.recipients().iter().enumerate() {
        let field = recipient.field.word();
        insert.execute(params![id, place as i64, recipient.address.as_str(), field])?;
    }
    Ok(MessageRef { id, short })
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

/// The recipients to whom an attempt on this claim may go: those that the message did not reach,
/// as far as it is known of all.
fn places_to_send(
    message: &MessageRef,
    claim: Claim,
    states: &[RecipientState],
) -> Result<Vec<usize>, Error> {
    let standings: Vec<Standing> = states.iter().map(|state| state.standing).collect();
    let goes = |standing: &Standing| match Open::of(std::slice::from_ref(standing)) {
        Some(Open::Unsent) => true,
        Some(Open::InDoubt) => claim == Claim::InDoubtAndSearched,
        Some(Open::Sending) | None => false,
    };
    let settled = |standing: Option<Standing>| Error::Settled {
        short: message.short.clone(),
        standing: standing.unwrap_or(Standing::Recorded).word(),
    };
    match (Open::of(&standings), claim) {
        (Some(Open::Sending), _) => Err(Error::BeingSent {
            short: message.short.clone(),
        }),
        (Some(Open::InDoubt), Claim::NeverLeft) => Err(settled(Some(Standing::InDoubt))),
        (Some(Open::InDoubt), Claim::InDoubtAndSearched) | (Some(Open::Unsent), _) => {
            let places = standings.iter().enumerate();
            let places = places.filter(|(_, standing)| goes(standing));
            Ok(places.map(|(place, _)| place).collect())
        }
        (None, _) => Err(settled(standings.first().copied())),
    }
}

/// Whether a genuine receipt was led to the message.
fn has_receipt(transaction: &Transaction<'_>, message: i64) -> Result<bool, Error> {
    Ok(transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM examination WHERE message = ?1)")?
        .query_row([message], |row| row.get(0))?)
}

/// The numbers of the attempts that began.
fn attempts(facts: &[Fact]) -> impl Iterator<Item = u32> {
    let begun = facts.iter().filter(|fact| fact.what() == What::Begun);
    begun.filter_map(Fact::attempt)
}

/// Whether an attempt has its end.
fn has_ended(number: u32, facts: &[Fact]) -> bool {
    facts
        .iter()
        .any(|fact| matches!(fact, Fact::Ended { attempt, .. } if *attempt == number))
}

/// Adds a fact; one that is there already changes nothing. Says whether it was new.
pub(super) fn append(
    transaction: &Transaction<'_>,
    message: i64,
    fact: &Fact,
    now: Timestamp,
) -> Result<bool, Error> {
    let row = Row::of(fact);
    let added = transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO fact (message, place, attempt, what, at, evidence, identifier,
                 code, text, recorded_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            message,
            row.place.map(|place| place as i64),
            row.attempt,
            row.what.word(),
            row.at.unix(),
            row.evidence,
            row.identifier,
            row.code,
            row.text,
            now.unix(),
        ])?;
    Ok(added == 1)
}

fn set_sending(transaction: &Transaction<'_>, message: i64, sending: bool) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE message SET sending = ?2 WHERE id = ?1")?
        .execute(params![message, sending])?;
    Ok(())
}

/// Derives the columns that lists are filtered by.
pub(super) fn refresh(transaction: &Transaction<'_>, message: i64) -> Result<(), Error> {
    let facts = query::facts(transaction, message)?;
    let states = query::states(transaction, message, &facts)?;
    let mut update = transaction
        .prepare_cached("UPDATE recipient SET standing = ?3 WHERE message = ?1 AND place = ?2")?;
    for (place, state) in states.iter().enumerate() {
        update.execute(params![message, place as i64, state.standing.word()])?;
    }
    let any = |of: fn(Standing) -> bool| states.iter().any(|state| of(state.standing));
    transaction
        .prepare_cached("UPDATE message SET pending = ?2, failed = ?3 WHERE id = ?1")?
        .execute(params![
            message,
            any(Standing::is_pending),
            any(Standing::is_failure)
        ])?;
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
fn open_attempts(connection: &rusqlite::Connection) -> Result<Vec<OpenAttempt>, Error> {
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

/// A short id that no other message has.
fn free_short(transaction: &Transaction<'_>, message_id: &str) -> Result<String, Error> {
    let digits = sha256(message_id.as_bytes());
    for length in SHORT_DIGITS..=digits.len() {
        let short = &digits[..length];
        let taken = transaction
            .prepare_cached("SELECT 1 FROM message WHERE short = ?1")?
            .query_row([short], |_| Ok(()))
            .optional()?;
        if taken.is_none() {
            return Ok(short.to_owned());
        }
    }
    Err(Error::Corrupt(digits))
}
