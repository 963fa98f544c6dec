//! What somebody wrote and did not send: it is kept until a message of it is recorded.
//!
//! Recording a message takes its draft away in the same commit
//! ([`Ledger::freeze_draft`](super::Ledger::freeze_draft)), so that no two processes send one draft,
//! and none sends it a second time. A draft that was changed since it was read is another one: what
//! somebody wrote meanwhile is neither sent unseen nor lost.

use super::Error;
use crate::address::MailAddress;
use crate::pec::DeliveryForm;
use crate::timestamp::Timestamp;

/// A draft as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftRef {
    pub(super) id: i64,
    /// Raised by every change.
    pub(super) version: i64,
}

impl DraftRef {
    /// What people call it.
    pub const fn number(&self) -> i64 {
        self.id
    }
}

/// The parts of a letter, as they were given: nothing of it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Recipients.
    pub to: Vec<String>,
    /// Recipients in copy.
    pub cc: Vec<String>,
    /// Where people shall answer.
    pub reply_to: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Files, by their paths from the root: read when it goes.
    pub files: Vec<String>,
    /// The delivery receipt to ask for.
    pub form: DeliveryForm,
}

/// A draft with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// Which.
    pub draft: DraftRef,
    /// The account, by the name under which it was used last, if one is known.
    pub account: String,
    /// Its address.
    pub sender: MailAddress,
    /// What it says.
    pub letter: Letter,
    /// When it was changed last, by our clock.
    pub changed_at: Timestamp,
}

/// Whether a draft is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It was made now.
    Now,
    /// One that says the same was there.
    Before,
}

/// What somebody wrote.
pub trait Drafts {
    /// Keeps a letter of an account; one that says the same is not kept twice.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn keep_draft(
        &mut self,
        account: &MailAddress,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<(DraftRef, Made), Error>;

    /// Has a draft say something else.
    ///
    /// # Errors
    /// [`Error::NoDraft`] when it is not as it was read any more.
    fn change_draft(
        &mut self,
        draft: &DraftRef,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<DraftRef, Error>;

    /// Takes a draft away.
    ///
    /// # Errors
    /// [`Error::NoDraft`] when it is not as it was read any more.
    fn drop_draft(&mut self, draft: &DraftRef) -> Result<(), Error>;

    /// All drafts, the one that was changed last first.
    fn drafts(&self) -> Result<Vec<DraftRow>, Error>;
}
