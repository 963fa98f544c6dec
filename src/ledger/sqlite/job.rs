//! Jobs, of SQLite: all rows of one in one transaction, those too that cannot be sent.

use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::forget::digest_of;
use super::{Sqlite, maybe_timestamp, timestamp};
use crate::address::MailAddress;
use crate::ledger::job::Jobs;
use crate::ledger::state::{Open, Standing};
use crate::ledger::{Error, JobRef, JobRow, JobView, MessageRef, NewJob, NewRow, Tally};
use crate::timestamp::Timestamp;

impl Jobs for Sqlite {
    fn set_aside(
        &mut self,
        rows: &mut dyn FnMut() -> ControlFlow<(), Option<NewRow>>,
    ) -> Result<ControlFlow<()>, Error> {
        self.connection.execute_batch(
            "DROP TABLE IF EXISTS temp.aside;
                 CREATE TEMP TABLE aside AS SELECT number, account, reference, content, columns,
                     recipients, size, round, whom, bad FROM main.job_row WHERE 0",
        )?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Deferred)?;
        loop {
            match rows() {
                ControlFlow::Continue(Some(row)) => insert_row(&transaction, &row)?,
                ControlFlow::Continue(None) => break,
                ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
            }
        }
        transaction.commit()?;
        Ok(ControlFlow::Continue(()))
    }

    fn record_aside(&mut self, job: NewJob<'_>, now: Timestamp) -> Result<JobRef, Error> {
        let recorded = self.insert_aside(job, now);
        // Gone with the connection in any case.
        let _ = self.connection.execute_batch("DROP TABLE temp.aside");
        recorded
    }

    fn job_of_identity(&self, identity: &str) -> Result<Option<JobView>, Error> {
        Ok(self.jobs_where("identity = ?1", &[identity])?.pop())
    }

    fn jobs_of_path(&self, path: &str) -> Result<Vec<JobView>, Error> {
        self.jobs_where("path IN (?1, ?2)", &[path, &digest_of(path)])
    }

    fn jobs_of_table(&self, sha256: &str) -> Result<Vec<JobView>, Error> {
        self.jobs_where(
            "json_valid(recipe) AND json_extract(recipe, '$.table') = ?1",
            &[sha256],
        )
    }

    fn move_job(&mut self, job: &JobRef, path: &str) -> Result<(), Error> {
        self.connection
            .prepare_cached(
                "UPDATE job SET path = CASE WHEN forgotten_at IS NULL THEN ?2 ELSE ?3 END
                 WHERE id = ?1",
            )?
            .execute(params![job.id, path, digest_of(path)])?;
        Ok(())
    }

    fn jobs_of_id(&self, digits: &str) -> Result<Vec<JobView>, Error> {
        let is_id = digits.len() >= 4 && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
        if !is_id {
            return Ok(Vec::new());
        }
        self.jobs_where(
            "substr(identity, 1, length(?1)) = ?1",
            &[&digits.to_ascii_lowercase()],
        )
    }

    fn jobs(&self) -> Result<Vec<JobView>, Error> {
        self.jobs_where("1", &[])
    }

    fn accounts_of(&self, job: &JobRef) -> Result<Vec<MailAddress>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT account FROM job_row WHERE job = ?1 AND bad IS NULL
             GROUP BY account ORDER BY min(number)",
        )?;
        let found = statement.query_map([job.id], |row| row.get(0).map(MailAddress::of))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn open_rows(
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
               AND job_row.forgotten_at IS NULL AND (job_row.message IS NULL
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

    fn awaited_rows(
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

    fn rows_of(&self, job: &JobRef, after: u64, limit: usize) -> Result<Vec<JobRow>, Error> {
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

    fn tally(&self, job: &JobRef, account: Option<&MailAddress>) -> Result<Tally, Error> {
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

    fn serving_jobs(&self, job: &JobRef) -> Result<Vec<(JobRef, u64)>, Error> {
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

    fn row_of(&self, message: &MessageRef) -> Result<Option<(JobRef, JobRow)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT job_row.*, message.short AS message_short,
                 coalesce(account.name, job_row.account) AS label, job.short AS job_short
             FROM job_row
             JOIN job ON job.id = job_row.job
             JOIN message ON message.id = job_row.message
             LEFT JOIN account ON account.address = job_row.account
             WHERE job_row.message = ?1 AND NOT served LIMIT 1",
        )?;
        let found = statement.query_row([message.id], |row| {
            let job = JobRef {
                id: row.get("job")?,
                short: row.get("job_short")?,
            };
            Ok((job, job_row(row)?))
        });
        Ok(found.optional()?)
    }

    fn job_of(&self, message: &MessageRef) -> Result<Option<JobRef>, Error> {
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

    fn last_sent(&self, job: &JobRef) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT max(at) FROM job_row JOIN fact ON fact.message = job_row.message
                 WHERE job = ?1 AND what IN ('taken', 'accepted', 'accepted-as-ordinary')",
            )?
            .query_row([job.id], |row| row.get(0))?;
        Ok(at.map(Timestamp::from_unix))
    }

    fn came_back(&self, job: &JobRef) -> Result<u64, Error> {
        let count: i64 = self
            .connection
            .prepare_cached(&format!(
                "SELECT count(*) FROM job_row
                 WHERE job = ?1 AND message IS NOT NULL AND forgotten_at IS NULL AND {}",
                missed()
            ))?
            .query_row([job.id], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn hold_row(&mut self, row: &JobRow, note: Option<&str>) -> Result<(), Error> {
        self.connection
            .prepare_cached("UPDATE job_row SET note = ?2 WHERE id = ?1")?
            .execute(params![row.id, note])?;
        Ok(())
    }
}

impl Sqlite {
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

    fn jobs_where(&self, condition: &str, values: &[&str]) -> Result<Vec<JobView>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT *, (SELECT count(*) FROM job_row WHERE job_row.job = job.id) AS row_count
             FROM job WHERE {condition} ORDER BY id DESC"
        ))?;
        let found = statement.query_map(rusqlite::params_from_iter(values), job_view)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

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
         WHERE head.id = job_row.message AND head.forgotten_at IS NULL AND r.again IS NULL AND r.standing IN ({missed}))"
    )
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
        forgotten_at: maybe_timestamp(row, "forgotten_at")?,
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
        forgotten_at: maybe_timestamp(row, "forgotten_at")?,
    })
}
