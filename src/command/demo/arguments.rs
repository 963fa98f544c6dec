//! What `pec demo` is told.

use std::path::PathBuf;

use super::DemoOrder;
use crate::command::order::Order;

/// Run a complete demonstration with a practice provider, in a few seconds
///
/// Starts a practice provider on this computer, sends a message to several recipients, follows the
/// receipts, shows the state for each recipient, verifies one receipt, and removes everything.
/// Nothing leaves the computer, and nothing has legal value.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Work in this folder, to be created, and keep it
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Demo(DemoOrder { keep: self.keep })
    }
}
