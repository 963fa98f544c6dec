//! CMS SignedData (RFC 5652, 5): read as signers really write it, checked as the RFC asks.
//!
//! ```text
//! SignedData ::= SEQUENCE { version, digestAlgorithms SET,
//!     encapContentInfo SEQUENCE { eContentType OID, eContent [0] EXPLICIT OCTET STRING OPTIONAL },
//!     certificates [0] IMPLICIT OPTIONAL, crls [1] IMPLICIT OPTIONAL, signerInfos SET }
//! SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, signedAttrs [0] IMPLICIT OPTIONAL,
//!     signatureAlgorithm, signature OCTET STRING, unsignedAttrs [1] IMPLICIT OPTIONAL }
//! ```
//!
//! What PEC asks on top: content outside (detached), one signer, contentType id-data, one
//! messageDigest. The signed attributes are kept as the octets that were sent; the `cms`
//! package sorts them while decoding, and serves as a witness in the tests.

use std::borrow::Cow;

use der::Decode;
use der::oid::ObjectIdentifier as Oid;

use super::algorithm::{AlgorithmError, DigestAlgorithm, SignatureAlgorithm};
use super::bag::Bag;
use super::ber::{self, Reader, tag};
use super::certificate::{Certificate, issuer_and_serial};
use super::content::{Content, Damage, Form, NoReading, Reading};
use super::{Error, Fault};
use crate::timestamp::Timestamp;
use crate::work::Work;

/// Signers looked at; PEC has one, and more than a handful is no mail.
const MAX_SIGNERS: usize = 8;
/// Certificates kept from one object, and as many more that its signers name; PEC has one or two.
const MAX_CERTIFICATES: usize = 32;
/// Signed attributes of one signer; real ones have three to ten.
const MAX_ATTRIBUTES: usize = 1_000;

/// Octets of two blocks of SHA-1.
const TWO_BLOCKS: usize = 128;

/// Units of [`Work`] for looking for a collision in one octet, in two forms.
const WORK_PER_OCTET_OF_SHA1: usize = 24;

const ID_SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
const ID_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
const CONTENT_TYPE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.5");

/// A signature object in definite lengths; [`SignedData`] borrows from it.
#[derive(Clone, Debug)]
pub struct SignatureOctets<'a> {
    definite: Cow<'a, [u8]>,
    /// Octets after the object; 0 in a clean one.
    pub trailing: usize,
}

impl<'a> SignatureOctets<'a> {
    /// Takes BER or DER.
    ///
    /// # Errors
    /// When it is neither.
    pub fn new(octets: &'a [u8]) -> Result<Self, Error> {
        let (definite, trailing) = ber::definite(octets)?;
        Ok(Self { definite, trailing })
    }

    /// How many octets the object has.
    pub(super) fn len(&self) -> usize {
        self.definite.len()
    }
}

