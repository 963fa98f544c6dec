//! Certificates and revocation lists (RFC 5280), and the authorities and signers of the test world.

use super::der;
use super::digest::{Digest, hex};
use super::keys::{self, Key, Scheme};

pub const PEC_POLICY: &str = "1.3.76.16.3.1.1";
pub const AUTHORITY_POLICY: &str = "1.3.76.16.3.1";

pub const ROOT_NAME: &str = "CN=Radice di Prova,O=Radice di Prova S.p.A.,L=Milano,C=IT";
pub const AUTHORITY_NAME: &str = "CN=Autorita di Prova CA1,O=Autorita di Prova,C=IT";
pub const HISTORIC_NAME: &str = "CN=Autorita di Prova CA0,O=Autorita di Prova,C=IT";

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";

/// One extension; `value` is what the octet string holds.
#[derive(Clone, Debug)]
pub struct Extension {
    pub oid: &'static str,
    pub critical: bool,
    pub value: Vec<u8>,
}

pub mod extension {
    //! The extensions, not critical unless RFC 5280 says so.

    use super::{Extension, der, name};

    pub const SUBJECT_KEY: &str = "2.5.29.14";
    pub const KEY_USAGE: &str = "2.5.29.15";
    pub const ALTERNATIVE_NAME: &str = "2.5.29.17";
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    pub const CRL_NUMBER: &str = "2.5.29.20";
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    pub const CRL_POINTS: &str = "2.5.29.31";
    pub const POLICIES: &str = "2.5.29.32";
    pub const AUTHORITY_KEY: &str = "2.5.29.35";
    pub const EXTENDED_USAGE: &str = "2.5.29.37";
    const INFORMATION_ACCESS: &str = "1.3.6.1.5.5.7.1.1";

    fn plain(oid: &'static str, value: Vec<u8>) -> Extension {
        Extension {
            oid,
            critical: false,
            value,
        }
    }

    /// `usage` as the octet of the bit string: 0x80 digitalSignature, 0x06 keyCertSign and cRLSign.
    pub fn key_usage(usage: u8) -> Extension {
        let value = der::element(0x03, &[usage.trailing_zeros() as u8, usage]);
        Extension {
            critical: true,
            ..plain(KEY_USAGE, value)
        }
    }

    pub fn extended_usage(purposes: &[&str]) -> Extension {
        plain(
            EXTENDED_USAGE,
            der::sequence(purposes.iter().map(|purpose| der::oid(purpose))),
        )
    }

    pub fn address(address: &str) -> Extension {
        addresses(&[address])
    }

    pub fn addresses(addresses: &[&str]) -> Extension {
        let names = addresses
            .iter()
            .map(|address| der::implicit(1, address.as_bytes()));
        plain(ALTERNATIVE_NAME, der::sequence(names))
    }

    pub fn host(host: &str) -> Extension {
        plain(
            ALTERNATIVE_NAME,
            der::sequence([der::implicit(2, host.as_bytes())]),
        )
    }

    /// Policies with a pointer to the practice statement each.
    pub fn policies(policies: &[&str]) -> Extension {
        let pointer = der::sequence([
            der::oid("1.3.6.1.5.5.7.2.1"),
            der::element(0x16, b"http://www.autorita.example/certificati-firma-pec"),
        ]);
        let one = |policy: &&str| der::sequence([der::oid(policy), der::sequence([&pointer])]);
        plain(POLICIES, der::sequence(policies.iter().map(one)))
    }

    pub fn authority(path_length: Option<u64>) -> Extension {
        let length = path_length.map(der::number).unwrap_or_default();
        let value = der::sequence([der::boolean(true), length]);
        Extension {
            critical: true,
            ..plain(BASIC_CONSTRAINTS, value)
        }
    }

    /// `CA:FALSE`: an empty sequence, the default being left out.
    pub fn not_an_authority() -> Extension {
        plain(BASIC_CONSTRAINTS, der::sequence::<&[u8]>([]))
    }

    pub fn subject_key(identifier: &[u8]) -> Extension {
        plain(SUBJECT_KEY, der::octets(identifier))
    }

    pub fn authority_key(identifier: &[u8]) -> Extension {
        plain(AUTHORITY_KEY, der::sequence([der::implicit(0, identifier)]))
    }

