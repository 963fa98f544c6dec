//! What happens while a job runs, as it is told: a line that is rewritten on a terminal, a line
//! a minute without one, or NDJSON; and always what a person should know at once.

use std::collections::BTreeMap;
use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::check::duration;
use super::order::{Lanes, RunOrder};
use crate::batch::forecast;
use crate::batch::pace::{Limits, Pace};
use crate::client::batch::{Event, Happening, awaited};
use crate::client::{self, Found};
use crate::command::follow::reason_of;
use crate::command::send::desk::gap_line;
use crate::command::{Failure, Session};
use crate::lang::Lang;
use crate::ledger::state::Standing as S;
use crate::ledger::{JobRef, JobView, Ledger, Tally};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::progress::StatusLine;
use crate::output::report::{self, Form, Page, Report, known};
use crate::output::style::{Style, Tone};
use crate::timestamp::Timestamp;

/// Seconds between two lines where there is no terminal.
const LINE_SECONDS: i64 = 60;
/// Rows of which the ledger is asked every second; every five for more.
const SMALL: u64 = 20_000;

/// Tells what happens.
pub(super) struct Reporter {
    job: JobRef,
    rows: u64,
    limits: BTreeMap<String, Limits>,
    form: Form,
    lanes: Lanes,
    lang: Lang,
    line: StatusLine,
    is_visible: bool,
    begun: Timestamp,
    looked: Option<Timestamp>,
    written: Option<Timestamp>,
    sent_now: u64,
    /// Whether this run tried anything.
    has_acted: bool,
}

/// Recipients of the job, by where they stand. By what came of them each is counted in total and in
/// one of delivered, ordinary, undecided, failed, in_doubt, held, to_send, bad, withdrawn. sent and
/// accepted count how far they came; here, served_before and elsewhere say who sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "counts")]
pub(super) struct Counts {
    /// All recipients.
    pub total: u64,
    /// The provider has the message, or had it.
    pub sent: u64,
    /// With an acceptance receipt.
    pub accepted: u64,
    /// With a delivery receipt.
    pub delivered: u64,
    /// Accepted for ordinary mail: nothing more will be certified.
    pub ordinary: u64,
    /// Sent, and no outcome is certified yet.
    pub undecided: u64,
    /// Not reached: refused, not accepted, not delivered, or contradictory.
    pub failed: u64,
    /// Nobody knows whether the provider has it.
    pub in_doubt: u64,
    /// Not sent, because the row cannot be sent as it was checked.
    pub held: u64,
    /// Not sent yet, or refused for now.
    pub to_send: u64,
    /// Rows that cannot be sent at all.
    pub bad: u64,
    /// Given up before they left, because another message took their place.
    pub withdrawn: u64,
    /// Of sent: by this job.
    pub here: u64,
    /// Served by the message of an earlier job.
    pub served_before: u64,
    /// Of sent: by another machine, as their acceptances in the mailbox prove.
    pub elsewhere: u64,
}

impl Counts {
    pub fn of(tally: &Tally) -> Self {
        let delivered = tally.of(&[S::Delivered]);
        let refused = tally.of(&[S::Refused]);
        let sent = tally.of(&[
            S::Sent,
            S::Accepted,
            S::Ordinary,
            S::Delayed,
            S::Delivered,
            S::TimedOut,
            S::NotDelivered,
            S::Contradictory,
            S::NotAccepted,
        ]);
        let late = tally.of(&[S::TimedOut, S::NotDelivered, S::Contradictory]);
        let accepted = tally.of(&[S::Accepted, S::Ordinary, S::Delayed]) + delivered + late;
        let not_accepted = tally.of(&[S::NotAccepted]);
        Self {
            total: tally.total(),
            sent,
            accepted,
            delivered,
            ordinary: tally.of(&[S::Ordinary]),
            undecided: tally.of(&[S::Sent, S::Accepted, S::Delayed]),
            failed: refused + late + not_accepted,
            in_doubt: tally.of(&[S::InDoubt]),
            held: tally.held,
            to_send: tally.waiting + tally.of(&[S::Recorded, S::Sending, S::RefusedForNow]),
            bad: tally.bad,
            withdrawn: tally.of(&[S::Withdrawn]),
            here: sent.saturating_sub(tally.before + tally.elsewhere),
            served_before: tally.before,
            elsewhere: tally.elsewhere,
        }
    }
}

