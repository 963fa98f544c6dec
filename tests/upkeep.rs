//! The ledger looked after: checked, backed up while others work, put back, killed at every step;
//! read where it cannot be written; brought forward only by who writes, after a copy.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use support::practising::{Practising, Ran, files};
use support::schema::Schema;
use support::skipped::skipped;

const ASKS: &str = "is a copy, was restored, or had lost data";

fn settle(world: &Practising) {
    world.practice.wait_until_idle(Duration::from_secs(10));
}

/// A message delivered, its receipts read.
fn with_a_message() -> (Practising, String) {
    let world = Practising::new();
    let message = world.send("Diffida", &["delivered"]);
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    (world, message)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Runs a command of the ledger; its document holds against its schema.
fn ledger(world: &Practising, words: &[&str]) -> (i32, Value) {
    let ran = world.run(&[&["ledger"], words, &["--json"]].concat());
    let document = ran.json();
    Schema::closed(&format!("ledger {}", words[0])).holds(&document);
    (ran.exit, document)
}

/// The same with the data in another folder.
fn elsewhere(world: &Practising, data: &Path, words: &[&str]) -> Ran {
    let mut command = world.command(&[]);
    command.arg("--data-dir").arg(data).args(words);
    Ran::of(command.output().expect("the program starts"))
}

fn evidence(world: &Practising) -> Vec<PathBuf> {
    files(&world.data().join("messages"))
}

// Checked.

#[test]
fn what_is_missing_or_changed_is_named() {
    let (world, message) = with_a_message();
    let (exit, whole) = ledger(&world, &["check"]);
    assert_eq!(exit, 0, "{whole}");
    assert_eq!(whole["evidence"]["named"], 3, "{whole}");
    let sent = world.run(&["status", &message, "--json"]).json();
    let sent = PathBuf::from(sent["messages"][0]["file"].as_str().expect("a file"));
    let receipt = evidence(&world).into_iter().find(|file| *file != sent);
    fs::remove_file(&sent).expect("removed");
    fs::write(receipt.expect("a receipt"), b"something else").expect("written");
    let (exit, found) = ledger(&world, &["check"]);
    assert_eq!(exit, 1, "{found}");
    let of = |what: &str| found["evidence"][what].as_array().expect("a list").clone();
    let (missing, damaged) = (of("missing"), of("damaged"));
    assert_eq!((missing.len(), damaged.len()), (1, 1), "{found}");
    assert_eq!(missing[0]["message"], *message);
    assert_eq!(
        (&missing[0]["sent"], &damaged[0]["sent"]),
        (&true.into(), &false.into())
    );
    let text = world.run(&["ledger", "check"]);
    assert!(
        text.out.contains("MISSING: 1") && text.out.contains("CHANGED"),
        "{text:?}"
    );
    // The doctor sees what is not there or changed, and who would send is told.
    let doctor = world.run(&["doctor", "--offline"]);
    assert_eq!(doctor.exit, 1, "{doctor:?}");
    assert!(
        doctor.out.contains("missing from the ledger folder: 2"),
        "{doctor:?}"
    );
    for command in [&["sync"][..], &["send", "--resume", "--yes"]] {
        let ran = world.run(command);
        assert!(ran.err.contains("evidence was lost"), "{ran:?}");
    }
}

#[test]
fn the_whole_evidence_gone_is_noticed_before_anything_is_sent() {
    let (world, _) = with_a_message();
    let whole = world.try_send("Altra", &["delivered"]);
    assert!(!whole.err.contains("evidence was lost"), "{whole:?}");
    fs::remove_dir_all(world.data().join("messages")).expect("removed");
    let ran = world.try_send("Sollecito", &["delivered"]);
    assert!(ran.err.contains("evidence was lost"), "{ran:?}");
    assert_eq!(world.run(&["doctor", "--offline"]).exit, 1);
    assert_eq!(ledger(&world, &["check"]).0, 1);
}

/// What the journal and the octets cannot tell, the mailbox does.
#[test]
fn a_new_ledger_beside_octets_of_an_old_one_reads_the_mailbox_first() {
    for bereft in [true, false] {
        let (world, _) = with_a_message();
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{end}")));
        }
        fs::remove_file(world.data().join("journal")).expect("removed");
        // Receipts alone are left, or nothing.
        for file in evidence(&world) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if !bereft || !text.contains("X-Ricevuta") {
                fs::remove_file(file).expect("removed");
            }
        }
        let ran = world.try_send("Diffida", &["delivered"]);
        assert_eq!(ran.err.contains(ASKS), bereft, "{ran:?}");
        assert_eq!((ran.exit, world.practice.taken().len()), (2, 1), "{ran:?}");
    }
}

