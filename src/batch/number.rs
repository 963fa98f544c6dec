//! Numbers as people write them in tables, Italian (`1.234,56`) or English (`1,234.56`).
//!
//! What may be read in two ways is never read in one: `1.234` is a thousand and more in Italy,
//! and little more than one elsewhere. What begins with a needless zero is a code (`00118`),
//! no number.

/// What a text is as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// No number.
    None,
    /// A number or another: one group of three digits behind a single sign.
    Ambiguous,
    /// Digits, with a sign before them and a point in them where they have any.
    Number(String),
}

/// Reads a text; blanks and a sign of the euro around the number do not matter.
pub fn read(text: &str) -> Reading {
    let bare = without_currency(text.trim());
    let (sign, digits) = match bare.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", bare.strip_prefix('+').unwrap_or(bare)),
    };
    let is_plain = |octet: u8| octet.is_ascii_digit() || matches!(octet, b'.' | b',');
    let ends_well = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit());
    if !ends_well || !digits.bytes().all(is_plain) {
        return Reading::None;
    }
    match split(digits) {
        Some((whole, _)) if whole.len() > 1 && whole.starts_with('0') => Reading::None,
        Some((whole, "")) => Reading::Number(format!("{sign}{whole}")),
        Some((whole, fraction)) => {
            let signs = digits.bytes().filter(|octet| !octet.is_ascii_digit());
            if signs.count() == 1 && fraction.len() == 3 && whole.len() <= 3 && whole != "0" {
                return Reading::Ambiguous;
            }
            Reading::Number(format!("{sign}{whole}.{fraction}"))
        }
        None => Reading::None,
    }
}

fn without_currency(text: &str) -> &str {
    const NAMES: [&str; 3] = ["€", "EUR", "euro"];
    for name in NAMES {
        if let Some(rest) = text.strip_prefix(name).or_else(|| text.strip_suffix(name)) {
            return rest.trim();
        }
    }
    text
}

/// The whole part without its signs of thousands, and the fraction.
fn split(digits: &str) -> Option<(String, &str)> {
    let Some(at) = digits.rfind(['.', ',']) else {
        return Some((digits.to_owned(), ""));
    };
    let last = &digits[at..=at];
    let (before, behind) = (&digits[..at], &digits[at + 1..]);
    if before.contains(last) {
        // The same sign again: thousands, and no fraction.
        return grouped(digits, last).map(|whole| (whole, ""));
    }
    let other = if last == "." { "," } else { "." };
    let whole = match before.contains(other) {
        true => grouped(before, other)?,
        false => before.to_owned(),
    };
    Some((whole, behind))
}

/// Groups of three digits behind one of one to three.
fn grouped(digits: &str, sign: &str) -> Option<String> {
    let mut groups = digits.split(sign);
    let first = groups.next()?;
    let is_first = (1..=3).contains(&first.len()) && !first.starts_with('0');
    let is_group = |group: &str| group.len() == 3 && group.bytes().all(|o| o.is_ascii_digit());
    (is_first && first.bytes().all(|o| o.is_ascii_digit()) && groups.all(is_group))
        .then(|| digits.replace(sign, ""))
}

/// A day: `31/12/2026`, also with points or hyphens, or `2026-12-31`; year, month, day.
pub fn day(text: &str) -> Option<(u32, u32, u32)> {
    let text = text.trim();
    let sign = text.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let parts: Vec<&str> = text.split(sign).collect();
    let [first, second, third] = parts[..] else {
        return None;
    };
    let number = |part: &str| {
        let plain = !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| plain)
    };
    let (year, month, day) = match (first.len(), third.len()) {
        (4, 1..=2) => (number(first)?, number(second)?, number(third)?),
        (1..=2, 4) => (number(third)?, number(second)?, number(first)?),
        _ => return None,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn italian_and_english_numbers_are_numbers() {
        for (text, number) in [
            ("50", "50"),
            ("0", "0"),
            ("-7", "-7"),
            ("+7", "7"),
            ("12,5", "12.5"),
            ("12.50", "12.50"),
            ("0,125", "0.125"),
            ("1234,567", "1234.567"),
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1.234.567", "1234567"),
            ("1,234,567", "1234567"),
            ("1.234.567,8", "1234567.8"),
            ("€ 1.234,56", "1234.56"),
            ("1.234,56\u{a0}€", "1234.56"),
            ("EUR 50", "50"),
            ("-€ 3", ""),
        ] {
            let expected = match number {
                "" => Reading::None,
                number => Reading::Number(number.to_owned()),
            };
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_may_be_two_numbers_is_none_of_them() {
        for text in ["1.234", "1,234", "-12.500", "€ 999,999"] {
            assert_eq!(read(text), Reading::Ambiguous, "{text}");
        }
    }

    #[test]
    fn codes_dates_and_words_are_no_numbers() {
        for text in [
            "",
            " ",
            "abc",
            "00118",
            "007,5",
            "1.2.3",
            "31.12.2026",
            "12.34.567",
            "1..2",
            "1,",
            ",5",
            "12:30",
            "1e3",
            "50%",
            "1.23,45.6",
            "٣",
            "1.234.56",
            "0.123.456",
            "-",
            "€",
        ] {
            assert_eq!(read(text), Reading::None, "{text}");
        }
    }

    #[test]
    fn days_are_read_in_both_orders() {
        assert_eq!(day("31/12/2026"), Some((2026, 12, 31)));
        assert_eq!(day("1.2.2026"), Some((2026, 2, 1)));
        assert_eq!(day("2026-12-31"), Some((2026, 12, 31)));
        for text in [
            "31/12/26",
            "12/31/2026",
            "2026-13-01",
            "1/2",
            "a/b/2026",
            "+1/02/2026",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
