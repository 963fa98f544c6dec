//! The authority of the practice provider: who it is, what it signs with, what proves it.
//!
//! Made new, or read from a folder. The authority's own key and that of the root for TLS are
//! thrown away once they have signed: nobody can issue a second certificate under them. Every
//! name says that it has no value, and none of the program's own trust data knows them.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::RsaKeyPair;
use base64_simd::STANDARD;
use der::Decode;
use der::asn1::{Ia5String, OctetString};
use der::oid::ObjectIdentifier as Oid;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{CertificatePolicies, ExtendedKeyUsage, NameConstraints};

use super::certificate::{Extension, PrivateKey, Request};
use super::{Error, signature};
use crate::pec::{SIGNER_LOCAL_PART, SIGNER_POLICY};
use crate::smime::certificate::hex;
use crate::smime::pem::armoured;
use crate::smime::{sha1, sha256};
use crate::timestamp::Timestamp;

const AUTHORITY: &str = "CN=Autorita di PROVA - nessun valore,O=Autorita di PROVA,C=IT";
const SIGNER: &str = "CN=Posta di PROVA senza valore legale,O=Gestore di PROVA senza valore legale,L=Roma,ST=Roma,C=IT";
/// The part of [`SIGNER`] that the name constraints permit.
const PERMITTED: &str = "O=Gestore di PROVA senza valore legale,L=Roma,ST=Roma,C=IT";
const TLS_ROOT: &str = "CN=Radice TLS di PROVA - nessun valore,O=Autorita di PROVA,C=IT";
const TLS_SERVER: &str = "CN=localhost,O=Gestore di PROVA senza valore legale,C=IT";

/// As `gestore-emittente` says it.
pub const PROVIDER_NAME: &str = "GESTORE DI PROVA senza valore legale";

/// The policy of the authority itself, as AgID's is (the signers' without its last number).
const AUTHORITY_POLICY: Oid = Oid::new_unwrap("1.3.76.16.3.1");
const EMAIL_PROTECTION: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
const CLIENT_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
const SERVER_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.1");

/// How long the certificates are valid: longer than anybody practises.
const YEARS: i64 = 10;
/// Before the present, so that a clock somewhat behind finds them valid.
const EARLIER_SECONDS: i64 = 86_400;

/// Keys and certificates of one practice provider.
#[derive(Clone)]
pub struct Identity(Arc<Parts>);

struct Parts {
    domain: String,
    signer_key: RsaKeyPair,
    signer_pkcs8: Vec<u8>,
    signer: Vec<u8>,
    authority: Vec<u8>,
    server_pkcs8: Vec<u8>,
    server: Vec<u8>,
    root: Vec<u8>,
    trust: String,
}

/// File names within the folder of an identity.
const SIGNER_KEY: &str = "signer.key.pem";
const SERVER_KEY: &str = "server.key.pem";
const SIGNER_CHAIN: &str = "signer.pem";
const SERVER_CERTIFICATE: &str = "server.pem";
/// The root for TLS, as programs of mail want it.
pub const CA_FILE: &str = "ca.pem";
/// The trust data, as `--trust` wants them.
pub const TRUST_FILE: &str = "trust.toml";

impl Identity {
    /// Makes new keys and certificates, valid from the day before `now`, for a provider whose
    /// mailboxes are in `domain`.
    ///
    /// # Errors
    /// When a key cannot be made, or `domain` is none.
    pub fn new(domain: &str, now: Timestamp) -> Result<Self, Error> {
        let validity = (
            Timestamp::from_unix(now.unix() - EARLIER_SECONDS),
            Timestamp::from_unix(now.unix() + YEARS * 365 * 86_400),
        );
        let authority_key = PrivateKey::ec()?;
        let authority = authority_certificate(domain, validity, &authority_key)?;
        let signer_key = PrivateKey::rsa()?;
        let signer = signer_certificate(domain, validity, &signer_key, &authority_key)?;
        let (server_key, root_key) = (PrivateKey::ec()?, PrivateKey::ec()?);
        let root = tls_root(validity, &root_key)?;
        let server = tls_server(validity, &server_key, &root_key)?;
        let trust = trust_file(domain, &authority_key, &authority, validity)?;
        let PrivateKey::Rsa(pair) = signer_key else {
            return Err(Error::Key);
        };
        let signer_pkcs8 = PrivateKey::Rsa(pair).pkcs8()?;
        Ok(Self(Arc::new(Parts {
            domain: domain.to_owned(),
            signer_key: RsaKeyPair::from_pkcs8(&signer_pkcs8).map_err(|_| Error::Key)?,
            signer_pkcs8,
            signer,
            authority,
            server_pkcs8: server_key.pkcs8()?,
            server,
            root,
            trust,
        })))
    }

