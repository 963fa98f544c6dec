//! What `pec extract` is told.

use std::path::PathBuf;

use super::{Document, ExtractOrder};
use crate::command::order::Order;
use crate::output::report::Form;

/// Extract attachments, postacert.eml and daticert.xml from a message
///
/// Also from receipts and from attached messages. MESSAGE is a file (- for standard input), the id of
/// a received or sent message, or its Message-ID. Names are made safe: without path, deceptive
/// characters, or names that systems reserve; a file that exists is never replaced. All is extracted
/// or nothing. If the program is killed meanwhile this holds in a new folder; in one that exists some
/// of the files may be there, each of them whole.
///
/// Exit status: 0 if the message is genuine, or was sent from here; 1 if it is not genuine or is not
/// certified mail; 3 if it cannot be verified; 2 if it cannot be read; 4 if nothing can be written.
/// In the other cases the files are extracted.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// A file, - for standard input, an id, or a Message-ID
    #[arg(required_unless_present = "json_schema", value_name = "MESSAGE")]
    message: Option<String>,

    /// Folder to write into; it is made if it does not exist
    #[arg(long, required_unless_present = "json_schema", value_name = "DIR")]
    to: Option<PathBuf>,

    /// Open signed files (.p7m) and write their content too; who signed is named, the validity of the
    /// signature is not examined
    #[arg(long)]
    unwrap: bool,

    /// Open zip archives and write the files in them too, within limits
    #[arg(long)]
    unzip: bool,

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
        let asked = (!self.json_schema).then_some((self.message, self.to));
        let Some((Some(message), Some(to))) = asked else {
            return Order::schema::<Document<'_>>();
        };
        Order::Extract(ExtractOrder {
            message,
            to,
            unwrap: self.unwrap,
            unzip: self.unzip,
            trust: self.trust,
            form: Form::of(self.json),
        })
    }
}
