//! The store of trust: the folder `trust` of the data folder, one for all accounts.
//!
//! Snapshots ([`Snapshot`]) named by time and SHA-256, written whole and never changed; the newest
//! is in force, those before it are the history. Beside them, named by their SHA-256, the lists
//! that a snapshot names. A snapshot whose name is not its digest is passed over and told. Reading
//! never fails: without a store, or where it cannot be read, the data compiled in are in force.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::access::Access;
use super::revocations::Revocations;
use super::{Failure, Session, whole};
use crate::output::catalogue::Catalogue;
use crate::providers::directory_index::KeptLists;
use crate::providers::snapshot::{self, KeptData, KeptEdition, Occasion, Seen};
use crate::providers::{ProviderList, Snapshot, Trust};
use crate::smime::certificate::Certificate;
use crate::smime::revocation::Crl;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::verify::{Crls, Learned, Verifier};

/// The folder below the data folder.
pub(super) const FOLDER: &str = "trust";
/// Whoever writes holds it, so that nothing that another added is lost.
const LOCK: &str = ".lock";
const ENDING: &str = ".toml";
/// `2026-11-30T003816Z-` before the digest.
const STAMP: usize = 19;
/// Hexadecimal digits of SHA-256.
const DIGEST: usize = 64;
/// Octets of a snapshot: a thousand editions come to three million.
const MAX_OCTETS: u64 = 16 * 1024 * 1024;

/// What is known beside the data compiled in, and where it is kept.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// None without a data folder.
    folder: Option<PathBuf>,
    /// The newest snapshot and its name; none where nothing was kept.
    pub name: Option<String>,
    pub snapshot: Snapshot,
    /// Names of snapshots that are newer and cannot be used.
    pub damaged: Vec<String>,
}

/// A file that is kept beside a snapshot under its digest.
pub(super) struct Beside {
    pub octets: Vec<u8>,
}

impl Beside {
    pub fn name(&self) -> String {
        sha256(&self.octets)
    }
}

/// Whether somebody waits for the store while another writes to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    Waits,
    LeavesIt,
}

impl Session<'_> {
    /// The store of trust of the data folder.
    pub(super) fn store(&self) -> Store {
        Store::open(self.data_dir.as_deref())
    }
}

impl Store {
    /// Opens the store of a data folder; an empty one where there is none.
    pub fn open(data_dir: Option<&Path>) -> Self {
        let Some(data_dir) = data_dir else {
            return Self::default();
        };
        let folder = data_dir.join(FOLDER);
        let mut store = Self::default();
        for name in names(&folder).into_iter().rev() {
            match read(&folder, &name) {
                Some(snapshot) => {
                    store.snapshot = snapshot;
                    store.name = Some(name);
                    break;
                }
                None => store.damaged.push(name),
            }
        }
        store.folder = Some(folder);
        store
    }

    /// All snapshots that can be used, the first first.
    pub fn history(&self) -> Vec<(String, Snapshot)> {
        let Some(folder) = &self.folder else {
            return Vec::new();
        };
        let names = names(folder).into_iter();
        names
            .filter_map(|name| {
                let snapshot = read(folder, &name)?;
                Some((name, snapshot))
            })
            .collect()
    }

    /// The authorities: those compiled in, or newer data that replace them, and what is kept.
    pub fn trust(&self) -> Trust {
        let built_in = Trust::built_in();
        let Some(name) = &self.name else {
            return built_in;
        };
        let trust = match self.newer_data(&built_in) {
            Some((_, data)) => {
                let as_of = data.as_of.clone();
                let mut trust = built_in.and(data);
                trust.as_of = as_of;
                trust
            }
            None => built_in,
        };
        self.snapshot.with(trust, name)
    }

    /// The same as a trust file, for whoever does not have this store.
    pub fn trust_file(&self) -> Vec<u8> {
        let text = Trust::built_in_file();
        if self.name.is_none() {
            return text.as_bytes().to_vec();
        }
        let newer = self.newer_data(&Trust::built_in());
        let text = newer.as_ref().map_or(text, |(text, _)| text);
        let as_of = self.trust().as_of;
        snapshot::trust_file(text, &self.snapshot, as_of.as_deref()).into_bytes()
    }

    fn newer_data(&self, built_in: &Trust) -> Option<(String, Trust)> {
        let data = self.snapshot.data.as_ref();
        let data = data.filter(|data| Some(&*data.as_of) > built_in.as_of.as_deref())?;
        let text = String::from_utf8(self.beside(&data.sha256)?).ok()?;
        let trust = Trust::parse(&text, "").ok()?;
        Some((text, trust))
    }

