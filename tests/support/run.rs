//! Runs the program on a file and reads its JSON: the only way in which the suites meet it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What the program said about one file.
pub struct Answer {
    pub exit: i32,
    pub document: Value,
    pub errors: String,
}

impl Answer {
    /// The result about `file`; the only one, or the one of that name.
    pub fn result(&self, file: &Path) -> &Value {
        const NOTHING: &Value = &Value::Null;
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let results = self.document["results"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let named = |result: &&Value| result["file"].as_str().is_some_and(|f| f.ends_with(&name));
        match results {
            [only] => only,
            several => several.iter().rev().find(named).unwrap_or(NOTHING),
        }
    }
}

/// `pec verify --json --lang en ARGS MESSAGE`, in `folder`.
pub fn verify(folder: &Path, args: &[String], message: &str) -> Answer {
    answer(&mut asked(folder, args, message))
}

/// The same by a program that passes over one case of a finding.
#[cfg(feature = "drop-a-finding")]
#[allow(dead_code, reason = "only `vectors` asks")]
pub fn verify_without(case: &str, folder: &Path, args: &[String], message: &str) -> Answer {
    answer(asked(folder, args, message).env("PEC_DROP_A_FINDING", case))
}

fn asked(folder: &Path, args: &[String], message: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pec"));
    program
        .current_dir(folder)
        .args(["verify", "--json", "--lang", "en"])
        .args(args)
        .arg(message)
        .env("RUST_BACKTRACE", "0");
    program
}

fn answer(program: &mut Command) -> Answer {
    let output = program.output().expect("the program starts");
    Answer {
        exit: output.status.code().unwrap_or(-1),
        document: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        // One row of a table: its beginning will do.
        errors: String::from_utf8_lossy(&output.stderr)
            .split_whitespace()
            .take(24)
            .collect::<Vec<_>>()
            .join(" "),
    }
}

pub fn fixtures_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Every file below `folder` whose name ends so, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        match path.is_dir() {
            true => found.extend(files(&path, ending)),
            false if path.to_string_lossy().ends_with(ending) => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// A path as the lists of divergences write it.
pub fn name(path: &Path) -> String {
    let below = path.strip_prefix(fixtures_folder()).unwrap_or(path);
    below.to_string_lossy().replace('\\', "/")
}
