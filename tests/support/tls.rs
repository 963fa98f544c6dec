//! Certificates of test servers: for `localhost` and 127.0.0.1, under the test root.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::digest::Digest;
use super::keys::{self, Scheme};
use super::pki::{self, Certificate, Extension, extension};
use super::world::ROOT_NAME;
use super::{der, fixtures_folder};

/// The PEM text to trust so that these servers are trusted.
pub fn root() -> Vec<u8> {
    std::fs::read(fixtures_folder().join("pki/root.pem")).expect("a committed file")
}

/// A server's certificate for these names.
pub fn certificate(hosts: &[&str], addresses: &[[u8; 4]]) -> Vec<u8> {
    let hosts = hosts.iter().map(|host| der::implicit(2, host.as_bytes()));
    let addresses = addresses.iter().map(|address| der::implicit(7, address));
    let names = Extension {
        oid: extension::ALTERNATIVE_NAME,
        critical: false,
        value: der::sequence(hosts.chain(addresses)),
    };
    server_certificate(names).to_der()
}

fn server_certificate(names: Extension) -> Certificate {
    Certificate {
        subject: "CN=Server di prova,O=Gestore di Prova S.p.A.,C=IT".to_owned(),
        issuer: ROOT_NAME.to_owned(),
        serial: pki::serial("server"),
        not_before: "2025-01-01T00:00:00Z".to_owned(),
        not_after: "2049-01-01T00:00:00Z".to_owned(),
        key: keys::P256,
        issuer_key: keys::ROOT,
        scheme: Scheme::Pkcs1(Digest::Sha256),
        extensions: vec![
            extension::key_usage(0x80),
            extension::extended_usage(&[pki::SERVER_AUTH]),
            names,
        ],
    }
}

/// What `openssl req -x509` makes: the certificate of an authority, its own issuer, shown by a
/// server. Nobody comes so far as to look at the signature, which is not its own.
pub fn own_certificate(host: &str) -> Vec<u8> {
    let mut certificate = server_certificate(extension::host(host));
    certificate.issuer.clone_from(&certificate.subject);
    certificate.extensions = vec![extension::authority(None), extension::host(host)];
    certificate.to_der()
}

/// A certificate as a file of authorities has it.
pub fn pem(certificate: &[u8]) -> Vec<u8> {
    pki::pem("CERTIFICATE", certificate).into_bytes()
}

/// The key of every such certificate, PKCS#8 in PEM.
pub fn key() -> Vec<u8> {
    std::fs::read(fixtures_folder().join("pki/keys/p256.pem")).expect("a committed file")
}

/// What a server in Rust shows.
pub fn configuration(certificate: Vec<u8>) -> rustls::ServerConfig {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from_pem_slice(&key()).expect("a good key");
    rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has suites")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], key)
        .expect("the key is the certificate's")
}
