//! A list of providers in the form in which it is kept: read in one pass, without base64, without
//! folding, names of domains as they are compared.
//!
//! Ours, one line each, fields parted by tabs: `list` with its day, `signer`, then for each provider
//! `provider`, `hash`, `certificate` and `domain`. The domains of a provider are in order. A list is
//! read only when a message of its time is judged ([`KeptLists`]).

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use super::directory::{ListSigner, ListedCertificate, Provider, ProviderList, is_same_time};
use crate::smime::certificate::Certificate;
use crate::timestamp::Timestamp;

/// The first line.
const HEAD: &str = "pec-list 1";

impl ProviderList {
    /// The form in which it is kept.
    pub fn index(&self, dated: Timestamp) -> String {
        let mut out = format!("{HEAD}\nlist\t{dated}\n");
        let mut line = |fields: &[&str]| {
            let fields: Vec<String> = fields.iter().map(|field| plain(field)).collect();
            writeln!(out, "{}", fields.join("\t")).expect("a string takes all");
        };
        if let Some(signer) = &self.signer {
            let der = base64_simd::STANDARD.encode_to_string(signer.certificate.der());
            let authority = signer.authority.as_deref().unwrap_or_default();
            let signed_at = signer.signed_at.map(|at| at.to_string());
            line(&["signer", &der, authority, &signed_at.unwrap_or_default()]);
        }
        for provider in &self.providers {
            let unit = provider.unit.as_deref().unwrap_or_default();
            line(&["provider", &provider.name, unit]);
            for hash in &provider.certificate_hashes {
                line(&["hash", hash]);
            }
            for certificate in &provider.certificates {
                let (from, until) = certificate.validity;
                let (from, until) = (from.to_string(), until.to_string());
                line(&["certificate", &certificate.sha256, &from, &until]);
            }
            for domain in &provider.managed_domains {
                line(&["domain", domain]);
            }
        }
        out
    }

    /// Reads that form; nothing where it is of another.
    pub fn of_index(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return None;
        }
        let mut list = Self::default();
        for line in lines {
            let (word, rest) = line.split_once('\t')?;
            match word {
                "list" => list.dated = Some(Timestamp::parse(rest).ok()?),
                "signer" => list.signer = Some(signer(rest)?),
                "provider" => {
                    let (name, unit) = rest.split_once('\t')?;
                    list.providers.push(Provider {
                        name: name.to_owned(),
                        unit: Some(unit.to_owned()).filter(|unit| !unit.is_empty()),
                        ..Provider::default()
                    });
                }
                _ => list.providers.last_mut()?.add(word, rest)?,
            }
        }
        Some(list)
    }
}

impl Provider {
    fn add(&mut self, word: &str, rest: &str) -> Option<()> {
        match word {
            "hash" => self.certificate_hashes.push(rest.to_owned()),
            "domain" => self.managed_domains.push(rest.to_owned()),
            "certificate" => {
                let mut fields = rest.split('\t');
                let sha256 = fields.next()?.to_owned();
                let from = Timestamp::parse(fields.next()?).ok()?;
                let until = Timestamp::parse(fields.next()?).ok()?;
                let validity = (from, until);
                self.certificates
                    .push(ListedCertificate { sha256, validity });
            }
            _ => return None,
        }
        Some(())
    }
}

fn signer(fields: &str) -> Option<ListSigner> {
    let mut fields = fields.split('\t');
    let der = base64_simd::STANDARD.decode_to_vec(fields.next()?).ok()?;
    let certificate = Arc::new(Certificate::parse(&der).ok()?);
    let text = |field: Option<&str>| {
        let field = field.filter(|field| !field.is_empty());
        field.map(str::to_owned)
    };
    let authority = text(fields.next());
    let signed_at = text(fields.next()).and_then(|at| Timestamp::parse(&at).ok());
    Some(ListSigner {
        subject: certificate.subject.to_string(),
        sha256: certificate.sha256(),
        authority,
        signed_at,
        certificate,
    })
}

/// What parts fields and lines is no part of one.
fn plain(field: &str) -> String {
    let spaced = field
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign });
    spaced.collect()
}

/// Gives a list when it is first needed.
type Reader = Box<dyn Fn() -> Option<ProviderList> + Send + Sync>;

/// Lists of several times, each read when a message of its time is judged.
#[derive(Default)]
pub struct KeptLists {
    lists: Vec<(Timestamp, Reader, OnceLock<Option<ProviderList>>)>,
}

