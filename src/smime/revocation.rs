//! Certificate revocation lists at a given time (RFC 5280, 5 and 6.3).
//!
//! A list is used when its issuer's key signed it and it speaks of the time asked. Unlike
//! general TLS code, the date of each revocation counts: a signature made before it stands.
//! Indirect and delta lists are not used.

use std::collections::HashMap;

use der::Decode;
use der::oid::{AssociatedOid, ObjectIdentifier as Oid};
use x509_cert::certificate::Raw;
use x509_cert::crl::CertificateList;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;

use super::algorithm::{PublicKey, SignatureAlgorithm};
use super::ber::{Reader, tag};
use super::certificate::Certificate;
use super::name::Name;
use super::pem;
use super::{Error, Fault};
use crate::timestamp::Timestamp;

/// Octets of one list; national ones with a million entries stay under this.
pub const MAX_CRL_OCTETS: usize = 64 * 1024 * 1024;

const CRL_NUMBER: Oid = Oid::new_unwrap("2.5.29.20");
const AUTHORITY_KEY_ID: Oid = Oid::new_unwrap("2.5.29.35");
const INVALIDITY_DATE: Oid = Oid::new_unwrap("2.5.29.24");

/// A revocation list as it was read; see [`Crl::is_signed_by`].
#[derive(Debug)]
pub struct Crl {
    /// Who says that it issued it.
    pub issuer: Name,
    /// When it was issued.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Option<Timestamp>,
    entries: HashMap<Box<[u8]>, Revocation>,
    /// A critical extension that is not understood: the list cannot be used.
    pub unknown_critical: Option<Oid>,
    tbs: Box<[u8]>,
    algorithm: Box<[u8]>,
    signature: Box<[u8]>,
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

/// That and when a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When the authority revoked it.
    pub at: Timestamp,
    /// Since when the key is thought to be in other hands.
    pub invalid_since: Option<Timestamp>,
    /// Why.
    pub reason: Option<CrlReason>,
}

impl Revocation {
    /// The reason as RFC 5280, 5.3.1 writes it.
    pub fn reason_name(&self) -> &'static str {
        match self.reason {
            Some(CrlReason::KeyCompromise) => "keyCompromise",
            Some(CrlReason::CaCompromise) => "cACompromise",
            Some(CrlReason::AffiliationChanged) => "affiliationChanged",
            Some(CrlReason::Superseded) => "superseded",
            Some(CrlReason::CessationOfOperation) => "cessationOfOperation",
            Some(CrlReason::CertificateHold) => "certificateHold",
            Some(CrlReason::RemoveFromCRL) => "removeFromCRL",
            Some(CrlReason::PrivilegeWithdrawn) => "privilegeWithdrawn",
            Some(CrlReason::AaCompromise) => "aACompromise",
            Some(CrlReason::Unspecified) | None => "unspecified",
        }
    }

    /// Whether it is a hold, which can be lifted.
    pub fn is_hold(&self) -> bool {
        self.reason == Some(CrlReason::CertificateHold)
    }

    /// Whether the key may have been in other hands, so that no claimed time helps.
    pub fn is_compromise(&self) -> bool {
        matches!(
            self.reason,
            Some(CrlReason::KeyCompromise | CrlReason::CaCompromise)
        )
    }
}

impl Crl {
    /// Reads all lists of a file: PEM with one or more, or DER.
    ///
    /// # Errors
    /// When nothing in it is a list, or one cannot be read.
    pub fn of_file(octets: &[u8]) -> Result<Vec<Self>, FileError> {
        let objects = pem::objects(octets, "X509 CRL")?;
        let lists = objects.iter().zip(1..);
        lists
            .map(|(der, index)| Self::parse(der).map_err(|error| FileError::List { index, error }))
            .collect()
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
        let mut list = Reader::new(der).enter(tag::SEQUENCE)?;
        let tbs = list.expect(tag::SEQUENCE)?;
        let algorithm = list.expect(tag::SEQUENCE)?.octets;
        let [0, signature @ ..] = list.expect(tag::BIT_STRING)?.content else {
            return Err(Error::Encoding(Fault::SignatureBits));
        };
        let decoded = CertificateList::<Raw>::from_der(der)
            .map_err(|_| Error::Encoding(Fault::RevocationList))?
            .tbs_cert_list;
        let entries = decoded.revoked_certificates.unwrap_or_default();
        let mut unknown_critical = unknown(
            decoded.crl_extensions.as_deref(),
            &[CRL_NUMBER, AUTHORITY_KEY_ID],
        );
        let mut revocations = HashMap::with_capacity(entries.len());
        for entry in entries {
            let extensions = entry.crl_entry_extensions.as_deref();
            unknown_critical =
                unknown_critical.or(unknown(extensions, &[CrlReason::OID, INVALIDITY_DATE]));
            let value = |kind: Oid| {
                let all = extensions.unwrap_or_default();
                all.iter()
                    .find(|e| e.extn_id == kind)
                    .map(|e| e.extn_value.as_bytes().to_vec())
            };
            revocations.insert(
                entry.serial_number.as_bytes().into(),
                Revocation {
                    at: instant(entry.revocation_date),
                    invalid_since: value(INVALIDITY_DATE).and_then(|der| {
                        let time = der::asn1::GeneralizedTime::from_der(&der).ok()?;
                        i64::try_from(time.to_unix_duration().as_secs())
                            .ok()
                            .map(Timestamp::from_unix)
                    }),
                    reason: value(CrlReason::OID).and_then(|der| CrlReason::from_der(&der).ok()),
                },
            );
        }
        // The issuer's octets: after the optional version and the algorithm.
        let mut head = Reader::new(tbs.content);
        head.optional(tag::INTEGER)?;
        head.expect(tag::SEQUENCE)?;
        Ok(Self {
            issuer: Name::from_der(head.expect(tag::SEQUENCE)?.octets)?,
            this_update: instant(decoded.this_update),
            next_update: decoded.next_update.map(instant),
            entries: revocations,
            unknown_critical,
            tbs: tbs.octets.into(),
            algorithm: algorithm.into(),
            signature: signature.into(),
        })
    }

    /// Whether the list bears the signature of that key.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        SignatureAlgorithm::parse(&self.algorithm, None)
            .and_then(|algorithm| key.verifying(algorithm))
            .is_ok_and(|key| key.verifies(&self.tbs, &self.signature))
    }

    /// What the list says of a certificate of its issuer.
    pub fn entry(&self, certificate: &Certificate) -> Option<Revocation> {
        self.entries.get(&certificate.serial).copied()
    }

    /// Whether the list can say that nothing was revoked by `at`: issued at that time or
    /// later, or still in force then; and while the certificate's own life had not ended,
    /// because ended certificates leave the lists (RFC 5280, 3.3).
    pub fn speaks_of(&self, certificate: &Certificate, at: Timestamp) -> bool {
        let reaches = at <= self.this_update || self.next_update.is_some_and(|next| at <= next);
        reaches && self.this_update <= certificate.not_after
    }
}

fn instant(time: x509_cert::time::Time) -> Timestamp {
    Timestamp::from_unix(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

fn unknown(extensions: Option<&[Extension]>, known: &[Oid]) -> Option<Oid> {
    extensions?
        .iter()
        .find(|e| e.critical && !known.contains(&e.extn_id))
        .map(|e| e.extn_id)
}
