//! What a mailbox teaches: receipts led to messages by their signed data, whatever the order,
//! the folder, the numbers and the line; nothing from what was not proved genuine.

use postacert::client::EventKind;
use postacert::ledger::fact::What;
use postacert::ledger::state::Standing;
use postacert::ledger::{Arrival, Finding, MatchRule, MessageRef, Reason};
use postacert::timestamp::Timestamp;
use postacert::verify::{Question, Verdict};

use crate::support::cases::sent;
use crate::support::mailbox::{Kept, Script};
use crate::support::random::Random;
use crate::support::receipt::{
    COPIED, IDENTIFIER, Kind, MESSAGE_ID, ORDINARY, RECIPIENT, Receipt, SUBJECT,
};
use crate::support::sender::{Desk, account, after, base, freeze, moment, outgoing};

use Standing as S;

const HOUR: i64 = 3_600;

fn genuine(kind: Kind) -> Vec<u8> {
    Receipt::new(kind).to_eml()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(crate::support::fixtures_folder().join(name)).expect("a fixture")
}

/// A desk that sent the base message.
fn sent_base() -> (Desk, MessageRef) {
    let mut desk = Desk::new();
    let message = desk.send(&freeze(sent::base().to_eml()));
    (desk, message)
}

fn rules(events: &[postacert::client::Event]) -> Vec<Option<MatchRule>> {
    let rule = |event: &postacert::client::Event| match &event.kind {
        EventKind::Verified { rule, .. } => Some(*rule),
        _ => None,
    };
    events.iter().map(rule).collect()
}

// Led to the message, or not.

#[test]
fn an_acceptance_says_for_each_recipient_what_it_lists() {
    let (mut desk, message) = sent_base();
    assert_eq!(desk.standings(&message), [S::Sent; 3]);
    let events = desk.receive(&[&genuine(Kind::Acceptance)]);
    assert_eq!(rules(&events), [Some(MatchRule::MessageId)]);
    assert_eq!(
        desk.standings(&message),
        [S::Accepted, S::Ordinary, S::Accepted]
    );
    let state = &desk.states(&message)[0];
    assert_eq!(state.since, Some(after(0)), "the certified time, not ours");
}

#[test]
fn each_kind_for_a_sender_moves_its_recipient_and_no_other() {
    for (kind, expected) in [
        (Kind::Delivery, S::Delivered),
        (Kind::DeliveryBrief, S::Delivered),
        (Kind::DeliveryConcise, S::Delivered),
        (Kind::NonDelivery, S::NotDelivered),
        (Kind::NonDeliveryVirus, S::NotDelivered),
        (Kind::NoticeAfter12Hours, S::Delayed),
        (Kind::NoticeAfter24Hours, S::TimedOut),
    ] {
        let (mut desk, message) = sent_base();
        desk.receive(&[&genuine(kind)]);
        assert_eq!(
            desk.standings(&message),
            [expected, S::Sent, S::Sent],
            "{kind:?}"
        );
    }
    for kind in [Kind::NonAcceptance, Kind::NonAcceptanceVirus] {
        let (mut desk, message) = sent_base();
        desk.receive(&[&genuine(kind)]);
        assert_eq!(desk.standings(&message), [S::NotAccepted; 3], "{kind:?}");
    }
}

#[test]
fn what_is_between_providers_or_for_a_recipient_moves_nothing() {
    for kind in [Kind::TakenInCharge, Kind::VirusFound, Kind::Envelope] {
        let (mut desk, message) = sent_base();
        let events = desk.receive(&[&genuine(kind)]);
        assert_eq!(rules(&events), [Some(MatchRule::NotForSender)], "{kind:?}");
        assert_eq!(desk.standings(&message), [S::Sent; 3], "{kind:?}");
        assert!(desk.ledger.orphans(None, 9, 0).unwrap().is_empty());
    }
}

fn bounce(about: &str) -> Vec<u8> {
    Receipt::around_bounce(about, ORDINARY).to_eml()
}

