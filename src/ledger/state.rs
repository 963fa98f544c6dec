//! Where a message stands for one recipient: a pure function of the facts, in any order, with
//! any of them twice.
//!
//! The states are those of RFC 6109, 3 as a sender meets them.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::fact::{Fact, What};
use crate::exit::ExitStatus;
use crate::pec::Notice;
use crate::timestamp::Timestamp;

/// Where a message stands for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// Recorded; never left. May be sent.
    Recorded,
    /// A process is sending it.
    Sending,
    /// The server refused it for now. May be sent again; where the server took the message for
    /// others, to those alone that it refused.
    RefusedForNow,
    /// The server refused it for good; or for now in an attempt of which only receipts tell that it
    /// reached others; or another machine sent the message, and its acceptance names others. Final.
    Refused,
    /// Given up before it left; another message took its place. Final.
    Withdrawn,
    /// Nobody knows whether the server has it.
    InDoubt,
    /// The provider's server has it; no receipt yet.
    Sent,
    /// The provider did not accept it. Final.
    NotAccepted,
    /// Accepted; the delivery receipt is awaited.
    Accepted,
    /// Accepted for ordinary mail; nothing more will be certified. Final.
    Ordinary,
    /// No delivery within 12 hours; still awaited.
    Delayed,
    /// No delivery within 24 hours. Final, but a late delivery may still be certified.
    TimedOut,
    /// Delivered. Final.
    Delivered,
    /// Not delivered. Final.
    NotDelivered,
    /// Verified receipts contradict each other; a person must look.
    Contradictory,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Recorded,
        Self::Sending,
        Self::RefusedForNow,
        Self::Refused,
        Self::Withdrawn,
        Self::InDoubt,
        Self::Sent,
        Self::NotAccepted,
        Self::Accepted,
        Self::Ordinary,
        Self::Delayed,
        Self::TimedOut,
        Self::Delivered,
        Self::NotDelivered,
        Self::Contradictory,
    ];

    /// The word in the ledger and in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Sending => "sending",
            Self::RefusedForNow => "refused-for-now",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::InDoubt => "in-doubt",
            Self::Sent => "sent",
            Self::NotAccepted => "not-accepted",
            Self::Accepted => "accepted",
            Self::Ordinary => "ordinary",
            Self::Delayed => "delayed",
            Self::TimedOut => "timed-out",
            Self::Delivered => "delivered",
            Self::NotDelivered => "not-delivered",
            Self::Contradictory => "contradictory",
        }
    }

    /// The standing of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.word() == word)
    }

    /// What it is to somebody who waits for this; the one place where that is told.
    pub const fn meaning(self, goal: Goal) -> Meaning {
        match (self, goal) {
            // Nothing more will ever be certified for ordinary mail.
            (Self::Delivered | Self::Ordinary, Goal::Accepted | Goal::Delivered) => {
                Meaning::Reached
            }
            (
                Self::Accepted | Self::Delayed | Self::TimedOut | Self::NotDelivered,
                Goal::Accepted,
            ) => Meaning::Reached,
            (Self::Accepted | Self::Delayed, Goal::Delivered) => Meaning::Awaited,
            (Self::TimedOut | Self::NotDelivered, Goal::Delivered) => Meaning::Failed,
            (Self::Refused | Self::NotAccepted, Goal::Accepted | Goal::Delivered) => {
                Meaning::Failed
            }
            (Self::Withdrawn, Goal::Accepted | Goal::Delivered) => Meaning::GivenUp,
            (Self::Contradictory, Goal::Accepted | Goal::Delivered) => Meaning::Unclear,
            (
                Self::Recorded | Self::Sending | Self::RefusedForNow | Self::InDoubt | Self::Sent,
                Goal::Accepted | Goal::Delivered,
            ) => Meaning::Awaited,
        }
    }

    /// Whether something is still awaited, from a server or from a person.
    pub const fn is_pending(self) -> bool {
        match self.meaning(Goal::Delivered) {
            Meaning::Awaited | Meaning::Unclear => true,
            Meaning::Reached | Meaning::Failed | Meaning::GivenUp => false,
        }
    }

    /// Whether the message did not, or cannot be shown to, reach the recipient. One that was given
    /// up for another is none: that one tells.
    pub const fn is_failure(self) -> bool {
        match self.meaning(Goal::Delivered) {
            Meaning::Failed | Meaning::Unclear => true,
            Meaning::Reached | Meaning::GivenUp | Meaning::Awaited => false,
        }
    }

    /// Whether it is certain that the message did not reach the recipient, and will not: after the
    /// final notice a late delivery may still be certified.
    pub const fn missed(self) -> bool {
        match self {
            Self::Refused | Self::NotAccepted | Self::NotDelivered => true,
            Self::Recorded
            | Self::Sending
            | Self::RefusedForNow
            | Self::Withdrawn
            | Self::InDoubt
            | Self::Sent
            | Self::Accepted
            | Self::Ordinary
            | Self::Delayed
            | Self::TimedOut
            | Self::Delivered
            | Self::Contradictory => false,
        }
    }

    /// Whether a server has, or had, the message for the recipient.
    pub const fn has_left(self) -> bool {
        match self {
            Self::Sent
            | Self::NotAccepted
            | Self::Accepted
            | Self::Ordinary
            | Self::Delayed
            | Self::TimedOut
            | Self::Delivered
            | Self::NotDelivered
            | Self::Contradictory => true,
            Self::Recorded
            | Self::Sending
            | Self::RefusedForNow
            | Self::Refused
            | Self::Withdrawn
            | Self::InDoubt => false,
        }
    }

    /// The words of those that are so, as a list for `IN (…)`.
    pub(super) fn words(is_so: impl Fn(Self) -> bool) -> String {
        let words = Self::ALL.into_iter().filter(|one| is_so(*one));
        let words: Vec<String> = words.map(|one| format!("'{}'", one.word())).collect();
        words.join(", ")
    }
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The provider's acceptance.
    Accepted,
    /// A delivery receipt for every recipient that can have one.
    Delivered,
}

