//! `pec check`: whether addresses are certified mail, with the evidence for it.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod given;
mod report;
mod servers;

use std::path::PathBuf;

use self::given::{Addresses, Where};
use self::servers::Asked;
use super::register::Register;
use super::{Session, access};
use crate::client;
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::Form;

pub(super) use report::Document;

/// The order to check addresses.
pub(super) struct CheckOrder {
    /// Addresses and files.
    words: Vec<PathBuf>,
    /// The column of the addresses.
    column: Option<String>,
    sheet: Option<String>,
    servers: AskedServers,
    form: Form,
}

/// Which name servers are asked.
pub(super) enum AskedServers {
    None,
    OfSystem,
    /// That with this address.
    At(String),
}

pub(super) fn run(order: &CheckOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut asked = Asked::of(&order.servers, session)?;
    let place = Where {
        column: order.column.as_deref(),
        sheet: order.sheet.as_deref(),
        lang: session.lang,
    };
    let addresses = Addresses::of(&order.words, &place)?;
    let ledger = access::existing_ledger(session)?;
    let register = Register::of(session);
    let now = session.context.clock.now();
    let mut document = Document::new(now, addresses.unread);
    let words = Catalogue::of(session.lang).text("reach.checked");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    for one in addresses.all {
        progress.add(1);
        let mut evidence = register.evidence(&one.address);
        evidence.extend(asked.evidence(&one.address, now));
        let known = |_: &_| evidence.clone();
        let judgement = client::reach(&one.address, ledger.as_ref(), &known);
        document.add(&one, &judgement);
    }
    progress.finish();
    Ok(session.out.show(&document, order.form)?)
}
