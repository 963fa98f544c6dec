//! Step 16: the unsigned header compared with what is signed.
//!
//! What no honest transport changes refutes; what gateways do change is a doubt. The facts are
//! the signed ones in every case.

use std::borrow::Cow;

use super::compare::{addresses, list, same_text};
use super::content::Content;
use super::display;
use super::finding::{CheckId, Findings, Weight};
use super::structure::Signed;
use crate::address::MailAddress;
use crate::mime::header::Field;
use crate::mime::{Entity, decode, plain};
use crate::pec::header::{self, Hints};
use crate::pec::{CertificationData, ErrorClass, MessageId, MessageKind};
use crate::smime::certificate::Certificate;
use crate::timestamp::Timestamp;

/// Date against certified time: one processing step shares one time (RFC 6109, 4.1); a minute
/// for the hop between program and header.
const DATE_TOLERANCE: i64 = 60;

/// Addresses for answers that are compared with each other; messages have one, lists two.
const MAX_COMPARED: usize = 100;

/// Step 16 for a message whose signature holds.
pub(super) fn check(
    signed: &Signed<'_>,
    (content, original): (&Content<'_>, Option<&Entity<'_>>),
    certificate: &Certificate,
    signing_time: Option<Timestamp>,
    findings: &mut Findings,
) {
    check_from(signed, certificate, findings);
    check_display(&signed.hints, &signed.outer, content.kind, findings);
    check_sender(&signed.outer, findings);
    let Some(kind) = content.kind else { return };
    check_marks(&signed.hints, kind, findings);
    let Some(data) = &content.data else {
        check_anomaly(signed, original, findings);
        if let Some(time) = signing_time {
            check_date(&signed.outer, time, || time.to_string(), findings);
        }
        return;
    };
    check_reference(&signed.hints, data, original, findings);
    check_subject(&signed.outer, data, original, kind, findings);
    check_to(signed, original, data, kind, findings);
    check_date(
        &signed.outer,
        data.time,
        || data.time.rfc3339_at(data.zone),
        findings,
    );
    if kind.is_envelope() {
        check_envelope(signed, data, findings);
        return;
    }
    // Receipts come from the provider: there is nobody else to answer.
    let allowed = || {
        let signer = certificate.mail_addresses().map(MailAddress::new);
        let people = signer.chain([data.sender.clone(), data.reply_to.clone()]);
        people.collect()
    };
    check_reply_to(&signed.outer, allowed, findings);
}

/// RFC 6109, 3.2.2: an anomaly envelope takes over what arrived, which is inside and signed.
fn check_anomaly(signed: &Signed<'_>, arrived: Option<&Entity<'_>>, findings: &mut Findings) {
    let Some(arrived) = arrived else { return };
    let decoded = |entity: &Entity<'_>, name: &str| {
        let field = entity.header.first(name);
        field
            .map(|field| field.decoded().into_owned())
            .unwrap_or_default()
    };
    let subject = decoded(&signed.outer, "Subject");
    let wanted = format!("ANOMALIA MESSAGGIO: {}", decoded(arrived, "Subject"));
    findings.pass(CheckId::HeaderSubject);
    if !check_subject_kind(
        &subjects(&signed.outer),
        MessageKind::AnomalyEnvelope,
        findings,
    ) && !same_text(&subject, &wanted)
    {
        findings.add_both(
            CheckId::HeaderSubject,
            Weight::Doubt,
            "header.subject",
            wanted,
            subject,
        );
    }
    findings.pass(CheckId::HeaderTo);
    compare_addressees(&signed.outer, arrived, findings);
    let from = addresses(arrived, &["From"]);
    let authors = addresses(arrived, &["From", "Sender", "Return-Path"]);
    // Providers name the address for bounces too, which the mail inside need not: nobody
    // certifies it.
    check_envelope_name(
        &signed.hints,
        &signed.outer,
        &authors,
        Weight::Doubt,
        findings,
    );
    let allowed = || [from, addresses(arrived, &["Reply-To"])].concat();
    check_reply_to(&signed.outer, allowed, findings);
}

