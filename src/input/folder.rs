//! A folder of mail files, walked in the order of names, and Maildirs
//! (cr.yp.to/proto/maildir.html; Maildir++ for subfolders).
//!
//! Every regular file is handed out, whatever its name. Passed over are hidden files, pipes
//! and devices, and links to folders, so that no walk goes round in a circle.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::vec;

use super::{ANSWER, Error, Found, Given, file, is_clutter, shown, unreadable};

/// Folders within folders that are followed: a name of 4,096 octets (Linux, `PATH_MAX`) could
/// hold 2,000, mail stores make some ten, and each level holds the names of one folder.
const MAX_DEPTH: usize = 64;

/// Files that a mail server keeps beside `cur`, `new` and `tmp`: Dovecot's indexes, the list of
/// subscribed folders, the marks of Maildir++ and Courier.
const MAILDIR_FILES: [&[u8]; 5] = [
    b"dovecot",
    b"maildirfolder",
    b"subscriptions",
    b"maildirsize",
    b"courierimap",
];

struct Folder {
    path: PathBuf,
    entries: vec::IntoIter<(OsString, FileType)>,
    is_maildir: bool,
    depth: usize,
    /// OCSP answers in it, `a.ocsp` of `a.eml`.
    answers: HashSet<OsString>,
    /// Why the list of names is not whole.
    failure: Option<Error>,
}

/// Lists a folder; it is the `depth`th from the one that was named, which is the first.
pub(super) fn open(path: PathBuf, depth: usize) -> Found {
    if depth > MAX_DEPTH {
        return Found::Item(unreadable(
            shown(&path),
            Error::TooDeep { limit: MAX_DEPTH },
        ));
    }
    let listed = match fs::read_dir(&path) {
        Ok(listed) => listed,
        Err(error) => return Found::Item(unreadable(shown(&path), error.into())),
    };
    let mut entries = Vec::new();
    let mut failure = None;
    for entry in listed {
        match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
            Ok(entry) => entries.push(entry),
            Err(error) => failure = Some(error.into()),
        }
    }
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let answers = answers(&mut entries);
    Found::Within(Box::new(Folder {
        is_maildir: is_maildir(&path),
        path,
        entries: entries.into_iter(),
        depth,
        answers,
        failure,
    }))
}

/// Takes the OCSP answers of other files out of the entries.
fn answers(entries: &mut Vec<(OsString, FileType)>) -> HashSet<OsString> {
    let is_answer = |name: &OsString| Path::new(name).extension().is_some_and(|end| end == ANSWER);
    if !entries.iter().any(|(name, _)| is_answer(name)) {
        return HashSet::new();
    }
    let others = entries.iter().filter(|(name, _)| !is_answer(name));
    let answered: HashSet<PathBuf> = others
        .map(|(name, _)| Path::new(name).with_extension(ANSWER))
        .collect();
    let taken = entries.extract_if(.., |(name, kind)| {
        kind.is_file() && is_answer(name) && answered.contains(Path::new(name))
    });
    taken.map(|(name, _)| name).collect()
}

fn is_maildir(path: &Path) -> bool {
    ["cur", "new", "tmp"]
        .iter()
        .all(|name| fs::symlink_metadata(path.join(name)).is_ok_and(|found| found.is_dir()))
}

impl Folder {
    fn passes_over(&self, name: &OsString, kind: FileType) -> bool {
        let octets = name.as_encoded_bytes();
        if is_clutter(octets) {
            // Maildir++ calls the folder `Sent` `.Sent`.
            return !(kind.is_dir() && is_maildir(&self.path.join(name)));
        }
        if !self.is_maildir {
            return false;
        }
        if kind.is_dir() {
            // What stands there is not wholly written.
            octets == b"tmp"
        } else {
            MAILDIR_FILES.iter().any(|file| octets.starts_with(file))
        }
    }

    fn open_entry(&self, name: &OsString, kind: FileType) -> Option<Found> {
        let path = self.path.join(name);
        if kind.is_dir() {
            return Some(open(path, self.depth + 1));
        }
        if kind.is_file() {
            let found = file::open(&path, Given::InFolder);
            let answer = path.with_extension(ANSWER);
            let is_there = (answer.file_name()).is_some_and(|name| self.answers.contains(name));
            return Some(match is_there {
                true => file::with_answer(found, &answer),
                false => found,
            });
        }
        if !kind.is_symlink() {
            return None;
        }
        match fs::metadata(&path) {
            Ok(target) if target.is_file() => Some(file::open(&path, Given::InFolder)),
            Ok(_) => None,
            Err(error) => Some(Found::Item(unreadable(shown(&path), error.into()))),
        }
    }
}

impl Iterator for Folder {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if let Some(error) = self.failure.take() {
            return Some(Found::Item(unreadable(shown(&self.path), error)));
        }
        while let Some((name, kind)) = self.entries.next() {
            if self.passes_over(&name, kind) {
                continue;
            }
            if let Some(found) = self.open_entry(&name, kind) {
                return Some(found);
            }
        }
        None
    }
}
