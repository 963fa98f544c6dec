//! `pec send`: one certified message, checked, shown, recorded, handed over once.

pub(super) mod checks;
mod draft;
mod report;
pub(super) mod resume;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use self::report::Before;
use super::access::{self, Access};
use super::{Failure, Session, is_closed_pipe, span, wait};
use crate::account::SentCopy;
use crate::client::{self, Resend, Submitted};
use crate::context::{Interruption, stop_on_signals};
use crate::exit::ExitStatus;
use crate::ledger::{Claim, Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;
use crate::pec::outgoing::{Limits, OutgoingMessage};
use crate::transport::smtp::SmtpSubmission;
use crate::transport::{Mailbox, Submission, SubmissionOutcome};

/// Send a certified message, once
///
/// Checks everything that the provider would refuse, shows the message and asks, records it,
/// and only then hands it over. If the line breaks where the provider may have the message it
/// is in doubt, and is never sent again by itself: see --resume.
///
/// Exits with 0 when the provider took the message (with --wait: when it was accepted or
/// delivered), 1 when it took it not for all recipients or (with --wait) a receipt says no,
/// 2 when the message or the question is wrong, 3 when in doubt or still waiting, 4 when it
/// could not be sent now, 5 when the provider refused.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec send --to <ADDRESS> --subject <TEXT> [OPTIONS]\n       \
                      pec send --eml <FILE> [OPTIONS]\n       \
                      pec send --resume [MESSAGE]..."
)]
pub(super) struct Arguments {
    /// With --resume: which messages (short id, Message-ID or subject); all unsettled without
    #[arg(value_name = "MESSAGE", requires = "resume")]
    messages: Vec<String>,

    /// A recipient; repeatable
    #[arg(
        long,
        value_name = "ADDRESS",
        required_unless_present_any = ["eml", "resume", "json_schema"]
    )]
    to: Vec<String>,

    /// A recipient in copy, whose delivery receipt is always concise; repeatable
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// The subject
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present_any = ["eml", "resume", "json_schema"]
    )]
    subject: Option<String>,

    /// The text (without --body and --body-file: from standard input, or from $EDITOR)
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,

    /// The text, from a file in UTF-8; - for standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// A file to attach; repeatable
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// The delivery receipt to ask for: complete, brief or concise
    #[arg(
        long,
        value_name = "FORM",
        default_value = "complete",
        hide_possible_values = true
    )]
    receipt: ReceiptArgument,

    /// Where people shall answer; receipts come to the sending mailbox in any case
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Option<String>,

    /// Send this ready message instead; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["to", "cc", "subject", "body", "body_file", "attach", "receipt", "reply_to"]
    )]
    eml: Option<PathBuf>,

    /// Go on with messages that never left, and settle those in doubt by asking the mailbox
    #[arg(long, conflicts_with_all = ["to", "eml", "dry_run"])]
    resume: bool,

    /// With --resume: send again what is in doubt and has no acceptance in the whole mailbox;
    /// =even-if-it-arrives-twice: also where that cannot be known
    #[arg(
        long,
        value_name = "HOW",
        requires = "resume",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "if-nothing-is-there",
        hide_possible_values = true
    )]
    resend: Option<ResendArgument>,

    /// With --resend: how old the attempt must be, so that a slow acceptance had its time
    #[arg(
        long,
        value_name = "TIME",
        default_value = "15m",
        requires = "resend",
        value_parser = span::parse
    )]
    patience: Duration,

    /// Do not ask before sending
    #[arg(long, short)]
    yes: bool,

    /// With --yes: send also what left within 24 hours with the same content for the same
    /// recipients, and do not read the mailbox for it
    #[arg(long, requires = "yes", conflicts_with = "resume")]
    again: bool,

    /// Show everything, send and record nothing
    #[arg(long)]
    dry_run: bool,

    /// Wait for the receipts: accepted or delivered
    #[arg(long, value_name = "FOR", hide_possible_values = true)]
    wait: Option<wait::GoalArgument>,

    /// How long to wait: 90s, 30m, 2h, 1d
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30m",
        requires = "wait",
        value_parser = span::parse
    )]
    timeout: Duration,

    /// File no copy in the folder of sent mail
    #[arg(long)]
    no_copy: bool,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Octets of a message that takes so long that a person is told it is on its way.
