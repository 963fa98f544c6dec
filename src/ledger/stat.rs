//! How much a ledger holds.

use std::path::Path;

use super::evidence::{Depth, Lost};
use super::octets::Octets;
use super::state::Standing;
use super::{BackedUp, Error};
use crate::timestamp::Timestamp;

/// How much there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The form of its tables.
    pub form: usize,
    /// Octets of the database, with its log.
    pub database: u64,
    /// Messages of ours.
    pub messages: u64,
    /// Their recipients, by where they stand; none that nobody has.
    pub standings: Vec<(Standing, u64)>,
    /// Facts.
    pub facts: u64,
    /// Certified messages of mailboxes.
    pub received: u64,
    /// Letters: what of these is read, and messages of ours, as far as they are indexed.
    pub letters: u64,
    /// Jobs.
    pub jobs: u64,
    /// When the newest entry was made, by our clock.
    pub newest: Option<Timestamp>,
    /// When it was put back from a backup, if it was.
    pub restored: Option<Timestamp>,
    /// Whether it belongs where it is: if not, each mailbox is read before anything leaves.
    pub at_home: bool,
}

/// What who looks after a ledger asks.
pub trait Upkeep {
    /// Whether what is kept is sound, as far as that is seen without reading every index twice.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with what is wrong first; those of the ledger.
    fn check(&self) -> Result<(), Error>;

    /// Every octets that are named, as such that are lost.
    ///
    /// # Errors
    /// Those of the ledger, and of `each`.
    fn each_named(
        &self,
        depth: Depth,
        each: &mut dyn FnMut(Lost) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Copies all of it and all octets that it names into a new folder, see
    /// [`Ledger::back_up`](super::Ledger::back_up).
    ///
    /// # Errors
    /// As there.
    fn copy_whole(
        &self,
        octets: &dyn Octets,
        beside: (&Path, &[&str]),
        to: (&Path, Timestamp),
        each: &mut dyn FnMut(),
    ) -> Result<BackedUp, Error>;

    /// How much there is.
    ///
    /// # Errors
    /// Those of the ledger.
    fn stat(&self) -> Result<Stat, Error>;
}
