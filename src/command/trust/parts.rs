//! What the documents of `pec trust` have in common: names with their dates, certificates, lists.

use schemars::JsonSchema;
use serde::Serialize;

use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::output::report::{SHA256, known};
use crate::printable::Printable;
use crate::providers::permitted::{self, Kind, Permitted};
use crate::providers::snapshot::{KeptList, KeptRevocations, Occasion, Snapshot};
use crate::providers::trust_file::KnownSigner;
use crate::smime::chain::{Anchor, Edition};
use crate::timestamp::Timestamp;

/// A name that the certificates of an authority permit.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "permitted")]
pub(super) struct PermittedJson {
    /// What it is: the host of addresses, or an organization.
    #[schemars(schema_with = "kinds")]
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The authority that permits it.
    pub authority: String,
    /// When the first known certificate of the authority with this name began. UTC, RFC 3339.
    pub since: Timestamp,
    /// When the first certificate without it began; null: the newest known has it. UTC, RFC 3339.
    pub until: Option<Timestamp>,
    /// The organization that is known to sign for this host; null where none is known, and of an
    /// organization.
    pub organization: Option<String>,
}

/// A certificate of an authority.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "edition")]
pub(super) struct EditionJson {
    /// The authority.
    pub authority: String,
    /// SHA-256 of the certificate; null where it is not stated.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: Option<String>,
    /// First instant of its validity. UTC, RFC 3339.
    pub not_before: Timestamp,
    /// Last instant of its validity. UTC, RFC 3339.
    pub not_after: Timestamp,
    /// Where it is known from.
    #[schemars(schema_with = "origins")]
    pub origin: Origin,
    /// The message (SHA-256), file or address that it was found in; null: the program contains it.
    pub seen_in: Option<String>,
    /// When it was found there; null: the program contains it. UTC, RFC 3339.
    pub seen_at: Option<Timestamp>,
}

/// The certificate of a signer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "signer")]
pub(super) struct SignerJson {
    /// The address in the certificate.
    pub address: String,
    /// Whose it is (RFC 4514).
    pub subject: String,
    /// Who issued it (RFC 4514).
    pub issuer: String,
    /// SHA-256 of the certificate; null where it is not stated.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: Option<String>,
    /// First instant of its validity; null where it is not stated. UTC, RFC 3339.
    pub not_before: Option<Timestamp>,
    /// Last instant of its validity; null where it is not stated. UTC, RFC 3339.
    pub not_after: Option<Timestamp>,
    /// How many receipts in the ledger it signed; null where the ledger was not read.
    pub receipts: Option<u64>,
}

/// A list of providers that is stored here.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "list")]
pub(super) struct ListJson {
    /// SHA-256 of the file.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
    /// The file.
    pub file: String,
    /// Of which time it speaks: when it was signed, or imported. UTC, RFC 3339.
    pub dated: Timestamp,
    /// When it was imported. UTC, RFC 3339.
    pub imported_at: Timestamp,
    /// Subject of the certificate that signed it; null for plain LDIF.
    pub signer: Option<String>,
    /// The authority that it leads to; null: to none that is known.
    pub authority: Option<String>,
}

/// A revocation list that is stored here.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "revocations")]
pub(super) struct RevocationsJson {
    /// SHA-256 of the list.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
    /// The authority.
    pub authority: String,
    /// When it was issued. UTC, RFC 3339.
    pub this_update: Timestamp,
    /// When the next one is due; null where it is not stated. UTC, RFC 3339.
    pub next_update: Option<Timestamp>,
}

fn kinds(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(["host", "organization"])
}

fn origins(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(
        [BUILT_IN]
            .into_iter()
            .chain(Occasion::ALL.map(Occasion::word)),
    )
}

/// The word of what the program contains.
const BUILT_IN: &str = "built-in";

/// Where a certificate is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The program contains it.
    BuiltIn,
    /// It was kept.
    Kept(Occasion),
}

impl Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::BuiltIn => BUILT_IN,
            Self::Kept(occasion) => occasion.word(),
        })
    }
}

pub(super) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "host",
        Kind::Organization => "organization",
    }
}

impl PermittedJson {
    fn of(permitted: Permitted, anchor: &Anchor, signers: &[KnownSigner]) -> Self {
        let organization = match permitted.kind {
            Kind::Organization => None,
            Kind::Host => organization_of(&permitted.name, signers),
        };
        Self {
            kind: kind_word(permitted.kind),
            name: permitted.name,
            authority: anchor.label.to_string(),
            since: permitted.since,
            until: permitted.until,
            organization,
        }
    }

    /// What the editions of all authorities permit.
    pub fn all(anchors: &[Anchor], signers: &[KnownSigner]) -> Vec<Self> {
        let of_one = |anchor| {
            let all = permitted::permitted(anchor).into_iter();
            all.map(move |one| Self::of(one, anchor, signers))
        };
        anchors.iter().flat_map(of_one).collect()
    }

