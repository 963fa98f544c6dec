//! The trust file, read value by value, so that whatever is wrong is told with its line.
//!
//! Form: `trust.toml` beside this one, and pec-verify(1), TRUST. Keys that are not known here are
//! notes for people and passed over.

use std::sync::Arc;

use der::oid::ObjectIdentifier as Oid;

use crate::located::{File as Toml, Item, NoToml, Section};
use crate::smime;
use crate::smime::algorithm::{AlgorithmError, PublicKey};
use crate::smime::certificate::Certificate;
use crate::smime::chain::{Anchor, Edition};
use crate::smime::constraints::{GeneralName, NameConstraints};
use crate::smime::name::{Name, TextError};
use crate::timestamp::Timestamp;

/// The policy asked of an authority's signers when its entry names none. Leaving the line out
/// must not loosen the check; an authority whose signers need none says `signer_policy = ""`.
const DEFAULT_POLICY: &str = "1.3.76.16.3.1.1";

/// What a trust file says.
pub(super) struct File {
    /// The day of the data, as it is written.
    pub as_of: Option<String>,
    /// Whether they are those of a practice provider.
    pub is_practice: bool,
    /// The authorities; at least one.
    pub anchors: Vec<Anchor>,
    /// The signers that were seen.
    pub signers: Vec<KnownSigner>,
}

/// The certificate of a signer, as far as a trust file tells of it. Not needed to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSigner {
    /// The address in it.
    pub address: String,
    /// Whose it is (RFC 4514); empty where that is not stated.
    pub subject: String,
    /// Who issued it (RFC 4514); empty where that is not stated.
    pub issuer: String,
    /// SHA-256 of its DER, lower-case hexadecimal; empty where that is not stated.
    pub sha256: String,
    /// First and last instant of its validity.
    pub validity: Option<(Timestamp, Timestamp)>,
}

impl KnownSigner {
    /// The host of its address, in lower case.
    pub fn host(&self) -> Option<String> {
        let (_, host) = self.address.rsplit_once('@')?;
        Some(host.to_ascii_lowercase())
    }
}

/// Why a trust file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No TOML.
    #[error(transparent)]
    NoToml(#[from] NoToml),
    /// A value that must be there is not.
    #[error("{place}: {field} is missing")]
    Missing {
        /// The table.
        place: Place,
        /// Its key.
        field: &'static str,
    },
    /// A value of another type than its key has.
    #[error("{place}: {field} is not {expected:?}")]
    Type {
        /// The value.
        place: Place,
        /// Its key.
        field: &'static str,
        /// What it takes.
        expected: Expected,
    },
    /// A value of the right type that cannot be used.
    #[error("{place}: {field}: {fault}")]
    Value {
        /// The value.
        place: Place,
        /// Its key.
        field: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
    /// No authority at all.
    #[error("no authority in it")]
    Empty,
}

/// Where in the file something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// The table as its header names it: `authority.edition`; empty above the first header.
    pub table: &'static str,
    /// The authority, as far as it has a name.
    pub authority: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(authority) = &self.authority {
            write!(f, " ({authority})")?;
        }
        Ok(())
    }
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number from 0 to 255.
    Octet,
    /// A day, or a day and an hour, without quotation marks.
    Time,
    /// `true` or `false`.
    Flag,
    /// Tables, each with a header of its own.
    Tables,
}

/// What is wrong with a value of the right type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Not base64 (RFC 4648, 4).
    #[error("not base64")]
    Base64,
    /// Not the SHA-256 of the key beside it.
    #[error("not the SHA-256 of the key beside it")]
    Fingerprint,
    /// Not a SubjectPublicKeyInfo, or of a kind that is not used.
    #[error(transparent)]
    Key(AlgorithmError),
    /// Not a name of RFC 4514.
    #[error(transparent)]
    Name(TextError),
    /// Not a certificate.
    #[error("no certificate: {0}")]
    Certificate(smime::Error),
    /// Not an object identifier.
    #[error("no object identifier")]
    Policy,
    /// A time that is no instant: an hour without a day, or out of range.
    #[error("no instant")]
    Time,
    /// A name that cannot be excluded: not `DNSName:`, `rfc822Name:` or `IPAddress:`.
    #[error("no name to exclude")]
    Excluded,
}