/// A SignedData as parsed: nothing in it is verified.
#[derive(Debug)]
pub struct SignedData<'a> {
    /// Content inside the object, which PEC forbids.
    pub embedded_content: Option<&'a [u8]>,
    /// The certificates that came along.
    pub certificates: Bag<'a>,
    /// The signers.
    pub signers: Vec<SignerInfo<'a>>,
    /// What came along about revocation: the content of RevocationInfoChoices (RFC 5652, 10.2.1).
    revocations: Option<&'a [u8]>,
    /// Content octets of the identifier of what is signed.
    content_type: &'a [u8],
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo that holds SignedData.
    ///
    /// # Errors
    /// For other content types, and for what cannot be decoded.
    pub fn parse(octets: &'a SignatureOctets<'_>) -> Result<Self, Error> {
        let mut info = Reader::new(&octets.definite).enter(tag::SEQUENCE)?;
        if info.expect(tag::OID)?.content != ID_SIGNED_DATA.as_bytes() {
            return Err(Error::NotSignedData);
        }
        let mut data = info.enter(tag::CONTEXT_0)?.enter(tag::SEQUENCE)?;
        data.expect(tag::INTEGER)?;
        data.expect(tag::SET)?;
        let mut encapsulated = data.enter(tag::SEQUENCE)?;
        let content_type = encapsulated.expect(tag::OID)?.content;
        let embedded_content = match encapsulated.optional(tag::CONTEXT_0)? {
            Some(content) => Some(
                Reader::new(content.content)
                    .expect(tag::OCTET_STRING)?
                    .content,
            ),
            None => None,
        };
        let bag = data.optional(tag::CONTEXT_0)?;
        let revocations = data.optional(tag::CONTEXT_1)?.map(|all| all.content);
        let mut set = data.enter(tag::SET)?;
        let mut signers = Vec::new();
        while !set.is_empty() && signers.len() < MAX_SIGNERS {
            signers.push(SignerInfo::parse(set.expect(tag::SEQUENCE)?)?);
        }
        let certificates = match bag {
            Some(bag) => certificates(bag.content, &signers)?,
            None => Bag::default(),
        };
        Ok(Self {
            embedded_content,
            certificates,
            signers,
            revocations,
            content_type,
        })
    }

    /// DER of the OCSP answers that came along (RFC 5940, 2.2); lists are passed over.
    pub fn answers(&self) -> Vec<&'a [u8]> {
        /// Real signatures have one, if any.
        const MAX_ANSWERS: usize = 2;
        const OCSP: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.16.2");
        let mut answers = Vec::new();
        let mut all = Reader::new(self.revocations.unwrap_or_default());
        while answers.len() < MAX_ANSWERS {
            let Ok(choice) = all.value() else { break };
            let mut other = Reader::new(choice.content);
            let is_answer = choice.tag == tag::CONTEXT_1
                && other
                    .expect(tag::OID)
                    .is_ok_and(|kind| kind.content == OCSP.as_bytes());
            if is_answer {
                answers.push(other.remaining());
            }
        }
        answers
    }

    /// Whether what is signed says that it is of that type.
    pub(super) fn is_of_type(&self, kind: Oid) -> bool {
        self.content_type == kind.as_bytes()
    }

    /// The certificates that a signer may mean, by their place in the bag: those with its issuer
    /// and serial number, or its key identifier. More than one when somebody added a double.
    pub fn candidates(
        &self,
        signer: &SignerInfo<'_>,
        work: &Work,
    ) -> impl Iterator<Item = (usize, &'a [u8])> {
        let all = self.certificates.octets().enumerate();
        all.filter(move |(index, der)| match &signer.identifier {
            Identifier::IssuerAndSerial { issuer, serial } => {
                issuer_and_serial(der) == Some((issuer, serial))
            }
            Identifier::SubjectKeyIdentifier(id) => {
                let read = self.certificates.certificate(*index, work);
                read.and_then(Result::ok)
                    .is_some_and(|certificate| certificate.subject_key_id.as_deref() == Some(id))
            }
        })
    }

    /// Whether every signer's version is the one that goes with how it is named (RFC 5652, 5.3).
    pub fn has_known_versions(&self) -> bool {
        self.signers.iter().all(|signer| {
            let expected = match signer.identifier {
                Identifier::IssuerAndSerial { .. } => 1,
                Identifier::SubjectKeyIdentifier(_) => 3,
            };
            signer.version == [expected]
        })
    }

    /// Checks one signer's signature over `content`, which is id-data, with the key of
    /// `certificate` (RFC 5652, 5.4 and 5.6).
    ///
    /// Says nothing about whose certificate that is: see [`super::chain`].
    ///
    /// # Errors
    /// The first fault, in the order of the checks: algorithms, attributes, value, digest.
    pub fn verify<'c>(
        &self,
        signer: &SignerInfo<'_>,
        certificate: &Certificate,
        content: &Content<'c>,
        work: &Work,
    ) -> Result<VerifiedContent<'c>, SignatureFault> {
        self.verify_typed(ID_DATA, signer, certificate, content, work)
    }

    /// The same for content of another type.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub(super) fn verify_typed<'c>(
        &self,
        content_type: Oid,
        signer: &SignerInfo<'_>,
        certificate: &Certificate,
        content: &Content<'c>,
        work: &Work,
    ) -> Result<VerifiedContent<'c>, SignatureFault> {
        let digest = DigestAlgorithm::parse(signer.digest_algorithm)?;
        let algorithm = SignatureAlgorithm::parse(signer.signature_algorithm, Some(digest))?;
        if algorithm.digest != digest {
            return Err(AlgorithmError::Parameters.into());
        }
        let key = certificate.verifying_key(algorithm)?;
        let length = signer
            .signed_attributes
            .as_ref()
            .map_or(0, |it| it.octets.len());
        // Two forms of the attributes, or of the content, may be tried.
        let price = certificate.key.as_ref().map_or(0, |key| key.work(length));
        if !work.draw(2 * price) {
            return Err(SignatureFault::Work);
        }
        let verified = |reading: Reading| VerifiedContent {
            octets: content.octets(),
            form: reading.form,
            has_nul: reading.has_nul,
            digest,
            signing_time: signer.signing_time(),
        };
        let Some(attributes) = &signer.signed_attributes else {
            // 5.4: without attributes the signature is over the content itself.
            let accept = |found: &_| key.verifies_digest(found, signer.signature);
            return match content.find_form(digest, work, accept) {
                Ok(reading) => Ok(verified(reading)),
                Err(NoReading::Differs(_)) => Err(SignatureFault::Value),
                Err(NoReading::Work) => Err(SignatureFault::Work),
            };
        };
        let stated = attributes.check(self.content_type, content_type)?;
        if !attributes
            .forms()
            .any(|octets| key.verifies(&octets, signer.signature))
        {
            return Err(SignatureFault::Value);
        }
        if digest == DigestAlgorithm::Sha1 && attributes.collide(work) {
            return Err(SignatureFault::Attributes(AttributeFault::Collision));
        }
        match content.find_form(digest, work, |found| found.as_ref() == stated) {
            Ok(reading) => Ok(verified(reading)),
            Err(NoReading::Work) => Err(SignatureFault::Work),
            Err(NoReading::Differs(found)) => Err(SignatureFault::Digest {
                stated: stated.into(),
                found: found.as_ref().into(),
                damage: content.find_damage(digest, stated, work),
                signing_time: signer.signing_time(),
            }),
        }
    }
}

