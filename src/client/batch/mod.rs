//! Many notices: every row checked before anything is sent, each sent once, receipts followed.
//!
//! - [`Walk`]: from the rows of a table to what is wrong with each, or what is recorded for it.
//! - [`survey()`]: what all rows come to: which go, which went, what a person should know.
//! - [`Runner`]: the rows of one account, in order, at its pace; whatever ends it, the next one
//!   goes on from what the ledger says.
//! - [`Follower`]: the receipts of the same account, as they come, and the room in its mailbox.
//! - [`awaited`]: for whom a receipt is still to come, and who has waited too long.
//!
//! Files, network, clock and waiting are handed in; nothing here prints.

mod awaited;
mod check;
mod follow;
mod message;
mod run;
mod survey;

pub use awaited::{Awaited, awaited, is_awaited};
pub use check::{Checked, Examiner, Good, Stops, Walk, WalkError, identity_of};
pub use follow::Follower;
pub use message::{FileFacts, Files, Remark, Sender};
pub use run::{End, Runner};
pub use survey::{Against, Findings, Noted, Sight, View, survey};

use std::time::Duration;

use super::{Found, Gap};
use crate::batch::rows::Rows;
use crate::court::Court;
use crate::ledger::Terms;
use crate::pec::caution::Stop;
use crate::timestamp::Timestamp;
use crate::transport::{self, Mailbox, Quota, Reply, Submission};

/// Opens connections for one account, logged in.
pub trait Reach {
    /// One that takes messages.
    ///
    /// # Errors
    /// Those of the server.
    fn submission(&mut self) -> Result<Box<dyn Submission>, transport::Error>;

    /// One that reads the mailbox.
    ///
    /// # Errors
    /// Those of the server.
    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, transport::Error>;
}

/// The clock and the waiting of one thread.
#[derive(Clone, Copy)]
pub struct Time<'a> {
    /// The present.
    pub now: &'a dyn Fn() -> Timestamp,
    /// Waits.
    pub sleep: &'a dyn Fn(Duration),
}

/// What a person allowed of what would not go by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// What came back for all its recipients goes again.
    pub retry: bool,
    /// Rows that go although something else went out under their references.
    pub correct: Rows,
    /// What stops messages and was named.
    pub despite: Vec<Stop>,
    /// The law court in which the receipts are to be filed, if they are for one.
    pub court: Option<Court>,
}

impl Allowed {
    /// The same, for one row.
    pub fn of(&self, row: u64) -> Terms {
        Terms {
            retry: self.retry,
            correct: self.correct.contains(row),
        }
    }
}

/// The row that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowName {
    /// As a spreadsheet shows it.
    pub number: u64,
    /// Its reference.
    pub reference: String,
    /// The short id of its message, once there is one.
    pub message: Option<String>,
}

/// Something that happened on the way.
#[derive(Debug)]
pub struct Event {
    /// The account.
    pub account: String,
    /// The row, where it is about one.
    pub row: Option<RowName>,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug)]
pub enum Happening {
    /// The provider took it.
    Sent(Reply),
    /// A message of another row serves it, which says the same to the same.
    Served,
    /// Another machine sent it, as its acceptance in the mailbox proves.
    Adopted,
    /// The provider refused it for good.
    Refused(Reply),
    /// The provider refused it for now; whether this run tries it again.
    RefusedForNow {
        /// Its words.
        reply: Reply,
        /// Whether this run tries it again.
        again: bool,
    },
    /// The provider says that we send too much.
    Throttled {
        /// Its words.
        reply: Reply,
        /// How long nothing leaves.
        pause: Duration,
    },
    /// The line broke, or no connection came about; nothing left.
    Broken {
        /// Why.
        reason: String,
        /// How long nothing leaves.
        pause: Duration,
    },
    /// The line broke where the provider may have it.
    InDoubt(String),
    /// It was in doubt, and the mailbox has a receipt for it.
    Found,
    /// It stays in doubt; what the mailbox answered.
    StillInDoubt(Found),
    /// A part of the mailbox did not answer when it was asked about rows in doubt.
    NotAsked(Gap),
    /// It cannot be sent as it was checked; why.
    Held(String),
    /// Another process is sending it.
    Elsewhere,
    /// Nothing may leave before this instant.
    Waiting(Timestamp),
    /// The ledger is a copy, or had lost something: the mailbox is read before anything leaves.
    AsksFirst,
    /// The mailbox could not be asked; why.
    NoMailbox(String),
    /// A receipt, or something else in the mailbox.
    Received(Box<super::Event>),
    /// The room in the mailbox; whether sending waits for more of it.
    Room {
        /// As the server tells it.
        quota: Quota,
        /// Whether sending waits.
        holding: bool,
    },
    /// All has left: for how many recipients a receipt is awaited, and until when at the latest.
    Awaiting {
        /// For how many.
        recipients: u64,
        /// What has not come by then will not.
        until: Timestamp,
    },
    /// The provider's answer could not be written into the ledger; why.
    Unrecorded(String),
}
