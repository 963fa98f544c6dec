//! X.509 certificates (RFC 5280, 4), read once, with the octets that were signed.
//!
//! `x509-cert` decodes; this file keeps what it would lose (exact octets) and notes what it
//! does not look at (extensions that stand twice, critical ones that nobody here knows).

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest;
use der::Decode;
use der::oid::{AssociatedOid, ObjectIdentifier as Oid};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix as ext;

use super::algorithm::{
    AlgorithmError, DigestAlgorithm, PublicKey, SignatureAlgorithm, VerifyingKey,
};
use super::ber::{Reader, tag};
use super::constraints::{GeneralName, NameConstraints};
use super::name::Name;
use super::point::{RevocationPoint, points};
use super::{Error, Fault, sha1_collides};
use crate::timestamp::Timestamp;

/// Octets of one certificate: real ones are under 4 KiB; the AgID CA1 editions, with their
/// lists of names, 8 KiB.
pub const MAX_CERTIFICATE_OCTETS: usize = 64 * 1024;

/// Extensions of one certificate; real ones have under 15. A bound on the search for doubles.
const MAX_EXTENSIONS: usize = 100;

/// Alternative names of one certificate, each compared with every constraint; signers of PEC have
/// one to three, servers some hundreds.
const MAX_ALTERNATIVE_NAMES: usize = 1_000;

/// Key usage bits that matter here (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// Whether the extension is critical.
    pub critical: bool,
    /// digitalSignature.
    pub digital_signature: bool,
    /// nonRepudiation, also called contentCommitment.
    pub non_repudiation: bool,
    /// keyCertSign.
    pub key_cert_sign: bool,
    /// cRLSign.
    pub crl_sign: bool,
}

/// A certificate as it was read. Nothing in it is trusted.
#[derive(Debug)]
pub struct Certificate {
    der: Box<[u8]>,
    tbs: Range<usize>,
    signature: Range<usize>,
    signature_algorithm: Range<usize>,
    /// Content octets of the serial number.
    pub serial: Box<[u8]>,
    /// Who issued it.
    pub issuer: Name,
    /// Whom it is about.
    pub subject: Name,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// The public key, or why it cannot be used.
    pub key: Result<PublicKey, AlgorithmError>,
    /// DER of the SubjectPublicKeyInfo.
    pub spki: Box<[u8]>,
    /// Basic constraints: whether it is an authority, and how many more may follow it.
    pub basic_constraints: Option<(bool, Option<u8>)>,
    /// Key usage.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usage, when present.
    pub extended_key_usage: Option<Vec<Oid>>,
    /// Whether that extension is critical.
    pub is_extended_usage_critical: bool,
    /// Certificate policies.
    pub policies: Vec<Oid>,
    /// Subject alternative names.
    pub alternative_names: Vec<GeneralName>,
    /// Subject key identifier.
    pub subject_key_id: Option<Box<[u8]>>,
    /// Name constraints.
    pub name_constraints: Option<NameConstraints>,
    /// Where its revocation lists are (RFC 5280, 4.2.1.13).
    pub revocation_points: Vec<RevocationPoint>,
    /// Critical extensions that are not understood here.
    pub unknown_critical: Vec<Oid>,
    /// An extension that stands more than once (forbidden by RFC 5280, 4.2).
    pub doubled_extension: Option<Oid>,
    ready: OnceLock<(SignatureAlgorithm, Arc<VerifyingKey>)>,
    names: OnceLock<Vec<GeneralName>>,
}

const REVOCATION_POINTS: Oid = Oid::new_unwrap("2.5.29.31");
const TIME_STAMPING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");
const EMAIL_PROTECTION: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
const ANY_EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37.0");

/// For what a certificate is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing mail (RFC 8551, 3).
    Mail,
    /// Signing time stamps (RFC 3161, 2.3).
    TimeStamps,
}

