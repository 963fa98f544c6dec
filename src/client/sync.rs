//! What is new in a mailbox: certified mail fetched, judged, led to our messages, recorded.
//!
//! Headers first, octets only of what looks certified. A batch of octets is on the disk before
//! one commit records all of it together with how far the folder was read: a cut anywhere
//! costs at most that batch, which the next run fetches again.

use super::fetch::{Wanted, fetch_all};
use super::{Error, Now};
use crate::address::MailAddress;
use crate::ledger::{self, Arrival, Cursor, Ledger, MatchRule, MessageRef};
use crate::mime::header::Header;
use crate::pec::MessageKind;
use crate::pec::header::{Hints, is_signer_address};
use crate::pec::wrapped::WrappedMail;
use crate::timestamp::Timestamp;
use crate::transport::{self, Fetched, Folder, Mailbox, Summary};
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

/// Who judges, and for which account.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The account whose mailbox is read.
    pub account: &'a MailAddress,
    /// By whose trust data.
    pub verifier: &'a Verifier,
}

/// Something found in the mailbox.
#[derive(Debug)]
pub struct Event {
    /// The folder.
    pub folder: String,
    /// The UID.
    pub uid: u32,
    /// SHA-256 of the octets; empty when they were not fetched.
    pub octets: String,
    /// Whether these octets had been seen before.
    pub known: bool,
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
    /// Facts that were new.
    pub new_facts: usize,
    /// Folders whose UIDs had lost their meaning, and which were read from the beginning.
    pub renumbered: usize,
    /// Folders that the server did not let us read, or not to the end, and its words.
    pub unread: Vec<(String, String)>,
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

/// Reads what is new in the folders. Nothing is changed on the server.
///
/// # Errors
/// When the line breaks or the ledger cannot be used. What was recorded stays; the next run
/// goes on from there.
pub fn sync(
    ledger: &mut Ledger,
    judge: Judge<'_>,
    mailbox: &mut dyn Mailbox,
    folders: &[String],
    now: Now<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<SyncReport, Error> {
    ledger.settle_cut_off(now())?;
    let mut run = Run::new(ledger, judge, now, on_event);
    // Those that a run which was cut off had no time for.
    run.adopt()?;
    run.judge_again()?;
    for folder in folders {
        match run.folder(mailbox, folder) {
            // One folder that is gone must not keep the receipts in the others from us.
            Err(Error::Transport(
                error @ (transport::Error::Refused { .. }
                | transport::Error::Injection(_)
                | transport::Error::Unnumbered),
            )) => run.report.unread.push((folder.clone(), error.to_string())),
            read => read?,
        }
    }
    Ok(run.report)
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
    again: bool,
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
            again: false,
        }
    }

    fn folder(&mut self, mailbox: &mut dyn Mailbox, folder: &str) -> Result<(), Error> {
        let state = mailbox.examine(folder)?;
        let known = self.ledger.cursor(self.judge.account, folder)?;
        self.report.folders += 1;
        let mut cursor = Cursor {
            uid_validity: state.uid_validity,
            last_uid: 0,
        };
        match known {
            Some(known)
                if known.uid_validity == state.uid_validity && !went_back(known, &state) =>
            {
                cursor = known;
            }
            // RFC 3501, 2.3.1.1: the numbers mean other messages now; octets that are known
            // change nothing when they are found again.
            Some(_) => self.report.renumbered += 1,
            None => {}
        }
        self.again = cursor.last_uid == 0;
        let mut window = FIRST_WINDOW;
        // Messages that come while we read are the next run's.
        let end = state
            .uid_next
            .map_or(u32::MAX, |next| next.saturating_sub(1));
        while cursor.last_uid < end {
            let first = cursor.last_uid + 1;
            let last = if state.uid_next.is_some() {
                end.min(first.saturating_add(window - 1))
            } else {
                u32::MAX
            };
            let summaries = mailbox.summaries(first..=last, &FIELDS).whole()?;
            let newest = summaries.last().map_or(cursor.last_uid, |found| found.uid);
            // Without UIDNEXT only what was seen is known to have been read.
            let read_to = if last == u32::MAX { newest } else { last };
            self.report.looked_at += summaries.len();
            self.window(mailbox, folder, cursor, &summaries, read_to)?;
            cursor.last_uid = read_to;
            if last == u32::MAX {
                break;
            }
            window = next_window(window, summaries.len());
        }
        Ok(())
    }