const LARGE_OCTETS: u64 = 1_000_000;

/// `--receipt`, in the words of both languages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReceiptArgument {
    #[value(alias = "completa")]
    Complete,
    #[value(alias = "breve")]
    Brief,
    #[value(alias = "sintetica")]
    Concise,
}

/// `--resend`, in the words of both languages. The risk must be written out: `--yes` is typed
/// without thinking.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ResendArgument {
    #[value(alias = "se-non-c-e-nulla")]
    IfNothingIsThere,
    #[value(alias = "anche-se-arriva-due-volte")]
    EvenIfItArrivesTwice,
}

impl ResendArgument {
    pub(super) const fn term(self) -> Resend {
        match self {
            Self::IfNothingIsThere => Resend::IfNothingIsThere,
            Self::EvenIfItArrivesTwice => Resend::EvenIfTwice,
        }
    }
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return Ok(session.out.schema::<report::Document<'_>>()?);
    }
    let mut access = Access::open(session)?;
    if arguments.resume {
        return resume::run(arguments, &mut access, session);
    }
    let mut typed = draft::Typed::default();
    let answer = compose_and_send(arguments, &mut access, &mut typed, session);
    typed.tell(session)?;
    answer
}

fn compose_and_send(
    arguments: &Arguments,
    access: &mut Access,
    typed: &mut draft::Typed,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let octets = draft::octets(arguments, &access.account.address, typed, session)?;
    let limits = Limits {
        recipients: access.account.limits.recipients.map(|most| most as usize),
        octets: access.account.limits.octets_total,
    };
    let message = OutgoingMessage::freeze(octets, &access.account.address, limits)
        .map_err(|faults| checks::failure(&faults, session.lang))?;
    if !arguments.dry_run && !arguments.yes && !can_ask(arguments, session) {
        return Err(Failure::new("needs-yes", []).into());
    }
    let mut ledger = match arguments.dry_run {
        // Nothing is recorded; what is known of recipients is read if there is a ledger.
        true => access::existing_ledger(session)?,
        false => Some(access::ledger_for(&access.account, session)?),
    };
    if let Some(ledger) = ledger.as_mut().filter(|_| !arguments.dry_run)
        && let Err(error) = access.ask_first(ledger, session)
    {
        let before = Before::default();
        let error = documented(error, arguments, access, ledger, before, session);
        return Err(error?);
    }
    let warnings = checks::warnings(&message, limits, ledger.as_ref(), session)?;
    if arguments.dry_run {
        return report::dry_run(&message, &warnings, access, arguments.json, session);
    }
    let ledger = ledger.as_mut().expect("opened above");
    report::preview(&message, &warnings, access, session)?;
    // A person is told by the warning and decides; a script may just have been started again.
    let once = arguments.yes && !arguments.again;
    if once && let Err(error) = access.read_before_sending(ledger, session) {
        let before = Before::default();
        let error = documented(error, arguments, access, ledger, before, session);
        return Err(error?);
    }
    let words = Catalogue::of(session.lang).text("send.interrupted");
    let interruption = Interruption::tells(words.to_owned());
    let unsent = match once {
        true => checks::only_once(&message, ledger, session)?,
        false => None,
    };
    if !arguments.yes && !confirmed(arguments, session)? {
        return Ok(ExitStatus::Unusable);
    }
    // Connected before anything is recorded: a wrong password leaves nothing behind that a
    // later --resume would send.
    let before = Before {
        warnings: &warnings,
        searched: None,
    };
    let mut submission = match access.submission() {
        Ok(submission) => submission,
        Err(error) => {
            let error = documented(error, arguments, access, ledger, before, session);
            return Err(error?);
        }
    };
    let size = message.octets().len() as u64;
    if let Some(limit) = submission.size_limit().filter(|limit| size > *limit) {
        let texts = Catalogue::of(session.lang);
        let values = [("size", texts.size(size)), ("limit", texts.size(limit))];
        return Err(Failure::new("too-large-for-server", values).into());
    }
    submission.heed(stop_on_signals());
    drop(interruption);
    let recorded = match unsent {
        Some(recorded) => {
            let values = [("message", &*recorded.short)];
            let line = Catalogue::of(session.lang).fill("send.goes-on", &values);
            writeln!(session.err, "{line}")?;
            recorded
        }
        None => record(&message, once, ledger, session)?,
    };
    if size >= LARGE_OCTETS && session.context.stderr_is_terminal {
        let texts = Catalogue::of(session.lang);
        let line = texts.fill("send.sending", &[("size", &texts.size(size))]);
        writeln!(session.err, "{line}")?;
    }
    let submitted = hand_over(
        ledger,
        &recorded,
        Claim::NeverLeft,
        &mut submission,
        session,
    )?;
    submission.quit();
    if matches!(
        submitted.report.outcome,
        SubmissionOutcome::Taken(_) | SubmissionOutcome::InDoubt { .. }
    ) {
        typed.is_sent();
    }
    finish(
        arguments,
        access,
        ledger,
        vec![(recorded, submitted)],
        before,
        session,
    )
}

