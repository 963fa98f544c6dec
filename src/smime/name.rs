//! Distinguished names: read from DER or RFC 4514, compared by RFC 5280, 7.1, shown.

use std::fmt;

use der::Decode;
use der::oid::ObjectIdentifier as Oid;

use super::ber::{Reader, tag};
use super::{Error, Fault};

/// Sets, and attributes in them, of one name read from DER: real ones have under 20. Names are
/// compared with each other again and again while a way to an authority is looked for.
const MAX_VALUES: usize = 200;

/// An X.501 name. Comparison ignores case and runs of blanks, as RFC 5280, 7.1 asks of names
/// that may not be encoded alike. Attributes compare in their order.
#[derive(Clone, Debug)]
pub struct Name {
    /// Most general first (country), as in DER.
    parts: Vec<Vec<Attribute>>,
}

#[derive(Clone, Debug)]
struct Attribute {
    kind: Oid,
    value: String,
    folded: String,
}

impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.folded == other.folded
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}
impl Eq for Name {}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A part without the sign between type and value.
    #[error("name without =")]
    NoEquals,
    /// A type that is neither known by that short name nor an object identifier.
    #[error("unknown attribute type in a name")]
    Type,
    /// A value in `#hex` form, which is not read.
    #[error("hexadecimal value in a name")]
    Hexadecimal,
    /// Nothing follows a backslash.
    #[error("backslash at the end of a name")]
    Backslash,
    /// Octets written as `\C3` that are not UTF-8.
    #[error("name is not UTF-8")]
    NotText,
}

/// Attribute types with the short names of RFC 4514 and those seen in PEC certificates.
const SHORT_NAMES: [(&str, Oid); 14] = [
    ("CN", COMMON_NAME),
    ("SERIALNUMBER", Oid::new_unwrap("2.5.4.5")),
    ("C", Oid::new_unwrap("2.5.4.6")),
    ("L", Oid::new_unwrap("2.5.4.7")),
    ("ST", Oid::new_unwrap("2.5.4.8")),
    ("STREET", Oid::new_unwrap("2.5.4.9")),
    ("O", ORGANIZATION),
    ("OU", Oid::new_unwrap("2.5.4.11")),
    ("T", Oid::new_unwrap("2.5.4.12")),
    ("organizationIdentifier", Oid::new_unwrap("2.5.4.97")),
    ("dnQualifier", Oid::new_unwrap("2.5.4.46")),
    ("emailAddress", EMAIL_ADDRESS),
    ("DC", Oid::new_unwrap("0.9.2342.19200300.100.1.25")),
    ("UID", Oid::new_unwrap("0.9.2342.19200300.100.1.1")),
];
const COMMON_NAME: Oid = Oid::new_unwrap("2.5.4.3");
const ORGANIZATION: Oid = Oid::new_unwrap("2.5.4.10");
const EMAIL_ADDRESS: Oid = Oid::new_unwrap("1.2.840.113549.1.9.1");

impl Attribute {
    fn new(kind: Oid, value: String) -> Self {
        let words: Vec<String> = value.split_whitespace().map(str::to_lowercase).collect();
        Self {
            kind,
            value,
            folded: words.join(" "),
        }
    }
}

impl Name {
    /// Reads a DER Name (RFC 5280, 4.1.2.4).
    ///
    /// # Errors
    /// When it is not a sequence of sets of type and value.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let mut sequence = Reader::new(der).enter(tag::SEQUENCE)?;
        let mut parts = Vec::new();
        let mut count = 0;
        while !sequence.is_empty() {
            count += 1;
            parts.push(part(sequence.enter(tag::SET)?, &mut count)?);
            if count > MAX_VALUES {
                return Err(Error::Encoding(Fault::TooMany));
            }
        }
        Ok(Self { parts })
    }

    /// This name with one part more below it: the values of a DER RelativeDistinguishedName.
    ///
    /// # Errors
    /// When it is not a set of type and value.
    pub fn with(&self, relative: &[u8]) -> Result<Self, Error> {
        let mut parts = self.parts.clone();
        parts.push(part(Reader::new(relative), &mut 0)?);
        Ok(Self { parts })
    }

    /// Reads the text form of RFC 4514, most specific part first: `CN=…,O=…,C=IT`.
    ///
    /// # Errors
    /// For an unknown attribute type or a value in `#hex` form.
    pub fn from_rfc4514(text: &str) -> Result<Self, TextError> {
        let mut parts = Vec::new();
        for part in split_unescaped(text, ',').into_iter().rev() {
            let mut attributes = Vec::new();
            for pair in split_unescaped(part, '+') {
                let (kind, value) = pair.split_once('=').ok_or(TextError::NoEquals)?;
                let kind = kind.trim();
                let known = SHORT_NAMES
                    .iter()
                    .find(|(short, _)| short.eq_ignore_ascii_case(kind));
                let kind = match known {
                    Some((_, oid)) => *oid,
                    None => Oid::new(kind).map_err(|_| TextError::Type)?,
                };
                attributes.push(Attribute::new(kind, unescape(value.trim())?));
            }
            parts.push(attributes);
        }
        Ok(Self { parts })
    }

    /// Whether `base` is the beginning of this name (directoryName constraints, RFC 5280, 4.2.1.10).
    pub fn is_within(&self, base: &Name) -> bool {
        self.parts.len() >= base.parts.len() && self.parts[..base.parts.len()] == base.parts
    }

    /// The first common name.
    pub fn common_name(&self) -> Option<&str> {
        self.first(COMMON_NAME)
    }

    /// The first organization.
    pub fn organization(&self) -> Option<&str> {
        self.first(ORGANIZATION)
    }

    /// Addresses in emailAddress attributes (obsolete, RFC 5280, 4.1.2.6).
    pub fn mail_addresses(&self) -> impl Iterator<Item = &str> {
        self.attributes()
            .filter(|a| a.kind == EMAIL_ADDRESS)
            .map(|a| &*a.value)
    }

    fn first(&self, kind: Oid) -> Option<&str> {
        self.attributes()
            .find(|a| a.kind == kind)
            .map(|a| &*a.value)
    }

    fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.parts.iter().flatten()
    }

    /// Whether the name has no part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// The attributes of a RelativeDistinguishedName; `count` bounds those of the whole name.
