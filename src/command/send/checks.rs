//! What is wrong with a message, and what a person should know before it goes, in words.

use crate::client::{Cautions, Kept, Went};
use crate::command::{Failure, objections};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::legal::Rule;
use crate::pec::caution::{Stop, Warning};
use crate::pec::outgoing::Fault;

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
            &[
                ("found", &texts.counted("recipients", *found)),
                ("limit", &texts.number(*limit)),
            ],
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
pub(super) fn warnings(cautions: &Cautions, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let warnings = cautions.warnings.iter();
    let mut lines: Vec<String> = warnings.map(|warning| sentence(warning, lang)).collect();
    lines.extend(objections::told(&cautions.court, lang));
    if let Some((twin, at)) = &cautions.similar.here {
        let values = [("message", &*twin.short), ("time", &*shown(*at, lang))];
        lines.push(texts.fill("warning.twin", &values));
    }
    if let Some(at) = cautions.similar.elsewhere {
        let values = [("time", &*shown(at, lang))];
        lines.push(texts.fill("warning.twin-elsewhere", &values));
    }
    if let Some(at) = cautions.similar.lost {
        let values = [("time", &*shown(at, lang))];
        lines.push(texts.fill("warning.twin-lost", &values));
    }
    if let Some(row) = &cautions.similar.other_account {
        let values = [
            ("account", &*row.account),
            ("message", &*row.message.short),
            ("time", &*shown(row.frozen_at, lang)),
        ];
        lines.push(texts.fill("warning.twin-of-other-account", &values));
    }
    lines
}

/// Why a new message was not handed over, where that was not a person's choice.
pub(super) fn kept(kept: Kept, lang: Lang) -> Option<Failure> {
    let time = |at| ("time", shown(at, lang));
    let size = |octets| Catalogue::of(lang).size(octets);
    Some(match kept {
        Kept::Declined => return None,
        Kept::Unasked => Failure::new("needs-yes", []),
        Kept::Stopped(stops) => stopped(&stops, lang),
        Kept::Went(Went::Here { message, at }) => {
            Failure::new("said-already", [("message", message.short), time(at)])
        }
        Kept::Went(Went::Elsewhere { message_id, at }) => {
            Failure::new("said-by-another", [("message", message_id), time(at)])
        }
        Kept::Went(Went::Lost { at }) => Failure::new("said-lost", [time(at)]),
        Kept::Went(Went::Alike { at }) => Failure::new("said-elsewhere", [time(at)]),
        Kept::Meanwhile => Failure::new("said-meanwhile", []),
        Kept::TooLarge { octets, limit } => {
            let values = [("size", size(octets)), ("limit", size(limit))];
            Failure::new("too-large-for-server", values)
        }
    })
}

/// That a message is stopped, and what would have to be named.
pub(super) fn stopped(stops: &[Stop], lang: Lang) -> Failure {
    let word = |stop: &Stop| match lang {
        Lang::It => stop.italian(),
        Lang::En => stop.word(),
    };
    let options = stops.iter().map(|stop| format!("--despite {}", word(stop)));
    let options = options.collect::<Vec<_>>().join(" ");
    Failure::new("stopped", [("options", options)])
}

/// A warning in words.
pub(in crate::command) fn sentence(warning: &Warning, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let say = |key: &str, values: &[(&str, &str)]| texts.fill(key, values);
    let law = |key: &str, values: &[(&str, &str)]| {
        let rule = Rule::of(&format!("caution.{key}"), values, lang);
        let sentence = rule.text.trim_end_matches('.');
        let values = [("sentence", sentence), ("source", rule.source)];
        texts.fill("warning.law", &values)
    };
    match warning {
        Warning::Ordinary {
            address,
            by_acceptance: true,
        } => say("warning.ordinary-known", &[("address", address)]),
        Warning::Ordinary { address, .. } => {
            say("warning.ordinary-domain", &[("address", address)])
        }
        Warning::Unsigned(name) => law("unsigned", &[("name", name)]),
        Warning::Blocked { name, inside: None } => say("warning.blocked", &[("name", name)]),
        Warning::Blocked {
            name,
            inside: Some(inside),
        } => say(
            "warning.blocked-inside",
            &[("name", name), ("inside", inside)],
        ),
        Warning::NotificationWithoutComplete(form) => {
            law("notification-form", &[("form", form.word())])
        }
        Warning::NotificationToCopy(address) => law("notification-copy", &[("address", address)]),
        Warning::NotificationToOrdinary(address) => {
            law("notification-ordinary", &[("address", address)])
        }
        Warning::VisibleRecipients(count) => {
            law("visible-recipients", &[("count", &texts.number(*count))])
        }
        Warning::ManyRecipients(count) => texts.count("warning.many-recipients", *count, &[]),
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
