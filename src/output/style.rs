//! Colour for three words; nothing else is coloured.

use std::fmt;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences at all.
    Plain,
    /// ANSI colours.
    Colored,
}

/// What a word means, not which colour it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Yes.
    Good,
    /// No.
    Bad,
    /// Undecided, or odd.
    Unsure,
    /// Less important.
    Faint,
}

impl Style {
    /// The text in its tone.
    pub fn paint<T: fmt::Display>(self, tone: Tone, text: T) -> String {
        let code = match tone {
            Tone::Good => "1;32",
            Tone::Bad => "1;31",
            Tone::Unsure => "1;33",
            Tone::Faint => "2",
        };
        match self {
            Self::Plain => text.to_string(),
            Self::Colored => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}
