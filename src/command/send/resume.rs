//! `pec send --resume`: messages that never left go out, those in doubt are looked for in the
//! mailbox before anything else may happen to them.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use super::report::Before;
use super::{Arguments, ResendArgument, confirmed, documented, finish, hand_over, report, told};
use crate::client::{self, AfterAsking, Asked, Found, Gap, GapKind, Mood, Over, Search};
use crate::command::access::{self, Access};
use crate::command::{Failure, Session, follow, meant};
use crate::context::stop_on_signals;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::state::Standing;
use crate::ledger::{Claim, Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::timestamp::Timestamp;
use crate::transport::{Stop, SubmissionOutcome};

/// A day in seconds.
const DAY: i64 = 86_400;
/// From this age on, in days, it is said how old a message is that goes out now.
const OLD_DAYS: i64 = 2;

pub(super) fn run(
    arguments: &Arguments,
    access: &mut Access,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut ledger = access::ledger_for(&access.account, session)?;
    let now = session.context.clock.now();
    ledger
        .settle_cut_off(now)
        .map_err(|error| Failure::of_ledger(&error))?;
    let messages = wanted(arguments, &ledger, access)?;
    if messages.is_empty() {
        let texts = Catalogue::of(session.lang);
        writeln!(session.err, "{}", texts.text("send.nothing-to-resume"))?;
        let nothing = Search::default();
        return ended(
            ExitStatus::Yes,
            arguments,
            access,
            &ledger,
            &nothing,
            session,
        );
    }
    if let Err(error) = access.ask_first(&mut ledger, session) {
        let before = Before::default();
        let error = documented(error, arguments, access, &ledger, before, session);
        return Err(error?);
    }
    let mut status = ExitStatus::Yes;
    let mut in_doubt = Vec::new();
    let mut old = Vec::new();
    let mut to_send = Vec::new();
    for message in messages {
        if arguments.messages.is_empty()
            && let Some(other) = written_again(&ledger, &message)?
        {
            tell_of_two(session, &message, &other)?;
            status = status.worse(ExitStatus::Undecided);
            continue;
        }
        match mood(&ledger, &message, now)? {
            Mood::Goes => to_send.push((message, Claim::NeverLeft)),
            Mood::AsksFirst => old.push(message),
            Mood::InDoubt => in_doubt.push(message),
            Mood::BeingSent => {
                tell(session, "send.being-sent", &message)?;
                status = status.worse(ExitStatus::Undecided);
            }
            Mood::Over(over) => {
                tell(session, over_key(over), &message)?;
                status = status.worse(over.exit());
            }
        }
    }
    // Those in doubt, and those that this ledger may not have the whole story of.
    let to_ask = [&*in_doubt, &*old].concat();
    let form = form_of(arguments);
    let mut searched = match search(&to_ask, form, access, &mut ledger, session) {
        Ok(searched) => searched,
        Err(error) => {
            let before = Before::default();
            let error = documented(error, arguments, access, &ledger, before, session);
            return Err(error?);
        }
    };
    for (message, found) in searched.answers.clone() {
        let never_left = old.contains(&message);
        match after_asking(arguments, &ledger, &message, (found, never_left), now)? {
            AfterAsking::Goes(claim) => to_send.push((message, claim)),
            AfterAsking::Stays => {
                status = status.worse(tell_found(&ledger, &message, found, session)?);
            }
            AfterAsking::TooYoung => {
                tell(session, "send.too-young", &message)?;
                status = status.worse(ExitStatus::Undecided);
            }
        }
    }
    let never_left = |(_, claim): &(MessageRef, Claim)| *claim == Claim::NeverLeft;
    if arguments.yes && to_send.iter().any(never_left) {
        // Nobody looks: what another machine got accepted meanwhile is not sent from here.
        if let Err(error) = access.read_before_sending(&mut ledger, session) {
            let before = Before {
                warnings: &[],
                searched: Some(&searched),
            };
            let error = documented(error, arguments, access, &ledger, before, session);
            return Err(error?);
        }
        status = status.worse(leave_out_elsewhere(&mut to_send, &ledger, session)?);
    }
    if to_send.is_empty() {
        return ended(status, arguments, access, &ledger, &searched, session);
    }
    for (message, _) in &to_send {
        announce(&ledger, message, now, session)?;
    }
    if !arguments.yes {
        if !confirmed(arguments, session)? {
            return Ok(ExitStatus::Unusable);
        }
        // The answer may have taken hours, in which an acceptance came.
        let again = look_again(&mut to_send, arguments, access, &mut ledger, session)?;
        for (message, found) in &again.answers {
            if !to_send.iter().any(|(other, _)| other == message) {
                status = status.worse(tell_found(&ledger, message, *found, session)?);
            }
        }
        searched.take_in(again);
    }
    if to_send.is_empty() {
        return ended(status, arguments, access, &ledger, &searched, session);
    }
    let before = Before {
        warnings: &[],
        searched: Some(&searched),
    };
    let (sent, stopped) = match send_all(to_send, access, &mut ledger, session) {
        Ok(sent) => sent,
        Err(error) => {
            let error = documented(error, arguments, access, &ledger, before, session);
            return Err(error?);
        }
    };
    status = status.worse(stopped);
    let finished = finish(arguments, access, &mut ledger, sent, before, session)?;
    Ok(status.worse(finished))
}

/// The end where nothing was sent: the document is written all the same.
fn ended(
    status: ExitStatus,
    arguments: &Arguments,
    access: &Access,
    ledger: &Ledger,
    searched: &Search,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if arguments.json {
        let before = Before {
            warnings: &[],
            searched: Some(searched),
        };
        report::json(&[], &[], ledger, &access.account.name, before, session)?;
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
        let all = ledger.unsettled(&access.account.address);
        return Ok(all.map_err(|error| Failure::of_ledger(&error))?);
    }
    let one = |word: &String| meant::one_message_of(ledger, word, &access.account.address);
    arguments.messages.iter().map(one).collect()
}

/// Where a message stands for each recipient.
fn standings(ledger: &Ledger, message: &MessageRef) -> anyhow::Result<Vec<Standing>> {
    let row = ledger.row(message);
    let row = row.map_err(|error| Failure::of_ledger(&error))?;
    let standings = row.recipients.iter().map(|(_, standing)| *standing);
    Ok(standings.collect())
}

fn mood(ledger: &Ledger, message: &MessageRef, now: Timestamp) -> anyhow::Result<Mood> {
    let is_of_now = ledger.is_of_now(message, now);
    let is_of_now = is_of_now.map_err(|error| Failure::of_ledger(&error))?;
    Ok(Mood::of(&standings(ledger, message)?, is_of_now))
}

/// What is said of a message with which nothing may be done.
const fn over_key(over: Over) -> &'static str {
    match over {
        Over::Went => "send.settled",
        Over::GivenUp => "send.settled-given-up",
        Over::Contradictory => "send.settled-contradictory",
        Over::Failed => "send.settled-failed",
    }
}

