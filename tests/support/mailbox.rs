//! A mailbox that does what a test says: folders of octets, and the faults of real servers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::Duration;

use postacert::timestamp::Timestamp;
use postacert::transport::{
    Came, Censor, Error, Fetched, Folder, FolderState, Mailbox, Quota, Reply, Stop, Summary, Waited,
};

/// One folder.
#[derive(Clone, Debug)]
pub struct Kept {
    pub uid_validity: u32,
    /// Whether EXAMINE tells UIDNEXT.
    pub says_next: bool,
    /// HIGHESTMODSEQ as EXAMINE tells it; nothing moves it but the test.
    pub mod_seq: Option<u64>,
    /// How many messages EXAMINE counts that are not shown.
    pub counts_more: usize,
    pub messages: BTreeMap<u32, Vec<u8>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            uid_validity: 1,
            says_next: true,
            mod_seq: None,
            counts_more: 0,
            messages: BTreeMap::new(),
        }
    }
}

/// The mailbox. Correct by default; each fault is one field.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub folders: BTreeMap<String, Kept>,
    /// The line breaks at this call, counted from 1.
    pub breaks_at: Option<usize>,
    /// UIDs left out when they are asked for together with others.
    pub shy: BTreeSet<u32>,
    /// UIDs whose header comes, and which are gone when more is asked for.
    pub gone: BTreeSet<u32>,
    /// UIDs that come without an octet.
    pub hollow: BTreeSet<u32>,
    /// UIDs that are gone as soon as a search has named them.
    pub vanishing: BTreeSet<u32>,
    /// Lines of LIST that name no folder.
    pub odd: Vec<String>,
    /// Folders that hold other folders and no messages.
    pub containers: BTreeSet<String>,
    /// Folders that are not opened.
    pub closed: BTreeSet<String>,
    /// Whether SEARCH names nothing, whatever is there.
    pub blind: bool,
    /// Folders that are not searched.
    pub unsearchable: BTreeSet<String>,
    /// UIDs that are listed but never come.
    pub held_back: BTreeSet<u32>,
    /// UIDs over which the line breaks.
    pub fatal: BTreeSet<u32>,
    /// What it says of its room, each time once; then nothing.
    pub quotas: VecDeque<Quota>,
    /// Calls so far, and what they asked for.
    pub calls: Vec<String>,
    open: Option<String>,
}

impl Script {
    /// One with an INBOX of these messages, UIDs from 1.
    pub fn inbox<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut script = Self::default();
        script.folders.insert("INBOX".to_owned(), Kept::default());
        for message in messages {
            script.arrive("INBOX", message);
        }
        script
    }

    /// Adds a message under the next UID, and gives it.
    pub fn arrive(&mut self, folder: &str, octets: &[u8]) -> u32 {
        let kept = self.folders.entry(folder.to_owned()).or_default();
        let uid = kept.messages.keys().next_back().map_or(1, |uid| uid + 1);
        kept.messages.insert(uid, octets.to_vec());
        uid
    }

    /// Adds a message under a UID of choice.
    pub fn arrive_at(&mut self, folder: &str, uid: u32, octets: &[u8]) {
        let kept = self.folders.entry(folder.to_owned()).or_default();
        kept.messages.insert(uid, octets.to_vec());
    }

    /// The same messages under other numbers, as after a move to another server.
    pub fn renumber(&mut self, folder: &str, uid_validity: u32, first: u32) {
        let kept = self.folders.get_mut(folder).expect("a folder");
        kept.uid_validity = uid_validity;
        let messages = std::mem::take(&mut kept.messages);
        kept.messages = (first..).zip(messages.into_values()).collect();
    }

    /// How many calls began so.
    pub fn count(&self, start: &str) -> usize {
        let calls = self.calls.iter();
        calls.filter(|call| call.starts_with(start)).count()
    }

    fn call(&mut self, what: String) -> Result<(), Error> {
        self.calls.push(what);
        if self.breaks_at == Some(self.calls.len()) {
            self.open = None;
            return Err(Error::Broken("cut by the test".to_owned()));
        }
        Ok(())
    }

    fn opened(&self) -> &Kept {
        let name = self.open.as_ref().expect("a folder was opened");
        &self.folders[name]
    }
}

fn refused(what: &'static str) -> Error {
    let text = Censor::none().text("[NOPERM] not for you");
    let reply = Reply { code: 0, text };
    Error::Refused { what, reply }
}

/// The named fields of a header as they were sent, with the empty line.
fn fields(octets: &[u8], names: &[&str]) -> Vec<u8> {
    let text = String::from_utf8_lossy(octets).replace("\r\n", "\n");
    let header = text.split("\n\n").next().unwrap_or_default();
    let (mut out, mut wanted) = (String::new(), false);
    for line in header.lines() {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default();
            wanted = names.iter().any(|known| known.eq_ignore_ascii_case(name));
        }
        if wanted {
            out += &format!("{line}\r\n");
        }
    }
    (out + "\r\n").into_bytes()
}

