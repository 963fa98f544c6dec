//! Whether a file is what it was, and where it was: noticed whenever it is opened.
//!
//! - It knows less than left this computer: the `journal` has lines that it has not. These messages
//!   are entered again from their octets, in doubt, so that nothing sends them by itself.
//! - It is new, and octets of another one lie beside it.
//! - It is not where it was: the file `place` is another one, or was written again.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::facts::{append, insert, refresh};
use super::journal::{Journal, Line};
use super::{Sqlite, query, timestamp};
use crate::address::MailAddress;
use crate::batch::identity::Identity;
use crate::ledger::fact::{AttemptEnd, Fact, Words};
use crate::ledger::octets::Octets;
use crate::ledger::surroundings::{Recovered, Surroundings};
use crate::ledger::{Error, MessageRef};
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;

impl Surroundings for Sqlite {
    fn has_asked(&self, account: &MailAddress) -> Result<bool, Error> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM surroundings WHERE home = ?1)
                     OR EXISTS (SELECT 1 FROM asked WHERE account = ?2 AND place = ?1)",
            )?
            .query_row([&self.place, &account.key()], |row| row.get(0))?)
    }

    fn note_asked(&mut self, account: &MailAddress) -> Result<(), Error> {
        if !self.has_asked(account)? {
            self.connection.execute(
                "INSERT OR REPLACE INTO asked (account, place) VALUES (?1, ?2)",
                [&account.key(), &self.place],
            )?;
        }
        Ok(())
    }

    fn sent_elsewhere(&self, account: &MailAddress) -> Result<usize, Error> {
        let count: i64 = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM examination
                 WHERE message IS NULL AND verdict = 'genuine' AND kind = 'accettazione'
                   AND account = ?1 AND sender = ?1 COLLATE NOCASE",
            )?
            .query_row([account.key()], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    fn accepted_elsewhere(
        &self,
        message: &OutgoingMessage,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        accepted_elsewhere(&self.connection, &Alike::to(message), since)
    }
}

/// What an acceptance for another program's message may be alike to.
pub(super) struct Alike {
    pub account: String,
    pub message_id: String,
    pub subject: String,
    /// As [`listed`].
    pub recipients: String,
}

impl Alike {
    pub fn to(message: &OutgoingMessage) -> Self {
        let addresses = message.recipients().iter().map(|one| &one.address);
        Self {
            account: message.sender().key(),
            message_id: message.message_id().to_owned(),
            subject: message.subject().to_owned(),
            recipients: listed(addresses),
        }
    }
}

/// As [`Surroundings::accepted_elsewhere`].
pub(super) fn accepted_elsewhere(
    connection: &Connection,
    message: &Alike,
    since: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let own = Identity::read(&message.message_id);
    let mut statement = connection.prepare_cached(
        "SELECT certified_at, message_id FROM examination INDEXED BY examination_elsewhere
         WHERE message IS NULL AND verdict = 'genuine' AND kind = 'accettazione'
           AND account = ?1 AND sender = ?1 COLLATE NOCASE AND subject = ?2
           AND recipients = ?3 AND certified_at >= ?4
         ORDER BY certified_at DESC",
    )?;
    let Alike {
        account,
        subject,
        recipients,
        ..
    } = message;
    let mut found = statement.query(params![account, subject, recipients, since.unix()])?;
    while let Some(row) = found.next()? {
        let id: Option<String> = row.get(1)?;
        let other = id.and_then(|id| Identity::read(&id));
        if own.is_none() || other.is_none() || own == other {
            return Ok(Some(Timestamp::from_unix(row.get(0)?)));
        }
    }
    Ok(None)
}

/// Whether the ledger belongs where it is.
pub(super) fn is_at_home(connection: &Connection, place: &str) -> Result<bool, Error> {
    let query = "SELECT EXISTS (SELECT 1 FROM surroundings WHERE home = ?1)";
    Ok(connection
        .prepare_cached(query)?
        .query_row([place], |row| row.get(0))?)
}

/// Stands in the facts of an attempt of which only the journal, or the octets, knew.
const LOST: &str = "the ledger had lost what it knew of this attempt";

/// Addresses as the column `recipients` has them.
pub(super) fn listed<'a>(addresses: impl Iterator<Item = &'a MailAddress>) -> String {
    let mut keys: Vec<String> = addresses.map(MailAddress::key).collect();
    keys.sort();
    keys.dedup();
    keys.join("\n")
}

/// Where a folder is: another text when it, or the database in it, is another copy. Empty on
/// systems that do not tell.
pub(super) fn place(folder: &Path, database: &Path) -> io::Result<String> {
    const WORDS: &[u8] = b"By this file pec notices that its folder was copied or restored.\n";
    let path = folder.join("place");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => file.write_all(WORDS)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    identity(&fs::metadata(&path)?, &fs::metadata(database)?)
}

