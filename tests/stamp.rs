//! `pec stamp` and what it is made of, against an authority of the tests on the loopback: good answers
//! and every kind of bad one. Requests are read by hand (`support::stamp`).

mod support;

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postacert::client::{StampError, Stamped, Stamping, stamp as ask_for};
use postacert::providers::Trust;
use postacert::secret::Secret;
use postacert::smime::revocation::Crl;
use postacert::smime::time_stamp::{
    AnswerFault, Granted, Nonce, Policy, Problem, ProfileFault, Refused, TokenFault, Trusted,
};
use postacert::timestamp::Timestamp;
use postacert::transport::stamping::{Fault, Way};
use serde_json::Value;
use support::authority::{Authority, REPLY, respond};
use support::der;
use support::digest::Digest;
use support::pki::EMAIL_PROTECTION;
use support::schema::Schema;
use support::stamp::{self, Stamp};

const CONTENT: &[u8] = b"octets that existed";
/// What is asked of a client.
struct Asked {
    way: Way,
    policy: Option<Policy>,
    crls: Vec<Crl>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            way: Way {
                connect: Duration::from_secs(10),
                whole: Duration::from_secs(20),
                ..Way::default()
            },
            policy: None,
            crls: Vec::new(),
        }
    }
}

fn ask(authority: &Authority) -> Result<Stamped, StampError> {
    ask_with(authority, &Asked::default())
}

fn ask_with(authority: &Authority, asked: &Asked) -> Result<Stamped, StampError> {
    let trust = Trust::from_certificates(&stamp::authority().to_der(), "test").unwrap();
    let stamping = Stamping {
        address: &authority.address(),
        way: &asked.way,
        policy: asked.policy,
        trusted: Trusted {
            anchors: &trust.anchors,
            crls: &asked.crls,
        },
    };
    let digest = Digest::Sha256.of(CONTENT).try_into().unwrap();
    let nonce = Nonce::new(&[0x5a; 16]).unwrap();
    let now = Timestamp::parse("2026-05-04T08:15:07Z").unwrap();
    ask_for(digest, nonce, now, &stamping)
}

fn token_fault(authority: &Authority) -> TokenFault {
    match ask(authority) {
        Err(StampError::Token { fault, token: _ }) => fault,
        other => panic!("{other:?}"),
    }
}

