//! Steps 5 to 7: the signature object, its algorithms and attributes, and the digest.
//!
//! The bare question "did the key of this certificate sign these octets?", the one that
//! `openssl cms -verify -noverify` answers too. Whose certificate it is comes later.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::facts::SignerFacts;
use super::finding::{Comparison, Findings};
use super::structure::Signed;
use super::table::{Case, CheckId};
use crate::smime::algorithm::{AlgorithmError, DigestAlgorithm};
use crate::smime::bag;
use crate::smime::certificate::{Certificate, hex, spki};
use crate::smime::chain::{self, Anchor, Path};
use crate::smime::content::{Change, Content, ContentKind, Damage, Form, with_crlf};
use crate::smime::signed_data::{
    AttributeFault, SignatureFault, SignatureOctets, SignedData, SignerInfo, VerifiedContent,
};
use crate::smime::{Error as AsnError, Fault as AsnFault, sha1_collides, sha256};
use crate::timestamp::Timestamp;
use crate::work::Work;

/// Signers remembered: all providers with all their certificates since 2005 are some hundreds;
/// hostile mail must not fill memory.
const MAX_REMEMBERED: usize = 1_024;
/// Certificates of authorities remembered: a dozen editions are known, and each is compared.
const MAX_CARRIED: usize = 32;

/// Units of [`Work`] for each octet of a certificate whose signer is put into words.
pub(super) const WORK_PER_OCTET_TO_NAME: usize = 8;

/// A certificate and the ways from it to the anchors; none when there is no way.
#[derive(Debug)]
pub(super) struct Signer {
    pub certificate: Arc<Certificate>,
    pub facts: Arc<SignerFacts>,
    pub paths: Vec<Path>,
}

/// What steps 5 to 7 give.
pub(super) struct Outcome<'c> {
    /// The octets, when the signature over them holds.
    pub content: Option<VerifiedContent<'c>>,
    /// Whose key signed the attributes, at least.
    pub signer: Option<Arc<Signer>>,
    /// The signed signing time.
    pub signing_time: Option<Timestamp>,
    /// The certificates that came along, for naming impostors; none when a way was found.
    pub pool: Vec<Arc<Certificate>>,
    /// Those that hold the key of the signer's authority: editions of it, perhaps.
    pub editions: Vec<Arc<Carried>>,
    /// DER of the OCSP answers that came along.
    pub answers: Vec<Box<[u8]>>,
    /// What was done to the content, if the signature holds without it. Then nothing is told of
    /// the digest yet: the content is to be given again without the damage.
    pub damage: Option<Damage>,
}

/// A certificate that came along, whose digest was made.
#[derive(Debug)]
pub(super) struct Carried {
    pub der: Box<[u8]>,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// What a signature is judged with.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    pub anchors: &'a [Anchor],
    pub known: &'a KnownSigners,
    pub work: &'a Work,
}

/// Signers whose way to an anchor is known, by the octets of their certificates.
///
/// Only ways that were found are kept: another message may bring the missing certificate.
#[derive(Debug, Default)]
pub(super) struct KnownSigners {
    signers: RwLock<HashMap<Box<[u8]>, SameKey>>,
    /// What came along with them again and again.
    carried: RwLock<Vec<Arc<Carried>>>,
}

/// Signers with one cache key: nearly always one.
type SameKey = Vec<Arc<Signer>>;

impl KnownSigners {
    fn find(&self, signer: &SignerInfo<'_>, der: &[u8]) -> Option<Arc<Signer>> {
        let known = self.signers.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(signer.cache_key())?
            .iter()
            .find(|known| known.certificate.der() == der)
            .cloned()
    }

    fn remember(&self, signer: &SignerInfo<'_>, found: &Arc<Signer>) {
        let mut known = self.signers.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_REMEMBERED {
            let same = known.entry(signer.cache_key().into()).or_default();
            if same
                .iter()
                .all(|other| other.certificate.der() != found.certificate.der())
            {
                same.push(found.clone());
            }
        }
    }

