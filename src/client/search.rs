//! Asking a whole mailbox about messages in doubt: does the provider have them?
//!
//! "Nothing is there" makes a person send again, so it is said only when every folder that can
//! be opened was searched and every message that names the Message-ID was read and judged. In
//! all other cases it cannot be known. A server whose SEARCH leaves out what is there is
//! found out by a receipt that is known to be there, where there is one; and what INBOX and
//! `Ricevute` hold is found without SEARCH.

use std::fmt;

use super::fetch::{Brought, Wanted, fetch_all};
use super::sync::{Event, EventKind, Judge, Run, folders_to_read, is_among, sync};
use super::{Error, Now};
use crate::ledger::fact::{Fact, What};
use crate::ledger::state::{Standing, is_known_for_whom};
use crate::ledger::{Ledger, MessageRef, MessageView};
use crate::pec::MessageId;
use crate::transport::{self, Folder, Mailbox, Stop};

/// The field of a receipt that names the message it is about (RFC 6109, 3.1).
const REFERENCE: &str = "X-Riferimento-Message-ID";
/// Messages fetched at once: those that name one Message-ID are few.
const AT_ONCE: usize = 50;

/// What a mailbox answers about one message in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A genuine receipt speaks of it: the provider has it, or refused it.
    Receipt,
    /// Something names it and is not proved: the provider may have it.
    Unproved,
    /// Genuine receipts speak of it, and for others than those of whom nobody knows.
    ForOthers,
    /// Not everything was asked, or not everything came: see the gaps.
    Unknown,
    /// Everything was asked and read, and nothing names it.
    Nothing,
}

impl Found {
    /// The word in JSON and in the catalogue.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Unproved => "unproved",
            Self::ForOthers => "for-others",
            Self::Unknown => "unknown",
            Self::Nothing => "nothing",
        }
    }
}

/// What a person allowed to be sent again of what is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Of which the mailbox has nothing.
    IfNothingIsThere,
    /// Also where that cannot be known; they may arrive twice.
    EvenIfTwice,
}

impl Resend {
    /// Whether a message may go again.
    pub const fn allows(self, found: Found) -> bool {
        match (self, found) {
            (_, Found::Receipt) => false,
            (_, Found::Nothing) | (Self::EvenIfTwice, _) => true,
            (Self::IfNothingIsThere, Found::Unproved | Found::ForOthers | Found::Unknown) => false,
        }
    }
}

/// A part of the mailbox that did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The folder.
    pub folder: String,
    /// What it did not give.
    pub what: GapKind,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            GapKind::NotNamed => write!(f, "{}: no folder's name", self.folder),
            GapKind::NotOpened(words) | GapKind::NotSearched(words) => {
                write!(f, "{}: {words}", self.folder)
            }
            GapKind::NotTold => write!(f, "{}: SEARCH leaves out what is there", self.folder),
            GapKind::NotRead(message, count) => {
                write!(
                    f,
                    "{}: {count} that name {} did not come",
                    self.folder, message.short
                )
            }
        }
    }
}

/// What a folder did not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// Its name cannot be read from the line that lists it, which stands for it.
    NotNamed,
    /// It was not opened; the server's words.
    NotOpened(String),
    /// It was not searched; the server's words.
    NotSearched(String),
    /// SEARCH does not name a receipt that is there.
    NotTold,
    /// So many messages that name this one of ours were listed and did not come.
    NotRead(MessageRef, usize),
}

/// What asking gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// For each message, in the order asked.
    pub answers: Vec<(MessageRef, Found)>,
    /// What did not answer.
    pub gaps: Vec<Gap>,
}

impl Search {
    /// What was asked again later counts instead.
    pub fn take_in(&mut self, later: Self) {
        let is_new = |(message, _): &(MessageRef, Found)| {
            let mut asked = later.answers.iter();
            !asked.any(|(other, _)| other == message)
        };
        self.answers.retain(is_new);
        self.answers.extend(later.answers);
        let gaps = later.gaps.into_iter();
        let gaps = gaps.filter(|gap| !self.gaps.contains(gap));
        self.gaps.extend(gaps.collect::<Vec<_>>());
    }
}

