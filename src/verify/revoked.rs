//! Step 11: revocation lists that a user gave or that are kept, OCSP answers that came along, and what
//! they say of one certificate.
//!
//! Whom a list of the issuer names is never plainly good, whatever the list is like. That a
//! certificate is not revoked is said only by lists that RFC 5280, 6.3 lets say it; where none
//! does, those that could not be used are named, and where one does, those that say the opposite.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::facts::{RevocationFacts, RevocationSource};
use super::finding::{Comparison, Findings};
use super::table::{Case, CheckId};
use crate::providers::Trust;
use crate::smime::certificate::Certificate;
use crate::smime::chain::Anchor;
use crate::smime::ocsp::{self, Ocsp, Status};
use crate::smime::revocation::{Crl, Gap, Reach, Reasons, Revocation};
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// Revocation lists and OCSP answers with the names of their files.
#[derive(Debug, Default)]
pub struct Crls {
    /// Lists that could be read.
    pub lists: Vec<(Arc<str>, Crl)>,
    /// Answers that could be read.
    pub answers: Vec<(Arc<str>, Ocsp)>,
    /// Names of files in which one could not be read.
    pub damaged: Vec<Arc<str>>,
}

/// Revocation lists, each with the anchor whose key signed it.
#[derive(Debug, Default)]
pub struct TrustedCrls {
    lists: Vec<TrustedCrl>,
    answers: Vec<(Arc<str>, Ocsp)>,
    damaged: Vec<Arc<str>>,
}

#[derive(Debug)]
struct TrustedCrl {
    name: Arc<str>,
    crl: Crl,
    /// `None` when no anchor of that name signed it.
    by: Option<Signed>,
}

/// By whom a list is signed.
#[derive(Clone, Copy, Debug)]
struct Signed {
    /// Index of the anchor.
    anchor: usize,
    /// Whether a certificate of the anchor lets it sign lists, or none is known.
    may_sign: bool,
}

/// Gives a list when it is first needed.
type ReadList = Box<dyn Fn() -> Option<Crl> + Send + Sync>;

/// One of many lists that are kept, unread.
pub struct ArchivedCrl {
    /// Whose ([`key_name`]).
    pub key: String,
    /// When it was issued.
    pub this_update: Timestamp,
    /// How it is called.
    pub name: Arc<str>,
    /// Gives it; nothing where it is damaged.
    pub read: ReadList,
}

/// How an archive names the key of an authority, given its SubjectPublicKeyInfo: sixteen digits of
/// its SHA-256. Who signed a list is found out by its signature; this only finds it.
pub fn key_name(spki: &[u8]) -> String {
    let mut name = sha256(spki);
    name.truncate(16);
    name
}

/// Gives the lists of an archive when they are first asked for.
type ListArchive = Box<dyn Fn() -> Vec<ArchivedCrl> + Send + Sync>;

/// The lists of one key, the first first; each is read once.
type OfKey = Vec<(ArchivedCrl, OnceLock<Option<TrustedCrl>>)>;

/// The lists of many days. Where it is not needed it costs nothing; a verdict reads at most
/// three of them.
#[derive(Default)]
pub struct CrlArchive {
    list: Option<ListArchive>,
    ready: OnceLock<BTreeMap<String, OfKey>>,
}

impl CrlArchive {
    /// Those that `list` gives, when first asked for.
    pub fn new(list: ListArchive) -> Self {
        Self {
            list: Some(list),
            ready: OnceLock::new(),
        }
    }

    /// The lists of an authority that may say something of a time: the last before it, the first
    /// after it, and the newest.
    fn of<'a>(&'a self, anchor: &Anchor, at: Timestamp, trust: &Trust) -> View<'a> {
        let mut view = View::default();
        let Some(list) = &self.list else { return view };
        let all = self.ready.get_or_init(|| by_key(list()));
        if all.is_empty() {
            return view;
        }
        let Some(own) = all.get(&key_name(&anchor.spki)) else {
            return view;
        };
        let after = own.partition_point(|(one, _)| one.this_update < at);
        let mut places = vec![after.saturating_sub(1), after, own.len() - 1];
        places.dedup();
        for (one, ready) in places.into_iter().filter_map(|place| own.get(place)) {
            let read = || Some(TrustedCrl::new(one.name.clone(), (one.read)()?, trust));
            match ready.get_or_init(read) {
                Some(list) => view.lists.push(list),
                None => view.damaged.push(&one.name),
            }
        }
        view
    }
}

