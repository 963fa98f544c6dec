//! `pec completions`: what the shell needs to complete our words.

use clap_complete::Shell;

use super::Session;
use crate::exit::ExitStatus;

/// Write completions for the shell
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// For which shell: bash, zsh, fish, elvish, powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::tree(session.lang),
        "pec",
        &mut script,
    );
    session.out.page().text(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Yes)
}
