//! Which notice a message is, so that nobody gets it twice and nobody goes without.
//!
//! A notice has a key: who sends, under which reference (where there is none, with which
//! content), in which round. And it has a matter: to whom, what. Both are digests, and stand in
//! the Message-ID, `<KEY.MATTER.N@domain>`: a mailbox alone tells whoever has the same table
//! what was sent. Both parts equal: served. The first equal and the second not: another text, or
//! other people, under one reference; people decide. N counts further messages for the same
//! notice, after one that came back.
//!
//! Whoever holds the message can make its Message-ID; nobody else can. An acceptance counts only
//! when its signed sender is the account itself (`ledger`).

use std::fmt::Write as _;

use crate::address::MailAddress;
use crate::smime::sha256;

/// Letters and digits of each part: 100 bits. Two of a million million notices share a key by
/// chance once in a million.
const DIGITS: usize = 20;
/// RFC 4648, 6, in small letters, because some servers fold the case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Who sends, under which reference, in which round.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// Of a sender's address, a reference or else the digest of the content, and a round; the
    /// first round has no name.
    pub fn of(sender: &MailAddress, reference: &str, round: &str) -> Self {
        Self(digest("key", &[&sender.key(), reference, round]))
    }

    /// Of a message that stands alone: who sends, and what.
    pub fn of_single(sender: &MailAddress, content: &str) -> Self {
        Self(digest("single", &[&sender.key(), content]))
    }

    /// Twenty letters and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// To whom, and what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Matter(String);

impl Matter {
    /// Of the digest of recipients, texts and files
    /// ([`Notice::digest`](super::notice::Notice::digest)).
    pub fn of(content: &str) -> Self {
        Self(digest("matter", &[content]))
    }
}

/// A notice, as a Message-ID names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Which.
    pub key: Key,
    /// What it says to whom.
    pub matter: Matter,
}

impl Identity {
    /// The Message-ID of its message; `further` is 0 for the first, then 1, 2, ….
    pub fn message_id(&self, further: u32, domain: &str) -> String {
        let (Key(key), Matter(matter)) = (&self.key, &self.matter);
        match further {
            0 => format!("<{key}.{matter}@{domain}>"),
            _ => format!("<{key}.{matter}.{further}@{domain}>"),
        }
    }

    /// The Message-ID of a message that may be sent again as another one, on purpose: with a mark
    /// of its own, of up to twenty letters and digits.
    pub fn marked_message_id(&self, mark: &str, domain: &str) -> String {
        let (Key(key), Matter(matter)) = (&self.key, &self.matter);
        format!("<{key}.{matter}.{mark}@{domain}>")
    }

    /// Which of the messages of one notice a Message-ID names, from 0.
    pub fn further_of(message_id: &str) -> u32 {
        let local = message_id.split('@').next().unwrap_or_default();
        let further = local.split('.').nth(2).map(str::parse);
        further.and_then(Result::ok).unwrap_or_default()
    }

    /// How every Message-ID begins that names the same notice as this one, in its brackets; `None`
    /// when it is of another making.
    pub fn start_of(message_id: &str) -> Option<String> {
        let Self {
            key: Key(key),
            matter: Matter(matter),
        } = Self::read(message_id)?;
        Some(format!("<{key}.{matter}"))
    }

    /// The notice that a Message-ID names, with or without its brackets; `None` when it is one
    /// of another making.
    pub fn read(message_id: &str) -> Option<Self> {
        let id = message_id.strip_prefix('<').unwrap_or(message_id);
        let (local, _) = id.split_once('@')?;
        let mut parts = local.split('.');
        let (key, matter) = (parts.next()?, parts.next()?);
        let further = parts.next().unwrap_or("1");
        let is_part = |part: &str| {
            part.len() == DIGITS && part.bytes().all(|digit| ALPHABET.contains(&digit))
        };
        let is_further = (1..=DIGITS).contains(&further.len())
            && further.bytes().all(|digit| digit.is_ascii_alphanumeric());
        (is_part(key) && is_part(matter) && is_further && parts.next().is_none()).then(|| Self {
            key: Key(key.to_owned()),
            matter: Matter(matter.to_owned()),
        })
    }
}

/// SHA-256, shortened, of texts with their lengths before them, so that no two lists read the
/// same; under a name of its own, so that it is no digest of anything else.
fn digest(part: &str, texts: &[&str]) -> String {
    let mut all = format!("pec notice 1 {part}\n");
    for text in texts {
        write!(all, "{}:{text}", text.len()).expect("a string takes all");
    }
    // Of four bits each, where ours have five.
    let first = &sha256(all.as_bytes())[..DIGITS * 5 / 4];
    let bits = u128::from_str_radix(first, 16).expect("hexadecimal digits");
    let digits = (0..DIGITS).rev().map(|at| (bits >> (5 * at)) as usize & 31);
    digits.map(|digit| char::from(ALPHABET[digit])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(sender: &str, reference: &str, round: &str) -> Key {
        Key::of(&MailAddress::new(sender), reference, round)
    }

    #[test]
    fn a_key_is_of_sender_reference_and_round_and_of_nothing_between_them() {
        let one = key("studio@pec.it", "R-1", "");
        assert_eq!(one, key("Studio@PEC.it", "R-1", ""));
        for other in [
            key("altro@pec.it", "R-1", ""),
            key("studio@pec.it", "R-2", ""),
            key("studio@pec.it", "R-1", "luglio"),
            key("studio@pec.it", "R-", "1"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_digest_is_that_of_its_definition() {
        // printf 'pec notice 1 matter\n1:x' | openssl dgst -sha256 -binary | base32 | cut -c1-20
        assert_eq!(Matter::of("x").0, "yqwm7o64i6mdiuapxdm6");
    }

    #[test]
    fn a_message_id_says_which_notice_it_is() {
        let identity = Identity {
            key: key("studio@pec.it", "R-1", ""),
            matter: Matter::of("x"),
        };
        for further in [0, 1, 12] {
            let id = identity.message_id(further, "pec.it");
            assert_eq!(Identity::read(&id).as_ref(), Some(&identity), "{id}");
            let bare = id.trim_matches(['<', '>']);
            assert_eq!(Identity::read(bare).as_ref(), Some(&identity), "{id}");
            assert_eq!(Identity::further_of(bare), further);
        }
        let marked = identity.marked_message_id("0123456789abcdef", "pec.it");
        assert_eq!(Identity::read(&marked).as_ref(), Some(&identity));
        let id = identity.message_id(0, "pec.it");
        for other in [
            "<0123456789abcdef0123456789abcdef@pec.it>".to_owned(),
            id.replace('.', ""),
            id.to_uppercase(),
            id.replace('@', ".1.2@"),
            id.replace('@', ".@"),
            id.replacen('<', "<a", 1),
            String::new(),
        ] {
            assert_eq!(Identity::read(&other), None, "{other}");
        }
    }
}