/// What a standing is to somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What was waited for is certified, or all that ever will be.
    Reached,
    /// It will not come.
    Failed,
    /// The message never left, and another took its place: that one tells.
    GivenUp,
    /// It may come.
    Awaited,
    /// Nothing more will come by itself; a person must look.
    Unclear,
}

impl Meaning {
    /// The answer as an exit status.
    pub const fn exit(self) -> ExitStatus {
        match self {
            Self::Reached => ExitStatus::Yes,
            Self::Failed | Self::GivenUp => ExitStatus::No,
            Self::Awaited | Self::Unclear => ExitStatus::Undecided,
        }
    }
}

/// What is still to be done for a message as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// It may go: to all, or to those that were left behind.
    Unsent,
    /// Nobody knows whether the server has it.
    InDoubt,
    /// A process is sending it.
    Sending,
}

impl Open {
    /// From the standings of its recipients; `None` when nothing may be done any more. An attempt
    /// that goes on, or is in doubt, comes before all.
    pub fn of(all: &[Standing]) -> Option<Self> {
        let open = |standing: &Standing| match standing {
            Standing::Recorded | Standing::RefusedForNow => Some(Self::Unsent),
            Standing::InDoubt => Some(Self::InDoubt),
            Standing::Sending => Some(Self::Sending),
            Standing::Refused
            | Standing::Withdrawn
            | Standing::Sent
            | Standing::NotAccepted
            | Standing::Accepted
            | Standing::Ordinary
            | Standing::Delayed
            | Standing::TimedOut
            | Standing::Delivered
            | Standing::NotDelivered
            | Standing::Contradictory => None,
        };
        all.iter().filter_map(open).max()
    }
}

/// What may be expected, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The acceptance should come by then.
    Acceptance(Timestamp),
    /// A delivery receipt, or the first notice, by then.
    FirstNotice(Timestamp),
    /// A delivery receipt, or the second notice, by then.
    SecondNotice(Timestamp),
    /// Something should have come by then and did not: ask the provider.
    Overdue(Timestamp),
}

/// The first notice is due when nothing came 12 hours after dispatch (RFC 6109, 3.1.6).
const FIRST_NOTICE_SECONDS: i64 = 12 * 3_600;
/// The second after 24 hours (same section).
const SECOND_NOTICE_SECONDS: i64 = 24 * 3_600;
/// But not before 22 hours (same section).
const SECOND_NOTICE_EARLIEST_SECONDS: i64 = 22 * 3_600;
/// Our own patience after that, and for an acceptance; providers' queues are not instant.
const GRACE_SECONDS: i64 = 3_600;

