//! `pec trust show`: what is known of a host, an organization or a certificate.

use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::list::{head, source};
use super::parts::{EditionJson, PermittedJson, SignerJson};
use crate::command::{Session, trusted};
use crate::exit::ExitStatus;
use crate::output::report::{Page, Report};
use crate::printable::Printable;
use crate::smime::certificate::Certificate;
use crate::smime::{pem, sha256};

/// Digits of a digest that name a certificate.
const FEWEST_DIGITS: usize = 8;

/// # Results of pec trust show, version 1
///
/// The document that `pec trust show --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// What was asked for.
    asked: String,
    /// The day of the data; null where they state none.
    as_of: Option<String>,
    /// "built in", or the name of the snapshot that adds to what the program contains.
    source: String,
    /// The names that fit, and who permits them.
    permitted: Vec<PermittedJson>,
    /// The certificates of signers that fit.
    signers: Vec<SignerJson>,
    /// The certificates of authorities that fit.
    editions: Vec<EditionJson>,
}

pub(super) fn of(asked: String, session: &mut Session<'_>) -> anyhow::Result<Results> {
    let store = session.store();
    let trust = store.trust();
    let file = Path::new(&asked);
    let wanted = match file.is_file() {
        true => of_file(&trusted::read(file, session.lang)?),
        false => Wanted::of(&asked),
    };
    let permitted = PermittedJson::all(&trust.anchors, &trust.signers).into_iter();
    let signers = trust.signers.iter().map(SignerJson::of);
    let editions = trust.anchors.iter().flat_map(|anchor| {
        let editions = anchor.editions.iter();
        editions.map(|edition| EditionJson::of(anchor, edition, &store.snapshot))
    });
    Ok(Results {
        permitted: permitted.filter(|one| wanted.is_permitted(one)).collect(),
        signers: signers.filter(|one| wanted.is_signer(one)).collect(),
        editions: editions
            .filter(|one| wanted.is_certificate(one.sha256.as_deref()))
            .collect(),
        source: source(&store),
        as_of: trust.as_of,
        asked,
    })
}

/// What was asked for, in small letters.
enum Wanted {
    /// A host or an organization.
    Name(String),
    /// The beginning of a SHA-256.
    Digest(String),
    /// A certificate: its digest, its hosts, its organization.
    Certificate(String, Vec<String>),
}

impl Wanted {
    fn of(asked: &str) -> Self {
        let plain: String = asked.chars().filter(|sign| *sign != ':').collect();
        let is_digest =
            plain.len() >= FEWEST_DIGITS && plain.bytes().all(|octet| octet.is_ascii_hexdigit());
        match is_digest {
            true => Self::Digest(plain.to_ascii_lowercase()),
            false => Self::Name(host_of(asked)),
        }
    }

    fn is_permitted(&self, one: &PermittedJson) -> bool {
        let name = one.name.to_lowercase();
        match self {
            Self::Name(asked) => name == *asked,
            Self::Digest(_) => false,
            Self::Certificate(_, names) => names.contains(&name),
        }
    }

    fn is_signer(&self, one: &SignerJson) -> bool {
        match self {
            Self::Name(asked) => {
                host_of(&one.address) == *asked || one.subject.to_lowercase().contains(asked)
            }
            Self::Digest(_) | Self::Certificate(..) => self.is_certificate(one.sha256.as_deref()),
        }
    }

    fn is_certificate(&self, digest: Option<&str>) -> bool {
        match self {
            Self::Name(_) => false,
            Self::Digest(asked) => digest.is_some_and(|digest| digest.starts_with(asked)),
            Self::Certificate(asked, _) => digest == Some(asked),
        }
    }
}

fn host_of(text: &str) -> String {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    host.to_lowercase()
}

/// The first certificate of a file.
fn of_file(octets: &[u8]) -> Wanted {
    let objects = pem::objects(octets, "CERTIFICATE").unwrap_or_default();
    let certificate = objects.first().and_then(|der| Certificate::parse(der).ok());
    let Some(certificate) = certificate else {
        return Wanted::Certificate(sha256(octets), Vec::new());
    };
    let hosts = certificate.mail_addresses().map(host_of);
    let organization = certificate.subject.organization().map(str::to_lowercase);
    let names = hosts.chain(organization).collect();
    Wanted::Certificate(certificate.sha256(), names)
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/trust-show";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, lang) = (page.texts(), page.lang);
        head(self.as_of.as_deref(), &self.source, page)?;
        for one in &self.permitted {
            let authority = Printable(&one.authority).to_string();
            let by = texts.fill("authorities.permitted-by", &[("authority", &authority)]);
            page.line(format!("{}  {by}", one.line(texts, lang)))?;
        }
        page.lines(self.editions.iter().map(|one| one.line(texts, lang)))?;
        page.lines(self.signers.iter().map(|one| one.line(texts, lang)))?;
        if self.exit() == ExitStatus::No {
            let asked = Printable(&self.asked).to_string();
            page.line(texts.fill("authorities.nothing-known", &[("asked", &asked)]))?;
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        match self.permitted.is_empty() && self.signers.is_empty() && self.editions.is_empty() {
            true => ExitStatus::No,
            false => ExitStatus::Yes,
        }
    }
}
