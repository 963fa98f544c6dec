//! "Nothing is there" is said of a mailbox only when all of it was asked and all that it named
//! was read: whoever hears it sends the message a second time.

use postacert::client::{Found, Gap, GapKind, Resend};
use postacert::ledger::state::Standing;
use postacert::ledger::{Claim, MessageRef};
use postacert::transport::Stop;

use crate::support::cases::sent;
use crate::support::keys;
use crate::support::mailbox::Script;
use crate::support::receipt::{Kind, MESSAGE_ID, Receipt};
use crate::support::sender::{Desk, ends_in_doubt, freeze};

use Found as F;

/// A desk whose one message may have left.
fn in_doubt() -> (Desk, MessageRef) {
    let mut desk = Desk::new();
    let message = desk.freeze(&freeze(sent::base().to_eml()));
    desk.attempt(&message, Claim::NeverLeft, &ends_in_doubt("cut"));
    (desk, message)
}

fn acceptance() -> Vec<u8> {
    Receipt::new(Kind::Acceptance).to_eml()
}

/// A mailbox whose other folder holds this.
fn filed(octets: &[u8]) -> Script {
    let mut script = Script::inbox([]);
    script.arrive("Archivio/Accettazioni", octets);
    script
}

fn answer(desk: &mut Desk, script: &mut Script, message: &MessageRef) -> (Found, Vec<Gap>) {
    let search = desk.search(script, std::slice::from_ref(message));
    assert_eq!(search.answers.len(), 1);
    assert_eq!(search.answers[0].0, *message);
    (search.answers[0].1, search.gaps)
}

fn gap(folder: &str, what: GapKind) -> Vec<Gap> {
    let folder = folder.to_owned();
    vec![Gap { folder, what }]
}

#[test]
fn an_acceptance_is_found_in_whatever_folder_it_was_filed() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&acceptance());
    script
        .folders
        .insert("Cestino".to_owned(), Default::default());
    assert_eq!(
        answer(&mut desk, &mut script, &message),
        (F::Receipt, vec![])
    );
    assert_eq!(desk.standings(&message)[0], Standing::Accepted);
    // The twin without it, every folder asked.
    let (mut desk, message) = in_doubt();
    let mut script = filed(&sent::from_outside());
    script
        .folders
        .insert("Cestino".to_owned(), Default::default());
    assert_eq!(
        answer(&mut desk, &mut script, &message),
        (F::Nothing, vec![])
    );
    assert_eq!(desk.standings(&message)[0], Standing::InDoubt);
    assert_eq!(script.count("search"), 3, "{:?}", script.calls);
}

#[test]
fn a_refusal_that_is_found_is_a_receipt() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&Receipt::new(Kind::NonAcceptance).to_eml());
    assert_eq!(answer(&mut desk, &mut script, &message).0, F::Receipt);
    assert_eq!(desk.standings(&message), [Standing::NotAccepted; 3]);
}

#[test]
fn what_is_named_and_does_not_come_is_not_nothing() {
    for hollow in [false, true] {
        let (mut desk, message) = in_doubt();
        let mut script = filed(&acceptance());
        match hollow {
            true => script.hollow.insert(1),
            false => script.held_back.insert(1),
        };
        let gaps = gap(
            "Archivio/Accettazioni",
            GapKind::NotRead(message.clone(), 1),
        );
        assert_eq!(answer(&mut desk, &mut script, &message), (F::Unknown, gaps));
        // The server is well again.
        (script.held_back, script.hollow) = Default::default();
        assert_eq!(
            answer(&mut desk, &mut script, &message),
            (F::Receipt, vec![])
        );
    }
}

#[test]
fn what_is_named_and_gone_a_moment_later_is_not_nothing() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&acceptance());
    script.vanishing.insert(1);
    assert_eq!(answer(&mut desk, &mut script, &message).0, F::Unknown);
    // The twin that was gone before anybody asked.
    assert_eq!(answer(&mut desk, &mut script, &message).0, F::Nothing);
}

#[test]
fn a_folder_that_cannot_be_named_leaves_it_unknown() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&sent::from_outside());
    script.odd.push("* LIST () \"/\" \"a\"b\"".to_owned());
    let gaps = gap("* LIST () \"/\" \"a\"b\"", GapKind::NotNamed);
    assert_eq!(answer(&mut desk, &mut script, &message), (F::Unknown, gaps));
}

#[test]
fn a_server_that_ends_it_over_what_it_named_leaves_it_unknown() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&acceptance());
    script
        .folders
        .insert("Cestino".to_owned(), Default::default());
    script.fatal.insert(1);
    let gaps = gap(
        "Archivio/Accettazioni",
        GapKind::NotRead(message.clone(), 1),
    );
    assert_eq!(answer(&mut desk, &mut script, &message), (F::Unknown, gaps));
    assert_eq!(script.count("examine Cestino"), 0, "the line is over");
}

#[test]
fn what_comes_only_alone_is_read() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&acceptance());
    let again = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.identifier.push('x');
    });
    script.arrive("Archivio/Accettazioni", &again.to_eml());
    script.shy = [1, 2].into();
    assert_eq!(
        answer(&mut desk, &mut script, &message),
        (F::Receipt, vec![])
    );
}

