//! What `pec man` is told.

use super::ManOrder;
use crate::command::order::Order;

/// Generate a manual page, to read with: pec man | man -l -
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Page: send, status, account-add and so on; without it the general one
    #[arg(value_name = "COMMAND")]
    page: Option<String>,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Man(ManOrder { page: self.page })
    }
}