    /// A certificate that came along, with its digest, which is made once.
    fn carried(&self, der: &[u8]) -> Arc<Carried> {
        let known = self.carried.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|known| *known.der == *der) {
            return known.clone();
        }
        drop(known);
        let carried = Arc::new(Carried {
            der: der.into(),
            sha256: sha256(der),
        });
        let mut known = self.carried.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_CARRIED {
            known.push(carried.clone());
        }
        carried
    }
}

/// Steps 5 to 7.
pub(super) fn check<'c>(
    signed: &Signed<'c>,
    means: Means<'_>,
    findings: &mut Findings,
) -> Outcome<'c> {
    let mut outcome = Outcome {
        content: None,
        signer: None,
        signing_time: None,
        pool: Vec::new(),
        editions: Vec::new(),
        answers: Vec::new(),
        damage: None,
    };
    let octets = match SignatureOctets::new(&signed.signature) {
        Ok(octets) => octets,
        Err(error) => {
            decode_fault(error, signed, findings);
            return outcome;
        }
    };
    let data = match SignedData::parse(&octets) {
        Ok(data) => data,
        Err(error) => {
            decode_fault(error, signed, findings);
            return outcome;
        }
    };
    findings.record(CheckId::CmsDecode, Comparison::Agrees);
    check_object(&octets, &data, &signed.signature, findings);
    check_each_signer(signed, &data, means, findings, &mut outcome);
    outcome.answers = data.answers().into_iter().map(Into::into).collect();
    outcome
}

fn decode_fault(error: AsnError, signed: &Signed<'_>, findings: &mut Findings) {
    if error == AsnError::Encoding(AsnFault::TooMany) {
        findings.tell(Case::MessageComplexityWork);
        return;
    }
    // What is cut off says nothing of who made the rest.
    let case = match (signed.signature.is_empty(), signed.is_complete) {
        (true, true) => Case::CmsDecodeEmpty,
        (true, false) => Case::CmsDecodeEmptyCut,
        (false, true) => Case::CmsDecode,
        (false, false) => Case::CmsDecodeCut,
    };
    findings.tell_found(case, error.to_string());
}

/// What can be said of the object without any key.
fn check_object(
    octets: &SignatureOctets<'_>,
    data: &SignedData<'_>,
    raw: &[u8],
    findings: &mut Findings,
) {
    // A line end or padding zeros after the object are common and say nothing.
    let trailing = &raw[raw.len() - octets.trailing..];
    if trailing
        .iter()
        .all(|octet| matches!(octet, 0 | b'\r' | b'\n'))
    {
        findings.record(CheckId::CmsTrailing, Comparison::Agrees);
    } else {
        findings.tell_found(Case::CmsTrailing, octets.trailing.to_string());
    }
    if !data.has_known_versions() {
        findings.tell(Case::CmsDecodeVersion);
    }
    let embedded = data.embedded_content.as_ref();
    let embedded = embedded.map(|_| Case::CmsDetached.alone());
    findings.record(CheckId::CmsDetached, Comparison::of_all(embedded));
    let signers = match data.signers.len() {
        1 => Comparison::Agrees,
        0 => Comparison::Differs(Case::CmsSignersNone.both("1", "0")),
        many => Comparison::Differs(Case::CmsSignersMany.both("1", many.to_string())),
    };
    findings.record(CheckId::CmsSigners, signers);
}

