//! Commands about the messages of the open folder (RFC 3501, 6.4), but for FETCH.

use std::fmt::Write as _;
use std::ops::Range;

use imap_codec::imap_types::core::Charset;
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::SequenceSet;

use super::super::mailbox::{Flags, Folder};
use super::sequence::bounds;
use super::{Answer, Session, bad, fetch, no, ok, search};

impl Session<'_> {
    /// The places in the view that a set names, in order and each once.
    pub(super) fn resolve(&self, set: &SequenceSet, by_uid: bool) -> Vec<Range<usize>> {
        let Some(selected) = &self.selected else {
            return Vec::new();
        };
        let view = &selected.view;
        let last = match by_uid {
            true => view.last().copied().unwrap_or_default(),
            false => view.len() as u32,
        };
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (low, high) in set.0.as_ref().iter().map(|one| bounds(one, last)) {
            let range = match by_uid {
                true => {
                    view.partition_point(|&uid| uid < low)..view.partition_point(|&uid| uid <= high)
                }
                false => (low as usize - 1).min(view.len())..(high as usize).min(view.len()),
            };
            if !range.is_empty() {
                ranges.push(range);
            }
        }
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(before) if range.start <= before.end => {
                    before.end = before.end.max(range.end);
                }
                _ => merged.push(range),
            }
        }
        merged
    }

    pub(super) fn search(
        &mut self,
        charset: Option<&Charset<'_>>,
        criteria: &[SearchKey<'_>],
        uid: bool,
    ) -> Answer {
        let known = charset.is_none_or(|charset| {
            let name = charset.as_ref();
            name.eq_ignore_ascii_case("UTF-8") || name.eq_ignore_ascii_case("US-ASCII")
        });
        if !known {
            return no("[BADCHARSET (UTF-8)] insieme di caratteri sconosciuto");
        }
        let user = self.user();
        let Some(selected) = &self.selected else {
            return bad("prima SELECT");
        };
        let view = &selected.view;
        let find = |folder: &mut Folder| {
            let mut found = String::new();
            for (number, one) in (1u32..).zip(view) {
                let Some(message) = folder.find(*one) else {
                    continue;
                };
                let place = search::Place {
                    number,
                    count: view.len() as u32,
                    last_uid: view.last().copied().unwrap_or_default(),
                    message,
                };
                if criteria.iter().all(|key| place.fits(key)) {
                    let _ = write!(found, " {}", if uid { *one } else { number });
                }
            }
            found
        };
        let found = self.provider.store().with(&user, &selected.name, find);
        self.say(&format!("* SEARCH{}", found.unwrap_or_default()));
        ok("fatto")
    }

    pub(super) fn store(
        &mut self,
        set: &SequenceSet,
        kind: StoreType,
        response: StoreResponse,
        flags: &[Flag<'_>],
        uid: bool,
    ) -> Answer {
        let places = self.resolve(set, uid);
        let (user, given) = (self.user(), flags_of(flags));
        let Some(selected) = &self.selected else {
            return bad("prima SELECT");
        };
        if selected.read_only {
            return no("aperta in sola lettura");
        }
        let change = |flags: Flags| match kind {
            StoreType::Replace => given,
            StoreType::Add => Flags(flags.0 | given.0),
            StoreType::Remove => Flags(flags.0 & !given.0),
        };
        let mut lines = String::new();
        let view = &selected.view;
        let act = |folder: &mut Folder| {
            for at in places.into_iter().flatten() {
                if let Ok(Some(flags)) = folder.mark(view[at], change)
                    && response == StoreResponse::Answer
                {
                    let own = if uid {
                        format!("UID {} ", view[at])
                    } else {
                        String::new()
                    };
                    let names = fetch::flag_names(flags);
                    let _ = write!(lines, "* {} FETCH ({own}FLAGS ({names}))\r\n", at + 1);
                }
            }
        };
        let done = self.provider.store().with(&user, &selected.name, act);
        self.out.extend_from_slice(lines.as_bytes());
        match done {
            Some(()) => ok("fatto"),
            None => no("[NONEXISTENT] la cartella non c'e' piu'"),
        }
    }

    pub(super) fn copy(&mut self, set: &SequenceSet, to: &str, uid: bool) -> Answer {
        let places = self.resolve(set, uid);
        let user = self.user();
        let store = self.provider.store();
        let Some(selected) = &self.selected else {
            return bad("prima SELECT");
        };
        if store.with(&user, to, |_| ()).is_none() {
            return no("[TRYCREATE] nessuna cartella con questo nome");
        }
        for at in places.into_iter().flatten() {
            let find = |folder: &mut Folder| folder.find(selected.view[at]).cloned();
            if let Some(Some(one)) = store.with(&user, &selected.name, find)
                && store
                    .deliver(&user, to, &one.octets, one.at, one.flags)
                    .is_err()
            {
                return no("non si puo' scrivere");
            }
        }
        ok("fatto")
    }

    pub(super) fn expunge(&mut self, only: impl Fn(u32) -> bool) {
        let user = self.user();
        if let Some(selected) = &self.selected
            && !selected.read_only
        {
            let act = |folder: &mut Folder| folder.expunge(only);
            let _ = self.provider.store().with(&user, &selected.name, act);
            self.provider.store().touch();
        }
    }
}

/// The flags among these that are kept.
pub(super) fn flags_of(flags: &[Flag<'_>]) -> Flags {
    let known = flags.iter().filter_map(|flag| {
        let name = flag.to_string();
        Flags::ALL
            .iter()
            .find(|(.., own)| own.eq_ignore_ascii_case(&name))
    });
    Flags(known.fold(0, |bits, (flag, ..)| bits | flag.0))
}
