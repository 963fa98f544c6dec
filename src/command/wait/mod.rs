//! `pec wait`: stays until messages are accepted or delivered, and shows where they stand.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;

use std::time::Duration;

use super::access::{self, Access};
use super::follow;
use super::meant::{is_of, one_message};
use super::stay::{Announced, StayEnd};
use super::{Failure, Session, span, stay};
use crate::client::Patience;
use crate::exit::ExitStatus;
use crate::ledger::state::{Goal, Meaning};
use crate::ledger::{Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;

/// The order to wait.
pub(super) struct WaitOrder {
    /// The messages, as a person names them.
    messages: Vec<String>,
    terms: Terms,
    form: Form,
}

/// For what and how long one waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub until: Goal,
    pub timeout: Duration,
    /// How often to look.
    pub poll: Duration,
}

impl Terms {
    /// How often to look where nobody said so.
    pub const POLL: Duration = Duration::from_secs(10);
}

pub(super) fn run(order: &WaitOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut ledger = access::ledger(session)?;
    let words = order.messages.iter();
    let messages = words.map(|word| one_message(&ledger, word));
    let messages = messages.collect::<anyhow::Result<Vec<_>>>()?;
    // The first brings its account; receipts of the others come there too.
    let mut access = match messages.first() {
        Some(first) => Access::of_message(first, &ledger, session)?,
        None => Access::open(session)?,
    };
    for message in &messages {
        is_of(&ledger, message, &access.account.address)?;
    }
    access::note(&access.account, &mut ledger)?;
    wait(
        &messages,
        order.terms,
        &mut access,
        &mut ledger,
        order.form,
        session,
    )
}

/// Waits for messages and shows where they stand in the end.
pub(super) fn wait(
    messages: &[MessageRef],
    terms: Terms,
    access: &mut Access,
    ledger: &mut Ledger,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let patience = Patience {
        poll: terms.poll,
        ..Patience::default()
    };
    let meanings = |ledger: &Ledger| -> Result<Vec<Meaning>, crate::ledger::Error> {
        let mut all = Vec::new();
        for message in messages {
            let standings = ledger.standings_of(message)?;
            all.extend(standings.iter().map(|one| one.meaning(terms.until)));
        }
        Ok(all)
    };
    // A failure for one recipient does not end the wait for the others.
    let mut is_over = |ledger: &Ledger| Ok(!meanings(ledger)?.contains(&Meaning::Awaited));
    let events = match form {
        Form::Json => follow::Form::Silent,
        Form::Text => follow::Form::Text,
    };
    let known = is_over(ledger).map_err(|error| Failure::of_ledger(&error))?;
    if !known {
        let limit = Some(terms.timeout);
        let texts = Catalogue::of(session.lang);
        if form == Form::Text {
            // Before the first receipt, not after those that were there.
            let time = span::words(terms.timeout);
            let line = texts.fill("wait.begins", &[("time", &time)]);
            writeln!(session.err, "{line}")?;
        }
        let ended = stay::stay(
            access,
            ledger,
            patience,
            limit,
            (events, Announced::Before),
            &mut is_over,
            session,
        )?;
        if ended == StayEnd::TimeOver {
            let shorts = messages.iter().map(|message| &*message.short);
            let message = shorts.collect::<Vec<_>>().join(" ");
            let line = texts.fill("wait.time-is-over", &[("message", &message)]);
            writeln!(session.err, "{line}")?;
        }
    }
    super::status::show(messages, ledger, form, session)?;
    let meanings = meanings(ledger).map_err(|error| Failure::of_ledger(&error))?;
    let answer = meanings
        .into_iter()
        .map(Meaning::exit)
        .fold(ExitStatus::Yes, ExitStatus::worse);
    if answer == ExitStatus::Undecided {
        let unread = ledger.unread(&access.account.address);
        let unread = unread.map_err(|error| Failure::of_ledger(&error))?;
        // What is waited for may be among them.
        if !unread.is_empty() {
            follow::tell_unread_messages(&unread, session)?;
        }
    }
    Ok(answer)
}
