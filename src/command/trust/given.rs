//! What a file holds, held against what is known: editions of known authorities, new authorities,
//! lists of providers, revocation lists, trust data. Nothing is written here.

use std::sync::Arc;

use super::change::Item;
use crate::command::store::{Beside, Store, add_editions, replace_data};
use crate::providers::permitted::difference;
use crate::providers::snapshot::{
    KeptData, KeptEdition, KeptList, KeptRevocations, Occasion, Seen,
};
use crate::providers::{ProviderList, Snapshot, Trust, directory};
use crate::smime::certificate::Certificate;
use crate::smime::chain::{Anchor, Edition};
use crate::smime::revocation::Crl;
use crate::smime::{pem, sha256};
use crate::timestamp::Timestamp;

/// What was found, and what of it is to be kept.
pub(super) struct Given<'a> {
    trust: Trust,
    store: &'a Store,
    occasion: Occasion,
    now: Timestamp,
    /// What somebody vouches for: SHA-256 of certificates, keys and signers of lists.
    vouched: Vec<String>,
    pub items: Vec<Item>,
    pub files: Vec<Beside>,
    editions: Vec<KeptEdition>,
    lists: Vec<KeptList>,
    revocations: Vec<KeptRevocations>,
    data: Option<KeptData>,
}

impl<'a> Given<'a> {
    pub fn new(store: &'a Store, occasion: Occasion, now: Timestamp, vouched: Vec<String>) -> Self {
        Self {
            trust: store.trust(),
            store,
            occasion,
            now,
            vouched,
            items: Vec::new(),
            files: Vec::new(),
            editions: Vec::new(),
            lists: Vec::new(),
            revocations: Vec::new(),
            data: None,
        }
    }

    /// The authorities by which it is held.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Adds what was found to a snapshot; whether anything of it is new.
    pub fn add((editions, lists, revocations, data): Findings, snapshot: &mut Snapshot) -> bool {
        let mut is_new = add_editions(snapshot, editions);
        for list in lists {
            if snapshot.lists.iter().all(|one| one.sha256 != list.sha256) {
                snapshot.lists.push(list);
                is_new = true;
            }
        }
        for list in revocations {
            let of_it = |one: &KeptRevocations| one.authority == list.authority;
            let is_older =
                |one: &KeptRevocations| of_it(one) && one.this_update >= list.this_update;
            if !snapshot.revocations.iter().any(is_older) {
                snapshot.revocations.retain(|one| !of_it(one));
                snapshot.revocations.push(list);
                is_new = true;
            }
        }
        if let Some(data) = data {
            is_new |= replace_data(snapshot, data);
        }
        is_new
    }

    /// What is to be kept.
    pub fn findings(&mut self) -> Findings {
        (
            std::mem::take(&mut self.editions),
            std::mem::take(&mut self.lists),
            std::mem::take(&mut self.revocations),
            self.data.take(),
        )
    }

    fn seen(&self, file: &str) -> Seen {
        Seen {
            occasion: self.occasion,
            at: self.now,
            place: file.to_owned(),
        }
    }

    /// Whatever a file holds.
    pub fn file(&mut self, file: &str, octets: &[u8], signed: Signed) {
        let text = std::str::from_utf8(octets).unwrap_or_default();
        let is_der = octets.first() == Some(&0x30);
        if text.contains("-----BEGIN CERTIFICATE-----") {
            self.certificates(file, octets);
        } else if text.contains("-----BEGIN X509 CRL-----") {
            self.revocation_lists(file, octets);
        } else if text.lines().any(|line| line.trim() == "[[authority]]") {
            self.trust_data(file, octets, signed);
        } else if is_der && Certificate::parse(octets).is_ok() {
            self.certificates(file, octets);
        } else if is_der && Crl::parse(octets).is_ok() {
            self.revocation_lists(file, octets);
        } else {
            self.providers(file, octets);
        }
    }

    /// Certificates of authorities.
    pub fn certificates(&mut self, file: &str, octets: &[u8]) {
        let Ok(objects) = pem::each(octets, "CERTIFICATE") else {
            self.items.push(Item::of(file, None).refused("unreadable"));
            return;
        };
        for object in objects {
            let certificate = object.ok().and_then(|der| Certificate::parse(&der).ok());
            let item = match certificate {
                None => Item::of(file, Some("edition")).refused("unreadable"),
                Some(certificate) => self.certificate(file, certificate),
            };
            self.items.push(item);
        }
    }