/// The numbers of both files, and when anything was last changed about the one that nobody
/// changes: a copy has other numbers, and one written over what was there another time.
#[cfg(unix)]
fn identity(place: &fs::Metadata, database: &fs::Metadata) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let (seconds, nanoseconds) = (place.ctime(), place.ctime_nsec());
    Ok(format!(
        "{} {} {seconds}.{nanoseconds:09}",
        database.ino(),
        place.ino()
    ))
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata, _: &fs::Metadata) -> io::Result<String> {
    Ok(String::new())
}

/// What is around the file.
pub(super) struct Around<'a> {
    /// The octets beside it.
    pub octets: &'a dyn Octets,
    /// The journal beside it.
    pub journal: &'a Journal,
    /// Where it is; `None` where what is around it may not be written.
    pub place: Option<&'a str>,
}

/// The octets of the journal whose lines the ledger knows; `None` where it was never held against
/// one.
fn known(connection: &Connection) -> Result<Option<u64>, Error> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT journal FROM surroundings")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(known.map(i64::unsigned_abs))
}

/// Whether the ledger knows all that the journal has. One that cannot be asked does not.
pub(super) fn is_settled(connection: &Connection, journal: &Journal) -> io::Result<bool> {
    let found = journal.length()?;
    // Where the journal is gone, or older, nothing was lost.
    Ok(known(connection)
        .is_ok_and(|known| known.is_some_and(|known| found.is_none_or(|found| found <= known))))
}

/// Holds the ledger against the journal, and enters what it has lost.
pub(super) fn settle(
    connection: &mut Connection,
    around: &Around<'_>,
    disk: &dyn Fn(io::Error) -> Error,
) -> Result<Recovered, Error> {
    let Around {
        octets, journal, ..
    } = *around;
    let length = || journal.length().map_err(disk);
    // Read first, so that in the usual case nothing is locked or written.
    if let Some(known) = known(connection)?
        && length()? == Some(known)
    {
        return Ok(Recovered::default());
    }
    // Whoever adds to the journal holds this lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (known, found) = (known(&transaction)?, length()?);
    if known.is_some() && known == found {
        return Ok(Recovered::default());
    }
    let mut run = Run {
        transaction: &transaction,
        octets,
        begun: begun(&transaction)?,
        newest: newest(&transaction)?,
        recovered: Recovered::default(),
    };
    if known.is_none() && around.place.is_some() {
        octets.clear_old();
    }
    let mut lines = Vec::new();
    let mut keep = |line| {
        lines.push(line);
        Ok(())
    };
    journal.lines(&mut keep).map_err(disk)?;
    let is_empty = run.is_empty()?;
    if found.is_none() && is_empty {
        lines = of_octets(octets).map_err(disk)?;
    }
    // A new file beside octets of an old one knows nothing of what they were about.
    let is_bereft = known.is_none() && is_empty && octets.holds_any();
    for line in &lines {
        run.enter(line)?;
    }
    let recovered = run.recovered;
    let length = match (found, around.place) {
        (Some(found), _) if known.is_none_or(|known| known <= found) => found,
        // It is gone, or an older copy: what the ledger knows of it is written again.
        (_, Some(_)) => journal.rewrite(&handed(&transaction)?).map_err(disk)?,
        (_, None) => found.unwrap_or_default(),
    };
    let home = around
        .place
        .filter(|_| known.is_none() && recovered.is_empty() && !is_bereft);
    match known {
        None => transaction.execute(
            "INSERT INTO surroundings (journal, home) VALUES (?1, ?2)",
            params![length as i64, home],
        )?,
        Some(_) => transaction.execute("UPDATE surroundings SET journal = ?1", [length as i64])?,
    };
    if !recovered.is_empty() {
        transaction.execute_batch("UPDATE surroundings SET home = NULL; DELETE FROM asked")?;
    }
    transaction.commit()?;
    Ok(recovered)
}

