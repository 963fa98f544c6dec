//! What is written stays, once, whoever writes and whatever happens to him: several processes,
//! a process that dies, a full disk, an older and a newer form of the file, a damaged one.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use postacert::ledger::fact::{RecipientAnswer, Refusal, Words};
use postacert::ledger::state::{RecipientState, Standing};
use postacert::ledger::{Claim, Commit, End, Error, Filter, Ledger, MessageRef};
use rusqlite::Connection;

use crate::support::random::Random;
use crate::support::receipt::{Kind, Receipt, SENDER, SUBJECT};
use crate::support::sender::{
    Desk, account, after, base, ends_in_doubt, ends_refused, ends_unsent, moment, outgoing, taken,
};
use crate::support::skipped::skipped;

use Standing as S;

const IN_DOUBT: &str = "the line broke";

fn another_handle(desk: &Desk) -> Ledger {
    Ledger::open(&desk.folder()).expect("the same ledger")
}

// Once.

#[test]
fn a_message_is_recorded_once() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let again = desk.ledger.freeze(&base(), desk.now);
    assert!(matches!(again, Err(Error::Known { short }) if short == message.short));
    let other = outgoing("<2@client.mittente.example>", SUBJECT, &[SENDER], &[]);
    desk.freeze(&other);
    assert_eq!(desk.ledger.list(&Filter::default(), 9, 0).unwrap().len(), 2);
}

