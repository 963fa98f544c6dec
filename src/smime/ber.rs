//! BER as mail signers write it, turned into definite lengths (X.690, 8.1.3).
//!
//! Providers of 2015 and of 2026 send signatures with indefinite lengths and OCTET STRINGs
//! in pieces. [`definite`] rewrites just those; every subtree that is definite already stays
//! octet for octet, because certificates and signed attributes are hashed as they are.

use std::borrow::Cow;

use super::{Error, Fault};

/// Depth of ASN.1 values within values. A CMS object with certificates nests about 14 deep;
/// OpenSSL stops at 30 (`ASN1_MAX_CONSTRUCTED_NEST`).
const MAX_NESTING: usize = 30;

/// Tags used here (X.690, 8.1.2; all universal ones below 31).
pub mod tag {
    #![allow(missing_docs)]
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    pub const CONTEXT_0: u8 = 0xa0;
    pub const CONTEXT_0_PRIMITIVE: u8 = 0x80;
    pub const CONTEXT_1: u8 = 0xa1;
    pub const CONTEXT_2: u8 = 0xa2;
    pub const CONTEXT_3: u8 = 0xa3;
    pub(super) const CONSTRUCTED: u8 = 0x20;
    pub(super) const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
}

/// One value: its tag, its whole octets, and its content octets.
#[derive(Clone, Copy, Debug)]
pub struct Tlv<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// Tag, length and content.
    pub octets: &'a [u8],
    /// The content.
    pub content: &'a [u8],
}

/// Reads values of definite length one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader at the beginning of `octets`.
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is not read yet.
    pub fn remaining(&self) -> &'a [u8] {
        self.0
    }

    /// The next value.
    ///
    /// # Errors
    /// At the end, for an indefinite length, and for a value that passes the end.
    pub fn value(&mut self) -> Result<Tlv<'a>, Error> {
        let head = Head::parse(self.0)?;
        let length = head.length.ok_or(Error::Encoding(Fault::Indefinite))?;
        let end = head.octets + length;
        if end > self.0.len() {
            return Err(Error::Encoding(Fault::PassesEnd));
        }
        let (octets, rest) = self.0.split_at(end);
        self.0 = rest;
        Ok(Tlv {
            tag: head.tag,
            octets,
            content: &octets[head.octets..],
        })
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// As [`Reader::value`], and for another tag.
    pub fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, Error> {
        let value = self.value()?;
        if value.tag == tag {
            Ok(value)
        } else {
            Err(Error::Encoding(Fault::Tag))
        }
    }

    /// The next value if it has this tag.
    ///
    /// # Errors
    /// As [`Reader::value`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Error> {
        if self.0.first() == Some(&tag) {
            self.value().map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader of the content of the next value, which must have this tag.
    ///
    /// # Errors
    /// As [`Reader::expect`].
    pub fn enter(&mut self, tag: u8) -> Result<Reader<'a>, Error> {
        Ok(Reader(self.expect(tag)?.content))
    }
}

/// Identifier and length octets.
struct Head {
    tag: u8,
    octets: usize,
    length: Option<usize>,
}

impl Head {
    #[inline]
    fn parse(octets: &[u8]) -> Result<Self, Fault> {
        // Nearly all values: one octet of tag, one of length.
        match *octets {
            [tag, length @ 0..=0x7f, ..] if tag & 0x1f != 0x1f => Ok(Self {
                tag,
                octets: 2,
                length: Some(length.into()),
            }),
            _ => Self::parse_long(octets),
        }
    }

    fn parse_long(octets: &[u8]) -> Result<Self, Fault> {
        let (&tag, rest) = octets.split_first().ok_or(Fault::CutShort)?;
        // X.690, 8.1.2.4: none of the types read here has a tag number above 30; one is passed
        // over by its octets, up to four.
        let number = if tag & 0x1f == 0x1f {
            let more = rest
                .iter()
                .take(4)
                .take_while(|&&octet| octet & 0x80 != 0)
                .count();
            more + 1
        } else {
            0
        };
        let rest = rest.get(number..).ok_or(Fault::CutShort)?;
        if number > 4 {
            return Err(Fault::TagNumber);
        }
        let (&first, rest) = rest.split_first().ok_or(Fault::CutShort)?;
        match first {
            0..=0x7f => Ok(Self {
                tag,
                octets: 2 + number,
                length: Some(first.into()),
            }),
            0x80 if tag & tag::CONSTRUCTED != 0 => Ok(Self {
                tag,
                octets: 2 + number,
                length: None,
            }),
            0x80 => Err(Fault::IndefinitePrimitive),
            _ => {
                let count = usize::from(first & 0x7f);
                if count > 4 || rest.len() < count {
                    return Err(Fault::Length);
                }
                let length = rest[..count]
                    .iter()
                    .fold(0usize, |sum, &octet| sum << 8 | usize::from(octet));
                Ok(Self {
                    tag,
                    octets: 2 + number + count,
                    length: Some(length),
                })
            }
        }
    }
}

