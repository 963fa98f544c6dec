//! Containers of evidence: ASiC-E with a manifest (ETSI EN 319 162-1, 4.4), as this program writes
//! them and reads them back. Octets in, types out.
//!
//! A container is a zip archive that says what it is in its first entry (`mimetype`), and whose
//! manifest lists the SHA-256 of every other file. The manifest names the place of a time stamp over
//! itself ([`TIME_STAMP`]); without one nothing here is signed, and anybody could have made the same
//! container: then only what lies in it can prove anything.
//!
//! - `archive`: the zip archive, written in one form only, and read so that no two programs can see
//!   different files in it.
//! - `manifest`: ASiCManifest (EN 319 162-1, A.4).
//! - `name`: names of files that are the same everywhere.
//! - `checked`: what is in a container against what its manifests say.
//! - `flaw`: in what the two differ.
//! - `chain`: the manifests, from the first to that of the last time stamp (A.7).
//! - `renewal`: one more time stamp for a container.
//! - `nature`: what containers of others are.
//!
//! Time stamps are found here, and checked elsewhere (`smime::time_stamp`).
//!
//! Not done: signatures in containers of others (XAdES, CAdES), which are told and not judged.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod archive;
mod chain;
mod checked;
mod flaw;
mod manifest;
mod name;
mod nature;
mod renewal;

use std::io;

pub use archive::{Directory, Entry, Fault, MAX_ENTRIES, Writer};
pub use checked::{Checked, Content, Read, Stamp};
pub use flaw::Flaw;
pub use manifest::{Manifest, NoManifest, Reference};
pub use name::Name;
pub use nature::{Nature, Signed};
pub use renewal::Renewal;

/// The media type of a container, which is all that its first entry holds (EN 319 162-1, A.1).
pub const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// The media type of a container with one file (EN 319 162-1, 4.3).
const SIMPLE_MEDIA_TYPE: &str = "application/vnd.etsi.asic-s+zip";

/// What the media types of all containers begin with.
const MEDIA_TYPES: &str = "application/vnd.etsi.asic-";

/// The first entry.
pub const MIMETYPE: &str = "mimetype";

/// The manifest (EN 319 162-1, 4.4.3.2).
pub const MANIFEST: &str = "META-INF/ASiCManifest.xml";

/// The newest manifest of a later time stamp (EN 319 162-1, A.7).
pub const ARCHIVE_MANIFEST: &str = "META-INF/ASiCArchiveManifest.xml";

/// Where a time stamp over the manifest stands, once there is one.
pub const TIME_STAMP: &str = "META-INF/timestamp.tst";

/// The folder of what is about the container.
const META_INF: &str = "META-INF/";

/// Octets of a manifest: for each of [`MAX_ENTRIES`] some 400, and room.
const MAX_MANIFEST_OCTETS: u64 = 8 * 1024 * 1024;

/// Whether a file that begins so says that it is a container. A local header has 30 octets before
/// the name (APPNOTE 4.3.7).
pub fn is_container(head: &[u8]) -> bool {
    let said = head
        .strip_prefix(b"PK\x03\x04")
        .and_then(|rest| rest.get(26..));
    let said = said.and_then(|rest| rest.strip_prefix(MIMETYPE.as_bytes()));
    said.is_some_and(|rest| rest.starts_with(MEDIA_TYPES.as_bytes()))
}

/// Whether a file of this name is meant to be a container (EN 319 162-1, 4.3.3.1 and 4.4.3.1).
pub fn is_called_container(name: &str) -> bool {
    let endings = ["asice", "sce", "asics", "scs"];
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

/// Why a container could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The octets.
    #[error(transparent)]
    Fault(#[from] Fault),
}
