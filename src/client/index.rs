//! What is kept, made readable: letters with their words, read of their octets and of how these were
//! judged.
//!
//! One step, that can be done at any time and as often as one likes: what was judged again is read
//! again. Sender, time and Message-ID of certified mail are those that were signed; what its outer
//! header says is read of mail that is not certified alone, and is a claim there. Octets that are
//! gone or damaged leave a letter of which only that is known: `pec ledger check` tells of them.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use crate::contents::{Contents, original_in};
use crate::ledger::letter::{Known, LetterStanding, NewLetter, Unindexed};
use crate::ledger::{Error, Ledger};
use crate::mime::decode::Mailbox;

/// Letters of one commit, and octets of their words: what memory costs at most.
const MOST_LETTERS: usize = 250;
const MOST_WORDS_OCTETS: usize = 8_000_000;
/// Octets of text that are searched in one letter: a book of 60 pages.
const MOST_TEXT: usize = 200_000;

/// Octets that were fetched or judged just now, by their SHA-256: they are not read a second time.
pub(super) type AtHand = BTreeMap<String, Vec<u8>>;

/// Indexes all that is not indexed yet; `each` is told how many letters were read.
///
/// # Errors
/// Those of the ledger. What was indexed until then stays.
pub fn index(ledger: &mut Ledger, each: &mut dyn FnMut(usize)) -> Result<(), Error> {
    index_with(ledger, &AtHand::new(), each)
}

/// The same with octets at hand.
pub(super) fn index_with(
    ledger: &mut Ledger,
    at_hand: &AtHand,
    each: &mut dyn FnMut(usize),
) -> Result<(), Error> {
    loop {
        let unindexed = ledger.unindexed(MOST_LETTERS)?;
        if unindexed.is_empty() {
            return Ok(());
        }
        let (mut read, mut octets) = (Vec::new(), 0);
        for one in unindexed {
            let letter = one
                .known
                .as_ref()
                .map(|known| read_kept(&one, known, ledger, at_hand));
            octets += letter.as_ref().map_or(0, |letter| letter.body.len());
            read.push((one, letter));
            if octets > MOST_WORDS_OCTETS {
                break;
            }
        }
        ledger.index(&read)?;
        each(read.iter().filter(|(_, letter)| letter.is_some()).count());
    }
}

/// A letter of octets that are kept.
fn read_kept(one: &Unindexed, known: &Known, ledger: &Ledger, at_hand: &AtHand) -> NewLetter {
    let octets = match at_hand.get(&one.octets) {
        Some(octets) => Some(Cow::Borrowed(&**octets)),
        None => ledger.octets(&one.octets).ok().map(Cow::Owned),
    };
    // A fault of this program over one letter must not hide the others.
    let read = AssertUnwindSafe(|| octets.map(|octets| letter(&octets, known)));
    let read = std::panic::catch_unwind(read).ok().flatten();
    read.unwrap_or_else(|| unread(known))
}

/// What is known of a letter whose octets could not be read.
fn unread(known: &Known) -> NewLetter {
    NewLetter {
        sender: known.sender.clone().unwrap_or_default(),
        subject: known.subject.clone().unwrap_or_default(),
        message_id: known.message_id.clone(),
        ..NewLetter::default()
    }
}

/// What a letter says.
fn letter(octets: &[u8], known: &Known) -> NewLetter {
    let size = octets.len() as u64;
    let inside = match known.standing {
        LetterStanding::Sent => None,
        LetterStanding::Certified
        | LetterStanding::Anomaly
        | LetterStanding::CannotTell
        | LetterStanding::NotGenuine
        | LetterStanding::Ordinary => original_in(octets),
    };
    let mail = match (&inside, known.standing) {
        (Some(inside), _) => Contents::of(inside),
        // Around it is a header that nobody signed.
        (None, LetterStanding::Certified | LetterStanding::Anomaly) => None,
        (
            None,
            LetterStanding::Sent
            | LetterStanding::CannotTell
            | LetterStanding::NotGenuine
            | LetterStanding::Ordinary,
        ) => Contents::of(octets),
    };
    let unread = NewLetter {
        size,
        ..unread(known)
    };
    let Some(mail) = mail else {
        return unread;
    };
    let head = mail.head();
    let people = [&head.from, &head.to, &head.cc].into_iter().flatten();
    let names: Vec<String> = mail.attachments().filter_map(|one| one.name).collect();
    let claimed = || head.from.first().map(|from| from.address.clone());
    let subject = head
        .subject
        .clone()
        .filter(|subject| !subject.trim().is_empty());
    NewLetter {
        sender: known.sender.clone().or_else(claimed).unwrap_or_default(),
        subject: subject.unwrap_or(unread.subject),
        message_id: match known.standing {
            // Inside, the provider's identifier stands in its place (RFC 6109, 2.2.1).
            LetterStanding::Certified | LetterStanding::Sent => unread.message_id,
            LetterStanding::Anomaly
            | LetterStanding::CannotTell
            | LetterStanding::NotGenuine
            | LetterStanding::Ordinary => head.message_id.clone(),
        },
        answers: head.in_reply_to.clone(),
        size,
        attachments: mail.attachments().count(),
        people: people.map(words_of).collect::<Vec<_>>().join("\n"),
        body: mail.text(MOST_TEXT),
        files: names.join("\n"),
    }
}

/// Name and address.
fn words_of(person: &Mailbox) -> String {
    format!("{} {}", person.display, person.address)
}
