//! How receipts are led to messages.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

/// How a receipt was led to a message, or why to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchRule {
    /// The signed `msgid` is our Message-ID.
    MessageId,
    /// The signed `identificativo` is that of a receipt which was matched by `msgid`.
    Identifier,
    /// No message of ours has either: an orphan.
    Orphan,
    /// Message-ID or identifier are ours, but the signed sender is not.
    OtherSender,
    /// The receipt carries another message than the one we sent under this Message-ID.
    OtherContent,
    /// It is no receipt for a sender: an envelope, or a notice between providers.
    NotForSender,
}

impl MatchRule {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::MessageId,
        Self::Identifier,
        Self::Orphan,
        Self::OtherSender,
        Self::OtherContent,
        Self::NotForSender,
    ];

    /// The word in the ledger and in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::MessageId => "msgid",
            Self::Identifier => "identificativo",
            Self::Orphan => "orphan",
            Self::OtherSender => "other-sender",
            Self::OtherContent => "other-content",
            Self::NotForSender => "not-for-sender",
        }
    }

    /// The rule of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }

    /// Whether the receipt states facts about a message of ours.
    pub const fn is_match(self) -> bool {
        matches!(self, Self::MessageId | Self::Identifier)
    }
}
