//! The whole program as a shell meets it: arguments, streams, exit status, languages.
//!
//! What the verdict on a message must be is the business of `vectors.rs`.

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::printable::is_deceptive;
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use serde_json::Value;
use support::receipt::{Kind, RECIPIENT, Receipt};
use support::skipped::skipped;
use tempfile::TempDir;

const GENUINE: &str = "receipts/avvenuta-consegna-completa.eml";
const ALTERED: &str = "vectors/a-signature/recipient-changed-after-signing.eml";
const UNDECIDED: &str = "vectors/a-signature/certificate-of-the-signer-missing.eml";
const ORDINARY: &str = "sent/richiesta.eml";
const MISSING: &str = "no-such-file.eml";
const TRUST: [&str; 2] = ["--trust", "pki/trust.toml"];

#[derive(Debug, PartialEq, Eq)]
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Ran {
    fn first(&self) -> &str {
        self.out.lines().next().unwrap_or_default()
    }
}

/// `pec` in `fixtures/`, in an English locale and without the user's variables.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
    command.current_dir(support::fixtures_folder());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "TERM"] {
        command.env_remove(name);
    }
    command
}

fn finish(mut command: Command) -> Ran {
    let output = command.output().expect("the program starts");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn pec<S: AsRef<OsStr>>(args: &[S]) -> Ran {
    let mut command = program();
    command.args(args);
    finish(command)
}

/// `pec verify --trust … ARGS`.
fn verify<S: AsRef<OsStr>>(args: &[S]) -> Ran {
    let mut command = program();
    command.arg("verify").args(TRUST).args(args);
    finish(command)
}

fn with_stdin(args: &[&str], input: &[u8]) -> Ran {
    let mut command = program();
    command.arg("verify").args(TRUST).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input).expect("a reader");
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::new(),
    }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(support::fixtures_folder().join(name)).expect("a fixture")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn write(folder: &TempDir, name: &str, octets: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, octets).expect("a file");
    path.to_string_lossy().into_owned()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
}

fn files_of(results: &Value) -> Vec<&str> {
    let results = results.as_array().expect("results");
    results
        .iter()
        .filter_map(|result| result["file"].as_str())
        .collect()
}

// Exit status

#[test]
fn each_verdict_has_its_status_and_of_several_the_worst_wins() {
    for (files, status) in [
        (&[GENUINE][..], 0),
        (&[ALTERED], 1),
        (&[ORDINARY], 1),
        (&[MISSING], 2),
        (&[UNDECIDED], 3),
        (&[GENUINE, GENUINE], 0),
        (&[GENUINE, MISSING], 2),
        (&[MISSING, UNDECIDED, GENUINE], 3),
        (&[UNDECIDED, ALTERED, MISSING], 1),
        (&[GENUINE, UNDECIDED, ORDINARY], 1),
    ] {
        for format in [&[][..], &["--json"], &["--ndjson"], &["--quiet"]] {
            let ran = verify(&[format, files].concat());
            assert_eq!(ran.status, status, "{format:?} {files:?}");
        }
    }
}

#[test]
fn quiet_writes_nothing_where_all_is_well_and_all_where_it_is_not() {
    for files in [
        &[ALTERED][..],
        &[MISSING],
        &[UNDECIDED],
        &[GENUINE, ALTERED, MISSING],
    ] {
        let (loud, quiet) = (verify(files), verify(&[&["--quiet"], files].concat()));
        // The line that says when it was verified may be a second later.
        let said = |ran: &Ran| ran.out.lines().count() + ran.err.lines().count();
        assert!(said(&quiet) > 0, "{files:?}");
        assert_eq!(said(&quiet), said(&loud), "{files:?}");
    }
    for quiet in ["-q", "--quiet"] {
        let ran = verify(&[quiet, GENUINE]);
        assert_eq!((&*ran.out, &*ran.err), ("", ""));
    }
    // Results that a program reads are there in any case.
    assert!(
        verify(&["-q", "--json", GENUINE])
            .out
            .contains("pec/verify")
    );
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for format in [&[][..], &["--ndjson"], &["--json", "--all"]] {
        let mut command = program();
        command.arg("verify").args(TRUST).args(format);
        // More than a pipe holds.
        command.args(["receipts"; 100]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut start = [0; 40];
        let mut out = child.stdout.take().expect("a pipe");
        out.read_exact(&mut start).expect("a beginning");
        drop(out);
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{format:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format:?}");
    }
}

#[test]
fn what_sends_writes_one_document_and_says_its_schema() {
    let schema = pec(&["send", "--json-schema"]);
    assert_eq!(schema.status, 0);
    for command in [&["reply"][..], &["forward"], &["draft", "send"]] {
        let ran = pec(&[command, &["--json-schema"]].concat());
        assert_eq!((ran.status, &ran.out), (0, &schema.out), "{command:?}");
        // Its twin: without it a message or draft is needed.
        assert_eq!(pec(&[command, &["--json"]].concat()).status, 2);
    }
}

/// Its twin: who reads is there, and the disk is full.
#[test]
fn a_full_disk_under_the_answer_is_not_now() {
    let verify = [&["verify"], &TRUST[..], &["--ndjson", GENUINE]].concat();
    let commands = [
        &verify[..],
        &["man", "verify"],
        &["completions", "bash"],
        &["batch", "template"],
        &["verify", "--json-schema"],
    ];
    for arguments in commands {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = program();
        command.args(arguments).stdout(full.expect("a full disk"));
        let output = command.output().expect("the program starts");
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("cannot write the result"), "{told}");
    }
}

// Inputs

#[test]
fn standard_input_is_one_message_and_can_be_read_once() {
    let ran = with_stdin(&["--json", "-"], &fixture(GENUINE));
    assert_eq!(ran.status, 0);
    assert_eq!(files_of(&document(&ran)["results"]), ["-"]);
    let ran = with_stdin(&["--json", "-", GENUINE, "-"], &fixture(GENUINE));
    assert_eq!(ran.status, 2);
    assert_eq!(
        document(&ran)["errors"][0]["error"]["id"],
        "input.stdin-twice"
    );
    assert_eq!(with_stdin(&["-"], b"").status, 1);
}

#[test]
fn folders_maildirs_mboxes_and_archives_hold_messages() {
    let home = folder();
    let one = fixture(GENUINE);
    let two = fixture("receipts/accettazione.eml");
    write(&home, "folder/sub/b.eml", &one);
    write(&home, "folder/a.eml", &two);
    for name in ["Maildir/new/1.x", "Maildir/cur/2.x:2,S"] {
        write(&home, name, &one);
    }
    fs::create_dir(home.path().join("Maildir/tmp")).expect("a folder");
    let mut mbox = Vec::new();
    for octets in [&one, &two] {
        mbox.extend_from_slice(b"From posta@pec.example Mon May  4 10:15:07 2026\n");
        mbox.extend(octets.iter().filter(|&&octet| octet != b'\r'));
        mbox.extend_from_slice(b"\n");
    }
    write(&home, "mail.mbox", mbox);
    let mut archive = zip::ZipWriter::new(fs::File::create(home.path().join("mail.zip")).unwrap());
    for (name, octets) in [("x/a.eml", &one), ("b.eml", &two)] {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .expect("an entry");
        archive.write_all(octets).expect("an entry");
    }
    archive.finish().expect("a zip");
    for (input, names) in [
        ("folder", ["folder/a.eml", "folder/sub/b.eml"]),
        ("mail.mbox", ["mail.mbox#1", "mail.mbox#2"]),
        ("mail.zip", ["mail.zip!/x/a.eml", "mail.zip!/b.eml"]),
    ] {
        let ran = verify(&["--json".into(), text(&home.path().join(input))]);
        let prefix = format!("{}/", text(home.path()));
        let document = document(&ran);
        let files: Vec<_> = files_of(&document["results"])
            .iter()
            .map(|name| name.replacen(&prefix, "", 1))
            .collect();
        assert_eq!(files, names);
        assert_eq!(ran.status, 0, "{input}: {}", ran.out);
    }
    let ran = verify(&["--json".into(), text(&home.path().join("Maildir"))]);
    assert_eq!(
        (ran.status, &document(&ran)["totals"]["genuine"]),
        (0, &2.into())
    );
    let empty = folder();
    assert_eq!(verify(&[empty.path()]).status, 2);
}

#[test]
fn results_come_in_the_order_of_the_files() {
    // More than one round of work, small and large, good and bad, mixed.
    let kinds = [
        GENUINE,
        ALTERED,
        ORDINARY,
        "vectors/g-handling/empty-file.eml",
        UNDECIDED,
    ];
    let home = folder();
    let mut names = Vec::new();
    for number in 0..600 {
        let octets = fixture(kinds[number * number % kinds.len()]);
        names.push(write(&home, &format!("{number:04}.eml"), octets));
    }
    let ran = verify(&[&["--ndjson".to_owned()], &names[..]].concat());
    let found: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    let found: Vec<&str> = found
        .iter()
        .filter_map(|line| line["file"].as_str())
        .collect();
    assert_eq!(found, names);
    // A folder by its names; the command line as it was written.
    let ran = verify(&["--json".into(), text(home.path())]);
    assert_eq!(files_of(&document(&ran)["results"]), names);
    names.reverse();
    let ran = verify(&[&["--json".to_owned()], &names[..]].concat());
    assert_eq!(files_of(&document(&ran)["results"]), names);
    let rows = verify(&names).out;
    let rows: Vec<&str> = rows
        .lines()
        .filter_map(|line| line.rsplit_once("  ").map(|(_, last)| last))
        .filter(|last| last.ends_with(".eml"))
        .collect();
    assert_eq!(rows, names);
}

#[test]
fn the_same_question_has_the_same_answer() {
    let files = ["receipts", "vectors", MISSING].map(|name| text(&in_fixtures(name)));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for format in [
        &[][..],
        &["--json"],
        &["--ndjson"],
        &["--all", "--lang", "it"],
    ] {
        let args = [format, &files].concat();
        let (once, again) = (run(&args, false, false), run(&args, false, false));
        assert!(once.len() > 10_000, "{format:?}");
        assert!(once == again, "{format:?}: two runs differ");
    }
}

