//! What is read: certified mail listed by what was signed, everything else apart; found by its words,
//! read and answered.

use postacert::address::MailAddress;
use postacert::client::{self, Judge};
use postacert::ledger::letter::MOST_WORDS;
use postacert::ledger::state::Standing;
use postacert::ledger::{LetterFilter, LetterList, LetterRow, LetterStanding, MessageRef};
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::Verifier;

use crate::support::cases::sent::{self, Sent};
use crate::support::mailbox::Script;
use crate::support::receipt::{IDENTIFIER, Kind, MESSAGE_ID, RECIPIENT, Receipt, SENDER, SUBJECT};
use crate::support::sender::{Desk, account, after, at, freeze};

use LetterStanding as L;

fn genuine(kind: Kind) -> Vec<u8> {
    Receipt::new(kind).to_eml()
}

/// A genuine envelope around such a message, certified so many seconds after the base one.
fn envelope(mail: &Sent, subject: &str, seconds: i64) -> Vec<u8> {
    let identifier = format!("{seconds}.{IDENTIFIER}");
    let receipt = Receipt::with(Kind::Envelope, |receipt| {
        receipt.original = Some(mail.delivered(&identifier));
        let id = mail.header.0.iter().find(|(name, _)| name == "Message-ID");
        receipt.daticert.message_id = id.map(|(_, id)| id.clone());
        receipt.daticert.subject = Some(subject.to_owned());
        receipt.daticert.identifier = identifier.clone();
        receipt.set_time(&after(seconds).to_string());
    });
    receipt.to_eml()
}

fn letter(id: &str, subject: &str, text: &str, seconds: i64) -> Vec<u8> {
    envelope(&Sent::new(id, subject, text), subject, seconds)
}

/// A mail that answers another one.
fn answer(id: &str, to: &str) -> Vec<u8> {
    let subject = format!("Re: {SUBJECT}");
    let mut mail = Sent::new(id, &subject, "Ricevuto.");
    mail.header.add("In-Reply-To", to);
    envelope(&mail, &subject, 600)
}

fn listed(desk: &Desk, list: LetterList, filter: &LetterFilter) -> Vec<LetterRow> {
    desk.ledger.letters(list, filter, 100, 0).expect("a list")
}

fn all(desk: &Desk, list: LetterList) -> Vec<LetterRow> {
    listed(desk, list, &LetterFilter::default())
}

fn subjects(rows: &[LetterRow]) -> Vec<&str> {
    rows.iter().map(|row| &*row.subject).collect()
}

fn words(words: &[&str]) -> LetterFilter {
    LetterFilter {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        ..LetterFilter::default()
    }
}

fn found(desk: &Desk, sought: &[&str]) -> usize {
    listed(desk, LetterList::All, &words(sought)).len()
}

#[test]
fn certified_mail_is_listed_by_what_was_signed() {
    let mut desk = Desk::new();
    let events = desk.receive(&[&genuine(Kind::Envelope)]);
    let rows = all(&desk, LetterList::Certified);
    let [row] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(events[0].letter.as_deref(), Some(row));
    assert_eq!((row.standing, row.sender.as_str()), (L::Certified, SENDER));
    assert_eq!((row.at, row.subject.as_str()), (after(0), SUBJECT));
    assert_eq!(
        row.message_id.as_deref(),
        Some(MESSAGE_ID.trim_matches(['<', '>']))
    );
    assert_eq!(row.identifier.as_deref(), Some(IDENTIFIER));
    assert_eq!((row.attachments, row.opened_at), (1, None));
    assert_eq!(row.size, genuine(Kind::Envelope).len() as u64);
    assert!(all(&desk, LetterList::Apart).is_empty());
    assert_eq!(desk.ledger.count_unindexed().unwrap(), 0);
}

#[test]
fn a_gateways_mark_changes_no_subject_and_is_a_doubt() {
    let mut desk = Desk::new();
    let subject = format!("[EXTERNAL] POSTA CERTIFICATA: {SUBJECT}");
    let marked = Receipt::new(Kind::Envelope).message().header(|header| {
        header.set("Subject", &*subject);
    });
    desk.receive(&[&marked.to_eml()]);
    let row = all(&desk, LetterList::Certified).remove(0);
    assert_eq!(row.subject, SUBJECT);
    assert!(row.doubt.is_some(), "{row:?}");
    assert_eq!(found(&desk, &["external"]), 0);
}

