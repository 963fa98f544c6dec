//! What is read: received mail and messages of ours, by what they say, and found by their words.
//!
//! All of it is derived from octets that are kept and from how they were judged, and can be made
//! again of these ([`Letters::unindexed`], [`Letters::index`]); only that somebody read a letter here
//! is a fact of its own, and never the server's business. Where a letter stands follows from its
//! examination alone ([`LetterStanding::of`]): nothing that mail says of itself makes it certified.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::{Error, MessageRef};
use crate::address::MailAddress;
use crate::pec::MessageKind;
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// Words looked for at once, at most: nobody types more, and each is a search of its own.
pub const MOST_WORDS: usize = 100;

/// What a letter is to whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LetterStanding {
    /// Genuine certified mail: a transport envelope.
    Certified,
    /// Ordinary mail in a genuine anomaly envelope: nobody vouches for its sender.
    Anomaly,
    /// It claims to be certified mail, and whether it is could not be decided.
    CannotTell,
    /// It claims to be certified mail, and is none, or was changed.
    NotGenuine,
    /// It only looked like certified mail from afar.
    Ordinary,
    /// A message of ours.
    Sent,
}

impl LetterStanding {
    /// All of them; what was received first, in the order in which an inbox has them.
    pub const ALL: [Self; 6] = [
        Self::Certified,
        Self::Anomaly,
        Self::CannotTell,
        Self::NotGenuine,
        Self::Ordinary,
        Self::Sent,
    ];

    /// That of what a mailbox held; `None`: a receipt, or a notice between providers, which is no
    /// letter. `kind`: of a genuine one.
    pub const fn of(verdict: Verdict, kind: Option<MessageKind>) -> Option<Self> {
        use MessageKind as K;
        match verdict {
            Verdict::NotGenuine => Some(Self::NotGenuine),
            Verdict::CannotTell => Some(Self::CannotTell),
            Verdict::NotCertifiedMail => Some(Self::Ordinary),
            Verdict::Genuine => match kind {
                Some(K::TransportEnvelope) => Some(Self::Certified),
                Some(K::AnomalyEnvelope) => Some(Self::Anomaly),
                Some(
                    K::Acceptance
                    | K::NonAcceptance
                    | K::TakingCharge
                    | K::Delivery
                    | K::NonDelivery
                    | K::TimeoutNotice
                    | K::VirusDetection,
                )
                | None => None,
            },
        }
    }

    /// The word in the ledger and in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::Anomaly => "anomaly",
            Self::CannotTell => "cannot-tell",
            Self::NotGenuine => "not-genuine",
            Self::Ordinary => "ordinary",
            Self::Sent => "sent",
        }
    }

    /// The standing of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A letter in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterRef {
    /// The row.
    pub(super) id: i64,
    /// What people call it: of a message of ours its own short id; else the first digits of a
    /// SHA-256 of account and octets. No two letters, and no message, have the same.
    pub short: String,
}

/// A letter in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterRow {
    /// The letter.
    pub letter: LetterRef,
    /// The account, by the name under which it was used last, if one is known.
    pub account: String,
    /// Its address.
    pub address: MailAddress,
    /// SHA-256 of its octets: as received, or as sent.
    pub octets: String,
    /// The message of ours that it is; `None`: received.
    pub message: Option<MessageRef>,
    /// What it is.
    pub standing: LetterStanding,
    /// The certified time; of others when the server had it, or when it was recorded.
    pub at: Timestamp,
    /// The sender as certified; of others as it claims.
    pub sender: String,
    /// The subject of the original; may be empty.
    pub subject: String,
    /// The Message-ID that its writer gave it, without brackets; of certified mail the signed one.
    pub message_id: Option<String>,
    /// The identifier of its transmission, which the envelope has as Message-ID.
    pub identifier: Option<String>,
    /// The Message-ID that it answers, as it says, without brackets.
    pub answers: Option<String>,
    /// Octets; 0 where they could not be read.
    pub size: u64,
    /// How many files are attached to the original.
    pub attachments: usize,
    /// When it was first read here; `None`: not yet.
    pub opened_at: Option<Timestamp>,
    /// Of certified mail about which there are doubts: the id of the check that found the first.
    pub doubt: Option<String>,
    /// Of what is not genuine: the id of the check that decided.
    pub headline: Option<String>,
}

/// What is not indexed yet, with all that is known of it without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unindexed {
    /// The account.
    pub account: MailAddress,
    /// SHA-256 of its octets.
    pub octets: String,
    /// What is known of a letter; `None`: a receipt, or a notice between providers.
    pub known: Option<Known>,
    /// Which row it is, and how that was.
    pub(super) state: State,
}

/// Which row an [`Unindexed`] is, and how it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A message of ours.
    Message(MessageRef),
    /// An examination: one that was replaced since is another one.
    Examination {
        verdict: String,
        kind: Option<String>,
        examined_at: i64,
    },
}

