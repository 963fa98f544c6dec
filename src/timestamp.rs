//! Instants in whole seconds, and Italian legal time.
//!
//! PEC data carry seconds and no fractions (RFC 6109, 4.1 and 4.2). Nothing here reads a
//! clock: an instant is always handed in.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// How an instant looks in JSON, as a regular expression: RFC 3339 in UTC.
pub const UTC: &str = r"^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";

/// How an instant looks that is quoted with its offset.
pub const WITH_OFFSET: &str =
    r"^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$";

/// An instant of UTC in whole seconds since 1970-01-01T00:00:00Z; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that gives no instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write 2018-11-13T16:39:27+01:00, 2018-11-13T15:39:27Z or 2018-11-13")]
pub struct TimeError;

impl Timestamp {
    /// The instant so many seconds after the epoch.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The instant of a civil date and time at an offset in seconds east of UTC.
    ///
    /// `None` when there is no such day or hour, or the offset passes 24 hours.
    pub fn from_civil(
        (year, month, day): (i16, i8, i8),
        (hour, minute, second): (i8, i8, i8),
        offset_seconds: i32,
    ) -> Option<Self> {
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let offset = Offset::from_seconds(offset_seconds).ok()?;
        Some(Self(offset.to_timestamp(civil).ok()?.as_second()))
    }

