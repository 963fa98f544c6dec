//! What the statements that run for each message and for each receipt cost: asked of SQLite, for every one of them,
//! as it ran. None may walk through a table that grows.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::address::MailAddress;
use crate::ledger::fact::{AttemptEnd, Words};
use crate::ledger::{
    Arrival, Claim, Commit, Cursor, End, Filter, Finding, JobRef, Ledger, LetterFilter, LetterList,
    LetterRow, NewJob, NewLetter, NewRow, Place, Planned, Taken, Terms,
};
use crate::pec::outgoing::{Limits, OutgoingMessage};
use crate::providers::Trust;
use crate::timestamp::Timestamp;
use crate::verify::{Question, Verifier};

/// Tables that grow with every message, for good.
const GROWING: [&str; 7] = [
    "letter",
    "message",
    "recipient",
    "fact",
    "received",
    "examination",
    "job_row",
];
/// Indexes of the few rows of a moment, or that a person should look at: those may be walked through.
const OF_FEW: [&str; 5] = [
    "message_sending",
    "message_unindexed",
    "examination_unindexed",
    "examination_unmatched",
    "examination_unproved",
];

const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);

fn account() -> MailAddress {
    MailAddress::new("io@pec.mittente.example")
}

/// A step of a plan that walks through a table that grows: all of it, or all of one account.
fn walks(step: &str) -> bool {
    let is_table = |name: &str| GROWING.contains(&name);
    let mut words = step.split_whitespace();
    let (verb, table) = (words.next(), words.next().unwrap_or_default());
    let is_of_few = OF_FEW.iter().any(|index| step.contains(index));
    match verb {
        Some("SCAN") => is_table(alias(table)) && !is_of_few,
        Some("SEARCH") => is_table(alias(table)) && step.ends_with("(account=?)") && !is_of_few,
        _ => false,
    }
}

/// The table of a name in a query.
fn alias(name: &str) -> &str {
    match name {
        "begun" | "ended" | "handed" => "fact",
        "own" | "both" => "job_row",
        "later" | "head" | "part" => "message",
        "r" => "recipient",
        "first" => "received",
        other => other,
    }
}

#[test]
fn walks_are_told_from_searches() {
    for (step, is_walk) in [
        ("SCAN fact", true),
        ("SCAN fact USING INDEX fact_once", true),
        ("SCAN begun", true),
        ("SEARCH examination USING PRIMARY KEY (account=?)", true),
        ("SCAN message USING INDEX message_sending", false),
        ("SEARCH fact USING INDEX fact_once (message=?)", false),
        ("SCAN surroundings", false),
    ] {
        assert_eq!(walks(step), is_walk, "{step}");
    }
}

fn message(id: &str) -> OutgoingMessage {
    let text = format!(
        "From: {0}\r\nTo: a@pec.destinatario.example\r\nSubject: Avviso\r\nMessage-ID: {id}\r\n\
         Date: Sun, 22 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\nTesto.\r\n",
        account()
    );
    OutgoingMessage::freeze(text.into_bytes(), &account(), Limits::default())
        .expect("a good message")
}

fn job(ledger: &mut Ledger) -> JobRef {
    let identity = "0".repeat(64);
    let new = NewJob {
        identity: &identity,
        path: "/avvisi.csv",
        recipe: "{}",
    };
    let mut rows = (2..=5).map(|number| NewRow {
        number,
        account: account(),
        // Two with references, two without.
        reference: match number % 2 {
            0 => format!("R-{number}"),
            _ => format!("content {number}"),
        },
        round: String::new(),
        content: format!("content {number}"),
        whom: "a@pec.destinatario.example".to_owned(),
        columns: "{}".to_owned(),
        recipients: 1,
        size: 1_000,
        bad: None,
    });
    let recorded = ledger.record_job(
        new,
        &mut || Ok::<_, crate::ledger::Error>(rows.next()),
        &mut || Ok(()),
        NOW,
    );
    recorded.expect("a job")
}

/// All that a run does for its rows, and a reading of the mailbox before them.
fn send(ledger: &mut Ledger, job: &JobRef) -> Result<(), crate::ledger::Error> {
    let terms = Terms::default();
    ledger.settle_cut_off(NOW)?;
    ledger.has_asked(&account())?;
    ledger.orphans_to_adopt(&account())?;
    let trust = Trust::built_in();
    ledger.to_judge_again(&account(), &trust, NOW)?;
    for row in ledger.open_rows(job, &account(), false, 0, 200)? {
        ledger.serving(&row.row, "/avvisi.csv")?;
        let plan = ledger.plan(&row, terms)?;
        let made = plan.message().map(|(id, _)| message(&id));
        let planned = Planned {
            row: &row,
            plan: &plan,
            terms,
            message: made.as_ref(),
        };
        let taken = ledger.take_row(planned, NOW)?;
        let Taken::New(recorded) = taken else {
            panic!("{taken:?}");
        };
        ledger.is_of_now(&recorded, NOW)?;
        ledger.row(&recorded)?;
        ledger.sent_since(&account(), NOW)?;
        let attempt = ledger.begin(&recorded, Claim::NeverLeft, NOW)?;
        ledger.hand(&attempt, NOW, Commit::AtOnce)?;
        let end = End {
            whole: AttemptEnd::Taken(Words {
                code: Some(250),
                text: "2.0.0".to_owned(),
            }),
            refused: Vec::new(),
        };
        ledger.end(attempt, &end, NOW, Commit::AtOnce)?;
        ledger.view(&recorded)?;
        ledger.job_of(&recorded)?;
        let single = message("<x@pec.mittente.example>");
        ledger.twins(&single, NOW)?;
        ledger.accepted_of(&account(), single.message_id())?;
        ledger.accepted_elsewhere(&single, NOW)?;
        ledger.parts(&recorded)?;
        ledger.standings_of(&recorded)?;
        ledger.written_again(&recorded)?;
    }
    Ok(())
}

