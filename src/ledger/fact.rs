//! What is known of a message, one thing at a time: our own submission, and what receipts certify.
//!
//! A certified fact is made from a [`VerifiedReceipt`], or read back from the row that was written
//! of one; nothing else makes one.
//!
//! ```
//! use postacert::ledger::fact::{AttemptEnd, Fact, Words};
//! # use postacert::timestamp::Timestamp;
//! let words = Words { code: Some(250), text: "2.0.0 Ok".to_owned() };
//! let end = AttemptEnd::Taken(words);
//! let fact = Fact::Ended { attempt: 1, at: Timestamp::from_unix(0), end };
//! assert!(!fact.is_certified());
//! ```
//!
//! That the server took it is ours to say. That it was delivered is not:
//!
//! ```compile_fail,E0451
//! use postacert::ledger::fact::{Certified, Fact, Statement};
//! # use postacert::timestamp::Timestamp;
//! let delivered = Fact::Certified(Certified {
//!     states: Statement::Delivered,
//!     place: Some(0),
//!     at: Timestamp::from_unix(0),
//!     evidence: String::new(),
//!     identifier: None,
//!     error_code: None,
//!     error: None,
//! });
//! ```
//!
//! Nor does an attempt end with it:
//!
//! ```compile_fail,E0599
//! use postacert::ledger::fact::AttemptEnd;
//! let end = AttemptEnd::Delivered;
//! ```

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::borrow::Cow;

use crate::address::MailAddress;
use crate::pec::{MessageId, MessageKind, RecipientKind};
use crate::timestamp::Timestamp;
use crate::verify::VerifiedReceipt;

/// One thing known about a message, or about one of its recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An attempt to submit began; nothing has left yet.
    Begun {
        /// From 1.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// The process that makes it; `None` where only the journal tells of it.
        process: Option<String>,
    },
    /// The server waits for the octets, and they are about to leave.
    Handed {
        /// From 1.
        attempt: u32,
        /// When.
        at: Timestamp,
    },
    /// The server refused one recipient.
    RecipientRefused {
        /// From 1.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// Which, and why.
        answer: RecipientAnswer,
    },
    /// The attempt ended, for all whom the server did not refuse.
    Ended {
        /// From 1.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// How.
        end: AttemptEnd,
    },
    /// We gave it up before it left: another message took its place.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// A verified receipt states it.
    Certified(Certified),
}

/// How an attempt ended: the ends of a dialogue with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The server has the message.
    Taken(Words),
    /// The server refused it.
    Refused(Refusal),
    /// It ended before the message left.
    NotSent {
        /// What broke.
        reason: String,
    },
    /// The line broke where the server may have the message.
    InDoubt(Words),
}

/// What a server said, or what happened where none answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The reply code, if a server answered.
    pub code: Option<u16>,
    /// Its words, or ours.
    pub text: String,
}

/// The answer of a server that does not take a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether it may succeed later.
    pub transient: bool,
    /// The words.
    pub words: Words,
}

/// The answer of a server that does not take a message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientAnswer {
    /// Place in the envelope, from 0.
    pub place: usize,
    /// The answer.
    pub refusal: Refusal,
}

/// What a receipt that verified states about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    states: Statement,
    /// The recipient's place in the envelope, from 0; `None`: the whole message.
    place: Option<usize>,
    at: Timestamp,
    /// SHA-256 of the receipt.
    evidence: String,
    /// The provider's identifier of the transaction.
    identifier: Option<String>,
    /// The enhanced code of the extended error.
    error_code: Option<String>,
    /// The provider's words.
    error: Option<String>,
}

/// What a receipt can state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The acceptance lists the recipient as certified mail.
    Accepted,
    /// The acceptance lists the recipient as ordinary mail.
    AcceptedAsOrdinary,
    /// Notice of non-acceptance.
    NotAccepted,
    /// Timeout notice, the first or the second (RFC 6109, 3.1.6).
    TimeoutNotice,
    /// Delivery receipt.
    Delivered,
    /// Notice of non-delivery, for whatever reason but time.
    NotDelivered,
}