/// All that the facts say about one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientState {
    /// Where it stands.
    pub standing: Standing,
    /// Since when: the time of the fact that decided it; `None` while nothing was tried.
    pub since: Option<Timestamp>,
    /// When the server first took the message for it, in an attempt that was for it.
    pub taken_at: Option<Timestamp>,
    /// The certified time of the acceptance.
    pub accepted_at: Option<Timestamp>,
    /// Delivered after the notice that it would not be.
    pub late: bool,
    /// Two transactions of the provider carried it: it went out twice.
    pub twice: bool,
    /// The certified statements that contradict each other; empty unless they do.
    pub contradiction: Vec<What>,
}

impl RecipientState {
    /// Derives the state of the recipient at a place from the facts of its message.
    pub fn of(place: usize, facts: &[Fact]) -> Self {
        let concerns = |fact: &&Fact| fact.concerns(place);
        let was_taken = facts.iter().any(|fact| fact.what() == What::Taken);
        let unseen = match was_taken {
            true => Unseen::default(),
            false => Unseen::of(facts),
        };
        let facts: Vec<&Fact> = facts.iter().filter(concerns).collect();
        let first = |what: What| {
            let times = facts.iter().filter(|fact| fact.what() == what);
            times.map(|fact| fact.at()).min()
        };
        let accepted_at = first(What::Accepted).or(first(What::AcceptedAsOrdinary));
        let timed_out = final_notice(&facts, accepted_at);
        let contradiction = contradiction(&first);
        let ends = ends(&facts);
        let (standing, since) = if contradiction.is_empty() {
            certified_standing(&first, timed_out)
                .unwrap_or_else(|| unseen.left_behind(submission_standing(&ends, &facts)))
        } else {
            let times = contradiction.iter().filter_map(|what| first(*what));
            (Standing::Contradictory, times.max())
        };
        Self {
            standing,
            since,
            taken_at: furthest(&ends)
                .filter(|(standing, _)| *standing == Standing::Sent)
                .and_then(|(_, at)| at),
            accepted_at,
            late: timed_out
                .zip(first(What::Delivered))
                .is_some_and(|(notice, delivered)| delivered >= notice),
            twice: went_out_twice(&facts),
            contradiction,
        }
    }

    /// The fact that this standing rests on, where it says that the message did not, or not yet,
    /// reach the recipient; `facts` are those it was derived from.
    pub fn reason<'f>(&self, place: usize, facts: &'f [Fact]) -> Option<&'f Fact> {
        let wanted: &[What] = match self.standing {
            Standing::RefusedForNow => &[What::RefusedForNow],
            Standing::Refused => &[What::Refused, What::RefusedForNow],
            Standing::NotAccepted => &[What::NotAccepted],
            Standing::NotDelivered => &[What::NotDelivered],
            Standing::Delayed | Standing::TimedOut => &[What::TimeoutNotice],
            Standing::Recorded
            | Standing::Sending
            | Standing::Withdrawn
            | Standing::InDoubt
            | Standing::Sent
            | Standing::Accepted
            | Standing::Ordinary
            | Standing::Delivered
            | Standing::Contradictory => &[],
        };
        let concerns = |fact: &&Fact| {
            wanted.contains(&fact.what()) && Some(fact.at()) == self.since && fact.concerns(place)
        };
        // Where both stand at one instant, the one about this recipient says more.
        facts
            .iter()
            .filter(concerns)
            .max_by_key(|fact| fact.place().is_some())
    }

    /// What may be expected at `now`; `None` when nothing more is awaited from the provider.
    pub fn deadline(&self, now: Timestamp) -> Option<Deadline> {
        let after = |at: Timestamp, seconds: i64| Timestamp::from_unix(at.unix() + seconds);
        // No rule says when an acceptance is due: our patience is all there is.
        let (start, due, grace) = match self.standing {
            Standing::Sent => (self.since?, GRACE_SECONDS, 0),
            Standing::Accepted | Standing::Delayed => {
                // The first notice comes 12 hours after the dispatch that it speaks of.
                let by_notice = self.since.map(|since| after(since, -FIRST_NOTICE_SECONDS));
                let start = self.accepted_at.or(by_notice)?;
                (start, SECOND_NOTICE_SECONDS, GRACE_SECONDS)
            }
            Standing::Recorded
            | Standing::Sending
            | Standing::RefusedForNow
            | Standing::Refused
            | Standing::Withdrawn
            | Standing::InDoubt
            | Standing::NotAccepted
            | Standing::Ordinary
            | Standing::TimedOut
            | Standing::Delivered
            | Standing::NotDelivered
            | Standing::Contradictory => return None,
        };
        let first_notice = after(start, FIRST_NOTICE_SECONDS);
        Some(if now > after(start, due + grace) {
            Deadline::Overdue(after(start, due))
        } else if self.standing == Standing::Sent {
            Deadline::Acceptance(after(start, due))
        } else if self.standing == Standing::Accepted && now <= first_notice {
            Deadline::FirstNotice(first_notice)
        } else {
            Deadline::SecondNotice(after(start, SECOND_NOTICE_SECONDS))
        })
    }
}

