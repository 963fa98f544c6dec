//! `pec status` as a shell and another program meet it: lists and their filters, one message
//! whole, exit status, both languages, JSON against its schema.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::ledger::fact::{RecipientAnswer, Refusal, What, Words};
use postacert::ledger::state::Standing;
use postacert::ledger::{self, Claim, End, MessageRef};
use postacert::pec::outgoing::OutgoingMessage;
use postacert::printable::is_deceptive;
use postacert::timestamp::Timestamp;
use serde_json::{Value, json};
use support::receipt::{COPIED, IDENTIFIER, Kind, ORDINARY, RECIPIENT, Receipt, SENDER, SUBJECT};
use support::schema::Schema;
use support::sender::{
    Desk, account, after, base, ends_in_doubt, ends_refused, moment, outgoing, taken,
};
use support::skipped::skipped;

const HOUR: i64 = 3_600;

struct Ran {
    status: u8,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// `pec status ARGS` on the ledger of a folder, at a time.
fn run(folder: &Path, now: Timestamp, lang: Lang, args: &[&str]) -> Ran {
    let mut all: Vec<OsString> = vec!["status".into(), "--data-dir".into(), folder.into()];
    all.extend(args.iter().map(OsString::from));
    pec(all, now, lang)
}

fn pec(args: Vec<OsString>, now: Timestamp, lang: Lang) -> Ran {
    let mut all: Vec<OsString> = vec!["pec".into()];
    all.extend(args);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let context = Context::fixed(now, lang);
    let status = command::run(all, &context, &mut out, &mut err).expect("written to memory");
    Ran {
        status: status.number(),
        out: String::from_utf8(out).expect("UTF-8"),
        err: String::from_utf8(err).expect("UTF-8"),
    }
}

fn status(desk: &Desk, args: &[&str]) -> Ran {
    run(&desk.folder(), desk.now, Lang::En, args)
}

fn to_one(number: usize, subject: &str) -> OutgoingMessage {
    outgoing(&id(number), subject, &[RECIPIENT], &[])
}

fn id(number: usize) -> String {
    format!("<{number}@client.mittente.example>")
}

/// A receipt about a message of ours, so many seconds after the base acceptance.
fn about(number: usize, kind: Kind, seconds: i64) -> Vec<u8> {
    let receipt = Receipt::with(kind, |receipt| {
        receipt.set_time(&moment(seconds));
        receipt.daticert.message_id = Some(id(number));
        receipt.daticert.identifier = format!("{number}.{IDENTIFIER}");
        if let Some(standing) = Standing::ALL.get(number) {
            receipt.daticert.subject = Some(subject_of(*standing));
        }
        receipt.daticert.recipients = vec![(RECIPIENT.to_owned(), "certificato".to_owned())];
    });
    receipt.to_eml()
}

/// The subject of the message that is led to a standing.
fn subject_of(standing: Standing) -> String {
    format!("Prova {}", standing.word())
}

/// A message in every standing, and what belongs to none.
struct Full {
    desk: Desk,
    messages: Vec<(Standing, MessageRef)>,
}

fn full() -> Full {
    let mut desk = Desk::new();
    let mut messages = Vec::new();
    for (number, standing) in Standing::ALL.into_iter().enumerate() {
        desk.now = after(-9 + i64::try_from(number).expect("small"));
        let message = desk.freeze(&to_one(number, &subject_of(standing)));
        lead_to(&mut desk, number, &message, standing);
        messages.push((standing, message));
    }
    desk.now = after(HOUR);
    let orphan = about(99, Kind::DeliveryConcise, 5);
    let forged =
        support::fixtures_folder().join("vectors/a-signature/recipient-changed-after-signing.eml");
    desk.receive(&[&orphan, &std::fs::read(forged).expect("a fixture")]);
    Full { desk, messages }
}

/// Lets happen what leads a message to a standing.
fn lead_to(desk: &mut Desk, number: usize, message: &MessageRef, standing: Standing) {
    use Standing as S;
    let never = Claim::NeverLeft;
    match standing {
        S::Recorded => return,
        S::Sending => {
            // The attempt stays open as long as this test runs.
            let attempt = desk.ledger.begin(message, never, desk.now).expect("free");
            std::mem::forget(attempt);
            return;
        }
        S::Withdrawn => return desk.ledger.withdraw(message, desk.now).expect("unsent"),
        S::RefusedForNow => {
            let end = ends_refused(true, 451, "4.3.0 later");
            return desk.attempt(message, never, &end);
        }
        S::Refused => {
            let end = End {
                refused: vec![RecipientAnswer {
                    place: 0,
                    refusal: Refusal {
                        transient: false,
                        words: Words {
                            code: Some(550),
                            text: "5.1.1 unknown \u{1b}[31mred".to_owned(),
                        },
                    },
                }],
                ..ends_refused(false, 554, "5.5.1 no valid recipients")
            };
            return desk.attempt(message, never, &end);
        }
        S::InDoubt => {
            let end = ends_in_doubt("the connection broke");
            return desk.attempt(message, never, &end);
        }
        _ => desk.attempt(message, never, &taken()),
    }
    let kinds: &[(Kind, i64)] = match standing {
        S::NotAccepted => &[(Kind::NonAcceptance, 0)],
        S::Accepted => &[(Kind::Acceptance, 0)],
        S::Delayed => &[(Kind::Acceptance, 0), (Kind::NoticeAfter12Hours, 12 * HOUR)],
        S::TimedOut => &[(Kind::Acceptance, 0), (Kind::NoticeAfter24Hours, 23 * HOUR)],
        S::Delivered => &[
            (Kind::Acceptance, 0),
            (Kind::NoticeAfter24Hours, 23 * HOUR),
            (Kind::DeliveryConcise, 30 * HOUR),
        ],
        S::NotDelivered => &[(Kind::Acceptance, 0), (Kind::NonDelivery, 5)],
        S::Contradictory => &[
            (Kind::Acceptance, 0),
            (Kind::DeliveryConcise, 5),
            (Kind::NonDelivery, 6),
        ],
        _ => &[],
    };
    let mut receipts: Vec<Vec<u8>> = kinds
        .iter()
        .map(|(kind, seconds)| about(number, *kind, *seconds))
        .collect();
    if standing == S::Ordinary {
        let receipt = Receipt::with(Kind::Acceptance, |receipt| {
            receipt.daticert.message_id = Some(id(number));
            receipt.daticert.recipients = vec![(RECIPIENT.to_owned(), "esterno".to_owned())];
        });
        receipts.push(receipt.to_eml());
    }
    let octets: Vec<&[u8]> = receipts.iter().map(|octets| &octets[..]).collect();
    // Read when all of them were issued.
    desk.now = after(40 * HOUR);
    desk.receive(&octets);
}

// Lists.

#[test]
fn where_there_is_no_ledger_there_are_no_messages_and_none_is_made() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("pec");
    for (args, said) in [
        (&[][..], "no messages\n"),
        (&["--pending", "--to", "a"], "no messages\n"),
        (&["--orphans"], "no receipts without a message\n"),
        (&["--unproven"], "no unverified messages\n"),
    ] {
        let ran = run(&folder, after(0), Lang::En, args);
        assert_eq!(
            (ran.status, &*ran.out, &*ran.err),
            (0, said, ""),
            "{args:?}"
        );
    }
    let ran = run(&folder, after(0), Lang::En, &["--json"]);
    assert_eq!((ran.status, &ran.json()["messages"]), (0, &json!([])));
    let ran = run(&folder, after(0), Lang::En, &["1d9f"]);
    assert_eq!((ran.status, &*ran.out), (2, ""));
    assert!(
        ran.err.starts_with("pec: no message matches \"1d9f\"\n"),
        "{}",
        ran.err
    );
    assert!(!folder.exists(), "a question makes nothing");
    // An empty one says the same.
    drop(postacert::ledger::Ledger::open(&folder).expect("a ledger"));
    assert_eq!(run(&folder, after(0), Lang::En, &[]).out, "no messages\n");
}

