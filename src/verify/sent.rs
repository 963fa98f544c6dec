//! Step 17: the message, or the attachment, that the user says was sent.
//!
//! Complete receipts are compared by content, brief ones by hash (RFC 6109, 3.3.2.2), all
//! others by Message-ID alone. The RFC leaves open over which form of an attachment the hash
//! of a brief receipt goes, so every candidate is tried and the one that fits is named.

use super::agreement::{addresses, bare_id, list, same_text};
use super::content::Content;
use super::finding::{CheckId, Findings, Weight};
use crate::address::MailAddress;
use crate::mime::{self, Entity, MAX_DEPTH, MAX_PARTS, multipart};
use crate::pec::{CertificationData, DeliveryForm, MessageKind, header};
use crate::smime::content::with_crlf;
use crate::smime::{sha1, sha256};

/// A file that the user says was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    octets: Vec<u8>,
}

/// How a receipt relates to what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentResult {
    /// Whether the receipt is about it; `None` when that could not be compared.
    pub matches: Option<bool>,
    /// By which rule: a stable word.
    pub rule: &'static str,
    /// Parts that match or differ, in words.
    pub details: Vec<String>,
}

impl SentResult {
    fn by(rule: &'static str) -> Self {
        Self {
            matches: Some(true),
            rule,
            details: Vec::new(),
        }
    }

    fn not(rule: &'static str) -> Self {
        Self {
            matches: Some(false),
            rule,
            details: Vec::new(),
        }
    }

    fn unknown(rule: &'static str) -> Self {
        Self {
            matches: None,
            rule,
            details: Vec::new(),
        }
    }

    fn with(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}

impl Sent {
    /// Takes the octets of a message as it was sent, or of one attachment.
    pub fn new(octets: Vec<u8>) -> Self {
        Self { octets }
    }

    /// The file as a message, if it is one: From, and a Message-ID or a Date.
    fn message(&self) -> Option<Entity<'_>> {
        let entity = Entity::parse(&self.octets).ok()?;
        let has = |name: &str| entity.header.first(name).is_some();
        (has("From") && (has("Message-ID") || has("Date"))).then_some(entity)
    }
}

/// Step 17 for a receipt whose signature holds.
pub(super) fn check(sent: &Sent, content: &Content<'_>, findings: &mut Findings) -> SentResult {
    let Some(data) = &content.data else {
        findings.add(
            CheckId::SentMessage,
            Weight::NotCompared,
            "sent.message.no-data",
        );
        return SentResult::unknown("no-data");
    };
    let original = content
        .original
        .as_deref()
        .and_then(|octets| Entity::parse(octets).ok());
    if let Some(result) = original
        .as_ref()
        .and_then(|original| sent_attachment(sent, original, Form::of(data)))
    {
        findings.pass(CheckId::SentContent);
        return result;
    }
    match sent.message() {
        Some(message) => check_message(&message, data, original.as_ref(), findings),
        None => {
            let (weight, key) = match original {
                Some(_) => (Weight::OtherMessage, "sent.content.attachment"),
                None => (Weight::NotCompared, "sent.content.none"),
            };
            findings.add_found(CheckId::SentContent, weight, key, sha256(&sent.octets));
            match original {
                Some(_) => SentResult::not("attachment"),
                None => SentResult::unknown("no-content"),
            }
        }
    }
}

/// The attachment of the original that is the file, or whose hash is the file's.
///
/// A file called `.hash` stands for another only in a brief delivery receipt: in any other the
/// sender may have written it.
fn sent_attachment(sent: &Sent, original: &Entity<'_>, form: Form) -> Option<SentResult> {
    for leaf in &leaves(original).list {
        if let (Form::Brief, Some(hash)) = (form, leaf.hash()) {
            if let Some((rule, _)) = file_candidates(&sent.octets)
                .into_iter()
                .find(|(_, found)| *found == hash)
            {
                return Some(SentResult::by(rule).with(leaf.shown()));
            }
        } else if leaf.name.is_some()
            && leaf
                .decoded()
                .is_some_and(|octets| leaf.same_content(&octets, &sent.octets))
        {
            return Some(SentResult::by("attachment").with(leaf.shown()));
        }
    }
    None
}

