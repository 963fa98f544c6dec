//! Several accounts: what is read, sent and awaited where none is named, and what a name is.

mod support {
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod practising;
    pub mod skipped;
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod terminal;
}

use std::time::Duration;

use support::practising::Practising;
use support::skipped::skipped;
use support::terminal::{Terminal, is_there};

/// Two accounts, `prova` of io@ and `seconda` of tu@, none of them the default.
fn two() -> Practising {
    let world = Practising::new();
    let text = format!(
        "{}{}",
        world.account("prova", &world.address("io")),
        world.account("seconda", &world.address("tu"))
    );
    std::fs::write(world.path("config.toml"), text).expect("a file");
    world
}

fn sent(world: &Practising, account: &str, subject: &str) -> String {
    sends(world, account, ("delivered", subject), 0)
}

/// Sends to somebody, and ends so; gives the message.
fn sends(world: &Practising, account: &str, (to, subject): (&str, &str), exit: i32) -> String {
    let to = world.address(to);
    let ran = world.run(&[
        "send",
        "--account",
        account,
        "--yes",
        "--json",
        "--no-copy",
        "-t",
        &to,
        "-s",
        subject,
        "-b",
        "x",
    ]);
    assert_eq!(ran.exit, exit, "{ran:?}");
    let short = ran.json()["messages"][0]["id"].clone();
    short.as_str().expect("an id").to_owned()
}

fn standing(world: &Practising, message: &str) -> String {
    world.standings(message)[0].1.clone()
}

#[test]
fn all_are_read_where_none_is_named_and_one_where_it_is() {
    let world = two();
    let (first, second) = (sent(&world, "prova", "Uno"), sent(&world, "seconda", "Due"));
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    let one = world.run(&["sync", "--account", "prova"]);
    assert_eq!(one.exit, 0, "{one:?}");
    assert_eq!(standing(&world, &first), "delivered");
    assert_eq!(standing(&world, &second), "sent");
    let all = world.run(&["sync"]);
    assert_eq!(all.exit, 0, "{all:?}");
    for name in ["prova", "seconda"] {
        assert!(all.err.contains(&format!("Account {name} (")), "{all:?}");
    }
    assert_eq!(standing(&world, &second), "delivered");
    // A folder is one mailbox's.
    let folder = world.run(&["sync", "--folder", "Altra"]);
    assert_eq!(folder.exit, 2, "{folder:?}");
    assert!(folder.err.contains("pec account default"), "{folder:?}");
    let listed = world.run(&["status", "--json"]).json();
    assert_eq!(listed["messages"].as_array().map(Vec::len), Some(2));
}

#[test]
fn one_that_cannot_be_read_keeps_no_other_from_being_read() {
    let world = two();
    let second = sent(&world, "seconda", "Due");
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let port = format!("imap = \"localhost:{}\"", world.practice.imap().port());
    std::fs::write(
        world.path("config.toml"),
        config.replacen(&port, "imap = \"localhost:9\"", 1),
    )
    .expect("a file");
    let all = world.run(&["sync"]);
    assert_eq!(all.exit, 4, "{all:?}");
    assert_eq!(standing(&world, &second), "delivered");
}

#[test]
fn all_are_watched_at_once() {
    let world = two();
    let (first, second) = (sent(&world, "prova", "Uno"), sent(&world, "seconda", "Due"));
    let watched = world.run(&["watch", "--for", "4s", "--poll", "1s"]);
    assert_eq!(watched.exit, 0, "{watched:?}");
    for message in [&first, &second] {
        assert!(watched.out.contains(&**message), "{watched:?}");
        assert_eq!(standing(&world, message), "delivered");
    }
}

#[test]
fn a_message_that_is_named_brings_its_account() {
    let world = two();
    let second = sent(&world, "seconda", "Due");
    let waited = world.run(&["wait", &second, "--timeout", "30s"]);
    assert_eq!(waited.exit, 0, "{waited:?}");
    let resumed = world.run(&["send", "--resume", &second]);
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    // Another one that is named all the same is none of its.
    let other = world.run(&["wait", &second, "--account", "prova"]);
    assert_eq!(other.exit, 2, "{other:?}");
    assert!(other.err.contains("--account seconda"), "{other:?}");
}

/// Messages of both accounts that never left.
fn never_left(world: &Practising) -> [String; 2] {
    // Each is refused for now once.
    [("prova", "later"), ("seconda", "later2")]
        .map(|(account, to)| sends(world, account, (to, account), 4))
}

