//! The vectors of `fixtures/vectors`: one message each, what `pec verify` must answer, and a
//! genuine twin that differs in one respect. Reports every difference at once, in one table.
//!
//! Known differences are listed in `fixtures/divergences.toml`; the suite also fails when one of
//! them is gone, so that the list stays true.

#[path = "support/run.rs"]
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use run::{Answer, name, verify};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    description: String,
    case: u8,
    importance: String,
    message: String,
    #[serde(default = "trust_alone")]
    args: Vec<String>,
    twin: Option<String>,
    twin_args: Option<Vec<String>>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: String,
    headline: Option<String>,
    /// Ids, where it matters with their severity: `time.zone note`.
    findings: Vec<String>,
    absent: Vec<String>,
    exit: i32,
    /// A part of the result, compared as far as it goes.
    #[serde(default)]
    result: Value,
    #[serde(default)]
    facts: Value,
}

#[derive(Deserialize, Default)]
struct Divergences {
    #[serde(default)]
    divergence: Vec<Divergence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    vector: String,
    expected: String,
    actual: String,
    reason: String,
}

fn trust_alone() -> Vec<String> {
    ["--trust", "../../pki/trust.toml"].map(String::from).into()
}

fn vectors() -> Vec<(PathBuf, Vector)> {
    let paths = run::files(&run::fixtures_folder().join("vectors"), ".toml");
    let cases = paths
        .into_iter()
        .filter(|path| !path.ends_with("not-built.toml"));
    cases
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let vector = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", name(&path)));
            (path, vector)
        })
        .collect()
}

#[test]
fn every_vector_is_answered_as_it_says() {
    let text = std::fs::read_to_string(run::fixtures_folder().join("divergences.toml"));
    let known: Divergences =
        toml::from_str(&text.unwrap_or_default()).expect("a list of divergences");
    let known: BTreeMap<&str, &Divergence> = known
        .divergence
        .iter()
        .map(|one| (one.vector.as_str(), one))
        .collect();

    let mut table = Vec::new();
    let mut twins = BTreeMap::new();
    for (path, vector) in vectors() {
        let id = name(path.with_extension("").as_path()).replacen("vectors/", "", 1);
        let folder = path.parent().expect("a folder");
        let mut wrong = differences(folder, &vector);
        wrong.extend(twin_differences(folder, &vector, &mut twins));
        match (wrong.is_empty(), known.get(id.as_str())) {
            (true, Some(known)) => table.push((
                id,
                format!("now as expected; delete the divergence ({})", known.reason),
            )),
            (false, None) => table.push((id, wrong.join("; "))),
            (true, None) | (false, Some(_)) => {}
        }
    }
    let all: BTreeSet<String> = vectors()
        .iter()
        .map(|(path, _)| name(&path.with_extension("")).replacen("vectors/", "", 1))
        .collect();
    for (id, one) in &known {
        assert!(
            all.contains(*id),
            "divergences.toml names an unknown vector: {id} ({} / {})",
            one.expected,
            one.actual
        );
    }
    let width = table.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    let lines: Vec<String> = table
        .iter()
        .map(|(id, wrong)| format!("{id:width$}  {wrong}"))
        .collect();
    assert!(
        table.is_empty(),
        "{} of {} vectors:\n{}",
        table.len(),
        all.len(),
        lines.join("\n")
    );
}

/// What differs from the expectation, each in a few words.
fn differences(folder: &Path, vector: &Vector) -> Vec<String> {
    let expect = &vector.expect;
    let answer = verify(folder, &vector.args, &vector.message);
    if answer.document.is_null() {
        return vec![format!("no JSON, exit {}: {}", answer.exit, answer.errors)];
    }
    let result = answer.result(Path::new(&vector.message));
    let mut wrong = Vec::new();
    if result["verdict"] != expect.verdict.as_str() {
        wrong.push(format!(
            "verdict {} instead of \"{}\" {}",
            result["verdict"],
            expect.verdict,
            failures(result)
        ));
    }
    if answer.exit != expect.exit {
        wrong.push(format!("exit {} instead of {}", answer.exit, expect.exit));
    }
    // By id, or with the severity behind it: `chain.constraints doubt`.
    let mut found: Vec<String> = Vec::new();
    for severity in ["failure", "doubt", "note"] {
        for id in ids(result, |of| of == severity) {
            found.extend([id.to_owned(), format!("{id} {severity}")]);
        }
    }
    let headline = ids(result, |severity| severity == "failure")
        .first()
        .copied();
    if expect.headline.is_some() && expect.headline.as_deref() != headline {
        wrong.push(format!(
            "headline {headline:?} instead of {:?}",
            expect.headline
        ));
    }
    let missing = expect.findings.iter().filter(|id| !found.contains(id));
    wrong.extend(missing.map(|id| format!("no finding {id} among {found:?}")));
    let unwanted = expect.absent.iter().filter(|id| found.contains(id));
    wrong.extend(unwanted.map(|id| format!("unwanted finding {id}")));
    compare("facts", &expect.facts, &result["facts"], &mut wrong);
    compare("result", &expect.result, result, &mut wrong);
    wrong
}

