//! Questions to the user, one line each, on standard error.

use std::io::{self, BufRead, Write};

use crate::command::Failure;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;

/// Wrong answers to one question before giving up: a script that feeds the wrong lines must end.
const MAX_TRIES: usize = 5;

/// Octets of an answer: more than any path has.
const MAX_OCTETS: u64 = 16 * 1024;

/// Asks in one language.
pub(super) struct Asker<'a> {
    /// Where answers come from.
    pub input: &'a mut dyn BufRead,
    /// Where questions go.
    pub err: &'a mut dyn Write,
    /// The language.
    pub lang: Lang,
}

impl Asker<'_> {
    /// Asks until the answer is usable. An empty answer takes the default, where there is one.
    /// The question is `ask.KEY`, what is wrong with an answer `ask.KEY-again`.
    ///
    /// # Errors
    /// A [`Failure`] when the input ends or no answer is usable; those of the streams.
    pub fn ask<T>(
        &mut self,
        key: &str,
        values: &[(&str, &str)],
        default: Option<&str>,
        understand: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let texts = Catalogue::of(self.lang);
        for _ in 0..MAX_TRIES {
            let question = texts.fill(&format!("ask.{key}"), values);
            match default {
                // An empty one is told by the question.
                Some(default) if !default.is_empty() => {
                    let default = texts.fill("ask.default", &[("default", default)]);
                    write!(self.err, "{question} {default}: ")?;
                }
                Some(_) | None => write!(self.err, "{question}: ")?,
            }
            self.err.flush()?;
            let answer = self.line()?;
            let answer = match (answer.trim(), default) {
                ("", Some(default)) => default,
                (answer, _) => answer,
            };
            if let Some(understood) = understand(answer) {
                return Ok(understood);
            }
            writeln!(
                self.err,
                "{}",
                texts.fill(&format!("ask.{key}-again"), values)
            )?;
        }
        Err(Failure::new("no-answer", []).into())
    }

    /// Yes or no; an empty answer is no.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    pub fn confirm(&mut self, key: &str, values: &[(&str, &str)]) -> anyhow::Result<bool> {
        let yes = Catalogue::of(self.lang).text("ask.yes").to_lowercase();
        self.ask(key, values, None, |answer| {
            let answer = answer.to_lowercase();
            let is_yes =
                !answer.is_empty() && (yes.starts_with(&answer) || "yes".starts_with(&answer));
            let is_no = answer.is_empty() || "no".starts_with(&answer);
            (is_yes || is_no).then_some(is_yes)
        })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut octets = Vec::new();
        let mut limited = io::Read::take(&mut *self.input, MAX_OCTETS);
        limited.read_until(b'\n', &mut octets)?;
        if octets.is_empty() {
            // The prompt's line is left open.
            writeln!(self.err)?;
            return Err(Failure::new("no-answer", []).into());
        }
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(input: &str, default: Option<&str>) -> (anyhow::Result<String>, String) {
        let mut err = Vec::new();
        let mut asker = Asker {
            input: &mut input.as_bytes(),
            err: &mut err,
            lang: Lang::En,
        };
        let answer = asker.ask("address", &[], default, |answer| {
            answer.contains('@').then(|| answer.to_owned())
        });
        (answer, String::from_utf8(err).unwrap())
    }

    #[test]
    fn a_wrong_answer_is_asked_again_and_an_empty_one_takes_the_default() {
        let (answer, err) = asked("nobody\r\n a@b \r\n", None);
        assert_eq!(answer.unwrap(), "a@b");
        assert_eq!(err.lines().count(), 2);
        assert_eq!(asked("\n", Some("c@d")).0.unwrap(), "c@d");
    }

    #[test]
    fn an_end_of_input_and_too_many_wrong_answers_end_it() {
        assert!(asked("", None).0.is_err());
        assert!(asked(&"x\n".repeat(100), None).0.is_err());
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for (input, lang, expected) in [
            ("y\n", Lang::En, true),
            ("yes\n", Lang::It, true),
            ("s\u{ec}\n", Lang::It, true),
            ("s\n", Lang::En, false),
            ("\n", Lang::En, false),
            ("No\n", Lang::It, false),
        ] {
            let mut err = Vec::new();
            let mut asker = Asker {
                input: &mut input.as_bytes(),
                err: &mut err,
                lang,
            };
            let values = [("account", "studio"), ("address", "a@pec.example")];
            let answer = asker.confirm("remove", &values).unwrap_or(false);
            assert_eq!(answer, expected, "{input:?}");
        }
    }
}
