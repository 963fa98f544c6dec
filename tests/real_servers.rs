//! The commands against Dovecot and Postfix: octets as they were frozen, a mailbox read without
//! a trace, news told as they come, killed without a second copy.
//!
//! Neither server knows certified mail, so the receipts are the test authority's.

mod support;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use postacert::transport::Security;
use serde_json::Value;
use support::receipt::{IDENTIFIER, Kind, Receipt};
use support::servers::{self, PASSWORD, Servers, Spoilt};
use support::world;
use tempfile::TempDir;

/// An account on the real servers, with a folder of its own.
struct User {
    servers: &'static Servers,
    address: String,
    folder: TempDir,
}

impl User {
    fn new(servers: &'static Servers, name: &str) -> Self {
        let user = Self {
            servers,
            address: format!("{name}@pec.mittente.example"),
            folder: tempfile::tempdir().expect("a folder"),
        };
        std::fs::write(user.path("trust.toml"), world::trust_file()).expect("a file");
        let config = format!(
            "[account.vera]\naddress = \"{}\"\nimap = \"localhost:{}\"\n\
             smtp = \"localhost:{}\"\nca_file = \"{}\"\ntrust_file = \"{}\"\n\
             file_sent_copy = false\npassword_from = \"environment\"\n",
            user.address,
            servers.imap(Security::Tls).port,
            servers.submission(Security::Tls).port,
            servers.roots_file().display(),
            user.path("trust.toml").display(),
        );
        std::fs::write(user.path("config.toml"), config).expect("a file");
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(user.path("config.toml"), mode).expect("a mode");
        user
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command
            .args(["--lang", "en", "--config"])
            .arg(self.path("config.toml"))
            .arg("--data-dir")
            .arg(self.path("data"))
            .args(arguments)
            .env("PEC_PASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    fn send(&self, subject: &str, to: &[&str]) -> Value {
        let mut arguments = vec!["send", "--yes", "--json", "--subject", subject];
        for address in to {
            arguments.extend(["--to", address]);
        }
        arguments.extend(["--body", "Punti:\n.\n..\n.fine"]);
        self.json(&arguments)["messages"][0].clone()
    }

    /// Puts a receipt for a message of ours into the mailbox.
    fn receive(&self, kind: Kind, message_id: &str, to: &str) {
        let receipt = Receipt::with(kind, |receipt| {
            let data = &mut receipt.daticert;
            data.sender.clone_from(&self.address);
            data.reply_to.clone_from(&self.address);
            data.subject = Some("Avviso".to_owned());
            data.recipients = vec![(to.to_owned(), "certificato".to_owned())];
            data.message_id = Some(message_id.to_owned());
            data.delivered_to = data.delivered_to.as_ref().map(|_| to.to_owned());
        });
        self.servers.deliver(&self.address, [receipt.to_eml()]);
    }
}

#[test]
fn octets_arrive_as_they_were_frozen() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = User::new(servers, "ottetti");
    let to = "ottetti@pec.destinatario.example";
    let sent = user.send("Perché così", &[to]);
    assert_eq!(sent["outcome"], "taken", "{sent}");
    servers.settle();
    let delivered = servers.delivered(to);
    assert_eq!(delivered.len(), 1);
    let name = sent["sha256"].as_str().expect("a digest");
    let frozen = user
        .path("data/messages")
        .join(&name[..2])
        .join(format!("{}.eml", &name[2..]));
    let frozen = std::fs::read(frozen).expect("the frozen octets");
    // The server puts its lines on top; line ends are those of its store.
    let unix = |octets: &[u8]| String::from_utf8_lossy(octets).replace("\r\n", "\n");
    assert!(
        unix(&delivered[0]).ends_with(&unix(&frozen)),
        "{}",
        unix(&delivered[0])
    );
}

