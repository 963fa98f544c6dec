//! Judgement: is this message genuine, by whom, about what.
//!
//! The steps, in the order in which they are done:
//!
//! | Step | What | Where |
//! | --- | --- | --- |
//! | 0 | a copy that a program converted as a whole | `stored` |
//! | 1 | limits on size and structure, no NUL | `structure`, [`crate::mime`] |
//! | 2 | a header that can be read in one way | `structure` |
//! | 3 | multipart/signed at the top, two parts; else what it is, and what is nested | `structure`, `ordinary` |
//! | 4 | the exact octets of the first part, line ends | `structure`, [`crate::smime::content`] |
//! | 5 | the signature object: SignedData, detached, one signer | `signature`, [`crate::smime::signed_data`] |
//! | 6 | algorithms | [`crate::smime::algorithm`] |
//! | 7 | signed attributes, value, digest | `signature`, [`crate::smime::signed_data`] |
//! | 8 | from here on only verified octets | [`VerifiedContent`](crate::smime::signed_data::VerifiedContent) |
//! | 9 | certificate: profile, path to a pinned key, name constraints | `signer`, [`crate::smime::chain`] |
//! | 10 | the time of judgement | [`Verifier::examine`], `signer` |
//! | 11 | revocation at that time | `revoked`, [`crate::smime::revocation`] |
//! | 12 | the list of providers | `signer`, [`crate::providers`] |
//! | 13 | one daticert.xml at the first level | `content` |
//! | 14 | daticert.xml and the table of kinds | `content`, [`crate::pec::certification`] |
//! | 15 | agreement inside the signed part | `agreement`, `texts` |
//! | 16 | agreement with the unsigned header | `outer` |
//! | 17 | agreement with what was sent, and with the acceptance | `sent`, `acceptance` |
//! | 18 | verdict, facts, findings | [`Examination`] |
//!
//! All checks that can run do run, so that a person sees everything at once. No clock, no
//! disk and no network: trust, lists and times are handed in.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod acceptance;
mod agreement;
mod compare;
mod content;
mod display;
mod facts;
mod finding;
pub mod object;
mod opaque;
mod ordinary;
mod original;
mod outer;
mod revoked;
mod sent;
mod signature;
mod signer;
mod stored;
mod structure;
mod table;
mod texts;

use std::cell::RefCell;
use std::sync::Mutex;

use crate::mime::multipart::Dashes;
use crate::mime::tree::{Bounds, Tree};
use crate::mime::{Entity, MAX_DEPTH};
use crate::pec::{CertificationData, MessageKind};
use crate::providers::directory_index::KeptLists;
use crate::providers::{ProviderList, Trust};
use crate::smime::chain::Edition;
use crate::smime::ocsp::Ocsp;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::work::Work;

pub use facts::{EditionFacts, Facts, RevocationFacts, RevocationSource, SignerFacts};
#[cfg(feature = "drop-a-finding")]
pub use finding::drop_a_finding;
pub use finding::{Finding, Findings};
pub use opaque::{Opened, OwnSignature, open};
pub use ordinary::Ordinary;
pub use revoked::{ArchivedCrl, CrlArchive, Crls, TrustedCrls, key_name};
pub use sent::{SameContent, Sent, SentResult, attached};
pub use structure::{Level, Unfold, Unfolded};
pub use table::{Advice, Case, CheckId, Weight};

use content::Content;
use original::Original;
use revoked::Kept;
use signature::{KnownSigners, Means, Outcome};
use signer::Judge;
use stored::{Conversion, Copy};
pub use stored::{Stored, converted_back};
use structure::{Located, Proof, Signed};

/// Where in a message others stand that are examined, and with what.
#[derive(Clone, Copy)]
struct Place<'a> {
    level: Level,
    /// Messages around it.
    depth: usize,
    question: &'a Question<'a>,
    work: &'a Work,
    /// Editions that came along and that the trust data lack.
    learned: &'a RefCell<Vec<Edition>>,
}

/// An edition of a known authority that a message had and the trust data lack.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The edition, with its certificate.
    pub edition: Edition,
    /// SHA-256 of the message.
    pub message: String,
}

