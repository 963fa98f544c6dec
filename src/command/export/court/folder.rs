//! A folder that comes into its place in one step, whole, where nothing was before.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::papers::{Content, Paper};
use crate::account::make_private_folder;
use crate::command::Failure;
use crate::command::whole::{self, private, sync_folder};
use crate::ledger::Ledger;

/// What a folder is called while it is written; the number of the process follows.
const UNFINISHED: &str = ".pec-court-";

/// Numbers tried for a name that is taken.
const MAX_NUMBER: usize = 1_000;

/// Writes all files beside the place and moves them there together. Killed at any moment, there is no
/// folder of that name, or a whole one.
///
/// # Errors
/// A [`Failure`]: status 2 where something is there, or the ledger does not have the octets; 4 for what
/// the disk says.
pub(super) fn write(target: &Path, papers: &[Paper], ledger: &Ledger) -> anyhow::Result<()> {
    let told = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => occupied(target),
        _ => whole::failure(target, &error),
    };
    let unfinished = Unfinished::beside(target).map_err(told)?;
    for paper in papers {
        let octets = match &paper.content {
            Content::Kept(sha256) => &ledger
                .octets(sha256)
                .map_err(|error| Failure::of_ledger(&error))?,
            Content::Made(octets) => &**octets,
        };
        unfinished.put(&paper.name, octets).map_err(told)?;
    }
    unfinished.place(target, papers).map_err(told)?;
    Ok(())
}

/// That something is where the folder should come.
pub(super) fn occupied(target: &Path) -> Failure {
    Failure::new("court-occupied", [("folder", target.display().to_string())])
}

/// Removes what processes that were killed left in a folder. What somebody is still at, and what cannot
/// be removed, stays.
pub(super) fn clear(around: &Path) {
    for entry in fs::read_dir(here(around)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.strip_prefix(UNFINISHED).is_some_and(|rest| {
            rest.bytes()
                .all(|octet| octet.is_ascii_digit() || octet == b'-')
        });
        if !is_ours {
            continue;
        }
        let folder = File::open(entry.path());
        if folder.is_ok_and(|folder| folder.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that is being written. Dropped before it is placed it is gone.
struct Unfinished {
    path: PathBuf,
    /// Whoever clears sees by its lock that somebody is at it; not every disk knows locks.
    _lock: Option<File>,
}

impl Unfinished {
    fn beside(target: &Path) -> io::Result<Self> {
        let around = here(target.parent().unwrap_or(Path::new("")));
        let mut number = 0;
        loop {
            let name = format!("{UNFINISHED}{}-{number}", std::process::id());
            let path = around.join(name);
            match make(&path) {
                Ok(()) => {
                    let lock = File::open(&path).ok();
                    let lock = lock.filter(|folder| folder.try_lock().is_ok());
                    return Ok(Self { path, _lock: lock });
                }
                // Left by an earlier process of the same number.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_NUMBER =>
                {
                    number += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A file, on the disk when it is back.
    fn put(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            make_private_folder(folder)?;
        }
        let mut file = private().create_new(true).open(&path)?;
        file.write_all(octets)?;
        file.sync_all()
    }

    /// Gives it its name, where that is free.
    fn place(self, target: &Path, papers: &[Paper]) -> io::Result<()> {
        let folders = papers
            .iter()
            .filter_map(|paper| Path::new(&paper.name).parent());
        for folder in folders.collect::<BTreeSet<&Path>>() {
            sync_folder(&self.path.join(folder).join("x"))?;
        }
        // An empty folder would give way: what is there is never replaced.
        if fs::symlink_metadata(target).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.path, target)?;
        sync_folder(target)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Best effort; once it is placed there is nothing.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A folder that only its owner enters, where there is none.
fn make(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The folder where we are has no name in a path.
fn here(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}
