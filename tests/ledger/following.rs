//! Receipts of a job while its notices leave: how long a mailbox is tried, how often it is looked
//! into, and when it is told how full it is.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postacert::account::Keep;
use postacert::client::batch::{Event, Follower, Happening, Reach, Time};
use postacert::client::{self, Judge};
use postacert::transport::{Censor, Error, Mailbox, Quota, Reply, Stop, Submission};

use crate::record;
use crate::support::mailbox::Script;
use crate::support::sender::{Desk, account};

const POLL: Duration = Duration::from_secs(10);

/// What a mailbox says each time that it is connected to; then somebody asks to stop.
struct Scripted<'a> {
    connections: VecDeque<Result<Script, Error>>,
    stop: &'a Stop,
}

impl Reach for Scripted<'_> {
    fn submission(&mut self) -> Result<Box<dyn Submission>, Error> {
        Err(Error::Silent)
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, Error> {
        let connection = self.connections.pop_front().unwrap_or_else(|| {
            self.stop.ask();
            Err(Error::Silent)
        });
        connection.map(|script| Box::new(script) as Box<dyn Mailbox>)
    }
}

/// How following ended, what was told, and what was held back then.
struct Followed {
    end: Result<(), client::Error>,
    told: Vec<String>,
    held: bool,
    slept: Duration,
}

/// Follows a job until somebody asks to stop, after a while at the latest.
fn follow(
    connections: impl IntoIterator<Item = Result<Script, Error>>,
    while_at_most: Duration,
) -> Followed {
    let mut desk = Desk::new();
    let job = record(&mut desk, []);
    let (stop, hold, sent) = (
        Stop::default(),
        AtomicBool::new(false),
        AtomicBool::new(false),
    );
    let slept = Cell::new(Duration::ZERO);
    let mut told = Vec::new();
    let now = desk.now;
    let follower = Follower {
        ledger: &mut desk.ledger,
        job: &job,
        account: "prova",
        judge: Judge {
            account: &account(),
            verifier: &desk.verifier,
            keep: Keep::All,
        },
        folders: &[],
        reach: &mut Scripted {
            connections: connections.into_iter().collect(),
            stop: &stop,
        },
        poll: POLL,
        stop: &stop,
        sent: &sent,
        hold: &hold,
        time: Time {
            now: &|| now,
            sleep: &|time| {
                slept.set(slept.get() + time);
                if slept.get() >= while_at_most {
                    stop.ask();
                }
            },
        },
        on_event: &mut |event: Event| {
            told.push(match event.what {
                Happening::NoMailbox(_) => "no mailbox".to_owned(),
                Happening::Room { quota, holding } => format!("{} {holding}", quota.used),
                other => format!("{other:?}"),
            });
        },
    };
    let end = follower.follow();
    Followed {
        end,
        told,
        held: hold.load(Ordering::SeqCst),
        slept: slept.get(),
    }
}

fn full(percents: &[u64]) -> Script {
    let mut script = Script::inbox([]);
    script.quotas = percents
        .iter()
        .map(|&used| Quota { used, limit: 100 })
        .collect();
    script
}

#[test]
fn a_mailbox_is_tried_again_unless_its_login_is_refused() {
    const LONG: Duration = Duration::from_secs(3_600);
    let refused = || {
        let text = Censor::none().text("no such user");
        Err(Error::LoginRefused(Reply { code: 535, text }))
    };
    let followed = follow([Err(Error::Silent), refused(), Ok(full(&[]))], LONG);
    assert!(
        matches!(
            &followed.end,
            Err(client::Error::Transport(Error::LoginRefused(_)))
        ),
        "{:?}",
        followed.end
    );
    assert_eq!(followed.told, ["no mailbox"]);
    // The twin: one that says nothing may answer later.
    let followed = follow([Err(Error::Silent), Err(Error::Silent)], LONG);
    assert!(followed.end.is_ok(), "{:?}", followed.end);
    assert_eq!(followed.told, ["no mailbox"; 3]);
}

#[test]
fn a_mailbox_is_looked_into_once_in_each_interval_while_rows_leave() {
    // And once more when somebody asks to stop.
    for (looks, at_most) in [(2, 9), (3, 19), (4, 29)] {
        let followed = follow([Ok(full(&[90; 9]))], Duration::from_secs(at_most));
        assert_eq!(
            followed.told.len(),
            looks,
            "{at_most} s: {:?}",
            followed.told
        );
        assert!(
            followed.slept < Duration::from_secs(at_most + 1),
            "{:?}",
            followed.slept
        );
    }
}

/// From 80 of 100 on, and when sending begins to wait, or ends.
#[test]
fn how_full_a_mailbox_is_is_told_when_it_matters() {
    let used = [10, 10, 79, 80, 94, 95, 99, 50, 50];
    let followed = follow([Ok(full(&used))], POLL * 8 + POLL / 2);
    assert_eq!(
        followed.told,
        ["80 false", "94 false", "95 true", "99 true", "50 false"]
    );
    assert!(!followed.held);
    // What it said is nothing any more once it cannot be asked.
    let mut breaks = full(&[95]);
    breaks.breaks_at = Some(9);
    let followed = follow([Ok(breaks)], POLL * 9);
    assert!(
        followed
            .told
            .starts_with(&["95 true".to_owned(), "no mailbox".to_owned()]),
        "{:?}",
        followed.told
    );
    assert!(!followed.held);
}
