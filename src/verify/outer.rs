//! Step 16: the unsigned header compared with what is signed.
//!
//! What no honest transport changes refutes; what gateways do change is a doubt. The facts are
//! the signed ones in every case.

use std::borrow::Cow;

use super::compare::{addresses, list, same_text};
use super::content::Content;
use super::display;
use super::finding::Comparison::{self, Agrees, Differs, NotMade};
use super::finding::{Finding, Findings};
use super::structure::Signed;
use super::table::{Case, CheckId};
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
    let (hints, outer) = (&signed.hints, &signed.outer);
    findings.record(CheckId::HeaderFrom, from(signed, certificate));
    let display_name = receipt_name(hints, outer, content.kind);
    findings.record(CheckId::HeaderDisplayName, display_name);
    findings.record(CheckId::HeaderSender, sender(outer));
    let Some(kind) = content.kind else { return };
    findings.record(CheckId::HeaderKind, marks(hints, kind));
    let Some(data) = &content.data else {
        check_anomaly(signed, original, findings);
        if let Some(time) = signing_time {
            let date = date(outer, time, || time.to_string());
            findings.record(CheckId::HeaderDate, date);
        }
        return;
    };
    findings.record(CheckId::HeaderReference, reference(hints, data, original));
    let subject = subject(outer, data, original, kind);
    findings.record(CheckId::HeaderSubject, subject);
    check_to(signed, original, data, kind, findings);
    let date = date(outer, data.time, || data.time.rfc3339_at(data.zone));
    findings.record(CheckId::HeaderDate, date);
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
    findings.record(CheckId::HeaderReplyTo, reply_to(outer, allowed));
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
    let of_another = subject_of_another(&subjects(&signed.outer), MessageKind::AnomalyEnvelope);
    let subject = match of_another {
        Some(of_another) => Differs(of_another),
        None if same_text(&subject, &wanted) => Agrees,
        None => Differs(Case::HeaderSubject.both(wanted, subject)),
    };
    findings.record(CheckId::HeaderSubject, subject);
    let addressees = other_addressees_than(&signed.outer, arrived);
    findings.record_all(CheckId::HeaderTo, addressees);
    let from = addresses(arrived, &["From"]);
    let authors = addresses(arrived, &["From", "Sender", "Return-Path"]);
    // Providers name the address for bounces too, which the mail inside need not: nobody
    // certifies it.
    let of_stranger = Case::HeaderDisplayName;
    let name = envelope_name(&signed.hints, &signed.outer, &authors, of_stranger);
    findings.record(CheckId::HeaderDisplayName, name);
    let allowed = || [from, addresses(arrived, &["Reply-To"])].concat();
    findings.record(CheckId::HeaderReplyTo, reply_to(&signed.outer, allowed));
}

/// The display name of an envelope is `Per conto di: a@b` of its sender (RFC 6109, 3.1.5).
/// Another address in it deceives programs that show the name alone; `of_stranger` says how grave
/// that is. Without a sender that can be read there is nothing to compare.
fn envelope_name(
    hints: &Hints<'_>,
    outer: &Entity<'_>,
    senders: &[MailAddress],
    of_stranger: Case,
) -> Comparison {
    let senders = &senders[..senders.len().min(MAX_COMPARED)];
    let ([mailbox], Some(sender)) = (&hints.from[..], senders.first()) else {
        return NotMade;
    };
    if is_plainly_named(outer) && display::speaks_for(&mailbox.display, senders) {
        return Agrees;
    }
    let signer = MailAddress::new(&mailbox.address);
    let allowed = [senders, &[signer]].concat();
    let named = display::stranger(&mailbox.display, &allowed);
    let case = match named {
        Some(_) => of_stranger,
        None => Case::HeaderDisplayName,
    };
    Differs(case.both(format!("Per conto di: {sender}"), &*mailbox.display))
}

