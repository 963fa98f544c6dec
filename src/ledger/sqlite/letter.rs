//! What is read, of SQLite: rows that lists are made of, and an index of their words.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::words::Sought;
use super::{Sqlite, maybe_timestamp, timestamp};
use crate::address::MailAddress;
use crate::ledger::letter::{
    Known, LetterFilter, LetterList, LetterRef, LetterRow, LetterStanding, Letters, NewLetter,
    State, Unindexed,
};
use crate::ledger::{Error, MessageRef};
use crate::pec::{MessageId, MessageKind};
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// Digits of a short id; more where others have them.
const SHORT_DIGITS: usize = 8;
/// Letters that a person's word may mean.
const MOST_MEANT: usize = 10;
/// Letters of one thread that are named.
const MOST_IN_THREAD: usize = 20;

/// A letter with what its list says of it.
const SELECT: &str = "SELECT letter.*, message.short AS of_message, examination.doubt,
         examination.headline, coalesce(
             (SELECT name FROM account WHERE account.address = letter.account), letter.account)
             AS label
     FROM letter LEFT JOIN message ON message.id = letter.message
     LEFT JOIN examination ON letter.message IS NULL
         AND examination.account = letter.account AND examination.octets = letter.octets";

impl Letters for Sqlite {
    fn unindexed(&self, most: usize) -> Result<Vec<Unindexed>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(
            "SELECT id, short, account, octets, message_id, sender, subject, frozen_at
             FROM message WHERE NOT indexed ORDER BY id LIMIT ?1",
        )?;
        let ours = statement.query_map([most], unindexed_message)?;
        let mut all: Vec<Unindexed> = ours.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT examination.*, internal_date, received_at
             FROM examination INDEXED BY examination_unindexed
             LEFT JOIN received AS first ON first.id = (
                 SELECT min(id) FROM received WHERE received.octets = examination.octets
                     AND received.account = examination.account)
             WHERE NOT examination.indexed LIMIT ?1",
        )?;
        let rest = most - i64::try_from(all.len()).unwrap_or(i64::MAX);
        let mut rows = statement.query([rest])?;
        while let Some(row) = rows.next()? {
            all.push(unindexed_examination(row)?);
        }
        Ok(all)
    }

    fn count_unindexed(&self) -> Result<usize, Error> {
        let count: i64 = self
            .connection
            .prepare_cached(
                "SELECT (SELECT count(*) FROM message WHERE NOT indexed)
                     + (SELECT count(*) FROM examination INDEXED BY examination_unindexed
                        WHERE NOT indexed AND (verdict <> 'genuine'
                            OR kind IN ('posta-certificata', 'anomalia')))",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    fn index(&mut self, read: &[(Unindexed, Option<NewLetter>)]) -> Result<(), Error> {
        let transaction = self.immediate()?;
        for (unindexed, letter) in read {
            if mark(&transaction, unindexed)? {
                match (&unindexed.known, letter) {
                    (Some(known), Some(letter)) => put(&transaction, unindexed, known, letter)?,
                    // Judged again, it is none any more.
                    (Some(_), None) | (None, _) => {
                        remove(&transaction, &unindexed.account.key(), &unindexed.octets)?
                    }
                }
            }
        }
        Ok(transaction.commit()?)
    }

    fn letters(
        &self,
        list: LetterList,
        filter: &LetterFilter,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<LetterRow>, Error> {
        // Only what is asked stands in the query, so that each has its index.
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut conditions = vec![match list {
            LetterList::Certified => "letter.standing = 'certified'",
            LetterList::Apart => "letter.message IS NULL AND letter.standing <> 'certified'",
            LetterList::Sent => "letter.message IS NOT NULL",
            LetterList::Received => "letter.message IS NULL",
            LetterList::All => "1",
        }];
        let from = match Sought::of(filter) {
            Sought::Anything => SELECT.to_owned(),
            Sought::Nothing => return Ok(Vec::new()),
            // A word may be in many letters; in most mailboxes nothing stands apart.
            Sought::Words(_) if list == LetterList::Apart && !self.has_letters_apart()? => {
                return Ok(Vec::new());
            }
            Sought::Words(query) => {
                conditions.push("letter_words MATCH ?");
                values.push(Box::new(query));
                // CROSS: the index of words is asked once, and first.
                SELECT.replace(
                    "FROM letter ",
                    "FROM letter_words CROSS JOIN letter ON letter.id = letter_words.rowid ",
                )
            }
        };
        if let Some(account) = &filter.account {
            conditions.push("letter.account = ?");
            values.push(Box::new(account.key()));
        }
        if let Some(since) = filter.since {
            conditions.push("letter.at >= ?");
            values.push(Box::new(since.unix()));
        }
        if let Some(until) = filter.until {
            conditions.push("letter.at < ?");
            values.push(Box::new(until.unix()));
        }
        if filter.unopened {
            conditions.push("letter.opened_at IS NULL AND letter.message IS NULL");
        }
        if filter.with_attachments {
            conditions.push("letter.attachments > 0");
        }
        values.extend(
            [limit, offset].map(|number| {
                Box::new(i64::try_from(number).unwrap_or(i64::MAX)) as Box<dyn ToSql>
            }),
        );
        let query = format!(
            "{from} WHERE {} ORDER BY letter.at DESC, letter.id DESC LIMIT ? OFFSET ?",
            conditions.join(" AND ")
        );
        let values: Vec<&dyn ToSql> = values.iter().map(|value| &**value).collect();
        self.rows(&query, &values)
    }

    fn find_letter(&self, word: &str) -> Result<Vec<LetterRow>, Error> {
        let word = word.trim();
        if word.len() >= 4 && word.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let start = word.to_ascii_lowercase();
            let query = format!(
                "{SELECT} WHERE letter.short >= ?1 AND letter.short < ?2
                 ORDER BY letter.short LIMIT {MOST_MEANT}"
            );
            let mut found = self.rows(&query, &[&start, &format!("{start}g")])?;
            if let Some(exact) = found.iter().position(|row| row.letter.short == start) {
                return Ok(vec![found.swap_remove(exact)]);
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let id = MessageId::new(word).as_str();
        if id.is_empty() {
            return Ok(Vec::new());
        }
        let query = format!(
            "{SELECT} WHERE letter.id IN ({KNOWN_AS}) ORDER BY letter.id LIMIT {MOST_MEANT}"
        );
        self.rows(&query, &[&id])
    }

    fn letter_in(&self, account: &MailAddress, octets: &str) -> Result<Option<LetterRow>, Error> {
        let query = format!(
            "{SELECT} WHERE letter.message IS NULL AND letter.account = ?1 AND letter.octets = ?2"
        );
        Ok(self.rows(&query, &[&account.key(), &octets])?.pop())
    }

    fn letter_of(&self, message: &MessageRef) -> Result<Option<LetterRow>, Error> {
        let query = format!("{SELECT} WHERE letter.message = ?1");
        Ok(self.rows(&query, &[&message.id])?.pop())
    }

    fn answered_by(&self, letter: &LetterRow) -> Result<Vec<LetterRow>, Error> {
        let Some(id) = &letter.answers else {
            return Ok(Vec::new());
        };
        let query = format!(
            "{SELECT} WHERE letter.id IN ({KNOWN_AS}) AND letter.id <> ?2
             ORDER BY letter.account = ?3 DESC, letter.id LIMIT {MOST_IN_THREAD}"
        );
        self.rows(&query, &[id, &letter.letter.id, &letter.address.key()])
    }

    fn answers_to(&self, letter: &LetterRow) -> Result<Vec<LetterRow>, Error> {
        let query = format!(
            "{SELECT} WHERE letter.answers IN (SELECT ?1 UNION SELECT ?2
                 UNION SELECT identifier FROM fact WHERE fact.message = ?3)
             AND letter.id <> ?4 ORDER BY letter.at, letter.id LIMIT {MOST_IN_THREAD}"
        );
        let message = letter.message.as_ref().map(|message| message.id);
        let values: [&dyn ToSql; 4] = [
            &letter.message_id,
            &letter.identifier,
            &message,
            &letter.letter.id,
        ];
        self.rows(&query, &values)
    }

    fn open_letter(&mut self, letter: &LetterRef, now: Timestamp) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE letter SET opened_at = ?2 WHERE id = ?1 AND opened_at IS NULL")?
            .execute([letter.id, now.unix()])?;
        Ok(())
    }

    fn close_letter(&mut self, letter: &LetterRef) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE letter SET opened_at = NULL WHERE id = ?1")?
            .execute([letter.id])?;
        Ok(())
    }
}

