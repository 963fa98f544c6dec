//! What evidence costs: `pec export` of many messages beside `zip -0` of the same files and one
//! SHA-256 of each, and `pec verify` of a container with many receipts beside the same in a folder;
//! whole processes, in turn, in one run.
//!
//! `cargo bench --bench evidence`; `PEC_BENCH_MESSAGES` says how many (1,000). Needs `zip`, `sha256sum`
//! and GNU `time`; what is missing is skipped with a line. Nothing here fails on a slow machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postacert::asic::{MANIFEST, Manifest, Name, Reference, TIME_STAMP, Writer};
use postacert::smime::sha256;
use support::containers::entries;
use support::practising::{Practising, files};
use support::receipt::{Kind, Receipt};

#[allow(unused_imports, reason = "its own tests are not part of a benchmark")]
#[path = "../tests/support/mod.rs"]
mod support;

/// Runs of each kind; the median counts.
const RUNS: usize = 5;

fn main() {
    let given = std::env::var("PEC_BENCH_MESSAGES").ok();
    let count: usize = given.and_then(|count| count.parse().ok()).unwrap_or(1_000);
    exported(count);
    verified(count);
}

/// So many messages with their receipts, each to a container of its own.
fn exported(count: usize) {
    if Command::new("zip").arg("-v").output().is_err() {
        return println!("skipped: export beside zip, which is not installed");
    }
    let (small, peak_of_few) = (ledger_of(count / 10), count / 10);
    let few = peak(&mut export(&small, "few"));
    let world = ledger_of(count);
    let many = peak(&mut export(&world, "many"));
    let within = world.path("within");
    unpack(&world.path("many"), &within);
    let kept = world.data().join("messages");
    let (mut ours, mut of_within, mut of_kept) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        ours.push(timed(&mut export(&world, &format!("run-{run}"))));
        let zip = world.path(&format!("{run}.zip"));
        of_within.push(zipped(&within, &zip));
        of_kept.push(zipped(&kept, &zip));
    }
    let this = median(ours);
    for (what, of, goal) in [
        (
            "the files in its containers",
            (&within, of_within),
            " (at most 2)",
        ),
        ("the messages and receipts alone", (&kept, of_kept), ""),
    ] {
        let (number, other) = (files(of.0).len(), median(of.1));
        println!(
            "pec export, {count} messages / zip -0 and sha256sum of {what} ({number}): {:.2}{goal}; \
             {this:.2?} against {other:.2?}",
            this.as_secs_f64() / other.as_secs_f64()
        );
    }
    match (few, many) {
        (Some(few), Some(many)) => println!(
            "peak memory of it, {count} messages / {peak_of_few}: {:.2}; {many} kB",
            many as f64 / few as f64
        ),
        _ => println!("skipped: peak memory, GNU time is not installed"),
    }
}

/// What is in the containers of a folder, each in a folder of its own.
fn unpack(containers: &Path, to: &Path) {
    for container in files(containers) {
        let to = to.join(container.file_stem().expect("a name"));
        for (name, octets) in entries(&container) {
            let file = to.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, octets).expect("a file");
        }
    }
}

/// `zip -0` of a folder into a new file, and one SHA-256 of each file in it.
fn zipped(folder: &Path, to: &Path) -> Duration {
    let mut zip = Command::new("zip");
    zip.args(["-0", "-q", "-r"]).arg(to).arg(folder);
    let mut digests = Command::new("find");
    digests.arg(folder);
    digests.args(["-type", "f", "-exec", "sha256sum", "{}", "+"]);
    let time = timed(&mut zip) + timed(&mut digests);
    fs::remove_file(to).expect("a file");
    time
}

/// One container with so many receipts, and the same receipts in a folder.
fn verified(count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = folder.path().join("plain");
    fs::create_dir(&plain).expect("a folder");
    let mut all = BTreeMap::new();
    for number in 0..count {
        let name = format!("03_consegna_{number:05}.eml");
        let identifier = format!("opec{number}.20260504101502.1.63@gestore-mittente.example");
        let receipt = Receipt::with(Kind::Acceptance, |receipt| {
            receipt.daticert.identifier = identifier.clone();
        });
        let octets = receipt.to_eml();
        fs::write(plain.join(&name), &octets).expect("a file");
        all.insert(name, octets);
    }
    let container = folder.path().join("all.asice");
    write(&container, &all);
    let trust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki/trust.toml");
    let verify = |what: &Path| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_pec"));
        program.args(["verify", "--json", "--trust"]).arg(&trust);
        program.arg(what).arg("--data-dir").arg(folder.path());
        timed(&mut program)
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(verify(&container));
        theirs.push(verify(&plain));
    }
    let (this, other) = (median(ours), median(theirs));
    println!(
        "pec verify, a container of {count} receipts / a folder of them: {:.2}; {this:.2?} against \
         {other:.2?}",
        this.as_secs_f64() / other.as_secs_f64()
    );
}

fn write(container: &Path, all: &BTreeMap<String, Vec<u8>>) {
    let out = BufWriter::new(fs::File::create(container).expect("a file"));
    let mut writer = Writer::new(out).expect("written");
    let name = |text: &str| Name::new(text).expect("a plain name");
    let references = all.iter().map(|(file, octets)| Reference {
        name: name(file),
        sha256: sha256(octets),
    });
    let manifest = Manifest {
        signature: TIME_STAMP.to_owned(),
        previous: None,
        files: references.collect(),
    };
    for (file, octets) in all {
        writer.add(&name(file), octets).expect("written");
    }
    let manifest = manifest.write();
    let added = writer.add(&name(MANIFEST), manifest.as_bytes());
    added.expect("written");
    writer.finish().expect("written");
}

/// A ledger with so many messages that were delivered.
fn ledger_of(count: usize) -> Practising {
    let world = Practising::new();
    let table = world.path("avvisi.csv");
    let to = world.address("delivered");
    let rows: String = (0..count)
        .map(|number| format!("{to};{number:05}\r\n"))
        .collect();
    fs::write(&table, format!("pec;riferimento\r\n{rows}")).expect("a table");
    let table = table.display().to_string();
    let text = world.path("testo.txt");
    fs::write(&text, "Buongiorno.\n").expect("a text");
    let text = text.display().to_string();
    let ran = world.run(&[
        "batch",
        "run",
        &table,
        "--yes",
        "--subject",
        "Avviso {{ riferimento }}",
        "--body-file",
        &text,
    ]);
    assert!(matches!(ran.exit, 0 | 3), "{ran:?}");
    world.practice.wait_until_idle(Duration::from_secs(120));
    let ran = world.run(&["sync"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    world
}

fn export(world: &Practising, to: &str) -> Command {
    let to = world.path(to).display().to_string();
    world.command(&["export", "--since", "2000-01-01", "--to", &to])
}

fn timed(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the program starts");
    let time = start.elapsed();
    // A container that holds receipts alone is undecided: nothing in it says what they are about.
    assert!(
        matches!(status.code(), Some(0 | 3)),
        "{command:?}: {status}"
    );
    time
}

/// Peak memory in kB, as GNU time tells it.
fn peak(command: &mut Command) -> Option<u64> {
    let mut time = Command::new("/usr/bin/time");
    time.args(["-f", "%M"]).arg(command.get_program());
    time.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => time.env(name, value),
            None => time.env_remove(name),
        };
    }
    let output = time.stdout(Stdio::null()).output().ok()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    told.lines().rev().find_map(|line| line.trim().parse().ok())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
