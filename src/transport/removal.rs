//! Taking messages out of a mailbox, and nothing else with them (RFC 3501; UID EXPUNGE of RFC 4315).
//!
//! Only what was fetched here, on the same connection, and has the octets that were named, is marked and
//! removed. A server without UIDPLUS could only remove all that anybody ever marked: it is asked for
//! nothing. CLOSE, which would do the same, is never sent.

use std::collections::BTreeMap;

use super::filter::Expect;
use super::imap::ImapMailbox;
use super::{Error, FolderState, Mailbox};
use crate::smime::sha256;

/// A folder that is open to be changed.
pub struct Removal<'m> {
    mailbox: &'m mut ImapMailbox,
    state: FolderState,
}

/// What became of messages that should go; their UIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// They had the octets that were named, and the server does not list them any more.
    pub removed: Vec<u32>,
    /// They were not there.
    pub gone: Vec<u32>,
    /// They hold other octets, and stay.
    pub differing: Vec<u32>,
    /// The server did not give them, or lists them still.
    pub left: Vec<u32>,
}

impl ImapMailbox {
    /// Opens a folder to remove messages from it (SELECT); `None` where the server cannot remove by
    /// number (UIDPLUS).
    ///
    /// # Errors
    /// Those of [`Mailbox::examine`].
    pub fn open_to_remove(&mut self, folder: &str) -> Result<Option<Removal<'_>>, Error> {
        if !self.offers("UIDPLUS") {
            return Ok(None);
        }
        let state = self.open("SELECT", folder, "")?;
        Ok(Some(Removal {
            mailbox: self,
            state,
        }))
    }
}

impl Removal<'_> {
    /// Under which value the numbers mean what they meant when they were recorded.
    pub fn uid_validity(&self) -> u32 {
        self.state.uid_validity
    }

    /// Fetches messages, compares each with the SHA-256 that is named for it, and removes those that
    /// have it. All are in memory at once: name few large ones.
    ///
    /// # Errors
    /// When the server refuses to mark or to remove: the marks are taken back then, as far as it lets
    /// us. When the line breaks, after which what was marked may be removed, or not.
    pub fn remove(&mut self, wanted: &[(u32, &str)]) -> Result<Removed, Error> {
        let uids: Vec<u32> = wanted.iter().map(|(uid, _)| *uid).collect();
        let mut removed = Removed::default();
        let (Some(&first), Some(&last)) = (uids.iter().min(), uids.iter().max()) else {
            return Ok(removed);
        };
        let came = self.mailbox.fetch(&uids);
        if let Some(error) = came.fault.filter(Error::is_end) {
            return Err(error);
        }
        let came: BTreeMap<u32, String> = came
            .all
            .into_iter()
            .map(|message| (message.uid, sha256(&message.octets)))
            .collect();
        let listed = self.mailbox.uids(first..=last)?;
        let mut equal = Vec::new();
        for (uid, digest) in wanted {
            match came.get(uid) {
                Some(found) if found == digest => equal.push(*uid),
                Some(_) => removed.differing.push(*uid),
                None if listed.contains(uid) => removed.left.push(*uid),
                None => removed.gone.push(*uid),
            }
        }
        if equal.is_empty() {
            return Ok(removed);
        }
        let set: Vec<String> = equal.iter().map(u32::to_string).collect();
        let set = set.join(",");
        self.mark(&set, '+')?;
        let expunged = self
            .mailbox
            .ask("EXPUNGE", Expect::Nothing, &format!("UID EXPUNGE {set}"));
        if let Err(error) = expunged {
            if !error.is_end() {
                // The error that counts is the first one.
                let _ = self.mark(&set, '-');
            }
            return Err(error);
        }
        let listed = self.mailbox.uids(first..=last)?;
        let (left, gone) = equal.into_iter().partition(|uid| listed.contains(uid));
        removed.left.extend::<Vec<u32>>(left);
        removed.removed = gone;
        Ok(removed)
    }

    /// Marks messages as deleted, or takes the mark from them.
    fn mark(&mut self, set: &str, sign: char) -> Result<(), Error> {
        let command = format!("UID STORE {set} {sign}FLAGS.SILENT (\\Deleted)");
        self.mailbox.ask("STORE", Expect::Nothing, &command)
    }
}