/// The OCSP answers in a signature.
fn within(answers: &[Box<[u8]>]) -> Crls {
    let mut found = Crls::default();
    for der in answers {
        match Ocsp::parse(der) {
            Ok(answer) => found.answers.push(("smime.p7s".into(), answer)),
            Err(_) => found.damaged.push("smime.p7s".into()),
        }
    }
    found
}

/// Editions that one verifier remembers: an authority had ten in eight years.
const MAX_LEARNED: usize = 64;

/// Units of [`Work`] for each octet of a message whose structure is read.
const WORK_PER_OCTET: usize = 2;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "program",
    derive(serde::Serialize, schemars::JsonSchema),
    serde(rename_all = "kebab-case"),
    schemars(rename = "verdict")
)]
pub enum Verdict {
    /// Issued by a provider of certified mail, and as it was issued.
    Genuine,
    /// Not issued so, or changed since.
    NotGenuine,
    /// Neither can be shown.
    CannotTell,
    /// It does not even claim to be certified mail.
    NotCertifiedMail,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Genuine,
        Self::NotGenuine,
        Self::CannotTell,
        Self::NotCertifiedMail,
    ];

    /// The verdict of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::NotGenuine => "not-genuine",
            Self::CannotTell => "cannot-tell",
            Self::NotCertifiedMail => "not-certified-mail",
        }
    }
}

/// How the time of judgement was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "program",
    derive(serde::Serialize, schemars::JsonSchema),
    serde(rename_all = "kebab-case"),
    schemars(rename = "time_basis")
)]
pub enum TimeBasis {
    /// The time that the signed data (or else the signed attributes) state.
    Receipt,
    /// The time that the user gave (--at).
    Given,
    /// The time of the run, because the message states none.
    Now,
}

impl TimeBasis {
    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Given => "given",
            Self::Now => "now",
        }
    }
}

/// What is asked of one message.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Judge at this time instead of the one in the message.
    pub at: Option<Timestamp>,
    /// The present, handed in.
    pub now: Timestamp,
    /// What the user says was sent.
    pub sent: Option<&'a Sent>,
    /// The data of a genuine acceptance that should be of the same transaction.
    pub acceptance: Option<&'a CertificationData>,
    /// How archives that are attached to mail are opened; they stay closed without.
    pub unfold: Option<Unfold>,
    /// In which form the message was stored, where that was undone before.
    pub stored: Stored,
    /// Revocation lists that came along with the message; they are silent where they say nothing.
    pub crls: Option<&'a TrustedCrls>,
}

impl Question<'_> {
    /// Just: is it genuine?
    pub fn new(now: Timestamp) -> Self {
        Self {
            at: None,
            now,
            sent: None,
            acceptance: None,
            unfold: None,
            stored: Stored::AsItIs,
            crls: None,
        }
    }
}

/// All that was found out about one message.
///
/// [`Verifier::examine`] is the only maker, and nobody changes one afterwards:
///
/// ```
/// # use postacert::verify::{Examination, Verdict};
/// fn is_genuine(examination: &Examination) -> bool {
///     examination.verdict() == Verdict::Genuine
/// }
/// ```
///
/// ```compile_fail,E0616
/// # use postacert::verify::{Examination, Findings};
/// fn forge(examination: &mut Examination) {
///     examination.findings = Findings::default();
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Examination {
    findings: Findings,
    facts: Option<Facts>,
    judged_at: (Timestamp, TimeBasis),
    sent: Option<SentResult>,
    ordinary: Option<Ordinary>,
    signature: Option<OwnSignature>,
    nested: Vec<Nested>,
    work: u64,
}

/// A message inside another.
#[derive(Clone, Debug)]
pub struct Nested {
    /// The numbers of the parts on the way to it, `2.1`, the content of a signed file being its part
    /// 1, a file in an attached archive `2!/name`; inside the original message of an
    /// envelope `postacert.eml` or `postacert.eml/2.1`.
    pub place: String,
    /// What was found out about it.
    pub examination: Examination,
}

