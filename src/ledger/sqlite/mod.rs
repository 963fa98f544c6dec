//! The ledger in a file of SQLite: all SQL is here.
//!
//! A commit is on the disk when it returns (WAL, `synchronous=FULL`), but for those that are brought
//! there with the next one ([`Sqlite::with_next`]): all commits are in one log, in their order, so that
//! none is on the disk without those before it. A process that is killed loses neither.
//!
//! - `schema`: the tables, and the steps from every released form.
//! - `facts`: messages and facts written.
//! - `fault`: what could not be done.
//! - `matching`: to which message a receipt belongs.
//! - `journal`, `surroundings`: what it notices when it knows less, or is a copy.
//! - `words`: what is looked for, as the index of words reads it.
//! - `backup`: a copy that is whole, and put back.
//! - `seen`: what was seen before, in tables of any length.
//! - all others: what the trait of that name asks.

mod account;
mod archived;
mod arrival;
mod backup;
#[cfg(test)]
mod cost;
mod draft;
mod evidence;
mod facts;
mod fault;
mod forget;
mod job;
mod journal;
mod letter;
mod look;
mod matching;
mod notice;
mod query;
mod schema;
mod seen;
mod stat;
mod submission;
mod surroundings;
mod unread;
mod words;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use super::disk::{make_private_file, make_private_folder};
use super::lease::Processes;
use super::octets::{Files, Octets};
use super::surroundings::Recovered;
use super::{Error, Manner};
use crate::timestamp::Timestamp;
use journal::Journal;

pub use backup::restore;
pub use fault::Fault;
pub use seen::Seen;

/// The database, in the folder of the ledger.
const FILE: &str = "ledger.sqlite";
/// The log of its commits (SQLite, "Write-Ahead Logging").
const LOG: &str = "ledger.sqlite-wal";
/// What left, beside it.
const JOURNAL: &str = "journal";
/// How long one process waits for another's transaction; each lasts milliseconds.
const BUSY: Duration = Duration::from_secs(30);

/// Messages, facts and receipts in a file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    /// Whether a commit may not be on the disk yet.
    owes: bool,
    journal: Journal,
    /// Where it is; empty where what is around it may not be written.
    place: String,
    folder: PathBuf,
}

/// A ledger of a folder, in its parts.
pub(super) struct Opened {
    pub store: Sqlite,
    pub octets: Files,
    pub leases: Processes,
    pub recovered: Recovered,
    pub manner: Manner,
}

/// Opens the ledger of a folder to write in it, making it if need be. An older form is brought
/// to the present one, after a copy of the file (`ledger.sqlite.form-N`).
///
/// # Errors
/// When the folder cannot be used, or a later program made it.
pub(super) fn open(folder: &Path) -> Result<Opened, Error> {
    let disk = |source| Error::Disk {
        path: folder.to_owned(),
        source,
    };
    make_private_folder(folder).map_err(disk)?;
    make_private_file(&folder.join(FILE)).map_err(disk)?;
    backup::give_up(folder);
    let mut connection = connect(folder)?;
    prepare_to_write(&connection)?;
    let processes = Processes::open(folder.join("processes")).map_err(disk)?;
    schema::migrate(&mut connection, folder)?;
    settled(connection, processes, folder)
}

/// Opens the ledger of a folder to read in it; `None` when there is none. Nothing is made
/// that is not there, and an older form stays as it is: it is read by a copy in a temporary
/// file, as is one that may not be written and has lost something. A backup stays as it is, too.
///
/// # Errors
/// When it cannot be read, or a later program made it.
pub(super) fn open_existing(folder: &Path) -> Result<Option<Opened>, Error> {
    let file = folder.join(FILE);
    let length = match std::fs::metadata(&file) {
        Ok(found) => found.len(),
        Err(source) if source.kind() == io::ErrorKind::NotFound => 0,
        Err(source) => return Err(Error::Disk { path: file, source }),
    };
    // A process that was cut off while it made the file leaves it empty; so does whoever
    // truncates one that knew something.
    let opened = match length {
        0 if !has_traces(folder) => return Ok(None),
        _ if backup::is_one(folder) => open_to_read(folder, Manner::ToRead),
        0 => open(folder),
        _ => open_of_present_form(folder),
    };
    match opened {
        Err(error) if error.is_of_access() => open_to_read(folder, Manner::ToRead).map(Some),
        Err(error) => Err(error),
        Ok(opened) => Ok(Some(opened)),
    }
}

