//! The test authority and the receipt builder: the independent side of the suite.
//!
//! Everything under `fixtures/` that can be made is made here, from the rules and from the keys in
//! `fixtures/pki/keys`; nothing is taken from the program under test. Each builder is correct by
//! default, and each case changes one thing.

#![allow(dead_code, reason = "a toolbox: not every tool is in use at any time")]

pub mod authority;
pub mod cases;
pub mod cms;
pub mod containers;
pub mod daticert;
pub mod der;
pub mod digest;
pub mod hostile;
pub mod keys;
pub mod mailbox;
pub mod message;
pub mod number;
pub mod ocsp;
pub mod page;
pub mod pki;
pub mod practising;
pub mod providers;
pub mod random;
pub mod receipt;
pub mod schema;
pub mod scripted;
pub mod sender;
pub mod servers;
pub mod shelf;
pub mod skipped;
pub mod stamp;
pub mod text;
pub mod tls;
pub mod world;

use std::path::PathBuf;

/// `fixtures/` of this crate.
pub fn fixtures_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Whether committed fixtures are to be written anew: `PEC_BLESS=1`.
pub fn blessing() -> bool {
    std::env::var_os("PEC_BLESS").is_some_and(|value| value == "1")
}
