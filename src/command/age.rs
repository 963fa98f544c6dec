//! How old something is, as people say it: `90d`, `6w`, `12m`, `2y`. Months and years are those of the
//! calendar.

use super::Failure;
use crate::timestamp::Timestamp;

/// Numbers beyond these are slips of the hand: nobody waits for a century.
const MOST: i64 = 36_500;

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
        let number = &words[..words.len() - unit.len_utf8()];
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
        (number <= MOST).then_some(age)
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
            ("0d", Some(Age::Days(0))),
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