#[test]
fn without_a_ledger_there_is_nothing_to_look_after() {
    let world = Practising::new();
    for words in [&["check"][..], &["stat"], &["backup", "copy"]] {
        let ran = world.run(&[&["ledger"], words].concat());
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("no ledger in"), "{ran:?}");
    }
    assert!(!world.data().exists());
}

// Backed up, and put back.

#[test]
fn what_is_put_back_is_what_was_backed_up_and_asks_first() {
    let (world, message) = with_a_message();
    let copy = world.path("copy");
    let (exit, made) = ledger(&world, &["backup", &shown(&copy)]);
    assert_eq!((exit, &made["files"]), (0, &3.into()), "{made}");
    world.send("Sollecito", &["delivered"]);
    settle(&world);
    // The machine is lost; another one.
    fs::rename(world.data(), world.path("lost")).expect("moved");
    let (exit, restored) = ledger(&world, &["restore", &shown(&copy)]);
    assert_eq!((exit, &restored["files"]), (0, &3.into()), "{restored}");
    assert_eq!(ledger(&world, &["check"]).0, 0);
    assert_eq!(world.standings(&message)[0].1, "delivered");
    let (_, stat) = ledger(&world, &["stat"]);
    assert_eq!(stat["at_home"], false);
    assert!(stat["restored_at"].is_string(), "{stat}");
    let doctor = world.run(&["doctor", "--offline"]);
    assert!(
        doctor.out.contains("the mailbox has not been read since"),
        "{doctor:?}"
    );
    // What was sent since then is not sent again by a script.
    let again = world.try_send("Sollecito", &["delivered"]);
    assert!(again.err.contains(ASKS), "{again:?}");
    assert_eq!(
        (again.exit, world.practice.taken().len()),
        (2, 2),
        "{again:?}"
    );
    let doctor = world.run(&["doctor", "--offline"]);
    assert!(
        !doctor.out.contains("the mailbox has not been read since"),
        "{doctor:?}"
    );
}

#[test]
fn nothing_is_written_over() {
    let (world, _) = with_a_message();
    let copy = world.path("copy");
    assert_eq!(ledger(&world, &["backup", &shown(&copy)]).0, 0);
    let all = || {
        let mut all = files(world.folder.path());
        all.sort();
        all
    };
    let before = all();
    for words in [["backup", &shown(&copy)], ["restore", &shown(&copy)]] {
        let ran = world.run(&[&["ledger"], &words[..]].concat());
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("already exists"), "{ran:?}");
    }
    assert_eq!(all(), before);
}

#[test]
fn a_backup_that_is_not_whole_is_not_put_back_for_one() {
    let (world, _) = with_a_message();
    let copy = world.path("copy");
    assert_eq!(ledger(&world, &["backup", &shown(&copy)]).0, 0);
    let octets = files(&copy.join("messages")).remove(0);
    let (list, database) = (copy.join("pec-backup.json"), copy.join("ledger.sqlite"));
    let newer = fs::read_to_string(&list).expect("a list");
    let newer = newer.replace("\"version\": 1", "\"version\": 2");
    let cut = fs::read(&database).expect("a database")[..8_192].to_vec();
    // File, what it holds then, what is told, and whether what is there can be put back.
    let cases: [(&Path, Option<&[u8]>, &str, bool); 7] = [
        (
            &octets,
            None,
            "messages or receipts missing or changed (1)",
            true,
        ),
        (
            &octets,
            Some(b"else"),
            "messages or receipts missing or changed (1)",
            true,
        ),
        (&list, None, "its list of files", false),
        (&list, Some(b"{}"), "its list of files", false),
        (
            &list,
            Some(newer.as_bytes()),
            "a later version of pec",
            false,
        ),
        (&database, None, "its database is missing", false),
        (&database, Some(&cut), "its database is missing", false),
    ];
    for (file, octets, told, can) in cases {
        let sound = fs::read(file).expect("a file");
        match octets {
            Some(octets) => fs::write(file, octets).expect("written"),
            None => fs::remove_file(file).expect("removed"),
        }
        let data = world.path("elsewhere");
        let whole = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
        assert_eq!(whole.exit, 2, "{whole:?}");
        assert!(whole.err.contains(told), "{whole:?}");
        assert!(!data.exists(), "{told}");
        let part = ["ledger", "restore", "--incomplete", &shown(&copy)];
        let part = elsewhere(&world, &data, &part);
        assert_eq!(
            (part.exit, data.exists()),
            (if can { 1 } else { 2 }, can),
            "{part:?}"
        );
        if can {
            assert_eq!(elsewhere(&world, &data, &["ledger", "check"]).exit, 1);
            fs::remove_dir_all(&data).expect("removed");
        }
        fs::write(file, sound).expect("written");
    }
    let data = world.path("elsewhere");
    let whole = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
    assert_eq!(whole.exit, 0, "{whole:?}");
}

