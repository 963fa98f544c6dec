//! Whether a row was served already, and what may be done for it now.
//!
//! What is known under the identity of a notice ([`Identity`]): messages of this ledger, and
//! genuine acceptances in the mailbox for messages that it does not have. [`decide`] says what
//! follows, and is a pure function of both, so that every run looks anew at what came back.
//! What is done rests on a [`Plan`], which is made again in the transaction that carries it out:
//! no two processes serve a notice at once.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::job::JobRow;
use super::octets::OctetStore;
use super::state::{Fact, Standing, What};
use super::submission::{append, bare, insert, refresh};
use super::{Error, Ledger, MessageRef, NewRow, query, timestamp};
use crate::address::MailAddress;
use crate::batch::identity::{Identity, Key, Matter};
use crate::pec::outgoing::OutgoingMessage;
use crate::timestamp::Timestamp;
use crate::verify::bare_id;

/// What may still become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It left, or may have, for one recipient at least.
    Live,
    /// It never left and may still.
    Unsent,
    /// It was refused, not accepted or not delivered, for all.
    CameBack,
    /// It was given up before it left.
    Withdrawn,
}

impl Life {
    /// From where it stands for its recipients.
    pub fn of(standings: &[Standing]) -> Self {
        use Standing as S;
        let (mut is_live, mut is_unsent, mut came_back) = (false, false, false);
        for standing in standings {
            match standing {
                S::Recorded | S::RefusedForNow => is_unsent = true,
                S::Refused => came_back = true,
                S::NotAccepted | S::NotDelivered => came_back = true,
                S::Withdrawn => {}
                S::Sending
                | S::InDoubt
                | S::Sent
                | S::Accepted
                | S::Ordinary
                | S::Delayed
                | S::TimedOut
                | S::Delivered
                | S::Contradictory => is_live = true,
            }
        }
        match (is_live, is_unsent, came_back) {
            (true, _, _) => Self::Live,
            (false, true, _) => Self::Unsent,
            (false, false, true) => Self::CameBack,
            (false, false, false) => Self::Withdrawn,
        }
    }
}

/// A message that has the key of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The message.
    pub message: MessageRef,
    /// Whether it has its matter, too: the same recipients and the same content.
    pub is_same: bool,
    /// What may still become of it.
    pub life: Life,
}

/// A genuine acceptance, with the account as its signed sender, of a message that has the key of
/// a notice and is none of this ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The signed Message-ID.
    pub message_id: String,
    /// Whether the message has the notice's matter, too.
    pub is_same: bool,
    /// The certified time.
    pub at: Timestamp,
}

/// What a notice is in conflict with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// A message of this ledger.
    Message(MessageRef),
    /// One that only the mailbox knows, accepted then.
    Mailbox(Timestamp),
}

/// Where a notice stands before anything is done for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serving {
    /// Nothing went out under its key that counts.
    Free,
    /// This message served it: the same to the same, which left or may have.
    Served(MessageRef),
    /// The same, recorded by another job, and not sent yet.
    Recorded(MessageRef),
    /// The mailbox shows that the same was accepted, from whatever machine.
    Elsewhere(Acceptance),
    /// The same went out, and came back for all.
    CameBack(MessageRef),
    /// Something else went out under its key, and came back for all.
    OtherCameBack(MessageRef),
    /// Something else was sent under its key, and reached somebody, or may have.
    Conflict(Other),
}

/// Where a notice stands, given all that is known under its key, in the order of its recording.
pub fn decide(earlier: &[Earlier], accepted: &[Acceptance]) -> Serving {
    let newest = |is_same: bool, life: Life| {
        let mut fitting = earlier.iter().rev();
        let found = fitting.find(|one| one.is_same == is_same && one.life == life);
        found.map(|one| one.message.clone())
    };
    let accepted = |is_same: bool| accepted.iter().find(|one| one.is_same == is_same);
    if let Some(message) = newest(true, Life::Live) {
        return Serving::Served(message);
    }
    if let Some(acceptance) = accepted(true) {
        return Serving::Elsewhere(acceptance.clone());
    }
    if let Some(message) = newest(false, Life::Live) {
        return Serving::Conflict(Other::Message(message));
    }
    if let Some(acceptance) = accepted(false) {
        return Serving::Conflict(Other::Mailbox(acceptance.at));
    }
    if let Some(message) = newest(true, Life::Unsent) {
        return Serving::Recorded(message);
    }
    if let Some(message) = newest(true, Life::CameBack) {
        return Serving::CameBack(message);
    }
    match newest(false, Life::CameBack) {
        Some(message) => Serving::OtherCameBack(message),
        None => Serving::Free,
    }
}

