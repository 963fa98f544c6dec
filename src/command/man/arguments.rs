//! What `pec man` is told.

use std::path::PathBuf;

use super::ManOrder;
use crate::command::installed::InstallOrder;
use crate::command::installed::arguments::InstallArguments;
use crate::command::order::Order;

/// Show a manual page, or install all of them
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Page: send, status, account-add and so on; without it the general one
    #[arg(value_name = "COMMAND", conflicts_with_all = ["install", "remove", "to"])]
    page: Option<String>,

    /// Write all pages into this folder: the English ones there, the Italian ones below it in it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["page", "install", "remove", "to"])]
    all: Option<PathBuf>,

    #[command(flatten)]
    install: InstallArguments,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Man(match (self.all, self.install.order()) {
            (Some(folder), _) => ManOrder::All(InstallOrder::into(folder)),
            (None, Some(order)) => ManOrder::Install(order),
            (None, None) => ManOrder::Show(self.page),
        })
    }
}