/// The display name of an envelope is `Per conto di: a@b` of its sender (RFC 6109, 3.1.5).
/// Another address in it deceives programs that show the name alone; `of_stranger` says how grave
/// that is. Without a sender that can be read there is nothing to compare.
fn check_envelope_name(
    hints: &Hints,
    outer: &Entity<'_>,
    senders: &[MailAddress],
    of_stranger: Weight,
    findings: &mut Findings,
) {
    let senders = &senders[..senders.len().min(MAX_COMPARED)];
    let [mailbox] = &hints.from[..] else { return };
    findings.pass(CheckId::HeaderDisplayName);
    let Some(sender) = senders.first() else {
        return;
    };
    if is_plainly_named(outer) && display::speaks_for(&mailbox.display, senders) {
        return;
    }
    let signer = MailAddress::new(&mailbox.address);
    let allowed = [senders, &[signer]].concat();
    let named = display::stranger(&mailbox.display, &allowed);
    let (weight, key) = match named {
        Some(_) if of_stranger == Weight::Refutes => {
            (Weight::Refutes, "header.display-name.stranger")
        }
        Some(_) | None => (Weight::Doubt, "header.display-name"),
    };
    findings.add_both(
        CheckId::HeaderDisplayName,
        weight,
        key,
        format!("Per conto di: {sender}"),
        &*mailbox.display,
    );
}

/// Answers go where the original says, the first of `allowed` before all.
fn check_reply_to(
    outer: &Entity<'_>,
    allowed: impl FnOnce() -> Vec<MailAddress>,
    findings: &mut Findings,
) {
    findings.pass(CheckId::HeaderReplyTo);
    if outer.header.first("Reply-To").is_none() {
        return;
    }
    let allowed = allowed();
    let shown = addresses(outer, &["Reply-To"]);
    let allowed = &allowed[..allowed.len().min(MAX_COMPARED)];
    let mut places = shown.iter().enumerate();
    let other = places
        .find(|(place, address)| *place >= MAX_COMPARED || !allowed.contains(address))
        .map(|(_, address)| address.to_string());
    let odd = || odd_mailbox(outer, "Reply-To", allowed);
    if let Some(found) = other.or_else(odd) {
        let expected = allowed.first().map(MailAddress::as_str).unwrap_or_default();
        findings.add_both(
            CheckId::HeaderReplyTo,
            Weight::Doubt,
            "header.reply-to",
            expected,
            found,
        );
    }
}

/// A field that is no plain mailbox, which readers take differently, or whose name is the address
/// of somebody else; as it is written.
fn odd_mailbox(outer: &Entity<'_>, name: &str, people: &[MailAddress]) -> Option<String> {
    let is_odd =
        |field: &&Field<'_>| !plain::is_mailbox(field.value) || names_others(field, people);
    let odd = outer.header.all(name).find(is_odd)?;
    Some(odd.text().into_owned())
}

/// Whether a name beside an address is the address of somebody else, or cannot be read alike.
fn names_others(field: &Field<'_>, people: &[MailAddress]) -> bool {
    let people = &people[..people.len().min(MAX_COMPARED)];
    let is_odd = |name: &str| display::stranger(name, people).is_some() || breaks_lines(name);
    !plain::are_encoded_words(field.value)
        || decode::addresses(field.value)
            .iter()
            .any(|mailbox| is_odd(&mailbox.display))
}

/// To and Cc of an envelope are those of the message inside, each in its field.
fn compare_addressees(outer: &Entity<'_>, inside: &Entity<'_>, findings: &mut Findings) {
    for name in ["To", "Cc"] {
        let texts = |entity: &Entity<'_>| -> Vec<String> {
            let fields = entity.header.all(name);
            fields.map(|field| field.decoded().into_owned()).collect()
        };
        let (shown, expected) = (texts(outer), texts(inside));
        let is_same = shown.len() == expected.len()
            && shown
                .iter()
                .zip(&expected)
                .all(|(a, b)| same_text(a, b) && !breaks_lines(a));
        if !is_same {
            let expected = addresses(inside, &[name]);
            check_addressees(outer, name, &expected, findings);
        }
    }
    no_hidden_copy(outer, findings);
}

