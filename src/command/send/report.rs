//! What `pec send` shows: the message before it goes, and what became of it.

use serde::Serialize;

use super::checks::megabytes;
use crate::client::{Search, Submitted};
use crate::command::Session;
use crate::command::access::Access;
use crate::exit::ExitStatus;
use crate::ledger::{Ledger, MessageRef, MessageRow};
use crate::output::catalogue::Catalogue;
use crate::output::json;
use crate::output::style::Tone;
use crate::pec::outgoing::{OutgoingMessage, RecipientField};
use crate::printable::Printable;
use crate::smime::sha256;
use crate::transport::{Reply, SubmissionOutcome};

/// The message as a person checks it before sending; on standard error.
pub(super) fn preview(
    message: &OutgoingMessage,
    warnings: &[String],
    access: &Access,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let lines = summary(message, access, session);
    for line in lines {
        writeln!(session.err, "{line}")?;
    }
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
        let label = texts.text(key);
        format!("{label:<14} {}", Printable(value))
    };
    let named = |field: RecipientField| -> Vec<&str> {
        let all = message.recipients().iter();
        all.filter(|recipient| recipient.field == field)
            .map(|recipient| recipient.address.as_str())
            .collect()
    };
    let mut lines = vec![
        line("send.label.account", &access.account.name),
        line("send.label.from", message.sender().as_str()),
        line("send.label.to", &named(RecipientField::To).join(", ")),
    ];
    let copies = named(RecipientField::Cc);
    if !copies.is_empty() {
        lines.push(line("send.label.cc", &copies.join(", ")));
    }
    lines.push(line("send.label.subject", message.subject()));
    lines.push(line("send.label.receipt", message.form().word()));
    for attachment in message.attachments() {
        let size = megabytes(attachment.content.len() as u64);
        lines.push(line(
            "send.label.attachment",
            &format!("{} ({size})", attachment.name),
        ));
    }
    let octets = message.octets().len() as u64;
    lines.push(line("send.label.size", &megabytes(octets)));
    lines
}

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    version: u32,
    program: &'static str,
    account: &'a str,
    dry_run: bool,
    warnings: &'a [String],
    searched: Vec<SearchedJson<'a>>,
    not_asked: Vec<String>,
    messages: Vec<T>,
}

/// What was found out before anything was sent.
#[derive(Clone, Copy, Default)]
pub(super) struct Before<'a> {
    /// What should make a person stop.
    pub warnings: &'a [String],
    /// What the mailbox answered about messages in doubt.
    pub searched: Option<&'a Search>,
}

#[derive(Serialize)]
struct SearchedJson<'a> {
    id: &'a str,
    found: &'static str,
}

impl<'a> Before<'a> {
    fn searched(self) -> Vec<SearchedJson<'a>> {
        let answers = self.searched.map_or(&[][..], |search| &search.answers);
        let answers = answers.iter().map(|(message, found)| SearchedJson {
            id: &message.short,
            found: found.word(),
        });
        answers.collect()
    }

    fn not_asked(self) -> Vec<String> {
        let gaps = self.searched.map_or(&[][..], |search| &search.gaps);
        gaps.iter().map(ToString::to_string).collect()
    }
}

#[derive(Serialize)]
struct DryMessage<'a> {
    message_id: &'a str,
    sha256: String,
    size: usize,
    subject: &'a str,
    receipt_form: &'static str,
    recipients: Vec<DryRecipient<'a>>,
    attachments: Vec<DryAttachment<'a>>,
}

#[derive(Serialize)]
struct DryRecipient<'a> {
    address: &'a str,
    field: &'static str,
}

#[derive(Serialize)]
struct DryAttachment<'a> {
    name: &'a str,
    size: usize,
    sha256: String,
}