/// The certificates of an object: the first ones, and of the others those that a signer may mean.
/// The rest of them is not read.
///
/// # Errors
/// When a signer may mean too many.
fn certificates<'a>(bag: &'a [u8], signers: &[SignerInfo<'_>]) -> Result<Bag<'a>, Error> {
    let mut kept = Bag::default();
    let mut set = Reader::new(bag);
    while !set.is_empty() {
        let choice = set.value()?;
        // Other choices of CertificateSet are attribute certificates; not used here.
        let is_certificate = choice.tag == tag::SEQUENCE;
        let is_named = || signers.iter().any(|signer| signer.may_mean(choice.octets));
        if !is_certificate || (kept.len() >= MAX_CERTIFICATES && !is_named()) {
            continue;
        }
        if kept.len() == 2 * MAX_CERTIFICATES {
            return Err(Error::Encoding(Fault::TooMany));
        }
        kept.add(choice.octets);
    }
    Ok(kept)
}

/// The octets that a signature covers, after it was found to hold.
///
/// The only maker is [`SignedData::verify`]; facts are read from here and from nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedContent<'c> {
    octets: &'c [u8],
    form: Form,
    has_nul: bool,
    digest: DigestAlgorithm,
    signing_time: Option<Timestamp>,
}

impl<'c> VerifiedContent<'c> {
    /// The octets as they are stored; the signed ones but for line ends ([`Self::form`]).
    pub fn octets(&self) -> &'c [u8] {
        self.octets
    }

    /// In which form the octets were signed.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether a NUL is among the octets (forbidden by RFC 5322, 2.2).
    pub fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// The digest that was used.
    pub fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// The signed signingTime attribute: the signer's word.
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// An algorithm is broken or not known.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// The signed attributes are not as RFC 5652, 11 asks.
    #[error(transparent)]
    Attributes(#[from] AttributeFault),
    /// The value is not this key's signature.
    #[error("the signature value does not fit")]
    Value,
    /// The signature over the attributes holds, but the content is not the one signed.
    #[error("the content is not the one that was signed")]
    Digest {
        /// The digest in the signed attributes.
        stated: Box<[u8]>,
        /// The digest of the content at hand.
        found: Box<[u8]>,
        /// What was done to the content, if it is something that programs do: without it the
        /// digest is the stated one.
        damage: Option<Damage>,
        /// The signed signingTime.
        signing_time: Option<Timestamp>,
    },
    /// The work for this message is used up: nothing can be said.
    #[error("checking it takes more work than its size allows")]
    Work,
}

/// What is wrong with signed attributes (RFC 5652, 5.3 and 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeFault {
    /// contentType or messageDigest is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An attribute stands twice or has not exactly one value.
    #[error("{0} is not there exactly once")]
    NotOnce(&'static str),
    /// contentType is not the type that is asked (id-data for mail), or not that of the content.
    #[error("the content type is another")]
    ContentType,
    /// Cannot be decoded.
    #[error("cannot be decoded")]
    Encoding,
    /// Made so that others have the same SHA-1.
    #[error("others have the same SHA-1")]
    Collision,
}

/// One SignerInfo as parsed.
#[derive(Debug)]
pub struct SignerInfo<'a> {
    /// Content octets of the number.
    version: &'a [u8],
    identifier: Identifier<'a>,
    digest_algorithm: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    /// The signed attributes, when there are any.
    pub signed_attributes: Option<SignedAttributes<'a>>,
}

