//! `pec batch run`: checked, forecast, confirmed, recorded, sent; and what is left to do.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender as Outlet};
use std::time::Duration;

use serde::Serialize;

use super::check::{self, Terms};
use super::events::Reporter;
use super::known::one_job;
use super::order::{BadRows, Lanes, RunOrder, Show};
use super::original::Manner;
use super::place;
use super::prepare::{self, Disk, Origin, Prepared};
use super::view;
use super::{problem, status};
use crate::account::Account;
use crate::address::MailAddress;
use crate::batch::Fault;
use crate::batch::forecast::Forecast;
use crate::batch::notice::Recipe;
use crate::batch::pace::{LOOKS_BACK, Limits, Pace};
use crate::client::batch::{
    Allowed, End, Event, Follower, Runner, Sender, Stops, Time, Walk, WalkError,
};
use crate::client::{self, Consent, Judge, Question, SendAgain, Word};
use crate::command::access::{self, Access, Line};
use crate::command::confirm::Terminal;
use crate::command::register::Register;
use crate::command::whole;
use crate::command::{Failure, Session, is_closed_pipe};
use crate::context::{Clock, Interruption, free_room, stop_on_signals};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::{JobRef, JobView, Ledger, NewJob, NewRow};
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::timestamp::Timestamp;
use crate::transport::{self, Mailbox, Quota, Stop};
use crate::verify::Verifier;

/// How often the screen is written anew, at most.
const TURN: Duration = Duration::from_millis(250);

pub(super) fn run(order: &RunOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let is_there = place::is_input(&order.job) || order.job.exists();
    let mut opened = Opened::default();
    let words = Catalogue::of(session.lang).text("batch.interrupted");
    let interruption = Interruption::tells(words.to_owned());
    let job = match is_there {
        false => recorded(order, session)?,
        true => match from_table(order, &mut opened, session)? {
            Ok(job) => job,
            Err(status) => return Ok(status),
        },
    };
    let mut ledger = access::ledger(session)?;
    send(order, &job, (opened, interruption), &mut ledger, session)
}

/// Accounts by address whose password is known already: nobody is asked twice.
type Opened = BTreeMap<String, Access>;

/// A job by its id, which needs its table no more.
fn recorded(order: &RunOrder, session: &mut Session<'_>) -> anyhow::Result<JobView> {
    let word = order.job.display().to_string();
    match access::existing_ledger(session)? {
        Some(ledger) => one_job(&ledger, &word),
        None => Err(Failure::new("no-job", [("job", word)]).into()),
    }
}

