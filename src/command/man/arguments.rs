//! What `pec man` is told.

use super::ManOrder;
use crate::command::order::Order;

/// Write a manual page (for man -l -)
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Which page: send, status, account-add and so on; without it that of the program
    #[arg(value_name = "COMMAND")]
    page: Option<String>,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Man(ManOrder { page: self.page })
    }
}