#[test]
fn a_message_that_is_being_sent_is_not_sent_by_another() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let mut other = another_handle(&desk);
    let attempt = desk
        .ledger
        .begin(&message, Claim::NeverLeft, desk.now)
        .unwrap();
    for claim in [Claim::NeverLeft, Claim::InDoubtAndSearched] {
        let refused = other.begin(&message, claim, desk.now);
        assert!(
            matches!(refused, Err(Error::BeingSent { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(other.settle_cut_off(desk.now).unwrap(), 0);
    assert_eq!(desk.standings(&message), [S::Sending; 3]);
    // It did not leave: now another may.
    let not_sent = ends_unsent("no connection");
    desk.ledger
        .end(attempt, &not_sent, desk.now, Commit::AtOnce)
        .unwrap();
    let attempt = other.begin(&message, Claim::NeverLeft, desk.now).unwrap();
    assert_eq!(attempt.number(), 2);
    other
        .end(attempt, &taken(), desk.now, Commit::AtOnce)
        .unwrap();
    let refused = desk.ledger.begin(&message, Claim::NeverLeft, desk.now);
    assert!(matches!(
        refused,
        Err(Error::Settled {
            standing: "sent",
            ..
        })
    ));
}

/// What is brought to the disk with the next step is known to others before.
#[test]
fn an_end_that_waits_for_the_next_step_is_seen_by_others_at_once() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let attempt = desk.ledger.begin(&message, Claim::NeverLeft, desk.now);
    let attempt = attempt.unwrap();
    desk.ledger
        .hand(&attempt, desk.now, Commit::AtOnce)
        .unwrap();
    let ended = desk
        .ledger
        .end(attempt, &taken(), desk.now, Commit::WithNext);
    ended.unwrap();
    let mut other = another_handle(&desk);
    assert_eq!(other.settle_cut_off(desk.now).unwrap(), 0);
    let refused = other.begin(&message, Claim::NeverLeft, desk.now);
    assert!(matches!(refused, Err(Error::Settled { .. })), "{refused:?}");
    desk.ledger.bring_to_disk().unwrap();
    assert_eq!(desk.standings(&message), [S::Sent; 3]);
}

#[test]
fn a_message_in_doubt_is_sent_again_by_one_only() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    desk.attempt(&message, Claim::NeverLeft, &ends_in_doubt(IN_DOUBT));
    let refused = desk.ledger.begin(&message, Claim::NeverLeft, desk.now);
    assert!(matches!(
        refused,
        Err(Error::Settled {
            standing: "in-doubt",
            ..
        })
    ));
    let mut other = another_handle(&desk);
    let claim = Claim::InDoubtAndSearched;
    let attempt = desk.ledger.begin(&message, claim, desk.now).unwrap();
    let refused = other.begin(&message, claim, desk.now);
    assert!(
        matches!(refused, Err(Error::BeingSent { .. })),
        "{refused:?}"
    );
    desk.ledger
        .end(attempt, &taken(), desk.now, Commit::AtOnce)
        .unwrap();
    let refused = other.begin(&message, claim, desk.now);
    assert!(matches!(
        refused,
        Err(Error::Settled {
            standing: "sent",
            ..
        })
    ));
}

#[test]
fn of_many_that_try_at_once_one_gets_the_message() {
    let mut desk = Desk::new();
    for (number, in_doubt) in [(1, false), (2, true), (3, false), (4, true)] {
        let id = format!("<{number}@client.mittente.example>");
        let message = desk.freeze(&outgoing(&id, SUBJECT, &[SENDER], &[]));
        let claim = if in_doubt {
            let end = ends_in_doubt(IN_DOUBT);
            desk.attempt(&message, Claim::NeverLeft, &end);
            Claim::InDoubtAndSearched
        } else {
            Claim::NeverLeft
        };
        let now = desk.now;
        let handles: Vec<Ledger> = (0..6).map(|_| another_handle(&desk)).collect();
        let got: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = handles
                .into_iter()
                .map(|mut ledger| {
                    let message = &message;
                    scope.spawn(move || ledger.begin(message, claim, now))
                })
                .collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(got.iter().filter(|one| one.is_ok()).count(), 1, "{got:?}");
        let others = got.iter().filter_map(|one| one.as_ref().err());
        for error in others {
            assert!(matches!(error, Error::BeingSent { .. }), "{error}");
        }
    }
}

#[test]
fn a_refused_recipient_keeps_the_whole_message_from_going_again() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let refused = RecipientAnswer {
        place: 1,
        refusal: Refusal {
            transient: false,
            words: Words {
                code: Some(550),
                text: "5.1.1 unknown".to_owned(),
            },
        },
    };
    let end = End {
        refused: vec![refused],
        ..taken()
    };
    desk.attempt(&message, Claim::NeverLeft, &end);
    assert_eq!(desk.standings(&message), [S::Sent, S::Refused, S::Sent]);
    let again = desk
        .ledger
        .begin(&message, Claim::InDoubtAndSearched, desk.now);
    assert!(matches!(again, Err(Error::Settled { .. })));
}

#[test]
fn refused_for_now_may_go_again_and_refused_for_good_not() {
    for for_now in [true, false] {
        let mut desk = Desk::new();
        let message = desk.freeze(&base());
        desk.attempt(
            &message,
            Claim::NeverLeft,
            &ends_refused(for_now, 450, "4.2.0 later"),
        );
        let again = desk.ledger.begin(&message, Claim::NeverLeft, desk.now);
        assert_eq!(again.is_ok(), for_now);
    }
}

// Processes that die. The child is this test binary, told by its environment what to do.

const ROLE: &str = "PEC_TEST_CHILD";
const FOLDER: &str = "PEC_TEST_FOLDER";

#[test]
fn a_child_does_what_its_environment_says() {
    let (Ok(role), Ok(folder)) = (std::env::var(ROLE), std::env::var(FOLDER)) else {
        return;
    };
    match &*role {
        "begin" | "hand" => hold(Path::new(&folder), role == "hand"),
        "open" => drop(Ledger::open(Path::new(&folder)).expect("a ledger")),
        "fill" => fill(Path::new(&folder)),
        "record" => crate::beside::record(Path::new(&folder)),
        other => panic!("{other}"),
    }
}

/// Begins the only message and stays until killed.
fn hold(folder: &Path, hand: bool) {
    let mut ledger = Ledger::open(folder).expect("a ledger");
    let message = only_message(&ledger);
    let attempt = ledger
        .begin(&message, Claim::NeverLeft, after(0))
        .expect("free");
    if hand {
        ledger
            .hand(&attempt, after(1), Commit::AtOnce)
            .expect("recorded");
    }
    println!("ready");
    let _ = std::io::stdin().read(&mut [0]);
}

fn only_message(ledger: &Ledger) -> MessageRef {
    let mut rows = ledger.list(&Filter::default(), 2, 0).expect("a list");
    assert_eq!(rows.len(), 1);
    rows.remove(0).message
}

pub fn child(role: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args([
            "--exact",
            "store::a_child_does_what_its_environment_says",
            "--nocapture",
        ])
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// A child that holds the message.
fn holding(role: &str, folder: &Path) -> Child {
    let mut child = child(role, folder).spawn().expect("a process");
    let out = child.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(out).lines();
    let ready = lines.find(|line| line.as_ref().is_ok_and(|line| line.ends_with("ready")));
    assert!(ready.is_some(), "the child ended early");
    child
}

#[test]
fn an_attempt_that_was_cut_off_is_not_sent_before_handing_and_in_doubt_after() {
    for (role, expected) in [("begin", S::Recorded), ("hand", S::InDoubt)] {
        let mut desk = Desk::new();
        let message = desk.freeze(&base());
        let mut child = holding(role, &desk.folder());
        assert_eq!(desk.ledger.settle_cut_off(after(5)).unwrap(), 0, "it lives");
        assert_eq!(desk.standings(&message), [S::Sending; 3]);
        let refused = desk.ledger.begin(&message, Claim::NeverLeft, after(5));
        assert!(matches!(refused, Err(Error::BeingSent { .. })));

        child.kill().expect("killed");
        child.wait().expect("ended");
        assert_eq!(desk.ledger.settle_cut_off(after(9)).unwrap(), 1);
        assert_eq!(desk.standings(&message), [expected; 3], "{role}");
        assert_eq!(desk.ledger.settle_cut_off(after(9)).unwrap(), 0, "once");
        let again = desk.ledger.begin(&message, Claim::NeverLeft, after(9));
        assert_eq!(again.is_ok(), expected == S::Recorded, "{role}");
    }
}

#[test]
fn many_processes_may_make_one_ledger_at_once() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("pec");
    let children: Vec<Child> = (0..6)
        .map(|_| child("open", &folder).spawn().expect("a process"))
        .collect();
    for child in children {
        let output = child.wait_with_output().expect("ended");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ledger::open(&folder).expect("a ledger");
}

#[test]
fn an_attempt_that_another_took_for_ended_cannot_hand_over() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let attempt = desk
        .ledger
        .begin(&message, Claim::NeverLeft, desk.now)
        .unwrap();
    // Somebody cleans up what he does not know.
    std::fs::remove_dir_all(desk.folder().join("processes")).unwrap();
    let mut other = another_handle(&desk);
    assert_eq!(other.settle_cut_off(desk.now).unwrap(), 1);
    let second = other.begin(&message, Claim::NeverLeft, desk.now).unwrap();
    let handed = desk.ledger.hand(&attempt, desk.now, Commit::AtOnce);
    assert!(matches!(handed, Err(Error::Settled { .. })), "{handed:?}");
    other
        .hand(&second, desk.now, Commit::AtOnce)
        .expect("the one that may");
}

// The file.

#[test]
fn closed_and_opened_again_it_says_the_same() {
    let mut desk = Desk::new();
    let message = desk.send(&base());
    let receipts =
        [Kind::Acceptance, Kind::DeliveryConcise].map(|kind| Receipt::new(kind).to_eml());
    desk.receive(&[&receipts[0], &receipts[1]]);
    let (facts, states) = (desk.view(&message).facts, desk.states(&message));
    desk.reopen();
    assert_eq!(desk.view(&message).facts, facts);
    assert_eq!(desk.states(&message), states);
    let row = desk.ledger.row(&message).unwrap();
    assert_eq!(desk.ledger.octets(&row.octets).unwrap(), base().octets());
    let by_short = desk.ledger.find(&message.short[..4]).unwrap();
    assert_eq!(by_short.len(), 1);
    assert_eq!(by_short[0], message);
    assert_eq!(
        desk.ledger
            .find(row.message_id.trim_matches(['<', '>']))
            .unwrap(),
        [message]
    );
}

/// Tables, indexes and triggers with their text.
fn form(folder: &Path) -> Vec<(String, String)> {
    let connection = Connection::open(folder.join("ledger.sqlite")).expect("a database");
    let query = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name";
    let mut statement = connection.prepare(query).expect("a query");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// A ledger as the first release left it: its tables, a message, its receipts.
fn released() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let connection = Connection::open(home.path().join("ledger.sqlite")).expect("a database");
    let script = include_str!("released-0001.sql");
    connection.execute_batch(script).expect("the released form");
    home
}

#[test]
fn a_ledger_of_the_first_release_is_brought_forward_with_all_that_is_in_it() {
    let home = released();
    let ledger = Ledger::open(home.path()).expect("the old ledger");
    let new = Desk::new();
    assert_eq!(form(home.path()), form(&new.folder()), "as if made today");
    let message = only_message(&ledger);
    let view = ledger.view(&message).unwrap();
    assert_eq!(view.row.subject, "Pratica n. 42: richiesta di copia");
    assert_eq!(view.facts.len(), 7);
    let standings: Vec<S> = view
        .recipients
        .iter()
        .map(|one| one.state.standing)
        .collect();
    assert_eq!(standings, [S::Delivered, S::Ordinary, S::Accepted]);
    assert_eq!(
        view.row
            .recipients
            .iter()
            .map(|(_, s)| *s)
            .collect::<Vec<_>>(),
        standings
    );
    assert_eq!(
        ledger
            .cursor(&account(), "INBOX")
            .unwrap()
            .unwrap()
            .last_uid,
        42
    );
    assert_eq!(view.receipts.len(), 2);
    assert_eq!(ledger.unsettling(None).unwrap().unproven, 1);
}

/// The form before standings were derived as they are now.
#[test]
fn what_an_earlier_form_derived_otherwise_is_derived_anew() {
    let home = released();
    drop(Ledger::open(home.path()).expect("the old ledger"));
    let standings = |ledger: &Ledger| -> Vec<S> {
        let row = ledger.row(&only_message(ledger)).expect("a row");
        row.recipients
            .iter()
            .map(|(_, standing)| *standing)
            .collect()
    };
    let file = home.path().join("ledger.sqlite");
    for form in [13, 14] {
        let connection = Connection::open(&file).expect("a database");
        let script = "UPDATE recipient SET standing = 'sent'; UPDATE message SET pending = 1;";
        connection.execute_batch(script).expect("changed");
        if form == 13 {
            let script = "DROP TABLE lost; PRAGMA user_version = 13;";
            connection.execute_batch(script).expect("changed");
        }
        drop(connection);
        let ledger = Ledger::open(home.path()).expect("the ledger");
        let expected = match form {
            13 => [S::Delivered, S::Ordinary, S::Accepted],
            _ => [S::Sent; 3],
        };
        assert_eq!(standings(&ledger), expected, "{form}");
    }
}

#[test]
fn a_ledger_of_a_later_version_is_left_alone() {
    let home = released();
    let file = home.path().join("ledger.sqlite");
    let connection = Connection::open(&file).expect("a database");
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = form(home.path());
    for opened in [
        Ledger::open(home.path()).map(Some),
        Ledger::open_existing(home.path()),
    ] {
        assert!(
            matches!(opened, Err(Error::Newer { found: 99, .. })),
            "{opened:?}"
        );
    }
    assert_eq!(form(home.path()), before);
}

#[test]
fn where_there_is_none_nothing_is_made() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("pec");
    assert!(Ledger::open_existing(&folder).unwrap().is_none());
    assert!(!folder.exists());
    // What a process leaves that was cut off while it made the file.
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("ledger.sqlite"), b"").unwrap();
    assert!(Ledger::open_existing(&folder).unwrap().is_none());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn octets_that_were_changed_or_removed_are_noticed() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let sha256 = desk.ledger.row(&message).unwrap().octets;
    let path = desk.ledger.path_of(&sha256);
    let mut octets = std::fs::read(&path).unwrap();
    octets[9] ^= 1;
    std::fs::write(&path, &octets).unwrap();
    let told = |desk: &Desk| desk.ledger.octets(&sha256).unwrap_err().to_string();
    assert!(
        told(&desk).contains("not those that were stored"),
        "{}",
        told(&desk)
    );
    assert!(
        told(&desk).contains(&*path.to_string_lossy()),
        "names the file"
    );
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        desk.ledger.octets(&sha256),
        Err(Error::Disk { .. })
    ));
    // Kept again they are there again.
    desk.ledger.keep(base().octets()).unwrap();
    assert_eq!(desk.ledger.octets(&sha256).unwrap(), base().octets());
}

