//! What `pec account add` is told.

use std::path::PathBuf;

use super::{AddOrder, Server, is_address, is_command, is_practice, is_server};
use crate::account::presets;
use crate::account::{
    Keep, Limits, PasswordSource, Preset, SentCopy, is_account_name, is_display_name,
    is_plain_text, parse_day,
};
use crate::transport::Security;

/// Add an account, with options or by answering questions
///
/// If the provider has no preset, set the servers with --imap and --smtp. Missing data is asked for
/// on the terminal or, without one, listed all at once. No connection is made: check the account
/// with pec account test.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Short name for the account: letters, digits, - _ .
    #[arg(value_name = "NAME", value_parser = account_name)]
    name: Option<String>,

    #[command(flatten)]
    given: Given,

    /// Make this the default account
    #[arg(long)]
    default: bool,
}

/// What an account says; the same for `account edit`.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Given {
    /// The certified mail address
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    address: Option<String>,

    /// Name shown beside the address in From: Studio Rossi
    #[arg(long, value_name = "TEXT", value_parser = display_name)]
    display_name: Option<String>,

    /// Provider, as in pec account presets
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<Chosen>,

    /// Server for reading (IMAP); the port only if it is not 993
    #[arg(long, value_name = "HOST[:PORT]", value_parser = server)]
    imap: Option<String>,

    /// Server for sending (SMTP); the port only if it is not 465
    #[arg(long, value_name = "HOST[:PORT]", value_parser = server)]
    smtp: Option<String>,

    /// TLS through STARTTLS on both servers, not from the start of the connection
    #[arg(long)]
    starttls: bool,

    /// TLS mode of the IMAP server: tls (implicit) or starttls
    #[arg(long, value_name = "HOW", value_parser = security, conflicts_with = "starttls")]
    imap_security: Option<Security>,

    /// TLS mode of the SMTP server: tls (implicit) or starttls
    #[arg(long, value_name = "HOW", value_parser = security, conflicts_with = "starttls")]
    smtp_security: Option<Security>,

    /// The user name, if it is not the address
    #[arg(long, value_name = "USER", value_parser = plain_text)]
    user: Option<String>,

    /// Extra CA certificates (PEM), for in-house servers
    #[arg(long, value_name = "FILE", value_parser = path)]
    ca_file: Option<PathBuf>,

    /// Verify this account's receipts with these trust data (for a practice provider)
    #[arg(long, value_name = "FILE", value_parser = path)]
    trust: Option<PathBuf>,

    /// Folder for copies of sent messages
    #[arg(long, value_name = "FOLDER", value_parser = plain_text)]
    sent_folder: Option<String>,

    /// Keep no copies of sent messages
    #[arg(long, conflicts_with = "sent_folder")]
    no_sent_copy: bool,

    /// Folder to read besides INBOX; repeatable
    #[arg(long, value_name = "FOLDER", value_parser = plain_text)]
    folder: Vec<String>,

    /// The mailbox of a public office: pec archive deletes nothing from it
    #[arg(long)]
    office: bool,

    /// Not the mailbox of a public office
    #[arg(long, conflicts_with = "office")]
    no_office: bool,
    /// What sync keeps: all, or receipts (received messages stay in the mailbox)
    #[arg(long, value_name = "WHAT", value_parser = keep)]
    keep: Option<Keep>,

    /// Shell command that prints the password on one line
    #[arg(long, value_name = "CMD", group = "password", value_parser = command)]
    password_command: Option<String>,

    /// File with mode 0600 that contains the password on one line
    #[arg(long, value_name = "FILE", group = "password", value_parser = path)]
    password_file: Option<PathBuf>,

    /// The password is in the system keyring
    #[arg(long, group = "password")]
    keyring: bool,

    /// Ask for the password each time
    #[arg(long, group = "password")]
    prompt: bool,

    /// Maximum number of recipients of a message
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    max_recipients: Option<u32>,

    /// Limit for the size of a message multiplied by its recipients: 30MB, or a number of bytes
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,

    /// Maximum number of messages per minute
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Maximum number of recipients per hour
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_hour: Option<u32>,

    /// Date on which the app password was created, for example 2026-10-01
    #[arg(long, value_name = "DAY", value_parser = day)]
    app_password_date: Option<String>,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> AddOrder {
        AddOrder {
            name: self.name,
            default: self.default,
            ..self.given.order()
        }
    }
}

