//! Lists and single messages, of SQLite.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::account::LABEL;
use super::{Sqlite, maybe_timestamp, timestamp};
use crate::address::MailAddress;
use crate::ledger::fact::{self, Fact, What};
use crate::ledger::judged::JudgedBy;
use crate::ledger::query::Queries;
use crate::ledger::state::{Open, RecipientState, Standing};
use crate::ledger::{
    Error, Filter, MatchRule, MessageRef, MessageRow, MessageView, ReceivedRow, RecipientView,
    Unsettling,
};
use crate::pec::outgoing::{OutgoingMessage, RecipientField};
use crate::pec::{MessageId, RecipientKind};
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

impl Queries for Sqlite {
    fn list(&self, filter: &Filter, limit: usize, offset: usize) -> Result<Vec<MessageRow>, Error> {
        // Only what is asked stands in the query, so that each has its index.
        let mut conditions = vec!["1"];
        let mut values: Vec<Box<dyn rusqlite::ToSql>> = Vec::new();
        if filter.pending {
            conditions.push("pending");
        }
        if filter.failed {
            conditions.push("failed");
        }
        if let Some(account) = &filter.account {
            conditions.push("account = ?");
            values.push(Box::new(account.key()));
        }
        if let Some(since) = filter.since {
            conditions.push("frozen_at >= ?");
            values.push(Box::new(since.unix()));
        }
        if let Some(to) = &filter.to {
            conditions.push(
                "EXISTS (SELECT 1 FROM recipient
                     WHERE recipient.message = message.id AND address LIKE ? ESCAPE '\\')",
            );
            values.push(Box::new(format!("%{}%", escape_like(to))));
        }
        if let Some(reference) = &filter.reference {
            conditions.push("reference = ?");
            values.push(Box::new(reference.clone()));
        }
        values.push(Box::new(i64::try_from(limit).unwrap_or(i64::MAX)));
        values.push(Box::new(i64::try_from(offset).unwrap_or(i64::MAX)));
        let query = format!(
            "SELECT *, {LABEL} AS label FROM message WHERE {} ORDER BY frozen_at DESC, id DESC LIMIT ? OFFSET ?",
            conditions.join(" AND ")
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), message_row)?;
        let mut rows: Vec<MessageRow> = rows.collect::<Result<_, _>>()?;
        for row in &mut rows {
            row.recipients = self.standings(row.message.id)?;
        }
        Ok(rows)
    }

    fn find(&self, word: &str) -> Result<Vec<MessageRef>, Error> {
        const MOST: usize = 10;
        let word = word.trim();
        if let Some(found) = by_message_id(&self.connection, word)? {
            return Ok(vec![found]);
        }
        let is_short = word.len() >= 4 && word.bytes().all(|c| c.is_ascii_hexdigit());
        let select = "SELECT id, short FROM message WHERE";
        if is_short {
            let start = word.to_ascii_lowercase();
            let query = format!("{select} short >= ?1 AND short < ?2 ORDER BY short LIMIT {MOST}");
            let found = self.refs(&query, &[&start, &format!("{start}g")])?;
            if let Some(exact) = found.iter().find(|found| found.short == start) {
                return Ok(vec![exact.clone()]);
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if word.is_empty() {
            return Ok(Vec::new());
        }
        let order = format!("ORDER BY frozen_at DESC, id DESC LIMIT {MOST}");
        let exact = self.refs(&format!("{select} subject = ?1 {order}"), &[&word])?;
        if !exact.is_empty() {
            return Ok(exact);
        }
        let like = format!("%{}%", escape_like(word));
        self.refs(
            &format!("{select} subject LIKE ?1 ESCAPE '\\' {order}"),
            &[&like],
        )
    }

    fn by_message_id(&self, message_id: &str) -> Result<Option<MessageRef>, Error> {
        by_message_id(&self.connection, message_id)
    }

    fn row(&self, message: &MessageRef) -> Result<MessageRow, Error> {
        let mut row = self
            .connection
            .prepare_cached(&format!(
                "SELECT *, {LABEL} AS label FROM message WHERE id = ?1"
            ))?
            .query_row([message.id], message_row)?;
        row.recipients = self.standings(message.id)?;
        Ok(row)
    }

    fn views(
        &self,
        filter: &Filter,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<MessageView>, Error> {
        // Nobody changes anything between two of its questions, and locks are taken once.
        let moment = self.connection.unchecked_transaction()?;
        let rows = self.list(filter, limit, offset)?;
        let views = rows.into_iter().map(|row| self.whole(row));
        let views = views.collect::<Result<_, _>>()?;
        moment.finish()?;
        Ok(views)
    }

    fn view(&self, message: &MessageRef) -> Result<MessageView, Error> {
        self.whole(self.row(message)?)
    }

    fn orphans(
        &self,
        account: Option<&MailAddress>,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<ReceivedRow>, Error> {
        self.received(&of_account(ORPHAN), &[&key_of(account)], limit, offset)
    }

    fn genuine_octets(&self) -> Result<Vec<String>, Error> {
        let query = "SELECT DISTINCT octets FROM examination WHERE verdict = ?1";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map([GENUINE], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn unproven(
        &self,
        account: Option<&MailAddress>,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<ReceivedRow>, Error> {
        self.received(&of_account(UNPROVEN), &[&key_of(account)], limit, offset)
    }

    fn unsettling(&self, account: Option<&MailAddress>) -> Result<Unsettling, Error> {
        let count = |condition: &str| -> Result<usize, Error> {
            let condition = of_account(condition);
            let query = format!("SELECT count(*) FROM examination WHERE {condition}");
            let count: i64 = self
                .connection
                .prepare_cached(&query)?
                .query_row([key_of(account)], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or_default())
        };
        let unread: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM unread WHERE ?1 IS NULL OR account = ?1")?
            .query_row([key_of(account)], |row| row.get(0))?;
        Ok(Unsettling {
            unproven: count(UNPROVEN)?,
            orphans: count(ORPHAN)?,
            unread: usize::try_from(unread).unwrap_or_default(),
        })
    }

    fn is_of_now(&self, message: &MessageRef, now: Timestamp) -> Result<bool, Error> {
        const NOW_SECONDS: i64 = 600;
        let newest: i64 = self
            .connection
            .prepare_cached(
                "SELECT max(frozen_at, ifnull((SELECT max(recorded_at) FROM fact
                     WHERE fact.message = message.id), 0))
                 FROM message WHERE id = ?1",
            )?
            .query_row([message.id], |row| row.get(0))?;
        let passed = now.seconds_since(Timestamp::from_unix(newest));
        Ok((0..NOW_SECONDS).contains(&passed))
    }

    fn has_left_here(&self, message: &MessageRef) -> Result<bool, Error> {
        let query = "SELECT EXISTS (SELECT 1 FROM fact WHERE message = ?1 AND what = 'handed')";
        Ok(self
            .connection
            .prepare_cached(query)?
            .query_row([message.id], |row| row.get(0))?)
    }

    fn unsettled(&self, account: &MailAddress) -> Result<Vec<MessageRef>, Error> {
        let unsettled = Standing::words(|one| match Open::of(&[one]) {
            Some(Open::Unsent | Open::InDoubt) => true,
            Some(Open::Sending) | None => false,
        });
        self.refs(
            &format!(
                "SELECT id, short FROM message
                 WHERE pending AND account = ?1 AND EXISTS (SELECT 1 FROM recipient
                     WHERE recipient.message = message.id AND standing IN ({unsettled}))
                 ORDER BY id"
            ),
            &[&account.key()],
        )
    }

    fn newest_acceptance(
        &self,
        address: &MailAddress,
    ) -> Result<Option<(RecipientKind, Timestamp)>, Error> {
        let found: Option<(String, Timestamp)> = self
            .connection
            .prepare_cached(
                "SELECT what, fact.at FROM recipient
                 JOIN fact ON fact.message = recipient.message AND fact.place = recipient.place
                 WHERE recipient.address = ?1 AND what IN ('accepted', 'accepted-as-ordinary')
                 ORDER BY fact.at DESC LIMIT 1",
            )?
            .query_row([address.as_str()], |row| {
                Ok((row.get("what")?, timestamp(row, "at")?))
            })
            .optional()?;
        Ok(
            found.map(|(what, at)| match what == What::AcceptedAsOrdinary.word() {
                true => (RecipientKind::External, at),
                false => (RecipientKind::Certified, at),
            }),
        )
    }

    fn twins(&self, message: &OutgoingMessage, since: Timestamp) -> Result<Vec<MessageRow>, Error> {
        self.to_the_same(message, "account = ?3", since)
    }

    fn twins_of_others(
        &self,
        message: &OutgoingMessage,
        since: Timestamp,
    ) -> Result<Vec<MessageRow>, Error> {
        self.to_the_same(message, "account <> ?3", since)
    }
    fn written_again(&self, message: &MessageRef) -> Result<Option<MessageRef>, Error> {
        let found = self.refs(
            "SELECT later.id, later.short FROM message
             JOIN message AS later ON later.id > message.id
               AND later.account = message.account
               AND later.subject = message.subject AND later.forgotten_at IS NULL
             WHERE message.id = ?1
               AND NOT EXISTS (SELECT address FROM recipient AS r WHERE r.message = message.id
                   EXCEPT SELECT address FROM recipient AS r WHERE r.message = later.id)
               AND NOT EXISTS (SELECT address FROM recipient AS r WHERE r.message = later.id
                   EXCEPT SELECT address FROM recipient AS r WHERE r.message = message.id)
             ORDER BY later.id DESC LIMIT 1",
            &[&message.id],
        )?;
        Ok(found.into_iter().next())
    }

    fn newest_entry(&self) -> Result<Option<Timestamp>, Error> {
        let newest: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT max(at) FROM (SELECT max(recorded_at) AS at FROM fact
                     UNION ALL SELECT max(frozen_at) FROM message)",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(newest.map(Timestamp::from_unix))
    }
}

impl Sqlite {
    /// A message of a list with all that is known of it.
    fn whole(&self, row: MessageRow) -> Result<MessageView, Error> {
        let message = row.message.id;
        let facts = facts(&self.connection, message)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT address, field FROM recipient WHERE message = ?1 ORDER BY place",
        )?;
        let named = statement.query_map([message], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut recipients = Vec::new();
        for (place, named) in named.enumerate() {
            let (address, field) = named?;
            recipients.push(RecipientView {
                address: MailAddress::new(&address),
                field: RecipientField::from_word(&field).ok_or(Error::Corrupt(field))?,
                state: RecipientState::of(place, &facts),
            });
        }
        let receipts = self.received("examination.message = ?1", &[&message], usize::MAX, 0)?;
        let id = MessageId::new(&row.message_id).as_str();
        let about: [&dyn rusqlite::ToSql; 2] = [&message, &id];
        let remarks = self.received(REMARK, &about, MOST_REMARKS, 0)?;
        Ok(MessageView {
            row,
            recipients,
            facts,
            receipts,
            remarks,
        })
    }

    /// Messages with the subject of one to its recipients, from accounts that a condition names.
    fn to_the_same(
        &self,
        message: &OutgoingMessage,
        accounts: &str,
        since: Timestamp,
    ) -> Result<Vec<MessageRow>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT *, {LABEL} AS label FROM message
             WHERE subject = ?2 AND {accounts}
               AND (frozen_at >= ?1 OR EXISTS (SELECT 1 FROM fact
                   WHERE fact.message = message.id AND what = 'handed' AND fact.at >= ?1))
             ORDER BY frozen_at DESC, id DESC LIMIT 100"
        ))?;
        let values = params![since.unix(), message.subject(), message.sender().key()];
        let rows: Vec<MessageRow> = statement
            .query_map(values, message_row)?
            .collect::<Result<_, _>>()?;
        let wanted: BTreeSet<String> = message
            .recipients()
            .iter()
            .map(|recipient| recipient.address.as_str().to_ascii_lowercase())
            .collect();
        let mut twins = Vec::new();
        for mut row in rows {
            row.recipients = self.standings(row.message.id)?;
            let found = row.recipients.iter();
            let found = found.map(|(address, _)| address.as_str().to_ascii_lowercase());
            if found.collect::<BTreeSet<_>>() == wanted {
                twins.push(row);
            }
        }
        Ok(twins)
    }

    fn refs(&self, query: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<MessageRef>, Error> {
        let mut statement = self.connection.prepare_cached(query)?;
        let found = statement.query_map(values, message_ref)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn standings(&self, message: i64) -> Result<Vec<(MailAddress, Standing)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address, standing FROM recipient WHERE message = ?1 ORDER BY place",
        )?;
        let rows = statement.query_map([message], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (address, word) = row?;
            let standing = Standing::from_word(&word).ok_or(Error::Corrupt(word))?;
            Ok((MailAddress::new(&address), standing))
        })
        .collect()
    }

    fn received(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
        limit: usize,
        offset: usize,
    ) -> Result<Vec<ReceivedRow>, Error> {
        let [limit, offset] = [limit, offset].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let query = format!(
            "SELECT examination.*, first.folder AS folder, first.uid AS uid,
                 coalesce(account.name, examination.account) AS label
             FROM examination LEFT JOIN received AS first ON first.id = (
                 SELECT min(id) FROM received WHERE received.octets = examination.octets
                     AND received.account = examination.account AND received.folder <> '')
             LEFT JOIN account ON account.address = examination.account
             WHERE {condition}
             ORDER BY coalesce(certified_at, examined_at) DESC, examination.octets
             LIMIT {limit} OFFSET {offset}"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(values, received_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// An anomaly envelope of the message's account whose mail reports about it: by its Message-ID,
/// or by an identifier that a receipt taught, which its provider's envelope has as Message-ID. The
/// sign keeps SQLite from looking through all of the account.
const REMARK: &str = "examination.verdict = 'genuine' AND examination.kind = 'anomalia'
    AND forgotten_at IS NULL
    AND +examination.account = (SELECT account FROM message WHERE message.id = ?1)
    AND examination.message_id IN
        (SELECT ?2 UNION SELECT identifier FROM fact WHERE fact.message = ?1)";
/// Remarks shown with one message: anybody can write one.
const MOST_REMARKS: usize = 50;

const ORPHAN: &str = "examination.message IS NULL AND forgotten_at IS NULL
    AND match_rule IN ('orphan', 'other-sender', 'other-content')";
const GENUINE: &str = Verdict::Genuine.word();
const UNPROVEN: &str = "verdict IN ('not-genuine', 'cannot-tell') AND forgotten_at IS NULL";

/// A condition on examinations, for the account in `?1` or for all.
fn of_account(condition: &str) -> String {
    format!("{condition} AND (?1 IS NULL OR examination.account = ?1)")
}

fn key_of(account: Option<&MailAddress>) -> Option<String> {
    account.map(MailAddress::key)
}

/// The message of a Message-ID, with or without its brackets.
pub(super) fn by_message_id(
    connection: &Connection,
    message_id: &str,
) -> Result<Option<MessageRef>, Error> {
    Ok(connection
        .prepare_cached("SELECT id, short FROM message WHERE message_id = ?1")?
        .query_row([MessageId::new(message_id).to_string()], message_ref)
        .optional()?)
}

/// All facts of a message in the order in which they were recorded.
pub(super) fn facts(connection: &Connection, message: i64) -> Result<Vec<Fact>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT what, place, attempt, at, evidence, identifier, code, text
         FROM fact WHERE message = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query(params![message])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        let place: Option<i64> = row.get(1)?;
        let Some(what) = What::from_word(&word) else {
            return Err(Error::Corrupt(word));
        };
        let fact = fact::Row {
            what,
            place: place.and_then(|place| usize::try_from(place).ok()),
            attempt: row.get(2)?,
            at: timestamp(row, "at")?,
            evidence: row.get(4)?,
            identifier: row.get(5)?,
            code: row.get(6)?,
            text: row.get(7)?,
        };
        facts.push(fact.read().ok_or(Error::Corrupt(word))?);
    }
    Ok(facts)
}

