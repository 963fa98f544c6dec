//! Staying with the mailbox until something is so, the time is over, or somebody says stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::access::{self, Access};
use super::follow::{Form, Summary, tell, tell_odd_folder, tell_unlisted, tell_unread};
use super::{Session, lists, store};
use crate::account::Lists;
use crate::client::batch::Reach;
use crate::client::{self, Ends, Patience, WatchEnd, WatchEvent};
use crate::context::stop_on_signals;
use crate::exit::ExitStatus;
use crate::ledger::{self, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::progress::Waiting;
use crate::transport::{self, Mailbox, Stop, Timeouts};
use crate::verify::Verifier;

/// When it is said that somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    /// It was said before.
    Before,
    /// Once the mailbox is open and was read.
    WhenRead,
}

/// How staying ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StayEnd {
    /// What was waited for is there.
    Done,
    /// Somebody ended it.
    Stopped,
    /// The time is over.
    TimeOver,
}

/// Watches until done, asked to stop, or the time is over.
pub(super) fn stay(
    access: &mut Access,
    ledger: &mut Ledger,
    patience: Patience,
    limit: Option<Duration>,
    (form, announced): (Form, Announced),
    is_done: &mut dyn FnMut(&Ledger) -> Result<bool, ledger::Error>,
    session: &mut Session<'_>,
) -> anyhow::Result<StayEnd> {
    let verifier = access.verifier()?;
    access.tell_trust(session)?;
    let (stop, cut) = (Stop::default(), Stop::default());
    let signals = stop_on_signals();
    let alarm = Alarm::set(limit, &signals, (&stop, &cut));
    let clock = session.context.clock;
    let address = access.account.address.clone();
    let named = access.account.folders.clone();
    access.heed(&cut);
    let mut no_password = None;
    let (keep, archived) = (access.account.keep, access.account.lists);
    let mut connect = || {
        let timeouts = Timeouts::default().within(alarm.left());
        connect(access, timeouts, &mut no_password)
    };
    let judge = client::Judge {
        account: &address,
        verifier: &verifier,
        keep,
    };
    let mut written = Ok(());
    let mut learning = Learning::of([&verifier]);
    let mut daily = lists::Daily::default();
    let waiting = waiting(session);
    let ready = announced == Announced::WhenRead;
    let watched = client::watch(
        ledger,
        judge,
        &mut connect,
        &named,
        patience,
        Ends {
            stop: &stop,
            cut: &cut,
        },
        &|| clock.now(),
        is_done,
        &mut |event| {
            let told = match event {
                WatchEvent::Ready if !ready => Ok(()),
                event => waiting.suspend(|| {
                    learning.keep(session);
                    if let (Lists::Kept, WatchEvent::Found(event)) = (archived, &event) {
                        daily.keep(event, verifier.trust(), session)?;
                    }
                    tell_watch(event, form, session)
                }),
            };
            if written.is_ok() && told.is_err() {
                written = told;
                // The reader went away: nobody is told any more.
                stop.ask();
                cut.ask();
            }
        },
    );
    drop(waiting);
    learning.keep(session);
    if let Some(error) = no_password {
        // A command that a signal ended is no fault of its own.
        return match signals.is_asked() {
            true => written.map(|()| StayEnd::Stopped),
            false => Err(error),
        };
    }
    written?;
    let ended = watched.map_err(|error| access.failure_of_journey(&error))?;
    Ok(match (ended, signals.is_asked()) {
        (WatchEnd::Done, _) => StayEnd::Done,
        (WatchEnd::Stopped, true) => StayEnd::Stopped,
        (WatchEnd::Stopped, false) => StayEnd::TimeOver,
    })
}

