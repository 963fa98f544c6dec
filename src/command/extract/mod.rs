//! `pec extract`: what a message holds, as files. All of it, or nothing.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod folder;
mod report;

use std::path::PathBuf;

use self::folder::Draft;
pub(super) use self::report::Document;
use self::report::{FileOut, Source};
use super::named::{self, Named};
use super::show::file::FileJson;
use super::verify::text::read_error;
use super::verify::{Asked, status_of};
use super::{Failure, Session};
use crate::contents::{self, Attachment, Contents, MAX_FILES, Reach, Visit, unwrapped};
use crate::exit::ExitStatus;
use crate::input;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;
use crate::smime::sha256;
use crate::verify::{Examination, converted_back};
use crate::work::Work;

/// The order to extract what a message holds.
pub(super) struct ExtractOrder {
    /// A file, an id, or a Message-ID.
    message: String,
    /// The folder to write into.
    to: PathBuf,
    /// Whether signed files are opened.
    unwrap: bool,
    /// Whether zip archives are opened.
    unzip: bool,
    /// Trust data instead of those compiled in or of the account.
    trust: Option<PathBuf>,
    form: Form,
}

pub(super) fn run(order: &ExtractOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let Named {
        name,
        octets,
        stored,
        origin,
        verifier,
        thread: _,
    } = named::message(&order.message, order.trust.as_deref(), session)?;
    let asked = Asked::plainly(verifier, session.context.now, session.lang);
    let examination = origin.is_judged().then(|| asked.examine(&octets, stored));
    let mut extraction = Extraction {
        order,
        draft: Draft::beside(&order.to)?,
        files: Vec::new(),
        is_whole: true,
        lang: session.lang,
    };
    let is_mail = examination.as_ref().is_none_or(Examination::is_mail);
    let whole = converted_back(&octets);
    match Contents::of(&whole).filter(|_| is_mail) {
        Some(contents) => extraction.message(&contents)?,
        None => extraction.bare(&name, &octets)?,
    }
    let (files, is_whole) = extraction.place()?;
    let status = match &examination {
        Some(examination) => status_of(examination.verdict()),
        None => ExitStatus::Yes,
    };
    let document = Document {
        message: &name,
        size: octets.len(),
        sha256: sha256(&octets),
        folder: order.to.display().to_string(),
        verdict: examination.as_ref().map(Examination::verdict),
        files,
        is_whole,
        examination: examination.as_ref(),
        asked: &asked,
        status,
    };
    Ok(session.out.show(&document, order.form)?)
}

/// An extraction on its way: nothing of it is where it was asked for yet.
struct Extraction<'o> {
    order: &'o ExtractOrder,
    draft: Draft,
    files: Vec<FileOut>,
    is_whole: bool,
    lang: Lang,
}

