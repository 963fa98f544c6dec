//! Steps 8, 13, 14 and 15: what the verified octets hold, and whether it agrees with itself.
//!
//! Everything here is read from the octets that step 7 verified and from nothing else.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::finding::{CheckId, Findings, Weight};
use crate::address::MailAddress;
use crate::mime::decode;
use crate::mime::{self, Entity, MAX_DEPTH, multipart};
use crate::pec::certification::{self, ProfileFault};
use crate::pec::{
    CERTIFICATION_FILE, CertificationData, DeliveryForm, MessageKind, ORIGINAL_FILE, RecipientKind,
};
use crate::smime::certificate::Certificate;
use crate::smime::signed_data::VerifiedContent;
use crate::timestamp::Timestamp;

/// 2005-01-01T00:00:00Z: the decree on PEC is of 2 November 2005, trials were earlier that year.
const FIRST_PEC: Timestamp = Timestamp::from_unix(1_104_537_600);
/// Seconds by which a receipt may be ahead of our clock: a day, for clocks set wrong.
const FUTURE_TOLERANCE: i64 = 86_400;
/// Signing time against certified time: silent up to 5 s (at most 1 s was seen), a note up to
/// a minute, then a doubt.
const SIGNING_SILENT: i64 = 5;
const SIGNING_NOTE: i64 = 60;

/// What the signed part holds.
pub(super) struct Content<'c> {
    /// The certified data; `None` in an anomaly envelope or when they cannot be read.
    pub data: Option<CertificationData>,
    /// What the message is, by its signed content.
    pub kind: Option<MessageKind>,
    /// The original message, decoded where an encoding was around it.
    pub original: Option<Cow<'c, [u8]>>,
    /// Whether a part should be the original message, readable or not.
    pub has_original_part: bool,
    /// Why there is no daticert.xml, to be told unless the message is an anomaly envelope.
    pub data_missing: bool,
    texts: Vec<Text<'c>>,
}

/// A readable text, decoded.
struct Text<'c> {
    html: bool,
    octets: Cow<'c, [u8]>,
}

/// Steps 8, 13 and 14.
pub(super) fn read<'c>(verified: &VerifiedContent<'c>, findings: &mut Findings) -> Content<'c> {
    let mut content = Content {
        data: None,
        kind: None,
        original: None,
        has_original_part: false,
        data_missing: true,
        texts: Vec::new(),
    };
    if verified.has_nul() {
        findings.add(CheckId::MessageOctets, Weight::Undecides, "message.octets");
    }
    let Some(parts) = first_level(verified.octets(), findings) else {
        return content;
    };
    let mut data_parts = Vec::new();
    let mut originals = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let media = part.media_type().ok();
        let names = part.file_names_with(media.as_ref());
        let essence = media.map(|media| media.essence).unwrap_or_default();
        if names.is(CERTIFICATION_FILE) {
            data_parts.push((part, names));
        } else if names.is(ORIGINAL_FILE) || essence == "message/rfc822" {
            originals.push((part, names.is(ORIGINAL_FILE)));
        } else if index == 0 {
            content.texts = texts(part, &essence);
        }
        if essence.starts_with("multipart/")
            && MULTIPART.find(part.body).is_some()
            && is_deeper_than(part, MAX_DEPTH)
        {
            findings.add(
                CheckId::MessageComplexity,
                Weight::Undecides,
                "message.complexity.signed",
            );
        }
    }
    content.data_missing = data_parts.is_empty();
    content.has_original_part = !originals.is_empty();
    content.original = the_original(&originals, findings);
    match &data_parts[..] {
        [] => {}
        [(part, names)] => {
            findings.pass(CheckId::DaticertPresent);
            findings.pass(CheckId::DaticertName);
            if names.disagree() {
                findings.add_both(
                    CheckId::DaticertName,
                    Weight::Doubt,
                    "daticert.name",
                    names.name.clone().unwrap_or_default(),
                    names.filename.clone().unwrap_or_default(),
                );
            }
            content.data = parse_data(part, findings);
        }
        many => findings.add_both(
            CheckId::DaticertPresent,
            Weight::Undecides,
            "daticert.present.many",
            "1",
            many.len().to_string(),
        ),
    }
    if let Some(data) = &content.data {
        content.kind = data.kind();
        check_profile(data, findings);
    }
    content
}

