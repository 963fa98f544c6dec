//! A second copy, read from the disk at the moment at which the first one is to go: it counts if
//! every octet of the message and of its receipts is in it, wherever it lies and whatever it is
//! called.
//!
//! What lies in the folder of the ledger is no second copy.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::asic;
use crate::command::Failure;
use crate::command::verify::text::read_error;
use crate::input::{self, Item, Place};
use crate::lang::Lang;
use crate::ledger::Held;
use crate::smime::sha256;

/// SHA-256 of all that was found.
pub(super) struct Copies(HashSet<String>);

impl Copies {
    /// Reads every file of these places whole.
    ///
    /// # Errors
    /// A [`Failure`] where one of them cannot be read, or is the folder of the ledger.
    pub fn read(places: &[PathBuf], ledger: &Path, lang: Lang) -> anyhow::Result<Self> {
        let ledger = ledger.canonicalize().unwrap_or_else(|_| ledger.to_owned());
        for place in places {
            let own = place.canonicalize().unwrap_or_else(|_| place.clone());
            if own.starts_with(&ledger) || ledger.starts_with(&own) {
                let place = place.display().to_string();
                return Err(Failure::new("forget-own-copy", [("file", place)]).into());
            }
        }
        let mut found = HashSet::new();
        // Standard input is no copy that stays.
        for item in input::items(places.to_vec(), Box::new(io::empty())) {
            match item {
                Item::Message(source) => {
                    if !is_within(&source.name, &ledger) {
                        found.insert(sha256(&source.octets));
                    }
                }
                Item::Container { name, place } => {
                    if !is_within(&name, &ledger) {
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

/// Whether a file that was found behind a link lies with the ledger.
fn is_within(name: &str, ledger: &Path) -> bool {
    let file = name.split("!/").next().unwrap_or(name);
    let file = Path::new(file).canonicalize();
    file.is_ok_and(|file| file.starts_with(ledger))
}

fn is_named(name: &str, places: &[PathBuf]) -> bool {
    places.iter().any(|place| place.to_string_lossy() == name)
}
