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

/// A folder with what will be in the one that was asked for. Dropped before it is placed it is gone, and so
/// is the other one where it was made for this.
pub(super) struct Draft {
    target: PathBuf,
    /// Where files are written before they have their names: within the folder, on the same disk.
    temporary: PathBuf,
    /// Whether the folder was made for this.
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
    /// Makes the folder if it is not there, and a place in it.
    ///
    /// # Errors
    /// A [`Failure`] with status 4.
    pub fn beside(target: &Path) -> Result<Self, Failure> {
        let failed = |error: &io::Error| failure(target, error);
        let is_new = match make_folder(target) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(failed(&error)),
        };
        let mut draft = Self {
            target: target.to_owned(),
            temporary: PathBuf::new(),
            is_new,
            count: 0,
        };
        for number in 0..MAX_NUMBER {
            let name = format!(".pec-extract-{}-{number}", std::process::id());
            let temporary = target.join(name);
            match make_folder(&temporary) {
                Ok(()) => {
                    draft.temporary = temporary;
                    break;
                }
                // Left by an earlier process of the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(draft)
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
    pub fn place(mut self, files: &[(PathBuf, String)]) -> Result<Vec<String>, Failure> {
        let mut placed = Vec::new();
        // Names that differ in case alone are one name on other disks.
        let mut used = BTreeSet::new();
        let done = files.iter().try_for_each(|(path, wanted)| {
            placed.push(self.place_one(path, wanted, &mut used)?);
            Ok(())
        });
        let done = done.and_then(|()| sync_folder(&self.temporary));
        if let Err(error) = done {
            for name in placed {
                // Best effort: the error that counts is the first one.
                let _ = fs::remove_file(self.target.join(name));
            }
            return Err(failure(&self.target, &error));
        }
        self.is_new &= placed.is_empty();
        Ok(placed)
    }

    fn place_one(
        &self,
        path: &Path,
        wanted: &str,
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
            let to = self.target.join(&name);
            // The name is ours from here on: nothing that is there is replaced.
            match private().create_new(true).open(&to) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            if let Err(error) = fs::rename(path, &to) {
                let _ = fs::remove_file(&to);
                return Err(error);
            }
            used.insert(name.to_lowercase());
            return Ok(name);
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Best effort: what is left takes room, and is named as nobody's file.
        if !self.temporary.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.temporary);
        }
        if self.is_new {
            let _ = fs::remove_dir(&self.target);
        }
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
