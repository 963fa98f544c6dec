//! What does not fit, and how much that weighs.

use super::ground::{Ground, Sureness};
use crate::exit::ExitStatus;

/// What an objection comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It may not fit: a rule of which nobody is sure, or something that was not seen.
    Doubt,
    /// It does not fit.
    Failure,
}

impl Weight {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Doubt, Self::Failure];

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Doubt => "doubt",
            Self::Failure => "failure",
        }
    }

    /// The answer as an exit status.
    pub const fn exit(self) -> ExitStatus {
        match self {
            Self::Doubt => ExitStatus::Undecided,
            Self::Failure => ExitStatus::No,
        }
    }
}

impl From<Sureness> for Weight {
    fn from(sure: Sureness) -> Self {
        match sure {
            Sureness::Read => Self::Failure,
            Sureness::Soft => Self::Doubt,
        }
    }
}

/// What is objected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A file has more octets than are taken.
    FileSize {
        /// Its octets.
        found: u64,
        /// The most.
        most: u64,
    },
    /// The complete receipt of a message that is not sent yet will have more.
    ReceiptSize {
        /// Its octets, about.
        found: u64,
        /// The most.
        most: u64,
    },
    /// All files together have.
    Sum {
        /// Their octets.
        found: u64,
        /// The most.
        most: u64,
    },
    /// There are more files than are taken.
    Count {
        /// How many.
        found: u64,
        /// The most.
        most: u64,
    },
    /// A name has more characters.
    NameLength {
        /// Its characters.
        found: u64,
        /// The most.
        most: u64,
    },
    /// A name has signs that a portal may refuse.
    NameSigns,
    /// A signed file has lost the ending of what it holds: `atto.p7m`.
    LostEnding,
    /// Two endings, one after the other: `ricorso.doc.pdf`.
    DoubleEnding,
    /// Its ending is not among those that are taken.
    Form {
        /// The ending, in small letters; empty where there is none.
        ending: String,
    },
    /// It is signed around its content, and such files are not in the list.
    SignedForm,
    /// Its first octets are not those of its ending.
    Content {
        /// The ending.
        ending: String,
        /// What they are; `None` where they tell nothing.
        found: Option<&'static str>,
    },
    /// An archive, whose files are not seen.
    Archive,
    /// Not all files inside could be seen.
    NotAllSeen,
    /// No acceptance receipt names the recipient.
    NoAcceptance,
    /// There is neither delivery nor notice for the recipient.
    NoOutcome,
    /// The message left for nobody.
    NotAccepted,
    /// It was not delivered to the recipient.
    NotDelivered,
    /// The recipient has ordinary mail: nothing will certify the delivery.
    Ordinary,
    /// Genuine receipts about the recipient contradict each other.
    Contradictory,
    /// The delivery receipt has hashes in place of the attachments.
    Brief,
    /// The delivery receipt does not contain the message.
    Concise,
    /// A receipt that is genuine with a doubt.
    Doubted,
    /// The message asks for receipts that are not complete.
    AsksLess,
    /// A recipient in Cc, whose receipt will be concise (RFC 6109, 3.3.2.1).
    Copy,
    /// The rules were read more than twelve months ago.
    OldRules,
}

impl Matter {
    /// The words of all, in the order of the variants.
    pub const WORDS: [&str; 25] = [
        "file-size",
        "receipt-size",
        "sum",
        "count",
        "name-length",
        "name-signs",
        "lost-ending",
        "double-ending",
        "form",
        "signed-form",
        "content",
        "archive",
        "not-all-seen",
        "no-acceptance",
        "no-outcome",
        "not-accepted",
        "not-delivered",
        "ordinary",
        "contradictory",
        "brief",
        "concise",
        "doubted",
        "asks-less",
        "copy",
        "old-rules",
    ];

    /// The word in the JSON, by which its sentence is found.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::FileSize { .. } => "file-size",
            Self::ReceiptSize { .. } => "receipt-size",
            Self::Sum { .. } => "sum",
            Self::Count { .. } => "count",
            Self::NameLength { .. } => "name-length",
            Self::NameSigns => "name-signs",
            Self::LostEnding => "lost-ending",
            Self::DoubleEnding => "double-ending",
            Self::Form { .. } => "form",
            Self::SignedForm => "signed-form",
            Self::Content { .. } => "content",
            Self::Archive => "archive",
            Self::NotAllSeen => "not-all-seen",
            Self::NoAcceptance => "no-acceptance",
            Self::NoOutcome => "no-outcome",
            Self::NotAccepted => "not-accepted",
            Self::NotDelivered => "not-delivered",
            Self::Ordinary => "ordinary",
            Self::Contradictory => "contradictory",
            Self::Brief => "brief",
            Self::Concise => "concise",
            Self::Doubted => "doubted",
            Self::AsksLess => "asks-less",
            Self::Copy => "copy",
            Self::OldRules => "old-rules",
        }
    }

    /// Whether it is about the form of the receipts, and not about files.
    pub const fn is_of_receipt(&self) -> bool {
        match self {
            Self::NoAcceptance
            | Self::NoOutcome
            | Self::NotAccepted
            | Self::NotDelivered
            | Self::Ordinary
            | Self::Contradictory
            | Self::Brief
            | Self::Concise
            | Self::Doubted
            | Self::AsksLess
            | Self::Copy => true,
            Self::FileSize { .. }
            | Self::ReceiptSize { .. }
            | Self::Sum { .. }
            | Self::Count { .. }
            | Self::NameLength { .. }
            | Self::NameSigns
            | Self::LostEnding
            | Self::DoubleEnding
            | Self::Form { .. }
            | Self::SignedForm
            | Self::Content { .. }
            | Self::Archive
            | Self::NotAllSeen
            | Self::OldRules => false,
        }
    }

    /// What was found and the most that is taken, of what is counted.
    pub const fn numbers(&self) -> Option<(u64, u64)> {
        match self {
            Self::FileSize { found, most }
            | Self::ReceiptSize { found, most }
            | Self::Sum { found, most }
            | Self::Count { found, most }
            | Self::NameLength { found, most } => Some((*found, *most)),
            Self::NameSigns
            | Self::LostEnding
            | Self::DoubleEnding
            | Self::Form { .. }
            | Self::SignedForm
            | Self::Content { .. }
            | Self::Archive
            | Self::NotAllSeen
            | Self::NoAcceptance
            | Self::NoOutcome
            | Self::NotAccepted
            | Self::NotDelivered
            | Self::Ordinary
            | Self::Contradictory
            | Self::Brief
            | Self::Concise
            | Self::Doubted
            | Self::AsksLess
            | Self::Copy
            | Self::OldRules => None,
        }
    }
}

/// Something that does not fit, or may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// What.
    pub matter: Matter,
    /// How much that weighs.
    pub weight: Weight,
    /// The file or the recipient that it is about; empty where it is about all.
    pub about: String,
    /// What it rests on, where that is a rule of a court.
    pub ground: Option<&'static Ground>,
}

impl Objection {
    /// One that rests on no rule of a court.
    pub fn new(matter: Matter, weight: Weight, about: impl Into<String>) -> Self {
        Self {
            matter,
            weight,
            about: about.into(),
            ground: None,
        }
    }

    /// One that rests on a rule, and weighs as much as that is sure.
    pub(super) fn of(matter: Matter, ground: &'static Ground, about: impl Into<String>) -> Self {
        Self {
            matter,
            weight: ground.sure.into(),
            about: about.into(),
            ground: Some(ground),
        }
    }
}
