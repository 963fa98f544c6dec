//! Jobs: a table of notices, each row recorded before anything is sent, each sent once.
//!
//! All rows of a job are recorded in one transaction. A row's message is frozen and linked to
//! the row in one transaction too, so no kill leaves a message without its row; whether the
//! reference was served by another row is decided in that same transaction, so no two processes
//! serve it at once.

use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::octets::OctetStore;
use super::state::{Standing, What};
use super::submission::{append, bare, insert, refresh};
use super::{Error, Ledger, MessageRef, query, timestamp};
use crate::address::MailAddress;
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;

/// Digits of a short id; more when two jobs share them.
const SHORT_DIGITS: usize = 8;

/// A job in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRef {
    id: i64,
    /// What people call it: the first digits of its identity.
    pub short: String,
}

/// What a job is recorded with.
#[derive(Clone, Copy, Debug)]
pub struct NewJob<'a> {
    /// SHA-256 of all that makes its content.
    pub identity: &'a str,
    /// The file of its table.
    pub path: &'a str,
    /// How rows become notices, as JSON.
    pub recipe: &'a str,
}

/// What a row is recorded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// As a spreadsheet shows it.
    pub number: u64,
    /// The account that sends.
    pub account: MailAddress,
    /// The sender's reference, or the digest of the content.
    pub reference: String,
    /// Digest of recipients, texts and files.
    pub content: String,
    /// The row as it was, as JSON.
    pub columns: String,
    /// How many recipients.
    pub recipients: u32,
    /// Octets of the message, as foreseen.
    pub size: u64,
}

/// A job as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobView {
    /// The job.
    pub job: JobRef,
    /// Its identity.
    pub identity: String,
    /// The file of its table.
    pub path: String,
    /// How rows become notices, as JSON.
    pub recipe: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// How many rows.
    pub rows: u64,
}

/// A row of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    id: i64,
    /// What it was recorded with.
    pub row: NewRow,
    /// The name under which the account was used last, if one is known; else its address.
    pub account: String,
    /// The message that serves it, once there is one.
    pub message: Option<MessageRef>,
    /// Whether that is the message of another row with the same reference.
    pub served: bool,
    /// Why it is held, if it is.
    pub note: Option<String>,
}

/// Which message serves a row now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The one handed in: recorded, not sent yet.
    New(MessageRef),
    /// That of another row with the same reference, which left or may have.
    Served(MessageRef),
    /// Another process linked one first, or it left before the ledger lost its rows.
    Already(MessageRef),
    /// None: another program, or another copy of the ledger, sent it; when it was accepted.
    Elsewhere(Timestamp),
}

/// How many recipients of a job stand where; rows without a message count by their recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not frozen yet.
    pub waiting: u64,
    /// Held, with a note.
    pub held: u64,
    /// By standing of their message.
    pub standings: Vec<(Standing, u64)>,
}

impl Tally {
    /// How many have one of these standings.
    pub fn of(&self, wanted: &[Standing]) -> u64 {
        let fitting = self
            .standings
            .iter()
            .filter(|(standing, _)| wanted.contains(standing));
        fitting.map(|(_, count)| count).sum()
    }

    /// All recipients.
    pub fn total(&self) -> u64 {
        self.waiting + self.held + self.of(&Standing::ALL)
    }
}

