//! Any octets as the answer of a time stamp authority, as a token, and as what a token states.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use postacert::providers::Trust;
use postacert::smime::algorithm::DigestAlgorithm;
use postacert::smime::signed_data::SignatureOctets;
use postacert::smime::time_stamp::{
    Answer, Imprint, Info, MAX_ANSWER_OCTETS, Token, Trusted, Wanted, check_kept,
};

const ABOUT: &[u8] = include_bytes!("../../fixtures/receipts/accettazione.eml");
const GENUINE: &[u8] = include_bytes!("../../fixtures/stamps/accettazione.eml.tst");

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let file = include_bytes!("../../fixtures/stamps/authority.pem");
    Trust::from_certificates(file, "fixture").expect("the fixture is whole")
});

fuzz_target!(|octets: &[u8]| {
    let trusted = Trusted {
        anchors: &TRUST.anchors,
        crls: &[],
    };
    if let Ok(answer) = Answer::parse(octets) {
        assert!(octets.len() <= MAX_ANSWER_OCTETS && answer.token.len() < octets.len());
        let _ = check_kept(answer.token, ABOUT, &trusted);
    }
    if let Ok(info) = Info::parse(octets) {
        let _ = (info.time.to_string(), info.imprint.hex());
    }
    // What is believed is what the authority signed.
    if let Ok(checked) = check_kept(octets, ABOUT, &trusted) {
        let genuine = check_kept(GENUINE, ABOUT, &trusted).expect("the fixture is good");
        assert_eq!(checked.info(), genuine.info());
    }
    if let Ok(octets) = SignatureOctets::new(octets)
        && let Ok(token) = Token::parse(&octets)
    {
        let other = Imprint::of(DigestAlgorithm::Sha256, b"another file");
        assert!(token.check(&Wanted::of(&other), &trusted).is_err());
    }
});
