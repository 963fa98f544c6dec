//! When mailboxes were last read, as several commands tell it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::MailAddress;
use crate::lang::Lang;
use crate::ledger::{self, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::timestamp::Timestamp;

/// A mailbox, and when it was last read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "mailbox")]
pub(super) struct LookJson {
    /// The account, by the name under which it was used last, or its address.
    account: String,
    /// Its address.
    address: String,
    /// When all folders that are always read were read last, by the clock of this machine; null:
    /// never, or by an earlier version of the program. UTC, RFC 3339.
    pub last_read: Option<Timestamp>,
}

impl LookJson {
    /// Account and time.
    pub fn line(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        let time = self.last_read.map(|at| shown(at, lang));
        let key = match &time {
            Some(_) => "upkeep.last-read",
            None => "upkeep.never-read",
        };
        let time = time.unwrap_or_default();
        texts.fill(key, &[("account", &self.account), ("time", &time)])
    }
}

/// The mailboxes that were used, or that of one account.
///
/// # Errors
/// Those of the ledger.
pub(super) fn looks(
    ledger: &Ledger,
    account: Option<&MailAddress>,
) -> Result<Vec<LookJson>, ledger::Error> {
    let looks = ledger.looks(account)?;
    let looks = looks.into_iter().map(|look| LookJson {
        account: look.account,
        address: look.address.as_str().to_owned(),
        last_read: look.at,
    });
    Ok(looks.collect())
}
