//! What is wrong with a message, and what a person should know before it goes, in words.

use crate::address::MailAddress;
use crate::client::{self, Once};
use crate::command::{Failure, Session};
use crate::input;
use crate::lang::Lang;
use crate::ledger::{Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::pec::caution::Warning;
use crate::pec::outgoing::{Attachment, Fault, Limits, OutgoingMessage};

/// All faults in one failure.
pub(super) fn failure(faults: &[Fault], lang: Lang) -> Failure {
    let texts = Catalogue::of(lang);
    let lines: Vec<String> = faults.iter().map(|fault| words(fault, texts)).collect();
    Failure::new("message", [("faults", lines.join("; "))])
}

pub(in crate::command) fn words(fault: &Fault, texts: &Catalogue) -> String {
    let say = |key: &str, values: &[(&str, &str)]| texts.fill(key, values);
    match fault {
        Fault::Unreadable => say("fault.unreadable", &[]),
        Fault::NotSevenBit => say("fault.not-seven-bit", &[]),
        Fault::BareLineEnd => say("fault.bare-line-end", &[]),
        Fault::LongLine(line) => say("fault.long-line", &[("line", &line.to_string())]),
        Fault::Missing(field) => say("fault.missing", &[("field", field)]),
        Fault::Doubled(field) => say("fault.doubled", &[("field", field)]),
        Fault::Forbidden(field) => say("fault.forbidden", &[("field", field)]),
        Fault::FromNotOne => say("fault.from-not-one", &[]),
        Fault::FromNotOurs { found, ours } => {
            say("fault.from-not-ours", &[("found", found), ("ours", ours)])
        }
        Fault::BadAddress { field, address } => say(
            "fault.bad-address",
            &[("field", field), ("address", address)],
        ),
        Fault::Twice(address) => say("fault.twice", &[("address", address)]),
        Fault::BadMessageId => say("fault.bad-message-id", &[]),
        Fault::BadDate => say("fault.bad-date", &[]),
        Fault::Control(field) => say("fault.control", &[("field", field)]),
        Fault::BadForm(word) => say("fault.bad-form", &[("word", word)]),
        Fault::TooManyRecipients { found, limit } => say(
            "fault.too-many-recipients",
            &[("found", &found.to_string()), ("limit", &limit.to_string())],
        ),
        Fault::TooLarge { found, limit } => say(
            "fault.too-large",
            &[
                ("found", &texts.size(*found)),
                ("limit", &texts.size(*limit)),
            ],
        ),
    }
}

/// What should make a person stop, a sentence each.
pub(super) fn warnings(
    message: &OutgoingMessage,
    limits: Limits,
    ledger: Option<&Ledger>,
    session: &Session<'_>,
) -> anyhow::Result<Vec<String>> {
    let texts = Catalogue::of(session.lang);
    let known_ordinary = |address: &MailAddress| {
        ledger.is_some_and(|ledger| ledger.is_known_ordinary(address).unwrap_or(false))
    };
    let names_in = |attachment: &Attachment| input::names_in_archive(&attachment.content);
    let found = message.warnings(limits, &known_ordinary, &names_in);
    let mut lines: Vec<String> = found
        .iter()
        .map(|warning| sentence(warning, texts))
        .collect();
    if let Some(ledger) = ledger {
        let similar = client::similar(ledger, message, session.context.clock.now())
            .map_err(|error| Failure::of_ledger(&error))?;
        if let Some((twin, at)) = similar.here {
            let at = shown(at, session.lang);
            let values = [("message", &*twin.short), ("time", &*at)];
            lines.push(texts.fill("warning.twin", &values));
        }
        if let Some(at) = similar.elsewhere {
            let at = shown(at, session.lang);
            lines.push(texts.fill("warning.twin-elsewhere", &[("time", &at)]));
        }
    }
    Ok(lines)
}

/// What was recorded before, says the same and never left, if there is such a message: it is the
/// one to send. The mailbox was read before.
///
/// # Errors
/// A [`Failure`] when the same people would get the same twice.
pub(super) fn only_once(
    message: &OutgoingMessage,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Option<MessageRef>> {
    let time = |at| ("time", shown(at, session.lang));
    let once = client::once(ledger, message, session.context.clock.now());
    let failure = match once.map_err(|error| Failure::of_ledger(&error))? {
        Once::Free => return Ok(None),
        Once::GoesOn(recorded) => return Ok(Some(recorded)),
        Once::Here { message, at } => {
            Failure::new("said-already", [("message", message.short), time(at)])
        }
        Once::Elsewhere { message_id, at } => {
            Failure::new("said-by-another", [("message", message_id), time(at)])
        }
        Once::Alike { at } => Failure::new("said-elsewhere", [time(at)]),
    };
    Err(failure.into())
}

pub(in crate::command) fn sentence(warning: &Warning, texts: &Catalogue) -> String {
    let say = |key: &str, values: &[(&str, &str)]| texts.fill(key, values);
    match warning {
        Warning::Ordinary {
            address,
            by_acceptance: true,
        } => say("warning.ordinary-known", &[("address", address)]),
        Warning::Ordinary { address, .. } => {
            say("warning.ordinary-domain", &[("address", address)])
        }
        Warning::Unsigned(name) => say("warning.unsigned", &[("name", name)]),
        Warning::Blocked { name, inside: None } => say("warning.blocked", &[("name", name)]),
        Warning::Blocked {
            name,
            inside: Some(inside),
        } => say(
            "warning.blocked-inside",
            &[("name", name), ("inside", inside)],
        ),
        Warning::NotificationWithoutComplete(form) => {
            say("warning.notification-form", &[("form", form.word())])
        }
        Warning::NotificationToCopy(address) => {
            say("warning.notification-copy", &[("address", address)])
        }
        Warning::ManyRecipients(count) => {
            say("warning.many-recipients", &[("count", &count.to_string())])
        }
        Warning::Large(octets) => say("warning.large", &[("size", &texts.size(*octets))]),
        Warning::EmptySubject => say("warning.empty-subject", &[]),
        Warning::EmptyText => say("warning.empty-text", &[]),
        Warning::EmptyAttachment(name) => say("warning.empty-attachment", &[("name", name)]),
        Warning::LookAlike { address, ascii } => say(
            "warning.look-alike",
            &[("address", address), ("ascii", ascii)],
        ),
    }
}
