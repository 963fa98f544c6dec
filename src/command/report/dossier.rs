//! What a report is about: messages with their receipts as they were judged, whether a ledger or files
//! alone told of them.
//!
//! No path, no place in a mailbox and no text of a message is in it.

use crate::address::MailAddress;
use crate::contents::Contents;
use crate::ledger::fact::Fact;
use crate::ledger::state::RecipientState;
use crate::pec::caution::is_signed_document;
use crate::pec::outgoing::{Attachment, RecipientField};
use crate::pec::{CertificationData, Evidence};
use crate::smime::sha256;
use crate::verify::{Examination, Facts, Verdict, Weight};

/// All that is reported.
#[derive(Clone, Debug, Default)]
pub(in crate::command) struct Dossier {
    /// The messages, each with what was certified of it.
    pub matters: Vec<Matter>,
    /// Files that say nothing to the sender of one of them, or are not shown to be genuine.
    pub papers: Vec<Paper>,
    /// Files that hold nothing to rely on.
    pub unread: Vec<Unread>,
    /// What the sender calls the message, where a ledger knows.
    pub reference: Option<String>,
}

/// A file that could not be read, or a container that is not whole.
#[derive(Clone, Debug)]
pub(in crate::command) struct Unread {
    pub name: String,
    pub answer: String,
}

/// A message, and what is known of it.
#[derive(Clone, Debug)]
pub(in crate::command) struct Matter {
    /// Its short id in the ledger; none where files alone tell of it.
    pub short: Option<String>,
    pub sender: String,
    pub subject: String,
    pub message_id: String,
    /// What was sent, where it is at hand.
    pub sent: Option<Original>,
    /// Those who are named, in the order of the envelope.
    pub recipients: Vec<Addressee>,
    /// How many are not named.
    pub others: usize,
    /// Of receipts that are genuine now, and of our own attempts.
    pub facts: Vec<Fact>,
    /// The receipts that are genuine and about it.
    pub papers: Vec<Paper>,
}

/// A recipient.
#[derive(Clone, Debug)]
pub(in crate::command) struct Addressee {
    /// Place in the envelope, from 0, as the facts have it.
    pub place: usize,
    pub address: MailAddress,
    /// Where it stands in the header; none where nothing tells.
    pub field: Option<RecipientField>,
}

/// The message as it was sent, or as a receipt holds it.
#[derive(Clone, Debug)]
pub(in crate::command) struct Original {
    /// Its file, where it is one of its own.
    pub file: Option<String>,
    pub sha256: String,
    pub size: usize,
    pub attachments: Vec<Attached>,
}

/// A file that is attached to it.
#[derive(Clone, Debug)]
pub(in crate::command) struct Attached {
    pub number: usize,
    pub name: String,
    pub size: u64,
    pub sha256: String,
    /// Whether a signature was seen; it was not verified.
    pub looks_signed: bool,
}

/// A file that was judged.
#[derive(Clone, Debug)]
pub(in crate::command) struct Paper {
    /// Its name, without a folder.
    pub name: String,
    pub sha256: String,
    pub examination: Examination,
    /// Whether it is known to be about another message than the one it was found with.
    pub is_astray: bool,
}

impl Paper {
    /// What it is, where it is genuine and about nothing else.
    pub fn evidence(&self) -> Option<Evidence> {
        let is_other = self.is_astray || self.examination.findings().has(Weight::OtherMessage);
        let is_proof = self.examination.verdict() == Verdict::Genuine && !is_other;
        let facts = self.examination.facts().filter(|_| is_proof);
        facts.and_then(Facts::evidence)
    }

    /// The certified data, of a genuine one.
    pub fn data(&self) -> Option<&CertificationData> {
        self.evidence()?;
        self.examination.facts()?.data()
    }

    /// Whether it may concern a recipient: what names another one does not.
    fn may_concern(&self, address: &MailAddress) -> bool {
        let facts = self.examination.facts();
        let to = facts.and_then(|facts| facts.data()?.delivered_to.as_ref());
        to.is_none_or(|to| to == address)
    }
}

impl Original {
    /// Of the octets of a mail.
    pub fn of(file: Option<String>, octets: &[u8]) -> Self {
        let contents = Contents::of(octets);
        let attachments = contents.as_ref().map(|contents| {
            let all = contents.attachments();
            all.map(|one| Attached::of(&one)).collect()
        });
        Self {
            file,
            sha256: sha256(octets),
            size: octets.len(),
            attachments: attachments.unwrap_or_default(),
        }
    }
}

impl Attached {
    fn of(attachment: &crate::contents::Attachment<'_, '_>) -> Self {
        let digest = attachment.digest();
        let document = Attachment {
            name: attachment.file_name(),
            content: attachment.whole().into_owned(),
        };
        Self {
            number: attachment.number,
            looks_signed: attachment.is_signed() || is_signed_document(&document),
            name: document.name,
            size: digest.size,
            sha256: digest.sha256,
        }
    }
}

impl Matter {
    /// Where it stands for a recipient.
    pub fn state(&self, recipient: &Addressee) -> RecipientState {
        RecipientState::of(recipient.place, &self.facts)
    }

    /// Names one recipient alone; false where it is none of them.
    fn narrow(&mut self, address: &MailAddress) -> bool {
        let all = self.recipients.len();
        self.recipients.retain(|one| one.address == *address);
        self.others += all - self.recipients.len();
        self.papers.retain(|one| one.may_concern(address));
        !self.recipients.is_empty()
    }
}

impl Dossier {
    /// The same about one recipient alone, the others counted; `None` where nothing concerns it.
    pub fn only(mut self, address: &MailAddress) -> Option<Self> {
        self.matters.retain_mut(|matter| matter.narrow(address));
        self.papers.retain(|one| one.may_concern(address));
        (!self.matters.is_empty()).then_some(self)
    }

    /// Files that must not be taken for receipts of these messages.
    pub fn alarms(&self) -> impl Iterator<Item = &Paper> {
        self.papers.iter().filter(|one| one.evidence().is_none())
    }
}
