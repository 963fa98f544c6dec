//! A time stamp over a digest: asked for, and believed only after every check (RFC 3161).
//!
//! Nonce, present and network are handed in. A token whose only fault is that nobody trusts its
//! authority is handed out all the same ([`StampError::Token`]): it is good for those who do.

use crate::smime::signed_data::SignatureOctets;
use crate::smime::time_stamp::{
    Answer, AnswerFault, CheckedToken, Granted, Nonce, Policy, Request, Token, TokenFault, Trusted,
};
use crate::timestamp::Timestamp;
use crate::transport::stamping::{Address, Fault, Way, ask};

/// Where and how a time stamp is asked for, and whom to believe.
#[derive(Clone, Copy, Debug)]
pub struct Stamping<'a> {
    /// Where the authority answers.
    pub address: &'a Address,
    /// The way there.
    pub way: &'a Way,
    /// The policy to ask for, as the authority names it; `None` leaves it to the authority.
    pub policy: Option<Policy>,
    /// Whom to believe.
    pub trusted: Trusted<'a>,
}

/// A time stamp that has passed every check.
#[derive(Clone, Debug)]
pub struct Stamped {
    /// DER of the token: what is kept.
    pub token: Vec<u8>,
    /// What it says.
    pub checked: CheckedToken,
    /// How it was granted.
    pub granted: Granted,
    /// What the authority says beside, safe to show.
    pub texts: Vec<String>,
    /// By how many seconds its time is ahead of ours; negative when it is behind.
    pub ahead: i64,
}

/// Why there is no time stamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// The authority was not reached, or what came is no answer.
    #[error(transparent)]
    Way(#[from] Fault),
    /// The answer is not readable, or a refusal.
    #[error(transparent)]
    Answer(#[from] AnswerFault),
    /// The token is not what it must be.
    #[error("{fault}")]
    Token {
        /// Why.
        fault: TokenFault,
        /// Its octets: worth keeping where [`TokenFault::is_of_trust`].
        token: Vec<u8>,
    },
}

/// Asks for a time stamp over what has this SHA-256, and checks it.
///
/// # Errors
/// Nothing that came is believed then. Asking again, with another nonce, is safe.
pub fn stamp(
    digest: [u8; 32],
    nonce: Nonce,
    now: Timestamp,
    stamping: &Stamping<'_>,
) -> Result<Stamped, StampError> {
    let request = match stamping.policy {
        Some(policy) => Request::new(digest, nonce).under(policy),
        None => Request::new(digest, nonce),
    };
    let octets = ask(stamping.address, &request.to_der(), stamping.way)?;
    let answer = Answer::parse(&octets)?;
    let checked = check(&request, answer.token, &stamping.trusted);
    let token = answer.token.to_vec();
    match checked {
        Ok(checked) => Ok(Stamped {
            ahead: checked.time().at.seconds_since(now),
            granted: answer.granted,
            texts: answer.texts,
            checked,
            token,
        }),
        Err(fault) => Err(StampError::Token { fault, token }),
    }
}

fn check(
    request: &Request,
    token: &[u8],
    trusted: &Trusted<'_>,
) -> Result<CheckedToken, TokenFault> {
    let octets = SignatureOctets::new(token)?;
    let token = Token::parse(&octets)?;
    let imprint = request.imprint();
    token.check(&request.wanted(&imprint), trusted)
}
