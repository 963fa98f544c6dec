//! The index of providers (IGPEC): an LDIF of invented providers, plain and signed (rules,
//! 7.2 to 7.4).

use super::cms::{SignedData, Signer};
use super::keys;
use super::pki::Certificate;
use super::text::base64_lines;
use super::world::{self, Provider};

/// One record of the list.
pub struct Record {
    pub provider: Provider,
    pub certificates: Vec<Certificate>,
    pub domains: Vec<&'static str>,
}

pub fn sending() -> Record {
    record(
        world::SENDING,
        &["gestore-mittente.example", "pec.mittente.example"],
    )
}

pub fn receiving() -> Record {
    let domains = [
        "gestore-destinatario.example",
        "pec.destinatario.example",
        "pec.comune.example",
    ];
    record(world::RECEIVING, &domains)
}

pub fn other() -> Record {
    record(
        world::OTHER,
        &["gestore-terzo.example", "pec.terzo.example"],
    )
}

pub fn record(provider: Provider, domains: &[&'static str]) -> Record {
    Record {
        provider,
        certificates: vec![provider.certificate()],
        domains: domains.to_vec(),
    }
}

/// The LDIF text: base record, then the providers; long values folded (RFC 2849).
pub fn ldif(records: &[Record]) -> String {
    let mut out = String::from(
        "dn: o=postacert\nobjectclass: top\nobjectclass: organization\n\
         objectClass: LDIFLocationURLObject\no: postacert\n\
         LDIFLocationURL: https://igpec.autorita.example/igpec.ldif.p7m\n\
         description: Base della directory\n",
    );
    for record in records {
        out += &entry(record);
    }
    out
}

fn entry(record: &Record) -> String {
    let name = record
        .provider
        .subject
        .split(',')
        .find_map(|part| part.strip_prefix("O="));
    let name = name.expect("an organisation");
    let host = record.provider.host;
    let mut out = format!(
        "\ndn: providerName={name},o=postacert\nobjectclass: top\nobjectclass: provider\n\
         providerName: {name}\n"
    );
    for (place, certificate) in record.certificates.iter().enumerate() {
        // Both cases of hex digits occur.
        let hash = certificate.sha1();
        let hash = if place % 2 == 0 {
            hash.to_uppercase()
        } else {
            hash
        };
        out += &format!("providerCertificateHash: {hash}\n");
        out += &folded("providerCertificate;binary:: ", &certificate.to_der());
    }
    out += &format!(
        "mailReceipt: ricevute@{host}\nLDIFLocationURL: https://{host}/gestore.ldif.p7m\n"
    );
    out += &record
        .domains
        .iter()
        .map(|d| format!("managedDomains: {d}\n"))
        .collect::<String>();
    out + "description: Servizi di posta certificata\n"
}

fn folded(label: &str, octets: &[u8]) -> String {
    let value = base64_lines(octets, 4096).replace("\r\n", "");
    let line = format!("{label}{value}");
    let pieces: Vec<_> = line
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect();
    format!("{}\n", pieces.join("\n "))
}

/// The list signed by the index itself, content inside, binary (rules, 7.4); `at` dates it.
pub fn signed(list: &str, at: &str) -> Vec<u8> {
    let certificate = Certificate::signer(
        "CN=Indice dei gestori,O=Autorita di Prova,L=Roma,ST=Roma,C=IT",
        "indice@autorita.example",
        keys::THIRD,
    );
    signed_by(&certificate, list, at)
}

/// The list signed by somebody.
fn signed_by(certificate: &Certificate, list: &str, at: &str) -> Vec<u8> {
    let signer = Signer::new(certificate, list.as_bytes(), at);
    let mut signed = SignedData::new(signer, Some(&world::editions()[0].certificate));
    signed.embedded = Some(list.as_bytes().to_vec());
    signed.encode(list.as_bytes())
}

/// Every list of `fixtures/providers`, by file name.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let whole = ldif(&[sending(), receiving(), other()]);
    let without_recipient = ldif(&[sending(), other()]);
    let renewed = ldif(&[sending(), with_next_certificate(), other()]);
    let elsewhere = ldif(&[
        sending(),
        record(
            world::RECEIVING,
            &["gestore-destinatario.example", "pec.comune.example"],
        ),
        record(
            world::OTHER,
            &["gestore-terzo.example", "pec.destinatario.example"],
        ),
    ]);
    let then = "2026-05-03T22:00:00Z";
    let stranger = |subject, address| {
        Certificate::signer(subject, address, keys::STRANGER).issued_by(
            "CN=Altra Autorita CA,O=Altra Autorita S.p.A.,C=IT",
            keys::STRANGER,
        )
    };
    let borrowing = stranger(world::OTHER.subject, "indice@altro.example");
    let unknown = stranger("CN=Indice,O=Chi sa,C=IT", "indice@altro.example");
    vec![
        ("igpec.ldif", whole.clone().into_bytes()),
        ("igpec.ldif.p7m", signed(&whole, then)),
        (
            "igpec-without-recipient.ldif.p7m",
            signed(&without_recipient, then),
        ),
        ("igpec-other-certificate.ldif.p7m", signed(&renewed, then)),
        (
            "igpec-by-a-stranger.ldif.p7m",
            signed_by(&unknown, &whole, then),
        ),
        (
            "igpec-by-a-borrowed-name.ldif.p7m",
            signed_by(&borrowing, &whole, then),
        ),
        ("igpec-domain-elsewhere.ldif.p7m", signed(&elsewhere, then)),
        (
            "igpec-domain-elsewhere-2025.ldif.p7m",
            signed(&elsewhere, "2025-02-01T22:00:00Z"),
        ),
        (
            "igpec-without-recipient-2025.ldif.p7m",
            signed(&without_recipient, "2025-02-01T22:00:00Z"),
        ),
    ]
}

/// The recipient's provider, but with the certificate that follows the one in use.
fn with_next_certificate() -> Record {
    let next = world::RECEIVING
        .certificate()
        .valid("2026-04-01T09:00:00Z", "2029-04-01T09:00:00Z");
    Record {
        certificates: vec![next],
        ..receiving()
    }
}
