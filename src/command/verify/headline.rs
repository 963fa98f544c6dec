//! The one line that a person can repeat: the fact first, then whether it is authentic.
//!
//! A notice that a message was not delivered is as genuine as a receipt that it was; who reads one
//! word must read the right one. `pec sync` tells receipts in the same words (`[head]`).

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::Asked;
use super::said::{instead, meaning, recipients_of};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{on, shown};
use crate::output::style::{Style, Tone};
use crate::pec::{CertificationData, Certifies, Evidence};
use crate::providers::trust::Source;
use crate::verify::{CheckId, Examination, Facts, Finding, Verdict, Weight};

/// A line, and the words that it begins with.
struct Headline {
    head: String,
    line: String,
}

/// What a genuine message comes to, beside the fact that it certifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is about something else than what the user gave.
    OtherMessage,
    /// Whether it is about that could not be compared.
    NotCompared,
    /// Something about it is odd.
    Doubted,
    /// Nothing is.
    Sure,
}

impl Standing {
    /// Of a genuine message.
    pub fn of(examination: &Examination) -> Self {
        let findings = examination.findings();
        if findings.has(Weight::OtherMessage) {
            Self::OtherMessage
        } else if findings.has(Weight::NotCompared) {
            Self::NotCompared
        } else if examination.doubts() > 0 {
            Self::Doubted
        } else {
            Self::Sure
        }
    }
}

/// The line.
pub(in crate::command) fn answer(examination: &Examination, asked: &Asked) -> String {
    Headline::of(examination, asked).line
}

/// The line, its first words in their colour.
pub(in crate::command) fn painted(
    examination: &Examination,
    asked: &Asked,
    style: Style,
) -> String {
    let (head, rest) = head_and_rest(examination, asked);
    match &*head {
        "" => rest,
        _ => format!("{}{rest}", style.paint(tone(examination), head)),
    }
}

/// The first words of the line, and the others.
pub(super) fn head_and_rest(examination: &Examination, asked: &Asked) -> (String, String) {
    let Headline { head, line } = Headline::of(examination, asked);
    match line.strip_prefix(&*head).map(str::to_owned) {
        Some(rest) => (head, rest),
        None => (String::new(), line),
    }
}

/// What a genuine message says, in a word or a few.
pub(in crate::command) fn head(evidence: Evidence, texts: &Catalogue) -> &str {
    texts.text(&format!("head.{}", evidence.word()))
}

/// The colour of a fact that is proved and not doubted.
pub(in crate::command) const fn tone_of(evidence: Evidence) -> Tone {
    match evidence.certifies() {
        Certifies::Dispatch | Certifies::Delivery | Certifies::Origin => Tone::Good,
        Certifies::Failure => Tone::Bad,
        Certifies::Pending | Certifies::Nothing => Tone::Unsure,
    }
}

/// The colour of an answer: that of the fact where it is proved, of a warning where it is doubted.
pub(super) fn tone(examination: &Examination) -> Tone {
    match examination.verdict() {
        Verdict::Genuine => match Standing::of(examination) {
            Standing::OtherMessage => Tone::Bad,
            Standing::NotCompared | Standing::Doubted => Tone::Unsure,
            Standing::Sure => {
                let evidence = examination.facts().and_then(Facts::evidence);
                evidence.map_or(Tone::Unsure, tone_of)
            }
        },
        Verdict::NotGenuine => Tone::Bad,
        Verdict::CannotTell => Tone::Unsure,
        Verdict::NotCertifiedMail => Tone::Faint,
    }
}

impl Headline {
    fn of(examination: &Examination, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        match (examination.verdict(), examination.facts()) {
            (Verdict::NotCertifiedMail, _) => {
                Self::ordinary(examination, asked).with_nested(examination, asked)
            }
            (Verdict::Genuine, Some(facts)) => Self::genuine(examination, facts, asked),
            // A genuine message has facts; without them nothing is said of it.
            (Verdict::Genuine | Verdict::NotGenuine | Verdict::CannotTell, facts) => {
                let mut headline = Self::failed(examination, facts, asked);
                if facts.is_none() {
                    headline = headline.with_nested(examination, asked);
                }
                if examination.verdict() == Verdict::CannotTell {
                    let answer = ("answer", &*headline.line);
                    headline.line = texts.fill("headline.undecided", &[answer]);
                }
                headline
            }
        }
    }

    fn ordinary(examination: &Examination, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        let head = verdict(examination, texts);
        let values = [("head", &*head), ("reason", &instead(examination, texts))];
        let line = texts.fill("headline.ordinary", &values);
        Self { head, line }
    }

    fn genuine(examination: &Examination, facts: &Facts, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        let Some(evidence) = facts.evidence() else {
            return Self::failed(examination, Some(facts), asked);
        };
        let fact = head(evidence, texts);
        let reason = examination
            .headline()
            .map(|finding| meaning(finding, texts))
            .unwrap_or_default();
        let (key, head, reason) = match Standing::of(examination) {
            Standing::OtherMessage => ("other-message", None, reason),
            Standing::NotCompared => ("not-compared", None, reason),
            Standing::Doubted => {
                let head = texts.fill("headline.doubted-head", &[("head", fact)]);
                ("doubted", Some(head), doubt(examination, texts))
            }
            Standing::Sure => ("sure", Some(fact.to_owned()), String::new()),
        };
        let head = head.unwrap_or_else(|| texts.text(&format!("headline.{key}-head")).to_owned());
        let values = [
            ("head", &*head),
            ("reason", &*reason),
            ("trust", &*trust(asked)),
            (
                "genuine",
                texts.text(&format!("headline.genuine.{}", evidence.word())),
            ),
            ("says", &*says(evidence, facts, asked.lang)),
        ];
        let line = texts.fill(&format!("headline.{key}"), &values);
        Self { head, line }
    }

