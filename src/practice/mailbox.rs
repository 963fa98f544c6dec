//! The mailboxes of the practice provider: accounts, folders, messages, and news of them.
//!
//! Kept in memory, and in a folder where one was given, so that a restart finds the same UIDs.
//! A message is one file, `UID-SECONDS-FLAGS.eml`; it is written before anybody sees it. Nothing
//! is fsynced: this is practice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Error;
use crate::timestamp::Timestamp;

/// The folder that mail comes into.
pub const INBOX: &str = "INBOX";
/// The folder of sent mail, as Italian providers name it; marked `\Sent`.
pub const SENT: &str = "INBOX.Inviata";
/// What stands between the levels of a folder's name.
pub const SEPARATOR: char = '.';

/// Accounts: every user name that the password opens makes one.
const MAX_ACCOUNTS: usize = 10_000;
/// Folders of one account: more than a mail program makes.
const MAX_FOLDERS: usize = 200;
/// The file with UIDVALIDITY and the next UID.
const UIDS_FILE: &str = "uids";

/// Flags of a message (RFC 3501, 2.3.2), each one bit; keywords are not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(pub u8);

impl Flags {
    pub(super) const SEEN: Self = Self(1);
    pub(super) const DELETED: Self = Self(8);
    /// Bit, letter in file names (as in Maildir), name.
    pub(super) const ALL: [(Self, char, &'static str); 5] = [
        (Self(1), 'S', "\\Seen"),
        (Self(2), 'R', "\\Answered"),
        (Self(4), 'F', "\\Flagged"),
        (Self(8), 'T', "\\Deleted"),
        (Self(16), 'D', "\\Draft"),
    ];

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn letters(self) -> String {
        let set = Self::ALL.into_iter().filter(|(flag, ..)| self.has(*flag));
        set.map(|(_, letter, _)| letter).collect()
    }

    fn of_letters(text: &str) -> Self {
        let set = Self::ALL
            .into_iter()
            .filter(|(_, letter, _)| text.contains(*letter));
        Self(set.fold(0, |bits, (flag, ..)| bits | flag.0))
    }
}

/// One message.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its UID in the folder.
    pub uid: u32,
    /// When it came.
    pub at: Timestamp,
    /// Its octets.
    pub octets: Arc<[u8]>,
    pub(super) flags: Flags,
}

impl Stored {
    fn file_name(&self) -> String {
        format!(
            "{}-{}-{}.eml",
            self.uid,
            self.at.unix(),
            self.flags.letters()
        )
    }

    /// From the name of its file.
    fn named(name: &str, octets: Vec<u8>) -> Option<Self> {
        let mut pieces = name.strip_suffix(".eml")?.splitn(3, '-');
        Some(Self {
            uid: pieces.next()?.parse().ok()?,
            at: Timestamp::from_unix(pieces.next()?.parse().ok()?),
            flags: Flags::of_letters(pieces.next()?),
            octets: octets.into(),
        })
    }
}

/// One folder.
#[derive(Debug)]
pub(super) struct Folder {
    pub uid_validity: u32,
    pub uid_next: u32,
    /// In the order of UIDs.
    pub messages: Vec<Stored>,
    path: Option<PathBuf>,
}

impl Folder {
    pub(super) fn find(&self, uid: u32) -> Option<&Stored> {
        let at = self.messages.binary_search_by_key(&uid, |one| one.uid);
        Some(&self.messages[at.ok()?])
    }

    fn add(&mut self, octets: &[u8], at: Timestamp, flags: Flags) -> Result<u32, Error> {
        let message = Stored {
            uid: self.uid_next,
            at,
            octets: octets.into(),
            flags,
        };
        if let Some(folder) = &self.path {
            let path = folder.join(message.file_name());
            fs::write(&path, octets).map_err(|error| Error::of_file(&path, error))?;
        }
        self.uid_next = self.uid_next.saturating_add(1);
        self.messages.push(message);
        Ok(self.uid_next - 1)
    }

