//! `pec trust` and the store of trust: what enters it, what never does, and what is judged by it.
//!
//! The authority of the tests is imported with its fingerprint, as a user does it, with its first
//! edition alone; what it publishes afterwards comes from a server on the loopback.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use support::digest::{Digest, hex};
use support::pki::{self, Certificate, Revoked, extension, pem};
use support::practising::PASSWORD;
use support::receipt::{Kind, RECIPIENT, Receipt};
use support::schema::Schema;
use support::shelf::Shelf;
use support::world::{self, AUTHORITY_NAME};
use support::{keys, providers, tls};

/// A data folder of its own, and files beside it.
struct Place {
    folder: tempfile::TempDir,
}

/// What the program answered.
struct Answer {
    status: i32,
    out: String,
    err: String,
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |octets| String::from_utf8(octets).expect("UTF-8");
        Self {
            status: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    /// State and reason of the items, in order.
    fn items(&self) -> Vec<(String, String)> {
        let document = self.json();
        let items = document["items"].as_array().expect("items").iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        items
            .map(|item| (text(&item["state"]), text(&item["reason"])))
            .collect()
    }
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("data")).expect("a data folder");
        Self { folder }
    }

    /// One that knows the authority of the tests by its first edition, and the root above it.
    fn knowing() -> Self {
        let place = Self::new();
        let first = &world::editions()[0].certificate;
        let answer = place.import(&[first, &world::root()], &[first, &world::root()]);
        assert_eq!(answer.status, 0, "{}{}", answer.out, answer.err);
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn file(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, octets).expect("a file");
        path
    }

    fn pec(&self, arguments: &[&str]) -> Answer {
        let mut program = Command::new(env!("CARGO_BIN_EXE_pec"));
        program
            .current_dir(self.folder.path())
            .args(["--lang", "en", "--data-dir"])
            .arg(self.data())
            .args(arguments)
            .env("no_proxy", "127.0.0.1");
        Answer::of(program.output().expect("the program starts"))
    }

    fn import(&self, certificates: &[&Certificate], vouched: &[&Certificate]) -> Answer {
        let text: String = certificates
            .iter()
            .map(|one| pem("CERTIFICATE", &one.to_der()))
            .collect();
        let file = self.file("import.pem", text);
        let digests: Vec<String> = vouched.iter().map(|one| one.sha256()).collect();
        let mut arguments = vec!["trust", "import", file.to_str().expect("a path"), "--json"];
        for digest in &digests {
            arguments.extend(["--fingerprint", digest]);
        }
        self.pec(&arguments)
    }

    fn update(&self, from: &str) -> Answer {
        self.pec(&["trust", "update", "--from", from, "--yes", "--json"])
    }

    fn verify(&self, message: &[u8]) -> (Answer, Value) {
        let file = self.file("message.eml", message);
        let answer = self.pec(&["verify", "--json", file.to_str().expect("a path")]);
        let document = answer.json();
        (answer, document)
    }

    fn snapshots(&self) -> Vec<String> {
        let entries = fs::read_dir(self.data().join("trust"))
            .into_iter()
            .flatten();
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut names: Vec<String> = names
            .filter_map(|name| name.into_string().ok())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        names.sort();
        names
    }
}

fn delivery() -> Vec<u8> {
    Receipt::new(Kind::Delivery).to_eml()
}

/// A receipt that has the second edition with it.
fn with_second_edition() -> Vec<u8> {
    let mut message = Receipt::new(Kind::Delivery).message();
    message.signed.certificates.truncate(1);
    let second = world::editions()[1].certificate.to_der();
    message.signed.certificates.push(second);
    message.to_eml()
}

/// A receipt that has no certificate but its signer's.
fn alone() -> Vec<u8> {
    let mut message = Receipt::new(Kind::Delivery).message();
    message.signed.certificates.truncate(1);
    message.to_eml()
}

