//! One message on the page: what it comes to for each recipient, who sent what to whom and when, its
//! course, and what is to be done now.

use serde::Serialize;

use super::asked::{Circumstances, Reader};
use super::conclusion::Conclusion;
use super::course::Course;
use super::dossier::{Addressee, Attached, Matter};
use super::notification::{self, Answered};
use super::told::doubts;
use crate::command::verify::text::law;
use crate::lang::Lang;
use crate::ledger::fact::What;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{Table, day};
use crate::output::legal::{LOG_MONTHS, Rule};
use crate::output::style::Tone;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// A message.
#[derive(Serialize)]
pub(super) struct MatterView {
    pub ends_title: &'static str,
    pub ends: Vec<EndView>,
    /// How many recipients are not named.
    pub others: Option<String>,
    /// Doubts about its receipts.
    pub doubts: Vec<String>,
    pub about_title: &'static str,
    pub about: Vec<(String, String)>,
    /// Until when the provider can be asked.
    pub logs: Option<String>,
    pub course_title: &'static str,
    pub course: Course,
    pub next_title: &'static str,
    pub next: Vec<Next>,
    pub notice: Option<Notice>,
}

/// How a conclusion looks, beside what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EndClass {
    Good,
    Bad,
    Wait,
}

/// What it comes to for a recipient.
#[derive(Serialize)]
pub(super) struct EndView {
    pub class: EndClass,
    pub mark: char,
    pub head: String,
    pub rest: String,
    /// When a notification counts for the recipient, where that is another hour.
    pub hour: Option<String>,
}

/// What is to be done now, and why.
#[derive(Serialize)]
pub(super) struct Next {
    /// Those whom it is about.
    pub whom: String,
    pub consequence: String,
    pub next: String,
    pub law: String,
}

/// What a lawyer checks of a notification.
#[derive(Serialize)]
pub(super) struct Notice {
    pub title: String,
    pub law: String,
    pub points: Vec<Answered>,
}

impl MatterView {
    pub fn of(matter: &Matter, circumstances: &Circumstances<'_>) -> Self {
        let (lang, reader) = (circumstances.lang, circumstances.order.reader);
        let texts = Catalogue::of(lang);
        let now = circumstances.made.at();
        let conclusions = matter.recipients.iter();
        let conclusions: Vec<Conclusion<'_>> = conclusions
            .map(|one| Conclusion::of(matter, one, now))
            .collect();
        let mut next: Vec<Next> = Vec::new();
        for conclusion in &conclusions {
            let Some(one) = Next::of(conclusion, lang) else {
                continue;
            };
            let address = conclusion.address();
            // What holds for several is said once, of all of them.
            match next.iter_mut().find(|other| other.says_as(&one)) {
                Some(other) => other.whom += &format!(", {address}"),
                None => next.push(Next {
                    whom: address,
                    ..one
                }),
            }
        }
        let is_lawyer = reader == Reader::Lawyer;
        let ends = conclusions.iter();
        let doubts = matter.papers.iter().flat_map(|paper| {
            let doubts = doubts(paper, texts).into_iter();
            doubts.map(|reason| texts.fill("row.doubt", &[("reason", &reason)]))
        });
        Self {
            ends_title: texts.text("sheet.ends"),
            ends: ends.map(|one| EndView::of(one, is_lawyer, lang)).collect(),
            others: (matter.others > 0).then(|| texts.count("sheet.others", matter.others, &[])),
            doubts: doubts.collect(),
            about_title: texts.text("sheet.about"),
            about: about(matter, lang),
            logs: logs(&conclusions, lang),
            course_title: texts.text("sheet.course"),
            course: Course::of(matter, lang),
            next_title: texts.text("sheet.next"),
            next,
            notice: is_lawyer.then(|| {
                let rule = Rule::of("report.notification", &[], lang);
                Notice {
                    law: law(&rule, lang),
                    title: rule.text,
                    points: notification::points(matter, texts),
                }
            }),
        }
    }
}

impl EndView {
    fn of(conclusion: &Conclusion<'_>, is_lawyer: bool, lang: Lang) -> Self {
        let (head, rest) = conclusion.words(lang);
        let (class, mark) = match conclusion.tone() {
            Tone::Good => (EndClass::Good, '✔'),
            Tone::Bad => (EndClass::Bad, '✖'),
            Tone::Unsure | Tone::Faint => (EndClass::Wait, '◌'),
        };
        let hour = conclusion.delivered_at().filter(|_| is_lawyer);
        Self {
            class,
            mark,
            head,
            rest,
            hour: hour.and_then(hour_seven).map(|date| {
                let rule = Rule::of("report.hour-seven", &[("day", &day(&date, lang))], lang);
                format!("{} {}", rule.text, law(&rule, lang))
            }),
        }
    }
}

