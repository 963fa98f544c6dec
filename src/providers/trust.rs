//! The trust data: authorities as keys with dated editions.
//!
//! Form of the file: `trust.toml` beside this one. Anchors are keys, not files: AgID CA1 was
//! certified anew eight times for one key, and its root ends in 2030.

use std::collections::HashSet;

use der::oid::ObjectIdentifier as Oid;
use serde::Deserialize;

use crate::smime::algorithm::PublicKey;
use crate::smime::certificate::Certificate;
use crate::smime::chain::{Anchor, Edition};
use crate::smime::constraints::{GeneralName, NameConstraints};
use crate::smime::name::Name;
use crate::timestamp::Timestamp;

/// The data compiled in.
const BUILT_IN: &str = include_str!("trust.toml");

/// The policy asked of an authority's signers when its entry names none. Leaving the line out
/// must not loosen the check; an authority whose signers need none says `signer_policy = ""`.
const DEFAULT_POLICY: &str = "1.3.76.16.3.1.1";

/// Where trust data came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Compiled into the program.
    BuiltIn,
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
    hosts: HashSet<String>,
    organizations: HashSet<String>,
}

/// Why trust data cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not TOML of the form asked; where.
    #[error("{0}")]
    Form(String),
    /// A value that cannot be read; of which authority or edition.
    #[error("{entry}: {field} cannot be read")]
    Value {
        /// The entry.
        entry: String,
        /// The field.
        field: &'static str,
    },
    /// No authority at all.
    #[error("no authority in it")]
    Empty,
    /// A certificate that is none of an authority.
    #[error("{0} is no certificate of an authority")]
    NotAnAuthority(String),
}

#[derive(Deserialize)]
struct File {
    as_of: Option<String>,
    #[serde(default)]
    authority: Vec<AuthorityEntry>,
    #[serde(default)]
    signer: Vec<SignerEntry>,
}

#[derive(Deserialize)]
struct AuthorityEntry {
    subject: String,
    issuer: Option<String>,
    spki: String,
    spki_sha256: Option<String>,
    signer_policy: Option<String>,
    #[serde(default)]
    edition: Vec<EditionEntry>,
}

#[derive(Deserialize)]
struct EditionEntry {
    not_before: toml::value::Datetime,
    not_after: toml::value::Datetime,
    #[serde(default)]
    sha256: String,
    path_len: Option<u8>,
    #[serde(default)]
    permitted_mail_hosts: Vec<String>,
    #[serde(default)]
    permitted_directory_names: Vec<String>,
    #[serde(default)]
    permitted_other: Vec<String>,
    #[serde(default)]
    excluded: Vec<String>,
}

#[derive(Deserialize)]
struct SignerEntry {
    #[serde(default)]
    address: String,
}

