//! The address of an office that is named by its code, for a message to it.

use std::io;

use super::imported;
use super::tables::is_old;
use crate::client::Consent;
use crate::command::ask::Asker;
use crate::command::{Failure, Session};
use crate::offices::{Office, Offices};
use crate::output::catalogue::Catalogue;
use crate::output::layout::day;
use crate::printable::Printable;

/// The certified addresses of offices, each told with the name of its office. Of several of one office a
/// person chooses, if somebody can be asked.
///
/// # Errors
/// A [`Failure`] where no office has the code, it has no such address, or it has several and nobody
/// can be asked.
pub(in crate::command) fn addresses(
    codes: &[String],
    consent: Consent,
    session: &mut Session<'_>,
) -> anyhow::Result<Vec<String>> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let offices = imported(session)?;
    let mut addresses = Vec::new();
    for code in codes {
        let office = one(&offices, code)?;
        let address = address(&office, consent, session)?;
        let safe = |text: &str| Printable(text).to_string();
        let values = [
            ("name", &*safe(&office.name)),
            ("code", &*safe(&office.code)),
            ("address", &*safe(&address)),
        ];
        let line = Catalogue::of(session.lang).fill("offices.to", &values);
        writeln!(session.err, "{line}")?;
        tell_old(&offices, &office, session)?;
        addresses.push(address);
    }
    Ok(addresses)
}

/// The office with a code.
fn one(offices: &Offices, code: &str) -> Result<Office, Failure> {
    let found = offices.of_code(code.trim());
    let found = found.map_err(|error| Failure::of_offices(&error))?;
    // A body before an area or unit that has its code.
    let first = found.into_iter().next();
    first.ok_or_else(|| Failure::new("office-unknown", [("code", code.to_owned())]))
}

fn address(office: &Office, consent: Consent, session: &mut Session<'_>) -> anyhow::Result<String> {
    let certified: Vec<&str> = office.certified().collect();
    let about = || vec![("name", office.name.clone()), ("code", office.code.clone())];
    match certified[..] {
        [] => Err(Failure::new("office-no-address", about()).into()),
        [one] => Ok(one.to_owned()),
        ref several => {
            let can_ask = session.context.can_ask() && session.context.stderr_is_terminal;
            if !can_ask || consent == Consent::Given {
                let mut values = about();
                values.push(("addresses", several.join(", ")));
                return Err(Failure::new("office-several", values).into());
            }
            choose(office, several, session)
        }
    }
}

fn choose(office: &Office, among: &[&str], session: &mut Session<'_>) -> anyhow::Result<String> {
    let texts = Catalogue::of(session.lang);
    for (number, address) in (1_usize..).zip(among) {
        let values = [
            ("number", &*number.to_string()),
            ("address", &*Printable(address).to_string()),
        ];
        writeln!(session.err, "{}", texts.fill("offices.choice", &values))?;
    }
    let name = Printable(&office.name).to_string();
    let mut input = io::stdin().lock();
    let mut asker = Asker {
        input: &mut input,
        err: session.err,
        lang: session.lang,
    };
    asker.ask("office-address", &[("name", &name)], None, |answer| {
        let number: usize = answer.parse().ok()?;
        let address = among.get(number.checked_sub(1)?)?;
        Some((*address).to_owned())
    })
}

/// Says that the table of an office is old.
fn tell_old(offices: &Offices, office: &Office, session: &mut Session<'_>) -> anyhow::Result<()> {
    let tables = offices.tables();
    let tables = tables.map_err(|error| Failure::of_offices(&error))?;
    let mut tables = tables.iter();
    let table = tables.find(|table| table.kind == office.kind);
    if let Some(table) = table.filter(|table| is_old(table.dated, session.context.clock.now())) {
        let day = day(&table.dated.italian_day(), session.lang);
        let line = Catalogue::of(session.lang).fill("offices.to-old", &[("day", &day)]);
        writeln!(session.err, "{line}")?;
    }
    Ok(())
}
