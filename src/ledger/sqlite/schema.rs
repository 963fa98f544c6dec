//! The tables, and the steps from every released form of them to this one.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::FILE;
use super::facts::refresh;
use crate::ledger::Error;
use crate::ledger::disk::{make_locked, sync_folder};

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
    include_str!("schema/0008.sql"),
    include_str!("schema/0009.sql"),
    include_str!("schema/0010.sql"),
    include_str!("schema/0011.sql"),
    include_str!("schema/0012.sql"),
    include_str!("schema/0013.sql"),
    include_str!("schema/0014.sql"),
];

/// The first form in which standings are derived as they are now.
const DERIVED_SINCE: usize = 14;

/// The form of a file that this program can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Of an earlier version; 0: without tables.
    Older(usize),
    /// Of this one.
    Present,
}

/// Brings a file to the present form, after a copy of what it was beside it.
pub(super) fn migrate(connection: &mut Connection, folder: &Path) -> Result<(), Error> {
    loop {
        let Form::Older(found) = form(connection)? else {
            return Ok(());
        };
        let before = changes(connection)?;
        if found > 0 {
            keep(connection, found, folder)?;
        }
        // Immediate: of two processes that find a new file, one makes the tables.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // What others wrote since then is not in the copy.
        if changes(&transaction)? == before {
            run(&transaction, found)?;
            return Ok(transaction.commit()?);
        }
    }
}

/// The same with one that is a copy itself.
pub(super) fn bring_forward(connection: &mut Connection) -> Result<(), Error> {
    let Form::Older(found) = form(connection)? else {
        return Ok(());
    };
    let transaction = connection.transaction()?;
    run(&transaction, found)?;
    Ok(transaction.commit()?)
}

fn run(transaction: &Transaction<'_>, found: usize) -> Result<(), Error> {
    for script in &MIGRATIONS[found..] {
        transaction.execute_batch(script)?;
    }
    if (1..DERIVED_SINCE).contains(&found) {
        derive_anew(transaction)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(())
}

/// Writes anew what is derived of facts, of messages that are not over, or went in more than one attempt.
fn derive_anew(transaction: &Transaction<'_>) -> Result<(), Error> {
    let mut statement = transaction.prepare(
        "SELECT id FROM message WHERE forgotten_at IS NULL AND (pending OR EXISTS
             (SELECT 1 FROM fact WHERE fact.message = message.id AND attempt > 1))",
    )?;
    let messages: Vec<i64> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for message in messages {
        match refresh(transaction, message) {
            // It stays as it is, and whoever asks for it is told.
            Ok(()) | Err(Error::Corrupt(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Another number once another connection has written.
fn changes(connection: &Connection) -> Result<i64, Error> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}

/// Keeps a copy of the file as it is, `ledger.sqlite.form-N`; it is whole once it has that name.
/// One that is there already is not written over.
fn keep(connection: &Connection, form: usize, folder: &Path) -> Result<(), Error> {
    let disk = |source| Error::Disk {
        path: folder.to_owned(),
        source,
    };
    // Among the files that are removed when their process was cut off.
    let (new, locked) = make_locked(&folder.join("processes"), ".form").map_err(disk)?;
    let kept = copy_into(connection, &new).and_then(|()| {
        let name = free_name(folder, form).map_err(disk)?;
        fs::rename(&new, name).map_err(disk)?;
        sync_folder(folder).map_err(disk)
    });
    if kept.is_err() {
        // Best effort: the next process removes it.
        let _ = fs::remove_file(&new);
    }
    drop(locked);
    kept
}

/// Copies what a connection reads into an empty file, while others read and write; when it returns
/// the copy is on the disk.
pub(super) fn copy_into(connection: &Connection, file: &Path) -> Result<(), Error> {
    let disk = |source| Error::Disk {
        path: file.to_owned(),
        source,
    };
    let name = file
        .to_str()
        .ok_or_else(|| disk(io::ErrorKind::InvalidFilename.into()))?;
    connection.execute("VACUUM INTO ?1", [name])?;
    File::open(file)
        .and_then(|file| file.sync_all())
        .map_err(disk)
}

fn free_name(folder: &Path, form: usize) -> io::Result<std::path::PathBuf> {
    let mut name = folder.join(format!("{FILE}.form-{form}"));
    for number in 2.. {
        if !name.try_exists()? {
            break;
        }
        name = folder.join(format!("{FILE}.form-{form}-{number}"));
    }
    Ok(name)
}

/// The form of a file.
///
/// # Errors
/// [`Error::Newer`] where this program does not know it.
pub(super) fn form(connection: &Connection) -> Result<Form, Error> {
    let (found, known) = (version(connection)?, MIGRATIONS.len());
    match found.cmp(&known) {
        Ordering::Less => Ok(Form::Older(found)),
        Ordering::Equal => Ok(Form::Present),
        Ordering::Greater => Err(Error::Newer { found, known }),
    }
}

/// How many scripts a file has been through.
pub(super) fn version(connection: &Connection) -> Result<usize, Error> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or(usize::MAX))
}