impl KeptLists {
    /// Adds a list of a time.
    pub fn add(&mut self, dated: Timestamp, read: Reader) {
        self.lists.push((dated, read, OnceLock::new()));
    }

    /// The list that speaks of this time: the nearest, where one is near enough. None accuses
    /// whoever signed at another time.
    pub fn at(&self, at: Timestamp) -> Option<&ProviderList> {
        let near = self.lists.iter();
        let near = near.filter(|(dated, ..)| is_same_time(*dated, at));
        let nearest = near.min_by_key(|(dated, ..)| dated.seconds_since(at).abs());
        let (_, read, list) = nearest?;
        list.get_or_init(read).as_ref()
    }

    /// Who runs a domain by the newest list that has it, and the time of that list.
    pub fn of_domain(&self, domain: &str) -> Option<(&Provider, Timestamp)> {
        let mut lists: Vec<_> = self.lists.iter().collect();
        lists.sort_by_key(|(dated, ..)| std::cmp::Reverse(*dated));
        lists.into_iter().find_map(|(dated, read, list)| {
            let list = list.get_or_init(read).as_ref()?;
            Some((list.of_domain(domain).next()?, *dated))
        })
    }
}

impl std::fmt::Debug for KeptLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = self.lists.iter().map(|(dated, ..)| dated);
        f.debug_list().entries(days).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "dn: providerName=Gestore,o=postacert\nproviderName: Ge\tstore\n\
        providerUnit: Secondario\nproviderCertificateHash: 0123456789abcdef0123456789abcdef01234567\n\
        managedDomains: z.example\nmanagedDomains: a.example\n";

    #[test]
    fn a_list_is_read_as_it_was_kept() {
        let list = ProviderList::parse(LIST.as_bytes(), &[]).unwrap();
        let dated = Timestamp::from_unix(1_000_000);
        let text = list.index(dated);
        let read = ProviderList::of_index(&text).unwrap();
        assert_eq!(read.index(dated), text);
        assert_eq!(read.dated, Some(dated));
        assert_eq!(read.providers[0].name, "Ge store");
        assert_eq!(read.providers[0].unit.as_deref(), Some("Secondario"));
        assert_eq!(read.of_domain("A.example").count(), 1);
        assert_eq!(read.of_domain("b.example").count(), 0);
        assert!(ProviderList::of_index(&text.replace("pec-list 1", "pec-list 2")).is_none());
        assert!(ProviderList::of_index(&text.replace("hash\t", "other\t")).is_none());
    }

    #[test]
    fn a_domain_is_known_by_the_newest_list_that_has_it() {
        let mut kept = KeptLists::default();
        for (day, name, domains) in [
            (1, "first", &["a.example", "z.example"][..]),
            (3, "third", &["b.example"]),
            (2, "second", &["a.example"]),
        ] {
            let read = move || {
                let provider = Provider {
                    name: name.to_owned(),
                    managed_domains: domains.iter().map(|name| (*name).to_owned()).collect(),
                    ..Provider::default()
                };
                Some(ProviderList {
                    providers: vec![provider],
                    ..ProviderList::default()
                })
            };
            kept.add(Timestamp::from_unix(day), Box::new(read));
        }
        kept.add(Timestamp::from_unix(9), Box::new(|| None));
        let of = |domain| {
            let (provider, dated) = kept.of_domain(domain)?;
            Some((&*provider.name, dated.unix()))
        };
        assert_eq!(of("A.example"), Some(("second", 2)));
        assert_eq!(of("b.example"), Some(("third", 3)));
        assert_eq!(of("z.example"), Some(("first", 1)));
        assert_eq!(
            (of("x.a.example"), of("example"), of("")),
            (None, None, None)
        );
    }

    #[test]
    fn the_nearest_list_speaks_and_none_of_another_time() {
        let day = |day: i64| Timestamp::from_unix(day * 86_400);
        let mut kept = KeptLists::default();
        for (at, name) in [(100, "first"), (110, "second")] {
            let read = move || {
                let provider = Provider {
                    name: name.to_owned(),
                    ..Provider::default()
                };
                Some(ProviderList {
                    providers: vec![provider],
                    ..ProviderList::default()
                })
            };
            kept.add(day(at), Box::new(read));
        }
        let name = |at| kept.at(day(at)).map(|list| &*list.providers[0].name);
        assert_eq!(name(104), Some("first"));
        assert_eq!(name(106), Some("second"));
        assert_eq!(name(141), Some("second"));
        assert_eq!((name(142), name(60)), (None, None));
    }
}
