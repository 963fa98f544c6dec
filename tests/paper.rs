//! The report as a PDF (`pec report --to FILE.pdf`, `pec verify --report FILE.pdf`): that it says what the
//! page of HTML says and nothing else, that nothing is cut, that it is what an archive takes.
//!
//! By the tools of Poppler, as a reader who is not ours; where they are missing, what needs them is
//! skipped. Whether it is PDF/A is checked by the package that writes it, as it writes: no free checker
//! is in the registries that this project is built from (veraPDF is not).

mod support;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::timestamp::Timestamp;
use support::cases::sent;
use support::fixtures_folder;
use support::page::text;
use support::receipt::{COPIED, Kind, ORDINARY, RECIPIENT, Receipt, SUBJECT};
use support::sender::{Desk, after, freeze, moment};
use support::skipped::skipped;

/// A4, and what is left free at its sides, in points.
const WIDTH: f64 = 595.276;
const HEIGHT: f64 = 841.89;
const SIDE: f64 = 39.6;

struct Ran {
    status: u8,
    err: String,
}

fn pec(args: &[OsString], now: Timestamp, lang: Lang) -> Ran {
    let all = [OsString::from("pec")]
        .into_iter()
        .chain(args.iter().cloned());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let context = Context::fixed(now, lang);
    let status = command::run(all.collect(), &context, &mut out, &mut err);
    Ran {
        status: status.expect("written to memory").number(),
        err: String::from_utf8(err).expect("UTF-8"),
    }
}

/// A report of files in both forms.
struct Both {
    folder: tempfile::TempDir,
    html: String,
    err: String,
}

impl Both {
    fn pdf(&self) -> PathBuf {
        self.folder.path().join("rapporto.pdf")
    }

    fn octets(&self) -> Vec<u8> {
        fs::read(self.pdf()).expect("a PDF")
    }
}

fn both(files: &[PathBuf], lang: Lang, args: &[&str]) -> Both {
    let folder = tempfile::tempdir().expect("a folder");
    let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant");
    let make = |name: &str| {
        let page = folder.path().join(name);
        let mut all: Vec<OsString> = vec!["verify".into(), "--trust".into()];
        all.push(fixtures_folder().join("pki/trust.toml").into());
        all.extend(files.iter().map(OsString::from));
        all.extend(["--report".into(), page.clone().into()]);
        all.extend(args.iter().map(OsString::from));
        let ran = pec(&all, now, lang);
        assert!(page.exists(), "{}", ran.err);
        ran.err
    };
    make("rapporto.html");
    let err = make("rapporto.pdf");
    let html = fs::read_to_string(folder.path().join("rapporto.html")).expect("a page");
    Both { folder, html, err }
}

fn fixtures(names: &[&str]) -> Vec<PathBuf> {
    let names = names.iter();
    names.map(|name| fixtures_folder().join(name)).collect()
}

/// What a tool of Poppler says; `None` where it is not here.
fn told(tool: &str, args: &[&str], file: &Path) -> Option<String> {
    let mut command = Command::new(tool);
    command.args(args).arg(file);
    if tool == "pdftotext" {
        command.arg("-");
    }
    let Ok(output) = command.output() else {
        skipped("what a PDF says: poppler-utils is not here");
        return None;
    };
    assert!(output.status.success(), "{tool} {args:?}: {output:?}");
    let said = output.stdout;
    // `pdfinfo` shows some words as the file has them.
    Some(match tool {
        "pdfinfo" => String::from_utf8_lossy(&said).into_owned(),
        _ => String::from_utf8(said).expect("UTF-8"),
    })
}

/// Letters without the spaces between them: where lines end is not what is said.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The text of each page, squeezed, in the order in which it is written, with its foot.
fn pages(file: &Path) -> Option<Vec<String>> {
    let all = told("pdftotext", &["-raw"], file)?;
    let pages = all.split('\u{c}').map(squeezed);
    Some(pages.filter(|page| !page.is_empty()).collect())
}

