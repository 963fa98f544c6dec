//! A day of an office, simulated: `watch`, `batch` and `sync` beside each other, killed at random, with a
//! provider that breaks off at random, on a clock that jumps by hours. Nothing goes out twice, nothing is
//! lost, and no memory grows.
//!
//! `PEC_SOAK_KILLS` (12), `PEC_SOAK_ROWS` (24) and `PEC_SOAK_MILLISECONDS` (1,500, the longest life of a
//! process) make it longer: the figure in the README is of 500 kills and 480 rows. The clock jumps where
//! `libfaketime` is installed.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use postacert::practice::{self, Fault, Order};
use postacert::smime::sha256;
use postacert::timestamp::Timestamp;
use serde_json::Value;
use support::practising::{self, Practising, Ran};
use support::random::Random;
use support::skipped::skipped;

const HOURS: i64 = 24;
const HOUR: i64 = 3_600;

/// How far a clock jumps, at most, either way.
const JUMP: i64 = 2 * HOUR;

const SUBJECT: &str = "Avviso {{ riferimento }}";

fn number(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The library that gives a process another clock.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let places = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let found = places.into_iter().find(|place| place.is_file());
    if found.is_none() {
        skipped("a clock that jumps needs libfaketime (Debian: apt-get install libfaketime)");
    }
    found
}

/// The office: its provider, whose clock goes by itself, and the clock of its computer.
struct Office {
    world: Practising,
    /// Seconds since 1970, as the provider has them.
    clock: Arc<AtomicI64>,
    faketime: Option<PathBuf>,
    random: Random,
    jobs: usize,
    rows: usize,
}

impl Office {
    fn new(jobs: usize, rows: usize) -> Self {
        let begun = practising::now().unix();
        let clock = Arc::new(AtomicI64::new(begun));
        let read = clock.clone();
        let world = Practising::with(practice::Config {
            clock: Arc::new(move || Timestamp::from_unix(read.load(Ordering::SeqCst))),
            order: Order::Shuffled(7),
            ..practising::config()
        });
        let office = Self {
            world,
            clock,
            faketime: faketime(),
            random: Random::new(20_261_130),
            jobs,
            rows,
        };
        std::fs::write(office.world.path("testo.txt"), "Gentile utente,\npaghi.\n")
            .expect("a file");
        for job in 0..jobs {
            let mut table = "pec;riferimento\n".to_owned();
            for row in 0..rows {
                let _ = writeln!(table, "{};R-{job:02}-{row:04}", office.recipient(job, row));
            }
            std::fs::write(office.table(job), table).expect("a table");
        }
        office.set_clock(0);
        office
    }

    fn recipient(&self, job: usize, row: usize) -> String {
        self.world.address(&format!("u{job:02}-{row:04}"))
    }

    fn table(&self, job: usize) -> PathBuf {
        self.world.path(&format!("avvisi-{job:02}.csv"))
    }

    /// The computer's clock: that of the provider, and so many seconds.
    fn set_clock(&self, ahead: i64) {
        let wanted = self.clock.load(Ordering::SeqCst) + ahead;
        let offset = wanted - practising::now().unix();
        // Whoever reads it meanwhile must not find half of it.
        let new = self.world.path("clock.new");
        std::fs::write(&new, format!("{offset:+}\n")).expect("a file");
        std::fs::rename(&new, self.world.path("clock")).expect("a name");
    }

    /// The program by the computer's clock.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.world.command(words);
        if let Some(library) = &self.faketime {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", self.world.path("clock"))
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("NO_FAKE_STAT", "1");
        }
        command
    }

    fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().expect("the program starts"))
    }

    fn start(&self, words: &[&str]) -> Child {
        let mut command = self.command(words);
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.spawn().expect("the program starts")
    }

    /// `pec batch run` of a job.
    fn batch(&self, job: usize, more: &[&str]) -> Vec<String> {
        let table = self.table(job).display().to_string();
        let body = self.world.path("testo.txt").display().to_string();
        let words = [
            "batch",
            "run",
            &table,
            "--subject",
            SUBJECT,
            "--body-file",
            &body,
            "--yes",
            "--follow",
            "--poll",
            "1s",
        ];
        [&words[..], more]
            .concat()
            .iter()
            .map(|word| (*word).to_owned())
            .collect()
    }

    fn below(&mut self, most: usize) -> usize {
        self.random.below(most)
    }

    /// Something goes wrong with a message that comes.
    fn go_wrong(&mut self) {
        let fault = match self.below(6) {
            0 => Fault::CutBeforeData,
            1 => Fault::CutDuringData,
            2 => Fault::CutAfterDotKept,
            3 => Fault::CutAfterDotLost,
            4 => Fault::Answer {
                reply: "451 4.3.0 riprovare".to_owned(),
                kept: true,
            },
            _ => Fault::Answer {
                reply: "421 4.3.2 chiuso".to_owned(),
                kept: false,
            },
        };
        self.world.practice.add_fault(fault);
    }
}

