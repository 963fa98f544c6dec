//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Failure;
use crate::exit::ExitStatus;

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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let done = whole(&beside, &path, content);
    if done.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&beside);
    }
    done.map_err(told)
}

/// The same where nothing is yet: what is there is never replaced.
///
/// # Errors
/// As [`write`]; status 2 where there is something.
pub(super) fn write_new(path: &Path, content: Content<'_>) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let done = whole_new(&beside, path, content);
    if done.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&beside);
    }
    done.map_err(|error| match error.downcast::<io::Error>() {
        Ok(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Failure::new("export-occupied", [("file", path.display().to_string())]).into()
        }
        Ok(error) => failure(path, &error).into(),
        Err(error) => error,
    })
}

fn whole_new(beside: &Path, path: &Path, content: Content<'_>) -> anyhow::Result<()> {
    // Left by a process of the same number that was killed.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = BufWriter::new(private().create_new(true).open(beside)?);
    // Whoever clears a folder sees that somebody is at it; not every disk knows locks.
    let _ = file.get_ref().try_lock();
    content(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    // A second name is given only where there is none; not every disk has second names.
    match fs::hard_link(beside, path) {
        Ok(()) => fs::remove_file(beside)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error.into()),
        Err(_) if fs::symlink_metadata(path).is_ok() => {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
        }
        Err(_) => fs::rename(beside, path)?,
    }
    Ok(sync_folder(path)?)
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

fn whole(beside: &Path, path: &Path, content: Content<'_>) -> anyhow::Result<()> {
    // Left by a process of the same number that was killed.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = BufWriter::new(private().create_new(true).open(beside)?);
    // As in `whole_new`.
    let _ = file.get_ref().try_lock();
    content(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Ok(known) = fs::metadata(path) {
        file.set_permissions(known.permissions())?;
    }
    file.sync_all()?;
    fs::rename(beside, path)?;
    Ok(sync_folder(path)?)
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
