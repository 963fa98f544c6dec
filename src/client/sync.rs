//! What is new in a mailbox: certified mail fetched, judged, led to our messages, recorded.
//!
//! Headers first, octets only of what looks certified. A batch of octets is on the disk before
//! one commit records all of it together with how far the folder was read: a cut anywhere
//! costs at most that batch, which the next run fetches again. What is recorded is indexed then
//! (`index`), so that a letter is told with the id under which it is read.
//!
//! Nothing that the server lists is passed over. Its answers to FETCH are held against its own
//! list (UID SEARCH); what does not come is asked for alone, then remembered in the ledger and
//! asked for again at every reading. When the line breaks over a message, the next connection
//! asks for that one alone and goes on behind it. What came under a number that was passed
//! already is found by the list of the last [`RECENT`] numbers and by the count of messages; an
//! older one is not found while just as many messages of the folder are deleted between two
//! readings.
//!
//! Of a folder in which nothing changed only its state is asked (EXAMINE): the same next UID, the
//! same count and the same number of the last change (RFC 7162) as at a reading in which all that was
//! counted was seen. A number that stood still while something came is not believed again.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::panic::AssertUnwindSafe;

use super::fetch::{Brought, Missing, Wanted, Why, fetch_all};
use super::index::{AtHand, index_with};
use super::{Connect, Error, Now};
use crate::account::Keep;
use crate::address::MailAddress;
use crate::batch::identity::Identity;
use crate::ledger::{
    self, Arrival, Cursor, Ledger, LetterRow, MatchRule, MessageRef, ModSeq, Place, Reading,
    Reason, Recorded, Unread,
};
use crate::mime::header::Header;
use crate::pec::MessageKind;
use crate::pec::header::{Hints, is_signer_address};
use crate::pec::wrapped::WrappedMail;
use crate::timestamp::Timestamp;
use crate::transport::{self, Came, Fetched, Folder, FolderState, Mailbox, Summary};
use crate::verify::{Examination, Question, Sent, Verdict, VerifiedReceipt, Verifier};

/// Header fields that tell certified mail from other mail.
const FIELDS: [&str; 5] = [
    "From",
    "Subject",
    "Content-Type",
    "X-Ricevuta",
    "X-Trasporto",
];
/// UIDs asked for at once, to begin with; more where they are sparse, fewer where dense.
const FIRST_WINDOW: u32 = 2_000;
/// Summaries of 300 octets each: a window keeps within some megabytes.
const MOST_IN_WINDOW: usize = 4_000;
/// Octets fetched at once: what memory and a broken line cost at most.
const BATCH_OCTETS: u64 = 8_000_000;
/// Messages fetched at once.
const BATCH_MESSAGES: usize = 250;
/// A message larger than any provider carries (Aruba: 100 MB); it is told and passed over.
const MAX_MESSAGE_OCTETS: u64 = 140_000_000;
/// From this size on it is written down that a message is judged, before it is: one over which
/// this program dies is not begun with again. Smaller ones take milliseconds.
const LARGE_OCTETS: usize = 64 * 1024;
/// How long judging may go on before what was judged is recorded.
const A_WHILE_SECONDS: i64 = 1;
/// UIDs below the cursor of which the list is kept. Late ones come from servers that give
/// numbers to messages before they show them, so they come among the last.
const RECENT: u32 = 500;
/// After the line broke, this many times more UIDs are asked for after each answer.
const GROWTH: u32 = 4;
/// Connections of one reading, and those in a row on which nothing came.
const MOST_CONNECTIONS: usize = 40;
const MOST_IN_VAIN: usize = 3;
/// Unread messages asked for again in one reading.
const MOST_AGAIN: usize = 200;
/// Seconds after which they are asked for again where nobody asks for a reading: so many times
/// two for each try, and at most. Those over which the line ends cost all who read it a
/// connection.
const PATIENCE: [i64; 2] = [10, 60];
const PATIENCE_WITH_ENDS: [i64; 2] = [120, 86_400];

/// Who judges, and for which account.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The account whose mailbox is read.
    pub account: &'a MailAddress,
    /// By whose trust data.
    pub verifier: &'a Verifier,
    /// What of it is kept.
    pub keep: Keep,
}

/// Something found in the mailbox.
#[derive(Debug)]
pub struct Event {
    /// The folder; of what was imported: where it lay.
    pub folder: String,
    /// The UID; 0 of what was imported.
    pub uid: u32,
    /// SHA-256 of the octets; empty when they were not fetched.
    pub octets: String,
    /// Whether these octets had been seen before.
    pub known: bool,
    /// The letter that it is to whoever reads it; `None`: a receipt, or not fetched.
    pub letter: Option<Box<LetterRow>>,
    /// What it is.
    pub kind: EventKind,
}

/// What was found.
#[derive(Debug)]
pub enum EventKind {
    /// A genuine receipt or envelope.
    Verified {
        /// The proof.
        receipt: Box<VerifiedReceipt>,
        /// How it was led to a message, or why to none.
        rule: MatchRule,
        /// The message of ours that it is about.
        message: Option<MessageRef>,
        /// How many facts it added.
        new_facts: usize,
    },
    /// A genuine anomaly envelope: ordinary mail that the provider wrapped, as it claims to be.
    Anomaly(WrappedMail),
    /// Something that is no proof: not genuine, undecided, or no certified mail after all.
    Other(Box<Examination>),
    /// Larger than any provider carries: left where it is; its size.
    TooLarge(u64),
    /// The server lists it and it could not be read: remembered, and asked for again.
    Unread {
        /// Why.
        reason: Reason,
        /// The server's words, or how much came.
        words: String,
    },
}

