//! `pec batch check`: every row held against everything, nothing sent; and what it would take.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::prepare::{Disk, Prepared};
use super::problem::{self, ProblemJson};
use super::view::{self, Letter, Show, View, ViewJson};
use super::{PaceArguments, TableArguments, WordArguments};
use crate::batch::forecast::{self, Forecast};
use crate::batch::pace::{LOOKS_BACK, Pace};
use crate::batch::rows::Rows;
use crate::batch::{Fault, Problem};
use crate::client::batch::{Allowed, Checked, Remark, WalkError};
use crate::command::send::checks;
use crate::command::{Failure, Session, access};
use crate::context::free_room;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::{Ledger, MessageRef, NewRow, Other, Serving};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::progress::Progress;
use crate::output::report::{Growing, Page, Report, SHA256, known};
use crate::pec::DeliveryForm;
use crate::pec::caution::Warning;
use crate::timestamp::Timestamp;

/// Say all that is wrong with a table, and what sending it would take
///
/// Reads every row, fills both templates, looks at every file to attach, and holds the message
/// against the rules and limits of the provider. Rows have the number that a spreadsheet shows;
/// the header is row 1. Nothing is sent, recorded or connected to.
///
/// Exits with 0 when all rows can be sent, 1 when something is wrong, 2 when the table, a
/// template or the configuration cannot be read.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct Arguments {
    /// The table: CSV, .xlsx, .ods, JSON, NDJSON; - for standard input
    #[arg(value_name = "TABLE")]
    table_file: PathBuf,

    #[command(flatten)]
    table: TableArguments,

    #[command(flatten)]
    words: WordArguments,

    #[command(flatten)]
    pace: PaceArguments,

    /// Show these rows as they will go: 2,17,30-33 or all (default: the first good one)
    #[arg(long, value_name = "ROWS", value_parser = super::some_rows)]
    show: Option<Rows>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,
}

/// Rows named for each warning; the rest is a number.
const SHOWN_ROWS: usize = 5;

/// What a pass over all rows found.
#[derive(Default)]
pub(super) struct Findings {
    /// Rows read.
    pub rows: u64,
    /// Rows that cannot be sent.
    pub bad: u64,
    /// Problems of these and of the whole.
    pub problems: u64,
    /// Rows that are served already: the same, to the same.
    pub served: u64,
    /// Of these: whose acceptance only the mailbox knows.
    pub elsewhere: u64,
    /// The jobs that served the others.
    pub served_by: BTreeSet<String>,
    /// Rows whose message came back for all, and that wait for a word.
    pub came_back: u64,
    /// What is to be sent, by account.
    pub forecasts: BTreeMap<String, Forecast>,
    /// Kinds of warnings: how often, the first rows, the first sentence.
    pub warnings: BTreeMap<&'static str, (u64, Vec<u64>, String)>,
    /// How many good rows have how many files.
    pub files: BTreeMap<usize, u64>,
    /// The first of those without.
    pub without_files: Vec<u64>,
    /// How the table was read; nothing where its header is wrong.
    pub view: Option<View>,
    /// Rows as they will go.
    pub shown: Vec<Letter>,
    /// The identity of the job.
    pub identity: String,
}

impl Findings {
    /// How the table was read, for a person.
    pub fn lines(&self, prepared: &Prepared, lang: Lang) -> Vec<String> {
        view::lines(self.view.as_ref(), &self.files, prepared, lang)
    }
}

