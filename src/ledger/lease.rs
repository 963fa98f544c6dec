//! Which processes of this program are alive: what is needed of who knows, and locked files that
//! tell: each process that sends holds one.
//!
//! The lock dies with the process, however it dies. The name of the file stands in the facts
//! of an attempt, so that another process can tell one that goes on from one that was cut off.
//! Octets that are being written are locked files, too, until they have their name: what a process
//! leaves that was cut off is removed by the next one.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use super::disk::{clear, make_locked, make_private_folder};

/// Who knows which processes are alive.
pub trait Leases: fmt::Debug + Send {
    /// This process, alive until the lease is dropped or the process ends, however it ends.
    fn enter(&self) -> io::Result<Box<dyn Lease>>;

    /// Whether the process of this name still runs, or may. Taking one that runs for ended could
    /// send a message twice.
    fn is_alive(&self, name: &str) -> bool;
}

/// A process that is alive.
pub trait Lease: fmt::Debug + Send {
    /// The name under which others ask for it.
    fn name(&self) -> &str;
}

/// The folder `processes`.
#[derive(Debug)]
pub(super) struct Processes {
    folder: PathBuf,
}

/// This process, alive as long as this value.
#[derive(Debug)]
struct Alive {
    name: String,
    path: PathBuf,
    _locked: File,
}

impl Processes {
    /// Opens the folder, making it if need be, and removes what the dead left in it.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        make_private_folder(&folder)?;
        clear(&folder);
        Ok(Self { folder })
    }

    /// The folder as it is, or is not.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Leases for Processes {
    /// Makes and locks a file of this process.
    fn enter(&self) -> io::Result<Box<dyn Lease>> {
        let (path, locked) = make_locked(&self.folder, "")?;
        let name = path.file_name().unwrap_or_default();
        Ok(Box::new(Alive {
            name: name.to_string_lossy().into_owned(),
            path,
            _locked: locked,
        }))
    }

    /// Only a file that is gone, or whose lock is free, says that it ended.
    fn is_alive(&self, name: &str) -> bool {
        if name.is_empty() || !name.bytes().all(|c| c.is_ascii_digit() || c == b'-') {
            return false;
        }
        match File::open(self.folder.join(name)) {
            Ok(file) => file.try_lock().is_err(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

impl Lease for Alive {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Left behind when it fails: nobody holds its lock, so it says "ended".
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processes() -> (tempfile::TempDir, Processes) {
        let folder = tempfile::tempdir().unwrap();
        let processes = Processes::open(folder.path().join("processes")).unwrap();
        (folder, processes)
    }

    #[test]
    fn a_process_is_alive_as_long_as_its_value() {
        let (_folder, processes) = processes();
        let alive = processes.enter().unwrap();
        let name = alive.name().to_owned();
        assert!(processes.is_alive(&name));
        drop(alive);
        assert!(!processes.is_alive(&name));
    }

    #[test]
    fn a_file_left_behind_says_ended_and_its_name_is_not_used_again() {
        let (_folder, processes) = processes();
        let alive = processes.enter().unwrap();
        let (process, count) = alive.name().split_once('-').unwrap();
        let count: u64 = count.parse().unwrap();
        // What processes of the same number left, of which the lock died with them.
        let left: Vec<String> = (1..10)
            .map(|n| format!("{process}-{}", count + n))
            .collect();
        for name in &left {
            fs::write(processes.folder.join(name), b"").unwrap();
            assert!(!processes.is_alive(name));
        }
        let next = processes.enter().unwrap();
        assert!(!left.contains(&next.name().to_owned()), "{}", next.name());
        assert!(processes.is_alive(next.name()));
    }

    #[test]
    fn what_was_left_behind_is_cleared_and_who_lives_stays() {
        let (_folder, processes) = processes();
        let alive = processes.enter().unwrap();
        for name in ["4711-0", "4711-1.eml"] {
            fs::write(processes.folder.join(name), b"x").unwrap();
        }
        clear(&processes.folder);
        let left = crate::ledger::disk::entries(&processes.folder).unwrap();
        assert_eq!(left, [processes.folder.join(alive.name())]);
        assert!(processes.is_alive(alive.name()));
    }

    #[test]
    fn clearing_takes_no_name_from_who_enters() {
        let (_folder, processes) = processes();
        std::thread::scope(|scope| {
            let clearing = scope.spawn(|| (0..400).for_each(|_| clear(&processes.folder)));
            while !clearing.is_finished() {
                let alive = processes.enter().unwrap();
                assert!(processes.is_alive(alive.name()));
            }
        });
    }

    #[test]
    fn what_cannot_be_found_out_counts_as_alive() {
        let (_folder, processes) = processes();
        // A file where the folder should be: neither there nor not there.
        let blocked = Processes::at(processes.folder.join("file"));
        fs::write(processes.folder.join("file"), b"").unwrap();
        assert!(blocked.is_alive("1-0"));
        assert!(!processes.is_alive("1-0"));
        assert!(!processes.is_alive("../1-0") && !processes.is_alive(""));
    }
}
