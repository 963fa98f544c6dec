//! What `pec trust import` and `pec trust update` found, and what of it was taken.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::list::head;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::output::report::{Page, Report, SHA256, known};
use crate::output::style::Tone;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// # Results of pec trust import and pec trust update, version 1
///
/// The document that both write with `--json`. Fields may be added within version 1, so objects are
/// open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Change {
    /// Whether something new was stored.
    pub stored: bool,
    /// Whether somebody was to agree and did not.
    pub declined: bool,
    /// The day of the data that are in force now; null where they state none.
    pub as_of: Option<String>,
    /// "built in", or the name of the snapshot that is in force now.
    pub source: String,
    /// When what AgID publishes was last read whole; null: never. UTC, RFC 3339.
    pub updated_at: Option<Timestamp>,
    /// What was found, each with what became of it.
    pub items: Vec<Item>,
    /// What was shown before somebody was asked.
    #[serde(skip)]
    pub is_shown: bool,
}

/// What was found in a file, or at an address.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "item")]
pub(super) struct Item {
    /// The file or the address.
    pub file: String,
    /// What it is; null where that could not be told.
    #[schemars(schema_with = "kinds")]
    pub kind: Option<&'static str>,
    /// What became of it. passed-over: nothing is wrong with it, and it is not needed.
    #[schemars(schema_with = "states")]
    pub state: State,
    /// Why it was not accepted; null where it was.
    #[schemars(schema_with = "reasons")]
    pub reason: Option<&'static str>,
    /// What the system or a server says about it; null where there is nothing.
    pub detail: Option<String>,
    /// Whose certificate or list it is (RFC 4514, or the name of the authority); null where that is
    /// not known.
    pub subject: Option<String>,
    /// Who issued or signed it; null where nobody did, or that is not known.
    pub issuer: Option<String>,
    /// SHA-256 of the certificate, the list or the file; null where it was not read.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: Option<String>,
    /// SHA-256 of the key of a certificate (SubjectPublicKeyInfo); null for anything else.
    #[schemars(regex(pattern = SHA256))]
    pub key_sha256: Option<String>,
    /// From when it is valid or speaks; null where it states none. UTC, RFC 3339.
    pub not_before: Option<Timestamp>,
    /// Until when; null where it states none. UTC, RFC 3339.
    pub not_after: Option<Timestamp>,
    /// Names that a certificate permits and that the newest one known does not.
    pub added: Vec<String>,
    /// Names that the newest one known permits and this one does not, where it is newer.
    pub removed: Vec<String>,
}

/// What may be found.
const KINDS: [&str; 5] = ["edition", "authority", "providers", "revocations", "data"];
/// Why nothing is known of it: nobody answered.
const UNREACHABLE: &str = "unreachable";
/// Why something is not accepted.
const REASONS: [&str; 18] = [
    "unsigned",
    "unreadable",
    UNREACHABLE,
    "sums",
    "not-named",
    "signature",
    "other-key",
    "fingerprint",
    "no-authority",
    "weak-key",
    "stranger",
    "release-signature",
    "unproven-data",
    "older",
    "expired",
    "not-yet",
    "partial",
    "broken",
];

fn kinds(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    crate::output::report::or_null(known(KINDS))
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    New,
    Known,
    Refused,
    PassedOver,
}

impl State {
    const ALL: [Self; 4] = [Self::New, Self::Known, Self::Refused, Self::PassedOver];

    const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Refused => "refused",
            Self::PassedOver => "passed-over",
        }
    }
}

fn states(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(State::ALL.map(State::word))
}

fn reasons(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    crate::output::report::or_null(known(REASONS))
}

impl Item {
    pub fn of(file: &str, kind: Option<&'static str>) -> Self {
        Self {
            file: file.to_owned(),
            kind,
            state: State::New,
            reason: None,
            detail: None,
            subject: None,
            issuer: None,
            sha256: None,
            key_sha256: None,
            not_before: None,
            not_after: None,
            added: Vec::new(),
            removed: Vec::new(),
        }
    }

    pub fn known(self) -> Self {
        Self {
            state: State::Known,
            ..self
        }
    }

    /// The same, with what a person should know of it though it is taken.
    pub fn remarked(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    pub fn passed_over(self, reason: &'static str) -> Self {
        Self {
            state: State::PassedOver,
            reason: Some(reason),
            ..self
        }
    }

    pub fn refused(self, reason: &'static str) -> Self {
        debug_assert!(REASONS.contains(&reason), "{reason} is not listed");
        Self {
            state: State::Refused,
            reason: Some(reason),
            ..self
        }
    }

    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    pub fn is_new(&self) -> bool {
        self.state == State::New
    }

    pub fn is_refused(&self) -> bool {
        self.state == State::Refused
    }

    /// All about it, in lines.
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let safe = |text: &str| Printable(text).to_string();
        let kind = match self.kind {
            Some(kind) => texts.text(&format!("authorities.kind.{kind}")),
            None => texts.text("authorities.kind.none"),
        };
        let values = [
            ("kind", kind),
            ("file", &*safe(&self.file)),
            (
                "state",
                texts.text(&format!("authorities.state.{}", self.state.word())),
            ),
        ];
        let mut lines = vec![texts.fill("authorities.item", &values)];
        if let Some(reason) = self.reason {
            lines.push(format!(
                "  {}",
                texts.text(&format!("authorities.reason.{reason}"))
            ));
        }
        if let Some(detail) = &self.detail {
            lines.push(format!("  {}", safe(detail)));
        }
        let mut add = |key: &str, value: Option<String>| {
            let value = value.map(|value| format!("  {}: {value}", texts.text(key)));
            lines.extend(value);
        };
        let text = |text: &Option<String>| text.as_deref().map(safe);
        let day = |at: Option<Timestamp>| at.map(|at| layout::shown(at, lang));
        add("authorities.label.subject", text(&self.subject));
        add("authorities.label.issuer", text(&self.issuer));
        add("authorities.label.not-before", day(self.not_before));
        add("authorities.label.not-after", day(self.not_after));
        add("authorities.label.sha256", self.sha256.clone());
        add("authorities.label.key", self.key_sha256.clone());
        lines.extend(self.added.iter().map(|name| format!("  + {}", safe(name))));
        lines.extend(
            self.removed
                .iter()
                .map(|name| format!("  - {}", safe(name))),
        );
        lines
    }
}

impl Report for Change {
    const SCHEMA: &'static str = "pec/trust-change";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, lang) = (page.texts(), page.lang);
        for item in self.items.iter().filter(|_| !self.is_shown) {
            for (index, line) in item.lines(lang).into_iter().enumerate() {
                match item.is_refused() && index < 2 {
                    true => page.line(page.style.paint(Tone::Bad, line))?,
                    false => page.line(line)?,
                }
            }
        }
        let key = match (self.stored, self.declined) {
            (true, _) => "authorities.stored",
            (false, true) => "authorities.declined",
            (false, false) => "authorities.nothing-new",
        };
        page.line(texts.text(key))?;
        head(self.as_of.as_deref(), &self.source, page)
    }

    fn exit(&self) -> ExitStatus {
        let of_item = |item: &Item| match item.state {
            _ if item.reason == Some(UNREACHABLE) => ExitStatus::NotNow,
            State::Refused => ExitStatus::No,
            State::New | State::Known | State::PassedOver => ExitStatus::Yes,
        };
        let all = self.items.iter().map(of_item);
        let worst = all.fold(ExitStatus::Yes, ExitStatus::worse);
        match self.declined {
            true => worst.worse(ExitStatus::Undecided),
            false => worst,
        }
    }
}