fn broken<T>(error: Error) -> Came<T> {
    Came {
        all: Vec::new(),
        fault: Some(error),
    }
}

impl Mailbox for Script {
    fn folders(&mut self) -> Result<Vec<Folder>, Error> {
        self.call("folders".to_owned())?;
        let folder = |name: &String| Folder {
            name: name.clone(),
            separator: Some("/".to_owned()),
            selectable: !self.containers.contains(name),
            sent: false,
        };
        Ok(self.folders.keys().map(folder).collect())
    }

    fn odd_folders(&self) -> &[String] {
        &self.odd
    }

    fn examine(&mut self, folder: &str) -> Result<FolderState, Error> {
        self.call(format!("examine {folder}"))?;
        if self.closed.contains(folder) || self.containers.contains(folder) {
            return Err(refused("EXAMINE"));
        }
        self.open = Some(folder.to_owned());
        let kept = self.opened();
        let next = kept.messages.keys().next_back().map_or(1, |uid| uid + 1);
        Ok(FolderState {
            uid_validity: kept.uid_validity,
            uid_next: kept.says_next.then_some(next),
            exists: u32::try_from(kept.messages.len() + kept.counts_more).expect("few"),
            mod_seq: kept.mod_seq.and_then(std::num::NonZeroU64::new),
        })
    }

    fn uids(&mut self, uids: RangeInclusive<u32>) -> Result<Vec<u32>, Error> {
        self.call(format!("uids {uids:?}"))?;
        let all = self.opened().messages.range(uids).map(|(uid, _)| *uid);
        Ok(all.filter(|uid| !self.gone.contains(uid)).collect())
    }

    fn summaries(&mut self, uids: RangeInclusive<u32>, names: &[&str]) -> Came<Summary> {
        if let Err(error) = self.call(format!("summaries {uids:?}")) {
            return broken(error);
        }
        let found = self.opened().messages.range(uids);
        let summary = |(uid, octets): (&u32, &Vec<u8>)| Summary {
            uid: *uid,
            size: octets.len() as u64,
            header: fields(octets, names),
        };
        Came {
            all: found.map(summary).collect(),
            fault: None,
        }
    }

    fn fetch(&mut self, uids: &[u32]) -> Came<Fetched> {
        if let Err(error) = self.call(format!("fetch {uids:?}")) {
            return broken(error);
        }
        // What comes before it comes whole.
        let fatal = uids.iter().position(|uid| self.fatal.contains(uid));
        let fault = fatal.map(|_| Error::Broken("over a message".to_owned()));
        let uids = &uids[..fatal.unwrap_or(uids.len())];
        let alone = uids.len() == 1;
        let comes = |uid: &&u32| {
            !self.gone.contains(*uid)
                && !self.held_back.contains(*uid)
                && (alone || !self.shy.contains(*uid))
                && self.opened().messages.contains_key(*uid)
        };
        let fetched = |uid: &u32| Fetched {
            uid: *uid,
            internal_date: Some(Timestamp::from_unix(1_777_880_000)),
            octets: match self.hollow.contains(uid) {
                true => Vec::new(),
                false => self.opened().messages[uid].clone(),
            },
        };
        Came {
            all: uids.iter().filter(comes).map(fetched).collect(),
            fault,
        }
    }

    fn search_header(&mut self, field: &'static str, text: &str) -> Result<Vec<u32>, Error> {
        self.call(format!("search {field} {text}"))?;
        let open = self.open.as_ref().expect("a folder was opened");
        if self.unsearchable.contains(open) {
            return Err(refused("SEARCH"));
        }
        let contains =
            |octets: &&Vec<u8>| String::from_utf8_lossy(&fields(octets, &[field])).contains(text);
        let found = self.opened().messages.iter();
        let found = found.filter(|(_, octets)| contains(octets));
        let mut found: Vec<u32> = found.map(|(uid, _)| *uid).collect();
        if self.blind {
            found.clear();
        }
        let open = self.open.clone().expect("a folder was opened");
        let kept = self.folders.get_mut(&open).expect("a folder");
        kept.messages.retain(|uid, _| !self.vanishing.contains(uid));
        Ok(found)
    }

    fn append(&mut self, folder: &str, octets: &[u8]) -> Result<(), Error> {
        self.call(format!("append {folder}"))?;
        self.arrive(folder, octets);
        Ok(())
    }

    fn quota(&mut self) -> Result<Option<Quota>, Error> {
        self.call("quota".to_owned())?;
        Ok(self.quotas.pop_front())
    }

    fn wait(&mut self, _: Duration, _: Duration, stop: &Stop) -> Result<Waited, Error> {
        self.call("wait".to_owned())?;
        Ok(if stop.is_asked() {
            Waited::Stopped
        } else {
            Waited::Elapsed
        })
    }

    fn octets_on_the_wire(&self) -> (u64, u64) {
        (0, 0)
    }
}
