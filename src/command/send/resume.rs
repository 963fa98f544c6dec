//! `pec send --resume`: messages that never left go out, those in doubt are looked for in the
//! mailbox before anything else may happen to them.

use super::{Arguments, confirmed, finish, hand_over, report};
use crate::client;
use crate::command::access::{self, Access};
use crate::command::{Failure, Session, follow};
use crate::exit::ExitStatus;
use crate::ledger::state::{Standing, What};
use crate::ledger::{Claim, Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::timestamp::Timestamp;
use crate::transport::SubmissionOutcome;

pub(super) fn run(
    arguments: &Arguments,
    access: &mut Access,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut ledger = access::ledger(session)?;
    let now = session.context.clock.now();
    ledger
        .settle_cut_off(now)
        .map_err(|error| Failure::of_ledger(&error))?;
    let messages = wanted(arguments, &ledger, access)?;
    if messages.is_empty() {
        let texts = Catalogue::of(session.lang);
        writeln!(session.err, "{}", texts.text("send.nothing-to-resume"))?;
        return ended(ExitStatus::Yes, arguments, access, &ledger, session);
    }
    let mut status = ExitStatus::Yes;
    let mut in_doubt = Vec::new();
    let mut to_send = Vec::new();
    for message in messages {
        match deciding(&ledger, &message)? {
            Some(Standing::InDoubt) => in_doubt.push(message),
            Some(Standing::Recorded | Standing::RefusedForNow) => {
                to_send.push((message, Claim::NeverLeft));
            }
            Some(Standing::Sending) => {
                tell(session, "send.being-sent", &message)?;
                status = status.worse(ExitStatus::Undecided);
            }
            _ => tell(session, "send.settled", &message)?,
        }
    }
    if !in_doubt.is_empty() {
        let form = match arguments.json {
            true => follow::Form::Silent,
            false => follow::Form::Text,
        };
        search(&in_doubt, form, access, &mut ledger, session)?;
    }
    for message in in_doubt {
        if deciding(&ledger, &message)? != Some(Standing::InDoubt) {
            tell(session, "send.found", &message)?;
        } else if !arguments.resend {
            tell(session, "send.still-in-doubt", &message)?;
            status = status.worse(ExitStatus::Undecided);
        } else if is_young(arguments, &ledger, &message, now)? {
            tell(session, "send.too-young", &message)?;
            status = status.worse(ExitStatus::Undecided);
        } else {
            to_send.push((message, Claim::InDoubtAndSearched));
        }
    }
    if to_send.is_empty() {
        return ended(status, arguments, access, &ledger, session);
    }
    for (message, _) in &to_send {
        announce(&ledger, message, session)?;
    }
    if !arguments.yes && !confirmed(arguments, session)? {
        return Ok(ExitStatus::Unusable);
    }
    let sent = send_all(to_send, access, &mut ledger, session)?;
    let finished = finish(arguments, access, &mut ledger, sent, &[], session)?;
    Ok(status.worse(finished))
}

/// The end where nothing was sent: the document is written all the same.
fn ended(
    status: ExitStatus,
    arguments: &Arguments,
    access: &Access,
    ledger: &Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if arguments.json {
        report::json(&[], &[], ledger, &access.account.name, &[], session)?;
    }
    Ok(status)
}

/// The messages named, or all of the account that may need it.
fn wanted(
    arguments: &Arguments,
    ledger: &Ledger,
    access: &Access,
) -> anyhow::Result<Vec<MessageRef>> {
    if arguments.messages.is_empty() {
        let all = ledger.unsettled(&access.account.name);
        return Ok(all.map_err(|error| Failure::of_ledger(&error))?);
    }
    let one = |word: &String| {
        let message = follow::one_message(ledger, word)?;
        let row = ledger
            .row(&message)
            .map_err(|error| Failure::of_ledger(&error))?;
        // The other account's mailbox is not the one that was asked, or will be.
        if row.account != access.account.name {
            let values = [("message", message.short), ("account", row.account)];
            return Err(Failure::new("other-account", values).into());
        }
        Ok(message)
    };
    arguments.messages.iter().map(one).collect()
}

/// The standing that decides what may happen to the message as a whole; `None` when nothing
/// may any more.
fn deciding(ledger: &Ledger, message: &MessageRef) -> anyhow::Result<Option<Standing>> {
    let row = ledger
        .row(message)
        .map_err(|error| Failure::of_ledger(&error))?;
    let all: Vec<Standing> = row
        .recipients
        .iter()
        .map(|(_, standing)| *standing)
        .collect();
    for standing in [Standing::Sending, Standing::InDoubt] {
        if all.contains(&standing) {
            return Ok(Some(standing));
        }
    }
    let may_go =
        |standing: &Standing| matches!(standing, Standing::Recorded | Standing::RefusedForNow);
    Ok(all.first().copied().filter(|_| all.iter().all(may_go)))
}

/// Whether the newest attempt is too recent for an acceptance to be missed.
fn is_young(
    arguments: &Arguments,
    ledger: &Ledger,
    message: &MessageRef,
    now: Timestamp,
) -> anyhow::Result<bool> {
    let view = ledger
        .view(message)
        .map_err(|error| Failure::of_ledger(&error))?;
    let handed = view.facts.iter().filter(|fact| fact.what == What::Handed);
    let newest = handed.map(|fact| fact.at).max();
    let patience = i64::try_from(arguments.patience.as_secs()).unwrap_or(i64::MAX);
    // A clock that was set back makes it young: waiting is the harmless error.
    Ok(newest.is_some_and(|newest| now.seconds_since(newest) < patience))
}

/// Asks the mailbox for anything about these messages.
fn search(
    messages: &[MessageRef],
    form: follow::Form,
    access: &mut Access,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let verifier = access.verifier()?;
    let mut mailbox = access.mailbox()?;
    let folders = access
        .folders(&mut mailbox)
        .map_err(|error| access.failure_of_reading(&error))?;
    let clock = session.context.clock;
    for message in messages {
        let row = ledger
            .row(message)
            .map_err(|error| Failure::of_ledger(&error))?;
        let mut found = Vec::new();
        let searched = client::search(
            ledger,
            access::judge(access, &verifier),
            &mut mailbox,
            &folders,
            &row.message_id,
            &|| clock.now(),
            &mut |event| found.push(follow::Summary::of(&event)),
        );
        for event in found {
            follow::tell(&event, form, session)?;
        }
        searched.map_err(|error| access.failure_of_journey(&error))?;
    }
    mailbox.log_out();
    Ok(())
}

/// Over one connection, until it is of no more use; what was not begun stays as it is.
fn send_all(
    messages: Vec<(MessageRef, Claim)>,
    access: &mut Access,
    ledger: &mut Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Vec<(MessageRef, client::Submitted)>> {
    let mut submission = access.submission()?;
    let mut sent = Vec::new();
    for (message, claim) in messages {
        let submitted = hand_over(ledger, &message, claim, &mut submission, session)?;
        let usable = matches!(
            submitted.report.outcome,
            SubmissionOutcome::Taken(_) | SubmissionOutcome::Refused(_)
        );
        sent.push((message, submitted));
        if !usable {
            return Ok(sent);
        }
    }
    submission.quit();
    Ok(sent)
}

fn announce(
    ledger: &Ledger,
    message: &MessageRef,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let row = ledger
        .row(message)
        .map_err(|error| Failure::of_ledger(&error))?;
    let to: Vec<&str> = row
        .recipients
        .iter()
        .map(|(address, _)| address.as_str())
        .collect();
    let values = [
        ("message", &*message.short),
        ("subject", &*row.subject),
        ("to", &*to.join(", ")),
    ];
    let line = Catalogue::of(session.lang).fill("send.will-resume", &values);
    Ok(writeln!(session.err, "{line}")?)
}

fn tell(session: &mut Session<'_>, key: &str, message: &MessageRef) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    let line = texts.fill(key, &[("message", &*message.short)]);
    Ok(writeln!(session.err, "{line}")?)
}