/// Answers go where the original says, the first of `allowed` before all.
fn reply_to(outer: &Entity<'_>, allowed: impl FnOnce() -> Vec<MailAddress>) -> Comparison {
    if outer.header.first("Reply-To").is_none() {
        return NotMade;
    }
    let allowed = allowed();
    let shown = addresses(outer, &["Reply-To"]);
    let allowed = &allowed[..allowed.len().min(MAX_COMPARED)];
    let mut places = shown.iter().enumerate();
    let other = places
        .find(|(place, address)| *place >= MAX_COMPARED || !allowed.contains(address))
        .map(|(_, address)| address.to_string());
    let odd = || odd_mailbox(outer, "Reply-To", allowed);
    Comparison::of_all(other.or_else(odd).map(|found| {
        let expected = allowed.first().map(MailAddress::as_str).unwrap_or_default();
        Case::HeaderReplyTo.both(expected, found)
    }))
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
fn other_addressees_than(outer: &Entity<'_>, inside: &Entity<'_>) -> Vec<Finding> {
    let mut differing = Vec::new();
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
            differing.extend(other_addressees(outer, name, &expected));
        }
    }
    differing.extend(hidden_copy(outer));
    differing
}

/// The addresses of one field, unless they are these and nothing in it can be taken for another.
fn other_addressees(outer: &Entity<'_>, name: &str, expected: &[MailAddress]) -> Option<Finding> {
    if is_bare(outer, name, expected) {
        return None;
    }
    let shown = addresses(outer, &[name]);
    let is_odd =
        |field: &&Field<'_>| !plain::are_mailboxes(field.value) || names_others(field, expected);
    let odd = outer.header.all(name).find(is_odd);
    let found = match odd {
        None if shown == expected => return None,
        Some(field) if shown == expected => field.text().into_owned(),
        Some(_) | None => list(&shown),
    };
    Some(Case::HeaderTo.both(list(expected), found))
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

/// Nobody certifies a Bcc, and some programs show it.
fn hidden_copy(outer: &Entity<'_>) -> Option<Finding> {
    let field = outer.header.first("Bcc")?;
    Some(Case::HeaderTo.both("", format!("Bcc: {}", field.text())))
}

/// RFC 6109, 2.1: From is the address in the signer's certificate, and one mailbox that every
/// reader takes for the same.
fn from(signed: &Signed<'_>, certificate: &Certificate) -> Comparison {
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
    let case = match (hints.from_fields, &hints.from[..]) {
        (0, _) => Case::HeaderFromMissing,
        (1, _) if groups.iter().any(|name| !display::is_unquoted(name)) => Case::HeaderFromGroup,
        (1, [one]) if is_signer(&one.address) && is_plain => return Agrees,
        (1, [one]) if is_signer(&one.address) => Case::HeaderFromOdd,
        (1, [_]) => Case::HeaderFrom,
        (1, _) => Case::HeaderFromMany,
        _ => Case::HeaderFromDoubled,
    };
    let signer: Vec<&str> = certificate.mail_addresses().collect();
    let shown: Vec<&str> = hints.from.iter().map(|mailbox| &*mailbox.address).collect();
    let found = match is_plain || !groups.is_empty() {
        true => groups.first().cloned(),
        false => field.map(|field| field.text().into_owned()),
    };
    let found = found.unwrap_or_else(|| shown.join(", "));
    Differs(case.both(signer.join(", "), found))
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
fn receipt_name(hints: &Hints<'_>, outer: &Entity<'_>, kind: Option<MessageKind>) -> Comparison {
    let [mailbox] = &hints.from[..] else {
        return NotMade;
    };
    if kind.is_none_or(MessageKind::is_envelope) {
        return NotMade;
    }
    let signer = MailAddress::new(&mailbox.address);
    let is_its_own = mailbox.display.is_empty()
        || (MailAddress::new(&mailbox.display) == signer
            && mailbox.display.len() == mailbox.address.len());
    if is_its_own && is_plainly_named(outer) {
        return Agrees;
    }
    let case = match display::stranger(&mailbox.display, &[signer]) {
        Some(_) => Case::HeaderDisplayNameStranger,
        None => Case::HeaderDisplayNameReceipt,
    };
    Differs(case.both(&*mailbox.address, &*mailbox.display))
}

/// Whether the name in From has no encoded word that readers decode differently.
fn is_plainly_named(outer: &Entity<'_>) -> bool {
    let from = outer.header.first("From");
    from.is_none_or(|field| plain::are_encoded_words(field.value))
}

fn sender(outer: &Entity<'_>) -> Comparison {
    if outer.header.first("Sender").is_none() {
        return NotMade;
    }
    let (sender, from) = (addresses(outer, &["Sender"]), addresses(outer, &["From"]));
    let text = |name| outer.header.first(name).map(|field| field.text());
    // Written as From it says nothing that From does not; that is looked at by itself.
    let is_from = outer.header.count("Sender") == 1 && text("Sender") == text("From");
    if is_from || (sender == from && odd_mailbox(outer, "Sender", &from).is_none()) {
        return Agrees;
    }
    Differs(Case::HeaderSender.both(list(&from), list(&sender)))
}

/// X-Ricevuta or X-Trasporto is that of the signed kind, and the other one is absent.
fn marks(hints: &Hints<'_>, kind: MessageKind) -> Comparison {
    if hints.kind() == Some(kind) {
        return Agrees;
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
    Differs(match shown.is_empty() {
        true => Case::HeaderKindMissing.both(expected, ""),
        false => Case::HeaderKind.both(expected, shown.join("; ")),
    })
}

/// X-Riferimento-Message-ID is the signed msgid; in data without one, the original's.
fn reference(
    hints: &Hints<'_>,
    data: &CertificationData,
    original: Option<&Entity<'_>>,
) -> Comparison {
    let from_original = || {
        let field = original?.header.first("X-Riferimento-Message-ID")?;
        Some(field.text())
    };
    let stated = data.message_id.as_deref().map(Cow::Borrowed);
    let Some(signed) = stated.or_else(from_original) else {
        return NotMade;
    };
    // Some gateways write long identifiers as encoded words.
    let plain = |id: MessageId<'_>| -> String { id.as_str().split_whitespace().collect() };
    let fits = |shown: &Cow<'_, str>| {
        MessageId::new(shown) == MessageId::new(&signed)
            || plain(MessageId::new(&decode::unstructured(shown.as_bytes())))
                == plain(MessageId::new(&signed))
    };
    if hints.references.is_empty() {
        Differs(Case::HeaderReferenceMissing.both(signed.into_owned(), ""))
    } else if hints.references.iter().all(fits) {
        Agrees
    } else {
        let shown = hints.references.join("; ");
        Differs(Case::HeaderReference.both(signed.into_owned(), shown))
    }
}

/// Each Subject field is prefix and certified subject: readers show the first or the last. Where
/// neither the data nor an original state one, only the prefix can be looked at: whether the rest
/// is right is not known.
fn subject(
    outer: &Entity<'_>,
    data: &CertificationData,
    original: Option<&Entity<'_>>,
    kind: MessageKind,
) -> Comparison {
    // Data may lack a subject (it is optional); then the original's is what was sent.
    let of_original = || original?.header.first("Subject").map(Field::decoded);
    let stated = data.subject.as_deref().map(Cow::Borrowed);
    let stated = stated.or_else(of_original);
    let is_stated = stated.is_some();
    let certified = stated.unwrap_or_default();
    let has_virus = data.error_word == ErrorClass::Virus.word();
    let fits = |shown: &str| {
        let prefixes = kind.subject_prefixes().iter();
        let prefixes = prefixes.filter(|prefix| has_virus || !prefix.contains("PER VIRUS"));
        let mut rests = prefixes.filter_map(|prefix| shown.trim_start().strip_prefix(prefix));
        rests.any(|rest| same_text(rest, &certified)) && !breaks_lines(shown)
    };
    let shown = subjects(outer);
    if let Some(of_another) = subject_of_another(&shown, kind) {
        return Differs(of_another);
    }
    let mut fields = outer.header.all("Subject");
    let is_plain = fields.all(|field| plain::are_encoded_words(field.value));
    if is_plain && !shown.is_empty() && shown.iter().all(|shown| fits(shown)) {
        return if is_stated { Agrees } else { NotMade };
    }
    let prefix = kind.subject_prefixes().first().unwrap_or(&"");
    let expected = format!("{prefix} {certified}");
    Differs(Case::HeaderSubject.both(expected, shown.join("; ")))
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
/// of another kind is put there by nobody honest.
fn subject_of_another(subjects: &[Cow<'_, str>], kind: MessageKind) -> Option<Finding> {
    let is_of_another = |subject: &Cow<'_, str>| {
        let announced = MessageKind::announced_by(subject);
        !announced.is_empty() && !announced.contains(&kind)
    };
    if subjects.is_empty() || !subjects.iter().all(is_of_another) {
        return None;
    }
    let prefix = kind.subject_prefixes().first().unwrap_or(&"");
    Some(Case::HeaderSubjectKind.both(*prefix, subjects.join("; ")))
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
    let mut differing = Vec::new();
    match kind {
        K::TransportEnvelope => {
            if let Some(original) = original {
                let addressees = other_addressees_than(outer, original);
                findings.record_all(CheckId::HeaderTo, addressees);
            }
            return;
        }
        // Compared with what arrived, by `check_anomaly`.
        K::AnomalyEnvelope => return,
        K::TakingCharge | K::VirusDetection => {}
        K::Acceptance | K::NonAcceptance | K::Delivery | K::NonDelivery | K::TimeoutNotice => {
            let sender = std::slice::from_ref(&data.sender);
            differing.extend(other_addressees(outer, "To", sender));
        }
    }
    differing.extend(other_addressees(outer, "Cc", &[]));
    differing.extend(hidden_copy(outer));
    findings.record_all(CheckId::HeaderTo, differing);
}

fn date(outer: &Entity<'_>, time: Timestamp, expected: impl FnOnce() -> String) -> Comparison {
    let shown = header::date(&outer.header);
    // In other forms readers find other days.
    let is_plain = outer
        .header
        .first("Date")
        .is_some_and(|field| plain::is_date(field.value));
    if is_plain && shown.is_some_and(|date| date.seconds_since(time).abs() <= DATE_TOLERANCE) {
        return Agrees;
    }
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
    Differs(Case::HeaderDate.both(expected(), found))
}

/// RFC 6109, 3.1.5: display name, Reply-To, Message-ID and form of receipt of an envelope.
fn check_envelope(signed: &Signed<'_>, data: &CertificationData, findings: &mut Findings) {
    let senders = std::slice::from_ref(&data.sender);
    let of_stranger = Case::HeaderDisplayNameStranger;
    let name = envelope_name(&signed.hints, &signed.outer, senders, of_stranger);
    findings.record(CheckId::HeaderDisplayName, name);
    let allowed = || vec![data.reply_to.clone(), data.sender.clone()];
    findings.record(CheckId::HeaderReplyTo, reply_to(&signed.outer, allowed));
    let message_id = signed
        .outer
        .header
        .first("Message-ID")
        .map(|field| field.text())
        .unwrap_or_default();
    let differs = (MessageId::new(&message_id) != MessageId::new(&data.identifier))
        .then(|| Case::HeaderMessageId.both(data.identifier.clone(), &*message_id));
    findings.record(CheckId::HeaderMessageId, Comparison::of_all(differs));
    if let (Some(form), Some(shown)) = (data.receipt_form, &signed.hints.receipt_form) {
        let differs = (form.word() != shown)
            .then(|| Case::HeaderReceiptForm.both(form.word(), shown.clone()));
        findings.record(CheckId::HeaderReceiptForm, Comparison::of_all(differs));
    }
}
