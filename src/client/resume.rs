//! What may be done with a message that was recorded before: by where it stands, by what the
//! mailbox answers, by what a person allowed. Pure functions; the present is handed in.

use std::time::Duration;

use super::{Found, Resend};
use crate::exit::ExitStatus;
use crate::ledger::Claim;
use crate::ledger::fact::{Fact, What};
use crate::ledger::state::{Open, Standing};
use crate::timestamp::Timestamp;

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It never left, and the ledger knows that as of now: it goes.
    Goes,
    /// It never left as far as the ledger knows, which may have been set back: the mailbox is asked
    /// first.
    AsksFirst,
    /// In doubt: the mailbox is asked, and a person decides.
    InDoubt,
    /// Another process is sending it now.
    BeingSent,
    /// Nothing may be done any more.
    Over(Over),
}

/// How a message ended, or what is certain of it while its receipts are awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The provider has it, for all.
    Went,
    /// It was given up before it left: nobody answered, and another message took its place.
    GivenUp,
    /// Receipts contradict each other.
    Contradictory,
    /// It did not reach all of them, as far as it is known: refused, not accepted, not delivered, or
    /// 24 hours over.
    Failed,
}

impl Mood {
    /// By where a message stands for its recipients, and whether it was recorded, or tried, just
    /// now.
    pub fn of(standings: &[Standing], is_of_now: bool) -> Self {
        match (Open::of(standings), is_of_now) {
            (Some(Open::Sending), _) => Self::BeingSent,
            (Some(Open::InDoubt), _) => Self::InDoubt,
            (Some(Open::Unsent), true) => Self::Goes,
            (Some(Open::Unsent), false) => Self::AsksFirst,
            (None, _) => Self::Over(Over::of(standings)),
        }
    }
}

impl Over {
    /// The worst that is true of a recipient.
    fn of(standings: &[Standing]) -> Self {
        use Standing as S;
        let of_one = |standing: &Standing| match standing {
            S::Refused | S::NotAccepted | S::TimedOut | S::NotDelivered => Self::Failed,
            S::Contradictory => Self::Contradictory,
            S::Withdrawn => Self::GivenUp,
            S::Sent | S::Accepted | S::Ordinary | S::Delayed | S::Delivered => Self::Went,
            // Of these none is over.
            S::Recorded | S::RefusedForNow | S::Sending | S::InDoubt => Self::Failed,
        };
        let all = standings.iter().map(of_one);
        all.max_by_key(|over| match over {
            Self::Went => 0,
            Self::GivenUp => 1,
            Self::Contradictory => 2,
            Self::Failed => 3,
        })
        .unwrap_or(Self::GivenUp)
    }

    /// Whether it went, as an exit status.
    pub const fn exit(self) -> ExitStatus {
        match self {
            Self::Went => ExitStatus::Yes,
            Self::GivenUp | Self::Failed => ExitStatus::No,
            Self::Contradictory => ExitStatus::Undecided,
        }
    }
}

/// What a person allowed to be sent again of what is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendAgain {
    /// Which of it, by what the mailbox answers.
    pub what: Resend,
    /// How old the newest attempt must be, so that a slow acceptance had its time.
    pub patience: Duration,
}

/// A message that the mailbox was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it answered.
    pub found: Found,
    /// Whether the message never left, as far as the ledger knows; else it is in doubt.
    pub never_left: bool,
    /// Whether the server took it for some recipients and others were left behind: a receipt is
    /// that of the former.
    pub left_over: bool,
    /// When its newest attempt is old enough for an acceptance to be missed, if there was one.
    pub ripe_at: Option<Timestamp>,
}

/// What follows from the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAsking {
    /// It goes, on this claim.
    Goes(Claim),
    /// It may go, and not yet: an acceptance may be on its way.
    TooYoung,
    /// It stays as it is.
    Stays,
}

impl Asked {
    /// What follows, given what a person allowed of what is in doubt.
    pub fn then(self, resend: Option<Resend>, now: Timestamp) -> AfterAsking {
        let may_go = match self.found {
            Found::Receipt => self.never_left && self.left_over,
            Found::Nothing => self.never_left || resend.is_some(),
            Found::Unproved | Found::ForOthers | Found::Unknown => {
                resend.is_some_and(|resend| resend.allows(self.found))
            }
        };
        match (may_go, self.never_left) {
            (false, _) => AfterAsking::Stays,
            (true, true) => AfterAsking::Goes(Claim::NeverLeft),
            // A clock that was set back makes it young: waiting is the harmless error.
            (true, false) if self.ripe_at.is_some_and(|at| now < at) => AfterAsking::TooYoung,
            (true, false) => AfterAsking::Goes(Claim::InDoubtAndSearched),
        }
    }
}

/// When the newest attempt is old enough for an acceptance to be missed; `None` when none got so
/// far.
pub fn ripe_at(facts: &[Fact], patience: Duration) -> Option<Timestamp> {
    let handed = facts.iter().filter(|fact| fact.what() == What::Handed);
    let newest = handed.map(|fact| fact.at()).max()?;
    let patience = i64::try_from(patience.as_secs()).unwrap_or(i64::MAX);
    Some(Timestamp::from_unix(newest.unix().saturating_add(patience)))
}

