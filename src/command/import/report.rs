//! What `pec import` answers.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::account::Account;
use crate::client::{Event, EventKind};
use crate::command::words;
use crate::exit::ExitStatus;
use crate::ledger::MatchRule;
use crate::output::report::{Page, Report, SHA256, SHORT_ID, known};
use crate::pec::MessageKind;
use crate::timestamp::WITH_OFFSET;
use crate::verify::Verdict;

/// # Results of pec import, version 1
///
/// The document that `pec import --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open. Facts (kind, time, subject, message_id) come from what the signature covers and are there only
/// for what is genuine. Texts meant for people (error) are in the language of the run.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// The account, by its name in the configuration.
    account: String,
    /// Its address.
    address: String,
    /// Everything that was found, in the order in which it was recorded or left.
    results: Vec<ItemJson>,
    /// How many of each.
    pub totals: Totals,
    #[serde(skip)]
    pub exit: ExitStatus,
}

/// Something that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "item")]
pub(super) struct ItemJson {
    /// Where it lies: a file, an entry of an archive (archive.zip!/a.eml), a message of an mbox
    /// (mail.mbox#3). Of what is settled: empty.
    pub file: String,
    /// receipt: genuine, about a message of ours. orphan: genuine, about no message of ours. mismatch:
    /// genuine, names a message of ours but is about another sender or content; it moves nothing.
    /// envelope: genuine, but no receipt for a sender: received certified mail, a notice between
    /// providers. anomaly: genuine, the provider's envelope around ordinary mail. unproven: it claims
    /// to be certified mail and was not shown to be genuine; it moves nothing. settled: it was in the
    /// ledger before, and moves a message now. sent: mail from this account that no provider signed,
    /// left where it lies. ordinary: no certified mail, left where it lies. forgotten:
    /// it was forgotten, or is about a message that was; left where it lies. other-account: it belongs
    /// to another account of the configuration, left where it lies. unreadable: error says why.
    #[schemars(schema_with = "states")]
    pub state: State,
    /// SHA-256 of its octets, under which it is kept; null where it was left.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: Option<String>,
    /// That of pec verify; null where it was not kept.
    #[schemars(with = "Option<Verdict>")]
    pub verdict: Option<&'static str>,
    /// What the provider calls it; null unless genuine.
    #[schemars(schema_with = "words::kind_or_null")]
    pub kind: Option<&'static str>,
    /// The certified time with its offset, RFC 3339.
    #[schemars(regex(pattern = WITH_OFFSET))]
    pub time: Option<String>,
    /// The certified subject.
    pub subject: Option<String>,
    /// The Message-ID of the message that it is, or is about.
    pub message_id: Option<String>,
    /// How it was led to a message of ours; null unless genuine.
    #[schemars(schema_with = "words::match_or_null")]
    pub matched_by: Option<&'static str>,
    /// The short id of the message of ours.
    #[schemars(regex(pattern = SHORT_ID))]
    pub message: Option<String>,
    /// Of what is read as a letter: its short id; else null.
    #[schemars(regex(pattern = SHORT_ID))]
    pub letter: Option<String>,
    /// How many facts it added to the ledger.
    pub new_facts: usize,
    /// Whether these octets were in the ledger before.
    pub known: bool,
    /// Doubts about what is genuine; its verdict stands. See pec verify.
    pub doubts: usize,
    /// Unless genuine: the finding that decided, by its id; see the schema of pec verify.
    #[schemars(schema_with = "words::check_or_null")]
    pub headline: Option<&'static str>,
    /// Why it cannot be read, for people; null where it can.
    pub error: Option<String>,
}

/// What became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Receipt,
    Orphan,
    Mismatch,
    Envelope,
    Anomaly,
    Unproven,
    Settled,
    Sent,
    Ordinary,
    Forgotten,
    OtherAccount,
    Unreadable,
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known([
        "receipt",
        "orphan",
        "mismatch",
        "envelope",
        "anomaly",
        "unproven",
        "settled",
        "sent",
        "ordinary",
        "forgotten",
        "other-account",
        "unreadable",
    ])
}

impl ItemJson {
    /// Something of which there is nothing to tell but where it lies.
    pub fn bare(file: String, state: State) -> Self {
        Self {
            file,
            state,
            sha256: None,
            verdict: None,
            kind: None,
            time: None,
            subject: None,
            message_id: None,
            matched_by: None,
            message: None,
            letter: None,
            new_facts: 0,
            known: false,
            doubts: 0,
            headline: None,
            error: None,
        }
    }

    /// Whether it was told before, by a run that may have been interrupted, that it is not shown to be
    /// genuine.
    pub fn is_known_unproven(&self) -> bool {
        self.known && self.state == State::Unproven
    }

    /// What is recorded.
    pub fn of(event: &Event) -> Self {
        let mut item = Self {
            sha256: Some(event.octets.clone()).filter(|digest| !digest.is_empty()),
            letter: event.letter.as_ref().map(|row| row.letter.short.clone()),
            known: event.known,
            ..Self::bare(event.folder.clone(), state(&event.kind))
        };
        match &event.kind {
            EventKind::Verified {
                receipt,
                rule,
                message,
                new_facts,
            } => {
                let data = receipt.data();
                item.verdict = Some(Verdict::Genuine.word());
                item.kind = Some(receipt.kind().word());
                item.time = Some(data.time.rfc3339_at(data.zone));
                item.subject.clone_from(&data.subject);
                item.message_id.clone_from(&data.message_id);
                item.matched_by = Some(rule.word());
                item.message = message.as_ref().map(|message| message.short.clone());
                item.new_facts = *new_facts;
                item.doubts = receipt.examination().doubts();
            }
            EventKind::Anomaly(_) => {
                item.verdict = Some(Verdict::Genuine.word());
                item.kind = Some(MessageKind::AnomalyEnvelope.word());
            }
            EventKind::Other(examination) => {
                item.verdict = Some(examination.verdict().word());
                item.headline = examination
                    .headline()
                    .map(|finding| finding.check().id())
                    .filter(|_| examination.verdict() != Verdict::Genuine);
            }
            EventKind::TooLarge(_) | EventKind::Unread { .. } => {}
        }
        item
    }
}

