//! The only reader of environment and clock: what the program knows of the world around it.

use std::any::Any;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use terminal_size::{Height, Width, terminal_size_of};

use crate::lang::Lang;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::transport::Stop;
use crate::transport::overheard::Ear;

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
    /// Whether what is read from standard input is typed.
    pub stdin_is_terminal: bool,
    /// Whether nobody wants to be asked.
    pub is_alone: bool,
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
    /// `PEC_STAMP_PASSWORD`, for an authority of time stamps that asks for one.
    pub stamp_password: Option<Secret>,
    /// How the web is reached.
    pub proxies: Proxies,
    /// `VISUAL` or `EDITOR`; else the first of the usual ones that is installed.
    pub editor: Option<String>,
    /// The program that this is, for whoever has chosen none.
    pub usual_editor: Option<String>,
    /// `PAGER`.
    pub pager: Option<String>,
    /// The user's own folder.
    pub home: Option<PathBuf>,
    /// The folder in which it was started.
    pub folder: Option<PathBuf>,
    /// Lines of the terminal that diagnostics go to, if it says.
    pub lines: Option<usize>,
    /// Where lines go that any thread may have to say.
    pub aside: Aside,
    /// Who hears what is said to servers and by them.
    pub ear: Ear,
}

/// Lines beside what a command writes, from any thread, each with the time since the program began:
/// on standard error, or nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aside(Option<Instant>);