/// Looks for the receipts of messages in doubt: first what is new in the folders that are always
/// read, then in every folder that can be opened, by the provider's reference to our Message-ID.
/// What came is recorded as by [`sync()`]. Who asks to stop leaves the rest unknown.
///
/// # Errors
/// As [`sync()`]; then nothing may be concluded about any of them.
#[expect(
    clippy::too_many_arguments,
    reason = "as sync, with whom to ask about and who stops it"
)]
pub fn search(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    mailbox: &mut dyn Mailbox,
    named: &[String],
    messages: &[MessageRef],
    stop: &Stop,
    now: Now<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Search, Error> {
    let listed = mailbox.folders()?;
    let read = folders_to_read(&listed, named);
    sync(ledger, judge, mailbox, &read, now, on_event)?;
    let mut asked = Asked {
        gaps: Vec::new(),
        unproved: vec![false; messages.len()],
        stopped: false,
    };
    for line in mailbox.odd_folders() {
        asked.miss(line, GapKind::NotNamed);
    }
    'folders: for folder in folders_to_search(&listed, read) {
        let mut open = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            if !is_settled(&ledger.view(message)?) {
                open.push((at, message));
            }
        }
        if open.is_empty() {
            break;
        }
        let state = match of_the_folder(mailbox.examine(&folder))? {
            Ok(state) => state,
            Err(words) => {
                asked.miss(&folder, GapKind::NotOpened(words));
                continue;
            }
        };
        let blind = is_blind(ledger, judge, mailbox, &folder, state.uid_validity);
        if of_the_folder(blind)? == Ok(true) {
            asked.miss(&folder, GapKind::NotTold);
        }
        for (at, message) in open {
            if stop.is_asked() {
                asked.stopped = true;
                break;
            }
            let id = ledger.row(message)?.message_id;
            // Without the brackets, which some providers leave out.
            let uids = match of_the_folder(
                mailbox.search_header(REFERENCE, MessageId::new(&id).as_str()),
            )? {
                Ok(uids) => uids,
                Err(words) => {
                    asked.miss(&folder, GapKind::NotSearched(words));
                    break;
                }
            };
            let mut on_found = |event: Event| {
                let came = !matches!(event.kind, EventKind::Unread { .. });
                asked.unproved[at] |= came && !speaks(&event);
                on_event(event);
            };
            let (mut missing, mut ended) = (0, false);
            for uids in uids.chunks(AT_ONCE) {
                let wanted: Vec<Wanted> = uids.iter().copied().map(Wanted::from).collect();
                let brought = fetch_all(mailbox, &wanted);
                // What was named a moment ago and is gone now said something that nobody read.
                missing += uids.iter().filter(|uid| !came(&brought, **uid)).count();
                let mut run = Run::new(ledger, judge, now, &mut on_found);
                ended = brought.ended.is_some();
                match run.found(&folder, state.uid_validity, brought) {
                    Err(Error::Transport(_)) if ended => break,
                    found => found?,
                }
            }
            if missing > 0 {
                asked.miss(&folder, GapKind::NotRead(message.clone(), missing));
            }
            // Some servers end the connection over what they cannot give: asked again, they would
            // again, and "try later" would be said for ever.
            if ended {
                asked.stopped = true;
                break 'folders;
            }
        }
    }
    asked.answer(ledger, messages)
}