    pub fn crl_points() -> Extension {
        let address = der::implicit(6, b"http://ca1.autorita.example/CRL");
        let point = der::sequence([der::explicit(0, &der::explicit(0, &address))]);
        plain(CRL_POINTS, der::sequence([point]))
    }

    pub fn information_access() -> Extension {
        let address = der::implicit(6, b"http://ca1.autorita.example/OCSP");
        let access = der::sequence([der::oid("1.3.6.1.5.5.7.48.1"), address]);
        plain(INFORMATION_ACCESS, der::sequence([access]))
    }

    /// Mail hosts and directory names that are permitted; all addresses and host names of the
    /// internet that are not (as in the AgID CA1 certificate of 2025).
    pub fn name_constraints(hosts: &[&str], directories: &[&str]) -> Extension {
        let hosts = hosts
            .iter()
            .map(|host| der::sequence([der::implicit(1, host.as_bytes())]));
        let directories = directories
            .iter()
            .map(|text| der::sequence([der::explicit(4, &name(text))]));
        let permitted = der::concat(hosts.chain(directories));
        let excluded = [
            der::sequence([der::implicit(7, &[0; 8])]),
            der::sequence([der::implicit(7, &[0; 32])]),
            der::sequence([der::implicit(2, b"")]),
        ];
        let trees = [
            der::explicit(0, &permitted),
            der::explicit(1, &excluded.concat()),
        ];
        plain(NAME_CONSTRAINTS, der::sequence(trees))
    }

    pub fn unknown(critical: bool) -> Extension {
        Extension {
            critical,
            ..plain("1.3.6.1.4.1.99999.1", der::utf8("prova"))
        }
    }
}

/// A distinguished name from its RFC 4514 text; no escapes.
pub fn name(text: &str) -> Vec<u8> {
    let part = |part: &str| {
        let (kind, value) = part.split_once('=').expect("kind=value");
        let (oid, value) = match kind {
            "C" => ("2.5.4.6", der::printable(value)),
            "CN" => ("2.5.4.3", der::utf8(value)),
            "L" => ("2.5.4.7", der::utf8(value)),
            "ST" => ("2.5.4.8", der::utf8(value)),
            "O" => ("2.5.4.10", der::utf8(value)),
            "2.5.4.97" => ("2.5.4.97", der::utf8(value)),
            other => panic!("unknown kind of name: {other}"),
        };
        der::set([der::sequence([der::oid(oid), value])])
    };
    der::sequence(text.rsplit(',').map(part))
}

/// A certificate to be signed.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    pub serial: Vec<u8>,
    pub not_before: String,
    pub not_after: String,
    pub key: Key,
    pub issuer_key: Key,
    pub scheme: Scheme,
    pub extensions: Vec<Extension>,
}

impl Certificate {
    /// A signer's certificate by the profile of 2017 and after (rules, 6.2).
    pub fn signer(subject: &str, address: &str, key: Key) -> Self {
        Certificate {
            subject: subject.to_owned(),
            issuer: AUTHORITY_NAME.to_owned(),
            serial: serial(&format!("{subject} {address} {}", key.0)),
            not_before: "2025-01-15T09:00:00Z".to_owned(),
            not_after: "2028-01-15T09:00:00Z".to_owned(),
            key,
            issuer_key: keys::AUTHORITY,
            scheme: Scheme::Pkcs1(Digest::Sha256),
            extensions: vec![
                extension::information_access(),
                extension::subject_key(&key.identifier()),
                extension::authority_key(&keys::AUTHORITY.identifier()),
                extension::policies(&[PEC_POLICY]),
                extension::crl_points(),
                extension::key_usage(0x80),
                extension::extended_usage(&[EMAIL_PROTECTION]),
                extension::address(address),
            ],
        }
    }

