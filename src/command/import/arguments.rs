//! What `pec import` is told.

use std::path::PathBuf;

use super::ImportOrder;
use super::report::Results;
use crate::command::order::Order;
use crate::output::report::Form;

/// Take receipts and certified messages that are kept elsewhere into the ledger
///
/// Reads what pec verify reads: message files, folders, mbox, zip, gzip, Apple Mail files (.emlx), and
/// containers of pec export. Everything that claims to be certified mail is kept and verified, exactly
/// as if pec sync had found it: genuine receipts move the messages that they are about, received
/// certified mail appears in pec inbox. What is already known is not counted twice, so an interrupted
/// import continues when it is repeated.
///
/// A message that was sent is not taken in: without a receipt a file does not show that anything was
/// sent. Its receipts are kept, and count for pec send and pec batch as those in the mailbox do.
/// Ordinary mail is left where it is. No file is changed and no server is contacted.
///
/// Exit status: 0 if everything was read; 1 if a message that claims to be certified mail is not
/// shown to be genuine; 2 if something cannot be read; 4 if the ledger cannot be written.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec import [OPTIONS] <FILE|DIR>..."
)]
pub(in crate::command) struct Arguments {
    /// Files, folders, archives, containers; - for standard input
    #[arg(value_name = "FILE|DIR", required_unless_present = "json_schema")]
    files: Vec<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Results>();
        }
        Order::Import(ImportOrder {
            files: self.files,
            form: Form::of(self.json),
        })
    }
}
