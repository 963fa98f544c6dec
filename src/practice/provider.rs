//! What the practice provider does with a message: takes it or not, and issues in its time what
//! the rules have for each recipient (RFC 6109, 2 and 3).

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::Error;
use super::access::{self, Behaviour, Refusal, Submitted};
use super::config::{Config, Fault, Order};
use super::mailbox::{Flags, INBOX, Store};
use super::receipt::{Addressee, Failure, Late, Receipts, Statement, Transaction};
use super::text::Moment;
use crate::pec::RecipientKind;
use crate::smime::certificate::hex;
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// How exactly time is kept.
const TICK: Duration = Duration::from_millis(5);
/// When the rules want the notices, in hours; the second not before 22 (RFC 6109, 3.1.6).
const FIRST_NOTICE_HOURS: u32 = 12;
const FINAL_NOTICE_HOURS: u32 = 23;
/// Messages of which the log in memory speaks: more than a load test hands in.
const MAX_LOGGED: usize = 1_000_000;
/// Senders, and recipients met, that are remembered.
const MAX_REMEMBERED: usize = 100_000;

/// One message that was taken: kept, and maybe answered otherwise on purpose.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Taken {
    /// The provider's identifier.
    pub identifier: String,
    /// Message-ID as the sender wrote it.
    pub message_id: Option<String>,
    /// SHA-256 of the octets, hexadecimal.
    pub sha256: String,
    /// How many octets.
    pub size: u64,
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO, those that were answered with 250.
    pub recipients: Vec<String>,
    /// When, RFC 3339.
    pub at: String,
    /// Whether it was accepted; else a notice of non-acceptance was issued.
    pub accepted: bool,
}

/// The provider behind both servers.
pub(super) struct Provider {
    config: Config,
    password: String,
    receipts: Receipts,
    store: Store,
    memory: Mutex<Memory>,
    jobs: Mutex<Jobs>,
    wake: Condvar,
    shuffles: AtomicU64,
}

/// What is remembered of senders and messages.
#[derive(Default)]
struct Memory {
    taken: Vec<Taken>,
    faults: VecDeque<Fault>,
    met: HashSet<String>,
    sent: HashMap<String, VecDeque<Timestamp>>,
    log: Option<fs::File>,
    trouble: Option<String>,
}

/// Work that is to be done at its time.
#[derive(Default)]
struct Jobs {
    stopping: bool,
    /// Ticks since the start; they pass only while somebody waits for one.
    now: u64,
    list: std::collections::BTreeMap<(u64, u64), Job>,
    next: u64,
    /// Whether a job is being done.
    busy: bool,
}

/// One thing that is issued.
struct Job {
    transaction: std::sync::Arc<Transaction>,
    issue: Issue,
    /// Later than now in the time that the rules speak of.
    hours: u32,
}

enum Issue {
    Accepted,
    Refused(Refusal),
    /// The envelope into the recipient's mailbox, and the receipt.
    Delivered(usize),
    Failed(usize, Failure),
    Late(usize, Late),
    Forged(usize),
}

