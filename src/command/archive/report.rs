//! What `pec archive` answers.

use std::io;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::held::Held;
use crate::address::MailAddress;
use crate::client::{Discarded, Spare};
use crate::command::Failure;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::MessageView;
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
    /// The concluded ones among them, oldest first.
    containers: Vec<ContainerJson>,
    /// How many are as old and not concluded: something is pending, doubtful, or there is no receipt.
    open: usize,
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
    /// Its Message-ID.
    message_id: String,
    /// The file of its container.
    file: String,
    /// archived: the container was read from the disk, is whole, and holds the message and all its
    /// receipts. failed: error says why it is not so.
    #[schemars(schema_with = "states")]
    state: &'static str,
    /// SHA-256 of the file; null unless archived.
    #[schemars(regex(pattern = SHA256))]
    sha256: Option<String>,
    /// Its octets; null unless archived.
    size: Option<u64>,
    /// Receipts in it; null unless archived.
    receipts: Option<usize>,
    /// Why it is not archived, for people; null where it is.
    error: Option<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(["archived", "failed"])
}

impl ContainerJson {
    /// One that was found whole.
    pub fn archived(view: &MessageView, held: &Held) -> Self {
        Self {
            sha256: Some(held.sha256().to_owned()),
            size: Some(held.size),
            receipts: Some(view.receipts.len()),
            ..Self::new(view, held.file(), "archived", ExitStatus::Yes)
        }
    }

    /// One that was not.
    pub fn failed(view: &MessageView, file: &Path, failure: &Failure, lang: Lang) -> Self {
        let (what, hint) = failure.sentences(lang);
        Self {
            error: Some(format!("{what}; {hint}")),
            ..Self::new(view, file, "failed", failure.status())
        }
    }

    fn new(view: &MessageView, file: &Path, state: &'static str, exit: ExitStatus) -> Self {
        Self {
            message: view.row.message.short.clone(),
            message_id: view.row.message_id.clone(),
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
    state: &'static str,
    /// Messages of the mailbox that are in verified containers, as the ledger knows.
    pub planned: usize,
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

/// The words of `state`.
const ENDS: [&str; 6] = [
    "deleted",
    "declined",
    "office",
    "no-uidplus",
    "no-account",
    "failed",
];

fn ends(_: &mut SchemaGenerator) -> Schema {
    known(ENDS)
}

impl RemoteJson {
    /// Nothing was done yet.
    pub fn planned(address: &MailAddress, spare: &[Spare]) -> Self {
        Self {
            address: address.as_str().to_owned(),
            state: "declined",
            planned: spare.len(),
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
    pub fn ended(self, state: &'static str, error: Option<String>, exit: ExitStatus) -> Self {
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
        let told = match self.state {
            "declined" => Some("archive.remote.declined"),
            "office" => Some("archive.remote.office"),
            "no-uidplus" => Some("archive.remote.no-uidplus"),
            "no-account" => Some("archive.remote.no-account"),
            "failed" => Some("archive.remote.failed"),
            _ => None,
        };
        if let Some(key) = told {
            let line = texts.fill(key, &values);
            page.line(page.style.paint(Tone::Bad, line))?;
        }
        if matches!(self.state, "deleted" | "failed") {
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
    pub fn of(before: Timestamp, open: usize) -> Self {
        Self {
            before,
            containers: Vec::new(),
            open,
            remote: Vec::new(),
            exit: ExitStatus::Yes,
        }
    }

    pub fn add(&mut self, one: ContainerJson) {
        self.exit = self.exit.worse(one.exit);
        self.containers.push(one);
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/archive";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let (mut archived, mut size) = (0, 0);
        for one in &self.containers {
            match (&one.error, one.size) {
                (Some(error), _) => {
                    let values = [
                        ("file", &*one.file),
                        ("message", &*one.message),
                        ("error", &**error),
                    ];
                    let line = texts.fill("archive.failed", &values);
                    page.line(page.style.paint(Tone::Bad, line))?;
                }
                (None, octets) => {
                    archived += 1;
                    size += octets.unwrap_or(0);
                }
            }
        }
        let values = [("size", &*texts.size(size))];
        page.line(texts.count("archive.archived", archived, &values))?;
        if self.open > 0 {
            page.line(texts.count("archive.open", self.open, &[]))?;
        }
        self.remote.iter().try_for_each(|one| one.text(page))?;
        if archived > 0 {
            page.line(texts.text("export.note"))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        let remote = self.remote.iter().map(|one| one.exit);
        remote.fold(self.exit, ExitStatus::worse)
    }
}
