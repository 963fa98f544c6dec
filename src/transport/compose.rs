//! A message built once, as pure 7-bit octets (lettre's builder).
//!
//! Attachments are base64 in lines of 76, texts 7bit or quoted-printable, so that no relay has
//! a reason to re-encode and every hash stays comparable.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use crate::address::MailAddress;
use crate::timestamp::Timestamp;

/// What a message is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// From.
    pub from: MailAddress,
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
    Control(&'static str),
    /// The builder's own reason.
    #[error("{0}")]
    Builder(String),
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
        .from(mailbox(&draft.from)?)
        .subject(draft.subject.clone());
    for address in &draft.to {
        builder = builder.to(mailbox(address)?);
    }
    for address in &draft.cc {
        builder = builder.cc(mailbox(address)?);
    }
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
    let message = message.map_err(|error| ComposeError::Builder(error.to_string()))?;
    let mut octets = message.formatted();
    // The builder leaves the last line of a single text open.
    if !octets.ends_with(b"\r\n") {
        octets.extend_from_slice(b"\r\n");
    }
    Ok(octets)
}

fn check_controls(draft: &Draft) -> Result<(), ComposeError> {
    let controls = |text: &str| text.chars().any(char::is_control);
    let names = draft.attachments.iter().map(|(name, _)| &**name);
    let fields = draft.fields.iter().map(|(_, value)| &**value);
    if controls(&draft.subject) {
        return Err(ComposeError::Control("subject"));
    }
    if names.into_iter().any(controls) {
        return Err(ComposeError::Control("file name"));
    }
    if fields.into_iter().any(controls) || controls(&draft.message_id) {
        return Err(ComposeError::Control("header"));
    }
    Ok(())
}

fn mailbox(address: &MailAddress) -> Result<Mailbox, ComposeError> {
    let wrong = || ComposeError::Address(address.to_string());
    if !address.is_well_formed() {
        return Err(wrong());
    }
    let address = address.as_str().parse().map_err(|_| wrong())?;
    Ok(Mailbox::new(None, address))
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

    fn draft() -> Draft {
        Draft {
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
            assert_eq!(compose(&draft), Err(ComposeError::Control("subject")));
        }
        let mut draft = draft();
        draft.to = vec![MailAddress::new("b@pec.example\r\nBcc: c@d")];
        assert!(matches!(compose(&draft), Err(ComposeError::Address(_))));
    }
}