/// Checks the table, and records its job unless that was done before. Inside `Err`: nothing is
/// to be sent.
fn from_table(
    order: &RunOrder,
    opened: &mut Opened,
    session: &mut Session<'_>,
) -> anyhow::Result<Result<JobView, ExitStatus>> {
    let prepared = Prepared::new(&order.job, &order.table, session)?;
    let (lang, now) = (session.lang, session.context.clock.now());
    let texts = Catalogue::of(lang);
    let existing = access::existing_ledger(session)?;
    let register = Register::of(session);
    let words = texts.text("batch.rows-checked");
    let progress = Progress::new(session.context.shows_progress(), words);
    let mut files = prepared.files();
    let mut told = problem::Told::default();
    let (findings, _) = check::pass(
        (&prepared, &mut files),
        (existing.as_ref(), &register, &order.allowed),
        &Show::Nothing,
        now,
        &progress,
        &mut |one| {
            if let Some(line) = told.line(one, lang) {
                progress.suspend(|| writeln!(session.err, "{line}"))?;
            }
            Ok(())
        },
    )?;
    for line in told.rest(lang) {
        writeln!(session.err, "{line}")?;
    }
    if findings.problems > 0 {
        for line in check::summary(&findings, lang) {
            writeln!(session.err, "{line}")?;
        }
        let only_rows = findings.bad > 0 && findings.bad < findings.rows;
        let is_whole = findings.identity.is_empty();
        if order.bad == BadRows::StopAll || !only_rows || is_whole {
            // Nothing is advised that would be refused like this.
            let failure = match only_rows && !is_whole {
                true => Failure::new("batch-bad", []),
                false => Failure::new("batch-bad-whole", []),
            };
            return Err(failure.into());
        }
    }
    let mut ledger = access::ledger(session)?;
    let known = ledger.job_of_identity(&findings.identity)?;
    if let Some(mut job) = known {
        if place::moves(&job.path, &prepared.absolute) {
            ledger.move_job(&job.job, &prepared.absolute)?;
            job.path = prepared.absolute;
        }
        tell(session, "batch.goes-on", &job)?;
        return Ok(Ok(job));
    }
    let before = ledger.jobs_of_path(&prepared.absolute)?;
    if let Some(before) = before.first() {
        tell(session, "batch.changed", before)?;
    }
    for line in view::lines(findings.view.as_ref(), &findings.files, &prepared, lang) {
        writeln!(session.err, "{line}")?;
    }
    if findings.problems == 0 {
        for line in check::summary(&findings, lang) {
            writeln!(session.err, "{line}")?;
        }
    }
    let terms = Terms {
        prepared: &prepared,
        pace: order.pace,
        ledger: Some(&ledger),
        free: session.data_dir.as_deref().and_then(free_room),
        now,
    };
    for line in check::forecast_lines(&findings, &terms, lang) {
        writeln!(session.err, "{line}")?;
    }
    if order.consent == Consent::Asked && !session.context.can_ask() {
        return Err(Failure::new("batch-needs-yes", []).into());
    }
    tell_room(&findings.forecasts, opened, session)?;
    let question = Question::Rows(findings.rows - findings.bad);
    match order.consent.word(question, &mut Terminal(session))? {
        Word::Beforehand | Word::Now => {}
        Word::Refused | Word::Missing => return Ok(Err(ExitStatus::Unusable)),
    }
    let reach = |address: &MailAddress| register.reach(address, existing.as_ref());
    let stops = Stops {
        despite: &order.allowed.despite,
        court: order.allowed.court,
        reach: &reach,
    };
    let bad = record(
        (&prepared, &mut files),
        (&findings.identity, stops),
        &mut ledger,
        (lang, now),
    )?;
    if !bad.is_empty() {
        let file = write_bad(&prepared, &findings.identity, &bad)?;
        let values = [("file", &*file.display().to_string())];
        let line = texts.count("batch.bad-rows", bad.len(), &values);
        writeln!(session.err, "{line}")?;
    }
    let job = ledger.job_of_identity(&findings.identity)?;
    let job = job.ok_or_else(|| Failure::new("batch-changed", [("file", prepared.absolute)]))?;
    tell(session, "batch.recorded", &job)?;
    Ok(Ok(job))
}

fn tell(session: &mut Session<'_>, key: &str, job: &JobView) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    let time = crate::output::layout::shown(job.recorded_at, session.lang);
    let values = [
        ("job", &*job.job.short),
        ("time", &*time),
        ("rows", &*texts.counted("rows", job.rows)),
    ];
    Ok(writeln!(session.err, "{}", texts.fill(key, &values))?)
}

/// Says whether the receipts will have room in each mailbox (RFC 9208). Only `run` asks: `check`
/// connects to nothing.
///
/// # Errors
/// When a password cannot be had, or the server refuses it: it is not tried a second time.
fn tell_room(
    forecasts: &BTreeMap<String, Forecast>,
    opened: &mut Opened,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    for (name, forecast) in forecasts.iter().filter(|(_, one)| one.messages > 0) {
        let mut access = Access::open_named(Some(name), session)?;
        let quota = access.connect_mailbox()?.and_then(|mut mailbox| {
            let quota = mailbox.quota()?;
            mailbox.log_out();
            Ok(quota)
        });
        let quota = match quota {
            Err(error) if !client::may_pass(&error) => {
                return Err(access.failure_of_reading(&error).into());
            }
            quota => quota,
        };
        let line = room_line(name, forecast.receipt_octets, &quota, session.lang);
        writeln!(session.err, "{line}")?;
        opened.insert(access.account.address.key(), access);
    }
    Ok(())
}

fn room_line(
    account: &str,
    needed: u64,
    quota: &Result<Option<Quota>, transport::Error>,
    lang: Lang,
) -> String {
    let texts = Catalogue::of(lang);
    let say = |key: &str, more: &[(&str, &str)]| {
        let room = texts.size(needed);
        let mut values = vec![("account", account), ("room", &*room)];
        values.extend(more);
        texts.fill(key, &values)
    };
    match quota {
        Err(error) => say(
            "batch.forecast.room-not-asked",
            &[("reason", &error.to_string())],
        ),
        Ok(None) => say("batch.forecast.room-unknown", &[]),
        Ok(Some(quota)) => {
            let free = quota.limit.saturating_sub(quota.used);
            let key = match needed <= free {
                true => "batch.forecast.room-there",
                false => "batch.forecast.no-room-there",
            };
            let (free, limit) = (texts.size(free), texts.size(quota.limit));
            say(key, &[("free", &free), ("limit", &limit)])
        }
    }
}