    /// Fetches and records the certified mail among the summaries, in the order of UIDs; in
    /// the end the cursor stands at `read_to`.
    fn window(
        &mut self,
        mailbox: &mut dyn Mailbox,
        folder: &str,
        cursor: Cursor,
        summaries: &[Summary],
        read_to: u32,
    ) -> Result<(), Error> {
        let at = |last_uid: u32| Cursor { last_uid, ..cursor };
        let mut candidates = Vec::new();
        for summary in summaries.iter().filter(|summary| looks_certified(summary)) {
            if summary.size > MAX_MESSAGE_OCTETS {
                (self.on_event)(Event {
                    folder: folder.to_owned(),
                    uid: summary.uid,
                    octets: String::new(),
                    known: false,
                    kind: EventKind::TooLarge(summary.size),
                });
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
            if let Some(error) = brought.ended {
                return Err(error.into());
            }
            let (fetched, last) = (brought.fetched, wanted.last().map(|one| one.uid));
            let last = last.unwrap_or(cursor.last_uid);
            self.take(folder, cursor.uid_validity, fetched, Some(at(last)))?;
        }
        self.take(folder, cursor.uid_validity, Vec::new(), Some(at(read_to)))
    }

    /// Keeps octets, judges them, records all with the cursor, tells what was found.
    pub(super) fn take(
        &mut self,
        folder: &str,
        uid_validity: u32,
        fetched: Vec<Fetched>,
        cursor: Option<Cursor>,
    ) -> Result<(), Error> {
        let mut arrivals = Vec::with_capacity(fetched.len());
        for message in fetched {
            let octets = self.ledger.keep(&message.octets)?;
            let finding = self.examine(&message.octets)?;
            arrivals.push(Arrival {
                folder: folder.to_owned(),
                uid_validity,
                uid: message.uid,
                internal_date: message.internal_date,
                octets,
                finding,
            });
        }
        self.report.fetched += arrivals.len();
        let before = self.report.new_facts;
        self.record(arrivals, cursor.map(|cursor| (folder, cursor)))?;
        if self.report.new_facts > before {
            self.adopt()?;
        }
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
        for (arrival, recorded) in arrivals.into_iter().zip(recorded) {
            self.report.new_facts += recorded.new_facts;
            let kind = match arrival.finding {
                ledger::Finding::Anomaly(_, wrapped) => EventKind::Anomaly(wrapped),
                ledger::Finding::Other(examination) => EventKind::Other(examination),
                ledger::Finding::Verified { receipt, .. } => EventKind::Verified {
                    rule: recorded.rule.unwrap_or(MatchRule::Orphan),
                    message: recorded.message,
                    new_facts: recorded.new_facts,
                    receipt,
                },
            };
            let told_before = self.quiet || (self.again && recorded.known);
            if told_before && matches!(kind, EventKind::Other(_)) {
                continue;
            }
            (self.on_event)(Event {
                folder: arrival.folder,
                uid: arrival.uid,
                octets: arrival.octets,
                known: recorded.known,
                kind,
            });
        }
        Ok(())
    }

    /// Receipts that came before the one which taught us their identifier.
    fn adopt(&mut self) -> Result<(), Error> {
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
    fn examine(&self, octets: &[u8]) -> Result<ledger::Finding, Error> {
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
                    .sent
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
        let row = self.ledger.row(&message)?;
        // Nothing to compare with when our file was damaged: the receipt is genuine without it.
        Ok(self.ledger.octets(&row.octets).ok().map(Sent::new))
    }
}

impl Event {
    /// Whether a person should be warned: it passes itself off as certified mail and is not
    /// proved, or is about a message of ours in a way that it should not be.
    pub fn is_alarming(&self) -> bool {
        match &self.kind {
            EventKind::Verified { rule, .. } => {
                matches!(rule, MatchRule::OtherSender | MatchRule::OtherContent)
            }
            EventKind::Other(examination) => matches!(
                examination.verdict,
                Verdict::NotGenuine | Verdict::CannotTell
            ),
            EventKind::Anomaly(_) => false,
            EventKind::TooLarge(_) => true,
        }
    }

    /// The certified time, of a genuine one.
    pub fn certified_at(&self) -> Option<Timestamp> {
        match &self.kind {
            EventKind::Verified { receipt, .. } => Some(receipt.data().time),
            _ => None,
        }
    }
}

/// The ordinary mail in an anomaly envelope that was found genuine.
fn wrapped_in(examination: &Examination, octets: &[u8]) -> Option<WrappedMail> {
    let kind = examination.facts.as_ref().and_then(|facts| facts.kind);
    let is_anomaly =
        examination.verdict == Verdict::Genuine && kind == Some(MessageKind::AnomalyEnvelope);
    is_anomaly.then(|| WrappedMail::inside(octets).unwrap_or_default())
}

/// Whether UIDNEXT fell below what was read: a mailbox brought back from a copy, whose server
/// kept UIDVALIDITY though it must not (RFC 3501, 2.3.1.1). What comes next has numbers that
/// the cursor has passed.
fn went_back(known: Cursor, state: &transport::FolderState) -> bool {
    state.uid_next.is_some_and(|next| next <= known.last_uid)
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