/// When the second timeout notice says that time is over. Both notices have the same type;
/// what tells them apart, best first: what they state ([`Notice::stated`]), and that the second is
/// not issued before 22 hours (RFC 6109, 3.1.6). Unclear ones are the first, which closes nothing.
fn final_notice(facts: &[&Fact], accepted_at: Option<Timestamp>) -> Option<Timestamp> {
    let is_final = |fact: &&&Fact| {
        if fact.what() != What::TimeoutNotice {
            return false;
        }
        let words = fact.text().unwrap_or_default();
        if let Some(stated) = Notice::stated(fact.code().as_deref(), words) {
            return stated == Notice::Final;
        }
        let elapsed = accepted_at.map(|accepted| fact.at().seconds_since(accepted));
        elapsed.is_some_and(|seconds| seconds >= SECOND_NOTICE_EARLIEST_SECONDS)
    };
    facts.iter().filter(is_final).map(|fact| fact.at()).min()
}

/// Pairs that cannot both be true. A delivery after a timeout notice is late, not a
/// contradiction; a notice of non-delivery after one says the same.
fn contradiction(first: &dyn Fn(What) -> Option<Timestamp>) -> Vec<What> {
    const PAIRS: [(What, What); 5] = [
        (What::Delivered, What::NotDelivered),
        (What::Delivered, What::NotAccepted),
        (What::Accepted, What::NotAccepted),
        (What::AcceptedAsOrdinary, What::NotAccepted),
        (What::Accepted, What::AcceptedAsOrdinary),
    ];
    let mut both: Vec<What> = PAIRS
        .into_iter()
        .filter(|(one, other)| first(*one).is_some() && first(*other).is_some())
        .flat_map(|(one, other)| [one, other])
        .collect();
    both.sort();
    both.dedup();
    both
}

/// The furthest that verified receipts say.
fn certified_standing(
    first: &dyn Fn(What) -> Option<Timestamp>,
    timed_out: Option<Timestamp>,
) -> Option<Since> {
    let furthest_first = [
        (first(What::Delivered), Standing::Delivered),
        (first(What::NotDelivered), Standing::NotDelivered),
        (first(What::NotAccepted), Standing::NotAccepted),
        (timed_out, Standing::TimedOut),
        (first(What::AcceptedAsOrdinary), Standing::Ordinary),
        (first(What::TimeoutNotice), Standing::Delayed),
        (first(What::Accepted), Standing::Accepted),
    ];
    furthest_first
        .into_iter()
        .find_map(|(at, standing)| Some((standing, Some(at?))))
}

/// Where a message stands, and since when.
type Since = (Standing, Option<Timestamp>);

/// How the attempts that were for a recipient ended, in their order.
fn ends(facts: &[&Fact]) -> Vec<Since> {
    let mut attempts: Vec<u32> = facts.iter().filter_map(|fact| fact.attempt()).collect();
    attempts.sort_unstable();
    attempts.dedup();
    let mut ends = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let before = furthest(&ends).or(ends.last().copied());
        let was_refused = before.is_some_and(|(standing, _)| standing == Standing::Refused);
        if !(was_refused && began_here(attempt, facts)) {
            ends.push(end_of_attempt(attempt, facts));
        }
    }
    ends
}

/// Whether this process, or an earlier one, made the attempt: not to whom the server had refused it for
/// good (`places_to_send`). A refusal that is taken back is an end without a beginning, and of what only
/// the journal tells nobody knows for whom it was.
fn began_here(attempt: u32, facts: &[&Fact]) -> bool {
    facts.iter().any(|fact| match fact {
        Fact::Begun {
            attempt: begun,
            process,
            ..
        } => *begun == attempt && process.is_some(),
        Fact::Handed { .. }
        | Fact::RecipientRefused { .. }
        | Fact::Ended { .. }
        | Fact::Withdrawn { .. }
        | Fact::Certified(_) => false,
    })
}

/// What some attempt achieved, or may have: that outweighs what a later one did not.
fn furthest(ends: &[Since]) -> Option<Since> {
    [Standing::Sent, Standing::InDoubt, Standing::Sending]
        .into_iter()
        .find_map(|wanted| ends.iter().find(|(standing, _)| *standing == wanted))
        .copied()
}

