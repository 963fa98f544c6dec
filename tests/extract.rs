//! What `pec extract` writes: all of it or nothing, in the folder that was named and nowhere else, under names
//! that do nothing to anybody; and the same octets as another reader of mail finds (Python's `email`).

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postacert::smime::sha256;
use serde_json::Value;
use support::receipt::{Kind, Receipt};
use support::skipped::skipped;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TRUST: &str = "fixtures/pki/trust.toml";

fn pec(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .args(["--lang", "en"])
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    output
}

/// A message extracted into a folder: exit status, and the document.
fn extracted(file: &Path, to: &Path, options: &[&str]) -> (Option<i32>, Value) {
    let names = [file, to].map(|path| path.display().to_string());
    let fixed = [
        "extract", "--json", "--trust", TRUST, &names[0], "--to", &names[1],
    ];
    let output = pec(&[&fixed, options].concat());
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    support::schema::Schema::closed("extract").holds(&document);
    (output.status.code(), document)
}

fn written(folder: &TempDir, name: &str, octets: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, octets).unwrap();
    path
}

/// The names of the files in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn files(document: &Value) -> &[Value] {
    document["files"].as_array().unwrap()
}

/// An ordinary message with these files.
fn message(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = "From: a@b.example\nSubject: allegati\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"
        .to_owned();
    for (name, octets) in files {
        let hex = name.bytes().fold(String::new(), |mut all, octet| {
            write!(all, "%{octet:02X}").unwrap();
            all
        });
        let content = STANDARD.encode(octets);
        let lines: Vec<&str> = content
            .as_bytes()
            .chunks(76)
            .flat_map(std::str::from_utf8)
            .collect();
        write!(
            text,
            "--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename*=utf-8''{hex}\n\
             Content-Transfer-Encoding: base64\n\n{}\n",
            lines.join("\n")
        )
        .unwrap();
    }
    text.push_str("--b--\n");
    text.replace('\n', "\r\n").into_bytes()
}

#[test]
fn a_receipt_gives_its_data_its_original_and_what_is_attached_to_that() {
    let folder = tempfile::tempdir().unwrap();
    let file = Path::new("fixtures/receipts/avvenuta-consegna-completa.eml");
    let (exit, document) = extracted(file, folder.path(), &[]);
    assert_eq!(exit, Some(0));
    let wanted = set(&["daticert.xml", "postacert.eml", "relazione.pdf"]);
    assert_eq!(names(folder.path()), wanted);
    for one in files(&document) {
        let octets = fs::read(folder.path().join(one["written"].as_str().unwrap())).unwrap();
        assert_eq!(one["sha256"], sha256(&octets));
        assert_eq!(one["size"], octets.len());
    }
    let pdf = fs::read(folder.path().join("relazione.pdf")).unwrap();
    assert_eq!(pdf, fs::read("fixtures/sent/relazione.pdf").unwrap());
    // The same again replaces nothing.
    extracted(file, folder.path(), &[]);
    assert!(names(folder.path()).contains("relazione (2).pdf"));
    assert_eq!(names(folder.path()).len(), 6);
}

#[test]
fn what_is_not_genuine_is_extracted_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("a").display().to_string();
    let file = "fixtures/receipts/posta-certificata.eml";
    let output = pec(&["extract", file, "--to", &to]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_ne!(output.status.code(), Some(0));
    assert!(text.contains("WARNING"), "{text}");
    assert!(names(Path::new(&to)).contains("relazione.pdf"));
}

#[test]
fn no_name_leads_out_of_the_folder_or_means_anything_to_a_system() {
    let bad = [
        "../../fuori.txt",
        "/etc/fuori",
        "..\\fuori.txt",
        "C:\\fuori.txt",
        "CON",
        "nul.txt",
        ".bashrc",
        "-rf",
        "a\u{202e}fdp.exe",
        "a\u{200b}.pdf",
        "a\nb.pdf",
        "",
        ".",
        "..",
        "a:b",
        "perche\u{301}.txt",
        "fine. ",
    ];
    let many: Vec<String> = (0..200)
        .map(|n| format!("{}{}", bad[n % bad.len()], n / bad.len()))
        .collect();
    let long = "è".repeat(300) + ".pdf";
    let mut all: Vec<(&str, &[u8])> = many.iter().map(|name| (&**name, name.as_bytes())).collect();
    all.extend(bad.map(|name| (name, &b"x"[..])));
    all.push((&long, b"x"));
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("qui");
    let file = written(&folder, "a.eml", &message(&all));
    let (exit, document) = extracted(&file, &to, &[]);
    assert_eq!(exit, Some(1));
    assert_eq!(names(folder.path()), set(&["a.eml", "qui"]));
    let found = names(&to);
    assert_eq!(found.len(), all.len());
    for name in &found {
        assert!(name.len() <= 255, "{name}");
        assert!(
            !name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']),
            "{name}"
        );
        assert!(
            !name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']),
            "{name}"
        );
        assert!(
            !name.chars().any(postacert::printable::is_deceptive),
            "{name}"
        );
        let stem = name.split('.').next().unwrap().to_uppercase();
        assert!(!["CON", "NUL"].contains(&&*stem), "{name}");
    }
    // The original name stays to be read.
    for (one, (name, _)) in files(&document).iter().zip(&all) {
        assert_eq!(
            one["name"].as_str().unwrap_or_default(),
            name.trim_end_matches(['\n']),
            "{one}"
        );
        assert!(
            fs::symlink_metadata(to.join(one["written"].as_str().unwrap()))
                .unwrap()
                .is_file()
        );
    }
    assert!(found.contains("perché.txt"), "{found:?}");
}

