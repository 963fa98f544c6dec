//! Any octets as an OCSP answer that lies beside a receipt.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use postacert::smime::ocsp::Ocsp;
use postacert::verify::{Crls, Question};
use support::{NOW, VERIFIER, check};

const RECEIPT: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-sintetica.eml");

fuzz_target!(|octets: &[u8]| {
    let Ok(answer) = Ocsp::parse(octets) else {
        return;
    };
    let crls = VERIFIER.trusted(Crls {
        answers: vec![("file".into(), answer)],
        ..Crls::default()
    });
    let question = Question {
        crls: Some(&crls),
        ..Question::new(NOW)
    };
    check(&VERIFIER.examine(RECEIPT, &question));
});
