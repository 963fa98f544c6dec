//! `pec completions`: what the shell needs to complete our words.

pub(super) mod arguments;

use clap_complete::Shell;

use super::Session;
use crate::exit::ExitStatus;

/// The order to write completions.
pub(super) struct CompletionsOrder {
    pub shell: Shell,
}

pub(super) fn run(
    order: &CompletionsOrder,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(
        order.shell,
        &mut super::tree(session.lang),
        "pec",
        &mut script,
    );
    session.out.page().text(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Yes)
}