#[test]
fn a_list_has_two_lines_for_each_message_newest_first_and_exits_with_0() {
    let Full { desk, messages } = full();
    let ran = status(&desk, &[]);
    assert_eq!((ran.status, &*ran.err), (0, ""));
    let lines: Vec<&str> = ran.out.lines().take(2 * messages.len()).collect();
    let pairs: Vec<&[&str]> = lines.chunks(2).collect();
    for (pair, (standing, message)) in pairs.iter().zip(messages.iter().rev()) {
        let line = pair[0];
        assert!(
            line.starts_with(&format!("{}  2026-05-04 10:", message.short)),
            "{line}"
        );
        assert!(
            line.ends_with(&format!("  {}", subject_of(*standing))),
            "{line}"
        );
    }
    let stands = |word: &str| {
        let subject = format!("  Prova {word}");
        let pair = pairs
            .iter()
            .find(|pair| pair[0].ends_with(&subject))
            .expect(word);
        let stands = pair[1]
            .trim()
            .strip_prefix(RECIPIENT)
            .expect("the recipient first");
        stands.trim().to_owned()
    };
    assert_eq!(stands("delivered"), "delivered");
    assert_eq!(
        stands("ordinary"),
        "accepted; no delivery receipt will ever come (ordinary mail)"
    );
    assert_eq!(
        stands("accepted"),
        "accepted; waiting for the delivery receipt"
    );
    let foot: Vec<&str> = ran.out.lines().skip(2 * messages.len()).collect();
    assert_eq!(
        foot,
        [
            "",
            "NOT SHOWN TO BE GENUINE, though presented as certified mail: 1 \
             (pec status --unproven)",
            "genuine receipts that belong to no message here: 1 (pec status --orphans)",
        ]
    );
}

#[test]
fn several_recipients_are_counted_by_where_they_stand() {
    let mut desk = Desk::new();
    desk.send(&base());
    let delivery = Receipt::new(Kind::DeliveryConcise).to_eml();
    for (octets, said) in [
        (vec![], "3 waiting"),
        (
            Receipt::new(Kind::Acceptance).to_eml(),
            "1 accepted for ordinary mail, 2 waiting",
        ),
        (
            delivery,
            "1 delivered, 1 accepted for ordinary mail, 1 waiting",
        ),
    ] {
        if !octets.is_empty() {
            desk.receive(&[&octets]);
        }
        let ran = status(&desk, &[]);
        assert!(
            ran.out.trim_end().ends_with(&format!("  {said}")),
            "{}",
            ran.out
        );
    }
    let ran = run(&desk.folder(), after(26 * HOUR), Lang::En, &[]);
    assert!(
        ran.out.contains("1 waiting, overdue: ask the provider"),
        "{}",
        ran.out
    );
    let ran = run(&desk.folder(), after(26 * HOUR), Lang::It, &[]);
    assert!(ran.out.contains("04/05/2026 10:15:00"), "{}", ran.out);
    assert!(
        ran.out
            .contains("in attesa: 1, termine scaduto: rivolgersi al gestore"),
        "{}",
        ran.out
    );
}

