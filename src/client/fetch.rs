//! Asking a mailbox for messages until each is here, gone, or known to be held back.
//!
//! A server may leave a message out of an answer, give NIL for it, cut it, refuse it, or end the
//! connection over it (RFC 3501 foresees none of these for a message that is there). What does
//! not come with others is asked for alone; what does not come alone is gone only if the server
//! no longer lists it. Nothing is asked on a connection that ended: that is for the caller.

use crate::transport::{Came, Error, Fetched, Mailbox};

/// A message that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its UID.
    pub uid: u32,
    /// RFC822.SIZE as the server told it; 0: not known.
    pub size: u64,
}

impl From<u32> for Wanted {
    fn from(uid: u32) -> Self {
        Self { uid, size: 0 }
    }
}

/// Why a message that the server lists did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The answer was without it, or gave nothing for it.
    NotGiven,
    /// The server refused it, in these words.
    Refused(String),
    /// The connection ended over it.
    Ended(String),
    /// Fewer octets came than the server told, twice. They are among those that came.
    Cut {
        /// How many came.
        came: u64,
        /// How many there should be.
        size: u64,
    },
}

/// A message that the server lists and does not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its UID.
    pub uid: u32,
    /// Why.
    pub why: Why,
}

/// What became of messages that were asked for. One that is in none of the three is gone: the
/// server does not list it any more.
#[derive(Debug, Default)]
pub struct Brought {
    /// Those that came, sorted by UID.
    pub fetched: Vec<Fetched>,
    /// Those that are there and did not come, or not whole.
    pub missing: Vec<Missing>,
    /// Those that were not asked for in the end, since the connection was over.
    pub unasked: Vec<u32>,
    /// Why it was.
    pub ended: Option<Error>,
}

impl Brought {
    /// Whether all came whole, or is gone.
    pub fn is_all(&self) -> bool {
        self.missing.is_empty() && self.unasked.is_empty()
    }
}

/// Asks for messages of the open folder, all at once and then each that did not come alone.
pub fn fetch_all(mailbox: &mut dyn Mailbox, wanted: &[Wanted]) -> Brought {
    let uids: Vec<u32> = wanted.iter().map(|one| one.uid).collect();
    let mut brought = Brought::default();
    if uids.is_empty() {
        return brought;
    }
    let Came { all, fault } = mailbox.fetch(&uids);
    let mut came = all;
    // No message is empty: that is one that was not given.
    came.retain(|message| !message.octets.is_empty());
    let mut ended = fault.filter(Error::is_end);
    for one in wanted {
        let at = came.iter().position(|message| message.uid == one.uid);
        let first = at.map(|at| came.swap_remove(at));
        if first.as_ref().is_some_and(|first| is_whole(first, one)) {
            brought.fetched.extend(first);
            continue;
        }
        if ended.is_some() {
            brought.unasked.push(one.uid);
            continue;
        }
        match alone(mailbox, one, first) {
            Ok(Alone::Here(message)) => brought.fetched.push(message),
            Ok(Alone::Gone) => {}
            Ok(Alone::Held(why, message)) => {
                brought.fetched.extend(message);
                brought.missing.push(Missing { uid: one.uid, why });
            }
            Err(error) => {
                let why = Why::Ended(error.to_string());
                brought.missing.push(Missing { uid: one.uid, why });
                ended = Some(error);
            }
        }
    }
    // It ended over the only one.
    if let ([one], Some(error)) = (wanted, &ended)
        && !brought.unasked.is_empty()
    {
        brought.unasked.clear();
        let why = Why::Ended(error.to_string());
        brought.missing.push(Missing { uid: one.uid, why });
    }
    brought.fetched.sort_unstable_by_key(|message| message.uid);
    brought.ended = ended;
    brought
}

/// What became of one that was asked for alone.
enum Alone {
    Here(Fetched),
    Gone,
    Held(Why, Option<Fetched>),
}

/// Asks for one again, of which `first` came already, cut.
///
/// # Errors
/// When the connection ended.
fn alone(mailbox: &mut dyn Mailbox, one: &Wanted, first: Option<Fetched>) -> Result<Alone, Error> {
    let Came { all, fault } = mailbox.fetch(&[one.uid]);
    let second = all.into_iter().find(|message| !message.octets.is_empty());
    let longer = [first, second]
        .into_iter()
        .flatten()
        .max_by_key(|message| message.octets.len());
    match (longer, fault) {
        (Some(message), _) if is_whole(&message, one) => Ok(Alone::Here(message)),
        (_, Some(error)) if error.is_end() => Err(error),
        (Some(message), _) => {
            let why = Why::Cut {
                came: message.octets.len() as u64,
                size: one.size,
            };
            Ok(Alone::Held(why, Some(message)))
        }
        (None, fault) => match is_listed(mailbox, one.uid)? {
            false => Ok(Alone::Gone),
            true => {
                let why = fault.map_or(Why::NotGiven, |error| Why::Refused(error.to_string()));
                Ok(Alone::Held(why, None))
            }
        },
    }
}

fn is_whole(message: &Fetched, wanted: &Wanted) -> bool {
    message.octets.len() as u64 >= wanted.size
}

/// Whether the open folder still holds a message, by the server's own list. A server that does
/// not search is asked for its header.
///
/// # Errors
/// When the connection ended.
pub(super) fn is_listed(mailbox: &mut dyn Mailbox, uid: u32) -> Result<bool, Error> {
    match mailbox.uids(uid..=uid) {
        Ok(listed) => return Ok(listed.contains(&uid)),
        Err(error) if error.is_end() => return Err(error),
        Err(_) => {}
    }
    let Came { all, fault } = mailbox.summaries(uid..=uid, &["Subject"]);
    match fault {
        Some(error) if error.is_end() => Err(error),
        // Nobody said that it is gone.
        Some(_) => Ok(true),
        None => Ok(!all.is_empty()),
    }
}
