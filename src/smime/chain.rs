//! From a signer's certificate to a pinned key, at a given time (RFC 5280, 6.1).
//!
//! An [`Anchor`] is a key with dated editions: one authority whose certificate was issued
//! again and again. Finding a path ([`find_paths`]) needs no time and can be remembered;
//! judging it ([`Path::judge`]) is done for each message at its own time.
//!
//! Not done: policy mapping and policy constraints. The authorities' own certificates do not
//! carry the policy of the signers they issue (1.3.76.16.3.1 against 1.3.76.16.3.1.1), so the
//! RFC's policy tree would refuse every genuine signer; the signer's policy is asked for
//! directly ([`Anchor::signer_policy`]).

use std::sync::Arc;

use der::oid::ObjectIdentifier as Oid;

use super::algorithm::PublicKey;
use super::bag::Bag;
use super::certificate::{Certificate, Purpose};
use super::constraints::NameConstraints;
use super::name::Name;
use crate::timestamp::Timestamp;
use crate::work::Work;

/// Certificates between signer and anchor. The PEC hierarchies have none; public ones two.
const MAX_INTERMEDIATES: usize = 4;

/// Signatures checked while looking for a path: webpki's budget (100), which came from
/// exponential path building with forged cross-certificates (CVE-2023-53158 and its kin).
const SIGNATURE_BUDGET: usize = 100;

/// Units of [`Work`] for looking whether one certificate may have issued another.
const WORK_PER_COMPARISON: usize = 1_024;

/// An authority: a name and a key that are trusted because the trust data say so.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The short name to show, `AgID CA1`.
    pub label: Arc<str>,
    /// Its name as issuers are named in certificates.
    pub subject: Name,
    /// Its key.
    pub key: PublicKey,
    /// DER of its SubjectPublicKeyInfo: two anchors are the same when this is.
    pub spki: Box<[u8]>,
    /// The name of the authority above it, which issues other certificates too.
    pub issuer: Option<Name>,
    /// The key of the authority above it, by which further editions are known.
    pub issuer_key: Option<PublicKey>,
    /// The certificate policy that its signers of PEC must bear.
    pub signer_policy: Option<Oid>,
    /// Whether no other edition is known to be possible: whoever states the list states that it has
    /// no gap up to its day. Else one may have been issued since the last that is known.
    pub is_complete: bool,
    /// Its certificates over time, oldest first.
    pub editions: Vec<Edition>,
}

/// One certificate issued for an anchor's key.
#[derive(Clone, Debug)]
pub struct Edition {
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// SHA-256 of the certificate, lower-case hexadecimal; empty when it is not stated.
    pub sha256: Arc<str>,
    /// DER of the certificate; `None` where only what it says is known.
    pub certificate: Option<Arc<[u8]>>,
    /// Names that it may issue for.
    pub constraints: NameConstraints,
    /// How many intermediate certificates may follow; `None` is no limit.
    pub path_len: Option<u8>,
}

impl Anchor {
    /// Whether a certificate states its name and its key, whoever signed that.
    pub fn bears(&self, certificate: &Certificate) -> bool {
        certificate.subject == self.subject && certificate.spki == self.spki
    }

    /// The editions among certificates that came along: for the anchor's name and key, signed
    /// by the pinned key of the authority above it. Those that are known already are left out.
    ///
    /// Their dates are not compared with any time here.
    pub fn editions_among<'d>(&self, bag: impl IntoIterator<Item = &'d [u8]>) -> Vec<Edition> {
        let (Some(issuer), Some(key)) = (&self.issuer, &self.issuer_key) else {
            return Vec::new();
        };
        let is_edition = |certificate: &Certificate| {
            self.bears(certificate)
                && certificate.issuer == *issuer
                && certificate.may_issue()
                && certificate.is_signed_by(key)
                // Two certificates with one SHA-1 have one signature, and the root saw only one.
                && !certificate.collides()
        };
        let read = bag
            .into_iter()
            .filter_map(|der| Certificate::parse(der).ok());
        let mut editions: Vec<Edition> = Vec::new();
        for edition in read.filter(is_edition).map(|c| Edition::of(&c)) {
            let known = self.editions.iter().chain(&editions);
            if known
                .into_iter()
                .all(|other| other.sha256 != edition.sha256)
            {
                editions.push(edition);
            }
        }
        editions
    }
}

