//! What an office sees before it sends: the limits of a message, and tables as clerks have them.

mod support;

use std::fmt::Write as _;

use postacert::address::MailAddress;
use postacert::pec::outgoing::{Limits, OutgoingMessage};
use postacert::practice::Taken;
use serde_json::Value;
use support::practising::{Practising, Ran};

/// `pec batch ACTION FILE` with both templates.
fn batch(world: &Practising, action: &str, file: &str, more: &[&str]) -> Ran {
    let table = world.path(file).display().to_string();
    let body = world.path("testo.txt").display().to_string();
    let given = [
        "batch",
        action,
        &table,
        "--subject",
        "Avviso",
        "--body-file",
        &body,
    ];
    world.run(&[&given, more].concat())
}

/// A file of the world's folder.
fn put(world: &Practising, name: &str, octets: impl AsRef<[u8]>) {
    std::fs::write(world.path(name), octets).expect("a file");
}

/// `pec batch check` of a table with a text.
fn check(world: &Practising, table: impl AsRef<[u8]>, text: &str, more: &[&str]) -> Ran {
    put(world, "avvisi.csv", table);
    put(world, "testo.txt", text);
    batch(world, "check", "avvisi.csv", more)
}

/// Adds lines to the account of the configuration.
fn configure(world: &Practising, lines: &str) {
    let path = world.path("config.toml");
    let mut config = std::fs::read_to_string(&path).expect("it");
    config = format!("{}\n{lines}\n", config.trim_end());
    std::fs::write(&path, config).expect("it");
}

/// What the provider was given, out of the ledger.
fn octets_of(world: &Practising, taken: &Taken) -> Vec<u8> {
    let (folder, name) = taken.sha256.split_at(2);
    let file = world
        .data()
        .join("messages")
        .join(folder)
        .join(format!("{name}.eml"));
    std::fs::read(file).expect("kept under its digest")
}

fn addresses(count: usize) -> Vec<String> {
    let one = |n| format!("ufficio.protocollo.{n}@pec.prova.example");
    (0..count).map(one).collect()
}

fn send(world: &Practising, to: &[String], more: &[&str]) -> Ran {
    let mut arguments = vec![
        "send",
        "--yes",
        "--json",
        "--no-copy",
        "--subject",
        "Avviso",
    ];
    arguments.extend(["--body", "Buongiorno."]);
    to.iter().for_each(|one| arguments.extend(["--to", one]));
    arguments.extend(more);
    world.run(&arguments)
}

/// What a person is told before sending.
fn warned(ran: &Ran) -> Vec<String> {
    let document = ran.json();
    let all = document["warnings"].as_array().expect("warnings").iter();
    let text = |one: &Value| one.as_str().expect("a text").to_owned();
    // Told of every message to several: see `journey`.
    all.map(text)
        .filter(|text| !text.contains("will see the addresses of all"))
        .collect()
}

// Limits of a message

