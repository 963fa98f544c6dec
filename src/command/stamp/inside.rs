//! The time stamps that a container of evidence has inside, checked.

use std::io::{self, Read, Seek};

use super::authority::Believed;
use crate::asic::{self, Checked, Directory, Entry};
use crate::smime::time_stamp::{CheckedToken, TokenFault, check_kept};
use crate::timestamp::Timestamp;

/// Octets of a token in a container; one that is larger is none (`smime::time_stamp`).
const MAX_TOKEN_OCTETS: u64 = 1024 * 1024;
/// Octets of a manifest, as `asic` reads it.
const MAX_MANIFEST_OCTETS: u64 = 8 * 1024 * 1024;

/// What a time stamp of a container comes to, with the names of token and manifest.
pub(in crate::command) struct Inside {
    /// The token.
    pub token: String,
    /// What it is over.
    pub over: String,
    /// What it states, or what is wrong.
    pub result: Result<CheckedToken, TokenFault>,
}

/// Checks every time stamp of a container over its manifest, the oldest first, each at its own time.
///
/// # Errors
/// Those of the disk.
pub(in crate::command) fn inside(
    checked: &Checked,
    file: &mut (impl Read + Seek),
    believed: &Believed,
) -> io::Result<Vec<Inside>> {
    let mut octets = |entry: &Entry, most| match Directory::octets(file, entry, most) {
        Ok(octets) => Ok(octets),
        Err(asic::Error::Io(error)) => Err(error),
        Err(asic::Error::Fault(_)) => Ok(None),
    };
    let mut found = Vec::new();
    for stamp in &checked.stamps {
        let token = octets(&stamp.token, MAX_TOKEN_OCTETS)?;
        let over = octets(&stamp.over, MAX_MANIFEST_OCTETS)?;
        let result = match (token, over) {
            (Some(token), Some(over)) => check_kept(&token, &over, &believed.trusted()),
            _ => Err(TokenFault::TooLarge),
        };
        found.push(Inside {
            token: stamp.token.name.clone(),
            over: stamp.over.name.clone(),
            result,
        });
    }
    Ok(found)
}

/// Since when the files of a container are shown to exist, by its time stamps, the oldest first: the time
/// of the oldest from which on each is valid, and was made while the certificate of the one before it
/// was in force.
pub(in crate::command) fn existed_since(stamps: &[Inside]) -> Option<Timestamp> {
    let mut since: Option<&CheckedToken> = None;
    for one in stamps.iter().rev() {
        let Ok(checked) = &one.result else { break };
        if since.is_some_and(|later| !covers(later, checked)) {
            break;
        }
        since = Some(checked);
    }
    since.map(|checked| checked.time().at)
}

/// Whether a later time stamp was made while an earlier one still counted by itself.
fn covers(later: &CheckedToken, earlier: &CheckedToken) -> bool {
    let at = later.time().at;
    earlier.time().at <= at && at <= earlier.certificate().not_after
}
