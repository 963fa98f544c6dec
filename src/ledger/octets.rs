//! Octets of messages, each once, under their SHA-256.
//!
//! A file is written whole, brought to the disk and only then given its name; a name that is
//! there stands for octets that are there. Nothing is ever rewritten or removed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::smime::sha256;

/// The folder `messages`.
#[derive(Debug)]
pub(super) struct OctetStore {
    folder: PathBuf,
}

impl OctetStore {
    /// Opens the folder, making it if need be.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        make_private_folder(&folder)?;
        Ok(Self { folder })
    }

    /// The folder as it is, or is not.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps octets and gives their SHA-256; when it returns they are on the disk.
    pub fn put(&self, octets: &[u8]) -> io::Result<String> {
        let name = sha256(octets);
        let path = self.path(&name);
        // A file that something else changed is written anew.
        if fs::read(&path).is_ok_and(|found| found == octets) {
            return Ok(name);
        }
        let parent = path.parent().expect("a path below the folder");
        if !parent.is_dir() {
            make_private_folder(parent)?;
            sync_folder(&self.folder)?;
        }
        let (temporary, file) = make_temporary(parent, &name[2..])?;
        let written = write_all(file, octets)
            .and_then(|()| fs::rename(&temporary, &path))
            .and_then(|()| sync_folder(parent));
        if written.is_err() {
            // Best effort: what is left is no message, only room taken.
            let _ = fs::remove_file(&temporary);
        }
        written.map(|()| name)
    }

    /// The octets of a SHA-256; `InvalidData` when the file holds others.
    pub fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let octets = fs::read(self.path(name))?;
        if sha256(&octets) == name {
            Ok(octets)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the octets are not those that were stored",
            ))
        }
    }

    /// Where the octets of a SHA-256 are.
    pub fn path(&self, name: &str) -> PathBuf {
        let (first, rest) = name.split_at_checked(2).unwrap_or(("", name));
        self.folder.join(first).join(format!("{rest}.eml"))
    }
}

/// A file of its own for each that stores the same octets at once, in this process or, with
/// the same number in another container, in another.
fn make_temporary(parent: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!(".{name}.{}-{count}", std::process::id()));
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            // Left by a process that was cut off.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
    }
}

fn write_all(mut file: File, octets: &[u8]) -> io::Result<()> {
    file.write_all(octets)?;
    file.sync_all()
}

/// Makes a folder that only its owner enters.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Brings the names in a folder to the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, OctetStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = OctetStore::open(folder.path().join("messages")).unwrap();
        (folder, store)
    }

    #[test]
    fn octets_come_back_as_they_went_in() {
        let (_folder, store) = store();
        let name = store.put(b"Subject: a\r\n\r\n").unwrap();
        assert_eq!(store.put(b"Subject: a\r\n\r\n").unwrap(), name);
        assert_eq!(store.get(&name).unwrap(), b"Subject: a\r\n\r\n");
        let path = store.path(&name);
        assert!(path.ends_with(format!("messages/{}/{}.eml", &name[..2], &name[2..])));
    }

    #[test]
    fn a_file_cut_short_or_changed_is_noticed_and_mended() {
        let (_folder, store) = store();
        let name = store.put(b"abc").unwrap();
        for damaged in [&b"ab"[..], b"abd"] {
            fs::write(store.path(&name), damaged).unwrap();
            assert_eq!(
                store.get(&name).unwrap_err().kind(),
                io::ErrorKind::InvalidData
            );
            store.put(b"abc").unwrap();
            assert_eq!(store.get(&name).unwrap(), b"abc");
        }
    }

    #[test]
    fn the_same_octets_may_be_kept_by_several_at_once() {
        let (_folder, store) = store();
        let octets = vec![b'x'; 200_000];
        std::thread::scope(|scope| {
            let puts: Vec<_> = (0..8).map(|_| scope.spawn(|| store.put(&octets))).collect();
            for put in puts {
                let name = put.join().unwrap().unwrap();
                assert_eq!(store.get(&name).unwrap(), octets);
            }
        });
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = store();
        let path = store.path(&store.put(b"abc").unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }
}
