//! A time stamp token (RFC 3161, 2.4.2), and the checks after which it says something.
//!
//! The order of the checks is that of RFC 3161, 2.4.2 and 2.3: one signer, its signature, which
//! certificate it names (ESSCertID, RFC 2634 and 5816), what that certificate is for, what was
//! stamped, the answer to our request, the certificate at the time, the way to an authority that
//! is trusted, revocation.

use std::sync::Arc;

use der::oid::ObjectIdentifier as Oid;

use super::TST_INFO;
use super::exchange::{Nonce, Request};
use super::info::{GenTime, Imprint, Info, Malformed};
use super::standing::{self, Issuer, Standing};
use crate::smime::algorithm::{AlgorithmError, DigestAlgorithm, KeyType};
use crate::smime::ber::{Reader, tag};
use crate::smime::certificate::{Certificate, Purpose};
use crate::smime::chain::{Anchor, Path, PathFault, find_paths};
use crate::smime::constraints::GeneralName;
use crate::smime::content::{Content, ContentKind};
use crate::smime::name::Name;
use crate::smime::revocation::{Crl, Revocation};
use crate::smime::signed_data::{
    SignatureFault, SignatureOctets, SignedAttributes, SignedData, SignerInfo,
};
use crate::smime::{self, Fault};
use crate::timestamp::Timestamp;
use crate::work::Work;

/// Octets of one token; real ones have 2 to 15 KiB.
const MAX_TOKEN_OCTETS: usize = 1024 * 1024;
/// Bits of an RSA key below which a token is not believed: it must last for years.
const MIN_RSA_BITS: usize = 2_048;

/// signingCertificate (RFC 2634, 5.4), by SHA-1.
const SIGNING_CERTIFICATE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// signingCertificateV2 (RFC 5816; RFC 5035), by any digest.
const SIGNING_CERTIFICATE_V2: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// A token as it was read: nothing in it is checked.
#[derive(Debug)]
pub struct Token<'a> {
    data: SignedData<'a>,
    content: &'a [u8],
    info: Info,
    work: Work,
}

/// What a token must be about. Made of the request, or of what is kept.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The digest of what was stamped.
    pub imprint: &'a Imprint,
    /// Our nonce; `None` where the request is not at hand any more.
    pub nonce: Option<&'a Nonce>,
    /// The policy that was asked for, if one was.
    pub policy: Option<Oid>,
}

impl<'a> Wanted<'a> {
    /// About this digest, whatever the request was.
    pub fn of(imprint: &'a Imprint) -> Self {
        Self {
            imprint,
            nonce: None,
            policy: None,
        }
    }
}

/// Whom to believe.
#[derive(Clone, Copy, Debug)]
pub struct Trusted<'a> {
    /// The authorities.
    pub anchors: &'a [Anchor],
    /// Revocation lists; none means that revocation is not checked.
    pub crls: &'a [Crl],
}

/// A token whose every check has passed. The only maker is [`Token::check`].
///
/// ```compile_fail
/// use postacert::smime::time_stamp::{CheckedToken, Info};
/// fn made(info: Info) -> CheckedToken {
///     CheckedToken { info, ..unimplemented!() }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CheckedToken {
    info: Info,
    certificate: Arc<Certificate>,
    authority: Arc<str>,
    digest: DigestAlgorithm,
    standing: Standing,
}

impl CheckedToken {
    /// What it states.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// When the authority saw the digest.
    pub fn time(&self) -> GenTime {
        self.info.time
    }

