//! The only reader of environment and clock: what the program knows of the world around it.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use terminal_size::{Height, Width, terminal_size_of};

use crate::lang::Lang;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::transport::Stop;

/// What `main` found; tests make their own.
#[derive(Clone, Debug)]
pub struct Context {
    /// The present.
    pub now: Timestamp,
    /// The language of the locale.
    pub lang: Lang,
    /// Whether results go to a terminal.
    pub stdout_is_terminal: bool,
    /// Whether diagnostics go to a terminal.
    pub stderr_is_terminal: bool,
    /// Columns of the terminal that results go to.
    pub stdout_width: Option<usize>,
    /// Columns of the terminal that diagnostics go to.
    pub stderr_width: Option<usize>,
    /// Whether the user asked for no colour (`NO_COLOR`, or `TERM=dumb`).
    pub no_color: bool,
    /// Whether somebody can be asked: standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// The clock, for commands that last.
    pub clock: Clock,
    /// The folder of `config.toml`: `$XDG_CONFIG_HOME/pec`, or `~/.config/pec`; none without a
    /// home.
    pub config_dir: Option<PathBuf>,
    /// The folder of ledger and messages: `$XDG_DATA_HOME/pec`, or `~/.local/share/pec`.
    pub data_dir: Option<PathBuf>,
    /// The system's folder for what is soon removed.
    pub temporary: PathBuf,
    /// `PEC_PASSWORD`, for containers.
    pub password: Option<Secret>,
    /// `VISUAL` or `EDITOR`; else the first of the usual ones that is installed.
    pub editor: Option<String>,
    /// `PAGER`.
    pub pager: Option<String>,
    /// The user's own folder.
    pub home: Option<PathBuf>,
    /// The folder in which it was started.
    pub folder: Option<PathBuf>,
    /// Lines of the terminal that diagnostics go to, if it says.
    pub lines: Option<usize>,
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// One that stands still, for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The present.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => now(),
            Self::Fixed(at) => at,
        }
    }

    /// Waits; a fixed clock does not.
    pub fn sleep(self, time: Duration) {
        if matches!(self, Self::System) {
            std::thread::sleep(time);
        }
    }
}

/// 128 random bits as 32 hexadecimal digits.
///
/// # Panics
/// When the system has no random source; there is nothing safe to go on with.
pub fn random_hex() -> String {
    let mut octets = [0u8; 16];
    SystemRandom::new()
        .fill(&mut octets)
        .expect("the system gives random numbers");
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl Context {
    /// A world without terminal, home and environment, whose clock stands still.
    pub fn fixed(now: Timestamp, lang: Lang) -> Self {
        Self {
            now,
            lang,
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            stdout_width: None,
            stderr_width: None,
            no_color: true,
            clock: Clock::Fixed(now),
            config_dir: None,
            data_dir: None,
            temporary: PathBuf::from("/tmp"),
            password: None,
            editor: None,
            pager: None,
            home: None,
            folder: None,
            lines: None,
        }
    }

    /// A path as people write it: `~/` is their own folder, wherever no shell has replaced it.
    pub fn at_home(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(below), Some(home)) => home.join(below),
            _ => PathBuf::from(text),
        }
    }

    /// Reads clock, environment and streams of this process.
    pub fn from_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // POSIX: LC_ALL before LC_MESSAGES before LANG.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(variable);
        let under = |variable_name: &str, below_home: &str| {
            let given = variable(variable_name).map(PathBuf::from);
            // XDG: a relative path is to be ignored.
            given
                .filter(|path| path.is_absolute())
                .or_else(|| Some(std::env::home_dir()?.join(below_home)))
                .map(|path| path.join("pec"))
        };
        Self {
            now: now(),
            clock: Clock::System,
            config_dir: under("XDG_CONFIG_HOME", ".config"),
            data_dir: under("XDG_DATA_HOME", ".local/share"),
            temporary: std::env::temp_dir(),
            password: variable("PEC_PASSWORD").map(Secret::new),
            editor: variable("VISUAL")
                .or_else(|| variable("EDITOR"))
                .or_else(|| usual_editor(&std::env::var_os("PATH")?)),
            pager: variable("PAGER"),
            home: std::env::home_dir(),
            folder: std::env::current_dir().ok(),
            lines: terminal_size_of(std::io::stderr()).map(lines),
            lang: Lang::of_locale(locale.as_deref().unwrap_or_default()),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            stdout_width: terminal_size_of(std::io::stdout()).map(columns),
            stderr_width: terminal_size_of(std::io::stderr()).map(columns),
            no_color: variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb"),
        }
    }
}

fn columns((Width(columns), _): (Width, Height)) -> usize {
    usize::from(columns)
}

