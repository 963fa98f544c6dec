//! Reading the ledger: lists, one message whole, what needs a person.

use super::fact::Fact;
use super::judged::{Authorities, JudgedBy};
use super::state::{RecipientState, Standing};
use super::{Error, MatchRule, MessageRef};
use crate::address::MailAddress;
use crate::pec::RecipientKind;
use crate::pec::outgoing::{OutgoingMessage, RecipientField};
use crate::timestamp::Timestamp;

/// Which messages to list. All that are set must fit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this account.
    pub account: Option<MailAddress>,
    /// Frozen at or after.
    pub since: Option<Timestamp>,
    /// With a recipient for whom something is still awaited.
    pub pending: bool,
    /// With a recipient whom the message did not reach.
    pub failed: bool,
    /// With a recipient whose address contains this text.
    pub to: Option<String>,
    /// That the sender calls so.
    pub reference: Option<String>,
}

/// A message in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The message.
    pub message: MessageRef,
    /// The account that sent it, by the name under which it was used last, if one is known.
    pub account: String,
    /// Its Message-ID.
    pub message_id: String,
    /// From.
    pub sender: String,
    /// Subject.
    pub subject: String,
    /// Form of receipt asked for: the Italian word.
    pub receipt_form: String,
    /// SHA-256 of the octets sent.
    pub octets: String,
    /// Their number.
    pub size: u64,
    /// When it was frozen, by our clock.
    pub frozen_at: Timestamp,
    /// When it was forgotten, if it was: then subject and addresses are empty, and no octets are here.
    pub forgotten_at: Option<Timestamp>,
    /// What the sender calls it.
    pub reference: Option<String>,
    /// Address and standing of each recipient, in the envelope's order.
    pub recipients: Vec<(MailAddress, Standing)>,
}

/// One message with all that is known.
#[derive(Clone, Debug)]
pub struct MessageView {
    /// The row.
    pub row: MessageRow,
    /// Its recipients.
    pub recipients: Vec<RecipientView>,
    /// The facts, in the order in which they were recorded.
    pub facts: Vec<Fact>,
    /// Receipts that were led to it, whether they state facts or not.
    pub receipts: Vec<ReceivedRow>,
    /// Anomaly envelopes of the account around ordinary mail that claims to be about it. They
    /// prove nothing and move nothing.
    pub remarks: Vec<ReceivedRow>,
}

/// One recipient with its state.
#[derive(Clone, Debug)]
pub struct RecipientView {
    /// The address.
    pub address: MailAddress,
    /// Where it stands in the header.
    pub field: RecipientField,
    /// What the facts say.
    pub state: RecipientState,
}

/// A message from the mailbox, as it was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRow {
    /// The account, by the name under which it was used last, if one is known.
    pub account: String,
    /// SHA-256 of the octets.
    pub octets: String,
    /// The verdict's word.
    pub verdict: String,
    /// The kind's Italian word, of a genuine one.
    pub kind: Option<String>,
    /// The id of the finding of highest rank.
    pub headline: Option<String>,
    /// Of a genuine one about which there are doubts: the id of the check that found the first. What
    /// earlier forms of the ledger judged has none.
    pub doubt: Option<String>,
    /// The certified time.
    pub certified_at: Option<Timestamp>,
    /// The signed subject.
    pub subject: Option<String>,
    /// The signed Message-ID of the message it is about.
    pub message_id: Option<String>,
    /// The signed identifier.
    pub identifier: Option<String>,
    /// The signed recipient.
    pub delivered_to: Option<String>,
    /// The signed sender; of an anomaly envelope, which signs nothing about the mail inside,
    /// this, the subject and the Message-ID are that mail's own words.
    pub sender: Option<String>,
    /// How it was led to a message, or why to none.
    pub rule: Option<MatchRule>,
    /// By which trust data and program it was judged.
    pub judged_by: Option<JudgedBy>,
    /// When it was forgotten, if it was: then there are no octets.
    pub forgotten_at: Option<Timestamp>,
    /// Where it was found first: folder and UID.
    pub place: Option<(String, u32)>,
}