impl Examination {
    fn new(judged_at: (Timestamp, TimeBasis)) -> Self {
        Self {
            findings: Findings::default(),
            facts: None,
            judged_at,
            sent: None,
            ordinary: None,
            signature: None,
            nested: Vec::new(),
            work: 0,
        }
    }

    /// The answer: step 18, from what was found alone.
    pub fn verdict(&self) -> Verdict {
        if self.ordinary.is_some() {
            Verdict::NotCertifiedMail
        } else if self.findings.has(Weight::Refutes) {
            Verdict::NotGenuine
        } else if self.findings.has(Weight::Undecides) || self.facts.is_none() {
            Verdict::CannotTell
        } else {
            Verdict::Genuine
        }
    }

    /// What led to it, failures first.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// What the signed octets say; `None` unless the signature over them holds.
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    /// The time of judgement and how it was chosen.
    pub fn judged_at(&self) -> (Timestamp, TimeBasis) {
        self.judged_at
    }

    /// How it relates to what was sent, if that was asked.
    pub fn sent(&self) -> Option<&SentResult> {
        self.sent.as_ref()
    }

    /// What it is instead, when it is no certified mail.
    pub fn ordinary(&self) -> Option<Ordinary> {
        self.ordinary
    }

    /// Whether it is mail, certified or not; else it is a file of another kind.
    pub fn is_mail(&self) -> bool {
        self.ordinary.is_none_or(Ordinary::is_mail)
    }

    /// The signature of what is no certified mail, if it has one.
    pub fn signature(&self) -> Option<&OwnSignature> {
        self.signature.as_ref()
    }

    /// Certified messages inside it, each judged on its own.
    pub fn nested(&self) -> &[Nested] {
        &self.nested
    }

    /// Units of work that it took; the same on every machine.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// The failure of highest rank, if any check failed.
    pub fn headline(&self) -> Option<&Finding> {
        self.findings
            .list()
            .first()
            .filter(|finding| finding.weight().is_failure())
    }

    /// The doubt of highest rank: what is odd about this message, though the verdict stands.
    pub fn first_doubt(&self) -> Option<&Finding> {
        let mut findings = self.findings.list().iter();
        findings.find(|finding| finding.weight() == Weight::Doubt)
    }

    /// How many doubts there are about this message, those about nested ones not counted.
    pub fn doubts(&self) -> usize {
        let findings = self.findings.list().iter();
        findings
            .filter(|finding| finding.weight() == Weight::Doubt)
            .count()
    }

    /// The proof that a message is genuine, or the examination back.
    pub fn into_verified(self) -> Result<VerifiedReceipt, Box<Examination>> {
        match (self.verdict(), &self.facts) {
            (
                Verdict::Genuine,
                Some(Facts {
                    data: Some(data),
                    kind: Some(kind),
                    ..
                }),
            ) => Ok(VerifiedReceipt {
                kind: *kind,
                data: data.clone(),
                examination: self,
            }),
            _ => Err(Box::new(self)),
        }
    }
}

/// A certified message that was found genuine.
///
/// [`Examination::into_verified`] is the only maker: whoever holds one holds the proof.
///
/// ```
/// # use postacert::verify::{Examination, VerifiedReceipt};
/// fn prove(examination: Examination) -> Option<VerifiedReceipt> {
///     examination.into_verified().ok()
/// }
/// ```
///
/// ```compile_fail,E0451
/// # use postacert::verify::{Examination, VerifiedReceipt};
/// # use postacert::pec::{CertificationData, MessageKind};
/// fn forge(data: CertificationData, examination: Examination) -> VerifiedReceipt {
///     VerifiedReceipt { kind: MessageKind::Delivery, data, examination }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedReceipt {
    kind: MessageKind,
    data: CertificationData,
    examination: Examination,
}

impl VerifiedReceipt {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// What it certifies.
    pub fn data(&self) -> &CertificationData {
        &self.data
    }

    /// How that was found out.
    pub fn examination(&self) -> &Examination {
        &self.examination
    }
}

