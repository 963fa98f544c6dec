//! What `pec export --court` answers.

use std::io;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::papers::{Apart, Paper, Role};
use super::unwritten;
use crate::address::MailAddress;
use crate::command::verify::status_of;
use crate::command::{Failure, objections};
use crate::court::{Court, Ground, Matter, Objection, Of, Sureness, Weight};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::MessageView;
use crate::output::layout::day;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known, only};
use crate::output::style::Tone;
use crate::timestamp::{Timestamp, WITH_OFFSET};
use crate::verify::Verdict;

/// # Results of pec export --court, version 1
///
/// The document that `pec export --court --json` writes. Every field that is described is always there;
/// where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open. Texts meant for people (text, answer, error) are in the language of the run;
/// sources are in Italian.
#[derive(Serialize, JsonSchema)]
pub(in crate::command::export) struct Results {
    /// The kind of court: civile, tributario or amministrativo.
    #[schemars(schema_with = "courts")]
    court: &'static str,
    /// By which rules was looked.
    rules: RulesJson,
    /// The folders, one for each message, oldest first or as they were asked for.
    folders: Vec<FolderJson>,
    /// The key of what is not written.
    #[serde(skip)]
    unwritten: &'static str,
    #[serde(skip)]
    exit: ExitStatus,
}

/// The rules of a kind of court, as the program has them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "rules")]
struct RulesJson {
    /// The day on which the oldest of them was read in its source.
    #[schemars(regex(pattern = DAY))]
    checked_on: &'static str,
    /// Whether that was more than twelve months ago.
    old: bool,
    /// The most of something; several of one kind where it is not sure which one counts.
    limits: Vec<LimitJson>,
    /// Endings of files that are taken, in small letters.
    formats: Vec<&'static str>,
    /// On what the endings rest.
    formats_ground: GroundJson,
}

/// A limit: so many fit, one more does not.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "limit")]
struct LimitJson {
    /// file: octets of one file. sum: octets of all files. count: files. name: characters of a name.
    #[schemars(schema_with = "limited")]
    of: &'static str,
    /// The most.
    most: u64,
    /// On what it rests.
    ground: GroundJson,
}

/// On what a rule rests.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ground")]
struct GroundJson {
    /// read: somebody read it in the source. soft: derived, of an earlier text, or more narrow than
    /// needed; what does not fit is a doubt.
    #[schemars(schema_with = "sureness")]
    sure: &'static str,
    /// Where it stands.
    source: &'static str,
    /// The day on which that was read.
    #[schemars(regex(pattern = DAY))]
    checked_on: &'static str,
}

