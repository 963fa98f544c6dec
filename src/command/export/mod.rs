//! `pec export`: a message with all its receipts as a container that a stranger can check in ten
//! years, without this program.
//!
//! Everything in it comes from the ledger, and so do its times: the same ledger gives the same
//! octets. Receipts are judged again; those that do not pass stand apart and are told.

pub(super) mod arguments;
mod certificates;
pub(super) mod gather;
pub(super) mod court;
mod guide;
pub(super) mod held;
mod report;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use court::CourtOrder;
use gather::Bundle;
use report::{ContainerJson, Results};

use super::batch::known::one_job;
use super::dates::When;
use super::judges::Judges;
use super::names::{Names, safe};
use super::{Failure, Session, access, meant, whole};
use crate::account::make_private_folder;
use crate::asic;
use crate::exit::ExitStatus;
use crate::ledger::{Filter, Ledger, MessageRef, MessageView};
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::Form;
use crate::timestamp::Timestamp;

/// The order to export messages.
pub(super) struct ExportOrder {
    of: Of,
    place: Place,
    /// Trust data instead of those of the account.
    trust: Option<PathBuf>,
    form: Form,
}

/// Which messages.
enum Of {
    /// By a word each.
    Messages(Vec<String>),
    /// Recorded then or later.
    Since(When),
    /// Of a job.
    Job(String),
}

/// Where to.
enum Place {
    /// One container.
    File(PathBuf),
    /// One for each message.
    Folder(PathBuf),
    /// Folders of plain files for a law court.
    Court(CourtOrder),
}

/// A message, and the name of its container without an ending.
struct Wanted {
    message: MessageRef,
    name: String,
}

pub(super) fn run(order: &ExportOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let ledger = access::existing_ledger(session)?;
    let ledger = ledger.ok_or_else(|| {
        let folder = session.data_dir.as_deref().unwrap_or(Path::new(""));
        Failure::new("no-ledger", [("folder", folder.display().to_string())])
    })?;
    let wanted = wanted(&order.of, &ledger, session)?;
    let mut judges = Judges::new(order.trust.as_deref());
    let (folder, only) = match &order.place {
        Place::File(file) => (file.parent().unwrap_or(Path::new("")), Some(file)),
        Place::Folder(folder) => {
            make_private_folder(folder).map_err(|error| whole::failure(folder, &error))?;
            (&**folder, None)
        }
        Place::Court(court) => return court::run(court, &wanted, (&ledger, &mut judges), session),
    };
    whole::clear(folder, ".asice");
    let words = Catalogue::of(session.lang).text("export.progress");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    let mut results = Results::default();
    for one in &wanted {
        let file = match only {
            Some(file) => file.clone(),
            None => folder.join(format!("{}.asice", one.name)),
        };
        let view = ledger.view(&one.message);
        let view = view.map_err(|error| Failure::of_ledger(&error))?;
        let made = export(&view, &file, &ledger, &mut judges, session);
        let made = made.or_else(|error| {
            let failure = Failure::of(error)?;
            Ok::<_, anyhow::Error>(ContainerJson::failed(&view, &file, &failure, session.lang))
        })?;
        results.add(made);
        progress.add(1);
    }
    progress.finish();
    Ok(session.out.show(&results, order.form)?)
}

/// The messages that are meant, oldest first, each with a name of its own.
fn wanted(of: &Of, ledger: &Ledger, session: &Session<'_>) -> anyhow::Result<Vec<Wanted>> {
    let by_short = |message: MessageRef| {
        let reference = ledger.row(&message).ok().and_then(|row| row.reference);
        Wanted {
            name: match reference {
                Some(reference) => format!("{}-{}", safe(&reference), message.short),
                None => message.short.clone(),
            },
            message,
        }
    };
    let mut found = match of {
        Of::Messages(words) => {
            let all = words.iter().map(|word| meant::one_message(ledger, word));
            let all: Vec<MessageRef> = all.collect::<anyhow::Result<_>>()?;
            all.into_iter().map(by_short).collect()
        }
        Of::Since(since) => {
            let account = access::known_account(ledger, session)?;
            let filter = Filter {
                account,
                since: Some(since.start(session.context.now)),
                ..Filter::default()
            };
            let rows = ledger.list(&filter, usize::MAX, 0);
            let rows = rows.map_err(|error| Failure::of_ledger(&error))?;
            let rows = rows.into_iter().rev();
            rows.map(|row| by_short(row.message)).collect()
        }
        Of::Job(word) => of_job(word, ledger)?,
    };
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert(one.message.short.clone()));
    Ok(found)
}

