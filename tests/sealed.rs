//! Containers with time stamps inside: asked for when they are written, added later, renewed; checked
//! by a stranger and by OpenSSL; refused where they are over something else.

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use support::authority::{Authority, REPLY};
use support::containers::{entries, rebuilt, stranger};
use support::der;
use support::practising::{Practising, Ran, files};
use support::schema::Schema;
use support::skipped::skipped;
use support::stamp::{self, Stamp};

/// When the tokens of the tests are made.
const STAMPED: &str = "2026-05-04T08:15:02Z";

/// A delivered message, and the certificate of the authority of time stamps.
struct World {
    practising: Practising,
    message: String,
    anchor: String,
}

impl World {
    fn new() -> Self {
        let practising = Practising::new();
        let message = practising.send("Avviso n. 1", &["delivered"]);
        practising.practice.wait_until_idle(Duration::from_secs(10));
        practising.run(&["sync"]);
        let anchor = practising.path("tsa.pem");
        let pem = support::pki::pem("CERTIFICATE", &stamp::authority().to_der());
        fs::write(&anchor, pem).expect("a file");
        let anchor = anchor.display().to_string();
        Self {
            practising,
            message,
            anchor,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.practising.path(name)
    }

    /// Exports the message with a time stamp.
    fn stamped(&self, to: &str, authority: &Authority, more: &[&str]) -> Ran {
        let to = self.path(to).display().to_string();
        let url = authority.url();
        let given = [
            "export",
            &self.message,
            "--to",
            &to,
            "--proxy",
            "none",
            "--timestamp",
            &url,
        ];
        let ran = self
            .practising
            .run(&[&given[..], &["--json"], more].concat());
        Schema::closed("export").holds(&ran.json());
        ran
    }

    /// `pec stamp` of a container.
    fn stamp(&self, file: &str, authority: &Authority, more: &[&str]) -> Ran {
        let (file, url) = (self.path(file).display().to_string(), authority.url());
        let given = ["stamp", &file, "--url", &url, "--proxy", "none"];
        let anchor = ["--tsa-anchor", &self.anchor, "--json"];
        self.practising.run(&[&given[..], &anchor, more].concat())
    }

    /// `pec verify` as a stranger asks it: exit status, the container, the whole document.
    fn verified(&self, file: &str, more: &[&str]) -> (i32, Value) {
        let trust = self.path("trust.toml").display().to_string();
        let given = ["--json", "--trust", &trust];
        let ran = stranger(&self.path(file), &[&given[..], more].concat());
        let document = ran.json();
        Schema::closed("verify").holds(&document);
        (ran.exit, document["containers"][0].clone())
    }

    fn by_anchor(&self, file: &str) -> (i32, Value) {
        self.verified(file, &["--tsa-anchor", &self.anchor])
    }
}

fn good() -> Authority {
    Authority::stamping(|stamp| stamp.answer(0))
}

/// The answers about the time stamps, and why.
fn answers(container: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let stamps = container["time_stamps"].as_array().expect("a list").iter();
    stamps
        .map(|one| (text(&one["answer"]), text(&one["fault"])))
        .collect()
}

fn word(answer: &str, fault: &str) -> (String, String) {
    (answer.to_owned(), fault.to_owned())
}

#[test]
fn a_container_is_stamped_and_a_stranger_checks_it() {
    let (world, authority) = (World::new(), good());
    let ran = world.stamped("p.asice", &authority, &["--tsa-anchor", &world.anchor]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let made = &ran.json()["containers"][0];
    assert_eq!(made["time_stamp"]["answer"], "valid");
    assert_eq!(made["time_stamp"]["stated"]["second"], STAMPED);
    let (exit, container) = world.by_anchor("p.asice");
    assert_eq!((exit, answers(&container)), (0, vec![word("valid", "-")]));
    assert_eq!(container["existed_since"], STAMPED);
    assert_eq!(
        container["time_stamps"][0]["over"],
        "META-INF/ASiCManifest.xml"
    );
    // Whoever names nobody learns that it was not verified; the receipts are no less genuine.
    let (exit, container) = world.verified("p.asice", &[]);
    let unknown = vec![word("cannot-tell", "unknown-authority")];
    assert_eq!((exit, answers(&container)), (0, unknown.clone()));
    assert_eq!(container["existed_since"], Value::Null);
    // Whoever names another asks whether that one stands behind it.
    let other = world.path("ca.pem").display().to_string();
    let (exit, container) = world.verified("p.asice", &["--tsa-anchor", &other]);
    assert_eq!((exit, answers(&container)), (3, unknown));
    for lang in ["it", "en"] {
        let trust = world.path("trust.toml").display().to_string();
        let file = world.path("p.asice").display().to_string();
        let given = ["--lang", lang, "verify", "--trust", &trust, &file];
        let ran = world
            .practising
            .run(&[&given[..], &["--tsa-anchor", &world.anchor]].concat());
        assert!(ran.exit == 0 && !ran.out.contains('…'), "{ran:?}");
        assert!(ran.out.contains("Marca Temporale di Prova"), "{ran:?}");
    }
}

#[test]
fn who_names_an_authority_learns_that_there_is_no_time_stamp() {
    let world = World::new();
    let to = world.path("p.asice").display().to_string();
    let ran = world
        .practising
        .run(&["export", &world.message, "--to", &to]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let (exit, container) = world.by_anchor("p.asice");
    assert_eq!((exit, &container["time_stamp"]), (3, &false.into()));
    let trust = world.path("trust.toml").display().to_string();
    let given = [
        "verify",
        "--trust",
        &trust,
        &to,
        "--tsa-anchor",
        &world.anchor,
    ];
    let said = world.practising.run(&given);
    assert!(said.out.contains("has no time stamp"), "{said:?}");
    // The twin: who names none asks for none.
    assert_eq!(world.verified("p.asice", &[]).0, 0);
    let said = world.practising.run(&given[..4]);
    assert!(!said.out.contains("no time stamp"), "{said:?}");
}

#[test]
fn openssl_checks_the_time_stamp_as_the_instructions_say() {
    if Command::new("openssl").arg("version").output().is_err() {
        skipped("openssl is not here");
        return;
    }
    let (world, authority) = (World::new(), good());
    let ran = world.stamped("p.asice", &authority, &["--tsa-anchor", &world.anchor]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let folder = world.path("estratto");
    for (name, octets) in entries(&world.path("p.asice")) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, octets).expect("a file");
    }
    let guide = fs::read_to_string(folder.join("README.txt")).expect("instructions");
    let mut lines = guide.lines();
    let line = lines.find_map(|line| line.strip_prefix("  openssl ts "));
    let line = line.expect("a command").replace("AUTHORITY", &world.anchor);
    let run = || {
        let words = line.split(' ').collect::<Vec<_>>();
        let mut openssl = Command::new("openssl");
        openssl.arg("ts").args(words).current_dir(&folder);
        // The certificate of the tests has its own time.
        openssl.args(["-attime", "1777882502"]);
        openssl.output().expect("openssl").status.success()
    };
    assert!(run(), "{line}");
    let manifest = folder.join("META-INF/ASiCManifest.xml");
    let mut octets = fs::read(&manifest).expect("a manifest");
    octets.push(b'\n');
    fs::write(&manifest, octets).expect("a file");
    assert!(!run(), "{line}");
}

#[test]
fn without_its_time_stamp_no_container_is_written() {
    let world = World::new();
    let nonce = Authority::stamping(|stamp| {
        let nonce = der::integer(&[9; 16]);
        Stamp { nonce, ..stamp }.answer(0)
    });
    let large = Authority::start(|_, _, stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {REPLY}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        while stream.write_all(&[0x30; 10_000]).is_ok() {}
    });
    let refusing = Authority::stamping(|_| stamp::rejection("credito esaurito"));
    let absent = Authority::start(|_, _, _| {});
    for (authority, exit) in [(nonce, 1), (large, 4), (refusing, 5), (absent, 4)] {
        let ran = world.stamped("p.asice", &authority, &[]);
        assert_eq!(ran.exit, exit, "{ran:?}");
        assert_eq!(ran.json()["containers"][0]["state"], "failed");
        let left = files(world.practising.folder.path()).into_iter();
        let mut left = left.filter(|path| path.to_string_lossy().contains("asice"));
        assert_eq!(left.next(), None);
    }
    // One whose authority nobody named may have cost something: it is kept, and that is told.
    let ran = world.stamped("p.asice", &good(), &[]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert_eq!(
        ran.json()["containers"][0]["time_stamp"]["answer"],
        "cannot-tell"
    );
    assert_eq!(world.by_anchor("p.asice").0, 0);
}

#[test]
fn an_authority_that_fails_is_asked_once_and_what_is_there_is_told() {
    let world = World::new();
    world.practising.send("Avviso n. 2", &["delivered"]);
    let folder = world.path("prove").display().to_string();
    let export = |authority: &Authority| {
        let url = authority.url();
        let given = ["export", "--since", "2000-01-01", "--to", &folder, "--json"];
        let how = [
            "--timestamp",
            &url,
            "--proxy",
            "none",
            "--tsa-anchor",
            &world.anchor,
        ];
        let ran = world.practising.run(&[&given[..], &how].concat());
        let document = ran.json();
        let all = document["containers"].as_array().expect("a list").iter();
        let states = all.map(|one| one["state"].as_str().expect("a word").to_owned());
        (ran.exit, states.collect::<Vec<_>>())
    };
    let absent = Authority::saying("503 Busy", "text/plain", b"");
    let (exit, states) = export(&absent);
    assert_eq!((exit, states), (4, vec!["failed".into(), "failed".into()]));
    assert_eq!(absent.heads().len(), 1);
    let given = ["export", &world.message, "--to", &folder];
    assert_eq!(world.practising.run(&given).exit, 0);
    let good = good();
    let (exit, states) = export(&good);
    assert_eq!((exit, states), (3, vec!["unstamped".into(), "made".into()]));
    assert_eq!(good.heads().len(), 1);
}

#[test]
fn a_time_stamp_over_other_octets_is_refuted() {
    let (world, authority) = (World::new(), good());
    let anchor = ["--tsa-anchor", &world.anchor];
    assert_eq!(world.stamped("1.asice", &authority, &anchor).exit, 0);
    let mut other = entries(&world.path("1.asice"));
    let token = other.pop().expect("a token");
    assert_eq!(token.0, "META-INF/timestamp.tst");
    // The manifest says the same in other octets.
    for (name, octets) in &mut other {
        if name == "META-INF/ASiCManifest.xml" {
            octets.push(b'\n');
        }
    }
    let write = |name: &str, entries: &[(String, Vec<u8>)]| {
        fs::write(world.path(name), rebuilt(entries)).expect("a file");
    };
    write("2.asice", &other);
    assert_eq!(world.verified("2.asice", &[]).0, 0);
    assert_eq!(world.by_anchor("2.asice").0, 3, "it was taken away");
    other.push(token.clone());
    write("3.asice", &other);
    let (exit, container) = world.by_anchor("3.asice");
    assert_eq!(
        (exit, answers(&container)),
        (1, vec![word("not-valid", "imprint")])
    );
    assert_eq!(container["existed_since"], Value::Null);
    // Nor does it hold without the name of the authority, and nobody renews it.
    assert_eq!(world.verified("3.asice", &[]).0, 1);
    let before = fs::read(world.path("3.asice")).expect("a container");
    assert_eq!(world.stamp("3.asice", &good(), &["--renew"]).exit, 1);
    assert_eq!(
        fs::read(world.path("3.asice")).expect("a container"),
        before
    );
    other.pop();
    other.push((token.0, b"none".to_vec()));
    write("4.asice", &other);
    let (exit, container) = world.by_anchor("4.asice");
    assert_eq!(
        (exit, answers(&container)),
        (1, vec![word("not-valid", "unreadable")])
    );
}

#[test]
fn one_is_added_later_and_renewed_and_each_holds_at_its_own_time() {
    let (world, authority) = (World::new(), good());
    let file = world.path("p.asice").display().to_string();
    assert_eq!(
        world
            .practising
            .run(&["export", &world.message, "--to", &file])
            .exit,
        0
    );
    let ran = world.stamp("p.asice", &authority, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let document = ran.json();
    Schema::closed("stamp").holds(&document);
    assert_eq!(
        (&document["is_container"], &document["answer"]),
        (&true.into(), &"valid".into())
    );
    // What was there is what it was, and a time stamp of the day of the export gives the same.
    let (exit, container) = world.by_anchor("p.asice");
    assert_eq!((exit, answers(&container)), (0, vec![word("valid", "-")]));
    let given = ["--tsa-anchor", &world.anchor];
    assert_eq!(world.stamped("q.asice", &authority, &given).exit, 0);
    let names = |file: &str| -> Vec<String> {
        let all = entries(&world.path(file)).into_iter();
        all.map(|(name, _)| name).collect()
    };
    assert_eq!(names("p.asice"), names("q.asice"));
    assert_eq!(world.stamp("p.asice", &authority, &[]).exit, 2);
    let late = Authority::stamping(|stamp| {
        let time = stamp::generalized("20270504081502Z");
        Stamp { time, ..stamp }.answer(0)
    });
    let renewed = world.path("r.asice").display().to_string();
    let ran = world.stamp("p.asice", &late, &["--renew", "--to", &renewed]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let again = world.stamp("r.asice", &late, &["--renew"]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(
        world.by_anchor("p.asice").1["time_stamps"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let (exit, container) = world.by_anchor("r.asice");
    let valid = word("valid", "-");
    assert_eq!(
        (exit, answers(&container)),
        (0, vec![valid.clone(), valid.clone(), valid])
    );
    assert_eq!(container["existed_since"], STAMPED);
    assert_eq!(
        container["time_stamps"][2]["over"],
        "META-INF/ASiCArchiveManifest.xml"
    );
    // One letter of a receipt is another: two manifests say so.
    let mut changed = entries(&world.path("r.asice"));
    let receipt = changed.iter_mut().find(|(name, _)| name.starts_with("02_"));
    receipt.expect("a receipt").1[10] ^= 1;
    fs::write(world.path("c.asice"), rebuilt(&changed)).expect("a file");
    let (exit, container) = world.by_anchor("c.asice");
    assert_eq!((exit, &container["existed_since"]), (1, &Value::Null));
    assert_eq!(world.stamp("c.asice", &late, &["--renew"]).exit, 1);
}

#[test]
fn one_that_was_renewed_too_late_counts_from_the_later_on() {
    let world = World::new();
    let short = |stamp: Stamp| {
        stamp.by(stamp::signer()
            .valid("2025-01-15T09:00:00Z", "2026-12-31T00:00:00Z")
            .renumbered("x"))
    };
    let first = Authority::stamping(move |stamp| short(stamp).answer(0));
    let at = |time: &'static str| {
        Authority::stamping(move |stamp| {
            let time = stamp::generalized(time);
            Stamp { time, ..stamp }.answer(0)
        })
    };
    let anchor = ["--tsa-anchor", &world.anchor];
    assert_eq!(world.stamped("p.asice", &first, &anchor).exit, 0);
    let since = |time: &'static str| {
        let to = world.path(&format!("{time}.asice")).display().to_string();
        let ran = world.stamp("p.asice", &at(time), &["--renew", "--to", &to]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let (exit, container) = world.by_anchor(&format!("{time}.asice"));
        assert_eq!(exit, 0);
        container["existed_since"]
            .as_str()
            .expect("a time")
            .to_owned()
    };
    assert_eq!(since("20261231000000Z"), STAMPED);
    assert_eq!(since("20261231000001Z"), "2026-12-31T00:00:01Z");
}

/// A reader written from EN 319 162-1, A.4 and A.7: from the newest archive manifest back, each with
/// its time stamp, every digest of each, and each listing all that was there before it.
const CHAIN: &str = r#"
import base64, hashlib, sys, zipfile
import xml.etree.ElementTree as E
z = zipfile.ZipFile(sys.argv[1])
A, D, M = '{http://uri.etsi.org/02918/v1.2.1#}', '{http://www.w3.org/2000/09/xmldsig#}', 'META-INF/'
later, name, chain = {'mimetype'}, M + 'ASiCArchiveManifest.xml', []
while name:
    root = E.fromstring(z.read(name))
    assert root.tag == A + 'ASiCManifest'
    token = root.find(A + 'SigReference').get('URI')
    assert token.startswith(M) and 'timestamp' in token and token.endswith('.tst')
    # What is stamped stands in the token, whoever made it.
    assert hashlib.sha256(z.read(name)).digest() in z.read(token), name
    later |= {name, token}
    listed, previous = set(), None
    for one in root.iter(A + 'DataObjectReference'):
        uri = one.get('URI')
        assert one.find(D + 'DigestMethod').get('Algorithm').endswith('#sha256')
        digest = base64.b64decode(one.find(D + 'DigestValue').text)
        assert digest == hashlib.sha256(z.read(uri)).digest(), uri
        listed.add(uri)
        if one.get('Rootfile') == 'true':
            assert previous is None
            previous = uri
    assert listed == set(z.namelist()) - later, (listed, later)
    chain.append(name)
    name = previous or (M + 'ASiCManifest.xml' if name != M + 'ASiCManifest.xml' else None)
print(len(chain))
"#;

#[test]
fn python_walks_the_chain_of_time_stamps() {
    if Command::new("python3").arg("--version").output().is_err() {
        skipped("python3 is not here");
        return;
    }
    let (world, authority) = (World::new(), good());
    let anchor = ["--tsa-anchor", &world.anchor];
    assert_eq!(world.stamped("p.asice", &authority, &anchor).exit, 0);
    for _ in 0..3 {
        assert_eq!(world.stamp("p.asice", &authority, &["--renew"]).exit, 0);
    }
    let file = world.path("p.asice");
    let walk = || {
        let mut python = Command::new("python3");
        Ran::of(
            python
                .args(["-c", CHAIN])
                .arg(&file)
                .output()
                .expect("python"),
        )
    };
    let ran = walk();
    assert_eq!((ran.exit, ran.out.trim()), (0, "4"), "{ran:?}");
    let mut other = entries(&file);
    let first = other
        .iter_mut()
        .find(|(name, _)| name == "META-INF/timestamp.tst");
    first.expect("a token").1.push(0);
    fs::write(&file, rebuilt(&other)).expect("a file");
    assert_eq!(walk().exit, 1);
}

#[test]
fn killed_while_the_authority_answers_there_is_no_container() {
    let world = World::new();
    let (asked, wait) = mpsc::channel();
    let authority = Authority::start(move |_, _, _| {
        let _ = asked.send(());
        std::thread::park();
    });
    let folder = world.path("prove");
    let url = authority.url();
    let mut command = world
        .practising
        .command(&["export", &world.message, "--proxy", "none"]);
    let to = folder.join("p.asice");
    command.arg("--to").arg(&to).args(["--timestamp", &url]);
    fs::create_dir(&folder).expect("a folder");
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    wait.recv_timeout(Duration::from_secs(60)).expect("it asks");
    child.kill().expect("killed");
    child.wait().expect("an end");
    assert!(!to.exists() && files(&folder).len() == 1);
    let ran = world.stamped("prove/p.asice", &good(), &["--tsa-anchor", &world.anchor]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(files(&folder), [to]);
}

#[test]
fn the_language_of_the_run_changes_nothing_inside() {
    let world = World::new();
    let export = |lang: &str| {
        let to = world.path(&format!("{lang}.asice"));
        let shown = to.display().to_string();
        let given = ["--lang", lang, "export", &world.message, "--to", &shown];
        assert_eq!(world.practising.run(&given).exit, 0);
        fs::read(to).expect("a container")
    };
    assert_eq!(export("it"), export("en"));
}

#[test]
fn a_container_on_standard_input_is_one() {
    let world = World::new();
    let to = world.path("p.asice");
    let shown = to.display().to_string();
    assert_eq!(
        world
            .practising
            .run(&["export", &world.message, "--to", &shown])
            .exit,
        0
    );
    let trust = world.path("trust.toml").display().to_string();
    let mut command = world
        .practising
        .command(&["verify", "--json", "--trust", &trust, "-"]);
    command.stdin(File::open(&to).expect("a container"));
    let ran = Ran::of(command.output().expect("the program starts"));
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(ran.json()["containers"][0]["state"], "intact");
    assert_eq!(ran.json()["results"].as_array().map(Vec::len), Some(2));
}