/// What a person allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What came back for all may be sent again.
    pub retry: bool,
    /// This row may be sent although something else went out under its key.
    pub correct: bool,
}

/// What is to be done for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing: it has its message.
    Linked(MessageRef),
    /// It shares a message that is recorded, and may have left.
    Join(MessageRef),
    /// Its message is one that another machine sent.
    Adopt(Acceptance),
    /// A message is to be made under this Message-ID, in place of those that never left.
    Send {
        /// With its brackets.
        message_id: String,
        /// Of another matter; nothing sends them any more.
        instead_of: Vec<MessageRef>,
    },
    /// A person must decide.
    Wait(Serving),
}

impl Plan {
    /// The Message-ID under which a message is to be made, where the plan needs one.
    pub fn message_id(&self) -> Option<String> {
        match self {
            Self::Send { message_id, .. } => Some(message_id.clone()),
            Self::Adopt(accepted) => Some(format!("<{}>", bare_id(&accepted.message_id))),
            Self::Linked(_) | Self::Join(_) | Self::Wait(_) => None,
        }
    }
}

/// Which message serves a row now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The one handed in: recorded, not sent yet.
    New(MessageRef),
    /// That of another row, which left or may have.
    Served(MessageRef),
    /// Another process linked one first, or it left before the ledger lost its rows.
    Already(MessageRef),
    /// Another machine sent it; its receipts are still to be led to it.
    Adopted(MessageRef),
    /// None: another program sent what has its subject and its recipients; when it was accepted.
    Elsewhere(Timestamp),
    /// None: what is known is not any more what the plan rested on.
    Changed,
}

impl Ledger {
    /// Where a row of the table at a path stands, whatever job it belongs to.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn serving(&self, row: &NewRow, path: &str) -> Result<Serving, Error> {
        let (earlier, accepted) = known(&self.connection, row, path)?;
        Ok(decide(&earlier, &accepted))
    }

    /// What is to be done for a recorded row.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn plan(&self, row: &JobRow, terms: Terms) -> Result<Plan, Error> {
        plan(&self.connection, row, terms)
    }

    /// Carries a plan out, if it still holds; `message` is made under [`Plan::message_id`].
    ///
    /// # Errors
    /// Those of the disk.
    pub fn take_row(
        &mut self,
        row: &JobRow,
        (plan_before, terms): (&Plan, Terms),
        message: Option<&OutgoingMessage>,
        now: Timestamp,
    ) -> Result<Taken, Error> {
        let octets = message.map(|message| self.keep(message.octets()));
        let octets = octets.transpose()?.unwrap_or_default();
        let since = self.since_for(row, now)?;
        let elsewhere = message.map(|message| self.accepted_elsewhere(message, since));
        let elsewhere = elsewhere.transpose()?.flatten();
        let store = &self.octets;
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if plan(&transaction, row, terms)? != *plan_before {
            return Ok(Taken::Changed);
        }
        let taken = match (plan_before, message) {
            (Plan::Linked(message), _) => Taken::Already(message.clone()),
            (Plan::Join(message), _) => {
                let is_shared = has_row(&transaction, message.id)?;
                link(&transaction, row.id, message.id, is_shared)?;
                match is_shared {
                    true => Taken::Served(message.clone()),
                    false => Taken::Already(message.clone()),
                }
            }
            (Plan::Adopt(accepted), Some(message)) => {
                let adopted = adopt(&transaction, message, &octets, accepted, now)?;
                link(&transaction, row.id, adopted.id, false)?;
                Taken::Adopted(adopted)
            }
            (Plan::Send { instead_of, .. }, Some(message)) => {
                if let Some(lost) = recovered(&transaction, store, message)? {
                    link(&transaction, row.id, lost.id, false)?;
                    Taken::Already(lost)
                } else if let Some(at) = elsewhere.filter(|_| row.row.round.is_empty()) {
                    return Ok(Taken::Elsewhere(at));
                } else {
                    for other in instead_of {
                        withdraw(&transaction, other.id, now)?;
                    }
                    let recorded = insert(&transaction, message, &octets, now)?;
                    link(&transaction, row.id, recorded.id, false)?;
                    Taken::New(recorded)
                }
            }
            (Plan::Wait(_) | Plan::Adopt(_) | Plan::Send { .. }, _) => Taken::Changed,
        };
        transaction.commit()?;
        Ok(taken)
    }

    /// From when on an acceptance that is for no message of ours may be for a row: since its job
    /// was recorded; in a ledger that was set back, which may have recorded it anew, a week more.
    fn since_for(&self, row: &JobRow, now: Timestamp) -> Result<Timestamp, Error> {
        const WEEK: i64 = 7 * 86_400;
        let recorded = self
            .connection
            .prepare_cached(
                "SELECT recorded_at FROM job_row JOIN job ON job.id = job_row.job
                 WHERE job_row.id = ?1",
            )?
            .query_row([row.id], |found| timestamp(found, "recorded_at"))?;
        Ok(match self.is_at_home()? {
            true => recorded,
            false => recorded.min(Timestamp::from_unix(now.unix().saturating_sub(WEEK))),
        })
    }

    /// Acceptances, newest first, of what the Message-ID of a message names, for messages that this
    /// ledger does not have: of that very message, or of the same notice.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn accepted_of(
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

    /// Gives up a message that never left: nothing sends it any more.
    ///
    /// # Errors
    /// [`Error::Settled`] when it left, or may have, or is being sent.
    pub fn withdraw(&mut self, message: &MessageRef, now: Timestamp) -> Result<(), Error> {
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

    /// The messages under the key of a row besides the one that serves it: what it corrected, or
    /// tried again; oldest first.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn beside(&self, row: &JobRow) -> Result<Vec<MessageRef>, Error> {
        let found = under_key(&self.connection, &row.row)?;
        let others = found.into_iter().map(|(message, _)| message);
        Ok(others
            .filter(|other| row.message.as_ref() != Some(other))
            .collect())
    }
}

