//! One message to the server: claimed, handed over, its end recorded.

use super::Now;
use crate::ledger::fact::{AttemptEnd, RecipientAnswer, Refusal, Words};
use crate::ledger::{self, Claim, Commit, End, Ledger, MessageRef, MessageRow, Room};
use crate::transport::{Envelope, Reply, Submission, SubmissionOutcome, SubmissionReport};

/// What became of a message, and whether that could be written down.
#[derive(Debug)]
pub struct Submitted {
    /// What the server did.
    pub report: SubmissionReport,
    /// Why the end is not in the ledger, if it is not. The attempt then counts as in doubt,
    /// though the report knows better: a person must be told both.
    pub unrecorded: Option<ledger::Error>,
}

impl Submitted {
    /// Whether the provider has it, for some of its recipients at least.
    pub const fn is_taken(&self) -> bool {
        matches!(self.report.outcome, SubmissionOutcome::Taken(_))
    }

    /// Whether the provider has it, or may have it.
    pub const fn may_have_left(&self) -> bool {
        match self.report.outcome {
            SubmissionOutcome::Taken(_) | SubmissionOutcome::InDoubt { .. } => true,
            SubmissionOutcome::Refused(_)
            | SubmissionOutcome::SenderRefused(_)
            | SubmissionOutcome::NotSent(_) => false,
        }
    }

    /// Whether another message may follow over the same connection: it holds, and the provider
    /// takes something from this sender.
    pub const fn lets_others_follow(&self) -> bool {
        match self.report.outcome {
            SubmissionOutcome::Taken(_) | SubmissionOutcome::Refused(_) => true,
            SubmissionOutcome::SenderRefused(_)
            | SubmissionOutcome::NotSent(_)
            | SubmissionOutcome::InDoubt { .. } => false,
        }
    }
}

/// How a message goes among others.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    /// The pace at which they go, if there is one.
    pub room: Option<Room<'a>>,
    /// When its steps are on the disk.
    pub commit: Commit,
}

/// A recorded message with its octets as they were frozen, read from the ledger once.
#[derive(Debug)]
pub(super) struct Frozen {
    /// What is known of it.
    pub row: MessageRow,
    /// What leaves, and what is filed.
    pub octets: Vec<u8>,
}

impl Frozen {
    /// Reads a message.
    ///
    /// # Errors
    /// Those of the ledger, also when its octets are not those that were recorded.
    pub fn of(ledger: &Ledger, message: &MessageRef) -> Result<Self, ledger::Error> {
        let row = ledger.row(message)?;
        let octets = ledger.octets(&row.octets)?;
        Ok(Self { row, octets })
    }

    /// As [`Frozen::submit_in`], alone.
    ///
    /// # Errors
    /// As there.
    pub fn submit(
        &self,
        ledger: &mut Ledger,
        claim: Claim,
        submission: &mut dyn Submission,
        now: Now<'_>,
    ) -> Result<Submitted, ledger::Error> {
        let turn = Turn {
            room: None,
            commit: Commit::AtOnce,
        };
        let submitted = self.submit_in(turn, ledger, claim, submission, now)?;
        submitted.ok_or_else(|| ledger::Error::BeingSent {
            short: self.row.message.short.clone(),
        })
    }

    /// Submits it over an open connection: its octets as they were frozen, to those of its
    /// recipients that it did not go to yet, once. `None` when the pace does not allow it now.
    ///
    /// # Errors
    /// When the message must not be sent (see [`Ledger::begin`]) or the ledger cannot be used;
    /// nothing left then.
    pub fn submit_in(
        &self,
        turn: Turn<'_>,
        ledger: &mut Ledger,
        claim: Claim,
        submission: &mut dyn Submission,
        now: Now<'_>,
    ) -> Result<Option<Submitted>, ledger::Error> {
        let Some(attempt) = ledger.begin_at_pace(&self.row.message, claim, now(), turn.room)?
        else {
            return Ok(None);
        };
        let recipients = &self.row.recipients;
        let places = attempt.places().iter();
        let addresses = places.filter_map(|&place| recipients.get(place));
        let envelope = Envelope {
            sender: self.row.sender.clone(),
            recipients: addresses.map(|(address, _)| address.to_string()).collect(),
        };
        let mut before_data = || {
            ledger
                .hand(&attempt, now(), turn.commit)
                .map_err(|error| error.to_string())
        };
        let mut report = submission.submit(&envelope, &self.octets, &mut before_data);
        // Of those to whom it went before the server was not asked.
        let mut answers = vec![None; recipients.len()];
        for (&place, answer) in attempt.places().iter().zip(report.recipients) {
            answers[place] = answer;
        }
        report.recipients = answers;
        let ended = ledger.end(attempt, &end_of(&report), now(), turn.commit);
        let unrecorded = ended.err();
        Ok(Some(Submitted { report, unrecorded }))
    }
}

