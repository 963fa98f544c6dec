//! The rows of one account to the server: in order, at its pace, each once.
//!
//! What decides about a row is the ledger alone. A row in doubt is first looked for in the whole
//! mailbox; only with a patience given, and when the mailbox has no receipt after it, is it sent
//! again. Everything else that goes wrong waits and tries again: longer each time, and not for
//! ever.
//!
//! The mailbox is read before the first message: what another machine sent is settled by its
//! acceptance.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::message::{Files, Sender, file_name, freeze};
use super::{Allowed, Event, Happening, Reach, RowName, Time};
use crate::batch::Fault;
use crate::batch::notice::{Recipe, Writer};
use crate::batch::pace::{LOOKS_BACK, Pace};
use crate::batch::table::Columns;
use crate::client::patience::may_pass;
use crate::client::submit::{Frozen, Turn};
use crate::client::{self, Error, Found, Judge, SendAgain, read_all};
use crate::ledger::fact::What;
use crate::ledger::state::{Open, Standing};
use crate::ledger::{
    self, Claim, Commit, JobRef, JobRow, Ledger, MessageRef, Plan, Planned, Rest, Room, Serving,
    Taken, Terms,
};
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;
use crate::transport::{self, Reply, Stop, Submission, SubmissionOutcome};

/// Rows read from the ledger at once.
const PAGE: usize = 200;
/// Rows that are taken together, at most: each time twice as many as long as all goes well.
const AHEAD: usize = 64;
/// Octets of their messages, at most; one that is larger goes alone.
const MOST_OCTETS_AHEAD: u64 = 4 * 1024 * 1024;
/// How often in a row the line may break before the job ends: with the pauses, an hour.
const MOST_TROUBLES: u32 = 12;
/// How often one run tries a row that is refused for now.
const MOST_TRIES: u32 = 5;
/// Seconds before a row that was refused for now is tried again; twice as long each time.
const RETRY_SECONDS: i64 = 60;
/// Rows refused for now, one after the other, that look like the provider and not like rows.
const STREAK: u32 = 3;
/// Rows refused for good with the same words, one after the other, that are the sender's refusal.
const MOST_EQUAL: usize = 5;
/// How often a row is looked at anew because somebody else did something for it meanwhile.
const MOST_PLANS: u32 = 20;
/// A wait that is worth telling.
const LONG_WAIT_SECONDS: i64 = 5;
/// How long what the mailbox answered about a row in doubt holds, while something else is waited for.
const ANSWER_HOLDS_SECONDS: i64 = 30;
/// A connection that is idle for longer is not kept.
const IDLE_SECONDS: i64 = 30;
/// The longest sleep before somebody who asks to stop is heard.
const TURN: Duration = Duration::from_millis(200);

/// How the rows of an account ended.
#[derive(Debug)]
pub enum End {
    /// Nothing is left to do.
    Done,
    /// Somebody asked to stop.
    Stopped,
    /// The server cannot be used: a refused login, a certificate, or a line that kept breaking.
    GaveUp(transport::Error),
    /// The mailbox cannot be read, so nobody knows what another machine sent.
    NoMailbox(transport::Error),
}

/// The rows of one account.
pub struct Runner<'a> {
    /// What is known; of this thread alone.
    pub ledger: &'a mut Ledger,
    /// The job.
    pub job: &'a JobRef,
    /// How its rows become notices.
    pub recipe: &'a Recipe,
    /// Who sends.
    pub sender: &'a Sender,
    /// Who judges receipts.
    pub judge: Judge<'a>,
    /// Folders to read besides INBOX.
    pub folders: &'a [String],
    /// The way to the servers.
    pub reach: &'a mut dyn Reach,
    /// The files that rows name.
    pub files: &'a mut dyn Files,
    /// When the next may leave.
    pub pace: Pace,
    /// What of that which is in doubt may be sent again; `None`: nothing.
    pub resend: Option<SendAgain>,
    /// What a person allowed of what would not go by itself.
    pub allowed: &'a Allowed,
    /// Asked to stop.
    pub stop: &'a Stop,
    /// Set while the mailbox is too full for more receipts.
    pub hold: &'a AtomicBool,
    /// Clock and waiting.
    pub time: Time<'a>,
    /// Told what happens.
    pub on_event: &'a mut dyn FnMut(Event),
}

/// What follows from one attempt at a row.
enum After {
    /// It is settled, or in doubt, or nothing can be done about it here.
    Next,
    /// The same row again, once the pace allows it.
    Again,
    /// Later in this run.
    Later,
}

