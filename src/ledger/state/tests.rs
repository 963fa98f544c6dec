//! What facts mean (RFC 6109, 2 and 3; 3.1.6 for the notices): a pure function of their set.

use random::Random;

use super::*;
use crate::ledger::fact::Row;

#[path = "../../../tests/support/random.rs"]
mod random;

const HOUR: i64 = 3_600;

/// What only receipts state.
const CERTIFIED: [What; 6] = [
    What::Accepted,
    What::AcceptedAsOrdinary,
    What::NotAccepted,
    What::TimeoutNotice,
    What::Delivered,
    What::NotDelivered,
];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_777_882_502 + seconds)
}

fn read(row: Row) -> Fact {
    row.read().expect("a row as it is written")
}

/// A row of a receipt about the recipient, so many seconds after the acceptance.
fn row(what: What, seconds: i64) -> Row {
    Row {
        what,
        place: Some(0),
        attempt: None,
        at: at(seconds),
        evidence: Some(format!("{what:?} {seconds}")),
        identifier: Some("opec1@gestore-mittente.example".to_owned()),
        code: None,
        text: None,
    }
}

/// The fact of that row.
fn fact(what: What, seconds: i64) -> Fact {
    read(row(what, seconds))
}

fn own_row(what: What, attempt: u32, seconds: i64) -> Row {
    Row {
        place: None,
        attempt: Some(attempt),
        evidence: None,
        identifier: None,
        code: Some("450".to_owned()),
        ..row(what, seconds)
    }
}

/// A fact of our own attempt, for the whole message.
fn own(what: What, attempt: u32, seconds: i64) -> Fact {
    read(own_row(what, attempt, seconds))
}

/// The server's answer to the recipient alone.
fn answer(what: What, attempt: u32, seconds: i64) -> Fact {
    read(Row {
        place: Some(0),
        code: Some("550".to_owned()),
        ..own_row(what, attempt, seconds)
    })
}

fn notice(seconds: i64, code: Option<&str>, text: &str) -> Fact {
    read(Row {
        code: code.map(str::to_owned),
        text: Some(text.to_owned()).filter(|text| !text.is_empty()),
        ..row(What::TimeoutNotice, seconds)
    })
}

fn of(facts: &[Fact]) -> RecipientState {
    RecipientState::of(0, facts)
}

fn standing(facts: &[Fact]) -> Standing {
    of(facts).standing
}

fn accepted() -> Fact {
    fact(What::Accepted, 0)
}

fn sent(attempt: u32, seconds: i64) -> Vec<Fact> {
    vec![
        own(What::Begun, attempt, seconds),
        own(What::Handed, attempt, seconds + 1),
        own(What::Taken, attempt, seconds + 2),
    ]
}

// What a sender meets, one receipt after the other.

#[test]
fn each_step_of_a_transaction_has_its_standing() {
    use Standing as S;
    let mut facts = Vec::new();
    assert_eq!(standing(&facts), S::Recorded);
    for (step, expected) in [
        (own(What::Begun, 1, -9), S::Sending),
        (own(What::Handed, 1, -8), S::Sending),
        (own(What::Taken, 1, -7), S::Sent),
        (accepted(), S::Accepted),
        (
            notice(12 * HOUR, None, "nelle prime dodici ore"),
            S::Delayed,
        ),
        (notice(23 * HOUR, Some("5.4.1"), ""), S::TimedOut),
        (fact(What::Delivered, 30 * HOUR), S::Delivered),
    ] {
        let time = step.at();
        facts.push(step);
        let state = of(&facts);
        assert_eq!(state.standing, expected);
        if expected != S::Sending {
            assert_eq!(state.since, Some(time), "{expected:?}");
        }
    }
    assert!(of(&facts).late);
}