/// Ids of the messages that a list shows.
fn listed(desk: &Desk, args: &[&str]) -> BTreeSet<String> {
    let ran = status(desk, &[args, &["--json"]].concat());
    assert_eq!(ran.status, 0, "{args:?}: {}", ran.err);
    let document = ran.json();
    let messages = document["messages"].as_array().expect("messages");
    let ids = messages.iter().filter_map(|message| message["id"].as_str());
    ids.map(str::to_owned).collect()
}

#[test]
fn filters_keep_what_fits_all_of_them() {
    let Full { desk, messages } = full();
    let of = |fits: &dyn Fn(Standing) -> bool| -> BTreeSet<String> {
        let kept = messages.iter().filter(|(standing, _)| fits(*standing));
        kept.map(|(_, message)| message.short.clone()).collect()
    };
    let every = of(&|_| true);
    assert_eq!(listed(&desk, &[]), every);
    assert_eq!(listed(&desk, &["--pending"]), of(&Standing::is_pending));
    assert_eq!(listed(&desk, &["--failed"]), of(&Standing::is_failure));
    let both = of(&|standing| standing == Standing::Contradictory);
    assert_eq!(listed(&desk, &["--failed", "--pending"]), both);
    assert_eq!(listed(&desk, &["--to", "UFFICIO@"]), every);
    assert_eq!(listed(&desk, &["--to", "ufficio_"]).len(), 0, "no wildcard");
    // Frozen one second after the other, from 9 seconds before the acceptance on.
    let since = moment(-9 + 10);
    assert_eq!(
        listed(&desk, &["--since", &since]).len(),
        messages.len() - 10
    );
    assert_eq!(listed(&desk, &["--since", "2026-05-05"]).len(), 0);
    assert_eq!(listed(&desk, &["--account", "studio"]), every);
    assert_eq!(listed(&desk, &["--account", "altro"]).len(), 0);
    // Days and times as they are shown, and words of both languages; the present is 4 May 2026.
    for (since, count) in [
        ("04/05/2026", messages.len()),
        ("5/5/2026", 0),
        ("2026-05-04 00:00:00", messages.len()),
        ("ieri", messages.len()),
        ("Yesterday", messages.len()),
    ] {
        assert_eq!(listed(&desk, &["--since", since]).len(), count, "{since}");
    }
    let ran = status(&desk, &["--since", "domani"]);
    assert_eq!((ran.status, &*ran.out), (2, ""));
    assert!(
        ran.err
            .starts_with("pec: --since domani: not a date or time\n"),
        "{}",
        ran.err
    );
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let Full { desk, messages } = full();
    let mut seen = Vec::new();
    for page in 1.. {
        let page = page.to_string();
        let ran = status(&desk, &["--limit", "4", "--page", &page, "--json"]);
        let document = ran.json();
        for message in document["messages"].as_array().expect("messages") {
            seen.push(message["id"].as_str().expect("an id").to_owned());
        }
        if document["more"] == json!(false) {
            break;
        }
        assert!(
            status(&desk, &["--limit", "4", "--page", &page])
                .out
                .contains("more messages")
        );
    }
    let expected: Vec<String> = messages
        .iter()
        .rev()
        .map(|(_, m)| m.short.clone())
        .collect();
    assert_eq!(seen, expected);
    for args in [
        ["--limit", "0"],
        ["--page", "0"],
        ["--page", "-1"],
        ["--limit", "x"],
    ] {
        assert_eq!(status(&desk, &args).status, 2, "{args:?}");
    }
}

#[test]
fn questions_that_exclude_each_other_are_refused() {
    let desk = Desk::new();
    for args in [
        &["1d9f", "--pending"][..],
        &["1d9f", "--orphans"],
        &["--orphans", "--unproven"],
        &["--unproven", "--failed"],
        &["--orphans", "--to", "a"],
    ] {
        let ran = status(&desk, args);
        assert_eq!((ran.status, &*ran.out), (2, ""), "{args:?}");
    }
}

/// Who waits for what is over already is answered from the ledger: no password is asked for, no
/// server is reached. Else there is no answer without one.
#[test]
fn waiting_for_what_is_over_ends_at_once() {
    use Standing as S;
    let Full { desk, messages } = full();
    let config = desk.home.path().join("config.toml");
    let account = format!(
        "[account.studio]\naddress = \"{SENDER}\"\nimap = \"localhost:1\"\nsmtp = \"localhost:1\"\n"
    );
    std::fs::write(&config, account).expect("written");
    for (standing, message) in &messages {
        let over = match standing {
            S::Delivered | S::Ordinary => Some(0),
            S::Refused | S::Withdrawn | S::NotAccepted | S::TimedOut | S::NotDelivered => Some(1),
            // A person must look; no receipt will make it clear.
            S::Contradictory => Some(3),
            S::Recorded | S::Sending | S::RefusedForNow | S::InDoubt => None,
            S::Sent | S::Accepted | S::Delayed => None,
        };
        let mut args: Vec<OsString> = vec!["wait".into(), (&*message.short).into()];
        args.extend(["--config".into(), config.clone().into()]);
        args.extend(["--data-dir".into(), desk.folder().into()]);
        let ran = pec(args, desk.now, Lang::En);
        match over {
            Some(status) => assert_eq!((ran.status, &*ran.err), (status, ""), "{standing:?}"),
            None => assert!(ran.err.contains("password"), "{standing:?}: {}", ran.err),
        }
    }
}