fn by_key(lists: Vec<ArchivedCrl>) -> BTreeMap<String, OfKey> {
    let mut all: BTreeMap<String, OfKey> = BTreeMap::new();
    for one in lists {
        let key = one.key.clone();
        all.entry(key).or_default().push((one, OnceLock::new()));
    }
    for own in all.values_mut() {
        own.sort_by_key(|(one, _)| one.this_update);
    }
    all
}

impl std::fmt::Debug for CrlArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lists = self.ready.get().into_iter().flat_map(BTreeMap::values);
        let names = lists.flatten().map(|(one, _)| &one.name);
        f.debug_list().entries(names).finish()
    }
}

/// The lists by which one certificate is judged.
#[derive(Default)]
pub(super) struct View<'a> {
    lists: Vec<&'a TrustedCrl>,
    answers: Vec<&'a (Arc<str>, Ocsp)>,
    damaged: Vec<&'a Arc<str>>,
}

/// Lists that are used where none was given and they say something.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    /// Those of the store.
    pub store: Option<&'a TrustedCrls>,
    /// Those that came along with the message.
    pub along: Option<&'a TrustedCrls>,
    /// Those in its signature.
    pub within: Option<&'a TrustedCrls>,
    /// Those of many days.
    pub archive: &'a CrlArchive,
}

impl<'a> Kept<'a> {
    /// Those that may say something of certificates of this authority.
    pub fn of(&self, anchor: &Anchor, at: Timestamp, trust: &Trust) -> View<'a> {
        let mut view = self.archive.of(anchor, at, trust);
        let own = [self.store, self.along, self.within];
        for lists in own.into_iter().flatten() {
            view.lists.extend(&lists.lists);
            view.answers.extend(&lists.answers);
            view.damaged.extend(&lists.damaged);
        }
        view
    }
}

/// Whose key signed a certificate.
#[derive(Clone, Copy)]
pub(super) enum Issuer<'a> {
    Pinned(&'a Anchor),
    Between(&'a Certificate),
}

/// What is asked of lists.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub certificate: &'a Certificate,
    pub issuer: Issuer<'a>,
    /// Time of judgement.
    pub at: Timestamp,
    /// No list is of a later time.
    pub now: Timestamp,
    /// No answer is of a later time.
    pub today: Timestamp,
}

/// Who signed a list, seen from a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The key that signed the certificate, and it may sign lists.
    Issuer,
    /// That key, without the right to sign lists.
    NoRight,
    /// Another pinned key.
    Other,
    /// Nobody who is known.
    Stranger,
}

/// A list that is about the certificate, and what it is worth for it.
#[derive(Clone, Copy)]
struct About<'a> {
    list: &'a TrustedCrl,
    standing: Standing,
}

/// How many files one finding names.
const NAMED_FILES: usize = 3;

impl TrustedCrls {
    /// Checks each list against the keys of the authorities.
    pub fn new(crls: Crls, trust: &Trust) -> Self {
        let lists = crls.lists.into_iter();
        Self {
            lists: lists
                .map(|(name, crl)| TrustedCrl::new(name, crl, trust))
                .collect(),
            answers: crls.answers,
            damaged: crls.damaged,
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            lists: self.lists.iter().collect(),
            answers: self.answers.iter().collect(),
            damaged: self.damaged.iter().collect(),
        }
    }
}

impl<'a> View<'a> {
    /// The same with the OCSP answers that came along.
    pub fn and_answers(mut self, kept: Kept<'a>) -> Self {
        for along in [kept.along, kept.within].into_iter().flatten() {
            self.answers.extend(&along.answers);
            self.damaged.extend(&along.damaged);
        }
        self
    }

