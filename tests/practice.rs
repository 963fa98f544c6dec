//! The practice provider: what it issues is genuine by its own trust data and by nobody else's,
//! its servers speak to programs that are not ours, and nothing that is sent to them stops them.
//!
//! Witnesses (`openssl`, Python's smtplib and imaplib, curl, mbsync) are skipped, with a line
//! that says so, where they are not installed.

#[path = "support/skipped.rs"]
mod skipped;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use postacert::pec::{DeliveryForm, MessageKind, RecipientKind};
use postacert::practice::{
    Addressee, Config, DISCLAIMER, DOMAIN, Failure, Fault, INBOX, Identity, Late, Order, Practice,
    Receipts, SENT, Statement, Stored, Throttle, Transaction,
};
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Examination, Question, Sent, Verdict, Verifier, Weight};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use skipped::skipped;

const PATIENCE: Duration = Duration::from_secs(60);

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T17:03:31Z").expect("a time")
}

/// One identity for all tests: making the RSA key takes longest.
fn identity() -> Identity {
    static ONE: OnceLock<Identity> = OnceLock::new();
    ONE.get_or_init(|| Identity::new(DOMAIN, now()).expect("keys"))
        .clone()
}

fn config() -> Config {
    Config {
        identity: Some(identity()),
        hour: Duration::from_millis(5),
        ..Config::new(Arc::new(now))
    }
}

fn start(change: impl FnOnce(&mut Config)) -> Practice {
    let mut config = config();
    change(&mut config);
    Practice::start(config).expect("free ports")
}

fn at_domain(local: &str) -> String {
    format!("{local}@{DOMAIN}")
}

fn examine(octets: &[u8], sent: Option<&[u8]>) -> Examination {
    let trust = Trust::parse(identity().trust(), "trust.toml").expect("a trust file");
    let sent = sent.map(|octets| Sent::new(octets.to_vec()));
    let question = Question {
        sent: sent.as_ref(),
        ..Question::new(now())
    };
    Verifier::new(trust).examine(octets, &question)
}

/// Genuine, without a doubt.
fn assert_genuine(octets: &[u8], kind: MessageKind) -> Examination {
    let found = examine(octets, None);
    let text = String::from_utf8_lossy(octets);
    assert_eq!(
        found.verdict(),
        Verdict::Genuine,
        "{:?}\n{text}",
        found.findings()
    );
    assert!(
        !found.findings().has(Weight::Doubt),
        "{:?}\n{text}",
        found.findings()
    );
    let facts = found.facts().expect("facts");
    assert_eq!(facts.kind(), Some(kind));
    found
}

/// A message with an attachment, words outside ASCII, and a form of receipt asked for.
fn message(to: &[&str], cc: &[&str], form: DeliveryForm, subject: &str) -> Vec<u8> {
    let list = |all: &[&str]| all.iter().map(|one| at(one)).collect::<Vec<_>>().join(", ");
    let cc = match cc {
        [] => String::new(),
        some => format!("Cc: {}\r\n", list(some)),
    };
    format!(
        "From: \"Io\" <{}>\r\nTo: {}\r\n{cc}Subject: {subject}\r\nDate: Sun, 22 Nov 2026 18:03:30 \
         +0100\r\nMessage-ID: <{}@client.example>\r\nX-TipoRicevuta: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"taglio\"\r\n\r\n--taglio\r\nContent-Type: \
         text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         Perch=C3=A9 no?\r\n.\r\n..\r\n--taglio\r\nContent-Type: application/pdf; \
         name=\"atto.pdf\"\r\nContent-Disposition: attachment; filename=\"atto.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcKJeLjz9MK\r\n--taglio--\r\n",
        at_domain("io"),
        list(to),
        postacert::smime::sha1(format!("{to:?}{subject}").as_bytes()),
        form.word(),
    )
    .into_bytes()
}

fn at(local: &str) -> String {
    match local.contains('@') {
        true => local.to_owned(),
        false => at_domain(local),
    }
}

fn addressee(local: &str, copied: bool) -> Addressee {
    Addressee {
        address: at(local),
        kind: match local.contains('@') {
            true => RecipientKind::External,
            false => RecipientKind::Certified,
        },
        copied,
    }
}

fn transaction(form: DeliveryForm) -> Transaction {
    let octets = message(
        &["mario", "x@posta.example"],
        &["copia"],
        form,
        "=?utf-8?B?UGVyY2jDqSA8JiA=?= =?utf-8?B?8J+Yig==?=",
    );
    Transaction {
        identifier: format!("prova.1@{DOMAIN}"),
        sender: at_domain("io"),
        recipients: vec![
            addressee("mario", false),
            addressee("x@posta.example", false),
            addressee("copia", true),
        ],
        reply_to: at_domain("io"),
        subject: "Perché <& \u{1f60a}".to_owned(),
        message_id: message_id(&octets),
        form,
        at: now(),
        octets,
    }
}

fn message_id(octets: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(octets);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "));
    line.map(str::to_owned)
}

