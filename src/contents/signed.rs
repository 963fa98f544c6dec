//! Files signed around their content (`.p7m`: CAdES, ETSI EN 319 122-1), opened.
//!
//! Who signed is named by the certificate inside. Whether that may be trusted, whether it was valid and
//! what the signature is worth is not asked here.

use crate::verify::{SignerFacts, object, open};
use crate::work::Work;

/// Signed files within signed files that are opened: who signs one after the other makes two or three.
pub const MAX_LAYERS: usize = 3;

/// What is inside a signed file.
#[derive(Clone, Debug)]
pub struct Unwrapped {
    /// Whose certificates it names, those of the outermost signature first.
    pub signers: Vec<SignerFacts>,
    /// How many signatures were around the content, one around the other.
    pub layers: usize,
    /// The content; `None` where the signature stands beside it.
    pub content: Option<Vec<u8>>,
}

/// Opens a signed file in DER, BER, PEM or base64, and those within; `None` where it is none, or where
/// it is broken. What comes out is never larger than what went in.
pub fn unwrapped(octets: &[u8], work: &Work) -> Option<Unwrapped> {
    let mut all: Option<Unwrapped> = None;
    for layers in 1..=MAX_LAYERS {
        let around = all.as_ref().and_then(|all| all.content.as_deref());
        let inside = around.unwrap_or(octets);
        if !object::is_object(inside) {
            break;
        }
        let opened = object::object(inside).and_then(|object| open(&object, work));
        let Some(opened) = opened else { break };
        let mut signers = all.map_or(Vec::new(), |all| all.signers);
        signers.extend(opened.signature.signers);
        let is_over = opened.content.is_none();
        all = Some(Unwrapped {
            signers,
            layers,
            content: opened.content,
        });
        if is_over {
            break;
        }
    }
    all
}

/// The elements of SignedData around a content (RFC 5652, 5.1), without signers.
#[cfg(test)]
pub(crate) fn object_around(content: &[u8]) -> Vec<u8> {
    let element = |tag: u8, inside: &[u8]| {
        let length = (inside.len() as u32).to_be_bytes();
        [&[tag, 0x84][..], &length, inside].concat()
    };
    let data = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let signed = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    let inside = element(
        0x30,
        &[&data[..], &element(0xa0, &element(4, content))].concat(),
    );
    let parts = [&[2, 1, 1, 0x31, 0][..], &inside, &[0x31, 0]].concat();
    let whole = [&signed[..], &element(0xa0, &element(0x30, &parts))].concat();
    element(0x30, &whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() -> Work {
        Work::of_message(1 << 20)
    }

    #[test]
    fn layers_are_opened_to_a_depth() {
        let mut file = b"contenuto".to_vec();
        for layers in 1..=MAX_LAYERS {
            file = object_around(&file);
            let opened = unwrapped(&file, &work()).unwrap();
            assert_eq!(opened.layers, layers);
            assert_eq!(opened.content.as_deref(), Some(&b"contenuto"[..]));
        }
        let opened = unwrapped(&object_around(&file), &work()).unwrap();
        assert_eq!(opened.layers, MAX_LAYERS);
        assert!(object::is_object(&opened.content.unwrap()));
        let base64 = base64_simd::STANDARD.encode_to_string(object_around(b"x"));
        let opened = unwrapped(base64.as_bytes(), &work()).unwrap();
        assert_eq!(opened.content.as_deref(), Some(&b"x"[..]));
    }

    #[test]
    fn what_is_none_or_claims_more_than_it_has_is_not_opened() {
        let file = object_around(b"contenuto");
        let mut larger = file.clone();
        larger[2..6].copy_from_slice(&u32::MAX.to_be_bytes());
        for other in [&b""[..], b"%PDF-1.7", &file[..file.len() - 1], &larger] {
            assert!(unwrapped(other, &work()).is_none());
        }
        let nested = (0..1_000).fold(b"x".to_vec(), |inside, _| object_around(&inside));
        assert_eq!(unwrapped(&nested, &work()).unwrap().layers, MAX_LAYERS);
    }
}
