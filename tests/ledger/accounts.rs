//! An account is its address: what it is called may change, twice over, and ledgers that knew
//! names only are brought forward without losing whose rows they are.

use std::path::Path;

use postacert::address::MailAddress;
use postacert::ledger::state::Standing;
use postacert::ledger::{Cursor, Filter, Ledger};
use rusqlite::Connection;

use crate::support::receipt::{Kind, MESSAGE_ID, Receipt, SENDER, SUBJECT};
use crate::support::sender::{Desk, account, base, outgoing, verifier};

const OTHER: &str = "notifiche@pec.mittente.example";

fn other() -> MailAddress {
    MailAddress::new(OTHER)
}

#[test]
fn under_a_new_name_everything_is_still_there() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let cursor = Cursor {
        uid_validity: 7,
        last_uid: 42,
    };
    let (trust, now) = (verifier().trust().clone(), desk.now);
    let recorded = desk
        .ledger
        .record(&account(), &[], Some(("INBOX", cursor)), &trust, now);
    recorded.unwrap();
    assert_eq!(desk.ledger.row(&message).unwrap().account, "studio");

    // Another name, and the address as people write it.
    let address = MailAddress::new(&SENDER.to_ascii_uppercase());
    desk.ledger.note_account(&address, "nuova").unwrap();
    assert_eq!(desk.ledger.row(&message).unwrap().account, "nuova");
    assert_eq!(
        desk.ledger.unsettled(&address).unwrap(),
        std::slice::from_ref(&message),
        "may still be sent"
    );
    let read = desk.ledger.cursor(&address, "INBOX").unwrap();
    assert_eq!(read, Some(cursor));
    let filter = Filter {
        account: desk.ledger.account_named("nuova").unwrap(),
        ..Filter::default()
    };
    assert_eq!(desk.ledger.list(&filter, 9, 0).unwrap().len(), 1);
    assert_eq!(desk.ledger.account_named("studio").unwrap(), None);
    assert_eq!(desk.ledger.account_named(SENDER).unwrap(), Some(account()));
}

#[test]
fn a_name_that_goes_to_another_address_takes_nothing_along() {
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    desk.ledger.note_account(&other(), "studio").unwrap();
    assert_eq!(desk.ledger.row(&message).unwrap().account, SENDER);
    assert!(desk.ledger.unsettled(&other()).unwrap().is_empty());
    assert_eq!(desk.ledger.account_named("studio").unwrap(), Some(other()));
}

/// A ledger of the first form, with more in it.
fn of_names(more: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let connection = Connection::open(home.path().join("ledger.sqlite")).expect("a database");
    let script = include_str!("released-0001.sql");
    connection.execute_batch(script).expect("the released form");
    connection.execute_batch(more).expect("more rows");
    home
}

fn last_uid(ledger: &Ledger, account: &MailAddress, folder: &str) -> Option<u32> {
    let cursor = ledger.cursor(account, folder).expect("a ledger");
    cursor.map(|cursor| cursor.last_uid)
}

fn rows(folder: &Path, query: &str) -> Vec<String> {
    let connection = Connection::open(folder.join("ledger.sqlite")).expect("a database");
    let mut statement = connection.prepare(query).expect("a query");
    let found = statement.query_map([], |row| row.get(0)).expect("rows");
    found.collect::<Result<_, _>>().expect("texts")
}

const MESSAGE_2: &str = "INSERT INTO message VALUES (2, 'aaaaaaaa', 'NAME',
    '<2@client.mittente.example>', 'SENDER', 'due', 'completa', 'x', 1, 1777882600, 1, 0);
    INSERT INTO recipient VALUES (2, 0, 'ufficio@pec.destinatario.example', 'to', 'recorded');";

fn second(name: &str, sender: &str) -> String {
    MESSAGE_2.replace("NAME", name).replace("SENDER", sender)
}

