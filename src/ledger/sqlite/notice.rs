//! What was served under a key, of SQLite, and plans carried out.
//!
//! A plan is made again in the transaction that carries it out: no two processes serve a notice at
//! once.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::facts::{append, insert, refresh};
use super::forget::{self, digest_of, is_stone};
use super::surroundings::{Alike, accepted_elsewhere, is_at_home, listed};
use super::{Sqlite, query, timestamp};
use crate::address::MailAddress;
use crate::batch::identity::{Identity, Key, Matter};
use crate::ledger::fact::{AttemptEnd, Fact, RecipientAnswer, Refusal, Words};
use crate::ledger::notice::{Notices, Planned};
use crate::ledger::octets::Octets;
use crate::ledger::plan::{
    Acceptance, Earlier, Known, Life, Linked, Plan, Serving, Terms, decide, is_open, plan,
};
use crate::ledger::state::{Open, Standing};
use crate::ledger::{Error, JobRow, MessageRef, NewRow, Part, Taken};
use crate::pec::MessageId;
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;

impl Notices for Sqlite {
    fn carry_out(
        &mut self,
        all: &[(Planned<'_>, String)],
        octets: &dyn Octets,
        now: Timestamp,
    ) -> Result<Vec<Taken>, Error> {
        let place = self.place.clone();
        self.at_once(|transaction| {
            let carrying = Carrying {
                transaction,
                octets,
                place: &place,
                now,
            };
            all.iter()
                .map(|(planned, sha256)| carrying.carry_out(planned, sha256))
                .collect()
        })
    }

    fn note_ahead(&mut self, all: &[String]) -> Result<(), Error> {
        // Before the octets are.
        self.at_once(|transaction| {
            let mut all = all.iter();
            all.try_for_each(|octets| forget::go(transaction, octets, false))
        })
    }

    fn serving(&self, row: &NewRow, path: &str) -> Result<Serving, Error> {
        let identity = identity_of(row);
        let (earlier, accepted) = known(&self.connection, row, &identity, path)?;
        let lost = lost(&self.connection, &identity)?;
        Ok(decide(&earlier, &accepted, lost))
    }

    fn plan(&self, row: &JobRow, terms: Terms) -> Result<Plan, Error> {
        // One view of all tables, and one lock for it.
        let view = self.connection.unchecked_transaction()?;
        plan_of(&view, row, terms)
    }

    fn lost_of(&self, message_id: &str) -> Result<Option<Timestamp>, Error> {
        match Identity::start_of(message_id) {
            Some(start) => lost_from(&self.connection, &start),
            None => Ok(None),
        }
    }

    fn accepted_of(
        &self,
        sender: &MailAddress,
        message_id: &str,
    ) -> Result<Vec<Acceptance>, Error> {
        let mut all = match Identity::read(message_id) {
            Some(identity) => accepted(&self.connection, sender, &identity)?,
            None => accepted_as(&self.connection, sender, message_id)?,
        };
        all.retain(|one| one.is_same);
        all.reverse();
        Ok(all)
    }

    fn withdraw(&mut self, message: &MessageRef, now: Timestamp) -> Result<(), Error> {
        let transaction = self.immediate()?;
        if life_of(&transaction, message.id)? != Life::Unsent {
            return Err(Error::Settled {
                short: message.short.clone(),
                standing: "not unsent",
            });
        }
        withdraw(&transaction, message.id, now)?;
        Ok(transaction.commit()?)
    }

    fn parts(&self, message: &MessageRef) -> Result<Vec<Part>, Error> {
        let parts = parts(&self.connection, message.id)?.into_iter();
        Ok(parts
            .map(|(message, places)| Part {
                message,
                places: places.into_iter().map(|(place, _)| place).collect(),
            })
            .collect())
    }

    fn standings_of(&self, message: &MessageRef) -> Result<Vec<Standing>, Error> {
        let recipients = whole(&self.connection, message.id)?.recipients;
        Ok(recipients
            .into_iter()
            .map(|(_, standing)| standing)
            .collect())
    }

    fn beside(&self, row: &JobRow) -> Result<Vec<MessageRef>, Error> {
        let found = under_key(&self.connection, &row.row, &identity_of(&row.row))?;
        let others = found.into_iter().map(|(message, _)| message);
        Ok(others
            .filter(|other| row.message.as_ref() != Some(other))
            .collect())
    }
}

/// The transaction in which plans are carried out.
struct Carrying<'a> {
    transaction: &'a Transaction<'a>,
    octets: &'a dyn Octets,
    /// Where the ledger is.
    place: &'a str,
    now: Timestamp,
}

impl Carrying<'_> {
    /// One of them; `sha256` is that of its message. What does not hold any more writes nothing.
    fn carry_out(&self, planned: &Planned<'_>, sha256: &str) -> Result<Taken, Error> {
        let (transaction, now) = (self.transaction, self.now);
        let Planned { row, plan, .. } = *planned;
        if plan_of(transaction, row, planned.terms)? != *plan {
            return Ok(Taken::Changed);
        }
        // Whoever sweeps holds this lock.
        if planned.message.is_some() && self.octets.length(sha256).is_err() {
            return Ok(Taken::Changed);
        }
        Ok(match (plan, planned.message) {
            (Plan::Linked(message), _) => {
                let standings = standings_of(transaction, message.id)?;
                if let Some(at) = self.linked_elsewhere(row, message, &standings)? {
                    withdraw(transaction, message.id, now)?;
                    unlink(transaction, row.id)?;
                    Taken::Elsewhere(at)
                } else if let Some(at) = self.rest_elsewhere(planned, message, &standings)? {
                    Taken::RestElsewhere(at)
                } else {
                    Taken::Already(message.clone())
                }
            }
            (Plan::Join(message), _) => {
                let is_shared = has_row(transaction, message.id)?;
                if let Some(before) = linked(transaction, row.id)?
                    && before.is_before(message)
                {
                    // What completes it, by a run that the ledger lost.
                    complete(transaction, message.id, before.id)?;
                }
                link(transaction, row.id, message.id, is_shared)?;
                match is_shared {
                    true => Taken::Served(message.clone()),
                    false => Taken::Already(message.clone()),
                }
            }
            (Plan::Adopt(accepted, rest), Some(message)) => {
                let adopted = adopt(transaction, message, sha256, accepted, now)?;
                forget::stays(transaction, sha256)?;
                if let Some(rest) = rest {
                    complete(transaction, adopted.id, rest.of.id)?;
                }
                link(transaction, row.id, adopted.id, false)?;
                Taken::Adopted(adopted)
            }
            (
                Plan::Send {
                    instead_of, rest, ..
                },
                Some(message),
            ) => {
                if let Some(lost) = recovered(transaction, self.octets, message)? {
                    link(transaction, row.id, lost.id, false)?;
                    Taken::Already(lost)
                } else if let Some(at) = self.accepted_elsewhere(row, message)? {
                    Taken::Elsewhere(at)
                } else {
                    for other in instead_of {
                        withdraw(transaction, other.id, now)?;
                    }
                    let recorded = insert(transaction, message, sha256, now)?;
                    forget::stays(transaction, sha256)?;
                    if let Some(rest) = rest {
                        complete(transaction, recorded.id, rest.of.id)?;
                    }
                    link(transaction, row.id, recorded.id, false)?;
                    Taken::New(recorded)
                }
            }
            (Plan::Wait(_) | Plan::Adopt(..) | Plan::Send { .. }, _) => Taken::Changed,
        })
    }

