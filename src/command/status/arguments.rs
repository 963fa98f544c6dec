//! What `pec status` is told.

use super::{Listed, StatusOrder, Wanted, json, mailbox};
use crate::command::Failure;
use crate::command::dates::When;
use crate::command::order::Order;
use crate::command::report::ReportOrder;
use crate::command::report::arguments::Beside;
use crate::output::report::Form;

/// Show the state of every message for each recipient
///
/// Without MESSAGE lists all messages, newest first. With one, shows every detail: the attempts to
/// send it and, for each recipient, what was certified, when and by which receipt, and what is
/// expected by when. Only what a receipt verified as genuine attests counts.
///
/// Does not use the network, except with --mailbox: it relies on the ledger, updated by pec sync. Exit status: 0 for a
/// list, or if the message reached every recipient; 1 if it did not reach one; 3 if an outcome is
/// pending, in doubt or contradictory; 2 if no message matches or more than one does.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// A message: short id, Message-ID, or words of the subject
    #[arg(
        value_name = "MESSAGE",
        conflicts_with_all = [
            "since", "pending", "failed", "to", "reference", "orphans", "unproven"
        ]
    )]
    message: Option<String>,

    /// Only messages recorded from this date and time on: 28/11/2026, 2026-11-28, yesterday, today
    #[arg(long, value_name = "DATE")]
    since: Option<String>,

    /// Only messages with pending outcomes
    #[arg(long)]
    pending: bool,

    /// Only messages that did not reach at least one recipient
    #[arg(long)]
    failed: bool,

    /// Only messages to addresses that contain this text
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,

    /// Only messages with exactly this reference of yours (see pec send --reference)
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,

    /// Genuine receipts that belong to no message in the ledger
    #[arg(
        long,
        conflicts_with_all = ["unproven", "since", "pending", "failed", "to", "reference"]
    )]
    orphans: bool,

    /// Messages that claim to be certified mail but are not shown to be genuine
    #[arg(long, conflicts_with_all = ["since", "pending", "failed", "to", "reference"])]
    unproven: bool,

    /// Ask the provider how full the mailbox is, and when it will be
    #[arg(
        long,
        conflicts_with_all = ["message", "since", "pending", "failed", "to", "orphans", "unproven"]
    )]
    mailbox: bool,

    /// Maximum number of messages to show (default: 50)
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 50,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    limit: u32,

    /// Page of the list, from 1
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    page: u32,

    #[command(flatten)]
    report: Beside,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when the time is none.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        if self.json_schema && self.mailbox {
            return Ok(Order::schema::<mailbox::Mailboxes>());
        }
        if self.json_schema {
            return Ok(Order::schema::<json::Document<'_>>());
        }
        let since = self
            .since
            .map(|words| When::of("since", words))
            .transpose()?;
        let of = match (self.orphans, self.unproven) {
            (true, _) => Listed::Orphans,
            (_, true) => Listed::Unproven,
            (false, false) => Listed::Messages {
                since,
                pending: self.pending,
                failed: self.failed,
                to: self.to,
                reference: self.reference,
            },
        };
        let (limit, page) = (self.limit, self.page);
        let report = self.report.order()?;
        let order = StatusOrder {
            wanted: match self.message.clone() {
                None if self.mailbox => Wanted::Mailbox,
                Some(word) => Wanted::Message(word),
                None => Wanted::List { of, limit, page },
            },
            form: Form::of(self.json),
        };
        match (report, self.message) {
            (None, _) => Ok(Order::Status(order)),
            (Some(page), Some(word)) => Ok(Order::Report(ReportOrder::beside(order, word, page))),
            (Some(_), None) => Err(Failure::new("report-of-one", [])),
        }
    }
}
