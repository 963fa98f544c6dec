//! What may be done for a row, given all that is known under its key: pure functions, so that every
//! run looks anew at what came back. `notice` asks the tables, and carries a plan out.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::MessageRef;
use super::state::{Open, Standing};
use crate::address::MailAddress;
use crate::pec::MessageId;
use crate::timestamp::Timestamp;

/// What may still become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It left, or may have, for one recipient at least.
    Live,
    /// It reached some, or may, and came back for others; nothing more is to be done for it.
    InPart,
    /// It never left and may still.
    Unsent,
    /// It was refused, not accepted or not delivered, for all.
    CameBack,
    /// It was given up before it left.
    Withdrawn,
}

impl Life {
    /// From where it stands for its recipients.
    pub fn of(standings: &[Standing]) -> Self {
        use Standing as S;
        let (mut is_live, mut is_unsent, mut came_back) = (false, false, false);
        let is_open = Open::of(standings).is_some();
        for standing in standings {
            match standing {
                S::Recorded | S::RefusedForNow => is_unsent = true,
                S::Refused => came_back = true,
                S::NotAccepted | S::NotDelivered => came_back = true,
                S::Withdrawn => {}
                S::Sending
                | S::InDoubt
                | S::Sent
                | S::Accepted
                | S::Ordinary
                | S::Delayed
                | S::TimedOut
                | S::Delivered
                | S::Contradictory => is_live = true,
            }
        }
        match (is_live, is_unsent, came_back) {
            (true, false, true) if !is_open => Self::InPart,
            (true, _, _) => Self::Live,
            (false, true, _) => Self::Unsent,
            (false, false, true) => Self::CameBack,
            (false, false, false) => Self::Withdrawn,
        }
    }
}

/// A message that has the key of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The message.
    pub message: MessageRef,
    /// Whether it has its matter, too: the same recipients and the same content.
    pub is_same: bool,
    /// What may still become of it, and of those before it that it completes.
    pub life: Life,
    /// The recipients for whom all that came back.
    pub missed: Vec<MailAddress>,
}

/// A genuine acceptance, with the account as its signed sender, of a message that has the key of
/// a notice and is none of this ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The signed Message-ID.
    pub message_id: String,
    /// Whether the message has the notice's matter, too.
    pub is_same: bool,
    /// The certified time.
    pub at: Timestamp,
}

/// What a notice is in conflict with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// A message of this ledger.
    Message(MessageRef),
    /// One that only the mailbox knows, accepted then.
    Mailbox(Timestamp),
}

/// Where a notice stands before anything is done for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serving {
    /// Nothing went out under its key that counts.
    Free,
    /// This message served it: the same to the same, which left or may have.
    Served(MessageRef),
    /// The same, recorded by another job, and not sent yet.
    Recorded(MessageRef),
    /// The mailbox shows that the same was accepted, from whatever machine.
    Elsewhere(Acceptance),
    /// The same went out, reached some, and came back for others.
    InPart(MessageRef),
    /// The same went out, and came back for all.
    CameBack(MessageRef),
    /// Something else went out under its key, and came back for all.
    OtherCameBack(MessageRef),
    /// Something else was sent under its key, and reached somebody, or may have.
    Conflict(Other),
    /// Something left under its key then, or may have, of which the ledger lost everything else.
    Lost(Timestamp),
}

impl Serving {
    /// Whether something goes out for a notice that stands here, under what a person allowed. As
    /// `plan` says of a row that has no message yet.
    pub const fn goes(&self, terms: Terms) -> bool {
        match self {
            Self::Free | Self::Recorded(_) => true,
            Self::Served(_) | Self::Elsewhere(_) => false,
            Self::InPart(_) | Self::CameBack(_) => terms.retry,
            Self::OtherCameBack(_) => terms.retry || terms.correct,
            Self::Conflict(_) | Self::Lost(_) => terms.correct,
        }
    }
}

