//! What a person sees of a message, and what a hostile one can do to that: nothing.
//!
//! `PEC_LARGE_MB=100 cargo test --test show memory` measures a message of 100 MB; without that a smaller
//! one is, so that the suite stays quick.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postacert::ledger::Ledger;
use postacert::ledger::letter::{LetterFilter, LetterList};
use serde_json::Value;
use support::practising::Practising;
use support::receipt::{Kind, MESSAGE_ID, Receipt, SENDER, SUBJECT};
use support::skipped::skipped;
use tempfile::TempDir;

const TRUST: &str = "fixtures/pki/trust.toml";

/// The program, in the folder of the crate.
fn pec(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pec"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .args(["--lang", "en"])
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the program starts")
}

/// A message shown: exit status, and the text.
fn shown(file: &Path) -> (i32, String) {
    let file = file.display().to_string();
    let output = pec(&["show", "--trust", TRUST, &file]);
    let text = String::from_utf8(output.stdout).expect("text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    (output.status.code().unwrap_or(-1), text)
}

fn document(file: &Path) -> Value {
    let file = file.display().to_string();
    let output = pec(&["show", "--json", "--trust", TRUST, &file]);
    let document = serde_json::from_slice(&output.stdout).expect("JSON");
    support::schema::Schema::closed("show").holds(&document);
    document
}

fn written(folder: &TempDir, name: &str, octets: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, octets).unwrap();
    path
}

/// An original message as its provider leaves it, with this type and body.
fn original(content: &str) -> Vec<u8> {
    let id = support::receipt::IDENTIFIER;
    let text = format!(
        "From: {SENDER}\nTo: ufficio@pec.destinatario.example, collega@posta.example\n\
         Cc: protocollo@pec.comune.example\nSubject: {SUBJECT}\n\
         Date: Mon, 4 May 2026 10:14:58 +0200\nX-TipoRicevuta: completa\nMIME-Version: 1.0\n\
         Message-ID: <{id}>\nX-Riferimento-Message-ID: {MESSAGE_ID}\nContent-Type: {content}"
    );
    text.replace('\n', "\r\n").into_bytes()
}

/// An envelope around it.
fn envelope(content: &str) -> Vec<u8> {
    let original = original(content);
    Receipt::with(Kind::Envelope, |receipt| receipt.original = Some(original)).to_eml()
}

fn show_envelope(content: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    shown(&written(&folder, "busta.eml", &envelope(content)))
}

#[test]
fn the_certified_facts_come_before_the_original() {
    let (exit, text) = shown(Path::new("fixtures/receipts/posta-certificata.eml"));
    assert_eq!(exit, 0);
    let place = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("{words} in {text}"))
    };
    assert!(place("Genuine") < place("Sender") && place("Sender") < place("Original message"));
    assert!(place("Original message") < place("Buongiorno"));
    assert!(place("Buongiorno") < place("relazione.pdf"));
    let document = document(Path::new("fixtures/receipts/posta-certificata.eml"));
    assert_eq!(document["examination"]["verdict"], "genuine");
    assert_eq!(document["is_original"], true);
    assert_eq!(document["files"][0]["name"], "relazione.pdf");
}

