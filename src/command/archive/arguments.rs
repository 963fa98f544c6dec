//! What `pec archive` is told.

use std::path::PathBuf;

use super::report::Results;
use super::{ArchiveOrder, Remote};
use crate::command::Failure;
use crate::command::age::Age;
use crate::command::order::Order;
use crate::output::report::Form;

/// Export what is concluded or received to containers, and free space in the mailbox on demand
///
/// Takes the sent messages whose last event is older than AGE and for which nothing is pending: every
/// recipient has a final outcome, every receipt is genuine. And the received messages of that age in a
/// genuine transport or anomaly envelope. Each becomes a container as pec export makes it, which is
/// then read again from the disk and verified whole. What is already there is verified and left;
/// nothing is overwritten. This is not long-term preservation by law (conservazione a norma).
///
/// With --delete-remote the receipts and the received messages that are in a verified container are
/// deleted from the mailbox, after a question; without a terminal only with --yes. Each is first downloaded again: only what is
/// byte for byte the same as in the container is deleted, and only where the server can delete single
/// messages (UIDPLUS). Never from the mailbox of a public office (pec account edit --office): its
/// documents are public records. The ledger keeps everything.
///
/// Exit status: 0 if everything is archived (and deleted, where it was to be); 1 if the question is
/// answered no; 2 if a container cannot be made or verified; 4 if the mailbox cannot be reached, or
/// something could not be deleted; 5 if the server or an office's mailbox does not allow it.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec archive [OPTIONS] --older-than <AGE> --to <DIR>"
)]
pub(in crate::command) struct Arguments {
    /// Age of the last event of a sent message, or of a received one: 90d, 6w, 12m, 2y
    #[arg(long, value_name = "AGE", required_unless_present = "json_schema")]
    older_than: Option<String>,

    /// Folder for the containers, one per message
    #[arg(long, value_name = "DIR", required_unless_present = "json_schema")]
    to: Option<PathBuf>,

    /// Then delete receipts and received messages in verified containers from the mailbox
    #[arg(long)]
    delete_remote: bool,

    /// Do not ask before deleting
    #[arg(long, requires = "delete_remote")]
    yes: bool,

    /// Verify with the trust data of this file instead of those of the account
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when the age is none.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        let (Some(age), Some(to), false) = (self.older_than, self.to, self.json_schema) else {
            return Ok(Order::schema::<Results>());
        };
        Ok(Order::Archive(ArchiveOrder {
            older_than: Age::of("older-than", age)?,
            to,
            remote: match (self.delete_remote, self.yes) {
                (false, _) => Remote::Left,
                (true, false) => Remote::Asked,
                (true, true) => Remote::Deleted,
            },
            trust: self.trust,
            form: Form::of(self.json),
        }))
    }
}
