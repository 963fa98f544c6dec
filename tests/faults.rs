//! What a user sees when something goes wrong between here and the provider: the exit status,
//! the words, and that nothing went out twice and no receipt was lost.

mod support;

use std::time::Duration;

use postacert::practice::Fault;
use postacert::transport::{Mailbox, Security};
use support::practising::{Practising, Ran, config};
use support::scripted::{Peer, Script, Scripted};
use support::skipped::skipped;
use support::tls;

const RESUME: [&str; 4] = ["send", "--resume", "--yes", "--no-copy"];
const RESEND: [&str; 7] = [
    "send",
    "--resume",
    "--resend",
    "--patience",
    "0s",
    "--yes",
    "--no-copy",
];

/// A provider that goes wrong so with the first message.
fn failing(fault: Fault) -> Practising {
    Practising::with(postacert::practice::Config {
        faults: vec![fault],
        ..config()
    })
}

/// Changes the configuration of the account.
fn configure(world: &Practising, change: impl Fn(&str) -> String) {
    let file = world.path("config.toml");
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, change(&text)).expect("a file");
}

/// Replaces a line of the account, or takes it out.
fn with_line(text: &str, key: &str, line: &str) -> String {
    let start = format!("{key} = ");
    let lines = text.lines().filter(|line| !line.starts_with(&start));
    format!("{}\n{line}\n", lines.collect::<Vec<_>>().join("\n"))
}

/// Another server in the place of one of the account's, under an authority that it knows too.
fn replace(
    world: &Practising,
    which: &str,
    security: Security,
    scripts: Vec<Script>,
) -> Scripted<()> {
    let server = Scripted::in_turn(security, scripts);
    let both = format!("{}\n{}", world.practice.ca_pem(), root());
    std::fs::write(world.path("ca.pem"), both).expect("a file");
    let port = server.endpoint().port;
    configure(world, |text| {
        with_line(text, which, &format!("{which} = \"localhost:{port}\""))
    });
    server
}

fn root() -> String {
    String::from_utf8(tls::root()).expect("PEM")
}

fn short_of(sent: &Ran) -> String {
    let id = &sent.json()["messages"][0]["id"];
    id.as_str().expect("an id").to_owned()
}

fn standing(world: &Practising, message: &str, user: &str) -> String {
    let all = world.standings(message);
    let found = all.into_iter().find(|(name, _)| name == user);
    found.expect("the recipient").1
}

#[test]
fn a_mailbox_that_refuses_after_the_message_went_does_not_say_try_again() {
    let world = Practising::new();
    let refuses = || -> Script {
        Box::new(|peer: &mut Peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.hear("LOGIN ");
            peer.say("TAG NO [AUTHENTICATIONFAILED] no");
        })
    };
    let _mailbox = replace(&world, "imap", Security::Tls, vec![refuses(), refuses()]);
    let to = world.address("delivered");
    let sent = world.run(&[
        "send",
        "--yes",
        "--again",
        "--no-copy",
        "--json",
        "--wait",
        "accepted",
        "--to",
        &to,
        "--subject",
        "Avviso",
        "--body",
        "x",
    ]);
    assert_eq!(world.practice.taken().len(), 1);
    assert_eq!(sent.exit, 3, "{sent:?}");
    assert!(sent.err.contains("refused the login"), "{sent:?}");
    assert!(sent.err.contains("do not send it again"), "{sent:?}");
    assert_eq!(sent.json()["messages"][0]["subject"], "Avviso");
}

