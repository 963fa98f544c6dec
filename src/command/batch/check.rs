//! `pec batch check`: every row held against everything, nothing sent; and what it would take.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::order::{CheckOrder, Lanes, PaceOrder, Show};
use super::prepare::{Disk, Prepared};
use super::problem::{ProblemJson, Told};
use super::view::{self, Letter, ViewJson};
use crate::address::MailAddress;
use crate::batch::Problem;
use crate::batch::forecast::{self, Forecast};
use crate::batch::pace::{LOOKS_BACK, Pace};
use crate::client::batch::{Against, Allowed, Findings, Remark, Sight, Stops, WalkError, survey};
use crate::command::register::Register;
use crate::command::send::checks;
use crate::command::{Failure, Session, access, objections};
use crate::context::free_room;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::Ledger;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::{Form, Growing, Page, Report, SHA256, known};
use crate::pec::DeliveryForm;
use crate::timestamp::Timestamp;

/// Walks over all rows of a table; tells each problem, and gives the rows that are to be shown.
///
/// # Errors
/// When something cannot be read, or by what `tell` returns.
pub(super) fn pass(
    (prepared, files): (&Prepared, &mut Disk),
    (ledger, register, allowed): (Option<&Ledger>, &Register, &Allowed),
    show: &Show,
    now: Timestamp,
    progress: &Progress,
    tell: &mut dyn FnMut(&Problem) -> anyhow::Result<()>,
) -> anyhow::Result<(Findings, Vec<Letter>)> {
    let mut shown = Vec::new();
    let against = Against {
        ledger,
        path: &prepared.absolute,
        allowed,
        form: DeliveryForm::from_word(&prepared.recipe.form).unwrap_or(DeliveryForm::Complete),
        name_of: &|address| prepared.name_of(address),
    };
    let reach = |address: &MailAddress| register.reach(address, ledger);
    let stops = Stops {
        despite: &allowed.despite,
        court: allowed.court,
        reach: &reach,
    };
    let walk = prepared.walk(files, stops, now)?;
    let findings = survey(walk, against, &mut |sight| -> anyhow::Result<()> {
        match sight {
            Sight::Row => progress.add(1),
            Sight::Problem(problem) => tell(problem)?,
            Sight::Good(number, good) if show.wants(number, &shown) => {
                shown.push(Letter::of(number, good, prepared));
            }
            Sight::Good(..) => {}
        }
        Ok(())
    });
    let findings = findings.map_err(|error| match error.downcast::<WalkError>() {
        Ok(error) => failure(&error, prepared).into(),
        Err(error) => error,
    })?;
    progress.finish();
    Ok((findings, shown))
}

