//! Files beside the ledger that hold what somebody wrote while it is in no ledger: while an editor
//! writes it, from when it was read from standard input, and when no ledger can be written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Failure, Session};
use crate::account::make_private_folder;
use crate::context::random_hex;

/// How such files begin.
const BEGINNING: &str = "draft-";

/// What such a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    /// The text of a letter.
    Text,
    /// A ready message.
    Message,
}

impl Matter {
    const ALL: [Self; 2] = [Self::Text, Self::Message];

    const fn ending(self) -> &'static str {
        match self {
            Self::Text => ".txt",
            Self::Message => ".eml",
        }
    }
}

/// A file that holds what somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub matter: Matter,
}

impl Aside {
    /// Octets into a file of their own: in the data folder, where that cannot be in that of the
    /// system for what is soon removed. What a file of an earlier try holds is not written twice.
    ///
    /// # Errors
    /// When neither can be written.
    pub fn write(octets: &[u8], matter: Matter, session: &Session<'_>) -> anyhow::Result<Self> {
        let folders = [
            session.data_dir.clone(),
            Some(session.context.temporary.clone()),
        ];
        let mut failed = None;
        for folder in folders.into_iter().flatten() {
            match write_new(&folder, octets, matter) {
                Ok(path) => return Ok(Self { path, matter }),
                Err(error) => failed = Some((folder, error)),
            }
        }
        let (folder, error) =
            failed.unwrap_or_else(|| (PathBuf::new(), io::ErrorKind::NotFound.into()));
        let values = [
            ("file", folder.display().to_string()),
            ("reason", error.to_string()),
        ];
        Err(Failure::new("draft-aside", values).into())
    }

    /// As [`Aside::write`], unless a file of the data folder holds the same: a script that tries
    /// again and again fills no disk.
    ///
    /// # Errors
    /// As there.
    pub fn keep(octets: &[u8], matter: Matter, session: &Session<'_>) -> anyhow::Result<Self> {
        let all = session.data_dir.as_deref().map(in_folder);
        let mut of_matter = all.unwrap_or_default().into_iter();
        match of_matter.find(|file| file.matter == matter && file.holds(octets)) {
            Some(file) => Ok(file),
            None => Self::write(octets, matter, session),
        }
    }

    /// Whether it holds these octets and no others.
    pub fn holds(&self, octets: &[u8]) -> bool {
        let size = fs::metadata(&self.path).map(|found| found.len());
        size.is_ok_and(|size| size == octets.len() as u64)
            && fs::read(&self.path).is_ok_and(|found| found == octets)
    }

    /// Removes it; its content is elsewhere.
    pub fn remove(&self) {
        // Best effort: what is left is private.
        let _ = fs::remove_file(&self.path);
    }
}

/// All such files of a folder, in the order of their names.
pub(super) fn in_folder(folder: &Path) -> Vec<Aside> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<Aside> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?.strip_prefix(BEGINNING)?;
            let mut matters = Matter::ALL.into_iter();
            let matter = matters.find(|matter| name.ends_with(matter.ending()))?;
            let path = entry.path();
            Some(Aside { path, matter })
        })
        .collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// A new file that only its owner reads; when it returns, its octets are on the disk.
fn write_new(folder: &Path, octets: &[u8], matter: Matter) -> io::Result<PathBuf> {
    make_private_folder(folder)?;
    let path = folder.join(format!("{BEGINNING}{}{}", random_hex(), matter.ending()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    let written = file.write_all(octets).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a text would be taken for the whole.
        let _ = fs::remove_file(&path);
    }
    written.map(|()| path)
}
