//! Replies go to the certified sender and name what they answer; what is passed on is what was
//! received, octet by octet.

mod support {
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod practising;
    pub mod skipped;
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod terminal;
}

use base64::Engine;
use support::practising::{Practising, Ran};
use support::skipped::skipped;
use support::terminal::{Terminal, is_there};

/// A world with a second account, `altra`, that got a message of the first.
fn answered(more: &[&str]) -> (Practising, String) {
    let world = Practising::new();
    let both = [
        world.account("prova", &world.address("io")),
        world.account("altra", &world.address("altra")),
    ];
    std::fs::write(world.path("config.toml"), both.concat()).expect("a file");
    let to = world.address("altra");
    let mut send = vec![
        "--account",
        "prova",
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
    ];
    send.extend([
        "--subject",
        "Convocazione",
        "--body",
        "Martedì alle 9.\n> ieri\n",
    ]);
    send.extend(more);
    let sent = world.run(&send);
    assert_eq!(sent.exit, 0, "{sent:?}");
    let id = received(&world, "altra");
    (world, id)
}

/// The short id of the newest message that an account has received.
fn received(world: &Practising, account: &str) -> String {
    let synced = world.run(&["--account", account, "sync"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    let inbox = world.run(&["--account", account, "inbox", "--json"]);
    let document = inbox.json();
    let id = document["messages"][0]["id"].as_str();
    id.unwrap_or_else(|| panic!("{inbox:?}")).to_owned()
}

fn reply(world: &Practising, id: &str, more: &[&str]) -> Ran {
    let mut words = vec!["reply", id, "--yes", "--no-copy", "--body", "Va bene."];
    words.extend(more);
    world.run(&words)
}

/// The octets of the last message that the provider took, as text.
fn last(world: &Practising) -> String {
    let taken = world.practice.taken();
    let (first, rest) = taken.last().expect("a message").sha256.split_at(2);
    let path = world.data().join(format!("messages/{first}/{rest}.eml"));
    std::fs::read_to_string(path).expect("what was sent")
}

/// A field of a header, unfolded.
fn field(message: &str, name: &str) -> Option<String> {
    let (header, _) = message.split_once("\r\n\r\n").expect("a header");
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    let start = format!("{name}: ");
    let line = unfolded.lines().find(|line| line.starts_with(&start))?;
    Some(line[start.len()..].to_owned())
}

#[test]
fn a_reply_goes_to_the_certified_sender_names_what_it_answers_and_arrives() {
    let (world, id) = answered(&[]);
    let original = field(&last(&world), "Message-ID").expect("an id");
    let ran = reply(&world, &id, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let sent = last(&world);
    assert_eq!(field(&sent, "From"), Some(world.address("altra")));
    assert_eq!(field(&sent, "To"), Some(world.address("io")));
    assert_eq!(field(&sent, "Subject").as_deref(), Some("Re: Convocazione"));
    assert_eq!(field(&sent, "In-Reply-To").as_deref(), Some(&*original));
    // The identifier of the transmission, which stands in the header of what people see, and the
    // Message-ID of its writer.
    let references = field(&sent, "References").expect("references");
    let named: Vec<&str> = references.split(' ').collect();
    assert_eq!((named.len(), named[1]), (2, &*original), "{references}");
    for line in [
        "Va bene.",
        "wrote:",
        "=\r\n",
        "> Marted=C3=AC alle 9.",
        ">> ieri",
    ] {
        assert!(sent.contains(line) || line == "=\r\n", "{line}: {sent}");
    }
    // It arrives, and its subject leads back.
    let answer = received(&world, "prova");
    let shown = world.run(&["--account", "prova", "show", &answer]);
    assert!(shown.out.contains("Va bene."), "{shown:?}");
    let own = world
        .run(&["--account", "prova", "status", "--json"])
        .json();
    let own = own["messages"][0]["id"].as_str().expect("an id").to_owned();
    let names = |id: &str, key: &str, other: &str| {
        let shown = world.run(&["show", id, "--json"]).json();
        let named = shown[key].as_array().expect("a list");
        named.iter().any(|one| one["id"] == other)
    };
    assert!(names(&answer, "in_reply_to", &own) && !names(&answer, "replies", &own));
    assert!(names(&own, "replies", &answer) && !names(&own, "in_reply_to", &answer));
}

/// An office sends a message with a file, a signed one and another message: from the reading of the
/// mailbox to the opened files, and the answer with one of them back.
#[test]
fn what_an_office_sends_is_found_opened_and_answered() {
    let nested = "fixtures/receipts/posta-certificata.eml";
    let signed = "fixtures/vectors/g-handling/document-signed-by-a-person.eml.p7m";
    let (world, id) = answered(&["-a", "README.md", "-a", signed, "-a", nested]);
    let inbox = world.run(&["--account", "altra", "inbox"]);
    assert!(
        inbox.out.contains(&id) && inbox.out.contains("3 attachments"),
        "{inbox:?}"
    );
    let shown = world.run(&["show", &id]);
    for what in [
        "README.md",
        "document-signed-by-a-person.eml.p7m",
        "posta-certificata.eml",
    ] {
        assert!(shown.out.contains(what), "{what}: {shown:?}");
    }
    // The mail inside the mail is a tree of its own.
    assert!(shown.out.contains("Pratica n. 42"), "{shown:?}");
    let folder = world.path("fuori").display().to_string();
    let extracted = world.run(&["extract", &id, "--to", &folder, "--unwrap"]);
    assert_eq!(extracted.exit, 0, "{extracted:?}");
    let there = |name: &str| std::fs::read(world.path("fuori").join(name));
    for file in ["README.md", signed, nested] {
        let name = file.rsplit('/').next().expect("a name");
        assert_eq!(
            there(name).expect(name),
            std::fs::read(file).expect("a file"),
            "{name}"
        );
    }
    // What is in the signed file stands beside it.
    assert!(
        there("document-signed-by-a-person.eml").is_ok(),
        "{extracted:?}"
    );
    let replied = reply(&world, &id, &["-a", &format!("{folder}/README.md")]);
    assert_eq!(replied.exit, 0, "{replied:?}");
    let answer = received(&world, "prova");
    let back = world.path("indietro").display().to_string();
    let extracted = world.run(&["extract", &answer, "--to", &back]);
    assert_eq!(extracted.exit, 0, "{extracted:?}");
    let readme = std::fs::read(world.path("indietro").join("README.md"));
    assert_eq!(
        readme.expect("a file"),
        std::fs::read("README.md").expect("a file")
    );
}

#[test]
fn a_reply_that_nobody_confirms_is_a_draft_that_still_names_what_it_answers() {
    let (world, id) = answered(&[]);
    let original = field(&last(&world), "Message-ID").expect("an id");
    let taken = world.practice.taken().len();
    let mut command = world.command(&["reply", &id, "--no-quote", "--no-copy"]);
    command.stdin(std::process::Stdio::piped());
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, b"Va bene.\n").expect("written");
    drop(stdin);
    let ran = Ran::of(child.wait_with_output().expect("an end"));
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(world.practice.taken().len(), taken);
    let drafts = world.run(&["draft", "list", "--json"]).json();
    let draft = &drafts["drafts"][0];
    assert_eq!(draft["in_reply_to"], original.as_str());
    assert_eq!(draft["body"], "Va bene.\n");
    let sent = world.run(&["draft", "send", "1", "--yes", "--no-copy"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    assert_eq!(field(&last(&world), "In-Reply-To"), Some(original));
}

#[test]
fn another_address_for_replies_is_shown_and_asked_and_never_taken_by_itself() {
    let (world, id) = answered(&["--reply-to", "altrove@pec.prova.example"]);
    let ran = reply(&world, &id, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.err.contains("altrove@pec.prova.example"), "{ran:?}");
    assert_eq!(field(&last(&world), "To"), Some(world.address("io")));
    // A person may choose.
    if !is_there() {
        skipped("a terminal to write on needs script(1)");
        return;
    }
    for (key, to) in [("n\n", "io"), ("y\n", "altrove")] {
        let words = ["reply", &id, "--no-copy", "--body", key.trim()];
        let mut terminal = Terminal::start(&world.command(&words), &[], world.folder.path());
        terminal.until("Send the reply to altrove@pec.prova.example?");
        terminal.keys(key);
        terminal.until("Send it?");
        terminal.keys("y\n");
        let (exit, shown) = terminal.end();
        assert_eq!(exit, 0, "{shown}");
        assert_eq!(field(&last(&world), "To"), Some(world.address(to)));
    }
}

#[test]
fn a_reply_to_all_copies_the_others_and_not_ourselves() {
    let (world, id) = answered(&["--to", "terza@pec.prova.example"]);
    let ran = reply(&world, &id, &["--all"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let sent = last(&world);
    assert_eq!(field(&sent, "To"), Some(world.address("io")));
    assert_eq!(field(&sent, "Cc"), Some(world.address("terza")));
    let one = reply(&world, &id, &["--subject", "Altro"]);
    assert_eq!(one.exit, 0, "{one:?}");
    assert_eq!(field(&last(&world), "Cc"), None);
    assert_eq!(field(&last(&world), "Subject").as_deref(), Some("Altro"));
}

#[test]
fn what_is_passed_on_is_what_was_received_and_proves_itself() {
    let (world, id) = answered(&["--attach", "README.md"]);
    let kept = world.practice.messages(&world.address("altra"), "INBOX");
    let envelope = kept.last().expect("an envelope").octets.to_vec();
    let to = world.address("terza");
    let words = [
        "forward",
        &id,
        "--to",
        &to,
        "--yes",
        "--no-copy",
        "--body",
        "Vedi.",
    ];
    let ran = world.run(&[&words[..], &["--with-attachments"]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    let sent = last(&world);
    assert_eq!(
        field(&sent, "Subject").as_deref(),
        Some("Fwd: Convocazione")
    );
    assert_eq!(field(&sent, "In-Reply-To"), None);
    let attached = parts(&sent);
    let [message, readme] = &attached[..] else {
        panic!("{} attachments", attached.len());
    };
    assert_eq!(message, &envelope);
    assert_eq!(readme, &std::fs::read("README.md").expect("a file"));
    // Nobody to pass it on to.
    let nobody = world.run(&["forward", &id, "--yes", "--body", "Vedi."]);
    assert_eq!(nobody.exit, 2, "{nobody:?}");
    assert!(nobody.err.contains("--to"), "{nobody:?}");
}

/// What is attached in base64, decoded.
fn parts(message: &str) -> Vec<Vec<u8>> {
    let pieces = message
        .split("\r\n--")
        .filter(|part| part.contains("attachment"));
    let octets = pieces.map(|part| {
        let (_, body) = part.split_once("\r\n\r\n").expect("a body");
        let body: String = body.split_ascii_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(body);
        decoded.expect("base64")
    });
    octets.collect()
}

#[test]
fn what_nobody_certifies_cannot_be_answered() {
    let (world, _) = answered(&[]);
    let kept = world.practice.messages(&world.address("altra"), "INBOX");
    let envelope = kept.last().expect("an envelope").octets.to_vec();
    let mut forged = String::from_utf8(envelope).expect("text");
    forged = forged.replacen("Marted", "Lunedi", 1);
    let uid = world
        .practice
        .deliver(&world.address("altra"), "INBOX", forged.as_bytes());
    uid.expect("delivered");
    let synced = world.run(&["--account", "altra", "sync"]);
    assert!(synced.exit <= 3, "{synced:?}");
    let inbox = world.run(&["--account", "altra", "inbox", "--json"]).json();
    let other = inbox["apart"][0]["id"].as_str().expect("the forged one");
    let taken = world.practice.taken().len();
    let ran = reply(&world, other, &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("not certified"), "{ran:?}");
    assert_eq!(world.practice.taken().len(), taken);
    // Nor what we sent ourselves, nor what is not there.
    let own = world.run(&["status", "--json"]).json();
    let own = own["messages"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(reply(&world, &own, &[]).exit, 2);
    assert_eq!(reply(&world, "00000000", &[]).exit, 2);
    assert_eq!(world.practice.taken().len(), taken);
}

#[test]
fn what_is_passed_on_is_told_for_what_it_is() {
    let (world, id) = answered(&[]);
    let to = world.address("terza");
    let forward = |id: &str| {
        let words = ["forward", id, "--to", &to, "--dry-run", "--body", "Vedi."];
        let ran = world.run(&words);
        assert_eq!(ran.exit, 0, "{ran:?}");
        ran
    };
    let certified = forward(&id);
    assert!(certified.out.contains("certified sender"), "{certified:?}");
    // The provider signed it: nobody is warned of it as of a file that nobody signed.
    assert!(
        !certified.err.contains("not digitally signed"),
        "{certified:?}"
    );
    let own = world
        .run(&["--account", "prova", "status", "--json"])
        .json();
    let own = own["messages"][0]["id"].as_str().expect("an id").to_owned();
    let sent = forward(&own).out.replace("\r\n", "\n").replace("=\n", "");
    let recipient = format!("To: {}", world.address("altra"));
    assert!(
        sent.contains("sent by this account") && sent.contains(&recipient),
        "{sent}"
    );
    let kept = world.practice.messages(&world.address("altra"), "INBOX");
    let envelope = kept.last().expect("an envelope").octets.to_vec();
    let forged = String::from_utf8(envelope)
        .expect("text")
        .replacen("Marted", "Lunedi", 1);
    let uid = world
        .practice
        .deliver(&world.address("altra"), "INBOX", forged.as_bytes());
    uid.expect("delivered");
    world.run(&["--account", "altra", "sync"]);
    let inbox = world.run(&["--account", "altra", "inbox", "--json"]).json();
    let other = inbox["apart"][0]["id"].as_str().expect("the forged one");
    let told = forward(other).out.replace("\r\n", "\n").replace("=\n", "");
    assert!(told.contains("NOT genuine"), "{told}");
}

#[test]
fn an_account_that_is_not_there_has_no_empty_list() {
    let (world, _) = answered(&[]);
    for command in [&["inbox"][..], &["status"], &["search", "convocazione"]] {
        let ran = world.run(&[command, &["--account", "pippo"]].concat());
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("pippo"), "{ran:?}");
    }
}