    /// Reads RFC 3339, or a bare date, which means the first second of that day in Italy.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_second()));
        }
        // A time behind the day would be read and left out.
        if text.contains([' ', 'T', 't', '_']) {
            return Err(TimeError);
        }
        let date: jiff::civil::Date = text.parse().map_err(|_| TimeError)?;
        let start = date.to_zoned(italy()).map_err(|_| TimeError)?;
        Ok(Self(start.timestamp().as_second()))
    }

    /// Reads what [`Self::parse`] does, and a day or a time as it is shown, in Italian legal time:
    /// `28/11/2026`, `28/11/2026 12:06`, `2026-11-28 12:06:37`.
    ///
    /// # Errors
    /// When it is none of these, or there is no such day.
    pub fn parse_shown(text: &str) -> Result<Self, TimeError> {
        if let Ok(instant) = Self::parse(text) {
            return Ok(instant);
        }
        let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00"));
        let date = match date.split('/').collect::<Vec<_>>()[..] {
            [day, month, year] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
            [date] => date.to_owned(),
            _ => return Err(TimeError),
        };
        let civil: jiff::civil::DateTime = format!("{date}T{}", clock.trim())
            .parse()
            .map_err(|_| TimeError)?;
        let instant = civil.to_zoned(italy()).map_err(|_| TimeError)?;
        Ok(Self(instant.timestamp().as_second()))
    }

    /// When the day began in Italy that was so many days before this instant's.
    pub fn day_before(self, days: i64) -> Self {
        const DAY: i64 = 86_400;
        // Noon of a day is in that day, whatever the clocks did in between.
        let today = Self::parse(&self.italian_day()).unwrap_or(self);
        let noon = today.0 + DAY / 2 - days * DAY;
        Self::parse(&Self(noon).italian_day()).unwrap_or(Self(noon))
    }

    /// Whole seconds from `earlier` to `self`; negative when `self` comes first.
    pub const fn seconds_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Offset of Italian legal time at this instant, in seconds east of UTC.
    pub fn italian_offset(self) -> i32 {
        italy().to_offset(self.jiff()).seconds()
    }

    /// The day in Italy, as `2026-11-22`: in this form days compare as texts.
    pub fn italian_day(self) -> String {
        let mut text = self.rfc3339_at(self.italian_offset());
        text.truncate("2026-11-22".len());
        text
    }

    /// The same hour of the Italian clock so many months later; the last day of a month that is
    /// shorter.
    pub fn months_later(self, months: i64) -> Self {
        let later = jiff::Timestamp::from_second(self.0).ok().and_then(|at| {
            let later = at
                .to_zoned(italy())
                .checked_add(jiff::Span::new().try_months(months).ok()?);
            Some(Self(later.ok()?.timestamp().as_second()))
        });
        // Beyond all calendars: then never.
        later.unwrap_or(Self(i64::MAX))
    }

    /// Whether Italian clocks showed the same time an hour before or after: they are set back once
    /// a year, on the last Sunday of October.
    pub fn is_in_repeated_hour(self) -> bool {
        let offset = |seconds| Self(self.0.saturating_add(seconds)).italian_offset();
        offset(-3_600) - offset(0) == 3_600 || offset(0) - offset(3_600) == 3_600
    }

    /// RFC 3339 at a fixed offset, for example `2018-11-13T16:39:27+01:00`.
    pub fn rfc3339_at(self, offset_seconds: i32) -> String {
        let Ok(offset) = Offset::from_seconds(offset_seconds) else {
            return self.to_string();
        };
        let civil = offset.to_datetime(self.jiff());
        let sign = if offset_seconds < 0 { '-' } else { '+' };
        let minutes = offset_seconds.abs() / 60;
        format!(
            "{}T{}{sign}{:02}:{:02}",
            civil.date(),
            clock(civil),
            minutes / 60,
            minutes % 60
        )
    }

    /// Day and hour as an Italian reads them, in Italian legal time: `13/11/2018 16:39:27`.
    pub fn italian(self) -> String {
        let civil = italy().to_datetime(self.jiff());
        let date = civil.date();
        format!(
            "{:02}/{:02}/{} {}",
            date.day(),
            date.month(),
            date.year(),
            clock(civil)
        )
    }

    /// As a header states it (RFC 5322, 3.3), at the offset of Italian legal time:
    /// `Tue, 13 Nov 2018 16:39:27 +0100`.
    pub fn rfc5322(self) -> String {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let civil = italy().to_datetime(self.jiff());
        let date = civil.date();
        let day = DAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs()) % 7];
        let month = MONTHS[usize::from(date.month().unsigned_abs() - 1) % 12];
        let minutes = self.italian_offset() / 60;
        format!(
            "{day}, {:02} {month} {:04} {} {}{:02}{:02}",
            date.day(),
            date.year(),
            clock(civil),
            if minutes < 0 { '-' } else { '+' },
            minutes.abs() / 60,
            minutes.abs() % 60
        )
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, for example `2018-11-13T15:39:27Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = Offset::UTC.to_datetime(self.jiff());
        write!(f, "{}T{}Z", civil.date(), clock(civil))
    }
}

fn clock(civil: DateTime) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}

fn italy() -> TimeZone {
    use std::sync::OnceLock;
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| {
        TimeZone::get("Europe/Rome").expect("the zone data are compiled into the program")
    })
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_as_they_are_shown() {
        for (text, same) in [
            ("28/11/2026", "2026-11-28"),
            ("1/7/2026", "2026-07-01"),
            ("28/11/2026 12:06:37", "2026-11-28T11:06:37Z"),
            ("01/07/2026 12:06", "2026-07-01T10:06:00Z"),
            ("2026-11-28 12:06:37", "2026-11-28T11:06:37Z"),
            ("2026-11-28", "2026-11-28"),
            ("2026-11-28T11:06:37Z", "2026-11-28T11:06:37Z"),
        ] {
            let same = Timestamp::parse(same).expect("a time");
            assert_eq!(Timestamp::parse_shown(text), Ok(same), "{text}");
        }
        let shown = Timestamp::parse("2026-11-28T11:06:37Z").expect("a time");
        assert_eq!(Timestamp::parse_shown(&shown.italian()), Ok(shown));
        for text in [
            "",
            "31/02/2026",
            "11/28/2026",
            "28/11/26",
            "28/11",
            "28/11/2026 25:00",
            "x",
        ] {
            assert_eq!(Timestamp::parse_shown(text), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn yesterday_begins_at_midnight_in_italy_also_when_the_clocks_were_set() {
        let day = |text: &str| Timestamp::parse(text).expect("a time");
        let late = day("2026-11-28T23:30:00Z"); // Sunday the 29th in Italy
        assert_eq!(late.day_before(0), day("2026-11-29"));
        assert_eq!(late.day_before(1), day("2026-11-28"));
        // 25 October 2026 has 25 hours.
        assert_eq!(day("2026-10-25T22:59:00Z").day_before(0), day("2026-10-25"));
        assert_eq!(day("2026-10-26").day_before(1), day("2026-10-25"));
        assert_eq!(day("2026-03-30").day_before(1), day("2026-03-29"));
    }

    #[test]
    fn civil_time_with_an_offset_is_an_instant() {
        let at = Timestamp::from_civil((2018, 11, 13), (16, 39, 27), 3600).unwrap();
        assert_eq!(at.to_string(), "2018-11-13T15:39:27Z");
        assert_eq!(at.rfc3339_at(3600), "2018-11-13T16:39:27+01:00");
        assert_eq!(at.italian(), "13/11/2018 16:39:27");
        assert_eq!(at.rfc5322(), "Tue, 13 Nov 2018 16:39:27 +0100");
    }

    #[test]
    fn impossible_days_are_refused() {
        assert!(Timestamp::from_civil((2018, 2, 29), (0, 0, 0), 0).is_none());
        assert!(Timestamp::from_civil((2018, 2, 28), (24, 0, 0), 0).is_none());
        assert!(Timestamp::from_civil((2016, 2, 29), (0, 0, 0), 0).is_some());
    }

    #[test]
    fn a_bare_date_begins_in_italy() {
        assert_eq!(
            Timestamp::parse("2018-07-01").unwrap().to_string(),
            "2018-06-30T22:00:00Z"
        );
        assert_eq!(
            Timestamp::parse("2018-07-01T00:00:00Z").unwrap().unix(),
            1_530_403_200
        );
        assert!(Timestamp::parse("ieri").is_err());
        assert!(Timestamp::parse("2018-07-01 12:00").is_err());
        assert!(Timestamp::parse("2018-07-01T12:00:00").is_err());
    }

    #[test]
    fn legal_time_changes_on_the_last_sundays_of_march_and_october() {
        let offset = |text: &str| Timestamp::parse(text).unwrap().italian_offset();
        assert_eq!(offset("2026-03-29T00:59:59Z"), 3600);
        assert_eq!(offset("2026-03-29T01:00:00Z"), 7200);
        assert_eq!(offset("2026-10-25T00:59:59Z"), 7200);
        assert_eq!(offset("2026-10-25T01:00:00Z"), 3600);
    }

    #[test]
    fn instants_beyond_the_calendar_do_not_panic() {
        assert!(!Timestamp::from_unix(i64::MAX).to_string().is_empty());
        assert!(!Timestamp::from_unix(i64::MIN).italian().is_empty());
    }
}
