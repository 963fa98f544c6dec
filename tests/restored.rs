//! The folder of the ledger copied, brought back, truncated or parted from its log, while the
//! program and a practice provider go on: nothing goes out twice by itself, and a person is told.

mod support;

use std::fs;
use std::path::Path;

use postacert::address::MailAddress;
use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::ledger::Ledger;
use postacert::practice::{Config, Fault};
use postacert::timestamp::Timestamp;
use support::practising::{Practising, Ran, config};

/// What is in a folder, into another one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a kind").is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

/// Keeps a copy of the data beside them.
fn back_up(world: &Practising) {
    copy(&world.data(), &world.path("copy"));
}

/// From now on the copy is what the program uses, as on another computer.
fn use_the_copy(world: &Practising) {
    fs::rename(world.data(), world.path("original")).expect("moved");
    fs::rename(world.path("copy"), world.data()).expect("moved");
}

fn resume(world: &Practising) -> Ran {
    let ran = world.run(&["send", "--resume", "--yes", "--no-copy"]);
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(10));
    ran
}

const ASKS: &str = "is a copy, was restored, or had lost data";

#[test]
fn what_the_original_sent_meanwhile_is_not_sent_by_its_copy() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutBeforeData],
        ..config()
    });
    assert_eq!(
        world.try_send("Diffida", &["delivered"]).exit,
        4,
        "never sent"
    );
    back_up(&world);
    assert_eq!(resume(&world).exit, 0);
    assert_eq!(world.practice.taken().len(), 1);
    use_the_copy(&world);
    let ran = resume(&world);
    assert!(ran.err.contains(ASKS), "{ran:?}");
    assert_eq!((ran.exit, world.practice.taken().len()), (0, 1), "{ran:?}");
    // Once: now it is at home here.
    assert!(!resume(&world).err.contains(ASKS));
}

#[test]
fn a_copy_sends_what_nobody_sent() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutBeforeData],
        ..config()
    });
    assert_eq!(world.try_send("Diffida", &["delivered"]).exit, 4);
    back_up(&world);
    use_the_copy(&world);
    let ran = resume(&world);
    assert_eq!((ran.exit, world.practice.taken().len()), (0, 1), "{ran:?}");
}

/// As a disk that was set back as a whole, by which nothing can be noticed: what was recorded
/// earlier than just now is looked for in the mailbox all the same.
#[test]
fn what_is_not_of_now_is_looked_for_before_it_goes() {
    for (original_sent, resumes) in [(true, true), (false, true), (true, false), (false, false)] {
        let world = Practising::with(Config {
            faults: vec![Fault::CutBeforeData],
            ..config()
        });
        assert_eq!(world.try_send("Diffida", &["delivered"]).exit, 4);
        back_up(&world);
        if original_sent {
            assert_eq!(resume(&world).exit, 0);
        }
        use_the_copy(&world);
        let mut ledger = Ledger::open(&world.data()).expect("the copy");
        let address = MailAddress::new(&world.address("io"));
        ledger.note_asked(&address).expect("recorded");
        drop(ledger);
        let later = Timestamp::from_unix(support::practising::now().unix() + 601);
        let context = Context::fixed(later, Lang::En);
        // Resumed, or written again by the script that had failed.
        let to = world.address("delivered");
        let again = ["--subject", "Diffida", "--body", "Buongiorno.", "--to", &to];
        let program = match resumes {
            true => world.command(&["send", "--resume", "--yes", "--no-copy"]),
            false => world.command(&[&["send", "--yes", "--no-copy"][..], &again].concat()),
        };
        let args = std::iter::once(program.get_program()).chain(program.get_args());
        let args = args.map(Into::into).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = command::run(args, &context, &mut out, &mut err).expect("ended");
        let err = String::from_utf8(err).expect("text");
        assert!(!err.contains(ASKS), "{err}");
        let told = match resumes {
            true => "found in the mailbox",
            false => "nothing was sent",
        };
        assert_eq!(err.contains(told), original_sent, "{err}");
        let refused = original_sent && !resumes;
        assert_eq!(
            (status.number(), world.practice.taken().len()),
            (if refused { 2 } else { 0 }, 1),
            "{err}"
        );
    }
}

