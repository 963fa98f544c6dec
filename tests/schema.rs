//! Every JSON that the program writes, held against the schema that it hands out, and the schema
//! held against the program: no field without a description, no word that nobody writes.

#[path = "support/schema.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod schema;

#[path = "support/run.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod run;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use postacert::pec::{DeliveryForm, MessageKind};
use postacert::verify::Ordinary;
use schema::Schema;
use serde_json::{Value, json};

const TRUST: [&str; 2] = ["--trust", "pki/trust.toml"];

/// `pec verify ARGS` in `fixtures/`: what it writes.
fn program(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .current_dir(run::fixtures_folder())
        .arg("verify")
        .args(args)
        .env("LC_ALL", "C")
        .output()
        .expect("the program starts");
    assert!(
        output.status.code().is_some_and(|status| status <= 3),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("JSON is UTF-8")
}

/// The schema of documents, and that of lines.
struct Checker {
    document: Schema,
    line: Schema,
}

impl Checker {
    fn new(schema: &Value) -> Self {
        Self {
            document: Schema::at(schema, ""),
            line: Schema::at(schema, "#/$defs/line"),
        }
    }

    fn closed() -> Self {
        Self::new(&schema::closed(schema::of("verify")))
    }

    /// Checks what a run wrote; gives the values.
    fn run(&self, args: &[&str]) -> Vec<Value> {
        let text = program(args);
        if args.contains(&"--json") {
            let value = serde_json::from_str(&text).expect("one document");
            self.document
                .check(&value)
                .unwrap_or_else(|error| panic!("{args:?}: {error}"));
            return vec![value];
        }
        let values: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("one value a line"))
            .collect();
        for value in &values {
            self.line
                .check(value)
                .unwrap_or_else(|error| panic!("{args:?}: {error}"));
        }
        values
    }
}

/// What a clerk may hold that no fixture is: one file for each word of `instead`, containers
/// that cannot be read.
fn odd_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mail = "From: a@b.example\r\nDate: Mon, 4 May 2026 10:15:02 +0200\r\n";
    let with = |rest: &str| format!("{mail}{rest}\r\n\r\ntext\r\n").into_bytes();
    for (name, octets) in [
        ("nothing.eml", Vec::new()),
        ("mail.eml", with("Subject: ciao")),
        (
            "signed.eml",
            with("Content-Type: application/pkcs7-mime; smime-type=signed-data"),
        ),
        (
            "bounce.eml",
            with("Content-Type: multipart/report; report-type=delivery-status; boundary=x"),
        ),
        (
            "read.eml",
            with(
                "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
            ),
        ),
        ("rem.eml", with("REM-MessageType: REMDispatch")),
        ("a.pdf", b"%PDF-1.7\n".to_vec()),
        ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ("a.png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("a.html", b"<!DOCTYPE html><p>CONSEGNA".to_vec()),
        ("a.xml", b"<?xml version=\"1.0\"?><postacert/>".to_vec()),
        ("a.txt", b"just words".to_vec()),
        ("damaged.zip", b"PK\x03\x04 cut short".to_vec()),
    ] {
        std::fs::write(folder.path().join(name), octets).expect("a file");
    }
    // A document is a zip too, but no archive of mail.
    let document = std::fs::File::create(folder.path().join("a.odt")).expect("a file");
    let mut document = zip::ZipWriter::new(document);
    document
        .start_file("mimetype", zip::write::SimpleFileOptions::default())
        .expect("an entry");
    document.finish().expect("a zip file");
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    folder
}

