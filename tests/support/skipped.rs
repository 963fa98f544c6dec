//! What could not be tested on this machine, told.

use std::fs::OpenOptions;
use std::io::{Write, stderr};

/// Says that something was not tested, and why: on the real standard error, since the harness keeps
/// what a passing test prints to itself, and as a line of the file that `PEC_SKIPPED` names.
pub fn skipped(why: &str) {
    let line = format!("skipped: {why}\n");
    let _ = stderr().write_all(line.as_bytes());
    let Some(file) = std::env::var_os("PEC_SKIPPED") else {
        return;
    };
    let file = OpenOptions::new().create(true).append(true).open(file);
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .expect("the file that PEC_SKIPPED names");
}