impl Ledger {
    /// Records a job with all its rows, or nothing. `confirm` is asked last: its error, like
    /// that of any row, means that nothing is recorded.
    ///
    /// # Errors
    /// Those of the rows, of `confirm`, and of the ledger.
    pub fn record_job<E: From<Error>>(
        &mut self,
        job: NewJob<'_>,
        rows: &mut dyn FnMut() -> Result<Option<NewRow>, E>,
        confirm: &mut dyn FnMut() -> Result<(), E>,
        now: Timestamp,
    ) -> Result<JobRef, E> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::from)?;
        let recorded = insert_job(&transaction, job, now)?;
        while let Some(row) = rows()? {
            insert_row(&transaction, recorded.id, &row)?;
        }
        confirm()?;
        transaction.commit().map_err(Error::from)?;
        Ok(recorded)
    }

    /// The job of an identity.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    pub fn job_of_identity(&self, identity: &str) -> Result<Option<JobView>, Error> {
        Ok(self.jobs_where("identity = ?1", identity)?.pop())
    }

    /// The jobs whose table had this path, newest first.
    pub fn jobs_of_path(&self, path: &str) -> Result<Vec<JobView>, Error> {
        self.jobs_where("path = ?1", path)
    }

    /// The jobs whose id begins so (four digits at least), newest first.
    pub fn jobs_of_id(&self, digits: &str) -> Result<Vec<JobView>, Error> {
        let is_id = digits.len() >= 4 && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
        if !is_id {
            return Ok(Vec::new());
        }
        self.jobs_where(
            "substr(identity, 1, length(?1)) = ?1",
            &digits.to_ascii_lowercase(),
        )
    }

    /// All jobs, newest first.
    pub fn jobs(&self) -> Result<Vec<JobView>, Error> {
        self.jobs_where("?1 = ''", "")
    }

    fn jobs_where(&self, condition: &str, value: &str) -> Result<Vec<JobView>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT *, (SELECT count(*) FROM job_row WHERE job_row.job = job.id) AS row_count
             FROM job WHERE {condition} ORDER BY id DESC"
        ))?;
        let found = statement.query_map([value], job_view)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The accounts that a job sends from.
    pub fn accounts_of(&self, job: &JobRef) -> Result<Vec<MailAddress>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT account FROM job_row WHERE job = ?1 GROUP BY account ORDER BY min(number)",
        )?;
        let found = statement.query_map([job.id], |row| row.get(0).map(MailAddress::of))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Rows of an account for which something is left to do: not sent, refused for now, or in
    /// doubt; by number, after one of them.
    pub fn open_rows(
        &self,
        job: &JobRef,
        account: &MailAddress,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JobRow>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT job_row.*, message.short AS message_short,
                 coalesce(account.name, job_row.account) AS label
             FROM job_row
             LEFT JOIN account ON account.address = job_row.account
             LEFT JOIN message ON message.id = job_row.message
             WHERE job = ?1 AND job_row.account = ?2 AND number > ?3
               AND (job_row.message IS NULL OR EXISTS (SELECT 1 FROM recipient
                   WHERE recipient.message = job_row.message AND standing IN
                       ('recorded', 'sending', 'refused-for-now', 'in-doubt')))
             ORDER BY number LIMIT ?4",
        )?;
        let values = params![job.id, account.key(), after as i64, limit as i64];
        let rows = statement.query_map(values, job_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All rows of a job by number, after one of them.
    pub fn rows_of(&self, job: &JobRef, after: u64, limit: usize) -> Result<Vec<JobRow>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT job_row.*, message.short AS message_short,
                 coalesce(account.name, job_row.account) AS label
             FROM job_row
             LEFT JOIN account ON account.address = job_row.account
             LEFT JOIN message ON message.id = job_row.message
             WHERE job = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
        )?;
        let rows = statement.query_map(params![job.id, after as i64, limit as i64], job_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where the recipients of a job stand; of one account, or of all.
    pub fn tally(&self, job: &JobRef, account: Option<&MailAddress>) -> Result<Tally, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT CASE WHEN job_row.message IS NOT NULL THEN recipient.standing
                 WHEN note IS NOT NULL THEN 'held' ELSE 'waiting' END AS word,
                 sum(CASE WHEN job_row.message IS NULL THEN recipients ELSE 1 END) AS count
             FROM job_row LEFT JOIN recipient ON recipient.message = job_row.message
             WHERE job = ?1 AND (?2 IS NULL OR account = ?2) GROUP BY word",
        )?;
        let mut rows = statement.query(params![job.id, account.map(MailAddress::key)])?;
        let mut tally = Tally::default();
        while let Some(row) = rows.next()? {
            let (word, count): (String, i64) = (row.get(0)?, row.get(1)?);
            let count = count.unsigned_abs();
            match &*word {
                "waiting" => tally.waiting = count,
                "held" => tally.held = count,
                _ => {
                    let standing = Standing::from_word(&word).ok_or(Error::Corrupt(word))?;
                    tally.standings.push((standing, count));
                }
            }
        }
        Ok(tally)
    }

    /// The message that serves a reference of an account already: one that left or may have.
    pub fn serving(
        &self,
        account: &MailAddress,
        reference: &str,
    ) -> Result<Option<MessageRef>, Error> {
        // Read only; what counts is asked again when a row is taken.
        let transaction = self.connection.unchecked_transaction()?;
        let found = served_by(&transaction, account, reference)?;
        Ok(found
            .into_iter()
            .find_map(|(message, life)| (life == Life::Live).then_some(message)))
    }

    /// Freezes a message and links it to its row, unless the reference was served. A message of
    /// an earlier job under this reference that never left is withdrawn, because this one takes
    /// its place. `again` sends whatever served the reference.
    ///
    /// # Errors
    /// [`Error::Known`] when the Message-ID was recorded before; those of the disk.
    pub fn take_row(
        &mut self,
        row: &JobRow,
        message: &OutgoingMessage,
        again: bool,
        now: Timestamp,
    ) -> Result<Taken, Error> {
        let octets = self.keep(message.octets())?;
        let elsewhere = self.accepted_elsewhere(message, self.since_for(row, now)?)?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(linked) = linked(&transaction, row.id)? {
            return Ok(Taken::Already(linked));
        }
        let mut served = None;
        if !again {
            for (other, life) in served_by(&transaction, &row.row.account, &row.row.reference)? {
                match life {
                    Life::Live => served = Some(other),
                    Life::Unsent => withdraw(&transaction, other.id, now)?,
                    Life::Failed => {}
                }
            }
        }
        let taken = match served {
            Some(other) => {
                link(&transaction, row.id, other.id, true)?;
                Taken::Served(other)
            }
            None if !again && let Some(lost) = recovered(&transaction, &self.octets, message)? => {
                link(&transaction, row.id, lost.id, false)?;
                Taken::Already(lost)
            }
            None if !again && let Some(at) = elsewhere => return Ok(Taken::Elsewhere(at)),
            None => {
                let recorded = insert(&transaction, message, &octets, now)?;
                link(&transaction, row.id, recorded.id, false)?;
                Taken::New(recorded)
            }
        };
        transaction.commit()?;
        Ok(taken)
    }

    /// From when on an acceptance that is for no message of ours may be for a row: since its job
    /// was recorded; in a ledger that was set back, which may have recorded it anew, a week more.
    fn since_for(&self, row: &JobRow, now: Timestamp) -> Result<Timestamp, Error> {
        const WEEK: i64 = 7 * 86_400;
        let recorded = self
            .connection
            .prepare_cached(
                "SELECT recorded_at FROM job_row JOIN job ON job.id = job_row.job
                 WHERE job_row.id = ?1",
            )?
            .query_row([row.id], |found| timestamp(found, "recorded_at"))?;
        Ok(match self.is_at_home()? {
            true => recorded,
            false => recorded.min(Timestamp::from_unix(now.unix().saturating_sub(WEEK))),
        })
    }

    /// Gives up a message that never left: nothing sends it any more.
    ///
    /// # Errors
    /// [`Error::Settled`] when it left, or may have, or is being sent.
    pub fn withdraw(&mut self, message: &MessageRef, now: Timestamp) -> Result<(), Error> {
        let transaction = self.immediate()?;
        if life_of(&transaction, message.id)? != Life::Unsent {
            return Err(Error::Settled {
                short: message.short.clone(),
                standing: "not unsent",
            });
        }
        withdraw(&transaction, message.id, now)?;
        Ok(transaction.commit()?)
    }

    /// Says why a row is held, or that it is held no more.
    pub fn hold_row(&mut self, row: &JobRow, note: Option<&str>) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE job_row SET note = ?2 WHERE id = ?1")?
            .execute(params![row.id, note])?;
        Ok(())
    }
}

