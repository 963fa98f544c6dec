//! TSTInfo, what a time stamp states (RFC 3161, 2.4.2), read strictly.
//!
//! ```text
//! TSTInfo ::= SEQUENCE { version INTEGER { v1(1) }, policy OID, messageImprint,
//!     serialNumber INTEGER, genTime GeneralizedTime, accuracy OPTIONAL,
//!     ordering BOOLEAN DEFAULT FALSE, nonce INTEGER OPTIONAL,
//!     tsa [0] EXPLICIT GeneralName OPTIONAL, extensions [1] IMPLICIT OPTIONAL }
//! ```
//!
//! Two things that DER forbids and that change no meaning are taken: `ordering` written though it
//! is FALSE, and zeros at the end of a fraction of a second.

use std::fmt;

use der::Decode;
use der::oid::ObjectIdentifier as Oid;
use x509_cert::ext::Extension;

use super::element;
use crate::smime::algorithm::{AlgorithmError, DigestAlgorithm};
use crate::smime::ber::{Reader, Tlv, tag};
use crate::smime::constraints::GeneralName;
use crate::smime::{self, certificate};
use crate::timestamp::Timestamp;

/// Octets of a serial number: RFC 3161 asks for 20 to be taken; some write a sign before them.
const MAX_SERIAL_OCTETS: usize = 32;
/// Octets of a nonce that came back; ours has 16 at most.
const MAX_NONCE_OCTETS: usize = 32;
/// Digits behind the seconds that are read: nanoseconds.
const MAX_FRACTION_DIGITS: usize = 9;
/// Extensions of one token; real ones have one at most.
const MAX_EXTENSIONS: usize = 16;

const GENERALIZED_TIME: u8 = 0x18;
const NULL: [u8; 2] = [0x05, 0];
const SHA256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");

/// What a token states, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The policy under which it was made.
    pub policy: Oid,
    /// The digest that the authority saw.
    pub imprint: Imprint,
    /// Content octets of its serial number.
    pub serial: Box<[u8]>,
    /// When the authority saw it.
    pub time: GenTime,
    /// How far the time may be off, if that is stated.
    pub accuracy: Option<Accuracy>,
    /// Whether tokens of this authority are in the order of their times, whatever the accuracy.
    pub is_ordered: bool,
    /// The nonce of the request, content octets.
    pub nonce: Option<Box<[u8]>>,
    /// A name of the authority.
    pub authority: Option<GeneralName>,
}

/// A digest with its algorithm (MessageImprint).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imprint {
    /// The algorithm.
    pub algorithm: DigestAlgorithm,
    /// The digest.
    pub digest: Box<[u8]>,
}

/// The time of a token: UTC, with the fraction of a second that it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GenTime {
    /// The whole second.
    pub at: Timestamp,
    /// Behind it, 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// How far a time may be off, to either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Seconds.
    pub seconds: u32,
    /// Thousandths, 0 to 999.
    pub millis: u16,
    /// Millionths, 0 to 999.
    pub micros: u16,
}

