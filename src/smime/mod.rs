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

pub mod algorithm;
pub mod ber;
pub mod certificate;
pub mod chain;
pub mod constraints;
pub mod content;
pub mod name;
pub mod revocation;
pub mod signed_data;

/// Why an ASN.1 object could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not BER, cut short, nested too deep, or of another type than the place asks.
    #[error("not a readable ASN.1 object: {0}")]
    Encoding(&'static str),
    /// Readable, but something in it is not supported.
    #[error("not supported: {0}")]
    Unsupported(String),
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
    let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    certificate::hex(aws_lc_rs::digest::digest(algorithm, octets).as_ref())
}
