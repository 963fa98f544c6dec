//! Sync, wait, sync again: until told to stop, or until what was waited for is there.

use std::time::Duration;

use super::sync::{Event, Judge, folders_to_read, sync};
use super::{Error, Now};
use crate::ledger::Ledger;
use crate::transport::{self, Mailbox, Stop, Waited};

/// Opens a connection to the mailbox, logged in.
pub type Connect<'a> = &'a mut dyn FnMut() -> Result<Box<dyn Mailbox>, transport::Error>;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Where IDLE is not offered, and for folders other than INBOX: time between two looks.
    pub poll: Duration,
    /// The first pause after a broken line; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(60),
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(300),
        }
    }
}

/// What is told while watching.
#[derive(Debug)]
pub enum WatchEvent {
    /// The mailbox is open and was read once.
    Ready,
    /// Something was found.
    Found(Box<Event>),
    /// A folder could not be read; the others are. Told once a connection.
    Unread {
        /// Which.
        folder: String,
        /// The server's words.
        reason: String,
    },
    /// The line broke; the next try comes after the pause.
    Broken {
        /// Why.
        error: transport::Error,
        /// The pause.
        pause: Duration,
    },
}

/// How watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchEnd {
    /// What was waited for is there.
    Done,
    /// Somebody asked to stop.
    Stopped,
}

/// Stays with a mailbox and records what arrives. `is_done` is asked after every look.
///
/// # Errors
/// At once when the login is refused, which repeating makes worse, when the certificate is not
/// trusted, or when the ledger cannot be used. A broken line is not an error: it is told, and
/// tried again.
#[allow(clippy::too_many_arguments)] // each is another part of the world
pub fn watch(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    connect: Connect<'_>,
    named: &[String],
    patience: Patience,
    stop: &Stop,
    now: Now<'_>,
    is_done: &mut dyn FnMut(&Ledger) -> Result<bool, crate::ledger::Error>,
    on_event: &mut dyn FnMut(WatchEvent),
) -> Result<WatchEnd, Error> {
    let mut pause = patience.first_pause;
    loop {
        if stop.is_asked() {
            return Ok(WatchEnd::Stopped);
        }
        let broken = match connect() {
            Ok(mut mailbox) => {
                let stayed = stay(
                    ledger,
                    judge,
                    &mut *mailbox,
                    named,
                    patience,
                    stop,
                    now,
                    is_done,
                    &mut |event| {
                        // The line held: the next break begins with a short pause again.
                        pause = patience.first_pause;
                        on_event(event);
                    },
                );
                match stayed {
                    Ok(end) => return Ok(end),
                    Err(Error::Transport(error)) => error,
                    Err(error) => return Err(error),
                }
            }
            Err(error) => error,
        };
        if !may_pass(&broken) {
            return Err(broken.into());
        }
        on_event(WatchEvent::Broken {
            error: broken,
            pause,
        });
        if !sleep(pause, stop) {
            return Ok(WatchEnd::Stopped);
        }
        pause = patience.longest_pause.min(pause * 2);
    }
}

/// One connection, as long as it holds.
#[allow(clippy::too_many_arguments)]
fn stay(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    mailbox: &mut dyn Mailbox,
    named: &[String],
    patience: Patience,
    stop: &Stop,
    now: Now<'_>,
    is_done: &mut dyn FnMut(&Ledger) -> Result<bool, crate::ledger::Error>,
    on_event: &mut dyn FnMut(WatchEvent),
) -> Result<WatchEnd, Error> {
    let mut folders = folders_to_read(&mailbox.folders()?, named);
    // INBOX last: it is the one that stays open, and that IDLE tells about.
    folders.rotate_left(1);
    let mut first = true;
    loop {
        let mut found = |event: Event| on_event(WatchEvent::Found(Box::new(event)));
        let report = sync(ledger, judge, mailbox, &folders, now, &mut found)?;
        for (folder, reason) in report.unread.into_iter().filter(|_| first) {
            on_event(WatchEvent::Unread { folder, reason });
        }
        if std::mem::take(&mut first) {
            on_event(WatchEvent::Ready);
        }
        if is_done(ledger)? {
            return Ok(WatchEnd::Done);
        }
        if stop.is_asked() {
            return Ok(WatchEnd::Stopped);
        }
        // IDLE may last (RFC 2177: up to 29 minutes), but other folders are polled.
        let limit = match folders.len() {
            1 => Duration::from_secs(25 * 60),
            _ => patience.poll,
        };
        if mailbox.wait(limit, patience.poll, stop)? == Waited::Stopped {
            return Ok(WatchEnd::Stopped);
        }
    }
}

/// Whether waiting may help.
fn may_pass(error: &transport::Error) -> bool {
    use transport::Error as E;
    match error {
        E::Resolve { .. } | E::Connect { .. } | E::Silent | E::Broken(_) | E::Refused { .. } => {
            true
        }
        E::Tls { fault, .. } => !fault.is_of_certificate(),
        E::Protocol(_) => true,
        _ => false,
    }
}

/// Sleeps in short turns; `false` when asked to stop.
fn sleep(pause: Duration, stop: &Stop) -> bool {
    const TURN: Duration = Duration::from_millis(200);
    let mut left = pause;
    while !left.is_zero() {
        if stop.is_asked() {
            return false;
        }
        let turn = left.min(TURN);
        std::thread::sleep(turn);
        left -= turn;
    }
    !stop.is_asked()
}
