//! What `pec demo` is told.

use std::path::PathBuf;

use super::DemoOrder;
use crate::command::order::Order;

/// Show the whole journey with a practice provider, in some seconds
///
/// Starts a practice provider on this computer, sends a message to several recipients, follows
/// the receipts, shows where it stands for each, proves one receipt, and removes everything.
/// Nothing leaves the computer, and nothing in it has legal value.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Work in this new folder and keep it
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Demo(DemoOrder { keep: self.keep })
    }
}
