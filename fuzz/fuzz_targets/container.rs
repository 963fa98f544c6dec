//! Any octets as a container of evidence, and as the manifest in one.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use postacert::asic::{Manifest, Read};

fuzz_target!(|octets: &[u8]| {
    if let Ok(Read::Evidence(checked)) = Read::of(&mut Cursor::new(octets)) {
        // What was read fits into what there is: no entry shares octets with another.
        let sum: u64 = checked.files.iter().map(|file| file.entry.size()).sum();
        assert!(sum < octets.len() as u64);
    }
    if let Ok(manifest) = Manifest::parse(octets) {
        let files = manifest.files.clone();
        let again = Manifest {
            signature: "META-INF/timestamp.tst".to_owned(),
            previous: manifest.previous,
            files,
        };
        assert_eq!(Manifest::parse(again.write().as_bytes()), Ok(again));
    }
});
