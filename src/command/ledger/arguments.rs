//! What `pec ledger` and the commands in it are told.

use std::path::PathBuf;

use clap::Subcommand;

use super::{LedgerOrder, backup, check, restore, stat};
use crate::command::order::Order;
use crate::ledger::Wanted;
use crate::output::report::Form;

/// Look after the ledger: check it, back it up, put it back
///
/// The ledger is where it is recorded what was sent and what came back, with every message and
/// receipt as it was: the evidence.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(CheckArguments),
    Backup(BackupArguments),
    Restore(RestoreArguments),
    Stat(StatArguments),
}

/// Check that the ledger is sound and every message and receipt is there
///
/// Reads the whole database, and every file that it names: each must be there and hold what was
/// kept (SHA-256). Changes nothing. For many thousands of messages it takes minutes.
///
/// Exits with 0 if all is there, 1 if something is missing or damaged, 2 if there is no ledger or
/// it cannot be read at all.
#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Make a backup, while others send and read
///
/// A backup is a folder of its own with the database, every message and every receipt, and a list
/// of what belongs to it. It gets its name when all of it is on the disk: what has that name is
/// whole, whatever was killed. Configuration and passwords are not in it.
///
/// Exits with 0 if it is made, 1 if it is made without messages or receipts that were missing or
/// damaged already.
#[derive(Debug, clap::Args)]
struct BackupArguments {
    /// The folder to make; there must be nothing there
    #[arg(value_name = "DIR", required_unless_present = "json_schema")]
    to: Option<PathBuf>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Put a backup back
///
/// The folder of data must be empty, or not there; what was in it has to be moved elsewhere first.
/// Every file is compared with its SHA-256 while it is copied. What was sent after the backup was
/// made only the mailbox knows: it is read before anything leaves.
///
/// Exits with 0 if it is done, 1 if it is done without messages or receipts that are missing, 2 if
/// the folder is no whole backup.
#[derive(Debug, clap::Args)]
struct RestoreArguments {
    /// The backup
    #[arg(value_name = "DIR", required_unless_present = "json_schema")]
    from: Option<PathBuf>,

    /// Put back what is there, even where messages or receipts of the backup are missing or damaged
    #[arg(long)]
    incomplete: bool,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Say how much the ledger holds, and when each mailbox was last read
///
/// Exits with 0, or with 2 if there is no ledger.
#[derive(Debug, clap::Args)]
struct StatArguments {
    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        match self.action {
            Action::Check(of) if of.json_schema => Order::schema::<check::Results>(),
            Action::Check(of) => Order::Ledger(LedgerOrder::Check(Form::of(of.json))),
            Action::Backup(BackupArguments {
                to: Some(to),
                json,
                json_schema: false,
            }) => Order::Ledger(LedgerOrder::BackUp(to, Form::of(json))),
            Action::Backup(_) => Order::schema::<backup::Made>(),
            Action::Restore(RestoreArguments {
                from: Some(from),
                incomplete,
                json,
                json_schema: false,
            }) => {
                let wanted = match incomplete {
                    true => Wanted::WhatIsThere,
                    false => Wanted::Whole,
                };
                Order::Ledger(LedgerOrder::Restore(from, wanted, Form::of(json)))
            }
            Action::Restore(_) => Order::schema::<restore::Done>(),
            Action::Stat(of) if of.json_schema => Order::schema::<stat::Results>(),
            Action::Stat(of) => Order::Ledger(LedgerOrder::Stat(Form::of(of.json))),
        }
    }
}