impl EventKind {
    /// What was found, and what recording it did.
    pub(super) fn of(finding: ledger::Finding, recorded: Recorded) -> Self {
        match finding {
            ledger::Finding::Anomaly(_, wrapped) => Self::Anomaly(wrapped),
            ledger::Finding::Other(examination) => Self::Other(examination),
            ledger::Finding::Verified { receipt, .. } => Self::Verified {
                rule: recorded.rule.unwrap_or(MatchRule::Orphan),
                message: recorded.message,
                new_facts: recorded.new_facts,
                receipt,
            },
        }
    }
}

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Folders read.
    pub folders: usize,
    /// Messages whose header was looked at.
    pub looked_at: usize,
    /// Messages fetched.
    pub fetched: usize,
    /// Ordinary mail, left where it is: its header says nothing of certified mail.
    pub left_alone: usize,
    /// Letters, left where they are because only receipts are kept.
    pub letters_left: usize,
    /// Facts that were new.
    pub new_facts: usize,
    /// What was forgotten and is in the mailbox still, or is about a message that was: not kept.
    pub forgotten: usize,
    /// Folders whose UIDs had lost their meaning, and which were read from the beginning.
    pub renumbered: usize,
    /// Folders that the server did not let us read, or not to the end, and its words.
    pub unread: Vec<(String, String)>,
    /// Folders that could be read and are not among those asked for.
    pub not_read: Vec<String>,
    /// Messages of the account that are unread, from before too.
    pub unread_messages: Vec<Unread>,
    /// Lines of the server's list of folders from which no folder could be read.
    pub odd_folders: Vec<String>,
    /// Why the server did not list its folders at all: only INBOX and those named were read.
    pub unlisted: Option<String>,
}

/// The folders to read: INBOX, those named, and every `Ricevute` that the server lists.
pub fn folders_to_read(listed: &[Folder], named: &[String]) -> Vec<String> {
    let mut folders = vec!["INBOX".to_owned()];
    let is_receipts = |folder: &&Folder| {
        let last = match folder.separator.as_deref().filter(|text| !text.is_empty()) {
            Some(separator) => folder.name.rsplit(separator).next(),
            None => Some(&*folder.name),
        };
        folder.selectable && last.is_some_and(|last| last.eq_ignore_ascii_case("ricevute"))
    };
    let found = listed.iter().filter(is_receipts).map(|folder| &folder.name);
    for folder in named.iter().chain(found) {
        if !is_among(&folders, folder) {
            folders.push(folder.clone());
        }
    }
    folders
}

/// The folders that could be read and are not; that of sent mail is not counted, nobody's receipt
/// comes there.
pub fn folders_not_read(listed: &[Folder], read: &[String]) -> Vec<String> {
    let others = listed
        .iter()
        .filter(|folder| folder.selectable && !folder.sent && !is_among(read, &folder.name));
    others.map(|folder| folder.name.clone()).collect()
}

/// Whether a folder is among these; INBOX is written in any case (RFC 3501, 5.1).
pub(super) fn is_among(folders: &[String], name: &str) -> bool {
    let is_inbox = |name: &str| name.eq_ignore_ascii_case("INBOX");
    folders
        .iter()
        .any(|other| other == name || (is_inbox(other) && is_inbox(name)))
}

/// The folders of a mailbox, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderList {
    /// Those to read.
    pub to_read: Vec<String>,
    /// All that are listed.
    pub listed: Vec<Folder>,
    /// Lines from which no folder could be read, as the server wrote them.
    pub odd: Vec<String>,
    /// Why there is no list.
    pub refused: Option<String>,
}

/// Asks for the folders. A server that refuses to list them has an INBOX all the same.
///
/// # Errors
/// When the line broke.
pub fn list_folders(
    mailbox: &mut dyn Mailbox,
    named: &[String],
) -> Result<FolderList, transport::Error> {
    let (listed, refused) = match mailbox.folders() {
        Ok(listed) => (listed, None),
        Err(error @ transport::Error::Refused { .. }) => (Vec::new(), Some(error.to_string())),
        Err(error) => return Err(error),
    };
    Ok(FolderList {
        to_read: folders_to_read(&listed, named),
        odd: mailbox.odd_folders().to_vec(),
        listed,
        refused,
    })
}

/// When messages over which the line ended are asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// Somebody asked for a reading.
    AtOnce,
    /// It is read again and again: they would end the line each time.
    WhenDue,
}

/// Leads receipts that came for no message of ours to messages recorded since, without reading
/// the mailbox.
///
/// # Errors
/// Those of the ledger.
pub fn adopt(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    now: Now<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    Run::new(ledger, judge, now, on_event).adopt()
}

/// Reads what is new in the folders. Nothing is changed on the server.
///
/// # Errors
/// When the line breaks or the ledger cannot be used. What was recorded stays; the next run
/// goes on from there, past a message over which the line broke.
pub fn sync(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    mailbox: &mut dyn Mailbox,
    folders: &[String],
    now: Now<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<SyncReport, Error> {
    let mut run = Run::begin(ledger, judge, now, on_event)?;
    run.again = Again::WhenDue;
    run.folders(mailbox, folders)?;
    run.end()
}

/// Reads as [`sync()`], and connects again when the server ends the line over a message, so
/// that one reading gets past it.
///
/// # Errors
/// As [`sync()`], when it does not help to connect again.
pub fn read(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    connect: Connect<'_>,
    named: &[String],
    now: Now<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<SyncReport, Error> {
    let mut run = Run::begin(ledger, judge, now, on_event)?;
    let (mut in_vain, mut seen) = (0, 0);
    for connection in 1.. {
        let mut mailbox = connect()?;
        let ended = match run.connection(&mut *mailbox, named) {
            Err(Error::Transport(error)) if error.is_end() => error,
            done => {
                done?;
                mailbox.close();
                break;
            }
        };
        let looked_at = run.report.looked_at + run.report.fetched;
        in_vain = if looked_at > seen { 1 } else { in_vain + 1 };
        seen = looked_at;
        // A server that says nothing would keep us waiting each time.
        if ended.is_silence() || in_vain == MOST_IN_VAIN || connection == MOST_CONNECTIONS {
            return Err(ended.into());
        }
    }
    run.end()
}

pub(super) struct Run<'a> {
    ledger: &'a mut Ledger,
    judge: Judge<'a>,
    now: Now<'a>,
    on_event: &'a mut dyn FnMut(Event),
    report: SyncReport,
    /// Whether only what is proved is told: the rest was told before.
    quiet: bool,
    /// Whether a folder is read whose messages may have been told under other numbers.
    anew: bool,
    again: Again,
    /// Folders read to their end.
    done: BTreeSet<String>,
    /// Messages that were asked for in vain: not again in this run.
    tried: BTreeSet<Place>,
    /// Octets of arrivals that are not recorded yet.
    at_hand: AtHand,
    /// When it began: what came until then is read.
    began: Timestamp,
}

/// What a reading of a folder saw.
#[derive(Clone, Copy)]
struct Seen {
    /// Whether something came.
    came: bool,
    /// Whether it is all that the server counts.
    all: bool,
}

/// A folder that is open.
struct Open<'a> {
    folder: &'a str,
    cursor: Cursor,
    reading: Reading,
    /// UIDs that are remembered as unread: asked for in the end.
    unread: BTreeSet<u32>,
    /// UIDs just below the cursor that the server lists; `None` when it does not list them.
    recent: Option<BTreeSet<u32>>,
    /// Whether the cursor moves with what is read.
    moves: bool,
}