/// A line of `pec batch run --ndjson`. What does not belong to an event is null.
#[derive(Serialize, JsonSchema)]
pub(super) struct EventJson<'a> {
    /// What happened. sent: the provider took it. served: another row was sent before, the same to
    /// the same. sent-elsewhere: another machine sent it. refused, refused-for-now: by the
    /// provider. throttled: the provider says it is too much. broken: the line; nothing left.
    /// in-doubt: the line broke where the provider may have it. found: a receipt for it is in the
    /// mailbox. still-in-doubt: reason says what the mailbox answered: nothing (every folder was
    /// asked), unproved (something names it and is not proved), unknown (not all of it answered).
    /// not-asked: a folder that did not answer, or did not give what names a row. held: it cannot
    /// be sent as it was checked. elsewhere: another process has it. waiting: nothing leaves for so
    /// many seconds. asks-first: the ledger is a copy or had lost something, and the mailbox is
    /// read before anything leaves. no-mailbox: it cannot be asked. received: something came. room:
    /// how full the mailbox is. awaiting: all has left, and for how many recipients a receipt is
    /// awaited for how many seconds at most. unrecorded: an answer could not be written down.
    /// progress: once a minute. end: the last line.
    #[schemars(schema_with = "events")]
    event: &'static str,
    /// The short id of the job.
    job: &'a str,
    /// By our clock (RFC 3339, UTC).
    time: Timestamp,
    /// The account.
    account: Option<&'a str>,
    /// The row.
    #[schemars(range(min = 1))]
    row: Option<u64>,
    /// Its reference.
    reference: Option<&'a str>,
    /// The short id of the message.
    message: Option<&'a str>,
    /// The server's answer.
    reply: Option<String>,
    /// What broke, or why.
    reason: Option<String>,
    /// How long nothing leaves; with progress how long until all has left; with awaiting how long a
    /// receipt may still come.
    seconds: Option<u64>,
    /// With received: the Italian word of its kind, when it was proved genuine.
    receipt: Option<&'static str>,
    /// With received: of its octets.
    sha256: Option<&'a str>,
    /// With room.
    quota: Option<QuotaJson>,
    /// With awaiting: for how many a receipt is still to come.
    recipients: Option<u64>,
    /// With progress and end.
    counts: Option<Counts>,
}

/// Room in the mailbox.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "quota")]
struct QuotaJson {
    /// Octets used.
    used: u64,
    /// Octets allowed.
    limit: u64,
    /// Whether sending waits for room.
    holding: bool,
}

impl Report for EventJson<'_> {
    const SCHEMA: &'static str = "pec/batch-event";

    /// People are told on standard error, what they should know at once.
    fn text(&self, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }
}

fn events(_: &mut SchemaGenerator) -> Schema {
    known([
        "sent",
        "served",
        "sent-elsewhere",
        "refused",
        "refused-for-now",
        "throttled",
        "broken",
        "in-doubt",
        "found",
        "still-in-doubt",
        "not-asked",
        "held",
        "elsewhere",
        "waiting",
        "asks-first",
        "no-mailbox",
        "received",
        "room",
        "awaiting",
        "unrecorded",
        "progress",
        "end",
    ])
}

impl Reporter {
    pub fn new(
        job: &JobView,
        limits: BTreeMap<String, Limits>,
        order: &RunOrder,
        session: &Session<'_>,
    ) -> Self {
        let is_visible = session.context.shows_progress() && order.form == Form::Text;
        Self {
            job: job.job.clone(),
            rows: job.rows,
            limits,
            form: order.form,
            lanes: order.pace.lanes,
            lang: session.lang,
            line: StatusLine::new(is_visible),
            is_visible,
            begun: session.context.clock.now(),
            looked: None,
            written: None,
            sent_now: 0,
            has_acted: false,
        }
    }

