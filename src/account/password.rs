//! Fetching the one secret, when it is needed and not before.
//!
//! A secret is never an argument of a process, never in a message, and overwritten after use.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Access, Account, CommandEnd, Error, PasswordSource, private};
use crate::secret::Secret;

/// Octets of a password with its line end: far more than any provider takes.
const MAX_OCTETS: usize = 4096;

/// The service under which the keyring keeps our passwords; the account's name is the user.
pub const KEYRING_SERVICE: &str = "pec";

/// What the world offers to find a password.
#[derive(Clone, Debug, Default)]
pub struct PasswordContext {
    /// `PEC_PASSWORD`. It wins over what the account says. With several accounts it belongs to
    /// the one in use only: a password of another account could lock this one.
    pub environment: Option<Secret>,
    /// The words to ask with, when somebody can be asked on the terminal.
    pub question: Option<String>,
}

/// The password of an account: from `PEC_PASSWORD` where it is set, else from where the account
/// says.
///
/// # Errors
/// Those of the sources; none of them holds the secret or what a command wrote.
pub fn password(account: &Account, context: &PasswordContext) -> Result<Secret, Error> {
    if let Some(secret) = &context.environment {
        return Ok(secret.clone());
    }
    match &account.password {
        PasswordSource::Command(command) => from_command(command),
        PasswordSource::File(file) => from_file(file),
        PasswordSource::Keyring => from_keyring(account),
        PasswordSource::Prompt => ask(context.question.as_deref()),
        PasswordSource::Environment => Err(Error::NotInEnvironment),
    }
}

/// Runs `sh -c`, as git and msmtp do. What the command says on standard error is seen by the
/// user; standard input is empty, since a message may be waiting there for us.
fn from_command(command: &str) -> Result<Secret, Error> {
    let not_started = |error| Error::PasswordCommand(CommandEnd::NotStarted(error));
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env_remove("PEC_PASSWORD")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(not_started)?;
    // Room from the start, so that growing leaves no copy behind.
    let mut octets = Vec::with_capacity(MAX_OCTETS + 1);
    let read = match child.stdout.take() {
        Some(pipe) => pipe.take(MAX_OCTETS as u64 + 1).read_to_end(&mut octets),
        None => Ok(0),
    };
    let ended = child.wait().map_err(not_started)?;
    let too_much = octets.len() > MAX_OCTETS;
    let secret = Secret::from_line(octets);
    read.map_err(not_started)?;
    if too_much {
        return Err(Error::PasswordCommand(CommandEnd::TooMuch(MAX_OCTETS)));
    }
    match ended.code() {
        Some(0) => secret.map_err(|problem| Error::PasswordUnusable {
            source_word: "command",
            problem,
        }),
        Some(status) => Err(Error::PasswordCommand(CommandEnd::Status(status))),
        None => Err(Error::PasswordCommand(CommandEnd::Killed)),
    }
}

/// A link is followed; what counts is who may read the file that was opened.
fn from_file(file: &Path) -> Result<Secret, Error> {
    let (octets, metadata) =
        private::read(file, MAX_OCTETS).map_err(|error| Error::read(file, error))?;
    let secret = Secret::from_line(octets);
    let access = Access::of_metadata(&metadata);
    if !access.is_private() {
        let file = file.to_owned();
        return Err(Error::PasswordFileOpen { file, access });
    }
    secret.map_err(|problem| Error::PasswordUnusable {
        source_word: "file",
        problem,
    })
}

fn ask(question: Option<&str>) -> Result<Secret, Error> {
    let question = question.ok_or(Error::NobodyToAsk)?;
    let typed = rpassword::prompt_password(question).map_err(Error::Prompt)?;
    Secret::from_line(typed.into_bytes()).map_err(|problem| Error::PasswordUnusable {
        source_word: "prompt",
        problem,
    })
}

#[cfg(not(feature = "keyring"))]
fn from_keyring(_: &Account) -> Result<Secret, Error> {
    Err(Error::KeyringNotBuilt)
}

#[cfg(feature = "keyring")]
fn from_keyring(account: &Account) -> Result<Secret, Error> {
    let entry = keyring::Entry::new(KEYRING_SERVICE, &account.name);
    let octets = entry
        .and_then(|entry| entry.get_secret())
        .map_err(|error| Error::Keyring(error.to_string()))?;
    Secret::from_line(octets).map_err(|problem| Error::PasswordUnusable {
        source_word: "keyring",
        problem,
    })
}

/// Puts a password into the system keyring, where [`password()`] finds it again.
///
/// # Errors
/// [`Error::Keyring`].
#[cfg(feature = "keyring")]
pub fn store_in_keyring(account: &Account, secret: &Secret) -> Result<(), Error> {
    let entry = keyring::Entry::new(KEYRING_SERVICE, &account.name);
    entry
        .and_then(|entry| entry.set_secret(secret.expose().as_bytes()))
        .map_err(|error| Error::Keyring(error.to_string()))
}
