//! Days and times as people write them: a day of Italy, a day and a time, `today`, `yesterday`.

use super::Failure;
use crate::timestamp::Timestamp;

/// A day, or an instant of one.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    At(Timestamp),
    /// The day that begins then.
    Day(Timestamp),
    /// The day that was so many days ago.
    DaysAgo(i64),
}

impl When {
    /// What the words after an option mean.
    ///
    /// # Errors
    /// A [`Failure`] when they are no date.
    pub fn of(option: &'static str, words: String) -> Result<Self, Failure> {
        Self::read(&words).ok_or_else(|| {
            Failure::new(
                "since-when",
                [("option", option.to_owned()), ("value", words)],
            )
        })
    }

    fn read(words: &str) -> Option<Self> {
        match words.trim().to_lowercase().as_str() {
            "today" | "oggi" => Some(Self::DaysAgo(0)),
            "yesterday" | "ieri" => Some(Self::DaysAgo(1)),
            other => {
                let at = Timestamp::parse_shown(&other.to_uppercase()).ok()?;
                let is_day = !other.contains(':');
                Some(if is_day { Self::Day(at) } else { Self::At(at) })
            }
        }
    }

    /// When it begins.
    pub fn start(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) | Self::Day(at) => at,
            Self::DaysAgo(days) => now.day_before(days),
        }
    }

    /// The first instant after it.
    pub fn end(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => Timestamp::from_unix(at.unix().saturating_add(1)),
            Self::Day(at) => at.day_before(-1),
            Self::DaysAgo(days) => now.day_before(days - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_beginning_and_an_end_and_an_instant_is_itself() {
        let now = Timestamp::parse("2026-11-29T20:00:00Z").expect("a time");
        for (words, start, end) in [
            ("28/11/2026", "2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z"),
            ("2026-11-28", "2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z"),
            // The night in which the clocks change.
            ("29/03/2026", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (
                "28/11/2026 12:06",
                "2026-11-28T11:06:00Z",
                "2026-11-28T11:06:01Z",
            ),
            ("oggi", "2026-11-28T23:00:00Z", "2026-11-29T23:00:00Z"),
            ("Yesterday", "2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z"),
        ] {
            let when = When::read(words).expect(words);
            let said = (when.start(now).to_string(), when.end(now).to_string());
            assert_eq!(said, (start.to_owned(), end.to_owned()), "{words}");
        }
        assert!(When::read("domani l'altro").is_none());
    }
}
