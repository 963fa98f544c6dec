//! Issues X.509 certificates (RFC 5280): those of the practice authority and of its servers.
//!
//! Only right ones. The test authority of the suite, which can also make wrong ones, is apart.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair};
use der::asn1::{Any, BitString, OctetString, UtcTime};
use der::oid::{AssociatedOid, ObjectIdentifier as Oid};
use der::{Encode, Tag, TagNumber};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use super::Error;
use crate::timestamp::Timestamp;

/// Signature algorithms of certificates and their parameters.
const ECDSA_WITH_SHA256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");
const SHA256_WITH_RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");

/// A private key of which the public half is known as SubjectPublicKeyInfo.
pub(super) enum PrivateKey {
    /// RSA of 2,048 bits: what providers of certified mail sign with.
    Rsa(RsaKeyPair),
    /// P-256: quick to make.
    Ec(EcdsaKeyPair),
}

impl PrivateKey {
    /// A new RSA key.
    pub(super) fn rsa() -> Result<Self, Error> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Key)?;
        Ok(Self::Rsa(pair))
    }

    /// A new key on P-256.
    pub(super) fn ec() -> Result<Self, Error> {
        let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING);
        Ok(Self::Ec(pair.map_err(|_| Error::Key)?))
    }

    /// SubjectPublicKeyInfo.
    pub(super) fn spki(&self) -> Result<Vec<u8>, Error> {
        let der = match self {
            Self::Rsa(pair) => pair.public_key().as_der(),
            Self::Ec(pair) => pair.public_key().as_der(),
        };
        Ok(der.map_err(|_| Error::Key)?.as_ref().to_vec())
    }

    /// PKCS#8, to be kept.
    pub(super) fn pkcs8(&self) -> Result<Vec<u8>, Error> {
        let octets = match self {
            Self::Rsa(pair) => pair.as_der().map(|der| der.as_ref().to_vec()),
            Self::Ec(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        octets.map_err(|_| Error::Key)
    }

    /// Key identifier by method 1 of RFC 5280, 4.2.1.2.
    fn identifier(&self) -> Result<OctetString, Error> {
        let public = match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::Ec(pair) => pair.public_key().as_ref(),
        };
        let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
        let digest = aws_lc_rs::digest::digest(algorithm, public);
        Ok(OctetString::new(digest.as_ref())?)
    }

    fn algorithm(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Rsa(_) => sequence([SHA256_WITH_RSA.to_der()?, Any::null().to_der()?]),
            Self::Ec(_) => sequence([ECDSA_WITH_SHA256.to_der()?]),
        }
    }

    /// A signature with SHA-256.
    pub(super) fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, octets, &mut value)
                    .map_err(|_| Error::Key)?;
                Ok(value)
            }
            Self::Ec(pair) => {
                let value = pair.sign(&random, octets).map_err(|_| Error::Key)?;
                Ok(value.as_ref().to_vec())
            }
        }
    }
}

/// A certificate to be issued.
pub(super) struct Request<'a> {
    /// The subject, as in RFC 4514.
    pub subject: &'a str,
    /// The issuer, as in RFC 4514.
    pub issuer: &'a str,
    /// First and last instant.
    pub validity: (Timestamp, Timestamp),
    /// The subject's key.
    pub key: &'a PrivateKey,
    /// The issuer's key.
    pub issuer_key: &'a PrivateKey,
    /// The extensions, but for the key identifiers.
    pub extensions: Vec<Extension>,
}

/// One extension.
pub(super) struct Extension {
    oid: Oid,
    critical: bool,
    value: Vec<u8>,
}

impl Extension {
    /// One that a reader may pass over.
    pub(super) fn plain<T: AssociatedOid + Encode>(value: &T) -> Result<Self, Error> {
        Ok(Self {
            oid: T::OID,
            critical: false,
            value: value.to_der()?,
        })
    }

    /// One that a reader must know.
    pub(super) fn critical<T: AssociatedOid + Encode>(value: &T) -> Result<Self, Error> {
        Ok(Self {
            critical: true,
            ..Self::plain(value)?
        })
    }

