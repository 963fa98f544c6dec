//! Step 15: whether the signed part agrees with itself: time, recipient, provider, and the
//! original message inside.

use super::compare::{addresses, same_text};
use super::content::Content;
use super::finding::Comparison::{self, Agrees, Differs, NotMade};
use super::finding::{Finding, Findings};
use super::original::Original;
use super::table::{Case, CheckId};
use super::{sent, texts};
use crate::address::MailAddress;
use crate::mime::header::Header;
use crate::mime::{self, Entity};
use crate::pec::{CertificationData, DeliveryForm, MessageId, MessageKind, RecipientKind};
use crate::providers::Trust;
use crate::smime::algorithm::DigestAlgorithm;
use crate::smime::certificate::Certificate;
use crate::smime::signed_data::VerifiedContent;
use crate::timestamp::Timestamp;

/// 2005-01-01T00:00:00Z: the decree on PEC is of 2 November 2005, trials were earlier that year.
const FIRST_PEC: Timestamp = Timestamp::from_unix(1_104_537_600);

/// Seconds by which a receipt may be ahead of our clock: silent up to five minutes, which clocks that
/// nobody sets are apart; a note up to an hour, then a doubt; beyond a day it cannot be decided.
const FUTURE_SILENT: i64 = 300;
const FUTURE_NOTE: i64 = 3_600;
const FUTURE_TOLERANCE: i64 = 86_400;

/// 2025-01-01T00:00:00+01:00: of no provider a receipt with SHA-1 was seen from after 2024.
const AFTER_SHA1: Timestamp = Timestamp::from_unix(1_735_686_000);

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
    (now, clock): (Timestamp, Clock),
    findings: &mut Findings,
) {
    let Some(data) = &content.data else { return };
    findings.record(CheckId::TimePlausible, plausible(data, now, clock));
    findings.record(CheckId::TimeZone, zone(data));
    let signing = signing_time(data, verified.signing_time());
    findings.record(CheckId::TimeSigning, signing);
    findings.record(CheckId::OriginalRecipient, recipient(data));
    findings.record(CheckId::ProviderName, provider_name(data, signer));
    texts::check(&content.texts, data, findings);
    findings.record_all(CheckId::AddressLookalike, lookalikes(data));
    match original {
        Some(original) => match &original.message {
            Some(message) => {
                check_original(data, message, findings);
                check_hashes(data, original, findings);
            }
            None => findings.tell(Case::OriginalPresentUnreadable),
        },
        None if content.has_original_part => {}
        None => check_original_absent(data, findings),
    }
}

/// By which clock a receipt may be ahead of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// That of a provider, which is right to the second (DM 2005-11-02, 9).
    Real,
    /// That of a practice provider, whose hours are short.
    Practice,
}

impl Clock {
    /// Of those whom these data trust.
    pub(super) fn of(trust: &Trust) -> Self {
        match trust.is_practice {
            true => Self::Practice,
            false => Self::Real,
        }
    }
}

fn plausible(data: &CertificationData, now: Timestamp, clock: Clock) -> Comparison {
    let ahead = data.time.seconds_since(now);
    let case = if data.time < FIRST_PEC {
        return Differs(Case::TimePlausiblePast.found(data.time.to_string()));
    } else if ahead > FUTURE_TOLERANCE {
        // Who signed is proved; of two clocks one is wrong, and it may be ours.
        Case::TimePlausibleFuture
    } else if clock == Clock::Practice || ahead <= FUTURE_SILENT {
        return Agrees;
    } else if ahead > FUTURE_NOTE {
        Case::TimePlausibleAhead
    } else {
        Case::TimePlausibleAheadLittle
    };
    Differs(case.both(now.to_string(), data.time.to_string()))
}

/// RFC 6109, 5.5 allows SHA-1; whether it was usual is a matter of the day.
pub(super) fn digest(
    verified: &VerifiedContent<'_>,
    time: Option<Timestamp>,
    findings: &mut Findings,
) {
    if verified.digest() != DigestAlgorithm::Sha1 {
        return;
    }
    match time {
        Some(time) if time >= AFTER_SHA1 => {
            findings.tell_found(Case::SignatureAlgorithmSha1Late, "SHA-1");
        }
        Some(_) | None => findings.tell_found(Case::SignatureAlgorithmSha1, "SHA-1"),
    }
}

