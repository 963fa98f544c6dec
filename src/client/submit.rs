//! One message to the server: claimed, handed over, its end recorded.

use super::Now;
use crate::ledger::fact::{AttemptEnd, RecipientAnswer, Refusal, Words};
use crate::ledger::{self, Claim, End, Ledger, MessageRef, Room};
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

/// As [`submit_at_pace`], at once.
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
    let submitted = submit_at_pace(ledger, message, claim, submission, now, None)?;
    submitted.ok_or_else(|| ledger::Error::BeingSent {
        short: message.short.clone(),
    })
}

/// Submits a recorded message over an open connection: its octets as they were frozen, to those
/// of its recipients that it did not go to yet, once. `None` when the pace does not allow it now.
///
/// # Errors
/// When the message must not be sent (see [`Ledger::begin`]) or the ledger cannot be used;
/// nothing left then.
pub fn submit_at_pace(
    ledger: &mut Ledger,
    message: &MessageRef,
    claim: Claim,
    submission: &mut dyn Submission,
    now: Now<'_>,
    pace: Option<Room<'_>>,
) -> Result<Option<Submitted>, ledger::Error> {
    let row = ledger.row(message)?;
    let octets = ledger.octets(&row.octets)?;
    let Some(attempt) = ledger.begin_at_pace(message, claim, now(), pace)? else {
        return Ok(None);
    };
    let places = attempt.places();
    let addresses = places.iter().filter_map(|&place| row.recipients.get(place));
    let envelope = Envelope {
        sender: row.sender,
        recipients: addresses.map(|(address, _)| address.to_string()).collect(),
    };
    let mut before_data = || {
        ledger
            .hand(&attempt, now())
            .map_err(|error| error.to_string())
    };
    let mut report = submission.submit(&envelope, &octets, &mut before_data);
    // Of those to whom it went before the server was not asked.
    let mut answers = vec![None; row.recipients.len()];
    for (&place, answer) in attempt.places().iter().zip(report.recipients) {
        answers[place] = answer;
    }
    report.recipients = answers;
    let unrecorded = ledger.end(attempt, &end_of(&report), now()).err();
    Ok(Some(Submitted { report, unrecorded }))
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
        code: reply.code,
        text: reply.text.to_string(),
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