// One message.

#[test]
fn one_message_answers_by_its_exit_status() {
    use Standing as S;
    let Full { desk, messages } = full();
    for (standing, message) in &messages {
        let expected = match standing {
            S::Delivered | S::Ordinary => 0,
            S::Refused | S::Withdrawn | S::NotAccepted | S::TimedOut | S::NotDelivered => 1,
            _ => 3,
        };
        for args in [&[&*message.short][..], &[&message.short, "--json"]] {
            assert_eq!(status(&desk, args).status, expected, "{standing:?}");
        }
    }
    // The worst recipient decides.
    let mut desk = Desk::new();
    let message = desk.send(&base());
    let receipt = |kind: Kind, to: &str| {
        let receipt = Receipt::with(kind, |receipt| {
            receipt.daticert.delivered_to = Some(to.to_owned());
        });
        receipt.to_eml()
    };
    let acceptance = Receipt::new(Kind::Acceptance).to_eml();
    desk.receive(&[&acceptance, &receipt(Kind::DeliveryConcise, RECIPIENT)]);
    assert_eq!(status(&desk, &[&message.short]).status, 3, "one is awaited");
    desk.receive(&[&receipt(Kind::DeliveryConcise, COPIED)]);
    assert_eq!(
        status(&desk, &[&message.short]).status,
        0,
        "ordinary mail is no failure"
    );
}

#[test]
fn a_failure_outweighs_what_is_awaited() {
    let mut desk = Desk::new();
    let message = desk.send(&base());
    let acceptance = Receipt::new(Kind::Acceptance).to_eml();
    desk.receive(&[&acceptance, &Receipt::new(Kind::NonDelivery).to_eml()]);
    assert_eq!(status(&desk, &[&message.short]).status, 1);
}

#[test]
fn one_message_shows_each_statement_with_its_time_and_its_receipt() {
    let mut desk = Desk::new();
    let message = desk.send(&base());
    let receipts =
        [Kind::Acceptance, Kind::DeliveryConcise].map(|kind| Receipt::new(kind).to_eml());
    desk.receive(&[&receipts[0], &receipts[1]]);
    desk.now = after(HOUR);
    let ran = status(&desk, &[&message.short]);
    let [acceptance, delivery] = receipts.map(|octets| {
        let sha256 = desk.ledger.keep(&octets).expect("kept");
        desk.ledger.path_of(&sha256).display().to_string()
    });
    let row = desk.ledger.row(&message).expect("a row");
    let file = desk.ledger.path_of(&row.octets).display().to_string();
    let expected = format!(
        "{short}: 1 delivered, 1 accepted for ordinary mail, 1 waiting\n\
         \n\
         \x20 Subject       {SUBJECT}\n\
         \x20 Sender        {SENDER}\n\
         \x20 Account       studio\n\
         \x20 Message-ID    <0b1f6c2e-77aa-42@client.mittente.example>\n\
         \x20 Recorded      2026-05-04 10:15:00 Italian time (2026-05-04T08:15:00Z UTC)\n\
         \x20 Receipt form  completa\n\
         \x20 File          {file}\n\
         \n\
         Sending\n\
         \x20 attempt 1  2026-05-04 10:15:00  received by the server: 250 2.0.0 Ok: queued as 4dG\n\
         \n\
         {RECIPIENT}: delivered, 2026-05-04 10:15:07\n\
         \x20 2026-05-04 10:15:02  accepted\n\
         \x20     {acceptance}\n\
         \x20 2026-05-04 10:15:07  delivered\n\
         \x20     {delivery}\n\
         \n\
         {ORDINARY}: accepted; no delivery receipt will ever come (ordinary mail), \
         2026-05-04 10:15:02\n\
         \x20 2026-05-04 10:15:02  accepted as ordinary mail\n\
         \x20     {acceptance}\n\
         \n\
         {COPIED} (Cc): accepted; waiting for the delivery receipt, 2026-05-04 10:15:02\n\
         \x20 expected by 2026-05-04 22:15:02: the delivery receipt, or a first notice (12 hours)\n\
         \x20 2026-05-04 10:15:02  accepted\n\
         \x20     {acceptance}\n\
         \n\
         Some receipts were verified with the authorities set for the account, not the built-in ones.\n",
        short = message.short
    );
    // What each comes to is told between: see below.
    let said = ["  Consequence: ", "  What to do now: ", "  Source: "];
    let is_said = |line: &&str| said.iter().any(|start| line.starts_with(start));
    let rest = ran.out.lines().filter(|line| !is_said(line));
    let rest = rest.map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(rest, expected);
    assert_eq!(ran.out.lines().filter(is_said).count(), 3 * 3);
}

