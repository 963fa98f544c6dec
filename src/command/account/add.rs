//! `pec account add`: writes an account into the configuration, asking for what is missing.

use std::io::{self, BufRead};
use std::path::{self, PathBuf};

use super::ask::Asker;
use crate::account::presets::{self, LoginForm};
use crate::account::{
    Config, Entry, Limits, PasswordSource, Preset, Protocol, SentCopy, is_account_name,
    is_plain_text, parse_day, parse_server,
};
use crate::address::MailAddress;
use crate::command::configuration::failure;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::transport::{Endpoint, Security};

/// Add an account, by options or by answering questions
///
/// Without a preset the servers are named with --imap and --smtp. What is missing is asked for
/// on a terminal; elsewhere all that is missing is named at once. No connection is made: try
/// the account with pec account test.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A word by which to choose the account: letters, digits, - _ .
    #[arg(value_name = "NAME", value_parser = account_name)]
    name: Option<String>,

    /// The certified address
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    address: Option<String>,

    /// The provider, as in pec account presets
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<String>,

    /// The server for reading; the port only if it is not the usual one
    #[arg(long, value_name = "HOST[:PORT]", value_parser = server)]
    imap: Option<String>,

    /// The server for sending
    #[arg(long, value_name = "HOST[:PORT]", value_parser = server)]
    smtp: Option<String>,

    /// TLS begins with STARTTLS at both servers, not with the first octet
    #[arg(long)]
    starttls: bool,

    /// How TLS begins at the IMAP server: tls (first octet) or starttls
    #[arg(long, value_name = "HOW", value_parser = security, conflicts_with = "starttls")]
    imap_security: Option<Security>,

    /// How TLS begins at the SMTP server: tls (first octet) or starttls
    #[arg(long, value_name = "HOW", value_parser = security, conflicts_with = "starttls")]
    smtp_security: Option<Security>,

    /// The user name, if it is not the address
    #[arg(long, value_name = "USER", value_parser = plain_text)]
    user: Option<String>,

    /// Certificates of an authority of one's own (PEM), for in-house servers
    #[arg(long, value_name = "FILE", value_parser = absolute)]
    ca_file: Option<PathBuf>,

    /// Judge this account's receipts by these trust data (a practice provider)
    #[arg(long, value_name = "FILE", value_parser = absolute)]
    trust: Option<PathBuf>,

    /// The folder in which copies of sent messages are filed
    #[arg(long, value_name = "FOLDER", value_parser = plain_text)]
    sent_folder: Option<String>,

    /// File no copy of sent messages
    #[arg(long, conflicts_with = "sent_folder")]
    no_sent_copy: bool,

    /// A folder to read besides INBOX; repeatable
    #[arg(long, value_name = "FOLDER", value_parser = plain_text)]
    folder: Vec<String>,

    /// A shell command that writes the password on one line
    #[arg(long, value_name = "CMD", group = "password", value_parser = command)]
    password_command: Option<String>,

    /// A file of mode 0600 with the password on one line
    #[arg(long, value_name = "FILE", group = "password", value_parser = absolute)]
    password_file: Option<PathBuf>,

    /// The password is in the system keyring
    #[arg(long, group = "password")]
    keyring: bool,

    /// Ask for the password each time
    #[arg(long, group = "password")]
    prompt: bool,

    /// Most recipients of a message
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    max_recipients: Option<u32>,

    /// Most that a message's size times its recipients may be: 30MB, or octets
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,

    /// Most messages a minute
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Most recipients an hour
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_hour: Option<u32>,

    /// The day on which the password for programs was made: 2026-10-01
    #[arg(long, value_name = "DAY", value_parser = day)]
    app_password_date: Option<String>,

    /// Use this account when none is named
    #[arg(long)]
    default: bool,
}

// What follows is shown as "VALUE is no value for OPTION"; the words of the errors are not seen.

fn checked(text: &str, usable: bool) -> Result<String, String> {
    usable.then(|| text.to_owned()).ok_or_else(String::new)
}

fn account_name(text: &str) -> Result<String, String> {
    checked(text, is_account_name(text))
}

fn address(text: &str) -> Result<String, String> {
    checked(text, is_address(text))
}

fn is_address(text: &str) -> bool {
    let address = MailAddress::new(text);
    address.is_well_formed() && address.as_str() == text
}

fn preset(text: &str) -> Result<String, String> {
    checked(text, presets::named(text).is_some())
}

fn server(text: &str) -> Result<String, String> {
    checked(text, parse_server(text, None, Protocol::Imap).is_some())
}

fn plain_text(text: &str) -> Result<String, String> {
    checked(text, is_plain_text(text))
}

fn command(text: &str) -> Result<String, String> {
    checked(text, !text.trim().is_empty())
}

fn day(text: &str) -> Result<String, String> {
    checked(text, parse_day(text).is_some())
}

