//! Why a command could not be done, in words for a person: what is wrong, what to try.

use std::fmt;
use std::io::{self, Write};

use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;

/// A failure with the key of its sentences and the values in them.
#[derive(Debug)]
pub struct Failure {
    key: &'static str,
    values: Vec<(&'static str, String)>,
    status: ExitStatus,
}

impl Failure {
    /// The sentences are `error.KEY-what` and `error.KEY-hint`.
    pub fn new(key: &'static str, values: impl Into<Vec<(&'static str, String)>>) -> Self {
        Self {
            key,
            values: values.into(),
            status: ExitStatus::Unusable,
        }
    }

    /// The same, with another exit status than 2.
    pub fn with_status(self, status: ExitStatus) -> Self {
        Self { status, ..self }
    }

    /// The result could not be written.
    pub fn of_writing(error: &anyhow::Error) -> Self {
        let reason = [("reason", format!("{error:#}"))];
        Failure::new("write", reason).with_status(ExitStatus::NotNow)
    }

    /// 2, unless another was set: the question could not be asked.
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// What is wrong, and what to do.
    pub fn sentences(&self, lang: Lang) -> (String, String) {
        let catalogue = Catalogue::of(lang);
        let values: Vec<(&str, &str)> = self
            .values
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        // A number of things, whose text may be another for one of them.
        let count = values.iter().find(|(name, _)| *name == "count");
        let count: Option<u64> = count.and_then(|(_, count)| count.parse().ok());
        let sentence = |part: &str| {
            let key = format!("error.{}-{part}", self.key);
            match count {
                Some(count) => catalogue.count(&key, count, &values),
                None => catalogue.fill(&key, &values),
            }
        };
        (sentence("what"), sentence("hint"))
    }

    /// Writes both sentences.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn write(&self, lang: Lang, err: &mut dyn Write) -> io::Result<()> {
        let catalogue = Catalogue::of(lang);
        let (what, hint) = self.sentences(lang);
        writeln!(
            err,
            "{}",
            catalogue.text("error.prefix").replace("{what}", &what)
        )?;
        writeln!(
            err,
            "{}",
            catalogue.text("error.hint").replace("{hint}", &hint)
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

impl std::error::Error for Failure {}
