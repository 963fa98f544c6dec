//! Octets of messages, each once, under their SHA-256: what is needed of who keeps them, and files
//! that do.
//!
//! A file is written whole, brought to the disk and only then given its name; a name that is
//! there stands for octets that are there. Nothing is ever rewritten, and only what is forgotten is
//! removed. Many at once are
//! brought to the disk together: all octets first, then all names.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::disk::{clear, entries, make_locked, make_private_folder, sync_all_around, sync_folder};
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// Who keeps octets.
pub trait Octets: fmt::Debug + Send {
    /// Keeps octets and gives their SHA-256; when it returns they are kept, whatever happens.
    fn put(&self, octets: &[u8]) -> io::Result<String>;

    /// The same for many, whose SHA-256 it gives in their order.
    fn put_all(&self, all: &[&[u8]]) -> io::Result<Vec<String>>;

    /// The octets of a SHA-256; `NotFound`, or `InvalidData` when others are kept under it.
    fn get(&self, name: &str) -> io::Result<Vec<u8>>;

    /// How many octets are kept under a SHA-256; `NotFound`.
    fn length(&self, name: &str) -> io::Result<u64>;

    /// Removes the octets of some names; when it returns no name stands for them, whatever happens.
    fn remove(&self, names: &[String]) -> io::Result<()>;

    /// Where a person finds the octets of a SHA-256.
    fn path(&self, name: &str) -> PathBuf;

    /// Whether there are any.
    fn holds_any(&self) -> bool;

    /// Every name, with the time at which its octets came.
    fn each(&self, each: &mut dyn FnMut(&str, Timestamp)) -> io::Result<()>;

    /// Removes what was left by who was cut off. Best effort.
    fn clear_old(&self);
}

/// Fewer files are brought to the disk one by one: what others write there does not keep them.
const FEW: usize = 4;
/// Files that are open at once, at most; systems allow 256 or 1,024.
const MOST_OPEN: usize = 128;

/// The folder `messages`.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// Where files are written before they have their name.
    new: PathBuf,
}

impl Files {
    /// Opens the folder, making it if need be, and removes what was not finished in it.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        let store = Self::at(folder);
        make_private_folder(&store.new)?;
        clear(&store.new);
        Ok(store)
    }

    /// The folder as it is, or is not.
    pub fn at(folder: PathBuf) -> Self {
        let new = folder.join(".new");
        Self { folder, new }
    }

    /// Brings octets to the disk under their names: first all octets, then all names.
    fn put_together<'a>(
        &self,
        all: impl Iterator<Item = (&'a [u8], &'a String)>,
    ) -> io::Result<()> {
        // Open before anything is written: it is told of faults from now on.
        let around = File::open(&self.new)?;
        let mut unnamed = Unnamed::default();
        for (octets, name) in all {
            let path = self.path(name);
            if fs::read(&path).is_ok_and(|found| found == octets) {
                continue;
            }
            let parent = path.parent().expect("a path below the folder");
            make_private_folder(parent)?;
            let (temporary, mut file) = make_locked(&self.new, ".eml")?;
            unnamed.0.push((temporary, path, file.try_clone()?));
            file.write_all(octets)?;
        }
        sync_all_around(&around)?;
        for (temporary, path, _) in &unnamed.0 {
            fs::rename(temporary, path)?;
        }
        // Also where all were there: who wrote them may not have come so far.
        sync_all_around(&around)
    }

    /// Those named by the first two digits.
    fn folders(&self) -> io::Result<Vec<PathBuf>> {
        let mut folders = entries(&self.folder)?;
        folders.retain(|folder| folder.file_name().is_some_and(|name| name.len() == 2));
        Ok(folders)
    }
}

impl Octets for Files {
    fn put(&self, octets: &[u8]) -> io::Result<String> {
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
        // A file of its own for each that stores the same octets at once; locked to the end.
        let (temporary, file) = make_locked(&self.new, ".eml")?;
        let written = write_all(&file, octets)
            .and_then(|()| fs::rename(&temporary, &path))
            .and_then(|()| sync_folder(parent));
        if written.is_err() {
            // Best effort: what is left is no message, only room taken.
            let _ = fs::remove_file(&temporary);
        }
        written.map(|()| name)
    }