fn way_fault(authority: &Authority) -> Fault {
    match ask(authority) {
        Err(StampError::Way(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_answer_is_believed_and_the_request_is_what_the_standard_asks() {
    let authority = Authority::stamping(|stamp| stamp.answer(0));
    let stamped = ask(&authority).expect("a time stamp");
    assert_eq!(stamped.granted, Granted::Fully);
    assert_eq!(
        stamped.checked.time().to_string(),
        "2026-05-04T08:15:02.25Z"
    );
    assert_eq!(stamped.ahead, -5);
    let heads = authority.heads();
    let head = heads[0].to_ascii_lowercase();
    assert!(head.starts_with("post /tsa http/1.1"), "{head}");
    assert!(
        head.contains("content-type: application/timestamp-query"),
        "{head}"
    );
    assert!(!head.contains("authorization"), "{head}");
}

#[test]
fn an_answer_with_modifications_is_told_and_one_under_another_policy_refused() {
    let authority = Authority::stamping(|stamp| stamp.answer(1));
    let stamped = ask(&authority).expect("a time stamp");
    assert_eq!(stamped.granted, Granted::WithModifications);
    let policy = Policy::new_unwrap("1.2.3.4");
    let asked = Asked {
        policy: Some(policy),
        ..Asked::default()
    };
    let stamped = ask_with(&authority, &asked).expect("a time stamp");
    assert_eq!(stamped.checked.info().policy, policy);
    let other = Authority::stamping(|stamp| {
        let policy = der::oid(stamp::POLICY);
        Stamp { policy, ..stamp }.answer(1)
    });
    let fault = ask_with(&other, &asked).expect_err("another policy");
    let policy = stamp::POLICY.parse().unwrap();
    assert!(matches!(
        fault,
        StampError::Token { fault: TokenFault::Policy(found), .. } if found == policy
    ));
}

#[test]
fn tokens_that_are_not_what_they_must_be_are_refused() {
    let nonce = Authority::stamping(|stamp| {
        let nonce = der::integer(&[9; 16]);
        Stamp { nonce, ..stamp }.answer(0)
    });
    assert_eq!(token_fault(&nonce), TokenFault::Nonce);
    let imprint = Authority::stamping(|stamp| {
        let imprint = stamp::imprint(Digest::Sha256, b"other");
        Stamp { imprint, ..stamp }.answer(0)
    });
    assert_eq!(token_fault(&imprint), TokenFault::Imprint);
    let expired = Authority::stamping(|stamp| {
        let ended = stamp::signer().valid("2024-01-01T00:00:00Z", "2026-05-01T00:00:00Z");
        stamp.by(ended).answer(0)
    });
    assert!(matches!(
        token_fault(&expired),
        TokenFault::CertificateTime { .. }
    ));
    let purpose = Authority::stamping(|stamp| {
        let usage = stamp::usage(&[EMAIL_PROTECTION]);
        let certificate = stamp::signer().with(usage).renumbered("mail");
        stamp.by(certificate).answer(0)
    });
    let usage = TokenFault::Profile(ProfileFault::ExtendedUsage);
    assert_eq!(token_fault(&purpose), usage);
    let list = stamp::revoking(&[(&stamp::signer(), "2026-05-20T00:00:00Z", Some(1))]);
    let revoked = Asked {
        crls: vec![Crl::parse(&list).unwrap()],
        ..Asked::default()
    };
    let good = Authority::stamping(|stamp| stamp.answer(0));
    assert!(matches!(
        ask_with(&good, &revoked),
        Err(StampError::Token {
            fault: TokenFault::Revoked { .. },
            ..
        })
    ));
}

#[test]
fn a_rejection_says_why() {
    let authority = Authority::stamping(|_| stamp::rejection("credito esaurito\u{1b}[2J"));
    let Err(StampError::Answer(AnswerFault::Refused(refusal))) = ask(&authority) else {
        panic!("no refusal");
    };
    assert_eq!(refusal.refused, Refused::Rejection);
    assert_eq!(refusal.problems, [Problem::UnacceptedPolicy]);
    assert_eq!(refusal.texts, ["credito esaurito\\u{1b}[2J"]);
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = Authority::start(|_, _, _| std::thread::park());
    let dripping = Authority::start(|_, _, stream| {
        // A head that is whole, and a body that never comes to its end.
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n\
              Content-Length: 1000\r\n\r\nx",
        );
        std::thread::park();
    });
    let asked = Asked {
        way: Way {
            whole: Duration::from_millis(300),
            ..Way::default()
        },
        ..Asked::default()
    };
    for authority in [silent, dripping] {
        assert_eq!(
            ask_with(&authority, &asked).unwrap_err(),
            StampError::Way(Fault::Silent)
        );
    }
}

#[test]
fn an_answer_of_fifty_megabytes_is_cut_off() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    const WHOLE: usize = 50_000_000;
    for head in ["Content-Length: 50000000\r\n", "Connection: close\r\n"] {
        let authority = Authority::start(move |_, _, stream| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {REPLY}\r\n{head}\r\n");
            let _ = stream.write_all(head.as_bytes());
            let chunk = [0x30; 10_000];
            for _ in 0..WHOLE / chunk.len() {
                if stream.write_all(&chunk).is_err() {
                    return;
                }
                WRITTEN.fetch_add(chunk.len(), Ordering::Relaxed);
            }
        });
        assert_eq!(way_fault(&authority), Fault::TooLarge);
    }
    // What the system holds between the two is more than what was read, and less than all.
    assert!(WRITTEN.load(Ordering::Relaxed) < WHOLE);
}

#[test]
fn a_server_refers_only_to_where_we_would_ask() {
    let good = Authority::stamping(|stamp| stamp.answer(0));
    let to = |location: String| {
        Authority::start(move |_, _, stream| {
            respond(
                stream,
                "307 Temporary Redirect",
                &[("Location", &location)],
                b"",
            );
        })
    };
    ask(&to(good.url())).expect("a time stamp, from elsewhere");
    assert!(
        good.heads()[0].starts_with("POST"),
        "asked again, as before"
    );
    for elsewhere in [
        "file:///etc/passwd",
        "ftp://a.example/",
        "",
        "gopher:x",
        "\u{1b}x",
    ] {
        let fault = way_fault(&to(elsewhere.to_owned()));
        assert!(
            matches!(fault, Fault::Redirect(_) | Fault::Broken(_)),
            "{elsewhere}: {fault:?}"
        );
    }
    let round = Authority::start(|_, _, stream| {
        respond(stream, "302 Found", &[("Location", "/again")], b"");
    });
    assert!(matches!(way_fault(&round), Fault::Redirect(_)));
    assert_eq!(round.heads().len(), 4);
}

#[test]
fn what_is_no_answer_is_told_for_what_it_is() {
    let missing = Authority::saying("404 Not Found", "text/html", b"<h1>404</h1>");
    assert_eq!(way_fault(&missing), Fault::Status(404));
    let page = Authority::saying("200 OK", "text/html; charset=utf-8", b"<h1>TSA</h1>");
    assert_eq!(way_fault(&page), Fault::ContentType("text/html".into()));
    let nonsense = Authority::saying("200 OK", REPLY, b"<h1>TSA</h1>");
    assert!(matches!(
        ask(&nonsense),
        Err(StampError::Answer(AnswerFault::Object(_)))
    ));
    let empty = Authority::saying("200 OK", REPLY, b"");
    assert!(matches!(
        ask(&empty),
        Err(StampError::Answer(AnswerFault::Object(_)))
    ));
    let no_http = Authority::start(|_, _, stream| drop(stream.write_all(b"220 smtp\r\n")));
    assert!(matches!(way_fault(&no_http), Fault::Broken(_)));
    let gone = Authority::start(|_, _, _| {});
    assert!(matches!(way_fault(&gone), Fault::Broken(_)));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let nobody = Authority {
        port,
        asked: Arc::default(),
    };
    assert!(matches!(way_fault(&nobody), Fault::Connect(_)));
}

#[test]
fn a_proxy_is_asked_for_the_way() {
    let authority = Authority::stamping(|stamp| stamp.answer(0));
    // It takes CONNECT, and hands everything through.
    let target = authority.port;
    let proxy = Authority::start(move |_, _, stream| {
        let mut there = TcpStream::connect(("127.0.0.1", target)).expect("the authority");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let (mut from, mut to) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut there, stream);
        // The end of one side is the end of the other.
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    let through = |url: String| Asked {
        way: Way {
            proxy: Some(Secret::new(url)),
            ..Asked::default().way
        },
        ..Asked::default()
    };
    let asked = through(format!("http://ufficio:segreto@127.0.0.1:{}", proxy.port));
    ask_with(&authority, &asked).expect("a time stamp");
    let head = proxy.heads()[0].clone();
    assert!(
        head.starts_with(&format!("CONNECT 127.0.0.1:{target}")),
        "{head}"
    );
    let refusing = Authority::saying("403 Forbidden", "text/plain", b"");
    let asked = through(format!("http://127.0.0.1:{}", refusing.port));
    assert!(matches!(
        ask_with(&authority, &asked),
        Err(StampError::Way(Fault::ProxyRefuses(_)))
    ));
}

// The command.

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let world = Self { folder };
        fs::write(world.path("contratto.pdf"), CONTENT).unwrap();
        let pem = support::pki::pem("CERTIFICATE", &stamp::authority().to_der());
        fs::write(world.path("authority.pem"), pem).unwrap();
        let list = stamp::revoking(&[(&stamp::signer(), "2026-05-20T00:00:00Z", Some(1))]);
        fs::write(world.path("revoked.crl"), list).unwrap();
        fs::write(world.path("good.crl"), stamp::revoking(&[])).unwrap();
        fs::write(world.path("damaged.crl"), b"0\x03x").unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command
            .current_dir(self.folder.path())
            .arg("stamp")
            .args(words);
        for name in [
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "ALL_PROXY",
            "no_proxy",
            "NO_PROXY",
        ] {
            command.env_remove(name);
        }
        command.env_remove("PEC_STAMP_PASSWORD");
        command
    }

    /// Exit status, standard output, standard error.
    fn run(&self, words: &[&str]) -> (i32, String, String) {
        ran(&mut self.command(words))
    }

    /// Exit status and document, held against the schema.
    fn json(&self, words: &[&str]) -> (i32, Value) {
        let (exit, out, err) = self.run(&[words, &["--json"]].concat());
        let document = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{exit} {err}"));
        Schema::closed("stamp").holds(&document);
        (exit, document)
    }
}

