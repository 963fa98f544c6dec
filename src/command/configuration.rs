//! The configuration as commands meet it: accounts, passwords, and what is wrong with them in
//! words.

use super::{Failure, Session};
use crate::account::{
    self, Access, Account, CommandEnd, Config, Error, Fault, PasswordContext, password,
};
use crate::context::Interruption;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::secret::{NoSecret, Secret};
use crate::transport::Manner;

impl Session<'_> {
    /// Reads the configuration; one that is not there has no accounts.
    ///
    /// # Errors
    /// A [`Failure`] that names file and line.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        let file = self.config_file.as_ref();
        let file = file.ok_or_else(|| Failure::new("no-home", []))?;
        Config::load(file).map_err(|error| failure(&error, self.lang))
    }

    /// The account of this name; without one that of `--account`, the default, or the only one.
    ///
    /// # Errors
    /// A [`Failure`] that names those there are.
    pub(super) fn account_of<'c>(
        &self,
        config: &'c Config,
        name: Option<&str>,
    ) -> Result<&'c Account, Failure> {
        let name = name.or(self.account.as_deref());
        let found = config.account(name);
        found.map_err(|error| failure(&error, self.lang))
    }

    /// How servers are connected to.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            ear: self.context.ear.clone(),
            ..Manner::default()
        }
    }

    /// The password of an account that the user meant: by name, by default, or as the only one.
    ///
    /// # Errors
    /// A [`Failure`]; it holds no secret.
    pub(super) fn password(&self, account: &Account) -> Result<Secret, Failure> {
        password(account, &self.passwords(account, true))
            .map_err(|error| failure(&error, self.lang))
    }

    /// Where a password may come from; `PEC_PASSWORD` only where the account is the one that is meant.
    pub(super) fn passwords(&self, account: &Account, is_meant: bool) -> PasswordContext {
        PasswordContext {
            environment: self.context.password.clone().filter(|_| is_meant),
            question: self.question(account),
            stop: None,
            ending: Some(Interruption::ends),
        }
    }

    /// The words to ask for a password with, when somebody is there.
    pub(super) fn question(&self, account: &Account) -> Option<String> {
        let context = self.context;
        let texts = Catalogue::of(self.lang);
        let values = [
            ("user", &*account.user),
            ("host", &*account.imap.host),
            ("account", &*account.name),
        ];
        (context.stdin_is_terminal && context.stderr_is_terminal)
            .then(|| format!("{} ", texts.fill("ask.password", &values)))
    }
}

/// Words for a fault of accounts, configuration or password sources.
pub(super) fn failure(error: &Error, lang: Lang) -> Failure {
    let texts = Catalogue::of(lang);
    let file = |file: &std::path::Path| ("file", file.display().to_string());
    match error {
        Error::Read { file: of, source } => {
            Failure::new("read", [file(of), ("reason", source.to_string())])
        }
        Error::Write { file: of, source } => {
            let values = [file(of), ("reason", source.to_string())];
            Failure::new("config-write", values).with_status(ExitStatus::NotNow)
        }
        Error::OpenToChange { file: of, mode } => {
            Failure::new("config-open", [file(of), ("mode", format!("{mode:04o}"))])
        }
        Error::Config {
            file: of,
            line,
            fault,
        } => fault_failure(fault, file(of), ("line", line.to_string()), texts),
        Error::NoAccounts { file: of } => Failure::new("no-accounts", [file(of)]),
        Error::UnknownAccount { name, known } => Failure::new(
            "no-such-account",
            [("account", name.clone()), ("known", known.join(", "))],
        ),
        Error::NoDefault { known } => Failure::new("which-account", [("known", known.join(", "))]),
        Error::AccountExists { name } => {
            Failure::new("account-exists", [("account", name.clone())])
        }
        Error::ChangedMeanwhile { file: of } => Failure::new("config-changed", [file(of)]),
        Error::CaFile { file: of } => Failure::new("ca-file", [file(of)]),
        Error::PasswordFileOpen { file: of, access } => {
            Failure::new("password-file-open", [file(of), ("mode", mode(*access))])
        }
        Error::PasswordUnusable {
            source_word,
            problem,
        } => unusable(source_word, *problem, texts),
        Error::PasswordCommand(CommandEnd::TooSlow(limit)) => {
            let seconds = ("seconds", limit.as_secs().to_string());
            Failure::new("password-command-slow", [seconds])
        }
        Error::PasswordCommand(end) => {
            Failure::new("password-command", [("reason", command_end(end, texts))])
        }
        Error::KeyringNotBuilt => Failure::new(
            "keyring-not-built",
            [("service", account::KEYRING_SERVICE.to_owned())],
        ),
        Error::Keyring(words) => Failure::new("keyring", [("reason", words.clone())]),
        Error::NobodyToAsk => Failure::new("nobody-to-ask", []),
        Error::Prompt(error) => Failure::new("prompt", [("reason", error.to_string())]),
        Error::NotInEnvironment => Failure::new("not-in-environment", []),
    }
}