    /// When another program had what a row says accepted; of one that is sent in a later round that
    /// was asked already.
    fn accepted_elsewhere(
        &self,
        row: &JobRow,
        message: &OutgoingMessage,
    ) -> Result<Option<Timestamp>, Error> {
        match row.row.round.is_empty() {
            true => {
                let since = self.since_for(row)?;
                accepted_elsewhere(self.transaction, &Alike::to(message), since)
            }
            false => Ok(None),
        }
    }

    /// The same of its message, which was recorded before and did not leave.
    fn linked_elsewhere(
        &self,
        row: &JobRow,
        message: &MessageRef,
        standings: &[Standing],
    ) -> Result<Option<Timestamp>, Error> {
        if !row.row.round.is_empty() || Life::of(standings) != Life::Unsent {
            return Ok(None);
        }
        let recipients = query::recipients(self.transaction, message.id)?;
        let alike = self
            .transaction
            .prepare_cached("SELECT account, message_id, subject FROM message WHERE id = ?1")?
            .query_row([message.id], |found| {
                Ok(Alike {
                    account: found.get(0)?,
                    message_id: found.get(1)?,
                    subject: found.get(2)?,
                    recipients: listed(recipients.iter()),
                })
            })?;
        accepted_elsewhere(self.transaction, &alike, self.since_for(row)?)
    }

