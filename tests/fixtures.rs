//! Rebuilds every generated fixture in memory and compares it with the committed file, octet for
//! octet. `PEC_BLESS=1 cargo test --test fixtures` writes them anew, to be
//! read in review like code.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

/// Folders of `fixtures/` in which everything is generated, but for these names.
const WRITTEN_BY_HAND: [&str; 3] = ["README.md", "ecdsa.toml", "not-built.toml"];

#[test]
fn committed_fixtures_are_those_that_the_builder_makes() {
    let made = support::cases::files();
    let folder = support::fixtures_folder();
    if support::blessing() {
        bless(&folder, &made);
    }
    let mut wrong: Vec<String> = made
        .iter()
        .filter(|(path, octets)| std::fs::read(folder.join(path)).ok().as_ref() != Some(octets))
        .map(|(path, _)| format!("differs or is missing: {path}"))
        .collect();
    wrong.extend(
        strangers(&folder, &made)
            .iter()
            .map(|path| format!("nobody makes it: {path}")),
    );
    assert!(
        wrong.is_empty(),
        "{}\nrun with PEC_BLESS=1 and read the difference",
        wrong.join("\n")
    );
}

fn bless(folder: &Path, made: &BTreeMap<String, Vec<u8>>) {
    for stranger in strangers(folder, made) {
        std::fs::remove_file(folder.join(stranger)).expect("a file to remove");
    }
    for (path, octets) in made {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, octets).expect("a writable file");
    }
}

/// Files in generated folders that the builder does not make.
fn strangers(folder: &Path, made: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut found = Vec::new();
    for generated in ["pki", "providers", "receipts", "sent", "stamps", "vectors"] {
        walk(&folder.join(generated), &mut |path| {
            let name = path
                .strip_prefix(folder)
                .expect("below")
                .to_string_lossy()
                .into_owned();
            let by_hand = WRITTEN_BY_HAND.iter().any(|end| name.ends_with(end));
            if !by_hand && !name.starts_with("pki/keys/") && !made.contains_key(&name) {
                found.push(name);
            }
        });
    }
    found
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => walk(&path, visit),
            path => visit(&path),
        }
    }
}