    /// Runs what prints without the line in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.line.suspend(print)
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.line.finish();
    }

    pub fn event(&mut self, event: &Event, session: &mut Session<'_>) -> anyhow::Result<()> {
        if matches!(event.what, Happening::Sent(_)) {
            self.sent_now += 1;
        }
        self.has_acted |= is_act(&event.what);
        if self.form == Form::Json {
            let event = self.json(event, session.context.clock.now());
            return Ok(session.out.tell(&event, report::Form::Json)?);
        }
        let Some((tone, line)) = sentence(event, self.lang) else {
            return Ok(());
        };
        let style = match self.is_visible {
            true => session.style,
            false => Style::Plain,
        };
        Ok(self.suspend(|| writeln!(session.err, "{}", style.paint(tone, line)))?)
    }

    /// The receipts are followed no more, and why.
    pub fn not_followed(
        &mut self,
        error: &client::Error,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        let reason = error.to_string();
        let texts = Catalogue::of(self.lang);
        let line = texts.fill("batch-event.not-followed", &[("reason", &reason)]);
        Ok(self.suspend(|| writeln!(session.err, "{line}"))?)
    }

    /// How the job stands, as often as the place where it is written likes.
    pub fn turn(
        &mut self,
        ledger: &Ledger,
        now: Timestamp,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        let every = match (self.is_visible, self.rows) {
            (true, 0..=SMALL) => 1,
            (true, _) => 5,
            (false, _) => LINE_SECONDS,
        };
        let last = self.looked.unwrap_or(self.begun);
        if now.seconds_since(last) < every {
            return Ok(());
        }
        self.looked = Some(now);
        let tally = ledger
            .tally(&self.job, None)
            .map_err(|error| Failure::of_ledger(&error))?;
        let counts = Counts::of(&tally);
        let left = self.seconds_left(&counts, now);
        if self.form == Form::Json {
            let progress = EventJson {
                seconds: Some(left),
                counts: Some(counts),
                ..self.bare("progress", now)
            };
            return Ok(session.out.tell(&progress, report::Form::Json)?);
        }
        let line = line(&counts, Some(left), self.lang);
        if self.is_visible {
            self.line.show(line);
        } else if self.written != Some(now) {
            self.written = Some(now);
            writeln!(session.err, "{line}")?;
        }
        Ok(())
    }

    /// By the limits, and by how long the messages of this run took.
    fn seconds_left(&self, counts: &Counts, now: Timestamp) -> u64 {
        let spent = now.seconds_since(self.begun).unsigned_abs() * 1_000;
        let milliseconds = spent.checked_div(self.sent_now).unwrap_or(1_000);
        let lanes = match self.lanes {
            Lanes::AtOnce => self.limits.len().max(1) as u64,
            Lanes::InTurn => 1,
        };
        let limits = self.limits.values().next().copied().unwrap_or_default();
        // What was measured holds the waits already.
        let by_limits = forecast::seconds(
            &Pace::new(limits, []),
            counts.to_send / lanes,
            counts.to_send / lanes,
            0,
            now,
        );
        by_limits.max(counts.to_send.saturating_mul(milliseconds) / 1_000)
    }

    /// The last words: how it stands, and how to go on.
    pub fn last(
        &self,
        ledger: &Ledger,
        tally: &Tally,
        was_stopped: bool,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        let counts = Counts::of(tally);
        let now = session.context.clock.now();
        let is_over = counts.to_send + counts.in_doubt + counts.held == 0;
        if !self.has_acted && is_over && !was_stopped {
            let line = self.nothing_left(ledger, &counts)?;
            writeln!(session.err, "{line}")?;
        }
        if self.form == Form::Json {
            let end = EventJson {
                counts: Some(counts),
                ..self.bare("end", now)
            };
            session.out.tell(&end, report::Form::Json)?;
        } else {
            session.out.say(line(&counts, None, self.lang))?;
        }
        let texts = Catalogue::of(self.lang);
        let mut keys = Vec::new();
        if was_stopped {
            keys.push("batch.next.stopped");
        } else if counts.to_send > 0 {
            keys.push("batch.next.to-send");
        }
        if counts.in_doubt > 0 {
            keys.push("batch.next.in-doubt");
        }
        if counts.held > 0 {
            keys.push("batch.next.held");
        }
        let of_ledger = |error| Failure::of_ledger(&error);
        let came_back = ledger.came_back(&self.job).map_err(of_ledger)?;
        if came_back > 0 {
            keys.push("batch.next.came-back");
        }
        let jobs = ledger.serving_jobs(&self.job).map_err(of_ledger)?;
        if !jobs.is_empty() {
            keys.push("batch.next.served");
        }
        let jobs: Vec<&str> = jobs.iter().map(|(job, _)| &*job.short).collect();
        let (mut overdue, mut waits) = (0_u64, false);
        awaited(ledger, &self.job, None, now, &mut |one| {
            match one.overdue() {
                Some(_) => overdue += 1,
                None => waits = true,
            }
            true
        })
        .map_err(of_ledger)?;
        if !was_stopped && waits {
            keys.push("batch.next.waiting");
        }
        if overdue > 0 {
            keys.push("batch.next.overdue");
        }
        keys.push("batch.next.report");
        for key in keys {
            let values = [
                ("job", &*self.job.short),
                ("jobs", &*jobs.join(", ")),
                ("overdue", &*texts.number(overdue)),
            ];
            let line = texts.count(key, came_back, &values);
            writeln!(session.err, "{line}")?;
        }
        Ok(())
    }

    /// That there was nothing to do: the totals alone would look like a job well done just now.
    fn nothing_left(&self, ledger: &Ledger, counts: &Counts) -> anyhow::Result<String> {
        let texts = Catalogue::of(self.lang);
        let last = ledger.last_sent(&self.job);
        let last = last.map_err(|error| Failure::of_ledger(&error))?;
        let Some(last) = last.map(|at| shown(at, self.lang)) else {
            return Ok(texts.text("batch.nothing").to_owned());
        };
        let key = match counts.sent == counts.total {
            true => "batch.nothing-all",
            false => "batch.nothing-more",
        };
        Ok(texts.count(key, self.rows, &[("time", &*last)]))
    }

    fn bare(&self, event: &'static str, now: Timestamp) -> EventJson<'_> {
        EventJson {
            event,
            job: &self.job.short,
            time: now,
            account: None,
            row: None,
            reference: None,
            message: None,
            reply: None,
            reason: None,
            seconds: None,
            receipt: None,
            sha256: None,
            quota: None,
            recipients: None,
            counts: None,
        }
    }

    fn json<'a>(&'a self, event: &'a Event, now: Timestamp) -> EventJson<'a> {
        let row = event.row.as_ref();
        let mut json = EventJson {
            account: Some(&event.account),
            row: row.map(|row| row.number),
            reference: row.map(|row| &*row.reference),
            message: row.and_then(|row| row.message.as_deref()),
            ..self.bare(word(&event.what), now)
        };
        match &event.what {
            Happening::Sent(reply) | Happening::Refused(reply) => {
                json.reply = Some(reply.to_string());
            }
            Happening::RefusedForNow { reply, .. } => json.reply = Some(reply.to_string()),
            Happening::Throttled { reply, pause } => {
                json.reply = Some(reply.to_string());
                json.seconds = Some(pause.as_secs());
            }
            Happening::Broken { reason, pause } => {
                json.reason = Some(reason.clone());
                json.seconds = Some(pause.as_secs());
            }
            Happening::InDoubt(reason)
            | Happening::Held(reason)
            | Happening::NoMailbox(reason)
            | Happening::Unrecorded(reason) => json.reason = Some(reason.clone()),
            Happening::Waiting(until) => {
                json.seconds = Some(until.seconds_since(now).max(0).unsigned_abs());
            }
            Happening::Awaiting { recipients, until } => {
                json.recipients = Some(*recipients);
                json.seconds = Some(until.seconds_since(now).max(0).unsigned_abs());
            }
            Happening::Room { quota, holding } => {
                json.quota = Some(QuotaJson {
                    used: quota.used,
                    limit: quota.limit,
                    holding: *holding,
                });
            }
            Happening::Received(found) => {
                if let client::EventKind::Verified {
                    receipt, message, ..
                } = &found.kind
                {
                    json.receipt = Some(receipt.kind().word());
                    json.message = message.as_ref().map(|message| &*message.short);
                }
                json.sha256 = Some(&found.octets);
            }
            Happening::StillInDoubt(found) => json.reason = Some(found.word().to_owned()),
            Happening::NotAsked(gap) => json.reason = Some(gap.to_string()),
            Happening::Served
            | Happening::Adopted
            | Happening::Found
            | Happening::AsksFirst
            | Happening::Elsewhere => {}
        }
        json
    }
}