#[test]
fn an_original_without_subject_has_the_signed_one() {
    let mut desk = Desk::new();
    let mut mail = Sent::new("<1@a.example>", "", "Testo.");
    mail.header.remove("Subject");
    desk.receive(&[&envelope(&mail, "Senza oggetto", 0)]);
    assert_eq!(subjects(&all(&desk, LetterList::All)), ["Senza oggetto"]);
}

#[test]
fn receipts_are_no_letters() {
    let mut desk = Desk::new();
    let receipts = [
        Kind::Acceptance,
        Kind::TakenInCharge,
        Kind::Delivery,
        Kind::NonDelivery,
        Kind::VirusFound,
    ];
    let receipts = receipts.map(genuine);
    let events = desk.receive(&receipts.each_ref().map(|octets| &**octets));
    assert!(events.iter().all(|event| event.letter.is_none()));
    assert!(all(&desk, LetterList::All).is_empty());
    assert!(desk.ledger.unindexed(9).unwrap().is_empty());
}

#[test]
fn what_is_not_certified_stands_apart_and_says_what_it_is() {
    let mut desk = Desk::new();
    let text = String::from_utf8(genuine(Kind::Envelope)).expect("text");
    // Signed by nobody.
    let look_alike = "From: \"Per conto di: tribunale@pec.example\" <posta-certificata@gestore.example>\r\n\
         Subject: POSTA CERTIFICATA: Atto giudiziario\r\nX-Trasporto: posta-certificata\r\n\
         Message-ID: <x@gestore.example>\r\nContent-Type: text/plain\r\n\r\nPagate.\r\n";
    let changed = text.replacen("Content-Type: text/plain", "Content-Type: text/plaim", 1);
    assert_ne!(changed, text);
    desk.receive(&[
        genuine(Kind::Anomaly).as_slice(),
        look_alike.as_bytes(),
        changed.as_bytes(),
    ]);
    assert!(all(&desk, LetterList::Certified).is_empty());
    let apart = all(&desk, LetterList::Apart);
    let standing = |of: &str| {
        let row = apart.iter().find(|row| row.subject.contains(of));
        row.unwrap_or_else(|| panic!("{of} in {apart:?}")).standing
    };
    assert_eq!(standing("Bolletta"), L::Anomaly);
    assert!(matches!(
        standing("Atto"),
        L::NotGenuine | L::CannotTell | L::Ordinary
    ));
    assert_ne!(standing("Pratica"), L::Certified);
    let anomaly = apart.iter().find(|row| row.standing == L::Anomaly).unwrap();
    assert_eq!(anomaly.sender, "bollette@posta.example", "as it claims");
}

#[test]
fn a_forged_receipt_in_an_anomaly_envelope_is_never_certified_and_moves_nothing() {
    for inside in [Kind::Acceptance, Kind::Delivery, Kind::Envelope] {
        let mut desk = Desk::new();
        let message = desk.send(&freeze(sent::base().to_eml()));
        // Well made, genuine even: it came as ordinary mail.
        let wrapped = Receipt::with(Kind::Anomaly, |receipt| {
            receipt.original = Some(genuine(inside));
        });
        desk.receive(&[&wrapped.to_eml()]);
        assert_eq!(desk.standings(&message), [Standing::Sent; 3], "{inside:?}");
        assert!(all(&desk, LetterList::Certified).is_empty(), "{inside:?}");
        let apart = all(&desk, LetterList::Apart);
        let standings: Vec<L> = apart.iter().map(|row| row.standing).collect();
        assert_eq!(standings, [L::Anomaly], "{inside:?}");
    }
}

#[test]
fn the_newest_comes_first_and_pages_follow_each_other() {
    let mut desk = Desk::new();
    let letters: Vec<Vec<u8>> = (0..5)
        .map(|number| {
            letter(
                &format!("<{number}@a.example>"),
                &number.to_string(),
                "",
                number,
            )
        })
        .collect();
    // In whatever order they come.
    for at in [3, 0, 4, 1, 2] {
        desk.receive(&[&letters[at]]);
    }
    let page = |offset| {
        let filter = LetterFilter::default();
        let rows = desk
            .ledger
            .letters(LetterList::Certified, &filter, 2, offset);
        subjects(&rows.unwrap()).join(" ")
    };
    assert_eq!(
        [page(0), page(2), page(4), page(6)],
        ["4 3", "2 1", "0", ""]
    );
}