    /// When another machine had the same accepted, of a message that left for some and waits for the
    /// others: these may have it from there, unless no acceptance means them or a person said so.
    fn rest_elsewhere(
        &self,
        planned: &Planned<'_>,
        message: &MessageRef,
        standings: &[Standing],
    ) -> Result<Option<Timestamp>, Error> {
        let transaction = self.transaction;
        let has_left = standings.iter().any(|standing| standing.has_left());
        if planned.terms.correct || !has_left || Open::of(standings) != Some(Open::Unsent) {
            return Ok(None);
        }
        let all: Vec<String> = query::recipients(transaction, message.id)?
            .iter()
            .map(MailAddress::key)
            .collect();
        let waits = |key: &String| {
            let own = all.iter().zip(standings);
            let mut standings = own.filter(|(other, _)| *other == key);
            standings.all(|(_, standing)| Open::of(&[*standing]).is_some())
        };
        let (account, identity) = (&planned.row.row.account, identity_of(&planned.row.row));
        let mut at = None;
        let of_others = accepted_of_others(transaction, account, &identity)?;
        for one in of_others.into_iter().filter(|one| one.is_same) {
            // Who is none of the recipients may be one, written anew.
            let means_them = match named_by(transaction, account, &one.message_id)? {
                Some(named) => named.iter().any(waits),
                None => true,
            };
            if means_them {
                at = at.max(Some(one.at));
            }
        }
        Ok(at)
    }

    /// From when on an acceptance that is for no message of ours may be for a row: since its job
    /// was recorded; in a ledger that was set back, which may have recorded it anew, a week more.
    fn since_for(&self, row: &JobRow) -> Result<Timestamp, Error> {
        const WEEK: i64 = 7 * 86_400;
        let recorded = self
            .transaction
            .prepare_cached(
                "SELECT recorded_at FROM job_row JOIN job ON job.id = job_row.job
                 WHERE job_row.id = ?1",
            )?
            .query_row([row.id], |found| timestamp(found, "recorded_at"))?;
        Ok(match is_at_home(self.transaction, self.place)? {
            true => recorded,
            false => recorded.min(Timestamp::from_unix(self.now.unix().saturating_sub(WEEK))),
        })
    }
}

fn plan_of(connection: &Connection, row: &JobRow, terms: Terms) -> Result<Plan, Error> {
    let linked = linked(connection, row.id)?;
    // What it said, and to whom, nobody knows any more.
    if let Some(stone) = &linked
        && is_stone(connection, stone.id)?
    {
        return Ok(Plan::Linked(stone.clone()));
    }
    let life = linked.as_ref().map(|linked| whole(connection, linked.id));
    let life = life.transpose()?.map(|whole| whole.life());
    let linked: Option<Linked> = linked.zip(life);
    if !is_open(linked.as_ref()) {
        return Ok(plan(linked.as_ref(), &Known::default(), terms));
    }
    let (row, path) = (&row.row, path_of(connection, row)?);
    let identity = identity_of(row);
    let (earlier, accepted) = known(connection, row, &identity, &path)?;
    let known = Known {
        next_id: free_id(connection, row, &identity, &accepted)?,
        lost: lost(connection, &identity)?,
        earlier,
        accepted,
    };
    Ok(plan(linked.as_ref(), &known, terms))
}

