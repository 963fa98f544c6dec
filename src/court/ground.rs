//! On what a rule of a court rests, and how sure that is.

use serde::Deserialize;

/// How sure a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sureness {
    /// Derived, from an earlier text, or read more narrowly than needed.
    Soft,
    /// Read in its source.
    Read,
}

impl Sureness {
    /// The word in the data and in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Read => "read",
        }
    }
}

/// What a rule rests on.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// How sure it is.
    pub sure: Sureness,
    /// Where it stands.
    pub source: String,
    /// The day on which that was read, `2026-11-29`.
    pub checked_on: String,
}
