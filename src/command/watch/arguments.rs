//! What `pec watch` is told.

use std::time::Duration;

use super::WatchOrder;
use crate::command::follow::{Form, Summary};
use crate::command::order::Order;
use crate::command::span;

/// Stay, and tell each receipt as it arrives
///
/// Reads as sync does, then looks again and again, at once where the server tells (IDLE), goes
/// on after a broken line, and ends on Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Read this folder too; repeatable
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,

    /// How often to look: 60s
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span::parse)]
    poll: Duration,

    /// End after this time: 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    r#for: Option<Duration>,

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
        Order::Watch(WatchOrder {
            folders: self.folder,
            poll: self.poll,
            lasts: self.r#for,
            form: Form::of(self.ndjson),
        })
    }
}