impl ReceivedRow {
    /// Whether it was judged by authorities that the account names, not by those compiled in.
    pub fn is_by_other_trust(&self) -> bool {
        let by = self.judged_by.as_ref();
        by.is_some_and(|by| by.authorities == Authorities::OfTheAccount)
    }
}

/// How much there is that belongs to no message, or only seems to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsettling {
    /// See [`Queries::unproven`].
    pub unproven: usize,
    /// See [`Queries::orphans`].
    pub orphans: usize,
    /// See [`Ledger::unread`](super::Ledger::unread).
    pub unread: usize,
}

/// What is asked of messages and receipts.
pub trait Queries {
    /// Messages, newest first.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn list(&self, filter: &Filter, limit: usize, offset: usize) -> Result<Vec<MessageRow>, Error>;

    /// The messages that a person's word may mean: digits of a short id (four at least), a
    /// Message-ID with or without brackets, or words of the subject. Newest first, ten at
    /// most; an exact hit is the only one.
    fn find(&self, word: &str) -> Result<Vec<MessageRef>, Error>;

    /// The message of a Message-ID, with or without its brackets.
    fn by_message_id(&self, message_id: &str) -> Result<Option<MessageRef>, Error>;

    /// One message as a list shows it.
    fn row(&self, message: &MessageRef) -> Result<MessageRow, Error>;

    /// The same messages whole, all as of one moment.
    fn views(
        &self,
        filter: &Filter,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<MessageView>, Error>;

    /// One message whole.
    fn view(&self, message: &MessageRef) -> Result<MessageView, Error>;

    /// Genuine receipts for a sender that belong to no message of ours, newest first; of one
    /// account, or of all.
    fn orphans(
        &self,
        account: Option<&MailAddress>,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<ReceivedRow>, Error>;

    /// What passes itself off as certified mail and was not proved genuine, newest first; of
    /// one account, or of all.
    fn unproven(
        &self,
        account: Option<&MailAddress>,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<ReceivedRow>, Error>;

    /// SHA-256 of the octets of all messages that were found genuine, in no order.
    fn genuine_octets(&self) -> Result<Vec<String>, Error>;

    /// How many there are of both; of one account, or of all.
    fn unsettling(&self, account: Option<&MailAddress>) -> Result<Unsettling, Error>;

    /// Whether a message was recorded, or tried, within the last ten minutes by our clock. What the
    /// ledger knows of an older one may be what it knew before it was set back, with all by which
    /// that could be noticed: the mailbox is asked for it before it goes.
    fn is_of_now(&self, message: &MessageRef, now: Timestamp) -> Result<bool, Error>;

    /// Whether a message left this computer, or may have. If a receipt speaks of one that did not,
    /// another machine sent it under its Message-ID.
    fn has_left_here(&self, message: &MessageRef) -> Result<bool, Error>;

    /// Messages that may need another attempt or a decision, oldest first: never left, refused
    /// for now, or in doubt.
    fn unsettled(&self, account: &MailAddress) -> Result<Vec<MessageRef>, Error>;

    /// As what the newest acceptance that lists an address lists it, and its certified time.
    fn newest_acceptance(
        &self,
        address: &MailAddress,
    ) -> Result<Option<(RecipientKind, Timestamp)>, Error>;

    /// The messages recorded, or handed over, since a time with the subject and exactly the
    /// recipients of another, newest first; at most 100 of that subject are looked at.
    fn twins(&self, message: &OutgoingMessage, since: Timestamp) -> Result<Vec<MessageRow>, Error>;

    /// The same from other accounts than that of the message.
    fn twins_of_others(
        &self,
        message: &OutgoingMessage,
        since: Timestamp,
    ) -> Result<Vec<MessageRow>, Error>;

    /// The newest message recorded after this one with its sender, its subject and exactly its
    /// recipients: what somebody wrote again instead of resuming.
    fn written_again(&self, message: &MessageRef) -> Result<Option<MessageRef>, Error>;

    /// The latest time at which a message or a fact was recorded, by our clock. Looks at all.
    fn newest_entry(&self) -> Result<Option<Timestamp>, Error>;
}
