//! Which processes of this program are alive: each that sends holds a locked file.
//!
//! The lock dies with the process, however it dies. The name of the file stands in the facts
//! of an attempt, so that another process can tell one that goes on from one that was cut off.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder `processes`.
#[derive(Debug)]
pub(super) struct Processes {
    folder: PathBuf,
}

/// This process, alive as long as this value.
#[derive(Debug)]
pub(super) struct Alive {
    name: String,
    path: PathBuf,
    _locked: File,
}

impl Processes {
    /// Opens the folder, making it if need be.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        super::octets::make_private_folder(&folder)?;
        Ok(Self { folder })
    }

    /// The folder as it is, or is not.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Makes and locks a file of this process.
    pub fn enter(&self) -> io::Result<Alive> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}-{count}", std::process::id());
            let path = self.folder.join(&name);
            let made = OpenOptions::new().write(true).create_new(true).open(&path);
            match made {
                Ok(file) => {
                    file.lock()?;
                    return Ok(Alive {
                        name,
                        path,
                        _locked: file,
                    });
                }
                // Left by an earlier process of the same number: its name may stand in the
                // facts, so it is not used again.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the process of this name still runs.
    pub fn is_alive(&self, name: &str) -> bool {
        let known = name.bytes().all(|c| c.is_ascii_digit() || c == b'-');
        let file = known.then(|| File::open(self.folder.join(name)));
        match file {
            Some(Ok(file)) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
            _ => false,
        }
    }
}

impl Alive {
    /// The name under which others ask for it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Left behind when it fails: nobody holds its lock, so it says "ended".
        let _ = fs::remove_file(&self.path);
    }
}