/// A recipe as it is recorded: with the digest of the table, by which its job is known wherever the
/// table lies, and how the table was read.
#[derive(Serialize)]
struct Recorded<'a> {
    #[serde(flatten)]
    recipe: &'a Recipe,
    table: &'a str,
    manner: Manner,
}

/// Records all rows, in one transaction; gives the places of those that cannot be sent.
fn record(
    (prepared, files): (&Prepared, &mut Disk),
    (identity, stops): (&str, Stops<'_>),
    ledger: &mut Ledger,
    (lang, now): (Lang, Timestamp),
) -> anyhow::Result<Vec<Range<u64>>> {
    let Ok(walk) = prepared.walk(files, stops, now)? else {
        return Err(check::failure(&WalkError::Changed, prepared).into());
    };
    let recipe = serde_json::to_string(&Recorded {
        recipe: &prepared.recipe,
        table: &prepared.sha256,
        manner: Manner::of(prepared),
    })?;
    let job = NewJob {
        identity,
        path: &prepared.absolute,
        recipe: &recipe,
    };
    let walk = std::cell::RefCell::new(Some(walk));
    let mut bad = Vec::new();
    let recorded = ledger.record_job(
        job,
        &mut || {
            let mut walk = walk.borrow_mut();
            let next = walk.as_mut().map(Walk::next_row).transpose()?;
            Ok(next.flatten().map(|checked| match checked.outcome {
                Ok(good) => good.row,
                Err(faults) => {
                    bad.push(checked.place);
                    let cells = (checked.number, checked.columns);
                    bad_row(cells, &faults, prepared, lang)
                }
            }))
        },
        // What was read now must be what was checked.
        &mut || match walk.borrow_mut().take().map(Walk::identity) {
            Some(again) if again == identity => Ok(()),
            _ => Err(WalkError::Changed),
        },
        now,
    );
    recorded.map_err(|error| check::failure(&error, prepared))?;
    Ok(bad)
}

/// A row that cannot be sent, as it is recorded: no row of a table is forgotten.
fn bad_row(
    (number, columns): (u64, String),
    faults: &[Fault],
    prepared: &Prepared,
    lang: Lang,
) -> NewRow {
    let sender = prepared.senders.get(&prepared.recipe.account);
    let words = faults.iter().map(|fault| problem::text(fault, lang));
    NewRow {
        number,
        account: sender.map_or_else(|| MailAddress::new(""), |sender| sender.address.clone()),
        reference: String::new(),
        round: prepared.recipe.again.clone().unwrap_or_default(),
        content: String::new(),
        whom: String::new(),
        columns,
        recipients: 1,
        size: 0,
        bad: Some(words.collect::<Vec<_>>().join("; ")),
    }
}

/// The bad rows as a table of their own, to be corrected and sent as another job.
fn write_bad(prepared: &Prepared, identity: &str, bad: &[Range<u64>]) -> anyhow::Result<PathBuf> {
    let is_piped = place::is_piped(&prepared.path);
    let stem = match is_piped {
        true => "stdin".into(),
        false => prepared
            .path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy(),
    };
    let own = prepared.path.extension().unwrap_or_default();
    let end = match &prepared.origin {
        Origin::Sheet(..) => "csv".into(),
        Origin::Array => "ndjson".into(),
        Origin::Text if is_piped => "csv".into(),
        Origin::Text => own.to_string_lossy(),
    };
    let name = format!("{stem}.bad-{}.{end}", &identity[..8]);
    let beside = match is_piped {
        true => Path::new(&prepared.absolute),
        false => &prepared.path,
    };
    let path = beside.with_file_name(name);
    let header = match prepared.table()? {
        Ok(table) => table.header_place(),
        Err(_) => 0..0,
    };
    let copied = || -> io::Result<()> {
        let mut text = prepared.text()?;
        let mut out = io::BufWriter::new(std::fs::File::create(&path)?);
        if !header.is_empty() {
            // Excel takes a CSV for UTF-8 by this mark only.
            out.write_all("\u{feff}".as_bytes())?;
        }
        let mut at = 0;
        for place in std::iter::once(&header).chain(bad) {
            io::copy(&mut text.by_ref().take(place.start - at), &mut io::sink())?;
            io::copy(&mut text.by_ref().take(place.end - place.start), &mut out)?;
            at = place.end;
        }
        out.flush()
    };
    copied().map_err(|error| whole::failure(&path, &error))?;
    Ok(path)
}

/// All that one account needs to send by itself.
struct Lane {
    account: Account,
    sender: Sender,
    line: Line,
    verifier: Verifier,
    limits: Limits,
    hold: AtomicBool,
    sent: AtomicBool,
}

/// What the threads share.
struct Shared<'a> {
    job: &'a JobRef,
    recipe: &'a Recipe,
    folder: &'a Path,
    table: &'a Path,
    stop: Stop,
    clock: Clock,
    resend: Option<SendAgain>,
    allowed: &'a Allowed,
}