/// What is going on in a run.
struct State<'a> {
    /// What makes notices of rows; what is wrong with the recipe.
    writer: Result<Writer<'a>, String>,
    line: Option<Box<dyn Submission>>,
    troubles: u32,
    streak: u32,
    /// The last messages that were refused for good, all with the same words.
    equal: Vec<(Reply, MessageRef)>,
    later: VecDeque<(Timestamp, u32, JobRow)>,
    /// In which second the ends of rows were last brought to the disk.
    brought: Option<Timestamp>,
    /// Whether all of the mailbox could be read, once that was needed.
    read: Option<bool>,
    /// Rows whose messages, of another machine, wait for their receipts.
    adopted: Vec<JobRow>,
}

impl State<'_> {
    /// Whether the last rows went as they should.
    fn is_well(&self) -> bool {
        self.troubles == 0 && self.streak == 0 && self.equal.is_empty()
    }
}

/// Those that go next: one at least, as many as given at most.
fn next_of<T>(page: &mut VecDeque<T>, most: usize, size: impl Fn(&T) -> u64) -> Vec<T> {
    let mut octets = 0;
    let fit = page.iter().take(most).take_while(|one| {
        octets += size(one);
        octets <= MOST_OCTETS_AHEAD
    });
    let fit = fit.count().max(1);
    page.drain(..fit.min(page.len())).collect()
}

/// Faults as the note of a row has them.
fn words_of(faults: Vec<Fault>) -> String {
    let words: Vec<&str> = faults.iter().map(Fault::word).collect();
    words.join(", ")
}

/// What is to be done for a row, and its message where it needs one; or why it waits.
type Prepared = Result<(Plan, Option<OutgoingMessage>), String>;

/// What of the mailbox could not be read.
enum Unread {
    Nothing,
    /// A message; it is remembered, and asked for again.
    Message(String),
    /// A folder that is always read, and why.
    Folder(String),
}

/// Why the loop over the rows ended.
enum Break {
    Stopped,
    GaveUp(transport::Error),
    NoMailbox(transport::Error),
    Failed(Error),
}