impl Provider {
    pub(super) fn new(
        config: Config,
        password: String,
        receipts: Receipts,
        store: Store,
    ) -> Result<Self, Error> {
        let open = |path: &std::path::PathBuf| {
            let file = fs::OpenOptions::new().append(true).create(true).open(path);
            file.map_err(|error| Error::of_file(path, error))
        };
        let memory = Memory {
            log: config.log.as_ref().map(open).transpose()?,
            faults: config.faults.iter().cloned().collect(),
            ..Memory::default()
        };
        let seed = match config.order {
            Order::AsIssued => 1,
            Order::Shuffled(seed) => seed.max(1),
        };
        Ok(Self {
            config,
            password,
            receipts,
            store,
            memory: Mutex::new(memory),
            jobs: Mutex::new(Jobs::default()),
            wake: Condvar::new(),
            shuffles: AtomicU64::new(seed),
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn domain(&self) -> &str {
        &self.config.domain
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.config.clock)()
    }

    /// Whether a login is right: any address of the domain, with the one password. The mailbox
    /// is made with the first login.
    pub(super) fn admits(&self, user: &str, password: &str) -> bool {
        let address = crate::address::MailAddress::new(user);
        let own = address.is_well_formed()
            && user.is_ascii()
            && address.domain().eq_ignore_ascii_case(self.domain());
        own && password == self.password && self.store.make_account(user).is_ok()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an address is met for the first time.
    pub(super) fn is_first(&self, address: &str) -> bool {
        let mut memory = self.memory();
        memory.met.len() < MAX_REMEMBERED && memory.met.insert(address.to_ascii_lowercase())
    }

    /// What goes wrong with the next message.
    pub(super) fn next_fault(&self) -> Option<Fault> {
        self.memory().faults.pop_front()
    }

    pub(super) fn add_fault(&self, fault: Fault) {
        self.memory().faults.push_back(fault);
    }

    /// The answer to a sender that hurries; `None` when it may go on, which is counted.
    pub(super) fn throttled(&self, sender: &str) -> Option<String> {
        let throttle = self.config.throttle.as_ref()?;
        let now = self.now();
        let mut memory = self.memory();
        if memory.sent.len() >= MAX_REMEMBERED {
            memory.sent.clear();
        }
        let times = memory.sent.entry(sender.to_ascii_lowercase()).or_default();
        times.retain(|at| now.seconds_since(*at) < 60);
        if times.len() >= throttle.per_minute {
            return Some(throttle.reply.clone());
        }
        times.push_back(now);
        None
    }

    /// All messages taken since the start.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.memory().taken.clone()
    }

    /// The first thing that went wrong where nobody could be told.
    pub(super) fn trouble(&self) -> Option<String> {
        self.memory().trouble.clone()
    }

    /// Takes a message over and plans what follows; gives its identifier.
    pub(super) fn take(&self, submitted: Submitted) -> String {
        let at = self.now();
        let identifier = self.new_identifier(at);
        let limit = self.config.product_limit;
        let (transaction, refusal) =
            access::read(submitted, identifier.clone(), self.domain(), at, limit);
        self.note(&transaction, refusal.is_none());
        self.plan(transaction, refusal);
        identifier
    }

    /// `prova.20261122180331.0123456789abcdef@domain`.
    fn new_identifier(&self, at: Timestamp) -> String {
        let mut octets = [0; 8];
        // Without random numbers there are no keys, and we would not be here.
        let _ = SystemRandom::new().fill(&mut octets);
        let digits = Moment::new(at).digits();
        format!("prova.{digits}.{}@{}", hex(&octets), self.domain())
    }

    fn note(&self, transaction: &Transaction, accepted: bool) {
        let taken = Taken {
            identifier: transaction.identifier.clone(),
            message_id: transaction.message_id.clone(),
            sha256: sha256(&transaction.octets),
            size: transaction.octets.len() as u64,
            sender: transaction.sender.clone(),
            recipients: transaction
                .recipients
                .iter()
                .map(|one| one.address.clone())
                .collect(),
            at: transaction.at.to_string(),
            accepted,
        };
        let mut memory = self.memory();
        let line = serde_json::to_string(&taken).unwrap_or_default();
        let written = memory.log.as_mut().map(|file| writeln!(file, "{line}"));
        if let Some(Err(error)) = written {
            memory.trouble.get_or_insert(error.to_string());
        }
        if memory.taken.len() < MAX_LOGGED {
            memory.taken.push(taken);
        }
    }

    /// What will be issued, and when.
    fn plan(&self, transaction: Transaction, refusal: Option<Refusal>) {
        let mut plan = Vec::new();
        match refusal {
            Some(refusal) => plan.push((Issue::Refused(refusal), 0)),
            None => {
                plan.push((Issue::Accepted, 0));
                for (index, one) in transaction.recipients.iter().enumerate() {
                    plan.extend(self.plan_for(index, one));
                }
            }
        }
        self.shuffle(&mut plan);
        let transaction = std::sync::Arc::new(transaction);
        let mut jobs = self.jobs();
        for (number, (issue, hours)) in (1..).zip(plan) {
            let delay = self.config.receipt_delay * number + self.config.hour * hours;
            let ticks = delay.as_nanos().div_ceil(TICK.as_nanos());
            let due = jobs
                .now
                .saturating_add(u64::try_from(ticks).unwrap_or(u64::MAX));
            let key = (due, jobs.next);
            jobs.next += 1;
            let transaction = transaction.clone();
            jobs.list.insert(
                key,
                Job {
                    transaction,
                    issue,
                    hours,
                },
            );
        }
        drop(jobs);
        self.wake.notify_all();
    }

    fn plan_for(&self, index: usize, one: &Addressee) -> Vec<(Issue, u32)> {
        if one.kind == RecipientKind::External {
            return Vec::new();
        }
        let notices = [
            (Issue::Late(index, Late::First), FIRST_NOTICE_HOURS),
            (Issue::Late(index, Late::Final), FINAL_NOTICE_HOURS),
        ];
        match Behaviour::of(&one.address, self.domain()) {
            Behaviour::Unknown => vec![(Issue::Failed(index, Failure::Unknown), 0)],
            Behaviour::Full => vec![(Issue::Failed(index, Failure::Full), 0)],
            Behaviour::Virus => vec![(Issue::Failed(index, Failure::Virus), 0)],
            Behaviour::Slow => notices.into(),
            Behaviour::Late => {
                let mut all = Vec::from(notices);
                all.push((Issue::Delivered(index), FINAL_NOTICE_HOURS + 1));
                all
            }
            Behaviour::Forged => vec![(Issue::Forged(index), 0)],
            Behaviour::Never | Behaviour::Ordinary | Behaviour::Refused => Vec::new(),
            Behaviour::Delivered | Behaviour::Later => vec![(Issue::Delivered(index), 0)],
        }
    }

    /// Fisher and Yates with a generator of 64 bits (xorshift): the same for the same seed.
    fn shuffle(&self, plan: &mut [(Issue, u32)]) {
        if self.config.order == Order::AsIssued {
            return;
        }
        let mut state = self
            .shuffles
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
            | 1;
        for end in (1..plan.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            plan.swap(end, (state % (end as u64 + 1)) as usize);
        }
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work at its time until [`Self::stop`].
    pub(super) fn work(&self) {
        let mut jobs = self.jobs();
        while !jobs.stopping {
            let first = jobs.list.first_key_value().map(|(key, _)| *key);
            match first {
                None => {
                    jobs = self.wake.wait(jobs).unwrap_or_else(PoisonError::into_inner);
                }
                Some((due, _)) if due > jobs.now => {
                    let waited = self.wake.wait_timeout(jobs, TICK);
                    let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                    jobs = guard;
                    jobs.now += u64::from(timeout.timed_out());
                }
                Some(key) => {
                    let job = jobs.list.remove(&key);
                    jobs.busy = true;
                    drop(jobs);
                    if let Some(job) = job
                        && let Err(error) = self.issue(&job)
                    {
                        self.memory().trouble.get_or_insert(error.to_string());
                    }
                    jobs = self.jobs();
                    jobs.busy = false;
                }
            }
        }
    }

    /// Whether nothing is planned any more.
    pub(super) fn is_idle(&self) -> bool {
        let jobs = self.jobs();
        jobs.list.is_empty() && !jobs.busy
    }

    pub(super) fn stop(&self) {
        self.jobs().stopping = true;
        self.wake.notify_all();
        self.store.touch();
    }

    fn issue(&self, job: &Job) -> Result<(), Error> {
        let transaction = &*job.transaction;
        // The time of a notice is the one that it would have; the wait for it was shorter.
        let at = match job.hours {
            0 => self.now().max(transaction.at),
            hours => Timestamp::from_unix(transaction.at.unix() + i64::from(hours) * 3_600),
        };
        let to = |index: &usize| &transaction.recipients[*index];
        let statement = match &job.issue {
            Issue::Accepted => Statement::Accepted,
            Issue::Refused(Refusal::Formal(why)) => Statement::NotAccepted(why),
            Issue::Refused(Refusal::Virus) => Statement::NotAcceptedVirus,
            Issue::Delivered(index) => {
                self.deliver_envelope(transaction, to(index), at)?;
                Statement::Delivered(to(index))
            }
            Issue::Failed(index, failure) => Statement::NotDelivered(to(index), *failure),
            Issue::Late(index, late) => Statement::Late(to(index), *late),
            Issue::Forged(index) => {
                let octets = self.receipts.forged(transaction, to(index), at)?;
                return self.file(&transaction.sender, &octets);
            }
        };
        let octets = self.receipts.make(transaction, statement, at)?;
        self.file(&transaction.sender, &octets)
    }

    fn deliver_envelope(
        &self,
        transaction: &Transaction,
        one: &Addressee,
        at: Timestamp,
    ) -> Result<(), Error> {
        let octets =
            self.receipts
                .make(transaction, Statement::Envelope, transaction.at.min(at))?;
        let flags = Flags::default();
        let (user, now) = (&one.address, self.now());
        self.store.deliver(user, INBOX, &octets, now, flags)?;
        Ok(())
    }

    /// Into the sender's mailbox, as often as asked for.
    fn file(&self, user: &str, octets: &[u8]) -> Result<(), Error> {
        for _ in 0..self.config.copies {
            let (now, flags) = (self.now(), Flags::default());
            self.store.deliver(user, INBOX, octets, now, flags)?;
        }
        Ok(())
    }
}