#[test]
fn one_receipt_alone_says_all_that_it_says() {
    use Standing as S;
    for (what, expected) in [
        (What::Accepted, S::Accepted),
        (What::AcceptedAsOrdinary, S::Ordinary),
        (What::NotAccepted, S::NotAccepted),
        (What::TimeoutNotice, S::Delayed),
        (What::Delivered, S::Delivered),
        (What::NotDelivered, S::NotDelivered),
    ] {
        // Whatever became of our own attempt, as far as we know.
        for own_facts in [
            vec![],
            sent(1, -9),
            vec![own(What::Begun, 1, -9), own(What::InDoubt, 1, -8)],
            vec![own(What::Begun, 1, -9), own(What::NotSent, 1, -8)],
            vec![answer(What::Refused, 1, -9), own(What::Taken, 1, -8)],
        ] {
            let facts = [own_facts, vec![fact(what, 5)]].concat();
            assert_eq!(standing(&facts), expected, "{what:?}");
            assert_eq!(of(&facts).since, Some(at(5)));
        }
    }
}

#[test]
fn a_receipt_about_another_recipient_says_nothing_of_this_one() {
    // Only an acceptance names all for whom the message was accepted.
    let is_acceptance = |what: &What| matches!(what, What::Accepted | What::AcceptedAsOrdinary);
    for what in CERTIFIED.into_iter().filter(|what| !is_acceptance(what)) {
        let other = read(Row {
            place: Some(1),
            ..row(what, 5)
        });
        let facts = [other];
        assert_eq!(standing(&facts), Standing::Recorded, "{what:?}");
        assert_ne!(RecipientState::of(1, &facts).standing, Standing::Recorded);
    }
}

#[test]
fn non_acceptance_is_for_all_recipients() {
    let facts = [read(Row {
        place: None,
        ..row(What::NotAccepted, 1)
    })];
    for place in 0..3 {
        let state = RecipientState::of(place, &facts);
        assert_eq!(state.standing, Standing::NotAccepted);
    }
}

#[test]
fn ordinary_mail_is_final_and_awaits_nothing() {
    let facts = [sent(1, -5), vec![fact(What::AcceptedAsOrdinary, 0)]].concat();
    let state = of(&facts);
    assert_eq!(state.standing, Standing::Ordinary);
    assert!(!state.standing.is_pending() && !state.standing.is_failure());
    assert_eq!(state.deadline(at(100 * HOUR)), None);
    assert_eq!(state.accepted_at, Some(at(0)));
    // The twin, listed as certified mail, awaits.
    let state = of(&[sent(1, -5), vec![accepted()]].concat());
    assert!(state.standing.is_pending() && state.deadline(at(1)).is_some());
}

// The two notices, which have one type (rules, 2.4).

#[test]
fn the_code_tells_the_final_notice_whatever_the_time() {
    for (code, expected) in [
        (Some("5.4.1"), Standing::TimedOut),
        (Some("4.4.1"), Standing::Delayed),
        (Some("5.4.10"), Standing::Delayed),
        (Some("5.4"), Standing::Delayed),
        (None, Standing::Delayed),
    ] {
        let facts = [accepted(), notice(12 * HOUR, code, "")];
        assert_eq!(standing(&facts), expected, "{code:?}");
    }
    // The code outweighs the words.
    let facts = [accepted(), notice(12 * HOUR, Some("5.4.1"), "dodici ore")];
    assert_eq!(standing(&facts), Standing::TimedOut);
}

#[test]
fn words_tell_the_final_notice_where_no_code_does() {
    for (text, expected) in [
        (
            "non consegnato nelle prime ventiquattro ore",
            Standing::TimedOut,
        ),
        ("NON CONSEGNATO ENTRO 24 ORE", Standing::TimedOut),
        ("non consegnato nelle prime dodici ore", Standing::Delayed),
        ("non consegnato entro 12 ore", Standing::Delayed),
        // Both: what the notice announces is not what it says.
        (
            "non consegnato nelle prime dodici ore; un altro avviso seguira' dopo \
             ventiquattro ore",
            Standing::Delayed,
        ),
        ("mittente in attesa", Standing::Delayed),
    ] {
        let facts = [accepted(), notice(13 * HOUR, None, text)];
        assert_eq!(standing(&facts), expected, "{text}");
    }
    // Words outweigh the time: a notice of 12 hours may be issued late.
    let late = notice(23 * HOUR, None, "nelle prime dodici ore");
    assert_eq!(standing(&[accepted(), late]), Standing::Delayed);
}

