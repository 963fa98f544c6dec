//! When the next message may leave: from what left when, the limits, and what the provider said.
//!
//! Instants are whole seconds, so a second is added wherever a fraction may hide. Hours of the
//! day are those of Italian legal time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::timestamp::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
/// How far back what left counts, in seconds.
pub const LOOKS_BACK: i64 = HOUR + 1;
const DAY: i64 = 86_400;

/// The first pause after the provider said too much; each further one is twice as long.
const FIRST_PAUSE: i64 = 30;
/// The first pause after a line that broke; each further one is twice as long.
const FIRST_BREAK: i64 = 2;
/// The longest: providers count by the hour at most.
const LONGEST_PAUSE: i64 = 1_800;

/// How fast an account may send. `None`: no limit is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages in any minute.
    pub per_minute: Option<u32>,
    /// Recipients in any hour.
    pub recipients_per_hour: Option<u32>,
    /// The hours of the day in which messages may leave.
    pub between: Option<Hours>,
}

/// Hours of the day, the second one excluded; over midnight when it is the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Minutes after midnight.
    from: i64,
    /// Minutes after midnight.
    to: i64,
}

impl Hours {
    /// Reads `08:00-20:00`; `None` when it is no such text, or no time lies between.
    pub fn parse(text: &str) -> Option<Self> {
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let number = |text: &str, most: i64| {
                let digits = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_digit());
                let number: i64 = text.parse().ok()?;
                (digits && number <= most).then_some(number)
            };
            let minutes = number(hour, 24)? * 60 + number(minute, 59)?;
            (minutes <= 24 * 60).then_some(minutes)
        };
        let (from, to) = text.split_once('-')?;
        let (from, to) = (time(from)?, time(to)?);
        (from % (24 * 60) != to % (24 * 60)).then_some(Self { from, to })
    }

    /// Seconds until these hours begin; 0 within them.
    fn seconds_until(self, at: Timestamp) -> i64 {
        let local = (at.unix() + i64::from(at.italian_offset())).rem_euclid(DAY);
        let (from, to) = (self.from * MINUTE, self.to * MINUTE);
        let within = if from < to {
            (from..to).contains(&local)
        } else {
            local >= from || local < to
        };
        if within {
            0
        } else {
            (from - local).rem_euclid(DAY)
        }
    }
}

/// What left when, and when the next may leave. One for each account.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    limits: Limits,
    /// Instant and recipients of each message of the last hour, oldest first.
    sent: VecDeque<(i64, u32)>,
    paused_until: Option<Timestamp>,
    pauses: u32,
}

impl Pace {
    /// Within limits; `sent` left in the last hour, oldest first.
    pub fn new(limits: Limits, sent: impl IntoIterator<Item = (Timestamp, u32)>) -> Self {
        let sent = sent.into_iter().map(|(at, count)| (at.unix(), count));
        Self {
            limits,
            sent: sent.collect(),
            ..Self::default()
        }
    }

    /// The limits, those learnt from the provider included.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether what left counts for anything: without limits of how many it does not.
    pub fn counts(&self) -> bool {
        self.limits.per_minute.is_some() || self.limits.recipients_per_hour.is_some()
    }

    /// What left in the last hour, oldest first, whoever sent it: this is known better elsewhere.
    pub fn learn(&mut self, sent: impl IntoIterator<Item = (Timestamp, u32)>) {
        self.sent.clear();
        self.sent
            .extend(sent.into_iter().map(|(at, count)| (at.unix(), count)));
    }

    /// Whether a message to so many may leave now, when this left in the last hour.
    pub fn allows(&self, recipients: u32, sent: &[(Timestamp, u32)], now: Timestamp) -> bool {
        let mut pace = self.clone();
        pace.learn(sent.iter().copied());
        pace.next(recipients, now) <= now
    }

    /// The first instant from `now` on at which a message to so many may leave.
    pub fn next(&self, recipients: u32, now: Timestamp) -> Timestamp {
        let mut at = now.unix();
        // Each rule moves it forward only; a few rounds settle them all.
        for _ in 0..8 {
            let before = at;
            if let Some(until) = self.paused_until {
                at = at.max(until.unix());
            }
            at = at.max(self.after_minute());
            at = at.max(self.after_hour(recipients, at));
            if let Some(hours) = self.limits.between {
                at += hours.seconds_until(Timestamp::from_unix(at));
            }
            if at == before {
                break;
            }
        }
        Timestamp::from_unix(at)
    }

    /// When the last minute has room for one more.
    fn after_minute(&self) -> i64 {
        let Some(limit) = self.limits.per_minute else {
            return i64::MIN;
        };
        let limit = limit.max(1) as usize;
        let Some(oldest) = self.sent.len().checked_sub(limit) else {
            return i64::MIN;
        };
        self.sent[oldest].0 + MINUTE + 1
    }

    /// When the last hour has room for so many more; a message with more than the limit goes
    /// when the hour is empty.
    fn after_hour(&self, recipients: u32, at: i64) -> i64 {
        let Some(limit) = self.limits.recipients_per_hour else {
            return i64::MIN;
        };
        let room = u64::from(limit.saturating_sub(recipients.min(limit)));
        let within = self.sent.iter().filter(|(when, _)| when + HOUR + 1 > at);
        let mut total: u64 = within.clone().map(|(_, count)| u64::from(*count)).sum();
        let mut until = at;
        for (when, count) in within {
            if total <= room {
                break;
            }
            total -= u64::from(*count);
            until = when + HOUR + 1;
        }
        until
    }

