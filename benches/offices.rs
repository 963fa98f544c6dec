//! What finding an office costs: `pec offices find` over 23,000 bodies and 100,000 units against the same
//! query of the same index in `sqlite3`, whole processes; both in turn, in one run. A difference.
//!
//! `cargo bench --bench offices`; `-- --quick` is a trial with a hundredth of the offices. Needs
//! `sqlite3`; without it the program alone is timed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// As many as the index has, about.
const BODIES: usize = 23_000;
const UNITS: usize = 100_000;
/// Runs of each kind; the median counts.
const RUNS: usize = 51;
/// What is asked, and as which query of the index.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "Comune di Vallequinta",
        "\"comune\" AND \"di\" AND \"vallequinta\"",
    ),
    ("comune", "\"comune\""),
    // With a wrong letter: `sqlite3` is asked for the right word.
    (
        "comune di valequinta",
        "\"comune\" AND \"di\" AND \"vallequinta\"",
    ),
];

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let scale = |full: usize| if quick { full / 100 } else { full };
    let folder = tempfile::tempdir().expect("a folder");
    let [bodies, units] = ["enti.csv", "uo.csv"].map(|name| folder.path().join(name));
    fs::write(&bodies, bodies_of(scale(BODIES))).expect("a table");
    fs::write(&units, units_of(scale(UNITS), scale(BODIES))).expect("a table");
    let start = Instant::now();
    let status = pec(folder.path())
        .args(["offices", "import"])
        .args([&bodies, &units])
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("the program starts").success());
    println!(
        "{} offices imported in {:.1?}",
        scale(BODIES) + scale(UNITS),
        start.elapsed()
    );
    for (question, query) in QUESTIONS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(timed(
                pec(folder.path()).args(["offices", "find", question, "--json"]),
            ));
            theirs.extend(sqlite(folder.path(), query));
        }
        let ours = median(ours);
        match theirs.is_empty() {
            true => println!("{question}: {ours:.1?} (no sqlite3)"),
            false => {
                let theirs = median(theirs);
                let more = ours.as_secs_f64() - theirs.as_secs_f64();
                println!(
                    "{question}: {ours:.1?} against {theirs:.1?}, {:+.1} ms",
                    more * 1_000.0
                );
            }
        }
    }
}

fn pec(data: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pec"));
    program.arg("--data-dir").arg(data);
    program
}

fn timed(program: &mut Command) -> Duration {
    let start = Instant::now();
    let status = program.stdout(Stdio::null()).status();
    assert!(status.expect("the program starts").success());
    start.elapsed()
}

/// The same offices with their addresses, in the same order.
fn sqlite(data: &Path, query: &str) -> Option<Duration> {
    let sql = format!(
        "SELECT office.*, address, certified FROM office LEFT JOIN mail ON mail.office = office.id
         WHERE id IN (SELECT rowid FROM words WHERE words MATCH '{query}' ORDER BY rowid LIMIT 21)
         ORDER BY id, place;"
    );
    let mut program = Command::new("sqlite3");
    program
        .args(["-readonly", "-json"])
        .arg(data.join("offices.sqlite"))
        .arg(sql);
    let start = Instant::now();
    let status = program.stdout(Stdio::null()).status().ok()?;
    assert!(status.success(), "sqlite3 reads the file");
    Some(start.elapsed())
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

/// Names of places out of syllables, each another.
fn place(number: usize) -> String {
    const FIRST: [&str; 8] = [
        "Valle", "Monte", "Castel", "Borgo", "Rocca", "Pieve", "Torre", "Serra",
    ];
    const SECOND: [&str; 10] = [
        "quinta", "franco", "nuovo", "rosso", "fiore", "longo", "bello", "chiaro", "santo", "verde",
    ];
    let name = format!("{}{}", FIRST[number % 8], SECOND[number / 8 % 10]);
    match number / 80 {
        0 => name,
        rest => format!("{name} {}{}", SECOND[rest % 10], rest / 10),
    }
}

fn bodies_of(count: usize) -> String {
    const KINDS: [&str; 4] = [
        "Comune di",
        "Istituto comprensivo",
        "Unione dei comuni di",
        "Azienda",
    ];
    let mut out = "Codice_IPA,Denominazione_ente,Mail1,Tipo_Mail1,Data_aggiornamento\n".to_owned();
    for number in 0..count {
        let kind = KINDS[number / 80 % 4];
        let name = place(number);
        writeln!(
            out,
            "b_{number},{kind} {name},b{number}@pec.example,Pec,2026-11-20"
        )
        .expect("a string takes all");
    }
    out
}

fn units_of(count: usize, bodies: usize) -> String {
    const KINDS: [&str; 5] = [
        "tributi",
        "protocollo",
        "anagrafe",
        "lavori pubblici",
        "personale",
    ];
    let mut out =
        "Codice_IPA,Denominazione_ente,Codice_uni_uo,Descrizione_uo,Mail1,Tipo_Mail1\n".to_owned();
    for number in 0..count {
        let body = number % bodies.max(1);
        let (kind, name) = (KINDS[number % 5], place(body));
        writeln!(
            out,
            "b_{body},Comune di {name},U{number:05},Ufficio {kind} {number},u{number}@pec.example,Pec"
        )
        .expect("a string takes all");
    }
    out
}
