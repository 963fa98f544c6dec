//! The directory of providers (IGPEC) as a user may have it: LDIF, plain or signed.
//!
//! Follows RFC 6109, 4.5 (schema) and RFC 2849 (LDIF). The signature of a `.p7m` is checked
//! and its signer named; who signs the central file is not public, so no signer is asked for.
//! A directory states no dates but the signing time of its signature and those of the
//! certificates in it.

use std::sync::Arc;

use crate::address::unicode_domain;
use crate::smime::certificate::Certificate;
use crate::smime::chain::{self, Anchor};
use crate::smime::content::{Content, ContentKind};
use crate::smime::signed_data::{SignatureFault, SignatureOctets, SignedData};
use crate::smime::{self, pem};
use crate::timestamp::Timestamp;
use crate::work::Work;

/// Octets of one directory: some 20 providers with tens of thousands of domains come to a few
/// megabytes.
pub const MAX_OCTETS: usize = 64 * 1024 * 1024;

/// How far a dated list may be from a receipt and still speak of its time, in days. Providers
/// fetch the list daily (RFC 6109, 1.2.3); users hardly so often.
const SAME_TIME_DAYS: i64 = 31;

/// A list of providers.
#[derive(Debug, Default)]
pub struct ProviderList {
    /// The providers.
    pub providers: Vec<Provider>,
    /// Who signed the list; `None` for plain LDIF.
    pub signer: Option<ListSigner>,
    /// When it is known to have been so, beside what its signature says.
    pub dated: Option<Timestamp>,
}

/// The signer of a list, whose signature holds.
#[derive(Clone, Debug)]
pub struct ListSigner {
    /// Subject of the certificate.
    pub subject: String,
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: String,
    /// The authority of the trust data that it chains to, if any.
    pub authority: Option<String>,
    /// When it says that it signed.
    pub signed_at: Option<Timestamp>,
    /// The certificate, to tell whose names it bears.
    pub certificate: Arc<Certificate>,
}

/// One provider, or one secondary environment of a provider.
#[derive(Debug, Default)]
pub struct Provider {
    /// `providerName`.
    pub name: String,
    /// `providerUnit`.
    pub unit: Option<String>,
    /// `providerCertificateHash`: SHA-1 of certificates, lower-case hexadecimal.
    pub certificate_hashes: Vec<String>,
    /// `providerCertificate;binary`, as far as they can be read.
    pub certificates: Vec<ListedCertificate>,
    /// `managedDomains`, lower case, in order.
    pub managed_domains: Vec<String>,
}

