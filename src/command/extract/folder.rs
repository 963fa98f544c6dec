//! Files that come into a folder all together or not at all, and never in the place of others.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::command::Failure;
use crate::command::whole::{private, sync_folder};
use crate::contents::name::numbered;
use crate::exit::ExitStatus;

/// Numbers tried for a name that is taken.
const MAX_NUMBER: usize = 100_000;

/// What will be in the folder that was asked for. Dropped before it is placed it is gone.
///
/// A new folder comes into its place in one step, with all that is in it. In one that is there each
/// file comes whole; a process that is killed meanwhile leaves some of them.
pub(super) struct Draft {
    target: PathBuf,
    /// Where files are written before they have their names, on the same disk: within the folder, or
    /// beside it where it is to be made.
    temporary: PathBuf,
    /// Whether the folder is to be made.
    is_new: bool,
    count: usize,
}

/// A file that is being written.
pub(super) struct Writing<'d> {
    out: BufWriter<File>,
    path: PathBuf,
    target: &'d Path,
}

impl Draft {
    /// Makes a place for what is written, in the folder or beside it.
    ///
    /// # Errors
    /// A [`Failure`] with status 4.
    pub fn beside(target: &Path) -> Result<Self, Failure> {
        let is_new = !target
            .try_exists()
            .map_err(|error| failure(target, &error))?;
        let around = match target.parent() {
            Some(parent) if is_new && parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) if is_new => parent,
            Some(_) | None => target,
        };
        let mut number = 0;
        loop {
            let name = format!(".pec-extract-{}-{number}", std::process::id());
            let temporary = around.join(name);
            match make_folder(&temporary) {
                Ok(()) => {
                    return Ok(Self {
                        target: target.to_owned(),
                        temporary,
                        is_new,
                        count: 0,
                    });
                }
                // Left by an earlier process of the same number.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_NUMBER =>
                {
                    number += 1;
                }
                Err(error) => return Err(failure(target, &error)),
            }
        }
    }

    /// Begins a file.
    ///
    /// # Errors
    /// A [`Failure`] with status 4.
    pub fn begin(&mut self) -> Result<Writing<'_>, Failure> {
        self.count += 1;
        let path = self.temporary.join(self.count.to_string());
        let file = private().create_new(true).open(&path);
        let file = file.map_err(|error| failure(&self.target, &error))?;
        Ok(Writing {
            out: BufWriter::new(file),
            path,
            target: &self.target,
        })
    }

    /// Gives all files their names, or others where these are taken; gives those that they have now.
    ///
    /// # Errors
    /// A [`Failure`] with status 4; then none of them is there.
    pub fn place(self, files: &[(PathBuf, String)]) -> Result<Vec<String>, Failure> {
        let placed = match self.is_new {
            true if files.is_empty() => Ok(Vec::new()),
            true => self.place_folder(files),
            false => place_files(files, &self.target),
        };
        placed.map_err(|error| failure(&self.target, &error))
    }

    /// All files in a folder of their own, which takes the place that was asked for.
    fn place_folder(&self, files: &[(PathBuf, String)]) -> io::Result<Vec<String>> {
        let whole = self.temporary.join("whole");
        make_folder(&whole)?;
        let placed = place_files(files, &whole)?;
        fs::rename(&whole, &self.target)?;
        sync_folder(&self.target).inspect_err(|_| {
            let _ = fs::rename(&self.target, &whole);
        })?;
        Ok(placed)
    }
}

/// Files under their names in a folder: all of them, or none.
fn place_files(files: &[(PathBuf, String)], folder: &Path) -> io::Result<Vec<String>> {
    let mut placed = Vec::new();
    // Names that differ in case alone are one name on other disks.
    let mut used = BTreeSet::new();
    let done = files.iter().try_for_each(|(path, wanted)| {
        placed.push(place_one(path, wanted, folder, &mut used)?);
        Ok(())
    });
    let synced = |()| {
        placed
            .first()
            .map_or(Ok(()), |name| sync_folder(&folder.join(name)))
    };
    if let Err(error) = done.and_then(synced) {
        for name in placed {
            // Best effort: the error that counts is the first one.
            let _ = fs::remove_file(folder.join(name));
        }
        return Err(error);
    }
    Ok(placed)
}

