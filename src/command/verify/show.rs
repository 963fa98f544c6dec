//! The answer for people: in full for one message, as a table with totals for several.

use super::json::Line;
use super::{Answer, Asked, Digests, Totals, answers, text};
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::input::Item;
use crate::output::progress::Progress;
use crate::output::report::Form;
use crate::pec::Evidence;

/// Writes the whole answer: in full for one message, as a table for several.
pub(super) fn all(
    asked: &Asked,
    items: impl Iterator<Item = Item> + Send,
    progress: &Progress,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut items = items.fuse();
    let (first, second) = (items.next(), items.next());
    let is_container = matches!(first, Some(Item::Container { .. }));
    if second.is_none() && !asked.only_bad && !is_container {
        let Some(item) = first else {
            return Ok(ExitStatus::Yes);
        };
        let answer = asked.answer(item, Digests::Told);
        return one(&answer, asked, session);
    }
    let mut totals = Totals::default();
    let mut kinds: Vec<Evidence> = Vec::new();
    let rest = first.into_iter().chain(second).chain(items);
    let status = answers(asked, Digests::Untold, rest, progress, &mut |answer| {
        totals.count(answer);
        if !asked.tells(answer) {
            return Ok(());
        }
        let evidence = answer.proved().filter(|_| asked.explain);
        kinds.extend(evidence.filter(|one| !kinds.contains(one)));
        session.out.list(&Line { answer, asked }, Form::Text)?;
        // Rows appear as they come; a closed pipe is noticed at once.
        if session.context.stdout_is_terminal {
            session.out.flush()?;
        }
        Ok(())
    })?;
    let mut page = session.out.page();
    for evidence in kinds {
        page.lines(text::explanation(evidence, asked.lang))?;
    }
    if totals.bad > 0 || !asked.only_bad {
        page.line("")?;
    }
    page.line(text::totals_line(&totals, asked.lang))?;
    if asked.only_bad {
        page.line(text::only_bad_line(&totals, asked.lang))?;
    }
    page.lines(text::foot(asked))?;
    Ok(status)
}

fn one(answer: &Answer, asked: &Asked, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match answer {
        Answer::Unreadable { name, error } => {
            let failure = Failure::new(
                "read",
                [
                    ("file", name.clone()),
                    ("reason", text::read_error(error, asked.lang)),
                ],
            );
            failure.write(asked.lang, session.err)?;
        }
        Answer::Container(_) => {
            let lines = text::row(answer, asked, session.style);
            session.out.page().lines(lines)?;
        }
        Answer::Examined(examined) => {
            let lines = text::in_full(examined, asked, session.style);
            session.out.page().lines(lines)?;
        }
    }
    Ok(answer.status())
}