#[test]
fn the_final_notice_is_not_issued_before_22_hours() {
    for (seconds, expected) in [
        (12 * HOUR, Standing::Delayed),
        (21 * HOUR + 59 * 60, Standing::Delayed),
        (22 * HOUR - 1, Standing::Delayed),
        (22 * HOUR, Standing::TimedOut),
        (24 * HOUR, Standing::TimedOut),
    ] {
        let facts = [accepted(), notice(seconds, None, "")];
        assert_eq!(standing(&facts), expected, "{seconds}");
        // Without the acceptance the time says nothing.
        assert_eq!(standing(&facts[1..]), Standing::Delayed, "{seconds}");
        // Words that name both times leave it to the time, too.
        let both = notice(seconds, None, "dodici ore, poi 24 ore");
        assert_eq!(standing(&[accepted(), both]), expected, "{seconds}");
    }
}

#[test]
fn both_notices_are_the_final_one_whichever_came_first() {
    let first = notice(12 * HOUR, Some("4.4.1"), "");
    let second = notice(24 * HOUR, Some("5.4.1"), "");
    let facts = [accepted(), first, second];
    assert_eq!(of(&facts).since, Some(at(24 * HOUR)));
    assert_eq!(standing(&facts), Standing::TimedOut);
}

// Late, contradictory, twice.

#[test]
fn a_delivery_after_the_final_notice_is_late() {
    let acceptance_and =
        |notice: Fact, delivered: i64| of(&[accepted(), notice, fact(What::Delivered, delivered)]);
    let last = || notice(24 * HOUR, Some("5.4.1"), "");
    let late = acceptance_and(last(), 25 * HOUR);
    assert_eq!((late.standing, late.late), (Standing::Delivered, true));
    assert_eq!(late.since, Some(at(25 * HOUR)));
    assert!(late.contradiction.is_empty());
    // The first notice closes nothing.
    let in_time = acceptance_and(notice(12 * HOUR, None, "12 ore"), 13 * HOUR);
    assert_eq!(
        (in_time.standing, in_time.late),
        (Standing::Delivered, false)
    );
    // Delivered before the notice said that it was not: the two crossed.
    let crossed = acceptance_and(last(), 23 * HOUR);
    assert_eq!(
        (crossed.standing, crossed.late),
        (Standing::Delivered, false)
    );
}

#[test]
fn statements_that_cannot_both_be_true_are_both_named() {
    use What as W;
    let exclude = [
        (W::Delivered, W::NotDelivered),
        (W::Delivered, W::NotAccepted),
        (W::Accepted, W::NotAccepted),
        (W::AcceptedAsOrdinary, W::NotAccepted),
        (W::Accepted, W::AcceptedAsOrdinary),
    ];
    for one in &CERTIFIED {
        for other in &CERTIFIED {
            let excluded = exclude.contains(&(*one, *other)) || exclude.contains(&(*other, *one));
            let state = of(&[fact(*one, 1), fact(*other, 2)]);
            assert_eq!(
                state.standing == Standing::Contradictory,
                excluded,
                "{one:?} {other:?}"
            );
            let mut named = vec![*one, *other];
            named.sort();
            named.dedup();
            assert_eq!(state.contradiction, if excluded { named } else { vec![] });
        }
    }
    assert!(Standing::Contradictory.is_pending() && Standing::Contradictory.is_failure());
}

#[test]
fn a_newer_receipt_is_not_hidden_by_an_older_final_one() {
    for (first, second) in [
        (What::NotDelivered, What::Delivered),
        (What::Delivered, What::NotDelivered),
    ] {
        let state = of(&[accepted(), fact(first, 10), fact(second, 20)]);
        assert_eq!(state.standing, Standing::Contradictory);
        assert_eq!(state.since, Some(at(20)), "since the second was known");
    }
}

#[test]
fn two_transactions_mean_that_it_went_out_twice() {
    let other = |what: What| {
        read(Row {
            identifier: Some("opec2@gestore-mittente.example".to_owned()),
            ..row(what, 9)
        })
    };
    let nameless = |what: What| {
        read(Row {
            identifier: None,
            ..row(what, 9)
        })
    };
    for what in [What::Accepted, What::AcceptedAsOrdinary, What::Delivered] {
        assert!(of(&[fact(what, 0), other(what)]).twice, "{what:?}");
        assert!(!of(&[fact(what, 0), fact(what, 9)]).twice, "{what:?}");
        assert!(!of(&[fact(what, 0), nameless(what)]).twice, "{what:?}");
        assert!(!of(&[nameless(what), nameless(what)]).twice, "{what:?}");
    }
    // Twice changes nothing of what is certified.
    let twice = of(&[accepted(), other(What::Accepted)]);
    assert_eq!(twice.standing, Standing::Accepted);
    assert_eq!(
        twice.accepted_at,
        Some(at(0)),
        "the first acceptance counts"
    );
}

