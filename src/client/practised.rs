//! For tests: a desk whose servers do what they are told, a person who answers, a clock that is set.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Duration;

use super::{
    Answer, Confirm, Desk, Found, Goes, Handed, KeptBack, Missed, New, NewEnd, News, OfDraft,
    Question, ResumeEnd, Resumption, Search, resume, send_new,
};
use crate::account::SentCopy;
use crate::address::MailAddress;
use crate::exit::ExitStatus;
use crate::ledger::{self, DraftRef, Ledger, Letter, Made, MessageRef};
use crate::pec::caution;
use crate::pec::outgoing::{Limits, OutgoingMessage};
use crate::timestamp::Timestamp;
use crate::transport::{
    Came, Censor, Envelope, Error, Fetched, Folder, FolderState, Mailbox, Quota, Reply, Stop,
    Submission, SubmissionOutcome, SubmissionReport, Summary, Waited,
};

/// When everything begins.
pub(super) const BEGIN: Timestamp = Timestamp::from_unix(1_795_305_600);
/// The folder that the server marks.
pub(super) const SENT: &str = "Inviata";

/// What the server does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Takes,
    TakesAllButTheLast,
    Breaks,
    LeavesInDoubt,
}

/// Why a practised desk gives nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failed {
    Ledger(String),
    KeptBack(KeptBack),
    NoServer,
}

impl From<ledger::Error> for Failed {
    fn from(error: ledger::Error) -> Self {
        Self::Ledger(error.to_string())
    }
}

impl From<KeptBack> for Failed {
    fn from(kept_back: KeptBack) -> Self {
        Self::KeptBack(kept_back)
    }
}

/// What the servers got.
#[derive(Default)]
pub(super) struct Servers {
    pub does: VecDeque<Does>,
    pub size_limit: Option<u64>,
    /// Recipients and octets of what was handed over.
    pub got: Vec<(Vec<String>, Vec<u8>)>,
    /// What is in the folder of sent mail.
    pub sent: Vec<Vec<u8>>,
    /// Whether the mailbox takes no copies.
    pub is_full: bool,
    /// Whether no folder is marked.
    pub has_no_mark: bool,
}

/// A ledger, and all that a journey is given.
pub(super) struct Practised {
    pub folder: tempfile::TempDir,
    pub ledger: Ledger,
    pub now: Cell<Timestamp>,
    pub servers: Rc<RefCell<Servers>>,
    pub person: Person,
}

/// The desk itself.
pub(super) struct Person {
    servers: Rc<RefCell<Servers>>,
    /// What somebody says who is asked.
    pub answer: Answer,
    pub missed: Missed,
    /// What the mailbox answers about each message, search by search; in the end nothing.
    pub found: VecDeque<Found>,
    pub has_no_server: bool,
    /// What happens while somebody thinks.
    pub meanwhile: Option<Box<dyn FnOnce()>>,
    /// What was done, in order: `read`, `search`, `ask`, `connect`, `file`.
    pub done: Vec<&'static str>,
    /// What was told: the names of the news.
    pub told: Vec<String>,
}

pub(super) fn message(id: &str, to: &[&str]) -> OutgoingMessage {
    with_fields(id, to, "Subject: Avviso\r\n")
}

/// The same with these fields, the subject among them.
pub(super) fn with_fields(id: &str, to: &[&str], fields: &str) -> OutgoingMessage {
    let to = to
        .iter()
        .map(|user| format!("{user}@pec.destinatario.example"));
    let to: Vec<String> = to.collect();
    let octets = format!(
        "From: io@pec.mittente.example\r\nTo: {}\r\n{fields}Message-ID: {id}\r\n\
         Date: Sun, 22 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\nTesto.\r\n",
        to.join(", ")
    );
    OutgoingMessage::freeze(octets.into_bytes(), &account(), Limits::default())
        .expect("a good message")
}

pub(super) fn account() -> MailAddress {
    MailAddress::new("io@pec.mittente.example")
}