fn check_message(
    message: &Entity<'_>,
    data: &CertificationData,
    original: Option<&Entity<'_>>,
    findings: &mut Findings,
) -> SentResult {
    let id = match_id(message, data);
    if id == Some(false) {
        findings.add_both(
            CheckId::SentMessage,
            Weight::OtherMessage,
            "sent.message.other",
            field(message, "Message-ID"),
            data.message_id
                .clone()
                .unwrap_or_else(|| data.identifier.clone()),
        );
        return SentResult::not("message-id");
    }
    if let Some(result) = check_people(message, data, findings) {
        return result;
    }
    let result = match original {
        Some(original) => compare(message, original, Form::of(data)),
        None if id.is_none() => {
            findings.add(
                CheckId::SentMessage,
                Weight::NotCompared,
                "sent.message.no-id",
            );
            return SentResult::unknown("no-id");
        }
        None => SentResult::by("message-id"),
    };
    if result.matches == Some(true) {
        findings.pass(CheckId::SentMessage);
        if original.is_some() {
            findings.pass(CheckId::SentContent);
        }
    } else if result.rule == "too-complex" {
        findings.add(
            CheckId::SentContent,
            Weight::NotCompared,
            "sent.content.too-complex",
        );
    } else {
        findings.add_found(
            CheckId::SentContent,
            Weight::OtherMessage,
            "sent.content.differs",
            result.details.join("; "),
        );
    }
    result
}

/// Whether the message bears the identifier in the receipt; `None` when it bears none. A copy
/// taken from the recipient's side has the provider's identifier, and the sender's beside it.
fn match_id(message: &Entity<'_>, data: &CertificationData) -> Option<bool> {
    let ids: Vec<String> = ["Message-ID", "X-Riferimento-Message-ID"]
        .iter()
        .filter_map(|name| message.header.first(name))
        .map(|field| bare_id(&field.text()).to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    let signed = [data.message_id.as_deref(), Some(&*data.identifier)];
    let fits = |id: &String| signed.iter().flatten().any(|wanted| bare_id(wanted) == id);
    if ids.iter().any(fits) {
        return Some(true);
    }
    // Data without msgid (seen at Poste in 2012) cannot contradict the sender's own.
    if ids.is_empty() || data.message_id.is_none() {
        None
    } else {
        Some(false)
    }
}

/// Sender, recipients and subject are signed in every kind of receipt, so they are compared
/// also where no content is inside.
fn check_people(
    message: &Entity<'_>,
    data: &CertificationData,
    findings: &mut Findings,
) -> Option<SentResult> {
    let from = addresses(message, &["From"]);
    if !from.is_empty() && !from.contains(&data.sender) {
        findings.add_both(
            CheckId::SentMessage,
            Weight::OtherMessage,
            "sent.message.sender",
            list(&from),
            data.sender.as_str(),
        );
        return Some(SentResult::not("sender"));
    }
    let subject = message
        .header
        .first("Subject")
        .map(|field| field.decoded())
        .unwrap_or_default();
    let certified = data.subject.as_deref().unwrap_or_default();
    if !same_text(&subject, certified) {
        findings.add_both(
            CheckId::SentMessage,
            Weight::OtherMessage,
            "sent.message.subject",
            subject,
            certified,
        );
        return Some(SentResult::not("subject"));
    }
    // RFC 6109, 3.1.1: every recipient stands in To or Cc.
    let to = addresses(message, &["To", "Cc"]);
    let certified: Vec<&MailAddress> = match &data.delivered_to {
        Some(one) => vec![one],
        None => data
            .recipients
            .iter()
            .map(|recipient| &recipient.address)
            .collect(),
    };
    let whole = data.delivered_to.is_some()
        || to
            .iter()
            .all(|address| data.recipients.iter().any(|r| r.address == *address));
    if !whole || !certified.iter().all(|address| to.contains(address)) {
        let found: Vec<&str> = certified
            .iter()
            .map(|address| address.as_str())
            .take(20)
            .collect();
        findings.add_both(
            CheckId::SentRecipient,
            Weight::OtherMessage,
            "sent.recipient",
            list(&to),
            found.join(", "),
        );
        return Some(SentResult::not("recipient"));
    }
    findings.pass(CheckId::SentRecipient);
    None
}

fn field(entity: &Entity<'_>, name: &str) -> String {
    entity
        .header
        .first(name)
        .map(|field| field.text().into_owned())
        .unwrap_or_default()
}

/// Compares the sent message with the original inside a receipt: the fields that a reader
/// sees, then the body octet for octet, then part by part.
fn compare(message: &Entity<'_>, original: &Entity<'_>, form: Form) -> SentResult {
    if let Some(name) = differing_field(message, original) {
        return SentResult::not("header").with(format!(
            "{name}: {} ≠ {}",
            field(message, name),
            field(original, name)
        ));
    }
    let same_type = same_text(
        &field(message, "Content-Type"),
        &field(original, "Content-Type"),
    ) && message.transfer_encoding() == original.transfer_encoding();
    if same_type && canonical(message.body) == canonical(original.body) {
        return SentResult::by("content");
    }
    compare_parts(&leaves(message), &leaves(original), form)
}

/// The first field that says something else: addresses as addresses, the date as an instant,
/// because relays fold, quote and order them anew.
fn differing_field(message: &Entity<'_>, original: &Entity<'_>) -> Option<&'static str> {
    let decoded = |entity: &Entity<'_>, name: &str| {
        entity
            .header
            .first(name)
            .map(|field| field.decoded().into_owned())
            .unwrap_or_default()
    };
    let addresses_differ =
        |name: &&str| addresses(message, &[*name]) != addresses(original, &[*name]);
    if !same_text(&decoded(message, "Subject"), &decoded(original, "Subject")) {
        return Some("Subject");
    }
    if let Some(name) = ["From", "To", "Cc"].into_iter().find(addresses_differ) {
        return Some(name);
    }
    let date = |entity: &Entity<'_>| header::date(&entity.header);
    matches!((date(message), date(original)), (Some(a), Some(b)) if a != b).then_some("Date")
}

