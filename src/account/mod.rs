//! Accounts: which mailbox, which servers, where the password comes from. No secret is stored.
