//! Distribution points: where the lists that speak of a certificate are, and of which reasons
//! (RFC 5280, 4.2.1.13 and 5.2.5). What certificates and lists say of them in the same words.

use super::ber::{Reader, Tlv, tag};
use super::name::Name;
use super::{Error, Fault};

/// Points of one certificate, and names of one point; real ones have two of each.
const MAX_POINTS: usize = 64;

/// A place where lists are that speak of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationPoint {
    /// Its names; where it has none, those of whoever issues the lists.
    pub names: Vec<PointName>,
    /// Who issues the lists, where it is not who issued the certificate.
    pub issuers: Vec<Name>,
    /// The reasons of which its lists speak, where they are not all.
    pub reasons: Option<Reasons>,
}

/// A name of a distribution point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointName {
    /// An entry of a directory; compared as names are.
    Directory(Name),
    /// DER of any other, compared octet by octet.
    Other(Box<[u8]>),
}

/// Reasons for revocation, as the bits of ReasonFlags (RFC 5280, 4.2.1.13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// keyCompromise to aACompromise. The first bit is unused.
    pub const ALL: Self = Self(0b1_1111_1110);

    /// Reads the content of a bit string, the first bit being the highest of the second octet.
    pub(super) fn parse(content: &[u8]) -> Self {
        let bit = |number: usize| {
            let octet = content.get(1 + number / 8).copied().unwrap_or_default();
            octet & (0x80 >> (number % 8)) != 0
        };
        let set = (0..9).filter(|&number| bit(number));
        Self(set.fold(0, |all, number| all | 1 << number))
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether no reason is missing.
    pub fn are_all(self) -> bool {
        self.0 & Self::ALL.0 == Self::ALL.0
    }
}

impl PointName {
    /// The address of the web, where it is one.
    pub fn address(&self) -> Option<&str> {
        const ADDRESS: u8 = 0x86;
        let Self::Other(der) = self else { return None };
        let name = Reader::new(der).value().ok()?;
        let text = std::str::from_utf8(name.content).ok();
        text.filter(|_| name.tag == ADDRESS)
    }
}

/// CRLDistributionPoints of a certificate.
///
/// # Errors
/// When it is not of that form.
pub(super) fn points(value: &[u8], issuer: &Name) -> Result<Vec<RevocationPoint>, Error> {
    let mut points = Vec::new();
    let mut reader = Reader::new(value).enter(tag::SEQUENCE)?;
    while !reader.is_empty() {
        if points.len() == MAX_POINTS {
            return Err(Error::Encoding(Fault::TooMany));
        }
        let mut point = reader.enter(tag::SEQUENCE)?;
        let name = point.optional(tag::CONTEXT_0)?;
        let reasons = point.optional(0x81)?;
        let issuers = match point.optional(0xa2)? {
            Some(names) => general_names(names.content)?,
            None => Vec::new(),
        };
        let issuers: Vec<Name> = issuers
            .into_iter()
            .filter_map(PointName::directory)
            .collect();
        let names = match name {
            Some(name) => names(&name, issuers.first().unwrap_or(issuer))?,
            None => issuers.iter().cloned().map(PointName::Directory).collect(),
        };
        points.push(RevocationPoint {
            names,
            issuers,
            reasons: reasons.map(|bits| Reasons::parse(bits.content)),
        });
    }
    Ok(points)
}

/// The names in a DistributionPointName; one relative to `issuer` is made whole.
///
/// # Errors
/// When it is not of that form.
pub(super) fn names(field: &Tlv<'_>, issuer: &Name) -> Result<Vec<PointName>, Error> {
    let name = Reader::new(field.content).value()?;
    match name.tag {
        0xa0 => general_names(name.content),
        0xa1 => Ok(vec![PointName::Directory(issuer.with(name.content)?)]),
        _ => Err(Error::Encoding(Fault::Tag)),
    }
}

impl PointName {
    fn directory(self) -> Option<Name> {
        match self {
            Self::Directory(name) => Some(name),
            Self::Other(_) => None,
        }
    }
}

/// General names (RFC 5280, 4.2.1.6).
fn general_names(content: &[u8]) -> Result<Vec<PointName>, Error> {
    const DIRECTORY: u8 = 0xa4;
    let mut reader = Reader::new(content);
    let mut names = Vec::new();
    while !reader.is_empty() {
        if names.len() == MAX_POINTS {
            return Err(Error::Encoding(Fault::TooMany));
        }
        let name = reader.value()?;
        names.push(match name.tag {
            DIRECTORY => PointName::Directory(Name::from_der(name.content)?),
            _ => PointName::Other(name.octets.into()),
        });
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_the_bits_of_rfc_5280() {
        let reasons = Reasons::parse;
        assert!(reasons(&[0, 0x7f, 0x80]).are_all());
        assert!(!reasons(&[0, 0x7f]).are_all());
        assert!(reasons(&[0, 0x60]).and(reasons(&[7, 0x1f, 0x80])).are_all());
        assert!(!reasons(&[0, 0x60]).common(Reasons::ALL).are_all());
        assert_eq!(reasons(&[]), Reasons::default());
    }

    #[test]
    fn an_address_of_the_web_is_told_from_other_names() {
        let name = |tag: u8, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            PointName::Other([&[tag, length], text.as_bytes()].concat().into())
        };
        assert_eq!(name(0x86, "http://a/").address(), Some("http://a/"));
        assert_eq!(name(0x82, "a.example").address(), None);
        assert_eq!(PointName::Other([0x86, 9].into()).address(), None);
    }
}