/// The first value of `octets` in definite lengths, and how many octets follow it.
///
/// Borrowed when nothing was to be rewritten.
///
/// # Errors
/// When it is no BER, is cut short, or nests deeper than 30 levels.
pub fn definite(octets: &[u8]) -> Result<(Cow<'_, [u8]>, usize), Error> {
    if let Some(length) = length_if_definite(octets) {
        return Ok((Cow::Borrowed(&octets[..length]), octets.len() - length));
    }
    let mut out = Vec::with_capacity(octets.len());
    let shape = rewrite(octets, 0, &mut out)?;
    Ok((Cow::Owned(out), octets.len() - shape.octets))
}

/// Where the certificates of a ContentInfo lie: in the `[0]` of the SignedData in its `[0]`.
const CERTIFICATES_DEPTH: usize = 4;

/// How long a value is in which all is definite already, as nearly every one is; `None` for any
/// other. One pass over all heads, without a call for each.
///
/// Certificates are not looked into: they are DER (RFC 5652, 5.1), and read as that later.
fn length_if_definite(octets: &[u8]) -> Option<usize> {
    // The ends of the values around the one that is open.
    let mut around = [0; MAX_NESTING];
    let (mut depth, mut at, mut end) = (0, 0, octets.len());
    let mut in_certificates = false;
    loop {
        let head = Head::parse(octets.get(at..)?).ok()?;
        let content = at + head.octets;
        let next = content.checked_add(head.length?)?;
        if next > end {
            return None;
        }
        let is_opaque = in_certificates && depth == CERTIFICATES_DEPTH;
        if head.tag & tag::CONSTRUCTED == 0 || is_opaque {
            at = next;
        } else {
            if head.tag == tag::CONSTRUCTED_OCTET_STRING {
                return None;
            }
            *around.get_mut(depth)? = end;
            depth += 1;
            if depth == CERTIFICATES_DEPTH {
                in_certificates = head.tag == tag::CONTEXT_0;
            }
            (at, end) = (content, next);
        }
        while at == end && depth > 0 {
            depth -= 1;
            end = around[depth];
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// How long a value is, end-of-contents octets included, and whether it stays as it is.
struct Shape {
    octets: usize,
    is_definite: bool,
}

/// Writes the first value of `octets` in definite lengths.
///
/// Every head is read once. A value that is rewritten is moved once for each level around it,
/// which [`MAX_NESTING`] bounds.
fn rewrite(octets: &[u8], depth: usize, out: &mut Vec<u8>) -> Result<Shape, Error> {
    if depth > MAX_NESTING {
        return Err(Fault::Depth.into());
    }
    let head = Head::parse(octets)?;
    let end = match head.length {
        Some(length) => head.octets + length,
        None => octets.len(),
    };
    if end > octets.len() {
        return Err(Fault::PassesEnd.into());
    }
    let start = out.len();
    let mut is_definite = head.length.is_some() && head.tag != tag::CONSTRUCTED_OCTET_STRING;
    let mut at = head.octets;
    let mut is_closed = head.length.is_some();
    while head.tag & tag::CONSTRUCTED != 0 && at < end {
        if head.length.is_none() && octets[at..].starts_with(&[0, 0]) {
            is_closed = true;
            break;
        }
        let child = rewrite(&octets[at..end], depth + 1, out)?;
        is_definite &= child.is_definite;
        at += child.octets;
    }
    if !is_closed {
        return Err(Fault::NotClosed.into());
    }
    let length = match head.length {
        Some(_) => end,
        None => at + 2,
    };
    if is_definite {
        out.truncate(start);
        out.extend_from_slice(&octets[..length]);
    } else if head.tag & 0x1f == 0x1f {
        return Err(Fault::IndefiniteHighTag.into());
    } else {
        let content = out.split_off(start);
        if head.tag == tag::CONSTRUCTED_OCTET_STRING {
            // X.690, 8.7.3: the value is the pieces put together; each is an OCTET STRING.
            let mut whole = Vec::with_capacity(content.len());
            let mut pieces = Reader::new(&content);
            while !pieces.is_empty() {
                whole.extend_from_slice(pieces.expect(tag::OCTET_STRING)?.content);
            }
            write_value(tag::OCTET_STRING, &whole, out);
        } else {
            write_value(head.tag, &content, out);
        }
    }
    Ok(Shape {
        octets: length,
        is_definite,
    })
}

fn write_value(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let skip = octets.iter().take_while(|&&octet| octet == 0).count();
        out.push(0x80 | (octets.len() - skip) as u8);
        out.extend_from_slice(&octets[skip..]);
    }
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags with a number in octets of its own (X.690, 8.1.2.4), under each form of length.
    #[test]
    fn a_head_is_as_long_as_its_tag_and_its_length() {
        for (octets, length) in [
            (&[0x1f, 0x21, 0x05][..], Some(5)),
            (&[0x3f, 0x21, 0x80], None),
            (&[0x3f, 0x81, 0x21, 0x80], None),
            (&[0x3f, 0x81, 0x21, 0x82, 1, 4], Some(260)),
        ] {
            let mut following = octets.to_vec();
            following.extend([0; 300]);
            let head = Head::parse(&following).unwrap();
            assert_eq!((head.octets, head.length), (octets.len(), length));
        }
    }

    #[test]
    fn definite_values_stay_as_they_are() {
        let octets = [0x30, 0x03, 0x02, 0x01, 0x05, 0xff];
        let (value, following) = definite(&octets).unwrap();
        assert!(matches!(value, Cow::Borrowed(_)));
        assert_eq!((&*value, following), (&octets[..5], 1));
    }

    #[test]
    fn indefinite_lengths_and_pieces_are_rewritten() {
        // SEQUENCE (indefinite) { OCTET STRING (constructed, indefinite) { "AB", "C" } }
        let octets = [
            0x30, 0x80, 0x24, 0x80, 4, 2, b'A', b'B', 4, 1, b'C', 0, 0, 0, 0,
        ];
        let (value, following) = definite(&octets).unwrap();
        assert_eq!(
            (&*value, following),
            (&[0x30, 5, 4, 3, b'A', b'B', b'C'][..], 0)
        );
    }

    #[test]
    fn a_definite_value_within_an_indefinite_one_keeps_its_octets() {
        // The inner length is not the shortest possible, and must stay so.
        let octets = [0x30, 0x80, 0x30, 0x81, 0x03, 2, 1, 5, 0, 0];
        assert_eq!(
            &*definite(&octets).unwrap().0,
            &[0x30, 6, 0x30, 0x81, 0x03, 2, 1, 5]
        );
    }

    /// A signature object with these octets in its bag of certificates, and these signers.
    fn object(certificates: &[u8], signers: &[u8]) -> Vec<u8> {
        let value = |tag: u8, content: &[u8]| {
            let mut out = Vec::new();
            write_value(tag, content, &mut out);
            out
        };
        let fields = [
            value(tag::INTEGER, &[1]),
            value(tag::SET, &[]),
            value(tag::SEQUENCE, &value(tag::OID, &[42])),
            value(tag::CONTEXT_0, certificates),
            value(tag::SET, signers),
        ];
        let data = value(tag::CONTEXT_0, &value(tag::SEQUENCE, &fields.concat()));
        value(tag::SEQUENCE, &[value(tag::OID, &[42]), data].concat())
    }

    #[test]
    fn certificates_are_not_looked_into_and_all_else_is() {
        let indefinite = [0x30, 4, 0x30, 0x80, 0, 0];
        let with_certificate = object(&indefinite, &[]);
        let (value, following) = definite(&with_certificate).unwrap();
        assert_eq!((&*value, following), (&*with_certificate, 0));
        let with_signer = object(&[], &indefinite);
        let (value, _) = definite(&with_signer).unwrap();
        assert_eq!(&*value, object(&[], &[0x30, 2, 0x30, 0]));
        // Where lengths are, they are inside of what is around.
        let mut long = object(&[0x30, 1, 5], &[]);
        assert!(definite(&long).is_ok());
        let at = long.windows(3).position(|it| it == [0x30, 1, 5]).unwrap();
        long[at + 1] = 9;
        assert!(definite(&long).is_err());
    }

    #[test]
    fn high_tag_numbers_are_passed_over() {
        let octets = [0x30, 0x08, 0xbf, 0x20, 0x02, 0x05, 0x00, 0x02, 0x01, 0x07];
        let (value, following) = definite(&octets).unwrap();
        assert_eq!((&*value, following), (&octets[..], 0));
        let mut inner = Reader::new(&octets).enter(tag::SEQUENCE).unwrap();
        assert_eq!(inner.value().unwrap().content, [0x05, 0x00]);
        assert_eq!(inner.expect(tag::INTEGER).unwrap().content, [7]);
    }

    #[test]
    fn long_lengths_are_written_in_full() {
        let mut octets = vec![0x30, 0x80, 4, 0x82, 0x01, 0x00];
        octets.extend([7; 256]);
        octets.extend([0, 0]);
        let (value, _) = definite(&octets).unwrap();
        assert_eq!(&value[..4], &[0x30, 0x82, 0x01, 0x04]);
        assert_eq!(value.len(), 4 + 260);
    }

    #[test]
    fn broken_octets_are_refused() {
        let deep = [0x30, 0x80].repeat(40);
        for octets in [
            &[][..],
            &[0x30],
            &[0x30, 0x05, 0x02],
            &[0x30, 0x80, 0x02, 0x01, 0x05],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x1f, 0x85, 0x85, 0x85, 0x85, 0x01, 0x00],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x24, 0x03, 0x02, 0x01, 0x05],
            &deep,
        ] {
            assert!(definite(octets).is_err(), "{octets:02x?}");
        }
    }
}
