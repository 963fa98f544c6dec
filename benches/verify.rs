//! What verification costs, as ratios of two things measured in turns within one run.
//!
//! `cargo bench --bench verify` prints the table; `-- --quick` is a trial of a few seconds, `-- small`
//! its first rows alone.
//! Nothing here fails on a slow machine: the table says what is met, the exit status is 0.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use postacert::pec::xml::Reader;
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Question, Verdict, Verifier};
use rayon::prelude::*;

use support::cases::sent;
use support::message::Message;
use support::receipt::{IDENTIFIER, Kind, Receipt};
use support::world;

#[allow(unused_imports, reason = "its own tests are not part of a benchmark")]
#[path = "../tests/support/mod.rs"]
mod support;

/// 22 November 2026, a while after the receipts were signed.
const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);

fn main() {
    let effort = Effort::from_arguments();
    let mut table = Table::default();
    table.head();
    one_small_receipt(&effort, &mut table);
    another_reader_of_xml(&effort, &mut table);
    if std::env::args().any(|a| a == "small") {
        return table.end();
    }
    one_large_receipt(&effort, &mut table);
    two_threads(&effort, &mut table);
    whole_program(&effort, &mut table);
    table.end();
}

/// How long to measure.
struct Effort {
    rounds: usize,
    round: Duration,
    receipts: usize,
    many: usize,
    octets: usize,
}

impl Effort {
    fn from_arguments() -> Self {
        let (rounds, receipts, many, octets) = match std::env::args().any(|a| a == "--quick") {
            true => (51, 100, 1_000, 10_000_000),
            false => (1_001, 1_000, 10_000, 100_000_000),
        };
        Self {
            rounds,
            round: Duration::from_millis(1),
            receipts,
            many,
            octets,
        }
    }
}

/// The ratios of all rounds, sorted, and the median time of each side for one execution.
struct Comparison {
    ratios: Vec<f64>,
    sides: [Duration; 2],
}

impl Comparison {
    fn median(&self) -> f64 {
        self.ratios[self.ratios.len() / 2]
    }
}

/// Cost of `this` in units of `other`: each round runs both for about the time of a round, in
/// changing order, so that whatever else the machine does meets both alike.
fn compare(effort: &Effort, mut this: impl FnMut(), mut other: impl FnMut()) -> Comparison {
    let counts = [count(effort, &mut this), count(effort, &mut other)];
    let mut sides = [Vec::new(), Vec::new()];
    for round in 0..effort.rounds {
        let mut time = |side: usize| {
            let run: &mut dyn FnMut() = if side == 0 { &mut this } else { &mut other };
            sides[side].push(timed(counts[side], run));
        };
        time(round % 2);
        time(1 - round % 2);
    }
    of_rounds(sides)
}

fn of_rounds([this, other]: [Vec<Duration>; 2]) -> Comparison {
    let ratio = |(this, other): (&Duration, &Duration)| this.as_secs_f64() / other.as_secs_f64();
    let mut ratios: Vec<f64> = this.iter().zip(&other).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    Comparison {
        ratios,
        sides: [this, other].map(|mut times| {
            times.sort();
            times[times.len() / 2]
        }),
    }
}

/// Executions that take about one round; the first ones also warm up.
fn count(effort: &Effort, run: &mut dyn FnMut()) -> u32 {
    let mut count = 1;
    while timed(count, run) * count < effort.round {
        count *= 2;
    }
    count
}

/// Time of one execution out of `count`.
fn timed(count: u32, run: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    (0..count).for_each(|_| run());
    start.elapsed() / count
}

/// A complete delivery receipt with an attachment of so many octets, and its file.
fn delivery(attachment: usize) -> (Message, Vec<u8>) {
    let octets: Vec<u8> = (0..attachment as u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let receipt = Receipt::with(Kind::Delivery, |receipt| {
        let mut original = sent::base();
        original.attachments.clear();
        let original = original.attach("allegato.bin", "application/octet-stream", &octets);
        receipt.original = Some(original.delivered(IDENTIFIER));
    });
    let message = receipt.message();
    let file = message.to_eml();
    (message, file)
}

fn verifier() -> Verifier {
    Verifier::new(Trust::parse(&world::trust_file(), "test").expect("the test authority"))
}

fn examine(verifier: &Verifier, octets: &[u8]) {
    let examination = verifier.examine(black_box(octets), &Question::new(NOW));
    assert_eq!(examination.verdict(), Verdict::Genuine);
}

/// The signature of a message without anything around it.
struct Bare {
    key: ParsedPublicKey,
    covered: Vec<u8>,
    value: Vec<u8>,
}

impl Bare {
    fn of(message: &Message) -> Self {
        let signer = &message.signed.signers[0];
        let covered = signer.covered(&message.entity);
        Self {
            key: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, signer.key.public())
                .expect("a key of RSA 2048"),
            value: signer.key.sign(signer.scheme, &covered),
            covered,
        }
    }

    fn verify(&self) {
        self.key
            .verify_sig(black_box(&self.covered), &self.value)
            .expect("signed by it");
    }
}

