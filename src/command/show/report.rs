//! What `pec show` writes: what is certified, then what the original says.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::file::FileJson;
use super::mail::MailJson;
use crate::command::letters::{Thread, ThreadedJson};
use crate::command::named::Origin;
use crate::command::pages::safe;
use crate::command::verify::json::ExaminationJson;
use crate::command::verify::said::meaning;
use crate::command::verify::text::{data_rows, facts_heading};
use crate::command::verify::{Asked, headline, status_of};
use crate::contents::{Contents, Reach, original_in};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::Table;
use crate::output::report::{Page, Report, SHA256, only};
use crate::output::style::{Style, Tone};
use crate::pec::MessageKind;
use crate::smime::sha256;
use crate::verify::{Examination, Facts, Verdict, Weight, converted_back};
use crate::work::Work;

/// Octets of a text that are shown: more than anybody reads, and less than fills a memory.
const MAX_TEXT: usize = 1 << 20;

/// What each line of a mail's text begins with: no answer, heading or warning of ours does.
const INDENT: &str = "  ";

/// A message, and what was found out about it.
pub(in crate::command) struct Shown<'a> {
    /// As it is called: the file, or the short id.
    pub name: &'a str,
    /// The message.
    pub octets: &'a [u8],
    /// Where it was found.
    pub origin: Origin,
    /// `None` of one that was sent from here.
    pub examination: Option<&'a Examination>,
    /// By whose authorities.
    pub asked: &'a Asked,
    /// What it answers, and what answers it.
    pub thread: &'a Thread,
}

impl Shown<'_> {
    /// What the shell gets.
    pub fn status(&self) -> ExitStatus {
        match self.examination {
            Some(examination) => status_of(examination.verdict()),
            None => ExitStatus::Yes,
        }
    }
}

/// # A message, version 1
///
/// The document that `pec show --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open. Nobody vouches for what stands in mail and files: facts of the examination alone are signed by
/// a provider, and only where its verdict is genuine. Characters that act on a terminal are written as
/// \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(in crate::command) struct Document<'a> {
    /// The file as it was named, - for standard input, or the short id.
    message: &'a str,
    /// file: a file. received: the ledger has it, from a mailbox. sent: a message of ours.
    #[schemars(schema_with = "origins")]
    origin: &'static str,
    /// Bytes of the message.
    size: usize,
    /// SHA-256 of these, in lower-case hexadecimal.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// Whether it is certified mail and genuine, as pec verify tells it; null of a message of ours.
    examination: Option<ExaminationJson<'a>>,
    /// Whether the mail is the original that a provider put into an envelope or a receipt; otherwise it is
    /// the message itself.
    is_original: bool,
    /// The mail; null where there is none: a receipt that holds no original, or a file that is no mail.
    mail: Option<MailJson>,
    /// What is attached to it, each mail before what is attached to it; a file that is no mail stands
    /// here alone.
    files: Vec<FileJson>,
    /// Whether all parts are here: false where the message has more than are read.
    is_whole: bool,
    /// The messages that it answers, as it says; those that the ledger has.
    in_reply_to: Vec<ThreadedJson>,
    /// The messages that say they answer it, oldest first.
    replies: Vec<ThreadedJson>,
    #[serde(skip)]
    thread: &'a Thread,
    #[serde(skip)]
    asked: &'a Asked,
    #[serde(skip)]
    judged: Option<&'a Examination>,
    #[serde(skip)]
    status: ExitStatus,
}

fn origins(_: &mut SchemaGenerator) -> Schema {
    only([Origin::File, Origin::Received, Origin::Sent].map(Origin::word))
}

impl<'a> Document<'a> {
    /// Of a message.
    pub fn of(shown: &Shown<'a>) -> Self {
        let judged = shown.examination;
        let examination = judged.map(|judged| ExaminationJson::of(judged, shown.asked));
        let mut document = Self {
            message: shown.name,
            origin: shown.origin.word(),
            size: shown.octets.len(),
            sha256: sha256(shown.octets),
            examination,
            is_original: false,
            mail: None,
            files: Vec::new(),
            is_whole: true,
            in_reply_to: ThreadedJson::all(&shown.thread.answered),
            replies: ThreadedJson::all(&shown.thread.answers),
            thread: shown.thread,
            asked: shown.asked,
            judged,
            status: shown.status(),
        };
        if let Some(Holds::File) = judged.map(Holds::of) {
            let work = Work::of_message(shown.octets.len());
            document.files = vec![FileJson::bare("1", shown.name, shown.octets, &work)];
            return document;
        }
        let whole = converted_back(shown.octets);
        let original = original_in(&whole);
        document.is_original = original.is_some();
        let octets = original.as_deref().unwrap_or(&whole);
        let is_bare_receipt = judged.is_some_and(|judged| Holds::of(judged) == Holds::Receipt);
        let read = original.is_some() || !is_bare_receipt;
        if let Some(contents) = Contents::of(octets).filter(|_| read) {
            document.read(&contents);
        }
        document
    }

    fn read(&mut self, contents: &Contents<'_>) {
        self.mail = Some(MailJson::of(contents, MAX_TEXT));
        let mut reach = Reach::of_message(contents.octets().len());
        let files = &mut self.files;
        let walked: Result<(), std::convert::Infallible> = reach.through(contents, &mut |visit| {
            files.push(FileJson::of(&visit));
            Ok(())
        });
        let Ok(()) = walked;
        self.is_whole = reach.is_whole();
    }

