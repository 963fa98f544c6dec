//! `pec sync`, `pec watch`, `pec wait`: reading the mailbox, and telling what comes.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::access::{self, Access};
use super::reach::names_of;
use super::{Failure, Session, span, words};
use crate::address::MailAddress;
use crate::client::{self, Ends, Event, EventKind, Patience, SyncReport, WatchEnd, WatchEvent};
use crate::context::stop_on_signals;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::state::{Goal, Meaning};
use crate::ledger::{Ledger, MatchRule, MessageRef, Reason, Unread};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::{self, Page, Report, SHORT_ID, known};
use crate::output::style::Tone;
use crate::pec::MessageKind;
use crate::timestamp::{Timestamp, WITH_OFFSET};
use crate::transport::{self, Mailbox, Stop, Timeouts};
use crate::verify::{Finding, Verdict};

/// Read new receipts once
///
/// Reads INBOX, the folders of the account and every folder named Ricevute, marks, moves and
/// deletes nothing, keeps every certified message, judges it, and records what the genuine
/// ones say about the messages sent. Reading again reads only what is new; what was not proved
/// before is judged again when the trust data, the program or a clock that was slow are others.
/// A message that the server lists and does not give is remembered, told, and asked for again
/// each time.
///
/// Exits with 0 when all was read, 1 when something that passes itself off as certified mail
/// was not proved genuine, 4 when the line broke, or a folder or a message could not be read,
/// 5 when the login was refused.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct SyncArguments {
    /// Read this folder too; repeatable
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,

    /// Read anew from the beginning: all folders, or this one; repeatable
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "")]
    again: Vec<String>,

    /// Write one JSON object a line for each thing found
    #[arg(long, alias = "json")]
    ndjson: bool,

    /// Write the JSON schema of the lines and end
    #[arg(long)]
    json_schema: bool,
}

/// Stay, and tell each receipt as it arrives
///
/// Reads as sync does, then looks again and again, at once where the server tells (IDLE), goes
/// on after a broken line, and ends on Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct WatchArguments {
    /// Read this folder too; repeatable
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,

    /// How often to look: 60s
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span::parse)]
    poll: Duration,

    /// End after this time: 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    r#for: Option<Duration>,

    /// Write one JSON object a line for each thing found
    #[arg(long, alias = "json")]
    ndjson: bool,

    /// Write the JSON schema of the lines and end
    #[arg(long)]
    json_schema: bool,
}

/// Wait until a message is accepted or delivered
///
/// Exits with 0 when it is, for every recipient, 1 when a receipt says that it will not be,
/// 3 when the time is over or receipts contradict each other, 4 and 5 as sync.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec wait [OPTIONS] <MESSAGE>..."
)]
pub(super) struct WaitArguments {
    /// The message: short id, Message-ID or subject
    #[arg(value_name = "MESSAGE", required_unless_present = "json_schema")]
    messages: Vec<String>,

    /// What to wait for: accepted or delivered
    #[arg(
        long,
        value_name = "FOR",
        default_value = "delivered",
        hide_possible_values = true
    )]
    until: GoalArgument,

    /// How long: 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = span::parse)]
    timeout: Duration,

    /// How often to look: 10s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span::parse)]
    poll: Duration,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum GoalArgument {
    /// The provider's acceptance.
    Accepted,
    /// A delivery receipt for every recipient that can have one.
    Delivered,
}

impl From<GoalArgument> for Goal {
    fn from(argument: GoalArgument) -> Self {
        match argument {
            GoalArgument::Accepted => Self::Accepted,
            GoalArgument::Delivered => Self::Delivered,
        }
    }
}

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
    fn of(ndjson: bool) -> Self {
        if ndjson { Self::Ndjson } else { Self::Text }
    }
}