/// The day on which a delivery by night counts for the recipient, from 7 o'clock: none by day.
fn hour_seven(delivered: Timestamp) -> Option<String> {
    let stated = delivered.rfc3339_at(delivered.italian_offset());
    let hour: i64 = stated.get(11..13)?.parse().ok()?;
    match hour {
        0..7 => Some(delivered.italian_day()),
        // The morning after, whatever the clocks do in that night.
        21.. => Some(Timestamp::from_unix(delivered.unix() + 10 * 3_600).italian_day()),
        _ => None,
    }
}

impl Next {
    /// Whether it says the same of somebody else.
    fn says_as(&self, other: &Self) -> bool {
        (&self.consequence, &self.next, &self.law) == (&other.consequence, &other.next, &other.law)
    }

    fn of(conclusion: &Conclusion<'_>, lang: Lang) -> Option<Self> {
        let [consequence, next] = conclusion.advice(lang)?;
        Some(Self {
            whom: String::new(),
            law: law(&consequence, lang),
            consequence: consequence.text,
            next: next.text,
        })
    }
}

/// Until when the provider keeps its logs of what it accepted.
fn logs(conclusions: &[Conclusion<'_>], lang: Lang) -> Option<String> {
    let accepted = conclusions.iter().filter_map(|one| one.state.accepted_at);
    let until = accepted.max()?.months_later(LOG_MONTHS).italian_day();
    let rule = Rule::of("report.logs", &[("day", &day(&until, lang))], lang);
    Some(format!("{} {}", rule.text, law(&rule, lang)))
}

/// Who, what, when.
fn about(matter: &Matter, lang: Lang) -> Vec<(String, String)> {
    let texts = Catalogue::of(lang);
    let mut table = Table::new(lang);
    table.add("sender", &matter.sender);
    let recipients = matter
        .recipients
        .iter()
        .map(|one| named(matter, one, texts));
    let mut recipients: Vec<String> = recipients.collect();
    if matter.others > 0 {
        recipients.push(texts.count("sheet.others", matter.others, &[]));
    }
    table.add_safe("recipients", recipients.join("; "));
    table.add(
        "subject",
        match &*matter.subject {
            "" => texts.text("value.no-subject"),
            subject => subject,
        },
    );
    table.add("message-id", &matter.message_id);
    let mut identifiers: Vec<&str> = Vec::new();
    for identifier in matter.facts.iter().filter_map(|fact| fact.identifier()) {
        if !identifiers.contains(&identifier) {
            identifiers.push(identifier);
        }
    }
    if !identifiers.is_empty() {
        table.add("identifier", identifiers.join(", "));
    }
    let mut rows = table.rows();
    if let Some(sent) = &matter.sent {
        rows.push((
            texts.text("sheet.message").to_owned(),
            texts.fill(
                "sheet.size",
                &[
                    ("size", &texts.size(sent.size as u64)),
                    ("sha256", &sent.sha256),
                ],
            ),
        ));
        let attached = sent.attachments.iter();
        rows.extend(attached.map(|one| attachment(one, texts)));
    }
    rows
}

/// A recipient, and what its mail is as the acceptance lists it.
fn named(matter: &Matter, recipient: &Addressee, texts: &Catalogue) -> String {
    let states = |what: What| {
        let mut facts = matter.facts.iter();
        facts.any(|fact| fact.what() == what && fact.concerns(recipient.place))
    };
    let address = Printable(recipient.address.as_str());
    let kinds = [
        (What::Accepted, "value.kind-certificato"),
        (What::AcceptedAsOrdinary, "value.kind-esterno"),
    ];
    match kinds.into_iter().find(|(what, _)| states(*what)) {
        Some((_, key)) => format!("{address} ({})", texts.text(key)),
        None => address.to_string(),
    }
}

fn attachment(attached: &Attached, texts: &Catalogue) -> (String, String) {
    let number = texts.number(attached.number);
    let label = texts.fill("sheet.attachment", &[("number", &number)]);
    let signed = texts.text(match attached.looks_signed {
        true => "sheet.signed",
        false => "sheet.unsigned",
    });
    let values = [
        ("name", &*attached.name),
        ("size", &texts.size(attached.size)),
        ("sha256", &attached.sha256),
        ("signed", signed),
    ];
    (label, texts.fill("sheet.attached", &values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_by_night_counts_from_seven() {
        for (delivered, counted) in [
            ("2026-05-04T08:15:07Z", None),
            ("2026-05-04T18:59:59Z", None),
            ("2026-05-04T19:00:00Z", Some("2026-05-05")),
            ("2026-05-04T21:59:59Z", Some("2026-05-05")),
            ("2026-05-05T04:59:59Z", Some("2026-05-05")),
            ("2026-05-05T05:00:00Z", None),
            // The night of 25 hours.
            ("2026-10-24T19:00:00Z", Some("2026-10-25")),
        ] {
            let at = Timestamp::parse(delivered).expect("a time");
            assert_eq!(hour_seven(at).as_deref(), counted, "{delivered}");
        }
    }
}
