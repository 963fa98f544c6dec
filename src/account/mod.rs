//! Who we are: accounts, the servers they use, and where their passwords come from.
//!
//! The configuration ([`Config`]) holds no secrets. What a provider's name tells stands in
//! [`presets`]; [`password()`] fetches the one secret when it is needed. Nothing here
//! opens a connection.

mod config;
mod password;
pub mod presets;
mod private;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::address::MailAddress;
use crate::printable::is_deceptive;
use crate::secret::{NoSecret, Secret};
use crate::timestamp::Timestamp;
use crate::transport::{Endpoint, Login, Roots, Security};

pub use config::{Config, Entry, Expected, Fault, parse_day};
#[cfg(feature = "keyring")]
pub use password::store_in_keyring;
pub use password::{KEYRING_SERVICE, PASSWORD_TIMEOUT, PasswordContext, password};
pub use presets::Preset;
pub use private::make_private_folder;

/// IMAP under TLS from the first octet (RFC 8314, 3.2).
pub const IMAP_PORT: u16 = 993;
/// Submission under TLS from the first octet (RFC 8314, 3.3).
pub const SMTP_PORT: u16 = 465;
/// IMAP with STARTTLS.
pub const IMAP_STARTTLS_PORT: u16 = 143;
/// Submission with STARTTLS.
pub const SMTP_STARTTLS_PORT: u16 = 587;

/// Octets of a file of authorities: a whole bundle of a system has a quarter of this.
const MAX_CA_OCTETS: usize = 1024 * 1024;

/// One certified mailbox and how it is reached.
#[derive(Clone, Debug)]
pub struct Account {
    /// The word by which it is chosen.
    pub name: String,
    /// Its certified address: From and MAIL FROM.
    pub address: MailAddress,
    /// The name that stands beside it in From, if one shall.
    pub display_name: Option<String>,
    /// The preset that gave what the configuration leaves out.
    pub preset: Option<&'static Preset>,
    /// Where mail is read.
    pub imap: Endpoint,
    /// Where mail is sent.
    pub smtp: Endpoint,
    /// The user name at both.
    pub user: String,
    /// Certificates of authorities (PEM) beside those compiled in.
    pub ca_file: Option<PathBuf>,
    /// Trust data by which its receipts are judged instead of those compiled in: a practice
    /// provider.
    pub trust_file: Option<PathBuf>,
    /// Whether and where a copy of what was sent is filed.
    pub sent_copy: SentCopy,
    /// Folders to read besides INBOX, as IMAP names them.
    pub folders: Vec<String>,
    /// Whether it is a public office's: what it received and sent are public records, which are not
    /// discarded without leave (Legislative Decree 42/2004, art. 21).
    pub office: bool,
    /// What of the mailbox is kept.
    pub keep: Keep,
    /// Whether the revocation lists of the day are kept with what arrives.
    pub lists: Lists,
    /// What the provider takes.
    pub limits: Limits,
    /// Where the password comes from.
    pub password: PasswordSource,
    /// How long a command may take that writes it.
    pub password_timeout: Duration,
    /// When the password made for programs was made, if the user told.
    pub app_password_date: Option<Timestamp>,
}

/// What of a mailbox is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All certified mail.
    #[default]
    All,
    /// Receipts, and notices about what was sent. Letters stay where they are.
    Receipts,
}

impl Keep {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::All, Self::Receipts];

    /// The word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Receipts => "receipts",
        }
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Whether the revocation lists of the day are fetched and kept with what arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    /// Those of the authorities of who signed it.
    Kept,
    /// Nothing is fetched.
    #[default]
    LeftAlone,
}

/// What becomes of a copy of a sent message. SMTP files none; a client appends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentCopy {
    /// None is filed.
    NotFiled,
    /// In the folder that the server marks as `\Sent` (RFC 6154); none where it marks none.
    WhereMarked,
    /// In the folder of this name.
    Folder(String),
}

/// What a provider takes, where it is known: told by the user, else by the preset. Every provider
/// takes [`GUARANTEED_RECIPIENTS`] and [`GUARANTEED_OCTETS`]; where nothing is known, more than
/// that may be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most recipients of one message.
    pub recipients: Option<u32>,
    /// Most octets of one message times its recipients.
    pub octets_total: Option<u64>,
    /// Most messages a minute.
    pub messages_per_minute: Option<u32>,
    /// Most recipients an hour.
    pub recipients_per_hour: Option<u32>,
}

/// Recipients of one message that every provider takes (decree of 2 November 2005, article 12).
pub const GUARANTEED_RECIPIENTS: u32 = 50;
/// Octets of one message times its recipients that every provider takes (same article: 30 MB,
/// read as decimal, the smaller meaning).
pub const GUARANTEED_OCTETS: u64 = 30_000_000;

/// Where a password comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// The first line that a shell command writes.
    Command(String),
    /// A file of mode 0600 with one line.
    File(PathBuf),
    /// The system keyring.
    Keyring,
    /// Asked on the terminal.
    Prompt,
    /// `PEC_PASSWORD`, and nothing else.
    Environment,
}

