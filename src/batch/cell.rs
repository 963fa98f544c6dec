//! Cells of a CSV that a spreadsheet may open: quoted, and never run as a formula.

use std::borrow::Cow;

/// A cell of CSV (RFC 4180): always between quotation marks. What a spreadsheet would run gets
/// an apostrophe in front, which it takes for "text follows".
pub fn csv(text: &str) -> String {
    format!("\"{}\"", harmless(text).replace('"', "\"\""))
}

/// The text, with an apostrophe in front where a spreadsheet would take it for a formula: it
/// begins with `=`, `+`, `-`, `@`, a tab or a carriage return (OWASP, "CSV Injection"). Plain
/// numbers with a sign are left alone.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    let dangerous = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    );
    if !dangerous || is_number(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{text}"))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|octet| octet.is_ascii_digit() || b"., ".contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for formula in [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "＝1",
        ] {
            assert_eq!(csv(formula), format!("\"'{formula}\""));
        }
    }

    #[test]
    fn what_is_none_stays() {
        for text in ["", "a=b", "-12,50", "+39 06 1234", "12.5", "'=1"] {
            assert_eq!(csv(text), format!("\"{text}\""));
        }
        assert_eq!(csv("a;\"b\"\nc"), "\"a;\"\"b\"\"\nc\"");
    }
}
