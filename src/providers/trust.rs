//! The trust data: authorities as keys with dated editions.
//!
//! From a trust file ([`trust_file`]) or from certificates. Anchors are keys, not files: AgID CA1
//! was certified anew ten times for one key, and its root ends in 2030.

use std::collections::HashSet;

use super::trust_file::{self, KnownSigner};
use crate::smime::algorithm::AlgorithmError;
use crate::smime::certificate::Certificate;
use crate::smime::chain::{Anchor, Edition};
use crate::smime::constraints::GeneralName;
use crate::smime::{self, pem};
use crate::timestamp::Timestamp;
use der::oid::ObjectIdentifier as Oid;

/// The data compiled in.
const BUILT_IN: &str = include_str!("trust.toml");

/// Where trust data came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Compiled into the program.
    BuiltIn,
    /// Those compiled in, and what a snapshot of the store holds beside them; its name.
    Kept(String),
    /// Files that the user named, as they are to be shown.
    Files(Vec<String>),
}

/// The authorities by which signers are judged.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The day of the data, `2026-11-22`; `None` when the file states none.
    pub as_of: Option<String>,
    /// Where they came from.
    pub source: Source,
    /// The authorities.
    pub anchors: Vec<Anchor>,
    /// Whether they are those of a practice provider, whose hours are short.
    pub is_practice: bool,
    /// Certificates of signers that were seen; not needed to judge.
    pub signers: Vec<KnownSigner>,
    hosts: HashSet<String>,
    organizations: HashSet<String>,
}

/// Why certificates cannot be taken as authorities. Each is counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No certificates, or text around one that cannot be read.
    #[error(transparent)]
    Pem(#[from] pem::Error),
    /// One that cannot be decoded.
    #[error("certificate {index}: {error}")]
    Certificate {
        /// Which one.
        index: usize,
        /// Why.
        error: smime::Error,
    },
    /// One that does not say that it is of an authority.
    #[error("certificate {index}, {subject}, is of no authority")]
    NotAnAuthority {
        /// Which one.
        index: usize,
        /// Whose it is.
        subject: String,
    },
    /// One with a key that nothing can be checked with.
    #[error("certificate {index}, {subject}: {error}")]
    Key {
        /// Which one.
        index: usize,
        /// Whose it is.
        subject: String,
        /// Why.
        error: AlgorithmError,
    },
}

impl Trust {
    /// The file of the data compiled in.
    pub const fn built_in_file() -> &'static str {
        BUILT_IN
    }

    /// The data compiled in.
    pub fn built_in() -> Self {
        let mut trust = Self::parse(BUILT_IN, "").expect("the data compiled in are tested");
        trust.source = Source::BuiltIn;
        trust
    }

    /// Reads a trust file; `name` is shown as its source.
    ///
    /// # Errors
    /// When the text is not of the form, a value cannot be read, or no authority is in it.
    pub fn parse(
        text: &(impl AsRef<[u8]> + ?Sized),
        name: &str,
    ) -> Result<Self, trust_file::Error> {
        let file = trust_file::read(text.as_ref())?;
        let mut trust = Self::new(file.anchors, name);
        trust.as_of = file.as_of;
        trust.is_practice = file.is_practice;
        trust
            .hosts
            .extend(file.signers.iter().filter_map(KnownSigner::host));
        trust.signers = file.signers;
        Ok(trust)
    }

    /// Takes certificates of authorities (PEM with one or more, or DER) as anchors. Their
    /// signers need no certificate policy.
    ///
    /// # Errors
    /// When nothing in it is a certificate, or one cannot be read or is of no authority.
    pub fn from_certificates(octets: &[u8], name: &str) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        let objects = pem::objects(octets, "CERTIFICATE")?;
        for (der, index) in objects.iter().zip(1..) {
            let certificate =
                Certificate::parse(der).map_err(|error| Error::Certificate { index, error })?;
            let subject = || certificate.subject.to_string();
            if certificate.basic_constraints.is_none_or(|(is, _)| !is) {
                let subject = subject();
                return Err(Error::NotAnAuthority { index, subject });
            }
            if let Err(error) = &certificate.key {
                return Err(Error::Key {
                    index,
                    subject: subject(),
                    error: error.clone(),
                });
            }
            certificates.push(certificate);
        }
        Ok(Self::of_authorities(&certificates, None, name))
    }

    /// Takes certificates of authorities as anchors; of those without a usable key there is none.
    /// Their signers must bear `policy`, where one is given; then further editions are possible.
    pub fn of_authorities<'c>(
        certificates: impl IntoIterator<Item = &'c Certificate>,
        policy: Option<Oid>,
        name: &str,
    ) -> Self {
        let mut anchors: Vec<Anchor> = Vec::new();
        for certificate in certificates {
            let Ok(key) = &certificate.key else { continue };
            let shown = certificate.subject.to_string();
            let anchor = Anchor {
                label: certificate.subject.common_name().unwrap_or(&shown).into(),
                key: key.clone(),
                spki: certificate.spki.clone(),
                issuer: None,
                issuer_key: None,
                signer_policy: policy,
                // What was given for one command is all that there is to it.
                is_complete: policy.is_none(),
                editions: vec![Edition::of(certificate)],
                subject: certificate.subject.clone(),
            };
            merge(&mut anchors, anchor);
        }
        Self::new(anchors, name)
    }

    /// An authority that a file has twice is two, and the better counts.
    fn new(mut anchors: Vec<Anchor>, name: &str) -> Self {
        for anchor in &mut anchors {
            anchor.editions.sort_by_key(|edition| edition.not_before);
        }
        let permitted = || {
            anchors
                .iter()
                .flat_map(|a| &a.editions)
                .flat_map(|e| &e.constraints.permitted)
        };
        let hosts = permitted()
            .filter_map(|name| match name {
                GeneralName::Mail(host) => Some(host.to_ascii_lowercase()),
                GeneralName::Dns(_)
                | GeneralName::Directory(_)
                | GeneralName::Ip(_)
                | GeneralName::Other(_) => None,
            })
            .collect();
        let organizations = permitted()
            .filter_map(|name| match name {
                GeneralName::Directory(name) => name.organization().map(str::to_lowercase),
                GeneralName::Dns(_)
                | GeneralName::Mail(_)
                | GeneralName::Ip(_)
                | GeneralName::Other(_) => None,
            })
            .collect();
        Self {
            as_of: None,
            is_practice: false,
            source: Source::Files(vec![name.to_owned()]),
            anchors,
            signers: Vec::new(),
            hosts,
            organizations,
        }
    }

    /// Both data together, for `--trust` with `--anchor`. An authority that is in both keeps the
    /// policy that it has here and gains the other's editions.
    pub fn and(mut self, other: Self) -> Self {
        for anchor in other.anchors {
            merge(&mut self.anchors, anchor);
        }
        self.is_practice &= other.is_practice;
        self.hosts.extend(other.hosts);
        self.organizations.extend(other.organizations);
        for signer in other.signers {
            if !self.signers.contains(&signer) {
                self.signers.push(signer);
            }
        }
        if let (Source::Files(mine), Source::Files(theirs)) = (&mut self.source, other.source) {
            mine.extend(theirs);
        }
        self
    }

    /// Whether the data are of a day before `at`; false when they state none.
    pub fn is_older_than(&self, at: Timestamp) -> bool {
        let day = self
            .as_of
            .as_deref()
            .and_then(|day| Timestamp::parse(day).ok());
        day.is_some_and(|day| at.seconds_since(day) > 86_400)
    }

    /// Whether the data name this mail host as one that may sign.
    pub fn names_host(&self, host: &str) -> bool {
        self.hosts.contains(&host.to_ascii_lowercase())
    }

    /// Whether the data name this organization as one that may sign.
    pub fn names_organization(&self, organization: &str) -> bool {
        self.organizations.contains(&organization.to_lowercase())
    }
}