#[test]
fn a_message_in_doubt_is_not_sent_again_over_an_acceptance_that_is_not_proved() {
    let world = failing(Fault::CutAfterDotKept);
    // Nobody built in vouches for the practice provider.
    configure(&world, |text| with_line(text, "trust_file", ""));
    let sent = world.try_send("Avviso", &["delivered"]);
    assert_eq!(sent.exit, 3, "{sent:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    let resent = world.run(&RESEND);
    assert_eq!(world.practice.taken().len(), 1, "{resent:?}");
    assert_eq!(resent.exit, 3, "{resent:?}");
    assert!(
        resent.err.contains("is not shown to be genuine"),
        "{resent:?}"
    );
    // Every reason is a sentence.
    assert!(!resent.out.contains('…'), "{resent:?}");
}

#[test]
fn what_was_not_proved_is_judged_again_by_other_trust_data() {
    let world = Practising::new();
    let trust = world.path("trust.toml").display().to_string();
    let trust = format!("trust_file = \"{trust}\"");
    let message = world.send("Avviso", &["delivered"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    configure(&world, |text| with_line(text, "trust_file", ""));
    let before = world.run(&["sync"]);
    assert_eq!(before.exit, 1, "{before:?}");
    assert_eq!(standing(&world, &message, "delivered"), "sent");
    // Told once: the same trust data say the same.
    let same = world.run(&["sync"]);
    assert_eq!((same.exit, &*same.out), (0, ""), "{same:?}");
    configure(&world, |text| with_line(text, "trust_file", &trust));
    let after = world.run(&["sync"]);
    assert_eq!(after.exit, 0, "{after:?}");
    assert_eq!(standing(&world, &message, "delivered"), "delivered");
    // And by whom is said.
    assert!(
        after.err.contains("not with the built-in ones"),
        "{after:?}"
    );
    let shown = world.run(&["status", &message]);
    assert!(shown.out.contains("not the built-in ones"), "{shown:?}");
}

#[test]
fn a_trust_file_proves_nothing_about_the_messages_of_another_account() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    // The same receipts in the mailbox of another account, read by the trust file of that one.
    let receipts = {
        let mut mine = world.mailbox("io");
        mine.examine("INBOX").expect("open");
        mine.fetch(&[1, 2]).whole().expect("two receipts")
    };
    let mut others = world.mailbox("altro");
    for receipt in &receipts {
        others.append("INBOX", &receipt.octets).expect("filed");
    }
    let other = world.account("esercizio", &world.address("altro"));
    configure(&world, |text| {
        format!("default = \"prova\"\n{text}\n{other}")
    });
    let synced = world.run(&["sync", "--account", "esercizio"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert!(synced.out.contains("not one of our messages"), "{synced:?}");
    assert_eq!(standing(&world, &message, "delivered"), "sent");
    let waited = world.run(&["wait", &message, "--account", "esercizio"]);
    assert_eq!(waited.exit, 2, "{waited:?}");
    assert!(
        waited.err.contains("belongs to the account prova"),
        "{waited:?}"
    );
    assert_eq!(world.run(&["sync", "--account", "prova"]).exit, 0);
    assert_eq!(standing(&world, &message, "delivered"), "delivered");
}

#[test]
fn what_was_written_again_instead_of_resumed_goes_out_once() {
    let world = failing(Fault::CutBeforeData);
    let first = world.try_send("Avviso", &["delivered"]);
    assert_eq!(first.exit, 4, "{first:?}");
    // In other words; with the same ones what is recorded goes on.
    let to = world.address("delivered");
    let other = ["--subject", "Avviso", "--body", "Buonasera.", "--to", &to];
    let again = world.run(&[&["send", "--yes", "--no-copy"][..], &other].concat());
    assert_eq!(again.exit, 0, "{again:?}");
    assert!(again.err.contains("Warning:"), "{again:?}");
    let resumed = world.run(&RESUME);
    assert_eq!(world.practice.taken().len(), 1, "{resumed:?}");
    assert_eq!(resumed.exit, 3, "{resumed:?}");
    assert!(
        resumed.err.contains("an identical one was created later"),
        "{resumed:?}"
    );
    // Who names it means it.
    let short = short_of(&first);
    let named = [&RESUME[..], &[&*short]].concat();
    assert_eq!(world.run(&named).exit, 0);
    assert_eq!(world.practice.taken().len(), 2);
}

/// Exit status 4 says that trying again is safe: so it is, with the very same command.
#[test]
fn the_same_command_again_sends_what_never_left() {
    let world = failing(Fault::CutBeforeData);
    let first = world.try_send("Avviso", &["delivered"]);
    assert_eq!(first.exit, 4, "{first:?}");
    let again = world.try_send("Avviso", &["delivered"]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(short_of(&again), short_of(&first));
    assert_eq!(world.practice.taken().len(), 1);
    let resumed = world.run(&RESUME);
    assert_eq!(world.practice.taken().len(), 1, "{resumed:?}");
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 2);
}

/// After a line that broke where the provider may have it, the same command sends nothing.
#[test]
fn the_same_command_again_sends_nothing_that_is_in_doubt() {
    for (fault, taken) in [(Fault::CutAfterDotLost, 0), (Fault::CutAfterDotKept, 1)] {
        let world = failing(fault);
        let first = world.try_send("Avviso", &["delivered"]);
        assert_eq!(first.exit, 3, "{first:?}");
        let again = world.try_send("Avviso", &["delivered"]);
        assert_eq!(again.exit, 2, "{again:?}");
        assert!(again.err.contains("--resume"), "{again:?}");
        assert_eq!(world.practice.taken().len(), taken);
    }
}

#[test]
fn a_signal_at_the_final_dot_says_that_it_is_in_doubt() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let world = Practising::new();
        let (heard, dot) = std::sync::mpsc::channel();
        let silent: Script = Box::new(move |peer: &mut Peer| {
            peer.smtp_login("");
            peer.smtp_transaction(1);
            peer.hear_message();
            heard.send(()).expect("a test");
            peer.hear_end();
        });
        let server = replace(&world, "smtp", Security::Tls, vec![silent]);
        let child = leaving(&world, &[]);
        dot.recv().expect("the dot came");
        send_signal(signal, &child);
        let ran = Ran::of(child.wait_with_output().expect("an end"));
        server.finish();
        assert_eq!(ran.exit, 3, "{ran:?}");
        for words in ["IN DOUBT", "ended by this program", "send --resume"] {
            assert!(ran.out.contains(words), "{ran:?}");
        }
        assert_eq!(standing(&world, "Avviso", "delivered"), "in-doubt");
    }
}

/// `pec send` to somebody who gets it, with further options.
fn leaving(world: &Practising, options: &[&str]) -> std::process::Child {
    let to = world.address("delivered");
    let send = [
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "Avviso",
        "--body",
        "x",
    ];
    let mut command = world.command(&[&send[..], options].concat());
    let piped = std::process::Stdio::piped;
    command
        .stdout(piped())
        .stderr(piped())
        .spawn()
        .expect("the program starts")
}

fn send_signal(signal: &str, child: &std::process::Child) {
    let ended = std::process::Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(ended.expect("kill starts").success());
}

#[test]
fn a_signal_in_an_upload_says_that_nothing_was_sent() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let world = Practising::new();
        let (heard, some) = std::sync::mpsc::channel();
        let (ended, end) = std::sync::mpsc::channel();
        let slow: Script = Box::new(move |peer: &mut Peer| {
            peer.smtp_login("");
            peer.smtp_transaction(1);
            peer.hear_octets(1_000_000);
            heard.send(()).expect("a test");
            end.recv().expect("a signal");
            // What was on its way is read, so that it is the program that ends it.
            while peer.command().is_some_and(|line| line != ".") {}
        });
        let server = replace(&world, "smtp", Security::Tls, vec![slow]);
        let file = world.path("atto.p7m");
        std::fs::write(&file, vec![b'x'; 30_000_000]).expect("a file");
        let child = leaving(&world, &["--attach", &file.display().to_string()]);
        some.recv().expect("the upload began");
        send_signal(signal, &child);
        ended.send(()).expect("a server");
        let ran = Ran::of(child.wait_with_output().expect("an end"));
        server.finish();
        assert_eq!(ran.exit, 4, "{ran:?}");
        for words in ["NOT SENT", "ended by this program", "send --resume"] {
            assert!(ran.out.contains(words), "{ran:?}");
        }
        assert_eq!(standing(&world, "Avviso", "delivered"), "recorded");
    }
}