#[test]
fn each_standing_is_shown_with_what_a_person_needs() {
    use Standing as S;
    let Full { desk, messages } = full();
    let shown = |wanted: Standing| {
        let (_, message) = messages
            .iter()
            .find(|(one, _)| *one == wanted)
            .expect("one");
        status(&desk, &[&message.short]).out
    };
    for (standing, lines) in [
        (S::Recorded, &[": not sent\n"][..]),
        (
            S::Sending,
            &["attempt 1  2026-05-04 10:14:54  attempt begun\n"],
        ),
        (
            S::RefusedForNow,
            &["temporarily refused by the server: 451 4.3.0 later"],
        ),
        (
            S::Refused,
            &[
                "permanently refused by the server: 550 5.1.1 unknown \\u{1b}[31mred",
                "permanently refused by the server: 554 5.5.1 no valid recipients",
            ],
        ),
        (S::InDoubt, &["in doubt: the connection broke"]),
        (
            S::NotAccepted,
            &["not accepted: 5.6.0 - GESTORE MITTENTE S.p.A. - il campo Bcc"],
        ),
        (
            S::Delayed,
            &[
                "final notice (24 hours)",
                "first notice: not delivered within 12 hours: 4.4.1 - ",
            ],
        ),
        (
            S::TimedOut,
            &["final notice: not delivered within 24 hours: 5.4.1 - "],
        ),
        (
            S::Delivered,
            &["delivered late, after the non-delivery notice"],
        ),
        (
            S::NotDelivered,
            &["not delivered: 5.1.1 - Gestore Destinatario"],
        ),
        (
            S::Contradictory,
            &[
                "CONTRADICTORY RECEIPTS: all genuine, but they cannot all be true: \
                 delivered / not delivered. Ask the providers",
                "10:15:07  delivered\n",
                "10:15:08  not delivered: 5.1.1",
            ],
        ),
    ] {
        let out = shown(standing);
        for line in lines {
            assert!(out.contains(line), "{standing:?}: no {line:?} in\n{out}");
        }
        assert!(!out.chars().any(|c| is_deceptive(c) && c != '\n'), "{out}");
    }
}

#[test]
fn overdue_is_shown_as_what_to_do() {
    let mut desk = Desk::new();
    let message = desk.send(&to_one(1, SUBJECT));
    desk.receive(&[&about(1, Kind::Acceptance, 0)]);
    let shown = |seconds: i64| {
        let ran = run(&desk.folder(), after(seconds), Lang::En, &[&message.short]);
        assert_eq!(ran.status, 3, "it may still come");
        ran.out
    };
    let overdue = "  overdue since 2026-05-05 10:15:02: ask the provider\n";
    assert!(!shown(25 * HOUR).contains(overdue));
    assert!(shown(25 * HOUR + 1).contains(overdue));
}

#[test]
fn twice_is_shown() {
    let mut desk = Desk::new();
    let message = desk.send(&to_one(1, SUBJECT));
    let second = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.message_id = Some(id(1));
        receipt.daticert.recipients = vec![(RECIPIENT.to_owned(), "certificato".to_owned())];
    });
    desk.receive(&[&about(1, Kind::Acceptance, 0)]);
    assert!(!status(&desk, &[&message.short]).out.contains("twice"));
    desk.receive(&[&second.to_eml()]);
    let out = status(&desk, &[&message.short]).out;
    assert!(
        out.contains("sent twice: its receipts name two different transmissions"),
        "{out}"
    );
    assert!(status(&desk, &[]).out.contains(", sent twice"));
}

#[test]
fn a_message_is_found_by_short_id_message_id_and_words_of_its_subject() {
    let mut desk = Desk::new();
    let one = desk.freeze(&to_one(1, "Richiesta di copia"));
    let two = desk.freeze(&to_one(2, "Richiesta di parere"));
    for (word, found) in [
        (&*one.short, &one),
        (&one.short[..4], &one),
        (&one.short.to_uppercase(), &one),
        (&*id(2), &two),
        ("2@client.mittente.example", &two),
        ("Richiesta di copia", &one),
        ("PARERE", &two),
    ] {
        let ran = status(&desk, &[word]);
        assert!(
            ran.out.starts_with(&format!("{}: ", found.short)),
            "{word}: {}",
            ran.err
        );
        assert_eq!(ran.status, 3, "{word}");
    }
    let ran = status(&desk, &["richiesta"]);
    assert_eq!((ran.status, &*ran.out), (2, ""));
    let first = "pec: \"richiesta\" matches several messages\n";
    assert!(ran.err.starts_with(first), "{}", ran.err);
    for message in [&one, &two] {
        assert!(ran.err.contains(&message.short), "{}", ran.err);
    }
    for word in ["", "   ", "100%", "%", "_", "nulla"] {
        assert_eq!(status(&desk, &[word]).status, 2, "{word:?}");
    }
}

#[test]
fn receipts_that_name_nobody_of_ours_are_shown_with_the_message() {
    let mut desk = Desk::new();
    let message = desk.send(&to_one(1, SUBJECT));
    let receipt = Receipt::with(Kind::NonDelivery, |receipt| {
        receipt.daticert.message_id = Some(id(1));
        receipt.daticert.delivered_to = Some(COPIED.to_owned());
    });
    desk.receive(&[&receipt.to_eml()]);
    let out = status(&desk, &[&message.short]).out;
    assert!(
        out.contains("Receipts that state nothing about these recipients"),
        "{out}"
    );
    assert!(
        out.contains(&format!("errore-consegna {COPIED}\n")),
        "{out}"
    );
}