    /// Names of files in which a list could not be read.
    pub fn damaged(&self) -> impl Iterator<Item = &'a str> {
        self.damaged.iter().map(|file| &***file)
    }

    fn about(&self, asked: &Asked<'_>, trust: &Trust) -> Vec<About<'a>> {
        let lists = self.lists.iter();
        let lists = lists.filter(|list| list.crl.concerns(asked.certificate));
        let about = lists.map(|list| About {
            list,
            standing: list.standing(asked.issuer, trust),
        });
        about.collect()
    }

    /// The OCSP answers about a certificate, and what each is worth.
    fn answers(&self, asked: &Asked<'_>) -> Vec<Answered<'a>> {
        let (true, Some(issuer)) = (!self.answers.is_empty(), asked.issuer.of_answers()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, answer) in self.answers.iter().copied() {
            let mut said = answer.about(asked.certificate, &issuer).peekable();
            if said.peek().is_none() {
                continue;
            }
            let is_believed = match answer.signer(&issuer) {
                Some(ocsp::Signer::Issuer) => true,
                // RFC 6960, 4.2.2.2.1: whom a list names signs nothing any more.
                Some(ocsp::Signer::Delegate(delegate)) => {
                    let mut lists = self.lists.iter();
                    !lists.any(|list| list.crl.entry(delegate).is_some())
                }
                None => false,
            };
            found.extend(said.map(|said| Answered {
                name,
                sha256: &answer.sha256,
                this_update: said.this_update,
                next_update: said.next_update,
                status: said.status,
                reach: said.reach(asked.certificate, asked.at, asked.today),
                worth: match (is_believed, answer.is_understood(said)) {
                    (false, _) => Worth::Stranger,
                    (true, false) => Worth::NotUnderstood,
                    (true, true) => Worth::Issuer,
                },
            }));
        }
        found
    }

    /// Whether an answer is about the certificate, a list of the issuer names it or may say that it is not
    /// revoked; or whether one is damaged that might have.
    pub fn decide(&self, asked: &Asked<'_>, trust: &Trust) -> bool {
        if !self.damaged.is_empty() {
            return true;
        }
        // Somebody laid it beside this very message.
        if !self.answers(asked).is_empty() {
            return true;
        }
        let lists = self.about(asked, trust);
        lists.iter().any(|one| {
            one.standing == Standing::Issuer
                && (one.list.crl.entry(asked.certificate).is_some()
                    || one.speaks(&lists, asked).is_some())
        })
    }

    /// What the lists say of a certificate at a time, and by which one that is said; `None` where
    /// they say nothing.
    pub fn check(
        &self,
        asked: &Asked<'_>,
        trust: &Trust,
        findings: &mut Findings,
    ) -> Option<RevocationFacts> {
        let (certificate, at) = (asked.certificate, asked.at);
        let lists = self.about(asked, trust);
        let answers = self.answers(asked);
        if lists.is_empty() && answers.is_empty() {
            findings.tell_found(Case::ChainRevocationNoList, certificate.issuer.to_string());
            return None;
        }
        if let Some((said, by)) = worst_entry(certificate, (&lists, &answers), at) {
            findings.tell_both(said.case, at.to_string(), said.found);
            return Some(by);
        }
        let speaking = lists.iter().filter_map(|one| one.speaks(&lists, asked));
        let speaking: Vec<(&TrustedCrl, Reasons)> = speaking.collect();
        let reasons = speaking.iter().map(|(_, reasons)| *reasons);
        let is_clear = reasons.fold(Reasons::default(), Reasons::and).are_all();
        let good = answers.iter().filter(|one| one.speaks());
        let good: Vec<RevocationFacts> = good.map(Answered::facts).collect();
        if !is_clear && good.is_empty() {
            tell_unusable(asked, (&lists, &answers), findings);
            return None;
        }
        findings.record(CheckId::ChainRevocation, Comparison::Agrees);
        tell_contradicting(certificate, &lists, at, findings);
        // The first after the time, or else the last before it.
        let lists = speaking.iter().filter(|_| is_clear);
        let said = lists.map(|(list, _)| list.facts()).chain(good);
        said.min_by_key(|said| {
            let apart = said.this_update.seconds_since(at);
            (apart < 0, apart.abs())
        })
    }
}

impl<'a> Issuer<'a> {
    /// As OCSP answers name it; none whose key cannot be used.
    fn of_answers(self) -> Option<ocsp::Issuer<'a>> {
        match self {
            Self::Pinned(anchor) => Some(ocsp::Issuer {
                name: &anchor.subject,
                key: &anchor.key,
                spki: &anchor.spki,
            }),
            Self::Between(authority) => Some(ocsp::Issuer {
                name: &authority.subject,
                key: authority.key.as_ref().ok()?,
                spki: &authority.spki,
            }),
        }
    }
}