/// Evidence that is gone keeps nobody from a backup of the rest, which says so.
#[test]
fn a_backup_of_what_is_left_says_what_is_not_in_it() {
    let (world, message) = with_a_message();
    let sent = world.run(&["status", &message, "--json"]).json();
    fs::remove_file(sent["messages"][0]["file"].as_str().expect("a file")).expect("removed");
    let copy = world.path("copy");
    let (exit, made) = ledger(&world, &["backup", &shown(&copy)]);
    assert_eq!(
        (exit, &made["lost"][0]["message"]),
        (1, &Value::from(message)),
        "{made}"
    );
    let data = world.path("elsewhere");
    let ran = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(data.exists());
}

#[test]
fn a_backup_is_made_while_others_send_and_read() {
    let world = Practising::new();
    world.send("Prima", &["delivered"]);
    let copies: Vec<PathBuf> = (0..8).map(|n| world.path(&format!("copy-{n}"))).collect();
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            for number in 0..8 {
                world.send(&format!("Caso {number}"), &["delivered"]);
                assert_eq!(world.run(&["sync"]).exit, 0);
            }
        });
        for copy in &copies {
            assert_eq!(ledger(&world, &["backup", &shown(copy)]).0, 0);
        }
        sending.join().expect("sent");
    });
    for (number, copy) in copies.iter().enumerate() {
        let data = world.path(&format!("elsewhere-{number}"));
        let ran = elsewhere(&world, &data, &["ledger", "restore", &shown(copy)]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let ran = elsewhere(&world, &data, &["ledger", "check"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_a_backup_or_what_is_put_back() {
    use std::os::unix::fs::PermissionsExt;
    let (world, _) = with_a_message();
    let (copy, data) = (world.path("copy"), world.path("elsewhere"));
    assert_eq!(ledger(&world, &["backup", &shown(&copy)]).0, 0);
    let ran = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    for folder in [copy, data] {
        for file in files(&folder) {
            let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode();
            assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
            assert_eq!(mode(file.parent().expect("a folder")) & 0o077, 0);
        }
    }
}

/// What lies beside a ledger: a snapshot, lists of two days in a folder of their own, the offices; what
/// is being written, and a link that leads elsewhere, do not count.
const BESIDE: [&str; 4] = [
    "offices.sqlite",
    "trust/2026-11-30T003816Z-0a.toml",
    "trust/revocations/2026-11-29T000000Z-0b.crl",
    "trust/revocations/2026-11-30T000000Z-0c.crl",
];

fn furnish(world: &Practising) {
    let _ = fs::remove_dir_all(world.data().join("trust"));
    for name in BESIDE {
        let path = world.data().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, name.repeat(1_000)).expect("written");
    }
    let trust = world.data().join("trust");
    fs::write(trust.join(".lock"), "").expect("written");
    fs::write(trust.join(".half"), "x").expect("written");
    std::os::unix::fs::symlink("/etc/passwd", trust.join("passwd")).expect("a link");
}

/// Whether a folder has all of it, as it was, and nothing more of it.
fn is_furnished(folder: &Path) -> bool {
    let is_same = |name: &str| {
        let found = fs::read_to_string(folder.join(name)).unwrap_or_default();
        found == name.repeat(1_000)
    };
    BESIDE.iter().all(|name| is_same(name)) && files(&folder.join("trust")).len() == 3
}

#[test]
fn what_is_beside_the_ledger_is_backed_up_and_put_back() {
    use std::os::unix::fs::PermissionsExt;
    let (world, _) = with_a_message();
    furnish(&world);
    let (copy, data) = (world.path("copy"), world.path("elsewhere"));
    let (exit, made) = ledger(&world, &["backup", &shown(&copy)]);
    assert_eq!((exit, &made["beside"]["files"]), (0, &4.into()), "{made}");
    assert!(is_furnished(&copy));
    for file in files(&copy) {
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    // A backup is looked at as a ledger is, and put back after that as before.
    let check = elsewhere(&world, &copy, &["ledger", "check"]);
    assert_eq!(check.exit, 0, "{check:?}");
    let status = elsewhere(&world, &copy, &["status"]);
    assert!(status.out.contains("Diffida"), "{status:?}");
    let ran = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.out.contains("with 4 files of trust data"), "{ran:?}");
    assert!(is_furnished(&data));
    assert_eq!(elsewhere(&world, &data, &["ledger", "check"]).exit, 0);
    // What is there is not written over.
    let ran = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    // One in which somebody writes is no backup any more, and says so.
    assert_eq!(elsewhere(&world, &copy, &["sync"]).exit, 0);
    let ran = elsewhere(
        &world,
        &world.path("third"),
        &["ledger", "restore", &shown(&copy)],
    );
    assert!(
        ran.exit == 2 && ran.err.contains("its list of files"),
        "{ran:?}"
    );
    assert_eq!(elsewhere(&world, &copy, &["ledger", "check"]).exit, 0);
}

#[test]
fn a_backup_whose_beside_is_changed_or_leads_elsewhere_is_not_put_back() {
    let (world, _) = with_a_message();
    furnish(&world);
    let (copy, data) = (world.path("copy"), world.path("elsewhere"));
    assert_eq!(ledger(&world, &["backup", &shown(&copy)]).0, 0);
    let restore = ["ledger", "restore", &shown(&copy)].map(str::to_owned);
    let restore: Vec<&str> = restore.iter().map(String::as_str).collect();
    let snapshot = copy.join(BESIDE[1]);
    for change in [None, Some("another")] {
        match change {
            Some(text) => fs::write(&snapshot, text).expect("written"),
            None => fs::remove_file(&snapshot).expect("removed"),
        }
        let ran = elsewhere(&world, &data, &restore);
        assert_eq!((ran.exit, data.exists()), (2, false), "{ran:?}");
        assert!(ran.err.contains(BESIDE[1]), "{ran:?}");
        let part = [&restore[..], &["--incomplete", "--json"]].concat();
        let ran = elsewhere(&world, &data, &part);
        assert_eq!(
            (ran.exit, &ran.json()["beside_lost"][0]),
            (1, &BESIDE[1].into())
        );
        assert!(!data.join(BESIDE[1]).exists());
        fs::remove_dir_all(&data).expect("removed");
    }
    fs::write(&snapshot, BESIDE[1].repeat(1_000)).expect("written");
    let list = copy.join("pec-backup.json");
    let sound = fs::read_to_string(&list).expect("a list");
    for name in [
        "../outside.toml",
        "/tmp/outside.toml",
        "trust/../../outside.toml",
        "ledger.sqlite-wal",
        "messages/00/11.eml",
        "journal",
        "",
    ] {
        let changed = sound.replace(BESIDE[1], name);
        assert_ne!(changed, sound);
        fs::write(&list, changed).expect("written");
        let ran = elsewhere(&world, &data, &restore);
        assert_eq!((ran.exit, data.exists()), (2, false), "{name}: {ran:?}");
        assert!(ran.err.contains("its list of files"), "{name}: {ran:?}");
        assert!(!world.path("outside.toml").exists());
    }
    // One of an earlier version says nothing of it.
    let mut earlier: Value = serde_json::from_str(&sound).expect("JSON");
    earlier.as_object_mut().expect("an object").remove("beside");
    fs::write(&list, earlier.to_string()).expect("written");
    let ran = elsewhere(&world, &data, &restore);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(!data.join("trust").exists());
}

// Killed.

/// What changes the disk so that another process sees it, or brings it there.
const CALLS: [&str; 5] = ["pwrite64", "fsync", "fdatasync", "rename", "mkdir"];

/// The program under strace, killed at one of its calls of a kind; whether it was.
fn killed_at((kind, call): (&str, usize), command: &Command) -> bool {
    let inject = format!("inject={kind}:signal=SIGKILL:when={call}");
    let mut traced = Command::new("strace");
    traced.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={kind}"),
    ]);
    traced.args(["-e", &inject]);
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

/// What stays under the name of a backup, wherever its making is killed, is one.
#[test]
fn a_backup_that_was_killed_anywhere_is_none_or_whole() {
    if !can_trace() {
        return;
    }
    let (world, _) = with_a_message();
    furnish(&world);
    let (copy, data) = (world.path("copy"), world.path("elsewhere"));
    let command = world.command(&["ledger", "backup", &shown(&copy)]);
    let (mut none, mut whole) = (0, 0);
    for kind in CALLS {
        for call in 1.. {
            let was_killed = killed_at((kind, call), &command);
            if copy.exists() {
                whole += 1;
                let ran = elsewhere(&world, &data, &["ledger", "restore", &shown(&copy)]);
                assert_eq!(ran.exit, 0, "{kind} {call}: {ran:?}");
                assert!(is_furnished(&copy) && is_furnished(&data), "{kind} {call}");
                fs::remove_dir_all(&data).expect("removed");
                fs::remove_dir_all(&copy).expect("removed");
            } else {
                none += 1;
            }
            if !was_killed {
                break;
            }
        }
    }
    assert!(
        none > 15 && whole > CALLS.len(),
        "{none} without, {whole} with a backup"
    );
    // What the killed left, the next one removed.
    assert_eq!(ledger(&world, &["backup", &shown(&copy)]).0, 0);
    let left = fs::read_dir(world.folder.path())
        .expect("a folder")
        .flatten();
    let left = left.filter(|entry| entry.file_name().to_string_lossy().contains(".partial-"));
    // One that was killed before it had its lock may stay: it is empty.
    for entry in left {
        assert_eq!(files(&entry.path()).len(), 0, "{:?}", entry.path());
    }
}

#[test]
fn a_ledger_whose_putting_back_was_killed_anywhere_is_none_or_whole_and_marked() {
    if !can_trace() {
        return;
    }
    let (world, _) = with_a_message();
    furnish(&world);
    let (copy, data) = (world.path("copy"), world.path("elsewhere"));
    assert_eq!(ledger(&world, &["backup", &shown(&copy)]).0, 0);
    let mut command = world.command(&[]);
    command.arg("--data-dir").arg(&data);
    command.args(["ledger", "restore", &shown(&copy)]);
    let (mut none, mut whole) = (0, 0);
    for kind in CALLS {
        for call in 1.. {
            let was_killed = killed_at((kind, call), &command);
            if data.exists() {
                whole += 1;
                let check = elsewhere(&world, &data, &["ledger", "check"]);
                assert_eq!(check.exit, 0, "{kind} {call}: {check:?}");
                let stat = elsewhere(&world, &data, &["ledger", "stat", "--json"]).json();
                assert_eq!(stat["at_home"], false, "{kind} {call}: {stat}");
                assert!(is_furnished(&data), "{kind} {call}");
                fs::remove_dir_all(&data).expect("removed");
            } else {
                none += 1;
            }
            if !was_killed {
                break;
            }
        }
    }
    assert!(
        none > 15 && whole > CALLS.len(),
        "{none} without, {whole} with a ledger"
    );
}

// Brought forward.

/// A ledger as the first release left it.
fn released(world: &Practising) -> PathBuf {
    fs::create_dir(world.data()).expect("a folder");
    let file = world.data().join("ledger.sqlite");
    let connection = Connection::open(&file).expect("a database");
    connection
        .execute_batch(include_str!("ledger/released-0001.sql"))
        .expect("the form");
    file
}

fn form(file: &Path) -> i64 {
    let connection = Connection::open(file).expect("a database");
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("a form")
}

const DRY: [&str; 7] = [
    "send",
    "--dry-run",
    "--to",
    "a@pec.example",
    "--subject",
    "x",
    "--body",
];

#[test]
fn only_who_writes_brings_a_ledger_forward_and_keeps_what_it_was() {
    let world = Practising::new();
    let file = released(&world);
    let before = fs::read(&file).expect("a database");
    for command in [
        &["status"][..],
        &["status", "--orphans"],
        &["batch", "status"],
        &[&DRY[..], &["x"]].concat(),
        &["doctor", "--offline"],
        &["ledger", "stat"],
        &["ledger", "check"],
    ] {
        let ran = world.run(command);
        assert!([0, 1].contains(&ran.exit), "{ran:?}");
        assert_eq!(fs::read(&file).expect("a database"), before, "{command:?}");
    }
    let stat = world.run(&["status", "--json"]).json();
    assert_eq!(
        stat["messages"].as_array().map(Vec::len),
        Some(1),
        "all that it knew"
    );
    assert!(!world.data().join("ledger.sqlite.form-1").exists());
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert!(form(&file) > 1);
    let kept = world.data().join("ledger.sqlite.form-1");
    assert_eq!(form(&kept), 1, "as it was");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        fs::metadata(&kept).expect("a file").permissions().mode() & 0o077,
        0
    );
    let connection = Connection::open(&kept).expect("a database");
    let messages: i64 = connection
        .query_row("SELECT count(*) FROM message", [], |row| row.get(0))
        .expect("rows");
    assert_eq!(messages, 1);
    // Once.
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert!(!world.data().join("ledger.sqlite.form-1-2").exists());
}

#[test]
fn a_copy_that_is_there_is_not_written_over() {
    let world = Practising::new();
    released(&world);
    let kept = world.data().join("ledger.sqlite.form-1");
    fs::write(&kept, b"of another day").expect("written");
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(fs::read(&kept).expect("a file"), b"of another day");
    assert_eq!(form(&world.data().join("ledger.sqlite.form-1-2")), 1);
}

/// Without room for the copy nothing is changed.
#[test]
fn what_cannot_be_copied_is_not_brought_forward() {
    let world = Practising::new();
    let file = released(&world);
    let ran = with_small_files(&world.command(&["sync"]));
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert_eq!(form(&file), 1);
}

// Read where it cannot be written.

/// Runs a command for which no file may grow: as on a full disk.
fn with_small_files(command: &Command) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
    shell
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    Ran::of(shell.output().expect("a shell"))
}

