//! The network's edges: handing a message to a server, reading a mailbox, asking for a time stamp.
//!
//! Octets, addresses and servers' answers; nothing of PEC is known here, and nothing is
//! stored. Mail is always under TLS, from the first octet or after STARTTLS; never without.
//! [`stamping`] alone may do without.
//! [`Submission`] and [`Mailbox`] each have one implementation for the wire and one in tests.

pub mod compose;
pub mod fetching;
pub mod imap;
pub mod names;
pub mod overheard;
pub mod probe;
pub mod removal;
pub mod smtp;
pub mod stamping;

mod canned;
mod data;
mod filter;
mod scribe;
mod tls;
mod utf7;
mod words;

use std::fmt;
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

pub use words::{Censor, ServerText};

use self::overheard::Ear;
use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// When TLS begins on a connection. There is no plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "security")]
pub enum Security {
    /// From the first octet (465, 993).
    Tls,
    /// After STARTTLS (587, 143); refused when the server does not offer it.
    StartTls,
}

/// A server's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or IP address; its certificate must be for it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// When TLS begins.
    pub security: Security,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The version of the package `webpki-roots`, whose list of authorities is compiled in, and the day on
/// which it was published.
pub const BUILT_IN_ROOTS: (&str, &str) = ("1.0.10", "2026-10-19");

/// Whom to trust for the server's certificate.
#[derive(Clone, Debug)]
pub enum Roots {
    /// The authorities compiled in (Mozilla's list).
    BuiltIn,
    /// Those, and the certificates of a PEM text (an in-house authority).
    BuiltInAnd(Vec<u8>),
}

/// Who logs in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user name; most often the address, for some providers a code.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// How long to wait for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For each of its addresses to take the connection.
    pub connect: Duration,
    /// For each answer and for each write.
    pub answer: Duration,
    /// For the answer to the final dot: what passes this is in doubt, so it is long (RFC 5321,
    /// 4.5.3.2.6 asks for ten minutes).
    pub verdict: Duration,
}

impl Timeouts {
    /// The same, none longer than what is left of some time.
    pub fn within(self, left: Duration) -> Self {
        // No time at all is no limit to the system.
        let left = left.max(Duration::from_millis(100));
        Self {
            connect: self.connect.min(left),
            answer: self.answer.min(left),
            verdict: self.verdict.min(left),
        }
    }
}

impl Default for Timeouts {
    /// 15 seconds, a minute, ten minutes.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            answer: Duration::from_secs(60),
            verdict: Duration::from_secs(600),
        }
    }
}

/// How a connection is made and kept.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// How long to wait for the server.
    pub timeouts: Timeouts,
    /// Who may end it: whatever is waited for, it is over soon after.
    pub cut: Option<Stop>,
    /// Who is told what is said on it.
    pub ear: Ear,
}

impl From<Timeouts> for Manner {
    fn from(timeouts: Timeouts) -> Self {
        Self {
            timeouts,
            ..Self::default()
        }
    }
}

/// Set from a signal or another thread: waiting ends soon after.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks all who wait to end.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The flag itself, for a signal handler.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

/// Counts the octets of a connection, for somebody who looks on.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// So many went by.
    fn add(&self, octets: usize) {
        self.0.fetch_add(octets as u64, Ordering::Relaxed);
    }

    /// How many went by.
    pub fn octets(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a server said: a number of SMTP (0 where the protocol has none) and the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The reply code (RFC 5321, 4.2), or 0.
    pub code: u16,
    /// The text as sent, lines joined by a blank.
    pub text: ServerText,
}

impl Reply {
    /// 4yz: the same may succeed later (RFC 5321, 4.2.1).
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// Whether it says that we send too much: later the same is taken. Some providers say it
    /// with 5yz, which elsewhere means "never" (`550 … "Class Of Service" … Too much traffic
    /// from this sender`), so the words count.
    pub fn is_throttle(&self) -> bool {
        const WORDS: [&str; 11] = [
            "too much traffic",
            "too much mail",
            "too many messages",
            "too many mails",
            "too many connections",
            "class of service",
            "rate limit",
            "sending limit",
            "throttl",
            "slow down",
            "troppi messaggi",
        ];
        let text = self.text.to_ascii_lowercase();
        self.code >= 400 && WORDS.iter().any(|words| text.contains(words))
    }

