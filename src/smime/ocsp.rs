//! OCSP answers that somebody kept (RFC 6960): what an authority said of a certificate at one time.
//!
//! Nothing is asked of anybody here. An answer counts when the issuer of the certificate signed it, or
//! whom that issuer certified to sign such answers (4.2.2.2); it speaks of a time as a list does
//! ([`Reach`]).
//!
//! Not done: responders whom somebody trusts for other reasons (4.2.2.2); the extensions that name a
//! list or an archive (4.4), which are not critical.

use std::ops::Range;

use der::Decode;
use der::oid::ObjectIdentifier as Oid;
use x509_cert::ext::pkix::CrlReason;

use super::algorithm::{DigestAlgorithm, PublicKey, SignatureAlgorithm};
use super::ber::{Reader, Tlv, tag};
use super::certificate::{Certificate, issuer_and_serial};
use super::name::Name;
use super::revocation::{Reach, Revocation, Unreadable, instant, shortest};
use super::{Error, Fault, sha1_collides, sha256};
use crate::timestamp::Timestamp;

/// Octets of an answer; real ones, with the responder's certificates, have a few thousand.
pub const MAX_OCSP_OCTETS: usize = 64 * 1024;
/// Certificates of which one answer speaks, and certificates and extensions that it brings.
const MAX_PARTS: usize = 32;
/// Certificates of responders whose signatures are checked: what anybody may add to a message must not
/// cost more than the message.
const MAX_DELEGATES: usize = 2;

/// Octets of the object identifier id-pkix-ocsp-basic (4.2.1).
const BASIC: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const NONCE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.2");
const OCSP_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.9");
const ENUMERATED: u8 = 0x0a;

/// An answer as it was read; see [`Ocsp::signer`].
#[derive(Debug)]
pub struct Ocsp {
    /// When the responder signed it.
    pub produced_at: Timestamp,
    responder: Responder,
    answers: Vec<Single>,
    certificates: Vec<Certificate>,
    has_unknown_critical: bool,
    /// Where the signed part lies in `basic`.
    tbs: Range<usize>,
    basic: Box<[u8]>,
    algorithm: Box<[u8]>,
    signature: Box<[u8]>,
    /// SHA-256 of the whole in hexadecimal.
    pub sha256: String,
}

#[derive(Debug)]
enum Responder {
    Name(Name),
    /// SHA-1 of its key.
    Key(Box<[u8]>),
}

/// What an answer says of one certificate.
#[derive(Debug)]
pub struct Single {
    /// Of the two hashes; `None` for one that is not known here.
    digest: Option<DigestAlgorithm>,
    name_hash: Box<[u8]>,
    key_hash: Box<[u8]>,
    serial: Box<[u8]>,
    /// What it says.
    pub status: Status,
    /// When that was known to hold.
    pub this_update: Timestamp,
    /// When more will be known.
    pub next_update: Option<Timestamp>,
    has_unknown_critical: bool,
}

/// CertStatus (4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked(Revocation),
    /// The responder does not know the certificate.
    Unknown,
}

/// Who issued the certificate that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its key.
    pub key: &'a PublicKey,
    /// DER of its SubjectPublicKeyInfo.
    pub spki: &'a [u8],
}

/// Who signed an answer.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'a> {
    /// The issuer itself.
    Issuer,
    /// Somebody whom the issuer certified for that. Whether that certificate was revoked is not
    /// looked at here.
    Delegate(&'a Certificate),
}

