//! What `pec draft` and the commands in it are told.

use std::path::PathBuf;

use clap::Subcommand;

use super::report::Document;
use super::{Changes, DraftOrder};
use crate::command::order::Order;
use crate::command::send::{LeavingArguments, SendOrder};
use crate::output::report::Form;
use crate::pec::DeliveryForm;

/// Manage letters that were written and not sent: list, show, edit, send, delete
///
/// Text written in the editor, typed at the questions or read from standard input by pec send is
/// saved as a draft at once. It stays until its message is recorded for sending: even after a no,
/// Ctrl-C, a wrong password or a server that does not answer.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArguments),
    Show(ShowArguments),
    Edit(EditArguments),
    Send(Box<SendArguments>),
    Delete(DeleteArguments),
}

/// List the drafts, newest first
#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Show a whole draft
#[derive(Debug, clap::Args)]
struct ShowArguments {
    /// Draft: its number, or words of its subject
    #[arg(value_name = "DRAFT", required_unless_present = "json_schema")]
    draft: Option<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Change the text of a draft in the editor, or the rest with options
#[derive(Debug, clap::Args)]
struct EditArguments {
    /// Draft: its number, or words of its subject
    #[arg(value_name = "DRAFT")]
    draft: String,

    /// These recipients instead of the previous ones; repeatable
    #[arg(short, long, value_name = "ADDRESS")]
    to: Vec<String>,

    /// These recipients in copy instead of the previous ones; repeatable
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// This subject instead of the previous one
    #[arg(short, long, value_name = "TEXT")]
    subject: Option<String>,

    /// File to attach besides the others; repeatable
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// File not to attach any more: its path or its name; repeatable
    #[arg(long, value_name = "FILE")]
    no_attach: Vec<PathBuf>,

    /// Delivery receipt to request: complete, brief or concise
    #[arg(long, value_name = "FORM", hide_possible_values = true)]
    receipt: Option<DeliveryForm>,
}

/// Send a draft, once
///
/// Like pec send: the draft is checked, shown, confirmed, recorded and handed to the server. Once
/// its message is recorded the draft is gone, and no other process can send it.
#[derive(Debug, clap::Args)]
struct SendArguments {
    /// Draft: its number, or words of its subject
    #[arg(value_name = "DRAFT", required_unless_present = "json_schema")]
    draft: Option<String>,

    #[command(flatten)]
    leaving: LeavingArguments,
}

/// Delete a draft
#[derive(Debug, clap::Args)]
struct DeleteArguments {
    /// Draft: its number, or words of its subject
    #[arg(value_name = "DRAFT")]
    draft: String,

    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Draft(match self.action {
            Action::List(arguments) if arguments.json_schema => {
                return Order::schema::<Document<'_>>();
            }
            Action::Show(arguments) if arguments.json_schema => {
                return Order::schema::<Document<'_>>();
            }
            Action::List(arguments) => DraftOrder::List(Form::of(arguments.json)),
            Action::Show(arguments) => DraftOrder::Show(
                arguments.draft.unwrap_or_default(),
                Form::of(arguments.json),
            ),
            Action::Edit(arguments) => DraftOrder::Edit(
                arguments.draft,
                Changes {
                    to: arguments.to,
                    cc: arguments.cc,
                    subject: arguments.subject,
                    attach: arguments.attach,
                    no_attach: arguments.no_attach,
                    form: arguments.receipt,
                },
            ),
            Action::Send(arguments) => {
                if let Some(schema) = arguments.leaving.schema() {
                    return schema;
                }
                let draft = arguments.draft.unwrap_or_default();
                return Order::Send(SendOrder::of_draft(draft, arguments.leaving));
            }
            Action::Delete(arguments) => DraftOrder::Delete {
                word: arguments.draft,
                asks: !arguments.yes,
            },
        })
    }
}
