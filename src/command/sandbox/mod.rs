//! `pec sandbox`: a practice provider on this computer, until it is stopped.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Failure, Session};
use crate::context;
use crate::exit::ExitStatus;
use crate::output::report::{Form, Page, Report};
use crate::practice::{self, Behaviour, CA_FILE, Config, PASSWORD_FILE, Practice, TRUST_FILE};

/// The order to be a provider.
pub(super) struct SandboxOrder {
    /// The folder of its keys and mail; without it one in the folder of data.
    pub folder: Option<PathBuf>,
    /// Zero for any free one, like the other.
    pub smtp_port: u16,
    pub imap_port: u16,
    /// How long an hour lasts.
    pub hour: Duration,
    /// When to stop by itself.
    pub lasts: Option<Duration>,
    /// A file that gets a line for every message taken.
    pub log: Option<PathBuf>,
    pub form: Form,
}

/// Name and address of the account in the command that is shown.
const ACCOUNT: &str = "prova";
const MAILBOX: &str = "io";

/// How soon a signal ends it.
const STEP: Duration = Duration::from_millis(50);

pub(super) fn run(order: SandboxOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    // Before anything is said, so that whoever reads it may stop us.
    let stop = context::stop_on_signals();
    let Some(folder) = folder(order.folder, session) else {
        return Err(Failure::new("sandbox-folder", []).into());
    };
    let clock = session.context.clock;
    let config = Config {
        folder: Some(folder.clone()),
        smtp_port: order.smtp_port,
        imap_port: order.imap_port,
        hour: order.hour,
        log: order.log,
        ..Config::new(Arc::new(move || clock.now()))
    };
    let practice = Practice::start(config).map_err(failure)?;
    let place = Place::of(&practice, &folder);
    let status = session.out.show(&place, order.form)?;
    let steps = order
        .lasts
        .map(|time| time.as_millis().div_ceil(STEP.as_millis()));
    let mut passed = 0;
    while !stop.is_asked() && steps.is_none_or(|steps| passed < steps) {
        clock.sleep(STEP);
        passed += 1;
    }
    practice.stop();
    Ok(status)
}

fn folder(given: Option<PathBuf>, session: &Session<'_>) -> Option<PathBuf> {
    let folder = given.or_else(|| Some(session.data_dir.as_ref()?.join(practice::FOLDER)))?;
    // The account that is shown is used from any folder.
    Some(std::path::absolute(&folder).unwrap_or(folder))
}

fn failure(error: practice::Error) -> Failure {
    let failure = match &error {
        practice::Error::Port { port, error } => {
            let values = [("port", port.to_string()), ("reason", error.to_string())];
            Failure::new("sandbox-port", values)
        }
        other @ (practice::Error::Key
        | practice::Error::Encoding(_)
        | practice::Error::Tls(_)
        | practice::Error::File { .. }
        | practice::Error::InUse(_)
        | practice::Error::Thread(_)
        | practice::Error::TooMany(_)) => Failure::new("sandbox", [("reason", other.to_string())]),
    };
    failure.with_status(ExitStatus::NotNow)
}

/// # Where a practice provider listens, version 1
///
/// The document that `pec sandbox --json` writes as soon as the servers listen. Fields may be added
/// within version 1, so objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Place {
    /// Always true: nothing that it signs has legal value.
    #[schemars(extend("const" = true))]
    practice_only: bool,
    /// The domain of its mailboxes; every name in it is one.
    domain: String,
    /// The server that takes messages.
    smtp: Server,
    /// The server of the mailboxes.
    imap: Server,
    /// A mailbox to log in with; any other of the domain does too.
    user: String,
    /// The file with the password of every mailbox.
    password_file: PathBuf,
    /// The certificate, in PEM, that the servers' certificates lead to.
    ca_file: PathBuf,
    /// The trust data by which its receipts are genuine (--trust).
    trust_file: PathBuf,
    /// The folder of all this.
    directory: PathBuf,
    /// The words of the command that makes an account for it.
    #[schemars(length(min = 4))]
    account_command: Vec<String>,
}

/// Where a server listens.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "server")]
pub(super) struct Server {
    /// The name that the certificate bears.
    host: String,
    /// The port.
    #[schemars(range(min = 1))]
    port: u16,
    /// TLS from the first octet.
    #[schemars(extend("const" = "tls"))]
    security: &'static str,
}

impl Server {
    fn at(port: u16) -> Self {
        Self {
            host: "localhost".to_owned(),
            port,
            security: "tls",
        }
    }

    fn shown(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl Place {
    fn of(practice: &Practice, folder: &Path) -> Self {
        let mut place = Self {
            practice_only: true,
            domain: practice.domain().to_owned(),
            smtp: Server::at(practice.smtp().port()),
            imap: Server::at(practice.imap().port()),
            user: format!("{MAILBOX}@{}", practice.domain()),
            password_file: folder.join(PASSWORD_FILE),
            ca_file: folder.join(CA_FILE),
            trust_file: folder.join(TRUST_FILE),
            directory: folder.to_owned(),
            account_command: Vec::new(),
        };
        place.account_command = place.account_command();
        place
    }

    /// The command that makes an account of ours for it.
    fn account_command(&self) -> Vec<String> {
        let file = |path: &Path| path.to_string_lossy().into_owned();
        let options = [
            ("--address", self.user.clone()),
            ("--imap", self.imap.shown()),
            ("--smtp", self.smtp.shown()),
            ("--user", self.user.clone()),
            ("--ca-file", file(&self.ca_file)),
            ("--trust", file(&self.trust_file)),
            ("--password-file", file(&self.password_file)),
        ];
        let mut words = ["pec", "account", "add", ACCOUNT]
            .map(str::to_owned)
            .to_vec();
        for (option, value) in options {
            words.extend([option.to_owned(), value]);
        }
        words
    }
}

impl Report for Place {
    const SCHEMA: &'static str = "pec/sandbox";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let (smtp, imap) = (self.smtp.shown(), self.imap.shown());
        let password_file = self.password_file.to_string_lossy();
        let words: Vec<String> = self
            .account_command
            .iter()
            .map(|word| quoted(word))
            .collect();
        let values = [
            ("smtp", &*smtp),
            ("imap", &imap),
            ("domain", &self.domain),
            ("file", &password_file),
            ("command", &words.join(" ")),
        ];
        page.line(texts.fill("sandbox.head", &values))?;
        page.line("")?;
        for (word, behaviour) in Behaviour::ALL {
            let address = format!("{word}@{}", self.domain);
            let outcome = texts.text(outcome_key(behaviour));
            page.line(format!("  {address:<33}{outcome}"))?;
        }
        page.line("")?;
        let trust = quoted(&self.trust_file.to_string_lossy());
        page.line(texts.fill("sandbox.foot", &[("trust", &trust)]))
    }
}

fn outcome_key(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::Delivered => "sandbox.delivered",
        Behaviour::Unknown => "sandbox.unknown",
        Behaviour::Full => "sandbox.full",
        Behaviour::Virus => "sandbox.virus",
        Behaviour::Slow => "sandbox.slow",
        Behaviour::Late => "sandbox.late",
        Behaviour::Never => "sandbox.never",
        Behaviour::Forged => "sandbox.forged",
        Behaviour::Ordinary => "sandbox.ordinary",
        Behaviour::Refused => "sandbox.refused",
        Behaviour::Later => "sandbox.later",
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_are_quoted_for_the_shell() {
        assert_eq!(quoted("/a/b-c.toml"), "/a/b-c.toml");
        assert_eq!(quoted("/a b/it's"), "'/a b/it'\\''s'");
    }
}