    /// Whether a refusal for good speaks of how much the sender may send, and not of this message or
    /// of a recipient: today's limit is used up, and tomorrow the same is taken.
    pub fn is_of_a_used_up_limit(&self) -> bool {
        const LIMITS: [&str; 4] = ["limit", "quota", "numero massimo", "maximum number"];
        const USED_UP: [&str; 6] = [
            "exceed", "reached", "superat", "raggiunt", "esaurit", "over ",
        ];
        // A mailbox over its quota is the recipient's (RFC 3463, 3.3), a size the message's.
        const OF_OTHERS: [&str; 9] = [
            "mailbox",
            "casella",
            "recipient",
            "destinatari",
            "size",
            "dimension",
            "5.2.",
            "5.3.4",
            "storage",
        ];
        let text = self.text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        self.code >= 500 && has(&LIMITS) && has(&USED_UP) && !has(&OF_OTHERS)
    }

    /// Whether a refusal at MAIL is about the size or the form of this message (RFC 1870, 6.1;
    /// RFC 5321, 4.1.1.11), and not about who sends it.
    fn is_of_the_message(&self) -> bool {
        let is_of_size = self.code == 552 && !self.is_of_a_used_up_limit();
        is_of_size || self.code == 555 || self.text.starts_with("5.3.4")
    }

    /// Whether the same message may be taken later: what is transient, and what says that we
    /// send too much.
    pub fn is_for_now(&self) -> bool {
        self.is_transient() || self.is_throttle()
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code == 0 {
            f.write_str(&self.text)
        } else {
            write!(f, "{} {}", self.code, self.text)
        }
    }
}

/// What made TLS fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// The server's certificate is not trusted.
    Certificate,
    /// The server's certificate is that of an authority, its own most often; RFC 5280 leaves no
    /// way to trust it as a server's.
    Authority,
    /// Both speak TLS and have no version or cipher in common: old ones are not spoken here.
    NothingInCommon,
    /// Something else; what came may be no TLS at all.
    Other,
}

impl TlsFault {
    /// Whether it stays as it is until somebody changes a certificate.
    pub const fn is_of_certificate(self) -> bool {
        matches!(self, Self::Certificate | Self::Authority)
    }
}