#[test]
fn what_is_not_genuine_is_shown_as_a_claim() {
    let folder = tempfile::tempdir().unwrap();
    let mut octets = std::fs::read("fixtures/receipts/posta-certificata.eml").unwrap();
    let at = memchr::memmem::find(&octets, b"si chiede copia").unwrap();
    octets[at..at + 2].copy_from_slice(b"Si");
    let (exit, text) = shown(&written(&folder, "a.eml", &octets));
    assert_eq!(exit, 1);
    let warning = text.find("WARNING: not genuine").expect("a warning");
    assert!(
        warning < text.find("Si chiede copia").expect("the text"),
        "{text}"
    );
    // By nobody's authority.
    let output = pec(&["show", "fixtures/receipts/posta-certificata.eml"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_ne!(output.status.code(), Some(0));
    assert!(text.contains("WARNING"), "{text}");
}

#[test]
fn every_kind_of_fixture_is_shown() {
    for entry in std::fs::read_dir("fixtures/receipts").unwrap() {
        let path = entry.unwrap().path();
        let (exit, text) = shown(&path);
        assert!([0, 3].contains(&exit), "{}: {text}", path.display());
    }
    let (_, concise) = shown(Path::new(
        "fixtures/receipts/avvenuta-consegna-sintetica.eml",
    ));
    assert!(
        concise.contains("does not contain the original"),
        "{concise}"
    );
}

/// Ordinary mail in an anomaly envelope whose inside is a receipt that somebody forged well.
#[test]
fn a_forged_receipt_in_an_anomaly_envelope_is_no_certified_mail() {
    let forged = Receipt::new(Kind::Delivery).to_eml();
    let forged = String::from_utf8(forged).unwrap();
    let forged = forged
        .replacen("Pratica n. 42", "Pratica n. 43", 1)
        .into_bytes();
    let folder = tempfile::tempdir().unwrap();
    let anomaly = Receipt::with(Kind::Anomaly, |receipt| receipt.original = Some(forged));
    let file = written(&folder, "anomalia.eml", &anomaly.to_eml());
    let (_, text) = shown(&file);
    assert!(text.contains("the sender is not verified"), "{text}");
    assert!(!text.starts_with("DELIVERED"), "{text}");
    let document = document(&file);
    assert_eq!(document["examination"]["facts"]["kind"], "anomalia");
    assert_eq!(document["examination"]["certifies"], "nothing");
}

#[test]
fn html_is_text_with_the_true_targets_and_says_what_it_left_out() {
    let html = "text/html; charset=utf-8\n\n<html><head><meta http-equiv=refresh content='0;url=https://x.example'>\
        <style>p{background:url(https://x.example/a)}</style></head><body onload=a()><p>Gentile cliente,\
        <p>paghi <a href='https://truffa.example/p'>https://banca.example</a> o \
        <a href='file:///etc/passwd'>qui</a><img src='https://x.example/pixel.gif'><img src='cid:1' alt='Logo'>\
        <form action='https://x.example'><input name=p></form><script>b()</script></body></html>";
    let (exit, text) = show_envelope(html);
    assert_eq!(exit, 0, "{text}");
    for words in [
        "Gentile cliente,",
        "https://banca.example <https://truffa.example/p>",
        "qui <file:///etc/passwd>",
        "[Logo]",
        "2 pictures, 1 form, 2 scripts, 1 automatic change to another page, 1 link to files",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(
        !text.contains("background") && !text.contains("b()"),
        "{text}"
    );
}

#[test]
fn a_page_of_html_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let html = "text/html\n\n<p style='x:url(//a)'>uno<img src=//x><a href=javascript:a()>due</a>\
                <iframe src=//y></iframe><svg onload=b()>";
    let message = written(&folder, "busta.eml", &envelope(html));
    let page = folder.path().join("pagina.html");
    let names = [&message, &page].map(|path| path.display().to_string());
    let output = pec(&["show", "--trust", TRUST, &names[0], "--html", &names[1]]);
    assert_eq!(output.status.code(), Some(0));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("default-src 'none'"), "{page}");
    assert!(
        page.contains("<p>uno") && page.contains("due &lt;javascript:a()&gt;"),
        "{page}"
    );
    let (_, body) = page.split_once("<main>").unwrap();
    // Nothing there has an attribute.
    for tag in body.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        assert!(
            tag.bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'/'),
            "{tag}"
        );
    }
}

#[test]
fn html_of_any_depth_takes_no_time() {
    for tag in [
        "<div>",
        "<b>",
        "<table><tr><td>",
        "<blockquote>",
        "<font a=1>",
        "<svg>",
    ] {
        let (exit, text) = show_envelope(&format!("text/html\n\n{}ciao", tag.repeat(100_000)));
        assert!(exit == 0 && text.contains("ciao"), "{tag}");
    }
}