fn zone(data: &CertificationData) -> Comparison {
    let legal = data.time.italian_offset();
    if legal == data.zone {
        return Agrees;
    }
    // A server that keeps UTC states the same instant and says so; any other zone is a
    // clock that somebody set wrong.
    let case = match data.zone {
        0 => Case::TimeZoneUtc,
        _ => Case::TimeZone,
    };
    let stated = data.time.rfc3339_at(data.zone);
    Differs(case.both(data.time.rfc3339_at(legal), stated))
}

fn signing_time(data: &CertificationData, signing: Option<Timestamp>) -> Comparison {
    let Some(signing) = signing else {
        return NotMade;
    };
    let apart = signing.seconds_since(data.time).abs();
    if apart <= SIGNING_SILENT {
        return Agrees;
    }
    // Of the hour that occurs twice a provider may have named the other one.
    let is_other_hour = (apart - HOUR).abs() <= SIGNING_SILENT && data.time.is_in_repeated_hour();
    let case = if apart > SIGNING_NOTE && !is_other_hour {
        Case::TimeSigning
    } else {
        Case::TimeSigningNear
    };
    Differs(case.both(data.time.to_string(), signing.to_string()))
}

/// The recipient of whom the message speaks is one of the original's, and certified where a
/// delivery is claimed (RFC 6109, 2.2.1: nothing certified follows for ordinary mail).
fn recipient(data: &CertificationData) -> Comparison {
    let Some(address) = &data.delivered_to else {
        return NotMade;
    };
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
            Differs(Case::OriginalRecipientUnlisted.both(all.join(", "), address.as_str()))
        }
        Some(recipient)
            if recipient.kind == RecipientKind::External
                && data.kind() == Some(MessageKind::Delivery) =>
        {
            Differs(Case::OriginalRecipientExternal.found(address.as_str()))
        }
        Some(_) => Agrees,
    }
}

/// RFC 6109, 5.5: the provider's name is in the certificate. Providers spell it freely
/// (`ARUBA PEC S.p.A.`, `CNN PEC`), so one common word of weight will do, and none is a remark.
fn provider_name(data: &CertificationData, signer: &Certificate) -> Comparison {
    let subject = &signer.subject;
    let names = [subject.organization(), subject.common_name()];
    let names = names.into_iter().flatten();
    let certifies = |word: &str| {
        let mut words = names.clone().flat_map(words);
        words.any(|other| is_same_word(word, other)) && has_weight(word)
    };
    let stated = || words(&data.provider);
    if stated().any(certifies) {
        return Agrees;
    }
    if !stated().any(has_weight) {
        return NotMade;
    }
    let expected = subject.organization().unwrap_or_default();
    Differs(Case::ProviderName.both(expected, &*data.provider))
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

/// Addresses that can be taken for others.
fn lookalikes(data: &CertificationData) -> Vec<Finding> {
    let all = [Some(&data.sender), data.delivered_to.as_ref()]
        .into_iter()
        .flatten()
        .chain(data.recipients.iter().map(|recipient| &recipient.address));
    let mut seen: Vec<&MailAddress> = Vec::new();
    let mut found = Vec::new();
    for address in all {
        let text = address.as_str();
        if text.is_ascii() && !mime::has_pair(text.as_bytes(), *b"--") {
            continue;
        }
        if let Some(ascii) = address.ascii_form()
            && !seen.contains(&address)
            && seen.len() < 5
        {
            let case = if address.is_of_latin_letters() {
                Case::AddressLookalikeLatin
            } else {
                Case::AddressLookalike
            };
            found.push(case.both(ascii, address.as_str()));
            seen.push(address);
        }
    }
    found
}

/// The original message inside: the provider's lines are those of this transaction.
fn check_original(data: &CertificationData, original: &Entity<'_>, findings: &mut Findings) {
    let header = &original.header;
    // It was there and could be read, else this is not asked.
    findings.record(CheckId::OriginalPresent, Agrees);
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
    let message_id = match any_is("Message-ID", &data.identifier) {
        Some(true) => Agrees,
        Some(false) => {
            let shown = first("Message-ID");
            Differs(Case::OriginalMessageId.both(data.identifier.clone(), shown))
        }
        None => Differs(Case::OriginalMessageIdMissing.alone()),
    };
    findings.record(CheckId::OriginalMessageId, message_id);
    // A sender may have written such a field too; one of them must be the provider's.
    if let Some(message_id) = &data.message_id {
        let reference = match any_is("X-Riferimento-Message-ID", message_id) {
            Some(true) => Agrees,
            Some(false) => {
                let shown = first("X-Riferimento-Message-ID");
                Differs(Case::OriginalReference.both(message_id.clone(), shown))
            }
            None => Differs(Case::OriginalReferenceMissing.alone()),
        };
        findings.record(CheckId::OriginalReference, reference);
    }
    findings.record(CheckId::OriginalSender, original_sender(data, original));
    let recipient = original_recipient(data, original);
    findings.record(CheckId::OriginalRecipient, recipient);
    findings.record(CheckId::OriginalSubject, original_subject(data, original));
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
        findings.record(CheckId::OriginalHash, Agrees);
        findings.tell(Case::OriginalPresentBrief);
    } else {
        let malformed = Case::OriginalHashMalformed.found(malformed.join(", "));
        findings.record(CheckId::OriginalHash, Differs(malformed));
    }
}

