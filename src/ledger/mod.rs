//! What was sent and what came back: octets kept, facts appended, states derived.
//!
//! A folder holds `ledger.sqlite` and `messages/`. Octets are on the disk before a row names
//! them (`octets`); a commit is on the disk when it returns (WAL, `synchronous=FULL`), so a
//! process may be killed anywhere. Facts are only added ([`state`] derives from them); only a
//! [`VerifiedReceipt`](crate::verify::VerifiedReceipt) makes a certified one ([`fact`]).
//!
//! - `submission`: a message frozen, an attempt begun, handed, ended. Never twice.
//! - `job`: many notices of one table, recorded.
//! - `plan`: whether a row was served, and what may be done for it, as pure functions; `notice` asks
//!   the tables for that, and carries it out.
//! - `account`: whose rows they are.
//! - `arrival`: what the mailbox holds, how far it was read; `look`: when it was read last.
//! - `journal`, `surroundings`: what it notices when it knows less, or is a copy.
//! - `unread`: what it holds and could not be read.
//! - `query`: what `status` shows; `stat`: how much there is.
//! - `evidence`: whether all octets that are named are there.
//! - `backup`: a copy that is whole, made while others work, and put back.

mod account;
mod arrival;
mod backup;
#[cfg(test)]
mod cost;
mod evidence;
pub mod fact;
mod job;
mod journal;
mod judged;
mod look;
mod matching;
mod notice;
mod octets;
mod plan;
mod process;
mod query;
mod schema;
mod seen;
mod stat;
pub mod state;
mod submission;
mod surroundings;
mod unread;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use crate::timestamp::Timestamp;

pub use arrival::{Arrival, Cursor, Finding, Recorded};
pub use backup::{BackedUp, Flaw, Restored, Wanted, restore};
pub use evidence::{Depth, Evidence, Lost};
pub use job::{JobRef, JobRow, JobView, NewJob, NewRow, Tally};
pub use judged::{Authorities, JudgedBy};
pub use look::Look;
pub use matching::MatchRule;
pub use notice::{Part, Taken};
pub use plan::{Acceptance, Earlier, Life, Other, Plan, Rest, Serving, Terms, decide};
pub use query::{Filter, MessageRow, MessageView, ReceivedRow, RecipientView, Unsettling};
pub use seen::Seen;
pub use stat::Stat;
pub use submission::{Attempt, Claim, Departure, End, MessageRef, Room};
pub use surroundings::Recovered;
pub use unread::{Place, Reading, Reason, Unread};

/// The database, in the folder of the ledger.
const FILE: &str = "ledger.sqlite";
/// What left, beside it.
const JOURNAL: &str = "journal";
/// How long one process waits for another's transaction; each lasts milliseconds.
const BUSY: Duration = Duration::from_secs(30);

/// Why the ledger could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder or a file in it cannot be used.
    #[error("{path}: {source}")]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite's own.
    #[error("ledger: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A later version of this program made the file.
    #[error("the ledger has form {found}; this program knows forms up to {known}")]
    Newer {
        /// Of the file.
        found: usize,
        /// Of this program.
        known: usize,
    },
    /// Where a backup, or a ledger that is put back, should come, there is something already.
    #[error("{path}: there is something already")]
    Occupied {
        /// Where.
        path: PathBuf,
    },
    /// A folder is no backup, or not a whole one.
    #[error("{path}: no whole backup")]
    NotWhole {
        /// The folder.
        path: PathBuf,
        /// Why.
        flaw: Flaw,
    },
    /// A message with this Message-ID is in the ledger already.
    #[error("a message with this Message-ID was recorded already as {short}")]
    Known {
        /// Its short id.
        short: String,
    },
    /// Another process is sending it now.
    #[error("another process is sending {short}")]
    BeingSent {
        /// Its short id.
        short: String,
    },
    /// The provider has it, or may have it, or refused it for good.
    #[error("{short} must not be sent again: {standing}")]
    Settled {
        /// Its short id.
        short: String,
        /// Where it stands.
        standing: &'static str,
    },
    /// A row says what no version of this program writes.
    #[error("the ledger holds a word that it should not: {0}")]
    Corrupt(String),
}

