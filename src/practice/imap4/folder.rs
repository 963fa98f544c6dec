//! Commands about folders (RFC 3501, 6.3): opening, listing, telling what changed, filing.

use std::fmt::Write as _;

use imap_codec::imap_types::flag::Flag;
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::status::StatusDataItemName;

use super::super::mailbox::{Flags, Folder, INBOX, SENT, SEPARATOR};
use super::message::flags_of;
use super::{Answer, Selected, Session, no, ok, quoted};
use crate::timestamp::Timestamp;

impl Session<'_> {
    pub(super) fn select(&mut self, name: &str, read_only: bool) -> Answer {
        self.selected = None;
        let seen = self.provider.store().changes();
        let look = |folder: &mut Folder| {
            let view: Vec<u32> = folder.messages.iter().map(|one| one.uid).collect();
            (folder.uid_validity, folder.uid_next, view)
        };
        let found = self.provider.store().with(&self.user(), name, look);
        let Some((uid_validity, uid_next, view)) = found else {
            return no("[NONEXISTENT] nessuna cartella con questo nome");
        };
        let all = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
        self.say(&format!("* FLAGS ({all})"));
        self.say(&format!("* {} EXISTS", view.len()));
        self.say("* 0 RECENT");
        self.say(&format!("* OK [UIDVALIDITY {uid_validity}] ok"));
        self.say(&format!("* OK [UIDNEXT {uid_next}] ok"));
        let permanent = if read_only { "" } else { all };
        self.say(&format!("* OK [PERMANENTFLAGS ({permanent})] ok"));
        self.selected = Some(Selected {
            name: name.to_owned(),
            read_only,
            uid_validity,
            view,
            seen,
        });
        match read_only {
            true => ok("[READ-ONLY] aperta"),
            false => ok("[READ-WRITE] aperta"),
        }
    }

    /// Tells what changed in the open folder since the client was last told; false when it has
    /// another UIDVALIDITY.
    pub(super) fn tell_news(&mut self) -> bool {
        let user = self.user();
        let Some(selected) = &mut self.selected else {
            return true;
        };
        let changes = self.provider.store().changes();
        if changes == selected.seen {
            return true;
        }
        selected.seen = changes;
        let look = |folder: &mut Folder| {
            let uids: Vec<u32> = folder.messages.iter().map(|one| one.uid).collect();
            (folder.uid_validity, uids)
        };
        let found = self.provider.store().with(&user, &selected.name, look);
        let Some((uid_validity, uids)) = found else {
            return false;
        };
        if uid_validity != selected.uid_validity {
            return false;
        }
        let mut text = String::new();
        // From the end, so that the numbers before stay.
        for at in (0..selected.view.len()).rev() {
            if uids.binary_search(&selected.view[at]).is_err() {
                selected.view.remove(at);
                let _ = write!(text, "* {} EXPUNGE\r\n", at + 1);
            }
        }
        if selected.view.len() != uids.len() {
            let _ = write!(text, "* {} EXISTS\r\n", uids.len());
        }
        selected.view = uids;
        self.out.extend_from_slice(text.as_bytes());
        true
    }

    pub(super) fn list(
        &mut self,
        word: &str,
        reference: &Mailbox<'_>,
        wildcard: &ListMailbox<'_>,
    ) -> Answer {
        let wildcard = match wildcard {
            ListMailbox::Token(token) => token.as_ref(),
            ListMailbox::String(text) => text.as_ref(),
        };
        if wildcard.is_empty() {
            self.say(&format!("* {word} (\\Noselect) \"{SEPARATOR}\" \"\""));
            return ok("fatto");
        }
        let reference = match reference {
            Mailbox::Inbox => INBOX.to_owned(),
            Mailbox::Other(other) => String::from_utf8_lossy(other.as_ref()).into_owned(),
        };
        let pattern = format!("{reference}{}", String::from_utf8_lossy(wildcard));
        for name in self.provider.store().folders(&self.user()) {
            if !matches(pattern.as_bytes(), name.as_bytes()) {
                continue;
            }
            let marks = match &*name {
                INBOX => "\\HasChildren",
                SENT => "\\HasNoChildren \\Sent",
                _ => "\\HasNoChildren",
            };
            self.say(&format!(
                "* {word} ({marks}) \"{SEPARATOR}\" {}",
                quoted(&name)
            ));
        }
        ok("fatto")
    }

    pub(super) fn status(&mut self, name: &str, items: &[StatusDataItemName]) -> Answer {
        let look = |folder: &mut Folder| {
            let with = |flag: Flags| {
                folder
                    .messages
                    .iter()
                    .filter(move |one| one.flags.has(flag))
            };
            let seen = with(Flags::SEEN).count();
            let deleted = with(Flags::DELETED);
            let size: u64 = with(Flags::DELETED)
                .map(|one| one.octets.len() as u64)
                .sum();
            let mut values = Vec::new();
            for item in items {
                values.push(match item {
                    StatusDataItemName::Messages => format!("MESSAGES {}", folder.messages.len()),
                    StatusDataItemName::Recent => "RECENT 0".to_owned(),
                    StatusDataItemName::UidNext => format!("UIDNEXT {}", folder.uid_next),
                    StatusDataItemName::UidValidity => {
                        format!("UIDVALIDITY {}", folder.uid_validity)
                    }
                    StatusDataItemName::Unseen => {
                        format!("UNSEEN {}", folder.messages.len() - seen)
                    }
                    StatusDataItemName::Deleted => format!("DELETED {}", deleted.clone().count()),
                    StatusDataItemName::DeletedStorage => format!("DELETED-STORAGE {size}"),
                });
            }
            values.join(" ")
        };
        match self.provider.store().with(&self.user(), name, look) {
            Some(values) => {
                self.say(&format!("* STATUS {} ({values})", quoted(name)));
                ok("fatto")
            }
            None => no("[NONEXISTENT] nessuna cartella con questo nome"),
        }
    }

    pub(super) fn create(&mut self, name: &str) -> Answer {
        let plain = name.bytes().all(|octet| (b' '..=b'~').contains(&octet));
        let name = name.trim_end_matches(SEPARATOR);
        if !plain || name.is_empty() || name.len() > 200 {
            return no("[CANNOT] nome non ammesso");
        }
        let exists = self
            .provider
            .store()
            .folders(&self.user())
            .iter()
            .any(|one| one == name);
        if exists {
            return no("[ALREADYEXISTS] esiste gia'");
        }
        match self.provider.store().make_folder(&self.user(), name) {
            Ok(()) => ok("fatto"),
            Err(_) => no("[LIMIT] troppe cartelle"),
        }
    }

    pub(super) fn append(
        &mut self,
        name: &str,
        flags: &[Flag<'_>],
        date: Option<Timestamp>,
        octets: &[u8],
    ) -> Answer {
        let store = self.provider.store();
        let user = self.user();
        if store.with(&user, name, |_| ()).is_none() {
            return no("[TRYCREATE] nessuna cartella con questo nome");
        }
        let at = date.unwrap_or_else(|| self.provider.now());
        match store.deliver(&user, name, octets, at, flags_of(flags)) {
            Ok((validity, uid)) => ok(&format!("[APPENDUID {validity} {uid}] fatto")),
            Err(_) => no("non si puo' scrivere"),
        }
    }

    pub(super) fn quota(&mut self) -> Answer {
        let used = self.provider.store().octets(&self.user()).div_ceil(1_024);
        let limit = self.provider.config().quota / 1_024;
        self.say(&format!("* QUOTA \"\" (STORAGE {used} {limit})"));
        ok("fatto")
    }
}

