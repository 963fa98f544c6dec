//! Certificate revocation lists at a given time (RFC 5280, 5 and 6.3).
//!
//! A list is used when its issuer's key signed it and it speaks of the time asked. Unlike
//! general TLS code, the date of each revocation counts: a signature made before it stands.
//!
//! That a certificate is *not* revoked is said only by a list whose scope holds it and whose
//! critical extensions are all understood ([`Crl::gap`]). That it is, any list of the issuer
//! says, whatever its extensions: who is named there is not plainly good. A delta list adds
//! entries and lifts holds, and together with the list that it continues it says what a whole
//! list of its own time would ([`Crl::continues`]).
//!
//! Not done: lists of another issuer than the certificate's. RFC 5280, 6.3.3 (f) asks for a way
//! from that issuer to the same anchor; their entries are read, and clear nobody.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use der::Decode;
use der::oid::{AssociatedOid, ObjectIdentifier as Oid};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;

use super::algorithm::{DigestAlgorithm, PublicKey, SignatureAlgorithm};
use super::ber::{Reader, Tlv, tag};
use super::certificate::Certificate;
use super::name::Name;
use super::pem;
use super::point::{self, PointName};
use super::{Error, Fault, sha1_collides, sha256};
use crate::timestamp::Timestamp;

pub use super::point::Reasons;

/// Octets of one list; national ones with a million entries stay under this.
pub const MAX_CRL_OCTETS: usize = 64 * 1024 * 1024;

const CRL_NUMBER: Oid = Oid::new_unwrap("2.5.29.20");
const AUTHORITY_KEY_ID: Oid = Oid::new_unwrap("2.5.29.35");
const INVALIDITY_DATE: Oid = Oid::new_unwrap("2.5.29.24");
const DELTA_INDICATOR: Oid = Oid::new_unwrap("2.5.29.27");
const ISSUING_POINT: Oid = Oid::new_unwrap("2.5.29.28");
const CERTIFICATE_ISSUER: Oid = Oid::new_unwrap("2.5.29.29");

/// A revocation list as it was read; see [`Crl::is_signed_by`].
#[derive(Debug)]
pub struct Crl {
    /// Who says that it issued it.
    pub issuer: Name,
    /// When it was issued.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Option<Timestamp>,
    /// Whether it holds only what changed since another list (RFC 5280, 5.2.4).
    pub is_delta: bool,
    entries: Entries,
    /// Certificates of other issuers (RFC 5280, 5.3.3), in the order of the list.
    others: Vec<(Name, Entries)>,
    scope: Scope,
    /// Its number, and for a delta list that of the list which it continues.
    number: Option<Number>,
    base: Option<Number>,
    /// A critical extension that is not understood, of the list or of an entry.
    unknown_critical: Option<Oid>,
    /// Where the signed part lies in `der`.
    tbs: Range<usize>,
    der: Box<[u8]>,
    algorithm: Box<[u8]>,
    signature: Box<[u8]>,
}

/// By serial number, in its shortest form.
type Entries = HashMap<Box<[u8]>, Revocation>;

/// The number of a list (RFC 5280, 5.2.3), without leading zeros: at most twenty octets.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number(Box<[u8]>);

impl Number {
    /// None where it cannot be read, or is below zero.
    fn parse(value: &[u8]) -> Option<Self> {
        const MAX_OCTETS: usize = 20;
        let mut reader = Reader::new(value);
        let content = reader.expect(tag::INTEGER).ok()?.content;
        let is_one = reader.is_empty()
            && content.first().is_some_and(|&first| first < 0x80)
            && content.len() <= MAX_OCTETS + 1;
        let digits = content.iter().position(|&octet| octet != 0);
        is_one.then(|| Self(content[digits.unwrap_or(content.len())..].into()))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.cmp(&other.0))
    }
}

/// What a list speaks of (RFC 5280, 5.2.5).
#[derive(Debug, Default, PartialEq, Eq)]
struct Scope {
    /// The names of its distribution point.
    point: Option<Vec<PointName>>,
    only_users: bool,
    only_authorities: bool,
    only_attributes: bool,
    /// Only certificates revoked for some reasons.
    reasons: Option<Reasons>,
    /// It may hold certificates of other issuers.
    indirect: bool,
}

