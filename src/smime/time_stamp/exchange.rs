//! What is asked of a time stamp authority, and what it answers (RFC 3161, 2.4).
//!
//! ```text
//! TimeStampReq ::= SEQUENCE { version INTEGER { v1(1) }, messageImprint, reqPolicy OID OPTIONAL,
//!     nonce INTEGER OPTIONAL, certReq BOOLEAN DEFAULT FALSE, extensions [0] OPTIONAL }
//! TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
//! PKIStatusInfo ::= SEQUENCE { status INTEGER, statusString SEQUENCE OF UTF8String OPTIONAL,
//!     failInfo BIT STRING OPTIONAL }
//! ```

use std::fmt;

use der::oid::ObjectIdentifier as Oid;

use super::info::Imprint;
use super::{element, shortest};
use crate::printable::Printable;
use crate::smime;
use crate::smime::ber::{Reader, tag};

/// Octets of an answer: a token with all its certificates has 3 to 20 KiB.
pub const MAX_ANSWER_OCTETS: usize = 1024 * 1024;
/// Texts of an answer that are kept.
const MAX_TEXTS: usize = 8;

const UTF8_STRING: u8 = 0x0c;

/// A number used once, by which an answer is known to be that to our request: 8 to 16 octets.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(Box<[u8]>);

/// A nonce of fewer than 8 octets, of more than 16, or of nothing but zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nonce has 8 to 16 octets")]
pub struct NonceLength;

impl Nonce {
    /// Takes random octets.
    ///
    /// # Errors
    /// When there are fewer than 8 or more than 16, or they are all zero.
    pub fn new(octets: &[u8]) -> Result<Self, NonceLength> {
        let number = shortest(octets);
        match (8..=16).contains(&octets.len()) && !number.is_empty() {
            true => Ok(Self(number.into())),
            false => Err(NonceLength),
        }
    }

    /// Whether a number that came back is this one.
    pub(super) fn is(&self, content: &[u8]) -> bool {
        shortest(content) == &*self.0
    }

    fn to_der(&self) -> Vec<u8> {
        let sign: &[u8] = match self.0.first() {
            Some(0x80..) => &[0],
            Some(_) | None => &[],
        };
        element(tag::INTEGER, &[sign, &self.0])
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({})", smime::certificate::hex(&self.0))
    }
}

/// A request for a time stamp: version 1, SHA-256, with a nonce; the certificate is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    digest: [u8; 32],
    policy: Option<Oid>,
    nonce: Nonce,
}

impl Request {
    /// Asks for a time stamp over what has this SHA-256.
    pub fn new(digest: [u8; 32], nonce: Nonce) -> Self {
        Self {
            digest,
            policy: None,
            nonce,
        }
    }

    /// The same under one policy of the authority.
    pub fn under(self, policy: Oid) -> Self {
        Self {
            policy: Some(policy),
            ..self
        }
    }

    /// The digest that is to be stamped.
    pub fn imprint(&self) -> Imprint {
        Imprint::sha256(self.digest)
    }

    /// The nonce.
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// The policy that is asked for.
    pub fn policy(&self) -> Option<Oid> {
        self.policy
    }

    /// TimeStampReq in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let policy = self
            .policy
            .map(|policy| element(tag::OID, &[policy.as_bytes()]));
        element(
            tag::SEQUENCE,
            &[
                &element(tag::INTEGER, &[&[1]]),
                &Imprint::sha256_der(&self.digest),
                policy.as_deref().unwrap_or_default(),
                &self.nonce.to_der(),
                &element(tag::BOOLEAN, &[&[0xff]]),
            ],
        )
    }
}

/// How a request was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    /// As asked.
    Fully,
    /// With modifications, which the token itself shows.
    WithModifications,
}

/// An answer with a token in it, which is not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// How it was granted.
    pub granted: Granted,
    /// What the authority says beside, safe to show.
    pub texts: Vec<String>,
    /// DER of the token.
    pub token: &'a [u8],
}

/// That and why no token was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In which way.
    pub refused: Refused,
    /// Why, in the words of the standard.
    pub problems: Vec<Problem>,
    /// Why, in the authority's words, safe to show.
    pub texts: Vec<String>,
}

/// The ways of giving no token (PKIStatus).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// rejection.
    Rejection,
    /// waiting.
    Waiting,
    /// revocationWarning: its certificate is about to be revoked.
    RevocationWarning,
    /// revocationNotification: its certificate has been revoked.
    RevocationNotification,
}