/// Heads of tables, squeezed.
const HEADS: [&str; 6] = [
    "ChecosaOraitaliana,UTCFileeimpronta",
    "ChecosaOraitaliana,UTCFirmatodaFileeimpronta",
    "ChecosaDimostraNondimostra",
    "WhatItaliantime,UTCFileandhash",
    "WhatItaliantime,UTCSignedbyFileandhash",
    "WhatProvesDoesnotprove",
];

/// All that it says, once: without the numbers of its pages and the heads that are repeated.
fn said(both: &Both, lang: Lang) -> Option<String> {
    let pages = pages(&both.pdf())?;
    let foot = both.html.split("@bottom-left{content:\"").nth(1);
    let foot = squeezed(foot?.split('"').next()?);
    let (page_word, of) = match lang {
        Lang::It => ("pag.", "di"),
        Lang::En => ("page", "of"),
    };
    let count = pages.len();
    let mut all = String::new();
    for (page, number) in pages.iter().zip(1..) {
        let foot = format!("{foot}{page_word}{number}{of}{count}");
        let page = page.strip_suffix(&*foot);
        let page = page.unwrap_or_else(|| panic!("no {foot} in {pages:?}"));
        // The head of a table that begins on a page is no repetition: its heading is above it.
        let head = HEADS.iter().find(|head| page.starts_with(**head));
        all += page.strip_prefix(head.unwrap_or(&"")).unwrap_or(page);
    }
    Some(all)
}

/// The same of the page of HTML, without the name of its picture, which in a PDF is not on the page.
fn said_by_html(html: &str) -> String {
    let (before, title) = html.split_once("<svg").expect("a picture");
    let (attributes, title) = title.split_once("<title>").expect("its title");
    let (_, after) = title.split_once("</title>").expect("its end");
    squeezed(&text(&format!("{before}<svg{attributes}{after}")))
}

const ALTERED: &str = "vectors/a-signature/recipient-changed-after-signing.eml";
const DELIVERED: [&str; 2] = [
    "receipts/accettazione.eml",
    "receipts/avvenuta-consegna-completa.eml",
];

#[test]
fn it_says_what_the_page_of_html_says_and_nothing_else() {
    let failed = [
        "receipts/accettazione.eml",
        "receipts/errore-consegna.eml",
        ALTERED,
    ];
    for lang in [Lang::It, Lang::En] {
        for (files, args) in [
            (&DELIVERED[..], &["--recipient", RECIPIENT][..]),
            (
                &DELIVERED,
                &["--for", "ufficio", "--case", "R.G. 1042/2026 <b>"],
            ),
            (&failed, &["--for", "avvocato"]),
            (&failed, &["--for", "cittadino"]),
        ] {
            let both = both(&fixtures(files), lang, args);
            let Some(said) = said(&both, lang) else {
                return;
            };
            assert_eq!(said, said_by_html(&both.html), "{files:?} {args:?}");
        }
    }
}

#[test]
fn the_same_page_is_the_same_octets_and_another_one_is_not() {
    let one = both(&fixtures(&DELIVERED), Lang::It, &[]).octets();
    assert_eq!(one, both(&fixtures(&DELIVERED), Lang::It, &[]).octets());
    assert_ne!(
        one,
        both(&fixtures(&DELIVERED[..1]), Lang::It, &[]).octets()
    );
    assert_ne!(one, both(&fixtures(&DELIVERED), Lang::En, &[]).octets());
}

