//! Which message a person means where both what was sent and what was received may be meant.

use super::letters;
use super::meant::not_one;
use super::{Failure, Session};
use crate::ledger::letter::{LetterList, LetterRow};
use crate::ledger::{Ledger, MessageRef};
use crate::output::catalogue::Catalogue;

/// A message that a word means.
pub(super) enum Which {
    /// One of ours.
    Sent(MessageRef),
    /// One that a mailbox held.
    Received(Box<LetterRow>),
}

impl Which {
    /// The one message of a word: a short id, a Message-ID, or words of the subject. A Message-ID is that
    /// of what we sent, also where a copy of it was received.
    ///
    /// # Errors
    /// A [`Failure`] when there is none, or when there are several: then all are named.
    pub fn of(word: &str, ledger: &mut Ledger, session: &mut Session<'_>) -> anyhow::Result<Self> {
        let failed = |error| Failure::of_ledger(&error);
        letters::index(ledger, session)?;
        let mut sent = ledger.find(word).map_err(failed)?;
        let mut received = Vec::new();
        if !(word.contains('@') && sent.len() == 1) {
            for row in letters::meant(ledger, word, LetterList::All)? {
                match &row.message {
                    None => received.push(row),
                    Some(message) if sent.is_empty() => sent.push(message.clone()),
                    // Words mean what the ledger finds by them first.
                    Some(_) => {}
                }
            }
        }
        match (sent.len(), received.len()) {
            (0, 0) => Err(not_one(word, true).into()),
            (1, 0) => Ok(Self::Sent(sent.remove(0))),
            (0, 1) => Ok(Self::Received(Box::new(received.remove(0)))),
            _ => Err(several(word, &sent, &received, session).into()),
        }
    }

    /// The message of ours that a word means, for what is about no other. `instead` says what to do about
    /// one that was received, given its short id.
    ///
    /// # Errors
    /// As [`Which::of`]; and when it was received.
    pub fn sent(
        word: &str,
        instead: &dyn Fn(String) -> Failure,
        ledger: &mut Ledger,
        session: &mut Session<'_>,
    ) -> anyhow::Result<MessageRef> {
        match Self::of(word, ledger, session)? {
            Self::Sent(message) => Ok(message),
            Self::Received(row) => Err(instead(row.letter.short.clone()).into()),
        }
    }
}

/// Several are meant: which of them are ours is told.
fn several(
    word: &str,
    sent: &[MessageRef],
    received: &[LetterRow],
    session: &Session<'_>,
) -> Failure {
    let texts = Catalogue::of(session.lang);
    let named = |key: &str, short: &str| texts.fill(key, &[("message", short)]);
    let ours = sent.iter().map(|one| named("which.sent", &one.short));
    let theirs = received.iter();
    let theirs = theirs.map(|row| named("which.received", &row.letter.short));
    let all: Vec<String> = ours.chain(theirs).collect();
    let values = [("word", word.to_owned()), ("messages", all.join(", "))];
    Failure::new("several-messages", values)
}