/// Letters that have a Message-ID: of their writer, or of the provider, which it may have stated in
/// receipts alone.
const KNOWN_AS: &str = "SELECT id FROM letter WHERE message_id = ?1
    UNION SELECT id FROM letter WHERE identifier = ?1
    UNION SELECT letter.id FROM fact JOIN letter ON letter.message = fact.message
        WHERE fact.identifier = ?1";

impl Sqlite {
    fn has_letters_apart(&self) -> Result<bool, Error> {
        let query = "SELECT EXISTS (SELECT 1 FROM letter INDEXED BY letter_apart
             WHERE message IS NULL AND standing <> 'certified')";
        let mut statement = self.connection.prepare_cached(query)?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn rows(&self, query: &str, values: &[&dyn ToSql]) -> Result<Vec<LetterRow>, Error> {
        let mut statement = self.connection.prepare_cached(query)?;
        let mut found = statement.query(values)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(letter_row(row)?);
        }
        Ok(rows)
    }
}

/// Removes a letter that was received, with its words.
pub(super) fn remove(
    transaction: &Transaction<'_>,
    account: &str,
    octets: &str,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "DELETE FROM letter WHERE account = ?1 AND octets = ?2 AND message IS NULL",
        )?
        .execute([account, octets])?;
    Ok(())
}

