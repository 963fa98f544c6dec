//! `pec watch`: stays, and tells what comes into the mailbox.

pub(super) mod arguments;

use std::time::Duration;

use super::access::{self, Access};
use super::follow::Form;
use super::{Session, stay};
use crate::client::{Patience, WatchEnd};
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
    let mut access = Access::open(session)?;
    access.account.folders.extend(order.folders);
    let mut ledger = access::ledger_for(&access.account, session)?;
    let patience = Patience {
        poll: order.poll,
        ..Patience::default()
    };
    let end = stay::stay(
        &mut access,
        &mut ledger,
        patience,
        order.lasts,
        order.form,
        &mut |_| Ok(false),
        session,
    )?;
    if end == WatchEnd::Stopped && order.form == Form::Text {
        let texts = Catalogue::of(session.lang);
        writeln!(session.err, "{}", texts.text("watch.stopped"))?;
    }
    Ok(ExitStatus::Yes)
}
