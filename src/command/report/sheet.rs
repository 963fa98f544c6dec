//! What a report says, and the page of HTML that shows it to people, on screens and on paper (A4): what
//! is attested for whom, by which files, what that proves and what it leaves open.
//!
//! A function of what was found. It states no path of this computer and no text of a message, names
//! nobody but whom it is asked to name, and certifies nothing itself. Nothing in it acts or is loaded;
//! no colour alone says anything.

use std::sync::LazyLock;

use serde::Serialize;

use super::asked::{Circumstances, Made, Reader};
use super::check;
use super::dossier::{Dossier, Paper};
use super::established::{self, Point};
use super::evidence::{FileRow, evidence_of, proofs};
use super::matter::MatterView;
use super::told::{doubts, reason, verdict};
use crate::command::verify::text::{data_rows, law};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::html::Pages;
use crate::output::layout::{Table, day, shown};
use crate::output::legal::Rule;
use crate::output::report::PROGRAM;
use crate::providers::trust::Source;

const PAGE: &str = include_str!("sheet-page.html");
const NAME: &str = "sheet";

/// All that a page says.
#[derive(Serialize)]
pub(super) struct Sheet<'t> {
    pub title: &'t str,
    pub disclaimer: &'t str,
    /// What stands at the foot of every sheet of paper.
    pub foot: String,
    pub page_word: &'t str,
    pub of_word: &'t str,
    pub reference_label: &'t str,
    pub reference: Option<&'t str>,
    pub made: String,
    /// That it was judged by other authorities than those of PEC.
    pub own_trust: Option<&'t str>,
    pub alarm_title: &'t str,
    pub alarms: Vec<Alarm>,
    /// Genuine files that say nothing to the sender of a message here, each by itself.
    pub others: Vec<Other>,
    pub matters: Vec<MatterView>,
    pub files_title: &'t str,
    pub files_heads: Vec<&'t str>,
    pub files: Vec<FileRow>,
    pub keep: &'t str,
    pub proofs_title: &'t str,
    pub proofs_heads: [&'t str; 3],
    pub proofs: Vec<[String; 3]>,
    pub proofs_law: String,
    pub open_title: &'t str,
    pub open: Vec<Point>,
    pub open_law: String,
    pub check: &'t str,
    pub commands: Vec<String>,
    pub export: Option<String>,
    pub register: Option<Room>,
    pub attestation: Option<Room>,
    pub legend_title: &'t str,
    pub legend: Vec<(&'t str, &'t str)>,
}

/// A file that is no receipt of the message, in front of all else.
#[derive(Serialize)]
pub(super) struct Alarm {
    pub file: String,
    pub verdict: String,
    pub text: String,
}

/// A genuine file beside the receipts: an envelope, what providers say to each other.
#[derive(Serialize)]
pub(super) struct Other {
    pub title: String,
    pub outcome: String,
    pub doubts: Vec<String>,
    pub rows: Vec<(String, String)>,
}

/// Room for what others write.
#[derive(Serialize)]
pub(super) struct Room {
    pub title: String,
    pub law: String,
    pub line: String,
}

/// The page.
pub(in crate::command) fn page(dossier: &Dossier, circumstances: &Circumstances<'_>) -> String {
    static PAGES: LazyLock<Pages> = LazyLock::new(|| Pages::new(&[(NAME, PAGE)]));
    let sheet = Sheet::of(dossier, circumstances);
    let opening = PAGES.opening(circumstances.lang, sheet.title);
    format!("{opening}\n{}\n", PAGES.fill(NAME, &sheet))
}

impl<'t> Sheet<'t> {
    pub fn of(dossier: &'t Dossier, circumstances: &Circumstances<'t>) -> Self {
        let (lang, order) = (circumstances.lang, circumstances.order);
        let texts = Catalogue::of(lang);
        let evidence = evidence_of(dossier);
        let (proofs, proofs_law) = proofs(&evidence, lang);
        let time = Rule::of("report.time", &[], lang);
        let is_brief = order.reader == Reader::Citizen;
        let files_heads = ["what", "when", "signer", "file"];
        let files_heads = files_heads
            .into_iter()
            .filter(|one| !is_brief || *one != "signer");
        let matters = dossier.matters.iter();
        let legend = evidence.iter().filter(|_| is_brief).map(|evidence| {
            let word = evidence.word();
            (
                texts.text(&format!("sheet.kind.{word}")),
                texts.text(&format!("outcome.{word}")),
            )
        });
        Self {
            title: texts.text("sheet.title"),
            disclaimer: texts.text("sheet.disclaimer"),
            foot: foot(dossier),
            page_word: texts.text("sheet.page"),
            of_word: texts.text("sheet.of"),
            reference_label: texts.text("sheet.reference"),
            reference: order.reference.as_deref().or(dossier.reference.as_deref()),
            made: made(circumstances),
            own_trust: match circumstances.trust.source {
                Source::BuiltIn | Source::Kept(_) => None,
                Source::Files(_) => Some(texts.text("sheet.own-trust")),
            },
            alarm_title: texts.text("sheet.alarm"),
            alarms: alarms(dossier, circumstances),
            others: others(dossier, circumstances),
            matters: matters
                .map(|one| MatterView::of(one, circumstances))
                .collect(),
            files_title: texts.text("sheet.files"),
            files_heads: files_heads
                .map(|one| texts.text(&format!("sheet.head.{one}")))
                .collect(),
            files: FileRow::all(dossier, !is_brief, lang),
            keep: texts.text("sheet.keep"),
            proofs_title: texts.text("sheet.proofs"),
            proofs_heads: ["sheet.head.what", "sheet.head.proves", "sheet.head.not"]
                .map(|key| texts.text(key)),
            proofs,
            proofs_law,
            open_title: texts.text("sheet.open-title"),
            open: established::points(dossier, texts),
            open_law: format!("{} {}", time.text, law(&time, lang)),
            check: texts.text("sheet.check"),
            commands: check::commands(dossier, circumstances.trust),
            export: dossier.matters.iter().find_map(|matter| {
                let short = matter.short.as_deref()?;
                let made_now = matches!(circumstances.made, Made::Now(_));
                made_now.then(|| texts.fill("sheet.export", &[("message", short)]))
            }),
            register: (order.reader == Reader::Office)
                .then(|| room(["report.register", "sheet.room.register"], lang)),
            attestation: (order.reader == Reader::Lawyer)
                .then(|| room(["report.attestation", "sheet.room.attestation"], lang)),
            legend_title: texts.text("sheet.legend"),
            legend: legend.collect(),
        }
    }
}

