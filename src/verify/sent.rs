//! Step 17: the message, or the attachment, that the user says was sent.
//!
//! Complete receipts are compared by content, brief ones by hash (RFC 6109, 3.3.2.2). In all
//! others the content is not: there Message-ID, people and subject can only contradict. The RFC
//! leaves open over which form of an attachment the hash of a brief receipt goes, so every
//! candidate is tried and the one that fits is named; where none fits, that proves nothing.

mod hashes;
mod parts;

use super::compare::{addresses, list, same_text};
use super::finding::{Comparison, Findings};
use super::original::Original;
use super::table::{Case, CheckId};
use crate::address::MailAddress;
use crate::mime::tree::{Bounds, Tree};
use crate::mime::{Entity, decode};
use crate::pec::{CertificationData, DeliveryForm, MessageId, MessageKind, header};
use crate::smime::content::with_crlf;
use crate::smime::sha256;
use crate::work::Work;
use hashes::FileHashes;
pub(super) use parts::malformed_hashes;
use parts::{Compared, Decided, leaves};

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
    /// The part of the original that decided, by number and name, where one did.
    pub part: Option<String>,
    /// Parts that match or differ, in words.
    pub details: Vec<String>,
}

/// What comparing what was sent with what a receipt holds gave; a promise to other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameContent {
    /// The receipt holds the same.
    Identical,
    /// It holds the SHA-1 of the same.
    Consistent,
    /// It holds nothing of it, or nothing that can be compared.
    NotCompared,
    /// It is about something else.
    Different,
}

impl SameContent {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Identical,
        Self::Consistent,
        Self::NotCompared,
        Self::Different,
    ];

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Consistent => "consistent",
            Self::NotCompared => "not-compared",
            Self::Different => "different",
        }
    }
}

impl SentResult {
    fn by(rule: &'static str) -> Self {
        Self {
            matches: Some(true),
            rule,
            part: None,
            details: Vec::new(),
        }
    }

    fn not(rule: &'static str) -> Self {
        Self {
            matches: Some(false),
            rule,
            part: None,
            details: Vec::new(),
        }
    }

    fn unknown(rule: &'static str) -> Self {
        Self {
            matches: None,
            rule,
            part: None,
            details: Vec::new(),
        }
    }

    fn with(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// The part that decided, with what there is to say of it.
    fn of_part(self, decided: Decided) -> Self {
        let part = decided.part;
        Self { part, ..self }.with(decided.detail)
    }

    /// What comparing the contents gave.
    pub fn content(&self) -> SameContent {
        // The rules of brief receipts alone name a form behind a colon.
        match (self.matches, self.rule.contains(':')) {
            (Some(true), true) => SameContent::Consistent,
            (Some(true), false) => SameContent::Identical,
            (Some(false), _) => SameContent::Different,
            (None, _) => SameContent::NotCompared,
        }
    }
}

impl Sent {
    /// Takes the octets of a message as it was sent, or of one attachment.
    pub fn new(octets: Vec<u8>) -> Self {
        Self { octets }
    }

    /// The parts of the file as a message.
    fn parts<'a>(message: &Entity<'a>) -> Tree<'a> {
        let work = Work::of_message(message.octets.len());
        Tree::of(message.clone(), Bounds::new(&work))
    }

    /// The file as a message, if it is one: From, and a Message-ID or a Date.
    fn message(&self) -> Option<Entity<'_>> {
        let entity = Entity::parse(&self.octets).ok()?;
        let has = |name: &str| entity.header.first(name).is_some();
        (has("From") && (has("Message-ID") || has("Date"))).then_some(entity)
    }
}

/// The part of a message that is a file, by number and name: its decoded content is the file's, octet
/// for octet, but for the line ends of text. Nothing is checked about the message.
pub fn attached(file: &[u8], message: &[u8]) -> Option<String> {
    let entity = Entity::parse(message).ok()?;
    let tree = Sent::parts(&entity);
    let canonical = canonical(file);
    let mut named = leaves(&tree).filter(|leaf| leaf.frame().is_none() && leaf.name().is_some());
    let found = named.find(|leaf| leaf.is_file(file, &canonical))?;
    Some(found.shown())
}

