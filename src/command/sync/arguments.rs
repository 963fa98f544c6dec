//! What `pec sync` is told.

use super::{Again, SyncOrder};
use crate::account::Lists;
use crate::command::follow::{Form, Summary};
use crate::command::order::Order;

/// Read new mail once, messages and receipts
///
/// Reads INBOX, the folders of the account and every folder named Ricevute; marks, moves and
/// deletes nothing. Keeps every certified message, verifies it, and records what the genuine ones
/// attest about the messages sent. Later readings examine only new messages; messages not verified
/// are examined again when the trust data or the program change, or when a slow clock is corrected.
/// A message that the server lists but does not deliver is reported and requested again each time.
///
/// With --archive-crl, the revocation lists named in the certificates of those who signed the mail that
/// arrived are fetched over HTTP, and each one that an authority signed is stored with its date. Years
/// later pec verify uses the list nearest to the time of a message, and says which. For an account with
/// archive_crl = true in the configuration they are fetched without the option, and by pec watch too; otherwise
/// nothing is fetched.
///
/// Exit status: 0 if everything was read; 1 if a message that claims to be certified mail is not
/// shown to be genuine; 4 if the connection was lost, or a folder, a message or a revocation list could not be read; 5
/// if the login was refused.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Read this folder too; repeatable
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,

    /// Read again from the beginning: all folders, or this one; repeatable
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "")]
    again: Vec<String>,

    /// Also fetch and store the authorities' revocation lists of the day
    #[arg(long)]
    archive_crl: bool,

    /// Produce one JSON object per line for each message found; --json is the same
    #[arg(long, alias = "json")]
    ndjson: bool,

    /// Print the JSON schema of the lines and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Summary>();
        }
        Order::Sync(SyncOrder {
            folders: self.folder,
            again: self.again.into_iter().map(Again::of).collect(),
            lists: match self.archive_crl {
                true => Lists::Kept,
                false => Lists::LeftAlone,
            },
            form: Form::of(self.ndjson),
        })
    }
}