fn hash(octets: &[u8]) {
    black_box(digest::digest(&digest::SHA256, black_box(octets)));
}

/// An attachment with which the signed part of a complete receipt has 5 KB.
const SMALL: usize = 260;

fn one_small_receipt(effort: &Effort, table: &mut Table) {
    let (message, file) = delivery(SMALL);
    let bare = Bare::of(&message);
    let verifier = verifier();
    let cost = compare(effort, || examine(&verifier, &file), || bare.verify());
    table.ratio("small receipt / bare RSA-2048", &cost, Target::Most(1.5));
    table.note(format!(
        "{} signed octets in a file of {}: {:.1} us against {:.1} us",
        message.entity.len(),
        file.len(),
        micros(cost.sides[0]),
        micros(cost.sides[1])
    ));
}

/// What a receipt would cost if another package read its XML.
fn another_reader_of_xml(effort: &Effort, table: &mut Table) {
    let receipt = Receipt::new(Kind::Delivery);
    let text = receipt.daticert.to_xml();
    let (_, file) = delivery(SMALL);
    let verifier = verifier();
    let with = || {
        examine(&verifier, &file);
        drop(roxmltree::Document::parse(black_box(&text)).expect("well-formed"));
    };
    let without = || {
        examine(&verifier, &file);
        let xml = Reader::new(black_box(&text), 1_000);
        xml.and_then(|mut xml| xml.finish()).expect("well-formed");
    };
    let cost = compare(effort, with, without);
    table.ratio("receipt, XML by roxmltree / as it is", &cost, Target::None);
}

fn one_large_receipt(effort: &Effort, table: &mut Table) {
    let (message, file) = delivery(5_000_000);
    let start = memchr::memmem::find(&file, &message.entity).expect("the signed part");
    let signed = &file[start..start + message.entity.len()];
    let verifier = verifier();
    let cost = compare(effort, || examine(&verifier, &file), || hash(signed));
    table.ratio("large receipt / SHA-256 of it", &cost, Target::Most(1.1));
    table.note(format!(
        "attachment of 5 MB, {} signed octets: {:.2} ms against {:.2} ms",
        signed.len(),
        micros(cost.sides[0]) / 1e3,
        micros(cost.sides[1]) / 1e3
    ));
}

/// What a second thread gains. Cores that share a memory, a clock or an arithmetic unit give less
/// than twice as much to anything, so the bare work, which shares no octet between threads that is
/// written to, is measured too: it is the ceiling of this machine.
fn two_threads(effort: &Effort, table: &mut Table) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        return table.skip("one thread / two threads", "this machine has one core");
    }
    let (message, file) = delivery(SMALL);
    let bare = Bare::of(&message);
    let files = vec![file; 256];
    let verifier = verifier();
    let [one, two] = [1, 2].map(|threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads")
    });
    let bare_work = || {
        files.par_iter().for_each(|_| {
            bare.verify();
            hash(&message.entity);
        });
    };
    let all = || files.par_iter().for_each(|file| examine(&verifier, file));
    let ceiling = compare(effort, || one.install(bare_work), || two.install(bare_work));
    let cost = compare(effort, || one.install(all), || two.install(all));
    table.ratio(
        "two threads for bare RSA and SHA-256",
        &ceiling,
        Target::None,
    );
    let least = (ceiling.median() * SHARE_OF_CEILING * 100.0).round() / 100.0;
    table.ratio("one thread / two threads", &cost, Target::Least(least));
    table.note(format!(
        "{:.0} and {:.0} small receipts a second, {cores} cores in this machine",
        256.0 / cost.sides[0].as_secs_f64(),
        256.0 / cost.sides[1].as_secs_f64()
    ));
}

/// What a second thread should gain of what it gives to bare work.
const SHARE_OF_CEILING: f64 = 0.95;

/// The release binary on files.
fn whole_program(effort: &Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trust = folder.path().join("trust.toml");
    fs::write(&trust, world::trust_file()).expect("written");
    let program = Program { trust };
    let receipts = write_receipts(&folder.path().join("receipts"), effort.receipts);
    cold_start(effort, &program, &receipts, table);
    against_openssl(effort, &program, &receipts, table);
    let bare = Bare::of(&delivery(SMALL).0);
    folders(effort, (&program, &bare), &receipts, folder.path(), table);
    peak_memory(effort, &program, &receipts, folder.path(), table);
}

