//! In which containers a message was found whole, so that what is no longer in the mailbox is not
//! looked for there.

use super::{Error, MessageRef, Place};
use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// A container that held a message with all receipts that were known then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// SHA-256 of the file.
    pub container: String,
    /// As it was called, without its folder.
    pub name: String,
    /// When it was found so last.
    pub at: Timestamp,
}

/// What is archived.
pub trait Archives {
    /// Remembers that a container holds a message; once more moves the time.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn note_archived(&mut self, message: &MessageRef, archived: &Archived) -> Result<(), Error>;

    /// The containers of a message, the latest first.
    fn archived(&self, message: &MessageRef) -> Result<Vec<Archived>, Error>;

    /// Every place in the mailbox of an account at which octets were found, whether they are there
    /// still or not.
    fn places(&self, account: &MailAddress, octets: &str) -> Result<Vec<Place>, Error>;
}
