//! Journeys: sending a message once, reading its receipts, waiting for them.
//!
//! Each walks over ledger, transport and verifier. Clock and network are handed in; what
//! happens on the way is told to the caller as it happens.
//!
//! - [`send_new()`]: a new message, once; [`resume()`]: messages that were recorded before. Both get
//!   a [`Desk`]: the way to the servers, a person who is asked ([`Confirm`]), and somebody to tell.
//! - [`answer`]: how a letter begins that answers a received message, or passes it on.
//! - [`submit()`]: one recorded message to the server, with its facts.
//! - [`read_all()`]: the mailbox, before anything leaves that nobody confirms.
//! - [`sync()`]: what is new in the folders of a mailbox; [`read()`] gets past messages that
//!   end the line. [`fetch_all()`]: messages, or why they did not come.
//! - [`Import`]: what lies elsewhere than in the mailbox, taken in as if it had come from there.
//! - [`index()`]: letters with their words, of what is kept.
//! - [`reach()`]: whether an address is certified mail, by what is kept.
//! - [`search()`]: what the whole mailbox knows of messages in doubt.
//! - [`occupancy()`]: how full the mailbox is, and when it will be.
//! - [`discard()`]: what lies elsewhere too, out of the mailbox.
//! - [`batch`]: many notices from one table, each once.
//! - [`Outlook`]: what a standing comes to for the sender.
//! - [`stamp()`]: a time stamp over a digest.
//! - [`watch()`]: sync, wait, sync again, until told to stop.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod answer;
pub mod batch;

mod before;
mod confirm;
mod desk;
mod discard;
mod fetch;
mod filing;
mod handing;
mod import;
mod index;
mod known;
mod new;
mod occupancy;
mod once;
mod outlook;
mod patience;
#[cfg(test)]
mod practised;
mod reading;
mod recorded;
mod resume;
mod search;
mod stamp;
mod submit;
mod sync;
mod watch;

pub use before::{KeptBack, Missed, read_all};
pub use confirm::{Answer, Confirm, Consent, Question, Word};
pub use desk::{Answered, Desk, News};
pub use discard::{Discarded, End, Spare, discard};
pub use fetch::{Brought, Missing, Wanted, Why, fetch_all};
pub use filing::Filed;
pub use handing::Handed;
pub use import::{Import, Imported, NotTaken};
pub use index::index;
pub use known::{Known, reach};
pub use new::{Kept, New, NewEnd, OfDraft, send_new};
pub use occupancy::{Filling, FolderWeight, Occupancy, Recent, occupancy};
pub use once::{Cautions, Goes, Similar, Went, has_twin, stop_of};
pub use outlook::Outlook;
pub use patience::may_pass;
pub use recorded::{ResumeEnd, Resumption, resume};
pub use resume::{Over, SendAgain, ripe_at};
pub use search::{Found, Gap, GapKind, Resend, Search, search};
pub use stamp::{StampError, Stamped, Stamping, stamp};
pub use submit::{Submitted, submit};
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
