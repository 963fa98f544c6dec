//! `pec sync`: reads the mailbox once, and tells what is new in it.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;

use super::access::{self, Access};
use super::follow::{self, Form, Summary};
use super::reach::names_of;
use super::{Failure, Session, lists, stay, store};
use crate::account::Lists;
use crate::client::{self, SyncReport};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Transfer;
use crate::transport::Timeouts;

/// The order to read once.
pub(super) struct SyncOrder {
    /// Folders to read too.
    folders: Vec<String>,
    /// What to read anew.
    again: Vec<Again>,
    /// Beside what the account says.
    lists: Lists,
    form: Form,
}

/// What is read anew from the beginning.
enum Again {
    /// Every folder.
    Everything,
    /// This one.
    Folder(String),
}

impl Again {
    /// An empty name stands for every folder; that of INBOX is written in any letters (RFC 3501,
    /// 5.1).
    fn of(name: String) -> Self {
        match &*name {
            "" => Self::Everything,
            inbox if inbox.eq_ignore_ascii_case("INBOX") => Self::Folder("INBOX".to_owned()),
            _ => Self::Folder(name),
        }
    }
}

pub(super) fn run(order: SyncOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    // A folder is one mailbox's.
    let mut all = match order.names_a_folder() {
        true => vec![Access::open(session)?],
        false => Access::all(session)?,
    };
    if let [only] = &mut all[..] {
        return read(&order, only, session);
    }
    let mut status = ExitStatus::Yes;
    for access in &mut all {
        access::tell_account(&access.account, session)?;
        let of_one = match read(&order, access, session) {
            Ok(status) => status,
            // The others are read all the same.
            Err(error) => access::tell_failure(error, session)?,
        };
        status = status.worse(of_one);
    }
    Ok(status)
}

impl SyncOrder {
    fn names_a_folder(&self) -> bool {
        let named = |again: &Again| matches!(again, Again::Folder(_));
        !self.folders.is_empty() || self.again.iter().any(named)
    }
}

/// Reads the mailbox of one account.
fn read(
    order: &SyncOrder,
    access: &mut Access,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    access.account.folders.extend(order.folders.iter().cloned());
    let verifier = access.verifier()?;
    access.tell_trust(session)?;
    let mut ledger = access::ledger_for(&access.account, session)?;
    let address = access.account.address.clone();
    for again in &order.again {
        let read = match again {
            Again::Everything => ledger.read_again(&address, None),
            Again::Folder(name) => ledger.read_again(&address, Some(name)),
        };
        read.map_err(|error| Failure::of_ledger(&error))?;
        if let Again::Folder(name) = again {
            access.account.folders.push(name.clone());
        }
    }
    let named = access.account.folders.clone();
    let clock = session.context.clock;
    let mut status = ExitStatus::Yes;
    let mut written = Ok(());
    let mut no_password = None;
    let mut wanted = lists::Wanted::default();
    let meter = access.meter.clone();
    let texts = Catalogue::of(session.lang);
    let visible = session.context.shows_progress();
    let shown = Transfer::start(visible, None, move || meter.octets(), texts);
    let synced = client::read(
        &mut ledger,
        client::Judge {
            account: &address,
            verifier: &verifier,
            keep: access.account.keep,
        },
        &mut || stay::connect(access, Timeouts::default(), &mut no_password),
        &named,
        &|| clock.now(),
        &mut |event| {
            wanted.add(&event);
            let summary = Summary::of(&event);
            if summary.alarming {
                status = ExitStatus::No;
            }
            if written.is_ok() {
                written = shown.suspend(|| follow::tell(&summary, order.form, session));
            }
        },
    );
    drop(shown);
    store::keep_learned(&verifier, session);
    if let Some(error) = no_password {
        return Err(error);
    }
    written?;
    // What arrived before the line broke has its lists too.
    let of_lists = match (order.lists, access.account.lists) {
        (Lists::Kept, _) | (_, Lists::Kept) => wanted.keep(verifier.trust(), session)?,
        (Lists::LeftAlone, Lists::LeftAlone) => ExitStatus::Yes,
    };
    let report = synced.map_err(|error| access.failure_of_journey(&error))?;
    let status = status.worse(of_lists);
    Ok(status.worse(tell_report(&report, session)?))
}

/// What a reading did, and what it could not.
fn tell_report(report: &SyncReport, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let texts = Catalogue::of(session.lang);
    let mut status = ExitStatus::Yes;
    let values = [
        ("folders", &*texts.number(report.folders)),
        ("looked-at", &texts.number(report.looked_at)),
        ("fetched", &texts.number(report.fetched)),
        ("facts", &texts.number(report.new_facts)),
    ];
    writeln!(session.err, "{}", texts.fill("sync.done", &values))?;
    if report.fetched > 0 {
        writeln!(session.err, "{}", texts.text("sync.next"))?;
    }
    if report.left_alone > 0 {
        let line = texts.count("sync.left-alone", report.left_alone, &[]);
        writeln!(session.err, "{line}")?;
    }
    if report.forgotten > 0 {
        let line = texts.fill(
            "forget.again",
            &[("count", &texts.number(report.forgotten))],
        );
        writeln!(session.err, "{line}")?;
    }
    if report.letters_left > 0 {
        let line = texts.count("sync.letters-left", report.letters_left, &[]);
        writeln!(session.err, "{line}")?;
    }
    if report.renumbered > 0 {
        let line = texts.count("sync.renumbered", report.renumbered, &[]);
        writeln!(session.err, "{line}")?;
    }
    if !report.not_read.is_empty() {
        let names = names_of(&report.not_read);
        let line = texts.count("sync.not-read", report.not_read.len(), &[("names", &names)]);
        writeln!(session.err, "{line}")?;
    }
    for line in &report.odd_folders {
        follow::tell_odd_folder(line, session)?;
    }
    if let Some(reason) = &report.unlisted {
        follow::tell_unlisted(reason, session)?;
        status = ExitStatus::NotNow;
    }
    for (folder, reason) in &report.unread {
        follow::tell_unread(folder, reason, session)?;
        status = ExitStatus::NotNow;
    }
    if !report.unread_messages.is_empty() {
        follow::tell_unread_messages(&report.unread_messages, session)?;
        status = ExitStatus::NotNow;
    }
    Ok(status)
}
