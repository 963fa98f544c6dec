//! What `pec draft` and the commands in it are told.

use std::path::PathBuf;

use clap::Subcommand;

use super::report::Document;
use super::{Changes, DraftOrder};
use crate::command::order::Order;
use crate::command::send::{LeavingArguments, SendOrder};
use crate::output::report::Form;
use crate::pec::DeliveryForm;

/// Letters that were written and not sent: list, show, edit, send, delete
///
/// What is written in the editor, typed at the questions or read from standard input by pec send
/// is kept as a draft before anything else happens. It stays until its message is recorded for
/// sending: after a no, Ctrl-C, a wrong password or a server that does not answer it is here.
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

/// List the drafts, the latest first
#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Show a draft whole
#[derive(Debug, clap::Args)]
struct ShowArguments {
    /// Which draft: its number, or words of its subject
    #[arg(value_name = "DRAFT", required_unless_present = "json_schema")]
    draft: Option<String>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Change the text of a draft in the editor, or what else it says by options
#[derive(Debug, clap::Args)]
struct EditArguments {
    /// Which draft: its number, or words of its subject
    #[arg(value_name = "DRAFT")]
    draft: String,

    /// These recipients instead; repeatable
    #[arg(short, long, value_name = "ADDRESS")]
    to: Vec<String>,

    /// These recipients in copy instead; repeatable
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// This subject instead
    #[arg(short, long, value_name = "TEXT")]
    subject: Option<String>,

    /// These files instead; repeatable
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// The delivery receipt to ask for: complete, brief or concise
    #[arg(long, value_name = "FORM", hide_possible_values = true)]
    receipt: Option<DeliveryForm>,
}

/// Send a draft, once
///
/// As pec send does with what it is told: checked, shown, asked about, recorded, handed over. Once
/// its message is recorded the draft is gone, and no second process can send it.
#[derive(Debug, clap::Args)]
struct SendArguments {
    /// Which draft: its number, or words of its subject
    #[arg(value_name = "DRAFT")]
    draft: String,

    #[command(flatten)]
    leaving: LeavingArguments,
}

/// Delete a draft
#[derive(Debug, clap::Args)]
struct DeleteArguments {
    /// Which draft: its number, or words of its subject
    #[arg(value_name = "DRAFT")]
    draft: String,

    /// Do not ask
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
                    form: arguments.receipt,
                },
            ),
            Action::Send(arguments) => {
                let order = SendOrder::of_draft(arguments.draft, arguments.leaving);
                return Order::Send(Box::new(order));
            }
            Action::Delete(arguments) => DraftOrder::Delete {
                word: arguments.draft,
                asks: !arguments.yes,
            },
        })
    }
}