#[test]
fn every_kind_is_genuine_and_says_that_it_is_practice() {
    let receipts = Receipts::new(identity());
    let transaction = transaction(DeliveryForm::Complete);
    let one = &transaction.recipients[0];
    for statement in [
        Statement::Accepted,
        Statement::NotAccepted("il campo Bcc non e' ammesso"),
        Statement::NotAcceptedVirus,
        Statement::Delivered(one),
        Statement::Delivered(&transaction.recipients[2]),
        Statement::NotDelivered(one, Failure::Unknown),
        Statement::NotDelivered(one, Failure::Full),
        Statement::NotDelivered(one, Failure::Virus),
        Statement::Late(one, Late::First),
        Statement::Late(one, Late::Final),
        Statement::Envelope,
    ] {
        let octets = receipts
            .make(&transaction, statement, now())
            .expect("a receipt");
        assert_genuine(&octets, statement.kind());
        let text = String::from_utf8_lossy(&octets).replace("=\r\n", "");
        assert!(DISCLAIMER.contains("PRACTICE ONLY: no legal value"));
        assert!(text.contains("PRACTICE ONLY: no legal value"), "{text}");
    }
}

#[test]
fn every_form_of_delivery_receipt_fits_what_was_sent() {
    let receipts = Receipts::new(identity());
    for form in [
        DeliveryForm::Complete,
        DeliveryForm::Brief,
        DeliveryForm::Concise,
    ] {
        let transaction = transaction(form);
        let delivered = Statement::Delivered(&transaction.recipients[0]);
        let octets = receipts
            .make(&transaction, delivered, now())
            .expect("a receipt");
        assert_genuine(&octets, MessageKind::Delivery);
        let found = examine(&octets, Some(&transaction.octets));
        let sent = found.sent().expect("compared");
        // A concise receipt does not hold the content.
        let expected = (form != DeliveryForm::Concise).then_some(true);
        assert_eq!(sent.matches, expected, "{form:?} {sent:?}");
        let other = String::from_utf8_lossy(&transaction.octets).replace("no?", "no!");
        let other = examine(&octets, Some(other.as_bytes()));
        let other = other.sent().expect("compared");
        let expected = (form != DeliveryForm::Concise).then_some(false);
        assert_eq!(other.matches, expected, "{other:?}");
    }
}

#[test]
fn a_receipt_is_nothing_by_the_trust_data_compiled_in() {
    let receipts = Receipts::new(identity());
    let octets = receipts
        .make(
            &transaction(DeliveryForm::Complete),
            Statement::Accepted,
            now(),
        )
        .expect("a receipt");
    let found = Verifier::new(Trust::built_in()).examine(&octets, &Question::new(now()));
    assert_ne!(found.verdict(), Verdict::Genuine);
}

#[test]
fn a_forged_receipt_is_not_genuine() {
    let transaction = transaction(DeliveryForm::Complete);
    let forged = Receipts::new(identity())
        .forged(&transaction, &transaction.recipients[0], now())
        .expect("a forgery");
    assert_eq!(examine(&forged, None).verdict(), Verdict::NotGenuine);
    assert!(String::from_utf8_lossy(&forged).contains("X-Ricevuta: avvenuta-consegna"));
}

/// Whether a program can be started; says so if not.
fn installed(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skipped(&format!("there is no {program} on this machine"));
    }
    found
}

#[test]
fn openssl_finds_the_signatures_good() {
    if !installed("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let receipts = Receipts::new(identity());
    let transaction = transaction(DeliveryForm::Complete);
    let delivered = Statement::Delivered(&transaction.recipients[0]);
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("ca.pem"), identity().authority_pem()).expect("a file");
    let good = receipts
        .make(&transaction, delivered, now())
        .expect("a receipt");
    let bad = receipts.forged(&transaction, &transaction.recipients[0], now());
    for (octets, holds) in [(good, true), (bad.expect("a forgery"), false)] {
        std::fs::write(file("receipt.eml"), octets).expect("a file");
        let status = Command::new("openssl")
            .args(["cms", "-verify", "-inform", "SMIME", "-in", "receipt.eml"])
            .args([
                "-CAfile",
                "ca.pem",
                "-purpose",
                "smimesign",
                "-out",
                "/dev/null",
            ])
            .args(["-attime", &now().unix().to_string()])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status();
        assert_eq!(status.expect("it starts").success(), holds);
    }
}

// The wire.

