//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::account::make_private_folder;
use crate::exit::ExitStatus;
use crate::ledger::disk::sync_all_around;

/// What writes the content.
type Content<'a> = &'a mut dyn FnMut(&mut BufWriter<File>) -> anyhow::Result<()>;

/// Writes a file beside its place and moves it there when it is whole; until then, and when that
/// fails, what stood there stays. A new file can be read by its owner alone: reports name people. A
/// pipe or a device is written as it is.
///
/// # Errors
/// A [`Failure`] with status 4 for what the disk says, else that of `content`.
pub(super) fn write(path: &Path, content: Content<'_>) -> anyhow::Result<()> {
    let failure = |error: &io::Error| failure(path, error);
    let told = |error: anyhow::Error| match error.downcast::<io::Error>() {
        Ok(error) => failure(&error).into(),
        Err(error) => error,
    };
    if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        let file = File::options().write(true).open(path);
        let mut file = BufWriter::new(file.map_err(|error| failure(&error))?);
        return content(&mut file)
            .and_then(|()| Ok(file.flush()?))
            .map_err(told);
    }
    // A link is followed: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut file = write_beside(&path, content)?.0;
    Ok(file.replace().map_err(|error| failure(&error))?)
}

/// The same where nothing is yet: what is there is never replaced.
///
/// # Errors
/// As [`write`]; status 2 where there is something.
pub(super) fn write_new(path: &Path, content: Content<'_>) -> anyhow::Result<()> {
    Ok(write_beside(path, content)?.name()?)
}

/// Writes a file beside its place, where nothing is yet; its name is given later.
///
/// # Errors
/// A [`Failure`] with status 4 for what the disk says, else that of `content`.
pub(super) fn write_beside(path: &Path, content: Content<'_>) -> anyhow::Result<Written> {
    Unnamed::write(path, content)
}

/// New files that are brought to the disk together: all their octets first, then all their names.
///
/// Killed at any moment, a file that has its name is whole.
pub(super) struct Together {
    /// Open before anything is written: it is told of faults from then on.
    around: Option<File>,
    files: Vec<Unnamed>,
}

/// A file that is whole and has not its name yet.
pub(super) struct Written(Unnamed);

impl Written {
    /// Brings it to the disk and gives it its name, which is on the disk then.
    ///
    /// # Errors
    /// As [`write_new`].
    pub fn name(self) -> Result<(), Failure> {
        let Self(mut file) = self;
        let named = file.file.sync_all().and_then(|()| file.name());
        let named = named.and_then(|()| sync_folder(&file.path));
        named.map_err(|error| file.fault(&error))
    }
}

/// Files that wait for their names, at most: each is open, and systems allow 256 or 1,024.
const MOST_TOGETHER: usize = 64;
/// Fewer files are brought to the disk one by one: what others write there does not keep them.
const FEW: usize = 4;

impl Together {
    /// For the files of a folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            around: File::open(folder).ok(),
            files: Vec::new(),
        }
    }

    /// One more.
    pub fn add(&mut self, file: Written) {
        self.files.push(file.0);
    }

    /// Whether they should get their names before there are more.
    pub fn is_full(&self) -> bool {
        self.files.len() >= MOST_TOGETHER
    }

    /// Brings all to the disk and gives them their names, which are on the disk then; what became of
    /// each, in their order.
    pub fn name(&mut self) -> Vec<Result<(), Failure>> {
        let mut files = std::mem::take(&mut self.files);
        let together = match &self.around {
            Some(around) if files.len() >= FEW => sync_all_around(around).is_ok(),
            Some(_) | None => false,
        };
        let named = files.iter_mut().map(|file| {
            // Where it cannot be done for all, or was not, each tells of itself.
            let synced = match together {
                true => Ok(()),
                false => file.file.sync_all(),
            };
            synced.and_then(|()| file.name())
        });
        let named: Vec<io::Result<()>> = named.collect();
        let folder = files.first().map_or(Ok(()), |one| sync_folder(&one.path));
        let told = files.iter().zip(&named).map(|(file, named)| {
            let both = named.as_ref().and(folder.as_ref());
            both.map(|_| ()).map_err(|error| file.fault(error))
        });
        told.collect()
    }
}

/// A file beside its place; what is left of it is removed.
struct Unnamed {
    beside: PathBuf,
    path: PathBuf,
    file: File,
    has_name: bool,
}

