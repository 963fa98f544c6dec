//! What `pec --version -v` says of the build. Nothing here reads git or the clock: the same source and
//! the same compiler give the same program in any folder. Who packs names the commit (`PEC_COMMIT`).

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PEC_COMMIT");
    let of = |name: &str| std::env::var(name).unwrap_or_default();
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