/// A day.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// One folder.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "folder")]
pub(super) struct FolderJson {
    /// The short id of the message.
    #[schemars(regex(pattern = SHORT_ID))]
    message: String,
    /// Its Message-ID.
    message_id: String,
    /// The folder.
    folder: String,
    /// made: it was written, with all its files. stopped: it was not, since a receipt is not shown to be
    /// genuine. failed: it could not be; error says why.
    #[schemars(schema_with = "states")]
    state: &'static str,
    /// Its files; empty unless it was made.
    files: Vec<FileJson>,
    /// What the court may not take.
    objections: Vec<ObjectionJson>,
    /// Recipients whose mailbox was full, for whom there is a folder for the portal (pst); civile only.
    full_mailboxes: Vec<String>,
    /// The receipts that stopped it.
    apart: Vec<ApartJson>,
    /// Why it could not be made, for people; null where it could.
    error: Option<String>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// A file in a folder.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "file")]
struct FileJson {
    /// Its name in the folder, with / between.
    name: String,
    /// message: the message as it was sent, for the file of the lawyer. receipt, act: to be filed.
    /// portal: for the web area of the Ministry's portal. list: made by the program, for people.
    #[schemars(schema_with = "roles")]
    role: &'static str,
    /// Octets.
    size: u64,
    /// SHA-256 of them.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// What the receipt is, in the word of its signed part (accettazione, avvenuta-consegna, ...); null of
    /// other files.
    kind: Option<String>,
    /// The recipient that it certifies something about; null where it is about all.
    recipient: Option<String>,
    /// The certified time, with the offset that the provider states; null of other files.
    #[schemars(regex(pattern = WITH_OFFSET))]
    time: Option<String>,
    /// The identifier of the transmission (identificativo); null of other files.
    identifier: Option<String>,
}

/// Something that the court may not take.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "objection")]
struct ObjectionJson {
    /// What.
    #[schemars(schema_with = "matters")]
    id: &'static str,
    /// failure: it does not fit. doubt: it may not.
    #[schemars(schema_with = "weights")]
    weight: &'static str,
    /// The file or the recipient that it is about; null where it is about all.
    about: Option<String>,
    /// What was counted: octets, files or characters; null where nothing was.
    found: Option<u64>,
    /// The most that is taken; null where nothing was counted.
    most: Option<u64>,
    /// The rule that it rests on; null where it rests on none of courts.
    ground: Option<GroundJson>,
    /// The sentence for people.
    text: String,
}

/// A receipt that is not shown to be genuine any more.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "apart")]
struct ApartJson {
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// As pec verify gives it.
    #[schemars(with = "Verdict")]
    verdict: &'static str,
    /// The first line of the answer, for people.
    answer: String,
}

fn courts(_: &mut SchemaGenerator) -> Schema {
    known(Court::ALL.map(Court::word))
}

fn limited(_: &mut SchemaGenerator) -> Schema {
    known([Of::File, Of::Sum, Of::Count, Of::Name].map(Of::word))
}

fn sureness(_: &mut SchemaGenerator) -> Schema {
    only([Sureness::Read, Sureness::Soft].map(Sureness::word))
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(["made", "stopped", "failed"])
}

fn roles(_: &mut SchemaGenerator) -> Schema {
    known(Role::ALL.map(Role::word))
}

fn matters(_: &mut SchemaGenerator) -> Schema {
    known(Matter::WORDS)
}

fn weights(_: &mut SchemaGenerator) -> Schema {
    only(Weight::ALL.map(Weight::word))
}

impl GroundJson {
    fn of(ground: &'static Ground) -> Self {
        Self {
            sure: ground.sure.word(),
            source: &ground.source,
            checked_on: &ground.checked_on,
        }
    }
}

impl Results {
    /// Without a folder yet.
    pub fn new(court: Court, now: Timestamp) -> Self {
        let rules = court.rules();
        let limits = rules.limits.iter().map(|limit| LimitJson {
            of: limit.of.word(),
            most: limit.most,
            ground: GroundJson::of(&limit.ground),
        });
        Self {
            court: court.word(),
            rules: RulesJson {
                checked_on: rules.checked_on(),
                old: rules.age(now).is_some(),
                limits: limits.collect(),
                formats: rules.formats.endings.iter().map(|one| &**one).collect(),
                formats_ground: GroundJson::of(&rules.formats.ground),
            },
            folders: Vec::new(),
            unwritten: unwritten(court),
            exit: ExitStatus::Yes,
        }
    }

    pub(super) fn add(&mut self, one: FolderJson) {
        self.exit = self.exit.worse(one.exit);
        self.folders.push(one);
    }
}

impl FolderJson {
    fn new(view: &MessageView, folder: &Path, state: &'static str, exit: ExitStatus) -> Self {
        Self {
            message: view.row.message.short.clone(),
            message_id: view.row.message_id.clone(),
            folder: folder.display().to_string(),
            state,
            files: Vec::new(),
            objections: Vec::new(),
            full_mailboxes: Vec::new(),
            apart: Vec::new(),
            error: None,
            exit,
        }
    }

    /// One that was written.
    pub fn made(
        view: &MessageView,
        folder: &Path,
        papers: Vec<Paper>,
        (objections, full): (Vec<Objection>, Vec<MailAddress>),
        lang: Lang,
    ) -> Self {
        let worst = objections.iter().map(|one| one.weight).max();
        let exit = worst.map_or(ExitStatus::Yes, Weight::exit);
        let objections = objections.iter().map(|one| ObjectionJson::of(one, lang));
        Self {
            files: papers.into_iter().map(FileJson::of).collect(),
            objections: objections.collect(),
            full_mailboxes: full.iter().map(|one| one.as_str().to_owned()).collect(),
            ..Self::new(view, folder, "made", exit)
        }
    }

