//! Any octets as a message, and as the message that a genuine receipt is said to be about.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use postacert::timestamp::Timestamp;
use postacert::verify::{Question, Sent, Verdict};
use support::{NOW, VERIFIER, check};

const COMPLETE: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-completa.eml");
const BRIEF: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-breve.eml");
const SENT: &[u8] = include_bytes!("../../fixtures/sent/richiesta.eml");

fuzz_target!(|octets: &[u8]| {
    let plain = VERIFIER.examine(octets, &Question::new(NOW));
    check(&plain);
    let sent = Sent::new(SENT.to_vec());
    let asked = Question {
        at: Some(Timestamp::from_unix(1_777_882_507)),
        sent: Some(&sent),
        ..Question::new(NOW)
    };
    let other = VERIFIER.examine(octets, &asked);
    check(&other);
    // A question about what was sent changes no fact.
    assert_eq!(plain.facts.is_some(), other.facts.is_some());
    assert_eq!(plain.ordinary, other.ordinary);

    let sent = Sent::new(octets.to_vec());
    for receipt in [COMPLETE, BRIEF] {
        let asked = Question {
            sent: Some(&sent),
            ..Question::new(NOW)
        };
        let examination = VERIFIER.examine(receipt, &asked);
        check(&examination);
        assert_eq!(examination.verdict, Verdict::Genuine);
        assert!(examination.sent.is_some());
    }
});
