//! `pec account`: the mailboxes that we use, their servers, and where their passwords come from.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod add;
pub(super) mod arguments;
mod change;
mod json;
mod list;
mod remove;
mod sure;
mod test;
mod text;

use super::Session;
use crate::exit::ExitStatus;

/// The order to look at accounts, or to change them.
pub(super) enum AccountOrder {
    Add(Box<add::AddOrder>),
    List(list::ListOrder),
    Presets(list::PresetsOrder),
    Test(test::TestOrder),
    Remove(remove::RemoveOrder),
    Change(change::ChangeOrder),
}

pub(super) fn run(order: AccountOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        AccountOrder::Add(order) => add::run(*order, session),
        AccountOrder::List(order) => list::run(&order, session),
        AccountOrder::Presets(order) => list::run_presets(&order, session),
        AccountOrder::Test(order) => test::run(&order, session),
        AccountOrder::Remove(order) => remove::run(&order, session),
        AccountOrder::Change(order) => change::run(order, session),
    }
}
