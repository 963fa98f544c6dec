//! `pec watch`: stays, and tells what comes into the mailbox.

pub(super) mod arguments;

use std::time::Duration;

use super::access::{self, Access};
use super::follow::Form;
use super::stay::{Announced, StayEnd};
use super::{Session, stay};
use crate::client::Patience;
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;

/// The order to stay.
pub(super) struct WatchOrder {
    /// Folders to read too.
    folders: Vec<String>,
    /// How often to look.
    poll: Duration,
    /// When to end by itself.
    lasts: Option<Duration>,
    form: Form,
}

pub(super) fn run(order: WatchOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let patience = Patience {
        poll: order.poll,
        ..Patience::default()
    };
    // A folder is one mailbox's.
    let mut all = match order.folders.is_empty() {
        false => vec![Access::open(session)?],
        true => Access::all(session)?,
    };
    if all.len() > 1 {
        let (status, end) =
            stay::stay_with_all(&mut all, patience, order.lasts, order.form, session)?;
        tell_end(end, order.form, session)?;
        return Ok(status);
    }
    let mut access = all.remove(0);
    access.account.folders.extend(order.folders);
    let mut ledger = access::ledger_for(&access.account, session)?;
    let end = stay::stay(
        &mut access,
        &mut ledger,
        patience,
        order.lasts,
        (order.form, Announced::WhenRead),
        &mut |_| Ok(false),
        session,
    )?;
    tell_end(end, order.form, session)?;
    Ok(ExitStatus::Yes)
}

fn tell_end(end: StayEnd, form: Form, session: &mut Session<'_>) -> anyhow::Result<()> {
    if end != StayEnd::Done && form == Form::Text {
        let texts = Catalogue::of(session.lang);
        writeln!(session.err, "{}", texts.text("watch.stopped"))?;
    }
    Ok(())
}
