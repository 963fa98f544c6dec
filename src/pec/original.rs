//! Which part of a signed part is the original message (RFC 6109, 4.3): one rule for whoever judges
//! it and whoever reads it.

use std::borrow::Cow;

use super::{CERTIFICATION_FILE, ORIGINAL_FILE};
use crate::mime::Entity;
use crate::mime::tree::{Bounds, Part, Tree};
use crate::work::Work;

/// Whether a part should be the original message: it is called postacert.eml or is a message.
pub fn may_be_original(part: &Part<'_>) -> bool {
    let names = part.names();
    let is_original = names.is(ORIGINAL_FILE) || part.essence() == "message/rfc822";
    is_original && !names.is(CERTIFICATION_FILE)
}

/// The original message among those that may be it: the one part called postacert.eml, or the one
/// message where none is called so (names vary in anomaly envelopes).
///
/// # Errors
/// When there is more than one.
pub fn the_original<'p, 'a>(candidates: &[&'p Part<'a>]) -> Result<Option<&'p Part<'a>>, Many> {
    let is_named = |part: &&&Part<'_>| part.names().is(ORIGINAL_FILE);
    let any_named = candidates.iter().any(|part| is_named(&part));
    let mut chosen = candidates.iter().filter(|part| is_named(part) == any_named);
    match (chosen.next(), chosen.next()) {
        (_, Some(_)) => Err(Many),
        (one, None) => Ok(one.copied()),
    }
}

/// More than one part is the original message: nobody can say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Many;

/// The original message in the signed part of a certified message, without its transfer encoding:
/// the mail in a transport or anomaly envelope, and what a receipt holds of it. `None` where the
/// octets are not signed as certified mail is, or hold no such part or more than one.
///
/// Whether the message is genuine is asked of [`verify`](crate::verify), not here.
pub fn original_in(octets: &[u8]) -> Option<Cow<'_, [u8]>> {
    let work = Work::of_message(octets.len());
    let bounds = Bounds {
        depth: 1,
        ..Bounds::new(&work)
    };
    let tree = Tree::of(Entity::parse(octets).ok()?, bounds);
    if tree.root().essence() != "multipart/signed" {
        return None;
    }
    let signed = tree.parts_of(tree.root()).next()?;
    let candidates: Vec<&Part<'_>> = tree
        .parts_of(signed)
        .filter(|part| may_be_original(part))
        .collect();
    the_original(&candidates).ok()??.entity.decoded().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A signed message with these parts beside its text.
    fn signed(parts: &[&str]) -> Vec<u8> {
        let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
        let text = format!(
            "From: a@b.example\nContent-Type: multipart/signed; boundary=a\n\n--a\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntesto\n{parts}--b--\n--a\n\
             Content-Type: application/pkcs7-signature\n\nx\n--a--\n"
        );
        text.replace('\n', "\r\n").into_bytes()
    }

    const NAMED: &str = "Content-Type: message/rfc822; name=postacert.eml\n\nSubject: uno\n";
    const OTHER: &str = "Content-Type: message/rfc822; name=altro.eml\n\nSubject: due\n";

    fn inside(octets: &[u8]) -> Option<String> {
        original_in(octets).map(|octets| String::from_utf8(octets.into_owned()).unwrap())
    }

    #[test]
    fn the_part_of_that_name_is_the_original_or_the_one_message() {
        for parts in [&[NAMED][..], &[OTHER, NAMED], &[NAMED, OTHER]] {
            assert!(inside(&signed(parts)).unwrap().contains("uno"), "{parts:?}");
        }
        assert!(inside(&signed(&[OTHER])).unwrap().contains("due"));
        let encoded = "Content-Type: application/octet-stream; name=postacert.eml\n\
                       Content-Transfer-Encoding: base64\n\nU3ViamVjdDogdHJlDQo=";
        assert!(inside(&signed(&[encoded])).unwrap().contains("tre"));
    }

    #[test]
    fn two_that_may_be_it_are_none() {
        assert_eq!(inside(&signed(&[NAMED, NAMED])), None);
        assert_eq!(inside(&signed(&[OTHER, OTHER])), None);
        assert_eq!(inside(&signed(&[])), None);
    }

    #[test]
    fn what_is_not_signed_has_none() {
        let octets = signed(&[NAMED]);
        let mixed = String::from_utf8(octets).unwrap();
        let mixed = mixed.replace("multipart/signed", "multipart/mixed");
        assert_eq!(inside(mixed.as_bytes()), None);
        assert_eq!(inside(b""), None);
    }
}
