//! Progress on standard error, for what lasts over a second, on a terminal only.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::catalogue::Catalogue;

/// Nothing is shown for work that ends sooner.
const PATIENCE: Duration = Duration::from_secs(1);

/// A count of what is done; how much there is in all is not known beforehand.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// Silent unless `visible`; `words` follow the number.
    pub fn new(visible: bool, words: &str) -> Self {
        let bar = if visible {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        } else {
            ProgressBar::hidden()
        };
        let template = format!("{{spinner}} {{human_pos}} {words}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self {
            bar,
            started: Instant::now(),
        }
    }

    /// Adds to the count; the bar appears when patience has ended.
    pub fn add(&self, count: usize) {
        self.bar.inc(count as u64);
        if self.bar.is_hidden() && self.started.elapsed() > PATIENCE && self.bar.length().is_none()
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Runs what prints without the bar in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Octets on their way: a bar with how many, how fast and how long still. It looks by itself at what
/// counts them, and ends when it is dropped.
#[derive(Debug)]
pub struct Transfer {
    bar: ProgressBar,
    is_over: Arc<AtomicBool>,
    looks: Option<JoinHandle<()>>,
}

impl Transfer {
    /// Silent unless `visible`; without `total` it is not known how many there will be.
    pub fn start(
        visible: bool,
        total: Option<u64>,
        octets: impl Fn() -> u64 + Send + 'static,
        texts: &'static Catalogue,
    ) -> Self {
        const TURN: Duration = Duration::from_millis(100);
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) => "{bar:24} {msg}",
            None => "{spinner} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let is_over = Arc::new(AtomicBool::new(!visible));
        let (shown, over, began) = (bar.clone(), Arc::clone(&is_over), Instant::now());
        let looks = visible.then(|| {
            std::thread::spawn(move || {
                let mut is_shown = false;
                while !over.load(Ordering::SeqCst) {
                    std::thread::sleep(TURN);
                    let (passed, done) = (began.elapsed(), octets());
                    // Work that waits for an answer is no transfer.
                    if passed < PATIENCE || done == 0 || over.load(Ordering::SeqCst) {
                        continue;
                    }
                    if !is_shown {
                        shown.set_draw_target(ProgressDrawTarget::stderr());
                        is_shown = true;
                    }
                    shown.set_message(transferred(done, total, passed, texts));
                    shown.set_position(done.min(total.unwrap_or(done)));
                    shown.tick();
                }
            })
        });
        Self {
            bar,
            is_over,
            looks,
        }
    }

    /// Runs what prints without the bar in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(looks) = self.looks.take() {
            // It ends within a turn.
            let _ = looks.join();
        }
        self.bar.finish_and_clear();
    }
}

/// How a transfer stands, in words.
fn transferred(done: u64, total: Option<u64>, passed: Duration, texts: &Catalogue) -> String {
    let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1_000) / millis;
    let (size, speed) = (texts.size(done), texts.size(rate));
    let values = [("done", &*size), ("rate", &*speed)];
    let Some(total) = total else {
        return texts.fill("progress.so-far", &values);
    };
    let seconds = total.saturating_sub(done) / rate.max(1);
    let left = format!("{}:{:02}", seconds / 60, seconds % 60);
    let whole = texts.size(total);
    let values = [values[0], values[1], ("total", &*whole), ("left", &*left)];
    texts.fill("progress.of", &values)
}

/// A line that is said once when something lasts; not where that ends before, and this is dropped.
#[derive(Debug)]
pub struct Lasting {
    /// Dropped, it ends the thread.
    ends: Option<mpsc::Sender<()>>,
    says: Option<JoinHandle<()>>,
}

impl Lasting {
    /// Silent unless `visible`.
    pub fn begin(visible: bool, line: String) -> Self {
        const LONG: Duration = Duration::from_secs(2);
        if !visible {
            return Self {
                ends: None,
                says: None,
            };
        }
        let (ends, end) = mpsc::channel();
        let says = std::thread::spawn(move || {
            if end.recv_timeout(LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
                // On a terminal that is gone there is nobody to tell.
                let _ = writeln!(io::stderr(), "{line}");
            }
        });
        Self {
            ends: Some(ends),
            says: Some(says),
        }
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        drop(self.ends.take());
        if let Some(says) = self.says.take() {
            let _ = says.join();
        }
    }
}

/// One line that says for how long something is waited for; rewritten in place, taken away when it is
/// dropped.
#[derive(Debug)]
pub struct Waiting {
    line: StatusLine,
    ends: Option<mpsc::Sender<()>>,
    shows: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Silent unless `visible`; `since` is when it began, as it is shown.
    pub fn begin(visible: bool, since: String, texts: &'static Catalogue) -> Self {
        const TURN: Duration = Duration::from_secs(1);
        let line = StatusLine::new(visible);
        if !visible {
            return Self {
                line,
                ends: None,
                shows: None,
            };
        }
        let (ends, end) = mpsc::channel::<()>();
        let (shown, began) = (line.clone(), Instant::now());
        let shows = std::thread::spawn(move || {
            while end.recv_timeout(TURN) == Err(mpsc::RecvTimeoutError::Timeout) {
                shown.show(waited(began.elapsed().as_secs(), &since, texts));
            }
        });
        Self {
            line,
            ends: Some(ends),
            shows: Some(shows),
        }
    }

    /// Runs what prints without the line in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.line.suspend(print)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.ends.take());
        if let Some(shows) = self.shows.take() {
            let _ = shows.join();
        }
        self.line.finish();
    }
}

/// For how long something was waited for, in words.
fn waited(seconds: u64, since: &str, texts: &Catalogue) -> String {
    let passed = match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    };
    texts.fill("progress.waiting", &[("passed", &passed), ("since", since)])
}

/// One line that says how a long work stands; rewritten in place.
#[derive(Clone, Debug)]
pub struct StatusLine {
    bar: ProgressBar,
}

impl StatusLine {
    /// Silent unless `visible`.
    pub fn new(visible: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Shows another text.
    pub fn show(&self, text: String) {
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// Runs what prints without the line in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn a_wait_says_for_how_long_and_since_when() {
        for (seconds, lang, shown) in [
            (5, Lang::It, "in attesa da 0:05 (inizio: 10:00)"),
            (125, Lang::En, "waiting for 2:05 (since 10:00)"),
            (7_325, Lang::En, "waiting for 2:02:05 (since 10:00)"),
        ] {
            assert_eq!(waited(seconds, "10:00", Catalogue::of(lang)), shown);
        }
    }

    #[test]
    fn a_transfer_says_how_much_how_fast_and_how_long_still() {
        let said = |done, total, seconds, lang| {
            let passed = Duration::from_secs(seconds);
            transferred(done, total, passed, Catalogue::of(lang))
        };
        let some = said(5_500_000, Some(20_000_000), 5, Lang::It);
        assert_eq!(some, "5,5 MB di 20 MB, 1,1 MB/s, ancora 0:13");
        let some = said(1_000_000, Some(200_000_000), 1, Lang::En);
        assert_eq!(some, "1 MB of 200 MB, 1 MB/s, 3:19 left");
        assert_eq!(said(30_000, None, 2, Lang::En), "30 kB, 15 kB/s");
        // Nothing yet, and more than was said.
        assert_eq!(
            said(0, Some(10), 0, Lang::En),
            "0 B of 10 B, 0 B/s, 0:10 left"
        );
        assert_eq!(
            said(12, Some(10), 1, Lang::En),
            "12 B of 10 B, 12 B/s, 0:00 left"
        );
    }
}