#[test]
fn an_authority_enters_with_its_fingerprint_only() {
    let place = Place::new();
    let first = &world::editions()[0].certificate;
    let refused = place.import(&[first], &[]);
    assert_eq!(refused.status, 1);
    assert_eq!(refused.items(), [("refused".into(), "fingerprint".into())]);
    assert!(place.snapshots().is_empty());
    let (_, before) = place.verify(&alone());
    assert_eq!(before["results"][0]["verdict"], "cannot-tell");
    assert_eq!(before["trust"]["source"], "built in");
    // The fingerprint of another one.
    assert_eq!(place.import(&[first], &[&world::root()]).status, 1);
    let taken = place.import(&[first], &[first]);
    assert_eq!(taken.items(), [("new".into(), String::new())]);
    Schema::closed("trust import").holds(&taken.json());
    let [name] = &place.snapshots()[..] else {
        panic!("one snapshot");
    };
    let (answer, document) = place.verify(&alone());
    assert_eq!(
        (answer.status, &document["results"][0]["verdict"]),
        (0, &"genuine".into())
    );
    assert_eq!(document["trust"]["source"], **name);
    assert_eq!(document["trust"]["as_of"], before["trust"]["as_of"]);
    assert_eq!(place.import(&[first], &[]).items()[0].0, "known");
}

#[test]
fn a_fingerprint_of_the_key_is_one_too() {
    let place = Place::new();
    let first = &world::editions()[0].certificate;
    let key = hex(&Digest::Sha256.of(&first.key.spki())).to_uppercase();
    let file = place.file("one.der", first.to_der());
    let path = file.to_str().unwrap();
    let pairs: Vec<&str> = (0..64).step_by(2).map(|at| &key[at..at + 2]).collect();
    let answer = place.pec(&["trust", "import", path, "--fingerprint", &pairs.join(":")]);
    assert_eq!(answer.status, 0, "{}{}", answer.out, answer.err);
    assert!(answer.out.contains(&first.sha256()), "{}", answer.out);
}

#[test]
fn an_edition_in_a_message_is_kept_and_told_once() {
    let place = Place::knowing();
    assert_eq!(place.snapshots().len(), 1);
    let (answer, _) = place.verify(&with_second_edition());
    assert_eq!(answer.status, 0, "{}", answer.out);
    assert!(answer.err.contains("2025-02-20"), "{}", answer.err);
    assert_eq!(place.snapshots().len(), 2);
    let list = place.pec(&["trust", "list", "--json"]).json();
    Schema::closed("trust list").holds(&list);
    let second = world::editions()[1].certificate.sha256();
    let editions = list["editions"].as_array().unwrap();
    let kept = editions
        .iter()
        .find(|one| one["sha256"] == *second)
        .unwrap();
    let message = hex(&Digest::Sha256.of(&with_second_edition()));
    assert_eq!(
        (&kept["origin"], &kept["seen_in"]),
        (&"message".into(), &message.into())
    );
    let (again, _) = place.verify(&with_second_edition());
    assert_eq!((again.err.as_str(), place.snapshots().len()), ("", 2));
}

/// An edition that comes into a mailbox is kept too, by whichever command reads it.
#[test]
fn an_edition_in_a_mailbox_is_kept_by_sync_and_by_watch() {
    for (command, message, kept) in [
        (&["sync"][..], with_second_edition(), 2),
        (&["watch", "--for", "2s"], with_second_edition(), 2),
        (&["watch", "--for", "2s"], alone(), 1),
    ] {
        let place = Place::knowing();
        let server = Shelf::with([message]).serve();
        let root = place.file("ca.pem", tls::root());
        let password = place.file("password", PASSWORD);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&password, mode).expect("a mode");
        let config = format!(
            "[account.prova]\naddress = \"{RECIPIENT}\"\nimap = \"localhost:{}\"\n\
             smtp = \"localhost:1\"\nca_file = \"{}\"\npassword_file = \"{}\"\n",
            server.port,
            root.display(),
            password.display(),
        );
        let config = place.file("config.toml", config);
        let mut arguments = vec!["--config", config.to_str().expect("a path")];
        arguments.extend(command);
        let answer = place.pec(&arguments);
        assert_eq!(place.snapshots().len(), kept, "{command:?} {}", answer.err);
        assert_eq!(
            answer.err.contains("2025-02-20"),
            kept == 2,
            "{}",
            answer.err
        );
    }
}

#[test]
fn nothing_is_learned_from_what_the_root_did_not_sign() {
    let place = Place::knowing();
    let mut forged = world::editions().remove(1).certificate;
    forged.issuer_key = keys::STRANGER;
    let mut message = Receipt::new(Kind::Delivery).message();
    message.signed.certificates.truncate(1);
    message.signed.certificates.push(forged.to_der());
    place.verify(&message.to_eml());
    assert_eq!(place.snapshots().len(), 1);
}