/// What is kept of a certificate in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCertificate {
    /// SHA-256 of its DER, lower-case hexadecimal.
    pub sha256: String,
    /// First and last instant of its validity.
    pub validity: (Timestamp, Timestamp),
}

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too large.
    #[error("larger than {limit} octets")]
    TooLarge {
        /// Octets that are read.
        limit: usize,
    },
    /// A line that is not LDIF.
    #[error("line {line} is not LDIF")]
    Line {
        /// From 1; in the list itself where it is signed.
        line: usize,
    },
    /// A signed object in text that cannot be read.
    #[error(transparent)]
    Pem(#[from] pem::Broken),
    /// A signed object that cannot be decoded.
    #[error("the signed list: {0}")]
    Object(#[from] smime::Error),
    /// A signature without the list.
    #[error("the list is not inside its signature")]
    Detached,
    /// Signed by nobody, or by several.
    #[error("{count} signers instead of one")]
    Signers {
        /// How many, up to a few.
        count: usize,
    },
    /// The certificate of the signer did not come along.
    #[error("the certificate of the signer is missing")]
    NoCertificate,
    /// The certificate of the signer cannot be decoded.
    #[error("the certificate of the signer: {0}")]
    Certificate(#[source] smime::Error),
    /// The signature does not hold.
    #[error("the signature of the list does not hold: {0}")]
    Signature(#[from] SignatureFault),
    /// No provider in it.
    #[error("no provider in it")]
    Empty,
}

impl ProviderList {
    /// Reads LDIF, or a `.p7m` around it in BER, DER, base64 or PEM.
    ///
    /// # Errors
    /// For a signature that does not hold, and for text that is not LDIF.
    pub fn parse(octets: &[u8], anchors: &[Anchor]) -> Result<Self, Error> {
        if octets.len() > MAX_OCTETS {
            return Err(Error::TooLarge { limit: MAX_OCTETS });
        }
        if octets.first() == Some(&0x30) {
            return signed_list(octets, anchors);
        }
        for label in ["PKCS7", "CMS"] {
            let objects = pem::armoured(octets, label)?;
            if let Some(der) = objects.as_deref().and_then(<[_]>::first) {
                return signed_list(der, anchors);
            }
        }
        let compact: Vec<u8> = octets
            .iter()
            .copied()
            .filter(|octet| !octet.is_ascii_whitespace())
            .collect();
        match base64_simd::STANDARD.decode_to_vec(&compact) {
            Ok(der) if der.first() == Some(&0x30) => signed_list(&der, anchors),
            _ => plain_list(octets),
        }
    }

    /// The provider that this certificate belongs to.
    pub fn of_certificate(&self, certificate: &Certificate) -> Option<&Provider> {
        let (sha1, sha256) = (certificate.sha1(), certificate.sha256());
        self.providers.iter().find(|provider| {
            let mut known = provider.certificates.iter();
            provider.certificate_hashes.contains(&sha1) || known.any(|known| known.sha256 == sha256)
        })
    }

    /// The providers that run a domain.
    pub fn of_domain<'s>(&'s self, domain: &str) -> impl Iterator<Item = &'s Provider> {
        let domain = unicode_domain(domain);
        self.providers
            .iter()
            .filter(move |provider| provider.managed_domains.binary_search(&domain).is_ok())
    }

    /// When its signer says that it was made.
    pub fn stated_at(&self) -> Option<Timestamp> {
        self.signer.as_ref().and_then(|signer| signer.signed_at)
    }

    /// Whether the list is known to be of another time than `at`: dated far from it, or with a
    /// provider none of whose certificates was valid then. Such a list accuses nobody.
    pub fn is_of_another_time(&self, at: Timestamp) -> bool {
        if let Some(stated) = self.stated_at().or(self.dated) {
            return !is_same_time(stated, at);
        }
        self.providers.iter().any(|provider| {
            !provider.certificates.is_empty()
                && provider
                    .certificates
                    .iter()
                    .all(|c| at < c.validity.0 || c.validity.1 < at)
        })
    }
}

/// Whether a list of one time speaks of another.
pub fn is_same_time(stated: Timestamp, at: Timestamp) -> bool {
    stated.seconds_since(at).abs() <= SAME_TIME_DAYS * 86_400
}

fn signed_list(octets: &[u8], anchors: &[Anchor]) -> Result<ProviderList, Error> {
    let octets = SignatureOctets::new(octets)?;
    let data = SignedData::parse(&octets)?;
    let content = data.embedded_content.ok_or(Error::Detached)?;
    let [signer] = &data.signers[..] else {
        let count = data.signers.len();
        return Err(Error::Signers { count });
    };
    let mut fault = Error::NoCertificate;
    let work = Work::of_message(content.len());
    let content = Content::new(content, ContentKind::Octets);
    for (index, _) in data.candidates(signer, &work) {
        let Some(certificate) = data.certificates.certificate(index, &work) else {
            break;
        };
        let certificate = certificate.map_err(Error::Certificate)?;
        match data.verify(signer, &certificate, &content, &work) {
            Ok(verified) => {
                let mut list = plain_list(verified.octets())?;
                let paths = chain::find_paths(&certificate, &data.certificates, anchors, &work);
                let authority = paths
                    .first()
                    .map(|path| anchors[path.anchor].label.to_string());
                list.signer = Some(ListSigner {
                    subject: certificate.subject.to_string(),
                    sha256: certificate.sha256(),
                    authority,
                    signed_at: verified.signing_time(),
                    certificate,
                });
                return Ok(list);
            }
            Err(error) => fault = error.into(),
        }
    }
    Err(fault)
}

/// RFC 2849: `name: text`, `name:: base64`, folded by a line end and one blank. The examples of
/// RFC 6109 leave out empty lines, so a record begins at each `dn:`.
fn plain_list(octets: &[u8]) -> Result<ProviderList, Error> {
    let text = String::from_utf8_lossy(octets);
    let mut list = ProviderList::default();
    let mut current: Option<Provider> = None;
    for (number, line) in unfolded(text.trim_start_matches('\u{feff}')) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = attribute(&line).ok_or(Error::Line { line: number })?;
        if name == "dn" {
            list.providers.extend(
                current
                    .replace(Provider::default())
                    .filter(Provider::is_one),
            );
        } else if let Some(provider) = &mut current {
            provider.take(&name, &value);
        }
    }
    list.providers.extend(current.filter(Provider::is_one));
    for provider in &mut list.providers {
        provider.managed_domains.sort_unstable();
        provider.managed_domains.dedup();
    }
    if list.providers.is_empty() {
        Err(Error::Empty)
    } else {
        Ok(list)
    }
}

