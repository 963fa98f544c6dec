//! The certificates that a receipt carries, as files for other programs.

use base64_simd::STANDARD;

use crate::mime::Entity;
use crate::mime::tree::{Bounds, Tree};
use crate::smime::certificate::Certificate;
use crate::smime::chain::Anchor;
use crate::smime::sha256;
use crate::smime::signed_data::{SignatureOctets, SignedData};
use crate::work::Work;

/// DER of the certificates in the signature of a message, in their order; none where there is no
/// signature that can be read. Nothing about them is checked.
pub(super) fn carried(message: &[u8]) -> Vec<Vec<u8>> {
    let work = Work::of_message(message.len());
    let Ok(entity) = Entity::parse(message) else {
        return Vec::new();
    };
    let tree = Tree::of(entity, Bounds::first_level(&work));
    let signature = tree.parts().iter().find(|part| {
        matches!(
            part.essence(),
            "application/pkcs7-signature" | "application/x-pkcs7-signature"
        )
    });
    let Some(Ok(octets)) = signature.map(|part| part.entity.decoded()) else {
        return Vec::new();
    };
    let Ok(object) = SignatureOctets::new(&octets) else {
        return Vec::new();
    };
    let data = SignedData::parse(&object);
    let data = data.map(|data| data.certificates.octets().map(<[u8]>::to_vec).collect());
    data.unwrap_or_default()
}

/// Whether a certificate is one of the authorities: for the name and the key that the trust data
/// have.
pub(super) fn is_of(anchors: &[Anchor], der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::parse(der) else {
        return false;
    };
    let is_it =
        |anchor: &Anchor| anchor.subject == certificate.subject && anchor.spki == certificate.spki;
    anchors.iter().any(is_it)
}

/// A certificate in text (RFC 7468), with a line before it that says which it is.
pub(super) fn pem(der: &[u8]) -> String {
    let subject = match Certificate::parse(der) {
        Ok(certificate) => certificate.subject.to_string(),
        Err(_) => String::new(),
    };
    let plain: String = subject
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let coded = STANDARD.encode_to_string(der);
    let mut text = format!("# {plain}\n# SHA-256 {}\n", sha256(der));
    text += "-----BEGIN CERTIFICATE-----\n";
    for line in coded.as_bytes().chunks(64) {
        text += std::str::from_utf8(line).expect("base64 is ASCII");
        text += "\n";
    }
    text + "-----END CERTIFICATE-----\n"
}