/// Adds an authority; where it is known already, its editions.
fn merge(anchors: &mut Vec<Anchor>, anchor: Anchor) {
    let same = |known: &&mut Anchor| known.spki == anchor.spki && known.subject == anchor.subject;
    let Some(known) = anchors.iter_mut().find(same) else {
        anchors.push(anchor);
        return;
    };
    let is_new = |edition: &Edition| {
        let mut others = known.editions.iter();
        // Where no digest is stated, none is known to be the same.
        edition.sha256.is_empty() || others.all(|other| other.sha256 != edition.sha256)
    };
    let (new, same): (Vec<Edition>, Vec<Edition>) = anchor.editions.into_iter().partition(is_new);
    for edition in same {
        let mut others = known.editions.iter_mut();
        // The certificate itself says more than what was written of it.
        if let (Some(other), Some(_)) = (
            others.find(|other| other.sha256 == edition.sha256),
            &edition.certificate,
        ) {
            other.certificate = edition.certificate;
        }
    }
    known.editions.extend(new);
    known.editions.sort_by_key(|edition| edition.not_before);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_compiled_in_are_whole() {
        let trust = Trust::built_in();
        let labels: Vec<&str> = trust.anchors.iter().map(|a| &*a.label).collect();
        assert_eq!(
            labels,
            ["AgID CA1", "DigitPA CA1", "CNIPA CA3", "CNIPA CA2"]
        );
        assert_eq!(trust.as_of.as_deref(), Some("2026-11-28"));
        for anchor in &trust.anchors {
            assert_eq!(
                anchor.signer_policy,
                Some(Oid::new_unwrap("1.3.76.16.3.1.1"))
            );
            assert!(anchor.editions.iter().all(|e| e.path_len == Some(0)));
        }
        assert_eq!(trust.anchors[0].editions.len(), 10);
        assert!(trust.names_host("PEC.aruba.it") && !trust.names_host("aruba.it"));
        assert!(trust.names_organization("Aruba PEC S.p.A."));
    }

    #[test]
    fn certificates_that_are_none_are_refused() {
        let fault = |text: &str| Trust::from_certificates(text.as_bytes(), "x").unwrap_err();
        assert_eq!(fault("x"), pem::Error::Neither.into());
        assert_eq!(
            fault("-----BEGIN CERTIFICATE-----"),
            Error::Pem(pem::Broken::NoEnd { index: 1 }.into())
        );
        assert!(matches!(fault("0x"), Error::Certificate { index: 1, .. }));
    }
}
