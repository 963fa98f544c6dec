//! Digests and signatures that PEC signers use, and which of them prove anything.
//!
//! Identifiers: RFC 3370 (SHA-1, RSA), RFC 5754 (SHA-2), RFC 4056 and 8017 (PSS),
//! RFC 5753 (ECDSA), RFC 5480 (curves). Arithmetic: aws-lc-rs.

use aws_lc_rs::{digest, signature};
use der::Decode;
use der::oid::ObjectIdentifier as Oid;
use x509_cert::spki::AlgorithmIdentifierRef;

use super::Error;
use super::ber::{Reader, tag};

/// A message digest that is accepted.
///
/// SHA-1 is: providers signed so until 2024, and no second preimage is known. MD5 and older
/// are not ([`DigestAlgorithm::parse`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// 160 bits; usual in PEC receipts up to 2024, and remarked.
    Sha1,
    /// 256 bits.
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
}

/// Why an algorithm is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmError {
    /// Known and broken: a signature with it proves nothing.
    #[error("{0} is broken and proves nothing")]
    Broken(&'static str),
    /// An RSA key so short that anyone can break it; its bits.
    #[error("RSA key of {0} bits")]
    WeakKey(usize),
    /// Not known here: nothing can be said.
    #[error("algorithm {0} is not known")]
    Unknown(String),
    /// The parameters cannot be read or contradict each other.
    #[error("algorithm parameters cannot be used")]
    Parameters,
}

impl From<Error> for AlgorithmError {
    fn from(_: Error) -> Self {
        Self::Parameters
    }
}

/// Digests, and the broken ones by name; the most frequent one first.
const DIGESTS: [(Oid, Result<DigestAlgorithm, &str>); 7] = {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    [
        (Oid::new_unwrap("2.16.840.1.101.3.4.2.1"), Ok(Sha256)),
        (Oid::new_unwrap("1.3.14.3.2.26"), Ok(Sha1)),
        (Oid::new_unwrap("2.16.840.1.101.3.4.2.2"), Ok(Sha384)),
        (Oid::new_unwrap("2.16.840.1.101.3.4.2.3"), Ok(Sha512)),
        (Oid::new_unwrap("1.2.840.113549.2.5"), Err("MD5")),
        (Oid::new_unwrap("1.2.840.113549.2.4"), Err("MD4")),
        (Oid::new_unwrap("1.2.840.113549.2.2"), Err("MD2")),
    ]
};

impl DigestAlgorithm {
    /// Reads a DER AlgorithmIdentifier of a digest; absent and NULL parameters mean the same
    /// (RFC 5754, 2).
    ///
    /// # Errors
    /// MD2, MD4 and MD5 are [`AlgorithmError::Broken`]; others [`AlgorithmError::Unknown`].
    pub fn parse(der: &[u8]) -> Result<Self, AlgorithmError> {
        let identifier = identifier(der)?;
        let known = |(oid, _): &&(Oid, _)| oid.as_bytes() == identifier;
        match DIGESTS.iter().find(known) {
            Some((_, Ok(digest))) => Ok(*digest),
            Some((_, Err(broken))) => Err(AlgorithmError::Broken(broken)),
            None => Err(unknown(identifier)),
        }
    }

    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Units of [`Work`](crate::work::Work) for hashing so many octets.
    pub(super) const fn work(self, octets: usize) -> usize {
        match self {
            Self::Sha1 | Self::Sha256 => octets,
            // Processors have no instructions for these.
            Self::Sha384 | Self::Sha512 => 2 * octets,
        }
    }

    /// A hashing in progress.
    pub fn context(self) -> digest::Context {
        digest::Context::new(match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        })
    }

    /// The digest of octets that are at hand in one piece.
    pub fn digest(self, octets: &[u8]) -> digest::Digest {
        let mut context = self.context();
        context.update(octets);
        context.finish()
    }
}