fn part(mut set: Reader<'_>, count: &mut usize) -> Result<Vec<Attribute>, Error> {
    let mut part = Vec::new();
    while !set.is_empty() && *count <= MAX_VALUES {
        *count += 1;
        let mut pair = set.enter(tag::SEQUENCE)?;
        let kind = oid(pair.expect(tag::OID)?.octets)?;
        let value = pair.value()?;
        part.push(Attribute::new(kind, string(value.tag, value.content)));
    }
    Ok(part)
}

impl fmt::Display for Name {
    /// RFC 4514, most specific part first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            for (index, attribute) in part.iter().enumerate() {
                if index > 0 {
                    f.write_str("+")?;
                }
                match SHORT_NAMES.iter().find(|(_, oid)| *oid == attribute.kind) {
                    Some((short, _)) => f.write_str(short)?,
                    None => write!(f, "{}", attribute.kind)?,
                }
                f.write_str("=")?;
                for c in attribute.value.chars() {
                    if ",+\"\\<>;".contains(c) {
                        f.write_str("\\")?;
                    }
                    write!(f, "{c}")?;
                }
            }
        }
        Ok(())
    }
}

/// Reads the DER of an OBJECT IDENTIFIER.
pub(super) fn oid(der: &[u8]) -> Result<Oid, Error> {
    Oid::from_der(der).map_err(|_| Error::Encoding(Fault::ObjectIdentifier))
}

/// The text of a DirectoryString in any of its encodings; octets that do not fit become U+FFFD.
fn string(tag: u8, content: &[u8]) -> String {
    match tag {
        // BMPString: UTF-16, big endian.
        0x1e => {
            let units: Vec<u16> = content
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        // TeletexString: in practice ISO 8859-1.
        0x14 => content.iter().map(|&octet| char::from(octet)).collect(),
        _ => String::from_utf8_lossy(content).into_owned(),
    }
}

fn split_unescaped(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == separator => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Backslash forms of RFC 4514, 2.4: `\,` and `\2C`.
fn unescape(text: &str) -> Result<String, TextError> {
    if text.starts_with('#') {
        return Err(TextError::Hexadecimal);
    }
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            octets.push(*first);
            continue;
        }
        let hex = tail
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match (hex, tail) {
            (Some(octet), [_, _, after @ ..]) => {
                octets.push(octet);
                rest = after;
            }
            (None, [escaped, after @ ..]) => {
                octets.push(*escaped);
                rest = after;
            }
            _ => return Err(TextError::Backslash),
        }
    }
    String::from_utf8(octets).map_err(|_| TextError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_blanks() {
        let name = |text: &str| Name::from_rfc4514(text).unwrap();
        assert_eq!(name("CN=A  b,C=IT"), name("cn=a B , c=it"));
        assert_ne!(name("CN=A,C=IT"), name("C=IT,CN=A"));
        assert_eq!(name("O=GTE\\, Inc.,C=US").organization(), Some("GTE, Inc."));
        assert_eq!(name("O=GTE\\, Inc.,C=US").to_string(), "O=GTE\\, Inc.,C=US");
        assert_eq!(name("O=a\\2Cb,C=US").organization(), Some("a,b"));
    }

    #[test]
    fn a_name_is_within_its_beginning_only() {
        let name = |text: &str| Name::from_rfc4514(text).unwrap();
        let base = name("O=Aruba PEC S.p.A.,L=Ponte San Pietro,ST=Bergamo,C=IT");
        assert!(
            name("CN=x,O=ARUBA PEC S.p.A.,L=Ponte San Pietro,ST=Bergamo,C=IT").is_within(&base)
        );
        assert!(
            !name("CN=x,O=Aruba PEC S.p.A. 2,L=Ponte San Pietro,ST=Bergamo,C=IT").is_within(&base)
        );
        assert!(!name("O=Aruba PEC S.p.A.,C=IT").is_within(&base));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in ["CN", "Foo=x", "CN=#0403", "CN=a\\"] {
            assert!(Name::from_rfc4514(wrong).is_err(), "{wrong}");
        }
        assert!(Name::from_der(&[0x30, 0x02, 0x31]).is_err());
    }
}
