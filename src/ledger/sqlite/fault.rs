//! What SQLite could not do, and what follows from it.

use rusqlite::{Error as E, ErrorCode as C};

use crate::ledger::Error;

/// What SQLite could not do, in its words.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Fault(E);

impl From<E> for Error {
    fn from(error: E) -> Self {
        Self::Sql(Fault(error))
    }
}

impl Fault {
    /// Whether the file is damaged, or has not the tables that its form has.
    pub(in crate::ledger) fn is_of_damage(&self) -> bool {
        match &self.0 {
            E::SqliteFailure(error, words) => {
                let of_tables = |words: &String| words.starts_with("no such ");
                match error.code {
                    C::DatabaseCorrupt | C::NotADatabase => true,
                    C::Unknown => words.as_ref().is_some_and(of_tables),
                    _ => false,
                }
            }
            E::InvalidColumnName(_)
            | E::InvalidColumnIndex(_)
            | E::InvalidColumnType(..)
            | E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::Utf8Error(..)
            | E::QueryReturnedNoRows => true,
            E::SqlInputError { msg, .. } => msg.starts_with("no such "),
            _ => false,
        }
    }

    /// Whether writing is what failed, so that reading may still do.
    pub(in crate::ledger) fn is_of_access(&self) -> bool {
        matches!(
            self.0.sqlite_error_code(),
            // Where the disk is full SQLite cannot make the memory that it shares, and calls that a
            // failure of the disk.
            Some(
                C::ReadOnly
                    | C::CannotOpen
                    | C::PermissionDenied
                    | C::DiskFull
                    | C::SystemIoFailure
            )
        )
    }
}
