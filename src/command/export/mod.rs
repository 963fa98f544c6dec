//! `pec export`: a message with all its receipts as a container that a stranger can check in ten
//! years, without this program; a message that was received, with its envelope.
//!
//! Everything in it comes from the ledger, and so do its times: the same ledger gives the same
//! octets. Receipts are judged again; those that do not pass stand apart and are told.

pub(super) mod arguments;
mod certificates;
pub(super) mod court;
pub(super) mod gather;
mod guide;
pub(super) mod held;
mod metadata;
mod received;
mod report;
mod stamped;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use court::CourtOrder;
use gather::Bundle;
pub(super) use report::Direction;
use report::{ContainerJson, Results, Subject};
use stamped::{Stamper, Stamping};

use super::batch::known::one_job;
use super::dates::When;
use super::judges::Judges;
use super::names::{Names, safe};
use super::stamp::authority::Obtained;
use super::stamp::digest_of;
use super::which::Which;
use super::whole::Together;
use super::{Failure, Session, access, meant, whole};
use crate::asic;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::letter::LetterRow;
use crate::ledger::{Filter, Ledger, MessageView};
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::Form;
use crate::timestamp::Timestamp;

/// The order to export messages.
pub(super) struct ExportOrder {
    of: Of,
    place: Place,
    /// Who stamps, if somebody does.
    stamping: Option<Box<Stamping>>,
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
    meant: Which,
    name: String,
}

impl Wanted {
    fn short(&self) -> &str {
        short_of(&self.meant)
    }
}

fn short_of(meant: &Which) -> &str {
    match meant {
        Which::Sent(message) => &message.short,
        Which::Received(row) => &row.letter.short,
    }
}

pub(super) fn run(order: &ExportOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let ledger = access::existing_ledger(session)?;
    let mut ledger = ledger.ok_or_else(|| {
        let folder = session.data_dir.as_deref().unwrap_or(Path::new(""));
        Failure::new("no-ledger", [("folder", folder.display().to_string())])
    })?;
    let wanted = wanted(&order.of, &mut ledger, session)?;
    let stamper = match &order.stamping {
        Some(stamping) => Some(Stamper::new(stamping, session)?),
        None => None,
    };
    let mut judges = Judges::new(order.trust.as_deref());
    let (folder, only) = match &order.place {
        Place::File(file) => (file.parent().unwrap_or(Path::new("")), Some(file)),
        Place::Folder(folder) => {
            if folder.is_file() {
                let file = ("file", folder.display().to_string());
                return Err(Failure::new("export-no-folder", [file]).into());
            }
            whole::folder(folder)?;
            (&**folder, None)
        }
        Place::Court(court) => return court::run(court, &wanted, (&ledger, &mut judges), session),
    };
    whole::clear(folder, ".asice");
    let words = Catalogue::of(session.lang).text("export.progress");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    let mut results = Results::default();
    let mut waiting = Waiting::new(folder);
    let all: anyhow::Result<()> = wanted.iter().try_for_each(|one| {
        let file = match only {
            Some(file) => file.clone(),
            None => folder.join(format!("{}.asice", one.name)),
        };
        let view;
        let exported = match &one.meant {
            Which::Sent(message) => {
                view = ledger.view(message);
                let view = view.as_ref().map_err(Failure::of_ledger)?;
                Exported::Sent(view)
            }
            Which::Received(row) => Exported::Received(row),
        };
        let made = export(
            exported,
            &file,
            &ledger,
            (&mut judges, stamper.as_ref()),
            session,
        );
        let made = made.or_else(|error| {
            let failure = Failure::of(error)?;
            let subject = exported.subject();
            let failed = ContainerJson::failed(subject, &file, &failure, session.lang);
            Ok::<_, anyhow::Error>((failed, None))
        })?;
        waiting.add(made);
        // A time stamp may have been paid for: it does not wait.
        if waiting.files.is_full() || stamper.is_some() {
            progress.add(waiting.settle(&mut results, session.lang));
        }
        Ok(())
    });
    // What is whole has its name also where the run ends early.
    progress.add(waiting.settle(&mut results, session.lang));
    progress.finish();
    all?;
    Ok(session.out.show(&results, order.form)?)
}

/// Containers that are written and have not their names yet, between those of which nothing is to be
/// written.
struct Waiting {
    /// Each, and whether its file waits for a name.
    containers: Vec<(ContainerJson, bool)>,
    files: Together,
}