fn plan(connection: &Connection, row: &JobRow, terms: Terms) -> Result<Plan, Error> {
    let linked = linked(connection, row.id)?;
    let life = linked.as_ref().map(|linked| life_of(connection, linked.id));
    let life = life.transpose()?;
    let is_open = match life {
        None | Some(Life::Unsent) => true,
        Some(Life::CameBack) => terms.retry,
        Some(Life::Live | Life::Withdrawn) => false,
    };
    let (earlier, accepted) = match is_open {
        true => known(connection, &row.row, &path_of(connection, row)?)?,
        false => Default::default(),
    };
    let serving = decide(&earlier, &accepted);
    match (linked, life, &serving) {
        // Another machine may have sent something else under its key since it was recorded.
        (Some(_), Some(Life::Unsent), Serving::Conflict(_)) if !terms.correct => {
            return Ok(Plan::Wait(serving));
        }
        (Some(linked), Some(Life::Unsent), _) => return Ok(Plan::Linked(linked)),
        (Some(linked), _, _) if !is_open => return Ok(Plan::Linked(linked)),
        _ => {}
    }
    let send = || -> Result<Plan, Error> {
        let unsent = earlier.iter().filter(|one| one.life == Life::Unsent);
        Ok(Plan::Send {
            message_id: free_id(connection, &row.row, &accepted)?,
            instead_of: unsent.map(|one| one.message.clone()).collect(),
        })
    };
    match serving {
        Serving::Free => send(),
        Serving::Served(message) | Serving::Recorded(message) => Ok(Plan::Join(message)),
        Serving::Elsewhere(accepted) => Ok(Plan::Adopt(accepted)),
        Serving::CameBack(_) if terms.retry => send(),
        // It says what became of the row.
        Serving::CameBack(message) => Ok(Plan::Join(message)),
        Serving::OtherCameBack(_) if terms.retry || terms.correct => send(),
        Serving::Conflict(_) if terms.correct => send(),
        Serving::OtherCameBack(_) | Serving::Conflict(_) => Ok(Plan::Wait(serving)),
    }
}

