//! What the mailbox holds: octets found, how they were judged, how far each folder was read.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::{Error, MatchRule, MessageRef};
use crate::address::MailAddress;
use crate::pec::wrapped::WrappedMail;
use crate::providers::Trust;
use crate::timestamp::Timestamp;
use crate::verify::{Examination, VerifiedReceipt};

/// How far a folder has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// UIDs mean something only under this value (RFC 3501, 2.3.1.1).
    pub uid_validity: u32,
    /// All up to this one were looked at; 0: none.
    pub last_uid: u32,
}

/// A certified message found in a mailbox, or imported from elsewhere. Its octets are kept already.
#[derive(Debug)]
pub struct Arrival {
    /// The folder; empty, as no folder's name is, where it was found in no mailbox.
    pub folder: String,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// Its UID.
    pub uid: u32,
    /// INTERNALDATE.
    pub internal_date: Option<Timestamp>,
    /// SHA-256 of its octets.
    pub octets: String,
    /// What was found out about it.
    pub finding: Finding,
}

impl Arrival {
    /// One that lay elsewhere than in a mailbox. Octets that were found before stay where they were
    /// found first.
    pub fn imported(octets: String, finding: Finding) -> Self {
        Self {
            folder: String::new(),
            uid_validity: 0,
            uid: 0,
            internal_date: None,
            octets,
            finding,
        }
    }

    /// Whether it lay elsewhere than in a mailbox.
    pub fn is_imported(&self) -> bool {
        self.folder.is_empty()
    }
}

/// The judgement on an arrival, by what may follow from it.
#[derive(Debug)]
pub enum Finding {
    /// Proved genuine. `other_content` when it was compared with the message that we sent
    /// under its Message-ID and carries another.
    Verified {
        /// The proof.
        receipt: Box<VerifiedReceipt>,
        /// Whether it carries another message than ours.
        other_content: bool,
    },
    /// A genuine anomaly envelope around ordinary mail: what that claims is kept and moves
    /// nothing.
    Anomaly(Box<Examination>, WrappedMail),
    /// No receipt or envelope proved genuine: kept and shown, moves nothing.
    Other(Box<Examination>),
}

/// What recording an arrival did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How it was matched; `None` for what is no verified receipt.
    pub rule: Option<MatchRule>,
    /// The message that it is about.
    pub message: Option<MessageRef>,
    /// How many facts were new.
    pub new_facts: usize,
    /// Whether these octets had been examined for this account before.
    pub known: bool,
    /// Whether it was forgotten, or is about a message that was: then nothing of it is recorded, and
    /// its octets go ([`Ledger::sweep_octets`](super::Ledger::sweep_octets)).
    pub forgotten: bool,
}

/// What mailboxes hold, and how far they were read.
pub trait Mailboxes {
    /// How far a folder has been read; `None`: never.
    ///
    /// # Errors
    /// Those of the ledger.
    fn cursor(&self, account: &MailAddress, folder: &str) -> Result<Option<Cursor>, Error>;

    /// Records arrivals and moves the cursor, all or nothing. The same arrivals a second time
    /// change nothing.
    ///
    /// # Errors
    /// Those of the ledger; nothing is recorded then.
    fn record(
        &mut self,
        account: &MailAddress,
        arrivals: &[Arrival],
        cursor: Option<(&str, Cursor)>,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Vec<Recorded>, Error>;

    /// Genuine receipts of an account that belonged to no message when they came, and whose
    /// identifier another receipt has taught us since, or whose message was recorded since:
    /// SHA-256 of their octets. They can be recorded again. Acceptances of which an earlier form
    /// of the ledger did not keep whom they list, too.
    ///
    /// # Errors
    /// Those of the ledger.
    fn orphans_to_adopt(&self, account: &MailAddress) -> Result<Vec<String>, Error>;

    /// What an account's mailbox held that was not proved genuine by other trust data, by
    /// another version of this program, or by a clock that had not come to its certified date
    /// and now has: SHA-256 of their octets. They can be judged again.
    ///
    /// # Errors
    /// Those of the ledger.
    fn to_judge_again(
        &self,
        account: &MailAddress,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Vec<String>, Error>;

    /// The newest genuine receipt known in a folder: its UID there and the Message-ID that it is
    /// about.
    ///
    /// # Errors
    /// Those of the ledger.
    fn receipt_in(
        &self,
        account: &MailAddress,
        folder: &str,
        uid_validity: u32,
    ) -> Result<Option<(u32, String)>, Error>;

    /// Where octets were found first.
    ///
    /// # Errors
    /// Those of the ledger.
    fn found_at(
        &self,
        account: &MailAddress,
        octets: &str,
    ) -> Result<Option<(String, u32, u32)>, Error>;
}