/// Walks over all rows; tells each problem.
///
/// # Errors
/// When something cannot be read, or by what `tell` returns.
pub(super) fn pass(
    (prepared, files): (&Prepared, &mut Disk),
    (ledger, allowed): (Option<&Ledger>, &Allowed),
    show: Show<'_>,
    (lang, now): (Lang, Timestamp),
    progress: &Progress,
    tell: &mut dyn FnMut(&Problem) -> anyhow::Result<()>,
) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut walk = match prepared.walk(files, now)? {
        Ok(walk) => walk,
        Err(faults) => {
            tell_whole(faults, &mut findings, tell)?;
            return Ok(findings);
        }
    };
    let form = DeliveryForm::from_word(&prepared.recipe.form).unwrap_or(DeliveryForm::Complete);
    while let Some(checked) = walk.next_row().map_err(|error| failure(&error, prepared))? {
        progress.add(1);
        match checked.outcome {
            Err(_) => tell_row(checked, &mut findings, tell)?,
            Ok(good) => {
                if good.row.has_no_reference() {
                    note_row("no-reference", checked.number, &mut findings, || {
                        Catalogue::of(lang).text("batch.no-reference").to_owned()
                    });
                }
                let serving = match ledger {
                    Some(ledger) => ledger.serving(&good.row, &prepared.absolute),
                    None => Ok(Serving::Free),
                };
                let serving = serving.map_err(|error| Failure::of_ledger(&error))?;
                let terms = allowed.of(checked.number);
                let is_open = match &serving {
                    Serving::Free | Serving::Recorded(_) => true,
                    Serving::Served(message) => {
                        findings.served += 1;
                        findings.served_by.extend(job_of(message, ledger)?);
                        false
                    }
                    Serving::Elsewhere(_) => {
                        findings.served += 1;
                        findings.elsewhere += 1;
                        false
                    }
                    Serving::InPart(_) | Serving::CameBack(_) => {
                        findings.came_back += u64::from(!terms.retry);
                        terms.retry
                    }
                    Serving::OtherCameBack(_) => terms.retry || terms.correct,
                    Serving::Conflict(_) => terms.correct,
                };
                if let Some(fault) = fault_of(&serving, &good.row, ledger, lang)?
                    && !is_open
                {
                    findings.bad += 1;
                    findings.problems += 1;
                    tell(&Problem {
                        row: Some(checked.number),
                        fault,
                    })?;
                }
                if is_open {
                    let forecast = findings
                        .forecasts
                        .entry(prepared.name_of(&good.row.account))
                        .or_default();
                    forecast.add(good.row.size, good.to, good.cc, form);
                }
                *findings.files.entry(good.files.len()).or_default() += 1;
                if good.files.is_empty() && findings.without_files.len() < SHOWN_ROWS {
                    findings.without_files.push(checked.number);
                }
                if show.wants(checked.number, &findings.shown) {
                    findings
                        .shown
                        .push(Letter::of(checked.number, &good, prepared));
                }
                for remark in &good.remarks {
                    note(remark, checked.number, &mut findings, lang);
                }
            }
        }
    }
    if let Some(count) = findings.files.get(&0)
        && findings.files.len() > 1
    {
        let sentence = Catalogue::of(lang).text("batch.remark.no-files").to_owned();
        let rows = findings.without_files.clone();
        findings
            .warnings
            .insert("no-files", (*count, rows, sentence));
    }
    findings.view = Some(View {
        form: walk.form(),
        accented: walk.accented().to_vec(),
        columns: walk.columns(),
    });
    findings.rows = walk.rows();
    findings.identity = walk.identity();
    if findings.rows == 0 {
        tell_whole(vec![Fault::NoRows], &mut findings, tell)?;
    }
    Ok(findings)
}

fn tell_whole(
    faults: Vec<Fault>,
    findings: &mut Findings,
    tell: &mut dyn FnMut(&Problem) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for fault in faults {
        findings.problems += 1;
        tell(&Problem { row: None, fault })?;
    }
    Ok(())
}

fn tell_row(
    checked: Checked,
    findings: &mut Findings,
    tell: &mut dyn FnMut(&Problem) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    findings.bad += 1;
    for fault in checked.outcome.err().unwrap_or_default() {
        findings.problems += 1;
        tell(&Problem {
            row: Some(checked.number),
            fault,
        })?;
    }
    Ok(())
}

fn job_of(message: &MessageRef, ledger: Option<&Ledger>) -> Result<Option<String>, Failure> {
    let job = ledger.map(|ledger| ledger.job_of(message)).transpose();
    let job = job.map_err(|error| Failure::of_ledger(&error))?;
    Ok(job.flatten().map(|job| job.short))
}

/// Why a row does not go by itself, if that is for a person to decide.
fn fault_of(
    serving: &Serving,
    row: &NewRow,
    ledger: Option<&Ledger>,
    lang: Lang,
) -> Result<Option<Fault>, Failure> {
    let reference = row.reference.clone();
    Ok(match serving {
        Serving::Conflict(Other::Message(message)) => {
            let job = job_of(message, ledger)?.unwrap_or_default();
            let message = message.short.clone();
            Some(match row.has_no_reference() {
                true => Fault::Changed { message, job },
                false => Fault::Conflict {
                    reference,
                    message,
                    job,
                },
            })
        }
        Serving::Conflict(Other::Mailbox(at)) => Some(Fault::ConflictElsewhere {
            reference,
            time: shown(*at, lang),
        }),
        Serving::OtherCameBack(message) => Some(Fault::OtherCameBack {
            reference,
            message: message.short.clone(),
        }),
        Serving::Free
        | Serving::Recorded(_)
        | Serving::Served(_)
        | Serving::Elsewhere(_)
        | Serving::InPart(_)
        | Serving::CameBack(_) => None,
    })
}