impl<'a> Open<'a> {
    /// A folder of which single messages are read, wherever the cursor is.
    fn aside(folder: &'a str, uid_validity: u32) -> Self {
        Self {
            folder,
            cursor: Cursor {
                uid_validity,
                last_uid: 0,
            },
            reading: Reading::default(),
            unread: BTreeSet::new(),
            recent: None,
            moves: false,
        }
    }

    fn place(&self, uid: u32) -> Place {
        Place {
            folder: self.folder.to_owned(),
            uid_validity: self.cursor.uid_validity,
            uid,
        }
    }

    /// The cursor at another UID, where it moves.
    fn at(&self, last_uid: u32) -> Option<Cursor> {
        let cursor = Cursor {
            last_uid,
            ..self.cursor
        };
        self.moves.then_some(cursor)
    }

    /// The numbers of which a list is kept.
    fn recent_numbers(&self) -> RangeInclusive<u32> {
        let last = self.cursor.last_uid;
        last.saturating_sub(RECENT - 1).max(1)..=last
    }

    /// Whether nothing changed since it was read to its end, by all that the server tells, and nothing
    /// of it is to be asked for again.
    fn is_as_it_was(&self, state: &FolderState) -> bool {
        let reading = &self.reading;
        let is_complete = self.unread.is_empty()
            && reading.step.is_none()
            && reading.suspect.is_none()
            && reading.up_to == self.cursor.last_uid;
        is_complete
            && state.uid_next == self.cursor.last_uid.checked_add(1)
            && reading.held == Some(state.exists)
            && state
                .mod_seq
                .is_some_and(|number| reading.mod_seq == ModSeq::At(number))
    }

    /// Reads again from there on; what was kept already is not asked for.
    fn go_back(&mut self, last_uid: u32) {
        self.reading.passed = self.reading.passed.max(Some(self.cursor.last_uid));
        self.cursor.last_uid = last_uid;
    }

    /// The last UID of the next range to ask for.
    fn last_of_next(&self, window: u32, end: u32) -> u32 {
        let first = self.cursor.last_uid + 1;
        let last = match self.reading.suspect {
            Some(suspect) if suspect > first => suspect - 1,
            Some(suspect) if suspect == first => first,
            _ => {
                let step = self.reading.step.unwrap_or(window).min(window).max(1);
                first.saturating_add(step - 1)
            }
        };
        last.min(end)
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        ledger: &'a mut Ledger,
        judge: Judge<'a>,
        now: Now<'a>,
        on_event: &'a mut dyn FnMut(Event),
    ) -> Self {
        Self {
            ledger,
            judge,
            now,
            on_event,
            report: SyncReport::default(),
            quiet: false,
            anew: false,
            again: Again::AtOnce,
            done: BTreeSet::new(),
            tried: BTreeSet::new(),
            at_hand: AtHand::new(),
            began: now(),
        }
    }

    pub(super) fn begin(
        ledger: &'a mut Ledger,
        judge: Judge<'a>,
        now: Now<'a>,
        on_event: &'a mut dyn FnMut(Event),
    ) -> Result<Self, Error> {
        ledger.settle_cut_off(now())?;
        let mut run = Self::new(ledger, judge, now, on_event);
        // Those that a run which was cut off had no time for.
        run.adopt()?;
        run.judge_again()?;
        Ok(run)
    }

    fn end(mut self) -> Result<SyncReport, Error> {
        if self.report.unread.is_empty() {
            self.ledger.note_look(self.judge.account, self.began)?;
        }
        self.report.unread_messages = self.ledger.unread(self.judge.account)?;
        Ok(self.report)
    }

    fn connection(&mut self, mailbox: &mut dyn Mailbox, named: &[String]) -> Result<(), Error> {
        let list = list_folders(mailbox, named)?;
        self.report.not_read = folders_not_read(&list.listed, &list.to_read);
        self.report.odd_folders = list.odd;
        self.report.unlisted = list.refused;
        self.folders(mailbox, &list.to_read)
    }

    fn folders(&mut self, mailbox: &mut dyn Mailbox, folders: &[String]) -> Result<(), Error> {
        for folder in folders {
            if self.done.contains(folder) {
                continue;
            }
            match self.folder(mailbox, folder) {
                // One folder that is gone must not keep the receipts in the others from us.
                Err(Error::Transport(
                    error @ (transport::Error::Refused { .. }
                    | transport::Error::Injection(_)
                    | transport::Error::Unnumbered),
                )) => self.report.unread.push((folder.clone(), error.to_string())),
                read => {
                    read?;
                    self.report.folders += 1;
                }
            }
            self.done.insert(folder.clone());
        }
        self.ask_again(mailbox)
    }

    fn folder(&mut self, mailbox: &mut dyn Mailbox, folder: &str) -> Result<(), Error> {
        let state = mailbox.examine(folder)?;
        let mut open = self.open(folder, &state)?;
        if open.is_as_it_was(&state) {
            return Ok(());
        }
        let before = open.reading.clone();
        let seen = self.news(mailbox, &mut open, &state)?;
        open.reading.mod_seq = mod_seq_now(before.mod_seq, state.mod_seq, seen);
        let numbers = open.recent_numbers();
        let recent = open.recent.take().map(|mut recent| {
            recent.retain(|uid| numbers.contains(uid));
            recent
        });
        open.reading.recent = recent;
        open.reading.held = Some(state.exists);
        open.reading.up_to = open.cursor.last_uid;
        if open.reading != before {
            let account = self.judge.account;
            self.ledger.keep_reading(account, folder, &open.reading)?;
        }
        Ok(())
    }

