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

/// Whether a spreadsheet wrote this where it had no value: an error in Italian or English, marks
/// for a column too narrow, or a long code that it took for a number and shortened (`1,23E+11`).
pub fn is_error(text: &str) -> bool {
    const ERRORS: [&str; 16] = [
        "#N/D",
        "#N/A",
        "#DIV/0!",
        "#RIF!",
        "#REF!",
        "#VALORE!",
        "#VALUE!",
        "#NOME?",
        "#NAME?",
        "#NUM!",
        "#NULLO!",
        "#NULL!",
        "#ESPANSIONE!",
        "#SPILL!",
        "#CALC!",
        "#CAMPO!",
    ];
    let text = text.trim();
    // Each of them has one of these; most cells have none.
    if !text
        .bytes()
        .any(|octet| matches!(octet, b'#' | b':' | b'+'))
    {
        return false;
    }
    let is_narrow = text.len() >= 3 && text.bytes().all(|octet| octet == b'#');
    // LibreOffice: "Err:502".
    let is_numbered = text
        .strip_prefix("Err:")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|octet| octet.is_ascii_digit()));
    let is_shortened = text.split_once("E+").is_some_and(|(number, power)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|o| o.is_ascii_digit());
        let (whole, fraction) = number.split_once([',', '.']).unwrap_or((number, "0"));
        digits(whole) && digits(fraction) && digits(power)
    });
    let is_named = ERRORS.iter().any(|error| text.eq_ignore_ascii_case(error));
    is_named || is_narrow || is_numbered || is_shortened
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
    fn errors_of_spreadsheets_are_known() {
        for text in [
            "#N/D",
            " #DIV/0! ",
            "#rif!",
            "#####",
            "Err:502",
            "1,23457E+11",
            "8E+15",
        ] {
            assert!(is_error(text), "{text}");
        }
        for text in [
            "", "#", "#1", "N/D", "Err:", "E+", "1E+", "via E+1", "#hashtag", "12",
        ] {
            assert!(!is_error(text), "{text}");
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
