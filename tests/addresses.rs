//! `pec check` and `pec offices`: which addresses are certified mail, by what evidence; public offices
//! found by name; and that what leaves is held against the same.
//!
//! The name server is one of this test: it answers as its names say, with octets written by hand, for
//! the program makes its own with a package.

mod support {
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod practising;
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod schema;
    pub mod skipped;
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod terminal;
}

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use support::practising::{Practising, Ran};
use support::schema::Schema;
use support::skipped::skipped;
use support::terminal::{Terminal, is_there};

/// A data folder, and files beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.0.path().join(name), text).expect("a file");
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command
            .current_dir(self.0.path())
            .args(["--lang", "en", "--data-dir"])
            .arg(self.data())
            .args(arguments)
            .env("RUST_BACKTRACE", "0")
            .stdin(std::process::Stdio::null());
        command
    }

    fn pec(&self, arguments: &[&str]) -> Ran {
        Ran::of(
            self.command(arguments)
                .output()
                .expect("the program starts"),
        )
    }

    /// Exit status and document of `pec check --json`.
    fn check(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.pec(&[&["check", "--json"], arguments].concat());
        let document = ran.json();
        Schema::closed("check").holds(&document);
        (ran.exit, document)
    }

    fn import_list(&self, domain: &str) {
        let list = format!(
            "dn: providerName=Gestore,o=postacert\nproviderName: Gestore\n\
             providerCertificateHash: 0123456789abcdef0123456789abcdef01234567\n\
             managedDomains: {domain}\n"
        );
        let ran = self
            .file("igpec.ldif", list)
            .pec(&["trust", "import", "igpec.ldif"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
    }

    fn import(&self, files: &[&str]) -> Ran {
        self.pec(&[&["offices", "import", "--json"], files].concat())
    }
}

/// What is said of the only address: its reach, and of each piece of evidence its kind and what it says.
fn said(document: &Value) -> (String, Vec<(String, Option<String>)>) {
    let [address] = &document["addresses"].as_array().expect("addresses")[..] else {
        panic!("{document:#}");
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let evidence = address["evidence"].as_array().expect("evidence").iter();
    let evidence = evidence.map(|one| (text(&one["kind"]).expect("a kind"), text(&one["says"])));
    (
        text(&address["reach"]).expect("a reach"),
        evidence.collect(),
    )
}

fn says(kind: &str, reach: Option<&str>) -> (String, Option<String>) {
    (kind.to_owned(), reach.map(str::to_owned))
}

// What is known here

#[test]
fn free_mail_is_ordinary_a_listed_domain_certified_and_the_rest_not_known() {
    let place = Place::new();
    let (exit, document) = place.check(&["a@gmail.com"]);
    let ordinary = (
        "ordinary".to_owned(),
        vec![says("free-mail", Some("ordinary"))],
    );
    assert_eq!((exit, said(&document)), (1, ordinary));
    let unknown = ("unknown".to_owned(), vec![]);
    let (exit, document) = place.check(&["a@pec.comune.example"]);
    assert_eq!((exit, said(&document)), (3, unknown.clone()));
    place.import_list("pec.comune.example");
    let (exit, document) = place.check(&["A@PEC.comune.example"]);
    let certified = (
        "certified".to_owned(),
        vec![says("provider-list", Some("certified"))],
    );
    assert_eq!((exit, said(&document)), (0, certified));
    assert_eq!(
        document["addresses"][0]["evidence"][0]["provider"],
        "Gestore"
    );
    // Another domain, however alike.
    for other in [
        "a@x.pec.comune.example",
        "a@pec.comune.example.evil.example",
    ] {
        let (exit, document) = place.check(&[other]);
        assert_eq!((exit, said(&document)), (3, unknown.clone()), "{other}");
    }
}

#[test]
fn the_exit_status_is_that_of_all_addresses_together() {
    let place = Place::new();
    place.import_list("pec.comune.example");
    let (good, ordinary, unknown) = ("a@pec.comune.example", "a@gmail.com", "a@b.example");
    for (addresses, expected) in [
        (&[good][..], 0),
        (&[good, unknown], 3),
        (&[unknown, ordinary, good], 1),
    ] {
        assert_eq!(place.check(addresses).0, expected, "{addresses:?}");
    }
    let (_, document) = place.check(&[good, "A@pec.Comune.example", ordinary, unknown]);
    assert_eq!(document["totals"]["certified"], 1, "each once");
    let text = place.pec(&["check", good, ordinary]);
    assert!(text.out.contains("CERTIFIED MAIL") && text.out.contains("ORDINARY MAIL"));
    let wrong = place.pec(&["check", "a@b@c"]);
    assert_eq!(wrong.exit, 2, "{wrong:?}");
}

#[test]
fn evidence_that_contradicts_is_shown_and_the_strongest_decides() {
    let place = Place::new();
    place.import_list("gmail.com");
    let (exit, document) = place.check(&["a@gmail.com"]);
    let both = vec![
        says("provider-list", Some("certified")),
        says("free-mail", Some("ordinary")),
    ];
    assert_eq!((exit, said(&document)), (0, ("certified".to_owned(), both)));
    assert_eq!(document["addresses"][0]["contradictory"], true);
    let decides = |at: usize| document["addresses"][0]["evidence"][at]["decides"].clone();
    assert_eq!(
        (decides(0), decides(1)),
        (Value::from(true), Value::from(false))
    );
}

#[test]
fn ones_own_acceptances_say_what_they_list() {
    let world = Practising::new();
    let (certified, ordinary) = (world.address("anna"), "anna@posta.example");
    world.send("Avviso", &[&certified, ordinary]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    let check = |address: &str| {
        let ran = world.run(&["check", "--json", address]);
        (ran.exit, said(&ran.json()))
    };
    let of = |reach: &str| {
        let evidence = vec![says("acceptance", Some(reach))];
        (reach.to_owned(), evidence)
    };
    assert_eq!(check(&certified), (0, of("certified")));
    assert_eq!(check(ordinary), (1, of("ordinary")));
    // It speaks of no other address.
    assert_eq!(check("bruno@posta.example").0, 3);
}

#[test]
fn what_leaves_is_held_against_the_same_evidence() {
    let world = Practising::new();
    let place = Place(tempfile::tempdir().expect("a folder"));
    let table = "to;subject;body\na@gmail.com;Avviso;Testo\n";
    fs::write(world.path("avvisi.csv"), table).expect("a file");
    let avvisi = world.path("avvisi.csv").display().to_string();
    let warned = |world: &Practising| {
        let shown = world.run(&[
            "send",
            "--dry-run",
            "--to",
            "a@gmail.com",
            "--subject",
            "Avviso",
            "--body",
            "Testo",
        ]);
        assert_eq!(shown.exit, 0, "{shown:?}");
        let checked = world.run(&["batch", "check", &avvisi, "--json"]);
        let sentence = "a@gmail.com looks like ordinary mail";
        let all = [format!("{}{}", shown.out, shown.err), checked.out];
        all.map(|text| text.contains(sentence))
    };
    assert_eq!(warned(&world), [true, true]);
    // A list that has the domain weighs more.
    place.import_list("gmail.com");
    fs::create_dir_all(world.data()).expect("a folder");
    let moved = Command::new("cp")
        .args(["-r".as_ref(), place.data().join("trust").as_os_str()])
        .arg(world.data())
        .status();
    assert!(moved.expect("cp").success());
    assert_eq!(warned(&world), [false, false]);
}

#[test]
fn a_batch_is_warned_of_an_address_that_an_acceptance_lists_as_ordinary() {
    let world = Practising::new();
    let table = "to;subject;body\nanna@posta.example;Altro;Testo\n";
    fs::write(world.path("avvisi.csv"), table).expect("a file");
    let avvisi = world.path("avvisi.csv").display().to_string();
    let warned = || {
        let checked = world.run(&["batch", "check", &avvisi, "--json"]);
        checked.out.contains("anna@posta.example is ordinary mail")
    };
    assert!(!warned());
    world.send("Avviso", &["anna@posta.example"]);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert!(warned());
}

// Files

#[test]
fn addresses_come_from_lists_and_from_columns_with_their_rows() {
    let place = Place::new();
    let rows = |document: &Value| -> Vec<(String, u64)> {
        let addresses = document["addresses"].as_array().expect("addresses").iter();
        addresses
            .map(|one| {
                let address = one["address"].as_str().expect("an address").to_owned();
                (address, one["row"].as_u64().unwrap_or(0))
            })
            .collect()
    };
    let pair = |address: &str, row| (address.to_owned(), row);
    place.file(
        "elenco.txt",
        "a@b.example\n\nC <c@d.example>\na@b.example\n",
    );
    let (_, document) = place.check(&["elenco.txt"]);
    assert_eq!(
        rows(&document),
        [pair("a@b.example", 1), pair("c@d.example", 3)]
    );
    place.file(
        "avvisi.csv",
        "nome;PEC;altra\nAnna;a@b.example|e@f.example;c@d.example\n",
    );
    let (_, document) = place.check(&["avvisi.csv"]);
    assert_eq!(
        rows(&document),
        [pair("a@b.example", 2), pair("e@f.example", 2)]
    );
    let (_, document) = place.check(&["avvisi.csv", "--column", "Altra"]);
    assert_eq!(rows(&document), [pair("c@d.example", 2)]);
    place.file(
        "avvisi.ndjson",
        "{\"to\":\"a@b.example\"}\n{\"pec\":[\"c@d.example\"]}\n",
    );
    let (_, document) = place.check(&["x@y.example", "avvisi.ndjson"]);
    let expected = [
        pair("x@y.example", 0),
        pair("a@b.example", 1),
        pair("c@d.example", 2),
    ];
    assert_eq!(rows(&document), expected);
    let two = place
        .file("due.csv", "pec;destinatario\na@b.example;c@d.example\n")
        .pec(&["check", "due.csv"]);
    assert_eq!(two.exit, 2, "{two:?}");
    assert!(
        two.err
            .contains("--column \"pec\" or --column \"destinatario\""),
        "{two:?}"
    );
    place.file("nessuna.csv", "nome;altra\nAnna;x\n");
    for wrong in [
        &["nessuna.csv"][..],
        &["avvisi.csv", "--column", "manca"],
        &["manca.csv"],
    ] {
        let ran = place.pec(&[&["check"], wrong].concat());
        assert_eq!(ran.exit, 2, "{ran:?}");
    }
}

#[test]
fn rows_without_an_address_are_told_and_leave_it_undecided() {
    let place = Place::new();
    place.import_list("b.example");
    place.file("elenco.csv", "pec\na@b.example\nnessuno\na;b\n");
    let (exit, document) = place.check(&["elenco.csv"]);
    let unread = document["unread"].as_array().expect("rows").iter();
    let rows: Vec<_> = unread.map(|one| one["row"].as_u64()).collect();
    assert_eq!((exit, rows), (3, vec![Some(3), Some(4)]));
    place.file("elenco.csv", "pec\na@b.example\n");
    assert_eq!(place.check(&["elenco.csv"]).0, 0);
    let hostile = place
        .file("a.txt", "pec\n\u{1b}[31mrosso\u{202e}\n")
        .pec(&["check", "a.txt"]);
    assert!(!hostile.out.contains('\u{1b}') && !hostile.out.contains('\u{202e}'));
}

// Name servers

/// A name server that answers as the first label of a name says; counts what it was asked.
struct NameServer {
    address: String,
    asked: Arc<AtomicUsize>,
}

const MX: u16 = 15;
const CNAME: u16 = 5;

/// A name in labels.
fn labels(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(label.len() as u8);
        out.extend(label.as_bytes());
    }
    out.push(0);
    out
}

fn record(owner: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = labels(owner);
    out.extend(kind.to_be_bytes());
    out.extend([0, 1, 0, 0, 0, 60]);
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
    out
}

fn mx(owner: &str, host: &str) -> Vec<u8> {
    record(owner, MX, &[&[0, 10][..], &labels(host)].concat())
}

/// An answer to a query with these flags and records.
fn answer(query: &[u8], flags: [u8; 2], records: &[Vec<u8>]) -> Vec<u8> {
    let mut out = query[..2].to_vec();
    out.extend(flags);
    out.extend([0, 1]);
    out.extend((records.len() as u16).to_be_bytes());
    out.extend([0, 0, 0, 0]);
    out.extend(&query[12..]);
    out.extend(records.concat());
    out
}

/// The name that a query asks for.
fn asked_name(query: &[u8]) -> String {
    let (mut at, mut found) = (12, Vec::new());
    while query[at] > 0 {
        let end = at + 1 + query[at] as usize;
        found.push(String::from_utf8_lossy(&query[at + 1..end]).into_owned());
        at = end;
    }
    found.join(".")
}

const GOOD: [u8; 2] = [0x81, 0x80];
const CUT: [u8; 2] = [0x83, 0x80];
const NO_DOMAIN: [u8; 2] = [0x81, 0x83];
const REFUSED: [u8; 2] = [0x81, 0x85];

/// The datagrams that answer a query.
fn answers(query: &[u8]) -> Vec<Vec<u8>> {
    let name = asked_name(query);
    let good = answer(query, GOOD, &[mx(&name, "mx.pec.aruba.it")]);
    let evil = || {
        let mut evil = answer(query, GOOD, &[mx(&name, "mx.evil.example")]);
        evil[1] ^= 1;
        evil
    };
    match name.split('.').next().unwrap_or_default() {
        "good" | "xn--citt-3na" => vec![good],
        "lookalike" => vec![answer(
            query,
            GOOD,
            &[mx(&name, "pec.aruba.it.evil.example")],
        )],
        "prefix" => vec![answer(query, GOOD, &[mx(&name, "evilpec.aruba.it")])],
        "mixed" => {
            let records = [mx(&name, "mx.pec.aruba.it"), mx(&name, "mail.example")];
            vec![answer(query, GOOD, &records)]
        }
        "ordinary" => vec![answer(query, GOOD, &[mx(&name, "mail.example")])],
        "agency" => vec![answer(query, GOOD, &[mx(&name, "mx.agid.gov.it")])],
        "alias" => {
            let records = [
                record(&name, CNAME, &labels("other.example")),
                mx("other.example", "mx.pec.aruba.it"),
            ];
            vec![answer(query, GOOD, &records)]
        }
        // A record of a name that nobody asked for.
        "unasked" => vec![answer(
            query,
            GOOD,
            &[mx("other.example", "mx.pec.aruba.it")],
        )],
        "none" => vec![answer(query, GOOD, &[])],
        "null" => vec![answer(query, GOOD, &[mx(&name, "")])],
        "missing" => vec![answer(query, NO_DOMAIN, &[])],
        "refused" => vec![answer(query, REFUSED, &[])],
        "cut" | "cutagain" => vec![answer(query, CUT, &[])],
        "strays" => vec![b"\xff".to_vec(), evil(), good],
        "otherid" => vec![evil()],
        "garbage" => vec![query[..2].to_vec(), [&query[..2], &[0xff; 300]].concat()],
        _ => vec![],
    }
}

impl NameServer {
    fn start() -> Self {
        // Both on one port.
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let address = udp.local_addr().expect("an address");
            if let Ok(tcp) = TcpListener::bind(address) {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().expect("an address").to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        thread::spawn(move || {
            let mut octets = [0; 1_024];
            while let Ok((length, from)) = udp.recv_from(&mut octets) {
                count.fetch_add(1, Ordering::SeqCst);
                for answer in answers(&octets[..length]) {
                    let _ = udp.send_to(&answer, from);
                }
            }
        });
        thread::spawn(move || {
            for mut stream in tcp.incoming().flatten() {
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut query = vec![0; u16::from_be_bytes(length) as usize];
                if stream.read_exact(&mut query).is_err() {
                    continue;
                }
                let name = asked_name(&query);
                let flags = match name.starts_with("cutagain") {
                    true => CUT,
                    false => GOOD,
                };
                let octets = answer(&query, flags, &[mx(&name, "mx.pec.aruba.it")]);
                let length = (octets.len() as u16).to_be_bytes();
                let _ = stream.write_all(&[&length, &octets[..]].concat());
            }
        });
        Self { address, asked }
    }

    fn option(&self) -> String {
        format!("--dns={}", self.address)
    }
}

/// Reach and answer for a domain.
fn by_servers(server: &NameServer, domain: &str) -> (String, String) {
    let place = Place::new();
    let (_, document) = place.check(&[&server.option(), &format!("a@{domain}")]);
    let address = &document["addresses"][0];
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    assert_eq!(
        address["evidence"][0]["kind"], "mail-servers",
        "{document:#}"
    );
    (
        text(&address["reach"]),
        text(&address["evidence"][0]["answer"]),
    )
}

#[test]
fn mail_under_the_hosts_of_a_provider_is_certified_and_nothing_that_only_looks_so() {
    let server = NameServer::start();
    for (domain, reach, answer) in [
        ("good.example", "certified", "of-provider"),
        ("città.example", "certified", "of-provider"),
        ("alias.example", "certified", "of-provider"),
        ("cut.example", "certified", "of-provider"),
        ("strays.example", "certified", "of-provider"),
        ("lookalike.example", "unknown", "elsewhere"),
        ("prefix.example", "unknown", "elsewhere"),
        ("mixed.example", "unknown", "elsewhere"),
        ("ordinary.example", "unknown", "elsewhere"),
        ("agency.example", "unknown", "elsewhere"),
        ("unasked.example", "unknown", "no-server"),
        ("none.example", "unknown", "no-server"),
        ("null.example", "unknown", "no-server"),
        ("missing.example", "unknown", "no-domain"),
        ("refused.example", "unknown", "no-answer"),
        ("cutagain.example", "unknown", "no-answer"),
    ] {
        let expected = (reach.to_owned(), answer.to_owned());
        assert_eq!(by_servers(&server, domain), expected, "{domain}");
    }
}

#[test]
fn a_server_that_gives_no_answer_is_waited_for_and_then_left() {
    let server = NameServer::start();
    let expected = ("unknown".to_owned(), "no-answer".to_owned());
    thread::scope(|scope| {
        for domain in ["silent.example", "otherid.example", "garbage.example"] {
            let (server, expected) = (&server, &expected);
            scope.spawn(move || assert_eq!(by_servers(server, domain), *expected, "{domain}"));
        }
    });
}

#[test]
fn each_domain_is_asked_once_and_none_without_the_option() {
    let server = NameServer::start();
    let place = Place::new();
    let two = ["a@good.example", "b@GOOD.example"];
    assert_eq!(place.check(&two).0, 3);
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
    let (exit, _) = place.check(&[&[&*server.option()], &two[..]].concat());
    assert_eq!((exit, server.asked.load(Ordering::SeqCst)), (0, 1));
    for wrong in ["--dns=nome", "--dns=127.0.0.1:x"] {
        let ran = place.pec(&["check", wrong, "a@b.example"]);
        assert_eq!(ran.exit, 2, "{ran:?}");
    }
}

#[test]
fn nobody_is_asked_any_longer_where_nobody_answers() {
    let server = NameServer::start();
    let place = Place::new();
    let addresses: Vec<String> = (0..20).map(|n| format!("a@refused.d{n}.example")).collect();
    let option = server.option();
    let mut arguments = vec![&*option];
    arguments.extend(addresses.iter().map(String::as_str));
    let (exit, document) = place.check(&arguments);
    assert_eq!(
        (exit, document["totals"]["unknown"].as_u64()),
        (3, Some(20))
    );
    // Three domains, two rounds each.
    assert_eq!(server.asked.load(Ordering::SeqCst), 6);
}

// Offices

const BODIES: &str = "Codice_IPA,Denominazione_ente,Codice_fiscale_ente,Mail1,Tipo_Mail1,Mail2,\
    Tipo_Mail2,Data_aggiornamento\n\
    c_c407,Comune di Cavriglia,00242200517,comune@pec.cavriglia.example,Pec,info@cavriglia.example,\
    Altro,2026-11-20\n\
    p_fc,\"Provincia di Forlì, Cesena\",80000000000,uno@pec.fc.example,Pec,due@pec.fc.example,Pec,\
    2026-11-21\n\
    vuoto,Ente senza posta,1,,,,,2026-11-21\n";
const AREAS: &str = "cod_amm\tcod_aoo\tdes_aoo\tdat_istituz\tmail1\ttipo_mail1\n\
    c_c407\tA1\tProtocollo \"generale\"\t2013-01-01\tprotocollo@pec.cavriglia.example\tpec\n";
const UNITS: &str = "{\"Codice_IPA\":\"c_c407\",\"Denominazione_ente\":\"Comune di Cavriglia\",\
    \"Codice_uni_uo\":\"UFABCD\",\"Codice_uni_aoo\":\"A1\",\"Descrizione_uo\":\"Ufficio tributi\",\
    \"Mail1\":\"tributi@pec.cavriglia.example\",\"Tipo_Mail1\":\"Pec\",\
    \"Data_aggiornamento\":\"2020-01-31\"}\n";

fn with_offices() -> Place {
    let place = Place::new();
    place
        .file("enti.csv", BODIES)
        .file("aoo.txt", AREAS)
        .file("uo.ndjson", UNITS);
    let ran = place.import(&["enti.csv", "aoo.txt", "uo.ndjson"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    Schema::closed("offices import").holds(&ran.json());
    place
}

fn codes(place: &Place, words: &[&str]) -> (i32, Vec<String>) {
    let ran = place.pec(&[&["offices", "find", "--json"], words].concat());
    let document = ran.json();
    Schema::closed("offices find").holds(&document);
    let offices = document["offices"].as_array().expect("offices").iter();
    let codes = offices.map(|one| one["code"].as_str().expect("a code").to_owned());
    (ran.exit, codes.collect())
}

#[test]
fn tables_of_both_generations_are_imported_and_found() {
    let place = with_offices();
    let found = |words: &[&str]| codes(&place, words);
    let of = |codes: &[&str]| (0, codes.iter().map(|code| (*code).to_owned()).collect());
    assert_eq!(
        found(&["Comune", "di", "Cavriglia"]),
        of(&["c_c407", "c_c407/A1", "UFABCD"])
    );
    assert_eq!(found(&["comune di cavrigla", "tributi"]), of(&["UFABCD"]));
    assert_eq!(found(&["FORLI'"]), of(&["p_fc"]));
    assert_eq!(found(&["manca"]), (1, vec![]));
    let text = place.pec(&["offices", "find", "cavrigla"]);
    assert!(text.out.contains("read as: cavriglia"), "{text:?}");
    assert!(text.out.contains("Ufficio tributi, of Comune di Cavriglia"));
    assert!(
        text.out.contains("MORE THAN SIX MONTHS OLD"),
        "the units are"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = fs::metadata(place.data().join("offices.sqlite")).expect("the file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_table_takes_the_place_of_that_of_its_kind_and_of_no_other() {
    let place = with_offices();
    let header = BODIES.lines().next().expect("a header");
    let other = format!("{header}\nc_h501,Comune di Roma,1,a@pec.roma.example,Pec,,,2026-11-20\n");
    let ran = place.file("enti.csv", other).import(&["enti.csv"]);
    let document = ran.json();
    let tables = document["tables"].as_array().expect("tables").iter();
    let tables: Vec<_> = tables
        .map(|one| (one["kind"].clone(), one["offices"].clone()))
        .collect();
    let expected = [("body", 1), ("area", 1), ("unit", 1)];
    assert_eq!(
        tables,
        expected.map(|(kind, count)| (kind.into(), count.into()))
    );
    assert_eq!(codes(&place, &["roma"]).1, ["c_h501"]);
    // Its name stands in the tables of the areas and units still.
    assert_eq!(codes(&place, &["cavriglia"]).1, ["c_c407/A1", "UFABCD"]);
    // What cannot be read changes nothing.
    for (name, text) in [
        ("altro.csv", "to;nome\na@b.example;x\n"),
        ("vuoto.csv", &*format!("{header}\n")),
        ("pagina.html", "<html>"),
    ] {
        let ran = place.file(name, text).pec(&["offices", "import", name]);
        assert_eq!(ran.exit, 2, "{name}: {ran:?}");
    }
    assert_eq!(codes(&place, &["roma"]).1, ["c_h501"]);
}

#[test]
fn rows_that_cannot_be_read_are_told_and_the_others_stored() {
    let place = Place::new();
    let text = format!("{BODIES}x,y\n,Senza codice,1,a@b.example,Pec,,,\n");
    let ran = place.file("enti.csv", text).import(&["enti.csv"]);
    let document = ran.json();
    let unread = document["unread"].as_array().expect("rows").iter();
    let rows: Vec<_> = unread.map(|one| one["row"].as_u64()).collect();
    assert_eq!((ran.exit, rows), (1, vec![Some(5), Some(6)]));
    assert_eq!(codes(&place, &["cavriglia"]).1, ["c_c407"]);
}

#[test]
fn an_office_declares_its_address_and_other_mail_says_nothing() {
    let place = with_offices();
    let (exit, document) = place.check(&["Comune@pec.cavriglia.example"]);
    let certified = (
        "certified".to_owned(),
        vec![says("office", Some("certified"))],
    );
    assert_eq!((exit, said(&document)), (0, certified));
    assert_eq!(document["addresses"][0]["evidence"][0]["old"], false);
    let (exit, document) = place.check(&["info@cavriglia.example"]);
    assert_eq!(
        (exit, said(&document)),
        (3, ("unknown".to_owned(), vec![says("office", None)]))
    );
    let (_, document) = place.check(&["tributi@pec.cavriglia.example"]);
    assert_eq!(
        document["addresses"][0]["evidence"][0]["old"], true,
        "data of 2020"
    );
}

#[test]
fn nothing_is_found_where_nothing_was_imported_or_the_file_is_damaged() {
    let place = Place::new();
    let none = place.pec(&["offices", "find", "roma"]);
    assert_eq!(none.exit, 2);
    assert!(none.err.contains("pec offices import"), "{none:?}");
    let place = with_offices();
    fs::write(
        place.data().join("offices.sqlite"),
        "damaged ".repeat(1_000),
    )
    .expect("a file");
    let damaged = place.pec(&["offices", "find", "roma"]);
    assert_eq!(damaged.exit, 2, "{damaged:?}");
    // Checking goes on without it, and importing mends it.
    assert_eq!(place.check(&["comune@pec.cavriglia.example"]).0, 3);
    assert_eq!(place.import(&["enti.csv"]).exit, 0);
    assert_eq!(place.check(&["comune@pec.cavriglia.example"]).0, 0);
}

// Sending to an office

/// A world in which the offices have addresses of the practice provider.
fn sending() -> Practising {
    let world = Practising::new();
    let (one, two) = (world.address("uno"), world.address("due"));
    let text = format!(
        "Codice_IPA;Denominazione_ente;Mail1;Tipo_Mail1;Mail2;Tipo_Mail2;Data_aggiornamento\n\
         c_uno;Comune Uno;altro@posta.example;Altro;{one};Pec;{{DAY}}\n\
         c_due;Comune Due;{one};Pec;{two};Pec;{{DAY}}\n\
         c_no;Comune Senza;altro@posta.example;Altro;;;{{DAY}}\n"
    );
    let day = support::practising::now().italian_day();
    fs::write(world.path("enti.csv"), text.replace("{DAY}", &day)).expect("a file");
    fs::write(
        world.path("vecchi.csv"),
        text.replace("{DAY}", "2020-01-31"),
    )
    .expect("a file");
    let file = world.path("enti.csv").display().to_string();
    let ran = world.run(&["offices", "import", &file]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    world
}

fn send_to(world: &Practising, codes: &[&str]) -> Ran {
    let mut words = vec![
        "send",
        "--yes",
        "--no-copy",
        "--subject",
        "Istanza",
        "--body",
        "Testo.",
    ];
    for code in codes {
        words.extend(["--to-office", code]);
    }
    world.run(&words)
}

#[test]
fn a_message_goes_to_the_certified_address_of_an_office() {
    let world = sending();
    let sent = send_to(&world, &["C_UNO"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    let to = format!("To Comune Uno, c_uno: {}", world.address("uno"));
    assert!(sent.err.contains(&to), "{sent:?}");
    assert!(!sent.err.contains("six months"));
    assert_eq!(world.practice.taken().len(), 1);
    let status = world.run(&["status", "Istanza", "--json"]).json();
    let recipients = status["messages"][0]["recipients"]
        .as_array()
        .expect("recipients");
    assert_eq!(recipients.len(), 1);
    assert_eq!(recipients[0]["address"], *world.address("uno"));
}

#[test]
fn nothing_goes_to_an_office_that_is_unknown_or_has_no_address_or_several() {
    let world = sending();
    for (code, words) in [
        ("c_manca", "no office with code c_manca"),
        ("c_no", "no address that it declares certified mail"),
        (
            "c_due",
            &*format!("{}, {}", world.address("uno"), world.address("due")),
        ),
    ] {
        let sent = send_to(&world, &[code]);
        assert_eq!(sent.exit, 2, "{sent:?}");
        assert!(sent.err.contains(words), "{sent:?}");
    }
    assert_eq!(world.practice.taken().len(), 0);
}

#[test]
fn old_data_are_told_before_anything_leaves() {
    let world = sending();
    let file = world.path("vecchi.csv").display().to_string();
    assert_eq!(world.run(&["offices", "import", &file]).exit, 0);
    let sent = send_to(&world, &["c_uno"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    assert!(sent.err.contains("more than six months ago"), "{sent:?}");
}

#[test]
fn of_several_addresses_a_person_chooses() {
    if !is_there() {
        return skipped("there is no script(1), which makes a terminal");
    }
    let world = sending();
    let command = world.command(&[
        "send",
        "--no-copy",
        "--to-office",
        "c_due",
        "--subject",
        "Istanza",
        "--body",
        "Testo.",
    ]);
    let mut terminal = Terminal::start(&command, &[], world.folder.path());
    terminal.until("has several certified addresses");
    terminal.answer("3");
    terminal.until("Answer with one of the numbers");
    terminal.answer("2");
    terminal.until("[y/N]");
    terminal.keys("y\n");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 0, "{shown}");
    let status = world.run(&["status", "Istanza", "--json"]).json();
    let recipient = &status["messages"][0]["recipients"][0]["address"];
    assert_eq!(*recipient, *world.address("due"));
}
