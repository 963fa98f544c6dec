//! Files that are put where the user's system looks for them, or where a package does: `cargo install`
//! puts only the program there.

pub(super) mod arguments;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Failure, Session};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;

/// What is to be done with files, and where.
pub(super) struct InstallOrder {
    /// Whether they are written or removed.
    deed: Deed,
    /// Below which folder; without it in those of the user.
    below: Option<PathBuf>,
}

impl InstallOrder {
    /// Writes below this folder.
    pub(super) fn into(folder: PathBuf) -> Self {
        Self {
            deed: Deed::Write,
            below: Some(folder),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Write,
    Remove,
}

/// A file: where it belongs, and what it says.
pub(super) struct Installed {
    /// Below the folder of data that all programs share (`~/.local/share`, `/usr/share`).
    pub place: PathBuf,
    /// Below the user's folder of configuration, where the user's own belongs there instead.
    pub own_place: Option<PathBuf>,
    /// What it says.
    pub text: String,
}

/// Writes files or removes them, and says where. `hints` are for a user whose system may have to be
/// told.
///
/// # Errors
/// A [`Failure`]: there is no folder, or a file cannot be written.
pub(super) fn run(
    order: &InstallOrder,
    files: &[Installed],
    hints: &[(&str, &str)],
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let path = path(file, order, session)?;
        let done = match order.deed {
            Deed::Write => write(&path, &file.text).map(|()| true),
            Deed::Remove => remove(&path),
        };
        let is_done = done.map_err(|error| {
            let file = path.display().to_string();
            let values = [("file", file), ("reason", error.to_string())];
            Failure::new("install", values).with_status(ExitStatus::NotNow)
        })?;
        if let Some(folder) = path.parent().filter(|_| is_done) {
            let all = folders.entry(folder.to_owned()).or_default();
            all.push(path.clone());
        }
    }
    let texts = Catalogue::of(session.lang);
    let (one, many) = match order.deed {
        Deed::Write => ("installed.written", "installed.written-all"),
        Deed::Remove => ("installed.removed", "installed.removed-all"),
    };
    let mut page = session.out.page();
    for (folder, paths) in &folders {
        page.line(match &paths[..] {
            [path] => texts.fill(one, &[("file", &path.display().to_string())]),
            _ => {
                let folder = folder.display().to_string();
                texts.count(many, paths.len(), &[("folder", &folder)])
            }
        })?;
    }
    if folders.is_empty() {
        page.line(texts.text("installed.nothing"))?;
    }
    if order.deed == Deed::Write && order.below.is_none() {
        for (key, folder) in hints {
            page.line(texts.fill(key, &[("folder", folder)]))?;
        }
    }
    Ok(ExitStatus::Yes)
}

/// The folder of data that this user's programs share.
pub(super) fn shared(session: &Session<'_>) -> Option<PathBuf> {
    let own = session.context.data_dir.as_deref()?;
    own.parent().map(Path::to_owned)
}

fn path(file: &Installed, order: &InstallOrder, session: &Session<'_>) -> Result<PathBuf, Failure> {
    if let Some(folder) = &order.below {
        return Ok(folder.join(&file.place));
    }
    let config = session.context.config_dir.as_deref();
    let found = match &file.own_place {
        Some(place) => config
            .and_then(Path::parent)
            .map(|folder| folder.join(place)),
        None => shared(session).map(|folder| folder.join(&file.place)),
    };
    found.ok_or_else(|| Failure::new("no-home", []))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Whether there was one.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}
