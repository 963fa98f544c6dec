//! What `pec archive` answers.

use std::io;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::choice::Chosen;
use super::held::Held;
use crate::address::MailAddress;
use crate::client::{Discarded, Spare};
use crate::command::Failure;
use crate::command::export::{Direction, Exported, Was};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known};
use crate::output::style::Tone;
use crate::timestamp::Timestamp;

/// # Results of pec archive, version 1
///
/// The document that `pec archive --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open. Texts meant for people (error) are in the language of the run.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// Messages whose last event is not later than this were looked at. RFC 3339, UTC.
    before: Timestamp,
    /// Those that are archived: what was sent and is concluded, oldest first; then what was received
    /// in a genuine envelope, oldest first.
    containers: Vec<ContainerJson>,
    /// How many were sent, are as old and not concluded: something is pending, doubtful, or there is no
    /// receipt.
    open: usize,
    /// How many were received, are as old and not shown to be certified mail: they are not archived.
    unproven: usize,
    /// With --delete-remote: each account of which something could be deleted.
    pub remote: Vec<RemoteJson>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// One message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container")]
pub(super) struct ContainerJson {
    /// Its short id.
    #[schemars(regex(pattern = SHORT_ID))]
    message: String,
    /// Its Message-ID; empty where one that was received has none.
    message_id: String,
    /// Whether it was sent or received.
    direction: Direction,
    /// The file of its container.
    file: String,
    /// archived: the container was made now, then read from the disk; it is whole, and holds the message
    /// and all its receipts. kept: the same of a container that was there before. failed: error says why
    /// it is not so.
    #[schemars(schema_with = "states")]
    state: State,
    /// SHA-256 of the file; null where it failed.
    #[schemars(regex(pattern = SHA256))]
    sha256: Option<String>,
    /// Its octets; null where it failed.
    size: Option<u64>,
    /// Receipts in it, none of a message that was received; null where it failed.
    receipts: Option<usize>,
    /// Why it is not archived, for people; null where it is.
    error: Option<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// What became of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Archived,
    Kept,
    Failed,
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(["archived", "kept", "failed"])
}

impl ContainerJson {
    /// One that was found whole.
    pub fn archived(one: Exported<'_>, held: &Held, was: Was) -> Self {
        let (_, receipts) = one.octets();
        let state = match was {
            Was::Made => State::Archived,
            Was::There => State::Kept,
        };
        Self {
            sha256: Some(held.sha256().to_owned()),
            size: Some(held.size),
            receipts: Some(receipts.len()),
            ..Self::new(one, held.file(), state, ExitStatus::Yes)
        }
    }

    /// One that was not.
    pub fn failed(one: Exported<'_>, file: &Path, failure: &Failure, lang: Lang) -> Self {
        let (what, hint) = failure.sentences(lang);
        Self {
            error: Some(format!("{what}; {hint}")),
            ..Self::new(one, file, State::Failed, failure.status())
        }
    }

    fn new(one: Exported<'_>, file: &Path, state: State, exit: ExitStatus) -> Self {
        Self {
            message: one.short().to_owned(),
            message_id: one.message_id().to_owned(),
            direction: one.direction(),
            file: file.display().to_string(),
            state,
            sha256: None,
            size: None,
            receipts: None,
            error: None,
            exit,
        }
    }
}

/// What became of the copies in a mailbox.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "remote")]
pub(super) struct RemoteJson {
    /// The address of the account.
    address: String,
    /// deleted: it was tried, see the numbers. declined: a person said no. office: it is a public
    /// office's, nothing was asked of the server. no-uidplus: the server cannot delete single messages,
    /// nothing was asked of it. no-account: it is not in the configuration. failed: error says why;
    /// the numbers are those until then.
    #[schemars(schema_with = "ends")]
    state: Ended,
    /// Messages of the mailbox that are in verified containers, as the ledger knows.
    pub planned: usize,
    /// How many of these are messages that were received; the others are receipts.
    pub received: usize,
    /// Their octets.
    pub octets_planned: u64,
    /// Deleted.
    removed: usize,
    /// Octets of these.
    octets_removed: u64,
    /// Not in the mailbox any more.
    gone: usize,
    /// In the mailbox with other octets: left.
    differing: usize,
    /// In the mailbox still: the server did not give or did not delete them.
    left: usize,
    /// In folders that are gone, or whose numbers mean other messages now: left.
    renumbered: usize,
    /// Their container changed or went meanwhile: left.
    unvouched: usize,
    /// What failed, for people; null where nothing did.
    error: Option<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// How it ended in a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ended {
    Deleted,
    Declined,
    Office,
    #[serde(rename = "no-uidplus")]
    NoUidPlus,
    NoAccount,
    Failed,
}

fn ends(_: &mut SchemaGenerator) -> Schema {
    known([
        "deleted",
        "declined",
        "office",
        "no-uidplus",
        "no-account",
        "failed",
    ])
}