    /// Judges by what is known, with the lists that are kept.
    pub fn verifier(&self) -> Verifier {
        let verifier = Verifier::new(self.trust())
            .with_kept_lists(self.lists())
            .with_archive(self.archived().archive());
        match self.revocations() {
            lists if lists.lists.is_empty() && lists.damaged.is_empty() => verifier,
            lists => verifier.with_kept_crls(lists),
        }
    }

    /// The lists of providers, unread.
    pub fn lists(&self) -> KeptLists {
        let mut lists = KeptLists::default();
        for list in &self.snapshot.lists {
            let (folder, index) = (self.folder.clone(), list.index.clone());
            let read = move || {
                let octets = beside(folder.as_deref()?, &index)?;
                ProviderList::of_index(std::str::from_utf8(&octets).ok()?)
            };
            lists.add(list.dated, Box::new(read));
        }
        lists
    }

    /// The revocation lists of many days.
    pub fn archived(&self) -> Revocations {
        Revocations::of(self.folder.as_deref().and_then(Path::parent))
    }

    /// A revocation list that is kept, of whichever day, by its SHA-256.
    pub fn revocation_list(&self, sha256: &str) -> Option<Vec<u8>> {
        self.archived()
            .octets(sha256)
            .or_else(|| self.beside(sha256))
    }

    fn revocations(&self) -> Crls {
        // A snapshot that cannot be read may have named a list that revokes.
        let snapshots = self.damaged.iter().map(|name| Arc::from(&**name));
        let (mut lists, mut damaged) = (Vec::new(), snapshots.collect::<Vec<_>>());
        for kept in &self.snapshot.revocations {
            let name: Arc<str> = Arc::from(format!("{}, {}", kept.authority, kept.this_update));
            let octets = self.beside(&kept.sha256);
            match octets.and_then(|octets| Crl::parse(&octets).ok()) {
                Some(list) => lists.push((name, list)),
                None => damaged.push(name),
            }
        }
        Crls {
            lists,
            damaged,
            ..Crls::default()
        }
    }

    fn beside(&self, name: &str) -> Option<Vec<u8>> {
        beside(self.folder.as_deref()?, name)
    }

    /// Keeps a new snapshot with what `change` adds to the newest, and the files that it names.
    /// Gives its name; `None` where there was nothing to add.
    ///
    /// # Errors
    /// Those of the disk, and where there is no data folder.
    pub fn keep(
        &mut self,
        now: Timestamp,
        files: &[Beside],
        change: impl FnOnce(&mut Snapshot) -> bool,
    ) -> anyhow::Result<Option<String>> {
        self.keep_by(Patience::Waits, now, files, change)
    }

    fn keep_by(
        &mut self,
        patience: Patience,
        now: Timestamp,
        files: &[Beside],
        change: impl FnOnce(&mut Snapshot) -> bool,
    ) -> anyhow::Result<Option<String>> {
        let Some(folder) = self.folder.clone() else {
            return Err(Failure::new("no-data-folder", []).into());
        };
        let told = |error: io::Error| whole::failure(&folder, &error);
        private_folder(&folder).map_err(told)?;
        let lock = whole::private().create(true).open(folder.join(LOCK));
        let lock = lock.map_err(told)?;
        match patience {
            // Not every disk knows locks.
            Patience::Waits => drop(lock.lock()),
            Patience::LeavesIt => {
                if matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)) {
                    return Ok(None);
                }
            }
        }
        // Another may have written since this was read.
        *self = Self::open(folder.parent());
        let mut snapshot = self.snapshot.clone();
        if !change(&mut snapshot) {
            return Ok(None);
        }
        let after = |at: Timestamp| Timestamp::from_unix(at.unix() + 1);
        let newest = names(&folder).pop().and_then(|name| time_of(&name));
        snapshot.kept_at = newest.map(after).max(Some(now));
        snapshot.previous = self.name.clone();
        for file in files {
            let path = folder.join(file.name());
            if !path.exists() {
                whole::write_new(&path, &mut |out| Ok(out.write_all(&file.octets)?))?;
            }
        }
        let text = snapshot.text();
        let name = name_of(&snapshot, &text);
        let path = folder.join(&name);
        whole::write_new(&path, &mut |out| Ok(out.write_all(text.as_bytes())?))?;
        self.snapshot = snapshot;
        self.name = Some(name.clone());
        Ok(Some(name))
    }

    /// Keeps editions that messages had. Only those of keys that the store knows, so that nothing
    /// enters that only a file named for one command vouches for.
    fn learn(&mut self, learned: &[Learned], now: Timestamp) -> anyhow::Result<Vec<String>> {
        let trust = self.trust();
        let mut new: Vec<KeptEdition> = Vec::new();
        let mut told = Vec::new();
        for one in learned {
            let Some(der) = &one.edition.certificate else {
                continue;
            };
            let by =
                |anchor: &&crate::smime::chain::Anchor| !anchor.editions_among([&**der]).is_empty();
            let (Some(anchor), Ok(certificate)) =
                (trust.anchors.iter().find(by), Certificate::parse(der))
            else {
                continue;
            };
            told.push(format!("{}, {}", anchor.label, certificate.not_before));
            new.push(KeptEdition {
                certificate: Arc::new(certificate),
                seen: Seen {
                    occasion: Occasion::Message,
                    at: now,
                    place: one.message.clone(),
                },
            });
        }
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.keep_by(Patience::LeavesIt, now, &[], |snapshot| {
            add_editions(snapshot, new)
        })?;
        Ok(kept.map(|_| told).unwrap_or_default())
    }
}