impl Ocsp {
    /// Reads a DER OCSPResponse with a basic answer.
    ///
    /// # Errors
    /// When it is none, is too large, or says that there is no answer.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_OCSP_OCTETS {
            return Err(Error::TooLarge {
                limit: MAX_OCSP_OCTETS,
            });
        }
        let mut file = Reader::new(der);
        let mut response = file.enter(tag::SEQUENCE)?;
        let status = response.expect(ENUMERATED)?.content;
        let mut bytes = response.enter(tag::CONTEXT_0)?.enter(tag::SEQUENCE)?;
        let kind = bytes.expect(tag::OID)?.content;
        let basic = bytes.expect(tag::OCTET_STRING)?.content;
        let is_whole = file.is_empty() && response.is_empty() && bytes.is_empty();
        if status != [0] || kind != BASIC.as_bytes() || !is_whole {
            return malformed();
        }
        Self::basic(basic, sha256(der))
    }

    /// BasicOCSPResponse.
    fn basic(basic: &[u8], sha256: String) -> Result<Self, Error> {
        let mut outer = Reader::new(basic);
        let mut fields = outer.enter(tag::SEQUENCE)?;
        let start = basic.len() - outer.remaining().len() - fields.remaining().len();
        let tbs = fields.expect(tag::SEQUENCE)?;
        let algorithm = fields.expect(tag::SEQUENCE)?.octets;
        let [0, signature @ ..] = fields.expect(tag::BIT_STRING)?.content else {
            return Err(Error::Encoding(Fault::SignatureBits));
        };
        let mut certificates = Vec::new();
        if let Some(all) = fields.optional(tag::CONTEXT_0)? {
            let mut all = Reader::new(all.content).enter(tag::SEQUENCE)?;
            while !all.is_empty() && certificates.len() < MAX_PARTS {
                // Others than the responder's own may be anything.
                certificates.extend(Certificate::parse(all.value()?.octets));
            }
        }
        if !fields.is_empty() || !outer.is_empty() {
            return malformed();
        }
        let mut data = Reader::new(tbs.content);
        data.optional(tag::CONTEXT_0)?;
        let responder = responder(&data.value()?)?;
        let produced_at = instant(&data.value()?)?;
        let mut list = data.enter(tag::SEQUENCE)?;
        let mut answers = Vec::new();
        while !list.is_empty() {
            if answers.len() == MAX_PARTS {
                return Err(Error::Encoding(Fault::TooMany));
            }
            answers.push(Single::parse(list.enter(tag::SEQUENCE)?)?);
        }
        let has_unknown_critical = has_unknown_critical(data.optional(tag::CONTEXT_1)?)?;
        if !data.is_empty() {
            return malformed();
        }
        Ok(Self {
            produced_at,
            responder,
            answers,
            certificates,
            has_unknown_critical,
            tbs: start..start + tbs.octets.len(),
            basic: basic.into(),
            algorithm: algorithm.into(),
            signature: signature.into(),
            sha256,
        })
    }

    /// What it says of a certificate that `issuer` issued (4.1.1: hashes of the issuer's name, as it
    /// stands in the certificate, and of its key, and the serial number).
    pub fn about<'a>(
        &'a self,
        certificate: &'a Certificate,
        issuer: &'a Issuer<'_>,
    ) -> impl Iterator<Item = &'a Single> {
        let stated = issuer_and_serial(certificate.der()).zip(key_of(issuer.spki));
        self.answers.iter().filter(move |one| {
            let (Some(digest), Some(((name, _), key))) = (one.digest, stated) else {
                return false;
            };
            shortest(&one.serial) == shortest(&certificate.serial)
                && digest.digest(name).as_ref() == &*one.name_hash
                && digest.digest(key).as_ref() == &*one.key_hash
        })
    }

    /// Who signed it, where that is the issuer or whom it certified to (4.2.2.2).
    pub fn signer(&self, issuer: &Issuer<'_>) -> Option<Signer<'_>> {
        let is_issuer = match &self.responder {
            Responder::Name(name) => name == issuer.name,
            Responder::Key(hash) => is_key(issuer.spki, hash),
        };
        if is_issuer && self.is_signed_by(issuer.key) {
            return Some(Signer::Issuer);
        }
        let may_be_delegate = |certificate: &&Certificate| {
            let usages = certificate.extended_key_usage.as_ref();
            let is_responder = match &self.responder {
                Responder::Name(name) => *name == certificate.subject,
                Responder::Key(hash) => is_key(&certificate.spki, hash),
            };
            is_responder
                && certificate.issuer == *issuer.name
                && usages.is_some_and(|usages| usages.contains(&OCSP_SIGNING))
                && (certificate.key_usage).is_none_or(|usage| usage.digital_signature)
                && certificate.unknown_critical.is_empty()
                && certificate.doubled_extension.is_none()
                && certificate.not_before <= self.produced_at
                && self.produced_at <= certificate.not_after
        };
        let mut delegates = self.certificates.iter().filter(may_be_delegate);
        let delegate = delegates.by_ref().take(MAX_DELEGATES).find(|certificate| {
            certificate.is_signed_by(issuer.key)
                && !certificate.collides()
                && (certificate.key.as_ref()).is_ok_and(|key| self.is_signed_by(key))
        });
        delegate.map(Signer::Delegate)
    }

    fn is_signed_by(&self, key: &PublicKey) -> bool {
        let tbs = &self.basic[self.tbs.clone()];
        let Ok(algorithm) = SignatureAlgorithm::parse(&self.algorithm, None) else {
            return false;
        };
        key.verifying(algorithm)
            .is_ok_and(|key| key.verifies(tbs, &self.signature))
            && !(algorithm.digest == DigestAlgorithm::Sha1 && sha1_collides(|take| take(tbs)))
    }

    /// Whether it, or what it says of a certificate, has a critical extension that is not understood.
    pub fn is_understood(&self, one: &Single) -> bool {
        !self.has_unknown_critical && !one.has_unknown_critical
    }
}

