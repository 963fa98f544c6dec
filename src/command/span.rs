//! Spans of time as people write them: `90s`, `30m`, `2h`, `1d`.

use std::time::Duration;

/// Reads a whole number and one of the units `s`, `m`, `h`, `d`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err("90s, 30m, 2h, 1d".to_owned()),
    };
    let number: u32 = text[..text.len() - 1]
        .parse()
        .map_err(|_| "90s, 30m, 2h, 1d".to_owned())?;
    Ok(Duration::from_secs(u64::from(number) * unit))
}

/// A span as it is typed, in the largest unit that gives a whole number.
pub(super) fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    let (unit, sign) = unit.unwrap_or((1, 's'));
    format!("{}{sign}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::{parse, words};

    #[test]
    fn a_span_is_shown_as_it_is_typed() {
        for text in ["90s", "30m", "2h", "1d", "0s", "61m"] {
            assert_eq!(words(parse(text).unwrap()), text);
        }
        assert_eq!(words(parse("120s").unwrap()), "2m");
    }

    #[test]
    fn a_number_and_a_unit() {
        assert_eq!(parse("90s").unwrap().as_secs(), 90);
        assert_eq!(parse("30m").unwrap().as_secs(), 1_800);
        assert_eq!(parse("2h").unwrap().as_secs(), 7_200);
        assert_eq!(parse("1d").unwrap().as_secs(), 86_400);
        for wrong in ["", "m", "5", "-1h", "1.5h", "1 h", "h1", "5é"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