/// `--dry-run`: everything, on standard output; the octets as they would leave.
pub(super) fn dry_run(
    message: &OutgoingMessage,
    warnings: &[String],
    access: &Access,
    as_json: bool,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if as_json {
        let recipients = message.recipients().iter().map(|recipient| DryRecipient {
            address: recipient.address.as_str(),
            field: recipient.field.word(),
        });
        let attachments = message
            .attachments()
            .iter()
            .map(|attachment| DryAttachment {
                name: &attachment.name,
                size: attachment.content.len(),
                sha256: sha256(&attachment.content),
            });
        let document = Document {
            schema: "pec/send",
            version: 1,
            program: PROGRAM,
            account: &access.account.name,
            dry_run: true,
            warnings,
            searched: Vec::new(),
            not_asked: Vec::new(),
            messages: vec![DryMessage {
                message_id: message.message_id(),
                sha256: sha256(message.octets()),
                size: message.octets().len(),
                subject: message.subject(),
                receipt_form: message.form().word(),
                recipients: recipients.collect(),
                attachments: attachments.collect(),
            }],
        };
        writeln!(session.out, "{}", json::pretty(&document)?)?;
        return Ok(ExitStatus::Yes);
    }
    for line in summary(message, access, session) {
        writeln!(session.out, "{line}")?;
    }
    write_warnings(warnings, session)?;
    writeln!(session.out)?;
    // Printable line by line: a ready message may hold anything.
    for line in String::from_utf8_lossy(message.octets()).lines() {
        writeln!(session.out, "{}", Printable(line))?;
    }
    let texts = Catalogue::of(session.lang);
    writeln!(session.err, "{}", texts.text("send.dry-run"))?;
    Ok(ExitStatus::Yes)
}

const PROGRAM: &str = concat!("pec ", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
struct SentMessage<'a> {
    id: &'a str,
    message_id: String,
    sha256: String,
    outcome: &'static str,
    reply: Option<ReplyJson>,
    reason: Option<String>,
    recorded: bool,
    recipients: Vec<SentRecipient>,
    copy: Option<CopyJson>,
}

#[derive(Serialize)]
struct SentRecipient {
    address: String,
    standing: &'static str,
    reply: Option<ReplyJson>,
}