#[test]
fn what_the_server_says_it_does_not_take_is_neither_recorded_nor_sent() {
    for (limit, exit) in [(1_000, 2), (100_000, 0)] {
        let world = Practising::new();
        let script: Script = Box::new(move |peer: &mut Peer| {
            peer.smtp_login(&format!("SIZE {limit}"));
            if exit == 2 {
                return peer.hear_end();
            }
            peer.smtp_transaction(1);
            peer.hear_message();
            peer.say("250 ok");
            peer.hear("QUIT");
        });
        let server = replace(&world, "smtp", Security::Tls, vec![script]);
        let (to, body) = (world.address("delivered"), "x ".repeat(1_000));
        let send = [
            "send",
            "--yes",
            "--no-copy",
            "--to",
            &to,
            "--subject",
            "Avviso",
        ];
        let sent = world.run(&[&send[..], &["--body", &body]].concat());
        server.finish();
        assert_eq!(sent.exit, exit, "{sent:?}");
        assert_eq!(
            sent.err.contains("the server accepts 1,000 B"),
            exit == 2,
            "{sent:?}"
        );
        let recorded = world.run(&["status", "--json"]).json();
        let recorded = recorded["messages"].as_array().map(Vec::len);
        assert_eq!(recorded, Some(usize::from(exit == 0)));
    }
}

#[test]
fn an_address_with_what_nobody_sees_is_shown_with_it() {
    let world = Practising::new();
    for (to, shown) in [
        ("mario\u{200b}@pec.example", "mario\\u{200b}@pec.example"),
        ("nicolò@pec.example", "nicol\\u{f2}@pec.example"),
        ("a@città.example", "a@xn--citt-3na.example"),
    ] {
        let send = ["send", "--yes", "--to", to, "--subject", "a", "--body", "x"];
        let sent = world.run(&send);
        assert_eq!(sent.exit, 2, "{sent:?}");
        let words = format!("it contains non-ASCII characters: {shown}");
        assert!(sent.err.contains(&words), "{sent:?}");
        assert!(!sent.err.contains("To is missing"), "{sent:?}");
    }
}

#[test]
fn a_document_is_written_when_the_login_is_refused() {
    let world = failing(Fault::CutAfterDotLost);
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 3);
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let resume = ["send", "--resume", "--yes", "--json"];
    for ran in [world.try_send("Altro", &["delivered"]), world.run(&resume)] {
        assert_eq!(ran.exit, 5, "{ran:?}");
        assert_eq!(ran.json()["schema"], "pec/send");
        assert_eq!(ran.json()["messages"], serde_json::json!([]));
    }
}

/// A submission server that answers RCPT so, and the dot with 250 if any is taken.
fn answering(answers: &'static [&'static str]) -> Script {
    Box::new(move |peer: &mut Peer| {
        peer.smtp_login("");
        peer.hear("MAIL FROM:<");
        peer.say("250 2.1.0 ok");
        for answer in answers {
            peer.hear("RCPT TO:<");
            peer.say(answer);
        }
        if answers.iter().any(|answer| answer.starts_with('2')) {
            peer.hear("DATA");
            peer.say("354 go");
            peer.hear_message();
            peer.say("250 2.0.0 taken");
        } else {
            peer.hear("RSET");
            peer.say("250 2.0.0 ok");
        }
        peer.hear("QUIT");
        peer.say("221 bye");
    })
}