/// CRLF line ends and none at the end: what transports may change without changing anything.
fn canonical(body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(body.len());
    with_crlf(body.trim_ascii_end(), |piece| {
        octets.extend_from_slice(piece)
    });
    octets
}

fn compare_parts(sent: &Leaves<'_>, delivered: &Leaves<'_>, form: Form) -> SentResult {
    if !sent.complete || !delivered.complete {
        return SentResult::unknown("too-complex");
    }
    let (sent, delivered) = (&sent.list, &delivered.list);
    if sent.len() != delivered.len() {
        return SentResult::not("parts").with(format!("{} ≠ {}", sent.len(), delivered.len()));
    }
    let mut rule = "parts";
    for (sent, delivered) in sent.iter().zip(delivered) {
        let hash = if form == Form::Brief {
            delivered.hash_of(sent)
        } else {
            None
        };
        match hash {
            Some(Hash::Fits(candidate)) => rule = candidate,
            Some(Hash::Differs(tried)) => {
                return SentResult::not("hash").with(format!(
                    "{}: {}",
                    sent.shown(),
                    tried.join(", ")
                ));
            }
            None => {
                if let Some(difference) = sent.difference(delivered) {
                    return SentResult::not("parts").with(difference);
                }
            }
        }
    }
    SentResult::by(rule)
}

/// Whether parts may stand for others by their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A brief delivery receipt (RFC 6109, 3.3.2.2).
    Brief,
    /// Any other message.
    Whole,
}

impl Form {
    fn of(data: &CertificationData) -> Self {
        let brief = data.kind() == Some(MessageKind::Delivery)
            && data.receipt_form == Some(DeliveryForm::Brief);
        if brief { Self::Brief } else { Self::Whole }
    }
}

/// A part that is no multipart.
struct Leaf<'a> {
    place: String,
    name: Option<String>,
    /// Media type in lower case.
    essence: String,
    entity: Entity<'a>,
}

/// The leaves of a message, and whether they are all of them.
struct Leaves<'a> {
    list: Vec<Leaf<'a>>,
    complete: bool,
}

enum Hash {
    /// Which candidate fits.
    Fits(&'static str),
    /// The candidates tried, as `rule=value`, after the stated value.
    Differs(Vec<String>),
}

impl Leaf<'_> {
    fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.place),
            None => self.place.clone(),
        }
    }

    /// Equality of decoded contents; line ends of text do not count.
    fn same_content(&self, a: &[u8], b: &[u8]) -> bool {
        // In base64 every octet is the sender's; elsewhere line ends are the transport's.
        a == b
            || (self.entity.transfer_encoding() != "base64" && canonical(a) == canonical(b))
            || (self.essence.starts_with("text/") && canonical(a) == canonical(b))
    }

    /// In what a part differs from another, in words: type, name, or content.
    fn difference(&self, other: &Leaf<'_>) -> Option<String> {
        let shown = self.shown();
        if self.essence != other.essence {
            return Some(format!("{shown}: {} ≠ {}", self.essence, other.essence));
        }
        if self.name != other.name {
            return Some(format!("{shown} ≠ {}", other.shown()));
        }
        let (a, b) = (self.decoded(), other.decoded());
        if let (Some(a), Some(b)) = (&a, &b)
            && self.same_content(a, b)
        {
            return None;
        }
        let digest = |octets: &Option<Vec<u8>>| octets.as_deref().map(sha256).unwrap_or_default();
        Some(format!("{shown}: SHA-256 {} ≠ {}", digest(&a), digest(&b)))
    }

    fn decoded(&self) -> Option<Vec<u8>> {
        self.entity.decoded().ok().map(std::borrow::Cow::into_owned)
    }

    /// The stated SHA-1 when this part stands for an attachment in a brief receipt: a name in
    /// `.hash` and 40 hexadecimal digits, nothing else.
    fn hash(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        name.to_ascii_lowercase().ends_with(".hash").then_some(())?;
        let text = String::from_utf8(self.decoded()?).ok()?;
        let text = text.trim_end_matches(['\r', '\n']);
        is_sha1_hex(text).then(|| text.to_ascii_lowercase())
    }

    /// Whether this part is the hash of `sent`; `None` when it is no hash of it at all.
    fn hash_of(&self, sent: &Leaf<'_>) -> Option<Hash> {
        let name = sent.name.as_deref()?;
        let stands_for = self.name.as_deref()?.strip_suffix(".hash")?;
        if stands_for != name {
            return None;
        }
        let Some(stated) = self.hash() else {
            return Some(Hash::Differs(vec!["SHA-1?".into()]));
        };
        let candidates = part_candidates(&sent.entity);
        match candidates.iter().find(|(_, found)| *found == stated) {
            Some((rule, _)) => Some(Hash::Fits(rule)),
            None => {
                let tried = candidates
                    .iter()
                    .map(|(rule, found)| format!("{rule}={found}"));
                Some(Hash::Differs(
                    std::iter::once(format!("SHA-1 {stated}"))
                        .chain(tried)
                        .collect(),
                ))
            }
        }
    }
}

