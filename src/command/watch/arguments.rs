//! What `pec watch` is told.

use std::time::Duration;

use super::WatchOrder;
use crate::command::follow::{Form, Summary};
use crate::command::order::Order;
use crate::command::span;

/// Keep running and report each receipt as it arrives
///
/// Reads as sync does, then checks the mailbox at intervals, or at once if the server announces new
/// messages (IDLE); reconnects after a lost connection; stops on Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Read this folder too; repeatable
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,

    /// Interval between checks: 60s
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span::parse)]
    poll: Duration,

    /// Stop after this time: 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    r#for: Option<Duration>,

    /// Produce one JSON object per line for each message found; --json is the same
    #[arg(long, alias = "json")]
    ndjson: bool,

    /// Print the JSON schema of the lines and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Summary>();
        }
        Order::Watch(WatchOrder {
            folders: self.folder,
            poll: self.poll,
            lasts: self.r#for,
            form: Form::of(self.ndjson),
        })
    }
}