/// The Message-ID of the next message for a row.
fn free_id(
    connection: &Connection,
    row: &NewRow,
    identity: &Identity,
    accepted: &[Acceptance],
) -> Result<String, Error> {
    for further in 0..u32::MAX {
        let id = identity.message_id(further, row.account.domain());
        let is_accepted = accepted
            .iter()
            .any(|one| MessageId::new(&one.message_id) == MessageId::new(&id));
        let is_known = is_accepted
            || is_lost(connection, &id)?
            || query::by_message_id(connection, &id)?.is_some();
        if !is_known {
            return Ok(id);
        }
    }
    Err(Error::Corrupt(row.reference.clone()))
}

fn identity_of(row: &NewRow) -> Identity {
    Identity {
        key: Key::of(&row.account, &row.reference, &row.round),
        matter: Matter::of(&row.content),
    }
}

/// All that is known under the identity of a row of the table at a path, oldest first.
fn known(
    connection: &Connection,
    row: &NewRow,
    identity: &Identity,
    path: &str,
) -> Result<(Vec<Earlier>, Vec<Acceptance>), Error> {
    let mut found = under_key(connection, row, identity)?;
    if row.has_no_reference() {
        of_table(connection, row, path, &mut found)?;
    }
    found.sort_by_key(|(message, _)| message.id);
    found.dedup_by(|one, other| one.0 == other.0);
    let mut earlier: Vec<Earlier> = Vec::with_capacity(found.len());
    let mut first_parts = Vec::with_capacity(found.len());
    for (message, is_same) in found {
        let whole = whole(connection, message.id)?;
        // What one completes stands for nothing of its own any more.
        if let Some(at) = first_parts.iter().position(|first| *first == whole.first) {
            first_parts.remove(at);
            earlier.remove(at);
        }
        first_parts.push(whole.first);
        earlier.push(Earlier {
            message,
            is_same,
            life: whole.life(),
            missed: whole.missed(),
        });
    }
    let accepted = accepted_of_others(connection, &row.account, identity)?;
    Ok((earlier, accepted))
}

/// As [`accepted`], without those of messages that left from here.
fn accepted_of_others(
    connection: &Connection,
    account: &MailAddress,
    identity: &Identity,
) -> Result<Vec<Acceptance>, Error> {
    let mut of_others = Vec::new();
    for one in accepted(connection, account, identity)? {
        if !is_of_one_that_left(connection, &one.message_id)? {
            of_others.push(one);
        }
    }
    Ok(of_others)
}

/// Whether a message that the ledger has, and that left, bears a Message-ID: one that was adopted a moment
/// ago, to which its receipts are not led yet.
fn is_of_one_that_left(connection: &Connection, message_id: &str) -> Result<bool, Error> {
    let id = MessageId::new(message_id).to_string();
    match query::by_message_id(connection, &id)? {
        Some(message) => Ok(life_of(connection, message.id)? != Life::Unsent),
        None => Ok(false),
    }
}

/// Messages of the key, and whether they have the matter, too: by their Message-ID, and, where
/// an earlier version of this program made that, by the rows that they were made for.
fn under_key(
    connection: &Connection,
    row: &NewRow,
    Identity { key, matter }: &Identity,
) -> Result<Vec<(MessageRef, bool)>, Error> {
    let account = row.account.key();
    let (from, to) = (format!("<{}.", key.as_str()), format!("<{}/", key.as_str()));
    let mut statement = connection.prepare_cached(
        "SELECT id, short, message_id FROM message
         WHERE message_id >= ?1 AND message_id < ?2 AND account = ?3",
    )?;
    let by_id = statement.query_map([&from, &to, &account], |found| {
        Ok((query::message_ref(found)?, found.get::<_, String>(2)?))
    })?;
    let mut all = Vec::new();
    for found in by_id {
        let (message, id) = found?;
        let is_same = Identity::read(&id).is_some_and(|identity| identity.matter == *matter);
        all.push((message, is_same));
    }
    let mut statement = connection.prepare_cached(
        "SELECT message.id, message.short, job_row.content = ?4 FROM job_row
         JOIN message ON message.id = job_row.message
         WHERE job_row.account = ?1 AND job_row.reference IN (?2, ?5) AND round = ?3 AND NOT served",
    )?;
    // Of what is forgotten the key stands for the reference.
    let key = key.as_str().to_owned();
    let values = [&account, &row.reference, &row.round, &row.content, &key];
    let by_row = statement.query_map(values, |found| {
        Ok((query::message_ref(found)?, found.get::<_, bool>(2)?))
    })?;
    for found in by_row {
        let (message, is_same) = found?;
        if !all.iter().any(|(other, _)| *other == message) {
            all.push((message, is_same));
        }
    }
    all.sort_by_key(|(message, _)| message.id);
    Ok(all)
}

