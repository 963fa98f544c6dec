//! The copies in the mailboxes of what is in verified containers.

use std::collections::BTreeMap;
use std::io;

use super::Remote;
use super::held::{Copy, Held};
use super::report::{Ended, RemoteJson};
use crate::account::Account;
use crate::address::MailAddress;
use crate::client::{Answer, End, Spare, discard};
use crate::command::access::Access;
use crate::command::export::Exported;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::ledger::{self, Ledger};
use crate::output::catalogue::Catalogue;

/// What may be deleted of one account.
struct OfAccount {
    address: MailAddress,
    spare: Vec<Spare>,
    /// How many of them are no receipts, but messages that were received.
    received: usize,
}

/// What may be deleted, and the containers that hold it.
#[derive(Default)]
pub(super) struct Plan {
    accounts: Vec<OfAccount>,
    copies: Vec<Copy>,
    /// Under which value the numbers of a folder meant something when it was read last.
    validities: BTreeMap<(String, String), Option<u32>>,
}

impl Plan {
    /// Adds every place in the mailbox at which something was found that is in a container.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn add(
        &mut self,
        one: Exported<'_>,
        held: Held,
        ledger: &Ledger,
    ) -> Result<(), ledger::Error> {
        let address = MailAddress::new(one.account());
        let copy = self.copies.len();
        let (in_mailbox, is_received): (Vec<&String>, bool) = match one {
            Exported::Sent(view) => {
                let receipts = view.receipts.iter().chain(&view.remarks);
                (receipts.map(|row| &row.octets).collect(), false)
            }
            Exported::Received(row) => (vec![&row.octets], true),
        };
        let mut found = Vec::new();
        for octets in in_mailbox.into_iter().filter(|octets| held.holds(octets)) {
            let size = std::fs::metadata(ledger.path_of(octets));
            let size = size.map_or(0, |file| file.len());
            for place in ledger.places(&address, octets)? {
                // Of other numbers nothing can be said.
                if self.validity(&address, &place.folder, ledger)? == Some(place.uid_validity) {
                    let octets = octets.clone();
                    found.push(Spare {
                        place,
                        octets,
                        size,
                        copy,
                    });
                }
            }
        }
        self.copies.push(held.into_copy());
        if found.is_empty() {
            return Ok(());
        }
        let received = if is_received { found.len() } else { 0 };
        let known = self.accounts.iter_mut().find(|one| one.address == address);
        match known {
            Some(known) => {
                known.spare.append(&mut found);
                known.received += received;
            }
            None => self.accounts.push(OfAccount {
                address,
                spare: found,
                received,
            }),
        }
        Ok(())
    }

    fn validity(
        &mut self,
        address: &MailAddress,
        folder: &str,
        ledger: &Ledger,
    ) -> Result<Option<u32>, ledger::Error> {
        let key = (address.key(), folder.to_owned());
        if let Some(known) = self.validities.get(&key) {
            return Ok(*known);
        }
        let cursor = ledger.cursor(address, folder)?;
        let read = cursor.map(|cursor| cursor.uid_validity);
        self.validities.insert(key, read);
        Ok(read)
    }

    /// Deletes what may be deleted, account by account.
    ///
    /// # Errors
    /// Those of the streams; what a server says is in the results.
    pub fn carry_out(
        self,
        remote: Remote,
        session: &mut Session<'_>,
    ) -> anyhow::Result<Vec<RemoteJson>> {
        let mut results = Vec::new();
        for of_account in self.accounts {
            results.push(one(of_account, &self.copies, remote, session)?);
        }
        Ok(results)
    }
}

/// Deletes what may be deleted of one account.
fn one(
    of_account: OfAccount,
    copies: &[Copy],
    remote: Remote,
    session: &mut Session<'_>,
) -> anyhow::Result<RemoteJson> {
    let OfAccount {
        address,
        spare,
        received,
    } = of_account;
    let mut result = RemoteJson::planned(&address, &spare, received);
    let config = session.config().ok();
    let account = config
        .as_ref()
        .and_then(|config| config.account(Some(address.as_str())).ok().cloned());
    let (Some(config), Some(account)) = (config, account) else {
        return Ok(result.ended(Ended::NoAccount, None, ExitStatus::Unusable));
    };
    // Before anything is asked, of a person or of a server. An address may have several accounts.
    let mut of_address = config
        .accounts()
        .iter()
        .filter(|one| one.address == address);
    if of_address.any(|account| account.office) {
        return Ok(result.ended(Ended::Office, None, ExitStatus::Refused));
    }
    if remote == Remote::Asked && !is_confirmed(&account, &result, session)? {
        return Ok(result.ended(Ended::Declined, None, ExitStatus::No));
    }
    let connected = Access::open_named(Some(&account.name), session).and_then(|mut access| {
        let mailbox = access.mailbox()?;
        Ok((access, mailbox))
    });
    let (access, mut mailbox) = match connected {
        Ok(connected) => connected,
        Err(error) => {
            let failure = Failure::of(error)?;
            let (what, _) = failure.sentences(session.lang);
            return Ok(result.ended(Ended::Failed, Some(what), failure.status()));
        }
    };
    // Several messages of a batch are in one container: asked once in a row.
    let mut last = None;
    let mut vouches = |copy: usize| match last {
        Some((known, vouched)) if known == copy => vouched,
        _ => {
            let vouched = copies.get(copy).is_some_and(Copy::is_there);
            last = Some((copy, vouched));
            vouched
        }
    };
    let (discarded, end) = discard(&mut mailbox, spare, &mut vouches);
    result.count(&discarded);
    Ok(match end {
        End::Done if result.is_whole() => {
            mailbox.log_out();
            result.ended(Ended::Deleted, None, ExitStatus::Yes)
        }
        End::Done => {
            mailbox.log_out();
            result.ended(Ended::Deleted, None, ExitStatus::NotNow)
        }
        End::NoUidPlus => result.ended(Ended::NoUidPlus, None, ExitStatus::Refused),
        End::Failed(error) => {
            let failure = access.failure_of_reading(&error);
            let (what, _) = failure.sentences(session.lang);
            result.ended(Ended::Failed, Some(what), failure.status())
        }
    })
}

/// Whether a person says that it may be done.
fn is_confirmed(
    account: &Account,
    planned: &RemoteJson,
    session: &mut Session<'_>,
) -> io::Result<bool> {
    let texts = Catalogue::of(session.lang);
    let size = texts.size(planned.octets_planned);
    let values = [
        ("address", account.address.as_str()),
        ("host", &*account.imap.host),
        ("size", &size),
    ];
    if planned.received > 0 {
        let received = texts.count("archive.question-received", planned.received, &values);
        writeln!(session.err, "{received}")?;
    }
    let question = texts.count("archive.question", planned.planned, &values);
    write!(session.err, "{question} ")?;
    session.err.flush()?;
    let mut words = String::new();
    io::stdin().read_line(&mut words)?;
    Ok(Answer::of(&words) == Answer::Yes)
}