pub(super) fn sync(
    arguments: &SyncArguments,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return Ok(session.out.schema::<Summary>()?);
    }
    let mut access = Access::open(session)?;
    access
        .account
        .folders
        .extend(arguments.folder.iter().cloned());
    let verifier = access.verifier()?;
    access.tell_trust(session)?;
    let mut ledger = access::ledger_for(&access.account, session)?;
    let address = access.account.address.clone();
    for folder in &arguments.again {
        let folder = Some(folder.as_str()).filter(|folder| !folder.is_empty());
        let folder = folder.map(|folder| match folder.eq_ignore_ascii_case("INBOX") {
            true => "INBOX",
            false => folder,
        });
        access.account.folders.extend(folder.map(ToOwned::to_owned));
        ledger
            .read_again(&address, folder)
            .map_err(|error| Failure::of_ledger(&error))?;
    }
    let named = access.account.folders.clone();
    let clock = session.context.clock;
    let form = Form::of(arguments.ndjson);
    let mut status = ExitStatus::Yes;
    let mut written = Ok(());
    let mut no_password = None;
    let synced = client::read(
        &mut ledger,
        client::Judge {
            account: &address,
            verifier: &verifier,
        },
        &mut || connect(&mut access, Timeouts::default(), &mut no_password),
        &named,
        &|| clock.now(),
        &mut |event| {
            let summary = Summary::of(&event);
            if summary.alarming {
                status = ExitStatus::No;
            }
            if written.is_ok() {
                written = tell(&summary, form, session);
            }
        },
    );
    if let Some(error) = no_password {
        return Err(error);
    }
    written?;
    let report = synced.map_err(|error| access.failure_of_journey(&error))?;
    Ok(status.worse(tell_report(&report, session)?))
}

/// A connection for those who try again. A password that cannot be had is no broken line: it
/// ends the journey, in its own words, which are left in `no_password`.
fn connect(
    access: &mut Access,
    timeouts: Timeouts,
    no_password: &mut Option<anyhow::Error>,
) -> Result<Box<dyn Mailbox>, transport::Error> {
    match access.connect_within(timeouts) {
        Ok(connected) => connected.map(|mailbox| Box::new(mailbox) as Box<dyn Mailbox>),
        Err(error) => {
            *no_password = Some(error);
            Err(transport::Error::Held("password".to_owned()))
        }
    }
}

/// What a reading did, and what it could not.
fn tell_report(report: &SyncReport, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let texts = Catalogue::of(session.lang);
    let mut status = ExitStatus::Yes;
    let values = [
        ("folders", &*report.folders.to_string()),
        ("looked-at", &*report.looked_at.to_string()),
        ("fetched", &*report.fetched.to_string()),
        ("facts", &*report.new_facts.to_string()),
    ];
    writeln!(session.err, "{}", texts.fill("sync.done", &values))?;
    if report.renumbered > 0 {
        let count = report.renumbered.to_string();
        let line = texts.fill("sync.renumbered", &[("count", &count)]);
        writeln!(session.err, "{line}")?;
    }
    if !report.not_read.is_empty() {
        let (count, names) = (
            report.not_read.len().to_string(),
            names_of(&report.not_read),
        );
        let line = texts.fill("sync.not-read", &[("count", &count), ("names", &names)]);
        writeln!(session.err, "{line}")?;
    }
    for line in &report.odd_folders {
        tell_odd_folder(line, session)?;
    }
    if let Some(reason) = &report.unlisted {
        tell_unlisted(reason, session)?;
        status = ExitStatus::NotNow;
    }
    for (folder, reason) in &report.unread {
        tell_unread(folder, reason, session)?;
        status = ExitStatus::NotNow;
    }
    if !report.unread_messages.is_empty() {
        tell_unread_messages(&report.unread_messages, session)?;
        status = ExitStatus::NotNow;
    }
    Ok(status)
}