/// Distinct small receipts, one file each.
fn write_receipts(folder: &Path, count: usize) -> Vec<PathBuf> {
    fs::create_dir(folder).expect("a new folder");
    let write = |number: usize| {
        let receipt = Receipt::with(Kind::Delivery, |receipt| {
            let identifier = format!("opec{number}.20260504101502.1.63@gestore-mittente.example");
            receipt.original = Some(sent::base().delivered(&identifier));
            receipt.daticert.identifier = identifier;
        });
        let path = folder.join(format!("{number:05}.eml"));
        fs::write(&path, receipt.to_eml()).expect("written");
        path
    };
    (0..count).into_par_iter().map(write).collect()
}

struct Program {
    trust: PathBuf,
}

impl Program {
    fn verify(&self, files: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command.args(["verify", "--quiet", "--trust"]);
        command.arg(&self.trust).arg(files);
        command
    }

    /// With the digest of each file and all that is found, by one thread.
    fn tell(&self, files: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command.args(["verify", "--json", "--trust"]);
        command.arg(&self.trust).arg(files);
        command.env("RAYON_NUM_THREADS", "1").stdout(Stdio::null());
        command
    }
}

/// OpenSSL on one file, as anybody who verifies would call it: without `-CAfile` the whole store of
/// the system is loaded.
fn openssl(file: &Path) -> Command {
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-verify", "-partial_chain"]);
    openssl.args(["-CAfile", AUTHORITY, "-attime", &NOW.unix().to_string()]);
    openssl.args(["-inform", "SMIME", "-in"]).arg(file);
    openssl.args(["-out", "/dev/null"]).stderr(Stdio::null());
    openssl
}

