//! What `pec inbox` is told.

use super::{Document, InboxOrder, List, Mark};
use crate::command::Failure;
use crate::command::dates::When;
use crate::command::letters::Wanted;
use crate::command::order::Order;
use crate::output::report::Form;

/// Show received certified mail, newest first
///
/// Lists what pec sync received and verified: the sender and the time as certified, the subject of
/// the original, its attachments. What is not genuine certified mail is listed apart, under what it
/// is: ordinary mail in an anomaly envelope, messages that claim to be certified mail. With WORDS
/// lists the messages that contain words that begin so in subject, sender, text, or names of people
/// and attachments; accents and case do not count.
///
/// An asterisk marks what has not been read here yet: the mark belongs to pec, the server is told
/// nothing. Does not use the network. Exit status: 0, also for an empty list; 2 if the question is
/// wrong; 4 if the ledger cannot be used now.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Only messages that contain all these words, or words that begin so
    #[arg(value_name = "WORDS")]
    words: Vec<String>,

    /// Only from senders that contain these words, or words that begin so
    #[arg(long, value_name = "TEXT")]
    from: Option<String>,

    /// Only with a subject that contains these words, or words that begin so
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,

    /// Only from this date and time on: 28/11/2026, 2026-11-28, yesterday, today
    #[arg(long, value_name = "DATE")]
    since: Option<String>,

    /// Only up to this date, or date and time, included
    #[arg(long, value_name = "DATE")]
    until: Option<String>,

    /// Only messages not read here yet
    #[arg(long)]
    unread: bool,

    /// Only messages with attachments
    #[arg(long)]
    with_attachments: bool,

    /// Mark these messages as read here, and show them: short ids or Message-IDs
    #[arg(long, value_name = "MESSAGE", num_args = 1.., conflicts_with_all = ["words", "mark_unread"])]
    mark_read: Vec<String>,

    /// Mark these messages as not read here, and show them
    #[arg(long, value_name = "MESSAGE", num_args = 1.., conflicts_with = "words")]
    mark_unread: Vec<String>,

    /// Maximum number of messages to show, of certified mail and of the rest (default: 20)
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
        let form = Form::of(self.json);
        for (words, mark) in [
            (self.mark_read, Mark::Read),
            (self.mark_unread, Mark::Unread),
        ] {
            if !words.is_empty() {
                return Ok(Order::Inbox(InboxOrder::Mark { words, mark, form }));
            }
        }
        Ok(Order::Inbox(InboxOrder::List(List {
            wanted: Wanted {
                words: self.words,
                sender: self.from,
                subject: self.subject,
                since: date("since", self.since)?,
                until: date("until", self.until)?,
                unread: self.unread,
                with_attachments: self.with_attachments,
            },
            limit: self.limit,
            page: self.page,
            form,
        })))
    }
}
