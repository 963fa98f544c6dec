//! Any octets as daticert.xml, and as XML that `roxmltree` reads too.
#![no_main]

#[path = "../../tests/support/trees.rs"]
mod trees;

use libfuzzer_sys::fuzz_target;
use postacert::pec::CertificationData;
use postacert::pec::certification::{Error, MAX_OCTETS, ProfileFault};

fuzz_target!(|octets: &[u8]| {
    if let Ok(text) = std::str::from_utf8(octets) {
        trees::agree(text);
    }
    let data = match CertificationData::parse(octets) {
        Ok(data) => data,
        Err(error) => return assert_eq!(error == Error::TooLarge, octets.len() > MAX_OCTETS),
    };
    assert!(!data.recipients.is_empty());
    // What was read stands in the file: the instant is that of day, hour and zone.
    let (day, hour) = &data.clock;
    let (day, hour) = (day.split('/').rev().collect::<Vec<_>>().join("-"), hour);
    assert!(data.zone.abs() < 86_400, "{}", data.zone);
    assert!(
        data.time
            .rfc3339_at(data.zone)
            .starts_with(&format!("{day}T{hour}"))
    );
    for text in [&data.provider, &data.identifier] {
        assert_eq!(text.trim(), text);
    }
    let unknown = data.kind().is_none() || data.error().is_none();
    assert_eq!(
        unknown,
        data.profile_faults().contains(&ProfileFault::UnknownWord)
    );
    if let Some(code) = data.error_code() {
        assert!(
            data.extended_error
                .as_deref()
                .is_some_and(|text| text.trim_start().starts_with(code))
        );
    }
    // Nothing that was accepted can hide a second encoding.
    if !octets.starts_with(b"\xef\xbb\xbf") {
        let marked = [b"\xef\xbb\xbf", octets].concat();
        assert!(
            marked.len() > MAX_OCTETS || CertificationData::parse(&marked).as_ref() == Ok(&data)
        );
    }
});
