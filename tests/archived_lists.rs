//! `pec sync --archive-crl`: the revocation lists of the day are kept with what arrives, and a verdict
//! of a later day uses the one nearest to the message and names it; so does one about a container in
//! which they lie.
//!
//! OCSP answers that lie beside a message, or in its signature, are read too.
//!
//! The authority's address is reached through a proxy on the loopback, which plays its server.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::der;
use support::digest::{Digest, hex};
use support::ocsp::{Answer, Said};
use support::pki::{self, Revoked, pem};
use support::practising::{PASSWORD, Ran, files};
use support::receipt::{Kind, RECIPIENT, Receipt};
use support::schema::Schema;
use support::shelf::{Server, Shelf};
use support::world::{self, AUTHORITY_NAME, HISTORIC_NAME};
use support::{keys, tls};

/// The receipt and the envelope are of 08:15 on this day.
const BEFORE: &str = "2026-05-04T06:00:00Z";
const AFTER: &str = "2026-05-04T12:00:00Z";
const MONTHS_AFTER: &str = "2026-09-01T06:00:00Z";
const NEXT: &str = "2096-01-01T06:00:00Z";

/// What the authority's server gives, and what it was asked for.
#[derive(Default)]
struct Published {
    list: Vec<u8>,
    asked: Vec<String>,
}

/// A mailbox with a delivery receipt and an envelope, a folder of data, and the authority's server.
struct World {
    folder: tempfile::TempDir,
    published: Arc<Mutex<Published>>,
    proxy: u16,
    _server: Server,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let messages = [Kind::Delivery, Kind::Envelope].map(|kind| Receipt::new(kind).to_eml());
        let server = Shelf::with(messages).serve();
        let published = Arc::new(Mutex::new(Published::default()));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = listener.local_addr().expect("an address").port();
        let place = published.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &place);
            }
        });
        let world = Self {
            folder,
            published,
            proxy,
            _server: server,
        };
        world.write("ca.pem", tls::root());
        world.write("trust.toml", world::trust_file());
        world.write("password", PASSWORD);
        let shown = |name: &str| world.path(name).display().to_string();
        let config = format!(
            "[account.prova]\naddress = \"{RECIPIENT}\"\nimap = \"localhost:{}\"\n\
             smtp = \"localhost:1\"\nca_file = \"{}\"\ntrust_file = \"{}\"\npassword_file = \"{}\"\n",
            world._server.port,
            shown("ca.pem"),
            shown("trust.toml"),
            shown("password"),
        );
        world.write("config.toml", config);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, octets: impl AsRef<[u8]>) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        fs::write(&path, octets).expect("a file");
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, mode).expect("a mode");
        path.display().to_string()
    }

    /// Adds a line to what the account says.
    fn configure(&self, line: &str) {
        let text = fs::read_to_string(self.path("config.toml")).expect("a configuration");
        self.write("config.toml", format!("{text}{line}\n"));
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_over("data", arguments)
    }

    /// With another folder of data.
    fn run_over(&self, data: &str, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_pec"))
            .args(["--lang", "en", "--config"])
            .arg(self.path("config.toml"))
            .arg("--data-dir")
            .arg(self.path(data))
            .args(arguments)
            .env("http_proxy", format!("http://127.0.0.1:{}", self.proxy))
            .env_remove("no_proxy")
            .env_remove("NO_PROXY")
            .env_remove("PEC_PASSWORD")
            .output();
        Ran::of(output.expect("the program starts"))
    }

    fn publish(&self, list: Vec<u8>) {
        self.published.lock().expect("no panic while held").list = list;
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.published.lock().expect("no panic while held").asked)
    }

    fn kept(&self) -> Vec<PathBuf> {
        let folder = self.path("data").join("trust/revocations");
        let there = folder.is_dir().then(|| files(&folder));
        there.unwrap_or_default()
    }

    /// Reads the mailbox from the beginning and keeps the list.
    fn archive(&self, list: Vec<u8>) -> Ran {
        self.publish(list);
        self.run(&["sync", "--again", "--archive-crl"])
    }

    /// Imports the authority, as a user does who has its fingerprint.
    fn know_the_authority(&self) {
        let anchor = &world::editions()[0].certificate;
        let file = self.write("anchor.pem", pem("CERTIFICATE", &anchor.to_der()));
        let digest = anchor.sha256();
        let ran = self.run(&["trust", "import", &file, "--fingerprint", &digest]);
        assert_eq!(ran.exit, 0, "{ran:?}");
    }

    /// What is said of the delivery receipt.
    fn verify(&self) -> Value {
        let file = self.write("message.eml", Receipt::new(Kind::Delivery).to_eml());
        let ran = self.run(&["verify", "--json", &file]);
        let document = ran.json();
        Schema::closed("verify").holds(&document);
        document["results"][0].clone()
    }
}

