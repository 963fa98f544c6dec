//! Step 11: revocation lists that a user gave, and what they say of one certificate.
//!
//! Whom a list of the issuer names is never plainly good, whatever the list is like. That a
//! certificate is not revoked is said only by lists that RFC 5280, 6.3 lets say it; where none
//! does, those that could not be used are named, and where one does, those that say the opposite.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::finding::{Comparison, Findings};
use super::table::{Case, CheckId};
use crate::providers::Trust;
use crate::smime::certificate::Certificate;
use crate::smime::chain::Anchor;
use crate::smime::revocation::{Crl, Gap, Reasons, Revocation};
use crate::timestamp::Timestamp;

/// Revocation lists with the names of their files.
#[derive(Debug, Default)]
pub struct Crls {
    /// Those that could be read.
    pub lists: Vec<(Arc<str>, Crl)>,
    /// Names of files in which one could not be read.
    pub damaged: Vec<Arc<str>>,
}

/// The same, each with the anchor whose key signed it.
#[derive(Debug)]
pub(super) struct TrustedCrls {
    lists: Vec<TrustedCrl>,
    pub damaged: Vec<Arc<str>>,
}

#[derive(Debug)]
struct TrustedCrl {
    name: Arc<str>,
    crl: Crl,
    /// Index of the anchor; `None` when no anchor of that name signed it.
    anchor: Option<usize>,
}

/// Whose key signed a certificate.
pub(super) enum Issuer<'a> {
    Pinned(&'a Anchor),
    Between(&'a Certificate),
}

/// Who signed a list, seen from a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The key that signed the certificate, and it may sign lists.
    Issuer,
    /// That key without the right to sign lists, or another pinned key.
    Related,
    /// Nobody who is known.
    Stranger,
}

/// How many files one finding names.
const NAMED_FILES: usize = 3;

impl TrustedCrls {
    /// Checks each list against the keys of the authorities.
    pub fn new(crls: Crls, trust: &Trust) -> Self {
        let lists = crls.lists.into_iter().map(|(name, crl)| {
            let signed_by =
                |anchor: &Anchor| crl.issuer == anchor.subject && crl.is_signed_by(&anchor.key);
            let anchor = trust.anchors.iter().position(signed_by);
            TrustedCrl { name, crl, anchor }
        });
        Self {
            lists: lists.collect(),
            damaged: crls.damaged,
        }
    }

    /// Whether a list of the issuer names the certificate, or may say that it is not revoked; or whether
    /// one is damaged that might have.
    pub fn decide(
        &self,
        certificate: &Certificate,
        issuer: &Issuer<'_>,
        trust: &Trust,
        at: Timestamp,
    ) -> bool {
        let lists = self.lists.iter().filter(|t| t.crl.concerns(certificate));
        let mut lists = lists.map(|list| (list, list.standing(issuer, trust)));
        !self.damaged.is_empty()
            || lists.any(|(list, standing)| {
                standing == Standing::Issuer
                    && (list.crl.entry(certificate).is_some()
                        || unusable(list, standing, certificate).is_none()
                            && list.crl.speaks_of(certificate, at))
            })
    }

    /// What the lists say of a certificate at a time, and whether they say anything.
    pub fn check(
        &self,
        certificate: &Certificate,
        issuer: &Issuer<'_>,
        trust: &Trust,
        at: Timestamp,
        findings: &mut Findings,
    ) -> bool {
        let lists = self.lists.iter().filter(|t| t.crl.concerns(certificate));
        let lists: Vec<(&TrustedCrl, Standing)> = lists
            .map(|list| (list, list.standing(issuer, trust)))
            .collect();
        if lists.is_empty() {
            findings.tell_found(Case::ChainRevocationNoList, certificate.issuer.to_string());
            return false;
        }
        if let Some(said) = worst_entry(certificate, &lists, at) {
            findings.tell_both(said.case, at.to_string(), said.found);
            return true;
        }
        let speaking = lists.iter().filter(|(list, standing)| {
            unusable(list, *standing, certificate).is_none() && list.crl.speaks_of(certificate, at)
        });
        let reasons = speaking.map(|(list, _)| list.crl.reasons());
        let is_clear = reasons.fold(Reasons::default(), Reasons::and).are_all();
        if is_clear {
            findings.record(CheckId::ChainRevocation, Comparison::Agrees);
            tell_contradicting(certificate, &lists, at, findings);
        } else {
            tell_unusable(certificate, &lists, at, findings);
        }
        is_clear
    }
}

impl TrustedCrl {
    fn standing(&self, issuer: &Issuer<'_>, trust: &Trust) -> Standing {
        let by_issuer = match issuer {
            Issuer::Pinned(anchor) => self
                .anchor
                .is_some_and(|index| trust.anchors[index].spki == anchor.spki),
            Issuer::Between(authority) => {
                self.crl.issuer == authority.subject
                    && (authority.key.as_ref()).is_ok_and(|key| self.crl.is_signed_by(key))
            }
        };
        let may_sign = match issuer {
            Issuer::Pinned(_) => true,
            // RFC 5280, 6.3.3 (f).
            Issuer::Between(authority) => authority.key_usage.is_none_or(|usage| usage.crl_sign),
        };
        match (by_issuer, may_sign) {
            (true, true) => Standing::Issuer,
            (true, false) => Standing::Related,
            (false, _) if self.anchor.is_some() => Standing::Related,
            (false, _) => Standing::Stranger,
        }
    }
}

/// What a list says, and what that does.
struct Said {
    case: Case,
    found: String,
}