/// The messages of a job, named by the references of their rows. What came back for somebody was sent
/// again as a message of its own.
fn of_job(word: &str, ledger: &Ledger) -> anyhow::Result<Vec<Wanted>> {
    /// Rows read at once.
    const PAGE: usize = 200;
    let job = one_job(ledger, word)?;
    let of_ledger = |error| Failure::of_ledger(&error);
    let mut names = Names::default();
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let rows = ledger.rows_of(&job.job, after, PAGE).map_err(of_ledger)?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        after = last.row.number;
        for row in &rows {
            let Some(message) = &row.message else {
                continue;
            };
            let name = match row.row.has_no_reference() {
                true => message.short.clone(),
                false => names.of(&row.row.reference),
            };
            for part in ledger.parts(message).map_err(of_ledger)? {
                let name = match part.message.short == message.short {
                    true => name.clone(),
                    false => format!("{name}-{}", part.message.short),
                };
                let message = part.message;
                found.push(Wanted { message, name });
            }
        }
    }
}

/// Writes the container of one message, unless it is there.
fn export(
    view: &MessageView,
    file: &Path,
    ledger: &Ledger,
    judges: &mut Judges<'_>,
    session: &Session<'_>,
) -> anyhow::Result<ContainerJson> {
    meant::refuse_stone(&view.row, session.lang)?;
    if std::fs::symlink_metadata(file).is_ok() {
        return there(view, file);
    }
    let judge = judges.of(&view.row.sender, session)?;
    judge.examiner.at(newest(view));
    let bundle = gather::gather(view, ledger, judge, session.lang)?;
    let (size, sha256) = write(&bundle, file, ledger)?;
    Ok(ContainerJson::made(view, file, &bundle, size, sha256))
}

/// Writes the container of a message unless it is there, for who finds out then whether it is whole.
///
/// # Errors
/// When something else is there, or it cannot be made.
pub(super) fn container_of(
    view: &MessageView,
    file: &Path,
    ledger: &Ledger,
    courts: &mut Courts<'_>,
    session: &Session<'_>,
) -> anyhow::Result<()> {
    export(view, file, ledger, courts, session).map(drop)
}

/// The last time that the ledger knows of a message: a container has no other clock.
fn newest(view: &MessageView) -> Timestamp {
    let facts = view.facts.iter().map(|fact| fact.at());
    let receipts = view.receipts.iter().filter_map(|row| row.certified_at);
    facts
        .chain(receipts)
        .fold(view.row.frozen_at, Timestamp::max)
}

/// What lies there already: the container of this message, whole, or something else.
fn there(view: &MessageView, file: &Path) -> anyhow::Result<ContainerJson> {
    let occupied = || Failure::new("export-occupied", [("file", file.display().to_string())]);
    let mut opened = File::open(file).map_err(|error| whole::failure(file, &error))?;
    let Ok(asic::Read::Evidence(checked)) = asic::Read::of(&mut opened) else {
        return Err(occupied().into());
    };
    let held: HashSet<&str> = checked.files.iter().map(|one| &*one.sha256).collect();
    if !checked.flaws.is_empty() || !held.contains(&*view.row.octets) {
        return Err(occupied().into());
    }
    let receipts = view
        .receipts
        .iter()
        .filter(|row| !held.contains(&*row.octets));
    Ok(ContainerJson::there(view, file, receipts.count()))
}

/// Writes a container beside its place and moves it there when it is whole; gives its size and its
/// SHA-256.
fn write(bundle: &Bundle, file: &Path, ledger: &Ledger) -> anyhow::Result<(u64, String)> {
    let mut written = (0, String::new());
    whole::write_new(file, &mut |out| {
        let mut writer = asic::Writer::new(gather::Counted::new(out)).map_err(of_container)?;
        for (name, source) in &bundle.files {
            let added = match source {
                gather::Source::Kept(sha256) => writer.add(name, &ledger.octets(sha256)?),
                gather::Source::Made(octets) => writer.add(name, octets),
            };
            added.map_err(of_container)?;
        }
        written = writer.finish().map_err(of_container)?.finish();
        Ok(())
    })?;
    Ok(written)
}

fn of_container(error: asic::Error) -> anyhow::Error {
    match error {
        asic::Error::Io(error) => error.into(),
        // Names are ours: it is the size.
        asic::Error::Fault(_) => Failure::new("export-too-large", []).into(),
    }
}
