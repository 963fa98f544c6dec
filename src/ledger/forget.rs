//! What is forgotten: whom something was about and what it said goes, digests, times and states
//! stay. What is left of a message is a stone without a name.
//!
//! Two steps. One commit takes everything out of the rows and remembers which octets go
//! ([`Forgetting::erase`]); then files are removed, the index of words is written anew, and so is
//! the database with its log, so that no free page has any of it ([`Forgetting::finish`]). Whoever
//! is cut off between them has forgotten already, and any later run finishes it.
//!
//! Nothing that is forgotten goes out again by that: a stone keeps the Message-ID, in which notice
//! and content stand as digests, its row the digests of reference and recipients, and counts as
//! served whatever came of it.
//!
//! Not reached: backups, containers, and what the mailbox has.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::octets::Octets;
use super::state::Standing;
use super::{Error, JobRef, Ledger, LetterRef, MessageRef, MessageRow};
use crate::address::MailAddress;
use crate::pec::outgoing::{Limits, OutgoingMessage};
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// Something that can be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// A message of ours with its receipts, and with the messages that complete it.
    Message(MessageRef),
    /// A letter that was received.
    Letter(LetterRef),
    /// The rows of a job, and how they became notices; their messages are memories of their own.
    Job(JobRef),
}

impl Memory {
    /// What people call it.
    pub fn short(&self) -> &str {
        match self {
            Self::Message(message) => &message.short,
            Self::Letter(letter) => &letter.short,
            Self::Job(job) => &job.short,
        }
    }

    /// The word in the JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Letter(_) => "letter",
            Self::Job(_) => "job",
        }
    }
}

/// Why something is not forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Something may still come, or a person must look.
    Open(Standing),
    /// A row of the job was not sent yet: its number in the table.
    Unsent(u64),
    /// A row of the job has a message that is not forgotten, and is not to be now.
    Needed(MessageRef),
    /// A draft answers it, or passes it on: its number.
    Draft(i64),
    /// It left before the ledger lost its rows, and only what it says keeps it from being sent again.
    Recovered,
}

/// What is kept of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// SHA-256 of all octets of it: what was sent and what came back, or what was received.
    pub octets: Vec<String>,
    /// When it was recorded, or is from.
    pub at: Timestamp,
    /// Why it cannot be forgotten now.
    pub hindrance: Option<Hindrance>,
    /// When it was forgotten, if it was.
    pub forgotten_at: Option<Timestamp>,
}

/// How far forgetting came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Nothing of it is left here.
    Whole,
    /// Another process reads the ledger now: pages of before may be in its log.
    InUse,
}

/// What forgets.
pub trait Forgetting {
    /// What is kept of something. `with`: what is to be forgotten beside it.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn held(&self, memory: &Memory, with: &[Memory]) -> Result<Held, Error>;

    /// The messages that were made for rows of a job, oldest first: not those of other jobs that
    /// serve some of them.
    fn messages_of(&self, job: &JobRef) -> Result<Vec<MessageRef>, Error>;

    /// Messages of ours recorded before a time and not forgotten yet, oldest first; of an account or
    /// of all. With `received`, letters from before that time follow.
    fn older_than(
        &self,
        before: Timestamp,
        account: Option<&MailAddress>,
        received: bool,
    ) -> Result<Vec<Memory>, Error>;

    /// Keeps the digest by which it will be known that another message says the same
    /// ([`OutgoingMessage::likeness`]).
    fn note_likeness(&mut self, message: &MessageRef, likeness: &str) -> Result<(), Error>;

    /// Takes all of it out of the rows, or none of it. What is forgotten already is passed over.
    ///
    /// # Errors
    /// [`Error::NotForgotten`] when there is a hindrance by now.
    fn erase(&mut self, all: &[Memory], now: Timestamp) -> Result<(), Error>;

    /// Removes the octets that go, and with `entered` every trace in the files of the store.
    fn finish(&mut self, octets: &dyn Octets) -> Result<Finished, Error>;

    /// Removes octets that came again after they were forgotten, or were kept for messages that were not
    /// recorded.
    fn sweep(&mut self, octets: &dyn Octets) -> Result<(), Error>;

    /// Whether forgetting was cut off.
    fn is_unfinished(&self) -> Result<bool, Error>;

    /// Messages that were forgotten and said the same ([`OutgoingMessage::likeness`]), or have a
    /// Message-ID that begins so, of an account, newest first, with the time of their recording.
    fn stones_of(
        &self,
        account: &MailAddress,
        likeness: &str,
        start: Option<&str>,
    ) -> Result<Vec<(MessageRef, Timestamp)>, Error>;
}

impl Ledger {
    /// Forgets all of it, or none of it. When it returns [`Finished::Whole`], no file of the ledger has any
    /// of it.
    ///
    /// # Errors
    /// [`Error::NotForgotten`]; those of the disk, after which it is forgotten and not finished.
    pub fn forget_all(&mut self, all: &[Memory], now: Timestamp) -> Result<Finished, Error> {
        for memory in all {
            let Memory::Message(message) = memory else {
                continue;
            };
            for part in self.parts(message)? {
                let row = self.row(&part.message)?;
                self.remember_likeness(&row)?;
            }
        }
        self.store.erase(all, now)?;
        self.finish_forgetting()
    }

    /// What is gone already, or lost, has nothing by which it could be known.
    fn remember_likeness(&mut self, row: &MessageRow) -> Result<(), Error> {
        let Ok(octets) = self.octets(&row.octets) else {
            return Ok(());
        };
        let sender = MailAddress::new(&row.sender);
        match OutgoingMessage::freeze(octets, &sender, Limits::default()) {
            Ok(said) => {
                let likeness = sha256(&said.likeness());
                self.store.note_likeness(&row.message, &likeness)
            }
            Err(_) => Ok(()),
        }
    }

    /// Finishes what was cut off.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn finish_forgetting(&mut self) -> Result<Finished, Error> {
        self.store.finish(&*self.octets)
    }

    /// Removes octets that came again after they were forgotten, and those of rows that were not
    /// taken ([`Ledger::take_rows`]).
    ///
    /// # Errors
    /// Those of the disk.
    pub fn sweep_octets(&mut self) -> Result<(), Error> {
        self.store.sweep(&*self.octets)
    }
}
