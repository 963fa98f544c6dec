//! What `pec --version -v` says of the build, and the texts of a language as one. Nothing here reads git
//! or the clock: the same source and the same compiler give the same program in any folder. Who packs
//! names the commit (`PEC_COMMIT`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "src/output/catalogue/flat.rs"]
mod flat;

const CATALOGUE: &str = "src/output/catalogue";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    tell_the_build();
    // The verifier alone says nothing.
    if env::var_os("CARGO_FEATURE_PROGRAM").is_some() {
        ["it", "en"].into_iter().for_each(write_catalogue);
    }
}

/// All texts of a language, for `output::catalogue`.
fn write_catalogue(lang: &str) {
    println!("cargo:rerun-if-changed={CATALOGUE}");
    let end = format!(".{lang}.toml");
    let files = fs::read_dir(CATALOGUE).expect("the folder of the catalogues");
    let paths = files.map(|file| file.expect("a name in it").path());
    let is_of_lang = |path: &PathBuf| path.to_string_lossy().ends_with(&end);
    let read = |path| fs::read_to_string(path).expect("a text of UTF-8");
    let sources: Vec<String> = paths.filter(is_of_lang).map(read).collect();
    let flat = flat::flat(sources.iter().map(String::as_str));
    let folder = env::var_os("OUT_DIR").expect("cargo names it");
    let write = |end: &str, text: &str| {
        let path = Path::new(&folder).join(format!("catalogue.{lang}.{end}"));
        fs::write(path, text).expect("written");
    };
    write("txt", &flat.octets);
    write("rs", &format!("{:?}", flat.ends));
}

fn tell_the_build() {
    println!("cargo:rerun-if-env-changed=PEC_COMMIT");
    let of = |name: &str| env::var(name).unwrap_or_default();
    let rustc = Command::new(of("RUSTC")).arg("--version").output();
    let rustc = rustc
        .ok()
        .and_then(|ran| String::from_utf8(ran.stdout).ok());
    let rustc = rustc.unwrap_or_default();
    for (name, value) in [
        ("COMMIT", of("PEC_COMMIT").trim()),
        ("RUSTC", rustc.trim().trim_start_matches("rustc ")),
        ("TARGET", &of("TARGET")),
    ] {
        println!("cargo:rustc-env=PEC_BUILT_{name}={value}");
    }
}
