//! `pec inbox` and `pec search` as a shell and another program meet them: what was received, listed by
//! what was signed, everything else apart; words found in all that is kept; threads.

mod support;

use std::ffi::OsString;
use std::time::Duration;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::timestamp::Timestamp;
use postacert::transport::Mailbox;
use serde_json::{Value, json};
use support::cases::sent::{self, Sent};
use support::practising::Practising;
use support::receipt::{IDENTIFIER, Kind, MESSAGE_ID, RECIPIENT, Receipt, SENDER, SUBJECT};
use support::schema::Schema;
use support::sender::{Desk, after, freeze};

struct Ran {
    status: u8,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// `pec ARGS` on the ledger of a desk.
fn pec(desk: &Desk, args: &[&str]) -> Ran {
    in_language(desk, args, Lang::En)
}

fn in_language(desk: &Desk, args: &[&str], lang: Lang) -> Ran {
    let mut all: Vec<OsString> = vec!["pec".into(), "--data-dir".into(), desk.folder().into()];
    all.extend(args.iter().map(OsString::from));
    let now = Timestamp::parse("2026-05-06T08:00:00Z").expect("a time");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let context = Context::fixed(now, lang);
    let status = command::run(all, &context, &mut out, &mut err).expect("written to memory");
    Ran {
        status: status.number(),
        out: String::from_utf8(out).expect("UTF-8"),
        err: String::from_utf8(err).expect("UTF-8"),
    }
}

fn document(desk: &Desk, args: &[&str]) -> Value {
    let ran = pec(desk, &[args, &["--json"]].concat());
    let document = ran.json();
    Schema::closed(args[0]).holds(&document);
    document
}

/// A genuine envelope, certified so many seconds after the base one.
fn letter(number: i64, subject: &str) -> Vec<u8> {
    let (id, identifier) = (
        format!("<{number}@a.example>"),
        format!("{number}.{IDENTIFIER}"),
    );
    let mail = Sent::new(&id, subject, "Testo.\n");
    let receipt = Receipt::with(Kind::Envelope, |receipt| {
        receipt.original = Some(mail.delivered(&identifier));
        receipt.daticert.message_id = Some(id.clone());
        receipt.daticert.subject = Some(subject.to_owned());
        receipt.daticert.identifier = identifier.clone();
        receipt.set_time(&after(number).to_string());
    });
    receipt.to_eml()
}

/// Certified mail, ordinary mail that the provider wrapped, and mail that only looks like it.
fn mixed() -> Desk {
    let mut desk = Desk::new();
    let look_alike = "From: \"Per conto di: tribunale@pec.example\" <posta-certificata@g.example>\r\n\
         Subject: POSTA CERTIFICATA: Atto\u{1b}[2J giudiziario\r\nX-Trasporto: posta-certificata\r\n\
         Message-ID: <x@g.example>\r\nContent-Type: text/plain\r\n\r\nPagate.\r\n";
    desk.receive(&[
        &Receipt::new(Kind::Envelope).to_eml(),
        &letter(60, "Seconda"),
        &Receipt::new(Kind::Anomaly).to_eml(),
        look_alike.as_bytes(),
    ]);
    desk
}

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|one| one[field].as_str().unwrap_or("-"))
        .collect()
}

#[test]
fn certified_mail_comes_first_and_everything_else_says_what_it_is() {
    let desk = mixed();
    let document = document(&desk, &["inbox"]);
    assert_eq!(
        texts(&document["messages"], "subject"),
        ["Seconda", SUBJECT]
    );
    assert_eq!(texts(&document["messages"], "standing"), ["certified"; 2]);
    assert_eq!(texts(&document["messages"], "sender"), [SENDER; 2]);
    assert_eq!(
        document["messages"][1]["certified_at"],
        "2026-05-04T08:15:02Z"
    );
    let apart = texts(&document["apart"], "standing");
    assert_eq!(apart.len(), 2);
    assert!(
        apart.contains(&"anomaly") && !apart.contains(&"certified"),
        "{apart:?}"
    );
    assert!(document["apart"][0]["certified_at"].is_null());
    let text = pec(&desk, &["inbox"]);
    assert_eq!(text.status, 0, "{}", text.err);
    let at = |words: &str| {
        text.out
            .find(words)
            .unwrap_or_else(|| panic!("{}", text.out))
    };
    assert!(at("Seconda") < at(SUBJECT));
    assert!(at(SUBJECT) < at("SENDER NOT VERIFIED"));
    assert!(at("SENDER NOT VERIFIED") < at("Bolletta"));
    assert!(
        text.out.contains("stated sender bollette@posta.example"),
        "{}",
        text.out
    );
    assert!(!text.out.contains('\u{1b}'), "{}", text.out);
    let italian = in_language(&desk, &["inbox"], Lang::It);
    assert!(
        italian.out.contains("04/05/2026 10:15:02"),
        "{}",
        italian.out
    );
    assert!(italian.out.contains("1 allegato"), "{}", italian.out);
}

