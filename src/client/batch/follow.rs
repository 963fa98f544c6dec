//! Receipts of one account while its notices leave, and the room that is left for them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Event, Happening, Reach, Time, awaited, is_awaited};
use crate::client::patience::{Pauses, may_pass};
use crate::client::{self, Error, Judge, list_folders};
use crate::ledger::{JobRef, Ledger};
use crate::transport::{self, Mailbox, Quota, Stop};

/// From this share of the room on, sending waits: the receipts of what left must still come.
const FULL_PERCENT: u64 = 95;
/// From this share on, it is told.
const NEARLY_PERCENT: u64 = 80;
/// Pauses after a broken line: the first and the longest.
const PAUSES: Pauses = Pauses::new(Duration::from_secs(5), Duration::from_secs(300));
/// The longest sleep before somebody who asks to stop is heard.
const TURN: Duration = Duration::from_millis(200);

/// Reads the mailbox of one account again and again.
pub struct Follower<'a> {
    /// What is known; of this thread alone.
    pub ledger: &'a mut Ledger,
    /// The job whose receipts are awaited.
    pub job: &'a JobRef,
    /// How the account is called.
    pub account: &'a str,
    /// Who judges them, and for which account.
    pub judge: Judge<'a>,
    /// Folders to read besides INBOX.
    pub folders: &'a [String],
    /// The way to the server.
    pub reach: &'a mut dyn Reach,
    /// How often to look.
    pub poll: Duration,
    /// Asked to stop.
    pub stop: &'a Stop,
    /// Set when the last row of the account was sent.
    pub sent: &'a AtomicBool,
    /// Set by this while the mailbox is too full.
    pub hold: &'a AtomicBool,
    /// Clock and waiting.
    pub time: Time<'a>,
    /// Told what happens.
    pub on_event: &'a mut dyn FnMut(Event),
}

/// What is kept from one connection to the next.
struct Course {
    /// The pauses after broken lines.
    pauses: Pauses,
    /// Whether it was told for whom receipts are awaited.
    has_told: bool,
}

impl Follower<'_> {
    /// Until everything that left has its last receipt or has waited too long for it, or somebody
    /// asks to stop.
    ///
    /// # Errors
    /// When the ledger cannot be used, the login is refused or the server is not to be trusted.
    /// A broken line is told, and tried again.
    pub fn follow(mut self) -> Result<(), Error> {
        let mut course = Course {
            pauses: PAUSES,
            has_told: false,
        };
        loop {
            let broken = match self.connection(&mut course) {
                Ok(()) => return Ok(()),
                Err(Error::Transport(error)) if may_pass(&error) => error,
                Err(error) => {
                    // Nobody watches the room any more; that must not stop the sending.
                    self.hold.store(false, Ordering::SeqCst);
                    return Err(error);
                }
            };
            self.hold.store(false, Ordering::SeqCst);
            self.tell(Happening::NoMailbox(broken.to_string()));
            if !self.wait(course.pauses.take()) {
                return Ok(());
            }
        }
    }

    fn connection(&mut self, course: &mut Course) -> Result<(), Error> {
        let mut mailbox = self.reach.mailbox()?;
        let mut folders = list_folders(&mut *mailbox, self.folders)?.to_read;
        // INBOX last: it stays open.
        folders.rotate_left(1);
        loop {
            // Asked before reading: what is sent after it is read in the next round.
            let was_sent = self.sent.load(Ordering::SeqCst);
            self.read(&mut *mailbox, &folders)?;
            course.pauses.begin_again();
            self.room(&mut *mailbox)?;
            if self.stop.is_asked() || (was_sent && !self.still_waits(course)?) {
                return Ok(());
            }
            self.pause_between(&mut *mailbox)?;
        }
    }

    /// Whether a receipt may still come in time; told the first time, with how long that is.
    fn still_waits(&mut self, course: &mut Course) -> Result<bool, Error> {
        let (account, now) = (Some(self.judge.account), (self.time.now)());
        if course.has_told {
            return Ok(is_awaited(self.ledger, self.job, account, now)?);
        }
        course.has_told = true;
        let (mut recipients, mut until) = (0, None);
        awaited(self.ledger, self.job, account, now, &mut |one| {
            if one.overdue().is_none() {
                recipients += 1;
                until = until.max(Some(one.at_last()));
            }
            true
        })?;
        if let Some(until) = until {
            self.tell(Happening::Awaiting { recipients, until });
        }
        Ok(recipients > 0)
    }

    fn read(&mut self, mailbox: &mut dyn Mailbox, folders: &[String]) -> Result<(), Error> {
        let mut found = Vec::new();
        let synced = client::sync(
            self.ledger,
            self.judge,
            mailbox,
            folders,
            self.time.now,
            &mut |event| found.push(event),
        );
        for event in found {
            self.tell(Happening::Received(Box::new(event)));
        }
        synced.map(drop)
    }

    fn room(&mut self, mailbox: &mut dyn Mailbox) -> Result<(), transport::Error> {
        let Some(quota) = mailbox.quota()? else {
            return Ok(());
        };
        let percent = percent(quota);
        let holding = percent >= FULL_PERCENT;
        let was_holding = self.hold.swap(holding, Ordering::SeqCst);
        if percent >= NEARLY_PERCENT || was_holding != holding {
            self.tell(Happening::Room { quota, holding });
        }
        Ok(())
    }

    /// Until the next look; short while rows are leaving, since each brings receipts.
    fn pause_between(&mut self, mailbox: &mut dyn Mailbox) -> Result<(), Error> {
        let was_sent = self.sent.load(Ordering::SeqCst);
        let limit = self.poll;
        if was_sent {
            mailbox.wait(limit, self.poll, self.stop)?;
            return Ok(());
        }
        let mut left = limit;
        while !left.is_zero() && !self.stop.is_asked() && !self.sent.load(Ordering::SeqCst) {
            let turn = left.min(TURN);
            (self.time.sleep)(turn);
            left -= turn;
        }
        Ok(())
    }

    fn wait(&self, pause: Duration) -> bool {
        let mut left = pause;
        while !left.is_zero() && !self.stop.is_asked() {
            let turn = left.min(TURN);
            (self.time.sleep)(turn);
            left -= turn;
        }
        !self.stop.is_asked()
    }

    fn tell(&mut self, what: Happening) {
        (self.on_event)(Event {
            account: self.account.to_owned(),
            row: None,
            what,
        });
    }
}

fn percent(quota: Quota) -> u64 {
    if quota.limit == 0 {
        return 0;
    }
    u64::try_from(u128::from(quota.used) * 100 / u128::from(quota.limit)).unwrap_or(100)
}
