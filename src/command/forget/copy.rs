//! A second copy, read from the disk at the moment at which the first one is to go: it counts if
//! every octet of the message and of its receipts is in it, wherever it lies and whatever it is
//! called.
//!
//! What lies in the folder of the ledger is no second copy, whatever name leads there: a link, hard
//! or not, or the folder mounted a second time.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::asic;
use crate::command::Failure;
use crate::command::same::{Identity, Tree};
use crate::command::verify::text::read_error;
use crate::input::{self, Item, Place};
use crate::lang::Lang;
use crate::ledger::{Held, Ledger};
use crate::smime::sha256;

/// SHA-256 of all that was found.
pub(super) struct Copies(HashSet<String>);

impl Copies {
    /// Reads every file of these places whole.
    ///
    /// # Errors
    /// A [`Failure`] where one of them cannot be read, or is the folder of the ledger.
    pub fn read(places: &[PathBuf], ledger: &Ledger, lang: Lang) -> anyhow::Result<Self> {
        let tree = Tree::of(ledger.folder());
        for place in places {
            if tree.has(place) || tree.is_in(place) {
                let place = place.display().to_string();
                return Err(Failure::new("forget-own-copy", [("file", place)]).into());
            }
        }
        let mut found = HashSet::new();
        // Standard input is no copy that stays.
        for item in input::items(places.to_vec(), Box::new(io::empty())) {
            match item {
                Item::Message(source) => {
                    let sha256 = sha256(&source.octets);
                    let own = Identity::of(&ledger.path_of(&sha256)).ok();
                    if is_apart(&source.name, own.as_ref(), &tree) {
                        found.insert(sha256);
                    }
                }
                Item::Container { name, place } => {
                    if is_apart(&name, None, &tree) {
                        found.extend(in_container(&place));
                    }
                }
                Item::Unreadable { name, error } if is_named(&name, places) => {
                    let reason = read_error(&error, lang);
                    return Err(Failure::new("read", [("file", name), ("reason", reason)]).into());
                }
                // Beside others it is none of the copies that are looked for.
                Item::Unreadable { .. } => {}
            }
        }
        Ok(Self(found))
    }

    /// How many of the octets of something are in none of them.
    pub fn lack(&self, held: &Held) -> usize {
        let missing = held.octets.iter().filter(|one| !self.0.contains(*one));
        missing.count()
    }
}

/// Digests of what is in a container, as it is read now. One that cannot be read holds nothing.
fn in_container(place: &Place) -> Vec<String> {
    let Ok(mut file) = place.open() else {
        return Vec::new();
    };
    match asic::Read::of(&mut file) {
        Ok(asic::Read::Evidence(checked)) => {
            let files = checked.files.into_iter();
            files.map(|one| one.sha256).collect()
        }
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Whether what was found lies in a file of its own, apart from the ledger. What cannot be said of a
/// file does not count for it.
fn is_apart(name: &str, own: Option<&Identity>, ledger: &Tree) -> bool {
    let file = name.split("!/").next().unwrap_or(name);
    let of_mbox = || Some(file.rsplit_once('#')?.0);
    let file = match Path::new(file).exists() {
        true => Some(file),
        false => of_mbox(),
    };
    let Some(file) = file.map(Path::new) else {
        return false;
    };
    let identity = Identity::of(file).ok();
    identity.is_some() && identity.as_ref() != own && !ledger.has(file)
}

fn is_named(name: &str, places: &[PathBuf]) -> bool {
    places.iter().any(|place| place.to_string_lossy() == name)
}