#[test]
fn what_is_no_database_is_told() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("ledger.sqlite"), [b'x'; 5_000]).unwrap();
    assert!(matches!(Ledger::open(home.path()), Err(Error::Sql(_))));
    assert!(matches!(
        Ledger::open_existing(home.path()),
        Err(Error::Sql(_))
    ));
}

/// What Python's own SQLite says to a statement, or `None` where there is no Python.
fn witness(file: &Path, statement: &str) -> Option<String> {
    let program = "import sqlite3, sys\n\
        connection = sqlite3.connect(sys.argv[1])\n\
        try:\n    rows = connection.execute(sys.argv[2]).fetchall(); connection.commit()\n\
        \x20   print(rows)\n\
        except sqlite3.Error as error:\n    print('refused:', error)\n";
    let output = Command::new("python3")
        .args(["-c", program])
        .arg(file)
        .arg(statement)
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[test]
fn facts_cannot_be_changed_or_removed_and_the_file_is_sound() {
    let mut desk = Desk::new();
    desk.send(&base());
    let file = desk.folder().join("ledger.sqlite");
    let Some(count) = witness(&file, "SELECT count(*) FROM fact") else {
        skipped("no python3");
        return;
    };
    assert_eq!(count, "[(3,)]");
    for statement in [
        "UPDATE fact SET what = 'delivered'",
        "UPDATE fact SET at = 0 WHERE id = 1",
        "DELETE FROM fact",
        "DELETE FROM fact WHERE id = 3",
    ] {
        let said = witness(&file, statement).expect("python3");
        assert_eq!(said, "refused: facts are only added", "{statement}");
    }
    assert_eq!(
        witness(&file, "SELECT count(*) FROM fact").unwrap(),
        "[(3,)]"
    );
    assert_eq!(
        witness(&file, "PRAGMA integrity_check").unwrap(),
        "[('ok',)]"
    );
    assert_eq!(witness(&file, "PRAGMA journal_mode").unwrap(), "[('wal',)]");
    assert_eq!(witness(&file, "PRAGMA foreign_key_check").unwrap(), "[]");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let mut desk = Desk::new();
    desk.send(&base());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let folder = desk.folder();
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        let expected = if entry.path().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&entry.path()), expected, "{:?}", entry.path());
    }
}

