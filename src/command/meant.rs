//! Which message a person means by a short id, a Message-ID or words of the subject.

use super::Failure;
use crate::address::MailAddress;
use crate::ledger::{Ledger, MessageRef};

/// The one message of an account that a person's word means: the mailbox of another account
/// is not the one where its receipts come.
///
/// # Errors
/// As [`one_message`], and when it belongs to another account.
pub(super) fn one_message_of(
    ledger: &Ledger,
    word: &str,
    account: &MailAddress,
) -> anyhow::Result<MessageRef> {
    let message = one_message(ledger, word)?;
    let row = ledger
        .row(&message)
        .map_err(|error| Failure::of_ledger(&error))?;
    if MailAddress::new(&row.sender) != *account {
        let values = [("message", message.short), ("account", row.account)];
        return Err(Failure::new("other-account", values).into());
    }
    Ok(message)
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

/// None of the messages is meant, or more than one.
pub(super) fn not_one(word: &str, none: bool) -> Failure {
    let word = [("message", word.to_owned())];
    if none {
        Failure::new("no-message", word)
    } else {
        Failure::new("which-message", word)
    }
}