#[test]
fn words_are_found_by_their_beginnings_without_accents_in_any_case() {
    let mut desk = Desk::new();
    let mail = Sent::new("<1@a.example>", "Città è perché", "Il pagamento è dovuto.");
    let mail = mail.attach("Relazione_Finale.pdf", "application/pdf", b"%PDF");
    desk.receive(&[&envelope(&mail, "Città è perché", 0)]);
    for sought in [
        vec!["citta"],
        vec!["CITTÀ"],
        vec!["Perche", "pagam"],
        vec!["relazione"],
        vec!["finale.pdf"],
        vec![SENDER],
        vec!["studio@"],
        vec!["mittente.example"],
    ] {
        assert_eq!(found(&desk, &sought), 1, "{sought:?}");
    }
    for sought in [vec!["ittà"], vec!["citta", "altrove"], vec!["dovutissimo"]] {
        assert_eq!(found(&desk, &sought), 0, "{sought:?}");
    }
    let filter = |sender: &str, subject: &str| {
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let filter = LetterFilter {
            sender: list(sender),
            subject: list(subject),
            ..LetterFilter::default()
        };
        listed(&desk, LetterList::Certified, &filter).len()
    };
    assert_eq!(filter("studio", ""), 1);
    assert_eq!(filter("pagamento", ""), 0, "that is its text");
    assert_eq!(filter("studio", "citta perche"), 1);
    assert_eq!(filter("", "pagamento"), 0);
    assert_eq!(filter(RECIPIENT, ""), 0, "that is no sender");
}

#[test]
fn nobodys_text_is_a_query() {
    let mut desk = Desk::new();
    desk.receive(&[&letter(
        "<1@a.example>",
        "NEAR and subject",
        "a-b \"c\" d*e",
        0,
    )]);
    let many: Vec<String> = (0..10_000).map(|number| format!("w{number}")).collect();
    let many: Vec<&str> = many.iter().map(|word| &**word).collect();
    for (sought, expected) in [
        (vec!["NEAR"], 1),
        (vec!["AND"], 1),
        (vec!["subject"], 1),
        (vec!["subject:", "near"], 1),
        (vec!["a-b"], 1),
        (vec!["-b"], 1),
        (vec!["NOT", "near"], 0),
        (vec!["OR"], 0),
        (vec!["\"c\""], 1),
        (vec!["\"c"], 1),
        (vec!["d*e"], 1),
        (vec!["^near"], 1),
        (vec!["near\0subject"], 0),
        (vec!["and\0subject"], 1),
        (vec!["*"], 0),
        (vec!["\"\"\"\""], 0),
        (vec!["", "near"], 1),
        (vec!["("], 0),
        (vec!["near(", ")"], 1),
        (vec!["NEAR(near and, 3)"], 0),
        (vec!["{subject}", ":", "near"], 1),
        (vec!["Ⓐ\u{301}"], 0),
        (many[..MOST_WORDS].to_vec(), 0),
    ] {
        assert_eq!(found(&desk, &sought), expected, "{sought:?}");
    }
    // More than anybody types is an answer too.
    assert_eq!(found(&desk, &many), 0);
}

#[test]
fn dates_attachments_and_what_was_read_choose() {
    let mut desk = Desk::new();
    let with = Sent::new("<2@a.example>", "due", "").attach("a.txt", "text/plain", b"a");
    desk.receive(&[
        &letter("<1@a.example>", "uno", "", 0),
        &envelope(&with, "due", 100),
    ]);
    let list = |filter: LetterFilter| {
        let rows = listed(&desk, LetterList::Certified, &filter);
        subjects(&rows).join(" ")
    };
    let all = LetterFilter::default;
    let since = Some(after(1));
    assert_eq!(list(LetterFilter { since, ..all() }), "due");
    assert_eq!(
        list(LetterFilter {
            until: since,
            ..all()
        }),
        "uno"
    );
    let with_attachments = true;
    assert_eq!(
        list(LetterFilter {
            with_attachments,
            ..all()
        }),
        "due"
    );
    let of = |account: &str| LetterFilter {
        account: Some(MailAddress::new(account)),
        ..all()
    };
    assert_eq!(list(of(SENDER)), "due uno");
    assert_eq!(list(of("altri@pec.example")), "");
}

