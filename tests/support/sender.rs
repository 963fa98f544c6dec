//! Our side of a transaction: a ledger in a folder, messages of ours in it, the mailbox read.

use std::path::PathBuf;

use postacert::address::MailAddress;
use postacert::client::{self, Event, Judge, Search, SyncReport};
use postacert::ledger::fact::{AttemptEnd, Refusal, Words};
use postacert::ledger::state::{RecipientState, Standing};
use postacert::ledger::{Claim, Commit, End, Ledger, MessageRef, MessageView};
use postacert::pec::outgoing::{Limits, OutgoingMessage};
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::transport::Stop;
use postacert::verify::Verifier;
use tempfile::TempDir;

use super::mailbox::Script;
use super::receipt::{ACCEPTED, COPIED, MESSAGE_ID, ORDINARY, RECIPIENT, SENDER, SUBJECT};
use super::world;

/// How our account is called.
pub const ACCOUNT: &str = "studio";

/// Our account.
pub fn account() -> MailAddress {
    MailAddress::new(SENDER)
}

/// An instant of RFC 3339.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// So many seconds after the acceptance of the base transaction.
pub fn after(seconds: i64) -> Timestamp {
    Timestamp::from_unix(at(ACCEPTED).unix() + seconds)
}

/// RFC 3339 of the same, for the receipt builder.
pub fn moment(seconds: i64) -> String {
    after(seconds).to_string()
}

/// A verifier that knows the test authority.
pub fn verifier() -> Verifier {
    let trust = Trust::parse(&world::trust_file(), "test");
    Verifier::new(trust.expect("the trust file of the test world"))
}

/// A message of ours with three recipients: the one that the receipt builder speaks of, an
/// ordinary one, and one in Cc.
pub fn base() -> OutgoingMessage {
    outgoing(MESSAGE_ID, SUBJECT, &[RECIPIENT, ORDINARY], &[COPIED])
}

pub fn outgoing(message_id: &str, subject: &str, to: &[&str], cc: &[&str]) -> OutgoingMessage {
    let cc = match cc {
        [] => String::new(),
        cc => format!("Cc: {}\r\n", cc.join(",\r\n ")),
    };
    let octets = format!(
        "From: {SENDER}\r\nTo: {}\r\n{cc}Subject: {subject}\r\n\
         Date: Mon, 4 May 2026 10:15:00 +0200\r\nMessage-ID: {message_id}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nBuongiorno.\r\n",
        to.join(",\r\n ")
    );
    freeze(octets.into_bytes())
}

pub fn freeze(octets: Vec<u8>) -> OutgoingMessage {
    OutgoingMessage::freeze(octets, &MailAddress::new(SENDER), Limits::default())
        .expect("a message without faults")
}

/// A ledger in a folder of its own, and who judges what it is given.
pub struct Desk {
    pub home: TempDir,
    pub ledger: Ledger,
    pub verifier: Verifier,
    pub now: Timestamp,
    folders_read: u32,
}

impl Desk {
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(&home.path().join("pec")).expect("a ledger");
        let noted = ledger.note_account(&account(), ACCOUNT);
        noted.expect("recorded");
        Self {
            ledger,
            verifier: verifier(),
            now: after(-2),
            folders_read: 0,
            home,
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.home.path().join("pec")
    }

    /// Closes the ledger and opens it again.
    pub fn reopen(&mut self) {
        self.ledger = Ledger::open(&self.folder()).expect("the same ledger");
    }

    /// Records a message and has it taken by the server at the time of the desk.
    pub fn send(&mut self, message: &OutgoingMessage) -> MessageRef {
        let message = self.freeze(message);
        self.attempt(&message, Claim::NeverLeft, &taken());
        message
    }

    pub fn freeze(&mut self, message: &OutgoingMessage) -> MessageRef {
        let frozen = self.ledger.freeze(message, self.now);
        frozen.expect("a new message")
    }

    /// One attempt with its end.
    pub fn attempt(&mut self, message: &MessageRef, claim: Claim, end: &End) {
        let attempt = self.ledger.begin(message, claim, self.now).expect("free");
        self.ledger
            .hand(&attempt, self.now, Commit::AtOnce)
            .expect("recorded");
        self.ledger
            .end(attempt, end, self.now, Commit::AtOnce)
            .expect("recorded");
    }

    /// Reads all folders of a mailbox; gives what was found, too.
    pub fn sync(&mut self, mailbox: &mut Script) -> (SyncReport, Vec<Event>) {
        let (report, events) = self.try_sync(mailbox);
        (report.expect("no fault in the line"), events)
    }

    pub fn try_sync(
        &mut self,
        mailbox: &mut Script,
    ) -> (Result<SyncReport, client::Error>, Vec<Event>) {
        let folders: Vec<String> = mailbox.folders.keys().cloned().collect();
        let mut events = Vec::new();
        let now = self.now;
        let judge = Judge {
            account: &account(),
            verifier: &self.verifier,
            keep: postacert::account::Keep::All,
        };
        let report = client::sync(
            &mut self.ledger,
            judge,
            mailbox,
            &folders,
            &|| now,
            &mut |event| events.push(event),
        );
        (report, events)
    }

    /// Asks a mailbox about messages; only INBOX is read in any case.
    pub fn search(&mut self, mailbox: &mut Script, messages: &[MessageRef]) -> Search {
        let now = self.now;
        let judge = Judge {
            account: &account(),
            verifier: &self.verifier,
            keep: postacert::account::Keep::All,
        };
        let searched = client::search(
            &mut self.ledger,
            judge,
            mailbox,
            &[],
            messages,
            &Stop::default(),
            &|| now,
            &mut |_| {},
        );
        searched.expect("no fault in the line")
    }

    /// Reads a folder, not read before, that holds these.
    pub fn receive(&mut self, octets: &[&[u8]]) -> Vec<Event> {
        self.folders_read += 1;
        let name = format!("INBOX/{}", self.folders_read);
        let mut script = Script::default();
        for octets in octets {
            script.arrive(&name, octets);
        }
        self.sync(&mut script).1
    }

    pub fn view(&self, message: &MessageRef) -> MessageView {
        self.ledger.view(message).expect("a message")
    }

    pub fn states(&self, message: &MessageRef) -> Vec<RecipientState> {
        let recipients = self.view(message).recipients;
        recipients.into_iter().map(|one| one.state).collect()
    }

    pub fn standings(&self, message: &MessageRef) -> Vec<Standing> {
        let states = self.states(message);
        states.into_iter().map(|state| state.standing).collect()
    }
}

/// The server took it.
pub fn taken() -> End {
    ended(AttemptEnd::Taken(Words {
        code: Some(250),
        text: "2.0.0 Ok: queued as 4dG".to_owned(),
    }))
}

/// The server refused it.
pub fn ends_refused(for_now: bool, code: u16, text: &str) -> End {
    ended(AttemptEnd::Refused(Refusal {
        transient: for_now,
        words: Words {
            code: Some(code),
            text: text.to_owned(),
        },
    }))
}

/// Nobody knows whether the server has it.
pub fn ends_in_doubt(text: &str) -> End {
    ended(AttemptEnd::InDoubt(Words {
        code: None,
        text: text.to_owned(),
    }))
}

/// It never left.
pub fn ends_unsent(reason: &str) -> End {
    let reason = reason.to_owned();
    ended(AttemptEnd::NotSent { reason })
}

fn ended(whole: AttemptEnd) -> End {
    let refused = Vec::new();
    End { whole, refused }
}
