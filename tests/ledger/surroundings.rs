//! A ledger that knows less than left, or that is a copy, is noticed before anything leaves.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use postacert::ledger::state::Standing;
use postacert::ledger::{Claim, Commit, Error, Ledger, MessageRef};
use postacert::pec::outgoing::OutgoingMessage;
use rusqlite::Connection;

use crate::support::receipt::{COPIED, Kind, ORDINARY, RECIPIENT, Receipt, SENDER, SUBJECT};
use crate::support::sender::{Desk, account, after, base, ends_refused, outgoing, taken};

const DATABASE: &str = "ledger.sqlite";

/// The folder of a ledger that sent the base message and was not closed: what it knows stands in
/// its log, and not in its file yet.
fn sent_and_open() -> (Desk, MessageRef) {
    let mut desk = Desk::new();
    let message = desk.send(&base());
    (desk, message)
}

/// What is in a folder, put into another one, which may hold files of these names.
fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a kind").is_dir() {
            true => copy_into(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

/// A folder with all of another one but the log of its database.
fn without_log(folder: &Path) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    copy_into(folder, home.path());
    for log in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
        fs::remove_file(home.path().join(log)).expect("there was one");
    }
    home
}

fn only(ledger: &Ledger) -> MessageRef {
    let rows = ledger.list(&Default::default(), 9, 0).expect("a ledger");
    let [row] = &rows[..] else {
        panic!("{} messages", rows.len());
    };
    row.message.clone()
}

fn standings(ledger: &Ledger, message: &MessageRef) -> Vec<Standing> {
    let row = ledger.row(message).expect("a message");
    row.recipients
        .iter()
        .map(|(_, standing)| *standing)
        .collect()
}

// It knows less.

#[test]
fn what_left_is_in_doubt_when_the_ledger_has_lost_it() {
    for loss in ["log", "truncated", "removed", "truncated, journal too"] {
        let (desk, sent) = sent_and_open();
        let home = without_log(&desk.folder());
        let file = home.path().join(DATABASE);
        match loss {
            "log" => {}
            "removed" => fs::remove_file(&file).unwrap(),
            _ => fs::write(&file, b"").unwrap(),
        }
        if loss.ends_with("too") {
            fs::remove_file(home.path().join("journal")).unwrap();
        }
        let opened = Ledger::open_existing(home.path()).expect("a ledger");
        let mut ledger = opened.unwrap_or_else(|| panic!("{loss}: nothing there"));
        let message = only(&ledger);
        assert_eq!(message.short, sent.short, "{loss}");
        assert_eq!(
            ledger.recovered().messages,
            std::slice::from_ref(&message),
            "{loss}"
        );
        assert_eq!(
            standings(&ledger, &message),
            [Standing::InDoubt; 3],
            "{loss}"
        );
        let row = ledger.row(&message).unwrap();
        assert_eq!((&*row.sender, &*row.subject), (SENDER, SUBJECT));
        assert_eq!(ledger.octets(&row.octets).unwrap(), base().octets());
        // Nothing sends it by itself, and nothing leaves before the mailbox was read.
        let again = ledger.begin(&message, Claim::NeverLeft, after(60));
        assert!(matches!(again, Err(Error::Settled { .. })), "{again:?}");
        assert!(!ledger.has_asked(&account()).unwrap());
        ledger.note_asked(&account()).unwrap();
        drop(ledger);
        let ledger = Ledger::open(home.path()).expect("a ledger");
        assert!(ledger.recovered().is_empty(), "{loss}: once");
        assert!(ledger.has_asked(&account()).unwrap());
        assert_eq!(standings(&ledger, &message), [Standing::InDoubt; 3]);
    }
}

#[test]
fn what_never_left_is_not_made_up() {
    let mut desk = Desk::new();
    desk.freeze(&base());
    let home = without_log(&desk.folder());
    let ledger = Ledger::open(home.path()).expect("a ledger");
    assert!(ledger.recovered().is_empty());
    assert!(ledger.list(&Default::default(), 9, 0).unwrap().is_empty());
}

#[test]
fn an_attempt_that_an_older_file_does_not_know_is_in_doubt() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let refused = ends_refused(true, 451, "4.7.1 later");
    desk.attempt(&message, Claim::NeverLeft, &refused);
    // Closed, so that all is in the file: the backup of that evening.
    let folder = desk.folder();
    desk.reopen();
    let backup = tempfile::tempdir().unwrap();
    copy_into(&folder, backup.path());
    // Hours later; what was lost with a machine that stopped would be of the same seconds.
    desk.now = after(7_200);
    desk.attempt(&message, Claim::NeverLeft, &taken());
    let Desk { home, ledger, .. } = desk;
    drop(ledger);
    fs::copy(backup.path().join(DATABASE), folder.join(DATABASE)).unwrap();

    let ledger = Ledger::open(&folder).expect("a ledger");
    assert_eq!(ledger.recovered().messages, std::slice::from_ref(&message));
    assert_eq!(standings(&ledger, &message), [Standing::InDoubt; 3]);
    drop(home);
}