fn place_one(
    path: &Path,
    wanted: &str,
    folder: &Path,
    used: &mut BTreeSet<String>,
) -> io::Result<String> {
    for number in 1..MAX_NUMBER {
        let name = match number {
            1 => wanted.to_owned(),
            number => numbered(wanted, number),
        };
        if used.contains(&name.to_lowercase()) {
            continue;
        }
        match place_new(path, &folder.join(&name)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        used.insert(name.to_lowercase());
        return Ok(name);
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Gives a file its name where that is free: whole from the first moment.
fn place_new(path: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(path, to) {
        // Best effort: what is left of it goes with the folder that it is in.
        Ok(()) => {
            let _ = fs::remove_file(path);
            return Ok(());
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    // Not every disk has second names. There the name is taken by an empty file first.
    private().create_new(true).open(to)?;
    fs::rename(path, to).inspect_err(|_| {
        let _ = fs::remove_file(to);
    })
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Best effort: what is left takes room, and is named as nobody's file.
        let _ = fs::remove_dir_all(&self.temporary);
    }
}

impl Writing<'_> {
    /// The next octets.
    ///
    /// # Errors
    /// A [`Failure`] with status 4.
    pub fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        let written = self.out.write_all(octets);
        written.map_err(|error| failure(self.target, &error))
    }

    /// Brings it to the disk; gives where it is.
    ///
    /// # Errors
    /// A [`Failure`] with status 4.
    pub fn end(self) -> Result<PathBuf, Failure> {
        let Self { out, path, target } = self;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error);
        let done = file.and_then(|file| file.sync_all());
        done.map_err(|error| failure(target, &error))?;
        Ok(path)
    }
}

/// A folder that only its owner enters.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    let values = [
        ("file", path.display().to_string()),
        ("reason", error.to_string()),
    ];
    Failure::new("extract-write", values).with_status(ExitStatus::NotNow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn written(draft: &mut Draft, text: &str, name: &str) -> (PathBuf, String) {
        let mut file = draft.begin().unwrap();
        file.write(text.as_bytes()).unwrap();
        (file.end().unwrap(), name.to_owned())
    }

    #[test]
    fn what_is_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.pdf"), "mio").unwrap();
        let mut draft = Draft::beside(folder.path()).unwrap();
        let files = [
            written(&mut draft, "1", "a.pdf"),
            written(&mut draft, "2", "A.pdf"),
            written(&mut draft, "3", "b"),
        ];
        let placed = draft.place(&files).unwrap();
        assert_eq!(placed, ["a (2).pdf", "A.pdf", "b"]);
        assert_eq!(
            fs::read_to_string(folder.path().join("a.pdf")).unwrap(),
            "mio"
        );
        assert_eq!(names(folder.path()), ["A.pdf", "a (2).pdf", "a.pdf", "b"]);
    }

    #[test]
    fn what_was_not_placed_is_gone_with_the_folder_made_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("nuova");
        let mut draft = Draft::beside(&target).unwrap();
        let (path, _) = written(&mut draft, "1", "a");
        assert!(path.exists());
        drop(draft);
        assert!(names(folder.path()).is_empty());
    }

    /// What a process sees that looks into the folder while files are placed.
    #[cfg(unix)]
    fn seen_while<T: Send>(
        folder: &Path,
        place: impl FnOnce() -> T + Send,
    ) -> BTreeSet<(usize, bool)> {
        use std::sync::atomic::{AtomicBool, Ordering};
        let is_over = AtomicBool::new(false);
        let mut seen = BTreeSet::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                place();
                is_over.store(true, Ordering::SeqCst);
            });
            while !is_over.load(Ordering::SeqCst) {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                let sizes = entries.filter_map(|entry| entry.metadata().ok());
                let sizes = sizes.filter(fs::Metadata::is_file).map(|file| file.len());
                let sizes: Vec<u64> = sizes.collect();
                seen.insert((sizes.len(), sizes.contains(&0)));
            }
        });
        seen
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_comes_with_all_and_no_file_is_ever_seen_empty() {
        const COUNT: usize = 2_000;
        let folder = tempfile::tempdir().unwrap();
        for (target, is_new) in [("nuova", true), ("vecchia", false)] {
            let target = folder.path().join(target);
            if !is_new {
                fs::create_dir(&target).unwrap();
            }
            let draft = Draft::beside(&target).unwrap();
            assert_eq!(target.exists(), !is_new);
            let paths = (0..COUNT).map(|number| {
                let path = draft.temporary.join(format!("f{number}"));
                fs::write(&path, "x").unwrap();
                (path, number.to_string())
            });
            let files: Vec<(PathBuf, String)> = paths.collect();
            let seen = seen_while(&target, || draft.place(&files).map(|placed| placed.len()));
            assert!(seen.iter().all(|(_, has_empty)| !has_empty), "{seen:?}");
            let is_part = |count: &usize| ![0, COUNT].contains(count);
            assert!(
                !is_new || !seen.iter().any(|(count, _)| is_part(count)),
                "{seen:?}"
            );
            assert_eq!(names(&target).len(), COUNT);
        }
        assert_eq!(names(folder.path()), ["nuova", "vecchia"]);
    }

    #[test]
    fn where_one_cannot_be_placed_none_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::beside(folder.path()).unwrap();
        let files = [
            written(&mut draft, "1", "a"),
            (folder.path().join("niente"), "b".to_owned()),
        ];
        let failure = draft.place(&files).unwrap_err();
        assert_eq!(failure.status(), ExitStatus::NotNow);
        assert!(names(folder.path()).is_empty());
    }
}
