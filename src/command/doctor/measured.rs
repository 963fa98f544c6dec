//! What has a number: room on the disk, days of an authority that are left, messages that need
//! somebody.

use std::path::Path;

use crate::command::check::{Check, Measure, Unit};
use crate::context::{free_room, is_writable};
use crate::lang::Lang;
use crate::ledger::Ledger;
use crate::ledger::state::Standing;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::providers::Trust;
use crate::timestamp::Timestamp;
use crate::transport::BUILT_IN_ROOTS;

const DAY: i64 = 86_400;

/// Octets below which a disk is nearly full: some twenty messages of the usual greatest size, each
/// with a receipt that holds it again.
const LITTLE_ROOM: u64 = 1_000_000_000;

/// Octets below which one message of the usual greatest size with its receipts may not fit any more.
const NO_ROOM: u64 = 100_000_000;

/// Days before the end of the last authority from which on a new program is needed: authorities
/// overlap by more than a year, and so do the certificates of providers.
const LAST_YEAR: i64 = 365;

/// Days after which the authorities of TLS are called old: what browsers trusted two years ago knows
/// most servers still, and the next list may be the one that a provider's new certificate needs.
const ROOTS_DAYS: i64 = 730;

/// Room on the disk of the data folder, and whether anything can be written there.
pub(super) fn disk(folder: &Path, lang: Lang) -> Vec<Check> {
    let mut checks = Vec::new();
    let shown = folder.display().to_string();
    if !is_writable(folder) {
        let values = [("folder", &*shown)];
        checks.push(Check::failed(
            "data.writable",
            lang,
            "not-writable",
            &values,
        ));
    }
    if let Some(free) = free_room(folder) {
        let size = Catalogue::of(lang).size(free);
        let values = [("folder", &*shown), ("size", &*size)];
        let id = "data.room";
        let check = match free {
            ..NO_ROOM => Check::failed(id, lang, "room-none", &values),
            NO_ROOM..LITTLE_ROOM => Check::warning(id, lang, "room-little", &values),
            LITTLE_ROOM.. => Check::ok(id, lang, "room-ok", &values),
        };
        checks.push(check.with(Measure {
            value: signed(free),
            unit: Unit::Bytes,
            warn_at: Some(signed(LITTLE_ROOM)),
            fail_at: Some(signed(NO_ROOM)),
        }));
    }
    checks
}

/// How long signers can still lead to an authority that this program knows.
pub(super) fn authorities(now: Timestamp, trust: &Trust, lang: Lang) -> Option<Check> {
    let ends = trust.anchors.iter().flat_map(|anchor| &anchor.editions);
    let last = ends.map(|edition| edition.not_after).max()?;
    let days = last.seconds_since(now).div_euclid(DAY);
    let left = Catalogue::of(lang).counted("days", days.max(0));
    let values = [("end", &*layout::shown(last, lang)), ("left", &*left)];
    let id = "trust.authorities";
    let check = match days {
        ..0 => Check::failed(id, lang, "authorities-over", &values),
        0..LAST_YEAR => Check::warning(id, lang, "authorities-ending", &values),
        LAST_YEAR.. => Check::ok(id, lang, "authorities-ok", &values),
    };
    Some(check.with(Measure {
        value: days,
        unit: Unit::Days,
        warn_at: Some(LAST_YEAR),
        fail_at: Some(0),
    }))
}

/// How old the list is of those who may sign for servers.
pub(super) fn roots(now: Timestamp, lang: Lang) -> Option<Check> {
    let (_, as_of) = BUILT_IN_ROOTS;
    let date = Timestamp::parse(&format!("{as_of}T00:00:00Z")).ok()?;
    let days = now.seconds_since(date).div_euclid(DAY);
    let age = Catalogue::of(lang).counted("age", days);
    let values = [("as_of", &*layout::day(as_of, lang)), ("age", &*age)];
    let id = "tls.roots";
    let check = match days > ROOTS_DAYS {
        true => Check::warning(id, lang, "roots-old", &values),
        false => Check::ok(id, lang, "roots-ok", &values),
    };
    Some(check.with(Measure {
        value: days,
        unit: Unit::DaysPassed,
        warn_at: Some(ROOTS_DAYS + 1),
        fail_at: None,
    }))
}

/// What in the ledger waits for an answer, and what waits for a person. What a damaged ledger cannot
/// tell is told elsewhere.
pub(super) fn messages(ledger: &Ledger, lang: Lang) -> Vec<Check> {
    let (Ok(stat), Ok(unsettling)) = (ledger.stat(), ledger.unsettling(None)) else {
        return Vec::new();
    };
    let sum = |is_meant: fn(Standing) -> bool| -> u64 {
        let meant = stat.standings.iter().filter(|(one, _)| is_meant(*one));
        meant.map(|(_, count)| count).sum()
    };
    let pending = sum(|one| one.is_pending() && one != Standing::InDoubt);
    let number = |count: usize| count.try_into().unwrap_or(u64::MAX);
    let counted = [
        (
            "messages.in-doubt",
            ["in-doubt-none", "in-doubt-some"],
            Unit::Recipients,
            sum(|one| one == Standing::InDoubt),
        ),
        (
            "messages.contradictory",
            ["contradictory-none", "contradictory-some"],
            Unit::Recipients,
            sum(|one| one == Standing::Contradictory),
        ),
        (
            "messages.unproven",
            ["unproven-none", "unproven-some"],
            Unit::Messages,
            number(unsettling.unproven),
        ),
        (
            "messages.unread",
            ["unread-none", "unread-some"],
            Unit::Messages,
            number(unsettling.unread),
        ),
    ];
    let count = Catalogue::of(lang).number(pending);
    let waiting = Check::ok("messages.pending", lang, "pending", &[("count", &count)]);
    let mut checks = vec![waiting.with(Measure {
        value: signed(pending),
        unit: Unit::Recipients,
        warn_at: None,
        fail_at: None,
    })];
    checks.extend(counted.map(|(id, cases, unit, count)| {
        needing(id, cases, count, lang).with(Measure {
            value: signed(count),
            unit,
            warn_at: Some(1),
            fail_at: None,
        })
    }));
    checks
}

/// What needs a person as soon as there is one.
fn needing(id: &'static str, [none, some]: [&str; 2], count: u64, lang: Lang) -> Check {
    let shown = Catalogue::of(lang).number(count);
    let values = [("count", &*shown)];
    match count {
        0 => Check::ok(id, lang, none, &values),
        1.. => Check::warning(id, lang, some, &values),
    }
}

fn signed(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
