//! What `pec prove` answers.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::Delivery;
use crate::address::MailAddress;
use crate::command::Session;
use crate::exit::ExitStatus;
use crate::ledger::MessageView;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{day, on};
use crate::output::legal::Proof;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known};
use crate::output::style::Tone;
use crate::pec::Evidence;
use crate::providers::Trust;
use crate::verify::Facts;

/// # Results of pec prove, version 1
///
/// The document that `pec prove --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open. Texts meant for people (sentence, text, limits) are in the language of the run.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// The short id of the message.
    #[schemars(regex(pattern = SHORT_ID))]
    pub message: String,
    /// Its Message-ID.
    pub message_id: String,
    /// The name of the file, without its folder.
    pub file: String,
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
    /// Their number.
    pub size: u64,
    /// The part of the message as it was sent that is the file, by its place, as in pec show, and its
    /// name; null: none.
    pub attached: Option<String>,
    /// Whether the file is the message itself, octet for octet.
    pub is_message: bool,
    /// The recipients, in the order of the envelope; with --recipient that one.
    pub recipients: Vec<RecipientJson>,
}

/// What is shown for one recipient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "recipient")]
pub(super) struct RecipientJson {
    /// The address.
    address: String,
    /// identical: a genuine complete delivery receipt holds the file. consistent: a genuine brief one
    /// holds its SHA-1. no-delivery: there is no genuine delivery receipt. no-content: there is one,
    /// and it holds nothing of the message (concise). different: the receipt holds something else.
    /// undecided: it could not be compared.
    #[schemars(schema_with = "outcomes")]
    outcome: &'static str,
    /// By which rule, as in pec verify --sent; null without a receipt.
    rule: Option<&'static str>,
    /// The part of the original in the receipt that is the file, by its place and its name; null where
    /// none is, or where the whole message is.
    part: Option<String>,
    /// SHA-256 of the receipt; null without one.
    #[schemars(regex(pattern = SHA256))]
    receipt: Option<String>,
    /// A sentence to quote; null where it cannot be said.
    sentence: Option<String>,
    /// Why it cannot be said; null where it can.
    text: Option<String>,
    /// What the receipt does not prove, with the source; null without a sentence.
    limits: Option<String>,
    #[serde(skip)]
    told: Told,
}

/// What the sentence is made of.
#[derive(Default)]
struct Told {
    outcome: Option<Outcome>,
    facts: Option<Facts>,
    doubts: usize,
    was_sent: bool,
}

/// What is shown for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Identical,
    Consistent,
    NoDelivery,
    NoContent,
    Different,
    Undecided,
}

impl Outcome {
    const ALL: [Self; 6] = [
        Self::Identical,
        Self::Consistent,
        Self::NoDelivery,
        Self::NoContent,
        Self::Different,
        Self::Undecided,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Consistent => "consistent",
            Self::NoDelivery => "no-delivery",
            Self::NoContent => "no-content",
            Self::Different => "different",
            Self::Undecided => "undecided",
        }
    }

    /// What was never sent was not delivered with this message.
    const fn exit(self, was_sent: bool) -> ExitStatus {
        match (self, was_sent) {
            (Self::Identical | Self::Consistent, _) => ExitStatus::Yes,
            (Self::Different, _)
            | (Self::NoDelivery | Self::NoContent | Self::Undecided, false) => ExitStatus::No,
            (Self::NoDelivery | Self::NoContent | Self::Undecided, true) => ExitStatus::Undecided,
        }
    }
}

fn outcomes(_: &mut SchemaGenerator) -> Schema {
    known(Outcome::ALL.map(Outcome::word))
}

impl RecipientJson {
    /// What the receipt that shows most comes to.
    pub fn of(address: &MailAddress, delivery: Option<&Delivery>, was_sent: bool) -> Self {
        let outcome = delivery.map_or(Outcome::NoDelivery, Delivery::outcome);
        let examination = delivery.map(|one| one.examined.examination());
        let sent = examination.and_then(|one| one.sent());
        Self {
            address: address.to_string(),
            outcome: outcome.word(),
            rule: sent.map(|sent| sent.rule),
            part: sent.and_then(|sent| sent.part.clone()),
            receipt: delivery.map(|one| one.examined.sha256().to_owned()),
            sentence: None,
            text: None,
            limits: None,
            told: Told {
                outcome: Some(outcome),
                facts: examination.and_then(|one| one.facts()).cloned(),
                doubts: examination.map_or(0, |one| one.doubts()),
                was_sent,
            },
        }
    }