// Our own attempts.

#[test]
fn each_end_of_an_attempt_has_its_standing() {
    use Standing as S;
    for (what, expected) in [
        (What::Taken, S::Sent),
        (What::Refused, S::Refused),
        (What::RefusedForNow, S::RefusedForNow),
        (What::NotSent, S::Recorded),
        (What::InDoubt, S::InDoubt),
    ] {
        let facts = [own(What::Begun, 1, 0), own(what, 1, 3)];
        assert_eq!(standing(&facts), expected, "{what:?}");
    }
}

#[test]
fn a_recipient_refused_in_a_message_taken_is_refused_and_the_others_are_sent() {
    for (what, expected) in [
        (What::Refused, Standing::Refused),
        // It may go again, to this one alone.
        (What::RefusedForNow, Standing::RefusedForNow),
    ] {
        let facts = [sent(1, 0), vec![answer(what, 1, 1)]].concat();
        assert_eq!(standing(&facts), expected);
        assert_eq!(RecipientState::of(1, &facts).standing, Standing::Sent);
    }
}

#[test]
fn a_recipient_refused_stays_so_when_the_message_is_in_doubt() {
    let facts = [
        own(What::Begun, 1, 0),
        answer(What::Refused, 1, 1),
        own(What::Handed, 1, 2),
        own(What::InDoubt, 1, 3),
    ];
    assert_eq!(standing(&facts), Standing::Refused);
    assert_eq!(RecipientState::of(1, &facts).standing, Standing::InDoubt);
}

#[test]
fn refused_for_now_stays_so_when_the_message_went_to_others() {
    let later = [own(What::Begun, 1, 0), answer(What::RefusedForNow, 1, 1)];
    assert_eq!(standing(&later), Standing::RefusedForNow);
    let mut taken = later.to_vec();
    taken.push(own(What::Taken, 1, 2));
    assert_eq!(standing(&taken), Standing::RefusedForNow);
    assert_eq!(RecipientState::of(1, &taken).standing, Standing::Sent);
    taken.extend([own(What::Begun, 2, 3), own(What::Taken, 2, 4)]);
    assert_eq!(standing(&taken), Standing::Sent);
}

#[test]
fn what_an_attempt_may_have_achieved_outweighs_what_a_later_one_did_not() {
    use Standing as S;
    use What as W;
    for (first, second, expected) in [
        (W::InDoubt, W::Taken, S::Sent),
        (W::InDoubt, W::NotSent, S::InDoubt),
        (W::InDoubt, W::RefusedForNow, S::InDoubt),
        (W::InDoubt, W::Refused, S::InDoubt),
        (W::RefusedForNow, W::Taken, S::Sent),
        (W::RefusedForNow, W::InDoubt, S::InDoubt),
        (W::RefusedForNow, W::Refused, S::Refused),
        (W::NotSent, W::RefusedForNow, S::RefusedForNow),
        (W::RefusedForNow, W::NotSent, S::Recorded),
        (W::Taken, W::NotSent, S::Sent),
    ] {
        let mut facts = vec![own(W::Begun, 1, 0), own(first, 1, 1)];
        facts.extend([own(W::Begun, 2, 2), own(second, 2, 3)]);
        assert_eq!(standing(&facts), expected, "{first:?} {second:?}");
    }
}

/// That an attempt of this program began.
fn began(attempt: u32, seconds: i64) -> Fact {
    read(Row {
        text: Some("4711-0".to_owned()),
        ..own_row(What::Begun, attempt, seconds)
    })
}

/// One recipient refused for good, the message taken for another, and a third refused for now.
fn refused_for_good() -> Vec<Fact> {
    vec![
        began(1, 0),
        answer(What::Refused, 1, 1),
        own(What::Handed, 1, 2),
        own(What::Taken, 1, 3),
    ]
}

