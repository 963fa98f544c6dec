//! Sync, wait, sync again: until told to stop, or until what was waited for is there.

use std::collections::BTreeMap;
use std::time::Duration;

use super::patience::{Pauses, may_pass};
use super::sync::{Event, Judge, list_folders, sync};
use super::{Connect, Error, Now};
use crate::ledger::Ledger;
use crate::transport::{self, Mailbox, Stop, Waited};

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Time between two looks at all folders, INBOX too: a server may offer IDLE and not tell,
    /// or tell only who opens the folder anew. What it tells is looked at at once.
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

/// How a watch ends.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// The time is over: one last look, and that is all.
    pub stop: &'a Stop,
    /// At once, without looking; whatever is going on is cut off.
    pub cut: &'a Stop,
}

/// Looks between two lists of the folders: one for receipts may be made meanwhile.
const LOOKS_TO_A_LIST: u32 = 5;

/// What is told while watching.
#[derive(Debug)]
pub enum WatchEvent {
    /// The mailbox is open and was read once.
    Ready,
    /// Something was found.
    Found(Box<Event>),
    /// A folder could not be read; the others are. Told again when the reason is another.
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
    /// The time is over, and the last look failed.
    NotAsked(transport::Error),
    /// A line of the list of folders from which no folder could be read.
    OddFolder(String),
    /// The server does not list its folders, and its words; the usual ones are read.
    Unlisted(String),
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
    ends: Ends<'_>,
    now: Now<'_>,
    is_done: &mut dyn FnMut(&Ledger) -> Result<bool, crate::ledger::Error>,
    on_event: &mut dyn FnMut(WatchEvent),
) -> Result<WatchEnd, Error> {
    let mut watcher = Watcher {
        ledger,
        judge,
        named,
        patience,
        ends,
        now,
        is_done,
        on_event,
        told: BTreeMap::new(),
        pauses: Pauses::new(patience.first_pause, patience.longest_pause),
    };
    while !ends.cut.is_asked() {
        let last = ends.stop.is_asked();
        let broken = match connect() {
            Ok(mut mailbox) => match watcher.stay(&mut *mailbox) {
                Ok(end) => {
                    mailbox.close();
                    return Ok(end);
                }
                Err(Error::Transport(error)) => error,
                Err(error) => return Err(error),
            },
            Err(error) => error,
        };
        if !may_pass(&broken) {
            return Err(broken.into());
        }
        if last || ends.cut.is_asked() {
            (watcher.on_event)(WatchEvent::NotAsked(broken));
            break;
        }
        watcher.rest(broken);
    }
    Ok(WatchEnd::Stopped)
}

/// What stays the same from one connection to the next.
struct Watcher<'a> {
    ledger: &'a mut Ledger,
    judge: Judge<'a>,
    named: &'a [String],
    patience: Patience,
    ends: Ends<'a>,
    now: Now<'a>,
    is_done: &'a mut dyn FnMut(&Ledger) -> Result<bool, crate::ledger::Error>,
    on_event: &'a mut dyn FnMut(WatchEvent),
    /// What is wrong with which folder, as it was told.
    told: BTreeMap<String, String>,
    pauses: Pauses,
}

impl Watcher<'_> {
    /// One connection, as long as it holds.
    fn stay(&mut self, mailbox: &mut dyn Mailbox) -> Result<WatchEnd, Error> {
        let mut folders = Vec::new();
        for look in 0_u32.. {
            let last = self.ends.stop.is_asked();
            // The last look has all the time that is left.
            let hurry = Some(self.ends.stop).filter(|_| !last);
            mailbox.heed(hurry, self.ends.cut);
            if look % LOOKS_TO_A_LIST == 0 || last {
                folders = self.list(mailbox)?;
            }
            let (ledger, on_event) = (&mut *self.ledger, &mut *self.on_event);
            let mut found = |event: Event| on_event(WatchEvent::Found(Box::new(event)));
            let report = sync(ledger, self.judge, mailbox, &folders, self.now, &mut found)?;
            self.tell_unread(report.unread);
            if look == 0 {
                self.pauses.begin_again();
                (self.on_event)(WatchEvent::Ready);
            }
            if (self.is_done)(self.ledger)? {
                return Ok(WatchEnd::Done);
            }
            if last || self.ends.cut.is_asked() {
                break;
            }
            let poll = self.patience.poll;
            // Stopped, too, is a reason to look: once more.
            if mailbox.wait(poll, poll, self.ends.stop)? == Waited::Stopped
                && self.ends.cut.is_asked()
            {
                break;
            }
        }
        Ok(WatchEnd::Stopped)
    }

    /// The folders to read, INBOX last: it is the one that stays open, and that IDLE tells
    /// about.
    fn list(&mut self, mailbox: &mut dyn Mailbox) -> Result<Vec<String>, transport::Error> {
        let list = list_folders(mailbox, self.named)?;
        for line in list.odd {
            if self.told.insert(line.clone(), String::new()).is_none() {
                (self.on_event)(WatchEvent::OddFolder(line));
            }
        }
        if let Some(reason) = list.refused
            && self.told.insert(String::new(), reason.clone()).is_none()
        {
            (self.on_event)(WatchEvent::Unlisted(reason));
        }
        let mut folders = list.to_read;
        folders.rotate_left(1);
        Ok(folders)
    }

    /// Tells what is wrong with folders, once for each reason.
    fn tell_unread(&mut self, unread: Vec<(String, String)>) {
        for (folder, reason) in unread {
            // Servers put the hour into their words.
            let known: String = reason.chars().filter(|c| !c.is_ascii_digit()).collect();
            if self.told.insert(folder.clone(), known.clone()) != Some(known) {
                (self.on_event)(WatchEvent::Unread { folder, reason });
            }
        }
    }

    /// Tells of a broken line and pauses, longer each time.
    fn rest(&mut self, error: transport::Error) {
        let pause = self.pauses.take();
        (self.on_event)(WatchEvent::Broken { error, pause });
        sleep(pause, self.ends.stop);
    }
}

/// Sleeps in short turns, until somebody asks to stop.
fn sleep(pause: Duration, stop: &Stop) {
    const TURN: Duration = Duration::from_millis(200);
    let mut left = pause;
    while !left.is_zero() && !stop.is_asked() {
        let turn = left.min(TURN);
        std::thread::sleep(turn);
        left -= turn;
    }
}
