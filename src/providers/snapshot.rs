//! A snapshot of the store of trust: what is known beside the data compiled in, at one moment.
//!
//! The form is that of the trust file ([`trust_file`]), each edition with its certificate and with
//! where it was seen, and tables that name the lists kept beside it. A snapshot is a value: what is
//! judged by it follows from it and from nothing else. Where it is kept is not known here.

use std::fmt::Write as _;
use std::sync::Arc;

use der::oid::ObjectIdentifier as Oid;

use super::Trust;
use super::trust::Source;
use super::trust_file::{Error, Table};
use crate::located::File as Toml;
use crate::smime::certificate::Certificate;
use crate::timestamp::Timestamp;

/// The policy asked of the signers of an authority that a user added (RFC 6109 has none; every
/// signer of PEC seen has this one).
const PEC_POLICY: Oid = Oid::new_unwrap("1.3.76.16.3.1.1");

/// Why something was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A message had it.
    Message,
    /// A user gave it.
    Import,
    /// It was published.
    Update,
}

impl Occasion {
    /// All.
    pub const ALL: [Self; 3] = [Self::Message, Self::Import, Self::Update];

    /// Its word in files and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Import => "import",
            Self::Update => "update",
        }
    }

    /// Unknown words are those of later programs: what is kept is believed all the same.
    fn read(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|one| one.word() == word);
        known.unwrap_or(Self::Import)
    }
}

/// Where and when something was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Why it was kept.
    pub occasion: Occasion,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the message that had it, the name of a file, an address of the web.
    pub place: String,
}

/// The certificate of an authority: an edition of a known key, or a key that a user added.
#[derive(Clone, Debug)]
pub struct KeptEdition {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Where it was seen.
    pub seen: Seen,
}

/// Trust data that replace those compiled in; kept beside the snapshot as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptData {
    /// SHA-256 of the file, and its name in the store.
    pub sha256: String,
    /// The day of the data.
    pub as_of: String,
    /// Where they were seen.
    pub seen: Seen,
}

/// A list of providers; kept beside the snapshot, ready to be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptList {
    /// SHA-256 of the file as it was imported.
    pub sha256: String,
    /// SHA-256 of the form in which it is kept, and its name in the store.
    pub index: String,
    /// Of which time it speaks: that of its signature, else that of its import.
    pub dated: Timestamp,
    /// Subject of the certificate that signed it; `None` for plain LDIF.
    pub signer: Option<String>,
    /// The authority that the signer's certificate leads to.
    pub authority: Option<String>,
    /// Where it was seen.
    pub seen: Seen,
}

/// A revocation list of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRevocations {
    /// SHA-256 of the list, and its name in the store.
    pub sha256: String,
    /// Whose.
    pub authority: String,
    /// When it was issued.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Option<Timestamp>,
    /// Where it was seen.
    pub seen: Seen,
}

/// All that is kept.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When it was made; the epoch for one that was not.
    pub kept_at: Option<Timestamp>,
    /// The name of the one before.
    pub previous: Option<String>,
    /// When what the authorities publish was last read whole.
    pub updated_at: Option<Timestamp>,
    /// Certificates of authorities.
    pub editions: Vec<KeptEdition>,
    /// Newer data than those compiled in.
    pub data: Option<KeptData>,
    /// Lists of providers.
    pub lists: Vec<KeptList>,
    /// Revocation lists, at most one for each authority.
    pub revocations: Vec<KeptRevocations>,
}

