//! The certificates that receipts carry, as files for other programs; and the revocation lists by which
//! they were judged.

use std::collections::BTreeMap;

use base64_simd::STANDARD;

use super::held::{AUTHORITIES, part_of, plain_name};
use crate::asic::Name;
use crate::command::judges::Judge;
use crate::command::revocations::WITHIN;
use crate::mime::Entity;
use crate::mime::tree::{Bounds, Tree};
use crate::smime::certificate::Certificate;
use crate::smime::chain::Anchor;
use crate::smime::sha256;
use crate::smime::signed_data::{SignatureOctets, SignedData};
use crate::verify::Facts;
use crate::work::Work;

/// The certificates of several messages.
#[derive(Default)]
pub(super) struct Certificates {
    files: BTreeMap<Name, Vec<u8>>,
    /// Names of the revocation lists.
    lists: Vec<Name>,
    authorities: BTreeMap<String, Vec<u8>>,
}

impl Certificates {
    /// Adds those of a genuine message: of its signer, and of the authorities by which it was judged.
    pub fn add(&mut self, octets: &[u8], facts: &Facts, anchors: &[Anchor]) {
        for der in carried(octets) {
            let digest = sha256(&der);
            if digest == facts.signer().sha256 {
                let host = facts.signer().address.rsplit('@').next();
                let host = part_of(host.unwrap_or_default(), "gestore");
                let file = format!("certificati/{host}_{}.pem", &digest[..8]);
                self.files.insert(plain_name(&file), pem(&der).into_bytes());
            } else if is_of(anchors, &der) {
                self.authorities.insert(digest, der);
            }
        }
    }

    /// Adds the revocation list by which a message was judged, where one is kept.
    pub fn add_list(&mut self, facts: &Facts, judge: &Judge) {
        let Some(list) = facts.revocation() else {
            return;
        };
        let Some(octets) = judge.revocation_list(&list.sha256) else {
            return;
        };
        let at = list.this_update.to_string().replace(['-', ':'], "");
        let name = plain_name(&format!("{WITHIN}{at}_{}.crl", &list.sha256[..8]));
        if self.files.insert(name.clone(), octets).is_none() {
            self.lists.push(name);
        }
    }

    /// The names of the revocation lists.
    pub fn lists(&self) -> &[Name] {
        &self.lists
    }

    /// Whether there is one of an authority.
    pub fn has_authorities(&self) -> bool {
        !self.authorities.is_empty()
    }

    /// The files.
    pub fn into_files(mut self) -> BTreeMap<Name, Vec<u8>> {
        if !self.authorities.is_empty() {
            let all = self.authorities.values().map(|der| pem(der));
            let all: String = all.collect();
            self.files.insert(plain_name(AUTHORITIES), all.into_bytes());
        }
        self.files
    }
}

/// DER of the certificates in the signature of a message, in their order; none where there is no
/// signature that can be read. Nothing about them is checked.
fn carried(message: &[u8]) -> Vec<Vec<u8>> {
    let work = Work::of_message(message.len());
    let Ok(entity) = Entity::parse(message) else {
        return Vec::new();
    };
    let tree = Tree::of(entity, Bounds::first_level(&work));
    let signature = tree.parts().iter().find(|part| {
        matches!(
            part.essence(),
            "application/pkcs7-signature" | "application/x-pkcs7-signature"
        )
    });
    let Some(Ok(octets)) = signature.map(|part| part.entity.decoded()) else {
        return Vec::new();
    };
    let Ok(object) = SignatureOctets::new(&octets) else {
        return Vec::new();
    };
    let data = SignedData::parse(&object);
    let data = data.map(|data| data.certificates.octets().map(<[u8]>::to_vec).collect());
    data.unwrap_or_default()
}

/// Whether a certificate is one of the authorities: for the name and the key that the trust data
/// have.
fn is_of(anchors: &[Anchor], der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::parse(der) else {
        return false;
    };
    anchors.iter().any(|anchor| anchor.bears(&certificate))
}

/// A certificate in text (RFC 7468), with a line before it that says which it is.
fn pem(der: &[u8]) -> String {
    let subject = match Certificate::parse(der) {
        Ok(certificate) => certificate.subject.to_string(),
        Err(_) => String::new(),
    };
    let plain: String = subject
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let coded = STANDARD.encode_to_string(der);
    let mut text = format!("# {plain}\n# SHA-256 {}\n", sha256(der));
    text += "-----BEGIN CERTIFICATE-----\n";
    for line in coded.as_bytes().chunks(64) {
        text += std::str::from_utf8(line).expect("base64 is ASCII");
        text += "\n";
    }
    text + "-----END CERTIFICATE-----\n"
}