    /// Why it cannot be said.
    fn reason(&self, outcome: Outcome, texts: &Catalogue) -> String {
        let key = match (outcome, self.told.was_sent) {
            (Outcome::NoDelivery | Outcome::NoContent | Outcome::Undecided, false) => {
                "prove.not-sent".to_owned()
            }
            (Outcome::Identical | Outcome::Consistent | Outcome::Different, _)
            | (Outcome::NoDelivery | Outcome::NoContent | Outcome::Undecided, true) => {
                format!("prove.reason.{}", outcome.word())
            }
        };
        texts.fill(&key, &[("to", &self.address)])
    }
}

impl Results {
    /// Adds the sentences.
    pub fn say(&mut self, view: &MessageView, trust: &Trust, session: &Session<'_>) {
        let (texts, lang) = (Catalogue::of(session.lang), session.lang);
        let as_of = trust.as_of.as_deref().unwrap_or("?");
        let now = on(session.context.now, lang);
        let file = self.file.clone();
        for one in &mut self.recipients {
            let outcome = one.told.outcome.unwrap_or(Outcome::NoDelivery);
            let facts = one.told.facts.as_ref();
            let data = facts.and_then(|facts| Some((facts, facts.data()?)));
            let key = match outcome {
                Outcome::Identical => "prove.identical",
                Outcome::Consistent => "prove.consistent",
                Outcome::NoDelivery
                | Outcome::NoContent
                | Outcome::Different
                | Outcome::Undecided => {
                    one.text = Some(one.reason(outcome, texts));
                    continue;
                }
            };
            let Some((facts, data)) = data else { continue };
            let what = match &one.part {
                Some(part) => texts.fill("prove.part", &[("part", part)]),
                None => texts.text("prove.whole").to_owned(),
            };
            let signer = facts.signer();
            let values = [
                ("file", &*file),
                ("sha256", &self.sha256),
                ("what", &what),
                ("message-id", &view.row.message_id),
                ("subject", data.subject.as_deref().unwrap_or_default()),
                ("sender", data.sender.as_str()),
                ("receipt", one.receipt.as_deref().unwrap_or_default()),
                ("signer", &signer.address),
                ("serial", &signer.serial),
                ("authority", facts.authority().unwrap_or_default()),
                ("identifier", &data.identifier),
                ("to", &one.address),
                ("time", &on(data.time, lang)),
                ("now", &now),
                ("program", concat!("pec ", env!("CARGO_PKG_VERSION"))),
                ("as-of", &day(as_of, lang)),
            ];
            one.sentence = Some(texts.fill(key, &values));
            let evidence = facts.evidence().unwrap_or(Evidence::Anomaly);
            let proof = Proof::of(evidence, lang);
            let values = [("open", &*proof.open.text), ("source", proof.open.source)];
            let mut limits = texts.fill("prove.limits", &values);
            if one.told.doubts > 0 {
                limits = format!("{} {limits}", texts.text("prove.doubts"));
            }
            one.limits = Some(limits);
        }
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/prove";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, style) = (page.texts(), page.style);
        let part = self.attached.as_deref().unwrap_or_default();
        let key = match (&self.attached, self.is_message) {
            (_, true) => "prove.is-message",
            (Some(_), false) => "prove.is-attached",
            (None, false) => "prove.is-none",
        };
        let values = [
            ("file", &*self.file),
            ("sha256", &self.sha256),
            ("part", part),
            ("message", &self.message),
        ];
        page.line(texts.fill(key, &values))?;
        for one in &self.recipients {
            page.line("")?;
            let outcome = one.told.outcome.unwrap_or(Outcome::NoDelivery);
            let tone = match outcome.exit(one.told.was_sent) {
                ExitStatus::Yes => Tone::Good,
                ExitStatus::No => Tone::Bad,
                ExitStatus::Undecided
                | ExitStatus::Unusable
                | ExitStatus::NotNow
                | ExitStatus::Refused => Tone::Unsure,
            };
            let head = texts.text(&format!("prove.head.{}", one.outcome));
            page.line(format!("{}: {}", one.address, style.paint(tone, head)))?;
            for line in [&one.text, &one.sentence, &one.limits]
                .into_iter()
                .flatten()
            {
                page.line(line)?;
            }
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        let exits = self.recipients.iter().map(|one| {
            let outcome = one.told.outcome.unwrap_or(Outcome::NoDelivery);
            outcome.exit(one.told.was_sent)
        });
        exits.fold(ExitStatus::Yes, ExitStatus::worse)
    }
}