    /// Reads what came, whatever its number.
    fn news(
        &mut self,
        mailbox: &mut dyn Mailbox,
        open: &mut Open<'_>,
        state: &FolderState,
    ) -> Result<Seen, Error> {
        let (exists, is_first) = (state.exists as usize, open.cursor.last_uid == 0);
        // It speaks of what was read up to there.
        let is_complete = open.reading.up_to == open.cursor.last_uid;
        let is_late = self.late(mailbox, open)?;
        let held = open.reading.held.filter(|_| is_complete && !is_late);
        let new = self.new_ones(mailbox, open, state)?;
        let counted = held.or(is_first.then_some(0));
        let counted = counted.map(|held| held as usize + new);
        // More than the new ones explain: something came under an older number.
        if held.is_some() && counted < Some(exists) {
            open.go_back(0);
            let all = self.new_ones(mailbox, open, state)?;
            return Ok(Seen {
                came: true,
                all: all == exists,
            });
        }
        Ok(Seen {
            came: is_late || new > 0,
            all: counted == Some(exists),
        })
    }

    /// Where the reading of a folder goes on.
    fn open<'f>(&mut self, folder: &'f str, state: &FolderState) -> Result<Open<'f>, Error> {
        let account = self.judge.account;
        let uid_validity = state.uid_validity;
        let known = self.ledger.cursor(account, folder)?;
        let reading = self.ledger.reading(account, folder)?;
        let mut cursor = Cursor {
            uid_validity,
            last_uid: 0,
        };
        let mut reading = reading.filter(|reading| reading.uid_validity == uid_validity);
        match known {
            Some(known) if known.uid_validity == uid_validity && !went_back(known, state) => {
                cursor = known;
            }
            // RFC 3501, 2.3.1.1: the numbers mean other messages now; octets that are known
            // change nothing when they are found again.
            Some(_) => {
                self.report.renumbered += 1;
                self.ledger.forget_others(account, folder, uid_validity)?;
                reading = None;
            }
            None => {}
        }
        self.anew = cursor.last_uid == 0;
        let unread = self.ledger.unread_uids(account, folder, uid_validity)?;
        Ok(Open {
            folder,
            cursor,
            reading: reading.unwrap_or(Reading {
                uid_validity,
                ..Reading::default()
            }),
            unread,
            recent: Some(BTreeSet::new()),
            moves: true,
        })
    }

    /// Reads what has numbers above the cursor. Gives how many there are.
    fn new_ones(
        &mut self,
        mailbox: &mut dyn Mailbox,
        open: &mut Open<'_>,
        state: &FolderState,
    ) -> Result<usize, Error> {
        // Messages that come while we read are the next run's.
        let mut end = state
            .uid_next
            .map_or(u32::MAX, |next| next.saturating_sub(1));
        if end == u32::MAX && (open.reading.step.is_some() || open.reading.suspect.is_some()) {
            let above = open.cursor.last_uid.saturating_add(1)..=u32::MAX;
            let listed = mailbox.uids(above).unwrap_or_default();
            end = listed.last().copied().unwrap_or(end);
        }
        let mut window = FIRST_WINDOW;
        let mut all = 0;
        while open.cursor.last_uid < end {
            let first = open.cursor.last_uid + 1;
            let last = match end {
                u32::MAX => end,
                _ => open.last_of_next(window, end),
            };
            let seen = self.look(mailbox, open, first..=last)?;
            // Without UIDNEXT only what was seen is known to have been read.
            let newest = seen.last().copied().unwrap_or(open.cursor.last_uid);
            let read_to = if last == u32::MAX { newest } else { last };
            self.take(open, Vec::new(), read_to)?;
            all += seen.len();
            if let Some(recent) = &mut open.recent {
                recent.extend(&seen);
            }
            if last == u32::MAX {
                break;
            }
            self.faster(open)?;
            window = next_window(window, seen.len());
        }
        Ok(all)
    }

    /// Whether the server lists something below the cursor that it did not list before; then
    /// the cursor goes back to it.
    fn late(&mut self, mailbox: &mut dyn Mailbox, open: &mut Open<'_>) -> Result<bool, Error> {
        if open.cursor.last_uid == 0 {
            return Ok(false);
        }
        let mut late = match mailbox.uids(open.recent_numbers()) {
            Ok(listed) => BTreeSet::from_iter(listed),
            Err(error) if error.is_end() => return Err(error.into()),
            Err(_) => {
                open.recent = None;
                return Ok(false);
            }
        };
        open.recent = Some(late.clone());
        let known = open.reading.recent.as_ref();
        let Some(known) = known.filter(|_| open.reading.up_to == open.cursor.last_uid) else {
            return Ok(false);
        };
        late.retain(|uid| !known.contains(uid) && !open.unread.contains(uid));
        let Some(first) = late.first() else {
            return Ok(false);
        };
        open.go_back(first - 1);
        Ok(true)
    }

    /// Looks at the headers of a range, fetches and records the certified mail in it. Gives the
    /// UIDs that exist.
    fn look(
        &mut self,
        mailbox: &mut dyn Mailbox,
        open: &mut Open<'_>,
        uids: RangeInclusive<u32>,
    ) -> Result<Vec<u32>, Error> {
        let listed = match mailbox.uids(uids.clone()) {
            Ok(listed) => listed,
            Err(error) if error.is_end() => return Err(self.broke(open, &uids, None, error)),
            // Nothing to hold the answers to FETCH against.
            Err(_) => {
                open.recent = None;
                Vec::new()
            }
        };
        let Came { all, fault } = mailbox.summaries(uids.clone(), &FIELDS);
        let mut found: BTreeMap<u32, Summary> = all
            .into_iter()
            .map(|summary| (summary.uid, summary))
            .collect();
        let mut missing = listed;
        missing.retain(|uid| !found.contains_key(uid));
        match fault {
            Some(error) if error.is_end() => {
                return Err(self.broke(open, &uids, missing.first().copied(), error));
            }
            // The server lists nothing either: it is the folder that cannot be read.
            Some(error) if found.is_empty() && missing.is_empty() => return Err(error.into()),
            _ => {}
        }
        if let Err((uid, error)) = headers(mailbox, &missing, &mut found) {
            return Err(self.broke(open, &(uid..=uid), Some(uid), error));
        }
        self.report.looked_at += found.len();
        let seen: Vec<u32> = found.keys().copied().collect();
        self.certified(mailbox, open, found.into_values().collect())?;
        Ok(seen)
    }

    /// Fetches and records the certified mail among the summaries, in the order of UIDs.
    fn certified(
        &mut self,
        mailbox: &mut dyn Mailbox,
        open: &mut Open<'_>,
        summaries: Vec<Summary>,
    ) -> Result<(), Error> {
        let mut candidates = Vec::new();
        for summary in &summaries {
            if !looks_certified(summary) {
                self.report.left_alone += 1;
                continue;
            }
            if self.judge.keep == Keep::Receipts && is_letter(summary) {
                self.report.letters_left += 1;
                continue;
            }
            if open.unread.contains(&summary.uid) {
                continue;
            }
            let place = open.place(summary.uid);
            let passed = open.reading.passed >= Some(summary.uid);
            if passed && self.ledger.is_received(self.judge.account, &place)? {
                continue;
            }
            if summary.size > MAX_MESSAGE_OCTETS {
                self.tell_of(&place, EventKind::TooLarge(summary.size));
            } else {
                candidates.push(summary);
            }
        }
        for batch in batches(&candidates) {
            let wanted: Vec<Wanted> = batch
                .iter()
                .map(|summary| Wanted {
                    uid: summary.uid,
                    size: summary.size,
                })
                .collect();
            let brought = fetch_all(mailbox, &wanted);
            let last = wanted.last().map_or(open.cursor.last_uid, |one| one.uid);
            self.brought(open, brought, last)?;
        }
        Ok(())
    }

    /// Records what came of messages that were asked for on their own, and remembers what did
    /// not.
    ///
    /// # Errors
    /// What ended the connection, and those of the ledger.
    pub(super) fn found(
        &mut self,
        folder: &str,
        uid_validity: u32,
        brought: Brought,
    ) -> Result<(), Error> {
        self.brought(&mut Open::aside(folder, uid_validity), brought, 0)
    }

    /// Records what came of a batch up to `last`, remembers what did not.
    fn brought(&mut self, open: &mut Open<'_>, brought: Brought, last: u32) -> Result<(), Error> {
        for missing in &brought.missing {
            self.remember(&open.place(missing.uid), missing)?;
        }
        // Up to here each came, is gone or is remembered.
        let read_to = match brought.unasked.first() {
            Some(uid) => uid - 1,
            None => last,
        };
        self.take(open, brought.fetched, read_to)?;
        let Some(error) = brought.ended else {
            return Ok(());
        };
        // One that was asked for alone is known for what it is; else it is one of the others.
        let known = brought
            .missing
            .iter()
            .any(|missing| matches!(missing.why, Why::Ended(_)));
        if open.moves {
            let known = known || brought.unasked.is_empty();
            open.reading.suspect = brought.unasked.first().copied().filter(|_| !known);
            open.reading.step = Some(1).filter(|_| !known);
            let account = self.judge.account;
            self.ledger
                .keep_reading(account, open.folder, &open.reading)?;
        }
        Err(error.into())
    }

    /// The line broke over the headers of a range, of which `missing` is the first that did not
    /// come. Gives back the error, or a worse one.
    fn broke(
        &mut self,
        open: &mut Open<'_>,
        uids: &RangeInclusive<u32>,
        missing: Option<u32>,
        error: transport::Error,
    ) -> Error {
        let alone = uids.start() == uids.end();
        let noted = if alone {
            let missing = Missing {
                uid: *uids.start(),
                why: Why::Ended(error.to_string()),
            };
            self.remember(&open.place(missing.uid), &missing)
        } else {
            Ok(())
        };
        // Alone: it is known, and the rest may come as before.
        open.reading.suspect = missing.or(Some(*uids.start())).filter(|_| !alone);
        open.reading.step = Some(1).filter(|_| !alone);
        let account = self.judge.account;
        let noted = noted.and_then(|()| {
            if alone && *uids.start() == open.cursor.last_uid + 1 {
                self.take(open, Vec::new(), *uids.start())?;
            }
            Ok(self
                .ledger
                .keep_reading(account, open.folder, &open.reading)?)
        });
        match noted {
            Ok(()) => error.into(),
            Err(worse) => worse,
        }
    }

    /// After an answer that came whole more is asked for at once again.
    fn faster(&mut self, open: &mut Open<'_>) -> Result<(), Error> {
        let before = open.reading.clone();
        open.reading.suspect = before
            .suspect
            .filter(|suspect| *suspect > open.cursor.last_uid);
        if before
            .suspect
            .is_none_or(|suspect| suspect <= open.cursor.last_uid)
        {
            let step = before.step.map(|step| step.saturating_mul(GROWTH));
            open.reading.step = step.filter(|step| *step < FIRST_WINDOW);
        }
        if open.reading != before {
            let account = self.judge.account;
            self.ledger
                .keep_reading(account, open.folder, &open.reading)?;
        }
        Ok(())
    }

    fn remember(&mut self, place: &Place, missing: &Missing) -> Result<(), Error> {
        let (reason, words) = match &missing.why {
            Why::NotGiven => (Reason::NotGiven, String::new()),
            Why::Refused(words) => (Reason::Refused, words.clone()),
            Why::Ended(words) => (Reason::Ended, words.clone()),
            Why::Cut { came, size } => (Reason::Cut, format!("{came}/{size}")),
        };
        let account = self.judge.account;
        let is_news = self
            .ledger
            .remember(account, place, reason, &words, (self.now)())?;
        self.tried.insert(place.clone());
        if is_news {
            self.tell_of(place, EventKind::Unread { reason, words });
        }
        Ok(())
    }

    fn tell_of(&mut self, place: &Place, kind: EventKind) {
        (self.on_event)(Event {
            folder: place.folder.clone(),
            uid: place.uid,
            octets: String::new(),
            known: false,
            letter: None,
            kind,
        });
    }

    /// Asks again for what is remembered as unread, each alone.
    fn ask_again(&mut self, mailbox: &mut dyn Mailbox) -> Result<(), Error> {
        let account = self.judge.account;
        let mut all = self.ledger.unread(account)?;
        all.retain(|one| !self.tried.contains(&one.place) && self.is_due(one));
        all.truncate(MOST_AGAIN);
        let mut opened: Option<(String, Option<FolderState>)> = None;
        for one in all {
            let folder = &one.place.folder;
            if opened.as_ref().is_none_or(|(name, _)| name != folder) {
                let state = match mailbox.examine(folder) {
                    Ok(state) => Some(state),
                    Err(error) if error.is_end() => return Err(error.into()),
                    Err(error) if is_gone(&error) => {
                        self.ledger.forget_others(account, folder, 0)?;
                        None
                    }
                    Err(_) => None,
                };
                opened = Some((folder.clone(), state));
            }
            let Some((_, Some(state))) = &opened else {
                continue;
            };
            if state.uid_validity != one.place.uid_validity {
                self.ledger.forget(account, &one.place)?;
                continue;
            }
            self.ask_for(mailbox, &one)?;
        }
        Ok(())
    }

    fn is_due(&self, one: &Unread) -> bool {
        match one.reason {
            // The same program would die over it again.
            Reason::Judging => one.words != env!("CARGO_PKG_VERSION"),
            _ if self.again == Again::AtOnce => true,
            Reason::Ended => self.is_after(one, PATIENCE_WITH_ENDS),
            Reason::NotGiven | Reason::Refused | Reason::Cut => self.is_after(one, PATIENCE),
        }
    }

    fn is_after(&self, one: &Unread, [first, longest]: [i64; 2]) -> bool {
        let doubled = first.saturating_mul(1 << one.tries.min(16));
        let passed = (self.now)().seconds_since(one.tried);
        // A clock that was set back must not keep it unread.
        passed < 0 || passed >= doubled.min(longest)
    }

    /// Asks once more for one that is unread.
    fn ask_for(&mut self, mailbox: &mut dyn Mailbox, one: &Unread) -> Result<(), Error> {
        let account = self.judge.account;
        let uid = one.place.uid;
        self.tried.insert(one.place.clone());
        let Came { all, fault } = mailbox.summaries(uid..=uid, &FIELDS);
        if let Some(error) = fault.filter(transport::Error::is_end) {
            let why = Why::Ended(error.to_string());
            self.remember(&one.place, &Missing { uid, why })?;
            return Err(error.into());
        }
        let summary = all.into_iter().next();
        let size = summary.as_ref().map_or(0, |summary| summary.size);
        let certified = summary.as_ref().is_none_or(looks_certified);
        if !certified || size > MAX_MESSAGE_OCTETS {
            if certified {
                self.tell_of(&one.place, EventKind::TooLarge(size));
            }
            return Ok(self.ledger.forget(account, &one.place)?);
        }
        let mut open = Open::aside(&one.place.folder, one.place.uid_validity);
        let mut brought = fetch_all(mailbox, &[Wanted { uid, size }]);
        let cut = brought
            .missing
            .iter()
            .any(|missing| matches!(missing.why, Why::Cut { .. }));
        // The same octets time and again: it is the size that is wrong.
        let settled = cut && one.reason == Reason::Cut && one.tries > 2;
        if settled {
            brought.missing.clear();
        }
        let gone = brought.fetched.is_empty() && brought.is_all();
        let whole = !brought.fetched.is_empty() && (!cut || settled);
        self.brought(&mut open, brought, uid)?;
        if gone || (whole && self.ledger.is_received(account, &one.place)?) {
            self.ledger.forget(account, &one.place)?;
        }
        Ok(())
    }

    /// Keeps octets, judges them, records all with the cursor at `read_to`, tells what was
    /// found.
    fn take(
        &mut self,
        open: &mut Open<'_>,
        fetched: Vec<Fetched>,
        read_to: u32,
    ) -> Result<(), Error> {
        let facts = self.report.new_facts;
        let octets: Vec<&[u8]> = fetched.iter().map(|message| &*message.octets).collect();
        let kept = self.ledger.keep_all(&octets)?;
        let mut arrivals = Vec::with_capacity(fetched.len());
        let mut since = (self.now)();
        for (message, octets) in fetched.into_iter().zip(kept) {
            let uid = message.uid;
            let large = message.octets.len() >= LARGE_OCTETS;
            if large {
                // What was judged before it is on the disk before anything can go wrong.
                self.note(open, &mut arrivals, (uid - 1).min(read_to))?;
                let (account, place) = (self.judge.account, open.place(uid));
                self.ledger.judging(account, &place, (self.now)())?;
            }
            let examine = AssertUnwindSafe(|| self.examine(&message.octets));
            let Ok(finding) = std::panic::catch_unwind(examine) else {
                self.died(&open.place(uid))?;
                continue;
            };
            arrivals.push(Arrival {
                folder: open.folder.to_owned(),
                uid_validity: open.cursor.uid_validity,
                uid,
                internal_date: message.internal_date,
                octets: octets.clone(),
                finding: finding?,
            });
            self.at_hand.insert(octets, message.octets);
            self.report.fetched += 1;
            let now = (self.now)();
            if large || now.seconds_since(since) > A_WHILE_SECONDS {
                self.note(open, &mut arrivals, uid.min(read_to))?;
                since = now;
            }
        }
        self.note(open, &mut arrivals, read_to)?;
        if self.report.new_facts > facts {
            self.adopt()?;
        }
        Ok(())
    }

    /// Records arrivals with the cursor at `read_to`.
    fn note(
        &mut self,
        open: &mut Open<'_>,
        arrivals: &mut Vec<Arrival>,
        read_to: u32,
    ) -> Result<(), Error> {
        let forward = open
            .at(read_to)
            .filter(|to| to.last_uid > open.cursor.last_uid);
        let cursor = forward.map(|cursor| (open.folder, cursor));
        self.record(std::mem::take(arrivals), cursor)?;
        open.cursor = forward.unwrap_or(open.cursor);
        Ok(())
    }

    /// Judging a message ended in a fault of this program.
    fn died(&mut self, place: &Place) -> Result<(), Error> {
        let (account, words) = (self.judge.account, env!("CARGO_PKG_VERSION"));
        let reason = Reason::Judging;
        self.ledger
            .remember(account, place, reason, words, (self.now)())?;
        let words = words.to_owned();
        self.tell_of(place, EventKind::Unread { reason, words });
        Ok(())
    }

    /// Records and tells.
    fn record(
        &mut self,
        arrivals: Vec<Arrival>,
        cursor: Option<(&str, Cursor)>,
    ) -> Result<(), Error> {
        if arrivals.is_empty() && cursor.is_none() {
            return Ok(());
        }
        let trust = self.judge.verifier.trust();
        let account = self.judge.account;
        let recorded = self
            .ledger
            .record(account, &arrivals, cursor, trust, (self.now)())?;
        if recorded.iter().any(|one| one.forgotten) {
            self.ledger.sweep_octets()?;
        }
        let at_hand = std::mem::take(&mut self.at_hand);
        index_with(self.ledger, &at_hand, &mut |_| {})?;
        for (arrival, recorded) in arrivals.into_iter().zip(recorded) {
            if recorded.forgotten {
                self.report.forgotten += 1;
                continue;
            }
            self.report.new_facts += recorded.new_facts;
            let known = recorded.known;
            let kind = EventKind::of(arrival.finding, recorded);
            let told_before = self.quiet || (self.anew && known);
            if told_before && matches!(kind, EventKind::Other(_)) {
                continue;
            }
            let letter = self.ledger.letter_in(account, &arrival.octets)?;
            (self.on_event)(Event {
                folder: arrival.folder,
                uid: arrival.uid,
                octets: arrival.octets,
                known,
                letter: letter.map(Box::new),
                kind,
            });
        }
        Ok(())
    }

    /// Receipts that came before the one which taught us their identifier.
    pub(super) fn adopt(&mut self) -> Result<(), Error> {
        let orphans = self.ledger.orphans_to_adopt(self.judge.account)?;
        // What they teach is the identifier that led to them.
        self.record_kept(orphans)
    }

    /// What was not proved by older trust data, an older program or a clock that was slow, may be
    /// now.
    fn judge_again(&mut self) -> Result<(), Error> {
        let trust = self.judge.verifier.trust();
        let now = (self.now)();
        let unproved = self.ledger.to_judge_again(self.judge.account, trust, now)?;
        self.quiet = true;
        for some in unproved.chunks(BATCH_MESSAGES) {
            self.record_kept(some.to_vec())?;
        }
        self.quiet = false;
        if self.report.new_facts > 0 {
            self.adopt()?;
        }
        Ok(())
    }

    /// Judges octets that are kept already, and records what is found.
    fn record_kept(&mut self, kept: Vec<String>) -> Result<(), Error> {
        let account = self.judge.account;
        let mut arrivals = Vec::new();
        for octets in kept {
            let place = self.ledger.found_at(account, &octets)?;
            // One whose file was damaged moves nothing, and keeps nobody from reading the rest.
            let (Some((folder, uid_validity, uid)), Ok(kept)) =
                (place, self.ledger.octets(&octets))
            else {
                continue;
            };
            let finding = self.examine(&kept)?;
            arrivals.push(Arrival {
                folder,
                uid_validity,
                uid,
                internal_date: None,
                octets,
                finding,
            });
        }
        self.record(arrivals, None)
    }

    /// Judges octets; a receipt under a Message-ID of ours is also compared with what we sent.
    pub(super) fn examine(&self, octets: &[u8]) -> Result<ledger::Finding, Error> {
        let question = Question::new((self.now)());
        let examination = self.judge.verifier.examine(octets, &question);
        let receipt = match examination.into_verified() {
            Ok(receipt) => receipt,
            Err(examination) => {
                return Ok(match wrapped_in(&examination, octets) {
                    Some(wrapped) => ledger::Finding::Anomaly(examination, wrapped),
                    None => ledger::Finding::Other(examination),
                });
            }
        };
        let other_content = match self.sent_under(&receipt)? {
            Some(sent) => {
                let question = Question {
                    sent: Some(&sent),
                    ..question
                };
                let compared = self.judge.verifier.examine(octets, &question);
                compared
                    .sent()
                    .is_some_and(|sent| sent.matches == Some(false))
            }
            None => false,
        };
        Ok(ledger::Finding::Verified {
            receipt: Box::new(receipt),
            other_content,
        })
    }

    /// What we sent under the Message-ID of a delivery receipt, which may carry it.
    fn sent_under(&self, receipt: &VerifiedReceipt) -> Result<Option<Sent>, Error> {
        if receipt.kind() != MessageKind::Delivery {
            return Ok(None);
        }
        let Some(message_id) = receipt.data().message_id.as_deref() else {
            return Ok(None);
        };
        let Some(message) = self.ledger.by_message_id(message_id)? else {
            return Ok(None);
        };
        // Another machine sent this notice, as its Message-ID says; our octets, with their own
        // date, are not those that left. Any other Message-ID stands for its octets.
        if Identity::read(message_id).is_some() && !self.ledger.has_left_here(&message)? {
            return Ok(None);
        }
        let row = self.ledger.row(&message)?;
        // Nothing to compare with when our file was damaged: the receipt is genuine without it.
        Ok(self.ledger.octets(&row.octets).ok().map(Sent::new))
    }
}