/// Opens one that is there. One of an older form is read only.
fn open_of_present_form(folder: &Path) -> Result<Opened, Error> {
    let connection = connect(folder)?;
    match schema::form(&connection)? {
        // Nobody has made its tables yet.
        schema::Form::Older(0) => open(folder),
        schema::Form::Older(_) => {
            drop(connection);
            open_to_read(folder, Manner::OfEarlierForm)
        }
        schema::Form::Present if connection.is_readonly(MAIN_DB)? => {
            open_to_read(folder, Manner::ToRead)
        }
        schema::Form::Present => {
            prepare_to_write(&connection)?;
            let processes = Processes::open(folder.join("processes"));
            let processes = processes.map_err(|source| Error::Disk {
                path: folder.to_owned(),
                source,
            })?;
            settled(connection, processes, folder)
        }
    }
}

/// Holds it against what is around it, and enters what it has lost.
fn settled(
    mut connection: Connection,
    processes: Processes,
    folder: &Path,
) -> Result<Opened, Error> {
    let disk = |source| Error::Disk {
        path: folder.to_owned(),
        source,
    };
    let octets = Files::open(folder.join("messages")).map_err(disk)?;
    let journal = Journal::at(folder.join(JOURNAL));
    let place = surroundings::place(folder, &folder.join(FILE)).map_err(disk)?;
    let around = surroundings::Around {
        octets: &octets,
        journal: &journal,
        place: Some(&place),
    };
    let recovered = surroundings::settle(&mut connection, &around, &disk)?;
    Ok(Opened {
        store: Sqlite {
            connection,
            owes: false,
            journal,
            place,
            folder: folder.to_owned(),
        },
        octets,
        leases: processes,
        recovered,
        manner: Manner::ToWrite,
    })
}

/// Whether something was sent or received by a ledger of this folder.
fn has_traces(folder: &Path) -> bool {
    let journal = Journal::at(folder.join(JOURNAL));
    let octets = Files::at(folder.join("messages"));
    matches!(journal.length(), Ok(Some(1..))) || octets.holds_any()
}

fn open_to_read(folder: &Path, manner: Manner) -> Result<Opened, Error> {
    let disk = |source| Error::Disk {
        path: folder.to_owned(),
        source,
    };
    let octets = Files::at(folder.join("messages"));
    let journal = Journal::at(folder.join(JOURNAL));
    let mut connection = connect_to_read(&folder.join(FILE))?;
    let is_present = schema::form(&connection)? == schema::Form::Present;
    let mut recovered = Recovered::default();
    if !is_present || !surroundings::is_settled(&connection, &journal).map_err(disk)? {
        // What reading needs written is written where nobody else sees it.
        connection = copy_aside(&connection)?;
        schema::bring_forward(&mut connection)?;
        let around = surroundings::Around {
            octets: &octets,
            journal: &journal,
            place: None,
        };
        recovered = surroundings::settle(&mut connection, &around, &disk)?;
    }
    Ok(Opened {
        store: Sqlite {
            connection,
            owes: false,
            journal,
            place: String::new(),
            folder: folder.to_owned(),
        },
        octets,
        leases: Processes::at(folder.join("processes")),
        recovered,
        manner,
    })
}

