//! CMS SignedData (RFC 5652) as PEC providers write it, and with every defect the rules know.

use super::der;
use super::digest::Digest;
use super::keys::{Key, Scheme};
use super::pki::{Certificate, name};

pub const ID_DATA: &str = "1.2.840.113549.1.7.1";
const ID_SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const CAPABILITIES: &str = "1.2.840.113549.1.9.15";

/// One signed attribute; `values` are whole elements.
#[derive(Clone, Debug)]
pub struct Attribute {
    pub oid: &'static str,
    pub values: Vec<Vec<u8>>,
    /// Octets behind the values, where nothing belongs.
    pub behind: Vec<u8>,
}

impl Attribute {
    pub fn new(oid: &'static str, value: Vec<u8>) -> Self {
        Attribute {
            oid,
            values: vec![value],
            behind: Vec::new(),
        }
    }

    pub fn signing_time(at: &str) -> Self {
        Attribute::new(SIGNING_TIME, der::time(at))
    }

    pub fn message_digest(digest: Digest, content: &[u8]) -> Self {
        Attribute::new(MESSAGE_DIGEST, der::octets(&digest.of(content)))
    }

    fn encode(&self) -> Vec<u8> {
        der::sequence([
            der::oid(self.oid),
            der::set(self.values.clone()),
            self.behind.clone(),
        ])
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// As DER sorts a SET OF.
    Sorted,
    /// As given, sent and signed so.
    AsGiven,
    /// Sent as given, but the signature is over the sorted set.
    SignedSorted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identified {
    ByIssuerAndSerial,
    ByKeyIdentifier,
}

/// One SignerInfo.
#[derive(Clone, Debug)]
pub struct Signer {
    pub certificate: Certificate,
    /// Usually that of the certificate.
    pub key: Key,
    pub scheme: Scheme,
    pub identified: Identified,
    /// None: no signed attributes, the signature is over the content itself.
    pub attributes: Option<Vec<Attribute>>,
    pub order: Order,
    /// Overrides the version that goes with `identified`.
    pub version: Option<u8>,
}

impl Signer {
    /// With the attributes that all real samples have (rules, 6.1).
    pub fn new(certificate: &Certificate, content: &[u8], signed_at: &str) -> Self {
        let digest = Digest::Sha256;
        Signer {
            certificate: certificate.clone(),
            key: certificate.key,
            scheme: Scheme::Pkcs1(digest),
            identified: Identified::ByIssuerAndSerial,
            attributes: Some(vec![
                Attribute::new(CONTENT_TYPE, der::oid(ID_DATA)),
                Attribute::signing_time(signed_at),
                Attribute::message_digest(digest, content),
                Attribute::new(CAPABILITIES, capabilities()),
            ]),
            order: Order::Sorted,
            version: None,
        }
    }

    /// Another signature scheme, with the message digest to match.
    pub fn scheme(mut self, scheme: Scheme, content: &[u8]) -> Self {
        self.scheme = scheme;
        self.replaced(Attribute::message_digest(scheme.digest(), content))
    }

    /// Puts an attribute in the place of the one of the same kind.
    pub fn replaced(mut self, attribute: Attribute) -> Self {
        for old in self.attributes.iter_mut().flatten() {
            if old.oid == attribute.oid {
                *old = attribute.clone();
            }
        }
        self
    }

    pub fn without(mut self, oid: &str) -> Self {
        self.attributes
            .iter_mut()
            .for_each(|list| list.retain(|one| one.oid != oid));
        self
    }

    pub fn and(mut self, attribute: Attribute) -> Self {
        self.attributes
            .iter_mut()
            .for_each(|list| list.push(attribute.clone()));
        self
    }

    fn encode(&self, content: &[u8]) -> Vec<u8> {
        let (version, identifier) = match self.identified {
            Identified::ByIssuerAndSerial => {
                let serial = der::integer(&self.certificate.serial);
                (1, der::sequence([name(&self.certificate.issuer), serial]))
            }
            Identified::ByKeyIdentifier => {
                (3, der::implicit(0, &self.certificate.key.identifier()))
            }
        };
        let (sent, covered) = self.attributes(content);
        der::sequence([
            der::number(self.version.unwrap_or(version).into()),
            identifier,
            self.scheme.digest().identifier(),
            sent,
            self.scheme.cms_identifier(),
            der::octets(&self.key.sign(self.scheme, &covered)),
        ])
    }

    /// The octets that the signature covers.
    pub fn covered(&self, content: &[u8]) -> Vec<u8> {
        self.attributes(content).1
    }

    /// The attributes as sent, and the octets that the signature covers.
    fn attributes(&self, content: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let Some(attributes) = &self.attributes else {
            return (Vec::new(), content.to_vec());
        };
        let given: Vec<_> = attributes.iter().map(Attribute::encode).collect();
        let sorted = der::set(given.clone());
        let as_given = der::set_as_given(given);
        let (mut sent, covered) = match self.order {
            Order::Sorted => (sorted.clone(), sorted),
            Order::AsGiven => (as_given.clone(), as_given),
            Order::SignedSorted => (as_given, sorted),
        };
        // [0] IMPLICIT in the SignerInfo, SET OF under the signature (RFC 5652, 5.4).
        sent[0] = 0xa0;
        (sent, covered)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Der,
    /// Outer layers of indefinite length, as Aruba writes since 2026.
    Indefinite,
    /// The same, and the signature value in a constructed octet string.
    Constructed,
    /// Definite, with one length octet too many in the outer layers.
    LongLengths,
}

/// A SignedData.
#[derive(Clone, Debug)]
pub struct SignedData {
    /// What the content is said to be.
    pub content_type: &'static str,
    pub signers: Vec<Signer>,
    pub certificates: Vec<Vec<u8>>,
    /// Lists and OCSP answers that come along (RFC 5652, 10.2.1), as they are encoded.
    pub revocations: Vec<Vec<u8>>,
    pub embedded: Option<Vec<u8>>,
    pub form: Form,
    pub trailing: Vec<u8>,
}

impl SignedData {
    /// Detached, by one signer; `issuer` is carried along, as most providers do.
    pub fn new(signer: Signer, issuer: Option<&Certificate>) -> Self {
        let certificates = [Some(&signer.certificate), issuer].into_iter().flatten();
        SignedData {
            content_type: ID_DATA,
            certificates: certificates.map(Certificate::to_der).collect(),
            signers: vec![signer],
            revocations: Vec::new(),
            embedded: None,
            form: Form::Der,
            trailing: Vec::new(),
        }
    }

    /// The octets over `content`, which is not included unless `embedded` says so.
    pub fn encode(&self, content: &[u8]) -> Vec<u8> {
        let layer = |tag, inside: &[u8]| match self.form {
            Form::Der => der::element(tag, inside),
            Form::Indefinite | Form::Constructed => der::indefinite(tag, inside),
            Form::LongLengths => der::long_length(tag, inside),
        };
        let digests = self
            .signers
            .iter()
            .map(|signer| signer.scheme.digest().identifier());
        let version = match self
            .signers
            .iter()
            .any(|s| s.identified == Identified::ByKeyIdentifier)
        {
            true => 3,
            false => 1,
        };
        let embedded = self
            .embedded
            .as_ref()
            .map(|inside| der::explicit(0, &der::octets(inside)));
        let enclosed = der::concat([der::oid(self.content_type), embedded.unwrap_or_default()]);
        let mut signed = der::number(version);
        signed.extend(der::set(digests));
        signed.extend(layer(0x30, &enclosed));
        signed.extend(layer(0xa0, &der::concat(&self.certificates)));
        if !self.revocations.is_empty() {
            signed.extend(layer(0xa1, &der::concat(&self.revocations)));
        }
        signed.extend(self.signer_infos(content));
        let inside = der::concat([der::oid(ID_SIGNED_DATA), layer(0xa0, &layer(0x30, &signed))]);
        [layer(0x30, &inside), self.trailing.clone()].concat()
    }

    fn signer_infos(&self, content: &[u8]) -> Vec<u8> {
        let infos: Vec<_> = self
            .signers
            .iter()
            .map(|signer| signer.encode(content))
            .collect();
        match self.form {
            Form::Constructed => der::set_as_given(infos.iter().map(|info| constructed(info))),
            _ => der::set(infos),
        }
    }
}

/// A SignerInfo whose last element, the signature value, is cut in two pieces.
fn constructed(info: &[u8]) -> Vec<u8> {
    let inside = super::keys::split(info).0;
    let mut rest = inside;
    let mut last = inside;
    while !rest.is_empty() {
        last = rest;
        rest = super::keys::split(rest).1;
    }
    let value = super::keys::split(last).0;
    let (left, right) = value.split_at(value.len() / 2);
    let pieces = der::indefinite(0x24, &[der::octets(left), der::octets(right)].concat());
    der::sequence([&inside[..inside.len() - last.len()], &pieces])
}

/// sMIMECapabilities as OpenSSL-based providers send them: AES in three sizes.
fn capabilities() -> Vec<u8> {
    let ciphers = [
        "2.16.840.1.101.3.4.1.42",
        "2.16.840.1.101.3.4.1.22",
        "2.16.840.1.101.3.4.1.2",
    ];
    der::sequence(
        ciphers
            .iter()
            .map(|cipher| der::sequence([der::oid(cipher)])),
    )
}

/// The elements of a signed file around a content, without signers (RFC 5652, 5.1).
pub fn signed_around(content: &[u8]) -> Vec<u8> {
    let element = |tag: u8, inside: &[u8]| {
        let length = u32::try_from(inside.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, inside].concat()
    };
    let of = |last: u8| [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last];
    let content = element(
        0x30,
        &[&of(1)[..], &element(0xa0, &element(4, content))].concat(),
    );
    let parts = [&[2, 1, 1, 0x31, 0][..], &content, &[0x31, 0]].concat();
    element(
        0x30,
        &[&of(2)[..], &element(0xa0, &element(0x30, &parts))].concat(),
    )
}
