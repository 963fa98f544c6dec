//! The whole way of evidence: whatever became of a message, its container outlives mailbox, ledger and
//! program. A clean home verifies it; of one in which an octet, a file or a name is another it is said
//! which.
//!
//! The altered containers of a journey are verified in one run, each with all that is wrong with it.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postacert::asic::MANIFEST;
use serde_json::Value;
use support::containers::{self, rebuilt, stranger};
use support::practising::{Practising, Ran};
use support::schema::Schema;
use tempfile::TempDir;

/// Rows of the batch.
const ROWS: usize = 300;

/// What is left of a journey: containers, and the trust data of its provider. Mailbox, ledger and
/// configuration are gone.
struct Left {
    folder: TempDir,
    trust: PathBuf,
}

/// The files of a container, in their order.
type Entries = Vec<(String, Vec<u8>)>;

/// A flaw that is told: what, of which file.
type Flaw = (String, String);

impl Left {
    /// Takes the containers along, and throws everything else away.
    fn of(world: Practising, containers: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let trust = folder.path().join("fiducia.toml");
        fs::copy(world.path("trust.toml"), &trust).expect("a file");
        let kept = folder.path().join("prove");
        fs::rename(world.path(containers), &kept)
            .or_else(|_| copied(&world.path(containers), &kept))
            .expect("containers");
        drop(world);
        Self { folder, trust }
    }

    fn containers(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("prove")).expect("a folder");
        let mut all: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        all.sort();
        all
    }

    /// `pec verify` as a stranger asks it: no configuration, no ledger, another home.
    fn verified(&self, what: &Path) -> (i32, Value) {
        let trust = self.trust.to_string_lossy();
        let ran = stranger(what, &["--json", "--trust", &trust]);
        (ran.exit, ran.json())
    }

    /// All containers as they were made.
    fn are_whole(&self) -> Value {
        let (exit, document) = self.verified(&self.folder.path().join("prove"));
        assert_eq!(exit, 0, "{:?}", told(&document));
        Schema::closed("verify").holds(&document);
        for container in document["containers"].as_array().expect("a list") {
            assert_eq!(container["state"], "intact", "{container}");
            assert_eq!(container["differences"], Value::Array(Vec::new()));
        }
        for result in document["results"].as_array().expect("a list") {
            assert_eq!(result["verdict"], "genuine", "{}", result["file"]);
        }
        document
    }

    /// Verifies altered containers, all in one run: of each exactly what was done to it is told.
    fn are_told(&self, altered: Vec<(Vec<u8>, Vec<Flaw>)>) {
        let folder = self.folder.path().join("altered");
        fs::create_dir_all(&folder).expect("a folder");
        let mut wanted = BTreeMap::new();
        for (number, (octets, mut flaws)) in altered.into_iter().enumerate() {
            let file = folder.join(format!("{number:04}.asice"));
            fs::write(&file, octets).expect("a file");
            flaws.sort();
            wanted.insert(file.to_string_lossy().into_owned(), flaws);
        }
        let (exit, document) = self.verified(&folder);
        assert_eq!(exit, 1);
        assert_eq!(told(&document), wanted);
        fs::remove_dir_all(&folder).expect("removed");
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        // Nothing but what was taken along was ever there.
        let data = self.folder.path().join("data");
        assert!(!data.exists(), "a verification keeps nothing");
    }
}

/// Across file systems a folder is not renamed.
fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        fs::copy(&path, to.join(path.file_name().expect("a name")))?;
    }
    Ok(())
}

/// What is told of each container.
fn told(document: &Value) -> BTreeMap<String, Vec<Flaw>> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let containers = document["containers"].as_array().expect("a list").iter();
    let told = containers.map(|one| {
        let flaws = one["flaws"].as_array().expect("a list").iter();
        let mut flaws: Vec<Flaw> = flaws
            .map(|flaw| (word(&flaw["id"]), word(&flaw["file"])))
            .collect();
        flaws.sort();
        (word(&one["container"]), flaws)
    });
    told.collect()
}