/// What examination or sending say of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it is.
    pub standing: LetterStanding,
    /// See [`LetterRow::at`].
    pub at: Timestamp,
    /// The certified sender, or ours.
    pub sender: Option<String>,
    /// The signed subject, or ours.
    pub subject: Option<String>,
    /// The signed Message-ID, or ours, without brackets.
    pub message_id: Option<String>,
    /// The signed identifier.
    pub identifier: Option<String>,
}

/// What was read of a letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLetter {
    /// See [`LetterRow::sender`].
    pub sender: String,
    /// The subject of the original.
    pub subject: String,
    /// See [`LetterRow::message_id`].
    pub message_id: Option<String>,
    /// See [`LetterRow::answers`].
    pub answers: Option<String>,
    /// Octets.
    pub size: u64,
    /// How many files are attached.
    pub attachments: usize,
    /// Whom it names, by name and address.
    pub people: String,
    /// Its text.
    pub body: String,
    /// The names of what is attached.
    pub files: String,
}

/// Which letters to list. All that are set must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// Of this account.
    pub account: Option<MailAddress>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// That nobody has read here.
    pub unopened: bool,
    /// With files attached.
    pub with_attachments: bool,
    /// Of whose sender words begin so.
    pub sender: Vec<String>,
    /// Of whose subject words begin so.
    pub subject: Vec<String>,
    /// With words that begin so, in subject, text, names of people and of files.
    pub words: Vec<String>,
}

/// Which of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterList {
    /// Certified mail.
    Certified,
    /// What else was received, which stands apart from it.
    Apart,
    /// Messages of ours.
    Sent,
    /// All that was received.
    Received,
    /// All there is.
    All,
}

/// What is read.
pub trait Letters {
    /// What is not indexed yet, of whatever account: so much at most.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn unindexed(&self, most: usize) -> Result<Vec<Unindexed>, Error>;

    /// How many letters are not indexed yet, receipts left out.
    fn count_unindexed(&self) -> Result<usize, Error>;

    /// Indexes what was read, all or nothing. `None`: no letter, there is nothing to list. What was
    /// judged again since it was asked for is passed over: it is unindexed still.
    fn index(&mut self, read: &[(Unindexed, Option<NewLetter>)]) -> Result<(), Error>;

    /// Letters, newest first. Words are found by their beginnings, without accents and in any case.
    fn letters(
        &self,
        list: LetterList,
        filter: &LetterFilter,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<LetterRow>, Error>;

    /// The letters that a word may mean: digits of a short id (four at least), or a Message-ID with
    /// or without brackets, whichever of both that a letter has. Ten at most; an exact short id is
    /// the only one.
    fn find_letter(&self, word: &str) -> Result<Vec<LetterRow>, Error>;

    /// What was received in these octets.
    fn letter_in(&self, account: &MailAddress, octets: &str) -> Result<Option<LetterRow>, Error>;

    /// A message of ours as a letter; `None`: not indexed yet.
    fn letter_of(&self, message: &MessageRef) -> Result<Option<LetterRow>, Error>;

    /// What a letter answers, as it says, its own account's first: several where mail claims the
    /// same Message-ID. Twenty at most.
    fn answered_by(&self, letter: &LetterRow) -> Result<Vec<LetterRow>, Error>;

    /// The letters that say they answer this one, oldest first; twenty at most.
    fn answers_to(&self, letter: &LetterRow) -> Result<Vec<LetterRow>, Error>;

    /// Marks a letter as read here; when it was first read stays.
    fn open_letter(&mut self, letter: &LetterRef, now: Timestamp) -> Result<(), Error>;

    /// Takes that mark away.
    fn close_letter(&mut self, letter: &LetterRef) -> Result<(), Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_genuine_envelopes_are_certified_and_receipts_are_no_letters() {
        use LetterStanding as S;
        let of = |verdict, kind| LetterStanding::of(verdict, kind);
        for kind in MessageKind::STATED {
            let expected = (kind == MessageKind::TransportEnvelope).then_some(S::Certified);
            assert_eq!(of(Verdict::Genuine, Some(kind)), expected, "{kind:?}");
            assert_eq!(of(Verdict::NotGenuine, Some(kind)), Some(S::NotGenuine));
            assert_eq!(of(Verdict::CannotTell, Some(kind)), Some(S::CannotTell));
        }
        let anomaly = Some(MessageKind::AnomalyEnvelope);
        assert_eq!(of(Verdict::Genuine, anomaly), Some(S::Anomaly));
        assert_eq!(of(Verdict::NotCertifiedMail, None), Some(S::Ordinary));
        assert_eq!(of(Verdict::Genuine, None), None);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for standing in LetterStanding::ALL {
            assert_eq!(LetterStanding::from_word(standing.word()), Some(standing));
        }
    }
}