    /// Puts an extension in the place of the one of the same kind, or at the end.
    pub fn with(mut self, extension: Extension) -> Self {
        match self
            .extensions
            .iter()
            .position(|old| old.oid == extension.oid)
        {
            Some(place) => self.extensions[place] = extension,
            None => self.extensions.push(extension),
        }
        self
    }

    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|extension| extension.oid != oid);
        self
    }

    pub fn valid(mut self, from: &str, until: &str) -> Self {
        self.not_before = from.to_owned();
        self.not_after = until.to_owned();
        // Another certificate needs another serial number.
        self.serial = serial(&format!("{} {from} {until}", self.subject));
        self
    }

    pub fn issued_by(mut self, issuer: &str, key: Key) -> Self {
        self.issuer = issuer.to_owned();
        self.issuer_key = key;
        self.with(extension::authority_key(&key.identifier()))
    }

    pub fn renumbered(mut self, salt: &str) -> Self {
        self.serial = serial(&format!("{} {salt}", self.subject));
        self
    }

    pub fn to_der(&self) -> Vec<u8> {
        let validity = der::sequence([der::time(&self.not_before), der::time(&self.not_after)]);
        let contents = der::sequence([
            der::explicit(0, &der::number(2)),
            der::integer(&self.serial),
            self.scheme.identifier(),
            name(&self.issuer),
            validity,
            name(&self.subject),
            self.key.spki(),
            der::explicit(
                3,
                &der::sequence(self.extensions.iter().map(encode_extension)),
            ),
        ]);
        signed(contents, self.issuer_key, self.scheme)
    }

    pub fn sha1(&self) -> String {
        hex(&Digest::Sha1.of(&self.to_der()))
    }

    pub fn sha256(&self) -> String {
        hex(&Digest::Sha256.of(&self.to_der()))
    }
}

/// One entry of a revocation list: the certificate, the time, and the reason (RFC 5280, 5.3.1).
pub struct Revoked<'a> {
    pub certificate: &'a Certificate,
    pub at: &'a str,
    pub reason: Option<u8>,
}

/// A revocation list of `issuer`, signed by `key`.
pub fn revocation_list(
    issuer: &str,
    key: Key,
    [from, until]: [&str; 2],
    revoked: &[Revoked],
) -> Vec<u8> {
    let scheme = Scheme::Pkcs1(Digest::Sha256);
    let entry = |entry: &Revoked| {
        let reason = entry.reason.map(|reason| {
            let value = der::element(0x0a, &[reason]);
            let extension = Extension {
                oid: "2.5.29.21",
                critical: false,
                value,
            };
            der::sequence([encode_extension(&extension)])
        });
        let serial = der::integer(&entry.certificate.serial);
        der::sequence([serial, der::time(entry.at), reason.unwrap_or_default()])
    };
    // The list is left out when empty (RFC 5280, 5.1.2.6).
    let entries = match revoked {
        [] => Vec::new(),
        _ => der::sequence(revoked.iter().map(entry)),
    };
    let extensions = [
        extension::authority_key(&key.identifier()),
        Extension {
            oid: extension::CRL_NUMBER,
            critical: false,
            value: der::number(7),
        },
    ];
    let contents = der::sequence([
        der::number(1),
        scheme.identifier(),
        name(issuer),
        der::time(from),
        der::time(until),
        entries,
        der::explicit(0, &der::sequence(extensions.iter().map(encode_extension))),
    ]);
    signed(contents, key, scheme)
}

fn signed(contents: Vec<u8>, key: Key, scheme: Scheme) -> Vec<u8> {
    let value = der::bits(&key.sign(scheme, &contents));
    der::sequence([contents, scheme.identifier(), value])
}

fn encode_extension(extension: &Extension) -> Vec<u8> {
    let critical = if extension.critical {
        der::boolean(true)
    } else {
        Vec::new()
    };
    der::sequence([
        der::oid(extension.oid),
        critical,
        der::octets(&extension.value),
    ])
}

/// Sixteen octets made from a name: no two certificates share them, and they never change.
fn serial(of: &str) -> Vec<u8> {
    let mut octets = Digest::Sha256.of(of.as_bytes())[..16].to_vec();
    octets[0] = octets[0] & 0x3f | 0x40;
    octets
}

// The test world.

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
        "# The test authority: what `--trust` is given in the suite. Made by tests/support/pki.rs.\n\
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
    use base64::Engine;
    let spki = key.spki();
    *out += &format!(
        "\n[[authority]]\nsubject = \"{subject}\"\nissuer  = \"{ROOT_NAME}\"\n\
         signer_policy = \"{PEC_POLICY}\"\nspki_sha256 = \"{}\"\nspki = \"{}\"\nsubject_key_id = \"{}\"\n",
        hex(&Digest::Sha256.of(&spki)),
        base64::engine::general_purpose::STANDARD.encode(&spki),
        hex(&key.identifier()),
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

/// Octets as a PEM block.
pub fn pem(label: &str, octets: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}-----END {label}-----\n",
        super::text::base64_lines(octets, 64).replace("\r\n", "\n")
    )
}