/// Without references a changed letter has another key. What jobs of the same table sent to the
/// same recipients counts then, except by a job in which this very content stood, too: that one
/// meant both.
fn of_table(
    connection: &Connection,
    row: &NewRow,
    path: &str,
    all: &mut Vec<(MessageRef, bool)>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT message.id, message.short, job_row.content = ?4 FROM job_row
         JOIN job ON job.id = job_row.job JOIN message ON message.id = job_row.message
         WHERE job_row.account = ?1 AND whom IN (?2, ?6) AND job_row.round = ?3
           AND job_row.message IS NOT NULL AND NOT served AND path IN (?5, ?7)
           AND NOT EXISTS (SELECT 1 FROM job_row AS both WHERE both.account = ?1
               AND both.reference = ?4 AND both.round = ?3 AND both.job = job_row.job)",
    )?;
    let account = row.account.key();
    let (whom, forgotten_path) = (digest_of(&row.whom), digest_of(path));
    let texts = [&*account, &row.whom, &row.round, &row.content, path];
    let [account, whom_told, round, content, path] = texts;
    let values = [
        account,
        whom_told,
        round,
        content,
        path,
        &whom,
        &forgotten_path,
    ];
    let found = statement.query_map(values, |found| {
        Ok((query::message_ref(found)?, found.get::<_, bool>(2)?))
    })?;
    for found in found {
        all.push(found?);
    }
    Ok(())
}

/// When the last message of the key left, or may have, that was lost and did not come to light again.
fn lost(connection: &Connection, identity: &Identity) -> Result<Option<Timestamp>, Error> {
    lost_from(connection, &format!("<{}", identity.key.as_str()))
}

/// The same of those whose Message-IDs begin so, up to a full stop or the `@`.
fn lost_from(connection: &Connection, start: &str) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = connection
        .prepare_cached(
            "SELECT max(at) FROM lost
             WHERE (message_id >= ?1 || '.' AND message_id < ?1 || '/'
                     OR message_id >= ?1 || '@' AND message_id < ?1 || 'A')
                 AND NOT EXISTS (SELECT 1 FROM message WHERE message.message_id = lost.message_id)",
        )?
        .query_row([start], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_unix))
}

/// Whether a Message-ID is that of a message that was lost.
fn is_lost(connection: &Connection, message_id: &str) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM lost WHERE message_id = ?1)")?
        .query_row([message_id], |row| row.get(0))?)
}

/// Acceptances of the key for messages that the ledger does not have. A receipt may name the
/// Message-ID with its brackets or without.
fn accepted(
    connection: &Connection,
    account: &MailAddress,
    Identity { key, matter }: &Identity,
) -> Result<Vec<Acceptance>, Error> {
    let mut all = Vec::new();
    for open in ["", "<"] {
        let from = format!("{open}{}.", key.as_str());
        let to = format!("{open}{}/", key.as_str());
        all.extend(accepted_between(connection, account, (&from, &to))?);
    }
    let of_notice = |(message_id, at): (String, Timestamp)| {
        let identity = Identity::read(&message_id)?;
        Some(Acceptance {
            is_same: identity.matter == *matter,
            message_id,
            at,
        })
    };
    let mut all: Vec<Acceptance> = all.into_iter().filter_map(of_notice).collect();
    // In the order of their making: a later one may be to some of the recipients alone.
    all.sort_by_key(|one| (Identity::further_of(&one.message_id), one.at));
    Ok(all)
}

