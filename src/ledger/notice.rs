//! Whether a row was served already, and what may be done for it now.
//!
//! What is known under the identity of a notice (`Identity`): messages of this ledger, and
//! genuine acceptances in the mailbox for messages that it does not have. `plan` says
//! what follows, so that every run looks anew at what came back.
//! What is done rests on a [`Plan`], which is made again in the transaction that carries it out:
//! no two processes serve a notice at once.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::octets::Octets;
use super::plan::{Acceptance, Plan, Serving, Terms};
use super::state::Standing;
use super::{Error, JobRow, Ledger, MessageRef, NewRow};
use crate::address::MailAddress;
use crate::pec::outgoing::OutgoingMessage;
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// One of the messages that serve a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The message.
    pub message: MessageRef,
    /// Places of the recipients for whom it is the last one.
    pub places: Vec<usize>,
}

/// Which message serves a row now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The one handed in: recorded, not sent yet.
    New(MessageRef),
    /// That of another row, which left or may have.
    Served(MessageRef),
    /// Another process linked one first, or it left before the ledger lost its rows.
    Already(MessageRef),
    /// Another machine sent it; its receipts are still to be led to it.
    Adopted(MessageRef),
    /// None: another program sent what has its subject and its recipients; when it was accepted.
    Elsewhere(Timestamp),
    /// None: it left for some, and another machine sent the same to those who wait; when it was
    /// accepted.
    RestElsewhere(Timestamp),
    /// None: what is known, or kept, is not any more what the plan rested on.
    Changed,
}

/// What is to be done for a row.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// The row.
    pub row: &'a JobRow,
    /// What, by what was known.
    pub plan: &'a Plan,
    /// What a person allowed.
    pub terms: Terms,
    /// The one of [`Plan::message`].
    pub message: Option<&'a OutgoingMessage>,
}

/// What is done for a row of a job.
pub trait Notices {
    /// Carries plans out, those that still hold, see [`Ledger::take_rows`]; each with the SHA-256
    /// under which the octets of its message are kept.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn carry_out(
        &mut self,
        all: &[(Planned<'_>, String)],
        octets: &dyn Octets,
        now: Timestamp,
    ) -> Result<Vec<Taken>, Error>;

    /// Remembers that octets of these SHA-256 go, unless a message comes of them.
    fn note_ahead(&mut self, all: &[String]) -> Result<(), Error>;

    /// Where a row of the table at a path stands, whatever job it belongs to.
    ///
    /// # Errors
    /// Those of the ledger.
    fn serving(&self, row: &NewRow, path: &str) -> Result<Serving, Error>;

    /// What is to be done for a recorded row.
    ///
    /// # Errors
    /// Those of the ledger.
    fn plan(&self, row: &JobRow, terms: Terms) -> Result<Plan, Error>;

    /// When something left, or may have, that says the same as the message with a Message-ID of our
    /// making, and was lost: only the journal tells of it.
    ///
    /// # Errors
    /// Those of the ledger.
    fn lost_of(&self, message_id: &str) -> Result<Option<Timestamp>, Error>;

    /// Acceptances, newest first, of what the Message-ID of a message names, for messages that this
    /// ledger does not have: of that very message, or of the same notice.
    ///
    /// # Errors
    /// Those of the ledger.
    fn accepted_of(&self, sender: &MailAddress, message_id: &str)
    -> Result<Vec<Acceptance>, Error>;

    /// Gives up a message that never left: nothing sends it any more.
    ///
    /// # Errors
    /// [`Error::Settled`] when it left, or may have, or is being sent.
    fn withdraw(&mut self, message: &MessageRef, now: Timestamp) -> Result<(), Error>;

    /// The messages that serve a row together, oldest first, each with the places of those of its
    /// recipients for whom it counts: what came back for one was sent again to that one alone.
    ///
    /// # Errors
    /// Those of the ledger.
    fn parts(&self, message: &MessageRef) -> Result<Vec<Part>, Error>;

    /// Where a row stands for each of its recipients, given its message.
    ///
    /// # Errors
    /// Those of the ledger.
    fn standings_of(&self, message: &MessageRef) -> Result<Vec<Standing>, Error>;

    /// The messages under the key of a row besides the one that serves it: what it corrected, or
    /// tried again; oldest first.
    ///
    /// # Errors
    /// Those of the ledger.
    fn beside(&self, row: &JobRow) -> Result<Vec<MessageRef>, Error>;
}

impl Ledger {
    /// Carries plans out, in their order, each if it still holds: with all of them, or none. Octets
    /// of which no message comes go with [`Ledger::sweep_octets`].
    ///
    /// # Errors
    /// Those of the disk.
    pub fn take_rows(&mut self, all: &[Planned<'_>], now: Timestamp) -> Result<Vec<Taken>, Error> {
        let made = all.iter().filter_map(|planned| planned.message);
        let made: Vec<&[u8]> = made.map(OutgoingMessage::octets).collect();
        let mut names: Vec<String> = made.iter().map(|octets| sha256(octets)).collect();
        if !made.is_empty() {
            self.store.note_ahead(&names)?;
            self.keep_all(&made)?;
        }
        let mut names = names.drain(..);
        let named = all.iter().map(|planned| {
            let name = planned.message.and_then(|_| names.next());
            (*planned, name.unwrap_or_default())
        });
        let named: Vec<_> = named.collect();
        self.store.carry_out(&named, &*self.octets, now)
    }

    /// The same of one.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn take_row(&mut self, planned: Planned<'_>, now: Timestamp) -> Result<Taken, Error> {
        let taken = self.take_rows(&[planned], now)?.pop();
        Ok(taken.unwrap_or(Taken::Changed))
    }
}
