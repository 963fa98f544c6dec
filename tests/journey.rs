//! From sending to the last receipt, with a practice provider, through the commands that a user
//! types; and what happens when the provider or the line does not do as it should.

mod support;

use std::time::Duration;

use postacert::practice::{Config, Fault, Order};
use serde_json::json;
use support::practising::{PASSWORD, Practising, config};
use support::schema::Schema;

const WAIT: [&str; 4] = ["--timeout", "20s", "--poll", "1s"];

fn wait(world: &Practising, message: &str) -> i32 {
    let ran = world.run(&[&["wait", message][..], &WAIT].concat());
    ran.exit
}

fn standing_of(world: &Practising, message: &str, user: &str) -> String {
    let all = world.standings(message);
    let found = all.into_iter().find(|(name, _)| name == user);
    found.expect("the recipient").1
}

#[test]
fn each_recipient_ends_where_its_receipts_lead() {
    let world = Practising::new();
    let ordinary = "qualcuno@ordinaria.example";
    let message = world.send(
        "Avviso n. 1",
        &[
            "delivered",
            "unknown",
            "full",
            "virus",
            "slow",
            "late",
            ordinary,
        ],
    );
    assert_eq!(wait(&world, &message), 1);
    for (user, standing) in [
        ("delivered", "delivered"),
        ("unknown", "not-delivered"),
        ("full", "not-delivered"),
        ("virus", "not-delivered"),
        ("slow", "timed-out"),
        ("qualcuno", "ordinary"),
    ] {
        assert_eq!(standing_of(&world, &message, user), standing, "{user}");
    }
    let late = standing_of(&world, &message, "late");
    assert!(["timed-out", "delivered"].contains(&&*late), "{late}");
}

#[test]
fn delivery_to_all_is_zero_and_reading_again_changes_nothing() {
    let world = Practising::new();
    let message = world.send("Avviso n. 2", &["delivered", "delivered2"]);
    assert_eq!(wait(&world, &message), 0);
    let standing = || world.run(&["status", &message, "--json"]).json()["messages"].clone();
    let before = standing();
    let again = world.run(&["sync", "--ndjson"]);
    assert_eq!((again.exit, &*again.out), (0, ""), "{again:?}");
    assert_eq!(standing(), before);
}

#[test]
fn receipts_in_any_order_and_twice_say_the_same() {
    for seed in 0..4 {
        let world = Practising::with(Config {
            order: Order::Shuffled(seed),
            copies: 2,
            ..config()
        });
        let message = world.send("Avviso", &["delivered", "unknown"]);
        assert_eq!(wait(&world, &message), 1);
        assert_eq!(standing_of(&world, &message, "delivered"), "delivered");
        assert_eq!(standing_of(&world, &message, "unknown"), "not-delivered");
    }
}

#[test]
fn a_forged_receipt_moves_nothing_and_is_shouted_about() {
    let world = Practising::new();
    let message = world.send("Avviso", &["forged"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    let synced = world.run(&["sync"]);
    assert_eq!(synced.exit, 1, "{synced:?}");
    assert!(synced.out.contains("WARNING"), "{synced:?}");
    assert_eq!(standing_of(&world, &message, "forged"), "accepted");
}

#[test]
fn what_an_unknown_authority_signed_is_told_with_the_reason() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    // By the authorities compiled in.
    let text = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("trust_file"))
        .collect();
    std::fs::write(world.path("config.toml"), kept.join("\n")).expect("a file");
    let synced = world.run(&["sync"]);
    assert_eq!(synced.exit, 1, "{synced:?}");
    let reason = "an authority that the program does not recognise";
    assert!(synced.out.contains(reason), "{synced:?}");
    assert_eq!(standing_of(&world, &message, "delivered"), "sent");
}

