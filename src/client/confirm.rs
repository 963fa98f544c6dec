//! A person's word before something leaves: a question that is handed in.
//!
//! Journeys say what is about to leave; who answers, a terminal or a test, is none of their matter.

use crate::ledger::{Claim, MessageRef};
use crate::pec::outgoing::OutgoingMessage;

/// Whether a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A person sees what is to leave, and is asked.
    Asked,
    /// It was given beforehand (`--yes`): nobody looks.
    Given,
}

/// What a person is asked: whether this may leave.
#[derive(Debug)]
pub enum Question<'a> {
    /// A new message.
    New(&'a OutgoingMessage),
    /// Messages that were recorded before, and on which claim each goes.
    Recorded(&'a [(MessageRef, Claim)]),
    /// The rows of a table, so many.
    Rows(u64),
}

/// What a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It may leave.
    Yes,
    /// It may not.
    No,
    /// Nobody is there who could say.
    Nobody,
}

impl Answer {
    /// The answer that words are, in both languages; all that is no yes is a no.
    pub fn of(words: &str) -> Self {
        match words.trim().to_lowercase().as_str() {
            "y" | "yes" | "s" | "si" | "sì" => Self::Yes,
            _ => Self::No,
        }
    }
}

/// Somebody who can be asked.
pub trait Confirm {
    /// What keeps somebody from being asked.
    type Failure;

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// Those of the way to the person; nothing leaves then.
    fn confirm(&mut self, question: Question<'_>) -> Result<Answer, Self::Failure>;
}

/// On whose word something leaves, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// On one that was given beforehand.
    Beforehand,
    /// On that of a person who was asked: that may have taken hours.
    Now,
    /// On none: a person said no.
    Refused,
    /// On none: nobody is there who could say.
    Missing,
}

impl Consent {
    /// Asks where it was not given.
    ///
    /// # Errors
    /// As [`Confirm::confirm`].
    pub fn word<C: Confirm + ?Sized>(
        self,
        question: Question<'_>,
        who: &mut C,
    ) -> Result<Word, C::Failure> {
        Ok(match self {
            Self::Given => Word::Beforehand,
            Self::Asked => match who.confirm(question)? {
                Answer::Yes => Word::Now,
                Answer::No => Word::Refused,
                Answer::Nobody => Word::Missing,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers what it holds, and cannot be asked where it holds nothing.
    struct Person(Option<Answer>);

    impl Confirm for Person {
        type Failure = &'static str;

        fn confirm(&mut self, _: Question<'_>) -> Result<Answer, Self::Failure> {
            self.0.ok_or("no way")
        }
    }

    #[test]
    fn a_yes_in_either_language_and_nothing_else() {
        for yes in ["y", "Yes\n", "s", " SI ", "Sì\r\n"] {
            assert_eq!(Answer::of(yes), Answer::Yes, "{yes:?}");
        }
        for no in ["", "\n", "n", "no", "ye", "yess", "ok", "1"] {
            assert_eq!(Answer::of(no), Answer::No, "{no:?}");
        }
    }

    #[test]
    fn nobody_is_asked_who_gave_his_word_before() {
        let word = |consent: Consent, person| consent.word(Question::Rows(1), &mut Person(person));
        assert_eq!(word(Consent::Given, None), Ok(Word::Beforehand));
        assert_eq!(word(Consent::Asked, Some(Answer::Yes)), Ok(Word::Now));
        assert_eq!(word(Consent::Asked, Some(Answer::No)), Ok(Word::Refused));
        assert_eq!(word(Consent::Asked, None), Err("no way"));
        assert_eq!(
            word(Consent::Asked, Some(Answer::Nobody)),
            Ok(Word::Missing)
        );
    }
}
