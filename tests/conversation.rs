//! `-v`: the conversation with the servers, without a password in any form and without a message.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postacert::transport::Security;
use support::practising::{PASSWORD, Practising, Ran};
use support::scripted::{Script, Scripted};

/// Every form in which a password is seen on a line, and parts of them.
fn forms() -> Vec<String> {
    let user = "io@pec.prova.example";
    let mut forms = vec![PASSWORD.to_owned()];
    for text in [
        PASSWORD.to_owned(),
        format!("\0{user}\0{PASSWORD}"),
        format!("{user}\0{user}\0{PASSWORD}"),
    ] {
        let coded = STANDARD.encode(text);
        // The ends say what is beside it too; the middle is of the password alone.
        forms.push(coded[coded.len() - 20..coded.len() - 6].to_owned());
        forms.push(coded);
    }
    forms
}

/// Nothing that must not be seen, and nothing that acts on a terminal.
fn is_safe(said: &str) {
    for form in forms() {
        assert!(!said.contains(&form), "{form}: {said}");
    }
    let acts = said.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(acts, None, "{said}");
}

/// The lines of the conversation.
fn conversation(ran: &Ran) -> Vec<&str> {
    let is_line = |line: &&str| {
        let mut words = line.split_ascii_whitespace();
        let time = words.next().and_then(|word| word.parse::<f64>().ok());
        let number = words.next().and_then(|word| word.parse::<u32>().ok());
        time.is_some() && number.is_some()
    };
    ran.err.lines().filter(is_line).collect()
}

#[test]
fn sending_and_reading_are_shown_without_login_and_messages() {
    let world = Practising::new();
    let mut words = vec!["send", "--yes", "--subject", "Avviso 17", "-v"];
    let to = world.address("consegna");
    words.extend(["--body", "Testo riservatissimo della prova.", "--to", &to]);
    let sent = world.run(&words);
    assert_eq!(sent.exit, 0, "{sent:?}");
    let said = conversation(&sent);
    let has = |said: &[&str], words: &str| {
        assert!(
            said.iter().any(|line| line.contains(words)),
            "{words}: {said:#?}"
        );
    };
    has(&said, "= connecting to localhost:");
    has(&said, "= TLS 1.3");
    has(&said, "> AUTH PLAIN ***");
    has(&said, "> MAIL FROM:<io@");
    has(&said, "> RCPT TO:<consegna@");
    has(&said, "< 354 ");
    has(&said, " bytes");
    has(&said, "= connection ended");
    let read = world.run(&["-v", "sync"]);
    assert_eq!(read.exit, 0, "{read:?}");
    let said = conversation(&read);
    has(&said, "> a1 LOGIN ***");
    has(&said, "EXAMINE");
    has(&said, "BODY[] … ");
    for ran in [&sent, &read] {
        is_safe(&ran.err);
        assert!(!ran.err.contains("riservatissimo"), "{}", ran.err);
        assert!(
            !conversation(ran)
                .iter()
                .any(|line| line.contains("Avviso 17"))
        );
    }
    // Lines of one connection are in the order of time.
    let times: Vec<f64> = said
        .iter()
        .map(|line| {
            line.split_ascii_whitespace()
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn nothing_is_shown_where_nobody_asks() {
    let world = Practising::new();
    let ran = world.run(&["sync"]);
    assert_eq!(conversation(&ran), [""; 0], "{ran:?}");
    // Whoever asks for both wants to see it.
    let ran = world.run(&["-q", "-v", "sync"]);
    assert!(!conversation(&ran).is_empty(), "{ran:?}");
}

#[test]
fn results_for_programs_stay_what_they_are() {
    let world = Practising::new();
    let ran = world.run(&["-v", "doctor", "--json"]);
    assert!(ran.json()["checks"].is_array());
    assert!(!conversation(&ran).is_empty(), "{ran:?}");
    let ran = world.run(&["account", "test", "--verbose"]);
    assert!(!conversation(&ran).is_empty(), "{ran:?}");
}

/// A server that repeats the password: in clear, in base64, cut by an end of line, in an answer and in a
/// warning; and that sends what acts on a terminal.
#[test]
fn what_a_server_repeats_is_not_shown() {
    let coded = STANDARD.encode(format!("\0io@pec.prova.example\0{PASSWORD}"));
    let (first, second) = PASSWORD.split_at(9);
    let (left, right) = coded.split_at(coded.len() - 8);
    let said = [
        format!("TAG NO you said {PASSWORD}"),
        format!("TAG NO {coded}"),
        format!("* NO [ALERT] {PASSWORD}\nTAG NO sorry"),
        format!("* NO {first}\n* NO {second}\nTAG NO sorry"),
        format!("* BAD {left}\n* BAD {right}\nTAG NO no"),
        format!("* OK {}\nTAG BAD x", STANDARD.encode(PASSWORD)),
        format!("* OK \u{1b}]0;titolo\u{7}\u{1b}[2J {PASSWORD}\u{202e}\nTAG NO \u{9b}31m"),
        format!("{PASSWORD}\nTAG NO no"),
        format!("+ {PASSWORD}\nTAG NO no"),
    ];
    for answer in said {
        let script: Script = Box::new(move |peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.hear("LOGIN ");
            peer.say(&answer);
            while peer.command().is_some() {}
        });
        let server = Scripted::in_turn(Security::Tls, vec![script]);
        let world = Practising::new();
        let address = format!("localhost:{}", server.endpoint().port);
        let ca = support::fixtures_folder().join("pki/root.pem");
        let ca = ca.display().to_string();
        world.configure_values(&[("imap", &address), ("ca_file", &ca)]);
        let ran = world.run(&["-v", "sync"]);
        assert_ne!(ran.exit, 0);
        let lines = conversation(&ran);
        assert!(lines.iter().any(|line| line.contains(" < a")), "{ran:?}");
        is_safe(&ran.err);
        assert!(
            !ran.err.contains(first) && !ran.err.contains(second),
            "{ran:?}"
        );
    }
}

/// The same for a server of sending.
#[test]
fn what_a_server_of_sending_repeats_is_not_shown() {
    let coded = STANDARD.encode(format!("\0io@pec.prova.example\0{PASSWORD}"));
    let (left, right) = coded.split_at(coded.len() - 8);
    for answer in [
        format!("535 {PASSWORD}"),
        format!("535-{left}\n535 {right}"),
        format!("334 {PASSWORD}"),
        format!("535-\u{1b}[31m{coded}\n535 \u{7}\u{202e}no"),
    ] {
        let script: Script = Box::new(move |peer| {
            peer.smtp_hello("AUTH PLAIN LOGIN");
            peer.hear("AUTH PLAIN ");
            peer.say(&answer);
            while peer.command().is_some() {}
        });
        let server = Scripted::in_turn(Security::Tls, vec![script]);
        let world = Practising::new();
        let address = format!("localhost:{}", server.endpoint().port);
        let root = std::fs::read_to_string(support::fixtures_folder().join("pki/root.pem"));
        let both = world.practice.ca_pem() + &root.expect("a file");
        std::fs::write(world.path("ca.pem"), both).expect("a file");
        world.configure_values(&[("smtp", &address)]);
        let to = world.address("consegna");
        let words = [
            "send",
            "-v",
            "--yes",
            "--subject",
            "A",
            "--body",
            "B",
            "--to",
            &to,
        ];
        let ran = world.run(&words);
        assert_ne!(ran.exit, 0);
        let lines = conversation(&ran);
        assert!(
            lines.iter().any(|line| line.contains("> AUTH PLAIN ***")),
            "{ran:?}"
        );
        is_safe(&ran.err);
    }
}
