//! `pec show`: what a message says. What is certified comes first, then what its writer wrote, of which
//! nothing is loaded or run.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
pub(super) mod file;
mod mail;
mod page;
mod report;

use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) use self::report::{Document, warnings};
use super::named::{self, Named};
use super::verify::Asked;
use super::{Failure, Session, pages, whole};
use crate::exit::ExitStatus;
use crate::output::report::{self as out, Report};

/// The order to show a message.
pub(super) struct ShowOrder {
    /// A file, an id, or a Message-ID.
    message: String,
    /// Trust data instead of those compiled in or of the account.
    trust: Option<PathBuf>,
    form: Form,
}

/// How it is shown.
enum Form {
    /// For a person.
    Text,
    /// As a JSON document.
    Json,
    /// The octets themselves.
    Raw,
    /// The original text as a page, into a file.
    Page(PathBuf),
}

pub(super) fn run(order: &ShowOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if let Form::Raw = order.form
        && session.context.stdout_is_terminal
    {
        return Err(Failure::new("raw-on-terminal", [("message", order.message.clone())]).into());
    }
    let Named {
        name,
        octets,
        stored,
        origin,
        verifier,
        thread,
    } = named::message(&order.message, order.trust.as_deref(), session)?;
    if let Form::Raw = order.form {
        session.out.page().octets(&octets)?;
        session.out.flush()?;
        return Ok(ExitStatus::Yes);
    }
    let asked = Asked::plainly(verifier, session.context.now, session.lang);
    let examination = origin.is_judged().then(|| asked.examine(&octets, stored));
    let shown = report::Shown {
        name: &name,
        octets: &octets,
        origin,
        examination: examination.as_ref(),
        asked: &asked,
        thread: &thread,
    };
    match &order.form {
        Form::Page(file) => {
            let written = page::of(&shown);
            write(file, written.as_bytes(), session)?;
            Ok(shown.status())
        }
        Form::Json => Ok(session.out.show(&Document::of(&shown), out::Form::Json)?),
        Form::Text | Form::Raw => {
            let document = Document::of(&shown);
            let lines = document.lines(session.lang, session.style);
            pages::read(&lines, session)?;
            Ok(document.exit())
        }
    }
}

/// Writes a page where it was asked for.
fn write(file: &Path, page: &[u8], session: &mut Session<'_>) -> anyhow::Result<()> {
    if file.as_os_str() == "-" {
        session.out.page().octets(page)?;
        return Ok(session.out.flush()?);
    }
    whole::write(file, &mut |out| Ok(out.write_all(page)?))?;
    Ok(())
}