// Columns that are derived.

#[test]
fn what_was_given_up_for_another_has_failed_nobody() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    desk.ledger.withdraw(&message, desk.now).unwrap();
    let failed = Filter {
        failed: true,
        ..Filter::default()
    };
    assert!(desk.ledger.list(&failed, 9, 0).unwrap().is_empty());
    let refused = desk.freeze(&outgoing(&id(2), SUBJECT, &TO, &[]));
    let end = ends_refused(false, 550, "5.7.1 no");
    desk.attempt(&refused, Claim::NeverLeft, &end);
    assert_eq!(desk.ledger.list(&failed, 9, 0).unwrap().len(), 1);
    // Earlier forms of the ledger counted it.
    for (standing, count) in [("withdrawn", 0), ("refused", 1)] {
        let home = released();
        let connection = Connection::open(home.path().join("ledger.sqlite")).unwrap();
        // Over, so that it is not derived anew.
        let older = format!(
            "UPDATE message SET failed = 1, pending = 0;
             UPDATE recipient SET standing = '{standing}'"
        );
        connection.execute_batch(&older).unwrap();
        drop(connection);
        let ledger = Ledger::open(home.path()).expect("the old ledger");
        assert_eq!(
            ledger.list(&failed, 9, 0).unwrap().len(),
            count,
            "{standing}"
        );
    }
}