// Usage

#[test]
fn what_is_wrong_with_the_arguments_is_named_in_the_language_of_the_user() {
    // Arguments, then words in English and in Italian.
    for (args, english, italian) in [
        (
            &["verify", "--jsn", "x"][..],
            &[
                "unknown option --jsn",
                "did you mean --json?",
                "pec verify --help",
            ][..],
            &[
                "opzione sconosciuta --jsn",
                "si intendeva --json?",
                "pec verify --help",
            ][..],
        ),
        (
            &["send", "--reciept", "x"],
            &["unknown option --reciept", "did you mean --receipt?"],
            &["opzione sconosciuta --reciept", "si intendeva --receipt?"],
        ),
        (
            &["send", "--resend"],
            &["missing", "--resume", "pec send --help"],
            &["manca", "--resume", "pec send --help"],
        ),
        (
            &["watch", "--pol", "1s"],
            &["unknown option --pol", "did you mean --poll?"],
            &["opzione sconosciuta --pol", "si intendeva --poll?"],
        ),
        (
            &["wait", "x", "--timout", "1s"],
            &["unknown option --timout", "did you mean --timeout?"],
            &["opzione sconosciuta --timout", "si intendeva --timeout?"],
        ),
        (
            &["wait", "x", "--timeout", "soon"],
            &["invalid value for --timeout <TIME>: soon"],
            &["valore non ammesso per --timeout <DURATA>: soon"],
        ),
        (
            &["demo", "--kep", "x"],
            &["unknown option --kep", "did you mean --keep?"],
            &["opzione sconosciuta --kep", "si intendeva --keep?"],
        ),
        (
            &["verfy", "x"],
            &[
                "unknown command verfy",
                "did you mean verify?",
                "pec --help",
            ],
            &[
                "comando sconosciuto verfy",
                "si intendeva verify?",
                "pec --help",
            ],
        ),
        (&["verify"], &["missing", "FILE"], &["manca", "FILE"]),
        (&["completions"], &["missing", "SHELL"], &["manca", "SHELL"]),
        (
            &["verify", GENUINE, "--sent"],
            &["--sent", "requires a value"],
            &["--sent", "richiede un valore"],
        ),
        (
            &["verify", "--json", "--ndjson", "x"],
            &["--json", "and --ndjson cannot be used together"],
            &["--json", "e --ndjson non possono essere usati insieme"],
        ),
        (
            &["--color", "purple", "verify", "x"],
            &[
                "invalid value for --color <WHEN>: purple",
                "auto, always, never",
            ],
            &["valore non ammesso per --color <QUANDO>: purple"],
        ),
        (&["completions", "tcsh"], &[": tcsh"], &[": tcsh"]),
        (
            &["verify", "--at", "ieri", GENUINE],
            &["--at ieri: not a date or time", "2026-11-28T15:39:27Z"],
            &[
                "--at ieri: data od ora non riconosciuta",
                "2026-11-28T15:39:27Z",
            ],
        ),
        (
            &["verify", MISSING],
            &[
                "cannot read no-such-file.eml: no such file or folder",
                "check the path",
            ],
            &[
                "impossibile leggere no-such-file.eml: file o cartella inesistente",
                "controllare",
            ],
        ),
        (
            &["verify", "--trust", MISSING, GENUINE],
            &["cannot read no-such-file.eml"],
            &["impossibile leggere no-such-file.eml"],
        ),
        (
            &["verify", "--trust", GENUINE, GENUINE],
            &["is not a trust file", "pec-verify(1), TRUST"],
            &[
                "non è un elenco di autorità valido",
                "pec-verify(1), FIDUCIA",
            ],
        ),
        (
            &["verify", "--anchor", GENUINE, GENUINE],
            &["no usable authority certificate"],
            &["non contiene certificati di autorità"],
        ),
        (
            &["verify", "--crl", GENUINE, GENUINE],
            &["not a revocation list", "DER or PEM"],
            &["non è una lista di revoca", "DER o PEM"],
        ),
        (
            &["verify", "--providers", GENUINE, GENUINE],
            &["cannot be used as a provider list", "LDIF"],
            &["non è utilizzabile come elenco dei gestori", "LDIF"],
        ),
        (
            &["verify", "--acceptance", GENUINE, GENUINE],
            &[
                "is not a genuine acceptance receipt",
                "pec verify receipts/",
            ],
            &[
                "non è una ricevuta di accettazione autentica",
                "pec verify receipts/",
            ],
        ),
        (
            &["man", "nowhere"],
            &[
                "there is no page nowhere",
                "account, account-add",
                "completions, man",
            ],
            &[
                "non esiste una pagina nowhere",
                "account, account-add",
                "completions, man",
            ],
        ),
    ] {
        for (lang, words) in [("en", english), ("it", italian)] {
            let ran = pec(&[&["--lang", lang], args].concat());
            assert_eq!((ran.status, &*ran.out), (2, ""), "{args:?}");
            for word in words {
                assert!(
                    ran.err.contains(word),
                    "{args:?}: no {word:?} in\n{}",
                    ran.err
                );
            }
        }
    }
}

#[test]
fn the_language_is_that_of_the_option_then_of_the_first_variable_set() {
    let (italian, english) = ("CONSEGNATO. Ricevuta", "DELIVERED. Genuine");
    for (variables, option, starts) in [
        (&[][..], None, english),
        (&[("LANG", "it_IT.UTF-8")][..], None, italian),
        (
            &[("LANG", "it_IT.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")],
            None,
            english,
        ),
        (&[("LANG", "C"), ("LC_MESSAGES", "it_IT")], None, italian),
        (
            &[("LC_MESSAGES", "it_IT"), ("LC_ALL", "C.UTF-8")],
            None,
            english,
        ),
        (&[("LANG", "en_US"), ("LC_ALL", "it_CH")], None, italian),
        // Empty is unset.
        (&[("LC_ALL", ""), ("LANG", "it")], None, italian),
        (&[("LANG", "de_DE.UTF-8")], None, english),
        (&[("LC_ALL", "it_IT.UTF-8")], Some("en"), english),
        (&[("LC_ALL", "C")], Some("it"), italian),
    ] {
        let mut command = program();
        command.arg("verify").args(TRUST).arg(GENUINE);
        command.envs(variables.iter().copied());
        option.map(|lang| command.args(["--lang", lang]));
        let ran = finish(command);
        assert!(
            ran.first().starts_with(starts),
            "{variables:?} {option:?}: {}",
            ran.first()
        );
    }
    // Before or after the command, with a blank or a sign between.
    for args in [&["--lang=it", "verify"][..], &["--lang", "it", "verify"]] {
        assert!(
            pec(&[args, &TRUST, &[GENUINE]].concat())
                .first()
                .starts_with(italian)
        );
    }
    assert!(verify(&["--lang=it", GENUINE]).first().starts_with(italian));
}

// What is shown

fn in_fixtures(name: &str) -> PathBuf {
    support::fixtures_folder().join(name)
}

/// `pec verify --trust … ARGS` as `main` runs it, with the clock stopped and streams of our own.
fn run(args: &[&str], terminal: bool, no_color: bool) -> String {
    let now = Timestamp::parse("2026-11-22").expect("a day");
    run_at(now, args, terminal, no_color)
}