/// What may still become of a message under a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It left, or may have, for one recipient at least.
    Live,
    /// It never left and may still.
    Unsent,
    /// It reached nobody and never will.
    Failed,
}

fn served_by(
    transaction: &Transaction<'_>,
    account: &MailAddress,
    reference: &str,
) -> Result<Vec<(MessageRef, Life)>, Error> {
    let mut statement = transaction.prepare_cached(
        "SELECT DISTINCT message.id, message.short FROM job_row
         JOIN message ON message.id = job_row.message
         WHERE job_row.account = ?1 AND reference = ?2 ORDER BY message.id",
    )?;
    let found = statement.query_map([&*account.key(), reference], query::message_ref)?;
    let mut served = Vec::new();
    for message in found {
        let message = message?;
        let life = life_of(transaction, message.id)?;
        served.push((message, life));
    }
    Ok(served)
}

fn life_of(transaction: &Transaction<'_>, message: i64) -> Result<Life, Error> {
    let facts = query::facts(transaction, message)?;
    let states = query::states(transaction, message, &facts)?;
    let unsent = |standing| matches!(standing, Standing::Recorded | Standing::RefusedForNow);
    let failed = |standing| {
        matches!(
            standing,
            Standing::Refused
                | Standing::NotAccepted
                | Standing::NotDelivered
                | Standing::Withdrawn
        )
    };
    let all = |of: &dyn Fn(Standing) -> bool| states.iter().all(|state| of(state.standing));
    Ok(if all(&failed) {
        Life::Failed
    } else if all(&unsent) {
        Life::Unsent
    } else {
        Life::Live
    })
}

