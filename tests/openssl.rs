//! OpenSSL as a witness: for every message of `fixtures/`, its answer about the bare signature must
//! be ours. We say it by `facts`, which are there exactly when the signature over the octets held,
//! whoever made it. Skipped, with a line that says so, where there is no `openssl`.
//!
//! Differences with a reason are in `fixtures/openssl-divergences.toml`.

#[path = "support/run.rs"]
mod run;
#[path = "support/skipped.rs"]
mod skipped;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use rayon::prelude::*;
use serde::Deserialize;
use skipped::skipped;

#[derive(Deserialize, Default)]
struct Divergences {
    #[serde(default)]
    divergence: Vec<Divergence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    /// Below `fixtures/`.
    file: String,
    /// What OpenSSL says: `holds` or `fails`.
    openssl: String,
    reason: String,
}

#[test]
fn openssl_says_the_same_about_every_signature() {
    if Command::new("openssl")
        .arg("version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        skipped("there is no openssl on this machine");
        return;
    }
    let folder = run::fixtures_folder();
    let text = std::fs::read_to_string(folder.join("openssl-divergences.toml"));
    let known: Divergences =
        toml::from_str(&text.unwrap_or_default()).expect("a list of divergences");
    let known: BTreeMap<_, _> = known
        .divergence
        .iter()
        .map(|one| (one.file.as_str(), one))
        .collect();

    let files = run::files(&folder, ".eml");
    let mut table: Vec<String> = files
        .par_iter()
        .filter_map(|path| difference(path, known.get(run::name(path).as_str()).copied()))
        .collect();
    let gone = known.keys().filter(|file| !folder.join(file).is_file());
    table.extend(
        gone.map(|file| format!("{file}: in openssl-divergences.toml, but there is no such file")),
    );
    assert!(table.is_empty(), "{}", table.join("\n"));
}

/// What is wrong about one file, in a line.
fn difference(path: &Path, known: Option<&Divergence>) -> Option<String> {
    let file = run::name(path);
    let theirs = openssl(path);
    let Some(ours) = ours(path) else {
        return Some(format!("{file}: the program gives no answer"));
    };
    match known {
        None if theirs == ours => None,
        None => Some(format!(
            "{file}: OpenSSL {}, we say it {}",
            word(theirs),
            word(ours)
        )),
        Some(one) if theirs == ours => {
            Some(format!("{file}: agreed now; delete it ({})", one.reason))
        }
        Some(one) if one.openssl != word(theirs) => Some(format!(
            "{file}: OpenSSL says it {}, the list says {}",
            word(theirs),
            one.openssl
        )),
        Some(_) => None,
    }
}

fn word(holds: bool) -> &'static str {
    if holds { "holds" } else { "fails" }
}

fn openssl(path: &Path) -> bool {
    Command::new("openssl")
        .args([
            "cms",
            "-verify",
            "-noverify",
            "-inform",
            "SMIME",
            "-out",
            "/dev/null",
            "-in",
        ])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// None: no answer at all.
fn ours(path: &Path) -> Option<bool> {
    let trust = run::fixtures_folder().join("pki/trust.toml");
    let args = ["--trust".to_owned(), trust.to_string_lossy().into_owned()];
    let folder = path.parent().expect("a folder");
    let file = path.file_name().expect("a name").to_string_lossy();
    let answer = run::verify(folder, &args, &file);
    if answer.document.is_null() {
        eprintln!(
            "{}: exit {}: {}",
            run::name(path),
            answer.exit,
            answer.errors
        );
        return None;
    }
    Some(answer.result(path)["facts"].is_object())
}