impl Unnamed {
    /// Writes it, whole.
    fn write(path: &Path, content: Content<'_>) -> anyhow::Result<Written> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
        let failed = |error: &io::Error| failure(path, error);
        // Left by a process of the same number that was killed.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&error).into());
            }
            _ => {}
        }
        let file = private().create_new(true).open(&beside);
        let file = file.map_err(|error| failed(&error))?;
        // Whoever clears a folder sees that somebody is at it; not every disk knows locks.
        let _ = file.try_lock();
        let unnamed = Self {
            beside,
            path: path.to_owned(),
            file,
            has_name: false,
        };
        let file = unnamed.file.try_clone().map_err(|error| failed(&error))?;
        let mut out = BufWriter::new(file);
        let written = content(&mut out).and_then(|()| Ok(out.flush()?));
        match written.map_err(anyhow::Error::downcast::<io::Error>) {
            Ok(()) => Ok(Written(unnamed)),
            Err(Ok(error)) => Err(unnamed.fault(&error).into()),
            Err(Err(error)) => Err(error),
        }
    }

    /// Gives it its name, if nothing has it.
    fn name(&mut self) -> io::Result<()> {
        // A second name is given only where there is none; not every disk has second names.
        match fs::hard_link(&self.beside, &self.path) {
            Ok(()) => fs::remove_file(&self.beside)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) if fs::symlink_metadata(&self.path).is_ok() => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            Err(_) => fs::rename(&self.beside, &self.path)?,
        }
        self.has_name = true;
        Ok(())
    }

    /// Gives it the name of what is there, whose readers it keeps; the name is on the disk then.
    fn replace(&mut self) -> io::Result<()> {
        if let Ok(known) = fs::metadata(&self.path) {
            self.file.set_permissions(known.permissions())?;
        }
        self.file.sync_all()?;
        fs::rename(&self.beside, &self.path)?;
        self.has_name = true;
        sync_folder(&self.path)
    }

    /// What the disk says of it.
    fn fault(&self, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let file = ("file", self.path.display().to_string());
                Failure::new("export-occupied", [file])
            }
            _ => failure(&self.path, error),
        }
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.has_name {
            // Best effort: what is left is found by `clear`.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Makes the folder that files are written to, unless it is there.
///
/// # Errors
/// A [`Failure`] with status 2 where a file has its name, else with status 4.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    if path.is_file() {
        let file = ("file", path.display().to_string());
        return Err(Failure::new("no-folder", [file]));
    }
    make_private_folder(path).map_err(|error| failure(path, &error))
}

/// Removes what processes that were killed left of [`write_new`] in a folder, of files whose names
/// end so. What cannot be removed stays.
pub(super) fn clear(folder: &Path, ending: &str) {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let parts = name
            .strip_prefix('.')
            .and_then(|name| name.rsplit_once('.'));
        let is_left = parts.is_some_and(|(name, process)| {
            name.ends_with(ending) && process.bytes().all(|octet| octet.is_ascii_digit())
        });
        if !is_left {
            continue;
        }
        let file = File::options().write(true).open(entry.path());
        if file.is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What the disk says of a file or folder that is written.
pub(super) fn failure(path: &Path, error: &io::Error) -> Failure {
    let values = [
        ("file", path.display().to_string()),
        ("reason", error.to_string()),
    ];
    Failure::new("batch-write", values).with_status(ExitStatus::NotNow)
}

/// Options for a file that only its owner may read.
pub(super) fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// What was renamed is on the disk when its folder is.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_stays_until_all_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("esito.csv");
        fs::write(&path, "before").unwrap();
        let cut = write(&path, &mut |file| {
            file.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull).into())
        });
        let status = cut.unwrap_err().downcast::<Failure>().unwrap().status();
        assert_eq!(status, ExitStatus::NotNow);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write(&path, &mut |file| Ok(file.write_all(b"after")?)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_of_a_folder_get_their_names_together_and_none_takes_that_of_another() {
        for count in [1, FEW, MOST_TOGETHER] {
            let folder = tempfile::tempdir().unwrap();
            let path = |number: usize| folder.path().join(format!("{number}.asice"));
            let mut together = Together::new(folder.path());
            for number in 0..count {
                let written = write_beside(&path(number), &mut |file| Ok(file.write_all(b"new")?));
                together.add(written.unwrap());
            }
            assert_eq!(together.is_full(), count == MOST_TOGETHER);
            // Nothing has its name, and meanwhile somebody else took one.
            assert!((0..count).all(|number| !path(number).exists()));
            fs::write(path(0), "another's").unwrap();
            let named = together.name();
            let faults: Vec<usize> = (0..count).filter(|at| named[*at].is_err()).collect();
            assert_eq!((named.len(), faults), (count, vec![0]));
            assert_eq!(fs::read_to_string(path(0)).unwrap(), "another's");
            assert!((1..count).all(|number| fs::read(path(number)).unwrap() == b"new"));
            // Nothing is left beside them, and nothing is named twice.
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), count);
            assert!(together.name().is_empty());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_its_owners_and_one_that_was_there_keeps_its_readers() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("esito.csv");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write(&path, &mut |file| Ok(file.write_all(b"new")?)).unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write(&path, &mut |file| Ok(file.write_all(b"newer")?)).unwrap();
        assert_eq!(mode(), 0o640);
    }
}
