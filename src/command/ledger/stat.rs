//! `pec ledger stat`: how much there is, and when each mailbox was last read.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::open;
use crate::command::look::{LookJson, looks};
use crate::command::{Failure, Session, words};
use crate::exit::ExitStatus;
use crate::ledger::{self, Depth, Ledger};
use crate::output::layout::shown;
use crate::output::report::{Page, Report};
use crate::output::style::Tone;
use crate::timestamp::Timestamp;

/// # Results of pec ledger stat, version 1
///
/// The document that `pec ledger stat --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// The folder of the ledger.
    folder: String,
    /// The form of its tables; it grows with new versions of the program.
    form: usize,
    /// Octets of the database, with its log.
    database: u64,
    /// Messages of ours.
    messages: u64,
    /// Their recipients, by where they stand; none that nobody has.
    recipients: Vec<CountJson>,
    /// Facts recorded about them.
    facts: u64,
    /// Certified messages found in mailboxes.
    received: u64,
    /// Messages that pec inbox and pec search list: received ones that are no receipts, and ours.
    letters: u64,
    /// Jobs of pec batch.
    jobs: u64,
    /// Files of messages and receipts that the ledger names.
    files: u64,
    /// Octets of those that are there.
    octets: u64,
    /// How many of them are not there; pec ledger check names them.
    missing: usize,
    /// When the newest entry was made, by the clock of this machine; null while there is none. UTC,
    /// RFC 3339.
    newest_at: Option<Timestamp>,
    /// When it was put back by pec ledger restore; null if it was not. UTC, RFC 3339.
    restored_at: Option<Timestamp>,
    /// Whether it is where it was made. If not it is a copy, was restored, or had lost something:
    /// each mailbox is read before anything leaves.
    at_home: bool,
    /// Each mailbox that was used, and when it was last read.
    mailboxes: Vec<LookJson>,
}

/// How many recipients stand where.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "count")]
struct CountJson {
    /// Where they stand, as in pec status.
    #[schemars(schema_with = "words::standing")]
    standing: &'static str,
    /// How many.
    count: u64,
}

pub(super) fn count(session: &mut Session<'_>) -> anyhow::Result<Results> {
    let ledger = open(session)?;
    let found = of(&ledger).map_err(|error| Failure::of_ledger(&error))?;
    Ok(found)
}

fn of(ledger: &Ledger) -> Result<Results, ledger::Error> {
    let stat = ledger.stat()?;
    let evidence = ledger.evidence(Depth::Names, &mut || {})?;
    let counts = stat.standings.iter().map(|(standing, count)| CountJson {
        standing: standing.word(),
        count: *count,
    });
    Ok(Results {
        folder: ledger.folder().display().to_string(),
        form: stat.form,
        database: stat.database,
        messages: stat.messages,
        recipients: counts.collect(),
        facts: stat.facts,
        received: stat.received,
        letters: stat.letters,
        jobs: stat.jobs,
        files: evidence.named,
        octets: evidence.octets,
        missing: evidence.missing.len(),
        newest_at: stat.newest,
        restored_at: stat.restored,
        at_home: stat.at_home,
        mailboxes: looks(ledger, None)?,
    })
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/ledger-stat";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, lang) = (page.texts(), page.lang);
        let number = |count: u64| texts.number(count);
        let values = [
            ("folder", &*self.folder),
            ("form", &*self.form.to_string()),
            ("size", &texts.size(self.database)),
        ];
        page.line(texts.fill("upkeep.stat-database", &values))?;
        let values = [
            ("messages", &*number(self.messages)),
            ("received", &number(self.received)),
            ("jobs", &number(self.jobs)),
        ];
        page.line(texts.fill("upkeep.stat-messages", &values))?;
        for one in &self.recipients {
            let standing = texts.text(&format!("standing.{}", one.standing));
            page.line(format!("  {standing}: {}", one.count))?;
        }
        let values = [
            ("count", &*number(self.files)),
            ("size", &texts.size(self.octets)),
        ];
        page.line(texts.fill("upkeep.stat-files", &values))?;
        if self.missing > 0 {
            let count = self.missing.to_string();
            let line = texts.fill("upkeep.stat-missing", &[("count", &count)]);
            page.line(page.style.paint(Tone::Bad, line))?;
        }
        for (key, at) in [
            ("upkeep.stat-newest", self.newest_at),
            ("upkeep.stat-restored", self.restored_at),
        ] {
            if let Some(at) = at {
                page.line(texts.fill(key, &[("time", &shown(at, lang))]))?;
            }
        }
        if !self.at_home {
            page.line(texts.text("upkeep.stat-away"))?;
        }
        for mailbox in &self.mailboxes {
            page.line(mailbox.line(lang))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        ExitStatus::Yes
    }
}