/// Messages that are unread, from before too; the first ones by name.
pub(super) fn tell_unread_messages(
    unread: &[Unread],
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    const SHOWN: usize = 20;
    let texts = Catalogue::of(session.lang);
    let count = unread.len().to_string();
    let line = texts.fill("sync.unread-messages", &[("count", &count)]);
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

fn tell_odd_folder(line: &str, session: &mut Session<'_>) -> anyhow::Result<()> {
    let line = Catalogue::of(session.lang).fill("sync.odd-folder", &[("line", line)]);
    Ok(writeln!(session.err, "{line}")?)
}

fn tell_unlisted(reason: &str, session: &mut Session<'_>) -> anyhow::Result<()> {
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

pub(super) fn watch(
    arguments: &WatchArguments,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return Ok(session.out.schema::<Summary>()?);
    }
    let mut access = Access::open(session)?;
    access
        .account
        .folders
        .extend(arguments.folder.iter().cloned());
    let mut ledger = access::ledger_for(&access.account, session)?;
    let patience = Patience {
        poll: arguments.poll,
        ..Patience::default()
    };
    let form = Form::of(arguments.ndjson);
    let end = stay(
        &mut access,
        &mut ledger,
        patience,
        arguments.r#for,
        form,
        &mut |_| Ok(false),
        session,
    )?;
    if end == WatchEnd::Stopped && form == Form::Text {
        let texts = Catalogue::of(session.lang);
        writeln!(session.err, "{}", texts.text("watch.stopped"))?;
    }
    Ok(ExitStatus::Yes)
}

pub(super) fn wait_command(
    arguments: &WaitArguments,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return super::status::write_schema(session);
    }
    let mut access = Access::open(session)?;
    let mut ledger = access::ledger_for(&access.account, session)?;
    let messages = arguments
        .messages
        .iter()
        .map(|word| one_message_of(&ledger, word, &access.account.address))
        .collect::<anyhow::Result<Vec<_>>>()?;
    wait_with(
        &messages,
        (arguments.until.into(), arguments.timeout, arguments.poll),
        &mut access,
        &mut ledger,
        arguments.json,
        session,
    )
}

/// Waits for messages and shows where they stand in the end.
pub(super) fn wait(
    messages: &[MessageRef],
    goal: Goal,
    timeout: Duration,
    access: &mut Access,
    ledger: &mut Ledger,
    as_json: bool,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    const POLL: Duration = Duration::from_secs(10);
    let terms = (goal, timeout, POLL);
    wait_with(messages, terms, access, ledger, as_json, session)
}

fn wait_with(
    messages: &[MessageRef],
    (goal, timeout, poll): (Goal, Duration, Duration),
    access: &mut Access,
    ledger: &mut Ledger,
    as_json: bool,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let patience = Patience {
        poll,
        ..Patience::default()
    };
    let meanings = |ledger: &Ledger| -> Result<Vec<Meaning>, crate::ledger::Error> {
        let mut all = Vec::new();
        for message in messages {
            let standings = ledger.standings_of(message)?;
            all.extend(standings.iter().map(|one| one.meaning(goal)));
        }
        Ok(all)
    };
    // A failure for one recipient does not end the wait for the others.
    let mut is_over = |ledger: &Ledger| Ok(!meanings(ledger)?.contains(&Meaning::Awaited));
    let form = if as_json { Form::Silent } else { Form::Text };
    let known = is_over(ledger).map_err(|error| Failure::of_ledger(&error))?;
    if !known {
        let limit = Some(timeout);
        stay(access, ledger, patience, limit, form, &mut is_over, session)?;
    }
    super::status::show(messages, ledger, as_json, session)?;
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
            tell_unread_messages(&unread, session)?;
        }
    }
    Ok(answer)
}