#[test]
fn what_a_file_for_one_command_vouches_for_is_not_learned() {
    let place = Place::new();
    let trust = place.file("trust.toml", without_second_edition());
    let message = place.file("message.eml", with_second_edition());
    let paths = [trust.to_str().unwrap(), message.to_str().unwrap()];
    let answer = place.pec(&["verify", "--trust", paths[0], paths[1]]);
    assert_eq!(answer.status, 0, "{}{}", answer.out, answer.err);
    assert!(place.snapshots().is_empty());
}

fn without_second_edition() -> String {
    let text = world::trust_file();
    let second = world::editions()[1].certificate.sha256();
    let tables = text.split("\n[[").filter(|table| !table.contains(&second));
    tables.collect::<Vec<_>>().join("\n[[")
}

#[test]
fn a_verdict_needs_no_store_and_no_right_to_write() {
    let place = Place::knowing();
    let (before, _) = place.verify(&with_second_edition());
    let folder = place.data().join("trust");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "no folder").unwrap();
    let (after, document) = place.verify(&with_second_edition());
    assert_eq!(document["trust"]["source"], "built in");
    assert_eq!((before.status, after.status), (0, 3), "{}", after.err);
    assert_eq!(after.err, "");
    let unwritable = place.pec(&[
        "trust",
        "import",
        "import.pem",
        "--fingerprint",
        &world::editions()[0].certificate.sha256(),
    ]);
    assert_eq!(unwritable.status, 4, "{}{}", unwritable.out, unwritable.err);
}

#[test]
fn a_snapshot_that_was_changed_is_passed_over_and_told() {
    let place = Place::knowing();
    place.verify(&with_second_edition());
    let names = place.snapshots();
    let newest = place.data().join("trust").join(&names[1]);
    let text = fs::read_to_string(&newest).unwrap();
    fs::write(&newest, text.replace("message", "massage")).unwrap();
    let (_, document) = place.verify(&alone());
    assert_eq!(document["trust"]["source"], *names[0]);
    let list = place.pec(&["trust", "list"]);
    assert!(list.out.contains(&names[1]), "{}", list.out);
    // What is written next comes after it all the same.
    place.verify(&with_second_edition());
    let after = place.snapshots();
    assert_eq!((after.len(), &after[..2]), (3, &names[..]));
}

#[cfg(unix)]
#[test]
fn the_store_is_its_owners_and_nothing_in_it_changes() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::knowing();
    let folder = place.data().join("trust");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let first = folder.join(&place.snapshots()[0]);
    let text = fs::read(&first).unwrap();
    assert_eq!(mode(&first), 0o600);
    assert!(
        first
            .to_str()
            .unwrap()
            .contains(&hex(&Digest::Sha256.of(&text)))
    );
    place.verify(&with_second_edition());
    assert_eq!(fs::read(&first).unwrap(), text);
}

