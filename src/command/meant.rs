//! Which message a person means by a short id, a Message-ID or words of the subject.

use super::Failure;
use crate::address::MailAddress;
use crate::lang::Lang;
use crate::ledger::{Ledger, MessageRef, MessageRow};
use crate::output::layout::shown;

/// Whether a message is of an account: the mailbox of another one is not where its receipts come.
///
/// # Errors
/// When it belongs to another account.
pub(super) fn is_of(
    ledger: &Ledger,
    message: &MessageRef,
    account: &MailAddress,
) -> anyhow::Result<()> {
    let row = ledger
        .row(message)
        .map_err(|error| Failure::of_ledger(&error))?;
    if MailAddress::new(&row.sender) != *account {
        let values = [("message", row.message.short), ("account", row.account)];
        return Err(Failure::new("other-account", values).into());
    }
    Ok(())
}

/// The one message that a person's word means.
///
/// # Errors
/// When there is none, or when there are several: then they are named.
pub(super) fn one_message(ledger: &Ledger, word: &str) -> anyhow::Result<MessageRef> {
    let mut found = ledger
        .find(word)
        .map_err(|error| Failure::of_ledger(&error))?;
    match found.len() {
        0 => Err(not_one(word, true).into()),
        1 => Ok(found.remove(0)),
        _ => {
            let shorts: Vec<&str> = found.iter().map(|message| &*message.short).collect();
            let values = [("word", word.to_owned()), ("messages", shorts.join(", "))];
            Err(Failure::new("several-messages", values).into())
        }
    }
}

/// Says that there is nothing but a stone, where it is so.
///
/// # Errors
/// When it was forgotten.
pub(super) fn refuse_stone(row: &MessageRow, lang: Lang) -> Result<(), Failure> {
    match row.forgotten_at {
        None => Ok(()),
        Some(at) => {
            let values = [
                ("message", row.message.short.clone()),
                ("time", shown(at, lang)),
            ];
            Err(Failure::new("forgotten", values))
        }
    }
}

/// None of the messages is meant, or more than one.
pub(super) fn not_one(word: &str, none: bool) -> Failure {
    let word = [("message", word.to_owned())];
    if none {
        Failure::new("no-message", word)
    } else {
        Failure::new("which-message", word)
    }
}