/// Tries each signer with each certificate that it may mean. With several signers, the one
/// that leads to an anchor is the one to speak of; the others are told by `cms.signers`.
fn check_each_signer<'c>(
    signed: &Signed<'c>,
    data: &SignedData<'_>,
    means: Means<'_>,
    findings: &mut Findings,
    outcome: &mut Outcome<'c>,
) {
    if data.embedded_content.is_some() {
        return;
    }
    let content = Content::new(signed.content, ContentKind::MimeEntity);
    let mut fault = None;
    for info in &data.signers {
        let attempt = check_signer(&content, data, info, means);
        let better = match (&attempt, &outcome.content, &outcome.signer) {
            (Ok(_), None, _) => true,
            (Ok((signer, _)), Some(_), Some(so_far)) => {
                so_far.paths.is_empty() && !signer.paths.is_empty()
            }
            _ => false,
        };
        match attempt {
            Ok((signer, content)) if better => {
                micalg_hint(signed, &content, findings);
                attributes_present(info, findings);
                if content.signing_time().is_none() && info.states_time() {
                    findings.tell(Case::TimeSigningUnreadable);
                }
                outcome.signing_time = content.signing_time();
                outcome.content = Some(content);
                outcome.signer = Some(signer);
            }
            Ok(_) => {}
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    match (&outcome.content, fault) {
        (Some(content), _) => {
            for check in [
                CheckId::SignatureValue,
                CheckId::SignatureDigest,
                CheckId::SignerCertificate,
            ] {
                findings.record(check, Comparison::Agrees);
            }
            if collides(content, means.work) {
                findings.tell(Case::SignatureDigestCollision);
            }
            // What SHA-1 means depends on the day, which is read later.
            if content.digest() != DigestAlgorithm::Sha1 {
                findings.record(CheckId::SignatureAlgorithm, Comparison::Agrees);
            }
        }
        (None, Some(fault)) => report_fault(fault, means.work, outcome, findings),
        (None, None) => {}
    }
    match &outcome.signer {
        Some(signer) if signer.paths.is_empty() => {
            outcome.pool = data.certificates.certificates(means.work);
        }
        Some(signer) => {
            let has_key = |der: &&[u8]| {
                let mut anchors = signer.paths.iter().map(|path| &means.anchors[path.anchor]);
                spki(der).is_some_and(|key| anchors.any(|anchor| key == &*anchor.spki))
            };
            // Each is read and its signature checked, if it comes to that.
            let is_paid = |der: &&[u8]| means.work.draw(der.len() * bag::WORK_PER_OCTET);
            let editions = data.certificates.octets();
            let editions = editions.filter(|der| has_key(der) && is_paid(der));
            outcome.editions = editions.map(|der| means.known.carried(der)).collect();
        }
        None => {}
    }
}

/// Units for looking for a collision in one octet.
const WORK_PER_OCTET_OF_SHA1: usize = 12;

/// Whether the content was made so that another has the same SHA-1.
///
/// Looked for only where an octet is not ASCII. The blocks that the known attacks find are as
/// good as random, and their pairs differ in the highest bit of some octets: text of 7 bits,
/// which is nearly all signed mail, has none, and the look takes thirty times as long as hashing.
fn collides(content: &VerifiedContent<'_>, work: &Work) -> bool {
    let octets = content.octets();
    content.digest() == DigestAlgorithm::Sha1
        && !octets.is_ascii()
        && work.draw(WORK_PER_OCTET_OF_SHA1 * octets.len())
        && sha1_collides(|take| match content.form() {
            Form::AsStored => take(octets),
            Form::LfAsCrlf => with_crlf(octets, take),
        })
}

/// Why one signer's signature does not hold.
enum Fault {
    NoCertificate,
    UnreadableCertificate(String),
    Signature(SignatureFault, Arc<Signer>),
}

fn check_signer<'c>(
    content: &Content<'c>,
    data: &SignedData<'_>,
    info: &SignerInfo<'_>,
    means: Means<'_>,
) -> Result<(Arc<Signer>, VerifiedContent<'c>), Fault> {
    let mut fault = Fault::NoCertificate;
    for (index, der) in data.candidates(info, means.work) {
        let signer = match means.known.find(info, der) {
            Some(signer) => signer,
            None if !means.work.draw(der.len() * WORK_PER_OCTET_TO_NAME) => break,
            None => match data.certificates.certificate(index, means.work) {
                Some(Ok(certificate)) => Arc::new(Signer {
                    facts: Arc::new(SignerFacts::of(&certificate)),
                    certificate,
                    paths: Vec::new(),
                }),
                Some(Err(error)) => {
                    fault = Fault::UnreadableCertificate(error.to_string());
                    continue;
                }
                // The work is used up.
                None => break,
            },
        };
        let verified = data.verify(info, &signer.certificate, content, means.work);
        let holds = matches!(verified, Ok(_) | Err(SignatureFault::Digest { .. }));
        let signer = if holds {
            with_paths(signer, data, info, means)
        } else {
            signer
        };
        match verified {
            Ok(content) => return Ok((signer, content)),
            Err(error) => {
                // The fault that says most: a signature that holds over something else.
                let keep = matches!(fault, Fault::Signature(SignatureFault::Digest { .. }, _));
                if !keep {
                    fault = Fault::Signature(error, signer);
                }
            }
        }
    }
    Err(fault)
}

/// The signer with its ways to the anchors, looked for once for each certificate.
fn with_paths(
    signer: Arc<Signer>,
    data: &SignedData<'_>,
    info: &SignerInfo<'_>,
    means: Means<'_>,
) -> Arc<Signer> {
    if !signer.paths.is_empty() {
        return signer;
    }
    let Means {
        anchors,
        known,
        work,
    } = means;
    let paths = chain::find_paths(&signer.certificate, &data.certificates, anchors, work);
    if paths.is_empty() {
        return signer;
    }
    // A way through certificates that came along is this message's own: another may bring
    // other ones, and must not be judged by these.
    let is_general = paths.iter().all(|path| path.intermediates.is_empty());
    match Arc::try_unwrap(signer) {
        Ok(mut owned) => {
            owned.paths = paths;
            let signer = Arc::new(owned);
            if is_general {
                known.remember(info, &signer);
            }
            signer
        }
        // Never: a signer without ways is not shared.
        Err(shared) => shared,
    }
}

fn micalg_hint(signed: &Signed<'_>, content: &VerifiedContent<'_>, findings: &mut Findings) {
    // `sha-256`, `SHA256`: spelt in every way.
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        let octets = text.bytes().filter(|&octet| octet != b'-');
        octets.map(|octet| octet.to_ascii_lowercase())
    }
    match &signed.micalg {
        Some(hint) if !letters(hint).eq(letters(content.digest().name())) => {
            findings.tell_both(Case::SignatureMicalg, content.digest().name(), hint.clone());
        }
        Some(_) => findings.record(CheckId::SignatureMicalg, Comparison::Agrees),
        // No hint, nothing to compare.
        None => {}
    }
}