#[test]
fn it_is_what_an_archive_and_a_screen_reader_take() {
    for (lang, title) in [
        (
            Lang::It,
            "Rapporto di verifica di posta elettronica certificata",
        ),
        (Lang::En, "Verification report on certified mail (PEC)"),
    ] {
        let both = both(&fixtures(&DELIVERED), lang, &["--for", "avvocato"]);
        let octets = both.octets();
        let has = |words: &str| memchr::memmem::find(&octets, words.as_bytes()).is_some();
        assert!(octets.starts_with(b"%PDF-1.7"));
        for words in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            &format!("/Lang({})", lang.code()),
        ] {
            assert!(has(words), "{words}");
        }
        // Nothing acts, links or is loaded.
        for never in ["/JavaScript", "/Launch", "/URI", "/Annot", "/EmbeddedFile"] {
            assert!(!has(never), "{never}");
        }
        let file = both.pdf();
        let Some(fonts) = told("pdffonts", &[], &file) else {
            return;
        };
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert_eq!(fonts.len(), 2, "{fonts:?}");
        // Embedded, in part, with a way back to letters.
        assert!(
            fonts.iter().all(|font| font.contains(" yes yes yes ")),
            "{fonts:?}"
        );
        let info = told("pdfinfo", &[], &file).expect("pdfinfo");
        for line in [
            &*format!("Title: {title}"),
            "Tagged: yes",
            "Encrypted: no",
            "Page size: 595.276 x 841.89 pts (A4)",
            "CreationDate: Sun Nov 22 12:00:00 2026 UTC",
        ] {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let is_there = info.lines().any(|other| words(other) == words(line));
            assert!(is_there, "{line} in {info}");
        }
        let structure = told("pdfinfo", &["-struct"], &file).expect("pdfinfo");
        for tag in [
            "H1", "H2", "P", "L", "LI", "LBody", "Table", "THead", "TH", "TD", "Figure",
        ] {
            let is_there = structure
                .lines()
                .any(|line| line.trim().split([' ', ':']).next() == Some(tag));
            assert!(is_there, "{tag} in {structure}");
        }
    }
}

/// A word of a page, and its box.
struct Word {
    page: usize,
    text: String,
    /// Left, top, right, bottom.
    sides: [f64; 4],
}

fn words(file: &Path) -> Option<Vec<Word>> {
    let all = told("pdftotext", &["-bbox"], file)?;
    let number = |line: &str, name: &str| -> f64 {
        let (_, value) = line.split_once(&format!("{name}=\"")).expect("a side");
        let value = value.split('"').next().unwrap_or_default();
        value.parse().expect("a number")
    };
    let (mut page, mut words) = (0, Vec::new());
    for line in all.lines() {
        if line.contains("<page ") {
            page += 1;
            assert!((number(line, "width") - WIDTH).abs() < 0.01);
            assert!((number(line, "height") - HEIGHT).abs() < 0.01);
        }
        if let Some((_, text)) = line.split_once("<word ") {
            let sides = ["xMin", "yMin", "xMax", "yMax"].map(|name| number(line, name));
            let text = text.split(['>', '<']).nth(1).unwrap_or_default().to_owned();
            words.push(Word { page, text, sides });
        }
    }
    Some(words)
}

/// No word leaves the margins, and none lies on another one.
fn is_neat(file: &Path) {
    let Some(words) = words(file) else {
        return;
    };
    assert!(words.len() > 100);
    for word in &words {
        let [left, top, right, bottom] = word.sides;
        let is_inside =
            left >= SIDE && right <= WIDTH - SIDE && top >= 30.0 && bottom <= HEIGHT - 18.0;
        assert!(
            is_inside,
            "page {}: {} {:?}",
            word.page, word.text, word.sides
        );
    }
    for (one, number) in words.iter().zip(1..) {
        let others = words.iter().skip(number);
        for other in others.filter(|other| other.page == one.page) {
            // Boxes reach over and under the letters.
            let by = |from: usize, to: usize| {
                one.sides[to].min(other.sides[to]) - one.sides[from].max(other.sides[from])
            };
            let is_over = by(0, 2) > 1.0 && by(1, 3) > 4.0;
            assert!(
                !is_over,
                "page {}: {} on {}",
                one.page, one.text, other.text
            );
        }
    }
}

