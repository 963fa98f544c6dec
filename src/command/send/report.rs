//! What `pec send` shows: the message before it goes, and what became of it.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::client::{Filed, Handed, Search, Submitted};
use crate::command::access::Access;
use crate::command::pages;
use crate::command::{Session, words as known_words};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::MessageRow;
use crate::ledger::fact::What;
use crate::output::catalogue::Catalogue;
use crate::output::report::{Form, Page, Report, SHA256, SHORT_ID, known};
use crate::output::style::Tone;
use crate::pec::caution::{Stop, is_signed_document};
use crate::pec::outgoing::{Attachment, OutgoingMessage, RecipientField};
use crate::printable::Printable;
use crate::smime::sha256;
use crate::transport::{Reply, SubmissionOutcome};

/// The message before it goes, on standard error: who and what, and for a person who is asked the
/// whole text.
///
/// # Errors
/// Those of the streams.
pub(super) fn preview(
    message: &OutgoingMessage,
    warnings: &[String],
    access: &Access,
    asks: bool,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let mut lines = summary(message, access, session);
    // Only who is asked reads.
    if asks {
        lines.extend(text(message, session.lang));
    }
    pages::show(&lines, session)?;
    write_warnings(warnings, session)
}

fn write_warnings(warnings: &[String], session: &mut Session<'_>) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    for warning in warnings {
        let line = format!("{} {warning}", texts.text("send.warning"));
        writeln!(session.err, "{line}")?;
    }
    Ok(())
}

fn summary(message: &OutgoingMessage, access: &Access, session: &Session<'_>) -> Vec<String> {
    let texts = Catalogue::of(session.lang);
    let line = |key: &str, value: &str| {
        let label = if key.is_empty() { "" } else { texts.text(key) };
        format!("{label:<14} {}", Printable(value))
    };
    // One a line: among many a wrong one is overlooked.
    let named = |key: &'static str, field: RecipientField| -> Vec<String> {
        let all = message.recipients().iter();
        all.filter(|recipient| recipient.field == field)
            .enumerate()
            .map(|(at, recipient)| {
                let key = if at == 0 { key } else { "" };
                line(key, recipient.address.as_str())
            })
            .collect()
    };
    let from = match message.sender_name() {
        Some(name) => format!("{name} <{}>", message.sender().as_str()),
        None => message.sender().as_str().to_owned(),
    };
    let mut lines = vec![
        line("send.label.account", &access.account.name),
        line("send.label.from", &from),
    ];
    lines.extend(named("send.label.to", RecipientField::To));
    lines.extend(named("send.label.cc", RecipientField::Cc));
    lines.push(line("send.label.subject", message.subject()));
    lines.push(line("send.label.receipt", message.form().word()));
    for attachment in message.attachments() {
        let size = texts.size(attachment.content.len() as u64);
        let signed = match is_signed_document(attachment) {
            true => "preview.signed",
            false => "preview.unsigned",
        };
        let values = [
            ("name", &*attachment.name),
            ("size", &*size),
            ("type", &*kind(attachment, texts)),
            ("signed", texts.text(signed)),
        ];
        lines.push(line(
            "send.label.attachment",
            &texts.fill("preview.attachment", &values),
        ));
    }
    if message.attachments().is_empty() {
        let none = texts.text("preview.no-attachment");
        lines.push(line("send.label.attachments", none));
    }
    let octets = message.octets().len() as u64;
    lines.push(line("send.label.size", &texts.size(octets)));
    lines
}

/// What a file is, in a word that both languages know.
fn kind(attachment: &Attachment, texts: &Catalogue) -> String {
    let ending = attachment
        .name
        .rsplit_once('.')
        .map_or("", |(_, ending)| ending);
    let begins = |start: &[u8]| attachment.content.starts_with(start);
    let is_word =
        (1..=5).contains(&ending.len()) && ending.bytes().all(|c| c.is_ascii_alphanumeric());
    match () {
        () if begins(b"%PDF-") => "PDF".to_owned(),
        () if is_word => ending.to_ascii_uppercase(),
        () if begins(b"PK\x03\x04") => "ZIP".to_owned(),
        () => texts.text("preview.type").to_owned(),
    }
}

