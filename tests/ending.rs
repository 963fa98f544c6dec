//! How soon `pec watch` ends when it is asked to, whatever it is waiting for; and password commands that do
//! not end by themselves.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postacert::transport::Security;
use support::practising::Practising;
use support::scripted::{Peer, Scripted};
use support::skipped::skipped;

/// So soon is it over: `docker stop` and others wait for ten seconds.
const SOON: Duration = Duration::from_secs(5);

/// A `pec watch` that is under way, without a terminal, in its own folder.
struct Watch {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
    _folder: tempfile::TempDir,
}

/// What ends it.
const SIGNALS: [&str; 3] = ["-TERM", "-INT", "-HUP"];

impl Watch {
    /// With one account, whose password comes so; `before` begins the command line.
    fn new(before: &[&str], server: &str, password: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let root = support::fixtures_folder().join("pki/root.pem");
        let text = format!(
            "[account.prova]\naddress = \"io@pec.example\"\nimap = \"{server}\"\n\
             imap_security = \"tls\"\nsmtp = \"localhost:1\"\nca_file = \"{}\"\n{password}\n",
            root.display()
        );
        private(&path("config.toml"), &text);
        private(&path("password"), "Segretissima");
        let words = ["setsid", env!("CARGO_BIN_EXE_pec")];
        let mut words = before.iter().copied().chain(words);
        let mut command = Command::new(words.next().expect("a program"));
        command
            .args(words)
            .args(["--lang", "en", "--config"])
            .arg(path("config.toml"))
            .arg("--data-dir")
            .arg(path("data"))
            .args(["watch", "--poll", "1h"])
            .env_remove("PEC_PASSWORD")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let said = BufReader::new(child.stderr.take().expect("a pipe"));
        Self {
            child,
            said,
            _folder: folder,
        }
    }

    /// Reads until it says this.
    fn says(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let read = self.said.read_line(&mut line).expect("UTF-8");
            assert!(read > 0, "it ended without {words}");
        }
    }

    /// Sends a signal; how long it takes until the end, and what was said.
    fn end(mut self, signal: &str) -> (Option<i32>, Duration, String) {
        let pid = self.child.id().to_string();
        let began = Instant::now();
        let kill = Command::new("kill").args([signal, &pid]).status();
        assert!(kill.expect("kill").success());
        while self.child.try_wait().expect("a child").is_none() {
            if began.elapsed() > SOON * 2 {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = self.child.wait().expect("an end").code();
        let took = began.elapsed();
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("UTF-8");
        (status, took, said)
    }

    fn ends_soon(self, state: &str) {
        self.ends_soon_by("-TERM", state);
    }

    fn ends_soon_by(self, signal: &str, state: &str) {
        let (status, took, said) = self.end(signal);
        assert!(took < SOON, "{state}, {signal}: {took:?}");
        assert_eq!(status, Some(0), "{state}, {signal}: {said}");
        assert!(
            said.contains("Stopped. Everything"),
            "{state}, {signal}: {said}"
        );
    }
}

fn private(file: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file, mode).expect("a mode");
}

const BY_FILE: &str = "password_file = \"password\"";

/// Long enough for the program to be where it waits.
fn a_while() {
    std::thread::sleep(Duration::from_millis(700));
}

/// A server that stays in a step until the client is gone.
fn stuck(script: impl Fn(&mut Peer) + Send + 'static) -> (String, Scripted<()>) {
    let server = Scripted::start(Security::Tls, move |peer| {
        script(peer);
        while peer.command().is_some() {}
    });
    (format!("localhost:{}", server.endpoint().port), server)
}