#[test]
fn what_never_left_goes_from_its_own_account() {
    let senders = |world: &Practising| {
        let taken = world.practice.taken();
        let mut all: Vec<String> = taken.iter().map(|one| one.sender.clone()).collect();
        all.sort();
        all
    };
    for arguments in [
        &["send", "--resume", "--yes", "--no-copy"][..],
        &["send", "--resume", "--yes", "--no-copy", "--json"],
    ] {
        let world = two();
        let messages = never_left(&world);
        let ran = world.run(arguments);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert_eq!(senders(&world), [world.address("io"), world.address("tu")]);
        if arguments.contains(&"--json") {
            let document = ran.json();
            assert_eq!(document["account"], "prova, seconda");
            let sent = document["messages"].as_array().expect("messages");
            let accounts: Vec<_> = sent.iter().map(|one| one["account"].clone()).collect();
            assert_eq!(accounts, ["prova", "seconda"]);
        }
        // Nothing goes again.
        assert_eq!(world.run(arguments).exit, 0);
        assert_eq!(senders(&world).len(), 2);
        for message in &messages {
            assert_ne!(standing(&world, message), "refused-for-now");
        }
    }
    let world = two();
    let [_, second] = never_left(&world);
    let ran = world.run(&["send", "--resume", &second, "--yes", "--no-copy"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(senders(&world), [world.address("tu")]);
}

#[test]
fn a_default_is_chosen_and_a_renamed_account_keeps_what_is_its() {
    let world = two();
    let config = || std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let before = format!(
        "# the office's\n{}",
        config().replace("[account.seconda]", "# ours\n[account.seconda] # 2")
    );
    std::fs::write(world.path("config.toml"), &before).expect("a file");
    let message = sent(&world, "seconda", "Due");
    let to = world.address("delivered");
    let refused = world.run(&["send", "-t", &to, "-s", "x", "-b", "y", "--yes"]);
    assert!(
        refused.err.contains("pec account default NAME"),
        "{refused:?}"
    );
    let chosen = world.run(&["account", "default", "seconda"]);
    assert_eq!(chosen.exit, 0, "{chosen:?}");
    assert_eq!(config().replace("default = \"seconda\"\n", ""), before);
    assert_eq!(world.run(&["account", "default", "terza"]).exit, 2);
    let taken = world.run(&["account", "rename", "seconda", "prova"]);
    assert_eq!(taken.exit, 2, "{taken:?}");
    let renamed = world.run(&["account", "rename", "seconda", "studio"]);
    assert_eq!(renamed.exit, 0, "{renamed:?}");
    let text = config();
    assert!(text.contains("default = \"studio\""), "{text}");
    assert!(text.contains("# ours\n[account.studio] # 2"), "{text}");
    assert!(!text.contains("seconda"), "{text}");
    // The ledger follows: it shows the new name, and the same is not sent twice.
    let shown = world.run(&["status", &message, "--json"]).json();
    assert_eq!(shown["messages"][0]["account"], "studio");
    let again = world.run(&[
        "send",
        "-t",
        &to,
        "-s",
        "Due",
        "-b",
        "x",
        "--yes",
        "--no-copy",
    ]);
    assert_eq!(again.exit, 2, "{again:?}");
    assert!(again.err.contains(&message), "{again:?}");
    assert_eq!(world.practice.taken().len(), 1);
    let waited = world.run(&["wait", &message, "--timeout", "30s"]);
    assert_eq!(waited.exit, 0, "{waited:?}");
}

#[test]
fn an_account_is_edited_by_options_and_what_is_not_named_stays() {
    let world = two();
    let config = || std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let before = config();
    let edited = world.run(&[
        "account",
        "edit",
        "prova",
        "--prompt",
        "--display-name",
        "Studio Perù",
    ]);
    assert_eq!(edited.exit, 0, "{edited:?}");
    let text = config();
    let of_first = text.split("[account.seconda]").next().unwrap_or_default();
    assert!(
        of_first.contains("display_name = \"Studio Perù\""),
        "{text}"
    );
    assert!(of_first.contains("password_from = \"prompt\""), "{text}");
    assert!(!of_first.contains("password_file"), "{text}");
    let lost: Vec<&str> = before.lines().filter(|line| !text.contains(line)).collect();
    assert_eq!(lost, [""; 0], "{text}");
    let bad = world.run(&["account", "edit", "prova", "--display-name", "a@b.example"]);
    assert_eq!(bad.exit, 2, "{bad:?}");
    assert_eq!(config(), text);
}

#[test]
fn the_name_in_from_is_shown_encoded_and_is_no_part_of_what_is_the_same() {
    let world = Practising::new();
    let to = world.address("delivered");
    let send = [
        "send",
        "-t",
        &*to,
        "-s",
        "Avviso",
        "-b",
        "x",
        "--yes",
        "--no-copy",
    ];
    assert_eq!(world.run(&send).exit, 0);
    let named = world.run(&["account", "edit", "prova", "--display-name", "Studio Perù"]);
    assert_eq!(named.exit, 0, "{named:?}");
    // The same to the same, whatever the sender is called.
    let again = world.run(&send);
    assert_eq!(again.exit, 2, "{again:?}");
    assert_eq!(world.practice.taken().len(), 1);
    let dry = world.run(&["send", "-t", &to, "-s", "Altro", "-b", "x", "--dry-run"]);
    let from = format!("<{}>", world.address("io"));
    let line = dry.out.lines().find(|line| line.starts_with("From:"));
    let line = line.expect("a field");
    assert!(
        line.is_ascii() && line.contains("=?utf-8?") && line.contains(&from),
        "{line}"
    );
    let other = world.run(&[
        "send",
        "-t",
        &to,
        "-s",
        "Altro",
        "-b",
        "x",
        "--yes",
        "--no-copy",
    ]);
    assert_eq!(other.exit, 0, "{other:?}");
}

#[test]
fn the_questions_check_each_answer_and_end_with_a_test() {
    if !is_there() {
        skipped("a terminal to answer on needs script(1)");
        return;
    }
    let world = Practising::new();
    let add = world.command(&["account", "add", "--ca-file", "~/ca.pem"]);
    let home = world.folder.path().to_str().expect("text").to_owned();
    let mut terminal = Terminal::start(&add, &[("HOME", &home)], world.folder.path());
    // Address, name, provider, both servers, user, source of the password, a file that is not there
    // and one that is; whether it is the default, and whether it is tested.
    let steps = [
        world.address("tu"),
        String::new(),
        "-".to_owned(),
        format!("localhost:{}", world.practice.imap().port()),
        format!("localhost:{}", world.practice.smtp().port()),
        String::new(),
        "3".to_owned(),
        "~/manca".to_owned(),
        "~/password".to_owned(),
        "yes".to_owned(),
        "yes".to_owned(),
    ];
    for answer in steps {
        terminal.answer(&answer);
    }
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 0, "{shown}");
    let listed = world.run(&["account", "list", "--json"]).json();
    let accounts = listed["accounts"].as_array().expect("accounts");
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[1]["default"], true, "{listed:#}");
    let text = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    assert!(
        text.contains(&format!("password_file = \"{home}/password\"")),
        "{text}"
    );
}