/// Nobody can tell it from a machine that stopped, which lost the commit after the message had left.
#[test]
fn a_process_that_was_killed_between_both_files_lost_nothing_and_is_in_doubt() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let attempt = desk.ledger.begin(&message, Claim::NeverLeft, desk.now);
    drop(attempt);
    // As the journal is when its line is on the disk and the commit is not.
    let row = desk.ledger.row(&message).unwrap();
    let line = format!("{} 1 {} {}\n", after(0).unix(), row.octets, row.message_id);
    fs::write(desk.folder().join("journal"), line).unwrap();
    desk.reopen();
    assert!(desk.ledger.recovered().is_empty());
    assert!(desk.ledger.has_asked(&account()).unwrap());
    desk.ledger.settle_cut_off(after(1)).unwrap();
    assert_eq!(desk.standings(&message), [Standing::InDoubt; 3]);
}

/// A machine that stops loses the end of the log, whatever is in it; the journal, and what was brought to
/// the disk before, it does not.
#[test]
fn nothing_that_may_have_left_is_unsent_wherever_the_log_ends() {
    const HEADER: u64 = 32;
    let mut desk = Desk::new();
    let messages = [1, 2, 3].map(|number| {
        let id = format!("<{number}@pec.mittente.example>");
        desk.freeze(&outgoing(
            &id,
            "Avviso",
            &["a@pec.destinatario.example"],
            &[],
        ))
    });
    let log = desk.folder().join("ledger.sqlite-wal");
    let length = |log: &Path| fs::metadata(log).expect("a log").len();
    let page = {
        let octets = fs::read(&log).expect("a log");
        u64::from(u32::from_be_bytes(octets[8..12].try_into().unwrap()))
    };
    let synced = length(&log);
    let mut tried = 0;
    for (left, message) in messages.iter().enumerate() {
        let attempt = desk.ledger.begin(message, Claim::NeverLeft, desk.now);
        let attempt = attempt.expect("free");
        let handed = desk.ledger.hand(&attempt, desk.now, Commit::WithNext);
        handed.expect("recorded");
        // Its octets leave now, and the machine stops.
        for end in (synced..=length(&log)).step_by((24 + page) as usize) {
            assert_eq!((end - HEADER) % (24 + page), 0);
            let home = tempfile::tempdir().expect("a folder");
            copy_into(&desk.folder(), home.path());
            fs::remove_file(home.path().join("ledger.sqlite-shm")).expect("there was one");
            let cut = home.path().join("ledger.sqlite-wal");
            let cut = fs::OpenOptions::new().write(true).open(cut);
            cut.expect("a log").set_len(end).expect("cut");
            let mut ledger = Ledger::open(home.path()).expect("a ledger");
            // Nothing was put back: nobody is told so.
            assert!(ledger.recovered().is_empty(), "{end}");
            ledger.settle_cut_off(after(1)).expect("settled");
            for (number, message) in messages.iter().enumerate() {
                let stands = standings(&ledger, message);
                match number.cmp(&left) {
                    Ordering::Less => assert!(
                        matches!(stands[..], [Standing::Sent | Standing::InDoubt]),
                        "{number} of {left}, {end}: {stands:?}"
                    ),
                    Ordering::Equal => assert_eq!(stands, [Standing::InDoubt], "{end}"),
                    Ordering::Greater => assert_eq!(stands, [Standing::Recorded], "{end}"),
                }
            }
            tried += 1;
        }
        let ended = desk
            .ledger
            .end(attempt, &taken(), desk.now, Commit::WithNext);
        ended.expect("recorded");
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn receipts_move_what_was_entered_again() {
    let (desk, _) = sent_and_open();
    let home = without_log(&desk.folder());
    let mut desk = Desk::new();
    fs::remove_dir_all(desk.folder()).unwrap();
    copy_into(home.path(), &desk.folder());
    desk.reopen();
    let message = only(&desk.ledger);
    desk.receive(&[&Receipt::new(Kind::Acceptance).to_eml()]);
    assert_eq!(
        desk.standings(&message),
        [Standing::Accepted, Standing::Ordinary, Standing::Accepted]
    );
}

#[test]
fn received_octets_are_none_of_ours() {
    let (mut desk, sent) = sent_and_open();
    let forged = b"From: studio@pec.mittente.example\r\nTo: a@pec.example\r\n\
        Received: from somewhere\r\nSubject: CONSEGNA: x\r\nMessage-ID: <9@pec.example>\r\n\
        Date: Mon, 4 May 2026 10:15:00 +0200\r\n\r\nx\r\n";
    desk.receive(&[&Receipt::new(Kind::DeliveryConcise).to_eml(), forged]);
    desk.ledger.keep(forged).unwrap();
    let home = without_log(&desk.folder());
    for file in [DATABASE, "journal"] {
        fs::remove_file(home.path().join(file)).unwrap();
    }
    let ledger = Ledger::open(home.path()).expect("a ledger");
    assert_eq!(only(&ledger).short, sent.short);
}

#[test]
fn what_left_and_has_no_octets_any_more_is_named() {
    let (desk, sent) = sent_and_open();
    let home = without_log(&desk.folder());
    fs::remove_dir_all(home.path().join("messages")).unwrap();
    let ledger = Ledger::open(home.path()).expect("a ledger");
    let id = desk.ledger.row(&sent).unwrap().message_id;
    assert_eq!(ledger.recovered().missing, [id]);
    assert!(!ledger.has_asked(&account()).unwrap());
}

#[test]
fn a_journal_that_is_gone_or_older_is_written_again() {
    for older in [None, Some("")] {
        let (mut desk, message) = sent_and_open();
        let journal = desk.folder().join("journal");
        // The room behind the last line is not written again.
        let mut whole = fs::read(&journal).unwrap();
        let lines = whole
            .iter()
            .rposition(|&octet| octet == b'\n')
            .expect("a line");
        whole.truncate(lines + 1);
        match older {
            None => fs::remove_file(&journal).unwrap(),
            Some(text) => fs::write(&journal, text).unwrap(),
        }
        desk.reopen();
        assert!(desk.ledger.recovered().is_empty());
        assert!(fs::read(&journal).unwrap() == whole);
        assert_eq!(desk.standings(&message), [Standing::Sent; 3]);
    }
}

#[test]
fn a_ledger_of_an_earlier_form_gets_its_journal() {
    let home = tempfile::tempdir().unwrap();
    let connection = Connection::open(home.path().join(DATABASE)).unwrap();
    connection
        .execute_batch(include_str!("released-0001.sql"))
        .unwrap();
    drop(connection);
    let ledger = Ledger::open(home.path()).expect("the old ledger");
    assert!(ledger.has_asked(&account()).unwrap(), "it is where it was");
    let journal = fs::read_to_string(home.path().join("journal")).unwrap();
    assert_eq!(
        journal,
        format!(
            "1777882500 1 {} <0b1f6c2e-77aa-42@client.mittente.example>\n",
            "1".repeat(64)
        )
    );
}

// It is a copy.

#[test]
fn a_copy_has_not_asked_and_what_was_only_moved_has() {
    let (mut desk, _) = sent_and_open();
    desk.reopen();
    assert!(desk.ledger.has_asked(&account()).unwrap());
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("copy");
    copy_into(&desk.folder(), &copy);
    let mut ledger = Ledger::open(&copy).expect("the copy");
    assert!(
        ledger.recovered().is_empty(),
        "it knows all that the original knew"
    );
    assert!(!ledger.has_asked(&account()).unwrap());
    ledger.note_asked(&account()).unwrap();
    assert!(ledger.has_asked(&account()).unwrap());
    let other = postacert::address::MailAddress::new("altra@pec.mittente.example");
    assert!(
        !ledger.has_asked(&other).unwrap(),
        "each account its mailbox"
    );
    drop(ledger);
    let moved = home.path().join("moved");
    fs::rename(&copy, &moved).unwrap();
    let ledger = Ledger::open(&moved).expect("moved");
    assert!(ledger.has_asked(&account()).unwrap());
}

#[test]
fn a_backup_written_over_the_files_that_are_there_is_noticed() {
    let (mut desk, message) = sent_and_open();
    desk.reopen();
    let folder = desk.folder();
    let backup = tempfile::tempdir().unwrap();
    copy_into(&folder, backup.path());
    let second = outgoing("<2@client.mittente.example>", "due", &[RECIPIENT], &[]);
    desk.send(&second);
    let Desk { home, ledger, .. } = desk;
    drop(ledger);
    // As `cp -a` does: the same files, with the contents of before.
    copy_into(backup.path(), &folder);
    let ledger = Ledger::open(&folder).expect("brought back");
    assert_eq!(only(&ledger), message, "it does not know the second one");
    assert!(!ledger.has_asked(&account()).unwrap());
    drop(home);
}

#[test]
fn what_another_copy_sent_is_known_by_its_acceptance() {
    let mut desk = Desk::new();
    let acceptance = Receipt::new(Kind::Acceptance).to_eml();
    desk.receive(&[&acceptance]);
    let accepted = Some(after(0));
    let found = |desk: &Desk, message: &OutgoingMessage| {
        let found = desk.ledger.accepted_elsewhere(message, after(-60));
        found.unwrap()
    };
    let to = [RECIPIENT, ORDINARY];
    let again = outgoing("<again@client.mittente.example>", SUBJECT, &to, &[COPIED]);
    assert_eq!(found(&desk, &again), accepted);
    // Twins: one recipient less, another subject, an earlier acceptance.
    for other in [
        outgoing("<again@client.mittente.example>", SUBJECT, &to, &[]),
        outgoing("<again@client.mittente.example>", "Altro", &to, &[COPIED]),
    ] {
        assert_eq!(found(&desk, &other), None);
    }
    let later = desk.ledger.accepted_elsewhere(&again, after(60));
    assert_eq!(later.unwrap(), None);
    // Its own messages are none of others.
    desk.send(&base());
    desk.receive(&[]);
    assert_eq!(found(&desk, &again), None);
}