fn attributes_present(info: &SignerInfo<'_>, findings: &mut Findings) {
    if info.signed_attributes.is_some() {
        findings.record(CheckId::SignatureAttributes, Comparison::Agrees);
    } else {
        // Allowed by RFC 5652, never seen in PEC, and open to passing attributes off as content.
        findings.tell(Case::SignatureAttributesNone);
    }
}

fn report_fault(fault: Fault, work: &Work, outcome: &mut Outcome<'_>, findings: &mut Findings) {
    match fault {
        Fault::NoCertificate => {
            findings.tell(Case::SignerCertificateMissing);
        }
        Fault::UnreadableCertificate(why) => {
            findings.tell_found(Case::SignerCertificateUnreadable, why);
        }
        Fault::Signature(SignatureFault::Algorithm(AlgorithmError::WeakKey(bits)), _) => {
            findings.tell_both(Case::SignerKeyShort, "RSA 2048", format!("RSA {bits}"));
        }
        Fault::Signature(SignatureFault::Algorithm(error), _) => {
            let case = match &error {
                AlgorithmError::Broken(_) => Case::SignatureAlgorithmBroken,
                AlgorithmError::WeakKey(_)
                | AlgorithmError::Unknown(_)
                | AlgorithmError::Parameters => Case::SignatureAlgorithmUnknown,
            };
            findings.tell_found(case, error.to_string());
        }
        Fault::Signature(SignatureFault::Attributes(AttributeFault::Collision), _) => {
            findings.tell(Case::SignatureDigestCollision);
        }
        Fault::Signature(SignatureFault::Attributes(error), _) => {
            let found = match error {
                AttributeFault::Missing(name) | AttributeFault::NotOnce(name) => name,
                AttributeFault::ContentType => "contentType",
                AttributeFault::Encoding | AttributeFault::Collision => "messageDigest",
            };
            findings.tell_found(Case::SignatureAttributes, found);
        }
        Fault::Signature(
            SignatureFault::Digest {
                stated,
                found,
                damage,
                signing_time,
            },
            signer,
        ) => {
            findings.record(CheckId::SignatureValue, Comparison::Agrees);
            if damage.is_none() {
                // Not everything that could explain it was tried.
                let case = match work.is_short() {
                    true => Case::SignatureDigestUntried,
                    false => Case::SignatureDigest,
                };
                findings.tell_both(case, hex(&stated), hex(&found));
            }
            outcome.damage = damage;
            outcome.signing_time = signing_time;
            outcome.signer = Some(signer);
        }
        // Told of the whole message.
        Fault::Signature(SignatureFault::Work, _) => {}
        Fault::Signature(SignatureFault::Value, _) => {
            findings.tell(Case::SignatureValue);
        }
    }
}