/// Whether something was tried for a row; not what was only read, found served or waited for.
const fn is_act(what: &Happening) -> bool {
    match what {
        Happening::Sent(_)
        | Happening::Refused(_)
        | Happening::RefusedForNow { .. }
        | Happening::Throttled { .. }
        | Happening::Broken { .. }
        | Happening::InDoubt(_)
        | Happening::Found
        | Happening::StillInDoubt(_)
        | Happening::Held(_)
        | Happening::Elsewhere
        | Happening::Unrecorded(_) => true,
        Happening::Served
        | Happening::Adopted
        | Happening::NotAsked(_)
        | Happening::Waiting(_)
        | Happening::AsksFirst
        | Happening::NoMailbox(_)
        | Happening::Received(_)
        | Happening::Room { .. }
        | Happening::Awaiting { .. } => false,
    }
}

fn word(what: &Happening) -> &'static str {
    match what {
        Happening::Sent(_) => "sent",
        Happening::Served => "served",
        Happening::Adopted => "sent-elsewhere",
        Happening::Refused(_) => "refused",
        Happening::RefusedForNow { .. } => "refused-for-now",
        Happening::Throttled { .. } => "throttled",
        Happening::Broken { .. } => "broken",
        Happening::InDoubt(_) => "in-doubt",
        Happening::Found => "found",
        Happening::StillInDoubt(_) => "still-in-doubt",
        Happening::NotAsked(_) => "not-asked",
        Happening::Held(_) => "held",
        Happening::Elsewhere => "elsewhere",
        Happening::Waiting(_) => "waiting",
        Happening::AsksFirst => "asks-first",
        Happening::NoMailbox(_) => "no-mailbox",
        Happening::Received(_) => "received",
        Happening::Room { .. } => "room",
        Happening::Awaiting { .. } => "awaiting",
        Happening::Unrecorded(_) => "unrecorded",
    }
}

