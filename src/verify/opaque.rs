//! Signatures that are no provider's: mail that people sign, and files that are signed around
//! their content (`.p7m`: RFC 8551, 3.5.2; CAdES, ETSI EN 319 122-1).
//!
//! Whether such a signature holds over the content is told, and whose certificate it names; whether
//! that certificate may be trusted is not asked. A message inside is judged on its own.

use std::borrow::Cow;

use super::facts::SignerFacts;
use super::finding::Findings;
use super::object::object;
use super::signature::{Outcome, WORK_PER_OCTET_TO_NAME};
use super::table::{Case, CheckId, Weight};
use super::{Examination, Level, Nested, Ordinary, Place, Verifier};
use crate::mime::{Entity, MAX_DEPTH};
use crate::smime::content::{Content, ContentKind};
use crate::smime::signed_data::{SignatureFault, SignatureOctets, SignedData, SignerInfo};
use crate::work::Work;

/// A signature that is no provider's.
#[derive(Clone, Debug, Default)]
pub struct OwnSignature {
    /// Whose certificates it names, one for each signer that has one here.
    pub signers: Vec<SignerFacts>,
    /// Whether every signature holds over the content; `None` when that could not be checked.
    pub holds: Option<bool>,
}

impl OwnSignature {
    /// Of a signed message, after steps 5 to 7.
    pub(super) fn beside(outcome: &Outcome<'_>, findings: &Findings) -> Self {
        let refuted = |check| {
            let mut list = findings.list().iter();
            list.any(|finding| finding.check() == check && finding.weight() == Weight::Refutes)
        };
        let fails = outcome.content.is_none()
            && (refuted(CheckId::SignatureValue) || refuted(CheckId::SignatureDigest));
        let signer = outcome.signer.as_ref();
        Self {
            signers: signer
                .map(|signer| (*signer.facts).clone())
                .into_iter()
                .collect(),
            holds: match outcome.content {
                Some(_) => Some(true),
                None => fails.then_some(false),
            },
        }
    }
}

/// What is in a signed object, and by whom it is signed.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Whose certificates it names, and whether it holds.
    pub signature: OwnSignature,
    /// `None` in a signature that stands beside its content.
    pub content: Option<Vec<u8>>,
}

/// Opens a signed object in BER or DER ([`object`] takes text off from around one); `None` where it is
/// none. Whether the certificates may be trusted is not asked.
pub fn open(object: &[u8], work: &Work) -> Option<Opened> {
    let octets = SignatureOctets::new(object).ok()?;
    let data = SignedData::parse(&octets).ok()?;
    let content = data
        .embedded_content
        .map(|octets| Content::new(octets, ContentKind::Octets));
    let mut signature = OwnSignature::default();
    let mut all = Some(true);
    for info in &data.signers {
        let (signer, holds) = check(&data, content.as_ref(), info, work);
        signature.signers.extend(signer);
        // One that fails is decisive, one that cannot be checked leaves it open.
        all = match (all, holds) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
    }
    if !data.signers.is_empty() && content.is_some() {
        signature.holds = all;
    }
    Some(Opened {
        signature,
        content: data.embedded_content.map(<[u8]>::to_vec),
    })
}

/// Whose certificate one signer names, and whether its signature holds over the content inside.
fn check(
    data: &SignedData<'_>,
    content: Option<&Content<'_>>,
    info: &SignerInfo<'_>,
    work: &Work,
) -> (Option<SignerFacts>, Option<bool>) {
    let mut found = (None, None);
    for (index, der) in data.candidates(info, work) {
        if !work.draw(der.len() * WORK_PER_OCTET_TO_NAME) {
            break;
        }
        let Some(Ok(certificate)) = data.certificates.certificate(index, work) else {
            continue;
        };
        let holds =
            content.and_then(
                |content| match data.verify(info, &certificate, content, work) {
                    Ok(_) => Some(true),
                    Err(SignatureFault::Algorithm(_) | SignatureFault::Work) => None,
                    Err(_) => Some(false),
                },
            );
        found = (Some(certificate), holds);
        if holds == Some(true) {
            break;
        }
    }
    let (certificate, holds) = found;
    let facts = certificate.map(|certificate| SignerFacts::of(&certificate));
    (facts, holds)
}

impl Verifier {
    /// What is no certified mail: whose own signature it has, and the certified messages inside.
    pub(super) fn examine_ordinary(
        &self,
        octets: &[u8],
        (ordinary, message): (Ordinary, Option<Entity<'_>>),
        at: Place<'_>,
        examination: &mut Examination,
    ) {
        examination.ordinary = Some(ordinary);
        let object = match ordinary {
            Ordinary::SignedFile => object(octets),
            Ordinary::SignedMail => message.as_ref().and_then(opaque_part),
            Ordinary::Empty
            | Ordinary::Mail
            | Ordinary::EncryptedMail
            | Ordinary::Original
            | Ordinary::Signature
            | Ordinary::DeliveryStatus
            | Ordinary::ReadReceipt
            | Ordinary::Rem
            | Ordinary::Pdf
            | Ordinary::OutlookMessage
            | Ordinary::Zip
            | Ordinary::Picture
            | Ordinary::Html
            | Ordinary::Xml
            | Ordinary::NoMail => return self.add_nested(message, at, examination),
        };
        // An account of its own: an answer about certified mail does not depend on it.
        let share = at.work.of_message_within(octets.len());
        let opened = object.as_deref().and_then(|object| open(object, &share));
        at.work.settle(&share);
        let Some(opened) = opened else {
            // A signature of another kind (OpenPGP), or damaged: it is there, and not checked.
            if ordinary == Ordinary::SignedMail {
                examination.signature = Some(OwnSignature::default());
            }
            return self.add_nested(message, at, examination);
        };
        examination.signature = Some(opened.signature);
        match opened.content {
            Some(content) => self.nest_content(&content, at, examination),
            None if ordinary == Ordinary::SignedFile => {
                examination.ordinary = Some(Ordinary::Signature);
            }
            None => {}
        }
    }

    /// The message inside a signed object, when it is certified, or the certified ones in it.
    fn nest_content(&self, content: &[u8], at: Place<'_>, examination: &mut Examination) {
        const PLACE: &str = "1";
        if at.depth >= MAX_DEPTH {
            examination.findings.tell(Case::MessageComplexityDepth);
            return;
        }
        let inner = self.examine_within(content, None, Level::Message, at);
        if inner.ordinary.is_none() {
            examination.nested.push(Nested {
                place: PLACE.to_owned(),
                examination: inner,
            });
            return;
        }
        let within = |nested: Nested| Nested {
            place: format!("{PLACE}.{}", nested.place),
            ..nested
        };
        examination
            .nested
            .extend(inner.nested.into_iter().map(within));
    }
}

/// The object that is the whole of a message.
fn opaque_part<'a>(message: &Entity<'a>) -> Option<Cow<'a, [u8]>> {
    let media = message.media_type().ok()?;
    let is_opaque = matches!(
        &*media.essence,
        "application/pkcs7-mime" | "application/x-pkcs7-mime"
    );
    is_opaque.then(|| message.decoded().ok())?
}