#[test]
fn the_answer_to_each_recipient_is_kept() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = User::new(servers, "risposte");
    let to = [
        "risposte@b.example",
        "rifiutato@b.example",
        "temporaneo@b.example",
    ];
    let sent = user.send("Avviso", &to);
    // 451 is for now: sent later, to that one alone.
    let standing = |at: usize| {
        sent["recipients"][at]["standing"]
            .as_str()
            .expect("one")
            .to_owned()
    };
    assert_eq!(
        [standing(0), standing(1), standing(2)],
        ["sent", "refused", "refused-for-now"]
    );
    assert_eq!(sent["recipients"][1]["reply"]["code"], 550, "{sent}");
    servers.settle();
    assert_eq!(servers.delivered(to[0]).len(), 1);
}

#[test]
fn receipts_are_read_without_a_trace() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = User::new(servers, "lettura");
    let to = "lettura@pec.destinatario.example";
    let sent = user.send("Avviso", &[to]);
    let (id, message_id) = (&sent["id"], sent["message_id"].as_str().expect("one"));
    servers.settle();
    user.receive(Kind::Acceptance, message_id, to);
    user.receive(Kind::DeliveryConcise, message_id, to);
    let before = servers.delivered(&user.address);
    let synced = user.run(&["sync", "--ndjson"]);
    assert_eq!(synced.status.code(), Some(0), "{synced:?}");
    let events = String::from_utf8_lossy(&synced.stdout);
    assert_eq!(
        events.matches("\"event\":\"receipt\"").count(),
        2,
        "{events}"
    );
    let status = user.json(&["status", id.as_str().expect("an id"), "--json"]);
    assert_eq!(
        status["messages"][0]["recipients"][0]["standing"], "delivered",
        "{status}"
    );
    // Nothing was marked, moved or deleted.
    assert_eq!(servers.delivered(&user.address), before);
    let seen = Command::new("python3")
        .args(["-c", SEEN])
        .arg(servers.imap(Security::Tls).port.to_string())
        .args([&user.address, PASSWORD])
        .output();
    if let Ok(seen) = seen {
        assert_eq!(
            String::from_utf8_lossy(&seen.stdout).trim(),
            "0",
            "{seen:?}"
        );
    }
}

/// How many messages another program finds marked as seen.
const SEEN: &str = "import imaplib, ssl, sys
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
mailbox = imaplib.IMAP4_SSL('localhost', int(sys.argv[1]), ssl_context=context)
mailbox.login(sys.argv[2], sys.argv[3])
mailbox.select('INBOX', readonly=True)
print(len(mailbox.search(None, 'SEEN')[1][0].split()))
";

/// Dovecot ends the connection over a message that it cannot read.
#[test]
fn a_spoilt_message_hides_nothing_but_itself() {
    let Some(servers) = servers::running() else {
        return;
    };
    // Ordinary mail, the acceptance, the delivery.
    let standings = ["delivered", "sent", "accepted"];
    for (how, name) in [
        (Spoilt::Size, "taglia"),
        (Spoilt::Unreadable, "illeggibile"),
    ] {
        for (nth, standing) in standings.into_iter().enumerate() {
            let case = format!("{how:?} {nth}");
            let user = User::new(servers, &format!("{name}{nth}"));
            let to = format!("{name}{nth}@pec.destinatario.example");
            let sent = user.send("Avviso", &[&to]);
            let (id, message_id) = (&sent["id"], sent["message_id"].as_str().expect("one"));
            servers.settle();
            servers.deliver(
                &user.address,
                ["From: a@b.example\r\nSubject: x\r\n\r\nx\r\n"],
            );
            user.receive(Kind::Acceptance, message_id, &to);
            // Without the acceptance the delivery says as much.
            let standing = if standing == "sent" {
                "delivered"
            } else {
                standing
            };
            user.receive(Kind::DeliveryConcise, message_id, &to);
            let mend = servers.spoil(&user.address, nth, how);
            let first = user.run(&["sync"]);
            let stands = || {
                let status = user.json(&["status", id.as_str().expect("an id"), "--json"]);
                status["messages"][0]["recipients"][0]["standing"].clone()
            };
            let said = String::from_utf8_lossy(&first.stderr).into_owned();
            if first.status.code() == Some(0) {
                // It was asked for twice, and Dovecot mended the name meanwhile.
                assert_eq!(
                    (how, stands()),
                    (Spoilt::Size, "delivered".into()),
                    "{case}: {said}"
                );
                continue;
            }
            assert_eq!(first.status.code(), Some(4), "{case}: {said}");
            assert_eq!(stands(), standing, "{case}: {said}");
            let named = format!("INBOX, UID {}", nth + 1);
            assert!(said.contains(&named), "{case}: {said}");
            mend();
            let second = user.run(&["sync"]);
            assert_eq!(second.status.code(), Some(0), "{case}: {second:?}");
            assert_eq!(stands(), "delivered", "{case}: {second:?}");
        }
    }
}

