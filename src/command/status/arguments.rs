//! What `pec status` is told.

use super::{Listed, Since, StatusOrder, Wanted, json};
use crate::command::Failure;
use crate::command::order::Order;
use crate::output::report::Form;

/// Say where each message stands, for every recipient
///
/// Without MESSAGE all messages, newest first. With one, all that is known of it: the attempts
/// to send it, and for every recipient what was certified, when, by which receipt, and what may
/// be expected until when. A statement counts only when its receipt was proved genuine.
///
/// Works without network on what was recorded; pec sync reads the mailbox. A list exits with 0;
/// one message with 0 if it reached every recipient, 1 if it did not reach one, 3 if something
/// is awaited, in doubt or contradictory, 2 if no message or more than one is meant.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// One message: its short id, its Message-ID, or words of its subject
    #[arg(
        value_name = "MESSAGE",
        conflicts_with_all = ["since", "pending", "failed", "to", "orphans", "unproven"]
    )]
    message: Option<String>,

    /// Only messages recorded at this time or later: 28/11/2026, 2026-11-28, yesterday, today
    #[arg(long, value_name = "DATE")]
    since: Option<String>,

    /// Only messages for which something is still awaited
    #[arg(long)]
    pending: bool,

    /// Only messages that did not reach a recipient
    #[arg(long)]
    failed: bool,

    /// Only messages to an address that contains this text
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,

    /// Genuine receipts that belong to no message in the ledger
    #[arg(long, conflicts_with_all = ["unproven", "since", "pending", "failed", "to"])]
    orphans: bool,

    /// What passes itself off as certified mail and was not proved genuine
    #[arg(long, conflicts_with_all = ["since", "pending", "failed", "to"])]
    unproven: bool,

    /// How many to show at most (default: 50)
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 50,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    limit: u32,

    /// Which page of the list, from 1
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    page: u32,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when the time is none.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        if self.json_schema {
            return Ok(Order::schema::<json::Document<'_>>());
        }
        let since = self.since.map(|text| {
            let known = Since::of(&text);
            known.ok_or_else(|| Failure::new("since-when", [("value", text)]))
        });
        let since = since.transpose()?;
        let of = match (self.orphans, self.unproven) {
            (true, _) => Listed::Orphans,
            (_, true) => Listed::Unproven,
            (false, false) => Listed::Messages {
                since,
                pending: self.pending,
                failed: self.failed,
                to: self.to,
            },
        };
        let (limit, page) = (self.limit, self.page);
        Ok(Order::Status(StatusOrder {
            wanted: match self.message {
                Some(word) => Wanted::Message(word),
                None => Wanted::List { of, limit, page },
            },
            form: Form::of(self.json),
        }))
    }
}