/// A client that says what it is told and gives back what comes.
struct Wire(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Wire {
    fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).expect("a connection"))
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut roots = RootCertStore::empty();
        let pem = identity().ca_pem();
        let objects = postacert::smime::pem::objects(pem.as_bytes(), "CERTIFICATE");
        for der in objects.expect("certificates") {
            let der = CertificateDer::from(der.into_owned());
            roots.add(der).expect("a root");
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
        Self(BufReader::new(StreamOwned::new(connection, stream)))
    }

    fn say(&mut self, text: &str) {
        self.send(format!("{text}\r\n").as_bytes());
    }

    /// The other side may be gone already: reading shows it.
    fn send(&mut self, octets: &[u8]) {
        let _ = self.0.get_mut().write_all(octets);
        let _ = self.0.get_mut().flush();
    }

    /// Says that no more will come, and reads until the other side ends too.
    fn finish(mut self) {
        let stream = self.0.get_mut();
        stream.conn.send_close_notify();
        let _ = stream.flush();
        let mut rest = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut rest) {
            let waited = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!waited, "it hangs: {error}");
        }
    }

    /// One line; empty when the line broke.
    fn hear(&mut self) -> String {
        let mut line = Vec::new();
        let _ = self.0.read_until(b'\n', &mut line);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// The last line of an SMTP reply.
    fn reply(&mut self) -> String {
        loop {
            let line = self.hear();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    fn ask(&mut self, text: &str) -> String {
        self.say(text);
        self.reply()
    }

    /// All lines of an IMAP answer; literals are lines among them.
    fn command(&mut self, text: &str) -> Vec<String> {
        self.say(&format!("t {text}"));
        let mut lines = Vec::new();
        loop {
            let line = self.hear();
            let is_last = line.is_empty() && lines.last().is_some_and(String::is_empty);
            let is_end = line.starts_with("t ") || is_last;
            lines.push(line);
            if is_end {
                return lines;
            }
        }
    }
}

fn plain(user: &str, password: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}"))
}

/// A submission session, logged in as `io`.
fn submission(practice: &Practice) -> Wire {
    let mut wire = Wire::open(practice.smtp());
    assert!(wire.reply().starts_with("220"));
    assert!(wire.ask("EHLO client.example").starts_with("250 "));
    let login = plain(&at_domain("io"), practice.password());
    assert!(wire.ask(&format!("AUTH PLAIN {login}")).starts_with("235"));
    wire
}

/// Hands a message in; the answer to the dot, or the first that is no success.
fn submit(wire: &mut Wire, recipients: &[&str], octets: &[u8]) -> String {
    let answer = wire.ask(&format!("MAIL FROM:<{}>", at_domain("io")));
    if !answer.starts_with("250") {
        return answer;
    }
    for one in recipients {
        let answer = wire.ask(&format!("RCPT TO:<{}>", at(one)));
        assert!(answer.starts_with("250"), "{one}: {answer}");
    }
    let answer = wire.ask("DATA");
    if !answer.starts_with("354") {
        return answer;
    }
    wire.send(&stuffed(octets));
    wire.ask(".")
}

fn stuffed(octets: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(octets);
    let lines = text
        .split_inclusive("\r\n")
        .map(|line| match line.starts_with('.') {
            true => format!(".{line}"),
            false => line.to_owned(),
        });
    lines.collect::<String>().into_bytes()
}

/// What came into a mailbox, by kind and recipient, each verified.
fn receipts(practice: &Practice, user: &str) -> Vec<String> {
    assert!(practice.wait_until_idle(PATIENCE));
    assert_eq!(practice.trouble(), None);
    let inbox = practice.messages(&at_domain(user), INBOX);
    inbox.iter().map(describe).collect()
}

/// `avvenuta-consegna mario`, or the verdict where it is not genuine.
fn describe(message: &Stored) -> String {
    let found = examine(&message.octets, None);
    let facts = match (found.facts(), found.verdict()) {
        (Some(facts), Verdict::Genuine) => facts,
        (_, verdict) => return verdict.word().to_owned(),
    };
    assert!(
        !found.findings().has(Weight::Doubt),
        "{:?}",
        found.findings()
    );
    let data = facts.data().expect("data");
    let to = data
        .delivered_to
        .as_ref()
        .map(|to| to.local_part().to_owned());
    let code = data.error_code().unwrap_or_default();
    let words = [
        data.kind_word.clone(),
        to.unwrap_or_default(),
        code.to_owned(),
    ];
    words.join(" ").trim().replace("  ", " ")
}

#[test]
fn each_mailbox_does_what_its_name_says() {
    let practice = start(|_| {});
    let mut wire = submission(&practice);
    let to = [
        "mario",
        "unknown",
        "full-2",
        "virus.x",
        "slow+1",
        "late7",
        "never",
        "forged",
        "ordinary",
        "x@posta.example",
    ];
    let octets = message(&to, &[], DeliveryForm::Complete, "prova");
    assert!(submit(&mut wire, &to, &octets).starts_with("250"));
    let refused = wire.ask(&format!("MAIL FROM:<{}>", at_domain("io")));
    assert!(refused.starts_with("250"), "{refused}");
    assert!(
        wire.ask(&format!("RCPT TO:<{}>", at("refused")))
            .starts_with("550")
    );
    assert!(
        wire.ask(&format!("RCPT TO:<{}>", at("later")))
            .starts_with("450")
    );
    assert!(
        wire.ask(&format!("RCPT TO:<{}>", at("later")))
            .starts_with("250")
    );

    let found = receipts(&practice, "io");
    let expected = [
        "accettazione",
        "avvenuta-consegna mario",
        "errore-consegna unknown 5.1.1",
        "errore-consegna full-2 5.2.2",
        "errore-consegna virus.x 5.5.1",
        "not-genuine",
        "preavviso-errore-consegna slow+1 4.4.1",
        "preavviso-errore-consegna late7 4.4.1",
        "preavviso-errore-consegna slow+1 5.4.1",
        "preavviso-errore-consegna late7 5.4.1",
        "avvenuta-consegna late7",
    ];
    assert_eq!(found, expected);
    for user in ["mario", "late7"] {
        assert_eq!(receipts(&practice, user), ["posta-certificata"]);
    }
    for user in ["unknown", "slow+1", "never", "forged", "ordinary"] {
        assert!(receipts(&practice, user).is_empty());
    }
    let taken = practice.taken();
    let [taken] = &taken[..] else {
        panic!("{taken:?}")
    };
    assert_eq!(taken.sha256, postacert::smime::sha256(&octets));
    assert_eq!((taken.recipients.len(), taken.accepted), (to.len(), true));
    assert_eq!(taken.message_id, message_id(&octets));
}

#[test]
fn what_the_access_point_refuses_gets_a_notice() {
    let practice = start(|config| config.product_limit = 4_000);
    let mut wire = submission(&practice);
    let to = ["mario"];
    let good = message(&to, &[], DeliveryForm::Complete, "oggetto");
    let text = String::from_utf8_lossy(&good).into_owned();
    for octets in [
        text.replace("From:", "X-From:"),
        text.replace("To:", "Bcc: x@y.example\r\nTo:"),
        text.replace("oggetto", "oggetto [not-accepted]"),
        text.replace("oggetto", "oggetto [virus]"),
        text.replace("no?", &format!("no?{}", "\r\nx".repeat(2_000))),
    ] {
        assert!(submit(&mut wire, &to, octets.as_bytes()).starts_with("250"));
    }
    let mut found = receipts(&practice, "io");
    assert_eq!(found.len(), 5);
    assert_eq!(found.remove(3), "non-accettazione 5.5.1");
    assert!(
        found.iter().all(|one| one == "non-accettazione 5.6.0"),
        "{found:?}"
    );
    assert!(practice.taken().iter().all(|one| !one.accepted));
}

#[test]
fn receipts_can_come_late_mixed_up_and_twice() {
    let practice = start(|config| {
        config.order = Order::Shuffled(7);
        config.copies = 2;
        config.receipt_delay = Duration::from_millis(10);
    });
    let mut wire = submission(&practice);
    let to = ["a", "b", "c", "d", "e", "f"];
    let octets = message(&to, &[], DeliveryForm::Concise, "prova");
    assert!(submit(&mut wire, &to, &octets).starts_with("250"));
    let found = receipts(&practice, "io");
    assert_eq!(found.len(), 14);
    let mut singles: Vec<String> = found.iter().step_by(2).cloned().collect();
    let doubles: Vec<String> = found.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(singles, doubles);
    assert_ne!(singles[0], "accettazione", "{singles:?}");
    singles.sort();
    assert_eq!(singles[0], "accettazione");
}

#[test]
fn faults_break_the_line_where_they_say() {
    let practice = start(|config| {
        config.faults = vec![
            Fault::None,
            Fault::CutBeforeData,
            Fault::CutDuringData,
            Fault::CutAfterDotKept,
            Fault::CutAfterDotLost,
            Fault::Answer {
                reply: "451 4.3.0 riprovare".into(),
                kept: true,
            },
        ];
    });
    practice.add_fault(Fault::Answer {
        reply: "451 4.3.0 riprovare".into(),
        kept: false,
    });
    let octets = message(&["mario"], &[], DeliveryForm::Concise, "prova");
    for (answer, taken) in [
        ("250", 1),
        ("", 1),
        ("", 1),
        ("", 2),
        ("", 2),
        ("451", 3),
        ("451", 3),
        ("250", 4),
    ] {
        let mut wire = submission(&practice);
        let found = submit(&mut wire, &["mario"], &octets);
        assert_eq!(found.get(..3).unwrap_or_default(), answer);
        assert!(practice.wait_until_idle(PATIENCE));
        assert_eq!(practice.taken().len(), taken);
    }
    assert_eq!(receipts(&practice, "io").len(), 8);
}

#[test]
fn a_sender_that_hurries_is_refused() {
    let practice = start(|config| config.throttle = Some(Throttle::new(2)));
    let mut wire = submission(&practice);
    let octets = message(&["mario"], &[], DeliveryForm::Concise, "prova");
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(submit(&mut wire, &["mario"], &octets)[..3].to_owned());
    }
    assert_eq!(answers, ["250", "250", "550"]);
}