    fn certificate(&mut self, file: &str, certificate: Certificate) -> Item {
        let digest = certificate.sha256();
        let key = sha256(&certificate.spki);
        let (mut anchors, mut known) = (self.trust.anchors.iter(), self.trust.anchors.iter());
        let of_key = anchors.find(|anchor| anchor.bears(&certificate));
        let kind = of_key.map_or("authority", |_| "edition");
        let mut item = Item {
            subject: Some(certificate.subject.to_string()),
            issuer: Some(certificate.issuer.to_string()),
            sha256: Some(digest.clone()),
            key_sha256: Some(key.clone()),
            not_before: Some(certificate.not_before),
            not_after: Some(certificate.not_after),
            ..Item::of(file, Some(kind))
        };
        let is_known = known.any(|anchor| anchor.editions.iter().any(|one| *one.sha256 == *digest));
        if is_known || self.store.snapshot.has(&digest) {
            return item.known();
        }
        // What else is published beside the authorities of certified mail: for servers, say.
        if of_key.is_none() && self.occasion == Occasion::Update {
            return item.passed_over("other-key");
        }
        if !certificate.may_issue() {
            return item.refused("no-authority");
        }
        if certificate.key.is_err() {
            return item.refused("weak-key");
        }
        if let Some(anchor) = of_key {
            (item.added, item.removed) = changed(anchor, &certificate);
        }
        let is_vouched = self.vouched.contains(&digest) || self.vouched.contains(&key);
        let is_signed =
            of_key.is_some_and(|anchor| !anchor.editions_among([certificate.der()]).is_empty());
        if !is_signed && !is_vouched {
            return match of_key {
                Some(_) => item.refused("signature"),
                None => item.refused("fingerprint"),
            };
        }
        let seen = self.seen(file);
        self.editions.push(KeptEdition {
            certificate: Arc::new(certificate),
            seen,
        });
        item
    }

    /// Revocation lists of the authorities.
    pub fn revocation_lists(&mut self, file: &str, octets: &[u8]) {
        let kind = Some("revocations");
        let Ok(objects) = pem::each(octets, "X509 CRL") else {
            self.items.push(Item::of(file, kind).refused("unreadable"));
            return;
        };
        for object in objects {
            let read = object
                .ok()
                .and_then(|der| Some((Crl::parse(&der).ok()?, der)));
            let item = match read {
                None => Item::of(file, kind).refused("unreadable"),
                Some((crl, der)) => self.revocation_list(file, &crl, &der),
            };
            self.items.push(item);
        }
    }

    fn revocation_list(&mut self, file: &str, crl: &Crl, der: &[u8]) -> Item {
        let item = Item {
            issuer: Some(crl.issuer.to_string()),
            sha256: Some(sha256(der)),
            not_before: Some(crl.this_update),
            not_after: crl.next_update,
            ..Item::of(file, Some("revocations"))
        };
        let mut anchors = self.trust.anchors.iter();
        let signer = anchors.find(|one| one.subject == crl.issuer && crl.is_signed_by(&one.key));
        let Some(anchor) = signer else {
            return item.refused("stranger");
        };
        let authority = anchor.label.to_string();
        let mut kept = self.store.snapshot.revocations.iter();
        let known = kept.find(|known| known.authority == authority);
        if known.is_some_and(|known| item.sha256.as_ref() == Some(&known.sha256)) {
            return item.known();
        }
        if known.is_some_and(|known| crl.this_update <= known.this_update) {
            return item.refused("older");
        }
        if crl.is_delta {
            return item.refused("partial");
        }
        if self.now < crl.this_update {
            return item.refused("not-yet");
        }
        if crl.next_update.is_some_and(|next| next < self.now) {
            return item.refused("expired");
        }
        let file = Beside {
            octets: der.to_vec(),
        };
        self.revocations.push(KeptRevocations {
            sha256: file.name(),
            authority,
            this_update: crl.this_update,
            next_update: crl.next_update,
            seen: self.seen(&item.file),
        });
        self.files.push(file);
        item
    }

