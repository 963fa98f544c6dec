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
use super::certificate::Certificate;
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
    /// The certificate policy that its signers of PEC must bear.
    pub signer_policy: Option<Oid>,
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
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: String,
    /// Names that it may issue for.
    pub constraints: NameConstraints,
    /// How many intermediate certificates may follow; `None` is no limit.
    pub path_len: Option<u8>,
}

impl Edition {
    fn covers(&self, at: Timestamp) -> bool {
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Index of the anchor's edition by which was judged; `None` when the trust data have none.
    pub edition: Option<usize>,
    /// That edition began after the time: the nearest known was used.
    pub edition_is_later: bool,
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
    /// An authority between is none, may not sign certificates or mail, or is not understood.
    IntermediateProfile(String),
    /// More authorities than an edition allows.
    TooLong,
    /// A name that no edition in force allows.
    Name(String),
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
    let mut search = Search {
        pool: others,
        anchors,
        budget: SIGNATURE_BUDGET,
        work,
        found: Vec::new(),
    };
    search.extend(signer, &mut Vec::new());
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
    /// Judges the path at a time: each authority's validity, its right to issue, and the name
    /// constraints of all. The signer's own validity and profile are not looked at here.
    ///
    /// Any edition in force at the time will do, as RFC 5280 asks for some valid path. Before
    /// the first known edition the nearest is used and marked: old editions may be missing
    /// from the trust data, the key is what is pinned.
    pub fn judge(&self, signer: &Certificate, anchor: &Anchor, at: Timestamp) -> Judgement {
        let mut edition = None;
        let mut edition_is_later = false;
        let fault = self.intermediate_fault(signer, at).or_else(|| {
            let in_force: Vec<usize> = (0..anchor.editions.len())
                .filter(|&index| anchor.editions[index].covers(at))
                .collect();
            let choice = match (in_force.is_empty(), anchor.editions.first()) {
                (false, _) => in_force,
                (true, None) => return None,
                (true, Some(first)) if at < first.not_before => {
                    edition_is_later = true;
                    vec![0]
                }
                (true, Some(_)) => match anchor.editions.iter().position(|e| at < e.not_before) {
                    Some(next) => {
                        edition_is_later = true;
                        vec![next]
                    }
                    None => {
                        let end = anchor.editions.iter().map(|e| e.not_after).max();
                        return end.map(PathFault::AuthorityEnded);
                    }
                },
            };
            // The newest first: it lists the most names, and is the likeliest to allow one.
            let mut first_fault = None;
            for index in choice.into_iter().rev() {
                edition = Some(index);
                match self.edition_fault(signer, &anchor.editions[index]) {
                    None => return None,
                    fault => first_fault = first_fault.or(fault),
                }
            }
            first_fault
        });
        Judgement {
            edition,
            edition_is_later,
            fault,
        }
    }

    /// RFC 5280, 6.1.4 for each authority between signer and anchor.
    fn intermediate_fault(&self, signer: &Certificate, at: Timestamp) -> Option<PathFault> {
        for (position, authority) in self.intermediates.iter().enumerate() {
            let name = || authority.subject.to_string();
            if at < authority.not_before || authority.not_after < at {
                return Some(PathFault::IntermediateTime(name()));
            }
            let Some((true, path_len)) = authority.basic_constraints else {
                return Some(PathFault::IntermediateProfile(name()));
            };
            if path_len.is_some_and(|limit| position > usize::from(limit)) {
                return Some(PathFault::TooLong);
            }
            let may_sign = authority.key_usage.is_none_or(|usage| usage.key_cert_sign);
            if !may_sign
                || !authority.allows_email_protection()
                || !authority.unknown_critical.is_empty()
                || authority.doubled_extension.is_some()
            {
                return Some(PathFault::IntermediateProfile(name()));
            }
            if let Some(constraints) = &authority.name_constraints {
                let below = self.intermediates[..position]
                    .iter()
                    .map(|c| &**c)
                    .chain([signer]);
                if let Some(fault) = name_fault(constraints, below) {
                    return Some(fault);
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
        name_fault(&edition.constraints, below)
    }
}

fn name_fault<'c>(
    constraints: &NameConstraints,
    below: impl Iterator<Item = &'c Certificate>,
) -> Option<PathFault> {
    below
        .filter_map(|certificate| constraints.violated_by(certificate.constrained_names()))
        .map(|name| PathFault::Name(name.to_string()))
        .next()
}
