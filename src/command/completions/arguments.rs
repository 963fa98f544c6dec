//! What `pec completions` is told.

use clap_complete::Shell;

use super::CompletionsOrder;
use crate::command::order::Order;

/// Generate the completion script for a shell
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Shell: bash, zsh, fish, elvish, powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Completions(CompletionsOrder { shell: self.shell })
    }
}