#[derive(Serialize)]
struct ReplyJson {
    code: u16,
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

#[derive(Serialize)]
struct CopyJson {
    folder: Option<String>,
    error: Option<String>,
}

type FiledCopy = Option<Result<Option<String>, String>>;

/// What became of the messages, for a person.
pub(super) fn text(
    sent: &[(MessageRef, Submitted)],
    copies: &[FiledCopy],
    ledger: &Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    for ((message, submitted), copy) in sent.iter().zip(copies) {
        let row = row(ledger, message)?;
        tell(message, &row, submitted, copy, session)?;
    }
    Ok(())
}

/// The same as one JSON document.
pub(super) fn json(
    sent: &[(MessageRef, Submitted)],
    copies: &[FiledCopy],
    ledger: &Ledger,
    account: &str,
    before: Before<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let messages = sent.iter().zip(copies);
    let messages = messages.map(|((message, submitted), copy)| {
        Ok(SentMessage::of(
            message,
            row(ledger, message)?,
            submitted,
            copy,
        ))
    });
    let document = Document {
        schema: "pec/send",
        version: 1,
        program: PROGRAM,
        account,
        dry_run: false,
        warnings: before.warnings,
        searched: before.searched(),
        not_asked: before.not_asked(),
        messages: messages.collect::<anyhow::Result<_>>()?,
    };
    writeln!(session.out, "{}", json::pretty(&document)?)?;
    Ok(())
}

fn row(ledger: &Ledger, message: &MessageRef) -> anyhow::Result<MessageRow> {
    let row = ledger.row(message);
    Ok(row.map_err(|error| crate::command::Failure::of_ledger(&error))?)
}

impl<'a> SentMessage<'a> {
    fn of(
        message: &'a MessageRef,
        row: MessageRow,
        submitted: &Submitted,
        copy: &FiledCopy,
    ) -> Self {
        let (outcome, reply, reason) = words(&submitted.report.outcome);
        let answers = submitted.report.recipients.iter();
        let recipients = row.recipients.iter().zip(answers);
        let recipients = recipients.map(|((address, standing), reply)| SentRecipient {
            address: address.to_string(),
            standing: standing.word(),
            reply: reply.as_ref().map(ReplyJson::from),
        });
        Self {
            id: &message.short,
            outcome,
            reply: reply.map(ReplyJson::from),
            reason,
            recorded: submitted.unrecorded.is_none(),
            recipients: recipients.collect(),
            copy: copy.as_ref().map(|copy| CopyJson {
                folder: copy.as_ref().ok().cloned().flatten(),
                error: copy.as_ref().err().cloned(),
            }),
            message_id: row.message_id,
            sha256: row.octets,
        }
    }
}

/// The worst of the messages' outcomes.
pub(super) fn exit_status(sent: &[(MessageRef, Submitted)]) -> ExitStatus {
    let each = sent.iter().map(|(_, submitted)| exit_status_of(submitted));
    each.fold(ExitStatus::Yes, ExitStatus::worse)
}

fn words(outcome: &SubmissionOutcome) -> (&'static str, Option<&Reply>, Option<String>) {
    match outcome {
        SubmissionOutcome::Taken(reply) => ("taken", Some(reply), None),
        SubmissionOutcome::Refused(reply) if reply.is_for_now() => {
            ("refused-for-now", Some(reply), None)
        }
        SubmissionOutcome::SenderRefused(reply) => ("refused-for-now", Some(reply), None),
        SubmissionOutcome::Refused(reply) => ("refused", Some(reply), None),
        SubmissionOutcome::NotSent(error) => ("not-sent", None, Some(error.to_string())),
        SubmissionOutcome::InDoubt { reply, reason } => {
            ("in-doubt", reply.as_ref(), Some(reason.clone()))
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

fn tell(
    message: &MessageRef,
    row: &MessageRow,
    submitted: &Submitted,
    copy: &FiledCopy,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    let (outcome, reply, reason) = words(&submitted.report.outcome);
    let reply = reply.map(ToString::to_string).unwrap_or_default();
    let reason = reason.unwrap_or_default();
    let values = [
        ("message", &*message.short),
        ("subject", &*row.subject),
        ("reply", &reply),
        ("reason", &reason),
    ];
    let tone = match outcome {
        "taken" => Tone::Good,
        "in-doubt" => Tone::Unsure,
        _ => Tone::Bad,
    };
    let line = match &submitted.report.outcome {
        SubmissionOutcome::SenderRefused(_) => texts.fill("send.outcome.sender-refused", &values),
        SubmissionOutcome::InDoubt { reply: Some(_), .. } => {
            texts.fill("send.outcome.in-doubt-answered", &values)
        }
        _ => texts.fill(&format!("send.outcome.{outcome}"), &values),
    };
    writeln!(session.out, "{}", session.style.paint(tone, line))?;
    let answers = row.recipients.iter().zip(&submitted.report.recipients);
    for ((address, _), reply) in answers {
        if let Some(reply) = reply.as_ref().filter(|reply| reply.code >= 400) {
            let values = [
                ("address", address.as_str()),
                ("reply", &*reply.to_string()),
            ];
            writeln!(
                session.out,
                "  {}",
                texts.fill("send.recipient-refused", &values)
            )?;
        }
    }
    writeln!(
        session.out,
        "{}",
        texts.fill(&format!("send.next.{outcome}"), &values)
    )?;
    let mut answers = submitted.report.recipients.iter().flatten();
    let is_left_over = |reply: &Reply| reply.code >= 400 && reply.is_for_now();
    if outcome == "taken" && answers.any(is_left_over) {
        let line = texts.fill("send.next.left-over", &values);
        writeln!(session.out, "{line}")?;
    }
    if let Some(error) = &submitted.unrecorded {
        let reason = error.to_string();
        writeln!(
            session.err,
            "{}",
            texts.fill(
                "send.unrecorded",
                &[("reason", &reason), ("message", &message.short)]
            )
        )?;
    }
    match copy {
        Some(Ok(Some(folder))) => {
            writeln!(
                session.err,
                "{}",
                texts.fill("send.copy", &[("folder", folder)])
            )?;
        }
        Some(Err(reason)) => {
            writeln!(
                session.err,
                "{}",
                texts.fill("send.no-copy", &[("reason", reason)])
            )?;
        }
        _ => {}
    }
    Ok(())
}
