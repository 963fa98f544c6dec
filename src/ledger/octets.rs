//! Octets of messages, each once, under their SHA-256.
//!
//! A file is written whole, brought to the disk and only then given its name; a name that is
//! there stands for octets that are there. Nothing is ever rewritten or removed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
        // The length guards against a file that something else cut short.
        if fs::metadata(&path).is_ok_and(|found| found.len() == octets.len() as u64) {
            return Ok(name);
        }
        let parent = path.parent().expect("a path below the folder");
        if !parent.is_dir() {
            make_private_folder(parent)?;
            sync_folder(&self.folder)?;
        }
        // Two processes may store the same octets at once: each writes its own file.
        let temporary = parent.join(format!(".{}.{}", &name[2..], std::process::id()));
        let written = write_private(&temporary, octets)
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

fn write_private(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
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
    fn a_file_cut_short_is_noticed_and_mended() {
        let (_folder, store) = store();
        let name = store.put(b"abc").unwrap();
        fs::write(store.path(&name), b"ab").unwrap();
        assert_eq!(
            store.get(&name).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        store.put(b"abc").unwrap();
        assert_eq!(store.get(&name).unwrap(), b"abc");
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