#[test]
fn submission_asks_for_login_own_address_and_clean_lines() {
    let practice = start(|config| config.size_limit = 5_000);
    let mut wire = Wire::open(practice.smtp());
    wire.reply();
    wire.say("EHLO x");
    assert!(wire.hear().starts_with("250-"));
    let offers: Vec<String> = (0..4).map(|_| wire.hear()).collect();
    assert_eq!(
        offers,
        [
            "250-PIPELINING",
            "250-SIZE 5000",
            "250-8BITMIME",
            "250 AUTH PLAIN LOGIN"
        ]
    );
    assert!(wire.ask("MAIL FROM:<a@b>").starts_with("530"));
    for login in [
        plain(&at_domain("io"), "wrong"),
        plain("io@posta.example", practice.password()),
    ] {
        assert!(wire.ask(&format!("AUTH PLAIN {login}")).starts_with("535"));
    }
    let mut wire = submission(&practice);
    assert!(
        wire.ask(&format!("MAIL FROM:<{}>", at("tu")))
            .starts_with("553")
    );
    let own = format!("MAIL FROM:<{}>", at("io"));
    assert!(wire.ask(&format!("{own} SIZE=5001")).starts_with("552"));
    let good = message(&["mario"], &[], DeliveryForm::Concise, "prova");
    let text = String::from_utf8_lossy(&good).into_owned();
    for wrong in [
        text.replace("no?\r\n", "no?\n"),
        text.replace("no?", "no\r?"),
        text.replace("no?", "no\0?"),
        text.replace("no?", &"x".repeat(1_200)),
        text.replace("no?", &"x\r\n".repeat(2_000)),
    ] {
        let answer = submit(&mut wire, &["mario"], wrong.as_bytes());
        assert!(answer.starts_with("55"), "{answer}");
    }
    // What hides behind a bare line feed stays inside.
    let smuggled = text.replace("no?\r\n", "no?\n.\nMAIL FROM:<x@y>\r\n");
    assert!(submit(&mut wire, &["mario"], smuggled.as_bytes()).starts_with("554"));
    assert!(wire.ask("NOOP").starts_with("250"));
    assert_eq!(practice.taken().len(), 0);
}