/// What an OCSP answer says of the certificate, and what it is worth.
struct Answered<'a> {
    name: &'a Arc<str>,
    sha256: &'a str,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    status: Status,
    reach: Reach,
    worth: Worth,
}

/// What an OCSP answer is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// The issuer signed it, or whom it certified to.
    Issuer,
    /// The same, with a critical extension that is not understood.
    NotUnderstood,
    /// Somebody else signed it.
    Stranger,
}

impl Answered<'_> {
    /// The revocation that it states, where anybody who may said so.
    fn revocation(&self) -> Option<Revocation> {
        match (self.status, self.worth) {
            (Status::Revoked(revocation), Worth::Issuer | Worth::NotUnderstood) => Some(revocation),
            (Status::Revoked(_), Worth::Stranger) | (Status::Good | Status::Unknown, _) => None,
        }
    }

    /// Whether it says that the certificate was not revoked.
    fn speaks(&self) -> bool {
        self.status == Status::Good && self.worth == Worth::Issuer && self.reach == Reach::Speaks
    }

    /// Why it does not, where it is not for what it says.
    fn unusable(&self) -> Case {
        match (self.worth, self.status, self.reach) {
            (Worth::Stranger, _, _) => Case::ChainRevocationAnswerSignature,
            (Worth::NotUnderstood, _, _) => Case::ChainRevocationUnusableExtension,
            (Worth::Issuer, Status::Unknown, _) => Case::ChainRevocationAnswerUnknown,
            (Worth::Issuer, _, Reach::AfterLife) => Case::ChainRevocationOtherTime,
            (Worth::Issuer, _, Reach::NotYet) => Case::ChainRevocationNotYet,
            (Worth::Issuer, _, Reach::Ended | Reach::Speaks) => Case::ChainRevocationStale,
        }
    }

    fn facts(&self) -> RevocationFacts {
        RevocationFacts {
            source: RevocationSource::Answer,
            sha256: self.sha256.to_owned(),
            this_update: self.this_update,
            next_update: self.next_update,
        }
    }
}

impl<'a> About<'a> {
    /// Whether it can say that the certificate was not revoked, alone or with a delta list that
    /// continues it: the list that says so, and for which reasons.
    fn speaks(&self, all: &[Self], asked: &Asked<'_>) -> Option<(&'a TrustedCrl, Reasons)> {
        let crl = &self.list.crl;
        if unusable(self, asked.certificate).is_some() {
            return None;
        }
        let reasons = crl.reasons(asked.certificate);
        match crl.reach(asked.certificate, asked.at, asked.now) {
            Reach::Speaks => Some((self.list, reasons)),
            Reach::Ended => {
                let continues = |delta: &&Self| {
                    let changed = &delta.list.crl;
                    delta.standing == Standing::Issuer
                        && changed.continues(crl)
                        && changed.gap(asked.certificate) == Some(Gap::Delta)
                        && changed.reach(asked.certificate, asked.at, asked.now) == Reach::Speaks
                };
                let delta = all.iter().find(continues)?;
                Some((delta.list, reasons))
            }
            Reach::AfterLife | Reach::NotYet => None,
        }
    }
}

impl TrustedCrl {
    fn new(name: Arc<str>, crl: Crl, trust: &Trust) -> Self {
        let signed_by =
            |anchor: &Anchor| crl.issuer == anchor.subject && crl.is_signed_by(&anchor.key);
        let anchor = trust.anchors.iter().position(signed_by);
        let by = anchor.map(|anchor| Signed {
            anchor,
            may_sign: may_sign_lists(&trust.anchors[anchor]),
        });
        Self { name, crl, by }
    }