impl Single {
    fn parse(mut fields: Reader<'_>) -> Result<Self, Error> {
        let mut id = fields.enter(tag::SEQUENCE)?;
        let digest = DigestAlgorithm::parse(id.expect(tag::SEQUENCE)?.octets).ok();
        let name_hash = id.expect(tag::OCTET_STRING)?.content.into();
        let key_hash = id.expect(tag::OCTET_STRING)?.content.into();
        let serial = id.expect(tag::INTEGER)?.content.into();
        let status = status(&fields.value()?)?;
        let this_update = instant(&fields.value()?)?;
        let next_update = match fields.optional(tag::CONTEXT_0)? {
            Some(next) => Some(instant(&Reader::new(next.content).value()?)?),
            None => None,
        };
        let has_unknown_critical = has_unknown_critical(fields.optional(tag::CONTEXT_1)?)?;
        if !id.is_empty() || !fields.is_empty() {
            return malformed();
        }
        Ok(Self {
            digest,
            name_hash,
            key_hash,
            serial,
            status,
            this_update,
            next_update,
            has_unknown_critical,
        })
    }

    /// Whether it speaks of a time, as a list does.
    pub fn reach(&self, certificate: &Certificate, at: Timestamp, now: Timestamp) -> Reach {
        Reach::of((self.this_update, self.next_update), certificate, at, now)
    }
}

fn responder(field: &Tlv<'_>) -> Result<Responder, Error> {
    match field.tag {
        0xa1 => Ok(Responder::Name(Name::from_der(field.content)?)),
        0xa2 => {
            let key = Reader::new(field.content).expect(tag::OCTET_STRING)?;
            Ok(Responder::Key(key.content.into()))
        }
        _ => malformed(),
    }
}

/// A reason that cannot be read may be the worst.
fn status(field: &Tlv<'_>) -> Result<Status, Error> {
    match field.tag {
        0x80 if field.content.is_empty() => Ok(Status::Good),
        0xa1 => {
            let mut fields = Reader::new(field.content);
            let at = instant(&fields.value()?)?;
            let reason = fields.optional(tag::CONTEXT_0)?;
            let reason = reason.map(|reason| CrlReason::from_der(reason.content));
            Ok(Status::Revoked(Revocation {
                at,
                invalid_since: None,
                reason: reason.map(|reason| reason.map_err(|_| Unreadable)),
            }))
        }
        0x82 => Ok(Status::Unknown),
        _ => malformed(),
    }
}

/// Whether extensions have a critical one that is not understood: of all only the nonce is.
fn has_unknown_critical(field: Option<Tlv<'_>>) -> Result<bool, Error> {
    let Some(field) = field else { return Ok(false) };
    let mut list = Reader::new(field.content).enter(tag::SEQUENCE)?;
    let mut found = false;
    for _ in 0..MAX_PARTS {
        if list.is_empty() {
            return Ok(found);
        }
        let mut extension = list.enter(tag::SEQUENCE)?;
        let kind = extension.expect(tag::OID)?.content;
        let critical = extension.optional(0x01)?;
        let is_critical = critical.is_some_and(|value| value.content != [0]);
        found |= is_critical && kind != NONCE.as_bytes();
    }
    malformed()
}

