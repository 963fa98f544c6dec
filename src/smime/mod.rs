//! S/MIME signatures as RFC 5652 (CMS), RFC 8551 and RFC 5280 define them.
//!
//! Octets in, types out. Knows neither MIME nor PEC: it is handed the octets that were signed
//! and the octets of the signature. What is verified has another type than what is parsed:
//! a [`signed_data::SignerInfo`] says nothing until [`signed_data::SignedData::verify`] made a
//! [`signed_data::VerifiedContent`] of it, and a certificate vouches for nothing until
//! [`chain::find_paths`] found its way to a pinned key.
//!
//! Octets that were signed are kept as slices of the original; nothing is encoded again
//! before it is hashed.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod algorithm;
pub mod bag;
pub mod ber;
pub mod certificate;
pub mod chain;
pub mod constraints;
pub mod content;
pub mod name;
pub mod ocsp;
pub mod pem;
pub mod point;
pub mod revocation;
pub mod signed_data;
pub mod time_stamp;

use sha1_checked::{Digest as _, Sha1};

/// Why an ASN.1 object could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not BER, cut short, nested too deep, or of another type than the place asks.
    #[error("not a readable ASN.1 object: {0}")]
    Encoding(Fault),
    /// Larger than any of its kind.
    #[error("larger than {limit} octets")]
    TooLarge {
        /// Octets that are read.
        limit: usize,
    },
    /// A CMS object of another kind: encrypted, compressed, bare data.
    #[error("not supported: CMS object that is not SignedData")]
    NotSignedData,
    /// A name constraint with a minimum or maximum (RFC 5280, 4.2.1.10).
    #[error("not supported: name constraint with a distance")]
    ConstraintDistance,
}

/// What is wrong with the octets of an ASN.1 object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Identifier or length octets end too early.
    #[error("cut short")]
    CutShort,
    /// A value is longer than what is around it.
    #[error("value passes the end")]
    PassesEnd,
    /// The octets that close an indefinite length are not there.
    #[error("end-of-contents missing")]
    NotClosed,
    /// A length that cannot be read, or above four octets.
    #[error("length cannot be read")]
    Length,
    /// An indefinite length where DER is asked.
    #[error("indefinite length")]
    Indefinite,
    /// An indefinite length of a value that has no values in it (X.690, 8.1.3.2).
    #[error("indefinite length of a primitive value")]
    IndefinitePrimitive,
    /// An indefinite length of a value whose tag number is above 30.
    #[error("tag number above 30 with an indefinite length")]
    IndefiniteHighTag,
    /// A tag number of more than four octets.
    #[error("tag number too large")]
    TagNumber,
    /// A value of another type than the place asks.
    #[error("unexpected tag")]
    Tag,
    /// Values within values beyond any real object.
    #[error("nested too deep")]
    Depth,
    /// An object identifier that is none.
    #[error("object identifier")]
    ObjectIdentifier,
    /// A name of a host or a mailbox that is not ASCII.
    #[error("name is not ASCII")]
    NotAscii,
    /// A signature value that does not end with an octet.
    #[error("signature is not whole octets")]
    SignatureBits,
    /// A certificate, seen from outside, with a field that none may have.
    #[error("certificate")]
    Certificate,
    /// An extension that is not of its form.
    #[error("certificate extension")]
    Extension,
    /// The signed part of a certificate names another algorithm than the part around it.
    #[error("two signature algorithms in one certificate")]
    TwoAlgorithms,
    /// Octets after a certificate.
    #[error("something follows the certificate")]
    AfterCertificate,
    /// A revocation list with a field that none may have.
    #[error("revocation list")]
    RevocationList,
    /// A signer named in another way than by issuer and number or by key.
    #[error("signer identifier")]
    SignerIdentifier,
    /// More values of one kind than any real object has.
    #[error("too many values")]
    TooMany,
    /// Octets after the values of a signed attribute.
    #[error("something follows the values of an attribute")]
    AfterAttribute,
    /// Values after those of a signer.
    #[error("something follows the SignerInfo")]
    AfterSigner,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Encoding(fault)
    }
}

/// SHA-256 of octets in lower-case hexadecimal, for names and fingerprints.
pub fn sha256(octets: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    certificate::hex(digest.as_ref())
}

/// SHA-256 of octets that come one after the other.
pub struct Sha256(aws_lc_rs::digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256))
    }
}

impl Sha256 {
    /// The next octets.
    pub fn feed(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest of all, in lower-case hexadecimal.
    pub fn finish(self) -> String {
        certificate::hex(self.0.finish().as_ref())
    }
}

/// SHA-1 of octets in lower-case hexadecimal, for brief receipts (RFC 6109, 3.3.2.2).
pub fn sha1(octets: &[u8]) -> String {
    sha1_of(&[octets])
}

/// SHA-1 of octets that come one after the other.
pub fn sha1_of(pieces: &[&[u8]]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY);
    pieces.iter().for_each(|piece| context.update(piece));
    certificate::hex(context.finish().as_ref())
}

/// Whether octets were made so that others have the same SHA-1; `pieces` hands them out one
/// after the other.
///
/// Finds what the known attacks leave (M. Stevens, Counter-cryptanalysis, 2013). It takes some
/// thirty times as long as hashing.
pub fn sha1_collides(pieces: impl FnOnce(&mut dyn FnMut(&[u8]))) -> bool {
    let mut hasher = Sha1::default();
    pieces(&mut |piece| hasher.update(piece));
    hasher.try_finalize().has_collision()
}
