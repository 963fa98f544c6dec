//! Journeys: sending a message once, reading its receipts, waiting for them.
//!
//! Each walks over ledger, transport and verifier. Clock and network are handed in; what
//! happens on the way is told to the caller as it happens.
//!
//! - [`submit()`]: one message to the server, with its facts.
//! - [`once()`]: whether the same went already; [`read_all()`]: the mailbox, before that is asked.
//! - [`Mood`], [`Asked`]: what may be done with a message that was recorded before.
//! - [`sync()`]: what is new in the folders of a mailbox; [`read()`] gets past messages that
//!   end the line. [`fetch_all()`]: messages, or why they did not come.
//! - [`search()`]: what the whole mailbox knows of messages in doubt.
//! - [`batch`]: many notices from one table, each once.
//! - [`watch()`]: sync, wait, sync again, until told to stop.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod batch;

mod before;
mod fetch;
mod once;
mod patience;
mod resume;
mod search;
mod submit;
mod sync;
mod watch;

pub use before::{Missed, read_all};
pub use fetch::{Brought, Missing, Wanted, Why, fetch_all};
pub use once::{Once, Similar, is_elsewhere, once, record_once, similar};
pub use patience::may_pass;
pub use resume::{AfterAsking, Asked, Mood, Over, is_left_over, ripe_at};
pub use search::{Found, Gap, GapKind, Resend, Search, search};
pub use submit::{Submitted, submit, submit_at_pace};
pub use sync::{
    Event, EventKind, FolderList, Judge, SyncReport, adopt, folders_not_read, folders_to_read,
    list_folders, read, sync,
};
pub use watch::{Ends, Patience, WatchEnd, WatchEvent, watch};

use crate::timestamp::Timestamp;
use crate::{ledger, transport};

/// The present, asked for whenever it matters.
pub type Now<'a> = &'a dyn Fn() -> Timestamp;

/// Opens a connection to the mailbox, logged in.
pub type Connect<'a> = &'a mut dyn FnMut() -> Result<Box<dyn transport::Mailbox>, transport::Error>;

/// Why a journey ended early. What was recorded until then stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server, or the way to it.
    #[error(transparent)]
    Transport(#[from] transport::Error),
    /// What we keep.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}
