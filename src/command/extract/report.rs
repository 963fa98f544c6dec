//! What `pec extract` wrote.

use std::io;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::command::show::file::FileJson;
use crate::command::show::warnings;
use crate::command::verify::{Asked, headline};
use crate::contents::MAX_FILES;
use crate::exit::ExitStatus;
use crate::output::report::{Page, Report, SHA256, known};
use crate::output::style::Tone;
use crate::printable::Printable;
use crate::verify::{Examination, Verdict};

/// # Files of a message, version 1
///
/// The document that `pec extract --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open. Nobody vouches for names and contents unless the verdict is genuine. Characters that act on a
/// terminal are written as \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(in crate::command) struct Document<'a> {
    /// The file as it was named, - for standard input, or the short id.
    pub message: &'a str,
    /// Bytes of the message.
    pub size: usize,
    /// SHA-256 of these, in lower-case hexadecimal.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
    /// The folder.
    pub folder: String,
    /// Whether the message is certified mail and genuine; null of a message of ours.
    pub verdict: Option<Verdict>,
    /// The files that were written.
    pub files: Vec<FileOut>,
    /// Whether all there is was written: false where the message or an archive has more files than are
    /// read, or something of an archive could not be extracted (see notes).
    pub is_whole: bool,
    #[serde(skip)]
    pub examination: Option<&'a Examination>,
    #[serde(skip)]
    pub asked: &'a Asked,
    #[serde(skip)]
    pub status: ExitStatus,
}

/// A file that was written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "file_written")]
pub(in crate::command) struct FileOut {
    /// Its name in the folder.
    #[serde(rename = "written")]
    pub wanted: String,
    /// attachment: a part of the message. signed-file: the content of the signed file at this place.
    /// archive: a file of the archive at this place.
    #[schemars(schema_with = "sources")]
    pub source: Source,
    /// What could not be taken out of it, in the language of the run.
    pub notes: Vec<String>,
    #[serde(flatten)]
    pub about: FileJson,
    /// Where it is while it has no name.
    #[serde(skip)]
    pub written: PathBuf,
}

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::command) enum Source {
    /// It is a part of the message.
    Attachment,
    /// It is the content of a signed file.
    #[serde(rename = "signed-file")]
    Signed,
    /// It is in an archive.
    Archive,
}

fn sources(_: &mut SchemaGenerator) -> Schema {
    known(["attachment", "signed-file", "archive"])
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/extract";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        if let Some(examination) = self.examination {
            let answer = headline::painted(examination, self.asked, page.style);
            page.line(answer)?;
            for warning in warnings(examination, texts) {
                let painted = page.style.paint(Tone::Bad, warning);
                page.line(painted)?;
            }
        }
        page.line("")?;
        if self.files.is_empty() {
            page.line(texts.text("extract.nothing"))?;
        } else {
            let folder = [("folder", &*self.folder)];
            page.line(texts.count("extract.count", self.files.len(), &[]))?;
            page.line(texts.fill("extract.done", &folder))?;
        }
        for file in &self.files {
            let mut lines = file.about.lines(&file.wanted, page.lang).into_iter();
            page.lines(lines.next().map(|first| format!("  {first}")))?;
            page.lines(lines.map(|line| format!("     {line}")))?;
            let place = [("place", &*file.about.place)];
            let source = match file.source {
                Source::Attachment => None,
                Source::Signed => Some(texts.fill("extract.from-signed", &place)),
                Source::Archive => Some(texts.fill("extract.from-archive", &place)),
            };
            let notes = file.notes.iter().map(|note| Printable(note).to_string());
            page.lines(
                source
                    .into_iter()
                    .chain(notes)
                    .map(|line| format!("     {line}")),
            )?;
        }
        if !self.is_whole {
            let count = [("count", &*MAX_FILES.to_string())];
            page.line("")?;
            page.line(texts.fill("extract.not-whole", &count))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        self.status
    }
}
