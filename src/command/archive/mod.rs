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
use super::judges::Judges;
use super::{Failure, Session, access, export, whole};
use crate::account::make_private_folder;
use crate::exit::ExitStatus;
use crate::ledger::{Archived, Ledger, MessageView};
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
    let account = access::known_account(&ledger, session)?;
    let before = order.older_than.before(session.context.now);
    let chosen = choice::choose(&ledger, account, before);
    let chosen = chosen.map_err(|error| Failure::of_ledger(&error))?;
    make_private_folder(&order.to).map_err(|error| whole::failure(&order.to, &error))?;
    whole::clear(&order.to, ".asice");
    let mut judges = Judges::new(order.trust.as_deref());
    let words = Catalogue::of(session.lang).text("archive.progress");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    let mut results = Results::of(before, chosen.open);
    let mut plan = Plan::default();
    for message in &chosen.concluded {
        let view = ledger.view(message);
        let view = view.map_err(|error| Failure::of_ledger(&error))?;
        // Of what was forgotten there is nothing left to archive.
        if view.row.forgotten_at.is_some() {
            continue;
        }
        let file = order.to.join(format!("{}.asice", message.short));
        match archive(&view, &file, &mut ledger, &mut judges, session) {
            Ok(held) => {
                results.add(ContainerJson::archived(&view, &held));
                if order.remote != Remote::Left {
                    let added = plan.add(&view, held, &ledger);
                    added.map_err(|error| Failure::of_ledger(&error))?;
                }
            }
            Err(error) => {
                let failure = Failure::of(error)?;
                results.add(ContainerJson::failed(&view, &file, &failure, session.lang));
            }
        }
        progress.add(1);
    }
    progress.finish();
    results.remote = plan.carry_out(order.remote, session)?;
    Ok(session.out.show(&results, order.form)?)
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
/// that.
fn archive(
    view: &MessageView,
    file: &Path,
    ledger: &mut Ledger,
    judges: &mut Judges<'_>,
    session: &Session<'_>,
) -> anyhow::Result<Held> {
    export::container_of(view, file, ledger, judges, session)?;
    let judge = judges.of(&view.row.sender, session)?;
    // Whoever made the container had the clock of its message.
    judge.examiner.at(session.context.clock.now());
    let held = Held::find(view, file, judge)?;
    let archived = Archived {
        container: held.sha256().to_owned(),
        name: held.name(),
        at: session.context.clock.now(),
    };
    let noted = ledger.note_archived(&view.row.message, &archived);
    noted.map_err(|error| Failure::of_ledger(&error))?;
    Ok(held)
}