impl PasswordSource {
    /// `command`, `file`, `keyring`, `prompt` or `environment`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::File(_) => "file",
            Self::Keyring => "keyring",
            Self::Prompt => "prompt",
            Self::Environment => "environment",
        }
    }
}

impl fmt::Debug for PasswordSource {
    /// Without the command: people write passwords into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Account {
    /// Whom to trust for the servers' certificates.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::CaFile`] for `ca_file`.
    pub fn roots(&self) -> Result<Roots, Error> {
        let Some(file) = &self.ca_file else {
            return Ok(Roots::BuiltIn);
        };
        let (octets, _) =
            private::read(file, MAX_CA_OCTETS).map_err(|error| Error::read(file, error))?;
        let begin = b"-----BEGIN CERTIFICATE-----";
        if !octets.windows(begin.len()).any(|text| text == begin) {
            return Err(Error::CaFile { file: file.clone() });
        }
        Ok(Roots::BuiltInAnd(octets))
    }

    /// User name and password for both servers.
    pub fn login(&self, password: Secret) -> Login {
        Login {
            user: self.user.clone(),
            password,
        }
    }
}

/// Who may read and change a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The permission bits, `0o600`; `None` where the system has none.
    pub mode: Option<u32>,
    /// Whether somebody else owns it.
    pub foreign: bool,
}

impl Access {
    /// Of a file or folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::of_metadata(&metadata))
    }

    fn of_metadata(metadata: &fs::Metadata) -> Self {
        Self {
            mode: private::mode(metadata),
            foreign: private::is_foreign(metadata),
        }
    }

    /// Nobody else may read or change it, and it is ours.
    pub fn is_private(self) -> bool {
        !self.foreign && self.mode.is_none_or(|mode| mode & 0o077 == 0)
    }

    /// Somebody who is not the owner may change it.
    pub fn is_open_to_change(self) -> bool {
        self.mode.is_some_and(|mode| mode & 0o022 != 0)
    }
}

/// Why an account cannot be used. Never holds a secret, nor what a password command wrote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("{file}: {source}", file = file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("{file}: {source}", file = file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Others may change the configuration, which names programs to run.
    #[error("{file}: mode {mode:o} lets others change it", file = file.display())]
    OpenToChange {
        /// Which.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The configuration is wrong in a line.
    #[error("{file}, line {line}: {fault}", file = file.display())]
    Config {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        fault: Fault,
    },
    /// There is no account at all.
    #[error("no account in {file}", file = file.display())]
    NoAccounts {
        /// The configuration.
        file: PathBuf,
    },
    /// No account has this name.
    #[error("no account {name}")]
    UnknownAccount {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// Several accounts, none chosen and none the default.
    #[error("several accounts and no default")]
    NoDefault {
        /// Their names.
        known: Vec<String>,
    },
    /// The name is taken.
    #[error("there is an account {name}")]
    AccountExists {
        /// The name.
        name: String,
    },
    /// Another process changed the configuration meanwhile.
    #[error("{file}: changed meanwhile", file = file.display())]
    ChangedMeanwhile {
        /// Which.
        file: PathBuf,
    },
    /// The extra authorities are no PEM certificates.
    #[error("{file}: no PEM certificate in it", file = file.display())]
    CaFile {
        /// Which.
        file: PathBuf,
    },
    /// The password file may be read by others, or is somebody else's.
    #[error("{file}: not private", file = file.display())]
    PasswordFileOpen {
        /// Which.
        file: PathBuf,
        /// Who may do what.
        access: Access,
    },
    /// What a source gave is no password.
    #[error("the password from the {source_word}: {problem}")]
    PasswordUnusable {
        /// As [`PasswordSource::word`].
        source_word: &'static str,
        /// What is wrong with it.
        problem: NoSecret,
    },
    /// The password command could not be run, or ended with a failure.
    #[error("the password command: {0}")]
    PasswordCommand(CommandEnd),
    /// The program was built without the keyring.
    #[error("built without the keyring")]
    KeyringNotBuilt,
    /// The keyring has no password, or cannot be asked.
    #[error("the keyring: {0}")]
    Keyring(String),
    /// A password must be asked for, and there is nobody to ask.
    #[error("nobody to ask for the password")]
    NobodyToAsk,
    /// The terminal failed while the password was typed.
    #[error("the password could not be read from the terminal: {0}")]
    Prompt(io::Error),
    /// The account takes its password from `PEC_PASSWORD`, which is not set.
    #[error("PEC_PASSWORD is not set")]
    NotInEnvironment,
}

impl Error {
    fn read(file: &Path, source: io::Error) -> Self {
        Self::Read {
            file: file.to_owned(),
            source,
        }
    }
}

/// How a password command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandEnd {
    /// The shell could not be started.
    #[error("cannot be started: {0}")]
    NotStarted(io::Error),
    /// It ended with this number.
    #[error("exit status {0}")]
    Status(i32),
    /// It was killed.
    #[error("killed by a signal")]
    Killed,
    /// It had not ended after this time, and was ended.
    #[error("not done after {} seconds", .0.as_secs())]
    TooSlow(Duration),
    /// It wrote more than any password has.
    #[error("more than {0} octets")]
    TooMuch(usize),
}