impl Certificate {
    /// Reads one DER certificate.
    ///
    /// # Errors
    /// When it cannot be decoded, something follows it, or it is too large.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_CERTIFICATE_OCTETS {
            return Err(Error::TooLarge {
                limit: MAX_CERTIFICATE_OCTETS,
            });
        }
        let layout = Layout::of(der)?;
        check_extensions(&der[layout.tbs.clone()])?;
        let certificate = CertificateInner::<Raw>::from_der(der)
            .map_err(|_| Error::Encoding(Fault::Certificate))?;
        let tbs = certificate.tbs_certificate();
        let seconds = |time: x509_cert::time::Time| {
            Timestamp::from_unix(
                i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX),
            )
        };
        let mut read = Self {
            serial: tbs.serial_number().as_bytes().into(),
            issuer: Name::from_der(&der[layout.issuer])?,
            subject: Name::from_der(&der[layout.subject])?,
            not_before: seconds(tbs.validity().not_before),
            not_after: seconds(tbs.validity().not_after),
            key: PublicKey::from_spki(&der[layout.spki.clone()]),
            spki: der[layout.spki].into(),
            der: der.into(),
            tbs: layout.tbs,
            signature: layout.signature,
            signature_algorithm: layout.signature_algorithm,
            basic_constraints: None,
            key_usage: None,
            extended_key_usage: None,
            is_extended_usage_critical: false,
            policies: Vec::new(),
            alternative_names: Vec::new(),
            subject_key_id: None,
            name_constraints: None,
            revocation_points: Vec::new(),
            unknown_critical: Vec::new(),
            doubled_extension: None,
            ready: OnceLock::new(),
            names: OnceLock::new(),
        };
        let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
        for (index, extension) in extensions.iter().enumerate() {
            if extensions[..index]
                .iter()
                .any(|other| other.extn_id == extension.extn_id)
            {
                read.doubled_extension = Some(extension.extn_id);
            }
            read.take_extension(extension)?;
        }
        Ok(read)
    }

    fn take_extension(&mut self, extension: &Extension) -> Result<(), Error> {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            ext::BasicConstraints::OID => {
                let constraints: ext::BasicConstraints = decode(value)?;
                self.basic_constraints = Some((constraints.ca, constraints.path_len_constraint));
            }
            ext::KeyUsage::OID => {
                let usage: ext::KeyUsage = decode(value)?;
                self.key_usage = Some(KeyUsage {
                    critical: extension.critical,
                    digital_signature: usage.digital_signature(),
                    non_repudiation: usage.non_repudiation(),
                    key_cert_sign: usage.key_cert_sign(),
                    crl_sign: usage.crl_sign(),
                });
            }
            ext::ExtendedKeyUsage::OID => {
                self.extended_key_usage = Some(decode::<ext::ExtendedKeyUsage>(value)?.0);
                self.is_extended_usage_critical = extension.critical;
            }
            ext::CertificatePolicies::OID => {
                let policies: ext::CertificatePolicies = decode(value)?;
                self.policies = policies
                    .0
                    .into_iter()
                    .map(|policy| policy.policy_identifier)
                    .collect();
            }
            ext::SubjectAltName::OID => {
                let mut names = Reader::new(value).enter(tag::SEQUENCE)?;
                while !names.is_empty() {
                    if self.alternative_names.len() == MAX_ALTERNATIVE_NAMES {
                        return Err(Error::Encoding(Fault::TooMany));
                    }
                    let name = names.value()?;
                    self.alternative_names
                        .push(GeneralName::parse(name.tag, name.content)?);
                }
            }
            ext::SubjectKeyIdentifier::OID => {
                let id: ext::SubjectKeyIdentifier = decode(value)?;
                self.subject_key_id = Some(id.0.as_bytes().into());
            }
            ext::NameConstraints::OID => {
                self.name_constraints = Some(NameConstraints::parse(value)?)
            }
            REVOCATION_POINTS if !extension.critical => {
                // Needed only to tell which list speaks of it.
                self.revocation_points = points(value, &self.issuer).unwrap_or_default();
            }
            // Not needed to judge a signature; ignored when not critical, refused when critical.
            other if extension.critical => self.unknown_critical.push(other),
            _ => {}
        }
        Ok(())
    }

    /// The certificate's octets.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER, in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        hex(digest::digest(&digest::SHA256, &self.der).as_ref())
    }

    /// SHA-1 of the DER in lower-case hexadecimal, the form of the provider directory
    /// (RFC 6109, 4.5.1).
    pub fn sha1(&self) -> String {
        hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref())
    }

    /// The serial number in lower-case hexadecimal without leading zeros.
    pub fn serial_hex(&self) -> String {
        let text = hex(&self.serial);
        let short = text.trim_start_matches('0');
        if short.is_empty() {
            "0".into()
        } else {
            short.to_owned()
        }
    }

    /// Addresses in rfc822Name alternative names.
    pub fn mail_addresses(&self) -> impl Iterator<Item = &str> {
        self.alternative_names.iter().filter_map(|name| match name {
            GeneralName::Mail(address) => Some(&**address),
            GeneralName::Dns(_)
            | GeneralName::Directory(_)
            | GeneralName::Ip(_)
            | GeneralName::Other(_) => None,
        })
    }

    /// All names that constraints speak of (RFC 5280, 4.2.1.10): the subject, the alternative
    /// names, and addresses in the subject when no alternative name is an address.
    pub fn constrained_names(&self) -> &[GeneralName] {
        self.names.get_or_init(|| {
            let mut names = self.alternative_names.clone();
            if !self.subject.is_empty() {
                names.push(GeneralName::Directory(self.subject.clone()));
            }
            if self.mail_addresses().next().is_none() {
                names.extend(
                    self.subject
                        .mail_addresses()
                        .map(|a| GeneralName::Mail(a.to_owned())),
                );
            }
            names
        })
    }

    /// Whether the extended key usage, if present, allows e-mail protection.
    pub fn allows_email_protection(&self) -> bool {
        self.allows(Purpose::Mail)
    }

    /// Whether the extended key usage, if present, allows a purpose.
    fn allows(&self, purpose: Purpose) -> bool {
        let wanted = match purpose {
            Purpose::Mail => EMAIL_PROTECTION,
            Purpose::TimeStamps => TIME_STAMPING,
        };
        self.extended_key_usage.as_ref().is_none_or(|usages| {
            usages.contains(&wanted) || usages.contains(&ANY_EXTENDED_KEY_USAGE)
        })
    }

    /// Whether the extended key usage is there, critical, and timeStamping alone (RFC 3161, 2.3).
    pub fn is_for_time_stamps_alone(&self) -> bool {
        self.is_extended_usage_critical
            && self.extended_key_usage.as_deref() == Some(&[TIME_STAMPING])
    }

    /// Whether it calls itself an authority.
    pub fn is_authority(&self) -> bool {
        matches!(self.basic_constraints, Some((true, _)))
    }

    /// Whether it may issue certificates for signing mail, and is understood (RFC 5280, 6.1.4).
    pub fn may_issue(&self) -> bool {
        self.may_issue_for(Purpose::Mail)
    }

    /// The same for certificates of any purpose.
    pub fn may_issue_for(&self, purpose: Purpose) -> bool {
        self.is_authority()
            && self.key_usage.is_none_or(|usage| usage.key_cert_sign)
            && self.allows(purpose)
            && self.unknown_critical.is_empty()
            && self.doubled_extension.is_none()
    }

    /// The algorithm of the signature on this certificate.
    ///
    /// # Errors
    /// When it is broken, unknown, or differs inside and outside (RFC 5280, 4.1.1.2).
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, AlgorithmError> {
        SignatureAlgorithm::parse(&self.der[self.signature_algorithm.clone()], None)
    }

    /// Whether this certificate bears the signature of that key.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.signature_algorithm()
            .and_then(|algorithm| key.verifying(algorithm))
            .is_ok_and(|key| {
                key.verifies(
                    &self.der[self.tbs.clone()],
                    &self.der[self.signature.clone()],
                )
            })
    }

    /// Whether the signature on it is over SHA-1 and what is signed was made so that another
    /// certificate has the same.
    pub(super) fn collides(&self) -> bool {
        let algorithm = self.signature_algorithm();
        algorithm.is_ok_and(|algorithm| algorithm.digest == DigestAlgorithm::Sha1)
            && sha1_collides(|take| take(&self.der[self.tbs.clone()]))
    }

    /// The key, made ready for one algorithm; kept, because one signer signs many messages.
    ///
    /// # Errors
    /// As [`PublicKey::verifying`].
    pub fn verifying_key(
        &self,
        algorithm: SignatureAlgorithm,
    ) -> Result<Arc<VerifyingKey>, AlgorithmError> {
        if let Some((for_algorithm, key)) = self.ready.get()
            && *for_algorithm == algorithm
        {
            return Ok(key.clone());
        }
        let key = Arc::new(
            self.key
                .as_ref()
                .map_err(Clone::clone)?
                .verifying(algorithm)?,
        );
        let _ = self.ready.set((algorithm, key.clone()));
        Ok(key)
    }
}