impl Given {
    /// Without name.
    pub(in crate::command) fn order(self) -> AddOrder {
        let starttls = self.starttls.then_some(Security::StartTls);
        let folder = self.sent_folder.map(SentCopy::Folder);
        let command = self.password_command.map(PasswordSource::Command);
        let file = self.password_file.map(PasswordSource::File);
        AddOrder {
            name: None,
            address: self.address,
            display_name: self.display_name,
            preset: self.preset.and_then(Chosen::preset),
            practice: matches!(self.preset, Some(Chosen::Practice)),
            imap: Server {
                host: self.imap,
                security: self.imap_security.or(starttls),
            },
            smtp: Server {
                host: self.smtp,
                security: self.smtp_security.or(starttls),
            },
            user: self.user,
            ca_file: self.ca_file,
            trust_file: self.trust,
            sent_copy: folder.or(self.no_sent_copy.then_some(SentCopy::NotFiled)),
            folders: self.folder,
            office: self
                .office
                .then_some(true)
                .or(self.no_office.then_some(false)),
            keep: self.keep,
            password: command
                .or(file)
                .or(self.keyring.then_some(PasswordSource::Keyring))
                .or(self.prompt.then_some(PasswordSource::Prompt)),
            limits: Limits {
                recipients: self.max_recipients,
                octets_total: self.max_size,
                messages_per_minute: self.per_minute,
                recipients_per_hour: self.per_hour,
            },
            app_password_date: self.app_password_date,
            default: false,
        }
    }
}

// What follows is shown as "VALUE is no value for OPTION"; the words of the errors are not seen.

fn keep(text: &str) -> Result<Keep, String> {
    Keep::from_word(text).ok_or_else(String::new)
}

fn checked(text: &str, usable: bool) -> Result<String, String> {
    usable.then(|| text.to_owned()).ok_or_else(String::new)
}

fn account_name(text: &str) -> Result<String, String> {
    checked(text, is_account_name(text))
}

fn address(text: &str) -> Result<String, String> {
    checked(text, is_address(text))
}

fn display_name(text: &str) -> Result<String, String> {
    checked(text, is_display_name(text))
}

/// A provider as it was chosen.
#[derive(Clone, Copy, Debug)]
enum Chosen {
    Preset(&'static Preset),
    /// That of `pec sandbox`.
    Practice,
}

impl Chosen {
    const fn preset(self) -> Option<&'static Preset> {
        match self {
            Self::Preset(preset) => Some(preset),
            Self::Practice => None,
        }
    }
}

fn preset(text: &str) -> Result<Chosen, String> {
    match presets::named(text) {
        Some(preset) => Ok(Chosen::Preset(preset)),
        None if is_practice(text) => Ok(Chosen::Practice),
        None => Err(String::new()),
    }
}

fn server(text: &str) -> Result<String, String> {
    checked(text, is_server(text))
}

fn plain_text(text: &str) -> Result<String, String> {
    checked(text, is_plain_text(text))
}

fn command(text: &str) -> Result<String, String> {
    checked(text, is_command(text))
}

fn day(text: &str) -> Result<String, String> {
    checked(text, parse_day(text).is_some())
}

/// Made whole when it is known whose folder `~` is.
fn path(text: &str) -> Result<PathBuf, String> {
    checked(text, !text.is_empty() && !text.contains('\0')).map(PathBuf::from)
}

fn security(text: &str) -> Result<Security, String> {
    match text {
        "tls" => Ok(Security::Tls),
        "starttls" => Ok(Security::StartTls),
        _ => Err(String::new()),
    }
}

/// `30MB`, `30 MB` (decimal), `28MiB`, or octets.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor: u64 = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(String::new()),
    };
    let number = digits.parse::<u64>().ok().filter(|number| *number > 0);
    let octets = number.and_then(|number| number.checked_mul(factor));
    // TOML's whole numbers are signed.
    octets
        .filter(|octets| i64::try_from(*octets).is_ok())
        .ok_or_else(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_unless_they_say_otherwise() {
        for (text, octets) in [
            ("30MB", 30_000_000),
            ("30 mb", 30_000_000),
            ("28MiB", 29_360_128),
            ("31457280", 31_457_280),
        ] {
            assert_eq!(size(text), Ok(octets), "{text}");
        }
        for text in [
            "",
            "MB",
            "0MB",
            "-1",
            "30XB",
            "1.5MB",
            "99999999999GB",
            "30\u{1b}",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
