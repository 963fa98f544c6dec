//! A message built once, as pure 7-bit octets (lettre's builder).
//!
//! Attachments are base64 in lines of 76, texts 7bit or quoted-printable, so that no relay has
//! a reason to re-encode and every hash stays comparable.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64_simd::STANDARD;
use lettre::Address;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// Octets of a line of the header, its line end not counted, that it should not exceed
/// (RFC 5322, 2.1.1).
const LINE_OCTETS: usize = 78;
/// Octets of text in one encoded word: 56 letters of base64, so that the first line with its
/// name holds one (RFC 2047, 2).
const WORD_OCTETS: usize = 42;

/// What a message is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// From.
    pub from: MailAddress,
    /// The name beside it there, if one shall stand.
    pub from_name: Option<String>,
    /// To, in order.
    pub to: Vec<MailAddress>,
    /// Cc, in order.
    pub cc: Vec<MailAddress>,
    /// Reply-To.
    pub reply_to: Option<MailAddress>,
    /// Subject.
    pub subject: String,
    /// The text; any line ends.
    pub body: String,
    /// File name and content of each attachment.
    pub attachments: Vec<(String, Vec<u8>)>,
    /// Further header fields, in ASCII.
    pub fields: Vec<(&'static str, String)>,
    /// Message-ID with its angle brackets.
    pub message_id: String,
    /// Date.
    pub date: Timestamp,
}

/// Why no message can be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// A text that is no address.
    #[error("not an address: {0}")]
    Address(String),
    /// A line end or another control character in a value of the header.
    #[error("a control character in {0}")]
    Control(HeaderText),
    /// The builder's own reason.
    #[error("{0}")]
    Builder(String),
}

/// A text that stands in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderText {
    /// The name before the address of the sender.
    SenderName,
    /// The subject.
    Subject,
    /// The name of an attachment, as it is.
    FileName(String),
    /// A field that the program writes.
    Field,
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SenderName => f.write_str("From"),
            Self::Subject => f.write_str("Subject"),
            Self::FileName(name) => f.write_str(name),
            Self::Field => f.write_str("header"),
        }
    }
}

/// Builds the octets of a message.
///
/// # Errors
/// When an address is none, or a value would break the header (header injection).
pub fn compose(draft: &Draft) -> Result<Vec<u8>, ComposeError> {
    check_controls(draft)?;
    let seconds = u64::try_from(draft.date.unix()).unwrap_or_default();
    let mut builder = Message::builder()
        .message_id(Some(draft.message_id.clone()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .from(Mailbox::new(draft.from_name.clone(), parsed(&draft.from)?))
        .raw_header(subject(&draft.subject));
    for (name, addresses) in [("To", &draft.to), ("Cc", &draft.cc)] {
        if !addresses.is_empty() {
            builder = builder.raw_header(address_field(name, addresses)?);
        }
    }
    // Not what goes to the server: it spares the builder reading its own fields.
    let recipients = draft.to.iter().chain(&draft.cc).map(parsed);
    let envelope = Envelope::new(None, recipients.collect::<Result<_, _>>()?);
    builder = builder.envelope(envelope.map_err(|error| builder_error(&error))?);
    if let Some(address) = &draft.reply_to {
        builder = builder.reply_to(mailbox(address)?);
    }
    for (name, value) in &draft.fields {
        let name = HeaderName::new_from_ascii_str(name);
        builder = builder.raw_header(HeaderValue::new(name, value.clone()));
    }
    let text = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(text_body(&draft.body));
    let message = if draft.attachments.is_empty() {
        builder.singlepart(text)
    } else {
        let whole = MultiPart::mixed().singlepart(text);
        let attach = |whole: MultiPart, (name, content): &(String, Vec<u8>)| {
            Ok::<_, ComposeError>(whole.singlepart(attachment(name, content)?))
        };
        builder.multipart(draft.attachments.iter().try_fold(whole, attach)?)
    };
    let message = message.map_err(|error| builder_error(&error))?;
    let mut octets = message.formatted();
    // The builder leaves the last line of a single text open.
    if !octets.ends_with(b"\r\n") {
        octets.extend_from_slice(b"\r\n");
    }
    Ok(octets)
}

fn check_controls(draft: &Draft) -> Result<(), ComposeError> {
    let controls = |text: &str| text.chars().any(char::is_control);
    let mut names = draft.attachments.iter().map(|(name, _)| name);
    let fields = draft.fields.iter().map(|(_, value)| &**value);
    if draft.from_name.as_deref().is_some_and(controls) {
        return Err(ComposeError::Control(HeaderText::SenderName));
    }
    if controls(&draft.subject) {
        return Err(ComposeError::Control(HeaderText::Subject));
    }
    if let Some(name) = names.find(|name| controls(name)) {
        return Err(ComposeError::Control(HeaderText::FileName(name.clone())));
    }
    if fields.into_iter().any(controls) || controls(&draft.message_id) {
        return Err(ComposeError::Control(HeaderText::Field));
    }
    Ok(())
}

fn builder_error(error: &dyn std::error::Error) -> ComposeError {
    ComposeError::Builder(error.to_string())
}

fn parsed(address: &MailAddress) -> Result<Address, ComposeError> {
    let wrong = || ComposeError::Address(address.to_string());
    if !address.is_well_formed() {
        return Err(wrong());
    }
    address.as_str().parse().map_err(|_| wrong())
}

fn mailbox(address: &MailAddress) -> Result<Mailbox, ComposeError> {
    Ok(Mailbox::new(None, parsed(address)?))
}

/// Addresses between commas, as many on a line as it should hold, at least one (RFC 5322,
/// 2.1.1, 2.2.3): the builder folds none that has no name beside it, and a line of more than
/// 998 octets is refused.
fn address_field(
    name: &'static str,
    addresses: &[MailAddress],
) -> Result<HeaderValue, ComposeError> {
    let mut value = String::new();
    let mut column = name.len() + ": ".len();
    for (at, address) in addresses.iter().enumerate() {
        let address = parsed(address)?.to_string();
        // A comma may follow.
        let length = address.len() + 1;
        if at > 0 {
            let fits = column + ", ".len() + length <= LINE_OCTETS;
            value.push_str(if fits { ", " } else { ",\r\n " });
            column = if fits { column + ", ".len() } else { 1 };
        }
        value.push_str(&address);
        column += address.len();
    }
    let name = HeaderName::new_from_ascii_str(name);
    Ok(HeaderValue::dangerous_new_pre_encoded(
        name,
        value.clone(),
        value,
    ))
}

/// The subject as the builder folds it; in encoded words (RFC 2047) where it could not be folded
/// otherwise, or would be read as such words.
fn subject(text: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Subject");
    let can_be_folded = |word: &str| word.len() < LINE_OCTETS - "Subject: ".len();
    if !text.contains("=?") && text.split(' ').all(can_be_folded) {
        return HeaderValue::new(name, text.to_owned());
    }
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.floor_char_boundary(WORD_OCTETS));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode_to_string(word)));
        rest = behind;
    }
    HeaderValue::dangerous_new_pre_encoded(name, text.to_owned(), words.join("\r\n "))
}

