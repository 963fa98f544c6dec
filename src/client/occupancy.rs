//! How full the mailbox is, what lies in it, and when it will be full if it goes on so.
//!
//! Space is what the server counts (RFC 9208); messages are counted and weighed one by one, in every
//! folder that can be opened, and nothing is marked. What is foreseen follows from what came in the
//! last weeks and is there still; where that is too little to say anything, nothing is said.

use std::ops::RangeInclusive;

use super::FolderList;
use super::sync::list_folders;
use crate::timestamp::Timestamp;
use crate::transport::{Came, Error, Mailbox, Quota};

/// UIDs asked for at once: an answer of 1.5 MB at most.
const WINDOW: u32 = 20_000;
/// Days over which arrivals are counted: a month has weeks of holidays, two have fewer.
const DAYS: i64 = 56;
/// Fewer days, or fewer messages in them, say nothing of the weeks to come.
const FEWEST_DAYS: i64 = 28;
const FEWEST_MESSAGES: u64 = 10;
/// Beyond so many days nobody believes what is foreseen: five years.
const FARTHEST_DAYS: u64 = 5 * 365;
const SECONDS_A_DAY: i64 = 86_400;

/// What is in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderWeight {
    /// Its name.
    pub name: String,
    /// Messages in it.
    pub messages: u64,
    /// Octets of those whose size the server told.
    pub octets: u64,
    /// Messages whose size it did not tell.
    pub unweighed: u64,
}

/// What came lately, and is there still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// In how many days.
    pub days: u64,
    /// Messages.
    pub messages: u64,
    /// Their octets.
    pub octets: u64,
}

/// When the mailbox will be full, if as much comes as came lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// The server does not tell how much room there is.
    NoQuota,
    /// It is full now.
    Full,
    /// Too little came, or for too short a time, to say anything.
    TooLittle,
    /// Not within five years.
    NotSoon,
    /// In about so many days.
    InDays(u64),
}

/// How full a mailbox is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Space, where the server tells it.
    pub quota: Option<Quota>,
    /// The folders that could be opened, in their order.
    pub folders: Vec<FolderWeight>,
    /// Those that could not, and why.
    pub unopened: Vec<(String, String)>,
    /// What came lately; `None` where the server does not tell when messages came.
    pub recent: Option<Recent>,
    /// When it will be full.
    pub filling: Filling,
}

/// Arrivals, as they are counted.
struct Arrivals {
    now: Timestamp,
    /// The first of all that is there still.
    oldest: Option<Timestamp>,
    recent: Recent,
}

impl Arrivals {
    fn add(&mut self, came: Timestamp, octets: u64) {
        self.oldest = Some(self.oldest.map_or(came, |oldest| oldest.min(came)));
        let age = self.now.seconds_since(came);
        // What the server dates ahead came a moment ago.
        if age < DAYS * SECONDS_A_DAY {
            self.recent.messages += 1;
            self.recent.octets += octets;
        }
    }

    /// Over the days that the mailbox was used, where these are fewer.
    fn recent(&self) -> Option<Recent> {
        let age = self.now.seconds_since(self.oldest?) / SECONDS_A_DAY;
        let days = age.clamp(0, DAYS).unsigned_abs();
        Some(Recent {
            days,
            ..self.recent
        })
    }
}

impl Filling {
    /// What follows from space and arrivals.
    pub fn of(quota: Option<Quota>, recent: Option<Recent>) -> Self {
        let Some(quota) = quota else {
            return Self::NoQuota;
        };
        let Some(free) = quota.limit.checked_sub(quota.used).filter(|free| *free > 0) else {
            return Self::Full;
        };
        let is_enough = |recent: &Recent| {
            recent.days >= FEWEST_DAYS.unsigned_abs() && recent.messages >= FEWEST_MESSAGES
        };
        let Some(recent) = recent.filter(is_enough) else {
            return Self::TooLittle;
        };
        // No rounding of a rate: a mailbox of many gigabytes is no less exact.
        let days = u128::from(free) * u128::from(recent.days) / u128::from(recent.octets.max(1));
        match u64::try_from(days) {
            Ok(days) if days <= FARTHEST_DAYS => Self::InDays(days),
            _ => Self::NotSoon,
        }
    }
}