#[test]
fn starttls_begins_tls_and_forgets_what_came_before() {
    let practice = start(|config| config.starttls_port = Some(0));
    let address = practice.starttls().expect("a port");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut hear = || {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        line
    };
    assert!(hear().starts_with("220"));
    stream.write_all(b"AUTH PLAIN AGEAYg==\r\n").expect("sent");
    assert!(hear().starts_with("538"));
    stream.write_all(b"STARTTLS\r\n").expect("sent");
    assert!(hear().starts_with("220"));
    drop(reader);
    let mut wire = Wire::over(stream);
    assert!(wire.ask("MAIL FROM:<a@b>").starts_with("530"));
    assert!(wire.ask("EHLO x").ends_with("AUTH PLAIN LOGIN"));
    let login = plain(&at_domain("io"), practice.password());
    assert!(wire.ask(&format!("AUTH PLAIN {login}")).starts_with("235"));
}

#[test]
fn a_restart_keeps_identity_password_and_mail() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || {
        start(|config| {
            config.identity = None;
            config.folder = Some(folder.path().to_owned());
        })
    };
    let first = open();
    first
        .deliver(&at_domain("io"), INBOX, b"Subject: x\r\n\r\n")
        .expect("delivered");
    let kept = (
        first.trust().to_owned(),
        first.ca_pem(),
        first.password().to_owned(),
    );
    first.stop();
    let second = open();
    assert_eq!(
        kept,
        (
            second.trust().to_owned(),
            second.ca_pem(),
            second.password().to_owned()
        )
    );
    assert_eq!(second.messages(&at_domain("io"), INBOX).len(), 1);
    let receipts = Receipts::new(second.identity().clone());
    let octets = receipts
        .make(
            &transaction(DeliveryForm::Complete),
            Statement::Accepted,
            now(),
        )
        .expect("a receipt");
    let trust = Trust::parse(second.trust(), "").expect("a trust file");
    let found = Verifier::new(trust).examine(&octets, &Question::new(now()));
    assert_eq!(found.verdict(), Verdict::Genuine);
    #[cfg(unix)]
    for name in ["password", "signer.key.pem", "server.key.pem"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join(name))
            .expect("a file")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_log_has_a_line_for_each_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.ndjson");
    let practice = start(|config| config.log = Some(path.clone()));
    let mut wire = submission(&practice);
    let octets = message(&["mario"], &[], DeliveryForm::Concise, "prova");
    for _ in 0..2 {
        submit(&mut wire, &["mario"], &octets);
    }
    let text = std::fs::read_to_string(path).expect("a log");
    assert_eq!(text.lines().count(), 2);
    let line: serde_json::Value =
        serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["sha256"], postacert::smime::sha256(&octets));
    assert_eq!(line["sender"], at_domain("io"));
}

#[test]
fn ports_are_free_after_the_end() {
    let practice = start(|_| {});
    let (smtp, imap) = (practice.smtp(), practice.imap());
    // Connections that are open do not keep it.
    let _open = (
        submission(&practice),
        Wire::open(imap),
        TcpStream::connect(smtp),
    );
    practice.stop();
    let again = start(|config| {
        config.smtp_port = smtp.port();
        config.imap_port = imap.port();
    });
    assert_eq!((again.smtp(), again.imap()), (smtp, imap));
}

/// `pec sandbox` with free ports in a folder; it ends when dropped.
#[cfg(unix)]
struct Sandbox {
    child: std::process::Child,
    place: serde_json::Value,
}

#[cfg(unix)]
impl Sandbox {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pec"))
            .args([
                "sandbox",
                "--json",
                "--smtp-port",
                "0",
                "--imap-port",
                "0",
                "--for",
                "60s",
            ])
            .arg("--dir")
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        // The document ends with the brace in the first column.
        let lines = out.lines().map(|line| line.expect("a line"));
        let mut text = String::new();
        for line in lines {
            text += &line;
            if line == "}" {
                break;
            }
        }
        let place = serde_json::from_str(&text).expect("JSON");
        Self { child, place }
    }

    fn end(&mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("it starts").success());
        self.child.wait().expect("it ends").code()
    }
}

#[cfg(unix)]
impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn the_command_says_where_it_listens_and_ends_by_a_signal() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sandbox = Sandbox::start(folder.path());
    let place = &sandbox.place;
    assert_eq!(place["schema"], "pec/sandbox");
    assert_eq!(place["practice_only"], true);
    let file = |name: &str| std::fs::read_to_string(place[name].as_str().expect("a path"));
    let trust = file("trust_file").expect("a trust file");
    assert!(Trust::parse(&trust, "").is_ok());
    assert!(
        file("ca_file")
            .expect("a root")
            .starts_with("-----BEGIN CERTIFICATE")
    );
    let command = place["account_command"].as_array().expect("words");
    assert!(command.contains(&place["password_file"]), "{command:?}");
    let port = place["imap"]["port"].as_u64().expect("a port");
    let address = SocketAddr::from(([127, 0, 0, 1], port as u16));
    assert!(TcpStream::connect(address).is_ok());

    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .args([
            "sandbox",
            "--lang",
            "en",
            "--smtp-port",
            "0",
            "--imap-port",
            "0",
            "--dir",
        ])
        .arg(folder.path())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("in use by another"));

    assert_eq!(sandbox.end("-INT"), Some(0));
    assert!(TcpStream::connect(address).is_err());
    let mut again = Sandbox::start(folder.path());
    assert_eq!(
        std::fs::read_to_string(folder.path().join("trust.toml")).expect("a file"),
        trust
    );
    assert_eq!(again.end("-TERM"), Some(0));
}

// IMAP.

fn mailbox(practice: &Practice) -> Wire {
    let mut wire = Wire::open(practice.imap());
    assert!(wire.hear().starts_with("* OK"));
    let login = format!("LOGIN {} \"{}\"", at_domain("io"), practice.password());
    let answer = wire.command(&login);
    assert!(answer[0].starts_with("t OK"), "{answer:?}");
    wire
}