/// Step 17 for a receipt whose signature holds.
pub(super) fn check(
    sent: &Sent,
    data: Option<&CertificationData>,
    original: Option<&Original<'_>>,
    findings: &mut Findings,
) -> SentResult {
    let Some(data) = data else {
        findings.tell(Case::SentMessageNoData);
        return SentResult::unknown("no-data");
    };
    let original = original.filter(|original| original.message.is_some());
    let form = Form::of(data);
    let parts = original.and_then(Original::parts);
    if let Some(result) = parts.and_then(|parts| sent_attachment(sent, parts, form)) {
        tell(&result, findings);
        return result;
    }
    if let Some(message) = sent.message() {
        return check_message(&message, data, original, findings);
    }
    let has_hashes =
        |parts: &Tree<'_>| form == Form::Brief && leaves(parts).any(|leaf| leaf.hash().is_some());
    let (case, result) = match parts {
        None => (Case::SentContentNone, SentResult::unknown("no-content")),
        Some(parts) if has_hashes(parts) => (Case::SentContentHash, SentResult::unknown("hash")),
        Some(_) => (Case::SentContentAttachment, SentResult::not("attachment")),
    };
    findings.tell_found(case, sha256(&sent.octets));
    result
}

/// The attachment of the original that is the file, or whose hash is the file's. A hash of
/// none of its forms leaves it open.
///
/// A file called `.hash` stands for another only in a brief delivery receipt: in any other the
/// sender may have written it.
fn sent_attachment(sent: &Sent, original: &Tree<'_>, form: Form) -> Option<SentResult> {
    let mut hashes = FileHashes::new(&sent.octets);
    let canonical = canonical(&sent.octets);
    for leaf in leaves(original).filter(|leaf| leaf.frame().is_none()) {
        if let (Form::Brief, Some(stated)) = (form, leaf.hash()) {
            if let Some(fit) = hashes.find(&stated) {
                return Some(match fit.collides {
                    true => SentResult::not("collision").of_part(leaf.decided()),
                    false => SentResult::by(fit.rule).of_part(leaf.decided()),
                });
            }
        } else if leaf.name().is_some() && leaf.is_file(&sent.octets, &canonical) {
            return Some(SentResult::by("attachment").of_part(leaf.decided()));
        }
    }
    None
}

