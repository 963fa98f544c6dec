//! Any octets as what the user says was sent, message or attachment: they change no verdict.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use postacert::verify::{Question, Sent, Verdict};
use support::{NOW, VERIFIER, check};

const COMPLETE: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-completa.eml");
const BRIEF: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-breve.eml");

fuzz_target!(|octets: &[u8]| {
    let sent = Sent::new(octets.to_vec());
    for receipt in [COMPLETE, BRIEF] {
        let asked = Question {
            sent: Some(&sent),
            ..Question::new(NOW)
        };
        let examination = VERIFIER.examine(receipt, &asked);
        check(&examination);
        assert_eq!(examination.verdict(), Verdict::Genuine);
        assert!(examination.sent().is_some());
    }
});
