//! `pec archive`: what is concluded, and nothing else; nothing is deleted whose octets are not, in this
//! run, whole on the disk; killed anywhere, what the mailbox has lost is there.
//!
//! `PEC_CRASHES` says how often it is killed (default 6).

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use postacert::asic;
use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::smime::sha256;
use postacert::timestamp::Timestamp;
use postacert::transport::{Mailbox, Security};
use serde_json::Value;
use support::practising::{Practising, Ran, config, now};
use support::receipt::{Kind, Receipt};
use support::schema::Schema;
use support::sender::Desk;
use support::servers::{self, Servers};
use support::shelf::Shelf;
use support::tls;

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Archives everything concluded until now.
fn archive(world: &Practising, more: &[&str]) -> Ran {
    let to = shown(&world.path("archive"));
    let base = ["archive", "--older-than", "0d", "--to", &to, "--json"];
    world.run(&[&base, more].concat())
}

fn document(ran: &Ran) -> Value {
    let document = ran.json();
    Schema::closed("archive").holds(&document);
    document
}

/// Sends, and waits until every receipt is made.
fn sent(world: &Practising, subject: &str, to: &[&str]) -> String {
    let message = world.send(subject, to);
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    message
}

/// SHA-256 of everything in the mailbox of `io`.
fn held(world: &Practising) -> BTreeSet<String> {
    receipts(world)
        .iter()
        .map(|octets| sha256(octets))
        .collect()
}

/// Everything in the mailbox of `io`.
fn receipts(world: &Practising) -> Vec<Vec<u8>> {
    let mut mailbox = world.mailbox("io");
    mailbox.examine("INBOX").expect("a folder");
    let uids = mailbox.uids(1..=u32::MAX).expect("a list");
    let came = mailbox.fetch(&uids).whole().expect("messages");
    came.into_iter().map(|message| message.octets).collect()
}

/// SHA-256 of everything in whole containers of a folder.
fn archived(folder: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let mut file = fs::File::open(entry.path()).expect("a container");
        let Ok(asic::Read::Evidence(checked)) = asic::Read::of(&mut file) else {
            panic!("{name}: half a container");
        };
        assert_eq!(checked.flaws, [], "{name}");
        all.extend(checked.files.into_iter().map(|one| one.sha256));
    }
    all
}