#[test]
fn every_output_follows_the_schema() {
    let checker = Checker::closed();
    let odd = odd_files();
    let odd = odd.path().to_string_lossy();
    let empty = format!("{odd}/empty");
    let everything = [
        "receipts",
        "vectors",
        &odd,
        &empty,
        "no-such-file",
        "-",
        "-",
    ];
    let option_sets: [&[&str]; 12] = [
        &["--json"],
        &["--ndjson"],
        &["--json", "--all", "--lang", "it"],
        &["--ndjson", "--all", "--lang", "it"],
        &["--json", "--sent", "sent/richiesta.eml"],
        &["--json", "--sent", "sent/relazione.pdf"],
        &["--ndjson", "--sent", "sent/richiesta-altra-pagina.eml"],
        &["--json", "--providers", "providers/igpec.ldif.p7m"],
        &["--ndjson", "--providers", "providers/igpec.ldif"],
        &["--json", "--acceptance", "receipts/accettazione.eml"],
        &[
            "--json",
            "--at",
            "2031-01-01",
            "--crl",
            "pki/nobody-revoked.crl",
        ],
        &["--json", "--anchor", "pki/anchor.pem"],
    ];
    let mut seen = Seen::default();
    for options in option_sets {
        let args = [&TRUST[..], options, &everything].concat();
        checker.run(&args).iter().for_each(|value| seen.add(value));
    }
    for format in ["--json", "--ndjson"] {
        // By the authorities compiled in, then with nothing to write about.
        checker.run(&[&[format][..], &everything].concat());
        checker.run(&[format, "no-such-file"]);
    }
    // What differs must have been there, or the test shows nothing.
    let verdicts = [
        "genuine",
        "not-genuine",
        "cannot-tell",
        "not-certified-mail",
    ];
    let forms = DeliveryForm::ALL.map(DeliveryForm::word);
    for (name, words) in [
        ("verdict", &verdicts[..]),
        ("severity", &["failure", "doubt", "note"]),
        ("judged_at_basis", &["receipt", "given", "now"]),
        ("instead", &Ordinary::ALL.map(Ordinary::word)),
        ("receipt_form", &forms),
        ("kind", &MessageKind::STATED.map(MessageKind::word)),
        ("kind", &[MessageKind::AnomalyEnvelope.word()]),
    ] {
        let mut words = words.iter();
        let missing = words.find(|word| !seen.has(name, word));
        assert_eq!(missing, None, "{name}: never written");
    }
    for error in [
        "input.not-found",
        "input.empty",
        "input.stdin-twice",
        "input.zip-damaged",
    ] {
        assert!(seen.has("id", error), "never written: {error}");
    }
    assert!(seen.nested, "no message inside another");
}

/// Names and words in outputs, anywhere.
#[derive(Default)]
struct Seen {
    words: BTreeSet<(String, String)>,
    nested: bool,
}

impl Seen {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if let Some(word) = value.as_str() {
                        self.words.insert((name.clone(), word.to_owned()));
                    }
                    self.nested |= name == "place";
                    self.add(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            _ => {}
        }
    }

    fn has(&self, name: &str, word: &str) -> bool {
        self.words.contains(&(name.to_owned(), word.to_owned()))
    }
}

/// The vectors with arguments of their own: lists, sent files, acceptances.
#[test]
fn every_vector_with_its_arguments_follows_the_schema() {
    #[derive(serde::Deserialize)]
    struct Vector {
        message: String,
        args: Vec<String>,
    }
    let checker = Checker::closed();
    let mut count = 0;
    for path in run::files(&run::fixtures_folder().join("vectors"), ".toml") {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let Ok(vector) = toml::from_str::<Vector>(&text) else {
            continue; // trust alone: with all the others above
        };
        let folder = path.parent().expect("a folder");
        let answer = run::verify(folder, &vector.args, &vector.message);
        checker
            .document
            .check(&answer.document)
            .unwrap_or_else(|error| panic!("{}: {error}", run::name(&path)));
        count += 1;
    }
    assert!(count > 20, "only {count} vectors with arguments");
}