/// Genuine receipts of the test authority about one message.
const RECEIPTS: [&str; 5] = [
    "posta-certificata",
    "accettazione",
    "avvenuta-consegna-completa",
    "preavviso-12-ore",
    "errore-consegna",
];

/// All that a reading of the mailbox does for receipts, before their message is recorded and after:
/// first they belong to nobody.
fn receive(ledger: &mut Ledger) -> Result<(), crate::ledger::Error> {
    let sender = MailAddress::new("studio@pec.mittente.example");
    let trust = std::fs::read_to_string("fixtures/pki/trust.toml").expect("a fixture");
    let verifier = Verifier::new(Trust::parse(&trust, "test").expect("a trust file"));
    let question = Question::new(NOW);
    let message_id = "<0b1f6c2e-77aa-42@client.mittente.example>";
    let mut facts = 0;
    for round in 0..2 {
        for (uid, name) in (1..).zip(RECEIPTS) {
            let path = format!("fixtures/receipts/{name}.eml");
            let octets = std::fs::read(path).expect("a fixture");
            let receipt = verifier.examine(&octets, &question).into_verified();
            let place = Place {
                folder: "INBOX".to_owned(),
                uid_validity: 7,
                uid,
            };
            ledger.is_received(&sender, &place)?;
            ledger.judging(&sender, &place, NOW)?;
            let arrival = Arrival {
                folder: place.folder.clone(),
                uid_validity: place.uid_validity,
                uid,
                internal_date: None,
                octets: ledger.keep(&octets)?,
                finding: Finding::Verified {
                    receipt: Box::new(receipt.expect("genuine")),
                    other_content: false,
                },
            };
            ledger.by_message_id(message_id)?;
            let cursor = Cursor {
                uid_validity: 7,
                last_uid: uid,
            };
            let (arrivals, cursor) = ([arrival], Some(("INBOX", cursor)));
            let recorded = ledger.record(&sender, &arrivals, cursor, verifier.trust(), NOW)?;
            facts += recorded[0].new_facts;
            ledger.forget(&sender, &place)?;
        }
        ledger.cursor(&sender, "INBOX")?;
        ledger.receipt_in(&sender, "INBOX", 7)?;
        ledger.orphans_to_adopt(&sender)?;
        read(ledger, &sender)?;
        ledger.unread(&sender)?;
        ledger.unread_uids(&sender, "INBOX", 7)?;
        if round == 0 {
            assert_eq!(facts, 0, "they belong to nobody yet");
            let text = format!(
                "From: {sender}\r\nTo: ufficio@pec.destinatario.example, collega@posta.example\r\n\
                 Cc: protocollo@pec.comune.example\r\nSubject: Pratica n. 42: richiesta di copia\r\n\
                 Message-ID: {message_id}\r\nDate: Mon, 4 May 2026 10:15:00 +0200\r\n\
                 MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nTesto.\r\n"
            );
            let sent = OutgoingMessage::freeze(text.into_bytes(), &sender, Limits::default());
            ledger.freeze(&sent.expect("a good message"), NOW)?;
        }
    }
    assert!(facts >= RECEIPTS.len(), "{facts} facts");
    Ok(())
}

/// All that is asked of letters, but for lists, which walk as far as a page.
fn read(ledger: &mut Ledger, account: &MailAddress) -> Result<(), crate::ledger::Error> {
    let unindexed = ledger.unindexed(100)?;
    assert!(!unindexed.is_empty());
    let read: Vec<_> = unindexed
        .into_iter()
        .map(|one| {
            let letter = one.known.is_some().then(NewLetter::default);
            (one, letter)
        })
        .collect();
    ledger.index(&read)?;
    ledger.count_unindexed()?;
    for (one, letter) in &read {
        let Some(row) = ledger.letter_in(account, &one.octets)? else {
            assert!(letter.is_none() || one.known.is_some());
            continue;
        };
        ledger.find_letter(&row.letter.short)?;
        ledger.find_letter("id@pec.example")?;
        ledger.answers_to(&row)?;
        ledger.answered_by(&LetterRow {
            answers: Some("id@pec.example".to_owned()),
            ..row.clone()
        })?;
        ledger.open_letter(&row.letter, NOW)?;
        ledger.close_letter(&row.letter)?;
    }
    Ok(())
}

