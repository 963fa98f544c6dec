//! `pec import`: receipts and certified messages that lie elsewhere, into the ledger of an account.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod report;
mod told;

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;

use report::Results;
use told::{Told, Unread};

use super::Session;
use super::access::{self, Access};
use crate::account::Keep;
use crate::asic::{self, Directory};
use crate::client::{self, Import, Imported};
use crate::exit::ExitStatus;
use crate::input::{self, Item, Place};
use crate::mime::MAX_MESSAGE_OCTETS;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::output::report::Form;

/// The order to take in what lies elsewhere.
pub(super) struct ImportOrder {
    /// Files, folders, archives; `-` for standard input.
    files: Vec<PathBuf>,
    form: Form,
}

pub(super) fn run(order: ImportOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let access = Access::open(session)?;
    let verifier = access.verifier()?;
    access.tell_trust(session)?;
    let others = session.config()?;
    let others = others.accounts().iter().map(|one| one.address.clone());
    let others: Vec<_> = others
        .filter(|address| *address != access.account.address)
        .collect();
    let mut ledger = access::ledger_for(&access.account, session)?;
    let clock = session.context.clock;
    let words = Catalogue::of(session.lang).text("import.progress");
    let progress = Progress::new(session.context.stderr_is_terminal, words);
    let results = Results::of(&access.account);
    let lang = session.lang;
    let told = Told::begin(results, order.form, lang, &progress, &mut session.out)?;
    let told = RefCell::new(told);
    let mut tell = |imported: Imported| told.borrow_mut().tell(&imported);
    let judge = client::Judge {
        account: &access.account.address,
        verifier: &verifier,
        // Whoever names a file wants it kept.
        keep: Keep::All,
    };
    let now = || clock.now();
    let failure = |error: client::Error| access.failure_of_journey(&error);
    let mut import =
        Import::begin(&mut ledger, (judge, &others), &now, &mut tell).map_err(failure)?;
    for item in input::items(order.files, Box::new(io::stdin())) {
        take(item, &mut import, &told).map_err(failure)?;
    }
    import.end().map_err(failure)?;
    progress.finish();
    Ok(told.into_inner().end()?)
}

/// Takes in what a name stands for.
fn take(
    item: Item,
    import: &mut Import<'_>,
    told: &RefCell<Told<'_, '_>>,
) -> Result<(), client::Error> {
    match item {
        // What a mailbox has is the message without its frame.
        Item::Message(source) => import.take(source.name, input::unframed(source.octets)),
        Item::Container { name, place } => within(&name, &place, import, told),
        Item::Unreadable { name, error } => {
            told.borrow_mut().unread(name, Unread::Input(error));
            Ok(())
        }
    }
}

/// Takes in the messages in a container, whatever its list of files says: each is judged by itself.
fn within(
    name: &str,
    place: &Place,
    import: &mut Import<'_>,
    told: &RefCell<Told<'_, '_>>,
) -> Result<(), client::Error> {
    let unread = |name: &str, why: Unread| told.borrow_mut().unread(name.to_owned(), why);
    let read = place.open().map_err(asic::Error::Io);
    let read = read.and_then(|mut file| Ok((asic::Read::of(&mut file)?, file)));
    let (checked, mut file) = match read {
        Ok((asic::Read::Evidence(checked), file)) => (checked, file),
        Ok((asic::Read::Other(_), _)) => {
            unread(name, Unread::OtherContainer);
            return Ok(());
        }
        Err(error) => {
            unread(name, Unread::of(error));
            return Ok(());
        }
    };
    for one in &checked.files {
        if !one.entry.name.ends_with(".eml") {
            continue;
        }
        let shown = format!("{name}!/{}", one.entry.name);
        match Directory::octets(&mut file, &one.entry, MAX_MESSAGE_OCTETS as u64) {
            Ok(Some(octets)) => import.take(shown, octets)?,
            Ok(None) => {
                let limit = MAX_MESSAGE_OCTETS;
                unread(&shown, Unread::Input(input::Error::TooLarge { limit }));
            }
            Err(error) => unread(&shown, Unread::of(error)),
        }
    }
    Ok(())
}
