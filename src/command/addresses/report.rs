//! What `pec check` found, for people and for programs.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::given::{Given, Unread};
use crate::command::offices::is_old;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{day, shown};
use crate::output::report::{Page, Report, known, only, or_null};
use crate::output::style::Tone;
use crate::pec::RecipientKind;
use crate::pec::reach::{Declared, Evidence, Judgement, Reach, Servers, Source};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// # Results of pec check, version 1
///
/// The document that `pec check --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open.
#[derive(Serialize, JsonSchema)]
pub(in crate::command) struct Document {
    /// The addresses, each once, in the order in which they were given.
    addresses: Vec<AddressJson>,
    /// Rows of files in which no address could be read.
    unread: Vec<UnreadJson>,
    /// How many of each.
    totals: Totals,
    #[serde(skip)]
    now: Timestamp,
}

/// One address.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "address")]
struct AddressJson {
    /// As it was given.
    address: String,
    /// What it is.
    #[serde(serialize_with = "word")]
    #[schemars(schema_with = "reaches")]
    reach: Reach,
    /// Whether a piece of evidence says something else than the one that decides.
    contradictory: bool,
    /// The file that it is from; null where it was given on the command line.
    file: Option<String>,
    /// Its row there, as a spreadsheet numbers it; null likewise.
    #[schemars(range(min = 1))]
    row: Option<u64>,
    /// What is known, that which weighs most first.
    evidence: Vec<EvidenceJson>,
}

/// A piece of evidence.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "evidence")]
struct EvidenceJson {
    /// Where it comes from. More kinds may come.
    #[schemars(schema_with = "kinds")]
    kind: &'static str,
    /// What it says; null: nothing.
    #[schemars(schema_with = "says")]
    says: Option<&'static str>,
    /// Whether it decides.
    decides: bool,
    /// The day of which it speaks. UTC, RFC 3339.
    dated: Timestamp,
    /// Of an office: whether that is more than six months ago; else false.
    old: bool,
    /// Of a list of providers: who runs the domain; of mail servers: the host of the provider to which
    /// they belong; else null.
    provider: Option<String>,
    /// Of an office: its code in the index of public administrations; else null.
    office: Option<String>,
    /// Of an office: its name; else null.
    name: Option<String>,
    /// Of mail servers: their hosts, as the name server states them; else empty.
    hosts: Vec<String>,
    /// Of mail servers: what was answered; else null.
    #[schemars(schema_with = "answers")]
    answer: Option<&'static str>,
    #[serde(skip)]
    source: Source,
}

/// A row in which no address could be read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "unread")]
struct UnreadJson {
    /// The file.
    file: String,
    /// The row, as a spreadsheet numbers it.
    #[schemars(range(min = 1))]
    row: u64,
    /// Why, for people, in the language of the run.
    reason: String,
}

/// How many addresses there are of each kind.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "totals")]
struct Totals {
    /// Certified mail.
    certified: u64,
    /// Ordinary mail.
    ordinary: u64,
    /// Not known.
    unknown: u64,
}

fn word<S: serde::Serializer>(reach: &Reach, into: S) -> Result<S::Ok, S::Error> {
    into.serialize_str(reach.word())
}

fn reaches(_: &mut SchemaGenerator) -> Schema {
    only(Reach::ALL.map(Reach::word))
}

fn says(_: &mut SchemaGenerator) -> Schema {
    or_null(only([Reach::Certified.word(), Reach::Ordinary.word()]))
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    known(Source::WORDS)
}

/// The words of what name servers answer.
const ANSWERS: [&str; 5] = [
    "of-provider",
    "elsewhere",
    "no-server",
    "no-domain",
    "no-answer",
];

fn answers(_: &mut SchemaGenerator) -> Schema {
    or_null(only(ANSWERS))
}

const fn answer(servers: &Servers) -> &'static str {
    let [of_provider, elsewhere, no_server, no_domain, no_answer] = ANSWERS;
    match servers {
        Servers::OfProvider { .. } => of_provider,
        Servers::Elsewhere { .. } => elsewhere,
        Servers::NoServer => no_server,
        Servers::NoDomain => no_domain,
        Servers::NoAnswer => no_answer,
    }
}

impl Document {
    pub(super) fn new(now: Timestamp, unread: Vec<Unread>) -> Self {
        let unread = unread.into_iter().map(|one| UnreadJson {
            file: one.file,
            row: one.row,
            reason: one.reason,
        });
        Self {
            addresses: Vec::new(),
            unread: unread.collect(),
            totals: Totals::default(),
            now,
        }
    }

    /// Adds an address.
    pub(super) fn add(&mut self, given: &Given, judgement: &Judgement) {
        let reach = judgement.reach();
        let total = match reach {
            Reach::Certified => &mut self.totals.certified,
            Reach::Ordinary => &mut self.totals.ordinary,
            Reach::Unknown => &mut self.totals.unknown,
        };
        *total += 1;
        let decisive = judgement.decisive();
        let evidence = judgement.evidence().iter().map(|one| {
            let decides = decisive.is_some_and(|decisive| std::ptr::eq(decisive, one));
            EvidenceJson::of(one, decides, self.now)
        });
        let evidence = evidence.collect();
        let (file, row) = given.place.clone().unzip();
        self.addresses.push(AddressJson {
            address: given.address.to_string(),
            reach,
            contradictory: judgement.is_contradictory(),
            file,
            row,
            evidence,
        });
    }
}