#[test]
fn who_was_refused_for_good_is_in_no_later_attempt() {
    use What as W;
    for end in [
        Some(W::Taken),
        Some(W::InDoubt),
        Some(W::Refused),
        Some(W::RefusedForNow),
        Some(W::NotSent),
        None,
    ] {
        let mut facts = refused_for_good();
        facts.push(began(2, 4));
        facts.extend(end.map(|end| own(end, 2, 5)));
        let state = of(&facts);
        assert_eq!(state.standing, Standing::Refused, "{end:?}");
        assert_eq!(
            (state.since, state.taken_at),
            (Some(at(1)), None),
            "{end:?}"
        );
        let other = RecipientState::of(1, &facts);
        assert_eq!(other.standing, Standing::Sent, "{end:?}");
        assert_eq!(other.taken_at, Some(at(3)), "{end:?}");
    }
    // A whole message refused for good, while one recipient was refused for now.
    let facts = [
        began(1, 0),
        answer(W::RefusedForNow, 1, 1),
        own(W::Refused, 1, 2),
        began(2, 3),
        own(W::Taken, 2, 4),
    ];
    assert_eq!(standing(&facts), Standing::Sent);
    let other = RecipientState::of(1, &facts).standing;
    assert_eq!(other, Standing::Refused);
}

#[test]
fn who_was_refused_for_good_is_in_a_later_attempt_where_that_may_be() {
    use What as W;
    // The refusal was one of the sender, and was taken back.
    let mut taken_back = refused_for_good();
    taken_back.push(own(W::RefusedForNow, 2, 4));
    assert_eq!(standing(&taken_back), Standing::RefusedForNow);
    taken_back.extend([began(3, 5), own(W::Taken, 3, 6)]);
    assert_eq!(standing(&taken_back), Standing::Sent);
    // Only the journal tells of the attempt: for whom it was nobody knows.
    let mut lost = refused_for_good();
    lost.extend([own(W::Begun, 2, 4), own(W::InDoubt, 2, 5)]);
    assert_eq!(standing(&lost), Standing::InDoubt);
    // It was in doubt before, and is so as long as nobody knows better.
    let in_doubt = [
        began(1, 0),
        own(W::InDoubt, 1, 1),
        began(2, 2),
        own(W::Refused, 2, 3),
    ];
    assert_eq!(standing(&in_doubt), Standing::InDoubt);
    let then = [in_doubt.to_vec(), vec![began(3, 4), own(W::Taken, 3, 5)]].concat();
    assert_eq!(standing(&then), Standing::Sent);
}

#[test]
fn whom_the_acceptance_of_another_machine_does_not_name_is_left_out() {
    let accepted_for_another = read(Row {
        place: Some(1),
        ..row(What::Accepted, 0)
    });
    let state = of(std::slice::from_ref(&accepted_for_another));
    assert_eq!(
        (state.standing, state.since),
        (Standing::Refused, Some(at(0)))
    );
    // It broke off here, and was sent there.
    let broken = [own(What::Begun, 1, -9), own(What::NotSent, 1, -8)];
    let both = [broken.to_vec(), vec![accepted_for_another.clone()]].concat();
    assert_eq!(standing(&both), Standing::Refused);
    // A delivery alone does not tell to whom else it went.
    let delivered = read(Row {
        place: Some(1),
        ..row(What::Delivered, 0)
    });
    assert_eq!(standing(&[delivered]), Standing::Recorded);
    // Sent from here it is the acceptance of what went from here.
    let mine = [sent(1, -9), vec![answer(What::RefusedForNow, 1, -8)]].concat();
    let mine = [mine, vec![accepted_for_another]].concat();
    assert_eq!(standing(&mine), Standing::RefusedForNow);
}

#[test]
fn in_doubt_ends_with_an_acceptance() {
    let doubt = [own(What::Begun, 1, -9), own(What::InDoubt, 1, -8)];
    assert_eq!(standing(&doubt), Standing::InDoubt);
    let facts = [doubt.to_vec(), vec![accepted()]].concat();
    assert_eq!(standing(&facts), Standing::Accepted);
    assert!(!of(&facts).twice);
}

// Deadlines.