/// What a thread says to the one that writes.
enum Message {
    Event(Box<Event>),
    Ended {
        account: String,
        end: Result<End, client::Error>,
    },
    NotFollowed(client::Error),
}

fn send(
    order: &RunOrder,
    job: &JobView,
    (mut opened, interruption): (Opened, Interruption),
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let recipe: Recipe = serde_json::from_str(&job.recipe)
        .map_err(|_| Failure::new("batch-recipe", [("job", job.job.short.clone())]))?;
    let accounts = ledger.accounts_of(&job.job)?;
    let mut lanes = Vec::new();
    for account in &accounts {
        let mut access = match opened.remove(&account.key()) {
            Some(access) => access,
            None => Access::open_named(Some(account.as_str()), session)?,
        };
        access::note(&access.account, ledger)?;
        lanes.push(Lane {
            sender: Sender::of(&access.account),
            line: access.line()?,
            verifier: access.verifier()?,
            limits: prepare::limits_of(Some(&access.account), order.pace),
            account: access.account,
            hold: AtomicBool::new(false),
            sent: AtomicBool::new(false),
        });
    }
    let folder = session.data_dir.clone().unwrap_or_default();
    let shared = Shared {
        job: &job.job,
        recipe: &recipe,
        folder: &folder,
        table: Path::new(&job.path),
        stop: stop_on_signals(),
        clock: session.context.clock,
        resend: order.resend,
        allowed: &order.allowed,
    };
    // From here on what was asked for is told by those who heed it.
    drop(interruption);
    let limits = lanes
        .iter()
        .map(|lane| (lane.account.name.clone(), lane.limits))
        .collect();
    let mut reporter = Reporter::new(job, limits, order, session);
    let ended = std::thread::scope(|scope| {
        let (outlet, events) = mpsc::channel();
        let (lanes, shared) = (&lanes, &shared);
        let senders: Vec<&[Lane]> = match order.pace.lanes {
            Lanes::AtOnce => lanes.chunks(1).collect(),
            Lanes::InTurn => vec![&lanes[..]],
        };
        for group in senders {
            let outlet = outlet.clone();
            scope.spawn(move || group.iter().for_each(|lane| lane.send(shared, &outlet)));
        }
        if let Some(poll) = order.follow {
            for lane in lanes {
                let outlet = outlet.clone();
                scope.spawn(move || lane.follow(poll, shared, &outlet));
            }
        }
        drop(outlet);
        listen(
            &events,
            order.limit,
            lanes,
            shared,
            ledger,
            &mut reporter,
            session,
        )
    });
    reporter.finish();
    let (given_up, told) = match ended {
        Ok(given_up) => (given_up, Ok(())),
        Err(error) => (None, Err(error)),
    };
    let tally = ledger.tally(&job.job, None)?;
    let told = told.and_then(|()| {
        let was_stopped = shared.stop.is_asked();
        let last = reporter.last(ledger, &tally, was_stopped, session);
        last.and_then(|()| Ok(session.out.flush()?))
    });
    match told {
        // Nobody reads any more. The answer is what was sent all the same.
        Err(error) if is_closed_pipe(&error) => {}
        told => told?,
    }
    Ok(given_up.unwrap_or_else(|| status::answer(&tally)))
}