/// Notes that it was looked at; says whether it is as it was when it was asked for.
fn mark(transaction: &Transaction<'_>, unindexed: &Unindexed) -> Result<bool, Error> {
    let marked = match &unindexed.state {
        State::Message(message) => transaction
            .prepare_cached("UPDATE message SET indexed = 1 WHERE id = ?1")?
            .execute([message.id])?,
        State::Examination {
            verdict,
            kind,
            examined_at,
        } => transaction
            .prepare_cached(
                "UPDATE examination SET indexed = 1 WHERE account = ?1 AND octets = ?2
                     AND verdict = ?3 AND kind IS ?4 AND examined_at = ?5",
            )?
            .execute(params![
                unindexed.account.key(),
                unindexed.octets,
                verdict,
                kind,
                examined_at
            ])?,
    };
    Ok(marked == 1)
}

fn put(
    transaction: &Transaction<'_>,
    unindexed: &Unindexed,
    known: &Known,
    letter: &NewLetter,
) -> Result<(), Error> {
    let account = unindexed.account.key();
    let message = match &unindexed.state {
        State::Message(message) => Some(message),
        State::Examination { .. } => None,
    };
    let before: Option<(i64, String)> = transaction
        .prepare_cached(
            "SELECT id, short FROM letter WHERE message IS NULL AND ?3 IS NULL
                 AND account = ?1 AND octets = ?2
             UNION ALL SELECT id, short FROM letter WHERE message = ?3",
        )?
        .query_row(
            params![account, unindexed.octets, message.map(|message| message.id)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let (id, short) = match before {
        Some((id, short)) => (Some(id), short),
        None => (None, free_short(transaction, unindexed, message)?),
    };
    let mut insert = transaction.prepare_cached(
        "INSERT INTO letter (id, short, account, octets, message, standing, at, sender, subject,
             message_id, identifier, answers, size, attachments)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO UPDATE SET standing = excluded.standing, at = excluded.at,
             sender = excluded.sender, subject = excluded.subject,
             message_id = excluded.message_id, identifier = excluded.identifier,
             answers = excluded.answers, size = excluded.size,
             attachments = excluded.attachments
         RETURNING id",
    )?;
    let values = params![
        id,
        short,
        account,
        unindexed.octets,
        message.map(|message| message.id),
        known.standing.word(),
        known.at.unix(),
        letter.sender,
        letter.subject,
        letter.message_id,
        known.identifier,
        letter.answers,
        i64::try_from(letter.size).unwrap_or(i64::MAX),
        i64::try_from(letter.attachments).unwrap_or(i64::MAX),
    ];
    let id: i64 = insert.query_row(values, |row| row.get(0))?;
    // What its sender calls it is searched for as its words are.
    let reference: Option<String> = match message {
        None => None,
        Some(message) => transaction
            .prepare_cached("SELECT reference FROM message WHERE id = ?1")?
            .query_row([message.id], |row| row.get(0))?,
    };
    let body = match reference {
        None => letter.body.clone(),
        Some(reference) => format!("{}\n{reference}", letter.body),
    };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO letter_words (rowid, subject, sender, people, body, files)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id,
            letter.subject,
            letter.sender,
            letter.people,
            body,
            letter.files
        ])?;
    Ok(())
}

/// A short id that nothing else has. A message of ours keeps its own: what was received and has the
/// same gets a longer one.
fn free_short(
    transaction: &Transaction<'_>,
    unindexed: &Unindexed,
    message: Option<&MessageRef>,
) -> Result<String, Error> {
    if let Some(message) = message {
        let other: Option<(i64, String, String)> = transaction
            .prepare_cached("SELECT id, account, octets FROM letter WHERE short = ?1")?
            .query_row([&message.short], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        if let Some((id, account, octets)) = other {
            let longer = first_free(transaction, &account, &octets)?;
            let update = "UPDATE letter SET short = ?2 WHERE id = ?1";
            transaction.execute(update, params![id, longer])?;
        }
        return Ok(message.short.clone());
    }
    first_free(transaction, &unindexed.account.key(), &unindexed.octets)
}

fn first_free(transaction: &Transaction<'_>, account: &str, octets: &str) -> Result<String, Error> {
    let digits = sha256(format!("{account}\n{octets}").as_bytes());
    for length in SHORT_DIGITS..=digits.len() {
        let short = &digits[..length];
        let is_taken: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM letter WHERE short = ?1)
                     OR EXISTS (SELECT 1 FROM message WHERE short = ?1)",
            )?
            .query_row([short], |row| row.get(0))?;
        if !is_taken {
            return Ok(short.to_owned());
        }
    }
    Err(Error::Corrupt(digits))
}

