//! Text from messages made safe to show: nothing in it reaches a terminal raw.

use std::fmt::{self, Write};

/// A text without white space around it; nearly all have none, which is seen at once.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Whether a character acts on a terminal or on the reader instead of being read:
/// controls (C0, DEL, C1), bidirectional overrides and isolates, zero-width and other
/// invisible characters, line and paragraph separators, tags and variation selectors.
#[inline]
pub fn is_deceptive(c: char) -> bool {
    // Nearly all are one of these.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Shows a text with every deceptive character as `\u{…}`, and cut at a length.
///
/// The text itself is not changed; only what is written to a person is.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

/// Characters shown of one value: more than any address or subject that a person reads;
/// a longer one would push the verdict off the screen.
const SHOWN_CHARACTERS: usize = 1_000;

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.0.len() > SHOWN_CHARACTERS {
            true => self.0.char_indices().nth(SHOWN_CHARACTERS),
            false => None,
        };
        let Some((end, _)) = end else {
            return write_safe(self.0, f);
        };
        write_safe(&self.0[..end], f)?;
        f.write_str("…")
    }
}

/// A text whole, with every deceptive character as `\u{…}`: for pages, which have room.
#[cfg(feature = "program")]
pub(crate) fn undeceptive(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    write_safe(text, &mut safe).expect("a string takes all");
    safe
}

fn write_safe(text: &str, out: &mut impl Write) -> fmt::Result {
    for (plain, deceptive) in pieces(text) {
        out.write_str(plain)?;
        if let Some(c) = deceptive {
            write!(out, "{}", c.escape_unicode())?;
        }
    }
    Ok(())
}

/// A text in pieces that show what they are, each with the deceptive character behind it, if there is one.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    // ASCII that prints, as nearly all of it is; not ended at the first other octet, so that many are
    // compared at once.
    let is_plain = |plain, octet| plain & matches!(octet, b' '..=b'~');
    let is_plain = text.bytes().fold(true, is_plain);
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        if is_plain {
            return Some((text, None));
        }
        let mut characters = text.char_indices();
        let Some((at, c)) = characters.find(|(_, c)| is_deceptive(*c)) else {
            return Some((text, None));
        };
        rest = Some(characters.as_str());
        Some((&text[..at], Some(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_is_shown_raw() {
        let hostile = "a\u{1b}[31mrosso\u{7}\r\n\u{202e}txt\u{200b}\u{feff}\u{9b}2J\u{2066}";
        let shown = Printable(hostile).to_string();
        assert!(!shown.chars().any(is_deceptive), "{shown}");
        assert!(shown.starts_with("a\\u{1b}[31mrosso\\u{7}"));
        assert_eq!(Printable("\u{7f}è\u{85}").to_string(), "\\u{7f}è\\u{85}");
    }

    #[test]
    fn italian_text_is_left_alone() {
        let text = "Perché no? «È così», 100 € — fine…";
        assert_eq!(Printable(text).to_string(), text);
    }

    #[test]
    fn long_values_are_cut() {
        for sign in ["x", "è"] {
            let shown = Printable(&sign.repeat(5_000)).to_string();
            assert_eq!(shown, sign.repeat(SHOWN_CHARACTERS) + "…");
            let whole = sign.repeat(SHOWN_CHARACTERS);
            assert_eq!(Printable(&whole).to_string(), whole);
        }
    }
}
