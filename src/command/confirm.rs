//! A person at the terminal who is asked whether something leaves.

use std::io;

use super::Session;
use crate::client::{Answer, Confirm, Question};
use crate::ledger::Claim;
use crate::output::catalogue::Catalogue;

/// Asks, and says that nothing leaves where the answer is no.
///
/// # Errors
/// Those of the streams.
pub(super) fn ask(question: &Question<'_>, session: &mut Session<'_>) -> anyhow::Result<Answer> {
    let texts = Catalogue::of(session.lang);
    write!(session.err, "{} ", texts.text(question_key(question)))?;
    session.err.flush()?;
    let mut words = String::new();
    io::stdin().read_line(&mut words)?;
    let answer = Answer::of(&words);
    if answer == Answer::No {
        let key = match question {
            // What was written may be in a draft: where is said below.
            Question::New(_) => "send.declined",
            Question::Rows(_) => "send.not-sent-by-choice",
            Question::Recorded(_) => "send.not-resumed",
        };
        writeln!(session.err, "{}", texts.text(key))?;
    }
    Ok(answer)
}

/// What may have left already is asked about in other words.
fn question_key(question: &Question<'_>) -> &'static str {
    let again = |claim: &Claim| *claim == Claim::InDoubtAndSearched;
    match question {
        Question::Recorded(going) if going.iter().any(|(_, claim)| again(claim)) => {
            "send.question-again"
        }
        Question::New(_) | Question::Recorded(_) | Question::Rows(_) => "send.question",
    }
}

/// The terminal of a session, where there is one.
pub(super) struct Terminal<'t, 's>(pub &'t mut Session<'s>);

impl Confirm for Terminal<'_, '_> {
    type Failure = anyhow::Error;

    fn confirm(&mut self, question: Question<'_>) -> anyhow::Result<Answer> {
        ask(&question, self.0)
    }
}
