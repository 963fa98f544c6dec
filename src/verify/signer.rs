//! Steps 9 to 12: whose certificate signed, and whether it might sign PEC at that time.
//!
//! Step 9, profile (RFC 6109, 5.5) and way to a pinned key; step 10, the time; step 11,
//! revocation; step 12, the list of providers.

use std::cell::RefCell;
use std::sync::Arc;

use super::facts::{EditionFacts, RevocationFacts};
use super::finding::Comparison::{self, Agrees, Differs, NotMade};
use super::finding::{Finding, Findings};
use super::revoked::{Asked, Issuer, Kept, TrustedCrls, some_of};
use super::signature::{Carried, Outcome, Signer};
use super::table::{Case, CheckId, Weight};
use crate::pec::header::is_signer_address;
use crate::pec::{CertificationData, MessageKind, SIGNER_POLICY};
use crate::providers::{ProviderList, Trust};
use crate::smime::algorithm::{DigestAlgorithm, KeyType, PublicKey};
use crate::smime::certificate::Certificate;
use crate::smime::chain::{Anchor, Edition, Judgement, Path, PathFault};
use crate::smime::name::Name;
use crate::timestamp::Timestamp;

/// RSA keys under this are a note in certificates issued before [`SHORT_KEYS_END`], and refuted
/// in later ones: the last PEC certificate seen with 1,024 bits ran from 2014 to 2017. Those
/// issued since 2017 are all signed over SHA-256.
const STRONG_RSA_BITS: usize = 2_048;
/// 2018-01-01T00:00:00Z.
const SHORT_KEYS_END: Timestamp = Timestamp::from_unix(1_514_764_800);

/// What the signer is judged with.
pub(super) struct Judge<'a> {
    pub trust: &'a Trust,
    /// The revocation lists that the user gave; `None` when that was not asked.
    pub crls: Option<&'a TrustedCrls>,
    /// Those that are kept; they are silent where they know nothing.
    pub kept_crls: Kept<'a>,
    pub providers: Option<&'a ProviderList>,
    /// Editions that came along and that the trust data lack.
    pub learned: &'a RefCell<Vec<Edition>>,
    /// Time of judgement.
    pub at: Timestamp,
    /// The time that the message itself states.
    pub claimed: Option<Timestamp>,
    /// Today.
    pub now: Timestamp,
}

/// The authority by which the signer was judged.
pub(super) struct Authority {
    /// Label of the anchor.
    pub label: Arc<str>,
    /// Its edition, when there is one.
    pub edition: Option<EditionFacts>,
    /// The list that says whether the signer was revoked.
    pub revocation: Option<RevocationFacts>,
}