fn note(remark: &Remark, row: u64, findings: &mut Findings, lang: Lang) {
    let texts = Catalogue::of(lang);
    let (kind, name) = match remark {
        Remark::Message(warning) => {
            let Some(kind) = kind_of(warning) else {
                return;
            };
            return note_row(kind, row, findings, || checks::sentence(warning, texts));
        }
        Remark::FileTwice(name) => ("file-twice", name),
        Remark::SameName(name) => ("same-name", name),
        Remark::Outside(name) => ("outside", name),
        Remark::LineWithAddress(name) => ("line-with-address", name),
    };
    note_row(kind, row, findings, || {
        texts.fill(&format!("batch.remark.{kind}"), &[("name", name)])
    });
}

/// The word of a warning; none where the same is a fault of a row.
const fn kind_of(warning: &Warning) -> Option<&'static str> {
    Some(match warning {
        Warning::Ordinary { .. } => "ordinary",
        Warning::LookAlike { .. } => "look-alike",
        Warning::NotificationWithoutComplete(_) | Warning::NotificationToCopy(_) => "notification",
        Warning::ManyRecipients(_) => "many-recipients",
        Warning::Blocked { .. } => "blocked",
        Warning::Unsigned(_) => "unsigned",
        Warning::EmptyAttachment(_) => "empty-attachment",
        Warning::Large(_) | Warning::EmptySubject | Warning::EmptyText => return None,
    })
}

fn note_row(
    kind: &'static str,
    row: u64,
    findings: &mut Findings,
    sentence: impl FnOnce() -> String,
) {
    let entry = findings.warnings.entry(kind);
    let (count, rows, _) = entry.or_insert_with(|| (0, Vec::new(), sentence()));
    *count += 1;
    if rows.len() < SHOWN_ROWS {
        rows.push(row);
    }
}

/// Why a walk ended early, in words.
pub(super) fn failure(error: &WalkError, prepared: &Prepared) -> Failure {
    match error {
        WalkError::Read(error) => super::prepare::unreadable(&prepared.path, error),
        WalkError::Ledger(error) => Failure::of_ledger(error),
        WalkError::Changed => Failure::new(
            "batch-changed",
            [("file", prepared.path.display().to_string())],
        ),
    }
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let prepared = Prepared::new(&arguments.table_file, &arguments.table, session)?;
    let ledger = access::existing_ledger(session)?;
    let (lang, now) = (session.lang, session.context.clock.now());
    let words = Catalogue::of(lang).text("batch.rows-checked");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    let mut document = Document::of(&prepared);
    let mut list = match arguments.json {
        true => List::Json(session.out.grow(&document, "problems")?),
        false => List::Text(session.out.page()),
    };
    let mut files = prepared.files();
    let findings = pass(
        (&prepared, &mut files),
        (ledger.as_ref(), &arguments.words.allowed()),
        match (&arguments.show, arguments.json) {
            (Some(rows), _) => Show::These(rows),
            (None, false) => Show::First,
            (None, true) => Show::Nothing,
        },
        (lang, now),
        &progress,
        &mut |problem| progress.suspend(|| Ok(list.add(problem, lang)?)),
    )?;
    progress.finish();
    let terms = Terms {
        prepared: &prepared,
        pace: &arguments.pace,
        ledger: ledger.as_ref(),
        free: session.data_dir.as_deref().and_then(free_room),
        now,
    };
    match list {
        List::Json(growing) => {
            document.rest = Rest::of(&findings, &terms);
            growing.close(&document)?;
        }
        List::Text(mut page) => {
            page.lines(findings.lines(&prepared, lang))?;
            page.lines(view::letters(&findings.shown, lang))?;
            page.lines(summary(&findings, lang))?;
            if findings.problems == 0 {
                page.lines(forecast_lines(&findings, &terms, lang))?;
            }
        }
    }
    Ok(match findings.problems {
        0 => ExitStatus::Yes,
        _ => ExitStatus::No,
    })
}

/// Problems written as they are found, so that memory does not grow with them.
enum List<'o> {
    Text(Page<'o>),
    Json(Growing<'o>),
}

impl List<'_> {
    fn add(&mut self, problem: &Problem, lang: Lang) -> io::Result<()> {
        match self {
            Self::Text(page) => page.line(problem::line(problem, lang)),
            Self::Json(growing) => growing.add(&ProblemJson::of(problem, lang)),
        }
    }
}