    fn standing(&self, issuer: Issuer<'_>, trust: &Trust) -> Standing {
        let (is_by_issuer, may_sign) = match issuer {
            Issuer::Pinned(anchor) => {
                let by = (self.by).filter(|by| trust.anchors[by.anchor].spki == anchor.spki);
                (by.is_some(), by.is_some_and(|by| by.may_sign))
            }
            // RFC 5280, 6.3.3 (f).
            Issuer::Between(authority) => (
                self.crl.issuer == authority.subject
                    && (authority.key.as_ref()).is_ok_and(|key| self.crl.is_signed_by(key)),
                authority.key_usage.is_none_or(|usage| usage.crl_sign),
            ),
        };
        match (is_by_issuer, may_sign) {
            (true, true) => Standing::Issuer,
            (true, false) => Standing::NoRight,
            (false, _) if self.by.is_some() => Standing::Other,
            (false, _) => Standing::Stranger,
        }
    }

    fn facts(&self) -> RevocationFacts {
        RevocationFacts {
            source: RevocationSource::List,
            sha256: self.crl.sha256(),
            this_update: self.crl.this_update,
            next_update: self.crl.next_update,
        }
    }
}

/// Whether one of the anchor's certificates lets it sign lists (RFC 5280, 6.3.3 (f)), or none is
/// known that could say.
fn may_sign_lists(anchor: &Anchor) -> bool {
    let known = || {
        anchor
            .editions
            .iter()
            .filter_map(|one| one.certificate.as_deref())
    };
    let may = |certificate: Certificate| certificate.key_usage.is_none_or(|usage| usage.crl_sign);
    known().next().is_none() || known().any(|der| Certificate::parse(der).is_ok_and(may))
}

/// What a list says, and what that does.
struct Said {
    case: Case,
    found: String,
}

/// The entry that weighs most, and where it stands. Any list that names the certificate counts, also when
/// a newer one does not: ended certificates leave the lists (RFC 5280, 3.3).
fn worst_entry(
    certificate: &Certificate,
    (lists, answers): (&[About<'_>], &[Answered<'_>]),
    at: Timestamp,
) -> Option<(Said, RevocationFacts)> {
    let is_over = |revocation: &Revocation, since: Timestamp| {
        revocation.is_hold()
            && (lists.iter().any(|other| lifts(other, since, certificate))
                || (answers.iter()).any(|other| other.speaks() && since < other.this_update))
    };
    let known = lists
        .iter()
        .filter(|one| one.standing != Standing::Stranger);
    let entries = known.filter_map(|one| {
        let list = one.list;
        let revocation = list.crl.entry(certificate)?;
        if revocation.is_lifted() && list.crl.is_delta {
            return None;
        }
        if is_over(&revocation, list.crl.this_update) {
            return None;
        }
        let is_whole = one.standing == Standing::Issuer
            && !matches!(
                list.crl.gap(certificate),
                Some(Gap::Extension(_) | Gap::OtherIssuer | Gap::OtherKind)
            );
        let said = match is_whole {
            true => report(&revocation, at),
            false => report_limited(&revocation, &list.name, at),
        };
        Some((said, list.facts()))
    });
    let stated = answers.iter().filter_map(|one| {
        let revocation = one.revocation()?;
        if is_over(&revocation, one.this_update) {
            return None;
        }
        let said = match one.worth {
            Worth::Issuer => report(&revocation, at),
            Worth::NotUnderstood | Worth::Stranger => report_limited(&revocation, one.name, at),
        };
        Some((said, one.facts()))
    });
    // Of equals the newest says it best.
    entries.chain(stated).min_by_key(|(said, facts)| {
        let newest = std::cmp::Reverse(facts.this_update);
        (said.case.weight(), newest)
    })
}

/// Only a hold can be lifted (RFC 5280, 5.3.1): a later list leaves it out, or a later delta
/// list says so.
fn lifts(later: &About<'_>, since: Timestamp, certificate: &Certificate) -> bool {
    let crl = &later.list.crl;
    if later.standing != Standing::Issuer || crl.this_update <= since {
        return false;
    }
    match (crl.entry(certificate), crl.gap(certificate)) {
        (None, None) => crl.reasons(certificate).are_all(),
        (Some(entry), Some(Gap::Delta)) => entry.is_lifted(),
        (None, Some(_)) | (Some(_), _) => false,
    }
}

