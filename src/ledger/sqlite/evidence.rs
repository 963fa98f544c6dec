//! The names of all octets, of SQLite.

use rusqlite::Connection;

use crate::ledger::{Depth, Error, Lost, MessageRef};

/// Of what came last, this much is looked at before something is sent.
const LATEST: usize = 200;

/// Every name once, but of what is forgotten, with the message that it belongs to.
const NAMED: &str = "SELECT octets, max(message) AS message, max(ours) AS ours FROM (
        SELECT octets, id AS message, 1 AS ours FROM message WHERE forgotten_at IS NULL
        UNION ALL SELECT octets, NULL, 0 FROM received
        UNION ALL SELECT octets, message, 0 FROM examination WHERE forgotten_at IS NULL
        UNION ALL SELECT evidence, message, 0 FROM fact
            JOIN message AS known ON known.id = fact.message
            WHERE evidence IS NOT NULL AND known.forgotten_at IS NULL)
    GROUP BY octets";

/// The latest names, twice perhaps; found by the keys of both tables.
const LATEST_NAMED: &str = "SELECT octets, message, ours FROM (
        SELECT octets, id AS message, 1 AS ours FROM message WHERE forgotten_at IS NULL
            ORDER BY id DESC LIMIT ?1)
    UNION SELECT octets, NULL, 0 FROM (
        SELECT octets FROM received ORDER BY id DESC LIMIT ?1)";

/// Every name, as one that is not there.
pub(super) fn each_named(
    connection: &Connection,
    depth: Depth,
    each: &mut dyn FnMut(Lost) -> Result<(), Error>,
) -> Result<(), Error> {
    let (names, values) = match depth {
        Depth::Latest | Depth::LatestOctets => (LATEST_NAMED, vec![LATEST as i64]),
        Depth::Names | Depth::Octets => (NAMED, Vec::new()),
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT named.octets, named.ours, message.id, message.short FROM ({names}) AS named
         LEFT JOIN message ON message.id = named.message"
    ))?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let (id, short): (Option<i64>, Option<String>) = (row.get(2)?, row.get(3)?);
        each(Lost {
            sha256: row.get(0)?,
            message: id.zip(short).map(|(id, short)| MessageRef { id, short }),
            is_ours: row.get(1)?,
        })?;
    }
    Ok(())
}
