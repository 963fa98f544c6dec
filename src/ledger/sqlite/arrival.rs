//! Mailboxes, of SQLite: what was found, how it was judged, how far each folder was read.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use rusqlite::{OptionalExtension, Transaction, params};

use super::facts::{append, refresh};
use super::surroundings::listed;
use super::{Sqlite, forget, letter, matching, query, unread};
use crate::address::MailAddress;
use crate::ledger::arrival::Mailboxes;
use crate::ledger::fact::Fact;
use crate::ledger::judged::{Authorities, JudgedBy};
use crate::ledger::{Arrival, Cursor, Error, Finding, MatchRule, MessageRef, Place, Recorded};
use crate::pec::wrapped::WrappedMail;
use crate::pec::{MessageId, MessageKind};
use crate::providers::Trust;
use crate::timestamp::Timestamp;
use crate::verify::{CheckId, Examination, Verdict, VerifiedReceipt};

impl Mailboxes for Sqlite {
    fn cursor(&self, account: &MailAddress, folder: &str) -> Result<Option<Cursor>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT uid_validity, last_uid FROM cursor WHERE account = ?1 AND folder = ?2",
        )?;
        let cursor = statement.query_row([&*account.key(), folder], |row| {
            Ok(Cursor {
                uid_validity: row.get(0)?,
                last_uid: row.get(1)?,
            })
        });
        Ok(cursor.optional()?)
    }

    fn record(
        &mut self,
        account: &MailAddress,
        arrivals: &[Arrival],
        cursor: Option<(&str, Cursor)>,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Vec<Recorded>, Error> {
        let judged_by = JudgedBy::of(trust);
        let account = &*account.key();
        let transaction = self.immediate()?;
        let mut recorded = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            if forget::is_forgotten(&transaction, account, &arrival.octets)? {
                recorded.push(gone_again(&transaction, account, arrival)?);
                continue;
            }
            put_received(&transaction, account, arrival, now)?;
            recorded.push(judge(&transaction, account, arrival, &judged_by, now)?);
        }
        if let Some((folder, cursor)) = cursor {
            transaction
                .prepare_cached(
                    "INSERT INTO cursor (account, folder, uid_validity, last_uid)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (account, folder) DO UPDATE
                     SET uid_validity = excluded.uid_validity, last_uid = excluded.last_uid",
                )?
                .execute(params![
                    account,
                    folder,
                    cursor.uid_validity,
                    cursor.last_uid
                ])?;
        }
        transaction.commit()?;
        Ok(recorded)
    }

    fn orphans_to_adopt(&self, account: &MailAddress) -> Result<Vec<String>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT octets FROM examination INDEXED BY examination_of_orphan
             WHERE message IS NULL AND verdict = 'genuine' AND match_rule = 'orphan'
               AND account = ?1
               AND CASE WHEN message_id IS NULL
                   THEN EXISTS (SELECT 1 FROM fact
                       WHERE fact.identifier = examination.identifier)
                   ELSE EXISTS (SELECT 1 FROM message WHERE message.account = ?1
                       AND message.message_id IN (examination.message_id,
                           '<' || examination.message_id || '>'))
                       OR (kind = 'accettazione' AND recipients IS NULL)
               END",
        )?;
        let found = statement.query_map([account.key()], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn to_judge_again(
        &self,
        account: &MailAddress,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        // What earlier versions judged by the clock has no date.
        let mut statement = self.connection.prepare_cached(
            "SELECT octets FROM examination INDEXED BY examination_unproved
             WHERE verdict IN ('not-genuine', 'cannot-tell') AND account = ?1
               AND (trust_as_of IS NOT ?2
                   OR (headline = ?3 AND (certified_at IS NULL
                       OR verdict = 'cannot-tell' AND certified_at <= ?4)))",
        )?;
        let clock = CheckId::TimePlausible.id();
        let values = params![
            account.key(),
            JudgedBy::of(trust).to_string(),
            clock,
            now.unix()
        ];
        let found = statement.query_map(values, |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn receipt_in(
        &self,
        account: &MailAddress,
        folder: &str,
        uid_validity: u32,
    ) -> Result<Option<(u32, String)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT received.uid, examination.message_id FROM received
             JOIN examination USING (account, octets)
             WHERE received.account = ?1 AND folder = ?2 AND uid_validity = ?3
               AND verdict = 'genuine' AND match_rule IS NOT NULL
               AND examination.message_id IS NOT NULL
             ORDER BY received.uid DESC LIMIT 1",
        )?;
        let values = params![&*account.key(), folder, uid_validity];
        let found = statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    fn found_at(
        &self,
        account: &MailAddress,
        octets: &str,
    ) -> Result<Option<(String, u32, u32)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT folder, uid_validity, uid FROM received
             WHERE account = ?1 AND octets = ?2 ORDER BY id LIMIT 1",
        )?;
        let found = statement.query_row([&*account.key(), octets], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        Ok(found.optional()?)
    }
}