#[test]
fn news_is_told_as_it_comes_and_a_signal_ends_the_watch() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = User::new(servers, "veglia");
    let to = "veglia@pec.destinatario.example";
    let sent = user.send("Avviso", &[to]);
    let message_id = sent["message_id"].as_str().expect("one");
    let mut watch = user
        .command(&["watch", "--ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    for kind in [Kind::Acceptance, Kind::DeliveryConcise] {
        // Whether it comes before or after the watch waits, it is told.
        std::thread::sleep(Duration::from_millis(300));
        user.receive(kind, message_id, to);
        let line = lines.next().expect("a line").expect("UTF-8");
        let event: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(event["event"], "receipt", "{event}");
        assert_eq!(event["message"], sent["id"], "{event}");
    }
    let told = Command::new("kill")
        .args(["-TERM", &watch.id().to_string()])
        .status();
    assert!(told.expect("kill").success());
    assert_eq!(watch.wait().expect("an end").code(), Some(0));
}

/// What a provider makes of what was sent: the envelope that its recipient gets, signed by the test
/// authority.
fn envelope(sent: &Value, identifier: &str, from: &User, to: &User) -> Vec<u8> {
    let name = sent["sha256"].as_str().expect("a digest");
    let path = from.path("data/messages").join(&name[..2]);
    let frozen = std::fs::read_to_string(path.join(format!("{}.eml", &name[2..])));
    let id = sent["message_id"].as_str().expect("a Message-ID");
    // RFC 6109, 2.2.1: the provider's identifier takes the place of the writer's.
    let original = frozen.expect("the frozen octets").replacen(
        &format!("Message-ID: {id}"),
        &format!("X-Riferimento-Message-ID: {id}\r\nMessage-ID: <{identifier}>"),
        1,
    );
    let envelope = Receipt::with(Kind::Envelope, |receipt| {
        let data = &mut receipt.daticert;
        data.sender.clone_from(&from.address);
        data.reply_to.clone_from(&from.address);
        data.identifier = identifier.to_owned();
        data.subject = sent["subject"].as_str().map(str::to_owned);
        data.recipients = vec![(to.address.clone(), "certificato".to_owned())];
        data.message_id = Some(id.to_owned());
        receipt.original = Some(original.into_bytes());
    });
    envelope.to_eml()
}