/// What follows from what the mailbox answered about a message.
fn after_asking(
    arguments: &Arguments,
    ledger: &Ledger,
    message: &MessageRef,
    (found, never_left): (Found, bool),
    now: Timestamp,
) -> anyhow::Result<AfterAsking> {
    let view = ledger.view(message);
    let facts = view.map_err(|error| Failure::of_ledger(&error))?.facts;
    let asked = Asked {
        found,
        never_left,
        left_over: client::is_left_over(&facts, &standings(ledger, message)?),
        ripe_at: client::ripe_at(&facts, arguments.patience),
    };
    Ok(asked.then(arguments.resend.map(ResendArgument::term), now))
}

/// Takes out what another machine sent, as its acceptance shows; gives the answer's status.
fn leave_out_elsewhere(
    to_send: &mut Vec<(MessageRef, Claim)>,
    ledger: &Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let now = session.context.clock.now();
    let mut status = ExitStatus::Yes;
    let mut left = Vec::new();
    for (message, claim) in to_send.drain(..) {
        let other = match claim {
            Claim::NeverLeft => {
                let row = ledger.row(&message);
                row.and_then(|row| client::is_elsewhere(ledger, &row, now))
            }
            // A person said so.
            Claim::InDoubtAndSearched => Ok(None),
        };
        let Some(other) = other.map_err(|error| Failure::of_ledger(&error))? else {
            left.push((message, claim));
            continue;
        };
        let values = [
            ("message", &*message.short),
            ("other", &*other.message_id),
            ("time", &*shown(other.at, session.lang)),
        ];
        let line = Catalogue::of(session.lang).fill("send.sent-elsewhere", &values);
        writeln!(session.err, "{line}")?;
        status = status.worse(ExitStatus::Undecided);
    }
    *to_send = left;
    Ok(status)
}

/// What a message was written again as, after it and to the same recipients. Both going out
/// is what nobody wants; who does names it.
fn written_again(ledger: &Ledger, message: &MessageRef) -> anyhow::Result<Option<MessageRef>> {
    let again = ledger.written_again(message);
    Ok(again.map_err(|error| Failure::of_ledger(&error))?)
}

/// What is found on the way is no part of the document.
fn form_of(arguments: &Arguments) -> follow::Form {
    match arguments.json {
        true => follow::Form::Silent,
        false => follow::Form::Text,
    }
}

