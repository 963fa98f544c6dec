//! Any octets as a trust file and as certificates of authorities.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use postacert::providers::Trust;
use postacert::verify::{Question, Verifier};
use support::{NOW, check};

const RECEIPT: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-sintetica.eml");

fuzz_target!(|octets: &[u8]| {
    let read = [
        Trust::parse(octets, "file").ok(),
        Trust::from_certificates(octets, "file").ok(),
    ];
    for trust in read.into_iter().flatten() {
        assert!(!trust.anchors.is_empty());
        for anchor in &trust.anchors {
            assert!(
                anchor
                    .editions
                    .is_sorted_by_key(|edition| edition.not_before)
            );
            assert!(anchor.editions_among([octets, octets]).len() <= 1);
        }
        let _ = (
            trust.names_host("pec.example"),
            trust.names_organization("Gestore"),
        );
        let trust = trust.and(Trust::built_in());
        check(&Verifier::new(trust).examine(RECEIPT, &Question::new(NOW)));
    }
});