#[test]
fn what_the_original_sent_meanwhile_is_not_written_again_by_a_script() {
    let world = Practising::new();
    world.send("Prima", &["delivered"]);
    back_up(&world);
    world.send("Sollecito", &["delivered"]);
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(10));
    use_the_copy(&world);
    let again = world.try_send("Sollecito", &["delivered"]);
    assert_eq!(again.exit, 2, "{again:?}");
    assert!(again.err.contains(ASKS), "{again:?}");
    assert!(
        again.err.contains("that are not in this ledger (1)"),
        "{again:?}"
    );
    assert!(
        again
            .err
            .contains("or a ledger that no longer exists; nothing was sent"),
        "{again:?}"
    );
    assert_eq!(world.practice.taken().len(), 2);
    // Another subject is another message.
    assert_eq!(world.try_send("Altro sollecito", &["delivered"]).exit, 0);
}

#[test]
fn an_acceptance_that_was_filed_elsewhere_is_found_too() {
    let world = Practising::new();
    world.send("Sollecito", &["delivered"]);
    settle(&world);
    let came = world.practice.messages(&world.address("io"), "INBOX");
    let acceptance = came.iter().find(|stored| {
        let text = String::from_utf8_lossy(&stored.octets);
        text.contains("X-Ricevuta: accettazione")
    });
    let acceptance = acceptance.expect("an acceptance").octets.clone();
    for folder in ["INBOX.Archivio", "nowhere"] {
        // The same mailbox, after somebody tidied it up; and a ledger that came from elsewhere.
        let tidy = Practising::new();
        if folder != "nowhere" {
            let filed = tidy
                .practice
                .deliver(&tidy.address("io"), folder, &acceptance);
            filed.expect("filed");
        }
        drop(Ledger::open(&tidy.data()).expect("a ledger"));
        back_up(&tidy);
        use_the_copy(&tidy);
        let ran = tidy.try_send("Sollecito", &["delivered"]);
        let (exit, taken) = if folder == "nowhere" { (0, 1) } else { (2, 0) };
        assert_eq!(
            (ran.exit, tidy.practice.taken().len()),
            (exit, taken),
            "{ran:?}"
        );
    }
}

#[test]
fn a_copy_that_cannot_ask_sends_nothing() {
    let world = Practising::new();
    world.send("Prima", &["delivered"]);
    back_up(&world);
    use_the_copy(&world);
    let file = world.path("config.toml");
    let text = fs::read_to_string(&file).expect("a configuration");
    let imap = format!("localhost:{}", world.practice.imap().port());
    fs::write(&file, text.replace(&imap, "localhost:1")).expect("written");
    let ran = world.try_send("Sollecito", &["delivered"]);
    assert_eq!((ran.exit, world.practice.taken().len()), (4, 1), "{ran:?}");
}

#[test]
fn a_ledger_that_was_truncated_knows_again_what_left() {
    for file in ["truncated", "removed"] {
        let world = Practising::new();
        let message = world.send("Sollecito", &["delivered"]);
        world
            .practice
            .wait_until_idle(std::time::Duration::from_secs(10));
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{end}")));
        }
        if file == "truncated" {
            fs::write(world.data().join("ledger.sqlite"), b"").expect("written");
        }
        let again = world.try_send("Sollecito", &["delivered"]);
        assert!(again.err.contains("lacked messages sent"), "{again:?}");
        assert!(again.err.contains(&message), "{again:?}");
        assert_eq!((again.exit, world.practice.taken().len()), (2, 1), "{file}");
        // The mailbox was asked: its receipts say where it stands.
        assert_eq!(world.standings(&message)[0].1, "delivered");
    }
}

