//! What a practice provider is told before it starts, and what it does wrong on purpose.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::authority::Identity;
use crate::timestamp::Timestamp;

/// The domain of the mailboxes when none is given; reserved, nobody can own it (RFC 2606).
pub const DOMAIN: &str = "pec.prova.example";

/// The clock that the provider reads.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How to start. [`Config::new`] gives a provider that keeps nothing and does nothing wrong.
#[derive(Clone)]
pub struct Config {
    /// Where identity, password and mail are kept; `None` keeps nothing.
    pub folder: Option<PathBuf>,
    /// An identity that was made before; `None` makes one, or reads it from the folder.
    pub identity: Option<Identity>,
    /// The domain of the mailboxes.
    pub domain: String,
    /// The password of every mailbox; `None` makes one, or reads it from the folder.
    pub password: Option<String>,
    /// The time.
    pub clock: Clock,
    /// Port of submission under TLS; 0 takes a free one.
    pub smtp_port: u16,
    /// Port of submission with STARTTLS, if there is to be one.
    pub starttls_port: Option<u16>,
    /// Port of IMAP under TLS.
    pub imap_port: u16,
    /// How long an hour lasts where the rules speak of hours: the notices of a late delivery
    /// come after twelve and twenty-three of them.
    pub hour: Duration,
    /// Largest message in octets; announced, and a larger one is refused in the dialogue.
    pub size_limit: u64,
    /// Largest product of octets and recipients; over it comes a notice of non-acceptance.
    pub product_limit: u64,
    /// Room of a mailbox in octets, as GETQUOTAROOT tells it. Not enforced.
    pub quota: u64,
    /// One line of JSON for each message taken is added to this file.
    pub log: Option<PathBuf>,
    /// What goes wrong with the first messages, one entry each.
    pub faults: Vec<Fault>,
    /// Refuses senders that hurry.
    pub throttle: Option<Throttle>,
    /// How long each receipt takes.
    pub receipt_delay: Duration,
    /// The order in which receipts come.
    pub order: Order,
    /// How often each receipt comes.
    pub copies: usize,
}

impl Config {
    /// Free ports, nothing kept, an hour of a second, receipts at once and in order.
    pub fn new(clock: Clock) -> Self {
        Self {
            folder: None,
            identity: None,
            domain: DOMAIN.to_owned(),
            password: None,
            clock,
            smtp_port: 0,
            starttls_port: None,
            imap_port: 0,
            hour: Duration::from_secs(1),
            size_limit: 100 * 1024 * 1024,
            product_limit: 100 * 1024 * 1024,
            quota: 1024 * 1024 * 1024,
            log: None,
            faults: Vec::new(),
            throttle: None,
            receipt_delay: Duration::ZERO,
            order: Order::AsIssued,
            copies: 1,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("folder", &self.folder)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// What goes wrong while one message is handed in. Taken in order, one for each DATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing; the next message has the next entry.
    None,
    /// The line breaks at DATA, before its answer.
    CutBeforeData,
    /// The line breaks after the first line of the message.
    CutDuringData,
    /// The line breaks after the dot; the message was kept and is delivered.
    CutAfterDotKept,
    /// The line breaks after the dot; the message is lost.
    CutAfterDotLost,
    /// The dot is answered so, and the message is kept all the same, or not.
    Answer {
        /// The whole line, `451 4.3.0 riprovare`.
        reply: String,
        /// Whether it was kept and is delivered.
        kept: bool,
    },
}

/// A limit on how much one sender may send; counted at MAIL, in minutes of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Messages in one minute.
    pub per_minute: usize,
    /// The answer to one more.
    pub reply: String,
}

impl Throttle {
    /// As large providers answer.
    pub fn new(per_minute: usize) -> Self {
        Self {
            per_minute,
            reply: "550 5.7.1 Too much traffic from this sender".to_owned(),
        }
    }
}

/// The order of the receipts of one message that would come at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The acceptance, then one for each recipient in the order of RCPT.
    AsIssued,
    /// Shuffled, the same way for the same number.
    Shuffled(u64),
}
