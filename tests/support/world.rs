//! The test world: its authorities, their dated certificates, its providers, and the trust file
//! that describes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::digest::{Digest, hex};
use super::keys::{self, Key, Scheme};
use super::pki::{
    AUTHORITY_POLICY, CLIENT_AUTH, Certificate, EMAIL_PROTECTION, Extension, PEC_POLICY,
    SERVER_AUTH, extension, serial,
};

pub const ROOT_NAME: &str = "CN=Radice di Prova,O=Radice di Prova S.p.A.,L=Milano,C=IT";
pub const AUTHORITY_NAME: &str = "CN=Autorita di Prova CA1,O=Autorita di Prova,C=IT";
pub const HISTORIC_NAME: &str = "CN=Autorita di Prova CA0,O=Autorita di Prova,C=IT";

/// A provider: what its certificates and messages say about it.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    pub host: &'static str,
    pub subject: &'static str,
    /// As the name constraints permit it.
    pub directory: &'static str,
    /// As `gestore-emittente` spells it: not as the certificate does, as with real providers.
    pub name: &'static str,
    pub key: Key,
}

impl Provider {
    pub fn address(&self) -> String {
        format!("posta-certificata@{}", self.host)
    }

    pub fn certificate(&self) -> Certificate {
        Certificate::signer(self.subject, &self.address(), self.key)
    }
}

pub const SENDING: Provider = Provider {
    host: "gestore-mittente.example",
    subject: "CN=Posta Certificata Gestore Mittente,O=Gestore Mittente S.p.A.,L=Milano,ST=Milano,C=IT",
    directory: "O=Gestore Mittente S.p.A.,L=Milano,ST=Milano,C=IT",
    name: "GESTORE MITTENTE S.p.A.",
    key: keys::SENDER,
};

pub const RECEIVING: Provider = Provider {
    host: "gestore-destinatario.example",
    subject: "CN=Posta Certificata,O=Gestore Destinatario S.r.l.,L=Bari,ST=Bari,C=IT",
    directory: "O=Gestore Destinatario S.r.l.,L=Bari,ST=Bari,C=IT",
    name: "Gestore Destinatario SRL",
    key: keys::RECIPIENT,
};

/// A provider that has to do with none of the base receipts.
pub const OTHER: Provider = Provider {
    host: "gestore-terzo.example",
    subject: "CN=Posta Certificata Gestore Terzo,O=Gestore Terzo S.p.A.,L=Torino,ST=Torino,C=IT",
    directory: "O=Gestore Terzo S.p.A.,L=Torino,ST=Torino,C=IT",
    name: "Gestore Terzo S.p.A.",
    key: keys::THIRD,
};

/// The root above both authorities; no anchor of ours.
pub fn root() -> Certificate {
    Certificate {
        subject: ROOT_NAME.to_owned(),
        issuer: ROOT_NAME.to_owned(),
        serial: serial(ROOT_NAME),
        not_before: "2000-05-12T00:00:00Z".to_owned(),
        not_after: "2049-12-31T00:00:00Z".to_owned(),
        key: keys::ROOT,
        issuer_key: keys::ROOT,
        scheme: Scheme::Pkcs1(Digest::Sha256),
        extensions: vec![
            extension::authority(None),
            extension::subject_key(&keys::ROOT.identifier()),
            extension::key_usage(0x06),
        ],
    }
}

/// One dated certificate of an authority, with what it permits.
pub struct Edition {
    pub certificate: Certificate,
    pub hosts: Vec<&'static str>,
    pub directories: Vec<&'static str>,
    pub purposes: Vec<&'static str>,
    pub path_length: Option<u64>,
}

/// Two overlapping editions with one key and one name; the later one permits more.
pub fn editions() -> Vec<Edition> {
    let first = vec![SENDING, RECEIVING];
    let second = vec![SENDING, RECEIVING, OTHER];
    vec![
        edition(&first, "2020-10-13T08:00:00Z", "2030-09-22T11:22:02Z"),
        edition(&second, "2025-02-20T14:57:40Z", "2049-09-22T11:22:02Z"),
    ]
}

fn edition(providers: &[Provider], from: &str, until: &str) -> Edition {
    // The authority permits itself too, as AgID does: the index of providers is signed under it.
    let mut hosts = vec!["autorita.example"];
    let mut directories = vec!["O=Autorita di Prova,L=Roma,ST=Roma,C=IT"];
    hosts.extend(providers.iter().map(|provider| provider.host));
    directories.extend(providers.iter().map(|provider| provider.directory));
    let purposes = vec![CLIENT_AUTH, EMAIL_PROTECTION];
    let certificate = authority(AUTHORITY_NAME, keys::AUTHORITY)
        .with(extension::extended_usage(&purposes))
        .with(extension::name_constraints(&hosts, &directories))
        .valid(from, until);
    Edition {
        certificate,
        hosts,
        directories,
        purposes,
        path_length: Some(0),
    }
}

