//! A copy of a ledger that is whole, made while others go on, and put back.
//!
//! A backup is a folder: `ledger.sqlite` (SQLite, "VACUUM INTO": what one reader sees, log
//! included), the octets that it names under `messages/`, and `pec-backup.json`, which says what
//! belongs to it; and what of the data folder is beside the ledger, file by file: whoever writes there
//! gives a file its name when it is whole, and changes none. It is made under another name and gets its
//! own when all of it is on the disk; so is a ledger that is put back. A process that is killed leaves
//! neither half.
//!
//! A ledger that was put back is marked: what the original sent since, only the mailbox knows, and
//! it is read before anything leaves (`surroundings`).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{FILE, evidence, quick_check, schema};
use crate::ledger::disk::{entries, make_private_file, make_private_folder, sync_folder};
use crate::ledger::octets::{Files, Octets};
use crate::ledger::{BackedUp, Beside, Depth, Error, Flaw, Lost, Restored, Wanted};
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
/// Folders in each other beside the ledger; there are two.
const MAX_FOLDERS: usize = 8;

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
    /// Files beside the ledger. A backup of an earlier version has none.
    #[serde(default)]
    beside: Vec<Companion>,
}

/// A file beside the ledger.
#[derive(Serialize, Deserialize)]
struct Companion {
    /// Its name in the folder, with `/` between.
    name: String,
    sha256: String,
}

impl Companion {
    /// Its name in a folder; none where it leads out of it, or would take the place of the ledger's own.
    fn path(&self) -> Option<PathBuf> {
        let is_whole = self.name.split('/').all(|part| !part.is_empty());
        let path: PathBuf = self.name.split('/').collect();
        let mut parts = path.components();
        let is_plain = parts
            .clone()
            .all(|part| matches!(part, Component::Normal(_)));
        let first = parts.next()?.as_os_str().to_str()?;
        let is_ours = first.starts_with(FILE) || OWN.contains(&first);
        (is_whole && is_plain && !is_ours).then_some(path)
    }
}

/// What in a folder is the ledger's own, beside the files that begin as its database does.
const OWN: [&str; 5] = ["messages", "journal", "processes", MANIFEST, LOCK];

/// Makes a backup of what a connection reads.
pub(super) fn make(
    connection: &Connection,
    octets: &dyn Octets,
    (folder, beside): (&Path, &[&str]),
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
    let mut companions = Vec::new();
    let mut copied_beside = Beside::default();
    for name in files_of(folder, beside).map_err(building.disk())? {
        each();
        let copied = building.copy_beside(folder, &name);
        let (sha256, octets) = copied.map_err(building.disk())?;
        copied_beside.files += 1;
        copied_beside.octets += octets;
        companions.push(Companion { name, sha256 });
    }
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
        beside: companions,
    };
    building.finish(Some(&manifest), to)?;
    Ok(BackedUp {
        database,
        files: copied.files,
        octets: copied.octets,
        lost: copied.lost,
        beside: copied_beside,
    })
}

/// The files of these names, and in the folders of these names: names in the folder, sorted. Those
/// that begin with a point are locks, or not whole yet.
fn files_of(folder: &Path, names: &[&str]) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open: Vec<(String, usize)> = names.iter().map(|name| ((*name).to_owned(), 0)).collect();
    while let Some((name, depth)) = open.pop() {
        let path = folder.join(&name);
        // A link is followed nowhere: what it leads to is another's.
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if kind.is_file() {
            found.push(name);
        } else if kind.is_dir() && depth < MAX_FOLDERS {
            for inside in entries(&path)? {
                let inside = inside.file_name().and_then(|name| name.to_str());
                if let Some(inside) = inside.filter(|inside| !inside.starts_with('.')) {
                    open.push((format!("{name}/{inside}"), depth + 1));
                }
            }
        }
    }
    found.sort();
    Ok(found)
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
    let (mut beside, mut beside_lost) = (Beside::default(), Vec::new());
    for companion in &manifest.beside {
        each();
        let name = companion.path().ok_or_else(|| flawed(Flaw::NoList))?;
        match building.put_beside(from, &name, &companion.sha256) {
            Ok(Some(octets)) => {
                beside.files += 1;
                beside.octets += octets;
            }
            Ok(None) if wanted == Wanted::Whole => return Err(flawed(Flaw::Beside { name })),
            Ok(None) => beside_lost.push(name),
            Err(error) => return Err(building.disk()(error)),
        }
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
        beside,
        beside_lost,
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

/// Whether a folder is a backup: it is read as it is, so that it can be put back after that.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// One in which somebody writes is none any more: its database is another one.
pub(super) fn give_up(folder: &Path) {
    // Where it stays, putting back says so.
    let _ = fs::remove_file(folder.join(MANIFEST));
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

    /// Copies a file that is beside the ledger; gives SHA-256 and number of its octets.
    fn copy_beside(&self, folder: &Path, name: &str) -> io::Result<(String, u64)> {
        let mut to = new_file(&self.path.join(name))?;
        let copied = copy(&folder.join(name), &mut to)?;
        to.sync_all()?;
        self.sync_above(Path::new(name))?;
        Ok(copied)
    }

    /// Puts such a file back, if it is what it was; gives the number of its octets.
    fn put_beside(&self, from: &Path, name: &Path, sha256: &str) -> io::Result<Option<u64>> {
        let place = self.path.join(name);
        let mut to = new_file(&place)?;
        let copied = match copy(&from.join(name), &mut to) {
            Ok((found, octets)) if found == sha256 => Some(octets),
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match copied {
            Some(_) => to.sync_all()?,
            None => fs::remove_file(&place)?,
        }
        self.sync_above(name)?;
        Ok(copied)
    }

    /// Brings the folders between here and a file to the disk.
    fn sync_above(&self, name: &Path) -> io::Result<()> {
        let above = name.ancestors().skip(1);
        let mut above = above.filter(|folder| !folder.as_os_str().is_empty());
        above.try_for_each(|folder| sync_folder(&self.path.join(folder)))
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
    let mut file = new_file(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// A new file that only its owner reads, in folders that only their owner enters.
fn new_file(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        make_private_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
