//! The words of `pec batch`, and the order that they are.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::ending::Ending;
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
use crate::court::Court;
use crate::output::report::Form;
use crate::pec::DeliveryForm;
use crate::pec::caution::Stop;

/// Send many messages from a table, each exactly once
///
/// A table is a CSV, a sheet of Excel or LibreOffice, a JSON array or NDJSON: a row for each
/// message, whose columns fill in the templates of subject and text. check reports all problems
/// before anything is sent; run sends and, if repeated, resumes where it was; status and report
/// show the state and the receipts of every row.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,

    /// Print the JSON schema of the documents and lines and exit
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
    /// Template of the subject; without it the column subject or oggetto
    #[arg(long, value_name = "TEMPLATE")]
    subject: Option<String>,

    /// File with the template of the text; without it the column body or testo
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// Column of the recipients (default: pec, indirizzo pec, destinatario, domicilio digitale,
    /// e-mail, to, …)
    #[arg(long, value_name = "COLUMN")]
    to_column: Option<String>,

    /// Column of the recipients in copy (default: cc, copia)
    #[arg(long, value_name = "COLUMN")]
    cc_column: Option<String>,

    /// Column of the files to attach (default: all named allegato, allegato 1, allegati, file, pdf,
    /// attach)
    #[arg(long, value_name = "COLUMN")]
    attach_column: Option<String>,

    /// Column of your own reference (default: ref, reference, riferimento)
    #[arg(long, value_name = "COLUMN")]
    ref_column: Option<String>,

    /// Column of the sending account (default: account, casella)
    #[arg(long, value_name = "COLUMN")]
    account_column: Option<String>,

    /// Sheet of the workbook (default: the first visible one with content)
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,

    /// Encoding, if it is not recognised: utf-8, windows-1252, cp850, macintosh, utf-16le
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// Cell separator, if it is not recognised: ; , tab |
    #[arg(long, value_name = "SIGN", value_parser = delimiter)]
    delimiter: Option<u8>,

    /// Delivery receipt to request: complete, brief or concise
    #[arg(
        long,
        value_name = "FORM",
        default_value = "complete",
        hide_possible_values = true
    )]
    receipt: DeliveryForm,

    /// Reply-To address; receipts come to the sending mailbox in any case
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Option<String>,

    /// New round: rows sent in other rounds do not count; every WORD is a round
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
    /// Send again what was refused or not delivered, only to the recipients not reached: failed
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    retry: Option<RetryArgument>,

    /// Send these rows (=3,7-9; without numbers all) even if something else was sent under their
    /// references; the report keeps both
    #[arg(
        long,
        value_name = "ROWS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        value_parser = some_rows
    )]
    correct: Option<Rows>,

    /// The receipts are for this law court: check of each row what it would not take: civile,
    /// tributario, amministrativo
    #[arg(long, value_name = "COURT", hide_possible_values = true)]
    for_court: Option<Court>,

    /// Send despite what stops a message, named: notification-form, notification-copy,
    /// notification-ordinary, court-receipt, court-files; repeatable
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
    /// Maximum number of messages per minute and account (default: the known limit of the provider)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Maximum number of recipients per hour and account (default: the known limit of the provider)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    recipients_per_hour: Option<u32>,

    /// Send only in these hours, Italian time: 08:00-20:00
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    between: Option<Hours>,

    /// Send from several accounts at once
    #[arg(long)]
    parallel: bool,
}

/// Check a table and estimate the time and space that sending it needs
///
/// Reads every row, fills in both templates, examines the files to attach, and compares each
/// message with the rules and limits of the provider. Rows have the number shown by a spreadsheet;
/// the header is row 1. Nothing is sent or recorded, and no connection is made.
///
/// Exit status: 0 if all rows are ready to send; 1 if there is a problem; 2 if the table, a
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

    /// Show these rows as they will be sent: 2,17,30-33 or all (default: the first one without
    /// problems)
    #[arg(long, value_name = "ROWS", value_parser = some_rows)]
    show: Option<Rows>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,
}

