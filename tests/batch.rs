//! `pec batch` as a user meets it, against a practice provider: bad tables, one run and the
//! next, rows in doubt, a provider that says too much, SIGKILL at random.
//!
//! The provider counts. `PEC_ONCE_ROWS` makes the tables larger that several machines send;
//! `PEC_BATCH_ROWS` and `PEC_BATCH_KILLS` make the killed jobs larger (by
//! default 120 rows and 12 kills; the figures in the README are of 5,000 and 60).

mod support;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use postacert::address::MailAddress;
use postacert::batch::notice::Recipe;
use postacert::batch::pace::{Limits, Pace};
use postacert::batch::table::Columns;
use postacert::client::batch::{
    Allowed, End, Event, FileFacts, Files, Happening, Reach, Runner, Sender, Time,
};
use postacert::client::{Judge, Resend, SendAgain, submit};
use postacert::ledger::{Claim, JobRef, Ledger, NewJob, NewRow, Room};
use postacert::pec::outgoing::OutgoingMessage;
use postacert::practice::{Config, Fault, Identity, Practice, Throttle};
use postacert::providers::Trust;
use postacert::secret::Secret;
use postacert::timestamp::Timestamp;
use postacert::transport::imap::ImapMailbox;
use postacert::transport::smtp::SmtpSubmission;
use postacert::transport::{
    self, Censor, Endpoint, Envelope, Login, Mailbox, Reply, Roots, Security, Stop, Submission,
    SubmissionOutcome, SubmissionReport, Timeouts,
};
use postacert::verify::Verifier;
use serde_json::Value;
use support::practising::{self, PASSWORD, Practising, Ran};
use support::receipt::{Kind, Receipt};
use support::schema::Schema;
use support::servers::{self, Servers};

const SUBJECT: &str = "Avviso {{ ref }}";

