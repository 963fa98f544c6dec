//! Jobs: a table of notices, each row recorded before anything is sent, each sent once.
//!
//! All rows of a job are recorded in one transaction, those too that cannot be sent. What is done
//! for a row, and whether it was served already, is in `notice`.

use std::ops::ControlFlow;

use super::state::Standing;
use super::{Error, Ledger, MessageRef};
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// A job in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRef {
    pub(super) id: i64,
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
    /// How rows become notices, as JSON; `table` in it is the SHA-256 of the table, `manner` how it was
    /// read.
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
    /// The columns that its notice uses, as JSON; of jobs of earlier versions all of them.
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
    /// When it was forgotten, if it was: then path and recipe say nothing.
    pub forgotten_at: Option<Timestamp>,
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
    /// When it was forgotten, if it was: then it has no columns, and digests stand for its texts.
    pub forgotten_at: Option<Timestamp>,
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

/// Tables of notices.
pub trait Jobs {
    /// Keeps rows aside until [`Self::record_aside`], so that nobody waits while they are given;
    /// `Break`: who gives them stopped.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn set_aside(
        &mut self,
        rows: &mut dyn FnMut() -> ControlFlow<(), Option<NewRow>>,
    ) -> Result<ControlFlow<()>, Error>;

    /// Records a job with the rows kept aside, all or nothing.
    fn record_aside(&mut self, job: NewJob<'_>, now: Timestamp) -> Result<JobRef, Error>;

    /// The job of an identity.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn job_of_identity(&self, identity: &str) -> Result<Option<JobView>, Error>;

    /// The jobs whose table had this path, newest first.
    fn jobs_of_path(&self, path: &str) -> Result<Vec<JobView>, Error>;

    /// The jobs whose table had this SHA-256, wherever it lay; newest first. It stands in the recipe;
    /// of jobs that older versions recorded it is not known.
    fn jobs_of_table(&self, sha256: &str) -> Result<Vec<JobView>, Error>;

    /// Remembers where the table of a job is now: files beside it are looked for there.
    fn move_job(&mut self, job: &JobRef, path: &str) -> Result<(), Error>;

    /// The jobs whose id begins so (four digits at least), newest first.
    fn jobs_of_id(&self, digits: &str) -> Result<Vec<JobView>, Error>;

    /// All jobs, newest first.
    fn jobs(&self) -> Result<Vec<JobView>, Error>;

    /// The accounts that a job sends from.
    fn accounts_of(&self, job: &JobRef) -> Result<Vec<MailAddress>, Error>;

    /// Rows of an account for which something is left to do: not sent, refused for now, or in
    /// doubt; with `retry`, those too whose message came back for somebody; by number, after one of
    /// them.
    fn open_rows(
        &self,
        job: &JobRef,
        account: &MailAddress,
        retry: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JobRow>, Error>;

    /// Rows for which a receipt is still to come, of an account or of all; by number, after one of
    /// them.
    fn awaited_rows(
        &self,
        job: &JobRef,
        account: Option<&MailAddress>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JobRow>, Error>;

    /// All rows of a job by number, after one of them.
    fn rows_of(&self, job: &JobRef, after: u64, limit: usize) -> Result<Vec<JobRow>, Error>;

    /// Where the recipients of a job stand; of one account, or of all.
    fn tally(&self, job: &JobRef, account: Option<&MailAddress>) -> Result<Tally, Error>;

    /// The jobs whose messages serve rows of a job, and how many rows; oldest first.
    fn serving_jobs(&self, job: &JobRef) -> Result<Vec<(JobRef, u64)>, Error>;

    /// The row for which a message was made, and its job.
    fn row_of(&self, message: &MessageRef) -> Result<Option<(JobRef, JobRow)>, Error>;

    /// The job for whose row a message was made.
    fn job_of(&self, message: &MessageRef) -> Result<Option<JobRef>, Error>;

    /// When the last message of a job left; by its acceptance where another machine sent it.
    fn last_sent(&self, job: &JobRef) -> Result<Option<Timestamp>, Error>;

    /// How many rows of a job have a message that came back for somebody, and was not sent again.
    fn came_back(&self, job: &JobRef) -> Result<u64, Error>;

    /// Says why a row is held, or that it is held no more.
    fn hold_row(&mut self, row: &JobRow, note: Option<&str>) -> Result<(), Error>;
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
        let mut stopped = None;
        let _ = self.store.set_aside(&mut || match rows() {
            Ok(row) => ControlFlow::Continue(row),
            Err(error) => {
                stopped = Some(error);
                ControlFlow::Break(())
            }
        })?;
        if let Some(error) = stopped {
            return Err(error);
        }
        confirm()?;
        Ok(self.store.record_aside(job, now)?)
    }
}
