//! What `pec wait` is told.

use std::time::Duration;

use clap::ValueEnum;

use super::{Terms, WaitOrder};
use crate::command::order::Order;
use crate::command::{span, status};
use crate::ledger::state::Goal;
use crate::output::report::Form;

/// Wait until a message is accepted or delivered
///
/// Exit status: 0 if it is, for every recipient; 1 if a notice says that it will not be; 3 if the
/// time is up or receipts contradict each other; 4 and 5 as for sync.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec wait [OPTIONS] <MESSAGE>..."
)]
pub(in crate::command) struct Arguments {
    /// The message: short id, Message-ID or subject
    #[arg(value_name = "MESSAGE", required_unless_present = "json_schema")]
    messages: Vec<String>,

    /// What to wait for: accepted or delivered
    #[arg(
        long,
        value_name = "FOR",
        default_value = "delivered",
        hide_possible_values = true
    )]
    until: GoalArgument,

    /// Longest time to wait: 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = span::parse)]
    timeout: Duration,

    /// Interval between checks: 10s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span::parse)]
    poll: Duration,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// What is waited for, in the words of both languages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::command) enum GoalArgument {
    /// The provider's acceptance.
    #[value(alias = "accettato")]
    Accepted,
    /// A delivery receipt for every recipient that can have one.
    #[value(alias = "consegnato")]
    Delivered,
}

impl From<GoalArgument> for Goal {
    fn from(argument: GoalArgument) -> Self {
        match argument {
            GoalArgument::Accepted => Self::Accepted,
            GoalArgument::Delivered => Self::Delivered,
        }
    }
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<status::json::Document<'_>>();
        }
        Order::Wait(WaitOrder {
            messages: self.messages,
            terms: Terms {
                until: self.until.into(),
                timeout: self.timeout,
                poll: self.poll,
            },
            form: Form::of(self.json),
        })
    }
}
