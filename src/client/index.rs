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
    guarded(|| octets.map(|octets| letter(&octets, known))).unwrap_or_else(|| unread(known))
}

/// What was read; nothing where that ended in a fault of this program, which must not hide the others.
fn guarded(read: impl FnOnce() -> Option<NewLetter>) -> Option<NewLetter> {
    std::panic::catch_unwind(AssertUnwindSafe(read))
        .ok()
        .flatten()
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
    let unread = NewLetter {
        size: octets.len() as u64,
        ..unread(known)
    };
    match known.standing {
        LetterStanding::Sent => said(Contents::of(octets), unread),
        // Around it is a header that nobody signed. Inside, the provider's identifier stands in the
        // place of the Message-ID (RFC 6109, 2.2.1): the signed one is known.
        LetterStanding::Certified => {
            let inside = original_in(octets);
            let signed = unread.subject.clone();
            let mut read = said(inside.as_deref().and_then(Contents::of), unread);
            // The original may bear another one: both are searched for.
            if read.subject != signed {
                read.body.push('\n');
                read.body.push_str(&signed);
            }
            read
        }
        LetterStanding::Anomaly => {
            let inside = original_in(octets);
            let mail = inside.as_deref().and_then(Contents::of);
            let message_id = mail
                .as_ref()
                .and_then(|mail| mail.head().message_id.clone());
            NewLetter {
                message_id,
                ..said(mail, unread)
            }
        }
        // As a person would see it elsewhere: by its own header; its words are those inside.
        LetterStanding::CannotTell | LetterStanding::NotGenuine | LetterStanding::Ordinary => {
            let outside = Contents::of(octets);
            let head = outside.as_ref().map(|mail| mail.head().clone());
            let head = head.unwrap_or_default();
            let inside = original_in(octets);
            let mail = inside.as_deref().and_then(Contents::of).or(outside);
            NewLetter {
                sender: head.from.first().map(shown).unwrap_or_default(),
                subject: head.subject.unwrap_or_default(),
                message_id: head.message_id,
                ..said(mail, unread)
            }
        }
    }
}

/// What a mail says; what is known of it counts instead of what it says of that.
fn said(mail: Option<Contents<'_>>, known: NewLetter) -> NewLetter {
    let Some(mail) = mail else {
        return known;
    };
    let head = mail.head();
    let people = [&head.from, &head.to, &head.cc].into_iter().flatten();
    let names: Vec<String> = mail.attachments().filter_map(|one| one.name).collect();
    let subject = head.subject.clone();
    let subject = subject.filter(|subject| !subject.trim().is_empty());
    NewLetter {
        subject: subject.unwrap_or(known.subject),
        answers: head.in_reply_to.clone(),
        attachments: mail.attachments().count(),
        people: people.map(shown).collect::<Vec<_>>().join("\n"),
        body: mail.text(MOST_TEXT),
        files: names.join("\n"),
        ..known
    }
}

/// Name and address, as far as there are.
fn shown(person: &Mailbox) -> String {
    match (&*person.display, &*person.address) {
        ("", address) => address.to_owned(),
        (display, "") => display.to_owned(),
        (display, address) => format!("{display} <{address}>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;

    fn known(standing: LetterStanding) -> Known {
        Known {
            standing,
            at: Timestamp::from_unix(0),
            sender: Some("firmato@pec.example".to_owned()),
            subject: Some("firmato".to_owned()),
            message_id: Some("firmato@client.example".to_owned()),
            identifier: None,
        }
    }

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("fixtures/receipts/{name}.eml")).expect("a fixture")
    }

    #[test]
    fn a_fault_over_one_letter_is_no_end() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        assert_eq!(guarded(|| panic!("a fault")), None);
        std::panic::set_hook(hook);
        let one = || Some(NewLetter::default());
        assert_eq!(guarded(one), one());
    }

    #[test]
    fn of_certified_mail_nothing_is_taken_of_the_header_around_it() {
        let around = "From: falso@x.example\r\nSubject: falso\r\nMessage-ID: <falso@x>\r\n\
                      In-Reply-To: <falso@x>\r\n\r\nFalso.\r\n";
        let mut whole = fixture("posta-certificata");
        for octets in [around.as_bytes(), &{
            whole.splice(
                0..0,
                b"Subject: falso\r\nIn-Reply-To: <falso@x>\r\n"
                    .iter()
                    .copied(),
            );
            whole
        }] {
            for standing in [LetterStanding::Certified, LetterStanding::Anomaly] {
                let read = letter(octets, &known(standing));
                assert_eq!(read.sender, "firmato@pec.example");
                assert_ne!(read.subject, "falso");
                assert_eq!(read.answers, None);
                assert!(!read.body.contains("Falso"));
            }
            let read = letter(octets, &known(LetterStanding::Certified));
            assert_eq!(read.message_id.as_deref(), Some("firmato@client.example"));
        }
    }

    #[test]
    fn what_is_not_proved_is_told_as_it_claims_to_be() {
        let octets = fixture("posta-certificata");
        let read = letter(&octets, &known(LetterStanding::NotGenuine));
        assert!(read.subject.starts_with("POSTA CERTIFICATA: "), "{read:?}");
        assert!(read.sender.contains("Per conto di"), "{read:?}");
        assert_eq!(read.attachments, 1);
    }

    #[test]
    fn octets_of_any_kind_are_read_to_an_end() {
        for octets in [&b""[..], b"\0", b":", b"\r\n\r\n", &[0xff; 1_000]] {
            for standing in LetterStanding::ALL {
                let read = letter(octets, &known(standing));
                assert_eq!(read.size, octets.len() as u64);
            }
        }
    }
}
