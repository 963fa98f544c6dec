//! Genuine mail of real providers, which stays outside the repository: `PEC_REAL_MAIL` names
//! its folder. Without it these tests are skipped and say so.

#[path = "support/skipped.rs"]
mod skipped;

use std::path::PathBuf;

use postacert::providers::Trust;
use postacert::smime::bag::Bag;
use postacert::smime::certificate::Certificate;
use postacert::smime::chain::find_paths;
use postacert::timestamp::Timestamp;
use postacert::verify::{Question, Verifier};
use postacert::work::Work;
use skipped::skipped;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PEC_REAL_MAIL").map(PathBuf::from);
    if folder.is_none() {
        skipped("PEC_REAL_MAIL is not set, so no real mail was verified");
    }
    folder
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-28T12:00:00Z").unwrap()
}

#[test]
fn every_real_message_gets_its_verdict() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("expected.toml")).unwrap();
    let expected: toml::Table = text.parse().unwrap();
    let verifier = Verifier::new(Trust::built_in());
    let mut wrong = Vec::new();
    let messages = expected["message"].as_array().unwrap();
    for entry in messages {
        let field = |name: &str| {
            entry
                .get(name)
                .map(|value| value.to_string().trim_matches('"').to_owned())
        };
        let file = field("file").unwrap();
        let octets = std::fs::read(folder.join("messages").join(&file)).unwrap();
        let found = verifier.examine(&octets, &Question::new(now()));
        let mut compare = |what: &str, found: Option<String>| {
            if let Some(expected) = field(what)
                && found.as_deref() != Some(&expected)
            {
                wrong.push(format!("{file}: {what} should be {expected}, is {found:?}"));
            }
        };
        let facts = found.facts();
        compare("verdict", Some(found.verdict().word().to_owned()));
        compare(
            "kind",
            facts
                .and_then(|f| f.kind())
                .map(|kind| kind.word().to_owned()),
        );
        compare(
            "time",
            facts
                .and_then(|f| f.data())
                .map(|data| data.time.to_string()),
        );
        compare("signer", facts.map(|f| f.signer().address.clone()));
        compare(
            "authority",
            facts.and_then(|f| f.authority().map(str::to_owned)),
        );
        for finding in found
            .findings()
            .list()
            .iter()
            .filter(|f| f.weight().severity() != "note")
        {
            println!(
                "{file}: {} {} {:?} {:?}",
                finding.weight().severity(),
                finding.case().key(),
                finding.expected(),
                finding.found()
            );
        }
        if found.verdict().word() == "genuine"
            && found
                .findings()
                .list()
                .iter()
                .any(|f| f.weight().is_failure())
        {
            wrong.push(format!("{file}: genuine with a failed check"));
        }
    }
    assert!(
        messages.len() >= 25,
        "only {} messages in expected.toml",
        messages.len()
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Where the trust data lack an edition, the one that a message carries serves as well.
#[test]
fn editions_that_messages_carry_fill_gaps() {
    let Some(folder) = folder() else { return };
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/providers/trust.toml");
    let text = std::fs::read_to_string(source).unwrap();
    let gap = ["2018-07-11T10:03:14Z", "2018-04-04T12:21:02Z"];
    let tables = text.split("\n[[");
    let kept: Vec<&str> = tables
        .filter(|table| {
            !gap.iter()
                .any(|day| table.contains(&format!("not_before = {day}")))
        })
        .collect();
    let with_gap = Verifier::new(Trust::parse(&kept.join("\n[["), "gap").unwrap());
    let whole = Verifier::new(Trust::built_in());
    let mut carried = 0;
    for entry in std::fs::read_dir(folder.join("messages")).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        let question = Question::new(now());
        let (found, known) = (
            with_gap.examine(&octets, &question),
            whole.examine(&octets, &question),
        );
        assert_eq!(found.verdict(), known.verdict(), "{}", path.display());
        let edition = found.facts().and_then(|facts| facts.edition());
        carried += usize::from(edition.is_some_and(|edition| edition.is_carried));
    }
    assert!(carried > 0, "no message carries an edition");
}

/// The trust data compiled in say of each authority certificate what the certificate says.
#[test]
fn the_trust_data_are_those_of_the_certificates() {
    let Some(folder) = folder() else { return };
    let trust = Trust::built_in();
    let mut compared = 0;
    for entry in std::fs::read_dir(folder.join("certs/authorities")).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        let from_file = Trust::from_certificates(&octets, "file").unwrap();
        let wanted = &from_file.anchors[0];
        let Some(anchor) = trust
            .anchors
            .iter()
            .find(|anchor| anchor.spki == wanted.spki)
        else {
            continue;
        };
        assert_eq!(anchor.subject, wanted.subject);
        let edition = &wanted.editions[0];
        let known = anchor
            .editions
            .iter()
            .find(|known| known.sha256 == edition.sha256)
            .unwrap();
        assert_eq!(
            (known.not_before, known.not_after),
            (edition.not_before, edition.not_after)
        );
        assert_eq!(known.path_len, edition.path_len);
        let sorted = |names: &[postacert::smime::constraints::GeneralName]| {
            let mut names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            names.sort();
            names
        };
        let label = &anchor.label;
        assert_eq!(
            sorted(&known.constraints.permitted),
            sorted(&edition.constraints.permitted),
            "{label}"
        );
        assert_eq!(
            sorted(&known.constraints.excluded),
            sorted(&edition.constraints.excluded),
            "{label}"
        );
        compared += 1;
    }
    assert_eq!(compared, 13, "editions compared");
}

/// Every real signer certificate leads to its authority, and to no other.
#[test]
fn every_real_signer_has_a_path() {
    let Some(folder) = folder() else { return };
    let trust = Trust::built_in();
    for entry in std::fs::read_dir(folder.join("certs/signers")).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        let objects = postacert::smime::pem::objects(&octets, "CERTIFICATE").unwrap();
        let certificate = Certificate::parse(&objects[0]).unwrap();
        let paths = find_paths(
            &certificate,
            &Bag::default(),
            &trust.anchors,
            &Work::of_message(0),
        );
        assert_eq!(paths.len(), 1, "{}", path.display());
        let judgement = paths[0].judge(
            &certificate,
            &trust.anchors[paths[0].anchor].editions,
            certificate.not_after,
        );
        assert_eq!(judgement.fault, None, "{}", path.display());
    }
}
