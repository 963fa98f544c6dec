//! How old something is, as people say it: `90d`, `6w`, `12m`, `2y`, or in Italian `90g`, `6s`, `12m`,
//! `2a`. Months and years are those of the calendar.

use super::Failure;
use crate::timestamp::Timestamp;

/// What is older is a slip of the hand: nobody keeps mail for more than a century.
const MOST_DAYS: i64 = 36_600;
const MOST_MONTHS: i64 = 1_200;

const SECONDS_A_DAY: i64 = 86_400;

/// An age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Days(i64),
    Months(i64),
}

impl Age {
    /// What the words after an option mean; units in either language.
    ///
    /// # Errors
    /// A [`Failure`] when they are no age.
    pub fn of(option: &'static str, words: String) -> Result<Self, Failure> {
        Self::read(&words).ok_or_else(|| {
            let option = ("option", option.to_owned());
            Failure::new("age", [option, ("value", words)])
        })
    }

    fn read(words: &str) -> Option<Self> {
        let words = words.trim().to_lowercase();
        let unit = words.chars().last()?;
        let number = words[..words.len() - unit.len_utf8()].trim_end();
        if number.is_empty() || !number.bytes().all(|octet| octet.is_ascii_digit()) {
            return None;
        }
        let number: i64 = number.parse().ok()?;
        let age = match unit {
            'd' | 'g' => Self::Days(number),
            'w' | 's' => Self::Days(number.checked_mul(7)?),
            'm' => Self::Months(number),
            'y' | 'a' => Self::Months(number.checked_mul(12)?),
            _ => return None,
        };
        let is_usual = match age {
            Self::Days(days) => days <= MOST_DAYS,
            Self::Months(months) => months <= MOST_MONTHS,
        };
        is_usual.then_some(age)
    }

    /// Whether everything is as old.
    pub const fn is_none(self) -> bool {
        matches!(self, Self::Days(0) | Self::Months(0))
    }

    /// The instant at which something of that age was new.
    pub fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Days(days) => Timestamp::from_unix(now.unix() - days * SECONDS_A_DAY),
            Self::Months(months) => now.months_later(-months),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_of_either_language() {
        for (words, age) in [
            ("90d", Some(Age::Days(90))),
            ("90g", Some(Age::Days(90))),
            ("6w", Some(Age::Days(42))),
            ("6s", Some(Age::Days(42))),
            (" 12M ", Some(Age::Months(12))),
            ("2y", Some(Age::Months(24))),
            ("2a", Some(Age::Months(24))),
            ("24 m", Some(Age::Months(24))),
            ("0d", Some(Age::Days(0))),
            ("100y", Some(Age::Months(1_200))),
            ("101y", None),
            ("1200m", Some(Age::Months(1_200))),
            ("1201m", None),
            ("36600d", Some(Age::Days(36_600))),
            ("36601d", None),
            ("24 mesi", None),
            ("9223372036854775807y", None),
            ("", None),
            ("m", None),
            ("12", None),
            ("-1m", None),
            ("+1m", None),
            ("1.5y", None),
            ("99999999999999999999d", None),
            ("99999y", None),
            ("1é", None),
        ] {
            assert_eq!(Age::read(words), age, "{words:?}");
        }
    }

    #[test]
    fn of_no_age_at_all_is_everything() {
        for words in ["0d", "0w", "0m", "0y"] {
            assert!(Age::read(words).unwrap().is_none(), "{words}");
        }
        for words in ["1d", "1w", "1m", "1y"] {
            assert!(!Age::read(words).unwrap().is_none(), "{words}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let now = Timestamp::parse("2026-03-31T08:00:00Z").unwrap();
        let before = Age::Months(1).before(now).to_string();
        assert_eq!(before, "2026-02-28T09:00:00Z");
        assert_eq!(
            Age::Months(12).before(now).to_string(),
            "2025-03-31T08:00:00Z"
        );
    }
}