#[test]
fn what_was_read_stays_read_when_it_is_judged_again_and_in_a_backup() {
    let mut desk = Desk::new();
    let octets = genuine(Kind::Envelope);
    desk.receive(&[&octets]);
    let row = all(&desk, LetterList::Certified).remove(0);
    let unread = LetterFilter {
        unopened: true,
        ..LetterFilter::default()
    };
    assert_eq!(listed(&desk, LetterList::Certified, &unread).len(), 1);
    desk.ledger.open_letter(&row.letter, after(50)).unwrap();
    desk.ledger.open_letter(&row.letter, after(90)).unwrap();
    assert!(listed(&desk, LetterList::Certified, &unread).is_empty());
    // Found again in another folder: the same letter.
    desk.receive(&[&octets]);
    let again = all(&desk, LetterList::Certified);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].letter, row.letter);
    assert_eq!(again[0].opened_at, Some(after(50)));
    let copy = desk.home.path().join("copy");
    desk.ledger
        .back_up(&copy, &[], desk.now, &mut || {})
        .expect("a copy");
    let copied = postacert::ledger::Ledger::open(&copy).expect("a ledger");
    let rows = copied.letters(LetterList::Certified, &words(&["pratica"]), 9, 0);
    assert_eq!(rows.unwrap()[0].opened_at, Some(after(50)));
    desk.ledger.close_letter(&row.letter).unwrap();
    assert_eq!(listed(&desk, LetterList::Certified, &unread).len(), 1);
}

#[test]
fn what_was_not_proved_is_certified_once_it_is() {
    let mut desk = Desk::new();
    let knowing = std::mem::replace(&mut desk.verifier, Verifier::new(Trust::built_in()));
    desk.receive(&[&genuine(Kind::Envelope)]);
    let before = all(&desk, LetterList::Apart);
    assert!(all(&desk, LetterList::Certified).is_empty());
    assert_eq!(before.len(), 1);
    assert!(before[0].headline.is_some());
    desk.verifier = knowing;
    desk.receive(&[]);
    assert!(all(&desk, LetterList::Apart).is_empty());
    let after = all(&desk, LetterList::Certified);
    assert_eq!(after[0].letter, before[0].letter);
    assert_eq!(found(&desk, &["pratica"]), 1);
}

#[test]
fn the_same_envelope_in_two_accounts_is_two_letters() {
    let mut desk = Desk::new();
    let octets = genuine(Kind::Envelope);
    desk.receive(&[&octets]);
    let other = MailAddress::new("altro@pec.mittente.example");
    let mut mailbox = Script::inbox([&*octets]);
    let judge = Judge {
        account: &other,
        verifier: &desk.verifier,
        keep: postacert::account::Keep::All,
    };
    let folders = ["INBOX".to_owned()];
    let now = desk.now;
    client::sync(
        &mut desk.ledger,
        judge,
        &mut mailbox,
        &folders,
        &|| now,
        &mut |_| {},
    )
    .unwrap();
    let rows = all(&desk, LetterList::Certified);
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].letter.short, rows[1].letter.short);
    desk.ledger.open_letter(&rows[0].letter, now).unwrap();
    let opened = all(&desk, LetterList::Certified);
    assert_eq!(
        opened.iter().filter(|row| row.opened_at.is_some()).count(),
        1
    );
}