/// Reads a trust file.
///
/// # Errors
/// When it is not UTF-8 or not TOML, a value is missing or cannot be used, or no authority is
/// in it. Of several faults the first of the first authority.
pub(super) fn read(octets: &[u8]) -> Result<File, Error> {
    let file = Toml::parse(octets)?;
    let root = Table::root(&file);
    let as_of = root.text("as_of")?.map(|text| text.value.to_owned());
    let anchors = root.tables("authority", "authority")?;
    let anchors: Vec<Anchor> = anchors
        .into_iter()
        .map(Table::anchor)
        .collect::<Result<_, _>>()?;
    if anchors.is_empty() {
        return Err(Error::Empty);
    }
    let signers = root.tables("signer", "signer")?;
    let signers = signers.iter().map(Table::signer);
    let signers = signers.collect::<Result<Vec<_>, _>>()?;
    Ok(File {
        as_of,
        is_practice: root.flag("practice")?.unwrap_or_default(),
        anchors,
        signers: signers.into_iter().flatten().collect(),
    })
}

/// A table, with what is needed to say where a fault in it is.
pub(super) struct Table<'f> {
    section: Section<'f>,
    name: &'static str,
    authority: Option<String>,
}

/// A text and the line where it stands.
#[derive(Clone, Copy)]
pub(super) struct Text<'f> {
    pub value: &'f str,
    line: usize,
}

impl<'f> Table<'f> {
    /// What stands above the first header.
    pub(super) fn root(file: &'f Toml<'f>) -> Self {
        Table {
            section: file.root(),
            name: "",
            authority: None,
        }
    }

    /// A time that need not be there.
    pub(super) fn time_if_any(&self, field: &'static str) -> Result<Option<Timestamp>, Error> {
        let is_there = self.section.find(field).is_some();
        is_there.then(|| self.time(field)).transpose()
    }

    fn place(&self, line: usize) -> Place {
        Place {
            line,
            table: self.name,
            authority: self.authority.clone(),
        }
    }

    fn unusable(&self, line: usize, field: &'static str, fault: Fault) -> Error {
        let place = self.place(line);
        Error::Value {
            place,
            field,
            fault,
        }
    }