/// The lists are walked from their newest row on, and stop at the end of the page; words are asked of
/// their index first.
#[test]
fn lists_of_letters_walk_their_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ledger, ran) = traced(folder.path());
    let words = LetterFilter {
        words: vec!["a".to_owned()],
        ..LetterFilter::default()
    };
    for (list, filter, expected) in [
        (
            LetterList::Certified,
            LetterFilter::default(),
            "letter_certified",
        ),
        (LetterList::Apart, LetterFilter::default(), "letter_apart"),
        (LetterList::Certified, words.clone(), "letter_words"),
        (LetterList::All, words, "letter_words"),
    ] {
        ledger.letters(list, &filter, 20, 0).expect("a list");
        // The index asks its own tables, too.
        let texts = std::mem::take(&mut *ran.lock().expect("one thread"));
        let text = texts
            .into_iter()
            .find(|text| text.contains("ORDER BY letter.at"));
        let text = text.expect("the list");
        let asked_again = Connection::open(folder.path().join(super::FILE)).expect("a database");
        let steps = steps(&asked_again, &text);
        assert!(steps[0].contains(expected), "{list:?}: {steps:?}");
        let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
        assert_eq!(sorts, expected == "letter_words", "{list:?}: {steps:?}");
    }
}

#[test]
fn no_statement_of_a_message_walks_through_what_grows() {
    let folder = tempfile::tempdir().expect("a folder");
    let job = job(&mut Ledger::open(folder.path()).expect("a ledger"));
    let (mut ledger, ran) = traced(folder.path());
    send(&mut ledger, &job).expect("sent");
    receive(&mut ledger).expect("received");
    drop(ledger);
    let statements = BTreeSet::from_iter(ran.lock().expect("one thread").drain(..));
    let (asked, walking) = walking(folder.path(), &statements);
    assert!(asked > 50, "{asked} statements ran: {statements:#?}");
    assert!(walking.is_empty(), "{}", walking.join("\n"));
}

/// Nothing that is asked for a list of messages walks, but for the list itself: it takes its rows from an
/// index in their order, and stops at the end of the page.
#[test]
fn a_list_of_messages_costs_its_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ledger, ran) = traced(folder.path());
    let all = Filter::default();
    let pending = Filter {
        pending: true,
        ..Filter::default()
    };
    let failed = Filter {
        failed: true,
        ..Filter::default()
    };
    let asked_again = Connection::open(folder.path().join(super::FILE)).expect("a database");
    for (filter, index) in [
        (all, "message_by_time"),
        (pending, "message_pending"),
        (failed, "message_failed"),
    ] {
        ledger.list(&filter, 51, 0).expect("a list");
        let list = std::mem::take(&mut *ran.lock().expect("one thread"));
        let found = steps(&asked_again, &list[0]);
        assert!(found[0].contains(index), "{found:?}");
        assert!(!found.join(" ").contains("ORDER BY"), "{found:?}");
    }
    for account in [None, Some(&account())] {
        ledger.unsettling(account).expect("numbers");
        ledger.looks(account).expect("times");
    }
    let statements = BTreeSet::from_iter(ran.lock().expect("one thread").drain(..));
    let (asked, walking) = walking(folder.path(), &statements);
    assert!(asked >= 4, "{statements:#?}");
    assert!(walking.is_empty(), "{}", walking.join("\n"));
}

/// A ledger, and what it asks of SQLite from now on.
fn traced(folder: &Path) -> (Ledger, Arc<Mutex<Vec<String>>>) {
    let mut opened = super::open(folder).expect("a ledger");
    let ran = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ran);
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            let text = statement.sql().into_owned();
            seen.lock().expect("one thread").push(text);
        }
    };
    opened
        .store
        .connection
        .trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note))
        .expect("traced");
    (Ledger::over(opened, folder), ran)
}

/// How many statements there are, and the steps that walk through what grows.
fn walking(folder: &Path, statements: &BTreeSet<String>) -> (usize, Vec<String>) {
    let asked_again = Connection::open(folder.join(super::FILE)).expect("a database");
    let (mut asked, mut walking) = (0, Vec::new());
    for text in statements {
        let verb = text.split_whitespace().next().unwrap_or_default();
        if !["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&verb) {
            continue;
        }
        asked += 1;
        for step in steps(&asked_again, text) {
            if walks(&step) {
                walking.push(format!("{step}\n    of {text}"));
            }
        }
    }
    (asked, walking)
}

fn steps(connection: &Connection, text: &str) -> Vec<String> {
    let query = format!("EXPLAIN QUERY PLAN {text}");
    let mut statement = connection.prepare(&query).expect("a plan");
    let none = vec![rusqlite::types::Null; statement.parameter_count()];
    let found = statement.query_map(rusqlite::params_from_iter(none), |row| row.get(3));
    let found = found.expect("a plan");
    found.collect::<Result<_, _>>().expect("steps")
}