fn has_openssl() -> bool {
    let mut version = Command::new("openssl");
    let version = version.arg("version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// One process for one file, from its start to its end.
fn cold_start(effort: &Effort, program: &Program, receipts: &[PathBuf], table: &mut Table) {
    const WHAT: &str = "one pec verify FILE / openssl";
    if !has_openssl() {
        return table.skip(WHAT, "openssl is not installed");
    }
    let mut sides = [Vec::new(), Vec::new()];
    for file in receipts.iter().cycle().take(effort.rounds.min(101)) {
        sides[0].push(timed(1, &mut || succeeds(&mut program.verify(file))));
        sides[1].push(timed(1, &mut || succeeds(&mut openssl(file))));
    }
    let cost = of_rounds(sides);
    table.ratio(WHAT, &cost, Target::Most(1.0));
    table.note(format!(
        "{:.2} ms against {:.2} ms, whole processes",
        micros(cost.sides[0]) / 1e3,
        micros(cost.sides[1]) / 1e3
    ));
}

/// What one file of a large folder costs beside a bare verification, and of one ten times as large.
fn folders(
    effort: &Effort,
    (program, bare): (&Program, &Bare),
    receipts: &[PathBuf],
    folder: &Path,
    table: &mut Table,
) {
    const ROUNDS: usize = 5;
    let counts = [effort.many, 10 * effort.many];
    let [some, many] = counts.map(|count| linked(receipts, count, folder));
    let mut sides = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (side, (files, count)) in [&some, &many].into_iter().zip(counts).enumerate() {
            let all = timed(1, &mut || succeeds(&mut program.tell(files)));
            sides[side].push(all / count as u32);
        }
        sides[2].push(timed(effort.many as u32, &mut || bare.verify()));
    }
    let [some, many, alone] = sides;
    let cost = of_rounds([some.clone(), alone]);
    table.ratio(
        "a file of a folder / bare RSA-2048",
        &cost,
        Target::Most(2.2),
    );
    table.note(format!(
        "{} files, digests and JSON, one thread: {:.1} us against {:.1} us",
        counts[0],
        micros(cost.sides[0]),
        micros(cost.sides[1])
    ));
    let cost = of_rounds([many, some]);
    table.ratio("ten times as many files / a file", &cost, Target::Most(1.1));
}

/// A folder of so many names for these files.
fn linked(receipts: &[PathBuf], count: usize, folder: &Path) -> PathBuf {
    let links = folder.join(format!("links-{count}"));
    fs::create_dir_all(&links).expect("a new folder");
    for (number, from) in receipts.iter().cycle().take(count).enumerate() {
        fs::hard_link(from, links.join(format!("{number:06}.eml"))).expect("linked");
    }
    links
}

/// The certificate of the test authority.
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pki/anchor.pem");

/// Throughput of one process for a folder, in units of a process for each file.
fn against_openssl(effort: &Effort, program: &Program, receipts: &[PathBuf], table: &mut Table) {
    const WHAT: &str = "folder / openssl, one process a file";
    if !has_openssl() {
        return table.skip(WHAT, "openssl is not installed");
    }
    let folder = receipts[0].parent().expect("in a folder");
    let sample: Vec<&PathBuf> = receipts.iter().step_by(receipts.len() / 100).collect();
    succeeds(&mut program.verify(folder));
    let mut sides = [Vec::new(), Vec::new()];
    for some in sample.chunks(effort.rounds.min(10)) {
        let mut one_by_one = some.iter();
        let count = some.len() as u32;
        sides[0].push(timed(count, &mut || {
            let file = one_by_one.next().expect("as many as counted");
            succeeds(&mut openssl(file));
        }));
        let all = timed(1, &mut || succeeds(&mut program.verify(folder)));
        sides[1].push(all / receipts.len() as u32);
    }
    let cost = of_rounds(sides);
    table.ratio(WHAT, &cost, Target::Least(100.0));
    table.note(format!(
        "{} files; openssl on a sample of {}, {:.2} ms a file; one pec, all cores, {:.3} ms a file",
        receipts.len(),
        sample.len(),
        micros(cost.sides[0]) / 1e3,
        micros(cost.sides[1]) / 1e3
    ));
}

fn succeeds(command: &mut Command) {
    let status = command.status().expect("starts");
    assert!(status.success(), "{command:?}: {status}");
}

fn peak_memory(
    effort: &Effort,
    program: &Program,
    receipts: &[PathBuf],
    folder: &Path,
    table: &mut Table,
) {
    const GROWTH: &str = "memory, many files / 100 files";
    const LARGE: &str = "memory, one large file / its size";
    if !Path::new("/proc/self/status").exists() {
        table.skip(GROWTH, "no /proc");
        return table.skip(LARGE, "no /proc");
    }
    let sizes = [100, effort.many, 10 * effort.many];
    let used = sizes.map(|count| {
        let files = folder.join(format!("links-{count}"));
        if !files.exists() {
            linked(receipts, count, folder);
        }
        peak(&mut program.verify(&files))
    });
    // The messages at work at one time are more than 100; beyond them only names are kept.
    table.number(GROWTH, used[2] / used[0], Target::Most(3.0));
    for (count, used) in sizes.iter().zip(used) {
        table.note(format!("{count} files: {:.1} MB at most", used / 1e6));
    }
    let large = folder.join("large.eml");
    // Three octets are four letters, and each line of them has its end.
    fs::write(&large, delivery(effort.octets / 4 * 3 * 76 / 78).1).expect("written");
    let size = fs::metadata(&large).expect("written").len() as f64;
    let used = peak(&mut program.verify(&large));
    table.number(LARGE, used / size, Target::Most(2.0));
    table.note(format!(
        "{:.1} MB: {:.1} MB at most",
        size / 1e6,
        used / 1e6
    ));
}

/// The most memory that a process held, in octets: `VmHWM`, read until it has ended.
fn peak(command: &mut Command) -> f64 {
    let mut child = command.spawn().expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    while child.try_wait().expect("a child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilo: Option<f64> = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .and_then(|number| number.parse().ok());
        most = most.max(kilo.unwrap_or_default() * 1024.0);
        std::thread::sleep(Duration::from_micros(500));
    }
    assert!(child.wait().expect("a child").success(), "{command:?}");
    most
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What a figure should be.
#[derive(Clone, Copy)]
enum Target {
    Most(f64),
    Least(f64),
    /// Measured to be compared with.
    None,
}

#[derive(Default)]
struct Table {
    missed: usize,
}

impl Table {
    fn head(&self) {
        println!(
            "{:<37} {:>8} {:>17}   {:<13} met",
            "what", "median", "least - most", "target"
        );
    }

    fn ratio(&mut self, what: &str, cost: &Comparison, target: Target) {
        let (least, most) = (cost.ratios[0], cost.ratios[cost.ratios.len() - 1]);
        self.line(
            what,
            cost.median(),
            &format!("{least:.2} - {most:.2}"),
            target,
        );
    }

    fn number(&mut self, what: &str, figure: f64, target: Target) {
        self.line(what, figure, "", target);
    }

    fn line(&mut self, what: &str, figure: f64, range: &str, target: Target) {
        let (text, met) = match target {
            Target::Most(most) => (format!("at most {most}"), figure <= most),
            Target::Least(least) => (format!("at least {least}"), figure >= least),
            Target::None => ("-".to_owned(), true),
        };
        self.missed += usize::from(!met);
        let met = match target {
            Target::None => "-",
            _ if met => "yes",
            _ => "NO",
        };
        println!("{what:<37} {figure:>8.2} {range:>17}   {text:<13} {met}");
    }

    fn note(&self, text: String) {
        println!("    {text}");
    }

    fn skip(&self, what: &str, why: &str) {
        println!("{what:<37} not measured: {why}");
    }

    fn end(&self) {
        println!("{} of the targets missed", self.missed);
    }
}