/// What a forecast of time rests on.
pub(super) struct Terms<'a> {
    pub prepared: &'a Prepared,
    pub pace: &'a PaceArguments,
    pub ledger: Option<&'a Ledger>,
    /// Octets that are free where the ledger is.
    pub free: Option<u64>,
    pub now: Timestamp,
}

/// Seconds until all have left: one account after the other, or the slowest of all.
pub(super) fn seconds(findings: &Findings, terms: &Terms<'_>) -> u64 {
    let each = findings.forecasts.iter().map(|(account, forecast)| {
        let sent = sent_by(account, terms);
        let limits = terms.prepared.limits(account, terms.pace);
        let each = forecast::milliseconds(&sent);
        let pace = Pace::new(limits, sent);
        let (messages, recipients) = (forecast.messages, forecast.recipients);
        forecast::seconds(&pace, messages, recipients, each, terms.now)
    });
    if terms.pace.parallel {
        each.max().unwrap_or_default()
    } else {
        each.sum()
    }
}

/// What the account sent in the last hour, whoever did; nothing where that cannot be read.
fn sent_by(account: &str, terms: &Terms<'_>) -> Vec<(Timestamp, u32)> {
    let sender = terms.prepared.senders.get(account);
    let since = Timestamp::from_unix(terms.now.unix() - LOOKS_BACK);
    let sent = terms
        .ledger
        .zip(sender)
        .and_then(|(ledger, sender)| ledger.sent_since(&sender.address, since).ok());
    sent.unwrap_or_default()
}

/// The result of a check in a few lines.
pub(super) fn summary(findings: &Findings, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let mut lines = Vec::new();
    for (count, rows, sentence) in findings.warnings.values() {
        let shown: Vec<String> = rows.iter().map(u64::to_string).collect();
        let more = if *count > rows.len() as u64 {
            ", …"
        } else {
            ""
        };
        let (count, rows) = (count.to_string(), shown.join(", ") + more);
        let values = [("count", &*count), ("rows", &*rows), ("sentence", sentence)];
        lines.push(texts.fill("batch.warning", &values));
    }
    let (rows, bad) = (findings.rows.to_string(), findings.bad.to_string());
    let problems = findings.problems.to_string();
    let values = [("rows", &*rows), ("bad", &*bad), ("problems", &*problems)];
    let key = match (findings.problems, findings.bad) {
        (0, _) => "batch.all-good",
        (_, 0) => "batch.whole-bad",
        _ => "batch.some-bad",
    };
    lines.push(texts.fill(key, &values));
    lines
}

/// What sending will take.
pub(super) fn forecast_lines(findings: &Findings, terms: &Terms<'_>, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let all = findings
        .forecasts
        .values()
        .copied()
        .fold(Forecast::default(), Forecast::and);
    let accounts: Vec<&str> = findings.forecasts.keys().map(String::as_str).collect();
    let time = duration(seconds(findings, terms), lang);
    let jobs: Vec<&str> = findings.served_by.iter().map(String::as_str).collect();
    let values = [
        ("messages", &*all.messages.to_string()),
        ("recipients", &*all.recipients.to_string()),
        ("accounts", &*accounts.join(", ")),
        ("size", &*texts.size(all.octets)),
        ("receipts", &*all.receipts.to_string()),
        ("room", &*texts.size(all.receipt_octets)),
        ("here", &*texts.size(all.octets_here())),
        ("free", &*texts.size(terms.free.unwrap_or_default())),
        ("served", &*findings.served.to_string()),
        ("jobs", &*jobs.join(", ")),
        ("elsewhere", &*findings.elsewhere.to_string()),
        ("came-back", &*findings.came_back.to_string()),
        ("time", &*time),
    ];
    let mut keys = vec!["batch.forecast.messages", "batch.forecast.receipts"];
    if findings.served > findings.elsewhere {
        keys.push("batch.forecast.served");
    }
    if findings.elsewhere > 0 {
        keys.push("batch.forecast.elsewhere");
    }
    if findings.came_back > 0 {
        keys.push("batch.forecast.came-back");
    }
    keys.push(match terms.free {
        Some(free) if free < all.octets_here() => "batch.forecast.no-room-here",
        Some(_) => "batch.forecast.room-here",
        None => "batch.forecast.here",
    });
    keys.push("batch.forecast.time");
    keys.into_iter()
        .map(|key| texts.fill(key, &values))
        .collect()
}

