//! `pec doctor`: everything that sending and reading depend on, looked at in turn.
//!
//! What it cannot see it does not claim: no mail server tells the time, so the clock is held
//! against dates that cannot lie in the future, and seconds are not checked.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod local;
mod measured;
mod monitored;

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::check::{Check, End};
use super::configuration::failure;
use super::servers::Servers;
use super::{Failure, Session, reach};
use crate::account::{Account, Config, password};
use crate::exit::ExitStatus;
use crate::ledger::Ledger;
use crate::output::catalogue::Catalogue;
use crate::output::report::{Form, Page, Report};
use crate::secret::Secret;

/// The order to look at everything.
pub(super) struct DoctorOrder {
    pub network: Network,
    pub form: DoctorForm,
    pub severity: Severity,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoctorForm {
    /// For a person, or one document.
    Report(Form),
    /// The line of a monitoring plugin, with its exit statuses.
    Nagios,
    /// Metrics.
    Prometheus,
}

/// What moves the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// What failed.
    Failures,
    /// Warnings, too.
    Warnings,
}

/// Whether names are looked up, connections made and passwords asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Asked,
    LeftAlone,
}

/// # Results of pec doctor, version 1
///
/// The document that `pec doctor --json` writes: one per run. Fields may be added within version 1,
/// so objects are open. Texts meant for people (text, advice) are in the language of the run;
/// everything else is the same in both.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// What was looked at: the machine first, then each account.
    #[schemars(length(min = 1))]
    checks: Vec<Check>,
    totals: Totals,
    /// Names and addresses of the accounts.
    #[serde(skip)]
    accounts: Vec<(String, String)>,
    /// What moves the exit status.
    #[serde(skip)]
    severity: Severity,
}

/// How many checks ended how; the exit status is 1 when one failed, else 0.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "totals")]
pub(super) struct Totals {
    /// That are right.
    ok: usize,
    /// That work but want something done.
    warning: usize,
    /// That failed.
    failed: usize,
    /// That were not made.
    skipped: usize,
}

pub(super) fn run(order: &DoctorOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let results = look(order, session)?;
    match order.form {
        DoctorForm::Report(form) => Ok(session.out.show(&results, form)?),
        DoctorForm::Nagios => {
            let texts = Catalogue::of(session.lang);
            let (line, status) = monitored::plugin_line(&results, texts);
            session.out.page().text(&line)?;
            Ok(status)
        }
        DoctorForm::Prometheus => {
            let metrics = monitored::metrics(&results, session.context.now);
            session.out.page().text(&metrics)?;
            Ok(ExitStatus::Yes)
        }
    }
}

fn look(order: &DoctorOrder, session: &Session<'_>) -> Result<Results, Failure> {
    let config = session.config();
    let opened = session.data_dir.as_deref().map(Ledger::open_existing);
    let mut checks = local::of_program(&config, opened.as_ref(), session);
    let ledger = opened.and_then(Result::ok).flatten();
    let mut accounts = Vec::new();
    if let Ok(config) = &config {
        for account in chosen(config, session)? {
            let found = of_account(account, config, ledger.as_ref(), order.network, session);
            checks.extend(found.into_iter().map(|check| check.about(&account.name)));
            accounts.push((account.name.clone(), account.address.as_str().to_owned()));
        }
    }
    Ok(Results {
        totals: Totals::of(&checks),
        checks,
        accounts,
        severity: order.severity,
    })
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/doctor";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for group in self
            .checks
            .chunk_by(|one, next| one.account == next.account)
        {
            page.line(self.heading(&group[0], page.texts()))?;
            group.iter().try_for_each(|check| check.text(page))?;
        }
        page.line(self.totals.line(page.texts()))
    }

    fn exit(&self) -> ExitStatus {
        let Totals {
            failed, warning, ..
        } = self.totals;
        match (failed, warning, self.severity) {
            (0, 0, _) | (0, _, Severity::Failures) => ExitStatus::Yes,
            (1.., _, _) | (0, 1.., Severity::Warnings) => ExitStatus::No,
        }
    }
}

impl Results {
    /// Above the checks of the program, or of one account.
    fn heading(&self, first: &Check, texts: &Catalogue) -> String {
        let mut accounts = self.accounts.iter();
        match accounts.find(|(name, _)| first.account.as_ref() == Some(name)) {
            None => texts.text("doctor.heading").to_owned(),
            Some((name, address)) => {
                let values = [("account", &**name), ("address", address)];
                texts.fill("accounts.heading", &values)
            }
        }
    }
}

impl Totals {
    fn of(checks: &[Check]) -> Self {
        let mut totals = Self::default();
        for check in checks {
            let slot = match check.end {
                End::Ok { .. } => &mut totals.ok,
                End::Warning { .. } => &mut totals.warning,
                End::Failed { .. } => &mut totals.failed,
                End::Skipped { .. } => &mut totals.skipped,
            };
            *slot += 1;
        }
        totals
    }

    fn line(&self, texts: &Catalogue) -> String {
        let values = [
            ("warning", &*texts.counted("warnings", self.warning)),
            ("failed", &texts.counted("errors", self.failed)),
            ("skipped", &texts.counted("skipped", self.skipped)),
        ];
        texts.count("doctor.totals", self.ok, &values)
    }
}

/// All accounts, or that of `--account`.
fn chosen<'c>(config: &'c Config, session: &Session<'_>) -> Result<Vec<&'c Account>, Failure> {
    match &session.account {
        Some(name) => Ok(vec![session.account_of(config, Some(name))?]),
        None => Ok(config.accounts().iter().collect()),
    }
}

fn of_account(
    account: &Account,
    config: &Config,
    ledger: Option<&Ledger>,
    network: Network,
    session: &Session<'_>,
) -> Vec<Check> {
    let lang = session.lang;
    let mut checks = local::of_account(account, session);
    if let Some(ledger) = ledger {
        checks.extend(local::of_mailbox(account, ledger, session));
    }
    let unusable = checks
        .iter()
        .any(|check| check.has_failed() && check.id == "account.ca-file");
    match (network, unusable) {
        (Network::LeftAlone, _) => checks.push(Check::skipped("network", lang, "offline", &[])),
        (Network::Asked, true) => checks.push(Check::skipped("network", lang, "not-reached", &[])),
        (Network::Asked, false) => {
            let manner = session.manner();
            checks.extend(reach::checks(
                account,
                (&Servers::ON_THE_WIRE, &manner),
                lang,
                || secret(account, config, session),
            ))
        }
    }
    checks
}

/// The password; `PEC_PASSWORD` only for the account that is used when none is named, since it is
/// one password and there may be many accounts.
fn secret(account: &Account, config: &Config, session: &Session<'_>) -> Result<Secret, Failure> {
    let is_meant = session.account.is_some() || config.is_default(account);
    password(account, &session.passwords(account, is_meant))
        .map_err(|error| failure(&error, session.lang))
}