#[test]
fn a_recipient_refused_for_now_while_others_were_taken_gets_it_later_and_alone() {
    let world = Practising::new();
    let smtp = format!("smtp = \"localhost:{}\"", world.practice.smtp().port());
    let script = answering(&["250 ok", "450 4.2.0 greylisted"]);
    let server = replace(&world, "smtp", Security::Tls, vec![script]);
    let sent = world.try_send("Avviso", &["delivered", "delivered2"]);
    server.finish();
    assert_eq!(sent.exit, 1, "{sent:?}");
    let message = short_of(&sent);
    assert_eq!(standing(&world, &message, "delivered"), "sent");
    assert_eq!(standing(&world, &message, "delivered2"), "refused-for-now");
    configure(&world, |text| with_line(text, "smtp", &smtp));
    let resumed = world.run(&RESUME);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    let taken = world.practice.taken();
    let [again] = &taken[..] else {
        panic!("{taken:?}");
    };
    assert_eq!(again.recipients, [world.address("delivered2")]);
    assert_eq!(standing(&world, &message, "delivered"), "sent");
    assert_eq!(standing(&world, &message, "delivered2"), "sent");
    // And not once more.
    let resumed = world.run(&RESUME);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn a_recipient_refused_for_good_stays_so_when_others_get_it_later() {
    let world = Practising::new();
    let sent = world.try_send("Avviso", &["refused", "later", "delivered"]);
    assert_eq!(sent.exit, 1, "{sent:?}");
    let message = short_of(&sent);
    let all =
        |message: &str| ["refused", "later", "delivered"].map(|who| standing(&world, message, who));
    assert_eq!(all(&message), ["refused", "refused-for-now", "sent"]);
    let resumed = world.run(&RESUME);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    let taken = world.practice.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert_eq!(taken[1].recipients, [world.address("later")]);
    assert_eq!(all(&message)[..2], ["refused", "sent"]);
    // And nothing goes to it any more.
    assert_eq!(world.run(&RESUME).exit, 0);
    assert_eq!(world.practice.taken().len(), 2);
}

#[test]
fn greylisting_and_a_refusal_for_all_have_their_own_answers() {
    for (answers, exit, words) in [
        (&["451 4.7.1 greylisted"][..], 4, "for now"),
        (&["550 5.1.1 unknown"][..], 5, "refused"),
    ] {
        let world = Practising::new();
        let smtp = format!("smtp = \"localhost:{}\"", world.practice.smtp().port());
        let server = replace(&world, "smtp", Security::Tls, vec![answering(answers)]);
        let to = world.address("delivered");
        let sent = world.run(&[
            "send",
            "--yes",
            "--no-copy",
            "--to",
            &to,
            "--subject",
            "Avviso",
            "--body",
            "x",
        ]);
        server.finish();
        assert_eq!(sent.exit, exit, "{sent:?}");
        assert!(sent.out.contains(words), "{sent:?}");
        configure(&world, |text| with_line(text, "smtp", &smtp));
        let resumed = world.run(&RESUME);
        assert_eq!(resumed.exit, 0, "{resumed:?}");
        let went = usize::from(exit == 4);
        assert_eq!(world.practice.taken().len(), went, "{resumed:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_opened_keeps_no_receipt_of_the_others_back() {
    let world = Practising::new();
    // One that cannot be read lets nothing leave: it is named after the message went.
    let send = |subject: &str| {
        configure(&world, |text| with_line(text, "folders", ""));
        let message = world.send(subject, &["delivered"]);
        configure(&world, |text| {
            with_line(text, "folders", "folders = [\"Archivio\"]")
        });
        world.practice.wait_until_idle(Duration::from_secs(10));
        message
    };
    let message = send("Avviso");
    let refused = world.try_send("Altro", &["delivered"]);
    assert_eq!((refused.exit, world.practice.taken().len()), (4, 1));
    let synced = world.run(&["sync"]);
    assert_eq!(
        standing(&world, &message, "delivered"),
        "delivered",
        "{synced:?}"
    );
    assert_eq!(synced.exit, 4, "{synced:?}");
    assert!(
        synced.err.contains("cannot read the folder Archivio"),
        "{synced:?}"
    );
    // Watching reads INBOX last, and must come so far.
    let message = send("Avviso n. 2");
    let waited = world.run(&["wait", &message, "--timeout", "8s", "--poll", "1s"]);
    assert_eq!(waited.exit, 0, "{waited:?}");
    assert_eq!(waited.err.matches("Archivio").count(), 1, "{waited:?}");
}

#[test]
fn a_folder_that_cannot_be_searched_keeps_a_message_in_doubt() {
    let world = failing(Fault::CutAfterDotLost);
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 3);
    configure(&world, |text| {
        with_line(text, "folders", "folders = [\"Archivio\"]")
    });
    let resent = world.run(&RESEND);
    assert_eq!(resent.exit, 3, "{resent:?}");
    for words in ["the folder Archivio", "cannot tell whether the mailbox"] {
        assert!(resent.err.contains(words), "{resent:?}");
    }
    assert!(world.practice.taken().is_empty());
    // The twin without that folder.
    let told = world.run(&[&RESUME[..], &["--json"]].concat()).json();
    assert_eq!(told["searched"][0]["found"], "unknown", "{told}");
    let folder = told["not_asked"][0].as_str().expect("a line");
    assert!(folder.starts_with("Archivio: EXAMINE: "), "{folder}");
    configure(&world, |text| with_line(text, "folders", ""));
    let resent = world.run(&RESEND);
    assert_eq!(resent.exit, 0, "{resent:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

/// A mailbox of these folders, each with the UIDs that SEARCH names in it, that lists no new
/// mail and gives no message.
fn giving_nothing(folders: &'static [(&'static str, &'static str)]) -> Script {
    Box::new(move |peer: &mut Peer| {
        peer.imap_login("");
        let mut open = "";
        while let Some(command) = peer.command() {
            match command.split(' ').next().unwrap_or_default() {
                "LIST" => folders
                    .iter()
                    .for_each(|(name, _)| peer.say(&format!("* LIST () \"/\" {name}"))),
                "EXAMINE" => {
                    let named = |(name, _): &&(&str, &str)| command.contains(name);
                    open = folders.iter().find(named).map_or("", |(_, uids)| uids);
                    peer.say("* 1 EXISTS\n* OK [UIDVALIDITY 7] x\n* OK [UIDNEXT 1] x");
                }
                "UID" if command.starts_with("UID SEARCH") => {
                    peer.say(&format!("* SEARCH {open}"));
                }
                "UID" => peer.say("* 1 FETCH (UID 4 BODY[] NIL)"),
                _ => {}
            }
            peer.say("TAG OK done");
        }
    })
}

#[test]
fn an_acceptance_that_is_listed_and_does_not_come_is_not_called_missing() {
    let world = failing(Fault::CutAfterDotLost);
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 3);
    let named: &[(&str, &str)] = &[("INBOX", ""), ("Accettazioni", "4")];
    let nothing: &[(&str, &str)] = &[("INBOX", ""), ("Accettazioni", "")];
    let insisting = "--resend=even-if-it-arrives-twice";
    let resend = |how: &str| {
        let mut arguments = RESEND;
        arguments[2] = if how.is_empty() { "--resend" } else { how };
        world.run(&arguments)
    };
    let servers = vec![
        giving_nothing(named),
        giving_nothing(named),
        giving_nothing(nothing),
        giving_nothing(named),
    ];
    let mailbox = replace(&world, "imap", Security::Tls, servers);
    for resumed in [world.run(&RESUME), resend("")] {
        assert_eq!(resumed.exit, 3, "{resumed:?}");
        for words in [
            "not read in the folder Accettazioni: 1",
            "cannot tell whether the mailbox",
            insisting,
        ] {
            assert!(resumed.err.contains(words), "{resumed:?}");
        }
        assert!(!resumed.err.contains("no acceptance"), "{resumed:?}");
    }
    let empty = world.run(&RESUME);
    assert!(empty.err.contains("every folder was checked"), "{empty:?}");
    assert!(world.practice.taken().is_empty());
    let insisted = resend(insisting);
    assert_eq!(insisted.exit, 0, "{insisted:?}");
    assert_eq!(world.practice.taken().len(), 1);
    mailbox.finish();
}

#[test]
fn a_batch_does_not_send_again_what_the_mailbox_names_and_does_not_give() {
    let world = failing(Fault::CutAfterDotLost);
    let table = world.path("avvisi.csv").display().to_string();
    let row = format!("pec,ref\n{},R-1\n", world.address("delivered"));
    std::fs::write(&table, row).expect("a file");
    let text = world.path("testo.txt").display().to_string();
    std::fs::write(&text, "Paghi.\n").expect("a file");
    let run = |how: &[&str]| {
        let given = ["batch", "run", &table, "--subject", "Avviso {{ ref }}"];
        let more = ["--body-file", &text, "--yes"];
        world.run(&[&given[..], &more, how].concat())
    };
    let named: &[(&str, &str)] = &[("INBOX", ""), ("Cestino", "4")];
    // Each run reads before it begins, asks about its doubts, and asks again when it ends; the
    // first has none when it begins, and asks for the room before it is recorded.
    let servers = (0..9).map(|_| giving_nothing(named)).collect();
    let mailbox = replace(&world, "imap", Security::Tls, servers);
    let first = run(&[]);
    assert_eq!(first.exit, 3, "{first:?}");
    assert!(
        first.err.contains("cannot tell whether the mailbox"),
        "{first:?}"
    );
    let resent = run(&["--resend", "--patience", "0s"]);
    assert_eq!(resent.exit, 3, "{resent:?}");
    for words in [
        "not read in the folder Cestino: 1",
        "cannot tell whether the mailbox",
    ] {
        assert!(resent.err.contains(words), "{resent:?}");
    }
    assert!(world.practice.taken().is_empty());
    let insisted = run(&["--resend=even-if-it-arrives-twice", "--patience", "0s"]);
    assert_eq!(world.practice.taken().len(), 1, "{insisted:?}");
    mailbox.finish();
}

#[test]
fn folders_that_are_not_read_are_named() {
    for (folders, words) in [
        (
            &[("INBOX", ""), ("Accettazioni", ""), ("Ricevute", "")][..],
            Some("Folders not read: 1 (Accettazioni)"),
        ),
        (&[("INBOX", ""), ("Ricevute", "")], None),
    ] {
        let world = Practising::new();
        let mailbox = replace(&world, "imap", Security::Tls, vec![giving_nothing(folders)]);
        let synced = world.run(&["sync"]);
        assert_eq!(synced.exit, 0, "{synced:?}");
        let told = synced.err.contains("not read");
        assert_eq!(told, words.is_some(), "{synced:?}");
        assert!(synced.err.contains(words.unwrap_or_default()), "{synced:?}");
        mailbox.finish();
    }
}

#[test]
fn what_is_resumed_weeks_later_is_said_to_be_old() {
    for (days, old) in [(1, false), (40, true)] {
        let world = failing(Fault::CutBeforeData);
        assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 4);
        let now = support::practising::now().unix() + days * 86_400;
        let later = postacert::timestamp::Timestamp::from_unix(now);
        let resumed = run_at(&world, later, &RESUME);
        assert_eq!(resumed.exit, 0, "{resumed:?}");
        assert_eq!(resumed.err.contains("days ago"), old, "{resumed:?}");
        assert_eq!(resumed.err.contains("40 days ago"), old, "{resumed:?}");
    }
}

#[test]
fn what_another_machine_sent_days_ago_is_not_resumed_by_a_script() {
    for is_sent in [false, true] {
        let world = failing(Fault::CutBeforeData);
        assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 4);
        if is_sent {
            let (to, other) = (world.address("delivered"), world.path("altra"));
            let other = other.display().to_string();
            let given = [
                "send",
                "--yes",
                "--no-copy",
                "--subject",
                "Avviso",
                "--body",
            ];
            let more = ["Buongiorno.", "--to", &to, "--data-dir", &other];
            let sent = world.run(&[&given[..], &more].concat());
            assert_eq!(sent.exit, 0, "{sent:?}");
            world.practice.wait_until_idle(Duration::from_secs(30));
        }
        let now = support::practising::now().unix() + 2 * 86_400;
        let later = postacert::timestamp::Timestamp::from_unix(now);
        let resumed = run_at(&world, later, &RESUME);
        assert_eq!(resumed.exit, if is_sent { 3 } else { 0 }, "{resumed:?}");
        assert_eq!(world.practice.taken().len(), 1, "{resumed:?}");
    }
}

#[test]
fn a_refusal_that_is_found_is_not_called_sent() {
    let world = failing(Fault::CutAfterDotKept);
    let sent = world.try_send("[not-accepted] Avviso", &["delivered"]);
    assert_eq!(sent.exit, 3, "{sent:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    let resumed = world.run(&RESUME);
    assert_eq!(resumed.exit, 1, "{resumed:?}");
    assert!(resumed.err.contains("did NOT accept it"), "{resumed:?}");
    assert!(
        !resumed.err.contains("the provider received it"),
        "{resumed:?}"
    );
}

#[test]
fn a_receipt_that_was_altered_here_is_shown_to_be() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let shown = world.run(&["status", &message]);
    assert!(!shown.out.contains("FILE CHANGED"), "{shown:?}");
    for file in support::practising::files(&world.data().join("messages")) {
        let mut octets = std::fs::read(&file).expect("a file");
        octets.extend_from_slice(b"x");
        std::fs::write(&file, octets).expect("a file");
    }
    let shown = world.run(&["status", &message]);
    assert_eq!(shown.out.matches("FILE CHANGED").count(), 3, "{shown:?}");
}

#[test]
fn a_dot_answered_with_451_is_in_doubt_and_settled_by_the_mailbox() {
    let world = failing(Fault::Answer {
        reply: "451 4.3.0 riprovare".to_owned(),
        kept: true,
    });
    let to = world.address("delivered");
    let send = ["send", "--yes", "--no-copy", "--to", &to];
    let sent = world.run(&[&send[..], &["--subject", "Avviso", "--body", "x"]].concat());
    assert_eq!(sent.exit, 3, "{sent:?}");
    assert!(
        sent.out.contains("neither yes nor no: 451 4.3.0 riprovare"),
        "{sent:?}"
    );
    let shown = world.run(&["status", "Avviso"]);
    assert!(shown.out.contains(": 451 4.3.0 riprovare"), "{shown:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    let resumed = world.run(&RESEND);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert!(resumed.err.contains("found in the mailbox"), "{resumed:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn hostile_words_of_a_server_reach_no_terminal() {
    let world = Practising::new();
    let hostile: Script = Box::new(|peer: &mut Peer| {
        peer.smtp_login("");
        peer.hear("MAIL FROM:<");
        peer.say_octets(b"550 5.7.1 no \x1b[2J\x1b]0;x\x07 \xe2\x80\xae\r\n");
        peer.hear("RSET");
        peer.say("250 ok");
        peer.hear("QUIT");
        peer.say("221 bye");
    });
    let server = replace(&world, "smtp", Security::Tls, vec![hostile]);
    let to = world.address("delivered");
    let sent = world.run(&[
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "a",
        "--body",
        "x",
    ]);
    server.finish();
    assert_eq!(sent.exit, 5, "{sent:?}");
    let listed = world.run(&["status", "a"]);
    for said in [&sent.out, &sent.err, &listed.out, &listed.err] {
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said:?}");
    }
}

/// Neither as it is nor in base64, in no answer of the program and no file of its own.
#[test]
fn a_secret_that_a_server_repeats_is_shown_and_kept_nowhere() {
    use base64::Engine as _;
    use support::practising::PASSWORD;
    let world = Practising::new();
    let sent = format!("\0{}\0{PASSWORD}", world.address("io"));
    let sent = base64::engine::general_purpose::STANDARD.encode(sent);
    let answers = [
        format!("550 5.1.1 after AUTH PLAIN {sent}"),
        format!("250 {PASSWORD}"),
    ];
    let repeats: Script = Box::new(move |peer: &mut Peer| {
        peer.smtp_login("");
        peer.hear("MAIL FROM:<");
        peer.say("250 ok");
        for answer in &answers {
            peer.hear("RCPT TO:<");
            peer.say(answer);
        }
        peer.hear("DATA");
        peer.say("354 go");
        peer.hear_message();
        peer.say(&answers[1]);
        peer.hear("QUIT");
    });
    let server = replace(&world, "smtp", Security::Tls, vec![repeats]);
    let ran = world.try_send("Avviso", &["delivered", "delivered2"]);
    server.finish();
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ran.out.contains("after AUTH PLAIN ***"), "{ran:?}");
    let shown = world.run(&["status", "Avviso", "--json"]);
    assert!(shown.out.contains("after AUTH PLAIN ***"), "{shown:?}");
    let listed = world.run(&["status", "Avviso"]);
    let coded = base64::engine::general_purpose::STANDARD.encode(PASSWORD);
    let secrets = [PASSWORD, &coded, &sent[sent.len() - 20..]];
    let said = [&ran, &shown, &listed].map(|ran| format!("{ran:?}").into_bytes());
    let kept = support::practising::files(&world.data());
    let kept = kept.iter().map(|file| std::fs::read(file).expect("a file"));
    for octets in said.into_iter().chain(kept) {
        let text = String::from_utf8_lossy(&octets);
        assert!(
            secrets.iter().all(|secret| !text.contains(secret)),
            "{text}"
        );
    }
}

#[test]
fn a_login_that_is_refused_while_watching_ends_it_at_once() {
    let world = Practising::new();
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let watched = world.run(&["watch", "--for", "20s"]);
    assert_eq!(watched.exit, 5, "{watched:?}");
    assert!(watched.err.contains("refused the login"), "{watched:?}");
    assert!(!watched.err.contains("Next attempt"), "{watched:?}");
}

#[test]
fn an_editor_gets_no_password_and_works_in_a_private_folder() {
    if !has_script() {
        skipped("a terminal for the editor needs script(1)");
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let world = Practising::new();
    let seen = world.path("seen");
    let editor = world.path("editor");
    let text = format!(
        "#!/bin/sh\nenv >{}\nprintf 'Buongiorno.\\n' >\"$1\"\n",
        seen.display()
    );
    std::fs::write(&editor, text).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&editor, mode).expect("a mode");
    let to = world.address("delivered");
    let send = world.command(&[
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "Avviso",
    ]);
    let ran = std::process::Command::new("script")
        .args(["-qec", &line_of(&send), "/dev/null"])
        .env("PEC_PASSWORD", support::practising::PASSWORD)
        .env("EDITOR", &editor)
        .env_remove("VISUAL")
        .stdin(std::process::Stdio::null())
        .output()
        .expect("script starts");
    let ran = Ran::of(ran);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let seen = std::fs::read_to_string(&seen).expect("the editor ran");
    assert!(!seen.contains(support::practising::PASSWORD), "{seen}");
    let of = |path: &std::path::Path| {
        std::fs::metadata(path)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(of(&world.data()), 0o700);
    for file in support::practising::files(&world.data()) {
        assert!(
            !file.to_string_lossy().contains("draft"),
            "{}",
            file.display()
        );
        assert_eq!(of(&file) & 0o077, 0, "{}", file.display());
    }
}

#[test]
fn an_acceptance_that_comes_while_somebody_is_asked_is_found() {
    if !has_script() {
        skipped("a terminal to ask on needs script(1)");
        return;
    }
    let world = Practising::with(postacert::practice::Config {
        faults: vec![Fault::CutAfterDotKept],
        receipt_delay: Duration::from_secs(4),
        ..config()
    });
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 3);
    let asked = world.command(&[
        "send",
        "--resume",
        "--resend",
        "--patience",
        "0s",
        "--no-copy",
    ]);
    let mut child = std::process::Command::new("script")
        .args(["-qec", &line_of(&asked), "/dev/null"])
        .env_remove("PEC_PASSWORD")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("script starts");
    std::thread::sleep(Duration::from_secs(2));
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    let mut answers = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut answers, b"y\n").expect("heard");
    let ran = Ran::of(child.wait_with_output().expect("an end"));
    assert!(ran.out.contains("Send it again?"), "{ran:?}");
    assert!(ran.out.contains("found in the mailbox"), "{ran:?}");
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

/// The program as a shell is told to start it.
fn line_of(command: &std::process::Command) -> String {
    let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_string_lossy());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn has_script() -> bool {
    let found = std::process::Command::new("script")
        .arg("--version")
        .output();
    found.is_ok_and(|output| output.status.success())
}

#[test]
fn a_full_disk_is_told_and_nothing_goes_out_twice() {
    let world = Practising::new();
    world.send("intero", &["delivered"]);
    let mut answers = std::collections::BTreeSet::new();
    for blocks in (8..960).step_by(8) {
        let before = world.practice.taken().len();
        let subject = format!("spazio {blocks}");
        let to = world.address("delivered");
        let command = world.command(&[
            "send",
            "--yes",
            "--no-copy",
            "--to",
            &to,
            "--subject",
            &subject,
            "--body",
            "x",
        ]);
        // No file may grow over so many blocks: to the program that is a disk which is full.
        let limited = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {}",
            line_of(&command)
        );
        let ran = std::process::Command::new("sh")
            .args(["-c", &limited])
            .env_remove("PEC_PASSWORD")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("sh starts");
        let ran = Ran::of(ran);
        let taken = world.practice.taken().len() - before;
        match ran.exit {
            0 => assert_eq!(taken, 1, "{ran:?}"),
            3 => assert!(ran.err.contains("Cannot write to the ledger"), "{ran:?}"),
            4 => assert_eq!(taken, 0, "{ran:?}"),
            _ => panic!("{blocks} blocks: {ran:?}"),
        }
        answers.insert(ran.exit);
    }
    assert!(answers.contains(&0) && answers.contains(&4), "{answers:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    let resumed = world.run(&RESUME);
    assert!([0, 3].contains(&resumed.exit), "{resumed:?}");
    let mut seen = std::collections::BTreeSet::new();
    for taken in world.practice.taken() {
        let id = taken.message_id.expect("a Message-ID");
        assert!(seen.insert(id.clone()), "{id} went out twice");
    }
}

/// Runs a command here, under another clock.
fn run_at(world: &Practising, at: postacert::timestamp::Timestamp, arguments: &[&str]) -> Ran {
    let context = postacert::context::Context::fixed(at, postacert::lang::Lang::En);
    let command = world.command(arguments);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(ToOwned::to_owned).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = postacert::command::run(words, &context, &mut out, &mut err);
    Ran {
        exit: status.expect("written").number().into(),
        out: String::from_utf8_lossy(&out).into_owned(),
        err: String::from_utf8_lossy(&err).into_owned(),
    }
}

#[test]
fn a_clock_that_was_set_back_makes_an_attempt_young_and_loses_nothing() {
    let world = failing(Fault::CutAfterDotLost);
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 3);
    let now = support::practising::now();
    // Within the day by which a certified date may be ahead of our clock.
    let yesterday = postacert::timestamp::Timestamp::from_unix(now.unix() - 23 * 3_600);
    let patient = ["send", "--resume", "--resend", "--yes", "--no-copy"];
    let resent = run_at(&world, yesterday, &patient);
    assert_eq!(resent.exit, 3, "{resent:?}");
    assert!(resent.err.contains("too recent"), "{resent:?}");
    assert!(world.practice.taken().is_empty());
    // What is sent under such a clock is followed all the same.
    let to = world.address("delivered2");
    let send = [
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        "Ieri",
        "--body",
        "x",
    ];
    let sent = run_at(&world, yesterday, &send);
    assert_eq!(sent.exit, 0, "{sent:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    assert_eq!(run_at(&world, yesterday, &["sync"]).exit, 0);
    assert_eq!(standing(&world, "Ieri", "delivered2"), "delivered");
}

#[test]
fn a_wait_ends_with_three_when_its_time_is_over_and_when_somebody_ends_it() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered", "unknown"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    // One of two is not delivered: no, but accepted were both.
    let until = |goal: &str| {
        let waited = world.run(&["wait", &message, "--until", goal, "--timeout", "9s"]);
        waited.exit
    };
    assert_eq!((until("accepted"), until("delivered")), (0, 1));
    let world = Practising::with(postacert::practice::Config {
        receipt_delay: Duration::from_secs(60),
        ..config()
    });
    let message = world.send("Avviso", &["delivered"]);
    let over = world.run(&["wait", &message, "--timeout", "1s", "--poll", "1s"]);
    assert_eq!(over.exit, 3, "{over:?}");
    assert!(over.out.contains("waiting for the acceptance"), "{over:?}");
    assert!(
        over.err.contains("Waiting for receipts, at most 1s"),
        "{over:?}"
    );
    assert!(over.err.contains("Time is up"), "{over:?}");
    let mut command = world.command(&["wait", &message, "--timeout", "30s", "--poll", "1s"]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(Duration::from_secs(2));
    let ended = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(ended.expect("kill starts").success());
    let ended = Ran::of(child.wait_with_output().expect("an end"));
    assert_eq!(ended.exit, 3, "{ended:?}");
    assert!(!ended.err.contains("Time is up"), "{ended:?}");
    assert!(
        ended.out.contains("waiting for the acceptance"),
        "{ended:?}"
    );
}
