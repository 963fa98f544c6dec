//! In what a container differs from what its manifests say.

use super::{MANIFEST, NoManifest};

/// In what a container differs from its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A file has other octets than the manifest lists.
    Changed {
        /// Its name.
        name: String,
        /// The SHA-256 that is listed.
        expected: String,
        /// That of what is there.
        found: String,
    },
    /// A file has the octets that are listed for another one.
    Exchanged {
        /// Its name.
        name: String,
        /// Whose octets it has.
        with: String,
    },
    /// A file that is listed is not there.
    Missing {
        /// Its name.
        name: String,
    },
    /// A file is there that is not listed.
    Added {
        /// Its name.
        name: String,
    },
    /// The octets are those that are listed, and their checksum in the archive is another.
    Checksum {
        /// The name.
        name: String,
    },
    /// There is no manifest.
    NoManifest,
    /// A manifest cannot be read.
    Unreadable {
        /// Its name.
        name: String,
        /// Why.
        why: NoManifest,
    },
}

impl Flaw {
    /// The words of all of them.
    pub const WORDS: [&'static str; 7] = [
        "changed",
        "exchanged",
        "missing",
        "added",
        "checksum",
        "no-manifest",
        "manifest-unreadable",
    ];

    /// A stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Exchanged { .. } => "exchanged",
            Self::Missing { .. } => "missing",
            Self::Added { .. } => "added",
            Self::Checksum { .. } => "checksum",
            Self::NoManifest => "no-manifest",
            Self::Unreadable { .. } => "manifest-unreadable",
        }
    }

    /// The file that it is about.
    pub fn name(&self) -> &str {
        match self {
            Self::Changed { name, .. }
            | Self::Exchanged { name, .. }
            | Self::Missing { name }
            | Self::Added { name }
            | Self::Checksum { name }
            | Self::Unreadable { name, why: _ } => name,
            Self::NoManifest => MANIFEST,
        }
    }
}
