//! The work for one message grows with its octets and no faster, whatever is inside; and what is
//! inside changes nothing in the answer about what is around it. Work is counted, not timed; what
//! it takes in time is measured by `benches/hostile.rs`.

use postacert::input::mail_in_archive;
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Case, CheckId, Examination, Question, Stored, Verdict, Verifier};
use rayon::prelude::*;

use support::hostile::{self, Family};
use support::message::{Part, multipart};
use support::receipt::{Kind, Receipt};
use support::world;

#[allow(unused_imports, reason = "its own tests are those of other suites")]
#[path = "support/mod.rs"]
mod support;

const OCTETS: usize = 60_000;

fn examine(octets: &[u8]) -> Examination {
    let trust = Trust::parse(&world::trust_file(), "test").expect("the test authority");
    let now = Timestamp::parse("2026-11-22").expect("a day");
    let question = Question {
        unfold: Some(mail_in_archive),
        stored: Stored::AsItIs,
        ..Question::new(now)
    };
    Verifier::new(trust).examine(octets, &question)
}

/// What is wrong with some families, in lines.
fn wrong(judge: impl Fn(&Family) -> Option<String> + Sync) -> Vec<String> {
    let families = hostile::families();
    let judged = families
        .par_iter()
        .map(|family| (family.name, judge(family)));
    judged
        .filter_map(|(name, fault)| Some(format!("{name}: {}", fault?)))
        .collect()
}

#[test]
fn twice_the_octets_take_twice_the_work() {
    let wrong = wrong(|family| {
        let small = (family.make)(OCTETS);
        let large = (family.make)(2 * OCTETS);
        let [once, twice] = [&small, &large].map(|octets| examine(octets).work());
        // Signatures and certificates are as many in both.
        let most = once * 22 / 10 + (1 << 20);
        (twice > most).then(|| format!("{once} for {}, {twice} for {}", small.len(), large.len()))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_message_of_them_is_genuine() {
    let wrong = wrong(|family| {
        let verdict = examine(&(family.make)(OCTETS)).verdict();
        (verdict == Verdict::Genuine).then(|| "genuine".to_owned())
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_genuine_envelope_around_each_of_them_is_genuine() {
    let wrong = wrong(|family| {
        let examination = examine(&hostile::envelope(&(family.make)(OCTETS)));
        let failures = examination.findings().list().iter();
        let failures: Vec<_> = failures
            .filter(|finding| finding.weight().is_failure())
            .map(|finding| finding.case().key())
            .collect();
        // A thousand fields and more are compared with nothing, and that is told: see the vector
        // original-of-another-with-a-thousand-header-lines.
        let is_known = failures == ["original.present.unreadable"];
        (examination.verdict() != Verdict::Genuine && !is_known).then(|| failures.join(", "))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_message_that_takes_too_much_work_cannot_be_told() {
    let family = hostile::families()
        .into_iter()
        .find(|family| family.name == "signers x certificates, damaged")
        .expect("such a family");
    let examination = examine(&(family.make)(OCTETS));
    let findings = examination.findings().list().iter();
    let mut complex = findings.filter(|finding| finding.check() == CheckId::MessageComplexity);
    assert_eq!(
        complex.next().map(|finding| finding.case()),
        Some(Case::MessageComplexityWork)
    );
    assert!(examination.facts().is_none());
}

#[test]
fn a_hostile_message_takes_nothing_from_the_one_beside_it() {
    let hostile = hostile::families();
    let mut parts: Vec<Vec<u8>> = hostile
        .par_iter()
        .map(|family| (family.make)(OCTETS))
        .collect();
    parts.push(Receipt::new(Kind::Delivery).to_eml());
    let parts: Vec<Vec<u8>> = parts
        .iter()
        .map(|message| Part::new(&[("Content-Type", "message/rfc822")], &message[..]).encode())
        .collect();
    let place = parts.len().to_string();
    let header = "From: a@posta.example\r\nTo: b@posta.example\r\n\
                  Content-Type: multipart/mixed; boundary=insieme\r\n\r\n";
    let message = [header.as_bytes(), &multipart("insieme", &parts)].concat();
    let examination = examine(&message);
    assert_eq!(examination.verdict(), Verdict::NotCertifiedMail);
    let last = examination.nested().last().expect("messages inside");
    assert_eq!(last.place, place);
    assert_eq!(last.examination.verdict(), Verdict::Genuine);
    let others = &examination.nested()[..examination.nested().len() - 1];
    assert!(others.len() > 20);
    assert!(
        others
            .iter()
            .all(|nested| nested.examination.verdict() != Verdict::Genuine)
    );
}

/// Mail that says it is certified, one inside the other, is looked at to the eleventh, which says so
/// itself. What is signed costs more, and its work ends sooner.
#[test]
fn messages_within_each_other_are_looked_at_to_a_depth() {
    let mails = |count| {
        (0..count).fold(
            b"From: a@posta.example\r\n\r\ntext\r\n".to_vec(),
            |mail, level| {
                let boundary = format!("={level}=");
                let header = format!(
                    "From: a@posta.example\r\nX-Trasporto: posta-certificata\r\n\
                 Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n"
                );
                let part = Part::new(&[("Content-Type", "message/rfc822")], mail).encode();
                [header.as_bytes(), &multipart(&boundary, &[part])].concat()
            },
        )
    };
    let depth_is_told = |examination: &Examination| {
        let mut all = examination.findings().list().iter();
        all.any(|finding| finding.case() == Case::MessageComplexityDepth)
    };
    fn levels(examination: &Examination) -> usize {
        let nested = examination.nested().iter();
        1 + nested
            .map(|inner| levels(&inner.examination))
            .max()
            .unwrap_or(0)
    }
    let whole = examine(&mails(10));
    assert_eq!((levels(&whole), depth_is_told(&whole)), (10, false));
    let mut cut = &examine(&mails(13));
    assert_eq!(levels(cut), 11);
    while let Some(inner) = cut.nested().first() {
        cut = &inner.examination;
    }
    assert!(depth_is_told(cut));
}