#[test]
fn a_sent_message_waits_an_hour_for_its_acceptance() {
    let state = of(&sent(1, 0));
    let due = at(2 + HOUR);
    assert_eq!(state.deadline(at(3)), Some(Deadline::Acceptance(due)));
    assert_eq!(state.deadline(due), Some(Deadline::Acceptance(due)));
    let second_later = Timestamp::from_unix(due.unix() + 1);
    assert_eq!(state.deadline(second_later), Some(Deadline::Overdue(due)));
}

#[test]
fn an_accepted_message_waits_12_and_24_hours_and_an_hour_of_grace() {
    let state = of(&[sent(1, -5), vec![accepted()]].concat());
    let (first, second) = (at(12 * HOUR), at(24 * HOUR));
    for (seconds, expected) in [
        (0, Deadline::FirstNotice(first)),
        (12 * HOUR, Deadline::FirstNotice(first)),
        (12 * HOUR + 1, Deadline::SecondNotice(second)),
        (24 * HOUR + 1, Deadline::SecondNotice(second)),
        (25 * HOUR, Deadline::SecondNotice(second)),
        (25 * HOUR + 1, Deadline::Overdue(second)),
    ] {
        assert_eq!(state.deadline(at(seconds)), Some(expected), "{seconds}");
    }
    // Overdue is no fact: the standing stays.
    assert_eq!(state.standing, Standing::Accepted);
}

#[test]
fn after_the_first_notice_the_second_is_awaited() {
    let state = of(&[accepted(), notice(12 * HOUR, None, "12 ore")]);
    let second = at(24 * HOUR);
    for (seconds, expected) in [
        (12 * HOUR, Deadline::SecondNotice(second)),
        (25 * HOUR, Deadline::SecondNotice(second)),
        (25 * HOUR + 1, Deadline::Overdue(second)),
    ] {
        assert_eq!(state.deadline(at(seconds)), Some(expected), "{seconds}");
    }
}

#[test]
fn without_the_acceptance_the_first_notice_tells_when_the_message_left() {
    let state = of(&[notice(12 * HOUR, None, "12 ore")]);
    let second = at(24 * HOUR);
    let deadline = |seconds: i64| state.deadline(at(seconds));
    assert_eq!(deadline(13 * HOUR), Some(Deadline::SecondNotice(second)));
    assert_eq!(deadline(25 * HOUR), Some(Deadline::SecondNotice(second)));
    assert_eq!(deadline(25 * HOUR + 1), Some(Deadline::Overdue(second)));
}

#[test]
fn what_is_final_or_not_with_the_provider_has_no_deadline() {
    for facts in [
        vec![],
        vec![own(What::Begun, 1, 0), own(What::InDoubt, 1, 1)],
        vec![accepted(), fact(What::Delivered, 5)],
        vec![accepted(), fact(What::NotDelivered, 5)],
        vec![accepted(), notice(24 * HOUR, Some("5.4.1"), "")],
        vec![fact(What::NotAccepted, 1)],
        vec![accepted(), fact(What::NotAccepted, 1)],
    ] {
        assert_eq!(of(&facts).deadline(at(99 * HOUR)), None, "{facts:?}");
    }
}

// Any facts at all.

/// A fact of any kind about this recipient, another, or all; as the ledger may hold them.
fn any(random: &mut Random) -> Fact {
    let what = What::ALL[random.below(What::ALL.len())];
    let own = !CERTIFIED.contains(&what);
    let one_of =
        |random: &mut Random, all: &[Option<&str>]| all[random.below(all.len())].map(str::to_owned);
    let of_recipient = !own || matches!(what, What::Refused | What::RefusedForNow);
    let place = match random.below(4) {
        0 if what == What::NotAccepted || own => None,
        1 if of_recipient => Some(1),
        _ if of_recipient => Some(0),
        _ => None,
    };
    let texts = [
        None,
        Some("dodici ore"),
        Some("24 ore"),
        Some("12 ore e 24 ore"),
    ];
    let seconds = i64::try_from(random.below(30)).expect("small") * HOUR;
    let code = match own {
        true => Some("450".to_owned()),
        false => one_of(random, &[None, None, Some("5.4.1"), Some("4.4.1")]),
    };
    read(Row {
        what,
        place,
        attempt: own.then(|| 1 + u32::try_from(random.below(3)).expect("small")),
        at: at(seconds),
        evidence: (!own).then(|| format!("{}", random.below(50))),
        identifier: one_of(random, &[None, Some("a"), Some("a"), Some("b")]),
        code,
        text: one_of(random, &texts),
    })
}