    /// The identity kept in a folder, or a new one, which is then kept there. A kept one of
    /// another domain, or one that has ended, is replaced.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn in_folder(folder: &Path, domain: &str, now: Timestamp) -> Result<Self, Error> {
        match Self::read(folder, domain, now) {
            Some(identity) => Ok(identity),
            None => {
                let identity = Self::new(domain, now)?;
                identity.keep(folder)?;
                Ok(identity)
            }
        }
    }

    /// What is kept in a folder; `None` when it is not whole, not of that domain, or ended.
    fn read(folder: &Path, domain: &str, now: Timestamp) -> Option<Self> {
        let objects = |name: &str, label: &str| {
            let octets = fs::read(folder.join(name)).ok()?;
            armoured(&octets, label).ok()?
        };
        let key = |name: &str| objects(name, "PRIVATE KEY")?.into_iter().next();
        let signer_pkcs8 = key(SIGNER_KEY)?;
        let mut chain = objects(SIGNER_CHAIN, "CERTIFICATE")?.into_iter();
        let (signer, authority) = (chain.next()?, chain.next()?);
        let read = crate::smime::certificate::Certificate::parse(&signer).ok()?;
        let address = format!("{SIGNER_LOCAL_PART}@{domain}");
        if read.not_after < now || !read.mail_addresses().any(|own| own == address) {
            return None;
        }
        let certificate = |name: &str| objects(name, "CERTIFICATE")?.into_iter().next();
        Some(Self(Arc::new(Parts {
            domain: domain.to_owned(),
            signer_key: RsaKeyPair::from_pkcs8(&signer_pkcs8).ok()?,
            signer_pkcs8,
            signer,
            authority,
            server_pkcs8: key(SERVER_KEY)?,
            server: certificate(SERVER_CERTIFICATE)?,
            root: certificate(CA_FILE)?,
            trust: fs::read_to_string(folder.join(TRUST_FILE)).ok()?,
        })))
    }

    fn keep(&self, folder: &Path) -> Result<(), Error> {
        let parts = &*self.0;
        let chain = [&parts.signer, &parts.authority].map(|der| pem("CERTIFICATE", der));
        write_secret(
            &folder.join(SIGNER_KEY),
            &pem("PRIVATE KEY", &parts.signer_pkcs8),
        )?;
        write_secret(
            &folder.join(SERVER_KEY),
            &pem("PRIVATE KEY", &parts.server_pkcs8),
        )?;
        for (name, text) in [
            (SIGNER_CHAIN, chain.concat()),
            (SERVER_CERTIFICATE, pem("CERTIFICATE", &parts.server)),
            (CA_FILE, self.ca_pem()),
            (TRUST_FILE, parts.trust.clone()),
        ] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| Error::of_file(&path, error))?;
        }
        Ok(())
    }

    /// The domain of the mailboxes, and of the signer's address.
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The address that signs.
    pub fn signer_address(&self) -> String {
        format!("{SIGNER_LOCAL_PART}@{}", self.0.domain)
    }

    /// The trust data that make its receipts genuine, in the form of `--trust`.
    pub fn trust(&self) -> &str {
        &self.0.trust
    }

    /// The certificate of the practice authority, PEM: a witness's anchor.
    pub fn authority_pem(&self) -> String {
        pem("CERTIFICATE", &self.0.authority)
    }

    /// The root that the servers' certificate leads to, PEM.
    pub fn ca_pem(&self) -> String {
        pem("CERTIFICATE", &self.0.root)
    }

    /// What the servers say of themselves in TLS 1.2 and 1.3.
    pub(super) fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![CertificateDer::from(self.0.server.clone())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.0.server_pkcs8.clone()));
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| Error::Tls(error.to_string()))?;
        Ok(Arc::new(config))
    }

    /// A signature over the octets, beside them.
    pub(super) fn sign(&self, content: &[u8], at: Timestamp) -> Result<Vec<u8>, Error> {
        let own = &self.0;
        signature::detached(content, at, &own.signer_key, [&own.signer, &own.authority])
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.0.domain)
    }
}

/// The certificate of the authority, with the names that it permits (rules as AgID CA1 has).
fn authority_certificate(
    domain: &str,
    validity: (Timestamp, Timestamp),
    key: &PrivateKey,
) -> Result<Vec<u8>, Error> {
    let subtree = |base: GeneralName| GeneralSubtree {
        base,
        minimum: 0,
        maximum: None,
    };
    let host = GeneralName::Rfc822Name(Ia5String::new(domain)?);
    let directory = GeneralName::DirectoryName(PERMITTED.parse()?);
    let every_address = [4, 16].map(|size| OctetString::new(vec![0u8; size * 2]));
    let [v4, v6] = every_address;
    let constraints = NameConstraints {
        permitted_subtrees: Some(vec![subtree(host), subtree(directory)]),
        excluded_subtrees: Some(vec![
            subtree(GeneralName::IpAddress(v4?)),
            subtree(GeneralName::IpAddress(v6?)),
        ]),
    };
    let purposes = ExtendedKeyUsage(vec![CLIENT_AUTH, EMAIL_PROTECTION]);
    let mut extensions = Vec::from(Extension::authority()?);
    extensions.push(Extension::plain(&policy(AUTHORITY_POLICY))?);
    extensions.push(Extension::plain(&purposes)?);
    extensions.push(Extension::plain(&constraints)?);
    Request {
        subject: AUTHORITY,
        issuer: AUTHORITY,
        validity,
        key,
        issuer_key: key,
        extensions,
    }
    .issue()
}