#[test]
fn the_same_name_twice_is_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("qui");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("a.pdf"), "mio").unwrap();
    std::os::unix::fs::symlink(folder.path().join("altrove"), to.join("c.pdf")).unwrap();
    let octets = message(&[
        ("a.pdf", b"1"),
        ("a.pdf", b"2"),
        ("A.PDF", b"3"),
        ("c.pdf", b"4"),
    ]);
    let file = written(&folder, "a.eml", &octets);
    let (_, document) = extracted(&file, &to, &[]);
    let written: Vec<&str> = files(&document)
        .iter()
        .map(|one| one["written"].as_str().unwrap())
        .collect();
    assert_eq!(written, ["a (2).pdf", "a (3).pdf", "A.PDF", "c (2).pdf"]);
    assert_eq!(fs::read(to.join("a.pdf")).unwrap(), b"mio");
    assert_eq!(fs::read(to.join("a (3).pdf")).unwrap(), b"2");
}

#[test]
fn what_cannot_be_written_whole_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(
        &folder,
        "a.eml",
        &message(&[("a", b"1"), ("b", &[7; 100_000])]),
    );
    let to = folder.path().join("qui");
    // A disk on which no file is larger than 16 KiB.
    let line = "trap '' XFSZ; ulimit -f 32; exec \"$0\" extract \"$1\" --to \"$2\" --lang en";
    let output = Command::new("sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_pec")])
        .args([&file, &to])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{errors}");
    assert!(errors.contains("nothing was extracted"), "{errors}");
    assert_eq!(names(folder.path()), set(&["a.eml"]));
    // Where a file stands no folder can be.
    let name = file.display().to_string();
    let output = pec(&["extract", &name, "--to", &name]);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn mails_in_mails_are_extracted_to_a_depth() {
    let mut inside = message(&[("fondo.txt", b"fondo")]);
    for level in 0..30 {
        let head = format!(
            "Subject: {level}\r\nContent-Type: multipart/mixed; boundary=c{level}\r\n\r\n--c{level}\r\n\
             Content-Type: message/rfc822\r\n\r\n"
        );
        inside = [
            head.as_bytes(),
            &inside,
            format!("\r\n--c{level}--\r\n").as_bytes(),
        ]
        .concat();
        let folder = tempfile::tempdir().unwrap();
        let file = written(&folder, "a.eml", &inside);
        if ![1, 29].contains(&level) {
            continue;
        }
        let (_, document) = extracted(&file, &folder.path().join("qui"), &[]);
        let found = names(&folder.path().join("qui"));
        assert_eq!(found.contains("fondo.txt"), level == 1, "{found:?}");
        assert_eq!(document["is_whole"], level == 1);
        assert!(
            found.contains("allegato-1.eml") && found.len() < 20,
            "{found:?}"
        );
    }
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(octets).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn archives_are_opened_on_request_and_within_limits() {
    let folder = tempfile::tempdir().unwrap();
    let zip = archive(&[
        ("../fuori.txt", b"1"),
        ("dentro/a.pdf", b"%PDF-"),
        ("b.pdf.exe", b"MZ\x01"),
    ]);
    let bomb = archive(&[("zeri", &vec![0; 300_000_000])]);
    let many: Vec<String> = (0..100_000).map(|n| format!("{n}.txt")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (&**name, &b""[..])).collect();
    let many = archive(&many);
    let files_in = [
        ("a.zip", &zip[..]),
        ("bomba.zip", &bomb),
        ("molti.zip", &many),
    ];
    let file = written(&folder, "a.eml", &message(&files_in));
    let closed = folder.path().join("chiusi");
    extracted(&file, &closed, &[]);
    assert_eq!(names(&closed), set(&["a.zip", "bomba.zip", "molti.zip"]));
    let open = folder.path().join("aperti");
    let (_, document) = extracted(&file, &open, &["--unzip"]);
    let found = names(&open);
    for name in ["_._fuori.txt", "dentro_a.pdf", "b.pdf.exe"] {
        assert!(found.contains(name), "{name} in {found:?}");
    }
    assert!(!found.contains("zeri") && found.len() <= 1_000);
    assert_eq!(document["is_whole"], false);
    let bomb = files(&document)
        .iter()
        .find(|one| one["written"] == "bomba.zip")
        .unwrap();
    assert_eq!(bomb["notes"].as_array().unwrap().len(), 1, "{bomb}");
    assert_eq!(names(folder.path()), set(&["a.eml", "aperti", "chiusi"]));
}

#[test]
fn signed_files_are_opened_on_request_and_their_signers_named() {
    let folder = tempfile::tempdir().unwrap();
    let list = fs::read("fixtures/providers/igpec.ldif.p7m").unwrap();
    let twice =
        support::cms::signed_around(&support::cms::signed_around(b"<?xml version='1.0'?><a/>"));
    let base64 = STANDARD.encode(support::cms::signed_around(b"%PDF-1.7"));
    let deep = (0..1_000).fold(b"x".to_vec(), |inside, _| {
        support::cms::signed_around(&inside)
    });
    let mut bomb = support::cms::signed_around(b"x");
    bomb[2..6].copy_from_slice(&u32::MAX.to_be_bytes());
    let octets = message(&[
        ("igpec.ldif.p7m", &list),
        ("fattura.xml.p7m.p7m", &twice),
        ("contratto.p7m", base64.as_bytes()),
        ("profondo.p7m", &deep),
        ("bomba.p7m", &bomb),
    ]);
    let file = written(&folder, "a.eml", &octets);
    let to = folder.path().join("qui");
    let (_, document) = extracted(&file, &to, &["--unwrap"]);
    let found = names(&to);
    for name in ["igpec.ldif", "fattura.xml", "contratto.pdf", "profondo.p7m"] {
        assert!(found.contains(name), "{name} in {found:?}");
    }
    assert_eq!(
        fs::read(to.join("igpec.ldif")).unwrap(),
        fs::read("fixtures/providers/igpec.ldif").unwrap()
    );
    let of = |name: &str| {
        files(&document)
            .iter()
            .find(|one| one["written"] == name)
            .unwrap()
    };
    assert_eq!(of("igpec.ldif.p7m")["signed"]["layers"], 1);
    assert!(
        !of("igpec.ldif.p7m")["signed"]["signers"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(of("fattura.xml.p7m.p7m")["signed"]["layers"], 2);
    assert_eq!(of("bomba.p7m")["notes"].as_array().unwrap().len(), 1);
    assert_eq!(of("igpec.ldif")["source"], "signed-file");
    // The same file on its own.
    let alone = folder.path().join("solo");
    extracted(
        Path::new("fixtures/providers/igpec.ldif.p7m"),
        &alone,
        &["--unwrap"],
    );
    assert_eq!(names(&alone), set(&["igpec.ldif"]));
}

#[test]
fn an_envelope_of_nothing_gives_its_data_alone() {
    let folder = tempfile::tempdir().unwrap();
    let receipt = Receipt::new(Kind::Acceptance).to_eml();
    let file = written(&folder, "a.eml", &receipt);
    extracted(&file, &folder.path().join("qui"), &[]);
    assert_eq!(names(&folder.path().join("qui")), set(&["daticert.xml"]));
}

/// Python's reader of mail: place and SHA-256 of every part that is no multipart and no message.
const WITNESS: &str = r#"
import email, hashlib, json, sys
def walk(message, prefix, out):
    def part(one, numbers):
        place = prefix + ('.'.join(map(str, numbers)) or '1')
        if one.get_content_type() == 'message/rfc822' and one.is_multipart():
            walk(one.get_payload()[0], place + '/', out)
        elif one.is_multipart():
            for number, inner in enumerate(one.get_payload(), 1):
                part(inner, numbers + [number])
        else:
            octets = one.get_payload(decode=True) or b''
            out[place] = hashlib.sha256(octets).hexdigest()
    part(message, [])
for name in sys.argv[1:]:
    out = {}
    with open(name, 'rb') as file:
        walk(email.message_from_bytes(file.read()), '', out)
    print(json.dumps(out))
"#;

fn witness(file: &Path) -> Option<BTreeMap<String, String>> {
    let output = Command::new("python3")
        .args(["-c", WITNESS])
        .arg(file)
        .output();
    serde_json::from_slice(&output.ok()?.stdout).ok()
}

/// Parts of which Python finds other octets.
fn differences(file: &Path) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let found = witness(file)?;
    let (_, document) = extracted(file, folder.path(), &[]);
    let differ = files(&document).iter().filter_map(|one| {
        let place = one["place"].as_str()?;
        let theirs = found.get(place)?;
        (one["sha256"] != **theirs).then(|| format!("{} {place}: {one}", file.display()))
    });
    Some(differ.collect())
}

#[test]
fn another_reader_finds_the_same_octets_in_every_part() {
    let folder = tempfile::tempdir().unwrap();
    let odd = message(&[
        ("a.bin", &[0, 13, 10, 255]),
        ("vuoto", b""),
        ("lungo", &[7; 300_000]),
    ]);
    let mut all = vec![written(&folder, "a.eml", &odd)];
    all.extend(below(Path::new("fixtures/receipts")));
    for file in all {
        match differences(&file) {
            Some(differ) => assert!(differ.is_empty(), "{differ:#?}"),
            None => {
                return skipped(
                    "python3 is not there, so no other reader of attachments was asked",
                );
            }
        }
    }
}

/// Real mail, and what others made to deceive: everything shows, extracts, and has the same octets.
#[test]
fn everything_there_is_shows_and_extracts() {
    let Some(real) = std::env::var_os("PEC_REAL_MAIL").map(PathBuf::from) else {
        return skipped("PEC_REAL_MAIL is not set, so no real mail was shown or extracted");
    };
    let mut all = below(&real.join("messages"));
    let cases = real.join("../review/cases");
    all.extend(below(&cases));
    let mut differ = Vec::new();
    for file in &all {
        let name = file.display().to_string();
        let shown = pec(&["show", &name]);
        let many = shown.status.code() == Some(2);
        assert!(many || !shown.stdout.is_empty(), "{name}");
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("qui").display().to_string();
        let output = pec(&["extract", "--json", &name, "--to", &to]);
        if output.status.code() == Some(2) {
            continue;
        }
        match differences(file) {
            // A copy that a program converted is read as it was before; Python reads it as it is.
            Some(_) if is_converted(file) => {}
            Some(found) => differ.extend(found),
            None => skipped("python3 is not there, so no other reader of attachments was asked"),
        }
    }
    assert!(all.len() > 20, "{}", all.len());
    // What Python reads otherwise: octets that do not fit their encoding are told as damage.
    differ.retain(|one| !one.contains("\"damaged\":true"));
    assert!(differ.is_empty(), "{differ:#?}");
}

fn is_converted(file: &Path) -> bool {
    let octets = fs::read(file).unwrap();
    postacert::verify::converted_back(&octets) != octets
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let found = paths.flat_map(|path| match path.is_dir() {
        true => below(&path),
        false => vec![path],
    });
    let mut found: Vec<PathBuf> = found.collect();
    found.retain(|path| path.extension().is_some_and(|kind| kind == "eml"));
    found.sort();
    found
}

#[test]
fn what_is_refused_of_an_archive_is_told_and_is_not_all() {
    let folder = tempfile::tempdir().unwrap();
    let whole = archive(&[("a.pdf", b"%PDF-"), ("b.pdf", b"%PDF-")]);
    let mut encrypted = whole.clone();
    let last = memchr::memmem::rfind(&whole, b"PK\x01\x02").unwrap();
    encrypted[last + 8] |= 1;
    let mut twice = whole.clone();
    for at in memchr::memmem::find_iter(&whole, b"b.pdf") {
        twice[at] = b'a';
    }
    for (case, zip, told) in [
        ("intero", &whole[..], None),
        ("cifrato", &encrypted, Some("b.pdf, in the archive 2, ")),
        (
            "doppio",
            &twice,
            Some("not all of the archive 2 was extracted: "),
        ),
        (
            "guasto",
            b"PK\x03\x04guasto",
            Some("the archive was not opened: "),
        ),
    ] {
        let file = written(&folder, "a.eml", &message(&[("a.zip", zip)]));
        let (_, document) = extracted(&file, &folder.path().join(case), &["--unzip"]);
        assert_eq!(document["is_whole"], told.is_none(), "{document}");
        let notes = files(&document)[0]["notes"].as_array().unwrap();
        let notes: Vec<&str> = notes.iter().flat_map(Value::as_str).collect();
        match told {
            Some(told) => assert!(notes.len() == 1 && notes[0].starts_with(told), "{notes:?}"),
            None => assert!(notes.is_empty(), "{notes:?}"),
        }
    }
}
