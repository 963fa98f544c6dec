//! What the targets share: the test authority, a fixed present, and what every answer must keep.

#![allow(dead_code, reason = "each target takes what it needs")]

use std::sync::LazyLock;

use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Examination, Verdict, Verifier, Weight};

/// Trusts the authority of `fixtures/`, so that seeds are genuine.
pub static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let text = include_str!("../../fixtures/pki/trust.toml");
    Verifier::new(Trust::parse(text, "fixtures").expect("the fixture is whole"))
});

/// 22 November 2026, a while after the fixtures were signed.
pub const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);

/// What holds of every answer, at every depth.
pub fn check(examination: &Examination) {
    // A genuine message can be about another one than was asked: those weights decide nothing.
    let failed = examination
        .findings()
        .list()
        .iter()
        .any(|finding| matches!(finding.weight(), Weight::Refutes | Weight::Undecides));
    match examination.verdict() {
        Verdict::Genuine => {
            assert!(examination.facts().is_some() && !failed && examination.ordinary().is_none());
        }
        Verdict::NotGenuine => assert!(failed),
        Verdict::CannotTell => assert!(failed || examination.facts().is_none()),
        Verdict::NotCertifiedMail => {
            assert!(examination.ordinary().is_some() && examination.facts().is_none())
        }
    }
    if let Some(headline) = examination.headline() {
        assert!(headline.weight().is_failure() && examination.findings().list()[0] == *headline);
    }
    if let Some(facts) = examination.facts() {
        assert!(!facts.signer().sha256.is_empty());
    }
    assert!(examination.nested().len() <= 100);
    examination
        .nested()
        .iter()
        .for_each(|nested| check(&nested.examination));
}
