//! For whom of a job a receipt is still to come, and who has waited too long for one.

use crate::address::MailAddress;
use crate::ledger::state::{Deadline, Standing};
use crate::ledger::{Error, JobRef, JobRow, Ledger, MessageRef};
use crate::timestamp::Timestamp;

/// Rows read from the ledger at once.
const PAGE: usize = 500;
/// Seconds from an acceptance to the first notice, and from that to the second.
const TWELVE_HOURS: i64 = 12 * 3_600;

/// A recipient for whom a receipt is still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The row, as a spreadsheet shows it.
    pub row: u64,
    /// Its reference.
    pub reference: String,
    /// The message.
    pub message: MessageRef,
    /// The recipient.
    pub recipient: MailAddress,
    /// Where it stands.
    pub standing: Standing,
    /// Since when it stands there.
    pub since: Option<Timestamp>,
    /// What may be expected.
    pub deadline: Deadline,
}

impl Awaited {
    /// When its receipt should have come, if that is past: ask the provider.
    pub const fn overdue(&self) -> Option<Timestamp> {
        match self.deadline {
            Deadline::Overdue(at) => Some(at),
            Deadline::Acceptance(_) | Deadline::FirstNotice(_) | Deadline::SecondNotice(_) => None,
        }
    }

    /// When the last word is due at the latest: the second notice, 24 hours after the acceptance
    /// and twelve after the first (RFC 6109, 3.1.6).
    pub const fn at_last(&self) -> Timestamp {
        let (at, more) = match self.deadline {
            Deadline::Acceptance(at) => (at, 2 * TWELVE_HOURS),
            Deadline::FirstNotice(at) => (at, TWELVE_HOURS),
            Deadline::SecondNotice(at) | Deadline::Overdue(at) => (at, 0),
        };
        Timestamp::from_unix(at.unix() + more)
    }
}

/// Gives each recipient of a job for whom a receipt is still to come, of one account or of all,
/// by row; as long as `each` says that it wants more.
///
/// # Errors
/// Those of the ledger.
pub fn awaited(
    ledger: &Ledger,
    job: &JobRef,
    account: Option<&MailAddress>,
    now: Timestamp,
    each: &mut dyn FnMut(Awaited) -> bool,
) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let page = ledger.awaited_rows(job, account, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.row.number;
        for row in &page {
            if !of_row(ledger, row, now, each)? {
                return Ok(());
            }
        }
    }
}

fn of_row(
    ledger: &Ledger,
    row: &JobRow,
    now: Timestamp,
    each: &mut dyn FnMut(Awaited) -> bool,
) -> Result<bool, Error> {
    let Some(message) = &row.message else {
        return Ok(true);
    };
    for recipient in ledger.view(message)?.recipients {
        let Some(deadline) = recipient.state.deadline(now) else {
            continue;
        };
        let wants_more = each(Awaited {
            row: row.row.number,
            reference: row.row.reference.clone(),
            message: message.clone(),
            recipient: recipient.address,
            standing: recipient.state.standing,
            since: recipient.state.since,
            deadline,
        });
        if !wants_more {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a receipt may still come in time for anybody.
///
/// # Errors
/// Those of the ledger.
pub fn is_awaited(
    ledger: &Ledger,
    job: &JobRef,
    account: Option<&MailAddress>,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut found = false;
    awaited(ledger, job, account, now, &mut |one| {
        found = one.overdue().is_none();
        !found
    })?;
    Ok(found)
}
