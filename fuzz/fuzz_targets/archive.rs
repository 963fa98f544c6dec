//! Any octets as a zip: what it names, what comes out of it, and never more than is allowed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::input::{
    entry_within, files_in_archive, mail_in_archive, names_in_archive, unfolds_within,
};

const MOST: u64 = 1024 * 1024;

fuzz_target!(|octets: &[u8]| {
    let names = names_in_archive(octets);
    for name in names.iter().take(20) {
        let entry = entry_within(octets, name, MOST);
        assert!(entry.is_none_or(|entry| entry.len() as u64 <= MOST));
    }
    if unfolds_within(octets, MOST)
        && let Ok(files) = files_in_archive(octets.to_vec())
    {
        let whole: usize = files.filter_map(|(_, file)| Some(file.ok()?.len())).sum();
        assert!(whole as u64 <= MOST, "{whole}");
    }
    let _ = mail_in_archive(octets);
});