const READING: [&[&str]; 6] = [
    &["status"],
    &["status", "--json"],
    &["batch", "status"],
    &["ledger", "stat"],
    &["ledger", "check"],
    &[
        "send",
        "--dry-run",
        "--to",
        "a@pec.example",
        "--subject",
        "x",
        "--body",
        "x",
    ],
];

#[test]
fn a_full_disk_is_read_and_named() {
    let (world, message) = with_a_message();
    for left_open in [false, true] {
        // One that is open elsewhere has its log beside it, and memory that it shares.
        let open = left_open.then(|| postacert::ledger::Ledger::open(&world.data()));
        for command in READING {
            let ran = with_small_files(&world.command(command));
            assert_eq!(ran.exit, 0, "{command:?} {left_open}: {ran:?}");
        }
        let ran = with_small_files(&world.command(&["status"]));
        assert!(ran.out.contains(&message), "{ran:?}");
        drop(open);
    }
    let doctor = with_small_files(&world.command(&["doctor", "--offline"]));
    assert_eq!(doctor.exit, 1, "{doctor:?}");
    assert!(
        doctor.out.contains("can be read but not written"),
        "{doctor:?}"
    );
    assert_eq!(with_small_files(&world.command(&["sync"])).exit, 4);
}

/// Runs a command to which the data are on a disk that nobody may write; `None` where that cannot
/// be arranged.
fn on_a_disk_to_read(world: &Practising, command: &Command) -> Option<Ran> {
    let data = shown(&world.data());
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" || exit 97; \
                  exec \"$@\"";
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "sh", "-c", script, &data]);
    shell
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    let ran = Ran::of(shell.output().ok()?);
    if ran.exit == 97 || ran.err.contains("unshare:") {
        skipped("a disk to read only needs leave to mount");
        return None;
    }
    Some(ran)
}

