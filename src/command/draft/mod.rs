//! `pec draft`: letters that were written and not sent.

pub(super) mod arguments;
mod report;

use std::io;
use std::path::PathBuf;

use self::report::{Document, DraftJson};
use super::ask::Asker;
use super::send::draft::{address_in, attachments, check_addresses};
use super::send::keeping;
use super::send::whole;
use super::{Failure, Session, access, drafts};
use crate::exit::ExitStatus;
use crate::ledger::{DraftRow, Ledger};
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
    pub attach: Vec<PathBuf>,
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
    let found = ledger.map(|ledger| ledger.drafts()).transpose();
    let mut found = found
        .map_err(|error| Failure::of_ledger(&error))?
        .unwrap_or_default();
    if let Some(word) = session.account.clone() {
        let config = session.config()?;
        let address = session.account_of(&config, Some(&word))?.address.clone();
        found.retain(|row| row.sender == address);
    }
    let document = Document {
        drafts: found.iter().map(DraftJson::of).collect(),
        files: files(session),
        whole: false,
    };
    Ok(session.out.show(&document, form)?)
}

/// Files that hold a text which is in no draft.
fn files(session: &Session<'_>) -> Vec<String> {
    let folder = session.data_dir.as_deref();
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut found: Vec<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(keeping::FILE) && name.ends_with(".txt")
        })
        .map(|entry| entry.path().display().to_string())
        .collect();
    found.sort();
    found
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
        let edited = keeping::edit(&letter.body, &mut file, session);
        let text = match edited {
            Ok(text) => text,
            Err(error) => return Err(where_it_is(file, error, session)?),
        };
        letter.body = text.words;
    } else {
        changes.apply(&mut letter)?;
        check_addresses(&letter)?;
        attachments(&letter.files)?;
    }
    let now = session.context.clock.now();
    let number = row.draft.number().to_string();
    let changed = ledger.change_draft(&row.draft, &letter, now);
    if let Err(error) = changed {
        let error = Failure::of_ledger(&error);
        return Err(where_it_is(file, error.into(), session)?);
    }
    if let Some(file) = file {
        // Best effort: what is left is private, and in the ledger.
        let _ = std::fs::remove_file(file);
    }
    let texts = Catalogue::of(session.lang);
    let line = texts.fill("draft.changed", &[("draft", &number)]);
    session.out.page().line(line)?;
    Ok(ExitStatus::Yes)
}

/// Says where what was written is, if it is in no draft.
fn where_it_is(
    file: Option<PathBuf>,
    error: anyhow::Error,
    session: &mut Session<'_>,
) -> anyhow::Result<anyhow::Error> {
    if let Some(file) = file {
        let file = file.display().to_string();
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
        if !self.attach.is_empty() {
            let files = self.attach.iter().map(|path| whole(path));
            letter.files = files.collect::<Result<_, _>>()?;
        }
        letter.subject = self.subject.unwrap_or(std::mem::take(&mut letter.subject));
        letter.form = self.form.unwrap_or(letter.form);
        Ok(())
    }
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
