//! What law courts take when the receipts of a notification are filed: names, sizes, numbers and forms
//! of files, and which receipts must be there.
//!
//! The rules stand in `courts.toml`, each with its source, the day on which that was read and how sure it
//! is: the specifications of the civil courts (DGSIA, 2 August 2024), those of the tax courts (decree of
//! 4 August 2015) and those of the administrative courts (DPCS of 28 July 2021). What is sure and does not
//! fit fails; all else is a doubt. No clock, no disk. No case is judged here, and whether a notification
//! is valid is nothing that files can show.

mod before;
mod ground;
mod inside;
mod objection;
mod receipts;
mod rules;

pub use ground::{Ground, Sureness};
pub use objection::{Matter, Objection, Weight};
pub use receipts::{Receipt, full_mailboxes, of_receipts};
pub use rules::{Court, Filed, Formats, Limit, Of, Rules};

/// Octets that a complete delivery receipt has beside the message in it (RFC 6109, 3.3.2): its text, its
/// certification data and its signature come to some 10 KB.
pub const AROUND_MESSAGE: u64 = 10_000;