#[test]
fn a_message_in_doubt_is_settled_by_the_mailbox() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutAfterDotKept],
        ..config()
    });
    let sent = world.try_send("Avviso", &["delivered"]);
    assert_eq!(sent.exit, 3, "{sent:?}");
    let document = sent.json();
    let message = document["messages"][0]["id"].as_str().expect("an id");
    assert_eq!(document["messages"][0]["outcome"], "in-doubt");
    world.practice.wait_until_idle(Duration::from_secs(10));
    let resumed = world.run(&["send", "--resume", "--yes"]);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert_eq!(world.practice.taken().len(), 1, "{resumed:?}");
    assert_eq!(wait(&world, message), 0);
}

#[test]
fn a_message_in_doubt_that_is_lost_goes_again_only_when_told() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutAfterDotLost],
        ..config()
    });
    let sent = world.try_send("Avviso", &["delivered"]);
    assert_eq!(sent.exit, 3, "{sent:?}");
    let resumed = world.run(&["send", "--resume", "--yes"]);
    assert_eq!(resumed.exit, 3, "{resumed:?}");
    assert!(world.practice.taken().is_empty());
    // Too young for a slow acceptance to be missed.
    let resumed = world.run(&["send", "--resume", "--resend", "--yes"]);
    assert_eq!(resumed.exit, 3, "{resumed:?}");
    assert!(world.practice.taken().is_empty());
    let told = ["send", "--resume", "--resend", "--patience", "0s", "--yes"];
    let resumed = world.run(&told);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn a_line_that_breaks_before_the_message_leaves_no_doubt() {
    for fault in [Fault::CutBeforeData, Fault::CutDuringData] {
        let world = Practising::with(Config {
            faults: vec![fault.clone()],
            ..config()
        });
        let sent = world.try_send("Avviso", &["delivered"]);
        let doubtful = fault == Fault::CutDuringData;
        assert_eq!(
            sent.exit,
            if doubtful { 3 } else { 4 },
            "{fault:?}: {sent:?}"
        );
        if !doubtful {
            let resumed = world.run(&["send", "--resume", "--yes"]);
            assert_eq!(resumed.exit, 0, "{resumed:?}");
            assert_eq!(world.practice.taken().len(), 1);
        }
    }
}