/// A multipart with these parts behind a text.
fn mixed(parts: &str) -> String {
    format!("multipart/mixed; boundary=\"=_b\"\n\n--=_b\n\ntesto\n{parts}--=_b--\n")
}

fn part(of: &str, name: &str, content: &str) -> String {
    format!(
        "--=_b\nContent-Type: {of}\nContent-Disposition: attachment; filename=\"{name}\"\n\n{content}\n"
    )
}

#[test]
fn types_that_lie_and_names_that_hide_a_program_are_told() {
    let parts = [
        part("application/pdf", "fattura.pdf", "PK\u{3}\u{4}\u{14}"),
        part(
            "application/octet-stream",
            "fattura.pdf.exe",
            "MZ\u{1}\u{2}",
        ),
        part("application/pdf", "vero.pdf", "%PDF-1.7"),
    ];
    let (_, text) = show_envelope(&mixed(&parts.concat()));
    assert!(
        text.contains(
            "declared as application/pdf, but the content (application/zip) does not match"
        ),
        "{text}"
    );
    assert!(text.contains("it ends as a program does"), "{text}");
    let (_, after) = text.split_once("vero.pdf").unwrap();
    assert!(!after.contains("WARNING"), "{after}");
}

#[test]
fn two_hundred_hostile_names_do_nothing_to_a_terminal() {
    let names: Vec<String> = (0..200_u32)
        .map(|number| {
            let odd = [
                "\u{202e}",
                "\u{1b}[2J",
                "\u{200b}",
                "\u{7}",
                "../",
                "CON",
                "\u{9b}",
            ];
            format!(
                "{}{number}{}.pdf",
                odd[number as usize % 7],
                odd[number as usize / 7 % 7]
            )
        })
        .collect();
    let encoded = |name: &String| {
        let hex: String = name.bytes().map(|octet| format!("%{octet:02X}")).collect();
        format!(
            "--=_b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''{hex}\n\n%PDF-\n"
        )
    };
    let parts: String = names.iter().map(encoded).collect();
    let (_, text) = show_envelope(&mixed(&parts));
    assert!(text.contains("200 attachments"), "{text:.2000}");
    let is_bad = |c: char| c != '\n' && postacert::printable::is_deceptive(c);
    assert!(!text.chars().any(is_bad));
}

#[test]
fn a_hundred_thousand_parts_and_a_thousand_messages_deep_have_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let many = format!(
        "Subject: molte\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nx\r\n".repeat(100_000)
    );
    let (_, text) = shown(&written(&folder, "molte.eml", many.as_bytes()));
    assert!(text.contains("more parts than are read"), "{text}");
    let deep = "Subject: giu\r\nContent-Type: message/rfc822\r\n\r\n".repeat(1_000);
    let (_, text) = shown(&written(&folder, "profonda.eml", deep.as_bytes()));
    assert!(text.contains("more parts than are read"), "{text}");
    assert!(text.matches("message from").count() <= 11, "{text}");
}

const INVOICE: &str = "<p:FatturaElettronica xmlns:p='x' versione='FPA12'><FatturaElettronicaHeader>\
    <CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice>\
    </IdFiscaleIVA><Anagrafica><Denominazione>Ditta di prova S.r.l.</Denominazione></Anagrafica>\
    </DatiAnagrafici></CedentePrestatore></FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali>\
    <DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-05-04</Data>\
    <Numero>12/A</Numero><ImportoTotaleDocumento>1220.00</ImportoTotaleDocumento></DatiGeneraliDocumento>\
    </DatiGenerali></FatturaElettronicaBody></p:FatturaElettronica>";