#[test]
fn show_and_history_say_who_may_sign_and_since_when() {
    let place = Place::knowing();
    place.verify(&with_second_edition());
    let shown = place.pec(&["trust", "show", world::OTHER.host, "--json"]);
    assert_eq!(shown.status, 0);
    let document = shown.json();
    Schema::closed("trust show").holds(&document);
    assert_eq!(document["permitted"][0]["since"], "2025-02-20T14:57:40Z");
    let sending = place
        .pec(&["trust", "show", world::SENDING.host, "--json"])
        .json();
    assert_eq!(sending["permitted"][0]["since"], "2020-10-13T08:00:00Z");
    assert_eq!(place.pec(&["trust", "show", "nobody.example"]).status, 1);
    let digest = &world::editions()[1].certificate.sha256()[..12];
    assert_eq!(place.pec(&["trust", "show", digest]).status, 0);
    let history = place.pec(&["trust", "history", "--json"]).json();
    Schema::closed("trust history").holds(&history);
    let editions = history["editions"].as_array().unwrap();
    let second = world::editions()[1].certificate.sha256();
    let change = editions
        .iter()
        .find(|one| one["edition"]["sha256"] == *second)
        .unwrap();
    let added: Vec<&str> = change["added"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(added, [world::OTHER.host, "Gestore Terzo S.p.A."]);
    assert_eq!(change["removed"], Value::Array(Vec::new()));
    assert_eq!(history["snapshots"].as_array().unwrap().len(), 2);
    for lang in ["it", "en"] {
        for command in [&["trust", "list"][..], &["trust", "history"]] {
            let arguments = [&["--lang", lang], command].concat();
            let answer = place.pec(&arguments);
            assert!(
                answer.status == 0 && !answer.out.contains(['…', '{']),
                "{}",
                answer.out
            );
        }
    }
}

#[test]
fn a_list_of_providers_enters_by_its_signature() {
    let whole = providers::ldif(&[providers::sending(), providers::receiving()]);
    let place = Place::knowing();
    let import = |octets: &[u8], more: &[&str]| {
        let file = place.file("list.p7m", octets);
        let arguments = [&["trust", "import", file.to_str().unwrap(), "--json"], more].concat();
        place.pec(&arguments)
    };
    let signed = providers::signed(&whole, "2026-05-03T06:00:00Z");
    let mut altered = signed.clone();
    let at = altered
        .windows(12)
        .position(|at| at == b"pec.comune.e")
        .unwrap();
    altered[at] ^= 1;
    assert_eq!(
        import(&altered, &[]).items(),
        [("refused".into(), "signature".into())]
    );
    let taken = import(&signed, &[]);
    assert_eq!(
        taken.items(),
        [("new".into(), String::new())],
        "{}",
        taken.out
    );
    assert_eq!(import(&signed, &[]).items()[0].0, "known");
    // It speaks of a receipt of its time: the provider is in it, and runs the domain.
    let (_, document) = place.verify(&delivery());
    let findings = |document: &Value| document["results"][0]["findings"].to_string();
    assert!(
        !findings(&document).contains("provider.domain"),
        "{}",
        findings(&document)
    );
}

#[test]
fn a_list_by_a_stranger_enters_only_by_name() {
    // Nobody knows the authority here.
    let place = Place::new();
    let whole = providers::ldif(&[providers::sending()]);
    let signed = providers::signed(&whole, "2026-05-03T06:00:00Z");
    let file = place.file("list.p7m", &signed);
    let path = file.to_str().unwrap();
    let refused = place.pec(&["trust", "import", path, "--json"]);
    assert_eq!(refused.items(), [("refused".into(), "stranger".into())]);
    let detail = refused.json()["items"][0]["detail"]
        .as_str()
        .unwrap()
        .to_owned();
    let digest = detail.rsplit(' ').next().unwrap();
    let taken = place.pec(&["trust", "import", path, "--json", "--signer", digest]);
    assert_eq!((taken.status, &*taken.items()[0].0), (0, "new"));
    let plain = place.file("list.ldif", &whole);
    let taken = place.pec(&["trust", "import", plain.to_str().unwrap(), "--json"]);
    assert_eq!((taken.status, &*taken.items()[0].0), (0, "new"));
}

/// A list of today without a provider says nothing of the receipt that it signed years ago.
#[test]
fn a_list_of_today_accuses_nobody_of_another_day() {
    let place = Place::knowing();
    let (_, before) = place.verify(&delivery());
    let without = providers::ldif(&[providers::sending()]);
    let plain = place.file("list.ldif", &without);
    place.pec(&["trust", "import", plain.to_str().unwrap()]);
    let (_, after) = place.verify(&delivery());
    assert_eq!(
        before["results"][0]["findings"],
        after["results"][0]["findings"]
    );
    assert_eq!(after["results"][0]["verdict"], "genuine");
    // One of the receipt's own days does speak of it.
    let dated = providers::signed(&without, "2026-05-03T06:00:00Z");
    let file = place.file("list.p7m", &dated);
    place.pec(&["trust", "import", file.to_str().unwrap()]);
    let (_, told) = place.verify(&delivery());
    assert_eq!(told["results"][0]["verdict"], "cannot-tell");
}

#[test]
fn trust_data_need_a_signature_or_each_fingerprint() {
    let place = Place::new();
    let text = world::trust_file().replace("2026-11-22", "2036-11-22");
    let file = place.file("trust.toml", &text);
    let path = file.to_str().unwrap();
    let refused = place.pec(&["trust", "import", path, "--json"]);
    assert_eq!(
        refused.items(),
        [("refused".into(), "unproven-data".into())]
    );
    place.file("trust.toml.minisig", "no signature");
    let badly = place.pec(&["trust", "import", path, "--json"]);
    assert_eq!(
        badly.items(),
        [("refused".into(), "release-signature".into())]
    );
    fs::remove_file(place.folder.path().join("trust.toml.minisig")).unwrap();
    let all: Vec<String> = [keys::AUTHORITY, keys::HISTORIC_AUTHORITY]
        .map(|key| hex(&Digest::Sha256.of(&key.spki())))
        .into();
    let one = place.pec(&["trust", "import", path, "--json", "--fingerprint", &all[0]]);
    assert_eq!(one.items()[0].1, "unproven-data");
    let both = ["--fingerprint", &all[0], "--fingerprint", &all[1]];
    let arguments = [&["trust", "import", path, "--json"], &both[..]].concat();
    assert_eq!(place.pec(&arguments).items()[0].0, "new");
    let (answer, document) = place.verify(&alone());
    assert_eq!(
        (answer.status, &document["trust"]["as_of"]),
        (0, &"2036-11-22".into())
    );
    // What is older is a step back.
    let older = place.file("older.toml", text.replace("2036-11-22", "2035-11-22"));
    let arguments = [
        &["trust", "import", older.to_str().unwrap(), "--json"],
        &both[..],
    ]
    .concat();
    assert_eq!(
        place.pec(&arguments).items(),
        [("refused".into(), "older".into())]
    );
}

/// A server that publishes what an authority publishes; it ends with the process.
struct Publisher {
    port: u16,
}

/// What it answers under a path: the first line of the answer, fields, body.
type Files = BTreeMap<String, (&'static str, String, Vec<u8>)>;

impl Publisher {
    fn start(files: Files) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                respond(stream, &files);
            }
        });
        Self { port }
    }

    /// One with these certificates, their sums, and a revocation list.
    fn of(certificates: &[&Certificate], list: Option<Vec<u8>>) -> Self {
        Self::start(published(certificates, list))
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/agid", self.port)
    }
}