fn report(revocation: &Revocation, at: Timestamp) -> Said {
    let is_suspect = matches!(revocation.invalid_since, Some(Ok(since)) if since <= at);
    let case = if revocation.at <= at {
        Case::ChainRevocationRevoked
    } else if is_suspect {
        Case::ChainRevocationSuspect
    } else if revocation.is_compromise() {
        Case::ChainRevocationCompromisedLater
    } else if revocation.is_unreadable() {
        Case::ChainRevocationUnreadableLater
    } else {
        Case::ChainRevocationLater
    };
    let found = shown(revocation);
    Said { case, found }
}

/// An entry in a list that cannot be taken as RFC 5280 takes them.
fn report_limited(revocation: &Revocation, name: &str, at: Timestamp) -> Said {
    let since = match revocation.invalid_since {
        Some(Ok(since)) => since.min(revocation.at),
        Some(Err(_)) | None => revocation.at,
    };
    let case = if since <= at {
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
fn unusable(one: &About<'_>, certificate: &Certificate) -> Option<Case> {
    match (one.standing, one.list.crl.gap(certificate)) {
        (Standing::Stranger, _) => Some(Case::ChainRevocationUnusableSignature),
        (Standing::Other, _) => Some(Case::ChainRevocationUnusableIssuer),
        (Standing::NoRight, _) => Some(Case::ChainRevocationUnusableUsage),
        (Standing::Issuer, Some(Gap::Extension(_))) => Some(Case::ChainRevocationUnusableExtension),
        (Standing::Issuer, Some(Gap::OtherIssuer | Gap::Mixed)) => {
            Some(Case::ChainRevocationUnusableIndirect)
        }
        (Standing::Issuer, Some(Gap::OtherKind)) => Some(Case::ChainRevocationUnusableScope),
        (Standing::Issuer, Some(Gap::OtherPoint)) => Some(Case::ChainRevocationUnusablePoint),
        (Standing::Issuer, Some(Gap::Delta)) => Some(Case::ChainRevocationUnusableDelta),
        (Standing::Issuer, None) => None,
    }
}

/// Lists that name the certificate and that no known authority signed. They count for nothing
/// beside one that does; but one may be the authority's own, damaged, and then it is the one that
/// decides.
fn tell_contradicting(
    certificate: &Certificate,
    lists: &[About<'_>],
    at: Timestamp,
    findings: &mut Findings,
) {
    let names = |one: &&About<'_>| {
        let entry = one.list.crl.entry(certificate);
        one.standing == Standing::Stranger && entry.is_some_and(|entry| !entry.is_lifted())
    };
    let mut contradicting = lists.iter().filter(names).peekable();
    if contradicting.peek().is_some() {
        findings.tell_both(
            Case::ChainRevocationContradicting,
            at.to_string(),
            some_of(contradicting.map(|one| &*one.list.name)),
        );
    }
}

/// Nothing says that the certificate was not revoked: what was there, and why not.
fn tell_unusable(
    asked: &Asked<'_>,
    (lists, answers): (&[About<'_>], &[Answered<'_>]),
    findings: &mut Findings,
) {
    let Asked {
        certificate,
        at,
        now,
        issuer: _,
        today: _,
    } = *asked;
    let mut groups: BTreeMap<&'static str, (Case, Vec<&str>)> = BTreeMap::new();
    for one in lists {
        let case = unusable(one, certificate).unwrap_or_else(|| {
            match one.list.crl.reach(certificate, at, now) {
                Reach::Speaks => Case::ChainRevocationUnusableReasons,
                Reach::Ended => Case::ChainRevocationStale,
                Reach::AfterLife => Case::ChainRevocationOtherTime,
                Reach::NotYet => Case::ChainRevocationNotYet,
            }
        });
        let (_, names) = groups.entry(case.key()).or_insert((case, Vec::new()));
        names.push(&one.list.name);
    }
    for one in answers {
        let case = one.unusable();
        let (_, names) = groups.entry(case.key()).or_insert((case, Vec::new()));
        names.push(one.name);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_names_stand_for_all() {
        assert_eq!(some_of(["a", "a", "b"].into_iter()), "a, b");
        let many: Vec<String> = (0..NAMED_FILES + 2).map(|n| n.to_string()).collect();
        let told = some_of(many.iter().map(String::as_str));
        assert!(
            told.starts_with("0, 1") && told.ends_with(" (+2)"),
            "{told}"
        );
    }
}