/// Writes what the threads say, until all of them have ended. Gives the status of a server that
/// could not be used.
fn listen(
    events: &Receiver<Message>,
    limit: Option<Duration>,
    lanes: &[Lane],
    shared: &Shared<'_>,
    ledger: &Ledger,
    reporter: &mut Reporter,
    session: &mut Session<'_>,
) -> anyhow::Result<Option<ExitStatus>> {
    let begin = shared.clock.now();
    let mut given_up = None;
    let mut failed = Ok(());
    let (mut is_told, mut is_over) = (false, false);
    loop {
        let message = match events.recv_timeout(TURN) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let told = match message {
            None => Ok(()),
            Some(Message::Event(event)) => reporter.event(&event, session),
            Some(Message::NotFollowed(error)) => reporter.not_followed(&error, session),
            Some(Message::Ended { account, end }) => {
                let lane = lanes.iter().find(|lane| lane.account.name == account);
                let gave_up = match (&end, lane) {
                    (Ok(End::GaveUp(error)), Some(lane)) => {
                        Some(lane.line.failure_of_sending(error))
                    }
                    (Ok(End::NoMailbox(error)), Some(lane)) => {
                        Some(lane.line.failure_of_reading(error))
                    }
                    (Ok(End::Done | End::Stopped) | Err(_), _) | (Ok(_), None) => None,
                };
                match (end, gave_up) {
                    (_, Some(failure)) => {
                        let status = failure.status();
                        given_up = Some(given_up.map_or(status, |other| status.worse(other)));
                        Ok(reporter.suspend(|| failure.write(session.lang, session.err))?)
                    }
                    (Ok(_), _) => Ok(()),
                    (Err(client::Error::Ledger(error)), _) => Err(error.into()),
                    (Err(error), _) => reporter.not_followed(&error, session),
                }
            }
        };
        // Not for a limit of time, which nobody waits to see heeded.
        if shared.stop.is_asked() && !is_told && !is_over {
            is_told = true;
            let words = Catalogue::of(session.lang).text("batch.stopping");
            reporter.suspend(|| writeln!(session.err, "{words}"))?;
        }
        let shown = reporter.turn(ledger, shared.clock.now(), session);
        // When nobody reads, or the ledger fails, the message in hand is the last.
        if let Err(error) = told.and(shown) {
            shared.stop.ask();
            if failed.is_ok() {
                failed = Err(error);
            }
        }
        let passed = shared.clock.now().seconds_since(begin).unsigned_abs();
        if limit.is_some_and(|limit| passed >= limit.as_secs()) {
            is_over = true;
            shared.stop.ask();
        }
    }
    failed.map(|()| given_up)
}

impl Lane {
    fn send(&self, shared: &Shared<'_>, outlet: &Outlet<Message>) {
        let end = self.try_send(shared, outlet);
        self.sent.store(true, Ordering::SeqCst);
        let account = self.account.name.clone();
        // When the listener is gone there is nobody to tell.
        let _ = outlet.send(Message::Ended { account, end });
    }

    fn try_send(
        &self,
        shared: &Shared<'_>,
        outlet: &Outlet<Message>,
    ) -> Result<End, client::Error> {
        let mut ledger = Ledger::open(shared.folder)?;
        let clock = shared.clock;
        let since = Timestamp::from_unix(clock.now().unix() - LOOKS_BACK);
        let history = ledger.sent_since(&self.account.address, since)?;
        let runner = Runner {
            ledger: &mut ledger,
            job: shared.job,
            recipe: shared.recipe,
            sender: &self.sender,
            judge: self.judge(),
            folders: &self.account.folders,
            reach: &mut self.line.clone(),
            files: &mut Disk::beside(shared.table),
            pace: Pace::new(self.limits, history),
            resend: shared.resend,
            allowed: shared.allowed,
            stop: &shared.stop,
            hold: &self.hold,
            time: Time {
                now: &|| clock.now(),
                sleep: &|time| clock.sleep(time),
            },
            on_event: &mut |event| {
                let _ = outlet.send(Message::Event(Box::new(event)));
            },
        };
        runner.run()
    }

    fn follow(&self, poll: Duration, shared: &Shared<'_>, outlet: &Outlet<Message>) {
        let clock = shared.clock;
        let followed = Ledger::open(shared.folder)
            .map_err(client::Error::from)
            .and_then(|mut ledger| {
                let follower = Follower {
                    ledger: &mut ledger,
                    job: shared.job,
                    account: &self.account.name,
                    judge: self.judge(),
                    folders: &self.account.folders,
                    reach: &mut self.line.clone(),
                    poll,
                    stop: &shared.stop,
                    sent: &self.sent,
                    hold: &self.hold,
                    time: Time {
                        now: &|| clock.now(),
                        sleep: &|time| clock.sleep(time),
                    },
                    on_event: &mut |event| {
                        let _ = outlet.send(Message::Event(Box::new(event)));
                    },
                };
                follower.follow()
            });
        if let Err(error) = followed {
            let _ = outlet.send(Message::NotFollowed(error));
        }
    }

    fn judge(&self) -> Judge<'_> {
        Judge {
            account: &self.account.address,
            verifier: &self.verifier,
            keep: self.account.keep,
        }
    }
}