#[test]
fn orphans_and_unproven_are_shown_with_reason_and_place() {
    let Full { mut desk, .. } = full();
    let out = status(&desk, &["--orphans"]).out;
    for said in [
        "2026-05-04 10:15:07  avvenuta-consegna  Pratica n. 42: richiesta di copia\n",
        "its Message-ID and identifier belong to no message of this account in the ledger\n",
        "Message-ID: <99@client.mittente.example>\n",
        "account studio, folder INBOX/",
        "messages/",
    ] {
        assert!(out.contains(said), "no {said:?} in\n{out}");
    }
    let out = status(&desk, &["--unproven"]).out;
    for said in [
        "THESE ARE NOT SHOWN TO BE GENUINE: do not rely on what they say\n",
        "NOT GENUINE  does not pass the check ",
        "[signature.digest]\n",
        "messages/",
        "pec verify FILE",
    ] {
        assert!(out.contains(said), "no {said:?} in\n{out}");
    }
    let mut stranger = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.message_id = Some(id(0));
        receipt.daticert.sender = "altro@pec.mittente.example".to_owned();
    });
    // Only in the data: the readable text knows no such letters.
    stranger.daticert.subject = Some("nero \u{202e}su\u{9b}2J bianco".to_owned());
    desk.receive(&[&stranger.to_eml()]);
    let out = status(&desk, &["--orphans"]).out;
    assert!(out.contains("sent from another mailbox"), "{out}");
    assert!(!out.chars().any(|c| is_deceptive(c) && c != '\n'), "{out}");
}

#[test]
fn a_long_or_hostile_subject_does_not_break_the_list() {
    let mut desk = Desk::new();
    let encoded = "=?utf-8?B?cm9zc2/igK7igIs=?=";
    desk.freeze(&to_one(1, &format!("{encoded} {}", "x".repeat(300))));
    desk.freeze(&to_one(2, "corto"));
    let out = status(&desk, &[]).out;
    assert_eq!(out.lines().count(), 4);
    assert!(!out.chars().any(|c| is_deceptive(c) && c != '\n'), "{out}");
    assert!(out.lines().all(|line| line.chars().count() < 100), "{out}");
}

#[test]
fn a_receipt_whose_file_is_gone_is_said_to_be() {
    let mut desk = Desk::new();
    let message = desk.send(&to_one(1, SUBJECT));
    let receipt = about(1, Kind::Acceptance, 0);
    desk.receive(&[&receipt]);
    let shown = |desk: &Desk| status(desk, &[&message.short]).out;
    assert!(!shown(&desk).contains("MISSING"), "{}", shown(&desk));
    let sha256 = desk.ledger.keep(&receipt).expect("kept");
    let path = desk.ledger.path_of(&sha256);
    std::fs::remove_file(&path).expect("ours");
    let said = format!("      MISSING FILE {}\n", path.display());
    assert!(shown(&desk).contains(&said), "{}", shown(&desk));
}

// Reading what may not be written.

#[cfg(unix)]
#[test]
fn a_ledger_that_may_not_be_written_is_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let mut desk = Desk::new();
    let message = desk.send(&base());
    let folder = desk.folder();
    let row = ledger::NewRow {
        number: 2,
        account: account(),
        reference: "R-1".to_owned(),
        round: String::new(),
        whom: String::new(),
        content: String::new(),
        columns: "{}".to_owned(),
        recipients: 1,
        size: 1_000,
        bad: None,
    };
    let identity = "ab".repeat(32);
    let new = ledger::NewJob {
        identity: &identity,
        path: "/avvisi.csv",
        recipe: "{}",
    };
    let mut rows = vec![row].into_iter();
    let mut next = || Ok::<_, ledger::Error>(rows.next());
    let (ledger, now) = (&mut desk.ledger, desk.now);
    let recorded = ledger.record_job(new, &mut next, &mut || Ok(()), now);
    recorded.expect("a job");
    let Desk { home, ledger, .. } = desk;
    drop(ledger);
    let config = format!(
        "[account.studio]\naddress = \"{}\"\nimap = \"localhost:1\"\nsmtp = \"localhost:1\"\n",
        account()
    );
    std::fs::write(home.path().join("config.toml"), config).expect("a file");
    // Everybody may read and nobody write; the superuser, who may, reads as somebody else.
    let set = |path: &Path, mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, permissions).expect("ours");
    };
    let mut all = vec![home.path().to_owned()];
    for at in 0.. {
        let Some(path) = all.get(at).cloned() else {
            break;
        };
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder").flatten();
            all.extend(entries.map(|entry| entry.path()));
        }
    }
    all.iter()
        .for_each(|path| set(path, if path.is_dir() { 0o555 } else { 0o444 }));
    let config = home.path().join("config.toml").display().to_string();
    let run = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_pec"));
        program
            .args(["--lang", "en", "--config", &config, "--data-dir"])
            .arg(&folder)
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .current_dir("/");
        if home.path().metadata().expect("a folder").uid() == 0 {
            program.uid(65_534).gid(65_534);
        }
        program.output()
    };
    let ran = run(&["status", &message.short]);
    // All that only reads.
    let draft = ["send", "--dry-run", "--to", "a@pec.destinatario.example"];
    let others: Vec<_> = [
        (&["batch", "status"][..], 0),
        (&["batch", "status", "abab"], 3),
        (&["batch", "report", "abab"], 3),
        (
            &[&draft[..], &["--subject", "Avviso", "--body", "x"]].concat(),
            0,
        ),
    ]
    .map(|(arguments, exit)| (run(arguments), exit))
    .into();
    all.iter()
        .for_each(|path| set(path, if path.is_dir() { 0o755 } else { 0o644 }));
    let ran = match ran {
        Ok(ran) => ran,
        Err(error) => {
            skipped(&format!("nobody else may run the program: {error}"));
            return;
        }
    };
    let said = String::from_utf8_lossy(&ran.stdout);
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(3), "{said}{told}");
    assert!(
        said.starts_with(&format!("{}: 3 waiting", message.short)),
        "{said}"
    );
    for (ran, exit) in others {
        let ran = ran.expect("it started before");
        assert_eq!(ran.status.code(), Some(exit), "{ran:?}");
    }
    assert!(!folder.join("ledger.sqlite-wal").exists());
}

