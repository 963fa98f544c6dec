//! What a container holds beside the message: its documents by name, and its receipts.

use crate::asic::Name;
use crate::command::verify::Examined;
use crate::timestamp::Timestamp;

/// The certificates of the authorities.
pub(super) const AUTHORITIES: &str = "certificati/autorita.pem";
/// What `pec verify --json` said of the receipts.
pub(super) const VERDICTS: &str = "verdetti.json";
/// What `pec status --json` said of the message.
pub(super) const STATE: &str = "stato.json";
/// What `pec report` said of it, for people.
pub(super) const PAGE: &str = "rapporto.html";
/// Who wrote what to whom, a line for each message, for the system that preserves it.
pub(super) const METADATA: &str = "metadati.csv";
/// SHA-256 of all files, as `sha256sum` reads them.
pub(super) const DIGESTS: &str = "impronte.txt";

/// A receipt as it was judged.
pub(in crate::command) struct Receipt {
    /// Where it stands in the container.
    pub name: Name,
    /// What there is to say of it.
    pub examined: Examined,
    /// Where it belongs.
    pub shelf: Shelf,
    /// The certified time.
    pub time: Option<Timestamp>,
}

/// Where a receipt belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Shelf {
    /// Genuine, and about the message.
    Proof,
    /// Ordinary mail that a provider wrapped, and that says that it is about the message.
    Uncertified,
    /// Genuine, and about another message.
    OtherMessage,
    /// Not shown to be genuine.
    NotGenuine,
}

impl Shelf {
    /// Whether it proves nothing about the message, though it should.
    pub const fn is_apart(self) -> bool {
        match self {
            Self::OtherMessage | Self::NotGenuine => true,
            Self::Proof | Self::Uncertified => false,
        }
    }
}

/// Characters of a recipient in a name.
pub(super) const MOST_CHARACTERS: usize = 30;

/// A word of somebody as a part of a name.
pub(super) fn part_of(text: &str, otherwise: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '-' | '.' => c,
            _ => '_',
        })
        .take(MOST_CHARACTERS)
        .collect();
    let kept = kept.trim_matches(['.', '_']);
    match kept.is_empty() {
        true => otherwise.to_owned(),
        false => kept.to_owned(),
    }
}

/// A name that is made of plain words alone.
pub(super) fn plain_name(text: &str) -> Name {
    Name::new(text).expect("plain words, none of them long")
}