/// The whole text, line by line.
fn text(message: &OutgoingMessage, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let mut lines = vec![String::new()];
    for text in message.texts() {
        lines.extend(text.lines().flat_map(pages::safe));
    }
    if lines.iter().all(|line| line.trim().is_empty()) {
        lines = vec![format!(
            "{:<14} {}",
            texts.text("preview.text"),
            texts.text("preview.no-text")
        )];
    }
    lines.push(String::new());
    lines
}

/// # What pec send did, version 1
///
/// The document that `pec send --json` writes: what was sent, or with --dry-run what would be. With
/// --wait, once the provider took the message, the document is that of pec status instead. Every
/// field that is described is always there; where there is nothing to say it is null or empty.
/// Fields may be added within version 1, so objects are open. Warnings are in the language of the
/// run; the texts of servers are as they came; reasons are for people; everything else is the same
/// in both languages. Characters that act on a terminal are written as \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// The account that sends. With --resume of several accounts their names, between commas.
    account: &'a str,
    /// What should make a person stop, a sentence each.
    warnings: &'a [String],
    /// With --resume: what the mailbox answered about each message in doubt, before anything was
    /// sent.
    searched: Vec<SearchedJson<'a>>,
    /// What of the mailbox did not answer then, a line each: the folder, and why.
    not_asked: Vec<String>,
    #[serde(flatten)]
    done: Done<'a>,
    /// The same for a person.
    #[serde(skip)]
    lines: Vec<String>,
    /// What the shell gets.
    #[serde(skip)]
    exit: ExitStatus,
}

/// What was done, or would be.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Done<'a> {
    /// With --dry-run: nothing was sent and nothing was recorded.
    Planned {
        /// Whether nothing was sent and nothing was recorded (--dry-run).
        #[schemars(extend("const" = true))]
        dry_run: bool,
        /// What would stop it, by the words of --despite; then the exit status is 2.
        #[schemars(schema_with = "stops")]
        stops: Vec<&'static str>,
        /// The one that would be sent.
        messages: [DryMessage<'a>; 1],
    },
    /// Without it.
    Sent {
        /// Whether nothing was sent and nothing was recorded (--dry-run).
        #[schemars(extend("const" = false))]
        dry_run: bool,
        /// The messages that were handed over in this run, one without --resume; with --resume
        /// perhaps none: pec status tells of those that were settled without sending.
        messages: Vec<SentMessage<'a>>,
    },
}

fn founds(_: &mut SchemaGenerator) -> Schema {
    known(["receipt", "unproved", "for-others", "unknown", "nothing"])
}

fn stops(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "array", "items": known(Stop::ALL.map(Stop::word)) })
}

fn outcomes(_: &mut SchemaGenerator) -> Schema {
    known(Outcome::ALL.map(Outcome::word))
}

/// How handing over a message ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Taken,
    Refused,
    RefusedForNow,
    NotSent,
    InDoubt,
}

impl Outcome {
    const ALL: [Self; 5] = [
        Self::Taken,
        Self::Refused,
        Self::RefusedForNow,
        Self::NotSent,
        Self::InDoubt,
    ];

    /// The word in the JSON, and in the keys of the texts: that of the fact.
    const fn word(self) -> &'static str {
        let what = match self {
            Self::Taken => What::Taken,
            Self::Refused => What::Refused,
            Self::RefusedForNow => What::RefusedForNow,
            Self::NotSent => What::NotSent,
            Self::InDoubt => What::InDoubt,
        };
        what.word()
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Taken => Tone::Good,
            Self::InDoubt => Tone::Unsure,
            Self::Refused | Self::RefusedForNow | Self::NotSent => Tone::Bad,
        }
    }
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/send";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.lines(&self.lines)
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "searched")]
struct SearchedJson<'a> {
    /// The short id.
    #[schemars(regex(pattern = SHORT_ID))]
    id: &'a str,
    /// receipt: a genuine one speaks of it. unproved: something names it and is not proved.
    /// unknown: not all of the mailbox answered, see not_asked. nothing: every folder was asked,
    /// every message that names it was read, and none is there.
    #[schemars(schema_with = "founds")]
    found: &'static str,
}

impl<'a> SearchedJson<'a> {
    fn of(search: &'a Search) -> Vec<Self> {
        let answers = search.answers.iter().map(|(message, found)| Self {
            id: &message.short,
            found: found.word(),
        });
        answers.collect()
    }
}

