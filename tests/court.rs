//! Receipts for a law court: `pec export --court` makes a folder of plain files, whole or not at all, and
//! says what the court may not take; `pec send --for-court` says it before a message leaves.
//!
//! The rules themselves, to the octet and to the day, are tested beside them in `src/court`.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use postacert::smime::sha256;
use serde_json::Value;
use support::practising::{Practising, Ran, files};
use support::schema::Schema;

const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";

/// Sends a message with files to users of the provider and reads what comes; gives its short id.
fn sent(world: &Practising, to: &[&str], files: &[(&str, &[u8])], more: &[&str]) -> String {
    let ran = try_send(world, to, files, more);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let short = ran.json()["messages"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    world.practice.wait_until_idle(Duration::from_secs(20));
    world.run(&["sync"]);
    short
}

fn try_send(world: &Practising, to: &[&str], files: &[(&str, &[u8])], more: &[&str]) -> Ran {
    let mut arguments: Vec<String> = [
        "send",
        "--yes",
        "--json",
        "--no-copy",
        "--subject",
        "Ricorso",
    ]
    .into_iter()
    .chain(["--body", "In allegato."])
    .map(str::to_owned)
    .collect();
    for user in to {
        arguments.extend(["--to".to_owned(), world.address(user)]);
    }
    for (name, octets) in files {
        let path = world.path(name);
        fs::write(&path, octets).expect("a file");
        arguments.extend(["--attach".to_owned(), path.to_string_lossy().into_owned()]);
    }
    let all: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    world.run(&all)
}

fn export(world: &Practising, message: &str, court: &str, to: &Path, more: &[&str]) -> Ran {
    let to = to.to_string_lossy();
    let arguments = ["export", message, "--court", court, "--to", &to];
    let ran = world.run(&[&arguments, more].concat());
    if more.contains(&"--json") {
        Schema::closed("export --court civile").holds(&ran.json());
    }
    ran
}

/// Exports as JSON; gives the exit status and what is objected to, with how much it weighs.
fn objected(world: &Practising, message: &str, court: &str, name: &str) -> (i32, Vec<String>) {
    let ran = export(world, message, court, &world.path(name), &["--json"]);
    let document = ran.json();
    let folder = &document["folders"][0];
    assert_eq!(folder["state"], "made", "{document}");
    let all = folder["objections"].as_array().expect("objections").iter();
    let words = all.map(|one| {
        let word = |key: &str| one[key].as_str().expect("a word").to_owned();
        format!("{} {}", word("weight"), word("id"))
    });
    (ran.exit, words.collect())
}

/// The names in a folder, digits as zeros: times are others in each run.
fn names(folder: &Path) -> BTreeSet<String> {
    let mask = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let all = files(folder).into_iter();
    all.map(|path| {
        let name = path.strip_prefix(folder).expect("below it");
        name.to_string_lossy().chars().map(mask).collect()
    })
    .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn failure(id: &str) -> Vec<String> {
    vec![format!("failure {id}")]
}

#[test]
fn a_folder_holds_the_receipts_and_the_acts_as_they_are_with_a_list() {
    let world = Practising::new();
    let message = sent(
        &world,
        &["delivered", "delivered2"],
        &[("Ricorso (1).pdf", PDF)],
        &[],
    );
    let to = world.path("deposito");
    let ran = export(&world, &message, "civile", &to, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.out.contains("4 files to be filed"), "{ran:?}");
    let wanted = [
        "00_messaggio_inviato.eml",
        "00_accettazione_00000000t000000.eml",
        "00_consegna_00_delivered_00000000t000000.eml",
        "00_consegna_00_delivered0_00000000t000000.eml",
        "atti/Ricorso (0).pdf",
        "elenco.csv",
        "elenco.txt",
    ];
    assert_eq!(names(&to), set(&wanted));
    assert_eq!(
        fs::read(to.join("atti/Ricorso (1).pdf")).expect("the act"),
        PDF
    );
    // Octets are those of the ledger; names are those that portals take.
    let kept = files(&world.data().join("messages")).into_iter();
    let kept: Vec<Vec<u8>> = kept
        .map(|path| fs::read(path).expect("a message"))
        .collect();
    let table = fs::read_to_string(to.join("elenco.csv")).expect("a table");
    let mut count = 0;
    for path in files(&to) {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !name.ends_with(".eml") {
            continue;
        }
        count += 1;
        let octets = fs::read(&path).expect("a file");
        assert!(kept.contains(&octets), "{name}");
        let is_usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        assert!(name.len() <= 80 && name.chars().all(is_usual), "{name}");
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("\"{name}\"")));
        let row = row.unwrap_or_else(|| panic!("{name}: {table}"));
        assert!(row.contains(&sha256(&octets)) && row.contains(&format!("\"{}\"", octets.len())));
    }
    assert_eq!(count, 4);
    for word in [
        "\"accettazione\"",
        "\"avvenuta-consegna\"",
        "delivered2@",
        "\"identificativo\"",
    ] {
        assert!(table.contains(word), "{word}: {table}");
    }
    let list = fs::read_to_string(to.join("elenco.txt")).expect("a list");
    assert!(
        list.contains("DatiAtto.xml") && list.contains(&sha256(PDF)),
        "{list}"
    );
    // Nobody else reads any of it.
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&to), mode(&to.join("atti"))), (0o700, 0o700));
    assert!(files(&to).iter().all(|path| mode(path) == 0o600));
    // The words of both languages, and the document.
    let ran = export(&world, &message, "civil", &world.path("altro"), &["--json"]);
    let document = ran.json();
    assert_eq!((ran.exit, &document["court"]), (0, &"civile".into()));
    let folder = &document["folders"][0];
    let roles = folder["files"].as_array().expect("files").iter();
    let roles: Vec<&str> = roles
        .map(|one| one["role"].as_str().expect("a word"))
        .collect();
    assert_eq!(
        roles,
        [
            "message", "receipt", "receipt", "receipt", "act", "list", "list"
        ]
    );
}

