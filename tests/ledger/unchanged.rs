//! When a folder is known to hold nothing new by what EXAMINE tells of it (RFC 7162), and when it is
//! looked into all the same.

use postacert::ledger::MessageRef;
use postacert::ledger::state::Standing;
use postacert::timestamp::Timestamp;

use crate::support::cases::sent;
use crate::support::mailbox::{Kept, Script};
use crate::support::receipt::{Kind, Receipt};
use crate::support::sender::{Desk, account, freeze};

fn genuine(kind: Kind) -> Vec<u8> {
    Receipt::new(kind).to_eml()
}

/// An INBOX with an acceptance under 2 and other mail under 3, at a server that numbers changes.
fn numbered() -> Script {
    let mut script = Script::default();
    let kept = Kept {
        mod_seq: Some(5),
        ..Kept::default()
    };
    script.folders.insert("INBOX".to_owned(), kept);
    script.arrive_at("INBOX", 2, &genuine(Kind::Acceptance));
    script.arrive_at("INBOX", 3, &sent::from_outside());
    script
}

fn inbox(script: &mut Script) -> &mut Kept {
    script.folders.get_mut("INBOX").expect("a folder")
}

/// A desk that sent the message of the receipts and read them.
fn reader(script: &mut Script) -> (Desk, MessageRef) {
    let mut desk = Desk::new();
    let message = desk.send(&freeze(sent::base().to_eml()));
    desk.sync(script);
    (desk, message)
}

/// What a reading asks.
fn asked(desk: &mut Desk, script: &mut Script) -> Vec<String> {
    script.calls.clear();
    desk.sync(script);
    std::mem::take(&mut script.calls)
}

/// What did not come is asked for again by then.
fn later(desk: &mut Desk) {
    desk.now = Timestamp::from_unix(desk.now.unix() + 3_600);
}

const ONCE: [&str; 1] = ["examine INBOX"];

#[test]
fn where_nothing_changed_only_the_state_is_asked() {
    let mut script = numbered();
    let (mut desk, _) = reader(&mut script);
    for _ in 0..3 {
        assert_eq!(asked(&mut desk, &mut script), ONCE);
    }
    desk.reopen();
    assert_eq!(asked(&mut desk, &mut script), ONCE);
    // What is larger than SQLite's numbers is told from others too.
    for number in [u64::MAX, u64::MAX - 1, 1 << 63] {
        inbox(&mut script).mod_seq = Some(number);
        assert_ne!(asked(&mut desk, &mut script), ONCE, "{number}");
        assert_eq!(asked(&mut desk, &mut script), ONCE, "{number}");
    }
}

#[test]
fn what_the_server_tells_of_a_change_is_looked_at() {
    type Change = fn(&mut Kept);
    let changes: [(&str, Change); 6] = [
        ("another number", |kept| kept.mod_seq = Some(6)),
        ("a lower number", |kept| kept.mod_seq = Some(4)),
        ("none any more", |kept| kept.mod_seq = None),
        ("no UIDNEXT", |kept| kept.says_next = false),
        ("UIDVALIDITY", |kept| kept.uid_validity = 9),
        ("one is gone", |kept| drop(kept.messages.remove(&2))),
    ];
    for (what, change) in changes {
        let mut script = numbered();
        let (mut desk, _) = reader(&mut script);
        change(inbox(&mut script));
        assert_ne!(asked(&mut desk, &mut script), ONCE, "{what}");
    }
}

#[test]
fn a_server_that_numbers_no_changes_is_asked_as_ever() {
    let mut script = numbered();
    inbox(&mut script).mod_seq = None;
    let (mut desk, _) = reader(&mut script);
    for _ in 0..2 {
        let asked = asked(&mut desk, &mut script);
        assert_eq!(asked, ["examine INBOX", "uids 1..=3"]);
    }
}

#[test]
fn a_message_is_found_whatever_the_number_says() {
    // Above those that were read, below them, and in the place of one that went.
    for (uid, gone) in [(4, None), (1, None), (4, Some(2))] {
        for number in [5, 6, 4] {
            let mut script = numbered();
            let (mut desk, message) = reader(&mut script);
            assert_eq!(asked(&mut desk, &mut script), ONCE);
            let kept = inbox(&mut script);
            kept.mod_seq = Some(number);
            gone.map(|uid| kept.messages.remove(&uid));
            script.arrive_at("INBOX", uid, &genuine(Kind::DeliveryConcise));
            desk.sync(&mut script);
            let found = desk.standings(&message)[0];
            assert_eq!(found, Standing::Delivered, "{uid} {gone:?} {number}");
        }
    }
}