#[test]
fn a_bounce_is_shown_at_its_message_and_moves_nothing() {
    let identifier = format!("<{IDENTIFIER}>");
    for (about, shown) in [
        (MESSAGE_ID, true),
        // The provider's envelope came back; the acceptance taught its identifier.
        (&*identifier, true),
        ("<altro@client.mittente.example>", false),
    ] {
        let (mut desk, message) = sent_base();
        let acceptance = genuine(Kind::Acceptance);
        let events = desk.receive(&[&acceptance, &bounce(about)]);
        let before = [S::Accepted, S::Ordinary, S::Accepted];
        assert_eq!(desk.standings(&message), before, "{about}");
        let EventKind::Anomaly(mail) = &events[1].kind else {
            panic!("{:#?}", events[1]);
        };
        assert!(!events[1].is_alarming());
        assert_eq!(mail.subject, "Undelivered Mail");
        let report = mail.report.as_ref().expect("a report");
        assert_eq!(report.recipients[0].address, ORDINARY);
        let view = desk.view(&message);
        assert_eq!(view.remarks.len(), usize::from(shown), "{about}");
        assert_eq!(view.receipts.len(), 1, "{about}");
    }
}

#[test]
fn a_bounce_in_an_envelope_that_is_not_proved_is_no_remark() {
    let (mut desk, message) = sent_base();
    let altered = String::from_utf8(bounce(MESSAGE_ID)).expect("ASCII");
    let altered = altered.replace("5.1.1", "5.2.2");
    let events = desk.receive(&[altered.as_bytes()]);
    assert!(matches!(events[0].kind, EventKind::Other(_)));
    assert!(desk.view(&message).remarks.is_empty());
}

#[test]
fn ordinary_mail_in_an_anomaly_envelope_is_told_as_it_claims_to_be() {
    let mut desk = Desk::new();
    let events = desk.receive(&[&genuine(Kind::Anomaly)]);
    let EventKind::Anomaly(mail) = &events[0].kind else {
        panic!("{events:#?}");
    };
    assert_eq!(mail.sender, "bollette@posta.example");
    assert_eq!(mail.subject, "Bolletta di maggio");
    assert_eq!(mail.report, None);
    // Nothing that waits for a proof.
    assert!(desk.ledger.unproven(None, 9, 0).unwrap().is_empty());
    assert!(desk.ledger.orphans(None, 9, 0).unwrap().is_empty());
}

#[test]
fn a_message_id_is_compared_without_brackets_and_exactly_otherwise() {
    let bare = MESSAGE_ID.trim_matches(['<', '>']);
    for (id, rule) in [
        (bare.to_owned(), MatchRule::MessageId),
        (format!(" {MESSAGE_ID} "), MatchRule::MessageId),
        (MESSAGE_ID.to_uppercase(), MatchRule::Orphan),
        (format!("<{bare}.it>"), MatchRule::Orphan),
        (MESSAGE_ID[..20].to_owned(), MatchRule::Orphan),
    ] {
        let (mut desk, message) = sent_base();
        let receipt = Receipt::with(Kind::Acceptance, |receipt| {
            receipt.daticert.message_id = Some(id.clone());
        });
        let events = desk.receive(&[&receipt.to_eml()]);
        assert_eq!(rules(&events), [Some(rule)], "{id}");
        let moved = desk.standings(&message) != [S::Sent; 3];
        assert_eq!(moved, rule.is_match(), "{id}");
    }
}

/// The delivery of a provider that leaves `msgid` out (seen in 2012).
fn nameless() -> Vec<u8> {
    let receipt = Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.daticert.message_id = None;
    });
    receipt.to_eml()
}

#[test]
fn a_receipt_without_message_id_is_led_by_its_identifier() {
    let (mut desk, message) = sent_base();
    let events = desk.receive(&[&genuine(Kind::Acceptance), &nameless()]);
    assert_eq!(
        rules(&events),
        [Some(MatchRule::MessageId), Some(MatchRule::Identifier)]
    );
    assert_eq!(desk.standings(&message)[0], S::Delivered);
    // One of another transaction is not.
    let (mut desk, message) = sent_base();
    let other = Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.daticert.message_id = None;
        receipt.daticert.identifier = format!("x{IDENTIFIER}");
    });
    let events = desk.receive(&[&genuine(Kind::Acceptance), &other.to_eml()]);
    assert_eq!(rules(&events)[1], Some(MatchRule::Orphan));
    assert_eq!(desk.standings(&message)[0], S::Accepted);
}

#[test]
fn an_orphan_is_adopted_when_its_identifier_is_learned() {
    let (mut desk, message) = sent_base();
    let events = desk.receive(&[&nameless()]);
    assert_eq!(rules(&events), [Some(MatchRule::Orphan)]);
    assert_eq!(desk.standings(&message)[0], S::Sent);
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 1);
    let events = desk.receive(&[&genuine(Kind::Acceptance)]);
    assert_eq!(
        rules(&events),
        [Some(MatchRule::MessageId), Some(MatchRule::Identifier)],
        "both are told"
    );
    assert_eq!(desk.standings(&message)[0], S::Delivered);
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 0);
}

