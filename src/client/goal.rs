//! What a standing means for one who waits.

use crate::exit::ExitStatus;
use crate::ledger::state::Standing;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// That the provider accepts the message.
    Accepted,
    /// That it is delivered.
    Delivered,
}

/// Where one who waits for it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is so.
    Reached,
    /// It will never be so.
    Failed,
    /// It may still become so.
    Awaited,
    /// Receipts contradict each other: waiting does not help, a person must look.
    Unclear,
}

impl Goal {
    /// For one recipient.
    pub const fn outcome(self, standing: Standing) -> Outcome {
        use Standing as S;
        match (standing, self) {
            (S::Delivered, _) => Outcome::Reached,
            // Nothing more will ever be certified for ordinary mail.
            (S::Ordinary, _) => Outcome::Reached,
            (S::Accepted | S::Delayed | S::TimedOut | S::NotDelivered, Self::Accepted) => {
                Outcome::Reached
            }
            (S::TimedOut | S::NotDelivered, Self::Delivered) => Outcome::Failed,
            (S::NotAccepted | S::Refused, _) => Outcome::Failed,
            // It never left, and another message took its place: nothing will ever come.
            (S::Withdrawn, _) => Outcome::Failed,
            (S::Accepted | S::Delayed, Self::Delivered) => Outcome::Awaited,
            (S::Recorded | S::RefusedForNow | S::Sending | S::InDoubt | S::Sent, _) => {
                Outcome::Awaited
            }
            (S::Contradictory, _) => Outcome::Unclear,
        }
    }
}

impl Outcome {
    /// As an exit status.
    pub const fn exit(self) -> ExitStatus {
        match self {
            Self::Reached => ExitStatus::Yes,
            Self::Failed => ExitStatus::No,
            Self::Awaited | Self::Unclear => ExitStatus::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_standing_means_something_for_one_who_waits() {
        use Outcome::{Awaited, Failed, Reached, Unclear};
        use Standing as S;
        let all = [
            (S::Recorded, Awaited, Awaited),
            (S::Sending, Awaited, Awaited),
            (S::RefusedForNow, Awaited, Awaited),
            (S::InDoubt, Awaited, Awaited),
            (S::Sent, Awaited, Awaited),
            (S::Accepted, Reached, Awaited),
            (S::Delayed, Reached, Awaited),
            (S::TimedOut, Reached, Failed),
            (S::NotDelivered, Reached, Failed),
            (S::Delivered, Reached, Reached),
            (S::Ordinary, Reached, Reached),
            (S::NotAccepted, Failed, Failed),
            (S::Refused, Failed, Failed),
            // One who waited for it waited for the whole of its time.
            (S::Withdrawn, Failed, Failed),
            (S::Contradictory, Unclear, Unclear),
        ];
        for (standing, accepted, delivered) in all {
            assert_eq!(Goal::Accepted.outcome(standing), accepted, "{standing:?}");
            assert_eq!(Goal::Delivered.outcome(standing), delivered, "{standing:?}");
        }
        assert_eq!(all.len(), Standing::ALL.len());
    }
}