#[test]
fn two_names_of_one_address_become_one_account() {
    let home = of_names(&format!(
        "{}
         INSERT INTO cursor VALUES ('vecchia', 'INBOX', 7, 41), ('vecchia', 'Ricevute', 3, 5),
             ('studio', 'Ricevute', 4, 9), ('vecchia', 'Altre', 2, 8);
         INSERT INTO received SELECT id + 10, 'vecchia', folder, uid_validity, uid,
             internal_date, octets, received_at FROM received;
         INSERT INTO examination SELECT 'vecchia', octets, 'cannot-tell', NULL, NULL, NULL, NULL,
             NULL, NULL, NULL, NULL, NULL, NULL, trust_as_of, examined_at FROM examination;",
        second("vecchia", "Studio@PEC.mittente.example")
    ));
    let ledger = Ledger::open(home.path()).expect("the old ledger");
    assert_eq!(ledger.unsettled(&account()).unwrap().len(), 1);
    // Read as far as both say; where they mean different mailboxes, again.
    assert_eq!(last_uid(&ledger, &account(), "INBOX"), Some(41));
    assert_eq!(last_uid(&ledger, &account(), "Ricevute"), None);
    assert_eq!(last_uid(&ledger, &account(), "Altre"), Some(8));
    assert_eq!(
        rows(home.path(), "SELECT account FROM received"),
        [SENDER, SENDER, SENDER]
    );
    let verdicts = "SELECT verdict FROM examination WHERE account = 'studio@pec.mittente.example'
        ORDER BY verdict";
    // What was proved under one of the names stays proved.
    assert_eq!(
        rows(home.path(), verdicts),
        ["genuine", "genuine", "not-genuine"]
    );
    assert_eq!(
        rows(home.path(), "SELECT DISTINCT account FROM examination"),
        [SENDER]
    );
}

#[test]
fn one_name_of_two_addresses_is_told_apart() {
    let home = of_names(&format!(
        "{} INSERT INTO cursor VALUES ('letta', 'INBOX', 1, 3);",
        second("studio", OTHER)
    ));
    let mut ledger = Ledger::open(home.path()).expect("the old ledger");
    assert_eq!(ledger.unsettled(&other()).unwrap().len(), 1);
    assert!(ledger.unsettled(&account()).unwrap().is_empty());
    // Whose mailbox was read up to 42 cannot be told: both are read again.
    assert_eq!(last_uid(&ledger, &account(), "INBOX"), None);
    assert_eq!(last_uid(&ledger, &other(), "INBOX"), None);
    let of_message = "SELECT DISTINCT account FROM examination WHERE message = 1";
    assert_eq!(rows(home.path(), of_message), [SENDER]);
    // A name under which nothing was sent waits for the account that is called so.
    let reader = MailAddress::new("lettura@pec.mittente.example");
    assert_eq!(last_uid(&ledger, &reader, "INBOX"), None);
    ledger.note_account(&reader, "letta").unwrap();
    assert_eq!(last_uid(&ledger, &reader, "INBOX"), Some(3));
}

#[test]
fn receipts_of_an_account_with_its_own_trust_match_under_any_name() {
    let mut desk = Desk::new();
    let message = desk.send(&base());
    desk.ledger.note_account(&account(), "nuova").unwrap();
    desk.receive(&[&Receipt::new(Kind::Acceptance).to_eml()]);
    assert_eq!(desk.standings(&message)[0], Standing::Accepted);
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 0);
}

#[test]
fn receipts_that_came_before_their_message_are_adopted_by_the_next_run() {
    let acceptance = Receipt::new(Kind::Acceptance).to_eml();
    for (id, orphans) in [(MESSAGE_ID, 0), ("<another@client.mittente.example>", 1)] {
        let mut desk = Desk::new();
        desk.receive(&[&acceptance]);
        assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 1);
        let to = ["ufficio@pec.destinatario.example"];
        let message = desk.send(&outgoing(id, SUBJECT, &to, &[]));
        desk.receive(&[]);
        assert_eq!(
            desk.ledger.unsettling(None).unwrap().orphans,
            orphans,
            "{id}"
        );
        let accepted = desk.standings(&message)[0] == Standing::Accepted;
        assert_eq!(accepted, orphans == 0, "{id}");
    }
}
