//! What `pec ledger` and the commands in it are told.

use std::path::PathBuf;

use clap::Subcommand;

use super::{LedgerOrder, backup, check, restore, stat};
use crate::command::order::Order;
use crate::ledger::Wanted;
use crate::output::report::Form;

/// Manage the ledger: check, backup, restore
///
/// The ledger contains everything that was sent and everything that came back, with every message
/// and receipt in the original: the evidence.
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

/// Check that the ledger is intact and that every message and receipt is there
///
/// Reads the whole database and every file recorded in it: each must be present and have the
/// content that was stored (SHA-256). Changes nothing. With many thousands of messages it takes
/// some minutes.
///
/// Exit status: 0 if everything is there; 1 if something is missing or damaged; 2 if there is no
/// ledger or it cannot be read.
#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Create a backup, even while others send and read
///
/// A backup is a folder of its own with the database, every message, every receipt, the trust data
/// and revocation lists that were stored, the public offices and a list of its contents. It gets its
/// final name only when everything is on the disk: a folder with that name is therefore complete, even
/// after an interruption. Configuration and passwords are not included.
///
/// Exit status: 0 if it is complete; 1 if it lacks messages or receipts that were already missing
/// or damaged.
#[derive(Debug, clap::Args)]
struct BackupArguments {
    /// Folder to create; it must not exist yet
    #[arg(value_name = "DIR", required_unless_present = "json_schema")]
    to: Option<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Restore a backup
///
/// The data folder must be empty or not exist; move its contents elsewhere first. Every file is
/// compared with its SHA-256 while it is copied. What was sent after the backup is known only from
/// the mailbox, which is read before anything is sent.
///
/// Exit status: 0 if the restore is complete; 1 if messages or receipts are missing; 2 if the
/// folder is not a complete backup.
#[derive(Debug, clap::Args)]
struct RestoreArguments {
    /// The backup
    #[arg(value_name = "DIR", required_unless_present = "json_schema")]
    from: Option<PathBuf>,

    /// Restore what is there, even if messages or receipts of the backup are missing or damaged
    #[arg(long)]
    incomplete: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Show what the ledger contains and when each mailbox was last read
///
/// Exit status: 0; 2 if there is no ledger.
#[derive(Debug, clap::Args)]
struct StatArguments {
    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
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
