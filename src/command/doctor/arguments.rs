//! What `pec doctor` is told.

use super::{DoctorForm, DoctorOrder, Network, Results, Severity};
use crate::command::order::Order;
use crate::output::report::Form;

/// Check configuration, network, login, folders, clock and trust data
///
/// Examines everything that sending and reading depend on, for every account or for the one set
/// with --account, and explains how to fix problems. Logs in once per server; nothing is sent, read
/// or changed.
///
/// Exit status: 0 if nothing failed (with --strict: and nothing needs attention), 1 otherwise. With
/// --nagios 0, 1 (warning) or 2 (critical); with --prometheus 0.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Do not use the network: no names, connections or passwords
    #[arg(long)]
    offline: bool,

    /// Warnings count too: exit status 1
    #[arg(long)]
    strict: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Produce one line with the exit statuses of a monitoring plugin (Nagios, Icinga, Zabbix)
    #[arg(long, conflicts_with_all = ["json", "strict"])]
    nagios: bool,

    /// Produce metrics in the text format of Prometheus
    #[arg(long, conflicts_with_all = ["json", "nagios", "strict"])]
    prometheus: bool,

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
            form: match (self.nagios, self.prometheus) {
                (true, _) => DoctorForm::Nagios,
                (false, true) => DoctorForm::Prometheus,
                (false, false) => DoctorForm::Report(Form::of(self.json)),
            },
            severity: match self.strict {
                true => Severity::Warnings,
                false => Severity::Failures,
            },
        })
    }
}
