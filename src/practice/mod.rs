//! A practice provider of certified mail on the loopback interface. Nothing it signs is real.
//!
//! It takes messages by SMTP, issues the receipts that a provider would, and keeps them in
//! mailboxes that IMAP reads. Its authority is its own: with the trust data of [`Practice::trust`]
//! its receipts are genuine, with the program's own they are not. Every name and every readable
//! text says that it is for practice and has no legal value.
//!
//! Which mailbox does what, so that every outcome can be met:
//!
//! | Recipient | Outcome |
//! | --- | --- |
//! | any other word | delivered |
//! | `unknown…` | non-delivery, no such mailbox (5.1.1) |
//! | `full…` | non-delivery, mailbox full (5.2.2) |
//! | `virus…` | non-delivery for a virus |
//! | `slow…` | notices after 12 and 24 hours, no delivery |
//! | `late…` | both notices, then a delivery |
//! | `never…` | nothing after the acceptance |
//! | `forged…` | a delivery receipt that nobody signed |
//! | `ordinary…`, other domains | `esterno` in the acceptance and nothing more |
//! | `refused…` | 550 at RCPT |
//! | `later…` | 450 at RCPT the first time |
//!
//! The word is the run of letters that the address begins with: `slow`, `slow+1`, `slow-b`,
//! `slow7`. A subject with `[not-accepted]` or `[virus]` is not accepted.
//!
//! What it is not: a mail server for anything else. It listens on 127.0.0.1 only.

mod access;
mod authority;
mod certificate;
mod config;
mod imap4;
mod mailbox;
mod original;
mod provider;
mod receipt;
mod server;
mod signature;
mod submission;
mod text;

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use access::{Behaviour, REFUSED_MARK, VIRUS_MARK};
pub use authority::{CA_FILE, Identity, PROVIDER_NAME, TRUST_FILE};
pub use config::{Clock, Config, DOMAIN, Fault, Order, Throttle};
pub use mailbox::{INBOX, SENT, Stored};
pub use provider::Taken;
pub use receipt::{Addressee, DISCLAIMER, Failure, Late, Receipts, Statement, Transaction};

use mailbox::{Flags, Store};
use provider::Provider;
use server::Server;
use submission::Begin;

/// The file with the password of every mailbox.
pub const PASSWORD_FILE: &str = "password";
/// Its folder in the folder of data, where none is chosen.
pub const FOLDER: &str = "sandbox";
/// The port of the server that takes messages, where none is chosen.
pub const SMTP_PORT: u16 = 4650;
/// The port of the server of the mailboxes, where none is chosen.
pub const IMAP_PORT: u16 = 9930;
/// The file that is locked while a provider runs.
const LOCK_FILE: &str = "lock";
/// The folder of the mailboxes.
const MAIL_FOLDER: &str = "mail";

/// Why a practice provider cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key cannot be made or used.
    #[error("a key cannot be made")]
    Key,
    /// A certificate or signature cannot be written; the domain may be no domain.
    #[error("a certificate cannot be written: {0}")]
    Encoding(#[from] der::Error),
    /// The TLS library refuses the certificate.
    #[error("TLS: {0}")]
    Tls(String),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// A port is taken, or may not be used.
    #[error("port {port}: {error}")]
    Port {
        /// Which; 0 asked for any.
        port: u16,
        /// The system's words.
        error: io::Error,
    },
    /// Another provider uses the folder.
    #[error("{} is in use by another", .0.display())]
    InUse(PathBuf),
    /// No thread can be started.
    #[error("no thread: {0}")]
    Thread(io::Error),
    /// A bound was reached.
    #[error("too many {0}")]
    TooMany(&'static str),
}

impl Error {
    fn of_file(path: &Path, error: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            error,
        }
    }
}

/// A provider that runs. It ends when it is dropped.
pub struct Practice {
    identity: Identity,
    provider: Arc<Provider>,
    smtp: Option<Server>,
    starttls: Option<Server>,
    imap: Option<Server>,
    worker: Option<JoinHandle<()>>,
    /// Held while the folder is ours.
    _lock: Option<fs::File>,
}

impl Practice {
    /// Makes or reads identity and mail, and listens.
    ///
    /// # Errors
    /// When a file cannot be read or written, a port is taken, or a key cannot be made.
    pub fn start(config: Config) -> Result<Self, Error> {
        let now = (config.clock)();
        let lock = match &config.folder {
            Some(folder) => {
                make_private(folder)?;
                Some(lock(folder)?)
            }
            None => None,
        };
        let identity = match (&config.identity, &config.folder) {
            (Some(identity), _) => identity.clone(),
            (None, Some(folder)) => Identity::in_folder(folder, &config.domain, now)?,
            (None, None) => Identity::new(&config.domain, now)?,
        };
        let password = password(&config)?;
        let mail = config
            .folder
            .as_ref()
            .map(|folder| folder.join(MAIL_FOLDER));
        let store = Store::open(mail.as_deref(), now)?;
        let receipts = Receipts::new(identity.clone());
        let ports = (config.smtp_port, config.starttls_port, config.imap_port);
        let provider = Arc::new(Provider::new(config, password, receipts, store)?);
        let tls = identity.server_config()?;
        let submission = |port, begin| {
            let (provider, tls) = (provider.clone(), tls.clone());
            Server::start("practice smtp", port, move |stream| {
                submission::serve(stream, begin, &tls, &provider);
            })
        };
        let smtp = submission(ports.0, Begin::Tls)?;
        let starttls = ports
            .1
            .map(|port| submission(port, Begin::StartTls))
            .transpose()?;
        let (shared, tls) = (provider.clone(), tls.clone());
        let imap = Server::start("practice imap", ports.2, move |stream| {
            imap4::serve(stream, &tls, &shared);
        })?;
        let working = provider.clone();
        let worker = thread::Builder::new()
            .name("practice provider".to_owned())
            .spawn(move || working.work())
            .map_err(Error::Thread)?;
        Ok(Self {
            identity,
            provider,
            smtp: Some(smtp),
            starttls,
            imap: Some(imap),
            worker: Some(worker),
            _lock: lock,
        })
    }