/// How a signature value is made from a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    Pkcs1,
    /// RSASSA-PSS (RFC 8017, 8.1) with MGF1 over the same digest; salt length in octets.
    Pss {
        /// Octets of salt.
        salt: u16,
    },
    /// ECDSA (RFC 5753).
    Ecdsa,
}

/// A signature algorithm: scheme and digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignatureAlgorithm {
    /// How the value is made.
    pub scheme: SignatureScheme,
    /// Over which digest.
    pub digest: DigestAlgorithm,
}

impl SignatureAlgorithm {
    /// Reads a DER AlgorithmIdentifier of a signature. CMS signers often name the key type
    /// alone (`rsaEncryption`, RFC 3370, 3.2); then the digest is `stated`.
    ///
    /// # Errors
    /// Signatures over MD5 and older are [`AlgorithmError::Broken`].
    pub fn parse(der: &[u8], stated: Option<DigestAlgorithm>) -> Result<Self, AlgorithmError> {
        use SignatureScheme::{Ecdsa, Pkcs1};
        let identifier = identifier(der)?;
        let is = |oid: &Oid| oid.as_bytes() == identifier;
        if is(&RSASSA_PSS) {
            return parse_pss(der);
        }
        let key_types = [(RSA_ENCRYPTION, Pkcs1), (EC_PUBLIC_KEY, Ecdsa)];
        if let Some((_, scheme)) = key_types.into_iter().find(|(key, _)| is(key)) {
            let digest = stated.ok_or(AlgorithmError::Parameters)?;
            return Ok(Self { scheme, digest });
        }
        match SIGNATURES.iter().find(|(known, ..)| is(known)) {
            Some((_, scheme, Ok(digest))) => Ok(Self {
                scheme: *scheme,
                digest: *digest,
            }),
            Some((_, _, Err(broken))) => Err(AlgorithmError::Broken(broken)),
            None => Err(unknown(identifier)),
        }
    }
}

/// Content octets of the identifier of a DER AlgorithmIdentifier; its parameters are for the caller.
fn identifier(der: &[u8]) -> Result<&[u8], AlgorithmError> {
    let mut algorithm = Reader::new(der).enter(tag::SEQUENCE)?;
    Ok(algorithm.expect(tag::OID)?.content)
}

/// What is said of an identifier that is none of those above.
fn unknown(identifier: &[u8]) -> AlgorithmError {
    match Oid::from_bytes(identifier) {
        Ok(oid) => AlgorithmError::Unknown(oid.to_string()),
        Err(_) => AlgorithmError::Parameters,
    }
}

/// Signature algorithms that name their digest, and the broken ones by the digest's name.
const SIGNATURES: [(Oid, SignatureScheme, Result<DigestAlgorithm, &str>); 12] = {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, Pkcs1};
    [
        (Oid::new_unwrap("1.2.840.113549.1.1.5"), Pkcs1, Ok(Sha1)),
        (Oid::new_unwrap("1.3.14.3.2.29"), Pkcs1, Ok(Sha1)),
        (Oid::new_unwrap("1.2.840.113549.1.1.11"), Pkcs1, Ok(Sha256)),
        (Oid::new_unwrap("1.2.840.113549.1.1.12"), Pkcs1, Ok(Sha384)),
        (Oid::new_unwrap("1.2.840.113549.1.1.13"), Pkcs1, Ok(Sha512)),
        (Oid::new_unwrap("1.2.840.10045.4.1"), Ecdsa, Ok(Sha1)),
        (Oid::new_unwrap("1.2.840.10045.4.3.2"), Ecdsa, Ok(Sha256)),
        (Oid::new_unwrap("1.2.840.10045.4.3.3"), Ecdsa, Ok(Sha384)),
        (Oid::new_unwrap("1.2.840.10045.4.3.4"), Ecdsa, Ok(Sha512)),
        (Oid::new_unwrap("1.2.840.113549.1.1.4"), Pkcs1, Err("MD5")),
        (Oid::new_unwrap("1.2.840.113549.1.1.3"), Pkcs1, Err("MD4")),
        (Oid::new_unwrap("1.2.840.113549.1.1.2"), Pkcs1, Err("MD2")),
    ]
};