/// Reasons of a refusal (PKIFailureInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// badAlg: the digest's algorithm is not supported.
    BadAlgorithm,
    /// badRequest: it is not permitted or not supported.
    BadRequest,
    /// badDataFormat.
    BadDataFormat,
    /// timeNotAvailable: the authority has no time source.
    TimeNotAvailable,
    /// unacceptedPolicy: the policy asked for is not supported.
    UnacceptedPolicy,
    /// unacceptedExtension.
    UnacceptedExtension,
    /// addInfoNotAvailable.
    AdditionalInformation,
    /// systemFailure.
    SystemFailure,
    /// Another one, by its bit.
    Other(usize),
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// Larger than any answer.
    #[error("larger than {MAX_ANSWER_OCTETS} octets")]
    TooLarge,
    /// Not a readable object.
    #[error(transparent)]
    Object(#[from] smime::Error),
    /// A status that RFC 3161 does not know.
    #[error("unknown status")]
    Status,
    /// A text that is not UTF-8.
    #[error("text of the status")]
    Text,
    /// Reasons that are no bit string.
    #[error("reasons of the status")]
    Problems,
    /// Granted, and no token is there.
    #[error("granted, without a token")]
    NoToken,
    /// Something stands behind the token, or a token behind a refusal.
    #[error("something follows")]
    After,
    /// The authority gives no token.
    #[error("no token was given")]
    Refused(Refusal),
}

impl<'a> Answer<'a> {
    /// Reads a TimeStampResp in DER.
    ///
    /// # Errors
    /// When it is none, and when it is one without a token.
    pub fn parse(octets: &'a [u8]) -> Result<Self, AnswerFault> {
        if octets.len() > MAX_ANSWER_OCTETS {
            return Err(AnswerFault::TooLarge);
        }
        let mut whole = Reader::new(octets);
        let mut fields = whole.enter(tag::SEQUENCE)?;
        if !whole.is_empty() {
            return Err(AnswerFault::After);
        }
        let mut status = fields.enter(tag::SEQUENCE)?;
        let number = status.expect(tag::INTEGER)?.content;
        let texts = match status.optional(tag::SEQUENCE)? {
            Some(list) => texts(list.content)?,
            None => Vec::new(),
        };
        let problems = match status.optional(tag::BIT_STRING)? {
            Some(bits) => problems(bits.content)?,
            None => Vec::new(),
        };
        if !status.is_empty() {
            return Err(AnswerFault::After);
        }
        let granted = match number {
            [0] => Ok(Granted::Fully),
            [1] => Ok(Granted::WithModifications),
            [2] => Err(Refused::Rejection),
            [3] => Err(Refused::Waiting),
            [4] => Err(Refused::RevocationWarning),
            [5] => Err(Refused::RevocationNotification),
            _ => return Err(AnswerFault::Status),
        };
        match (granted, fields.is_empty()) {
            (Ok(_), true) => Err(AnswerFault::NoToken),
            (Err(_), false) => Err(AnswerFault::After),
            (Err(refused), true) => Err(AnswerFault::Refused(Refusal {
                refused,
                problems,
                texts,
            })),
            (Ok(granted), false) => {
                let token = fields.expect(tag::SEQUENCE)?.octets;
                match fields.is_empty() {
                    true => Ok(Self {
                        granted,
                        texts,
                        token,
                    }),
                    false => Err(AnswerFault::After),
                }
            }
        }
    }
}

/// PKIFreeText. More than a few are left out: they are for a person.
fn texts(content: &[u8]) -> Result<Vec<String>, AnswerFault> {
    let mut list = Reader::new(content);
    let mut texts = Vec::new();
    while !list.is_empty() && texts.len() < MAX_TEXTS {
        let text = std::str::from_utf8(list.expect(UTF8_STRING)?.content);
        let text = text.map_err(|_| AnswerFault::Text)?;
        texts.push(Printable(text).to_string());
    }
    Ok(texts)
}

/// The bits that are set: bit 0 is the highest of the first octet.
fn problems(content: &[u8]) -> Result<Vec<Problem>, AnswerFault> {
    /// The highest bit with a meaning is 26 (RFC 4210); some write whole words.
    const MAX_OCTETS: usize = 8;
    let (Some((0..=7, octets)), ..=MAX_OCTETS) =
        (content.split_first(), content.len().saturating_sub(1))
    else {
        return Err(AnswerFault::Problems);
    };
    let bits = octets.iter().enumerate().flat_map(|(place, octet)| {
        let is_set = move |bit: &usize| octet & (0x80 >> bit) != 0;
        (0..8).filter(is_set).map(move |bit| 8 * place + bit)
    });
    Ok(bits.map(Problem::of_bit).collect())
}