impl Practised {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::open(&folder.path().join("pec")).expect("a ledger");
        let servers = Rc::new(RefCell::new(Servers::default()));
        Self {
            folder,
            ledger,
            now: Cell::new(BEGIN),
            person: Person {
                servers: Rc::clone(&servers),
                answer: Answer::Nobody,
                missed: Missed::default(),
                found: VecDeque::new(),
                has_no_server: false,
                meanwhile: None,
                done: Vec::new(),
                told: Vec::new(),
            },
            servers,
        }
    }

    pub fn server(&self, does: impl IntoIterator<Item = Does>) {
        self.servers.borrow_mut().does.extend(does);
    }

    pub fn pass(&self, seconds: i64) {
        self.now
            .set(Timestamp::from_unix(self.now.get().unix() + seconds));
    }

    pub fn send(&mut self, message: &OutgoingMessage, goes: Goes) -> Result<NewEnd, Failed> {
        self.send_of(message, goes, &[], None)
    }

    pub fn send_despite(
        &mut self,
        message: &OutgoingMessage,
        goes: Goes,
        despite: &[caution::Stop],
    ) -> Result<NewEnd, Failed> {
        self.send_of(message, goes, despite, None)
    }

    pub fn send_draft(
        &mut self,
        message: &OutgoingMessage,
        goes: Goes,
        of: OfDraft<'_>,
    ) -> Result<NewEnd, Failed> {
        self.send_of(message, goes, &[], Some(of))
    }

    /// Keeps a letter.
    pub fn draft(&mut self, letter: &Letter) -> (DraftRef, Made) {
        let kept = self.ledger.keep_draft(&account(), letter, self.now.get());
        kept.expect("kept")
    }

    fn send_of(
        &mut self,
        message: &OutgoingMessage,
        goes: Goes,
        despite: &[caution::Stop],
        draft: Option<OfDraft<'_>>,
    ) -> Result<NewEnd, Failed> {
        let new = New {
            draft,
            reference: None,
            message,
            limits: Limits::default(),
            goes,
            court: None,
            despite,
            known: &|_| Vec::new(),
            copy: Some(&SentCopy::WhereMarked),
        };
        let now = || self.now.get();
        send_new(new, &mut self.ledger, &now, &mut self.person)
    }

    pub fn resume(&mut self, order: Resumption<'_>) -> Result<(Vec<Handed>, ExitStatus), Failed> {
        let now = || self.now.get();
        match resume(order, &mut self.ledger, &now, &mut self.person)? {
            ResumeEnd::Done(handed, worst) => Ok((handed, worst)),
            ResumeEnd::Declined | ResumeEnd::Unasked => Ok((Vec::new(), ExitStatus::Unusable)),
        }
    }

    /// How many messages the server got.
    pub fn got(&self) -> usize {
        self.servers.borrow().got.len()
    }

    /// How many messages of the account are in the ledger.
    pub fn recorded(&self) -> usize {
        let filter = ledger::Filter::default();
        self.ledger.list(&filter, 100, 0).expect("a list").len()
    }
}

impl Confirm for Person {
    type Failure = Failed;

    fn confirm(&mut self, _: Question<'_>) -> Result<Answer, Failed> {
        self.done.push("ask");
        if let Some(happens) = self.meanwhile.take() {
            happens();
        }
        Ok(self.answer)
    }
}

impl Desk for Person {
    fn read(&mut self, _: &mut Ledger) -> Result<Missed, Failed> {
        self.done.push("read");
        Ok(self.missed.clone())
    }

    fn search(&mut self, _: &mut Ledger, messages: &[MessageRef]) -> Result<Search, Failed> {
        self.done.push("search");
        let answers = messages.iter().map(|message| {
            let found = self.found.pop_front().unwrap_or(Found::Nothing);
            (message.clone(), found)
        });
        Ok(Search {
            answers: answers.collect(),
            gaps: Vec::new(),
        })
    }