/// Why a list cannot say that a certificate is not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A critical extension that is not understood.
    Extension(Oid),
    /// Who issued it did not issue the certificate.
    OtherIssuer,
    /// It speaks of certificates of another kind: of authorities, of users, of attributes.
    OtherKind,
    /// It holds only what changed since another list.
    Delta,
    /// It is of another distribution point.
    OtherPoint,
    /// It has entries of other issuers and does not say that it may.
    Mixed,
}

/// Whether a list speaks of a time, and why it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It can say that nothing was revoked by then.
    Speaks,
    /// The next one was due before.
    Ended,
    /// It was issued after the certificate had ended, when it may leave the list (RFC 5280, 3.3).
    AfterLife,
    /// It says to be of a time that has not come.
    NotYet,
}

impl Reach {
    /// Of what was said at one time and until when more was due.
    pub(super) fn of(
        (this_update, next_update): (Timestamp, Option<Timestamp>),
        certificate: &Certificate,
        at: Timestamp,
        now: Timestamp,
    ) -> Self {
        let reaches = at <= this_update || next_update.is_some_and(|next| at <= next);
        if now < this_update {
            Self::NotYet
        } else if certificate.not_after < this_update {
            Self::AfterLife
        } else if reaches {
            Self::Speaks
        } else {
            Self::Ended
        }
    }
}

/// Why the lists of a file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// No lists, or text around one that cannot be read.
    #[error(transparent)]
    Pem(#[from] pem::Error),
    /// One that cannot be decoded.
    #[error("list {index}: {error}")]
    List {
        /// Which one, from 1.
        index: usize,
        /// Why.
        error: Error,
    },
}

/// That a value stands there and is not of its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// That and when a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When the authority revoked it.
    pub at: Timestamp,
    /// Since when the key is thought to be in other hands.
    pub invalid_since: Option<Result<Timestamp, Unreadable>>,
    /// Why.
    pub reason: Option<Result<CrlReason, Unreadable>>,
}

impl Revocation {
    /// The reason as RFC 5280, 5.3.1 writes it; `unreadable` for one that is none of those.
    pub fn reason_name(&self) -> &'static str {
        match self.reason {
            Some(Ok(CrlReason::KeyCompromise)) => "keyCompromise",
            Some(Ok(CrlReason::CaCompromise)) => "cACompromise",
            Some(Ok(CrlReason::AffiliationChanged)) => "affiliationChanged",
            Some(Ok(CrlReason::Superseded)) => "superseded",
            Some(Ok(CrlReason::CessationOfOperation)) => "cessationOfOperation",
            Some(Ok(CrlReason::CertificateHold)) => "certificateHold",
            Some(Ok(CrlReason::RemoveFromCRL)) => "removeFromCRL",
            Some(Ok(CrlReason::PrivilegeWithdrawn)) => "privilegeWithdrawn",
            Some(Ok(CrlReason::AaCompromise)) => "aACompromise",
            Some(Ok(CrlReason::Unspecified)) | None => "unspecified",
            Some(Err(Unreadable)) => "unreadable",
        }
    }

    /// Whether it says, in a delta list, that a hold was lifted (RFC 5280, 5.3.1).
    pub fn is_lifted(&self) -> bool {
        self.reason == Some(Ok(CrlReason::RemoveFromCRL))
    }

    /// Whether it is a hold, which can be lifted.
    pub fn is_hold(&self) -> bool {
        self.reason == Some(Ok(CrlReason::CertificateHold))
    }

    /// Whether the key may have been in other hands, so that no claimed time helps.
    pub fn is_compromise(&self) -> bool {
        matches!(
            self.reason,
            Some(Ok(CrlReason::KeyCompromise | CrlReason::CaCompromise))
        )
    }

    /// Whether the reason or the date stands there and cannot be read: they may be the worst.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.reason, Some(Err(Unreadable)))
            || matches!(self.invalid_since, Some(Err(Unreadable)))
    }
}

impl Crl {
    /// Reads all lists of a file: PEM with one or more, or DER. Of several each is read by
    /// itself.
    ///
    /// # Errors
    /// When nothing in it is a list.
    pub fn of_file(octets: &[u8]) -> Result<Vec<Result<Self, FileError>>, FileError> {
        let objects = pem::each(octets, "X509 CRL")?;
        let lists = objects.into_iter().zip(1..).map(|(der, index)| {
            let der = der.map_err(|broken| FileError::Pem(broken.into()))?;
            Self::parse(&der).map_err(|error| FileError::List { index, error })
        });
        Ok(lists.collect())
    }

