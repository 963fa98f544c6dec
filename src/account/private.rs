//! Files that nobody else may read or change.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Reads at most `limit` octets of a regular file. Its metadata are those of what was opened.
///
/// # Errors
/// Those of the file system; `FileTooLarge` beyond the limit, `InvalidInput` for what is no
/// regular file.
pub(super) fn read(path: &Path, limit: usize) -> io::Result<(Vec<u8>, Metadata)> {
    // Asked before opening too: opening a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // Room from the start, so that no copy of a secret is left behind by growing.
    let mut octets = Vec::with_capacity(limit + 1);
    file.take(limit as u64 + 1).read_to_end(&mut octets)?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if octets.len() > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok((octets, metadata))
}

/// Writes a file of mode 0600 whole or not at all: beside it, synced, then renamed over it. A
/// link is followed, and what it points to is replaced. Missing folders are made, mode 0700.
///
/// # Errors
/// Those of the file system; then the file is as it was.
pub(super) fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    make_private_folder(folder)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let beside = folder.join(format!(
        ".{}.{}",
        name.to_string_lossy(),
        std::process::id()
    ));
    let done = write_new(&beside, octets)
        .and_then(|()| fs::rename(&beside, &path))
        .and_then(|()| File::open(folder)?.sync_all());
    if done.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// Keeps other processes from changing a file until it is dropped, or waits while one does. What is
/// locked is its folder, since the file itself is replaced.
///
/// # Errors
/// Those of the file system.
pub(super) fn lock(path: &Path) -> io::Result<Option<File>> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    make_private_folder(folder)?;
    // Where folders are not opened like files, or not locked, two at once are not kept apart.
    let Ok(folder) = File::open(folder) else {
        return Ok(None);
    };
    match folder.lock() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        locked => locked.map(|()| Some(folder)),
    }
}

fn write_new(path: &Path, octets: &[u8]) -> io::Result<()> {
    // Left by a process of the same number that was killed.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// Makes a folder that only its owner enters, with those above it.
///
/// # Errors
/// Those of the disk.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The permission bits, `0o600`; `None` where the system has none.
pub(super) fn mode(metadata: &Metadata) -> Option<u32> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::MetadataExt::mode(metadata) & 0o777);
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// Whether somebody else owns the file. Where it cannot be asked who we are, nobody does: then
/// the system itself keeps all but the owner and root from a file of mode 0600.
pub(super) fn is_foreign(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Linux: this folder belongs to the effective user.
        fs::metadata("/proc/self").is_ok_and(|own| own.uid() != metadata.uid())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

/// A path as the configuration means it: relative to the folder of its file.
pub(super) fn resolve(base: &Path, path: &str) -> PathBuf {
    match base.parent() {
        Some(folder) => folder.join(path),
        None => PathBuf::from(path),
    }
}
