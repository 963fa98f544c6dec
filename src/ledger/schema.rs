//! The tables, and the steps from every released form of them to this one.

use std::cmp::Ordering;

use rusqlite::{Connection, TransactionBehavior};

use super::Error;

/// One script per version, in order; a released one never changes. `user_version` says how
/// many a file has been through.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
];

/// Brings a file to the present form.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let known = MIGRATIONS.len();
    if version(connection)? == known {
        return Ok(());
    }
    // Immediate: of two processes that find a new file, one makes the tables.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for script in &MIGRATIONS[found..] {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", known as i64)?;
    Ok(transaction.commit()?)
}

/// Refuses a file of another form than the present one.
pub(super) fn require_present(connection: &Connection) -> Result<(), Error> {
    let (found, known) = (version(connection)?, MIGRATIONS.len());
    match found.cmp(&known) {
        Ordering::Less => Err(Error::Older { found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Error::Newer { found, known }),
    }
}

/// The form of a file.
pub(super) fn version(connection: &Connection) -> Result<usize, Error> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or(usize::MAX))
}
