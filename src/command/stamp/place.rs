//! Where a time stamp is written: proved to be writable before one is asked for that may cost
//! something, and never written over.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::command::Failure;

/// A file beside the place, which is removed when this is dropped.
pub(super) struct Place {
    to: PathBuf,
    beside: PathBuf,
    file: File,
}

impl Place {
    /// # Errors
    /// When something is there already, or nothing can be written there.
    pub(super) fn reserve(to: PathBuf) -> Result<Self, Failure> {
        if to.try_exists().unwrap_or(true) {
            return Err(exists(&to));
        }
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let beside = to.with_file_name(format!(".{name}.{}", std::process::id()));
        // Left by a process of the same number that was killed.
        let _ = fs::remove_file(&beside);
        let file = File::options().write(true).create_new(true).open(&beside);
        let file = file.map_err(|error| failed(&to, &error))?;
        Ok(Self { to, beside, file })
    }

    /// Gives the octets their name, when they are on the disk; gives that name when it is there too.
    ///
    /// # Errors
    /// When the disk refuses, or somebody else has taken the name.
    pub(super) fn keep(mut self, octets: &[u8]) -> Result<PathBuf, Failure> {
        let told = |error: io::Error| match error.kind() == io::ErrorKind::AlreadyExists {
            true => exists(&self.to),
            false => failed(&self.to, &error),
        };
        let written = self.file.write_all(octets);
        written
            .and_then(|()| self.file.sync_all())
            .and_then(|()| name(&self.beside, &self.to, octets))
            .and_then(|()| sync_folder(&self.to))
            .map_err(told)?;
        Ok(self.to.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.beside);
    }
}

/// A second name, which unlike a new one replaces nothing; on disks that know none, a copy.
fn name(beside: &Path, to: &Path, octets: &[u8]) -> io::Result<()> {
    match fs::hard_link(beside, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let mut file = File::options().write(true).create_new(true).open(to)?;
            let written = file.write_all(octets).and_then(|()| file.sync_all());
            if written.is_err() {
                // Half a token would be taken for one.
                let _ = fs::remove_file(to);
            }
            written
        }
        other => other,
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    match cfg!(unix) {
        true => File::open(folder.unwrap_or(Path::new(".")))?.sync_all(),
        false => Ok(()),
    }
}

fn exists(to: &Path) -> Failure {
    Failure::new("stamp-exists", [("file", to.display().to_string())])
}

fn failed(to: &Path, error: &io::Error) -> Failure {
    let values = [
        ("file", to.display().to_string()),
        ("reason", error.to_string()),
    ];
    Failure::new("stamp-write", values)
}
