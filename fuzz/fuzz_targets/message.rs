//! Any octets as a message.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use postacert::timestamp::Timestamp;
use postacert::verify::{Question, Sent};
use support::{NOW, VERIFIER, check};

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
    assert_eq!(plain.facts().is_some(), other.facts().is_some());
    assert_eq!(plain.ordinary(), other.ordinary());
});
