//! Messages and facts written; what lists are filtered by, derived from them.

use rusqlite::{OptionalExtension, Transaction, params};

use super::query;
use crate::ledger::fact::{Fact, Row};
use crate::ledger::state::Standing;
use crate::ledger::{Error, MessageRef};
use crate::pec::outgoing::OutgoingMessage;
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// Digits of a short id; more when two messages share them.
const SHORT_DIGITS: usize = 8;

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

/// Derives the columns that lists are filtered by.
pub(super) fn refresh(transaction: &Transaction<'_>, message: i64) -> Result<(), Error> {
    let facts = query::facts(transaction, message)?;
    let states = query::states(transaction, message, &facts)?;
    // What stays as it is is not written: SQLite would, and each page of its log is one more.
    let mut update = transaction.prepare_cached(
        "UPDATE recipient SET standing = ?3
         WHERE message = ?1 AND place = ?2 AND standing IS NOT ?3",
    )?;
    for (place, state) in states.iter().enumerate() {
        update.execute(params![message, place as i64, state.standing.word()])?;
    }
    let any = |of: fn(Standing) -> bool| states.iter().any(|state| of(state.standing));
    transaction
        .prepare_cached(
            "UPDATE message SET pending = ?2, failed = ?3
             WHERE id = ?1 AND (pending IS NOT ?2 OR failed IS NOT ?3)",
        )?
        .execute(params![
            message,
            any(Standing::is_pending),
            any(Standing::is_failure)
        ])?;
    Ok(())
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
