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

/// What of the mailbox keeps everything back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptBack {
    /// A folder that is always read could not be.
    #[error("{folder}: {reason}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        reason: String,
    },
    /// So many messages did not come, and one of them may be an acceptance that the ledger had
    /// lost.
    #[error("{0} messages did not come")]
    Messages(usize),
}

/// Why the mailbox is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The ledger is a copy or had lost rows: what it takes for unsent may have been sent.
    Loss,
    /// Nobody confirms what leaves: it may have left from elsewhere.
    Nobody,
}

impl Missed {
    /// What lets nothing leave. A message that never comes would keep everything back for ever:
    /// only where the ledger had lost something it does.
    pub(super) fn keeps_back(&self, cause: Cause) -> Option<KeptBack> {
        if let Some((folder, reason)) = self.needed.clone() {
            return Some(KeptBack::Folder { folder, reason });
        }
        let count = self.messages.len();
        (cause == Cause::Loss && count > 0).then_some(KeptBack::Messages(count))
    }
}
