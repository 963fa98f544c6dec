//! Who judges what an account got, where nothing is asked of a server: by the trust data of the
//! account, by those compiled in, or by a file that the user names.

use std::collections::HashMap;
use std::path::Path;

use super::store::Store;
use super::verify::Examiner;
use super::{Failure, Session, trusted};
use crate::address::MailAddress;
use crate::providers::Trust;
use crate::verify::Verifier;

/// What trust data that are no part of the program are called: paths are of this machine.
pub(super) const TRUST_FILE: &str = "dati_di_fiducia.toml";

/// Who judges, for each account, and by which file.
pub(super) struct Judges<'a> {
    given: Option<&'a Path>,
    known: HashMap<String, Judge>,
}

/// Who judges for an account, with the file of the trust data.
pub(super) struct Judge {
    pub examiner: Examiner,
    pub trust_file: Vec<u8>,
    store: Store,
}

impl<'a> Judges<'a> {
    /// Judges by a file that was given, or by those of the accounts.
    pub fn new(given: Option<&'a Path>) -> Self {
        Self {
            given,
            known: HashMap::new(),
        }
    }

    /// The judge for a sender: by the file that was given, by that of its account, or by the data
    /// compiled in.
    ///
    /// # Errors
    /// When a trust file cannot be used.
    pub fn of(&mut self, sender: &str, session: &Session<'_>) -> Result<&mut Judge, Failure> {
        use std::collections::hash_map::Entry as E;
        let file = match self.given {
            Some(file) => Some(file.to_owned()),
            None => {
                let config = session.config().ok();
                let account = config
                    .as_ref()
                    .and_then(|one| one.account(Some(sender)).ok());
                account.and_then(|account| account.trust_file.clone())
            }
        };
        match self.known.entry(MailAddress::new(sender).key()) {
            E::Occupied(known) => Ok(known.into_mut()),
            E::Vacant(free) => Ok(free.insert(Judge::new(file.as_deref(), session)?)),
        }
    }
}

impl Judge {
    fn new(file: Option<&Path>, session: &Session<'_>) -> Result<Self, Failure> {
        let store = session.store();
        let (verifier, trust_file) = match file {
            None => (store.verifier(), store.trust_file()),
            Some(file) => {
                let octets = trusted::read(file, session.lang)?;
                let trust = Trust::parse(&octets, TRUST_FILE)
                    .map_err(|error| trusted::of_trust_file(&error, file, session.lang))?;
                let verifier = Verifier::new(trust);
                let verifier = verifier.with_archive(store.archived().archive());
                (verifier, octets)
            }
        };
        let now = session.context.now;
        Ok(Self {
            examiner: Examiner::new(verifier, now, session.lang),
            trust_file,
            store,
        })
    }

    /// A revocation list that is kept, by its SHA-256.
    pub fn revocation_list(&self, sha256: &str) -> Option<Vec<u8>> {
        self.store.revocation_list(sha256)
    }
}