/// Of an attempt that only the journal tells of nobody knows whom the server refused: who is in no
/// acceptance stays in doubt, and may be sent to on a person's word.
#[test]
fn who_is_in_no_acceptance_of_a_lost_attempt_stays_in_doubt_and_may_get_it() {
    let world = Practising::new();
    let sent = world.try_send("Sollecito", &["delivered", "later"]);
    let message = sent.json()["messages"][0]["id"].clone();
    let message = message.as_str().expect("an id").to_owned();
    settle(&world);
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{end}")));
    }
    assert_eq!(world.run(&["sync"]).exit, 0);
    let standings = || {
        let all = world.standings(&message).into_iter();
        all.map(|(_, standing)| standing).collect::<Vec<_>>()
    };
    assert_eq!(standings(), ["delivered", "in-doubt"]);
    let resume = |more: &[&str]| {
        let given = ["send", "--resume", "--yes", "--no-copy"];
        world.run(&[&given[..], more].concat())
    };
    for more in [&[][..], &["--resend", "--patience", "0s"]] {
        let ran = resume(more);
        assert_eq!((ran.exit, world.practice.taken().len()), (3, 1), "{ran:?}");
        assert!(ran.err.contains("does not name the others"), "{ran:?}");
    }
    let ran = resume(&["--resend=even-if-it-arrives-twice", "--patience", "0s"]);
    let taken = world.practice.taken();
    assert_eq!((ran.exit, taken.len()), (0, 2), "{ran:?}");
    assert_eq!(taken[1].recipients, [world.address("later")]);
    settle(&world);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(standings(), ["delivered", "delivered"]);
}

#[test]
fn status_and_doctor_say_what_was_lost() {
    let lost = || {
        let world = Practising::new();
        let message = world.send("Sollecito", &["delivered"]);
        fs::write(world.data().join("ledger.sqlite"), b"").expect("written");
        (world, message)
    };
    let (world, message) = lost();
    let status = world.run(&["status"]);
    assert_eq!(status.exit, 0);
    assert!(status.out.contains(&message), "{status:?}");
    assert!(status.err.contains("lacked messages sent"), "{status:?}");
    assert_eq!(world.standings(&message)[0].1, "in-doubt");
    let (world, _) = lost();
    let doctor = world.run(&["doctor", "--offline", "--json"]).json();
    let checks = doctor["checks"].as_array().expect("checks");
    let ledger = checks.iter().find(|check| check["id"] == "ledger");
    assert_eq!(ledger.expect("a check")["state"], "warning", "{checks:?}");
}

#[test]
fn a_damaged_ledger_is_named_and_not_tried_again() {
    let world = Practising::new();
    world.send("Sollecito", &["delivered"]);
    let file = world.data().join("ledger.sqlite");
    let sound = fs::read(&file).expect("a database");
    let mut malformed = sound.clone();
    malformed[4_096..].fill(0x5a);
    let mut of_others = sound.clone();
    of_others[..16].copy_from_slice(b"something else..");
    for (octets, words) in [
        (&malformed, "the database is damaged"),
        (&of_others, "the file is not a database"),
    ] {
        fs::write(&file, octets).expect("written");
        for command in [&["status"][..], &["sync"], &["send", "--resume", "--yes"]] {
            let ran = world.run(command);
            assert_eq!(ran.exit, 2, "{ran:?}");
            assert!(
                ran.err.contains("the ledger is damaged") && ran.err.contains(words),
                "{ran:?}"
            );
            assert!(ran.err.contains("Restore an intact copy"), "{ran:?}");
        }
        let doctor = world.run(&["doctor", "--offline"]);
        assert!(doctor.out.contains("the ledger is damaged"), "{doctor:?}");
        assert_ne!(doctor.exit, 0);
    }
    // Put aside, as the advice says.
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{end}")));
    }
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(10));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let listed = world.run(&["status", "--json"]).json();
    assert_eq!(
        listed["messages"][0]["recipients"][0]["standing"],
        "delivered"
    );
}