#[test]
fn a_disk_that_nobody_may_write_is_read() {
    for log in ["closed", "left with its index", "left alone"] {
        let (world, message) = with_a_message();
        if log != "closed" {
            leave_a_log(&world, log == "left with its index");
        }
        for command in READING {
            let Some(ran) = on_a_disk_to_read(&world, &world.command(command)) else {
                return;
            };
            assert_eq!(ran.exit, 0, "{command:?}, {log}: {ran:?}");
        }
        let ran = on_a_disk_to_read(&world, &world.command(&["status"])).expect("as before");
        assert!(ran.out.contains(&message), "{ran:?}");
        let is_whole = log == "closed" || ran.out.contains("Nel registro");
        assert!(is_whole, "{log}: {ran:?}");
    }
}

/// Another message, which stands in the log alone, as a crash of the machine leaves it.
fn leave_a_log(world: &Practising, with_index: bool) {
    let open = postacert::ledger::Ledger::open(&world.data()).expect("a ledger");
    world.send("Nel registro", &["delivered"]);
    settle(world);
    let aside = world.path("aside");
    fs::create_dir(&aside).expect("a folder");
    let names = ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"];
    let kept: &[&str] = if with_index { &names } else { &names[..2] };
    for name in kept {
        fs::copy(world.data().join(name), aside.join(name)).expect("copied");
    }
    drop(open);
    for name in names {
        let _ = fs::remove_file(world.data().join(name));
    }
    for name in kept {
        fs::rename(aside.join(name), world.data().join(name)).expect("moved");
    }
}