#[test]
fn what_a_slow_clock_could_not_tell_is_judged_again_when_it_is_right() {
    let (mut desk, message) = sent_base();
    // Two days slow: the receipts are of a time that has not come.
    desk.now = after(-2 * 24 * HOUR);
    let receipts = [genuine(Kind::Acceptance), genuine(Kind::DeliveryConcise)];
    let mut script = Script::inbox(receipts.iter().map(|octets| &octets[..]));
    let (_, events) = desk.sync(&mut script);
    for event in &events {
        let EventKind::Other(examination) = &event.kind else {
            panic!("proved by a wrong clock");
        };
        assert_eq!(examination.verdict(), Verdict::CannotTell);
    }
    assert_eq!(desk.standings(&message)[0], S::Sent);
    let unproven = desk.ledger.unproven(None, 9, 0).unwrap();
    assert_eq!(unproven.len(), 2);
    assert!(unproven.iter().all(|row| row.certified_at.is_none()));

    // Still before them: nothing is new, and nobody is told twice.
    desk.now = after(-24 * HOUR);
    assert!(desk.sync(&mut script).1.is_empty());
    assert_eq!(desk.ledger.unsettling(None).unwrap().unproven, 2);

    desk.now = after(60);
    let (report, events) = desk.sync(&mut script);
    assert_eq!((report.looked_at, events.len()), (0, 2));
    assert_eq!(desk.standings(&message)[0], S::Delivered);
    assert_eq!(desk.ledger.unsettling(None).unwrap().unproven, 0);
    assert!(desk.sync(&mut script).1.is_empty(), "once");
}

#[test]
fn what_earlier_versions_refused_for_a_slow_clock_is_judged_again() {
    let (mut desk, message) = sent_base();
    desk.now = after(-2 * 24 * HOUR);
    desk.receive(&[&genuine(Kind::Acceptance)]);
    let connection = rusqlite::Connection::open(desk.folder().join("ledger.sqlite")).unwrap();
    let older = "UPDATE examination SET verdict = 'not-genuine', certified_at = NULL";
    assert_eq!(connection.execute(older, []).unwrap(), 1);
    desk.now = after(60);
    desk.receive(&[]);
    assert_eq!(desk.standings(&message)[0], S::Accepted);
}

#[test]
fn under_new_numbers_a_forgery_is_not_told_again_and_a_new_one_is() {
    let mut desk = Desk::new();
    let forged = fixture("vectors/b-certificate/self-signed-with-the-providers-name.eml");
    let mut script = Script::inbox([&forged[..]]);
    let alarms = |events: &[postacert::client::Event]| {
        let alarming = events.iter().filter(|event| event.is_alarming());
        alarming.count()
    };
    assert_eq!(alarms(&desk.sync(&mut script).1), 1);
    script.renumber("INBOX", 2, 70);
    let (report, events) = desk.sync(&mut script);
    assert_eq!((report.renumbered, alarms(&events)), (1, 0));
    script.renumber("INBOX", 3, 90);
    script.arrive("INBOX", &[b"X-Spam: no\r\n", &forged[..]].concat());
    assert_eq!(alarms(&desk.sync(&mut script).1), 1);
    assert_eq!(desk.ledger.unsettling(None).unwrap().unproven, 2);
}

/// Records an arrival as a run would that is cut off right after.
fn record_and_die(desk: &mut Desk, octets: &[u8]) {
    let examination = desk.verifier.examine(octets, &Question::new(desk.now));
    let arrival = Arrival {
        folder: "INBOX".to_owned(),
        uid_validity: 1,
        uid: 900,
        internal_date: None,
        octets: desk.ledger.keep(octets).expect("kept"),
        finding: Finding::Verified {
            receipt: Box::new(examination.into_verified().expect("genuine")),
            other_content: false,
        },
    };
    let recorded = desk
        .ledger
        .record(
            &account(),
            &[arrival],
            None,
            desk.verifier.trust(),
            desk.now,
        )
        .expect("recorded");
    assert!(recorded[0].new_facts > 0);
}

#[test]
fn an_orphan_is_adopted_by_the_next_run_when_the_first_was_cut_off() {
    let (mut desk, message) = sent_base();
    desk.receive(&[&nameless()]);
    record_and_die(&mut desk, &genuine(Kind::Acceptance));
    desk.reopen();
    assert_eq!(desk.standings(&message)[0], S::Accepted);
    desk.sync(&mut Script::inbox([]));
    assert_eq!(desk.standings(&message)[0], S::Delivered);
}

