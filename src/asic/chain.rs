//! The manifests of a container and the time stamps over them, from the first to the last (ETSI
//! EN 319 162-1, 4.4.3.2 and A.7).
//!
//! The first manifest lists the files. Every later time stamp goes over an archive manifest that
//! lists all there was when it was made, the manifests and time stamps before it too. The newest of
//! these has the name [`ARCHIVE_MANIFEST`]; `Rootfile` in each names the one before it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use super::flaw::Flaw;
use super::{
    ARCHIVE_MANIFEST, Directory, Error, Fault, MANIFEST, MAX_MANIFEST_OCTETS, META_INF, Manifest,
    TIME_STAMP,
};

/// Archive manifests of a container: one in two years, for longer than anybody keeps anything.
const MAX_LINKS: usize = 64;

/// Names of what a container holds, without its media type, and the SHA-256 of each.
pub(super) type Held<'a> = BTreeMap<&'a str, &'a str>;

/// The manifests of a container; nothing in them is compared yet.
pub(super) struct Chain {
    first: Result<Manifest, Flaw>,
    /// The archive manifests, the oldest first.
    archives: Vec<Link>,
    /// Archive manifests that cannot be read, behind which nothing is known.
    broken: Vec<Flaw>,
}

/// An archive manifest.
struct Link {
    name: String,
    manifest: Manifest,
}

impl Chain {
    /// Reads the manifests, the archive manifests from the newest back.
    ///
    /// # Errors
    /// The disk; a manifest that is too large, or too many of them.
    pub fn read(
        directory: &Directory,
        file: &mut (impl io::Read + io::Seek),
    ) -> Result<Self, Error> {
        let first = manifest(directory, file, MANIFEST)?;
        let (mut archives, mut broken) = (Vec::<Link>::new(), Vec::new());
        let mut next = Some(ARCHIVE_MANIFEST.to_owned());
        while let Some(name) = next.take() {
            // One that leads back to itself cannot list the digest of the other.
            let is_known = archives.iter().any(|link| link.name == name);
            if is_known || !is_of_archive(&name) {
                break;
            }
            match manifest(directory, file, &name)? {
                Some(Ok(manifest)) if archives.len() < MAX_LINKS => {
                    next = manifest.previous.as_ref().map(ToString::to_string);
                    archives.push(Link { name, manifest });
                }
                Some(Ok(_)) => return Err(Fault::TooMany.into()),
                Some(Err(flaw)) => broken.push(flaw),
                // Who lists it says that it is missing.
                None => {}
            }
        }
        archives.reverse();
        Ok(Self {
            first: first.unwrap_or(Err(Flaw::NoManifest)),
            archives,
            broken,
        })
    }

    /// Whether the manifest names the place of a time stamp as this program does.
    pub fn is_ours(&self) -> bool {
        let first = self.first.as_ref();
        first.is_ok_and(|manifest| manifest.signature == TIME_STAMP)
    }

    /// The names of token and manifest of each time stamp that there would be, the oldest first.
    pub fn stamps(&self) -> impl Iterator<Item = (&str, &str)> {
        let archives = self.archives.iter();
        let archives = archives.map(|link| (&*link.manifest.signature, &*link.name));
        std::iter::once((TIME_STAMP, MANIFEST)).chain(archives)
    }

    /// Adds in what the files differ from the manifests.
    pub fn compare(&self, held: &Held<'_>, flaws: &mut Vec<Flaw>) {
        flaws.extend(self.broken.iter().cloned());
        match &self.first {
            Ok(first) => {
                let later: HashSet<&str> = self.stamps().flat_map(|(a, b)| [a, b]).collect();
                compare(first, &later, held, flaws);
            }
            Err(flaw) => flaws.push(flaw.clone()),
        }
        for (place, link) in self.archives.iter().enumerate() {
            let later = self.archives[place..].iter();
            let later = later.flat_map(|link| [&*link.name, &*link.manifest.signature]);
            compare(&link.manifest, &later.collect(), held, flaws);
            let token = &link.manifest.signature;
            if !is_token(token) || !held.contains_key(&**token) {
                add(
                    flaws,
                    Flaw::Missing {
                        name: token.clone(),
                    },
                );
            }
        }
    }
}

/// A manifest, or why it cannot be read; `None` where there is none.
fn manifest(
    directory: &Directory,
    file: &mut (impl io::Read + io::Seek),
    name: &str,
) -> Result<Option<Result<Manifest, Flaw>>, Error> {
    let mut entries = directory.entries.iter();
    let Some(entry) = entries.find(|entry| entry.name == name) else {
        return Ok(None);
    };
    let Some(octets) = Directory::octets(file, entry, MAX_MANIFEST_OCTETS)? else {
        return Err(Fault::TooLarge.into());
    };
    let name = name.to_owned();
    let read = Manifest::parse(&octets);
    Ok(Some(read.map_err(|why| Flaw::Unreadable { name, why })))
}

/// Whether a name may be that of an archive manifest (EN 319 162-1, A.7).
fn is_of_archive(name: &str) -> bool {
    let name = name.strip_prefix(META_INF).unwrap_or_default();
    name.contains("ASiCArchiveManifest") && name.ends_with(".xml")
}

/// Whether a name may be that of a time stamp (EN 319 162-1, 4.4.3.2).
fn is_token(name: &str) -> bool {
    let name = name.strip_prefix(META_INF).unwrap_or_default();
    name.contains("timestamp") && name.ends_with(".tst")
}

/// Adds in what the files differ from one manifest, which need not list what is later than it.
fn compare(manifest: &Manifest, later: &HashSet<&str>, held: &Held<'_>, flaws: &mut Vec<Flaw>) {
    let files = manifest.files.iter();
    let listed: HashMap<&str, &str> = files
        .map(|file| (file.name.as_str(), &*file.sha256))
        .collect();
    let owners: HashMap<&str, &str> = listed
        .iter()
        .map(|(name, sha256)| (*sha256, *name))
        .collect();
    for (name, sha256) in held {
        let owned = || (*name).to_owned();
        match listed.get(name) {
            Some(expected) if expected == sha256 => {}
            Some(expected) => {
                // Its checksum would say the same.
                flaws.retain(|flaw| !matches!(flaw, Flaw::Checksum { name: one } if one == name));
                let flaw = match owners.get(sha256) {
                    Some(owner) => Flaw::Exchanged {
                        name: owned(),
                        with: (*owner).to_owned(),
                    },
                    None => Flaw::Changed {
                        name: owned(),
                        expected: (*expected).to_owned(),
                        found: (*sha256).to_owned(),
                    },
                };
                add(flaws, flaw);
            }
            None if later.contains(name) => {}
            None => add(flaws, Flaw::Added { name: owned() }),
        }
    }
    // In their order, which that of a map is not.
    for file in &manifest.files {
        if !held.contains_key(file.name.as_str()) {
            let name = file.name.to_string();
            add(flaws, Flaw::Missing { name });
        }
    }
}

/// What one manifest has said of a file the next need not say again.
fn add(flaws: &mut Vec<Flaw>, flaw: Flaw) {
    let is_said = |one: &Flaw| one.word() == flaw.word() && one.name() == flaw.name();
    if !flaws.iter().any(is_said) {
        flaws.push(flaw);
    }
}
