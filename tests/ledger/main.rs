//! The ledger, held against the rules of certified mail and against what may happen to a
//! process, a disk and a mailbox.
//!
//! - `accounts`: whose rows they are.
//! - `beside`: nobody waits for a large job.
//! - `following`: receipts of a job while its notices leave.
//! - `letters`: what is read: certified mail, and what stands apart.
//! - `notice`: each notice once, whatever happens.
//! - `store`: what is written stays, once, whoever writes.
//! - `surroundings`: what is noticed when the ledger knows less, or is a copy.
//! - `receipts`: which facts a mailbox teaches, and which not.
//! - `unchanged`: when a folder is known to hold nothing new, and when not.
//! - `doubt`: what a whole mailbox answers about a message in doubt.

#[path = "../support/mod.rs"]
mod support;

use postacert::ledger::{Error, JobRef, NewJob, NewRow};

use support::sender::{Desk, account};

mod accounts;
mod beside;
mod doubt;
mod following;
mod letters;
mod notice;
mod receipts;
mod store;
mod surroundings;
mod unchanged;

/// A row of a reference of its own, for one recipient.
fn row(number: u64) -> NewRow {
    NewRow {
        number,
        account: account(),
        reference: format!("R-{number}"),
        round: String::new(),
        content: format!("content {number}"),
        whom: "a@b.example".to_owned(),
        columns: "{}".to_owned(),
        recipients: 1,
        size: 1_000,
        bad: None,
    }
}

/// Records a job of these rows.
fn record(desk: &mut Desk, rows: impl IntoIterator<Item = NewRow>) -> JobRef {
    let new = NewJob {
        identity: &"0".repeat(64),
        path: "/avvisi.csv",
        recipe: "{}",
    };
    let mut rows = rows.into_iter();
    let mut next = || Ok::<_, Error>(rows.next());
    let recorded = desk
        .ledger
        .record_job(new, &mut next, &mut || Ok(()), desk.now);
    recorded.expect("a job")
}