/// The state of each recipient, in the envelope's order.
pub(super) fn states(
    connection: &Connection,
    message: i64,
    facts: &[Fact],
) -> Result<Vec<RecipientState>, Error> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM recipient WHERE message = ?1")?
        .query_row([message], |row| row.get(0))?;
    let count = usize::try_from(count).unwrap_or_default();
    Ok((0..count)
        .map(|place| RecipientState::of(place, facts))
        .collect())
}

/// The addresses of a message's recipients, in the envelope's order.
pub(super) fn recipients(connection: &Connection, message: i64) -> Result<Vec<MailAddress>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT address FROM recipient WHERE message = ?1 ORDER BY place")?;
    let rows = statement.query_map([message], |row| row.get::<_, String>(0))?;
    rows.map(|address| Ok(MailAddress::new(&address?)))
        .collect()
}

/// Columns `id` and `short`.
pub(super) fn message_ref(row: &Row<'_>) -> rusqlite::Result<MessageRef> {
    Ok(MessageRef {
        id: row.get(0)?,
        short: row.get(1)?,
    })
}

fn message_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let size: i64 = row.get("size")?;
    Ok(MessageRow {
        message: MessageRef {
            id: row.get("id")?,
            short: row.get("short")?,
        },
        account: row.get("label")?,
        message_id: row.get("message_id")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        receipt_form: row.get("receipt_form")?,
        octets: row.get("octets")?,
        size: u64::try_from(size).unwrap_or_default(),
        frozen_at: timestamp(row, "frozen_at")?,
        forgotten_at: maybe_timestamp(row, "forgotten_at")?,
        reference: row.get("reference")?,
        recipients: Vec::new(),
    })
}