impl Extraction<'_> {
    /// All that is in a message.
    fn message(&mut self, contents: &Contents<'_>) -> anyhow::Result<()> {
        let mut reach = Reach::of_message(contents.octets().len());
        reach.through(contents, &mut |visit| self.attachment(&visit))?;
        self.is_whole &= reach.is_whole();
        Ok(())
    }

    /// A signed file, or an archive, that is in no message.
    fn bare(&mut self, name: &str, octets: &[u8]) -> anyhow::Result<()> {
        let name = std::path::Path::new(name).file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        let before = self.files.len();
        let mut notes = Vec::new();
        let work = Work::of_message(octets.len());
        self.open(("1", &name), octets, &work, &mut notes)?;
        if self.files.len() == before {
            return Err(Failure::new("extract-no-mail", [("file", name.into_owned())]).into());
        }
        Ok(())
    }

    /// One file, and what is in it where that was asked for.
    fn attachment(&mut self, visit: &Visit<'_, '_, '_>) -> anyhow::Result<()> {
        let attachment = visit.attachment;
        let about = FileJson::of(visit);
        let mut file = self.draft.begin()?;
        for piece in attachment.pieces() {
            file.write(&piece)?;
        }
        let written = file.end()?;
        let at = self.files.len();
        self.files.push(FileOut {
            wanted: about.file_name.clone(),
            written,
            about,
            source: Source::Attachment,
            notes: Vec::new(),
        });
        if self.opens(attachment) {
            let octets = attachment.whole();
            let mut notes = Vec::new();
            let about = &self.files[at].about;
            let names = (about.place.clone(), about.file_name.clone());
            self.open((&names.0, &names.1), &octets, visit.work, &mut notes)?;
            self.files[at].notes = notes;
        }
        Ok(())
    }

    fn opens(&self, attachment: &Attachment<'_, '_>) -> bool {
        self.order.unwrap && attachment.is_signed() || self.order.unzip && attachment.is_archive()
    }

    /// What is in a signed file or an archive.
    fn open(
        &mut self,
        (place, name): (&str, &str),
        octets: &[u8],
        work: &Work,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        match contents::found(octets) {
            Some(contents::SIGNED) if self.order.unwrap => {
                let opened = unwrapped(octets, work);
                let Some(content) = opened.and_then(|opened| opened.content) else {
                    let texts = Catalogue::of(self.lang);
                    notes.push(texts.text("extract.not-unwrapped").to_owned());
                    return Ok(());
                };
                let inner = inner_name(name, &content);
                self.add(place, &inner, &content, Source::Signed)
            }
            Some("application/zip") if self.order.unzip => self.unzip(place, octets, notes),
            Some(_) | None => Ok(()),
        }
    }

    fn unzip(&mut self, place: &str, octets: &[u8], notes: &mut Vec<String>) -> anyhow::Result<()> {
        let texts = Catalogue::of(self.lang);
        let lang = self.lang;
        let reason = |error: &input::Error| read_error(error, lang);
        let entries = match input::files_in_archive(octets.to_vec()) {
            Ok(entries) => entries,
            Err(error) => {
                let values = [("reason", &*reason(&error))];
                notes.push(texts.fill("extract.not-unzipped", &values));
                self.is_whole = false;
                return Ok(());
            }
        };
        for (name, entry) in entries {
            if self.files.len() >= MAX_FILES {
                self.is_whole = false;
                break;
            }
            match entry {
                Ok(octets) => self.add(place, &name, &octets, Source::Archive)?,
                Err(error) => {
                    let values = [
                        ("name", &*name),
                        ("place", place),
                        ("reason", &*reason(&error)),
                    ];
                    // What has no name is the archive itself, or an entry without one.
                    let key = match &*name {
                        "" => "extract.archive-failed",
                        _ => "extract.entry-failed",
                    };
                    notes.push(texts.fill(key, &values));
                    self.is_whole = false;
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        place: &str,
        name: &str,
        octets: &[u8],
        source: Source,
    ) -> anyhow::Result<()> {
        let work = Work::of_message(octets.len());
        let about = FileJson::bare(place, name, octets, &work);
        let mut file = self.draft.begin()?;
        file.write(octets)?;
        let number = self.files.len() + 1;
        let wanted = match &*about.file_name {
            "" => format!("allegato-{number}"),
            name => name.to_owned(),
        };
        self.files.push(FileOut {
            wanted,
            written: file.end()?,
            about,
            source,
            notes: Vec::new(),
        });
        Ok(())
    }

    /// Puts everything where it was asked for.
    fn place(self) -> anyhow::Result<(Vec<FileOut>, bool)> {
        let Self {
            draft,
            mut files,
            is_whole,
            ..
        } = self;
        let wanted: Vec<(PathBuf, String)> = files
            .iter()
            .map(|file| (file.written.clone(), file.wanted.clone()))
            .collect();
        for (file, name) in files.iter_mut().zip(draft.place(&wanted)?) {
            file.wanted = name;
        }
        Ok((files, is_whole))
    }
}

/// The name of what is in a signed file: its own without the ending of the signature.
fn inner_name(outer: &str, content: &[u8]) -> String {
    let mut inner = outer;
    while let Some((stem, ending)) = inner.rsplit_once('.')
        && matches!(&*ending.to_ascii_lowercase(), "p7m" | "p7s")
    {
        inner = stem;
    }
    match inner == outer || !inner.contains('.') {
        true => format!("{inner}{}", contents::ending_of(content)),
        false => inner.to_owned(),
    }
}