/// The profile that real signers have had since 2017 (RFC 6109, 5.5): no basic constraints.
fn signer_certificate(
    domain: &str,
    validity: (Timestamp, Timestamp),
    key: &PrivateKey,
    issuer_key: &PrivateKey,
) -> Result<Vec<u8>, Error> {
    let address = Ia5String::new(&format!("{SIGNER_LOCAL_PART}@{domain}"))?;
    let mut extensions = Vec::from(Extension::signer(EMAIL_PROTECTION)?);
    extensions.push(Extension::plain(&policy(Oid::new_unwrap(SIGNER_POLICY)))?);
    extensions.push(Extension::names(vec![GeneralName::Rfc822Name(address)])?);
    Request {
        subject: SIGNER,
        issuer: AUTHORITY,
        validity,
        key,
        issuer_key,
        extensions,
    }
    .issue()
}

fn policy(oid: Oid) -> CertificatePolicies {
    CertificatePolicies(vec![PolicyInformation {
        policy_identifier: oid,
        policy_qualifiers: None,
    }])
}

fn tls_root(validity: (Timestamp, Timestamp), key: &PrivateKey) -> Result<Vec<u8>, Error> {
    Request {
        subject: TLS_ROOT,
        issuer: TLS_ROOT,
        validity,
        key,
        issuer_key: key,
        extensions: Vec::from(Extension::authority()?),
    }
    .issue()
}

/// For `localhost` and 127.0.0.1, where the servers listen.
fn tls_server(
    validity: (Timestamp, Timestamp),
    key: &PrivateKey,
    issuer_key: &PrivateKey,
) -> Result<Vec<u8>, Error> {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut extensions = Vec::from(Extension::signer(SERVER_AUTH)?);
    extensions.push(Extension::names(vec![
        GeneralName::DnsName(Ia5String::new("localhost")?),
        GeneralName::from(loopback),
    ])?);
    Request {
        subject: TLS_SERVER,
        issuer: TLS_ROOT,
        validity,
        key,
        issuer_key,
        extensions,
    }
    .issue()
}

/// The trust data in the form that `providers/trust.toml` describes.
fn trust_file(
    domain: &str,
    key: &PrivateKey,
    certificate: &[u8],
    (from, until): (Timestamp, Timestamp),
) -> Result<String, Error> {
    let spki = key.spki()?;
    let serial = x509_cert::Certificate::from_der(certificate)?;
    let serial = hex(serial.tbs_certificate().serial_number().as_bytes());
    Ok(format!(
        "# A PRACTICE authority. Nothing that it signs has legal value.\n\
         # Autorità di PROVA. Niente di ciò che firma ha valore legale.\n\
         as_of = \"{day}\"\npractice = true\n\n[[authority]]\nsubject = \"{AUTHORITY}\"\n\
         issuer  = \"{AUTHORITY}\"\nsigner_policy = \"{SIGNER_POLICY}\"\ncomplete = true\n\
         spki_sha256 = \"{spki_sha256}\"\nspki = \"{spki}\"\n\n[[authority.edition]]\n\
         not_before = {from}\nnot_after  = {until}\nserial = \"{serial}\"\n\
         sha256 = \"{sha256}\"\nsha1   = \"{sha1}\"\npath_len = 0\n\
         policies = [\"{AUTHORITY_POLICY}\"]\n\
         extended_key_usage = [\"{CLIENT_AUTH}\", \"{EMAIL_PROTECTION}\"]\n\
         permitted_mail_hosts = [\"{domain}\"]\n\
         permitted_directory_names = [\"{PERMITTED}\"]\n\
         excluded = [\"IPAddress:0.0.0.0/0\", \"IPAddress:::/0\"]\n",
        day = from.italian_day(),
        spki_sha256 = sha256(&spki),
        spki = STANDARD.encode_to_string(&spki),
        sha256 = sha256(certificate),
        sha1 = sha1(certificate),
    ))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode_to_string(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Writes a file that only its owner can read.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        use std::io::Write;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|error| Error::of_file(path, error))
}