#[test]
fn what_is_there_is_never_replaced_and_no_court_takes_a_container() {
    let world = Practising::new();
    let message = sent(&world, &["delivered"], &[], &[]);
    let to = world.path("deposito");
    for something in ["file", "empty", "full"] {
        match something {
            "file" => fs::write(&to, "mio").expect("a file"),
            "empty" => fs::create_dir(&to).expect("a folder"),
            _ => fs::write(to.join("mio"), "mio").expect("a file"),
        }
        let before = files(world.folder.path());
        let ran = export(&world, &message, "tributario", &to, &[]);
        assert_eq!(ran.exit, 2, "{something}: {ran:?}");
        assert!(ran.out.contains("already exists"), "{ran:?}");
        assert_eq!(files(world.folder.path()), before);
        if something == "file" {
            fs::remove_file(&to).expect("removed");
        }
    }
    let ran = export(&world, &message, "civile", &world.path("a.asice"), &[]);
    assert!(ran.exit == 2 && ran.err.contains(".asice"), "{ran:?}");
    assert!(!world.path("a.asice").exists());
}

#[test]
fn a_recipient_without_an_outcome_or_without_the_message_in_the_receipt_is_told() {
    let world = Practising::new();
    let whole = sent(&world, &["delivered"], &[], &[]);
    assert_eq!(objected(&world, &whole, "civile", "1"), (0, vec![]));
    let lacking = sent(&world, &["delivered", "never"], &[], &[]);
    assert_eq!(
        objected(&world, &lacking, "civile", "2"),
        (1, failure("no-outcome"))
    );
    let text = fs::read_to_string(world.path("2/ATTENZIONE.txt")).expect("a warning");
    assert!(
        text.contains("never@") && text.contains("DOES NOT FIT"),
        "{text}"
    );
    assert!(!world.path("1/ATTENZIONE.txt").exists());
    for (number, (receipt, word)) in [("brief", "brief"), ("concise", "concise")]
        .into_iter()
        .enumerate()
    {
        let file = [("atto.pdf", PDF)];
        let message = sent(&world, &["delivered"], &file, &["--receipt", receipt]);
        let name = format!("form{number}");
        assert_eq!(
            objected(&world, &message, "tributario", &name),
            (1, failure(word))
        );
        // Never is a brief one advised.
        let text = fs::read_to_string(world.path(&name).join("ATTENZIONE.txt")).expect("a warning");
        assert!(text.contains("ask for brief receipts"), "{text}");
    }
    let unknown = sent(&world, &["unknown"], &[], &[]);
    assert_eq!(
        objected(&world, &unknown, "civile", "3"),
        (1, failure("not-delivered"))
    );
    assert!(!world.path("3/pst").exists());
    let late = sent(&world, &["slow"], &[], &[]);
    assert_eq!(
        objected(&world, &late, "civile", "4"),
        (1, failure("not-delivered"))
    );
    let lies = names(&world.path("4"));
    assert!(
        lies.iter().any(|name| name.starts_with("00_avviso_00h_")),
        "{lies:?}"
    );
    assert_eq!(
        lies.iter().filter(|name| name.contains("avviso")).count(),
        1
    );
}