/// Where the pieces of a certificate stand in its octets.
struct Layout {
    tbs: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    spki: Range<usize>,
    signature_algorithm: Range<usize>,
    signature: Range<usize>,
}

impl Layout {
    fn of(der: &[u8]) -> Result<Self, Error> {
        let range = |part: &[u8]| {
            let start = part.as_ptr().addr() - der.as_ptr().addr();
            start..start + part.len()
        };
        let mut outer = Reader::new(der);
        let mut certificate = outer.enter(tag::SEQUENCE)?;
        if !outer.is_empty() {
            return Err(Error::Encoding(Fault::AfterCertificate));
        }
        let tbs = certificate.expect(tag::SEQUENCE)?;
        let signature_algorithm = certificate.expect(tag::SEQUENCE)?;
        let signature = match certificate.expect(tag::BIT_STRING)?.content {
            [0, value @ ..] => range(value),
            _ => return Err(Error::Encoding(Fault::SignatureBits)),
        };
        let head = TbsHead::of(tbs.content)?;
        if head.signature_algorithm != signature_algorithm.octets {
            return Err(Error::Encoding(Fault::TwoAlgorithms));
        }
        Ok(Self {
            tbs: range(tbs.octets),
            issuer: range(head.issuer),
            subject: range(head.subject),
            spki: range(head.spki),
            signature_algorithm: range(signature_algorithm.octets),
            signature,
        })
    }
}