/// Watches until done, asked to stop, or the time is over.
fn stay(
    access: &mut Access,
    ledger: &mut Ledger,
    patience: Patience,
    limit: Option<Duration>,
    form: Form,
    is_done: &mut dyn FnMut(&Ledger) -> Result<bool, crate::ledger::Error>,
    session: &mut Session<'_>,
) -> anyhow::Result<WatchEnd> {
    let verifier = access.verifier()?;
    access.tell_trust(session)?;
    let (stop, cut) = (Stop::default(), Stop::default());
    let signals = stop_on_signals();
    let alarm = Alarm::set(limit, &signals, (&stop, &cut));
    let clock = session.context.clock;
    let address = access.account.address.clone();
    let named = access.account.folders.clone();
    let mut no_password = None;
    let mut connect = || {
        let timeouts = Timeouts::default().within(alarm.left());
        connect(access, timeouts, &mut no_password)
    };
    let judge = client::Judge {
        account: &address,
        verifier: &verifier,
    };
    let mut written = Ok(());
    let watched = client::watch(
        ledger,
        judge,
        &mut connect,
        &named,
        patience,
        Ends {
            stop: &stop,
            cut: &cut,
        },
        &|| clock.now(),
        is_done,
        &mut |event| {
            let told = tell_watch(event, form, session);
            if written.is_ok() && told.is_err() {
                written = told;
                // The reader went away: nobody is told any more.
                stop.ask();
                cut.ask();
            }
        },
    );
    if let Some(error) = no_password {
        return Err(error);
    }
    written?;
    Ok(watched.map_err(|error| access.failure_of_journey(&error))?)
}

/// For the last look when the time is over; on a dead line the end comes no later.
const GRACE: Duration = Duration::from_secs(5);

/// Ends a wait when the time is over or a signal came; ends itself when dropped.
struct Alarm {
    ended: Stop,
    /// Milliseconds that passed.
    passed: Arc<AtomicU64>,
    limit: Option<Duration>,
}

impl Alarm {
    /// `stop` is asked when the time is over, `cut` some seconds later; both by a signal.
    fn set(limit: Option<Duration>, signals: &Stop, (stop, cut): (&Stop, &Stop)) -> Self {
        const TURN: Duration = Duration::from_millis(100);
        let alarm = Self {
            ended: Stop::default(),
            passed: Arc::default(),
            limit,
        };
        let (signals, over, clock) = (signals.clone(), alarm.ended.clone(), alarm.passed.clone());
        let (stop, cut) = (stop.clone(), cut.clone());
        std::thread::spawn(move || {
            let mut passed = Duration::ZERO;
            while !over.is_asked() && !cut.is_asked() {
                if signals.is_asked() || limit.is_some_and(|limit| passed >= limit) {
                    stop.ask();
                }
                if signals.is_asked()
                    || limit.is_some_and(|limit| passed >= limit.saturating_add(GRACE))
                {
                    cut.ask();
                }
                std::thread::sleep(TURN);
                passed += TURN;
                let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
                clock.store(millis, Ordering::SeqCst);
            }
        });
        alarm
    }