/// Receipts of a message to so many, in a folder: the acceptance first.
fn many(folder: &Path, count: usize) -> (Vec<PathBuf>, Vec<String>) {
    let name =
        |number| format!("ufficio.protocollo-generale.{number:02}@pec.comune-{number}.example");
    let addresses: Vec<String> = (1..=count).map(name).collect();
    let of_all = |kind: Kind, to: Option<&String>, seconds: i64| {
        Receipt::with(kind, |receipt| {
            receipt.set_time(&moment(seconds));
            let all = addresses.iter();
            let all = all.map(|address| (address.clone(), "certificato".to_owned()));
            receipt.daticert.recipients = all.collect();
            receipt.daticert.delivered_to = to.cloned();
        })
    };
    let mut files = Vec::new();
    let mut put = |name: String, receipt: &Receipt| {
        let file = folder.join(name);
        fs::write(&file, receipt.to_eml()).expect("written");
        files.push(file);
    };
    put(
        "accettazione.eml".to_owned(),
        &of_all(Kind::Acceptance, None, 0),
    );
    for (address, number) in addresses.iter().zip(1..) {
        let kind = match number % 3 {
            0 => Kind::NonDelivery,
            _ => Kind::DeliveryConcise,
        };
        let receipt = of_all(kind, Some(address), number);
        put(format!("ricevuta-{number:02}.eml"), &receipt);
    }
    (files, addresses)
}

#[test]
fn forty_recipients_stand_on_several_pages_whose_table_has_its_head() {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, addresses) = many(folder.path(), 40);
    for (lang, head, reader) in [
        (Lang::It, HEADS[0], "cittadino"),
        (Lang::En, HEADS[4], "lawyer"),
    ] {
        let both = both(&files, lang, &["--for", reader]);
        is_neat(&both.pdf());
        let Some(pages) = pages(&both.pdf()) else {
            return;
        };
        assert!(pages.len() > 5, "{}", pages.len());
        // Wherever there is a row, there is the head.
        let of_files = pages.iter().filter(|page| page.contains(".emlSHA-256"));
        assert!(of_files.clone().count() >= 2, "{pages:#?}");
        assert!(
            of_files.clone().all(|page| page.contains(head)),
            "{pages:#?}"
        );
        let said = said(&both, lang).expect("a text");
        for address in &addresses {
            // Concluded, named, drawn, in words: at least.
            assert!(said.matches(&**address).count() >= 4, "{address}");
        }
        // Pages follow each other; letters are the same.
        let sorted = |text: String| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters.into_iter().collect::<String>()
        };
        assert_eq!(sorted(said), sorted(said_by_html(&both.html)));
    }
}

#[test]
fn nothing_is_cut_and_nothing_lies_on_anything_else() {
    let failed = [
        "receipts/accettazione.eml",
        "receipts/errore-consegna.eml",
        ALTERED,
    ];
    for lang in [Lang::It, Lang::En] {
        for (files, args) in [
            (&DELIVERED[..], &["--for", "avvocato"][..]),
            (&failed, &["--for", "ufficio"]),
            (&failed, &["--for", "cittadino"]),
        ] {
            is_neat(&both(&fixtures(files), lang, args).pdf());
        }
    }
}

#[test]
fn a_long_word_is_parted_inside_the_margins() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
    let receipt = Receipt::with(Kind::Acceptance, |receipt| {
        receipt.daticert.recipients = vec![(address.clone(), "certificato".to_owned())];
        receipt.daticert.subject = Some(format!("{} {}", "W".repeat(400), "i".repeat(400)));
    });
    let file = folder.path().join(format!("{}.eml", "consegna".repeat(25)));
    fs::write(&file, receipt.to_eml()).expect("written");
    let both = both(&[file], Lang::It, &["--for", "avvocato"]);
    is_neat(&both.pdf());
    let Some(said) = said(&both, Lang::It) else {
        return;
    };
    for word in [&address, &"W".repeat(400), &"i".repeat(400)] {
        assert!(said.contains(&**word), "{word} in {said}");
    }
}

