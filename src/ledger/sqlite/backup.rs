//! A copy of a ledger that is whole, made while others go on, and put back.
//!
//! A backup is a folder: `ledger.sqlite` (SQLite, "VACUUM INTO": what one reader sees, log
//! included), the octets that it names under `messages/`, and `pec-backup.json`, which says what
//! belongs to it. It is made under another name and gets its own when all of it is on the disk; so
//! is a ledger that is put back. A process that is killed leaves neither half.
//!
//! A ledger that was put back is marked: what the original sent since, only the mailbox knows, and
//! it is read before anything leaves (`surroundings`).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{FILE, evidence, quick_check, schema};
use crate::ledger::disk::{entries, make_private_file, make_private_folder, sync_folder};
use crate::ledger::octets::{Files, Octets};
use crate::ledger::{BackedUp, Depth, Error, Flaw, Lost, Restored, Wanted};
use crate::smime::Sha256;
use crate::timestamp::Timestamp;

/// What belongs to a backup.
const MANIFEST: &str = "pec-backup.json";
const SCHEMA: &str = "pec/ledger-backup-folder";
const VERSION: u32 = 1;
/// Octets of a manifest that is read: each file that was missing has 70.
const MAX_MANIFEST: u64 = 64 * 1024 * 1024;
/// Locked as long as its folder is being made.
const LOCK: &str = "lock";

/// What is written into a backup beside the copies.
#[derive(Serialize, Deserialize)]
struct Manifest {
    schema: String,
    version: u32,
    program: String,
    at: i64,
    /// Of the tables.
    form: usize,
    /// SHA-256 of the database.
    database: String,
    /// Files under `messages/`, and their octets.
    files: u64,
    octets: u64,
    /// SHA-256 of octets that are named and were missing or damaged already.
    lost: Vec<String>,
}

/// Makes a backup of what a connection reads.
pub(super) fn make(
    connection: &Connection,
    octets: &dyn Octets,
    (to, now): (&Path, Timestamp),
    each: &mut dyn FnMut(),
) -> Result<BackedUp, Error> {
    let building = Building::begin(to)?;
    let file = building.path.join(FILE);
    make_private_file(&file).map_err(building.disk())?;
    schema::copy_into(connection, &file)?;
    let (sha256, database) = copy(&file, &mut io::sink()).map_err(building.disk())?;
    // Octets are on the disk before a row names them: all that the copy names is there.
    let named = Connection::open(&file)?;
    let copied = building.copy_octets(&named, octets, each)?;
    drop(named);
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        version: VERSION,
        program: concat!("pec ", env!("CARGO_PKG_VERSION")).to_owned(),
        at: now.unix(),
        form: schema::version(connection)?,
        database: sha256,
        files: copied.files,
        octets: copied.octets,
        lost: copied.lost.iter().map(|one| one.sha256.clone()).collect(),
    };
    building.finish(Some(&manifest), to)?;
    Ok(BackedUp {
        database,
        files: copied.files,
        octets: copied.octets,
        lost: copied.lost,
    })
}

/// Puts a backup back as the ledger of a folder that is empty, or not there. Every file is held
/// against its SHA-256 while it is copied.
///
/// # Errors
/// [`Error::Occupied`], [`Error::NotWhole`], [`Error::Newer`]; those of the disk. Then the folder
/// is as it was.
pub fn restore(
    from: &Path,
    folder: &Path,
    wanted: Wanted,
    now: Timestamp,
    each: &mut dyn FnMut(),
) -> Result<Restored, Error> {
    let flawed = |flaw| Error::NotWhole {
        path: from.to_owned(),
        flaw,
    };
    let manifest = manifest(from).map_err(flawed)?;
    let building = Building::begin(folder)?;
    let file = building.path.join(FILE);
    make_private_file(&file).map_err(building.disk())?;
    let database = OpenOptions::new().append(true).open(&file);
    let mut database = database.map_err(building.disk())?;
    let copied = copy(&from.join(FILE), &mut database);
    let (sha256, _) = copied.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => flawed(Flaw::Database),
        _ => building.disk()(error),
    })?;
    if sha256 != manifest.database && wanted == Wanted::Whole {
        return Err(flawed(Flaw::Database));
    }
    let mut connection = Connection::open(&file)?;
    match quick_check(&connection).and_then(|()| schema::bring_forward(&mut connection)) {
        Err(error) if error.is_of_damage() => return Err(flawed(Flaw::Database)),
        done => done?,
    }
    let octets = Files::at(from.join("messages"));
    let copied = building.copy_octets(&connection, &octets, each)?;
    let is_new = |lost: &&Lost| !manifest.lost.contains(&lost.sha256);
    let lost = copied.lost.iter().filter(is_new).count();
    if lost > 0 && wanted == Wanted::Whole {
        return Err(flawed(Flaw::Octets { lost }));
    }
    mark(&mut connection, now)?;
    drop(connection);
    database.sync_all().map_err(building.disk())?;
    building.finish(None, folder)?;
    Ok(Restored {
        made_at: Timestamp::from_unix(manifest.at),
        files: copied.files,
        octets: copied.octets,
        lost: copied.lost,
    })
}

