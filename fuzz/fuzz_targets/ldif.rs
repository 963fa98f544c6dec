//! Any octets as a list of providers, plain or signed.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use postacert::providers::ProviderList;
use postacert::verify::{Question, Verifier};
use support::{NOW, VERIFIER, check};

const RECEIPT: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-sintetica.eml");

fuzz_target!(|octets: &[u8]| {
    let trust = VERIFIER.trust();
    let Ok(list) = ProviderList::parse(octets, &trust.anchors) else {
        return;
    };
    assert!(!list.providers.is_empty());
    let _ = list.is_of_another_time(NOW);
    for provider in &list.providers {
        for domain in &provider.managed_domains {
            assert!(list.of_domain(domain).next().is_some(), "{domain}");
        }
        for certificate in &provider.certificates {
            assert_eq!(certificate.sha256.len(), 64);
        }
    }
    let verifier = Verifier::new(trust.clone()).with_providers(list);
    check(&verifier.examine(RECEIPT, &Question::new(NOW)));
});
