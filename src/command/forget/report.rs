//! What `pec forget` answers.

use std::io;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::{ForgetOrder, Meant, Of, SecondCopy, Step, failed};
use crate::command::Failure;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::{Hindrance, Ledger, Memory};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known, or_null};
use crate::output::style::{Style, Tone};
use crate::timestamp::Timestamp;

/// # Results of pec forget, version 1
///
/// The document that `pec forget --json` writes. Every field that is described is always there;
/// where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open. Nothing in it names a person: subjects and addresses are what is forgotten.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// Whether it was only shown what would go (--dry-run).
    dry_run: bool,
    /// verified: every file of what goes was found in the copies that were named, byte for byte, at
    /// that moment. waived: there is to be none (--no-copy). not-checked: only with --dry-run.
    #[schemars(schema_with = "copies")]
    copy: CopyIs,
    /// What was meant: messages and letters, oldest first or as they were named, then jobs.
    items: Vec<ItemJson>,
    /// Copies of the ledger in an earlier format, which went too, or would.
    earlier_formats: Vec<String>,
    /// Whether no file of the ledger has any of it; false: another process reads the ledger, and the
    /// next pec forget finishes it. With --dry-run always false.
    pub finished: bool,
    /// Whether each was named, so that one that stays is an answer of its own.
    #[serde(skip)]
    is_named: bool,
}

/// A message, a letter or a job.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "item")]
pub(super) struct ItemJson {
    /// message: one that was sent, with all that came back for it. letter: one that was received.
    /// job: the rows of a table.
    #[schemars(schema_with = "kinds")]
    kind: Kind,
    /// Its short id.
    #[schemars(regex(pattern = SHORT_ID))]
    id: String,
    /// When it was recorded, or is from. UTC, RFC 3339.
    at: Timestamp,
    /// forgotten: it is now. going: it would be (--dry-run). before: it was already. open: its outcome
    /// is pending or in doubt. unsent: a row of the job was not sent yet. needed: one of its messages
    /// stays. draft: a draft answers it or passes it on. recovered: only its content keeps it from
    /// being sent again. no-copy: files are missing in the copies that were named.
    #[schemars(schema_with = "states")]
    state: State,
    /// Where it is open, the standing that is; null elsewhere.
    #[schemars(schema_with = "standing_or_null")]
    standing: Option<&'static str>,
    /// The row, the draft or the message on which it depends; null where on none.
    depends_on: Option<String>,
    /// SHA-256 of its files: what was sent or received, and what came back.
    sha256: Vec<Digest>,
    /// Their octets together, of those that are there.
    size: u64,
    /// How many files are missing in the copies.
    missing: usize,
}

/// A SHA-256.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sha256")]
struct Digest(#[schemars(regex(pattern = SHA256))] String);

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Forgotten,
    Going,
    Before,
    Open,
    Unsent,
    Needed,
    Draft,
    Recovered,
    NoCopy,
}

impl State {
    const ALL: [Self; 9] = [
        Self::Forgotten,
        Self::Going,
        Self::Before,
        Self::Open,
        Self::Unsent,
        Self::Needed,
        Self::Draft,
        Self::Recovered,
        Self::NoCopy,
    ];

    /// Of something of which so many files are in no copy.
    pub fn of(one: &Meant, missing: usize) -> Self {
        match &one.held.hindrance {
            _ if one.held.forgotten_at.is_some() => Self::Before,
            Some(Hindrance::Open(_)) => Self::Open,
            Some(Hindrance::Unsent(_)) => Self::Unsent,
            Some(Hindrance::Needed(_)) => Self::Needed,
            Some(Hindrance::Draft(_)) => Self::Draft,
            Some(Hindrance::Recovered) => Self::Recovered,
            None if missing > 0 => Self::NoCopy,
            None => Self::Going,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Forgotten => "forgotten",
            Self::Going => "going",
            Self::Before => "before",
            Self::Open => "open",
            Self::Unsent => "unsent",
            Self::Needed => "needed",
            Self::Draft => "draft",
            Self::Recovered => "recovered",
            Self::NoCopy => "no-copy",
        }
    }

    /// Whether it stays against what was asked.
    const fn is_refused(self) -> bool {
        match self {
            Self::Forgotten | Self::Going | Self::Before => false,
            Self::Open
            | Self::Unsent
            | Self::Needed
            | Self::Draft
            | Self::Recovered
            | Self::NoCopy => true,
        }
    }
}

/// What is known of a second copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum CopyIs {
    Verified,
    Waived,
    NotChecked,
}

fn copies(_: &mut SchemaGenerator) -> Schema {
    known(["verified", "waived", "not-checked"])
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Message,
    Letter,
    Job,
}

impl Kind {
    const fn of(memory: &Memory) -> Self {
        match memory {
            Memory::Message(_) => Self::Message,
            Memory::Letter(_) => Self::Letter,
            Memory::Job(_) => Self::Job,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Message => "forget.kind.message",
            Self::Letter => "forget.kind.letter",
            Self::Job => "forget.kind.job",
        }
    }
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    known(["message", "letter", "job"])
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(State::ALL.map(State::word))
}

fn standing_or_null(generator: &mut SchemaGenerator) -> Schema {
    or_null(crate::command::words::standing(generator))
}

