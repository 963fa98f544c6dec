//! `pec offices`: public offices and their certified addresses, out of the open data of their index.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
pub(super) mod chosen;
mod find;
mod import;
mod tables;

use std::path::PathBuf;

use super::{Failure, Session};
use crate::exit::ExitStatus;
use crate::offices::{Error, Offices};
use crate::output::report::Form;

pub(super) use tables::is_old;

/// What is to be done.
pub(super) enum OfficesOrder {
    Import(Vec<PathBuf>, Form),
    Find {
        words: String,
        /// At most so many.
        limit: u32,
        form: Form,
    },
}

pub(super) fn run(order: &OfficesOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        OfficesOrder::Import(files, form) => {
            let document = import::of(files, session)?;
            Ok(session.out.show(&document, *form)?)
        }
        OfficesOrder::Find { words, limit, form } => {
            let document = find::of(words, *limit, session)?;
            Ok(session.out.show(&document, *form)?)
        }
    }
}

/// The offices that were imported.
///
/// # Errors
/// A [`Failure`] where none were, or they cannot be read.
fn imported(session: &Session<'_>) -> Result<Offices, Failure> {
    let none = || Failure::new("no-offices", []);
    let folder = session.data_dir.as_deref().ok_or_else(none)?;
    let opened = Offices::open(folder).map_err(|error| Failure::of_offices(&error))?;
    opened.ok_or_else(none)
}

impl Failure {
    /// Why the file of the offices cannot be used.
    fn of_offices(error: &Error) -> Self {
        let status = match error {
            Error::Disk { .. } => ExitStatus::NotNow,
            Error::Unusable | Error::Sql(_) => ExitStatus::Unusable,
        };
        Self::new("offices-unusable", [("reason", error.to_string())]).with_status(status)
    }
}
