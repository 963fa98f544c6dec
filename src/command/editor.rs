//! A text that somebody writes in an editor.

use std::fs;
use std::io;
use std::process::Command;

use super::aside::{Aside, Matter};
use super::text_form;
use super::{Failure, Session};
use crate::context::{Beside, Interruption};
use crate::output::catalogue::Catalogue;

/// Has a text written in the user's editor, beginning with what there is. The file stays until the
/// text is elsewhere.
///
/// # Errors
/// A [`Failure`]: there is no editor, it failed, or what it left is no text; `file` says where that
/// is.
pub(super) fn edit(
    before: &str,
    file: &mut Option<Aside>,
    session: &mut Session<'_>,
) -> anyhow::Result<String> {
    let Some(editor) = session.context.editor.clone() else {
        return Err(Failure::new("no-editor", []).into());
    };
    let failed = |error: io::Error| {
        let values = [("editor", editor.clone()), ("reason", error.to_string())];
        anyhow::Error::from(Failure::new("editor", values))
    };
    let aside = Aside::write(before.as_bytes(), Matter::Text, session)?;
    tell_usual(session)?;
    let status = run(&editor, &aside, session);
    let octets = fs::read(&aside.path).map_err(failed)?;
    let is_as_before = octets.trim_ascii() == before.as_bytes().trim_ascii();
    if is_as_before || octets.trim_ascii().is_empty() {
        // There is nothing in it that is not elsewhere.
        aside.remove();
    } else {
        *file = Some(aside);
    }
    let status = status.map_err(failed)?;
    if !status.success() {
        return Err(failed(io::Error::other(status.to_string())));
    }
    if octets.trim_ascii().is_empty() {
        return Err(Failure::new("empty-body", []).into());
    }
    let shown = file.as_ref().map(|file| file.path.display().to_string());
    let words = String::from_utf8(octets);
    Ok(words.map_err(|error| text_form::other_encoding(error.as_bytes(), shown.as_deref()))?)
}

/// Says which editor opens for whoever has chosen none, and how to leave it where nobody guesses it.
fn tell_usual(session: &mut Session<'_>) -> io::Result<()> {
    let Some(editor) = &session.context.usual_editor else {
        return Ok(());
    };
    let texts = Catalogue::of(session.lang);
    let key = match &**editor {
        "vi" | "vim" | "nvim" | "vim-tiny" | "busybox" => "editor.vi",
        "nano" => "editor.nano",
        _ => "editor.usual",
    };
    let line = texts.fill(key, &[("editor", editor)]);
    writeln!(session.err, "{line}")
}

/// Runs the editor. Ctrl-C is the editor's meanwhile; what ends us says where the text is.
fn run(editor: &str, aside: &Aside, session: &Session<'_>) -> io::Result<std::process::ExitStatus> {
    let file = aside.path.display().to_string();
    let words = Catalogue::of(session.lang).fill("editor.ended", &[("file", &file)]);
    let _told = Interruption::tells(words);
    let _its_own = Beside::begin();
    // `sh -c` because EDITOR may hold options, as git and others take it. A shell that hears Ctrl-C
    // waits for the editor all the same.
    Command::new("sh")
        .args(["-c", &format!("trap : INT QUIT; {editor} \"$1\""), "sh"])
        .env_remove("PEC_PASSWORD")
        .arg(&aside.path)
        .status()
}
