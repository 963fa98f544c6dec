//! One thing that was looked at: whether it is right, and what to do when it is not.

use serde::Serialize;

use super::Failure;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::style::{Style, Tone};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Right.
    Ok,
    /// It works, but something is to be done.
    Warning,
    /// It does not work.
    Failed,
    /// It could not be looked at; why is in the sentence.
    Skipped,
}

impl State {
    /// The word in JSON and in the catalogue.
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Warning => Tone::Unsure,
            Self::Failed => Tone::Bad,
            Self::Skipped => Tone::Faint,
        }
    }
}

/// A check that was made, in the words of one language.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Which check; the word stays.
    pub id: &'static str,
    /// How it ended.
    pub state: State,
    /// What is so.
    pub says: String,
    /// What to do; `None` when it is right.
    pub advice: Option<String>,
    /// What a command that makes only such checks exits with for this one.
    pub status: ExitStatus,
    /// Of the check of folders: those that are not read.
    pub not_read: Option<Vec<String>>,
}

impl Check {
    /// The same, with the folders that are not read.
    pub fn with_not_read(self, folders: Vec<String>) -> Self {
        Self {
            not_read: Some(folders),
            ..self
        }
    }

    /// Right. The sentence is `doctor.CASE`.
    pub fn ok(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, State::Ok, lang, case, values)
    }

    /// It works, but something is to be done: `doctor.CASE` and `doctor.CASE-do`.
    pub fn warning(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, State::Warning, lang, case, values)
    }

    /// It does not work.
    pub fn failed(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, State::Failed, lang, case, values)
    }

    /// It was not looked at.
    pub fn skipped(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, State::Skipped, lang, case, values)
    }

    /// It does not work, for a reason that commands tell in the same words.
    pub fn of_failure(id: &'static str, lang: Lang, failure: &Failure) -> Self {
        let (says, advice) = failure.sentences(lang);
        Self {
            id,
            state: State::Failed,
            says,
            advice: Some(advice),
            status: failure.status(),
            not_read: None,
        }
    }

    fn new(
        id: &'static str,
        state: State,
        lang: Lang,
        case: &str,
        values: &[(&str, &str)],
    ) -> Self {
        let texts = Catalogue::of(lang);
        let advice = format!("doctor.{case}-do");
        Self {
            id,
            state,
            says: texts.fill(&format!("doctor.{case}"), values),
            advice: texts.has(&advice).then(|| texts.fill(&advice, values)),
            status: match state {
                State::Failed => ExitStatus::No,
                _ => ExitStatus::Yes,
            },
            not_read: None,
        }
    }

    /// The lines for people: state and sentence, then what to do.
    pub fn lines(&self, lang: Lang, style: Style) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let word = texts.text(&format!("state.{}", self.state.word()));
        let painted = style.paint(self.state.tone(), format!("{word:<WIDTH$}"));
        let mut lines = vec![format!("  {painted} {}", self.says)];
        if let Some(advice) = &self.advice {
            let blank = "";
            lines.push(format!(
                "  {blank:<WIDTH$} {}",
                texts.text("state.do").replace("{advice}", advice)
            ));
        }
        lines
    }

    /// The same for programs.
    pub fn json<'a>(&'a self, account: Option<&'a str>) -> CheckJson<'a> {
        CheckJson {
            account,
            id: self.id,
            state: self.state.word(),
            text: &self.says,
            advice: self.advice.as_deref(),
            not_read: self.not_read.as_deref(),
        }
    }
}

/// Columns of the longest word for a state.
const WIDTH: usize = 9;

/// A check in JSON.
#[derive(Serialize)]
pub(super) struct CheckJson<'a> {
    account: Option<&'a str>,
    id: &'static str,
    state: &'static str,
    text: &'a str,
    advice: Option<&'a str>,
    not_read: Option<&'a [String]>,
}