/// The kinds of facts, as the ledger and the JSON have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// An attempt to submit began; nothing has left yet.
    Begun,
    /// The server waits for the octets, and they are about to leave.
    Handed,
    /// The server has the message.
    Taken,
    /// The server refused for good.
    Refused,
    /// The server refused for now.
    RefusedForNow,
    /// The attempt ended before the message left.
    NotSent,
    /// The line broke where the server may have the message.
    InDoubt,
    /// We gave it up before it left: another message took its place.
    Withdrawn,
    /// The acceptance lists the recipient as certified mail.
    Accepted,
    /// The acceptance lists the recipient as ordinary mail.
    AcceptedAsOrdinary,
    /// Notice of non-acceptance.
    NotAccepted,
    /// Timeout notice, the first or the second (RFC 6109, 3.1.6).
    TimeoutNotice,
    /// Delivery receipt.
    Delivered,
    /// Notice of non-delivery, for whatever reason but time.
    NotDelivered,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Begun,
        Self::Handed,
        Self::Taken,
        Self::Refused,
        Self::RefusedForNow,
        Self::NotSent,
        Self::InDoubt,
        Self::Withdrawn,
        Self::Accepted,
        Self::AcceptedAsOrdinary,
        Self::NotAccepted,
        Self::TimeoutNotice,
        Self::Delivered,
        Self::NotDelivered,
    ];

    /// The word in the ledger and in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Handed => "handed",
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::RefusedForNow => "refused-for-now",
            Self::NotSent => "not-sent",
            Self::InDoubt => "in-doubt",
            Self::Withdrawn => "withdrawn",
            Self::Accepted => "accepted",
            Self::AcceptedAsOrdinary => "accepted-as-ordinary",
            Self::NotAccepted => "not-accepted",
            Self::TimeoutNotice => "timeout-notice",
            Self::Delivered => "delivered",
            Self::NotDelivered => "not-delivered",
        }
    }

    /// The fact of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.word() == word)
    }
}

impl Fact {
    /// What a receipt states about the recipients of a message, in the envelope's order.
    /// `evidence` is the SHA-256 of its octets.
    pub fn stated_by(
        receipt: &VerifiedReceipt,
        recipients: &[MailAddress],
        evidence: &str,
    ) -> Vec<Self> {
        let data = receipt.data();
        let stated = |states: Statement, place: Option<usize>| {
            Self::Certified(Certified {
                states,
                place,
                at: data.time,
                evidence: evidence.to_owned(),
                identifier: Some(MessageId::new(&data.identifier).as_str().to_owned())
                    .filter(|id| !id.is_empty()),
                error_code: data.error_code().map(str::to_owned),
                error: data.extended_error.clone(),
            })
        };
        let place_of = |address: &MailAddress| recipients.iter().position(|ours| ours == address);
        let about_one = |states: Statement| {
            let place = data.delivered_to.as_ref().and_then(place_of);
            let fact = place.map(|place| stated(states, Some(place)));
            fact.into_iter().collect()
        };
        match receipt.kind() {
            MessageKind::Acceptance => data
                .recipients
                .iter()
                .filter_map(|listed| {
                    let states = match listed.kind {
                        RecipientKind::Certified => Statement::Accepted,
                        RecipientKind::External => Statement::AcceptedAsOrdinary,
                    };
                    Some(stated(states, Some(place_of(&listed.address)?)))
                })
                .collect(),
            MessageKind::NonAcceptance => vec![stated(Statement::NotAccepted, None)],
            MessageKind::Delivery => about_one(Statement::Delivered),
            MessageKind::NonDelivery => about_one(Statement::NotDelivered),
            MessageKind::TimeoutNotice => about_one(Statement::TimeoutNotice),
            // These certify nothing to a sender.
            MessageKind::TakingCharge
            | MessageKind::TransportEnvelope
            | MessageKind::VirusDetection
            | MessageKind::AnomalyEnvelope => Vec::new(),
        }
    }