/// What is told of a change that was undone.
pub(super) const fn change_case(change: Change) -> Case {
    match change {
        Change::LineEndAdded => Case::SignatureDigestLineEndAdded,
        Change::LineEndRemoved => Case::SignatureDigestLineEndRemoved,
        Change::FromQuoted => Case::SignatureDigestFromQuoted,
        Change::DotsDoubled => Case::SignatureDigestDotsDoubled,
        Change::BlanksAdded => Case::SignatureDigestBlanksAdded,
        Change::StoredAsUtf8 => Case::SignatureDigestStoredAsUtf8,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Finding;
    use super::super::structure::{Level, Located, locate};
    use super::super::table::CheckId;
    use super::*;
    use crate::providers::Trust;

    /// What is told of a digest that fails, where the account of work is this.
    fn told(octets: &[u8], trust: &Trust, work: &Work) -> (Vec<Case>, bool) {
        let reading = Work::of_message(octets.len());
        let mut findings = Findings::default();
        let Located::Signed(signed) = locate(octets, None, Level::Message, &reading, &mut findings)
        else {
            panic!("a signed message");
        };
        let means = Means {
            anchors: &trust.anchors,
            known: &KnownSigners::default(),
            work,
        };
        let mut findings = Findings::default();
        check(&signed, means, &mut findings);
        let list = findings.list().iter().map(Finding::case);
        let of_digest = list.filter(|case| case.check() == CheckId::SignatureDigest);
        (of_digest.collect(), work.is_short())
    }

    #[test]
    fn a_digest_accuses_only_when_all_that_could_explain_it_was_tried() {
        let trust = Trust::parse(include_str!("../../fixtures/pki/trust.toml"), "test")
            .expect("a trust file");
        let mut octets = include_bytes!("../../fixtures/receipts/accettazione.eml").to_vec();
        let at = memchr::memmem::find(&octets, b"Il giorno").expect("the signed text");
        octets[at] = b'A';
        let whole = Work::of_message(octets.len());
        let accused = (vec![Case::SignatureDigest], false);
        assert_eq!(told(&octets, &trust, &whole), accused);
        let needed = whole.spent();
        // First there is nothing to say, then not everything was tried, then it is tried.
        let mut said = Vec::new();
        for left in (0..needed).step_by(needed as usize / 100) {
            let (cases, is_short) = told(&octets, &trust, &Work::with(left));
            assert!(is_short, "{left} of {needed}");
            said.extend(cases);
        }
        said.dedup();
        let in_turn = [Case::SignatureDigestUntried, Case::SignatureDigest];
        assert_eq!(said, in_turn);
    }
}