impl Event {
    /// Whether a person should be warned: it passes itself off as certified mail and is not
    /// proved, or is about a message of ours in a way that it should not be. What is no proof
    /// and was known is no news.
    pub fn is_alarming(&self) -> bool {
        match &self.kind {
            EventKind::Verified { rule, .. } => {
                matches!(rule, MatchRule::OtherSender | MatchRule::OtherContent)
            }
            EventKind::Other(examination) => {
                let unproved = [Verdict::NotGenuine, Verdict::CannotTell];
                !self.known && unproved.contains(&examination.verdict())
            }
            EventKind::Anomaly(_) => false,
            EventKind::TooLarge(_) => true,
            // Told on its own, and in the exit status.
            EventKind::Unread { .. } => false,
        }
    }

    /// The certified time, of a genuine one.
    pub fn certified_at(&self) -> Option<Timestamp> {
        match &self.kind {
            EventKind::Verified { receipt, .. } => Some(receipt.data().time),
            EventKind::Anomaly(_)
            | EventKind::Other(_)
            | EventKind::TooLarge(_)
            | EventKind::Unread { .. } => None,
        }
    }
}

/// Whether the server says that there is no such folder (RFC 5530, 3): what it held is gone, or
/// is in another one.
fn is_gone(error: &transport::Error) -> bool {
    let transport::Error::Refused { reply, .. } = error else {
        return false;
    };
    reply.text.to_ascii_uppercase().starts_with("[NONEXISTENT]")
}