/// Asks how full a mailbox is.
///
/// # Errors
/// When the line broke, or the folders cannot be listed.
pub fn occupancy(mailbox: &mut dyn Mailbox, now: Timestamp) -> Result<Occupancy, Error> {
    let quota = match mailbox.quota() {
        Err(error) if error.is_end() => return Err(error),
        // It announces it and does not tell: not known.
        told => told.ok().flatten(),
    };
    let FolderList {
        listed, to_read, ..
    } = list_folders(mailbox, &[])?;
    let named = listed.into_iter().filter(|folder| folder.selectable);
    let mut names: Vec<String> = named.map(|folder| folder.name).collect();
    if names.is_empty() {
        names = to_read;
    }
    let mut arrivals = Arrivals {
        now,
        oldest: None,
        recent: Recent::default(),
    };
    let (mut folders, mut unopened) = (Vec::new(), Vec::new());
    for name in names {
        match weigh(mailbox, &name, &mut arrivals) {
            Ok(folder) => folders.push(folder),
            Err(error) if error.is_end() => return Err(error),
            Err(error) => unopened.push((name, error.to_string())),
        }
    }
    let recent = arrivals.recent();
    Ok(Occupancy {
        quota,
        folders,
        unopened,
        recent,
        filling: Filling::of(quota, recent),
    })
}

fn weigh(
    mailbox: &mut dyn Mailbox,
    name: &str,
    arrivals: &mut Arrivals,
) -> Result<FolderWeight, Error> {
    let state = mailbox.examine(name)?;
    let mut folder = FolderWeight {
        name: name.to_owned(),
        messages: u64::from(state.exists),
        octets: 0,
        unweighed: u64::from(state.exists),
    };
    for window in windows(state.uid_next) {
        if folder.unweighed == 0 {
            break;
        }
        let Came { all, fault } = mailbox.weights(window);
        if let Some(error) = fault.filter(Error::is_end) {
            return Err(error);
        }
        for weight in all {
            folder.unweighed = folder.unweighed.saturating_sub(1);
            folder.octets = folder.octets.saturating_add(weight.octets);
            if let Some(came) = weight.came {
                arrivals.add(came, weight.octets);
            }
        }
    }
    Ok(folder)
}

/// All numbers that messages have; the whole range where the server does not tell the next one.
fn windows(uid_next: Option<u32>) -> impl Iterator<Item = RangeInclusive<u32>> {
    let (last, step) = match uid_next {
        Some(next) => (next.saturating_sub(1), WINDOW),
        None => (u32::MAX, u32::MAX),
    };
    (1..=last).step_by(step as usize).map(move |first| {
        let end = first.saturating_add(step - 1);
        first..=end.min(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Option<Quota> = Some(Quota {
        used: 400,
        limit: 1_000,
    });

    fn recent(days: u64, messages: u64, octets: u64) -> Option<Recent> {
        Some(Recent {
            days,
            messages,
            octets,
        })
    }

    #[test]
    fn what_is_foreseen_follows_from_what_came_and_only_where_enough_did() {
        let full = Some(Quota {
            used: 1_000,
            limit: 1_000,
        });
        for (quota, recent, filling) in [
            (QUOTA, recent(56, 10, 100), Filling::InDays(336)),
            (QUOTA, recent(28, 10, 600), Filling::InDays(28)),
            (QUOTA, recent(27, 10, 600), Filling::TooLittle),
            (QUOTA, recent(28, 9, 600), Filling::TooLittle),
            (QUOTA, None, Filling::TooLittle),
            (QUOTA, recent(56, 10, 0), Filling::NotSoon),
            (QUOTA, recent(56, 10, 1), Filling::NotSoon),
            (None, recent(56, 10, 100), Filling::NoQuota),
            (full, recent(56, 10, 100), Filling::Full),
        ] {
            assert_eq!(Filling::of(quota, recent), filling, "{quota:?} {recent:?}");
        }
    }

    #[test]
    fn arrivals_count_over_the_days_that_the_mailbox_was_used() {
        let now = Timestamp::from_unix(400 * SECONDS_A_DAY);
        let arrivals = |days: &[i64]| {
            let mut arrivals = Arrivals {
                now,
                oldest: None,
                recent: Recent::default(),
            };
            for day in days {
                let came = Timestamp::from_unix(now.unix() - day * SECONDS_A_DAY);
                arrivals.add(came, 10);
            }
            arrivals.recent()
        };
        assert_eq!(arrivals(&[]), None);
        assert_eq!(arrivals(&[300, 56, 55, 1]), recent(56, 2, 20));
        assert_eq!(arrivals(&[30, 1]), recent(30, 2, 20));
        assert_eq!(arrivals(&[-3]), recent(0, 1, 10));
    }

    #[test]
    fn every_number_is_in_one_window() {
        let all: Vec<_> = windows(Some(45_001)).collect();
        assert_eq!(all, [1..=20_000, 20_001..=40_000, 40_001..=45_000]);
        assert_eq!(windows(Some(1)).count(), 0);
        assert_eq!(windows(None).collect::<Vec<_>>(), [1..=u32::MAX]);
    }
}
