//! What is forgotten is in no file of the ledger any more, and never goes out, or comes in, again by
//! that: looked for octet by octet, killed at every step, with the provider counting.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::practising::{Practising, Ran, files};
use support::schema::Schema;
use support::skipped::skipped;

/// Words of a message that nothing else has, as they stand in octets and in the index.
const WORDS: [&str; 6] = [
    "zqsoggetto",
    "vxtesto",
    "delivered@",
    "wkallegato",
    "jhriferimento",
    "qznome",
];

fn settle(world: &Practising) {
    world.practice.wait_until_idle(Duration::from_secs(10));
}

fn forget(world: &Practising, words: &[&str]) -> (i32, Value) {
    let ran = world.run(&[&["forget"], words, &["--yes", "--json"]].concat());
    let document = ran.json();
    Schema::closed("forget").holds(&document);
    (ran.exit, document)
}

/// A message with all of the words, delivered; its receipts read.
fn with_a_message() -> (Practising, String) {
    let world = Practising::new();
    let message = send(&world, "delivered");
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(world.standings(&message)[0].1, "delivered");
    (world, message)
}

fn send(world: &Practising, user: &str) -> String {
    let file = world.path("wkallegato.pdf");
    fs::write(&file, "%PDF-1.4").expect("a file");
    let (to, file) = (world.address(user), file.display().to_string());
    let ran = world.run(&[
        "send",
        "--yes",
        "--again",
        "--json",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "zqsoggetto",
        "--body",
        "vxtesto",
        "--attach",
        &file,
        "--reference",
        "jhriferimento",
    ]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    ran.json()["messages"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn container(world: &Practising, message: &str) -> String {
    let file = world
        .path(&format!("{message}.asice"))
        .display()
        .to_string();
    let ran = world.run(&["export", message, "--to", &file]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    file
}

/// Which of the words stand in some file of the data folder, in small letters or as they are.
fn found(data: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(data) {
        let octets = fs::read(&file).expect("a file").to_ascii_lowercase();
        let has = |word: &str| octets.windows(word.len()).any(|it| it == word.as_bytes());
        let words = WORDS.iter().filter(|word| has(word));
        found.extend(words.map(|word| format!("{word} in {}", file.display())));
    }
    found
}

fn evidence(world: &Practising) -> Vec<PathBuf> {
    files(&world.data().join("messages"))
}

fn stone(world: &Practising, message: &str) -> Value {
    let document = world.run(&["status", message, "--json"]).json();
    Schema::closed("status").holds(&document);
    document["messages"][0].clone()
}

#[test]
fn nothing_of_it_is_left_in_any_file_but_hashes_times_and_states() {
    let (world, message) = with_a_message();
    let copy = container(&world, &message);
    let before = stone(&world, &message);
    assert_eq!(before["reference"], "jhriferimento");
    // What is looked for can be found.
    let was = found(&world.data());
    for word in WORDS.iter().filter(|word| **word != "qznome") {
        assert!(
            was.iter().any(|line| line.starts_with(word)),
            "{word}: {was:?}"
        );
    }
    let dry = world.run(&["forget", &message, "--copy", &copy, "--dry-run"]);
    assert_eq!(
        (dry.exit, found(&world.data()).len()),
        (0, was.len()),
        "{dry:?}"
    );
    let (exit, document) = forget(&world, &[&message, "--copy", &copy]);
    assert_eq!(
        (exit, &document["finished"]),
        (0, &true.into()),
        "{document}"
    );
    assert_eq!(document["items"][0]["state"], "forgotten");
    assert_eq!(found(&world.data()), Vec::<String>::new());
    assert_eq!(evidence(&world), Vec::<PathBuf>::new());
    let after = stone(&world, &message);
    assert!(after["forgotten_at"].is_string(), "{after}");
    for same in [
        "id",
        "message_id",
        "sha256",
        "recorded_at",
        "answer",
        "size",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(after["recipients"][0]["standing"], "delivered");
    assert_eq!(
        after["recipients"][0]["since"],
        before["recipients"][0]["since"]
    );
    assert_eq!(
        (&after["subject"], &after["reference"]),
        (&"".into(), &Value::Null)
    );
    let text = world.run(&["status", &message]);
    assert!(text.out.contains("forgotten on"), "{text:?}");
    assert!(world.run(&["status"]).out.contains("(forgotten)"));
    // The ledger lacks nothing; what it says needs content says so; the copy is a copy still.
    assert_eq!(world.run(&["ledger", "check"]).exit, 0);
    let again = world.run(&["export", &message, "--to", "again.asice"]);
    assert!(again.out.contains("was forgotten"), "{again:?}");
    let shown = world.run(&["show", &message]);
    assert!(
        shown.exit == 2 && shown.err.contains("was forgotten"),
        "{shown:?}"
    );
    let trust = world.path("trust.toml").display().to_string();
    let ran = world.run(&["verify", &copy, "--trust", &trust]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    // A second time there is nothing to do.
    let (exit, document) = forget(&world, &[&message, "--no-copy"]);
    assert_eq!(
        (exit, &document["items"][0]["state"]),
        (0, &"before".into())
    );
}

#[test]
fn where_it_stood_for_each_recipient_stays() {
    let world = Practising::new();
    let sent = world.try_send("Avviso", &["refused", "later", "delivered"]);
    let message = sent.json()["messages"][0]["id"].clone();
    let message = message.as_str().expect("an id").to_owned();
    let resumed = world.run(&["send", "--resume", "--yes", "--no-copy"]);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let standings = |world: &Practising| -> Vec<String> {
        let all = world.standings(&message).into_iter();
        all.map(|(_, standing)| standing).collect()
    };
    let before = standings(&world);
    assert_eq!(before, ["refused", "delivered", "delivered"]);
    let (exit, _) = forget(&world, &[&message, "--no-copy"]);
    assert_eq!(exit, 0);
    assert_eq!(standings(&world), before);
}

#[test]
fn what_is_open_stays_until_it_is_settled() {
    let world = Practising::new();
    let message = send(&world, "delivered");
    let (exit, document) = forget(&world, &[&message, "--no-copy"]);
    let item = &document["items"][0];
    assert_eq!((exit, &item["state"]), (1, &"open".into()), "{document}");
    assert_eq!(item["standing"], "sent");
    assert!(!found(&world.data()).is_empty());
    // Nobody named it: it is told, and no refusal.
    let ran = world.run(&["forget", "--older-than", "1d", "--no-copy", "--yes"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(forget(&world, &[&message, "--no-copy"]).0, 0);
    assert_eq!(found(&world.data()), Vec::<String>::new());
}

#[test]
fn an_age_is_written_as_for_the_archive_and_is_never_everything() {
    let (world, _) = with_a_message();
    for (age, exit) in [("6w", 0), ("6s", 0), ("24m", 0), ("10a", 0), ("1d", 0)] {
        let ran = world.run(&["forget", "--older-than", age, "--dry-run", "--json"]);
        assert_eq!(ran.exit, exit, "{age} {ran:?}");
        assert_eq!(ran.json()["items"], Value::Array(Vec::new()), "{age}");
    }
    for age in ["0d", "0w", "0m", "0y"] {
        let ran = world.run(&["forget", "--older-than", age, "--no-copy", "--yes"]);
        assert_eq!(ran.exit, 2, "{age} {ran:?}");
        assert!(ran.err.contains("would forget every message"), "{ran:?}");
    }
    let ran = world.run(&["forget", "--older-than", "24 mesi", "--dry-run"]);
    assert!(ran.exit == 2 && ran.err.contains("6w (weeks)"), "{ran:?}");
    assert!(!found(&world.data()).is_empty());
}

#[test]
fn a_second_copy_is_shown_or_waived() {
    let (world, message) = with_a_message();
    let ran = world.run(&["forget", &message, "--yes"]);
    assert!(ran.exit == 2 && ran.err.contains("second copy"), "{ran:?}");
    // Without a terminal nobody can say yes.
    let ran = world.run(&["forget", &message, "--no-copy"]);
    assert!(ran.exit == 2 && ran.err.contains("--yes"), "{ran:?}");
    let data = world.data().display().to_string();
    let above = world.folder.path().display().to_string();
    for own in [&data, &above] {
        let ran = world.run(&["forget", &message, "--copy", own, "--yes"]);
        assert!(
            ran.exit == 2 && ran.err.contains("not a second copy"),
            "{ran:?}"
        );
    }
    let other = send(&world, "unknown");
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let copy = container(&world, &other);
    let (exit, document) = forget(&world, &[&message, "--copy", &copy]);
    let item = &document["items"][0];
    assert_eq!(
        (exit, &item["state"], &item["missing"]),
        (1, &"no-copy".into(), &3.into())
    );
    // A folder with all of its files but one, and with that one behind a link into the ledger.
    let folder = world.path("copies");
    fs::create_dir(&folder).expect("a folder");
    let wanted: Vec<String> = item["sha256"]
        .as_array()
        .expect("digests")
        .iter()
        .map(|one| one.as_str().expect("a digest").to_owned())
        .collect();
    let kept = |sha256: &str| {
        world
            .data()
            .join("messages")
            .join(&sha256[..2])
            .join(format!("{}.eml", &sha256[2..]))
    };
    for (at, sha256) in wanted.iter().enumerate().skip(1) {
        fs::copy(kept(sha256), folder.join(format!("{at}.eml"))).expect("a copy");
    }
    let shown = folder.display().to_string();
    assert_eq!(
        forget(&world, &[&message, "--copy", &shown]).1["items"][0]["missing"],
        1
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink(kept(&wanted[0]), folder.join("0.eml")).expect("a link");
    assert_eq!(
        forget(&world, &[&message, "--copy", &shown]).1["items"][0]["missing"],
        1
    );
    fs::remove_file(folder.join("0.eml")).expect("removed");
    // A hard link has the same octets on the disk, and no others.
    fs::hard_link(kept(&wanted[0]), folder.join("0.eml")).expect("a link");
    assert_eq!(
        forget(&world, &[&message, "--copy", &shown]).1["items"][0]["missing"],
        1
    );
    fs::remove_file(folder.join("0.eml")).expect("removed");
    fs::copy(kept(&wanted[0]), folder.join("0.eml")).expect("a copy");
    let (exit, document) = forget(&world, &[&message, "--copy", &shown]);
    assert_eq!(
        (exit, &document["copy"]),
        (0, &"verified".into()),
        "{document}"
    );
    // The other one is as it was.
    assert_eq!(world.standings(&other)[0].1, "not-delivered");
    assert_eq!(world.run(&["ledger", "check"]).exit, 0);
}

/// Mounts a folder a second time; whether that may be done here.
fn mounted(from: &Path, to: &Path) -> bool {
    fs::create_dir_all(to).expect("a folder");
    let mut mount = Command::new("mount");
    let ran = mount.arg("--bind").args([from, to]).stderr(Stdio::null());
    ran.status().is_ok_and(|status| status.success())
}

#[test]
fn the_ledger_mounted_a_second_time_is_no_second_copy() {
    let (world, message) = with_a_message();
    let places = [
        (world.data(), "whole"),
        (world.data().join("messages"), "messages"),
    ];
    for (from, name) in places {
        let place = world.path(name);
        if !mounted(&from, &place) {
            skipped("a folder mounted a second time: only root may");
            return;
        }
        let shown = place.display().to_string();
        let ran = world.run(&["forget", &message, "--copy", &shown, "--yes"]);
        let unmounted = Command::new("umount").arg(&place).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
        assert!(
            ran.exit == 2 && ran.err.contains("not a second copy"),
            "{ran:?}"
        );
        assert!(!found(&world.data()).is_empty());
    }
    // One folder of messages alone: none of its files counts.
    let kept = evidence(&world).into_iter().next().expect("a message");
    let place = world.path("inner");
    assert!(mounted(kept.parent().expect("its folder"), &place));
    let shown = place.display().to_string();
    let (exit, document) = forget(&world, &[&message, "--copy", &shown]);
    let unmounted = Command::new("umount").arg(&place).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    let item = &document["items"][0];
    let all = item["sha256"].as_array().map(Vec::len);
    assert_eq!((exit, &item["state"]), (1, &"no-copy".into()), "{document}");
    assert_eq!(item["missing"].as_u64(), all.map(|count| count as u64));
}

#[test]
fn what_lies_in_the_mailbox_still_is_not_received_again() {
    let (world, message) = with_a_message();
    assert_eq!(forget(&world, &[&message, "--no-copy"]).0, 0);
    for _ in 0..2 {
        let ran = world.run(&["sync", "--again"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert!(ran.err.contains("not received again: 2"), "{ran:?}");
        assert_eq!(found(&world.data()), Vec::<String>::new());
        assert_eq!(evidence(&world), Vec::<PathBuf>::new());
        assert!(stone(&world, &message)["forgotten_at"].is_string());
        assert_eq!(world.run(&["ledger", "check"]).exit, 0);
    }
}

/// The container has all of it still; what was forgotten does not come back by it.
#[test]
fn what_lies_in_a_container_still_is_not_taken_in_again() {
    let (world, message) = with_a_message();
    let container = container(&world, &message);
    assert_eq!(forget(&world, &[&message, "--copy", &container]).0, 0);
    let ran = world.run(&["import", "--json", &container]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let document = ran.json();
    let totals = &document["totals"];
    assert_eq!(
        (&totals["forgotten"], &totals["taken"]),
        (&2.into(), &0.into())
    );
    assert_eq!(found(&world.data()), Vec::<String>::new());
    assert_eq!(evidence(&world), Vec::<PathBuf>::new());
    assert_eq!(world.run(&["ledger", "check"]).exit, 0);
}

#[test]
fn a_receipt_that_comes_after_its_message_was_forgotten_is_not_kept() {
    let world = Practising::new();
    let message = send(&world, "delivered");
    settle(&world);
    let late = world
        .practice
        .messages(&world.address("io"), "INBOX")
        .into_iter();
    let late: Vec<Vec<u8>> = late.map(|one| one.octets.to_vec()).collect();
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(forget(&world, &[&message, "--no-copy"]).0, 0);
    // Other octets that say the same: a mark in the unsigned header.
    for octets in late {
        let marked = [b"X-Mark: 1\r\n".to_vec(), octets].concat();
        world
            .practice
            .deliver(&world.address("io"), "INBOX", &marked)
            .expect("delivered");
    }
    let ran = world.run(&["sync"]);
    assert!(ran.err.contains("not received again: 2"), "{ran:?}");
    assert_eq!(found(&world.data()), Vec::<String>::new());
    assert_eq!(evidence(&world), Vec::<PathBuf>::new());
}

/// A script that is started again within the day.
#[test]
fn a_forgotten_message_is_not_sent_again_by_a_script() {
    let (world, message) = with_a_message();
    assert_eq!(forget(&world, &[&message, "--no-copy"]).0, 0);
    let file = world.path("wkallegato.pdf").display().to_string();
    let to = world.address("delivered");
    let again = [
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "zqsoggetto",
    ];
    let again = [&again[..], &["--body", "vxtesto", "--attach", &file]].concat();
    let ran = world.run(&again);
    assert_eq!(world.practice.taken().len(), 1, "{ran:?}");
    assert!(ran.err.contains(&message), "{ran:?}");
    // Another text is another message.
    let other = world.try_send("zqaltro", &["delivered"]);
    assert_eq!(
        (other.exit, world.practice.taken().len()),
        (0, 2),
        "{other:?}"
    );
}

/// Another program gave it its Message-ID, which says nothing of what is in it.
#[test]
fn a_forgotten_message_is_known_by_what_it_said() {
    let world = Practising::new();
    let (from, to) = (world.address("io"), world.address("delivered"));
    let file = world.path("wk.eml");
    let send = |id: &str, text: &str| {
        let message = format!(
            "From: {from}\r\nTo: {to}\r\nSubject: zqsoggetto\r\nMessage-ID: <{id}@altro.example>\r\n\
             Date: Mon, 30 Nov 2026 10:00:00 +0100\r\n\r\n{text}\r\n"
        );
        fs::write(&file, message).expect("a file");
        let file = file.display().to_string();
        world.run(&["send", "--yes", "--json", "--no-copy", "--eml", &file])
    };
    let sent = send("1", "vxtesto");
    assert_eq!(sent.exit, 0, "{sent:?}");
    let message = sent.json()["messages"][0]["id"].as_str().map(str::to_owned);
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(
        forget(&world, &[&message.expect("an id"), "--no-copy"]).0,
        0
    );
    let again = send("2", "vxtesto");
    assert_eq!(world.practice.taken().len(), 1, "{again:?}");
    assert_ne!(again.exit, 0, "{again:?}");
    // Another text is another message.
    assert_eq!(send("3", "vxaltro").exit, 0);
    assert_eq!(world.practice.taken().len(), 2);
}

/// What a table sent is known to whoever writes it by hand.
#[test]
fn a_forgotten_row_is_not_sent_again_as_a_message() {
    let world = Practising::new();
    let ran = batch(
        &world,
        "avvisi.csv",
        "pec;ref;nome\ndelivered@DOMAIN;jh-1;qznome\n",
        &[],
    );
    assert!(matches!(ran.exit, 0 | 3), "{ran:?}");
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let rows = world.run(&["status", "--json"]).json();
    let message = rows["messages"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let subject = rows["messages"][0]["subject"]
        .as_str()
        .expect("a subject")
        .to_owned();
    assert_eq!(forget(&world, &[&message, "--no-copy"]).0, 0);
    let to = world.address("delivered");
    let (subject, body) = (&*subject, "vxtesto qznome\n");
    let send = [
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        subject,
        "--body",
        body,
    ];
    let again = world.run(&send);
    assert_eq!(world.practice.taken().len(), 1, "{again:?}");
}

const TABLE: &str = "pec;ref;nome\ndelivered@DOMAIN;jhriferimento-1;qznome\n\
    unknown@DOMAIN;jhriferimento-2;qznome\n";

fn batch(world: &Practising, name: &str, table: &str, more: &[&str]) -> Ran {
    let file = world.path(name);
    let table = table.replace("DOMAIN", world.practice.domain());
    fs::write(&file, table).expect("a file");
    let body = world.path("testo.txt");
    fs::write(&body, "vxtesto {{ nome }}\n").expect("a file");
    let (file, body) = (file.display().to_string(), body.display().to_string());
    let given = [
        "batch",
        "run",
        &file,
        "--yes",
        "--subject",
        "zqsoggetto {{ nome }}",
    ];
    world.run(&[&given[..], &["--body-file", &body], more].concat())
}

fn job_of(world: &Practising) -> String {
    let document = world.run(&["batch", "status", "--json"]).json();
    document["jobs"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[test]
fn a_forgotten_job_is_served_for_good_under_its_references() {
    let world = Practising::new();
    let follow = ["--follow", "--poll", "1s"];
    let ran = batch(&world, "avvisi.csv", TABLE, &follow);
    assert_eq!((ran.exit, world.practice.taken().len()), (1, 2), "{ran:?}");
    let job = job_of(&world);
    assert!(!found(&world.data()).is_empty());
    let (exit, document) = forget(&world, &["--job", &job, "--no-copy"]);
    assert_eq!(exit, 0, "{document}");
    assert_eq!(
        document["items"].as_array().map(Vec::len),
        Some(3),
        "{document}"
    );
    assert_eq!(found(&world.data()), Vec::<String>::new());
    // The same table; with --retry too, since one came back; by its id; as another table with
    // the same references; with another text under them.
    let other = TABLE
        .replace("nome\n", "nome;nota\n")
        .replace("qznome\n", "qznome;x\n");
    let ran = batch(&world, "avvisi.csv", TABLE, &[]);
    assert_eq!(world.practice.taken().len(), 2, "{ran:?}");
    for more in [&["--retry", "failed"][..], &[]] {
        let ran = batch(&world, "avvisi.csv", TABLE, more);
        assert_eq!(world.practice.taken().len(), 2, "{ran:?}");
        let ran = batch(&world, "altri.csv", &other, more);
        assert_eq!(world.practice.taken().len(), 2, "{ran:?}");
        let changed = TABLE.replace("qznome", "altro");
        let ran = batch(&world, "avvisi.csv", &changed, more);
        assert_eq!(world.practice.taken().len(), 2, "{ran:?}");
    }
    let ran = world.run(&["batch", "run", &job, "--yes"]);
    assert_eq!(world.practice.taken().len(), 2, "{ran:?}");
    // What there is to say of it is said.
    let status = world.run(&["batch", "status", &job, "--json"]);
    Schema::closed("batch").holds(&status.json());
    let report = world.run(&["batch", "report", &job, "--csv"]);
    assert!(report.out.contains("not delivered"), "{report:?}");
    // A new round is somebody's decision.
    let ran = batch(&world, "avvisi.csv", TABLE, &["--again=2"]);
    assert_eq!(world.practice.taken().len(), 4, "{ran:?}");
}

#[test]
fn a_forgotten_row_without_a_reference_is_served_for_good() {
    let world = Practising::new();
    let table = "pec;nome\ndelivered@DOMAIN;qznome\n";
    let ran = batch(&world, "avvisi.csv", table, &["--follow", "--poll", "1s"]);
    assert_eq!((ran.exit, world.practice.taken().len()), (0, 1), "{ran:?}");
    assert_eq!(
        forget(&world, &["--job", &job_of(&world), "--no-copy"]).0,
        0
    );
    assert_eq!(found(&world.data()), Vec::<String>::new());
    for table in [table, "pec;nome\ndelivered@DOMAIN;altro\n"] {
        let ran = batch(&world, "avvisi.csv", table, &[]);
        assert_eq!(world.practice.taken().len(), 1, "{ran:?}");
    }
}

#[test]
fn one_message_of_a_job_goes_and_the_others_stay() {
    let world = Practising::new();
    let table = format!("{TABLE}delivered@DOMAIN;jhriferimento-3;qznome\n");
    let ran = batch(&world, "avvisi.csv", &table, &["--follow", "--poll", "1s"]);
    assert_eq!(world.practice.taken().len(), 3, "{ran:?}");
    // One of its messages alone: the rows of the others, and the texts of all, stay.
    let has = |word: &str| {
        let all = files(&world.data()).into_iter();
        let mut all = all.map(|file| fs::read(file).expect("a file"));
        all.any(|octets| octets.windows(word.len()).any(|it| it == word.as_bytes()))
    };
    let first = world.run(&["status", "--reference", "jhriferimento-1", "--json"]);
    let first = first.json()["messages"][0]["id"].clone();
    let first = first.as_str().expect("an id");
    assert!(has("jhriferimento-1"));
    assert_eq!(forget(&world, &[first, "--no-copy"]).0, 0);
    assert!(!has("jhriferimento-1") && has("jhriferimento-2") && has("jhriferimento-3"));
    let ran = batch(&world, "avvisi.csv", &table, &[]);
    assert_eq!(world.practice.taken().len(), 3, "{ran:?}");
}

#[test]
fn received_mail_is_forgotten_by_its_id_and_with_age_only_if_it_is_said() {
    let world = Practising::new();
    let config = fs::read_to_string(world.path("config.toml")).expect("a file");
    let other = world.account("altra", &world.address("altra"));
    fs::write(world.path("config.toml"), config + &other).expect("a file");
    // From one account to the other: a message here, a letter there.
    let to = world.address("altra");
    let sent = [
        "--account",
        "prova",
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
    ];
    let ran = world.run(&[&sent[..], &["--subject", "zqsoggetto", "--body", "vxtesto"]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let inbox = world.run(&["inbox", "--json"]).json();
    let letter = inbox["messages"][0]["id"]
        .as_str()
        .expect("a letter")
        .to_owned();
    let all = evidence(&world).len();
    let (exit, document) = forget(&world, &[&letter, "--no-copy"]);
    assert_eq!(
        (exit, &document["items"][0]["kind"]),
        (0, &"letter".into()),
        "{document}"
    );
    assert_eq!(evidence(&world).len(), all - 1);
    // The message of the sender and its receipts have the words still.
    assert!(!found(&world.data()).is_empty());
    assert_eq!(
        world.run(&["inbox", "--json"]).json()["messages"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
    let ran = world.run(&["sync", "--again"]);
    assert!(ran.err.contains("not received again: 1"), "{ran:?}");
    assert_eq!(world.run(&["ledger", "check"]).exit, 0);
}

/// Of two accounts with one mailbox each, one keeps receipts alone.
#[test]
fn an_account_that_keeps_receipts_fetches_no_letter() {
    let world = Practising::new();
    let config = fs::read_to_string(world.path("config.toml")).expect("a file");
    let other = world.account("altra", &world.address("altra"));
    fs::write(world.path("config.toml"), config + &other).expect("a file");
    let ran = world.run(&["account", "edit", "altra", "--keep", "receipts"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let shown = world.run(&["account", "list", "--json"]).json();
    Schema::closed("account list").holds(&shown);
    let kept = |at: usize| shown["accounts"][at]["keep"].clone();
    let mut all = [kept(0), kept(1)].map(|keep| keep.as_str().expect("a word").to_owned());
    all.sort();
    assert_eq!(all, ["all", "receipts"]);
    // Each writes to the other.
    for (from, to) in [("altra", "io"), ("prova", "altra")] {
        let to = world.address(to);
        let sent = ["--account", from, "send", "--yes", "--no-copy", "--to", &to];
        let ran = world.run(&[&sent[..], &["--subject", "Lettera", "--body", "Testo."]].concat());
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
    settle(&world);
    let ran = world.run(&["--account", "altra", "sync"]);
    assert!(ran.err.contains("left in the mailbox: 1"), "{ran:?}");
    let inbox = world.run(&["--account", "altra", "inbox", "--json"]).json();
    assert_eq!(
        inbox["messages"].as_array().map(Vec::len),
        Some(0),
        "{inbox}"
    );
    let sent = world.run(&["status", "--json"]).json();
    let of = |account: &str| {
        let all = sent["messages"].as_array().expect("messages").iter();
        let mut of = all.filter(|one| one["account"] == account);
        of.next().expect("one")["recipients"][0]["standing"].clone()
    };
    assert_eq!(
        (of("altra"), of("prova")),
        ("delivered".into(), "sent".into())
    );
    let ran = world.run(&["--account", "prova", "sync"]);
    assert!(!ran.err.contains("left in the mailbox"), "{ran:?}");
    let inbox = world.run(&["--account", "prova", "inbox", "--json"]).json();
    assert_eq!(
        inbox["messages"].as_array().map(Vec::len),
        Some(1),
        "{inbox}"
    );
    // A word that is none is told with its line.
    let config = fs::read_to_string(world.path("config.toml")).expect("a file");
    let wrong = config.replace("\"receipts\"", "\"letters\"");
    fs::write(world.path("config.toml"), wrong).expect("a file");
    let ran = world.run(&["account", "list"]);
    assert!(
        ran.exit == 2 && ran.err.contains("all or receipts"),
        "{ran:?}"
    );
}

#[test]
fn a_reference_is_kept_with_its_message_and_found_by_it() {
    let world = Practising::new();
    let to = world.address("delivered");
    let given = ["--to", &to, "--subject", "Diffida", "--body", "Testo."];
    for wrong in ["", "  ", "a\nb"] {
        let ran = world.run(&[&["send", "--reference", wrong][..], &given].concat());
        assert_eq!(ran.exit, 2, "{wrong:?}: {ran:?}");
    }
    let sent = [
        "send",
        "--yes",
        "--no-copy",
        "--reference",
        " Prot. 4711/26 ",
    ];
    let ran = world.run(&[&sent[..], &given].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    for (reference, found) in [("Prot. 4711/26", 1), ("Prot. 4711", 0)] {
        let ran = world
            .run(&["status", "--reference", reference, "--json"])
            .json();
        Schema::closed("status").holds(&ran);
        assert_eq!(
            ran["messages"].as_array().map(Vec::len),
            Some(found),
            "{reference}"
        );
    }
    let listed = world.run(&["status", "Diffida"]);
    assert!(listed.out.contains("Prot. 4711/26"), "{listed:?}");
    assert!(world.run(&["search", "4711/26"]).out.contains("Diffida"));
    // No recipient sees it (and no date can look like it).
    let taken = world
        .practice
        .messages(&world.address("delivered"), "INBOX");
    let octets = taken
        .iter()
        .map(|one| String::from_utf8_lossy(&one.octets).into_owned());
    assert!(octets.collect::<String>().contains("Diffida"));
    for one in &taken {
        assert!(!String::from_utf8_lossy(&one.octets).contains("4711/26"));
    }
    settle(&world);
    let folder = world.path("prove");
    let ran = world.run(&["export", "Diffida", "--to", &folder.display().to_string()]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let name = files(&folder)[0].display().to_string();
    assert!(name.contains("Prot. 4711_26"), "{name}");
}

/// What changes the disk so that another process sees it, or brings it there.
const CALLS: [&str; 5] = ["pwrite64", "fsync", "fdatasync", "unlink", "ftruncate"];

/// The program under strace, killed at one of its calls of a kind; whether it was.
fn killed_at((kind, call): (&str, usize), command: &Command) -> bool {
    let inject = format!("inject={kind}:signal=SIGKILL:when={call}");
    let trace = format!("trace={kind}");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]);
    traced.arg(command.get_program()).args(command.get_args());
    traced
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    !traced.status().expect("strace starts").success()
}

fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        skipped("killing at every step needs strace, with leave to trace");
    }
    can
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a file")),
        }
    }
}

/// Wherever it is killed: all is there, or the next run leaves nothing.
#[test]
fn killed_at_any_moment_all_is_there_or_a_second_run_finishes_it() {
    if !can_trace() {
        return;
    }
    let (world, message) = with_a_message();
    let whole = world.path("whole");
    copy(&world.data(), &whole);
    let words = ["forget", &message, "--no-copy", "--yes"];
    let command = world.command(&words);
    let (mut before, mut after) = (0, 0);
    for kind in CALLS {
        // Every third of the many writes, each of the few others.
        let step = if kind == "pwrite64" { 3 } else { 1 };
        for call in (1..).step_by(step) {
            fs::remove_dir_all(world.data()).expect("removed");
            copy(&whole, &world.data());
            let was_killed = killed_at((kind, call), &command);
            match stone(&world, &message)["forgotten_at"].is_string() {
                false => {
                    before += 1;
                    let check = world.run(&["ledger", "check"]);
                    assert_eq!(check.exit, 0, "{kind} {call}: {check:?}");
                    assert_eq!(evidence(&world).len(), 3, "{kind} {call}");
                }
                true => after += 1,
            }
            let second = world.run(&words);
            assert_eq!(second.exit, 0, "{kind} {call}: {second:?}");
            assert_eq!(found(&world.data()), Vec::<String>::new(), "{kind} {call}");
            assert_eq!(evidence(&world), Vec::<PathBuf>::new(), "{kind} {call}");
            assert_eq!(world.standings(&message)[0].1, "delivered");
            if !was_killed {
                break;
            }
        }
    }
    assert!(
        before > 2 && after > CALLS.len(),
        "{before} before, {after} after"
    );
}