impl Snapshot {
    /// Reads a snapshot.
    ///
    /// # Errors
    /// When it is not of the form: damaged, or of a later program.
    pub fn parse(octets: &[u8]) -> Result<Self, Error> {
        let file = Toml::parse(octets)?;
        let root = Table::root(&file);
        let text = |table: &Table<'_>, field| -> Result<Option<String>, Error> {
            Ok(table.text(field)?.map(|text| text.value.to_owned()))
        };
        let mut snapshot = Self {
            kept_at: Some(root.time("kept_at")?),
            previous: text(&root, "previous")?,
            updated_at: root.time_if_any("updated_at")?,
            ..Self::default()
        };
        for authority in root.tables("authority", "authority")? {
            for edition in authority.tables("edition", "authority.edition")? {
                if let Some(certificate) = edition.certificate()? {
                    let certificate = Arc::new(certificate);
                    let seen = seen(&edition)?;
                    snapshot.editions.push(KeptEdition { certificate, seen });
                }
            }
        }
        for table in root.tables("data", "data")? {
            snapshot.data = Some(KeptData {
                sha256: table.needed_text("sha256")?.value.to_owned(),
                as_of: table.needed_text("as_of")?.value.to_owned(),
                seen: seen(&table)?,
            });
        }
        for table in root.tables("list", "list")? {
            snapshot.lists.push(KeptList {
                sha256: table.needed_text("sha256")?.value.to_owned(),
                index: table.needed_text("index")?.value.to_owned(),
                dated: table.time("dated")?,
                signer: text(&table, "signer")?,
                authority: text(&table, "authority")?,
                seen: seen(&table)?,
            });
        }
        for table in root.tables("revocations", "revocations")? {
            snapshot.revocations.push(KeptRevocations {
                sha256: table.needed_text("sha256")?.value.to_owned(),
                authority: table.needed_text("authority")?.value.to_owned(),
                this_update: table.time("this_update")?,
                next_update: table.time_if_any("next_update")?,
                seen: seen(&table)?,
            });
        }
        Ok(snapshot)
    }

    /// Its text: the same for the same snapshot.
    pub fn text(&self) -> String {
        let mut out = String::from(
            "# What is known of those who may sign certified mail beside the data of the program\n\
             # pec. Written by it and never changed: its name has its SHA-256.\n\n",
        );
        let kept_at = self.kept_at.unwrap_or(Timestamp::from_unix(0));
        line(&mut out, format_args!("kept_at = {kept_at}"));
        text(&mut out, "previous", self.previous.as_deref());
        if let Some(at) = self.updated_at {
            line(&mut out, format_args!("updated_at = {at}"));
            text(&mut out, "as_of", Some(&at.to_string()[..10]));
        }
        out += &self.authorities();
        if let Some(data) = &self.data {
            out += "\n[[data]]\n";
            text(&mut out, "sha256", Some(&data.sha256));
            text(&mut out, "as_of", Some(&data.as_of));
            write_seen(&mut out, &data.seen);
        }
        for list in &self.lists {
            out += "\n[[list]]\n";
            text(&mut out, "sha256", Some(&list.sha256));
            text(&mut out, "index", Some(&list.index));
            line(&mut out, format_args!("dated = {}", list.dated));
            text(&mut out, "signer", list.signer.as_deref());
            text(&mut out, "authority", list.authority.as_deref());
            write_seen(&mut out, &list.seen);
        }
        for list in &self.revocations {
            out += "\n[[revocations]]\n";
            text(&mut out, "sha256", Some(&list.sha256));
            text(&mut out, "authority", Some(&list.authority));
            line(&mut out, format_args!("this_update = {}", list.this_update));
            if let Some(next) = list.next_update {
                line(&mut out, format_args!("next_update = {next}"));
            }
            write_seen(&mut out, &list.seen);
        }
        out
    }

    /// The tables of the authorities, as a trust file has them.
    pub fn authorities(&self) -> String {
        let mut out = String::new();
        for kept in &self.editions {
            let certificate = &kept.certificate;
            out += "\n[[authority]]\n";
            text(&mut out, "subject", Some(&certificate.subject.to_string()));
            let spki = base64_simd::STANDARD.encode_to_string(&certificate.spki);
            let key = self.key_above(certificate);
            if let Some(above) = key {
                let key = base64_simd::STANDARD.encode_to_string(&above.spki);
                text(&mut out, "issuer", Some(&above.subject.to_string()));
                text(&mut out, "issuer_spki", Some(&key));
            }
            text(&mut out, "spki", Some(&spki));
            out += "\n[[authority.edition]]\n";
            let der = base64_simd::STANDARD.encode_to_string(certificate.der());
            text(&mut out, "certificate", Some(&der));
            write_seen(&mut out, &kept.seen);
        }
        out
    }

    /// The trust data with what is kept: those given, and the editions here.
    pub fn with(&self, trust: Trust, name: &str) -> Trust {
        let certificates = self.editions.iter().map(|kept| &*kept.certificate);
        // A root that was kept to know editions by issues no signers.
        let issuers = certificates.clone().filter(|one| !self.is_above(one));
        let mut kept = Trust::of_authorities(issuers, Some(PEC_POLICY), name);
        for anchor in &mut kept.anchors {
            let mut own = certificates.clone().filter(|one| one.spki == anchor.spki);
            if let Some(above) = own.find_map(|one| self.key_above(one)) {
                anchor.issuer = Some(above.subject.clone());
                anchor.issuer_key = above.key.as_ref().ok().cloned();
            }
        }
        let newer = self.updated_at.map(|at| at.to_string()[..10].to_owned());
        let mut trust = trust.and(kept);
        trust.as_of = trust.as_of.max(newer);
        trust.source = Source::Kept(name.to_owned());
        trust
    }

    /// The root that a user kept and that issued this certificate.
    fn key_above(&self, certificate: &Certificate) -> Option<&Certificate> {
        let others = self.editions.iter().map(|kept| &*kept.certificate);
        let mut roots = others.filter(|root| root.subject == root.issuer);
        roots.find(|root| {
            root.subject == certificate.issuer
                && root.spki != certificate.spki
                && (root.key.as_ref()).is_ok_and(|key| certificate.is_signed_by(key))
        })
    }

    fn is_above(&self, root: &Certificate) -> bool {
        let mut others = self.editions.iter().map(|kept| &kept.certificate);
        root.subject == root.issuer
            && others.any(|one| one.issuer == root.subject && one.spki != root.spki)
    }

    /// Whether this certificate is kept.
    pub fn has(&self, sha256: &str) -> bool {
        let mut kept = self.editions.iter();
        kept.any(|kept| kept.certificate.sha256() == sha256)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.editions.is_empty()
            && self.data.is_none()
            && self.lists.is_empty()
            && self.revocations.is_empty()
            && self.updated_at.is_none()
    }
}