#[test]
fn what_is_concluded_is_archived_and_what_is_not_stays() {
    let world = Practising::new();
    let done = sent(&world, "Conclusa", &["delivered", "unknown"]);
    let open = sent(&world, "Aperta", &["never"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let ran = archive(&world, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let found = document(&ran);
    assert_eq!(
        found["containers"].as_array().map(Vec::len),
        Some(1),
        "{found}"
    );
    assert_eq!(found["containers"][0]["message"], *done);
    assert_eq!(found["open"], 1);
    assert_eq!(found["remote"], Value::Array(Vec::new()));
    let file = world.path("archive").join(format!("{done}.asice"));
    let octets = fs::read(&file).expect("a container");
    assert_eq!(found["containers"][0]["sha256"], sha256(&octets));
    let trust = shown(&world.path("trust.toml"));
    let verified = world.run(&["verify", "--trust", &trust, &shown(&file)]);
    assert_eq!(verified.exit, 0, "{verified:?}");
    // The ledger says so, of this one alone, and again says nothing else.
    for _ in 0..2 {
        let status = world.run(&["status", &done, "--json"]).json();
        let noted = status["messages"][0]["archived"]
            .as_array()
            .expect("a list");
        assert_eq!(noted.len(), 1, "{status}");
        assert_eq!(noted[0]["sha256"], sha256(&octets));
        assert_eq!(noted[0]["name"], format!("{done}.asice"));
        assert_eq!(archive(&world, &[]).exit, 0);
    }
    let text = world.run(&["status", &done]).out;
    assert!(text.contains("archived on"), "{text}");
    let status = world.run(&["status", &open, "--json"]).json();
    assert_eq!(status["messages"][0]["archived"], Value::Array(Vec::new()));
    // What is younger is left.
    let to = shown(&world.path("other"));
    let young = world.run(&["archive", "--older-than", "1d", "--to", &to, "--json"]);
    let young = document(&young);
    assert_eq!(young["containers"], Value::Array(Vec::new()));
    assert_eq!(young["open"], 0);
}

#[test]
fn only_both_words_delete_without_a_person_and_only_what_is_archived() {
    let world = Practising::new();
    let done = sent(&world, "Conclusa", &["delivered"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let all = held(&world);
    // Nobody can be asked: nothing is begun.
    let asked = archive(&world, &["--delete-remote"]);
    assert_eq!(asked.exit, 2, "{asked:?}");
    assert!(!world.path("archive").exists());
    let alone = archive(&world, &["--yes"]);
    assert_eq!(alone.exit, 2, "{alone:?}");
    assert_eq!(held(&world), all);
    // A message that came for something else stays.
    sent(&world, "Aperta", &["never"]);
    let others: BTreeSet<String> = held(&world).difference(&all).cloned().collect();
    assert_eq!(others.len(), 1);
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let found = document(&ran);
    let remote = &found["remote"][0];
    assert_eq!(remote["state"], "deleted");
    assert_eq!(
        (&remote["planned"], &remote["removed"]),
        (&2.into(), &2.into())
    );
    assert_eq!(held(&world), others);
    assert!(all.is_subset(&archived(&world.path("archive"))));
    // Reading goes on as before; nothing is missed, nothing is told twice.
    let synced = world.run(&["sync", "--ndjson"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert_eq!(synced.out.lines().count(), 1, "{synced:?}");
    let standing = [("delivered".to_owned(), "delivered".to_owned())];
    assert_eq!(world.standings(&done), standing);
    assert_eq!(world.run(&["ledger", "check"]).exit, 0);
    // Once more: they are gone, and that is no fault.
    let again = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(document(&again)["remote"][0]["gone"], 2);
    // What another ledger has lost comes back from the containers.
    let data = shown(&world.path("elsewhere"));
    let archive = shown(&world.path("archive"));
    let imported = world.run(&["--data-dir", &data, "import", &archive, "--json"]);
    assert_eq!(imported.json()["totals"]["orphans"], 2, "{imported:?}");
}

/// Lets a message of another user come to `io`; gives its short id.
fn received(world: &Practising, subject: &str) -> String {
    came(world, subject);
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let list = world.run(&["inbox", "--json"]).json();
    let letters = list["messages"].as_array().expect("a list");
    let ours = letters.iter().find(|one| one["subject"] == subject);
    let id = &ours.unwrap_or_else(|| panic!("{list}"))["id"];
    id.as_str().expect("an id").to_owned()
}

/// What looks like certified mail from afar.
const LOOK_ALIKE: &[u8] =
    b"From: \"Per conto di: a@pec.example\" <posta-certificata@g.example>\r\n\
    Subject: POSTA CERTIFICATA: Altro\r\nX-Trasporto: posta-certificata\r\n\
    Message-ID: <x@g.example>\r\nContent-Type: text/plain\r\n\r\nPagate.\r\n";

#[test]
fn what_was_received_is_archived_and_a_second_run_says_that_it_was() {
    let world = Practising::new();
    let letter = received(&world, "Richiesta");
    // The same with one letter of the signed part changed is shown by nobody.
    let mut altered = receipts(&world).remove(0);
    let at = memchr::memmem::find(&altered, b"Buongiorno").expect("its text");
    altered[at] = b'C';
    let ours = world.address("io");
    let delivered = world.practice.deliver(&ours, "INBOX", &altered);
    delivered.expect("delivered");
    let done = sent(&world, "Conclusa", &["delivered"]);
    world.run(&["sync"]);
    let apart = world.run(&["inbox", "--json"]).json()["apart"].clone();
    assert_eq!(apart[0]["standing"], "not-genuine", "{apart}");
    let all = held(&world);
    let first = archive(&world, &[]);
    assert_eq!(first.exit, 0, "{first:?}");
    let found = document(&first);
    let said = |found: &Value, key: &str| -> Vec<String> {
        let all = found["containers"].as_array().expect("a list").iter();
        all.map(|one| one[key].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(said(&found, "message"), [&*done, &*letter]);
    assert_eq!(said(&found, "direction"), ["sent", "received"]);
    assert_eq!(said(&found, "state"), ["archived", "archived"]);
    assert_eq!((&found["open"], &found["unproven"]), (&0.into(), &1.into()));
    let file = shown(&world.path("archive").join(format!("{letter}.asice")));
    let trust = shown(&world.path("trust.toml"));
    let verified = world.run(&["verify", "--trust", &trust, &file]);
    assert_eq!(verified.exit, 0, "{verified:?}");
    // A second run has nothing to make, and says so.
    assert_eq!(
        said(&document(&archive(&world, &[])), "state"),
        ["kept", "kept"]
    );
    let to = shown(&world.path("archive"));
    let text = world
        .run(&["archive", "--older-than", "0d", "--to", &to])
        .out;
    assert!(text.contains("Nothing new to archive."), "{text}");
    assert!(text.contains("Archived before: 2 messages"), "{text}");
    assert!(!text.contains("Archived: "), "{text}");
    // What is younger is left.
    let young = shown(&world.path("young"));
    let ran = world.run(&["archive", "--older-than", "1d", "--to", &young, "--json"]);
    assert_eq!(document(&ran)["containers"], Value::Array(Vec::new()));
    // Out of the mailbox goes what is in a container, and what looks like certified mail stays.
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let remote = document(&ran)["remote"][0].clone();
    assert_eq!(
        (&remote["planned"], &remote["received"], &remote["removed"]),
        (&3.into(), &1.into(), &3.into()),
        "{remote}"
    );
    assert_eq!(held(&world), BTreeSet::from([sha256(&altered)]));
    assert_eq!(all.len(), 4);
    // It is read as before.
    let shown_again = world.run(&["show", &letter]);
    assert_eq!(shown_again.exit, 0, "{shown_again:?}");
    assert_eq!(world.run(&["sync"]).exit, 0);
}

#[test]
fn genuine_envelopes_are_archived_of_certified_and_of_ordinary_mail_alike() {
    let mut desk = Desk::new();
    let envelopes = [Kind::Envelope, Kind::Anomaly].map(|kind| Receipt::new(kind).to_eml());
    desk.receive(&[&envelopes[0], &envelopes[1], LOOK_ALIKE]);
    let folder = tempfile::tempdir().expect("a folder");
    let to = shown(&folder.path().join("archivio"));
    let trust = shown(&support::fixtures_folder().join("pki/trust.toml"));
    let archive = || {
        let given = [
            "archive",
            "--older-than",
            "0d",
            "--trust",
            &trust,
            "--to",
            &to,
        ];
        let mut all: Vec<OsString> = vec!["pec".into(), "--data-dir".into()];
        all.push(desk.folder().into());
        all.extend(given.into_iter().chain(["--json"]).map(OsString::from));
        let now = Timestamp::parse("2026-12-01T08:00:00Z").expect("a time");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let context = Context::fixed(now, Lang::En);
        let status = command::run(all, &context, &mut out, &mut err).expect("in memory");
        let found: Value = serde_json::from_slice(&out).expect("JSON");
        Schema::closed("archive").holds(&found);
        (status.number(), found)
    };
    for word in ["archived", "kept"] {
        let (exit, found) = archive();
        assert_eq!((exit, &found["unproven"]), (0, &1.into()), "{found}");
        let all = found["containers"].as_array().expect("a list");
        assert_eq!(all.len(), 2, "{found}");
        for one in all {
            assert_eq!(
                (&one["state"], &one["direction"], &one["receipts"]),
                (&word.into(), &"received".into(), &0.into()),
                "{found}"
            );
        }
    }
    let wanted: BTreeSet<String> = envelopes.iter().map(|octets| sha256(octets)).collect();
    assert!(wanted.is_subset(&archived(Path::new(&to))));
}

#[test]
fn what_was_received_stays_where_its_container_is_not_whole_or_the_mailbox_an_offices() {
    let world = Practising::new();
    let letter = received(&world, "Richiesta");
    assert_eq!(archive(&world, &[]).exit, 0);
    let all = held(&world);
    let file = world.path("archive").join(format!("{letter}.asice"));
    let whole = fs::read(&file).expect("a container");
    let mut octets = whole.clone();
    octets[whole.len() / 2] ^= 1;
    fs::write(&file, &octets).expect("a file");
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(document(&ran)["containers"][0]["state"], "failed");
    assert_eq!(held(&world), all);
    // The container of another message is none of this one.
    let other = received(&world, "Altra");
    let theirs = world.path("archive").join(format!("{other}.asice"));
    fs::write(&theirs, &whole).expect("a file");
    fs::write(&file, &whole).expect("a file");
    let ran = archive(&world, &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    fs::remove_file(&theirs).expect("removed");
    // An office's stays; the twin goes.
    let all = held(&world);
    let office = ["account", "edit", "prova", "--office"];
    assert_eq!(world.run(&office).exit, 0);
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert_eq!(held(&world), all);
    let no_office = ["account", "edit", "prova", "--no-office"];
    assert_eq!(world.run(&no_office).exit, 0);
    assert_eq!(archive(&world, &["--delete-remote", "--yes"]).exit, 0);
    assert!(held(&world).is_empty());
}

#[test]
fn a_container_that_is_not_whole_frees_nothing() {
    let world = Practising::new();
    let done = sent(&world, "Conclusa", &["delivered"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(archive(&world, &[]).exit, 0);
    let all = held(&world);
    let file = world.path("archive").join(format!("{done}.asice"));
    let whole = fs::read(&file).expect("a container");
    for changed in [whole.len() / 2, whole.len() / 4] {
        let mut octets = whole.clone();
        octets[changed] ^= 1;
        fs::write(&file, &octets).expect("a file");
        let ran = archive(&world, &["--delete-remote", "--yes"]);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert_eq!(document(&ran)["containers"][0]["state"], "failed");
        assert_eq!(held(&world), all);
    }
    // One that lacks a receipt that came since.
    fs::write(&file, &whole).expect("a file");
    let later = sent(&world, "Conclusa due", &["delivered"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let other = world.path("archive").join(format!("{later}.asice"));
    fs::write(&other, &whole).expect("a file");
    let ran = archive(&world, &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    let found = document(&ran);
    let states: Vec<&Value> = (0..2).map(|n| &found["containers"][n]["state"]).collect();
    assert_eq!(states, ["kept", "failed"]);
}

#[test]
fn containers_lie_beside_the_ledger_and_not_in_it() {
    let world = Practising::new();
    sent(&world, "Conclusa", &["delivered"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let link = world.path("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(world.data(), &link).expect("a link");
    for own in [
        world.data(),
        world.data().join("archivio"),
        world.data().join("messages/../archivio"),
        link.join("archivio"),
    ] {
        let ran = world.run(&["archive", "--older-than", "0d", "--to", &shown(&own)]);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("in the data folder"), "{ran:?}");
        assert!(!world.data().join("archivio").exists());
    }
    // The twin: beside it.
    assert_eq!(archive(&world, &[]).exit, 0);
}

#[test]
fn the_mailbox_of_an_office_is_left_alone() {
    let world = Practising::new();
    sent(&world, "Conclusa", &["delivered"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let all = held(&world);
    let edited = world.run(&["account", "edit", "prova", "--office"]);
    assert_eq!(edited.exit, 0, "{edited:?}");
    let listed = world.run(&["account", "list", "--json"]).json();
    assert_eq!(listed["accounts"][0]["office"], true, "{listed}");
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    let found = document(&ran);
    assert_eq!(found["containers"][0]["state"], "archived");
    assert_eq!(found["remote"][0]["state"], "office");
    assert_eq!(held(&world), all);
    // The twin: the same account without the mark.
    assert_eq!(
        world.run(&["account", "edit", "prova", "--no-office"]).exit,
        0
    );
    assert_eq!(archive(&world, &["--delete-remote", "--yes"]).exit, 0);
    assert!(held(&world).is_empty());
}

/// Which account is meant does not matter: the address is an office's.
#[test]
fn an_office_is_left_alone_under_another_account_of_its_address() {
    let world = Practising::new();
    sent(&world, "Conclusa", &["delivered"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let all = held(&world);
    let file = world.path("config.toml");
    let config = std::fs::read_to_string(&file).expect("a file");
    let start = config.find("[account.prova]").expect("the account");
    let other = config[start..].replace("[account.prova]", "[account.ufficio]\noffice = true");
    std::fs::write(&file, format!("{config}\n{other}")).expect("written");
    for name in ["prova", "ufficio"] {
        let ran = archive(&world, &["--account", name, "--delete-remote", "--yes"]);
        assert_eq!(document(&ran)["remote"][0]["state"], "office", "{ran:?}");
        assert_eq!(held(&world), all);
    }
}

#[test]
fn a_server_that_cannot_delete_single_messages_is_asked_for_nothing() {
    let world = Practising::new();
    sent(&world, "Conclusa", &["delivered"]);
    let mut shelf = Shelf::with(receipts(&world));
    shelf.capabilities = "IMAP4rev1 AUTH=PLAIN";
    let server = shelf.serve();
    let root = String::from_utf8(tls::root()).expect("PEM");
    let both = format!("{}\n{root}", world.practice.ca_pem());
    fs::write(world.path("ca.pem"), both).expect("a file");
    let port = server.port;
    world.configure(|text| {
        let imap = format!("imap = \"localhost:{}\"", world.practice.imap().port());
        text.replace(&imap, &format!("imap = \"localhost:{port}\""))
    });
    assert_eq!(world.run(&["sync"]).exit, 0);
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert_eq!(document(&ran)["remote"][0]["state"], "no-uidplus");
    let changing = ["SELECT", "UID STORE", "EXPUNGE", "UID EXPUNGE", "CLOSE"];
    let asked = server.shelf().commands.clone();
    for command in &asked {
        let is_changing = changing.iter().any(|one| command.contains(one));
        assert!(!is_changing, "{command}");
    }
    assert!(
        asked.iter().any(|one| one.starts_with("EXAMINE")),
        "{asked:?}"
    );
}

/// The account of the practice provider, whose mail Dovecot keeps.
fn at_dovecot(servers: &Servers, messages: usize) -> (Practising, Vec<Vec<u8>>) {
    let world = Practising::with(postacert::practice::Config {
        password: Some(servers::PASSWORD.to_owned()),
        ..config()
    });
    fs::write(world.path("password"), servers::PASSWORD).expect("a file");
    let root = fs::read_to_string(servers.roots_file()).expect("PEM");
    let both = format!("{}\n{root}", world.practice.ca_pem());
    fs::write(world.path("ca.pem"), both).expect("a file");
    for number in 0..messages {
        sent_from(&world, number);
    }
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    let receipts = receipts_of_dovecot(&world);
    assert_eq!(receipts.len(), 2 * messages);
    (world, receipts)
}

/// Everything in the mailbox of `io`, whose password is that of Dovecot.
fn receipts_of_dovecot(world: &Practising) -> Vec<Vec<u8>> {
    let mut mailbox = {
        use postacert::secret::Secret;
        use postacert::transport::imap::ImapMailbox;
        use postacert::transport::{Endpoint, Login, Roots, Timeouts};
        let login = Login {
            user: world.address("io"),
            password: Secret::new(servers::PASSWORD.to_owned()),
        };
        let endpoint = Endpoint {
            host: "localhost".to_owned(),
            port: world.practice.imap().port(),
            security: Security::Tls,
        };
        let roots = Roots::BuiltInAnd(world.practice.ca_pem().into_bytes());
        ImapMailbox::connect(&endpoint, &roots, &login, Timeouts::default()).expect("logged in")
    };
    mailbox.examine("INBOX").expect("a folder");
    let uids = mailbox.uids(1..=u32::MAX).expect("a list");
    let came = mailbox.fetch(&uids).whole().expect("messages");
    came.into_iter().map(|message| message.octets).collect()
}

fn sent_from(world: &Practising, number: usize) {
    let (to, subject) = (world.address("delivered"), format!("Avviso n. {number}"));
    // Read before it is sent, the mailbox of the practice provider would have places of its own.
    let send = ["send", "--yes", "--again", "--no-copy", "--to", &to];
    let ran = world.run(&[&send[..], &["--subject", &subject, "--body", "Buongiorno."]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
}

/// A message of another user comes to `io`.
fn came(world: &Practising, subject: &str) {
    let other = shown(&world.path("other.toml"));
    fs::write(&other, world.account("altro", &world.address("altro"))).expect("a file");
    let (to, data) = (world.address("io"), shown(&world.path("data-altro")));
    let given = [
        "--config",
        &other,
        "--data-dir",
        &data,
        "send",
        "--yes",
        "--no-copy",
    ];
    let more = ["--to", &to, "--subject", subject, "--body", "Buongiorno."];
    let ran = world.run(&[&given[..], &more].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
}

/// From now on the account's mail is that of a user of Dovecot.
fn read_at(world: &Practising, servers: &Servers, user: &str) {
    let port = servers.imap(Security::Tls).port;
    world.configure(|text| {
        let lines = text.lines().filter(|line| !line.starts_with("user = "));
        let lines = lines.map(|line| match line.starts_with("imap = ") {
            true => format!("imap = \"localhost:{port}\"\nuser = \"{user}\""),
            false => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
}

#[test]
fn dovecot_keeps_what_others_marked_and_what_has_other_octets() {
    let Some(servers) = servers::running() else {
        return;
    };
    let (world, receipts) = at_dovecot(servers, 2);
    let user = "archivio-altri@pec.prova.example";
    let foreign = b"From: a@b.example\r\nSubject: di altri\r\n\r\nTesto.\r\n".to_vec();
    servers.deliver(user, [&foreign]);
    servers.deliver(user, &receipts);
    read_at(&world, servers, user);
    let synced = world.run(&["sync"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    // Somebody marked the first message as deleted, and a tool rewrote the last one.
    let files = servers.files(user);
    let name = files[0].file_name().expect("a name").to_string_lossy();
    let stem = name.split(":2,").next().expect("a name").to_owned();
    let folder = files[0]
        .parent()
        .expect("a folder")
        .parent()
        .expect("Maildir");
    fs::rename(&files[0], folder.join("cur").join(format!("{stem}:2,T"))).expect("renamed");
    let last = files.last().expect("a file");
    let mut octets = fs::read(last).expect("a message");
    let at = octets.len() / 2;
    octets[at] = if octets[at] == b'A' { b'B' } else { b'A' };
    fs::write(last, &octets).expect("rewritten");
    let ran = archive(&world, &["--delete-remote", "--yes"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    let remote = document(&ran)["remote"][0].clone();
    assert_eq!(
        (&remote["planned"], &remote["removed"]),
        (&4.into(), &3.into()),
        "{remote}"
    );
    assert_eq!(remote["differing"], 1);
    let mut left = servers.delivered(user);
    left.sort();
    let mut wanted = vec![foreign, octets];
    wanted.sort();
    assert_eq!(left, wanted);
}

/// As many runs are killed, unless `PEC_CRASHES` says otherwise.
const CRASHES: usize = 6;
/// Messages of each run, with two receipts each.
const MESSAGES: usize = 4;
/// Messages of each run that were received.
const LETTERS: usize = 3;

#[test]
fn killed_at_random_times_nothing_is_deleted_that_is_not_on_the_disk() {
    let Some(servers) = servers::running() else {
        return;
    };
    let crashes: usize = std::env::var("PEC_CRASHES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(CRASHES);
    let (world, _) = at_dovecot(servers, MESSAGES);
    for number in 0..LETTERS {
        came(&world, &format!("Richiesta n. {number}"));
    }
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    let receipts = receipts_of_dovecot(&world);
    assert_eq!(receipts.len(), 2 * MESSAGES + LETTERS);
    let all: BTreeSet<String> = receipts.iter().map(|octets| sha256(octets)).collect();
    let mut state = now().unix() as u64 | 1;
    println!("seed {state}");
    let mut random = |below: u64| {
        // xorshift64*: any numbers will do.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) % below
    };
    let template = world.path("template");
    copy(&world.data(), &template);
    let (mut whole, mut half) = (None, 0);
    // The first one is not killed: it says how long it takes.
    for crash in 0..=crashes {
        let user = format!("archivio-{crash}@pec.prova.example");
        servers.deliver(&user, &receipts);
        read_at(&world, servers, &user);
        fs::remove_dir_all(world.data()).expect("removed");
        copy(&template, &world.data());
        let synced = world.run(&["sync"]);
        assert_eq!(synced.exit, 0, "{synced:?}");
        let to = world.path(&format!("archive-{crash}"));
        let arguments = [
            "archive",
            "--older-than",
            "0d",
            "--to",
            &shown(&to),
            "--delete-remote",
            "--yes",
        ];
        let mut command = world.command(&arguments);
        let begun = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        match whole {
            None => {
                assert!(child.wait().expect("an end").success());
                whole = Some(begun.elapsed());
            }
            Some(whole) => {
                let micros = u64::try_from(whole.as_micros()).expect("a short run");
                std::thread::sleep(Duration::from_micros(random(micros)));
                child.kill().expect("a signal");
                child.wait().expect("an end");
            }
        }
        // What the mailbox has lost is whole on the disk.
        let left: BTreeSet<String> = servers
            .delivered(&user)
            .iter()
            .map(|octets| sha256(octets))
            .collect();
        let lost: BTreeSet<String> = all.difference(&left).cloned().collect();
        let kept = archived(&to);
        assert!(lost.is_subset(&kept), "crash {crash}: {lost:?} {kept:?}");
        half += usize::from(!left.is_empty() && !kept.is_empty());
        // And the next run brings it to the end.
        let ran = world.run(&arguments);
        assert_eq!(ran.exit, 0, "crash {crash}: {ran:?}");
        assert!(servers.delivered(&user).is_empty(), "crash {crash}");
        assert!(all.is_subset(&archived(&to)), "crash {crash}");
        fs::remove_dir_all(&to).expect("removed");
    }
    println!("{crashes} runs killed, {half} of them between container and end");
}

fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir_all(to).expect("a folder");
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(from).expect("a folder").permissions().mode();
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).expect("a mode");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a file")),
        }
    }
}

#[test]
fn the_mailbox_tells_its_space_and_what_is_in_it() {
    let Some(servers) = servers::running() else {
        return;
    };
    let (world, receipts) = at_dovecot(servers, 1);
    let user = "spazio@pec.prova.example";
    servers.deliver(user, &receipts);
    read_at(&world, servers, user);
    let ran = world.run(&["status", "--mailbox", "--json"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let found = ran.json();
    Schema::closed("status --mailbox").holds(&found);
    let of = &found["mailboxes"][0];
    let octets: usize = receipts.iter().map(Vec::len).sum();
    assert_eq!(of["limit"], 1024 * 1024 * 1024, "{of}");
    assert_eq!(
        (&of["messages"], &of["octets"]),
        (&2.into(), &octets.into())
    );
    assert!(of["used"].as_u64().expect("a number") >= octets as u64 / 1024 * 1024);
    // Two messages of a moment ago foretell nothing.
    assert_eq!(
        (&of["filling"], &of["full_in_days"]),
        (&"too-little".into(), &Value::Null)
    );
    assert_eq!(of["recent"]["messages"], 2);
    let text = world.run(&["status", "--mailbox"]).out;
    assert!(
        text.contains("of 1 GB used") || text.contains("1.0 GB") || text.contains("GB"),
        "{text}"
    );
    // Nothing was marked.
    let flags = servers.files(user);
    for file in flags {
        let name = shown(&file);
        let marks = name.rsplit(":2,").next().filter(|_| name.contains(":2,"));
        assert!(marks.unwrap_or_default().is_empty(), "{name}");
    }
}

#[test]
fn a_server_without_quota_leaves_the_space_unknown() {
    let world = Practising::new();
    sent(&world, "Conclusa", &["delivered"]);
    let mut shelf = Shelf::with(receipts(&world));
    shelf.capabilities = "IMAP4rev1 AUTH=PLAIN";
    let server = shelf.serve();
    let root = String::from_utf8(tls::root()).expect("PEM");
    let both = format!("{}\n{root}", world.practice.ca_pem());
    fs::write(world.path("ca.pem"), both).expect("a file");
    let port = server.port;
    world.configure(|text| {
        let imap = format!("imap = \"localhost:{}\"", world.practice.imap().port());
        text.replace(&imap, &format!("imap = \"localhost:{port}\""))
    });
    let ran = world.run(&["status", "--mailbox", "--json"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let of = ran.json()["mailboxes"][0].clone();
    assert_eq!(
        (&of["used"], &of["limit"]),
        (&Value::Null, &Value::Null),
        "{of}"
    );
    assert_eq!(
        (&of["filling"], &of["messages"]),
        (&"no-quota".into(), &2.into())
    );
    let text = world.run(&["status", "--mailbox"]).out;
    assert!(text.contains("space: not known"), "{text}");
    // The twin, at the practice provider, tells it.
    let port = world.practice.imap().port();
    world.configure(|text| {
        text.replace(
            &format!("imap = \"localhost:{}\"", server.port),
            &format!("imap = \"localhost:{port}\""),
        )
    });
    let of = world.run(&["status", "--mailbox", "--json"]).json()["mailboxes"][0].clone();
    assert_eq!(of["limit"], 1024 * 1024 * 1024, "{of}");
}