fn flaw(id: &str, file: &str) -> Flaw {
    (id.to_owned(), file.to_owned())
}

/// What is in a container, sorted.
fn entries(container: &Path) -> Entries {
    let mut found = containers::entries(container);
    found.sort();
    found
}

/// Every way in which one file of a container is another, with what must be told.
fn alterations(container: &Path) -> Vec<(Vec<u8>, Vec<Flaw>)> {
    let (whole, files) = (
        fs::read(container).expect("a container"),
        entries(container),
    );
    let mut altered = Vec::new();
    for (place, (name, octets)) in files.iter().enumerate() {
        if name == "mimetype" || name == MANIFEST {
            continue;
        }
        // An octet in the file as it lies there: the checksum does not fit either.
        let at = memchr::memmem::find(&whole, octets).expect("stored") + octets.len() / 2;
        let mut changed = whole.clone();
        changed[at] ^= 1;
        altered.push((changed, vec![flaw("changed", name)]));
        // The same by somebody who mends the checksum.
        let mut changed = files.clone();
        changed[place].1[octets.len() / 2] ^= 1;
        altered.push((rebuilt(&changed), vec![flaw("changed", name)]));
        let mut removed = files.clone();
        removed.remove(place);
        altered.push((rebuilt(&removed), vec![flaw("missing", name)]));
    }
    let mut added = files.clone();
    added.push(("zz_nuova.eml".to_owned(), b"Subject: x\r\n\r\n".to_vec()));
    altered.push((rebuilt(&added), vec![flaw("added", "zz_nuova.eml")]));
    let own: Vec<usize> = (0..files.len())
        .filter(|at| !["mimetype", MANIFEST].contains(&&*files[*at].0))
        .collect();
    for pair in own.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let mut swapped = files.clone();
        (swapped[a].1, swapped[b].1) = (files[b].1.clone(), files[a].1.clone());
        let both = [a, b].map(|at| flaw("exchanged", &files[at].0));
        altered.push((rebuilt(&swapped), both.to_vec()));
    }
    altered
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[test]
fn whatever_became_of_it_a_message_is_shown_by_its_container_alone() {
    let world = Practising::new();
    let journeys: [(&str, &[&str], &[&str]); 5] = [
        (
            "tre",
            &["delivered", "delivered2", "delivered3"],
            &["delivered", "delivered", "delivered"],
        ),
        (
            "ignoto",
            &["delivered", "unknown"],
            &["delivered", "not-delivered"],
        ),
        (
            "ordinaria",
            &["delivered", "qualcuno@ordinaria.example"],
            &["delivered", "ordinary"],
        ),
        ("scaduta", &["slow"], &["timed-out"]),
        ("tarda", &["late"], &["delivered"]),
    ];
    let mut sent = BTreeMap::new();
    for (subject, to, standings) in journeys {
        sent.insert(world.send(subject, to), (to, standings));
    }
    assert!(world.practice.wait_until_idle(Duration::from_secs(30)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    for (message, (to, standings)) in &sent {
        let found: Vec<String> = world
            .standings(message)
            .into_iter()
            .map(|(_, standing)| standing)
            .collect();
        assert_eq!(&found, standings, "{to:?}");
    }
    let folder = shown(&world.path("prove"));
    let ran = world.run(&["export", "--since", "2000-01-01", "--to", &folder]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let left = Left::of(world, "prove");
    assert_eq!(left.containers().len(), sent.len());
    let document = left.are_whole();
    assert_eq!(document["containers"].as_array().map(Vec::len), Some(5));
    for container in left.containers() {
        // Of each that it says where the message stands, a stranger finds the same.
        let files = entries(&container);
        let state = files.iter().find(|(name, _)| name == "stato.json");
        let state: Value = serde_json::from_slice(&state.expect("a state").1).expect("JSON");
        let stem = container.file_stem().expect("a name").to_string_lossy();
        let recipients = state["messages"][0]["recipients"].as_array().expect("some");
        let stated: Vec<&str> = recipients
            .iter()
            .map(|one| one["standing"].as_str().expect("a word"))
            .collect();
        assert_eq!(stated, sent[&*stem].1);
        left.are_told(alterations(&container));
    }
}

#[test]
fn what_was_received_is_shown_by_its_container_with_all_that_is_in_it() {
    let world = Practising::new();
    let write = |name: &str, octets: &[u8]| {
        fs::write(world.path(name), octets).expect("a file");
        shown(&world.path(name))
    };
    // A message in a message in a message, and files that are signed around their content.
    let deep =
        b"From: a@b.example\r\nSubject: in fondo\r\nMessage-ID: <f@b.example>\r\n\r\nFondo.\r\n";
    let middle = [
        b"From: a@b.example\r\nSubject: nel mezzo\r\nMessage-ID: <m@b.example>\r\n\
          MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
          Content-Type: message/rfc822\r\n\r\n"
            .as_slice(),
        deep,
        b"\r\n--b--\r\n",
    ]
    .concat();
    let signed = [
        b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02".as_slice(),
        &[7; 600],
    ]
    .concat();
    let files = [
        write("inoltrato.eml", &middle),
        write("contratto.pdf.p7m", &signed),
        write("allegato.pdf", b"%PDF-1.4 firmato\n"),
    ];
    let other = write(
        "other.toml",
        world.account("altro", &world.address("altro")).as_bytes(),
    );
    let (data, to) = (shown(&world.path("data-altro")), world.address("io"));
    let mut given = vec![
        "--config",
        &other,
        "--data-dir",
        &data,
        "send",
        "--yes",
        "--no-copy",
    ];
    given.extend(["--to", &to, "--subject", "Istanza", "--body", "Si allega."]);
    for file in &files {
        given.extend(["--attach", file]);
    }
    let ran = world.run(&given);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let list = world.run(&["inbox", "--json"]).json();
    let letter = &list["messages"][0];
    let id = letter["id"].as_str().expect("an id").to_owned();
    let octets = fs::read(letter["file"].as_str().expect("a file")).expect("the envelope");
    let folder = shown(&world.path("prove"));
    let ran = world.run(&["export", &id, "--to", &folder]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let left = Left::of(world, "prove");
    left.are_whole();
    let container = &left.containers()[0];
    let files = entries(container);
    let envelope = files
        .iter()
        .find(|(name, _)| name == "01_busta_di_trasporto.eml");
    assert_eq!(envelope.expect("the envelope").1, octets);
    // What a stranger reads of it, without pec too, speaks of an envelope and of no receipt.
    for (name, word) in [("LEGGIMI.txt", "ricevut"), ("README.txt", "receipt")] {
        let (_, text) = files.iter().find(|(one, _)| one == name).expect("a text");
        let text = String::from_utf8(text.clone())
            .expect("UTF-8")
            .to_lowercase();
        // As it was received: that is said of the message.
        let text = text
            .replace("come è stato ricevuto", "")
            .replace("as it was received", "");
        assert!(!text.contains(word), "{text}");
    }
    let home = tempfile::tempdir().expect("a folder");
    for (lang, word, not) in [
        ("it", "1 messaggio ricevuto", "ricevuta"),
        ("en", "1 received message", "receipt"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_pec"))
            .args(["--lang", lang, "verify", "--trust"])
            .args([&left.trust, container])
            .env_clear()
            .env("HOME", home.path())
            .output();
        let ran = Ran::of(output.expect("the program starts"));
        let line = ran.out.lines().find(|line| line.contains(": CONT"));
        let line = line.unwrap_or_else(|| panic!("{ran:?}"));
        assert!(line.contains(word) && !line.contains(not), "{line}");
    }
    left.are_told(alterations(container));
}

#[test]
fn a_batch_is_shown_by_its_containers_and_one_of_hundreds_that_is_another_is_named() {
    let world = Practising::new();
    let mut table = "pec;nome;riferimento\n".to_owned();
    for row in 0..ROWS {
        table += &format!("delivered{row}@pec.prova.example;Nome {row};R-{row:04}\n");
    }
    fs::write(world.path("avvisi.csv"), table).expect("a table");
    fs::write(world.path("testo.txt"), "Gentile {{ nome }}, paghi.\n").expect("a text");
    let (table, body) = (
        shown(&world.path("avvisi.csv")),
        shown(&world.path("testo.txt")),
    );
    let given = [
        "batch",
        "run",
        &table,
        "--subject",
        "Avviso {{ riferimento }}",
    ];
    let ran = world.run(&[&given[..], &["--body-file", &body, "--yes"]].concat());
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(world.practice.wait_until_idle(Duration::from_secs(60)));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let folder = shown(&world.path("prove"));
    let ran = world.run(&["export", "--job", &table, "--to", &folder]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let left = Left::of(world, "prove");
    let all = left.containers();
    assert_eq!(all.len(), ROWS);
    let document = left.are_whole();
    assert_eq!(document["containers"].as_array().map(Vec::len), Some(ROWS));
    // Two receipts of each, and every one is of its row.
    assert_eq!(document["results"].as_array().map(Vec::len), Some(2 * ROWS));
    // Of one everything, file by file.
    left.are_told(alterations(&all[ROWS / 2]));
    // Among all of them, four that are not what they were.
    let whole: Vec<Vec<u8>> = all
        .iter()
        .map(|one| fs::read(one).expect("octets"))
        .collect();
    let mail = |at: usize| -> Vec<(usize, String)> {
        let files = entries(&all[at]).into_iter().enumerate();
        let mail = files.filter(|(_, (name, _))| name.ends_with(".eml"));
        mail.map(|(place, (name, _))| (place, name)).collect()
    };
    let mut wanted: BTreeMap<usize, Vec<Flaw>> = BTreeMap::new();
    let mut put = |at: usize, octets: Vec<u8>, flaws: Vec<Flaw>| {
        fs::write(&all[at], octets).expect("a file");
        wanted.insert(at, flaws);
    };
    let (place, name) = mail(7)[1].clone();
    let mut changed = entries(&all[7]);
    changed[place].1[100] ^= 1;
    put(7, rebuilt(&changed), vec![flaw("changed", &name)]);
    let (place, name) = mail(131)[2].clone();
    let mut removed = entries(&all[131]);
    removed.remove(place);
    put(131, rebuilt(&removed), vec![flaw("missing", &name)]);
    let mut added = entries(&all[200]);
    added.push(("zz.eml".to_owned(), b"Subject: x\r\n\r\n".to_vec()));
    put(200, rebuilt(&added), vec![flaw("added", "zz.eml")]);
    // A receipt of one row in the container of another.
    let (place, name) = mail(250)[1].clone();
    let (theirs, _) = mail(251)[1].clone();
    let mut strange = entries(&all[250]);
    strange[place].1 = entries(&all[251])[theirs].1.clone();
    put(250, rebuilt(&strange), vec![flaw("changed", &name)]);
    let (exit, document) = left.verified(&left.folder.path().join("prove"));
    assert_eq!(exit, 1);
    let found = told(&document);
    for (at, container) in all.iter().enumerate() {
        let of_it = &found[&*container.to_string_lossy()];
        assert_eq!(of_it, wanted.get(&at).unwrap_or(&Vec::new()), "{at}");
    }
    // Put back, they are whole.
    for (container, octets) in all.iter().zip(&whole) {
        fs::write(container, octets).expect("a file");
    }
    // Two whole containers that changed their names are whole, and say themselves whose they are.
    fs::rename(&all[0], left.folder.path().join("x")).expect("renamed");
    fs::rename(&all[1], &all[0]).expect("renamed");
    fs::rename(left.folder.path().join("x"), &all[1]).expect("renamed");
    left.are_whole();
}
