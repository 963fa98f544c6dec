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

#[cfg(test)]
mod tests {
    use super::parse;

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
