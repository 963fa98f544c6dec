//! Files and folders that only their owner enters, and names that are on the disk.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What is in a folder; nothing in what is none.
pub(super) fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(path) {
        Ok(found) => found.map(|entry| Ok(entry?.path())).collect(),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(Vec::new()),
            _ => Err(error),
        },
    }
}

/// Makes a folder that only its owner enters.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file that only its owner reads, where there is none.
pub(super) fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Brings the names in a folder to the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

/// Brings all that was written in the file system of an open folder to the disk, names included
/// (syncfs). From Linux 5.8 on it fails where something could not be written since the folder was
/// opened, as fsync does; an older one does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn sync_all_around(folder: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn sync_all_around(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A new file, locked by this process as long as it is open; its name is used by no other.
pub(super) fn make_locked(folder: &Path, end: &str) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{count}{end}", std::process::id()));
        let file = match options.open(&path) {
            Ok(file) => file,
            // Left by an earlier process of the same number, or by another one of the same
            // number in another container.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        file.lock()?;
        // Whoever clears up may have come between.
        if path.try_exists()? {
            return Ok((path, file));
        }
    }
}

/// Removes the files of processes that were cut off. Best effort: what stays takes room.
pub(super) fn clear(folder: &Path) {
    for path in entries(folder).unwrap_or_default() {
        let Ok(file) = File::open(&path) else {
            continue;
        };
        // Held while it is removed: who made it and waits for the lock finds it gone.
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}