/// A vector of a defect proves something only if the same without the defect is genuine.
fn twin_differences(
    folder: &Path,
    vector: &Vector,
    seen: &mut BTreeMap<(PathBuf, Vec<String>), Option<String>>,
) -> Option<String> {
    let twin = vector.twin.as_ref()?;
    let args = vector.twin_args.as_ref().unwrap_or(&vector.args);
    let key = (
        folder.join(twin).canonicalize().unwrap_or_default(),
        args.clone(),
    );
    let judge = || {
        let answer: Answer = verify(folder, args, twin);
        let result = answer.result(Path::new(twin));
        let genuine = result["verdict"] == "genuine" && answer.exit == 0;
        (!genuine).then(|| {
            format!(
                "twin {twin}: {} exit {} {} {}",
                result["verdict"],
                answer.exit,
                failures(result),
                answer.errors
            )
        })
    };
    seen.entry(key).or_insert_with(judge).clone()
}

fn ids(result: &Value, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    let findings = result["findings"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let chosen = findings
        .iter()
        .filter(|finding| wanted(finding["severity"].as_str().unwrap_or_default()));
    chosen
        .filter_map(|finding| finding["id"].as_str())
        .collect()
}

fn failures(result: &Value) -> String {
    format!(
        "(failures {:?})",
        ids(result, |severity| severity == "failure")
    )
}

/// Every expected field must be there with its value; other fields may be.
fn compare(place: &str, expected: &Value, actual: &Value, wrong: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Null, _) => {}
        (Value::Object(fields), Value::Object(_)) => {
            for (name, value) in fields {
                compare(
                    &format!("{place}.{name}"),
                    value,
                    &actual[name.as_str()],
                    wrong,
                );
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (number, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{place}[{number}]"), item, other, wrong);
            }
        }
        _ if expected == actual => {}
        _ => wrong.push(format!("{place} is {actual} instead of {expected}")),
    }
}

#[test]
fn vectors_are_complete() {
    for (path, vector) in vectors() {
        let id = name(&path);
        let opening = match vector.expect.verdict.as_str() {
            "genuine" => "**Genuine.**",
            "not-genuine" => "**Not genuine.**",
            "cannot-tell" => "**Cannot tell.**",
            "not-certified-mail" => "**Not certified mail.**",
            other => panic!("{id}: unknown verdict {other}"),
        };
        assert!(
            vector.description.starts_with(opening),
            "{id}: the description opens with {opening}"
        );
        assert!(
            ["critical", "high", "medium", "low"].contains(&vector.importance.as_str()),
            "{id}"
        );
        let accuses = ["not-genuine", "cannot-tell"].contains(&vector.expect.verdict.as_str());
        assert!(
            !accuses || vector.twin.is_some(),
            "{id}: a defect needs a genuine twin"
        );
        let folder = path.parent().expect("a folder");
        let files = [Some(&vector.message), vector.twin.as_ref()];
        for file in files.into_iter().flatten() {
            assert!(folder.join(file).is_file(), "{id}: there is no {file}");
        }
    }
}

#[test]
fn every_known_trick_is_built_or_explained() {
    #[derive(Deserialize)]
    struct NotBuilt {
        case: Vec<Explained>,
    }
    #[derive(Deserialize)]
    struct Explained {
        number: u8,
        reason: String,
    }
    let path = run::fixtures_folder().join("vectors/not-built.toml");
    let text = std::fs::read_to_string(path).expect("not-built.toml");
    let not_built: NotBuilt = toml::from_str(&text).expect("numbers and reasons");
    let built: BTreeSet<u8> = vectors().iter().map(|(_, vector)| vector.case).collect();
    let explained: BTreeSet<u8> = not_built.case.iter().map(|case| case.number).collect();
    assert!(not_built.case.iter().all(|case| !case.reason.is_empty()));
    let both: Vec<_> = built.intersection(&explained).collect();
    assert!(
        both.is_empty(),
        "built and yet listed as not built: {both:?}"
    );
    let neither: Vec<u8> = (1..=100)
        .filter(|n| !built.contains(n) && !explained.contains(n))
        .collect();
    assert!(
        neither.is_empty(),
        "neither built nor explained: {neither:?}"
    );
}

#[test]
fn every_genuine_receipt_is_genuine() {
    let mut wrong = Vec::new();
    for path in run::files(&run::fixtures_folder().join("receipts"), ".eml") {
        let file = name(&path).replacen("receipts", "../../receipts", 1);
        // The folder of any vector does: the arguments are relative to it.
        let answer = verify(
            &run::fixtures_folder().join("vectors/a-signature"),
            &trust_alone(),
            &file,
        );
        let result = answer.result(&path);
        if result["verdict"] != "genuine" || answer.exit != 0 {
            wrong.push(format!(
                "{file}: {} exit {} {} {}",
                result["verdict"],
                answer.exit,
                failures(result),
                answer.errors
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
