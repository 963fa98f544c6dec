//! Whether the ledger is what it was, and where it was: noticed whenever it is opened, before
//! anything leaves.
//!
//! - It knows less than left this computer (restored, truncated, without its `-wal` file): a
//!   journal beside it has lines that it has not. These messages are entered again from their octets, in
//!   doubt, so that nothing sends them by itself.
//! - It is new, and octets of another one lie beside it.
//! - It is not where it was (a copy, a folder brought back): the file `place` is another one, or
//!   was written again. What the original sent meanwhile, only the mailbox knows.
//!
//! In all cases the mailbox of an account is to be read before anything leaves
//! ([`Surroundings::has_asked`]). A disk that was set back as a whole is not noticed.

use super::{Error, MessageRef};
use crate::address::MailAddress;
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;

/// What a ledger had lost and was entered again when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Messages that left, or may have.
    pub messages: Vec<MessageRef>,
    /// Message-IDs of those whose octets are missing too.
    pub missing: Vec<String>,
}

impl Recovered {
    /// Whether there were any.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.missing.is_empty()
    }
}

/// Whether a ledger is what it was, and where it was.
pub trait Surroundings {
    /// Whether it belongs where it is, or the mailbox of the account was read since it came
    /// here. If not, others may have sent what it takes for unsent.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn has_asked(&self, account: &MailAddress) -> Result<bool, Error>;

    /// Records that the mailbox of an account was read here, all of it.
    fn note_asked(&mut self, account: &MailAddress) -> Result<(), Error>;

    /// How many acceptances the mailbox showed for messages of this sender that are none of this
    /// ledger.
    fn sent_elsewhere(&self, account: &MailAddress) -> Result<usize, Error>;

    /// When the mailbox showed an acceptance, since a time, for a message of this sender, with
    /// this subject and exactly these recipients, that is none of this ledger: another program,
    /// or another copy of the ledger, sent it. Where both Message-IDs say what their messages are,
    /// that counts, and not subject and recipients.
    fn accepted_elsewhere(
        &self,
        message: &OutgoingMessage,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, Error>;
}