    /// Who signed. When its certificate ends the token should have been stamped anew.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The authority that is trusted and stands behind the signer.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// By which digest the token is signed.
    pub fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// Whether its certificates were revoked, as far as was looked.
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

/// Why a token says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// Larger than any token.
    #[error("larger than {MAX_TOKEN_OCTETS} octets")]
    TooLarge,
    /// Not a readable object, or none that holds a signature.
    #[error(transparent)]
    Object(#[from] smime::Error),
    /// Something stands behind it.
    #[error("something follows the token")]
    After,
    /// A signed object whose content is no TSTInfo.
    #[error("the signed object is no time stamp")]
    NotTimeStamp,
    /// What it states cannot be read.
    #[error("content of the time stamp: {0}")]
    Info(#[from] Malformed),
    /// Not exactly one signer; how many there are.
    #[error("{0} signers")]
    Signers(usize),
    /// The signer's certificate is not in it.
    #[error("the signer's certificate is missing")]
    NoCertificate,
    /// The signer's certificate cannot be read.
    #[error("certificate: {0}")]
    Certificate(smime::Error),
    /// No attributes are signed.
    #[error("no signed attributes")]
    NoAttributes,
    /// The signature does not hold.
    #[error(transparent)]
    Signature(SignatureFault),
    /// Signed over SHA-1, which proves little and not for years.
    #[error("signed over SHA-1")]
    WeakDigest,
    /// Signed by a short key; its bits.
    #[error("signed by an RSA key of {0} bits")]
    WeakKey(usize),
    /// The attribute that names the signer's certificate is not as it must be.
    #[error("name of the signer's certificate: {0}")]
    SigningCertificate(#[from] EssFault),
    /// The certificate is not one for time stamps.
    #[error("the certificate is not for time stamps: {0}")]
    Profile(#[from] ProfileFault),
    /// The digest of something else.
    #[error("it is about something else")]
    Imprint,
    /// A digest by SHA-1, of which others can be made.
    #[error("it is about a SHA-1")]
    WeakImprint,
    /// Another nonce than ours, or none.
    #[error("the nonce is not that of the request")]
    Nonce,
    /// Another policy than was asked for; which.
    #[error("policy {0}")]
    Policy(Oid),
    /// It names an authority that its certificate does not name.
    #[error("it names another authority than its certificate")]
    AuthorityName,
    /// Made when its certificate was not in force.
    #[error("made at {at}; the certificate holds from {from} to {to}")]
    CertificateTime {
        /// The time of the token.
        at: Timestamp,
        /// First instant of the certificate.
        from: Timestamp,
        /// Last instant of the certificate.
        to: Timestamp,
    },
    /// No way leads to an authority that is trusted; who issued the certificate.
    #[error("no trusted authority stands behind {0}")]
    Unknown(String),
    /// The way to the authority was not valid at the time.
    #[error("the way to the authority is not valid: {0:?}")]
    Path(PathFault),
    /// The certificate of the trusted authority was not in force at the time; its label.
    #[error("{0} was not in force")]
    AuthorityTime(String),
    /// A certificate of the way was revoked; whose.
    #[error("the certificate of {subject} was revoked")]
    Revoked {
        /// Whose certificate it was.
        subject: String,
        /// When and why.
        revocation: Revocation,
    },
    /// Checking it would take more work than its size allows.
    #[error("checking it takes more work than its size allows")]
    Work,
}

/// What is wrong with ESSCertID or ESSCertIDv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EssFault {
    /// Neither attribute is there.
    #[error("missing")]
    Missing,
    /// It stands twice, has no or two values, or cannot be read.
    #[error("cannot be read")]
    Encoding,
    /// It is by a digest that is not accepted.
    #[error("algorithm")]
    Algorithm,
    /// The digest is that of another certificate.
    #[error("another certificate")]
    Hash,
    /// Issuer and serial number are those of another certificate.
    #[error("another issuer or serial number")]
    IssuerSerial,
}

/// What is wrong with a certificate of a signer of time stamps (RFC 3161, 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileFault {
    /// extendedKeyUsage is not there, not critical, or not timeStamping alone.
    #[error("extended key usage")]
    ExtendedUsage,
    /// keyUsage is there, and allows neither digitalSignature nor nonRepudiation alone.
    #[error("key usage")]
    KeyUsage,
    /// It is of an authority that issues certificates.
    #[error("it is of a certificate authority")]
    Authority,
    /// A critical extension that is not understood, or one that stands twice.
    #[error("extensions")]
    Extensions,
}

impl TokenFault {
    /// Whether nothing is wrong with the token but that nobody who is trusted stands behind it:
    /// with other trust data it may be good.
    pub fn is_of_trust(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::AuthorityTime(_))
    }

    /// Whether nothing can be said, rather than that the token is wrong.
    pub fn is_undecided(&self) -> bool {
        let is_unknown = matches!(
            self,
            Self::Signature(SignatureFault::Algorithm(AlgorithmError::Unknown(_)))
                | Self::Info(Malformed::ImprintAlgorithm(AlgorithmError::Unknown(_)))
                | Self::Path(PathFault::AuthorityEnded(_))
                | Self::Work
        );
        is_unknown || self.is_of_trust()
    }
}

impl Request {
    /// What the token in the answer must be about.
    pub fn wanted<'a>(&'a self, imprint: &'a Imprint) -> Wanted<'a> {
        Wanted {
            imprint,
            nonce: Some(self.nonce()),
            policy: self.policy(),
        }
    }
}

impl<'a> Token<'a> {
    /// Reads a token; [`SignatureOctets::new`] takes its octets.
    ///
    /// # Errors
    /// When it is no SignedData, its content no TSTInfo, or not as RFC 3161 writes it.
    pub fn parse(octets: &'a SignatureOctets<'_>) -> Result<Self, TokenFault> {
        if octets.len() > MAX_TOKEN_OCTETS {
            return Err(TokenFault::TooLarge);
        }
        if octets.trailing > 0 {
            return Err(TokenFault::After);
        }
        let data = SignedData::parse(octets)?;
        if !data.is_of_type(TST_INFO) {
            return Err(TokenFault::NotTimeStamp);
        }
        let content = data.embedded_content.ok_or(TokenFault::NotTimeStamp)?;
        Ok(Self {
            info: Info::parse(content)?,
            work: Work::of_message(octets.len()),
            content,
            data,
        })
    }

