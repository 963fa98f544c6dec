//! Taking out of a mailbox what is known to lie elsewhere: each message only where its octets, fetched
//! once more, are those that were named, and only while somebody vouches for the copy.

use crate::ledger::Place;
use crate::transport::imap::ImapMailbox;
use crate::transport::removal::Removed;
use crate::transport::{Error, Mailbox};

/// Octets that are fetched, and held against what is named, at once.
const BATCH_OCTETS: u64 = 8_000_000;
/// Messages that are removed at once: what a cut leaves half done at most.
const BATCH_MESSAGES: usize = 100;

/// A message of the mailbox of which a copy lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spare {
    /// Where the mailbox had it.
    pub place: Place,
    /// SHA-256 of its octets.
    pub octets: String,
    /// Their number.
    pub size: u64,
    /// Which copy holds it, by a number of the caller's.
    pub copy: usize,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discarded {
    /// Taken out of the mailbox.
    pub removed: usize,
    /// Octets of these.
    pub octets: u64,
    /// Not there any more.
    pub gone: usize,
    /// Other octets are there under that number; they stay.
    pub differing: usize,
    /// There still, since the server did not give them or did not remove them.
    pub left: usize,
    /// In folders whose numbers have lost their meaning, or that are gone.
    pub renumbered: usize,
    /// Those whose copy nobody vouches for any more; they stay.
    pub unvouched: usize,
}

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// All was tried.
    Done,
    /// The server cannot remove by number, and nothing was asked of it.
    NoUidPlus,
    /// It refused, or the line broke; what was removed until then is told.
    Failed(Error),
}

/// Takes messages out of a mailbox. `vouches` is asked for the copy of each just before it goes.
pub fn discard(
    mailbox: &mut ImapMailbox,
    mut spare: Vec<Spare>,
    vouches: &mut dyn FnMut(usize) -> bool,
) -> (Discarded, End) {
    let mut discarded = Discarded::default();
    spare.sort_by(|a, b| a.place.cmp(&b.place));
    spare.dedup_by(|a, b| a.place == b.place);
    let by_folder = |a: &Spare, b: &Spare| a.place.folder == b.place.folder;
    for folder in spare.chunk_by(by_folder) {
        match of_folder(mailbox, folder, vouches, &mut discarded) {
            Ok(true) => {}
            Ok(false) => return (discarded, End::NoUidPlus),
            Err(error) => return (discarded, End::Failed(error)),
        }
    }
    (discarded, End::Done)
}

/// Gives whether the server can remove by number.
fn of_folder(
    mailbox: &mut ImapMailbox,
    spare: &[Spare],
    vouches: &mut dyn FnMut(usize) -> bool,
    discarded: &mut Discarded,
) -> Result<bool, Error> {
    let name = &spare[0].place.folder;
    // One that is gone holds nothing; asked in the manner that changes nothing.
    if let Err(error) = mailbox.examine(name) {
        if error.is_end() {
            return Err(error);
        }
        discarded.renumbered += spare.len();
        return Ok(true);
    }
    let Some(mut folder) = mailbox.open_to_remove(name)? else {
        return Ok(false);
    };
    let known = folder.uid_validity();
    let (valid, other): (Vec<&Spare>, Vec<&Spare>) = spare
        .iter()
        .partition(|one| one.place.uid_validity == known);
    discarded.renumbered += other.len();
    for batch in batches(&valid) {
        let (vouched, unvouched): (Vec<&Spare>, Vec<&Spare>) =
            batch.iter().partition(|one| vouches(one.copy));
        discarded.unvouched += unvouched.len();
        let wanted: Vec<(u32, &str)> = vouched
            .iter()
            .map(|one| (one.place.uid, &*one.octets))
            .collect();
        let Removed {
            removed,
            gone,
            differing,
            left,
        } = folder.remove(&wanted)?;
        let is_removed = |one: &&&Spare| removed.contains(&one.place.uid);
        let octets = vouched.iter().filter(is_removed).map(|one| one.size);
        discarded.octets += octets.sum::<u64>();
        discarded.removed += removed.len();
        discarded.gone += gone.len();
        discarded.differing += differing.len();
        discarded.left += left.len();
    }
    Ok(true)
}

/// Runs of messages whose octets together keep within the bound; a larger one is alone.
fn batches<'b, 's>(spare: &'b [&'s Spare]) -> Vec<&'b [&'s Spare]> {
    let mut batches = Vec::new();
    let (mut start, mut octets) = (0, 0);
    for (at, one) in spare.iter().enumerate() {
        let is_full = octets + one.size > BATCH_OCTETS || at - start >= BATCH_MESSAGES;
        if at > start && is_full {
            batches.push(&spare[start..at]);
            (start, octets) = (at, 0);
        }
        octets += one.size;
    }
    if start < spare.len() {
        batches.push(&spare[start..]);
    }
    batches
}
