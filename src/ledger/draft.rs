//! What somebody wrote and did not send: it is kept until a message of it is recorded.
//!
//! Recording a message takes its draft away in the same commit
//! ([`Ledger::freeze_draft`](super::Ledger::freeze_draft)), so that no two processes send one draft,
//! and none sends it a second time. A draft that was changed since it was read is another one: what
//! somebody wrote meanwhile is neither sent unseen nor lost.

use std::borrow::Cow;

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
    /// What is attached.
    pub files: Vec<Attached>,
    /// The delivery receipt to ask for.
    pub form: DeliveryForm,
    /// What the sender calls it; no recipient sees it.
    pub reference: Option<String>,
    /// What it answers, if it answers something.
    pub answered: Option<Answered>,
}

/// Something that is attached to a letter. Nothing of it is read before the letter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// A file of this computer, by its path from the root.
    File(String),
    /// A message that is kept here, whole or a part of it.
    Kept {
        /// SHA-256 of the message's octets.
        octets: String,
        /// The place of the part in it, as [`crate::contents`] gives it; empty: the whole message.
        place: String,
        /// The name under which it is attached.
        name: String,
    },
}

/// Before the parts of what is kept; no path from the root begins so.
const KEPT: &str = "kept:";

impl Attached {
    /// As what it is known: the path of a file, or the name that it gets.
    pub fn named(&self) -> &str {
        match self {
            Self::File(path) => path,
            Self::Kept { name, .. } => name,
        }
    }

    /// As one text, from which [`Attached::read`] makes the same.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::File(path) => Cow::Borrowed(path),
            Self::Kept {
                octets,
                place,
                name,
            } => Cow::Owned(format!("{KEPT}{octets}:{place}:{name}")),
        }
    }

    /// What a text stands for.
    pub fn read(text: String) -> Self {
        let kept = text.strip_prefix(KEPT).and_then(|rest| {
            let (octets, rest) = rest.split_once(':')?;
            let (place, name) = rest.split_once(':')?;
            Some(Self::Kept {
                octets: octets.to_owned(),
                place: place.to_owned(),
                name: name.to_owned(),
            })
        });
        kept.unwrap_or(Self::File(text))
    }
}

/// What a letter answers (RFC 5322, 3.6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// In-Reply-To: the Message-ID that its writer gave it, in its brackets.
    pub message_id: String,
    /// References, in their brackets, between blanks: of what came before, and of it.
    pub references: String,
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
