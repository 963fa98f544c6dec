//! The revocation lists of the day, kept with the messages that arrive (`archive_crl` of an account,
//! `pec sync --archive-crl`).
//!
//! Asked for are the addresses in the certificates of signers that lead to an authority, where they
//! have none those that the program knows. What comes counts for its own signature.

use std::collections::BTreeSet;

use crate::client::{Event, EventKind};
use crate::command::Session;
use crate::command::revocations::{MAX_OCTETS, Revocations};
use crate::command::trust::fetched::{Missing, of_web};
use crate::command::trust::update::revocation_sources;
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::providers::Trust;
use crate::smime::chain::Anchor;
use crate::smime::revocation::Crl;
use crate::smime::{pem, sha256};
use crate::transport::stamping::Address;
use crate::verify::Facts;

/// Addresses that are asked in one reading: each authority has one or two.
const MOST_ADDRESSES: usize = 8;

/// Where the lists are that speak of what arrived.
#[derive(Default)]
pub(super) struct Wanted(BTreeSet<String>);

impl Wanted {
    /// Adds the signer of a genuine message.
    pub fn add(&mut self, event: &Event) {
        let EventKind::Verified { receipt, .. } = &event.kind else {
            return;
        };
        let Some(facts) = receipt.examination().facts() else {
            return;
        };
        for address in addresses(facts) {
            if self.0.len() < MOST_ADDRESSES {
                self.0.insert(address);
            }
        }
    }

    /// Fetches the lists and keeps them.
    ///
    /// # Errors
    /// Those of the disk, and where there is no data folder.
    pub fn keep(self, trust: &Trust, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
        let kept = Revocations::of(session.data_dir.as_deref());
        let mut status = ExitStatus::Yes;
        for address in &self.0 {
            if let Err(reason) = keep(address, &kept, trust, session)? {
                let values = [("address", &**address), ("reason", &*reason)];
                let line = Catalogue::of(session.lang).fill("sync.list-not-kept", &values);
                writeln!(session.err, "{line}")?;
                status = ExitStatus::NotNow;
            }
        }
        Ok(status)
    }
}

/// The lists of those who sign while somebody stays with a mailbox. Each address is asked once a day, at the
/// first message that needs it, whatever it answers: a server that is down does not hold up the next.
#[derive(Default)]
pub(super) struct Daily {
    day: String,
    asked: BTreeSet<String>,
}

impl Daily {
    /// Fetches the lists that speak of a message, and keeps them.
    ///
    /// # Errors
    /// As [`Wanted::keep`].
    pub fn keep(
        &mut self,
        event: &Event,
        trust: &Trust,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        let day = session.context.clock.now().italian_day();
        if self.day != day {
            self.asked.clear();
            self.day = day;
        }
        let mut wanted = Wanted::default();
        wanted.add(event);
        wanted
            .0
            .retain(|address| self.asked.insert(address.clone()));
        wanted.keep(trust, session)?;
        Ok(())
    }
}

/// The addresses by HTTP in the certificate of a signer; where it has none, those that the program knows.
fn addresses(facts: &Facts) -> Vec<String> {
    let named = facts.signer().revocation_addresses.iter();
    let of_web = named.filter(|address| Address::parse(address).is_ok());
    let of_web: Vec<String> = of_web.cloned().collect();
    match of_web.is_empty() {
        true => revocation_sources().into_iter().collect(),
        false => of_web,
    }
}

/// Fetches the lists at an address and keeps them; why not, in words.
fn keep(
    address: &str,
    kept: &Revocations,
    trust: &Trust,
    session: &mut Session<'_>,
) -> anyhow::Result<Result<(), String>> {
    let texts = Catalogue::of(session.lang);
    let because = |word: &str| texts.text(&format!("authorities.reason.{word}")).to_owned();
    let Ok(place) = Address::parse(address) else {
        return Ok(Err(because("unreachable")));
    };
    let octets = match of_web(&place, MAX_OCTETS, None, session) {
        Ok(octets) => octets,
        Err(Missing::Absent) => return Ok(Err(because("not-named"))),
        Err(Missing::Unreachable(why)) => return Ok(Err(why)),
    };
    let Ok(objects) = pem::each(&octets, "X509 CRL") else {
        return Ok(Err(because("unreadable")));
    };
    for object in objects {
        let read = object.ok();
        let read = read.and_then(|der| Some((Crl::parse(&der).ok()?, der)));
        let Some((list, der)) = read else {
            return Ok(Err(because("unreadable")));
        };
        let now = session.context.clock.now();
        let of_list =
            |anchor: &&Anchor| anchor.subject == list.issuer && list.is_signed_by(&anchor.key);
        let Some(anchor) = trust.anchors.iter().find(of_list) else {
            return Ok(Err(because("stranger")));
        };
        if now < list.this_update {
            return Ok(Err(because("not-yet")));
        }
        if list.next_update.is_some_and(|next| next < now) {
            return Ok(Err(because("expired")));
        }
        if kept.keep(&der, &list, anchor)? {
            let time = layout::shown(list.this_update, session.lang);
            let values = [
                ("authority", &*anchor.label),
                ("time", &*time),
                ("sha256", &*sha256(&der)),
            ];
            let line = texts.fill("sync.list-kept", &values);
            writeln!(session.err, "{line}")?;
        }
    }
    Ok(Ok(()))
}
