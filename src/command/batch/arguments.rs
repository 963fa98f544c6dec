//! The words of `pec batch`, and the order that they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::order::{
    BadRows, BatchOrder, CheckOrder, Lanes, PaceOrder, ReportOrder, RunOrder, Shape, Show,
    StatusOrder, TableOrder,
};
use crate::batch::columns::Given;
use crate::batch::pace::{Hours, Limits};
use crate::batch::rows::Rows;
use crate::client::batch::Allowed;
use crate::client::{Consent, Resend, SendAgain};
use crate::command::order::Order;
use crate::command::span;
use crate::output::report::Form;
use crate::pec::DeliveryForm;
use crate::pec::caution::Stop;

/// Send many notices from a table, each exactly once
///
/// A table is a CSV, a sheet of Excel or LibreOffice, a JSON array or NDJSON: a row for each notice, whose columns fill
/// the templates of subject and text. check says all that is wrong before anything is sent; run
/// sends, and goes on where it was when it is called again; status and report say for every row
/// where it stands and by which receipts.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,

    /// Write the JSON schema of the documents and lines and end
    #[arg(long)]
    json_schema: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    Template(TemplateArguments),
    Check(Box<CheckArguments>),
    Run(Box<RunArguments>),
    Status(StatusArguments),
    Report(ReportArguments),
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
    receipt: DeliveryForm,

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

    /// Send despite what stops a message, named: notification-form, notification-copy,
    /// notification-ordinary; repeatable
    #[arg(long, value_name = "KEY", hide_possible_values = true)]
    despite: Vec<Stop>,
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
struct CheckArguments {
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
    #[arg(long, value_name = "ROWS", value_parser = some_rows)]
    show: Option<Rows>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,
}

/// Send what a table says, each row once; called again it goes on
///
/// First everything that check does: if anything is wrong, nothing is sent. Then all rows are
/// recorded, and each is sent once, at the pace of the provider. Whatever ends it, the same
/// command goes on where it was; rows in doubt are looked for in the mailbox first. Ctrl-C, SIGTERM
/// and the end of the terminal end it after the message in hand. A table that was changed is a new
/// job: what was sent before, the same to the same, is not sent again, and something else under the
/// same reference only with --correct or --again.
///
/// JOB is the table, or the id of a job that was recorded.
///
/// Exits with 0 when all is delivered, 1 when a recipient was not reached, 2 when something is
/// wrong and nothing was sent, 3 while something waits or is in doubt, 4 when it could not go on
/// now, 5 when the provider refused the login or takes nothing more from the sender.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct RunArguments {
    /// The table: CSV, .xlsx, .ods, JSON, NDJSON, or - for standard input; or the id of a job
    #[arg(value_name = "JOB")]
    job: PathBuf,

    #[command(flatten)]
    table: TableArguments,

    #[command(flatten)]
    words: WordArguments,

    #[command(flatten)]
    pace: PaceArguments,

    /// Send the good rows, and write those that are not into a table of their own
    #[arg(long)]
    skip_bad: bool,

    /// Send again what is in doubt and has no receipt in the whole mailbox;
    /// =even-if-it-arrives-twice: also where that cannot be known
    #[arg(
        long,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "if-nothing-is-there",
        hide_possible_values = true
    )]
    resend: Option<Resend>,

    /// With --resend: how old the attempt must be, so that a slow acceptance had its time
    #[arg(
        long,
        value_name = "TIME",
        default_value = "15m",
        requires = "resend",
        value_parser = span::parse
    )]
    patience: Duration,

    /// Read the receipts while it runs, and stay until the last one is there
    #[arg(long)]
    follow: bool,

    /// With --follow: how often to look for receipts
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span::parse)]
    poll: Duration,

    /// End after this time, as Ctrl-C does: 90s, 30m, 2h, 1d
    #[arg(long = "for", value_name = "TIME", value_parser = span::parse)]
    r#for: Option<Duration>,

    /// Do not ask before sending
    #[arg(long, short)]
    yes: bool,

    /// Write one JSON object a line for each thing that happens
    #[arg(long)]
    ndjson: bool,
}

/// Write an example of a table, to be filled in a spreadsheet
///
/// A CSV that Excel and LibreOffice open as it is: recipients, in copy, a reference, two columns
/// of files, and columns for the texts. Its rows are examples: delete them.
///
/// Exits with 0, or with 2 when the file is there already or cannot be written.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct TemplateArguments {
    /// Into this file, which must not be there yet (default: standard output)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Say where a job stands
///
/// Without JOB all jobs, newest first. Works on what was recorded; pec sync reads the mailbox. Of
/// one job the rows are named that did not reach somebody, are held, in doubt or cannot be sent,
/// and those whose receipts should have come by now: no acceptance within an hour, neither
/// delivery nor notice within 24 hours of the acceptance and one more.
///
/// Exits with 0 when every recipient of the job is reached, 1 when one is not, 3 while something
/// waits, is held or in doubt, 2 when no job is meant.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct StatusArguments {
    /// The job: its table, or its id
    #[arg(value_name = "JOB")]
    job: Option<String>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,
}

