//! The vectors of `fixtures/vectors`: one message each, what `pec verify` must answer, and a
//! genuine twin that differs in one respect. Reports every difference at once, in one table.
//!
//! A vector names the case of a finding, not only the check: a check that fires for the wrong
//! reason is no pass. Every case of the table is demanded by some vector.
//!
//! Known differences are listed in `fixtures/divergences.toml`; the suite also fails when one of
//! them is gone, so that the list stays true.

#[path = "support/run.rs"]
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use postacert::mime::MAX_MESSAGE_OCTETS;
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Case, Question, Verdict, Verifier};
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
    /// The case of the first failure.
    headline: Option<String>,
    /// Cases: of failures alone, of others with their severity (`time.zone note`).
    findings: Vec<String>,
    /// Checks or cases, with or without a severity: a check's id forbids all its cases.
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
        let answer = verify(folder, &vector.args, &vector.message);
        let mut wrong = differences(&answer, &vector);
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
fn differences(answer: &Answer, vector: &Vector) -> Vec<String> {
    let expect = &vector.expect;
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
            shown_failures(result)
        ));
    }
    if answer.exit != expect.exit {
        wrong.push(format!("exit {} instead of {}", answer.exit, expect.exit));
    }
    let (cases, checks) = (found(result, "case"), found(result, "id"));
    let headline = failures(result).next();
    if expect.headline.is_some() && expect.headline.as_deref() != headline {
        wrong.push(format!(
            "headline {headline:?} instead of {:?}",
            expect.headline
        ));
    }
    let is_found = |wanted: &String| match wanted.contains(' ') {
        true => cases.contains(wanted),
        false => failures(result).any(|case| case == wanted),
    };
    let missing = expect.findings.iter().filter(|wanted| !is_found(wanted));
    wrong.extend(missing.map(|wanted| format!("no finding {wanted} among {cases:?}")));
    let unwanted = (expect.absent.iter()).filter(|id| cases.contains(id) || checks.contains(id));
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
                shown_failures(result),
                answer.errors
            )
        })
    };
    seen.entry(key).or_insert_with(judge).clone()
}

/// What the findings say in one field, alone and with the severity behind it:
/// `chain.constraints doubt`.
fn found(result: &Value, field: &str) -> Vec<String> {
    let texts = findings(result).filter_map(|finding| {
        let (what, severity) = (finding[field].as_str()?, finding["severity"].as_str()?);
        Some([what.to_owned(), format!("{what} {severity}")])
    });
    texts.flatten().collect()
}

fn findings(result: &Value) -> impl Iterator<Item = &Value> {
    result["findings"].as_array().into_iter().flatten()
}

/// The cases of the failures, in their order.
fn failures(result: &Value) -> impl Iterator<Item = &str> {
    let failures = findings(result).filter(|finding| finding["severity"] == "failure");
    failures.filter_map(|finding| finding["case"].as_str())
}