#[test]
fn the_same_message_is_not_sent_twice() {
    let world = Practising::new();
    let text = format!(
        "Message-ID: <uno@prova.example>\nDate: Tue, 13 Nov 2018 16:39:27 +0100\n\
         From: {}\nTo: {}\nSubject: Avviso\n\nBuongiorno.\n",
        world.address("io"),
        world.address("delivered")
    );
    let file = world.path("avviso.eml");
    std::fs::write(&file, text).expect("a file");
    let file = file.display().to_string();
    let arguments = ["send", "--yes", "--no-copy", "--eml", &file];
    let first = world.run(&arguments);
    assert_eq!(first.exit, 0, "{first:?}");
    let second = world.run(&arguments);
    assert_eq!(second.exit, 2, "{second:?}");
    assert!(second.err.contains("already recorded"), "{second:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn two_processes_send_one_record_once() {
    let world = Practising::with(Config {
        faults: vec![Fault::CutBeforeData],
        ..config()
    });
    assert_eq!(world.try_send("Avviso", &["delivered"]).exit, 4);
    let mut racers: Vec<_> = (0..6)
        .map(|_| {
            let mut command = world.command(&["send", "--resume", "--yes", "--no-copy"]);
            let null = std::process::Stdio::null;
            command
                .stdout(null())
                .stderr(null())
                .spawn()
                .expect("a process")
        })
        .collect();
    for racer in &mut racers {
        racer.wait().expect("an end");
    }
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn a_wrong_password_is_tried_once_and_records_nothing() {
    let world = Practising::new();
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let sent = world.try_send("Avviso", &["delivered"]);
    assert_eq!(sent.exit, 5, "{sent:?}");
    assert!(sent.err.contains("refused the login"), "{sent:?}");
    std::fs::write(world.path("password"), PASSWORD).expect("a file");
    let resumed = world.run(&["send", "--resume", "--yes"]);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert!(world.practice.taken().is_empty());
}

#[test]
fn a_mailbox_that_was_renumbered_is_read_from_the_beginning_without_harm() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered", "unknown"]);
    assert_eq!(wait(&world, &message), 1);
    let standing = || {
        let mut document = world.run(&["status", &message, "--json"]).json();
        // When it was written.
        document.as_object_mut().expect("an object").remove("at");
        document
    };
    let before = standing();
    world.practice.renumber(&world.address("io"), "INBOX");
    let synced = world.run(&["sync"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert!(synced.err.contains("renumbered"), "{synced:?}");
    assert_eq!(standing(), before);
}

#[test]
fn everything_wrong_is_told_before_anything_is_sent() {
    let world = Practising::new();
    let ran = world.run(&[
        "send",
        "--yes",
        "--to",
        "nessuno",
        "--cc",
        "a@b@c",
        "--subject",
        "x",
        "--body",
        "y",
    ]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    let ran = world.run(&[
        "send",
        "--yes",
        "--to",
        &world.address("a"),
        "--cc",
        &world.address("A"),
        "--subject",
        "x",
        "--body",
        "y",
    ]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("twice"), "{ran:?}");
    // Without --yes and without a terminal nobody can be asked.
    let ran = world.run(&[
        "send",
        "--to",
        &world.address("a"),
        "--subject",
        "x",
        "--body",
        "y",
    ]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("--yes"), "{ran:?}");
    let dry = world.run(&[
        "send",
        "--dry-run",
        "--to",
        &world.address("a"),
        "--subject",
        "x",
        "--body",
        "y",
    ]);
    assert_eq!(dry.exit, 0, "{dry:?}");
    assert!(dry.out.contains("Message-ID: <"), "{dry:?}");
    assert!(!world.data().exists(), "a dry run leaves nothing");
    assert!(world.practice.taken().is_empty());
}

#[test]
fn a_copy_is_filed_in_the_folder_of_sent_mail() {
    let world = Practising::new();
    let (to, subject) = (world.address("delivered"), "Con copia");
    let arguments = [
        "send",
        "--yes",
        "--to",
        &to,
        "--subject",
        subject,
        "--body",
        "x",
    ];
    let sent = world.run(&arguments);
    assert_eq!(sent.exit, 0, "{sent:?}");
    assert!(sent.err.contains("A copy is in"), "{sent:?}");
}

#[test]
fn the_password_is_in_no_output_and_no_file() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered", "unknown"]);
    let mut said = String::new();
    let commands: [&[&str]; 6] = [
        &["sync"],
        &["status"],
        &["status", &message, "--json"],
        &["send", "--resume", "--yes"],
        &["wait", &message, "--timeout", "5s"],
        &["watch", "--for", "1s", "--ndjson"],
    ];
    for arguments in commands {
        let ran = world.run(arguments);
        said.push_str(&ran.out);
        said.push_str(&ran.err);
    }
    std::fs::write(world.path("password"), format!("{PASSWORD}-sbagliata")).expect("a file");
    let refused = world.run(&["sync"]);
    assert_eq!(refused.exit, 5, "{refused:?}");
    said.push_str(&refused.err);
    assert!(!said.contains(PASSWORD), "{said}");
    for file in support::practising::files(&world.data()) {
        let octets = std::fs::read(&file).expect("a file");
        let found = octets
            .windows(PASSWORD.len())
            .any(|window| window == PASSWORD.as_bytes());
        assert!(!found, "{}", file.display());
    }
}

/// A script that is started twice: the same people must not get the same twice.
#[test]
fn the_same_content_for_the_same_people_goes_once_unless_asked_for_again() {
    let world = Practising::new();
    std::fs::write(world.path("allegato.txt"), "uno").expect("a file");
    let send = |change: &[&str]| {
        let (to, cc) = (world.address("delivered"), world.address("unknown"));
        let file = world.path("allegato.txt").display().to_string();
        let mut arguments = vec!["send", "--yes", "--no-copy", "--to", &to];
        for (option, value) in [
            ("--subject", "Sollecito"),
            ("--body", "Buongiorno."),
            ("--attach", &*file),
            ("--cc", &*cc),
        ] {
            let changed = change.iter().position(|other| *other == option);
            let value = changed.map_or(value, |at| change[at + 1]);
            arguments.extend([option, value]);
        }
        arguments.extend(change.iter().filter(|other| **other == "--again"));
        world.run(&arguments).exit
    };
    assert_eq!(send(&[]), 0);
    let taken = || world.practice.taken().len();
    assert_eq!(taken(), 1);
    assert_eq!(send(&[]), 2);
    assert_eq!(taken(), 1);
    // Each differs in one respect.
    assert_eq!(send(&["--subject", "Sollecito 2"]), 0);
    assert_eq!(send(&["--body", "Buonasera."]), 0);
    assert_eq!(send(&["--cc", &world.address("full")]), 0);
    assert_eq!(taken(), 4);
    std::fs::write(world.path("allegato.txt"), "due").expect("a file");
    assert_eq!(send(&[]), 0);
    assert_eq!(send(&[]), 2);
    assert_eq!(send(&["--again"]), 0);
    assert_eq!(taken(), 6);
}

/// What reached nobody and never will may be written again: there is no other way.
#[test]
fn what_reached_nobody_may_be_written_again() {
    let world = Practising::new();
    let message = world.send("Avviso", &["unknown", "full"]);
    assert_eq!(wait(&world, &message), 1);
    // It came back: there is nothing to resume, and nobody says that the provider has it.
    let resumed = world.run(&["send", "--resume", &message, "--yes"]);
    assert_eq!(resumed.exit, 1, "{resumed:?}");
    assert!(
        resumed.err.contains("did not reach every recipient"),
        "{resumed:?}"
    );
    assert_eq!(world.try_send("Avviso", &["unknown", "full"]).exit, 0);
    // Where one of them has it, the others do not make it new.
    let message = world.send("Altro", &["delivered", "unknown"]);
    assert_eq!(wait(&world, &message), 1);
    let refused = world.try_send("Altro", &["delivered", "unknown"]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(refused.err.contains(&message) && refused.err.contains("--again"));
    // The receipts need not have been read before: the mailbox is read first.
    world.send("Terzo", &["unknown"]);
    world.practice.wait_until_idle(Duration::from_secs(30));
    assert_eq!(world.try_send("Terzo", &["unknown"]).exit, 0);
}

/// A ready message without Message-ID gets a new one at each start of the program.
#[test]
fn a_ready_message_without_message_id_goes_once() {
    let world = Practising::new();
    let (from, to) = (world.address("io"), world.address("delivered"));
    let text = format!("From: {from}\r\nTo: {to}\r\nSubject: Diffida\r\n\r\nTesto.\r\n");
    let file = world.path("pronto.eml");
    std::fs::write(&file, text).expect("a file");
    let file = file.display().to_string();
    let arguments = ["send", "--yes", "--no-copy", "--eml", &file];
    assert_eq!(world.run(&arguments).exit, 0);
    assert_eq!(world.run(&arguments).exit, 2);
    assert_eq!(world.practice.taken().len(), 1);
}

/// Two at once: each records before it sends, and the later record gives way.
#[test]
fn the_same_content_from_two_processes_at_once_goes_once() {
    let world = Practising::new();
    let to = world.address("delivered");
    let arguments = [
        "send",
        "--yes",
        "--no-copy",
        "--subject",
        "Avviso",
        "--body",
        "x",
        "--to",
        &to,
    ];
    let all: Vec<_> = (0..6)
        .map(|_| world.command(&arguments).spawn().expect("starts"))
        .collect();
    let ends = all.into_iter().map(|mut child| child.wait().expect("ends"));
    let sent = ends.filter(|status| status.success()).count();
    assert_eq!((world.practice.taken().len(), sent), (1, 1));
}

const NOTIFICATION: &str = "notificazione ai sensi della legge n. 53 del 1994";

#[test]
fn a_notification_stops_until_what_is_wrong_with_it_is_named() {
    let world = Practising::new();
    let anna = world.address("anna");
    let bruno = world.address("bruno");
    let tax = "notificazione ai sensi dell'art. 16-bis, comma 3, D.Lgs. 546/92";
    let send = |subject: &str, more: &[&str]| {
        let given = [
            "send",
            "--to",
            &anna,
            "--subject",
            subject,
            "--body",
            "Testo.",
        ];
        world.run(&[&given, more].concat())
    };
    for (subject, wrong, key) in [
        (
            NOTIFICATION,
            &["--receipt", "concise"][..],
            "notification-form",
        ),
        (tax, &["--receipt", "breve"], "notification-form"),
        (NOTIFICATION, &["--cc", &bruno], "notification-copy"),
        (
            NOTIFICATION,
            &["--to", "x@gmail.com"],
            "notification-ordinary",
        ),
    ] {
        // Neither --yes nor --again passes it, nor a word for something else.
        let other = match key {
            "notification-copy" => "notification-form",
            _ => "notifica-copia",
        };
        for word in [
            &["--yes"][..],
            &["--yes", "--again"],
            &["--yes", "--despite", other],
        ] {
            let ran = send(subject, &[wrong, word].concat());
            assert_eq!(ran.exit, 2, "{ran:?}");
            assert!(ran.err.contains(&format!("--despite {key}")), "{ran:?}");
        }
        assert!(world.practice.taken().is_empty());
    }
    // What is shown tells what sending would do: it would be stopped, and by which words it goes.
    let concise = ["--receipt", "concise", "--dry-run"];
    let ran = send(NOTIFICATION, &concise);
    assert!(ran.exit == 2 && ran.err.contains("44/2011"), "{ran:?}");
    assert!(ran.err.contains("--despite notification-form"), "{ran:?}");
    let ran = send(NOTIFICATION, &[&concise[..], &["--json"]].concat());
    assert_eq!(ran.exit, 2, "{ran:?}");
    Schema::closed("send").holds(&ran.json());
    assert_eq!(ran.json()["stops"], json!(["notification-form"]));
    let named = ["--despite", "notification-form", "--json"];
    let ran = send(NOTIFICATION, &[&concise[..], &named].concat());
    assert_eq!((ran.exit, &ran.json()["stops"]), (0, &json!([])), "{ran:?}");
    let ran = send(
        NOTIFICATION,
        &[
            "--yes",
            "--receipt",
            "concise",
            "--despite",
            "notification-form",
        ],
    );
    assert_eq!(ran.exit, 0, "{ran:?}");
    // Complete receipts, everybody in To: nothing to name. So does any other subject go.
    assert_eq!(send(NOTIFICATION, &["--yes"]).exit, 0);
    assert_eq!(send("Avviso", &["--yes", "--receipt", "concise"]).exit, 0);
    assert_eq!(world.practice.taken().len(), 3);
}

#[test]
fn a_batch_of_notifications_stops_in_the_same_way() {
    let world = Practising::new();
    let table = world.path("notifiche.csv");
    let rows = "pec;cc;oggetto;testo;ref\nanna@pec.prova.example;;Avviso;T;1\n\
                bruno@pec.prova.example;carla@pec.prova.example;notificazione ai sensi della \
                legge n. 53 del 1994;T;2\n";
    std::fs::write(&table, rows).expect("a file");
    let table = table.display().to_string();
    let batch =
        |action: &str, more: &[&str]| world.run(&[&["batch", action, &table], more].concat());
    let ran = batch("check", &["--json"]).json();
    let problems = ran["problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 1, "{ran}");
    assert_eq!(
        (&problems[0]["row"], &problems[0]["id"]),
        (&3.into(), &"stopped".into())
    );
    let text = problems[0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("--despite notification-copy"), "{text}");
    let ran = batch("run", &["--yes"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(world.practice.taken().is_empty());
    assert_eq!(batch("check", &["--despite", "notification-copy"]).exit, 0);
    let ran = batch("run", &["--yes", "--despite", "notification-copy"]);
    assert!(matches!(ran.exit, 0 | 3), "{ran:?}");
    assert_eq!(world.practice.taken().len(), 2);
}

#[test]
fn a_control_character_is_told_with_the_field_or_the_file() {
    let world = Practising::new();
    let file = world.path("atto\tfirmato.pdf").display().to_string();
    std::fs::write(&file, b"%PDF-1.4").expect("a file");
    let whole = world.path("atto.pdf").display().to_string();
    std::fs::write(&whole, b"%PDF-1.4").expect("a file");
    let to = world.address("anna");
    let send = |lang: &str, subject: &str, attached: &str| {
        let given = [
            "--lang",
            lang,
            "send",
            "--dry-run",
            "--to",
            &to,
            "--body",
            "Testo.",
        ];
        world.run(&[&given[..], &["--subject", subject, "--attach", attached]].concat())
    };
    for (lang, subject, attached, words) in [
        ("en", "Avviso", &file, "name of a file contains"),
        ("it", "Avviso", &file, "il nome di un file contiene"),
        ("en", "Avviso\u{7}", &whole, "the subject contains"),
        ("it", "Avviso\u{7}", &whole, "l'oggetto contiene"),
    ] {
        let ran = send(lang, subject, attached);
        assert!(ran.exit == 2 && ran.err.contains(words), "{ran:?}");
        let is_named = ran.err.contains("atto\\u{9}firmato.pdf");
        assert_eq!(is_named, attached == &file, "{ran:?}");
        assert!(!ran.err.contains(['\t', '\u{7}']), "{ran:?}");
    }
    assert_eq!(send("it", "Avviso", &whole).exit, 0);
}

#[test]
fn several_recipients_are_told_that_each_sees_all_addresses() {
    let world = Practising::new();
    let (anna, bruno) = (world.address("anna"), world.address("bruno"));
    let send = |to: &[&str]| {
        let given = [
            "send",
            "--subject",
            "Avviso",
            "--body",
            "Testo.",
            "--dry-run",
        ];
        world.run(&[&given, to].concat())
    };
    let told = "will see the addresses of all";
    let ran = send(&["--to", &anna, "--to", &bruno]);
    assert!(
        ran.err.contains(told) && ran.err.contains("pec batch"),
        "{ran:?}"
    );
    assert!(!send(&["--to", &anna]).err.contains(told));
}

/// A gateway's mark in the subject is a doubt wherever the receipt is told.
#[test]
fn a_doubt_about_a_receipt_is_in_status_and_a_genuine_one_without_is_not() {
    let world = Practising::new();
    let id = world.send("Avviso", &["delivered"]);
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let doubts = || {
        let status = world.run(&["status", &id, "--json"]).json();
        let receipts = status["messages"][0]["receipts"]
            .as_array()
            .expect("a list")
            .clone();
        let doubtful = receipts
            .iter()
            .filter(|receipt| !receipt["doubt"].is_null());
        (receipts.len(), doubtful.count())
    };
    let said = || world.run(&["status", &id]).out.contains("with a doubt");
    assert_eq!((doubts(), said()), ((2, 0), false));
    let kept = world.practice.messages(&world.address("io"), "INBOX");
    let texts = kept
        .iter()
        .map(|one| String::from_utf8_lossy(&one.octets).into_owned());
    let delivery = texts
        .into_iter()
        .find(|text| text.contains("Subject: CONSEGNA"));
    let marked = delivery.expect("a receipt").replacen(
        "Subject: CONSEGNA",
        "Subject: [EXTERNAL] CONSEGNA",
        1,
    );
    let uid = world
        .practice
        .deliver(&world.address("io"), "INBOX", marked.as_bytes());
    uid.expect("delivered");
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!((doubts(), said()), ((3, 1), true));
}