#[test]
fn what_killed_processes_left_is_removed() {
    let mut desk = Desk::new();
    let folder = desk.folder();
    let kept = desk.ledger.keep(b"abc").unwrap();
    let left = ["processes/4711-0", "messages/.new/4711-1.eml"].map(|name| folder.join(name));
    for path in &left {
        std::fs::write(path, b"half").unwrap();
    }
    desk.reopen();
    assert!(left.iter().all(|path| !path.exists()));
    assert_eq!(desk.ledger.octets(&kept).unwrap(), b"abc");
    // Those of earlier versions lay beside the octets.
    let old = home_of_old_leftovers();
    Ledger::open(old.path()).expect("the old ledger");
    assert!(!old.path().join("messages/ab/.cdef.4711-0").exists());
}

fn home_of_old_leftovers() -> tempfile::TempDir {
    let home = released();
    let folder = home.path().join("messages/ab");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(".cdef.4711-0"), b"half").unwrap();
    home
}

#[test]
fn an_attempt_is_found_without_walking_through_all_facts() {
    let desk = Desk::new();
    let connection = Connection::open(desk.folder().join("ledger.sqlite")).unwrap();
    let query = include_str!("../../src/ledger/sqlite/submission.rs");
    let from = query.find("\"SELECT begun.message").expect("the query") + 1;
    let until = from + query[from..].find('"').expect("its end");
    let mut plan = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {}", &query[from..until]))
        .unwrap();
    let steps = plan.query_map([], |row| row.get::<_, String>(3)).unwrap();
    let steps: Vec<String> = steps.map(Result::unwrap).collect();
    assert!(steps[0].contains("message_sending"), "{steps:?}");
    assert!(!steps.iter().any(|step| step == "SCAN begun"), "{steps:?}");
}

