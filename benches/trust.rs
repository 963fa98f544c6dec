//! What the store of trust costs: `pec verify` of one receipt, whole processes, with ten lists of ten
//! thousand domains imported and with none; both in turn, in one run. A ratio and a difference.
//!
//! `cargo bench --bench trust`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Imported lists, and domains in each.
const LISTS: usize = 10;
const DOMAINS: usize = 10_000;
/// Runs of each kind; the median counts.
const RUNS: usize = 51;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let [without, with] = ["without", "with"].map(|name| folder.path().join(name));
    fs::create_dir(&without).expect("a folder");
    fs::create_dir(&with).expect("a folder");
    for list in 0..LISTS {
        let file = folder.path().join(format!("{list}.ldif"));
        fs::write(&file, ldif(list)).expect("a list");
        let status = pec(&with)
            .args(["trust", "import"])
            .arg(&file)
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("the program starts").success());
    }
    let (mut slow, mut fast) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        fast.push(verify(&without));
        slow.push(verify(&with));
    }
    let (slow, fast) = (median(slow), median(fast));
    let ratio = slow.as_secs_f64() / fast.as_secs_f64();
    println!(
        "one receipt, {LISTS} lists of {DOMAINS} domains against none: {ratio:.2} times \
         ({slow:.1?} against {fast:.1?})"
    );
}

fn pec(data: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pec"));
    program.arg("--data-dir").arg(data);
    program
}

fn verify(data: &Path) -> Duration {
    let receipt = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/receipts/avvenuta-consegna-completa.eml");
    let mut program = pec(data);
    program.arg("verify").arg(receipt).stdout(Stdio::null());
    let start = Instant::now();
    program.status().expect("the program starts");
    start.elapsed()
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

/// Twenty providers that share the domains.
fn ldif(list: usize) -> String {
    let mut out = String::from("dn: o=postacert\nobjectclass: top\n");
    for provider in 0..20 {
        out += &format!(
            "\ndn: providerName=Gestore {provider},o=postacert\nproviderName: Gestore {provider}\n\
             providerCertificateHash: {provider:040x}\n"
        );
        for domain in 0..DOMAINS / 20 {
            out += &format!("managedDomains: l{list}-p{provider}-d{domain}.example\n");
        }
    }
    out
}