impl Problem {
    fn of_bit(bit: usize) -> Self {
        match bit {
            0 => Self::BadAlgorithm,
            2 => Self::BadRequest,
            5 => Self::BadDataFormat,
            14 => Self::TimeNotAvailable,
            15 => Self::UnacceptedPolicy,
            16 => Self::UnacceptedExtension,
            17 => Self::AdditionalInformation,
            25 => Self::SystemFailure,
            other => Self::Other(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(octets: &[u8]) -> Refusal {
        match Answer::parse(octets) {
            Err(AnswerFault::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_nonce_has_eight_to_sixteen_octets_and_stays_a_positive_number() {
        assert_eq!(Nonce::new(&[1; 7]), Err(NonceLength));
        assert_eq!(Nonce::new(&[1; 17]), Err(NonceLength));
        assert_eq!(Nonce::new(&[0; 8]), Err(NonceLength));
        let high = Nonce::new(&[0xff; 8]).unwrap();
        assert_eq!(high.to_der()[..3], [2, 9, 0]);
        assert!(high.is(&[&[0][..], &[0xff; 8]].concat()) && !high.is(&[0xff; 7]));
        let low = Nonce::new(&[0, 0, 1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(low.to_der(), [2, 6, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_request_is_what_the_standard_writes() {
        let nonce = Nonce::new(&[7; 8]).unwrap();
        let request = Request::new([0x11; 32], nonce);
        let expected = [
            &[0x30, 0x43, 2, 1, 1, 0x30, 0x31, 0x30, 0x0d, 6, 9][..],
            &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20],
            &[0x11; 32],
            &[2, 8, 7, 7, 7, 7, 7, 7, 7, 7, 1, 1, 0xff],
        ];
        assert_eq!(request.to_der(), expected.concat());
        let under = request.under(Oid::new_unwrap("1.2.3"));
        let der = under.to_der();
        assert!(memchr::memmem::find(&der, &[6, 2, 0x2a, 3, 2, 8]).is_some());
    }

    #[test]
    fn a_refusal_has_its_reasons_and_its_texts_made_safe() {
        let text = b"no\x1b[31m";
        let bits = [3, 4, 6, 0x24, 0, 1]; // bits 2, 5 and 23
        let inside = [
            &[
                2,
                1,
                2,
                0x30,
                2 + text.len() as u8,
                UTF8_STRING,
                text.len() as u8,
            ][..],
            text,
            &bits,
        ]
        .concat();
        let answer = element(tag::SEQUENCE, &[&element(tag::SEQUENCE, &[&inside])]);
        let refusal = refusal(&answer);
        assert_eq!(refusal.refused, Refused::Rejection);
        let problems = [
            Problem::BadRequest,
            Problem::BadDataFormat,
            Problem::Other(23),
        ];
        assert_eq!(refusal.problems, problems);
        assert_eq!(refusal.texts, ["no\\u{1b}[31m"]);
    }

    #[test]
    fn each_status_has_or_has_not_a_token() {
        let status = |number: u8| element(tag::SEQUENCE, &[&[2, 1, number]]);
        let without = |number| element(tag::SEQUENCE, &[&status(number)]);
        let with = |number| element(tag::SEQUENCE, &[&status(number), &[0x30, 0]]);
        for (number, granted) in [(0, Granted::Fully), (1, Granted::WithModifications)] {
            assert_eq!(Answer::parse(&without(number)), Err(AnswerFault::NoToken));
            let octets = with(number);
            let answer = Answer::parse(&octets).unwrap();
            assert_eq!((answer.granted, answer.token), (granted, &[0x30, 0][..]));
        }
        for (number, refused) in [
            (2, Refused::Rejection),
            (3, Refused::Waiting),
            (4, Refused::RevocationWarning),
            (5, Refused::RevocationNotification),
        ] {
            assert_eq!(refusal(&without(number)).refused, refused);
            assert_eq!(Answer::parse(&with(number)), Err(AnswerFault::After));
        }
        assert_eq!(Answer::parse(&without(6)), Err(AnswerFault::Status));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let tail = [&element(tag::SEQUENCE, &[&[0x30, 3, 2, 1, 2]])[..], b"x"].concat();
        assert_eq!(Answer::parse(&tail), Err(AnswerFault::After));
        for wrong in [
            &b""[..],
            b"<html>",
            &[0x30],
            &[0x30, 0],
            &[0x30, 0x80, 0, 0],
        ] {
            assert!(
                matches!(Answer::parse(wrong), Err(AnswerFault::Object(_))),
                "{wrong:?}"
            );
        }
        let large = vec![0x30; MAX_ANSWER_OCTETS + 1];
        assert_eq!(Answer::parse(&large), Err(AnswerFault::TooLarge));
        for bits in [&[][..], &[8, 0], &[0; 10]] {
            assert_eq!(problems(bits), Err(AnswerFault::Problems), "{bits:?}");
        }
    }
}