/// What is recorded.
fn state(kind: &EventKind) -> State {
    match kind {
        EventKind::Anomaly(_) => State::Anomaly,
        EventKind::Other(examination) => match examination.verdict() {
            Verdict::Genuine => State::Envelope,
            Verdict::NotGenuine | Verdict::CannotTell => State::Unproven,
            Verdict::NotCertifiedMail => State::Ordinary,
        },
        EventKind::Verified { rule, .. } => match rule {
            MatchRule::NotForSender => State::Envelope,
            MatchRule::Orphan => State::Orphan,
            MatchRule::OtherSender | MatchRule::OtherContent => State::Mismatch,
            MatchRule::MessageId | MatchRule::Identifier => State::Receipt,
        },
        // No mailbox is read here.
        EventKind::TooLarge(_) | EventKind::Unread { .. } => State::Unreadable,
    }
}

/// How many of each; what was in the ledger before counts as known alone.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "totals")]
pub(super) struct Totals {
    /// Certified messages that are new in the ledger: the sum of the next six.
    pub taken: usize,
    /// Receipts about messages of ours.
    pub receipts: usize,
    /// Receipts about no message of ours.
    pub orphans: usize,
    /// Receipts that name a message of ours and are about another one.
    pub mismatched: usize,
    /// Received certified mail, and notices between providers.
    pub envelopes: usize,
    /// Ordinary mail that a provider wrapped.
    pub anomalies: usize,
    /// What was not shown to be genuine.
    pub unproven: usize,
    /// What was in the ledger before.
    pub known: usize,
    /// Of these: what is not shown to be genuine.
    pub known_unproven: usize,
    /// What was in the ledger before, and moves a message now.
    pub settled: usize,
    /// Facts that are new.
    pub new_facts: usize,
    /// Mail from this account that no provider signed, left where it lies.
    pub sent: usize,
    /// Other mail and other files, left where they lie.
    pub ordinary: usize,
    /// What was forgotten, or is about a message that was, left where it lies.
    pub forgotten: usize,
    /// What belongs to another account of the configuration, left where it lies.
    pub other_account: usize,
    /// What could not be read.
    pub unreadable: usize,
}

impl Totals {
    pub fn count(&mut self, item: &ItemJson) {
        self.new_facts += item.new_facts;
        if item.is_known_unproven() {
            self.known_unproven += 1;
        }
        let of = match (item.state, item.known) {
            (State::Settled, _) => &mut self.settled,
            (State::Sent, _) => &mut self.sent,
            (State::Ordinary, _) => &mut self.ordinary,
            (State::Forgotten, _) => &mut self.forgotten,
            (State::OtherAccount, _) => &mut self.other_account,
            (State::Unreadable, _) => &mut self.unreadable,
            (
                State::Receipt
                | State::Orphan
                | State::Mismatch
                | State::Envelope
                | State::Anomaly
                | State::Unproven,
                true,
            ) => &mut self.known,
            (State::Receipt, false) => self.taking(|totals| &mut totals.receipts),
            (State::Orphan, false) => self.taking(|totals| &mut totals.orphans),
            (State::Mismatch, false) => self.taking(|totals| &mut totals.mismatched),
            (State::Envelope, false) => self.taking(|totals| &mut totals.envelopes),
            (State::Anomaly, false) => self.taking(|totals| &mut totals.anomalies),
            (State::Unproven, false) => self.taking(|totals| &mut totals.unproven),
        };
        *of += 1;
    }

    /// One of those that are new, which all count as taken too.
    fn taking(&mut self, of: impl FnOnce(&mut Self) -> &mut usize) -> &mut usize {
        self.taken += 1;
        of(self)
    }
}

impl Results {
    /// Nothing yet, for an account.
    pub fn of(account: &Account) -> Self {
        Self {
            account: account.name.clone(),
            address: account.address.as_str().to_owned(),
            results: Vec::new(),
            totals: Totals::default(),
            exit: ExitStatus::Yes,
        }
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/import";

    /// What was left for people to look at was told as it was found.
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, totals) = (page.texts(), &self.totals);
        page.line(texts.count("import.taken", totals.taken, &[]))?;
        let of_taken = [
            ("import.receipts", totals.receipts),
            ("import.orphans", totals.orphans),
            ("import.mismatched", totals.mismatched),
            ("import.envelopes", totals.envelopes),
            ("import.anomalies", totals.anomalies),
            ("import.unproven", totals.unproven),
            ("import.known", totals.known),
            ("import.known-unproven", totals.known_unproven),
            ("import.settled", totals.settled),
            ("import.sent", totals.sent),
            ("import.ordinary", totals.ordinary),
            ("import.forgotten", totals.forgotten),
            ("import.other-account", totals.other_account),
            ("import.unreadable", totals.unreadable),
        ];
        for (key, count) in of_taken {
            if count > 0 {
                page.line(texts.count(key, count, &[]))?;
            }
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }
}
