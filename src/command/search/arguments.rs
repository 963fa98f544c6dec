//! What `pec search` is told.

use super::{Document, SearchOrder};
use crate::command::Failure;
use crate::command::dates::When;
use crate::command::letters::Wanted;
use crate::command::order::Order;
use crate::ledger::LetterList;
use crate::output::report::Form;

/// Search all mail kept here, sent and received
///
/// Finds the messages that contain all the words, or words that begin so, in subject, sender,
/// recipients, text, or names of attachments; accents and case do not count. Newest first; each line
/// shows whether the message was sent or received, and its state or what it is.
///
/// Does not use the network. Exit status: 0 if something was found; 1 if nothing was; 2 if the
/// question is wrong; 4 if the ledger cannot be used now.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Words to find
    #[arg(value_name = "WORDS", required_unless_present = "json_schema")]
    words: Vec<String>,

    /// Only messages sent
    #[arg(long, conflicts_with = "received")]
    sent: bool,

    /// Only messages received
    #[arg(long)]
    received: bool,

    /// Only from this date and time on: 28/11/2026, 2026-11-28, yesterday, today
    #[arg(long, value_name = "DATE")]
    since: Option<String>,

    /// Only up to this date, or date and time, included
    #[arg(long, value_name = "DATE")]
    until: Option<String>,

    /// Maximum number of messages to show (default: 20)
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 20,
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

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when a date is none.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        if self.json_schema {
            return Ok(Order::schema::<Document<'_>>());
        }
        let date =
            |option, words: Option<String>| words.map(|words| When::of(option, words)).transpose();
        Ok(Order::Search(SearchOrder {
            wanted: Wanted {
                words: self.words,
                sender: None,
                subject: None,
                since: date("since", self.since)?,
                until: date("until", self.until)?,
                unread: false,
                with_attachments: false,
            },
            list: match (self.sent, self.received) {
                (true, _) => LetterList::Sent,
                (_, true) => LetterList::Received,
                (false, false) => LetterList::All,
            },
            limit: self.limit,
            page: self.page,
            form: Form::of(self.json),
        }))
    }
}