/// The addresses of one field are these, and nothing in it can be taken for another.
fn check_addressees(
    outer: &Entity<'_>,
    name: &str,
    expected: &[MailAddress],
    findings: &mut Findings,
) {
    if is_bare(outer, name, expected) {
        return;
    }
    let shown = addresses(outer, &[name]);
    let is_odd =
        |field: &&Field<'_>| !plain::are_mailboxes(field.value) || names_others(field, expected);
    let odd = outer.header.all(name).find(is_odd);
    if shown != expected || odd.is_some() {
        let found = match odd {
            Some(field) if shown == expected => field.text().into_owned(),
            _ => list(&shown),
        };
        add_other_addressees(list(expected), found, findings);
    }
}

/// Whether the field is not there and nobody is expected, or is the one address as providers write
/// it, without a name: then there is nothing in it to read.
fn is_bare(outer: &Entity<'_>, name: &str, expected: &[MailAddress]) -> bool {
    let mut fields = outer.header.all(name);
    match (fields.next(), expected) {
        (None, []) => true,
        (Some(field), [one]) => {
            field.value.trim_ascii() == one.as_str().as_bytes()
                && plain::is_mailbox(field.value)
                && plain::are_encoded_words(field.value)
                && fields.next().is_none()
        }
        (None, [_, ..]) | (Some(_), [] | [_, _, ..]) => false,
    }
}

fn add_other_addressees(expected: String, found: String, findings: &mut Findings) {
    findings.add_both(
        CheckId::HeaderTo,
        Weight::Doubt,
        "header.to",
        expected,
        found,
    );
}

/// Nobody certifies a Bcc, and some programs show it.
fn no_hidden_copy(outer: &Entity<'_>, findings: &mut Findings) {
    if let Some(field) = outer.header.first("Bcc") {
        add_other_addressees(String::new(), format!("Bcc: {}", field.text()), findings);
    }
}

/// RFC 6109, 2.1: From is the address in the signer's certificate, and one mailbox that every
/// reader takes for the same.
fn check_from(signed: &Signed<'_>, certificate: &Certificate, findings: &mut Findings) {
    let hints = &signed.hints;
    let field = signed.outer.header.first("From");
    let groups = field.map_or(Vec::new(), |field| decode::groups(field.value));
    let is_signer = |address: &str| {
        let mut signers = certificate.mail_addresses();
        signers.any(|signer| {
            signer == address || MailAddress::new(signer) == MailAddress::new(address)
        })
    };
    let is_plain = field.is_some_and(|field| is_plain_from(field, &hints.from));
    let (weight, key) = match (hints.from_fields, &hints.from[..]) {
        (0, _) => (Weight::Refutes, "header.from.missing"),
        (1, _) if groups.iter().any(|name| !display::is_unquoted(name)) => {
            (Weight::Refutes, "header.from.group")
        }
        (1, [one]) if is_signer(&one.address) && is_plain => {
            findings.pass(CheckId::HeaderFrom);
            return;
        }
        (1, [one]) if is_signer(&one.address) => (Weight::Undecides, "header.from.odd"),
        (1, [_]) => (Weight::Refutes, "header.from"),
        (1, _) => (Weight::Refutes, "header.from.many"),
        _ => (Weight::Refutes, "header.from.doubled"),
    };
    let signer: Vec<&str> = certificate.mail_addresses().collect();
    let shown: Vec<&str> = hints.from.iter().map(|mailbox| &*mailbox.address).collect();
    let found = match is_plain || !groups.is_empty() {
        true => groups.first().cloned(),
        false => field.map(|field| field.text().into_owned()),
    };
    findings.add_both(
        CheckId::HeaderFrom,
        weight,
        key,
        signer.join(", "),
        found.unwrap_or_else(|| shown.join(", ")),
    );
}

