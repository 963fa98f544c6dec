//! What name servers say of the mail of domains, each domain asked once, and only on demand.

use std::collections::HashMap;
use std::time::Duration;

use super::AskedServers;
use crate::address::{MailAddress, ascii_domain};
use crate::command::{Failure, Session};
use crate::context::random_octets;
use crate::pec::reach::{Evidence, Servers, Source, provider_of};
use crate::providers::Trust;
use crate::providers::permitted::{Kind, permitted};
use crate::timestamp::Timestamp;
use crate::transport::names::{Exchangers, NameServers};

/// How long a name server is waited for: they answer within a second, or not at all.
const WAIT: Duration = Duration::from_secs(2);
/// Domains in a row without an answer, after which nothing more is asked: nobody is there.
const MOST_SILENT: usize = 3;

/// Who is asked, and what was answered.
pub(super) struct Asked {
    /// None where nobody is to be asked.
    servers: Option<NameServers>,
    /// Hosts that the authorities permit to providers now.
    hosts: Vec<String>,
    known: HashMap<String, Servers>,
    silent: usize,
}

impl Asked {
    /// # Errors
    /// A [`Failure`] when what was named is no address, or the system names no server.
    pub fn of(asked: &AskedServers, session: &Session<'_>) -> Result<Self, Failure> {
        let servers = match asked {
            AskedServers::None => None,
            AskedServers::OfSystem => {
                let found = NameServers::of_system(WAIT);
                Some(found.ok_or_else(|| Failure::new("no-name-server", []))?)
            }
            AskedServers::At(address) => {
                let found = NameServers::at(address, WAIT);
                let values = [("value", address.clone())];
                Some(found.ok_or_else(|| Failure::new("name-server", values))?)
            }
        };
        let hosts = match servers {
            Some(_) => hosts(&session.store().trust(), session.context.now),
            None => Vec::new(),
        };
        Ok(Self {
            servers,
            hosts,
            known: HashMap::new(),
            silent: 0,
        })
    }

    /// What is known of the domain of an address; nothing where nobody is asked.
    pub fn evidence(&mut self, address: &MailAddress, now: Timestamp) -> Option<Evidence> {
        let servers = self.servers.as_ref()?;
        let domain = ascii_domain(address.domain())?;
        let found = match self.known.get(&domain) {
            Some(found) => found.clone(),
            None => {
                let found = match self.silent < MOST_SILENT {
                    true => of_domain(servers, &domain, &self.hosts),
                    false => Servers::NoAnswer,
                };
                self.silent = match found {
                    Servers::NoAnswer => self.silent + 1,
                    Servers::OfProvider { .. }
                    | Servers::Elsewhere { .. }
                    | Servers::NoServer
                    | Servers::NoDomain => 0,
                };
                self.known.insert(domain, found.clone());
                found
            }
        };
        Some(Evidence {
            source: Source::Servers(found),
            dated: now,
        })
    }
}

fn of_domain(servers: &NameServers, domain: &str, permitted: &[String]) -> Servers {
    let mut number = || {
        let [first, second, ..] = random_octets();
        u16::from_be_bytes([first, second])
    };
    match servers.exchangers(domain, &mut number) {
        None => Servers::NoAnswer,
        Some(Exchangers::None) => Servers::NoServer,
        Some(Exchangers::NoDomain) => Servers::NoDomain,
        Some(Exchangers::Hosts(hosts)) => match provider_of(&hosts, permitted) {
            Some(provider) => Servers::OfProvider {
                provider: provider.to_owned(),
                hosts,
            },
            None => Servers::Elsewhere { hosts },
        },
    }
}

/// Hosts that authorities permit whose certificates have not ended: names of those that have belong to
/// anybody since.
fn hosts(trust: &Trust, now: Timestamp) -> Vec<String> {
    let lasting = trust.anchors.iter().filter(|anchor| {
        let mut editions = anchor.editions.iter();
        editions.any(|edition| edition.not_after >= now)
    });
    let names = lasting.flat_map(permitted);
    let hosts = names.filter(|name| name.kind == Kind::Host && name.until.is_none());
    hosts.map(|name| name.name).collect()
}
