//! One thing that was found in the mailbox: a line for a person, a line of JSON, its schema.

use std::io;

use schemars::{JsonSchema, Schema};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::reason_of;
use crate::client::{Event, EventKind};
use crate::command::verify::headline::{head, tone_of};
use crate::command::{verify, words};
use crate::lang::Lang;
use crate::ledger::{MatchRule, Reason};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::{Page, Report, SHORT_ID, known};
use crate::output::style::Tone;
use crate::pec::{Evidence, MessageKind};
use crate::timestamp::{Timestamp, WITH_OFFSET};
use crate::verify::{Facts, Finding, Verdict};

/// # A thing found in the mailbox, version 1
///
/// Each line that `pec sync --ndjson` and `pec watch --ndjson` write. Every field that is described
/// is always there; where there is nothing to say it is null or empty. Fields may be added within
/// version 1, so the object is open. Facts (kind, time, subject, message_id, identifier,
/// delivered_to, error) come from what the signature covers and are there only for a genuine one.
/// Characters that act on a terminal are written as \uXXXX.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(transform = bind)]
pub(in crate::command) struct Summary {
    /// receipt: genuine, for a message of ours. orphan: genuine, for no message of ours. mismatch:
    /// genuine, names a message of ours but is about another sender or content; it moves nothing.
    /// envelope: genuine, but no receipt for a sender: received certified mail, a notice between
    /// providers. anomaly: genuine, the provider's envelope around ordinary mail, for which nobody
    /// vouches: subject, claimed_sender and claimed_about are what that mail says of itself.
    /// unproven: passes itself off as certified mail and was not proved; it moves nothing.
    /// ordinary: looked like certified mail and is none. too-large: left in the mailbox, unread.
    /// unread: listed by the server and not to be had; remembered, and asked for again at every
    /// reading.
    #[schemars(schema_with = "events")]
    event: EventWord,
    /// The folder of the mailbox.
    folder: String,
    /// Its UID there.
    #[schemars(range(min = 1))]
    uid: u32,
    /// SHA-256 of its octets, under which it is kept; empty where it was left in the mailbox.
    #[schemars(regex(pattern = r"^([0-9a-f]{64})?$"))]
    sha256: String,
    /// That of pec verify; cannot-tell where it was not read.
    verdict: Verdict,
    /// What the provider calls it; null unless genuine.
    #[schemars(schema_with = "words::kind_or_null")]
    kind: Option<&'static str>,
    /// The certified time with its offset, RFC 3339.
    #[schemars(regex(pattern = WITH_OFFSET))]
    time: Option<String>,
    /// The subject of the message it is about.
    subject: Option<String>,
    /// The Message-ID of the message it is about.
    message_id: Option<String>,
    /// The provider's identifier of the transaction.
    identifier: Option<String>,
    /// The recipient that a delivery receipt or notice is about.
    delivered_to: Option<String>,
    /// The provider's words on an error.
    error: Option<String>,
    /// How it was matched to messages of ours; null unless genuine. not-for-sender: it is no
    /// receipt for a sender.
    #[schemars(schema_with = "words::match_or_null")]
    matched_by: Option<&'static str>,
    /// The short id of the message of ours.
    #[schemars(regex(pattern = SHORT_ID))]
    message: Option<String>,
    /// How many facts it added to the ledger.
    new_facts: usize,
    /// Whether these octets were known before.
    known: bool,
    /// Unless genuine: the finding that decided, by its id; see the schema of pec verify.
    #[schemars(schema_with = "words::check_or_null")]
    headline: Option<&'static str>,
    /// Of what is read as a letter (envelope, anomaly, unproven, ordinary): its short id, by which
    /// pec show names it; else null.
    #[schemars(regex(pattern = SHORT_ID))]
    letter: Option<String>,
    /// Of an envelope: the certified sender; else null.
    sender: Option<String>,
    /// Of what was too large to be fetched: octets, as the server counts them; else null.
    size: Option<u64>,
    /// Of an anomaly: whom the ordinary mail inside says it is from; else null.
    claimed_sender: Option<String>,
    /// Of an anomaly: the Message-ID, without brackets, of which the mail inside, a delivery report
    /// (RFC 3464), says that it came back or arrived; else null.
    claimed_about: Option<String>,
    /// Of what is unread: not-given, the server gives nothing for it; refused, it says no; ended,
    /// it ends the connection over it; cut, fewer octets come than it tells; judging, the program
    /// ended while it judged it. Else null.
    #[schemars(schema_with = "words::reason_or_null")]
    reason: Option<&'static str>,
    #[serde(skip)]
    at: Option<Timestamp>,
    /// Why it is unread, with details.
    #[serde(skip)]
    unread: Option<(Reason, String)>,
    /// How many doubts there are about a genuine one; its verdict stands. See pec verify.
    doubts: usize,
    /// The finding behind `headline`, or the first doubt, for a person.
    #[serde(skip)]
    finding: Option<Finding>,
    /// What it is to the person who holds it, when it is genuine.
    #[serde(skip)]
    evidence: Option<Evidence>,
    #[serde(skip)]
    pub alarming: bool,
}