/// Acceptances of one Message-ID, which need not be of our making.
fn accepted_as(
    connection: &Connection,
    account: &MailAddress,
    message_id: &str,
) -> Result<Vec<Acceptance>, Error> {
    let id = MessageId::new(message_id);
    let mut all = Vec::new();
    for id in [id.as_str().to_owned(), id.to_string()] {
        // The next text after it.
        let end = format!("{id}\0");
        all.extend(accepted_between(connection, account, (&id, &end))?);
    }
    let of_message = |(message_id, at)| Acceptance {
        is_same: true,
        message_id,
        at,
    };
    Ok(all.into_iter().map(of_message).collect())
}

/// Message-IDs from one text until before another, with the time of their acceptance. Anybody can
/// send a message under a Message-ID that he has seen; only the account itself gets it accepted in
/// its name.
fn accepted_between(
    connection: &Connection,
    account: &MailAddress,
    (from, until): (&str, &str),
) -> Result<Vec<(String, Timestamp)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT message_id, sender, certified_at FROM examination
         WHERE message IS NULL AND verdict = 'genuine' AND kind = 'accettazione'
           AND account = ?1 AND message_id >= ?2 AND message_id < ?3
         ORDER BY certified_at",
    )?;
    let found = statement.query_map([&*account.key(), from, until], |found| {
        let sender: Option<String> = found.get(1)?;
        Ok((found.get(0)?, sender, timestamp(found, "certified_at")?))
    })?;
    let mut all = Vec::new();
    for found in found {
        let (message_id, sender, at): (String, _, _) = found?;
        if sender.is_some_and(|sender| MailAddress::of(sender) == *account) {
            all.push((message_id, at));
        }
    }
    Ok(all)
}

fn path_of(connection: &Connection, row: &JobRow) -> Result<String, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT path FROM job_row JOIN job ON job.id = job_row.job WHERE job_row.id = ?1",
        )?
        .query_row([row.id], |found| found.get(0))?)
}

fn life_of(connection: &Connection, message: i64) -> Result<Life, Error> {
    Ok(Life::of(&standings_of(connection, message)?))
}

/// Where a message stands for each of its recipients, by its facts.
fn standings_of(connection: &Connection, message: i64) -> Result<Vec<Standing>, Error> {
    let facts = query::facts(connection, message)?;
    let states = query::states(connection, message, &facts)?;
    Ok(states.iter().map(|state| state.standing).collect())
}

/// A message with those that it completes and those that complete it.
struct Whole {
    /// The first of them.
    first: i64,
    /// Each recipient, where it stands by the last of them that went to it.
    recipients: Vec<(MailAddress, Standing)>,
    /// Whether it is forgotten whom they went to.
    is_stone: bool,
}

impl Whole {
    fn life(&self) -> Life {
        let standings = self.recipients.iter().map(|(_, standing)| *standing);
        match Life::of(&standings.collect::<Vec<_>>()) {
            // To whom it would go again nobody knows: it stays served, whatever came of it.
            Life::CameBack | Life::InPart if self.is_stone => Life::Live,
            life
            @ (Life::Live | Life::InPart | Life::Unsent | Life::CameBack | Life::Withdrawn) => life,
        }
    }

    /// For whom it came back.
    fn missed(&self) -> Vec<MailAddress> {
        let came_back =
            |(_, standing): &&(MailAddress, Standing)| Life::of(&[*standing]) == Life::CameBack;
        let missed = self.recipients.iter().filter(came_back);
        missed.map(|(address, _)| address.clone()).collect()
    }
}

fn whole(connection: &Connection, message: i64) -> Result<Whole, Error> {
    let parts = parts(connection, message)?;
    let mut recipients = Vec::new();
    for (part, places) in &parts {
        let facts = query::facts(connection, part.id)?;
        let states = query::states(connection, part.id, &facts)?;
        for (place, address) in places {
            if let Some(state) = states.get(*place) {
                recipients.push((address.clone(), state.standing));
            }
        }
    }
    let first = parts.first().map_or(message, |(first, _)| first.id);
    Ok(Whole {
        first,
        recipients,
        is_stone: is_stone(connection, message)?,
    })
}

/// A message, and the recipients whose last one it is: their places.
type PartOf = (MessageRef, Vec<(usize, MailAddress)>);