#[test]
fn fifty_and_five_hundred_recipients_get_one_message() {
    for count in [50, 500] {
        let world = Practising::new();
        let to = addresses(count);
        let ran = send(&world, &to, &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let table = format!("pec;nome\r\n{};Tutti\r\n", to.join("|"));
        put(&world, "avvisi.csv", table);
        put(&world, "testo.txt", "Gentili {{ nome }}");
        let ran = batch(&world, "run", "avvisi.csv", &["--yes"]);
        assert_eq!(ran.exit, 3, "{ran:?}");
        let taken = world.practice.taken();
        assert_eq!(taken.len(), 2);
        for one in taken {
            assert_eq!(one.recipients, to);
            let octets = octets_of(&world, &one);
            // A Message-ID has no place to fold.
            let lines = octets.split(|&octet| octet == b'\n');
            let lines = lines.filter(|line| !line.starts_with(b"Message-ID"));
            assert!(lines.map(<[u8]>::len).max() <= Some(79));
        }
    }
}

#[test]
fn addresses_folded_anew_are_the_same_addresses() {
    let world = Practising::new();
    let to = addresses(60);
    let ran = send(&world, &to, &["--wait", "delivered", "--timeout", "20s"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let receipts = world.path("ricevute").display().to_string();
    let taken = world.practice.taken().pop().expect("a message");
    let octets = String::from_utf8(octets_of(&world, &taken)).expect("ASCII");
    let folded = octets.matches(",\r\n ").count();
    assert!(folded > 20, "{octets}");
    let answer = |text: &str| {
        put(&world, "inviato.eml", text);
        let sent = world.path("inviato.eml").display().to_string();
        let trust = world.path("trust.toml").display().to_string();
        let ran = world.run(&[
            "verify", "--json", "--trust", &trust, "--sent", &sent, &receipts,
        ]);
        let document = ran.json();
        let results = document["results"].as_array().expect("results").iter();
        let compared = results.map(|one| one["sent"]["matches"].clone());
        compared.collect::<Vec<_>>()
    };
    std::fs::create_dir(&receipts).expect("a folder");
    let mut count = 0;
    for folder in std::fs::read_dir(world.data().join("messages")).expect("it") {
        for file in std::fs::read_dir(folder.expect("one").path()).expect("it") {
            let octets = std::fs::read(file.expect("one").path()).expect("it");
            let text = String::from_utf8_lossy(&octets);
            if text.contains("X-Ricevuta: avvenuta-consegna") {
                put(&world, &format!("ricevute/{count}.eml"), &octets);
                count += 1;
            }
        }
    }
    assert_eq!(count, 60);
    let whole = vec![Value::Bool(true); count];
    assert_eq!(answer(&octets), whole);
    // On one line, which some relay may do whatever the rule; and folded elsewhere.
    assert_eq!(answer(&octets.replace(",\r\n ", ", ")), whole);
    let each = octets.replace(",\r\n ", "\r\n\t\t ,");
    assert_eq!(answer(&each), whole);
    // One letter of one address: another message.
    let other = octets.replace("protocollo.7@", "protocollo.77@");
    assert_eq!(answer(&other), vec![Value::Bool(false); count]);
}

#[test]
fn what_every_provider_must_take_is_a_warning_and_a_known_limit_a_refusal() {
    let world = Practising::new();
    // Not known: 50 recipients and 30,000,000 octets times recipients (decree, art. 12).
    let warning = |to: &[String], more: &[&str]| -> Vec<String> {
        let ran = send(&world, to, &[&["--dry-run"], more].concat());
        assert_eq!(ran.exit, 0, "{ran:?}");
        warned(&ran)
    };
    assert_eq!(warning(&addresses(50), &[]), [""; 0]);
    let many = &warning(&addresses(51), &[])[..];
    assert!(
        matches!(many, [one] if one.starts_with("51 recipients: ")),
        "{many:?}"
    );
    let file = world.path("atto.p7m").display().to_string();
    let size = |octets: usize| put(&world, "atto.p7m", vec![b'x'; octets]);
    let attach = ["--attach", &*file];
    size(2_185_000);
    assert_eq!(warning(&addresses(10), &attach), [""; 0]);
    let large = &warning(&addresses(11), &attach)[..];
    assert!(
        matches!(large, [one] if one.starts_with("size times recipients")),
        "{large:?}"
    );
    // Known: a fault, before anything is recorded.
    configure(&world, "max_recipients = 51\nmax_octets = 33000000");
    let refused = |to: &[String], more: &[&str]| {
        let ran = send(&world, to, more);
        (ran.exit, ran.err)
    };
    let (exit, words) = refused(&addresses(52), &[]);
    assert!(exit == 2 && words.contains("52 recipients"), "{words}");
    let (exit, words) = refused(&addresses(12), &attach);
    assert!(
        exit == 2 && words.contains("size multiplied by recipients"),
        "{words}"
    );
    assert!(world.practice.taken().is_empty());
    assert_eq!(refused(&addresses(51), &[]).0, 0);
    assert_eq!(refused(&addresses(11), &attach).0, 0);
    assert_eq!(world.practice.taken().len(), 2);
}

#[test]
fn a_row_is_held_to_the_same_limits() {
    let world = Practising::new();
    let row = |count: usize, file: &str| {
        let to = addresses(count).join("|");
        check(
            &world,
            format!("pec;allegato\r\n{to};{file}\r\n"),
            "Testo",
            &["--json"],
        )
    };
    let said = |ran: &Ran, list: &str| {
        let document = ran.json();
        let all = document[list].as_array().expect("a list").iter();
        let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
        all.map(id)
            .filter(|id| !["no-reference", "visible-recipients"].contains(&&**id))
            .collect::<Vec<_>>()
    };
    put(&world, "atto.p7m", vec![b'x'; 2_185_000]);
    put(&world, "piccolo.p7m", "x");
    assert_eq!(said(&row(50, "piccolo.p7m"), "warnings"), [""; 0]);
    assert_eq!(
        said(&row(51, "piccolo.p7m"), "warnings"),
        ["many-recipients"]
    );
    assert_eq!(row(10, "atto.p7m").exit, 0);
    assert_eq!(said(&row(11, "atto.p7m"), "problems"), ["message"]);
    configure(&world, "max_recipients = 51\nmax_octets = 33000000");
    assert_eq!(row(11, "atto.p7m").exit, 0);
    assert_eq!(said(&row(12, "atto.p7m"), "problems"), ["message"]);
    assert_eq!(row(51, "piccolo.p7m").exit, 0);
    assert_eq!(said(&row(52, "piccolo.p7m"), "problems"), ["message"]);
}

#[test]
fn a_hundred_attachments_with_the_longest_names_go_by_both_ways() {
    let world = Practising::new();
    let names: Vec<String> = (0..100)
        .map(|n| match n % 2 {
            0 => format!("{n:03}{}.p7m", "x".repeat(248)),
            _ => format!("{n:03}{}.p7m", "è".repeat(124)),
        })
        .collect();
    let mut more = Vec::new();
    for (n, name) in names.iter().enumerate() {
        put(&world, name, format!("atto {n}"));
        more.extend([
            "--attach".to_owned(),
            world.path(name).display().to_string(),
        ]);
    }
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let ran = send(&world, &addresses(1), &more);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let mut table = "pec;allegati\r\n".to_owned();
    let _ = write!(table, "{};{}\r\n", addresses(1)[0], names.join("|"));
    put(&world, "avvisi.csv", table);
    put(&world, "testo.txt", "Testo");
    let ran = batch(&world, "run", "avvisi.csv", &["--yes"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    let taken = world.practice.taken();
    assert_eq!(taken.len(), 2);
    for one in taken {
        let mailbox = MailAddress::new(&world.address("io"));
        let limits = Limits::default();
        let octets = octets_of(&world, &one);
        let read = OutgoingMessage::freeze(octets, &mailbox, limits);
        let read = read.expect("it may go");
        let found: Vec<&str> = read.attachments().iter().map(|one| &*one.name).collect();
        assert_eq!(found, names);
    }
}

// Texts

#[test]
fn numbers_of_a_table_compare_as_numbers() {
    let world = Practising::new();
    let table = "PEC;importo\r\na@pec.prova.example;50\r\nb@pec.prova.example;1.250,00\r\n";
    let text = "{{ importo }} {% if importo > 100 %}ALTO{% else %}basso{% endif %}\
                {% if importo == 50 %} cinquanta{% endif %}\n";
    put(&world, "avvisi.csv", table);
    put(&world, "testo.txt", text);
    assert_eq!(batch(&world, "run", "avvisi.csv", &["--yes"]).exit, 3);
    let taken = world.practice.taken();
    let texts = taken.iter().map(|one| {
        let octets = String::from_utf8(octets_of(&world, one)).expect("ASCII");
        octets.split("\r\n\r\n").nth(1).expect("a text").to_owned()
    });
    let texts: Vec<String> = texts.collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].starts_with("50 basso cinquanta"), "{texts:?}");
    assert!(texts[1].starts_with("1.250,00 ALTO"), "{texts:?}");
    // What cannot be said to be above or below is told with its row, and nothing leaves.
    for (cell, words) in [
        ("1.250", "1.250 is ambiguous"),
        ("esente", "contains \"esente\", which is not one"),
        ("", "the value is \"\""),
    ] {
        let ran = check(
            &world,
            format!("PEC;importo\r\na@b.it;{cell}\r\n"),
            text,
            &[],
        );
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(
            ran.out.contains("row 2: ") && ran.out.contains(words),
            "{ran:?}"
        );
    }
}

#[test]
fn an_accented_column_is_a_variable() {
    let world = Practising::new();
    let table = "PEC;Città\r\na@b.it;Forlì\r\n";
    for text in ["{{ Città }}", "{{ città }}", "{{ row[\"Città\"] }}"] {
        let ran = check(&world, table, text, &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
    let ran = check(&world, table, "{{ citta }}", &[]);
    assert!(
        ran.exit == 1 && ran.out.contains("columns: PEC, Città"),
        "{ran:?}"
    );
}

#[test]
fn what_is_no_plain_text_is_refused_as_a_text() {
    let world = Practising::new();
    let table = "PEC\r\na@b.it\r\n";
    for (text, form) in [
        (&b"PK\x03\x04\xff\xfe\0\0word/document.xml"[..], "Word"),
        (b"{\\rtf1\\ansi Gentile}", "RTF"),
        (b"<html><body>Gentile</body></html>", "HTML"),
        (b"Gentile\0", "binary"),
    ] {
        put(&world, "avvisi.csv", table);
        put(&world, "testo.txt", text);
        let ran = batch(&world, "check", "avvisi.csv", &[]);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(
            ran.err.contains(form) && ran.err.contains("save the text"),
            "{ran:?}"
        );
        let file = world.path("testo.txt").display().to_string();
        let to = [
            "send",
            "--yes",
            "--to",
            "a@b.it",
            "--subject",
            "x",
            "--body-file",
        ];
        let ran = world.run(&[&to[..], &[&file]].concat());
        assert!(ran.exit == 2 && ran.err.contains(form), "{ran:?}");
    }
    assert!(world.practice.taken().is_empty());
}

#[test]
fn null_is_no_word_and_an_error_of_a_spreadsheet_no_value() {
    let world = Practising::new();
    let null = "{\"pec\":\"a@b.it\",\"nome\":null}\n";
    let ran = check(&world, null, "Gentile {{ nome }}", &[]);
    assert!(ran.exit == 1 && ran.out.contains("row 1: "), "{ran:?}");
    // In words of the program, in the language asked, not in those of the engine.
    let wanted =
        "row 1: the template of the text, line 1, needs a value that this row does not have (nome)";
    assert!(ran.out.contains(wanted), "{ran:?}");
    let ran = check(&world, null, "Gentile {{ nome|default('utente') }}", &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    for error in [
        "#N/D", "#DIV/0!", "#RIF!", "#VALORE!", "#NOME?", "#####", "1,2E+15",
    ] {
        let table = format!("PEC;nome;nota\r\na@b.it;{error};x\r\nb@b.it;Bice;{error}\r\n");
        let ran = check(&world, &table, "Gentile {{ nome }}", &[]);
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(
            ran.out
                .contains(&format!("row 2: column nome contains {error}")),
            "{ran:?}"
        );
        // A column that is not used may hold what it will.
        assert!(!ran.out.contains("row 3: column"), "{ran:?}");
    }
}

#[test]
fn all_that_is_wrong_with_a_row_is_told_at_once_and_shortly() {
    let world = Practising::new();
    let many = vec!["anna@pec.prova.example"; 60].join(",");
    let table = format!(
        "PEC;casella;allegato\r\na@pec.prova.example;nessuna;manca.pdf\r\n\"{many}\";prova;\r\n"
    );
    let ran = check(&world, &table, "Testo", &[]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    let line = |words: &str| ran.out.lines().find(|line| line.contains(words));
    assert!(
        line("row 2: there is no account \"nessuna\"").is_some()
            && line("row 2: cannot attach manca.pdf").is_some(),
        "{ran:?}"
    );
    // The advice stands before the value, and the value is as long as it says something.
    let line = line("row 3: ").expect("a line");
    assert!(
        line.contains("separate several with ; or |): anna@pec")
            && line.ends_with('…')
            && line.len() < 220,
        "{line}"
    );
}

#[test]
fn a_sign_of_json_in_a_header_makes_no_json() {
    let world = Practising::new();
    for (header, form) in [("[Nome];PEC;x", "csv"), ("{Nome};PEC;x", "csv")] {
        let table = format!("{header}\r\nAnna;a@pec.prova.example;1\r\n");
        let ran = check(&world, &table, "Testo", &["--json"]);
        let document: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(document["form"].as_str().unwrap_or("none"), form, "{ran:?}");
    }
    for (table, form) in [
        (" [ {\"pec\": \"a@pec.prova.example\"} ]", "json"),
        ("{ \"pec\": \"a@pec.prova.example\"}", "ndjson"),
    ] {
        let ran = check(&world, table, "Testo", &["--json"]);
        let document: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!((ran.exit, &document["form"]), (0, &form.into()), "{ran:?}");
    }
}

// Tables

/// A text in code page 850, as far as these letters go.
fn msdos(text: &str) -> Vec<u8> {
    let octet = |c: char| match c {
        'à' => 0x85,
        'è' => 0x8a,
        'ù' => 0x97,
        'À' => 0xb7,
        c => u8::try_from(c).expect("ASCII"),
    };
    text.chars().map(octet).collect()
}

#[test]
fn what_excel_calls_msdos_is_read_as_it_was_written() {
    let world = Practising::new();
    put(
        &world,
        "avvisi.csv",
        msdos("PEC;nome\r\na@pec.prova.example;Società Agricola è più\r\n"),
    );
    put(&world, "testo.txt", "{{ nome }}");
    assert_eq!(batch(&world, "run", "avvisi.csv", &["--yes"]).exit, 3);
    let taken = world.practice.taken();
    let octets = String::from_utf8(octets_of(&world, &taken[0])).expect("ASCII");
    let words = "Societ=C3=A0 Agricola =C3=A8 pi=C3=B9";
    assert!(octets.contains(words), "{octets}");
    for name in ["cp850", "850", "IBM850"] {
        let ran = batch(
            &world,
            "check",
            "avvisi.csv",
            &["--json", "--encoding", name],
        );
        assert_eq!(ran.json()["encoding"], "cp850");
    }
    let ran = batch(&world, "check", "avvisi.csv", &["--encoding", "cp999"]);
    assert!(ran.exit == 2 && ran.err.contains("cp850"), "{ran:?}");
}

// Files to attach

/// The ids of the warnings of `check --json`, with their rows.
fn told(ran: &Ran) -> Vec<(String, Vec<u64>)> {
    let document = ran.json();
    let all = document["warnings"].as_array().expect("warnings").iter();
    let one = |one: &Value| {
        let rows = one["rows"].as_array().expect("rows").iter();
        let rows = rows.map(|row| row.as_u64().expect("a row")).collect();
        (one["id"].as_str().expect("an id").to_owned(), rows)
    };
    let usual = ["no-reference", "unsigned", "visible-recipients"];
    let known = |id: &str| !usual.contains(&id);
    all.map(one).filter(|(id, _)| known(id)).collect()
}

#[test]
fn every_column_of_files_counts() {
    let world = Practising::new();
    put(&world, "a.p7m", "a");
    put(&world, "b.p7m", "b");
    for (header, cells, files) in [
        ("Allegato 1;Allegato 2", "a.p7m;b.p7m", 2),
        ("Allegato1;allegato_2", "a.p7m;b.p7m", 2),
        ("File;PDF", "a.p7m;b.p7m", 2),
        ("Allegati;nota", "a.p7m|b.p7m;x", 2),
        ("Allegato;nota", "a.p7m;b.p7m", 1),
    ] {
        let table = format!("PEC;{header}\r\na@b.it;{cells}\r\n");
        let ran = check(&world, &table, "Testo", &["--json"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let found = serde_json::json!([{ "files": files, "rows": 1 }]);
        assert_eq!(ran.json()["files"], found, "{header}");
        // One of them that is not there is told.
        let ran = check(&world, table.replace("a.p7m", "manca.pdf"), "Testo", &[]);
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(
            ran.out.contains("row 2: cannot attach manca.pdf"),
            "{ran:?}"
        );
    }
}

#[test]
fn what_is_odd_about_files_is_told_before_they_go() {
    let world = Practising::new();
    for (name, octets) in [
        ("a.p7m", "a"),
        ("uguale.p7m", "a"),
        ("b.p7m", "b"),
        ("vuoto.p7m", ""),
        ("atto.pdf", "%PDF-1.7 senza firma"),
        ("firmato.pdf", "%PDF-1.7 /ByteRange [0 1] /Contents <00>"),
    ] {
        put(&world, name, octets);
    }
    std::fs::create_dir(world.path("altra")).expect("a folder");
    put(&world, "altra/A.P7M", "altro");
    let table = "PEC;Allegato 1;Allegato 2\r\n";
    let outside = world.path("config.toml").display().to_string();
    std::fs::create_dir(world.path("tabella")).expect("a folder");
    for (cells, ids) in [
        ("a.p7m;b.p7m", &[][..]),
        ("a.p7m;a.p7m", &["file-twice"]),
        ("a.p7m;uguale.p7m", &["file-twice"]),
        ("a.p7m;altra/A.P7M", &["same-name"]),
        ("vuoto.p7m;b.p7m", &["empty-attachment"]),
        ("firmato.pdf;b.p7m", &[]),
        (&format!("{outside};b.p7m"), &[]),
    ] {
        let ran = check(
            &world,
            format!("{table}a@b.it;{cells}\r\n"),
            "Testo",
            &["--json"],
        );
        assert_eq!(ran.exit, 0, "{ran:?}");
        let expected: Vec<_> = ids.iter().map(|id| ((*id).to_owned(), vec![2])).collect();
        assert_eq!(told(&ran), expected, "{cells}");
    }
    let ran = check(
        &world,
        format!("{table}a@b.it;atto.pdf;b.p7m\r\n"),
        "Testo",
        &[],
    );
    assert!(
        ran.out.contains("atto.pdf is not digitally signed"),
        "{ran:?}"
    );
    // Empty cells where other rows have files.
    let some = format!("{table}a@b.it;a.p7m;b.p7m\r\nb@b.it;;\r\nc@b.it;b.p7m;\r\n");
    let ran = check(&world, &some, "Testo", &["--json"]);
    assert_eq!(told(&ran), [("no-files".to_owned(), vec![3])]);
    let counts = serde_json::json!([
        { "files": 0, "rows": 1 }, { "files": 1, "rows": 1 }, { "files": 2, "rows": 1 }
    ]);
    assert_eq!(ran.json()["files"], counts);
    let none = format!("{table}a@b.it;;\r\nb@b.it;;\r\n");
    assert_eq!(told(&check(&world, &none, "Testo", &["--json"])), []);
    // Out of the folder of the table, by a path or by a link.
    std::os::unix::fs::symlink(&outside, world.path("tabella/dentro.p7m")).expect("a link");
    put(&world, "tabella/qui.p7m", "qui");
    for (cells, ids) in [
        ("qui.p7m;../b.p7m", &["outside"][..]),
        ("dentro.p7m;qui.p7m", &["outside"]),
        ("qui.p7m;", &[]),
    ] {
        put(
            &world,
            "tabella/t.csv",
            format!("{table}a@b.it;{cells}\r\n"),
        );
        let ran = batch(&world, "check", "tabella/t.csv", &["--json"]);
        let found: Vec<String> = told(&ran).into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, ids, "{cells}");
    }
}

#[test]
fn a_pipe_or_a_device_is_no_file_and_hangs_nothing() {
    let world = Practising::new();
    let pipe = world.path("tubo");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    for name in ["tubo", "/dev/zero", "/dev/tty"] {
        let ran = check(
            &world,
            format!("PEC;allegato\r\na@b.it;{name}\r\n"),
            "Testo",
            &[],
        );
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(
            ran.out.contains(&format!("cannot attach {name}")),
            "{ran:?}"
        );
    }
}

#[test]
fn recipients_are_found_as_clerks_name_them() {
    let world = Practising::new();
    for name in [
        "Indirizzo PEC",
        "E-mail",
        "Posta certificata",
        "Domicilio digitale",
    ] {
        let ran = check(&world, format!("nome;{name}\r\nA;a@b.it\r\n"), "Testo", &[]);
        assert_eq!(ran.exit, 0, "{name}: {ran:?}");
    }
    let two = "Destinatario;PEC\r\nComune di Forlì;a@b.it\r\n";
    let ran = check(&world, two, "Testo", &[]);
    assert!(
        ran.exit == 1 && ran.out.contains("--to-column \"PEC\""),
        "{ran:?}"
    );
    assert_eq!(check(&world, two, "Testo", &["--to-column", "PEC"]).exit, 0);
    let ran = check(&world, "nome\r\nA\r\n", "Testo", &[]);
    assert!(ran.out.contains("or use --to-column"), "{ran:?}");
}

// Where the table is

/// Hours that are not now: all is recorded and nothing leaves.
fn not_now() -> String {
    let hour = |later: i64| (support::practising::now().unix() / 3_600 + later) % 24;
    format!("{:02}:00-{:02}:00", hour(8), hour(9))
}

#[test]
fn files_stand_beside_the_link_by_which_a_table_is_reached() {
    let world = Practising::new();
    for folder in ["archivio", "lavoro"] {
        std::fs::create_dir(world.path(folder)).expect("a folder");
    }
    put(&world, "lavoro/a.p7m", "x");
    put(
        &world,
        "archivio/t.csv",
        "PEC;allegato\r\na@pec.prova.example;a.p7m\r\n",
    );
    put(&world, "testo.txt", "Testo");
    std::os::unix::fs::symlink("../archivio/t.csv", world.path("lavoro/t.csv")).expect("a link");
    assert_eq!(batch(&world, "check", "lavoro/t.csv", &[]).exit, 0);
    let ran = batch(&world, "run", "lavoro/t.csv", &["--yes"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1, "{ran:?}");
    assert_eq!(batch(&world, "check", "archivio/t.csv", &[]).exit, 1);
}

#[test]
fn a_table_that_was_moved_keeps_its_job_and_finds_its_files() {
    let world = Practising::new();
    for folder in ["uno", "due"] {
        std::fs::create_dir(world.path(folder)).expect("a folder");
        put(&world, &format!("{folder}/a.p7m"), "x");
    }
    put(
        &world,
        "uno/t.csv",
        "PEC;allegato\r\na@pec.prova.example;a.p7m\r\n",
    );
    put(&world, "testo.txt", "Testo");
    let hours = not_now();
    let later = ["--yes", "--between", &hours, "--for", "1s"];
    assert_eq!(batch(&world, "run", "uno/t.csv", &later).exit, 3);
    std::fs::rename(world.path("uno/t.csv"), world.path("due/t.csv")).expect("moved");
    std::fs::remove_dir_all(world.path("uno")).expect("removed");
    let ran = batch(&world, "run", "due/t.csv", &["--yes"]);
    assert!(ran.err.contains("resuming"), "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1, "{ran:?}");
    let table = world.path("due/t.csv").display().to_string();
    for action in ["status", "report"] {
        let ran = world.run(&["batch", action, &table]);
        assert_eq!(ran.exit, 3, "{ran:?}");
    }
}

#[test]
fn a_job_is_known_by_its_table_wherever_that_lies() {
    let world = Practising::new();
    let rows = |name: &str| format!("PEC;rif\r\n{name}@pec.prova.example;R-{name}\r\n");
    put(&world, "testo.txt", "Testo");
    put(&world, "marzo.csv", rows("anna"));
    put(&world, "aprile.csv", rows("ugo"));
    for table in ["marzo.csv", "aprile.csv"] {
        batch(&world, "run", table, &["--yes"]);
    }
    let job = |name: &str| {
        let path = world.path(name).display().to_string();
        let ran = world.run(&["batch", "status", &path, "--json"]);
        let document: Value = serde_json::from_str(&ran.out).ok()?;
        let table = document["jobs"][0]["table"].as_str()?.to_owned();
        let report = world.run(&["batch", "report", &path, "--ndjson"]);
        assert!(!report.out.is_empty(), "{report:?}");
        std::path::Path::new(&table)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    std::fs::create_dir(world.path("archivio")).expect("a folder");
    std::fs::rename(world.path("marzo.csv"), world.path("archivio/m.csv")).expect("moved");
    assert_eq!(job("archivio/m.csv").as_deref(), Some("marzo.csv"));
    // The content says more than the place: another table lies there now.
    std::fs::rename(world.path("aprile.csv"), world.path("marzo.csv")).expect("moved");
    assert_eq!(job("marzo.csv").as_deref(), Some("aprile.csv"));
    // One that was corrected where it lay, and not sent yet: the job of that place.
    put(&world, "marzo.csv", rows("eva"));
    assert_eq!(job("marzo.csv").as_deref(), Some("marzo.csv"));
    put(&world, "altro.csv", rows("eva"));
    assert_eq!(job("altro.csv"), None);
}

// What is seen before it goes

#[test]
fn how_a_table_was_read_and_what_for_is_said() {
    let world = Practising::new();
    put(&world, "a.p7m", "a");
    let table = "PEC;Nome;Allegato 1;Allegato 2;Rif;nota;E-mail\r\n\
                 a@b.it;Società è più;a.p7m;;R-1;x;m@c.it\r\n\
                 b@b.it;Forlì;a.p7m;;R-2;#N/D;#N/D\r\n";
    let text = "Gentile {{ Nome }},\r\n\r\npaghi.\r\n";
    let ran = check(&world, table, text, &["--show", "3"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    for line in [
        "Read as UTF-8, cells separated by ;.",
        "Accented words to check: Società, è, più, Forlì",
        "Recipients from: PEC",
        "Files from: Allegato 1, Allegato 2",
        "Reference from: Rif",
        "In the texts: Nome",
        "Not used: nota, E-mail",
        "Attachments per row: 1 (rows: 2).",
        "Row 3, as it will be sent:",
        "  From: io@pec.prova.example (prova)",
        "  To: b@b.it",
        "  Reference: R-2",
        "  Subject: Avviso",
        "  Attachments: a.p7m (1 B)",
        "  | Gentile Forlì,",
        "  | ",
        "  | paghi.",
    ] {
        assert!(ran.out.lines().any(|one| one == line), "{line}: {ran:?}");
    }
    assert!(!ran.out.contains("Row 2, as"), "{ran:?}");
    // Without the option the first that can go.
    let bad = table.replace("a@b.it", "nessuno");
    let ran = check(&world, &bad, text, &[]);
    assert!(ran.out.contains("Row 3, as it will be sent:"), "{ran:?}");
    // The same for programs.
    let document = check(&world, table, text, &["--json", "--show", "2-3"]).json();
    assert_eq!(document["form"], "csv");
    assert_eq!(document["delimiter"], ";");
    assert_eq!(document["accented"][0], "Società");
    let columns = document["columns"].as_array().expect("columns");
    let uses = columns.iter().map(|one| one["uses"].to_string());
    assert_eq!(
        uses.collect::<Vec<_>>(),
        [
            "[\"to\"]",
            "[\"texts\"]",
            "[\"attach\"]",
            "[\"attach\"]",
            "[\"ref\"]",
            "[]",
            "[]"
        ]
    );
    assert_eq!(document["shown"].as_array().expect("rows").len(), 2);
    assert_eq!(
        document["shown"][1]["text"],
        "Gentile Forlì,\r\n\r\npaghi.\r\n"
    );
    assert_eq!(document["shown"][1]["attachments"][0]["octets"], 1);
    // Nothing of a row is a command to the terminal.
    let ran = check(
        &world,
        "PEC;Nome\r\na@b.it;\"a\tb\"\r\n",
        "{{ Nome }}\u{1b}[31m",
        &[],
    );
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
}

// Typed words

#[test]
fn a_letter_without_a_text_is_sent_only_when_that_is_said() {
    let world = Practising::new();
    let to = world.address("delivered");
    put(&world, "vuoto.txt", " \n");
    let file = world.path("vuoto.txt").display().to_string();
    let send = [
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &*to,
        "--subject",
        "Avviso",
    ];
    for more in [&[][..], &["--body-file", "-"], &["--body-file", &file]] {
        let ran = world.run(&[&send[..], more].concat());
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("--body \"\""), "{ran:?}");
    }
    assert!(world.practice.taken().is_empty());
    let ran = world.run(&[&send[..], &["--body", ""]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

// Workbooks, arrays, standard input

/// A zip of these files, the first stored as it is.
fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (at, (name, text)) in files.iter().enumerate() {
        let method = match at {
            0 => zip::CompressionMethod::Stored,
            _ => zip::CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).expect("a file");
        std::io::Write::write_all(&mut zip, text.as_bytes()).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

/// A workbook of Excel: a hidden sheet, one with these rows, another. Styles: 1 is five digits,
/// 2 money, 3 a day.
fn xlsx(rows: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let sheet = |rows: &str| {
        format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>")
    };
    let other = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c></row>";
    let names = ["nascosto", "Avvisi", "Note"].iter().zip(1..);
    let (mut sheets, mut relations) = (String::new(), String::new());
    for (name, n) in names {
        let state = if n == 1 { " state=\"hidden\"" } else { "" };
        let _ = write!(
            sheets,
            "<sheet name=\"{name}\" sheetId=\"{n}\"{state} r:id=\"r{n}\"/>"
        );
        let _ = write!(
            relations,
            "<Relationship Id=\"r{n}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        );
    }
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"3\">\
         <numFmt numFmtId=\"164\" formatCode=\"00000\"/>\
         <numFmt numFmtId=\"165\" formatCode=\"#,##0.00\\ &quot;€&quot;\"/>\
         <numFmt numFmtId=\"166\" formatCode=\"dd/mm/yyyy\"/></numFmts>\
         <cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\" applyNumberFormat=\"1\"/>\
         <xf numFmtId=\"165\" applyNumberFormat=\"1\"/>\
         <xf numFmtId=\"166\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    );
    let relations = format!(
        "<Relationships xmlns=\"{PACKAGE}\">{relations}\
         <Relationship Id=\"r9\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/></Relationships>"
    );
    let workbook = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{sheets}</sheets></workbook>"
    );
    let root = format!(
        "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" \
         Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &root),
        ("xl/workbook.xml", &workbook),
        ("xl/_rels/workbook.xml.rels", &relations),
        ("xl/styles.xml", &styles),
        ("xl/worksheets/sheet1.xml", &sheet(other)),
        ("xl/worksheets/sheet2.xml", &sheet(rows)),
        ("xl/worksheets/sheet3.xml", &sheet(other)),
    ])
}

fn text_cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn number_cell(place: &str, number: &str, style: u32) -> String {
    format!("<c r=\"{place}\" s=\"{style}\"><v>{number}</v></c>")
}

#[test]
fn a_sheet_of_excel_is_read_as_a_person_sees_it() {
    let world = Practising::new();
    let names = [
        "PEC", "Città", "CAP", "codice", "importo", "scadenza", "rif",
    ];
    let places = ["B", "C", "D", "E", "F", "G", "H"];
    // Above the table an empty row, beside it an empty column.
    let header: String = places
        .iter()
        .zip(names)
        .map(|(column, name)| text_cell(&format!("{column}2"), name))
        .collect();
    let row = |n: u32, user: &str| {
        [
            text_cell(&format!("B{n}"), &format!("{user}@pec.prova.example")),
            text_cell(&format!("C{n}"), "Forlì; \"centro\""),
            number_cell(&format!("D{n}"), "118", 1),
            text_cell(&format!("E{n}"), "007"),
            number_cell(&format!("F{n}"), "1234.5", 2),
            number_cell(&format!("G{n}"), "46387", 3),
            text_cell(&format!("H{n}"), user),
        ]
        .concat()
    };
    let rows = format!(
        "<row r=\"2\">{header}</row><row r=\"3\">{}</row><row r=\"5\">{}</row>",
        row(3, "a"),
        row(5, "b")
    );
    put(&world, "avvisi.xlsx", xlsx(&rows));
    put(
        &world,
        "testo.txt",
        "{{ Città }}|{{ CAP }}|{{ codice }}|{{ importo }}|{{ scadenza }}|\
         {% if importo > 1234 and scadenza > '30/12/2026' %}si{% endif %}",
    );
    let ran = batch(&world, "check", "avvisi.xlsx", &["--show", "5"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    for words in [
        "Read from the sheet \"Avvisi\"",
        "Sheets not read: Note",
        "Row 5, as it will be sent:",
        "  | Forlì; \"centro\"|00118|007|1.234,50 €|31/12/2026|si",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let document = batch(&world, "check", "avvisi.xlsx", &["--json"]).json();
    assert_eq!(
        (&document["form"], &document["sheet"]),
        (&"xlsx".into(), &"Avvisi".into())
    );
    assert_eq!(document["rows"], 2);
    let ran = batch(&world, "check", "avvisi.xlsx", &["--sheet", "altro"]);
    assert!(ran.exit == 2 && ran.err.contains("Avvisi, Note"), "{ran:?}");
    let ran = batch(&world, "check", "avvisi.xlsx", &["--sheet", "note"]);
    assert!(
        ran.exit == 1 && ran.out.contains("the column of the recipients is missing"),
        "{ran:?}"
    );
    // A bad row keeps the number that Excel shows; the others go once.
    let bad = rows.replace("b@pec.prova.example", "nessuno");
    put(&world, "avvisi.xlsx", xlsx(&bad));
    let ran = batch(&world, "check", "avvisi.xlsx", &[]);
    assert!(
        ran.out.contains("row 5: column PEC: invalid address"),
        "{ran:?}"
    );
    let ran = batch(&world, "run", "avvisi.xlsx", &["--yes", "--skip-bad"]);
    assert!(ran.err.contains(".csv"), "{ran:?}");
    put(&world, "avvisi.xlsx", xlsx(&rows));
    batch(&world, "run", "avvisi.xlsx", &["--yes"]);
    assert_eq!(world.practice.taken().len(), 2);
}

#[test]
fn a_sheet_of_libreoffice_is_read_too() {
    let world = Practising::new();
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let content = format!(
        "<office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">\
         <office:body><office:spreadsheet><table:table table:name=\"Foglio1\">\
         <table:table-row>{}{}{}</table:table-row>\
         <table:table-row>{}<table:table-cell office:value-type=\"float\" office:value=\"12.5\">\
         <text:p>12,5</text:p></table:table-cell><table:table-cell office:value-type=\"date\" \
         office:date-value=\"2026-12-31\"><text:p>31/12/26</text:p></table:table-cell>\
         </table:table-row></table:table></office:spreadsheet></office:body>\
         </office:document-content>",
        cell("PEC"),
        cell("importo"),
        cell("giorno"),
        cell("a@b.it"),
    );
    let manifest = "<manifest:manifest \
        xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    put(
        &world,
        "avvisi.ods",
        zipped(&[
            ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", manifest),
            ("content.xml", &content),
        ]),
    );
    put(&world, "testo.txt", "{{ importo }} {{ giorno }}");
    let ran = batch(&world, "check", "avvisi.ods", &["--json", "--show", "all"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!(document["form"], "ods");
    assert_eq!(document["shown"][0]["text"], "12,5 31/12/2026");
}

#[test]
fn an_array_and_standard_input_are_tables() {
    let world = Practising::new();
    put(&world, "testo.txt", "Gentile {{ nome }}");
    let array = "[\n{\"pec\":\"a@pec.prova.example\",\"nome\":\"A\"},\n\
                 {\"pec\":\"x\",\"nome\":\"B\"}, 3]";
    put(&world, "avvisi.json", array);
    let ran = batch(&world, "check", "avvisi.json", &["--json"]);
    let document = ran.json();
    assert_eq!(
        (ran.exit, &document["form"]),
        (1, &"json".into()),
        "{ran:?}"
    );
    let problems = document["problems"].as_array().expect("problems").iter();
    let found: Vec<_> = problems
        .map(|one| (one["row"].clone(), one["id"].clone()))
        .collect();
    assert_eq!(
        found,
        [(2.into(), "address".into()), (3.into(), "no-object".into())]
    );
    put(&world, "avvisi.json", "[{\"pec\":\"a@b.it\",]");
    let ran = batch(&world, "check", "avvisi.json", &[]);
    assert!(ran.exit == 2 && ran.err.contains("JSON array"), "{ran:?}");
    for page in [
        "<html><table><tr><td>PEC",
        "<?xml version=\"1.0\"?><Workbook>",
    ] {
        put(&world, "avvisi.xls", page);
        let ran = batch(&world, "check", "avvisi.xls", &[]);
        assert!(ran.exit == 2 && ran.err.contains("web page"), "{ran:?}");
    }
    // Standard input, with files beside the folder in which the command runs.
    put(&world, "a.p7m", "x");
    put(
        &world,
        "in.csv",
        "PEC;nome;allegato\r\na@pec.prova.example;A;a.p7m\r\n",
    );
    let body = world.path("testo.txt").display().to_string();
    let piped = |action: &str, more: &[&str]| {
        let given = [
            "batch",
            action,
            "-",
            "--subject",
            "Avviso",
            "--body-file",
            &body,
        ];
        let input = std::fs::File::open(world.path("in.csv")).expect("it");
        let mut command = world.command(&[&given[..], more].concat());
        let ran = command
            .current_dir(world.folder.path())
            .stdin(input)
            .output();
        Ran::of(ran.expect("the program starts"))
    };
    let ran = piped("check", &[]);
    assert!(
        ran.exit == 0 && ran.out.contains("Attachments per row: 1 (rows: 1)."),
        "{ran:?}"
    );
    let ran = piped("run", &[]);
    assert!(ran.exit == 2 && ran.err.contains("--yes"), "{ran:?}");
    assert_eq!(piped("run", &["--yes"]).exit, 3);
    assert_eq!(world.practice.taken().len(), 1);
    let ran = piped("run", &["--yes"]);
    assert!(ran.err.contains("resuming"), "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn the_example_of_a_table_can_be_sent_as_it_is_and_overwrites_nothing() {
    for (lang, name) in [("it", "nome"), ("en", "name")] {
        let world = Practising::new();
        let file = world.path("tabella.csv").display().to_string();
        let template = ["--lang", lang, "batch", "template", "-o", &*file];
        let ran = world.run(&template);
        assert!(
            ran.exit == 0 && ran.err.contains("pec batch check"),
            "{ran:?}"
        );
        assert_eq!(world.run(&template).exit, 2);
        let written = std::fs::read_to_string(&file).expect("it");
        let shown = world.run(&["--lang", lang, "batch", "template"]).out;
        assert_eq!(shown, written);
        put(&world, "testo.txt", format!("Gentile {{{{ {name} }}}}"));
        let ran = batch(&world, "check", "tabella.csv", &["--json"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let columns = ran.json()["columns"].clone();
        let uses = columns.as_array().expect("columns").iter();
        let used = uses
            .filter(|one| one["uses"] != serde_json::json!([]))
            .count();
        // All but amount and deadline, which this text does not name.
        assert_eq!(used, 6, "{columns}");
    }
}

#[test]
fn a_template_and_a_report_are_what_their_names_say() {
    for (lang, name) in [("it", "nome"), ("en", "name")] {
        let world = Practising::new();
        let shown = |file: &str| world.path(file).display().to_string();
        let template =
            |file: &str| world.run(&["--lang", lang, "batch", "template", "-o", &shown(file)]);
        assert_eq!(template("tabella.xlsx").exit, 0);
        assert!(
            std::fs::read(world.path("tabella.xlsx"))
                .expect("it")
                .starts_with(b"PK")
        );
        put(&world, "testo.txt", format!("Gentile {{{{ {name} }}}}"));
        let ran = batch(&world, "check", "tabella.xlsx", &["--json"]);
        assert_eq!((ran.exit, &ran.json()["rows"]), (0, &2.into()), "{ran:?}");
        for foreign in ["t.ods", "t.XLS", "t.pdf", "t.ndjson", "t.html"] {
            let ran = template(foreign);
            assert!(ran.exit == 2 && ran.err.contains(".xlsx"), "{ran:?}");
            assert!(!world.path(foreign).exists());
        }
    }
    let world = Practising::new();
    put(
        &world,
        "avvisi.csv",
        "PEC;rif\r\na@pec.prova.example;R-1\r\n",
    );
    put(&world, "testo.txt", "Testo");
    batch(&world, "run", "avvisi.csv", &["--yes"]);
    let job = world.path("avvisi.csv").display().to_string();
    let report = |file: &str, more: &[&str]| {
        let file = world.path(file).display().to_string();
        world.run(&[&["batch", "report", &job, "-o", &file], more].concat())
    };
    for (file, more) in [
        ("x.ods", &[][..]),
        ("x.pdf", &["--html"]),
        ("x.xlsx", &["--csv"]),
        ("x.json", &[]),
    ] {
        let ran = report(file, more);
        assert!(ran.exit == 2 && ran.err.contains(".ndjson"), "{ran:?}");
        assert!(!world.path(file).exists());
    }
    for file in ["x.xlsx", "x.csv", "x.2026"] {
        assert_eq!(report(file, &[]).exit, 3);
        assert!(world.path(file).exists());
    }
}

#[test]
fn advice_about_a_table_is_advice_that_helps() {
    let world = Practising::new();
    let text = "{% if importo > 0 %}Importo {{ importo }}{% endif %}";
    let rows = |value: &str| {
        format!("PEC;importo;rif\r\na@pec.prova.example;{value};1\r\nb@pec.prova.example;2;2\r\n")
    };
    // A word where a number is needed; an empty cell may be meant so.
    let (filled, empty) = (
        "contains \"abc\", which is not one",
        "whether the cell is filled",
    );
    let ran = check(&world, rows("abc"), text, &[]);
    assert!(
        ran.out.contains(filled) && !ran.out.contains(empty),
        "{ran:?}"
    );
    let ran = check(&world, rows(""), text, &[]);
    assert!(
        ran.out.contains(empty) && !ran.out.contains(filled),
        "{ran:?}"
    );
    // --skip-bad is for rows: where it would be refused it is not advised.
    let run = |more: &[&str]| batch(&world, "run", "avvisi.csv", &[&["--yes"], more].concat());
    let ran = run(&[]);
    assert!(ran.exit == 2 && ran.err.contains("--skip-bad"), "{ran:?}");
    put(&world, "testo.txt", "{{ manca }}");
    for more in [&[][..], &["--skip-bad"]] {
        let ran = run(more);
        assert!(ran.exit == 2 && !ran.err.contains("--skip-bad"), "{ran:?}");
    }
    // Who only looks is not told that nothing was sent.
    let missing = ["batch", "check", "nope.csv", "--subject", "A"];
    for words in [&missing[..], &["check", "nobody"]] {
        let ran = world.run(words);
        assert!(
            ran.exit == 2 && !ran.err.contains("nothing was sent"),
            "{ran:?}"
        );
    }
}

/// A disk that takes no octet, as the shell can make one: the file of the template is whole or absent.
#[test]
fn a_template_that_cannot_be_written_leaves_nothing_that_blocks_the_next() {
    let world = Practising::new();
    let file = world.path("tabella.csv");
    let written = |before: &str| {
        let line = format!("{before} exec \"$@\"");
        let pec = world.command(&["batch", "template", "-o", &file.display().to_string()]);
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", &line, "sh"])
            .arg(pec.get_program())
            .args(pec.get_args());
        Ran::of(shell.output().expect("a shell"))
    };
    let ran = written("trap '' XFSZ; ulimit -f 0;");
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(!file.exists());
    let ran = written("");
    assert_eq!(ran.exit, 0, "{ran:?}");
    let ran = written("");
    assert!(
        ran.exit == 2 && ran.err.contains("already exists"),
        "{ran:?}"
    );
}

// What the report says of notices

#[test]
fn a_report_says_when_and_why_it_failed_and_only_where_it_did() {
    let world = Practising::new();
    let table = "PEC;rif\r\nlate@pec.prova.example;R-1\r\nslow@pec.prova.example;R-2\r\n\
                 unknown@pec.prova.example;R-3\r\na@pec.prova.example;R-4\r\n";
    put(&world, "avvisi.csv", table);
    put(&world, "testo.txt", "Testo");
    batch(
        &world,
        "run",
        "avvisi.csv",
        &["--yes", "--follow", "--poll", "1s"],
    );
    world
        .practice
        .wait_until_idle(std::time::Duration::from_secs(20));
    world.run(&["sync"]);
    let file = world.path("avvisi.csv").display().to_string();
    let ran = world.run(&["batch", "report", &file, "--ndjson"]);
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let notices = |line: &Value| -> Vec<String> {
        let receipts = line["receipts"].as_array().expect("receipts").iter();
        let times = receipts.filter(|one| one["what"] == "timeout-notice");
        let times = times.map(|one| one["time"].as_str().expect("a time").to_owned());
        times.collect()
    };
    let [late, slow, unknown, good] = &lines[..] else {
        panic!("{lines:?}")
    };
    // Delivered after both notices: nothing failed.
    assert_eq!(late["state"], "delivered", "{late}");
    assert_eq!(notices(late).len(), 2, "{late}");
    assert_eq!(
        (&late["failed_at"], &late["error"]),
        (&Value::Null, &Value::Null)
    );
    // The second notice says when and why.
    assert_eq!(slow["state"], "timed-out", "{slow}");
    let times = notices(slow);
    assert_eq!(times.len(), 2, "{slow}");
    assert_eq!(
        slow["failed_at"].as_str(),
        times.iter().max().map(String::as_str)
    );
    assert!(!slow["error"].to_string().contains("dodici"), "{slow}");
    assert_eq!(unknown["state"], "not-delivered");
    assert!(
        unknown["failed_at"].is_string() && unknown["error"].is_string(),
        "{unknown}"
    );
    assert_eq!(
        (&good["failed_at"], &good["error"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_row_that_a_quotation_mark_swallowed_is_told() {
    let world = Practising::new();
    let ids = |table: &str| {
        let ran = check(&world, table, "Gentile {{ nome }}", &["--json"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        told(&ran)
    };
    // A mark opened in row 2 and closed in row 3: legal, and one recipient is lost.
    let lost = "PEC;nome\r\na@b.it;\"Anna\r\nb@b.it;Bice\"\r\nc@b.it;Carla\r\n";
    assert_eq!(ids(lost), [("line-with-address".to_owned(), vec![2])]);
    let meant = "PEC;nome\r\n\"a@b.it\r\nb@b.it\";\"Anna\r\ne Bice\"\r\nc@b.it;Carla\r\n";
    assert_eq!(ids(meant), []);
}
