//! Containers of evidence as others see them: read by another reader than ours, put together anew,
//! verified by a stranger.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use postacert::asic::{Name, Writer};

use super::practising::Ran;

/// What is in a container, in its order, each name once.
pub fn entries(container: &Path) -> Vec<(String, Vec<u8>)> {
    let file = File::open(container).expect("a container");
    let mut zip = zip::ZipArchive::new(file).expect("a zip archive");
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).expect("an entry");
        let mut octets = Vec::new();
        entry.read_to_end(&mut octets).expect("its octets");
        let name = entry.name().expect("a name").into_owned();
        assert!(found.iter().all(|(known, _)| *known != name), "{name}");
        found.push((name, octets));
    }
    found
}

/// The entries of a container, put together anew in their order, with checksums that fit.
pub fn rebuilt(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("in memory");
    for (name, octets) in entries.iter().filter(|(name, _)| name != "mimetype") {
        let name = Name::new(&**name).expect("a name");
        writer.add(&name, octets).expect("in memory");
    }
    writer.finish().expect("in memory")
}

/// `pec verify` as a stranger asks it: no configuration, no ledger, another home.
pub fn stranger(what: &Path, more: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .args(["--lang", "en", "verify"])
        .args(more)
        .arg(what)
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .output();
    Ran::of(output.expect("the program starts"))
}