/// Answers one who reaches a server through a proxy: the way to it, then what is asked there.
fn answer(mut stream: TcpStream, published: &Mutex<Published>) {
    let Some(way) = request(&mut stream) else {
        return;
    };
    let host = way
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next());
    if stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").is_err() {
        return;
    }
    let Some(asked) = request(&mut stream) else {
        return;
    };
    let list = {
        let mut published = published.lock().expect("no panic while held");
        let host = host.unwrap_or_default();
        published.asked.push(format!("{host} {asked}"));
        published.list.clone()
    };
    let status = match list.is_empty() {
        true => "404 Not Found",
        false => "200 OK",
    };
    let length = list.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(&[head.as_bytes(), &list].concat());
}

/// The first line of a request.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut octets = [0; 1024];
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut octets) {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend(&octets[..count]),
        }
    }
    let text = String::from_utf8_lossy(&request);
    text.lines().next().map(str::to_owned)
}

fn list(this_update: &str, revoked: &[Revoked]) -> Vec<u8> {
    pki::revocation_list(
        AUTHORITY_NAME,
        keys::AUTHORITY,
        [this_update, NEXT],
        revoked,
    )
}

fn sha256(octets: &[u8]) -> String {
    hex(&Digest::Sha256.of(octets))
}

fn finding(result: &Value) -> Option<&str> {
    let mut findings = result["findings"].as_array().expect("findings").iter();
    let found = findings.find(|finding| finding["id"] == "chain.revocation")?;
    found["case"].as_str()
}