#[test]
fn a_receipt_for_another_sender_moves_nothing() {
    let (mut desk, message) = sent_base();
    let stranger = |kind: Kind| {
        let receipt = Receipt::with(kind, |receipt| {
            receipt.daticert.sender = "altro@pec.mittente.example".to_owned();
            receipt.daticert.reply_to = "altro@pec.mittente.example".to_owned();
        });
        receipt.to_eml()
    };
    let events = desk.receive(&[
        &stranger(Kind::Acceptance),
        &stranger(Kind::DeliveryConcise),
    ]);
    assert_eq!(rules(&events), [Some(MatchRule::OtherSender); 2]);
    assert!(events.iter().all(|event| event.is_alarming()));
    assert_eq!(desk.standings(&message), [S::Sent; 3]);
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 2);
    // Written in capitals it is the same mailbox.
    let (mut desk, message) = sent_base();
    let ours = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.sender = receipt.daticert.sender.to_uppercase();
    });
    desk.receive(&[&ours.to_eml()]);
    assert_eq!(desk.standings(&message)[0], S::Accepted);
}

#[test]
fn a_receipt_with_another_message_inside_moves_nothing() {
    let message_sent = freeze(sent::base().to_eml());
    let other = Receipt::with(Kind::Delivery, |receipt| {
        receipt.original = Some(sent::with_other_document().delivered(IDENTIFIER));
    });
    let mut desk = Desk::new();
    let message = desk.send(&message_sent);
    let events = desk.receive(&[&other.to_eml()]);
    assert_eq!(rules(&events), [Some(MatchRule::OtherContent)]);
    assert!(events[0].is_alarming());
    assert!(!desk.standings(&message).contains(&S::Delivered));
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 1);
    // The twin with what was sent.
    let events = desk.receive(&[&genuine(Kind::Delivery)]);
    assert_eq!(rules(&events), [Some(MatchRule::MessageId)]);
    assert_eq!(desk.standings(&message)[0], S::Delivered);
}

#[test]
fn a_damaged_file_of_ours_does_not_keep_us_from_reading_receipts() {
    let mut desk = Desk::new();
    let message = desk.send(&freeze(sent::base().to_eml()));
    let row = desk.ledger.row(&message).unwrap();
    std::fs::write(desk.ledger.path_of(&row.octets), b"damaged").unwrap();
    let events = desk.receive(&[&genuine(Kind::Delivery)]);
    assert_eq!(rules(&events), [Some(MatchRule::MessageId)]);
    assert_eq!(desk.standings(&message)[0], S::Delivered);
}

#[test]
fn a_receipt_for_somebody_who_is_no_recipient_of_ours_is_kept_and_moves_nothing() {
    let stranger = "altri@pec.destinatario.example";
    let to_stranger = |kind: Kind| {
        let receipt = Receipt::with(kind, |receipt| {
            receipt.daticert.delivered_to = Some(stranger.to_owned());
            let listed = (stranger.to_owned(), "certificato".to_owned());
            receipt.daticert.recipients.push(listed);
        });
        receipt.to_eml()
    };
    let (mut desk, message) = sent_base();
    let events = desk.receive(&[&to_stranger(Kind::NonDelivery)]);
    assert_eq!(rules(&events), [Some(MatchRule::MessageId)]);
    assert_eq!(desk.standings(&message), [S::Sent; 3]);
    assert_eq!(
        desk.view(&message).receipts.len(),
        1,
        "shown with the message"
    );
    // A delivery is compared with what was sent: this is another envelope.
    let events = desk.receive(&[&to_stranger(Kind::DeliveryConcise)]);
    assert_eq!(rules(&events), [Some(MatchRule::OtherContent)]);
    assert_eq!(desk.standings(&message), [S::Sent; 3]);
}

#[test]
fn recipients_are_compared_without_regard_to_case() {
    let (mut desk, message) = sent_base();
    let receipt = Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.daticert.delivered_to = Some(RECIPIENT.to_uppercase());
    });
    desk.receive(&[&receipt.to_eml()]);
    assert_eq!(desk.standings(&message)[0], S::Delivered);
}

// Not proved genuine.