#[test]
fn tables_of_another_program_are_no_ledger() {
    let world = Practising::new();
    world.send("Sollecito", &["delivered"]);
    let connection = rusqlite::Connection::open(world.data().join("ledger.sqlite")).unwrap();
    connection
        .execute_batch("ALTER TABLE examination RENAME COLUMN kind TO sort")
        .unwrap();
    drop(connection);
    let ran = world.run(&["sync"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("the ledger is damaged"), "{ran:?}");
}

// Many at once.

/// Runs a table of three rows; the same one each time.
fn run_table(world: &Practising) -> Ran {
    let ran = run_table_at_once(world, &[]);
    settle(world);
    ran
}

/// The same without waiting for its receipts.
fn run_table_at_once(world: &Practising, more: &[&str]) -> Ran {
    let table = world.path("avvisi.csv");
    let mut text = "pec;ref\r\n".to_owned();
    for number in 1..=3 {
        text += &format!("{};R-{number}\r\n", world.address(&format!("u{number}")));
    }
    fs::write(&table, text).expect("a table");
    let body = world.path("testo.txt");
    fs::write(&body, "Buongiorno.").expect("a template");
    let (table, body) = (table.display().to_string(), body.display().to_string());
    let texts = ["--subject", "Avviso {{ref}}", "--body-file", &body];
    let given = [&["batch", "run", &table, "--yes"][..], &texts, more].concat();
    world.run(&given)
}

fn settle(world: &Practising) {
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(10));
}

#[test]
fn a_copy_of_before_a_batch_settles_the_rows_that_the_original_sent() {
    for original_sent in [true, false] {
        let world = Practising::new();
        world.send("Prima", &["delivered"]);
        settle(&world);
        back_up(&world);
        if original_sent {
            let ran = run_table(&world);
            assert!(ran.out.contains("sent 3 of 3"), "{ran:?}");
        }
        use_the_copy(&world);
        let ran = run_table(&world);
        assert!(ran.err.contains(ASKS), "{ran:?}");
        assert_eq!(world.practice.taken().len(), 4, "{ran:?}");
        let is_settled = ran.out.contains("by this job 0, from another computer 3");
        assert_eq!(is_settled, original_sent, "{ran:?}");
        // Not by itself, and not by coming back either.
        run_table(&world);
        assert_eq!(world.practice.taken().len(), 4);
    }
}

#[test]
fn a_batch_whose_ledger_was_truncated_goes_on_with_what_left() {
    let world = Practising::new();
    assert!(run_table(&world).out.contains("sent 3 of 3"));
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{end}")));
    }
    let ran = run_table(&world);
    assert!(ran.err.contains("lacked messages sent"), "{ran:?}");
    assert!(ran.out.contains("sent 3 of 3"), "{ran:?}");
    assert_eq!(world.practice.taken().len(), 3, "{ran:?}");
    assert_eq!(world.run(&["sync"]).exit, 0);
    let table = world.path("avvisi.csv").display().to_string();
    let report = world.run(&["batch", "report", &table, "--ndjson"]);
    assert_eq!(
        report.out.matches("\"state\":\"delivered\"").count(),
        3,
        "{report:?}"
    );
}

