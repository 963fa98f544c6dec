//! The mailbox before anything leaves that nobody confirms: all of it that can be opened, since
//! people and their programs file receipts anywhere.

use super::sync::{Event, Judge, folders_not_read, folders_to_read, sync};
use super::{Error, Now};
use crate::ledger::{Ledger, Unread};
use crate::transport::Mailbox;

/// What of a mailbox could not be read.
#[derive(Clone, Debug, Default)]
pub struct Missed {
    /// A folder that is always read, and why: what was sent before cannot be known, and nothing may
    /// leave.
    pub needed: Option<(String, String)>,
    /// Others, and why.
    pub others: Vec<(String, String)>,
    /// Messages that did not come. They are remembered, and asked for again.
    pub messages: Vec<Unread>,
}

/// Reads what is new in every folder that can be opened; `named` are read besides INBOX in any
/// case.
///
/// # Errors
/// As [`sync()`].
pub fn read_all(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    mailbox: &mut dyn Mailbox,
    named: &[String],
    now: Now<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Missed, Error> {
    let listed = mailbox.folders()?;
    let needed = folders_to_read(&listed, named);
    let all = [&*needed, &*folders_not_read(&listed, &needed)].concat();
    let began = now();
    let report = sync(ledger, judge, mailbox, &all, now, on_event)?;
    let unread = report.unread.into_iter();
    let (of_needed, others): (Vec<_>, Vec<_>) =
        unread.partition(|(folder, _)| needed.contains(folder));
    if of_needed.is_empty() {
        ledger.note_look(judge.account, began)?;
    }
    Ok(Missed {
        needed: of_needed.into_iter().next(),
        others,
        messages: report.unread_messages,
    })
}