    /// How long anything may last from now on.
    fn left(&self) -> Duration {
        let passed = Duration::from_millis(self.passed.load(Ordering::SeqCst));
        match self.limit {
            Some(limit) => limit.saturating_add(GRACE).saturating_sub(passed),
            None => Duration::MAX,
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.ended.ask();
    }
}

/// # A thing found in the mailbox, version 1
///
/// Each line that `pec sync --ndjson` and `pec watch --ndjson` write. Every field that is described
/// is always there; where there is nothing to say it is null or empty. Fields may be added within
/// version 1, so the object is open. Facts (kind, time, subject, message_id, identifier,
/// delivered_to, error) come from what the signature covers and are there only for a genuine one.
/// Characters that act on a terminal are written as \uXXXX.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(transform = bind)]
pub(super) struct Summary {
    /// receipt: genuine, for a message of ours. orphan: genuine, for no message of ours. mismatch:
    /// genuine, names a message of ours but is about another sender or content; it moves nothing.
    /// envelope: genuine, but no receipt for a sender: received certified mail, a notice between
    /// providers. anomaly: genuine, the provider's envelope around ordinary mail, for which nobody
    /// vouches: subject, claimed_sender and claimed_about are what that mail says of itself.
    /// unproven: passes itself off as certified mail and was not proved; it moves nothing.
    /// ordinary: looked like certified mail and is none. too-large: left in the mailbox, unread.
    /// unread: listed by the server and not to be had; remembered, and asked for again at every
    /// reading.
    #[schemars(schema_with = "events")]
    event: &'static str,
    /// The folder of the mailbox.
    folder: String,
    /// Its UID there.
    #[schemars(range(min = 1))]
    uid: u32,
    /// SHA-256 of its octets, under which it is kept; empty where it was left in the mailbox.
    #[schemars(regex(pattern = r"^([0-9a-f]{64})?$"))]
    sha256: String,
    /// That of pec verify; cannot-tell where it was not read.
    verdict: Verdict,
    /// What the provider calls it; null unless genuine.
    #[schemars(schema_with = "words::kind_or_null")]
    kind: Option<&'static str>,
    /// The certified time with its offset, RFC 3339.
    #[schemars(regex(pattern = WITH_OFFSET))]
    time: Option<String>,
    /// The subject of the message it is about.
    subject: Option<String>,
    /// The Message-ID of the message it is about.
    message_id: Option<String>,
    /// The provider's identifier of the transaction.
    identifier: Option<String>,
    /// The recipient that a delivery receipt or notice is about.
    delivered_to: Option<String>,
    /// The provider's words on an error.
    error: Option<String>,
    /// How it was matched to messages of ours; null unless genuine. not-for-sender: it is no
    /// receipt for a sender.
    #[schemars(schema_with = "words::match_or_null")]
    matched_by: Option<&'static str>,
    /// The short id of the message of ours.
    #[schemars(regex(pattern = SHORT_ID))]
    message: Option<String>,
    /// How many facts it added to the ledger.
    new_facts: usize,
    /// Whether these octets were known before.
    known: bool,
    /// Unless genuine: the finding that decided, by its id; see the schema of pec verify.
    #[schemars(schema_with = "words::check_or_null")]
    headline: Option<&'static str>,
    /// Of an anomaly: whom the ordinary mail inside says it is from; else null.
    claimed_sender: Option<String>,
    /// Of an anomaly: the Message-ID, without brackets, of which the mail inside, a delivery report
    /// (RFC 3464), says that it came back or arrived; else null.
    claimed_about: Option<String>,
    /// Of what is unread: not-given, the server gives nothing for it; refused, it says no; ended,
    /// it ends the connection over it; cut, fewer octets come than it tells; judging, the program
    /// ended while it judged it. Else null.
    #[schemars(schema_with = "words::reason_or_null")]
    reason: Option<&'static str>,
    #[serde(skip)]
    at: Option<Timestamp>,
    /// Why it is unread, with details.
    #[serde(skip)]
    unread: Option<(Reason, String)>,
    /// The finding behind `headline`, for a person.
    #[serde(skip)]
    finding: Option<Finding>,
    #[serde(skip)]
    pub alarming: bool,
}

fn events(_: &mut schemars::SchemaGenerator) -> Schema {
    known([
        "receipt",
        "orphan",
        "mismatch",
        "envelope",
        "anomaly",
        "unproven",
        "ordinary",
        "too-large",
        "unread",
    ])
}

/// What each event binds other fields to. The fields are always there, so an enum with fields
/// would repeat all of them for every event.
fn bind(schema: &mut Schema) {
    let rule = |events: &[&str], then: Value| {
        json!({ "if": { "properties": { "event": { "enum": events } } },
                "then": { "properties": then } })
    };
    let (nothing, word) = (json!({ "type": "null" }), json!({ "type": "string" }));
    let (genuine, none) = (json!({ "const": "genuine" }), json!({ "const": 0 }));
    let proved = json!({ "verdict": genuine, "kind": word, "time": word, "identifier": word,
                         "message": word });
    let orphan = json!({ "verdict": genuine, "kind": word, "message": nothing });
    let anomaly = json!({ "verdict": genuine, "kind": { "const": "anomalia" },
                          "claimed_sender": word, "message": nothing, "new_facts": none });
    let refused = ["not-genuine", "cannot-tell", "not-certified-mail"];
    let unproved = json!({ "verdict": { "enum": refused }, "kind": nothing, "message": nothing,
                           "new_facts": none });
    let rules = json!([
        rule(&["receipt", "mismatch"], proved),
        rule(&["orphan"], orphan),
        rule(&["anomaly"], anomaly),
        rule(&["unproven", "ordinary", "too-large", "unread"], unproved),
    ]);
    schema.insert("allOf".to_owned(), rules);
}

impl Summary {
    pub(super) fn of(event: &Event) -> Self {
        let mut summary = Self {
            event: "other",
            folder: event.folder.clone(),
            uid: event.uid,
            sha256: event.octets.clone(),
            verdict: Verdict::CannotTell,
            kind: None,
            time: None,
            subject: None,
            message_id: None,
            identifier: None,
            delivered_to: None,
            error: None,
            matched_by: None,
            message: None,
            new_facts: 0,
            known: event.known,
            headline: None,
            claimed_sender: None,
            claimed_about: None,
            reason: None,
            unread: None,
            finding: None,
            at: event.certified_at(),
            alarming: event.is_alarming(),
        };
        match &event.kind {
            EventKind::TooLarge(_) => summary.event = "too-large",
            EventKind::Anomaly(wrapped) => {
                summary.event = "anomaly";
                summary.verdict = Verdict::Genuine;
                summary.kind = Some(MessageKind::AnomalyEnvelope.word());
                summary.subject = Some(wrapped.subject.clone());
                summary.claimed_sender = Some(wrapped.sender.clone());
                summary.claimed_about = wrapped
                    .report
                    .as_ref()
                    .and_then(|report| report.about.clone());
            }
            EventKind::Unread { reason, words } => {
                summary.event = "unread";
                summary.reason = Some(reason.word());
                summary.unread = Some((*reason, words.clone()));
            }
            EventKind::Other(examination) => {
                summary.verdict = examination.verdict();
                summary.finding = examination.headline().cloned();
                summary.headline = summary.finding.as_ref().map(|finding| finding.check().id());
                summary.event = match examination.verdict() {
                    Verdict::Genuine => "envelope",
                    Verdict::NotCertifiedMail => "ordinary",
                    Verdict::NotGenuine | Verdict::CannotTell => "unproven",
                };
            }
            EventKind::Verified {
                receipt,
                rule,
                message,
                new_facts,
            } => {
                let data = receipt.data();
                summary.event = match rule {
                    MatchRule::NotForSender => "envelope",
                    MatchRule::Orphan => "orphan",
                    MatchRule::OtherSender | MatchRule::OtherContent => "mismatch",
                    MatchRule::MessageId | MatchRule::Identifier => "receipt",
                };
                summary.verdict = Verdict::Genuine;
                summary.kind = Some(receipt.kind().word());
                summary.time = Some(data.time.rfc3339_at(data.zone));
                summary.subject.clone_from(&data.subject);
                summary.message_id.clone_from(&data.message_id);
                summary.identifier = Some(data.identifier.clone());
                summary.delivered_to = data.delivered_to.as_ref().map(ToString::to_string);
                summary.error.clone_from(&data.extended_error);
                summary.matched_by = Some(rule.word());
                summary.message = message.as_ref().map(|message| message.short.clone());
                summary.new_facts = *new_facts;
            }
        }
        summary
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

impl Report for Summary {
    const SCHEMA: &'static str = "pec/event";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        // What was known and says nothing new is no news.
        if self.known && self.new_facts == 0 && !self.alarming {
            return Ok(());
        }
        let line = sentence(self, page.lang);
        let tone = match self.event {
            "receipt" if !is_bad(self) => Tone::Good,
            "receipt" | "unproven" | "mismatch" | "too-large" | "unread" => Tone::Bad,
            "orphan" => Tone::Unsure,
            _ => Tone::Faint,
        };
        page.line(page.style.paint(tone, line))
    }
}

fn is_bad(summary: &Summary) -> bool {
    let good = [MessageKind::Acceptance, MessageKind::Delivery];
    !good.iter().any(|kind| summary.kind == Some(kind.word()))
}

fn sentence(summary: &Summary, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let time = summary.at.map(|at| shown(at, lang)).unwrap_or_default();
    let uid = summary.uid.to_string();
    let kind = match summary.kind {
        Some(kind) => texts.text(&format!("event.kind.{kind}")),
        None => "",
    };
    let empty = String::new();
    let error = summary.error.as_ref().unwrap_or(&empty);
    let detail = match &summary.error {
        Some(error) => format!(": {error}"),
        None => String::new(),
    };
    let finding = summary.finding.as_ref();
    let reason = finding.map(|finding| super::verify::text::meaning(finding, texts));
    let unread = summary.unread.as_ref();
    let unread = unread.map(|(reason, words)| reason_of(*reason, words, texts));
    let reason = reason.or(unread).unwrap_or_default();
    let values = [
        ("time", &*time),
        ("kind", kind),
        ("to", summary.delivered_to.as_ref().unwrap_or(&empty)),
        ("subject", summary.subject.as_ref().unwrap_or(&empty)),
        ("message", summary.message.as_ref().unwrap_or(&empty)),
        ("folder", &*summary.folder),
        ("uid", &*uid),
        ("error", &**error),
        ("detail", &*detail),
        ("reason", &*reason),
        ("sender", summary.claimed_sender.as_ref().unwrap_or(&empty)),
    ];
    let key = match (summary.event, &summary.delivered_to) {
        ("receipt", Some(_)) => "receipt-for".to_owned(),
        (event, _) => event.to_owned(),
    };
    texts.fill(&format!("event.{key}"), &values)
}

fn tell_watch(event: WatchEvent, form: Form, session: &mut Session<'_>) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    match event {
        WatchEvent::Found(event) => tell(&Summary::of(&event), form, session),
        WatchEvent::Ready if form == Form::Text => {
            Ok(writeln!(session.err, "{}", texts.text("watch.ready"))?)
        }
        WatchEvent::Ready => Ok(()),
        WatchEvent::Unread { folder, reason } => tell_unread(&folder, &reason, session),
        WatchEvent::OddFolder(line) => tell_odd_folder(&line, session),
        WatchEvent::Unlisted(reason) => tell_unlisted(&reason, session),
        WatchEvent::NotAsked(error) => {
            let line = texts.fill("watch.not-asked", &[("reason", &error.to_string())]);
            Ok(writeln!(session.err, "{line}")?)
        }
        WatchEvent::Broken { error, pause } => {
            let seconds = pause.as_secs().to_string();
            let reason = error.to_string();
            let values = [("reason", &*reason), ("seconds", &*seconds)];
            Ok(writeln!(
                session.err,
                "{}",
                texts.fill("watch.broken", &values)
            )?)
        }
    }
}

/// The one message of an account that a person's word means: the mailbox of another account
/// is not the one where its receipts come.
///
/// # Errors
/// As [`one_message`], and when it belongs to another account.
pub(super) fn one_message_of(
    ledger: &Ledger,
    word: &str,
    account: &MailAddress,
) -> anyhow::Result<MessageRef> {
    let message = one_message(ledger, word)?;
    let row = ledger
        .row(&message)
        .map_err(|error| Failure::of_ledger(&error))?;
    if MailAddress::new(&row.sender) != *account {
        let values = [("message", message.short), ("account", row.account)];
        return Err(Failure::new("other-account", values).into());
    }
    Ok(message)
}

/// The one message that a person's word means.
///
/// # Errors
/// When there is none, or when there are several: then they are named.
pub(super) fn one_message(ledger: &Ledger, word: &str) -> anyhow::Result<MessageRef> {
    let mut found = ledger
        .find(word)
        .map_err(|error| Failure::of_ledger(&error))?;
    match found.len() {
        0 => Err(super::status::not_one(word, true).into()),
        1 => Ok(found.remove(0)),
        _ => {
            let shorts: Vec<&str> = found.iter().map(|message| &*message.short).collect();
            let values = [("word", word.to_owned()), ("messages", shorts.join(", "))];
            Err(Failure::new("several-messages", values).into())
        }
    }
}