#[test]
fn a_number_that_stood_still_is_not_believed_again() {
    for number in [5, 6] {
        let mut script = numbered();
        let (mut desk, message) = reader(&mut script);
        inbox(&mut script).mod_seq = Some(number);
        script.arrive_at("INBOX", 4, &sent::from_outside());
        desk.sync(&mut script);
        // The twin, whose number moved, is asked once.
        let believed = asked(&mut desk, &mut script) == ONCE;
        assert_eq!(believed, number == 6);
        if believed {
            continue;
        }
        // Only the list tells: as many as before, the same next UID, the same number.
        let kept = inbox(&mut script);
        kept.messages.remove(&3);
        script.arrive_at("INBOX", 1, &genuine(Kind::DeliveryConcise));
        desk.sync(&mut script);
        assert_eq!(desk.standings(&message)[0], Standing::Delivered);
        // Nor when it moves later: until the numbers of the folder begin anew.
        inbox(&mut script).mod_seq = Some(8);
        assert_ne!(asked(&mut desk, &mut script), ONCE);
        assert_ne!(asked(&mut desk, &mut script), ONCE);
        inbox(&mut script).uid_validity = 2;
        assert_ne!(asked(&mut desk, &mut script), ONCE);
        assert_eq!(asked(&mut desk, &mut script), ONCE);
    }
}

#[test]
fn what_is_counted_and_not_shown_is_looked_for_again() {
    let mut script = numbered();
    script.arrive_at("INBOX", 1, &genuine(Kind::DeliveryConcise));
    let hidden = inbox(&mut script).messages.remove(&1).expect("it is there");
    inbox(&mut script).counts_more = 1;
    let (mut desk, message) = reader(&mut script);
    // It is shown under the same state.
    inbox(&mut script).counts_more = 0;
    script.arrive_at("INBOX", 1, &hidden);
    desk.sync(&mut script);
    assert_eq!(desk.standings(&message)[0], Standing::Delivered);
}

#[test]
fn after_some_are_gone_it_is_asked_the_whole_way_until_the_counts_agree() {
    let mut script = numbered();
    let (mut desk, _) = reader(&mut script);
    let kept = inbox(&mut script);
    kept.messages.remove(&2);
    kept.mod_seq = Some(6);
    for is_asked_once in [false, false, true, true] {
        assert_eq!(asked(&mut desk, &mut script) == ONCE, is_asked_once);
    }
}

#[test]
fn a_message_that_did_not_come_keeps_its_folder_from_being_passed_over() {
    let mut script = numbered();
    script.held_back.insert(2);
    let (mut desk, message) = reader(&mut script);
    assert_eq!(desk.ledger.unread(&account()).unwrap().len(), 1);
    assert_ne!(asked(&mut desk, &mut script), ONCE);
    script.held_back.clear();
    later(&mut desk);
    let calls = asked(&mut desk, &mut script);
    assert!(calls.contains(&"fetch [2]".to_owned()), "{calls:?}");
    assert_eq!(desk.standings(&message)[0], Standing::Accepted);
    assert_eq!(asked(&mut desk, &mut script), ONCE);
}

#[test]
fn a_folder_that_was_not_read_to_its_end_is_read_on() {
    let arrive = |script: &mut Script| {
        script.arrive_at("INBOX", 4, &genuine(Kind::DeliveryConcise));
        script.arrive_at("INBOX", 5, &sent::from_outside());
    };
    let calls = {
        let mut script = numbered();
        let (mut desk, _) = reader(&mut script);
        arrive(&mut script);
        inbox(&mut script).mod_seq = Some(6);
        asked(&mut desk, &mut script).len()
    };
    assert!(calls > 3);
    // The number stands still: nothing but what was read tells.
    for (cut, number) in (1..=calls).flat_map(|cut| [(cut, 5), (cut, 6)]) {
        let mut script = numbered();
        let (mut desk, message) = reader(&mut script);
        arrive(&mut script);
        inbox(&mut script).mod_seq = Some(number);
        script.calls.clear();
        script.breaks_at = Some(cut);
        assert!(desk.try_sync(&mut script).0.is_err(), "{cut}");
        desk.reopen();
        script.breaks_at = None;
        later(&mut desk);
        desk.sync(&mut script);
        let found = desk.standings(&message)[0];
        assert_eq!(found, Standing::Delivered, "{cut} {number}");
    }
}

#[test]
fn who_asks_for_it_has_it_read_from_the_beginning() {
    let mut script = numbered();
    let (mut desk, _) = reader(&mut script);
    assert_eq!(asked(&mut desk, &mut script), ONCE);
    desk.ledger.read_again(&account(), Some("INBOX")).unwrap();
    let calls = asked(&mut desk, &mut script);
    assert!(calls.contains(&"summaries 1..=3".to_owned()), "{calls:?}");
    assert_eq!(asked(&mut desk, &mut script), ONCE);
}

#[test]
fn an_empty_folder_is_asked_once() {
    let mut script = numbered();
    inbox(&mut script).messages.clear();
    let (mut desk, message) = reader(&mut script);
    assert_eq!(asked(&mut desk, &mut script), ONCE);
    script.arrive_at("INBOX", 1, &genuine(Kind::Acceptance));
    desk.sync(&mut script);
    assert_eq!(desk.standings(&message)[0], Standing::Accepted);
}