fn security(text: &str) -> Result<Security, String> {
    match text {
        "tls" => Ok(Security::Tls),
        "starttls" => Ok(Security::StartTls),
        _ => Err(String::new()),
    }
}

/// The path from the root: the configuration is read from anywhere.
fn absolute(text: &str) -> Result<PathBuf, String> {
    let path = path::absolute(text).map_err(|error| error.to_string())?;
    // It goes into a text file.
    path.to_str().map(|_| ()).ok_or_else(String::new)?;
    Ok(path)
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

pub(super) fn run(arguments: Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if arguments.keyring && !cfg!(feature = "keyring") {
        return Err(failure(&crate::account::Error::KeyringNotBuilt, session.lang).into());
    }
    let mut config = session.config()?;
    let by_questions = session.context.stdin_is_terminal && session.context.stderr_is_terminal;
    let default = arguments.default;
    // What has a usual value is asked for only when something must be asked anyway.
    let arguments = match by_questions && !missing(&arguments, session).is_empty() {
        true => completed(arguments, &config, &mut io::stdin().lock(), session)?,
        false => arguments,
    };
    let missing = missing(&arguments, session);
    if !missing.is_empty() {
        return Err(Failure::new("account-missing", [("missing", missing.join(", "))]).into());
    }
    let entry = arguments.entry();
    let lang = session.lang;
    let told = |error| failure(&error, lang);
    let account = config.add(&entry, default).map_err(told)?.clone();
    // Authorities that cannot be read would be found out at the first connection only.
    account.roots().map_err(told)?;
    #[cfg(feature = "keyring")]
    if account.password == PasswordSource::Keyring {
        store(&account, session)?;
    }
    config.save().map_err(told)?;
    let texts = Catalogue::of(session.lang);
    let values = [
        ("account", &*account.name),
        ("file", &config.file().display().to_string()),
    ];
    let line = texts.fill("accounts.added", &values);
    session.out.page().line(line)?;
    Ok(ExitStatus::Yes)
}

/// Asks for the password once and puts it into the keyring.
#[cfg(feature = "keyring")]
fn store(account: &crate::account::Account, session: &Session<'_>) -> anyhow::Result<()> {
    let asked = crate::account::Account {
        password: PasswordSource::Prompt,
        ..account.clone()
    };
    let secret = session.password(&asked)?;
    crate::account::store_in_keyring(account, &secret)
        .map_err(|error| failure(&error, session.lang))?;
    Ok(())
}

impl Arguments {
    fn preset(&self) -> Option<&'static Preset> {
        presets::named(self.preset.as_deref()?)
    }

    fn endpoint(&self, protocol: Protocol) -> Option<Endpoint> {
        let (given, security) = match protocol {
            Protocol::Imap => (self.imap.as_deref(), self.imap_security),
            Protocol::Smtp => (self.smtp.as_deref(), self.smtp_security),
        };
        let security = security.or(self.starttls.then_some(Security::StartTls));
        let of_preset = self.preset().map(|preset| match protocol {
            Protocol::Imap => &*preset.imap.value,
            Protocol::Smtp => &*preset.smtp.value,
        });
        // What the preset says alike is left to it.
        let host = match (given, security) {
            (None, None) => return None,
            (given, _) => given.or(of_preset)?,
        };
        parse_server(host, security, protocol)
    }

    fn password(&self) -> Option<PasswordSource> {
        let command = self.password_command.clone().map(PasswordSource::Command);
        let file = self.password_file.clone().map(PasswordSource::File);
        command
            .or(file)
            .or(self.keyring.then_some(PasswordSource::Keyring))
            .or(self.prompt.then_some(PasswordSource::Prompt))
    }

    fn entry(&self) -> Entry {
        let folder = self.sent_folder.clone().map(SentCopy::Folder);
        Entry {
            name: self.name.clone().unwrap_or_default(),
            address: self.address.clone().unwrap_or_default(),
            preset: self.preset.clone(),
            imap: self.endpoint(Protocol::Imap),
            smtp: self.endpoint(Protocol::Smtp),
            user: self.user.clone(),
            ca_file: self.ca_file.clone(),
            trust_file: self.trust.clone(),
            sent_copy: folder.or(self.no_sent_copy.then_some(SentCopy::NotFiled)),
            folders: self.folder.clone(),
            limits: Limits {
                recipients: self.max_recipients,
                octets_total: self.max_size,
                messages_per_minute: self.per_minute,
                recipients_per_hour: self.per_hour,
            },
            password: self.password(),
            app_password_date: self.app_password_date.clone(),
        }
    }

    fn guess(&self) -> Option<&'static Preset> {
        presets::guess(&MailAddress::new(self.address.as_deref()?))
    }

    fn asks_for_a_code(&self) -> bool {
        self.preset()
            .is_some_and(|preset| preset.login.value == LoginForm::Code)
    }
}

