//! Accounts as a shell meets them: the configuration, the sources of passwords, the questions,
//! and that a secret is seen nowhere. No server is reached: port 1 of the loopback interface is
//! closed.

#![cfg(unix)]

#[path = "support/schema.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod schema;
#[path = "support/skipped.rs"]
mod skipped;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use postacert::account::{Config, Error, Limits, SentCopy, presets};
use postacert::address::MailAddress;
use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::ledger::Ledger;
use postacert::pec::outgoing::{self, OutgoingMessage};
use postacert::timestamp::Timestamp;
use schema::Schema;
use serde_json::{Value, json};
use skipped::skipped;
use tempfile::TempDir;

const SECRET: &str = "segretissimo-7f3a";

/// Two accounts at a closed port; the folder stands in for the user's home.
const CONFIG: &str = r#"# the office's
default = "studio" # most used

[account.studio]
address = "studio@pec.example" # certified
imap = "127.0.0.1:1"
smtp = "127.0.0.1:1"
PASSWORD

# rarely
[account.other]
address = "other@pec.example"
imap = "127.0.0.1:1"
smtp = "127.0.0.1:1"
OTHER
"#;

struct Home {
    folder: TempDir,
}

#[derive(Debug)]
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Ran {
    fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// With a configuration whose accounts take their passwords by these lines.
    fn with(password: &str, other: &str) -> Self {
        let home = Self::new();
        let text = CONFIG.replace("PASSWORD", password).replace("OTHER", other);
        home.write("config.toml", &text, 0o600);
        home
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.path(name), text).expect("a file");
        self.mode(name, mode);
    }

    fn mode(&self, name: &str, mode: u32) {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.path(name), permissions).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command
            .current_dir(self.folder.path())
            .args([
                "--config",
                "config.toml",
                "--data-dir",
                "data",
                "--lang",
                "en",
            ])
            .args(args)
            .stdin(Stdio::null())
            .env_remove("PEC_PASSWORD");
        command
    }

    fn pec<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        finish(self.command(args))
    }

    fn with_password_set<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut command = self.command(args);
        command.env("PEC_PASSWORD", SECRET);
        finish(command)
    }
}

