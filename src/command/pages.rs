//! Long texts on a terminal: before a question a page at a time, or in the user's pager; as a result in
//! the pager, or at once.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::command::Session;
use crate::context::Beside;
use crate::output::catalogue::Catalogue;
use crate::output::fold::folded;
use crate::printable::Printable;

/// Characters of a piece of a long line: all of them are shown, whatever one value may have.
const PIECE: usize = 900;

/// Lines that stay free for the question.
const QUESTION_LINES: usize = 3;

/// A line of a text, made safe to show and whole: a long one in several pieces.
pub(super) fn safe(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    if characters.is_empty() {
        return vec![String::new()];
    }
    let pieces = characters.chunks(PIECE).map(|piece| {
        let piece: String = piece.iter().collect();
        // Tabs divide words and move nothing else.
        let parts: Vec<String> = piece
            .split('\t')
            .map(|part| Printable(part).to_string())
            .collect();
        parts.join("    ")
    });
    pieces.collect()
}

/// Shows lines that were made safe. What is longer than the terminal goes through the user's pager
/// where there is one, else it stops at each page.
///
/// # Errors
/// Those of the streams.
pub(super) fn show(lines: &[String], session: &mut Session<'_>) -> io::Result<()> {
    let context = session.context;
    // As wide as the terminal, so that a page has as many lines as it seems to have.
    let width = context.stderr_width.unwrap_or_default();
    let folded: Vec<String> = lines
        .iter()
        .flat_map(|line| {
            let folded = folded(line, width).into_owned();
            folded.split('\n').map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let lines = &folded[..];
    let page = context.lines.filter(|_| context.stderr_is_terminal);
    let page = page.map(|lines| lines.saturating_sub(QUESTION_LINES).max(QUESTION_LINES));
    let Some(page) = page.filter(|page| context.stdin_is_terminal && lines.len() > *page) else {
        return lines
            .iter()
            .try_for_each(|line| writeln!(session.err, "{line}"));
    };
    if let Some(pager) = context
        .pager
        .as_deref()
        .filter(|_| context.stdout_is_terminal)
        && paged(pager, lines).is_ok()
    {
        // What a pager showed is gone from the screen: the head stays in sight of the question.
        return lines
            .iter()
            .take_while(|line| !line.is_empty())
            .try_for_each(|line| writeln!(session.err, "{line}"));
    }
    let texts = Catalogue::of(session.lang);
    let mut pages = lines.chunks(page).peekable();
    let mut left = lines.len();
    while let Some(some) = pages.next() {
        left -= some.len();
        for line in some {
            writeln!(session.err, "{line}")?;
        }
        if pages.peek().is_none() {
            break;
        }
        write!(session.err, "{} ", texts.count("preview.more", left, &[]))?;
        session.err.flush()?;
        let mut answer = String::new();
        let is_over = io::stdin().read_line(&mut answer)? == 0;
        if is_over || answer.trim().eq_ignore_ascii_case("q") {
            break;
        }
    }
    Ok(())
}

/// Shows lines that are the result of a command: through the user's pager what is longer than the
/// terminal on which somebody reads it, else on standard output.
///
/// # Errors
/// Those of the stream.
pub(super) fn read(lines: &[String], session: &mut Session<'_>) -> io::Result<()> {
    let context = session.context;
    let is_read = context.stdout_is_terminal && context.stdin_is_terminal;
    let width = context.stdout_width.unwrap_or_default();
    if let Some(pager) = context.pager.as_deref().filter(|_| is_read) {
        let folded: Vec<String> = lines
            .iter()
            .map(|line| folded(line, width).into_owned())
            .collect();
        let count: usize = folded
            .iter()
            .map(|line| line.matches('\n').count() + 1)
            .sum();
        if context.lines.is_some_and(|page| count >= page) && paged(pager, &folded).is_ok() {
            return Ok(());
        }
    }
    session.out.page().lines(lines)?;
    session.out.flush()
}

/// Has a pager show lines, until it ends.
fn paged(pager: &str, lines: &[String]) -> io::Result<()> {
    // `sh -c` because PAGER may hold options, as man and git take it.
    let _its_own = Beside::begin();
    let mut child = Command::new("sh")
        .args(["-c", &format!("trap : INT QUIT; {pager}")])
        .env_remove("PEC_PASSWORD")
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        for line in lines {
            // Whoever has read enough ends it before all is written.
            if writeln!(input, "{line}").is_err() {
                break;
            }
        }
    }
    match child.wait()?.success() {
        true => Ok(()),
        false => Err(io::ErrorKind::Other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_whole_and_nothing_of_it_acts_on_the_terminal() {
        let line = format!("{}\u{1b}[2J\tfine", "a".repeat(2_000));
        let pieces = safe(&line);
        assert_eq!(pieces.len(), 3);
        let whole = pieces.concat();
        assert_eq!(whole.matches('a').count(), 2_000);
        assert!(whole.ends_with("\\u{1b}[2J    fine"), "{whole}");
        assert_eq!(safe(""), [""]);
    }
}
