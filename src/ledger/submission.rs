//! A message frozen, an attempt begun, handed over, ended; each a commit.
//!
//! The order is what keeps a message from going out twice: its octets and its row before
//! anything, `begun` before the connection is used, `handed` before the first octet of the
//! message, the end after. A process that dies leaves an attempt open: before `handed` the
//! message cannot have left, after it nobody knows.
//!
//! What must outlast a machine that stops, before an octet leaves: the octets, the row, and the line of
//! the journal, by which the ledger learns of an attempt that it lost. So `begun` and `handed` need not
//! be there before, nor, in a run of many, the end of the one before ([`Commit`]): without an end that
//! message is in doubt, as it was until the server answered.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::draft::DraftRef;
use super::fact::{AttemptEnd, Fact, RecipientAnswer, What};
use super::lease::Lease;
use super::state::{Open, RecipientState, Standing};
use super::{Error, Ledger};
use crate::address::MailAddress;
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;

/// A message in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// The row.
    pub(super) id: i64,
    /// What people call it: the first digits of the SHA-256 of its Message-ID.
    pub short: String,
}

impl MessageRef {
    /// Whether this one was recorded before the other.
    pub fn is_before(&self, other: &Self) -> bool {
        self.id < other.id
    }
}

/// How far a ledger had come when somebody looked at it: which message was recorded last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub(super) i64);

/// What the claim to send rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It never left, or the server said that it has it not.
    NeverLeft,
    /// It is in doubt, the mailbox was searched for its acceptance in vain, and a person
    /// decided to send it again.
    InDoubtAndSearched,
}

/// When a message left, and to how many.
pub type Departure = (Timestamp, u32);

/// Who is asked whether a message may leave now.
#[derive(Clone, Copy)]
pub struct Room<'a> {
    /// Whose pace it is.
    pub account: &'a MailAddress,
    /// Since when what left counts.
    pub since: Timestamp,
    /// Told what left since then, and to how many each; oldest first.
    pub allows: &'a dyn Fn(&[Departure]) -> bool,
}

/// An attempt to submit that only this process may end.
#[derive(Debug)]
pub struct Attempt {
    pub(super) message: MessageRef,
    pub(super) number: u32,
    places: Vec<usize>,
    alive: Box<dyn Lease>,
}

/// When what is recorded is on the disk. A process that is killed loses it in neither case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// When the step returns.
    AtOnce,
    /// With the next step that is, or with [`Attempts::bring_to_disk`]: for what another step
    /// follows without a pause.
    WithNext,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// For the whole message.
    pub whole: AttemptEnd,
    /// Recipients that the server refused.
    pub refused: Vec<RecipientAnswer>,
}

impl Attempt {
    /// The message.
    pub fn message(&self) -> &MessageRef {
        &self.message
    }