#[test]
fn a_word_means_letters_by_id_and_message_id() {
    let mut desk = Desk::new();
    let message = desk.send(&freeze(sent::base().to_eml()));
    desk.receive(&[&letter("<1@a.example>", "uno", "", 5)]);
    let row = all(&desk, LetterList::Certified).remove(0);
    let find = |word: &str| desk.ledger.find_letter(word).expect("an answer");
    for word in [
        &*row.letter.short,
        &row.letter.short[..4],
        &row.letter.short.to_uppercase(),
        "<1@a.example>",
        "1@a.example",
        &format!("5.{IDENTIFIER}"),
    ] {
        assert_eq!(find(word), std::slice::from_ref(&row), "{word}");
    }
    for word in ["", "abc", "<>", "1@A.example", "' OR 1", "%", "\0"] {
        assert!(find(word).is_empty(), "{word}");
    }
    let ours = find(&message.short).remove(0);
    assert_eq!(ours.message, Some(message.clone()));
    assert_eq!(ours.standing, L::Sent);
    assert_eq!(find(MESSAGE_ID), std::slice::from_ref(&ours));
    assert_eq!(desk.ledger.letter_of(&message).unwrap(), Some(ours));
}

/// What a message of ours is answered with, and what that answers.
fn thread(desk: &Desk, message: &MessageRef) -> Vec<String> {
    let ours = desk.ledger.letter_of(message).unwrap().expect("indexed");
    let answers = desk.ledger.answers_to(&ours).unwrap();
    for one in &answers {
        let answered = desk.ledger.answered_by(one).unwrap();
        assert_eq!(answered, std::slice::from_ref(&ours));
    }
    answers.into_iter().map(|one| one.subject).collect()
}

#[test]
fn an_answer_names_our_message_id_or_the_providers() {
    let known_as = [MESSAGE_ID.to_owned(), format!("<{IDENTIFIER}>")];
    for name in known_as {
        let mut desk = Desk::new();
        let message = desk.send(&freeze(sent::base().to_eml()));
        desk.receive(&[&genuine(Kind::Acceptance), &answer("<a@b.example>", &name)]);
        assert_eq!(
            thread(&desk, &message),
            [format!("Re: {SUBJECT}")],
            "{name}"
        );
    }
    let mut desk = Desk::new();
    let message = desk.send(&freeze(sent::base().to_eml()));
    desk.receive(&[&answer("<a@b.example>", "<another@b.example>")]);
    assert!(thread(&desk, &message).is_empty());
}

#[test]
fn octets_that_are_gone_leave_what_was_signed() {
    let mut desk = Desk::new();
    let octets = genuine(Kind::Envelope);
    desk.receive(&[&octets]);
    let row = all(&desk, LetterList::Certified).remove(0);
    std::fs::remove_file(desk.ledger.path_of(&row.octets)).unwrap();
    // As a ledger of an earlier form has it.
    let file = desk.folder().join("ledger.sqlite");
    let raw = rusqlite::Connection::open(file).unwrap();
    raw.execute_batch("DELETE FROM letter; UPDATE examination SET indexed = 0;")
        .unwrap();
    assert_eq!(desk.ledger.count_unindexed().unwrap(), 1);
    let mut read = 0;
    client::index(&mut desk.ledger, &mut |count| read += count).unwrap();
    assert_eq!((read, desk.ledger.count_unindexed().unwrap()), (1, 0));
    let after = all(&desk, LetterList::Certified).remove(0);
    assert_eq!(
        (after.sender, after.subject, after.at),
        (row.sender, row.subject, row.at)
    );
    assert_eq!(after.size, 0);
}

#[test]
fn what_came_cut_and_then_whole_is_one_letter() {
    let mut desk = Desk::new();
    let whole = genuine(Kind::Envelope);
    let cut = &whole[..whole.len() - 700];
    let mut mailbox = Script::inbox([cut]);
    desk.sync(&mut mailbox);
    assert_eq!(all(&desk, LetterList::All).len(), 1);
    let kept = mailbox.folders.get_mut("INBOX").expect("a folder");
    kept.messages.insert(1, whole);
    desk.ledger.read_again(&account(), None).unwrap();
    desk.sync(&mut mailbox);
    let rows = all(&desk, LetterList::All);
    let standings: Vec<L> = rows.iter().map(|row| row.standing).collect();
    assert_eq!(standings, [L::Certified]);
}

#[test]
fn a_time_of_what_is_not_certified_is_that_of_the_server() {
    let mut desk = Desk::new();
    desk.now = at("2026-06-01T00:00:00Z");
    desk.receive(&[&genuine(Kind::Anomaly)]);
    let row = all(&desk, LetterList::Apart).remove(0);
    assert!(row.at <= desk.now && row.at > Timestamp::from_unix(0));
}
