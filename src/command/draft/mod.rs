//! `pec draft`: letters that were written and not sent.

pub(super) mod arguments;
mod report;

use std::io;
use std::path::{Path, PathBuf};

use self::report::{Document, DraftJson};
use super::aside::{self, Aside, Matter};
use super::ask::Asker;
use super::send::draft::{address_in, attachments, check_addresses};
use super::send::whole;
use super::{Failure, Session, access, drafts, editor};
use crate::exit::ExitStatus;
use crate::ledger::{Attached, DraftRow, Ledger};
use crate::mime::header::Header;
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;
use crate::pec::DeliveryForm;

/// What is to be done.
pub(super) enum DraftOrder {
    List(Form),
    /// Which.
    Show(String, Form),
    /// Which, and what by options; without any in the editor.
    Edit(String, Changes),
    Delete {
        word: String,
        /// Whether a person is asked first.
        asks: bool,
    },
}

/// What a draft shall say instead.
pub(super) struct Changes {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub subject: Option<String>,
    /// Files to add.
    pub attach: Vec<PathBuf>,
    /// Files to leave out: their paths, or their names alone.
    pub no_attach: Vec<PathBuf>,
    pub form: Option<DeliveryForm>,
}

pub(super) fn run(order: DraftOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        DraftOrder::List(form) => list(form, session),
        DraftOrder::Show(word, form) => show(&word, form, session),
        DraftOrder::Edit(word, changes) => edit(&word, changes, session),
        DraftOrder::Delete { word, asks } => delete(&word, asks, session),
    }
}

fn list(form: Form, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let ledger = access::existing_ledger(session)?;
    let found = ledger.as_ref().map(|ledger| ledger.drafts()).transpose();
    let mut found = found
        .map_err(|error| Failure::of_ledger(&error))?
        .unwrap_or_default();
    let files = files(ledger.as_ref(), &found, session);
    if let Some(word) = session.account.clone() {
        let config = session.config()?;
        let address = session.account_of(&config, Some(&word))?.address.clone();
        found.retain(|row| row.sender == address);
    }
    let document = Document {
        drafts: found.iter().map(DraftJson::of).collect(),
        files,
        whole: false,
    };
    Ok(session.out.show(&document, form)?)
}

/// Files that hold what is in no draft and no message.
fn files(ledger: Option<&Ledger>, drafts: &[DraftRow], session: &Session<'_>) -> Vec<String> {
    let folder = session.data_dir.as_deref();
    let found = folder.map(aside::in_folder).unwrap_or_default();
    // Who was killed between keeping a text and removing its file left both.
    let is_elsewhere = |file: &Aside| match file.matter {
        Matter::Text => drafts
            .iter()
            .any(|row| file.holds(row.letter.body.as_bytes())),
        Matter::Message => ledger.is_some_and(|ledger| is_recorded(file, ledger)),
    };
    let found = found.into_iter().filter(|file| !is_elsewhere(file));
    found.map(|file| file.path.display().to_string()).collect()
}

/// Whether the message of a file is in the ledger, as far as its Message-ID tells.
fn is_recorded(file: &Aside, ledger: &Ledger) -> bool {
    let Ok(octets) = std::fs::read(&file.path) else {
        return false;
    };
    let header = Header::parse(&octets).ok();
    let id =
        header.and_then(|(header, _)| Some(header.first("Message-ID")?.text().trim().to_owned()));
    id.is_some_and(|id| ledger.by_message_id(&id).is_ok_and(|found| found.is_some()))
}

fn show(word: &str, form: Form, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let ledger = access::existing_ledger(session)?.ok_or_else(|| drafts::none(word))?;
    let row = drafts::one(&ledger, word)?;
    let document = Document {
        drafts: vec![DraftJson::of(&row)],
        files: Vec::new(),
        whole: true,
    };
    Ok(session.out.show(&document, form)?)
}

fn edit(word: &str, changes: Changes, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut ledger = access::ledger(session)?;
    let row = drafts::one(&ledger, word)?;
    let mut letter = row.letter.clone();
    let mut file = None;
    if changes.is_none() {
        if !session.context.stdin_is_terminal || !session.context.stdout_is_terminal {
            return Err(Failure::new("draft-no-terminal", []).into());
        }
        letter.body = match editor::edit(&letter.body, &mut file, session) {
            Ok(words) => words,
            Err(error) => return Err(where_it_is(file, error, session)?),
        };
    } else {
        changes.apply(&mut letter)?;
        check_addresses(&letter)?;
        let before = |file: &&Attached| row.letter.files.contains(*file);
        let (before, new): (Vec<&Attached>, Vec<&Attached>) = letter.files.iter().partition(before);
        attachments(new, Some(&ledger))?;
        tell_gone(&before, &row, session)?;
    }
    let now = session.context.clock.now();
    let number = row.draft.number().to_string();
    let changed = ledger.change_draft(&row.draft, &letter, now);
    if let Err(error) = changed {
        let error = Failure::of_ledger(&error);
        return Err(where_it_is(file, error.into(), session)?);
    }
    if let Some(file) = file {
        file.remove();
    }
    let texts = Catalogue::of(session.lang);
    let line = texts.fill("draft.changed", &[("draft", &number)]);
    session.out.page().line(line)?;
    Ok(ExitStatus::Yes)
}