#[test]
fn what_lists_are_filtered_by_is_what_the_facts_say() {
    let mut random = Random::new(7);
    let receipts = material();
    for _ in 0..25 {
        let mut desk = Desk::new();
        let messages: Vec<MessageRef> = (0..3)
            .map(|number| desk.freeze(&outgoing(&id(number), SUBJECT, &TO, &[])))
            .collect();
        for _ in 0..random.below(16) {
            let message = &messages[random.below(messages.len())];
            if random.below(3) == 0 {
                try_an_attempt(&mut desk, message, &mut random);
            } else {
                let receipt = &receipts[random.below(receipts.len())];
                desk.receive(&[receipt]);
            }
        }
        compare(&desk, &messages);
        desk.reopen();
        compare(&desk, &messages);
    }
}

const TO: [&str; 2] = [
    "uno@pec.destinatario.example",
    "due@pec.destinatario.example",
];

fn id(number: usize) -> String {
    format!("<{number}@client.mittente.example>")
}

/// Receipts of many kinds about three messages.
fn material() -> Vec<Vec<u8>> {
    let kinds = [
        Kind::Acceptance,
        Kind::NonAcceptance,
        Kind::DeliveryConcise,
        Kind::NonDelivery,
        Kind::NoticeAfter12Hours,
        Kind::NoticeAfter24Hours,
    ];
    let mut all = Vec::new();
    for (step, kind) in kinds.into_iter().enumerate() {
        for (number, to) in [(0, TO[0]), (0, TO[1]), (1, TO[0]), (2, TO[1])] {
            let receipt = Receipt::with(kind, |receipt| {
                receipt.set_time(&moment(3_600 * i64::try_from(step * 4).expect("small")));
                let data = &mut receipt.daticert;
                data.message_id = Some(id(number));
                data.identifier = format!("{number}@gestore-mittente.example");
                data.recipients = TO
                    .iter()
                    .map(|to| ((*to).to_owned(), "certificato".to_owned()))
                    .collect();
                if data.delivered_to.is_some() {
                    data.delivered_to = Some(to.to_owned());
                }
            });
            all.push(receipt.to_eml());
        }
    }
    all
}

fn try_an_attempt(desk: &mut Desk, message: &MessageRef, random: &mut Random) {
    let claim = [Claim::NeverLeft, Claim::InDoubtAndSearched][random.below(2)];
    let Ok(attempt) = desk.ledger.begin(message, claim, desk.now) else {
        return;
    };
    let ends = [
        taken(),
        ends_refused(false, 450, "no"),
        ends_refused(true, 450, "no"),
        ends_unsent("so it ended"),
        ends_in_doubt("so it ended"),
    ];
    let alone = (0..random.below(2)).map(|place| RecipientAnswer {
        place,
        refusal: Refusal {
            transient: random.below(2) == 0,
            words: Words {
                code: Some(450),
                text: "no".to_owned(),
            },
        },
    });
    let end = End {
        refused: alone.collect(),
        ..ends[random.below(5)].clone()
    };
    match random.below(4) {
        0 => drop(attempt), // as if the process had died
        _ => {
            desk.ledger
                .hand(&attempt, desk.now, Commit::AtOnce)
                .expect("recorded");
            desk.ledger
                .end(attempt, &end, desk.now, Commit::AtOnce)
                .expect("recorded");
        }
    }
}