#[test]
fn what_is_wrong_is_refused() {
    // As it is handed out, not closed.
    let checker = Checker::new(&schema::of("verify"));
    let files = [
        "vectors/d-mime",
        "receipts/avvenuta-consegna-completa.eml",
        "no-such-file",
    ];
    let options = [
        "--json",
        "--sent",
        "sent/richiesta.eml",
        "--providers",
        "providers/igpec.ldif.p7m",
    ];
    let mut document = checker
        .run(&[&TRUST[..], &options, &files].concat())
        .remove(0);
    // One of each shape is enough.
    let results = document["results"].as_array_mut().expect("results");
    let genuine = results.last().cloned().expect("a result");
    let nested = results
        .iter()
        .find(|result| result["nested"][0]["facts"].is_object())
        .cloned()
        .expect("a message inside another");
    *results = vec![genuine, nested];
    checker.document.holds(&document);

    for (place, word) in [
        ("/results/0/verdict", "authentic"),
        ("/results/0/verdict", "not-genuine-at-all"),
        ("/results/0/judged_at", "2026-05-04 08:15:07"),
        ("/results/0/judged_at_basis", "header"),
        ("/results/0/sha256", "28D8"),
        ("/results/0/instead", "mail"),
        ("/results/0/facts/kind", "consegna"),
        ("/results/0/facts/error", "keiner"),
        ("/results/0/facts/recipients/0/kind", "interno"),
        ("/results/0/facts/receipt_form", "lunga"),
        ("/results/0/findings/0/id", "A chain"),
        ("/results/0/findings/0/severity", "fatal"),
        ("/results/0/sent/rule", "A guess"),
        ("/errors/0/error/id", "Input"),
        ("/schema", "pec/send"),
    ] {
        let mut wrong = document.clone();
        *wrong.pointer_mut(place).expect(place) = json!(word);
        assert!(
            checker.document.check(&wrong).is_err(),
            "{place} may be {word:?}"
        );
    }
    // A verdict and what cannot go with it.
    let mut wrong = document.clone();
    wrong["results"][0]["facts"] = Value::Null;
    assert!(
        checker.document.check(&wrong).is_err(),
        "genuine without facts"
    );
    let mut wrong = document.clone();
    wrong["results"][0]["verdict"] = json!("not-certified-mail");
    assert!(
        checker.document.check(&wrong).is_err(),
        "ordinary mail with facts"
    );
    // Fields may be added.
    let mut more = document.clone();
    more["results"][0]["facts"]["later"] = json!(1);
    checker.document.holds(&more);
}

#[test]
fn lines_are_refused_without_their_head_or_with_neither_result_nor_error() {
    let checker = Checker::new(&schema::of("verify"));
    let file = "receipts/avvenuta-consegna-breve.eml";
    let lines = checker.run(&[&TRUST[..], &["--ndjson", file, "no-such-file"]].concat());
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let fields = line.as_object().expect("an object");
        for name in fields.keys() {
            let mut wrong = line.clone();
            wrong.as_object_mut().expect("an object").remove(name);
            assert!(checker.line.check(&wrong).is_err(), "{name} may be missing");
        }
        assert!(
            checker.document.check(line).is_err(),
            "a line is no document"
        );
    }
}

/// The words that the schema knows at a place.
fn words<'s>(schema: &'s Value, place: &str) -> BTreeSet<&'s str> {
    let list = schema
        .pointer(place)
        .and_then(|at| at["examples"].as_array());
    let list = list.unwrap_or_else(|| panic!("no words at {place}"));
    list.iter().filter_map(Value::as_str).collect()
}

/// Those that are written in several places of the program.
#[test]
fn the_words_of_the_schema_are_those_of_the_program() {
    let schema = schema::of("verify");
    let source = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        std::fs::read_to_string(path).expect("a source file")
    };
    let compared = ["sent", "sent/hashes", "sent/parts"];
    let compared = compared.map(|name| source(&format!("src/verify/{name}.rs")));
    let compared = compared.concat();
    let makers = [
        "SentResult::by(",
        "SentResult::not(",
        "SentResult::unknown(",
        "rule = ",
    ];
    let pieces: Vec<&str> = compared.split('"').collect();
    let rules: BTreeSet<&str> = pieces
        .chunks_exact(2)
        .filter(|pair| {
            let is_made = makers.iter().any(|maker| pair[0].ends_with(maker));
            is_made || pair[1].starts_with("brief:")
        })
        .map(|pair| pair[1])
        .collect();
    assert_eq!(words(&schema, "/$defs/sent/properties/rule"), rules);

    let source = source("src/input/mod.rs");
    let keys: BTreeSet<&str> = source
        .split('"')
        .filter(|text| text.starts_with("input.") && !text.contains([' ', '\n']))
        .collect();
    assert_eq!(words(&schema, "/$defs/read_error/properties/id"), keys);
}
