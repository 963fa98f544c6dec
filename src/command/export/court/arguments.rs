//! The words of the command line for kinds of law courts.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::court::Court;

/// For `send` too.
impl ValueEnum for Court {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    /// In the words of the rules, and in English.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let english = match self {
            Self::Civile => "civil",
            Self::Tributario => "tax",
            Self::Amministrativo => "administrative",
        };
        Some(PossibleValue::new(self.word()).alias(english))
    }
}
