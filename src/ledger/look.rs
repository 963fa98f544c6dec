//! When each mailbox was last read: by that it is seen that reading has stopped.

use super::Error;
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// A mailbox that the ledger knows, and when it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The account, by the name under which it was used last, if one is known.
    pub account: String,
    /// Its address.
    pub address: MailAddress,
    /// When all folders that are always read were read last, by our clock; `None`: never, or by an
    /// earlier version, which did not keep it.
    pub at: Option<Timestamp>,
}

/// When mailboxes were read.
pub trait Looks {
    /// Records that the mailbox of an account was read: what had come by then is here.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn note_look(&mut self, account: &MailAddress, at: Timestamp) -> Result<(), Error>;

    /// When the mailbox of an account was last read.
    fn last_look(&self, account: &MailAddress) -> Result<Option<Timestamp>, Error>;

    /// Every mailbox that was used, by name; that of one account, or all.
    fn looks(&self, account: Option<&MailAddress>) -> Result<Vec<Look>, Error>;
}