#[test]
fn a_letter_that_the_fonts_lack_is_told() {
    let of = |case: &str| both(&fixtures(&DELIVERED), Lang::It, &["--case", case]);
    let note = "Alcuni caratteri, che i font di questo PDF non hanno";
    let here = of("Perché Łódź, Ďurčo, Ψυχή и Щука: 100 € → №");
    assert!(!here.err.contains(note), "{}", here.err);
    let lacking = of("Pratica 中文 😀 \u{e000} di Łódź");
    assert!(lacking.err.contains(note), "{}", lacking.err);
    let Some(said_here) = said(&here, Lang::It) else {
        return;
    };
    assert!(!said_here.contains('\u{fffd}') && !said_here.contains(&squeezed(note)));
    assert!(said_here.contains("Ďurčo,Ψυχή"));
    let said_lacking = said(&lacking, Lang::It).expect("a text");
    let marked = "Pratica\u{fffd}\u{fffd}\u{fffd}\u{fffd}diŁódź";
    assert!(said_lacking.contains(marked), "{said_lacking}");
    assert!(said_lacking.contains(&squeezed(note)));
}

/// The base message in a ledger, one delivered and one not.
fn desk() -> Desk {
    let about = |kind: Kind, to: &str| {
        let receipt = Receipt::with(kind, |receipt| {
            receipt.set_time(&moment(5));
            receipt.daticert.delivered_to = Some(to.to_owned());
        });
        receipt.to_eml()
    };
    let mut desk = Desk::new();
    desk.send(&freeze(sent::base().to_eml()));
    desk.now = after(3_600);
    let receipts = [
        Receipt::new(Kind::Acceptance).to_eml(),
        about(Kind::Delivery, RECIPIENT),
        about(Kind::NonDelivery, COPIED),
    ];
    let octets: Vec<&[u8]> = receipts.iter().map(|octets| &octets[..]).collect();
    desk.receive(&octets);
    desk
}

fn report(desk: &Desk, to: &Path, args: &[&str]) -> Ran {
    let mut all: Vec<OsString> = vec!["report".into(), SUBJECT.into(), "--data-dir".into()];
    all.push(desk.folder().into());
    all.push("--trust".into());
    all.push(fixtures_folder().join("pki/trust.toml").into());
    all.extend(["--to".into(), to.into()]);
    all.extend(args.iter().map(OsString::from));
    pec(&all, desk.now, Lang::It)
}

#[test]
fn whoever_is_not_asked_for_is_nowhere_in_it() {
    let desk = desk();
    let names = [COPIED, ORDINARY, "protocollo@", "collega", "comune.example"].map(squeezed);
    let [all, one] = ["tutti.pdf", "uno.pdf"].map(|name| desk.home.path().join(name));
    assert_eq!(report(&desk, &all, &[]).status, 1);
    assert_eq!(report(&desk, &one, &["--recipient", RECIPIENT]).status, 0);
    let (Some(all_said), Some(one_said)) = (pages(&all), pages(&one)) else {
        return;
    };
    let structure = told("pdfinfo", &["-struct-text"], &one).expect("pdfinfo");
    let info = told("pdfinfo", &["-meta"], &one).expect("pdfinfo");
    for name in names {
        assert!(all_said.concat().contains(&name), "{name}");
        for text in [&one_said.concat(), &squeezed(&structure), &squeezed(&info)] {
            assert!(!text.contains(&name), "{name} in {text}");
        }
    }
    assert!(one_said.concat().contains("Altridestinatari:2"));
}

#[test]
fn it_is_its_owners_and_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let desk = desk();
    // The ending in whatever case.
    let file = desk.home.path().join("rapporto.PDF");
    let ran = report(&desk, &file, &[]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    let written = fs::read(&file).expect("a file");
    assert!(written.starts_with(b"%PDF-1.7") && written.ends_with(b"%%EOF"));
    let home = desk.home.path().to_string_lossy().into_owned();
    assert!(memchr::memmem::find(&written, home.as_bytes()).is_none());
    let mode = fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = report(&desk, &file, &[]);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("esiste già"), "{}", again.err);
    assert_eq!(fs::read(&file).expect("a file"), written);
    // Nothing else was left beside it.
    let entries = fs::read_dir(desk.home.path()).expect("a folder");
    let names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.contains("rapporto"))
        .collect();
    assert_eq!(names, ["rapporto.PDF"]);
}