/// Watches all of several accounts at once, each over its own connection, until asked to stop or the
/// time is over. What ends one of them ends no other; the worst of them is the answer.
///
/// # Errors
/// When a password cannot be had, or the ledger cannot be opened; those of the streams.
pub(super) fn stay_with_all(
    all: &mut [Access],
    patience: Patience,
    limit: Option<Duration>,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<(ExitStatus, StayEnd)> {
    let (mut lines, mut ledgers, mut verifiers) = (Vec::new(), Vec::new(), Vec::new());
    let (stop, cut) = (Stop::default(), Stop::default());
    let signals = stop_on_signals();
    let _alarm = Alarm::set(limit, &signals, (&stop, &cut));
    for access in all.iter_mut() {
        access.heed(&cut);
        verifiers.push(access.verifier()?);
        access.tell_trust(session)?;
        ledgers.push(access::ledger_for(&access.account, session)?);
        // Asked for one after the other, before the first event is told among the questions.
        match access.line() {
            Ok(line) => lines.push(line),
            Err(_) if signals.is_asked() => return Ok((ExitStatus::Yes, StayEnd::Stopped)),
            Err(error) => return Err(error),
        }
    }
    let clock = session.context.clock;
    let waiting = waiting(session);
    let (send, events) = mpsc::channel();
    let parts = all.iter().zip(lines).zip(ledgers).zip(&verifiers);
    let mut learning = Learning::of(&verifiers);
    std::thread::scope(|threads| {
        for (((access, mut line), mut ledger), verifier) in parts {
            let (send, stop, cut) = (send.clone(), stop.clone(), cut.clone());
            threads.spawn(move || {
                let watched = client::watch(
                    &mut ledger,
                    client::Judge {
                        account: &access.account.address,
                        verifier,
                        keep: access.account.keep,
                    },
                    &mut || line.mailbox(),
                    &access.account.folders,
                    patience,
                    Ends {
                        stop: &stop,
                        cut: &cut,
                    },
                    &|| clock.now(),
                    &mut |_| Ok(false),
                    // Nobody listens any more only when all of it ends.
                    &mut |event| drop(send.send((access, verifier, Happened::Event(event)))),
                );
                drop(send.send((access, verifier, Happened::End(watched))));
            });
        }
        drop(send);
        let mut spoken_of: Option<&Access> = None;
        let (mut status, mut end) = (ExitStatus::Yes, StayEnd::Done);
        let mut written = Ok(());
        let mut daily = lists::Daily::default();
        for (access, verifier, happened) in events {
            let one = || -> anyhow::Result<()> {
                let is_other = spoken_of.is_none_or(|other| !std::ptr::eq(other, access));
                if is_other && form == Form::Text {
                    access::tell_account(&access.account, session)?;
                    spoken_of = Some(access);
                }
                learning.keep(session);
                match happened {
                    Happened::Event(event) => {
                        if let (Lists::Kept, WatchEvent::Found(event)) =
                            (access.account.lists, &event)
                        {
                            daily.keep(event, verifier.trust(), session)?;
                        }
                        tell_watch(event, form, session)
                    }
                    Happened::End(Ok(one)) => {
                        if one == WatchEnd::Stopped {
                            end = StayEnd::Stopped;
                        }
                        Ok(())
                    }
                    Happened::End(Err(error)) => {
                        let failure = access.failure_of_journey(&error);
                        status = status.worse(access::tell_failure(failure.into(), session)?);
                        Ok(())
                    }
                }
            };
            if written.is_ok() {
                written = waiting.suspend(one);
                if written.is_err() {
                    // The reader went away: nobody is told any more.
                    stop.ask();
                    cut.ask();
                }
            }
        }
        written.map(|()| (status, end))
    })
}

/// What those who judge learn while somebody stays, kept as it comes: a watch may end any way.
struct Learning<'v>(Vec<(&'v Verifier, usize)>);

impl<'v> Learning<'v> {
    fn of(verifiers: impl IntoIterator<Item = &'v Verifier>) -> Self {
        Self(verifiers.into_iter().map(|one| (one, 0)).collect())
    }

    fn keep(&mut self, session: &mut Session<'_>) {
        for (verifier, kept) in &mut self.0 {
            let learned = verifier.learned().len();
            if learned > *kept {
                store::keep_learned(verifier, session);
                *kept = learned;
            }
        }
    }
}

