//! The course of a message as a picture: a line for each recipient, on which each kind of event has a
//! shape of its own; beside it the same in words (RFC 6109, 3.1.6: notices after 12 and 24 hours).
//!
//! The line is not to scale: most deliveries take seconds. It is divided where the notices stand.

use serde::Serialize;

use super::dossier::{Addressee, Matter};
use crate::lang::Lang;
use crate::ledger::fact::{Fact, What};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::pec::Notice;
use crate::timestamp::Timestamp;

/// How wide the picture is, and how high a line of it, in its own units.
const WIDTH: u32 = 560;
const LANE: u32 = 82;
/// What stands above the lines.
const HEAD: u32 = 22;
/// Between two marks at the same part of the line.
const STEP: u32 = 56;

const HOUR: i64 = 3_600;

/// The picture.
#[derive(Serialize)]
pub(super) struct Course {
    pub title: String,
    pub width: u32,
    pub height: u32,
    pub head: u32,
    /// How high the row of a recipient is.
    pub lane: u32,
    /// The line across it: from where to where, and how far below its top.
    pub across: (u32, u32, u32),
    /// Where the name of the recipient stands in it.
    pub name: (u32, u32),
    /// How far below its top the word of an event stands, its clock and its day.
    pub below: [u32; 3],
    /// The words over the divisions, by their place.
    pub scale: Vec<(u32, String)>,
    pub lanes: Vec<Lane>,
}

/// The line of a recipient.
#[derive(Serialize)]
pub(super) struct Lane {
    pub top: u32,
    pub name: String,
    pub marks: Vec<Mark>,
    /// All of it in words.
    pub words: String,
}

/// An event.
#[derive(Serialize)]
pub(super) struct Mark {
    pub x: u32,
    pub shape: Shape,
    pub word: String,
    pub day: String,
    pub clock: String,
}

/// What an event looks like: what it is, or that the first one is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shape {
    Accepted,
    Ordinary,
    NotAccepted,
    First,
    Final,
    Delivered,
    NotDelivered,
    Missing,
}

/// Parts of the line, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Start,
    Within12,
    At12,
    Within24,
    At24,
    Later,
}

impl Part {
    const fn x(self) -> u32 {
        match self {
            Self::Start => 52,
            Self::Within12 => 150,
            Self::At12 => 240,
            Self::Within24 => 330,
            Self::At24 => 420,
            Self::Later => 510,
        }
    }

    /// Where what comes after a mark stands at the earliest: the final notice may come after 22 hours.
    const fn after(self) -> Self {
        match self {
            Self::Start => Self::Start,
            Self::Within12 => Self::Within12,
            Self::At12 | Self::Within24 => Self::Within24,
            Self::At24 | Self::Later => Self::Later,
        }
    }
}

/// What an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Accepted,
    Ordinary,
    NotAccepted,
    First,
    Final,
    Delivered,
    NotDelivered,
}

impl Kind {
    /// Of a fact that a receipt certifies; `is_late` says that a notice which names no hours is the
    /// final one.
    fn of(fact: &Fact, is_late: bool) -> Option<Self> {
        Some(match fact.what() {
            What::Accepted => Self::Accepted,
            What::AcceptedAsOrdinary => Self::Ordinary,
            What::NotAccepted => Self::NotAccepted,
            What::Delivered => Self::Delivered,
            What::NotDelivered => Self::NotDelivered,
            What::TimeoutNotice => {
                let words = fact.text().unwrap_or_default();
                match (Notice::stated(fact.code().as_deref(), words), is_late) {
                    (Some(Notice::Final), _) | (None, true) => Self::Final,
                    (Some(Notice::First), _) | (None, false) => Self::First,
                }
            }
            What::Begun
            | What::Handed
            | What::Taken
            | What::Refused
            | What::RefusedForNow
            | What::NotSent
            | What::InDoubt
            | What::Withdrawn => return None,
        })
    }

    const fn shape(self) -> Shape {
        match self {
            Self::Accepted => Shape::Accepted,
            Self::Ordinary => Shape::Ordinary,
            Self::NotAccepted => Shape::NotAccepted,
            Self::First => Shape::First,
            Self::Final => Shape::Final,
            Self::Delivered => Shape::Delivered,
            Self::NotDelivered => Shape::NotDelivered,
        }
    }

    /// By which the sentence is found.
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Ordinary => "ordinary",
            Self::NotAccepted => "not-accepted",
            Self::First => "first",
            Self::Final => "final",
            Self::Delivered => "delivered",
            Self::NotDelivered => "not-delivered",
        }
    }

    const fn part(self, elapsed: i64) -> Part {
        match self {
            Self::Accepted | Self::Ordinary | Self::NotAccepted => Part::Start,
            Self::First => Part::At12,
            Self::Final => Part::At24,
            Self::Delivered | Self::NotDelivered => match elapsed {
                ..43_200 => Part::Within12,
                43_200..86_400 => Part::Within24,
                _ => Part::Later,
            },
        }
    }
}

