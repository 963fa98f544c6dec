//! Jobs: a table of notices, each row recorded before anything is sent, each sent once.
//!
//! All rows of a job are recorded in one transaction, those too that cannot be sent. What is done
//! for a row, and whether it was served already, is in `notice`.

use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::state::{Open, Standing};
use super::{Error, Ledger, MessageRef, timestamp};
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// Digits of a short id; more when two jobs share them.
const SHORT_DIGITS: usize = 8;

/// Whether the message of a row, or one that it completes, came back for a recipient to whom no
/// later one went.
fn missed() -> String {
    let missed = Standing::words(Standing::missed);
    format!(
        "EXISTS (SELECT 1 FROM message AS head
         JOIN message AS part ON part.id = head.id OR part.part_of = head.part_of
         JOIN recipient AS r ON r.message = part.id
         WHERE head.id = job_row.message AND r.again IS NULL AND r.standing IN ({missed}))"
    )
}

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
    /// How rows become notices, as JSON; `table` in it is the SHA-256 of the table.
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
    /// The round in which it is sent; the first has no name.
    pub round: String,
    /// Digest of recipients, texts and files.
    pub content: String,
    /// Its recipients, sorted, in small letters, a line each.
    pub whom: String,
    /// The row as it was, as JSON.
    pub columns: String,
    /// How many recipients.
    pub recipients: u32,
    /// Octets of the message, as foreseen.
    pub size: u64,
    /// Why it cannot be sent at all, in words.
    pub bad: Option<String>,
}

impl NewRow {
    /// Whether the digest of the content stands for a reference.
    pub fn has_no_reference(&self) -> bool {
        self.reference == self.content
    }
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
    pub(super) id: i64,
    /// What it was recorded with.
    pub row: NewRow,
    /// The name under which the account was used last, if one is known; else its address.
    pub account: String,
    /// The message that serves it, once there is one.
    pub message: Option<MessageRef>,
    /// Whether that is the message of another row, which says the same to the same.
    pub served: bool,
    /// Why it is held, if it is.
    pub note: Option<String>,
}

/// How many recipients of a job stand where; rows without a message count by their recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not frozen yet.
    pub waiting: u64,
    /// Held, with a note.
    pub held: u64,
    /// Rows that cannot be sent at all.
    pub bad: u64,
    /// By standing of their message.
    pub standings: Vec<(Standing, u64)>,
    /// Of these: whose message is that of another job.
    pub before: u64,
    /// Of these: whose message another machine sent.
    pub elsewhere: u64,
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
        self.waiting + self.held + self.bad + self.of(&Standing::ALL)
    }
}