/// The ordinary mail in an anomaly envelope that was found genuine.
fn wrapped_in(examination: &Examination, octets: &[u8]) -> Option<WrappedMail> {
    let kind = examination.facts().and_then(|facts| facts.kind());
    let is_anomaly =
        examination.verdict() == Verdict::Genuine && kind == Some(MessageKind::AnomalyEnvelope);
    is_anomaly.then(|| WrappedMail::inside(octets).unwrap_or_default())
}

/// Whether UIDNEXT fell below what was read: a mailbox brought back from a copy, whose server
/// kept UIDVALIDITY though it must not (RFC 3501, 2.3.1.1). What comes next has numbers that
/// the cursor has passed.
fn went_back(known: Cursor, state: &transport::FolderState) -> bool {
    state.uid_next.is_some_and(|next| next <= known.last_uid)
}

/// What is remembered of the number of the last change after a folder was read.
fn mod_seq_now(before: ModSeq, told: Option<NonZeroU64>, seen: Seen) -> ModSeq {
    match (before, told) {
        (ModSeq::StoodStill, _) => ModSeq::StoodStill,
        (ModSeq::At(known), Some(told)) if known == told && seen.came => ModSeq::StoodStill,
        (ModSeq::Untold | ModSeq::At(_), Some(told)) if seen.all => ModSeq::At(told),
        (ModSeq::Untold | ModSeq::At(_), _) => ModSeq::Untold,
    }
}