fn number(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A table, a template, an attachment beside each other.
fn write(world: &Practising, table: &[u8]) -> String {
    std::fs::write(world.path("testo.txt"), "Gentile {{ nome }},\npaghi.\n").expect("a file");
    std::fs::write(world.path("avviso.pdf"), b"%PDF-1.4 avviso").expect("a file");
    std::fs::write(world.path("avvisi.csv"), table).expect("a file");
    world.path("avvisi.csv").display().to_string()
}

/// `pec batch ACTION TABLE` with both templates.
fn batch(world: &Practising, action: &str, more: &[&str]) -> Ran {
    let table = world.path("avvisi.csv").display().to_string();
    let body = world.path("testo.txt").display().to_string();
    let given = [
        "batch",
        action,
        &table,
        "--subject",
        SUBJECT,
        "--body-file",
        &body,
    ];
    world.run(&[&given, more].concat())
}

fn check(world: &Practising, table: impl AsRef<[u8]>) -> Ran {
    write(world, table.as_ref());
    batch(world, "check", &[])
}

fn run(world: &Practising, more: &[&str]) -> Ran {
    batch(world, "run", &[&["--yes"], more].concat())
}

fn report(world: &Practising) -> Vec<Value> {
    let table = world.path("avvisi.csv").display().to_string();
    let ran = world.run(&["batch", "report", &table, "--ndjson"]);
    let lines = ran.out.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// How many messages each recipient got.
fn got(practice: &Practice) -> BTreeMap<String, usize> {
    let mut got = BTreeMap::new();
    for taken in practice.taken() {
        for recipient in taken.recipients {
            *got.entry(recipient).or_default() += 1;
        }
    }
    got
}

fn rows(count: usize) -> String {
    let mut table = "pec;nome;ref;allegato\r\n".to_owned();
    for n in 0..count {
        let _ = write!(
            table,
            "u{n}@pec.prova.example;Nome {n};R-{n:05};avviso.pdf\r\n"
        );
    }
    table
}

// Bad tables

#[test]
fn everything_wrong_with_a_table_is_told_with_its_row() {
    let world = Practising::new();
    let good = "a@pec.prova.example;Anna;R-1;avviso.pdf\r\n";
    let head = "pec;nome;ref;allegato\r\n";
    for (what, row, words) in [
        (
            "an address with a comma",
            "rossi,mario@pec.it;A;R-2;",
            "row 3: column pec: invalid address (separate several with ; or |): rossi,mario@pec.it",
        ),
        (
            "two addresses with a comma",
            "\"a@b.it,c@d.it\";A;R-2;",
            "invalid address (separate several with ; or |): a@b.it,c@d.it",
        ),
        ("no address", ";A;R-2;", "row 3: no recipient"),
        (
            "an attachment that is not there",
            "a@b.it;A;R-2;manca.pdf",
            "row 3: cannot attach manca.pdf",
        ),
        (
            "a folder to attach",
            "a@b.it;A;R-2;.",
            "row 3: cannot attach .:",
        ),
        (
            "a quotation mark inside",
            "a@b.it;A \"B\";R-2;",
            "row 3: a quotation mark inside a cell in line 3",
        ),
        (
            "text behind quotation marks",
            "a@b.it;\"A\"B;R-2;",
            "row 3: text after a closing quotation mark in line 3",
        ),
        (
            "a quotation mark never closed",
            "a@b.it;\"A;R-2;",
            "row 3: a quotation mark opened in line 3 of the file is not closed",
        ),
        (
            "a cell too few",
            "a@b.it;A;R-2",
            "row 3: 3 cells, but the header has 4",
        ),
        (
            "a line end in the subject",
            "a@b.it;A;\"R\r\nBcc: x@y.it\";",
            "row 3: the subject contains a line end or a control character",
        ),
        (
            "a reference that stands there",
            "b@b.it;A;R-1;",
            "row 3: the reference R-1 is already used in row 2",
        ),
        (
            "a recipient twice",
            "a@b.it|A@b.it;A;R-2;",
            "row 3: A@b.it appears twice",
        ),
    ] {
        let ran = check(&world, format!("{head}{good}{row}"));
        assert_eq!(ran.exit, 1, "{what}: {ran:?}");
        assert!(ran.out.contains(words), "{what}: {ran:?}");
    }
    assert!(world.practice.taken().is_empty());
}

#[test]
fn a_wrong_table_is_told_as_a_whole() {
    let world = Practising::new();
    for (table, words) in [
        (
            &b"nome;ref\r\nA;R\r\n"[..],
            "the column of the recipients is missing",
        ),
        (
            b"pec;ref\r\na@b.it;R\r\n",
            "uses nome, which is not a column; columns: pec, ref",
        ),
        (b"pec;nome;ref\r\n", "no rows below the header"),
        (
            b"pec;nome;destinatario;ref\r\n",
            "columns pec and destinatario mean the same",
        ),
        (b";;\r\n", "the header is missing"),
    ] {
        let ran = check(&world, table);
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(ran.out.contains(words), "{ran:?}");
    }
    for (table, words) in [
        (&b"PK\x03\x04rest"[..], "as a workbook"),
        (b"p\0e\0c\0", "is not text"),
        (b"", "is empty"),
    ] {
        let ran = check(&world, table);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
    }
}

#[test]
fn encodings_are_found_and_a_wrong_one_is_told() {
    let world = Practising::new();
    let table = "pec;nome;ref\r\na@b.it;Città;R-1\r\n";
    let latin: Vec<u8> = table.chars().map(|c| c as u8).collect();
    let utf16: Vec<u8> = [0xfeffu16]
        .into_iter()
        .chain(table.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for octets in [
        table.as_bytes(),
        &[b"\xef\xbb\xbf", table.as_bytes()].concat(),
        &latin,
        &utf16,
    ] {
        let ran = check(&world, octets);
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
    // UTF-8 with one row that somebody pasted from elsewhere.
    let mixed = [
        table.as_bytes(),
        "b@b.it;Perché è così;R-2\r\n".as_bytes(),
        b"c@b.it;Citt\xe0;R-3\r\n",
    ]
    .concat();
    let ran = check(&world, &mixed);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("row 4: column nome contains characters of another encoding"),
        "{ran:?}"
    );
    // Macintosh letters, which are no letters in windows-1252.
    write(&world, b"pec;nome;ref\r\na@b.it;Caff\x8e \x9d \x8f;R-1\r\n");
    let windows = ["--encoding", "windows-1252"];
    assert_eq!(batch(&world, "check", &windows).exit, 1);
    assert_eq!(batch(&world, "check", &[]).exit, 0);
}

#[test]
fn a_template_error_far_down_and_a_row_of_40_mb_are_told_with_their_rows() {
    let world = Practising::new();
    let mut table = "pec;nome;ref;quota\n".to_owned();
    for n in 2..=5_000 {
        let quota = if n == 4_312 { "" } else { "4" };
        let _ = writeln!(table, "u{n}@b.it;Nome;R-{n};{quota}");
    }
    let _ = writeln!(table, "x@b.it;{};R-x;1", "x".repeat(40_000_000));
    table.push_str("y@b.it;Nome;R-y;2\n");
    write(&world, table.as_bytes());
    std::fs::write(world.path("testo.txt"), "Quota {{ 100 // quota|int }}").expect("a file");
    let ran = batch(&world, "check", &["--json"]);
    assert_eq!(ran.exit, 1);
    let document = ran.json();
    let problems = document["problems"].as_array().expect("problems");
    let found: Vec<(u64, &str)> = problems
        .iter()
        .map(|one| {
            (
                one["row"].as_u64().expect("a row"),
                one["id"].as_str().expect("an id"),
            )
        })
        .collect();
    assert_eq!(found, [(4_312, "no-number"), (5_001, "long-row")]);
    assert_eq!(document["rows"], 5_001);
}

#[test]
fn limits_of_the_provider_are_held_before_anything_is_sent() {
    let world = Practising::new();
    let mut config = std::fs::read_to_string(world.path("config.toml")).expect("it");
    config.push_str("max_recipients = 2\nmax_octets = 20000\n");
    std::fs::write(world.path("config.toml"), config).expect("a file");
    write(
        &world,
        b"pec;nome;ref;allegato\na@b.it|c@b.it|d@b.it;A;R-1;\na@b.it;A;R-2;grande.pdf\n",
    );
    std::fs::write(world.path("grande.pdf"), vec![b'x'; 15_000]).expect("a file");
    let ran = batch(&world, "check", &[]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("row 2: 3 recipients; the provider accepts 2"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("row 3: size multiplied by recipients:"),
        "{ran:?}"
    );
    assert!(world.practice.taken().is_empty());
}

// One run and the next

#[test]
fn three_rows_from_excel_to_a_finished_report() {
    let world = Practising::new();
    let table = "PEC;Nome;Importo;Ref;Allegato\r\nanna@pec.prova.example;\"Anna \"\"B\"\"; s.r.l.\";=1+1;P-1;avviso.pdf\r\nunknown@pec.prova.example;Città;-7;P-2;\r\nordinary@elsewhere.example;@SUM(A1);1;P-3;\r\n";
    let latin: Vec<u8> = table.chars().map(|c| c as u8).collect();
    write(&world, &latin);
    let checked = batch(&world, "check", &[]);
    assert_eq!(checked.exit, 0, "{checked:?}");
    assert!(
        checked
            .out
            .contains("3 messages to 3 recipients from prova"),
        "{checked:?}"
    );
    assert!(
        checked.out.contains("Messages and receipts will take") && checked.out.contains("free."),
        "{checked:?}"
    );
    let ran = run(&world, &["--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("sent 3 of 3: delivered 1, ordinary mail 1, no outcome yet 0, not delivered 1, in doubt 0"),
        "{ran:?}"
    );
    let lines = report(&world);
    let states: Vec<&str> = lines
        .iter()
        .map(|line| line["state"].as_str().expect("one"))
        .collect();
    assert_eq!(states, ["delivered", "not-delivered", "ordinary"]);
    assert_eq!(lines[0]["columns"]["Nome"], "Anna \"B\"; s.r.l.");
    // Each receipt is kept under its digest.
    for receipt in lines[0]["receipts"].as_array().expect("receipts") {
        let name = receipt["sha256"].as_str().expect("a digest");
        let file = world
            .data()
            .join("messages")
            .join(&name[..2])
            .join(format!("{}.eml", &name[2..]));
        assert!(file.is_file(), "{}", file.display());
    }
    let path = world.path("avvisi.csv").display().to_string();
    let out = world.path("esito.csv").display().to_string();
    let written = world.run(&["batch", "report", &path, "--csv", "-o", &out]);
    assert_eq!(written.exit, 1);
    let csv = std::fs::read_to_string(&out).expect("a report");
    assert!(csv.starts_with("\u{feff}\"PEC\";\"Nome\";"), "{csv}");
    // What a spreadsheet would run is text; the rest joins back as it was.
    assert!(csv.contains("\"'=1+1\"") && csv.contains("\"'@SUM(A1)\"") && csv.contains("\"-7\""));
    assert!(csv.contains("\"Anna \"\"B\"\"; s.r.l.\""));
    let html = world.run(&["batch", "report", &path, "--html"]).out;
    // Nothing is loaded, and a telephone has the names of the columns in each row.
    for loads in ["<script", "src=", "href=", "url(", "@import", "<link"] {
        assert!(!html.contains(loads), "{loads}: {html}");
    }
    assert!(html.contains("P-2"), "{html}");
    assert!(
        html.contains("td:nth-child(4)::before{content:\"Recipient \"}"),
        "{html}"
    );
    // Whose it is, of when, and times as people write them.
    assert!(
        html.contains("<h1>avvisi.csv</h1>") && html.contains("Sent from io@pec.prova.example")
    );
    assert!(
        html.contains("<br>Accepted: 20") && !html.contains("+01:00") && !html.contains("+02:00")
    );
    assert!(html.contains("SHA-256 <code>"), "{html}");
    let status = world.run(&["batch", "status", &path]);
    assert_eq!(status.exit, 1);
    assert!(
        status.out.contains("row 3  P-2  not delivered"),
        "{status:?}"
    );
}

#[test]
fn a_report_rests_on_the_facts_that_stand_and_its_receipts_are_files() {
    let world = Practising::new();
    let table = "pec;nome;ref\r\nlate@pec.prova.example;Luca;L/1\r\n\
        slow@pec.prova.example;Sara;S-1\r\nunknown@pec.prova.example;Ugo;U-1\r\n\
        anna@pec.prova.example;Anna;../x\r\n";
    write(&world, table.as_bytes());
    run(&world, &["--follow", "--poll", "1s"]);
    world.practice.wait_until_idle(Duration::from_secs(20));
    assert_eq!(world.run(&["sync"]).exit, 0);
    let lines = report(&world);
    let text = |row: usize, key: &str| lines[row][key].as_str().map(str::to_owned);
    // Both notices came before the delivery: it did not fail.
    assert_eq!(text(0, "state").as_deref(), Some("delivered"));
    assert_eq!(
        (&lines[0]["late"], text(0, "failed_at")),
        (&true.into(), None)
    );
    assert_eq!(text(0, "error"), None);
    assert!(text(0, "first_notice_at") < text(0, "delivered_at"));
    // The first notice is no failure; the second is, at its own time and in its own words.
    assert_eq!(text(1, "state").as_deref(), Some("timed-out"));
    assert!(
        text(1, "first_notice_at") < text(1, "failed_at"),
        "{:?}",
        lines[1]
    );
    let words = text(1, "error").unwrap_or_default().to_lowercase();
    assert!(
        words.contains("24 ore") || words.contains("ventiquattro"),
        "{words}"
    );
    assert_eq!(text(2, "state").as_deref(), Some("not-delivered"));
    assert!(text(2, "failed_at").is_some() && text(2, "error").is_some());

    let path = world.path("avvisi.csv").display().to_string();
    let folder = world.path("ricevute").display().to_string();
    let report = ["batch", "report", &path, "--receipts", &folder];
    let ran = world.run(&[&["--lang", "it"][..], &report].concat());
    assert!(
        ran.out.contains("\"consegnato in ritardo, dopo l'avviso"),
        "{ran:?}"
    );
    let mut files: Vec<String> = Vec::new();
    for row in std::fs::read_dir(&folder).expect("a folder") {
        let row = row.expect("an entry").path();
        let name = row
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        for file in std::fs::read_dir(&row).expect("a folder of a row") {
            let file = file.expect("an entry");
            let octets = std::fs::read(file.path()).expect("a receipt");
            let digest = postacert::smime::sha256(&octets);
            let all = serde_json::to_string(&lines).expect("JSON");
            assert!(all.contains(&digest), "{name}");
            files.push(format!("{name}/{}", file.file_name().to_string_lossy()));
        }
    }
    for wanted in [
        "S-1/accettazione.eml",
        "S-1/preavviso-mancata-consegna-slow@pec.prova.example.eml",
        "S-1/preavviso-mancata-consegna-slow@pec.prova.example-2.eml",
        "U-1/mancata-consegna-unknown@pec.prova.example.eml",
    ] {
        assert!(
            files.iter().any(|file| file == wanted),
            "{wanted}: {files:?}"
        );
    }
    // Names that lead elsewhere lead nowhere.
    assert!(!world.path("x").exists());
    assert!(
        files
            .iter()
            .any(|file| file.ends_with("/consegna-anna@pec.prova.example.eml"))
    );
    let again = world.run(&report);
    assert_eq!(
        again.err,
        ran.err.replace("ricevute salvate in", "receipts saved in")
    );
}

#[test]
fn receipts_are_added_to_folders_and_never_take_the_place_of_others() {
    let world = Practising::new();
    let path = world.path("avvisi.csv").display().to_string();
    let folder = world.path("ricevute");
    let shown = folder.display().to_string();
    let files = || {
        let mut found = BTreeMap::new();
        for row in std::fs::read_dir(&folder).expect("a folder") {
            let row = row.expect("an entry").path();
            for file in std::fs::read_dir(&row).expect("a folder of a row") {
                let file = file.expect("an entry").path();
                let octets = std::fs::read(&file).expect("a receipt");
                let name = file.strip_prefix(&folder).expect("within");
                found.insert(name.display().to_string(), octets);
            }
        }
        found
    };
    let put = || {
        let ran = world.run(&["batch", "report", &path, "--receipts", &shown]);
        assert!(ran.err.contains("receipts saved in"), "{ran:?}");
        files()
    };
    write(&world, b"pec;nome;ref\nanna@pec.prova.example;A;1\n");
    run(&world, &["--follow", "--poll", "1s"]);
    let first = put();
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        [
            "1/accettazione.eml",
            "1/consegna-anna@pec.prova.example.eml"
        ]
    );
    // Only what is new is written: what is there keeps even its time.
    let changed = |name: &str| {
        let known = std::fs::metadata(folder.join(name)).expect("a file");
        known.modified().expect("a time")
    };
    let before = changed("1/accettazione.eml");
    std::fs::remove_file(folder.join("1/consegna-anna@pec.prova.example.eml")).expect("removed");
    assert_eq!(put(), first);
    assert_eq!(changed("1/accettazione.eml"), before);
    // The same reference for somebody else, in another round: nothing takes its place.
    write(&world, b"pec;nome;ref\nanna@pec.prova.example;B;1\n");
    run(&world, &["--again=2", "--follow", "--poll", "1s"]);
    let second = put();
    assert_eq!(
        second.keys().collect::<Vec<_>>(),
        [
            "1/accettazione-2.eml",
            "1/accettazione.eml",
            "1/consegna-anna@pec.prova.example-2.eml",
            "1/consegna-anna@pec.prova.example.eml",
        ]
    );
    assert!(first.iter().all(|(name, octets)| second[name] == *octets));
    assert_eq!(put(), second);
    // For the eyes of their owner.
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(
        [folder.join("1"), folder.join("1/accettazione.eml")].map(|path| mode(&path)),
        [0o700, 0o600]
    );
}

#[test]
fn a_report_for_a_spreadsheet_keeps_what_the_table_had() {
    use calamine::{Data, Reader, Xlsx};
    let world = Practising::new();
    let table = "pec;nome;ref;cap;codice;nota\r\n\
        anna@pec.prova.example;Anna;0007;00118;12345678901234567890;=1+1\r\n\
        unknown@pec.prova.example;Ugo;12345e12;1/2;TRUE;https://www.example/\r\n";
    write(&world, table.as_bytes());
    run(&world, &["--follow", "--poll", "1s"]);
    let path = world.path("avvisi.csv").display().to_string();
    let out = world.path("esito.xlsx");
    let shown = out.display().to_string();
    let ran = world.run(&["batch", "report", &path, "-o", &shown]);
    assert_eq!((ran.exit, &*ran.out), (1, ""), "{ran:?}");
    assert!(ran.err.contains("Report written to"), "{ran:?}");
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&out).expect("a file").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
    let octets = std::fs::read(&out).expect("a workbook");
    let mut book = Xlsx::new(std::io::Cursor::new(&octets)).expect("a workbook");
    let sheet = book.worksheet_range("Report").expect("a sheet");
    let formulas = book.worksheet_formula("Report").expect("a sheet");
    assert!(formulas.used_cells().all(|(_, _, text)| text.is_empty()));
    let rows: Vec<&[Data]> = sheet.rows().collect();
    let at = |name: &str| {
        let found = rows[0].iter().position(|cell| *cell == *name);
        found.unwrap_or_else(|| panic!("no {name} in {:?}", rows[0]))
    };
    let text = |row: usize, name: &str| match &rows[row][at(name)] {
        Data::String(text) => text.clone(),
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(rows.len(), 3);
    for (row, name, wanted) in [
        (1, "cap", "00118"),
        (1, "codice", "12345678901234567890"),
        (1, "nota", "=1+1"),
        (1, "pec_reference", "0007"),
        (1, "pec_state", "delivered"),
        (2, "cap", "1/2"),
        (2, "codice", "TRUE"),
        (2, "nota", "https://www.example/"),
        (2, "pec_reference", "12345e12"),
    ] {
        assert_eq!(text(row, name), wanted, "{name}");
    }
    // The same facts as in the report for programs; times are days and hours of Italy.
    let lines = report(&world);
    let time = |row: usize, name: &str| match &rows[row][at(name)] {
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
        other => panic!("{name} is {other:?}"),
    };
    for (row, key) in [
        (1, "sent_at"),
        (1, "accepted_at"),
        (1, "delivered_at"),
        (2, "failed_at"),
    ] {
        let wanted = lines[row - 1][key].as_str().expect("a time");
        assert_eq!(time(row, &format!("pec_{key}")), wanted[..19], "{key}");
    }
    assert_eq!(rows[2][at("pec_delivered_at")], Data::Empty);
    for (row, key) in [
        (1, "message"),
        (1, "message_id"),
        (1, "message_sha256"),
        (2, "identifier"),
    ] {
        let wanted = lines[row - 1][key].as_str().expect("a text");
        assert_eq!(text(row, &format!("pec_{key}")), wanted, "{key}");
    }
    // A header that stays in sight, with a filter.
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(octets)).expect("a workbook");
    let mut sheet = String::new();
    let mut member = archive
        .by_name("xl/worksheets/sheet1.xml")
        .expect("a sheet");
    std::io::Read::read_to_string(&mut member, &mut sheet).expect("text");
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("<autoFilter"));
    // The name of the file says the form, unless an option does.
    for (name, options, start) in [
        ("esito.html", &[][..], "<!DOCTYPE html>"),
        ("esito.ndjson", &[], "{\"schema\""),
        ("esito.csv", &[], "\u{feff}\"pec\""),
        ("altro.html", &["--csv"], "\u{feff}\"pec\""),
    ] {
        let out = world.path(name);
        let shown = out.display().to_string();
        world.run(&[&["batch", "report", &path, "-o", &shown], options].concat());
        let text = std::fs::read_to_string(&out).expect("a report");
        assert!(text.starts_with(start), "{name}");
    }
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_old_one() {
    let world = Practising::new();
    write(&world, rows(1).as_bytes());
    run(&world, &[]);
    let path = world.path("avvisi.csv").display().to_string();
    let out = world.path("chiusa/esito.csv");
    let ran = world.run(&["batch", "report", &path, "-o", &out.display().to_string()]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(!out.exists() && ran.err.contains("cannot write"), "{ran:?}");
    // A device is written as it is: nothing beside it, nothing renamed.
    let ran = world.run(&["batch", "report", &path, "-o", "/dev/full"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
}

#[test]
fn the_same_again_sends_nothing_and_a_changed_table_only_what_is_new() {
    let world = Practising::new();
    write(&world, rows(3).as_bytes());
    let first = run(&world, &[]);
    assert_eq!(first.exit, 3);
    assert!(!first.err.contains("Nothing to send"), "{first:?}");
    let again = run(&world, &[]);
    assert!(again.err.contains("resuming"), "{again:?}");
    let nothing = "Nothing to send: all 3 rows were already sent, the last one at 20";
    assert!(again.err.contains(nothing), "{again:?}");
    assert_eq!(world.practice.taken().len(), 3);
    // One row is new: only that one goes out.
    write(&world, rows(4).as_bytes());
    let ran = run(&world, &[]);
    assert!(ran.err.contains("this is a new job"), "{ran:?}");
    assert!(
        ran.err
            .contains("3 rows were already sent, identical and to the same recipients, by job"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("sent by this job 1, by an earlier one 3"),
        "{ran:?}"
    );
    assert_eq!(world.practice.taken().len(), 4);
    assert!(got(&world.practice).values().all(|count| *count == 1));
    let served = report(&world)
        .iter()
        .filter(|line| line["served"] == true)
        .count();
    assert_eq!(served, 3);
    // Asked for, all go once more, and not a third time.
    run(&world, &["--again"]);
    run(&world, &["--again"]);
    assert!(got(&world.practice).values().all(|count| *count == 2));
    run(&world, &["--again=third"]);
    assert!(got(&world.practice).values().all(|count| *count == 3));
}

/// Whether any file of the ledger has these words.
fn ledger_has(world: &Practising, words: &str) -> bool {
    practising::files(&world.data()).iter().any(|file| {
        let octets = std::fs::read(file).expect("a file");
        octets
            .windows(words.len())
            .any(|part| part == words.as_bytes())
    })
}

/// What a report says of each row under a name.
fn cells(world: &Practising, job: &str, name: &str) -> (Ran, Vec<Value>) {
    let ran = world.run(&["batch", "report", job, "--ndjson"]);
    let lines = ran.out.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let cells = lines.map(|line| line["columns"][name].clone()).collect();
    (ran, cells)
}

#[test]
fn a_job_keeps_the_columns_alone_that_its_messages_use() {
    let table = "pec;nome;ref;cf\n\
                 a@pec.prova.example;Anna;R-1;TAXANN00\nb@pec.prova.example;Bice;R-2;TAXBIC00\n\
                 nobody;Carla;R-3;TAXCAR00\n";
    let world = Practising::new();
    write(&world, table.as_bytes());
    let ran = run(&world, &["--skip-bad"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ledger_has(&world, "Anna"));
    assert!(!ledger_has(&world, "TAX"), "a column that nothing uses");
    let status = world.run(&["batch", "status", "--json"]).json();
    let job = status["jobs"][0]["id"].as_str().expect("an id").to_owned();
    // Its table has the others, in their order; the id alone has not.
    let path = world.path("avvisi.csv").display().to_string();
    let (_, found) = cells(&world, &path, "cf");
    assert_eq!(found, ["TAXANN00", "TAXBIC00", "TAXCAR00"]);
    let csv = world.run(&["batch", "report", &path]).out;
    let header = "\u{feff}\"pec\";\"nome\";\"ref\";\"cf\";\"pec_row\";";
    assert!(csv.starts_with(header), "{csv}");
    let (ran, found) = cells(&world, &job, "cf");
    assert_eq!(found, [Value::Null, Value::Null, Value::Null]);
    assert!(ran.err.is_empty(), "{ran:?}");
    let (_, found) = cells(&world, &job, "nome");
    assert_eq!(found, ["Anna", "Bice", "Carla"]);
    // Moved it is the same table; of another one nothing is joined, and that is told.
    let moved = world.path("altrove.csv");
    std::fs::copy(&path, &moved).expect("a file");
    let (_, found) = cells(&world, &moved.display().to_string(), "cf");
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], "TAXANN00");
    std::fs::write(&path, table.replace("TAXANN00", "TAXZZZ99")).expect("a file");
    let (ran, found) = cells(&world, &path, "cf");
    assert_eq!(found[0], Value::Null, "{ran:?}");
    assert!(ran.err.contains("changed after the job"), "{ran:?}");
    // The twin: a text that may use any column keeps them all.
    let world = Practising::new();
    write(&world, table.as_bytes());
    std::fs::write(world.path("testo.txt"), "Codice {{ row['cf'] }}.\n").expect("a file");
    run(&world, &["--skip-bad"]);
    assert!(ledger_has(&world, "TAXANN00"));
}

#[test]
fn a_workbook_and_a_table_in_another_encoding_are_joined_as_they_were_read() {
    let world = Practising::new();
    // Of two encodings that both fit, a person chose one.
    let table = b"pec|nome|ref|nota\na@pec.prova.example|Anna|R-1|citt\xe0; alta\n";
    write(&world, table);
    let ran = run(&world, &["--encoding", "iso-8859-15", "--delimiter", "|"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    let path = world.path("avvisi.csv").display().to_string();
    let (_, found) = cells(&world, &path, "nota");
    assert_eq!(found, ["citt\u{e0}; alta"]);
}

#[test]
fn without_references_the_content_is_the_reference() {
    let world = Practising::new();
    let table = "pec;nome;n\na@pec.prova.example;Anna;1\nb@pec.prova.example;Bice;2\n";
    write(&world, table.as_bytes());
    let subject = ["--subject", "Avviso"];
    assert_eq!(run(&world, &subject).exit, 3);
    // A column that no text uses changes the job and no notice.
    write(&world, table.replace(";1\n", ";7\n").as_bytes());
    run(&world, &subject);
    assert_eq!(world.practice.taken().len(), 2);
    let twice = format!("{table}a@pec.prova.example;Anna;3\n");
    write(&world, twice.as_bytes());
    let ran = batch(&world, "check", &subject);
    assert!(
        ran.out
            .contains("row 4: identical to row 2, and to the same recipients"),
        "{ran:?}"
    );
}

#[test]
fn bad_rows_stop_all_unless_they_are_set_aside() {
    let world = Practising::new();
    let table = "\u{feff}pec;nome;ref\r\na@pec.prova.example;A;R-1\r\nx;\"B\r\nC\";R-2\r\nb@pec.prova.example;Città;R-3\r\nc@pec.prova.example;\"D\"E;R-4\r\n";
    write(&world, table.as_bytes());
    let ran = run(&world, &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(world.practice.taken().is_empty());
    assert!(!world.data().exists(), "nothing is recorded");
    let ran = run(&world, &["--skip-bad"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert_eq!(world.practice.taken().len(), 2);
    let mut files = std::fs::read_dir(world.folder.path())
        .expect("a folder")
        .flatten();
    let bad = files.find(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with("avvisi.bad-")
    });
    let bad = std::fs::read_to_string(bad.expect("the bad rows").path()).expect("text");
    assert_eq!(
        bad,
        "\u{feff}pec;nome;ref\r\nx;\"B\r\nC\";R-2\r\nc@pec.prova.example;\"D\"E;R-4\r\n"
    );
}

#[test]
fn a_file_that_changed_after_the_check_is_not_sent() {
    let world = Practising::new();
    write(&world, rows(2).as_bytes());
    // Hours that are not now: all is recorded and nothing leaves.
    let hour = |later: i64| (practising::now().unix() / 3_600 + later) % 24;
    let between = format!("{:02}:00-{:02}:00", hour(8), hour(9));
    let ran = run(&world, &["--between", &between, "--for", "1s"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.err.contains("nothing is sent before"), "{ran:?}");
    assert!(world.practice.taken().is_empty());
    let jobs = world.run(&["batch", "status", "--json"]).json();
    let id = jobs["jobs"][0]["id"].as_str().expect("an id").to_owned();
    let kept = std::fs::read(world.path("avviso.pdf")).expect("a file");
    std::fs::write(world.path("avviso.pdf"), b"%PDF-1.4 altro").expect("a file");
    let ran = world.run(&["batch", "run", &id, "--yes"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(
        ran.err.contains("has changed since it was checked"),
        "{ran:?}"
    );
    assert!(ran.out.contains("held 2"), "{ran:?}");
    assert!(world.practice.taken().is_empty());
    // As it was, it goes; by its id the job needs its table no more.
    std::fs::write(world.path("avviso.pdf"), kept).expect("a file");
    std::fs::rename(world.path("avvisi.csv"), world.path("altrove.csv")).expect("a file");
    let ran = world.run(&["batch", "run", &id, "--yes", "--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[test]
fn a_row_that_was_refused_for_now_gives_way_to_its_correction() {
    // A clock that stands still: its minute never ends.
    let start = practising::now();
    let world = Practising::with(Config {
        clock: Arc::new(move || start),
        throttle: Some(Throttle::new(1)),
        ..practising::config()
    });
    write(&world, rows(2).as_bytes());
    // The second row is frozen, refused for now, and waits when the job is stopped.
    let ran = run(&world, &["--for", "5s"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.err.contains("reports too many messages"), "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1);
    let body = "Gentile {{ nome }}, paghi DI PIU'.\n";
    std::fs::write(world.path("testo.txt"), body).expect("a file");
    // The first row left with the text that it had; that is for a person to decide.
    let ran = run(&world, &["--for", "5s"]);
    assert!(
        ran.err.contains("row 2: under the reference R-00000"),
        "{ran:?}"
    );
    let ran = run(&world, &["--for", "5s", "--skip-bad"]);
    assert!(ran.err.contains("this is a new job"), "{ran:?}");
    let listed = world.run(&["status", "--json"]).json();
    let standings: Vec<&str> = listed["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| message["recipients"][0]["standing"].as_str().expect("one"))
        .collect();
    // Newest first: the correction, what it replaced, and the one that left.
    assert_eq!(standings[1], "withdrawn", "{standings:?}");
    assert_eq!(standings.len(), 3, "{standings:?}");
    // Who waits for what was withdrawn does not wait for the whole of the time, and nobody says that
    // the provider answered.
    let id = listed["messages"][1]["id"].as_str().expect("an id");
    let began = Instant::now();
    let waited = world.run(&["wait", id, "--timeout", "120s", "--poll", "1s"]);
    assert_eq!(waited.exit, 1, "{waited:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "{waited:?}");
    let resumed = world.run(&["send", "--resume", id, "--yes"]);
    assert_eq!(resumed.exit, 1, "{resumed:?}");
    assert!(resumed.err.contains("no receipt is known"), "{resumed:?}");
    // Nothing sends what was withdrawn.
    let resumed = world.run(&["send", "--resume", "--yes", "--no-copy"]);
    assert!(!resumed.out.contains("DI PIU"), "{resumed:?}");
    assert!(got(&world.practice).values().all(|count| *count == 1));
}

#[test]
fn rows_may_name_their_accounts() {
    let world = Practising::new();
    let mut config = std::fs::read_to_string(world.path("config.toml")).expect("it");
    config.push_str(&world.account("altra", &world.address("altra")));
    std::fs::write(world.path("config.toml"), config).expect("a file");
    let mut table = "pec;nome;ref;casella\n".to_owned();
    for n in 0..20 {
        let account = if n % 2 == 0 { "prova" } else { "altra" };
        let _ = writeln!(table, "u{n}@pec.prova.example;N;R-{n};{account}");
    }
    write(&world, table.as_bytes());
    let ran = run(
        &world,
        &["--parallel", "--follow", "--poll", "1s", "--ndjson"],
    );
    assert_eq!(ran.exit, 0, "{ran:?}");
    let taken = world.practice.taken();
    let from_other = taken
        .iter()
        .filter(|taken| taken.sender.starts_with("altra"));
    assert_eq!((taken.len(), from_other.count()), (20, 10));
    let last: Value = serde_json::from_str(ran.out.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["event"], "end");
    assert_eq!(last["counts"]["delivered"], 20);
    write(&world, table.replace("altra", "nessuna").as_bytes());
    let ran = batch(&world, "check", &[]);
    assert!(
        ran.out.contains("row 3: there is no account \"nessuna\""),
        "{ran:?}"
    );
}

#[test]
fn lines_that_break_leave_doubts_that_the_mailbox_settles() {
    use Fault::*;
    let lost = Answer {
        reply: "451 4.3.0 riprovare".to_owned(),
        kept: false,
    };
    let world = Practising::with(Config {
        faults: vec![
            CutBeforeData,
            None,
            CutDuringData,
            CutAfterDotKept,
            None,
            CutAfterDotLost,
            lost,
        ],
        ..practising::config()
    });
    write(&world, rows(12).as_bytes());
    let ran = run(&world, &[]);
    // What the provider kept is found by its acceptance; what it lost nobody has.
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(
        ran.err.contains("row 4 (R-00002): found in the mailbox"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("sent 9 of 12") && ran.out.contains("in doubt 3"),
        "{ran:?}"
    );
    let again = run(&world, &["--follow", "--poll", "1s"]);
    assert!(
        again
            .err
            .contains("IN DOUBT, no receipt for it in the mailbox"),
        "{again:?}"
    );
    assert_eq!(world.practice.taken().len(), 9);
    let ran = run(
        &world,
        &["--resend", "--patience", "0s", "--follow", "--poll", "1s"],
    );
    assert_eq!(ran.exit, 0, "{ran:?}");
    let got = got(&world.practice);
    assert_eq!(got.len(), 12);
    assert!(got.values().all(|count| *count == 1), "{got:?}");
}

#[test]
fn a_login_refused_ends_it_at_once() {
    let world = Practising::new();
    write(&world, rows(3).as_bytes());
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let ran = run(&world, &[]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert!(world.practice.taken().is_empty());
}

/// Starts a run of 2,000 rows through this shell line, sends each signal when so many are taken,
/// and gives how it ended.
fn signalled(shell: &str, signals: &[(usize, &str)], world: &Practising) -> Ran {
    write(world, rows(2_000).as_bytes());
    let table = world.path("avvisi.csv").display().to_string();
    let body = world.path("testo.txt").display().to_string();
    let program = world.command(&[
        "batch",
        "run",
        &table,
        "--subject",
        SUBJECT,
        "--body-file",
        &body,
        "--yes",
    ]);
    let mut command = Command::new("sh");
    command.arg("-c").arg(shell).arg(program.get_program());
    command.args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    for (count, signal) in signals {
        while world.practice.taken().len() < *count && child.try_wait().expect("a child").is_none()
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        let told = Command::new("kill")
            .args([*signal, &child.id().to_string()])
            .status();
        // It may have ended by an earlier one.
        told.expect("kill");
    }
    Ran::of(child.wait_with_output().expect("an end"))
}

#[test]
fn a_signal_ends_it_after_the_message_in_hand() {
    for signals in [
        &[(5, "-INT")][..],
        &[(5, "-TERM")],
        &[(5, "-HUP"), (5, "-HUP")],
    ] {
        let world = Practising::with(practising::config());
        // Also where the tests themselves were started by `nohup`.
        let command = "exec env --default-signal=HUP \"$0\" \"$@\"";
        let ran = signalled(command, signals, &world);
        assert_eq!(ran.exit, 3, "{signals:?}: {ran:?}");
        assert!(
            ran.err.contains("Stopped after the message in progress"),
            "{signals:?}: {ran:?}"
        );
        assert!(ran.out.contains("in doubt 0"), "{signals:?}: {ran:?}");
        assert!(world.practice.taken().len() < 2_000);
    }
}

/// A server that takes a connection and says nothing.
#[test]
fn an_interruption_before_anything_leaves_says_so() {
    let world = Practising::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let of_imap = format!("localhost:{}", world.practice.imap().port());
    let of_smtp = format!("localhost:{}", world.practice.smtp().port());
    let config = config
        .replace(&of_imap, &format!("localhost:{port}"))
        .replace(&of_smtp, &format!("localhost:{port}"));
    std::fs::write(world.path("config.toml"), config).expect("a file");
    write(&world, rows(3).as_bytes());
    let table = world.path("avvisi.csv").display().to_string();
    let body = world.path("testo.txt").display().to_string();
    let of_batch = [
        "batch",
        "run",
        &table,
        "--yes",
        "--subject",
        SUBJECT,
        "--body-file",
        &body,
    ];
    let to = world.address("anna");
    let of_send = [
        "send",
        "--again",
        "--yes",
        "--to",
        &to,
        "--subject",
        "x",
        "--body",
        "y",
    ];
    for arguments in [&of_batch[..], &of_send] {
        let mut child = world
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let line = silent.accept().expect("connected");
        let pid = child.id().to_string();
        let kill = Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.expect("kill").success());
        let status = child.wait().expect("ended");
        drop(line);
        let ran = Ran::of(child.wait_with_output().expect("output"));
        assert_eq!(status.code(), Some(130), "{ran:?}");
        assert!(ran.err.contains("Interrupted: nothing was sent"), "{ran:?}");
    }
}

/// As `nohup` starts it: the end of the terminal is nothing to it, Ctrl-C still is.
#[test]
fn a_run_that_ignores_the_end_of_its_terminal_goes_on() {
    let world = Practising::with(practising::config());
    let shell = "trap '' HUP; exec \"$0\" \"$@\"";
    let ran = signalled(shell, &[(5, "-HUP"), (40, "-INT")], &world);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(world.practice.taken().len() >= 40, "{ran:?}");
}

// Killed

/// Numbers that need not be good.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Starts the command again and again, and kills it so often: a quarter of the times at its beginning, else when
/// some of its messages were sent and some milliseconds passed. How fast this machine is makes no difference, and
/// there is always more to send. Gives how many messages it told of.
fn kill(
    command: &dyn Fn() -> Command,
    (kills, count): (usize, usize),
    between: &mut dyn FnMut(),
) -> usize {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut told = 0;
    for number in 0..kills {
        // A kill leaves one at most untold; half of what is left is there in any case.
        let left = count.saturating_sub(told + number) / 2;
        let is_at_its_beginning = random.below(4) == 0;
        let (sent, later) = if is_at_its_beginning {
            (0, random.below(600))
        } else {
            let some = 1 + random.below(2 * (count / kills).max(1) as u64) as usize;
            (left.min(some), random.below(20))
        };
        let later = Duration::from_millis(later);
        told += practising::killed_later(sent, later, command().arg("--ndjson"));
        between();
    }
    assert!(
        (1..count).contains(&told),
        "killed before the first message or after the last"
    );
    told
}

#[test]
fn killed_at_random_each_recipient_got_exactly_one() {
    let (count, kills) = (number("PEC_BATCH_ROWS", 120), number("PEC_BATCH_KILLS", 12));
    let world = Practising::new();
    let table = write(&world, rows(count).as_bytes());
    let body = world.path("testo.txt").display().to_string();
    let command = || {
        let given = [
            "batch",
            "run",
            &table,
            "--subject",
            SUBJECT,
            "--body-file",
            &body,
        ];
        world.command(&[&given[..], &["--yes", "--follow", "--poll", "1s"]].concat())
    };
    let told = kill(&command, (kills, count), &mut || {});
    world.practice.wait_until_idle(Duration::from_secs(60));
    let ran = run(
        &world,
        &["--follow", "--poll", "1s", "--resend", "--patience", "0s"],
    );
    assert_eq!(ran.exit, 0, "{}\n{}", ran.out, ran.err);
    let got = got(&world.practice);
    assert_eq!(got.len(), count, "somebody got nothing");
    let twice: Vec<_> = got.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "not exactly once: {twice:?}");
    agrees(&report(&world), &world.practice, count);
    println!("{count} rows, {kills} kills, {told} told as sent by then, each recipient got one");
}

/// Every line of the report names the message that the provider took for its recipient.
fn agrees(report: &[Value], practice: &Practice, count: usize) {
    let taken = practice.taken();
    let by_recipient: HashMap<&str, _> = taken
        .iter()
        .map(|taken| (&*taken.recipients[0], taken))
        .collect();
    assert_eq!(report.len(), count);
    for line in report {
        let taken = by_recipient[line["recipient"].as_str().expect("a recipient")];
        assert_eq!(line["message_id"].as_str(), taken.message_id.as_deref());
        assert_eq!(line["message_sha256"], taken.sha256.as_str());
        assert_eq!(line["identifier"], taken.identifier.as_str());
        assert_eq!(line["state"], "delivered");
    }
}

/// What plays the provider where the servers are ordinary ones: an acceptance for every message
/// that came.
struct Acceptor<'a> {
    servers: &'a Servers,
    sender: &'a str,
    accepted: HashMap<String, usize>,
}

impl Acceptor<'_> {
    fn accept(&mut self, recipients: &[String]) {
        self.servers.settle();
        for to in recipients {
            let delivered = self.servers.delivered(to);
            let known = self.accepted.entry(to.clone()).or_default();
            for octets in &delivered[*known..] {
                let receipt = Receipt::with(Kind::Acceptance, |receipt| {
                    let data = &mut receipt.daticert;
                    data.sender = self.sender.to_owned();
                    data.reply_to = self.sender.to_owned();
                    data.recipients = vec![(to.clone(), "certificato".to_owned())];
                    data.message_id = Some(message_id(octets));
                });
                self.servers.deliver(self.sender, [receipt.to_eml()]);
            }
            *known = delivered.len();
        }
    }
}

fn message_id(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "));
    line.expect("a Message-ID").trim().to_owned()
}

/// The account of a sender at ordinary servers, instead of that at the practice provider.
fn through(servers: &Servers, world: &Practising, sender: &str) {
    let trust = world.path("test-trust.toml");
    std::fs::write(&trust, support::world::trust_file()).expect("a file");
    std::fs::write(world.path("password"), servers::PASSWORD).expect("a file");
    let config = format!(
        "[account.vera]\naddress = \"{sender}\"\nimap = \"localhost:{}\"\nsmtp = \"localhost:{}\"\n\
         ca_file = \"{}\"\ntrust_file = \"{}\"\nfile_sent_copy = false\npassword_file = \"{}\"\n",
        servers.imap(Security::Tls).port,
        servers.submission(Security::Tls).port,
        servers.roots_file().display(),
        trust.display(),
        world.path("password").display(),
    );
    std::fs::write(world.path("config.toml"), config).expect("a file");
}

#[test]
fn killed_at_random_through_postfix_and_dovecot() {
    let Some(servers) = servers::running() else {
        return;
    };
    let count = number("PEC_BATCH_ROWS", 120).min(1_000) / 2 * 2;
    let kills = number("PEC_BATCH_KILLS", 12);
    let world = Practising::new();
    let sender = "lavoro@pec.mittente.example";
    through(servers, &world, sender);
    let recipients: Vec<String> = (0..count).map(|n| format!("u{n}@lavoro.example")).collect();
    let table = rows(count).replace("@pec.prova.example", "@lavoro.example");
    let table = write(&world, table.as_bytes());
    let body = world.path("testo.txt").display().to_string();
    let command = || {
        let given = [
            "batch",
            "run",
            &table,
            "--subject",
            SUBJECT,
            "--body-file",
            &body,
        ];
        world.command(&[&given[..], &["--yes"]].concat())
    };
    let mut acceptor = Acceptor {
        servers,
        sender,
        accepted: HashMap::new(),
    };
    let told = kill(&command, (kills, count), &mut || {
        acceptor.accept(&recipients)
    });
    let ran = run(&world, &["--resend", "--patience", "0s"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    let out = ran.out.replace(',', "");
    assert!(out.contains(&format!("sent {count} of {count}")), "{ran:?}");
    acceptor.accept(&recipients);
    // Counted at the server: a file for each message that came.
    let mut reported: HashMap<String, String> = HashMap::new();
    for line in report(&world) {
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        reported.insert(text("recipient"), text("message_id"));
    }
    for to in &recipients {
        let delivered = servers.delivered(to);
        assert_eq!(delivered.len(), 1, "{to}");
        assert_eq!(reported[to], message_id(&delivered[0]), "{to}");
    }
    println!(
        "{count} rows through Postfix and Dovecot, {kills} kills, {told} told as sent by then, each recipient got one"
    );
}

#[test]
fn two_machines_a_backup_and_a_ledger_without_its_log_through_postfix_and_dovecot() {
    let Some(servers) = servers::running() else {
        return;
    };
    let count = number("PEC_ONCE_ROWS", 60) / 2 * 2;
    let world = Practising::new();
    let sender = "macchine@pec.mittente.example";
    through(servers, &world, sender);
    let recipients: Vec<String> = (0..count).map(|n| format!("m{n}@lavoro.example")).collect();
    let table = rows(count).replace("@pec.prova.example", "@lavoro.example");
    let table = table.replace("\nu", "\nm");
    let table = write(&world, table.as_bytes());
    let mut acceptor = Acceptor {
        servers,
        sender,
        accepted: HashMap::new(),
    };
    let hand_over = |data: &str| {
        let data = world.path(data).display().to_string();
        let given = ["--data-dir", &data, "--resend", "--patience", "0s"];
        run(&world, &given)
    };
    // Killed in the middle, where the copies are taken, one without what was not in the file yet;
    // then to the end.
    let body = world.path("testo.txt").display().to_string();
    let first = world.path("prima").display().to_string();
    let given = ["batch", "run", &table, "--yes", "--ndjson", "--data-dir"];
    let texts = [&*first, "--subject", SUBJECT, "--body-file", &body];
    let mut command = world.command(&[&given[..], &texts[..]].concat());
    practising::killed_after(count / 3, &mut command);
    for name in ["copia", "senza"] {
        let mut copy = Command::new("cp");
        let copied = copy
            .arg("-a")
            .args([first.clone().into(), world.path(name)]);
        assert!(copied.status().expect("cp").success());
    }
    for end in ["-wal", "-shm"] {
        let file = world.path("senza").join(format!("ledger.sqlite{end}"));
        std::fs::remove_file(file).expect("what a killed process leaves");
    }
    acceptor.accept(&recipients);
    for data in ["prima", "seconda", "copia", "senza"] {
        let ran = hand_over(data);
        assert!(
            ran.out
                .replace(',', "")
                .contains(&format!("sent {count} of {count}")),
            "{data}: {ran:?}"
        );
        acceptor.accept(&recipients);
        for to in &recipients {
            assert_eq!(servers.delivered(to).len(), 1, "{data}: {to}");
        }
    }
    println!(
        "{count} rows through Postfix and Dovecot, from two machines and two copies: each once"
    );
}

// A provider that says too much, in hours that take no time

/// A clock that waiting moves.
#[derive(Clone)]
struct Hourglass(Arc<AtomicI64>);

impl Hourglass {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(practising::now().unix() * 1_000)))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst) / 1_000)
    }

    fn wait(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).expect("a time");
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

struct Line<'a>(&'a Practice);

impl Line<'_> {
    fn way(&self, port: u16) -> (Endpoint, Roots, Login) {
        let endpoint = Endpoint {
            host: "localhost".to_owned(),
            port,
            security: Security::Tls,
        };
        let login = Login {
            user: format!("io@{}", self.0.domain()),
            password: Secret::new(PASSWORD.to_owned()),
        };
        (
            endpoint,
            Roots::BuiltInAnd(self.0.ca_pem().into_bytes()),
            login,
        )
    }
}

impl Reach for Line<'_> {
    fn submission(&mut self) -> Result<Box<dyn Submission>, transport::Error> {
        let (endpoint, roots, login) = self.way(self.0.smtp().port());
        let line = SmtpSubmission::connect(&endpoint, &roots, &login, Timeouts::default())?;
        Ok(Box::new(line))
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, transport::Error> {
        let (endpoint, roots, login) = self.way(self.0.imap().port());
        let line = ImapMailbox::connect(&endpoint, &roots, &login, Timeouts::default())?;
        Ok(Box::new(line))
    }
}

struct NoFiles;

impl Files for NoFiles {
    fn look(&mut self, name: &str) -> Result<FileFacts, String> {
        Err(name.to_owned())
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        Err(name.to_owned())
    }
}

/// A job of rows, and the provider that it goes to; waiting takes no time.
struct Errand {
    glass: Hourglass,
    practice: Arc<Practice>,
    recipe: Recipe,
    sender: Sender,
    ledger: Ledger,
    job: JobRef,
    resend: Option<SendAgain>,
}

impl Errand {
    fn new(folder: &Path, count: u64, config: Config) -> Self {
        Self::of(folder, count, config, false)
    }

    /// Each row has a recipient in Cc too.
    fn with_copies(folder: &Path, count: u64, config: Config) -> Self {
        Self::of(folder, count, config, true)
    }

    fn of(folder: &Path, count: u64, config: Config, copies: bool) -> Self {
        let glass = Hourglass::new();
        let clock = glass.clone();
        let practice = Practice::start(Config {
            clock: Arc::new(move || clock.now()),
            ..config
        })
        .expect("a provider");
        let recipe = Recipe {
            subject: Some(SUBJECT.to_owned()),
            body: Some("Paghi.".to_owned()),
            form: "completa".to_owned(),
            account: "prova".to_owned(),
            ..Recipe::default()
        };
        let sender = Sender {
            account: "prova".to_owned(),
            address: MailAddress::new(&format!("io@{}", practice.domain())),
            display_name: None,
            limits: Default::default(),
        };
        let mut ledger = Ledger::open(folder).expect("a ledger");
        let identity = "0".repeat(64);
        let new = NewJob {
            identity: &identity,
            path: "/avvisi.csv",
            recipe: "{}",
        };
        let mut next = 0;
        let mut rows = || {
            next += 1;
            Ok::<_, postacert::ledger::Error>((next <= count).then(|| row(next, &recipe, copies)))
        };
        let job = ledger
            .record_job(new, &mut rows, &mut || Ok(()), glass.now())
            .expect("a job");
        Self {
            glass,
            practice: Arc::new(practice),
            recipe,
            sender,
            ledger,
            job,
            resend: None,
        }
    }

    /// Runs the job; gives how it ended, and what happened.
    fn run(&mut self, limits: Limits) -> (End, Vec<String>) {
        self.run_beside(limits, &mut |_| {})
    }

    /// The same beside another process, which does something whenever a message was sent.
    fn run_beside(
        &mut self,
        limits: Limits,
        other: &mut dyn FnMut(&mut dyn Reach),
    ) -> (End, Vec<String>) {
        self.run_through(None, limits, other)
    }

    /// The same through another server than the provider.
    fn run_through(
        &mut self,
        server: Option<&mut dyn Reach>,
        limits: Limits,
        other: &mut dyn FnMut(&mut dyn Reach),
    ) -> (End, Vec<String>) {
        let mut provider = Line(&self.practice);
        let reach: &mut dyn Reach = match server {
            Some(server) => server,
            None => &mut provider,
        };
        let verifier = Verifier::new(Trust::parse(self.practice.trust(), "trust").expect("trust"));
        let glass = self.glass.clone();
        let mut happened = Vec::new();
        let runner = Runner {
            ledger: &mut self.ledger,
            job: &self.job,
            recipe: &self.recipe,
            sender: &self.sender,
            judge: Judge {
                account: &self.sender.address,
                verifier: &verifier,
                keep: postacert::account::Keep::All,
            },
            folders: &[],
            reach,
            files: &mut NoFiles,
            pace: Pace::new(limits, []),
            resend: self.resend,
            allowed: &Allowed::default(),
            stop: &Stop::default(),
            hold: &AtomicBool::new(false),
            time: Time {
                now: &|| glass.now(),
                sleep: &|time| glass.wait(time),
            },
            on_event: &mut |event: Event| {
                if matches!(event.what, Happening::Sent(_)) {
                    other(&mut Line(&self.practice));
                }
                let word = match event.what {
                    Happening::Sent(_) => "sent",
                    Happening::Throttled { .. } => "throttled",
                    Happening::Waiting(_) => "waiting",
                    Happening::Refused(_) => "refused",
                    Happening::RefusedForNow { .. } => "refused for now",
                    _ => "other",
                };
                happened.push(word.to_owned());
            },
        };
        let end = runner.run().expect("the ledger works");
        (end, happened)
    }
}

/// Sends so many rows to a provider that takes six a minute and answers one more so; gives what
/// happened and the seconds that it took.
fn throttled(
    folder: &Path,
    reply: &str,
    count: u64,
    limits: Limits,
) -> (Vec<String>, i64, Arc<Practice>) {
    let mut errand = Errand::new(folder, count, six_a_minute(reply));
    let begin = errand.glass.now();
    let (end, happened) = errand.run(limits);
    assert!(matches!(end, End::Done), "{end:?}");
    let seconds = errand.glass.now().seconds_since(begin);
    (happened, seconds, errand.practice)
}

fn six_a_minute(reply: &str) -> Config {
    Config {
        throttle: Some(Throttle {
            per_minute: 6,
            reply: reply.to_owned(),
        }),
        ..practising::config()
    }
}

const SIX_A_MINUTE: Limits = Limits {
    per_minute: Some(6),
    recipients_per_hour: None,
    between: None,
};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_refusal_of_the_sender_stops_the_account_and_its_rows_wait() {
    for reply in [
        "550 5.7.1 Limite giornaliero di invio superato",
        "554 5.7.1 Daily message quota exceeded",
        "550 5.7.1 no",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut errand = Errand::new(folder.path(), 20, six_a_minute(reply));
        let (end, happened) = errand.run(Limits::default());
        let End::GaveUp(transport::Error::SenderRefused(words)) = end else {
            panic!("{reply}: {end:?}");
        };
        assert_eq!(words.to_string(), reply);
        assert_eq!(errand.practice.taken().len(), 6, "{reply}: {happened:?}");
        assert_eq!(happened.len(), 7, "one refusal was enough: {happened:?}");
        // The next day.
        errand.glass.wait(DAY);
        let (end, happened) = errand.run(SIX_A_MINUTE);
        assert!(matches!(end, End::Done), "{reply}: {end:?}, {happened:?}");
        let got = got(&errand.practice);
        assert_eq!(got.len(), 20, "{reply}");
        assert!(got.values().all(|times| *times == 1), "{reply}: {got:?}");
    }
}

#[test]
fn a_message_that_is_too_large_for_the_server_is_no_refusal_of_the_sender() {
    let folder = tempfile::tempdir().expect("a folder");
    let reply = "552 5.3.4 Message size exceeds fixed limit";
    let mut errand = Errand::new(folder.path(), 8, six_a_minute(reply));
    let (end, happened) = errand.run(Limits::default());
    assert!(matches!(end, End::Done), "{end:?}, {happened:?}");
    let refused = happened.iter().filter(|word| *word == "refused");
    assert_eq!(refused.count(), 2, "{happened:?}");
}

#[test]
fn equal_refusals_in_a_row_are_the_senders_and_fewer_are_not() {
    let refused = |count: usize| Config {
        faults: vec![
            Fault::Answer {
                reply: "554 5.7.1 Rejected by policy".to_owned(),
                kept: false,
            };
            count
        ],
        ..practising::config()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut errand = Errand::new(folder.path(), 12, refused(5));
    let (end, happened) = errand.run(Limits::default());
    assert!(
        matches!(&end, End::GaveUp(transport::Error::SenderRefused(_))),
        "{end:?}, {happened:?}"
    );
    assert!(errand.practice.taken().is_empty());
    errand.glass.wait(DAY);
    let (end, happened) = errand.run(Limits::default());
    assert!(matches!(end, End::Done), "{end:?}, {happened:?}");
    let got_by_all = got(&errand.practice);
    assert_eq!(got_by_all.len(), 12);
    assert!(got_by_all.values().all(|times| *times == 1));

    let folder = tempfile::tempdir().expect("a folder");
    let mut errand = Errand::new(folder.path(), 12, refused(4));
    let (end, happened) = errand.run(Limits::default());
    assert!(matches!(end, End::Done), "{end:?}, {happened:?}");
    assert_eq!(got(&errand.practice).len(), 8);
    errand.run(Limits::default());
    assert_eq!(got(&errand.practice).len(), 8, "refused for good");
}

/// What a server answers to each message.
type Answering = Arc<
    dyn Fn(&Envelope, &mut dyn FnMut() -> Result<(), String>) -> SubmissionReport + Send + Sync,
>;

/// A server of a test beside the mailbox of the practice provider.
#[derive(Clone)]
struct Played(Arc<Practice>, Answering);

impl Reach for Played {
    fn submission(&mut self) -> Result<Box<dyn Submission>, transport::Error> {
        Ok(Box::new(self.clone()))
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, transport::Error> {
        Line(&self.0).mailbox()
    }
}

impl Submission for Played {
    fn submit(
        &mut self,
        envelope: &Envelope,
        _: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport {
        (self.1)(envelope, before_data)
    }

    fn size_limit(&self) -> Option<u64> {
        None
    }
}

fn answer(code: u16, text: &str) -> Reply {
    Reply {
        code,
        text: Censor::none().text(text),
    }
}

#[test]
fn a_recipient_refused_for_now_gets_it_later_and_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut errand = Errand::with_copies(folder.path(), 2, practising::config());
    let envelopes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = envelopes.clone();
    // The second recipient of a message is refused for now.
    let mut server = Played(
        errand.practice.clone(),
        Arc::new(move |envelope, before_data| {
            before_data().expect("recorded");
            seen.lock()
                .expect("a list")
                .push(envelope.recipients.clone());
            let answers = [answer(250, "ok"), answer(450, "4.2.0 greylisted")];
            let answers = answers.into_iter().map(Some);
            SubmissionReport {
                recipients: answers.take(envelope.recipients.len()).collect(),
                outcome: SubmissionOutcome::Taken(answer(250, "taken")),
            }
        }),
    );
    let (end, happened) = errand.run_through(Some(&mut server), Limits::default(), &mut |_| {});
    assert!(matches!(end, End::Done), "{end:?}");
    let came = envelopes.lock().expect("a list").clone();
    let address = |number: u64| format!("u{number}@pec.prova.example");
    let copy = |number: u64| format!("c{number}@pec.prova.example");
    assert_eq!(
        came,
        [
            vec![address(1), copy(1)],
            vec![address(2), copy(2)],
            vec![copy(1)],
            vec![copy(2)],
        ],
        "{happened:?}"
    );
}

/// A server that leaves the first message in doubt, then cannot be reached for a minute, in which the
/// message may come out after all, and is there again.
struct Hesitant {
    practice: Arc<Practice>,
    comes_out: bool,
    /// How long the mailbox takes to answer.
    asking: Duration,
    glass: Hourglass,
    asked: u32,
    connections: u32,
    /// What left, each time.
    left: Left,
}

/// What left: envelopes and octets.
type Left = Arc<std::sync::Mutex<Vec<(Envelope, Vec<u8>)>>>;

struct Doubtful(Left);

impl Submission for Doubtful {
    fn submit(
        &mut self,
        envelope: &Envelope,
        octets: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport {
        before_data().expect("recorded");
        let mut left = self.0.lock().expect("a list");
        left.push((envelope.clone(), octets.to_vec()));
        SubmissionReport {
            recipients: vec![Some(answer(250, "ok"))],
            outcome: SubmissionOutcome::InDoubt {
                reply: None,
                reason: "reset".to_owned(),
            },
        }
    }

    fn size_limit(&self) -> Option<u64> {
        None
    }
}

impl Reach for Hesitant {
    fn submission(&mut self) -> Result<Box<dyn Submission>, transport::Error> {
        const UNREACHABLE: std::ops::RangeInclusive<u32> = 2..=7;
        self.connections += 1;
        if !UNREACHABLE.contains(&self.connections) || self.asking > Duration::ZERO {
            return Ok(Box::new(Doubtful(self.left.clone())));
        }
        if self.comes_out && self.connections == *UNREACHABLE.end() {
            let (envelope, octets) = self.left.lock().expect("a list")[0].clone();
            let mut line = Line(&self.practice).submission()?;
            let report = line.submit(&envelope, &octets, &mut || Ok(()));
            assert!(matches!(report.outcome, SubmissionOutcome::Taken(_)));
            self.practice.wait_until_idle(Duration::from_secs(30));
        }
        Err(transport::Error::Broken("reset".to_owned()))
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, transport::Error> {
        self.asked += 1;
        assert!(self.asked < 20, "asked without end");
        self.glass.wait(self.asking);
        Line(&self.practice).mailbox()
    }
}

#[test]
fn what_the_mailbox_answered_does_not_hold_while_a_server_is_waited_for() {
    let minute = Duration::from_secs(60);
    for (comes_out, asking) in [
        (false, Duration::ZERO),
        (true, Duration::ZERO),
        // Asking alone takes as long: what was answered holds from the answer on.
        (false, minute),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut errand = Errand::new(folder.path(), 1, practising::config());
        errand.resend = Some(SendAgain {
            what: Resend::IfNothingIsThere,
            patience: Duration::ZERO,
        });
        let left = Left::default();
        let mut server = Hesitant {
            practice: errand.practice.clone(),
            comes_out,
            asking,
            glass: errand.glass.clone(),
            asked: 0,
            connections: 0,
            left: Arc::clone(&left),
        };
        let (_, happened) = errand.run_through(Some(&mut server), Limits::default(), &mut |_| {});
        let times = left.lock().expect("a list").len();
        // Each attempt is in doubt, and the first one nowhere else.
        assert_eq!(times > 1, !comes_out, "{comes_out}: {happened:?}");
        assert_eq!(got(&errand.practice).len(), usize::from(comes_out));
    }
}

#[test]
fn a_row_refused_for_now_is_tried_five_times_each_pause_twice_as_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut errand = Errand::new(folder.path(), 1, practising::config());
    let times = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (seen, glass) = (times.clone(), errand.glass.clone());
    let mut server = Played(
        errand.practice.clone(),
        Arc::new(move |envelope, _| {
            seen.lock().expect("a list").push(glass.now().unix());
            let reply = answer(450, "4.2.0 greylisted");
            SubmissionReport {
                recipients: vec![Some(reply.clone()); envelope.recipients.len()],
                outcome: SubmissionOutcome::Refused(reply),
            }
        }),
    );
    let (_, happened) = errand.run_through(Some(&mut server), Limits::default(), &mut |_| {});
    let came = times.lock().expect("a list").clone();
    let pauses: Vec<i64> = came.windows(2).map(|two| two[1] - two[0]).collect();
    assert_eq!(pauses, [60, 120, 240, 480], "{happened:?}");
}

fn row(number: u64, recipe: &Recipe, has_copy: bool) -> NewRow {
    let address = format!("u{number}@pec.prova.example");
    let mut columns = Columns::new();
    columns.insert("to".to_owned(), address.into());
    if has_copy {
        let copy = format!("c{number}@pec.prova.example");
        columns.insert("cc".to_owned(), copy.into());
    }
    columns.insert("ref".to_owned(), format!("R-{number}").into());
    let writer = postacert::batch::notice::Writer::new(recipe);
    let writer = writer.unwrap_or_else(|faults| panic!("{faults:?}"));
    let notice = writer.notice(&columns).expect("a notice");
    NewRow {
        number,
        account: MailAddress::new("io@pec.prova.example"),
        reference: format!("R-{number}"),
        round: String::new(),
        content: notice.digest(std::iter::empty()),
        whom: notice.whom(),
        columns: serde_json::to_string(&columns).expect("JSON"),
        recipients: 1 + u32::from(has_copy),
        size: 1_000,
        bad: None,
    }
}

#[test]
fn a_provider_that_says_too_much_is_sent_to_more_slowly() {
    for reply in [
        "450 4.7.1 Too many messages, slow down",
        "550 5.7.1 \"Class Of Service\" exceeded: Too much traffic from this sender",
        "421 4.7.0 Too many messages",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (happened, seconds, practice) = throttled(folder.path(), reply, 60, Limits::default());
        let count = |word: &str| happened.iter().filter(|other| *other == word).count();
        assert_eq!(count("sent"), 60, "{reply}: {happened:?}");
        assert_eq!(count("other"), 0, "{reply}: {happened:?}");
        println!(
            "{reply}: {seconds} s, {} times too much",
            count("throttled")
        );
        // Learnt once, not found out for each message anew.
        assert!(
            (1..=12).contains(&count("throttled")),
            "{reply}: {happened:?}"
        );
        assert!((540..3_600).contains(&seconds), "{reply}: {seconds} s");
        let got = got(&practice);
        assert_eq!(got.len(), 60);
        assert!(got.values().all(|times| *times == 1));
    }
}

#[test]
fn what_another_process_sends_counts_for_the_pace_of_the_account() {
    let alone = {
        let folder = tempfile::tempdir().expect("a folder");
        let mut errand = Errand::new(folder.path(), 18, practising::config());
        let begin = errand.glass.now();
        errand.run(SIX_A_MINUTE);
        errand.glass.now().seconds_since(begin)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut errand = Errand::new(folder.path(), 18, practising::config());
    let begin = errand.glass.now();
    let mut other = Ledger::open(folder.path()).expect("the same ledger");
    let (from, glass) = (errand.sender.address.clone(), errand.glass.clone());
    // Whenever one has left, the other process sends one too.
    let mut number = 0;
    errand.run_beside(SIX_A_MINUTE, &mut |line| {
        number += 1;
        let octets = format!(
            "From: {from}\r\nTo: altri@pec.prova.example\r\nSubject: {number}\r\n\
             Date: Mon, 4 May 2026 10:15:00 +0200\r\nMessage-ID: <{number}@altri.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n.\r\n"
        );
        let frozen = OutgoingMessage::freeze(octets.into_bytes(), &from, Default::default());
        let message = other.freeze(&frozen.expect("a message"), glass.now());
        let message = message.expect("recorded");
        let mut line = line.submission().expect("a line");
        let now = || glass.now();
        submit(&mut other, &message, Claim::NeverLeft, &mut *line, &now).expect("sent");
    });
    assert_eq!(errand.practice.taken().len(), 36);
    let both = errand.glass.now().seconds_since(begin);
    assert!(
        both >= 2 * alone && both <= 3 * alone,
        "{alone} s, {both} s"
    );
}

#[test]
fn others_write_while_the_rows_of_a_job_are_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::open(folder.path()).expect("a ledger");
    let mut other = Ledger::open(folder.path()).expect("again");
    let recipe = Recipe {
        subject: Some(SUBJECT.to_owned()),
        body: Some("Paghi.".to_owned()),
        form: "completa".to_owned(),
        ..Recipe::default()
    };
    let identity = "0".repeat(64);
    let job = || NewJob {
        identity: &identity,
        path: "/avvisi.csv",
        recipe: "{}",
    };
    let mut next = 0;
    let mut rows = || {
        next += 1;
        // As a sync or a message would, at every row.
        let name = format!("casella{next}");
        other.note_account(&MailAddress::new(&format!("{name}@pec.example")), &name)?;
        Ok::<_, postacert::ledger::Error>((next <= 3).then(|| row(next, &recipe, false)))
    };
    let recorded = ledger.record_job(job(), &mut rows, &mut || Ok(()), practising::now());
    recorded.expect("both wrote");
    let rows_of = |ledger: &Ledger| {
        let known = ledger.job_of_identity(&identity).expect("the ledger works");
        known.map(|job| job.rows)
    };
    assert_eq!(rows_of(&ledger), Some(3));

    // All or nothing, as ever.
    let identity = "1".repeat(64);
    let job = NewJob {
        identity: &identity,
        path: "/altri.csv",
        recipe: "{}",
    };
    let mut once = Some(row(1, &recipe, false));
    let refused = ledger.record_job(
        job,
        &mut || Ok(once.take()),
        &mut || Err(postacert::ledger::Error::Corrupt("no".to_owned())),
        practising::now(),
    );
    assert!(refused.is_err());
    assert!(
        ledger
            .job_of_identity(&identity)
            .expect("it works")
            .is_none()
    );
}

#[test]
fn no_two_processes_get_the_same_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let errand = Errand::new(folder.path(), 2, practising::config());
    let (account, now) = (errand.sender.address.clone(), errand.glass.now());
    let mut ledgers = [errand.ledger, Ledger::open(folder.path()).expect("again")];
    let began = |ledger: &mut Ledger, number: u8| {
        let octets = format!(
            "From: {account}\r\nTo: altri@pec.prova.example\r\nSubject: {number}\r\n\
             Date: Mon, 4 May 2026 10:15:00 +0200\r\nMessage-ID: <{number}@io.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n.\r\n"
        );
        let frozen = OutgoingMessage::freeze(octets.into_bytes(), &account, Default::default());
        let message = ledger
            .freeze(&frozen.expect("a message"), now)
            .expect("recorded");
        let room = Room {
            account: &account,
            since: now,
            allows: &|sent| sent.is_empty(),
        };
        let begun = ledger.begin_at_pace(&message, Claim::NeverLeft, now, Some(room));
        begun.expect("the ledger works")
    };
    let [one, other] = &mut ledgers;
    let first = began(one, 1);
    assert!(first.is_some());
    assert!(began(other, 2).is_none(), "one is being sent");
}

#[test]
fn within_known_limits_it_is_never_too_much() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = Limits {
        per_minute: Some(6),
        ..Limits::default()
    };
    let reply = "550 5.7.1 Too much traffic from this sender";
    let (happened, seconds, practice) = throttled(folder.path(), reply, 60, limits);
    assert!(!happened.contains(&"throttled".to_owned()), "{happened:?}");
    assert!((549..=700).contains(&seconds), "{seconds} s");
    assert_eq!(practice.taken().len(), 60);
}

/// A provider whose clock is a day and six hours late: what it accepts has waited for long.
fn of_yesterday() -> Config {
    let yesterday = || Timestamp::from_unix(practising::now().unix() - 30 * 3_600);
    let identity = Identity::new(postacert::practice::DOMAIN, yesterday());
    Config {
        identity: Some(identity.expect("keys")),
        clock: Arc::new(yesterday),
        ..practising::config()
    }
}

#[test]
fn what_has_waited_too_long_is_named_and_not_waited_for() {
    let table = "pec;nome;ref\r\nanna@pec.prova.example;Anna;R-1\r\n\
        never@pec.prova.example;Ugo;R-2\r\n";
    let path = |world: &Practising| world.path("avvisi.csv").display().to_string();
    let status = |world: &Practising| {
        let ran = world.run(&["batch", "status", &path(world), "--json"]);
        let document: Value = serde_json::from_str(&ran.out).expect("JSON");
        document["jobs"][0]["overdue"].clone()
    };
    let world = Practising::with(of_yesterday());
    write(&world, table.as_bytes());
    // It ends by itself, long before the limit.
    let ran = run(&world, &["--follow", "--poll", "1s", "--for", "60s"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(
        !ran.err.contains("Stopped") && ran.err.contains("overdue receipts: 1."),
        "{ran:?}"
    );
    let overdue = status(&world);
    assert_eq!(overdue.as_array().map(Vec::len), Some(1), "{overdue}");
    let one = &overdue[0];
    assert_eq!(
        (
            &one["row"],
            &one["reference"],
            &one["recipient"],
            &one["state"]
        ),
        (
            &3.into(),
            &"R-2".into(),
            &"never@pec.prova.example".into(),
            &"accepted".into()
        )
    );
    let text = world.run(&["batch", "status", &path(&world)]).out;
    assert!(
        text.contains("row 3  R-2  never@pec.prova.example  since 20"),
        "{text}"
    );
    assert!(!text.contains("row 2"), "{text}");
    // The twin: the same a moment after the acceptance. It says what it waits for.
    let world = Practising::new();
    write(&world, table.as_bytes());
    let ran = run(&world, &["--follow", "--poll", "1s", "--for", "4s"]);
    assert!(
        ran.err.contains("all messages were sent; recipients")
            && !ran.err.contains("overdue receipts"),
        "{ran:?}"
    );
    assert_eq!(status(&world), serde_json::json!([]));
}

// JSON

#[test]
fn every_json_follows_the_schema() {
    let schema = Schema::closed("batch");
    let valid = |text: &str| schema.holds(&serde_json::from_str(text).expect("JSON"));
    let world = Practising::with(Config {
        faults: vec![Fault::None, Fault::CutAfterDotLost],
        quota: 30_000,
        ..practising::config()
    });
    write(&world, b"pec;nome;ref\nx;A;R-1\n\"a;b\n");
    valid(&batch(&world, "check", &["--json"]).out);
    let table = "pec;nome;ref\na@pec.prova.example;A;R-1\nb@gmail.com;B;R-2\n\
                 refused@pec.prova.example;C;R-3\nunknown@pec.prova.example;D;R-4\n";
    write(&world, table.as_bytes());
    let shown = ["--json", "--per-minute", "1", "--show", "all"];
    valid(&batch(&world, "check", &shown).out);
    // Nobody is there to empty the mailbox, which is full after the first receipts.
    let options = ["--follow", "--poll", "1s", "--ndjson", "--for", "4s"];
    let ran = run(&world, &options);
    assert!(ran.out.contains("\"event\":\"in-doubt\""), "{ran:?}");
    ran.out.lines().for_each(valid);
    let table = world.path("avvisi.csv").display().to_string();
    valid(&world.run(&["batch", "status", &table, "--json"]).out);
    valid(&world.run(&["batch", "status", "--json"]).out);
    let report = world.run(&["batch", "report", &table, "--ndjson"]);
    assert_eq!(report.out.lines().count(), 4);
    report.out.lines().for_each(valid);
}

#[test]
fn room_for_the_receipts_is_asked_of_the_server_before_anything_leaves() {
    let ran = |quota: u64, more: &[&str]| {
        let world = Practising::with(Config {
            quota,
            ..practising::config()
        });
        write(&world, rows(3).as_bytes());
        let checked = batch(&world, "check", &[]);
        assert!(
            !checked.out.contains("The mailbox prova has"),
            "{checked:?}"
        );
        (run(&world, more), world)
    };
    // Three complete receipts and three acceptances take some 70 kB.
    let (enough, _world) = ran(1_000_000, &[]);
    assert!(
        enough.err.contains("The mailbox prova has")
            && enough.err.contains("enough for the receipts"),
        "{enough:?}"
    );
    let (short, world) = ran(40_000, &[]);
    assert!(
        short.err.contains("NOT ENOUGH SPACE IN THE MAILBOX prova"),
        "{short:?}"
    );
    let before =
        short.err.find("NOT ENOUGH SPACE IN THE MAILBOX") < short.err.find("recorded: 3 rows");
    assert!(before && world.practice.taken().len() == 3, "{short:?}");
    // Asked of a job once, when it begins.
    assert!(
        !run(&world, &[])
            .err
            .contains("NOT ENOUGH SPACE IN THE MAILBOX")
    );
    // A server that cannot be reached is told, and what follows is as ever.
    let world = Practising::new();
    write(&world, rows(1).as_bytes());
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let port = world.practice.imap().port();
    let closed = config.replace(&format!("localhost:{port}"), "localhost:9");
    std::fs::write(world.path("config.toml"), closed).expect("a file");
    let ran = run(&world, &["--for", "1s"]);
    assert!(
        ran.err.contains("Cannot determine the free space"),
        "{ran:?}"
    );
    assert!(world.practice.taken().is_empty(), "{ran:?}");
}

#[test]
fn a_mailbox_that_fills_stops_the_sending_until_there_is_room() {
    let world = Practising::with(Config {
        quota: 100_000,
        ..practising::config()
    });
    write(&world, rows(4_000).as_bytes());
    let ran = run(&world, &["--follow", "--poll", "1s", "--for", "8s"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.err.contains("the mailbox is nearly full"), "{ran:?}");
    let taken = world.practice.taken().len();
    assert!(taken < 4_000, "{taken} sent");
}

#[test]
fn what_a_template_does_wrong_in_every_row_is_told_once() {
    let world = Practising::new();
    let mut table = String::from("to;ref;nome\n");
    for number in 0..5 {
        writeln!(table, "delivered@{};{number};Anna", world.practice.domain()).expect("memory");
    }
    write(&world, table.as_bytes());
    std::fs::write(world.path("testo.txt"), "{{ nome|round(2) }}").expect("a file");
    for action in ["check", "run"] {
        let ran = batch(&world, action, &[]);
        assert_ne!(ran.exit, 0, "{ran:?}");
        let all = format!("{}{}", ran.out, ran.err);
        let told = all.lines().filter(|line| line.starts_with("row ")).count();
        assert_eq!(told, 1, "{all}");
        assert!(all.contains("the same in 4 more rows"), "{all}");
        // Each row is counted all the same.
        assert!(all.contains('5'), "{all}");
    }
    let json = batch(&world, "check", &["--json"]).json();
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(5), "{json}");
}