impl From<ledger::Error> for Break {
    fn from(error: ledger::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Runner<'_> {
    /// Sends what is not sent, and settles what is in doubt.
    ///
    /// # Errors
    /// When the ledger cannot be used. What was recorded stays.
    pub fn run(mut self) -> Result<End, Error> {
        let mut state = State {
            writer: Writer::new(self.recipe).map_err(words_of),
            line: None,
            troubles: 0,
            streak: 0,
            equal: Vec::new(),
            later: VecDeque::new(),
            brought: None,
            read: None,
            adopted: Vec::new(),
        };
        let ended = self.all(&mut state);
        let brought = self.ledger.bring_to_disk();
        let end = match ended {
            Ok(()) => End::Done,
            Err(Break::Stopped) => End::Stopped,
            Err(Break::GaveUp(error)) => End::GaveUp(error),
            Err(Break::NoMailbox(error)) => End::NoMailbox(error),
            Err(Break::Failed(error)) => return Err(error),
        };
        brought?;
        // Messages whose rows were not taken after all.
        self.ledger.sweep_octets()?;
        Ok(end)
    }

    fn all(&mut self, state: &mut State<'_>) -> Result<(), Break> {
        self.ledger.settle_cut_off(self.now())?;
        if self.open_rows(0, 1)?.is_empty() {
            return Ok(());
        }
        // What a run left behind that was cut off.
        self.ledger.sweep_octets()?;
        self.ask_first(state)?;
        // The mailbox first: what it knows needs no attempt.
        let doubts = self.in_doubt()?;
        self.settle(&doubts)?;
        let (mut after, mut together) = (0, 1);
        loop {
            let mut page = VecDeque::from(self.open_rows(after, PAGE)?);
            let Some(last) = page.back() else {
                break;
            };
            after = last.row.number;
            while !page.is_empty() {
                let mut rows = next_of(&mut page, together, |row| row.row.size);
                self.take_ahead(&mut rows, state)?;
                for row in rows {
                    self.row(row, state)?;
                    self.due(state)?;
                    self.bring_to_disk_each_second(state)?;
                }
                together = match state.is_well() {
                    true => AHEAD.min(2 * together),
                    false => 1,
                };
            }
        }
        while !state.later.is_empty() {
            let at = state.later[0].0;
            self.wait_until(at, state)?;
            self.due(state)?;
        }
        while !state.adopted.is_empty() {
            self.adopt()?;
            for row in std::mem::take(&mut state.adopted) {
                self.adopt_further(row, state)?;
            }
        }
        self.last_doubts(state)
    }

    /// What a machine that stops may lose of the ends of rows is what one second brought.
    fn bring_to_disk_each_second(&mut self, state: &mut State<'_>) -> Result<(), Break> {
        let now = self.now();
        if state.brought != Some(now) {
            self.ledger.bring_to_disk()?;
            state.brought = Some(now);
        }
        Ok(())
    }

    fn open_rows(&self, after: u64, limit: usize) -> Result<Vec<JobRow>, ledger::Error> {
        let (account, retry) = (&self.sender.address, self.allowed.retry);
        self.ledger
            .open_rows(self.job, account, retry, after, limit)
    }

    /// Reads the mailbox before the first message: another machine may have sent some of them,
    /// and this ledger may have forgotten that it did. One that cannot be read lets nothing leave.
    fn ask_first(&mut self, state: &mut State<'_>) -> Result<(), Break> {
        let has_asked = self.ledger.has_asked(&self.sender.address)?;
        if !has_asked {
            self.tell(None, Happening::AsksFirst);
        }
        let is_whole = self.read_mailbox(state)?;
        if has_asked {
            return Ok(());
        }
        if !is_whole {
            return Err(Break::Stopped);
        }
        Ok(self.ledger.note_asked(&self.sender.address)?)
    }

    /// Leads the receipts of messages that another machine sent to them.
    fn adopt(&mut self) -> Result<(), Break> {
        let mut came = Vec::new();
        let mut keep = |event: client::Event| came.push(event);
        let adopted = client::adopt(self.ledger, self.judge, self.time.now, &mut keep);
        for event in came {
            self.tell(None, Happening::Received(Box::new(event)));
        }
        adopted.map_err(Break::Failed)
    }

    /// Adopts what another machine sent to those whom the first message of a row missed, now that its
    /// receipts tell who they are. Nothing is sent.
    fn adopt_further(&mut self, mut row: JobRow, state: &mut State<'_>) -> Result<(), Break> {
        let terms = Terms::default();
        let plan = self.ledger.plan(&row, terms)?;
        let Plan::Adopt(..) = plan else {
            return Ok(());
        };
        let made = plan.message();
        let made = made.map(|(id, rest)| self.message_of(&row, id, rest, state));
        // What cannot be made any more stays as it is: the receipts are in the ledger.
        let Some(Ok(message)) = made else {
            return Ok(());
        };
        let planned = Planned {
            row: &row,
            plan: &plan,
            terms,
            message: Some(&message),
        };
        if let Taken::Adopted(message) = self.ledger.take_row(planned, self.now())? {
            row.message = Some(message);
            state.adopted.push(row);
        }
        Ok(())
    }

    fn in_doubt(&mut self) -> Result<Vec<JobRow>, Break> {
        let mut doubts = Vec::new();
        let mut after = 0;
        loop {
            let page = self.open_rows(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(doubts);
            };
            after = last.row.number;
            for row in page {
                if self.open(&row)? == Some(Open::InDoubt) {
                    doubts.push(row);
                }
            }
        }
    }

    /// Rows refused for now whose time has come.
    fn due(&mut self, state: &mut State<'_>) -> Result<(), Break> {
        let now = self.now();
        while state.later.front().is_some_and(|(at, _, _)| *at <= now) {
            if let Some((_, tries, row)) = state.later.pop_front() {
                self.row_after(row, tries, state)?;
            }
        }
        Ok(())
    }

    fn row(&mut self, row: JobRow, state: &mut State<'_>) -> Result<(), Break> {
        self.row_after(row, 0, state)
    }

    /// One row, tried so often before in this run.
    fn row_after(
        &mut self,
        mut row: JobRow,
        tries: u32,
        state: &mut State<'_>,
    ) -> Result<(), Break> {
        loop {
            self.wait_for_pace(row.row.recipients, state)?;
            match self.attempt(&mut row, tries + 1 < MOST_TRIES, state)? {
                After::Next => return Ok(()),
                After::Again => {}
                After::Later => {
                    let pause = RETRY_SECONDS << tries;
                    let at = Timestamp::from_unix(self.now().unix() + pause);
                    state.later.push_back((at, tries + 1, row));
                    // Pauses of different length: the next one due stands first.
                    state.later.make_contiguous().sort_by_key(|(at, _, _)| *at);
                    return Ok(());
                }
            }
        }
    }

    fn attempt(
        &mut self,
        row: &mut JobRow,
        may_again: bool,
        state: &mut State<'_>,
    ) -> Result<After, Break> {
        if !self.take(row, state)? {
            return Ok(After::Next);
        }
        let Some(message) = row.message.clone() else {
            return Ok(After::Next);
        };
        match self.open(row)? {
            Some(Open::Unsent) => {
                if !self.may_go(&message, row, state)? {
                    return Ok(After::Next);
                }
            }
            Some(Open::Sending) => {
                self.tell(Some(row), Happening::Elsewhere);
                return Ok(After::Next);
            }
            Some(Open::InDoubt) | None => return Ok(After::Next),
        }
        if !self.connect(state)? {
            return Ok(After::Again);
        }
        self.submit(row, &message, Claim::NeverLeft, may_again, state)
    }

    /// Whether a message that the ledger takes for unsent may go: if that is not of this moment,
    /// the mailbox is read first.
    fn may_go(
        &mut self,
        message: &MessageRef,
        row: &JobRow,
        state: &mut State<'_>,
    ) -> Result<bool, Break> {
        if self.ledger.is_of_now(message, self.now())? {
            return Ok(true);
        }
        if !self.read_mailbox(state)? {
            return Ok(false);
        }
        let view = self.ledger.view(message)?;
        // Where the server took it for some of the recipients, a receipt is theirs.
        let was_taken = view.facts.iter().any(|fact| fact.what() == What::Taken);
        let is_known = !view.receipts.is_empty() && !was_taken;
        if is_known {
            self.tell(Some(row), Happening::Found);
        }
        Ok(!is_known && self.open(row)? == Some(Open::Unsent))
    }

    /// Reads the mailbox once in a run. Gives whether all of it could be read; when none of it
    /// could, the run ends.
    fn read_mailbox(&mut self, state: &mut State<'_>) -> Result<bool, Break> {
        if let Some(was_read) = state.read {
            return Ok(was_read);
        }
        let reason = match self.read_new() {
            Ok(Unread::Nothing) => None,
            Ok(Unread::Message(reason)) => Some(reason),
            Ok(Unread::Folder(reason)) => {
                self.tell(None, Happening::NoMailbox(reason));
                return Err(Break::Stopped);
            }
            Err(Error::Transport(error)) => {
                self.tell(None, Happening::NoMailbox(error.to_string()));
                return Err(Break::NoMailbox(error));
            }
            Err(error) => return Err(Break::Failed(error)),
        };
        state.read = Some(reason.is_none());
        if let Some(reason) = reason {
            self.tell(None, Happening::NoMailbox(reason));
        }
        Ok(state.read == Some(true))
    }

    /// Reads what is new in every folder that can be opened.
    fn read_new(&mut self) -> Result<Unread, Error> {
        self.ledger.bring_to_disk()?;
        let mut mailbox = self.reach.mailbox()?;
        let mut came = Vec::new();
        let mut keep = |event: client::Event| came.push(event);
        let (judge, folders, now) = (self.judge, self.folders, self.time.now);
        let read = read_all(self.ledger, judge, &mut *mailbox, folders, now, &mut keep);
        for event in came {
            self.tell(None, Happening::Received(Box::new(event)));
        }
        let missed = read?;
        if let Some((folder, reason)) = missed.needed {
            return Ok(Unread::Folder(format!("{folder}: {reason}")));
        }
        Ok(match missed.messages.first() {
            Some(one) => Unread::Message(format!("{}, UID {}", one.place.folder, one.place.uid)),
            None => Unread::Nothing,
        })
    }

    /// Gives a row its message; `false` when nothing is to be done for it.
    fn take(&mut self, row: &mut JobRow, state: &mut State<'_>) -> Result<bool, Break> {
        let terms = self.allowed.of(row.row.number);
        // What has a message mostly keeps it. Whoever carries that out plans it once more.
        let mut kept = row.message.clone().map(Plan::Linked);
        for _ in 0..MOST_PLANS {
            let prepared = match kept.take() {
                Some(plan) => Ok((plan, None)),
                None => self.plan(row, state)?,
            };
            let (plan, message) = match prepared {
                Ok(prepared) => prepared,
                Err(reason) => return self.hold(row, reason),
            };
            let planned = Planned {
                row,
                plan: &plan,
                terms,
                message: message.as_ref(),
            };
            match self.ledger.take_row(planned, self.now())? {
                Taken::Changed => continue,
                Taken::Elsewhere(_) => return self.hold(row, "accepted-elsewhere".to_owned()),
                Taken::RestElsewhere(_) => return self.hold(row, "rest-elsewhere".to_owned()),
                Taken::New(message) | Taken::Already(message) => row.message = Some(message),
                Taken::Served(message) => {
                    (row.message, row.served) = (Some(message), true);
                    self.tell(Some(row), Happening::Served);
                }
                Taken::Adopted(message) => {
                    row.message = Some(message);
                    state.adopted.push(row.clone());
                    self.tell(Some(row), Happening::Adopted);
                }
            }
            // The message of another row may be in doubt: it is settled with this one.
            return Ok(true);
        }
        self.tell(Some(row), Happening::Elsewhere);
        Ok(false)
    }

    /// What is to be done for a row, with its message where the plan needs one; or why it waits.
    fn plan(&mut self, row: &JobRow, state: &State<'_>) -> Result<Prepared, Break> {
        let plan = self.ledger.plan(row, self.allowed.of(row.row.number))?;
        if let Plan::Wait(serving) = &plan {
            let reason = match serving {
                Serving::OtherCameBack(_) => "other-came-back",
                Serving::Lost(_) => "lost",
                Serving::Conflict(_)
                | Serving::Free
                | Serving::Served(_)
                | Serving::Recorded(_)
                | Serving::Elsewhere(_)
                | Serving::InPart(_)
                | Serving::CameBack(_) => "conflict",
            };
            return Ok(Err(reason.to_owned()));
        }
        let made = plan.message();
        let made = made.map(|(id, rest)| self.message_of(row, id, rest, state));
        Ok(made.transpose().map(|message| (plan, message)))
    }

    /// Takes the next rows together, where they go one after the other without a pause: those for
    /// which a message is to be made. What else there is to do, or to tell, has time until their turn,
    /// at which each is planned once more.
    fn take_ahead(&mut self, rows: &mut [JobRow], state: &State<'_>) -> Result<(), Break> {
        let now = self.now();
        let waits = self.pace.counts() || self.pace.next(1, now) > now || self.stop.is_asked();
        if waits || rows.len() < 2 {
            return Ok(());
        }
        let mut made = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            if row.message.is_none()
                && let Ok((plan @ Plan::Send { .. }, Some(message))) = self.plan(row, state)?
            {
                made.push((at, plan, message));
            }
        }
        if made.is_empty() {
            return Ok(());
        }
        let planned = made.iter().map(|(at, plan, message)| Planned {
            row: &rows[*at],
            plan,
            terms: self.allowed.of(rows[*at].row.number),
            message: Some(message),
        });
        let planned: Vec<Planned<'_>> = planned.collect();
        let taken = self.ledger.take_rows(&planned, now)?;
        for ((at, ..), taken) in made.iter().zip(taken) {
            if let Taken::New(message) = taken {
                rows[*at].message = Some(message);
            }
        }
        Ok(())
    }

