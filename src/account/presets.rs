//! What is known of each provider's servers and limits, and how sure it is.
//!
//! The data stand in `presets.toml`, compiled in. They are a help in typing, not an authority:
//! `pec account test` is what decides.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::address::MailAddress;

/// How sure a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Sureness {
    /// The provider's own page, or Mozilla's autoconfiguration data.
    #[serde(rename = "A")]
    Documented,
    /// Tried against the live service.
    #[serde(rename = "B")]
    Tried,
    /// Both.
    #[serde(rename = "AB")]
    DocumentedAndTried,
    /// Listed by a third party only.
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// How sure.
    pub sure: Sureness,
    /// The day of the trial (`2026-09-19`), else the month of collection (`2026-11`).
    pub date: String,
}

/// What a provider wants as user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginForm {
    /// The full address.
    Address,
    /// A code of the provider's.
    Code,
}

impl LoginForm {
    /// `address` or `code`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Code => "code",
        }
    }
}

/// For which mailboxes other servers are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mailboxes {
    /// Those of the provider's "PRO" offer.
    Pro,
    /// Older ones.
    Older,
}

impl Mailboxes {
    /// `pro` or `older`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pro => "pro",
            Self::Older => "older",
        }
    }
}

/// Servers that some mailboxes of a provider use instead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherServers {
    /// Which mailboxes.
    pub mailboxes: Mailboxes,
    /// IMAP, where it differs.
    pub imap: Option<String>,
    /// SMTP, where it differs.
    pub smtp: Option<String>,
    /// How sure.
    pub sure: Sureness,
    /// As in [`Known`].
    pub date: String,
}

/// What is known of one provider. Both servers speak TLS from the first octet, on
/// [`IMAP_PORT`](super::IMAP_PORT) and [`SMTP_PORT`](super::SMTP_PORT).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The word by which it is chosen.
    pub name: String,
    /// The provider, as people know it.
    pub provider: String,
    /// Host for reading.
    pub imap: Known<String>,
    /// Host for sending.
    pub smtp: Known<String>,
    /// What goes in as user name.
    pub login: Known<LoginForm>,
    /// The folder of sent mail, as IMAP names it.
    pub sent_folder: Option<Known<String>>,
    /// Most recipients of a message.
    pub recipients: Option<Known<u32>>,
    /// Most octets of a message times its recipients.
    pub octets_total: Option<Known<u64>>,
    /// Most messages a minute.
    pub messages_per_minute: Option<Known<u32>>,
    /// Days that a password made for programs lives.
    pub password_days: Option<Known<u32>>,
    /// Mailbox domains, in lower case.
    pub domains: Vec<String>,
    /// What some of its mailboxes use instead.
    #[serde(default)]
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