#[test]
fn what_is_not_proved_genuine_moves_nothing_and_is_shown() {
    let stranger = {
        use crate::support::keys;
        let receipt = Receipt::with(Kind::DeliveryConcise, |receipt| {
            receipt.certificate.issuer_key = keys::THIRD;
        });
        receipt.to_eml()
    };
    let altered = fixture("vectors/a-signature/recipient-changed-after-signing.eml");
    let unsigned = b"From: posta-certificata@gestore-destinatario.example\r\n\
        To: studio@pec.mittente.example\r\nSubject: CONSEGNA: x\r\nX-Ricevuta: avvenuta-consegna\r\n\
        X-Riferimento-Message-ID: <0b1f6c2e-77aa-42@client.mittente.example>\r\n\
        Date: Mon, 4 May 2026 10:15:07 +0200\r\n\r\nconsegnato\r\n";
    for forged in [&stranger[..], &altered, unsigned] {
        let (mut desk, message) = sent_base();
        let before = desk.view(&message).facts;
        let events = desk.receive(&[forged]);
        assert_eq!(events.len(), 1);
        assert!(events[0].is_alarming(), "{events:#?}");
        assert_eq!(desk.standings(&message), [S::Sent; 3]);
        assert_eq!(desk.view(&message).facts, before);
        let unproven = desk.ledger.unproven(None, 9, 0).unwrap();
        assert_eq!(unproven.len(), 1);
        assert_eq!(desk.ledger.octets(&unproven[0].octets).unwrap(), forged);
        assert_eq!(
            unproven[0].message_id, None,
            "nothing unsigned is recorded as a fact"
        );
    }
}

#[test]
fn ordinary_mail_is_not_fetched() {
    let mut desk = Desk::new();
    let ordinary = sent::from_outside();
    let (report, events) = desk.sync(&mut Script::inbox([&ordinary[..]]));
    assert_eq!((report.looked_at, report.fetched), (1, 0));
    assert!(events.is_empty());
}

// Order, repetition, numbers.

#[test]
fn the_order_of_receipts_changes_nothing() {
    let copied = |kind: Kind, seconds: i64| {
        let receipt = Receipt::with(kind, |receipt| {
            receipt.set_time(&moment(seconds));
            receipt.daticert.delivered_to = Some(COPIED.to_owned());
        });
        receipt.to_eml()
    };
    let receipts = [
        genuine(Kind::Acceptance),
        genuine(Kind::NoticeAfter12Hours),
        genuine(Kind::NoticeAfter24Hours),
        nameless(),
        copied(Kind::DeliveryConcise, 20),
        copied(Kind::NonDelivery, 30),
    ];
    let mut random = Random::new(5);
    let mut outcomes = Vec::new();
    for _ in 0..12 {
        let (mut desk, message) = sent_base();
        let mut order: Vec<&[u8]> = receipts
            .iter()
            .chain(&receipts[2..4])
            .map(|r| &r[..])
            .collect();
        random.shuffle(&mut order);
        let (one, other) = order.split_at(random.below(order.len()));
        desk.receive(one);
        desk.receive(other);
        outcomes.push(desk.states(&message));
    }
    assert!(
        outcomes.windows(2).all(|pair| pair[0] == pair[1]),
        "{outcomes:#?}"
    );
    let standings: Vec<S> = outcomes[0].iter().map(|state| state.standing).collect();
    assert_eq!(standings, [S::Delivered, S::Ordinary, S::Contradictory]);
    assert_eq!(
        outcomes[0][2].contradiction,
        [What::Delivered, What::NotDelivered]
    );
}

#[test]
fn the_same_receipt_in_another_folder_or_under_another_uid_adds_nothing() {
    let (mut desk, message) = sent_base();
    let (one, two) = (genuine(Kind::Acceptance), genuine(Kind::DeliveryConcise));
    let mut script = Script::inbox([&one[..], &two, &two]);
    script.arrive("INBOX/Ricevute", &two);
    let (report, events) = desk.sync(&mut script);
    assert_eq!((report.fetched, report.new_facts), (4, 4));
    let known: Vec<bool> = events.iter().map(|event| event.known).collect();
    assert_eq!(known, [false, false, true, true]);
    assert_eq!(desk.view(&message).receipts.len(), 2);
    // A second run finds nothing.
    let (report, events) = desk.sync(&mut script);
    assert_eq!((report.looked_at, report.fetched, events.len()), (0, 0, 0));
}

#[test]
fn the_same_receipt_in_other_octets_is_kept_twice_and_says_the_same() {
    let (mut desk, message) = sent_base();
    let receipt = genuine(Kind::DeliveryConcise);
    let again = [b"X-Gateway: 1\r\n", &receipt[..]].concat();
    desk.receive(&[&receipt]);
    let before = desk.states(&message);
    desk.receive(&[&again]);
    assert_eq!(desk.states(&message), before);
    assert_eq!(desk.view(&message).receipts.len(), 2);
}

