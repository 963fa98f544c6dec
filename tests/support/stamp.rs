//! Time stamps (RFC 3161) by an authority of the tests, and with every defect the rules know.
//!
//! The requests are read by hand too: nothing here comes from the program under test.

use super::cms::{Attribute, CONTENT_TYPE, SignedData, Signer};
use super::der;
use super::digest::Digest;
use super::keys::{self, Key};
use super::pki::{self, Certificate, Extension, TIME_STAMPING, extension, name};

pub const AUTHORITY_NAME: &str = "CN=Autorita di Prova TSA,O=Marche di Prova,C=IT";
pub const SIGNER_NAME: &str = "CN=Marca Temporale di Prova,O=Marche di Prova,C=IT";
pub const POLICY: &str = "1.3.6.1.4.1.99999.3";
pub const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
pub const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// When tokens are made.
pub const TIME: &str = "20260504081502.25Z";
pub const NONCE: [u8; 8] = [0xa1, 2, 3, 4, 5, 6, 7, 8];

const AUTHORITY_KEY: Key = keys::ROOT;
const SIGNER_KEY: Key = keys::THIRD;

/// The certificate that people trust.
pub fn authority() -> Certificate {
    let certificate = Certificate::signer(AUTHORITY_NAME, "tsa@marche.example", AUTHORITY_KEY);
    Certificate {
        extensions: vec![
            extension::authority(None),
            extension::key_usage(0x06),
            extension::subject_key(&AUTHORITY_KEY.identifier()),
        ],
        ..certificate
    }
    .valid("2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z")
    .issued_by(AUTHORITY_NAME, AUTHORITY_KEY)
}

/// The certificate that signs tokens.
pub fn signer() -> Certificate {
    let certificate = Certificate::signer(SIGNER_NAME, "tsa@marche.example", SIGNER_KEY);
    Certificate {
        extensions: vec![
            extension::key_usage(0x80),
            usage(&[TIME_STAMPING]),
            extension::subject_key(&SIGNER_KEY.identifier()),
        ],
        ..certificate
    }
    .issued_by(AUTHORITY_NAME, AUTHORITY_KEY)
}

/// extendedKeyUsage, critical.
pub fn usage(purposes: &[&str]) -> Extension {
    Extension {
        critical: true,
        ..extension::extended_usage(purposes)
    }
}

/// A list of the authority that names certificates, with the reason of each (RFC 5280, 5.3.1).
pub fn revoking(revoked: &[(&Certificate, &str, Option<u8>)]) -> Vec<u8> {
    revoking_in(["2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"], revoked)
}

/// The same, of another time.
pub fn revoking_in(period: [&str; 2], revoked: &[(&Certificate, &str, Option<u8>)]) -> Vec<u8> {
    let entries: Vec<pki::Revoked<'_>> = revoked
        .iter()
        .map(|(certificate, at, reason)| pki::Revoked {
            certificate,
            at,
            reason: *reason,
        })
        .collect();
    pki::revocation_list(AUTHORITY_NAME, AUTHORITY_KEY, period, &entries)
}

/// A token to be made. Fields that are DER are whole elements, and may be missing.
#[derive(Clone)]
pub struct Stamp {
    pub version: Vec<u8>,
    pub policy: Vec<u8>,
    pub imprint: Vec<u8>,
    pub serial: Vec<u8>,
    pub time: Vec<u8>,
    pub accuracy: Vec<u8>,
    pub ordering: Vec<u8>,
    pub nonce: Vec<u8>,
    pub authority: Vec<u8>,
    pub extensions: Vec<Extension>,
    /// Behind the last field.
    pub behind: Vec<u8>,
    pub content_type: &'static str,
    pub certificate: Certificate,
    /// The certificates that come along.
    pub carried: Vec<Certificate>,
    /// The last change of the signer's part.
    pub change: fn(Signer) -> Signer,
}

/// Of octets, as a MessageImprint.
pub fn imprint(digest: Digest, octets: &[u8]) -> Vec<u8> {
    der::sequence([digest.identifier(), der::octets(&digest.of(octets))])
}

pub fn generalized(time: &str) -> Vec<u8> {
    der::element(0x18, time.as_bytes())
}

impl Stamp {
    /// A good one over octets, with everything that may be there.
    pub fn over(octets: &[u8]) -> Self {
        Self::of(imprint(Digest::Sha256, octets), der::integer(&NONCE))
    }

    /// The answer to a request in DER.
    pub fn asked(request: &[u8]) -> Self {
        let (mut fields, _) = keys::split(request);
        let mut parts = Vec::new();
        while !fields.is_empty() {
            let (_, rest) = keys::split(fields);
            parts.push(&fields[..fields.len() - rest.len()]);
            fields = rest;
        }
        assert_eq!(parts[0], der::number(1), "version 1");
        assert_eq!(parts.last(), Some(&&*der::boolean(true)), "certReq");
        let nonce = parts[parts.len() - 2];
        let mut stamp = Self::of(parts[1].to_vec(), nonce.to_vec());
        if parts.len() == 5 {
            stamp.policy = parts[2].to_vec();
        }
        stamp
    }