/// The key in a SubjectPublicKeyInfo, as it is hashed (4.1.1): the bit string's octets.
fn key_of(spki: &[u8]) -> Option<&[u8]> {
    let mut info = Reader::new(spki).enter(tag::SEQUENCE).ok()?;
    info.expect(tag::SEQUENCE).ok()?;
    match info.expect(tag::BIT_STRING).ok()?.content {
        [0, key @ ..] => Some(key),
        _ => None,
    }
}

fn is_key(spki: &[u8], hash: &[u8]) -> bool {
    let key = key_of(spki);
    key.is_some_and(|key| DigestAlgorithm::Sha1.digest(key).as_ref() == hash)
}

fn malformed<T>() -> Result<T, Error> {
    Err(Error::Encoding(Fault::Tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element; its content has under 64 KiB.
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = (content.len() as u16).to_be_bytes();
        [&[tag, 0x82, high, low], content].concat()
    }

    /// The status of a response, and its ResponseBytes (RFC 6960, 4.2.1).
    fn opened(file: &[u8]) -> (&[u8], Reader<'_>) {
        let mut response = Reader::new(file).enter(tag::SEQUENCE).unwrap();
        let status = response.expect(ENUMERATED).unwrap().octets;
        let mut bytes = response.enter(tag::CONTEXT_0).unwrap();
        (status, bytes.enter(tag::SEQUENCE).unwrap())
    }

    /// RFC 6960, 4.2.1: nothing follows an answer, nor any part of it, where another reader may look.
    #[test]
    fn what_follows_an_answer_makes_it_none() {
        let (status, bytes) = opened(include_bytes!("../../fixtures/pki/ocsp/good.ocsp"));
        let bytes = bytes.remaining();
        let null = [0x05, 0x00];
        let of = |status: &[u8], in_bytes: &[u8], in_response: &[u8], behind: &[u8]| {
            let bytes = element(tag::SEQUENCE, &[bytes, in_bytes].concat());
            let bytes = element(tag::CONTEXT_0, &bytes);
            let response = element(tag::SEQUENCE, &[status, &bytes, in_response].concat());
            Ocsp::parse(&[&response[..], behind].concat())
        };
        assert!(of(status, &[], &[], &[]).is_ok());
        assert!(of(status, &null, &[], &[]).is_err());
        assert!(of(status, &[], &null, &[]).is_err());
        assert!(of(status, &[], &[], &null).is_err());
        // tryLater.
        assert!(of(&[ENUMERATED, 1, 3], &[], &[], &[]).is_err());
    }

    /// Certificates that come along are read up to a number; nobody signed them.
    #[test]
    fn certificates_beyond_a_number_are_not_read() {
        let (_, mut bytes) = opened(include_bytes!("../../fixtures/pki/ocsp/by-responder.ocsp"));
        bytes.expect(tag::OID).unwrap();
        let basic = bytes.expect(tag::OCTET_STRING).unwrap().content;
        let mut fields = Reader::new(basic).enter(tag::SEQUENCE).unwrap();
        let [data, algorithm, signature] = [(); 3].map(|()| fields.value().unwrap().octets);
        let all = fields.optional(tag::CONTEXT_0).unwrap().unwrap();
        let mut all = Reader::new(all.content).enter(tag::SEQUENCE).unwrap();
        let certificate = all.value().unwrap().octets;
        let read = |count| {
            let all = element(tag::SEQUENCE, &certificate.repeat(count));
            let all = element(tag::CONTEXT_0, &all);
            let fields = [data, algorithm, signature, &all].concat();
            let answer = Ocsp::basic(&element(tag::SEQUENCE, &fields), String::new()).unwrap();
            answer.certificates.len()
        };
        assert_eq!(
            [read(1), read(MAX_PARTS), read(MAX_PARTS + 8)],
            [1, MAX_PARTS, MAX_PARTS]
        );
    }
}