/// What a person should know, in a sentence.
fn sentence(remark: &Remark, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let of_file = |key: &str, name: &str| texts.fill(key, &[("name", name)]);
    match remark {
        Remark::Message(warning) => checks::sentence(warning, lang),
        Remark::FileTwice(name) => of_file("batch.remark.file-twice", name),
        Remark::SameName(name) => of_file("batch.remark.same-name", name),
        Remark::Outside(name) => of_file("batch.remark.outside", name),
        Remark::LineWithAddress(name) => of_file("batch.remark.line-with-address", name),
        Remark::NoFiles => texts.text("batch.remark.no-files").to_owned(),
        Remark::NoReference => texts.text("batch.no-reference").to_owned(),
        Remark::Court(objection) => {
            let sentence = objections::sentence(objection, lang);
            texts.fill("court.caution", &[("sentence", &sentence)])
        }
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

pub(super) fn run(order: &CheckOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let prepared = Prepared::new(&order.file, &order.table, session)?;
    let ledger = access::existing_ledger(session)?;
    let (lang, now) = (session.lang, session.context.clock.now());
    let words = Catalogue::of(lang).text("batch.rows-checked");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    let register = Register::of(session);
    let mut document = Document::of(&prepared);
    let mut list = match order.form {
        Form::Json => List::Json(session.out.grow(&document, "problems")?),
        Form::Text => List::Text(session.out.page(), Told::default()),
    };
    let mut files = prepared.files();
    let (findings, shown) = pass(
        (&prepared, &mut files),
        (ledger.as_ref(), &register, &order.allowed),
        &order.show,
        now,
        &progress,
        &mut |problem| progress.suspend(|| Ok(list.add(problem, lang)?)),
    )?;
    let terms = Terms {
        prepared: &prepared,
        pace: order.pace,
        ledger: ledger.as_ref(),
        free: session.data_dir.as_deref().and_then(free_room),
        now,
    };
    match list {
        List::Json(growing) => {
            document.rest = Rest::of(&findings, &shown, &terms, lang);
            growing.close(&document)?;
        }
        List::Text(mut page, told) => {
            page.lines(told.rest(lang))?;
            page.lines(view::lines(
                findings.view.as_ref(),
                &findings.files,
                &prepared,
                lang,
            ))?;
            page.lines(view::letters(&shown, lang))?;
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
    Text(Page<'o>, Told),
    Json(Growing<'o>),
}

impl List<'_> {
    fn add(&mut self, problem: &Problem, lang: Lang) -> io::Result<()> {
        match self {
            Self::Text(page, told) => match told.line(problem, lang) {
                Some(line) => page.line(line),
                None => Ok(()),
            },
            Self::Json(growing) => growing.add(&ProblemJson::of(problem, lang)),
        }
    }
}

/// What a forecast of time rests on.
pub(super) struct Terms<'a> {
    pub prepared: &'a Prepared,
    pub pace: PaceOrder,
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
    match terms.pace.lanes {
        Lanes::AtOnce => each.max().unwrap_or_default(),
        Lanes::InTurn => each.sum(),
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
    for noted in findings.remarks.values() {
        let shown: Vec<String> = noted.rows.iter().map(u64::to_string).collect();
        let more = if noted.count > noted.rows.len() as u64 {
            ", …"
        } else {
            ""
        };
        let rows = shown.join(", ") + more;
        let sentence = sentence(&noted.first, lang);
        let values = [("rows", &*rows), ("sentence", &*sentence)];
        lines.push(texts.count("batch.warning", noted.count, &values));
    }
    let values = [
        ("rows", &*texts.number(findings.rows)),
        ("bad", &*texts.counted("rows", findings.bad)),
        ("problems", &*texts.number(findings.problems)),
    ];
    let key = match (findings.problems, findings.bad) {
        (0, _) => "batch.all-good",
        (_, 0) => "batch.whole-bad",
        _ => "batch.some-bad",
    };
    lines.push(texts.count(key, findings.rows, &values));
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
        ("messages", &*texts.counted("messages", all.messages)),
        ("recipients", &*texts.counted("recipients", all.recipients)),
        ("accounts", &*accounts.join(", ")),
        ("size", &*texts.size(all.octets)),
        ("receipts", &*texts.number(all.receipts)),
        ("room", &*texts.size(all.receipt_octets)),
        ("here", &*texts.size(all.octets_here())),
        ("free", &*texts.size(terms.free.unwrap_or_default())),
        ("jobs", &*jobs.join(", ")),
        ("time", &*time),
    ];
    let mut lines = vec![
        texts.fill("batch.forecast.messages", &values),
        texts.fill("batch.forecast.receipts", &values),
    ];
    if findings.served > findings.elsewhere {
        lines.push(texts.count("batch.forecast.served", findings.served, &values));
    }
    if findings.elsewhere > 0 {
        lines.push(texts.count("batch.forecast.elsewhere", findings.elsewhere, &values));
    }
    if findings.came_back > 0 {
        lines.push(texts.count("batch.forecast.came-back", findings.came_back, &values));
    }
    let room = match terms.free {
        Some(free) if free < all.octets_here() => "batch.forecast.no-room-here",
        Some(_) => "batch.forecast.room-here",
        None => "batch.forecast.here",
    };
    lines.extend([room, "batch.forecast.time"].map(|key| texts.fill(key, &values)));
    lines
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
        "visible-recipients",
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
        "court-size",
        "court-count",
        "court-name",
        "court-form",
        "court-receipt",
        "court-rules",
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
    fn of(findings: &Findings, shown: &[Letter], terms: &Terms<'_>, lang: Lang) -> Self {
        let all = findings
            .forecasts
            .values()
            .copied()
            .fold(Forecast::default(), Forecast::and);
        let warnings = findings.remarks.iter().map(|(id, noted)| WarningJson {
            id,
            count: noted.count,
            rows: noted.rows.clone(),
            text: sentence(&noted.first, lang),
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
                shown,
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
