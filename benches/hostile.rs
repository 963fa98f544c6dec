//! What the most expensive messages cost, in units of hashing their octets: each family of
//! `tests/support/hostile.rs` in growing sizes, and a genuine envelope around some of them.
//!
//! `cargo bench --bench hostile` prints the table; `-- --quick` takes smaller ones, a word only
//! the families that have it in their name. The goal: no
//! message costs more than 50 times hashing its octets and 50 ms. Nothing here fails on a slow
//! machine: the table says what is met, the exit status is 0.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use postacert::input::mail_in_archive;
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Examination, Question, Stored, Verifier};

use support::{hostile, world};

#[allow(unused_imports, reason = "its own tests are not part of a benchmark")]
#[path = "../tests/support/mod.rs"]
mod support;

/// 22 November 2026, a while after the receipts were signed.
const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);

/// The goal.
const TIMES_HASHING: f64 = 50.0;
const AND: Duration = Duration::from_millis(50);

fn main() {
    let sizes = match std::env::args().any(|argument| argument == "--quick") {
        true => [100_000, 200_000],
        false => [1_000_000, 4_000_000],
    };
    let trust = Trust::parse(&world::trust_file(), "test").expect("the test authority");
    let verifier = Verifier::new(trust);
    let word = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let is_asked = |family: &hostile::Family| {
        let word = word.as_deref();
        word.is_none_or(|word| family.name.contains(word))
    };
    println!(
        "{:<40} {:>10} {:>9} {:>9} {:>7} {:>6}",
        "family", "octets", "ms", "x hashing", "of goal", "growth"
    );
    let mut worst = (0.0, "");
    for family in hostile::families().into_iter().filter(&is_asked) {
        let share = rows(&verifier, family.name, &sizes.map(family.make));
        if share > worst.0 {
            worst = (share, family.name);
        }
    }
    for family in hostile::families().into_iter().filter(&is_asked) {
        let around = sizes.map(|octets| hostile::envelope(&(family.make)(octets / 2)));
        let name = format!("envelope: {}", family.name).leak();
        let share = rows(&verifier, name, &around);
        if share > worst.0 {
            worst = (share, name);
        }
    }
    println!("worst: {:.2} of the goal ({})", worst.0, worst.1);
}

/// Prints a line for each message; gives the largest share of the goal.
fn rows(verifier: &Verifier, name: &str, messages: &[Vec<u8>]) -> f64 {
    let mut before: Option<f64> = None;
    let mut most = 0.0_f64;
    for message in messages {
        let time = least(|| {
            black_box(examine(verifier, message));
        });
        let hashing = least(|| {
            black_box(digest::digest(&digest::SHA256, black_box(message)));
        });
        let goal = hashing.as_secs_f64() * TIMES_HASHING + AND.as_secs_f64();
        let (seconds, share) = (time.as_secs_f64(), time.as_secs_f64() / goal);
        most = most.max(share);
        let growth = before.map(|before| format!("{:.1}", seconds / before));
        println!(
            "{name:<40} {:>10} {:>9.2} {:>9.1} {share:>7.2} {:>6}",
            message.len(),
            seconds * 1e3,
            seconds / hashing.as_secs_f64(),
            growth.unwrap_or_default(),
        );
        before = Some(seconds);
    }
    most
}

fn examine(verifier: &Verifier, message: &[u8]) -> Examination {
    let question = Question {
        unfold: Some(mail_in_archive),
        stored: Stored::AsItIs,
        ..Question::new(NOW)
    };
    verifier.examine(black_box(message), &question)
}

/// The least time of one run: what else the machine does only adds. The clock of the processor
/// goes on in steps of some milliseconds, so many short runs are taken together.
fn least(mut run: impl FnMut()) -> Duration {
    const LONG: Duration = Duration::from_millis(100);
    let mut timed = |count: u32| {
        let (start, before) = (Instant::now(), on_processor());
        (0..count).for_each(|_| run());
        match (before, on_processor()) {
            (Some(before), Some(after)) => after - before,
            _ => start.elapsed(),
        }
    };
    let mut count = 1;
    let mut first = timed(count);
    while first < LONG {
        count *= 2;
        first = timed(count);
    }
    first.min(timed(count)) / count
}

/// How long this thread has been on a processor, where Linux says so: others at work on the same
/// machine do not count.
fn on_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
