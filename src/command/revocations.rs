//! Revocation lists of many days: the folder `revocations` in the store of trust, one for all accounts.
//!
//! Each list is a file of its own, named by its date, the key of its authority and its SHA-256;
//! written whole, never changed and never removed. It counts for its own signature alone. Nothing is
//! read before a verdict needs it, and then the lists around the time of the message.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Failure, whole};
use crate::account::make_private_folder;
use crate::smime::chain::Anchor;
use crate::smime::revocation::Crl;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::verify::{ArchivedCrl, CrlArchive, key_name};

/// The folder below the data folder.
const FOLDER: [&str; 2] = ["trust", "revocations"];
const ENDING: &str = ".crl";
/// Where lists lie in a container of `pec export`.
pub(super) const WITHIN: &str = "liste_di_revoca/";
/// Octets of a list. That of AgID CA1 has a few thousand; a hundred thousand entries would come to
/// four million.
pub(super) const MAX_OCTETS: u64 = 8 * 1024 * 1024;
/// Lists that are looked at: five a day for fifty years.
const MAX_LISTS: usize = 100_000;

/// Where the lists are kept; nowhere without a data folder.
pub(super) struct Revocations {
    folder: Option<PathBuf>,
}

/// What the name of a file says.
struct Named<'a> {
    this_update: Timestamp,
    key: &'a str,
    sha256: &'a str,
}

impl Revocations {
    /// Those of a data folder.
    pub fn of(data_dir: Option<&Path>) -> Self {
        let below = |folder: &Path| {
            FOLDER
                .iter()
                .fold(folder.to_owned(), |at, name| at.join(name))
        };
        Self {
            folder: data_dir.map(below),
        }
    }

    /// The lists, unread.
    pub fn archive(&self) -> CrlArchive {
        match self.folder.clone() {
            Some(folder) => CrlArchive::new(Box::new(move || listed(&folder))),
            None => CrlArchive::default(),
        }
    }

    /// The octets of the list with that SHA-256.
    pub fn octets(&self, sha256: &str) -> Option<Vec<u8>> {
        let folder = self.folder.as_deref()?;
        let name = names(folder).into_iter();
        let mut name = name.filter(|name| named(name).is_some_and(|one| one.sha256 == sha256));
        octets(&folder.join(name.next()?))
    }

    /// Keeps a list that `anchor` signed; whether it is new.
    ///
    /// # Errors
    /// Those of the disk, and where there is no data folder.
    pub fn keep(&self, der: &[u8], list: &Crl, anchor: &Anchor) -> anyhow::Result<bool> {
        let Some(folder) = &self.folder else {
            return Err(Failure::new("no-data-folder", []).into());
        };
        make_private_folder(folder).map_err(|error| whole::failure(folder, &error))?;
        let at = list.this_update.to_string().replace(':', "");
        let (key, digest) = (key_name(&anchor.spki), sha256(der));
        let path = folder.join(format!("{at}-{key}-{digest}{ENDING}"));
        if path.exists() {
            return Ok(false);
        }
        whole::write_new(&path, &mut |out| Ok(out.write_all(der)?))?;
        Ok(true)
    }
}

fn listed(folder: &Path) -> Vec<ArchivedCrl> {
    let names = names(folder).into_iter();
    let lists = names.filter_map(|name| {
        let one = named(&name)?;
        let path = folder.join(&name);
        let digest = one.sha256.to_owned();
        let read = move || {
            let octets = octets(&path).filter(|octets| sha256(octets) == digest)?;
            Crl::parse(&octets).ok()
        };
        Some(ArchivedCrl {
            key: one.key.to_owned(),
            this_update: one.this_update,
            name: name.as_str().into(),
            read: Box::new(read),
        })
    });
    lists.collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.take(MAX_LISTS).collect()
}

/// `2026-05-04T060000Z-0123456789abcdef-` before the digest.
fn named(name: &str) -> Option<Named<'_>> {
    let (stamp, rest) = name.strip_suffix(ENDING)?.split_once("Z-")?;
    let (key, sha256) = rest.split_once('-')?;
    let (day, time) = stamp.split_once('T')?;
    let [hour, minute, second] = [0, 2, 4].map(|at| time.get(at..at + 2));
    let text = format!("{day}T{}:{}:{}Z", hour?, minute?, second?);
    Some(Named {
        this_update: Timestamp::parse(&text).ok()?,
        key,
        sha256,
    })
}

/// None where it cannot be read, or is larger than anything that is kept.
fn octets(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let mut octets = Vec::new();
    let read = file.take(MAX_OCTETS + 1).read_to_end(&mut octets).ok()?;
    (read as u64 <= MAX_OCTETS).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_when_whose_and_which() {
        let one = named("2026-05-04T060000Z-0123456789abcdef-ff00.crl").unwrap();
        assert_eq!(one.this_update.to_string(), "2026-05-04T06:00:00Z");
        assert_eq!((one.key, one.sha256), ("0123456789abcdef", "ff00"));
        for other in [
            "",
            "x.crl",
            "2026-05-04T06Z-a-b.crl",
            "2026-05-04T060000Z-a.crl",
            "CRL",
        ] {
            assert!(named(other).is_none(), "{other}");
        }
    }
}