impl Edition {
    /// What a certificate of an authority says.
    pub fn of(certificate: &Certificate) -> Self {
        Self {
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            sha256: certificate.sha256().into(),
            certificate: Some(certificate.der().into()),
            constraints: certificate.name_constraints.clone().unwrap_or_default(),
            path_len: certificate.basic_constraints.and_then(|(_, limit)| limit),
        }
    }

    /// Whether it was in force at that time.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

/// A way from a signer to an anchor whose signatures all hold.
#[derive(Clone, Debug)]
pub struct Path {
    /// Authorities between, the signer's issuer first.
    pub intermediates: Vec<Arc<Certificate>>,
    /// Index of the anchor in the list that was searched.
    pub anchor: usize,
}

/// What a path is worth at a time.
#[derive(Clone, Debug)]
pub struct Judgement<'e> {
    /// The edition by which was judged; `None` when none is known.
    pub edition: Option<&'e Edition>,
    /// Why the path is not valid.
    pub fault: Option<PathFault>,
}

/// Why a path is not valid at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// The authority's last certificate had ended.
    AuthorityEnded(Timestamp),
    /// An authority between was not valid at the time.
    IntermediateTime(String),
    /// An authority between is none, may not sign certificates or not for the purpose, or is not understood.
    IntermediateProfile(String),
    /// More authorities than an edition allows.
    TooLong,
    /// A name that an authority between does not allow.
    IntermediateName(String),
    /// A name that no edition allows; the time is between two that are known.
    Name(String),
    /// A name that no edition allows; the time is before the first that is known.
    NameBeforeFirst(String),
    /// A name that no edition allows; the time is after the last that is known began.
    NameAfterLast(String),
    /// A name that the editions around the time do not allow, and one of later does.
    NameOfLater {
        /// The name.
        name: String,
        /// When that edition began.
        since: Timestamp,
    },
}

/// All ways from `signer` to the anchors through certificates of `pool`, the shortest first.
/// One authority between may come in several editions; each is a way of its own.
///
/// Checks names and signatures only. Certificates of the pool that cannot be read are passed
/// over. When the work is used up ([`Work::is_short`]) ways may be missing.
pub fn find_paths(
    signer: &Certificate,
    pool: &Bag<'_>,
    anchors: &[Anchor],
    work: &Work,
) -> Vec<Path> {
    let mut others = pool.certificates(work);
    others.retain(|other| other.der() != signer.der());
    // An anchor's certificate for itself leads nowhere that the anchor does not.
    others.retain(|other| {
        other.issuer != other.subject || !anchors.iter().any(|anchor| anchor.bears(other))
    });
    let mut search = Search {
        pool: others,
        anchors,
        budget: SIGNATURE_BUDGET,
        work,
        found: Vec::new(),
    };
    search.extend(signer, &mut Vec::new());
    // Two certificates with one SHA-1 have one signature, and the authority saw only one.
    search.found.retain(|path| {
        let mut others = path.intermediates.iter();
        !signer.collides() && !others.any(|other| other.collides())
    });
    search.found.sort_by_key(|path| path.intermediates.len());
    search.found
}

struct Search<'a> {
    pool: Vec<Arc<Certificate>>,
    anchors: &'a [Anchor],
    budget: usize,
    work: &'a Work,
    found: Vec<Path>,
}

impl Search<'_> {
    fn extend(&mut self, last: &Certificate, intermediates: &mut Vec<Arc<Certificate>>) {
        for (index, anchor) in self.anchors.iter().enumerate() {
            if last.issuer == anchor.subject && self.bears_signature(last, &anchor.key) {
                self.found.push(Path {
                    intermediates: intermediates.clone(),
                    anchor: index,
                });
            }
        }
        if intermediates.len() == MAX_INTERMEDIATES {
            return;
        }
        for candidate in self.pool.clone() {
            if !self.work.draw(WORK_PER_COMPARISON) {
                return;
            }
            let used = intermediates
                .iter()
                .any(|other| other.der() == candidate.der());
            let issued = !used
                && last.issuer == candidate.subject
                && candidate
                    .key
                    .as_ref()
                    .is_ok_and(|key| self.bears_signature(last, key));
            if issued {
                intermediates.push(candidate.clone());
                self.extend(&candidate, intermediates);
                intermediates.pop();
            }
        }
    }

    fn bears_signature(&mut self, certificate: &Certificate, key: &PublicKey) -> bool {
        self.budget = self.budget.saturating_sub(1);
        self.budget > 0
            && self.work.draw(key.work(certificate.der().len()))
            && certificate.is_signed_by(key)
    }
}