/// The messages of one notice that complete each other, oldest first.
fn parts(connection: &Connection, message: i64) -> Result<Vec<PartOf>, Error> {
    let first: Option<i64> = connection
        .prepare_cached("SELECT part_of FROM message WHERE id = ?1")?
        .query_row([message], |row| row.get(0))?;
    let mut all = Vec::new();
    let mut add = |part: MessageRef| -> Result<(), Error> {
        let mut statement = connection.prepare_cached(
            "SELECT place, address FROM recipient WHERE message = ?1 AND again IS NULL
             ORDER BY place",
        )?;
        let found = statement.query_map([part.id], |row| {
            let place: u32 = row.get(0)?;
            Ok((place as usize, row.get(1).map(MailAddress::of)?))
        })?;
        all.push((part, found.collect::<Result<_, _>>()?));
        Ok(())
    };
    let (query, id) = match first {
        None => ("SELECT id, short FROM message WHERE id = ?1", message),
        Some(first) => (
            "SELECT id, short FROM message WHERE part_of = ?1 ORDER BY id",
            first,
        ),
    };
    let mut statement = connection.prepare_cached(query)?;
    for part in statement.query_map([id], query::message_ref)? {
        add(part?)?;
    }
    Ok(all)
}

/// Notes that a message completes another, for the recipients that it goes to.
fn complete(transaction: &Transaction<'_>, later: i64, earlier: i64) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE message SET part_of = id WHERE id = ?1 AND part_of IS NULL")?
        .execute([earlier])?;
    transaction
        .prepare_cached(
            "UPDATE message SET part_of = (SELECT part_of FROM message WHERE id = ?2)
             WHERE id = ?1 AND part_of IS NULL",
        )?
        .execute([later, earlier])?;
    transaction
        .prepare_cached(
            "UPDATE recipient SET again = ?1
             WHERE message IN (SELECT part.id FROM message AS part
                     JOIN message AS own ON part.part_of = own.part_of
                     WHERE own.id = ?1 AND part.id < ?1)
               AND again IS NULL
               AND lower(address) IN (SELECT lower(address) FROM recipient AS r
                   WHERE r.message = ?1)",
        )?
        .execute([later])?;
    Ok(())
}

fn withdraw(transaction: &Transaction<'_>, message: i64, now: Timestamp) -> Result<(), Error> {
    append(transaction, message, &Fact::Withdrawn { at: now }, now)?;
    refresh(transaction, message)
}

/// Records the message of another machine: it left, as its acceptance proves, for those whom that
/// names. The receipts follow when they are judged again.
fn adopt(
    transaction: &Transaction<'_>,
    message: &OutgoingMessage,
    octets: &str,
    accepted: &Acceptance,
    now: Timestamp,
) -> Result<MessageRef, Error> {
    const WORDS: &str = "sent by another machine, or by another copy of this ledger";
    const LEFT_OUT: &str = "sent by another machine, whose acceptance does not name this recipient";
    let adopted = insert(transaction, message, octets, now)?;
    let own = |text: &str| Words {
        code: None,
        text: text.to_owned(),
    };
    // An attempt that did not begin here.
    let (attempt, at) = (1, accepted.at);
    for place in left_out(transaction, message, accepted)? {
        let refusal = Refusal {
            transient: false,
            words: own(LEFT_OUT),
        };
        let answer = RecipientAnswer { place, refusal };
        let fact = Fact::RecipientRefused {
            attempt,
            at,
            answer,
        };
        append(transaction, adopted.id, &fact, now)?;
    }
    let end = AttemptEnd::Taken(own(WORDS));
    let taken = Fact::Ended { attempt, at, end };
    append(transaction, adopted.id, &taken, now)?;
    refresh(transaction, adopted.id)?;
    Ok(adopted)
}

/// The places of the recipients whom no acceptance of a message names: the provider's server did not
/// take it for them. None where that is not known, as where one names somebody else: whoever writes
/// addresses anew means one of these.
fn left_out(
    transaction: &Transaction<'_>,
    message: &OutgoingMessage,
    accepted: &Acceptance,
) -> Result<Vec<usize>, Error> {
    let named = named_by(transaction, message.sender(), &accepted.message_id)?;
    let named = named.unwrap_or_default();
    let recipients = message.recipients().iter().map(|one| one.address.key());
    let recipients: Vec<String> = recipients.collect();
    if named.is_empty() || !named.iter().all(|key| recipients.contains(key)) {
        return Ok(Vec::new());
    }
    let places = recipients.iter().enumerate();
    Ok(places
        .filter(|(_, key)| !named.contains(*key))
        .map(|(place, _)| place)
        .collect())
}

