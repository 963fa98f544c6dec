//! What `pec forget` is told.

use std::path::PathBuf;

use super::report::Results;
use super::{ForgetOrder, Of, SecondCopy, Step};
use crate::command::Failure;
use crate::command::age::Age;
use crate::command::order::Order;
use crate::output::report::Form;

/// Forget messages: contents, names and addresses are erased, hashes and outcomes remain
///
/// Erases the bytes of the message and of its receipts, subject, addresses, the words of the search
/// index and the rows of the table. What remains has no name: hashes (SHA-256), times, states. With
/// it the program still knows the message, so nothing is sent or received a second time.
///
/// Refuses what is still open: an outcome that is pending or in doubt, a row not sent yet, a draft
/// that answers it. Requires a second copy, which is read from the disk at that moment (--copy), or
/// an explicit waiver (--no-copy). This cannot be undone. Backups, exported containers and the
/// mailbox at the provider are out of reach: delete there separately.
///
/// Exit status: 0 if everything is forgotten, or could be (--dry-run); 1 if something was refused;
/// 2 if nothing matches or a copy cannot be read; 4 if another process must end first.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec forget [OPTIONS] <MESSAGE|--job <JOB>|--older-than <AGE>>..."
)]
pub(in crate::command) struct Arguments {
    /// Messages, sent or received: short id, Message-ID, or words of the subject of a sent one
    #[arg(
        value_name = "MESSAGE",
        required_unless_present_any = ["job", "older_than", "json_schema"],
        conflicts_with_all = ["job", "older_than"]
    )]
    messages: Vec<String>,

    /// A job of pec batch: its rows and every message sent for them
    #[arg(long, value_name = "JOB", conflicts_with = "older_than")]
    job: Option<String>,

    /// Every sent message recorded longer ago than this: 90d, 6w, 24m, 10y
    #[arg(long, value_name = "AGE")]
    older_than: Option<String>,

    /// With --older-than: received messages too
    #[arg(long, requires = "older_than")]
    received: bool,

    /// A second copy: a container of pec export, a backup, or a folder with the files (repeatable)
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "no_copy")]
    copy: Vec<PathBuf>,

    /// Forget without a second copy: the evidence is lost
    #[arg(long)]
    no_copy: bool,

    /// Show what would be forgotten, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when the age is none, or nothing is said of a second copy.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        if self.json_schema {
            return Ok(Order::schema::<Results>());
        }
        let of = match (self.job, self.older_than) {
            (Some(job), _) => Of::Job(job),
            (None, Some(age)) => Of::OlderThan {
                age: old_enough(age)?,
                received: self.received,
            },
            (None, None) => Of::Messages(self.messages),
        };
        let copy = match (self.copy.is_empty(), self.no_copy) {
            (false, _) => SecondCopy::In(self.copy),
            (true, true) => SecondCopy::Waived,
            (true, false) if self.dry_run => SecondCopy::NotLookedFor,
            (true, false) => return Err(Failure::new("forget-copy", [])),
        };
        let step = match (self.dry_run, self.yes) {
            (true, _) => Step::Show,
            (false, true) => Step::Do,
            (false, false) => Step::Ask,
        };
        Ok(Order::Forget(ForgetOrder {
            of,
            copy,
            step,
            form: Form::of(self.json),
        }))
    }
}

/// An age that not everything has: what is gone does not come back.
fn old_enough(words: String) -> Result<Age, Failure> {
    let given = words.clone();
    let age = Age::of("older-than", words)?;
    match age.is_none() {
        true => Err(Failure::new("forget-age", [("value", given)])),
        false => Ok(age),
    }
}