fn received_row(row: &Row<'_>) -> rusqlite::Result<ReceivedRow> {
    let rule: Option<String> = row.get("match_rule")?;
    let verdict: String = row.get("verdict")?;
    // What is not proved certifies nothing, though its date is kept.
    let certified_at = maybe_timestamp(row, "certified_at")?.filter(|_| verdict == GENUINE);
    let folder: Option<String> = row.get("folder")?;
    let uid: Option<u32> = row.get("uid")?;
    Ok(ReceivedRow {
        account: row.get("label")?,
        octets: row.get("octets")?,
        verdict,
        kind: row.get("kind")?,
        headline: row.get("headline")?,
        doubt: row.get("doubt")?,
        certified_at,
        subject: row.get("subject")?,
        message_id: row.get("message_id")?,
        identifier: row.get("identifier")?,
        delivered_to: row.get("delivered_to")?,
        sender: row.get("sender")?,
        rule: rule.as_deref().and_then(MatchRule::from_word),
        judged_by: row
            .get::<_, Option<String>>("trust_as_of")?
            .and_then(|text| JudgedBy::read(&text)),
        forgotten_at: maybe_timestamp(row, "forgotten_at")?,
        place: folder.zip(uid),
    })
}

/// A text for LIKE in which nothing is a wildcard.
fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}
