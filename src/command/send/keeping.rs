//! Where the text of a letter is kept until a message of it is recorded: in a draft of the ledger;
//! where that cannot be written, in a file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::account::{Account, make_private_folder};
use crate::client::OfDraft;
use crate::command::access::{self, Access};
use crate::command::{Failure, Session};
use crate::context::random_hex;
use crate::ledger::{DraftRef, Ledger, Letter, Made};
use crate::output::catalogue::Catalogue;

/// How the files begin that hold a text while it is written, and when no ledger can.
pub(in crate::command) const FILE: &str = "draft-";

/// A text that somebody wrote.
pub(in crate::command) struct Text {
    /// What it says.
    pub words: String,
    /// Where it is besides.
    pub from: Origin,
}

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::command) enum Origin {
    /// An option or a file: it is there again tomorrow.
    Elsewhere,
    /// Standard input, which gives it once.
    Input,
    /// The editor, which wrote it into this file.
    Editor(PathBuf),
}

/// The ledger and the draft of one letter.
#[derive(Default)]
pub(super) struct Keeping {
    ledger: Option<Ledger>,
    draft: Option<(DraftRef, Made)>,
    /// Where the text is in no ledger.
    file: Option<PathBuf>,
}

impl Keeping {
    /// The draft that is sent.
    pub fn of(draft: DraftRef, ledger: Ledger) -> Self {
        Self {
            ledger: Some(ledger),
            draft: Some((draft, Made::Before)),
            file: None,
        }
    }

    /// Where a text is that is in no ledger.
    pub fn file(&mut self) -> &mut Option<PathBuf> {
        &mut self.file
    }

    /// A text that was written and is in no draft yet.
    pub fn note(&mut self, text: &Text) {
        if let Origin::Editor(file) = &text.from {
            self.file = Some(file.clone());
        }
    }

    /// Makes a draft of what somebody wrote; of a text that is elsewhere none is needed. Where the
    /// ledger cannot be written the text goes into a file.
    ///
    /// # Errors
    /// Why the ledger cannot be written.
    pub fn keep(
        &mut self,
        letter: &Letter,
        from: &Origin,
        account: &Account,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        if *from == Origin::Elsewhere {
            return Ok(());
        }
        if let Err(error) = self.try_to_keep(letter, account, session) {
            if *from == Origin::Input {
                self.file = Some(aside(letter.body.as_bytes(), session)?);
            }
            return Err(error);
        }
        if let Some(file) = self.file.take() {
            // Best effort: what is left is private, and in the ledger.
            let _ = fs::remove_file(file);
            // Only where somebody looks.
            self.tell_short(session)?;
        }
        Ok(())
    }

    fn try_to_keep(
        &mut self,
        letter: &Letter,
        account: &Account,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        let mut ledger = access::ledger_for(account, session)?;
        let now = session.context.clock.now();
        let kept = ledger.keep_draft(&account.address, letter, now);
        self.draft = Some(kept.map_err(|error| Failure::of_ledger(&error))?);
        self.ledger = Some(ledger);
        Ok(())
    }

    /// The ledger, and the draft that a message is made of.
    ///
    /// # Errors
    /// A [`Failure`].
    pub fn parts(
        &mut self,
        access: &Access,
        session: &mut Session<'_>,
    ) -> anyhow::Result<(&mut Ledger, Option<OfDraft<'_>>)> {
        if self.ledger.is_none() {
            self.ledger = Some(access::ledger(session)?);
        }
        let ledger = self.ledger.as_mut().expect("opened above");
        access::note(&access.account, ledger)?;
        let draft = self.draft.as_ref();
        Ok((
            ledger,
            draft.map(|(draft, made)| OfDraft { draft, made: *made }),
        ))
    }

