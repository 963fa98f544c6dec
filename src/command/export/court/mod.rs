//! `pec export --court`: the receipts of a message as a folder of plain files, as a law court takes them.
//!
//! Octets are those of the ledger, receipts are verified again, and nothing is signed, packed or
//! converted. What the court may not take is told; acts of a lawyer (report of notification, attestation,
//! DatiAtto.xml, declarations) are not written.

pub(super) mod arguments;
mod folder;
mod list;
mod papers;
pub(super) mod report;

use std::path::{Path, PathBuf};

use report::{FolderJson, Results};

use super::{Wanted, Which};
use crate::command::judges::Judges;
use crate::command::{Failure, Session, whole};
use crate::court::Court;
use crate::exit::ExitStatus;
use crate::ledger::{Ledger, MessageView};
use crate::output::report::Form;

/// For which court, and where to.
pub(in crate::command) struct CourtOrder {
    /// The kind of court.
    pub court: Court,
    /// Where its folder comes.
    pub place: Place,
    /// How the answer is written.
    pub form: Form,
}

/// Where folders come.
pub(in crate::command) enum Place {
    /// One message: this is its folder.
    Own(PathBuf),
    /// Each message has a folder of its own in this one.
    Within(PathBuf),
}

/// Makes the folder of each message.
///
/// # Errors
/// When the answer cannot be written; what cannot be made is told in it.
pub(super) fn run(
    order: &CourtOrder,
    wanted: &[Wanted],
    (ledger, judges): (&Ledger, &mut Judges<'_>),
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let around = match &order.place {
        Place::Own(folder) => folder.parent().unwrap_or(Path::new("")),
        Place::Within(folder) => folder,
    };
    if !around.as_os_str().is_empty() {
        whole::folder(around)?;
    }
    folder::clear(around);
    let mut results = Results::new(order.court, session.context.now);
    for one in wanted {
        let target = match &order.place {
            Place::Own(folder) => folder.clone(),
            Place::Within(folder) => folder.join(&one.name),
        };
        let message = match &one.meant {
            Which::Sent(message) => message,
            Which::Received(row) => {
                let short = ("message", row.letter.short.clone());
                return Err(Failure::new("court-received", [short]).into());
            }
        };
        let view = ledger.view(message);
        let view = view.map_err(|error| Failure::of_ledger(&error))?;
        let made = make(&view, (order.court, &target), ledger, judges, session);
        let made = made.or_else(|error| {
            let failure = Failure::of(error)?;
            Ok::<_, anyhow::Error>(FolderJson::failed(&view, &target, &failure, session.lang))
        })?;
        results.add(made);
    }
    Ok(session.out.show(&results, order.form)?)
}

/// What of the lawyer's own papers is not written, by its key: the civil trial has a file of data about the
/// act, the others have forms of their portals.
const fn unwritten(court: Court) -> &'static str {
    match court {
        Court::Civile => "court.unwritten.civile",
        Court::Tributario | Court::Amministrativo => "court.unwritten.forms",
    }
}

/// The folder of one message, unless something is there, or a receipt is not genuine.
fn make(
    view: &MessageView,
    (court, target): (Court, &Path),
    ledger: &Ledger,
    judges: &mut Judges<'_>,
    session: &Session<'_>,
) -> anyhow::Result<FolderJson> {
    if std::fs::symlink_metadata(target).is_ok() {
        return Err(folder::occupied(target).into());
    }
    let judge = judges.of(&view.row.sender, session)?;
    judge.examiner.at(super::newest(view));
    let now = session.context.now;
    let found = papers::gather(view, court, (ledger, &*judge), now)?;
    if !found.apart.is_empty() {
        return Ok(FolderJson::stopped(view, target, found.apart));
    }
    let mut papers = found.papers;
    let written = list::Written {
        view,
        court,
        papers: &papers,
        objections: &found.objections,
        full: &found.full,
        trust: judge.examiner.trust(),
        lang: session.lang,
    };
    let lists = written.papers(now);
    papers.extend(lists);
    folder::write(target, &papers, ledger)?;
    let made = (found.objections, found.full);
    Ok(FolderJson::made(view, target, papers, made, session.lang))
}
