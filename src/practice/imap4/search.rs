//! SEARCH (RFC 3501, 6.4.4): whether a message fits a key.

use imap_codec::imap_types::datetime::NaiveDate;
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::SequenceSet;

use super::super::mailbox::{Flags, Stored};
use super::sequence::bounds;
use crate::mime::Entity;
use crate::timestamp::Timestamp;

/// A message where it stands in the folder.
pub(super) struct Place<'a> {
    /// Its sequence number.
    pub number: u32,
    /// How many messages there are.
    pub count: u32,
    /// The highest UID.
    pub last_uid: u32,
    /// The message.
    pub message: &'a Stored,
}

impl Place<'_> {
    /// Whether it fits. Keywords are not kept and nothing is recent: such keys fit none, and
    /// their opposites all.
    pub(super) fn fits(&self, key: &SearchKey<'_>) -> bool {
        use SearchKey as K;
        let size = self.message.octets.len() as u64;
        match key {
            K::And(keys) => keys.as_ref().iter().all(|key| self.fits(key)),
            K::Or(a, b) => self.fits(a) || self.fits(b),
            K::Not(key) => !self.fits(key),
            K::All | K::Old | K::Unkeyword(_) => true,
            K::New | K::Recent | K::Keyword(_) => false,
            K::SequenceSet(set) => holds(set, self.number, self.count),
            K::Uid(set) => holds(set, self.message.uid, self.last_uid),
            K::Answered => self.has("\\Answered"),
            K::Deleted => self.has("\\Deleted"),
            K::Draft => self.has("\\Draft"),
            K::Flagged => self.has("\\Flagged"),
            K::Seen => self.has("\\Seen"),
            K::Unanswered => !self.has("\\Answered"),
            K::Undeleted => !self.has("\\Deleted"),
            K::Undraft => !self.has("\\Draft"),
            K::Unflagged => !self.has("\\Flagged"),
            K::Unseen => !self.has("\\Seen"),
            K::Larger(limit) => size > u64::from(*limit),
            K::Smaller(limit) => size < u64::from(*limit),
            K::Before(date) => self.message.at.italian_day() < text(date),
            K::On(date) => self.message.at.italian_day() == text(date),
            K::Since(date) => self.message.at.italian_day() >= text(date),
            K::SentBefore(date) => self.sent_day().is_some_and(|day| day < text(date)),
            K::SentOn(date) => self.sent_day().is_some_and(|day| day == text(date)),
            K::SentSince(date) => self.sent_day().is_some_and(|day| day >= text(date)),
            K::Bcc(wanted) => self.field_holds("Bcc", wanted.as_ref()),
            K::Cc(wanted) => self.field_holds("Cc", wanted.as_ref()),
            K::From(wanted) => self.field_holds("From", wanted.as_ref()),
            K::To(wanted) => self.field_holds("To", wanted.as_ref()),
            K::Subject(wanted) => self.field_holds("Subject", wanted.as_ref()),
            K::Header(name, wanted) => {
                let name = String::from_utf8_lossy(name.as_ref());
                self.field_holds(&name, wanted.as_ref())
            }
            K::Text(wanted) => contains(&self.message.octets, wanted.as_ref()),
            K::Body(wanted) => Entity::parse(&self.message.octets)
                .is_ok_and(|entity| contains(entity.body, wanted.as_ref())),
        }
    }

    fn has(&self, name: &str) -> bool {
        let flag = Flags::ALL.iter().find(|(.., own)| *own == name);
        flag.is_some_and(|(flag, ..)| self.message.flags.has(*flag))
    }

    fn field_holds(&self, name: &str, wanted: &[u8]) -> bool {
        let Ok(entity) = Entity::parse(&self.message.octets) else {
            return false;
        };
        entity.header.all(name).any(|field| {
            contains(field.text().as_bytes(), wanted)
                || contains(field.decoded().as_bytes(), wanted)
        })
    }

    fn sent_day(&self) -> Option<String> {
        let entity = Entity::parse(&self.message.octets).ok()?;
        crate::pec::header::date(&entity.header).map(Timestamp::italian_day)
    }
}

/// `2026-11-22`: in this form days compare as texts.
fn text(date: &NaiveDate) -> String {
    date.as_ref().to_string()
}

fn holds(set: &SequenceSet, number: u32, last: u32) -> bool {
    let mut ranges = set.0.as_ref().iter().map(|one| bounds(one, last));
    ranges.any(|(low, high)| (low..=high).contains(&number))
}

/// Whether the octets hold others, the case of ASCII letters aside.
fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else {
        return true;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, octets).any(|at| {
        octets
            .get(at..at + wanted.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    })
}
