//! What is known of an address where a message leaves: what the ledger has of acceptances, and what
//! lies beside it.

use crate::address::MailAddress;
use crate::ledger::Ledger;
use crate::pec::reach::{Evidence, Judgement, Source};

/// What is known of an address beside the ledger; nothing is asked over the network for it.
pub type Known<'a> = &'a dyn Fn(&MailAddress) -> Vec<Evidence>;

/// Whether an address is certified mail, by all that is kept here. An acceptance that cannot be read
/// is none: nothing that is sent fails for it.
pub fn reach(address: &MailAddress, ledger: Option<&Ledger>, known: Known<'_>) -> Judgement {
    let newest = ledger.and_then(|ledger| ledger.newest_acceptance(address).ok().flatten());
    let acceptance = newest.map(|(kind, dated)| Evidence {
        source: Source::Acceptance(kind),
        dated,
    });
    Judgement::of(address, acceptance.into_iter().chain(known(address)))
}
