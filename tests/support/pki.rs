//! Certificates and revocation lists (RFC 5280).

use super::der;
use super::digest::{Digest, hex};
use super::keys::{self, Key, Scheme};
use super::world::AUTHORITY_NAME;

pub const PEC_POLICY: &str = "1.3.76.16.3.1.1";
pub const AUTHORITY_POLICY: &str = "1.3.76.16.3.1";

pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

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

    /// Which certificates a list is of (RFC 5280, 5.2.5): the fields as they are encoded.
    pub fn issuing_point(fields: &[Vec<u8>]) -> Extension {
        Extension {
            critical: true,
            ..plain("2.5.29.28", der::sequence(fields))
        }
    }

    /// The distribution point of a list, as [`crl_points`] names it with another end.
    pub fn point_at(end: &str) -> Vec<u8> {
        let address = format!("http://ca1.autorita.example/{end}");
        let address = der::implicit(6, address.as_bytes());
        der::explicit(0, &der::explicit(0, &address))
    }

    /// That a list holds what changed since number 6 (RFC 5280, 5.2.4).
    pub fn delta_indicator() -> Extension {
        delta_since(6)
    }

    /// That a list holds what changed since that number.
    pub fn delta_since(number: u64) -> Extension {
        Extension {
            critical: true,
            ..plain("2.5.29.27", der::number(number))
        }
    }

    /// Another number of a list than 7 (RFC 5280, 5.2.3).
    pub fn crl_number(number: u64) -> Extension {
        plain(CRL_NUMBER, der::number(number))
    }

    /// The distribution point of a list, named as an entry of a directory.
    pub fn point_of(issuer: &str) -> Vec<u8> {
        let entry = der::explicit(4, &name(issuer));
        der::explicit(0, &der::explicit(0, &entry))
    }

    /// An invalidity date that is none (RFC 5280, 5.3.2).
    pub fn invalid_since_nobody_knows() -> Extension {
        plain("2.5.29.24", der::utf8("maggio"))
    }

    /// Whose certificate an entry is (RFC 5280, 5.3.3).
    pub fn certificate_issuer(issuer: &str) -> Extension {
        let value = der::sequence([der::explicit(4, &name(issuer))]);
        Extension {
            critical: true,
            ..plain("2.5.29.29", value)
        }
    }

    /// Since when a key is known or thought to be in strange hands (RFC 5280, 5.3.2).
    pub fn invalid_since(at: &str) -> Extension {
        let digits: String = at.chars().filter(char::is_ascii_digit).collect();
        let time = der::element(0x18, format!("{digits}Z").as_bytes());
        plain("2.5.29.24", time)
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
#[derive(Clone)]
pub struct Revoked<'a> {
    pub certificate: &'a Certificate,
    pub at: &'a str,
    pub reason: Option<u8>,
}

/// A revocation list of `issuer`, signed by `key`.
pub fn revocation_list(issuer: &str, key: Key, period: [&str; 2], revoked: &[Revoked]) -> Vec<u8> {
    let entries: Vec<_> = revoked
        .iter()
        .map(|entry| (entry.clone(), Vec::new()))
        .collect();
    revocation_list_with(issuer, key, period, &entries, &[])
}

/// The same with more extensions, of entries and of the list.
pub fn revocation_list_with(
    issuer: &str,
    key: Key,
    [from, until]: [&str; 2],
    revoked: &[(Revoked, Vec<Extension>)],
    more: &[Extension],
) -> Vec<u8> {
    let scheme = Scheme::Pkcs1(Digest::Sha256);
    let entry = |(entry, more): &(Revoked, Vec<Extension>)| {
        let reason = entry.reason.map(|reason| Extension {
            oid: "2.5.29.21",
            critical: false,
            value: der::element(0x0a, &[reason]),
        });
        let extensions: Vec<Vec<u8>> = reason.iter().chain(more).map(encode_extension).collect();
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => der::sequence(extensions),
        };
        let serial = der::integer(&entry.certificate.serial);
        der::sequence([serial, der::time(entry.at), extensions])
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
    let is_usual = |one: &&Extension| more.iter().all(|other| other.oid != one.oid);
    let usual = extensions.iter().filter(is_usual);
    let extensions = usual.chain(more).map(encode_extension);
    let contents = der::sequence([
        der::number(1),
        scheme.identifier(),
        name(issuer),
        der::time(from),
        der::time(until),
        entries,
        der::explicit(0, &der::sequence(extensions)),
    ]);
    signed(contents, key, scheme)
}

fn signed(contents: Vec<u8>, key: Key, scheme: Scheme) -> Vec<u8> {
    let value = der::bits(&key.sign(scheme, &contents));
    der::sequence([contents, scheme.identifier(), value])
}

pub fn encode_extension(extension: &Extension) -> Vec<u8> {
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
pub fn serial(of: &str) -> Vec<u8> {
    let mut octets = Digest::Sha256.of(of.as_bytes())[..16].to_vec();
    octets[0] = octets[0] & 0x3f | 0x40;
    octets
}

/// Octets as a PEM block.
pub fn pem(label: &str, octets: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}-----END {label}-----\n",
        super::text::base64_lines(octets, 64).replace("\r\n", "\n")
    )
}
