//! Whose rows: an account is its address; its name in the configuration is a label.
//!
//! Ledgers of earlier forms knew names only. The step to the present form finds the address of
//! a name in the messages sent under it; where there are none, the name stands in its place
//! until an account of that name is used.

use super::Error;
use crate::address::MailAddress;

/// Whose rows they are.
pub trait Accounts {
    /// Says under which name an account is used now, and gives it what an earlier form of the
    /// ledger kept under that name.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    fn note_account(&mut self, address: &MailAddress, name: &str) -> Result<(), Error>;

    /// The address of the account that was used last under a name, or of which this is the
    /// address.
    fn account_named(&self, word: &str) -> Result<Option<MailAddress>, Error>;
}