/// A name that is somebody else's.
enum Borrowed<'n> {
    Authority(&'n str),
    Provider(&'n str),
    Root(&'n str),
}

/// A way and what it is worth.
struct Judged<'s> {
    path: &'s Path,
    edition: Option<EditionFacts>,
    fault: Option<PathFault>,
    /// What is to be said of the edition.
    note: Option<Case>,
}

impl<'s> Judged<'s> {
    fn of(path: &'s Path, judgement: Judgement<'_>, note: Option<Case>, is_carried: bool) -> Self {
        let edition = judgement.edition.map(|edition| EditionFacts {
            since: edition.not_before,
            sha256: edition.sha256.clone(),
            is_carried,
        });
        let fault = judgement.fault;
        Self {
            path,
            edition,
            fault,
            note,
        }
    }

    /// Nothing against it, by an edition that was in force.
    fn is_plain(&self) -> bool {
        self.fault.is_none() && self.note.is_none()
    }

    fn weight(&self, judge: &Judge<'_>) -> Weight {
        let fault = self.fault.as_ref();
        let anchor = &judge.trust.anchors[self.path.anchor];
        fault.map_or(Weight::Note, |fault| {
            judge.fault_case(fault, anchor).weight()
        })
    }
}

impl Judge<'_> {
    /// Steps 9 to 12 for a signer whose signature holds. What came along with it is looked at
    /// only where the trust data do not suffice.
    pub(super) fn check(
        &self,
        signer: &Signer,
        along: &Outcome<'_>,
        data: Option<&CertificationData>,
        findings: &mut Findings,
    ) -> Option<Authority> {
        let certificate = &signer.certificate;
        self.check_profile(certificate, findings);
        findings.record(CheckId::SignerKey, key(certificate));
        findings.record(CheckId::ChainTime, self.validity(certificate));
        self.learn(signer, &along.editions);
        let authority = match self.best_path(signer, &along.editions) {
            Some(judged) => Some(self.check_path(signer, judged, findings)),
            None => {
                self.check_stranger(certificate, &along.pool, findings);
                None
            }
        };
        if authority.is_some() {
            self.check_listed(certificate, data, findings);
        }
        authority
    }

    /// RFC 6109, 5.5. What real certificates break (basic constraints, key usage not critical)
    /// is only remarked.
    fn check_profile(&self, certificate: &Certificate, findings: &mut Findings) {
        let unknown = certificate.unknown_critical.first();
        let unknown = unknown.map(|oid| Case::SignerCriticalExtension.found(oid.to_string()));
        findings.record(
            CheckId::SignerCriticalExtension,
            Comparison::of_all(unknown),
        );
        if let Some(oid) = certificate.doubled_extension {
            findings.tell_found(Case::SignerCertificateDoubledExtension, oid.to_string());
        }
        let (mut of_usage, mut of_profile) = (Vec::new(), Vec::new());
        if !certificate.allows_email_protection() {
            of_usage.push(Case::SignerUsageExtended.alone());
        }
        let algorithm = certificate.signature_algorithm();
        if certificate.not_before >= SHORT_KEYS_END
            && algorithm.is_ok_and(|algorithm| algorithm.digest == DigestAlgorithm::Sha1)
        {
            of_profile.push(Case::SignerProfileSha1.alone());
        }
        match certificate.key_usage {
            None => of_profile.push(Case::SignerProfileNoKeyUsage.alone()),
            Some(usage) if !usage.digital_signature => {
                of_usage.push(Case::SignerUsageKey.alone());
            }
            Some(usage) if !usage.critical => {
                of_profile.push(Case::SignerProfileKeyUsageNotCritical.alone());
            }
            Some(_) => {}
        }
        match certificate.basic_constraints {
            Some((true, _)) => of_profile.push(Case::SignerProfileAuthority.alone()),
            Some((false, _)) => of_profile.push(Case::SignerProfileBasicConstraints.alone()),
            None => {}
        }
        findings.record_all(CheckId::SignerUsage, of_usage);
        findings.record_all(CheckId::SignerProfile, of_profile);
        let address = if certificate.mail_addresses().any(is_signer_address) {
            Agrees
        } else {
            let found: Vec<&str> = certificate.mail_addresses().collect();
            Differs(Case::SignerAddress.both("posta-certificata@…", found.join(", ")))
        };
        findings.record(CheckId::SignerAddress, address);
    }

    /// Step 10: RFC 5280, 6.1.3 (a)(2) for the signer's own certificate.
    fn validity(&self, certificate: &Certificate) -> Comparison {
        let (from, to) = (certificate.not_before, certificate.not_after);
        let period = || format!("{from} – {to}");
        let at = self.at;
        if at < from {
            let case = match self.accuses(from, to) {
                true => Case::ChainTimeNotYet,
                false => Case::ChainTimeNotYetAsked,
            };
            Differs(case.both(period(), at.to_string()))
        } else if to < at {
            let case = match self.accuses(from, to) {
                true => Case::ChainTimeEnded,
                false => Case::ChainTimeEndedAsked,
            };
            Differs(case.both(period(), at.to_string()))
        } else if to < self.now {
            Differs(Case::ChainTimeEndedSince.found(to.to_string()))
        } else {
            Agrees
        }
    }

    /// A signer that could not sign when the message says it did refutes it. At another time,
    /// one that the user gave, an ended certificate only proves nothing.
    fn accuses(&self, from: Timestamp, to: Timestamp) -> bool {
        self.claimed
            .is_some_and(|claimed| claimed < from || to < claimed)
    }

    /// Remembers the editions that came along and that the trust data lack, needed here or not.
    fn learn(&self, signer: &Signer, carried: &[Arc<Carried>]) {
        for path in &signer.paths {
            let anchor = &self.trust.anchors[path.anchor];
            let unknown = carried.iter().filter(|carried| {
                let mut editions = anchor.editions.iter();
                editions.all(|known| *known.sha256 != *carried.sha256)
            });
            let learned = anchor.editions_among(unknown.map(|carried| &*carried.der));
            self.learned.borrow_mut().extend(learned);
        }
    }

    /// The way with the least against it at the time, of equals the first.
    fn best_path<'s>(&self, signer: &'s Signer, carried: &[Arc<Carried>]) -> Option<Judged<'s>> {
        let judged = signer.paths.iter().map(|path| {
            let judged = self.judge(signer, path);
            if judged.is_plain() || carried.is_empty() {
                return judged;
            }
            self.judge_with(signer, path, carried).unwrap_or(judged)
        });
        judged.min_by_key(|judged| std::cmp::Reverse(judged.weight(self)))
    }

    /// A way, judged by the editions of the trust data.
    fn judge<'s>(&self, signer: &Signer, path: &'s Path) -> Judged<'s> {
        let editions = &self.trust.anchors[path.anchor].editions;
        let judgement = path.judge(&signer.certificate, editions, self.at);
        let note = judgement
            .edition
            .and_then(|edition| edition_note(edition, editions, self.at));
        Judged::of(path, judgement, note, false)
    }

    /// The same by an edition that the message carries; nothing when none of them permits it.
    fn judge_with<'s>(
        &self,
        signer: &Signer,
        path: &'s Path,
        carried: &[Arc<Carried>],
    ) -> Option<Judged<'s>> {
        let anchor = &self.trust.anchors[path.anchor];
        let mut editions = anchor.editions_among(carried.iter().map(|carried| &*carried.der));
        let carried: Vec<Arc<str>> = editions.iter().map(|e| e.sha256.clone()).collect();
        editions.extend(anchor.editions.iter().cloned());
        editions.sort_by_key(|edition| edition.not_before);
        let judgement = path.judge(&signer.certificate, &editions, self.at);
        let edition = judgement.edition?;
        if judgement.fault.is_some() || !carried.contains(&edition.sha256) {
            return None;
        }
        let note = edition_note(edition, &editions, self.at).unwrap_or(Case::ChainEditionCarried);
        Some(Judged::of(path, judgement, Some(note), true))
    }

    /// Lists that people keep have gaps, and a gap accuses nobody: where an edition of the
    /// authority may be missing from the trust data, or the data are older than the time of
    /// judgement, a name that is not permitted is only a doubt. Who signed is no stranger then: the
    /// pinned key issued the certificate.
    fn fault_case(&self, fault: &PathFault, anchor: &Anchor) -> Case {
        let is_older = self.trust.is_older_than(self.at);
        match fault {
            PathFault::AuthorityEnded(_) if is_older => Case::ChainTimeAuthorityEndedDataOlder,
            PathFault::AuthorityEnded(_) => Case::ChainTimeAuthorityEnded,
            PathFault::IntermediateTime(_) => Case::ChainTimeIntermediate,
            PathFault::IntermediateProfile(_) => Case::ChainAnchorIntermediate,
            PathFault::TooLong => Case::ChainAnchorTooLong,
            PathFault::NameAfterLast(_) if is_older => Case::ChainConstraintsDataOlder,
            PathFault::NameAfterLast(_) if !anchor.is_complete => Case::ChainConstraintsAfterLast,
            PathFault::IntermediateName(_) | PathFault::Name(_) | PathFault::NameAfterLast(_) => {
                Case::ChainConstraints
            }
            PathFault::NameBeforeFirst(_) => Case::ChainConstraintsBeforeFirst,
            PathFault::NameOfLater { .. } => Case::ChainConstraintsLater,
        }
    }

    fn check_path(
        &self,
        signer: &Signer,
        judged: Judged<'_>,
        findings: &mut Findings,
    ) -> Authority {
        let anchor = &self.trust.anchors[judged.path.anchor];
        findings.record(CheckId::ChainImpersonation, Agrees);
        let fault = judged.fault.as_ref().map(|fault| self.told(fault, anchor));
        let (anchoring, constraints, edition) = match (&fault, judged.note, &judged.edition) {
            // The names are compared last: behind another fault nothing is known of them.
            (Some(fault), _, _) if fault.check() == CheckId::ChainAnchor => {
                (NotMade, NotMade, NotMade)
            }
            (Some(_), None, Some(_)) => (Agrees, NotMade, Agrees),
            (Some(_), _, _) | (None, _, None) => (Agrees, NotMade, NotMade),
            (None, None, Some(_)) => (Agrees, Agrees, Agrees),
            (None, Some(case), Some(edition)) => {
                let note = case.both(self.at.to_string(), edition.since.to_string());
                (Agrees, Agrees, Differs(note))
            }
        };
        if let Some(fault) = fault {
            findings.record(fault.check(), Differs(fault));
        }
        findings.record(CheckId::ChainAnchor, anchoring);
        findings.record(CheckId::ChainConstraints, constraints);
        findings.record(CheckId::ChainEdition, edition);
        findings.record(CheckId::SignerPolicy, policy(&signer.certificate, anchor));
        let revocation = self.check_revocation(signer, judged.path, anchor, findings);
        Authority {
            label: anchor.label.clone(),
            edition: judged.edition,
            revocation,
        }
    }

    fn told(&self, fault: &PathFault, anchor: &Anchor) -> Finding {
        let case = self.fault_case(fault, anchor);
        let at = self.at.to_string();
        match fault {
            PathFault::AuthorityEnded(end) => case.both(end.to_string(), at),
            PathFault::TooLong => case.alone(),
            PathFault::IntermediateTime(name)
            | PathFault::IntermediateProfile(name)
            | PathFault::IntermediateName(name)
            | PathFault::Name(name)
            | PathFault::NameAfterLast(name) => case.found(name),
            PathFault::NameBeforeFirst(name) => case.both(at, name),
            PathFault::NameOfLater { name, since } => case.both(since.to_string(), name),
        }
    }

    /// No way to an anchor: a stranger, or somebody who wants to be taken for another.
    fn check_stranger(
        &self,
        certificate: &Certificate,
        pool: &[Arc<Certificate>],
        findings: &mut Findings,
    ) {
        match self.borrowed_name(certificate, pool) {
            Some(Borrowed::Authority(name)) => {
                findings.tell_found(Case::ChainImpersonationAuthority, name)
            }
            Some(Borrowed::Provider(name)) => findings.tell_both(
                Case::ChainImpersonationProvider,
                name,
                certificate.issuer.to_string(),
            ),
            Some(Borrowed::Root(name)) => findings.tell_found(Case::ChainImpersonationRoot, name),
            None => findings.tell_found(Case::ChainAnchorUnknown, certificate.issuer.to_string()),
        }
        let anchors = &self.trust.anchors;
        // A stranger without the policy of PEC is no PEC signer, whoever issued its certificate;
        // where no authority asks for one there is nothing to miss.
        let asked = anchors.iter().any(|anchor| anchor.signer_policy.is_some());
        let has = certificate
            .policies
            .iter()
            .any(|policy| policy.to_string() == SIGNER_POLICY);
        if asked && !has {
            let other = other_policy(SIGNER_POLICY.to_owned(), certificate);
            findings.record(CheckId::SignerPolicy, other);
        }
    }

    /// Whose name a certificate without a way to an anchor bears, itself or in its issuers.
    fn borrowed_name<'c>(
        &'c self,
        certificate: &'c Certificate,
        pool: &'c [Arc<Certificate>],
    ) -> Option<Borrowed<'c>> {
        let anchors = &self.trust.anchors;
        let names =
            |wanted: &Name| issuers_by_name(certificate, pool).any(|issuer| issuer == wanted);
        let authority = anchors
            .iter()
            .find(|a| names(&a.subject) || certificate.subject == a.subject);
        let host = || {
            let addresses = certificate.mail_addresses();
            let mut hosts = addresses.filter_map(|address| address.rsplit_once('@'));
            hosts.find(|(_, host)| self.trust.names_host(host))
        };
        let organization = || {
            let organization = certificate.subject.organization();
            organization.filter(|name| self.trust.names_organization(name))
        };
        let root = || {
            let mut issuers = anchors.iter().filter_map(|a| a.issuer.as_ref());
            issuers.find(|issuer| names(issuer))
        };
        if let Some(anchor) = authority {
            return Some(Borrowed::Authority(&anchor.label));
        }
        if let Some(name) = host().map(|(_, host)| host).or_else(organization) {
            return Some(Borrowed::Provider(name));
        }
        root().map(|root| Borrowed::Root(root.common_name().unwrap_or_default()))
    }

    /// Step 11: the list that says whether the signer was revoked, where one does.
    fn check_revocation(
        &self,
        signer: &Signer,
        path: &Path,
        anchor: &Anchor,
        findings: &mut Findings,
    ) -> Option<RevocationFacts> {
        let trust = self.trust;
        let asked = |certificate, issuer, now| Asked {
            certificate,
            issuer,
            at: self.at,
            now,
            today: self.now,
        };
        // What is kept was of no later day than the one on which it was kept.
        let now = match self.crls {
            Some(_) => self.now,
            None => Timestamp::from_unix(i64::MAX),
        };
        let kept = || {
            if !path.intermediates.is_empty() {
                return None;
            }
            let crls = self.kept_crls.of(anchor, self.at, trust);
            let asked = asked(&signer.certificate, Issuer::Pinned(anchor), now);
            crls.decide(&asked, trust).then_some(crls)
        };
        let given = self
            .crls
            .map(|crls| crls.view().and_answers(self.kept_crls));
        let Some(crls) = given.or_else(kept) else {
            findings.tell(Case::ChainRevocationNotChecked);
            return None;
        };
        let above = path.intermediates.iter().map(|one| &**one);
        let below = std::iter::once(&*signer.certificate).chain(above.clone());
        let issuers = above.map(Issuer::Between);
        let issuers = issuers.chain([Issuer::Pinned(anchor)]);
        let said = below.zip(issuers).map(|(certificate, issuer)| {
            let asked = asked(certificate, issuer, now);
            crls.check(&asked, trust, findings)
        });
        let mut said: Vec<Option<RevocationFacts>> = said.collect();
        let mut damaged = crls.damaged().peekable();
        if damaged.peek().is_some() {
            // Where the others do not decide it, it might be the one that counts.
            let case = match said.iter().all(Option::is_some) {
                true => Case::ChainRevocationDamagedBeside,
                false => Case::ChainRevocationDamaged,
            };
            findings.tell_found(case, some_of(damaged));
        }
        said.swap_remove(0)
    }

    /// Step 12.
    fn check_listed(
        &self,
        certificate: &Certificate,
        data: Option<&CertificationData>,
        findings: &mut Findings,
    ) {
        let Some(list) = self.providers else {
            findings.tell(Case::ProviderDomainNotDecided);
            return;
        };
        if let Some(signer) = &list.signer
            && signer.authority.is_none()
            && self.borrowed_name(&signer.certificate, &[]).is_some()
        {
            findings.tell_found(Case::ProviderListedBorrowedName, signer.subject.clone());
        }
        let other_time = list.is_of_another_time(self.at);
        let Some(provider) = list.of_certificate(certificate) else {
            let case = if other_time {
                Case::ProviderListedOtherTime
            } else {
                Case::ProviderListedMissing
            };
            findings.tell_found(case, certificate.sha1().to_uppercase());
            return;
        };
        findings.record(CheckId::ProviderListed, Agrees);
        let Some(domains) = data
            .map(domains_spoken_of)
            .filter(|domains| !domains.is_empty())
        else {
            return;
        };
        let runs = |domain: &&str| {
            list.of_domain(domain)
                .any(|other| other.name == provider.name || std::ptr::eq(other, provider))
        };
        if domains.iter().any(|domain| runs(&domain.as_str())) {
            findings.record(CheckId::ProviderDomain, Agrees);
            return;
        }
        let other = domains
            .iter()
            .find_map(|domain| list.of_domain(domain).next());
        match other {
            Some(other) if !other_time => findings.tell_both(
                Case::ProviderDomainOther,
                other.name.clone(),
                provider.name.clone(),
            ),
            Some(other) => findings.tell_both(
                Case::ProviderDomainOtherTime,
                other.name.clone(),
                provider.name.clone(),
            ),
            None => findings.tell_found(Case::ProviderDomainUnlisted, domains.join(", ")),
        }
    }
}