/// All attempts of which the ledger knows that they left, or may have.
fn handed(transaction: &Transaction<'_>) -> Result<Vec<Line>, Error> {
    let mut statement = transaction.prepare_cached(
        "SELECT fact.at, fact.attempt, octets, message_id FROM fact
         JOIN message ON message.id = fact.message WHERE what = 'handed' ORDER BY fact.id",
    )?;
    let lines = statement.query_map([], |row| {
        Ok(Line {
            at: Timestamp::from_unix(row.get(0)?),
            attempt: row.get::<_, Option<u32>>(1)?.unwrap_or(1),
            octets: row.get(2)?,
            message_id: row.get(3)?,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

/// All attempts of which the ledger knows, and whether it knows more of them.
fn begun(transaction: &Transaction<'_>) -> Result<HashMap<(String, u32), bool>, Error> {
    let mut statement = transaction.prepare_cached(
        "SELECT message_id, begun.attempt,
             EXISTS (SELECT 1 FROM fact AS later WHERE later.message = begun.message
                 AND later.attempt = begun.attempt AND later.what <> 'begun')
         FROM fact AS begun JOIN message ON message.id = begun.message
         WHERE begun.what = 'begun'",
    )?;
    let found = statement.query_map([], |row| {
        let number: Option<u32> = row.get(1)?;
        Ok(((row.get(0)?, number.unwrap_or(1)), row.get(2)?))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// When the last message or fact was recorded.
fn newest(transaction: &Transaction<'_>) -> Result<Timestamp, Error> {
    let query = "SELECT max(ifnull((SELECT recorded_at FROM fact ORDER BY id DESC LIMIT 1), 0),
         ifnull((SELECT frozen_at FROM message ORDER BY id DESC LIMIT 1), 0)) AS newest";
    Ok(transaction.query_row(query, [], |row| timestamp(row, "newest"))?)
}

/// Messages of ours among the octets, for a ledger that knows nothing and has no journal.
fn of_octets(octets: &dyn Octets) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    octets.each(&mut |name, at| {
        // One that was damaged is no message of anybody.
        let Ok(content) = octets.get(name) else {
            return;
        };
        if let Some(message) = OutgoingMessage::reread(content) {
            lines.push(Line {
                at,
                attempt: 1,
                octets: name.to_owned(),
                message_id: message.message_id().to_owned(),
            });
        }
    })?;
    lines.sort_by(|one, other| (one.at, &one.octets).cmp(&(other.at, &other.octets)));
    Ok(lines)
}

struct Run<'a> {
    transaction: &'a Transaction<'a>,
    octets: &'a dyn Octets,
    /// Message-ID and number of every attempt that the ledger knows, and whether it knows that it was
    /// handed over, or how it ended.
    begun: HashMap<(String, u32), bool>,
    /// When it last learned something of its messages.
    newest: Timestamp,
    recovered: Recovered,
}

impl Run<'_> {
    /// Whether no message was ever recorded.
    fn is_empty(&self) -> Result<bool, Error> {
        let query = "SELECT NOT EXISTS (SELECT 1 FROM message)";
        Ok(self.transaction.query_row(query, [], |row| row.get(0))?)
    }

    /// Remembers what is known of a message that is in no other place.
    fn lose(&self, line: &Line) -> Result<(), Error> {
        self.transaction
            .prepare_cached("INSERT OR IGNORE INTO lost (message_id, at) VALUES (?1, ?2)")?
            .execute(params![line.message_id, line.at.unix()])?;
        Ok(())
    }

    /// Enters that a message was about to leave.
    fn hand(&self, message: &MessageRef, line: &Line) -> Result<(), Error> {
        let Line { attempt, at, .. } = *line;
        let handed = Fact::Handed { attempt, at };
        append(self.transaction, message.id, &handed, at)?;
        refresh(self.transaction, message.id)
    }

    /// Whether it lost the attempt, of a message that it knows, with the machine: whatever is not on the
    /// disk is of the seconds before (`Commit::WithNext`). A copy that was put back is older.
    fn is_of_a_stop(&self, line: &Line) -> bool {
        const SECONDS: i64 = 10;
        (0..=SECONDS).contains(&line.at.seconds_since(self.newest))
    }

    /// Enters an attempt that nobody knows the end of.
    fn doubt(&self, message: &MessageRef, line: &Line) -> Result<(), Error> {
        let Line { attempt, at, .. } = *line;
        let lost = Words {
            code: None,
            text: LOST.to_owned(),
        };
        let end = AttemptEnd::InDoubt(lost);
        for fact in [
            Fact::Begun {
                attempt,
                at,
                process: None,
            },
            Fact::Handed { attempt, at },
            Fact::Ended { attempt, at, end },
        ] {
            append(self.transaction, message.id, &fact, line.at)?;
        }
        refresh(self.transaction, message.id)
    }

    /// Enters an attempt of which the ledger knows nothing: in doubt.
    fn enter(&mut self, line: &Line) -> Result<(), Error> {
        let attempt = (line.message_id.clone(), line.attempt);
        let begun = self.begun.insert(attempt, true);
        if begun == Some(true) {
            return Ok(());
        }
        let message = match query::by_message_id(self.transaction, &line.message_id)? {
            // Lost with the machine that stopped. Its attempt ends as any that was cut off.
            Some(message) if begun.is_some() => return self.hand(&message, line),
            Some(message) if self.is_of_a_stop(line) => return self.doubt(&message, line),
            Some(message) => message,
            None => {
                let kept = self.octets.get(&line.octets).ok();
                let Some(message) = kept.and_then(OutgoingMessage::reread) else {
                    self.lose(line)?;
                    self.recovered.missing.push(line.message_id.clone());
                    return Ok(());
                };
                insert(self.transaction, &message, &line.octets, line.at)?
            }
        };
        self.doubt(&message, line)?;
        self.transaction.execute(
            "UPDATE message SET recovered = 1 WHERE id = ?1",
            [message.id],
        )?;
        if !self.recovered.messages.contains(&message) {
            self.recovered.messages.push(message);
        }
        Ok(())
    }
}