/// Whether the header of a message gives a reason to fetch it. Generous: what it lets through
/// is judged, what it holds back is never seen.
fn looks_certified(summary: &Summary) -> bool {
    // A server that could not give it said nothing against it; without any of the fields the
    // empty line would be there.
    if summary.header.is_empty() {
        return true;
    }
    let Ok((header, _)) = Header::parse(&summary.header) else {
        return true;
    };
    let hints = Hints::of(&header);
    if hints.claims_certified_mail() {
        return true;
    }
    let says = |name: &str, text: &str| {
        header.all(name).any(|field| {
            let value = field.text();
            value.to_ascii_lowercase().contains(text)
        })
    };
    let subject = header.first("Subject").map(|field| field.decoded());
    let subject = subject.unwrap_or_default();
    let announced = MessageKind::STATED
        .into_iter()
        .chain([MessageKind::AnomalyEnvelope])
        .flat_map(MessageKind::subject_prefixes)
        .any(|prefix| subject.trim_start().starts_with(prefix));
    // Gateways strip fields that they do not know; the signature they leave.
    announced && says("Content-Type", "multipart/signed")
        || header
            .all("From")
            .any(|field| is_signer_address(field.text().trim_matches(['<', '>'])))
}

/// Whether the header marks a message as the envelope of a letter, and as no receipt. What has no such
/// mark is fetched and judged: a receipt that a gateway took it from is none to be lost.
fn is_letter(summary: &Summary) -> bool {
    let header = Header::parse(&summary.header);
    let hints = header.map(|(header, _)| Hints::of(&header));
    hints.is_ok_and(|hints| hints.kind() == Some(MessageKind::TransportEnvelope))
}