/// Why a server could not be used. None of these leaves a message half sent: what happens to a
/// message is a [`SubmissionReport`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name has no address.
    #[error("{host}: no address for this name ({reason})")]
    Resolve {
        /// The name.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// Nobody answers there.
    #[error("{endpoint}: no connection ({reason})")]
    Connect {
        /// Where.
        endpoint: Endpoint,
        /// The system's words.
        reason: String,
    },
    /// TLS could not be agreed, or the server's certificate is not trusted.
    #[error("{host}: TLS: {reason}")]
    Tls {
        /// The name asked for.
        host: String,
        /// What failed, in the library's words.
        reason: String,
        /// What kind of thing it is.
        fault: TlsFault,
    },
    /// The PEM text of extra authorities cannot be used.
    #[error("the file of authorities cannot be used: {0}")]
    Roots(String),
    /// User name or password refused. Not to be tried again by itself.
    #[error("login refused: {0}")]
    LoginRefused(Reply),
    /// The server refused something else.
    #[error("{what}: {reply}")]
    Refused {
        /// The command.
        what: &'static str,
        /// Its answer.
        reply: Reply,
    },
    /// Nothing came where a greeting comes first. Servers that speak TLS from the first octet
    /// wait there.
    #[error("no greeting")]
    Silent,
    /// The line broke, or a time limit passed.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The server does not offer what is needed.
    #[error("the server does not offer {0}")]
    NotOffered(&'static str),
    /// What came is not the protocol.
    #[error("unexpected answer: {0}")]
    Protocol(String),
    /// A value that must not go on the wire: it holds a control character, or another that the
    /// protocol would take for its own or has no place for. Nothing was written.
    #[error("a character that must not go on the wire in {0}")]
    Injection(&'static str),
    /// The server gives the messages of a folder no lasting numbers (UIDVALIDITY, RFC 3501,
    /// 2.3.1.1): what was read could not be told from what was not.
    #[error("the server gives the messages no lasting numbers (UIDVALIDITY)")]
    Unnumbered,
    /// The caller's own step before the message leaves failed; nothing left.
    #[error("{0}")]
    Held(String),
    /// The server takes nothing more from this sender, whatever it is and whoever it is for.
    #[error("the sender is refused: {0}")]
    SenderRefused(Reply),
}

/// Sender and recipients as SMTP is told them (RFC 5321, 2.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO, in order.
    pub recipients: Vec<String>,
}

/// What became of one message handed to a server.
#[derive(Debug)]
pub struct SubmissionReport {
    /// The answer to RCPT TO of each recipient, in the envelope's order; `None` where the
    /// server never answered.
    pub recipients: Vec<Option<Reply>>,
    /// What became of the message.
    pub outcome: SubmissionOutcome,
}

/// The three ends of a submission, and the one that is no beginning.
#[derive(Debug)]
pub enum SubmissionOutcome {
    /// The server answered the final dot with 2yz: it has the message, for those recipients
    /// whose answer was positive.
    Taken(Reply),
    /// The server has it not, and said so: at MAIL, at all RCPT, at DATA or at the final dot.
    Refused(Reply),
    /// The same, for good and because of who sends: at MAIL, or since a limit on what this sender
    /// may send is used up. It says nothing of this message; the next one gets the same answer.
    SenderRefused(Reply),
    /// The line broke or the step before failed, and the final dot was never written: nobody
    /// can have it. Trying again is safe.
    NotSent(Error),
    /// The line broke after the final dot may have left, or the answer to it was 421 or 451
    /// (said also by relays that lost their own next server). Nobody knows. Never to be
    /// repeated without asking the mailbox.
    InDoubt {
        /// The server's answer, if one came.
        reply: Option<Reply>,
        /// What happened.
        reason: String,
    },
}

/// A connection that takes messages (RFC 6409), logged in.
pub trait Submission {
    /// Hands one message over. `octets` end in CRLF, have no bare CR or LF and are 7-bit;
    /// the server gets exactly these. `before_data` runs once, when at least one recipient was
    /// taken and the server waits for the message, before its first octet is written; its
    /// error means that nothing is sent.
    ///
    /// A recipient refused does not stop the message for the others. The connection may be
    /// used again after any outcome but `InDoubt` and `NotSent`; when it has ended meanwhile,
    /// the next outcome is `NotSent`, and a new connection may try.
    fn submit(
        &mut self,
        envelope: &Envelope,
        octets: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport;

    /// The largest message in octets that the server announced (RFC 1870), if it did.
    fn size_limit(&self) -> Option<u64>;

    /// Says goodbye. What the server answers does not matter.
    fn close(self: Box<Self>) {}
}

/// A folder of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The name, decoded from modified UTF-7 (RFC 3501, 5.1.3).
    pub name: String,
    /// What stands between levels, if there are levels.
    pub separator: Option<String>,
    /// Whether it can be opened at all (no `\Noselect`, `\NonExistent`).
    pub selectable: bool,
    /// Whether the server marks it as the folder of sent mail (`\Sent`, RFC 6154).
    pub sent: bool,
}

/// What EXAMINE tells of a folder (RFC 3501, 6.3.2; RFC 7162, 3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderState {
    /// UIDs keep their meaning while this keeps its value.
    pub uid_validity: u32,
    /// The next UID; `None` where the server does not say.
    pub uid_next: Option<u32>,
    /// How many messages.
    pub exists: u32,
    /// The number of the last change; `None` where the server keeps none, or not all of the above
    /// is told.
    pub mod_seq: Option<NonZeroU64>,
}

/// Header fields and size of one message, before its octets are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its UID.
    pub uid: u32,
    /// RFC822.SIZE in octets; 0 when the server did not tell it.
    pub size: u64,
    /// The fields asked for, as sent, an empty line at the end; nothing at all when the server
    /// could not give them.
    pub header: Vec<u8>,
}

/// One message as the server keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// INTERNALDATE: when the server says it came.
    pub internal_date: Option<Timestamp>,
    /// `BODY.PEEK[]`: every octet.
    pub octets: Vec<u8>,
}

/// What came of messages asked for, sorted by UID, and why the rest did not: a refusal after
/// which the line can be used, or the end of it. Without a fault the server says that this is
/// all; whether it is may be asked by [`Mailbox::uids`].
#[derive(Debug)]
pub struct Came<T> {
    /// What came whole.
    pub all: Vec<T>,
    /// What ended the answer before its time.
    pub fault: Option<Error>,
}

impl<T> Came<T> {
    fn nothing(fault: Error) -> Self {
        Self {
            all: Vec::new(),
            fault: Some(fault),
        }
    }