    fn of(imprint: Vec<u8>, nonce: Vec<u8>) -> Self {
        let certificate = signer();
        let accuracy = [
            der::number(1),
            der::implicit(0, &[1, 0xf4]),
            der::implicit(1, &[100]),
        ];
        Self {
            version: der::number(1),
            policy: der::oid(POLICY),
            imprint,
            serial: der::number(42),
            time: generalized(TIME),
            accuracy: der::sequence(accuracy),
            ordering: der::boolean(true),
            nonce,
            authority: der::explicit(0, &der::explicit(4, &name(SIGNER_NAME))),
            extensions: vec![extension::unknown(false)],
            behind: Vec::new(),
            content_type: TST_INFO,
            carried: vec![certificate.clone(), authority()],
            certificate,
            change: |signer| signer,
        }
    }

    /// Signed by another certificate, which comes along.
    pub fn by(mut self, certificate: Certificate) -> Self {
        self.carried[0] = certificate.clone();
        self.authority = der::explicit(0, &der::explicit(4, &name(&certificate.subject)));
        self.certificate = certificate;
        self
    }

    pub fn info(&self) -> Vec<u8> {
        let extensions: Vec<u8> = der::concat(self.extensions.iter().map(pki::encode_extension));
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => der::explicit(1, &extensions),
        };
        der::sequence([
            &self.version,
            &self.policy,
            &self.imprint,
            &self.serial,
            &self.time,
            &self.accuracy,
            &self.ordering,
            &self.nonce,
            &self.authority,
            &extensions,
            &self.behind,
        ])
    }

    /// With an alternative name of its certificate.
    pub fn by_address(self, address: &str) -> Self {
        let authority = self.authority.clone();
        let certificate = self.certificate.clone().with(extension::address(address));
        let stamp = self.by(certificate.renumbered(address));
        Self { authority, ..stamp }
    }

    /// The token over what it states.
    pub fn token(&self) -> Vec<u8> {
        with_signers(self, 1)
    }

    fn signed_data(&self) -> SignedData {
        let content = self.info();
        let signer = Signer::new(&self.certificate, &content, "2026-05-04T08:15:02Z")
            .without("1.2.840.113549.1.9.15")
            .replaced(Attribute::new(CONTENT_TYPE, der::oid(self.content_type)))
            .and(Attribute::new(
                SIGNING_CERTIFICATE_V2,
                ess_v2(&self.certificate),
            ));
        SignedData {
            content_type: self.content_type,
            certificates: self.carried.iter().map(Certificate::to_der).collect(),
            embedded: Some(content),
            ..SignedData::new((self.change)(signer), None)
        }
    }

    /// The answer of a server: 0 granted, 1 with modifications.
    pub fn answer(&self, status: u64) -> Vec<u8> {
        der::sequence([der::sequence([der::number(status)]), self.token()])
    }
}

/// The token with the same signer so many times.
pub fn with_signers(stamp: &Stamp, number: usize) -> Vec<u8> {
    let mut signed = stamp.signed_data();
    let signer = signed.signers.remove(0);
    signed.signers = vec![signer; number];
    signed.encode(&stamp.info())
}

/// An answer without a token: unacceptedPolicy, in the words of the authority.
pub fn rejection(text: &str) -> Vec<u8> {
    let status = [
        der::number(2),
        der::sequence([der::utf8(text)]),
        der::element(0x03, &[0, 0, 1]),
    ];
    der::sequence([der::sequence(status)])
}

/// IssuerSerial.
pub fn issuer_serial(issuer: &str, serial: &[u8]) -> Vec<u8> {
    let issuer = der::sequence([der::explicit(4, &name(issuer))]);
    der::sequence([issuer, der::integer(serial)])
}

/// SigningCertificateV2 by SHA-256, the default, with issuer and number.
pub fn ess_v2(certificate: &Certificate) -> Vec<u8> {
    let hash = der::octets(&Digest::Sha256.of(&certificate.to_der()));
    let whose = issuer_serial(&certificate.issuer, &certificate.serial);
    der::sequence([der::sequence([der::sequence([hash, whose])])])
}

/// SigningCertificateV2 by another digest, without issuer and number.
pub fn ess_v2_by(digest: Digest, certificate: &Certificate) -> Vec<u8> {
    let hash = der::octets(&digest.of(&certificate.to_der()));
    der::sequence([der::sequence([der::sequence([digest.identifier(), hash])])])
}

/// SigningCertificate by SHA-1.
pub fn ess_v1(certificate: &Certificate) -> Vec<u8> {
    let hash = der::octets(&Digest::Sha1.of(&certificate.to_der()));
    der::sequence([der::sequence([der::sequence([hash])])])
}