impl RemoteJson {
    /// Nothing was done yet.
    pub fn planned(address: &MailAddress, spare: &[Spare], received: usize) -> Self {
        Self {
            address: address.as_str().to_owned(),
            state: Ended::Declined,
            planned: spare.len(),
            received,
            octets_planned: spare.iter().map(|one| one.size).sum(),
            removed: 0,
            octets_removed: 0,
            gone: 0,
            differing: 0,
            left: 0,
            renumbered: 0,
            unvouched: 0,
            error: None,
            exit: ExitStatus::Yes,
        }
    }

    /// What was done.
    pub fn count(&mut self, discarded: &Discarded) {
        self.removed = discarded.removed;
        self.octets_removed = discarded.octets;
        self.gone = discarded.gone;
        self.differing = discarded.differing;
        self.left = discarded.left;
        self.renumbered = discarded.renumbered;
        self.unvouched = discarded.unvouched;
    }

    /// Whether nothing stayed that should go.
    pub fn is_whole(&self) -> bool {
        self.differing + self.left + self.renumbered + self.unvouched == 0
    }

    /// How it ended.
    pub fn ended(self, state: Ended, error: Option<String>, exit: ExitStatus) -> Self {
        Self {
            state,
            error,
            exit,
            ..self
        }
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let error = self.error.as_deref().unwrap_or_default();
        let values = [("address", &*self.address), ("reason", error)];
        let (told, is_counted) = match self.state {
            Ended::Deleted => (None, true),
            Ended::Declined => (Some("archive.remote.declined"), false),
            Ended::Office => (Some("archive.remote.office"), false),
            Ended::NoUidPlus => (Some("archive.remote.no-uidplus"), false),
            Ended::NoAccount => (Some("archive.remote.no-account"), false),
            Ended::Failed => (Some("archive.remote.failed"), true),
        };
        if let Some(key) = told {
            let line = texts.fill(key, &values);
            page.line(page.style.paint(Tone::Bad, line))?;
        }
        if is_counted {
            let size = texts.size(self.octets_removed);
            let values = [("address", &*self.address), ("size", &*size)];
            page.line(texts.count("archive.removed", self.removed, &values))?;
            for (key, count) in [
                ("archive.gone", self.gone),
                ("archive.differing", self.differing),
                ("archive.left", self.left),
                ("archive.renumbered", self.renumbered),
                ("archive.unvouched", self.unvouched),
            ] {
                if count > 0 {
                    page.line(texts.count(key, count, &[]))?;
                }
            }
        }
        Ok(())
    }
}

impl Results {
    /// Nothing is archived yet.
    pub fn of(before: Timestamp, chosen: &Chosen) -> Self {
        Self {
            before,
            containers: Vec::new(),
            open: chosen.open,
            unproven: chosen.unproven,
            remote: Vec::new(),
            exit: ExitStatus::Yes,
        }
    }

    pub fn add(&mut self, one: ContainerJson) {
        self.exit = self.exit.worse(one.exit);
        self.containers.push(one);
    }
}

/// How many containers, and how large.
#[derive(Default)]
struct Sum {
    messages: usize,
    received: usize,
    octets: u64,
}

impl Sum {
    fn add(&mut self, one: &ContainerJson) {
        self.messages += 1;
        self.received += match one.direction {
            Direction::Sent => 0,
            Direction::Received => 1,
        };
        self.octets += one.size.unwrap_or(0);
    }

    fn tell(&self, key: &str, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let values = [("size", &*texts.size(self.octets))];
        page.line(texts.count(key, self.messages, &values))?;
        if self.received > 0 {
            page.line(texts.count("archive.received", self.received, &[]))?;
        }
        Ok(())
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/archive";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let (mut made, mut kept) = (Sum::default(), Sum::default());
        for one in &self.containers {
            match one.state {
                State::Archived => made.add(one),
                State::Kept => kept.add(one),
                State::Failed => {
                    let values = [
                        ("file", &*one.file),
                        ("message", &*one.message),
                        ("error", one.error.as_deref().unwrap_or_default()),
                    ];
                    let line = texts.fill("archive.failed", &values);
                    page.line(page.style.paint(Tone::Bad, line))?;
                }
            }
        }
        made.tell("archive.archived", page)?;
        if kept.messages > 0 {
            kept.tell("archive.kept", page)?;
        }
        if self.open > 0 {
            page.line(texts.count("archive.open", self.open, &[]))?;
        }
        if self.unproven > 0 {
            page.line(texts.count("archive.unproven", self.unproven, &[]))?;
        }
        self.remote.iter().try_for_each(|one| one.text(page))?;
        if made.messages + kept.messages > 0 {
            page.line(texts.text("export.note"))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        let remote = self.remote.iter().map(|one| one.exit);
        remote.fold(self.exit, ExitStatus::worse)
    }
}