    /// For those to whom a part is of no use.
    ///
    /// # Errors
    /// What ended the answer before its time.
    pub fn whole(self) -> Result<Vec<T>, Error> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.all),
        }
    }
}

impl<T> Default for Came<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            fault: None,
        }
    }
}

/// How much one message weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// RFC822.SIZE in octets.
    pub octets: u64,
    /// INTERNALDATE, where it was told.
    pub came: Option<Timestamp>,
}

/// Space in a mailbox (RFC 9208), in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Used.
    pub used: u64,
    /// Allowed.
    pub limit: u64,
}

/// How a wait for news ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The folder changed.
    News,
    /// The time passed.
    Elapsed,
    /// [`Stop`] was asked.
    Stopped,
}

/// A mailbox that is only read (RFC 3501), logged in; [`Mailbox::append`] is the one exception.
/// Nothing is marked, moved or deleted.
pub trait Mailbox {
    /// All folders.
    ///
    /// # Errors
    /// As [`Error`]; so for all of these.
    fn folders(&mut self) -> Result<Vec<Folder>, Error>;

    /// Lines of the last [`Mailbox::folders`] that no folder could be read from, as the server
    /// wrote them. May hold anything: print it escaped.
    fn odd_folders(&self) -> &[String] {
        &[]
    }

    /// Opens a folder read-only (EXAMINE). The following calls speak of it.
    fn examine(&mut self, folder: &str) -> Result<FolderState, Error>;

    /// The UIDs of a range that the folder holds, sorted (UID SEARCH): the word of the server
    /// against its own answers to FETCH.
    fn uids(&mut self, uids: RangeInclusive<u32>) -> Result<Vec<u32>, Error>;

    /// UID, size and the named header fields of the messages in a range of UIDs. Messages of
    /// other UIDs that the server mentions are left out.
    fn summaries(&mut self, uids: RangeInclusive<u32>, fields: &[&str]) -> Came<Summary>;

    /// The octets of these messages (`BODY.PEEK[]`); one that is gone is left out. All are in
    /// memory at once: ask for few large ones.
    fn fetch(&mut self, uids: &[u32]) -> Came<Fetched>;

    /// UIDs of messages whose header field contains a text, sorted (SEARCH HEADER).
    fn search_header(&mut self, field: &'static str, text: &str) -> Result<Vec<u32>, Error>;

    /// How large the messages in a range of UIDs are, and when they came. Those of which the server does
    /// not tell the size are left out.
    fn weights(&mut self, uids: RangeInclusive<u32>) -> Came<Weight> {
        let Came { all, fault } = self.summaries(uids, &["Date"]);
        let weight = |summary: Summary| Weight {
            octets: summary.size,
            came: None,
        };
        Came {
            all: all.into_iter().map(weight).collect(),
            fault,
        }
    }

    /// Files a message in a folder, as read (APPEND with `\Seen`).
    fn append(&mut self, folder: &str, octets: &[u8]) -> Result<(), Error>;

    /// Space of the mailbox, where the server tells it (GETQUOTAROOT).
    fn quota(&mut self) -> Result<Option<Quota>, Error>;

    /// Waits for news in the open folder: IDLE (RFC 2177) where offered, else asks with NOOP
    /// every `poll`. Ends when something changed, after `limit`, or soon after `stop`; with an
    /// error when the server does not say within seconds that it is still there.
    fn wait(&mut self, limit: Duration, poll: Duration, stop: &Stop) -> Result<Waited, Error>;

    /// From now on whoever waits for an answer gives up, and the connection is over, soon after
    /// `cut` is asked, and after `hurry` when nothing comes for some seconds.
    fn heed(&mut self, _hurry: Option<&Stop>, _cut: &Stop) {}

    /// Says goodbye. What the server answers does not matter.
    fn close(self: Box<Self>) {}

    /// Octets read from and written to the wire since the connection began, TLS not counted.
    fn octets_on_the_wire(&self) -> (u64, u64);
}

impl Error {
    /// Whether the connection can be used no more.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Protocol(_))
    }

    /// Whether it broke because no answer came in time.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Broken(reason) if reason == tls::NO_ANSWER)
    }
}

/// Octets of a server as a text: UTF-8, or else Latin-1, which old Italian systems write. For
/// reading what it says; what is shown or kept comes from [`Censor::text`].
fn text_of(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}
