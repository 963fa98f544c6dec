//! Which message of ours a verified receipt speaks of.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use rusqlite::{OptionalExtension, Transaction};

use super::query;
use crate::address::MailAddress;
use crate::ledger::{Error, MatchRule, MessageRef};
use crate::pec::{CertificationData, MessageId, MessageKind};

/// Finds the message of the signed data; see [`MatchRule`]. `only_of`: among the messages of
/// that account.
pub(super) fn find(
    transaction: &Transaction<'_>,
    kind: MessageKind,
    data: &CertificationData,
    only_of: Option<&str>,
) -> Result<(MatchRule, Option<MessageRef>), Error> {
    use MessageKind as K;
    let for_sender = matches!(
        kind,
        K::Acceptance | K::NonAcceptance | K::Delivery | K::NonDelivery | K::TimeoutNotice
    );
    if !for_sender {
        return Ok((MatchRule::NotForSender, None));
    }
    let by_id = match &data.message_id {
        Some(id) => query::by_message_id(transaction, id)?,
        None => None,
    };
    let (rule, found) = match by_id {
        Some(found) => (MatchRule::MessageId, Some(found)),
        None => (MatchRule::Identifier, by_identifier(transaction, data)?),
    };
    let Some(found) = found else {
        return Ok((MatchRule::Orphan, None));
    };
    let (sender, account): (String, String) = transaction
        .prepare_cached("SELECT sender, account FROM message WHERE id = ?1")?
        .query_row([found.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if only_of.is_some_and(|only| only != account) {
        return Ok((MatchRule::Orphan, None));
    }
    // Anyone may send a message under our Message-ID; nobody else can have it certified as ours.
    if MailAddress::new(&sender) != data.sender {
        return Ok((MatchRule::OtherSender, Some(found)));
    }
    Ok((rule, Some(found)))
}

/// By the identifier that an earlier receipt of the same transaction taught us. A receipt that
/// states another `msgid` of its own is about another message.
fn by_identifier(
    transaction: &Transaction<'_>,
    data: &CertificationData,
) -> Result<Option<MessageRef>, Error> {
    let identifier = MessageId::new(&data.identifier).as_str();
    if data.message_id.is_some() || identifier.is_empty() {
        return Ok(None);
    }
    Ok(transaction
        .prepare_cached(
            "SELECT message.id, message.short FROM fact
             JOIN message ON message.id = fact.message WHERE fact.identifier = ?1 LIMIT 1",
        )?
        .query_row([identifier], query::message_ref)
        .optional()?)
}
