//! `pec`: Italian certified e-mail (PEC) from the command line.
//!
//! Certified mail has the weight of a registered letter. This program sends it, never twice, finds
//! its receipts, proves each one genuine or not, and says for every recipient where it stands.
//!
//! Whoever wants the judgement alone builds the crate with `default-features = false`: no network,
//! no ledger, no command line. Time, trust and octets are handed in; the built-in trust is
//! [`Trust::built_in`](providers::Trust::built_in).
//!
//! ```
//! use postacert::providers::Trust;
//! use postacert::timestamp::Timestamp;
//! use postacert::verify::{Question, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trust = Trust::parse(&std::fs::read_to_string("fixtures/pki/trust.toml")?, "practice")?;
//! let octets = std::fs::read("fixtures/receipts/avvenuta-consegna-completa.eml")?;
//! let question = Question::new(Timestamp::parse("2026-11-22T12:00:00Z")?);
//! match Verifier::new(trust).examine(&octets, &question).into_verified() {
//!     Ok(receipt) => println!("genuine: {:?} of {}", receipt.kind(), receipt.data().time),
//!     Err(examination) => println!("not proved: {:?}", examination.headline()),
//! }
//! # Ok(()) }
//! ```
//!
//! Where things are:
//!
//! - [`verify`]: judgement; its documentation lists the steps and where each is.
//! - [`mime`], [`smime`], [`pec`], [`providers`]: formats. Octets in, types out.
//! - [`asic`]: containers of evidence; a format too.
//! - [`batch`]: many notices from one table.
//! - [`contents`]: what a message holds, for a person to read.
//! - [`court`]: what law courts take when receipts are filed.
//! - [`input`]: files, folders, archives to octets.
//! - [`account`], [`transport`], [`ledger`]: who we are, the servers, what we keep.
//! - [`offices`]: public offices and their addresses, out of open data.
//! - [`practice`]: a certified mail provider on the loopback interface, to learn and to test.
//! - [`client`]: sending once, reading receipts, waiting; the journeys over all of these.
//! - [`command`], [`output`], [`context`]: the command line, its texts, the world around it.
//! - [`located`]: TOML that people write, with the line of what is wrong.
//! - [`timestamp`], [`address`], [`printable`], [`secret`], [`lang`], [`exit`], [`work`]: words
//!   that all others use.
//!
//! The layer rule, held by `tests/layers.rs`:
//!
//! ```text
//! 6  main
//! 5  command  context -> output    output never imports command
//! 4  client                        journeys: time and network are handed in
//! 3  input  transport  ledger      edges of the world; they do not import each other,
//!    account  practice  offices    but account may name servers (transport)
//! 2  verify  batch  contents       judgement; tables of notices; what a message holds; what
//!    court                         courts take
//! 1  mime  smime  pec  providers   formats: no clock, no disk, no socket
//!    asic
//! 0  timestamp  address -> printable  secret  lang  located  exit  work
//! ```
//!
//! A module imports from lower layers only. Inside layer 1, `pec` may use `mime`, and
//! `providers` and `asic` may use `smime`; `mime` and `smime` know neither each other nor `pec`. Each
//! package that could be replaced lives in one module: `clap` and `anyhow` in `command`,
//! `x509-cert` and `aws-lc-rs` in `smime`, `mail-parser` and `base64-simd` in `mime`, `indicatif` and,
//! for PDF, `krilla` and `skrifa` in `output`, `minijinja` in `batch` and `output`, `zip` in `input`,
//! `crc32fast` in `asic`, `calamine` and `rust_xlsxwriter` in `batch`, `encoding_rs` there and in
//! `contents`, `html5gum`, `icu_normalizer` and `infer` in `contents`, `lettre`, `imap`, `ureq`, `rustls`
//! and `simple_dns` in `transport`, `rusqlite` in `ledger` and `offices`,
//! `rpassword` in `account`, `imap-codec`
//! and `cms` in `practice`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
// The verifier alone has no modules for some of these links.
#![cfg_attr(feature = "program", deny(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "program")]
pub mod account;
pub mod address;
#[cfg(feature = "program")]
pub mod asic;
#[cfg(feature = "program")]
pub mod batch;
#[cfg(feature = "program")]
pub mod client;
#[cfg(feature = "program")]
pub mod command;
#[cfg(feature = "program")]
pub mod contents;
#[cfg(feature = "program")]
pub mod context;
#[cfg(feature = "program")]
pub mod court;
#[cfg(feature = "program")]
pub mod exit;
#[cfg(feature = "program")]
pub mod input;
#[cfg(feature = "program")]
pub mod lang;
#[cfg(feature = "program")]
pub mod ledger;
pub mod located;
pub mod mime;
#[cfg(feature = "program")]
pub mod offices;
#[cfg(feature = "program")]
pub mod output;
pub mod pec;
#[cfg(feature = "program")]
pub mod practice;
pub mod printable;
pub mod providers;
#[cfg(feature = "program")]
pub mod secret;
pub mod smime;
pub mod timestamp;
#[cfg(feature = "program")]
pub mod transport;
pub mod verify;
pub mod work;