/// The original message: the one part called postacert.eml, or the one message where none is
/// called so (names vary in anomaly envelopes).
fn the_original<'c>(
    candidates: &[(&Entity<'c>, bool)],
    findings: &mut Findings,
) -> Option<Cow<'c, [u8]>> {
    let any_named = candidates.iter().any(|(_, named)| *named);
    let mut chosen = candidates.iter().filter(|(_, named)| *named == any_named);
    let (part, _) = chosen.next()?;
    if chosen.next().is_some() {
        findings.add(
            CheckId::OriginalPresent,
            Weight::Undecides,
            "original.present.many",
        );
        return None;
    }
    let decoded = part.decoded();
    if decoded.is_err() {
        findings.add(
            CheckId::OriginalPresent,
            Weight::Undecides,
            "original.present.unreadable",
        );
    }
    decoded.ok()
}

/// The parts at the first level of the signed multipart/mixed; `None` when there is none, or
/// when an encoding could hide another tree (RFC 2045, 6.4).
fn first_level<'c>(octets: &'c [u8], findings: &mut Findings) -> Option<Vec<Entity<'c>>> {
    let root = Entity::parse(octets).ok()?;
    let Ok(media) = root.media_type() else {
        findings.add(
            CheckId::StructureBoundary,
            Weight::Undecides,
            "structure.boundary.inner",
        );
        return None;
    };
    if !media.is_multipart() {
        return None;
    }
    findings.pass(CheckId::StructureEncoding);
    let encoding = root.transfer_encoding();
    if !matches!(&*encoding, "7bit" | "8bit" | "binary") {
        findings.add_found(
            CheckId::StructureEncoding,
            Weight::Undecides,
            "structure.encoding",
            encoding,
        );
        return None;
    }
    let cut = media
        .boundary()
        .and_then(|boundary| multipart::split(root.body, boundary));
    match cut {
        Ok(cut) if !cut.ambiguous && cut.closed => Some(
            cut.parts
                .into_iter()
                .filter_map(|part| Entity::parse(part).ok())
                .collect(),
        ),
        Err(mime::Error::TooManyParts) => {
            findings.add(
                CheckId::MessageComplexity,
                Weight::Undecides,
                "message.complexity.parts",
            );
            None
        }
        _ => {
            findings.add(
                CheckId::StructureBoundary,
                Weight::Undecides,
                "structure.boundary.inner",
            );
            None
        }
    }
}

/// What a multipart within another cannot do without; most have none within.
static MULTIPART: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ultipart/"));

/// Whether multiparts stand in multiparts more than `depth` times. The original message is the
/// sender's and is not looked into: its depth is no property of the receipt.
fn is_deeper_than(part: &Entity<'_>, depth: usize) -> bool {
    let Ok(media) = part.media_type() else {
        return false;
    };
    if !media.is_multipart() {
        return false;
    }
    if depth == 0 {
        return true;
    }
    let cut = media
        .boundary()
        .and_then(|boundary| multipart::split(part.body, boundary));
    cut.is_ok_and(|cut| {
        let mut parts = cut.parts.iter().filter_map(|part| Entity::parse(part).ok());
        parts.any(|part| is_deeper_than(&part, depth - 1))
    })
}

/// The readable text: the first part, or the alternatives in it (RFC 6109, 4.3.1).
fn texts<'c>(part: &Entity<'c>, essence: &str) -> Vec<Text<'c>> {
    let text = |entity: &Entity<'c>| {
        let essence = entity.media_type().ok()?.essence;
        let html = essence == "text/html";
        (html || essence == "text/plain").then_some(())?;
        Some(Text {
            html,
            octets: entity.decoded().ok()?,
        })
    };
    if essence != "multipart/alternative" {
        return text(part).into_iter().collect();
    }
    let Ok(media) = part.media_type() else {
        return Vec::new();
    };
    let Ok(cut) = media
        .boundary()
        .and_then(|boundary| multipart::split(part.body, boundary))
    else {
        return Vec::new();
    };
    cut.parts
        .iter()
        .filter_map(|part| text(&Entity::parse(part).ok()?))
        .collect()
}