fn many(random: &mut Random) -> Vec<Fact> {
    let count = random.below(9);
    (0..count).map(|_| any(random)).collect()
}

#[test]
fn order_and_repetition_change_nothing() {
    let mut random = Random::new(1);
    for _ in 0..20_000 {
        let facts = many(&mut random);
        let expected = of(&facts);
        let mut other = facts.clone();
        for _ in 0..random.below(4) {
            if let Some(again) = facts.get(random.below(facts.len().max(1))) {
                other.push(again.clone());
            }
        }
        random.shuffle(&mut other);
        assert_eq!(of(&other), expected, "{facts:#?}");
    }
}

/// The rules once more, as sets, for any facts.
fn by_the_rules(facts: &[Fact]) -> Standing {
    use Standing as S;
    use What as W;
    let mine: Vec<&Fact> = facts.iter().filter(|f| f.place() != Some(1)).collect();
    let has = |what: W| mine.iter().any(|fact| fact.what() == what);
    let (delivered, undelivered) = (has(W::Delivered), has(W::NotDelivered));
    let (certified, ordinary) = (has(W::Accepted), has(W::AcceptedAsOrdinary));
    let refused = has(W::NotAccepted);
    if delivered && undelivered
        || refused && (delivered || certified || ordinary)
        || certified && ordinary
    {
        return S::Contradictory;
    }
    if delivered {
        return S::Delivered;
    }
    if undelivered {
        return S::NotDelivered;
    }
    if refused {
        return S::NotAccepted;
    }
    let acceptances = mine.iter().filter(|fact| match fact.what() {
        W::Accepted => true,
        W::AcceptedAsOrdinary => !certified,
        _ => false,
    });
    let accepted = acceptances.map(|fact| fact.at().unix()).min();
    let is_final = |fact: &&&Fact| {
        let text = fact.text().unwrap_or_default();
        let (twelve, day) = (
            text.contains("12") || text.contains("dodici"),
            text.contains("24"),
        );
        fact.code().as_deref() == Some("5.4.1")
            || day && !twelve
            || day == twelve && accepted.is_some_and(|at| fact.at().unix() - at >= 22 * HOUR)
    };
    let mut notices = mine
        .iter()
        .filter(|fact| fact.what() == W::TimeoutNotice)
        .peekable();
    let noticed = notices.peek().is_some();
    if notices.any(|fact| is_final(&fact)) {
        return S::TimedOut;
    }
    if ordinary {
        return S::Ordinary;
    }
    if noticed {
        return S::Delayed;
    }
    if certified {
        return S::Accepted;
    }
    let strongest = |ends: &[S]| {
        let mut strongest = [S::Sent, S::InDoubt, S::Sending].into_iter();
        strongest.find(|one| ends.contains(one))
    };
    let mut ends: Vec<S> = Vec::new();
    for attempt in 1..=3 {
        let here = |fact: &&Fact| matches!(fact, Fact::Begun { attempt: it, process: Some(_), .. } if *it == attempt);
        let stood = strongest(&ends).or(ends.last().copied());
        if stood == Some(S::Refused) && mine.iter().copied().any(|fact| here(&fact)) {
            continue;
        }
        let end = (|| {
            let of_it = |what: W, alone: bool| {
                mine.iter().any(|fact| {
                    fact.attempt() == Some(attempt)
                        && fact.what() == what
                        && fact.place().is_some() == alone
                })
            };
            mine.iter().find(|fact| fact.attempt() == Some(attempt))?;
            Some(if of_it(W::Refused, true) {
                S::Refused
            } else if of_it(W::RefusedForNow, true) {
                S::RefusedForNow
            } else if of_it(W::Taken, false) {
                S::Sent
            } else if of_it(W::InDoubt, false) {
                S::InDoubt
            } else if of_it(W::Refused, false) {
                S::Refused
            } else if of_it(W::RefusedForNow, false) {
                S::RefusedForNow
            } else if of_it(W::NotSent, false) {
                S::Recorded
            } else {
                S::Sending
            })
        })();
        ends.extend(end);
    }
    let strongest = strongest(&ends);
    let withdrawn = has(W::Withdrawn).then_some(S::Withdrawn);
    let standing = strongest
        .or(withdrawn)
        .or(ends.last().copied())
        .unwrap_or(S::Recorded);
    let taken = facts.iter().any(|fact| fact.what() == W::Taken);
    let went = |fact: &Fact| !taken && fact.is_certified();
    if standing == S::RefusedForNow && facts.iter().any(went) {
        return S::Refused;
    }
    let accepted = |fact: &Fact| [W::Accepted, W::AcceptedAsOrdinary].contains(&fact.what());
    if standing == S::Recorded && !taken && facts.iter().any(accepted) {
        return S::Refused;
    }
    standing
}

