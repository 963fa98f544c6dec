//! A large job is recorded, with files that are read and hashed, and nobody beside it waits.
//!
//! `PEC_JOB_ROWS` says how many rows (default 3,000; a job of an office has 100,000).

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postacert::ledger::{Error, Filter, Ledger, NewJob, NewRow};
use postacert::smime::sha256;

use crate::store::child;
use crate::support::sender::{account, after, outgoing};

/// Nobody waits longer.
const MOST: Duration = Duration::from_secs(1);

fn rows() -> u64 {
    let given = std::env::var("PEC_JOB_ROWS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(3_000)
}

/// Records the job: each row has a file of its own to be read.
pub fn record(folder: &Path) {
    let mut ledger = Ledger::open(&folder.join("pec")).expect("a ledger");
    let file = folder.join("allegato.pdf");
    fs::write(&file, vec![b'x'; 50_000]).expect("a file");
    let count = rows();
    let mut number = 0;
    let mut next = || -> Result<Option<NewRow>, Error> {
        number += 1;
        if number == 2 {
            println!("\nready");
        }
        let octets = fs::read(&file).expect("a file");
        let content = sha256(&[&octets[..], &number.to_string().into_bytes()].concat());
        Ok((number <= count).then(|| NewRow {
            number,
            account: account(),
            reference: format!("R-{number}"),
            round: String::new(),
            content,
            whom: format!("u{number}@pec.destinatario.example"),
            columns: format!("{{\"pec\":\"u{number}@pec.destinatario.example\"}}"),
            recipients: 1,
            size: 70_000,
            bad: None,
        }))
    };
    let identity = sha256(b"a job");
    let job = NewJob {
        identity: &identity,
        path: "/avvisi.csv",
        recipe: "{}",
    };
    ledger
        .record_job(job, &mut next, &mut || Ok(()), after(0))
        .expect("recorded");
    println!("\nrecorded");
}

#[test]
fn nobody_waits_for_a_job_that_is_recorded() {
    let home = tempfile::tempdir().expect("a folder");
    let folder: PathBuf = home.path().join("pec");
    let mut ledger = Ledger::open(&folder).expect("a ledger");
    let mut recording = child("record", home.path()).spawn().expect("a process");
    let mut out = recording.stdout.take().expect("a pipe");
    // What sync, send and status do, one after the other, until the job is there.
    let (mut turns, mut longest, mut beside) = (0, Duration::ZERO, 0);
    let begun = Instant::now();
    loop {
        let before = Instant::now();
        ledger.note_look(&account(), after(turns)).expect("read");
        let id = format!("<{turns}@client.mittente.example>");
        let message = outgoing(&id, "Beside", &["a@pec.destinatario.example"], &[]);
        ledger.freeze(&message, after(turns)).expect("recorded");
        ledger.list(&Filter::default(), 20, 0).expect("a list");
        longest = longest.max(before.elapsed());
        turns += 1;
        let jobs = ledger.jobs().expect("a list");
        if !jobs.is_empty() {
            assert_eq!(jobs[0].rows, rows());
            break;
        }
        beside += 1;
        assert!(
            recording
                .try_wait()
                .expect("a process")
                .is_none_or(|end| end.success())
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut said = String::new();
    out.read_to_string(&mut said).expect("words");
    assert!(recording.wait().expect("an end").success(), "{said}");
    println!(
        "{} rows in {:?}: {beside} turns beside, the longest {longest:?}",
        rows(),
        begun.elapsed()
    );
    // Who waited would have had one.
    assert!(beside > 2, "{beside} turns beside it");
    assert!(longest < MOST, "{longest:?}");
}