/// Write every row of a job with where it stands, by which receipts
///
/// One line for each recipient: the columns of the table as they were, then reference,
/// recipient, state, times, identifiers and the SHA-256 of message and receipts. In the CSV,
/// cells that a spreadsheet would run as a formula begin with an apostrophe, and the state is in
/// the language asked; in NDJSON it is a word that stays. A file whose name ends in .xlsx becomes a
/// workbook with the same columns: every text stays as it is, and times are days and hours that a
/// spreadsheet knows, in Italian legal time.
///
/// The exit status is that of status: 0 only when every recipient is reached.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct ReportArguments {
    /// The job: its table, or its id
    #[arg(value_name = "JOB")]
    job: String,

    /// CSV, as a spreadsheet opens it (this is the default)
    #[arg(long, conflicts_with_all = ["ndjson", "html"])]
    csv: bool,

    /// One JSON object a line
    #[arg(long, conflicts_with = "html")]
    ndjson: bool,

    /// A page for the browser that needs nothing else
    #[arg(long)]
    html: bool,

    /// What stands between the cells of the CSV: ; , tab |
    #[arg(long, value_name = "SIGN", default_value = ";", value_parser = delimiter)]
    delimiter: u8,

    /// Write into this file, whole or not at all (default: standard output); FILE.xlsx becomes a
    /// workbook, FILE.html a page, FILE.ndjson lines of JSON
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write acceptance, delivery and notices of each row into a folder of this one, named by its
    /// reference
    #[arg(long, value_name = "FOLDER")]
    receipts: Option<PathBuf>,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        match self.action {
            Some(action) => Order::Batch(action.into()),
            None => Order::Schema(|out| out.schema_of(&super::schema())),
        }
    }
}

impl From<Action> for BatchOrder {
    fn from(action: Action) -> Self {
        match action {
            Action::Template(given) => Self::Template(given.output),
            Action::Check(given) => Self::Check(Box::new((*given).into())),
            Action::Run(given) => Self::Run(Box::new((*given).into())),
            Action::Status(given) => Self::Status(StatusOrder {
                job: given.job,
                form: Form::of(given.json),
            }),
            Action::Report(given) => Self::Report(given.into()),
        }
    }
}

impl From<CheckArguments> for CheckOrder {
    fn from(given: CheckArguments) -> Self {
        let form = Form::of(given.json);
        Self {
            file: given.table_file,
            table: given.table.into(),
            allowed: given.words.into(),
            pace: given.pace.into(),
            show: match (given.show, form) {
                (Some(rows), _) => Show::These(rows),
                (None, Form::Text) => Show::First,
                (None, Form::Json) => Show::Nothing,
            },
            form,
        }
    }
}

impl From<RunArguments> for RunOrder {
    fn from(given: RunArguments) -> Self {
        Self {
            job: given.job,
            table: given.table.into(),
            allowed: given.words.into(),
            pace: given.pace.into(),
            bad: match given.skip_bad {
                true => BadRows::Apart,
                false => BadRows::StopAll,
            },
            resend: given.resend.map(|what| SendAgain {
                what,
                patience: given.patience,
            }),
            follow: given.follow.then_some(given.poll),
            limit: given.r#for,
            consent: match given.yes {
                true => Consent::Given,
                false => Consent::Asked,
            },
            form: Form::of(given.ndjson),
        }
    }
}

impl From<ReportArguments> for ReportOrder {
    fn from(given: ReportArguments) -> Self {
        let asked = match (given.csv, given.ndjson, given.html) {
            (true, _, _) => Some(Shape::Csv(given.delimiter)),
            (_, true, _) => Some(Shape::Ndjson),
            (_, _, true) => Some(Shape::Html),
            (false, false, false) => None,
        };
        // Else the name of the file says it.
        let ending = given.output.as_deref().and_then(Path::extension);
        let ending = ending.unwrap_or_default().to_ascii_lowercase();
        let shape = asked.unwrap_or_else(|| match ending.to_str() {
            Some("xlsx") => Shape::Workbook,
            Some("html" | "htm") => Shape::Html,
            Some("ndjson" | "jsonl") => Shape::Ndjson,
            Some(_) | None => Shape::Csv(given.delimiter),
        });
        Self {
            job: given.job,
            shape,
            output: given.output,
            receipts: given.receipts,
        }
    }
}

impl From<TableArguments> for TableOrder {
    fn from(given: TableArguments) -> Self {
        Self {
            subject: given.subject,
            body_file: given.body_file,
            columns: Given {
                to: given.to_column,
                cc: given.cc_column,
                attach: given.attach_column,
                reference: given.ref_column,
                account: given.account_column,
            },
            sheet: given.sheet,
            encoding: given.encoding,
            delimiter: given.delimiter,
            form: given.receipt,
            reply_to: given.reply_to,
            round: given.again,
        }
    }
}

impl From<WordArguments> for Allowed {
    fn from(given: WordArguments) -> Self {
        Self {
            retry: given.retry.is_some(),
            correct: given.correct.unwrap_or_default(),
            despite: given.despite,
        }
    }
}

impl From<PaceArguments> for PaceOrder {
    fn from(given: PaceArguments) -> Self {
        Self {
            limits: Limits {
                per_minute: given.per_minute,
                recipients_per_hour: given.recipients_per_hour,
                between: given.between,
            },
            lanes: match given.parallel {
                true => Lanes::AtOnce,
                false => Lanes::InTurn,
            },
        }
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