/// Judges messages by trust data and lists; remembers signers whose way to an anchor it found.
/// Can be shared between threads.
#[derive(Debug)]
pub struct Verifier {
    trust: Trust,
    crls: Option<TrustedCrls>,
    providers: Option<ProviderList>,
    kept: KeptLists,
    kept_crls: Option<TrustedCrls>,
    archive: CrlArchive,
    known: KnownSigners,
    learned: Mutex<Vec<Learned>>,
}

impl Verifier {
    /// A verifier that knows these authorities, no revocation list and no provider list.
    pub fn new(trust: Trust) -> Self {
        Self {
            trust,
            crls: None,
            providers: None,
            kept: KeptLists::default(),
            kept_crls: None,
            archive: CrlArchive::default(),
            known: KnownSigners::default(),
            learned: Mutex::default(),
        }
    }

    /// Adds lists of providers that are used for messages of their time, where none is given.
    pub fn with_kept_lists(mut self, kept: KeptLists) -> Self {
        self.kept = kept;
        self
    }

    /// Adds revocation lists that are used where none is given and they say something of the
    /// certificate at the time.
    pub fn with_kept_crls(mut self, crls: Crls) -> Self {
        self.kept_crls = Some(TrustedCrls::new(crls, &self.trust));
        self
    }

    /// Adds the revocation lists of many days, of which those around the time of a message are
    /// used as those of [`Verifier::with_kept_crls`] are.
    pub fn with_archive(mut self, archive: CrlArchive) -> Self {
        self.archive = archive;
        self
    }

    /// Lists that came along with messages, for [`Question::crls`].
    pub fn trusted(&self, crls: Crls) -> TrustedCrls {
        TrustedCrls::new(crls, &self.trust)
    }

    /// The editions that messages examined so far had and the trust data lack, each once: for a
    /// pinned key, signed by the pinned key above it.
    pub fn learned(&self) -> Vec<Learned> {
        let learned = self.learned.lock();
        learned.map(|learned| learned.clone()).unwrap_or_default()
    }

    fn learn(&self, editions: Vec<Edition>, octets: &[u8]) {
        let Ok(mut learned) = self.learned.lock() else {
            return;
        };
        for edition in editions {
            let is_known = |known: &Learned| known.edition.sha256 == edition.sha256;
            if learned.len() < MAX_LEARNED && !learned.iter().any(is_known) {
                let message = sha256(octets);
                learned.push(Learned { edition, message });
            }
        }
    }

    /// Adds revocation lists; each is checked against the keys of the authorities.
    pub fn with_crls(mut self, crls: Crls) -> Self {
        self.crls = Some(TrustedCrls::new(crls, &self.trust));
        self
    }

    /// Adds a list of providers.
    pub fn with_providers(mut self, providers: ProviderList) -> Self {
        self.providers = Some(providers);
        self
    }

    /// The trust data.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The list of providers.
    pub fn providers(&self) -> Option<&ProviderList> {
        self.providers.as_ref()
    }

    /// Examines the octets of one message.
    ///
    /// Never fails: whatever the octets are, there is an answer, and it takes no more work than
    /// the octets allow ([`Work`]).
    pub fn examine(&self, octets: &[u8], question: &Question<'_>) -> Examination {
        let work = Work::of_message(octets.len());
        let learned = RefCell::default();
        let at = Place {
            level: Level::Message,
            depth: 0,
            question,
            work: &work,
            learned: &learned,
        };
        let mut examination = self.examine_at(octets, None, at);
        examination.work = work.spent();
        let learned = learned.into_inner();
        if !learned.is_empty() {
            self.learn(learned, octets);
        }
        examination
    }