/// RFC 6109, 3.3.2.2: 40 digits, upper or lower case.
pub(super) fn is_sha1_hex(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// The hashes that a provider may have made of a part: over its encoded body, with CRLF or LF,
/// with or without the last line end, or over the decoded octets.
fn part_candidates(part: &Entity<'_>) -> Vec<(&'static str, String)> {
    let mut all = encoded_candidates(part.body);
    all.extend(
        part.decoded()
            .ok()
            .map(|octets| ("brief:decoded", sha1(&octets))),
    );
    all
}

/// The same for a bare file, as it is encoded by common programs: base64 in lines of 76.
fn file_candidates(file: &[u8]) -> Vec<(&'static str, String)> {
    let coded = base64_simd::STANDARD.encode_to_string(file);
    let lines: Vec<&[u8]> = coded.as_bytes().chunks(76).collect();
    let mut all = encoded_candidates(&lines.join(&b"\r\n"[..]));
    all.push(("brief:decoded", sha1(file)));
    // An attachment that travels as it is: its text is the encoded form.
    all.extend(encoded_candidates(file));
    all
}

fn encoded_candidates(body: &[u8]) -> Vec<(&'static str, String)> {
    let crlf = canonical(body);
    let lf: Vec<u8> = crlf
        .iter()
        .copied()
        .filter(|&octet| octet != b'\r')
        .collect();
    let with = |octets: &[u8], end: &[u8]| sha1(&[octets, end].concat());
    vec![
        ("brief:encoded-crlf", sha1(&crlf)),
        ("brief:encoded-crlf-end", with(&crlf, b"\r\n")),
        ("brief:encoded-lf", sha1(&lf)),
        ("brief:encoded-lf-end", with(&lf, b"\n")),
    ]
}

/// The parts of a message that are no multipart, in their order. An attached message counts as
/// one part, as in brief receipts (RFC 6109, 3.3.2.2).
fn leaves<'a>(message: &Entity<'a>) -> Leaves<'a> {
    let mut found = Leaves {
        list: Vec::new(),
        complete: true,
    };
    found.collect(message.clone(), String::new(), 0);
    found
}

impl<'a> Leaves<'a> {
    fn collect(&mut self, entity: Entity<'a>, place: String, depth: usize) {
        if self.list.len() >= MAX_PARTS || depth > MAX_DEPTH {
            self.complete = false;
            return;
        }
        let media = entity.media_type();
        let cut = match &media {
            Ok(media) if media.is_multipart() => media
                .boundary()
                .and_then(|boundary| multipart::split(entity.body, boundary)),
            Ok(_) => Err(mime::Error::Boundary),
            Err(error) => Err(*error),
        };
        let essence = media
            .map(|media| media.essence.into_owned())
            .unwrap_or_default();
        let Ok(cut) = cut else {
            // A multipart that cannot be cut is compared as a whole.
            let name = entity.file_names().shown().map(str::to_owned);
            let place = if place.is_empty() { "1".into() } else { place };
            self.list.push(Leaf {
                place,
                name,
                essence,
                entity,
            });
            return;
        };
        for (index, part) in cut.parts.iter().enumerate() {
            let number = index + 1;
            let place = if place.is_empty() {
                number.to_string()
            } else {
                format!("{place}.{number}")
            };
            match Entity::parse(part) {
                Ok(part) => self.collect(part, place, depth + 1),
                Err(_) => self.complete = false,
            }
        }
    }
}

/// Hash parts of the original in a brief receipt whose text is no SHA-1 (step 15).
pub(super) fn malformed_hashes(original: &Entity<'_>) -> Vec<String> {
    leaves(original)
        .list
        .iter()
        .filter(|leaf| {
            leaf.name
                .as_deref()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".hash"))
        })
        .filter(|leaf| leaf.hash().is_none())
        .map(Leaf::shown)
        .collect()
}