/// What is to be said of an edition that was not in force at the time.
fn edition_note(edition: &Edition, all: &[Edition], at: Timestamp) -> Option<Case> {
    let is_known = || all.iter().any(|edition| edition.covers(at));
    match (edition.covers(at), at < edition.not_before) {
        (true, _) => None,
        (false, true) if is_known() => Some(Case::ChainEditionNext),
        (false, true) => Some(Case::ChainEditionLater),
        (false, false) => Some(Case::ChainEditionEarlier),
    }
}

/// The names of the issuers above a certificate, as far as certificates that came along lead.
fn issuers_by_name<'c>(
    certificate: &'c Certificate,
    pool: &'c [Arc<Certificate>],
) -> impl Iterator<Item = &'c Name> {
    let above = |issuer: &&'c Name| {
        let issuer = *issuer;
        pool.iter()
            .find(|c| c.subject == *issuer && c.issuer != *issuer)
            .map(|c| &c.issuer)
    };
    // As many steps as there are certificates: no circle goes on for ever.
    std::iter::successors(Some(&certificate.issuer), above).take(pool.len() + 1)
}

/// The domains of which the signer of such a message must run one (RFC 6109, 2.2 and 3: who
/// signs what).
fn domains_spoken_of(data: &CertificationData) -> Vec<String> {
    use MessageKind as K;
    let sender = || data.sender.domain().to_owned();
    let recipient = || {
        data.delivered_to
            .as_ref()
            .map(|address| address.domain().to_owned())
    };
    let received = || {
        data.received_for
            .iter()
            .map(|address| address.domain().to_owned())
    };
    match data.kind() {
        Some(K::Acceptance | K::NonAcceptance | K::TransportEnvelope | K::TimeoutNotice) => {
            vec![sender()]
        }
        Some(K::Delivery) => recipient().into_iter().collect(),
        // Refusals between providers and virus notices can come from the sender's provider.
        Some(K::NonDelivery) => recipient().into_iter().chain([sender()]).collect(),
        Some(K::TakingCharge | K::VirusDetection) => {
            recipient().into_iter().chain(received()).collect()
        }
        Some(K::AnomalyEnvelope) | None => Vec::new(),
    }
}

fn key(certificate: &Certificate) -> Comparison {
    match &certificate.key {
        Ok(PublicKey {
            kind: KeyType::Rsa { bits },
            ..
        }) if *bits < STRONG_RSA_BITS => {
            let case = if certificate.not_before < SHORT_KEYS_END {
                Case::SignerKeyShortThenUsual
            } else {
                Case::SignerKeyShort
            };
            Differs(case.both("RSA 2048", format!("RSA {bits}")))
        }
        Ok(_) => Agrees,
        // Who signed is known by a signature that a key verified: another one is a fault of it.
        Err(_) => NotMade,
    }
}

fn policy(certificate: &Certificate, anchor: &Anchor) -> Comparison {
    match anchor.signer_policy {
        Some(policy) if !certificate.policies.contains(&policy) => {
            other_policy(policy.to_string(), certificate)
        }
        Some(_) => Agrees,
        // An authority that asks for none.
        None => NotMade,
    }
}

fn other_policy(expected: String, certificate: &Certificate) -> Comparison {
    let found: Vec<String> = certificate
        .policies
        .iter()
        .map(ToString::to_string)
        .collect();
    Differs(Case::SignerPolicy.both(expected, found.join(", ")))
}