/// How a job stands, in one line.
pub(super) fn line(counts: &Counts, left: Option<u64>, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let number = |count| texts.number(count);
    let values = [
        ("total", &*number(counts.total)),
        ("sent", &*number(counts.sent)),
        ("ordinary", &*number(counts.ordinary)),
        ("undecided", &*number(counts.undecided)),
        ("to-send", &*number(counts.to_send)),
        ("delivered", &*number(counts.delivered)),
        ("failed", &*number(counts.failed)),
        ("in-doubt", &*number(counts.in_doubt)),
        ("held", &*number(counts.held)),
        ("bad", &*number(counts.bad)),
        ("withdrawn", &*number(counts.withdrawn)),
        ("here", &*number(counts.here)),
        ("before", &*number(counts.served_before)),
        ("elsewhere", &*number(counts.elsewhere)),
    ];
    let mut line = texts.fill("batch.line", &values);
    if counts.held > 0 {
        line.push_str(&texts.fill("batch.line-held", &values));
    }
    if counts.bad > 0 {
        line.push_str(&texts.fill("batch.line-bad", &values));
    }
    if counts.withdrawn > 0 {
        line.push_str(&texts.fill("batch.line-withdrawn", &values));
    }
    if counts.served_before + counts.elsewhere > 0 {
        line.push_str(&texts.fill("batch.line-here", &values));
        if counts.served_before > 0 {
            line.push_str(&texts.fill("batch.line-before", &values));
        }
        if counts.elsewhere > 0 {
            line.push_str(&texts.fill("batch.line-elsewhere", &values));
        }
    }
    if let Some(left) = left.filter(|_| counts.to_send > 0) {
        let time = duration(left, lang);
        line.push_str(&texts.fill("batch.line-left", &[("time", &time)]));
    }
    line
}

