//! Which message a word means where messages were sent and received: one that may be several is never
//! silently one of them, and a command that is about what was sent says what to use for what was not.

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use support::practising::{Practising, Ran};

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A message of a subject that was sent, and one of another that was received: their short ids.
fn world(sent: &str, received: &str) -> (Practising, String, String) {
    let world = Practising::new();
    let ours = world.send(sent, &["delivered"]);
    let other = shown(&world.path("other.toml"));
    let config = world.account("altro", &world.address("altro"));
    fs::write(&other, config).expect("a file");
    let (data, to) = (shown(&world.path("data-altro")), world.address("io"));
    let given = ["--config", &other, "--data-dir", &data, "send", "--yes"];
    let more = ["--no-copy", "--to", &to, "--subject", received];
    let ran = world.run(&[&given[..], &more, &["--body", "Buongiorno."]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let list = world.run(&["inbox", "--json"]).json();
    let theirs = list["messages"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    (world, ours, theirs)
}

/// Each of the commands that take a word for a message, about one word.
fn asked(world: &Practising, word: &str) -> Vec<(&'static str, Ran)> {
    let file = shown(&world.path("atto.pdf"));
    fs::write(&file, "%PDF-1.4").expect("a file");
    let container = shown(&world.path(&format!("{}.asice", word.len())));
    let _ = fs::remove_file(&container);
    vec![
        ("show", world.run(&["show", word])),
        ("export", world.run(&["export", word, "--to", &container])),
        ("prove", world.run(&["prove", word, "--file", &file])),
        ("report", world.run(&["report", word])),
    ]
}

#[test]
fn a_word_that_means_what_was_sent_and_what_was_received_is_answered_with_both() {
    let (world, ours, theirs) = world("Richiesta di accesso", "Richiesta di accesso");
    for word in ["Richiesta di accesso", "accesso"] {
        for (command, ran) in asked(&world, word) {
            assert_eq!(ran.exit, 2, "{command} {ran:?}");
            assert!(
                ran.err.contains(&ours) && ran.err.contains(&theirs),
                "{command} {ran:?}"
            );
        }
    }
    // The twins: words that only one of them has, and ids.
    let exits = |word: &str| -> Vec<i32> {
        let all = asked(&world, word).into_iter();
        all.map(|(_, ran)| ran.exit).collect()
    };
    // What was sent is shown, exported, and was delivered without the file.
    assert_eq!(exits(&ours), [0, 0, 1, 0]);
    // What was received is shown and exported, and for the others there is something else.
    assert_eq!(exits(&theirs), [0, 0, 2, 2]);
}

#[test]
fn what_was_received_is_told_for_what_it_is_where_only_what_was_sent_serves() {
    let (world, _, theirs) = world("Diffida", "Istanza");
    for word in [&*theirs, "Istanza"] {
        for (command, ran) in asked(&world, word) {
            match command {
                "prove" | "report" => {
                    assert_eq!(ran.exit, 2, "{command} {ran:?}");
                    let other = format!("pec export {theirs}");
                    assert!(
                        ran.err.contains("is a received message") && ran.err.contains(&other),
                        "{command} {ran:?}"
                    );
                }
                _ => assert_eq!(ran.exit, 0, "{command} {ran:?}"),
            }
        }
    }
    for (_, ran) in asked(&world, "Nulla di simile") {
        assert_eq!(ran.exit, 2, "{ran:?}");
    }
}

#[test]
fn the_message_id_of_what_was_sent_means_that_also_where_a_copy_came_back() {
    let world = Practising::new();
    let ours = world.send("A me stesso", &["io"]);
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let status = world.run(&["status", &ours, "--json"]).json();
    let id = status["messages"][0]["message_id"].as_str().expect("an id");
    let to = shown(&world.path("a.asice"));
    let ran = world.run(&["export", id, "--to", &to, "--json"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(ran.json()["containers"][0]["message"], *ours);
    // By words both are meant.
    let ran = world.run(&["export", "A me stesso", "--to", &to]);
    assert_eq!(ran.exit, 2, "{ran:?}");
}
