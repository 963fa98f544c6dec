//! Fetching the one secret, when it is needed and not before.
//!
//! A secret is never an argument of a process, never in a message, and overwritten after use.

use std::any::Any;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::{Access, Account, CommandEnd, Error, PasswordSource, private};
use crate::secret::Secret;
use crate::transport::Stop;

/// Octets of a password with its line end: far more than any provider takes.
const MAX_OCTETS: usize = 4096;

/// How long a command may take that writes a password, unless the account says otherwise. A person must
/// have the time to find a token and type its passphrase; a timer that runs every five minutes must not
/// find the run before still waiting.
pub const PASSWORD_TIMEOUT: Duration = Duration::from_secs(120);

/// How often a command is looked at.
const TURN: Duration = Duration::from_millis(100);

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
    /// Who may end the wait for a command.
    pub stop: Option<Stop>,
    /// Who ends a command when a signal ends us.
    pub ending: Option<Ending>,
}

/// Takes what is to be done when a signal ends the program, as long as what it gives is held.
pub type Ending = fn(Box<dyn FnMut() + Send>) -> Box<dyn Any>;

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
        PasswordSource::Command(command) => {
            from_command(command, account.password_timeout, context)
        }
        PasswordSource::File(file) => from_file(file),
        PasswordSource::Keyring => from_keyring(account),
        PasswordSource::Prompt => ask(context.question.as_deref()),
        PasswordSource::Environment => Err(Error::NotInEnvironment),
    }
}

/// Runs `sh -c`, as git and msmtp do. What the command says on standard error is seen by the
/// user; standard input is empty, since a message may be waiting there for us. One that does not end is
/// ended.
fn from_command(
    command: &str,
    limit: Duration,
    context: &PasswordContext,
) -> Result<Secret, Error> {
    let not_started = |error| Error::PasswordCommand(CommandEnd::NotStarted(error));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env_remove("PEC_PASSWORD")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut running = Running::start(shell).map_err(not_started)?;
    let ending = context.ending.zip(running.group);
    let _held = ending.map(|(ending, group)| ending(Box::new(move || group.end(&mut || false))));
    let (octets, read, ended) = running.end(limit, context.stop.as_ref())?;
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

/// A command, and all that it starts where it has a group of its own.
struct Running {
    child: Child,
    group: Option<Group>,
}

/// A group of programs, by the number of its first one.
#[derive(Clone, Copy, Debug)]
struct Group(u32);

/// What a command wrote, whether that could be read, and how it ended.
type Written = (Vec<u8>, io::Result<usize>, ExitStatus);

impl Running {
    /// In a group of its own where no terminal is: a program that asks there for a passphrase must be in
    /// the group that has the terminal, or the system stops it.
    fn start(mut command: Command) -> io::Result<Self> {
        let is_a_group = cfg!(unix) && File::open("/dev/tty").is_err();
        #[cfg(unix)]
        if is_a_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let child = command.spawn()?;
        let group = is_a_group.then(|| Group(child.id()));
        Ok(Self { child, group })
    }

    /// Waits for its end, or brings it about.
    fn end(&mut self, limit: Duration, stop: Option<&Stop>) -> Result<Written, Error> {
        let not_read = |error| Error::PasswordCommand(CommandEnd::NotStarted(error));
        let (send, read) = mpsc::channel();
        let pipe = self.child.stdout.take();
        // Of one that is ended another program may still hold the pipe: the thread is left to itself.
        let reader = move || {
            // Room from the start, so that growing leaves no copy behind.
            let mut octets = Vec::with_capacity(MAX_OCTETS + 1);
            let read = match pipe {
                Some(pipe) => pipe.take(MAX_OCTETS as u64 + 1).read_to_end(&mut octets),
                None => Ok(0),
            };
            drop(send.send((octets, read)));
        };
        let thread = std::thread::Builder::new().spawn(reader);
        let mut written = thread.err().map(|error| (Vec::new(), Err(error)));
        let mut passed = Duration::ZERO;
        loop {
            let before = written.is_some();
            written = written.or_else(|| read.recv_timeout(TURN).ok());
            let ended = self.child.try_wait().map_err(not_read)?;
            match (written.take(), ended) {
                (Some((octets, read)), Some(ended)) => return Ok((octets, read, ended)),
                (now, _) => written = now,
            }
            // What it wrote is there, and only its end is not.
            if before {
                std::thread::sleep(TURN);
            }
            passed += TURN;
            if passed >= limit || stop.is_some_and(Stop::is_asked) {
                self.kill();
                return Err(Error::PasswordCommand(CommandEnd::TooSlow(passed)));
            }
        }
    }

    /// Ends it, and its group; where it has none there is a person who sees the others.
    fn kill(&mut self) {
        let child = &mut self.child;
        if let Some(group) = self.group {
            group.end(&mut || matches!(child.try_wait(), Ok(Some(_)) | Err(_)));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Group {
    /// Ends all of it: in order, and a moment later, or once the first one is over, at once.
    fn end(self, is_over: &mut dyn FnMut() -> bool) {
        const TURNS: u32 = 5;
        self.signal(Urgency::InOrder);
        for _ in 0..TURNS {
            if is_over() {
                break;
            }
            std::thread::sleep(TURN);
        }
        self.signal(Urgency::AtOnce);
    }

    #[cfg(unix)]
    fn signal(self, urgency: Urgency) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = match urgency {
            Urgency::InOrder => Signal::TERM,
            Urgency::AtOnce => Signal::KILL,
        };
        if let Some(group) = i32::try_from(self.0).ok().and_then(Pid::from_raw) {
            // One that is over already needs no signal.
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(self, _: Urgency) {}
}

/// How soon a command shall end.
#[derive(Clone, Copy, Debug)]
enum Urgency {
    InOrder,
    AtOnce,
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
