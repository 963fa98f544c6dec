//! One thing that was looked at: whether it is right, and what to do when it is not.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::Failure;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::report::{Page, known};
use crate::output::style::Tone;

/// The checks of today, for the schema: more may come.
const IDS: [&str; 36] = [
    "config.file",
    "config.permissions",
    "data.permissions",
    "data.writable",
    "data.room",
    "data.synced",
    "ledger",
    "ledger.evidence",
    "ledger.home",
    "mailbox.last-read",
    "clock",
    "trust.data",
    "trust.authorities",
    "tls.roots",
    "messages.pending",
    "messages.in-doubt",
    "messages.contradictory",
    "messages.unproven",
    "messages.unread",
    "account.trust-file",
    "account.password-file",
    "account.app-password",
    "network",
    "imap.name",
    "smtp.name",
    "account.ca-file",
    "account.password",
    "imap.tls",
    "imap.login",
    "imap.folders",
    "imap.folder-list",
    "imap.sent-folder",
    "imap.quota",
    "smtp.tls",
    "smtp.login",
    "smtp.size",
];

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "check")]
pub(super) struct Check {
    /// The account; null for what is not about one.
    pub account: Option<String>,
    /// Which check; the word stays. More may come.
    #[schemars(schema_with = "ids")]
    pub id: &'static str,
    /// How it ended.
    #[serde(flatten)]
    pub end: End,
    /// What is so, in the language of the run.
    #[schemars(length(min = 1))]
    pub text: String,
    /// Of imap.folders: the folders that can be opened and are not read, without that of sent mail;
    /// null for every other check.
    pub not_read: Option<Vec<String>>,
    /// The number that was looked at; null where there is none.
    pub measure: Option<Measure>,
    /// What a command that makes only such checks exits with for this one.
    #[serde(skip)]
    pub status: ExitStatus,
}

/// The same: what is written is in the schema and in the manual, which tests hold against [`IDS`].
fn listed(id: &'static str) -> &'static str {
    debug_assert!(IDS.contains(&id), "{id} is not among the ids");
    id
}

fn ids(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(IDS)
}

/// A number that was looked at, and from where on it is no longer right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "measure")]
pub(super) struct Measure {
    /// The number, in `unit`.
    pub value: i64,
    /// What is counted.
    pub unit: Unit,
    /// Where the check becomes a warning: below it for bytes and days, from there upwards for all
    /// else; null: never.
    pub warn_at: Option<i64>,
    /// Where it fails, likewise.
    pub fail_at: Option<i64>,
}

impl Unit {
    /// Whether less of it is worse.
    pub const fn is_left(self) -> bool {
        match self {
            Self::Bytes | Self::Days => true,
            Self::DaysPassed | Self::Hours | Self::Recipients | Self::Messages | Self::Files => {
                false
            }
        }
    }
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "unit")]
#[serde(rename_all = "kebab-case")]
pub(super) enum Unit {
    /// Bytes that are free.
    Bytes,
    /// Days that are left.
    Days,
    /// Days that have passed.
    DaysPassed,
    /// Hours that have passed.
    Hours,
    /// Recipients of messages sent.
    Recipients,
    /// Messages received.
    Messages,
    /// Files.
    Files,
}

/// How a check ended, and what to do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(super) enum End {
    /// It is right.
    Ok {
        /// Null: there is nothing to do.
        advice: (),
    },
    /// It works, but something is to be done.
    Warning {
        /// What to do, in the language of the run.
        #[schemars(length(min = 1))]
        advice: String,
    },
    /// It does not work.
    Failed {
        /// What to do, in the language of the run.
        #[schemars(length(min = 1))]
        advice: String,
    },
    /// It was not looked at; why is in the text.
    Skipped {
        /// What to do, in the language of the run.
        #[schemars(length(min = 1))]
        advice: String,
    },
}

impl End {
    /// The key of the word, and what it means.
    pub const fn word(&self) -> (&'static str, Tone) {
        match self {
            Self::Ok { .. } => ("state.ok", Tone::Good),
            Self::Warning { .. } => ("state.warning", Tone::Unsure),
            Self::Failed { .. } => ("state.failed", Tone::Bad),
            Self::Skipped { .. } => ("state.skipped", Tone::Faint),
        }
    }

    /// What to do.
    pub const fn advice(&self) -> Option<&String> {
        match self {
            Self::Ok { .. } => None,
            Self::Warning { advice } | Self::Failed { advice } | Self::Skipped { advice } => {
                Some(advice)
            }
        }
    }
}

impl Check {
    /// The same, with the folders that are not read.
    pub fn with_not_read(self, folders: Vec<String>) -> Self {
        Self {
            not_read: Some(folders),
            ..self
        }
    }

    /// The same, with its number.
    pub fn with(self, measure: Measure) -> Self {
        Self {
            measure: Some(measure),
            ..self
        }
    }

    /// The same, about an account.
    pub fn about(self, account: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            ..self
        }
    }

    /// Whether it does not work.
    pub const fn has_failed(&self) -> bool {
        matches!(self.end, End::Failed { .. })
    }

    /// Right. The sentence is `doctor.CASE`.
    pub fn ok(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, |_| End::Ok { advice: () }, lang, case, values)
    }

    /// It works, but something is to be done: `doctor.CASE` and `doctor.CASE-do`.
    pub fn warning(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, |advice| End::Warning { advice }, lang, case, values)
    }

    /// It does not work.
    pub fn failed(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, |advice| End::Failed { advice }, lang, case, values)
    }

    /// It was not looked at.
    pub fn skipped(id: &'static str, lang: Lang, case: &str, values: &[(&str, &str)]) -> Self {
        Self::new(id, |advice| End::Skipped { advice }, lang, case, values)
    }

    /// It does not work, for a reason that commands tell in the same words.
    pub fn of_failure(id: &'static str, lang: Lang, failure: &Failure) -> Self {
        let (text, advice) = failure.sentences(lang);
        Self {
            account: None,
            id: listed(id),
            end: End::Failed { advice },
            text,
            not_read: None,
            measure: None,
            status: failure.status(),
        }
    }

    fn new(
        id: &'static str,
        end: fn(String) -> End,
        lang: Lang,
        case: &str,
        values: &[(&str, &str)],
    ) -> Self {
        let texts = Catalogue::of(lang);
        let end = end(texts.fill(&format!("doctor.{case}-do"), values));
        let status = match end {
            End::Failed { .. } => ExitStatus::No,
            End::Ok { .. } | End::Warning { .. } | End::Skipped { .. } => ExitStatus::Yes,
        };
        Self {
            account: None,
            id: listed(id),
            end,
            text: texts.fill(&format!("doctor.{case}"), values),
            not_read: None,
            measure: None,
            status,
        }
    }

    /// Writes it for people: state and sentence, then what to do.
    pub fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (word, tone) = self.end.word();
        let word = page.texts().text(word);
        let painted = page.style.paint(tone, format!("{word:<WIDTH$}"));
        page.line(format!("  {painted} {}", self.text))?;
        let Some(advice) = self.end.advice() else {
            return Ok(());
        };
        let blank = "";
        let advice = page.texts().text("state.do").replace("{advice}", advice);
        page.line(format!("  {blank:<WIDTH$} {advice}"))
    }
}

/// Columns of the longest word for a state.
const WIDTH: usize = 9;