fn run_at(now: Timestamp, args: &[&str], terminal: bool, no_color: bool) -> String {
    let context = Context {
        stdout_is_terminal: terminal,
        no_color,
        ..Context::fixed(now, Lang::En)
    };
    let trust = text(&in_fixtures("pki/trust.toml"));
    let args = [&["pec", "verify", "--trust", &trust], args].concat();
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    command::run(args, &context, &mut out, &mut err).expect("memory to write to");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn colour_is_for_terminals_unless_told_otherwise() {
    let is_colored = |text: &str| text.contains("\u{1b}[");
    for (args, terminal, no_color, expected) in [
        (&[][..], true, false, true),
        (&[], true, true, false),
        (&[], false, false, false),
        (&["--color", "always"], false, false, true),
        (&["--color", "always"], true, true, true),
        (&["--color", "never"], true, false, false),
        (&["--color", "auto"], true, false, true),
        // Programs read this.
        (&["--color", "always", "--json"], true, false, false),
    ] {
        let file = text(&in_fixtures(GENUINE));
        let out = run(&[args, &[&file]].concat(), terminal, no_color);
        assert_eq!(is_colored(&out), expected, "{args:?} {terminal} {no_color}");
    }
    assert!(is_colored(&verify(&["--color", "always", GENUINE]).out));
    assert!(!is_colored(&verify(&[GENUINE]).out));
}

/// No character that acts on a terminal or on the reader.
fn assert_safe(ran: &Ran, about: &str) {
    for (stream, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
        if let Some(at) = text.find(|c| is_deceptive(c) && c != '\n') {
            let around: String = text[at..].chars().take(20).collect();
            panic!("{about}: {stream} has {around:?}");
        }
    }
}

/// ANSI, carriage return, bidirectional override, zero width, C1, tag.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;x\u{7}\rb\u{202e}c\u{200b}d\u{9b}31m\u{e0041}e";
/// What XML allows of it.
const HOSTILE_IN_XML: &str = "b\u{202e}c\u{200b}d\u{9b}31m\u{e0041}e";

fn hostile_messages() -> Vec<(&'static str, Vec<u8>)> {
    let text = || Some(HOSTILE_IN_XML.to_owned());
    let address = format!("{HOSTILE_IN_XML}@pec.example");
    let everywhere = {
        let mut receipt = Receipt::new(Kind::NonDelivery);
        let data = &mut receipt.daticert;
        (data.subject, data.message_id, data.extended_error) = (text(), text(), text());
        data.provider = HOSTILE_IN_XML.into();
        data.identifier = HOSTILE_IN_XML.into();
        data.sender = address.clone();
        data.reply_to = address.clone();
        data.delivered_to = Some(address.clone());
        data.recipients
            .push((address.clone(), "certificato".into()));
        receipt
    };
    let mut header = Receipt::new(Kind::Delivery).message().header(|header| {
        for name in ["Subject", "From", "To", "Date", "Message-ID", "X-Ricevuta"] {
            header.set(name, format!("{HOSTILE} <{HOSTILE}@pec.example>"));
        }
        header.set("X-Riferimento-Message-ID", HOSTILE);
        header.add("Reply-To", format!("\"{HOSTILE}\" <{HOSTILE}@x>"));
        header.add("Sender", HOSTILE);
    });
    header.preamble = format!("{HOSTILE}\r\n\r\n");
    header.epilogue = format!("{HOSTILE}\r\n");
    let mut malformed = Receipt::new(Kind::Delivery);
    malformed.xml = Some(format!("<postacert {HOSTILE}>").into_bytes());
    let kinds = |word: &str| {
        let mut receipt = Receipt::new(Kind::Delivery);
        let xml = receipt.daticert.to_xml();
        receipt.xml = Some(xml.replacen("avvenuta-consegna", word, 1).into_bytes());
        receipt.to_eml()
    };
    let mut type_line = Receipt::new(Kind::Delivery).message();
    type_line.content_type = Some(format!(
        "multipart/signed; protocol=\"{HOSTILE}\"; micalg=\"{HOSTILE}\"; boundary=\"{}\"",
        type_line.boundary
    ));
    vec![
        ("data", everywhere.to_eml()),
        ("header", header.to_eml()),
        ("xml", malformed.to_eml()),
        ("kind", kinds(HOSTILE_IN_XML)),
        ("unknown element", {
            let mut receipt = Receipt::new(Kind::Delivery);
            let xml = receipt.daticert.to_xml();
            let more = format!("<x{HOSTILE_IN_XML}/></dati>");
            receipt.xml = Some(xml.replacen("</dati>", &more, 1).into_bytes());
            receipt.to_eml()
        }),
        ("type", type_line.to_eml()),
    ]
}

#[test]
fn nothing_in_a_message_reaches_the_terminal_raw() {
    let home = folder();
    let mut files = Vec::new();
    for (name, octets) in hostile_messages() {
        files.push(write(&home, &format!("{name} {HOSTILE}.eml"), octets));
    }
    files.push(write(&home, &format!("new\nline {HOSTILE}.eml"), b"x"));
    files.push(format!("missing {HOSTILE}"));
    let formats = [
        &[][..],
        &["--all"],
        &["--json"],
        &["--ndjson", "--all"],
        &["--sent", ORDINARY],
        &["--acceptance", "receipts/accettazione.eml"],
        &["--providers", "providers/igpec.ldif.p7m"],
    ];
    for format in formats {
        for lang in ["it", "en"] {
            let options: Vec<String> = [format, &["--lang", lang]]
                .concat()
                .into_iter()
                .map(String::from)
                .collect();
            let about = format!("{format:?} {lang}");
            assert_safe(&verify(&[&options[..], &files].concat()), &about);
            for file in &files {
                let ran = verify(&[&options[..], std::slice::from_ref(file)].concat());
                assert_safe(&ran, &format!("{about} {file:?}"));
            }
        }
    }
    // The data were read, and the header was quoted.
    let ran = verify(&[&files[1]]);
    assert!(ran.out.contains("\\u{1b}[2J"), "{}", ran.out);
    let ran = verify(&["--json", &files[0]]);
    assert_eq!(
        document(&ran)["results"][0]["facts"]["subject"],
        HOSTILE_IN_XML
    );
}

#[test]
fn nothing_in_an_argument_reaches_the_terminal_raw() {
    let home = folder();
    let bad = write(&home, &format!("{HOSTILE}.toml"), HOSTILE);
    let trust = write(
        &home,
        &format!("{HOSTILE}-good.toml"),
        fixture("pki/trust.toml"),
    );
    let sent = write(&home, &format!("{HOSTILE}.pdf"), HOSTILE);
    let option = format!("--{HOSTILE}");
    for args in [
        &["verify", &option, "x"][..],
        &[HOSTILE],
        &["--lang", HOSTILE, "verify", "x"],
        &["--color", HOSTILE, "verify", "x"],
        &["completions", HOSTILE],
        &["man", HOSTILE],
        &["verify", HOSTILE],
        &["verify", "--at", HOSTILE, GENUINE],
        &["verify", "--trust", &bad, GENUINE],
        &["verify", "--anchor", &bad, GENUINE],
        &["verify", "--crl", &bad, GENUINE],
        &["verify", "--providers", &bad, GENUINE],
        &["verify", "--acceptance", &bad, GENUINE],
        &["verify", "--trust", &trust, "--sent", &sent, GENUINE],
        &["verify", "--trust", &trust, "--sent", &sent, "receipts"],
        &["verify", "--trust", &trust, "--json", GENUINE],
    ] {
        for lang in ["it", "en"] {
            let mut command = program();
            command.args(args).env("LC_ALL", lang);
            assert_safe(&finish(command), &format!("{args:?} {lang}"));
        }
    }
}

/// The sentence after the verdict and the trust data.
fn told(ran: &Ran) -> &str {
    ran.first().split_once(": ").map_or("", |(_, told)| told)
}

#[test]
fn the_first_line_says_the_fact_first_and_then_whether_it_is_authentic() {
    // The word, what it is, the rest; in both languages.
    for (file, italian, english) in [
        (
            "accettazione",
            [
                "ACCETTATO",
                "Ricevuta di accettazione autentica",
                "il 4 maggio 2026 alle ore 10:15:02 il gestore Gestore Mittente S.p.A. ha accettato per la spedizione il messaggio di studio@pec.mittente.example. Non è prova di consegna.",
            ],
            [
                "ACCEPTED",
                "Genuine acceptance receipt",
                "on 4 May 2026 at 10:15:02 (Italian time) the provider Gestore Mittente S.p.A. accepted the message of studio@pec.mittente.example for dispatch. It does not prove delivery.",
            ],
        ),
        (
            "non-accettazione",
            [
                "NON SPEDITO",
                "Avviso di non accettazione autentico",
                "non è partito per nessun destinatario. Causa dichiarata: ",
            ],
            [
                "NOT SENT",
                "Genuine notice of non-acceptance",
                "it left for no recipient. Stated cause: ",
            ],
        ),
        (
            "presa-in-carico",
            [
                "IN TRANSITO",
                "Ricevuta di presa in carico autentica",
                "Non è prova di consegna.",
            ],
            [
                "IN TRANSIT",
                "Genuine taking-charge receipt",
                "It does not prove delivery.",
            ],
        ),
        (
            "avvenuta-consegna-completa",
            [
                "CONSEGNATO",
                "Ricevuta di avvenuta consegna (completa) autentica",
                "il 4 maggio 2026 alle ore 10:15:07 il messaggio è stato reso disponibile nella casella ufficio@pec.destinatario.example. La ricevuta contiene il messaggio con i suoi allegati (firma: Gestore Destinatario S.r.l.).",
            ],
            [
                "DELIVERED",
                "Genuine delivery receipt (complete)",
                "on 4 May 2026 at 10:15:07 (Italian time) the message was made available in the mailbox ufficio@pec.destinatario.example. The receipt contains the message with its attachments (signed by Gestore Destinatario S.r.l.).",
            ],
        ),
        (
            "avvenuta-consegna-breve",
            [
                "CONSEGNATO",
                "Ricevuta di avvenuta consegna (breve) autentica",
                "La ricevuta contiene il testo e, al posto di ogni allegato, la sua impronta SHA-1",
            ],
            [
                "DELIVERED",
                "Genuine delivery receipt (brief)",
                "contains the text and, in place of each attachment, its SHA-1 digest",
            ],
        ),
        (
            "avvenuta-consegna-sintetica",
            [
                "CONSEGNATO",
                "Ricevuta di avvenuta consegna (sintetica) autentica",
                "La ricevuta non contiene il messaggio: non mostra che cosa è stato consegnato",
            ],
            [
                "DELIVERED",
                "Genuine delivery receipt (concise)",
                "does not contain the message: it does not show what was delivered",
            ],
        ),
        (
            "posta-certificata",
            [
                "MESSAGGIO DI POSTA CERTIFICATA",
                "Busta di trasporto autentica",
                "Attesta la casella di partenza, non la persona; non attesta la consegna",
            ],
            [
                "CERTIFIED MESSAGE",
                "Genuine transport envelope",
                "It attests the mailbox, not the person; it does not attest delivery",
            ],
        ),
        (
            "errore-consegna",
            [
                "NON CONSEGNATO",
                "Avviso di mancata consegna autentico",
                "il 4 maggio 2026 alle ore 10:15:07 il messaggio non è stato consegnato a ufficio@pec.destinatario.example. Causa dichiarata: 5.1.1",
            ],
            [
                "NOT DELIVERED",
                "Genuine notice of non-delivery",
                "the message was not delivered to ufficio@pec.destinatario.example. Stated cause: 5.1.1",
            ],
        ),
        (
            "preavviso-12-ore",
            [
                "IN ATTESA",
                "Primo avviso di mancata consegna (12 ore) autentico",
                "Non è un esito definitivo",
            ],
            [
                "WAITING",
                "Genuine first notice of non-delivery (12 hours)",
                "This is no final outcome",
            ],
        ),
        (
            "preavviso-24-ore",
            [
                "NON CONSEGNATO ENTRO 24 ORE",
                "Avviso finale di mancata consegna (24 ore) autentico",
                "entro il tempo massimo",
            ],
            [
                "NOT DELIVERED WITHIN 24 HOURS",
                "Genuine final notice of non-delivery (24 hours)",
                "within the maximum time",
            ],
        ),
        (
            "rilevazione-virus",
            [
                "NON CONSEGNATO",
                "Avviso di rilevazione virus autentico",
                "è un avviso scambiato tra gestori",
            ],
            [
                "NOT DELIVERED",
                "Genuine virus notice",
                "this notice passes between providers",
            ],
        ),
        (
            "anomalia",
            [
                "NON È POSTA CERTIFICATA",
                "Busta di anomalia autentica",
                "non certifica né il mittente né il contenuto",
            ],
            [
                "NOT CERTIFIED MAIL",
                "Genuine anomaly envelope",
                "certifies neither its sender nor its content",
            ],
        ),
    ] {
        let file = format!("receipts/{file}.eml");
        for (lang, by, [head, genuine, says]) in [
            ("it", "secondo i dati di fiducia di", italian),
            ("en", "by the trust data of", english),
        ] {
            let ran = verify(&["--lang", lang, &file]);
            let start = format!("{head}. {genuine} {by} pki/trust.toml: ");
            let said = ran.first().strip_prefix(&*start);
            assert!(
                said.is_some_and(|said| said.contains(says)),
                "{}",
                ran.first()
            );
            assert!(ran.first().ends_with('.') && !ran.first().ends_with(".."));
        }
    }
}

#[test]
fn what_a_receipt_holds_and_certifies_is_told_to_programs() {
    for (file, certifies, contains) in [
        ("accettazione", "dispatch", "without"),
        ("non-accettazione", "failure", "without"),
        ("presa-in-carico", "pending", "without"),
        ("avvenuta-consegna-completa", "delivery", "with-original"),
        ("avvenuta-consegna-breve", "delivery", "with-hashes"),
        ("avvenuta-consegna-sintetica", "delivery", "without"),
        ("errore-consegna", "failure", "without"),
        ("preavviso-12-ore", "pending", "without"),
        ("preavviso-24-ore", "failure", "without"),
        ("rilevazione-virus", "failure", "without"),
        ("posta-certificata", "origin", "with-original"),
        ("anomalia", "nothing", "with-original"),
    ] {
        let ran = verify(&["--json", &format!("receipts/{file}.eml")]);
        let result = &document(&ran)["results"][0];
        assert_eq!(result["certifies"], certifies, "{file}");
        assert_eq!(result["facts"]["contains"], contains, "{file}");
    }
    // What is not genuine certifies nothing, whatever it says.
    for file in [ALTERED, UNDECIDED, ORDINARY] {
        let ran = verify(&["--json", file]);
        assert_eq!(
            document(&ran)["results"][0]["certifies"],
            "nothing",
            "{file}"
        );
    }
    // A brief receipt is never said to hold the original, in either language.
    for (lang, word) in [
        ("it", "il messaggio con i suoi allegati"),
        ("en", "with its attachments"),
    ] {
        let said = |form: &str| {
            let file = format!("receipts/avvenuta-consegna-{form}.eml");
            verify(&["--lang", lang, &file]).out.contains(word)
        };
        assert!(
            said("completa") && !said("breve") && !said("sintetica"),
            "{lang}"
        );
    }
}

#[test]
fn expecting_a_kind_makes_the_exit_status_answer_that() {
    let receipts = "receipts/avvenuta-consegna";
    let (complete, brief) = (
        format!("{receipts}-completa.eml"),
        format!("{receipts}-breve.eml"),
    );
    for (expected, file, status) in [
        ("consegna", &*complete, 0),
        ("delivery", &complete, 0),
        ("consegna", &brief, 0),
        ("consegna-completa", &complete, 0),
        ("complete-delivery", &brief, 1),
        ("accettazione", &complete, 1),
        ("accettazione", "receipts/accettazione.eml", 0),
        ("delivery", "receipts/errore-consegna.eml", 1),
        ("mancata-consegna", "receipts/errore-consegna.eml", 0),
        ("non-delivery", "receipts/preavviso-24-ore.eml", 0),
        // After 12 hours nothing is decided.
        ("non-delivery", "receipts/preavviso-12-ore.eml", 1),
        ("primo-avviso", "receipts/preavviso-12-ore.eml", 0),
        ("busta", "receipts/posta-certificata.eml", 0),
        ("envelope", "receipts/anomalia.eml", 1),
        // What is not genuine is that first.
        ("consegna", ALTERED, 1),
        ("consegna", UNDECIDED, 3),
        ("consegna", ORDINARY, 1),
        ("consegna", MISSING, 2),
    ] {
        for format in [&[][..], &["--json"], &["--ndjson"], &["--quiet"]] {
            let ran = verify(&[format, &["--expect", expected, file]].concat());
            assert_eq!(ran.status, status, "{expected} {file} {format:?}");
        }
    }
    let expected = |args: &[&str]| document(&verify(args))["results"][0]["expected"].clone();
    let of = |kind: &str, file| expected(&["--json", "--expect", kind, file]);
    assert_eq!(expected(&["--json", GENUINE]), Value::Null);
    assert_eq!(
        of("delivery", GENUINE),
        serde_json::json!({"kind": "consegna", "met": true})
    );
    assert_eq!(of("busta", GENUINE)["met"], false);
    assert_eq!(of("consegna", ALTERED)["met"], Value::Null);
    let ran = verify(&["--lang", "it", "--expect", "accettazione", GENUINE]);
    assert!(
        ran.out.contains("ricevuta di accettazione: NO"),
        "{}",
        ran.out
    );
}

#[test]
fn what_each_kind_proves_is_told_on_demand_with_its_source() {
    for (lang, proves, open, source) in [
        (
            "it",
            "Prova ",
            "Non prova ",
            "(fonte controllata il 29/11/2026",
        ),
        ("en", "Proves ", "Not proved ", "(checked on 20"),
    ] {
        let ran = verify(&["--lang", lang, "--explain", GENUINE]);
        for words in [proves, open, source, "Cass. 10091/2024"] {
            assert!(ran.out.contains(words), "no {words} in {}", ran.out);
        }
        let ran = verify(&["--lang", lang, GENUINE]);
        assert!(!ran.out.contains("Cass."), "{}", ran.out);
        // What is not genuine proves nothing.
        let ran = verify(&["--lang", lang, "--explain", ALTERED]);
        assert!(!ran.out.contains(source), "{}", ran.out);
        // Of many each kind once.
        let files = ["receipts/accettazione.eml", GENUINE, GENUINE];
        let ran = verify(&[&["--lang", lang, "--explain"], &files[..]].concat());
        assert_eq!(ran.out.matches(source).count(), 2, "{}", ran.out);
    }
    let ran = verify(&["--json", "--explain", GENUINE]);
    let told = &document(&ran)["results"][0]["explanation"];
    assert!(
        told["source"]
            .as_str()
            .is_some_and(|source| !source.is_empty())
    );
    let ran = verify(&["--json", GENUINE]);
    assert!(document(&ran)["results"][0]["explanation"].is_null());
}

#[test]
fn only_what_is_to_be_looked_at_is_shown_and_all_are_counted() {
    let doubted = "vectors/a-signature/digest-sha1-after-2024.eml";
    let files = [GENUINE, doubted, ALTERED, ORDINARY];
    let ran = verify(&[&["--lang", "en", "--only-bad"], &files[..]].concat());
    assert_eq!(ran.status, 1);
    for (file, is_shown) in [
        (GENUINE, false),
        (doubted, true),
        (ALTERED, true),
        (ORDINARY, true),
    ] {
        assert_eq!(ran.out.contains(file), is_shown, "{file}: {}", ran.out);
    }
    assert!(
        ran.out.contains("2 genuine (1 of them with doubts)"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("3 of 4"), "{}", ran.out);
    let ran = verify(&[&["--json", "--only-bad"], &files[..]].concat());
    let document = document(&ran);
    assert_eq!(files_of(&document["results"]), [doubted, ALTERED, ORDINARY]);
    assert_eq!(document["totals"]["files"], 4);
    let ran = verify(&[&["--ndjson", "--only-bad"], &files[..]].concat());
    assert_eq!(ran.out.lines().count(), 3);
    // A single file, too: nothing to look at is told as that.
    let ran = verify(&["--lang", "en", "--only-bad", GENUINE]);
    assert!(ran.status == 0 && ran.out.contains("0 of 1"), "{}", ran.out);
    assert!(!ran.out.contains(GENUINE), "{}", ran.out);
}

#[test]
fn of_many_each_has_its_mark_what_is_signed_and_a_line_for_every_doubt() {
    let two = "vectors/d-shown/subject-date-and-recipient-of-another.eml";
    let doubted = Receipt::new(Kind::Delivery)
        .message()
        .header(|header| {
            header.set("Subject", "CONSEGNA: Altro");
            header.set("Date", "Mon, 04 May 2026 11:15:07 +0200");
        })
        .to_eml();
    let home = folder();
    let doubted = write(&home, two.rsplit('/').next().unwrap_or(two), doubted);
    let ran = verify(&["--lang", "en", GENUINE, &doubted, ALTERED]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let signed = "genuine, signed by Gestore Destinatario S.r.l.: from studio@pec.mittente.example \
                  to ufficio@pec.destinatario.example, subject: Pratica n. 42: richiesta di copia";
    assert!(lines[0].starts_with("  DELIVERED "), "{}", ran.out);
    assert_eq!(lines[1].trim(), signed);
    assert!(lines[2].starts_with("! DELIVERED "), "{}", ran.out);
    assert_eq!(lines[3].trim(), signed);
    let doubts: Vec<&&str> = lines
        .iter()
        .filter(|line| line.contains("doubt: "))
        .collect();
    assert_eq!(doubts.len(), 2, "{}", ran.out);
    assert!(ran.out.contains("\nX NOT GENUINE "), "{}", ran.out);
    // By which program, and when.
    assert!(
        ran.out.contains("Verified: ") && ran.out.contains("by pec "),
        "{}",
        ran.out
    );
    // One alone is headed by its fact and the warning.
    let ran = verify(&["--lang", "it", &doubted]);
    assert!(
        ran.first().starts_with("CONSEGNATO, MA CON UN DUBBIO. "),
        "{}",
        ran.first()
    );
    assert!(ran.first().contains(", ma "), "{}", ran.first());
    assert_eq!(verify(&["--strict", &doubted]).status, 3);
}

#[test]
fn the_advice_to_ask_for_logs_says_until_when_there_are_any() {
    let file = text(&in_fixtures(
        "vectors/c-message/delivered-to-nobody-of-the-list.eml",
    ));
    let advice = |now: &str| {
        let now = Timestamp::parse(now).expect("a time");
        let out = run_at(now, &["--lang", "it", &file], false, false);
        out.lines()
            .filter(|line| line.contains("registri"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let kept = advice("2028-11-04T00:00:00Z");
    assert!(
        kept.contains("conservati 30 mesi (fino al 04/11/2028)"),
        "{kept}"
    );
    let over = advice("2028-11-05T00:00:00Z");
    assert!(over.contains("se ne ha ancora traccia"), "{over}");
}

#[test]
fn the_first_line_names_the_trust_data_that_the_user_chose() {
    let ran = verify(&["--lang", "en", GENUINE]);
    assert!(
        ran.first()
            .contains("receipt (complete) by the trust data of pki/trust.toml: ")
    );
    let ran = pec(&["verify", "--anchor", "pki/anchor.pem", GENUINE]);
    assert!(
        ran.first()
            .contains("receipt (complete) by the trust data of pki/anchor.pem: ")
    );
    let ran = verify(&["--anchor", "pki/anchor.pem", GENUINE]);
    let both = " by the trust data of pki/trust.toml, pki/anchor.pem: ";
    assert!(ran.first().contains(both), "{}", ran.first());
    // By the authorities compiled in nothing of the test world is genuine.
    let ran = pec(&["verify", GENUINE]);
    assert_ne!(ran.status, 0);
    assert!(!ran.first().contains("trust data of"), "{}", ran.first());
}

#[test]
fn another_message_is_told_first() {
    let other = "sent/richiesta-stesso-oggetto.eml";
    let ran = verify(&["--sent", other, GENUINE]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.first().starts_with("GENUINE, BUT OF ANOTHER MESSAGE: "),
        "{}",
        ran.first()
    );
    assert!(
        ran.first().contains(&format!("in the mailbox {RECIPIENT}")),
        "{}",
        ran.first()
    );
    let ran = verify(&["--lang", "it", "--sent", other, GENUINE]);
    assert!(
        ran.first()
            .starts_with("AUTENTICO, MA DI UN ALTRO MESSAGGIO: "),
        "{}",
        ran.first()
    );
    let ran = verify(&["--sent", ORDINARY, GENUINE]);
    assert_eq!(ran.status, 0);
    let ran = verify(&["--sent", "sent/relazione.pdf", GENUINE]);
    assert_eq!(ran.status, 0, "{}", ran.out);
}

#[test]
fn how_what_was_sent_relates_to_a_receipt_is_told_in_words_and_digests_on_demand() {
    let of = |form: &str| format!("receipts/avvenuta-consegna-{form}.eml");
    let (complete, brief, concise) = (of("completa"), of("breve"), of("sintetica"));
    let (message, file) = ("sent/richiesta.eml", "sent/relazione.pdf");
    let other = "sent/richiesta-altra-pagina.eml";
    for (sent, receipt, status, content, italian) in [
        (
            message,
            &complete,
            0,
            "identical",
            "IDENTICO: il messaggio contenuto nella ricevuta",
        ),
        (
            file,
            &complete,
            0,
            "identical",
            "IDENTICO: il file sent/relazione.pdf è un allegato",
        ),
        (
            message,
            &brief,
            0,
            "consistent",
            "COMPATIBILE: le impronte SHA-1",
        ),
        (
            file,
            &brief,
            0,
            "consistent",
            "COMPATIBILE: l'impronta SHA-1 nella parte 2",
        ),
        // Same Message-ID, sender, recipients, subject: nothing is said of the content.
        (
            message,
            &concise,
            3,
            "not-compared",
            "STESSO INVIO, CONTENUTO NON CONFRONTATO",
        ),
        (
            other,
            &concise,
            3,
            "not-compared",
            "STESSO INVIO, CONTENUTO NON CONFRONTATO",
        ),
        (file, &concise, 3, "not-compared", "NON CONFRONTATO: "),
        (
            other,
            &complete,
            1,
            "different",
            "DIVERSO: la ricevuta NON riguarda",
        ),
    ] {
        let ran = verify(&["--lang", "it", "--sent", sent, receipt]);
        assert_eq!(ran.status, status, "{sent} {receipt}: {}", ran.out);
        assert!(ran.out.contains(italian), "no {italian} in {}", ran.out);
        assert!(!ran.out.contains("[regola:"), "{}", ran.out);
        // The part that differs has its name, and no digests beside it.
        if content == "different" {
            assert!(ran.out.contains("(relazione.pdf)"), "{}", ran.out);
            let row = ran.out.lines().find(|line| line.contains("DIVERSO"));
            assert!(!row.unwrap_or_default().contains('≠'), "{}", ran.out);
            assert!(
                !ran.out.contains("trovato: 2 (relazione.pdf): SHA"),
                "{}",
                ran.out
            );
        }
        let ran = verify(&["--json", "--sent", sent, receipt]);
        assert_eq!(document(&ran)["results"][0]["sent"]["content"], content);
        let ran = verify(&["--lang", "it", "--all", "--sent", sent, receipt]);
        assert!(ran.out.contains("[regola: "), "{}", ran.out);
    }
}

#[test]
fn what_cannot_be_compared_is_undecided() {
    let concise = "receipts/avvenuta-consegna-sintetica.eml";
    let ran = verify(&["--sent", "sent/relazione.pdf", concise]);
    let head = "GENUINE, BUT NOT COMPARED WITH WHAT WAS SENT: ";
    assert!(ran.first().starts_with(head), "{}", ran.first());
    assert!(!ran.out.contains("is NOT about"), "{}", ran.out);
    assert_eq!(ran.status, 3);
}

#[test]
fn the_acceptance_of_another_transaction_is_told_first() {
    let acceptance = ["--acceptance", "receipts/accettazione.eml"];
    let ran = verify(&[&acceptance[..], &["--lang", "it", GENUINE]].concat());
    assert_eq!(ran.status, 0);
    // That it was compared is said, and with what.
    let same = "STESSA TRASMISSIONE: l'accettazione del 04/05/2026 10:15:02";
    assert!(ran.out.contains(same), "{}", ran.out);
    assert!(
        ran.out
            .contains("è tra i destinatari certificati dell'accettazione")
    );
    assert!(
        !verify(&["--lang", "it", GENUINE])
            .out
            .contains("TRASMISSIONE")
    );
    let winter = "receipts/avvenuta-consegna-ora-solare.eml";
    let ran = verify(&[&acceptance[..], &[winter]].concat());
    assert_eq!(ran.status, 1);
    assert!(
        ran.first().starts_with("GENUINE, BUT OF ANOTHER MESSAGE: "),
        "{}",
        ran.first()
    );
}

#[test]
fn a_changed_header_is_told_first_and_the_signed_facts_after_it() {
    let home = folder();
    let from = "posta-certificata@gestore-terzo.example";
    let octets = Receipt::new(Kind::Delivery)
        .message()
        .header(|header| {
            header.set("From", from);
        })
        .to_eml();
    let file = write(&home, "a.eml", octets);
    let ran = verify(&[&file]);
    assert_eq!(ran.status, 1);
    let head = "HEADER NOT RELIABLE: ";
    assert!(ran.first().starts_with(head), "{}", ran.first());
    let (reason, facts) = ran.first().split_once(" and says: ").expect("both");
    assert!(reason.contains("The signed part is genuine by"), "{reason}");
    assert!(
        facts.starts_with(&format!("delivery receipt (complete) for {RECIPIENT}")),
        "{facts}"
    );
    assert!(ran.out.contains(&format!("found: {from}")), "{}", ran.out);
}

#[test]
fn one_letter_changed_in_the_signed_part_is_not_genuine_and_certifies_nothing() {
    let octets = String::from_utf8(fixture(GENUINE)).expect("7 bit");
    let changed = octets.replacen("correttamente consegnato", "correttamente comsegnato", 1);
    assert_ne!(changed, octets);
    let home = folder();
    let file = write(&home, "a.eml", changed);
    let ran = verify(&["--json", &file]);
    let result = &document(&ran)["results"][0];
    assert_eq!(ran.status, 1);
    assert_eq!(result["verdict"], "not-genuine");
    assert_eq!(result["findings"][0]["id"], "signature.digest");
    assert!(result["facts"].is_null());
    let ran = verify(&["--lang", "it", &file]);
    assert!(
        ran.first().starts_with("NON AUTENTICO secondo"),
        "{}",
        ran.first()
    );
}

#[test]
fn what_is_no_mail_is_named() {
    for (file, words) in [
        ("vectors/g-handling/print-of-a-receipt.pdf", "PDF"),
        ("pki/trust.toml", "not an e-mail message"),
        (ORDINARY, "ordinary"),
    ] {
        let ran = verify(&[file]);
        assert_eq!(ran.status, 1);
        assert!(
            ran.first().starts_with("NOT CERTIFIED MAIL: "),
            "{}",
            ran.first()
        );
        assert!(told(&ran).contains(words), "{}", ran.first());
    }
}

#[test]
fn an_address_that_passes_for_another_is_shown_in_ascii() {
    let file = "vectors/e-xml/cyrillic-letter-in-the-recipient.eml";
    for lang in ["it", "en"] {
        let ran = verify(&["--lang", lang, file]);
        assert!(ran.out.contains("xn--"), "{}", ran.out);
        assert!(ran.out.contains("[address.lookalike]"), "{}", ran.out);
    }
}

// Options of the judgement

#[test]
fn the_time_of_judgement_can_be_given() {
    let judged = |at: &str| {
        let ran = verify(&["--json", "--at", at, GENUINE]);
        let result = document(&ran)["results"][0].clone();
        assert_eq!(result["judged_at_basis"], "given");
        (
            ran.status,
            result["judged_at"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let day = (0, "2026-05-03T22:00:00Z".to_owned());
    assert_eq!(judged("2026-05-04"), day);
    assert_eq!(judged("2026-05-03T22:00:00Z"), day);
    assert_eq!(judged("2026-05-04T00:00:00+02:00"), day);
    assert_ne!(judged("2031-01-01").0, 0);
    assert_ne!(judged("2012-01-01").0, 0);
}

#[test]
fn revocation_lists_are_read_from_files_and_folders() {
    let finding = |args: &[&str]| {
        let ran = verify(&[&["--json"], args, &[GENUINE]].concat());
        let findings = document(&ran)["results"][0]["findings"].clone();
        let findings = findings.as_array().cloned().expect("findings");
        let found = findings
            .iter()
            .find(|finding| finding["id"] == "chain.revocation")
            .map(|finding| finding["severity"].as_str().unwrap_or_default().to_owned());
        (ran.status, found)
    };
    assert_eq!(finding(&[]), (0, Some("note".into())));
    assert_eq!(finding(&["--crl", "pki/nobody-revoked.crl"]), (0, None));
    let revoked = (1, Some("failure".to_owned()));
    assert_eq!(finding(&["--crl", "pki/revoked-before.crl"]), revoked);
    let home = folder();
    write(&home, "1.crl", fixture("pki/nobody-revoked.crl"));
    let path = text(home.path());
    assert_eq!(finding(&["--crl", &path]), (0, None));
    write(&home, "2.crl", fixture("pki/revoked-before.crl"));
    assert_eq!(finding(&["--crl", &path]), revoked);
    let repeated = [
        "--crl",
        "pki/nobody-revoked.crl",
        "--crl",
        "pki/revoked-before.crl",
    ];
    assert_eq!(finding(&repeated), revoked);
}

#[test]
fn a_list_of_providers_decides_about_the_domain() {
    let provider = |list: &str| {
        let ran = verify(&["--json", "--providers", list, GENUINE]);
        let document = document(&ran);
        assert!(
            document["providers"]["count"]
                .as_u64()
                .is_some_and(|count| count > 0)
        );
        let open = document["results"][0]["findings"].to_string();
        (ran.status, open.contains("provider.domain.not-decided"))
    };
    assert_eq!(provider("providers/igpec.ldif.p7m"), (0, false));
    assert_eq!(provider("providers/igpec.ldif"), (0, false));
    assert_eq!(provider("providers/igpec-domain-elsewhere.ldif.p7m").0, 3);
}

// The page

#[test]
fn a_page_says_what_the_text_says_and_loads_nothing() {
    let altered = "vectors/a-signature/recipient-changed-after-signing.eml";
    for (lang, delivered, wrong) in [
        ("it", "<strong>CONSEGNATO</strong>", "<strong>NON AUTENTICO"),
        ("en", "<strong>DELIVERED</strong>", "<strong>NOT GENUINE"),
    ] {
        let ran = verify(&["--lang", lang, "--html", GENUINE, altered, MISSING]);
        assert_eq!((ran.status, &*ran.err), (1, ""), "{}", ran.err);
        let page = &ran.out;
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"),
            "{page}"
        );
        for part in [
            delivered,
            wrong,
            MISSING,
            "class=\"good\"",
            "class=\"bad\"",
            "default-src 'none'",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        for loads in ["<script", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(loads), "{loads}");
        }
        // All rows of the text, each with its value.
        let text = verify(&["--lang", lang, GENUINE]).out;
        let table = text.lines().skip(2).take_while(|line| !line.is_empty());
        let rows = table.filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
        let rows: Vec<_> = rows.filter(|(label, _)| !label.starts_with(' ')).collect();
        assert!(rows.len() > 10, "{text}");
        for (label, value) in rows {
            let value = value
                .trim()
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\'', "&#39;");
            // When it was checked is of this run.
            let is_there = page.contains(&*value) || value.contains("pec 0.");
            assert!(page.contains(label.trim()) && is_there, "{label}: {value}");
        }
    }
}

// Help, completions, manual

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = pec(&["completions", shell]);
        assert_eq!((ran.status, &*ran.err), (0, ""), "{shell}");
        assert!(ran.out.contains("PEC_COMPLETE"), "{shell}: {}", ran.out);
    }
}

/// What bash puts in for the last of these words, in a folder with a configuration.
fn completed(folder: &Path, lang: &str, words: &str) -> Vec<String> {
    let script = format!(
        "source <(pec completions bash); COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); \
         COMP_TYPE=9; _clap_complete_pec pec \"${{COMP_WORDS[COMP_CWORD]}}\" ''; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let bin = Path::new(env!("CARGO_BIN_EXE_pec"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("LC_ALL", lang)
        .output()
        .expect("bash is there");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn a_shell_is_offered_what_the_program_knows() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("pec")).expect("a folder");
    let config = in_fixtures("batch/config.toml");
    fs::copy(config, folder.path().join("pec/config.toml")).expect("a file");
    for name in ["Allegato à è (1).pdf", "tabella.csv", "nota.txt.bak"] {
        fs::write(folder.path().join(name), "").expect("a file");
    }
    for (words, offered) in [
        ("pec sen", &["send"][..]),
        ("pec sync --account ''", &["studio"]),
        ("pec account remove ''", &["studio"]),
        ("pec account add --preset aru", &["aruba"]),
        ("pec man account-a", &["account-add"]),
        ("pec send --attach Alle", &["Allegato à è (1).pdf"]),
        // As typed with a backslash before the blank, and with a quote before all.
        ("pec send --attach 'Allegato\\ '", &["Allegato à è (1).pdf"]),
        (
            "pec send --attach \"'Allegato \"",
            &["Allegato à è (1).pdf"],
        ),
        ("pec batch check t", &["tabella.csv"]),
        ("pec batch run t", &["tabella.csv"]),
        ("pec batch check n", &[]),
        ("pec status abc", &[]),
    ] {
        for lang in ["C", "it_IT.UTF-8"] {
            let found = completed(folder.path(), lang, words);
            let found: Vec<&str> = found
                .iter()
                .map(|word| word.trim())
                .filter(|word| !word.is_empty() && !word.starts_with("--"))
                .collect();
            assert_eq!(found, offered, "{lang}: {words}");
        }
    }
}

#[test]
fn every_command_and_argument_is_helped_with_in_italian() {
    fn walk(italian: &clap::Command, english: &clap::Command, wrong: &mut Vec<String>) {
        let name = english.get_name();
        let about = |command: &clap::Command| command.get_about().map(ToString::to_string);
        if about(italian).is_none() || about(italian) == about(english) {
            wrong.push(name.to_owned());
        }
        for argument in english.get_arguments() {
            let id = argument.get_id();
            let same = italian.get_arguments().find(|other| other.get_id() == id);
            let help = |argument: &clap::Arg| argument.get_help().map(ToString::to_string);
            let italian = same.and_then(help);
            if italian.is_none() || italian == help(argument) {
                wrong.push(format!("{name} {id}"));
            }
        }
        for command in english.get_subcommands() {
            match italian.find_subcommand(command.get_name()) {
                Some(same) => walk(same, command, wrong),
                None => wrong.push(format!("{name} {}", command.get_name())),
            }
        }
    }
    let (mut italian, mut english) = (command::tree(Lang::It), command::tree(Lang::En));
    italian.build();
    english.build();
    let mut wrong = Vec::new();
    walk(&italian, &english, &mut wrong);
    assert!(wrong.is_empty(), "no Italian help: {wrong:?}");
}

#[test]
fn help_is_in_one_language_on_standard_output() {
    let english_words = [
        "Usage",
        "Options",
        "Arguments",
        "Commands",
        "OPTIONS",
        "COMMAND>",
        "Print",
        "possible",
        "default:",
        "the ",
        "Write",
        " for ",
        " and ",
    ];
    let commands = [
        &[][..],
        &["verify"],
        &["account"],
        &["account", "add"],
        &["account", "list"],
        &["account", "presets"],
        &["account", "test"],
        &["account", "remove"],
        &["doctor"],
        &["send"],
        &["sync"],
        &["watch"],
        &["wait"],
        &["status"],
        &["demo"],
        &["sandbox"],
        &["completions"],
        &["man"],
    ];
    for command in commands {
        for flag in ["--help", "-h"] {
            let ran = pec(&[&["--lang", "it"], command, &[flag]].concat());
            assert_eq!((ran.status, &*ran.err), (0, ""));
            assert!(ran.out.contains("Uso: pec"), "{}", ran.out);
            for word in english_words {
                assert!(
                    !ran.out.contains(word),
                    "{command:?}: {word:?} in\n{}",
                    ran.out
                );
            }
            let ran = pec(&[&["--lang", "en"], command, &[flag]].concat());
            assert_eq!((ran.status, &*ran.err), (0, ""));
            assert!(ran.out.contains("Usage: pec"), "{}", ran.out);
            // Nothing in brackets that is empty.
            assert!(!ran.out.contains(": ]"), "{}", ran.out);
        }
    }
    let ran = pec(&["--version"]);
    assert_eq!(ran.out, format!("pec {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(ran.status, 0);
}

#[test]
fn the_version_tells_all_of_the_build_where_more_is_asked() {
    let trust = Trust::built_in();
    let day = trust.as_of.as_deref().expect("a day");
    let count = trust.anchors.len();
    let (y, m, d) = (&day[..4], &day[5..7], &day[8..]);
    for (lang, labels, data) in [
        (
            "en",
            ["commit", "additional features", "rustc", "platform"],
            format!("built-in trust data: of {day}, {count} authorities"),
        ),
        (
            "it",
            ["commit", "funzionalità aggiuntive", "rustc", "piattaforma"],
            format!("elenco delle autorità incluso: del {d}/{m}/{y}, {count} autorità"),
        ),
    ] {
        let all = [
            &["--version", "-v"][..],
            &["-v", "--version"],
            &["--verbose", "-V"],
            &["-vV"],
            &["-Vv"],
        ];
        let of = |words: &[&str]| pec(&[&["--lang", lang], words].concat());
        let first = of(all[0]);
        for words in all {
            let ran = of(words);
            assert_eq!((ran.status, &*ran.err), (0, ""), "{words:?}");
            assert_eq!(ran.out, first.out, "{words:?}");
        }
        let lines: Vec<&str> = first.out.lines().collect();
        assert_eq!(lines.len(), 6, "{}", first.out);
        assert_eq!(lines[0], format!("pec {}", env!("CARGO_PKG_VERSION")));
        assert_eq!(lines[3], data);
        for (at, label) in [1, 2, 4, 5].into_iter().zip(labels) {
            let value = lines[at].strip_prefix(&format!("{label}: "));
            assert!(
                value.is_some_and(|value| !value.is_empty()),
                "{}",
                lines[at]
            );
        }
        assert!(lines[4].contains(" 1."), "a version: {}", lines[4]);
        assert!(lines[5].contains(std::env::consts::ARCH), "{}", lines[5]);
    }
    // Of a command it is asked no more than before.
    assert_eq!(pec(&["status", "-v", "-V"]).status, 2);
}

/// The folder that the other shells complete in, and the path with the program.
fn shell_folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("pec")).expect("a folder");
    let config = in_fixtures("batch/config.toml");
    fs::copy(config, folder.path().join("pec/config.toml")).expect("a file");
    for name in ["Allegato à è (1).pdf", "tabella.csv", "a:b.pdf"] {
        fs::write(folder.path().join(name), "").expect("a file");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_pec"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    (folder, format!("{}:{path}", bin.display()))
}

/// A shell in that folder, if it is installed.
fn shell(name: &str, folder: &Path, path: &str) -> Option<Command> {
    let found = Command::new(name).arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        skipped(&format!("completion in {name}: {name} is not installed"));
        return None;
    }
    let mut command = Command::new(name);
    command
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("LC_ALL", "C.UTF-8");
    Some(command)
}

#[test]
fn fish_is_offered_what_the_program_knows_however_it_is_typed() {
    let (folder, path) = shell_folder();
    let Some(mut installs) = shell("fish", folder.path(), &path) else {
        return;
    };
    // Where fish looks by itself.
    let installed = installs
        .args(["-c", "pec completions fish --install"])
        .output();
    assert!(installed.expect("fish starts").status.success());
    for (typed, offered) in [
        ("pec sen", "send"),
        ("pec account remove st", "studio"),
        ("pec send --attach Alle", "Allegato à è (1).pdf"),
        ("pec send --attach Allegato\\ ", "Allegato à è (1).pdf"),
        ("pec send --attach 'Allegato ", "Allegato à è (1).pdf"),
        ("pec send --attach \"Allegato ", "Allegato à è (1).pdf"),
        ("pec send --attach a", "a:b.pdf"),
        ("pec batch run t", "tabella.csv"),
    ] {
        let mut fish = shell("fish", folder.path(), &path).expect("it was there");
        let output = fish
            .args(["-c", "complete -C \"$TYPED\""])
            .env("TYPED", typed)
            .output()
            .expect("fish starts");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let words: Vec<&str> = shown
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        assert_eq!(words, [offered], "{typed}: {output:?}");
    }
}

/// Types into a zsh that has found the script by itself, and writes what stands in the line then.
const IN_ZSH: &str = r#"
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1='> '; fpath=($PWD/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump
written() { print -r -- \$BUFFER >$PWD/line; }; zle -N written; bindkey '^X' written; touch $PWD/ready"
tries=0; while [[ ! -e ready && $tries -lt 600 ]]; do sleep 0.05; tries=$((tries + 1)); done
for typed in "$@"; do
  rm -f line
  zpty -w -n shell "$typed"$'\t\x18'
  tries=0; while [[ ! -s line && $tries -lt 600 ]]; do sleep 0.05; tries=$((tries + 1)); done
  cat line
  zpty -w -n shell $'\x15'
done
zpty -d shell
"#;

#[test]
fn zsh_completes_what_the_program_knows_however_it_is_typed() {
    let (folder, path) = shell_folder();
    let Some(mut installs) = shell("zsh", folder.path(), &path) else {
        return;
    };
    let installed = installs
        .args(["-f", "-c", "pec completions zsh --install"])
        .output();
    assert!(installed.expect("zsh starts").status.success());
    let cases = [
        ("pec sen", "pec send "),
        (
            "pec send --attach Alle",
            "pec send --attach Allegato\\ à\\ è\\ \\(1\\).pdf ",
        ),
        (
            "pec send --attach Allegato\\ ",
            "pec send --attach Allegato\\ à\\ è\\ \\(1\\).pdf ",
        ),
        (
            "pec send --attach 'Allegato ",
            "pec send --attach 'Allegato à è (1).pdf' ",
        ),
        ("pec send --attach a", "pec send --attach a:b.pdf "),
        ("pec account remove st", "pec account remove studio "),
        ("pec batch run t", "pec batch run tabella.csv "),
    ];
    let mut zsh = shell("zsh", folder.path(), &path).expect("it was there");
    let output = zsh
        .args(["-f", "-c", IN_ZSH, "zsh"])
        .args(cases.map(|(typed, _)| typed))
        .output()
        .expect("zsh starts");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines, cases.map(|(_, line)| line), "{output:?}");
}

#[test]
fn completions_and_pages_are_put_where_the_system_looks_and_taken_away_again() {
    let home = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| {
        let mut command = program();
        command
            .args(words)
            .env("HOME", home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME");
        let ran = finish(command);
        assert_eq!((ran.status, &*ran.err), (0, ""), "{words:?}");
        ran.out
    };
    let own = [
        ".local/share/bash-completion/completions/pec",
        ".local/share/zsh/site-functions/_pec",
        ".config/fish/completions/pec.fish",
    ];
    let told = run(&["completions", "--install"]);
    for file in own {
        assert!(home.path().join(file).is_file(), "{file}");
        assert!(told.contains(file), "{told}");
    }
    assert!(told.contains("fpath=("), "{told}");
    let pages = [
        ".local/share/man/man1/pec-send.1",
        ".local/share/man/it/man1/pec-send.1",
    ];
    let told = run(&["man", "--install"]);
    for file in pages {
        let text = fs::read_to_string(home.path().join(file)).expect("a page");
        assert!(text.starts_with(".ie") || text.contains(".TH"), "{file}");
    }
    assert!(told.contains("man1") && told.contains("MANPATH"), "{told}");
    // As packages want it.
    let to = home.path().join("share").display().to_string();
    let told = run(&["completions", "--to", &to]);
    assert!(!told.contains("fpath"), "{told}");
    run(&["man", "--to", &to]);
    let packaged = [
        "share/bash-completion/completions/pec",
        "share/zsh/site-functions/_pec",
        "share/fish/vendor_completions.d/pec.fish",
        "share/man/man1/pec.1",
        "share/man/it/man1/pec.1",
    ];
    for file in packaged {
        assert!(home.path().join(file).is_file(), "{file}");
    }
    run(&["completions", "--remove"]);
    run(&["man", "--remove"]);
    for file in own.iter().chain(&pages) {
        assert!(!home.path().join(file).exists(), "{file}");
    }
    assert!(home.path().join(packaged[0]).is_file());
    assert!(run(&["man", "--remove"]).contains("nothing to remove"));
    let other = pec(&["completions", "elvish", "--install"]);
    assert_eq!(other.status, 2, "{other:?}");
    assert!(other.err.contains("pec completions elvish"), "{other:?}");
}

/// Placeholders as the code has them, in the usage lines too.
#[test]
fn usage_in_italian_has_no_english_placeholder() {
    for command in [
        &["send"][..],
        &["wait"],
        &["verify"],
        &["batch"],
        &["batch", "run"],
        &["draft", "edit"],
        &["status"],
    ] {
        let ran = pec(&[&["--lang", "it"], command, &["--help"]].concat());
        let usage = ran.out.split("\n\n").nth(1).unwrap_or_default().to_owned();
        for word in [
            "ADDRESS", "TEXT", "FILE]", "MESSAGE", "COMMAND", "OPTIONS", "TABLE",
        ] {
            assert!(!usage.contains(word), "{command:?}: {usage}");
        }
    }
    let send = pec(&["--lang", "it", "send", "--help"]).out;
    assert!(send.contains("[predefinito: completa]"), "{send}");
}

#[test]
fn help_in_a_pipe_is_no_wider_than_80() {
    for lang in ["it", "en"] {
        for command in [
            &["send"][..],
            &["verify"],
            &["batch", "run"],
            &["account", "add"],
        ] {
            let ran = pec(&[&["--lang", lang], command, &["--help"]].concat());
            // Commands are copied: they stay whole.
            let lines = ran.out.lines().filter(|line| !line.starts_with("    pec "));
            for line in lines {
                assert!(line.chars().count() <= 80, "{command:?}: {line}");
            }
        }
    }
}

#[test]
fn words_of_both_languages_are_understood_and_named_where_another_one_is_given() {
    for (option, words) in [
        (
            "--receipt",
            &[
                "complete",
                "completa",
                "brief",
                "breve",
                "concise",
                "sintetica",
            ][..],
        ),
        (
            "--wait",
            &["accepted", "accettato", "delivered", "consegnato"],
        ),
        ("--despite", &["notification-form", "notifica-ricevuta"]),
        ("--for-court", &["civile", "civil", "tributario", "tax"]),
    ] {
        for word in words {
            // Understood: what is missing is the rest.
            let ran = pec(&["send", option, word, "--config", "none.toml", "-b", "x"]);
            assert!(ran.err.contains("no accounts"), "{option} {word}: {ran:?}");
        }
        for lang in ["it", "en"] {
            let ran = pec(&["--lang", lang, "send", option, "x"]);
            assert_eq!(ran.status, 2, "{ran:?}");
            for word in words {
                assert!(ran.err.contains(word), "{option} {lang}: {ran:?}");
            }
        }
    }
    for word in ["consegna", "delivery"] {
        let ran = pec(&["verify", "--expect", "x"]);
        assert!(ran.err.contains(word), "{ran:?}");
    }
}

#[test]
fn a_bare_address_is_a_recipient_and_any_other_word_is_explained() {
    let send = |words: &[&str]| {
        pec(&[
            &[
                "send",
                "--config",
                "batch/config.toml",
                "--dry-run",
                "-b",
                "x",
                "-s",
                "y",
            ],
            words,
        ]
        .concat())
    };
    for word in ["a@pec.example", "Mario Rossi <a@pec.example>"] {
        let ran = send(&[word, "--account", "studio"]);
        assert!(ran.out.contains("To: a@pec.example"), "{ran:?}");
    }
    for words in [
        &["mario"][..],
        &["<id@pec.example>"],
        &["a@pec.example", "mario"],
    ] {
        let ran = send(words);
        assert_eq!(ran.status, 2, "{ran:?}");
        assert!(
            ran.err.contains("--to ADDRESS") && ran.err.contains("--resume"),
            "{ran:?}"
        );
    }
}

#[test]
fn manual_pages_are_written_for_every_command() {
    for lang in ["it", "en"] {
        for page in [
            &[][..],
            &["verify"],
            &["completions"],
            &["man"],
            &["pec-verify"],
            &["account"],
            &["account-add"],
            &["doctor"],
        ] {
            let ran = pec(&[&["--lang", lang, "man"], page].concat());
            assert_eq!((ran.status, &*ran.err), (0, ""), "{page:?}");
            assert!(ran.out.contains(".TH PEC"), "{page:?}");
        }
    }
}

// Several files in one run, sizes, and the clock

/// Verdicts by the name of the file.
fn verdicts(document: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = document["results"].as_array().expect("results");
    let mut all: Vec<_> = results
        .iter()
        .map(|result| (word(&result["file"]), word(&result["verdict"])))
        .collect();
    all.sort();
    all
}

#[test]
fn a_path_through_certificates_of_one_message_is_not_another_messages() {
    // One receipt with three bags, below a trusted root: what one file brings along must
    // neither help nor harm the others, in any order and with any number of threads.
    let of_the_time = "vectors/b-certificate/authority-of-the-time-in-the-bag.eml";
    let of_later = "vectors/b-certificate/authority-of-later-alone-in-the-bag.eml";
    let none = "vectors/b-certificate/authority-missing-below-a-trusted-root.eml";
    let expected = [
        (none, "cannot-tell"),
        (of_later, "cannot-tell"),
        (of_the_time, "genuine"),
    ];
    let expected = expected.map(|(file, verdict)| (file.to_owned(), verdict.to_owned()));
    let orders = [
        [of_the_time, of_later, none],
        [of_the_time, none, of_later],
        [of_later, of_the_time, none],
        [of_later, none, of_the_time],
        [none, of_the_time, of_later],
        [none, of_later, of_the_time],
    ];
    for order in orders {
        for threads in ["1", "4"] {
            let mut command = program();
            command.env("RAYON_NUM_THREADS", threads);
            command.args(["verify", "--json", "--anchor", "pki/root.pem"]);
            command.args(order);
            let ran = finish(command);
            assert_eq!(verdicts(&document(&ran)), expected, "{order:?} {threads}");
            assert_eq!(ran.status, 3);
        }
    }
}

#[test]
fn what_an_mbox_quoted_is_genuine_with_a_doubt_that_says_what_was_undone() {
    let sign = || {
        let mut receipt = Receipt::new(Kind::Delivery);
        receipt.text.push_str("From noi, cordiali saluti\n");
        receipt.to_eml()
    };
    let mut mbox = b"From posta@pec.example Mon May  4 10:15:07 2026\n".to_vec();
    let message = String::from_utf8(sign()).expect("7 bit");
    let quoted = message
        .replace("\r\n", "\n")
        .replace("\nFrom noi", "\n>From noi");
    assert!(quoted.contains("\n>From noi"));
    mbox.extend(quoted.bytes());
    let home = folder();
    let whole = write(&home, "a.eml", sign());
    assert_eq!(verify(&[&whole]).status, 0);
    let file = write(&home, "a.mbox", mbox);
    let ran = verify(&["--json", &file]);
    assert_eq!(ran.status, 0);
    let result = document(&ran)["results"][0].clone();
    assert_eq!(result["verdict"], "genuine");
    let findings = result["findings"].as_array().expect("findings");
    let doubts: Vec<_> = findings
        .iter()
        .filter(|finding| finding["severity"] == "doubt")
        .map(|finding| finding["case"].clone())
        .collect();
    assert_eq!(doubts, ["signature.digest.from-quoted"]);
}

/// So many parameters that each takes part in 250 KB.
fn many_parameters() -> String {
    (0..35_000).map(|number| format!(";{number:x}=1")).collect()
}

#[test]
fn a_content_type_of_250_kb_is_answered() {
    let octets = String::from_utf8(fixture(GENUINE)).expect("7 bit");
    let outer = octets.replacen(
        "multipart/signed;",
        &format!("multipart/signed{};", many_parameters()),
        1,
    );
    let part = format!(
        "--q\r\nContent-Type: text/plain{}\r\n\r\nx\r\n",
        many_parameters()
    );
    let ordinary = format!(
        "From: a@posta.example\r\nTo: b@posta.example\r\n\
         Content-Type: multipart/mixed; boundary=q\r\n\r\n{}--q--\r\n",
        part.repeat(10)
    );
    let home = folder();
    let file = write(&home, "outer.eml", outer);
    assert_eq!(verify(&[&file]).status, 3);
    let file = write(&home, "parts.eml", ordinary);
    let ran = verify(&["--json", &file]);
    assert_eq!(
        document(&ran)["results"][0]["verdict"],
        "not-certified-mail"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn six_million_empty_lines_need_no_multiple_of_their_size() {
    // The digest of a changed message is tried in several forms; none may hold a list of lines.
    let octets = fixture(GENUINE);
    let signed = octets
        .windows(15)
        .position(|window| window == b"Buongiorno,\r\n\r\n")
        .expect("the text that was sent");
    let lines = vec![b'\n'; 6_000_000];
    let large = [&octets[..signed], &lines, &octets[signed..]].concat();
    let home = folder();
    let file = write(&home, "a.eml", large);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 110000; exec \"$@\"", "sh"]);
    command.arg(env!("CARGO_BIN_EXE_pec"));
    command.args(["verify", "--json", "--trust"]);
    command.arg(in_fixtures("pki/trust.toml")).arg(&file);
    // So that address space is memory: no reserve for each thread.
    command.env("RAYON_NUM_THREADS", "1");
    command.env("MALLOC_ARENA_MAX", "1");
    let ran = finish(command);
    assert_eq!(ran.status, 1, "{}", ran.err);
    let findings = document(&ran)["results"][0]["findings"].clone();
    assert_eq!(findings[0]["id"], "signature.digest");
}

#[test]
fn what_a_stranger_signed_is_called_a_claim() {
    let stranger = "vectors/b-certificate/self-signed-with-the-providers-name.eml";
    for (lang, claims, outcome) in [
        ("en", "claims (unproven)", "recipient's mailbox"),
        ("it", "(non dimostrato)", "nella casella del destinatario"),
    ] {
        let genuine = verify(&["--lang", lang, GENUINE]);
        assert!(genuine.out.contains(outcome), "{}", genuine.out);
        assert!(!genuine.out.contains(claims), "{}", genuine.out);
        let forged = verify(&["--lang", lang, stranger]);
        assert!(forged.out.contains(claims), "{}", forged.out);
        assert!(!forged.out.contains(outcome), "{}", forged.out);
    }
}

#[test]
fn a_clock_before_the_trust_data_accuses_nobody() {
    for (now, verdict) in [
        ("2020-01-01", "cannot-tell"),
        ("2026-05-01", "cannot-tell"),
        ("2026-11-22", "genuine"),
    ] {
        let context = Context::fixed(Timestamp::parse(now).expect("a day"), Lang::En);
        let (trust, file) = ("pki/trust.toml", GENUINE);
        let paths = [trust, file].map(in_fixtures);
        let mut args: Vec<OsString> = ["pec", "verify", "--json", "--trust"]
            .map(OsString::from)
            .into();
        args.extend(paths.map(OsString::from));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        command::run(args, &context, &mut out, &mut err).expect("memory to write to");
        let document: Value = serde_json::from_slice(&out).expect("JSON");
        let result = &document["results"][0];
        assert_eq!(result["verdict"], verdict, "{now}: {result}");
        let accused = result["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .any(|finding| finding["id"] == "time.plausible");
        assert_eq!(accused, verdict == "cannot-tell", "{now}");
    }
}

#[test]
fn a_clock_before_1970_is_told_by_every_command_that_needs_the_time() {
    let ran = |at: i64, lang: Lang, words: &[&str]| {
        let context = Context::fixed(Timestamp::from_unix(at), lang);
        let args = ["pec"].iter().chain(words).map(OsString::from).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = command::run(args, &context, &mut out, &mut err).expect("memory to write to");
        (status as u8, String::from_utf8(err).expect("text"))
    };
    let told = "pec: the clock of this computer says 1969-12-31T23:59:59Z\n     set it, then run pec again\n";
    for words in [
        &["verify", "x.eml"][..],
        &["send", "--resume"],
        &["sync"],
        &["watch"],
        &["wait", "abcd"],
        &["status"],
        &["batch", "status"],
        &["account", "list"],
        &["doctor"],
        &["sandbox"],
        &["demo"],
    ] {
        assert_eq!(ran(-1, Lang::En, words), (2, told.to_owned()), "{words:?}");
        let (_, err) = ran(0, Lang::En, &[words[0], "--help"]);
        assert!(!err.contains("clock"), "{err}");
    }
    assert!(ran(-1, Lang::It, &["sync"]).1.contains("segna 1969"));
    assert!(!ran(0, Lang::En, &["account", "list"]).1.contains("clock"));
    assert_eq!(ran(-1, Lang::En, &["completions", "bash"]).0, 0);
}