fn withdraw(transaction: &Transaction<'_>, message: i64, now: Timestamp) -> Result<(), Error> {
    append(transaction, message, &bare(What::Withdrawn, now), now)?;
    refresh(transaction, message)
}

fn linked(transaction: &Transaction<'_>, row: i64) -> Result<Option<MessageRef>, Error> {
    Ok(transaction
        .prepare_cached(
            "SELECT message.id, message.short FROM job_row
             JOIN message ON message.id = job_row.message WHERE job_row.id = ?1",
        )?
        .query_row([row], query::message_ref)
        .optional()?)
}

fn link(transaction: &Transaction<'_>, row: i64, message: i64, served: bool) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE job_row SET message = ?2, served = ?3, note = NULL WHERE id = ?1")?
        .execute(params![row, message, served])?;
    Ok(())
}

/// A message that says the same, left before the ledger lost its rows, and serves no row.
fn recovered(
    transaction: &Transaction<'_>,
    octets: &OctetStore,
    message: &OutgoingMessage,
) -> Result<Option<MessageRef>, Error> {
    let Some(first) = message.recipients().first() else {
        return Ok(None);
    };
    let mut statement = transaction.prepare_cached(
        "SELECT message.id, message.short, message.octets FROM recipient
         JOIN message ON message.id = recipient.message
         WHERE recipient.address = ?1 AND recovered AND account = ?2 AND subject = ?3
           AND NOT EXISTS (SELECT 1 FROM job_row WHERE job_row.message = message.id)
         ORDER BY message.id",
    )?;
    let values = params![
        first.address.as_str(),
        message.sender().key(),
        message.subject()
    ];
    let found = statement.query_map(values, |row| {
        Ok((query::message_ref(row)?, row.get::<_, String>(2)?))
    })?;
    for lost in found {
        let (lost, name) = lost?;
        let kept = octets.get(&name).ok().and_then(OutgoingMessage::reread);
        if kept.is_some_and(|kept| kept.is_alike(message)) {
            return Ok(Some(lost));
        }
    }
    Ok(None)
}

fn insert_job(
    transaction: &Transaction<'_>,
    job: NewJob<'_>,
    now: Timestamp,
) -> Result<JobRef, Error> {
    for length in SHORT_DIGITS..=job.identity.len() {
        let short = &job.identity[..length];
        let added = transaction.execute(
            "INSERT INTO job (short, identity, path, recipe, recorded_at)
             SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM job WHERE short = ?1)",
            params![short, job.identity, job.path, job.recipe, now.unix()],
        )?;
        if added == 1 {
            return Ok(JobRef {
                id: transaction.last_insert_rowid(),
                short: short.to_owned(),
            });
        }
    }
    Err(Error::Corrupt(job.identity.to_owned()))
}

fn insert_row(transaction: &Transaction<'_>, job: i64, row: &NewRow) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "INSERT INTO job_row (job, number, account, reference, content, columns, recipients,
                 size)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            job,
            row.number as i64,
            row.account.key(),
            row.reference,
            row.content,
            row.columns,
            row.recipients,
            row.size as i64,
        ])?;
    Ok(())
}

fn job_view(row: &Row<'_>) -> rusqlite::Result<JobView> {
    let rows: i64 = row.get("row_count")?;
    Ok(JobView {
        job: JobRef {
            id: row.get("id")?,
            short: row.get("short")?,
        },
        identity: row.get("identity")?,
        path: row.get("path")?,
        recipe: row.get("recipe")?,
        recorded_at: timestamp(row, "recorded_at")?,
        rows: rows.unsigned_abs(),
    })
}

fn job_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let (number, size): (i64, i64) = (row.get("number")?, row.get("size")?);
    let message: Option<i64> = row.get("message")?;
    let short: Option<String> = row.get("message_short")?;
    Ok(JobRow {
        id: row.get("id")?,
        row: NewRow {
            number: number.unsigned_abs(),
            account: row.get("account").map(MailAddress::of)?,
            reference: row.get("reference")?,
            content: row.get("content")?,
            columns: row.get("columns")?,
            recipients: row.get("recipients")?,
            size: size.unsigned_abs(),
        },
        account: row.get("label")?,
        message: message
            .zip(short)
            .map(|(id, short)| MessageRef { id, short }),
        served: row.get("served")?,
        note: row.get("note")?,
    })
}