    /// Reads one DER CertificateList.
    ///
    /// # Errors
    /// When it cannot be decoded or is too large.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_CRL_OCTETS {
            return Err(Error::TooLarge {
                limit: MAX_CRL_OCTETS,
            });
        }
        let mut file = Reader::new(der);
        let mut list = file.enter(tag::SEQUENCE)?;
        let start = der.len() - file.remaining().len() - list.remaining().len();
        let tbs = list.expect(tag::SEQUENCE)?;
        let algorithm = list.expect(tag::SEQUENCE)?.octets;
        let [0, signature @ ..] = list.expect(tag::BIT_STRING)?.content else {
            return Err(Error::Encoding(Fault::SignatureBits));
        };
        let mut fields = Reader::new(tbs.content);
        fields.optional(tag::INTEGER)?;
        // RFC 5280, 5.1.1.2: the same algorithm inside and outside.
        if fields.expect(tag::SEQUENCE)?.octets != algorithm {
            return malformed();
        }
        let mut read = Self {
            issuer: Name::from_der(fields.expect(tag::SEQUENCE)?.octets)?,
            this_update: instant(&fields.value()?)?,
            next_update: None,
            is_delta: false,
            entries: Entries::new(),
            others: Vec::new(),
            scope: Scope::default(),
            number: None,
            base: None,
            unknown_critical: None,
            tbs: start..start + tbs.octets.len(),
            der: der.into(),
            algorithm: algorithm.into(),
            signature: signature.into(),
        };
        if matches!(
            fields.remaining().first(),
            Some(&(UTC_TIME | GENERALIZED_TIME))
        ) {
            read.next_update = Some(instant(&fields.value()?)?);
        }
        if let Some(entries) = fields.optional(tag::SEQUENCE)? {
            read.take_entries(Reader::new(entries.content))?;
        }
        if let Some(extensions) = fields.optional(tag::CONTEXT_0)? {
            let extensions = extensions_of(&mut Reader::new(extensions.content))?;
            read.take_extensions(&extensions)?;
        }
        match fields.is_empty() && list.is_empty() && file.is_empty() {
            true => Ok(read),
            false => malformed(),
        }
    }

    /// RFC 5280, 5.2.
    fn take_extensions(&mut self, extensions: &[Extension]) -> Result<(), Error> {
        for extension in extensions {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                AUTHORITY_KEY_ID => {}
                CRL_NUMBER => self.number = Number::parse(value),
                DELTA_INDICATOR => {
                    self.is_delta = true;
                    self.base = Number::parse(value);
                }
                // One that cannot be read is as one that is not understood.
                ISSUING_POINT => match Scope::parse(value, &self.issuer) {
                    Ok(scope) => self.scope = scope,
                    Err(_) => self.unknown_critical = Some(ISSUING_POINT),
                },
                other if extension.critical => self.unknown_critical = Some(other),
                _ => {}
            }
        }
        Ok(())
    }

    /// RFC 5280, 5.1.2.6 and 5.3. An entry is of the issuer that the last one before it named,
    /// of the list's own where none did.
    fn take_entries(&mut self, mut list: Reader<'_>) -> Result<(), Error> {
        while !list.is_empty() {
            let mut entry = list.enter(tag::SEQUENCE)?;
            let serial = entry.expect(tag::INTEGER)?.content;
            let at = instant(&entry.value()?)?;
            let (mut invalid_since, mut reason) = (None, None);
            if !entry.is_empty() {
                for extension in extensions_of(&mut entry)? {
                    let value = extension.extn_value.as_bytes();
                    match extension.extn_id {
                        INVALIDITY_DATE => {
                            let date = Reader::new(value).value();
                            let date = date.and_then(|date| instant(&date));
                            invalid_since = Some(date.map_err(|_| Unreadable));
                        }
                        CrlReason::OID => {
                            reason = Some(CrlReason::from_der(value).map_err(|_| Unreadable));
                        }
                        CERTIFICATE_ISSUER => {
                            self.others.push((directory_name(value)?, Entries::new()));
                        }
                        other if extension.critical => self.unknown_critical = Some(other),
                        _ => {}
                    }
                }
            }
            if !entry.is_empty() {
                return malformed();
            }
            let revocation = Revocation {
                at,
                invalid_since,
                reason,
            };
            let entries = match self.others.last_mut() {
                Some((_, entries)) => entries,
                None => &mut self.entries,
            };
            // Of two entries for one certificate the earlier counts.
            let known = entries.entry(shortest(serial).into()).or_insert(revocation);
            if revocation.at < known.at {
                *known = revocation;
            }
        }
        Ok(())
    }

    /// Whether the list bears the signature of that key. One made so that another has the same
    /// SHA-1 bears that of the other.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let tbs = &self.der[self.tbs.clone()];
        let Ok(algorithm) = SignatureAlgorithm::parse(&self.algorithm, None) else {
            return false;
        };
        key.verifying(algorithm)
            .is_ok_and(|key| key.verifies(tbs, &self.signature))
            && !(algorithm.digest == DigestAlgorithm::Sha1 && sha1_collides(|take| take(tbs)))
    }

    /// Whether the list is of a certificate's issuer, or has entries of it.
    pub fn concerns(&self, certificate: &Certificate) -> bool {
        self.issuer == certificate.issuer
            || (self.others.iter()).any(|(issuer, _)| *issuer == certificate.issuer)
    }

    /// What the list says of a certificate.
    pub fn entry(&self, certificate: &Certificate) -> Option<Revocation> {
        let own = (self.issuer == certificate.issuer).then_some(&self.entries);
        let others = self.others.iter();
        let others = others.filter(|(issuer, _)| *issuer == certificate.issuer);
        own.into_iter()
            .chain(others.map(|(_, entries)| entries))
            .filter_map(|entries| entries.get(shortest(&certificate.serial)))
            .min_by_key(|revocation| revocation.at)
            .copied()
    }

    /// Why the list cannot say that a certificate is not revoked, whenever it was issued
    /// (RFC 5280, 6.3.3 (b), (c) and (e)).
    pub fn gap(&self, certificate: &Certificate) -> Option<Gap> {
        if let Some(oid) = self.unknown_critical {
            return Some(Gap::Extension(oid));
        }
        if self.issuer != certificate.issuer {
            return Some(Gap::OtherIssuer);
        }
        let scope = &self.scope;
        let is_authority = certificate.is_authority();
        if (scope.only_users && is_authority)
            || (scope.only_authorities && !is_authority)
            || scope.only_attributes
        {
            return Some(Gap::OtherKind);
        }
        if self.is_delta {
            return Some(Gap::Delta);
        }
        if self.reasons_at_point(certificate).is_none() {
            return Some(Gap::OtherPoint);
        }
        (!self.others.is_empty() && !scope.indirect).then_some(Gap::Mixed)
    }

    /// The reasons of which the list speaks for a certificate (RFC 5280, 6.3.3 (d)); none where
    /// it is of another distribution point.
    pub fn reasons(&self, certificate: &Certificate) -> Reasons {
        let own = self.scope.reasons.unwrap_or(Reasons::ALL);
        let of_point = self.reasons_at_point(certificate);
        of_point.map_or(Reasons::default(), |of_point| own.common(of_point))
    }

    /// The reasons of the certificate's points at which the list is; `None`: it is at none.
    ///
    /// A list without a point is at each. A certificate has one more point than it names: its
    /// issuer's (RFC 5280, 6.3.3, end).
    fn reasons_at_point(&self, certificate: &Certificate) -> Option<Reasons> {
        let Some(names) = &self.scope.point else {
            return Some(Reasons::ALL);
        };
        let issuer = &certificate.issuer;
        let is_of_issuer =
            |name: &PointName| matches!(name, PointName::Directory(name) if name == issuer);
        if names.iter().any(is_of_issuer) {
            return Some(Reasons::ALL);
        }
        let points = certificate.revocation_points.iter().filter(|point| {
            (point.issuers.is_empty() || point.issuers.contains(&self.issuer))
                && names.iter().any(|name| point.names.contains(name))
        });
        let reasons = points.map(|point| point.reasons.unwrap_or(Reasons::ALL));
        reasons.reduce(Reasons::and)
    }

    /// Whether this delta list says what changed since `base`, so that both are a whole list
    /// together (RFC 5280, 5.2.4). Who signed them is not looked at.
    pub fn continues(&self, base: &Self) -> bool {
        let (Some(since), Some(own), Some(number)) = (&self.base, &self.number, &base.number)
        else {
            return false;
        };
        self.is_delta
            && !base.is_delta
            && self.issuer == base.issuer
            && self.scope == base.scope
            && since <= number
            && number < own
    }

    /// Whether the list can say that nothing was revoked by `at`: issued at that time or
    /// later, or still in force then; and while the certificate's own life had not ended,
    /// because ended certificates leave the lists (RFC 5280, 3.3).
    pub fn speaks_of(&self, certificate: &Certificate, at: Timestamp) -> bool {
        self.reach(certificate, at, self.this_update) == Reach::Speaks
    }

    /// The same, and why it cannot, seen from `now`.
    pub fn reach(&self, certificate: &Certificate, at: Timestamp, now: Timestamp) -> Reach {
        Reach::of((self.this_update, self.next_update), certificate, at, now)
    }

    /// SHA-256 of its DER in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(&self.der)
    }
}