#[test]
fn when_the_numbers_lose_their_meaning_all_is_read_again_and_nothing_is_added() {
    let (mut desk, message) = sent_base();
    let one = genuine(Kind::Acceptance);
    let mut script = Script::inbox([&one[..]]);
    desk.sync(&mut script);
    let before = desk.view(&message).facts;
    script.renumber("INBOX", 7, 100);
    let delivery = genuine(Kind::DeliveryConcise);
    script.arrive("INBOX", &delivery);
    let (report, _) = desk.sync(&mut script);
    assert_eq!(
        (report.renumbered, report.fetched, report.new_facts),
        (1, 2, 1)
    );
    assert_eq!(desk.view(&message).facts.len(), before.len() + 1);
    let cursor = desk.ledger.cursor(&account(), "INBOX").unwrap().unwrap();
    assert_eq!((cursor.uid_validity, cursor.last_uid), (7, 101));
    let (report, _) = desk.sync(&mut script);
    assert_eq!((report.renumbered, report.looked_at), (0, 0));
}

#[test]
fn a_mailbox_brought_back_from_a_copy_is_read_from_the_beginning() {
    let (mut desk, message) = sent_base();
    let (one, other) = (genuine(Kind::Acceptance), genuine(Kind::TakenInCharge));
    let mut script = Script::inbox([&one[..], &other[..], &other[..]]);
    desk.sync(&mut script);
    // UIDVALIDITY stays, the last two are gone, and the next has the number of one of them.
    let kept = script.folders.get_mut("INBOX").unwrap();
    kept.messages.retain(|uid, _| *uid == 1);
    script.arrive("INBOX", &genuine(Kind::DeliveryConcise));
    let (report, _) = desk.sync(&mut script);
    assert_eq!(report.renumbered, 1);
    assert_eq!(desk.standings(&message)[0], S::Delivered);
}

#[test]
fn an_acceptance_that_lists_none_of_ours_still_keeps_the_message_from_going_again() {
    use postacert::ledger::{Claim, Error};
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    let in_doubt = crate::support::sender::ends_in_doubt("the line broke");
    desk.attempt(&message, Claim::NeverLeft, &in_doubt);
    let odd = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.recipients =
            vec![("altri@pec.example".to_owned(), "certificato".to_owned())];
    });
    desk.receive(&[&odd.to_eml()]);
    assert_eq!(desk.standings(&message), [S::InDoubt; 3]);
    let again = desk
        .ledger
        .begin(&message, Claim::InDoubtAndSearched, desk.now);
    assert!(matches!(again, Err(Error::Settled { .. })), "{again:?}");
}

#[test]
fn sparse_uids_are_found_with_few_questions() {
    for says_next in [true, false] {
        let (mut desk, message) = sent_base();
        let mut script = Script::default();
        script.folders.insert(
            "INBOX".to_owned(),
            Kept {
                says_next,
                ..Kept::default()
            },
        );
        script.arrive_at("INBOX", 3, &genuine(Kind::Acceptance));
        script.arrive_at("INBOX", 70_000, &sent::from_outside());
        script.arrive_at("INBOX", 4_000_000_000, &genuine(Kind::DeliveryConcise));
        desk.sync(&mut script);
        assert_eq!(desk.standings(&message)[0], S::Delivered, "{says_next}");
        assert!(
            script.count("summaries") < 40,
            "{}",
            script.count("summaries")
        );
        let cursor = desk.ledger.cursor(&account(), "INBOX").unwrap().unwrap();
        assert_eq!(cursor.last_uid, 4_000_000_000);
        script.calls.clear();
        let (report, _) = desk.sync(&mut script);
        assert_eq!(report.looked_at, 0);
    }
}

#[test]
fn a_message_left_out_is_asked_for_alone_and_one_that_is_gone_is_passed_over() {
    let (mut desk, message) = sent_base();
    let all = [Kind::Acceptance, Kind::DeliveryConcise, Kind::TakenInCharge].map(genuine);
    let mut script = Script::inbox(all.iter().map(|octets| &octets[..]));
    script.shy.extend([1, 2]);
    script.gone.insert(3);
    let (report, events) = desk.sync(&mut script);
    assert_eq!((report.fetched, events.len()), (2, 2));
    assert_eq!(
        desk.standings(&message),
        [S::Delivered, S::Ordinary, S::Accepted]
    );
    let cursor = desk.ledger.cursor(&account(), "INBOX").unwrap().unwrap();
    assert_eq!(cursor.last_uid, 3);
}

