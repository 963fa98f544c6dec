//! `pec account test`: connects to both servers and logs in, once each.

use super::json::Results;
use crate::command::servers::Servers;
use crate::command::{Session, reach};
use crate::exit::ExitStatus;
use crate::output::report::Form;

/// Try an account: names, TLS, login, folders, space
///
/// Connects to the IMAP and the SMTP server and logs in once each; nothing is sent, read or
/// changed. A login that was refused is not repeated, because some providers lock an account
/// after a few wrong ones.
///
/// Exits with 0 if all is right, 2 if the configuration is wrong, 4 if a server cannot be
/// reached now, 5 if it refused us.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
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

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return Ok(session.out.schema::<Results<'_>>()?);
    }
    let config = session.config()?;
    let account = session.account_of(&config, arguments.name.as_deref())?;
    let checks = reach::checks(account, &Servers::ON_THE_WIRE, session.lang, || {
        session.password(account)
    });
    let checks = checks.into_iter().map(|check| check.about(&account.name));
    let results = Results::Test {
        checks: checks.collect(),
        account,
    };
    Ok(session.out.show(&results, Form::of(arguments.json))?)
}