    /// A message to so many left.
    pub fn sent(&mut self, recipients: u32, at: Timestamp) {
        self.sent.push_back((at.unix(), recipients));
        while self
            .sent
            .front()
            .is_some_and(|(when, _)| when + HOUR < at.unix())
        {
            self.sent.pop_front();
        }
    }

    /// The provider took a message: the next pause is a short one again.
    pub fn passed(&mut self) {
        self.pauses = 0;
        self.paused_until = None;
    }

    /// The provider said too much. Nothing leaves before the pause is over, and from then on
    /// no more a minute than left in the minute before. Gives the pause.
    pub fn throttled(&mut self, now: Timestamp) -> Duration {
        if self.pauses == 0 {
            let minute = now.unix() - MINUTE;
            let last = self
                .sent
                .iter()
                .rev()
                .take_while(|(when, _)| *when > minute);
            let count = u32::try_from(last.count()).unwrap_or(u32::MAX).max(1);
            let known = self.limits.per_minute.unwrap_or(u32::MAX);
            self.limits.per_minute = Some(known.min(count));
        }
        self.pause_from(FIRST_PAUSE, now)
    }

    /// Something else does not work now. Nothing leaves before the pause is over.
    pub fn pause(&mut self, now: Timestamp) -> Duration {
        self.pause_from(FIRST_BREAK, now)
    }

    fn pause_from(&mut self, first: i64, now: Timestamp) -> Duration {
        let doubled = first << self.pauses.min(10);
        let pause = doubled.min(LONGEST_PAUSE);
        self.pauses += 1;
        self.paused_until = Some(Timestamp::from_unix(now.unix() + pause));
        Duration::from_secs(pause.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn seconds(pace: &Pace, recipients: u32, now: Timestamp) -> i64 {
        pace.next(recipients, now).seconds_since(now)
    }

    #[test]
    fn without_limits_nothing_waits() {
        let mut pace = Pace::default();
        let now = at("2026-11-22T10:00:00Z");
        for _ in 0..1_000 {
            assert_eq!(seconds(&pace, 50, now), 0);
            pace.sent(50, now);
        }
    }

    #[test]
    fn no_minute_has_more_than_the_limit() {
        let limits = Limits {
            per_minute: Some(6),
            ..Limits::default()
        };
        let mut pace = Pace::new(limits, []);
        let mut now = at("2026-11-22T10:00:00Z");
        let mut all = Vec::new();
        for _ in 0..30 {
            now = pace.next(1, now);
            pace.sent(1, now);
            all.push(now.unix());
        }
        assert!(all.windows(7).all(|seven| seven[6] - seven[0] > 60));
        assert_eq!(all[29] - all[0], 4 * 61);
    }

    #[test]
    fn what_left_before_a_restart_counts() {
        let limits = Limits {
            recipients_per_hour: Some(100),
            ..Limits::default()
        };
        let now = at("2026-11-22T10:00:00Z");
        let pace = Pace::new(
            limits,
            [
                (at("2026-11-22T09:10:00Z"), 60),
                (at("2026-11-22T09:30:00Z"), 40),
            ],
        );
        assert_eq!(seconds(&pace, 60, now), 601);
        assert_eq!(seconds(&pace, 61, now), 1_801);
        assert_eq!(seconds(&pace, 900, now), 1_801);
        assert_eq!(seconds(&pace, 60, at("2026-11-22T11:00:00Z")), 0);
    }

    #[test]
    fn messages_leave_in_their_hours_only() {
        let limits = |text| Limits {
            between: Hours::parse(text),
            ..Limits::default()
        };
        let day = Pace::new(limits("08:00-20:00"), []);
        // Italian legal time is an hour ahead of UTC in winter.
        assert_eq!(seconds(&day, 1, at("2026-11-22T06:30:00Z")), 1_800);
        assert_eq!(seconds(&day, 1, at("2026-11-22T07:00:00Z")), 0);
        assert_eq!(seconds(&day, 1, at("2026-11-22T19:00:00Z")), 12 * 3_600);
        let night = Pace::new(limits("20:00-06:00"), []);
        assert_eq!(seconds(&night, 1, at("2026-11-22T23:30:00Z")), 0);
        assert_eq!(seconds(&night, 1, at("2026-11-22T05:00:00Z")), 14 * 3_600);
        // The night in which the clock goes forward, 00:59:59Z is 01:59:59 and 01:00:00Z 03:00.
        let early = Pace::new(limits("02:30-05:00"), []);
        let next = early.next(1, at("2026-03-29T00:30:00Z"));
        assert!(next <= at("2026-03-29T01:30:00Z") && next >= at("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn hours_that_are_none_are_refused() {
        for wrong in [
            "",
            "8-20",
            "08:00",
            "08:00-08:00",
            "25:00-26:00",
            "08:60-09:00",
            "00:00-24:00",
        ] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
        assert!(Hours::parse("00:00-23:59").is_some());
    }

    #[test]
    fn too_much_slows_down_and_pauses_longer_each_time() {
        let mut pace = Pace::default();
        let now = at("2026-11-22T10:00:00Z");
        for _ in 0..5 {
            pace.sent(1, now);
        }
        assert_eq!(pace.throttled(now).as_secs(), 30);
        assert_eq!(pace.limits().per_minute, Some(5));
        assert_eq!(pace.throttled(now).as_secs(), 60);
        assert_eq!(seconds(&pace, 1, now), 61);
        for _ in 0..20 {
            pace.throttled(now);
        }
        assert_eq!(pace.throttled(now).as_secs(), 1_800);
        pace.passed();
        assert_eq!(pace.throttled(now).as_secs(), 30);
    }
}
