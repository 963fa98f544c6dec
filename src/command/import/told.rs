//! What is found is told as it is found: all of it in the JSON, what a person should look at in text.

use std::io;

use super::report::{ItemJson, Results, State};
use crate::asic;
use crate::client::{Event, EventKind, Imported, NotTaken};
use crate::command::verify::said::meaning;
use crate::command::verify::text::read_error;
use crate::exit::ExitStatus;
use crate::input;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::{Form, Growing, Output};
use crate::output::style::Tone;

/// Where results go.
pub(super) struct Told<'o, 'p> {
    results: Results,
    lang: Lang,
    progress: &'p Progress,
    to: To<'o, 'p>,
    /// The first failure of the stream: what is recorded does not depend on who reads.
    written: io::Result<()>,
}

enum To<'o, 'p> {
    Person(&'p mut Output<'o>),
    Document(Growing<'p>),
}

/// Why something could not be read.
pub(super) enum Unread {
    Input(input::Error),
    /// A container of another program.
    OtherContainer,
    /// A container that not every program reads alike.
    DamagedContainer,
}

impl Unread {
    pub fn of(error: asic::Error) -> Self {
        match error {
            asic::Error::Io(error) => Self::Input(error.into()),
            asic::Error::Fault(_) => Self::DamagedContainer,
        }
    }

    fn text(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        match self {
            Self::Input(error) => read_error(error, lang),
            Self::OtherContainer => texts.text("import.container-other").to_owned(),
            Self::DamagedContainer => texts.text("import.container-damaged").to_owned(),
        }
    }
}

impl<'o, 'p> Told<'o, 'p> {
    /// Nothing was found yet.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn begin(
        results: Results,
        form: Form,
        lang: Lang,
        progress: &'p Progress,
        out: &'p mut Output<'o>,
    ) -> io::Result<Self> {
        let to = match form {
            Form::Text => To::Person(out),
            Form::Json => To::Document(out.grow(&results, "results")?),
        };
        Ok(Self {
            results,
            lang,
            progress,
            to,
            written: Ok(()),
        })
    }

    /// Tells what became of something.
    pub fn tell(&mut self, imported: &Imported) {
        let texts = Catalogue::of(self.lang);
        match imported {
            Imported::Taken(event) => {
                let line = event.is_alarming().then(|| alarm(event, texts));
                let item = ItemJson::of(event);
                if line.is_some() || item.is_known_unproven() {
                    self.worsen(ExitStatus::No);
                }
                self.item(item, line);
            }
            Imported::Settled(event) => {
                let item = ItemJson::of(event);
                // What was judged again without news is none.
                if item.new_facts > 0 {
                    let file = String::new();
                    let state = State::Settled;
                    self.item(
                        ItemJson {
                            file,
                            state,
                            ..item
                        },
                        None,
                    );
                }
            }
            Imported::NotTaken { name, why } => match why {
                NotTaken::Own => self.item(ItemJson::bare(name.clone(), State::Sent), None),
                NotTaken::NotCertified => {
                    self.item(ItemJson::bare(name.clone(), State::Ordinary), None);
                }
                NotTaken::OtherAccount => {
                    self.item(ItemJson::bare(name.clone(), State::OtherAccount), None);
                }
                NotTaken::Forgotten => {
                    self.item(ItemJson::bare(name.clone(), State::Forgotten), None);
                }
                NotTaken::Fault => {
                    let why = texts.text("import.fault").to_owned();
                    self.unreadable(name.clone(), why);
                }
            },
        }
    }

    /// Tells that something cannot be read.
    pub fn unread(&mut self, name: String, why: Unread) {
        let why = why.text(self.lang);
        self.unreadable(name, why);
    }

    fn unreadable(&mut self, name: String, why: String) {
        self.worsen(ExitStatus::Unusable);
        let values = [("file", &*name), ("reason", &why)];
        let line = Catalogue::of(self.lang).fill("import.not-read", &values);
        let error = Some(why);
        let item = ItemJson {
            error,
            ..ItemJson::bare(name, State::Unreadable)
        };
        self.item(item, Some(line));
    }

    fn worsen(&mut self, status: ExitStatus) {
        self.results.exit = self.results.exit.worse(status);
    }

    fn item(&mut self, item: ItemJson, line: Option<String>) {
        self.results.totals.count(&item);
        self.progress.add(1);
        if self.written.is_err() {
            return;
        }
        let (to, progress) = (&mut self.to, self.progress);
        self.written = match (to, line) {
            (To::Document(document), _) => document.add(&item),
            (To::Person(out), Some(line)) => progress.suspend(|| {
                let mut page = out.page();
                page.line(page.style.paint(Tone::Bad, line))
            }),
            (To::Person(_), None) => Ok(()),
        };
    }

    /// Ends with the totals.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn end(self) -> io::Result<ExitStatus> {
        self.written?;
        match self.to {
            To::Person(out) => out.show(&self.results, Form::Text),
            To::Document(document) => document.close(&self.results),
        }
    }
}

/// A warning about something that was recorded and moves nothing.
fn alarm(event: &Event, texts: &Catalogue) -> String {
    let letter = event.letter.as_ref();
    let letter = letter.map_or("", |row| &*row.letter.short);
    match &event.kind {
        EventKind::Verified { message, .. } => {
            let message = message.as_ref().map_or("", |message| &*message.short);
            let values = [("file", &*event.folder), ("message", message)];
            texts.fill("import.mismatch", &values)
        }
        EventKind::Other(examination) => {
            let reason = examination.headline();
            let reason = reason.map(|finding| meaning(finding, texts));
            let values = [
                ("file", &*event.folder),
                ("reason", &*reason.unwrap_or_default()),
                ("letter", letter),
            ];
            texts.fill("import.not-genuine", &values)
        }
        EventKind::Anomaly(_) | EventKind::TooLarge(_) | EventKind::Unread { .. } => String::new(),
    }
}