    /// The recipients that it is for, by their places in the envelope: all that the message did not
    /// go to yet.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// From 1.
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// The recipients to whom an attempt on this claim may go: those that the message did not reach,
/// as far as it is known of all.
pub(super) fn places_to_send(
    message: &MessageRef,
    claim: Claim,
    states: &[RecipientState],
) -> Result<Vec<usize>, Error> {
    let standings: Vec<Standing> = states.iter().map(|state| state.standing).collect();
    let goes = |standing: &Standing| match Open::of(std::slice::from_ref(standing)) {
        Some(Open::Unsent) => true,
        Some(Open::InDoubt) => claim == Claim::InDoubtAndSearched,
        Some(Open::Sending) | None => false,
    };
    let settled = |standing: Option<Standing>| Error::Settled {
        short: message.short.clone(),
        standing: standing.unwrap_or(Standing::Recorded).word(),
    };
    match (Open::of(&standings), claim) {
        (Some(Open::Sending), _) => Err(Error::BeingSent {
            short: message.short.clone(),
        }),
        (Some(Open::InDoubt), Claim::NeverLeft) => Err(settled(Some(Standing::InDoubt))),
        (Some(Open::InDoubt), Claim::InDoubtAndSearched) | (Some(Open::Unsent), _) => {
            let places = standings.iter().enumerate();
            let places = places.filter(|(_, standing)| goes(standing));
            Ok(places.map(|(place, _)| place).collect())
        }
        (None, _) => Err(settled(standings.first().copied())),
    }
}

/// The numbers of the attempts that began.
pub(super) fn attempts(facts: &[Fact]) -> impl Iterator<Item = u32> {
    let begun = facts.iter().filter(|fact| fact.what() == What::Begun);
    begun.filter_map(Fact::attempt)
}

/// Whether an attempt has its end.
pub(super) fn has_ended(number: u32, facts: &[Fact]) -> bool {
    facts
        .iter()
        .any(|fact| matches!(fact, Fact::Ended { attempt, .. } if *attempt == number))
}

/// Messages and the attempts to send them; each change is a commit.
pub trait Attempts {
    /// Records a message of the account that is its sender, whose octets are kept under this
    /// SHA-256, and takes away the draft that it was made of.
    ///
    /// # Errors
    /// [`Error::Known`] when its Message-ID was recorded before, [`Error::NoDraft`] when the draft
    /// is not as it was read; those of the disk.
    fn record_message(
        &mut self,
        message: &OutgoingMessage,
        octets: &str,
        draft: Option<&DraftRef>,
        now: Timestamp,
    ) -> Result<MessageRef, Error>;

    /// How far the ledger has come.
    ///
    /// # Errors
    /// Those of the disk.
    fn mark(&self) -> Result<Mark, Error>;

    /// As [`Attempts::record_message`]; `None`, and nothing is recorded, when another message was
    /// recorded since the mark.
    ///
    /// # Errors
    /// As there.
    fn record_since(
        &mut self,
        mark: Mark,
        message: (&OutgoingMessage, &str),
        draft: Option<&DraftRef>,
        now: Timestamp,
    ) -> Result<Option<MessageRef>, Error>;

    /// Remembers what the sender calls a message.
    ///
    /// # Errors
    /// Those of the disk.
    fn name_message(&mut self, message: &MessageRef, reference: &str) -> Result<(), Error>;