    fn put_all(&self, all: &[&[u8]]) -> io::Result<Vec<String>> {
        let mut names = Vec::with_capacity(all.len());
        for some in all.chunks(MOST_OPEN) {
            if some.len() < FEW || !cfg!(target_os = "linux") {
                for octets in some {
                    names.push(self.put(octets)?);
                }
                continue;
            }
            names.extend(some.iter().map(|octets| sha256(octets)));
            let new = &names[names.len() - some.len()..];
            self.put_together(some.iter().copied().zip(new))?;
        }
        Ok(names)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
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

    fn length(&self, name: &str) -> io::Result<u64> {
        fs::metadata(self.path(name)).map(|found| found.len())
    }

    fn remove(&self, names: &[String]) -> io::Result<()> {
        let mut folders = BTreeSet::new();
        for name in names {
            let path = self.path(name);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            folders.extend(path.parent().map(Path::to_owned));
        }
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            sync_folder(folder)?;
        }
        Ok(())
    }

    fn clear_old(&self) {
        for folder in self.folders().unwrap_or_default() {
            for file in entries(&folder).unwrap_or_default() {
                let name = file.file_name().unwrap_or_default();
                if name.as_encoded_bytes().starts_with(b".") {
                    let _ = fs::remove_file(&file);
                }
            }
        }
    }

    fn holds_any(&self) -> bool {
        let folders = self.folders().unwrap_or_default();
        folders
            .iter()
            .flat_map(|folder| entries(folder).unwrap_or_default())
            .any(|file| file.extension().is_some_and(|it| it == "eml"))
    }

    fn each(&self, each: &mut dyn FnMut(&str, Timestamp)) -> io::Result<()> {
        for folder in self.folders()? {
            for file in entries(&folder)? {
                let names = [folder.file_name(), file.file_stem()];
                let [Some(first), Some(rest)] = names.map(|name| name.and_then(|it| it.to_str()))
                else {
                    continue;
                };
                if file.extension().is_some_and(|it| it == "eml") {
                    let time = fs::metadata(&file)?.modified()?;
                    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
                    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
                    each(&format!("{first}{rest}"), Timestamp::from_unix(seconds));
                }
            }
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        let (first, rest) = name.split_at_checked(2).unwrap_or(("", name));
        self.folder.join(first).join(format!("{rest}.eml"))
    }
}

/// Files that have not their names yet, and those; held open, since they are locked to the end.
#[derive(Debug, Default)]
struct Unnamed(Vec<(PathBuf, PathBuf, File)>);

impl Drop for Unnamed {
    fn drop(&mut self) {
        for (temporary, ..) in &self.0 {
            // Best effort: what is left is no message, only room taken. Those with a name are gone.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn write_all(mut file: &File, octets: &[u8]) -> io::Result<()> {
    file.write_all(octets)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let store = Files::open(folder.path().join("messages")).unwrap();
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

    #[test]
    fn many_at_once_are_kept_as_each_alone() {
        let (_folder, store) = store();
        let known = store.put(b"1").unwrap();
        let all: Vec<String> = (0..300).map(|number| (number % 290).to_string()).collect();
        let all: Vec<&[u8]> = all.iter().map(String::as_bytes).collect();
        for some in [&all[..], &all[..1], &all[..3], &all[..4], &[]] {
            let names = store.put_all(some).unwrap();
            assert_eq!(names.len(), some.len());
            for (name, octets) in names.iter().zip(some) {
                assert_eq!(store.get(name).unwrap(), *octets);
            }
        }
        assert_eq!(store.put_all(&all).unwrap()[1], known);
        assert!(
            entries(&store.new).unwrap().is_empty(),
            "nothing is left over"
        );
        fs::write(store.path(&known), "2").unwrap();
        store.put_all(&all).unwrap();
        assert_eq!(store.get(&known).unwrap(), b"1", "mended");
    }

    #[test]
    fn many_that_cannot_be_kept_leave_nothing_over() {
        let (_folder, store) = store();
        let all: [&[u8]; 5] = [b"1", b"2", b"3", b"4", b"5"];
        // A file stands where a folder belongs.
        let last = store.path(&sha256(b"5"));
        fs::write(last.parent().unwrap(), "").unwrap();
        assert!(store.put_all(&all).is_err());
        assert!(entries(&store.new).unwrap().is_empty());
        assert!(
            !store.holds_any(),
            "none has its name before all are on the disk"
        );
    }

    #[test]
    fn what_is_removed_is_gone_and_nothing_else() {
        let (_folder, store) = store();
        let [gone, kept] = [b"1", b"2"].map(|octets| store.put(octets).unwrap());
        // A second time it is gone already, as after a process that was cut off.
        for _ in 0..2 {
            store.remove(&[gone.clone(), sha256(b"3")]).unwrap();
            let error = store.get(&gone).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert_eq!(store.get(&kept).unwrap(), b"2");
        }
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