/// What a person should know at once; `None` for what the counts show.
fn sentence(event: &Event, lang: Lang) -> Option<(Tone, String)> {
    let texts = Catalogue::of(lang);
    let (row, reference, message) = match &event.row {
        Some(row) => (
            row.number.to_string(),
            row.reference.clone(),
            row.message.clone().unwrap_or_default(),
        ),
        None => Default::default(),
    };
    let say = |key: &str, values: &[(&str, &str)]| {
        let mut all = vec![
            ("account", &*event.account),
            ("row", &*row),
            ("reference", &*reference),
            ("message", &*message),
        ];
        all.extend(values);
        texts.fill(&format!("batch-event.{key}"), &all)
    };
    let key = word(&event.what);
    Some(match &event.what {
        Happening::Sent(_) | Happening::Served | Happening::Adopted => return None,
        // Tried again at once.
        Happening::Broken { pause, .. } if pause.is_zero() => return None,
        Happening::Received(found) => match &found.kind {
            client::EventKind::Unread { reason, words } => {
                let reason = reason_of(*reason, words, texts);
                let uid = found.uid.to_string();
                let values = [
                    ("folder", &*found.folder),
                    ("uid", &uid),
                    ("reason", &reason),
                ];
                (Tone::Bad, say("unread", &values))
            }
            client::EventKind::Verified { .. }
            | client::EventKind::Anomaly(_)
            | client::EventKind::Other(_)
            | client::EventKind::TooLarge(_) => match found.is_alarming() {
                true => (Tone::Bad, say("alarming", &[("file", &found.octets)])),
                false => return None,
            },
        },
        Happening::Refused(reply) => (Tone::Bad, say(key, &[("reply", &reply.to_string())])),
        Happening::RefusedForNow { reply, .. } => {
            (Tone::Unsure, say(key, &[("reply", &reply.to_string())]))
        }
        Happening::Throttled { reply, pause } => {
            let time = duration(pause.as_secs(), lang);
            let reply = reply.to_string();
            (
                Tone::Unsure,
                say(key, &[("reply", &reply), ("time", &time)]),
            )
        }
        Happening::Broken { reason, pause } => {
            let time = duration(pause.as_secs(), lang);
            (
                Tone::Unsure,
                say(key, &[("reason", reason), ("time", &time)]),
            )
        }
        Happening::Held(reason) if reason == "content-changed" => {
            (Tone::Bad, say("held-changed", &[]))
        }
        Happening::Held(reason) if reason == "accepted-elsewhere" => {
            (Tone::Bad, say("held-elsewhere", &[]))
        }
        Happening::Held(reason) if reason == "conflict" => (Tone::Bad, say("held-conflict", &[])),
        Happening::Held(reason) if reason == "rest-elsewhere" => {
            (Tone::Bad, say("held-rest-elsewhere", &[]))
        }
        Happening::Held(reason) if reason == "lost" => (Tone::Bad, say("held-lost", &[])),
        Happening::Held(reason) if reason == "other-came-back" => {
            (Tone::Bad, say("held-came-back", &[]))
        }
        Happening::InDoubt(reason)
        | Happening::Held(reason)
        | Happening::NoMailbox(reason)
        | Happening::Unrecorded(reason) => (Tone::Bad, say(key, &[("reason", reason)])),
        Happening::Waiting(until) => (Tone::Faint, say(key, &[("time", &shown(*until, lang))])),
        Happening::Room { quota, holding } => {
            let key = if *holding { "room-holding" } else { "room" };
            let (used, limit) = (texts.size(quota.used), texts.size(quota.limit));
            (
                Tone::Unsure,
                say(key, &[("used", &used), ("limit", &limit)]),
            )
        }
        Happening::Awaiting { recipients, until } => {
            let count = texts.number(*recipients);
            let time = shown(*until, lang);
            (Tone::Faint, say(key, &[("count", &count), ("time", &time)]))
        }
        Happening::Found => (Tone::Good, say(key, &[])),
        Happening::StillInDoubt(found) => {
            let key = match found {
                Found::Unproved => "in-doubt-unproved",
                Found::ForOthers => "in-doubt-for-others",
                Found::Unknown => "in-doubt-unknown",
                Found::Nothing | Found::Receipt => key,
            };
            (Tone::Unsure, say(key, &[]))
        }
        Happening::NotAsked(gap) => (Tone::Unsure, say(key, &[("reason", &gap_line(gap, lang))])),
        Happening::AsksFirst | Happening::Elsewhere => (Tone::Unsure, say(key, &[])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_all_recipients_adds_up_whatever_they_stand_at() {
        // Powers of two: each standing is counted once, or the sum shows it.
        let standings = S::ALL.into_iter().zip((0..).map(|power| 1 << power));
        let tally = Tally {
            waiting: 1 << 20,
            held: 1 << 21,
            bad: 1 << 22,
            standings: standings.collect(),
            before: 0,
            elsewhere: 0,
        };
        let counts = Counts::of(&tally);
        let outcomes = [
            counts.delivered,
            counts.ordinary,
            counts.undecided,
            counts.failed,
            counts.in_doubt,
            counts.held,
            counts.to_send,
            counts.bad,
            counts.withdrawn,
        ];
        assert_eq!(outcomes.iter().sum::<u64>(), counts.total);
        assert_eq!(outcomes.iter().fold(0, |all, one| all | one), counts.total);
    }
}
