//! By which trust data, and by which version of this program, something was judged.

use std::fmt;

use crate::providers::Trust;
use crate::providers::trust::Source;

/// Whose authorities they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorities {
    /// Those compiled in.
    BuiltIn,
    /// Those that the account names: they speak for it only.
    OfTheAccount,
}

impl Authorities {
    /// The word in the ledger.
    const fn word(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::OfTheAccount => "file",
        }
    }
}

/// Who judged. What another one judged, and could not prove, is judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedBy {
    /// Whose authorities.
    pub authorities: Authorities,
    /// The day of the trust data, as they state it, and after a `+` the snapshot of the store, where
    /// there is one: what it adds may settle what was open. `None`: they state none.
    pub edition: Option<String>,
    /// The version of this program.
    pub version: String,
}

/// Stands for the day of trust data that state none.
const UNDATED: &str = "undated";

impl JudgedBy {
    /// This version of the program by these data.
    pub fn of(trust: &Trust) -> Self {
        Self {
            authorities: match trust.source {
                Source::BuiltIn | Source::Kept(_) => Authorities::BuiltIn,
                Source::Files(_) => Authorities::OfTheAccount,
            },
            edition: match &trust.source {
                Source::Kept(snapshot) => {
                    let day = trust.as_of.as_deref().unwrap_or(UNDATED);
                    Some(format!("{day}+{snapshot}"))
                }
                Source::BuiltIn | Source::Files(_) => trust.as_of.clone(),
            },
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// As the ledger has it; `None` for what the first versions wrote, who kept the day alone.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (judged, version) = text.rsplit_once(" pec ")?;
        let (word, edition) = judged.split_once(' ')?;
        let all = [Authorities::BuiltIn, Authorities::OfTheAccount];
        Some(Self {
            authorities: all.into_iter().find(|one| one.word() == word)?,
            edition: Some(edition.to_owned()).filter(|day| day != UNDATED),
            version: version.to_owned(),
        })
    }
}

/// As the ledger has it.
impl fmt::Display for JudgedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edition = self.edition.as_deref().unwrap_or(UNDATED);
        let word = self.authorities.word();
        write!(f, "{word} {edition} pec {}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        for authorities in [Authorities::BuiltIn, Authorities::OfTheAccount] {
            for edition in [None, Some("2026-11-22".to_owned()), Some("a b".to_owned())] {
                let judged = JudgedBy {
                    authorities,
                    edition,
                    version: "0.1.0".to_owned(),
                };
                assert_eq!(JudgedBy::read(&judged.to_string()), Some(judged));
            }
        }
        // What is in ledgers already.
        let known = JudgedBy::read("file 2026-11-22 pec 0.1.0").expect("known");
        assert_eq!(known.authorities, Authorities::OfTheAccount);
        assert_eq!(JudgedBy::read("2026-11-22"), None);
    }
}