    /// The name and its dates.
    pub fn line(&self, texts: &Catalogue, lang: crate::lang::Lang) -> String {
        let day = |at: Timestamp| layout::day(&at.to_string()[..10], lang);
        let until = self.until.map(day);
        let key = match until {
            None => "authorities.since",
            Some(_) => "authorities.since-until",
        };
        let name = Printable(&self.name).to_string();
        let since = day(self.since);
        let until = until.unwrap_or_default();
        let values = [("name", &*name), ("since", &*since), ("until", &*until)];
        let line = texts.fill(key, &values);
        match &self.organization {
            Some(organization) => format!("{line}  ({})", Printable(organization)),
            None => line,
        }
    }
}

/// Who signed for a host, by the certificates that are known.
fn organization_of(host: &str, signers: &[KnownSigner]) -> Option<String> {
    let is_of = |signer: &&KnownSigner| signer.host().is_some_and(|of| of == host.to_lowercase());
    let newest = signers
        .iter()
        .filter(is_of)
        .max_by_key(|one| one.validity.map(|(from, _)| from));
    let subject = crate::smime::name::Name::from_rfc4514(&newest?.subject).ok()?;
    subject.organization().map(str::to_owned)
}

impl EditionJson {
    pub fn of(anchor: &Anchor, edition: &Edition, snapshot: &Snapshot) -> Self {
        let mut kept = snapshot.editions.iter();
        let kept = kept.find(|kept| kept.certificate.sha256() == *edition.sha256);
        let seen = kept.map(|kept| &kept.seen);
        Self {
            authority: anchor.label.to_string(),
            sha256: Some(edition.sha256.to_string()).filter(|digest| !digest.is_empty()),
            not_before: edition.not_before,
            not_after: edition.not_after,
            origin: seen.map_or(Origin::BuiltIn, |seen| Origin::Kept(seen.occasion)),
            seen_in: seen.map(|seen| seen.place.clone()),
            seen_at: seen.map(|seen| seen.at),
        }
    }

    /// Its dates, and where it is known from.
    pub fn line(&self, texts: &Catalogue, lang: crate::lang::Lang) -> String {
        let day = |at: Timestamp| layout::day(&at.to_string()[..10], lang);
        let key = match self.origin {
            Origin::Kept(Occasion::Message) => "authorities.edition-message",
            Origin::Kept(Occasion::Import) => "authorities.edition-import",
            Origin::Kept(Occasion::Update) => "authorities.edition-update",
            Origin::BuiltIn => "authorities.edition-built-in",
        };
        let seen_in = Printable(self.seen_in.as_deref().unwrap_or_default()).to_string();
        let values = [
            ("authority", &*Printable(&self.authority).to_string()),
            ("from", &*day(self.not_before)),
            ("until", &*day(self.not_after)),
            ("sha256", self.sha256.as_deref().unwrap_or("-")),
            ("seen-in", &*seen_in),
        ];
        texts.fill(key, &values)
    }
}

impl SignerJson {
    pub fn of(signer: &KnownSigner) -> Self {
        Self {
            address: signer.address.clone(),
            subject: signer.subject.clone(),
            issuer: signer.issuer.clone(),
            sha256: Some(signer.sha256.clone()).filter(|digest| !digest.is_empty()),
            not_before: signer.validity.map(|(from, _)| from),
            not_after: signer.validity.map(|(_, until)| until),
            receipts: None,
        }
    }

    /// Address, organization and validity; how many receipts.
    pub fn line(&self, texts: &Catalogue, lang: crate::lang::Lang) -> String {
        let day = |at: Option<Timestamp>| {
            let day = at.map(|at| layout::day(&at.to_string()[..10], lang));
            day.unwrap_or_default()
        };
        let values = [
            ("address", &*Printable(&self.address).to_string()),
            ("from", &*day(self.not_before)),
            ("until", &*day(self.not_after)),
            ("sha256", self.sha256.as_deref().unwrap_or("-")),
        ];
        let line = texts.fill("authorities.signer", &values);
        match self.receipts {
            Some(count) if count > 0 => {
                format!(
                    "{line}; {}",
                    texts.count("authorities.receipts", count, &[])
                )
            }
            _ => line,
        }
    }
}

impl ListJson {
    pub fn of(list: &KeptList) -> Self {
        Self {
            sha256: list.sha256.clone(),
            file: list.seen.place.clone(),
            dated: list.dated,
            imported_at: list.seen.at,
            signer: list.signer.clone(),
            authority: list.authority.clone(),
        }
    }
}

impl RevocationsJson {
    pub fn of(list: &KeptRevocations) -> Self {
        Self {
            sha256: list.sha256.clone(),
            authority: list.authority.clone(),
            this_update: list.this_update,
            next_update: list.next_update,
        }
    }
}
