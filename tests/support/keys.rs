//! The committed test keys and everything they can sign with.
//!
//! All signatures are reproducible: PKCS#1 v1.5 is, PSS gets a fixed salt, and ECDSA values are
//! kept in `fixtures/pki/ecdsa.toml` by what they sign.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::digest::{Digest, hex};
use super::{blessing, der, fixtures_folder, number};

/// How a signature is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    Pkcs1(Digest),
    Pss(Digest),
    Ecdsa(Digest),
    /// PKCS#1 v1.5 with the digest early in the block and other octets after it, as forgeries
    /// against verifiers that do not compare the whole block do.
    Pkcs1Loose(Digest),
}

/// A key of `fixtures/pki/keys`, named after its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(pub &'static str);

pub const AUTHORITY: Key = Key("authority");
pub const HISTORIC_AUTHORITY: Key = Key("historic-authority");
pub const ROOT: Key = Key("root");
pub const STRANGER: Key = Key("stranger");
pub const SENDER: Key = Key("sender");
pub const RECIPIENT: Key = Key("recipient");
pub const THIRD: Key = Key("third");
pub const WEAK: Key = Key("weak");
pub const TINY: Key = Key("tiny");
pub const STRONG: Key = Key("strong");
pub const P256: Key = Key("p256");
pub const P384: Key = Key("p384");

impl Key {
    /// SubjectPublicKeyInfo.
    pub fn spki(self) -> Vec<u8> {
        der::sequence([self.algorithm(), der::bits(&self.public())])
    }

    /// The content of the subjectPublicKey bit string.
    pub fn public(self) -> Vec<u8> {
        match self.ecdsa() {
            Some(pair) => pair.public_key().as_ref().to_vec(),
            None => {
                let [modulus, public, _] = self.rsa();
                der::sequence([der::integer(&modulus), der::integer(&public)])
            }
        }
    }

    /// Key identifier by method 1 of RFC 5280, 4.2.1.2.
    pub fn identifier(self) -> Vec<u8> {
        Digest::Sha1.of(&self.public())
    }

    pub fn sign(self, scheme: Scheme, octets: &[u8]) -> Vec<u8> {
        match scheme {
            Scheme::Pkcs1(digest) => self.sign_pkcs1(digest, octets),
            Scheme::Pss(digest) => self.raw(&pss_block(digest, octets, self.rsa()[0].len())),
            Scheme::Ecdsa(_) => self.sign_ecdsa(octets),
            Scheme::Pkcs1Loose(digest) => {
                self.raw(&loose_block(digest, octets, self.rsa()[0].len()))
            }
        }
    }

    fn algorithm(self) -> Vec<u8> {
        let curve = match self {
            P256 => "1.2.840.10045.3.1.7",
            P384 => "1.3.132.0.34",
            _ => return der::sequence([der::oid("1.2.840.113549.1.1.1"), der::null()]),
        };
        der::sequence([der::oid("1.2.840.10045.2.1"), der::oid(curve)])
    }

    /// The PKCS#8 octets of the file.
    fn pkcs8(self) -> Vec<u8> {
        let path = fixtures_folder()
            .join("pki/keys")
            .join(format!("{}.pem", self.0));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(body).expect("base64")
    }

    fn ecdsa(self) -> Option<EcdsaKeyPair> {
        let algorithm = match self {
            P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
            P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
            _ => return None,
        };
        Some(EcdsaKeyPair::from_pkcs8(algorithm, &self.pkcs8()).expect("a good key"))
    }

    /// Modulus, public and private exponent.
    fn rsa(self) -> [Vec<u8>; 3] {
        static KNOWN: Mutex<BTreeMap<&'static str, [Vec<u8>; 3]>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().expect("no panic while held");
        known
            .entry(self.0)
            .or_insert_with(|| rsa_numbers(&self.pkcs8()))
            .clone()
    }