/// The fields of a TBSCertificate up to the key (RFC 5280, 4.1).
struct TbsHead<'a> {
    serial: &'a [u8],
    signature_algorithm: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
}

impl<'a> TbsHead<'a> {
    fn of_certificate(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Reader::new(der).enter(tag::SEQUENCE).ok()?;
        let tbs = certificate.expect(tag::SEQUENCE).ok()?;
        Self::of(tbs.content).ok()
    }

    fn of(content: &'a [u8]) -> Result<Self, Error> {
        let mut fields = Reader::new(content);
        fields.optional(tag::CONTEXT_0)?;
        let serial = fields.expect(tag::INTEGER)?.content;
        let signature_algorithm = fields.expect(tag::SEQUENCE)?.octets;
        let issuer = fields.expect(tag::SEQUENCE)?.octets;
        fields.expect(tag::SEQUENCE)?;
        let subject = fields.expect(tag::SEQUENCE)?.octets;
        let spki = fields.expect(tag::SEQUENCE)?.octets;
        Ok(Self {
            serial,
            signature_algorithm,
            issuer,
            subject,
            spki,
        })
    }
}

/// That a TBSCertificate has no more extensions than are looked at, before any of them is read.
fn check_extensions(tbs: &[u8]) -> Result<(), Error> {
    let mut fields = Reader::new(tbs).enter(tag::SEQUENCE)?;
    while !fields.is_empty() {
        let field = fields.value()?;
        if field.tag == tag::CONTEXT_3 {
            let mut extensions = Reader::new(field.content).enter(tag::SEQUENCE)?;
            for _ in 0..MAX_EXTENSIONS {
                if extensions.is_empty() {
                    return Ok(());
                }
                extensions.value()?;
            }
            return match extensions.is_empty() {
                true => Ok(()),
                false => Err(Error::Encoding(Fault::TooMany)),
            };
        }
    }
    Ok(())
}

/// Issuer (DER of the name) and serial number (content octets) of a certificate that is not
/// otherwise read; cheap enough to look through a bag of certificates for one.
pub(super) fn issuer_and_serial(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = TbsHead::of_certificate(der)?;
    Some((head.issuer, head.serial))
}

/// SubjectPublicKeyInfo of such a certificate.
pub fn spki(der: &[u8]) -> Option<&[u8]> {
    Some(TbsHead::of_certificate(der)?.spki)
}

fn decode<'a, T: Decode<'a>>(value: &'a [u8]) -> Result<T, Error> {
    T::from_der(value).map_err(|_| Error::Encoding(Fault::Extension))
}

/// Lower-case hexadecimal.
pub fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
    let digits = octets
        .iter()
        .flat_map(|octet| [digit(octet >> 4), digit(octet & 0x0f)]);
    String::from_utf8(digits.collect()).expect("digits and letters")
}