/// What is wrong with a TSTInfo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Not a readable object.
    #[error(transparent)]
    Object(#[from] smime::Error),
    /// Another version than 1.
    #[error("version is not 1")]
    Version,
    /// A policy that is no object identifier.
    #[error("policy")]
    Policy,
    /// A digest by an algorithm that is not accepted.
    #[error("imprint: {0}")]
    ImprintAlgorithm(#[from] AlgorithmError),
    /// A digest of another length than its algorithm gives.
    #[error("length of the imprint")]
    ImprintLength,
    /// A serial number that is none.
    #[error("serial number")]
    Serial,
    /// No time of the form `YYYYMMDDhhmmss[.f]Z`, or no such day or hour.
    #[error("time")]
    Time,
    /// An accuracy with values out of their range.
    #[error("accuracy")]
    Accuracy,
    /// A nonce that is none.
    #[error("nonce")]
    Nonce,
    /// A truth value that is none.
    #[error("ordering")]
    Ordering,
    /// A critical extension; none is known.
    #[error("critical extension {0}")]
    Critical(Oid),
    /// An extension that stands twice, or more than any token has.
    #[error("extensions")]
    Extensions,
    /// Something stands behind the last field.
    #[error("something follows")]
    After,
}

impl Imprint {
    /// The digest of octets.
    pub fn of(algorithm: DigestAlgorithm, octets: &[u8]) -> Self {
        let digest = algorithm.digest(octets).as_ref().into();
        Self { algorithm, digest }
    }

    /// One of SHA-256, as requests have it.
    pub fn sha256(digest: [u8; 32]) -> Self {
        Self {
            algorithm: DigestAlgorithm::Sha256,
            digest: digest.into(),
        }
    }

    /// The digest in lower-case hexadecimal.
    pub fn hex(&self) -> String {
        certificate::hex(&self.digest)
    }

    /// DER of a MessageImprint by SHA-256.
    pub(super) fn sha256_der(digest: &[u8; 32]) -> Vec<u8> {
        let identifier = element(tag::OID, &[SHA256.as_bytes()]);
        let algorithm = element(tag::SEQUENCE, &[&identifier, &NULL]);
        let digest = element(tag::OCTET_STRING, &[digest]);
        element(tag::SEQUENCE, &[&algorithm, &digest])
    }

    fn parse(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        let algorithm = DigestAlgorithm::parse(fields.expect(tag::SEQUENCE)?.octets)?;
        let digest = fields.expect(tag::OCTET_STRING)?.content;
        if !fields.is_empty() {
            return Err(Malformed::After);
        }
        let length = match algorithm {
            DigestAlgorithm::Sha1 => 20,
            DigestAlgorithm::Sha256 => 32,
            DigestAlgorithm::Sha384 => 48,
            DigestAlgorithm::Sha512 => 64,
        };
        if digest.len() != length {
            return Err(Malformed::ImprintLength);
        }
        let digest = digest.into();
        Ok(Self { algorithm, digest })
    }
}

impl Info {
    /// Reads the content of a token.
    ///
    /// # Errors
    /// For everything that is not as RFC 3161 writes it, and for critical extensions.
    pub fn parse(octets: &[u8]) -> Result<Self, Malformed> {
        let mut whole = Reader::new(octets);
        let mut fields = whole.enter(tag::SEQUENCE)?;
        if !whole.is_empty() {
            return Err(Malformed::After);
        }
        if fields.expect(tag::INTEGER)?.content != [1] {
            return Err(Malformed::Version);
        }
        let policy = Oid::from_bytes(fields.expect(tag::OID)?.content);
        let info = Self {
            policy: policy.map_err(|_| Malformed::Policy)?,
            imprint: Imprint::parse(fields.enter(tag::SEQUENCE)?)?,
            serial: number(fields.expect(tag::INTEGER)?, MAX_SERIAL_OCTETS)
                .ok_or(Malformed::Serial)?,
            time: GenTime::parse(fields.expect(GENERALIZED_TIME)?.content)?,
            accuracy: match fields.optional(tag::SEQUENCE)? {
                Some(value) => Some(Accuracy::parse(value.content)?),
                None => None,
            },
            is_ordered: match fields.optional(tag::BOOLEAN)?.map(|value| value.content) {
                None | Some([0]) => false,
                Some([0xff]) => true,
                Some(_) => return Err(Malformed::Ordering),
            },
            nonce: match fields.optional(tag::INTEGER)? {
                Some(value) => Some(number(value, MAX_NONCE_OCTETS).ok_or(Malformed::Nonce)?),
                None => None,
            },
            authority: match fields.optional(tag::CONTEXT_0)? {
                Some(value) => Some(name(value.content)?),
                None => None,
            },
        };
        if let Some(extensions) = fields.optional(tag::CONTEXT_1)? {
            check_extensions(extensions.content)?;
        }
        match fields.is_empty() {
            true => Ok(info),
            false => Err(Malformed::After),
        }
    }
}

fn number(value: Tlv<'_>, limit: usize) -> Option<Box<[u8]>> {
    (1..=limit)
        .contains(&value.content.len())
        .then(|| value.content.into())
}

fn name(content: &[u8]) -> Result<GeneralName, Malformed> {
    let mut reader = Reader::new(content);
    let name = reader.value()?;
    if !reader.is_empty() {
        return Err(Malformed::After);
    }
    Ok(GeneralName::parse(name.tag, name.content)?)
}

/// None is known, so none may be critical.
fn check_extensions(content: &[u8]) -> Result<(), Malformed> {
    let mut list = Reader::new(content);
    let mut seen: Vec<Oid> = Vec::new();
    while !list.is_empty() {
        let octets = list.expect(tag::SEQUENCE)?.octets;
        let extension = Extension::from_der(octets).map_err(|_| Malformed::Extensions)?;
        if extension.critical {
            return Err(Malformed::Critical(extension.extn_id));
        }
        if seen.contains(&extension.extn_id) || seen.len() == MAX_EXTENSIONS {
            return Err(Malformed::Extensions);
        }
        seen.push(extension.extn_id);
    }
    match seen.is_empty() {
        true => Err(Malformed::Extensions),
        false => Ok(()),
    }
}

impl GenTime {
    /// RFC 3161, 2.4.2: seconds always, a fraction if there is one, `Z`.
    fn parse(content: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(content).map_err(|_| Malformed::Time)?;
        let text = text.strip_suffix('Z').ok_or(Malformed::Time)?;
        let (digits, fraction) = text
            .split_once('.')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let are_digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
        if digits.len() != 14 || !are_digits(digits) {
            return Err(Malformed::Time);
        }
        let nanoseconds = match fraction {
            None => 0,
            Some(text) if (1..=MAX_FRACTION_DIGITS).contains(&text.len()) && are_digits(text) => {
                let padded = format!("{text:0<9}");
                padded.parse().map_err(|_| Malformed::Time)?
            }
            Some(_) => return Err(Malformed::Time),
        };
        let two = |at: usize| digits[at..at + 2].parse().map_err(|_| Malformed::Time);
        let year = digits[..4].parse().map_err(|_| Malformed::Time)?;
        let date = (year, two(4)?, two(6)?);
        let clock = (two(8)?, two(10)?, two(12)?);
        let at = Timestamp::from_civil(date, clock, 0).ok_or(Malformed::Time)?;
        Ok(Self { at, nanoseconds })
    }
}

impl fmt::Display for GenTime {
    /// RFC 3339 in UTC, with the fraction if there is one: `2026-11-29T20:00:00.25Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.at.to_string();
        if self.nanoseconds == 0 {
            return f.write_str(&whole);
        }
        let digits = format!("{:09}", self.nanoseconds);
        let digits = digits.trim_end_matches('0');
        write!(f, "{}.{digits}Z", whole.trim_end_matches('Z'))
    }
}

