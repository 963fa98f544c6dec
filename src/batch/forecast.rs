//! What a job will take, told before it begins.

use super::pace::Pace;
use crate::pec::DeliveryForm;
use crate::timestamp::Timestamp;

/// Octets of a receipt beside the message that it may carry: signature, certificate, data and
/// the readable text (real ones have 6 to 11 KB).
pub const RECEIPT_OCTETS: u64 = 11_000;
/// Seconds that one message takes where nothing else limits it: a provider answers about so.
pub const SECONDS_A_MESSAGE: u64 = 1;
/// Steps of the pace that are walked one by one; what is beyond goes on at the same rate.
const MOST_STEPS: u64 = 20_000;

/// Sums over the messages of a job. Add them one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Messages.
    pub messages: u64,
    /// Recipients of all.
    pub recipients: u64,
    /// Octets of all messages.
    pub octets: u64,
    /// Acceptances and delivery receipts to come.
    pub receipts: u64,
    /// Octets of these in the mailbox.
    pub receipt_octets: u64,
}

impl Forecast {
    /// One more message of so many octets, to so many in To and in Cc.
    pub fn add(&mut self, octets: u64, to: u64, cc: u64, form: DeliveryForm) {
        self.messages += 1;
        self.recipients += to + cc;
        self.octets += octets;
        self.receipts += 1 + to + cc;
        // A complete receipt carries the message; one for a recipient in copy never does
        // (RFC 6109, 3.3.2).
        let carried = match form {
            DeliveryForm::Complete => to * octets,
            DeliveryForm::Brief | DeliveryForm::Concise => 0,
        };
        self.receipt_octets += (1 + to + cc) * RECEIPT_OCTETS + carried;
    }

    /// Octets that are kept here of messages and receipts, each whole.
    pub fn octets_here(&self) -> u64 {
        self.octets + self.receipt_octets
    }

    /// The sum of two.
    pub fn and(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            recipients: self.recipients + other.recipients,
            octets: self.octets + other.octets,
            receipts: self.receipts + other.receipts,
            receipt_octets: self.receipt_octets + other.receipt_octets,
        }
    }
}

/// Milliseconds that a message of an account takes, from when the last ones left; what is not known
/// is [`SECONDS_A_MESSAGE`].
///
/// Pauses of a minute or more are between two runs, not between two messages.
pub fn milliseconds(sent: &[(Timestamp, u32)]) -> u64 {
    const ENOUGH: u64 = 20;
    const PAUSE: i64 = 60;
    let gaps = sent.windows(2).map(|two| two[1].0.seconds_since(two[0].0));
    let (count, total) = gaps
        .filter(|gap| (0..PAUSE).contains(gap))
        .fold((0, 0), |(count, total), gap| {
            (count + 1, total + gap.unsigned_abs())
        });
    match count {
        0..ENOUGH => SECONDS_A_MESSAGE * 1_000,
        // Whole seconds are all that is known: a burst within one says at least this.
        _ => (total * 1_000 / count).max(20),
    }
}

/// Seconds until so many messages with so many recipients in all have left at a pace, when
/// each takes `milliseconds` by itself.
pub fn seconds(
    pace: &Pace,
    messages: u64,
    recipients: u64,
    milliseconds: u64,
    now: Timestamp,
) -> u64 {
    if messages == 0 {
        return 0;
    }
    let mut pace = pace.clone();
    let steps = messages.min(MOST_STEPS);
    let each = u32::try_from(recipients.div_ceil(messages)).unwrap_or(u32::MAX);
    let (mut at, mut spent) = (now, 0);
    for _ in 0..steps {
        at = pace.next(each, at);
        pace.sent(each, at);
        spent += milliseconds;
        at = Timestamp::from_unix(at.unix() + i64::try_from(spent / 1_000).unwrap_or(0));
        spent %= 1_000;
    }
    let walked = at.seconds_since(now).unsigned_abs();
    if steps == messages {
        return walked;
    }
    u64::try_from(u128::from(walked) * u128::from(messages) / u128::from(steps)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::pace::Limits;

    #[test]
    fn receipts_are_one_and_one_for_each_recipient() {
        let mut forecast = Forecast::default();
        forecast.add(1_000, 2, 1, DeliveryForm::Complete);
        assert_eq!(forecast.receipts, 4);
        assert_eq!(forecast.receipt_octets, 4 * RECEIPT_OCTETS + 2_000);
        forecast.add(1_000, 1, 0, DeliveryForm::Concise);
        assert_eq!(forecast.receipt_octets, 6 * RECEIPT_OCTETS + 2_000);
        assert_eq!((forecast.messages, forecast.recipients), (2, 4));
    }

    #[test]
    fn what_a_message_takes_is_learnt_from_the_last_ones() {
        let begin = Timestamp::parse("2026-11-22T10:00:00Z").unwrap();
        let sent = |count: i64, each: i64| -> Vec<(Timestamp, u32)> {
            let at = |place: i64| Timestamp::from_unix(begin.unix() + place / each);
            (0..count).map(|place| (at(place), 1)).collect()
        };
        assert_eq!(milliseconds(&[]), 1_000);
        assert_eq!(milliseconds(&sent(20, 18)), 1_000, "too few");
        assert!((50..65).contains(&milliseconds(&sent(1_000, 18))));
        let mut two_runs = sent(100, 1);
        two_runs.push((Timestamp::from_unix(begin.unix() + 3_000), 1));
        assert_eq!(milliseconds(&two_runs), 1_000);
    }

    #[test]
    fn time_is_that_of_the_slowest_rule() {
        let now = Timestamp::parse("2026-11-22T10:00:00Z").unwrap();
        let pace = |per_minute| {
            let limits = Limits {
                per_minute,
                ..Limits::default()
            };
            Pace::new(limits, [])
        };
        assert_eq!(seconds(&pace(None), 600, 600, 500, now), 300);
        let limited = seconds(&pace(Some(6)), 600, 600, 500, now);
        assert!((6_000..6_200).contains(&limited), "{limited}");
        let many = seconds(&pace(Some(6)), 60_000, 60_000, 500, now);
        assert!((600_000..620_000).contains(&many), "{many}");
    }
}
