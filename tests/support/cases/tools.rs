//! Ways to bend a message, before it is signed and after.

use crate::support::message::{Header, Message, Part};
use crate::support::pki::Certificate;
use crate::support::receipt::{Kind, Receipt};
use crate::support::text::base64_lines;

/// The delivery receipt of the base transaction.
pub fn delivery() -> Receipt {
    Receipt::new(Kind::Delivery)
}

/// The delivery receipt with other data, signed as usual; the text follows the data.
pub fn stated(change: impl FnOnce(&mut Receipt)) -> Vec<u8> {
    Receipt::with(Kind::Delivery, change).to_eml()
}

/// A message with other lines in the unsigned header.
pub fn headed(kind: Kind, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    Receipt::new(kind).message().header(change).to_eml()
}

/// The delivery receipt, signed with the certificate given.
pub fn certified(certificate: Certificate) -> Vec<u8> {
    certified_with(certificate, &[])
}

/// The same, with more certificates in the bag.
pub fn certified_with(certificate: Certificate, more: &[&Certificate]) -> Vec<u8> {
    let mut receipt = delivery();
    receipt.certificate = certificate;
    let mut message = receipt.message();
    message
        .signed
        .certificates
        .extend(more.iter().map(|certificate| certificate.to_der()));
    message.to_eml()
}

/// The delivery receipt, with the document given as daticert.xml.
pub fn with_xml(xml: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut receipt = delivery();
    receipt.xml = Some(xml.into());
    receipt.to_eml()
}

/// The delivery receipt's document after a replacement in it.
pub fn xml(old: &str, new: &str) -> String {
    let text = delivery().daticert.to_xml();
    assert!(text.contains(old), "the document has no {old}");
    text.replacen(old, new, 1)
}

/// A message whose signed octets were changed after the signature was made.
pub fn altered(mut message: Message, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    message.signature = Some(message.signed.encode(&message.entity));
    message.entity = change(&message.entity);
    message.to_eml()
}

/// The same for a text inside the encoded daticert.xml.
pub fn altered_xml(receipt: &Receipt, old: &str, new: &str) -> Vec<u8> {
    let text = receipt.daticert.to_xml();
    assert!(text.contains(old), "the document has no {old}");
    let [before, after] =
        [text.clone(), text.replace(old, new)].map(|text| base64_lines(text.as_bytes(), 60));
    altered(receipt.message(), |entity| {
        replaced(entity, &before, &after)
    })
}

/// The first occurrence of `old` replaced.
pub fn replaced(octets: &[u8], old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Vec<u8> {
    let (old, new) = (old.as_ref(), new.as_ref());
    let place = find(octets, old);
    [&octets[..place], new, &octets[place + old.len()..]].concat()
}

pub fn find(octets: &[u8], wanted: &[u8]) -> usize {
    let place = octets
        .windows(wanted.len())
        .position(|window| window == wanted);
    place.unwrap_or_else(|| panic!("not found: {}", String::from_utf8_lossy(wanted)))
}

/// The signed message as a part of another: with its own MIME lines only.
pub fn as_part(message: &Message) -> Vec<u8> {
    let header = format!("Content-Type: {}\r\n\r\n", message.content_type());
    [header.as_bytes(), &message.body()].concat()
}

/// A whole file as an attached message.
pub fn attached(eml: &[u8]) -> Vec<u8> {
    Part::new(
        &[
            ("Content-Type", "message/rfc822; name=\"ricevuta.eml\""),
            (
                "Content-Disposition",
                "attachment; filename=\"ricevuta.eml\"",
            ),
        ],
        eml,
    )
    .encode()
}

pub fn plain_part(text: &str) -> Vec<u8> {
    Part::new(&[("Content-Type", "text/plain; charset=us-ascii")], text).encode()
}

/// Somebody's ordinary header, for messages that carry another.
pub fn ordinary_header() -> Header {
    let mut header = Header::default();
    header
        .add("From", "collega@posta.example")
        .add("To", "avvocato@posta.example")
        .add("Subject", "I: CONSEGNA: Pratica n. 42: richiesta di copia")
        .add("Date", "Tue, 5 May 2026 09:00:00 +0200")
        .add("Message-ID", "<inoltro-1@posta.example>")
        .add("MIME-Version", "1.0");
    header
}

/// A file of that header, a content type and a body.
pub fn file(mut header: Header, content_type: &str, body: &[u8]) -> Vec<u8> {
    header.add("Content-Type", content_type);
    [header.to_text().as_bytes(), b"\r\n", body].concat()
}