/// The Message-ID of the next message for a row.
fn free_id(
    connection: &Connection,
    row: &NewRow,
    accepted: &[Acceptance],
) -> Result<String, Error> {
    let identity = identity_of(row);
    for further in 0..u32::MAX {
        let id = identity.message_id(further, row.account.domain());
        let is_accepted = accepted
            .iter()
            .any(|one| bare_id(&one.message_id) == bare_id(&id));
        if !is_accepted && query::by_message_id(connection, &id)?.is_none() {
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
    path: &str,
) -> Result<(Vec<Earlier>, Vec<Acceptance>), Error> {
    let mut found = under_key(connection, row)?;
    if row.has_no_reference() {
        of_table(connection, row, path, &mut found)?;
    }
    found.sort_by_key(|(message, _)| message.id);
    found.dedup_by(|one, other| one.0 == other.0);
    let mut earlier = Vec::with_capacity(found.len());
    for (message, is_same) in found {
        let life = life_of(connection, message.id)?;
        earlier.push(Earlier {
            message,
            is_same,
            life,
        });
    }
    let accepted = accepted(connection, &row.account, &identity_of(row))?;
    Ok((earlier, accepted))
}

/// Messages of the key, and whether they have the matter, too: by their Message-ID, and, where
/// an earlier version of this program made that, by the rows that they were made for.
fn under_key(connection: &Connection, row: &NewRow) -> Result<Vec<(MessageRef, bool)>, Error> {
    let Identity { key, matter } = identity_of(row);
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
        let is_same = Identity::read(&id).is_some_and(|identity| identity.matter == matter);
        all.push((message, is_same));
    }
    let mut statement = connection.prepare_cached(
        "SELECT message.id, message.short, job_row.content = ?4 FROM job_row
         JOIN message ON message.id = job_row.message
         WHERE job_row.account = ?1 AND reference = ?2 AND round = ?3 AND NOT served",
    )?;
    let values = [&account, &row.reference, &row.round, &row.content];
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
         WHERE job_row.account = ?1 AND whom = ?2 AND job_row.round = ?3
           AND job_row.message IS NOT NULL AND NOT served AND path = ?5
           AND NOT EXISTS (SELECT 1 FROM job_row AS both WHERE both.account = ?1
               AND both.reference = ?4 AND both.round = ?3 AND both.job = job_row.job)",
    )?;
    let account = row.account.key();
    let values = [&*account, &row.whom, &row.round, &row.content, path];
    let found = statement.query_map(values, |found| {
        Ok((query::message_ref(found)?, found.get::<_, bool>(2)?))
    })?;
    for found in found {
        all.push(found?);
    }
    Ok(())
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
    Ok(all.into_iter().filter_map(of_notice).collect())
}

/// Acceptances of one Message-ID, which need not be of our making.
fn accepted_as(
    connection: &Connection,
    account: &MailAddress,
    message_id: &str,
) -> Result<Vec<Acceptance>, Error> {
    let id = bare_id(message_id);
    let mut all = Vec::new();
    for id in [id.to_owned(), format!("<{id}>")] {
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
    let facts = query::facts(connection, message)?;
    let states = query::states(connection, message, &facts)?;
    let standings: Vec<Standing> = states.iter().map(|state| state.standing).collect();
    Ok(Life::of(&standings))
}

fn withdraw(transaction: &Transaction<'_>, message: i64, now: Timestamp) -> Result<(), Error> {
    append(transaction, message, &bare(What::Withdrawn, now), now)?;
    refresh(transaction, message)
}

/// Records the message of another machine: it left, as its acceptance proves. The receipts
/// follow when they are judged again.
fn adopt(
    transaction: &Transaction<'_>,
    message: &OutgoingMessage,
    octets: &str,
    accepted: &Acceptance,
    now: Timestamp,
) -> Result<MessageRef, Error> {
    const WORDS: &str = "sent by another machine, or by another copy of this ledger";
    let adopted = insert(transaction, message, octets, now)?;
    // An attempt that did not begin here.
    let taken = Fact {
        attempt: Some(1),
        text: Some(WORDS.to_owned()),
        ..bare(What::Taken, accepted.at)
    };
    append(transaction, adopted.id, &taken, now)?;
    refresh(transaction, adopted.id)?;
    Ok(adopted)
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
    Ok(())
}

/// A message that says the same, left before the ledger lost its rows, and serves no row. One
/// with a Message-ID of this making is known by that.
fn recovered(
    transaction: &Transaction<'_>,
    octets: &OctetStore,
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