    fn hold(&mut self, row: &JobRow, reason: String) -> Result<bool, Break> {
        self.ledger.hold_row(row, Some(&reason))?;
        self.tell(Some(row), Happening::Held(reason));
        Ok(false)
    }

    /// The message of a row, as it was checked; to those alone whom an earlier one missed.
    fn message_of(
        &mut self,
        row: &JobRow,
        message_id: String,
        rest: Option<&Rest>,
        state: &State<'_>,
    ) -> Result<OutgoingMessage, String> {
        let columns: Columns =
            serde_json::from_str(&row.row.columns).map_err(|error| error.to_string())?;
        let writer = state.writer.as_ref().map_err(String::clone)?;
        let notice = writer.notice(&columns).map_err(words_of)?;
        let mut files = Vec::new();
        let mut digests = Vec::new();
        for name in &notice.attach {
            let octets = self
                .files
                .read(name)
                .map_err(|error| format!("{name}: {error}"))?;
            digests.push(crate::smime::sha256(&octets));
            files.push((file_name(name).to_owned(), octets));
        }
        let named = files.iter().map(|(name, _)| &**name);
        let named = named.zip(digests.iter().map(|digest| &**digest));
        if !notice.has_content(&row.row.content, named) {
            return Err("content-changed".to_owned());
        }
        let notice = match rest {
            Some(rest) => notice.to_alone(&rest.to),
            None => notice,
        };
        let now = self.now();
        freeze(&notice, self.recipe, self.sender, files, message_id, now).map_err(words_of)
    }

