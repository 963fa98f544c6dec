//! What `pec export` answers.

use std::io;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::gather::{Apart, Bundle};
use crate::command::Failure;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::MessageView;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known};
use crate::output::style::Tone;
use crate::verify::Verdict;

/// # Results of pec export, version 1
///
/// The document that `pec export --json` writes. Every field that is described is always there;
/// where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open. Texts meant for people (answer, error) are in the language of the run.
#[derive(Default, Serialize, JsonSchema)]
pub(super) struct Results {
    /// The containers, one for each message, oldest first or as they were asked for.
    containers: Vec<ContainerJson>,
    #[serde(skip)]
    exit: Option<ExitStatus>,
}

impl Results {
    pub fn add(&mut self, one: ContainerJson) {
        let so_far = self.exit.unwrap_or(ExitStatus::Yes);
        self.exit = Some(so_far.worse(one.exit));
        self.containers.push(one);
    }
}

/// One container.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container")]
pub(super) struct ContainerJson {
    /// The short id of the message.
    #[schemars(regex(pattern = SHORT_ID))]
    message: String,
    /// Its Message-ID.
    message_id: String,
    /// The file.
    file: String,
    /// made: it was written now. kept: it was there, intact, with all receipts that the ledger has.
    /// behind: it was there, intact, and lacks receipts that came since. failed: it could not be
    /// made; error says why.
    #[schemars(schema_with = "states")]
    state: &'static str,
    /// Octets of the file; null unless it was made now.
    size: Option<u64>,
    /// SHA-256 of the file; null unless it was made now.
    #[schemars(regex(pattern = SHA256))]
    sha256: Option<String>,
    /// Genuine receipts about the message in it; null unless it was made now.
    receipts: Option<usize>,
    /// Receipts in it that are not shown to be genuine, or are about another message.
    apart: Vec<ApartJson>,
    /// How many receipts it lacks.
    missing: usize,
    /// Why it could not be made, for people; null where it could.
    error: Option<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// A receipt that proves nothing about the message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "apart")]
struct ApartJson {
    /// Its file in the container.
    name: String,
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// As pec verify gives it; a genuine one is about another message.
    #[schemars(with = "Verdict")]
    verdict: &'static str,
    /// The first line of the answer, for people.
    answer: String,
}

impl ApartJson {
    fn of(apart: &Apart) -> Self {
        Self {
            name: apart.name.clone(),
            sha256: apart.sha256.clone(),
            verdict: apart.verdict.word(),
            answer: apart.answer.clone(),
        }
    }
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(["made", "kept", "behind", "failed"])
}

impl ContainerJson {
    fn new(view: &MessageView, file: &Path, state: &'static str, exit: ExitStatus) -> Self {
        Self {
            message: view.row.message.short.clone(),
            message_id: view.row.message_id.clone(),
            file: file.display().to_string(),
            state,
            size: None,
            sha256: None,
            receipts: None,
            apart: Vec::new(),
            missing: 0,
            error: None,
            exit,
        }
    }

    /// One that was written.
    pub fn made(
        view: &MessageView,
        file: &Path,
        bundle: &Bundle,
        size: u64,
        sha256: String,
    ) -> Self {
        let exit = match bundle.apart.is_empty() {
            true => ExitStatus::Yes,
            false => ExitStatus::No,
        };
        Self {
            size: Some(size),
            sha256: Some(sha256),
            receipts: Some(bundle.receipts),
            apart: bundle.apart.iter().map(ApartJson::of).collect(),
            ..Self::new(view, file, "made", exit)
        }
    }

    /// One that was there.
    pub fn there(view: &MessageView, file: &Path, missing: usize) -> Self {
        let (state, exit) = match missing {
            0 => ("kept", ExitStatus::Yes),
            _ => ("behind", ExitStatus::Undecided),
        };
        Self {
            missing,
            ..Self::new(view, file, state, exit)
        }
    }

    /// One that could not be made.
    pub fn failed(view: &MessageView, file: &Path, failure: &Failure, lang: Lang) -> Self {
        let (what, hint) = failure.sentences(lang);
        Self {
            error: Some(format!("{what} ({hint})")),
            ..Self::new(view, file, "failed", failure.status())
        }
    }

    fn lines(&self, page: &Page<'_>) -> Vec<String> {
        let (texts, style) = (page.texts(), page.style);
        let file = ("file", &*self.file);
        let receipts = self.receipts.unwrap_or_default();
        let (tone, line) = match (self.state, &self.error) {
            (_, Some(error)) => {
                let values = [file, ("message", &*self.message), ("error", error)];
                (Some(Tone::Bad), texts.fill("export.failed", &values))
            }
            ("kept", None) => (None, texts.fill("export.kept", &[file])),
            ("behind", None) => {
                let line = texts.count("export.behind", self.missing, &[file]);
                (Some(Tone::Unsure), line)
            }
            (_, None) => {
                let size = texts.size(self.size.unwrap_or_default());
                let values = [file, ("size", &*size)];
                (None, texts.count("export.made", receipts, &values))
            }
        };
        let line = match tone {
            Some(tone) => style.paint(tone, line),
            None => line,
        };
        let apart = self.apart.iter().map(|one| {
            let values = [("file", &*one.name), ("answer", &*one.answer)];
            let key = match one.verdict == Verdict::Genuine.word() {
                true => "export.other-message",
                false => "export.not-genuine",
            };
            style.paint(Tone::Bad, texts.fill(key, &values))
        });
        std::iter::once(line).chain(apart).collect()
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/export";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.containers.is_empty() {
            let nothing = page.texts().text("export.nothing").to_owned();
            return page.line(nothing);
        }
        for one in &self.containers {
            let lines = one.lines(page);
            page.lines(lines)?;
        }
        let note = page.texts().text("export.note").to_owned();
        page.line(note)
    }

    fn exit(&self) -> ExitStatus {
        self.exit.unwrap_or(ExitStatus::Yes)
    }
}