impl EvidenceJson {
    fn of(evidence: &Evidence, decides: bool, now: Timestamp) -> Self {
        let source = &evidence.source;
        let mut json = Self {
            kind: source.word(),
            says: source.says().map(Reach::word),
            decides,
            dated: evidence.dated,
            old: false,
            provider: None,
            office: None,
            name: None,
            hosts: Vec::new(),
            answer: None,
            source: source.clone(),
        };
        match source {
            Source::Acceptance(_) | Source::FreeMail => {}
            Source::Directory { provider } => json.provider = Some(provider.clone()),
            Source::Office { code, name, .. } => {
                json.old = is_old(evidence.dated, now);
                json.office = Some(code.clone());
                json.name = Some(name.clone());
            }
            Source::Servers(servers) => {
                json.answer = Some(answer(servers));
                match servers {
                    Servers::OfProvider { hosts, provider } => {
                        json.hosts.clone_from(hosts);
                        json.provider = Some(provider.clone());
                    }
                    Servers::Elsewhere { hosts } => json.hosts.clone_from(hosts),
                    Servers::NoServer | Servers::NoDomain | Servers::NoAnswer => {}
                }
            }
        }
        json
    }

    fn line(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        let key = match &self.source {
            Source::Acceptance(RecipientKind::Certified) => "reach.evidence.acceptance-certified",
            Source::Acceptance(RecipientKind::External) => "reach.evidence.acceptance-ordinary",
            Source::Directory { .. } => "reach.evidence.directory",
            Source::FreeMail => "reach.evidence.free-mail",
            Source::Office { declared, .. } => match declared {
                Declared::Certified => "reach.evidence.office-certified",
                Declared::Other => "reach.evidence.office-other",
            },
            Source::Servers(servers) => match servers {
                Servers::OfProvider { .. } => "reach.evidence.servers-of-provider",
                Servers::Elsewhere { .. } => "reach.evidence.servers-elsewhere",
                Servers::NoServer => "reach.evidence.servers-none",
                Servers::NoDomain => "reach.evidence.servers-no-domain",
                Servers::NoAnswer => "reach.evidence.servers-no-answer",
            },
        };
        let safe = |text: Option<&String>| Printable(text.map_or("", String::as_str)).to_string();
        let values = [
            ("time", &*shown(self.dated, lang)),
            ("day", &*day(&self.dated.italian_day(), lang)),
            ("provider", &*safe(self.provider.as_ref())),
            ("code", &*safe(self.office.as_ref())),
            ("name", &*safe(self.name.as_ref())),
            ("hosts", &*Printable(&self.hosts.join(", ")).to_string()),
        ];
        let line = texts.fill(key, &values);
        match self.old {
            true => texts.fill("reach.old", &[("line", &line)]),
            false => line,
        }
    }
}

impl AddressJson {
    fn lines(&self, page: &Page<'_>) -> Vec<String> {
        let texts = page.texts();
        let (key, tone) = match self.reach {
            Reach::Certified => ("reach.certified", Tone::Good),
            Reach::Ordinary => ("reach.ordinary", Tone::Bad),
            Reach::Unknown => ("reach.unknown", Tone::Unsure),
        };
        let word = page.style.paint(tone, texts.text(key).to_owned());
        let mut lines = vec![format!("{}  {word}", Printable(&self.address))];
        let evidence = self.evidence.iter();
        lines.extend(evidence.map(|one| format!("  {}", one.line(page.lang))));
        if self.evidence.is_empty() {
            lines.push(format!("  {}", texts.text("reach.nothing")));
        }
        if self.contradictory {
            lines.push(format!("  {}", texts.text("reach.contradictory")));
        }
        lines
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "pec/check";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for address in &self.addresses {
            let lines = address.lines(page);
            page.lines(lines)?;
        }
        for unread in &self.unread {
            let values = [
                ("file", &*Printable(&unread.file).to_string()),
                ("row", &*unread.row.to_string()),
                ("reason", &*unread.reason),
            ];
            page.line(page.texts().fill("reach.unread", &values))?;
        }
        if self.addresses.len() > 1 {
            let texts = page.texts();
            let values = [
                ("certified", &*texts.number(self.totals.certified)),
                ("ordinary", &*texts.number(self.totals.ordinary)),
                ("unknown", &*texts.number(self.totals.unknown)),
            ];
            page.line(format!("\n{}", texts.fill("reach.totals", &values)))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        let totals = &self.totals;
        let is_whole = totals.unknown == 0 && self.unread.is_empty();
        match (totals.ordinary, is_whole) {
            (1.., _) => ExitStatus::No,
            (0, false) => ExitStatus::Undecided,
            (0, true) => ExitStatus::Yes,
        }
    }
}
