//! `pec batch`: many notices from one table, each once.

mod arguments;
mod check;
mod ending;
mod events;
mod html;
pub(super) mod known;
mod lines;
mod order;
mod original;
mod place;
mod prepare;
mod problem;
mod receipts;
mod report;
mod run;
mod status;
pub(super) mod tables;
mod template;
mod view;

use schemars::{Schema, SchemaGenerator};

use super::Session;
use crate::exit::ExitStatus;
use crate::ledger::state::Standing;
use crate::output::report as output;

pub(super) use arguments::Arguments;
pub(super) use order::BatchOrder;

/// The schema of all JSON of these commands.
fn schema() -> Schema {
    const ABOUT: &str = "All JSON of `pec batch`: two documents (check, status) and two kinds of \
        lines (run, report), told apart by `schema`. Every field that is described is always \
        there; where there is nothing to say it is null or empty. Fields may be added within \
        version 1, so objects are open. Characters that act on a terminal are written as \\uXXXX.";
    const TITLE: &str = "Many notices at once, as pec batch tells of them, version 1";
    let of = vec![
        ("check", output::schema::<check::Document<'_>>()),
        ("status", output::schema::<status::Document>()),
        ("report", output::schema::<lines::Line>()),
        ("event", output::schema::<events::EventJson<'_>>()),
    ];
    output::any("batch:1", TITLE, ABOUT, of)
}

/// Where a row or a recipient of it stands; `waiting`, `held` and `bad` while it has no message.
fn states(_: &mut SchemaGenerator) -> Schema {
    let rows = ["waiting", "held", "bad"].into_iter();
    output::known(rows.chain(Standing::ALL.map(Standing::word)))
}

pub(super) fn run(order: BatchOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        BatchOrder::Template(file) => template::run(file, session),
        BatchOrder::Check(order) => check::run(&order, session),
        BatchOrder::Run(order) => run::run(&order, session),
        BatchOrder::Status(order) => status::run(&order, session),
        BatchOrder::Report(order) => report::run(&order, session),
    }
}