    /// All of it for a person, made safe to show.
    pub fn lines(&self, lang: Lang, style: Style) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let mut lines = match self.judged {
            Some(judged) => certified(judged, self.asked, style),
            None => vec![texts.fill("show.sent", &[("message", self.message)])],
        };
        if let Some(mail) = &self.mail {
            let is_genuine = self.judged.map(Examination::verdict) == Some(Verdict::Genuine);
            let key = match (self.is_original, is_genuine) {
                (true, true) => "show.original",
                (true, false) => "show.claimed",
                (false, _) => "show.message",
            };
            lines.extend([String::new(), texts.text(key).to_owned()]);
            lines.extend(mail.rows(lang).lines());
            lines.push(String::new());
            let text = mail.text_lines().into_iter().flat_map(safe);
            lines.extend(text.map(|line| format!("{INDENT}{line}").trim_end().to_owned()));
            lines.extend(mail.notes(texts));
        } else if self.files.is_empty() {
            lines.extend([String::new(), texts.text("show.nothing-inside").to_owned()]);
        }
        match (&self.mail, self.files.len()) {
            (_, 0) => {}
            (Some(_), count) => {
                lines.extend([String::new(), texts.count("show.files", count, &[])]);
            }
            (None, _) => lines.push(String::new()),
        }
        for file in &self.files {
            let indent = "  ".repeat(file.depth + 1);
            let name = file.name.as_deref().unwrap_or(&file.file_name);
            let mut own = file.lines(name, lang).into_iter();
            lines.extend(own.next().map(|first| format!("{indent}{first}")));
            lines.extend(own.map(|line| format!("{indent}   {line}")));
        }
        if !self.is_whole {
            lines.extend([String::new(), texts.text("show.not-whole").to_owned()]);
        }
        if !self.files.is_empty() {
            let next = texts.fill("show.next", &[("message", self.message)]);
            lines.extend([String::new(), next]);
        }
        let thread = self.thread.lines(lang, style);
        if !thread.is_empty() {
            lines.push(String::new());
            lines.extend(thread);
        }
        // What stands last stays on the screen: it is ours, and not what the mail says of itself.
        if let Some(judged) = self.judged.filter(|_| self.mail.is_some())
            && judged.verdict() != Verdict::Genuine
        {
            let answer = headline::painted(judged, self.asked, style);
            lines.extend([String::new(), answer]);
        }
        lines
    }
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/show";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let lines = self.lines(page.lang, page.style);
        page.lines(lines)
    }

    fn exit(&self) -> ExitStatus {
        self.status
    }
}

/// What is to be looked for inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// A mail: the original, or the message itself.
    Mail,
    /// A receipt or a notice: an original perhaps, and else nothing that a person wrote.
    Receipt,
    /// It is no mail.
    File,
}

impl Holds {
    fn of(examination: &Examination) -> Self {
        if !examination.is_mail() {
            return Self::File;
        }
        match examination.facts().and_then(Facts::kind) {
            None | Some(MessageKind::TransportEnvelope | MessageKind::AnomalyEnvelope) => {
                Self::Mail
            }
            Some(
                MessageKind::Acceptance
                | MessageKind::NonAcceptance
                | MessageKind::TakingCharge
                | MessageKind::Delivery
                | MessageKind::NonDelivery
                | MessageKind::TimeoutNotice
                | MessageKind::VirusDetection,
            ) => Self::Receipt,
        }
    }
}

/// Whether it is genuine, what is certified, and what to know before reading on.
fn certified(examination: &Examination, asked: &Asked, style: Style) -> Vec<String> {
    let lang = asked.lang();
    let texts = Catalogue::of(lang);
    let mut lines = vec![headline::painted(examination, asked, style)];
    if let Some(facts) = examination.facts()
        && let Some(data) = facts.data()
    {
        let mut table = Table::new(lang);
        data_rows(data, facts, &mut table);
        lines.push(String::new());
        lines.extend(facts_heading(examination, facts, lang));
        lines.extend(table.lines());
    }
    let doubts = examination.findings().list().iter();
    let doubts = doubts.filter(|finding| finding.weight() == Weight::Doubt);
    lines.extend(doubts.map(|doubt| {
        let reason = [("reason", &*meaning(doubt, texts))];
        format!("  {}", texts.fill("row.doubt", &reason))
    }));
    let warnings = warnings(examination, texts);
    if !warnings.is_empty() {
        lines.push(String::new());
    }
    lines.extend(
        warnings
            .into_iter()
            .map(|line| style.paint(Tone::Bad, line)),
    );
    for nested in examination.nested() {
        let own = headline::answer(&nested.examination, asked);
        let values = [("place", &*nested.place), ("answer", &*own)];
        lines.extend([String::new(), texts.fill("headline.nested", &values)]);
    }
    lines
}

/// What whoever reads on must know: nobody vouches for what follows, or only for some of it.
pub(in crate::command) fn warnings(examination: &Examination, texts: &Catalogue) -> Vec<String> {
    let key = match examination.verdict() {
        Verdict::Genuine => {
            let kind = examination.facts().and_then(Facts::kind);
            (kind == Some(MessageKind::AnomalyEnvelope)).then_some("show.anomaly")
        }
        Verdict::NotGenuine => Some("show.not-genuine"),
        Verdict::CannotTell => Some("show.cannot-tell"),
        Verdict::NotCertifiedMail => examination.is_mail().then_some("show.ordinary"),
    };
    key.map(|key| texts.text(key).to_owned())
        .into_iter()
        .collect()
}
