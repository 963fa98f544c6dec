//! What `pec doctor` is told.

use super::{DoctorOrder, Network, Results};
use crate::command::order::Order;
use crate::output::report::Form;

/// Check configuration, network, login, folders, clock and trust data
///
/// Examines everything that sending and reading depend on, for every account or for the one set
/// with --account, and explains how to fix problems. Logs in once per server; nothing is sent, read
/// or changed.
///
/// Exit status: 0 if nothing failed (warnings do not count), 1 otherwise.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Do not use the network: no names, connections or passwords
    #[arg(long)]
    offline: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the results and exit
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
