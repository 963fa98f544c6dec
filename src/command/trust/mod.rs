//! `pec trust`: who may sign certified mail, since when, from where that is known, and how it is
//! renewed.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod change;
pub(super) mod fetched;
mod given;
mod history;
mod import;
mod list;
mod parts;
mod show;
mod signed;
pub(super) mod update;

use super::Session;
use crate::exit::ExitStatus;
use crate::output::report::Form;

/// What is to be done.
pub(super) enum TrustOrder {
    List {
        /// Whether the receipts of the ledger are read.
        seen: bool,
        form: Form,
    },
    /// Of a host or a certificate.
    Show(String, Form),
    History(Form),
    Import(import::ImportOrder),
    Update(update::UpdateOrder),
}

pub(super) fn run(order: TrustOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        TrustOrder::List { seen, form } => {
            let found = list::of(seen, session)?;
            Ok(session.out.show(&found, form)?)
        }
        TrustOrder::Show(what, form) => {
            let found = show::of(what, session)?;
            Ok(session.out.show(&found, form)?)
        }
        TrustOrder::History(form) => {
            let found = history::of(session);
            Ok(session.out.show(&found, form)?)
        }
        TrustOrder::Import(order) => import::run(&order, session),
        TrustOrder::Update(order) => update::run(&order, session),
    }
}
