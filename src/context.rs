//! The only reader of environment and clock: what the program knows of the world around it.

use std::io::IsTerminal;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::lang::Lang;
use crate::timestamp::Timestamp;

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
    /// Whether the user asked for no colour (`NO_COLOR`, or `TERM=dumb`).
    pub no_color: bool,
}

impl Context {
    /// Reads clock, environment and streams of this process.
    pub fn from_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // POSIX: LC_ALL before LC_MESSAGES before LANG.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(variable);
        Self {
            now: now(),
            lang: Lang::of_locale(locale.as_deref().unwrap_or_default()),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            no_color: variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb"),
        }
    }
}

#[allow(clippy::disallowed_methods)] // the one place
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