impl Provider {
    fn take(&mut self, name: &str, value: &[u8]) {
        let text = || String::from_utf8_lossy(value).trim().to_owned();
        match name {
            "providername" => self.name = text(),
            "providerunit" => self.unit = Some(text()),
            "providercertificatehash" => self.certificate_hashes.push(text().to_ascii_lowercase()),
            "manageddomains" => self.managed_domains.push(unicode_domain(&text())),
            // RFC 6109 itself prints one that cannot be decoded; the hash still names it.
            "providercertificate" => {
                let certificate = Certificate::parse(value).ok();
                let certificate = certificate.as_ref().map(ListedCertificate::of);
                self.certificates.extend(certificate);
            }
            _ => {}
        }
    }

    /// The base record and other entries have neither certificate nor domain.
    fn is_one(&self) -> bool {
        !self.certificate_hashes.is_empty()
            || !self.certificates.is_empty()
            || !self.managed_domains.is_empty()
    }
}

impl ListedCertificate {
    fn of(certificate: &Certificate) -> Self {
        Self {
            sha256: certificate.sha256(),
            validity: (certificate.not_before, certificate.not_after),
        }
    }
}

/// Lines with their continuations joined, each with the number of its first line, from 1.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ => lines.push((index + 1, line.to_owned())),
        }
    }
    lines
}

/// Name in lower case without options (`;binary`), and value.
fn attribute(line: &str) -> Option<(String, Vec<u8>)> {
    let (name, value) = line.split_once(':')?;
    let name = name.split(';').next()?.trim().to_ascii_lowercase();
    if name.is_empty() {
        return None;
    }
    let value = match value.strip_prefix(':') {
        Some(coded) => base64_simd::STANDARD
            .decode_to_vec(coded.trim())
            .unwrap_or_default(),
        None => value.trim_start().as_bytes().to_vec(),
    };
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "dn: o=postacert\nobjectclass: top\n\ndn: providerName=Gestore\n Esempio,o=postacert\n\
        providerName:: R2VzdG9yZQ==\nPROVIDERCERTIFICATEHASH: 0123456789ABCDEF0123456789abcdef01234567\n\
        managedDomains: Gestore.example\nmanagedDomains: xn--citt-3na.example\ndn: providerName=Altro,o=postacert\nproviderName: Altro\n\
        managedDomains: altro.example\nproviderCertificate;binary:: MIID*\n# nota\n";

    #[test]
    fn records_begin_at_each_dn() {
        let list = ProviderList::parse(LIST.as_bytes(), &[]).unwrap();
        assert_eq!(list.providers.len(), 2);
        assert_eq!(list.providers[0].name, "Gestore");
        assert_eq!(
            list.providers[0].certificate_hashes,
            ["0123456789abcdef0123456789abcdef01234567"]
        );
        assert_eq!(list.of_domain("GESTORE.example").count(), 1);
        for spelling in ["città.example", "XN--citt-3na.example"] {
            assert_eq!(list.of_domain(spelling).count(), 1, "{spelling}");
        }
        assert_eq!(list.of_domain("citta.example").count(), 0);
        assert!(list.providers[1].certificates.is_empty());
        assert!(!list.is_of_another_time(Timestamp::from_unix(0)));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(matches!(
            ProviderList::parse(b"dn: x\nno colon here", &[]),
            Err(Error::Line { line: 2 })
        ));
        assert_eq!(
            ProviderList::parse(b"dn: x\n", &[]).unwrap_err(),
            Error::Empty
        );
        assert_eq!(
            ProviderList::parse(b"\x30\x03\x02\x01\x05", &[]).unwrap_err(),
            smime::Error::from(smime::Fault::Tag).into()
        );
    }
}