/// A failure before anything left: the document is promised all the same.
fn documented(
    error: anyhow::Error,
    arguments: &Arguments,
    access: &Access,
    ledger: &Ledger,
    before: Before<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<anyhow::Error> {
    if arguments.json {
        report::json(&[], &[], ledger, &access.account.name, before, session)?;
    }
    Ok(error)
}

/// Records a new message; with `once`, unless another process recorded the same meanwhile: the
/// first record goes.
fn record(
    message: &OutgoingMessage,
    once: bool,
    ledger: &mut Ledger,
    session: &Session<'_>,
) -> anyhow::Result<MessageRef> {
    let now = session.context.clock.now();
    let recorded = match once {
        true => client::record_once(ledger, message, now),
        false => ledger.freeze(message, now).map(Some),
    };
    let recorded = recorded.map_err(|error| Failure::of_ledger(&error))?;
    recorded.ok_or_else(|| Failure::new("said-meanwhile", []).into())
}

/// One recorded message to the server.
fn hand_over(
    ledger: &mut Ledger,
    message: &MessageRef,
    claim: Claim,
    submission: &mut SmtpSubmission,
    session: &Session<'_>,
) -> anyhow::Result<Submitted> {
    let now = || session.context.clock.now();
    let submitted = client::submit(ledger, message, claim, submission, &now);
    Ok(submitted.map_err(|error| Failure::of_ledger(&error))?)
}

/// After the server's answer: the copy, the receipts, the report. Once a message has left, or
/// may have, nothing that fails afterwards may be taken for "try again": the answer is 3.
fn finish(
    arguments: &Arguments,
    access: &mut Access,
    ledger: &mut Ledger,
    sent: Vec<(MessageRef, Submitted)>,
    before: Before<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    use SubmissionOutcome as O;
    let has_left =
        |submitted: &Submitted| matches!(submitted.report.outcome, O::Taken(_) | O::InDoubt { .. });
    let left = sent.iter().any(|(_, submitted)| has_left(submitted));
    let answer = report::exit_status(&sent);
    match follow_up(arguments, access, ledger, sent, before, session) {
        Err(error) if left && error.is::<Failure>() => {
            told(&error, session)?;
            let texts = Catalogue::of(session.lang);
            writeln!(session.err, "{}", texts.text("send.left"))?;
            Ok(ExitStatus::Undecided)
        }
        // Nobody reads any more. The answer is what was sent all the same.
        Err(error) if is_closed_pipe(&error) => Ok(answer),
        done => done,
    }
}

/// Tells what failed without ending for it; gives its exit status.
fn told(error: &anyhow::Error, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let Some(failure) = error.downcast_ref::<Failure>() else {
        writeln!(session.err, "{error:#}")?;
        return Ok(ExitStatus::NotNow);
    };
    failure.write(session.lang, session.err)?;
    Ok(failure.status())
}

fn follow_up(
    arguments: &Arguments,
    access: &mut Access,
    ledger: &mut Ledger,
    sent: Vec<(MessageRef, Submitted)>,
    before: Before<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut copies = Vec::new();
    for (message, submitted) in &sent {
        let taken = matches!(submitted.report.outcome, SubmissionOutcome::Taken(_));
        copies.push((taken && !arguments.no_copy).then(|| file_copy(access, ledger, message)));
    }
    let mut status = report::exit_status(&sent);
    let goal = arguments
        .wait
        .filter(|_| matches!(status, ExitStatus::Yes | ExitStatus::No));
    match (arguments.json, goal) {
        // One document a run: where the wait follows, it is that of the status.
        (true, Some(_)) => {}
        (true, None) => {
            report::json(
                &sent,
                &copies,
                ledger,
                &access.account.name,
                before,
                session,
            )?;
        }
        (false, _) => report::text(&sent, &copies, ledger, session)?,
    }
    if let Some(goal) = goal {
        let messages: Vec<MessageRef> = sent.into_iter().map(|(message, _)| message).collect();
        let terms = wait::Terms {
            until: goal.into(),
            timeout: arguments.timeout,
            poll: wait::Terms::POLL,
        };
        let form = Form::of(arguments.json);
        let waited = wait::wait(&messages, terms, access, ledger, form, session);
        if waited.is_err() && arguments.json {
            // The document is promised, and says at least what was sent.
            super::status::show(&messages, ledger, Form::Json, session)?;
        }
        status = status.worse(waited?);
    }
    Ok(status)
}

/// Files a copy where the account says; the folder's name, `None` when the account wants no
/// copy, or why there is none. A missing copy is no failure: the ledger has the octets.
fn file_copy(
    access: &mut Access,
    ledger: &Ledger,
    message: &MessageRef,
) -> Result<Option<String>, String> {
    let wanted = match &access.account.sent_copy {
        SentCopy::NotFiled => return Ok(None),
        SentCopy::Folder(name) => Some(name.clone()),
        SentCopy::WhereMarked => None,
    };
    let row = ledger.row(message).map_err(|error| error.to_string())?;
    let octets = ledger
        .octets(&row.octets)
        .map_err(|error| error.to_string())?;
    let mut mailbox = match access.connect_mailbox() {
        Ok(connected) => connected.map_err(|error| error.to_string())?,
        Err(error) => return Err(error.to_string()),
    };
    let folder = match wanted {
        Some(name) => Some(name),
        None => mailbox
            .folders()
            .map_err(|error| error.to_string())?
            .into_iter()
            .find(|folder| folder.sent)
            .map(|folder| folder.name),
    };
    let filed = match &folder {
        Some(name) => mailbox
            .append(name, &octets)
            .map_err(|error| error.to_string()),
        None => Ok(()),
    };
    mailbox.log_out();
    filed.map(|()| folder)
}

/// Whether somebody can be asked: a terminal that the message does not come from.
fn can_ask(arguments: &Arguments, session: &Session<'_>) -> bool {
    let dash = |file: &Option<PathBuf>| file.as_ref().is_some_and(|file| file.as_os_str() == "-");
    session.context.stdin_is_terminal && !dash(&arguments.eml) && !dash(&arguments.body_file)
}

/// Asks on the terminal; without one, says that `--yes` is needed.
fn confirmed(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<bool> {
    if !can_ask(arguments, session) {
        return Err(Failure::new("needs-yes", []).into());
    }
    let texts = Catalogue::of(session.lang);
    write!(session.err, "{} ", texts.text("send.question"))?;
    session.err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let yes = ["y", "yes", "s", "si", "sì"].contains(&answer.trim().to_lowercase().as_str());
    if !yes {
        writeln!(session.err, "{}", texts.text("send.not-sent-by-choice"))?;
    }
    Ok(yes)
}
