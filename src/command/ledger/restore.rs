//! `pec ledger restore`: a backup put back, and marked as what it is.

use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{BesideJson, LostJson, progress};
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::ledger::{self, Wanted};
use crate::output::layout::shown;
use crate::output::report::{Page, Report};
use crate::output::style::Tone;
use crate::timestamp::Timestamp;

/// # Results of pec ledger restore, version 1
///
/// The document that `pec ledger restore --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Done {
    /// The folder of the ledger.
    folder: String,
    /// When the backup was made, by the clock of that machine. UTC, RFC 3339.
    made_at: Timestamp,
    /// Files of messages and receipts.
    files: u64,
    /// Their octets.
    octets: u64,
    /// Files of the trust data and of the public offices, and their octets.
    beside: BesideJson,
    /// Messages and receipts that the ledger names and that are not there.
    lost: Vec<LostJson>,
    /// Files of the trust data and of the public offices that were in the backup and are missing or
    /// changed.
    beside_lost: Vec<String>,
}

pub(super) fn put_back(
    from: &Path,
    wanted: Wanted,
    session: &mut Session<'_>,
) -> anyhow::Result<Done> {
    let Some(folder) = session.data_dir.clone() else {
        return Err(Failure::new("no-data-folder", []).into());
    };
    let progress = progress(session);
    let now = session.context.now;
    let restored = ledger::restore(from, &folder, wanted, now, &mut || progress.add(1));
    progress.finish();
    let restored = restored.map_err(|error| Failure::of_ledger(&error))?;
    let beside_lost = restored.beside_lost.iter();
    let beside_lost = beside_lost.map(|name| name.display().to_string());
    Ok(Done {
        folder: folder.display().to_string(),
        made_at: restored.made_at,
        files: restored.files,
        octets: restored.octets,
        beside: BesideJson::of(restored.beside),
        lost: LostJson::of(&restored.lost),
        beside_lost: beside_lost.collect(),
    })
}

impl Report for Done {
    const SCHEMA: &'static str = "pec/ledger-restore";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let values = [
            ("folder", &*self.folder),
            ("time", &shown(self.made_at, page.lang)),
            ("size", &texts.size(self.octets)),
        ];
        page.line(texts.count("upkeep.restored", self.files, &values))?;
        self.beside.line(page)?;
        for name in &self.beside_lost {
            let line = texts.fill("upkeep.beside-lost", &[("file", name)]);
            page.line(page.style.paint(Tone::Bad, line))?;
        }
        if !self.lost.is_empty() {
            let line = texts.count("upkeep.restored-without", self.lost.len(), &[]);
            page.line(page.style.paint(Tone::Bad, line))?;
            for one in &self.lost {
                page.line(one.line(texts))?;
            }
        }
        page.line(texts.text("upkeep.restored-do"))
    }

    fn exit(&self) -> ExitStatus {
        match self.lost.is_empty() && self.beside_lost.is_empty() {
            true => ExitStatus::Yes,
            false => ExitStatus::No,
        }
    }
}