fn compare(desk: &Desk, messages: &[MessageRef]) {
    let list = |filter: Filter| -> BTreeSet<String> {
        let rows = desk.ledger.list(&filter, 99, 0).expect("a list");
        rows.into_iter().map(|row| row.message.short).collect()
    };
    let pending = list(Filter {
        pending: true,
        ..Filter::default()
    });
    let failed = list(Filter {
        failed: true,
        ..Filter::default()
    });
    for message in messages {
        let view = desk.view(message);
        let states: Vec<RecipientState> = (0..view.recipients.len())
            .map(|place| RecipientState::of(place, &view.facts))
            .collect();
        let standings: Vec<S> = states.iter().map(|state| state.standing).collect();
        let columns: Vec<S> = view.row.recipients.iter().map(|(_, s)| *s).collect();
        // Of an attempt that was begun and left open nothing is known until it is settled.
        assert_eq!(columns, standings, "{:#?}", view.facts);
        let any = |of: fn(S) -> bool| standings.iter().any(|standing| of(*standing));
        assert_eq!(pending.contains(&message.short), any(S::is_pending));
        assert_eq!(failed.contains(&message.short), any(S::is_failure));
    }
}

// Cut off while writing, or without room.

/// Short ids that a filling child told to be recorded.
fn told_as_kept<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let kept = lines.filter_map(|line| line.strip_prefix("kept "));
    kept.map(str::to_owned).collect()
}

/// All messages in a ledger, whose octets are there.
fn found_whole(ledger: &Ledger) -> BTreeSet<String> {
    let rows = ledger.list(&Filter::default(), 9_999, 0).expect("a list");
    for row in &rows {
        ledger.octets(&row.octets).expect("its octets");
    }
    rows.into_iter().map(|row| row.message.short).collect()
}

#[test]
fn what_was_told_as_recorded_is_there_after_a_kill() {
    for lines in [1, 7, 40] {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("pec");
        let mut child = child("fill", &folder).spawn().expect("a process");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let said: Vec<String> = out.lines().map_while(Result::ok).take(lines + 6).collect();
        child.kill().expect("killed");
        child.wait().expect("ended");
        let kept = told_as_kept(said.iter().map(String::as_str));
        assert!(!kept.is_empty(), "{said:?}");
        let found = found_whole(&Ledger::open(&folder).expect("a ledger"));
        assert!(found.is_superset(&kept), "{kept:?} {found:?}");
    }
}

/// Records messages until the disk takes no more; tells which were recorded.
fn fill(folder: &Path) {
    let mut ledger = Ledger::open(folder).expect("a ledger");
    for number in 0..2_000 {
        let message = outgoing(&id(number), &"x".repeat(900), &TO, &[]);
        match ledger.freeze(&message, after(0)) {
            Ok(message) => println!("\nkept {}", message.short),
            Err(error) => {
                println!("\ntold {error}");
                return;
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_costs_nothing_that_was_recorded() {
    // No file may grow beyond this; writing more fails as on a full disk.
    for limit in ["150", "300", "700"] {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("pec");
        drop(Ledger::open(&folder).expect("a ledger"));
        let plain = child("fill", &folder);
        let program = Path::new(plain.get_program());
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\" 2>/dev/null"
            ))
            .arg(program)
            .args(plain.get_args())
            .env(ROLE, "fill")
            .env(FOLDER, &folder)
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("\ntold "), "limit {limit}: {said}");
        let kept = told_as_kept(said.lines());
        assert!(!kept.is_empty() && kept.len() < 2_000, "limit {limit}");
        let mut ledger = Ledger::open(&folder).expect("it opens afterwards");
        assert_eq!(found_whole(&ledger), kept, "limit {limit}: {said}");
        let one_more = outgoing("<more@client.mittente.example>", SUBJECT, &TO, &[]);
        ledger.freeze(&one_more, after(0)).expect("room again");
    }
}
