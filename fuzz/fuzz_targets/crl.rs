//! Any octets as a file of revocation lists, beside the one that names the signer.
#![no_main]

#[path = "support.rs"]
mod support;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use postacert::smime::certificate::Certificate;
use postacert::smime::pem;
use postacert::smime::revocation::Crl;
use postacert::verify::{Crls, Question, Verdict, Verifier};
use support::{NOW, VERIFIER, check};

const RECEIPT: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-sintetica.eml");
const REVOKED: &[u8] = include_bytes!("../../fixtures/pki/revoked-before.crl");

static AUTHORITY: LazyLock<Certificate> = LazyLock::new(|| {
    let file = include_bytes!("../../fixtures/pki/anchor.pem");
    let objects = pem::objects(file, "CERTIFICATE").expect("the fixture is whole");
    Certificate::parse(&objects[0]).expect("the fixture is whole")
});

fn lists(octets: &[u8]) -> Vec<Crl> {
    let lists = Crl::of_file(octets).unwrap_or_default();
    lists.into_iter().flatten().collect()
}

fuzz_target!(|octets: &[u8]| {
    for list in lists(octets) {
        if list.entry(&AUTHORITY).is_some() {
            assert!(list.concerns(&AUTHORITY));
        }
        if list.gap(&AUTHORITY).is_none() {
            assert!(list.issuer == AUTHORITY.issuer && !list.is_delta);
        }
        let _ = (
            list.reasons(&AUTHORITY).are_all(),
            list.reach(&AUTHORITY, NOW, NOW),
            list.continues(&list),
            list.speaks_of(&AUTHORITY, NOW),
            AUTHORITY.key.as_ref().map(|key| list.is_signed_by(key)),
        );
    }
    // Whatever else is in the folder: the list that names the signer counts.
    let with = |files: &[&[u8]]| {
        let named = files.iter().flat_map(|file| lists(file));
        let crls = Crls {
            lists: named.map(|list| ("file".into(), list)).collect(),
            ..Crls::default()
        };
        let verifier = Verifier::new(VERIFIER.trust().clone()).with_crls(crls);
        verifier.examine(RECEIPT, &Question::new(NOW))
    };
    check(&with(&[octets]));
    let answer = with(&[octets, REVOKED]);
    check(&answer);
    assert_eq!(answer.verdict(), Verdict::NotGenuine);
});