#[test]
fn a_message_that_does_not_come_is_remembered_and_passed() {
    let (mut desk, message) = sent_base();
    let all = [Kind::Acceptance, Kind::DeliveryConcise].map(genuine);
    let mut script = Script::inbox(all.iter().map(|octets| &octets[..]));
    script.held_back.insert(1);
    let (report, events) = desk.sync(&mut script);
    assert_eq!(report.unread_messages.len(), 1);
    assert!(matches!(
        events[0].kind,
        EventKind::Unread {
            reason: Reason::NotGiven,
            ..
        }
    ));
    assert_eq!(desk.standings(&message)[0], S::Delivered);
    let since = desk.ledger.unread(&account()).unwrap()[0].since;
    // Who looks again and again does not ask each time, and is not told each time.
    script.calls.clear();
    let (report, events) = desk.sync(&mut script);
    assert_eq!((script.count("fetch"), events.len()), (0, 0));
    assert_eq!(report.unread_messages.len(), 1);
    desk.now = Timestamp::from_unix(desk.now.unix() + 60);
    let (_, events) = desk.sync(&mut script);
    assert_eq!((script.count("fetch [1]"), events.len()), (2, 0));
    let unread = &desk.ledger.unread(&account()).unwrap()[0];
    assert_eq!((unread.since, unread.tries), (since, 2));
    script.held_back.clear();
    desk.now = Timestamp::from_unix(desk.now.unix() + 3_600);
    let (report, _) = desk.sync(&mut script);
    assert!(report.unread_messages.is_empty());
    assert_eq!(
        desk.standings(&message),
        [S::Delivered, S::Ordinary, S::Accepted]
    );
}

#[test]
fn a_folder_is_read_past_each_message_over_which_the_line_breaks() {
    for fatal in [
        &[1][..],
        &[3],
        &[6],
        &[2, 3],
        &[1, 4, 6],
        &[1, 2, 3, 4, 5, 6],
    ] {
        let (mut desk, _) = sent_base();
        let all = [Kind::Acceptance, Kind::DeliveryConcise, Kind::TakenInCharge].map(genuine);
        let mut script = Script::inbox(all.iter().chain(&all).map(|octets| &octets[..]));
        script.fatal.extend(fatal);
        let mut read = 0;
        let mut breaks = 0;
        loop {
            let (report, events) = desk.try_sync(&mut script);
            let verified = |kind: &EventKind| matches!(kind, EventKind::Verified { .. });
            read += events.iter().filter(|event| verified(&event.kind)).count();
            if report.is_ok() {
                break;
            }
            breaks += 1;
            assert!(breaks <= 2 * fatal.len(), "{fatal:?}");
        }
        assert_eq!(read, 6 - fatal.len(), "{fatal:?}");
        let unread = desk.ledger.unread(&account()).unwrap();
        let unread: Vec<u32> = unread.iter().map(|one| one.place.uid).collect();
        assert_eq!(unread, fatal);
        let cursor = desk.ledger.cursor(&account(), "INBOX").unwrap().unwrap();
        assert_eq!(cursor.last_uid, 6);
    }
}

#[test]
fn what_is_unread_is_forgotten_with_the_numbers_that_named_it() {
    let (mut desk, message) = sent_base();
    let acceptance = genuine(Kind::Acceptance);
    let mut script = Script::inbox([&acceptance[..]]);
    script.held_back.insert(1);
    desk.sync(&mut script);
    assert_eq!(desk.ledger.unread(&account()).unwrap().len(), 1);
    script.renumber("INBOX", 2, 100);
    let (report, _) = desk.sync(&mut script);
    assert!(report.unread_messages.is_empty());
    assert_eq!(desk.standings(&message)[0], S::Accepted);
}

#[test]
fn a_line_cut_at_any_call_loses_nothing() {
    let receipts = [
        nameless(),
        genuine(Kind::Acceptance),
        genuine(Kind::NoticeAfter12Hours),
    ];
    let mailbox = || {
        let mut script = Script::inbox(receipts[..2].iter().map(|octets| &octets[..]));
        script.arrive("INBOX/Ricevute", &receipts[2]);
        script
    };
    let (mut desk, message) = sent_base();
    let mut script = mailbox();
    desk.sync(&mut script);
    let (expected, calls) = (desk.states(&message), script.calls.len());
    assert!(calls >= 6, "{:?}", script.calls);
    for cut in 1..=calls {
        let (mut desk, message) = sent_base();
        let mut script = mailbox();
        script.breaks_at = Some(cut);
        let (report, _) = desk.try_sync(&mut script);
        assert!(report.is_err(), "{cut}");
        desk.reopen();
        script.breaks_at = None;
        desk.sync(&mut script);
        assert_eq!(desk.states(&message), expected, "cut at call {cut}");
    }
}