/// Step 14.
fn parse_data(part: &Entity<'_>, findings: &mut Findings) -> Option<CertificationData> {
    let Ok(octets) = part.decoded() else {
        findings.add(
            CheckId::DaticertXml,
            Weight::Undecides,
            "daticert.xml.encoding",
        );
        return None;
    };
    match CertificationData::parse(&octets) {
        Ok(data) => {
            findings.pass(CheckId::DaticertXml);
            findings.pass(CheckId::DaticertStructure);
            if let Some(element) = data.unknown_elements.first() {
                findings.add_found(
                    CheckId::DaticertStructure,
                    Weight::Note,
                    "daticert.structure.unknown-element",
                    element.clone(),
                );
            }
            Some(data)
        }
        Err(error) => {
            let (check, key) = if error.is_xml() {
                (CheckId::DaticertXml, "daticert.xml")
            } else if matches!(error, certification::Error::Value(_)) {
                (CheckId::DaticertFields, "daticert.fields.value")
            } else {
                (CheckId::DaticertStructure, "daticert.structure")
            };
            findings.add_found(check, Weight::Undecides, key, error.place());
            None
        }
    }
}

/// The table of kinds (RFC 6109, 4.4).
fn check_profile(data: &CertificationData, findings: &mut Findings) {
    findings.pass(CheckId::DaticertKind);
    findings.pass(CheckId::DaticertFields);
    for fault in data.profile_faults() {
        match fault {
            ProfileFault::UnknownWord => findings.add_found(
                CheckId::DaticertKind,
                Weight::Undecides,
                "daticert.kind",
                format!("{} / {}", data.kind_word, data.error_word),
            ),
            ProfileFault::Error => {
                // A delivery with an error must never be read as a delivery.
                let delivery = data.kind() == Some(MessageKind::Delivery);
                let weight = if delivery {
                    Weight::Undecides
                } else {
                    Weight::Doubt
                };
                findings.add_found(
                    CheckId::DaticertFields,
                    weight,
                    "daticert.fields.error",
                    format!("{} / {}", data.kind_word, data.error_word),
                );
            }
            ProfileFault::Missing(element) => {
                findings.add_found(
                    CheckId::DaticertFields,
                    Weight::Undecides,
                    "daticert.fields.missing",
                    element,
                );
            }
            ProfileFault::Unexpected(element) => {
                findings.add_found(
                    CheckId::DaticertFields,
                    Weight::Doubt,
                    "daticert.fields.unexpected",
                    element,
                );
            }
        }
    }
}

/// The present, as far as this computer knows it.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub now: Timestamp,
    /// Its present lies before the day of the trust data.
    pub is_wrong: bool,
}

/// Step 15.
pub(super) fn check_agreement(
    content: &Content<'_>,
    verified: &VerifiedContent<'_>,
    signer: &Certificate,
    clock: Clock,
    findings: &mut Findings,
) {
    let Some(data) = &content.data else { return };
    check_time(data, verified.signing_time(), clock, findings);
    check_recipient(data, findings);
    check_provider_name(data, signer, findings);
    check_texts(content, data, findings);
    check_addresses(data, findings);
    match &content.original {
        Some(octets) => match Entity::parse(octets) {
            Ok(original) => check_original(data, &original, findings),
            Err(_) => findings.add(
                CheckId::OriginalPresent,
                Weight::Undecides,
                "original.present.unreadable",
            ),
        },
        None if content.has_original_part => {}
        None => check_original_absent(data, findings),
    }
}