/// Searches once more for those in doubt, and takes out what may not go any more.
fn look_again(
    to_send: &mut Vec<(MessageRef, Claim)>,
    arguments: &Arguments,
    access: &mut Access,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<Search> {
    let doubtful = to_send
        .iter()
        .filter(|(_, claim)| *claim == Claim::InDoubtAndSearched);
    let doubtful: Vec<MessageRef> = doubtful.map(|(message, _)| message.clone()).collect();
    let searched = search(&doubtful, form_of(arguments), access, ledger, session)?;
    let now = session.context.clock.now();
    for (message, found) in &searched.answers {
        let then = after_asking(arguments, ledger, message, (*found, false), now)?;
        if !matches!(then, AfterAsking::Goes(_)) {
            to_send.retain(|(other, _)| other != message);
        }
    }
    Ok(searched)
}

/// Asks the whole mailbox about messages in doubt, and says what of it did not answer.
fn search(
    messages: &[MessageRef],
    form: follow::Form,
    access: &mut Access,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<Search> {
    if messages.is_empty() {
        return Ok(Search::default());
    }
    let verifier = access.verifier()?;
    access.tell_trust(session)?;
    let mut mailbox = access.mailbox()?;
    let clock = session.context.clock;
    let mut found = Vec::new();
    let searched = client::search(
        ledger,
        access::judge(access, &verifier),
        &mut mailbox,
        &access.account.folders,
        messages,
        &Stop::default(),
        &|| clock.now(),
        &mut |event| found.push(follow::Summary::of(&event)),
    );
    for event in found {
        follow::tell(&event, form, session)?;
    }
    let searched = searched.map_err(|error| access.failure_of_journey(&error))?;
    mailbox.log_out();
    for gap in &searched.gaps {
        writeln!(session.err, "{}", gap_line(gap, session.lang))?;
    }
    Ok(searched)
}

/// What of the mailbox did not answer, in a sentence.
pub(in crate::command) fn gap_line(gap: &Gap, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let folder = ("folder", &*gap.folder);
    match &gap.what {
        GapKind::NotNamed => texts.fill("send.gap-named", &[folder]),
        GapKind::NotOpened(reason) => texts.fill("send.gap-opened", &[folder, ("reason", reason)]),
        GapKind::NotSearched(reason) => {
            texts.fill("send.gap-searched", &[folder, ("reason", reason)])
        }
        GapKind::NotTold => texts.fill("send.gap-told", &[folder]),
        GapKind::NotRead(message, count) => {
            let count = count.to_string();
            let values = [folder, ("message", &*message.short), ("count", &*count)];
            texts.fill("send.gap-read", &values)
        }
    }
}

/// Says what the mailbox answered about a message that is not sent; gives the answer's status.
fn tell_found(
    ledger: &Ledger,
    message: &MessageRef,
    found: Found,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let (key, status) = match found {
        Found::Receipt if is_refused(ledger, message)? => ("send.found-refusal", ExitStatus::No),
        Found::Receipt => ("send.found", ExitStatus::Yes),
        Found::Unproved => ("send.unproved", ExitStatus::Undecided),
        Found::Unknown => ("send.unknown", ExitStatus::Undecided),
        Found::Nothing => ("send.still-in-doubt", ExitStatus::Undecided),
    };
    tell(session, key, message)?;
    Ok(status)
}

/// Whether the provider says, proved, that it did not accept the message.
fn is_refused(ledger: &Ledger, message: &MessageRef) -> anyhow::Result<bool> {
    let row = ledger
        .row(message)
        .map_err(|error| Failure::of_ledger(&error))?;
    let mut standings = row.recipients.iter().map(|(_, standing)| *standing);
    Ok(standings.any(|standing| standing == Standing::NotAccepted))
}

/// Over one connection, until it is of no more use; what was not begun stays as it is. What
/// keeps a further message from being sent is told here, so that what went before it is told
/// too.
fn send_all(
    messages: Vec<(MessageRef, Claim)>,
    access: &mut Access,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<(Vec<(MessageRef, client::Submitted)>, ExitStatus)> {
    let mut submission = access.submission()?;
    submission.heed(stop_on_signals());
    let mut sent = Vec::new();
    for (message, claim) in messages {
        let submitted = match hand_over(ledger, &message, claim, &mut submission, session) {
            Ok(submitted) => submitted,
            Err(error) if sent.is_empty() => return Err(error),
            Err(error) => return Ok((sent, told(&error, session)?)),
        };
        let usable = matches!(
            submitted.report.outcome,
            SubmissionOutcome::Taken(_) | SubmissionOutcome::Refused(_)
        );
        sent.push((message, submitted));
        if !usable {
            return Ok((sent, ExitStatus::Yes));
        }
    }
    submission.quit();
    Ok((sent, ExitStatus::Yes))
}

fn announce(
    ledger: &Ledger,
    message: &MessageRef,
    now: Timestamp,
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
        ("time", &*shown(row.frozen_at, session.lang)),
    ];
    let texts = Catalogue::of(session.lang);
    let line = texts.fill("send.will-resume", &values);
    writeln!(session.err, "{line}")?;
    // What was meant weeks ago may not be meant today.
    let days = now.seconds_since(row.frozen_at) / DAY;
    if days >= OLD_DAYS {
        let line = texts.fill("send.is-old", &[("days", &days.to_string())]);
        writeln!(session.err, "{line}")?;
    }
    Ok(())
}

fn tell_of_two(
    session: &mut Session<'_>,
    message: &MessageRef,
    other: &MessageRef,
) -> anyhow::Result<()> {
    let values = [("message", &*message.short), ("other", &*other.short)];
    let line = Catalogue::of(session.lang).fill("send.written-again", &values);
    Ok(writeln!(session.err, "{line}")?)
}

fn tell(session: &mut Session<'_>, key: &str, message: &MessageRef) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    let line = texts.fill(key, &[("message", &*message.short)]);
    Ok(writeln!(session.err, "{line}")?)
}