/// What was forgotten and lies in the mailbox still: its octets go again, and it stays forgotten.
fn gone_again(
    transaction: &Transaction<'_>,
    account: &str,
    arrival: &Arrival,
) -> Result<Recorded, Error> {
    unread::came(transaction, account, &place_of(arrival))?;
    forget::go(transaction, &arrival.octets, false)?;
    Ok(Recorded {
        rule: None,
        message: None,
        new_facts: 0,
        known: true,
        forgotten: true,
    })
}

fn place_of(arrival: &Arrival) -> Place {
    Place {
        folder: arrival.folder.clone(),
        uid_validity: arrival.uid_validity,
        uid: arrival.uid,
    }
}

fn put_received(
    transaction: &Transaction<'_>,
    account: &str,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<(), Error> {
    if arrival.is_imported() {
        return put_imported(transaction, account, &arrival.octets, now);
    }
    let key = params![account, arrival.folder, arrival.uid_validity, arrival.uid];
    let before: Option<String> = transaction
        .prepare_cached(
            "SELECT octets FROM received
             WHERE account = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid = ?4",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    transaction
        .prepare_cached(
            "INSERT INTO received (account, folder, uid_validity, uid, internal_date,
                 octets, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (account, folder, uid_validity, uid) DO UPDATE
             SET octets = excluded.octets, internal_date = excluded.internal_date,
                 received_at = excluded.received_at
             WHERE octets <> excluded.octets",
        )?
        .execute(params![
            account,
            arrival.folder,
            arrival.uid_validity,
            arrival.uid,
            arrival.internal_date.map(Timestamp::unix),
            arrival.octets,
            now.unix(),
        ])?;
    if let Some(before) = before.filter(|before| *before != arrival.octets) {
        take_back(transaction, account, &before)?;
    }
    unread::came(transaction, account, &place_of(arrival))
}

/// What lay elsewhere gets a number of its own in the folder without a name, unless its octets were
/// found before.
fn put_imported(
    transaction: &Transaction<'_>,
    account: &str,
    octets: &str,
    now: Timestamp,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "INSERT INTO received (account, folder, uid_validity, uid, octets, received_at)
             SELECT ?1, '', 0, 1 + ifnull((SELECT max(uid) FROM received
                 WHERE account = ?1 AND folder = '' AND uid_validity = 0), 0), ?2, ?3
             WHERE NOT EXISTS (SELECT 1 FROM received
                 WHERE received.octets = ?2 AND received.account = ?1)",
        )?
        .execute(params![account, octets, now.unix()])?;
    Ok(())
}

/// A message is the same under the same number (RFC 3501, 2.3.1.1): what came under it before in
/// other octets was cut or spoilt on the way, and what it did not prove is no news of anybody.
fn take_back(transaction: &Transaction<'_>, account: &str, octets: &str) -> Result<(), Error> {
    let taken = transaction
        .prepare_cached(
            "DELETE FROM examination
             WHERE account = ?1 AND octets = ?2 AND verdict <> 'genuine'
                 AND NOT EXISTS (SELECT 1 FROM received
                     WHERE received.octets = ?2 AND received.account = ?1)",
        )?
        .execute([account, octets])?;
    if taken > 0 {
        letter::remove(transaction, account, octets)?;
    }
    Ok(())
}

fn judge(
    transaction: &Transaction<'_>,
    account: &str,
    arrival: &Arrival,
    judged_by: &JudgedBy,
    now: Timestamp,
) -> Result<Recorded, Error> {
    let before: Option<String> = transaction
        .prepare_cached("SELECT verdict FROM examination WHERE account = ?1 AND octets = ?2")?
        .query_row([account, &arrival.octets], |row| row.get(0))
        .optional()?;
    let known = before.is_some();
    let (receipt, other_content) = match &arrival.finding {
        Finding::Other(examination) | Finding::Anomaly(examination, _) => {
            let wrapped = match &arrival.finding {
                Finding::Anomaly(_, wrapped) => Some(wrapped),
                Finding::Other(_) | Finding::Verified { .. } => None,
            };
            // What was proved once stays proved: later trust data do not take it back.
            if before.as_deref() != Some(Verdict::Genuine.word()) {
                let judged = (&**examination, wrapped);
                put_other(transaction, account, arrival, judged, judged_by, now)?;
            }
            return Ok(Recorded {
                rule: None,
                message: None,
                new_facts: 0,
                known,
                forgotten: false,
            });
        }
        Finding::Verified {
            receipt,
            other_content,
        } => (receipt, *other_content),
    };
    // A trust file speaks for its account only: a practice provider proves nothing elsewhere.
    let only_of = match judged_by.authorities {
        Authorities::OfTheAccount => Some(account),
        Authorities::BuiltIn => None,
    };
    let (mut rule, message) = matching::find(transaction, receipt.kind(), receipt.data(), only_of)?;
    if rule.is_match() && other_content {
        rule = MatchRule::OtherContent;
    }
    let matched = message.as_ref().filter(|_| rule.is_match());
    put_verified(
        transaction,
        account,
        arrival,
        receipt,
        (rule, matched),
        judged_by,
        now,
    )?;
    if let Some(stone) = matched
        && forget::is_stone(transaction, stone.id)?
    {
        forget::forget_octets(transaction, account, &arrival.octets, now)?;
        forget::go(transaction, &arrival.octets, false)?;
        return Ok(Recorded {
            rule: Some(rule),
            message,
            new_facts: 0,
            known,
            forgotten: true,
        });
    }
    let new_facts = match matched {
        Some(message) => add_facts(transaction, message.id, receipt, &arrival.octets, now)?,
        None => 0,
    };
    Ok(Recorded {
        rule: Some(rule),
        message,
        new_facts,
        known,
        forgotten: false,
    })
}

fn add_facts(
    transaction: &Transaction<'_>,
    message: i64,
    receipt: &VerifiedReceipt,
    octets: &str,
    now: Timestamp,
) -> Result<usize, Error> {
    let recipients: Vec<MailAddress> = query::recipients(transaction, message)?;
    let mut new = 0;
    for fact in Fact::stated_by(receipt, &recipients, octets) {
        new += usize::from(append(transaction, message, &fact, now)?);
    }
    refresh(transaction, message)?;
    Ok(new)
}

/// Writes what was found out; a second time replaces what was found out the first time.
const PUT: &str = "INSERT OR REPLACE INTO examination (account, octets, verdict, kind, headline,
        certified_at, message_id, identifier, sender, delivered_to, subject, message, match_rule,
        trust_as_of, examined_at, recipients, doubt)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";

