//! `pec archive`: what is concluded, in containers that were read again from the disk; then, on
//! demand, out of the mailbox.
//!
//! Nothing is deleted whose copy was not found whole on the disk in this run.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod choice;
mod held;
mod remote;
mod report;

use std::path::{Path, PathBuf};

use held::Held;
use remote::Plan;
use report::{ContainerJson, Results};

use super::age::Age;
use super::export::{self, Exported, Was};
use super::judges::Judges;
use super::same::Tree;
use super::{Failure, Session, access, letters, whole};
use crate::exit::ExitStatus;
use crate::ledger::{Archived, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::Form;

/// The order to archive.
pub(super) struct ArchiveOrder {
    older_than: Age,
    /// The folder of the containers.
    to: PathBuf,
    remote: Remote,
    /// Trust data instead of those of the account.
    trust: Option<PathBuf>,
    form: Form,
}

/// What becomes of the copies in the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remote {
    /// They stay.
    Left,
    /// They are deleted if a person says so.
    Asked,
    /// They are deleted.
    Deleted,
}

pub(super) fn run(order: &ArchiveOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let is_terminal = session.context.stdin_is_terminal && session.context.stderr_is_terminal;
    if order.remote == Remote::Asked && !is_terminal {
        return Err(Failure::new("archive-needs-yes", []).into());
    }
    let mut ledger = ledger(session)?;
    // What goes with the ledger outlives nothing.
    if Tree::of(ledger.folder()).has(&order.to) {
        let folder = ("folder", order.to.display().to_string());
        return Err(Failure::new("archive-own-folder", [folder]).into());
    }
    let account = access::known_account(&ledger, session)?;
    let before = order.older_than.before(session.context.now);
    letters::index(&mut ledger, session)?;
    let chosen = choice::choose(&ledger, account, before);
    let chosen = chosen.map_err(|error| Failure::of_ledger(&error))?;
    whole::folder(&order.to)?;
    whole::clear(&order.to, ".asice");
    let words = Catalogue::of(session.lang).text("archive.progress");
    let progress = Progress::new(session.context.shows_progress(), words);
    let mut run = Run {
        order,
        judges: Judges::new(order.trust.as_deref()),
        results: Results::of(before, &chosen),
        plan: Plan::default(),
    };
    for message in &chosen.concluded {
        let view = ledger.view(message);
        let view = view.map_err(|error| Failure::of_ledger(&error))?;
        // Of what was forgotten there is nothing left to archive.
        if view.row.forgotten_at.is_none() {
            run.take(Exported::Sent(&view), &mut ledger, session)?;
        }
        progress.add(1);
    }
    for row in &chosen.received {
        run.take(Exported::Received(row), &mut ledger, session)?;
        progress.add(1);
    }
    progress.finish();
    let (mut results, plan) = (run.results, run.plan);
    results.remote = plan.carry_out(order.remote, session)?;
    Ok(session.out.show(&results, order.form)?)
}

/// What there is to do, and what was done so far.
struct Run<'a> {
    order: &'a ArchiveOrder,
    judges: Judges<'a>,
    results: Results,
    plan: Plan,
}

impl Run<'_> {
    /// Archives one message; what cannot be is told, and the others go on.
    fn take(
        &mut self,
        one: Exported<'_>,
        ledger: &mut Ledger,
        session: &Session<'_>,
    ) -> anyhow::Result<()> {
        let file = self.order.to.join(format!("{}.asice", one.short()));
        match archive(one, &file, ledger, &mut self.judges, session) {
            Ok((held, was)) => {
                self.results.add(ContainerJson::archived(one, &held, was));
                if self.order.remote != Remote::Left {
                    let added = self.plan.add(one, held, ledger);
                    added.map_err(|error| Failure::of_ledger(&error))?;
                }
            }
            Err(error) => {
                let failure = Failure::of(error)?;
                let failed = ContainerJson::failed(one, &file, &failure, session.lang);
                self.results.add(failed);
            }
        }
        Ok(())
    }
}

/// The ledger, which is written: what is archived is remembered.
fn ledger(session: &mut Session<'_>) -> anyhow::Result<Ledger> {
    match access::existing_ledger(session)? {
        Some(ledger) if ledger.is_writable() => Ok(ledger),
        Some(_) => access::ledger(session),
        None => {
            let folder = session.data_dir.as_deref().unwrap_or(Path::new(""));
            let folder = ("folder", folder.display().to_string());
            Err(Failure::new("no-ledger", [folder]).into())
        }
    }
}

/// Makes the container of a message unless it is there, finds it whole on the disk, and remembers
/// that of one of ours: the ledger has no place for it of what was received.
fn archive(
    one: Exported<'_>,
    file: &Path,
    ledger: &mut Ledger,
    judges: &mut Judges<'_>,
    session: &Session<'_>,
) -> anyhow::Result<(Held, Was)> {
    let was = export::container_of(one, file, ledger, judges, session)?;
    let judge = judges.of(one.account(), session)?;
    // Whoever made the container had the clock of its message.
    judge.examiner.at(session.context.clock.now());
    let held = Held::find(one, file, judge)?;
    match one {
        Exported::Sent(view) => {
            let archived = Archived {
                container: held.sha256().to_owned(),
                name: held.name(),
                at: session.context.clock.now(),
            };
            let noted = ledger.note_archived(&view.row.message, &archived);
            noted.map_err(|error| Failure::of_ledger(&error))?;
        }
        Exported::Received(_) => {}
    }
    Ok((held, was))
}