/// Kilobytes that a process has in memory.
fn resident(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn kill(mut child: Child) {
    // It may be over.
    let _ = child.kill();
    child.wait().expect("an end");
}

const WATCH: [&str; 3] = ["watch", "--poll", "1s"];

#[test]
fn a_day_of_kills_faults_and_jumps_sends_each_once_and_loses_nothing() {
    let kills = number("PEC_SOAK_KILLS", 12);
    let rows = number("PEC_SOAK_ROWS", 24);
    let longest = number("PEC_SOAK_MILLISECONDS", 1_500);
    let jobs = (kills / 6).clamp(2, HOURS as usize);
    let mut office = Office::new(jobs, rows.div_ceil(jobs));
    let begun = office.clock.load(Ordering::SeqCst);
    let mut watch = office.start(&WATCH);
    let (mut memory, mut lived) = (Vec::new(), 0);
    let mut killed = 0;
    while killed < kills {
        let passed = HOURS * HOUR * killed as i64 / kills as i64;
        office.clock.store(begun + passed, Ordering::SeqCst);
        if office.below(3) == 0 {
            let ahead = office.below(2 * JUMP as usize) as i64 - JUMP;
            office.set_clock(ahead);
        } else {
            office.set_clock(0);
        }
        // The last ones meet a provider that is well again.
        if office.below(2) == 0 && killed < kills * 9 / 10 {
            office.go_wrong();
        }
        if office.below(25) == 0 {
            office
                .world
                .practice
                .renumber(&office.world.address("io"), "INBOX");
        }
        let job = jobs * killed / kills;
        let child = match office.below(10) {
            // One that watches lives longer than the others.
            0 if lived > 3 => {
                memory.extend(resident(&watch));
                kill(std::mem::replace(&mut watch, office.start(&WATCH)));
                (killed, lived) = (killed + 1, 0);
                continue;
            }
            0..3 => office.start(&["sync"]),
            _ => {
                // An earlier job, too: whoever was killed is begun again.
                let job = job - office.below(3).min(job);
                let words = office.batch(job, &[]);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                office.start(&words)
            }
        };
        let life = office.below(longest);
        std::thread::sleep(Duration::from_millis(life as u64));
        kill(child);
        (killed, lived) = (killed + 1, lived + 1);
    }
    memory.extend(resident(&watch));
    kill(watch);
    office.clock.store(begun + HOURS * HOUR, Ordering::SeqCst);
    office.set_clock(0);
    let taken = office.world.practice.taken().len();
    finish(&office);
    exactly_once(&office);
    nothing_lost(&office);
    flat(&memory);
    let jumps = if office.faketime.is_some() {
        "on a clock that jumps"
    } else {
        "without jumps"
    };
    println!(
        "{kills} kills in 24 hours {jumps}, {} rows, {taken} taken when the killing ended: each \
         recipient got one, every receipt is kept; a watch had {memory:?} kB",
        jobs * office.rows
    );
}

/// As a clerk goes on in the evening, until all is settled.
fn finish(office: &Office) {
    // Each fault that is left over takes one round at most.
    const ROUNDS: usize = 20;
    for job in 0..office.jobs {
        for round in 0.. {
            // What is in doubt is sent again only after all receipts came that were to come.
            assert!(
                office
                    .world
                    .practice
                    .wait_until_idle(Duration::from_secs(60))
            );
            let again: &[&str] = match round % 2 {
                0 => &[],
                _ => &["--resend", "--patience", "0s"],
            };
            let words = office.batch(job, again);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ran = office.run(&words);
            if ran.exit == 0 {
                break;
            }
            assert!(
                round < ROUNDS && [3, 4].contains(&ran.exit),
                "job {job}: {ran:?}"
            );
        }
    }
    assert!(
        office
            .world
            .practice
            .wait_until_idle(Duration::from_secs(60))
    );
    let synced = office.run(&["sync"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
}

/// Each recipient of each table got one message, and the reports name it.
fn exactly_once(office: &Office) {
    let mut got: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for taken in office.world.practice.taken() {
        for recipient in taken.recipients {
            got.entry(recipient)
                .or_default()
                .push(taken.message_id.clone());
        }
    }
    for job in 0..office.jobs {
        let table = office.table(job).display().to_string();
        let ran = office.run(&["batch", "report", &table, "--ndjson"]);
        let lines: Vec<Value> = ran
            .out
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), office.rows, "{ran:?}");
        for line in lines {
            let recipient = line["recipient"].as_str().expect("a recipient");
            let messages = got.remove(recipient).unwrap_or_default();
            assert_eq!(messages.len(), 1, "{recipient}: {messages:?}");
            assert_eq!(line["message_id"].as_str(), messages[0].as_deref());
            assert_eq!(line["state"], "delivered", "{line}");
        }
    }
    assert!(got.is_empty(), "nobody asked for {got:?}");
}

/// All that is in the mailbox is in the ledger, and the ledger is whole.
fn nothing_lost(office: &Office) {
    let check = office.run(&["ledger", "check"]);
    assert_eq!(check.exit, 0, "{check:?}");
    let kept: BTreeSet<String> = practising::files(&office.world.data().join("messages"))
        .iter()
        .map(|path| sha256(&std::fs::read(path).expect("a file")))
        .collect();
    let arrived = office
        .world
        .practice
        .messages(&office.world.address("io"), "INBOX");
    assert!(arrived.len() >= office.jobs * office.rows * 2);
    for message in &arrived {
        assert!(
            kept.contains(&sha256(&message.octets)),
            "a receipt is not kept"
        );
    }
    let doctor = office.run(&["doctor", "--offline", "--json"]).json();
    let checks = doctor["checks"].as_array().expect("checks").clone();
    for id in ["pending", "in-doubt", "contradictory", "unproven", "unread"] {
        let id = format!("messages.{id}");
        let check = checks
            .iter()
            .find(|check| check["id"] == *id)
            .expect("a check");
        assert_eq!(check["measure"]["value"], 0, "{check}");
    }
}

/// What the last watches had in memory is no more than what the first had, but for a tenth and what a
/// system gives at a time.
fn flat(memory: &[u64]) {
    if memory.len() < 6 {
        return;
    }
    let part = memory.len() / 3;
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
    let (first, last) = (most(&memory[..part]), most(&memory[memory.len() - part..]));
    assert!(last <= first + first / 10 + 2_048, "{memory:?}");
}
