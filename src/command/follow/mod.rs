//! What comes into the mailbox, as it is told: events on standard output, what could not be read
//! on standard error.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod event;

use super::Session;
use crate::ledger::{Reason, Unread};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::{self, Output};

pub(super) use event::Summary;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for a person.
    Text,
    /// A line of JSON.
    Ndjson,
    /// Not at all.
    Silent,
}

impl Form {
    /// That of `--ndjson`.
    pub fn of(ndjson: bool) -> Self {
        if ndjson { Self::Ndjson } else { Self::Text }
    }
}

/// Tells one event.
pub(super) fn tell(summary: &Summary, form: Form, session: &mut Session<'_>) -> anyhow::Result<()> {
    match form {
        Form::Silent => Ok(()),
        Form::Ndjson => Ok(session.out.tell(summary, report::Form::Json)?),
        Form::Text => Ok(session.out.tell(summary, report::Form::Text)?),
    }
}

/// The same beside the result of another command, which alone goes to standard output.
pub(super) fn tell_beside(summary: &Summary, session: &mut Session<'_>) -> anyhow::Result<()> {
    let now = || session.context.clock.now();
    let mut err = Output::new(session.lang, session.style, &now, session.err);
    Ok(err.tell(summary, report::Form::Text)?)
}

/// Messages that are unread, from before too; the first ones by name.
pub(super) fn tell_unread_messages(
    unread: &[Unread],
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    const SHOWN: usize = 20;
    let texts = Catalogue::of(session.lang);
    let line = texts.count("sync.unread-messages", unread.len(), &[]);
    writeln!(session.err, "{line}")?;
    for one in unread.iter().take(SHOWN) {
        let uid = one.place.uid.to_string();
        let since = shown(one.since, session.lang);
        let reason = reason_of(one.reason, &one.words, texts);
        let values = [
            ("folder", &*one.place.folder),
            ("uid", &uid),
            ("since", &since),
            ("reason", &reason),
        ];
        writeln!(
            session.err,
            "{}",
            texts.fill("sync.unread-message", &values)
        )?;
    }
    Ok(())
}

/// Why a message is unread.
pub(super) fn reason_of(reason: Reason, words: &str, texts: &Catalogue) -> String {
    texts.fill(
        &format!("sync.reason.{}", reason.word()),
        &[("words", words)],
    )
}

pub(super) fn tell_odd_folder(line: &str, session: &mut Session<'_>) -> anyhow::Result<()> {
    let line = Catalogue::of(session.lang).fill("sync.odd-folder", &[("line", line)]);
    Ok(writeln!(session.err, "{line}")?)
}

pub(super) fn tell_unlisted(reason: &str, session: &mut Session<'_>) -> anyhow::Result<()> {
    let line = Catalogue::of(session.lang).fill("sync.unlisted", &[("reason", reason)]);
    Ok(writeln!(session.err, "{line}")?)
}

pub(super) fn tell_unread(
    folder: &str,
    reason: &str,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let values = [("folder", folder), ("reason", reason)];
    let line = Catalogue::of(session.lang).fill("sync.unread", &values);
    Ok(writeln!(session.err, "{line}")?)
}
