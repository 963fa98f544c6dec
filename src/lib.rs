//! `pec`: Italian certified e-mail (PEC) from the command line.
//!
//! Certified mail has the weight of a registered letter. This program sends it, never twice, finds
//! its receipts, proves each one genuine or not, and says for every recipient where it stands.
//!
//! Where things are:
//!
//! - [`verify`]: judgement; its documentation lists the steps and where each is.
//! - [`mime`], [`smime`], [`pec`], [`providers`]: formats. Octets in, types out.
//! - [`batch`]: many notices from one table.
//! - [`input`]: files, folders, archives to octets.
//! - [`account`], [`transport`], [`ledger`]: who we are, the servers, what we keep.
//! - [`practice`]: a certified mail provider on the loopback interface, to learn and to test.
//! - [`client`]: sending once, reading receipts, waiting; the journeys over all of these.
//! - [`command`], [`output`], [`context`]: the command line, its texts, the world around it.
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
//!    account  practice             but account may name servers (transport)
//! 2  verify  batch                 judgement; tables of notices
//! 1  mime  smime  pec  providers   formats: no clock, no disk, no socket
//! 0  timestamp  address -> printable  secret  lang  exit  work
//! ```
//!
//! A module imports from lower layers only. Inside layer 1, `pec` may use `mime` and
//! `providers` may use `smime`; `mime` and `smime` know neither each other nor `pec`. Each
//! package that could be replaced lives in one module: `clap` and `anyhow` in `command`,
//! `x509-cert` and `aws-lc-rs` in `smime`, `mail-parser` and `base64-simd` in `mime`, `indicatif`
//! in `output`, `zip` in `input`, `minijinja`, `encoding_rs`, `calamine` and `rust_xlsxwriter` in
//! `batch`, `lettre`, `imap` and `rustls` in `transport`, `rusqlite` in `ledger`, `rpassword` in `account`, `imap-codec` in
//! `practice`.

#![forbid(unsafe_code)]
#![deny(missing_docs, rustdoc::broken_intra_doc_links)]

pub mod account;
pub mod address;
pub mod batch;
pub mod client;
pub mod command;
pub mod context;
pub mod exit;
pub mod input;
pub mod lang;
pub mod ledger;
pub mod mime;
pub mod output;
pub mod pec;
pub mod practice;
pub mod printable;
pub mod providers;
pub mod secret;
pub mod smime;
pub mod timestamp;
pub mod transport;
pub mod verify;
pub mod work;
