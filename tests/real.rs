//! Genuine mail of real providers, which stays outside the repository: `PEC_REAL_MAIL` names
//! its folder. Without it these tests are skipped and say so.

#[path = "support/skipped.rs"]
mod skipped;

use std::path::PathBuf;
use std::sync::Arc;

use postacert::providers::snapshot::{self, KeptEdition, Occasion, Seen};
use postacert::providers::{Snapshot, Trust};
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

/// Whichever one edition the trust data lack, no genuine message is called false for it.
#[test]
fn a_missing_edition_accuses_nobody() {
    let Some(folder) = folder() else { return };
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/providers/trust.toml");
    let text = std::fs::read_to_string(source).unwrap();
    let tables: Vec<&str> = text.split("\n[[").collect();
    let is_edition = |table: &&str| table.starts_with("authority.edition]]");
    let editions = tables.iter().filter(|table| is_edition(table)).count();
    assert!(editions >= 13, "{editions} editions");
    let messages: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(folder.join("messages"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    let question = Question::new(now());
    let verdicts = |trust: Trust| -> Vec<&'static str> {
        let verifier = Verifier::new(trust);
        let all = messages.iter();
        all.map(|(_, octets)| verifier.examine(octets, &question).verdict().word())
            .collect()
    };
    let whole = verdicts(Trust::built_in());
    for (index, table) in tables.iter().enumerate().filter(|(_, it)| is_edition(it)) {
        let mut kept = tables.clone();
        kept.remove(index);
        let without = verdicts(Trust::parse(&kept.join("\n[["), "gap").unwrap());
        for ((before, after), (path, _)) in whole.iter().zip(&without).zip(&messages) {
            let fits = before == after || *after == "cannot-tell";
            assert!(
                fits,
                "{}: {before}, {after} without {table}",
                path.display()
            );
        }
    }
}

/// An edition is known for one by the root that is pinned, whatever the authority.
#[test]
fn each_real_edition_is_signed_by_the_pinned_root() {
    let Some(folder) = folder() else { return };
    let mut trust = Trust::built_in();
    for anchor in &mut trust.anchors {
        anchor.editions.clear();
    }
    let mut known = 0;
    for entry in std::fs::read_dir(folder.join("certs/authorities")).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        let objects = postacert::smime::pem::objects(&octets, "CERTIFICATE").unwrap();
        let found: usize = trust
            .anchors
            .iter()
            .map(|anchor| anchor.editions_among([&*objects[0]]).len())
            .sum();
        let is_of_servers = path.to_string_lossy().contains("SSL_SERVER");
        assert_eq!(found, usize::from(!is_of_servers), "{}", path.display());
        known += found;
    }
    assert_eq!(known, 13);
}

/// What is written of an edition without its certificate, and the certificate, judge alike.
#[test]
fn a_kept_certificate_says_what_the_data_say() {
    let Some(folder) = folder() else { return };
    let trust = Trust::built_in();
    let octets = std::fs::read(folder.join("certs/authorities/AgID_CA1_20250220.pem")).unwrap();
    let objects = postacert::smime::pem::objects(&octets, "CERTIFICATE").unwrap();
    let mut snapshot = Snapshot {
        kept_at: Some(now()),
        ..Snapshot::default()
    };
    snapshot.editions.push(KeptEdition {
        certificate: Arc::new(Certificate::parse(&objects[0]).unwrap()),
        seen: Seen {
            occasion: Occasion::Import,
            at: now(),
            place: "file \"a\"\\b\u{1b}".to_owned(),
        },
    });
    let read = Snapshot::parse(snapshot.text().as_bytes()).unwrap();
    assert_eq!(read.text(), snapshot.text());
    assert_eq!(read.editions[0].seen, snapshot.editions[0].seen);
    let with = read.with(trust.clone(), "name");
    assert_eq!(with.anchors.len(), trust.anchors.len());
    let lengths = |trust: &Trust| -> Vec<usize> {
        let anchors = trust.anchors.iter();
        anchors.map(|anchor| anchor.editions.len()).collect()
    };
    assert_eq!(lengths(&with), lengths(&trust));
    assert_eq!(
        with.anchors[0].signer_policy,
        trust.anchors[0].signer_policy
    );
    assert!(with.anchors[0].issuer_key.is_some());
    let file = snapshot::trust_file(Trust::built_in_file(), &read, Some("2036-01-01"));
    let again = Trust::parse(&file, "file").unwrap();
    // The authority stands there twice: as the program has it, and with what was kept.
    assert_eq!(again.anchors.len(), trust.anchors.len() + 1);
    assert_eq!(again.anchors[4].spki, trust.anchors[0].spki);
    assert_eq!(again.as_of.as_deref(), Some("2036-01-01"));
}

/// A genuine message is so as long as its signer's certificate ran, and not a day longer.
#[test]
fn a_signer_signs_within_its_days() {
    let Some(folder) = folder() else { return };
    let verifier = Verifier::new(Trust::built_in());
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("messages")).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        let verdict = |at: Timestamp| {
            let question = Question {
                at: Some(at),
                ..Question::new(now())
            };
            verifier.examine(&octets, &question).verdict().word()
        };
        let found = verifier.examine(&octets, &Question::new(now()));
        let Some(signer) = found.facts().map(|facts| facts.signer()) else {
            continue;
        };
        if found.verdict().word() != "genuine" {
            continue;
        }
        let days = |at: Timestamp, days: i64| Timestamp::from_unix(at.unix() + days * 86_400);
        for (at, is_within) in [
            (days(signer.not_before, -1), false),
            (signer.not_before, true),
            (signer.not_after, true),
            (days(signer.not_after, 1), false),
        ] {
            let is_genuine = verdict(at) == "genuine";
            assert_eq!(is_genuine, is_within, "{} at {at}", path.display());
        }
        seen += 1;
    }
    assert!(seen >= 10, "{seen} messages");
}