/// The authority of the years before 2018: no name constraints, as CNIPA and DigitPA had none.
pub fn historic_edition() -> Edition {
    let certificate = authority(HISTORIC_NAME, keys::HISTORIC_AUTHORITY)
        .valid("2003-06-01T08:00:00Z", "2018-06-01T08:00:00Z");
    Edition {
        certificate,
        hosts: Vec::new(),
        directories: Vec::new(),
        purposes: Vec::new(),
        path_length: Some(0),
    }
}

/// A certificate of an authority with the name and key given, under our root.
pub fn authority(subject: &str, key: Key) -> Certificate {
    Certificate {
        subject: subject.to_owned(),
        issuer: ROOT_NAME.to_owned(),
        serial: serial(&format!("{subject} {}", key.0)),
        not_before: "2025-02-20T14:57:40Z".to_owned(),
        not_after: "2030-09-22T11:22:02Z".to_owned(),
        key,
        issuer_key: keys::ROOT,
        scheme: Scheme::Pkcs1(Digest::Sha256),
        extensions: vec![
            extension::authority(Some(0)),
            extension::authority_key(&keys::ROOT.identifier()),
            extension::policies(&[AUTHORITY_POLICY]),
            extension::subject_key(&key.identifier()),
            extension::key_usage(0x06),
        ],
    }
}

/// A signer of 2012 as real ones were: RSA 1024, SHA-1, CA:FALSE, key usage not critical,
/// three years.
pub fn historic_signer() -> Certificate {
    let mut certificate = Certificate::signer(
        "CN=Posta Certificata,O=Gestore Mittente S.p.A.,C=IT",
        &SENDING.address(),
        keys::WEAK,
    )
    .issued_by(HISTORIC_NAME, keys::HISTORIC_AUTHORITY)
    .without(extension::EXTENDED_USAGE)
    .with(Extension {
        critical: false,
        ..extension::key_usage(0x80)
    })
    .with(extension::not_an_authority())
    .valid("2011-02-10T12:00:00Z", "2014-02-10T12:00:00Z");
    certificate.scheme = Scheme::Pkcs1(Digest::Sha1);
    certificate
}

pub fn server_purpose() -> Extension {
    extension::extended_usage(&[SERVER_AUTH])
}

pub fn client_purpose() -> Extension {
    extension::extended_usage(&[CLIENT_AUTH])
}

/// The trust file of the test world, in the form of the one that the program carries.
pub fn trust_file() -> String {
    let mut out = String::from(
        "# The test authority: what `--trust` is given in the suite. Made by tests/support/world.rs.\n\
         as_of = \"2026-11-22\"\n",
    );
    describe(&mut out, AUTHORITY_NAME, keys::AUTHORITY, &editions());
    describe(
        &mut out,
        HISTORIC_NAME,
        keys::HISTORIC_AUTHORITY,
        &[historic_edition()],
    );
    out
}

fn describe(out: &mut String, subject: &str, key: Key, editions: &[Edition]) {
    let (spki, issuer) = (key.spki(), keys::ROOT.spki());
    *out += &format!(
        "\n[[authority]]\nsubject = \"{subject}\"\nissuer  = \"{ROOT_NAME}\"\n\
         signer_policy = \"{PEC_POLICY}\"\ncomplete = true\nspki_sha256 = \"{}\"\nspki = \"{}\"\nsubject_key_id = \"{}\"\n\
         issuer_spki_sha256 = \"{}\"\nissuer_spki = \"{}\"\n",
        hex(&Digest::Sha256.of(&spki)),
        STANDARD.encode(&spki),
        hex(&key.identifier()),
        hex(&Digest::Sha256.of(&issuer)),
        STANDARD.encode(&issuer),
    );
    for edition in editions {
        describe_edition(out, edition);
    }
}

fn describe_edition(out: &mut String, edition: &Edition) {
    let certificate = &edition.certificate;
    let list = |items: &[&str]| {
        let items: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
        format!("[{}]", items.join(", "))
    };
    *out += &format!(
        "\n[[authority.edition]]\nnot_before = {}\nnot_after  = {}\nserial = \"{}\"\n\
         sha256 = \"{}\"\nsha1   = \"{}\"\npath_len = {}\npolicies = {}\n",
        certificate.not_before,
        certificate.not_after,
        hex(&certificate.serial),
        certificate.sha256(),
        certificate.sha1(),
        edition.path_length.unwrap_or(0),
        list(&[AUTHORITY_POLICY]),
    );
    if edition.hosts.is_empty() {
        return;
    }
    *out += &format!(
        "extended_key_usage = {}\npermitted_mail_hosts = {}\npermitted_directory_names = [\n{}]\n\
         excluded = [\"IPAddress:0.0.0.0/0\", \"IPAddress:::/0\", \"DNSName:\"]\n",
        list(&edition.purposes),
        list(&edition.hosts),
        edition
            .directories
            .iter()
            .map(|text| format!("  \"{text}\",\n"))
            .collect::<String>(),
    );
}