/// Adds certificates of authorities; whether any is new.
pub(super) fn add_editions(snapshot: &mut Snapshot, editions: Vec<KeptEdition>) -> bool {
    let before = snapshot.editions.len();
    for edition in editions {
        if !snapshot.has(&edition.certificate.sha256()) {
            snapshot.editions.push(edition);
        }
    }
    snapshot.editions.len() > before
}

/// Replaces the data by newer ones; whether they are newer.
pub(super) fn replace_data(snapshot: &mut Snapshot, data: KeptData) -> bool {
    let is_newer = (snapshot.data.as_ref()).is_none_or(|known| known.as_of < data.as_of);
    if is_newer {
        snapshot.data = Some(data);
    }
    is_newer
}

/// Keeps what a verifier learned, and tells it. What cannot be written is learned another time: a
/// verdict never fails for it.
pub(super) fn keep_learned(verifier: &Verifier, session: &mut Session<'_>) {
    let learned = verifier.learned();
    let has_folder = session.data_dir.as_deref().is_some_and(Path::is_dir);
    if learned.is_empty() || !has_folder {
        return;
    }
    let now = session.context.clock.now();
    let told = session.store().learn(&learned, now).unwrap_or_default();
    for edition in told {
        let texts = Catalogue::of(session.lang);
        let line = texts.fill("authorities.learned", &[("edition", &edition)]);
        let _ = writeln!(session.err, "{line}");
    }
}

impl Access {
    /// The store of the data folder of this account.
    pub(super) fn store(&self) -> Store {
        Store::open(self.data_dir.as_deref())
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The names of the snapshots, in the order of their times.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| time_of(name).is_some()).collect();
    names.sort_unstable();
    names
}

fn name_of(snapshot: &Snapshot, text: &str) -> String {
    let at = snapshot.kept_at.unwrap_or(Timestamp::from_unix(0));
    let at = at.to_string().replace(':', "");
    format!("{at}-{}{ENDING}", sha256(text.as_bytes()))
}

/// The time in the name of a snapshot.
fn time_of(name: &str) -> Option<Timestamp> {
    let (stamp, digest) = name.strip_suffix(ENDING)?.split_at_checked(STAMP)?;
    let is_digest = digest.len() == DIGEST && digest.bytes().all(|octet| octet.is_ascii_hexdigit());
    let (day, time) = stamp.strip_suffix("Z-")?.split_once('T')?;
    let [hour, minute, second] = [0, 2, 4].map(|at| time.get(at..at + 2));
    let text = format!("{day}T{}:{}:{}Z", hour?, minute?, second?);
    Timestamp::parse(&text).ok().filter(|_| is_digest)
}

fn read(folder: &Path, name: &str) -> Option<Snapshot> {
    let octets = octets(&folder.join(name))?;
    let is_whole = name.contains(&sha256(&octets));
    is_whole.then(|| Snapshot::parse(&octets).ok()).flatten()
}

fn beside(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let is_name = name.len() == DIGEST && name.bytes().all(|octet| octet.is_ascii_hexdigit());
    let octets = is_name.then(|| octets(&folder.join(name))).flatten()?;
    (sha256(&octets) == name).then_some(octets)
}

/// None where it cannot be read, or is larger than anything that was kept.
fn octets(path: &Path) -> Option<Vec<u8>> {
    let limit = MAX_OCTETS.max(crate::providers::directory::MAX_OCTETS as u64);
    let file = File::open(path).ok()?;
    let mut octets = Vec::new();
    let read = io::Read::take(file, limit + 1);
    let read = io::Read::read_to_end(&mut { read }, &mut octets).ok()?;
    (read as u64 <= limit).then_some(octets)
}
