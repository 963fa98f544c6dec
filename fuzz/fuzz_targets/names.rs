//! Any octets as the answer of a name server.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::transport::names::{Exchangers, answered};

fuzz_target!(|octets: &[u8]| {
    // The number of the question is that of the message, so that it is read at all.
    let id = octets.first_chunk().map_or(0, |id| u16::from_be_bytes(*id));
    if let Some(Exchangers::Hosts(hosts)) = answered(octets, "comune.example", id) {
        assert!(!hosts.is_empty());
    }
});
