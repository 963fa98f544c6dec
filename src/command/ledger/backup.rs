//! `pec ledger backup`: a copy that is whole.

use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{BESIDE, BesideJson, LostJson, open, progress};
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::output::report::{Page, Report};
use crate::output::style::Tone;

/// # Results of pec ledger backup, version 1
///
/// The document that `pec ledger backup --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Made {
    /// The folder of the backup.
    backup: String,
    /// Octets of the database.
    database: u64,
    /// Files of messages and receipts.
    files: u64,
    /// Their octets.
    octets: u64,
    /// Files of the trust data and of the public offices, and their octets.
    beside: BesideJson,
    /// Messages and receipts that are not in it, since they were missing or damaged already.
    lost: Vec<LostJson>,
}

pub(super) fn make(to: &Path, session: &mut Session<'_>) -> anyhow::Result<Made> {
    let ledger = open(session)?;
    let progress = progress(session);
    let now = session.context.now;
    let made = ledger.back_up(to, &BESIDE, now, &mut || progress.add(1));
    progress.finish();
    let made = made.map_err(|error| Failure::of_ledger(&error))?;
    Ok(Made {
        backup: to.display().to_string(),
        database: made.database,
        files: made.files,
        octets: made.octets,
        beside: BesideJson::of(made.beside),
        lost: LostJson::of(&made.lost),
    })
}

impl Report for Made {
    const SCHEMA: &'static str = "pec/ledger-backup";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let values = [
            ("backup", &*self.backup),
            ("size", &texts.size(self.database + self.octets)),
        ];
        page.line(texts.count("upkeep.backed-up", self.files, &values))?;
        self.beside.line(page)?;
        if self.lost.is_empty() {
            return Ok(());
        }
        let line = texts.count("upkeep.backed-up-without", self.lost.len(), &[]);
        page.line(page.style.paint(Tone::Bad, line))?;
        for one in &self.lost {
            page.line(one.line(texts))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        match self.lost.is_empty() {
            true => ExitStatus::Yes,
            false => ExitStatus::No,
        }
    }
}
