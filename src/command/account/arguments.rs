//! What `pec account` and the commands in it are told; `add` has a file of its own.

use clap::Subcommand;

use super::change::ChangeOrder;
use super::json::Results;
use super::list::{ListOrder, PresetsOrder};
use super::remove::RemoveOrder;
use super::test::TestOrder;
use super::{AccountOrder, add};
use crate::account::is_account_name;
use crate::command::order::Order;
use crate::output::report::Form;

/// Manage accounts: servers, limits, where the password comes from
///
/// Accounts are described in the configuration file, which contains no passwords: these come from a
/// command, a file with mode 0600, the system keyring, the terminal, or PEC_PASSWORD.
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
    Default(DefaultArguments),
    Rename(RenameArguments),
    Edit(Box<EditArguments>),
    Remove(RemoveArguments),
}

/// List the accounts, with the reliability of each value
#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the results and exit
    #[arg(long)]
    json_schema: bool,
}

/// List what is known about providers: servers, limits, reliability of each value
#[derive(Debug, clap::Args)]
struct PresetsArguments {
    /// Only this provider
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the results and exit
    #[arg(long)]
    json_schema: bool,
}

/// Check an account: server names, TLS, login, folders, space
///
/// Connects to the IMAP and SMTP servers and logs in once to each; nothing is sent, read or
/// changed. A refused login is not repeated, because some providers lock the mailbox after a few
/// failures.
///
/// Exit status: 0 if nothing failed; 2 if the configuration is wrong; 4 if a server cannot be
/// reached; 5 if a server refused.
#[derive(Debug, clap::Args)]
struct TestArguments {
    /// Account to check (default: as for every command)
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the results and exit
    #[arg(long)]
    json_schema: bool,
}

/// Remove an account from the configuration
///
/// The ledger, the messages, the password and the mailbox at the provider are not touched.
#[derive(Debug, clap::Args)]
struct RemoveArguments {
    /// Account to remove
    #[arg(value_name = "NAME")]
    name: String,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

/// Set the default account
#[derive(Debug, clap::Args)]
struct DefaultArguments {
    /// Account to make the default
    #[arg(value_name = "NAME")]
    name: String,
}

/// Change the name of an account
///
/// Messages, receipts and drafts belong to its address and stay where they are. Tables of pec
/// batch that name it in a column need the new name.
#[derive(Debug, clap::Args)]
struct RenameArguments {
    /// Account to rename
    #[arg(value_name = "NAME")]
    name: String,

    /// The new name: letters, digits, - _ .
    #[arg(value_name = "NEW", value_parser = new_name)]
    new: String,
}

fn new_name(text: &str) -> Result<String, String> {
    is_account_name(text)
        .then(|| text.to_owned())
        .ok_or_else(String::new)
}

/// Change an account with options, or the whole configuration in the editor
///
/// Options replace the values of the account; the others remain unchanged. Without an account the
/// configuration file is opened in the editor, and written only if it is valid.
#[derive(Debug, clap::Args)]
struct EditArguments {
    /// Account to change (without: the whole file, in the editor)
    #[arg(value_name = "NAME")]
    name: Option<String>,

    #[command(flatten)]
    given: add::arguments::Given,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        let schema = match &self.action {
            Action::List(arguments) => arguments.json_schema,
            Action::Presets(arguments) => arguments.json_schema,
            Action::Test(arguments) => arguments.json_schema,
            Action::Add(_)
            | Action::Remove(_)
            | Action::Default(_)
            | Action::Rename(_)
            | Action::Edit(_) => false,
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
            Action::Default(arguments) => {
                AccountOrder::Change(ChangeOrder::Default(arguments.name))
            }
            Action::Rename(arguments) => AccountOrder::Change(ChangeOrder::Rename {
                name: arguments.name,
                new: arguments.new,
            }),
            Action::Edit(arguments) => AccountOrder::Change(match arguments.name {
                Some(name) => ChangeOrder::Edit {
                    name,
                    given: Box::new(arguments.given.order()),
                },
                None => ChangeOrder::EditFile,
            }),
            Action::Remove(arguments) => AccountOrder::Remove(RemoveOrder {
                name: arguments.name,
                asks: !arguments.yes,
            }),
        })
    }
}