#[test]
fn a_watch_that_waits_for_news_ends_soon() {
    let world = Practising::new();
    for signal in SIGNALS {
        let mut command = world.command(&["watch", "--poll", "1h"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(child.stderr.take().expect("a pipe"));
        let folder = tempfile::tempdir().expect("a folder");
        let mut watch = Watch {
            child,
            said,
            _folder: folder,
        };
        watch.says("Ctrl-C");
        a_while();
        watch.ends_soon_by(signal, "IDLE");
    }
}

#[test]
fn a_watch_between_two_looks_ends_soon() {
    let (server, script) = stuck(|peer| {
        peer.imap_login("");
        peer.imap("LIST ", "* LIST () \"/\" INBOX\nTAG OK done");
        peer.imap(
            "EXAMINE ",
            "* 0 EXISTS\n* OK [UIDVALIDITY 7] a\n* OK [UIDNEXT 1] a\nTAG OK a",
        );
        while let Some(command) = peer.command() {
            if command.starts_with("LOGOUT") {
                peer.say("* BYE a\nTAG OK a");
            } else {
                peer.say("TAG OK a");
            }
        }
    });
    let mut watch = Watch::new(&[], &server, BY_FILE);
    watch.says("Ctrl-C");
    a_while();
    watch.ends_soon("between two looks");
    script.finish();
}

#[test]
fn a_watch_whose_server_says_nothing_ends_soon() {
    // The system answers for whoever listens.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("a port").port();
    for signal in SIGNALS {
        let watch = Watch::new(&[], &format!("localhost:{port}"), BY_FILE);
        a_while();
        watch.ends_soon_by(signal, "TLS");
    }
}

#[test]
fn a_watch_whose_server_does_not_take_the_connection_ends_soon() {
    let full = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address: SocketAddr = full.local_addr().expect("a port");
    let wait = Duration::from_millis(200);
    let mut waiting = Vec::new();
    while let Ok(one) = TcpStream::connect_timeout(&address, wait) {
        waiting.push(one);
        if waiting.len() > 10_000 {
            skipped("a host that does not answer: this system takes every connection");
            return;
        }
    }
    let watch = Watch::new(&[], &address.to_string(), BY_FILE);
    a_while();
    watch.ends_soon("connecting");
}

#[test]
fn a_watch_whose_server_stops_at_the_greeting_or_the_login_ends_soon() {
    let (server, script) = stuck(|_| {});
    let watch = Watch::new(&[], &server, BY_FILE);
    a_while();
    watch.ends_soon("greeting");
    script.finish();
    let (server, script) = stuck(|peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] prova");
        peer.hear("LOGIN ");
    });
    let watch = Watch::new(&[], &server, BY_FILE);
    a_while();
    watch.ends_soon("login");
    script.finish();
    let (server, script) = stuck(|peer| {
        peer.imap_login("");
        peer.imap("LIST ", "* LIST () \"/\" INBOX\nTAG OK done");
        peer.hear("EXAMINE ");
    });
    let watch = Watch::new(&[], &server, BY_FILE);
    a_while();
    watch.ends_soon("EXAMINE");
    script.finish();
}

