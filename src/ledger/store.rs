//! What the client needs of who keeps messages, facts and receipts: one trait for each subject,
//! beside the types of that subject. A server for several desks is added here, and nowhere else.

use std::fmt;

use super::account::Accounts;
use super::archived::Archives;
use super::arrival::Mailboxes;
use super::draft::Drafts;
use super::forget::Forgetting;
use super::job::Jobs;
use super::letter::Letters;
use super::look::Looks;
use super::notice::Notices;
use super::query::Queries;
use super::stat::Upkeep;
use super::submission::Attempts;
use super::surroundings::Surroundings;
use super::unread::Unreads;

/// Who keeps messages, facts and receipts. What a method wrote is kept when it returns, whatever
/// happens then; several processes may use one at once.
pub trait Store:
    Accounts
    + Archives
    + Attempts
    + Drafts
    + Forgetting
    + Jobs
    + Letters
    + Looks
    + Mailboxes
    + Notices
    + Queries
    + Surroundings
    + Unreads
    + Upkeep
    + fmt::Debug
    + Send
{
}

impl<T> Store for T where
    T: Accounts
        + Archives
        + Attempts
        + Drafts
        + Forgetting
        + Jobs
        + Letters
        + Looks
        + Mailboxes
        + Notices
        + Queries
        + Surroundings
        + Unreads
        + Upkeep
        + fmt::Debug
        + Send
{
}