    /// What.
    pub const fn what(&self) -> What {
        match self {
            Self::Begun { .. } => What::Begun,
            Self::Handed { .. } => What::Handed,
            Self::RecipientRefused { answer, .. } => answer.refusal.what(),
            Self::Ended { end, .. } => match end {
                AttemptEnd::Taken(_) => What::Taken,
                AttemptEnd::Refused(refusal) => refusal.what(),
                AttemptEnd::NotSent { .. } => What::NotSent,
                AttemptEnd::InDoubt(_) => What::InDoubt,
            },
            Self::Withdrawn { .. } => What::Withdrawn,
            Self::Certified(certified) => match certified.states {
                Statement::Accepted => What::Accepted,
                Statement::AcceptedAsOrdinary => What::AcceptedAsOrdinary,
                Statement::NotAccepted => What::NotAccepted,
                Statement::TimeoutNotice => What::TimeoutNotice,
                Statement::Delivered => What::Delivered,
                Statement::NotDelivered => What::NotDelivered,
            },
        }
    }

    /// When: the provider's certified time, or ours for our own submission.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Begun { at, .. }
            | Self::Handed { at, .. }
            | Self::RecipientRefused { at, .. }
            | Self::Ended { at, .. }
            | Self::Withdrawn { at }
            | Self::Certified(Certified { at, .. }) => *at,
        }
    }

    /// The recipient's place in the envelope, from 0; `None`: the whole message.
    pub const fn place(&self) -> Option<usize> {
        match self {
            Self::RecipientRefused { answer, .. } => Some(answer.place),
            Self::Certified(certified) => certified.place,
            Self::Begun { .. }
            | Self::Handed { .. }
            | Self::Ended { .. }
            | Self::Withdrawn { .. } => None,
        }
    }

    /// Whether it is about the recipient at a place.
    pub fn concerns(&self, place: usize) -> bool {
        self.place().is_none_or(|other| other == place)
    }

    /// The attempt, from 1; `None` where it is about none.
    pub const fn attempt(&self) -> Option<u32> {
        match self {
            Self::Begun { attempt, .. }
            | Self::Handed { attempt, .. }
            | Self::RecipientRefused { attempt, .. }
            | Self::Ended { attempt, .. } => Some(*attempt),
            Self::Withdrawn { .. } | Self::Certified(_) => None,
        }
    }

    /// Whether a verified receipt states it.
    pub const fn is_certified(&self) -> bool {
        matches!(self, Self::Certified(_))
    }

    /// SHA-256 of the receipt that states it.
    pub fn evidence(&self) -> Option<&str> {
        self.certified().map(|certified| &*certified.evidence)
    }

    /// The provider's identifier of the transaction.
    pub fn identifier(&self) -> Option<&str> {
        self.certified()?.identifier.as_deref()
    }

    /// Reply code of the server, or enhanced code of the extended error.
    pub fn code(&self) -> Option<Cow<'_, str>> {
        let code = match self {
            Self::RecipientRefused { answer, .. } => answer.refusal.words.code,
            Self::Ended { end, .. } => match end {
                AttemptEnd::Taken(words) | AttemptEnd::InDoubt(words) => words.code,
                AttemptEnd::Refused(refusal) => refusal.words.code,
                AttemptEnd::NotSent { .. } => None,
            },
            Self::Begun { .. } | Self::Handed { .. } | Self::Withdrawn { .. } => None,
            Self::Certified(certified) => {
                return certified.error_code.as_deref().map(Cow::Borrowed);
            }
        };
        code.map(|code| Cow::Owned(code.to_string()))
    }

    /// The server's or provider's words.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::RecipientRefused { answer, .. } => Some(&answer.refusal.words.text),
            Self::Ended { end, .. } => match end {
                AttemptEnd::Taken(words) | AttemptEnd::InDoubt(words) => Some(&words.text),
                AttemptEnd::Refused(refusal) => Some(&refusal.words.text),
                AttemptEnd::NotSent { reason } => Some(reason),
            },
            Self::Certified(certified) => certified.error.as_deref(),
            Self::Begun { .. } | Self::Handed { .. } | Self::Withdrawn { .. } => None,
        }
    }

    const fn certified(&self) -> Option<&Certified> {
        match self {
            Self::Certified(certified) => Some(certified),
            Self::Begun { .. }
            | Self::Handed { .. }
            | Self::RecipientRefused { .. }
            | Self::Ended { .. }
            | Self::Withdrawn { .. } => None,
        }
    }
}