impl Aside {
    /// Writes a line. Where it cannot be written there is nobody to tell.
    pub fn tell(&self, line: &str) {
        let Some(began) = self.0 else { return };
        let passed = began.elapsed();
        let (seconds, millis) = (passed.as_secs(), passed.subsec_millis());
        // In one write, so that lines of other threads stay whole.
        let line = format!("{seconds:4}.{millis:03} {line}\n");
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

/// Proxies for the web as the environment names them: `https_proxy` or `HTTPS_PROXY`; `http_proxy`,
/// in small letters only, because web servers set the other from what strangers send; `all_proxy`
/// or `ALL_PROXY` for both; `no_proxy` or `NO_PROXY` names the hosts that need none.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For `https://`. It may hold a password.
    pub https: Option<Secret>,
    /// For `http://`.
    pub http: Option<Secret>,
    /// Hosts reached directly, with commas between.
    pub except: String,
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

/// 128 random bits.
///
/// # Panics
/// When the system has no random source; there is nothing safe to go on with.
pub fn random_octets() -> [u8; 16] {
    let mut octets = [0u8; 16];
    SystemRandom::new()
        .fill(&mut octets)
        .expect("the system gives random numbers");
    octets
}

/// 128 random bits as 32 hexadecimal digits.
///
/// # Panics
/// As [`random_octets`].
pub fn random_hex() -> String {
    let octets = random_octets();
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl Context {
    /// Whether somebody can be asked.
    pub const fn can_ask(&self) -> bool {
        self.stdin_is_terminal && !self.is_alone
    }

    /// Whether a moving line on standard error helps somebody: not among other lines.
    pub const fn shows_progress(&self) -> bool {
        self.stderr_is_terminal && !self.ear.is_open()
    }

    /// The same world with nobody to ask and nobody who looks on. What is typed is still no text that
    /// was handed over.
    pub fn with_nobody(&self) -> Self {
        Self {
            is_alone: true,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            lines: None,
            ..self.clone()
        }
    }

    /// A world without terminal, home and environment, whose clock stands still.
    pub fn fixed(now: Timestamp, lang: Lang) -> Self {
        Self {
            now,
            lang,
            stdin_is_terminal: false,
            is_alone: false,
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
            stamp_password: None,
            proxies: Proxies::default(),
            editor: None,
            usual_editor: None,
            pager: None,
            home: None,
            folder: None,
            lines: None,
            aside: Aside::default(),
            ear: Ear::default(),
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
        let first = |names: &[&str]| names.iter().copied().find_map(variable);
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
        let chosen = variable("VISUAL").or_else(|| variable("EDITOR"));
        let usual = std::env::var_os("PATH").and_then(|path| usual_editor(&path));
        Self {
            now: now(),
            clock: Clock::System,
            config_dir: under("XDG_CONFIG_HOME", ".config"),
            data_dir: under("XDG_DATA_HOME", ".local/share"),
            temporary: std::env::temp_dir(),
            password: variable("PEC_PASSWORD").map(Secret::new),
            usual_editor: chosen
                .is_none()
                .then(|| usual.as_deref().map(program))
                .flatten(),
            editor: chosen.or_else(|| {
                let name = usual?.file_name()?.to_str()?.to_owned();
                Some(name)
            }),
            stamp_password: variable("PEC_STAMP_PASSWORD").map(Secret::new),
            proxies: Proxies {
                https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
                    .map(Secret::new),
                http: first(&["http_proxy", "all_proxy", "ALL_PROXY"]).map(Secret::new),
                except: first(&["no_proxy", "NO_PROXY"]).unwrap_or_default(),
            },
            pager: variable("PAGER"),
            home: std::env::home_dir(),
            folder: std::env::current_dir().ok(),
            lines: terminal_size_of(std::io::stderr()).map(lines),
            lang: Lang::of_locale(locale.as_deref().unwrap_or_default()),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            is_alone: false,
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            stdout_width: terminal_size_of(std::io::stdout()).map(columns),
            stderr_width: terminal_size_of(std::io::stderr()).map(columns),
            no_color: variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb"),
            aside: Aside(Some(Instant::now())),
            ear: Ear::default(),
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
fn usual_editor(path: &std::ffi::OsStr) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let mut names = ["editor", "nano", "vi"].into_iter();
    names.find_map(|name| {
        let mut places = folders.iter().map(|folder| folder.join(name));
        places.find(|place| place.is_file())
    })
}

/// What people call the program at a place, which may be a link to it: `vim` of
/// `/usr/bin/vim.basic`.
fn program(place: &std::path::Path) -> String {
    let real = place.canonicalize();
    let real = real.as_deref().unwrap_or(place);
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
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
        let system = rustix::fs::statvfs(nearest(folder)?).ok()?;
        system.f_bavail.checked_mul(system.f_frsize)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// The folder itself, or the first above it that is there; above a relative name is the current one.
fn nearest(folder: &std::path::Path) -> Option<&std::path::Path> {
    let is_here = |folder: &&std::path::Path| folder.as_os_str().is_empty() || folder.exists();
    let found = folder.ancestors().find(is_here)?;
    match found.as_os_str().is_empty() {
        true => Some(std::path::Path::new(".")),
        false => Some(found),
    }
}

/// Whether this user may make files where a folder is, or will be. What only writing shows, as a quota,
/// is not seen.
pub fn is_writable(folder: &std::path::Path) -> bool {
    let Some(known) = nearest(folder) else {
        return false;
    };
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        access(known, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(known).is_ok_and(|found| !found.permissions().readonly())
    }
}

/// What is done when signals end the program.
enum Last {
    /// Words are found; of several those that came last are said.
    Words(Box<dyn FnMut() -> String + Send>),
    /// Another program is ended, which nobody else would end.
    End(Box<dyn FnMut() + Send>),
}

/// All that is held, each with its number.
static LAST: Mutex<Vec<(usize, Last)>> = Mutex::new(Vec::new());

/// Whether signals only ask, and somebody heeds them.
static IS_HEEDED: AtomicBool = AtomicBool::new(false);

/// How many programs that a person works with have the terminal.
static BESIDE: AtomicUsize = AtomicUsize::new(0);

/// While this is held, Ctrl-C, SIGTERM and the end of the terminal say what they leave behind, or end what
/// would outlive us, before they end the program. After it they do what they did before, until
/// [`stop_on_signals`].
pub struct Interruption(usize);

impl Interruption {
    /// These words, on standard error.
    pub fn tells(words: String) -> Self {
        Self::finds(move || words.clone())
    }

    /// Words that are found when the signal comes, in a thread of their own.
    pub fn finds(words: impl FnMut() -> String + Send + 'static) -> Self {
        Self::does(Last::Words(Box::new(words)))
    }

    /// Another program, in a thread of its own; as `account` takes it.
    pub fn ends(end: Box<dyn FnMut() + Send>) -> Box<dyn Any> {
        Box::new(Self::does(Last::End(end)))
    }

    fn does(what: Last) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        watched();
        last().push((number, what));
        Self(number)
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        last().retain(|(number, _)| *number != self.0);
    }
}

fn last() -> MutexGuard<'static, Vec<(usize, Last)>> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While this is held, Ctrl-C and Ctrl-\ are for the program that has the terminal: an editor, a
/// pager. It was started by us, and we see how it ends.
pub struct Beside(());

impl Beside {
    /// From here on.
    pub fn begin() -> Self {
        if let Some(watch) = watched() {
            // One that cannot be caught ends us as ever.
            let _ = watch.add_signal(signal_hook::consts::SIGQUIT);
        }
        BESIDE.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        BESIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The thread that hears signals, begun when it is needed first. Without it they end the program as
/// ever, in silence.
fn watched() -> Option<&'static signal_hook::iterator::Handle> {
    static WATCH: OnceLock<Option<signal_hook::iterator::Handle>> = OnceLock::new();
    let begun = || {
        let mut signals = signal_hook::iterator::Signals::new(ending_signals()).ok()?;
        let handle = signals.handle();
        std::thread::spawn(move || signals.forever().for_each(hear));
        Some(handle)
    };
    WATCH.get_or_init(begun).as_ref()
}

/// Ends the program for a signal, unless that is for another one or somebody heeds it.
fn hear(signal: i32) {
    use signal_hook::consts::{SIGINT, SIGQUIT};
    /// What shells add to the number of a signal that ended a program.
    const BY_SIGNAL: i32 = 128;
    let is_of_keys = [SIGINT, SIGQUIT].contains(&signal);
    if is_of_keys && BESIDE.load(Ordering::SeqCst) > 0 {
        return;
    }
    let mut last = last();
    let has_words = last.iter().any(|(_, what)| matches!(what, Last::Words(_)));
    let is_heeded = signal != SIGQUIT && IS_HEEDED.load(Ordering::SeqCst);
    if is_heeded && !has_words {
        return;
    }
    let mut words = None;
    for (_, what) in last.iter_mut() {
        match what {
            Last::Words(found) => words = Some(found),
            Last::End(end) => end(),
        }
    }
    if let Some(words) = words {
        // Below what was typed at a question.
        let _ = writeln!(std::io::stderr(), "\n{}", words());
    }
    std::process::exit(BY_SIGNAL + signal);
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
    fn a_folder_that_is_not_there_is_known_by_the_one_above() {
        use std::path::Path;
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(nearest(folder.path()), Some(folder.path()));
        assert_eq!(nearest(&folder.path().join("a/b")), Some(folder.path()));
        assert_eq!(nearest(Path::new("no-such/folder")), Some(Path::new(".")));
        assert!(is_writable(&folder.path().join("a/b")));
        #[cfg(unix)]
        assert!(free_room(Path::new("no-such")).is_some_and(|free| free > 0));
    }

    #[test]
    #[cfg(unix)]
    fn an_editor_is_known_by_the_program_that_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        assert_eq!(usual_editor(folder.path().as_os_str()), None);
        std::fs::write(at("vim.basic"), "").expect("a file");
        std::fs::write(at("vi"), "").expect("a file");
        assert_eq!(usual_editor(folder.path().as_os_str()), Some(at("vi")));
        std::os::unix::fs::symlink(at("vim.basic"), at("editor")).expect("a link");
        let found = usual_editor(folder.path().as_os_str()).expect("one");
        assert_eq!((found.clone(), &*program(&found)), (at("editor"), "vim"));
    }

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