/// Whether a From is one plain mailbox, whose domain may be written in its U-labels (RFC 6532).
fn is_plain_from(field: &Field<'_>, mailboxes: &[decode::Mailbox]) -> bool {
    if field.value.is_ascii() {
        return plain::is_mailbox(field.value);
    }
    let [one] = mailboxes else { return false };
    let address = MailAddress::new(&one.address);
    let in_labels = address
        .ascii_form()
        .filter(|_| address.local_part().is_ascii());
    let written = in_labels.map(|ascii| field.text().replacen(&*one.address, &ascii, 1));
    written.is_some_and(|text| plain::is_mailbox(text.as_bytes())) || plain::is_mailbox(field.value)
}

/// Receipts have a bare From (RFC 6109, 3). Any name but the address itself is somebody's
/// addition; one that names another address deceives programs that show the name alone.
fn check_display(
    hints: &Hints,
    outer: &Entity<'_>,
    kind: Option<MessageKind>,
    findings: &mut Findings,
) {
    let [mailbox] = &hints.from[..] else { return };
    if kind.is_none_or(MessageKind::is_envelope) {
        return;
    }
    findings.pass(CheckId::HeaderDisplayName);
    let signer = MailAddress::new(&mailbox.address);
    let is_its_own = mailbox.display.is_empty()
        || (MailAddress::new(&mailbox.display) == signer
            && mailbox.display.len() == mailbox.address.len());
    if is_its_own && is_plainly_named(outer) {
        return;
    }
    let (weight, key) = match display::stranger(&mailbox.display, &[signer]) {
        Some(_) => (Weight::Refutes, "header.display-name.stranger"),
        None => (Weight::Doubt, "header.display-name.receipt"),
    };
    findings.add_both(
        CheckId::HeaderDisplayName,
        weight,
        key,
        &*mailbox.address,
        &*mailbox.display,
    );
}

/// Whether the name in From has no encoded word that readers decode differently.
fn is_plainly_named(outer: &Entity<'_>) -> bool {
    let from = outer.header.first("From");
    from.is_none_or(|field| plain::are_encoded_words(field.value))
}

fn check_sender(outer: &Entity<'_>, findings: &mut Findings) {
    if outer.header.first("Sender").is_none() {
        return;
    }
    findings.pass(CheckId::HeaderSender);
    let (sender, from) = (addresses(outer, &["Sender"]), addresses(outer, &["From"]));
    let text = |name| outer.header.first(name).map(|field| field.text());
    // Written as From it says nothing that From does not; that is looked at by itself.
    let is_from = outer.header.count("Sender") == 1 && text("Sender") == text("From");
    if !is_from && (sender != from || odd_mailbox(outer, "Sender", &from).is_some()) {
        findings.add_both(
            CheckId::HeaderSender,
            Weight::Doubt,
            "header.sender",
            list(&from),
            list(&sender),
        );
    }
}

/// X-Ricevuta or X-Trasporto is that of the signed kind, and the other one is absent.
fn check_marks(hints: &Hints, kind: MessageKind, findings: &mut Findings) {
    if hints.kind() == Some(kind) {
        findings.pass(CheckId::HeaderKind);
        return;
    }
    let (field, value) = kind.mark();
    let expected = format!("{field}: {value}");
    let shown: Vec<String> = (hints
        .receipt
        .iter()
        .map(|value| format!("X-Ricevuta: {value}")))
    .chain(
        hints
            .transport
            .iter()
            .map(|value| format!("X-Trasporto: {value}")),
    )
    .collect();
    if shown.is_empty() {
        findings.add_both(
            CheckId::HeaderKind,
            Weight::Doubt,
            "header.kind.missing",
            expected,
            "",
        );
    } else {
        findings.add_both(
            CheckId::HeaderKind,
            Weight::Refutes,
            "header.kind",
            expected,
            shown.join("; "),
        );
    }
}

