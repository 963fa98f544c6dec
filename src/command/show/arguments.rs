//! What `pec show` is told.

use std::path::PathBuf;

use super::{Document, Form, ShowOrder};
use crate::command::order::Order;

/// Show a message: what is certified first, then the original with its text and attachments
///
/// MESSAGE is a file (- for standard input), the id of a received or sent message, or its
/// Message-ID. Whether it is genuine is verified first, without using the network. Nothing in the
/// message is loaded or run: HTML is shown as text, links with their true target.
///
/// Exit status: 0 if the message is genuine, or was sent from here; 1 if it is not genuine or is not
/// certified mail; 3 if it cannot be verified; 2 if it cannot be read. It is shown in every case.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// A file, - for standard input, an id, or a Message-ID
    #[arg(required_unless_present = "json_schema", value_name = "MESSAGE")]
    message: Option<String>,

    /// Write the original text as a page of HTML that loads nothing into this file (- for standard
    /// output)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["raw", "json"])]
    html: Option<PathBuf>,

    /// Write the message exactly as received or sent (to a file or another program)
    #[arg(long, conflicts_with = "json")]
    raw: bool,

    /// Use the trust data of this file instead of the built-in ones
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the results and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        let Some(message) = self.message.filter(|_| !self.json_schema) else {
            return Order::schema::<Document<'_>>();
        };
        Order::Show(ShowOrder {
            message,
            trust: self.trust,
            form: match (self.html, self.raw, self.json) {
                (Some(file), ..) => Form::Page(file),
                (None, true, _) => Form::Raw,
                (None, false, true) => Form::Json,
                (None, false, false) => Form::Text,
            },
        })
    }
}