impl Error {
    /// Whether the file is damaged, or has not the tables that its form has: nothing that may be
    /// better later.
    pub fn is_of_damage(&self) -> bool {
        use rusqlite::Error as S;
        use rusqlite::ErrorCode as C;
        match self {
            Self::Corrupt(_) => true,
            Self::Sql(S::SqliteFailure(error, words)) => {
                let of_tables = |words: &String| words.starts_with("no such ");
                match error.code {
                    C::DatabaseCorrupt | C::NotADatabase => true,
                    C::Unknown => words.as_ref().is_some_and(of_tables),
                    _ => false,
                }
            }
            Self::Sql(
                S::InvalidColumnName(_)
                | S::InvalidColumnIndex(_)
                | S::InvalidColumnType(..)
                | S::FromSqlConversionFailure(..)
                | S::IntegralValueOutOfRange(..)
                | S::Utf8Error(..)
                | S::QueryReturnedNoRows,
            ) => true,
            Self::Sql(S::SqlInputError { msg, .. }) => msg.starts_with("no such "),
            _ => false,
        }
    }

    /// Whether writing is what failed, so that reading may still do.
    fn is_of_access(&self) -> bool {
        use io::ErrorKind as K;
        use rusqlite::ErrorCode as C;
        match self {
            Self::Disk { source, .. } => matches!(
                source.kind(),
                K::PermissionDenied | K::ReadOnlyFilesystem | K::StorageFull | K::QuotaExceeded
            ),
            Self::Sql(error) => matches!(
                error.sqlite_error_code(),
                // Where the disk is full SQLite cannot make the memory that it shares, and calls
                // that a failure of the disk.
                Some(
                    C::ReadOnly
                        | C::CannotOpen
                        | C::PermissionDenied
                        | C::DiskFull
                        | C::SystemIoFailure
                )
            ),
            _ => false,
        }
    }
}

/// How a ledger was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It can be written.
    ToWrite,
    /// It has an earlier form, which only a command that writes changes: a copy of it is read.
    OfEarlierForm,
    /// It may not be written, or there is no room to write.
    ToRead,
}

/// An open ledger; one per process is enough, several processes may have one each.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    octets: octets::OctetStore,
    processes: process::Processes,
    journal: journal::Journal,
    recovered: Recovered,
    place: String,
    /// This process, once it judges something that it may not survive.
    alive: Option<process::Alive>,
    folder: PathBuf,
    manner: Manner,
}