impl Path {
    /// Judges the path of a signer of mail at a time: each authority's validity, its right to issue, and the name
    /// constraints of all. The signer's own validity and profile are not looked at here.
    ///
    /// `editions` are those of the path's anchor, oldest first. Any one in force at the time
    /// will do, as RFC 5280 asks for some valid path; so will the next after it, and where none
    /// was in force the one before: the key is what is pinned, and old editions may be missing
    /// from the trust data.
    pub fn judge<'e>(
        &self,
        signer: &Certificate,
        editions: &'e [Edition],
        at: Timestamp,
    ) -> Judgement<'e> {
        self.judge_for(Purpose::Mail, signer, editions, at)
    }

    /// The same for a signer of any purpose.
    pub fn judge_for<'e>(
        &self,
        purpose: Purpose,
        signer: &Certificate,
        editions: &'e [Edition],
        at: Timestamp,
    ) -> Judgement<'e> {
        if let Some(fault) = self.intermediate_fault(purpose, signer, at) {
            let edition = None;
            let fault = Some(fault);
            return Judgement { edition, fault };
        }
        let mut in_force = editions.iter().filter(|e| e.covers(at)).rev().peekable();
        let mut later = editions.iter().filter(|e| at < e.not_before).peekable();
        let ended = match (in_force.peek(), later.peek()) {
            (Some(_), _) => None,
            (None, Some(_)) => editions.iter().rfind(|e| e.not_after < at),
            (None, None) => {
                return Judgement {
                    edition: None,
                    fault: (editions.iter().map(|e| e.not_after).max())
                        .map(PathFault::AuthorityEnded),
                };
            }
        };
        // The newest in force first: it lists the most names, and is the likeliest to allow one.
        let mut nearest = None;
        for edition in in_force.chain(later.next()).chain(ended) {
            let fault = self.edition_fault(signer, edition);
            if fault.is_none() {
                let edition = Some(edition);
                return Judgement { edition, fault };
            }
            nearest = nearest.or(Some((edition, fault)));
        }
        let (edition, mut fault) = nearest.unzip();
        if let Some(Some(PathFault::Name(name))) = &mut fault {
            let name = std::mem::take(name);
            let allows = later.find(|edition| self.edition_fault(signer, edition).is_none());
            fault = Some(Some(match allows {
                Some(Edition { not_before, .. }) => PathFault::NameOfLater {
                    name,
                    since: *not_before,
                },
                None if editions.iter().all(|e| at < e.not_before) => {
                    PathFault::NameBeforeFirst(name)
                }
                None if editions.iter().all(|e| e.not_before <= at) => {
                    PathFault::NameAfterLast(name)
                }
                None => PathFault::Name(name),
            }));
        }
        Judgement {
            edition,
            fault: fault.flatten(),
        }
    }

    /// RFC 5280, 6.1.4 for each authority between signer and anchor.
    fn intermediate_fault(
        &self,
        purpose: Purpose,
        signer: &Certificate,
        at: Timestamp,
    ) -> Option<PathFault> {
        for (position, authority) in self.intermediates.iter().enumerate() {
            let name = || authority.subject.to_string();
            if at < authority.not_before || authority.not_after < at {
                return Some(PathFault::IntermediateTime(name()));
            }
            if !authority.may_issue_for(purpose) {
                return Some(PathFault::IntermediateProfile(name()));
            }
            let path_len = authority.basic_constraints.and_then(|(_, limit)| limit);
            if path_len.is_some_and(|limit| position > usize::from(limit)) {
                return Some(PathFault::TooLong);
            }
            if let Some(constraints) = &authority.name_constraints {
                let below = self.intermediates[..position]
                    .iter()
                    .map(|c| &**c)
                    .chain([signer]);
                if let Some(name) = forbidden_name(constraints, below) {
                    return Some(PathFault::IntermediateName(name));
                }
            }
        }
        None
    }

    fn edition_fault(&self, signer: &Certificate, edition: &Edition) -> Option<PathFault> {
        if edition
            .path_len
            .is_some_and(|limit| self.intermediates.len() > usize::from(limit))
        {
            return Some(PathFault::TooLong);
        }
        let below = self.intermediates.iter().map(|c| &**c).chain([signer]);
        forbidden_name(&edition.constraints, below).map(PathFault::Name)
    }
}