#[test]
fn a_ledger_that_cannot_be_used_is_told_with_its_folder() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("ledger.sqlite");
    std::fs::write(&file, [b'x'; 4_096]).expect("a file");
    let ran = run(home.path(), after(0), Lang::En, &[]);
    assert_eq!((ran.status, &*ran.out), (2, ""));
    assert!(ran.err.contains("the ledger is damaged"), "{}", ran.err);
    assert!(
        ran.err.contains(&*home.path().to_string_lossy()),
        "{}",
        ran.err
    );
    let connection = {
        std::fs::remove_file(&file).expect("ours");
        rusqlite::Connection::open(&file).expect("a database")
    };
    connection
        .pragma_update(None, "user_version", 99)
        .expect("set");
    drop(connection);
    let ran = run(home.path(), after(0), Lang::It, &[]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("una versione successiva"), "{}", ran.err);
    // Nobody knows where it is.
    let mut err = Vec::new();
    let args = ["pec", "status"].map(OsString::from).to_vec();
    let context = Context::fixed(after(0), Lang::En);
    let status = command::run(args, &context, &mut Vec::new(), &mut err).expect("in memory");
    assert_eq!(status.number(), 2);
    assert!(String::from_utf8_lossy(&err).contains("--data-dir"));
}

// JSON.

/// Outputs of all questions.
fn documents(full: &Full) -> Vec<Value> {
    let mut questions: Vec<Vec<&str>> = vec![
        vec![],
        vec!["--pending"],
        vec!["--limit", "2", "--page", "3"],
        vec!["--orphans"],
        vec!["--unproven"],
    ];
    questions.extend(
        full.messages
            .iter()
            .map(|(_, message)| vec![&*message.short]),
    );
    let mut all = Vec::new();
    for question in questions {
        for now in [after(0), after(20 * HOUR), after(30 * HOUR)] {
            let args = [&question[..], &["--json"]].concat();
            let ran = run(&full.desk.folder(), now, Lang::It, &args);
            assert_eq!(ran.err, "");
            all.push(ran.json());
        }
    }
    let home = tempfile::tempdir().expect("a folder");
    all.push(run(home.path(), after(0), Lang::En, &["--json"]).json());
    all
}

fn words(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == name {
                    found.extend(value.as_str().map(str::to_owned));
                }
                words(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, name, found)),
        _ => {}
    }
}

#[test]
fn every_output_follows_the_schema_and_every_word_of_it_is_met() {
    let full = full();
    let schema = Schema::closed("status");
    let documents = documents(&full);
    documents.iter().for_each(|document| schema.holds(document));
    let documents = Value::Array(documents);
    let met = |name: &str| {
        let mut found = BTreeSet::new();
        words(&documents, name, &mut found);
        found
    };
    let of = |words: &[&str]| -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    };
    assert_eq!(met("standing"), of(&Standing::ALL.map(Standing::word)));
    assert_eq!(met("answer"), of(&["yes", "no", "undecided"]));
    let deadlines = of(&["acceptance", "first-notice", "second-notice", "overdue"]);
    assert!(deadlines.is_subset(&met("kind")), "{:?}", met("kind"));
    let what = met("what");
    for word in What::ALL.map(What::word) {
        // A message that the server has is handed and taken; it did not also stay here.
        assert!(
            what.contains(word) || word == "not-sent",
            "{word} was not met"
        );
    }
}

