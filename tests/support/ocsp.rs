//! OCSP answers (RFC 6960), as an authority or its responder would sign them.

use super::der;
use super::digest::Digest;
use super::keys::{self, Key, Scheme};
use super::pki::{Certificate, Extension, encode_extension, name};
use super::world::AUTHORITY_NAME;

pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// What is said of the certificate.
#[derive(Clone, Copy)]
pub enum Said<'a> {
    Good,
    /// Since when, and why.
    Revoked(&'a str, u8),
    Unknown,
}

/// An answer about one certificate of the authority.
#[derive(Clone)]
pub struct Answer<'a> {
    pub certificate: &'a Certificate,
    pub said: Said<'a>,
    pub period: [&'a str; 2],
    /// Who signs it.
    pub signer: Key,
    /// By name, or by the hash of the key.
    pub responder: Option<&'a str>,
    /// What comes along.
    pub certificates: Vec<Vec<u8>>,
    pub extensions: Vec<Extension>,
    /// Of the two hashes.
    pub digest: Digest,
}

impl<'a> Answer<'a> {
    /// By the authority itself.
    pub fn new(certificate: &'a Certificate, said: Said<'a>, period: [&'a str; 2]) -> Self {
        Answer {
            certificate,
            said,
            period,
            signer: keys::AUTHORITY,
            responder: Some(AUTHORITY_NAME),
            certificates: Vec::new(),
            extensions: Vec::new(),
            digest: Digest::Sha1,
        }
    }

    /// By somebody with a certificate.
    pub fn by(mut self, responder: &Certificate) -> Self {
        self.signer = responder.key;
        self.responder = None;
        self.certificates = vec![responder.to_der()];
        self
    }

    pub fn to_der(&self) -> Vec<u8> {
        let [this_update, next_update] = self.period;
        let id = der::sequence([
            self.digest.identifier(),
            der::octets(&self.digest.of(&name(&self.certificate.issuer))),
            der::octets(&self.digest.of(&self.certificate.issuer_key.public())),
            der::integer(&self.certificate.serial),
        ]);
        let status = match self.said {
            Said::Good => der::implicit(0, &[]),
            Said::Revoked(at, reason) => {
                let reason = der::explicit(0, &der::element(0x0a, &[reason]));
                der::explicit(1, &[time(at), reason].concat())
            }
            Said::Unknown => der::implicit(2, &[]),
        };
        let single = der::sequence([
            id,
            status,
            time(this_update),
            der::explicit(0, &time(next_update)),
        ]);
        let responder = match self.responder {
            Some(responder) => der::explicit(1, &name(responder)),
            None => der::explicit(2, &der::octets(&self.signer.identifier())),
        };
        let extensions: Vec<Vec<u8>> = self.extensions.iter().map(encode_extension).collect();
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => der::explicit(1, &der::sequence(extensions)),
        };
        let data = der::sequence([
            responder,
            time(this_update),
            der::sequence([single]),
            extensions,
        ]);
        let scheme = Scheme::Pkcs1(Digest::Sha256);
        let signature = der::bits(&self.signer.sign(scheme, &data));
        let certificates = match self.certificates.is_empty() {
            true => Vec::new(),
            false => der::explicit(0, &der::sequence(&self.certificates)),
        };
        let basic = der::sequence([data, scheme.identifier(), signature, certificates]);
        let bytes = der::sequence([der::oid("1.3.6.1.5.5.7.48.1.1"), der::octets(&basic)]);
        der::sequence([der::element(0x0a, &[0]), der::explicit(0, &bytes)])
    }
}

fn time(at: &str) -> Vec<u8> {
    let digits: String = at.chars().filter(char::is_ascii_digit).collect();
    der::element(0x18, format!("{digits}Z").as_bytes())
}