fn filled(count: usize) -> Practice {
    let practice = start(|_| {});
    for number in 1..=count {
        let text = format!(
            "Subject: n {number}\r\nX-Ricevuta: accettazione\r\nFrom: a@b\r\n\r\ntesto {number}\r\n"
        );
        practice
            .deliver(&at_domain("io"), INBOX, text.as_bytes())
            .expect("delivered");
    }
    practice
}

#[test]
fn imap_logs_in_and_lists_folders() {
    let practice = start(|_| {});
    let mut wire = Wire::open(practice.imap());
    assert!(wire.hear().contains("AUTH=PLAIN"));
    assert!(wire.command("SELECT INBOX")[0].starts_with("t NO"));
    assert!(
        wire.command(&format!("LOGIN {} x", at("io")))[0]
            .starts_with("t NO [AUTHENTICATIONFAILED]")
    );
    let login = plain(&at_domain("io"), practice.password());
    assert!(wire.command(&format!("AUTHENTICATE PLAIN {login}"))[0].starts_with("t OK"));
    let answer = wire.command("LIST \"\" *");
    assert_eq!(
        answer,
        [
            "* LIST (\\HasChildren) \".\" \"INBOX\"",
            &format!("* LIST (\\HasNoChildren \\Sent) \".\" \"{SENT}\""),
            "t OK fatto"
        ]
    );
    assert_eq!(
        wire.command("LIST \"\" \"\"")[0],
        "* LIST (\\Noselect) \".\" \"\""
    );
    let answer = wire.command("STATUS INBOX (MESSAGES UIDNEXT UNSEEN)");
    assert_eq!(
        answer[0],
        "* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 1 UNSEEN 0)"
    );
    assert!(wire.command("CREATE Bozze")[0].starts_with("t OK"));
    assert!(wire.command("SELECT Nessuna")[0].starts_with("t NO"));
    let answer = wire.command("GETQUOTAROOT INBOX");
    assert_eq!(
        answer[..2],
        [
            "* QUOTAROOT \"INBOX\" \"\"",
            "* QUOTA \"\" (STORAGE 0 1048576)"
        ]
    );
    assert!(wire.command("LOGOUT")[0].starts_with("* BYE"));
}

#[test]
fn imap_fetches_searches_and_marks() {
    let practice = filled(5);
    let mut wire = mailbox(&practice);
    let answer = wire.command("EXAMINE INBOX");
    assert!(answer.contains(&"* 5 EXISTS".to_owned()), "{answer:?}");
    assert!(
        answer
            .last()
            .expect("an end")
            .starts_with("t OK [READ-ONLY]")
    );
    let answer = wire.command("UID FETCH 4:* (RFC822.SIZE BODY.PEEK[HEADER.FIELDS (subject)])");
    assert_eq!(
        answer[..5],
        [
            "* 4 FETCH (UID 4 RFC822.SIZE 62 BODY[HEADER.FIELDS (\"subject\")] {16}",
            "Subject: n 4",
            "",
            ")",
            "* 5 FETCH (UID 5 RFC822.SIZE 62 BODY[HEADER.FIELDS (\"subject\")] {16}",
        ]
    );
    let answer = wire.command("FETCH 2 (INTERNALDATE BODY[TEXT]<2.5>)");
    assert_eq!(
        answer[0],
        "* 2 FETCH (INTERNALDATE \"22-Nov-2026 18:03:31 +0100\" BODY[TEXT]<2> {5}"
    );
    assert_eq!(answer[1], "sto 2)");
    let answer = wire.command("FETCH 3 (ENVELOPE BODYSTRUCTURE)");
    assert_eq!(
        answer[0],
        "* 3 FETCH (ENVELOPE (NIL \"n 3\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) \
         ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL) BODYSTRUCTURE (\"text\" \"plain\" \
         NIL NIL NIL \"7bit\" 9 1 NIL NIL NIL NIL))"
    );
    for (keys, found) in [
        ("ALL", "1 2 3 4 5"),
        ("UID 2:3", "2 3"),
        ("UID 9:*", "5"),
        ("HEADER X-Ricevuta ACCETT", "1 2 3 4 5"),
        ("SUBJECT \"n 3\"", "3"),
        ("NOT SUBJECT \"n 3\" SINCE 22-Nov-2026", "1 2 4 5"),
        ("OR TEXT \"testo 1\" BODY \"testo 5\"", "1 5"),
        ("BEFORE 22-Nov-2026", ""),
        ("SEEN", ""),
        ("UNSEEN LARGER 10", "1 2 3 4 5"),
    ] {
        let answer = wire.command(&format!("UID SEARCH {keys}"));
        assert_eq!(answer[0], format!("* SEARCH {found}").trim_end(), "{keys}");
    }
    assert!(wire.command("STORE 1 +FLAGS (\\Seen)")[0].starts_with("t NO"));
    wire.command("SELECT INBOX");
    wire.command("FETCH 1 BODY[]");
    let answer = wire.command("STORE 2:3 +FLAGS (\\Deleted)");
    assert_eq!(answer[0], "* 2 FETCH (FLAGS (\\Deleted))");
    assert_eq!(wire.command("SEARCH SEEN")[0], "* SEARCH 1");
    assert_eq!(
        wire.command("EXPUNGE"),
        ["* 3 EXPUNGE", "* 2 EXPUNGE", "t OK fatto"]
    );
    assert_eq!(wire.command("FETCH 1:* UID")[1], "* 2 FETCH (UID 4)");
    assert_eq!(wire.command("UID COPY 4 INBOX.Inviata")[0], "t OK fatto");
    assert_eq!(practice.messages(&at_domain("io"), SENT).len(), 1);
}