fn shown_failures(result: &Value) -> String {
    format!("(failures {:?})", failures(result).collect::<Vec<_>>())
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

/// The cases that no vector can demand, and who does instead.
const HELD_ELSEWHERE: [(&str, &str); 3] = [
    (
        "message.size",
        "no small file: a_message_over_the_limit_is_not_examined",
    ),
    (
        "time.plausible.ahead note",
        "by the hour in which it is read: a_receipt_may_be_ahead_of_our_clock_so_far",
    ),
    (
        "time.plausible.ahead doubt",
        "by the hour in which it is read: a_receipt_may_be_ahead_of_our_clock_so_far",
    ),
];

#[test]
fn every_case_of_a_finding_is_demanded_by_a_vector() {
    // As a vector names them: a failure by its key, anything else with its severity behind it.
    let cases: BTreeSet<String> = Case::ALL
        .iter()
        .map(|case| match case.weight().severity() {
            "failure" => case.key().to_owned(),
            severity => format!("{} {severity}", case.key()),
        })
        .collect();
    let mut demanded = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, vector) in vectors() {
        let expect = &vector.expect;
        for name_of in expect.findings.iter().chain(&expect.headline) {
            let case = name_of.trim_end_matches(" failure");
            if !cases.contains(case) {
                let of_the_check = cases.iter().filter(|known| known.starts_with(case));
                wrong.push(format!(
                    "{}: {case} is no case, but one of {:?}",
                    name(&path),
                    of_the_check.collect::<Vec<_>>()
                ));
            }
            demanded.insert(case.to_owned());
        }
    }
    for (case, reason) in HELD_ELSEWHERE {
        if !cases.contains(case) || demanded.contains(case) {
            wrong.push(format!("{case} is no case held elsewhere ({reason})"));
        }
        demanded.insert(case.to_owned());
    }
    let missing = cases.difference(&demanded);
    wrong.extend(missing.map(|case| format!("no vector demands {case}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each row of the table of checks is passed over, alone: whoever tells of it must be missed.
/// `cargo test --features drop-a-finding --test vectors -- --nocapture noticed`
#[cfg(feature = "drop-a-finding")]
#[test]
fn a_case_that_is_not_told_is_noticed() {
    let all: Vec<_> = vectors()
        .into_iter()
        .map(|(path, vector)| {
            let folder = path.parent().expect("a folder").to_owned();
            let answer = verify(&folder, &vector.args, &vector.message);
            let told = found(answer.result(Path::new(&vector.message)), "case");
            let is_answered = differences(&answer, &vector).is_empty();
            (folder, vector, told, is_answered)
        })
        .collect();
    let mut unnoticed = Vec::new();
    for case in Case::ALL {
        let row = format!("{} {}", case.key(), case.weight().severity());
        let mut telling = all.iter().filter(|(_, _, told, is_answered)| {
            // Which of the rows of one key it was is not in the answer.
            *is_answered && told.contains(&row)
        });
        let notices = |(folder, vector, _, _): &(PathBuf, Vector, Vec<String>, bool)| {
            let name = format!("{case:?}");
            let answer = run::verify_without(&name, folder, &vector.args, &vector.message);
            !differences(&answer, vector).is_empty()
        };
        if !telling.any(notices) {
            unnoticed.push((*case, case.key()));
        }
    }
    let held_elsewhere = |(case, key): &(Case, &str)| {
        // Told where the work of a message is used up before all that may have been done to it
        // was tried: no small file. `a_digest_accuses_only_when_all_that_could_explain_it_was_tried`
        // holds it.
        *case == Case::SignatureDigestUntried
            || HELD_ELSEWHERE
                .iter()
                .any(|(of, _)| of.split(' ').next() == Some(key))
    };
    let noticed = Case::ALL.len() - unnoticed.len();
    println!(
        "{noticed} of {} rows are noticed by a vector",
        Case::ALL.len()
    );
    unnoticed.retain(|row| !held_elsewhere(row));
    assert!(unnoticed.is_empty(), "nobody misses {unnoticed:?}");
}

#[test]
fn a_check_has_passed_only_where_both_sides_were_there() {
    let folder = run::fixtures_folder().join("vectors/c-message");
    let args = [trust_alone(), vec!["--all".to_owned()]].concat();
    for (file, check, is_made) in [
        // Data that name no subject: the header is compared with the message inside.
        ("data-without-a-subject.eml", "original.subject", false),
        ("data-without-a-subject.eml", "header.subject", true),
        (
            "../../receipts/avvenuta-consegna-completa.eml",
            "original.subject",
            true,
        ),
        // A receipt without Reply-To, and an envelope with one.
        ("../../receipts/accettazione.eml", "header.reply-to", false),
        (
            "../../receipts/posta-certificata.eml",
            "header.reply-to",
            true,
        ),
    ] {
        let answer = verify(&folder, &args, file);
        let result = answer.result(Path::new(file));
        let passed = result["passed"].as_array().expect("with --all");
        let has_passed = passed.iter().any(|id| id == check);
        assert_eq!(has_passed, is_made, "{file}: {check}");
        assert!(findings(result).all(|finding| finding["id"] != check));
    }
}

/// Not set, set to a wrong minute, hour, day: our clock or that of the provider.
#[test]
fn a_receipt_may_be_ahead_of_our_clock_so_far() {
    let trust = run::fixtures_folder().join("pki/trust.toml");
    let trust = std::fs::read_to_string(trust).expect("a readable file");
    let octets = run::fixtures_folder().join("receipts/avvenuta-consegna-completa.eml");
    let octets = std::fs::read(octets).expect("a readable file");
    let time = Timestamp::parse("2026-05-04T08:15:07Z").expect("an instant");
    let told = |trust: &str, ahead: i64| {
        let verifier = Verifier::new(Trust::parse(trust, "test").expect("the test authority"));
        let now = Timestamp::from_unix(time.unix() - ahead);
        let answer = verifier.examine(&octets, &Question::new(now));
        let told = answer
            .findings()
            .list()
            .iter()
            .find(|finding| finding.check().id() == "time.plausible")
            .map(|finding| (finding.case(), finding.weight().severity()));
        (answer.verdict(), told)
    };
    let ahead = |severity| {
        Some(match severity {
            "note" => (Case::TimePlausibleAheadLittle, severity),
            _ => (Case::TimePlausibleAhead, severity),
        })
    };
    for (seconds, verdict, finding) in [
        (0, Verdict::Genuine, None),
        (300, Verdict::Genuine, None),
        (301, Verdict::Genuine, ahead("note")),
        (3_600, Verdict::Genuine, ahead("note")),
        (3_601, Verdict::Genuine, ahead("doubt")),
        (86_400, Verdict::Genuine, ahead("doubt")),
        (
            86_401,
            Verdict::CannotTell,
            Some((Case::TimePlausibleFuture, "failure")),
        ),
    ] {
        assert_eq!(told(&trust, seconds), (verdict, finding), "{seconds}");
        // The hours of a practice provider are short: its notices are dated as they would be.
        let practice = format!("practice = true\n{trust}");
        let is_far = seconds > 86_400;
        let finding = finding.filter(|_| is_far);
        assert_eq!(told(&practice, seconds), (verdict, finding), "{seconds}");
    }
}

#[test]
fn a_message_over_the_limit_is_not_examined() {
    let trust = run::fixtures_folder().join("pki/trust.toml");
    let trust = std::fs::read_to_string(trust).expect("a readable file");
    let verifier = Verifier::new(Trust::parse(&trust, "test").expect("the test authority"));
    let question = Question::new(Timestamp::parse("2026-11-22").expect("a day"));
    let message = run::fixtures_folder().join("receipts/accettazione.eml");
    let mut octets = std::fs::read(message).expect("a readable file");
    let examined = |octets: &[u8]| {
        let answer = verifier.examine(octets, &question);
        let failures = answer
            .findings()
            .list()
            .iter()
            .filter(|f| f.weight().is_failure());
        let failures: Vec<_> = failures.map(|finding| finding.case().key()).collect();
        (answer.verdict(), failures)
    };
    octets.resize(MAX_MESSAGE_OCTETS, b'\n');
    assert_eq!(examined(&octets), (Verdict::Genuine, vec![]));
    octets.push(b'\n');
    assert_eq!(
        examined(&octets),
        (Verdict::CannotTell, vec!["message.size"])
    );
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
                shown_failures(result),
                answer.errors
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