impl Course {
    /// Of all recipients that are named.
    pub fn of(matter: &Matter, lang: Lang) -> Self {
        let texts = Catalogue::of(lang);
        let lanes = matter.recipients.iter().zip(0..).map(|(one, number)| {
            let top = HEAD + number * LANE;
            Lane::of(matter, one, top, lang)
        });
        let lanes: Vec<Lane> = lanes.collect();
        let rows = u32::try_from(lanes.len()).unwrap_or(u32::MAX / LANE - 1);
        let scale = [
            (Part::Start, "sheet.scale.start"),
            (Part::At12, "sheet.scale.first"),
            (Part::At24, "sheet.scale.final"),
        ];
        Self {
            title: texts.text("sheet.course-title").to_owned(),
            width: WIDTH,
            height: HEAD + rows * LANE,
            head: HEAD,
            lane: LANE,
            across: (Part::Start.x(), WIDTH - 10, 40),
            name: (4, 12),
            below: [27, 63, 75],
            scale: scale
                .map(|(part, key)| (part.x(), texts.text(key).to_owned()))
                .into(),
            lanes,
        }
    }
}

impl Lane {
    fn of(matter: &Matter, recipient: &Addressee, top: u32, lang: Lang) -> Self {
        let texts = Catalogue::of(lang);
        let events = events(matter, recipient);
        let start = events.first().filter(|(kind, _)| {
            matches!(kind, Kind::Accepted | Kind::Ordinary | Kind::NotAccepted)
        });
        let start = start.map(|(_, at)| *at);
        let mut taken: Vec<Part> = Vec::new();
        let mut marks = Vec::new();
        let mut words = Vec::new();
        for (kind, at) in &events {
            let part = kind.part(start.map_or(0, |start| at.seconds_since(start)));
            let part = part.max(taken.iter().copied().map(Part::after).max().unwrap_or(part));
            let before = taken.iter().filter(|one| **one == part).count();
            taken.push(part);
            let word = texts.text(&format!("sheet.mark.{}", kind.word()));
            let time = shown(*at, lang);
            let (day, clock) = time.split_once(' ').unwrap_or((&time, ""));
            marks.push(Mark {
                x: part.x() + STEP * u32::try_from(before).unwrap_or(0).min(1),
                shape: kind.shape(),
                word: word.to_owned(),
                day: day.to_owned(),
                clock: clock.to_owned(),
            });
            let elapsed = start.filter(|start| start != at);
            words.push(match elapsed {
                Some(start) => {
                    let values = [
                        ("event", word),
                        ("time", &*time),
                        ("elapsed", &*elapsed_text(at.seconds_since(start))),
                    ];
                    texts.fill("sheet.event-after", &values)
                }
                None => texts.fill("sheet.event", &[("event", word), ("time", &time)]),
            });
        }
        if start.is_none() {
            let missing = texts.text("sheet.mark.missing").to_owned();
            words.insert(0, missing.clone());
            marks.insert(
                0,
                Mark {
                    x: Part::Start.x(),
                    shape: Shape::Missing,
                    word: missing,
                    day: String::new(),
                    clock: String::new(),
                },
            );
        }
        Self {
            top,
            name: recipient.address.as_str().to_owned(),
            marks,
            words: words.join("; "),
        }
    }
}

/// What receipts certify for a recipient, in the order of time; the dispatch comes first.
fn events(matter: &Matter, recipient: &Addressee) -> Vec<(Kind, Timestamp)> {
    let of_it = || {
        let facts = matter.facts.iter();
        facts.filter(|fact| fact.is_certified() && fact.concerns(recipient.place))
    };
    let accepted = matter.state(recipient).accepted_at;
    let mut events: Vec<(Kind, Timestamp)> = of_it()
        .filter_map(|fact| {
            // RFC 6109, 3.1.6: the final notice is not issued before 22 hours.
            let elapsed = accepted.map(|accepted| fact.at().seconds_since(accepted));
            let is_late = elapsed.is_some_and(|seconds| seconds >= 22 * HOUR);
            Some((Kind::of(fact, is_late)?, fact.at()))
        })
        .collect();
    events.sort_by_key(|(kind, at)| (kind.part(0) != Part::Start, *at));
    events.dedup();
    events
}

/// How long it took, in the two largest units.
fn elapsed_text(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes) = (seconds / HOUR, seconds % HOUR / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_the_two_largest_units() {
        for (seconds, text) in [
            (-3, "0 s"),
            (5, "5 s"),
            (65, "1 min 5 s"),
            (43_229, "12 h 0 min"),
            (90_061, "25 h 1 min"),
        ] {
            assert_eq!(elapsed_text(seconds), text);
        }
    }

    #[test]
    fn a_delivery_stands_where_its_hours_are() {
        for (elapsed, x) in [(5, 150), (43_199, 150), (43_200, 330), (86_400, 510)] {
            assert_eq!(Kind::Delivered.part(elapsed).x(), x, "{elapsed}");
        }
    }
}