/// X-Riferimento-Message-ID is the signed msgid; in data without one, the original's.
fn check_reference(
    hints: &Hints,
    data: &CertificationData,
    original: Option<&Entity<'_>>,
    findings: &mut Findings,
) {
    let from_original = || {
        let field = original?.header.first("X-Riferimento-Message-ID")?;
        Some(field.text())
    };
    let stated = data.message_id.as_deref().map(Cow::Borrowed);
    let Some(signed) = stated.or_else(from_original) else {
        return;
    };
    // Some gateways write long identifiers as encoded words.
    let plain = |id: MessageId<'_>| -> String { id.as_str().split_whitespace().collect() };
    let fits = |shown: &String| {
        MessageId::new(shown) == MessageId::new(&signed)
            || plain(MessageId::new(&decode::unstructured(shown.as_bytes())))
                == plain(MessageId::new(&signed))
    };
    if hints.references.is_empty() {
        findings.add_both(
            CheckId::HeaderReference,
            Weight::Doubt,
            "header.reference.missing",
            signed.into_owned(),
            "",
        );
    } else if hints.references.iter().all(fits) {
        findings.pass(CheckId::HeaderReference);
    } else {
        let shown = hints.references.join("; ");
        findings.add_both(
            CheckId::HeaderReference,
            Weight::Refutes,
            "header.reference",
            signed.into_owned(),
            shown,
        );
    }
}

/// Each Subject field is prefix and certified subject: readers show the first or the last.
fn check_subject(
    outer: &Entity<'_>,
    data: &CertificationData,
    original: Option<&Entity<'_>>,
    kind: MessageKind,
    findings: &mut Findings,
) {
    // Data may lack a subject (it is optional); then the original's is what was sent.
    let certified = match &data.subject {
        Some(subject) => Cow::Borrowed(&**subject),
        None => {
            let subject = original.and_then(|original| original.header.first("Subject"));
            subject.map(Field::decoded).unwrap_or_default()
        }
    };
    let has_virus = data.error_word == ErrorClass::Virus.word();
    let fits = |shown: &str| {
        let prefixes = kind.subject_prefixes().iter();
        let prefixes = prefixes.filter(|prefix| has_virus || !prefix.contains("PER VIRUS"));
        let mut rests = prefixes.filter_map(|prefix| shown.trim_start().strip_prefix(prefix));
        rests.any(|rest| same_text(rest, &certified)) && !breaks_lines(shown)
    };
    findings.pass(CheckId::HeaderSubject);
    let shown = subjects(outer);
    if check_subject_kind(&shown, kind, findings) {
        return;
    }
    let mut fields = outer.header.all("Subject");
    let is_plain = fields.all(|field| plain::are_encoded_words(field.value));
    if !is_plain || shown.is_empty() || !shown.iter().all(|shown| fits(shown)) {
        let prefix = kind.subject_prefixes().first().unwrap_or(&"");
        let expected = format!("{prefix} {certified}");
        findings.add_both(
            CheckId::HeaderSubject,
            Weight::Doubt,
            "header.subject",
            expected,
            shown.join("; "),
        );
    }
}

/// All Subject fields, decoded.
fn subjects<'a>(outer: &Entity<'a>) -> Vec<Cow<'a, str>> {
    let fields = outer.header.fields().iter();
    let subjects = fields.filter(|field| field.is("Subject"));
    subjects.map(|field| field.decoded()).collect()
}

/// Whether a decoded text would break a line where it is shown, and look like more fields.
fn breaks_lines(text: &str) -> bool {
    let breaks = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}'
        ) || matches!(c, '\u{2028}' | '\u{2029}')
    };
    text.contains(breaks)
}

