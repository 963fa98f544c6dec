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