/// The entry that weighs most. Any list that names the certificate counts, also when a newer
/// one does not: ended certificates leave the lists (RFC 5280, 3.3).
fn worst_entry(
    certificate: &Certificate,
    lists: &[(&TrustedCrl, Standing)],
    at: Timestamp,
) -> Option<Said> {
    let known = lists.iter().filter(|(_, by)| *by != Standing::Stranger);
    let entries = known.filter_map(|(list, standing)| {
        let revocation = list.crl.entry(certificate)?;
        if revocation.is_lifted() && list.crl.is_delta {
            return None;
        }
        if revocation.is_hold() && lists.iter().any(|other| lifts(*other, list, certificate)) {
            return None;
        }
        Some((list, *standing, revocation))
    });
    let said = entries.map(|(list, standing, revocation)| {
        let is_whole = standing == Standing::Issuer
            && !matches!(
                list.crl.gap(certificate),
                Some(Gap::Extension(_) | Gap::OtherKind)
            );
        let said = match is_whole {
            true => report(&revocation, at),
            false => report_limited(&revocation, &list.name, at),
        };
        (said, list.crl.this_update)
    });
    // Of equals the newest list says it best.
    let worst = said.min_by_key(|(said, issued)| (said.case.weight(), std::cmp::Reverse(*issued)));
    worst.map(|(said, _)| said)
}

/// Only a hold can be lifted (RFC 5280, 5.3.1): a later list leaves it out, or a later delta
/// list says so.
fn lifts(
    (later, standing): (&TrustedCrl, Standing),
    than: &TrustedCrl,
    certificate: &Certificate,
) -> bool {
    if standing != Standing::Issuer || later.crl.this_update <= than.crl.this_update {
        return false;
    }
    match (later.crl.entry(certificate), later.crl.gap(certificate)) {
        (None, None) => later.crl.reasons().are_all(),
        (Some(entry), Some(Gap::Part)) => later.crl.is_delta && entry.is_lifted(),
        (None, Some(_)) | (Some(_), _) => false,
    }
}

fn report(revocation: &Revocation, at: Timestamp) -> Said {
    let is_suspect = revocation.invalid_since.is_some_and(|since| since <= at);
    let case = if revocation.at <= at {
        Case::ChainRevocationRevoked
    } else if is_suspect {
        Case::ChainRevocationSuspect
    } else if revocation.is_compromise() {
        Case::ChainRevocationCompromisedLater
    } else {
        Case::ChainRevocationLater
    };
    let found = shown(revocation);
    Said { case, found }
}

/// An entry in a list that cannot be taken as RFC 5280 takes them.
fn report_limited(revocation: &Revocation, name: &str, at: Timestamp) -> Said {
    let since = revocation.invalid_since.unwrap_or(revocation.at);
    let case = if since.min(revocation.at) <= at {
        Case::ChainRevocationLimited
    } else {
        Case::ChainRevocationLimitedLater
    };
    let found = format!("{} ({name})", shown(revocation));
    Said { case, found }
}

fn shown(revocation: &Revocation) -> String {
    format!("{}, {}", revocation.at, revocation.reason_name())
}

/// Why a list cannot say that a certificate is not revoked, whatever its time.
fn unusable(list: &TrustedCrl, standing: Standing, certificate: &Certificate) -> Option<Case> {
    match (standing, list.crl.gap(certificate)) {
        (Standing::Stranger, _) => Some(Case::ChainRevocationUnusableSignature),
        (Standing::Related, _) => Some(Case::ChainRevocationUnusableIssuer),
        (Standing::Issuer, Some(Gap::Extension(_))) => Some(Case::ChainRevocationUnusableExtension),
        (Standing::Issuer, Some(Gap::OtherKind | Gap::Part)) => {
            Some(Case::ChainRevocationUnusableScope)
        }
        (Standing::Issuer, None) => None,
    }
}

/// Lists that name the certificate and that no known authority signed. They count for nothing
/// beside one that does; but one may be the authority's own, damaged, and then it is the one that
/// decides.
fn tell_contradicting(
    certificate: &Certificate,
    lists: &[(&TrustedCrl, Standing)],
    at: Timestamp,
    findings: &mut Findings,
) {
    let names = |(list, standing): &&(&TrustedCrl, Standing)| {
        let entry = list.crl.entry(certificate);
        *standing == Standing::Stranger && entry.is_some_and(|entry| !entry.is_lifted())
    };
    let mut contradicting = lists.iter().filter(names).peekable();
    if contradicting.peek().is_some() {
        findings.tell_both(
            Case::ChainRevocationContradicting,
            at.to_string(),
            some_of(contradicting.map(|(list, _)| &*list.name)),
        );
    }
}

/// No list says that the certificate was not revoked: which ones were there, and why not.
fn tell_unusable(
    certificate: &Certificate,
    lists: &[(&TrustedCrl, Standing)],
    at: Timestamp,
    findings: &mut Findings,
) {
    let mut groups: BTreeMap<&'static str, (Case, Vec<&str>)> = BTreeMap::new();
    for (list, standing) in lists {
        let case = unusable(list, *standing, certificate).unwrap_or_else(|| {
            match list.crl.speaks_of(certificate, at) {
                true => Case::ChainRevocationUnusableScope,
                false => Case::ChainRevocationOtherTime,
            }
        });
        let (_, names) = groups.entry(case.key()).or_insert((case, Vec::new()));
        names.push(&list.name);
    }
    for (case, names) in groups.into_values() {
        findings.tell_both(case, at.to_string(), some_of(names.into_iter()));
    }
}

/// The first names, each once, and how many there are more.
pub(super) fn some_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED_FILES);
    names.truncate(NAMED_FILES);
    match more {
        0 => names.join(", "),
        more => format!("{} (+{more})", names.join(", ")),
    }
}