fn check_time(
    data: &CertificationData,
    signing: Option<Timestamp>,
    clock: Clock,
    findings: &mut Findings,
) {
    findings.pass(CheckId::TimePlausible);
    if data.time < FIRST_PEC {
        findings.add_found(
            CheckId::TimePlausible,
            Weight::Refutes,
            "time.plausible.past",
            data.time.to_string(),
        );
    } else if data.time.seconds_since(clock.now) > FUTURE_TOLERANCE {
        findings.add_both(
            CheckId::TimePlausible,
            if clock.is_wrong {
                Weight::Undecides
            } else {
                Weight::Refutes
            },
            "time.plausible.future",
            clock.now.to_string()[..10].to_owned(),
            data.time.to_string(),
        );
    }
    findings.pass(CheckId::TimeZone);
    let legal = data.time.italian_offset();
    if legal != data.zone {
        findings.add_both(
            CheckId::TimeZone,
            Weight::Doubt,
            "time.zone",
            data.time.rfc3339_at(legal),
            data.time.rfc3339_at(data.zone),
        );
    }
    let Some(signing) = signing else { return };
    findings.pass(CheckId::TimeSigning);
    let apart = signing.seconds_since(data.time).abs();
    if apart > SIGNING_SILENT {
        let weight = if apart > SIGNING_NOTE {
            Weight::Doubt
        } else {
            Weight::Note
        };
        findings.add_both(
            CheckId::TimeSigning,
            weight,
            "time.signing",
            data.time.to_string(),
            signing.to_string(),
        );
    }
}

/// The recipient of whom the message speaks is one of the original's, and certified where a
/// delivery is claimed (RFC 6109, 2.2.1: nothing certified follows for ordinary mail).
fn check_recipient(data: &CertificationData, findings: &mut Findings) {
    let Some(address) = &data.delivered_to else {
        return;
    };
    findings.pass(CheckId::OriginalRecipient);
    let listed = data
        .recipients
        .iter()
        .find(|recipient| recipient.address == *address);
    match listed {
        None => {
            let all: Vec<&str> = data
                .recipients
                .iter()
                .map(|r| r.address.as_str())
                .take(20)
                .collect();
            findings.add_both(
                CheckId::OriginalRecipient,
                Weight::Refutes,
                "original.recipient.unlisted",
                all.join(", "),
                address.as_str(),
            );
        }
        Some(recipient)
            if recipient.kind == RecipientKind::External
                && data.kind() == Some(MessageKind::Delivery) =>
        {
            findings.add_found(
                CheckId::OriginalRecipient,
                Weight::Refutes,
                "original.recipient.external",
                address.as_str(),
            );
        }
        Some(_) => {}
    }
}

/// RFC 6109, 5.5: the provider's name is in the certificate. Providers spell it freely
/// (`ARUBA PEC S.p.A.`, `CNN PEC`), so one common word of weight will do, and none is a remark.
fn check_provider_name(data: &CertificationData, signer: &Certificate, findings: &mut Findings) {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| word.chars().count() > 2 && !GENERIC_WORDS.contains(&&**word))
            .collect()
    };
    let subject = &signer.subject;
    let certified: Vec<String> = [subject.organization(), subject.common_name()]
        .into_iter()
        .flatten()
        .flat_map(words)
        .collect();
    let stated = words(&data.provider);
    findings.pass(CheckId::ProviderName);
    if !stated.is_empty() && !stated.iter().any(|word| certified.contains(word)) {
        let expected = subject.organization().unwrap_or_default();
        findings.add_both(
            CheckId::ProviderName,
            Weight::Note,
            "provider.name",
            expected,
            &*data.provider,
        );
    }
}

/// Words that many providers share.
const GENERIC_WORDS: [&str; 10] = [
    "pec",
    "posta",
    "certificata",
    "gestore",
    "spa",
    "srl",
    "the",
    "per",
    "prova",
    "gruppo",
];

fn check_addresses(data: &CertificationData, findings: &mut Findings) {
    let all = [Some(&data.sender), data.delivered_to.as_ref()]
        .into_iter()
        .flatten()
        .chain(data.recipients.iter().map(|recipient| &recipient.address));
    findings.pass(CheckId::AddressLookalike);
    let mut seen: Vec<&MailAddress> = Vec::new();
    for address in all {
        if address.as_str().is_ascii() && memmem::find(address.as_str().as_bytes(), b"--").is_none()
        {
            continue;
        }
        if let Some(ascii) = address.ascii_form()
            && !seen.contains(&address)
            && seen.len() < 5
        {
            findings.add_both(
                CheckId::AddressLookalike,
                Weight::Doubt,
                "address.lookalike",
                ascii,
                address.as_str(),
            );
            seen.push(address);
        }
    }
}

