//! `pec account list` and `pec account presets`: what is configured, what is known of providers.

use super::json::{AccountJson, Results};
use crate::account::presets;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::output::report::Form;

/// The order to list what is configured.
pub(in crate::command) struct ListOrder {
    pub form: Form,
}

/// The order to list what is known of providers.
pub(in crate::command) struct PresetsOrder {
    /// Only this one.
    pub name: Option<String>,
    pub form: Form,
}

pub(super) fn run(order: &ListOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let config = session.config()?;
    let chosen = session.account.as_deref();
    if let Some(name) = chosen {
        session.account_of(&config, Some(name))?;
    }
    let accounts = config
        .accounts()
        .iter()
        .filter(|account| chosen.is_none_or(|name| account.name == name));
    let results = Results::List {
        accounts: accounts
            .map(|account| AccountJson::of(account, config.is_default(account)))
            .collect(),
        file: config.file().display().to_string(),
    };
    Ok(session.out.show(&results, order.form)?)
}

pub(super) fn run_presets(
    order: &PresetsOrder,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let presets = match order.name.as_deref() {
        None => presets::all().iter().collect(),
        Some(name) => vec![
            presets::named(name)
                .ok_or_else(|| Failure::new("no-such-preset", [("preset", name.to_owned())]))?,
        ],
    };
    let results = Results::Presets { presets };
    Ok(session.out.show(&results, order.form)?)
}