/// Text with line ends of CRLF, as it is where that is 7-bit in short lines, else
/// quoted-printable.
fn text_body(text: &str) -> Body {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let short = unix.lines().all(|line| line.len() <= 76);
    // "From " at the beginning of a line is altered by some mail stores (RFC 4155).
    let safe = unix.is_ascii()
        && short
        && !unix.contains('\0')
        && !unix.lines().any(|line| line.starts_with("From "));
    let encoding = if safe {
        ContentTransferEncoding::SevenBit
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    let mut text = unix.replace('\n', "\r\n");
    if !text.ends_with("\r\n") {
        text.push_str("\r\n");
    }
    Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new)
}

fn attachment(name: &str, content: &[u8]) -> Result<SinglePart, ComposeError> {
    let wrong = |reason: String| ComposeError::Builder(reason);
    let kind = ContentType::parse(media_type(name)).map_err(|error| wrong(error.to_string()))?;
    let body = Body::new_with_encoding(content.to_vec(), ContentTransferEncoding::Base64)
        .map_err(|_| wrong("base64".to_owned()))?;
    Ok(SinglePart::builder()
        .header(kind)
        .header(ContentDisposition::attachment(name))
        .body(body))
}

/// The media type that a file's name suggests; clerks' programs choose a viewer by it.
fn media_type(name: &str) -> &'static str {
    let lower = name.to_ascii_lowercase();
    match lower.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "pdf" => "application/pdf",
        "p7m" => "application/pkcs7-mime",
        // Not application/pkcs7-signature: readers take such a part for the signature of the
        // message, and neither list nor print it.
        "p7s" => "application/octet-stream",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "txt" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "htm" | "html" => "text/html; charset=utf-8",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "tif" | "tiff" => "image/tiff",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "rtf" => "application/rtf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pec::outgoing::{Limits, OutgoingMessage};

    fn draft() -> Draft {
        Draft {
            from_name: None,
            from: MailAddress::new("a@pec.example"),
            to: vec![MailAddress::new("b@pec.example")],
            cc: Vec::new(),
            reply_to: None,
            subject: "Avviso n. 7".to_owned(),
            body: "Buongiorno.\n".to_owned(),
            attachments: Vec::new(),
            fields: Vec::new(),
            message_id: "<1@pec.example>".to_owned(),
            date: Timestamp::from_unix(1_542_123_567),
        }
    }

    #[test]
    fn octets_are_7_bit_in_crlf_lines_whatever_goes_in() {
        let mut draft = draft();
        draft.subject = "Perché no — così è più lungo di una riga sola, e di molto, davvero".into();
        draft.body = format!("È tardi\r\nFrom qui\n{}\rfine", "x".repeat(5_000));
        draft.attachments = vec![
            (
                "relazione età.pdf".into(),
                b"%PDF-1.4 \xff\r\n.\r\n".to_vec(),
            ),
            ("note.txt".into(), "città\n".as_bytes().to_vec()),
        ];
        let octets = compose(&draft).unwrap();
        assert!(octets.is_ascii() && octets.ends_with(b"\r\n"));
        for line in octets.split_inclusive(|&octet| octet == b'\n') {
            assert!(line.ends_with(b"\r\n") && line.len() <= 78 + 2);
            assert!(!line[..line.len() - 2].contains(&b'\r'));
        }
    }

    #[test]
    fn a_signature_as_a_file_is_no_signature_of_the_message() {
        let mut draft = draft();
        draft.attachments = vec![("atto.pdf.p7s".into(), b"x".to_vec())];
        let octets = String::from_utf8(compose(&draft).expect("a message")).expect("ASCII");
        assert!(
            octets.contains("Content-Type: application/octet-stream"),
            "{octets}"
        );
        assert!(!octets.contains("pkcs7-signature"), "{octets}");
    }

    #[test]
    fn a_line_end_in_a_header_value_is_refused() {
        for wrong in ["a\r\nBcc: x@y", "a\nb", "a\u{7}"] {
            let mut draft = draft();
            draft.subject = wrong.to_owned();
            assert_eq!(
                compose(&draft),
                Err(ComposeError::Control(HeaderText::Subject))
            );
        }
        let mut draft = draft();
        draft.to = vec![MailAddress::new("b@pec.example\r\nBcc: c@d")];
        assert!(matches!(compose(&draft), Err(ComposeError::Address(_))));
    }

    fn longest_line(octets: &[u8]) -> usize {
        let lines = octets.split(|&octet| octet == b'\n');
        lines.map(<[u8]>::len).max().unwrap_or_default() - 1
    }

    #[test]
    fn any_number_of_addresses_stands_in_lines_that_may_be_read() {
        for count in [1, 3, 50, 500, 2_000] {
            let mut draft = draft();
            let address =
                |n: usize| MailAddress::new(&format!("ufficio.protocollo.{n}@pec.comune.example"));
            draft.to = (0..count).map(address).collect();
            draft.cc = (count..2 * count).map(address).collect();
            let octets = compose(&draft).unwrap();
            assert!(longest_line(&octets) <= LINE_OCTETS, "{count}");
            let mailbox = MailAddress::new("a@pec.example");
            let frozen = OutgoingMessage::freeze(octets, &mailbox, Limits::default()).unwrap();
            let read: Vec<_> = frozen.recipients().iter().map(|one| &one.address).collect();
            let given: Vec<_> = draft.to.iter().chain(&draft.cc).collect();
            assert_eq!(read, given);
        }
    }

    #[test]
    fn an_address_longer_than_a_line_stands_alone() {
        let mut draft = draft();
        let long = format!(
            "{}@{}.example",
            "u".repeat(64),
            vec!["d".repeat(60); 3].join(".")
        );
        draft.to = [&*long, "b@pec.example", &*long.replace('u', "v")]
            .map(MailAddress::new)
            .into();
        let octets = String::from_utf8(compose(&draft).unwrap()).unwrap();
        let other = long.replace('u', "v");
        let field = format!("To: {long},\r\n b@pec.example,\r\n {other}\r\n");
        assert!(octets.contains(&field), "{octets}");
    }

    #[test]
    fn a_subject_without_a_blank_is_folded_and_reads_the_same() {
        for subject in [
            "x".repeat(2_000),
            format!("Avviso {}", "è".repeat(700)),
            "=?utf-8?Q?non_una_parola?=".to_owned(),
            "breve".to_owned(),
        ] {
            let mut draft = draft();
            draft.subject = subject.clone();
            let octets = compose(&draft).unwrap();
            assert!(longest_line(&octets) <= LINE_OCTETS, "{subject}");
            let mailbox = MailAddress::new("a@pec.example");
            let frozen = OutgoingMessage::freeze(octets, &mailbox, Limits::default()).unwrap();
            assert_eq!(frozen.subject(), subject);
        }
    }

    #[test]
    fn a_hundred_attachments_keep_names_of_255_octets() {
        let names = (0..100).map(|n| match n % 2 {
            0 => format!("{n:03}{}.pdf", "x".repeat(248)),
            _ => format!("{n:03}{}.pdf", "è".repeat(124)),
        });
        let mut draft = draft();
        draft.attachments = names.map(|name| (name, b"%PDF-1.4".to_vec())).collect();
        assert!(draft.attachments.iter().all(|(name, _)| name.len() == 255));
        let octets = compose(&draft).unwrap();
        assert!(longest_line(&octets) <= LINE_OCTETS);
        let mailbox = MailAddress::new("a@pec.example");
        let frozen = OutgoingMessage::freeze(octets, &mailbox, Limits::default()).unwrap();
        let read = frozen.attachments().iter();
        let read = read.map(|one| (one.name.clone(), one.content.clone()));
        assert_eq!(read.collect::<Vec<_>>(), draft.attachments);
    }
}