const RSA_ENCRYPTION: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: Oid = Oid::new_unwrap("1.2.840.113549.1.1.10");
const EC_PUBLIC_KEY: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
const P256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
const P384: Oid = Oid::new_unwrap("1.3.132.0.34");

/// RSASSA-PSS-params (RFC 4055, 3.1): `[0]` hash, `[1]` mask generation, `[2]` salt length,
/// `[3]` trailer; defaults SHA-1, MGF1 with SHA-1, 20, 1.
fn parse_pss(der: &[u8]) -> Result<SignatureAlgorithm, AlgorithmError> {
    let mut outer = Reader::new(der).enter(tag::SEQUENCE)?;
    outer.expect(tag::OID)?;
    let mut parameters = outer.enter(tag::SEQUENCE)?;
    let digest = match parameters.optional(tag::CONTEXT_0)? {
        Some(hash) => DigestAlgorithm::parse(hash.content)?,
        None => DigestAlgorithm::Sha1,
    };
    let mask_digest = match parameters.optional(tag::CONTEXT_1)? {
        Some(mask) => {
            let mut mask = Reader::new(mask.content).enter(tag::SEQUENCE)?;
            mask.expect(tag::OID)?;
            DigestAlgorithm::parse(mask.remaining())?
        }
        None => DigestAlgorithm::Sha1,
    };
    let salt = match parameters.optional(tag::CONTEXT_2)? {
        Some(salt) => small_integer(Reader::new(salt.content).expect(tag::INTEGER)?.content)?,
        None => 20,
    };
    if mask_digest != digest {
        return Err(AlgorithmError::Parameters);
    }
    Ok(SignatureAlgorithm {
        scheme: SignatureScheme::Pss { salt },
        digest,
    })
}

/// A salt longer than the modulus (8,192 bits) cannot be.
fn small_integer(content: &[u8]) -> Result<u16, AlgorithmError> {
    match *content {
        [one] if one < 0x80 => Ok(one.into()),
        [0, one] => Ok(one.into()),
        [high, low] if high < 0x04 => Ok(u16::from_be_bytes([high, low])),
        _ => Err(AlgorithmError::Parameters),
    }
}

/// The type of a public key, with what its strength depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
}

/// A public key taken from a SubjectPublicKeyInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its type.
    pub kind: KeyType,
    octets: Box<[u8]>,
}

/// RSA keys below this are broken by anyone; aws-lc-rs does not take them either.
pub const MIN_RSA_BITS: usize = 1_024;

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    ///
    /// # Errors
    /// For key types other than RSA, P-256 and P-384, and for what cannot be read.
    pub fn from_spki(der: &[u8]) -> Result<Self, AlgorithmError> {
        let mut info = Reader::new(der).enter(tag::SEQUENCE)?;
        let algorithm = info.expect(tag::SEQUENCE)?;
        let [0, key @ ..] = info.expect(tag::BIT_STRING)?.content else {
            return Err(AlgorithmError::Parameters);
        };
        let identifier = AlgorithmIdentifierRef::from_der(algorithm.octets)
            .map_err(|_| AlgorithmError::Parameters)?;
        let kind = match identifier.oid {
            RSA_ENCRYPTION => KeyType::Rsa {
                bits: modulus_bits(key)?,
            },
            EC_PUBLIC_KEY => {
                let curve = identifier
                    .parameters
                    .and_then(|any| any.decode_as::<Oid>().ok());
                match curve {
                    Some(P256) => KeyType::P256,
                    Some(P384) => KeyType::P384,
                    Some(other) => return Err(AlgorithmError::Unknown(other.to_string())),
                    None => return Err(AlgorithmError::Parameters),
                }
            }
            other => return Err(AlgorithmError::Unknown(other.to_string())),
        };
        Ok(Self {
            kind,
            octets: key.into(),
        })
    }

    /// Units of [`Work`](crate::work::Work) for one signature of this key over so many octets.
    pub(super) fn work(&self, octets: usize) -> usize {
        let key = match self.kind {
            // 16 KiB for 2,048 bits, and four times as much for each doubling.
            KeyType::Rsa { bits } => bits * bits / 256,
            KeyType::P256 => 96 << 10,
            KeyType::P384 => 384 << 10,
        };
        key + 2 * octets
    }

    /// Makes the key ready for signatures of one algorithm.
    ///
    /// # Errors
    /// When key and algorithm do not fit, or the pair is not supported: RSA under 1,024 bits,
    /// PSS with SHA-1.
    pub fn verifying(&self, algorithm: SignatureAlgorithm) -> Result<VerifyingKey, AlgorithmError> {
        let parameters = verification(self.kind, algorithm)?;
        signature::ParsedPublicKey::new(parameters, &self.octets)
            .map(|key| VerifyingKey { key })
            .map_err(|_| AlgorithmError::Parameters)
    }
}