#[derive(Debug)]
enum Identifier<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    SubjectKeyIdentifier(&'a [u8]),
}

impl<'a> SignerInfo<'a> {
    fn parse(value: ber::Tlv<'a>) -> Result<Self, Error> {
        let mut fields = Reader::new(value.content);
        let version = fields.expect(tag::INTEGER)?.content;
        let sid = fields.value()?;
        let digest_algorithm = fields.expect(tag::SEQUENCE)?.octets;
        let attributes = fields.optional(tag::CONTEXT_0)?;
        let signature_algorithm = fields.expect(tag::SEQUENCE)?.octets;
        let signature = fields.expect(tag::OCTET_STRING)?.content;
        fields.optional(tag::CONTEXT_1)?;
        if !fields.is_empty() {
            return Err(Error::Encoding(Fault::AfterSigner));
        }
        // CHOICE { IssuerAndSerialNumber SEQUENCE, subjectKeyIdentifier [0] IMPLICIT }
        let identifier = match sid.tag {
            tag::SEQUENCE => {
                let mut sid = Reader::new(sid.content);
                let issuer = sid.expect(tag::SEQUENCE)?.octets;
                Identifier::IssuerAndSerial {
                    issuer,
                    serial: sid.expect(tag::INTEGER)?.content,
                }
            }
            tag::CONTEXT_0_PRIMITIVE => Identifier::SubjectKeyIdentifier(sid.content),
            _ => return Err(Error::Encoding(Fault::SignerIdentifier)),
        };
        let signed_attributes = match attributes {
            Some(value) => Some(SignedAttributes::parse(value)?),
            None => None,
        };
        Ok(Self {
            version,
            identifier,
            digest_algorithm,
            signature_algorithm,
            signature,
            signed_attributes,
        })
    }

    /// Whether a certificate, seen from outside, may be this signer's.
    fn may_mean(&self, der: &[u8]) -> bool {
        match &self.identifier {
            Identifier::IssuerAndSerial { issuer, serial } => {
                issuer_and_serial(der) == Some((issuer, serial))
            }
            Identifier::SubjectKeyIdentifier(id) => memchr::memmem::find(der, id).is_some(),
        }
    }

    /// Octets that tell signers' certificates apart before any is read; a key for caches.
    pub fn cache_key(&self) -> &[u8] {
        match &self.identifier {
            Identifier::IssuerAndSerial { serial, .. } => serial,
            Identifier::SubjectKeyIdentifier(id) => id,
        }
    }

    /// The name of the digest, or its identifier when it is not known.
    pub fn digest_name(&self) -> String {
        match DigestAlgorithm::parse(self.digest_algorithm) {
            Ok(digest) => digest.name().to_owned(),
            Err(AlgorithmError::Broken(name)) => name.to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn signing_time(&self) -> Option<Timestamp> {
        self.signed_attributes
            .as_ref()
            .and_then(SignedAttributes::signing_time)
    }

    /// Whether it states a signing time, which may be no time.
    pub fn states_time(&self) -> bool {
        let attributes = self.signed_attributes.as_ref();
        attributes.is_some_and(|it| matches!(it.only(SIGNING_TIME), Ok(Some(_))))
    }
}

/// The signed attributes as they were sent (RFC 5652, 5.3).
#[derive(Debug)]
pub struct SignedAttributes<'a> {
    /// `[0] IMPLICIT SET`, tag and length included.
    octets: &'a [u8],
    attributes: Vec<Attribute<'a>>,
}

#[derive(Debug)]
struct Attribute<'a> {
    octets: &'a [u8],
    /// Content octets of the type's identifier.
    kind: &'a [u8],
    /// Content octets of the SET OF values.
    values: &'a [u8],
}

impl<'a> SignedAttributes<'a> {
    fn parse(value: ber::Tlv<'a>) -> Result<Self, Error> {
        let mut set = Reader::new(value.content);
        let mut attributes = Vec::with_capacity(4);
        while !set.is_empty() {
            if attributes.len() == MAX_ATTRIBUTES {
                return Err(Error::Encoding(Fault::TooMany));
            }
            let attribute = set.expect(tag::SEQUENCE)?;
            let mut fields = Reader::new(attribute.content);
            let kind = fields.expect(tag::OID)?.content;
            let values = fields.expect(tag::SET)?.content;
            if !fields.is_empty() {
                return Err(Error::Encoding(Fault::AfterAttribute));
            }
            attributes.push(Attribute {
                octets: attribute.octets,
                kind,
                values,
            });
        }
        Ok(Self {
            octets: value.octets,
            attributes,
        })
    }

