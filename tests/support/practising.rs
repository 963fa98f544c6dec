//! The program against a practice provider of this test: an account, and every command as a
//! user types it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use postacert::context::Context;
use postacert::practice::{Config, Identity, Practice};
use postacert::secret::Secret;
use postacert::timestamp::Timestamp;
use postacert::transport::imap::ImapMailbox;
use postacert::transport::{Endpoint, Login, Roots, Security, Timeouts};
use serde_json::Value;
use tempfile::TempDir;

/// The password of every mailbox; long and odd, so that it can be looked for in all output.
pub const PASSWORD: &str = "Segretissima-7f3a9c-parola";

/// A provider, a folder with configuration and ledger, and the account `prova` of `io@…`.
pub struct Practising {
    pub practice: Practice,
    pub folder: TempDir,
}

/// The machine's clock: the program that runs beside the provider has no other.
#[allow(
    clippy::disallowed_methods,
    reason = "the provider and the program must agree"
)]
pub fn now() -> Timestamp {
    Context::from_process().now
}

/// One identity for all tests of a program: making keys takes time.
fn identity() -> Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    let make = || Identity::new(postacert::practice::DOMAIN, now()).expect("keys");
    IDENTITY.get_or_init(make).clone()
}

/// Free ports, the password of the tests, an hour of 20 milliseconds.
pub fn config() -> Config {
    Config {
        identity: Some(identity()),
        password: Some(PASSWORD.to_owned()),
        hour: Duration::from_millis(20),
        ..Config::new(Arc::new(now))
    }
}

impl Practising {
    /// A provider that does nothing wrong.
    pub fn new() -> Self {
        Self::with(config())
    }

    /// A provider of that kind.
    pub fn with(config: Config) -> Self {
        let practice = Practice::start(config).expect("a provider");
        let folder = tempfile::tempdir().expect("a folder");
        let me = Self { practice, folder };
        let write = |name: &str, text: &str| {
            let path = me.path(name);
            std::fs::write(&path, text).expect("a file");
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, mode).expect("a mode");
        };
        write("ca.pem", &me.practice.ca_pem());
        write("trust.toml", me.practice.trust());
        write("password", PASSWORD);
        write("config.toml", &me.account("prova", &me.address("io")));
        me
    }

    /// The configuration of one account.
    pub fn account(&self, name: &str, address: &str) -> String {
        let shown = |file: &str| self.path(file).display().to_string();
        format!(
            "[account.{name}]\naddress = \"{address}\"\nimap = \"localhost:{}\"\n\
             smtp = \"localhost:{}\"\nca_file = \"{}\"\ntrust_file = \"{}\"\n\
             password_file = \"{}\"\n\n",
            self.practice.imap().port(),
            self.practice.smtp().port(),
            shown("ca.pem"),
            shown("trust.toml"),
            shown("password"),
        )
    }

    /// Changes the configuration.
    pub fn configure(&self, change: impl Fn(&str) -> String) {
        let file = self.path("config.toml");
        let text = std::fs::read_to_string(&file).expect("a file");
        std::fs::write(&file, change(&text)).expect("a file");
    }

    /// The same, with other values for some settings of its account.
    pub fn configure_values(&self, values: &[(&str, &str)]) {
        self.configure(|text| {
            let lines = text.lines().map(|line| {
                let name = line.split(" = ").next();
                let other = values.iter().find(|(known, _)| name == Some(*known));
                match other {
                    Some((name, value)) => format!("{name} = \"{value}\"\n"),
                    None => format!("{line}\n"),
                }
            });
            lines.collect()
        });
    }

    /// A mailbox of the provider.
    pub fn address(&self, user: &str) -> String {
        format!("{user}@{}", self.practice.domain())
    }

    /// The mailbox of a user, logged in.
    pub fn mailbox(&self, user: &str) -> ImapMailbox {
        let login = Login {
            user: self.address(user),
            password: Secret::new(PASSWORD.to_owned()),
        };
        let endpoint = Endpoint {
            host: "localhost".to_owned(),
            port: self.practice.imap().port(),
            security: Security::Tls,
        };
        let roots = Roots::BuiltInAnd(self.practice.ca_pem().into_bytes());
        let mailbox = ImapMailbox::connect(&endpoint, &roots, &login, Timeouts::default());
        mailbox.expect("logged in")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the ledger.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The program with the options that lead it to this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command
            .args(["--lang", "en", "--config"])
            .arg(self.path("config.toml"))
            .arg("--data-dir")
            .arg(self.data())
            .args(arguments)
            .env_remove("PEC_PASSWORD")
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(
            self.command(arguments)
                .output()
                .expect("the program starts"),
        )
    }

    /// Sends a message to users of the provider, or to whole addresses; gives its short id.
    pub fn send(&self, subject: &str, to: &[&str]) -> String {
        let ran = self.try_send(subject, to);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let short = &ran.json()["messages"][0]["id"];
        short.as_str().expect("an id").to_owned()
    }

    /// The same, whatever comes of it.
    pub fn try_send(&self, subject: &str, to: &[&str]) -> Ran {
        let to: Vec<String> = to
            .iter()
            .map(|user| match user.contains('@') {
                true => (*user).to_owned(),
                false => self.address(user),
            })
            .collect();
        let mut arguments = vec!["send", "--yes", "--json", "--no-copy", "--subject", subject];
        arguments.extend(["--body", "Buongiorno."]);
        for address in &to {
            arguments.extend(["--to", address]);
        }
        self.run(&arguments)
    }

    /// Where a message stands for each recipient, by the local part of its address.
    pub fn standings(&self, message: &str) -> Vec<(String, String)> {
        let document = self.run(&["status", message, "--json"]).json();
        let recipients = document["messages"][0]["recipients"].as_array();
        recipients
            .expect("recipients")
            .iter()
            .map(|recipient| {
                let text = |key: &str| recipient[key].as_str().unwrap_or_default().to_owned();
                let user = text("address")
                    .split('@')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                (user, text("standing"))
            })
            .collect()
    }

    /// How many messages of this subject the provider took.
    pub fn taken(&self, message_id: &str) -> usize {
        let taken = self.practice.taken();
        taken
            .iter()
            .filter(|taken| taken.message_id.as_deref() == Some(message_id))
            .count()
    }
}

/// Begins a batch that writes its events (`--ndjson`), and kills it when so many messages were sent.
#[allow(dead_code, reason = "not every program of tests sends many")]
pub fn killed_after(sent: usize, command: &mut Command) {
    let seen = killed_later(sent, Duration::ZERO, command);
    assert_eq!(seen, sent, "it ended before");
}

/// The same some time later. Gives how many messages it told of; fewer where it ended before.
pub fn killed_later(sent: usize, later: Duration, command: &mut Command) -> usize {
    use std::io::{BufRead, BufReader};
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = piped.spawn().expect("the program starts");
    let out = child.stdout.take().expect("a pipe");
    let lines = BufReader::new(out).lines().map_while(Result::ok);
    let is_sent = |line: &String| line.contains("\"event\":\"sent\"");
    let seen = lines.filter(is_sent).take(sent).count();
    std::thread::sleep(later);
    // SIGKILL, at whatever it does.
    child.kill().expect("it can be killed");
    child.wait().expect("an end");
    seen
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            found.push(path);
        }
    }
    found
}