/// What a thing found is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventWord {
    Receipt,
    Orphan,
    Mismatch,
    Envelope,
    Anomaly,
    Unproven,
    Ordinary,
    TooLarge,
    Unread,
}

impl EventWord {
    const ALL: [Self; 9] = [
        Self::Receipt,
        Self::Orphan,
        Self::Mismatch,
        Self::Envelope,
        Self::Anomaly,
        Self::Unproven,
        Self::Ordinary,
        Self::TooLarge,
        Self::Unread,
    ];

    fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::TooLarge(_) => Self::TooLarge,
            EventKind::Anomaly(_) => Self::Anomaly,
            EventKind::Unread { .. } => Self::Unread,
            EventKind::Other(examination) => match examination.verdict() {
                Verdict::Genuine => Self::Envelope,
                Verdict::NotCertifiedMail => Self::Ordinary,
                Verdict::NotGenuine | Verdict::CannotTell => Self::Unproven,
            },
            EventKind::Verified { rule, .. } => match rule {
                MatchRule::NotForSender => Self::Envelope,
                MatchRule::Orphan => Self::Orphan,
                MatchRule::OtherSender | MatchRule::OtherContent => Self::Mismatch,
                MatchRule::MessageId | MatchRule::Identifier => Self::Receipt,
            },
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Orphan => "orphan",
            Self::Mismatch => "mismatch",
            Self::Envelope => "envelope",
            Self::Anomaly => "anomaly",
            Self::Unproven => "unproven",
            Self::Ordinary => "ordinary",
            Self::TooLarge => "too-large",
            Self::Unread => "unread",
        }
    }
}

impl Serialize for EventWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

fn events(_: &mut schemars::SchemaGenerator) -> Schema {
    known(EventWord::ALL.map(EventWord::word))
}

/// What each event binds other fields to. The fields are always there, so an enum with fields
/// would repeat all of them for every event.
fn bind(schema: &mut Schema) {
    use EventWord as E;
    let rule = |events: &[EventWord], then: Value| {
        json!({ "if": { "properties": { "event": { "enum": events } } },
                "then": { "properties": then } })
    };
    let (nothing, word) = (json!({ "type": "null" }), json!({ "type": "string" }));
    let (genuine, none) = (json!({ "const": "genuine" }), json!({ "const": 0 }));
    let proved = json!({ "verdict": genuine, "kind": word, "time": word, "identifier": word,
                         "message": word });
    let orphan = json!({ "verdict": genuine, "kind": word, "message": nothing });
    let anomaly = json!({ "verdict": genuine, "kind": { "const": "anomalia" },
                          "claimed_sender": word, "message": nothing, "new_facts": none });
    let refused = ["not-genuine", "cannot-tell", "not-certified-mail"];
    let unproved = json!({ "verdict": { "enum": refused }, "kind": nothing, "message": nothing,
                           "new_facts": none });
    let rules = json!([
        rule(&[E::Receipt, E::Mismatch], proved),
        rule(&[E::Orphan], orphan),
        rule(&[E::Anomaly], anomaly),
        rule(
            &[E::Unproven, E::Ordinary, E::TooLarge, E::Unread],
            unproved
        ),
    ]);
    schema.insert("allOf".to_owned(), rules);
}

impl Summary {
    /// Whether it is about a message of ours, or alarms.
    pub(in crate::command) fn is_news(&self) -> bool {
        self.alarming || self.message.is_some()
    }

