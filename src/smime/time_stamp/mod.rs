//! Time stamps as RFC 3161 and RFC 5816 define them: request, answer, token.
//!
//! A token says that an authority saw a digest at a time. [`Request`] asks for one, [`Answer`] is
//! what comes back, and a [`Token`] is read and says nothing until [`Token::check`] made a
//! [`CheckedToken`] of it. No clock, no network: the nonce is handed in, and all is judged at the
//! time that the token states.
//!
//! Not done: OCSP, tokens whose certificate lies elsewhere (we always ask for it), accuracy beyond
//! what the token says of itself, and whether the authority is a qualified one (that is said by
//! the lists of Regulation (EU) 910/2014, not by a token).

mod exchange;
mod info;
mod standing;
mod token;

pub use exchange::{
    Answer, AnswerFault, Granted, MAX_ANSWER_OCTETS, Nonce, NonceLength, Problem, Refusal, Refused,
    Request,
};
pub use info::{Accuracy, GenTime, Imprint, Info, Malformed};
pub use standing::Standing;
pub use token::{CheckedToken, EssFault, ProfileFault, Token, TokenFault, Trusted, Wanted};

/// A policy of an authority, by its identifier.
pub use der::oid::ObjectIdentifier as Policy;

use der::oid::ObjectIdentifier as Oid;

use super::signed_data::SignatureOctets;

/// The content type of a token's content (RFC 3161, 2.4.2).
const TST_INFO: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Checks a token that was kept, over the octets that it is about. Without the request there is no
/// nonce to compare.
///
/// # Errors
/// As [`Token::parse`] and [`Token::check`].
pub fn check_kept(
    token: &[u8],
    about: &[u8],
    trusted: &Trusted<'_>,
) -> Result<CheckedToken, TokenFault> {
    let octets = SignatureOctets::new(token)?;
    let token = Token::parse(&octets)?;
    let imprint = Imprint::of(token.info().imprint.algorithm, about);
    token.check(&Wanted::of(&imprint), trusted)
}

/// A DER value of at most 65,535 octets, which nothing written here passes.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = vec![tag];
    match (high, low) {
        (0, 0..=0x7f) => out.push(low),
        (0, _) => out.extend([0x81, low]),
        (_, _) => out.extend([0x82, high, low]),
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// The shortest form of a non-negative INTEGER: a number compares by it.
fn shortest(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|&&octet| octet == 0).count();
    &content[zeros..]
}