    /// Claims a message for one attempt of a process: its number, and the places of the recipients
    /// that it is for; `None` when the pace does not allow it.
    ///
    /// # Errors
    /// As [`Ledger::begin_at_pace`].
    fn claim(
        &mut self,
        message: &MessageRef,
        claim: Claim,
        now: Timestamp,
        by: (Option<Room<'_>>, &str),
    ) -> Result<Option<(u32, Vec<usize>)>, Error>;

    /// Ends the attempts of processes that are no more, see [`Ledger::settle_cut_off`].
    ///
    /// # Errors
    /// Those of the disk.
    fn end_cut_off(
        &mut self,
        is_alive: &dyn Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<usize, Error>;

    /// When messages of an account left since a time, or are about to, and to how many; oldest
    /// first.
    ///
    /// # Errors
    /// Those of the disk.
    fn sent_since(
        &self,
        account: &MailAddress,
        since: Timestamp,
    ) -> Result<Vec<(Timestamp, u32)>, Error>;

    /// Records that the octets are about to leave. From here on the attempt is in doubt until
    /// it ends.
    ///
    /// When it returns, that is on the disk, in the journal: from it the ledger learns what it lost of
    /// its last steps with the machine. That the attempt began is on the disk, too, with
    /// [`Commit::AtOnce`]: then it lost nothing that it should tell.
    ///
    /// # Errors
    /// Those of the disk, and [`Error::Settled`] when another process took this one for ended:
    /// then nothing may leave.
    fn hand(&mut self, attempt: &Attempt, now: Timestamp, commit: Commit) -> Result<(), Error>;

    /// Records how the attempt ended, see [`Ledger::end`].
    ///
    /// # Errors
    /// Those of the disk.
    fn record_end(
        &mut self,
        attempt: &Attempt,
        end: &End,
        now: Timestamp,
        commit: Commit,
    ) -> Result<(), Error>;

    /// When it returns, all that was recorded is on the disk.
    ///
    /// # Errors
    /// Those of the disk.
    fn bring_to_disk(&mut self) -> Result<(), Error>;

    /// Records that a refusal for good was one of the sender and not of this message: it may go
    /// again later. Facts stay; this one comes after them.
    ///
    /// # Errors
    /// Those of the disk.
    fn take_back_refusal(
        &mut self,
        message: &MessageRef,
        code: u16,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error>;
}

impl Ledger {
    /// Records a message of the account that is its sender: when it returns, octets and
    /// envelope are on the disk.
    ///
    /// # Errors
    /// [`Error::Known`] when its Message-ID was recorded before; those of the disk.
    pub fn freeze(
        &mut self,
        message: &OutgoingMessage,
        now: Timestamp,
    ) -> Result<MessageRef, Error> {
        self.freeze_draft(message, None, now)
    }

    /// As [`Ledger::freeze`], of a draft: when it returns, there is a message and no draft.
    ///
    /// # Errors
    /// As there, and [`Error::NoDraft`] when the draft is not as it was read any more: then nothing
    /// was recorded.
    pub fn freeze_draft(
        &mut self,
        message: &OutgoingMessage,
        draft: Option<&DraftRef>,
        now: Timestamp,
    ) -> Result<MessageRef, Error> {
        let octets = self.keep(message.octets())?;
        self.store.record_message(message, &octets, draft, now)
    }

    /// As [`Ledger::freeze_draft`]; `None`, and nothing is recorded, when another message was recorded
    /// since the mark ([`Attempts::mark`]).
    ///
    /// # Errors
    /// As there.
    pub fn freeze_since(
        &mut self,
        mark: Mark,
        (message, draft): (&OutgoingMessage, Option<&DraftRef>),
        now: Timestamp,
    ) -> Result<Option<MessageRef>, Error> {
        let octets = self.keep(message.octets())?;
        self.store
            .record_since(mark, (message, &octets), draft, now)
    }

    /// Claims a message for one attempt. Until the attempt ends no other process gets it.
    ///
    /// # Errors
    /// [`Error::BeingSent`] and [`Error::Settled`] when it must not be sent now or again.
    pub fn begin(
        &mut self,
        message: &MessageRef,
        claim: Claim,
        now: Timestamp,
    ) -> Result<Attempt, Error> {
        let attempt = self.begin_at_pace(message, claim, now, None)?;
        attempt.ok_or_else(|| Error::BeingSent {
            short: message.short.clone(),
        })
    }

    /// The same at the pace of the account, which is asked with all that left, or is about to,
    /// whoever sends it: no two processes get the same place. `None` when it does not allow it.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn begin_at_pace(
        &mut self,
        message: &MessageRef,
        claim: Claim,
        now: Timestamp,
        pace: Option<Room<'_>>,
    ) -> Result<Option<Attempt>, Error> {
        self.settle_cut_off(now)?;
        let alive = match self.idle.take() {
            Some(alive) => alive,
            None => self.leases.enter().map_err(|error| self.disk(error))?,
        };
        let claimed = self
            .store
            .claim(message, claim, now, (pace, alive.name()))?;
        Ok(claimed.map(|(number, places)| Attempt {
            message: message.clone(),
            number,
            places,
            alive,
        }))
    }

    /// Records how the attempt ended.
    ///
    /// # Errors
    /// Those of the disk. The attempt then stays open, and counts as in doubt if it was handed.
    pub fn end(
        &mut self,
        attempt: Attempt,
        end: &End,
        now: Timestamp,
        commit: Commit,
    ) -> Result<(), Error> {
        self.store.record_end(&attempt, end, now, commit)?;
        // One that has no end says by its lease that it was given up; this one needs it no more.
        self.idle = Some(attempt.alive);
        Ok(())
    }

    /// Ends the attempts of processes that are no more: not sent when the message had not been
    /// handed, in doubt when it had. Gives how many.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn settle_cut_off(&mut self, now: Timestamp) -> Result<usize, Error> {
        let leases = &*self.leases;
        self.store.end_cut_off(&|name| leases.is_alive(name), now)
    }
}