/// A key ready to check signatures of one algorithm.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    key: signature::ParsedPublicKey,
}

impl VerifyingKey {
    /// Whether `value` is this key's signature over `octets`. The whole encoded block is
    /// compared (RFC 8017, 8.2.2), so low-exponent padding tricks fail.
    #[must_use]
    pub fn verifies(&self, octets: &[u8], value: &[u8]) -> bool {
        self.key.verify_sig(octets, value).is_ok()
    }

    /// Whether `value` is this key's signature over what gave this digest.
    #[must_use]
    pub fn verifies_digest(&self, digest: &digest::Digest, value: &[u8]) -> bool {
        self.key.verify_digest_sig(digest, value).is_ok()
    }
}

fn modulus_bits(key: &[u8]) -> Result<usize, AlgorithmError> {
    let modulus = Reader::new(key)
        .enter(tag::SEQUENCE)?
        .expect(tag::INTEGER)?
        .content;
    let skip = modulus.iter().take_while(|&&octet| octet == 0).count();
    let modulus = &modulus[skip..];
    let first = modulus.first().ok_or(AlgorithmError::Parameters)?;
    Ok(modulus.len() * 8 - first.leading_zeros() as usize)
}

fn verification(
    key: KeyType,
    algorithm: SignatureAlgorithm,
) -> Result<&'static dyn signature::VerificationAlgorithm, AlgorithmError> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, Pkcs1, Pss};
    let unsupported = || {
        AlgorithmError::Unknown(format!(
            "{:?} {} / {key:?}",
            algorithm.scheme,
            algorithm.digest.name()
        ))
    };
    Ok(match (key, algorithm.scheme, algorithm.digest) {
        (KeyType::Rsa { bits }, _, _) if bits < MIN_RSA_BITS => {
            return Err(AlgorithmError::WeakKey(bits));
        }
        (KeyType::Rsa { .. }, Pkcs1, Sha1) => {
            &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        (KeyType::Rsa { .. }, Pkcs1, Sha256) => {
            &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        (KeyType::Rsa { .. }, Pkcs1, Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyType::Rsa { .. }, Pkcs1, Sha512) => {
            &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        (KeyType::Rsa { .. }, Pss { salt }, digest) => pss(digest, salt).ok_or_else(unsupported)?,
        (KeyType::P256, Ecdsa, Sha1) => &signature::ECDSA_P256_SHA1_ASN1,
        (KeyType::P256, Ecdsa, Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyType::P256, Ecdsa, Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyType::P256, Ecdsa, Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyType::P384, Ecdsa, Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyType::P384, Ecdsa, Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyType::P384, Ecdsa, Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        _ => return Err(unsupported()),
    })
}

/// PSS parameters for one digest and salt length. aws-lc-rs wants them for the life of the
/// program, so each pair met is kept: at most 3 digests times 1,024 lengths.
fn pss(digest: DigestAlgorithm, salt: u16) -> Option<&'static signature::RsaParameters> {
    use std::collections::HashMap;
    use std::sync::Mutex;
    static KNOWN: Mutex<
        Option<HashMap<(DigestAlgorithm, u16), &'static signature::RsaParameters>>,
    > = Mutex::new(None);
    let base = match digest {
        DigestAlgorithm::Sha1 => return None,
        DigestAlgorithm::Sha256 => signature::RSA_PSS_2048_8192_SHA256,
        DigestAlgorithm::Sha384 => signature::RSA_PSS_2048_8192_SHA384,
        DigestAlgorithm::Sha512 => signature::RSA_PSS_2048_8192_SHA512,
    };
    let mut known = KNOWN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Some(
        *known
            .get_or_insert_default()
            .entry((digest, salt))
            .or_insert_with(|| {
                let length = signature::RsaPssSaltLength::Custom(salt);
                Box::leak(Box::new(base.with_pss_salt_length(length)))
            }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(oid: &str) -> Vec<u8> {
        use der::Encode;
        x509_cert::spki::AlgorithmIdentifier::<der::asn1::Null> {
            oid: Oid::new_unwrap(oid),
            parameters: Some(der::asn1::Null),
        }
        .to_der()
        .unwrap()
    }

    /// What a message may make us compute is bounded by these figures.
    #[test]
    fn a_longer_key_and_a_longer_text_are_more_work() {
        let work = |kind, octets| {
            let key = PublicKey {
                kind,
                octets: [].into(),
            };
            key.work(octets)
        };
        let rsa = |bits| work(KeyType::Rsa { bits }, 0);
        assert_eq!(rsa(2_048), 16 << 10);
        assert_eq!((rsa(4_096), rsa(8_192)), (4 * rsa(2_048), 16 * rsa(2_048)));
        assert!(work(KeyType::P256, 0) > rsa(4_096));
        assert!(work(KeyType::P384, 0) > work(KeyType::P256, 0));
        for kind in [KeyType::Rsa { bits: 2_048 }, KeyType::P256, KeyType::P384] {
            assert_eq!(work(kind, 1_000) - work(kind, 0), 2_000);
        }
    }

    #[test]
    fn old_digests_are_called_broken_and_strange_ones_unknown() {
        assert_eq!(
            DigestAlgorithm::parse(&identifier("1.3.14.3.2.26")),
            Ok(DigestAlgorithm::Sha1)
        );
        assert_eq!(
            DigestAlgorithm::parse(&identifier("1.2.840.113549.2.5")),
            Err(AlgorithmError::Broken("MD5"))
        );
        assert!(matches!(
            DigestAlgorithm::parse(&identifier("2.16.840.1.101.3.4.2.8")),
            Err(AlgorithmError::Unknown(_))
        ));
        assert_eq!(
            DigestAlgorithm::parse(b"\x30\x00"),
            Err(AlgorithmError::Parameters)
        );
    }

    #[test]
    fn a_bare_key_type_takes_the_stated_digest() {
        let rsa = identifier("1.2.840.113549.1.1.1");
        let with = SignatureAlgorithm::parse(&rsa, Some(DigestAlgorithm::Sha256)).unwrap();
        assert_eq!(
            with,
            SignatureAlgorithm {
                scheme: SignatureScheme::Pkcs1,
                digest: DigestAlgorithm::Sha256
            }
        );
        assert!(SignatureAlgorithm::parse(&rsa, None).is_err());
    }

    #[test]
    fn salt_lengths_beyond_any_key_are_refused() {
        assert_eq!(small_integer(&[32]), Ok(32));
        assert_eq!(small_integer(&[0, 222]), Ok(222));
        assert_eq!(small_integer(&[0x01, 0xde]), Ok(478));
        for wrong in [&[][..], &[0x80], &[0x7f, 0xff], &[1, 0, 0]] {
            assert!(small_integer(wrong).is_err(), "{wrong:?}");
        }
    }
}
