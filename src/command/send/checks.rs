//! What is wrong with a message, and what a person should know before it goes, in words.

use crate::address::MailAddress;
use crate::command::{Failure, Session};
use crate::input;
use crate::lang::Lang;
use crate::ledger::state::Standing;
use crate::ledger::{Ledger, MessageRef, MessageRow};

use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::pec::caution::Warning;
use crate::pec::outgoing::{Attachment, Fault, Limits, OutgoingMessage};
use crate::timestamp::Timestamp;

/// How long an earlier message with the same subject and recipients is worth a warning.
const TWIN_SECONDS: i64 = 24 * 3_600;

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
            &[("found", &megabytes(*found)), ("limit", &megabytes(*limit))],
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
        let since = session.context.clock.now().unix() - TWIN_SECONDS;
        let twins = ledger
            .twins(message, Timestamp::from_unix(since))
            .map_err(|error| Failure::of_ledger(&error))?;
        if let Some(twin) = twins.first() {
            let (short, at) = (&twin.message.short, shown(twin.frozen_at, session.lang));
            lines.push(texts.fill("warning.twin", &[("message", short), ("time", &at)]));
        }
        if let Some(at) = accepted_elsewhere(message, ledger, session)? {
            let at = shown(at, session.lang);
            lines.push(texts.fill("warning.twin-elsewhere", &[("time", &at)]));
        }
    }
    Ok(lines)
}

/// When, within the same time, the mailbox showed an acceptance for the same subject to the same
/// recipients that is for no message of this ledger.
fn accepted_elsewhere(
    message: &OutgoingMessage,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Option<Timestamp>> {
    let since = session.context.clock.now().unix() - TWIN_SECONDS;
    let found = ledger.accepted_elsewhere(message, Timestamp::from_unix(since));
    Ok(found.map_err(|error| Failure::of_ledger(&error))?)
}

/// Refuses what another program, or another copy of the ledger, seems to have sent.
///
/// # Errors
/// When the mailbox holds an acceptance that may be for the same.
pub(super) fn not_elsewhere(
    message: &OutgoingMessage,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<()> {
    match accepted_elsewhere(message, ledger, session)? {
        None => Ok(()),
        Some(at) => {
            let time = shown(at, session.lang);
            Err(Failure::new("said-elsewhere", [("time", time)]).into())
        }
    }
}

/// What was recorded within the same time with the same content for the same recipients, and never
/// left: it is the one to send.
///
/// # Errors
/// When such a message left, or may have, or leaves now: the same people would get the same twice.
pub(super) fn unsent_twin(
    message: &OutgoingMessage,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Option<MessageRef>> {
    let Some(twin) = twin(message, None, ledger, session)? else {
        return Ok(None);
    };
    let mut standings = twin.recipients.iter().map(|(_, standing)| standing);
    if standings.all(|it| matches!(it, Standing::Recorded | Standing::RefusedForNow)) {
        return Ok(Some(twin.message));
    }
    let at = shown(twin.frozen_at, session.lang);
    let values = [("message", twin.message.short), ("time", at)];
    Err(Failure::new("said-already", values).into())
}

/// Whether the same was recorded before a message, which is recorded itself.
pub(super) fn has_older_twin(
    message: &OutgoingMessage,
    own: &MessageRef,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<bool> {
    Ok(twin(message, Some(own), ledger, session)?.is_some())
}

/// The newest twin of a message, recorded before its `own` record if it has one. What reached
/// nobody and never will is none.
fn twin(
    message: &OutgoingMessage,
    own: Option<&MessageRef>,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Option<MessageRow>> {
    use Standing::{NotAccepted, NotDelivered, Refused, Withdrawn};
    let since = session.context.clock.now().unix() - TWIN_SECONDS;
    let of_ledger = |error| Failure::of_ledger(&error);
    let twins = ledger.twins(message, Timestamp::from_unix(since));
    for twin in twins.map_err(of_ledger)? {
        let mut standings = twin.recipients.iter().map(|(_, standing)| standing);
        let reached_nobody =
            standings.all(|it| matches!(it, Refused | Withdrawn | NotAccepted | NotDelivered));
        if reached_nobody || own.is_some_and(|own| !twin.message.is_before(own)) {
            continue;
        }
        let octets = ledger.octets(&twin.octets).map_err(of_ledger)?;
        let recorded = OutgoingMessage::freeze(octets, message.sender(), Limits::default());
        // One with the same Message-ID is told by the ledger when it is to be recorded.
        let is_twin = |recorded: OutgoingMessage| {
            recorded.is_alike(message) && recorded.message_id() != message.message_id()
        };
        if recorded.is_ok_and(is_twin) {
            return Ok(Some(twin));
        }
    }
    Ok(None)
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
        Warning::Large(octets) => say("warning.large", &[("size", &megabytes(*octets))]),
        Warning::EmptySubject => say("warning.empty-subject", &[]),
        Warning::EmptyText => say("warning.empty-text", &[]),
        Warning::EmptyAttachment(name) => say("warning.empty-attachment", &[("name", name)]),
        Warning::LookAlike { address, ascii } => say(
            "warning.look-alike",
            &[("address", address), ("ascii", ascii)],
        ),
    }
}

/// Octets as a person reads them; a MB is 1,000,000 octets, as providers count.
pub(in crate::command) fn megabytes(octets: u64) -> String {
    match octets {
        0..10_000 => format!("{octets} B"),
        10_000..1_000_000 => format!("{} kB", octets / 1_000),
        _ => format!("{}.{} MB", octets / 1_000_000, octets % 1_000_000 / 100_000),
    }
}