/// A span of time as people say it, in its two largest units.
pub(super) fn duration(seconds: u64, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let (key, large, small) = match seconds {
        0..120 => ("batch.time.seconds", seconds, 0),
        120..7_200 => ("batch.time.minutes", seconds / 60, 0),
        7_200..172_800 => ("batch.time.hours", seconds / 3_600, seconds / 60 % 60),
        _ => ("batch.time.days", seconds / 86_400, seconds / 3_600 % 24),
    };
    let (large, small) = (large.to_string(), small.to_string());
    texts.fill(key, &[("large", &large), ("small", &small)])
}

/// The document of `pec batch check --json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// The table as it was named.
    table: String,
    /// Of its octets.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// In which it was read.
    encoding: &'static str,
    /// All that is wrong, in the order of the rows.
    problems: Vec<ProblemJson>,
    #[serde(flatten)]
    rest: Rest,
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/batch-check";

    /// Texts are written as they are found.
    fn text(&self, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> Document<'a> {
    fn of(prepared: &'a Prepared) -> Self {
        Self {
            table: prepared.path.display().to_string(),
            sha256: &prepared.sha256,
            encoding: prepared.encoding.name(),
            problems: Vec::new(),
            rest: Rest::default(),
        }
    }
}

fn warnings(_: &mut SchemaGenerator) -> Schema {
    known([
        "ordinary",
        "look-alike",
        "notification",
        "many-recipients",
        "blocked",
        "unsigned",
        "empty-attachment",
        "file-twice",
        "same-name",
        "outside",
        "no-files",
        "line-with-address",
        "no-reference",
    ])
}

/// The document of `pec batch check --json`.
#[derive(Default, Serialize, JsonSchema)]
struct Rest {
    /// Rows read, empty ones not counted; 0 when the table as a whole is wrong.
    rows: u64,
    /// Rows with a problem.
    bad_rows: u64,
    /// Rows that were served already, the same to the same; they are not sent again.
    served_rows: u64,
    /// Of these: sent by another machine, as their acceptances in the mailbox prove.
    elsewhere_rows: u64,
    /// Rows whose message was refused or came back for all; they go again with --retry failed.
    came_back_rows: u64,
    /// The short ids of the jobs that served the others.
    served_by: Vec<String>,
    /// What a person should know, by kind.
    warnings: Vec<WarningJson>,
    #[serde(flatten)]
    view: ViewJson,
    /// What sending the good rows will take.
    forecast: ForecastJson,
}

/// A kind of remark.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "warning")]
struct WarningJson {
    /// Which.
    #[schemars(schema_with = "warnings")]
    id: &'static str,
    /// How many rows have it.
    count: u64,
    /// The first of these rows.
    rows: Vec<u64>,
    /// The sentence for the first one.
    text: String,
}

/// What sending the good rows will take.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "forecast")]
struct ForecastJson {
    /// Messages.
    messages: u64,
    /// Recipients of all.
    recipients: u64,
    /// Octets of all messages.
    octets: u64,
    /// Receipts to come.
    receipts: u64,
    /// Octets of these in the mailbox.
    receipt_octets: u64,
    /// Octets of messages and receipts, which are kept here.
    octets_here: u64,
    /// Octets that are free where the ledger is; null where the system does not say.
    free_here: Option<u64>,
    /// Until all have left, at the pace of the options and of the provider.
    seconds: u64,
}

impl Rest {
    fn of(findings: &Findings, terms: &Terms<'_>) -> Self {
        let all = findings
            .forecasts
            .values()
            .copied()
            .fold(Forecast::default(), Forecast::and);
        let warnings = findings
            .warnings
            .iter()
            .map(|(id, (count, rows, text))| WarningJson {
                id,
                count: *count,
                rows: rows.clone(),
                text: text.clone(),
            });
        Self {
            rows: findings.rows,
            bad_rows: findings.bad,
            served_rows: findings.served,
            elsewhere_rows: findings.elsewhere,
            came_back_rows: findings.came_back,
            served_by: findings.served_by.iter().cloned().collect(),
            warnings: warnings.collect(),
            view: ViewJson::of(
                findings.view.as_ref(),
                &findings.files,
                &findings.shown,
                terms.prepared,
            ),
            forecast: ForecastJson {
                messages: all.messages,
                recipients: all.recipients,
                octets: all.octets,
                receipts: all.receipts,
                receipt_octets: all.receipt_octets,
                octets_here: all.octets_here(),
                free_here: terms.free,
                seconds: seconds(findings, terms),
            },
        }
    }
}