/// Whether the server took a message for some of its recipients, and others were left behind.
pub fn is_left_over(facts: &[Fact], standings: &[Standing]) -> bool {
    let was_taken = facts.iter().any(|fact| fact.what() == What::Taken);
    was_taken && Open::of(standings) == Some(Open::Unsent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);

    #[test]
    fn each_standing_says_what_may_be_done() {
        use Mood::{AsksFirst, BeingSent, Goes, InDoubt};
        for (standing, now, later) in [
            (Standing::Recorded, Goes, AsksFirst),
            (Standing::RefusedForNow, Goes, AsksFirst),
            (Standing::Sending, BeingSent, BeingSent),
            (Standing::InDoubt, InDoubt, InDoubt),
        ] {
            assert_eq!(Mood::of(&[standing], true), now, "{standing:?}");
            assert_eq!(Mood::of(&[standing], false), later, "{standing:?}");
        }
        let over = [
            (Standing::Refused, Over::Failed, ExitStatus::No),
            (Standing::NotAccepted, Over::Failed, ExitStatus::No),
            (Standing::TimedOut, Over::Failed, ExitStatus::No),
            (Standing::NotDelivered, Over::Failed, ExitStatus::No),
            (Standing::Withdrawn, Over::GivenUp, ExitStatus::No),
            (
                Standing::Contradictory,
                Over::Contradictory,
                ExitStatus::Undecided,
            ),
            (Standing::Sent, Over::Went, ExitStatus::Yes),
            (Standing::Accepted, Over::Went, ExitStatus::Yes),
            (Standing::Ordinary, Over::Went, ExitStatus::Yes),
            (Standing::Delayed, Over::Went, ExitStatus::Yes),
            (Standing::Delivered, Over::Went, ExitStatus::Yes),
        ];
        for (standing, ended, exit) in over {
            for is_of_now in [true, false] {
                let mood = Mood::of(&[standing], is_of_now);
                assert_eq!(mood, Mood::Over(ended), "{standing:?}");
            }
            assert_eq!(ended.exit(), exit, "{standing:?}");
        }
        assert_eq!(over.len() + 4, Standing::ALL.len());
    }

    #[test]
    fn of_several_recipients_what_goes_on_comes_first_and_the_worst_end_counts() {
        use Standing as S;
        let mood = |standings: &[Standing]| Mood::of(standings, true);
        // Another process is at it: nothing else about the message matters.
        assert_eq!(mood(&[S::InDoubt, S::Sending]), Mood::BeingSent);
        assert_eq!(mood(&[S::Recorded, S::Sending]), Mood::BeingSent);
        assert_eq!(mood(&[S::RefusedForNow, S::InDoubt]), Mood::InDoubt);
        assert_eq!(mood(&[S::Delivered, S::RefusedForNow]), Mood::Goes);
        assert_eq!(
            mood(&[S::Delivered, S::NotDelivered]),
            Mood::Over(Over::Failed)
        );
        assert_eq!(
            mood(&[S::Contradictory, S::Refused]),
            Mood::Over(Over::Failed)
        );
        let contradictory = mood(&[S::Delivered, S::Contradictory]);
        assert_eq!(contradictory, Mood::Over(Over::Contradictory));
        assert_eq!(
            mood(&[S::Withdrawn, S::Withdrawn]),
            Mood::Over(Over::GivenUp)
        );
    }

    fn in_doubt(found: Found) -> Asked {
        Asked {
            found,
            never_left: false,
            left_over: false,
            ripe_at: Some(NOW),
        }
    }

    #[test]
    fn what_is_in_doubt_goes_again_only_with_the_word_and_where_the_answer_allows_it() {
        use Found::{ForOthers, Nothing, Receipt, Unknown, Unproved};
        let (with_care, at_any_price) = (Resend::IfNothingIsThere, Resend::EvenIfTwice);
        let goes = AfterAsking::Goes(Claim::InDoubtAndSearched);
        for (found, resend, then) in [
            (Nothing, None, AfterAsking::Stays),
            (Nothing, Some(with_care), goes),
            (Nothing, Some(at_any_price), goes),
            (Unproved, Some(with_care), AfterAsking::Stays),
            (Unproved, Some(at_any_price), goes),
            (ForOthers, Some(with_care), AfterAsking::Stays),
            (ForOthers, Some(at_any_price), goes),
            (Unknown, None, AfterAsking::Stays),
            (Unknown, Some(with_care), AfterAsking::Stays),
            (Unknown, Some(at_any_price), goes),
            (Receipt, Some(at_any_price), AfterAsking::Stays),
        ] {
            assert_eq!(
                in_doubt(found).then(resend, NOW),
                then,
                "{found:?} {resend:?}"
            );
        }
    }

    #[test]
    fn an_attempt_ripens_to_the_second() {
        let asked = in_doubt(Found::Nothing);
        let resend = Some(Resend::IfNothingIsThere);
        let before = Timestamp::from_unix(NOW.unix() - 1);
        assert_eq!(asked.then(resend, before), AfterAsking::TooYoung);
        assert!(matches!(asked.then(resend, NOW), AfterAsking::Goes(_)));
    }

    #[test]
    fn what_never_left_goes_when_the_mailbox_knows_nothing_of_it() {
        let asked = |found, left_over| Asked {
            never_left: true,
            left_over,
            ripe_at: None,
            ..in_doubt(found)
        };
        let goes = AfterAsking::Goes(Claim::NeverLeft);
        assert_eq!(asked(Found::Nothing, false).then(None, NOW), goes);
        // The receipt is that of those who were taken; the others still wait.
        assert_eq!(asked(Found::Receipt, true).then(None, NOW), goes);
        for found in [
            Found::Receipt,
            Found::Unknown,
            Found::Unproved,
            Found::ForOthers,
        ] {
            let then = asked(found, false).then(None, NOW);
            assert_eq!(then, AfterAsking::Stays, "{found:?}");
        }
    }
}
