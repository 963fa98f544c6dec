//! What `pec sync` is told.

use super::{Again, SyncOrder};
use crate::command::follow::{Form, Summary};
use crate::command::order::Order;

/// Read new receipts once
///
/// Reads INBOX, the folders of the account and every folder named Ricevute, marks, moves and
/// deletes nothing, keeps every certified message, judges it, and records what the genuine
/// ones say about the messages sent. Reading again reads only what is new; what was not proved
/// before is judged again when the trust data, the program or a clock that was slow are others.
/// A message that the server lists and does not give is remembered, told, and asked for again
/// each time.
///
/// Exits with 0 when all was read, 1 when something that passes itself off as certified mail
/// was not proved genuine, 4 when the line broke, or a folder or a message could not be read,
/// 5 when the login was refused.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Read this folder too; repeatable
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,

    /// Read anew from the beginning: all folders, or this one; repeatable
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "")]
    again: Vec<String>,

    /// Write one JSON object a line for each thing found
    #[arg(long, alias = "json")]
    ndjson: bool,

    /// Write the JSON schema of the lines and end
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Summary>();
        }
        Order::Sync(SyncOrder {
            folders: self.folder,
            again: self.again.into_iter().map(Again::of).collect(),
            form: Form::of(self.ndjson),
        })
    }
}
