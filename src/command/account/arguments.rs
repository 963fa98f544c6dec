//! What `pec account` and the commands in it are told; `add` has a file of its own.

use clap::Subcommand;

use super::json::Results;
use super::list::{ListOrder, PresetsOrder};
use super::remove::RemoveOrder;
use super::test::TestOrder;
use super::{AccountOrder, add};
use crate::command::order::Order;
use crate::output::report::Form;

/// Manage accounts: servers, limits, where the password comes from
///
/// Accounts stand in the configuration file, which holds no passwords: these come from a
/// command, a file of mode 0600, the system keyring, the terminal, or PEC_PASSWORD.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Box<add::arguments::Arguments>),
    List(ListArguments),
    Presets(PresetsArguments),
    Test(TestArguments),
    Remove(RemoveArguments),
}

/// List the accounts and how sure each value is
#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the results and end
    #[arg(long)]
    json_schema: bool,
}

/// List what is known of providers: servers, limits, how sure each value is
#[derive(Debug, clap::Args)]
struct PresetsArguments {
    /// Only this one
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the results and end
    #[arg(long)]
    json_schema: bool,
}

/// Try an account: names, TLS, login, folders, space
///
/// Connects to the IMAP and the SMTP server and logs in once each; nothing is sent, read or
/// changed. A login that was refused is not repeated, because some providers lock an account
/// after a few wrong ones.
///
/// Exits with 0 if all is right, 2 if the configuration is wrong, 4 if a server cannot be
/// reached now, 5 if it refused us.
#[derive(Debug, clap::Args)]
struct TestArguments {
    /// Which account (default: as for every command)
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the results and end
    #[arg(long)]
    json_schema: bool,
}

/// Take an account out of the configuration
///
/// The ledger, the messages and the mailbox itself are left alone, and so is the password where
/// it is kept.
#[derive(Debug, clap::Args)]
struct RemoveArguments {
    /// Which account
    #[arg(value_name = "NAME")]
    name: String,

    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        let schema = match &self.action {
            Action::List(arguments) => arguments.json_schema,
            Action::Presets(arguments) => arguments.json_schema,
            Action::Test(arguments) => arguments.json_schema,
            Action::Add(_) | Action::Remove(_) => false,
        };
        if schema {
            return Order::schema::<Results<'_>>();
        }
        Order::Account(match self.action {
            Action::Add(arguments) => AccountOrder::Add(Box::new(arguments.order())),
            Action::List(arguments) => AccountOrder::List(ListOrder {
                form: Form::of(arguments.json),
            }),
            Action::Presets(arguments) => AccountOrder::Presets(PresetsOrder {
                name: arguments.name,
                form: Form::of(arguments.json),
            }),
            Action::Test(arguments) => AccountOrder::Test(TestOrder {
                name: arguments.name,
                form: Form::of(arguments.json),
            }),
            Action::Remove(arguments) => AccountOrder::Remove(RemoveOrder {
                name: arguments.name,
                asks: !arguments.yes,
            }),
        })
    }
}