fn check_message(
    message: &Entity<'_>,
    data: &CertificationData,
    original: Option<&Original<'_>>,
    findings: &mut Findings,
) -> SentResult {
    let id = match_id(message, data);
    if id == Some(false) {
        findings.tell_both(
            Case::SentMessageOther,
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
    match original.and_then(Original::parts) {
        Some(original) => {
            let result = compare(message, original, Form::of(data));
            tell(&result, findings);
            result
        }
        None if id.is_none() => {
            findings.tell(Case::SentMessageNoId);
            SentResult::unknown("no-id")
        }
        None => {
            findings.record(CheckId::SentMessage, Comparison::Agrees);
            findings.tell(Case::SentContentNotHeld);
            SentResult::unknown("message-id")
        }
    }
}

/// What comparing the contents gave.
fn tell(result: &SentResult, findings: &mut Findings) {
    let case = match (result.matches, result.rule) {
        (Some(true), _) => {
            findings.record(CheckId::SentMessage, Comparison::Agrees);
            findings.record(CheckId::SentContent, Comparison::Agrees);
            return;
        }
        (Some(false), "collision") => Case::SentContentCollision,
        (Some(false), _) => Case::SentContentDiffers,
        (None, "hash") => Case::SentContentHash,
        (None, _) => Case::SentContentTooComplex,
    };
    match result.details.is_empty() {
        true => findings.tell(case),
        false => findings.tell_found(case, result.details.join("; ")),
    }
}

/// Whether the message bears the identifier in the receipt; `None` when it bears none. A copy
/// taken from the recipient's side has the provider's identifier, and the sender's beside it.
fn match_id(message: &Entity<'_>, data: &CertificationData) -> Option<bool> {
    let ids: Vec<String> = ["Message-ID", "X-Riferimento-Message-ID"]
        .iter()
        .filter_map(|name| message.header.first(name))
        .map(|field| MessageId::new(&field.text()).as_str().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    let signed = [data.message_id.as_deref(), Some(&*data.identifier)];
    let fits = |id: &String| {
        signed
            .iter()
            .flatten()
            .any(|wanted| MessageId::new(wanted).as_str() == id)
    };
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
    if from.iter().any(|address| *address != data.sender) {
        findings.tell_both(Case::SentMessageSender, list(&from), data.sender.as_str());
        return Some(SentResult::not("sender"));
    }
    // A second one is what some readers show.
    let subject = texts(message, "Subject").join("; ");
    let certified = data.subject.as_deref().unwrap_or_default();
    if message.header.count("Subject") > 1 || !same_text(&subject, certified) {
        findings.tell_both(Case::SentMessageSubject, subject, certified);
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
        findings.tell_both(Case::SentRecipient, list(&to), found.join(", "));
        return Some(SentResult::not("recipient"));
    }
    findings.record(CheckId::SentRecipient, Comparison::Agrees);
    None
}

fn field(entity: &Entity<'_>, name: &str) -> String {
    entity
        .header
        .first(name)
        .map(|field| field.text().into_owned())
        .unwrap_or_default()
}

/// The decoded texts of all fields of a name.
fn texts(entity: &Entity<'_>, name: &str) -> Vec<String> {
    let fields = entity.header.all(name);
    fields.map(|field| field.decoded().into_owned()).collect()
}

/// Compares the sent message with the original inside a receipt: the fields that a reader
/// sees, then the body octet for octet, then part by part.
fn compare(message: &Entity<'_>, parts: &Tree<'_>, form: Form) -> SentResult {
    let original = &parts.root().entity;
    if let Some(name) = differing_field(message, original) {
        return SentResult::not("header").with(format!(
            "{name}: {} ≠ {}",
            texts(message, name).join("; "),
            texts(original, name).join("; ")
        ));
    }
    let same_type = same_text(
        &field(message, "Content-Type"),
        &field(original, "Content-Type"),
    ) && message.header.count("Content-Type")
        == original.header.count("Content-Type")
        && message.transfer_encoding() == original.transfer_encoding();
    if same_type && canonical(message.body) == canonical(original.body) {
        return SentResult::by("content");
    }
    match parts::compare(&Sent::parts(message), parts, form) {
        Compared::Same(rule) => SentResult::by(rule),
        Compared::Differ(what) => SentResult::not("parts").of_part(what),
        Compared::Collide(what) => SentResult::not("collision").of_part(what),
        Compared::HashUnknown(what) => SentResult::unknown("hash").of_part(what),
        Compared::TooComplex => SentResult::unknown("too-complex"),
    }
}

/// The first field that says something else: addresses as addresses, the date as an instant,
/// because relays fold, quote and order them anew. A field that stands twice says two things.
fn differing_field(message: &Entity<'_>, original: &Entity<'_>) -> Option<&'static str> {
    let subjects_differ = || {
        let (a, b) = (texts(message, "Subject"), texts(original, "Subject"));
        // One that is empty says what none says.
        match (&a[..], &b[..]) {
            ([] | [_], [] | [_]) => !same_text(&a.concat(), &b.concat()),
            _ => a.len() != b.len() || !a.iter().zip(&b).all(|(a, b)| same_text(a, b)),
        }
    };
    if subjects_differ() {
        return Some("Subject");
    }
    let addresses_differ =
        |name: &&str| addresses(message, &[*name]) != addresses(original, &[*name]);
    let names = ["From", "To", "Cc", "Reply-To"];
    if let Some(name) = names.into_iter().find(addresses_differ) {
        return Some(name);
    }
    let shown = |entity: &Entity<'_>| -> Vec<String> {
        let fields = entity.header.all("From");
        let mailboxes = fields.flat_map(|field| decode::addresses(field.value));
        mailboxes.map(|mailbox| mailbox.display).collect()
    };
    let (a, b) = (shown(message), shown(original));
    if a.len() != b.len() || !a.iter().zip(&b).all(|(a, b)| same_text(a, b)) {
        return Some("From");
    }
    // A server may add the date that the sender left out.
    let dates = |entity: &Entity<'_>| entity.header.count("Date");
    let date = |entity: &Entity<'_>| header::date(&entity.header);
    match (dates(message), dates(original)) {
        (0, 0 | 1) | (1, 0) => None,
        (1, 1) => match (date(message), date(original)) {
            (Some(a), Some(b)) => (a != b).then_some("Date"),
            _ => {
                let same = same_text(&field(message, "Date"), &field(original, "Date"));
                (!same).then_some("Date")
            }
        },
        _ => (texts(message, "Date") != texts(original, "Date")).then_some("Date"),
    }
}

/// CRLF line ends and none at the end: what transports may change without changing anything.
fn canonical(body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(body.len());
    let end = body
        .iter()
        .rposition(|octet| !matches!(octet, b'\r' | b'\n'));
    with_crlf(&body[..end.map_or(0, |end| end + 1)], |piece| {
        octets.extend_from_slice(piece)
    });
    octets
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
