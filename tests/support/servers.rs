//! Real servers on the loopback interface: Dovecot (IMAP, submission, LMTP) and Postfix
//! (submission), started once for a test program and ended with it.
//!
//! ```ignore
//! let Some(servers) = servers::running() else { return };
//! let mailbox = ImapMailbox::connect(&servers.imap(Security::Tls), &servers.roots(), …);
//! ```
//!
//! Any address is a user and has a mailbox, from the first use on; the password is
//! [`PASSWORD`]. So each test takes addresses of its own and runs beside the others. All mail
//! that either server takes ends in the mailbox of its recipient: a file for each, in
//! [`Servers::delivered`], whatever the domain. Recipients whose local part is `rifiutato` or
//! `temporaneo` are refused with 550 and 451 at RCPT, at Postfix as well as through Dovecot.
//!
//! Needed: root (Postfix changes users), Linux, and the Debian packages `dovecot-imapd
//! dovecot-submissiond dovecot-lmtpd postfix`. Without them [`running`] says so in one line and
//! gives `None`; with `PEC_TEST_SERVERS=1`, as in `.ci/run`, that is a failure. The shell script
//! beside this file holds the configuration; it ends the servers and removes their folder when
//! the test program closes its standard input, which it does however it ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postacert::secret::Secret;
use postacert::transport::{Endpoint, Login, Roots, Security};

use super::skipped::skipped;
use super::{pki, tls};

/// The password of everybody.
pub const PASSWORD: &str = "segreto";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/servers/run.sh");

/// What must be installed.
const PROGRAMS: [&str; 3] = [
    "/usr/sbin/dovecot",
    "/usr/lib/dovecot/submission",
    "/usr/sbin/postfix",
];

/// How often something that another process does is looked for, and how many times at most.
const LOOK: (Duration, u32) = (Duration::from_millis(20), 1500);

/// The servers of this test program.
pub struct Servers {
    folder: PathBuf,
    ports: Ports,
    /// User and group that own the mailboxes.
    owner: (u32, u32),
    /// While it lives its standard input is open, and the servers run.
    _keeper: Child,
}

/// What is wrong with a message in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// Its name says that it is larger than it is.
    Size,
    /// The server may not open its file.
    Unreadable,
}

#[derive(Clone, Copy)]
struct Ports {
    first: u16,
}

impl Ports {
    const IMAP: u16 = 0;
    const IMAPS: u16 = 1;
    const DOVECOT_SUBMISSION: u16 = 2;
    const DOVECOT_SUBMISSIONS: u16 = 3;
    const LMTP: u16 = 4;
    const SASL: u16 = 5;
    const RELAY: u16 = 6;
    const SUBMISSION: u16 = 7;
    const SUBMISSIONS: u16 = 8;
    const COUNT: u16 = 9;

    /// A row of free ports, below those that the system gives to outgoing connections.
    fn free() -> Self {
        let start = std::process::id() as u16 % 1000;
        let rows = (0..1000).map(|row| 20_000 + (start + row) % 1000 * 12);
        let is_free = |first: &u16| {
            (0..Self::COUNT).all(|n| TcpListener::bind(("127.0.0.1", first + n)).is_ok())
        };
        let first = rows.into_iter().find(is_free).expect("free ports");
        Self { first }
    }
}

/// The servers, started by the first who asks.
///
/// # Panics
/// When they do not start, or are missing and `PEC_TEST_SERVERS` is set.
pub fn running() -> Option<&'static Servers> {
    static SERVERS: OnceLock<Option<Servers>> = OnceLock::new();
    SERVERS
        .get_or_init(|| match missing() {
            None => Some(Servers::start()),
            Some(what) if std::env::var_os("PEC_TEST_SERVERS").is_some() => {
                panic!("PEC_TEST_SERVERS is set, and {what}")
            }
            Some(what) => {
                skipped(&format!("tests with real mail servers ({what})"));
                None
            }
        })
        .as_ref()
}

fn missing() -> Option<String> {
    let program = PROGRAMS.iter().find(|program| !Path::new(program).exists());
    if let Some(program) = program {
        return Some(format!("{program} is not installed"));
    }
    use std::os::unix::fs::MetadataExt;
    let version = Command::new(PROGRAMS[0]).arg("--version").output();
    let version = version.map(|of| String::from_utf8_lossy(&of.stdout).into_owned());
    let version = version.unwrap_or_default();
    if !version.starts_with("2.3.") {
        return Some(format!(
            "the configuration is for Dovecot 2.3, not {}",
            version.trim()
        ));
    }
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|of| of.uid() == 0);
    (!is_root).then(|| "Postfix needs root".to_owned())
}