/// Whether a name fits a pattern of LIST: `*` is anything, `%` anything within one level.
///
/// One walk that goes back to the last wildcard, so that no pattern takes long.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        let step = match (pattern.get(p), name.get(n)) {
            (Some(b'*'), _) => {
                wide = Some((p, n));
                back = None;
                p += 1;
                continue;
            }
            (Some(b'%'), _) => {
                back = Some((p, n));
                p += 1;
                continue;
            }
            (None, None) => return true,
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        };
        if step {
            (p, n) = (p + 1, n + 1);
            continue;
        }
        let longer = |(at, taken): (usize, usize)| {
            let next = *name.get(taken)?;
            (pattern[at] == b'*' || next != SEPARATOR as u8).then_some((at, taken + 1))
        };
        if let Some(grown) = back.and_then(longer) {
            back = Some(grown);
            (p, n) = (grown.0 + 1, grown.1);
        } else if let Some(grown) = wide.and_then(longer) {
            wide = Some(grown);
            back = None;
            (p, n) = (grown.0 + 1, grown.1);
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_list_know_levels() {
        for (pattern, name, fits) in [
            ("*", "INBOX.Inviata", true),
            ("%", "INBOX.Inviata", false),
            ("%", "INBOX", true),
            ("INBOX.%", "INBOX.Inviata", true),
            ("INBOX.%", "INBOX.a.b", false),
            ("INBOX.*", "INBOX.a.b", true),
            ("*.b", "INBOX.a.b", true),
            ("%.%", "INBOX.a", true),
            ("%.%", "INBOX.a.b", false),
            ("inbox", "INBOX", true),
            ("", "INBOX", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                fits,
                "{pattern} {name}"
            );
        }
    }
}
