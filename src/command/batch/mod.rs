//! `pec batch`: many notices from one table, each once.

mod check;
mod events;
mod html;
mod lines;
mod prepare;
mod problem;
mod receipts;
mod report;
mod run;
mod status;
mod template;
mod view;
mod whole;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use schemars::{Schema, SchemaGenerator};

use super::send::ReceiptArgument;
use super::{Failure, Session};
use crate::batch::pace::Hours;
use crate::batch::rows::Rows;
use crate::client::batch::Allowed;
use crate::exit::ExitStatus;
use crate::ledger::state::Standing;
use crate::ledger::{self, JobView, Ledger};
use crate::output::report as output;

/// Send many notices from a table, each exactly once
///
/// A table is a CSV, a sheet of Excel or LibreOffice, a JSON array or NDJSON: a row for each notice, whose columns fill
/// the templates of subject and text. check says all that is wrong before anything is sent; run
/// sends, and goes on where it was when it is called again; status and report say for every row
/// where it stands and by which receipts.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,

    /// Write the JSON schema of the documents and lines and end
    #[arg(long)]
    json_schema: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    Template(template::Arguments),
    Check(Box<check::Arguments>),
    Run(Box<run::Arguments>),
    Status(status::Arguments),
    Report(report::Arguments),
}

/// How rows become notices; the same for `check` and `run`.
#[derive(Debug, clap::Args)]
struct TableArguments {
    /// The subject, a template; without it the column subject or oggetto
    #[arg(long, value_name = "TEMPLATE")]
    subject: Option<String>,

    /// The text, a template in a file; without it the column body or testo
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// The column of the recipients (default: pec, indirizzo pec, destinatario, domicilio digitale, e-mail, to, …)
    #[arg(long, value_name = "COLUMN")]
    to_column: Option<String>,

    /// The column of the recipients in copy (default: cc, copia)
    #[arg(long, value_name = "COLUMN")]
    cc_column: Option<String>,

    /// The column of the files to attach (default: all that are called allegato, allegato 1,
    /// allegati, file, pdf, attach)
    #[arg(long, value_name = "COLUMN")]
    attach_column: Option<String>,

    /// The column of your own reference (default: ref, reference, riferimento)
    #[arg(long, value_name = "COLUMN")]
    ref_column: Option<String>,

    /// The column of the account that sends (default: account, casella)
    #[arg(long, value_name = "COLUMN")]
    account_column: Option<String>,

    /// The sheet of a workbook (default: the first that is seen and filled)
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,

    /// The encoding, where it is not found: utf-8, windows-1252, cp850, macintosh, utf-16le
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// What stands between the cells, where it is not found: ; , tab |
    #[arg(long, value_name = "SIGN", value_parser = delimiter)]
    delimiter: Option<u8>,

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

    /// A round of its own: what other rounds served counts only there
    #[arg(
        long,
        value_name = "WORD",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1"
    )]
    again: Option<String>,
}

/// What a person allows of what would not go by itself; the same for `check` and `run`.
#[derive(Debug, clap::Args)]
struct WordArguments {
    /// Send again what came back, to those recipients alone for whom it did: failed
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    retry: Option<RetryArgument>,

    /// Send these rows (=3,7-9; without numbers all) although something else was sent under
    /// their references; the report keeps both
    #[arg(
        long,
        value_name = "ROWS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        value_parser = some_rows
    )]
    correct: Option<Rows>,
}

impl WordArguments {
    fn allowed(&self) -> Allowed {
        Allowed {
            retry: self.retry.is_some(),
            correct: self.correct.clone().unwrap_or_default(),
        }
    }
}

/// `--retry`, in the words of both languages.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RetryArgument {
    #[value(aliases = ["fallite", "falliti"])]
    Failed,
}

/// How fast; the same for `check` and `run`.
#[derive(Debug, clap::Args)]
struct PaceArguments {
    /// Most messages a minute of one account (default: what is known of the provider)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Most recipients an hour of one account (default: what is known of the provider)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    recipients_per_hour: Option<u32>,

