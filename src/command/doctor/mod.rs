//! `pec doctor`: everything that sending and reading depend on, looked at in turn.
//!
//! What it cannot see it does not claim: no mail server tells the time, so the clock is held
//! against dates that cannot lie in the future, and seconds are not checked.

mod local;

use serde::Serialize;

use super::check::{Check, CheckJson, State};
use super::configuration::failure;
use super::servers::Servers;
use super::{Failure, PROGRAM, Session, reach, write_line};
use crate::account::{Account, Config, PasswordContext, password};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::json;
use crate::secret::Secret;

/// Check configuration, network, login, folders, clock and trust data
///
/// Looks at everything that sending and reading depend on, for every account or for that of
/// --account, and says what to do. Logs in once per server; nothing is sent, read or changed.
///
/// Exits with 0 if nothing failed (warnings do not count), 1 if something did.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Leave the network alone: no names, no connections, no passwords
    #[arg(long)]
    offline: bool,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the results and end
    #[arg(long)]
    json_schema: bool,
}

/// The schema of `--json`; tests validate every output against it.
pub const JSON_SCHEMA: &str = include_str!("schema.json");

/// Checks that belong together: of the program, or of one account.
struct Group {
    /// The account's name and address; `None` for the program.
    account: Option<(String, String)>,
    checks: Vec<Check>,
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        session.out.write_all(JSON_SCHEMA.as_bytes())?;
        return Ok(ExitStatus::Yes);
    }
    let mut groups = Vec::new();
    let config = session.config();
    groups.push(Group {
        account: None,
        checks: local::of_program(&config, session),
    });
    if let Ok(config) = &config {
        for account in chosen(config, session)? {
            groups.push(Group {
                account: Some((account.name.clone(), account.address.as_str().to_owned())),
                checks: of_account(account, config, arguments, session),
            });
        }
    }
    match arguments.json {
        true => document(&groups, session)?,
        false => text(&groups, session)?,
    }
    let failed = groups
        .iter()
        .flat_map(|group| &group.checks)
        .any(|check| check.state == State::Failed);
    Ok(match failed {
        true => ExitStatus::No,
        false => ExitStatus::Yes,
    })
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
    arguments: &Arguments,
    session: &Session<'_>,
) -> Vec<Check> {
    let lang = session.lang;
    let mut checks = local::of_account(account, session);
    let unusable = checks
        .iter()
        .any(|check| check.state == State::Failed && check.id == "account.ca-file");
    match (arguments.offline, unusable) {
        (true, _) => checks.push(Check::skipped("network", lang, "offline", &[])),
        (false, true) => checks.push(Check::skipped("network", lang, "not-reached", &[])),
        (false, false) => {
            checks.extend(reach::checks(account, &Servers::ON_THE_WIRE, lang, || {
                secret(account, config, session)
            }))
        }
    }
    checks
}

/// The password; `PEC_PASSWORD` only for the account that is used when none is named, since it is
/// one password and there may be many accounts.
fn secret(account: &Account, config: &Config, session: &Session<'_>) -> Result<Secret, Failure> {
    let is_meant = session.account.is_some() || config.is_default(account);
    let context = PasswordContext {
        environment: session.context.password.clone().filter(|_| is_meant),
        question: session.question(account),
    };
    password(account, &context).map_err(|error| failure(&error, session.lang))
}

fn text(groups: &[Group], session: &mut Session<'_>) -> anyhow::Result<()> {
    let (lang, style) = (session.lang, session.style);
    let texts = Catalogue::of(lang);
    for group in groups {
        let heading = match &group.account {
            None => texts.text("doctor.heading").to_owned(),
            Some((name, address)) => texts.fill(
                "accounts.heading",
                &[("account", name), ("address", address)],
            ),
        };
        write_line(session.out, &heading)?;
        for line in group
            .checks
            .iter()
            .flat_map(|check| check.lines(lang, style))
        {
            write_line(session.out, &line)?;
        }
    }
    write_line(session.out, &totals_line(&Totals::of(groups), lang))
}

#[derive(Serialize)]
struct Totals {
    ok: usize,
    warning: usize,
    failed: usize,
    skipped: usize,
}

impl Totals {
    fn of(groups: &[Group]) -> Self {
        let count = |state| {
            let checks = groups.iter().flat_map(|group| &group.checks);
            checks.filter(|check| check.state == state).count()
        };
        Self {
            ok: count(State::Ok),
            warning: count(State::Warning),
            failed: count(State::Failed),
            skipped: count(State::Skipped),
        }
    }
}

fn totals_line(totals: &Totals, lang: Lang) -> String {
    let numbers = [totals.ok, totals.warning, totals.failed, totals.skipped];
    let [ok, warning, failed, skipped] = numbers.map(|number| number.to_string());
    let values = [
        ("ok", &*ok),
        ("warning", &warning),
        ("failed", &failed),
        ("skipped", &skipped),
    ];
    Catalogue::of(lang).fill("doctor.totals", &values)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    program: &'static str,
    at: String,
    checks: Vec<CheckJson<'a>>,
    totals: Totals,
}

fn document(groups: &[Group], session: &mut Session<'_>) -> anyhow::Result<()> {
    let checks = groups.iter().flat_map(|group| {
        let name = group.account.as_ref().map(|(name, _)| &**name);
        group.checks.iter().map(move |check| check.json(name))
    });
    let document = Document {
        schema: "pec/doctor",
        version: 1,
        program: PROGRAM,
        at: session.context.now.to_string(),
        checks: checks.collect(),
        totals: Totals::of(groups),
    };
    write_line(session.out, &json::pretty(&document)?)
}