/// Outcomes as providers word them; only a contradiction is told, wording is free. Searchers
/// are made once: they cost more than a search through a short text.
static DELIVERED_PHRASES: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    finders(&[
        b"stato correttamente consegnato",
        b"stato consegnato nella casella",
    ])
});
static FAILED_PHRASES: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    finders(&[
        b"Avviso di mancata consegna",
        b"stato rifiutato dal sistema",
        b"non \xe8 stato accettato",
    ])
});

fn finders(phrases: &[&'static [u8]]) -> Vec<Finder<'static>> {
    phrases.iter().copied().map(Finder::new).collect()
}

fn check_texts(content: &Content<'_>, data: &CertificationData, findings: &mut Findings) {
    for text in &content.texts {
        let (check, key) = if text.html {
            (CheckId::ContentHtml, "content.html.contradiction")
        } else {
            (CheckId::ContentText, "content.text.contradiction")
        };
        findings.pass(check);
        let subject = data.subject.as_deref().unwrap_or_default().as_bytes();
        let says = |phrases: &'static [Finder<'static>]| {
            phrases
                .iter()
                .filter(|phrase| phrase.find(subject).is_none())
                .find(|phrase| {
                    phrase
                        .find(&text.octets)
                        .is_some_and(|at| !is_denied(&text.octets[..at]))
                })
                .map(Finder::needle)
        };
        let contrary = match data.kind() {
            Some(MessageKind::Delivery) => says(&FAILED_PHRASES),
            Some(MessageKind::TransportEnvelope) => None,
            _ => says(&DELIVERED_PHRASES),
        };
        if let Some(phrase) = contrary {
            findings.add_both(
                check,
                Weight::Doubt,
                key,
                data.kind_word.clone(),
                phrase
                    .iter()
                    .map(|&octet| char::from(octet))
                    .collect::<String>(),
            );
        } else if let Some((expected, found)) = other_identity(text, data) {
            let key = if text.html {
                "content.html.other"
            } else {
                "content.text.other"
            };
            findings.add_both(check, Weight::Doubt, key, expected, found);
        }
        if text.html
            && let Some(found) = active_html(&text.octets)
        {
            findings.add_found(
                CheckId::ContentHtml,
                Weight::Doubt,
                "content.html.active",
                found,
            );
        }
    }
}

/// Whether the words before a phrase deny it: `non è stato consegnato`.
fn is_denied(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(12)..];
    memmem::find(&near.to_ascii_lowercase(), b"non ").is_some()
}

/// A day, an hour, an identifier or a recipient in the text that is not the certified one,
/// where the certified one is not there at all.
fn other_identity(text: &Text<'_>, data: &CertificationData) -> Option<(String, String)> {
    let octets = &*text.octets;
    let lacks = |wanted: &str| !contains(octets, wanted.as_bytes());
    let (day, hour) = &data.clock;
    if let (true, Some(found)) = (lacks(day), first_shape(octets, b"00/00/0000")) {
        return Some((day.clone(), found));
    }
    if let (true, Some(found)) = (lacks(hour), first_shape(octets, b"00:00:00")) {
        return Some((hour.clone(), found));
    }
    if lacks(&data.identifier) && memmem::find(octets, b"dentificativo").is_some() {
        return Some((data.identifier.clone(), "…".into()));
    }
    let address = data.delivered_to.as_ref()?.as_str();
    let absent = lacks(address) && {
        let (lower, wanted) = (octets.to_ascii_lowercase(), address.to_ascii_lowercase());
        memmem::find(&lower, wanted.as_bytes()).is_none()
    };
    (absent && memchr::memchr(b'@', octets).is_some()).then(|| (address.to_owned(), "…".into()))
}

/// Whether `wanted` stands in `octets`, looked for at its rarest octet: quicker for a short text
/// than making a searcher.
fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    let pivot = wanted
        .iter()
        .position(|octet| b"@/:".contains(octet))
        .unwrap_or(0);
    let Some(&rare) = wanted.get(pivot) else {
        return true;
    };
    memchr::memchr_iter(rare, octets).any(|at| {
        let start = at.checked_sub(pivot);
        start.is_some_and(|start| octets.get(start..start + wanted.len()) == Some(wanted))
    })
}