/// As `Frozen::submit`, of a message that is read for it.
///
/// # Errors
/// As there.
pub fn submit(
    ledger: &mut Ledger,
    message: &MessageRef,
    claim: Claim,
    submission: &mut dyn Submission,
    now: Now<'_>,
) -> Result<Submitted, ledger::Error> {
    Frozen::of(ledger, message)?.submit(ledger, claim, submission, now)
}

/// The facts of a report.
///
/// What the server refuses because of the sender it may take tomorrow: the message waits.
fn end_of(report: &SubmissionReport) -> End {
    let of_sender = matches!(report.outcome, SubmissionOutcome::SenderRefused(_));
    let words = |reply: &Reply| Words {
        code: Some(reply.code),
        text: reply.text.to_string(),
    };
    let refusal = |reply: &Reply| Refusal {
        transient: reply.is_for_now() || of_sender,
        words: words(reply),
    };
    let refused = report.recipients.iter().enumerate();
    let refused = refused.filter_map(|(place, reply)| {
        let reply = reply.as_ref().filter(|reply| reply.code >= 400)?;
        let refusal = refusal(reply);
        Some(RecipientAnswer { place, refusal })
    });
    let whole = match &report.outcome {
        SubmissionOutcome::Taken(reply) => AttemptEnd::Taken(words(reply)),
        SubmissionOutcome::Refused(reply) | SubmissionOutcome::SenderRefused(reply) => {
            AttemptEnd::Refused(refusal(reply))
        }
        SubmissionOutcome::NotSent(error) => AttemptEnd::NotSent {
            reason: error.to_string(),
        },
        SubmissionOutcome::InDoubt {
            reply: Some(reply), ..
        } => AttemptEnd::InDoubt(words(reply)),
        SubmissionOutcome::InDoubt {
            reply: None,
            reason,
        } => AttemptEnd::InDoubt(Words {
            code: None,
            text: reason.clone(),
        }),
    };
    End {
        whole,
        refused: refused.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::MailAddress;
    use crate::ledger::state::Standing;
    use crate::pec::outgoing::{Limits, OutgoingMessage};
    use crate::timestamp::Timestamp;
    use crate::transport::{Censor, Error};

    const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);
    const DRAFT: &str = "From: io@pec.mittente.example\r\nTo: a@pec.destinatario.example\r\n\
        Subject: Avviso\r\nMessage-ID: <1@pec.mittente.example>\r\n\
        Date: Sun, 22 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=us-ascii\r\n\r\nTesto.\r\n";

    fn reply(code: u16, text: &str) -> Reply {
        Reply {
            code,
            text: Censor::none().text(text),
        }
    }

    /// Where a message stands for its recipient after an attempt that got as far as the octets.
    fn standing_after(outcome: SubmissionOutcome) -> Standing {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(&folder.path().join("pec")).expect("a ledger");
        let sender = MailAddress::new("io@pec.mittente.example");
        let message = OutgoingMessage::freeze(DRAFT.into(), &sender, Limits::default());
        let message = message.expect("a good message");
        let message = ledger.freeze(&message, NOW).expect("recorded");
        let attempt = ledger.begin(&message, Claim::NeverLeft, NOW);
        let attempt = attempt.expect("an attempt");
        let handed = ledger.hand(&attempt, NOW, Commit::AtOnce);
        handed.expect("handed");
        let report = SubmissionReport {
            recipients: vec![Some(reply(250, "2.1.5 ok"))],
            outcome,
        };
        let ended = ledger.end(attempt, &end_of(&report), NOW, Commit::AtOnce);
        ended.expect("an end");
        let row = ledger.row(&message).expect("a row");
        row.recipients[0].1
    }

    #[test]
    fn each_end_of_an_attempt_is_recorded_as_what_it_was() {
        use SubmissionOutcome as O;
        let in_doubt = |reply| O::InDoubt {
            reply,
            reason: "reset".to_owned(),
        };
        for (standing, outcome) in [
            (Standing::Sent, O::Taken(reply(250, "2.0.0 taken"))),
            (Standing::Refused, O::Refused(reply(554, "5.6.0 no"))),
            (
                Standing::RefusedForNow,
                O::Refused(reply(452, "4.3.1 full")),
            ),
            (
                Standing::RefusedForNow,
                O::SenderRefused(reply(550, "5.7.1 not you")),
            ),
            (
                Standing::Recorded,
                O::NotSent(Error::Broken("reset".to_owned())),
            ),
            // Never taken for one that did not leave: that one goes again by itself.
            (Standing::InDoubt, in_doubt(None)),
            (Standing::InDoubt, in_doubt(Some(reply(451, "4.4.1 relay")))),
        ] {
            let told = format!("{outcome:?}");
            assert_eq!(standing_after(outcome), standing, "{told}");
        }
    }
}