/// Has changes written to a log first (WAL). Of several processes that do so with a new file one
/// holds it alone for a moment, and SQLite does not wait for that by itself.
fn use_log(connection: &Connection) -> Result<(), Error> {
    const TURNS: u32 = 500;
    const TURN: Duration = Duration::from_millis(20);
    for _ in 0..TURNS {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(TURN);
            }
            done => return Ok(done?),
        }
    }
    Ok(connection.pragma_update(None, "journal_mode", "wal")?)
}

/// A connection that may write, to a file that is there, which is left as it is.
fn connect(folder: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    steady(connection)
}

/// Plans of queries do not depend on the values that are looked for: else SQLite makes most of them
/// anew whenever a value changes (SQLite, "Query Planner Stability Guarantee").
fn steady(connection: Connection) -> Result<Connection, Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn prepare_to_write(connection: &Connection) -> Result<(), Error> {
    use_log(connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    // What is taken out of a page is written over in it.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection.pragma_update(None, "foreign_keys", true)?)
}

/// A connection that writes nothing. In a folder that may not be written SQLite cannot share
/// memory with others; then the file is read as one that nobody changes, with the log beside it
/// where that holds what is not in it yet.
fn connect_to_read(file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let shared = Connection::open_with_flags(file, flags)?;
    shared.busy_timeout(BUSY)?;
    let Err(error) = schema::version(&shared) else {
        return steady(shared);
    };
    let log = file.with_extension("sqlite-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return connect_alone(file, flags)
            .and_then(steady)
            .map_err(|_| error);
    }
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    steady(Connection::open_with_flags(immutable(file), flags)?)
}

/// A copy of a file and its log, of which no process shares memory with others: none has it open.
/// SQLite reads a log without that memory where nobody else may come, and needs no locks then.
#[cfg(unix)]
fn connect_alone(file: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    if file.with_extension("sqlite-shm").exists() {
        return Err(rusqlite::Error::InvalidPath(file.to_owned()).into());
    }
    let alone = Connection::open_with_flags_and_vfs(file, flags, c"unix-none")?;
    alone.pragma_update(None, "locking_mode", "exclusive")?;
    alone.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    copy_aside(&alone)
}

#[cfg(not(unix))]
fn connect_alone(file: &Path, _: OpenFlags) -> Result<Connection, Error> {
    Err(rusqlite::Error::InvalidPath(file.to_owned()).into())
}

/// All that a connection reads, in a temporary file that nobody else sees.
fn copy_aside(connection: &Connection) -> Result<Connection, Error> {
    const ALL_PAGES: i32 = -1;
    // SQLite, "Temporary Databases": an empty name is a file that is removed at once.
    let mut copy = Connection::open("")?;
    let backup = Backup::new(connection, &mut copy)?;
    while backup.step(ALL_PAGES)? != StepResult::Done {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(backup);
    copy.pragma_update(None, "foreign_keys", true)?;
    Ok(copy)
}

/// The address of a file that nobody changes (SQLite, "URI Filenames").
fn immutable(file: &Path) -> String {
    let mut address = "file:".to_owned();
    for octet in file.as_os_str().as_encoded_bytes() {
        match octet {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*octet)),
            _ if octet.is_ascii_alphanumeric() => address.push(char::from(*octet)),
            _ => address.push_str(&format!("%{octet:02x}")),
        }
    }
    address + "?immutable=1"
}

/// Whether a database is sound (SQLite, `quick_check`).
fn quick_check(connection: &Connection) -> Result<(), Error> {
    let query = "PRAGMA quick_check(1)";
    let found: String = connection.query_row(query, [], |row| row.get(0))?;
    match &*found {
        "ok" => Ok(()),
        // Of several lines, as a sentence has one.
        _ => Err(Error::Corrupt(found.replace('\n', " "))),
    }
}

/// A column of seconds.
fn timestamp(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_unix)
}

/// A column of seconds that may be empty.
fn maybe_timestamp(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let seconds: Option<i64> = row.get(column)?;
    Ok(seconds.map(Timestamp::from_unix))
}