/// The first place where digits and separators stand as in `shape` (`0` is any digit).
fn first_shape(octets: &[u8], shape: &[u8]) -> Option<String> {
    let fits = |window: &&[u8]| {
        window
            .iter()
            .zip(shape)
            .all(|(octet, wanted)| match wanted {
                b'0' => octet.is_ascii_digit(),
                _ => octet == wanted,
            })
    };
    let found = octets.windows(shape.len()).find(fits)?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// What loads or runs something when the text is opened (RFC 6109, 4.3.1 forbids it): a tag
/// that does so by itself, or any other tag but a link that holds an address or a script.
fn active_html(octets: &[u8]) -> Option<String> {
    const ACTIVE: [&str; 7] = [
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "frame",
        "meta http-equiv=\"refresh",
    ];
    const PASSIVE: [&str; 4] = ["a ", "!doctype", "html ", "?xml"];
    for at in memchr::memchr_iter(b'<', octets) {
        let tag = &octets[at + 1..];
        let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len()).min(2_000)];
        let begins = |word: &str| {
            tag.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        };
        let holds = |wanted: &[u8]| {
            tag.windows(wanted.len())
                .any(|window| window.eq_ignore_ascii_case(wanted))
        };
        let found = ACTIVE.iter().any(|word| begins(word))
            || holds(b"javascript:")
            || (memchr::memchr(b'=', tag).is_some()
                && !PASSIVE.iter().any(|word| begins(word))
                && holds(b"http"));
        if found {
            return Some(String::from_utf8_lossy(&tag[..tag.len().min(80)]).into_owned());
        }
    }
    None
}

/// The original message inside: the provider's lines are those of this transaction.
fn check_original(data: &CertificationData, original: &Entity<'_>, findings: &mut Findings) {
    let header = &original.header;
    findings.pass(CheckId::OriginalPresent);
    let any_is = |name: &str, wanted: &str| {
        let mut fields = header.all(name).peekable();
        fields.peek()?;
        Some(fields.any(|field| bare_id(&field.text()) == bare_id(wanted)))
    };
    let first = |name: &str| {
        header
            .first(name)
            .map(|field| field.text().into_owned())
            .unwrap_or_default()
    };
    match any_is("Message-ID", &data.identifier) {
        Some(true) => findings.pass(CheckId::OriginalMessageId),
        Some(false) => findings.add_both(
            CheckId::OriginalMessageId,
            Weight::Refutes,
            "original.message-id",
            data.identifier.clone(),
            first("Message-ID"),
        ),
        None => findings.add(
            CheckId::OriginalMessageId,
            Weight::Doubt,
            "original.message-id.missing",
        ),
    }
    // A sender may have written such a field too; one of them must be the provider's.
    if let Some(message_id) = &data.message_id {
        match any_is("X-Riferimento-Message-ID", message_id) {
            Some(true) => findings.pass(CheckId::OriginalReference),
            Some(false) => findings.add_both(
                CheckId::OriginalReference,
                Weight::Refutes,
                "original.reference",
                message_id.clone(),
                first("X-Riferimento-Message-ID"),
            ),
            None => findings.add(
                CheckId::OriginalReference,
                Weight::Doubt,
                "original.reference.missing",
            ),
        }
    }
    check_original_people(data, original, findings);
    check_original_subject(data, original, findings);
    check_hashes(data, original, findings);
}

/// RFC 6109, 3.3.2.2: in a brief receipt each attachment is replaced by its SHA-1.
fn check_hashes(data: &CertificationData, original: &Entity<'_>, findings: &mut Findings) {
    let brief = data.receipt_form == Some(DeliveryForm::Brief)
        && data.kind() == Some(MessageKind::Delivery);
    if !brief {
        return;
    }
    let malformed = super::sent::malformed_hashes(original);
    if malformed.is_empty() {
        findings.pass(CheckId::OriginalHash);
        findings.add(
            CheckId::OriginalPresent,
            Weight::Note,
            "original.present.brief",
        );
    } else {
        findings.add_found(
            CheckId::OriginalHash,
            Weight::Doubt,
            "original.hash.malformed",
            malformed.join(", "),
        );
    }
}

