//! What is known of addresses beside the ledger: the lists of providers in the store of trust, and the
//! index of public administrations.
//!
//! Nothing is asked over the network here, and what cannot be read is known to nobody: no message
//! waits for it.

use super::Session;
use crate::address::MailAddress;
use crate::client;
use crate::ledger::Ledger;
use crate::offices::{Office, Offices, Table};
use crate::pec::reach::{Declared, Evidence, Judgement, Source};
use crate::providers::directory_index::KeptLists;

/// What is known of addresses, each list read when it is first needed.
#[derive(Debug)]
pub(super) struct Register {
    lists: KeptLists,
    offices: Option<Index>,
}

/// The index of public administrations, and the day of each of its tables.
#[derive(Debug)]
struct Index {
    offices: Offices,
    tables: Vec<Table>,
}

impl Index {
    fn of(session: &Session<'_>) -> Option<Self> {
        let offices = Offices::open(session.data_dir.as_deref()?).ok()??;
        let tables = offices.tables().ok()?;
        Some(Self { offices, tables })
    }

    fn evidence(&self, address: &MailAddress) -> Option<Evidence> {
        let found = self.offices.of_address(address).ok()?;
        let declared = |office: &Office| {
            let mut certified = office.certified();
            match certified.any(|one| MailAddress::new(one) == *address) {
                true => Declared::Certified,
                false => Declared::Other,
            }
        };
        // Of several offices with one address, one that declares it certified.
        let office = (found.iter())
            .find(|office| declared(office) == Declared::Certified)
            .or(found.first())?;
        let mut tables = self.tables.iter();
        let table = tables.find(|table| table.kind == office.kind)?;
        Some(Evidence {
            source: Source::Office {
                code: office.code.clone(),
                name: office.name.clone(),
                declared: declared(office),
            },
            dated: table.dated,
        })
    }
}

impl Register {
    /// That of the data folder.
    pub fn of(session: &Session<'_>) -> Self {
        Self {
            lists: session.store().lists(),
            offices: Index::of(session),
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
        let office = self.offices.as_ref();
        let office = office.and_then(|index| index.evidence(address));
        listed.into_iter().chain(office).collect()
    }

    /// Whether an address is certified mail, by this and by a ledger.
    pub fn reach(&self, address: &MailAddress, ledger: Option<&Ledger>) -> Judgement {
        client::reach(address, ledger, &|address| self.evidence(address))
    }
}