#[test]
fn imap_tells_of_new_mail_in_idle_and_takes_copies() {
    let practice = filled(1);
    let mut wire = mailbox(&practice);
    wire.command("EXAMINE INBOX");
    wire.say("i IDLE");
    assert!(wire.hear().starts_with("+ "));
    practice
        .deliver(&at_domain("io"), INBOX, b"Subject: y\r\n\r\n")
        .expect("delivered");
    assert_eq!(wire.hear(), "* 2 EXISTS");
    wire.say("DONE");
    assert_eq!(wire.hear(), "i OK fatto");
    wire.say("a APPEND INBOX.Inviata (\\Seen) \"22-Nov-2026 10:00:00 +0100\" {15}");
    assert!(wire.hear().starts_with("+ "));
    wire.say("Subject: z\r\n\r\nx");
    let answer = wire.hear();
    assert!(answer.starts_with("a OK [APPENDUID "), "{answer}");
    let sent = practice.messages(&at_domain("io"), SENT);
    assert_eq!(&*sent[0].octets, b"Subject: z\r\n\r\nx");
    assert_eq!(sent[0].at.to_string(), "2026-11-22T09:00:00Z");
    assert!(wire.command("APPEND Nessuna {1+}\r\nx")[0].starts_with("t NO [TRYCREATE]"));
    practice.renumber(&at_domain("io"), INBOX);
    assert!(wire.command("NOOP")[0].starts_with("* BYE"));
}

#[test]
fn imap_keeps_up_with_twenty_thousand_messages() {
    let practice = filled(20_000);
    let mut wire = mailbox(&practice);
    wire.command("EXAMINE INBOX");
    let answer =
        wire.command("UID FETCH 1:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (X-RICEVUTA)])");
    assert_eq!(
        answer
            .iter()
            .filter(|line| line.contains("FETCH ("))
            .count(),
        20_000
    );
    let answer = wire.command("UID SEARCH HEADER Subject \"n 19999\"");
    assert_eq!(answer[0], "* SEARCH 19999");
}

// Anything at all.

/// Numbers that only look random: the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    /// A line of words of the protocol, numbers, signs and octets.
    fn line(&mut self, words: &[&str]) -> Vec<u8> {
        let mut line = Vec::new();
        for _ in 0..self.next(8) {
            match self.next(5) {
                0 => line.push(self.next(256) as u8),
                1 => line.extend(self.next(99_999).to_string().bytes()),
                2 => line.push(b"(){}<>[]\"\\*%:.,@= "[self.next(18)]),
                _ => line.extend(words[self.next(words.len())].bytes()),
            }
            if self.next(2) == 0 {
                line.push(b' ');
            }
        }
        line.extend(if self.next(20) == 0 {
            &b"\n"[..]
        } else {
            b"\r\n"
        });
        line
    }
}

/// Counts panics of the provider's threads, which nobody joins while it runs.
fn panics() -> &'static AtomicUsize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            if thread
                .name()
                .is_some_and(|name| name.starts_with("practice "))
            {
                COUNT.fetch_add(1, Ordering::SeqCst);
            }
            usual(info);
        }));
    });
    &COUNT
}

#[test]
fn no_line_stops_a_server() {
    const SMTP: [&str; 14] = [
        "EHLO",
        "MAIL FROM:<io@pec.prova.example>",
        "RCPT TO:<x@pec.prova.example>",
        "DATA",
        ".",
        "AUTH PLAIN",
        "AUTH LOGIN",
        "RSET",
        "NOOP",
        "SIZE=",
        "BODY=8BITMIME",
        "=",
        "QUIT",
        "Subject:",
    ];
    const IMAP: [&str; 22] = [
        "a",
        "LOGIN",
        "SELECT INBOX",
        "FETCH",
        "UID",
        "SEARCH",
        "STORE",
        "1:*",
        "BODY[",
        "BODY.PEEK[]",
        "HEADER.FIELDS",
        "LIST",
        "APPEND INBOX",
        "IDLE",
        "DONE",
        "NOT",
        "OR",
        "FLAGS",
        "STATUS",
        "{3}",
        "{99999999999}",
        "{5+}",
    ];
    let panics = panics();
    let practice = filled(3);
    let mut numbers = Numbers(0x5eed);
    for round in 0..40 {
        let (mut smtp, mut imap) = match round % 2 {
            0 => (submission(&practice), mailbox(&practice)),
            _ => (Wire::open(practice.smtp()), Wire::open(practice.imap())),
        };
        if round % 4 == 0 {
            imap.command("SELECT INBOX");
        }
        for _ in 0..60 {
            smtp.send(&numbers.line(&SMTP));
            imap.send(&numbers.line(&IMAP));
        }
        smtp.finish();
        imap.finish();
    }
    // They are still there for everybody else, and nothing was left behind.
    submission(&practice);
    mailbox(&practice);
    assert!(practice.wait_until_idle(PATIENCE));
    practice.stop();
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}

// Witnesses.

/// The folder that a program of mail needs: root, password.
fn place(practice: &Practice) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("ca.pem"), practice.ca_pem()).expect("a file");
    folder
}

fn run(folder: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}{errors}");
    text
}