/// What our own attempts say, as long as no receipt does.
fn submission_standing(ends: &[Since], facts: &[&Fact]) -> Since {
    let withdrawn = || {
        let withdrawn = facts.iter().filter(|fact| fact.what() == What::Withdrawn);
        let at = withdrawn.map(|fact| fact.at()).min()?;
        Some((Standing::Withdrawn, Some(at)))
    };
    furthest(ends)
        .or_else(withdrawn)
        .or(ends.last().copied())
        .unwrap_or((Standing::Recorded, None))
}

/// Whether it is known for whom a server took a message: an attempt of ours was taken, or an acceptance
/// names them. Then its receipts are theirs, and say nothing of the others.
pub fn is_known_for_whom(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| match fact.what() {
        What::Taken | What::Accepted | What::AcceptedAsOrdinary => true,
        What::Begun
        | What::Handed
        | What::Refused
        | What::RefusedForNow
        | What::NotSent
        | What::InDoubt
        | What::Withdrawn
        | What::NotAccepted
        | What::TimeoutNotice
        | What::Delivered
        | What::NotDelivered => false,
    })
}

/// What receipts tell of a message of which no attempt of ours was taken.
#[derive(Clone, Copy, Debug, Default)]
struct Unseen {
    /// Whether there are any.
    went: bool,
    /// When it was accepted, for those whom the acceptance names.
    accepted_at: Option<Timestamp>,
}

impl Unseen {
    fn of(facts: &[Fact]) -> Self {
        let is_acceptance =
            |fact: &&Fact| matches!(fact.what(), What::Accepted | What::AcceptedAsOrdinary);
        let accepted = facts.iter().filter(is_acceptance);
        Self {
            went: facts.iter().any(Fact::is_certified),
            accepted_at: accepted.map(Fact::at).min(),
        }
    }

    /// What a server refused for now goes again to those that it refused. Not where receipts alone tell
    /// that the message went: to whom, its server did not say. Nor does it go from here to whom the
    /// acceptance does not name.
    fn left_behind(self, (standing, at): Since) -> Since {
        match standing {
            Standing::RefusedForNow if self.went => (Standing::Refused, at),
            Standing::Recorded if self.accepted_at.is_some() => {
                (Standing::Refused, self.accepted_at)
            }
            Standing::RefusedForNow
            | Standing::Recorded
            | Standing::Sending
            | Standing::Refused
            | Standing::Withdrawn
            | Standing::InDoubt
            | Standing::Sent
            | Standing::NotAccepted
            | Standing::Accepted
            | Standing::Ordinary
            | Standing::Delayed
            | Standing::TimedOut
            | Standing::Delivered
            | Standing::NotDelivered
            | Standing::Contradictory => (standing, at),
        }
    }
}

fn end_of_attempt(attempt: u32, facts: &[&Fact]) -> Since {
    let of_attempt = || facts.iter().filter(|fact| fact.attempt() == Some(attempt));
    // The server's answer to one recipient outweighs its answer to the message.
    const ENDS: [(What, Standing, bool); 7] = [
        (What::Refused, Standing::Refused, true),
        (What::RefusedForNow, Standing::RefusedForNow, true),
        (What::Taken, Standing::Sent, false),
        (What::InDoubt, Standing::InDoubt, false),
        (What::Refused, Standing::Refused, false),
        (What::RefusedForNow, Standing::RefusedForNow, false),
        (What::NotSent, Standing::Recorded, false),
    ];
    for (what, standing, of_recipient) in ENDS {
        let fits = |fact: &&&Fact| fact.what() == what && fact.place().is_some() == of_recipient;
        if let Some(at) = of_attempt().filter(fits).map(|fact| fact.at()).min() {
            return (standing, Some(at));
        }
    }
    (Standing::Sending, of_attempt().map(|fact| fact.at()).min())
}

/// Whether the acceptances, or the deliveries, name more than one transaction.
fn went_out_twice(facts: &[&Fact]) -> bool {
    [What::Accepted, What::AcceptedAsOrdinary, What::Delivered]
        .into_iter()
        .any(|what| {
            let mut known = facts
                .iter()
                .filter(|fact| fact.what() == what)
                .filter_map(|fact| fact.identifier());
            let first = known.next();
            known.any(|other| Some(other) != first)
        })
}

#[cfg(test)]
mod tests;
