//! Step 15: whether the signed part agrees with itself: time, recipient, provider, and the
//! original message inside.

use super::compare::{addresses, same_text};
use super::content::Content;
use super::finding::{CheckId, Findings, Weight};
use super::original::Original;
use super::{sent, texts};
use crate::address::MailAddress;
use crate::mime::header::Header;
use crate::mime::{self, Entity};
use crate::pec::{CertificationData, DeliveryForm, MessageId, MessageKind, RecipientKind};
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

const HOUR: i64 = 3_600;

/// Step 15.
pub(super) fn check(
    content: &Content<'_>,
    original: Option<&Original<'_>>,
    verified: &VerifiedContent<'_>,
    signer: &Certificate,
    now: Timestamp,
    findings: &mut Findings,
) {
    let Some(data) = &content.data else { return };
    check_time(data, verified.signing_time(), now, findings);
    check_recipient(data, findings);
    check_provider_name(data, signer, findings);
    texts::check(&content.texts, data, findings);
    check_addresses(data, findings);
    match original {
        Some(original) => match &original.message {
            Some(message) => {
                check_original(data, message, findings);
                check_hashes(data, original, findings);
            }
            None => findings.add(
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
    now: Timestamp,
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
    } else if data.time.seconds_since(now) > FUTURE_TOLERANCE {
        // Who signed is proved; of two clocks one is wrong, and it may be ours.
        findings.add_both(
            CheckId::TimePlausible,
            Weight::Undecides,
            "time.plausible.future",
            now.to_string(),
            data.time.to_string(),
        );
    }
    findings.pass(CheckId::TimeZone);
    let legal = data.time.italian_offset();
    if legal != data.zone {
        // A server that keeps UTC states the same instant and says so; any other zone is a
        // clock that somebody set wrong.
        let weight = match data.zone {
            0 => Weight::Note,
            _ => Weight::Doubt,
        };
        findings.add_both(
            CheckId::TimeZone,
            weight,
            "time.zone",
            data.time.rfc3339_at(legal),
            data.time.rfc3339_at(data.zone),
        );
    }
    let Some(signing) = signing else { return };
    findings.pass(CheckId::TimeSigning);
    let apart = signing.seconds_since(data.time).abs();
    // Of the hour that occurs twice a provider may have named the other one.
    let is_other_hour = (apart - HOUR).abs() <= SIGNING_SILENT && data.time.is_in_repeated_hour();
    if apart > SIGNING_SILENT {
        let weight = if apart > SIGNING_NOTE && !is_other_hour {
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
    findings.pass(CheckId::ProviderName);
    let subject = &signer.subject;
    let names = [subject.organization(), subject.common_name()];
    let names = names.into_iter().flatten();
    let certifies = |word: &str| {
        let mut words = names.clone().flat_map(words);
        words.any(|other| is_same_word(word, other)) && has_weight(word)
    };
    let stated = || words(&data.provider);
    if !stated().any(certifies) && stated().any(has_weight) {
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

/// The first words of a name, without the shortest.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2 && word.chars().nth(2).is_some())
        .take(NAME_WORDS)
}

/// Whether a word tells a provider from others.
fn has_weight(word: &str) -> bool {
    let mut generic = GENERIC_WORDS.iter();
    !generic.any(|other| word.eq_ignore_ascii_case(other))
}

/// Equality but for the case of letters. Ends at the first difference: what is compared here may
/// come from a stranger.
fn is_same_word(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    let lower = |text| str::chars(text).flat_map(char::to_lowercase);
    lower(a).eq(lower(b))
}

/// Words of a name that are compared; providers' names have five.
const NAME_WORDS: usize = 50;

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
        let text = address.as_str();
        if text.is_ascii() && !mime::has_pair(text.as_bytes(), *b"--") {
            continue;
        }
        if let Some(ascii) = address.ascii_form()
            && !seen.contains(&address)
            && seen.len() < 5
        {
            let weight = if address.is_of_latin_letters() {
                Weight::Note
            } else {
                Weight::Doubt
            };
            findings.add_both(
                CheckId::AddressLookalike,
                weight,
                "address.lookalike",
                ascii,
                address.as_str(),
            );
            seen.push(address);
        }
    }
}

/// The original message inside: the provider's lines are those of this transaction.
fn check_original(data: &CertificationData, original: &Entity<'_>, findings: &mut Findings) {
    let header = &original.header;
    findings.pass(CheckId::OriginalPresent);
    let any_is = |name: &str, wanted: &str| {
        let mut fields = header.all(name).peekable();
        fields.peek()?;
        Some(fields.any(|field| MessageId::new(&field.text()) == MessageId::new(wanted)))
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
}

/// RFC 6109, 3.3.2.2: in a brief receipt each attachment is replaced by its SHA-1.
fn check_hashes(data: &CertificationData, original: &Original<'_>, findings: &mut Findings) {
    let brief = data.receipt_form == Some(DeliveryForm::Brief)
        && data.kind() == Some(MessageKind::Delivery);
    if !brief {
        return;
    }
    let malformed = original.parts().map(sent::malformed_hashes);
    let malformed = malformed.unwrap_or_default();
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
            let weight = if is_written_in(address, header) {
                Weight::Doubt
            } else {
                weight_of(&named)
            };
            findings.add_both(
                CheckId::OriginalRecipient,
                weight,
                "original.recipient.not-addressed",
                address.as_str(),
                shown.join(", "),
            );
        }
    }
}

/// Whether To or Cc hold an address in whatever form: senders' programs write many that no rule
/// knows, `[SMTP:a@b]` and `"Ufficio" [a@b]` among them.
fn is_written_in(address: &MailAddress, header: &Header<'_>) -> bool {
    let wanted = address.as_str().to_lowercase();
    ["To", "Cc"].into_iter().any(|name| {
        let mut fields = header.all(name);
        fields.any(|field| field.decoded().to_lowercase().contains(&wanted))
    })
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