    /// Changes the flags of a message; says what they are now.
    pub(super) fn mark(
        &mut self,
        uid: u32,
        change: impl FnOnce(Flags) -> Flags,
    ) -> Result<Option<Flags>, Error> {
        let Ok(at) = self.messages.binary_search_by_key(&uid, |one| one.uid) else {
            return Ok(None);
        };
        let message = &mut self.messages[at];
        let before = message.file_name();
        let flags = change(message.flags);
        if flags != message.flags {
            message.flags = flags;
            if let Some(folder) = &self.path {
                let (old, new) = (folder.join(before), folder.join(message.file_name()));
                fs::rename(&old, &new).map_err(|error| Error::of_file(&old, error))?;
            }
        }
        Ok(Some(flags))
    }

    /// Removes the messages marked as deleted, of these UIDs or of all.
    pub(super) fn expunge(&mut self, only: impl Fn(u32) -> bool) -> Result<(), Error> {
        let (gone, kept) = std::mem::take(&mut self.messages)
            .into_iter()
            .partition(|one: &Stored| one.flags.has(Flags::DELETED) && only(one.uid));
        self.messages = kept;
        if let Some(folder) = &self.path {
            for message in gone {
                let path = folder.join(message.file_name());
                fs::remove_file(&path).map_err(|error| Error::of_file(&path, error))?;
            }
            self.keep_uids()?;
        }
        Ok(())
    }

    /// Another UIDVALIDITY, and UIDs that were never given.
    pub(super) fn renumber(&mut self) {
        self.uid_validity = self.uid_validity.wrapping_add(1).max(1);
        for message in &mut self.messages {
            let before = message.file_name();
            message.uid = self.uid_next;
            self.uid_next = self.uid_next.saturating_add(1);
            if let Some(folder) = &self.path {
                // Found again under its old number if it fails: a mailbox of practice.
                let _ = fs::rename(folder.join(before), folder.join(message.file_name()));
            }
        }
        let _ = self.keep_uids();
    }

    fn keep_uids(&self) -> Result<(), Error> {
        let Some(folder) = &self.path else {
            return Ok(());
        };
        let path = folder.join(UIDS_FILE);
        let text = format!("{} {}\n", self.uid_validity, self.uid_next);
        fs::write(&path, text).map_err(|error| Error::of_file(&path, error))
    }

    /// A folder of the disk, made if it is not there.
    fn open(path: Option<PathBuf>, uid_validity: u32) -> Result<Self, Error> {
        let mut folder = Self {
            uid_validity,
            uid_next: 1,
            messages: Vec::new(),
            path,
        };
        let Some(path) = folder.path.clone() else {
            return Ok(folder);
        };
        let failed = |error| Error::of_file(&path, error);
        fs::create_dir_all(&path).map_err(failed)?;
        let kept = fs::read_to_string(path.join(UIDS_FILE)).unwrap_or_default();
        let mut numbers = kept.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(validity)), Some(Ok(next))) => {
                (folder.uid_validity, folder.uid_next) = (validity, next);
            }
            _ => folder.keep_uids()?,
        }
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".eml") {
                let octets = fs::read(entry.path()).map_err(failed)?;
                folder.messages.extend(Stored::named(&name, octets));
            }
        }
        folder.messages.sort_by_key(|one| one.uid);
        folder.messages.dedup_by_key(|one| one.uid);
        let last = folder.messages.last().map_or(0, |one| one.uid);
        folder.uid_next = folder.uid_next.max(last.saturating_add(1));
        Ok(folder)
    }
}

/// All mailboxes.
#[derive(Debug)]
pub(super) struct Store(Mutex<State>);

#[derive(Debug)]
struct State {
    accounts: BTreeMap<String, BTreeMap<String, Folder>>,
    /// Counts changes, so that who waits can tell.
    changes: u64,
    path: Option<PathBuf>,
    /// UIDVALIDITY of folders that are made now.
    validity: u32,
}