#[test]
fn a_search_finds_receipts_behind_the_cursor() {
    use crate::support::sender::ends_in_doubt;
    use postacert::client::Found;
    use postacert::ledger::Claim;
    let mut desk = Desk::new();
    let receipts = [genuine(Kind::Acceptance), genuine(Kind::DeliveryConcise)];
    let mut script = Script::inbox(receipts.iter().map(|octets| &octets[..]));
    // They come before we know the message: orphans with a Message-ID that is not ours yet.
    desk.sync(&mut script);
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 2);
    let message = desk.freeze(&base());
    let doubt = ends_in_doubt("the line broke");
    desk.attempt(&message, Claim::NeverLeft, &doubt);
    let search = desk.search(&mut script, std::slice::from_ref(&message));
    assert_eq!(search.answers, [(message.clone(), Found::Receipt)]);
    assert_eq!(
        desk.standings(&message),
        [S::Delivered, S::Ordinary, S::Accepted]
    );
    assert_eq!(desk.ledger.unsettling(None).unwrap().orphans, 0);
}

// The whole of it.

#[test]
fn overdue_is_said_at_24_hours_and_an_hour_of_grace() {
    use postacert::ledger::state::Deadline;
    let (mut desk, message) = sent_base();
    desk.receive(&[&genuine(Kind::Acceptance)]);
    let state = &desk.states(&message)[0];
    for (seconds, overdue) in [(25 * HOUR, false), (25 * HOUR + 1, true)] {
        let deadline = state.deadline(after(seconds));
        assert_eq!(
            matches!(deadline, Some(Deadline::Overdue(due)) if due == after(24 * HOUR)),
            overdue
        );
    }
    let ordinary = &desk.states(&message)[1];
    assert_eq!(ordinary.deadline(after(100 * HOUR)), None);
}

#[test]
fn an_address_listed_as_ordinary_mail_is_remembered_until_listed_otherwise() {
    use postacert::address::MailAddress;
    use postacert::pec::RecipientKind;
    let (mut desk, _) = sent_base();
    desk.receive(&[&genuine(Kind::Acceptance)]);
    let known = |desk: &Desk, address: &str| {
        let address = MailAddress::new(address);
        desk.ledger.newest_acceptance(&address).unwrap()
    };
    let ordinary = Some((RecipientKind::External, after(0)));
    assert_eq!(known(&desk, ORDINARY), ordinary);
    assert_eq!(known(&desk, &ORDINARY.to_uppercase()), ordinary);
    let certified = Some((RecipientKind::Certified, after(0)));
    assert_eq!(known(&desk, RECIPIENT), certified);
    assert_eq!(known(&desk, "nessuno@posta.example"), None);
    desk.send(&outgoing(
        "<2@client.mittente.example>",
        SUBJECT,
        &[ORDINARY],
        &[],
    ));
    let later = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.set_time(&moment(HOUR));
        receipt.daticert.message_id = Some("<2@client.mittente.example>".to_owned());
        receipt.daticert.identifier = format!("2{IDENTIFIER}");
        receipt.daticert.recipients = vec![(ORDINARY.to_owned(), "certificato".to_owned())];
    });
    desk.receive(&[&later.to_eml()]);
    let since = Some((RecipientKind::Certified, after(HOUR)));
    assert_eq!(known(&desk, ORDINARY), since, "its domain has become so");
}

#[test]
fn in_doubt_twice_sent_and_accepted_twice_is_told() {
    use crate::support::sender::{ends_in_doubt, taken};
    use postacert::ledger::Claim;
    let mut desk = Desk::new();
    let message = desk.freeze(&base());
    desk.attempt(&message, Claim::NeverLeft, &ends_in_doubt("the line broke"));
    assert_eq!(desk.standings(&message), [S::InDoubt; 3]);
    desk.attempt(&message, Claim::InDoubtAndSearched, &taken());
    assert_eq!(desk.standings(&message), [S::Sent; 3]);
    let second = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.set_time(&moment(60));
        receipt.daticert.identifier = format!("2{IDENTIFIER}");
    });
    desk.receive(&[&genuine(Kind::Acceptance)]);
    assert!(!desk.states(&message)[0].twice);
    desk.receive(&[&second.to_eml()]);
    assert!(desk.states(&message).iter().all(|state| state.twice));
    assert_eq!(desk.standings(&message)[0], S::Accepted);
}
