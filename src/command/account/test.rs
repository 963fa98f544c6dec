//! `pec account test`: connects to both servers and logs in, once each.

use super::json::Document;
use super::write_schema;
use crate::command::check::Check;
use crate::command::servers::Servers;
use crate::command::{Session, reach, write_line};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::output::json;

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
        return write_schema(session);
    }
    let config = session.config()?;
    let account = session.account_of(&config, arguments.name.as_deref())?;
    let checks = reach::checks(account, &Servers::ON_THE_WIRE, session.lang, || {
        session.password(account)
    });
    match arguments.json {
        true => {
            let document = Document {
                checks: Some(
                    checks
                        .iter()
                        .map(|check| check.json(Some(&account.name)))
                        .collect(),
                ),
                ..Document::default()
            };
            write_line(session.out, &json::pretty(&document)?)?;
        }
        false => text(&checks, &account.name, account.address.as_str(), session)?,
    }
    Ok(reach::status(&checks))
}

fn text(
    checks: &[Check],
    name: &str,
    address: &str,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let texts = Catalogue::of(session.lang);
    let values = [("account", name), ("address", address)];
    write_line(session.out, &texts.fill("accounts.heading", &values))?;
    for line in checks
        .iter()
        .flat_map(|check| check.lines(session.lang, session.style))
    {
        write_line(session.out, &line)?;
    }
    Ok(())
}