#[test]
fn a_code_that_is_the_address_is_refused_at_its_question() {
    if !is_there() {
        skipped("a terminal to answer on needs script(1)");
        return;
    }
    let world = Practising::new();
    let add = world.command(&[
        "account",
        "add",
        "studio",
        "--preset",
        "legalmail",
        "--address",
        "a@legalmail.it",
    ]);
    let mut terminal = Terminal::start(&add, &[], world.folder.path());
    for answer in ["a@legalmail.it", "M1234567", "1", "no", "no"] {
        terminal.answer(answer);
    }
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 0, "{shown}");
    let text = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    assert!(text.contains("user = \"M1234567\""), "{text}");
}

#[test]
fn who_gives_up_gets_the_answers_back_as_a_command() {
    if !is_there() {
        skipped("a terminal to answer on needs script(1)");
        return;
    }
    let world = Practising::new();
    let before = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let add = world.command(&["account", "add"]);
    let mut terminal = Terminal::start(&add, &[], world.folder.path());
    for answer in [
        "a@pec.example",
        "mio studio",
        "studio",
        "-",
        "imap.pec.example",
    ] {
        terminal.answer(answer);
    }
    // The end of what is typed.
    terminal.answer_end();
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 2, "{shown}");
    let command = "pec account add studio --address a@pec.example --imap imap.pec.example";
    assert!(shown.contains(command), "{shown}");
    let after = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    assert_eq!(after, before);
}