impl Store {
    /// The mailboxes kept in a folder, or none yet.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub(super) fn open(path: Option<&Path>, now: Timestamp) -> Result<Self, Error> {
        let validity = u32::try_from(now.unix()).unwrap_or(1).max(1);
        let mut state = State {
            accounts: BTreeMap::new(),
            changes: 0,
            path: path.map(Path::to_owned),
            validity,
        };
        if let Some(path) = path {
            let failed = |error| Error::of_file(path, error);
            fs::create_dir_all(path).map_err(failed)?;
            for user in names_in(path)? {
                let below = path.join(file_name(&user));
                let mut folders = BTreeMap::new();
                for name in names_in(&below)? {
                    let folder = Folder::open(Some(below.join(file_name(&name))), validity)?;
                    folders.insert(name, folder);
                }
                state.accounts.insert(user, folders);
            }
        }
        Ok(Self(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an account with its two folders, if it is not there.
    ///
    /// # Errors
    /// When there are too many, or the disk refuses.
    pub(super) fn make_account(&self, user: &str) -> Result<(), Error> {
        self.lock().account(user).map(drop)
    }

    /// Puts a message into a folder of an account, which are made if they are not there.
    ///
    /// # Errors
    /// When there are too many accounts or folders, or the disk refuses.
    pub(super) fn deliver(
        &self,
        user: &str,
        folder: &str,
        octets: &[u8],
        at: Timestamp,
        flags: Flags,
    ) -> Result<(u32, u32), Error> {
        let mut state = self.lock();
        let folder = state.folder(user, folder)?;
        let uid = folder.add(octets, at, flags)?;
        let validity = folder.uid_validity;
        state.changes += 1;
        Ok((validity, uid))
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// As [`Self::deliver`].
    pub(super) fn make_folder(&self, user: &str, folder: &str) -> Result<(), Error> {
        self.lock().folder(user, folder).map(drop)
    }

    /// The names of an account's folders, sorted.
    pub(super) fn folders(&self, user: &str) -> Vec<String> {
        let state = self.lock();
        let folders = state.accounts.get(&account_name(user));
        folders.map_or_else(Vec::new, |folders| folders.keys().cloned().collect())
    }

    /// Looks at a folder, or changes it; `None` when there is none.
    pub(super) fn with<T>(
        &self,
        user: &str,
        folder: &str,
        act: impl FnOnce(&mut Folder) -> T,
    ) -> Option<T> {
        let mut state = self.lock();
        let folders = state.accounts.get_mut(&account_name(user))?;
        Some(act(folders.get_mut(&folder_name(folder))?))
    }

    /// Octets of all messages of an account.
    pub(super) fn octets(&self, user: &str) -> u64 {
        let state = self.lock();
        let folders = state.accounts.get(&account_name(user));
        let messages = folders
            .into_iter()
            .flat_map(|folders| folders.values().flat_map(|folder| &folder.messages));
        messages.map(|one| one.octets.len() as u64).sum()
    }

    /// Says that something changed which is no delivery.
    pub(super) fn touch(&self) {
        self.lock().changes += 1;
    }

    /// How often something changed.
    pub(super) fn changes(&self) -> u64 {
        self.lock().changes
    }
}

impl State {
    fn account(&mut self, user: &str) -> Result<&mut BTreeMap<String, Folder>, Error> {
        let user = account_name(user);
        if !self.accounts.contains_key(&user) {
            if self.accounts.len() >= MAX_ACCOUNTS {
                return Err(Error::TooMany("accounts"));
            }
            let mut folders = BTreeMap::new();
            for name in [INBOX, SENT] {
                let path = self.path_of(&user, name);
                folders.insert(name.to_owned(), Folder::open(path, self.validity)?);
            }
            self.accounts.insert(user.clone(), folders);
        }
        self.accounts
            .get_mut(&user)
            .ok_or(Error::TooMany("accounts"))
    }

    fn folder(&mut self, user: &str, folder: &str) -> Result<&mut Folder, Error> {
        let (name, validity) = (folder_name(folder), self.validity);
        let path = self.path_of(&account_name(user), &name);
        let folders = self.account(user)?;
        if !folders.contains_key(&name) {
            if folders.len() >= MAX_FOLDERS {
                return Err(Error::TooMany("folders"));
            }
            folders.insert(name.clone(), Folder::open(path, validity)?);
        }
        folders.get_mut(&name).ok_or(Error::TooMany("folders"))
    }

    fn path_of(&self, user: &str, folder: &str) -> Option<PathBuf> {
        let path = self.path.as_ref()?;
        Some(path.join(file_name(user)).join(file_name(folder)))
    }
}

fn account_name(user: &str) -> String {
    user.to_ascii_lowercase()
}

/// INBOX is one in any case of letters (RFC 3501, 5.1).
fn folder_name(name: &str) -> String {
    match name.eq_ignore_ascii_case(INBOX) {
        true => INBOX.to_owned(),
        false => name.to_owned(),
    }
}

/// A name that every file system takes and that leads nowhere else: other octets as `%2F`.
fn file_name(name: &str) -> String {
    let octets = name.bytes().enumerate();
    octets
        .map(|(at, octet)| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'_' | b'+' | b'-' => {
                char::from(octet).to_string()
            }
            b'.' if at > 0 => ".".to_owned(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Names of the folders in a folder, decoded.
fn names_in(path: &Path) -> Result<Vec<String>, Error> {
    let failed = |error| Error::of_file(path, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir()
            && let Some(name) = entry.file_name().to_str()
        {
            names.extend(decoded(name));
        }
    }
    Ok(names)
}

fn decoded(name: &str) -> Option<String> {
    let mut octets = Vec::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('%') {
        octets.extend_from_slice(before.as_bytes());
        octets.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = &after[2..];
    }
    octets.extend_from_slice(rest.as_bytes());
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_one_file_and_back() {
        for name in ["io@pec.it", "INBOX.Inviata", "../x", "a/b", "%41", ".", ""] {
            let file = file_name(name);
            assert!(!file.contains('/') && !file.starts_with('.'), "{file}");
            assert_eq!(decoded(&file).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_restart_finds_the_same_messages_and_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_unix(1_795_367_011);
        let store = Store::open(Some(folder.path()), now).unwrap();
        for text in ["uno", "due", "tre"] {
            let flags = Flags::default();
            store
                .deliver("A@b", "inbox", text.as_bytes(), now, flags)
                .unwrap();
        }
        let change = |folder: &mut Folder| {
            folder.mark(1, |_| Flags::SEEN).unwrap();
            folder.mark(3, |_| Flags::of_letters("T")).unwrap();
            folder.expunge(|_| true).unwrap();
        };
        store.with("a@b", INBOX, change).unwrap();
        drop(store);

        let later = Timestamp::from_unix(1_795_999_999);
        let store = Store::open(Some(folder.path()), later).unwrap();
        let found = store.with("a@b", INBOX, |folder| {
            let list: Vec<_> = folder
                .messages
                .iter()
                .map(|one| (one.uid, one.flags, one.at, one.octets.to_vec()))
                .collect();
            (folder.uid_validity, folder.uid_next, list)
        });
        let (validity, next, list) = found.unwrap();
        assert_eq!((i64::from(validity), next), (now.unix(), 4));
        let expected = [
            (1, Flags::SEEN, now, b"uno".to_vec()),
            (2, Flags::default(), now, b"due".to_vec()),
        ];
        assert_eq!(list, expected);
        assert_eq!(store.folders("a@b"), [INBOX, SENT]);
    }
}