/// One octet after the other, for ever: there is always something to read.
#[test]
fn a_watch_whose_server_sends_octet_by_octet_ends_soon() {
    let endless = |peer: &mut Peer| {
        for _ in 0..120 {
            peer.say_octets(b"x");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let (server, _script) = stuck(move |peer| {
        peer.say_octets(b"* OK ");
        endless(peer);
    });
    let watch = Watch::new(&[], &server, BY_FILE);
    a_while();
    watch.ends_soon("a slow greeting");
    let (server, _script) = stuck(move |peer| {
        peer.imap_login("");
        peer.hear("LIST ");
        peer.say_octets(b"* OK ");
        endless(peer);
    });
    let watch = Watch::new(&[], &server, BY_FILE);
    a_while();
    watch.ends_soon("a slow answer");
}

#[test]
fn a_watch_that_pauses_after_a_failure_ends_soon() {
    let mut watch = Watch::new(&[], "localhost:1", BY_FILE);
    watch.says("Next attempt in");
    watch.says("Next attempt in");
    watch.ends_soon("pause");
}

/// A name server that takes questions and answers none.
#[test]
fn a_watch_that_looks_for_a_name_ends_soon() {
    let Ok(_server) = UdpSocket::bind("127.0.0.77:53") else {
        skipped("a name server that is silent: port 53 cannot be had");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("resolv.conf");
    std::fs::write(&list, "nameserver 127.0.0.77\noptions timeout:30\n").expect("a file");
    let script = format!(
        "mount --bind '{}' \"$(readlink -f /etc/resolv.conf)\" && exec \"$@\"",
        list.display()
    );
    let before = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    let tried = Command::new(before[0])
        .args(&before[1..])
        .arg("true")
        .output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        skipped("a name server that is silent: no mount of its own can be made");
        return;
    }
    let watch = Watch::new(&before, "imap.pec.example:993", BY_FILE);
    a_while();
    watch.ends_soon("name");
}

/// A command that never ends, its child that holds the pipe, and a file that names that child.
fn hanging(folder: &Path) -> (String, std::path::PathBuf) {
    let file = folder.join("pid");
    let command = format!("sleep 300 & echo $! > '{}'; wait", file.display());
    (command, file)
}

/// Whether the process of a file is there.
fn is_alive(file: &Path) -> bool {
    let pid = std::fs::read_to_string(file).expect("it was started");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // One that nobody has waited for yet is over.
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_watch_whose_password_command_hangs_ends_soon_and_so_does_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    for signal in SIGNALS {
        let (command, file) = hanging(folder.path());
        let password = format!("password_command = \"{command}\"");
        let watch = Watch::new(&[], "localhost:1", &password);
        a_while();
        assert!(is_alive(&file));
        watch.ends_soon_by(signal, "password");
        assert!(!is_alive(&file));
    }
}

#[test]
fn a_signal_that_ends_a_command_ends_its_password_command() {
    let world = Practising::new();
    let (command, file) = hanging(world.folder.path());
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let password = format!("password_command = \"{command}\"");
    let config = config.replace("password_file", "# password_file") + &password;
    private(&world.path("config.toml"), &config);
    for signal in SIGNALS {
        let mut command = Command::new("setsid");
        command.arg(env!("CARGO_BIN_EXE_pec"));
        command.args(world.command(&["sync"]).get_args());
        let mut child = command.spawn().expect("the program starts");
        a_while();
        assert!(is_alive(&file), "{signal}");
        let pid = child.id().to_string();
        let killed = Command::new("kill").args([signal, &pid]).status();
        assert!(killed.expect("kill").success());
        let ended = child.wait().expect("an end");
        assert!(!ended.success() && !is_alive(&file), "{signal}: {ended}");
    }
}

#[test]
fn a_password_command_has_a_limit() {
    let world = Practising::new();
    let (command, file) = hanging(world.folder.path());
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let config: Vec<&str> = config
        .lines()
        .filter(|line| !line.starts_with("password_file"))
        .collect();
    let with = |command: &str, limit: &str| {
        let more = format!("password_command = \"{command}\"\npassword_timeout = {limit}\n");
        private(
            &world.path("config.toml"),
            &(config.join("\n") + "\n" + &more),
        );
    };
    with(&command, "1");
    for words in [&["sync"][..], &["watch"], &["account", "test"], &["doctor"]] {
        let began = Instant::now();
        let mut command = Command::new("setsid");
        command.arg(env!("CARGO_BIN_EXE_pec"));
        command.args(world.command(words).get_args());
        let ran = command.output().expect("the program starts");
        let took = began.elapsed();
        let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
        assert!(said.contains("after 1 second"), "{words:?}: {said}");
        assert!(said.contains("password_timeout"), "{words:?}: {said}");
        let usual = if words == ["doctor"] { 1 } else { 2 };
        assert_eq!(ran.status.code(), Some(usual), "{words:?}: {said}");
        assert!(took < Duration::from_secs(15), "{words:?}: {took:?}");
        assert!(!is_alive(&file), "{words:?}");
    }
    // One that is slow and not too slow.
    with("sleep 1; cat password", "30");
    let ran = world.command(&["sync"]).current_dir(&world.folder).output();
    let ran = ran.expect("the program starts");
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    for wrong in ["0", "-1", "\"x\""] {
        with("cat password", wrong);
        let ran = world.run(&["sync"]);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("password_timeout"), "{ran:?}");
    }
}