impl Servers {
    fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("pec-servers-")
            .tempdir_in(quick_folder())
            .expect("a temporary folder")
            .keep();
        let certificate = tls::certificate(&["localhost"], &[[127, 0, 0, 1]]);
        let write = |name, octets: Vec<u8>| std::fs::write(folder.join(name), octets);
        write(
            "cert.pem",
            pki::pem("CERTIFICATE", &certificate).into_bytes(),
        )
        .expect("a file");
        write("key.pem", tls::key()).expect("a file");
        let ports = Ports::free();
        let mut keeper = Command::new("bash")
            .arg(SCRIPT)
            .arg(&folder)
            .args((0..Ports::COUNT).map(|n| (ports.first + n).to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("bash");
        let said = BufReader::new(keeper.stdout.take().expect("a pipe"));
        let owner = said.lines().map_while(Result::ok).find_map(|line| {
            let (user, group) = line.strip_prefix("ready ")?.split_once(' ')?;
            Some((user.parse().ok()?, group.parse().ok()?))
        });
        let Some(owner) = owner else {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("the servers did not start:\n{log}");
        };
        Self {
            folder,
            ports,
            owner,
            _keeper: keeper,
        }
    }

    fn endpoint(&self, security: Security, tls: u16, start_tls: u16) -> Endpoint {
        let port = match security {
            Security::Tls => tls,
            Security::StartTls => start_tls,
        };
        Endpoint {
            host: "localhost".to_owned(),
            port: self.ports.first + port,
            security,
        }
    }

    /// Dovecot's IMAP.
    pub fn imap(&self, security: Security) -> Endpoint {
        self.endpoint(security, Ports::IMAPS, Ports::IMAP)
    }

    /// Postfix's submission.
    pub fn submission(&self, security: Security) -> Endpoint {
        self.endpoint(security, Ports::SUBMISSIONS, Ports::SUBMISSION)
    }

    /// Dovecot's submission, which hands on to Postfix.
    pub fn dovecot_submission(&self, security: Security) -> Endpoint {
        self.endpoint(
            security,
            Ports::DOVECOT_SUBMISSIONS,
            Ports::DOVECOT_SUBMISSION,
        )
    }

    /// What makes their certificates trusted.
    pub fn roots(&self) -> Roots {
        Roots::BuiltInAnd(tls::root())
    }

    /// The same as a file, for the command line.
    pub fn roots_file(&self) -> PathBuf {
        super::fixtures_folder().join("pki/root.pem")
    }

    /// How this user logs in.
    pub fn login(&self, user: &str) -> Login {
        Login {
            user: user.to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
        }
    }

    /// Puts messages into a user's INBOX, octet for octet and in this order, as files: 20,000
    /// a second in memory. A client that idles there is told.
    pub fn deliver<T: AsRef<[u8]>>(&self, user: &str, messages: impl IntoIterator<Item = T>) {
        self.deliver_into(user, "", messages);
    }

    /// The same into a folder of the user, which is made if need be; without a name it is INBOX.
    pub fn deliver_into<T: AsRef<[u8]>>(
        &self,
        user: &str,
        folder: &str,
        messages: impl IntoIterator<Item = T>,
    ) {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let folder = self.maildir(user, folder);
        for message in messages {
            let message = message.as_ref();
            let n = COUNT.fetch_add(1, Ordering::Relaxed);
            // Dovecot gives UIDs in the order of names; S and W spare it reading the file.
            let size = message.len();
            let name = format!("{n:010}.M{n}P1.prova,S={size},W={size}");
            let draft = folder.join("tmp").join(&name);
            std::fs::write(&draft, message).expect("a file");
            chown(&draft, Some(self.owner.0), Some(self.owner.1)).expect("root");
            std::fs::rename(&draft, folder.join("new").join(name)).expect("one file system");
        }
    }

    /// Spoils a message in a user's INBOX, the nth in the order of delivery; gives how to mend it.
    pub fn spoil(&self, user: &str, nth: usize, how: Spoilt) -> impl FnOnce() + use<> {
        let file = self.files(user).swap_remove(nth);
        let spoilt = match how {
            // A name with the size of another message: left by tools that rewrite files.
            Spoilt::Size => {
                let name = file.to_string_lossy().replace(",S=", ",S=7");
                PathBuf::from(name)
            }
            Spoilt::Unreadable => file.clone(),
        };
        std::fs::rename(&file, &spoilt).expect("one file system");
        let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
        let allow = move |path: &Path, bits: u32| {
            std::fs::set_permissions(path, mode(bits)).expect("root");
        };
        if how == Spoilt::Unreadable {
            chown(&spoilt, Some(0), Some(0)).expect("root");
            allow(&spoilt, 0o000);
        }
        let owner = self.owner;
        move || {
            if how == Spoilt::Unreadable {
                chown(&spoilt, Some(owner.0), Some(owner.1)).expect("root");
                allow(&spoilt, 0o600);
            } else {
                std::fs::rename(&spoilt, &file).expect("one file system");
            }
        }
    }

    /// The messages in a user's INBOX now, as the server keeps them, oldest first by name.
    pub fn delivered(&self, user: &str) -> Vec<Vec<u8>> {
        // A file may be renamed from new to cur under our eyes.
        let files = self.files(user).into_iter();
        files.filter_map(|file| std::fs::read(file).ok()).collect()
    }

    /// The files of these.
    pub fn files(&self, user: &str) -> Vec<PathBuf> {
        let folder = self.maildir(user, "");
        let mut files: Vec<PathBuf> = ["new", "cur"]
            .iter()
            .flat_map(|part| std::fs::read_dir(folder.join(part)).expect("a folder"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
        files
    }

    /// Waits until Postfix has nothing left to deliver: what [`Servers::delivered`] gives after
    /// it is all there will be.
    ///
    /// # Panics
    /// After half a minute.
    pub fn settle(&self) {
        let queues = ["maildrop", "incoming", "active", "deferred", "hold"];
        let is_empty = |queue: &&str| holds_no_file(&self.folder.join("postfix/queue").join(queue));
        for _ in 0..LOOK.1 {
            if queues.iter().all(is_empty) {
                return;
            }
            std::thread::sleep(LOOK.0);
        }
        panic!("Postfix still has mail in its queue");
    }

    /// Whether what they take is on a disk.
    #[allow(dead_code, reason = "a benchmark's")]
    pub fn are_on_disk(&self) -> bool {
        !self.folder.starts_with(MEMORY)
    }

    /// Throws away what Postfix took for addresses that begin with `trattenuto-`: that is never delivered.
    #[allow(dead_code, reason = "a benchmark's")]
    pub fn discard_held(&self) {
        let held = self.folder.join("postfix/queue/hold");
        for entry in std::fs::read_dir(held).into_iter().flatten().flatten() {
            std::fs::remove_file(entry.path()).expect("a message");
        }
    }

    /// What the servers wrote into their log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let home = self.folder.join("mail").join(user);
        let maildir = match folder {
            "" => home.join("Maildir"),
            folder => self.maildir(user, "").join(format!(".{folder}")),
        };
        for folder in ["", "tmp", "new", "cur"].map(|name| maildir.join(name)) {
            std::fs::create_dir_all(&folder).expect("a folder");
            chown(&folder, Some(self.owner.0), Some(self.owner.1)).expect("root");
        }
        chown(&home, Some(self.owner.0), Some(self.owner.1)).expect("root");
        maildir
    }
}

/// A folder that is in memory (Linux).
const MEMORY: &str = "/dev/shm";

/// Memory where there are some gigabytes of it to spare, as thousands of files are made, and nobody asks for
/// the disk.
fn quick_folder() -> PathBuf {
    let memory = PathBuf::from(MEMORY);
    if std::env::var_os("PEC_SERVERS_ON_DISK").is_some() {
        return std::env::temp_dir();
    }
    let asked = Command::new("df")
        .args(["--output=avail", "--block-size=1G"])
        .arg(&memory)
        .output();
    let answer = asked.map(|of| String::from_utf8_lossy(&of.stdout).into_owned());
    let free = answer.unwrap_or_default();
    let free = free
        .lines()
        .nth(1)
        .and_then(|gigabytes| gigabytes.trim().parse::<u64>().ok());
    match free {
        Some(2..) => memory,
        _ => std::env::temp_dir(),
    }
}

fn holds_no_file(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return true;
    };
    entries.flatten().all(|entry| {
        let path = entry.path();
        path.is_dir() && holds_no_file(&path)
    })
}
