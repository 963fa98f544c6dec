//! A person at the terminal who is asked whether something leaves.

use std::io;

use super::Session;
use crate::client::{Answer, Confirm, Question};
use crate::output::catalogue::Catalogue;

/// Asks, and says that nothing leaves where the answer is no.
///
/// # Errors
/// Those of the streams.
pub(super) fn ask(session: &mut Session<'_>) -> anyhow::Result<Answer> {
    let texts = Catalogue::of(session.lang);
    write!(session.err, "{} ", texts.text("send.question"))?;
    session.err.flush()?;
    let mut words = String::new();
    io::stdin().read_line(&mut words)?;
    let answer = Answer::of(&words);
    if answer == Answer::No {
        writeln!(session.err, "{}", texts.text("send.not-sent-by-choice"))?;
    }
    Ok(answer)
}

/// The terminal of a session, where there is one.
pub(super) struct Terminal<'t, 's>(pub &'t mut Session<'s>);

impl Confirm for Terminal<'_, '_> {
    type Failure = anyhow::Error;

    fn confirm(&mut self, _: Question<'_>) -> anyhow::Result<Answer> {
        ask(self.0)
    }
}
