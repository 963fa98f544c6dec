//! What `pec completions` is told.

use clap_complete::Shell;

use super::{CompletionsOrder, Deed};
use crate::command::installed::arguments::InstallArguments;
use crate::command::order::Order;

/// Generate the completion script for a shell, or install those of bash, zsh and fish
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Shell: bash, zsh, fish, elvish, powershell; with --install only bash, zsh or fish, and without
    /// it all three
    #[arg(
        value_name = "SHELL",
        hide_possible_values = true,
        required_unless_present_any = ["install", "remove", "to"]
    )]
    shell: Option<Shell>,

    #[command(flatten)]
    install: InstallArguments,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Completions(match (self.install.order(), self.shell) {
            (Some(order), shell) => CompletionsOrder {
                shell,
                deed: Deed::Install(order),
            },
            (None, shell) => CompletionsOrder {
                shell,
                deed: Deed::Show,
            },
        })
    }
}