/// A copy to be looked at, without the log that it had.
#[test]
fn what_was_lost_is_told_where_nothing_can_be_entered() {
    let (world, message) = with_a_message();
    let open = postacert::ledger::Ledger::open(&world.data()).expect("a ledger");
    let file = world.data().join("ledger.sqlite");
    let before = fs::read(&file).expect("a database");
    let lost = world.send("Nel registro", &["delivered"]);
    drop(open);
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{end}")));
    }
    fs::write(&file, &before).expect("written");
    let Some(ran) = on_a_disk_to_read(&world, &world.command(&["status"])) else {
        return;
    };
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.err.contains("lacked messages sent"), "{ran:?}");
    assert!(
        ran.out.contains(&lost) && ran.out.contains(&message),
        "{ran:?}"
    );
    assert_eq!(fs::read(&file).expect("a database"), before);
}

// The last look.

#[test]
fn when_a_mailbox_was_last_read_is_kept_and_shown() {
    let world = Practising::new();
    world.send("Diffida", &["delivered"]);
    settle(&world);
    let read = |document: &Value| document["mailboxes"][0]["last_read"].clone();
    assert_eq!(world.run(&["sync"]).exit, 0);
    let status = world.run(&["status", "--json"]).json();
    assert_eq!(status["mailboxes"][0]["account"], "prova", "{status}");
    assert!(read(&status).is_string(), "{status}");
    let (_, stat) = ledger(&world, &["stat"]);
    assert_eq!(read(&stat), read(&status));
    const WORDS: &str = "mailbox prova: last read 20";
    let text = world.run(&["ledger", "stat"]);
    assert!(text.out.contains(WORDS), "{text:?}");
    // A list says so only when it matters.
    assert!(!world.run(&["status"]).out.contains(WORDS));
    let doctor = world.run(&["doctor", "--offline"]);
    assert!(
        doctor.out.contains("the mailbox was last read 20"),
        "{doctor:?}"
    );
    // A day ago: reading has stopped, it seems.
    let connection = Connection::open(world.data().join("ledger.sqlite")).expect("a database");
    connection
        .execute("UPDATE look SET at = at - 90000", [])
        .expect("changed");
    drop(connection);
    let doctor = world.run(&["doctor", "--offline"]);
    assert!(doctor.out.contains("25 hours ago"), "{doctor:?}");
    assert_eq!(doctor.exit, 0, "a warning");
    assert!(world.run(&["status"]).out.contains(WORDS));
    // A reading that failed is none.
    let before = read(&world.run(&["status", "--json"]).json());
    let file = world.path("config.toml");
    let text = fs::read_to_string(&file).expect("a configuration");
    let imap = format!("localhost:{}", world.practice.imap().port());
    fs::write(&file, text.replace(&imap, "localhost:1")).expect("written");
    assert_eq!(world.run(&["sync"]).exit, 4);
    assert_eq!(read(&world.run(&["status", "--json"]).json()), before);
}