    /// By aws-lc-rs where it agrees to, else by our own arithmetic.
    fn sign_pkcs1(self, digest: Digest, octets: &[u8]) -> Vec<u8> {
        let encoding = match digest {
            Digest::Sha256 if !self.refused() => &signature::RSA_PKCS1_SHA256,
            Digest::Sha384 if !self.refused() => &signature::RSA_PKCS1_SHA384,
            Digest::Sha512 if !self.refused() => &signature::RSA_PKCS1_SHA512,
            _ => return self.raw(&pkcs1_block(digest, octets, self.rsa()[0].len())),
        };
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8()).expect("a good key");
        let mut out = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), octets, &mut out)
            .expect("a signature");
        out
    }

    /// Whether aws-lc-rs would not sign with it.
    fn refused(self) -> bool {
        self == WEAK || self == TINY
    }

    /// The private operation on a whole block.
    fn raw(self, block: &[u8]) -> Vec<u8> {
        let [modulus, _, private] = self.rsa();
        number::power(block, &private, &modulus)
    }

    fn sign_ecdsa(self, octets: &[u8]) -> Vec<u8> {
        static KNOWN: Mutex<()> = Mutex::new(());
        let _one_at_a_time = KNOWN.lock().expect("no panic while held");
        let path = fixtures_folder().join("pki/ecdsa.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut known: BTreeMap<String, String> = toml::from_str(&text).expect("names and values");
        let name = format!("{}-{}", self.0, hex(&Digest::Sha256.of(octets)));
        if let Some(value) = known.get(&name) {
            return STANDARD.decode(value).expect("base64");
        }
        assert!(
            blessing(),
            "no ECDSA signature is kept for this content: run with PEC_BLESS=1"
        );
        let pair = self.ecdsa().expect("an elliptic curve key");
        let value = pair
            .sign(&SystemRandom::new(), octets)
            .expect("a signature")
            .as_ref()
            .to_vec();
        known.insert(name, STANDARD.encode(&value));
        let text: String = known
            .iter()
            .map(|(name, value)| format!("{name} = \"{value}\"\n"))
            .collect();
        std::fs::write(&path, text).expect("a writable file");
        value
    }
}

impl Scheme {
    pub fn digest(self) -> Digest {
        match self {
            Scheme::Pkcs1(digest)
            | Scheme::Pss(digest)
            | Scheme::Ecdsa(digest)
            | Scheme::Pkcs1Loose(digest) => digest,
        }
    }

    /// AlgorithmIdentifier of the signature, digest included, as in certificates.
    pub fn identifier(self) -> Vec<u8> {
        let dotted = match self {
            Scheme::Pss(digest) => return pss_identifier(digest),
            Scheme::Pkcs1(Digest::Md5) | Scheme::Pkcs1Loose(Digest::Md5) => "1.2.840.113549.1.1.4",
            Scheme::Pkcs1(Digest::Sha1) | Scheme::Pkcs1Loose(Digest::Sha1) => {
                "1.2.840.113549.1.1.5"
            }
            Scheme::Pkcs1(Digest::Sha256) | Scheme::Pkcs1Loose(Digest::Sha256) => {
                "1.2.840.113549.1.1.11"
            }
            Scheme::Pkcs1(Digest::Sha384) | Scheme::Pkcs1Loose(Digest::Sha384) => {
                "1.2.840.113549.1.1.12"
            }
            Scheme::Pkcs1(Digest::Sha512) | Scheme::Pkcs1Loose(Digest::Sha512) => {
                "1.2.840.113549.1.1.13"
            }
            Scheme::Ecdsa(Digest::Sha384) => {
                return der::sequence([der::oid("1.2.840.10045.4.3.3")]);
            }
            Scheme::Ecdsa(_) => return der::sequence([der::oid("1.2.840.10045.4.3.2")]),
        };
        der::sequence([der::oid(dotted), der::null()])
    }

    /// As providers write it in a SignerInfo: `rsaEncryption`, the digest being named apart.
    pub fn cms_identifier(self) -> Vec<u8> {
        match self {
            Scheme::Pkcs1(_) | Scheme::Pkcs1Loose(_) => {
                der::sequence([der::oid("1.2.840.113549.1.1.1"), der::null()])
            }
            _ => self.identifier(),
        }
    }
}