    /// RFC 5652, 11.1 to 11.3: contentType and messageDigest exactly once, signingTime at
    /// most once, one value each, both content types the one wanted. Gives the stated digest.
    ///
    /// 5.3 forbids any attribute type to stand twice; that is checked for all of them.
    fn check(&self, of_content: &[u8], wanted: Oid) -> Result<&'a [u8], AttributeFault> {
        if let Some(kind) = self.doubled() {
            return Err(AttributeFault::NotOnce(attribute_name(kind)));
        }
        let content_type = self
            .only(CONTENT_TYPE)?
            .ok_or(AttributeFault::Missing("contentType"))?;
        if of_content != wanted.as_bytes()
            || content_type.tag != tag::OID
            || content_type.content != wanted.as_bytes()
        {
            return Err(AttributeFault::ContentType);
        }
        self.only(SIGNING_TIME)?;
        let digest = self
            .only(MESSAGE_DIGEST)?
            .ok_or(AttributeFault::Missing("messageDigest"))?;
        if digest.tag == tag::OCTET_STRING {
            Ok(digest.content)
        } else {
            Err(AttributeFault::Encoding)
        }
    }

    /// Whether they were made so that others have the same SHA-1. The known attacks need two
    /// blocks as good as random, for which no short attribute has room.
    fn collide(&self, work: &Work) -> bool {
        let has_room = |attribute: &Attribute<'_>| attribute.values.len() >= TWO_BLOCKS;
        self.attributes.iter().any(has_room)
            && work.draw(WORK_PER_OCTET_OF_SHA1 * self.octets.len())
            && self
                .forms()
                .any(|octets| super::sha1_collides(|take| take(&octets)))
    }

    /// A type that stands more than once.
    fn doubled(&self) -> Option<&'a [u8]> {
        /// As many are compared with each other sooner than put in order.
        const FEW: usize = 16;
        let kinds = || self.attributes.iter().map(|attribute| attribute.kind);
        if self.attributes.len() <= FEW {
            let mut places = kinds().enumerate();
            return places
                .find(|(place, kind)| kinds().take(*place).any(|other| other == *kind))
                .map(|(_, kind)| kind);
        }
        let mut kinds: Vec<&[u8]> = kinds().collect();
        kinds.sort_unstable();
        let mut neighbours = kinds.windows(2);
        neighbours.find(|two| two[0] == two[1]).map(|two| two[0])
    }

    /// The one value of an attribute, if the attribute is there.
    pub(super) fn only(&self, kind: Oid) -> Result<Option<ber::Tlv<'a>>, AttributeFault> {
        let Some(attribute) = self
            .attributes
            .iter()
            .find(|attribute| attribute.kind == kind.as_bytes())
        else {
            return Ok(None);
        };
        let mut values = Reader::new(attribute.values);
        let value = values
            .value()
            .map_err(|_| AttributeFault::NotOnce(attribute_name(kind.as_bytes())))?;
        if values.is_empty() {
            Ok(Some(value))
        } else {
            Err(AttributeFault::NotOnce(attribute_name(kind.as_bytes())))
        }
    }

    fn signing_time(&self) -> Option<Timestamp> {
        let value = self.only(SIGNING_TIME).ok()??;
        let time = x509_cert::time::Time::from_der(value.octets).ok()?;
        i64::try_from(time.to_unix_duration().as_secs())
            .ok()
            .map(Timestamp::from_unix)
    }

    /// The octets that the signature may be over: the attributes as sent under the tag of a
    /// SET (RFC 5652, 5.4), and sorted as DER asks when they were not.
    fn forms(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut as_sent = self.octets.to_vec();
        as_sent[0] = tag::SET;
        let in_order = || self.attributes.iter().map(|attribute| attribute.octets);
        let sorted = (!in_order().is_sorted()).then(|| {
            let mut order: Vec<&[u8]> = in_order().collect();
            order.sort_unstable();
            // Same tag, same length octets, same total: only the order differs.
            let content: usize = order.iter().map(|octets| octets.len()).sum();
            let mut octets = as_sent[..as_sent.len() - content].to_vec();
            octets.extend(order.concat());
            octets
        });
        std::iter::once(as_sent).chain(sorted)
    }
}

fn attribute_name(kind: &[u8]) -> &'static str {
    let known = [
        (CONTENT_TYPE, "contentType"),
        (MESSAGE_DIGEST, "messageDigest"),
        (SIGNING_TIME, "signingTime"),
    ];
    known
        .iter()
        .find(|(oid, _)| oid.as_bytes() == kind)
        .map_or("attribute", |(_, name)| name)
}