    /// What it states, unchecked: the algorithm of its imprint says how to hash what it is about.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Checks everything.
    ///
    /// All is judged at the time that the token states; whether that lies in the past, and whether
    /// the certificate has ended since, is for the caller to say.
    ///
    /// # Errors
    /// The first fault, in the order of the head of this file.
    pub fn check(
        &self,
        wanted: &Wanted<'_>,
        trusted: &Trusted<'_>,
    ) -> Result<CheckedToken, TokenFault> {
        let [signer] = &self.data.signers[..] else {
            return Err(TokenFault::Signers(self.data.signers.len()));
        };
        let (certificate, digest) = self.signed_by(signer)?;
        check_profile(&certificate)?;
        self.check_content(wanted)?;
        self.check_name(&certificate)?;
        let at = self.info.time.at;
        let (from, to) = (certificate.not_before, certificate.not_after);
        if at < from || to < at {
            return Err(TokenFault::CertificateTime { at, from, to });
        }
        let path = self.path(&certificate, trusted.anchors)?;
        let anchor = &trusted.anchors[path.anchor];
        let standing = check_revocation(&certificate, &path, anchor, trusted.crls, at)?;
        Ok(CheckedToken {
            info: self.info.clone(),
            authority: anchor.label.clone(),
            certificate,
            digest,
            standing,
        })
    }

    /// The certificate by whose key the signature holds and that the signed attributes name. Of
    /// doubles the first that fits; if none does, the fault of the first.
    fn signed_by(
        &self,
        signer: &SignerInfo<'_>,
    ) -> Result<(Arc<Certificate>, DigestAlgorithm), TokenFault> {
        let attributes = signer.signed_attributes.as_ref();
        let attributes = attributes.ok_or(TokenFault::NoAttributes)?;
        let mut first = None;
        for (index, _) in self.data.candidates(signer, &self.work) {
            let read = self.data.certificates.certificate(index, &self.work);
            let certificate = read.ok_or(TokenFault::Work)?;
            let checked = certificate
                .map_err(TokenFault::Certificate)
                .and_then(|certificate| {
                    let digest = self.check_signature(signer, &certificate)?;
                    check_named(attributes, &certificate)?;
                    Ok((certificate, digest))
                });
            match checked {
                Ok(found) => return Ok(found),
                Err(fault) => drop(first.get_or_insert(fault)),
            }
        }
        Err(match self.work.is_short() {
            true => TokenFault::Work,
            false => first.unwrap_or(TokenFault::NoCertificate),
        })
    }