impl Scope {
    /// IssuingDistributionPoint (RFC 5280, 5.2.5) of a list of `issuer`.
    fn parse(value: &[u8], issuer: &Name) -> Result<Self, Error> {
        let mut scope = Self::default();
        let mut fields = Reader::new(value).enter(tag::SEQUENCE)?;
        let mut last = None;
        while !fields.is_empty() {
            let field = fields.value()?;
            // Each once, in their order.
            let number = Some(field.tag & 0x1f);
            if number <= last {
                return malformed();
            }
            last = number;
            let is_true = field.content.iter().any(|&octet| octet != 0);
            match field.tag {
                0xa0 => scope.point = Some(point::names(&field, issuer)?),
                0x81 => scope.only_users = is_true,
                0x82 => scope.only_authorities = is_true,
                0x83 => scope.reasons = Some(Reasons::parse(field.content)),
                0x84 => scope.indirect = is_true,
                0x85 => scope.only_attributes = is_true,
                _ => return malformed(),
            }
        }
        Ok(scope)
    }
}

/// The directory name among general names (RFC 5280, 5.3.3).
fn directory_name(value: &[u8]) -> Result<Name, Error> {
    const DIRECTORY: u8 = 0xa4;
    let mut names = Reader::new(value).enter(tag::SEQUENCE)?;
    while !names.is_empty() {
        let name = names.value()?;
        if name.tag == DIRECTORY {
            return Name::from_der(name.content);
        }
    }
    malformed()
}