#[test]
fn any_facts_stand_where_the_rules_say() {
    let mut random = Random::new(2);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20_000 {
        let facts = many(&mut random);
        let expected = by_the_rules(&facts);
        assert_eq!(standing(&facts), expected, "{facts:#?}");
        seen.insert(expected);
    }
    assert_eq!(seen.len(), Standing::ALL.len(), "all of them were met");
}

#[test]
fn more_facts_never_take_a_certified_statement_back() {
    let mut random = Random::new(3);
    for _ in 0..20_000 {
        let facts = many(&mut random);
        let more = [facts.clone(), many(&mut random)].concat();
        let (before, now) = (of(&facts), of(&more));
        use Standing as S;
        let may_become: &[Standing] = match before.standing {
            S::Contradictory => &[S::Contradictory],
            S::Delivered => &[S::Delivered, S::Contradictory],
            S::NotDelivered => &[S::NotDelivered, S::Contradictory],
            _ => continue,
        };
        assert!(may_become.contains(&now.standing), "{facts:#?} {more:#?}");
        for what in &before.contradiction {
            assert!(now.contradiction.contains(what));
        }
        assert!(now.twice || !before.twice);
    }
}

#[test]
fn a_deadline_is_awaited_only_by_what_is_pending() {
    let mut random = Random::new(4);
    for _ in 0..20_000 {
        let state = of(&many(&mut random));
        let now = at(i64::try_from(random.below(60)).expect("small") * HOUR);
        if state.deadline(now).is_some() {
            assert!(state.standing.is_pending(), "{state:?}");
        }
        assert_eq!(
            state.standing == Standing::Contradictory,
            !state.contradiction.is_empty()
        );
        assert!(state.since.is_some() || state.standing == Standing::Recorded);
    }
}

/// What each standing is to one who waits for the acceptance, and for the delivery.
#[test]
fn each_standing_has_its_meaning_for_one_who_waits() {
    use Meaning::{Awaited, Failed, GivenUp, Reached, Unclear};
    use Standing as S;
    let table = [
        (S::Recorded, Awaited, Awaited),
        (S::Sending, Awaited, Awaited),
        (S::RefusedForNow, Awaited, Awaited),
        (S::Refused, Failed, Failed),
        (S::Withdrawn, GivenUp, GivenUp),
        (S::InDoubt, Awaited, Awaited),
        (S::Sent, Awaited, Awaited),
        (S::NotAccepted, Failed, Failed),
        (S::Accepted, Reached, Awaited),
        (S::Ordinary, Reached, Reached),
        (S::Delayed, Reached, Awaited),
        // Accepted they were.
        (S::TimedOut, Reached, Failed),
        (S::Delivered, Reached, Reached),
        (S::NotDelivered, Reached, Failed),
        (S::Contradictory, Unclear, Unclear),
    ];
    assert_eq!(table.map(|(standing, ..)| standing), Standing::ALL);
    for (standing, acceptance, delivery) in table {
        assert_eq!(standing.meaning(Goal::Accepted), acceptance, "{standing:?}");
        assert_eq!(standing.meaning(Goal::Delivered), delivery, "{standing:?}");
        let exit = delivery.exit().number();
        assert_eq!(standing.is_pending(), exit == 3, "{standing:?}");
        let failed = matches!(delivery, Failed | Unclear);
        assert_eq!(standing.is_failure(), failed, "{standing:?}");
        assert!(!standing.missed() || exit == 1, "{standing:?}");
        // What is certified was with the provider.
        assert!(acceptance != Reached || standing.has_left(), "{standing:?}");
    }
}