#[test]
fn the_files_inside_are_held_against_the_forms_of_the_court() {
    let world = Practising::new();
    let docx: &[u8] = b"PK\x03\x04\x14\x00\x00\x00\x08\x00";
    let message = sent(&world, &["delivered"], &[("relazione.docx", docx)], &[]);
    assert_eq!(
        objected(&world, &message, "civile", "1"),
        (1, failure("form"))
    );
    // The tax courts take it; of the administrative ones only an earlier list was read.
    assert_eq!(objected(&world, &message, "tributario", "2"), (0, vec![]));
    let soft = vec!["doubt form".to_owned()];
    assert_eq!(objected(&world, &message, "amministrativo", "3"), (3, soft));
    let message = sent(
        &world,
        &["delivered"],
        &[("atto.pdf", b"PK\x03\x04....")],
        &[],
    );
    assert_eq!(
        objected(&world, &message, "civile", "4"),
        (1, failure("content"))
    );
    let long = format!("{}.pdf", "a".repeat(97));
    let message = sent(&world, &["delivered"], &[(&long, PDF)], &[]);
    assert_eq!(
        objected(&world, &message, "tributario", "5"),
        (1, failure("name-length"))
    );
    assert_eq!(objected(&world, &message, "civile", "6"), (0, vec![]));
}

#[test]
fn octets_that_were_changed_or_a_receipt_that_is_not_genuine_stop_everything() {
    let world = Practising::new();
    let message = sent(&world, &["delivered"], &[], &[]);
    let to = world.path("deposito");
    // By authorities that are not those of this provider nothing is genuine.
    let trust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki/trust.toml");
    let ran = export(
        &world,
        &message,
        "civile",
        &to,
        &["--json", "--trust", &trust.to_string_lossy()],
    );
    assert!(matches!(ran.exit, 1 | 3), "{ran:?}");
    let document = ran.json();
    let folder = &document["folders"][0];
    assert_eq!(folder["state"], "stopped", "{document}");
    assert_eq!(
        folder["apart"].as_array().map(Vec::len),
        Some(2),
        "{document}"
    );
    assert!(!to.exists());
    let stored = files(&world.data().join("messages"));
    for path in stored {
        let octets = fs::read(&path).expect("a message");
        if !octets.windows(12).any(|some| some == b"daticert.xml") {
            continue;
        }
        let mut changed = octets.clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        fs::write(&path, changed).expect("a message");
        let ran = export(&world, &message, "civile", &to, &["--json"]);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert_eq!(ran.json()["folders"][0]["state"], "failed", "{ran:?}");
        assert!(!to.exists());
        fs::write(&path, octets).expect("a message");
    }
    assert_eq!(export(&world, &message, "civile", &to, &[]).exit, 0);
    let hidden = fs::read_dir(world.folder.path())
        .expect("a folder")
        .flatten();
    let hidden = hidden.filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(".pec-court")
    });
    assert_eq!(hidden.count(), 0);
}

