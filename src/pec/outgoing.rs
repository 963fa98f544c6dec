//! A message on its way out: its octets frozen, and checked as the sender's provider will.
//!
//! The checks are those of the access point (RFC 6109, 3.1.1), of the limits that providers
//! state, and of what keeps receipts comparable later. They read the octets themselves, so a
//! ready message and one that this program made pass through the same gate.

use std::collections::HashSet;

use super::DeliveryForm;
use crate::address::MailAddress;
use crate::mime::Entity;
use crate::mime::decode::{self, Mailbox};
use crate::mime::header::Header;
use crate::mime::tree::{Bounds, Part, Tree};
use crate::work::Work;

/// Octets of a line without its line end (RFC 5322, 2.1.1).
const MAX_LINE_OCTETS: usize = 998;
/// What every provider must take (decree of 2 November 2005, art. 12): recipients of a message.
pub const GUARANTEED_RECIPIENTS: usize = 50;
/// What every provider must take (same article): octets times recipients.
pub const GUARANTEED_OCTETS: u64 = 30_000_000;

/// What a provider takes; `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Recipients of one message.
    pub recipients: Option<usize>,
    /// Octets of a message times its recipients.
    pub octets: Option<u64>,
}

/// Where a recipient is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecipientField {
    /// `To`: gets the form of receipt that was asked for.
    To,
    /// `Cc`: its receipt is concise whatever was asked (RFC 6109, 3.3.2.1).
    Cc,
}

impl RecipientField {
    /// The name of the field in lower case.
    pub const fn word(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Cc => "cc",
        }
    }

    /// The field of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::To, Self::Cc]
            .into_iter()
            .find(|field| field.word() == word)
    }
}

/// One recipient of an outgoing message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingRecipient {
    /// The address as written.
    pub address: MailAddress,
    /// Where it stands.
    pub field: RecipientField,
}

/// A part of the message that has a file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The name as shown to people.
    pub name: String,
    /// The content, its transfer encoding removed; empty when it cannot be.
    pub content: Vec<u8>,
}

/// A message whose octets will not change any more, fit to be submitted.
///
/// [`OutgoingMessage::freeze`] is the only maker.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    octets: Vec<u8>,
    message_id: String,
    sender: MailAddress,
    recipients: Vec<OutgoingRecipient>,
    subject: String,
    form: DeliveryForm,
    attachments: Vec<Attachment>,
}