#[test]
fn a_ledger_that_is_not_there_has_no_mail() {
    let mut empty = Desk::new();
    empty.home = tempfile::tempdir().expect("a folder");
    for (args, status) in [(vec!["inbox"], 0), (vec!["search", "a"], 1)] {
        assert_eq!(pec(&empty, &args).status, status);
        document(&empty, &args);
    }
}

#[test]
fn filters_choose_and_pages_follow() {
    let mut desk = Desk::new();
    desk.now = after(6 * 86_400);
    let letters: Vec<Vec<u8>> = (0..5)
        .map(|n| letter(n * 86_400, &format!("N{n}")))
        .collect();
    for octets in &letters {
        desk.receive(&[octets]);
    }
    let listed = |args: &[&str]| {
        let document = document(&desk, &[&["inbox"], args].concat());
        let more = document["more"] == true;
        (texts(&document["messages"], "subject").join(" "), more)
    };
    let is = |words: &str, more| (words.to_owned(), more);
    assert_eq!(listed(&["--limit", "2"]), is("N4 N3", true));
    assert_eq!(listed(&["--limit", "2", "--page", "3"]), is("N0", false));
    assert_eq!(listed(&["--limit", "2", "--page", "9"]), is("", false));
    assert_eq!(listed(&["--since", "06/05/2026"]), is("N4 N3 N2", false));
    assert_eq!(listed(&["--until", "05/05/2026"]), is("N1 N0", false));
    assert_eq!(
        listed(&["--since", "yesterday", "--until", "ieri"]),
        is("N1", false)
    );
    assert_eq!(
        listed(&["--from", "STUDIO", "--subject", "n2"]),
        is("N2", false)
    );
    assert_eq!(listed(&["--from", "nessuno"]), is("", false));
    assert_eq!(listed(&["n3", "testo"]), is("N3", false));
    assert_eq!(listed(&["n3 testo"]), is("N3", false));
    assert_eq!(listed(&["--account", SENDER]).0.len(), 14);
    assert_eq!(listed(&["--account", "altra@pec.example"]), is("", false));
    for wrong in [
        &["--since", "domani l'altro"][..],
        &["--until", "32/13/2026"],
        &["--limit", "0"],
        &["--page", "0"],
    ] {
        let ran = pec(&desk, &[&["inbox"], wrong].concat());
        assert_eq!(ran.status, 2, "{wrong:?}: {}", ran.out);
    }
    let many = "w ".repeat(10_000);
    let ran = pec(&desk, &["inbox", &many]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("100"), "{}", ran.err);
}