    fn check_signature(
        &self,
        signer: &SignerInfo<'_>,
        certificate: &Certificate,
    ) -> Result<DigestAlgorithm, TokenFault> {
        let content = Content::new(self.content, ContentKind::Octets);
        let verified = self
            .data
            .verify_typed(TST_INFO, signer, certificate, &content, &self.work)
            .map_err(|fault| match fault {
                SignatureFault::Work => TokenFault::Work,
                SignatureFault::Algorithm(_)
                | SignatureFault::Attributes(_)
                | SignatureFault::Value
                | SignatureFault::Digest { .. } => TokenFault::Signature(fault),
            })?;
        match certificate.key.as_ref().map(|key| key.kind) {
            Ok(KeyType::Rsa { bits }) if bits < MIN_RSA_BITS => Err(TokenFault::WeakKey(bits)),
            Ok(_) | Err(_) if verified.digest() == DigestAlgorithm::Sha1 => {
                Err(TokenFault::WeakDigest)
            }
            Ok(_) | Err(_) => Ok(verified.digest()),
        }
    }

    /// What was stamped, and whether it is the answer to our request.
    fn check_content(&self, wanted: &Wanted<'_>) -> Result<(), TokenFault> {
        if self.info.imprint.algorithm == DigestAlgorithm::Sha1 {
            return Err(TokenFault::WeakImprint);
        }
        if self.info.imprint != *wanted.imprint {
            return Err(TokenFault::Imprint);
        }
        if let Some(nonce) = wanted.nonce
            && !self
                .info
                .nonce
                .as_ref()
                .is_some_and(|found| nonce.is(found))
        {
            return Err(TokenFault::Nonce);
        }
        match wanted.policy {
            Some(policy) if policy != self.info.policy => Err(TokenFault::Policy(self.info.policy)),
            Some(_) | None => Ok(()),
        }
    }

    /// RFC 3161, 2.4.2: the name in the token must be one of the certificate.
    fn check_name(&self, certificate: &Certificate) -> Result<(), TokenFault> {
        let is_named = match &self.info.authority {
            None => true,
            Some(GeneralName::Directory(name)) if *name == certificate.subject => true,
            // Only their kind is read of these.
            Some(GeneralName::Other(_)) => false,
            Some(name) => certificate.alternative_names.contains(name),
        };
        match is_named {
            true => Ok(()),
            false => Err(TokenFault::AuthorityName),
        }
    }

    /// The first way to an authority that is valid at the time; the fault of the first if none is.
    fn path(&self, certificate: &Certificate, anchors: &[Anchor]) -> Result<Path, TokenFault> {
        let at = self.info.time.at;
        let mut first = None;
        for path in find_paths(certificate, &self.data.certificates, anchors, &self.work) {
            let anchor = &anchors[path.anchor];
            let judged = path.judge_for(Purpose::TimeStamps, certificate, &anchor.editions, at);
            let fault = match (judged.fault, judged.edition) {
                (Some(fault), _) => TokenFault::Path(fault),
                (None, Some(edition)) if edition.covers(at) => return Ok(path),
                (None, Some(_) | None) => TokenFault::AuthorityTime(anchor.label.to_string()),
            };
            first.get_or_insert(fault);
        }
        Err(match self.work.is_short() {
            true => TokenFault::Work,
            false => first.unwrap_or_else(|| TokenFault::Unknown(certificate.issuer.to_string())),
        })
    }
}

/// RFC 3161, 2.3, and what RFC 5280 asks of whoever signs.
fn check_profile(certificate: &Certificate) -> Result<(), ProfileFault> {
    if !certificate.is_for_time_stamps_alone() {
        return Err(ProfileFault::ExtendedUsage);
    }
    let signs = certificate
        .key_usage
        .is_none_or(|usage| usage.digital_signature || usage.non_repudiation);
    if !signs {
        return Err(ProfileFault::KeyUsage);
    }
    if certificate.is_authority() {
        return Err(ProfileFault::Authority);
    }
    match certificate.unknown_critical.is_empty() && certificate.doubled_extension.is_none() {
        true => Ok(()),
        false => Err(ProfileFault::Extensions),
    }
}

/// RFC 5816, 2.2.1: ESSCertID, ESSCertIDv2 or both name the signer's certificate first.
fn check_named(
    attributes: &SignedAttributes<'_>,
    certificate: &Certificate,
) -> Result<(), EssFault> {
    let value = |kind| attributes.only(kind).map_err(|_| EssFault::Encoding);
    let (old, new) = (value(SIGNING_CERTIFICATE)?, value(SIGNING_CERTIFICATE_V2)?);
    if old.is_none() && new.is_none() {
        return Err(EssFault::Missing);
    }
    if let Some(value) = old {
        let mut first = first_named(value.octets).map_err(|_| EssFault::Encoding)?;
        check_certificate_id(&mut first, DigestAlgorithm::Sha1, certificate)?;
    }
    if let Some(value) = new {
        let mut first = first_named(value.octets).map_err(|_| EssFault::Encoding)?;
        let algorithm = first
            .optional(tag::SEQUENCE)
            .map_err(|_| EssFault::Encoding)?;
        let algorithm = match algorithm {
            Some(stated) => {
                DigestAlgorithm::parse(stated.octets).map_err(|_| EssFault::Algorithm)?
            }
            None => DigestAlgorithm::Sha256,
        };
        check_certificate_id(&mut first, algorithm, certificate)?;
    }
    Ok(())
}

/// The first of `SEQUENCE { certs SEQUENCE OF …, policies OPTIONAL }`.
fn first_named(value: &[u8]) -> Result<Reader<'_>, smime::Error> {
    let mut fields = Reader::new(value).enter(tag::SEQUENCE)?;
    let first = fields.enter(tag::SEQUENCE)?.enter(tag::SEQUENCE)?;
    fields.optional(tag::SEQUENCE)?;
    match fields.is_empty() {
        true => Ok(first),
        false => Err(Fault::AfterAttribute.into()),
    }
}