    /// A list of providers.
    fn providers(&mut self, file: &str, octets: &[u8]) {
        let item = Item {
            sha256: Some(sha256(octets)),
            ..Item::of(file, Some("providers"))
        };
        let item = match ProviderList::parse(octets, &self.trust.anchors) {
            Err(directory::Error::Signature(_)) => item.refused("signature"),
            Err(error) => item.refused("unreadable").saying(error.to_string()),
            Ok(list) => self.list(item, &list, octets),
        };
        self.items.push(item);
    }

    fn list(&mut self, item: Item, list: &ProviderList, octets: &[u8]) -> Item {
        let signer = list.signer.as_ref();
        let item = Item {
            subject: None,
            issuer: signer.map(|signer| signer.subject.clone()),
            key_sha256: None,
            not_before: list.stated_at(),
            ..item
        };
        let mut kept = self.store.snapshot.lists.iter();
        if kept.any(|known| Some(&known.sha256) == item.sha256.as_ref()) {
            return item.known();
        }
        let is_vouched = |digest: &String| self.vouched.contains(digest);
        let is_stranger =
            signer.is_some_and(|one| one.authority.is_none() && !is_vouched(&one.sha256));
        if is_stranger {
            let digest = signer.map(|one| one.sha256.clone()).unwrap_or_default();
            return item.refused("stranger").saying(format!("SHA-256 {digest}"));
        }
        let item = match signer {
            Some(_) => item,
            None => item.remarked("unsigned"),
        };
        let dated = list.stated_at().unwrap_or(self.now);
        let index = Beside {
            octets: list.index(dated).into_bytes(),
        };
        let original = Beside {
            octets: octets.to_vec(),
        };
        self.lists.push(KeptList {
            sha256: original.name(),
            index: index.name(),
            dated,
            signer: signer.map(|signer| signer.subject.clone()),
            authority: signer.and_then(|signer| signer.authority.clone()),
            seen: self.seen(&item.file),
        });
        self.files.extend([index, original]);
        item
    }

    /// Trust data: signed by us, or with each authority vouched for.
    fn trust_data(&mut self, file: &str, octets: &[u8], signed: Signed) {
        let item = Item {
            sha256: Some(sha256(octets)),
            ..Item::of(file, Some("data"))
        };
        let trust = match Trust::parse(octets, file) {
            Ok(trust) => trust,
            Err(error) => {
                let item = item.refused("unreadable").saying(error.to_string());
                self.items.push(item);
                return;
            }
        };
        let day = trust.as_of.clone().unwrap_or_default();
        let mut kept = self.store.snapshot.data.iter();
        let is_known = kept.any(|known| Some(&known.sha256) == item.sha256.as_ref());
        let is_older = Some(&*day) <= self.trust.as_of.as_deref();
        let item = match signed {
            _ if is_known => item.known(),
            Signed::Badly => item.refused("release-signature"),
            Signed::Not if !self.vouches_for(&trust) => item.refused("unproven-data"),
            Signed::Not | Signed::Well if is_older => item.refused("older"),
            Signed::Not | Signed::Well => {
                let beside = Beside {
                    octets: octets.to_vec(),
                };
                self.data = Some(KeptData {
                    sha256: beside.name(),
                    as_of: day,
                    seen: self.seen(file),
                });
                self.files.push(beside);
                item
            }
        };
        self.items.push(item);
    }

    /// Whether each authority was named by the fingerprint of its key.
    fn vouches_for(&self, trust: &Trust) -> bool {
        let mut anchors = trust.anchors.iter();
        anchors.all(|anchor| self.vouched.contains(&sha256(&anchor.spki)))
    }
}

/// What is to be kept of what was found.
pub(super) type Findings = (
    Vec<KeptEdition>,
    Vec<KeptList>,
    Vec<KeptRevocations>,
    Option<KeptData>,
);

/// Whether trust data have the signature of those who publish the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    /// There is none.
    Not,
    /// It holds.
    Well,
    /// It does not hold.
    Badly,
}

/// What a certificate changes against the newest that is known, where it is newer.
fn changed(anchor: &Anchor, certificate: &Certificate) -> (Vec<String>, Vec<String>) {
    let newest = anchor.editions.last();
    let names = |all: Vec<(_, String)>| all.into_iter().map(|(_, name)| name).collect();
    let change = difference(newest, &Edition::of(certificate));
    let is_newer = newest.is_none_or(|newest| newest.not_before < certificate.not_before);
    match is_newer {
        true => (names(change.added), names(change.removed)),
        false => (names(change.added), Vec::new()),
    }
}