impl Accuracy {
    fn parse(content: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::new(content);
        let seconds = fields.optional(tag::INTEGER)?;
        let millis = fields.optional(tag::CONTEXT_0_PRIMITIVE)?;
        let micros = fields.optional(CONTEXT_1_PRIMITIVE)?;
        if !fields.is_empty() {
            return Err(Malformed::Accuracy);
        }
        Ok(Self {
            seconds: in_range(seconds, 0, u32::MAX / 2)?,
            millis: thousandths(millis)?,
            micros: thousandths(micros)?,
        })
    }
}

impl fmt::Display for Accuracy {
    /// In seconds: `1`, `0.5`, `0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:03}{:03}", self.millis, self.micros);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.seconds),
            digits => write!(f, "{}.{digits}", self.seconds),
        }
    }
}

const CONTEXT_1_PRIMITIVE: u8 = 0x81;

/// `INTEGER (1..999)`; 0 where it is left out.
fn thousandths(value: Option<Tlv<'_>>) -> Result<u16, Malformed> {
    let number = in_range(value, 1, 999)?;
    u16::try_from(number).map_err(|_| Malformed::Accuracy)
}

fn in_range(value: Option<Tlv<'_>>, least: u32, most: u32) -> Result<u32, Malformed> {
    let Some(value) = value else {
        return Ok(0);
    };
    let octets = value.content;
    if octets.is_empty() || octets.len() > 4 || octets[0] & 0x80 != 0 {
        return Err(Malformed::Accuracy);
    }
    let number = octets
        .iter()
        .fold(0, |sum, &octet| sum << 8 | u32::from(octet));
    match (least..=most).contains(&number) {
        true => Ok(number),
        false => Err(Malformed::Accuracy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<String> {
        GenTime::parse(text.as_bytes())
            .ok()
            .map(|time| time.to_string())
    }

    #[test]
    fn times_are_read_with_their_fraction_and_in_no_other_form() {
        assert_eq!(
            time("20261129200000Z").as_deref(),
            Some("2026-11-29T20:00:00Z")
        );
        assert_eq!(
            time("20261129200000.25Z").as_deref(),
            Some("2026-11-29T20:00:00.25Z")
        );
        assert_eq!(
            time("20261129200000.250Z").as_deref(),
            Some("2026-11-29T20:00:00.25Z")
        );
        for wrong in [
            "",
            "Z",
            "202611292000Z",
            "20261129200000",
            "20261129200000+0100",
            "20261129200000.Z",
            "20261129200000,5Z",
            "20261129200000.1234567890Z",
            "20261129200000.5",
            "20261329200000Z",
            "20261129200060Z",
            "2026112920000xZ",
            "2026112920000\u{e8}Z",
        ] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_accuracy_is_in_its_range() {
        let read = |octets: &[u8]| Accuracy::parse(octets).map(|read| read.to_string());
        assert_eq!(read(&[]).as_deref(), Ok("0"));
        assert_eq!(read(&[2, 1, 1]).as_deref(), Ok("1"));
        assert_eq!(read(&[2, 1, 1, 0x80, 2, 1, 0xf4]).as_deref(), Ok("1.5"));
        assert_eq!(read(&[0x81, 1, 1]).as_deref(), Ok("0.000001"));
        for wrong in [
            &[2, 1, 0xff][..],
            &[0x80, 1, 0],
            &[0x80, 2, 3, 0xe8],
            &[0x81, 1, 0],
            &[0x81, 1, 1, 0x80, 1, 1],
            &[2, 0],
        ] {
            assert_eq!(read(wrong), Err(Malformed::Accuracy), "{wrong:?}");
        }
    }
}