    pub(in crate::command) fn of(event: &Event) -> Self {
        let mut summary = Self {
            event: EventWord::of(&event.kind),
            folder: event.folder.clone(),
            uid: event.uid,
            sha256: event.octets.clone(),
            verdict: Verdict::CannotTell,
            kind: None,
            time: None,
            subject: None,
            message_id: None,
            identifier: None,
            delivered_to: None,
            error: None,
            matched_by: None,
            message: None,
            new_facts: 0,
            known: event.known,
            headline: None,
            letter: event.letter.as_ref().map(|row| row.letter.short.clone()),
            sender: None,
            size: None,
            claimed_sender: None,
            claimed_about: None,
            reason: None,
            unread: None,
            doubts: 0,
            finding: None,
            evidence: None,
            at: event.certified_at(),
            alarming: event.is_alarming(),
        };
        match &event.kind {
            EventKind::TooLarge(size) => summary.size = Some(*size),
            EventKind::Anomaly(wrapped) => {
                summary.verdict = Verdict::Genuine;
                summary.kind = Some(MessageKind::AnomalyEnvelope.word());
                summary.evidence = Some(Evidence::Anomaly);
                summary.subject = Some(wrapped.subject.clone());
                summary.claimed_sender = Some(wrapped.sender.clone());
                summary.claimed_about = wrapped
                    .report
                    .as_ref()
                    .and_then(|report| report.about.clone());
            }
            EventKind::Unread { reason, words } => {
                summary.reason = Some(reason.word());
                summary.unread = Some((*reason, words.clone()));
            }
            EventKind::Other(examination) => {
                summary.verdict = examination.verdict();
                summary.finding = examination.headline().cloned();
                summary.headline = summary.finding.as_ref().map(|finding| finding.check().id());
            }
            EventKind::Verified {
                receipt,
                rule,
                message,
                new_facts,
            } => {
                let data = receipt.data();
                let is_envelope = receipt.kind() == MessageKind::TransportEnvelope;
                summary.sender = Some(data.sender.to_string()).filter(|_| is_envelope);
                let examination = receipt.examination();
                summary.verdict = Verdict::Genuine;
                summary.evidence = examination.facts().and_then(Facts::evidence);
                summary.doubts = examination.doubts();
                summary.finding = examination.first_doubt().cloned();
                summary.kind = Some(receipt.kind().word());
                summary.time = Some(data.time.rfc3339_at(data.zone));
                summary.subject.clone_from(&data.subject);
                summary.message_id.clone_from(&data.message_id);
                summary.identifier = Some(data.identifier.clone());
                summary.delivered_to = data.delivered_to.as_ref().map(ToString::to_string);
                summary.error.clone_from(&data.extended_error);
                summary.matched_by = Some(rule.word());
                summary.message = message.as_ref().map(|message| message.short.clone());
                summary.new_facts = *new_facts;
            }
        }
        summary
    }
}

impl Report for Summary {
    const SCHEMA: &'static str = "pec/event";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        // What was known and says nothing new is no news.
        if self.known && self.new_facts == 0 && !self.alarming {
            return Ok(());
        }
        let line = sentence(self, page.lang);
        page.line(page.style.paint(self.tone(), line))
    }
}

impl Summary {
    /// That of the fact where it is proved, of a warning where it is doubted.
    fn tone(&self) -> Tone {
        match self.event {
            EventWord::Receipt => match self.evidence.filter(|_| self.doubts == 0) {
                Some(evidence) => tone_of(evidence),
                None => Tone::Unsure,
            },
            EventWord::Unproven | EventWord::Mismatch | EventWord::TooLarge | EventWord::Unread => {
                Tone::Bad
            }
            EventWord::Orphan => Tone::Unsure,
            EventWord::Envelope if self.doubts > 0 => Tone::Unsure,
            EventWord::Envelope | EventWord::Anomaly | EventWord::Ordinary => Tone::Faint,
        }
    }
}

fn sentence(summary: &Summary, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let time = summary.at.map(|at| shown(at, lang)).unwrap_or_default();
    let uid = summary.uid.to_string();
    let size = summary
        .size
        .map(|size| texts.size(size))
        .unwrap_or_default();
    let kind = summary
        .evidence
        .map_or("", |evidence| head(evidence, texts));
    let empty = String::new();
    let error = summary.error.as_ref().unwrap_or(&empty);
    let detail = match &summary.error {
        Some(error) => format!(": {error}"),
        None => String::new(),
    };
    let finding = summary.finding.as_ref();
    let reason = finding.map(|finding| verify::said::meaning(finding, texts));
    let unread = summary.unread.as_ref();
    let unread = unread.map(|(reason, words)| reason_of(*reason, words, texts));
    let reason = reason.or(unread).unwrap_or_default();
    let values = [
        ("time", &*time),
        ("kind", kind),
        ("to", summary.delivered_to.as_ref().unwrap_or(&empty)),
        ("subject", summary.subject.as_ref().unwrap_or(&empty)),
        ("message", summary.message.as_ref().unwrap_or(&empty)),
        ("folder", &*summary.folder),
        ("uid", &*uid),
        ("error", &**error),
        ("detail", &*detail),
        ("reason", &*reason),
        (
            "sender",
            summary
                .claimed_sender
                .as_ref()
                .or(summary.sender.as_ref())
                .unwrap_or(&empty),
        ),
        ("letter", summary.letter.as_ref().unwrap_or(&empty)),
        ("size", &*size),
    ];
    let key = match (summary.event, &summary.delivered_to) {
        (EventWord::Receipt, Some(_)) => "receipt-for",
        (EventWord::Envelope, _) if summary.letter.is_some() => "letter",
        (event, _) => event.word(),
    };
    let line = texts.fill(&format!("event.{key}"), &values);
    match summary.doubts {
        0 => line,
        _ => texts.fill("event.doubted", &[("line", &line), ("reason", &reason)]),
    }
}