fn unindexed_message(row: &Row<'_>) -> rusqlite::Result<Unindexed> {
    let message_id: String = row.get("message_id")?;
    Ok(Unindexed {
        account: MailAddress::of(row.get("account")?),
        octets: row.get("octets")?,
        known: Some(Known {
            standing: LetterStanding::Sent,
            at: timestamp(row, "frozen_at")?,
            sender: row.get("sender")?,
            subject: row.get("subject")?,
            message_id: Some(MessageId::new(&message_id).as_str().to_owned()),
            identifier: None,
        }),
        state: State::Message(MessageRef {
            id: row.get("id")?,
            short: row.get("short")?,
        }),
    })
}

fn unindexed_examination(row: &Row<'_>) -> Result<Unindexed, Error> {
    let (verdict, kind): (String, Option<String>) = (row.get("verdict")?, row.get("kind")?);
    let Some(judged) = Verdict::from_word(&verdict) else {
        return Err(Error::Corrupt(verdict));
    };
    let standing = LetterStanding::of(judged, kind.as_deref().and_then(kind_of));
    let known = match standing {
        Some(standing) => Some(known_of(row, standing)?),
        None => None,
    };
    Ok(Unindexed {
        account: MailAddress::of(row.get("account")?),
        octets: row.get("octets")?,
        known,
        state: State::Examination {
            verdict,
            kind,
            examined_at: row.get("examined_at")?,
        },
    })
}

/// The kind of a word of the ledger.
fn kind_of(word: &str) -> Option<MessageKind> {
    let anomaly = MessageKind::AnomalyEnvelope;
    MessageKind::from_word(word).or_else(|| (word == anomaly.word()).then_some(anomaly))
}

fn known_of(row: &Row<'_>, standing: LetterStanding) -> rusqlite::Result<Known> {
    let examined = timestamp(row, "examined_at")?;
    let came = maybe_timestamp(row, "internal_date")?.or(maybe_timestamp(row, "received_at")?);
    let certified = maybe_timestamp(row, "certified_at")?;
    // What is not proved certifies nothing, though its date is kept; an anomaly envelope's columns
    // are claims of the mail inside.
    let certified = certified.filter(|_| standing == LetterStanding::Certified);
    let text = |column: &str| -> rusqlite::Result<Option<String>> {
        let text: Option<String> = row.get(column)?;
        let text = text.filter(|text| !text.is_empty());
        Ok(text.filter(|_| {
            matches!(
                standing,
                LetterStanding::Certified | LetterStanding::Anomaly
            )
        }))
    };
    let id = |column: &str| -> rusqlite::Result<Option<String>> {
        let text = text(column)?.filter(|_| standing == LetterStanding::Certified);
        let id = text.map(|id| MessageId::new(&id).as_str().to_owned());
        Ok(id.filter(|id| !id.is_empty()))
    };
    Ok(Known {
        standing,
        at: certified.or(came).unwrap_or(examined),
        sender: text("sender")?,
        subject: text("subject")?,
        message_id: id("message_id")?,
        identifier: id("identifier")?,
    })
}

fn letter_row(row: &Row<'_>) -> Result<LetterRow, Error> {
    let word: String = row.get("standing")?;
    let Some(standing) = LetterStanding::from_word(&word) else {
        return Err(Error::Corrupt(word));
    };
    let (id, short): (Option<i64>, Option<String>) = (row.get("message")?, row.get("of_message")?);
    let count = |column: &str| -> rusqlite::Result<u64> {
        let count: i64 = row.get(column)?;
        Ok(u64::try_from(count).unwrap_or_default())
    };
    Ok(LetterRow {
        letter: LetterRef {
            id: row.get("id")?,
            short: row.get("short")?,
        },
        account: row.get("label")?,
        address: MailAddress::of(row.get("account")?),
        octets: row.get("octets")?,
        message: id.zip(short).map(|(id, short)| MessageRef { id, short }),
        standing,
        at: timestamp(row, "at")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        message_id: row.get("message_id")?,
        identifier: row.get("identifier")?,
        answers: row.get("answers")?,
        size: count("size")?,
        attachments: usize::try_from(count("attachments")?).unwrap_or(usize::MAX),
        opened_at: maybe_timestamp(row, "opened_at")?,
        doubt: row.get("doubt")?,
        headline: row.get::<_, Option<String>>("headline")?.filter(|_| {
            matches!(
                standing,
                LetterStanding::NotGenuine | LetterStanding::CannotTell
            )
        }),
    })
}