#[test]
fn a_full_mailbox_has_a_folder_for_the_portal_in_a_civil_trial_alone() {
    let world = Practising::new();
    let message = sent(&world, &["delivered", "full"], &[("atto.pdf", PDF)], &[]);
    assert_eq!(
        objected(&world, &message, "civile", "1"),
        (1, failure("not-delivered"))
    );
    let portal = names(&world.path("1/pst"));
    let wanted = [
        "accettazione.eml",
        "atti/atto.pdf",
        "avviso_mancata_consegna.eml",
        "presupposti.txt",
    ];
    assert_eq!(portal, set(&wanted));
    let page = fs::read_to_string(world.path("1/pst/presupposti.txt")).expect("a page");
    assert!(page.contains("full@") && page.contains("3-ter"), "{page}");
    assert!(
        page.contains("is no declaration") && !page.contains("delivered@"),
        "{page}"
    );
    for (court, name) in [("tributario", "2"), ("amministrativo", "3")] {
        assert_eq!(
            objected(&world, &message, court, name),
            (1, failure("not-delivered"))
        );
        assert!(!world.path(name).join("pst").exists());
    }
}

#[test]
fn several_messages_have_a_folder_each() {
    let world = Practising::new();
    let one = sent(&world, &["delivered"], &[], &[]);
    let other = sent(&world, &["delivered2"], &[("atto.pdf", PDF)], &[]);
    let to = world.path("depositi");
    let ran = world.run(&[
        "export",
        "--since",
        "2000-01-01",
        "--court",
        "tax",
        "--to",
        &to.to_string_lossy(),
    ]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    for (message, has_act) in [(&one, false), (&other, true)] {
        let folder = to.join(message);
        assert!(folder.join("elenco.csv").exists());
        assert_eq!(folder.join("atti/atto.pdf").exists(), has_act);
    }
}

#[test]
fn killed_at_any_moment_there_is_no_half_made_folder() {
    let world = Practising::new();
    let big = [PDF, &vec![b'x'; 3_000_000][..]].concat();
    let message = sent(
        &world,
        &["delivered", "delivered2"],
        &[("atto.pdf", &big)],
        &[],
    );
    let whole = world.path("intera");
    let began = std::time::Instant::now();
    let ran = export(&world, &message, "civile", &whole, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let lasts = began.elapsed();
    let wanted = names(&whole);
    let to = world.path("depositi/uno");
    let (mut cut, mut tries, mut random) = (0, 0, 1_u64);
    while cut < 12 && tries < 400 {
        tries += 1;
        let shown = to.to_string_lossy();
        let mut command = world.command(&["export", &message, "--court", "civile", "--to", &shown]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        std::thread::sleep(lasts.mul_f64((random >> 44) as f64 / f64::from(1 << 20)));
        let _ = child.kill();
        let ended = child.wait().expect("an end");
        cut += usize::from(!ended.success());
        if to.exists() {
            assert_eq!(names(&to), wanted);
            fs::remove_dir_all(&to).expect("removed");
        }
    }
    assert_eq!(cut, 12, "of {tries}");
    // What those left that were killed is cleared by the next.
    assert_eq!(export(&world, &message, "civile", &to, &[]).exit, 0);
    let left: Vec<PathBuf> = fs::read_dir(world.path("depositi"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(left, [to]);
}

#[test]
fn the_rules_of_a_court_are_listed_once_each_and_only_its_own_papers_are_named() {
    let world = Practising::new();
    let message = sent(&world, &["delivered"], &[("atto.pdf", PDF)], &[]);
    for (court, own, lines) in [
        ("civile", true, 2),
        ("tributario", false, 5),
        ("amministrativo", false, 3),
    ] {
        let to = world.path(court);
        let ran = export(&world, &message, court, &to, &[]);
        assert_eq!(ran.out.contains("DatiAtto.xml"), own, "{ran:?}");
        let list = fs::read_to_string(to.join("elenco.txt")).expect("a list");
        assert_eq!(list.contains("DatiAtto.xml"), own, "{list}");
        let rules: Vec<&str> = list.lines().filter(|line| line.starts_with("- ")).collect();
        assert_eq!(rules.len(), lines, "{list}");
        let of_files = rules
            .iter()
            .filter(|rule| rule.contains("bytes for a file"));
        assert!(of_files.count() <= 1, "{list}");
    }
}

/// What a check of a table says: exit status, and the ids of problems and of warnings.
fn checked(
    world: &Practising,
    table: &str,
    more: &[&str],
) -> (i32, Vec<(u64, String)>, Vec<String>) {
    fs::write(world.path("atti.csv"), table).expect("a table");
    let table = world.path("atti.csv").to_string_lossy().into_owned();
    let base = ["batch", "check", &table, "--subject", "Ricorso", "--json"];
    let body = world.path("testo.txt");
    fs::write(&body, "In allegato.").expect("a text");
    let body = ["--body-file", &body.to_string_lossy()];
    let ran = world.run(&[&base[..], &body, more].concat());
    let document = ran.json();
    Schema::closed("batch").holds(&document);
    let problems = document["problems"].as_array().expect("a list").iter();
    let problems = problems.map(|one| {
        let row = one["row"].as_u64().expect("a row");
        (row, one["id"].as_str().expect("a word").to_owned())
    });
    let warnings = document["warnings"].as_array().expect("a list").iter();
    let warnings = warnings.map(|one| one["id"].as_str().expect("a word").to_owned());
    (ran.exit, problems.collect(), warnings.collect())
}

#[test]
fn of_each_row_what_a_court_would_not_take_is_said_before_anything_leaves() {
    let world = Practising::new();
    fs::write(world.path("atto.pdf"), PDF).expect("a file");
    fs::write(world.path("relazione.docx"), b"PK\x03\x04\x14\x00\x00\x00").expect("a file");
    let (one, other) = (world.address("delivered"), world.address("delivered2"));
    let good = format!("pec;rif;allegato\n{one};R-1;atto.pdf\n");
    let table = format!("{good}{other};R-2;relazione.docx\n");
    let court = ["--for-court", "civile"];
    // Without a court nothing is asked.
    assert_eq!(checked(&world, &table, &[]).0, 0);
    let (exit, problems, _) = checked(&world, &table, &court);
    assert_eq!((exit, problems), (1, vec![(3, "court".to_owned())]));
    assert_eq!(checked(&world, &good, &court).0, 0);
    // In a court of which less is sure it is a doubt, and the row goes.
    let (exit, problems, warnings) = checked(&world, &table, &["--for-court", "amministrativo"]);
    assert_eq!((exit, problems), (0, Vec::new()));
    assert!(warnings.contains(&"court-form".to_owned()), "{warnings:?}");
    // Named it goes too; by another name it does not.
    let named = |key| [&court[..], &["--despite", key]].concat();
    assert_eq!(checked(&world, &table, &named("court-files")).0, 0);
    assert_eq!(checked(&world, &table, &named("court-receipt")).0, 1);
    // A receipt that is not complete, and a copy, in every row.
    let brief = [&court[..], &["--receipt", "breve"]].concat();
    let (exit, problems, _) = checked(&world, &good, &brief);
    assert_eq!((exit, problems), (1, vec![(2, "court".to_owned())]));
    let copied = format!("pec;cc;rif;allegato\n{one};{other};R-1;atto.pdf\n");
    let (exit, problems, _) = checked(&world, &copied, &court);
    assert_eq!((exit, problems), (1, vec![(2, "court".to_owned())]));
    // What was checked is not sent either.
    fs::write(world.path("atti.csv"), &table).expect("a table");
    let (table, body) = (world.path("atti.csv"), world.path("testo.txt"));
    let (table, body) = (table.to_string_lossy(), body.to_string_lossy());
    let run = ["batch", "run", &table, "--subject", "Ricorso", "--yes"];
    let run = [&run[..], &["--body-file", &body], &court].concat();
    let ran = world.run(&run);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("--despite court-files") || ran.out.contains("--despite court-files"));
    assert!(world.practice.taken().is_empty());
    let ran = world.run(&[&run[..], &["--skip-bad"]].concat());
    assert_eq!(world.practice.taken().len(), 1, "{ran:?}");
}

#[test]
fn before_sending_what_a_court_would_not_take_stops_the_message_until_it_is_named() {
    let world = Practising::new();
    let pdf: &[(&str, &[u8])] = &[("atto.pdf", PDF)];
    let word: &[(&str, &[u8])] = &[("relazione.docx", b"PK\x03\x04\x14\x00\x00\x00")];
    let cc = world.address("copia");
    for (files, wrong, key, court) in [
        (pdf, &["--receipt", "breve"][..], "court-receipt", "civile"),
        (
            pdf,
            &["--receipt", "concise"],
            "court-receipt",
            "tributario",
        ),
        (pdf, &["--cc", &cc], "court-receipt", "amministrativo"),
        (word, &[], "court-files", "civile"),
    ] {
        let for_court = ["--for-court", court];
        let other = match key {
            "court-files" => "giudizio-ricevuta",
            _ => "giudizio-file",
        };
        for passes in [&[][..], &["--despite", other]] {
            let more = [&for_court[..], wrong, passes].concat();
            let ran = try_send(&world, &["delivered"], files, &more);
            assert_eq!(ran.exit, 2, "{ran:?}");
            assert!(ran.err.contains(&format!("--despite {key}")), "{ran:?}");
        }
        assert!(world.practice.taken().is_empty());
        let shown = try_send(
            &world,
            &["delivered"],
            files,
            &[&for_court[..], wrong, &["--dry-run"]].concat(),
        );
        assert_eq!(shown.exit, 2, "{shown:?}");
        assert!(shown.err.contains(&format!("--despite {key}")), "{shown:?}");
        let warnings: Value = shown.json()["messages"][0]["warnings"].clone();
        let warned = warnings.to_string() + &shown.out + &shown.err;
        assert!(warned.contains("Filing in court"), "{shown:?}");
        // Nothing that is asked for is advised against in the same breath.
        assert!(!warned.contains("do not ask for a brief"), "{shown:?}");
    }
    assert!(world.practice.taken().is_empty());
    let despite = [
        "--for-court",
        "civile",
        "--receipt",
        "breve",
        "--despite",
        "court-receipt",
    ];
    assert_eq!(try_send(&world, &["delivered"], pdf, &despite).exit, 0);
    // What fits goes, and so does what only may not fit; without the option nothing is asked.
    assert_eq!(
        try_send(&world, &["delivered2"], pdf, &["--for-court", "civil"]).exit,
        0
    );
    let doubtful = try_send(
        &world,
        &["delivered3"],
        word,
        &["--for-court", "administrative"],
    );
    assert_eq!(doubtful.exit, 0, "{doubtful:?}");
    assert!(doubtful.err.contains("Filing in court") || doubtful.out.contains("Filing in court"));
    assert_eq!(try_send(&world, &["delivered4"], word, &[]).exit, 0);
    assert_eq!(world.practice.taken().len(), 4);
}