/// A server as people write it: `HOST`, `HOST:PORT`, `[2001:db8::1]:PORT`.
///
/// Ports 143, 587 and 25 mean STARTTLS unless `security` says otherwise: nobody speaks TLS from
/// the first octet there. Without a port it is the one that goes with the security.
///
/// `None` when it is no host name or IP address, or the port is 0. Names are ASCII.
pub fn parse_server(
    text: &str,
    security: Option<Security>,
    protocol: Protocol,
) -> Option<Endpoint> {
    let (host, port) = split_port(text)?;
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet))
        && host.split('.').all(|label| (1..=63).contains(&label.len()))
        && !host.starts_with('-');
    if !is_address && !is_name {
        return None;
    }
    let security = security.unwrap_or(match port {
        Some(25 | IMAP_STARTTLS_PORT | SMTP_STARTTLS_PORT) => Security::StartTls,
        _ => Security::Tls,
    });
    Some(Endpoint {
        host: host.to_owned(),
        port: port.unwrap_or(protocol.port(security)),
        security,
    })
}

/// Host and port, brackets taken off. A bare IPv6 address has no port.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let number = |text: &str| {
        let digits = text.bytes().all(|octet| octet.is_ascii_digit());
        text.parse().ok().filter(|port| digits && *port != 0)
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(number(port)?))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match text.matches(':').count() {
        0 => Some((text, None)),
        1 => {
            let (host, port) = text.split_once(':')?;
            Some((host, Some(number(port)?)))
        }
        _ => Some((text, None)),
    }
}

/// Which of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Reading.
    Imap,
    /// Sending.
    Smtp,
}

impl Protocol {
    /// The usual port.
    pub const fn port(self, security: Security) -> u16 {
        match (self, security) {
            (Self::Imap, Security::Tls) => IMAP_PORT,
            (Self::Imap, Security::StartTls) => IMAP_STARTTLS_PORT,
            (Self::Smtp, Security::Tls) => SMTP_PORT,
            (Self::Smtp, Security::StartTls) => SMTP_STARTTLS_PORT,
        }
    }
}

/// Characters of an account's name: enough for any, and safe in every place where it is shown.
const MAX_NAME: usize = 64;

/// Whether a text can name an account: ASCII letters, digits, `-`, `_` and `.`, the first one a
/// letter or a digit, at most 64.
pub fn is_account_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet))
}

/// Whether a text can go on the wire as user name or folder: not empty, no control character,
/// at most 255 octets.
pub fn is_plain_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && !text.chars().any(char::is_control)
}

/// Whether a text may stand as a name beside the address in From: one line of at most 64 characters
/// that nobody takes for another address.
pub fn is_display_name(text: &str) -> bool {
    let is_short = text.chars().count() <= 64;
    let is_odd = |c: char| is_deceptive(c) || matches!(c, '@' | '<' | '>' | '"' | '\\');
    is_short && !text.trim().is_empty() && text.trim() == text && !text.chars().any(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str, security: Option<Security>) -> Option<String> {
        let found = parse_server(text, security, Protocol::Imap)?;
        Some(format!(
            "{} {} {:?}",
            found.host, found.port, found.security
        ))
    }

    #[test]
    fn port_and_security_complete_each_other() {
        let given = |text| server(text, None).expect("a server");
        assert_eq!(given("mail.example"), "mail.example 993 Tls");
        assert_eq!(given("mail.example:143"), "mail.example 143 StartTls");
        assert_eq!(given("mail.example:9993"), "mail.example 9993 Tls");
        assert_eq!(given("[::1]:2993"), "::1 2993 Tls");
        assert_eq!(given("::1"), "::1 993 Tls");
        assert_eq!(given("127.0.0.1:993"), "127.0.0.1 993 Tls");
        let start = Some(Security::StartTls);
        assert_eq!(
            server("mail.example", start).unwrap(),
            "mail.example 143 StartTls"
        );
        assert_eq!(
            server("mail.example:143", Some(Security::Tls)).unwrap(),
            "mail.example 143 Tls"
        );
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = "a".repeat(64);
        for text in [
            "",
            "a b",
            "a:",
            "a:0",
            "a:99999",
            "a:+1",
            "a:1:2",
            "[a]:1",
            "[::1",
            "a/b",
            "u@h",
            "a\u{1b}[31m",
            "a\r\nb",
            "a..b",
            "-a",
            "posta\u{435}.it",
            &long,
        ] {
            assert_eq!(server(text, None), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_plain_words() {
        for name in ["studio", "a.b-c_9", "9"] {
            assert!(is_account_name(name), "{name}");
        }
        for name in ["", "-a", ".a", "a b", "a/b", "a\n", "è", &"a".repeat(65)] {
            assert!(!is_account_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_password_command_is_not_shown() {
        let source = PasswordSource::Command("echo segretissimo".to_owned());
        assert_eq!(format!("{source:?}"), "command");
    }
}
