//! `pec account`: the mailboxes that we use, their servers, and where their passwords come from.

mod add;
mod ask;
mod json;
mod list;
mod remove;
mod test;

use clap::Subcommand;

use super::Session;
use crate::exit::ExitStatus;

/// Manage accounts: servers, limits, where the password comes from
///
/// Accounts stand in the configuration file, which holds no passwords: these come from a
/// command, a file of mode 0600, the system keyring, the terminal, or PEC_PASSWORD.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Box<add::Arguments>),
    List(list::ListArguments),
    Presets(list::PresetsArguments),
    Test(test::Arguments),
    Remove(remove::Arguments),
}

pub(super) fn run(arguments: Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match arguments.action {
        Action::Add(arguments) => add::run(*arguments, session),
        Action::List(arguments) => list::run(&arguments, session),
        Action::Presets(arguments) => list::run_presets(&arguments, session),
        Action::Test(arguments) => test::run(&arguments, session),
        Action::Remove(arguments) => remove::run(&arguments, session),
    }
}
