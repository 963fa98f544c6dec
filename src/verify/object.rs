//! Signed objects as files, in DER, PEM or base64: known by their beginning, and unwrapped.

use std::borrow::Cow;

use crate::mime::decode;
use crate::smime::pem;

/// id-signedData in DER (RFC 5652, 5.1).
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// Octets in which the type of an object stands: tag and length before it take eight at most.
const START_OCTETS: usize = 24;

/// Signs that the beginning of an object takes in base64.
const START_SIGNS: usize = START_OCTETS / 3 * 4;

/// Names of objects in text (RFC 7468, 8 and 9; OpenSSL).
const LABELS: [&str; 3] = ["PKCS7", "CMS", "PKCS #7 SIGNED DATA"];

/// Whether octets begin as a signed object does, in DER, PEM or base64.
pub fn is_object(octets: &[u8]) -> bool {
    let names_type = |start: &[u8]| {
        start.first() == Some(&0x30) && memchr::memmem::find(start, SIGNED_DATA).is_some()
    };
    match octets {
        [0x30, ..] => names_type(&octets[..octets.len().min(START_OCTETS)]),
        [b'M', ..] => octets
            .get(..START_SIGNS)
            .and_then(|start| decode::base64(start).ok())
            .is_some_and(|start| names_type(&start)),
        _ => label(octets).is_some(),
    }
}

fn label(octets: &[u8]) -> Option<&'static str> {
    let text = octets.strip_prefix(b"-----BEGIN ")?;
    LABELS.into_iter().find(|label| {
        let rest = text.strip_prefix(label.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"-----"))
    })
}

/// The object itself; `None` where the text around it is broken.
pub fn object(octets: &[u8]) -> Option<Cow<'_, [u8]>> {
    if octets.first() == Some(&0x30) {
        return Some(Cow::Borrowed(octets));
    }
    match label(octets) {
        Some(label) => pem::objects(octets, label).ok()?.into_iter().next(),
        None => decode::base64(octets).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_objects_are_known_by_their_beginning() {
        let der = [b"\x30\x82\x01\x00", SIGNED_DATA, &[0; 40]].concat();
        let base64 = base64_simd::STANDARD.encode_to_string(&der);
        let armour =
            |label: &str| format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
        for octets in [
            &der[..],
            &[b"\x30\x80", SIGNED_DATA].concat(),
            base64.as_bytes(),
            armour("PKCS7").as_bytes(),
            armour("CMS").as_bytes(),
        ] {
            assert!(is_object(octets), "{octets:?}");
        }
        for octets in [
            &b""[..],
            b"0",
            b"M",
            b"Message-ID: <a@b.example>\r\nFrom: a@b.example\r\n\r\n",
            // Of a certificate, and of an encrypted object.
            b"\x30\x82\x01\x00\x30\x82\x01\x00",
            b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
            armour("CERTIFICATE").as_bytes(),
        ] {
            assert!(!is_object(octets), "{octets:?}");
        }
    }
}
