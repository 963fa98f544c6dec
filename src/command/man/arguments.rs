//! What `pec man` is told.

use super::ManOrder;
use crate::command::installed::arguments::InstallArguments;
use crate::command::order::Order;

/// Show a manual page, or install all of them
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Page: send, status, account-add and so on; without it the general one
    #[arg(value_name = "COMMAND", conflicts_with_all = ["install", "remove", "to"])]
    page: Option<String>,

    #[command(flatten)]
    install: InstallArguments,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Man(match self.install.order() {
            Some(order) => ManOrder::Install(order),
            None => ManOrder::Show(self.page),
        })
    }
}
