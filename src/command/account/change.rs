//! `pec account default`, `rename` and `edit`: changes of what is configured. The ledger knows accounts
//! by their addresses, so that nothing is sent twice or lost for another name.

use super::add::AddOrder;
use crate::account::{Account, Config, Entry};
use crate::command::configuration::failure;
use crate::command::{Failure, Session, access, editor};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;

/// What is changed.
pub(in crate::command) enum ChangeOrder {
    /// This account is used when none is named.
    Default(String),
    /// An account is called otherwise.
    Rename { name: String, new: String },
    /// An account says this; where it is nothing, as [`Self::EditFile`].
    Edit { name: String, given: Box<AddOrder> },
    /// The whole file, in the editor.
    EditFile,
}

pub(super) fn run(order: ChangeOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut config = session.config()?;
    let lang = session.lang;
    let told = |error| failure(&error, lang);
    let (key, account, before) = match order {
        ChangeOrder::Default(name) => {
            let account = config.set_default(&name).map_err(told)?.clone();
            ("accounts.is-default", account, name)
        }
        ChangeOrder::Rename { name, new } => {
            let before = config.account(Some(&name)).map_err(told)?.name.clone();
            let account = config.rename(&name, &new).map_err(told)?.clone();
            ("accounts.renamed", account, before)
        }
        ChangeOrder::Edit { name, given } => {
            let entry = given.with_whole_paths(session)?.entry();
            if entry == Entry::default() {
                return edit_file(config, session);
            }
            let account = config.change(&name, &entry).map_err(told)?.clone();
            account.roots().map_err(told)?;
            ("accounts.changed", account, name)
        }
        ChangeOrder::EditFile => return edit_file(config, session),
    };
    config.save().map_err(told)?;
    if account.name != before && key == "accounts.renamed" {
        follow(&account, &before, session)?;
    }
    let values = [
        ("account", &*account.name),
        ("address", account.address.as_str()),
        ("before", &before),
    ];
    let line = Catalogue::of(lang).fill(key, &values);
    session.out.page().line(line)?;
    Ok(ExitStatus::Yes)
}

/// Tells the ledger, where there is one, the new name. One that cannot be written now learns it when
/// the account is used.
fn follow(account: &Account, before: &str, session: &mut Session<'_>) -> anyhow::Result<()> {
    let Some(mut ledger) = access::existing_ledger(session)? else {
        return Ok(());
    };
    if !ledger.is_writable() {
        return Ok(());
    }
    // What an earlier form of the ledger kept under the old name becomes the address's first.
    let noted = ledger
        .note_account(&account.address, before)
        .and_then(|()| ledger.note_account(&account.address, &account.name));
    Ok(noted.map_err(|error| Failure::of_ledger(&error))?)
}

/// The text of the configuration in the editor; what is no configuration is not written, and stays in
/// a file that is named.
fn edit_file(mut config: Config, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut file = None;
    let before = config.text().to_owned();
    let edited = editor::edit(&before, &mut file, session);
    let saved = edited.and_then(|words| {
        let lang = session.lang;
        let told = |error| failure(&error, lang);
        config.rewrite(words).map_err(told)?;
        Ok(config.save().map_err(told)?)
    });
    let texts = Catalogue::of(session.lang);
    let shown = config.file().display().to_string();
    match saved {
        Ok(()) => {
            if let Some(file) = file {
                file.remove();
            }
            let line = texts.fill("accounts.file-changed", &[("file", &shown)]);
            session.out.page().line(line)?;
            Ok(ExitStatus::Yes)
        }
        Err(error) => {
            if let Some(file) = file {
                let values = [
                    ("file", &*shown),
                    ("edited", &file.path.display().to_string()),
                ];
                writeln!(session.err, "{}", texts.fill("accounts.file-kept", &values))?;
            }
            Err(error)
        }
    }
}