fn finish(mut command: Command) -> Ran {
    let output = command.output().expect("the program starts");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

// Configuration

#[test]
fn adding_and_removing_give_back_the_file_as_the_user_wrote_it() {
    let home = Home::with("", "");
    let before = home.read("config.toml");
    let ran = home.pec(&[
        "account",
        "add",
        "third",
        "--address",
        "c@pec.it",
        "--preset",
        "aruba",
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let between = home.read("config.toml");
    assert!(between.starts_with(&before), "{between}");
    assert!(between.contains("[account.third]\naddress = \"c@pec.it\"\npreset = \"aruba\"\n"));
    let ran = home.pec(&["account", "remove", "third", "--yes"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.out.contains("ledger"), "{ran:?}");
    assert_eq!(home.read("config.toml"), before);
}

#[test]
fn what_was_added_is_read_again() {
    let home = Home::new();
    home.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0o600);
    let ran = home.pec(&[
        "account",
        "add",
        "office",
        "--address",
        "ufficio@pec.example",
        "--imap",
        "mail.example",
        "--smtp",
        "mail.example:2525",
        "--smtp-security",
        "starttls",
        "--user",
        "M123",
        "--ca-file",
        "ca.pem",
        "--trust",
        "trust.toml",
        "--sent-folder",
        "INBOX.Inviata",
        "--folder",
        "INBOX.Ricevute",
        "--folder",
        "Archivio",
        "--password-command",
        "pass 'un \"posto\"'",
        "--max-recipients",
        "500",
        "--max-size",
        "100MB",
        "--per-minute",
        "6",
        "--per-hour",
        "1000",
        "--app-password-date",
        "2026-10-01",
        "--default",
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let config = Config::load(&home.path("config.toml")).expect("a configuration");
    let account = config.account(None).expect("an account");
    assert_eq!(account.imap.to_string(), "mail.example:993");
    assert_eq!(account.smtp.to_string(), "mail.example:2525");
    assert_eq!(account.user, "M123");
    assert_eq!(account.ca_file.as_deref(), Some(&*home.path("ca.pem")));
    assert_eq!(account.sent_copy, SentCopy::Folder("INBOX.Inviata".into()));
    assert_eq!(account.folders, ["INBOX.Ricevute", "Archivio"]);
    let limits = Limits {
        recipients: Some(500),
        octets_total: Some(100_000_000),
        messages_per_minute: Some(6),
        recipients_per_hour: Some(1000),
    };
    assert_eq!(account.limits, limits);
    assert_eq!(account.password.word(), "command");
    assert!(
        home.read("config.toml")
            .starts_with("default = \"office\"\n")
    );
}

#[test]
fn the_file_is_private_and_the_folder_made_for_it_too() {
    let home = Home::new();
    let ran = home.pec(&[
        "--config",
        "new/folder/c.toml",
        "account",
        "add",
        "a",
        "--address",
        "a@pec.it",
        "--preset",
        "aruba",
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let mode = |name: &str| {
        let metadata = fs::metadata(home.path(name)).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("new/folder/c.toml"), 0o600);
    assert_eq!(mode("new/folder"), 0o700);
    let names = fs::read_dir(home.path("new/folder")).expect("a folder");
    assert_eq!(names.count(), 1, "something was left beside the file");
}

#[test]
fn a_link_to_the_configuration_stays_a_link() {
    let home = Home::new();
    home.write("real.toml", "# mine\n", 0o600);
    std::os::unix::fs::symlink("real.toml", home.path("config.toml")).expect("a link");
    home.pec(&[
        "account",
        "add",
        "a",
        "--address",
        "a@pec.it",
        "--preset",
        "aruba",
    ]);
    assert!(home.read("real.toml").contains("[account.a]"));
    assert!(home.path("config.toml").is_symlink());
}

#[test]
fn a_configuration_that_others_may_change_is_refused() {
    let home = Home::with("", "");
    home.mode("config.toml", 0o620);
    let ran = home.pec(&["account", "list"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("chmod 600"), "{ran:?}");
    home.mode("config.toml", 0o644);
    assert_eq!(home.pec(&["account", "list"]).status, 0);
}

#[test]
fn mistakes_are_named_with_file_line_and_key() {
    for (text, words) in [
        (
            "[account.a]\nadress = \"x\"\n",
            &["config.toml, line 2", "unknown key \"adress\""][..],
        ),
        ("x = 1\n", &["line 1", "unknown key \"x\""]),
        (
            "default = \"a\"\n\ndefault = \"b\"\n",
            &["line 3", "duplicate key"],
        ),
        ("default = \"a\"\n", &["line 1", "does not exist"]),
        (
            "[account.a]\npassword = \"x\"\n",
            &["line 2", "looks like a password", "password_command"],
        ),
        ("[account.a]\n", &["line 1", "has no address"]),
        ("[account.a\n", &["line 1", "not valid TOML"]),
    ] {
        let home = Home::new();
        home.write("config.toml", text, 0o600);
        let ran = home.pec(&["account", "list"]);
        assert_eq!(ran.status, 2, "{text}");
        for word in words {
            assert!(ran.err.contains(word), "{text}: {}", ran.err);
        }
    }
}

#[test]
fn an_account_that_is_not_there_or_not_chosen_is_said_with_those_there_are() {
    let home = Home::with("", "");
    let ran = home.pec(&["account", "test", "nobody"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("studio, other"), "{ran:?}");
    home.write(
        "config.toml",
        &home.read("config.toml").replace("default", "# default"),
        0o600,
    );
    let ran = home.pec(&["account", "test"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("--account NAME"), "{ran:?}");
    let ran = Home::new().pec(&["account", "test"]);
    assert!(ran.err.contains("pec account add"), "{ran:?}");
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let home = Home::new();
    let ran = home.pec(&["account", "add"]);
    assert_eq!(ran.status, 2);
    for word in [
        "NAME",
        "--address",
        "--preset NAME",
        "--imap HOST",
        "--smtp HOST",
    ] {
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
    }
    let ran = home.pec(&["account", "add", "a", "--address", "a@legalmail.it"]);
    assert!(ran.err.contains("suggests --preset legalmail"), "{ran:?}");
    let ran = home.pec(&["account", "add", "a", "--preset", "legalmail"]);
    for word in ["--address", "--user CODE"] {
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
    }
    assert!(!home.path("config.toml").exists());
}

#[test]
fn a_configuration_that_cannot_be_written_is_not_now() {
    let home = Home::new();
    let add = [
        "account",
        "add",
        "a",
        "--preset",
        "legalmail",
        "--address",
        "a@legalmail.it",
    ];
    let add = [&add[..], &["--user", "M1234567", "--prompt"]].concat();
    // A folder in which nobody may make a file, not even root.
    let ran = home.pec(&[&["--config", "/proc/pec.toml"], &add[..]].concat());
    assert_eq!(ran.status, 4, "{ran:?}");
    assert!(ran.err.contains("cannot write /proc/pec.toml"), "{ran:?}");
    let there = home.path("there.toml").display().to_string();
    let ran = home.pec(&[&["--config", &there], &add[..]].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn hostile_values_are_refused_and_never_shown_raw() {
    let home = Home::with("", "");
    for args in [
        &["account", "add", "a\u{1b}[31m"][..],
        &["account", "add", "a", "--address", "a\u{1b}[31m@pec.it"],
        &["account", "add", "a", "--imap", "mail\r\n.example"],
        &["account", "add", "a", "--smtp", "mail\u{202e}.example"],
        &["account", "add", "a", "--user", "a\u{7}"],
        &["account", "add", "a", "--sent-folder", "a\r\nb"],
        &["account", "add", "a", "--preset", "\u{1b}]0;x"],
        &["account", "add", "a", "--app-password-date", "\u{9b}2J"],
        &["account", "remove", "\u{1b}[2J", "--yes"],
        &["account", "presets", "\u{1b}[2J"],
        &["--account", "\u{1b}[2J", "doctor", "--offline"],
    ] {
        let ran = home.pec(args);
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        let raw = ran
            .all()
            .chars()
            .any(|c| c.is_control() && c != '\n' || c == '\u{202e}');
        assert!(!raw, "{args:?}: {ran:?}");
    }
    let hostile = "[account.a]\naddress = \"a@b\"\nimap = \"i\\u001b[31m\"\nsmtp = \"s\"\n";
    home.write("config.toml", hostile, 0o600);
    let ran = home.pec(&["account", "list"]);
    assert_eq!(ran.status, 2);
    assert!(!ran.err.contains('\u{1b}'), "{ran:?}");
}

// Presets

#[test]
fn every_preset_makes_an_account_and_says_how_sure_it_is() {
    for preset in presets::all() {
        let home = Home::new();
        let address = format!("a@{}", preset.domains[0]);
        let ran = home.pec(&[
            "account",
            "add",
            "a",
            "--address",
            &address,
            "--preset",
            &preset.name,
            "--user",
            "u",
        ]);
        assert_eq!(ran.status, 0, "{}: {ran:?}", preset.name);
        let ran = home.pec(&["account", "list", "--json"]);
        let document: Value = serde_json::from_str(&ran.out).expect("JSON");
        let account = &document["accounts"][0];
        for server in ["imap", "smtp"] {
            assert!(account[server]["sure"].is_string(), "{account}");
            assert_eq!(account[server]["security"], "tls");
        }
        let (sure, date) = (preset.imap.sure.letters(), &preset.imap.date);
        assert_eq!(sure.contains('B'), date.len() == 10, "{}", preset.name);
    }
    // Those named in the table of the sources with a trial.
    let tried = presets::all()
        .iter()
        .filter(|preset| preset.imap.date.len() == 10);
    let tried: Vec<&str> = tried.map(|preset| &*preset.name).collect();
    assert_eq!(tried, ["aruba", "legalmail", "postecert"]);
}

// Passwords

/// `pec account test studio` gets as far as the closed port when there is a password.
const GOES_ON: i32 = 4;

#[test]
fn a_password_file_must_be_private() {
    let home = Home::with("password_file = \"secret\"", "");
    home.write("secret", &format!("{SECRET}\n"), 0o600);
    assert_eq!(home.pec(&["account", "test"]).status, GOES_ON);
    home.mode("secret", 0o400);
    assert_eq!(home.pec(&["account", "test"]).status, GOES_ON);
    for mode in [0o640, 0o604, 0o620, 0o666] {
        home.mode("secret", mode);
        let ran = home.pec(&["account", "test"]);
        assert_eq!(ran.status, 2, "{mode:o}");
        assert!(ran.out.contains(&format!("{mode:04o}")), "{ran:?}");
        assert!(!ran.all().contains(SECRET));
    }
}

#[test]
fn a_linked_password_file_counts_by_what_it_points_to() {
    let home = Home::with("password_file = \"link\"", "");
    home.write("secret", SECRET, 0o600);
    std::os::unix::fs::symlink("secret", home.path("link")).expect("a link");
    assert_eq!(home.pec(&["account", "test"]).status, GOES_ON);
    home.mode("secret", 0o644);
    assert_eq!(home.pec(&["account", "test"]).status, 2);
}

#[test]
fn what_is_no_password_is_refused_before_a_server_sees_it() {
    for (text, word) in [
        ("", "empty"),
        ("\n", "empty"),
        ("one\ntwo\n", "several lines"),
        ("a\u{1b}b", "not a password"),
    ] {
        let home = Home::with("password_file = \"secret\"", "");
        home.write("secret", text, 0o600);
        let ran = home.pec(&["account", "test"]);
        assert_eq!(ran.status, 2, "{text:?}");
        assert!(ran.out.contains(word), "{text:?}: {ran:?}");
    }
}

#[test]
fn a_password_command_that_fails_is_said_without_what_it_wrote() {
    for (command, word) in [
        (format!("echo {SECRET}; exit 3"), "exit status 3"),
        (format!("echo {SECRET}; kill -9 $$"), "killed"),
        ("no-such-command-here".to_owned(), "exit status 127"),
        ("yes | head -c 10000".to_owned(), "more than 4096"),
        ("printf 'a\\nb\\n'".to_owned(), "several lines"),
        ("true".to_owned(), "empty"),
    ] {
        let home = Home::with(&format!("password_command = {command:?}"), "");
        let ran = home.pec(&["account", "test"]);
        assert_eq!(ran.status, 2, "{command}: {ran:?}");
        assert!(ran.out.contains(word), "{command}: {ran:?}");
        assert!(!ran.all().contains(SECRET), "{ran:?}");
    }
}

#[test]
fn what_a_password_command_says_is_seen_and_it_gets_no_input() {
    let home = Home::with("password_command = \"echo unlock it >&2; cat; echo p\"", "");
    let mut command = home.command(&["account", "test"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // It may end without reading.
    let _ = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(b"the message\n");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(GOES_ON));
    assert!(String::from_utf8_lossy(&output.stderr).contains("unlock it"));
}

#[test]
fn pec_password_comes_first_and_only_for_the_account_in_use() {
    let home = Home::with(
        "password_command = \"exit 9\"",
        "password_command = \"env >environment; echo of-the-other\"",
    );
    assert_eq!(home.pec(&["account", "test"]).status, 2);
    assert_eq!(home.with_password_set(&["account", "test"]).status, GOES_ON);
    assert_eq!(home.pec(&["account", "list"]).status, 0);
    let ran = home.with_password_set(&["doctor", "--json"]);
    let document: Value = serde_json::from_str(&ran.out).expect("JSON");
    let checks = document["checks"].as_array().expect("checks");
    let password_of = |account: &str| {
        checks
            .iter()
            .find(|check| check["account"] == account && check["id"] == "account.password")
            .map(|check| check["state"].clone())
    };
    assert_eq!(password_of("studio"), Some(json!("ok")));
    assert_eq!(password_of("other"), Some(json!("ok")));
    // The command of the other account ran, and did not see the variable.
    assert!(!home.read("environment").contains("PEC_PASSWORD"));
    let from = Home::with("password_from = \"environment\"", "");
    let ran = from.pec(&["account", "test"]);
    assert!(
        ran.status == 2 && ran.out.contains("PEC_PASSWORD"),
        "{ran:?}"
    );
    assert_eq!(from.with_password_set(&["account", "test"]).status, GOES_ON);
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let home = Home::with("", "");
    let ran = home.pec(&["account", "test"]);
    assert_eq!(ran.status, 2);
    assert!(ran.out.contains("there is no terminal to ask"), "{ran:?}");
}

#[cfg(not(feature = "keyring"))]
#[test]
fn without_the_keyring_built_in_the_way_around_is_named() {
    let home = Home::with("password_from = \"keyring\"", "");
    let tested = home.pec(&["account", "test"]);
    let added = home.pec(&["account", "add", "x", "--keyring"]);
    for ran in [tested, added] {
        assert_eq!(ran.status, 2);
        assert!(
            ran.all().contains("secret-tool lookup service pec"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_secret_is_in_no_output_no_argument_and_no_file() {
    let home = Home::with(
        "password_file = \"secret\"",
        "password_command = \"tr '\\\\0' ' ' </proc/$PPID/cmdline >arguments 2>&1; cat secret\"",
    );
    home.write("secret", SECRET, 0o600);
    for args in [
        &["account", "test"][..],
        &["account", "test", "--json"],
        &["account", "test", "other"],
        &["account", "list"],
        &["account", "list", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["--lang", "it", "doctor"],
        &["account", "remove", "studio", "--yes"],
    ] {
        for ran in [home.pec(args), home.with_password_set(args)] {
            assert!(!ran.all().contains(SECRET), "{args:?}: {ran:?}");
        }
    }
    assert!(!home.read("arguments").contains(SECRET));
    assert!(!home.read("config.toml").contains(SECRET));
    let config = Config::load(&home.path("config.toml")).expect("a configuration");
    assert!(!format!("{config:?}").contains("cat secret"));
}

#[test]
fn errors_of_the_library_do_not_hold_the_secret() {
    let home = Home::with("password_file = \"secret\"", "");
    home.write("secret", &format!("{SECRET}\n{SECRET}\n"), 0o600);
    let config = Config::load(&home.path("config.toml")).expect("a configuration");
    let account = config.account(None).expect("an account");
    let error = postacert::account::password(account, &Default::default());
    let error = error.expect_err("two lines");
    assert!(matches!(error, Error::PasswordUnusable { .. }));
    assert!(!format!("{error} {error:?}").contains(SECRET));
}

// Questions

/// The program on a terminal, fed with these lines; `None` without `script`.
fn on_a_terminal(home: &Home, args: &str, lines: &str) -> Option<Ran> {
    let program = env!("CARGO_BIN_EXE_pec");
    let line = format!("'{program}' --config config.toml --lang en {args}");
    let mut child = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(home.folder.path())
        .env_remove("PEC_PASSWORD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(lines.as_bytes()).expect("a reader");
    let output = child.wait_with_output().expect("an end");
    drop(stdin);
    Some(Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::new(),
    })
}

#[test]
fn on_a_terminal_what_is_missing_is_asked_for() {
    let home = Home::new();
    // An address that is none, then: address, name (suggested), provider (guessed), user (the address), source, command;
    // and no test.
    let lines = "not-an-address\nstudio@pec.it\n\n\n\ncommand\npass studio\nno\n";
    let Some(ran) = on_a_terminal(&home, "account add", lines) else {
        skipped("no script");
        return;
    };
    assert_eq!(ran.status, 0, "{ran:?}");
    let config = Config::load(&home.path("config.toml")).expect("a configuration");
    let account = config.account(None).expect("an account");
    assert_eq!(account.name, "studio");
    assert_eq!(account.preset.expect("a preset").name, "aruba");
    assert_eq!(account.user, "studio@pec.it");
    assert_eq!(account.password.word(), "command");
}

#[test]
fn removing_asks_and_only_a_yes_removes() {
    for (answer, status, left) in [("no\n", 1, true), ("yes\n", 0, false)] {
        let home = Home::with("", "");
        let Some(ran) = on_a_terminal(&home, "account remove other", answer) else {
            skipped("no script");
            return;
        };
        assert_eq!(ran.status, status, "{ran:?}");
        assert_eq!(home.read("config.toml").contains("[account.other]"), left);
    }
    let home = Home::with("", "");
    let ran = home.pec(&["account", "remove", "other"]);
    assert!(ran.status == 2 && ran.err.contains("--yes"), "{ran:?}");
}

// Doctor

/// `pec doctor --offline --json` at a time.
fn doctor_at(home: &Home, now: &str) -> (u8, Value) {
    let context = Context::fixed(Timestamp::parse(now).expect("a time"), Lang::En);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let config = home.path("config.toml");
    let data = home.path("data");
    let args = ["pec", "doctor", "--offline", "--json", "--config"].map(OsStr::new);
    let args = args.into_iter().chain([
        config.as_os_str(),
        OsStr::new("--data-dir"),
        data.as_os_str(),
    ]);
    let status = command::run(
        args.map(OsStr::to_owned).collect(),
        &context,
        &mut out,
        &mut err,
    )
    .expect("memory can be written");
    (status.number(), serde_json::from_slice(&out).expect("JSON"))
}

fn state<'a>(document: &'a Value, id: &str) -> &'a str {
    let checks = document["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["id"] == id);
    found
        .and_then(|check| check["state"].as_str())
        .unwrap_or("none")
}

#[test]
fn doctor_names_what_is_wrong_and_what_to_do() {
    let home = Home::with("app_password_date = \"2026-12-01\"", "");
    let at = "2027-01-10T10:00:00Z";
    let (status, document) = doctor_at(&home, at);
    assert_eq!(status, 0, "{document:#}");
    for id in [
        "config.file",
        "config.permissions",
        "data.permissions",
        "clock",
        "trust.data",
    ] {
        assert_eq!(state(&document, id), "ok", "{id}");
    }
    assert_eq!(state(&document, "account.app-password"), "ok");
    assert_eq!(state(&document, "network"), "skipped");

    for (at, id, expected, exit) in [
        ("2026-01-01T00:00:00Z", "clock", "failed", 1),
        ("2028-01-01T00:00:00Z", "trust.data", "warning", 0),
        ("2027-03-02T00:00:00Z", "account.app-password", "warning", 0),
        ("2026-11-28T12:00:00Z", "account.app-password", "warning", 0),
    ] {
        let (status, document) = doctor_at(&home, at);
        assert_eq!(
            (state(&document, id), status),
            (expected, exit),
            "{at} {id}"
        );
    }

    // What is written in the ledger was not written in the future.
    let mailbox = MailAddress::new("io@pec.mittente.example");
    let text = "Message-ID: <1@pec.mittente.example>\r\nDate: Tue, 13 Nov 2018 16:39:27 +0100\r\n\
        From: io@pec.mittente.example\r\nTo: a@pec.uno.example\r\nSubject: x\r\n\r\nx\r\n";
    let message = OutgoingMessage::freeze(text.into(), &mailbox, outgoing::Limits::default());
    let later = Timestamp::parse("2027-01-10T10:00:01Z").expect("a time");
    let mut ledger = Ledger::open(&home.path("data")).expect("a ledger");
    ledger
        .freeze(&message.expect("fit"), later)
        .expect("recorded");
    drop(ledger);
    let (status, document) = doctor_at(&home, at);
    assert_eq!((state(&document, "clock"), status), ("failed", 1));
    let (_, document) = doctor_at(&home, "2027-01-10T10:00:01Z");
    assert_eq!(state(&document, "clock"), "ok");
    fs::remove_dir_all(home.path("data")).expect("removed");

    home.mode("config.toml", 0o644);
    assert_eq!(
        state(&doctor_at(&home, at).1, "config.permissions"),
        "warning"
    );
    home.mode("config.toml", 0o664);
    assert_eq!(state(&doctor_at(&home, at).1, "config.file"), "failed");
    home.mode("config.toml", 0o600);
    home.mode("", 0o777);
    assert_eq!(
        state(&doctor_at(&home, at).1, "config.permissions"),
        "failed"
    );
    home.mode("", 0o700);

    fs::create_dir(home.path("data")).expect("a folder");
    home.mode("data", 0o755);
    let (status, document) = doctor_at(&home, at);
    assert_eq!(
        (state(&document, "data.permissions"), status),
        ("failed", 1)
    );

    home.write("config.toml", "nonsense", 0o600);
    assert_eq!(state(&doctor_at(&home, at).1, "config.file"), "failed");
    home.write("config.toml", "", 0o600);
    assert_eq!(state(&doctor_at(&home, at).1, "config.file"), "warning");
}

#[test]
fn doctor_looks_at_the_files_that_an_account_names() {
    let home = Home::with(
        "ca_file = \"ca.pem\"\ntrust_file = \"trust.toml\"\npassword_file = \"secret\"",
        "",
    );
    let at = "2027-01-10T10:00:00Z";
    let ids = [
        "account.ca-file",
        "account.trust-file",
        "account.password-file",
    ];
    let document = doctor_at(&home, at).1;
    for id in ids {
        assert_eq!(state(&document, id), "failed", "{id}: there is no file");
    }
    let trust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki/trust.toml");
    fs::copy(trust, home.path("trust.toml")).expect("a fixture");
    home.mode("trust.toml", 0o644);
    home.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0o644);
    home.write("secret", SECRET, 0o600);
    let document = doctor_at(&home, at).1;
    for id in ids {
        assert_eq!(state(&document, id), "ok", "{id}: {document:#}");
    }
    for (file, mode) in [("ca.pem", 0o666), ("trust.toml", 0o664), ("secret", 0o644)] {
        home.mode(file, mode);
    }
    let document = doctor_at(&home, at).1;
    for id in ids {
        assert_eq!(state(&document, id), "failed", "{id}");
    }
}

#[test]
fn a_trust_file_of_an_account_that_cannot_be_used_is_told_in_words() {
    let home = Home::with(
        "password_command = \"exit 1\"\ntrust_file = \"trust.toml\"",
        "",
    );
    for (octets, italian, english) in [
        (
            &b"as_of = 1"[..],
            "trust.toml, riga 1: as_of richiede un testo",
            "trust.toml, line 1: as_of requires text",
        ),
        (
            b"\n\xff",
            "trust.toml non \u{e8} un elenco di autorit\u{e0} valido: la riga 2",
            "trust.toml is not a trust file: line 2",
        ),
        (
            b"",
            "non contiene autorit\u{e0}",
            "it contains no authorities",
        ),
    ] {
        fs::write(home.path("trust.toml"), octets).expect("a file");
        for (lang, words) in [("it", italian), ("en", english)] {
            let sync = home.pec(&["sync", "--lang", lang]);
            assert_eq!((sync.status, &*sync.out), (2, ""), "{}", sync.err);
            assert!(sync.err.contains(words), "{words}: {}", sync.err);
            let doctor = home.pec(&["doctor", "--offline", "--lang", lang]);
            assert_eq!(doctor.status, 1, "{}", doctor.err);
            assert!(doctor.out.contains(words), "{words}: {}", doctor.out);
        }
    }
}

// JSON

#[test]
fn every_output_follows_its_schema() {
    let home = Home::with(
        "password_command = \"exit 1\"",
        "preset = \"aruba\"\nfolders = [\"x\"]",
    );
    let empty = Home::new();
    for (command, args) in [
        ("account list", &["account", "list"][..]),
        ("account list", &["account", "presets"]),
        ("account list", &["account", "test"]),
        ("account list", &["account", "test", "other"]),
        ("doctor", &["doctor"]),
        ("doctor", &["doctor", "--offline"]),
    ] {
        let schema = Schema::closed(command);
        for home in [&home, &empty] {
            for lang in ["it", "en"] {
                let ran = home.with_password_set(&[&["--lang", lang], args, &["--json"]].concat());
                let Ok(document) = serde_json::from_str(&ran.out) else {
                    assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
                    continue;
                };
                schema.holds(&document);
            }
        }
    }
    // And what is wrong does not follow it.
    let schema = Schema::open("doctor");
    let ran = home.pec(&["doctor", "--offline", "--json"]);
    let document: Value = serde_json::from_str(&ran.out).expect("JSON");
    for (place, wrong) in [
        ("/schema", json!("pec/account")),
        ("/checks/0/state", json!("fine")),
        ("/checks/0/id", json!("A check")),
        ("/checks/0/advice", json!("")),
        ("/totals/ok", json!(-1)),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(place).expect("a place") = wrong;
        assert!(schema.check(&changed).is_err(), "{place}");
    }
}

#[test]
fn accounts_that_are_added_at_once_are_all_there() {
    let home = Home::with("password_from = \"prompt\"", "password_from = \"prompt\"");
    let children: Vec<_> = (0..8)
        .map(|number| {
            let name = format!("casella{number}");
            let address = format!("c{number}@pec.example");
            let add = [
                "account",
                "add",
                &name,
                "--address",
                &address,
                "--imap",
                "127.0.0.1:1",
                "--smtp",
                "127.0.0.1:1",
                "--prompt",
            ];
            let mut command = home.command(&add);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the program starts")
        })
        .collect();
    for child in children {
        let ran = child.wait_with_output().expect("an end");
        assert!(ran.status.success(), "{ran:?}");
    }
    let config = home.read("config.toml");
    for number in 0..8 {
        assert!(
            config.contains(&format!("[account.casella{number}]")),
            "{config}"
        );
    }
}

#[test]
fn a_text_from_the_editor_does_not_undo_what_another_process_wrote() {
    let home = Home::with("password_from = \"prompt\"", "password_from = \"prompt\"");
    home.write(
        "editor",
        &format!(
            "#!/bin/sh\necho '# mine' >>\"$1\"\n[ -z \"$MEANWHILE\" ] || echo '# theirs' >>'{}'\n",
            home.path("config.toml").display()
        ),
        0o700,
    );
    let edit = |meanwhile: &str| {
        let mut command = home.command(&["account", "edit"]);
        command
            .env("EDITOR", home.path("editor"))
            .env("MEANWHILE", meanwhile);
        finish(command)
    };
    let ran = edit("");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(home.read("config.toml").contains("# mine"));
    let ran = edit("x");
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(
        ran.err.contains("another process changed it meanwhile"),
        "{ran:?}"
    );
    let config = home.read("config.toml");
    assert_eq!(config.matches("# mine").count(), 1, "{config}");
    assert!(config.contains("# theirs"), "{config}");
}

#[test]
fn an_account_that_is_not_there_opens_no_editor() {
    let home = Home::with("password_from = \"prompt\"", "password_from = \"prompt\"");
    home.write("editor", "#!/bin/sh\ntouch \"$0.ran\"\n", 0o700);
    let edit = |name: &str| {
        let mut command = home.command(&["account", "edit", name]);
        command.env("EDITOR", home.path("editor"));
        finish(command)
    };
    let ran = edit("stduio");
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("studio"), "{ran:?}");
    assert!(!home.path("editor.ran").exists());
    edit("studio");
    assert!(home.path("editor.ran").exists());
}

#[test]
fn a_second_account_leaves_the_first_one_in_use_and_says_so() {
    let home = Home::with("password_from = \"prompt\"", "password_from = \"prompt\"");
    fs::remove_file(home.path("config.toml")).expect("gone");
    let add = |name: &str, more: &[&str]| {
        let address = format!("{name}@pec.example");
        let add = [
            &[
                "account",
                "add",
                name,
                "--address",
                &address,
                "--preset",
                "aruba",
                "--prompt",
            ],
            more,
        ]
        .concat();
        let ran = home.pec(&add);
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.out
    };
    assert!(!add("uno", &[]).contains("default"));
    let second = add("due", &[]);
    assert!(
        second.contains("The default account is still uno"),
        "{second}"
    );
    assert!(second.contains("pec account default due"), "{second}");
    assert!(home.read("config.toml").contains("default = \"uno\""));
    let third = add("tre", &["--default"]);
    assert!(third.contains("It is the default account"), "{third}");
    let taken = home.pec(&["account", "add", "tre"]);
    assert_eq!(taken.status, 2, "{taken:?}");
    assert!(
        taken.err.contains("tre") && !taken.err.contains("--address"),
        "{taken:?}"
    );
}

#[test]
fn the_practice_provider_is_a_provider_by_its_name() {
    let home = Home::with("password_from = \"prompt\"", "password_from = \"prompt\"");
    let add = |name: &str, preset: &str| {
        let address = format!("{name}@pec.test");
        home.pec(&[
            "account",
            "add",
            name,
            "--address",
            &address,
            "--preset",
            preset,
        ])
    };
    let ran = add("io", "sandbox");
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("pec sandbox"), "{ran:?}");
    let ran = home.pec(&[
        "sandbox",
        "--for",
        "1ms",
        "--smtp-port",
        "0",
        "--imap-port",
        "0",
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for (name, preset) in [("io", "sandbox"), ("tu", "prova")] {
        let ran = add(name, preset);
        assert_eq!(ran.status, 0, "{ran:?}");
        let config = home.read("config.toml");
        let own = config
            .split(&format!("[account.{name}]"))
            .nth(1)
            .expect("an account");
        for part in [
            "localhost:9930",
            "localhost:4650",
            "sandbox/password",
            "trust",
        ] {
            assert!(own.contains(part), "{part}: {own}");
        }
    }
}
