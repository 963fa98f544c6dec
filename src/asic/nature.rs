//! What kind of container others made, by the names in it: told, and not judged.

use super::{Directory, META_INF};

/// By what a container of others says that it is held together (EN 319 162-1, 4.3.3 and 4.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Signatures in XML (XAdES).
    Xades,
    /// Signatures in CMS (CAdES).
    Cades,
    /// A time stamp alone.
    TimeStamp,
    /// Nothing that is known here.
    Nothing,
}

/// What kind of container it is that others made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// With one file (ASiC-S).
    Simple(Signed),
    /// With several (ASiC-E), or what claims to be one.
    Extended(Signed),
}

impl Nature {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Simple(Signed::Xades) => "asic-s-xades",
            Self::Simple(Signed::Cades) => "asic-s-cades",
            Self::Simple(Signed::TimeStamp) => "asic-s-time-stamp",
            Self::Simple(Signed::Nothing) => "asic-s",
            Self::Extended(Signed::Xades) => "asic-e-xades",
            Self::Extended(Signed::Cades) => "asic-e-cades",
            Self::Extended(Signed::TimeStamp) => "asic-e-time-stamp",
            Self::Extended(Signed::Nothing) => "asic-e",
        }
    }

    /// The words of all of them.
    pub const WORDS: [&'static str; 8] = [
        "asic-s-xades",
        "asic-s-cades",
        "asic-s-time-stamp",
        "asic-s",
        "asic-e-xades",
        "asic-e-cades",
        "asic-e-time-stamp",
        "asic-e",
    ];
}

/// By what the names in a container say that it is held together.
pub(super) fn signed(directory: &Directory) -> Signed {
    let names = || {
        let names = directory.entries.iter().map(|entry| &*entry.name);
        names
            .filter_map(|name| name.strip_prefix(META_INF))
            .map(str::to_ascii_lowercase)
    };
    if names().any(|name| name.contains("signature") && name.ends_with(".xml")) {
        Signed::Xades
    } else if names().any(|name| name.ends_with(".p7s")) {
        Signed::Cades
    } else if names().any(|name| name.ends_with(".tst")) {
        Signed::TimeStamp
    } else {
        Signed::Nothing
    }
}