impl ItemJson {
    pub fn of(one: &Meant, state: State, missing: usize, ledger: &Ledger) -> Self {
        let hindrance = one.held.hindrance.as_ref();
        let (standing, depends_on) = match hindrance.filter(|_| state != State::Before) {
            Some(Hindrance::Open(standing)) => (Some(standing.word()), None),
            Some(Hindrance::Unsent(number)) => (None, Some(number.to_string())),
            Some(Hindrance::Needed(message)) => (None, Some(message.short.clone())),
            Some(Hindrance::Draft(number)) => (None, Some(number.to_string())),
            Some(Hindrance::Recovered) | None => (None, None),
        };
        let file = |sha256: &String| std::fs::metadata(ledger.path_of(sha256));
        let sizes = one.held.octets.iter().filter_map(|one| file(one).ok());
        Self {
            kind: Kind::of(&one.memory),
            id: one.memory.short().to_owned(),
            at: one.held.at,
            state,
            standing,
            depends_on,
            sha256: one.held.octets.iter().cloned().map(Digest).collect(),
            size: sizes.map(|file| file.len()).sum(),
            missing,
        }
    }

    fn line(&self, texts: &Catalogue, style: Style, lang: Lang) -> String {
        let kind = texts.text(self.kind.key());
        let standing = self.standing.map(|word| format!("standing.{word}"));
        let standing = standing.map_or("", |key| texts.text(&key));
        let values = [
            ("kind", kind),
            ("id", &*self.id),
            ("time", &*shown(self.at, lang)),
            ("files", &*texts.counted("files", self.sha256.len())),
            ("size", &*texts.size(self.size)),
            ("standing", standing),
            ("on", self.depends_on.as_deref().unwrap_or_default()),
            ("missing", &*texts.number(self.missing)),
        ];
        let line = texts.fill(&format!("forget.state.{}", self.state.word()), &values);
        match self.state.is_refused() {
            true => style.paint(Tone::Unsure, line),
            false => line,
        }
    }
}

impl Results {
    pub fn of(order: &ForgetOrder, ledger: &Path) -> Self {
        Self {
            dry_run: order.step == Step::Show,
            copy: match order.copy {
                SecondCopy::In(_) => CopyIs::Verified,
                SecondCopy::Waived => CopyIs::Waived,
                SecondCopy::NotLookedFor => CopyIs::NotChecked,
            },
            items: Vec::new(),
            earlier_formats: earlier_formats(ledger),
            finished: false,
            is_named: match order.of {
                Of::Messages(_) | Of::Job(_) => true,
                Of::OlderThan { .. } => false,
            },
        }
    }

    pub fn add(&mut self, item: ItemJson) {
        self.items.push(item);
    }

    /// Takes a job out of what goes where one of its messages stays after all.
    ///
    /// # Errors
    /// A [`Failure`] of the ledger.
    pub fn keep_jobs_of_what_stays(
        &mut self,
        going: &mut Vec<Memory>,
        ledger: &Ledger,
        memories: &[Memory],
    ) -> Result<(), Failure> {
        for (memory, item) in memories.iter().zip(&mut self.items) {
            let (Memory::Job(_), State::Going) = (memory, item.state) else {
                continue;
            };
            let held = ledger.held(memory, going).map_err(failed)?;
            if let Some(Hindrance::Needed(message)) = held.hindrance {
                going.retain(|other| other != memory);
                item.state = State::Needed;
                item.depends_on = Some(message.short);
            }
        }
        Ok(())
    }

    /// What was to go is gone.
    pub fn done(&mut self) {
        for item in &mut self.items {
            if item.state == State::Going {
                item.state = State::Forgotten;
            }
        }
    }

    /// For a person.
    pub fn lines(&self, texts: &Catalogue, style: Style, lang: Lang) -> Vec<String> {
        if self.items.is_empty() {
            return vec![texts.text("forget.nothing").to_owned()];
        }
        let items = self.items.iter();
        let mut lines: Vec<String> = items.map(|one| one.line(texts, style, lang)).collect();
        let goes = |one: &ItemJson| matches!(one.state, State::Going | State::Forgotten);
        if self.items.iter().any(goes) {
            for file in &self.earlier_formats {
                lines.push(texts.fill("forget.earlier-format", &[("file", file)]));
            }
            lines.push(match self.copy {
                CopyIs::Verified => texts.text("forget.copied").to_owned(),
                CopyIs::Waived => style.paint(Tone::Bad, texts.text("forget.waived")),
                CopyIs::NotChecked => texts.text("forget.copy-needed").to_owned(),
            });
            lines.push(texts.text("forget.stays").to_owned());
            lines.push(texts.text("forget.out-of-reach").to_owned());
        }
        lines
    }
}

/// Copies that were made when the ledger got its present form.
fn earlier_formats(ledger: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(ledger).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .filter(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().starts_with("ledger.sqlite.form-")
        })
        .map(|entry| entry.path().display().to_string())
        .collect();
    found.sort();
    found
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/forget";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        page.lines(self.lines(texts, page.style, page.lang))?;
        if !self.dry_run && !self.finished {
            let line = texts.text("forget.unfinished");
            page.line(page.style.paint(Tone::Bad, line))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        if !self.dry_run && !self.finished {
            return ExitStatus::NotNow;
        }
        let is_refused = |one: &ItemJson| {
            let lacks_copy = matches!(one.state, State::NoCopy);
            lacks_copy || (self.is_named && one.state.is_refused())
        };
        match self.items.iter().any(is_refused) {
            true => ExitStatus::No,
            false => ExitStatus::Yes,
        }
    }
}