/// With --dry-run: the message as it would leave.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "planned")]
struct DryMessage<'a> {
    /// Its Message-ID with angle brackets.
    #[schemars(regex(pattern = r"^<.+>$"))]
    message_id: &'a str,
    /// SHA-256 of the octets that are sent.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// The number of its octets.
    #[schemars(range(min = 1))]
    size: usize,
    /// Subject, decoded; may be empty.
    subject: &'a str,
    /// The form of delivery receipt asked for.
    #[schemars(schema_with = "known_words::delivery_form")]
    receipt_form: &'static str,
    /// All recipients, To before Cc.
    #[schemars(length(min = 1))]
    recipients: Vec<DryRecipient<'a>>,
    /// The files attached.
    attachments: Vec<DryAttachment<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "planned_recipient")]
struct DryRecipient<'a> {
    /// The address as written.
    address: &'a str,
    /// Where it stands in the header.
    #[schemars(schema_with = "known_words::field")]
    field: &'static str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "attachment")]
struct DryAttachment<'a> {
    /// The name of the file.
    name: &'a str,
    /// Its octets.
    size: usize,
    /// Their SHA-256.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
}

/// `--dry-run`: everything, on standard output; the octets as they would leave.
pub(super) fn dry_run(
    message: &OutgoingMessage,
    (warnings, stops): (&[String], &[Stop]),
    access: &Access,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut lines = summary(message, access, session);
    let texts = Catalogue::of(session.lang);
    if session.context.stdout_is_terminal {
        // Nobody reads megabytes of base64.
        lines.extend(text(message, session.lang));
        lines.push(texts.text("preview.whole").to_owned());
    } else {
        lines.push(String::new());
        // Printable line by line: a ready message may hold anything.
        let octets = String::from_utf8_lossy(message.octets());
        lines.extend(octets.lines().map(|line| Printable(line).to_string()));
    }
    let document = Document {
        account: &access.account.name,
        warnings,
        searched: Vec::new(),
        not_asked: Vec::new(),
        done: Done::Planned {
            dry_run: true,
            stops: stops.iter().map(|stop| stop.word()).collect(),
            messages: [DryMessage::of(message)],
        },
        lines,
        exit: ExitStatus::Yes,
    };
    if form == Form::Json {
        return Ok(session.out.show(&document, form)?);
    }
    write_warnings(warnings, session)?;
    let status = session.out.show(&document, Form::Text)?;
    writeln!(session.err, "{}", texts.text("send.dry-run"))?;
    Ok(status)
}

impl<'a> DryMessage<'a> {
    fn of(message: &'a OutgoingMessage) -> Self {
        let recipients = message.recipients().iter().map(|recipient| DryRecipient {
            address: recipient.address.as_str(),
            field: recipient.field.word(),
        });
        let attachments = message.attachments().iter();
        let attachments = attachments.map(|attachment| DryAttachment {
            name: &attachment.name,
            size: attachment.content.len(),
            sha256: sha256(&attachment.content),
        });
        Self {
            message_id: message.message_id(),
            sha256: sha256(message.octets()),
            size: message.octets().len(),
            subject: message.subject(),
            receipt_form: message.form().word(),
            recipients: recipients.collect(),
            attachments: attachments.collect(),
        }
    }
}

/// A message that was handed over, or that was to be.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sent")]
struct SentMessage<'a> {
    /// The short id, for pec status, pec wait and pec send --resume.
    #[schemars(regex(pattern = SHORT_ID))]
    id: &'a str,
    /// The account that sends it, by the name under which it was used last.
    account: String,
    /// Its Message-ID with angle brackets.
    #[schemars(regex(pattern = r"^<.+>$"))]
    message_id: String,
    /// SHA-256 of the octets that are sent.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// taken: the provider has it. refused: by the server, for good. refused-for-now: by the
    /// server, may be tried again with --resume. not-sent: it never left, may be tried again with
    /// --resume. in-doubt: the line broke where the provider may have it; it is not sent again by
    /// itself.
    #[schemars(schema_with = "outcomes")]
    outcome: &'static str,
    /// What the server answered; null where there was no answer.
    reply: Option<ReplyJson>,
    /// Of not-sent and in-doubt: what happened, in English; else null.
    reason: Option<String>,
    /// Whether the outcome is in the ledger; if not, the ledger calls the message in doubt.
    recorded: bool,
    /// All recipients, To before Cc.
    #[schemars(length(min = 1))]
    recipients: Vec<SentRecipient>,
    /// The copy in the folder of sent mail; null where none was to be filed: not taken, or
    /// --no-copy.
    copy: Option<CopyJson>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "recipient")]