fn lines((_, Height(lines)): (Width, Height)) -> usize {
    usize::from(lines)
}

/// The editor of whoever has set none: the one that Debian calls so, else one that most systems
/// have.
fn usual_editor(path: &std::ffi::OsStr) -> Option<String> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let is_there = |name: &&str| folders.iter().any(|folder| folder.join(name).is_file());
    let found = ["editor", "nano", "vi"].into_iter().find(is_there);
    found.map(str::to_owned)
}

/// Has the system keep no image of this process when it dies: it holds passwords. Programs that it
/// starts inherit that, and may change it.
pub fn leave_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        let none = Rlimit {
            current: Some(0),
            maximum,
        };
        // Lowering one's own limit is always allowed.
        let _ = setrlimit(Resource::Core, none);
    }
}

/// Octets that this user may still write where a folder is, or will be; `None` where the system does
/// not say.
pub fn free_room(folder: &std::path::Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let known = folder.ancestors().find(|folder| folder.exists())?;
        let system = rustix::fs::statvfs(known).ok()?;
        system.f_bavail.checked_mul(system.f_frsize)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// While this is held, Ctrl-C, SIGTERM and the end of the terminal say what they leave behind before
/// they end the program. After it they do what they did before, until [`stop_on_signals`].
pub struct Interruption(Arc<AtomicBool>);

/// Whether signals only ask, and somebody heeds them.
static IS_HEEDED: AtomicBool = AtomicBool::new(false);

impl Interruption {
    /// These words, on standard error.
    pub fn tells(words: String) -> Self {
        /// What shells add to the number of a signal that ended a program.
        const BY_SIGNAL: i32 = 128;
        let is_told = Arc::new(AtomicBool::new(true));
        let tells = Arc::clone(&is_told);
        // Without it signals end the program as ever, in silence.
        if let Ok(mut signals) = signal_hook::iterator::Signals::new(ending_signals()) {
            std::thread::spawn(move || {
                for signal in signals.forever() {
                    let tells = tells.load(Ordering::SeqCst);
                    if tells {
                        // Below what was typed at a question.
                        let _ = writeln!(std::io::stderr(), "\n{words}");
                    }
                    if tells || !IS_HEEDED.load(Ordering::SeqCst) {
                        std::process::exit(BY_SIGNAL + signal);
                    }
                }
            });
        }
        Self(is_told)
    }
}

/// The signals that ask a program to end; that of the terminal's end is none for one that was
/// started so.
fn ending_signals() -> Vec<i32> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    if !ignores_hangup() {
        signals.push(signal_hook::consts::SIGHUP);
    }
    signals
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Turns the signals that ask a program to end into a [`Stop`]; the second one ends it at once.
///
/// A terminal that is closed asks too, and only asks: shells and the system both tell it, one right
/// after the other. Who starts a program with `nohup` wants it to go on.
pub fn stop_on_signals() -> Stop {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    /// What shells show of a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;
    let stop = Stop::default();
    IS_HEEDED.store(true, Ordering::SeqCst);
    for signal in [SIGINT, SIGTERM] {
        // Registering fails only for signals that cannot be caught; these can.
        drop(flag::register_conditional_shutdown(
            signal,
            INTERRUPTED,
            stop.flag(),
        ));
        drop(flag::register(signal, stop.flag()));
    }
    #[cfg(unix)]
    if !ignores_hangup() {
        drop(flag::register(signal_hook::consts::SIGHUP, stop.flag()));
    }
    stop
}

/// Whether this process was started so that the end of its terminal is nothing to it. Told by Linux
/// alone.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal_hook::consts::SIGHUP - 1) & 1 == 1)
}

#[allow(clippy::disallowed_methods)] // the one place
fn now() -> Timestamp {
    instant(SystemTime::now())
}

/// An instant of the system's, before 1970 too.
fn instant(time: SystemTime) -> Timestamp {
    let whole = |apart: Duration| i64::try_from(apart.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_unix(match time.duration_since(UNIX_EPOCH) {
        Ok(since) => whole(since),
        // Whole seconds down, as after 1970.
        Err(error) => -whole(error.duration()) - i64::from(error.duration().subsec_nanos() > 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_is_read_as_it_stands() {
        let shown = |time: SystemTime| instant(time).to_string();
        let day = Duration::from_secs(86_400);
        assert_eq!(shown(UNIX_EPOCH), "1970-01-01T00:00:00Z");
        assert_eq!(shown(UNIX_EPOCH - day), "1969-12-31T00:00:00Z");
        let tenth = Duration::from_millis(100);
        assert_eq!(shown(UNIX_EPOCH - tenth), "1969-12-31T23:59:59Z");
        assert_eq!(shown(UNIX_EPOCH + tenth), "1970-01-01T00:00:00Z");
    }
}