    /// One that was not, since a receipt is not genuine.
    pub fn stopped(view: &MessageView, folder: &Path, apart: Vec<Apart>) -> Self {
        let exits = apart.iter().map(|one| status_of(one.verdict));
        let exit = exits.fold(ExitStatus::Undecided, ExitStatus::worse);
        let apart = apart.into_iter().map(|one| ApartJson {
            sha256: one.sha256,
            verdict: one.verdict.word(),
            answer: one.answer,
        });
        Self {
            apart: apart.collect(),
            ..Self::new(view, folder, "stopped", exit)
        }
    }

    /// One that could not be made.
    pub fn failed(view: &MessageView, folder: &Path, failure: &Failure, lang: Lang) -> Self {
        let (what, hint) = failure.sentences(lang);
        Self {
            error: Some(format!("{what} ({hint})")),
            ..Self::new(view, folder, "failed", failure.status())
        }
    }

    fn lines(&self, court: &str, page: &Page<'_>) -> Vec<String> {
        let (texts, style) = (page.texts(), page.style);
        let bad = |line: String| style.paint(Tone::Bad, line);
        let values = [
            ("folder", &*self.folder),
            ("message", &*self.message),
            ("court", court),
            ("error", self.error.as_deref().unwrap_or_default()),
        ];
        if self.error.is_some() {
            return vec![bad(texts.fill("court.failed", &values))];
        }
        let apart = self.apart.iter().map(|one| {
            let values = [("sha256", &*one.sha256), ("answer", &*one.answer)];
            bad(texts.fill("court.not-genuine", &values))
        });
        if !self.apart.is_empty() {
            let first = bad(texts.fill("court.stopped", &values));
            return std::iter::once(first).chain(apart).collect();
        }
        let filed = |one: &&FileJson| [Role::Receipt.word(), Role::Act.word()].contains(&one.role);
        let sizes = self.files.iter().filter(filed).map(|one| one.size);
        let size = texts.size(sizes.clone().sum());
        let values = [values[0], values[2], ("size", &*size)];
        let mut lines = vec![texts.count("court.made", sizes.count(), &values)];
        for one in &self.objections {
            let (tone, key) = match one.weight == Weight::Failure.word() {
                true => (Tone::Bad, "court.fails"),
                false => (Tone::Unsure, "court.doubt"),
            };
            let line = texts.fill(key, &[("sentence", &*one.text)]);
            lines.push(style.paint(tone, line));
        }
        if !self.full_mailboxes.is_empty() {
            lines.push(texts.text("court.full").to_owned());
        }
        lines
    }
}

impl FileJson {
    fn of(paper: Paper) -> Self {
        let certified = paper.certified;
        let of_receipt = certified.map(|one| (one.kind, one.recipient, one.stated, one.identifier));
        let (kind, recipient, time, identifier) = match of_receipt {
            Some((kind, recipient, time, identifier)) => {
                (Some(kind), recipient, Some(time), Some(identifier))
            }
            None => (None, None, None, None),
        };
        Self {
            name: paper.name,
            role: paper.role.word(),
            size: paper.size,
            sha256: paper.sha256,
            kind,
            recipient,
            time,
            identifier,
        }
    }
}

impl ObjectionJson {
    fn of(objection: &Objection, lang: Lang) -> Self {
        let (found, most) = objection.matter.numbers().unzip();
        Self {
            id: objection.matter.word(),
            weight: objection.weight.word(),
            about: Some(objection.about.clone()).filter(|about| !about.is_empty()),
            found,
            most,
            ground: objection.ground.map(GroundJson::of),
            text: objections::sentence(objection, lang),
        }
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/export-court";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.folders.is_empty() {
            let nothing = page.texts().text("export.nothing").to_owned();
            return page.line(nothing);
        }
        for one in &self.folders {
            let lines = one.lines(self.court, page);
            page.lines(lines)?;
        }
        let day = day(self.rules.checked_on, page.lang);
        let unwritten = page.texts().text(self.unwritten);
        let values = [("day", &*day), ("unwritten", unwritten)];
        let note = page.texts().fill("court.note", &values);
        page.line(note)
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }
}