/// Says that it is not where it was: its mailboxes are to be read before anything leaves.
fn mark(connection: &mut Connection, now: Timestamp) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    // One that was never opened where it was made has no such row.
    transaction.execute(
        "INSERT INTO surroundings (journal) SELECT 0 WHERE NOT EXISTS
             (SELECT 1 FROM surroundings)",
        [],
    )?;
    transaction.execute(
        "UPDATE surroundings SET home = NULL, restored = ?1",
        [now.unix()],
    )?;
    transaction.execute("DELETE FROM asked", [])?;
    Ok(transaction.commit()?)
}

fn manifest(from: &Path) -> Result<Manifest, Flaw> {
    let file = File::open(from.join(MANIFEST)).map_err(|_| Flaw::NoList)?;
    let read = serde_json::from_reader(file.take(MAX_MANIFEST));
    let manifest: Manifest = read.map_err(|_| Flaw::NoList)?;
    match (&*manifest.schema, manifest.version) {
        (SCHEMA, VERSION) => Ok(manifest),
        (SCHEMA, _) => Err(Flaw::Newer),
        _ => Err(Flaw::NoList),
    }
}

/// A folder that gets its name once it is whole.
struct Building {
    path: PathBuf,
    parent: PathBuf,
    is_finished: bool,
    _lock: File,
}

/// What was copied of the octets.
#[derive(Default)]
struct Copied {
    files: u64,
    octets: u64,
    lost: Vec<Lost>,
}

impl Building {
    /// Begins one beside the place where it will be; what killed processes left there is removed.
    fn begin(target: &Path) -> Result<Self, Error> {
        let disk = |source| Error::Disk {
            path: target.to_owned(),
            source,
        };
        if is_occupied(target).map_err(disk)? {
            return Err(Error::Occupied {
                path: target.to_owned(),
            });
        }
        let name = target.file_name();
        let name = name.ok_or_else(|| disk(io::ErrorKind::InvalidInput.into()))?;
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        make_private_folder(&parent).map_err(disk)?;
        let start = format!(".{}.partial-", name.to_string_lossy());
        clear(&parent, &start);
        let path = parent.join(format!("{start}{}", std::process::id()));
        let begun = make_locked_folder(&path).map_err(disk)?;
        Ok(Self {
            path,
            parent,
            is_finished: false,
            _lock: begun,
        })
    }

    fn disk(&self) -> impl Fn(io::Error) -> Error {
        |source| Error::Disk {
            path: self.path.clone(),
            source,
        }
    }

    /// Copies all octets that a database names and that are what was kept.
    fn copy_octets(
        &self,
        database: &Connection,
        octets: &dyn Octets,
        each: &mut dyn FnMut(),
    ) -> Result<Copied, Error> {
        let mut copied = Copied::default();
        let messages = self.path.join("messages");
        make_private_folder(&messages).map_err(self.disk())?;
        let to = Files::at(messages.clone());
        evidence::each_named(database, Depth::Octets, &mut |named| {
            each();
            match octets.get(&named.sha256) {
                Ok(found) => {
                    write_octets(&to.path(&named.sha256), &found).map_err(self.disk())?;
                    copied.files += 1;
                    copied.octets += found.len() as u64;
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::InvalidData => {
                        copied.lost.push(named);
                    }
                    _ => return Err(self.disk()(error)),
                },
            }
            Ok(())
        })?;
        for folder in entries(&messages).map_err(self.disk())? {
            sync_folder(&folder).map_err(self.disk())?;
        }
        sync_folder(&messages).map_err(self.disk())?;
        Ok(copied)
    }

    /// Gives it its name; when it returns all of it is on the disk.
    fn finish(mut self, manifest: Option<&Manifest>, target: &Path) -> Result<(), Error> {
        let finished = || {
            if let Some(manifest) = manifest {
                let text = serde_json::to_vec_pretty(manifest)?;
                write_octets(&self.path.join(MANIFEST), &text)?;
            }
            sync_folder(&self.path)?;
            fs::rename(&self.path, target)?;
            sync_folder(&self.parent)
        };
        let finished: io::Result<()> = finished();
        finished.map_err(self.disk())?;
        self.is_finished = true;
        // It says nothing any more where it stays.
        let _ = fs::remove_file(target.join(LOCK));
        Ok(())
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if !self.is_finished {
            // Best effort: the next one that begins here removes it.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Whether there is something; an empty folder is nothing.
fn is_occupied(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut found) => Ok(found.next().is_some()),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Ok(false),
            io::ErrorKind::NotADirectory => Ok(true),
            _ => Err(error),
        },
    }
}

/// Removes folders that nobody makes any more. Best effort.
fn clear(parent: &Path, start: &str) {
    for path in entries(parent).unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lock = File::open(path.join(LOCK));
        if name.starts_with(start) && lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn make_locked_folder(path: &Path) -> io::Result<File> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    make_private_file(&path.join(LOCK))?;
    let lock = File::open(path.join(LOCK))?;
    lock.lock()?;
    Ok(lock)
}

/// Copies a file; gives SHA-256 and number of the octets that were read.
fn copy(from: &Path, to: &mut dyn Write) -> io::Result<(String, u64)> {
    let mut from = File::open(from)?;
    let mut sha256 = Sha256::default();
    let mut buffer = vec![0; 1024 * 1024];
    let mut length = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok((sha256.finish(), length)),
            read => {
                sha256.feed(&buffer[..read]);
                to.write_all(&buffer[..read])?;
                length += read as u64;
            }
        }
    }
}

/// Writes a new file of the folder that is being made; when it returns, its octets are on the disk.
fn write_octets(path: &Path, octets: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}