/// Where a notice stands, given all that is known under its key, in the order of its recording, and when
/// something left under it that was lost.
pub fn decide(earlier: &[Earlier], accepted: &[Acceptance], lost: Option<Timestamp>) -> Serving {
    let message = |one: &Earlier| one.message.clone();
    let reached = newest(earlier, true, &[Life::Live, Life::InPart]);
    if let Some(one) = reached.filter(|one| one.life == Life::Live) {
        return Serving::Served(message(one));
    }
    if let Some(acceptance) = accepted.iter().find(|one| one.is_same) {
        return Serving::Elsewhere(acceptance.clone());
    }
    if let Some(one) = reached {
        return Serving::InPart(message(one));
    }
    if let Some(other) = conflict(earlier, accepted) {
        return Serving::Conflict(other);
    }
    if let Some(at) = lost {
        return Serving::Lost(at);
    }
    if let Some(one) = newest(earlier, true, &[Life::Unsent]) {
        return Serving::Recorded(message(one));
    }
    if let Some(one) = newest(earlier, true, &[Life::CameBack]) {
        return Serving::CameBack(message(one));
    }
    match newest(earlier, false, &[Life::CameBack]) {
        Some(one) => Serving::OtherCameBack(message(one)),
        None => Serving::Free,
    }
}

/// What else reached somebody under the key, or may have.
fn conflict(earlier: &[Earlier], accepted: &[Acceptance]) -> Option<Other> {
    if let Some(one) = newest(earlier, false, &[Life::Live, Life::InPart]) {
        return Some(Other::Message(one.message.clone()));
    }
    let other = accepted.iter().find(|one| !one.is_same)?;
    Some(Other::Mailbox(other.at))
}

fn newest<'e>(earlier: &'e [Earlier], is_same: bool, lives: &[Life]) -> Option<&'e Earlier> {
    let mut newest = earlier.iter().rev();
    newest.find(|one| one.is_same == is_same && lives.contains(&one.life))
}

/// What a person allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What came back may be sent again, to those for whom it did.
    pub retry: bool,
    /// This row may be sent although something else went out under its key.
    pub correct: bool,
}

/// Those recipients of a notice that a message did not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The message.
    pub of: MessageRef,
    /// The recipients.
    pub to: Vec<MailAddress>,
}

/// What is to be done for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing: it has its message.
    Linked(MessageRef),
    /// It shares a message that is recorded, and may have left.
    Join(MessageRef),
    /// Its message is one that another machine sent; to those alone whom an earlier one missed.
    Adopt(Acceptance, Option<Rest>),
    /// A message is to be made under this Message-ID, in place of those that never left.
    Send {
        /// With its brackets.
        message_id: String,
        /// Of another matter; nothing sends them any more.
        instead_of: Vec<MessageRef>,
        /// To those alone whom an earlier one missed.
        rest: Option<Rest>,
    },
    /// A person must decide.
    Wait(Serving),
}

impl Plan {
    /// The Message-ID under which a message is to be made, where the plan needs one, and to whom
    /// alone.
    pub fn message(&self) -> Option<(String, Option<&Rest>)> {
        match self {
            Self::Send {
                message_id, rest, ..
            } => Some((message_id.clone(), rest.as_ref())),
            Self::Adopt(accepted, rest) => {
                let id = MessageId::new(&accepted.message_id).to_string();
                Some((id, rest.as_ref()))
            }
            Self::Linked(_) | Self::Join(_) | Self::Wait(_) => None,
        }
    }
}

/// The message that a row has, and what may still become of it.
pub(super) type Linked = (MessageRef, Life);

/// Whether more than its own message decides about a row.
pub(super) fn is_open(linked: Option<&Linked>) -> bool {
    match linked.map(|(_, life)| *life) {
        None | Some(Life::Unsent | Life::CameBack | Life::InPart) => true,
        Some(Life::Live | Life::Withdrawn) => false,
    }
}

/// What is known of a row that is open.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Messages of its key, oldest first.
    pub earlier: Vec<Earlier>,
    /// Acceptances of its key for messages that the ledger does not have.
    pub accepted: Vec<Acceptance>,
    /// When the last message of its key left that was lost.
    pub lost: Option<Timestamp>,
    /// The Message-ID of its next message.
    pub next_id: String,
}