    fn submission(&mut self) -> Result<Box<dyn Submission>, Failed> {
        self.done.push("connect");
        match self.has_no_server {
            true => Err(Failed::NoServer),
            false => Ok(Box::new(Line(Rc::clone(&self.servers)))),
        }
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, String> {
        self.done.push("file");
        Ok(Box::new(Line(Rc::clone(&self.servers))))
    }

    fn tell(&mut self, news: News<'_>) -> Result<(), Failed> {
        let words = format!("{news:?}");
        let name = words.split(|c: char| !c.is_alphanumeric()).next();
        self.told.push(name.unwrap_or_default().to_owned());
        Ok(())
    }

    fn stopped(&mut self, failure: Failed) -> Result<ExitStatus, Failed> {
        self.told.push(format!("{failure:?}"));
        Ok(ExitStatus::NotNow)
    }
}

/// A connection to either server.
pub(super) struct Line(pub Rc<RefCell<Servers>>);

fn reply(code: u16) -> Reply {
    Reply {
        code,
        text: Censor::none().text("so"),
    }
}

impl Submission for Line {
    fn submit(
        &mut self,
        envelope: &Envelope,
        octets: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport {
        let mut servers = self.0.borrow_mut();
        let does = servers.does.pop_front().unwrap_or(Does::Takes);
        let mut recipients = vec![Some(reply(250)); envelope.recipients.len()];
        let broken = || Error::Broken("cut".to_owned());
        if does == Does::Breaks {
            return SubmissionReport {
                recipients: vec![None; recipients.len()],
                outcome: SubmissionOutcome::NotSent(broken()),
            };
        }
        before_data().expect("it may leave");
        servers
            .got
            .push((envelope.recipients.clone(), octets.to_vec()));
        let outcome = match does {
            Does::LeavesInDoubt => SubmissionOutcome::InDoubt {
                reply: None,
                reason: "cut".to_owned(),
            },
            Does::TakesAllButTheLast => {
                *recipients.last_mut().expect("a recipient") = Some(reply(450));
                SubmissionOutcome::Taken(reply(250))
            }
            Does::Takes | Does::Breaks => SubmissionOutcome::Taken(reply(250)),
        };
        SubmissionReport {
            recipients,
            outcome,
        }
    }

    fn size_limit(&self) -> Option<u64> {
        self.0.borrow().size_limit
    }
}

impl Mailbox for Line {
    fn folders(&mut self) -> Result<Vec<Folder>, Error> {
        let folder = |name: &str, sent| Folder {
            name: name.to_owned(),
            separator: None,
            selectable: true,
            sent,
        };
        let is_marked = !self.0.borrow().has_no_mark;
        Ok(vec![folder("INBOX", false), folder(SENT, is_marked)])
    }

    fn examine(&mut self, _: &str) -> Result<FolderState, Error> {
        Ok(FolderState {
            uid_validity: 1,
            uid_next: None,
            exists: 0,
            mod_seq: None,
        })
    }

    fn search_header(&mut self, field: &'static str, text: &str) -> Result<Vec<u32>, Error> {
        let servers = self.0.borrow();
        let line = format!("{field}: {text}\r\n");
        let has_it = |octets: &&Vec<u8>| String::from_utf8_lossy(octets).contains(&line);
        Ok((1..)
            .zip(servers.sent.iter().filter(has_it))
            .map(|(uid, _)| uid)
            .collect())
    }

    fn append(&mut self, _: &str, octets: &[u8]) -> Result<(), Error> {
        let mut servers = self.0.borrow_mut();
        if servers.is_full {
            return Err(Error::NotOffered("room"));
        }
        servers.sent.push(octets.to_vec());
        Ok(())
    }

    fn uids(&mut self, _: RangeInclusive<u32>) -> Result<Vec<u32>, Error> {
        unreachable!("nothing is read")
    }

    fn summaries(&mut self, _: RangeInclusive<u32>, _: &[&str]) -> Came<Summary> {
        unreachable!("nothing is read")
    }

    fn fetch(&mut self, _: &[u32]) -> Came<Fetched> {
        unreachable!("nothing is read")
    }

    fn quota(&mut self) -> Result<Option<Quota>, Error> {
        unreachable!("nobody asks")
    }

    fn wait(&mut self, _: Duration, _: Duration, _: &Stop) -> Result<Waited, Error> {
        unreachable!("nobody waits")
    }

    fn octets_on_the_wire(&self) -> (u64, u64) {
        (0, 0)
    }
}