/// The trust file that says what a snapshot says: `data` with its authorities.
pub fn trust_file(data: &str, snapshot: &Snapshot, as_of: Option<&str>) -> String {
    let is_day = |line: &&str| line.starts_with("as_of = ");
    let mut out = String::with_capacity(data.len());
    let mut rest = data;
    if let (Some(day), Some(line)) = (as_of, data.lines().find(is_day)) {
        let at = line.as_ptr().addr() - data.as_ptr().addr();
        out += &data[..at];
        out += &format!("as_of = \"{day}\"");
        rest = &data[at + line.len()..];
    }
    out += rest;
    out += &snapshot.authorities();
    out
}

fn seen(table: &Table<'_>) -> Result<Seen, Error> {
    Ok(Seen {
        occasion: Occasion::read(table.needed_text("seen")?.value),
        at: table.time("seen_at")?,
        place: table.needed_text("seen_in")?.value.to_owned(),
    })
}

fn write_seen(out: &mut String, seen: &Seen) {
    text(out, "seen", Some(seen.occasion.word()));
    line(out, format_args!("seen_at = {}", seen.at));
    text(out, "seen_in", Some(&seen.place));
}

fn line(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("a string takes all");
}

/// A basic string of TOML; nothing where there is no text.
fn text(out: &mut String, key: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    write!(out, "{key} = \"").expect("a string takes all");
    for sign in text.chars() {
        match sign {
            '"' | '\\' => out.extend(['\\', sign]),
            sign if sign.is_control() => {
                write!(out, "\\u{:04X}", u32::from(sign)).expect("a string takes all");
            }
            sign => out.push(sign),
        }
    }
    out.push_str("\"\n");
}