    /// `known` is what the octets are as an entity, where that was read before.
    fn examine_at(&self, octets: &[u8], known: Option<&Entity<'_>>, at: Place<'_>) -> Examination {
        let Place { level, work, .. } = at;
        let judged_at = match at.question.at {
            Some(time) => (time, TimeBasis::Given),
            None => (at.question.now, TimeBasis::Now),
        };
        let mut examination = Examination::new(judged_at);
        let mut copy = Copy::of(octets);
        let known = known.filter(|_| copy.conversions.is_empty());
        let octets = &*copy.octets;
        // Never short at the top; deep inside, the octets may have been looked at often enough.
        let located = match work.draw(WORK_PER_OCTET * octets.len()) {
            true => structure::locate(octets, known, level, work, &mut examination.findings),
            false => Located::Unproven(Entity::parse(octets).ok()),
        };
        let single;
        let (octets, located) = match located {
            Located::Signed(_) => (octets, located),
            Located::Ordinary(..) | Located::Unproven(_) => {
                single = stored::with_single_returns(octets).unwrap_or_default();
                let mut findings = Findings::default();
                match structure::locate(&single, None, level, work, &mut findings) {
                    signed @ Located::Signed(_) => {
                        copy.conversions.push(Conversion::DoubledReturns);
                        examination.findings = findings;
                        (&*single, signed)
                    }
                    Located::Ordinary(..) | Located::Unproven(_) => (octets, located),
                }
            }
        };
        match located {
            Located::Ordinary(ordinary, message) => {
                self.examine_ordinary(octets, (ordinary, message), at, &mut examination);
            }
            Located::Unproven(message) => self.add_nested(message, at, &mut examination),
            Located::Signed(signed) => self.examine_mended(*signed, at, &mut examination),
        }
        tell_conversions(&copy.conversions, &mut examination);
        // Unlike the others this one has a checksum of its own: a digest that fails is no damage.
        if at.question.stored == Stored::Gzip && examination.facts.is_some() {
            examination.findings.tell(Case::SignatureDigestStoredAsGzip);
        }
        if work.is_short() {
            examination.findings.tell(Case::MessageComplexityWork);
        }
        if !examination.nested.is_empty() {
            let places: Vec<&str> = examination
                .nested
                .iter()
                .map(|nested| &*nested.place)
                .collect();
            let places = places.join(", ");
            examination
                .findings
                .tell_found(Case::StructureNested, places);
        }
        examination.findings.sort();
        examination
    }

    /// Steps 5 to 17, after undoing what programs did to the signed part when it was stored, if
    /// the digest says that it was that.
    fn examine_mended(&self, signed: Signed<'_>, at: Place<'_>, examination: &mut Examination) {
        let means = Means {
            anchors: &self.trust.anchors,
            known: &self.known,
            work: at.work,
        };
        let mut found = Findings::default();
        let outcome = signature::check(&signed, means, &mut found);
        let Some(damage) = outcome.damage else {
            examination.findings.append(found);
            self.examine_signed(&signed, outcome, at, examination);
            return;
        };
        let content = damage.undo(signed.content);
        let mended = Signed {
            content: &content,
            dashes: Dashes::of(&content),
            ..signed
        };
        let outcome = signature::check(&mended, means, &mut examination.findings);
        self.examine_signed(&mended, outcome, at, examination);
        if examination.ordinary.is_none() {
            for change in damage.changes() {
                examination.findings.tell(signature::change_case(change));
            }
        }
    }