/// The recipients whom the acceptances of a Message-ID name, of messages that the ledger does not have;
/// `None` where one does not tell.
fn named_by(
    connection: &Connection,
    account: &MailAddress,
    message_id: &str,
) -> Result<Option<BTreeSet<String>>, Error> {
    let id = MessageId::new(message_id);
    let mut statement = connection.prepare_cached(
        "SELECT recipients, sender FROM examination
         WHERE message IS NULL AND verdict = 'genuine' AND kind = 'accettazione'
           AND account = ?1 AND message_id IN (?2, ?3)",
    )?;
    let values = [&account.key(), id.as_str(), &id.to_string()];
    let lists = statement.query_map(values, |row| {
        let sender: Option<String> = row.get(1)?;
        Ok((
            row.get::<_, Option<String>>(0)?,
            sender.map(MailAddress::of),
        ))
    })?;
    let mut named = BTreeSet::new();
    for list in lists {
        let (list, sender) = list?;
        if sender.as_ref() != Some(account) {
            continue;
        }
        // Of one that an earlier version judged it is not kept.
        let Some(list) = list else {
            return Ok(None);
        };
        named.extend(list.split('\n').map(str::to_owned));
    }
    Ok(Some(named))
}

fn linked(connection: &Connection, row: i64) -> Result<Option<MessageRef>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT message.id, message.short FROM job_row
             JOIN message ON message.id = job_row.message WHERE job_row.id = ?1",
        )?
        .query_row([row], query::message_ref)
        .optional()?)
}

fn has_row(connection: &Connection, message: i64) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM job_row WHERE message = ?1)")?
        .query_row([message], |row| row.get(0))?)
}

fn link(transaction: &Transaction<'_>, row: i64, message: i64, served: bool) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE job_row SET message = ?2, served = ?3, note = NULL WHERE id = ?1")?
        .execute(params![row, message, served])?;
    if !served {
        transaction
            .prepare_cached(
                "UPDATE message SET reference = (SELECT reference FROM job_row
                     WHERE job_row.id = ?1 AND reference <> content)
                 WHERE id = ?2 AND message.reference IS NULL AND forgotten_at IS NULL",
            )?
            .execute([row, message])?;
    }
    Ok(())
}

fn unlink(transaction: &Transaction<'_>, row: i64) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE job_row SET message = NULL, served = 0 WHERE id = ?1")?
        .execute([row])?;
    Ok(())
}

/// A message that says the same, left before the ledger lost its rows, and serves no row. One
/// with a Message-ID of this making is known by that.
fn recovered(
    transaction: &Transaction<'_>,
    octets: &dyn Octets,
    message: &OutgoingMessage,
) -> Result<Option<MessageRef>, Error> {
    let Some(first) = message.recipients().first() else {
        return Ok(None);
    };
    let mut statement = transaction.prepare_cached(
        "SELECT message.id, message.short, message.octets, message_id FROM recipient
         JOIN message ON message.id = recipient.message
         WHERE recipient.address = ?1 AND recovered AND account = ?2 AND subject = ?3
           AND NOT EXISTS (SELECT 1 FROM job_row WHERE job_row.message = message.id)
         ORDER BY message.id",
    )?;
    let values = params![
        first.address.as_str(),
        message.sender().key(),
        message.subject()
    ];
    let found = statement.query_map(values, |row| {
        let (name, id): (String, String) = (row.get(2)?, row.get(3)?);
        Ok((query::message_ref(row)?, name, id))
    })?;
    for lost in found {
        let (lost, name, id) = lost?;
        if Identity::read(&id).is_some() {
            continue;
        }
        let kept = octets.get(&name).ok().and_then(OutgoingMessage::reread);
        if kept.is_some_and(|kept| kept.is_alike(message)) {
            return Ok(Some(lost));
        }
    }
    Ok(None)
}