impl Refusal {
    const fn what(&self) -> What {
        if self.transient {
            What::RefusedForNow
        } else {
            What::Refused
        }
    }
}

/// A fact as its table has it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub what: What,
    pub place: Option<usize>,
    pub attempt: Option<u32>,
    pub at: Timestamp,
    pub evidence: Option<String>,
    pub identifier: Option<String>,
    pub code: Option<String>,
    /// Of an attempt that began: the process.
    pub text: Option<String>,
}

impl Row {
    /// What is written of a fact.
    pub fn of(fact: &Fact) -> Self {
        let text = match fact {
            Fact::Begun { process, .. } => process.as_deref(),
            Fact::Handed { .. }
            | Fact::RecipientRefused { .. }
            | Fact::Ended { .. }
            | Fact::Withdrawn { .. }
            | Fact::Certified(_) => fact.text(),
        };
        Self {
            what: fact.what(),
            place: fact.place(),
            attempt: fact.attempt(),
            at: fact.at(),
            evidence: fact.evidence().map(str::to_owned),
            identifier: fact.identifier().map(str::to_owned),
            code: fact.code().map(Cow::into_owned),
            text: text.map(str::to_owned),
        }
    }

    /// The fact of which it was written; `None` where none would be written so.
    pub fn read(self) -> Option<Fact> {
        let at = self.at;
        let ended = |row: &Self, end: AttemptEnd| {
            let attempt = row.attempt.filter(|_| row.place.is_none())?;
            Some(Fact::Ended { attempt, at, end })
        };
        match self.what {
            What::Begun => Some(Fact::Begun {
                attempt: self.attempt?,
                at,
                process: self.text,
            }),
            What::Handed => Some(Fact::Handed {
                attempt: self.attempt?,
                at,
            }),
            What::Taken => ended(&self, AttemptEnd::Taken(self.words()?)),
            What::InDoubt => ended(&self, AttemptEnd::InDoubt(self.words()?)),
            What::NotSent => {
                let reason = self.words()?.text;
                ended(&self, AttemptEnd::NotSent { reason })
            }
            What::Refused | What::RefusedForNow => {
                let refusal = Refusal {
                    transient: self.what == What::RefusedForNow,
                    words: self.words()?,
                };
                let Some(place) = self.place else {
                    return ended(&self, AttemptEnd::Refused(refusal));
                };
                Some(Fact::RecipientRefused {
                    attempt: self.attempt?,
                    at,
                    answer: RecipientAnswer { place, refusal },
                })
            }
            What::Withdrawn => Some(Fact::Withdrawn { at }),
            What::Accepted => self.certified(Statement::Accepted),
            What::AcceptedAsOrdinary => self.certified(Statement::AcceptedAsOrdinary),
            What::NotAccepted => self.certified(Statement::NotAccepted),
            What::TimeoutNotice => self.certified(Statement::TimeoutNotice),
            What::Delivered => self.certified(Statement::Delivered),
            What::NotDelivered => self.certified(Statement::NotDelivered),
        }
    }

    fn words(&self) -> Option<Words> {
        let code = match &self.code {
            Some(code) => Some(code.parse().ok()?),
            None => None,
        };
        let text = self.text.clone().unwrap_or_default();
        Some(Words { code, text })
    }

    fn certified(self, states: Statement) -> Option<Fact> {
        Some(Fact::Certified(Certified {
            states,
            place: self.place,
            at: self.at,
            evidence: self.evidence?,
            identifier: self.identifier,
            error_code: self.code,
            error: self.text,
        }))
    }
}