/// Send the messages of a table, each row once; if repeated, resume
///
/// Does everything that check does first: if there is a problem, nothing is sent. Then all rows are
/// recorded, and each is sent once, at the pace the provider allows. If it is interrupted, the same
/// command resumes where it was; messages in doubt are first looked for in the mailbox. Ctrl-C,
/// SIGTERM and closing the terminal stop it after the message in progress. A changed table is a new
/// job: messages already sent, identical and to the same recipients, are not sent again; a
/// different text under the same reference needs --correct or --again.
///
/// JOB is the table, or the id of a recorded job.
///
/// Exit status: 0 if everything is delivered; 1 if a recipient was not reached; 2 if there is a
/// problem and nothing was sent; 3 if an outcome is pending or in doubt; 4 if it could not continue
/// now; 5 if the provider refused the login or accepts no more messages from the sender.
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

    /// Send the rows without problems, and write the others to a separate table
    #[arg(long)]
    skip_bad: bool,

    /// Send messages in doubt again if the mailbox contains no receipt for them;
    /// =even-if-it-arrives-twice: even if the mailbox could not be read completely
    #[arg(
        long,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "if-nothing-is-there",
        hide_possible_values = true
    )]
    resend: Option<Resend>,

    /// With --resend: minimum age of the attempt, to allow for a slow acceptance
    #[arg(
        long,
        value_name = "TIME",
        default_value = "15m",
        requires = "resend",
        value_parser = span::parse
    )]
    patience: Duration,

    /// Read the receipts while sending, and wait for the last one
    #[arg(long)]
    follow: bool,

    /// With --follow: interval between readings of the receipts
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span::parse)]
    poll: Duration,

    /// Stop after this time, as Ctrl-C does: 90s, 30m, 2h, 1d
    #[arg(long = "for", value_name = "TIME", value_parser = span::parse)]
    r#for: Option<Duration>,

    /// Do not ask for confirmation before sending
    #[arg(long, short)]
    yes: bool,

    /// Produce one JSON object per line for each event
    #[arg(long)]
    ndjson: bool,
}

/// Produce an example table, to fill in with a spreadsheet
///
/// A CSV that Excel and LibreOffice open as it is: recipients, copies, a reference, two columns of
/// attachments, and columns for the texts. Its rows are examples, to be deleted.
///
/// Exit status: 0; 2 if the file already exists or cannot be written.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct TemplateArguments {
    /// File to create, which must not exist yet (default: standard output)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Show the state of a job
///
/// Without JOB lists all jobs, newest first. Relies on the ledger, updated by pec sync. For one job
/// lists the rows that did not reach a recipient, are held, in doubt or cannot be sent, and those
/// with overdue receipts: no acceptance within an hour, neither delivery nor notice within 24 hours
/// of the acceptance plus one.
///
/// Exit status: 0 if every recipient was reached; 1 if one was not; 3 if an outcome is pending,
/// held or in doubt; 2 if no job matches.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct StatusArguments {
    /// The job: its table, or its id
    #[arg(value_name = "JOB")]
    job: Option<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,
}

/// Produce the report of a job: every row with its state and its receipts
///
/// One line for each recipient: columns of the table, then reference, recipient, state, times,
/// identifiers and the SHA-256 of message and receipts. The ledger keeps of each row only the columns
/// that the message uses; where the job is named by its table, and the file is unchanged, the report
/// has all of its columns. In the CSV, cells that a
/// spreadsheet would run as a formula begin with an apostrophe, and the state is in the chosen
/// language; in NDJSON it is a word that does not change. A file whose name ends in .xlsx becomes a
/// workbook with the same columns: texts are unchanged, and times are dates and hours that the
/// spreadsheet recognises, in Italian time.
///
/// The exit status is that of status: 0 only if every recipient was reached.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
struct ReportArguments {
    /// The job: its table, whose columns are then all in the report, or its id
    #[arg(value_name = "JOB")]
    job: String,

    /// CSV, as a spreadsheet opens it (default)
    #[arg(long, conflicts_with_all = ["ndjson", "html"])]
    csv: bool,

    /// One JSON object per line
    #[arg(long, conflicts_with = "html")]
    ndjson: bool,

    /// A page for the browser, with no other files
    #[arg(long)]
    html: bool,

    /// Cell separator of the CSV: ; , tab |
    #[arg(long, value_name = "SIGN", default_value = ";", value_parser = delimiter)]
    delimiter: u8,

    /// Write to this file, completely or not at all (default: standard output); FILE.xlsx becomes a
    /// workbook, FILE.html a page, FILE.ndjson lines of JSON
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Save acceptance, delivery and notices of each row in a subfolder named after its reference
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
        let named = given.output.as_deref().map_or(Ending::Text, Ending::of);
        let shape = asked.unwrap_or_else(|| named.shape(given.delimiter));
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
            court: given.for_court,
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