/// The journal knows of messages of which a ledger that was brought back by hand has nothing at all.
#[test]
fn what_the_journal_alone_knows_is_not_sent_again_before_its_acceptance_comes() {
    const DELAY: std::time::Duration = std::time::Duration::from_secs(20);
    let world = Practising::with(Config {
        receipt_delay: DELAY,
        ..config()
    });
    // So that there is a ledger before.
    assert_eq!(world.run(&["sync"]).exit, 0);
    back_up(&world);
    let began = std::time::Instant::now();
    let ran = run_table_at_once(&world, &[]);
    assert!(ran.out.contains("sent 3 of 3"), "{ran:?}");
    assert_eq!(world.try_send("Sola", &["a"]).exit, 0);
    for end in ["", "-wal", "-shm"] {
        let name = format!("ledger.sqlite{end}");
        let _ = fs::remove_file(world.data().join(&name));
        let _ = fs::copy(world.path("copy").join(&name), world.data().join(&name));
    }
    fs::remove_dir_all(world.data().join("messages")).expect("removed");
    let again = run_table_at_once(&world, &[]);
    assert_eq!(world.practice.taken().len(), 4, "{again:?}");
    let alone = world.try_send("Sola", &["a"]);
    assert_eq!(world.practice.taken().len(), 4, "{alone:?}");
    assert_eq!(alone.exit, 2, "{alone:?}");
    if began.elapsed() < DELAY {
        assert_eq!(again.exit, 2, "{again:?}");
        let words = "already sent from this computer, or may have been";
        assert_eq!(again.err.matches(words).count(), 3, "{again:?}");
        // With the word one goes, as another message.
        let one = run_table_at_once(&world, &["--skip-bad", "--correct=2"]);
        assert_eq!(world.practice.taken().len(), 5, "{one:?}");
        let ids = world.practice.taken();
        let ids: std::collections::BTreeSet<_> =
            ids.into_iter().filter_map(|one| one.message_id).collect();
        assert_eq!(ids.len(), 5, "{one:?}");
    }
    let taken = world.practice.taken().len();
    world.practice.wait_until_idle(3 * DELAY);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let ran = run_table_at_once(&world, &[]);
    assert_eq!(world.practice.taken().len(), taken, "{ran:?}");
    let alone = world.try_send("Sola", &["a"]);
    assert_eq!(world.practice.taken().len(), taken, "{alone:?}");
    assert!(ran.out.contains("sent 3 of 3"), "{ran:?}");
}

#[test]
fn a_copy_that_cannot_ask_sends_no_row() {
    let world = Practising::new();
    world.send("Prima", &["delivered"]);
    settle(&world);
    back_up(&world);
    use_the_copy(&world);
    let file = world.path("config.toml");
    let text = fs::read_to_string(&file).expect("a configuration");
    let imap = format!("localhost:{}", world.practice.imap().port());
    fs::write(&file, text.replace(&imap, "localhost:1")).expect("written");
    let ran = run_table(&world);
    assert_eq!((ran.exit, world.practice.taken().len()), (4, 1), "{ran:?}");
    assert!(ran.err.contains("cannot be checked now"), "{ran:?}");
}

// Renamed.

#[test]
fn under_another_name_the_account_goes_on() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutAfterDotKept],
        ..config()
    });
    assert_eq!(
        world.try_send("Diffida", &["delivered"]).exit,
        3,
        "in doubt"
    );
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(10));
    let file = world.path("config.toml");
    let text = fs::read_to_string(&file).expect("a configuration");
    fs::write(&file, text.replace("[account.prova]", "[account.nuova]")).expect("written");
    let ran = resume(&world);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.err.contains("found in the mailbox"), "{ran:?}");
    let listed = world
        .run(&["status", "--json", "--account", "nuova"])
        .json();
    assert_eq!(listed["messages"][0]["account"], "nuova");
    assert_eq!(listed["receipts_without_message"], serde_json::Value::Null);
    let by_address = world.run(&[
        "wait",
        "Diffida",
        "--account",
        &world.address("io"),
        "--timeout",
        "20s",
    ]);
    assert_eq!(by_address.exit, 0, "{by_address:?}");
}

#[test]
fn two_accounts_of_one_address_are_one() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutAfterDotKept],
        ..config()
    });
    let file = world.path("config.toml");
    let text = fs::read_to_string(&file).expect("a configuration");
    let other = world.account("altra", &world.address("IO"));
    fs::write(&file, format!("default = \"prova\"\n{text}{other}")).expect("written");
    assert_eq!(
        world.try_send("Diffida", &["delivered"]).exit,
        3,
        "in doubt"
    );
    settle(&world);
    let ran = world.run(&["send", "--resume", "--yes", "--account", "altra"]);
    assert_eq!((ran.exit, world.practice.taken().len()), (0, 1), "{ran:?}");
    assert!(ran.err.contains("found in the mailbox"), "{ran:?}");
    // Read once for both.
    let synced = world.run(&["sync", "--account", "prova"]);
    assert!(
        synced.err.contains("new messages examined: 0"),
        "{synced:?}"
    );
}
