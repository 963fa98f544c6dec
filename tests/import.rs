//! `pec import`: what lies elsewhere is taken in once, as if the mailbox had held it; a file makes
//! nobody believe that something was sent; killed anywhere, the next run brings it to the end.

#[path = "support/practising.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod practising;
#[path = "support/schema.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod schema;
#[path = "support/skipped.rs"]
mod skipped;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postacert::transport::Mailbox;
use practising::{Practising, Ran};
use schema::Schema;
use serde_json::{Value, json};
use skipped::skipped;

/// Runs the program on another ledger of the same account: another computer.
fn elsewhere(world: &Practising, arguments: &[&str]) -> Ran {
    let data = shown(&world.path("elsewhere"));
    world.run(&[&["--data-dir", &data], arguments].concat())
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What an import did.
fn import(world: &Practising, exit: i32, files: &[&Path]) -> Value {
    let files: Vec<String> = files.iter().map(|file| shown(file)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let ran = elsewhere(world, &[&["import", "--json"], &files[..]].concat());
    assert_eq!(ran.exit, exit, "{ran:?}");
    let document = ran.json();
    Schema::closed("import").holds(&document);
    document
}

/// A zip archive with one file.
fn zipped(name: &str, octets: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file(name, options).expect("in memory");
    writer.write_all(octets).expect("in memory");
    writer.finish().expect("in memory").into_inner()
}

#[test]
fn archives_within_too_many_archives_are_told_and_not_passed_over() {
    let world = Practising::new();
    world.send("Avviso", &["delivered"]);
    assert!(
        world
            .practice
            .wait_until_idle(std::time::Duration::from_secs(20))
    );
    let mail = held(&world, "io").remove(0);
    let mut archive = zipped("a.eml", &mail);
    let file = world.path("archivio.zip");
    for depth in 0..6 {
        fs::write(&file, &archive).expect("a file");
        let exit = if depth > 3 { 2 } else { 0 };
        let document = import(&world, exit, &[&file]);
        let state = &document["results"][0]["state"];
        match depth {
            0..=3 => assert_ne!(state, "unreadable", "{depth} {document}"),
            _ => {
                assert_eq!(state, "unreadable", "{depth} {document}");
                let error = document["results"][0]["error"].as_str().expect("why");
                assert!(error.contains("within too many"), "{error}");
            }
        }
        archive = zipped("dentro.zip", &archive);
    }
}

/// How many there were of these, in this order.
fn totals(document: &Value, names: &[&str]) -> Vec<u64> {
    let totals = &document["totals"];
    let of = |name: &&str| totals[*name].as_u64().expect("a number");
    names.iter().map(of).collect()
}

/// Everything in a user's mailbox, each in a file of a folder.
fn saved(world: &Practising, user: &str, folder: &str) -> PathBuf {
    let folder = world.path(folder);
    fs::create_dir(&folder).expect("a folder");
    for (number, octets) in held(world, user).into_iter().enumerate() {
        fs::write(folder.join(format!("{number:03}.eml")), octets).expect("a file");
    }
    folder
}

/// Everything in a user's mailbox.
fn held(world: &Practising, user: &str) -> Vec<Vec<u8>> {
    let mut mailbox = world.mailbox(user);
    mailbox.examine("INBOX").expect("a folder");
    let uids = mailbox.uids(1..=u32::MAX).expect("a list");
    let came = mailbox.fetch(&uids).whole().expect("messages");
    came.into_iter().map(|message| message.octets).collect()
}

/// A message to one who has it and one who does not exist: its short id. All receipts are in the
/// mailbox.
fn answered(world: &Practising) -> String {
    let message = world.send("Avviso n. 1", &["delivered", "unknown"]);
    let waited = world.run(&["wait", &message, "--timeout", "20s", "--poll", "1s"]);
    assert_eq!(waited.exit, 1, "{waited:?}");
    message
}

#[test]
fn the_same_octets_are_taken_in_once_wherever_they_come_from() {
    let world = Practising::new();
    let message = answered(&world);
    let container = world.path("1.asice");
    let exported = world.run(&["export", &message, "--to", &shown(&container)]);
    assert_eq!(exported.exit, 0, "{exported:?}");
    let names = ["taken", "orphans", "known", "new_facts", "sent"];
    let first = import(&world, 0, &[&container]);
    assert_eq!(totals(&first, &names), [3, 3, 0, 0, 1]);
    // The container again, the same receipts as files, and twice in one run.
    let folder = saved(&world, "io", "copies");
    for files in [
        vec![&*container],
        vec![&*folder],
        vec![&*folder, &container],
    ] {
        let again = import(&world, 0, &files);
        let known = totals(&again, &["known"])[0];
        assert_eq!(totals(&again, &["taken", "new_facts"]), [0, 0]);
        assert_eq!(known, 3 * files.len() as u64);
    }
    // The mailbox has nothing new to tell either.
    let synced = elsewhere(&world, &["sync", "--ndjson"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    for line in synced.out.lines() {
        let event: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(event["known"], true, "{event}");
    }
    let orphans = elsewhere(&world, &["status", "--orphans", "--json"]).json();
    assert_eq!(
        orphans["orphans"].as_array().map(Vec::len),
        Some(3),
        "{orphans}"
    );
    // And what was synchronized is not new to an import.
    let here = world.run(&["import", "--json", &shown(&folder)]).json();
    assert_eq!(totals(&here, &["taken", "known"]), [0, 3]);
    let checked = elsewhere(&world, &["ledger", "check"]);
    assert_eq!(checked.exit, 0, "{checked:?}");
}

#[test]
fn a_genuine_receipt_moves_its_message_and_one_changed_by_a_digit_does_not() {
    let world = Practising::new();
    let message = world.send("Avviso n. 2", &["delivered"]);
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(10));
    let before = world.standings(&message);
    let folder = saved(&world, "io", "receipts");
    let forged = world.path("forged");
    fs::create_dir(&forged).expect("a folder");
    for entry in fs::read_dir(&folder).expect("a folder").flatten() {
        let text = fs::read(entry.path()).expect("a file");
        // A letter of the certification data, as they are encoded.
        let find = |from: usize, what: &[u8]| {
            let at = memchr::memmem::find(&text[from..], what).expect("certification data");
            from + at
        };
        let at = find(find(0, b"daticert.xml"), b"\r\n\r\n") + 8;
        let mut text = text.clone();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        fs::write(forged.join(entry.file_name()), text).expect("a file");
    }
    let run = |folder: &Path| world.run(&["import", "--json", &shown(folder)]);
    let refused = run(&forged);
    assert_eq!(refused.exit, 1, "{refused:?}");
    assert_eq!(
        totals(&refused.json(), &["unproven", "receipts", "new_facts"]),
        [2, 0, 0]
    );
    assert_eq!(world.standings(&message), before);
    // The next run tells it again: the first may have been interrupted before anybody read it.
    let again = run(&forged);
    assert_eq!(again.exit, 1, "{again:?}");
    assert_eq!(
        totals(&again.json(), &["unproven", "known", "known_unproven"]),
        [0, 2, 2]
    );
    let again = world.run(&["import", &shown(&forged)]);
    let told = "Of these 2 are NOT shown to be genuine";
    assert!(again.exit == 1 && again.out.contains(told), "{again:?}");
    let ran = run(&folder);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(
        totals(&ran.json(), &["unproven", "receipts", "new_facts"]),
        [0, 2, 2]
    );
    let delivered = [("delivered".to_owned(), "delivered".to_owned())];
    assert_eq!(world.standings(&message), delivered);
    // What is not genuine stays where it was told.
    let unproven = world.run(&["status", "--unproven", "--json"]).json();
    assert_eq!(
        unproven["unproven"].as_array().map(Vec::len),
        Some(2),
        "{unproven}"
    );
    let text = world.run(&["import", &shown(&folder)]);
    assert!(text.out.contains("Already in the ledger: 2."), "{text:?}");
    // Its twin: what is there and genuine raises no alarm.
    assert!(
        text.exit == 0 && !text.out.contains("NOT shown"),
        "{text:?}"
    );
}

#[test]
fn a_file_of_a_message_makes_nobody_believe_that_it_was_sent() {
    let world = Practising::new();
    let message = answered(&world);
    let row = world.run(&["status", &message, "--json"]).json();
    let file = row["messages"][0]["file"]
        .as_str()
        .expect("a file")
        .to_owned();
    let document = import(&world, 0, &[Path::new(&file)]);
    assert_eq!(totals(&document, &["taken", "sent"]), [0, 1]);
    assert_eq!(document["results"][0]["state"], "sent");
    let status = elsewhere(&world, &["status", "--json"]).json();
    assert_eq!(status["messages"], json!([]));
    // Somebody else's is other mail.
    let other = fs::read_to_string(&file)
        .expect("a message")
        .replace("io@", "tu@");
    let path = world.path("other.eml");
    fs::write(&path, other).expect("a file");
    let document = import(&world, 0, &[&path]);
    assert_eq!(totals(&document, &["sent", "ordinary"]), [0, 1]);
}

#[test]
fn every_form_of_file_gives_the_octets_of_its_messages() {
    let world = Practising::new();
    answered(&world);
    let held = held(&world, "io");
    let write = |name: &str, octets: &[u8]| {
        let path = world.path(name);
        fs::write(&path, octets).expect("a file");
        path
    };
    let mut mbox = Vec::new();
    let mut zip = zip::ZipWriter::new(File::create(world.path("all.zip")).expect("a file"));
    for (number, octets) in held.iter().enumerate() {
        mbox.extend_from_slice(b"From - Mon May  4 10:15:02 2026\n");
        mbox.extend_from_slice(octets);
        mbox.extend_from_slice(b"\n");
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        zip.start_file(format!("{number}.eml"), options)
            .expect("an entry");
        zip.write_all(octets).expect("an entry");
    }
    zip.finish().expect("an archive");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&held[0]).expect("memory");
    let apple = format!("{:<10}\n", held[0].len());
    let list = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"/>\n";
    let forms = [
        (write("all.mbox", &mbox), 3),
        (world.path("all.zip"), 3),
        (write("0.eml.gz", &gzip.finish().expect("memory")), 1),
        (
            write("0.emlx", &[apple.as_bytes(), &held[0], list].concat()),
            1,
        ),
    ];
    let mut taken = 0;
    for (path, messages) in forms {
        let document = import(&world, 0, &[&path]);
        let [new, known] = totals(&document, &["taken", "known"])[..] else {
            unreachable!("two were asked for")
        };
        assert_eq!(new + known, messages, "{}: {document}", path.display());
        taken += new;
    }
    // Octet for octet: none of the forms added another copy.
    assert_eq!(taken, 3);
}

#[test]
fn received_mail_is_in_the_inbox_once_and_found_by_its_words() {
    let world = Practising::new();
    let sent = world.send("Convocazione assemblea", &["io"]);
    let waited = world.run(&["wait", &sent, "--timeout", "20s", "--poll", "1s"]);
    assert_eq!(waited.exit, 0, "{waited:?}");
    let folder = saved(&world, "io", "all");
    let document = import(&world, 0, &[&folder]);
    assert_eq!(
        totals(&document, &["envelopes", "orphans"]),
        [1, 2],
        "{document}"
    );
    let listed = |arguments: &[&str], name: &str| {
        let ran = elsewhere(&world, arguments);
        ran.json()[name].as_array().map(Vec::len)
    };
    for _ in 0..2 {
        assert_eq!(listed(&["inbox", "--json"], "messages"), Some(1));
        assert_eq!(
            listed(&["search", "assemblea", "--json"], "results"),
            Some(1)
        );
        assert_eq!(elsewhere(&world, &["sync"]).exit, 0);
    }
}

#[test]
fn what_cannot_be_read_stops_nothing_and_is_told() {
    let world = Practising::new();
    answered(&world);
    let folder = saved(&world, "io", "mixed");
    // Larger than any message, without taking room on the disk.
    let huge = File::create(folder.join("000-huge.eml")).expect("a file");
    huge.set_len(300 * 1024 * 1024).expect("a length");
    fs::write(folder.join("000-cut.asice"), b"PK\x03\x04mimetype").expect("a file");
    fs::write(folder.join("000-note.pdf"), b"%PDF-1.7\n\x00\xff").expect("a file");
    let document = import(&world, 2, &[&folder]);
    let names = ["taken", "unreadable", "ordinary"];
    assert_eq!(totals(&document, &names), [3, 2, 1], "{document}");
    let missing = import(&world, 2, &[&world.path("nowhere")]);
    assert_eq!(totals(&missing, &["unreadable"]), [1]);
}

/// What brings something to the disk, or changes what another process sees of it.
const CALLS: [&str; 4] = ["pwrite64", "fsync", "fdatasync", "rename"];

#[test]
fn killed_anywhere_the_next_run_brings_it_to_the_end() {
    let traced = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status();
    if !traced.is_ok_and(|status| status.success()) {
        skipped("killing at every step needs strace, with leave to trace");
        return;
    }
    let world = Practising::new();
    answered(&world);
    let folder = saved(&world, "io", "receipts");
    let data = world.path("elsewhere");
    let import_again = || {
        let command = world.command(&["--data-dir", &shown(&data), "import", &shown(&folder)]);
        let arguments = command
            .get_args()
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>();
        (command.get_program().to_owned(), arguments)
    };
    let mut killed = 0;
    for kind in CALLS {
        // Each third step: the others differ in nothing that is looked at here.
        for call in (1..).step_by(3) {
            let (program, arguments) = import_again();
            let status = Command::new("strace")
                .args([
                    "-f",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-e",
                    &format!("trace={kind}"),
                ])
                .args(["-e", &format!("inject={kind}:signal=SIGKILL:when={call}")])
                .arg(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("strace starts");
            let document = import(&world, 0, &[&folder]);
            let counts = totals(&document, &["taken", "known", "unreadable"]);
            assert_eq!((counts[0] + counts[1], counts[2]), (3, 0), "{kind} {call}");
            let checked = elsewhere(&world, &["ledger", "check"]);
            assert_eq!(checked.exit, 0, "{kind} {call}: {checked:?}");
            let orphans = elsewhere(&world, &["status", "--orphans", "--json"]).json();
            let orphans = orphans["orphans"].as_array().map(Vec::len);
            assert_eq!(orphans, Some(3), "{kind} {call}");
            fs::remove_dir_all(&data).expect("removed");
            if status.success() {
                break;
            }
            killed += 1;
        }
    }
    assert!(killed > 8, "{killed}");
}