    /// What `read` makes of the value; nothing where it is of another type.
    fn typed<T>(
        &self,
        item: Item<'f>,
        field: &'static str,
        expected: Expected,
        read: impl FnOnce(Item<'f>) -> Option<T>,
    ) -> Result<T, Error> {
        read(item).ok_or_else(|| Error::Type {
            place: self.place(item.line()),
            field,
            expected,
        })
    }

    fn needed(&self, field: &'static str) -> Result<Item<'f>, Error> {
        self.section.find(field).ok_or_else(|| Error::Missing {
            place: self.place(self.section.line()),
            field,
        })
    }

    fn as_text(
        &self,
        item: Item<'f>,
        field: &'static str,
        expected: Expected,
    ) -> Result<Text<'f>, Error> {
        let value = self.typed(item, field, expected, Item::text)?;
        let line = item.line();
        Ok(Text { value, line })
    }

    pub(super) fn text(&self, field: &'static str) -> Result<Option<Text<'f>>, Error> {
        let item = self.section.find(field);
        item.map(|item| self.as_text(item, field, Expected::Text))
            .transpose()
    }

    pub(super) fn needed_text(&self, field: &'static str) -> Result<Text<'f>, Error> {
        self.as_text(self.needed(field)?, field, Expected::Text)
    }

    fn texts(&self, field: &'static str) -> Result<Vec<Text<'f>>, Error> {
        let Some(item) = self.section.find(field) else {
            return Ok(Vec::new());
        };
        let list = self.typed(item, field, Expected::Texts, Item::list)?;
        list.map(|item| self.as_text(item, field, Expected::Texts))
            .collect()
    }

    fn octet(&self, field: &'static str) -> Result<Option<u8>, Error> {
        let item = self.section.find(field);
        let read = |item: Item<'_>| u8::try_from(item.number()?).ok();
        item.map(|item| self.typed(item, field, Expected::Octet, read))
            .transpose()
    }

    pub(super) fn flag(&self, field: &'static str) -> Result<Option<bool>, Error> {
        let item = self.section.find(field);
        item.map(|item| self.typed(item, field, Expected::Flag, Item::flag))
            .transpose()
    }

    pub(super) fn time(&self, field: &'static str) -> Result<Timestamp, Error> {
        let item = self.needed(field)?;
        let time = self.typed(item, field, Expected::Time, Item::time)?;
        Timestamp::parse(&time).map_err(|_| self.unusable(item.line(), field, Fault::Time))
    }

    pub(super) fn tables(
        &self,
        field: &'static str,
        name: &'static str,
    ) -> Result<Vec<Table<'f>>, Error> {
        let Some(item) = self.section.find(field) else {
            return Ok(Vec::new());
        };
        let list = self.typed(item, field, Expected::Tables, Item::list)?;
        list.map(|item| {
            Ok(Table {
                section: self.typed(item, field, Expected::Tables, Item::section)?,
                name,
                authority: self.authority.clone(),
            })
        })
        .collect()
    }

    fn name_of(&self, text: Text<'_>, field: &'static str) -> Result<Name, Error> {
        Name::from_rfc4514(text.value)
            .map_err(|error| self.unusable(text.line, field, Fault::Name(error)))
    }

    /// `[[authority]]`
    fn anchor(mut self) -> Result<Anchor, Error> {
        let text = self.needed_text("subject")?;
        self.authority = Some(text.value.to_owned());
        let subject = self.name_of(text, "subject")?;
        let label: Arc<str> = subject.common_name().unwrap_or(text.value).into();
        self.authority = Some(label.to_string());
        let issuer = self.text("issuer")?;
        let issuer = issuer
            .map(|text| self.name_of(text, "issuer"))
            .transpose()?;
        let (spki, key) = self.key(self.needed_text("spki")?, "spki", "spki_sha256")?;
        let issuer_spki = self.text("issuer_spki")?;
        let issuer_key = issuer_spki
            .map(|text| self.key(text, "issuer_spki", "issuer_spki_sha256"))
            .transpose()?;
        let editions = self.tables("edition", "authority.edition")?;
        Ok(Anchor {
            label,
            key,
            spki,
            subject,
            issuer,
            issuer_key: issuer_key.map(|(_, key)| key),
            signer_policy: self.policy()?,
            is_complete: self.flag("complete")?.unwrap_or_default(),
            editions: editions
                .iter()
                .map(Table::edition)
                .collect::<Result<_, _>>()?,
        })
    }

    fn key(
        &self,
        text: Text<'_>,
        field: &'static str,
        digest: &'static str,
    ) -> Result<(Box<[u8]>, PublicKey), Error> {
        let spki = base64_simd::STANDARD
            .decode_to_vec(text.value)
            .map_err(|_| self.unusable(text.line, field, Fault::Base64))?;
        if let Some(stated) = self.text(digest)?
            && !stated
                .value
                .eq_ignore_ascii_case(&crate::smime::sha256(&spki))
        {
            return Err(self.unusable(stated.line, digest, Fault::Fingerprint));
        }
        let key = PublicKey::from_spki(&spki)
            .map_err(|error| self.unusable(text.line, field, Fault::Key(error)))?;
        Ok((spki.into(), key))
    }

    fn policy(&self) -> Result<Option<Oid>, Error> {
        let text = self.text("signer_policy")?;
        match text.map_or(DEFAULT_POLICY, |text| text.value) {
            "" => Ok(None),
            policy => Oid::new(policy).map(Some).map_err(|_| {
                let line = text.map_or(self.section.line(), |text| text.line);
                self.unusable(line, "signer_policy", Fault::Policy)
            }),
        }
    }

    /// `[[signer]]`; nothing where no address is stated.
    fn signer(&self) -> Result<Option<KnownSigner>, Error> {
        let text = |field| -> Result<String, Error> {
            let text = self.text(field)?;
            Ok(text.map_or("", |text| text.value).to_owned())
        };
        let Some(address) = self.text("address")? else {
            return Ok(None);
        };
        let is_dated = ["not_before", "not_after"].map(|field| self.section.find(field).is_some());
        let validity = match is_dated {
            [true, true] => Some((self.time("not_before")?, self.time("not_after")?)),
            [_, _] => None,
        };
        Ok(Some(KnownSigner {
            address: address.value.to_owned(),
            subject: text("subject")?,
            issuer: text("issuer")?,
            sha256: text("sha256")?.to_ascii_lowercase(),
            validity,
        }))
    }

    /// The certificate itself, where it stands in the file.
    pub(super) fn certificate(&self) -> Result<Option<Certificate>, Error> {
        let field = "certificate";
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let der = base64_simd::STANDARD.decode_to_vec(text.value);
        let der = der.map_err(|_| self.unusable(text.line, field, Fault::Base64))?;
        let certificate = Certificate::parse(&der);
        let unusable = |error| self.unusable(text.line, field, Fault::Certificate(error));
        certificate.map(Some).map_err(unusable)
    }

    /// `[[authority.edition]]`: the certificate, or what it says.
    fn edition(&self) -> Result<Edition, Error> {
        if let Some(certificate) = self.certificate()? {
            return Ok(Edition::of(&certificate));
        }
        let list = |field| -> Result<Vec<String>, Error> {
            let texts = self.texts(field)?.into_iter();
            Ok(texts.map(|text| text.value.to_owned()).collect())
        };
        let hosts = list("permitted_mail_hosts")?.into_iter();
        let mut permitted: Vec<GeneralName> = hosts.map(GeneralName::Mail).collect();
        let field = "permitted_directory_names";
        for text in self.texts(field)? {
            permitted.push(GeneralName::Directory(self.name_of(text, field)?));
        }
        let others = list("permitted_other")?.into_iter();
        permitted.extend(others.map(GeneralName::Dns));
        let mut excluded = Vec::new();
        for text in self.texts("excluded")? {
            let name = excluded_name(text.value);
            excluded
                .push(name.ok_or_else(|| self.unusable(text.line, "excluded", Fault::Excluded))?);
        }
        let sha256 = self.text("sha256")?.map_or("", |text| text.value);
        Ok(Edition {
            not_before: self.time("not_before")?,
            not_after: self.time("not_after")?,
            sha256: sha256.to_ascii_lowercase().into(),
            certificate: None,
            constraints: NameConstraints {
                permitted,
                excluded,
            },
            path_len: self.octet("path_len")?,
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

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("trust.toml");

    fn fault(from: &str, to: &str) -> Error {
        let text = WHOLE.replacen(from, to, 1);
        assert_ne!(text, WHOLE, "{from}");
        read(text.as_bytes()).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_policy_left_out_is_the_usual_one_and_an_empty_one_is_none() {
        let policy = |line: &str| {
            let text = WHOLE.replacen("signer_policy = \"1.3.76.16.3.1.1\"", line, 1);
            read(text.as_bytes()).unwrap().anchors[0].signer_policy
        };
        assert_eq!(policy(""), Some(Oid::new_unwrap(DEFAULT_POLICY)));
        assert_eq!(policy("signer_policy = \"\""), None);
    }

    #[test]
    fn a_key_that_is_not_the_stated_one_is_refused() {
        let Error::Value {
            place,
            field,
            fault: found,
        } = fault("39e3c6c6", "39e3c6c7")
        else {
            panic!("another fault");
        };
        assert_eq!((field, found), ("spki_sha256", Fault::Fingerprint));
        assert_eq!(place.to_string(), "line 27 (AgID CA1)");
        let of_issuer = fault("25d4913c", "25d4913d");
        assert!(matches!(
            of_issuer,
            Error::Value {
                field: "issuer_spki_sha256",
                fault: Fault::Fingerprint,
                ..
            }
        ));
    }

    #[test]
    fn faults_have_the_line_of_the_value_or_of_its_table() {
        let line = |from, to| match fault(from, to) {
            Error::Missing { place, .. }
            | Error::Type { place, .. }
            | Error::Value { place, .. } => (place.table, place.line),
            other => panic!("{other}"),
        };
        assert_eq!(line("subject = ", "object = "), ("authority", 22));
        assert_eq!(line("\"2026-11-28\"", "2026-11-28"), ("", 20));
        let edition = "authority.edition";
        assert_eq!(line("not_after  = ", "later = "), (edition, 32));
        assert_eq!(line("path_len = 0", "path_len = 256"), (edition, 38));
        // In a list, the line of the entry.
        assert_eq!(line("  \"emarche.it\",", "  1,"), (edition, 45));
    }

    #[test]
    fn without_an_authority_it_is_none() {
        let empty = read(b"as_of = \"2026-01-01\"").map(|_| ());
        assert_eq!(empty, Err(Error::Empty));
        let no_toml = read(b"a = 1\n= 2").map(|_| ());
        assert!(matches!(no_toml, Err(Error::NoToml(_))), "{no_toml:?}");
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
