//! What a journey that sends is given by who starts it: the way to both servers, a person's word, and
//! somebody to tell.

use super::confirm::Confirm;
use super::once::Cautions;
use super::{Found, KeptBack, Missed, Over, Search};
use crate::exit::ExitStatus;
use crate::ledger::{self, Acceptance, JobRef, Ledger, MessageRef, MessageRow};
use crate::pec::outgoing::OutgoingMessage;
use crate::transport::{Mailbox, Submission};

/// Who starts a journey that sends. Nothing is asked of it twice that need not be: a password that
/// is refused locks accounts.
pub trait Desk: Confirm<Failure: From<ledger::Error> + From<KeptBack>> {
    /// Reads what is new in the whole mailbox, as [`read_all`](super::read_all).
    ///
    /// # Errors
    /// Those of the server, and of the ledger; so for all of these.
    fn read(&mut self, ledger: &mut Ledger) -> Result<Missed, Self::Failure>;

    /// Asks the whole mailbox about messages, as [`search`](super::search()).
    fn search(
        &mut self,
        ledger: &mut Ledger,
        messages: &[MessageRef],
    ) -> Result<Search, Self::Failure>;

    /// A connection that takes messages.
    fn submission(&mut self) -> Result<Box<dyn Submission>, Self::Failure>;

    /// A connection to file a copy over, or why there is none: that fails nothing.
    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, String>;

    /// Told what happens.
    fn tell(&mut self, news: News<'_>) -> Result<(), Self::Failure>;

    /// Told what keeps further messages from leaving when some have left; gives the exit status
    /// that it is.
    fn stopped(&mut self, failure: Self::Failure) -> Result<ExitStatus, Self::Failure>;
}

/// What happens on the way.
#[derive(Debug)]
pub enum News<'a> {
    /// The ledger is a copy, or had lost something: the mailbox is read before anything leaves.
    AsksFirst,
    /// So many messages of the account were sent by others.
    SentElsewhere(usize),
    /// What of the mailbox did not come.
    Missed(&'a Missed),
    /// The mailbox could not be read, so nothing leaves that nobody confirms.
    NotRead,
    /// A new message, before it leaves.
    New(&'a OutgoingMessage, &'a Cautions),
    /// The same was recorded before and never left: that one goes.
    GoesOn(&'a MessageRef),
    /// So many octets leave now.
    Leaving(u64),
    /// There is nothing to go on with.
    Nothing,
    /// A message was written again as another one; who wants it to go names it.
    WrittenAgain(&'a MessageRef, &'a MessageRef),
    /// So many are rows of a job, which sends them.
    OfJob(&'a JobRef, usize),
    /// Another process is sending it.
    BeingSent(&'a MessageRef),
    /// Nothing may be done with it any more.
    Over(&'a MessageRef, Over),
    /// It stays: the mailbox answered this about it.
    Stays(&'a MessageRef, Answered),
    /// It may go, and not yet.
    TooYoung(&'a MessageRef),
    /// Another machine sent it.
    Elsewhere(&'a MessageRef, &'a Acceptance),
    /// It goes now; so many days after it was recorded, if that is long ago.
    Goes(&'a MessageRow, Option<i64>),
}

/// What the mailbox answered about a message that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The provider has it.
    Taken,
    /// The provider says, proved, that it did not accept it.
    NotAccepted,
    /// Something names it and is not proved.
    Unproved,
    /// The provider has it for others; of the rest nobody knows.
    ForOthers,
    /// Not everything was asked, or not everything came.
    Unknown,
    /// Nothing names it.
    Nothing,
}

impl Answered {
    /// What an answer says, given whether the provider did not accept the message.
    pub(super) const fn of(found: Found, not_accepted: bool) -> Self {
        match (found, not_accepted) {
            (Found::Receipt, true) => Self::NotAccepted,
            (Found::Receipt, false) => Self::Taken,
            (Found::Unproved, _) => Self::Unproved,
            (Found::ForOthers, _) => Self::ForOthers,
            (Found::Unknown, _) => Self::Unknown,
            (Found::Nothing, _) => Self::Nothing,
        }
    }

    /// Whether it went, as an exit status.
    pub const fn exit(self) -> ExitStatus {
        match self {
            Self::Taken => ExitStatus::Yes,
            Self::NotAccepted => ExitStatus::No,
            Self::Unproved | Self::ForOthers | Self::Unknown | Self::Nothing => {
                ExitStatus::Undecided
            }
        }
    }
}