/// Says which files of a draft are not there any more, and how it does without them.
fn tell_gone(files: &[&Attached], row: &DraftRow, session: &mut Session<'_>) -> anyhow::Result<()> {
    let number = row.draft.number().to_string();
    let is_gone = |file: &&&Attached| match file {
        Attached::File(path) => !Path::new(path).is_file(),
        Attached::Kept { .. } => false,
    };
    for file in files.iter().filter(is_gone) {
        let values = [("file", file.named()), ("draft", &*number)];
        let line = Catalogue::of(session.lang).fill("draft.file-gone", &values);
        writeln!(session.err, "{line}")?;
    }
    Ok(())
}

/// Says where what was written is, if it is in no draft.
fn where_it_is(
    file: Option<Aside>,
    error: anyhow::Error,
    session: &mut Session<'_>,
) -> anyhow::Result<anyhow::Error> {
    if let Some(file) = file {
        let file = file.path.display().to_string();
        let line = Catalogue::of(session.lang).fill("draft.in-file", &[("file", &file)]);
        writeln!(session.err, "{line}")?;
    }
    Ok(error)
}

impl Changes {
    fn is_none(&self) -> bool {
        self.to.is_empty()
            && self.cc.is_empty()
            && self.subject.is_none()
            && self.attach.is_empty()
            && self.no_attach.is_empty()
            && self.form.is_none()
    }

    fn apply(self, letter: &mut crate::ledger::Letter) -> Result<(), Failure> {
        let addresses = |texts: &[String]| texts.iter().map(|text| address_in(text)).collect();
        if !self.to.is_empty() {
            letter.to = addresses(&self.to);
        }
        if !self.cc.is_empty() {
            letter.cc = addresses(&self.cc);
        }
        for path in &self.no_attach {
            leave_out(path, &mut letter.files)?;
        }
        for path in &self.attach {
            let file = Attached::File(whole(path)?);
            if !letter.files.contains(&file) {
                letter.files.push(file);
            }
        }
        letter.subject = self.subject.unwrap_or(std::mem::take(&mut letter.subject));
        letter.form = self.form.unwrap_or(letter.form);
        Ok(())
    }
}

/// Takes a file off a list, by its path or its name.
fn leave_out(path: &Path, files: &mut Vec<Attached>) -> Result<(), Failure> {
    let meant = whole(path)?;
    let is_meant = |file: &Attached| {
        file.named() == meant || Path::new(file.named()).file_name() == Some(path.as_os_str())
    };
    if !files.iter().any(is_meant) {
        let names: Vec<&str> = files.iter().map(Attached::named).collect();
        let values = [
            ("file", path.display().to_string()),
            ("files", names.join(", ")),
        ];
        return Err(Failure::new("not-attached", values));
    }
    files.retain(|file| !is_meant(file));
    Ok(())
}

fn delete(word: &str, asks: bool, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut ledger = access::ledger(session)?;
    let row = drafts::one(&ledger, word)?;
    if asks && !confirmed(&row, session)? {
        return Ok(ExitStatus::No);
    }
    drop_draft(&mut ledger, &row)?;
    let number = row.draft.number().to_string();
    let texts = Catalogue::of(session.lang);
    let line = texts.fill("draft.deleted", &[("draft", &number)]);
    session.out.page().line(line)?;
    Ok(ExitStatus::Yes)
}

fn drop_draft(ledger: &mut Ledger, row: &DraftRow) -> Result<(), Failure> {
    let dropped = ledger.drop_draft(&row.draft);
    dropped.map_err(|error| Failure::of_ledger(&error))
}

fn confirmed(row: &DraftRow, session: &mut Session<'_>) -> anyhow::Result<bool> {
    if !session.context.stdin_is_terminal || !session.context.stderr_is_terminal {
        return Err(Failure::new("not-confirmed", []).into());
    }
    let number = row.draft.number().to_string();
    let values = [("draft", &*number), ("subject", &*row.letter.subject)];
    let mut asker = Asker {
        input: &mut io::stdin().lock(),
        err: &mut *session.err,
        lang: session.lang,
    };
    asker.confirm("delete-draft", &values)
}
