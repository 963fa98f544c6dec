//! `pec verify --html`: the answer as a page that one can hand over, on screens and on paper.
//!
//! It says what the text says. Nothing in it acts or is loaded, and no colour alone says anything.

use serde::Serialize;

use super::headline::{answer, head_and_rest, tone};
use super::text::{self, facts_table, told_findings};
use super::{Answer, Asked, Digests, Examined, Totals, answers};
use crate::command::Session;
use crate::exit::ExitStatus;
use crate::input::Item;
use crate::output::catalogue::Catalogue;
use crate::output::html::Pages;
use crate::output::progress::Progress;
use crate::output::style::Tone;

/// The page: what stands before the messages, one of them, and what stands after.
const PIECES: [(&str, &str); 3] = [
    ("head", include_str!("page-head.html")),
    ("message", include_str!("page-message.html")),
    ("foot", include_str!("page-foot.html")),
];

#[derive(Serialize)]
struct Head<'a> {
    title: &'a str,
    disclaimer: &'a str,
}

/// A message, or what could not be read.
#[derive(Serialize)]
struct Message {
    file: String,
    class: &'static str,
    head: String,
    rest: String,
    /// Of which kind the statements below are, where the message is not genuine.
    heading: Option<String>,
    rows: Vec<(String, String)>,
    findings_title: String,
    findings: Vec<Remark>,
    /// What is inside, in a line each.
    inside: Vec<String>,
}

#[derive(Serialize)]
struct Remark {
    class: &'static str,
    severity: String,
    meaning: String,
    check: String,
    details: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Foot<'a> {
    totals: String,
    lines: [String; 2],
    legend_title: &'a str,
    legend: [(&'static str, &'a str); 3],
    native: &'a str,
}

/// Writes the page.
pub(super) fn whole(
    asked: &Asked,
    items: impl Iterator<Item = Item> + Send,
    progress: &Progress,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let texts = Catalogue::of(asked.lang);
    let pages = Pages::new(&PIECES);
    let head = Head {
        title: texts.text("page.title"),
        disclaimer: texts.text("page.disclaimer"),
    };
    let opening = pages.opening(asked.lang, head.title);
    session.out.page().line(opening)?;
    session.out.page().text(&pages.fill("head", &head))?;
    let mut totals = Totals::default();
    let status = answers(asked, Digests::Told, items, progress, &mut |answer| {
        totals.count(answer);
        if asked.tells(answer) {
            let message = Message::of(answer, asked);
            session.out.page().text(&pages.fill("message", &message))?;
        }
        Ok(())
    })?;
    let foot = Foot {
        totals: text::totals_line(&totals, asked.lang),
        lines: text::foot(asked),
        legend_title: texts.text("page.legend"),
        legend: [
            ("good", texts.text("page.good")),
            ("wait", texts.text("page.unsure")),
            ("bad", texts.text("page.bad")),
        ],
        native: texts.text("page.native"),
    };
    session
        .out
        .page()
        .text(&(pages.fill("foot", &foot) + "\n"))?;
    Ok(status)
}

impl Message {
    fn of(answered: &Answer, asked: &Asked) -> Self {
        match answered {
            Answer::Unreadable { name, error } => Self {
                file: name.clone(),
                class: class(Tone::Bad),
                head: String::new(),
                rest: text::read_error(error, asked.lang),
                heading: None,
                rows: Vec::new(),
                findings_title: String::new(),
                findings: Vec::new(),
                inside: Vec::new(),
            },
            Answer::Container(contained) => {
                let texts = Catalogue::of(asked.lang);
                let (tone, rest) = contained.answer(texts);
                Self {
                    file: contained.name().to_owned(),
                    class: class(tone),
                    head: String::new(),
                    rest,
                    heading: None,
                    rows: Vec::new(),
                    findings_title: String::new(),
                    findings: Vec::new(),
                    inside: contained.all_details(texts),
                }
            }
            Answer::Examined(examined) => Self::examined(examined, asked),
        }
    }

    fn examined(examined: &Examined, asked: &Asked) -> Self {
        let examination = &examined.examination;
        let (head, rest) = head_and_rest(examination, asked);
        let (heading, table) = facts_table(examined, asked);
        let findings = told_findings(examination, asked).into_iter();
        let texts = Catalogue::of(asked.lang);
        let nested = examination.nested().iter().map(|nested| {
            let own = answer(&nested.examination, asked);
            let place = nested.place.to_string();
            texts.fill("headline.nested", &[("place", &place), ("answer", &own)])
        });
        Self {
            file: examined.name.clone(),
            class: class(tone(examination)),
            head,
            rest,
            heading,
            rows: table.rows(),
            findings_title: texts.text("label.findings").to_owned(),
            findings: findings.map(Remark::of).collect(),
            inside: nested.collect(),
        }
    }
}

impl Remark {
    fn of(told: text::Told) -> Self {
        Self {
            class: class(told.tone),
            severity: told.severity,
            meaning: told.meaning,
            check: told.check.to_string(),
            details: told.details,
        }
    }
}

const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Unsure => "wait",
        Tone::Faint => "note",
    }
}