    /// The line that says where the text is, if it did not become a message.
    pub fn line(&self, session: &Session<'_>) -> Option<String> {
        let texts = Catalogue::of(session.lang);
        if let Some(file) = &self.file {
            let file = file.display().to_string();
            return Some(texts.fill("draft.in-file", &[("file", &file)]));
        }
        let (draft, _) = self.draft.as_ref()?;
        let drafts = self.ledger.as_ref()?.drafts().unwrap_or_default();
        let is_there = drafts.iter().any(|row| row.draft == *draft);
        let number = draft.number().to_string();
        is_there.then(|| texts.fill("draft.stays", &[("draft", &number)]))
    }

    /// Says it.
    ///
    /// # Errors
    /// Those of the output.
    pub fn tell(&self, session: &mut Session<'_>) -> io::Result<()> {
        match self.line(session) {
            Some(line) => writeln!(session.err, "{line}"),
            None => Ok(()),
        }
    }

    fn tell_short(&self, session: &mut Session<'_>) -> io::Result<()> {
        let Some((draft, _)) = &self.draft else {
            return Ok(());
        };
        let number = draft.number().to_string();
        let texts = Catalogue::of(session.lang);
        let line = texts.fill("draft.kept", &[("draft", &number)]);
        writeln!(session.err, "{line}")
    }
}

/// Octets into a file of their own: in the data folder, where that cannot be in that of the system
/// for what is soon removed. Gives its path.
///
/// # Errors
/// When neither can be written.
pub(super) fn aside(octets: &[u8], session: &Session<'_>) -> anyhow::Result<PathBuf> {
    let folders = [
        session.data_dir.clone(),
        Some(session.context.temporary.clone()),
    ];
    let mut failed = None;
    for folder in folders.into_iter().flatten() {
        match write_new(&folder, octets) {
            Ok(path) => return Ok(path),
            Err(error) => failed = Some((folder, error)),
        }
    }
    let (folder, error) =
        failed.unwrap_or_else(|| (PathBuf::new(), io::ErrorKind::NotFound.into()));
    let values = [
        ("file", folder.display().to_string()),
        ("reason", error.to_string()),
    ];
    Err(Failure::new("draft-aside", values).into())
}

/// A new file that only its owner reads; when it returns, its octets are on the disk.
fn write_new(folder: &Path, octets: &[u8]) -> io::Result<PathBuf> {
    make_private_folder(folder)?;
    let path = folder.join(format!("{FILE}{}.txt", random_hex()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    let written = file.write_all(octets).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a text would be taken for the whole.
        let _ = fs::remove_file(&path);
    }
    written.map(|()| path)
}

/// Has a text written in the user's editor, beginning with what there is. The file stays until the
/// text is elsewhere.
///
/// # Errors
/// A [`Failure`]: there is no editor, it failed, or what it left is no text; `file` says where that
/// is.
pub(in crate::command) fn edit(
    before: &str,
    file: &mut Option<PathBuf>,
    session: &mut Session<'_>,
) -> anyhow::Result<Text> {
    let Some(editor) = session.context.editor.clone() else {
        return Err(Failure::new("no-editor", []).into());
    };
    let failed = |error: io::Error| {
        let values = [("editor", editor.clone()), ("reason", error.to_string())];
        anyhow::Error::from(Failure::new("editor", values))
    };
    let path = aside(before.as_bytes(), session)?;
    // `sh -c` because EDITOR may hold options, as git and others take it.
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .env_remove("PEC_PASSWORD")
        .arg(&path)
        .status();
    let octets = fs::read(&path).map_err(failed)?;
    let is_as_before = octets.trim_ascii() == before.as_bytes().trim_ascii();
    if is_as_before || octets.trim_ascii().is_empty() {
        // Best effort: there is nothing in it that is not elsewhere.
        let _ = fs::remove_file(&path);
    } else {
        *file = Some(path.clone());
    }
    let status = status.map_err(failed)?;
    if !status.success() {
        return Err(failed(io::Error::other(status.to_string())));
    }
    if octets.trim_ascii().is_empty() {
        return Err(Failure::new("empty-body", []).into());
    }
    let words = String::from_utf8(octets).map_err(|_| Failure::new("body-encoding", []))?;
    Ok(Text {
        words,
        from: Origin::Editor(path),
    })
}