    /// Not genuine, or not to be told. What is signed is quoted as a provider's words, or as those
    /// of somebody who is none.
    fn failed(examination: &Examination, facts: Option<&Facts>, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        let authority = facts.and_then(Facts::authority);
        let is_header = authority.is_some() && only_header_fails(examination);
        let (key, head) = match (facts, authority) {
            _ if is_header => ("header", texts.text("headline.header-head").to_owned()),
            (Some(_), Some(_)) => ("failed-with-facts", verdict(examination, texts)),
            (Some(_), None) => ("failed-with-claims", verdict(examination, texts)),
            (None, _) => ("failed", verdict(examination, texts)),
        };
        let reason = match examination.headline() {
            Some(finding) => meaning(finding, texts),
            None => texts.text("headline.unknown").to_owned(),
        };
        let what = facts.map(|facts| what(facts, asked.lang));
        let values = [
            ("head", &*head),
            ("reason", &*reason),
            ("trust", &*trust(asked)),
            ("what", &*what.unwrap_or_default()),
        ];
        let line = texts.fill(&format!("headline.{key}"), &values);
        Self { head, line }
    }

    /// An unsigned message with certified ones inside: both answers in one line.
    fn with_nested(self, examination: &Examination, asked: &Asked) -> Self {
        let Some(nested) = examination.nested().first() else {
            return self;
        };
        let inner = answer(&nested.examination, asked);
        let values = [("place", &*nested.place), ("answer", &*inner)];
        let inside = Catalogue::of(asked.lang).fill("headline.nested", &values);
        let line = format!("{}. {inside}", self.line);
        Self { line, ..self }
    }
}

fn verdict(examination: &Examination, texts: &Catalogue) -> String {
    let word = examination.verdict().word();
    texts.text(&format!("verdict.{word}")).to_owned()
}

/// By whose authorities, where the user named them.
fn trust(asked: &Asked) -> String {
    match &asked.verifier.trust().source {
        Source::BuiltIn | Source::Kept(_) => String::new(),
        Source::Files(files) => {
            let files = files.join(", ");
            Catalogue::of(asked.lang).fill("headline.trust-files", &[("files", &files)])
        }
    }
}

/// The doubt of highest rank, and how many others there are.
fn doubt(examination: &Examination, texts: &Catalogue) -> String {
    let reason = examination.first_doubt().map(|doubt| meaning(doubt, texts));
    let reason = reason.unwrap_or_default();
    match examination.doubts().saturating_sub(1) {
        0 => reason,
        others => {
            let values = [("reason", &*reason), ("count", &*others.to_string())];
            texts.fill("headline.and-others", &values)
        }
    }
}

/// Whether a provider signed what is here, and only the header, which nobody signs, says something
/// else.
fn only_header_fails(examination: &Examination) -> bool {
    let mut failures = examination.findings().list().iter();
    let is_of_header = |finding: &Finding| {
        let check = finding.check();
        check != CheckId::HeaderAmbiguous && check.id().starts_with("header.")
    };
    examination.verdict() == Verdict::NotGenuine
        && failures.all(|finding| !finding.weight().is_failure() || is_of_header(finding))
}

/// What the signed part is, in one phrase.
fn what(facts: &Facts, lang: Lang) -> String {
    let word = facts.evidence().map_or("unknown", Evidence::word);
    say(&format!("what.{word}"), facts, lang)
}

/// What a genuine one says, in a sentence.
fn says(evidence: Evidence, facts: &Facts, lang: Lang) -> String {
    say(&format!("headline.says.{}", evidence.word()), facts, lang)
}

fn say(key: &str, facts: &Facts, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let data = facts.data();
    let time = data.map(|data| data.time).or(facts.signing_time());
    let address = |of: Option<&crate::address::MailAddress>| {
        of.map(|address| address.as_str().to_owned())
            .unwrap_or_default()
    };
    let error = data.map(|data| error(data, texts)).unwrap_or_default();
    let values = [
        ("time", &*time.map(|at| shown(at, lang)).unwrap_or_default()),
        ("on", &*time.map(|at| on(at, lang)).unwrap_or_default()),
        ("sender", &*address(data.map(|data| &data.sender))),
        (
            "to",
            &*address(data.and_then(|data| data.delivered_to.as_ref())),
        ),
        ("recipients", &*data.map(recipients_of).unwrap_or_default()),
        ("error", &*error),
        ("signer", &*facts.signer().organization),
    ];
    texts.fill(key, &values)
}

/// The cause that a notice states.
fn error(data: &CertificationData, texts: &Catalogue) -> String {
    let words = data.extended_error.as_deref().unwrap_or_default();
    match (words.trim(), &*data.error_word) {
        ("", "nessuno") => texts.text("value.no-error").to_owned(),
        ("", class) => class.to_owned(),
        (words, _) => words.trim_end_matches('.').to_owned(),
    }
}
