//! `pec ledger check`: whether the database is sound and every octet is there.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::{LostJson, open, progress};
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::ledger::{Depth, Evidence};
use crate::output::report::{Page, Report};
use crate::output::style::Tone;

/// # Results of pec ledger check, version 1
///
/// The document that `pec ledger check --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// The folder of the ledger.
    folder: String,
    /// The database.
    database: Database,
    /// The files of messages and receipts; null where the database is damaged.
    evidence: Option<EvidenceJson>,
    /// How many messages that left the database had lost, and were entered again when it was opened
    /// now: it was restored, truncated, or parted from its log.
    recovered: usize,
}

/// The database.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[schemars(rename = "database")]
enum Database {
    /// It is sound.
    Sound {
        /// Null: nothing is wrong.
        reason: (),
    },
    /// It is damaged.
    Damaged {
        /// SQLite's words for what is wrong first.
        reason: String,
    },
}

/// The files of messages and receipts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "evidence")]
struct EvidenceJson {
    /// How many the ledger names.
    named: u64,
    /// Octets of those that are there.
    octets: u64,
    /// Those that are not there.
    missing: Vec<LostJson>,
    /// Those that hold something else than what was kept.
    damaged: Vec<LostJson>,
}

impl EvidenceJson {
    fn of(evidence: &Evidence) -> Self {
        Self {
            named: evidence.named,
            octets: evidence.octets,
            missing: LostJson::of(&evidence.missing),
            damaged: LostJson::of(&evidence.damaged),
        }
    }
}

pub(super) fn look(session: &mut Session<'_>) -> anyhow::Result<Results> {
    let ledger = open(session)?;
    let recovered = ledger.recovered();
    let recovered = recovered.messages.len() + recovered.missing.len();
    let folder = ledger.folder().display().to_string();
    let database = match ledger.check() {
        Ok(()) => Database::Sound { reason: () },
        Err(error) if error.is_of_damage() => Database::Damaged {
            reason: error.to_string(),
        },
        Err(error) => return Err(Failure::of_ledger(&error).into()),
    };
    let evidence = match &database {
        Database::Damaged { .. } => None,
        Database::Sound { .. } => {
            let progress = progress(session);
            let evidence = ledger.evidence(Depth::Octets, &mut || progress.add(1));
            progress.finish();
            let evidence = evidence.map_err(|error| Failure::of_ledger(&error))?;
            Some(EvidenceJson::of(&evidence))
        }
    };
    Ok(Results {
        folder,
        database,
        evidence,
        recovered,
    })
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/ledger-check";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let folder = ("folder", &*self.folder);
        match &self.database {
            Database::Sound { .. } => page.line(texts.fill("upkeep.sound", &[folder]))?,
            Database::Damaged { reason } => {
                let line = texts.fill("upkeep.damaged", &[folder, ("reason", reason)]);
                page.line(page.style.paint(Tone::Bad, line))?;
            }
        }
        let Some(evidence) = &self.evidence else {
            return page.line(texts.text("upkeep.not-looked-for"));
        };
        let lost = evidence.missing.len() + evidence.damaged.len();
        let values = [
            ("files", &*texts.counted("files", evidence.named)),
            ("size", &texts.size(evidence.octets)),
        ];
        if lost == 0 {
            return page.line(texts.fill("upkeep.all-there", &values));
        }
        page.line(texts.fill("upkeep.looked-for", &values))?;
        for (key, lost) in [
            ("upkeep.missing", &evidence.missing),
            ("upkeep.changed", &evidence.damaged),
        ] {
            if lost.is_empty() {
                continue;
            }
            let line = texts.count(key, lost.len(), &[]);
            page.line(page.style.paint(Tone::Bad, line))?;
            for one in lost {
                page.line(one.line(texts))?;
            }
        }
        page.line(texts.text("upkeep.lost-do"))
    }

    fn exit(&self) -> ExitStatus {
        let is_whole =
            |evidence: &EvidenceJson| evidence.missing.is_empty() && evidence.damaged.is_empty();
        match self.evidence.as_ref().is_some_and(is_whole) && self.recovered == 0 {
            true => ExitStatus::Yes,
            false => ExitStatus::No,
        }
    }
}
