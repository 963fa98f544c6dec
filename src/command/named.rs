//! A message that a person names: a file, one that was received, or one of ours.

use std::io;
use std::path::{Path, PathBuf};

use super::letters::Thread;
use super::meant::not_one;
use super::verify::text::read_error;
use super::{Failure, Session, access, letters, trusted};
use crate::address::MailAddress;
use crate::input::{self, Item, Source};
use crate::ledger::letter::{LetterList, LetterRow, LetterStanding};
use crate::ledger::{Ledger, MessageRow};
use crate::verify::{Stored, Verifier};

/// Its octets, and by whose authorities it is judged.
pub(super) struct Named {
    /// As it is shown: the file, or the short id.
    pub name: String,
    /// As received, as sent, or as stored.
    pub octets: Vec<u8>,
    /// In which form a file was stored.
    pub stored: Stored,
    /// Where it was found.
    pub origin: Origin,
    /// Who judges it.
    pub verifier: Verifier,
    /// What it answers and what answers it, as far as the ledger knows.
    pub thread: Thread,
}

/// Where a message was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file.
    File,
    /// The ledger has it, from a mailbox.
    Received,
    /// It is one of ours.
    Sent,
}

impl Origin {
    /// Whether it is asked of it if it is genuine: what we sent is what we wrote.
    pub const fn is_judged(self) -> bool {
        match self {
            Self::File | Self::Received => true,
            Self::Sent => false,
        }
    }

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }
}

/// The message of a word: the file of that name where there is one (`-` for standard input), else what
/// the ledger has under that id or Message-ID. One that was received counts as read then.
///
/// # Errors
/// A [`Failure`]: there is none, there are several, or it cannot be read.
pub(super) fn message(
    word: &str,
    trust: Option<&Path>,
    session: &mut Session<'_>,
) -> anyhow::Result<Named> {
    if word == "-" || Path::new(word).exists() {
        return of_file(word, trust, session);
    }
    let found = match access::existing_ledger(session)? {
        Some(mut ledger) => {
            letters::index(&mut ledger, session)?;
            of_ledger(word, trust, &mut ledger, session)?
        }
        None => None,
    };
    match found {
        Some(named) => Ok(named),
        None if looks_like_file(word) => {
            let reason = read_error(&input::Error::NotFound, session.lang);
            Err(Failure::new("read", [("file", word.to_owned()), ("reason", reason)]).into())
        }
        None => Err(not_one(word, true).into()),
    }
}

/// No id and no Message-ID.
fn looks_like_file(word: &str) -> bool {
    let has_ending = word.to_ascii_lowercase().ends_with(".eml");
    has_ending || word.contains(std::path::MAIN_SEPARATOR)
}

fn of_file(word: &str, trust: Option<&Path>, session: &Session<'_>) -> anyhow::Result<Named> {
    let mut items = input::items(vec![PathBuf::from(word)], Box::new(io::stdin()));
    let failed = |name: String, error: &input::Error| {
        let reason = read_error(error, session.lang);
        Failure::new("read", [("file", name), ("reason", reason)])
    };
    let Source {
        name,
        octets,
        stored,
        // `pec verify` looks at it; here the message is shown.
        ocsp: _,
    } = match items.next() {
        Some(Item::Message(source)) => source,
        Some(Item::Unreadable { name, error }) => return Err(failed(name, &error).into()),
        Some(Item::Container { name, .. }) => {
            return Err(Failure::new("one-message-in-file", [("file", name)]).into());
        }
        None => return Err(failed(word.to_owned(), &input::Error::Empty).into()),
    };
    // A folder, an mbox, an archive: one message is asked for.
    if items.next().is_some() {
        return Err(Failure::new("one-message-in-file", [("file", word.to_owned())]).into());
    }
    let verifier = match trust {
        Some(file) => Verifier::new(trusted::trust(file, session.lang)?),
        None => session.store().verifier(),
    };
    Ok(Named {
        name,
        octets,
        stored,
        origin: Origin::File,
        verifier,
        thread: Thread::default(),
    })
}

fn of_ledger(
    word: &str,
    trust: Option<&Path>,
    ledger: &mut Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Option<Named>> {
    let of_ledger = |error| Failure::of_ledger(&error);
    let mut letters = letters::meant(ledger, word, LetterList::All)?;
    let mut thread = Thread::default();
    let (name, octets, account, origin) = match letters.len() {
        0 => match of_ours(word, ledger)? {
            Some(row) => {
                super::meant::refuse_stone(&row, session.lang)?;
                let account = MailAddress::new(&row.sender);
                (row.message.short, row.octets, account, Origin::Sent)
            }
            None => return Ok(None),
        },
        1 => {
            let row = letters.remove(0);
            thread = Thread::of(&row, ledger);
            let origin = match row.standing {
                LetterStanding::Sent => Origin::Sent,
                LetterStanding::Certified
                | LetterStanding::Anomaly
                | LetterStanding::CannotTell
                | LetterStanding::NotGenuine
                | LetterStanding::Ordinary => {
                    mark_read(&row, ledger, session);
                    Origin::Received
                }
            };
            (row.letter.short, row.octets, row.address, origin)
        }
        _ => return Err(letters::several(word, &letters).into()),
    };
    Ok(Some(Named {
        name,
        octets: ledger.octets(&octets).map_err(of_ledger)?,
        stored: Stored::AsItIs,
        origin,
        verifier: verifier_of(&account, trust, session)?,
        thread,
    }))
}

/// A message of ours that is not in the index of letters yet, or that words of its subject mean.
fn of_ours(word: &str, ledger: &Ledger) -> anyhow::Result<Option<MessageRow>> {
    let found = ledger
        .find(word)
        .map_err(|error| Failure::of_ledger(&error))?;
    match &found[..] {
        [] => Ok(None),
        _ => {
            let message = super::meant::one_message(ledger, word)?;
            let row = ledger.row(&message);
            Ok(Some(row.map_err(|error| Failure::of_ledger(&error))?))
        }
    }
}

/// Best effort: a ledger that may not be written is read all the same.
fn mark_read(row: &LetterRow, ledger: &mut Ledger, session: &Session<'_>) {
    if row.opened_at.is_none() {
        let _ = ledger.open_letter(&row.letter, session.context.now);
    }
}

/// By what mail of an account is judged: the file named here, else that of the account, else what
/// is known here.
fn verifier_of(
    address: &MailAddress,
    named: Option<&Path>,
    session: &Session<'_>,
) -> anyhow::Result<Verifier> {
    // An account that is no longer configured has no file of its own.
    let config = session.config().ok();
    let accounts = config.as_ref().map_or(&[][..], |config| config.accounts());
    let account = accounts.iter().find(|account| account.address == *address);
    let file = named.or_else(|| account?.trust_file.as_deref());
    match file {
        Some(file) => Ok(Verifier::new(trusted::trust(file, session.lang)?)),
        None => Ok(session.store().verifier()),
    }
}