/// The word that a subject begins with is the only mark of the kind that mail programs show: that
/// of another kind is put there by nobody honest. Tells whether it is that of another kind.
fn check_subject_kind(
    subjects: &[Cow<'_, str>],
    kind: MessageKind,
    findings: &mut Findings,
) -> bool {
    let is_of_another = |subject: &Cow<'_, str>| {
        let announced = MessageKind::announced_by(subject);
        !announced.is_empty() && !announced.contains(&kind)
    };
    if subjects.is_empty() || !subjects.iter().all(is_of_another) {
        return false;
    }
    let prefix = kind.subject_prefixes().first().unwrap_or(&"");
    findings.add_both(
        CheckId::HeaderSubject,
        Weight::Refutes,
        "header.subject.kind",
        *prefix,
        subjects.join("; "),
    );
    true
}

/// Receipts go to the sender alone; an envelope keeps the original's To and Cc. Notices between
/// providers go to a service mailbox that only the directory knows.
fn check_to(
    signed: &Signed<'_>,
    original: Option<&Entity<'_>>,
    data: &CertificationData,
    kind: MessageKind,
    findings: &mut Findings,
) {
    use MessageKind as K;
    let outer = &signed.outer;
    findings.pass(CheckId::HeaderTo);
    match kind {
        K::TransportEnvelope => {
            if let Some(original) = original {
                compare_addressees(outer, original, findings);
            }
            return;
        }
        // Compared with what arrived, by `check_anomaly`.
        K::AnomalyEnvelope => return,
        K::TakingCharge | K::VirusDetection => {}
        K::Acceptance | K::NonAcceptance | K::Delivery | K::NonDelivery | K::TimeoutNotice => {
            let sender = std::slice::from_ref(&data.sender);
            check_addressees(outer, "To", sender, findings);
        }
    }
    check_addressees(outer, "Cc", &[], findings);
    no_hidden_copy(outer, findings);
}

fn check_date(
    outer: &Entity<'_>,
    time: Timestamp,
    expected: impl FnOnce() -> String,
    findings: &mut Findings,
) {
    findings.pass(CheckId::HeaderDate);
    let shown = header::date(&outer.header);
    // In other forms readers find other days.
    let is_plain = outer
        .header
        .first("Date")
        .is_some_and(|field| plain::is_date(field.value));
    if !is_plain || shown.is_none_or(|date| date.seconds_since(time).abs() > DATE_TOLERANCE) {
        let text = || {
            outer
                .header
                .first("Date")
                .map(|field| field.text().into_owned())
        };
        let found = shown
            .filter(|_| is_plain)
            .map(|date| date.to_string())
            .or_else(text)
            .unwrap_or_default();
        findings.add_both(
            CheckId::HeaderDate,
            Weight::Doubt,
            "header.date",
            expected(),
            found,
        );
    }
}

/// RFC 6109, 3.1.5: display name, Reply-To, Message-ID and form of receipt of an envelope.
fn check_envelope(signed: &Signed<'_>, data: &CertificationData, findings: &mut Findings) {
    let senders = std::slice::from_ref(&data.sender);
    check_envelope_name(
        &signed.hints,
        &signed.outer,
        senders,
        Weight::Refutes,
        findings,
    );
    let allowed = || vec![data.reply_to.clone(), data.sender.clone()];
    check_reply_to(&signed.outer, allowed, findings);
    findings.pass(CheckId::HeaderMessageId);
    let message_id = signed
        .outer
        .header
        .first("Message-ID")
        .map(|field| field.text())
        .unwrap_or_default();
    if MessageId::new(&message_id) != MessageId::new(&data.identifier) {
        findings.add_both(
            CheckId::HeaderMessageId,
            Weight::Doubt,
            "header.message-id",
            data.identifier.clone(),
            message_id.into_owned(),
        );
    }
    if let (Some(form), Some(shown)) = (data.receipt_form, &signed.hints.receipt_form) {
        findings.pass(CheckId::HeaderReceiptForm);
        if form.word() != shown {
            findings.add_both(
                CheckId::HeaderReceiptForm,
                Weight::Doubt,
                "header.receipt-form",
                form.word(),
                shown.clone(),
            );
        }
    }
}
