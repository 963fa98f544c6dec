//! What a mailbox holds and could not be read, and how its folders were read last.
//!
//! Nothing that a server lists is passed over: what did not come is remembered here until it is
//! read or gone. The cursor ([`super::Cursor`]) may pass it meanwhile, so that it keeps nothing
//! else back.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use super::{Error, Ledger};
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// Why a message is unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The server lists it and gives nothing for it.
    NotGiven,
    /// The server refuses it.
    Refused,
    /// The connection ended over it.
    Ended,
    /// Fewer octets came than the server told.
    Cut,
    /// A run of this program ended while it judged it.
    Judging,
}

impl Reason {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::NotGiven,
        Self::Refused,
        Self::Ended,
        Self::Cut,
        Self::Judging,
    ];

    /// The word for it in the ledger and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotGiven => "not-given",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::Cut => "cut",
            Self::Judging => "judging",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// Where a message is in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The folder.
    pub folder: String,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// The UID.
    pub uid: u32,
}

/// A message that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it is.
    pub place: Place,
    /// Why.
    pub reason: Reason,
    /// The server's words, how much came, or the version of the program that judged.
    pub words: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last asked for.
    pub tried: Timestamp,
    /// How often.
    pub tries: u32,
}

/// What the server told of changes of a folder (HIGHESTMODSEQ of RFC 7162, 3.1.2) when it was read
/// to its end last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModSeq {
    /// Nothing; or not all that it counted had been seen.
    #[default]
    Untold,
    /// The number of the last change: all up to it was read.
    At(NonZeroU64),
    /// The same number before something came and after it: it tells nothing.
    StoodStill,
}

/// How a folder was read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// UIDs mean something only under this value.
    pub uid_validity: u32,
    /// Up to which UID it was read to its end last; the next three speak of then.
    pub up_to: u32,
    /// How many messages the server counted.
    pub held: Option<u32>,
    /// UIDs just below that one that the server listed.
    pub recent: Option<BTreeSet<u32>>,
    /// Its last change.
    pub mod_seq: ModSeq,
    /// Up to which UID it was read before something older was looked for.
    pub passed: Option<u32>,
    /// How many UIDs to ask for at once, since the line broke; `None`: as many as fit.
    pub step: Option<u32>,
    /// The first UID that did not come when it broke.
    pub suspect: Option<u32>,
}

/// What mailboxes hold and could not be read.
pub trait Unreads {
    /// Remembers why a message is unread, and which process judges it now.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn put_unread(
        &mut self,
        account: &MailAddress,
        place: &Place,
        why: (Reason, &str, Option<String>),
        now: Timestamp,
    ) -> Result<(), Error>;

    /// What of an account's mailbox is unread, given which processes are alive, see
    /// [`Ledger::unread`].
    fn unread_as(
        &self,
        account: &MailAddress,
        is_alive: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Unread>, Error>;

    /// UIDs of a folder that are remembered as unread, or that another process judges now.
    fn unread_uids(
        &self,
        account: &MailAddress,
        folder: &str,
        uid_validity: u32,
    ) -> Result<BTreeSet<u32>, Error>;

    /// Whether a message of this place was kept already.
    fn is_received(&self, account: &MailAddress, place: &Place) -> Result<bool, Error>;

    /// Remembers a message as unread; once more counts one more try. Gives whether that is news:
    /// it was not unread before, or for another reason.
    fn remember(
        &mut self,
        account: &MailAddress,
        place: &Place,
        reason: Reason,
        words: &str,
        now: Timestamp,
    ) -> Result<bool, Error>;

    /// The message was read, or is gone.
    fn forget(&mut self, account: &MailAddress, place: &Place) -> Result<(), Error>;

    /// Forgets what a folder held under other numbers.
    fn forget_others(
        &mut self,
        account: &MailAddress,
        folder: &str,
        uid_validity: u32,
    ) -> Result<(), Error>;

    /// How a folder was read last.
    fn reading(&self, account: &MailAddress, folder: &str) -> Result<Option<Reading>, Error>;

    /// Keeps how a folder was read.
    fn keep_reading(
        &mut self,
        account: &MailAddress,
        folder: &str,
        reading: &Reading,
    ) -> Result<(), Error>;

    /// Lets a folder, or all of an account, be read from the beginning. What is known stays
    /// known: the same octets a second time change nothing.
    fn read_again(&mut self, account: &MailAddress, folder: Option<&str>) -> Result<(), Error>;
}

impl Ledger {
    /// What of an account's mailbox is unread, by folder and UID.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn unread(&self, account: &MailAddress) -> Result<Vec<Unread>, Error> {
        let is_alive = |name: &str| self.leases.is_alive(name);
        self.store.unread_as(account, &is_alive)
    }

    /// Remembers that this process judges a message: if it does not end well, nobody begins
    /// with it again. Recording it (`record`) forgets this.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn judging(
        &mut self,
        account: &MailAddress,
        place: &Place,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.alive.is_none() {
            let alive = self.leases.enter().map_err(|error| self.disk(error))?;
            self.alive = Some(alive);
        }
        let process = self.alive.as_ref().map(|alive| alive.name().to_owned());
        let why = (Reason::Judging, env!("CARGO_PKG_VERSION"), process);
        self.store.put_unread(account, place, why, now)
    }
}