#[test]
fn read_is_our_own_mark() {
    let desk = mixed();
    let unread = || document(&desk, &["inbox", "--unread"]);
    let first = unread();
    let id = first["messages"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(first["messages"].as_array().map(Vec::len), Some(2));
    let marked = document(&desk, &["inbox", "--mark-read", &id]);
    assert_eq!(marked["messages"][0]["read_at"], "2026-05-06T08:00:00Z");
    assert_eq!(texts(&unread()["messages"], "subject"), [SUBJECT]);
    let text = pec(&desk, &["inbox"]).out;
    assert!(text.contains(&format!("{id}   2026")), "{text}");
    document(&desk, &["inbox", "--mark-unread", &id]);
    assert_eq!(unread()["messages"].as_array().map(Vec::len), Some(2));
    // All or none.
    let ran = pec(&desk, &["inbox", "--mark-read", &id, "ffffffff"]);
    assert_eq!(ran.status, 2);
    assert_eq!(unread()["messages"].as_array().map(Vec::len), Some(2));
}

#[test]
fn words_are_found_in_what_was_sent_and_received() {
    let mut desk = mixed();
    desk.send(&freeze(sent::base().to_eml()));
    let found = |args: &[&str]| {
        let document = document(&desk, &[&["search"], args].concat());
        texts(&document["results"], "direction").join(" ")
    };
    assert_eq!(found(&["pratica"]), "received sent");
    assert_eq!(found(&["pratica", "--sent"]), "sent");
    assert_eq!(found(&["pratica", "--received"]), "received");
    assert_eq!(found(&["relazione.pdf"]), "received sent");
    assert_eq!(found(&[RECIPIENT, "pratica", "--sent"]), "sent");
    assert_eq!(found(&["bolletta"]), "received");
    assert_eq!(found(&["altrove"]), "");
    let ran = pec(&desk, &["search", "pratica"]);
    assert_eq!(ran.status, 0);
    for words in ["sent: 3 waiting", "received, certified", SUBJECT] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let apart = pec(&desk, &["search", "bolletta"]);
    assert!(apart.out.contains("sender not verified"), "{}", apart.out);
    assert_eq!(pec(&desk, &["search", "altrove"]).status, 1);
    assert_eq!(pec(&desk, &["search"]).status, 2);
}

#[test]
fn a_certified_subject_is_found_though_the_original_has_another() {
    for original in ["Sfratto", "Auguri"] {
        let mut desk = Desk::new();
        let mail = Sent::new("<1@a.example>", original, "Testo.\n");
        let receipt = Receipt::with(Kind::Envelope, |receipt| {
            receipt.original = Some(mail.delivered(IDENTIFIER));
            receipt.daticert.message_id = Some("<1@a.example>".to_owned());
            receipt.daticert.subject = Some("Sfratto".to_owned());
        });
        desk.receive(&[&receipt.to_eml()]);
        let listed = document(&desk, &["inbox"]);
        assert_eq!(texts(&listed["messages"], "standing"), ["certified"]);
        assert_eq!(texts(&listed["messages"], "subject"), [original]);
        for (word, count) in [("sfratto", 1), (original, 1), ("altrove", 0)] {
            let found = document(&desk, &["search", word]);
            assert_eq!(texts(&found["results"], "subject").len(), count, "{word}");
        }
    }
}

#[test]
fn a_message_names_what_answers_it() {
    let mut desk = Desk::new();
    let message = desk.send(&freeze(sent::base().to_eml()));
    let subject = format!("Re: {SUBJECT}");
    let mut answer = Sent::new("<r@b.example>", &subject, "Va bene.\n");
    answer
        .header
        .set("From", RECIPIENT)
        .add("In-Reply-To", MESSAGE_ID);
    let envelope = Receipt::with(Kind::Envelope, |receipt| {
        receipt.original = Some(answer.delivered(IDENTIFIER));
        receipt.daticert.sender = RECIPIENT.to_owned();
        receipt.daticert.message_id = Some("<r@b.example>".to_owned());
        receipt.daticert.subject = Some(subject.clone());
    });
    // Anybody may claim it.
    let claimed = Receipt::with(Kind::Anomaly, |receipt| {
        answer.header.set("From", "ladro@posta.example");
        receipt.original = Some(answer.to_eml());
    });
    desk.receive(&[&envelope.to_eml(), &claimed.to_eml()]);
    let status = document(&desk, &["status", &message.short]);
    let replies = &status["messages"][0]["replies"];
    let mut standings = texts(replies, "standing");
    standings.sort_unstable();
    assert_eq!(standings, ["anomaly", "certified"]);
    assert_eq!(status["messages"][0]["in_reply_to"], json!([]));
    let text = pec(&desk, &["status", &message.short]).out;
    assert!(text.contains("Replies"), "{text}");
    let line = text
        .lines()
        .find(|line| line.contains("ladro@"))
        .expect(&text);
    assert!(line.contains("sender not verified"), "{line}");
}

#[test]
fn an_answer_of_ours_names_what_it_answers() {
    let mut desk = mixed();
    let ours = format!(
        "From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: Re: Seconda\r\nMessage-ID: <w@a.example>\r\n\
         In-Reply-To: <60@a.example>\r\nDate: Mon, 4 May 2026 11:00:00 +0200\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nSi.\r\n"
    );
    let message = desk.send(&freeze(ours.into_bytes()));
    let status = document(&desk, &["status", &message.short]);
    assert_eq!(
        texts(&status["messages"][0]["in_reply_to"], "subject"),
        ["Seconda"]
    );
    let text = pec(&desk, &["status", &message.short]).out;
    assert!(text.contains("In reply to"), "{text}");
}

#[test]
fn a_ledger_that_was_never_indexed_is() {
    let desk = mixed();
    let raw = rusqlite::Connection::open(desk.folder().join("ledger.sqlite")).expect("a file");
    raw.execute_batch("DELETE FROM letter; UPDATE examination SET indexed = 0;")
        .expect("run");
    let document = document(&desk, &["inbox"]);
    assert_eq!(document["missing"], 0);
    assert_eq!(document["messages"].as_array().map(Vec::len), Some(2));
    assert_eq!(pec(&desk, &["search", "bolletta"]).status, 0);
}

#[test]
fn a_reading_names_sender_subject_and_id_and_what_it_left() {
    let world = Practising::new();
    world.send("Avviso n. 7", &["io"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    let mut mailbox = world.mailbox("io");
    let ordinary = sent::ordinary("qualcuno@posta.example", "Saluti", "Ciao.\r\n");
    mailbox.append("INBOX", &ordinary).expect("filed");
    let synced = world.run(&["sync"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert!(synced.err.contains("left alone: 1 message"), "{synced:?}");
    let listed = world.run(&["inbox", "--json"]).json();
    let row = &listed["messages"][0];
    let id = row["id"].as_str().expect("an id");
    assert_eq!(
        (&row["sender"], &row["subject"]),
        (&json!(world.address("io")), &json!("Avviso n. 7"))
    );
    let line = synced
        .out
        .lines()
        .find(|line| line.contains("certified message from"));
    let line = line.unwrap_or_else(|| panic!("{synced:?}"));
    for words in [id, &world.address("io"), "Avviso n. 7"] {
        assert!(line.contains(words), "{line}");
    }
    // And for programs, from the beginning.
    let again = world.run(&["sync", "--again", "--ndjson"]);
    let lines = again
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let lines: Vec<Value> = lines.filter(|line| line["event"] == "envelope").collect();
    assert_eq!(lines.len(), 1, "{again:?}");
    assert_eq!(
        (&lines[0]["letter"], &lines[0]["sender"]),
        (&json!(id), &row["sender"])
    );
    assert!(
        row["read_at"].is_null(),
        "reading the mailbox is not reading the letter"
    );
}