    /// Whether there is a connection; if not, the pace has a pause now.
    fn connect(&mut self, state: &mut State<'_>) -> Result<bool, Break> {
        if state.line.is_some() {
            return Ok(true);
        }
        self.ledger.bring_to_disk()?;
        match self.reach.submission() {
            Ok(line) => {
                state.line = Some(line);
                Ok(true)
            }
            Err(error) if !may_pass(&error) => Err(Break::GaveUp(error)),
            Err(error) => {
                if let transport::Error::Refused { reply, .. } = &error
                    && reply.is_throttle()
                {
                    let pause = self.pace.throttled((self.time.now)());
                    let reply = reply.clone();
                    self.tell(None, Happening::Throttled { reply, pause });
                    return Ok(false);
                }
                self.trouble(error, state)?;
                Ok(false)
            }
        }
    }

    /// A broken line: waits longer each time, and in the end gives up.
    fn trouble(&mut self, error: transport::Error, state: &mut State<'_>) -> Result<(), Break> {
        let reason = error.to_string();
        let pause = self.broken(error, state)?;
        self.tell(None, Happening::Broken { reason, pause });
        Ok(())
    }

    /// Counts it, and gives the pause; none for the first one, which may be a line that was idle
    /// for too long.
    fn broken(
        &mut self,
        error: transport::Error,
        state: &mut State<'_>,
    ) -> Result<Duration, Break> {
        state.line = None;
        state.troubles += 1;
        match state.troubles {
            1 => Ok(Duration::ZERO),
            MOST_TROUBLES.. => Err(Break::GaveUp(error)),
            _ => Ok(self.pace.pause(self.now())),
        }
    }