/// `certHash OCTET STRING, issuerSerial SEQUENCE { issuer GeneralNames, serial } OPTIONAL`.
fn check_certificate_id(
    fields: &mut Reader<'_>,
    algorithm: DigestAlgorithm,
    certificate: &Certificate,
) -> Result<(), EssFault> {
    let unreadable = |_| EssFault::Encoding;
    let hash = fields
        .expect(tag::OCTET_STRING)
        .map_err(unreadable)?
        .content;
    let issuer_serial = fields.optional(tag::SEQUENCE).map_err(unreadable)?;
    if !fields.is_empty() {
        return Err(EssFault::Encoding);
    }
    if hash != algorithm.digest(certificate.der()).as_ref() {
        return Err(EssFault::Hash);
    }
    let Some(issuer_serial) = issuer_serial else {
        return Ok(());
    };
    let (issuer, serial) = issuer_and_serial(issuer_serial.content).map_err(unreadable)?;
    match issuer == certificate.issuer && *serial == *certificate.serial {
        true => Ok(()),
        false => Err(EssFault::IssuerSerial),
    }
}

fn issuer_and_serial(content: &[u8]) -> Result<(Name, &[u8]), smime::Error> {
    const DIRECTORY_NAME: u8 = 0xa4;
    let mut fields = Reader::new(content);
    let mut names = fields.enter(tag::SEQUENCE)?;
    let name = names.expect(DIRECTORY_NAME)?.content;
    let serial = fields.expect(tag::INTEGER)?.content;
    match names.is_empty() && fields.is_empty() {
        true => Ok((Name::from_der(name)?, serial)),
        false => Err(Fault::AfterAttribute.into()),
    }
}

/// Each certificate of the way, the signer's first, by the lists of its issuer.
fn check_revocation(
    certificate: &Certificate,
    path: &Path,
    anchor: &Anchor,
    crls: &[Crl],
    at: Timestamp,
) -> Result<Standing, TokenFault> {
    let mut standing = None;
    let mut below = certificate;
    let mut check = |below: &Certificate, issuer: Issuer<'_>| {
        let found = standing::of_certificate(below, &issuer, crls, at);
        let found = found.map_err(|revocation| TokenFault::Revoked {
            subject: below.subject.to_string(),
            revocation,
        })?;
        standing = Some(standing.map_or(found, |before: Standing| before.and(found)));
        Ok::<(), TokenFault>(())
    };
    for authority in &path.intermediates {
        if let Ok(key) = &authority.key {
            let issuer = Issuer {
                name: &authority.subject,
                key,
                may_sign_lists: authority.key_usage.is_none_or(|usage| usage.crl_sign),
            };
            check(below, issuer)?;
        }
        below = authority;
    }
    let issuer = Issuer {
        name: &anchor.subject,
        key: &anchor.key,
        may_sign_lists: true,
    };
    check(below, issuer)?;
    Ok(standing.unwrap_or(Standing::NotChecked))
}