    /// Steps 8 to 17.
    fn examine_signed(
        &self,
        signed: &Signed<'_>,
        outcome: Outcome<'_>,
        at: Place<'_>,
        examination: &mut Examination,
    ) {
        let question = at.question;
        let findings = &mut examination.findings;
        let mut content = outcome
            .content
            .as_ref()
            .map(|verified| content::read(verified, &signed.dashes, at.work, findings));
        if let Some((ordinary, inner)) = not_certified(signed, content.as_ref(), &outcome, at.work)
        {
            examination.signature = Some(OwnSignature::beside(&outcome, findings));
            findings.clear();
            examination.ordinary = Some(ordinary);
            self.add_nested(Some(inner), at, examination);
            return;
        }
        if !signed.is_complete {
            let proof = match outcome.content {
                Some(_) => Proof::Whole,
                None => Proof::Lost,
            };
            structure::missing_end(proof, findings);
        }
        if let Some(content) = &mut content {
            settle_kind(signed, content, findings);
        }
        let data = content.as_ref().and_then(|content| content.data.as_ref());
        // Step 10: given, else certified, else the signer's own word, else now.
        if question.at.is_none()
            && let Some(time) = data.map(|data| data.time).or(outcome.signing_time)
        {
            examination.judged_at = (time, TimeBasis::Receipt);
        }
        let Some(signer) = &outcome.signer else {
            return;
        };
        let within = (!outcome.answers.is_empty()).then(|| self.trusted(within(&outcome.answers)));
        let judge = Judge {
            trust: &self.trust,
            crls: self.crls.as_ref(),
            kept_crls: Kept {
                store: self.kept_crls.as_ref(),
                along: question.crls,
                within: within.as_ref(),
                archive: &self.archive,
            },
            providers: (self.providers.as_ref()).or_else(|| self.kept.at(examination.judged_at.0)),
            learned: at.learned,
            at: examination.judged_at.0,
            claimed: data.map(|data| data.time).or(outcome.signing_time),
            now: question.now,
        };
        let authority = judge.check(signer, &outcome, data, findings);
        let (Some(verified), Some(content)) = (&outcome.content, &mut content) else {
            findings.forget_notes();
            return;
        };
        let original = content.original.as_deref();
        let original = original.map(|octets| Original::read(octets, at.work));
        let original = original.as_ref();
        agreement::check(
            content,
            original,
            verified,
            &signer.certificate,
            (question.now, agreement::Clock::of(&self.trust)),
            findings,
        );
        let stated = content.data.as_ref().map(|data| data.time);
        agreement::digest(verified, stated.or(outcome.signing_time), findings);
        if at.level == Level::Message {
            outer::check(
                signed,
                (
                    content,
                    original.and_then(|original| original.message.as_ref()),
                ),
                &signer.certificate,
                verified.signing_time(),
                findings,
            );
        }
        if let (Some(acceptance), Some(data)) = (question.acceptance, &content.data) {
            acceptance::check(data, acceptance, findings);
        }
        examination.sent = question
            .sent
            .map(|sent| sent::check(sent, content.data.as_ref(), original, findings));
        if content.kind.is_some_and(MessageKind::is_envelope)
            && let Some(original) = original
        {
            examination.nested = self.nested_original(original, at, findings);
        }
        let (authority, edition, revocation) = match authority {
            Some(found) => (Some(found.label), found.edition, found.revocation),
            None => (None, None, None),
        };
        examination.facts = Some(Facts {
            kind: content.kind,
            has_original: content.original.is_some(),
            data: content.data.take(),
            signing_time: verified.signing_time(),
            form: verified.form(),
            digest: verified.digest().name(),
            signer: signer.facts.clone(),
            authority,
            edition,
            revocation,
        });
    }

    /// Certified messages among the parts of a message, each judged on its own. What was sent
    /// is asked of the message itself, not of what is inside it.
    fn add_nested(
        &self,
        message: Option<Entity<'_>>,
        at: Place<'_>,
        examination: &mut Examination,
    ) {
        let Some(message) = message else { return };
        // The search has an account of its own: what is inside takes nothing from the answer
        // about what is around it.
        let search = at.work.of_message_within(message.octets.len());
        let candidates = structure::candidates(message, at.question.unfold, &search);
        at.work.settle(&search);
        if at.depth >= MAX_DEPTH || candidates.incomplete {
            examination.findings.tell(Case::MessageComplexityDepth);
        }
        if at.depth >= MAX_DEPTH {
            return;
        }
        for candidate in candidates.found {
            let inner = self.examine_within(&candidate.octets, None, candidate.level, at);
            if inner.ordinary.is_none() || !inner.nested.is_empty() {
                examination.nested.push(Nested {
                    place: candidate.place,
                    examination: inner,
                });
            }
        }
    }