fn forbidden_name<'c>(
    constraints: &NameConstraints,
    below: impl Iterator<Item = &'c Certificate>,
) -> Option<String> {
    below
        .filter_map(|certificate| constraints.violated_by(certificate.constrained_names()))
        .map(ToString::to_string)
        .next()
}

#[cfg(test)]
mod tests {
    use base64_simd::STANDARD;

    use super::*;
    use crate::smime::signed_data::{SignatureOctets, SignedData};

    const ROOT: &[u8] = include_bytes!("../../fixtures/pki/root.pem");
    const AUTHORITY: &[u8] = include_bytes!("../../fixtures/pki/anchor.pem");
    const RECEIPT: &str = include_str!("../../fixtures/receipts/accettazione.eml");

    fn read(pem: &[u8]) -> Certificate {
        let objects = crate::smime::pem::objects(pem, "CERTIFICATE").unwrap();
        Certificate::parse(&objects[0]).unwrap()
    }

    fn anchor(of: &Certificate) -> Anchor {
        Anchor {
            label: "prova".into(),
            subject: of.subject.clone(),
            key: of.key.clone().unwrap(),
            spki: of.spki.clone(),
            issuer: None,
            issuer_key: None,
            signer_policy: None,
            is_complete: false,
            editions: vec![Edition::of(of)],
        }
    }

    /// How many intermediate certificates each way has.
    fn ways(signer: &Certificate, pool: &[&Certificate], anchors: &[Anchor]) -> Vec<usize> {
        let mut bag = Bag::default();
        pool.iter().for_each(|one| bag.add(one.der()));
        let found = find_paths(signer, &bag, anchors, &Work::of_message(100_000));
        found.iter().map(|path| path.intermediates.len()).collect()
    }

    /// The certificates of a receipt: of its signer, and of the authority.
    fn of_receipt() -> Vec<Certificate> {
        let object = RECEIPT.split_once("filename=\"smime.p7s\"").unwrap().1;
        let object = object.split_once("\r\n\r\n").unwrap().1;
        let object = object.split_once("\r\n--").unwrap().0.replace("\r\n", "");
        let der = STANDARD.decode_to_vec(object).unwrap();
        let octets = SignatureOctets::new(&der).unwrap();
        let data = SignedData::parse(&octets).unwrap();
        let all = data.certificates.octets();
        all.map(|der| Certificate::parse(der).unwrap()).collect()
    }

    #[test]
    fn an_anchor_that_came_along_opens_no_second_way_and_an_authority_between_does() {
        let (root, authority) = (read(ROOT), read(AUTHORITY));
        let roots = [anchor(&root)];
        assert_eq!(ways(&authority, &[], &roots), [0]);
        assert_eq!(ways(&authority, &[&root], &roots), [0]);
        let [signer, carried] = &of_receipt()[..] else {
            panic!("two certificates");
        };
        assert_eq!(carried.der(), authority.der());
        assert_eq!(ways(signer, &[], &roots), [] as [usize; 0]);
        assert_eq!(ways(signer, &[carried], &roots), [1]);
        assert_eq!(ways(signer, &[carried, &root], &roots), [1]);
        // Its own certificate is signed by another authority, which is an anchor too: two ways.
        let both = [anchor(&authority), anchor(&root)];
        assert_eq!(ways(signer, &[carried], &both), [0, 1]);
    }
}
