//! What `pec export` answers.

use std::io;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::gather::{Apart, Bundle};
use super::{Was, Written};
use crate::command::Failure;
use crate::command::stamp::authority::Obtained;
use crate::command::stamp::document::{Answer, Stated};
use crate::command::stamp::told;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::MessageRow;
use crate::ledger::letter::LetterRow;
use crate::output::layout;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known, or_null};
use crate::output::style::Tone;
use crate::smime::time_stamp::TokenFault;
use crate::timestamp::Timestamp;
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

/// Which message a container is about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    short: &'a str,
    message_id: &'a str,
    direction: Direction,
}

/// Whether a message is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "direction")]
pub(in crate::command) enum Direction {
    /// A message of ours, with its receipts.
    Sent,
    /// One that a mailbox held.
    Received,
}

impl<'a> Subject<'a> {
    /// A message of ours.
    pub fn sent(row: &'a MessageRow) -> Self {
        Self {
            short: &row.message.short,
            message_id: &row.message_id,
            direction: Direction::Sent,
        }
    }

    /// One that was received.
    pub fn received(row: &'a LetterRow) -> Self {
        Self {
            short: &row.letter.short,
            message_id: row.message_id.as_deref().unwrap_or_default(),
            direction: Direction::Received,
        }
    }
}

/// One container.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container")]
pub(super) struct ContainerJson {
    /// The short id of the message.
    #[schemars(regex(pattern = SHORT_ID))]
    message: String,
    /// Its Message-ID; empty where one that was received has none.
    message_id: String,
    /// Whether it was sent or received.
    direction: Direction,
    /// The file.
    file: String,
    /// made: it was written now. kept: it was there, intact, with all receipts that the ledger has.
    /// behind: it was there, intact, and lacks receipts that came since. unstamped: it was there,
    /// intact, without the time stamp that was asked for. failed: it could not be made; error says
    /// why.
    #[schemars(schema_with = "states")]
    state: State,
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
    /// Its time stamp; null unless one was made now.
    time_stamp: Option<StampJson>,
    /// Why it could not be made, for people; null where it could.
    error: Option<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// The time stamp of a container.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container_time_stamp")]
struct StampJson {
    /// valid, or cannot-tell: nothing is wrong with it but that its authority is not among those of
    /// --tsa-anchor. With any other fault no container is made.
    answer: Answer,
    /// Why it cannot be verified, as in pec stamp; null: it is valid.
    #[schemars(schema_with = "faults")]
    fault: Option<&'static str>,
    /// What it states; null unless it is valid.
    stated: Option<Stated>,
    #[serde(skip)]
    at: Option<Timestamp>,
    #[serde(skip)]
    why: Option<TokenFault>,
}

impl StampJson {
    fn of(obtained: Obtained) -> Self {
        match obtained {
            Obtained::Checked(stamped) => Self {
                answer: Answer::Valid,
                fault: None,
                stated: Some(Stated::of(&stamped.checked)),
                at: Some(stamped.checked.time().at),
                why: None,
            },
            Obtained::Unknown { fault, token: _ } | Obtained::Faulty(fault) => Self {
                answer: Answer::of_fault(&fault),
                fault: Some(told::word(&fault)),
                stated: None,
                at: None,
                why: Some(fault),
            },
        }
    }

    fn line(&self, page: &Page<'_>) -> String {
        let texts = page.texts();
        match (self.at, &self.why) {
            (Some(at), _) => texts.fill("export.stamped", &[("time", &layout::on(at, page.lang))]),
            (None, why) => {
                let reason = why.as_ref().map(|fault| told::fault(fault, page.lang));
                let values = [("reason", &*reason.unwrap_or_default())];
                let line = texts.fill("export.stamp-unknown", &values);
                page.style.paint(Tone::Unsure, line)
            }
        }
    }
}

fn faults(_: &mut SchemaGenerator) -> Schema {
    or_null(known(told::FAULTS))
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

/// What became of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Made,
    Kept,
    Behind,
    Unstamped,
    Failed,
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(["made", "kept", "behind", "unstamped", "failed"])
}

impl ContainerJson {
    fn new(about: Subject<'_>, file: &Path, state: State, exit: ExitStatus) -> Self {
        Self {
            message: about.short.to_owned(),
            message_id: about.message_id.to_owned(),
            direction: about.direction,
            file: file.display().to_string(),
            state,
            size: None,
            sha256: None,
            receipts: None,
            apart: Vec::new(),
            missing: 0,
            time_stamp: None,
            error: None,
            exit,
        }
    }

    /// One that was written.
    pub fn made(about: Subject<'_>, file: &Path, bundle: &Bundle, written: Written) -> Self {
        let exit = match bundle.apart.is_empty() {
            true => ExitStatus::Yes,
            false => ExitStatus::No,
        };
        let stamp = written.stamp.map(StampJson::of);
        let is_open = |stamp: &StampJson| stamp.answer != Answer::Valid;
        let of_stamp = match stamp.as_ref().is_some_and(is_open) {
            true => ExitStatus::Undecided,
            false => ExitStatus::Yes,
        };
        Self {
            size: Some(written.size),
            sha256: Some(written.sha256),
            receipts: Some(bundle.receipts),
            apart: bundle.apart.iter().map(ApartJson::of).collect(),
            time_stamp: stamp,
            ..Self::new(about, file, State::Made, exit.worse(of_stamp))
        }
    }

    /// One that was there.
    pub fn there(about: Subject<'_>, file: &Path, missing: usize) -> Self {
        let (state, exit) = match missing {
            0 => (State::Kept, ExitStatus::Yes),
            _ => (State::Behind, ExitStatus::Undecided),
        };
        Self {
            missing,
            ..Self::new(about, file, state, exit)
        }
    }

    /// One that was there, without the time stamp that was asked for.
    pub fn unstamped(about: Subject<'_>, file: &Path) -> Self {
        Self::new(about, file, State::Unstamped, ExitStatus::Undecided)
    }

    /// One that could not be made.
    pub fn failed(about: Subject<'_>, file: &Path, failure: &Failure, lang: Lang) -> Self {
        let (what, hint) = failure.sentences(lang);
        Self {
            error: Some(format!("{what} ({hint})")),
            ..Self::new(about, file, State::Failed, failure.status())
        }
    }

    /// The same, since it was written and could not be given its name.
    pub fn unnamed(self, failure: &Failure, lang: Lang) -> Self {
        let about = Subject {
            short: &self.message,
            message_id: &self.message_id,
            direction: self.direction,
        };
        Self::failed(about, Path::new(&self.file), failure, lang)
    }

    /// Whether it was written now.
    pub fn was(&self) -> Was {
        match self.state {
            State::Made => Was::Made,
            State::Kept | State::Behind | State::Unstamped | State::Failed => Was::There,
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
            (State::Kept, None) => (None, texts.fill("export.kept", &[file])),
            (State::Behind, None) => {
                let line = texts.count("export.behind", self.missing, &[file]);
                (Some(Tone::Unsure), line)
            }
            (State::Unstamped, None) => {
                (Some(Tone::Unsure), texts.fill("export.unstamped", &[file]))
            }
            (State::Made | State::Failed, None) if self.direction == Direction::Received => {
                let size = texts.size(self.size.unwrap_or_default());
                let values = [file, ("size", &*size)];
                (None, texts.fill("export.made-received", &values))
            }
            (State::Made | State::Failed, None) => {
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
        let stamp = self.time_stamp.iter().map(|stamp| stamp.line(page));
        std::iter::once(line).chain(apart).chain(stamp).collect()
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