/// What others write: the register of an office, the lawyer's own words.
fn room([rule, line]: [&str; 2], lang: Lang) -> Room {
    let rule = Rule::of(rule, &[], lang);
    Room {
        law: law(&rule, lang),
        title: rule.text,
        line: Catalogue::of(lang).text(line).to_owned(),
    }
}

/// SHA-256 of the message; of a file alone, that of this.
fn foot(dossier: &Dossier) -> String {
    let sha256 = match (&dossier.matters[..], &dossier.papers[..]) {
        ([matter], _) => match (&matter.sent, &matter.papers[..]) {
            (Some(sent), _) => Some(&sent.sha256),
            (None, [paper]) => Some(&paper.sha256),
            (None, _) => None,
        },
        ([], [paper]) => Some(&paper.sha256),
        (_, _) => None,
    };
    sha256.map_or_else(String::new, |sha256| format!("SHA-256 {sha256}"))
}

/// When and by what it was made, and by whose authorities was judged.
fn made(circumstances: &Circumstances<'_>) -> String {
    let lang = circumstances.lang;
    let texts = Catalogue::of(lang);
    let trust = circumstances.trust;
    let as_of = day(trust.as_of.as_deref().unwrap_or_default(), lang);
    let trust = match &trust.source {
        Source::BuiltIn => texts.fill("value.trust-built-in", &[("as_of", &as_of)]),
        Source::Kept(snapshot) => {
            let values = [("as_of", &*as_of), ("snapshot", snapshot)];
            texts.fill("value.trust-kept", &values)
        }
        Source::Files(files) => {
            let files = files.iter().map(|file| check::file_name(file));
            let files = files.collect::<Vec<_>>().join(", ");
            let key = match trust.as_of {
                Some(_) => "value.trust-file",
                None => "value.trust-file-undated",
            };
            texts.fill(key, &[("as_of", &as_of), ("files", &files)])
        }
    };
    let key = match circumstances.made {
        Made::Now(_) => "sheet.made",
        Made::AsOf(_) => "sheet.as-of",
    };
    let values = [
        ("time", &*shown(circumstances.made.at(), lang)),
        ("program", PROGRAM),
        ("trust", &trust),
    ];
    texts.fill(key, &values)
}

/// What is not shown to be genuine, or about something else.
fn alarms(dossier: &Dossier, circumstances: &Circumstances<'_>) -> Vec<Alarm> {
    let texts = Catalogue::of(circumstances.lang);
    let names_one = circumstances.order.recipient.is_some();
    let of_paper = |paper: &Paper| Alarm {
        file: paper.name.clone(),
        verdict: verdict(paper, texts).to_owned(),
        text: reason(paper, names_one, texts),
    };
    let unread = dossier.unread.iter().map(|one| Alarm {
        file: one.name.clone(),
        verdict: String::new(),
        text: one.answer.clone(),
    });
    dossier.alarms().map(of_paper).chain(unread).collect()
}

/// Genuine files that say nothing to the sender of one of the messages.
fn others(dossier: &Dossier, circumstances: &Circumstances<'_>) -> Vec<Other> {
    let lang = circumstances.lang;
    let texts = Catalogue::of(lang);
    let names_one = circumstances.order.recipient.is_some();
    let others = dossier.papers.iter().filter_map(|paper| {
        let (word, facts) = (paper.evidence()?.word(), paper.examination.facts()?);
        let mut table = Table::new(lang);
        if let Some(data) = facts.data() {
            match names_one {
                true => table.add("sender", data.sender.as_str()),
                false => data_rows(data, facts, &mut table),
            }
        }
        Some(Other {
            title: texts.text(&format!("headline.genuine.{word}")).to_owned(),
            outcome: texts.text(&format!("outcome.{word}")).to_owned(),
            doubts: doubts(paper, texts),
            rows: table.rows(),
        })
    });
    others.collect()
}
