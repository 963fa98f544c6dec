//! `pec account default`, `rename` and `edit`: changes of what is configured. The ledger knows accounts
//! by their addresses, so that nothing is sent twice or lost for another name.

use super::add::AddOrder;
use crate::account::{Account, Config, Entry, Error};
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
    let config = session.config()?;
    let lang = session.lang;
    let told = |error| failure(&error, lang);
    let update = |change: &dyn Fn(&mut Config) -> Result<Account, Error>| {
        Config::update(config.file(), change).map_err(told)
    };
    let (key, account, before) = match order {
        ChangeOrder::Default(name) => {
            let account = update(&|config| config.set_default(&name).cloned())?;
            ("accounts.is-default", account, name)
        }
        ChangeOrder::Rename { name, new } => {
            let before = config.account(Some(&name)).map_err(told)?.name.clone();
            let account = update(&|config| config.rename(&before, &new).cloned())?;
            follow(&account, &before, session)?;
            ("accounts.renamed", account, before)
        }
        ChangeOrder::Edit { name, given } => {
            config.account(Some(&name)).map_err(told)?;
            let entry = given.with_whole_paths(session)?.entry();
            if entry == Entry::default() {
                return edit_file(&config, session);
            }
            let account = update(&|config| {
                let account = config.change(&name, &entry)?.clone();
                account.roots()?;
                Ok(account)
            })?;
            ("accounts.changed", account, name)
        }
        ChangeOrder::EditFile => return edit_file(&config, session),
    };
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

/// The text of the configuration in the editor. What is no configuration, or would undo what another
/// process wrote meanwhile, is not written, and stays in a file that is named.
fn edit_file(config: &Config, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut file = None;
    let before = config.text().to_owned();
    let edited = editor::edit(&before, &mut file, session);
    let saved = edited.and_then(|words| {
        let lang = session.lang;
        let told = |error| failure(&error, lang);
        Ok(config.replace_text(words).map_err(told)?)
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