#[test]
fn what_comes_cut_proves_nothing() {
    let (mut desk, message) = in_doubt();
    let mut cut = acceptance();
    cut.truncate(cut.len() - 400);
    let mut script = filed(&cut);
    assert_eq!(answer(&mut desk, &mut script, &message).0, F::Unproved);
}

#[test]
fn what_names_it_and_is_not_proved_is_not_nothing() {
    let (mut desk, message) = in_doubt();
    let foreign = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.certificate.issuer_key = keys::THIRD;
    });
    let mut script = filed(&foreign.to_eml());
    assert_eq!(answer(&mut desk, &mut script, &message).0, F::Unproved);
    assert_eq!(desk.standings(&message)[0], Standing::InDoubt);
}

#[test]
fn a_folder_that_does_not_answer_leaves_it_unknown_and_is_named() {
    let words = |what: &str| format!("{what}: [NOPERM] not for you");
    for (closed, what) in [
        (true, GapKind::NotOpened(words("EXAMINE"))),
        (false, GapKind::NotSearched(words("SEARCH"))),
    ] {
        let (mut desk, message) = in_doubt();
        let mut script = filed(&acceptance());
        let folder = "Archivio/Accettazioni".to_owned();
        match closed {
            true => script.closed.insert(folder.clone()),
            false => script.unsearchable.insert(folder.clone()),
        };
        let gaps = gap(&folder, what);
        assert_eq!(answer(&mut desk, &mut script, &message), (F::Unknown, gaps));
    }
}

/// What holds folders only has no messages to ask for.
#[test]
fn a_folder_that_cannot_be_opened_by_its_nature_is_no_gap() {
    let (mut desk, message) = in_doubt();
    let mut script = filed(&sent::from_outside());
    script
        .folders
        .insert("Archivio".to_owned(), Default::default());
    script.containers.insert("Archivio".to_owned());
    assert_eq!(
        answer(&mut desk, &mut script, &message),
        (F::Nothing, vec![])
    );
}

#[test]
fn where_nothing_can_be_searched_what_is_read_anyway_settles_it() {
    let (mut desk, message) = in_doubt();
    let mut script = Script::inbox([&acceptance()[..]]);
    script.unsearchable.insert("INBOX".to_owned());
    assert_eq!(
        answer(&mut desk, &mut script, &message),
        (F::Receipt, vec![])
    );
    // The twin: nothing new, and no way to ask for what is old.
    let (mut desk, message) = in_doubt();
    let mut script = Script::inbox([]);
    script.unsearchable.insert("INBOX".to_owned());
    assert_eq!(answer(&mut desk, &mut script, &message).0, F::Unknown);
}

#[test]
fn a_search_that_leaves_out_what_is_there_is_found_out() {
    let other = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.message_id = Some("<altro@client.example>".to_owned());
        receipt.daticert.identifier.push('x');
    });
    for (blind, known, found) in [
        (true, true, F::Unknown),
        (false, true, F::Nothing),
        // Without a receipt that is known to be there nobody can tell.
        (true, false, F::Nothing),
    ] {
        let (mut desk, message) = in_doubt();
        let mut script = match known {
            true => Script::inbox([&other.to_eml()[..]]),
            false => Script::inbox([]),
        };
        script.blind = blind;
        let (answer, gaps) = answer(&mut desk, &mut script, &message);
        assert_eq!(answer, found, "{blind} {known}");
        let told = gap("INBOX", GapKind::NotTold);
        assert_eq!(gaps == told, found == F::Unknown, "{gaps:?}");
    }
}

#[test]
fn each_message_has_its_own_answer() {
    let (mut desk, first) = in_doubt();
    let other = sent::base().to_eml();
    let other = String::from_utf8(other).expect("ASCII");
    let other = freeze(
        other
            .replace(MESSAGE_ID, "<altro@client.example>")
            .into_bytes(),
    );
    let second = desk.freeze(&other);
    let doubt = ends_in_doubt("cut");
    desk.attempt(&second, Claim::NeverLeft, &doubt);
    let mut script = filed(&acceptance());
    script.held_back.insert(1);
    let search = desk.search(&mut script, &[first.clone(), second.clone()]);
    assert_eq!(search.answers, [(first, F::Unknown), (second, F::Nothing)]);
}

#[test]
fn who_asks_to_stop_learns_nothing() {
    let (mut desk, message) = in_doubt();
    let (stop, now) = (Stop::default(), desk.now);
    stop.ask();
    let judge = postacert::client::Judge {
        account: &crate::support::sender::account(),
        verifier: &desk.verifier,
        keep: postacert::account::Keep::All,
    };
    let search = postacert::client::search(
        &mut desk.ledger,
        judge,
        &mut Script::inbox([]),
        &[],
        std::slice::from_ref(&message),
        &stop,
        &|| now,
        &mut |_| {},
    );
    assert_eq!(search.expect("asked").answers, [(message, F::Unknown)]);
}

#[test]
fn only_words_that_name_the_risk_send_what_cannot_be_known() {
    let answers = [F::Receipt, F::Unproved, F::Unknown, F::Nothing];
    let allowed = |resend: Resend| answers.map(|found| resend.allows(found));
    assert_eq!(
        allowed(Resend::IfNothingIsThere),
        [false, false, false, true]
    );
    assert_eq!(allowed(Resend::EvenIfTwice), [false, true, true, true]);
}