fn ok(body: impl Into<Vec<u8>>) -> (&'static str, String, Vec<u8>) {
    ("200 OK", String::new(), body.into())
}

fn published(certificates: &[&Certificate], list: Option<Vec<u8>>) -> Files {
    let mut files = Files::new();
    let mut sums = String::new();
    for (index, certificate) in certificates.iter().enumerate() {
        let text = pem("CERTIFICATE", &certificate.to_der());
        sums += &format!(
            "{}  CA_{index}.pem\n",
            hex(&Digest::Sha256.of(text.as_bytes()))
        );
        files.insert(format!("/agid/CA_{index}.pem"), ok(text));
    }
    files.insert("/agid/SHA256SUMS.txt".into(), ok(sums));
    if let Some(list) = list {
        files.insert("/agid/CRL".into(), ok(list));
    }
    files
}

fn respond(mut stream: TcpStream, files: &Files) {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).is_ok_and(|length| length == 1) {
        head.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let nothing = ("404 Not Found", String::new(), Vec::new());
    let (status, fields, body) = files.get(path).unwrap_or(&nothing);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{fields}Connection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

fn second() -> Certificate {
    world::editions().remove(1).certificate
}

fn list(from: &str, until: &str, revoked: &[Revoked<'_>]) -> Vec<u8> {
    pki::revocation_list(AUTHORITY_NAME, keys::AUTHORITY, [from, until], revoked)
}

#[test]
fn a_new_edition_is_fetched_shown_and_kept_when_somebody_agrees() {
    let place = Place::knowing();
    let publisher = Publisher::of(&[&second()], None);
    let from = publisher.url();
    let declined = place.pec(&["trust", "update", "--from", &from, "--json"]);
    assert_eq!(declined.status, 3);
    assert_eq!(declined.json()["declined"], true);
    assert_eq!(place.snapshots().len(), 1);
    let taken = place.update(&from);
    assert_eq!(taken.status, 0, "{}{}", taken.out, taken.err);
    let document = taken.json();
    Schema::closed("trust update").holds(&document);
    assert_eq!(document["items"][0]["state"], "new");
    assert_eq!(document["items"][0]["added"][0], world::OTHER.host);
    assert_eq!(document["items"][1]["state"], "passed-over");
    assert_eq!(
        document["as_of"].as_str(),
        document["updated_at"].as_str().map(|at| &at[..10])
    );
    assert_eq!(place.snapshots().len(), 2);
    // Nothing is kept twice in a day.
    let again = place.update(&from);
    assert_eq!(
        (again.status, again.json()["stored"].clone()),
        (0, false.into())
    );
    assert_eq!(place.snapshots().len(), 2);
}

#[test]
fn a_folder_publishes_as_a_server_does() {
    let place = Place::knowing();
    let text = pem("CERTIFICATE", &second().to_der());
    let sum = hex(&Digest::Sha256.of(text.as_bytes()));
    let folder = place.folder.path().join("published");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("CA.pem"), text).unwrap();
    fs::write(folder.join("SHA256SUMS.txt"), format!("{sum}  CA.pem\n")).unwrap();
    let answer = place.update(folder.to_str().unwrap());
    assert_eq!((answer.status, &*answer.items()[0].0), (0, "new"));
    assert_eq!(place.update("nowhere").status, 2);
    assert_eq!(place.update("ftp://example.example/").status, 2);
}

#[test]
fn what_leads_to_no_pinned_key_is_not_taken() {
    let place = Place::knowing();
    let other_key = world::authority("CN=Altra Autorita,O=Altra,C=IT", keys::STRANGER);
    let answer = place.update(&Publisher::of(&[&other_key], None).url());
    assert_eq!(
        answer.items()[0],
        ("passed-over".into(), "other-key".into())
    );
    let for_servers = other_key.clone().with(world::server_purpose());
    let answer = place.update(&Publisher::of(&[&for_servers, &second()], None).url());
    assert_eq!(answer.items()[0].1, "other-key");
    assert_eq!((answer.status, &*answer.items()[1].0), (0, "new"));
    let place = Place::knowing();
    let mut forged = second();
    forged.issuer_key = keys::STRANGER;
    let answer = place.update(&Publisher::of(&[&forged], None).url());
    assert_eq!(answer.status, 1);
    assert_eq!(answer.items()[0], ("refused".into(), "signature".into()));
    let none = second().with(extension::not_an_authority());
    let answer = place.update(&Publisher::of(&[&none], None).url());
    assert_eq!(answer.items()[0], ("refused".into(), "no-authority".into()));
    let editions = place.pec(&["trust", "list", "--json"]).json()["editions"].to_string();
    for refused in [other_key, forged, none] {
        assert!(!editions.contains(&refused.sha256()));
    }
}

#[test]
fn sums_that_do_not_fit_and_files_that_are_none_are_not_taken() {
    let place = Place::knowing();
    let mut files = published(&[&second()], None);
    let wrong = format!("{}  CA_0.pem\n", "f".repeat(64));
    files.insert("/agid/SHA256SUMS.txt".into(), ok(wrong));
    let answer = place.update(&Publisher::start(files).url());
    assert_eq!(
        (answer.status, answer.items()[0].clone()),
        (1, ("refused".into(), "sums".into()))
    );
    let mut files = published(&[&second()], None);
    files.remove("/agid/CA_0.pem");
    let answer = place.update(&Publisher::start(files).url());
    assert_eq!(answer.items()[0], ("refused".into(), "not-named".into()));
    let mut files = Files::new();
    files.insert("/agid/SHA256SUMS.txt".into(), ok("no sums"));
    let answer = place.update(&Publisher::start(files).url());
    assert_eq!(answer.items()[0], ("refused".into(), "broken".into()));
    assert_eq!(place.snapshots().len(), 1);
}

#[test]
fn editions_that_are_rolled_back_are_told() {
    let place = Place::knowing();
    assert_eq!(
        place
            .update(&Publisher::of(&[&second()], None).url())
            .status,
        0
    );
    // Only the first is published again.
    let first = world::editions().remove(0).certificate;
    let answer = place.update(&Publisher::of(&[&first], None).url());
    assert_eq!(
        (answer.status, answer.items()[0].clone()),
        (1, ("refused".into(), "older".into()))
    );
    assert_eq!(place.snapshots().len(), 2);
}

#[test]
fn one_authority_does_not_make_another_older() {
    let place = Place::new();
    let ours = &world::editions()[0].certificate;
    let newer = world::authority("CN=Altra Autorita,O=Altra,C=IT", keys::STRANGER)
        .valid("2026-10-01T08:00:00Z", "2036-10-01T08:00:00Z");
    assert_eq!(place.import(&[ours, &newer], &[ours, &newer]).status, 0);
    let answer = place.update(&Publisher::of(&[ours], None).url());
    assert_eq!(
        (answer.status, &*answer.items()[0].0),
        (0, "known"),
        "{}",
        answer.out
    );
    assert!(answer.json()["updated_at"].is_string());
    // What is of no known authority says nothing of the day.
    let other = Place::new();
    let answer = other.update(&Publisher::of(&[ours], None).url());
    assert_eq!(answer.items()[0].0, "passed-over");
    assert!(answer.json()["updated_at"].is_null());
}

#[test]
fn a_revocation_list_is_taken_for_its_signature_and_never_for_an_older_one() {
    let place = Place::knowing();
    let newest = list("2026-11-20T08:00:00Z", "2036-11-27T08:00:00Z", &[]);
    let known = |list: Vec<u8>| Publisher::of(&[&second()], Some(list)).url();
    let reason = |list: Vec<u8>| place.update(&known(list)).items()[1].clone();
    let expired = list("2026-01-01T08:00:00Z", "2026-01-08T08:00:00Z", &[]);
    assert_eq!(reason(expired), ("refused".into(), "expired".into()));
    let future = list("2096-01-01T08:00:00Z", "2096-01-08T08:00:00Z", &[]);
    assert_eq!(reason(future), ("refused".into(), "not-yet".into()));
    let period = ["2026-11-20T08:00:00Z", "2036-11-27T08:00:00Z"];
    let stranger = pki::revocation_list(AUTHORITY_NAME, keys::STRANGER, period, &[]);
    assert_eq!(reason(stranger), ("refused".into(), "stranger".into()));
    let other = pki::revocation_list("CN=Altra,C=IT", keys::AUTHORITY, period, &[]);
    assert_eq!(reason(other), ("refused".into(), "stranger".into()));
    let delta = pki::revocation_list_with(
        AUTHORITY_NAME,
        keys::AUTHORITY,
        period,
        &[],
        &[extension::delta_indicator()],
    );
    assert_eq!(reason(delta), ("refused".into(), "partial".into()));
    let mut broken = newest.clone();
    broken.truncate(100);
    assert_eq!(reason(broken), ("refused".into(), "unreadable".into()));
    assert_eq!(reason(newest.clone()), ("new".into(), String::new()));
    assert_eq!(reason(newest), ("known".into(), String::new()));
    let older = list("2026-11-19T08:00:00Z", "2036-11-27T08:00:00Z", &[]);
    assert_eq!(reason(older), ("refused".into(), "older".into()));
    // The receipt's signer is not in it, and it speaks of its day.
    let (_, document) = place.verify(&alone());
    assert!(
        !document["results"][0]
            .to_string()
            .contains("chain.revocation")
    );
}

#[test]
fn whom_a_kept_list_revokes_is_no_longer_genuine() {
    let place = Place::knowing();
    let certificate = world::RECEIVING.certificate();
    let revoked = Revoked {
        certificate: &certificate,
        at: "2026-05-01T08:00:00Z",
        reason: Some(1),
    };
    let (_, before) = place.verify(&alone());
    assert_eq!(before["results"][0]["verdict"], "genuine");
    let list = list("2026-11-20T08:00:00Z", "2036-11-27T08:00:00Z", &[revoked]);
    let answer = place.update(&Publisher::of(&[&second()], Some(list)).url());
    assert_eq!(answer.status, 0, "{}", answer.out);
    let (_, after) = place.verify(&alone());
    assert_ne!(after["results"][0]["verdict"], "genuine");
}

/// What cannot be read any more may be what revoked.
#[test]
fn a_damaged_store_takes_no_doubt_away() {
    let place = Place::knowing();
    let certificate = world::RECEIVING.certificate();
    let revoked = Revoked {
        certificate: &certificate,
        at: "2026-05-01T08:00:00Z",
        reason: Some(1),
    };
    let list = list("2026-11-20T08:00:00Z", "2036-11-27T08:00:00Z", &[revoked]);
    let answer = place.update(&Publisher::of(&[&second()], Some(list)).url());
    assert_eq!(answer.status, 0, "{}", answer.out);
    let files = support::practising::files(&place.data().join("trust"));
    assert!(files.len() > 2, "{files:?}");
    for file in files {
        let octets = fs::read(&file).expect("a file");
        for damaged in [Some(&octets[..octets.len() / 2]), None] {
            match damaged {
                Some(half) => fs::write(&file, half).expect("written"),
                None => fs::remove_file(&file).expect("removed"),
            }
            let (_, document) = place.verify(&alone());
            let result = &document["results"][0];
            let is_plain = result["verdict"] == "genuine" && result["doubts"] == 0;
            // Without any trace of a snapshot nothing is known of it.
            let is_snapshot = file.extension().is_some_and(|ending| ending == "toml");
            assert!(
                !is_plain || (is_snapshot && damaged.is_none()),
                "{file:?}: {result}"
            );
            fs::write(&file, &octets).expect("written");
        }
    }
}

#[test]
fn servers_that_misbehave_cost_nothing() {
    let place = Place::knowing();
    let item = |files: Files| {
        let answer = place.update(&Publisher::start(files).url());
        let detail = answer.json()["items"][0]["detail"].clone();
        (
            answer.status,
            answer.items()[0].clone(),
            detail.as_str().unwrap_or_default().to_owned(),
        )
    };
    let unreachable = ("refused".to_owned(), "unreachable".to_owned());
    let mut files = Files::new();
    files.insert("/agid/SHA256SUMS.txt".into(), ok(vec![0; 50 << 20]));
    let (status, reason, detail) = item(files);
    assert_eq!((status, &reason), (4, &unreachable), "{detail}");
    assert!(detail.contains("larger than"), "{detail}");
    let elsewhere = |to: &str| {
        let mut files = Files::new();
        let location = format!("Location: {to}\r\n");
        let answer = ("302 Found", location, Vec::new());
        files.insert("/agid/SHA256SUMS.txt".into(), answer);
        files
    };
    let (status, reason, detail) = item(elsewhere("file:///etc/passwd"));
    assert_eq!((status, &reason), (4, &unreachable));
    assert!(detail.contains("file:///etc/passwd"), "{detail}");
    let (status, ..) = item(elsewhere("/agid/SHA256SUMS.txt"));
    assert_eq!(status, 4);
    let mut files = Files::new();
    let answer = ("500 Internal Server Error", String::new(), Vec::new());
    files.insert("/agid/SHA256SUMS.txt".into(), answer);
    let (status, reason, detail) = item(files);
    assert_eq!((status, &reason), (4, &unreachable));
    assert!(detail.contains("500"), "{detail}");
    assert_eq!(place.snapshots().len(), 1);
}

#[test]
fn offline_it_says_since_when_its_data_are() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let answer = place.update(&format!("http://127.0.0.1:{port}/"));
    assert_eq!(answer.status, 4, "{}{}", answer.out, answer.err);
    let as_of = answer.json()["as_of"].as_str().unwrap().to_owned();
    assert!(
        answer.err.contains("are of") && as_of.len() == 10,
        "{}",
        answer.err
    );
}