fn original_sender(data: &CertificationData, original: &Entity<'_>) -> Comparison {
    let from: Vec<MailAddress> = addresses(original, &["From"]);
    match &from[..] {
        [one] if *one == data.sender => Agrees,
        [one] => {
            let case = match are_plain(&from) {
                true => Case::OriginalSender,
                false => Case::OriginalSenderOddlyWritten,
            };
            Differs(case.both(data.sender.as_str(), one.as_str()))
        }
        _ => {
            let from = original.header.first("From");
            let text = from.map(|field| field.text().into_owned());
            Differs(Case::OriginalSenderUnclear.found(text.unwrap_or_default()))
        }
    }
}

/// RFC 6109, 3.1.1: the access point takes no recipient that stands in neither To nor Cc.
fn original_recipient(data: &CertificationData, original: &Entity<'_>) -> Comparison {
    let named = addresses(original, &["To", "Cc"]);
    let Some(address) = data.delivered_to.as_ref().filter(|_| !named.is_empty()) else {
        return NotMade;
    };
    if named.contains(address) {
        return Agrees;
    }
    let shown: Vec<&str> = named.iter().map(MailAddress::as_str).take(20).collect();
    let case = if is_written_in(address, &original.header) || !are_plain(&named) {
        Case::OriginalRecipientOddlyAddressed
    } else {
        Case::OriginalRecipientNotAddressed
    };
    Differs(case.both(address.as_str(), shown.join(", ")))
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
fn are_plain(addresses: &[MailAddress]) -> bool {
    addresses.iter().all(MailAddress::is_well_formed)
}

fn original_subject(data: &CertificationData, original: &Entity<'_>) -> Comparison {
    let Some(certified) = &data.subject else {
        return NotMade;
    };
    let stated = original
        .header
        .first("Subject")
        .map(|field| field.decoded())
        .unwrap_or_default();
    if same_text(certified, &stated) {
        return Agrees;
    }
    // Octets in no stated charset cannot be compared.
    if stated.contains('\u{fffd}') {
        return NotMade;
    }
    Differs(Case::OriginalSubject.both(certified.clone(), stated.into_owned()))
}

fn check_original_absent(data: &CertificationData, findings: &mut Findings) {
    match (data.kind(), data.receipt_form) {
        (Some(MessageKind::TransportEnvelope), _) => {
            findings.tell(Case::OriginalPresentEnvelope);
        }
        // RFC 6109, 3.3.2.1: a recipient in Cc gets a concise receipt, whatever was asked.
        (Some(MessageKind::Delivery), Some(DeliveryForm::Complete | DeliveryForm::Brief)) => {
            findings.tell(Case::OriginalPresentConcise);
        }
        (Some(MessageKind::Delivery), _) => {
            findings.tell(Case::OriginalPresentWithout);
        }
        _ => {}
    }
}