/// Half of certified mail is receiving: listed, shown, taken apart, answered; and the answer arrives.
#[test]
fn what_is_received_is_listed_shown_taken_apart_and_answered() {
    let Some(servers) = servers::running() else {
        return;
    };
    let (writer, reader) = (User::new(servers, "scrive"), User::new(servers, "legge"));
    std::fs::write(writer.path("atto.pdf"), b"%PDF-1.4 prova").expect("a file");
    std::fs::write(writer.path("atto.pdf.p7m"), b"0\x80firma").expect("a file");
    let file = |name: &str| writer.path(name).display().to_string();
    let (act, signed) = (file("atto.pdf"), file("atto.pdf.p7m"));
    let send = ["send", "--yes", "--json", "--subject", "Convocazione"];
    let what = [
        "--body",
        "Martedì alle 9.",
        "--attach",
        &act,
        "--attach",
        &signed,
    ];
    let sent = writer.json(&[&send[..], &["--to", &reader.address], &what].concat());
    let sent = &sent["messages"][0];
    servers.settle();
    servers.deliver(
        &reader.address,
        [envelope(sent, IDENTIFIER, &writer, &reader)],
    );

    let synced = reader.run(&["sync"]);
    let told = String::from_utf8_lossy(&synced.stdout);
    assert!(synced.status.success(), "{synced:?}");
    let inbox = reader.json(&["inbox", "--json"]);
    let letter = &inbox["messages"][0];
    assert_eq!(letter["sender"], writer.address.as_str(), "{inbox}");
    assert_eq!(
        (&letter["subject"], &letter["attachments"]),
        (&"Convocazione".into(), &2.into())
    );
    let id = letter["id"].as_str().expect("an id");
    assert!(
        told.contains(id) && told.contains(&writer.address),
        "{told}"
    );

    let shown = reader.run(&["show", id]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("Martedì alle 9.") && shown.contains("atto.pdf.p7m"),
        "{shown}"
    );
    let folder = reader.path("fuori").display().to_string();
    let extracted = reader.run(&["extract", id, "--to", &folder]);
    assert!(extracted.status.success(), "{extracted:?}");
    for name in ["atto.pdf", "atto.pdf.p7m"] {
        let there = std::fs::read(reader.path("fuori").join(name)).expect("a file");
        assert_eq!(
            there,
            std::fs::read(writer.path(name)).expect("a file"),
            "{name}"
        );
    }

    let replied = reader.run(&["reply", id, "--yes", "--body", "Va bene."]);
    assert!(replied.status.success(), "{replied:?}");
    servers.settle();
    let arrived = servers.delivered(&writer.address);
    let answer = String::from_utf8_lossy(arrived.last().expect("an answer")).into_owned();
    let unfolded = answer.replace("\r\n", "\n").replace("\n ", " ");
    let of_writer = sent["message_id"].as_str().expect("a Message-ID");
    assert!(
        unfolded.contains(&format!("In-Reply-To: {of_writer}\n")),
        "{answer}"
    );
    assert!(
        unfolded.contains(&format!("References: <{IDENTIFIER}> {of_writer}\n")),
        "{answer}"
    );
    assert!(answer.contains("Va bene."), "{answer}");
    // Its envelope leads the writer back to what he wrote.
    let answered = reader.json(&["status", "--json"])["messages"][0].clone();
    let back = envelope(&answered, "2@gestore-mittente.example", &reader, &writer);
    servers.deliver(&writer.address, [back]);
    assert!(writer.run(&["sync"]).status.success());
    let own = sent["id"].as_str().expect("an id");
    let thread = writer.run(&["status", own]);
    let thread = String::from_utf8_lossy(&thread.stdout).into_owned();
    assert!(thread.contains("Re: Convocazione"), "{thread}");
}

#[test]
fn killed_while_sending_no_server_gets_it_twice() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = User::new(servers, "ucciso");
    let to = "ucciso@pec.destinatario.example";
    // How long the first takes, which is not killed.
    let mut whole = None;
    for crash in 0..25 {
        let subject = format!("caso {crash}");
        let begun = Instant::now();
        let mut child = user
            .command(&[
                "send",
                "--yes",
                "--to",
                to,
                "--subject",
                &subject,
                "--body",
                "x",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        match whole {
            None => {
                assert!(child.wait().expect("an end").success());
                whole = Some(begun.elapsed());
            }
            Some(whole) => {
                std::thread::sleep(whole * crash / 25);
                child.kill().expect("a signal");
                child.wait().expect("an end");
            }
        }
        // What never left goes; what is in doubt stays so, since no acceptance will come.
        let resumed = user.run(&["send", "--resume", "--yes"]);
        assert!(matches!(resumed.status.code(), Some(0 | 3)), "{resumed:?}");
    }
    servers.settle();
    let delivered = servers.delivered(to);
    let status = user.json(&["status", "--json", "--limit", "1000"]);
    let messages = status["messages"].as_array().expect("messages");
    for message in messages {
        let id = message["message_id"].as_str().expect("one").as_bytes();
        let copies = delivered
            .iter()
            .filter(|octets| memchr::memmem::find(octets, id).is_some())
            .count();
        let standing = message["recipients"][0]["standing"].as_str();
        match standing {
            Some("sent") => assert_eq!(copies, 1, "{message}"),
            Some("in-doubt") => assert!(copies <= 1, "{message}"),
            other => panic!("{other:?}: {message}"),
        }
    }
    assert!(delivered.len() <= messages.len());
}
