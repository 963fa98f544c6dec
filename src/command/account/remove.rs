//! `pec account remove`: takes an account out of the configuration, and nothing else.

use std::io;

use crate::account::Config;
use crate::command::ask::Asker;
use crate::command::configuration::failure;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;

/// The order to take an account out.
pub(in crate::command) struct RemoveOrder {
    pub name: String,
    /// Whether a person is asked first.
    pub asks: bool,
}

pub(super) fn run(order: &RemoveOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let config = session.config()?;
    let lang = session.lang;
    let told = |error| failure(&error, lang);
    let account = config.account(Some(&order.name)).map_err(told)?.clone();
    if order.asks && !confirmed(&account.name, account.address.as_str(), session)? {
        return Ok(ExitStatus::No);
    }
    let was_default = config.is_default(&account);
    let left = Config::update(config.file(), |config| {
        config.remove(&account.name)?;
        Ok(config.accounts().len())
    });
    let left = left.map_err(told)?;
    let texts = Catalogue::of(session.lang);
    let values = [
        ("account", &*account.name),
        ("file", &config.file().display().to_string()),
    ];
    let mut page = session.out.page();
    page.line(texts.fill("accounts.removed", &values))?;
    if was_default && left > 1 {
        page.line(texts.text("accounts.default-is-gone"))?;
    }
    Ok(ExitStatus::Yes)
}

fn confirmed(name: &str, address: &str, session: &mut Session<'_>) -> anyhow::Result<bool> {
    if !session.context.stdin_is_terminal || !session.context.stderr_is_terminal {
        return Err(Failure::new("not-confirmed", []).into());
    }
    let mut asker = Asker {
        input: &mut io::stdin().lock(),
        err: &mut *session.err,
        lang: session.lang,
    };
    asker.confirm("remove", &[("account", name), ("address", address)])
}