#[test]
fn the_list_of_the_day_is_kept_only_where_it_is_asked_for() {
    let world = World::new();
    world.publish(list(BEFORE, &[]));
    let ran = world.run(&["sync"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(world.asked().is_empty() && world.kept().is_empty());
    let ran = world.run(&["sync", "--archive-crl"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    // Nothing arrived.
    assert_eq!(world.asked(), [""; 0], "{ran:?}");
    assert!(world.kept().is_empty());
    let ran = world.archive(list(BEFORE, &[]));
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(world.asked(), ["ca1.autorita.example:80 GET /CRL HTTP/1.1"]);
    let [file] = &world.kept()[..] else {
        panic!("{:?}", world.kept());
    };
    let octets = list(BEFORE, &[]);
    assert_eq!(fs::read(file).expect("kept"), octets);
    assert!(
        ran.err.contains("Stored: the revocation list of"),
        "{ran:?}"
    );
    assert!(ran.err.contains(&sha256(&octets)), "{ran:?}");
    // The same list another day is told once.
    let again = world.archive(octets);
    assert!(!again.err.contains("Stored"), "{again:?}");
    assert_eq!(world.kept().len(), 1);
}

#[test]
fn an_account_may_say_that_the_lists_of_the_day_are_kept() {
    for (setting, asked) in [("false", 0), ("true", 1)] {
        let world = World::new();
        world.publish(list(BEFORE, &[]));
        world.configure(&format!("archive_crl = {setting}"));
        let ran = world.run(&["sync"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert_eq!(world.asked().len(), asked, "{setting}: {ran:?}");
        assert_eq!(world.kept().len(), asked, "{setting}: {ran:?}");
    }
}

/// Two messages of one signer arrive, and its list is asked for once a day.
#[test]
fn who_stays_keeps_the_lists_of_the_day_where_the_account_says_so() {
    for (setting, asked) in [("false", 0), ("true", 1)] {
        let world = World::new();
        world.publish(list(BEFORE, &[]));
        world.configure(&format!("archive_crl = {setting}"));
        let ran = world.run(&["watch", "--for", "1s", "--ndjson"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
        assert_eq!(world.asked().len(), asked, "{setting}: {ran:?}");
        assert_eq!(world.kept().len(), asked, "{setting}: {ran:?}");
    }
}

#[test]
fn what_the_authority_did_not_sign_is_told_and_not_kept() {
    let world = World::new();
    let refused = |list: Vec<u8>, words: &str| {
        let ran = world.archive(list);
        assert_eq!(ran.exit, 4, "{ran:?}");
        assert!(ran.err.contains("was not stored"), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {ran:?}");
        assert!(world.kept().is_empty());
    };
    let period = [BEFORE, NEXT];
    refused(
        pki::revocation_list(AUTHORITY_NAME, keys::STRANGER, period, &[]),
        "no known authority signed it",
    );
    refused(
        pki::revocation_list(HISTORIC_NAME, keys::AUTHORITY, period, &[]),
        "no known authority signed it",
    );
    refused(
        pki::revocation_list(AUTHORITY_NAME, keys::AUTHORITY, [BEFORE, AFTER], &[]),
        "expired",
    );
    refused(list("2095-01-01T06:00:00Z", &[]), "dated in the future");
    refused(list(BEFORE, &[])[..200].to_vec(), "cannot be read");
    refused(b"<html>".to_vec(), "cannot be read");
    refused(Vec::new(), "there is no such file");
    assert_eq!(world.archive(list(BEFORE, &[])).exit, 0);
}

#[test]
fn a_later_verdict_uses_the_list_nearest_after_the_message_and_names_it() {
    let world = World::new();
    world.know_the_authority();
    let before = world.verify();
    assert_eq!(finding(&before), Some("chain.revocation.not-checked"));
    assert!(before["facts"]["signer"]["revocation_list"].is_null());
    let used = |world: &World| {
        let result = world.verify();
        assert_eq!(
            (finding(&result), &result["verdict"]),
            (None, &"genuine".into())
        );
        let list = result["facts"]["signer"]["revocation_list"].clone();
        list["sha256"].as_str().expect("a digest").to_owned()
    };
    // The last before it is better than none; the first after it is the best.
    for this_update in [BEFORE, MONTHS_AFTER, AFTER] {
        let octets = list(this_update, &[]);
        assert_eq!(world.archive(octets.clone()).exit, 0);
        assert_eq!(used(&world), sha256(&octets), "{this_update}");
    }
    assert_eq!(world.kept().len(), 3);
    let text = world.run(&["verify", &world.path("message.eml").display().to_string()]);
    assert!(text.out.contains("list of "), "{text:?}");
    assert!(text.out.contains(&sha256(&list(AFTER, &[]))), "{text:?}");
    // One that was changed since is as none, and is told.
    let digest = sha256(&list(AFTER, &[]));
    let is_it = |file: &&PathBuf| file.to_string_lossy().contains(&digest);
    let kept = world.kept();
    let file = kept.iter().find(is_it).expect("kept");
    fs::write(file, &list(AFTER, &[])[1..]).expect("written");
    let result = world.verify();
    assert_eq!(finding(&result), Some("chain.revocation.damaged"));
    assert_ne!(
        result["facts"]["signer"]["revocation_list"]["sha256"],
        *digest
    );
}

#[test]
fn whom_a_list_of_a_later_day_names_is_no_longer_genuine() {
    let world = World::new();
    world.know_the_authority();
    let certificate = world::RECEIVING.certificate();
    let revoked = |at| Revoked {
        certificate: &certificate,
        at,
        reason: Some(1),
    };
    assert_eq!(world.archive(list(AFTER, &[])).exit, 0);
    assert_eq!(world.verify()["verdict"], "genuine");
    let later = list(MONTHS_AFTER, &[revoked("2026-08-30T10:00:00Z")]);
    assert_eq!(world.archive(later.clone()).exit, 0);
    let result = world.verify();
    assert_eq!(finding(&result), Some("chain.revocation.compromised-later"));
    let used = &result["facts"]["signer"]["revocation_list"];
    assert_eq!(used["sha256"], *sha256(&later));
    assert_eq!(used["this_update"], MONTHS_AFTER);
    assert_eq!(used["next_update"], NEXT);
    let before = list("2026-10-01T06:00:00Z", &[revoked("2026-05-01T10:00:00Z")]);
    assert_eq!(world.archive(before).exit, 0);
    assert_eq!(world.verify()["verdict"], "not-genuine");
}

/// Exports the letter, and what is said of it by who has the container alone.
fn exported(world: &World, file: &Path) -> Value {
    let inbox = world.run(&["inbox", "--json"]).json();
    let letter = inbox["messages"][0]["id"].as_str();
    let letter = letter.unwrap_or_else(|| panic!("{inbox:#}")).to_owned();
    let shown = file.display().to_string();
    let ran = world.run(&["export", &letter, "--to", &shown]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let trust = world.path("trust.toml").display().to_string();
    let ran = world.run_over(
        "elsewhere",
        &["verify", "--json", "--trust", &trust, &shown],
    );
    assert_eq!(ran.exit, 0, "{ran:?}");
    let document = ran.json();
    Schema::closed("verify").holds(&document);
    document
}

fn list_of_first(document: &Value) -> Value {
    document["results"][0]["facts"]["signer"]["revocation_list"].clone()
}

#[test]
fn a_container_has_the_lists_by_which_it_was_judged() {
    let world = World::new();
    world.know_the_authority();
    assert_eq!(world.run(&["sync"]).exit, 0);
    let without = exported(&world, &world.path("without.asice"));
    assert!(list_of_first(&without).is_null(), "{without:#}");
    let octets = list(BEFORE, &[]);
    assert_eq!(world.archive(octets.clone()).exit, 0);
    let with = exported(&world, &world.path("with.asice"));
    assert_eq!(list_of_first(&with)["sha256"], *sha256(&octets), "{with:#}");
    // The same again.
    exported(&world, &world.path("again.asice"));
    let read = |name: &str| fs::read(world.path(name)).expect("a container");
    assert_eq!(read("with.asice"), read("again.asice"));
}

/// What is said of a file by who knows the authority and nothing else.
fn verified(path: &Path) -> Value {
    let trust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki/trust.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .args(["verify", "--json", "--lang", "en", "--trust"])
        .args([&trust, path])
        .output();
    let document = Ran::of(output.expect("the program starts")).json();
    Schema::closed("verify").holds(&document);
    document
}

fn answer_of(said: Said) -> Vec<u8> {
    let certificate = world::RECEIVING.certificate();
    Answer::new(&certificate, said, [BEFORE, AFTER]).to_der()
}

#[test]
fn an_answer_beside_a_message_is_read_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, octets).expect("a file");
        path
    };
    let message = put("a.eml", &Receipt::new(Kind::Delivery).to_eml());
    let judged = |path: &Path| {
        let document = verified(path);
        let results = document["results"].as_array().expect("results").clone();
        assert_eq!(results.len(), 1, "{document:#}");
        results[0].clone()
    };
    // The file alone, and the folder in which it lies: the answer is no message.
    for path in [&*message, folder.path()] {
        let _ = fs::remove_file(folder.path().join("a.ocsp"));
        let without = judged(path);
        assert_eq!(finding(&without), Some("chain.revocation.not-checked"));
        let good = answer_of(Said::Good);
        put("a.ocsp", &good);
        let with = judged(path);
        assert_eq!(finding(&with), None, "{with:#}");
        let used = &with["facts"]["signer"]["revocation_list"];
        assert_eq!(
            (&used["kind"], &used["sha256"]),
            (&"ocsp".into(), &sha256(&good).into())
        );
        assert_eq!(used["this_update"], BEFORE);
        put("a.ocsp", &answer_of(Said::Revoked(BEFORE, 1)));
        assert_eq!(judged(path)["verdict"], "not-genuine");
        put("a.ocsp", &answer_of(Said::Unknown));
        assert_eq!(
            finding(&judged(path)),
            Some("chain.revocation.answer-unknown")
        );
        put("a.ocsp", b"no answer");
        assert_eq!(finding(&judged(path)), Some("chain.revocation.damaged"));
    }
    // One of another message is a file like others.
    fs::rename(folder.path().join("a.ocsp"), folder.path().join("b.ocsp")).expect("renamed");
    let document = verified(folder.path());
    assert_eq!(
        document["results"].as_array().map(Vec::len),
        Some(2),
        "{document:#}"
    );
}

#[test]
fn an_answer_in_the_signature_is_read() {
    let with = |said| {
        let mut message = Receipt::new(Kind::Delivery).message();
        let kind = der::oid("1.3.6.1.5.5.7.16.2");
        let choice = der::explicit(1, &[kind, answer_of(said)].concat());
        message.signed.revocations.push(choice);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.eml");
        fs::write(&path, message.to_eml()).expect("a file");
        verified(&path)["results"][0].clone()
    };
    let good = with(Said::Good);
    assert_eq!(
        (finding(&good), &good["verdict"]),
        (None, &"genuine".into())
    );
    assert_eq!(good["facts"]["signer"]["revocation_list"]["kind"], "ocsp");
    assert_eq!(with(Said::Revoked(BEFORE, 1))["verdict"], "not-genuine");
}

/// A container with these files, and the manifest that lists them.
fn container(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    use postacert::asic::{MANIFEST, Manifest, Name, Reference, TIME_STAMP, Writer};
    let name = |name: &str| Name::new(name).expect("a plain name");
    let references = files.iter().map(|(file, octets)| Reference {
        name: name(file),
        sha256: sha256(octets),
    });
    let manifest = Manifest {
        signature: TIME_STAMP.to_owned(),
        previous: None,
        files: references.collect(),
    };
    let mut all = files.to_vec();
    all.push((MANIFEST, manifest.write().into_bytes()));
    all.sort();
    let mut writer = Writer::new(Vec::new()).expect("written to memory");
    for (file, octets) in &all {
        writer.add(&name(file), octets).expect("written to memory");
    }
    writer.finish().expect("written to memory")
}

#[test]
fn an_answer_in_a_container_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.asice");
    let judged = |files: &[(&str, Vec<u8>)]| {
        fs::write(&path, container(files)).expect("a file");
        verified(&path)["results"][0].clone()
    };
    let receipt = ("03_consegna.eml", Receipt::new(Kind::Delivery).to_eml());
    let without = judged(std::slice::from_ref(&receipt));
    assert_eq!(finding(&without), Some("chain.revocation.not-checked"));
    let answer = |said| ("03_consegna.ocsp", answer_of(said));
    let good = judged(&[receipt.clone(), answer(Said::Good)]);
    assert_eq!(finding(&good), None, "{good:#}");
    assert_eq!(good["facts"]["signer"]["revocation_list"]["kind"], "ocsp");
    let revoked = judged(&[receipt, answer(Said::Revoked(BEFORE, 1))]);
    assert_eq!(revoked["verdict"], "not-genuine");
}

/// OpenSSL as a witness of the answers that the suite makes.
#[test]
fn openssl_reads_the_answers_as_we_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, octets).expect("a file");
        path
    };
    let certificate = world::RECEIVING.certificate();
    let anchor = &world::editions()[0].certificate;
    let issuer = put(
        "issuer.pem",
        pem("CERTIFICATE", &anchor.to_der()).as_bytes(),
    );
    let signer = put(
        "signer.pem",
        pem("CERTIFICATE", &certificate.to_der()).as_bytes(),
    );
    for (said, word) in [
        (Said::Good, "good"),
        (Said::Revoked(BEFORE, 1), "revoked"),
        (Said::Unknown, "unknown"),
    ] {
        // It compares with the clock of the day.
        let answer = Answer::new(&certificate, said, [BEFORE, NEXT]).to_der();
        let answer = put("a.ocsp", &answer);
        let output = Command::new("openssl")
            .args(["ocsp", "-no_nonce", "-respin"])
            .arg(&answer)
            .arg("-VAfile")
            .arg(&issuer)
            .arg("-issuer")
            .arg(&issuer)
            .arg("-cert")
            .arg(&signer)
            .output();
        let Ok(output) = output else {
            support::skipped::skipped("there is no openssl on this machine");
            return;
        };
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("Response verify OK"), "{told}");
        assert!(told.contains(&format!("signer.pem: {word}")), "{told}");
    }
}