struct SentRecipient {
    /// The address as written.
    address: String,
    /// Where the message stands for this recipient; see the schema of pec status.
    #[schemars(schema_with = "known_words::standing")]
    standing: &'static str,
    /// What the server answered; null where there was no answer.
    reply: Option<ReplyJson>,
}

/// What the server answered; null where there was no answer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "reply")]
struct ReplyJson {
    /// Its code: 2xx yes, 4xx not now, 5xx no.
    #[schemars(range(min = 200, max = 599))]
    code: u16,
    /// Its words, lines joined.
    text: String,
}

impl From<&Reply> for ReplyJson {
    fn from(reply: &Reply) -> Self {
        Self {
            code: reply.code,
            text: reply.text.to_string(),
        }
    }
}

/// The copy in the folder of sent mail; null where none was to be filed: not taken, or --no-copy.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "copy")]
struct CopyJson {
    /// The folder it is in; null where the account wants none, the server marks none, or it failed.
    folder: Option<String>,
    /// Why it could not be filed, in English; null if nothing went wrong.
    error: Option<String>,
}

/// What was found out before anything left.
#[derive(Default)]
pub(super) struct Before {
    /// What should make a person stop, a sentence each.
    pub warnings: Vec<String>,
    /// What the mailbox answered about messages in doubt.
    pub searched: Search,
}

impl Before {
    /// Takes over what was found out for another account.
    pub fn take_in(&mut self, other: Self) {
        self.warnings.extend(other.warnings);
        self.searched.take_in(other.searched);
    }
}

impl<'a> Document<'a> {
    /// What became of messages.
    pub fn of(
        handed: &'a [Handed],
        rows: Vec<MessageRow>,
        account: &'a str,
        before: &'a Before,
        next: Next,
        session: &Session<'_>,
    ) -> Self {
        let (mut messages, mut lines) = (Vec::new(), Vec::new());
        for (one, row) in handed.iter().zip(rows) {
            lines.extend(told(one, &row, next, session));
            messages.push(SentMessage::of(one, row));
        }
        Self {
            account,
            warnings: &before.warnings,
            searched: SearchedJson::of(&before.searched),
            not_asked: before
                .searched
                .gaps
                .iter()
                .map(ToString::to_string)
                .collect(),
            done: Done::Sent {
                dry_run: false,
                messages,
            },
            lines,
            exit: exit_status(handed),
        }
    }
}

impl<'a> SentMessage<'a> {
    fn of(handed: &'a Handed, row: MessageRow) -> Self {
        let submitted = &handed.submitted;
        let (outcome, reply, reason) = words(&submitted.report.outcome);
        let answers = submitted.report.recipients.iter();
        let recipients = row.recipients.iter().zip(answers);
        let recipients = recipients.map(|((address, standing), reply)| SentRecipient {
            address: address.to_string(),
            standing: standing.word(),
            reply: reply.as_ref().map(ReplyJson::from),
        });
        Self {
            id: &handed.message.short,
            outcome: outcome.word(),
            reply: reply.map(ReplyJson::from),
            reason,
            recorded: submitted.unrecorded.is_none(),
            recipients: recipients.collect(),
            copy: handed.copy.as_ref().map(CopyJson::of),
            message_id: row.message_id,
            account: row.account,
            sha256: row.octets,
        }
    }
}

impl CopyJson {
    fn of(filed: &Filed) -> Self {
        let (folder, error) = match filed {
            Filed::In(folder) => (Some(folder.clone()), None),
            Filed::Nowhere => (None, None),
            Filed::Failed(reason) => (None, Some(reason.clone())),
        };
        Self { folder, error }
    }
}

/// The worst of the messages' outcomes.
pub(super) fn exit_status(handed: &[Handed]) -> ExitStatus {
    let each = handed.iter().map(|one| exit_status_of(&one.submitted));
    each.fold(ExitStatus::Yes, ExitStatus::worse)
}

fn words(outcome: &SubmissionOutcome) -> (Outcome, Option<&Reply>, Option<String>) {
    match outcome {
        SubmissionOutcome::Taken(reply) => (Outcome::Taken, Some(reply), None),
        SubmissionOutcome::Refused(reply) if reply.is_for_now() => {
            (Outcome::RefusedForNow, Some(reply), None)
        }
        SubmissionOutcome::SenderRefused(reply) => (Outcome::RefusedForNow, Some(reply), None),
        SubmissionOutcome::Refused(reply) => (Outcome::Refused, Some(reply), None),
        SubmissionOutcome::NotSent(error) => (Outcome::NotSent, None, Some(error.to_string())),
        SubmissionOutcome::InDoubt { reply, reason } => {
            (Outcome::InDoubt, reply.as_ref(), Some(reason.clone()))
        }
    }
}

