//! What `pec doctor` is told.

use super::{DoctorOrder, Network, Results};
use crate::command::order::Order;
use crate::output::report::Form;

/// Check configuration, network, login, folders, clock and trust data
///
/// Looks at everything that sending and reading depend on, for every account or for that of
/// --account, and says what to do. Logs in once per server; nothing is sent, read or changed.
///
/// Exits with 0 if nothing failed (warnings do not count), 1 if something did.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Leave the network alone: no names, no connections, no passwords
    #[arg(long)]
    offline: bool,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the results and end
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Results>();
        }
        Order::Doctor(DoctorOrder {
            network: match self.offline {
                true => Network::LeftAlone,
                false => Network::Asked,
            },
            form: Form::of(self.json),
        })
    }
}