/// Every option that is needed and was not given.
fn missing(arguments: &Arguments, session: &Session<'_>) -> Vec<String> {
    let texts = Catalogue::of(session.lang);
    let mut missing = Vec::new();
    if arguments.name.is_none() {
        missing.push(texts.text("missing.name").to_owned());
    }
    if arguments.address.is_none() {
        missing.push("--address".to_owned());
    }
    if arguments.preset.is_none() {
        match (&arguments.imap, &arguments.smtp, arguments.guess()) {
            (None, None, Some(guess)) => {
                missing.push(texts.fill("missing.servers-guess", &[("preset", &guess.name)]));
            }
            (None, None, None) => missing.push(texts.text("missing.servers").to_owned()),
            (None, Some(_), _) => missing.push("--imap".to_owned()),
            (Some(_), None, _) => missing.push("--smtp".to_owned()),
            (Some(_), Some(_), _) => {}
        }
    }
    if arguments.asks_for_a_code() && arguments.user.is_none() {
        missing.push(texts.text("missing.code").to_owned());
    }
    missing
}

/// Asks for what is missing.
fn completed(
    mut given: Arguments,
    config: &Config,
    input: &mut dyn BufRead,
    session: &mut Session<'_>,
) -> anyhow::Result<Arguments> {
    let mut asker = Asker {
        input,
        err: &mut *session.err,
        lang: session.lang,
    };
    let text = |answer: &str| is_plain_text(answer).then(|| answer.to_owned());
    if given.address.is_none() {
        let address = asker.ask("address", &[], None, |answer| {
            is_address(answer).then(|| answer.to_owned())
        })?;
        given.address = Some(address);
    }
    if given.name.is_none() {
        let taken = |name: &str| config.accounts().iter().any(|one| one.name == name);
        let address = MailAddress::new(given.address.as_deref().unwrap_or_default());
        let local = Some(address.local_part());
        let suggested = local.filter(|local| is_account_name(local) && !taken(local));
        let name = asker.ask("name", &[], suggested, |answer| {
            (is_account_name(answer) && !taken(answer)).then(|| answer.to_owned())
        })?;
        given.name = Some(name);
    }
    if given.preset.is_none() && given.imap.is_none() && given.smtp.is_none() {
        let names: Vec<&str> = presets::all().iter().map(|preset| &*preset.name).collect();
        let guess = given.guess().map(|preset| &*preset.name);
        let values = [("presets", &*names.join(", "))];
        let preset = asker.ask("preset", &values, Some(guess.unwrap_or("-")), |answer| {
            let is_known = presets::named(answer).is_some();
            (is_known || answer == "-").then(|| answer.to_owned())
        })?;
        given.preset = Some(preset).filter(|preset| preset != "-");
    }
    let server = |answer: &str| server(answer).ok();
    if given.preset.is_none() && given.imap.is_none() {
        given.imap = Some(asker.ask("imap", &[], None, server)?);
    }
    if given.preset.is_none() && given.smtp.is_none() {
        given.smtp = Some(asker.ask("smtp", &[], given.imap.as_deref().and_then(host), server)?);
    }
    if given.user.is_none() {
        let address = given.address.clone().unwrap_or_default();
        let (key, default) = match given.asks_for_a_code() {
            true => ("code", None),
            false => ("user", Some(&*address)),
        };
        let user = asker.ask(key, &[], default, text)?;
        given.user = Some(user).filter(|user| *user != address);
    }
    if given.password().is_none() {
        ask_password_source(&mut given, &mut asker)?;
    }
    Ok(given)
}

/// Where the password comes from. The password itself is not asked for.
fn ask_password_source(given: &mut Arguments, asker: &mut Asker<'_>) -> anyhow::Result<()> {
    let words = match cfg!(feature = "keyring") {
        true => &["prompt", "command", "file", "keyring"][..],
        false => &["prompt", "command", "file"],
    };
    let values = [("sources", &*words.join(", "))];
    let source = asker.ask("source", &values, Some("prompt"), |answer| {
        words.iter().find(|word| **word == answer).copied()
    })?;
    match source {
        "command" => {
            let asked = asker.ask("command", &[], None, |answer| command(answer).ok())?;
            given.password_command = Some(asked);
        }
        "file" => {
            let usable = |answer: &str| {
                let file = absolute(answer).ok();
                file.filter(|_| !answer.is_empty() && !answer.starts_with('~'))
            };
            given.password_file = Some(asker.ask("file", &[], None, usable)?);
        }
        "keyring" => given.keyring = true,
        _ => given.prompt = true,
    }
    Ok(())
}

/// The host alone.
fn host(server: &str) -> Option<&str> {
    let plain = !server.starts_with('[') && server.matches(':').count() < 2;
    plain.then(|| server.split(':').next().unwrap_or(server))
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
