//! What `pec send`, `pec sync`, `pec watch` and `pec sandbox` write for other programs, held
//! against the schemas that they hand out: every outcome and every event that a practice
//! provider brings about.

mod support;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use postacert::practice::{Config, Fault};
use postacert::transport::Mailbox;
use serde_json::{Value, json};
use support::practising::{Practising, Ran, config};
use support::receipt::{Kind, Receipt};
use support::schema::Schema;

/// One document, which follows the schema.
fn document(schema: &Schema, ran: &Ran) -> Value {
    let document = ran.json();
    schema.holds(&document);
    document
}

/// One value a line, each of which follows the schema.
fn lines(schema: &Schema, ran: &Ran) -> Vec<Value> {
    let lines = ran.out.lines().map(|line| {
        let value = serde_json::from_str(line).expect("one value a line");
        schema.holds(&value);
        value
    });
    lines.collect()
}

fn failing(fault: Fault) -> Practising {
    Practising::with(Config {
        faults: vec![fault],
        ..config()
    })
}

/// What becomes of one message to these users: its outcome and the exit status.
fn outcome(world: &Practising, to: &[&str]) -> (String, i32) {
    let ran = world.try_send("Avviso", to);
    let document = document(&Schema::closed("send"), &ran);
    let outcome = document["messages"][0]["outcome"].as_str();
    (outcome.expect("an outcome").to_owned(), ran.exit)
}

#[test]
fn every_outcome_of_sending_follows_the_schema() {
    let good = Practising::new();
    let answer = |reply: &str| {
        failing(Fault::Answer {
            reply: reply.to_owned(),
            kept: false,
        })
    };
    for (world, to, wanted, exit) in [
        (&good, &["delivered"][..], "taken", 0),
        (&good, &["delivered", "refused"], "taken", 1),
        (&good, &["refused"], "refused", 5),
        (&good, &["later"], "refused-for-now", 4),
        (&answer("554 5.7.1 no"), &["delivered"], "refused", 5),
        (
            &failing(Fault::CutBeforeData),
            &["delivered"],
            "not-sent",
            4,
        ),
        (
            &failing(Fault::CutAfterDotKept),
            &["delivered"],
            "in-doubt",
            3,
        ),
    ] {
        assert_eq!(outcome(world, to), (wanted.to_owned(), exit), "{to:?}");
    }
}

#[test]
fn a_copy_and_a_dry_run_follow_the_schema() {
    let world = Practising::new();
    let schema = Schema::closed("send");
    let attached = world.path("allegato.txt");
    std::fs::write(&attached, "x").expect("a file");
    let (to, attached) = (world.address("delivered"), attached.display().to_string());
    let arguments = [
        "send",
        "--json",
        "--yes",
        "--to",
        &to,
        "--cc",
        "qualcuno@ordinaria.example",
        "--subject",
        "Avviso",
        "--body",
        "x",
        "--attach",
        &attached,
    ];
    let dry = document(
        &schema,
        &world.run(&[&arguments[..], &["--dry-run"]].concat()),
    );
    assert_eq!(dry["dry_run"], true);
    assert_eq!(dry["messages"][0]["attachments"][0]["size"], 1);
    let sent = document(&schema, &world.run(&arguments));
    assert!(sent["messages"][0]["copy"]["folder"].is_string(), "{sent}");
    assert!(sent["warnings"][0].is_string(), "{sent}");
}

#[test]
fn a_run_writes_one_document_whatever_it_did() {
    let world = failing(Fault::CutAfterDotKept);
    let schema = Schema::closed("send");
    // Nothing there to resume.
    let resume = ["send", "--resume", "--yes", "--json", "--no-copy"];
    let none = document(&schema, &world.run(&resume));
    assert_eq!(none["messages"], json!([]));
    // In doubt, with a wait that is not begun.
    let to = world.address("delivered");
    let send = [
        "send",
        "--yes",
        "--json",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "Avviso",
        "--body",
        "x",
        "--wait",
        "delivered",
    ];
    let doubtful = document(&schema, &world.run(&send));
    assert_eq!(doubtful["messages"][0]["outcome"], "in-doubt");
    // Found in the mailbox: what was found is not told between.
    world.practice.wait_until_idle(Duration::from_secs(10));
    let found = world.run(&resume);
    let told = document(&schema, &found);
    assert_eq!(told["messages"], json!([]));
    assert_eq!(told["searched"][0]["found"], "receipt");
    assert_eq!(told["not_asked"], json!([]));
    assert!(found.err.contains("found in the mailbox"), "{found:?}");
    // Taken, and waited for: the document of the status.
    let waited = world.run(&[&send[..], &["--again"]].concat());
    let status = document(&Schema::closed("status"), &waited);
    assert_eq!(
        (waited.exit, &status["messages"][0]["answer"]),
        (0, &json!("yes"))
    );
}

/// `pec sync` with another ledger than that of the sender.
fn elsewhere(world: &Practising, arguments: &[&str]) -> Ran {
    let data = world.path("elsewhere").display().to_string();
    world.run(&[&["--data-dir", &data], arguments].concat())
}

fn send_file(world: &Practising, text: &str) -> String {
    let file = world.path("avviso.eml");
    let text = format!(
        "Message-ID: <uno@prova.example>\nDate: Tue, 13 Nov 2018 16:39:27 +0100\n\
         From: {}\nTo: {}\nSubject: Avviso\n\n{text}\n",
        world.address("io"),
        world.address("delivered")
    );
    std::fs::write(&file, text).expect("a file");
    file.display().to_string()
}