    /// Where messages are handed in, under TLS from the first octet.
    pub fn smtp(&self) -> SocketAddr {
        address_of(self.smtp.as_ref())
    }

    /// Where messages are handed in with STARTTLS, if asked for.
    pub fn starttls(&self) -> Option<SocketAddr> {
        self.starttls.as_ref().map(Server::address)
    }

    /// Where mailboxes are read, under TLS from the first octet.
    pub fn imap(&self) -> SocketAddr {
        address_of(self.imap.as_ref())
    }

    /// The domain of the mailboxes.
    pub fn domain(&self) -> &str {
        self.provider.domain()
    }

    /// The password of every mailbox.
    pub fn password(&self) -> &str {
        self.provider.password()
    }

    /// The trust data by which its receipts are genuine: what `--trust` reads.
    pub fn trust(&self) -> &str {
        self.identity.trust()
    }

    /// The root of the servers' certificate, PEM.
    pub fn ca_pem(&self) -> String {
        self.identity.ca_pem()
    }

    /// Keys and certificates, to start another with the same.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Every message taken since the start, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.provider.taken()
    }

    /// Does this wrong with the first message for which nothing else is planned.
    pub fn add_fault(&self, fault: Fault) {
        self.provider.add_fault(fault);
    }

    /// The messages of a folder; none when there is no such folder or user.
    pub fn messages(&self, user: &str, folder: &str) -> Vec<Stored> {
        let list = |folder: &mut mailbox::Folder| folder.messages.clone();
        let found = self.provider.store().with(user, folder, list);
        found.unwrap_or_default()
    }

    /// Puts a message into a folder, as if it had come.
    ///
    /// # Errors
    /// When there are too many mailboxes or folders, or the disk refuses.
    pub fn deliver(&self, user: &str, folder: &str, octets: &[u8]) -> Result<u32, Error> {
        let (now, flags) = (self.provider.now(), Flags::default());
        let store = self.provider.store();
        Ok(store.deliver(user, folder, octets, now, flags)?.1)
    }

    /// Gives the folder another UIDVALIDITY and new UIDs to its messages, as a provider does
    /// that rebuilds a mailbox.
    pub fn renumber(&self, user: &str, folder: &str) {
        let renumber = |folder: &mut mailbox::Folder| folder.renumber();
        let _ = self.provider.store().with(user, folder, renumber);
        self.provider.store().touch();
    }

    /// Waits until nothing is planned any more, at most so long; whether that was so.
    pub fn wait_until_idle(&self, limit: Duration) -> bool {
        let step = Duration::from_millis(2);
        let steps = limit.as_millis() / step.as_millis();
        for _ in 0..steps {
            if self.provider.is_idle() {
                return true;
            }
            thread::sleep(step);
        }
        self.provider.is_idle()
    }

    /// How many connections are open, of submission and of mailboxes.
    pub fn connections(&self) -> (usize, usize) {
        let count = |server: &Option<Server>| server.as_ref().map_or(0, Server::connections);
        let smtp = count(&self.smtp) + count(&self.starttls);
        (smtp, count(&self.imap))
    }

    /// What went wrong where nobody could be told: a disk that is full.
    pub fn trouble(&self) -> Option<String> {
        self.provider.trouble()
    }

    /// Ends it: the ports are free when this returns. What was planned is not issued any more.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        self.provider.stop();
        self.smtp = None;
        self.starttls = None;
        self.imap = None;
        if let Some(worker) = self.worker.take() {
            drop(worker.join());
        }
    }
}

impl fmt::Debug for Practice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Practice")
            .field("smtp", &self.smtp())
            .field("imap", &self.imap())
            .finish_non_exhaustive()
    }
}

/// A server is there until the end.
fn address_of(server: Option<&Server>) -> SocketAddr {
    server.map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)), Server::address)
}

/// A folder that only its owner can enter.
fn make_private(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| Error::of_file(folder, error))
}

/// Two providers in one folder would give the same UIDs to different messages.
fn lock(folder: &Path) -> Result<fs::File, Error> {
    let path = folder.join(LOCK_FILE);
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| Error::of_file(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(Error::of_file(&path, error)),
    }
}

/// The password given, or kept, or a new one, which is kept.
fn password(config: &Config) -> Result<String, Error> {
    use aws_lc_rs::rand::{SecureRandom, SystemRandom};
    let path = config
        .folder
        .as_ref()
        .map(|folder| folder.join(PASSWORD_FILE));
    let kept = path.as_ref().and_then(|path| fs::read_to_string(path).ok());
    let kept = kept.map(|text| text.trim().to_owned());
    if let (None, Some(kept)) = (&config.password, kept.filter(|text| !text.is_empty())) {
        return Ok(kept);
    }
    let password = match &config.password {
        Some(password) => password.clone(),
        None => {
            let mut octets = [0; 12];
            SystemRandom::new()
                .fill(&mut octets)
                .map_err(|_| Error::Key)?;
            crate::smime::certificate::hex(&octets)
        }
    };
    if let Some(path) = path {
        authority::write_secret(&path, &format!("{password}\n"))?;
    }
    Ok(password)
}
