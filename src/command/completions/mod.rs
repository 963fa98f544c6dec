//! `pec completions`: what the shell needs to complete our words. The script that it writes asks the
//! program itself, which alone knows accounts, messages and jobs.

pub(super) mod arguments;
mod offers;

use std::ffi::OsString;

use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};

use super::Session;
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::lang::Lang;

/// The variable by which a script asks.
const ASKED: &str = "PEC_COMPLETE";

/// The order to write completions.
pub(super) struct CompletionsOrder {
    pub shell: Shell,
}

pub(super) fn run(
    order: &CompletionsOrder,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    let name = order.shell.to_string();
    if let Some(shell) = Shells::builtins().completer(&name) {
        shell.write_registration(ASKED, "pec", "pec", "pec", &mut script)?;
    }
    let script = String::from_utf8_lossy(&script);
    let script = match order.shell {
        Shell::Bash => quoting(&script),
        _ => script.into_owned(),
    };
    session.out.page().text(&script)?;
    Ok(ExitStatus::Yes)
}

/// Bash takes a word as it was typed, and puts in what it is given as it is: the script takes
/// backslashes and the opening quote out before it asks, and has names with blanks quoted.
fn quoting(script: &str) -> String {
    script
        .replace(
            "        words[COMP_CWORD]=\"$2\"\n",
            "        local typed=\"${2//\\\\/}\"\n        words[COMP_CWORD]=\"${typed#[\\\"\\']}\"\n",
        )
        .replace(
            "    if [[ $? != 0 ]]; then\n        unset COMPREPLY\n",
            "    if [[ $? != 0 ]]; then\n        unset COMPREPLY\n    elif [[ \"${COMPREPLY[*]-}\" == *[[:space:]]* && \"${COMPREPLY[*]-}\" != -* ]]; then\n        compopt -o filenames 2> /dev/null\n",
        )
}

/// Answers a script of ours, when one asks: what may follow the words so far.
///
/// # Errors
/// Those of the stream.
pub(super) fn answer(arguments: &[OsString], context: &Context) -> anyhow::Result<bool> {
    let places = offers::Places::of(context);
    let tree = || offers::offered(super::tree(context.lang), &super::tree(Lang::En), &places);
    let has_answered = CompleteEnv::with_factory(tree)
        .var(ASKED)
        .bin("pec")
        .completer("pec")
        .try_complete(arguments.iter().cloned(), context.folder.as_deref())?;
    Ok(has_answered)
}