impl Waiting {
    fn new(folder: &Path) -> Self {
        Self {
            containers: Vec::new(),
            files: Together::new(folder),
        }
    }

    fn add(&mut self, (container, file): (ContainerJson, Option<whole::Written>)) {
        self.containers.push((container, file.is_some()));
        if let Some(file) = file {
            self.files.add(file);
        }
    }

    /// Gives all their names; how many containers that were.
    fn settle(&mut self, results: &mut Results, lang: Lang) -> usize {
        let containers = std::mem::take(&mut self.containers);
        let count = containers.len();
        let mut named = self.files.name().into_iter();
        for (container, is_new) in containers {
            let fault = is_new.then(|| named.next()).flatten();
            results.add(match fault {
                Some(Err(failure)) => container.unnamed(&failure, lang),
                Some(Ok(())) | None => container,
            });
        }
        count
    }
}

/// The messages that are meant, oldest first, each with a name of its own.
fn wanted(of: &Of, ledger: &mut Ledger, session: &mut Session<'_>) -> anyhow::Result<Vec<Wanted>> {
    let mut found = match of {
        Of::Messages(words) => {
            let all = words.iter().map(|word| Which::of(word, ledger, session));
            let all: Vec<Which> = all.collect::<anyhow::Result<_>>()?;
            all.into_iter().map(|one| by_short(one, ledger)).collect()
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
            // Of what was forgotten there is nothing left to export.
            let rows = rows.into_iter().rev();
            let rows = rows.filter(|row| row.forgotten_at.is_none());
            rows.map(|row| by_short(Which::Sent(row.message), ledger))
                .collect()
        }
        Of::Job(word) => of_job(word, ledger)?,
    };
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert(one.short().to_owned()));
    Ok(found)
}

/// A message under its reference and its short id.
fn by_short(meant: Which, ledger: &Ledger) -> Wanted {
    let reference = match &meant {
        Which::Sent(message) => ledger.row(message).ok().and_then(|row| row.reference),
        Which::Received(_) => None,
    };
    Wanted {
        name: match reference {
            Some(reference) => format!("{}-{}", safe(&reference), short_of(&meant)),
            None => short_of(&meant).to_owned(),
        },
        meant,
    }
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
                let meant = Which::Sent(part.message);
                found.push(Wanted { meant, name });
            }
        }
    }
}

/// What goes into a container.
#[derive(Clone, Copy)]
pub(super) enum Exported<'a> {
    /// A message of ours, with its receipts.
    Sent(&'a MessageView),
    /// One that a mailbox held.
    Received(&'a LetterRow),
}

/// Whether there was something to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Was {
    /// It was written now.
    Made,
    /// It was there already.
    There,
}

impl<'a> Exported<'a> {
    fn subject(self) -> Subject<'a> {
        match self {
            Self::Sent(view) => Subject::sent(&view.row),
            Self::Received(row) => Subject::received(row),
        }
    }

    /// Its short id.
    pub fn short(self) -> &'a str {
        match self {
            Self::Sent(view) => &view.row.message.short,
            Self::Received(row) => &row.letter.short,
        }
    }

    /// Its Message-ID; one that was received may have none.
    pub fn message_id(self) -> &'a str {
        match self {
            Self::Sent(view) => &view.row.message_id,
            Self::Received(row) => row.message_id.as_deref().unwrap_or_default(),
        }
    }

    /// Whether it is ours.
    pub fn direction(self) -> Direction {
        match self {
            Self::Sent(_) => Direction::Sent,
            Self::Received(_) => Direction::Received,
        }
    }

    /// The address of its account.
    pub fn account(self) -> &'a str {
        match self {
            Self::Sent(view) => &view.row.sender,
            Self::Received(row) => row.address.as_str(),
        }
    }

    /// SHA-256 of what must be in its container, and of what may have come since.
    pub fn octets(self) -> (&'a str, Vec<&'a str>) {
        match self {
            Self::Sent(view) => {
                let receipts = view.receipts.iter().map(|row| &*row.octets);
                (&view.row.octets, receipts.collect())
            }
            Self::Received(row) => (&row.octets, Vec::new()),
        }
    }
}