    fn submit(
        &mut self,
        row: &JobRow,
        message: &MessageRef,
        claim: Claim,
        may_again: bool,
        state: &mut State<'_>,
    ) -> Result<After, Break> {
        let Some(line) = state.line.as_mut() else {
            return Ok(After::Again);
        };
        let recipients = row.row.recipients;
        let (pace, now) = (&self.pace, (self.time.now)());
        let room = Room {
            account: &self.sender.address,
            since: Timestamp::from_unix(now.unix() - LOOKS_BACK),
            allows: &|sent| pace.allows(recipients, sent, now),
        };
        let room = pace.counts().then_some(room);
        let (ledger, line) = (&mut *self.ledger, &mut **line);
        let frozen = Frozen::of(ledger, message)?;
        // The next row follows at once, or else they are brought to the disk before anything but the server
        // is waited for.
        let commit = Commit::WithNext;
        let turn = Turn { room, commit };
        let submitted = match frozen.submit_in(turn, ledger, claim, line, self.time.now) {
            Ok(Some(submitted)) => submitted,
            // Another process was quicker.
            Ok(None) => return Ok(After::Again),
            Err(ledger::Error::BeingSent { .. } | ledger::Error::Settled { .. }) => {
                self.tell(Some(row), Happening::Elsewhere);
                return Ok(After::Next);
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(error) = submitted.unrecorded {
            self.tell(Some(row), Happening::Unrecorded(error.to_string()));
            return Err(Break::Failed(error.into()));
        }
        match submitted.report.outcome {
            SubmissionOutcome::Taken(reply) => {
                self.pace.sent(recipients, self.now());
                self.pace.passed();
                (state.troubles, state.streak) = (0, 0);
                state.equal.clear();
                self.tell(Some(row), Happening::Sent(reply));
                let refused = submitted.report.recipients.into_iter().flatten();
                let mut for_now = refused.filter(|reply| reply.code >= 400 && reply.is_for_now());
                let Some(reply) = for_now.next() else {
                    return Ok(After::Next);
                };
                // The others have it: it goes again to these alone.
                let again = may_again;
                self.tell(Some(row), Happening::RefusedForNow { reply, again });
                Ok(if again { After::Later } else { After::Next })
            }
            SubmissionOutcome::Refused(reply) => {
                state.troubles = 0;
                if !reply.is_for_now() {
                    self.count_equal(message, &submitted.report.recipients, &reply, state)?;
                }
                Ok(self.refused(row, reply, may_again, state))
            }
            SubmissionOutcome::SenderRefused(reply) => {
                let (error, again) = (transport::Error::SenderRefused(reply.clone()), false);
                self.tell(Some(row), Happening::RefusedForNow { reply, again });
                Err(Break::GaveUp(error))
            }
            SubmissionOutcome::NotSent(transport::Error::Injection(what)) => {
                let reason = what.to_owned();
                self.ledger.hold_row(row, Some(&reason))?;
                self.tell(Some(row), Happening::Held(reason));
                Ok(After::Next)
            }
            SubmissionOutcome::NotSent(error @ transport::Error::Held(_)) => {
                Err(Break::GaveUp(error))
            }
            SubmissionOutcome::NotSent(error) => {
                self.not_sent(error, state)?;
                Ok(After::Again)
            }
            SubmissionOutcome::InDoubt { reason, reply } => {
                self.pace.sent(recipients, self.now());
                self.tell(Some(row), Happening::InDoubt(reason.clone()));
                if reply.as_ref().is_some_and(Reply::is_throttle) {
                    self.pace.throttled(self.now());
                }
                self.broken(transport::Error::Broken(reason), state)?;
                Ok(After::Next)
            }
        }
    }

    /// Rows that are refused one after the other with the same words are not refused for what they
    /// are: they wait again, and nothing more leaves.
    fn count_equal(
        &mut self,
        message: &MessageRef,
        recipients: &[Option<Reply>],
        reply: &Reply,
        state: &mut State<'_>,
    ) -> Result<(), Break> {
        let is_refused = |reply: &Option<Reply>| reply.as_ref().is_some_and(|it| it.code >= 400);
        // A table may well name people one after the other whom the server does not know.
        let is_of_recipients = recipients.iter().all(is_refused) && !reply.text.starts_with("5.7.");
        if is_of_recipients || state.equal.first().is_some_and(|(other, _)| other != reply) {
            state.equal.clear();
        }
        if is_of_recipients {
            return Ok(());
        }
        state.equal.push((reply.clone(), message.clone()));
        if state.equal.len() < MOST_EQUAL {
            return Ok(());
        }
        for (reply, message) in state.equal.drain(..) {
            self.ledger
                .take_back_refusal(&message, reply.code, &reply.text, (self.time.now)())?;
        }
        Err(Break::GaveUp(transport::Error::SenderRefused(
            reply.clone(),
        )))
    }

    fn refused(
        &mut self,
        row: &JobRow,
        reply: Reply,
        may_again: bool,
        state: &mut State<'_>,
    ) -> After {
        if reply.is_throttle() {
            let pause = self.pace.throttled(self.now());
            self.tell(Some(row), Happening::Throttled { reply, pause });
            return After::Again;
        }
        if !reply.is_transient() {
            state.streak = 0;
            self.tell(Some(row), Happening::Refused(reply));
            return After::Next;
        }
        state.streak += 1;
        if state.streak >= STREAK {
            self.pace.pause(self.now());
        }
        let again = may_again;
        self.tell(Some(row), Happening::RefusedForNow { reply, again });
        if again { After::Later } else { After::Next }
    }

    fn not_sent(&mut self, error: transport::Error, state: &mut State<'_>) -> Result<(), Break> {
        if let transport::Error::Refused { reply, .. } = &error
            && reply.is_throttle()
        {
            state.line = None;
            let pause = self.pace.throttled(self.now());
            let reply = reply.clone();
            self.tell(None, Happening::Throttled { reply, pause });
            return Ok(());
        }
        if !may_pass(&error) {
            return Err(Break::GaveUp(error));
        }
        self.trouble(error, state)
    }

    /// At the end: asks the mailbox once more, and sends again what a person allowed to.
    fn last_doubts(&mut self, state: &mut State<'_>) -> Result<(), Break> {
        let mut doubts = self.in_doubt()?;
        while !doubts.is_empty() {
            let mut ripe: Option<Timestamp> = None;
            let settled = self.settle(&doubts)?;
            let answered = self.now();
            let Some(answers) = settled else {
                for row in &doubts {
                    self.tell(Some(row), Happening::StillInDoubt(Found::Unknown));
                }
                return Ok(());
            };
            doubts.clear();
            for (row, found) in answers {
                let resend = self.resend.filter(|resend| resend.what.allows(found));
                let Some(SendAgain { patience, .. }) = resend else {
                    self.tell(Some(&row), Happening::StillInDoubt(found));
                    continue;
                };
                let due = self.due_again(&row, patience)?;
                if due > self.now() {
                    ripe = Some(ripe.map_or(due, |ripe| ripe.min(due)));
                    doubts.push(row);
                } else {
                    doubts.extend(self.send_again(row, answered, state)?);
                }
            }
            if let Some(ripe) = ripe {
                self.wait_until(ripe, state)?;
            }
        }
        Ok(())
    }

    /// When the newest attempt at a row is old enough for an acceptance to be missed.
    fn due_again(&self, row: &JobRow, patience: Duration) -> Result<Timestamp, Break> {
        let Some(message) = &row.message else {
            return Ok(self.now());
        };
        let facts = self.ledger.view(message)?.facts;
        Ok(client::ripe_at(&facts, patience).unwrap_or(self.now()))
    }

    /// A row in doubt of which the mailbox, asked then, knows nothing. Gives it back when it is to be
    /// asked again, since its acceptance may have come while the pace or a server was waited for.
    fn send_again(
        &mut self,
        row: JobRow,
        answered: Timestamp,
        state: &mut State<'_>,
    ) -> Result<Option<JobRow>, Break> {
        let Some(message) = row.message.clone() else {
            return Ok(None);
        };
        loop {
            self.wait_for_pace(row.row.recipients, state)?;
            let is_connected = self.connect(state)?;
            if self.now().seconds_since(answered) > ANSWER_HOLDS_SECONDS {
                return Ok(Some(row));
            }
            if !is_connected {
                continue;
            }
            match self.submit(&row, &message, Claim::InDoubtAndSearched, false, state)? {
                After::Again => {}
                After::Next | After::Later => return Ok(None),
            }
        }
    }

    /// Asks the mailbox for receipts of rows in doubt. Gives those that stay in doubt, with what
    /// it answered; `None` when it could not be asked.
    fn settle(&mut self, doubts: &[JobRow]) -> Result<Option<Vec<(JobRow, Found)>>, Break> {
        if doubts.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let answers = match self.search(doubts) {
            Ok(answers) => answers,
            Err(Error::Transport(error)) => {
                self.tell(None, Happening::NoMailbox(error.to_string()));
                return Ok(None);
            }
            Err(error) => return Err(Break::Failed(error)),
        };
        let mut still = Vec::new();
        for row in doubts {
            let is_it = |(message, _): &&(MessageRef, Found)| row.message.as_ref() == Some(message);
            match answers.iter().find(is_it) {
                Some((_, Found::Receipt)) => self.tell(Some(row), Happening::Found),
                Some((_, found)) => still.push((row.clone(), *found)),
                // Nothing was recorded for it, so nothing of it is in doubt.
                None => {}
            }
        }
        Ok(Some(still))
    }

    fn search(&mut self, doubts: &[JobRow]) -> Result<Vec<(MessageRef, Found)>, Error> {
        let messages = doubts.iter().filter_map(|row| row.message.clone());
        let messages: Vec<MessageRef> = messages.collect();
        self.ledger.bring_to_disk()?;
        let mut mailbox = self.reach.mailbox()?;
        let mut came = Vec::new();
        let searched = client::search(
            self.ledger,
            self.judge,
            &mut *mailbox,
            self.folders,
            &messages,
            self.stop,
            self.time.now,
            &mut |event| came.push(event),
        );
        for event in came {
            self.tell(None, Happening::Received(Box::new(event)));
        }
        let searched = searched?;
        for gap in searched.gaps {
            self.tell(None, Happening::NotAsked(gap));
        }
        Ok(searched.answers)
    }

    /// What is still to be done for a row; `None` when nothing is any more.
    fn open(&self, row: &JobRow) -> Result<Option<Open>, ledger::Error> {
        let Some(message) = &row.message else {
            return Ok(Some(Open::Unsent));
        };
        let all: Vec<Standing> = self
            .ledger
            .row(message)?
            .recipients
            .iter()
            .map(|(_, standing)| *standing)
            .collect();
        Ok(Open::of(&all))
    }

    fn wait_for_pace(&mut self, recipients: u32, state: &mut State<'_>) -> Result<(), Break> {
        while self.hold.load(Ordering::SeqCst) {
            self.turn(TURN)?;
        }
        loop {
            let now = self.now();
            if self.pace.counts() {
                let since = Timestamp::from_unix(now.unix() - LOOKS_BACK);
                // The pace is the account's: others may be sending too.
                let sent = self.ledger.sent_since(&self.sender.address, since)?;
                self.pace.learn(sent);
            }
            let at = self.pace.next(recipients, now);
            self.wait_until(at, state)?;
            if at <= now {
                return Ok(());
            }
        }
    }

    fn wait_until(&mut self, at: Timestamp, state: &mut State<'_>) -> Result<(), Break> {
        if self.stop.is_asked() {
            return Err(Break::Stopped);
        }
        let seconds = at.seconds_since(self.now());
        if seconds >= LONG_WAIT_SECONDS {
            self.tell(None, Happening::Waiting(at));
        }
        if seconds >= IDLE_SECONDS {
            state.line = None;
        }
        while self.now() < at {
            self.turn(TURN)?;
        }
        Ok(())
    }

    fn turn(&mut self, time: Duration) -> Result<(), Break> {
        if self.stop.is_asked() {
            return Err(Break::Stopped);
        }
        self.ledger.bring_to_disk()?;
        (self.time.sleep)(time);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        (self.time.now)()
    }

    fn tell(&mut self, row: Option<&JobRow>, what: Happening) {
        let row = row.map(|row| RowName {
            number: row.row.number,
            reference: row.row.reference.clone(),
            message: row.message.as_ref().map(|message| message.short.clone()),
        });
        (self.on_event)(Event {
            account: self.sender.account.clone(),
            row,
            what,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_go_together_as_are_allowed_and_not_too_large() {
        const MOST: u64 = MOST_OCTETS_AHEAD;
        for (sizes, most, together) in [
            (&[][..], 4, 0),
            (&[1, 1, 1], 1, 1),
            (&[1, 1, 1], 2, 2),
            (&[1, 1, 1], 4, 3),
            (&[MOST / 2, MOST / 2, 1], 4, 2),
            (&[MOST / 2, MOST / 2 + 1, 1], 4, 1),
            (&[MOST + 1, 1], 4, 1),
        ] {
            let mut page = VecDeque::from(sizes.to_vec());
            let next = next_of(&mut page, most, |size| *size);
            assert_eq!(next, sizes[..together], "{sizes:?}, {most}");
            assert_eq!(Vec::from(page), sizes[together..]);
        }
    }
}