/// Extensions ::= SEQUENCE OF; each kind once (RFC 5280, 4.2).
fn extensions_of(reader: &mut Reader<'_>) -> Result<Vec<Extension>, Error> {
    let mut list = reader.enter(tag::SEQUENCE)?;
    let mut extensions: Vec<Extension> = Vec::new();
    while !list.is_empty() {
        let octets = list.value()?.octets;
        let extension = Extension::from_der(octets).or_else(|_| malformed())?;
        let is_known = |other: &Extension| other.extn_id == extension.extn_id;
        if extensions.len() == MAX_EXTENSIONS || extensions.iter().any(is_known) {
            return malformed();
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

/// Extensions of a list or of an entry; real ones have three.
const MAX_EXTENSIONS: usize = 32;

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

pub(super) fn instant(value: &Tlv<'_>) -> Result<Timestamp, Error> {
    let time = x509_cert::time::Time::from_der(value.octets).or_else(|_| malformed())?;
    Ok(Timestamp::from_unix(
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX),
    ))
}

/// The shortest form of an integer's octets: 00 01 is 01, and 00 FF is not FF, which is -1.
pub(super) fn shortest(serial: &[u8]) -> &[u8] {
    let mut octets = serial;
    while let [0, rest @ ..] = octets
        && rest.first().is_some_and(|&next| next < 0x80)
    {
        octets = rest;
    }
    octets
}

fn malformed<T>() -> Result<T, Error> {
    Err(Error::Encoding(Fault::RevocationList))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_compared_as_numbers() {
        assert_eq!(shortest(&[0, 0, 1]), [1]);
        assert_eq!(shortest(&[0, 0xff]), [0, 0xff]);
        assert_eq!(shortest(&[0xff]), [0xff]);
        assert_eq!(shortest(&[0]), [0]);
    }

    #[test]
    fn numbers_of_lists_are_compared_as_numbers() {
        let number = |content: &[u8]| {
            let length = u8::try_from(content.len()).unwrap();
            Number::parse(&[&[2, length], content].concat())
        };
        assert!(number(&[9]) < number(&[1, 0]));
        assert!(number(&[0, 0xff]) < number(&[1, 0]));
        assert_eq!(number(&[0]), number(&[0, 0]));
        assert_eq!((number(&[]), number(&[0xff])), (None, None));
        assert_eq!(number(&[1; 22]), None);
        assert!(number(&[1; 20]).is_some());
        assert_eq!(Number::parse(&[4, 1, 1]), None);
    }
}