fn fault_failure(
    fault: &Fault,
    file: (&'static str, String),
    line: (&'static str, String),
    texts: &Catalogue,
) -> Failure {
    match fault {
        Fault::Syntax(words) => {
            Failure::new("config-syntax", [file, line, ("reason", words.clone())])
        }
        Fault::UnknownKey(key) => {
            Failure::new("config-unknown-key", [file, line, ("key", key.clone())])
        }
        Fault::Secret(key) => Failure::new("config-secret", [file, line, ("key", key.clone())]),
        Fault::Missing { account, key } => Failure::new(
            "config-missing",
            [
                file,
                line,
                ("account", account.clone()),
                ("key", (*key).to_owned()),
            ],
        ),
        Fault::Value { key, expected } => {
            let expected = texts.text(&format!("expected.{}", expected.word()));
            Failure::new(
                "config-value",
                [
                    file,
                    line,
                    ("key", key.clone()),
                    ("expected", expected.to_owned()),
                ],
            )
        }
        Fault::Conflict(one, other) => Failure::new(
            "config-conflict",
            [
                file,
                line,
                ("key", (*one).to_owned()),
                ("other", (*other).to_owned()),
            ],
        ),
        Fault::UnknownPreset(name) => {
            Failure::new("config-preset", [file, line, ("preset", name.clone())])
        }
        Fault::UnknownDefault(name) => {
            Failure::new("config-default", [file, line, ("account", name.clone())])
        }
    }
}

/// What a source gave is no password; why, never what.
fn unusable(source: &str, problem: NoSecret, texts: &Catalogue) -> Failure {
    let source = texts.text(&format!("password.{source}")).to_owned();
    match problem {
        NoSecret::Empty => Failure::new("password-empty", [("source", source)]),
        NoSecret::SeveralLines => Failure::new("password-several-lines", [("source", source)]),
        NoSecret::NotText => Failure::new("password-not-text", [("source", source)]),
    }
}

fn command_end(end: &CommandEnd, texts: &Catalogue) -> String {
    match end {
        CommandEnd::NotStarted(error) => {
            texts.fill("command-end.not-started", &[("reason", &error.to_string())])
        }
        CommandEnd::Status(status) => {
            texts.fill("command-end.status", &[("status", &status.to_string())])
        }
        CommandEnd::TooSlow(limit) => {
            let seconds = limit.as_secs().to_string();
            texts.fill("command-end.too-slow", &[("seconds", &seconds)])
        }
        CommandEnd::Killed => texts.text("command-end.killed").to_owned(),
        CommandEnd::TooMuch(octets) => {
            texts.fill("command-end.too-much", &[("octets", &octets.to_string())])
        }
    }
}

/// `0644`, or a dash where the system has no such thing.
pub(super) fn mode(access: Access) -> String {
    access
        .mode
        .map_or_else(|| "-".to_owned(), |mode| format!("{mode:04o}"))
}