    /// Send only in these hours of Italian legal time: 08:00-20:00
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    between: Option<Hours>,

    /// Send from several accounts at once
    #[arg(long)]
    parallel: bool,
}

/// The schema of all JSON of these commands.
fn schema() -> Schema {
    const ABOUT: &str = "All JSON of `pec batch`: two documents (check, status) and two kinds of \
        lines (run, report), told apart by `schema`. Every field that is described is always \
        there; where there is nothing to say it is null or empty. Fields may be added within \
        version 1, so objects are open. Characters that act on a terminal are written as \\uXXXX.";
    const TITLE: &str = "Many notices at once, as pec batch tells of them, version 1";
    let of = vec![
        ("check", output::schema::<check::Document<'_>>()),
        ("status", output::schema::<status::Document>()),
        ("report", output::schema::<lines::Line>()),
        ("event", output::schema::<events::EventJson<'_>>()),
    ];
    output::any("batch:1", TITLE, ABOUT, of)
}

/// Where a row or a recipient of it stands; `waiting`, `held` and `bad` while it has no message.
fn states(_: &mut SchemaGenerator) -> Schema {
    let rows = ["waiting", "held", "bad"].into_iter();
    output::known(rows.chain(Standing::ALL.map(Standing::word)))
}

pub(super) fn run(arguments: Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match arguments.action {
        None => Ok(session.out.schema_of(&schema())?),
        Some(Action::Template(arguments)) => template::run(&arguments, session),
        Some(Action::Check(arguments)) => check::run(&arguments, session),
        Some(Action::Run(arguments)) => run::run(&arguments, session),
        Some(Action::Status(arguments)) => status::run(&arguments, session),
        Some(Action::Report(arguments)) => report::run(&arguments, session),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\t" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [sign] if sign.is_ascii_punctuation() && *sign != b'"' => Ok(*sign),
            _ => Err("; , tab |".to_owned()),
        },
    }
}

fn some_rows(text: &str) -> Result<Rows, String> {
    match text {
        "all" | "tutte" => Ok(Rows::All),
        _ => Rows::read(text).ok_or_else(|| "3,7-9".to_owned()),
    }
}

fn hours(text: &str) -> Result<Hours, String> {
    Hours::parse(text).ok_or_else(|| "08:00-20:00".to_owned())
}

/// The job that a word means: a table, known by its content, or by its path where that was
/// corrected since; the newest; or an id.
fn one_job(ledger: &Ledger, word: &str) -> anyhow::Result<JobView> {
    let of_ledger = |error| Failure::of_ledger(&error);
    let mut found = match prepare::absolute(word.as_ref()) {
        Ok(path) => jobs_of_file(ledger, word.as_ref(), &path).map_err(of_ledger)?,
        Err(_) => Vec::new(),
    };
    found.truncate(1);
    if found.is_empty() {
        found = ledger.jobs_of_id(word).map_err(of_ledger)?;
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::new("no-job", [("job", word.to_owned())]).into()),
        _ => {
            let ids: Vec<&str> = found.iter().map(|view| &*view.job.short).collect();
            let values = [("job", word.to_owned()), ("jobs", ids.join(", "))];
            Err(Failure::new("which-job", values).into())
        }
    }
}

/// The jobs of a table: first those of this content and place, then of this content, then of this
/// place.
fn jobs_of_file(ledger: &Ledger, file: &Path, path: &str) -> Result<Vec<JobView>, ledger::Error> {
    let mut found = match prepare::digest(file) {
        Ok(digest) => ledger.jobs_of_table(&digest)?,
        Err(_) => Vec::new(),
    };
    // Stable: the newest of each stays first.
    found.sort_by_key(|view| view.path != path);
    found.extend(ledger.jobs_of_path(path)?);
    Ok(found)
}