fn check_original_people(data: &CertificationData, original: &Entity<'_>, findings: &mut Findings) {
    let header = &original.header;
    let from: Vec<MailAddress> = addresses(original, &["From"]);
    match &from[..] {
        [one] if *one == data.sender => findings.pass(CheckId::OriginalSender),
        [one] => findings.add_both(
            CheckId::OriginalSender,
            weight_of(&from),
            "original.sender",
            data.sender.as_str(),
            one.as_str(),
        ),
        _ => findings.add_found(
            CheckId::OriginalSender,
            Weight::Doubt,
            "original.sender.unclear",
            header
                .first("From")
                .map(|field| field.text().into_owned())
                .unwrap_or_default(),
        ),
    }
    // RFC 6109, 3.1.1: the access point takes no recipient that stands in neither To nor Cc.
    if let Some(address) = &data.delivered_to {
        let named = addresses(original, &["To", "Cc"]);
        if !named.is_empty() && !named.contains(address) {
            let shown: Vec<&str> = named.iter().map(MailAddress::as_str).take(20).collect();
            findings.add_both(
                CheckId::OriginalRecipient,
                weight_of(&named),
                "original.recipient.not-addressed",
                address.as_str(),
                shown.join(", "),
            );
        }
    }
}

/// Addresses that are spelt in an odd way by the sender's program (quoted, with a source route)
/// may mean the certified one: they raise a doubt and refute nothing.
fn weight_of(addresses: &[MailAddress]) -> Weight {
    if addresses.iter().all(MailAddress::is_well_formed) {
        Weight::Refutes
    } else {
        Weight::Doubt
    }
}

/// Addresses of all fields of these names, without empty ones.
pub(super) fn addresses(entity: &Entity<'_>, names: &[&str]) -> Vec<MailAddress> {
    names
        .iter()
        .flat_map(|name| entity.header.all(name))
        .flat_map(|field| decode::addresses(field.value))
        .filter(|mailbox| !mailbox.address.is_empty())
        .map(|mailbox| MailAddress::new(&mailbox.address))
        .collect()
}

fn check_original_subject(
    data: &CertificationData,
    original: &Entity<'_>,
    findings: &mut Findings,
) {
    let Some(certified) = &data.subject else {
        return;
    };
    let stated = original
        .header
        .first("Subject")
        .map(|field| field.decoded())
        .unwrap_or_default();
    findings.pass(CheckId::OriginalSubject);
    // Octets in no stated charset cannot be compared.
    if !stated.contains('\u{fffd}') && !same_text(certified, &stated) {
        findings.add_both(
            CheckId::OriginalSubject,
            Weight::Doubt,
            "original.subject",
            certified.clone(),
            stated.into_owned(),
        );
    }
}

/// Equality of subjects but for blanks, which folding and XML both change.
///
/// Some providers certify the subject as it was encoded; the words are the same.
pub(super) fn same_text(a: &str, b: &str) -> bool {
    let same = |a: &str, b: &str| a == b || a.split_whitespace().eq(b.split_whitespace());
    let plain = |text: &str| match text.contains("=?") {
        true => decode::unstructured(text.as_bytes()),
        false => text.to_owned(),
    };
    same(a, b) || ((a.contains("=?") || b.contains("=?")) && same(&plain(a), &plain(b)))
}

/// A Message-ID without angle brackets and blanks around it. Nothing inside is changed:
/// comparison is exact.
pub(super) fn bare_id(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .unwrap_or(text)
        .trim()
}

fn check_original_absent(data: &CertificationData, findings: &mut Findings) {
    match (data.kind(), data.receipt_form) {
        (Some(MessageKind::TransportEnvelope), _) => {
            findings.add(
                CheckId::OriginalPresent,
                Weight::Undecides,
                "original.present.envelope",
            );
        }
        // RFC 6109, 3.3.2.1: a recipient in Cc gets a concise receipt, whatever was asked.
        (Some(MessageKind::Delivery), Some(DeliveryForm::Complete | DeliveryForm::Brief)) => {
            findings.add(
                CheckId::OriginalPresent,
                Weight::Note,
                "original.present.concise",
            );
        }
        (Some(MessageKind::Delivery), _) => {
            findings.add(
                CheckId::OriginalPresent,
                Weight::Note,
                "original.present.without",
            );
        }
        _ => {}
    }
}
