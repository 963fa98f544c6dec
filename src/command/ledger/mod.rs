//! `pec ledger`: what keeps the evidence, looked after.

pub(super) mod arguments;
mod backup;
mod check;
mod restore;
mod stat;

use std::io;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Failure, Session, access, store};
use crate::exit::ExitStatus;
use crate::ledger::{Beside, Ledger, Lost, Wanted};
use crate::offices;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::{Form, Page, SHA256, SHORT_ID};

/// What of the data folder a backup holds beside the ledger: who may sign certified mail, since when and
/// until when, with the revocation lists of many days; and the public offices.
const BESIDE: [&str; 2] = [store::FOLDER, offices::FILE];

/// Files of the data folder that are no part of the ledger.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "beside")]
struct BesideJson {
    /// How many.
    files: u64,
    /// Their octets.
    octets: u64,
}

impl BesideJson {
    const fn of(beside: Beside) -> Self {
        Self {
            files: beside.files,
            octets: beside.octets,
        }
    }

    /// Says what is there beside the ledger, where something is.
    fn line(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.files == 0 {
            return Ok(());
        }
        let texts = page.texts();
        let size = [("size", &*texts.size(self.octets))];
        page.line(texts.count("upkeep.beside", self.files, &size))
    }
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum LedgerOrder {
    Check(Form),
    /// Into which folder.
    BackUp(PathBuf, Form),
    /// From which folder.
    Restore(PathBuf, Wanted, Form),
    Stat(Form),
}

pub(super) fn run(order: LedgerOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        LedgerOrder::Check(form) => {
            let found = check::look(session)?;
            Ok(session.out.show(&found, form)?)
        }
        LedgerOrder::BackUp(to, form) => {
            let made = backup::make(&to, session)?;
            Ok(session.out.show(&made, form)?)
        }
        LedgerOrder::Restore(from, wanted, form) => {
            let restored = restore::put_back(&from, wanted, session)?;
            Ok(session.out.show(&restored, form)?)
        }
        LedgerOrder::Stat(form) => {
            let found = stat::count(session)?;
            Ok(session.out.show(&found, form)?)
        }
    }
}

/// The ledger; a question about none cannot be answered.
fn open(session: &mut Session<'_>) -> anyhow::Result<Ledger> {
    let Some(folder) = session.data_dir.clone() else {
        return Err(Failure::new("no-data-folder", []).into());
    };
    let ledger = access::existing_ledger(session)?;
    Ok(ledger.ok_or_else(|| {
        let folder = folder.display().to_string();
        Failure::new("no-ledger", [("folder", folder)])
    })?)
}

fn progress(session: &Session<'_>) -> Progress {
    let words = Catalogue::of(session.lang).text("upkeep.files");
    Progress::new(session.context.stderr_is_terminal, words)
}

/// A message or a receipt that the ledger names and that is not there as it was kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "lost")]
struct LostJson {
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// The message of ours that it is, or that it is a receipt of; null: of none.
    #[schemars(regex(pattern = SHORT_ID))]
    message: Option<String>,
    /// Whether it is what we sent, not what came.
    sent: bool,
}

impl LostJson {
    fn of(lost: &[Lost]) -> Vec<Self> {
        let lost = lost.iter().map(|lost| Self {
            sha256: lost.sha256.clone(),
            message: lost.message.as_ref().map(|message| message.short.clone()),
            sent: lost.is_ours,
        });
        lost.collect()
    }

    /// Which file, and of which message.
    fn line(&self, texts: &Catalogue) -> String {
        let key = match (&self.message, self.sent) {
            (Some(_), true) => "upkeep.lost-message",
            (Some(_), false) => "upkeep.lost-receipt",
            (None, _) => "upkeep.lost-other",
        };
        let message = self.message.as_deref().unwrap_or_default();
        texts.fill(key, &[("sha256", &self.sha256), ("message", message)])
    }
}