impl Ledger {
    /// Opens the ledger of a folder to write in it, making it if need be. An older form is brought
    /// to the present one, after a copy of the file (`ledger.sqlite.form-N`).
    ///
    /// # Errors
    /// When the folder cannot be used, or a later program made it.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let disk = |source| Error::Disk {
            path: folder.to_owned(),
            source,
        };
        octets::make_private_folder(folder).map_err(disk)?;
        make_private_file(&folder.join(FILE)).map_err(disk)?;
        let mut connection = connect(folder)?;
        prepare_to_write(&connection)?;
        let processes = process::Processes::open(folder.join("processes")).map_err(disk)?;
        schema::migrate(&mut connection, folder)?;
        Self::settled(connection, processes, folder)
    }

    /// Opens the ledger of a folder to read in it; `None` when there is none. Nothing is made
    /// that is not there, and an older form stays as it is: it is read by a copy in a temporary
    /// file, as is one that may not be written and has lost something.
    ///
    /// # Errors
    /// When it cannot be read, or a later program made it.
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, Error> {
        let file = folder.join(FILE);
        let length = match std::fs::metadata(&file) {
            Ok(found) => found.len(),
            Err(source) if source.kind() == io::ErrorKind::NotFound => 0,
            Err(source) => return Err(Error::Disk { path: file, source }),
        };
        // A process that was cut off while it made the file leaves it empty; so does whoever
        // truncates one that knew something.
        let opened = match length {
            0 if !Self::has_traces(folder) => return Ok(None),
            0 => Self::open(folder),
            _ => Self::open_of_present_form(folder),
        };
        match opened {
            Err(error) if error.is_of_access() => {
                Self::open_to_read(folder, Manner::ToRead).map(Some)
            }
            Err(error) => Err(error),
            Ok(opened) => Ok(Some(opened)),
        }
    }

    /// Opens one that is there. One of an older form is read only.
    fn open_of_present_form(folder: &Path) -> Result<Self, Error> {
        let connection = connect(folder)?;
        match schema::form(&connection)? {
            // Nobody has made its tables yet.
            schema::Form::Older(0) => Self::open(folder),
            schema::Form::Older(_) => {
                drop(connection);
                Self::open_to_read(folder, Manner::OfEarlierForm)
            }
            schema::Form::Present if connection.is_readonly(MAIN_DB)? => {
                Self::open_to_read(folder, Manner::ToRead)
            }
            schema::Form::Present => {
                prepare_to_write(&connection)?;
                let processes = process::Processes::open(folder.join("processes"));
                let processes = processes.map_err(|source| Error::Disk {
                    path: folder.to_owned(),
                    source,
                })?;
                Self::settled(connection, processes, folder)
            }
        }
    }

    /// Holds it against what is around it, and enters what it has lost.
    fn settled(
        mut connection: Connection,
        processes: process::Processes,
        folder: &Path,
    ) -> Result<Self, Error> {
        let disk = |source| Error::Disk {
            path: folder.to_owned(),
            source,
        };
        let octets = octets::OctetStore::open(folder.join("messages")).map_err(disk)?;
        let journal = journal::Journal::at(folder.join(JOURNAL));
        let place = surroundings::place(folder, &folder.join(FILE)).map_err(disk)?;
        let around = surroundings::Around {
            octets: &octets,
            journal: &journal,
            place: Some(&place),
        };
        let recovered = surroundings::settle(&mut connection, &around, &disk)?;
        Ok(Self {
            connection,
            octets,
            processes,
            journal,
            recovered,
            place,
            alive: None,
            folder: folder.to_owned(),
            manner: Manner::ToWrite,
        })
    }

    /// Whether something was sent or received by a ledger of this folder.
    fn has_traces(folder: &Path) -> bool {
        let journal = journal::Journal::at(folder.join(JOURNAL));
        let octets = octets::OctetStore::at(folder.join("messages"));
        matches!(journal.length(), Ok(Some(1..))) || octets.holds_any()
    }

    fn open_to_read(folder: &Path, manner: Manner) -> Result<Self, Error> {
        let disk = |source| Error::Disk {
            path: folder.to_owned(),
            source,
        };
        let octets = octets::OctetStore::at(folder.join("messages"));
        let journal = journal::Journal::at(folder.join(JOURNAL));
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
        Ok(Self {
            connection,
            octets,
            processes: process::Processes::at(folder.join("processes")),
            journal,
            recovered,
            place: String::new(),
            alive: None,
            folder: folder.to_owned(),
            manner,
        })
    }

    /// Whether the file is sound, as far as that is seen without reading every index twice
    /// (SQLite, `quick_check`).
    ///
    /// # Errors
    /// [`Error::Corrupt`] with what is wrong first; those of the ledger.
    pub fn check(&self) -> Result<(), Error> {
        quick_check(&self.connection)
    }

    /// Whether it was opened to be written.
    pub fn is_writable(&self) -> bool {
        self.manner == Manner::ToWrite
    }

    /// How it was opened.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps octets; when it returns they are on the disk. Gives their SHA-256.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn keep(&self, octets: &[u8]) -> Result<String, Error> {
        self.octets.put(octets).map_err(|error| self.disk(error))
    }

    /// The octets of a SHA-256.
    ///
    /// # Errors
    /// When they are not there, or not those.
    pub fn octets(&self, sha256: &str) -> Result<Vec<u8>, Error> {
        self.octets.get(sha256).map_err(|source| Error::Disk {
            path: self.octets.path(sha256),
            source,
        })
    }

    /// The file that holds the octets of a SHA-256.
    pub fn path_of(&self, sha256: &str) -> PathBuf {
        self.octets.path(sha256)
    }

    fn disk(&self, source: io::Error) -> Error {
        Error::Disk {
            path: self.folder.clone(),
            source,
        }
    }
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
    Ok(connection)
}

fn prepare_to_write(connection: &Connection) -> Result<(), Error> {
    use_log(connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
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
        return Ok(shared);
    };
    let log = file.with_extension("sqlite-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return connect_alone(file, flags).map_err(|_| error);
    }
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(immutable(file), flags)?)
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

fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
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
