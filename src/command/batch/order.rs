//! What `pec batch` is asked, once its words are understood.

use std::path::PathBuf;
use std::time::Duration;

use crate::batch::columns::Given;
use crate::batch::pace::Limits;
use crate::batch::rows::Rows;
use crate::client::batch::Allowed;
use crate::client::{Consent, SendAgain};
use crate::output::report::Form;
use crate::pec::DeliveryForm;

/// One of the things that `pec batch` does.
pub(in crate::command) enum BatchOrder {
    /// Writes an example of a table, into a file that is not there or on standard output.
    Template(Option<PathBuf>),
    /// Says what is wrong with a table.
    Check(Box<CheckOrder>),
    /// Sends what a table says.
    Run(Box<RunOrder>),
    /// Says where jobs stand.
    Status(StatusOrder),
    /// Writes every row of a job.
    Report(ReportOrder),
}

pub(in crate::command) struct CheckOrder {
    /// The table; `-` is standard input.
    pub file: PathBuf,
    pub table: TableOrder,
    pub allowed: Allowed,
    pub pace: PaceOrder,
    /// Which rows are shown as they will go.
    pub show: Show,
    pub form: Form,
}

pub(in crate::command) struct RunOrder {
    /// The table, where there is one; else the id of a job.
    pub job: PathBuf,
    pub table: TableOrder,
    pub allowed: Allowed,
    pub pace: PaceOrder,
    pub bad: BadRows,
    /// What of that which is in doubt may go again; without it nothing.
    pub resend: Option<SendAgain>,
    /// How often receipts are looked for, if at all.
    pub follow: Option<Duration>,
    /// When it ends at the latest.
    pub limit: Option<Duration>,
    pub consent: Consent,
    pub form: Form,
}

pub(in crate::command) struct StatusOrder {
    /// The job; without it all.
    pub job: Option<String>,
    pub form: Form,
}

pub(in crate::command) struct ReportOrder {
    pub job: String,
    pub shape: Shape,
    /// A file; without it standard output.
    pub output: Option<PathBuf>,
    /// A folder for the receipts of each row.
    pub receipts: Option<PathBuf>,
}

/// How rows become notices.
pub(in crate::command) struct TableOrder {
    /// A template; without it a column.
    pub subject: Option<String>,
    /// A file with a template; without it a column.
    pub body_file: Option<PathBuf>,
    /// Names of columns.
    pub columns: Given,
    /// The name of a sheet.
    pub sheet: Option<String>,
    /// The name of an encoding.
    pub encoding: Option<String>,
    /// The sign between cells.
    pub delimiter: Option<u8>,
    /// The delivery receipt to ask for.
    pub form: DeliveryForm,
    pub reply_to: Option<String>,
    /// A round of its own.
    pub round: Option<String>,
}

/// How fast messages leave.
#[derive(Clone, Copy)]
pub(in crate::command) struct PaceOrder {
    /// What holds before what is known of the provider.
    pub limits: Limits,
    pub lanes: Lanes,
}

/// Whether accounts send together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Lanes {
    /// One after the other.
    InTurn,
    /// All at once.
    AtOnce,
}

/// What becomes of the good rows beside bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum BadRows {
    /// Nothing is sent.
    StopAll,
    /// They are sent; the bad ones go into a table of their own.
    Apart,
}

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Shape {
    /// With this sign between the cells.
    Csv(u8),
    Ndjson,
    Html,
    Workbook,
}

/// Which rows to show.
#[derive(Clone, Debug)]
pub(in crate::command) enum Show {
    /// None.
    Nothing,
    /// The first that can be sent.
    First,
    /// Those that were named.
    These(Rows),
}