/// Why the provider, or a later reader of the receipts, would not take a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The header or the body cannot be read in one way.
    Unreadable,
    /// An octet over 127, in the header or in the body.
    NotSevenBit,
    /// A NUL, or a CR or LF that is not part of a CRLF.
    BareLineEnd,
    /// A line of more octets than RFC 5322 allows; the number of the first one.
    LongLine(usize),
    /// A field that must be there once is missing.
    Missing(&'static str),
    /// A field that must be there once is there more often.
    Doubled(&'static str),
    /// A field that must not be there.
    Forbidden(&'static str),
    /// From names no address, or several.
    FromNotOne,
    /// From is not the mailbox that sends.
    FromNotOurs {
        /// What From says.
        found: String,
        /// The mailbox.
        ours: String,
    },
    /// An address that is none.
    BadAddress {
        /// The field.
        field: &'static str,
        /// What stands there.
        address: String,
    },
    /// An address that stands twice.
    Twice(String),
    /// Message-ID is not `<left@right>` in visible ASCII.
    BadMessageId,
    /// Date states no time.
    BadDate,
    /// A field that people read holds a control character once it is decoded.
    Control(&'static str),
    /// X-TipoRicevuta says a word that is none of the three.
    BadForm(String),
    /// More recipients than the provider takes.
    TooManyRecipients {
        /// Of this message.
        found: usize,
        /// Of the provider.
        limit: usize,
    },
    /// More octets times recipients than the provider takes.
    TooLarge {
        /// Of this message.
        found: u64,
        /// Of the provider.
        limit: u64,
    },
}

impl OutgoingMessage {
    /// Reads and checks the octets of a message that `mailbox` will send.
    ///
    /// # Errors
    /// All faults found, in the order of the rules; never none.
    pub fn freeze(
        octets: Vec<u8>,
        mailbox: &MailAddress,
        limits: Limits,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = octet_faults(&octets);
        let Ok(entity) = Entity::parse(&octets) else {
            faults.push(Fault::Unreadable);
            return Err(faults);
        };
        let header = &entity.header;
        if header.malformed_lines() > 0 || header.has_controls() {
            faults.push(Fault::Unreadable);
        }
        let sender = check_sender(header, mailbox, &mut faults);
        let recipients = check_recipients(header, &mut faults);
        let message_id = check_identity(header, &mut faults);
        let form = check_form(header, &mut faults);
        let subject = header.first("Subject").map(|field| field.decoded());
        let subject = subject.unwrap_or_default().into_owned();
        check_texts(header, &mut faults);
        check_limits(octets.len(), recipients.len(), limits, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let attachment = |leaf: Leaf| {
            Some(Attachment {
                name: leaf.name?,
                content: leaf.content,
            })
        };
        let attachments = leaves_of(entity).into_iter().filter_map(attachment);
        let attachments = attachments.collect();
        Ok(Self {
            message_id,
            sender,
            recipients,
            subject,
            form,
            attachments,
            octets,
        })
    }

    /// A message of ours read again from octets that were kept, whoever its sender is; `None` for
    /// what was received, and for what would not go today.
    pub fn reread(octets: Vec<u8>) -> Option<Self> {
        let from = {
            let entity = Entity::parse(&octets).ok()?;
            let header = &entity.header;
            let passed = ["Received", "Return-Path", "Delivered-To"];
            if passed.iter().any(|name| header.count(name) > 0) {
                return None;
            }
            let from = decode::addresses(header.first("From")?.value);
            MailAddress::new(&from.first()?.address)
        };
        Self::freeze(octets, &from, Limits::default()).ok()
    }

    /// The octets to be sent: pure 7-bit, every line ended by CRLF.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Message-ID with its angle brackets.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// From, which is also MAIL FROM.
    pub fn sender(&self) -> &MailAddress {
        &self.sender
    }

    /// The name that stands beside the address in From, if one does.
    pub fn sender_name(&self) -> Option<String> {
        let entity = Entity::parse(&self.octets).ok()?;
        let found = decode::addresses(entity.header.first("From")?.value);
        let name = found.into_iter().next()?.display;
        (!name.trim().is_empty()).then_some(name)
    }

    /// To and then Cc, which are also RCPT TO; each once.
    pub fn recipients(&self) -> &[OutgoingRecipient] {
        &self.recipients
    }

    /// Subject, decoded; may be empty.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The form of delivery receipt asked for.
    pub fn form(&self) -> DeliveryForm {
        self.form
    }

    /// All parts with a file name.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// Whether this says the same to the same people as another: recipients in their fields,
    /// subject, form of receipt, and every part with its type, its file name and its content.
    ///
    /// Message-ID, Date, boundaries, transfer encodings and other fields may differ.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.sender == other.sender
            && self.subject == other.subject
            && self.form == other.form
            && self.people() == other.people()
            && self.leaves() == other.leaves()
    }

    /// Octets that are equal where [`OutgoingMessage::is_alike`] holds, and only there: what is
    /// hashed to know a message by that is no longer kept.
    pub fn likeness(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let mut add = |part: &[u8]| {
            // With its length, so that no two lists of parts are one.
            octets.extend((part.len() as u64).to_be_bytes());
            octets.extend(part);
        };
        add(self.sender.key().as_bytes());
        add(self.subject.as_bytes());
        add(self.form.word().as_bytes());
        for (address, field) in self.people() {
            add(field.word().as_bytes());
            add(address.as_bytes());
        }
        for leaf in self.leaves() {
            add(leaf.essence.as_bytes());
            let name = leaf.name.map(|name| format!("={name}"));
            add(name.unwrap_or_default().as_bytes());
            add(&leaf.content);
        }
        octets
    }

    fn people(&self) -> Vec<(String, RecipientField)> {
        let recipients = self.recipients.iter();
        let mut people: Vec<_> = recipients
            .map(|one| (one.address.as_str().to_ascii_lowercase(), one.field))
            .collect();
        people.sort();
        people
    }

    /// The plain texts without a file name, as a person reads them. What is not UTF-8 is shown as
    /// Windows-1252 without its signs of punctuation: enough to know one's own words by.
    pub fn texts(&self) -> Vec<String> {
        let leaves = self.leaves().into_iter();
        let is_text = |leaf: &Leaf| leaf.name.is_none() && leaf.essence == "text/plain";
        leaves
            .filter(is_text)
            .map(|leaf| match String::from_utf8(leaf.content) {
                Ok(text) => text,
                Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
            })
            .collect()
    }

    /// Whether a part without a file name says anything.
    pub(super) fn has_text(&self) -> bool {
        let leaves = self.leaves();
        let mut nameless = leaves.iter().filter(|leaf| leaf.name.is_none());
        nameless.any(|leaf| !leaf.content.trim_ascii().is_empty())
    }

    fn leaves(&self) -> Vec<Leaf> {
        Entity::parse(&self.octets).map_or_else(|_| Vec::new(), leaves_of)
    }
}

/// Octets of a message times its recipients.
pub(super) fn product(octets: usize, recipients: usize) -> u64 {
    (octets as u64).saturating_mul(recipients.max(1) as u64)
}

/// What keeps every relay from re-encoding the message (`7bit`, RFC 2045, 2.7).
fn octet_faults(octets: &[u8]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !octets.is_ascii() {
        faults.push(Fault::NotSevenBit);
    }
    let bare = |at: usize| match octets[at] {
        b'\r' => octets.get(at + 1) != Some(&b'\n'),
        b'\n' => at == 0 || octets[at - 1] != b'\r',
        _ => false,
    };
    let bare_end = memchr::memchr2_iter(b'\r', b'\n', octets).any(bare);
    if bare_end || octets.contains(&0) || !octets.ends_with(b"\r\n") {
        faults.push(Fault::BareLineEnd);
    }
    let too_long = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len() > MAX_LINE_OCTETS;
    if let Some(at) = octets.split(|&octet| octet == b'\n').position(too_long) {
        faults.push(Fault::LongLine(at + 1));
    }
    faults
}

fn check_sender(
    header: &Header<'_>,
    mailbox: &MailAddress,
    faults: &mut Vec<Fault>,
) -> MailAddress {
    // No Sender and nothing resent: From alone says who sends (RFC 6109, 3.1.1).
    for name in ["Sender", "Resent-From", "Resent-To", "Resent-Sender"] {
        if header.count(name) > 0 {
            faults.push(Fault::Forbidden(name));
        }
    }
    // These are the provider's to write.
    for name in ["X-Ricevuta", "X-Trasporto", "X-Riferimento-Message-ID"] {
        if header.count(name) > 0 {
            faults.push(Fault::Forbidden(name));
        }
    }
    let from = match once(header, "From", faults) {
        Some(value) => decode::addresses(value),
        None => return mailbox.clone(),
    };
    let [from] = &from[..] else {
        faults.push(Fault::FromNotOne);
        return mailbox.clone();
    };
    let from = MailAddress::new(&from.address);
    if from != *mailbox {
        faults.push(Fault::FromNotOurs {
            found: from.to_string(),
            ours: mailbox.to_string(),
        });
    }
    from
}

fn check_recipients(header: &Header<'_>, faults: &mut Vec<Fault>) -> Vec<OutgoingRecipient> {
    // Even an empty Bcc is refused by some providers.
    for name in ["Bcc", "Resent-Cc", "Resent-Bcc"] {
        if header.count(name) > 0 {
            faults.push(Fault::Forbidden(name));
        }
    }
    let mut all = Vec::new();
    if let Some(value) = once(header, "To", faults) {
        take_recipients("To", RecipientField::To, value, &mut all, faults);
        if all.is_empty() {
            faults.push(Fault::Missing("To"));
        }
    }
    match header.count("Cc") {
        0 => {}
        1 => {
            let value = header.first("Cc").map_or(&[][..], |field| field.value);
            take_recipients("Cc", RecipientField::Cc, value, &mut all, faults);
        }
        _ => faults.push(Fault::Doubled("Cc")),
    }
    let mut seen = HashSet::new();
    for recipient in &all {
        if !seen.insert(recipient.address.as_str().to_ascii_lowercase()) {
            faults.push(Fault::Twice(recipient.address.to_string()));
        }
    }
    all
}

fn take_recipients(
    name: &'static str,
    field: RecipientField,
    value: &[u8],
    all: &mut Vec<OutgoingRecipient>,
    faults: &mut Vec<Fault>,
) {
    for Mailbox { address, display } in decode::addresses(value) {
        let parsed = MailAddress::new(&address);
        // PEC knows no addresses outside ASCII (RFC 6109 is older than RFC 6531).
        if parsed.is_well_formed() && parsed.as_str().is_ascii() {
            all.push(OutgoingRecipient {
                address: parsed,
                field,
            });
        } else {
            let shown = if address.is_empty() { display } else { address };
            faults.push(Fault::BadAddress {
                field: name,
                address: shown,
            });
        }
    }
}

fn check_identity(header: &Header<'_>, faults: &mut Vec<Fault>) -> String {
    let id = once(header, "Message-ID", faults).map(|value| value.trim_ascii().to_vec());
    let id = id.and_then(|value| String::from_utf8(value).ok());
    if id.as_deref().is_some_and(|id| !is_message_id(id)) {
        faults.push(Fault::BadMessageId);
    }
    if let Some(value) = once(header, "Date", faults)
        && decode::date(&String::from_utf8_lossy(value)).is_none()
    {
        faults.push(Fault::BadDate);
    }
    id.unwrap_or_default()
}

/// `<left@right>` (RFC 5322, 3.6.4) in visible ASCII; quoted left parts are refused, because
/// they do not survive every provider.
fn is_message_id(id: &str) -> bool {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    let Some((left, right)) = inner.and_then(|inner| inner.split_once('@')) else {
        return false;
    };
    let plain = |c: u8| c.is_ascii_graphic() && !b"<>()[]\\,;:\"@".contains(&c);
    !left.is_empty() && !right.is_empty() && left.bytes().chain(right.bytes()).all(plain)
}

/// XML 1.0 has no control characters: a provider that takes one over into daticert.xml writes a
/// receipt that many programs cannot read.
fn check_texts(header: &Header<'_>, faults: &mut Vec<Fault>) {
    let is_control = |c: char| c.is_control() && c != '\t';
    for name in ["From", "To", "Cc", "Subject"] {
        if header
            .all(name)
            .any(|field| field.decoded().contains(is_control))
        {
            faults.push(Fault::Control(name));
        }
    }
}

fn check_form(header: &Header<'_>, faults: &mut Vec<Fault>) -> DeliveryForm {
    let mut fields = header.all("X-TipoRicevuta");
    let (first, second) = (fields.next(), fields.next());
    if second.is_some() {
        faults.push(Fault::Doubled("X-TipoRicevuta"));
    }
    let Some(word) = first.map(|field| field.text()) else {
        return DeliveryForm::Complete;
    };
    DeliveryForm::from_word(&word).unwrap_or_else(|| {
        faults.push(Fault::BadForm(word.into_owned()));
        DeliveryForm::Complete
    })
}

fn check_limits(octets: usize, recipients: usize, limits: Limits, faults: &mut Vec<Fault>) {
    if let Some(limit) = limits.recipients.filter(|&limit| recipients > limit) {
        faults.push(Fault::TooManyRecipients {
            found: recipients,
            limit,
        });
    }
    let found = product(octets, recipients);
    if let Some(limit) = limits.octets.filter(|&limit| found > limit) {
        faults.push(Fault::TooLarge { found, limit });
    }
}

/// The value of a field that must be there exactly once.
fn once<'a>(header: &Header<'a>, name: &'static str, faults: &mut Vec<Fault>) -> Option<&'a [u8]> {
    let mut fields = header.all(name);
    let (first, second) = (fields.next(), fields.next());
    if second.is_some() {
        faults.push(Fault::Doubled(name));
    }
    if first.is_none() {
        faults.push(Fault::Missing(name));
    }
    first.map(|field| field.value)
}

/// A part that has no parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Leaf {
    /// Media type without parameters; empty when it cannot be read.
    essence: String,
    name: Option<String>,
    /// The transfer encoding removed; empty when it cannot be.
    content: Vec<u8>,
}

fn leaves_of(message: Entity<'_>) -> Vec<Leaf> {
    let work = Work::of_message(message.octets.len());
    let tree = Tree::of(message, Bounds::new(&work));
    let leaves = tree.parts().iter().filter(|part| part.frame().is_none());
    let leaf = |part: &Part<'_>| Leaf {
        essence: part.essence().to_owned(),
        name: part.names().shown().map(str::to_owned),
        content: part.entity.decoded().unwrap_or_default().into_owned(),
    };
    leaves.map(leaf).collect()
}
