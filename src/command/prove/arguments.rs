//! What `pec prove` is told.

use std::path::PathBuf;

use super::ProveOrder;
use super::report::Results;
use crate::command::order::Order;
use crate::output::report::Form;

/// Show whether a file was delivered with a message, in a sentence that can be quoted
///
/// The file is compared with the message as it was sent and with every delivery receipt, which are
/// verified again: in a complete receipt byte for byte, in a brief one by its SHA-1 hash. For each
/// recipient the answer is a sentence to quote, or the reason why it cannot be said.
///
/// Exit status: 0 if it is shown for every recipient (with --recipient: for that one); 1 if the file
/// is not what was sent or delivered; 3 if it was sent, but delivery of the file is not shown for a
/// recipient; 2 if the file or the message cannot be read.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec prove [OPTIONS] <MESSAGE> --file <FILE>"
)]
pub(in crate::command) struct Arguments {
    /// The message: short id, Message-ID, or words of the subject
    #[arg(value_name = "MESSAGE", required_unless_present = "json_schema")]
    message: Option<String>,

    /// The file: an attachment exactly as it was sent, or the message itself (.eml)
    #[arg(long, value_name = "FILE", required_unless_present = "json_schema")]
    file: Option<PathBuf>,

    /// Only for this recipient
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,

    /// Verify with the trust data of this file instead of those of the account
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        match (self.message, self.file) {
            (Some(message), Some(file)) if !self.json_schema => Order::Prove(ProveOrder {
                message,
                file,
                recipient: self.recipient,
                trust: self.trust,
                form: Form::of(self.json),
            }),
            _ => Order::schema::<Results>(),
        }
    }
}