fn ran(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("the program starts");
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_file_is_stamped_and_the_stamp_is_checked_later() {
    let world = World::new();
    let authority = Authority::stamping(|stamp| stamp.answer(1));
    let url = authority.url();
    let make = [
        "contratto.pdf",
        "--url",
        &url,
        "--tsa-anchor",
        "authority.pem",
    ];
    let (exit, made) = world.json(&make);
    assert_eq!(exit, 0, "{made}");
    assert_eq!(made["answer"], "valid");
    assert_eq!(made["token"], "contratto.pdf.tst");
    assert_eq!(made["stated"]["time"], "2026-05-04T08:15:02.25Z");
    assert_eq!(made["stated"]["second"], "2026-05-04T08:15:02Z");
    assert_eq!(made["stated"]["accuracy"], "1.5001");
    assert_eq!(made["stated"]["revocation"], "not-checked");
    assert_eq!(made["granted"]["modified"], true);
    // Never written over, and not asked for again.
    let (exit, _, err) = world.run(&make);
    assert_eq!((exit, authority.heads().len()), (2, 1), "{err}");
    assert!(err.contains("contratto.pdf.tst already exists"), "{err}");
    let check = ["--check", "contratto.pdf.tst", "--of", "contratto.pdf"];
    let with = |words: &[&'static str]| {
        world.json(&[&check[..], &["--tsa-anchor", "authority.pem"], words].concat())
    };
    let (exit, checked) = with(&[]);
    assert_eq!((exit, &checked["stated"]), (0, &made["stated"]));
    assert_eq!(checked["granted"], Value::Null);
    let (exit, checked) = with(&["--crl", "good.crl"]);
    assert_eq!(
        (exit, &checked["stated"]["revocation"]),
        (0, &"not-revoked".into())
    );
    let (exit, checked) = with(&["--crl", "revoked.crl"]);
    assert_eq!(
        (exit, &checked["fault"]),
        (1, &"revoked".into()),
        "{checked}"
    );
    assert_eq!(checked["stated"], Value::Null);
    // Nobody is trusted by default.
    let (exit, checked) = world.json(&check);
    assert_eq!((exit, &checked["fault"]), (3, &"unknown-authority".into()));
    fs::write(world.path("contratto.pdf"), b"octets that existed.").unwrap();
    let (exit, checked) = with(&[]);
    assert_eq!((exit, &checked["fault"]), (1, &"imprint".into()));
    assert_eq!(checked["answer"], "not-valid");
}

#[test]
fn what_it_proves_is_told_in_both_languages() {
    let world = World::new();
    let authority = Authority::stamping(|stamp| stamp.answer(0));
    let url = authority.url();
    let make = [
        "--to",
        "a.tst",
        "contratto.pdf",
        "--url",
        &url,
        "--tsa-anchor",
        "authority.pem",
    ];
    let (exit, out, err) = world.run(&[&["--lang", "en"], &make[..]].concat());
    assert_eq!((exit, &*err), (0, ""));
    for said in [
        "VALID: contratto.pdf, exactly as it is now, existed on 4 May 2026 at 10:15:02",
        "CN=Marca Temporale di Prova",
        "time: 2026-05-04T08:15:02.25Z, accurate to 1.5001 s",
        "revocation was not checked",
        "this computer's clock are far apart",
        "It does not prove who wrote them",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let check = [
        "--check",
        "a.tst",
        "--of",
        "contratto.pdf",
        "--tsa-anchor",
        "authority.pem",
    ];
    let (exit, out, _) = world.run(&[&["--lang", "it"], &check[..]].concat());
    assert_eq!(exit, 0);
    for said in [
        "VALIDA: contratto.pdf, esattamente come è ora, esisteva il 4 maggio 2026 alle ore 10:15:02",
        "Non dimostra chi li ha scritti",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
}

#[test]
fn a_token_of_an_unknown_authority_is_kept_and_another_fault_leaves_nothing() {
    let world = World::new();
    let authority = Authority::stamping(|stamp| stamp.answer(0));
    let (exit, made) = world.json(&["contratto.pdf", "--url", &authority.url()]);
    assert_eq!((exit, &made["answer"]), (3, &"cannot-tell".into()));
    assert!(world.path("contratto.pdf.tst").is_file());
    let wrong = Authority::stamping(|stamp| {
        let nonce = der::integer(&[9; 16]);
        Stamp { nonce, ..stamp }.answer(0)
    });
    let words = ["contratto.pdf", "--url", &wrong.url(), "--to", "b.tst"];
    let (exit, made) = world.json(&[&words[..], &["--tsa-anchor", "authority.pem"]].concat());
    assert_eq!(
        (exit, &made["fault"], &made["token"]),
        (1, &"nonce".into(), &Value::Null)
    );
    assert!(!world.path("b.tst").exists());
    // Nor is anything left beside it, and where nothing can be written nothing is asked for.
    let names = fs::read_dir(world.folder.path()).unwrap().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert!(!names.any(|name| name.starts_with('.')));
    let asked = authority.heads().len();
    let words = [
        "contratto.pdf",
        "--url",
        &authority.url(),
        "--to",
        "none/c.tst",
    ];
    assert_eq!(world.run(&words).0, 2);
    assert_eq!(authority.heads().len(), asked);
}

#[test]
fn failures_have_their_words_and_their_status() {
    let world = World::new();
    let at = |authority: &Authority| {
        let url = authority.url();
        let (exit, out, err) = world.run(&["--lang", "en", "contratto.pdf", "--url", &url]);
        assert!(out.is_empty(), "{out}");
        (exit, err)
    };
    let not_found = Authority::saying("404 Not Found", "text/html", b"");
    let (exit, err) = at(&not_found);
    assert!(exit == 4 && err.contains("HTTP 404"), "{exit} {err}");
    let contract = Authority::saying("401 Unauthorized", "text/html", b"");
    assert_eq!(at(&contract).0, 5);
    let (exit, err) = at(&Authority::saying("200 OK", "text/html", b"<p>"));
    assert!(
        exit == 4 && err.contains("of type text/html"),
        "{exit} {err}"
    );
    let rejecting = Authority::stamping(|_| stamp::rejection("credito esaurito"));
    let (exit, err) = at(&rejecting);
    assert!(
        exit == 5 && err.contains("rejection, unacceptedPolicy"),
        "{exit} {err}"
    );
    assert!(err.contains("credito esaurito"), "{err}");
    assert!(!world.path("contratto.pdf.tst").exists());
    for (words, said) in [
        (
            &["contratto.pdf", "--url", "file:///etc/passwd"][..],
            "is not an address",
        ),
        (
            &["contratto.pdf", "--url", "http://a:segreto@b.example/"],
            "a password",
        ),
        (
            &[
                "contratto.pdf",
                "--url",
                "http://b.example/",
                "--policy",
                "x",
            ],
            "is not a policy",
        ),
        (
            &[
                "contratto.pdf",
                "--url",
                "https://b.example/",
                "--user",
                "a",
            ],
            "PEC_STAMP_PASSWORD",
        ),
        (&["nulla.pdf", "--url", "http://b.example/"], "nulla.pdf"),
        (
            &["--check", "contratto.pdf", "--of", "contratto.pdf"],
            "is not a time stamp",
        ),
        (
            &["--check", "nulla.tst", "--of", "contratto.pdf"],
            "nulla.tst",
        ),
        (
            &["--check", "a", "--of", "b", "--crl", "damaged.crl"],
            "damaged.crl",
        ),
        (&["contratto.pdf"], "--url"),
        (&["--check", "a.tst"], "--of"),
    ] {
        let (exit, _, err) = world.run(&[&["--lang", "en"], words].concat());
        assert!(exit == 2 && err.contains(said), "{words:?}: {exit} {err}");
        assert!(!err.contains("segreto"), "{err}");
    }
    // A password does not leave over http, nor to the screen.
    let open = Authority::stamping(|stamp| stamp.answer(0));
    let url = open.url();
    let mut command = world.command(&["contratto.pdf", "--url", &url, "--user", "a"]);
    let (exit, out, err) = ran(command.env("PEC_STAMP_PASSWORD", "segreto"));
    assert_eq!(exit, 2, "{err}");
    assert!(
        !out.contains("segreto") && !err.contains("segreto"),
        "{err}"
    );
    assert!(open.heads().is_empty());
}

#[test]
fn the_proxy_of_the_environment_is_used_unless_told_otherwise() {
    let world = World::new();
    let authority = Authority::stamping(|stamp| stamp.answer(0));
    let refusing = Authority::saying("403 Forbidden", "text/plain", b"");
    let (url, proxy) = (
        authority.url(),
        format!("http://127.0.0.1:{}", refusing.port),
    );
    let run = |to: &str, words: &[&str], environment: &[(&str, &str)]| {
        let words = [&["contratto.pdf", "--url", &url, "--to", to], words].concat();
        ran(world.command(&words).envs(environment.iter().copied())).0
    };
    let by_environment = [("http_proxy", &*proxy)];
    assert_eq!(run("a.tst", &[], &by_environment), 4);
    assert_eq!(run("b.tst", &[], &[("all_proxy", &proxy)]), 4);
    assert_eq!(run("c.tst", &["--proxy", &proxy], &[]), 4);
    assert_eq!(run("d.tst", &["--proxy", "none"], &by_environment), 3);
    let except = [by_environment[0], ("no_proxy", "127.0.0.1")];
    assert_eq!(run("e.tst", &[], &except), 3);
    assert_eq!(run("f.tst", &[], &[("https_proxy", &proxy)]), 3);
}

#[test]
fn an_answer_that_was_kept_whole_is_checked_too() {
    let fixtures = support::fixtures_folder();
    let name = |file: &str| fixtures.join(file).display().to_string();
    let world = World::new();
    for token in ["stamps/accettazione.eml.tst", "stamps/accettazione.eml.tsr"] {
        let (token, of) = (name(token), name("receipts/accettazione.eml"));
        let anchor = name("stamps/authority.pem");
        let words = ["--check", &token, "--of", &of, "--tsa-anchor", &anchor];
        let (exit, checked) = world.json(&words);
        assert_eq!(exit, 0, "{checked}");
        assert_eq!(
            Path::new(checked["token"].as_str().unwrap()),
            Path::new(&token)
        );
    }
}
