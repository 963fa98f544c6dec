//! What is known of each provider's servers and limits, and how sure it is.
//!
//! The data stand in `presets.toml`, compiled in. They are a help in typing, not an authority:
//! `pec account test` is what decides.

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::MailAddress;

/// A day or a month, as a regular expression.
pub const DATE: &str = "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$";

/// How sure a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "sure")]
pub enum Sureness {
    /// A: the provider's own page, or Mozilla's autoconfiguration data.
    #[serde(rename = "A")]
    Documented,
    /// B: tried against the live service.
    #[serde(rename = "B")]
    Tried,
    /// AB: both.
    #[serde(rename = "AB")]
    DocumentedAndTried,
    /// C: only listed by a third party.
    #[serde(rename = "C")]
    Listed,
}

impl Sureness {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Documented,
        Self::Tried,
        Self::DocumentedAndTried,
        Self::Listed,
    ];

    /// `A`, `B`, `AB` or `C`.
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Documented => "A",
            Self::Tried => "B",
            Self::DocumentedAndTried => "AB",
            Self::Listed => "C",
        }
    }

    /// A word that stays, in JSON and as the key of a text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Tried => "tried",
            Self::DocumentedAndTried => "documented-and-tried",
            Self::Listed => "listed",
        }
    }
}

/// A value with how sure it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "known_{T}")]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// How sure it is.
    pub sure: Sureness,
    /// Of the trial (a day, `2026-09-19`), else of the collection (a month, `2026-11`).
    #[schemars(regex(pattern = DATE))]
    pub date: String,
}

/// What a provider wants as user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "login")]
pub enum LoginForm {
    /// The full address.
    Address,
    /// A code of the provider's.
    Code,
}

/// For which mailboxes other servers are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "mailboxes")]
pub enum Mailboxes {
    /// Those of the provider's "PRO" offer.
    Pro,
    /// Older ones.
    Older,
}

/// Servers that some mailboxes of a provider use instead.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "other_servers")]
pub struct OtherServers {
    /// Which mailboxes.
    pub mailboxes: Mailboxes,
    /// The server for reading, where it differs.
    pub imap: Option<String>,
    /// The server for sending, where it differs.
    pub smtp: Option<String>,
    /// How sure that is.
    pub sure: Sureness,
    /// Of the trial (a day), else of the collection (a month).
    #[schemars(regex(pattern = DATE))]
    pub date: String,
}

/// What is known of one provider. Both servers speak TLS from the first octet, on 993 and 465.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "preset")]
pub struct Preset {
    /// The word by which it is chosen.
    pub name: String,
    /// The provider, as people know it.
    pub provider: String,
    /// The server for reading.
    pub imap: Known<String>,
    /// The server for sending.
    pub smtp: Known<String>,
    /// What goes in as user name.
    pub login: Known<LoginForm>,
    /// The folder of sent mail, as IMAP names it.
    pub sent_folder: Option<Known<String>>,
    /// Most recipients of one message.
    pub recipients: Option<Known<u32>>,
    /// Most octets of one message times its recipients.
    pub octets_total: Option<Known<u64>>,
    /// Most messages a minute.
    pub messages_per_minute: Option<Known<u32>>,
    /// Days that a password for programs lives.
    pub password_days: Option<Known<u32>>,
    /// Mailbox domains, in lower case, for a first guess only.
    pub domains: Vec<String>,
    /// What some of its mailboxes use instead.
    #[serde(default, rename(serialize = "other_servers"))]
    pub other: Vec<OtherServers>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: String,
    preset: Vec<Preset>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    FILE.get_or_init(|| {
        toml::from_str(include_str!("presets.toml")).expect("presets compiled in are tested")
    })
}

/// All presets, the larger providers first.
pub fn all() -> &'static [Preset] {
    &file().preset
}

/// The month in which they were collected, `2026-11`.
pub fn as_of() -> &'static str {
    &file().as_of
}

/// The preset of a name.
pub fn named(name: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.name == name)
}

/// The preset whose list names the domain of this address: a first guess, no more. A domain of
/// the customer's own gives none, whoever runs it.
pub fn guess(address: &MailAddress) -> Option<&'static Preset> {
    let domain = address.domain().to_ascii_lowercase();
    all().iter().find(|preset| preset.domains.contains(&domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_an_address_gives_a_guess_and_no_more() {
        let guessed = |address: &str| guess(&MailAddress::new(address)).map(|found| &*found.name);
        assert_eq!(guessed("studio@PEC.it"), Some("aruba"));
        assert_eq!(guessed("studio@cert.legalmail.it"), Some("legalmail"));
        assert_eq!(guessed("studio@pec.studio.example"), None);
        assert_eq!(guessed("studio@xpec.it"), None);
        assert_eq!(guessed("pec.it"), None);
    }
}