fn exit_status_of(submitted: &Submitted) -> ExitStatus {
    if submitted.unrecorded.is_some() {
        return ExitStatus::Undecided;
    }
    let refused = |reply: &Option<Reply>| reply.as_ref().is_some_and(|reply| reply.code >= 400);
    match &submitted.report.outcome {
        SubmissionOutcome::Taken(_) if submitted.report.recipients.iter().any(refused) => {
            ExitStatus::No
        }
        SubmissionOutcome::Taken(_) => ExitStatus::Yes,
        SubmissionOutcome::Refused(reply) if reply.is_for_now() => ExitStatus::NotNow,
        SubmissionOutcome::Refused(_) | SubmissionOutcome::SenderRefused(_) => ExitStatus::Refused,
        SubmissionOutcome::NotSent(_) => ExitStatus::NotNow,
        SubmissionOutcome::InDoubt { .. } => ExitStatus::Undecided,
    }
}

/// Who follows a message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Whoever sent it: how is said.
    Person,
    /// This run, which waits for its receipts.
    ThisRun,
}

/// What became of one, in lines.
fn told(handed: &Handed, row: &MessageRow, next: Next, session: &Session<'_>) -> Vec<String> {
    let submitted = &handed.submitted;
    let texts = Catalogue::of(session.lang);
    let (outcome, reply, reason) = words(&submitted.report.outcome);
    let reply = reply.map(ToString::to_string).unwrap_or_default();
    let reason = reason.unwrap_or_default();
    let values = [
        ("message", &*handed.message.short),
        ("subject", &*row.subject),
        ("reply", &reply),
        ("reason", &reason),
    ];
    let line = match &submitted.report.outcome {
        SubmissionOutcome::SenderRefused(_) => texts.fill("send.outcome.sender-refused", &values),
        SubmissionOutcome::InDoubt { reply: Some(_), .. } => {
            texts.fill("send.outcome.in-doubt-answered", &values)
        }
        SubmissionOutcome::Taken(_)
        | SubmissionOutcome::Refused(_)
        | SubmissionOutcome::NotSent(_)
        | SubmissionOutcome::InDoubt { reply: None, .. } => {
            texts.fill(&format!("send.outcome.{}", outcome.word()), &values)
        }
    };
    let mut lines = vec![session.style.paint(outcome.tone(), line)];
    let answers = row.recipients.iter().zip(&submitted.report.recipients);
    for ((address, _), reply) in answers {
        if let Some(reply) = reply.as_ref().filter(|reply| reply.code >= 400) {
            let values = [
                ("address", address.as_str()),
                ("reply", &*reply.to_string()),
            ];
            let line = texts.fill("send.recipient-refused", &values);
            lines.push(format!("  {line}"));
        }
    }
    if (outcome, next) != (Outcome::Taken, Next::ThisRun) {
        lines.push(texts.fill(&format!("send.next.{}", outcome.word()), &values));
    }
    let mut answers = submitted.report.recipients.iter().flatten();
    let is_left_over = |reply: &Reply| reply.code >= 400 && reply.is_for_now();
    if outcome == Outcome::Taken && answers.any(is_left_over) {
        lines.push(texts.fill("send.next.left-over", &values));
    }
    lines
}

/// What a person is told of one beside its result.
pub(super) fn tell_beside(handed: &Handed, session: &mut Session<'_>) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    if let Some(error) = &handed.submitted.unrecorded {
        let (reason, short) = (error.to_string(), &handed.message.short);
        let values = [("reason", &*reason), ("message", short)];
        writeln!(session.err, "{}", texts.fill("send.unrecorded", &values))?;
    }
    let line = match &handed.copy {
        Some(Filed::In(folder)) => texts.fill("send.copy", &[("folder", folder)]),
        Some(Filed::Failed(reason)) => texts.fill("send.no-copy", &[("reason", reason)]),
        Some(Filed::Nowhere) | None => return Ok(()),
    };
    Ok(writeln!(session.err, "{line}")?)
}