/// Of an anomaly envelope its columns hold what the mail inside claims: its sender, its subject,
/// and the Message-ID that it reports about.
fn put_other(
    transaction: &Transaction<'_>,
    account: &str,
    arrival: &Arrival,
    (examination, wrapped): (&Examination, Option<&WrappedMail>),
    judged_by: &JudgedBy,
    now: Timestamp,
) -> Result<(), Error> {
    let none = None::<String>;
    let genuine = examination.verdict() == Verdict::Genuine;
    let kind = examination.facts().and_then(|facts| facts.kind());
    let headline = examination.headline();
    // Kept where our clock decided, so that a later one decides again.
    let ahead = headline.is_some_and(|finding| finding.check() == CheckId::TimePlausible);
    let stated = examination.facts().and_then(|facts| facts.data());
    let stated = stated.filter(|_| ahead).map(|data| data.time.unix());
    transaction.prepare_cached(PUT)?.execute(params![
        account,
        arrival.octets,
        examination.verdict().word(),
        kind.filter(|_| genuine).map(MessageKind::word),
        headline.map(|finding| finding.check().id()),
        stated,
        wrapped.and_then(|mail| mail.report.as_ref()?.about.as_deref()),
        none,
        wrapped.map(|mail| &*mail.sender),
        none,
        wrapped.map(|mail| &*mail.subject),
        None::<i64>,
        none,
        judged_by.to_string(),
        now.unix(),
        none,
        examination
            .first_doubt()
            .filter(|_| genuine)
            .map(|doubt| doubt.check().id()),
    ])?;
    Ok(())
}

fn put_verified(
    transaction: &Transaction<'_>,
    account: &str,
    arrival: &Arrival,
    receipt: &VerifiedReceipt,
    (rule, message): (MatchRule, Option<&MessageRef>),
    judged_by: &JudgedBy,
    now: Timestamp,
) -> Result<(), Error> {
    let data = receipt.data();
    let recipients = (receipt.kind() == MessageKind::Acceptance)
        .then(|| listed(data.recipients.iter().map(|one| &one.address)));
    transaction.prepare_cached(PUT)?.execute(params![
        account,
        arrival.octets,
        Verdict::Genuine.word(),
        receipt.kind().word(),
        None::<String>,
        data.time.unix(),
        data.message_id,
        MessageId::new(&data.identifier).as_str(),
        data.sender.as_str(),
        data.delivered_to.as_ref().map(MailAddress::as_str),
        data.subject,
        message.map(|message| message.id),
        rule.word(),
        judged_by.to_string(),
        now.unix(),
        recipients,
        receipt
            .examination()
            .first_doubt()
            .map(|doubt| doubt.check().id()),
    ])?;
    Ok(())
}
