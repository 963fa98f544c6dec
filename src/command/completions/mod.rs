//! `pec completions`: what the shell needs to complete our words. The script that it writes asks the
//! program itself, which alone knows accounts, messages and jobs.

pub(super) mod arguments;
mod offers;

use std::ffi::OsString;
use std::io;

use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};

use super::installed::{self, InstallOrder, Installed};
use super::{Failure, Session};
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::lang::Lang;

/// The variable by which a script asks.
const ASKED: &str = "PEC_COMPLETE";

/// The order to write completions.
pub(super) struct CompletionsOrder {
    /// For which shell; where they are installed none stands for all that have a place.
    pub shell: Option<Shell>,
    pub deed: Deed,
}

/// What is done with a script.
pub(super) enum Deed {
    /// It is written to standard output.
    Show,
    /// It is put where its shell looks.
    Install(InstallOrder),
}

/// The shells that look for scripts in folders.
const PLACED: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Where zsh finds functions, below the folder of data.
const ZSH_FOLDER: &str = "zsh/site-functions";

pub(super) fn run(
    order: &CompletionsOrder,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let install = match (&order.deed, order.shell) {
        (Deed::Install(install), _) => install,
        (Deed::Show, Some(shell)) => {
            session.out.page().text(&script(shell)?)?;
            return Ok(ExitStatus::Yes);
        }
        (Deed::Show, None) => return Ok(ExitStatus::Unusable),
    };
    let shells: Vec<Shell> = match order.shell {
        None => PLACED.to_vec(),
        Some(shell) => vec![shell],
    };
    let mut files = Vec::new();
    for shell in &shells {
        let (place, own_place) = place(*shell)?;
        files.push(Installed {
            place: place.into(),
            own_place: own_place.map(Into::into),
            text: script(*shell)?,
        });
    }
    let folder = installed::shared(session).unwrap_or_default();
    let folder = folder.join(ZSH_FOLDER).display().to_string();
    let mut hints = Vec::new();
    if shells.contains(&Shell::Bash) {
        hints.push(("installed.hint-bash", ""));
    }
    if shells.contains(&Shell::Zsh) {
        hints.push(("installed.hint-zsh", &*folder));
    }
    installed::run(install, &files, &hints, session)
}

/// Where a shell looks: below the folder of data, and below the user's of configuration where the
/// user's own belongs there.
fn place(shell: Shell) -> Result<(&'static str, Option<&'static str>), Failure> {
    Ok(match shell {
        Shell::Bash => ("bash-completion/completions/pec", None),
        Shell::Zsh => ("zsh/site-functions/_pec", None),
        Shell::Fish => (
            "fish/vendor_completions.d/pec.fish",
            Some("fish/completions/pec.fish"),
        ),
        other => return Err(Failure::new("no-place", [("shell", other.to_string())])),
    })
}

/// What a shell reads.
fn script(shell: Shell) -> io::Result<String> {
    let mut script = Vec::new();
    if let Some(known) = Shells::builtins().completer(&shell.to_string()) {
        known.write_registration(ASKED, "pec", "pec", "pec", &mut script)?;
    }
    let script = String::from_utf8_lossy(&script);
    Ok(match shell {
        Shell::Bash => quoting(&script),
        Shell::Zsh => unquoting(&script),
        Shell::Fish => FISH.replace("ASKED", ASKED),
        _ => script.into_owned(),
    })
}

/// Zsh has words as they were typed: the script takes quotes and backslashes out before it asks. Loaded
/// from a folder it is run for the first word that is to be completed, and answers.
fn unquoting(script: &str) -> String {
    let asks = script
        .replace(
            "    local _CLAP_IFS=",
            "    local -a asked=(\"${(@Q)words}\")\n    asked[CURRENT]=\"${(Q)PREFIX}\"\n    local _CLAP_IFS=",
        )
        .replace("pec -- \"${words[@]}\"", "pec -- \"${asked[@]}\"");
    asks + "\n[[ $funcstack[1] != _pec ]] || _clap_dynamic_completer_pec \"$@\"\n"
}

/// Fish divides words and takes quotes out, but not of the word that is typed.
const FISH: &str = r#"function __pec_offered
    set --local typed (commandline --current-token --cut-at-cursor)
    set --local typed (string replace --regex -- '^["\']' '' "$typed" | string unescape)
    ASKED=fish pec -- (commandline --current-process --tokenize --cut-at-cursor) "$typed"
end
complete --keep-order --exclusive --command pec --arguments "(__pec_offered)"
"#;

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