/// What AgID published over the years says what the program says of it.
#[test]
fn real_editions_are_known() {
    let Some(folder) = std::env::var_os("PEC_REAL_MAIL").map(PathBuf::from) else {
        support::skipped::skipped("PEC_REAL_MAIL is not set, so no real edition was imported");
        return;
    };
    let place = Place::new();
    let mut known = 0;
    let mut newest = None;
    for entry in fs::read_dir(folder.join("certs/authorities")).unwrap() {
        let path = entry.unwrap().path();
        let path = path.to_str().unwrap();
        let answer = place.pec(&["trust", "import", path, "--json"]);
        let items = answer.items();
        let expected = match path.contains("SSL_SERVER") {
            // Of an authority for servers.
            true => ("refused", "no-authority"),
            false => ("known", ""),
        };
        assert_eq!((&*items[0].0, &*items[0].1), expected, "{path}");
        known += usize::from(items[0].0 == "known");
        if path.contains("20250220") {
            newest = Some(path.to_owned());
        }
    }
    assert_eq!((known, place.snapshots().len()), (13, 0));
    // What AgID publishes today, as a folder: nothing new, and that is known as of today.
    let text = fs::read(newest.unwrap()).unwrap();
    let sum = hex(&Digest::Sha256.of(&text));
    let folder = place.folder.path().join("published");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("AgID_CA1_20250220.pem"), text).unwrap();
    let sums = format!("{sum}  AgID_CA1_20250220.pem\n");
    fs::write(folder.join("SHA256SUMS.txt"), sums).unwrap();
    let answer = place.update(folder.to_str().unwrap());
    assert_eq!(
        (answer.status, &*answer.items()[0].0),
        (0, "known"),
        "{}",
        answer.out
    );
    assert!(answer.json()["updated_at"].is_string());
    assert_eq!(place.snapshots().len(), 1);
}