impl Trust {
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
    pub fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start].lines().count().max(1));
            Error::Form(format!("{line}: {}", error.message().replace('\n', " ")))
        })?;
        let anchors = file
            .authority
            .iter()
            .map(AuthorityEntry::anchor)
            .collect::<Result<Vec<_>, _>>()?;
        if anchors.is_empty() {
            return Err(Error::Empty);
        }
        let mut trust = Self::new(anchors, name);
        trust.as_of = file.as_of;
        trust.hosts.extend(
            file.signer
                .iter()
                .filter_map(|s| s.address.rsplit_once('@'))
                .map(|(_, host)| host.to_ascii_lowercase()),
        );
        Ok(trust)
    }

    /// Takes certificates of authorities (PEM with one or more, or DER) as anchors. Their
    /// signers need no certificate policy.
    ///
    /// # Errors
    /// When nothing in it is a certificate, or one is not of an authority.
    pub fn from_certificates(octets: &[u8], name: &str) -> Result<Self, Error> {
        let mut anchors: Vec<Anchor> = Vec::new();
        for der in pem_or_der(octets) {
            let certificate =
                Certificate::parse(&der).map_err(|error| Error::Form(error.to_string()))?;
            let shown = certificate.subject.to_string();
            let (Some((true, path_len)), Ok(key)) =
                (certificate.basic_constraints, &certificate.key)
            else {
                return Err(Error::NotAnAuthority(shown));
            };
            let edition = Edition {
                not_before: certificate.not_before,
                not_after: certificate.not_after,
                sha256: certificate.sha256(),
                constraints: certificate.name_constraints.clone().unwrap_or_default(),
                path_len,
            };
            let known = anchors
                .iter_mut()
                .find(|a| a.spki == certificate.spki && a.subject == certificate.subject);
            match known {
                Some(anchor) => anchor.editions.push(edition),
                None => anchors.push(Anchor {
                    label: certificate.subject.common_name().unwrap_or(&shown).into(),
                    key: key.clone(),
                    spki: certificate.spki.clone(),
                    issuer: None,
                    signer_policy: None,
                    editions: vec![edition],
                    subject: certificate.subject,
                }),
            }
        }
        if anchors.is_empty() {
            return Err(Error::Empty);
        }
        Ok(Self::new(anchors, name))
    }

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
                _ => None,
            })
            .collect();
        let organizations = permitted()
            .filter_map(|name| match name {
                GeneralName::Directory(name) => name.organization().map(str::to_lowercase),
                _ => None,
            })
            .collect();
        Self {
            as_of: None,
            source: Source::Files(vec![name.to_owned()]),
            anchors,
            hosts,
            organizations,
        }
    }

    /// Both data together, for `--trust` with `--anchor`. An authority that is in both keeps the
    /// policy that it has here and gains the other's editions.
    pub fn and(mut self, other: Self) -> Self {
        for anchor in other.anchors {
            let same =
                |known: &&mut Anchor| known.spki == anchor.spki && known.subject == anchor.subject;
            match self.anchors.iter_mut().find(same) {
                Some(known) => {
                    let new = anchor.editions.into_iter().filter(|edition| {
                        known
                            .editions
                            .iter()
                            .all(|other| other.sha256 != edition.sha256)
                    });
                    let new: Vec<Edition> = new.collect();
                    known.editions.extend(new);
                    known.editions.sort_by_key(|edition| edition.not_before);
                }
                None => self.anchors.push(anchor),
            }
        }
        self.hosts.extend(other.hosts);
        self.organizations.extend(other.organizations);
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

    /// Whether the data are of a day after `now`: then the clock that gave it is wrong.
    pub fn is_newer_than(&self, now: Timestamp) -> bool {
        let day = self
            .as_of
            .as_deref()
            .and_then(|day| Timestamp::parse(day).ok());
        day.is_some_and(|day| day.seconds_since(now) > 0)
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

impl AuthorityEntry {
    fn anchor(&self) -> Result<Anchor, Error> {
        let fault = |field| Error::Value {
            entry: self.subject.clone(),
            field,
        };
        let spki = base64_simd::STANDARD
            .decode_to_vec(&self.spki)
            .map_err(|_| fault("spki"))?;
        if let Some(stated) = &self.spki_sha256
            && !stated.eq_ignore_ascii_case(&crate::smime::sha256(&spki))
        {
            return Err(fault("spki_sha256"));
        }
        let subject = Name::from_rfc4514(&self.subject).map_err(|_| fault("subject"))?;
        let issuer = self
            .issuer
            .as_deref()
            .map(Name::from_rfc4514)
            .transpose()
            .map_err(|_| fault("issuer"))?;
        let signer_policy = match self.signer_policy.as_deref().unwrap_or(DEFAULT_POLICY) {
            "" => None,
            text => Some(Oid::new(text).map_err(|_| fault("signer_policy"))?),
        };
        Ok(Anchor {
            label: subject.common_name().unwrap_or(&self.subject).into(),
            key: PublicKey::from_spki(&spki).map_err(|_| fault("spki"))?,
            spki: spki.into(),
            subject,
            issuer,
            signer_policy,
            editions: self
                .edition
                .iter()
                .map(|e| e.edition(&self.subject))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl EditionEntry {
    fn edition(&self, authority: &str) -> Result<Edition, Error> {
        let fault = |field| Error::Value {
            entry: format!("{authority}, {}", self.not_before),
            field,
        };
        let instant = |time: &toml::value::Datetime, field| {
            Timestamp::parse(&time.to_string()).map_err(|_| fault(field))
        };
        let mut permitted: Vec<GeneralName> = self
            .permitted_mail_hosts
            .iter()
            .cloned()
            .map(GeneralName::Mail)
            .collect();
        for name in &self.permitted_directory_names {
            let name = Name::from_rfc4514(name).map_err(|_| fault("permitted_directory_names"))?;
            permitted.push(GeneralName::Directory(name));
        }
        permitted.extend(self.permitted_other.iter().cloned().map(GeneralName::Dns));
        let excluded = self
            .excluded
            .iter()
            .map(|text| excluded_name(text).ok_or_else(|| fault("excluded")))
            .collect::<Result<_, _>>()?;
        Ok(Edition {
            not_before: instant(&self.not_before, "not_before")?,
            not_after: instant(&self.not_after, "not_after")?,
            sha256: self.sha256.to_ascii_lowercase(),
            constraints: NameConstraints {
                permitted,
                excluded,
            },
            path_len: self.path_len,
        })
    }
}

/// `IPAddress:0.0.0.0/0`, `IPAddress:::/0`, `DNSName:host`.
fn excluded_name(text: &str) -> Option<GeneralName> {
    let (kind, value) = text.split_once(':')?;
    match kind {
        "DNSName" => Some(GeneralName::Dns(value.to_owned())),
        "rfc822Name" => Some(GeneralName::Mail(value.to_owned())),
        "IPAddress" => {
            let (address, bits) = value.rsplit_once('/')?;
            let bits: usize = bits.parse().ok()?;
            let mut octets = match address.parse().ok()? {
                std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
                std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            let mask = (0..octets.len()).map(|at| {
                let ones = bits.saturating_sub(at * 8).min(8);
                (0xff00u16 >> ones) as u8
            });
            octets.extend(mask.collect::<Vec<_>>());
            Some(GeneralName::Ip(octets))
        }
        _ => None,
    }
}

/// The certificates of a PEM text, or the octets themselves as one DER object.
pub fn pem_or_der(octets: &[u8]) -> Vec<Vec<u8>> {
    pem_objects(octets, "CERTIFICATE").unwrap_or_else(|| vec![octets.to_vec()])
}

/// The objects between `-----BEGIN label-----` lines; `None` when there is no such line.
/// Objects whose base64 cannot be read are left out.
pub fn pem_objects(octets: &[u8], label: &str) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(octets).ok()?;
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let mut pieces = text.split(&*begin);
    pieces.next()?;
    let objects: Vec<Vec<u8>> = pieces
        .filter_map(|piece| piece.split_once(&*end))
        .filter_map(|(body, _)| {
            let compact: String = body.split_ascii_whitespace().collect();
            base64_simd::STANDARD.decode_to_vec(compact).ok()
        })
        .collect();
    text.contains(&begin).then_some(objects)
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
        assert_eq!(trust.as_of.as_deref(), Some("2026-11-22"));
        for anchor in &trust.anchors {
            assert_eq!(
                anchor.signer_policy,
                Some(Oid::new_unwrap("1.3.76.16.3.1.1"))
            );
            assert!(anchor.editions.iter().all(|e| e.path_len == Some(0)));
        }
        assert_eq!(trust.anchors[0].editions.len(), 8);
        assert!(trust.names_host("PEC.aruba.it") && !trust.names_host("aruba.it"));
        assert!(trust.names_organization("Aruba PEC S.p.A."));
    }

    #[test]
    fn a_key_that_is_not_the_stated_one_is_refused() {
        let text = BUILT_IN.replacen("39e3c6c6", "39e3c6c7", 1);
        assert!(matches!(
            Trust::parse(&text, "x"),
            Err(Error::Value {
                field: "spki_sha256",
                ..
            })
        ));
    }

    #[test]
    fn a_policy_left_out_is_the_usual_one_and_an_empty_one_is_none() {
        let line = "signer_policy = \"1.3.76.16.3.1.1\"";
        let left_out = Trust::parse(&BUILT_IN.replacen(line, "", 1), "x").unwrap();
        assert_eq!(
            left_out.anchors[0].signer_policy,
            Some(Oid::new_unwrap(DEFAULT_POLICY))
        );
        let none = Trust::parse(&BUILT_IN.replacen(line, "signer_policy = \"\"", 1), "x").unwrap();
        assert_eq!(none.anchors[0].signer_policy, None);
    }

    #[test]
    fn files_that_are_none_are_refused() {
        assert!(matches!(Trust::parse("x", "x"), Err(Error::Form(_))));
        assert_eq!(
            Trust::parse("as_of = \"2026-01-01\"", "x").unwrap_err(),
            Error::Empty
        );
        assert!(matches!(
            Trust::from_certificates(b"x", "x"),
            Err(Error::Form(_))
        ));
        assert_eq!(
            Trust::from_certificates(b"-----BEGIN CERTIFICATE-----", "x").unwrap_err(),
            Error::Empty
        );
    }

    #[test]
    fn excluded_addresses_have_masks() {
        assert_eq!(
            excluded_name("IPAddress:0.0.0.0/0"),
            Some(GeneralName::Ip(vec![0; 8]))
        );
        assert_eq!(
            excluded_name("IPAddress:10.0.0.0/12"),
            Some(GeneralName::Ip(vec![10, 0, 0, 0, 0xff, 0xf0, 0, 0]))
        );
        assert_eq!(
            excluded_name("IPAddress:::/0"),
            Some(GeneralName::Ip(vec![0; 32]))
        );
        assert_eq!(excluded_name("URI:x"), None);
    }
}