#[test]
fn the_json_of_one_message_says_what_the_text_says() {
    let mut desk = Desk::new();
    let message = desk.send(&base());
    let receipts =
        [Kind::Acceptance, Kind::DeliveryConcise].map(|kind| Receipt::new(kind).to_eml());
    desk.receive(&[&receipts[0], &receipts[1]]);
    desk.now = after(HOUR);
    let document = status(&desk, &[&message.short, "--json"]).json();
    assert_eq!(document["schema"], "pec/status");
    assert_eq!(
        (&document["version"], &document["totals"]),
        (&json!(1), &Value::Null)
    );
    let one = &document["messages"][0];
    assert_eq!(one["id"], *message.short);
    assert_eq!(one["answer"], "undecided");
    assert_eq!(one["recorded_at"], "2026-05-04T08:15:00Z");
    let recipients = one["recipients"].as_array().expect("recipients");
    let stand = |place: usize| recipients[place]["standing"].as_str().expect("a word");
    assert_eq!(
        [stand(0), stand(1), stand(2)],
        ["delivered", "ordinary", "accepted"]
    );
    assert_eq!(recipients[0]["since"], "2026-05-04T08:15:07Z");
    assert_eq!(recipients[2]["deadline"]["kind"], "first-notice");
    assert_eq!(recipients[2]["deadline"]["at"], "2026-05-04T20:15:02Z");
    let fact = &recipients[0]["facts"][1];
    let octets = std::fs::read(fact["file"].as_str().expect("a path")).expect("a file");
    assert_eq!(octets, receipts[1]);
    assert_eq!(fact["identifier"], IDENTIFIER);
    assert_eq!(one["attempts"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        one["attempts"][0]["text"],
        Value::Null,
        "which process is nobody's business"
    );
}

/// The id of the outlook of the first recipient, and its sentences.
fn outlook(desk: &Desk, short: &str, lang: Lang) -> (String, [String; 3]) {
    let ran = run(&desk.folder(), desk.now, lang, &[short, "--json"]).json();
    let told = &ran["messages"][0]["recipients"][0]["outlook"];
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    (text("id"), ["consequence", "next", "source"].map(text))
}

#[test]
fn every_standing_has_its_consequence_and_what_to_do_now() {
    let full = full();
    for (standing, message) in &full.messages {
        let expected = match standing {
            Standing::RefusedForNow => "recorded",
            Standing::Delivered => "delivered-late",
            // An hour after it should have come.
            Standing::Sent => "sent-overdue",
            // By the code in the receipt of the test: 5.1.1.
            Standing::NotDelivered => "unknown-address",
            other => other.word(),
        };
        for lang in [Lang::It, Lang::En] {
            let (id, said) = outlook(&full.desk, &message.short, lang);
            assert_eq!(id, expected, "{standing:?}");
            for text in &said {
                assert!(text.len() > 3 && !text.contains(['{', '…']), "{text}");
            }
            let ran = run(&full.desk.folder(), full.desk.now, lang, &[&message.short]);
            for text in &said {
                assert!(ran.out.contains(&**text), "{text}: {}", ran.out);
            }
        }
    }
    // A list says where each stands and no more.
    let list = status(&full.desk, &["--limit", "100"]);
    assert!(!list.out.contains("Consequence"), "{}", list.out);
    let list = status(&full.desk, &["--json"]).json();
    assert!(list["messages"][0]["recipients"][0]["outlook"].is_null());
}

#[test]
fn a_failure_is_told_apart_by_its_signed_cause() {
    for (error, words, expected) in [
        ("altro", "5.2.2 - Gestore - casella piena", "full-mailbox"),
        (
            "no-dest",
            "5.1.1 - Gestore - indirizzo non valido",
            "unknown-address",
        ),
        ("altro", "5.1.1 - Gestore - altro", "unknown-address"),
        ("virus", "5.5.1 - Gestore - presenza di un virus", "virus"),
        ("altro", "5.3.0 - Gestore - altro", "not-delivered"),
        ("altro", "casella piena", "full-mailbox"),
    ] {
        let mut desk = Desk::new();
        let message = desk.send(&to_one(7, "Causa"));
        let notice = Receipt::with(Kind::NonDelivery, |receipt| {
            receipt.set_time(&moment(5));
            receipt.daticert.message_id = Some(id(7));
            receipt.daticert.subject = Some("Causa".to_owned());
            receipt.daticert.recipients = vec![(RECIPIENT.to_owned(), "certificato".to_owned())];
            receipt.daticert.error = Some(error.to_owned());
            receipt.daticert.extended_error = Some(words.to_owned());
        });
        desk.receive(&[&notice.to_eml()]);
        let (id, [consequence, ..]) = outlook(&desk, &message.short, Lang::It);
        assert_eq!(id, expected, "{words}");
        // Of a full mailbox above all.
        assert_eq!(
            consequence.contains("NON equivale a consegna"),
            id == "full-mailbox"
        );
    }
}

#[test]
fn what_is_late_has_an_outlook_of_its_own() {
    let mut desk = Desk::new();
    let sent = desk.send(&to_one(1, &subject_of(Standing::ALL[1])));
    let of = |desk: &Desk, message: &MessageRef| outlook(desk, &message.short, Lang::It);
    assert_eq!(of(&desk, &sent).0, "sent");
    desk.now = after(2 * HOUR);
    assert_eq!(of(&desk, &sent).0, "sent-overdue");
    desk.receive(&[&about(1, Kind::Acceptance, 0)]);
    assert_eq!(of(&desk, &sent).0, "accepted");
    desk.now = after(26 * HOUR);
    let (id, [_, next, _]) = of(&desk, &sent);
    assert_eq!(id, "overdue");
    // 4 May 2026 and 30 months.
    assert!(next.contains("fino al 04/11/2028"), "{next}");
    desk.receive(&[&about(1, Kind::NoticeAfter24Hours, 24 * HOUR)]);
    assert_eq!(of(&desk, &sent).0, "timed-out");
    desk.receive(&[&about(1, Kind::DeliveryConcise, 25 * HOUR)]);
    assert_eq!(of(&desk, &sent).0, "delivered-late");
}
