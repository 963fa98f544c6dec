//! `pec account test`: connects to both servers and logs in, once each.

use super::json::Results;
use crate::command::servers::Servers;
use crate::command::{Session, reach};
use crate::exit::ExitStatus;
use crate::output::report::Form;

/// The order to try an account.
pub(in crate::command) struct TestOrder {
    /// Which; without it that of every command.
    pub name: Option<String>,
    pub form: Form,
}

pub(super) fn run(order: &TestOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let config = session.config()?;
    let account = session.account_of(&config, order.name.as_deref())?;
    let checks = reach::checks(
        account,
        (&Servers::ON_THE_WIRE, &session.manner()),
        session.lang,
        || session.password(account),
    );
    let checks = checks.into_iter().map(|check| check.about(&account.name));
    let results = Results::Test {
        checks: checks.collect(),
        account,
    };
    Ok(session.out.show(&results, order.form)?)
}
