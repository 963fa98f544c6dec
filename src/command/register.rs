//! What is known of addresses beside the ledger: the lists of providers in the store of trust.
//!
//! Nothing is asked over the network here, and what cannot be read is known to nobody: no message
//! waits for it.

use super::Session;
use crate::address::MailAddress;
use crate::client;
use crate::ledger::Ledger;
use crate::pec::reach::{Evidence, Judgement, Source};
use crate::providers::directory_index::KeptLists;

/// What is known of addresses, each list read when it is first needed.
#[derive(Debug)]
pub(super) struct Register {
    lists: KeptLists,
}

impl Register {
    /// That of the data folder.
    pub fn of(session: &Session<'_>) -> Self {
        Self {
            lists: session.store().lists(),
        }
    }

    /// What is known of an address.
    pub fn evidence(&self, address: &MailAddress) -> Vec<Evidence> {
        let listed = self.lists.of_domain(address.domain());
        let listed = listed.map(|(provider, dated)| Evidence {
            source: Source::Directory {
                provider: provider.name.clone(),
            },
            dated,
        });
        listed.into_iter().collect()
    }

    /// Whether an address is certified mail, by this and by a ledger.
    pub fn reach(&self, address: &MailAddress, ledger: Option<&Ledger>) -> Judgement {
        client::reach(address, ledger, &|address| self.evidence(address))
    }
}
