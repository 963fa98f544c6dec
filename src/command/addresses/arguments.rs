//! What `pec check` is told.

use std::path::PathBuf;

use super::{AskedServers, CheckOrder, Document};
use crate::command::order::Order;
use crate::output::report::Form;

/// Check whether addresses are certified mail
///
/// Only certified mail gives delivery receipts. The program relies on what is stored here: the
/// acceptance receipts in the ledger, the lists of providers (pec trust import), the index of public
/// administrations (pec offices import), and the domains of free mail. Every piece of evidence is shown
/// with its date, and the strongest kind decides: what an acceptance receipt or a list of providers
/// says; then free mail; then the index; then, with --dns, the servers that receive the mail of the
/// domain. Within a kind the newest decides. Certified mail does not mean that the mailbox exists.
///
/// Without --dns the network is not used. Exit status: 0 if all addresses are certified mail; 1 if one
/// is ordinary mail; 3 if it is not known of one; 2 if a file cannot be read.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Addresses; files with addresses, one on each line or in a column of a table; - for standard
    /// input
    #[arg(value_name = "ADDRESS|FILE", required_unless_present = "json_schema")]
    words: Vec<PathBuf>,

    /// Column of the addresses (default: by its name, such as PEC, to, Mail1)
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,

    /// Sheet of a workbook (default: the first)
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,

    /// Also ask which servers receive the mail of each domain: the system's name servers, or the one
    /// with this IP address; they learn the domains
    #[arg(
        long,
        value_name = "SERVER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    dns: Option<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Document>();
        }
        Order::Check(CheckOrder {
            words: self.words,
            column: self.column,
            sheet: self.sheet,
            servers: match self.dns {
                None => AskedServers::None,
                Some(server) if server.is_empty() => AskedServers::OfSystem,
                Some(server) => AskedServers::At(server),
            },
            form: Form::of(self.json),
        })
    }
}