impl Ledger {
    /// Records a job with all its rows, or nothing. `confirm` is asked last: its error, like
    /// that of any row, means that nothing is recorded.
    ///
    /// Giving the rows may take hours, with files to be read: meanwhile others write. They are kept
    /// aside, and the ledger is held only to copy them.
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
        self.set_aside(rows)?;
        confirm()?;
        let recorded = self.insert_aside(job, now);
        // Gone with the connection in any case.
        let _ = self.connection.execute_batch("DROP TABLE temp.aside");
        Ok(recorded?)
    }

    /// Keeps rows in a temporary table, of this connection alone.
    fn set_aside<E: From<Error>>(
        &mut self,
        rows: &mut dyn FnMut() -> Result<Option<NewRow>, E>,
    ) -> Result<(), E> {
        self.connection
            .execute_batch(
                "DROP TABLE IF EXISTS temp.aside;
                 CREATE TEMP TABLE aside AS SELECT number, account, reference, content, columns,
                     recipients, size, round, whom, bad FROM main.job_row WHERE 0",
            )
            .map_err(Error::from)?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(Error::from)?;
        while let Some(row) = rows()? {
            insert_row(&transaction, &row)?;
        }
        Ok(transaction.commit().map_err(Error::from)?)
    }

    fn insert_aside(&mut self, job: NewJob<'_>, now: Timestamp) -> Result<JobRef, Error> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let recorded = insert_job(&transaction, job, now)?;
        transaction.execute(
            "INSERT INTO main.job_row (job, number, account, reference, content, columns,
                 recipients, size, round, whom, bad)
             SELECT ?1, number, account, reference, content, columns, recipients, size, round,
                 whom, bad FROM temp.aside ORDER BY rowid",
            [recorded.id],
        )?;
        transaction.commit()?;
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

    /// The jobs whose table had this SHA-256, wherever it lay; newest first. It stands in the recipe;
    /// of jobs that older versions recorded it is not known.
    pub fn jobs_of_table(&self, sha256: &str) -> Result<Vec<JobView>, Error> {
        self.jobs_where(
            "json_valid(recipe) AND json_extract(recipe, '$.table') = ?1",
            sha256,
        )
    }

    /// Remembers where the table of a job is now: files beside it are looked for there.
    pub fn move_job(&mut self, job: &JobRef, path: &str) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE job SET path = ?2 WHERE id = ?1")?
            .execute(params![job.id, path])?;
        Ok(())
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
            "SELECT account FROM job_row WHERE job = ?1 AND bad IS NULL
             GROUP BY account ORDER BY min(number)",
        )?;
        let found = statement.query_map([job.id], |row| row.get(0).map(MailAddress::of))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Rows of an account for which something is left to do: not sent, refused for now, or in
    /// doubt; with `retry`, those too whose message came back for somebody; by number, after one of
    /// them.
    pub fn open_rows(
        &self,
        job: &JobRef,
        account: &MailAddress,
        retry: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JobRow>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT job_row.*, message.short AS message_short,
                 coalesce(account.name, job_row.account) AS label
             FROM job_row
             LEFT JOIN account ON account.address = job_row.account
             LEFT JOIN message ON message.id = job_row.message
             WHERE job = ?1 AND job_row.account = ?2 AND number > ?3 AND bad IS NULL
               AND (job_row.message IS NULL
                   OR EXISTS (SELECT 1 FROM recipient
                       WHERE recipient.message = job_row.message AND standing IN ({open}))
                   OR ?5 AND {missed})
             ORDER BY number LIMIT ?4",
            open = Standing::words(|one| Open::of(&[one]).is_some()),
            missed = missed(),
        ))?;
        let values = params![job.id, account.key(), after as i64, limit as i64, retry];
        let rows = statement.query_map(values, job_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rows for which a receipt is still to come, of an account or of all; by number, after one of
    /// them.
    pub fn awaited_rows(
        &self,
        job: &JobRef,
        account: Option<&MailAddress>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JobRow>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT job_row.*, message.short AS message_short,
                 coalesce(account.name, job_row.account) AS label
             FROM job_row
             LEFT JOIN account ON account.address = job_row.account
             JOIN message ON message.id = job_row.message
             WHERE job = ?1 AND (?2 IS NULL OR job_row.account = ?2) AND number > ?3
               AND EXISTS (SELECT 1 FROM recipient
                   WHERE recipient.message = job_row.message
                     AND standing IN ('sent', 'accepted', 'delayed'))
             ORDER BY number LIMIT ?4",
        )?;
        let account = account.map(MailAddress::key);
        let values = params![job.id, account, after as i64, limit as i64];
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
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT CASE WHEN bad IS NOT NULL THEN 'bad'
                 WHEN job_row.message IS NOT NULL THEN recipient.standing
                 WHEN note IS NOT NULL THEN 'held' ELSE 'waiting' END AS word,
                 job_row.message IS NOT NULL AND served AS before,
                 job_row.message IS NOT NULL AND NOT served
                   AND standing IN ({left})
                   AND NOT EXISTS (SELECT 1 FROM fact
                       WHERE fact.message = recipient.message AND what = 'handed') AS elsewhere,
                 sum(CASE WHEN job_row.message IS NULL THEN recipients ELSE 1 END) AS count
             FROM job_row
             LEFT JOIN message AS head ON head.id = job_row.message
             LEFT JOIN message AS part ON part.id = head.id OR part.part_of = head.part_of
             LEFT JOIN recipient ON recipient.message = part.id AND again IS NULL
             WHERE job = ?1 AND (?2 IS NULL OR job_row.account = ?2)
               AND (job_row.message IS NULL OR recipient.message IS NOT NULL)
             GROUP BY word, before, elsewhere",
            left = Standing::words(Standing::has_left),
        ))?;
        let mut rows = statement.query(params![job.id, account.map(MailAddress::key)])?;
        let mut tally = Tally::default();
        while let Some(row) = rows.next()? {
            let (word, count): (String, i64) = (row.get("word")?, row.get("count")?);
            let count = count.unsigned_abs();
            match &*word {
                "waiting" => tally.waiting += count,
                "held" => tally.held += count,
                "bad" => tally.bad += count,
                _ => {
                    let standing = Standing::from_word(&word).ok_or(Error::Corrupt(word))?;
                    tally.standings.push((standing, count));
                    tally.before += if row.get("before")? { count } else { 0 };
                    tally.elsewhere += if row.get("elsewhere")? { count } else { 0 };
                }
            }
        }
        Ok(tally)
    }

    /// The jobs whose messages serve rows of a job, and how many rows; oldest first.
    pub fn serving_jobs(&self, job: &JobRef) -> Result<Vec<(JobRef, u64)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT earlier.id, earlier.short, count(DISTINCT job_row.id) FROM job_row
             JOIN job_row AS own ON own.message = job_row.message AND NOT own.served
             JOIN job AS earlier ON earlier.id = own.job
             WHERE job_row.job = ?1 AND job_row.served GROUP BY earlier.id ORDER BY earlier.id",
        )?;
        let found = statement.query_map([job.id], |row| {
            let rows: i64 = row.get(2)?;
            let job = JobRef {
                id: row.get(0)?,
                short: row.get(1)?,
            };
            Ok((job, rows.unsigned_abs()))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The job for whose row a message was made.
    pub fn job_of(&self, message: &MessageRef) -> Result<Option<JobRef>, Error> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT job.id, job.short FROM job_row JOIN job ON job.id = job_row.job
                 WHERE message = ?1 AND NOT served LIMIT 1",
            )?
            .query_row([message.id], |row| {
                Ok(JobRef {
                    id: row.get(0)?,
                    short: row.get(1)?,
                })
            })
            .optional()?)
    }

    /// When the last message of a job left; by its acceptance where another machine sent it.
    pub fn last_sent(&self, job: &JobRef) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT max(at) FROM job_row JOIN fact ON fact.message = job_row.message
                 WHERE job = ?1 AND what IN ('taken', 'accepted', 'accepted-as-ordinary')",
            )?
            .query_row([job.id], |row| row.get(0))?;
        Ok(at.map(Timestamp::from_unix))
    }

    /// How many rows of a job have a message that came back for somebody, and was not sent again.
    pub fn came_back(&self, job: &JobRef) -> Result<u64, Error> {
        let count: i64 = self
            .connection
            .prepare_cached(&format!(
                "SELECT count(*) FROM job_row
                 WHERE job = ?1 AND message IS NOT NULL AND {}",
                missed()
            ))?
            .query_row([job.id], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Says why a row is held, or that it is held no more.
    pub fn hold_row(&mut self, row: &JobRow, note: Option<&str>) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE job_row SET note = ?2 WHERE id = ?1")?
            .execute(params![row.id, note])?;
        Ok(())
    }
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

fn insert_row(transaction: &Transaction<'_>, row: &NewRow) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "INSERT INTO temp.aside (number, account, reference, content, columns, recipients,
                 size, round, whom, bad)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            row.number as i64,
            row.account.key(),
            row.reference,
            row.content,
            row.columns,
            row.recipients,
            row.size as i64,
            row.round,
            row.whom,
            row.bad,
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
            round: row.get("round")?,
            whom: row.get("whom")?,
            bad: row.get("bad")?,
        },
        account: row.get("label")?,
        message: message
            .zip(short)
            .map(|(id, short)| MessageRef { id, short }),
        served: row.get("served")?,
        note: row.get("note")?,
    })
}