#[test]
fn invoices_and_notices_are_named_with_sender_and_number() {
    let notice = "<ns:RicevutaConsegna xmlns:ns='x'><IdentificativoSdI>111</IdentificativoSdI>\
                  <NomeFile>IT01234567890_1.xml.p7m</NomeFile></ns:RicevutaConsegna>";
    let signed = support::cms::signed_around(INVOICE.replace("12/A", "13/B").as_bytes());
    let signed = format!(
        "--=_b\nContent-Type: application/pkcs7-mime; name=IT01234567890_2.xml.p7m\n\
         Content-Transfer-Encoding: base64\n\n{}\n",
        base64::engine::Engine::encode(&base64::engine::general_purpose::STANDARD, signed)
    );
    let parts = [
        part("application/xml", "IT01234567890_1.xml", INVOICE),
        part("text/xml", "IT01234567890_1_RC_001.xml", notice),
        signed,
    ];
    let (_, text) = show_envelope(&mixed(&parts.concat()));
    for words in [
        "electronic invoice (FPA12) of Ditta di prova S.r.l., IT01234567890, as the file says",
        "no. 12/A of 2026-05-04 (TD01), total 1220.00 EUR",
        "delivery receipt of the tax exchange system (SdI): SdI identifier 111",
        "no. 13/B of 2026-05-04",
        "(validity of the signature not examined)",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn the_octets_themselves_are_written_as_they_are() {
    let file = "fixtures/receipts/posta-certificata.eml";
    let output = pec(&["show", "--raw", file]);
    assert_eq!(output.stdout, std::fs::read(file).unwrap());
}

#[test]
fn messages_are_named_by_the_ids_that_the_ledger_gives_them() {
    let world = Practising::new();
    let ours = world.send("A me stesso", &["io"]);
    let ran = world.run(&["show", &ours]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.out.starts_with("Message sent from here"), "{ran:?}");
    assert!(
        ran.out.contains("A me stesso") && ran.out.contains("Buongiorno."),
        "{ran:?}"
    );
    let received = || {
        world.run(&["sync"]);
        let ledger = Ledger::open_existing(&world.data()).unwrap().unwrap();
        let list = LetterList::Received;
        ledger
            .letters(list, &LetterFilter::default(), 10, 0)
            .unwrap()
    };
    let letters = received();
    let [letter] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert!(letter.opened_at.is_none());
    let ran = world.run(&["show", &letter.letter.short]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(
        ran.out.contains("Original message") && ran.out.contains("A me stesso"),
        "{ran:?}"
    );
    assert!(received()[0].opened_at.is_some());
    let out = world.path("estratti").display().to_string();
    let ran = world.run(&["extract", &letter.letter.short, "--to", &out]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(world.path("estratti/postacert.eml").exists());
}

#[test]
fn what_is_not_there_and_what_is_many_is_said() {
    for (word, words) in [
        ("niente.eml", "cannot read"),
        ("deadbeef", "deadbeef"),
        ("fixtures/receipts", "several messages"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display().to_string();
        let output = pec(&["show", word, "--data-dir", &data]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(words), "{words} in {errors}");
    }
}

/// What a message of so many MB takes beyond what a small one does, in its own size.
fn memory_for(command: &[&str], large: &Path, small: &Path) -> Option<f64> {
    let peak = |file: &Path| {
        let output = Command::new("/usr/bin/time")
            .args(["-f", "%M", env!("CARGO_BIN_EXE_pec")])
            .args(command)
            .arg(file)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines()
            .rev()
            .find_map(|line| line.trim().parse::<f64>().ok())
    };
    let (high, base) = (peak(large)?, peak(small)?);
    let size = std::fs::metadata(large).unwrap().len() as f64 / 1_024.0;
    eprintln!(
        "peak {high} kB, {base} kB without it, size {size} kB, in all {:.2}",
        high / size
    );
    Some((high - base) / size)
}

#[test]
fn a_large_message_takes_memory_once() {
    let megabytes = std::env::var("PEC_LARGE_MB").ok();
    let megabytes: usize = megabytes.map_or(24, |text| text.parse().expect("a number"));
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let of = |size: usize| {
        let body = line.repeat(size * 1_000_000 / line.len());
        envelope(&mixed(&format!(
            "--=_b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n{}\n",
            body.replace('\r', "")
        )))
    };
    let folder = tempfile::tempdir().unwrap();
    let small = written(&folder, "piccola.eml", &of(0));
    let large = written(&folder, "grande.eml", &of(megabytes));
    let out = folder.path().join("estratti").display().to_string();
    let trust = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(TRUST)
        .display()
        .to_string();
    for command in [
        &["show", "--trust", &trust][..],
        &["extract", "--trust", &trust, "--to", &out],
    ] {
        match memory_for(command, &large, &small) {
            Some(times) => assert!(times <= 1.2, "{command:?}: {times}"),
            None => skipped("/usr/bin/time is not there, so no memory was measured"),
        }
    }
}

/// A multipart of parts, each of them a type and a body.
fn multipart(kind: &str, boundary: &str, parts: &[String]) -> String {
    let parts: String = parts
        .iter()
        .map(|part| format!("--{boundary}\nContent-Type: {part}\n"))
        .collect();
    format!("multipart/{kind}; boundary={boundary}\n\n{parts}--{boundary}--\n")
}

fn plain(text: &str) -> String {
    format!("text/plain\n\n{text}\n")
}

fn html(text: &str) -> String {
    format!("text/html\n\n<p>{text}</p>\n")
}

fn pdf() -> String {
    "application/pdf; name=a.pdf\n\n%PDF-1.7\n".to_owned()
}

/// The page of an envelope around this.
fn page_of(content: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, "busta.eml", &envelope(content));
    let file = file.display().to_string();
    let output = pec(&["show", "--trust", TRUST, &file, "--html", "-"]);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn of_versions_of_a_text_one_is_shown_with_all_its_pieces() {
    let apple = |first: String, second: String| multipart("mixed", "m1", &[first, pdf(), second]);
    let says = "an HTML version exists";
    // What is written, what of it is shown, what of it is on the page, and whether the HTML is told of.
    for (content, text, page, is_told) in [
        (
            multipart(
                "alternative",
                "a",
                &[
                    apple(plain("piano-1"), plain("piano-2")),
                    multipart("mixed", "m2", &[html("acca-1"), html("acca-2")]),
                ],
            ),
            &["piano-1", "piano-2"][..],
            &["acca-1", "acca-2"][..],
            true,
        ),
        (
            multipart(
                "alternative",
                "a",
                &[plain("piano-1"), apple(html("acca-1"), html("acca-2"))],
            ),
            &["piano-1"],
            &["acca-1", "acca-2"],
            true,
        ),
        (
            multipart("alternative", "a", &[apple(html("acca-1"), html("acca-2"))]),
            &["acca-1", "acca-2"],
            &["acca-1", "acca-2"],
            false,
        ),
        (
            multipart("alternative", "a", &[plain("piano-1"), plain("piano-2")]),
            &["piano-1"],
            &["piano-1"],
            false,
        ),
        (
            multipart(
                "mixed",
                "a",
                &[plain("piano-1"), html("acca-1"), plain("piano-2")],
            ),
            &["piano-1", "acca-1", "piano-2"],
            &["piano-1", "acca-1", "piano-2"],
            false,
        ),
        (
            multipart(
                "alternative",
                "a",
                &[
                    html("acca-1"),
                    multipart(
                        "related",
                        "r",
                        &[
                            multipart("alternative", "i", &[plain("piano-1"), html("acca-2")]),
                            plain("piano-2"),
                        ],
                    ),
                ],
            ),
            &["piano-1", "piano-2"],
            &["acca-1"],
            true,
        ),
    ] {
        let all = ["piano-1", "piano-2", "acca-1", "acca-2"];
        let of = |shown: &str| {
            all.into_iter()
                .filter(|word| shown.contains(word))
                .collect::<Vec<_>>()
        };
        let (_, shown) = show_envelope(&content);
        let mut wanted = text.to_vec();
        wanted.sort_by_key(|word| all.iter().position(|one| one == word));
        assert_eq!(of(&shown), wanted, "{content}\n{shown}");
        assert_eq!(shown.contains(says), is_told, "{content}\n{shown}");
        let (_, body) = page_of(&content)
            .split_once("<main>")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let mut wanted = page.to_vec();
        wanted.sort_by_key(|word| all.iter().position(|one| one == word));
        assert_eq!(of(&body), wanted, "{content}\n{body}");
    }
}

/// A picture in the address itself, of so many octets.
fn picture(octets: usize) -> String {
    let line = "QUJD".repeat(19);
    let lines = format!("{line}\n").repeat(octets / line.len() + 1);
    format!("<img src=\"data:image/png;base64,{lines}\">")
}

#[test]
fn what_is_cut_of_html_is_told_and_a_large_picture_cuts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let after = format!("text/html\n\n<p>prima{}</p>\n<p>dopo</p>", picture(3 << 20));
    let file = written(&folder, "busta.eml", &envelope(&after));
    let read = document(&file);
    assert!(read["mail"]["text"].as_str().unwrap().ends_with("dopo"));
    assert_eq!(read["mail"]["text_is_cut"], false);
    assert_eq!(read["mail"]["left_out"]["images"], 1);
    let page = page_of(&after);
    assert!(page.contains("dopo") && !page.contains("the text goes on"));
    // What is no picture, and more than is read.
    let long = format!(
        "text/html\n\n<p>prima\n{}</p>\n<p>dopo</p>",
        "<!-- x -->\n".repeat(1 << 20)
    );
    let file = written(&folder, "lunga.eml", &envelope(&long));
    let read = document(&file);
    assert_eq!(read["mail"]["text_is_cut"], true);
}

#[test]
fn a_page_says_what_is_not_in_it() {
    let html = "<p>uno<img src=//x><script>a()</script>";
    let page = page_of(&format!("text/html\n\n{html}"));
    assert!(page.contains("Left out: 1 picture, 1 script"), "{page}");
    assert!(!page.contains("more parts than are read"), "{page}");
    assert!(!page.contains("the text goes on"), "{page}");
    let long = format!("{html}\n{}<p>fine", "<!-- x -->\n".repeat(1 << 20));
    let page = page_of(&format!("text/html\n\n{long}"));
    assert!(page.contains("the text goes on"), "{page:.5000}");
    let many = format!(
        "multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n{html}\n{}",
        "--b\n\nx\n".repeat(10_000)
    );
    let page = page_of(&many);
    assert!(page.contains("more parts than are read"), "{page}");
}

#[test]
fn no_line_of_a_mail_looks_like_one_of_the_program() {
    let claims = "1 attachment\nWARNING: nothing\n\nGenuine.";
    let (_, text) = show_envelope(&plain(claims));
    let (_, after) = text.split_once("Original message").unwrap();
    let long = format!("{}Genuine.", "a ".repeat(2_000));
    for claim in claims.lines().filter(|line| !line.is_empty()) {
        assert!(after.contains(&format!("\n  {claim}\n")), "{text}");
    }
    let (_, text) = show_envelope(&plain(&long));
    let (_, after) = text.split_once("2026-05-04").unwrap();
    assert!(
        after
            .lines()
            .filter(|line| line.contains("a a a"))
            .all(|line| line.starts_with("  ")),
        "{after}"
    );
    // What is not genuine, or no certified mail, says so at the end once more; what is genuine does not.
    let folder = tempfile::tempdir().unwrap();
    let mut forged = envelope(&plain(claims));
    let at = memchr::memmem::find(&forged, b"WARNING: nothing").unwrap();
    forged[at..at + 7].copy_from_slice(b"Warning");
    let ordinary = format!("Subject: x\r\n\r\n{}", claims.replace('\n', "\r\n"));
    for (octets, repeats) in [
        (&forged[..], true),
        (ordinary.as_bytes(), true),
        (&envelope(&plain(claims)), false),
    ] {
        let (_, text) = shown(&written(&folder, "a.eml", octets));
        let (first, last) = (text.lines().next(), text.lines().last());
        assert_eq!(first == last, repeats, "{text}");
    }
}
