//! What is asked of a report: for whom it is, about whom, and where it goes.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::address::MailAddress;
use crate::command::{Failure, Session, whole};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::providers::Trust;
use crate::timestamp::Timestamp;

/// For whom it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::command) enum Reader {
    /// Who sent a message, or got one, and is no lawyer.
    #[default]
    Citizen,
    /// A protocol office.
    Office,
    /// A lawyer.
    Lawyer,
}

impl Reader {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Citizen, Self::Office, Self::Lawyer];

    /// As it is asked for, in Italian and in English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Citizen => ("cittadino", "citizen"),
            Self::Office => ("ufficio", "office"),
            Self::Lawyer => ("avvocato", "lawyer"),
        }
    }
}

/// A report that is asked for.
#[derive(Clone, Debug, Default)]
pub(in crate::command) struct PageOrder {
    /// The file; without it standard output.
    pub to: Option<PathBuf>,
    pub reader: Reader,
    /// The one recipient that is named.
    pub recipient: Option<MailAddress>,
    /// What the reader files it under.
    pub reference: Option<String>,
}

impl PageOrder {
    /// What it is to be: told by the ending of the file, in whatever case.
    pub fn form(&self) -> Form {
        let ending = self.to.as_deref().and_then(Path::extension);
        match ending.is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")) {
            true => Form::Pdf,
            false => Form::Html,
        }
    }

    /// Whether it can be written where it should go.
    ///
    /// # Errors
    /// When something is there: nothing is overwritten. When it should be a PDF, and this program makes
    /// none.
    pub fn is_possible(&self) -> Result<(), Failure> {
        if self.form() == Form::Pdf && !cfg!(feature = "pdf") {
            return Err(no_pdf());
        }
        match &self.to {
            Some(file) if std::fs::symlink_metadata(file).is_ok() => {
                let file = file.display().to_string();
                Err(Failure::new("report-occupied", [("file", file)]))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Writes the page, whole or not at all, for its owner alone.
    ///
    /// # Errors
    /// Those of the disk or the stream; when something is there.
    pub fn put(&self, page: &[u8], session: &mut Session<'_>) -> anyhow::Result<()> {
        let Some(file) = &self.to else {
            return Ok(session.out.page().octets(page)?);
        };
        self.is_possible()?;
        whole::write_new(file, &mut |out| Ok(out.write_all(page)?))?;
        let values = [("file", &*file.display().to_string())];
        let line = Catalogue::of(session.lang).fill("sheet.written", &values);
        writeln!(session.err, "{line}")?;
        Ok(())
    }
}

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Form {
    Html,
    Pdf,
}

/// That this program was built without PDF.
pub(super) fn no_pdf() -> Failure {
    Failure::new("report-no-pdf", [])
}

/// All that the page needs beside what was found.
pub(in crate::command) struct Circumstances<'a> {
    pub order: &'a PageOrder,
    pub made: Made,
    /// By whose authorities it was judged.
    pub trust: &'a Trust,
    pub lang: Lang,
}

/// Of which time it speaks.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) enum Made {
    /// Made now.
    Now(Timestamp),
    /// The last time that a ledger knows: whenever it is made, it is the same page.
    AsOf(Timestamp),
}

impl Made {
    /// That time.
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Now(at) | Self::AsOf(at) => at,
        }
    }
}