/// The line that says for how long somebody waits, where somebody looks.
fn waiting(session: &Session<'_>) -> Waiting {
    let since = shown(session.context.clock.now(), session.lang);
    let visible = session.context.shows_progress();
    Waiting::begin(visible, since, Catalogue::of(session.lang))
}

/// What happens at one of several accounts.
enum Happened {
    Event(WatchEvent),
    End(Result<WatchEnd, client::Error>),
}

/// For the last look when the time is over; on a dead line the end comes no later.
const GRACE: Duration = Duration::from_secs(5);

/// Ends a wait when the time is over or a signal came; ends itself when dropped.
struct Alarm {
    ended: Stop,
    /// Milliseconds that passed.
    passed: Arc<AtomicU64>,
    limit: Option<Duration>,
}

impl Alarm {
    /// `stop` is asked when the time is over, `cut` some seconds later; both by a signal.
    fn set(limit: Option<Duration>, signals: &Stop, (stop, cut): (&Stop, &Stop)) -> Self {
        const TURN: Duration = Duration::from_millis(100);
        let alarm = Self {
            ended: Stop::default(),
            passed: Arc::default(),
            limit,
        };
        let (signals, over, clock) = (signals.clone(), alarm.ended.clone(), alarm.passed.clone());
        let (stop, cut) = (stop.clone(), cut.clone());
        std::thread::spawn(move || {
            let mut passed = Duration::ZERO;
            while !over.is_asked() && !cut.is_asked() {
                if signals.is_asked() || limit.is_some_and(|limit| passed >= limit) {
                    stop.ask();
                }
                if signals.is_asked()
                    || limit.is_some_and(|limit| passed >= limit.saturating_add(GRACE))
                {
                    cut.ask();
                }
                std::thread::sleep(TURN);
                passed += TURN;
                let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
                clock.store(millis, Ordering::SeqCst);
            }
        });
        alarm
    }

    /// How long anything may last from now on.
    fn left(&self) -> Duration {
        let passed = Duration::from_millis(self.passed.load(Ordering::SeqCst));
        match self.limit {
            Some(limit) => limit.saturating_add(GRACE).saturating_sub(passed),
            None => Duration::MAX,
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.ended.ask();
    }
}

/// A connection for those who try again. A password that cannot be had is no broken line: it
/// ends the journey, in its own words, which are left in `no_password`.
pub(super) fn connect(
    access: &mut Access,
    timeouts: Timeouts,
    no_password: &mut Option<anyhow::Error>,
) -> Result<Box<dyn Mailbox>, transport::Error> {
    match access.connect_within(timeouts) {
        Ok(connected) => connected.map(|mailbox| Box::new(mailbox) as Box<dyn Mailbox>),
        Err(error) => {
            *no_password = Some(error);
            Err(transport::Error::Held("password".to_owned()))
        }
    }
}

fn tell_watch(event: WatchEvent, form: Form, session: &mut Session<'_>) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    match event {
        WatchEvent::Found(event) => tell(&Summary::of(&event), form, session),
        WatchEvent::Ready if form == Form::Text => {
            Ok(writeln!(session.err, "{}", texts.text("watch.ready"))?)
        }
        WatchEvent::Ready => Ok(()),
        WatchEvent::Unread { folder, reason } => tell_unread(&folder, &reason, session),
        WatchEvent::OddFolder(line) => tell_odd_folder(&line, session),
        WatchEvent::Unlisted(reason) => tell_unlisted(&reason, session),
        WatchEvent::NotAsked(error) => {
            let line = texts.fill("watch.not-asked", &[("reason", &error.to_string())]);
            Ok(writeln!(session.err, "{line}")?)
        }
        WatchEvent::Broken { error, pause } => {
            let seconds = pause.as_secs().to_string();
            let reason = error.to_string();
            let values = [("reason", &*reason), ("seconds", &*seconds)];
            Ok(writeln!(
                session.err,
                "{}",
                texts.fill("watch.broken", &values)
            )?)
        }
    }
}