/// RSASSA-PSS-params with MGF1 over the same digest and a salt as long as it (RFC 4055, 3.1).
fn pss_identifier(digest: Digest) -> Vec<u8> {
    let mask = der::sequence([der::oid("1.2.840.113549.1.1.8"), digest.identifier()]);
    let salt = der::number(digest.of(b"").len() as u64);
    let parameters = der::sequence([
        der::explicit(0, &digest.identifier()),
        der::explicit(1, &mask),
        der::explicit(2, &salt),
    ]);
    der::sequence([der::oid("1.2.840.113549.1.1.10"), parameters])
}

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2).
fn pkcs1_block(digest: Digest, octets: &[u8], size: usize) -> Vec<u8> {
    let info = der::sequence([digest.identifier(), der::octets(&digest.of(octets))]);
    let padding = vec![0xff; size - info.len() - 3];
    [&[0, 1], padding.as_slice(), &[0], &info].concat()
}

fn loose_block(digest: Digest, octets: &[u8], size: usize) -> Vec<u8> {
    let info = der::sequence([digest.identifier(), der::octets(&digest.of(octets))]);
    let mut block = [&[0, 1], [0xff; 8].as_slice(), &[0], &info].concat();
    block.resize(size, 0x5a);
    block
}

/// EMSA-PSS (RFC 8017, 9.1.1) with a salt of constant octets; `size` is that of a modulus
/// of whole octets.
fn pss_block(digest: Digest, octets: &[u8], size: usize) -> Vec<u8> {
    let hashed = digest.of(octets);
    let salt = vec![0x73; hashed.len()];
    let value = digest.of(&[&[0; 8], hashed.as_slice(), &salt].concat());
    let mut block = vec![0; size - 2 * value.len() - 2];
    block.push(1);
    block.extend(&salt);
    for (place, mask) in block.iter_mut().zip(mask(digest, &value)) {
        *place ^= mask;
    }
    block[0] &= 0x7f;
    [block.as_slice(), &value, &[0xbc]].concat()
}

/// MGF1 (RFC 8017, B.2.1), without an end.
fn mask(digest: Digest, seed: &[u8]) -> impl Iterator<Item = u8> {
    let seed = seed.to_vec();
    (0u32..).flat_map(move |count| digest.of(&[seed.as_slice(), &count.to_be_bytes()].concat()))
}

/// The numbers n, e, d out of PKCS#8 (RFC 5208) around PKCS#1 (RFC 8017, A.1.2).
fn rsa_numbers(pkcs8: &[u8]) -> [Vec<u8>; 3] {
    let inside = |octets| split(octets).0;
    let (_version, rest) = split(inside(pkcs8));
    let (_algorithm, rest) = split(rest);
    let (_version, rest) = split(inside(inside(rest)));
    let (modulus, rest) = split(rest);
    let (public, rest) = split(rest);
    let (private, _primes) = split(rest);
    [modulus, public, private].map(|value| value[usize::from(value[0] == 0)..].to_vec())
}

/// The content of the first element, and what follows it.
pub fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    let (start, length) = match usize::from(octets[1]) {
        length @ 0..=0x7f => (2, length),
        long => {
            let size = long & 0x7f;
            let digits = &octets[2..2 + size];
            (
                2 + size,
                digits
                    .iter()
                    .fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
            )
        }
    };
    (&octets[start..start + length], &octets[start + length..])
}

#[test]
fn own_arithmetic_agrees_with_the_library() {
    let scheme = Scheme::Pkcs1(Digest::Sha256);
    let own = SENDER.raw(&pkcs1_block(Digest::Sha256, b"some octets", 256));
    assert_eq!(SENDER.sign(scheme, b"some octets"), own);
}

#[test]
fn pss_blocks_are_accepted_by_the_library() {
    let value = SENDER.sign(Scheme::Pss(Digest::Sha256), b"some octets");
    signature::UnparsedPublicKey::new(&signature::RSA_PSS_2048_8192_SHA256, SENDER.public())
        .verify(b"some octets", &value)
        .expect("a good signature");
}
