//! What a standing comes to: which consequence it has for a sender, and what is to be done now.
//!
//! Here it is only told apart; the sentences are those of `output/legal`. A cause comes from the
//! signed code and words of the notice on which the standing rests.

use crate::ledger::fact::Fact;
use crate::ledger::state::{Deadline, RecipientState, Standing};
use crate::pec::Cause;
use crate::timestamp::Timestamp;

/// What a message comes to for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It never left, and may be sent.
    NotSent,
    /// It is being sent.
    Sending,
    /// The server refused it.
    Refused,
    /// Another message took its place.
    Withdrawn,
    /// Nobody knows whether it left.
    InDoubt,
    /// The acceptance is awaited.
    Sent,
    /// It should have come.
    SentOverdue,
    /// It left for nobody.
    NotAccepted,
    /// The delivery is awaited.
    Accepted,
    /// Nothing more will be certified.
    Ordinary,
    /// It is late, and no outcome.
    Delayed,
    /// Delivered.
    Delivered,
    /// Delivered after the notice that it would not be.
    DeliveredLate,
    /// Not delivered: the mailbox is full.
    FullMailbox,
    /// Not delivered: there is no such address.
    UnknownAddress,
    /// Not delivered: a virus.
    Virus,
    /// Not delivered for another cause.
    NotDelivered,
    /// Not delivered within 24 hours.
    TimedOut,
    /// Neither delivery nor notice came in time.
    Overdue,
    /// Genuine receipts contradict each other.
    Contradictory,
}

impl Outlook {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::NotSent,
        Self::Sending,
        Self::Refused,
        Self::Withdrawn,
        Self::InDoubt,
        Self::Sent,
        Self::SentOverdue,
        Self::NotAccepted,
        Self::Accepted,
        Self::Ordinary,
        Self::Delayed,
        Self::Delivered,
        Self::DeliveredLate,
        Self::FullMailbox,
        Self::UnknownAddress,
        Self::Virus,
        Self::NotDelivered,
        Self::TimedOut,
        Self::Overdue,
        Self::Contradictory,
    ];

    /// The word in the JSON, by which its sentences are found.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotSent => "recorded",
            Self::Sending => "sending",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::InDoubt => "in-doubt",
            Self::Sent => "sent",
            Self::SentOverdue => "sent-overdue",
            Self::NotAccepted => "not-accepted",
            Self::Accepted => "accepted",
            Self::Ordinary => "ordinary",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::DeliveredLate => "delivered-late",
            Self::FullMailbox => "full-mailbox",
            Self::UnknownAddress => "unknown-address",
            Self::Virus => "virus",
            Self::NotDelivered => "not-delivered",
            Self::TimedOut => "timed-out",
            Self::Overdue => "overdue",
            Self::Contradictory => "contradictory",
        }
    }

    /// Of the recipient at a place, given the facts that its state was derived from.
    pub fn of(state: &RecipientState, place: usize, facts: &[Fact], now: Timestamp) -> Self {
        let is_overdue = matches!(state.deadline(now), Some(Deadline::Overdue(_)));
        match (state.standing, is_overdue) {
            (Standing::Recorded | Standing::RefusedForNow, _) => Self::NotSent,
            (Standing::Sending, _) => Self::Sending,
            (Standing::Refused, _) => Self::Refused,
            (Standing::Withdrawn, _) => Self::Withdrawn,
            (Standing::InDoubt, _) => Self::InDoubt,
            (Standing::Sent, true) => Self::SentOverdue,
            (Standing::Sent, false) => Self::Sent,
            (Standing::NotAccepted, _) => Self::NotAccepted,
            (Standing::Accepted | Standing::Delayed, true) => Self::Overdue,
            (Standing::Accepted, false) => Self::Accepted,
            (Standing::Delayed, false) => Self::Delayed,
            (Standing::Ordinary, _) => Self::Ordinary,
            (Standing::TimedOut, _) => Self::TimedOut,
            (Standing::Delivered, _) if state.late => Self::DeliveredLate,
            (Standing::Delivered, _) => Self::Delivered,
            (Standing::NotDelivered, _) => match cause(state, place, facts) {
                Cause::Full => Self::FullMailbox,
                Cause::UnknownAddress => Self::UnknownAddress,
                Cause::Virus => Self::Virus,
                Cause::Other => Self::NotDelivered,
            },
            (Standing::Contradictory, _) => Self::Contradictory,
        }
    }
}

/// Why it was not delivered, by the fact on which the standing rests.
fn cause(state: &RecipientState, place: usize, facts: &[Fact]) -> Cause {
    let reason = state.reason(place, facts);
    reason.map_or(Cause::Other, |fact| {
        Cause::stated(fact.code().as_deref(), fact.text().unwrap_or_default())
    })
}