    /// What every authority bears: `CA:TRUE` with a path length, and signing as its only use.
    pub(super) fn authority() -> Result<[Self; 2], Error> {
        use x509_cert::ext::pkix::KeyUsages;
        let constraints = BasicConstraints {
            ca: true,
            path_len_constraint: Some(0),
        };
        let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
        Ok([Self::critical(&constraints)?, Self::critical(&usage)?])
    }

    /// `digitalSignature` only, and one purpose.
    pub(super) fn signer(purpose: Oid) -> Result<[Self; 2], Error> {
        let usage = KeyUsage(x509_cert::ext::pkix::KeyUsages::DigitalSignature.into());
        let purposes = ExtendedKeyUsage(vec![purpose]);
        Ok([Self::critical(&usage)?, Self::plain(&purposes)?])
    }

    /// Other names of the subject.
    pub(super) fn names(names: Vec<GeneralName>) -> Result<Self, Error> {
        Self::plain(&SubjectAltName(names))
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        let critical = match self.critical {
            true => true.to_der()?,
            false => Vec::new(),
        };
        let value = OctetString::new(&*self.value)?.to_der()?;
        sequence([self.oid.to_der()?, critical, value])
    }
}

impl Request<'_> {
    /// The certificate, DER.
    pub(super) fn issue(&self) -> Result<Vec<u8>, Error> {
        let algorithm = self.issuer_key.algorithm()?;
        let mut serial = [0; 16];
        SystemRandom::new()
            .fill(&mut serial)
            .map_err(|_| Error::Key)?;
        // Positive, and of full length.
        serial[0] = serial[0] & 0x3f | 0x40;
        let validity = sequence([time(self.validity.0)?, time(self.validity.1)?])?;
        let contents = sequence([
            explicit(0, 2u8.to_der()?)?,
            SerialNumber::<x509_cert::certificate::Rfc5280>::new(&serial)?.to_der()?,
            algorithm.clone(),
            name(self.issuer)?,
            validity,
            name(self.subject)?,
            self.key.spki()?,
            explicit(3, sequence(self.encoded_extensions()?)?)?,
        ])?;
        let value = BitString::from_bytes(&self.issuer_key.sign(&contents)?)?.to_der()?;
        sequence([contents, algorithm, value])
    }

    fn encoded_extensions(&self) -> Result<Vec<Vec<u8>>, Error> {
        let above = AuthorityKeyIdentifier {
            key_identifier: Some(self.issuer_key.identifier()?),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        let identifiers = [
            Extension::plain(&SubjectKeyIdentifier(self.key.identifier()?))?,
            Extension::plain(&above)?,
        ];
        let all = identifiers.iter().chain(&self.extensions);
        all.map(Extension::encode).collect()
    }
}

/// A SEQUENCE of elements that are encoded already.
fn sequence(parts: impl IntoIterator<Item = Vec<u8>>) -> Result<Vec<u8>, Error> {
    element(
        Tag::Sequence,
        parts.into_iter().collect::<Vec<_>>().concat(),
    )
}

/// `[number] EXPLICIT`.
fn explicit(number: u32, content: Vec<u8>) -> Result<Vec<u8>, Error> {
    let tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    };
    element(tag, content)
}

fn element(tag: Tag, content: Vec<u8>) -> Result<Vec<u8>, Error> {
    Ok(Any::new(tag, content)?.to_der()?)
}

/// A distinguished name from its RFC 4514 text, DER.
fn name(text: &str) -> Result<Vec<u8>, Error> {
    Ok(text.parse::<Name>()?.to_der()?)
}

/// UTCTime: the certificates of practice end before 2050 (RFC 5280, 4.1.2.5).
pub(super) fn time(at: Timestamp) -> Result<Vec<u8>, Error> {
    let seconds = u64::try_from(at.unix()).unwrap_or_default();
    let time = UtcTime::from_unix_duration(std::time::Duration::from_secs(seconds))?;
    Ok(time.to_der()?)
}