/// What is to be done for a row, given its message and what is known of it if it is open.
pub(super) fn plan(linked: Option<&Linked>, known: &Known, terms: Terms) -> Plan {
    let (earlier, accepted) = (&*known.earlier, &*known.accepted);
    if let Some((message, _)) = linked.filter(|_| !is_open(linked)) {
        return Plan::Linked(message.clone());
    }
    let serving = decide(earlier, accepted, known.lost);
    if let Some((message, _)) = linked.filter(|(_, life)| *life == Life::Unsent) {
        return match serving {
            // Another machine may have sent something else under its key since it was recorded.
            Serving::Conflict(_) | Serving::Lost(_) if !terms.correct => Plan::Wait(serving),
            Serving::Conflict(_)
            | Serving::Lost(_)
            | Serving::Free
            | Serving::Served(_)
            | Serving::Recorded(_)
            | Serving::Elsewhere(_)
            | Serving::InPart(_)
            | Serving::CameBack(_)
            | Serving::OtherCameBack(_) => Plan::Linked(message.clone()),
        };
    }
    // Nothing goes again without the word; what another machine sent to those whom it missed is adopted.
    if let Some((message, _)) = linked.filter(|_| !terms.retry)
        && !matches!(serving, Serving::Elsewhere(_))
    {
        return Plan::Linked(message.clone());
    }
    let missed = newest(earlier, true, &[Life::InPart, Life::CameBack]);
    let rest = missed.map(|one| Rest {
        of: one.message.clone(),
        to: one.missed.clone(),
    });
    let send = |rest: Option<Rest>| {
        let unsent = earlier.iter().filter(|one| one.life == Life::Unsent);
        Plan::Send {
            message_id: known.next_id.clone(),
            instead_of: unsent.map(|one| one.message.clone()).collect(),
            rest,
        }
    };
    match serving {
        Serving::Free => send(None),
        Serving::Served(message) | Serving::Recorded(message) => Plan::Join(message),
        Serving::Elsewhere(accepted) => Plan::Adopt(accepted, rest),
        Serving::InPart(_) if terms.retry => match conflict(earlier, accepted) {
            // A correction reached somebody meanwhile.
            Some(other) if !terms.correct => Plan::Wait(Serving::Conflict(other)),
            Some(_) | None => send(rest),
        },
        Serving::CameBack(_) if terms.retry => send(rest),
        // It says what became of the row.
        Serving::InPart(message) | Serving::CameBack(message) => Plan::Join(message),
        Serving::OtherCameBack(_) if terms.retry || terms.correct => send(None),
        Serving::Conflict(_) | Serving::Lost(_) if terms.correct => send(None),
        Serving::OtherCameBack(_) | Serving::Conflict(_) | Serving::Lost(_) => Plan::Wait(serving),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> impl Iterator<Item = Terms> {
        [(false, false), (false, true), (true, false), (true, true)]
            .into_iter()
            .map(|(retry, correct)| Terms { retry, correct })
    }

    /// Everything that one message and one acceptance under a key can be.
    fn all_known() -> Vec<Known> {
        let message = || MessageRef {
            id: 1,
            short: "abcd".to_owned(),
        };
        let lives = [
            Life::Live,
            Life::InPart,
            Life::Unsent,
            Life::CameBack,
            Life::Withdrawn,
        ];
        let earlier = lives.into_iter().flat_map(|life| {
            [true, false].map(|is_same| Earlier {
                message: message(),
                is_same,
                life,
                missed: Vec::new(),
            })
        });
        let accepted = [true, false].map(|is_same| Acceptance {
            message_id: "<a@b>".to_owned(),
            is_same,
            at: Timestamp::from_unix(0),
        });
        let mut all = Vec::new();
        for earlier in earlier.map(Some).chain([None]) {
            for accepted in accepted.iter().cloned().map(Some).chain([None]) {
                for lost in [None, Some(Timestamp::from_unix(0))] {
                    all.push(Known {
                        earlier: earlier.clone().into_iter().collect(),
                        accepted: accepted.clone().into_iter().collect(),
                        lost,
                        next_id: "<next@b>".to_owned(),
                    });
                }
            }
        }
        all
    }

    #[test]
    fn what_a_check_says_will_go_is_what_a_run_sends() {
        for known in all_known() {
            for terms in terms() {
                let serving = decide(&known.earlier, &known.accepted, known.lost);
                let goes = match plan(None, &known, terms) {
                    Plan::Send { .. } => true,
                    Plan::Join(_) => matches!(serving, Serving::Recorded(_)),
                    Plan::Adopt(..) | Plan::Linked(_) => false,
                    // A correction reached somebody since: a run looks at more than a check.
                    Plan::Wait(Serving::Conflict(_)) if matches!(serving, Serving::InPart(_)) => {
                        continue;
                    }
                    Plan::Wait(_) => false,
                };
                assert_eq!(serving.goes(terms), goes, "{serving:?} {terms:?}");
            }
        }
    }
}