    /// The message inside an envelope, when it is certified itself, or what is inside it.
    /// What was not looked at there is told of the envelope: it is no answer that nothing is inside.
    fn nested_original(
        &self,
        original: &Original<'_>,
        at: Place<'_>,
        findings: &mut Findings,
    ) -> Vec<Nested> {
        let mut incomplete = || {
            findings.tell(Case::MessageComplexityDepth);
        };
        if at.depth >= MAX_DEPTH {
            incomplete();
            return Vec::new();
        }
        let known = original.message.as_ref();
        let examination = self.examine_within(original.octets, known, Level::Message, at);
        let mut inner = examination.findings.list().iter();
        if inner.any(|finding| finding.check() == CheckId::MessageComplexity) {
            incomplete();
        }
        if examination.ordinary.is_none() {
            return vec![Nested {
                place: crate::pec::ORIGINAL_FILE.into(),
                examination,
            }];
        }
        let name = crate::pec::ORIGINAL_FILE;
        let within = |nested: Nested| Nested {
            place: format!("{name}/{}", nested.place),
            ..nested
        };
        examination.nested.into_iter().map(within).collect()
    }

    /// A message within the one at a place, with its share of the work.
    fn examine_within(
        &self,
        octets: &[u8],
        known: Option<&Entity<'_>>,
        level: Level,
        at: Place<'_>,
    ) -> Examination {
        let share = at.work.of_message_within(octets.len());
        let question = Question {
            sent: None,
            acceptance: None,
            stored: Stored::AsItIs,
            ..*at.question
        };
        let examination = self.examine_at(
            octets,
            known,
            Place {
                level,
                depth: at.depth + 1,
                question: &question,
                work: &share,
                learned: at.learned,
            },
        );
        at.work.settle(&share);
        examination
    }
}

/// Tells what was done to the whole copy. Where the digest does not hold all the same, more was
/// lost in it, and that accuses nobody.
fn tell_conversions(conversions: &[Conversion], examination: &mut Examination) {
    if conversions.is_empty() || examination.ordinary.is_some() {
        return;
    }
    let findings = &mut examination.findings;
    if examination.facts.is_none() {
        findings.make_undecided(CheckId::SignatureDigest);
        return;
    }
    for conversion in conversions {
        findings.tell(conversion.case());
    }
}

/// A signed message without any mark of PEC, outside or inside, is somebody's own signed mail,
/// or REM: not ours to judge. What is signed comes with the answer.
fn not_certified<'a>(
    signed: &Signed<'a>,
    content: Option<&Content<'a>>,
    outcome: &signature::Outcome<'_>,
    work: &Work,
) -> Option<(Ordinary, Entity<'a>)> {
    let by_provider = outcome.signer.as_ref().is_some_and(|signer| {
        signer
            .certificate
            .mail_addresses()
            .any(crate::pec::header::is_signer_address)
    });
    let has_data = match content {
        Some(content) => !content.data_missing,
        None => memchr::memmem::find(signed.content, crate::pec::CERTIFICATION_FILE.as_bytes())
            .is_some(),
    };
    if signed.hints.claims_certified_mail() || has_data || by_provider {
        return None;
    }
    let cut;
    let tree = match content.and_then(|content| content.tree.as_ref()) {
        Some(tree) => tree,
        None => {
            let inner = Entity::parse(signed.content).ok()?;
            cut = Tree::of(inner, Bounds::first_level(work));
            &cut
        }
    };
    let ordinary = match structure::is_rem(&signed.outer, tree) {
        true => Ordinary::Rem,
        false => Ordinary::SignedMail,
    };
    Some((ordinary, tree.root().entity.clone()))
}

/// A signed part without daticert.xml is an anomaly envelope when the header says so, or says
/// nothing (RFC 6109, 3.2.2); else the data are missing.
fn settle_kind(signed: &Signed<'_>, content: &mut Content<'_>, findings: &mut Findings) {
    if !content.data_missing {
        return;
    }
    let hinted = signed.hints.kind();
    let unmarked = signed.hints.receipt.is_empty() && signed.hints.transport.is_empty();
    if content.original.is_some() && (hinted == Some(MessageKind::AnomalyEnvelope) || unmarked) {
        content.kind = Some(MessageKind::AnomalyEnvelope);
    } else {
        findings.tell(Case::DaticertPresent);
    }
}