/// Whether SEARCH does not find a receipt that the open folder has, header field included.
fn is_blind(
    ledger: &Ledger,
    judge: Judge<'_>,
    mailbox: &mut dyn Mailbox,
    folder: &str,
    uid_validity: u32,
) -> Result<bool, Error> {
    let Some((uid, id)) = ledger.receipt_in(judge.account, folder, uid_validity)? else {
        return Ok(false);
    };
    let id = MessageId::new(&id).as_str();
    let there = mailbox.summaries(uid..=uid, &[REFERENCE]).whole()?;
    let named = there
        .iter()
        .any(|summary| memchr::memmem::find(&summary.header, id.as_bytes()).is_some());
    Ok(named && !mailbox.search_header(REFERENCE, id)?.contains(&uid))
}

/// What is known while asking.
struct Asked {
    gaps: Vec<Gap>,
    /// For each message, whether something that names it proves nothing.
    unproved: Vec<bool>,
    /// Whether not all was asked: somebody stopped it, or the server did.
    stopped: bool,
}

impl Asked {
    fn miss(&mut self, folder: &str, what: GapKind) {
        let folder = folder.to_owned();
        self.gaps.push(Gap { folder, what });
    }

    fn answer(self, ledger: &Ledger, messages: &[MessageRef]) -> Result<Search, Error> {
        let mut answers = Vec::with_capacity(messages.len());
        for (message, unproved) in messages.iter().zip(&self.unproved) {
            let concerns = |gap: &Gap| match &gap.what {
                GapKind::NotNamed
                | GapKind::NotOpened(_)
                | GapKind::NotSearched(_)
                | GapKind::NotTold => true,
                GapKind::NotRead(about, _) => about == message,
            };
            let view = ledger.view(message)?;
            // It may mean these all the same: a provider may write addresses anew.
            let names_others = !view.receipts.is_empty() && !was_taken(&view.facts);
            let found = if is_settled(&view) {
                Found::Receipt
            } else if names_others {
                Found::ForOthers
            } else if *unproved {
                Found::Unproved
            } else if self.stopped || self.gaps.iter().any(concerns) {
                Found::Unknown
            } else {
                Found::Nothing
            };
            answers.push((message.clone(), found));
        }
        let gaps = self.gaps;
        Ok(Search { answers, gaps })
    }
}

/// Whether a genuine receipt speaks of the message, and it is not known for whom, or nothing of it may
/// go again in any case.
fn is_settled(view: &MessageView) -> bool {
    let may_go = view.recipients.iter().any(|one| {
        matches!(
            one.state.standing,
            Standing::Recorded | Standing::RefusedForNow | Standing::Sending | Standing::InDoubt
        )
    });
    !may_go || (!view.receipts.is_empty() && !is_known_for_whom(&view.facts))
}

/// Whether the server took an attempt of ours.
fn was_taken(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| fact.what() == What::Taken)
}

/// Whether something found says, proved, what became of a message of ours.
fn speaks(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Verified { rule, .. } if rule.is_match())
}

/// Whether a message came, whole.
fn came(brought: &Brought, uid: u32) -> bool {
    let mut fetched = brought.fetched.iter();
    let is_here = fetched.any(|message| message.uid == uid && !message.octets.is_empty());
    is_here && !brought.missing.iter().any(|message| message.uid == uid)
}

/// Those to read, then every other that can be opened: people and their programs file receipts
/// anywhere, and delete them.
fn folders_to_search(listed: &[Folder], read: Vec<String>) -> Vec<String> {
    let mut folders = read;
    for folder in listed.iter().filter(|folder| folder.selectable) {
        if !is_among(&folders, &folder.name) {
            folders.push(folder.name.clone());
        }
    }
    folders
}

/// What a server refused for this folder, in its words; what ends the connection goes on.
fn of_the_folder<T>(answer: Result<T, impl Into<Error>>) -> Result<Result<T, String>, Error> {
    use transport::Error as E;
    match answer.map_err(Into::into) {
        Ok(answer) => Ok(Ok(answer)),
        Err(Error::Transport(error @ (E::Refused { .. } | E::Injection(_) | E::Unnumbered))) => {
            Ok(Err(error.to_string()))
        }
        Err(error) => Err(error),
    }
}