/// Writes the container of one message beside its place, unless it is there.
fn export(
    exported: Exported<'_>,
    file: &Path,
    ledger: &Ledger,
    (judges, stamper): (&mut Judges<'_>, Option<&Stamper<'_>>),
    session: &Session<'_>,
) -> anyhow::Result<(ContainerJson, Option<whole::Written>)> {
    if let Exported::Sent(view) = exported {
        meant::refuse_stone(&view.row, session.lang)?;
    }
    if std::fs::symlink_metadata(file).is_ok() {
        return Ok((there(exported, file, stamper.is_some())?, None));
    }
    let bundle = match exported {
        Exported::Sent(view) => {
            let judge = judges.of(&view.row.sender, session)?;
            judge.examiner.at(newest(view));
            gather::gather(view, ledger, judge, session.lang)?
        }
        Exported::Received(row) => {
            let judge = judges.of(row.address.as_str(), session)?;
            judge.examiner.at(row.at);
            received::gather(row, ledger, judge, session.lang)?
        }
    };
    let (written, unnamed) = write(&bundle, file, ledger, (stamper, session))?;
    let made = ContainerJson::made(exported.subject(), file, &bundle, written);
    Ok((made, Some(unnamed)))
}

/// Writes the container of a message unless it is there, for who finds out then whether it is whole.
///
/// # Errors
/// When something else is there, or it cannot be made.
pub(super) fn container_of(
    exported: Exported<'_>,
    file: &Path,
    ledger: &Ledger,
    judges: &mut Judges<'_>,
    session: &Session<'_>,
) -> anyhow::Result<Was> {
    let (made, unnamed) = export(exported, file, ledger, (judges, None), session)?;
    if let Some(unnamed) = unnamed {
        unnamed.name()?;
    }
    Ok(made.was())
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
fn there(exported: Exported<'_>, file: &Path, is_stamped: bool) -> anyhow::Result<ContainerJson> {
    let occupied = || Failure::new("export-occupied", [("file", file.display().to_string())]);
    let mut opened = File::open(file).map_err(|error| whole::failure(file, &error))?;
    let Ok(asic::Read::Evidence(checked)) = asic::Read::of(&mut opened) else {
        return Err(occupied().into());
    };
    let held: HashSet<&str> = checked.files.iter().map(|one| &*one.sha256).collect();
    let (message, receipts) = exported.octets();
    if !checked.flaws.is_empty() || !held.contains(message) {
        return Err(occupied().into());
    }
    let missing = receipts.iter().filter(|octets| !held.contains(*octets));
    let lacks_stamp = is_stamped && checked.stamps.is_empty();
    let subject = exported.subject();
    Ok(match missing.count() {
        0 if lacks_stamp => ContainerJson::unstamped(subject, file),
        missing => ContainerJson::there(subject, file, missing),
    })
}

/// A container that was written.
struct Written {
    size: u64,
    sha256: String,
    /// Its time stamp, where one was asked for.
    stamp: Option<Obtained>,
}

/// Writes a container beside its place, the time stamp in it: that is asked for when all else is
/// written.
fn write(
    bundle: &Bundle,
    file: &Path,
    ledger: &Ledger,
    (stamper, session): (Option<&Stamper<'_>>, &Session<'_>),
) -> anyhow::Result<(Written, whole::Written)> {
    let (mut written, mut stamp) = ((0, String::new()), None);
    let unnamed = whole::write_beside(file, &mut |out| {
        let mut writer = asic::Writer::new(gather::Counted::new(out)).map_err(of_container)?;
        for (name, source) in &bundle.files {
            let added = match source {
                gather::Source::Kept(sha256) => writer.add(name, &ledger.octets(sha256)?),
                gather::Source::Made(octets) => writer.add(name, octets),
            };
            added.map_err(of_container)?;
        }
        if let Some(stamper) = stamper {
            let obtained = stamper.obtain(digest_of(bundle.manifest()), session)?;
            let name = asic::Name::new(asic::TIME_STAMP).expect("a plain name");
            let added = writer.add(&name, stamped::token(&obtained));
            added.map_err(of_container)?;
            stamp = Some(obtained);
        }
        written = writer.finish().map_err(of_container)?.finish();
        Ok(())
    })?;
    let (size, sha256) = written;
    let written = Written {
        size,
        sha256,
        stamp,
    };
    Ok((written, unnamed))
}

fn of_container(error: asic::Error) -> anyhow::Error {
    match error {
        asic::Error::Io(error) => error.into(),
        // Names are ours: it is the size.
        asic::Error::Fault(_) => Failure::new("export-too-large", []).into(),
    }
}