#[test]
fn python_sends_and_reads() {
    if !installed("python3", "--version") {
        return;
    }
    let practice = start(|config| config.starttls_port = Some(0));
    let folder = place(&practice);
    let script = r#"
import imaplib, smtplib, ssl, sys
from email.message import EmailMessage
smtp, starttls, imap, user, password = sys.argv[1:]
tls = ssl.create_default_context(cafile="ca.pem")
def message(subject):
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = user, "mario@pec.prova.example", subject
    m["Message-ID"] = "<%s@py.example>" % subject
    m.set_content("perch\u00e9\n.\n..punti\n")
    m.add_attachment(b"\0\1\2" * 5000, maintype="application", subtype="pdf", filename="a.pdf")
    return m
with smtplib.SMTP_SSL("localhost", int(smtp), context=tls) as s:
    s.login(user, password)
    assert s.send_message(message("uno")) == {}
with smtplib.SMTP("localhost", int(starttls)) as s:
    s.starttls(context=tls)
    s.login(user, password)
    assert s.send_message(message("due")) == {}
    try:
        s.sendmail(user, ["refused@pec.prova.example"], "x")
        raise SystemExit("not refused")
    except smtplib.SMTPRecipientsRefused as e:
        assert list(e.recipients.values())[0][0] == 550
import time
with imaplib.IMAP4_SSL("localhost", int(imap), ssl_context=tls) as m:
    m.login(user, password)
    m.select("INBOX", readonly=True)
    for _ in range(500):
        found = m.uid("search", None, "HEADER", "X-Ricevuta", "avvenuta-consegna")[1][0].split()
        if len(found) == 2: break
        time.sleep(0.02)
    status, data = m.uid("fetch", b",".join(found), "(UID INTERNALDATE FLAGS RFC822.SIZE BODY.PEEK[])")
    assert status == "OK", status
    mails = [d for d in data if isinstance(d, tuple)]
    assert len(mails) == 2
    for head, octets in mails:
        assert imaplib.Internaldate2tuple(head), head
        assert b"RFC822.SIZE %d " % len(octets) in head, head
    open("receipt.eml", "wb").write(mails[0][1])
    assert m.append("INBOX.Inviata", r"\Seen", imaplib.Time2Internaldate(0), bytes(message("copia")))[0] == "OK"
    assert m.status("INBOX.Inviata", "(MESSAGES)")[1][0].endswith(b"(MESSAGES 1)")
print("done")
"#;
    let ports = [
        practice.smtp(),
        practice.starttls().expect("a port"),
        practice.imap(),
    ];
    let ports = ports.map(|address| address.port().to_string());
    let user = at_domain("io");
    let args = [
        "-c",
        script,
        &ports[0],
        &ports[1],
        &ports[2],
        &user,
        practice.password(),
    ];
    assert_eq!(run(folder.path(), "python3", &args).trim(), "done");
    let receipt = std::fs::read(folder.path().join("receipt.eml")).expect("a receipt");
    assert_genuine(&receipt, MessageKind::Delivery);
}

#[test]
fn openssl_and_curl_connect() {
    let practice = filled(2);
    let folder = place(&practice);
    if installed("openssl", "version") {
        let address = format!("localhost:{}", practice.imap().port());
        let args = [
            "s_client",
            "-connect",
            &address,
            "-CAfile",
            "ca.pem",
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
        ];
        let text = run(folder.path(), "openssl", &args);
        assert!(text.contains("Verify return code: 0 (ok)"), "{text}");
    }
    if installed("curl", "--version") {
        let login = format!("{}:{}", at_domain("io"), practice.password());
        let url = format!("imaps://localhost:{}/INBOX;UID=2", practice.imap().port());
        let args = [
            "--cacert",
            "ca.pem",
            "--silent",
            "--show-error",
            "--user",
            &login,
            &url,
        ];
        assert!(run(folder.path(), "curl", &args).contains("testo 2"));
        let octets = message(&["mario"], &[], DeliveryForm::Complete, "curl");
        std::fs::write(folder.path().join("out.eml"), octets).expect("a file");
        let url = format!("smtps://localhost:{}", practice.smtp().port());
        let (from, to) = (at_domain("io"), at_domain("mario"));
        let args = [
            "--cacert",
            "ca.pem",
            "--silent",
            "--show-error",
            "--user",
            &login,
            "--url",
            &url,
            "--mail-from",
            &from,
            "--mail-rcpt",
            &to,
            "--upload-file",
            "out.eml",
        ];
        run(folder.path(), "curl", &args);
        assert_eq!(practice.taken().len(), 1);
    }
}

#[test]
fn mbsync_fetches_everything() {
    if !installed("mbsync", "--version") {
        return;
    }
    let practice = filled(300);
    let folder = place(&practice);
    std::fs::create_dir(folder.path().join("mail")).expect("a folder");
    let settings = format!(
        "IMAPAccount prova\nHost localhost\nPort {}\nUser {}\nPass {}\nSSLType IMAPS\n\
         CertificateFile ca.pem\nSystemCertificates no\n\nIMAPStore far\nAccount prova\n\n\
         MaildirStore near\nPath mail/\nInbox mail/INBOX\nSubFolders Verbatim\n\n\
         Channel prova\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n",
        practice.imap().port(),
        at_domain("io"),
        practice.password()
    );
    std::fs::write(folder.path().join("settings"), settings).expect("a file");
    for _ in 0..2 {
        run(folder.path(), "mbsync", &["-c", "settings", "prova"]);
        let count = |part: &str| {
            let path = folder.path().join("mail/INBOX").join(part);
            std::fs::read_dir(path).map_or(0, Iterator::count)
        };
        assert_eq!(count("new") + count("cur"), 300);
    }
}