/// Asks for headers that did not come with the others: by halves, then each alone. One that
/// does not come alone either is left without header: it is fetched whole.
///
/// # Errors
/// The line broke over the headers of this UID, or of those from it on.
fn headers(
    mailbox: &mut dyn Mailbox,
    missing: &[u32],
    found: &mut BTreeMap<u32, Summary>,
) -> Result<(), (u32, transport::Error)> {
    let (Some(&first), Some(&last)) = (missing.first(), missing.last()) else {
        return Ok(());
    };
    let Came { all, fault } = mailbox.summaries(first..=last, &FIELDS);
    for summary in all {
        found.entry(summary.uid).or_insert(summary);
    }
    let mut rest = missing.to_vec();
    rest.retain(|uid| !found.contains_key(uid));
    if let Some(error) = fault.filter(transport::Error::is_end) {
        return Err((rest.first().copied().unwrap_or(first), error));
    }
    if let [one] = missing {
        found.entry(*one).or_insert_with(|| Summary {
            uid: *one,
            size: 0,
            header: Vec::new(),
        });
        return Ok(());
    }
    let (low, high) = rest.split_at(rest.len() / 2);
    headers(mailbox, low, found)?;
    headers(mailbox, high, found)
}

/// Runs of messages whose octets together keep within the bound; a larger one is alone.
fn batches<'a>(candidates: &'a [&'a Summary]) -> Vec<&'a [&'a Summary]> {
    let mut batches = Vec::new();
    let (mut start, mut octets) = (0, 0);
    for (at, summary) in candidates.iter().enumerate() {
        if at > start && (octets + summary.size > BATCH_OCTETS || at - start >= BATCH_MESSAGES) {
            batches.push(&candidates[start..at]);
            (start, octets) = (at, 0);
        }
        octets += summary.size;
    }
    if start < candidates.len() {
        batches.push(&candidates[start..]);
    }
    batches
}

/// Twice as many UIDs where few of them exist, half where many do.
fn next_window(window: u32, found: usize) -> u32 {
    if found > MOST_IN_WINDOW {
        (window / 2).max(1)
    } else if found < (window / 4) as usize {
        window.saturating_mul(2)
    } else {
        window
    }
}