#[test]
fn every_event_follows_the_schema() {
    let schema = Schema::closed("sync");
    let world = failing(Fault::CutBeforeData);
    // Recorded elsewhere under this Message-ID, and never left; another text went out under it.
    let file = send_file(&world, "Uno.");
    let send = ["send", "--yes", "--no-copy", "--eml", &file];
    assert_eq!(elsewhere(&world, &send).exit, 4);
    send_file(&world, "Due.");
    assert_eq!(world.run(&send).exit, 0);
    world.send("Avviso", &["unknown", "forged", "io"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    let mut seen = BTreeSet::new();
    for ran in [
        world.run(&["sync", "--ndjson"]),
        elsewhere(&world, &["watch", "--ndjson", "--for", "1s"]),
    ] {
        for line in lines(&schema, &ran) {
            seen.insert(line["event"].as_str().expect("a word").to_owned());
        }
    }
    let wanted = ["envelope", "mismatch", "orphan", "receipt", "unproven"];
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!(seen, wanted);
}

#[test]
fn ordinary_mail_that_was_wrapped_is_told_as_such_and_a_bounce_at_its_message() {
    let world = Practising::new();
    let file = send_file(&world, "Uno.");
    let sent = world.run(&["send", "--yes", "--no-copy", "--eml", &file]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    assert_eq!(world.run(&["sync"]).exit, 0);
    // Signed by the authority of the tests.
    let bounce = Receipt::around_bounce("<uno@prova.example>", "x@posta.example");
    let mut mailbox = world.mailbox("io");
    for envelope in [bounce, Receipt::new(Kind::Anomaly)] {
        mailbox.append("INBOX", &envelope.to_eml()).expect("filed");
    }
    std::fs::write(world.path("trust.toml"), support::world::trust_file()).expect("a file");
    let synced = world.run(&["sync", "--ndjson"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    let [bounced, bill] = &lines(&Schema::closed("sync"), &synced)[..] else {
        panic!("{synced:?}");
    };
    for (line, sender, about) in [
        (
            bounced,
            "MAILER-DAEMON@posta.example",
            json!("uno@prova.example"),
        ),
        (bill, "bollette@posta.example", Value::Null),
    ] {
        assert_eq!(line["event"], "anomaly");
        assert_eq!(line["kind"], "anomalia");
        assert_eq!(line["claimed_sender"], sender);
        assert_eq!(line["claimed_about"], about);
    }
    assert_eq!(bill["subject"], "Bolletta di maggio");
    let shown = world.run(&["status", "uno@prova.example", "--json"]);
    let status = document(&Schema::closed("status"), &shown);
    let remarks = &status["messages"][0]["remarks"];
    assert_eq!(remarks.as_array().map(Vec::len), Some(1), "{remarks}");
    assert_eq!(remarks[0]["recipients"][0]["address"], "x@posta.example");
    assert_eq!(remarks[0]["recipients"][0]["action"], "failed");
    assert_eq!(status["messages"][0]["answer"], "yes");
    let shown = world.run(&["status", "uno@prova.example"]);
    for words in ["Unproven", "x@posta.example: failed 5.1.1 550 no such user"] {
        assert!(shown.out.contains(words), "{shown:?}");
    }
    // For a person, read by another ledger.
    let told = elsewhere(&world, &["sync"]);
    let words = "NOT CERTIFIED MAIL, in INBOX: stated sender bollette@posta.example  \
                 \"Bolletta di maggio\"";
    assert!(told.out.contains(words), "{told:?}");
    assert!(!told.out.contains("certified message"), "{told:?}");
}

#[test]
fn what_is_wrong_is_refused() {
    let world = Practising::new();
    let sent = world.try_send("Avviso", &["delivered"]).json();
    world.practice.wait_until_idle(Duration::from_secs(10));
    let synced = world.run(&["sync", "--ndjson"]);
    let event: Value =
        serde_json::from_str(synced.out.lines().next().expect("a line")).expect("one value a line");
    for (command, good, places) in [
        (
            "send",
            &sent,
            &[
                ("/schema", json!("pec/status")),
                ("/dry_run", json!(true)),
                ("/messages/0/outcome", json!("As sent")),
                ("/messages/0/sha256", json!("28D8")),
                ("/messages/0/reply/code", json!(25)),
                ("/messages/0/recipients/0/standing", json!("As taken")),
            ][..],
        ),
        (
            "sync",
            &event,
            &[
                ("/schema", json!("pec/send")),
                ("/event", json!("Some news")),
                ("/verdict", json!("not-genuine")),
                ("/kind", Value::Null),
                ("/time", json!("2026-05-04 08:15:07")),
                ("/matched_by", json!("A guess")),
                ("/message", Value::Null),
            ],
        ),
    ] {
        let schema = Schema::open(command);
        schema.holds(good);
        for (place, word) in places {
            let mut wrong = good.clone();
            *wrong.pointer_mut(place).expect(place) = word.clone();
            assert!(schema.check(&wrong).is_err(), "{place} may be {word}");
        }
    }
}

#[test]
fn the_place_of_a_practice_provider_follows_the_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .args(["sandbox", "--json", "--smtp-port", "0", "--imap-port", "0"])
        .args(["--for", "50ms", "--dir"])
        .arg(folder.path())
        .output()
        .expect("the program starts");
    document(&Schema::closed("sandbox"), &Ran::of(output));
}
