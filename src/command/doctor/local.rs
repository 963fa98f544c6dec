//! What can be looked at without the network: files, permissions, dates.

use std::fs;
use std::path::Path;

use super::measured;
use crate::account::{Access, Account, Config, Error, PasswordSource};
use crate::command::check::{Check, Measure, Unit};
use crate::command::configuration::{failure, mode};
use crate::command::trusted::of_trust_file;
use crate::command::{Failure, Session};
use crate::lang::Lang;
use crate::ledger::{self, Depth, Ledger, Manner};
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::providers::Trust;
use crate::timestamp::Timestamp;

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// Hours after which nobody reads a mailbox any more, it seems: within them the last notice about
/// a message comes (RFC 6109, 3.1.6).
const LOOK_HOURS: i64 = 24;

/// Days after which trust data are called old: AgID certifies its authority anew about once a
/// year, and the providers' lists change a few times in it.
const TRUST_DAYS: i64 = 365;

/// Days that a password for programs is taken to live where the preset does not say: three
/// months, the only known practice.
const PASSWORD_DAYS: i64 = 90;

/// Days before its end from which on a password is called nearly over.
const NEARLY_OVER: i64 = 14;

/// Octets of a file of trust data; those compiled in have 60 thousand.
const MAX_TRUST_OCTETS: u64 = 16 * 1024 * 1024;

/// Configuration, data folder, clock and trust data.
pub(super) fn of_program(
    config: &Result<Config, Failure>,
    opened: Option<&Result<Option<Ledger>, ledger::Error>>,
    session: &Session<'_>,
) -> Vec<Check> {
    let lang = session.lang;
    let mut checks = Vec::new();
    match config {
        Err(failure) => checks.push(Check::of_failure("config.file", lang, failure)),
        Ok(config) => {
            checks.extend(configuration(config, lang));
        }
    }
    if let Some(folder) = &session.data_dir {
        checks.push(data_folder(folder, lang));
        checks.extend(synced_folder(folder, lang));
        checks.extend(measured::disk(folder, lang));
    }
    if let (Some(folder), Some(opened)) = (&session.data_dir, opened) {
        checks.extend(of_ledger(opened.as_ref().map(Option::as_ref), folder, lang));
    }
    let ledger = opened.and_then(|opened| opened.as_ref().ok()?.as_ref());
    let trust = session.store().trust();
    checks.push(clock(session.context.now, lang, ledger, &trust));
    checks.push(trust_data(session.context.now, &trust, lang));
    checks.extend(measured::authorities(session.context.now, &trust, lang));
    checks.extend(measured::roots(session.context.now, lang));
    if let Some(ledger) = ledger {
        checks.extend(measured::messages(ledger, lang));
    }
    checks
}

fn configuration(config: &Config, lang: Lang) -> Vec<Check> {
    let file = config.file().display().to_string();
    let count = Catalogue::of(lang).number(config.accounts().len());
    let values = [("file", &*file), ("count", &*count)];
    if config.accounts().is_empty() {
        return vec![Check::warning("config.file", lang, "config-empty", &values)];
    }
    let mut checks = vec![match config.account(None) {
        Ok(account) => {
            let values = [
                ("file", &*file),
                ("count", &*count),
                ("account", &account.name),
            ];
            Check::ok("config.file", lang, "config-ok", &values)
        }
        Err(_) => Check::warning("config.file", lang, "config-no-default", &values),
    }];
    // A file without a folder stands in the current one.
    let folder = config
        .file()
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    checks.push(permissions(config.file(), folder, lang));
    checks
}

/// The configuration holds no secret, but names commands that we run.
fn permissions(file: &Path, folder: Option<&Path>, lang: Lang) -> Check {
    let id = "config.permissions";
    let shown = file.display().to_string();
    let of_file = match Access::of(file) {
        Ok(access) => access,
        Err(source) => {
            let error = Error::Read {
                file: file.to_owned(),
                source,
            };
            return Check::of_failure(id, lang, &failure(&error, lang));
        }
    };
    if let Some((folder, access)) =
        folder.and_then(|folder| Some((folder, Access::of(folder).ok()?)))
        && access.is_open_to_change()
    {
        let values = [
            ("folder", &*folder.display().to_string()),
            ("mode", &mode(access)),
        ];
        return Check::failed(id, lang, "config-folder-open", &values);
    }
    let values = [("file", &*shown), ("mode", &mode(of_file))];
    match of_file.is_private() {
        true => Check::ok(id, lang, "config-private", &values),
        false => Check::warning(id, lang, "config-readable", &values),
    }
}

fn data_folder(folder: &Path, lang: Lang) -> Check {
    let id = "data.permissions";
    let shown = folder.display().to_string();
    let Ok(access) = Access::of(folder) else {
        return Check::ok(id, lang, "data-none", &[("folder", &shown)]);
    };
    let values = [("folder", &*shown), ("mode", &mode(access))];
    match access.is_private() {
        true => Check::ok(id, lang, "data-private", &values),
        false => Check::failed(id, lang, "data-open", &values),
    }
}

/// Whether other computers get copies of the data folder: they would have all mail, and a ledger that
/// is copied while it is written is none.
fn synced_folder(folder: &Path, lang: Lang) -> Option<Check> {
    let whole = std::path::absolute(folder).ok()?;
    // A link into such a folder, too.
    let real = whole.canonicalize().unwrap_or_else(|_| whole.clone());
    let service = synced_by(&whole).or_else(|| synced_by(&real))?;
    let shown = folder.display().to_string();
    let values = [("folder", &*shown), ("service", service)];
    Some(Check::warning("data.synced", lang, "data-synced", &values))
}

/// The service that a folder on the way to a path is named after, as its program calls it.
fn synced_by(path: &Path) -> Option<&'static str> {
    /// Name or beginning of a folder in small letters, and the service.
    const NAMES: [(&str, &str); 11] = [
        ("onedrive", "OneDrive"),
        ("dropbox", "Dropbox"),
        ("google drive", "Google Drive"),
        ("googledrive", "Google Drive"),
        ("my drive", "Google Drive"),
        ("il mio drive", "Google Drive"),
        ("icloud", "iCloud"),
        ("iclouddrive", "iCloud"),
        ("com~apple~clouddocs", "iCloud"),
        ("nextcloud", "Nextcloud"),
        ("owncloud", "ownCloud"),
    ];
    let mut folders = path.components().rev();
    folders.find_map(|folder| {
        let name = folder.as_os_str().to_string_lossy().to_lowercase();
        let is_of = |start: &str| {
            let rest = name.strip_prefix(start);
            // OneDrive - Studio Rossi, Dropbox (Personal), GoogleDrive-io@example.org
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-', '(']))
        };
        let found = NAMES.iter().find(|(start, _)| is_of(start));
        found.map(|(_, service)| *service)
    })
}

/// Whether the ledger can be used, whether its file is sound, whether it had lost something, and
/// whether the files that it names are there.
fn of_ledger(
    opened: Result<Option<&Ledger>, &ledger::Error>,
    folder: &Path,
    lang: Lang,
) -> Vec<Check> {
    let id = "ledger";
    let shown = folder.display().to_string();
    let failed = |error: &ledger::Error| {
        vec![Check::of_failure(
            id,
            lang,
            &Failure::of_opening(error, folder),
        )]
    };
    let ledger = match opened {
        Ok(Some(ledger)) => ledger,
        Ok(None) => return vec![Check::ok(id, lang, "ledger-none", &[("folder", &shown)])],
        Err(error) => return failed(error),
    };
    if let Err(error) = ledger.check() {
        return failed(&error);
    }
    let recovered = ledger.recovered();
    let count = (recovered.messages.len() + recovered.missing.len()).to_string();
    let values = [("folder", &*shown), ("count", &*count)];
    let of_file = match (recovered.is_empty(), ledger.manner()) {
        (false, _) => Check::warning(id, lang, "ledger-recovered", &values),
        (true, Manner::ToRead) => Check::failed(id, lang, "ledger-read-only", &values),
        (true, Manner::OfEarlierForm) => Check::ok(id, lang, "ledger-earlier", &values),
        (true, Manner::ToWrite) => Check::ok(id, lang, "ledger-ok", &values),
    };
    vec![of_file, evidence(ledger, folder, lang)]
}

/// Whether messages and receipts are there, and the latest are what was kept; whether all are, `pec ledger
/// check` looks.
fn evidence(ledger: &Ledger, folder: &Path, lang: Lang) -> Check {
    let id = "ledger.evidence";
    let found = match ledger.evidence(Depth::Names, &mut || {}) {
        Ok(found) => found,
        Err(error) => return Check::of_failure(id, lang, &Failure::of_opening(&error, folder)),
    };
    let latest = match ledger.evidence(Depth::LatestOctets, &mut || {}) {
        Ok(latest) => latest,
        Err(error) => return Check::of_failure(id, lang, &Failure::of_opening(&error, folder)),
    };
    let lost = found.lost() + latest.damaged.len();
    let check = match lost {
        0 => {
            let files = Catalogue::of(lang).counted("files", found.named);
            Check::ok(id, lang, "evidence-ok", &[("files", &files)])
        }
        _ => {
            let count = Catalogue::of(lang).number(lost);
            Check::failed(id, lang, "evidence-lost", &[("count", &count)])
        }
    };
    check.with(Measure {
        value: lost.try_into().unwrap_or(i64::MAX),
        unit: Unit::Files,
        warn_at: None,
        fail_at: Some(1),
    })
}

/// Whether the mailbox of an account is read, and was since the ledger came where it is.
pub(super) fn of_mailbox(account: &Account, ledger: &Ledger, session: &Session<'_>) -> Vec<Check> {
    let lang = session.lang;
    let mut checks = Vec::new();
    if ledger.is_writable() && matches!(ledger.has_asked(&account.address), Ok(false)) {
        checks.push(Check::warning("ledger.home", lang, "ledger-away", &[]));
    }
    // What a damaged ledger cannot tell is told above.
    if let Ok(last) = ledger.last_look(&account.address) {
        checks.push(last_look(last, session.context.now, lang));
    }
    checks
}

fn last_look(last: Option<Timestamp>, now: Timestamp, lang: Lang) -> Check {
    let id = "mailbox.last-read";
    let Some(last) = last else {
        return Check::ok(id, lang, "look-never", &[]);
    };
    let time = layout::shown(last, lang);
    let hours = now.seconds_since(last).div_euclid(HOUR);
    let hours_shown = Catalogue::of(lang).counted("hours", hours);
    let values = [("time", &*time), ("hours", &*hours_shown)];
    match hours >= LOOK_HOURS {
        true => Check::warning(id, lang, "look-old", &values),
        false => Check::ok(id, lang, "look-ok", &values),
    }
    .with(Measure {
        value: hours,
        unit: Unit::Hours,
        warn_at: Some(LOOK_HOURS),
        fail_at: None,
    })
}

/// Held against two times that cannot lie in the future: that of the trust data, and that of the
/// newest entry in the ledger. That it is right to the minute is not known.
fn clock(now: Timestamp, lang: Lang, ledger: Option<&Ledger>, trust: &Trust) -> Check {
    let as_of = trust.as_of.as_deref().unwrap_or_default();
    let newest = ledger.and_then(|ledger| ledger.newest_entry().ok().flatten());
    let recorded = newest.map(|at| layout::shown(at, lang)).unwrap_or_default();
    let values = [
        ("now", &*layout::shown(now, lang)),
        ("as_of", &*layout::day(as_of, lang)),
        ("recorded", &*recorded),
    ];
    match (Timestamp::parse(as_of), newest) {
        (Ok(date), _) if now < date => Check::failed("clock", lang, "clock-behind", &values),
        (_, Some(newest)) if now < newest => {
            Check::failed("clock", lang, "clock-set-back", &values)
        }
        _ => Check::ok("clock", lang, "clock-ok", &values),
    }
}

fn trust_data(now: Timestamp, trust: &Trust, lang: Lang) -> Check {
    let id = "trust.data";
    let as_of = trust.as_of.as_deref().unwrap_or_default();
    let Ok(date) = Timestamp::parse(as_of) else {
        return Check::warning(id, lang, "trust-undated", &[]);
    };
    let days = now.seconds_since(date) / DAY;
    let age = Catalogue::of(lang).counted("age", days);
    let values = [("as_of", &*layout::day(as_of, lang)), ("age", &*age)];
    match days > TRUST_DAYS {
        true => Check::warning(id, lang, "trust-old", &values),
        false => Check::ok(id, lang, "trust-ok", &values),
    }
    .with(Measure {
        value: days,
        unit: Unit::DaysPassed,
        warn_at: Some(TRUST_DAYS + 1),
        fail_at: None,
    })
}

/// Files that an account names, and the age of its password for programs.
pub(super) fn of_account(account: &Account, session: &Session<'_>) -> Vec<Check> {
    let lang = session.lang;
    let mut checks = Vec::new();
    if let Some(file) = &account.ca_file {
        checks.push(match account.roots() {
            Ok(_) => named_file("account.ca-file", file, "ca-file-ok", lang),
            Err(error) => Check::of_failure("account.ca-file", lang, &failure(&error, lang)),
        });
    }
    if let Some(file) = &account.trust_file {
        checks.push(trust_file(file, lang));
    }
    if let PasswordSource::File(file) = &account.password {
        checks.push(password_file(file, lang));
    }
    if let Some(made) = account.app_password_date {
        checks.push(app_password(account, made, session.context.now, lang));
    }
    checks
}

/// A file that decides whom we trust: others must not change it.
fn named_file(id: &'static str, file: &Path, case: &str, lang: Lang) -> Check {
    let shown = file.display().to_string();
    match Access::of(file) {
        Ok(access) if access.is_open_to_change() => {
            let values = [("file", &*shown), ("mode", &mode(access))];
            Check::failed(id, lang, "file-open", &values)
        }
        _ => Check::ok(id, lang, case, &[("file", &shown)]),
    }
}

fn trust_file(file: &Path, lang: Lang) -> Check {
    let id = "account.trust-file";
    let shown = file.display().to_string();
    let read = match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_TRUST_OCTETS => fs::read(file),
        Ok(_) => Err(std::io::ErrorKind::InvalidInput.into()),
        Err(error) => Err(error),
    };
    let octets = match read {
        Ok(octets) => octets,
        Err(source) => {
            let file = file.to_owned();
            let failure = failure(&Error::Read { file, source }, lang);
            return Check::of_failure(id, lang, &failure);
        }
    };
    match Trust::parse(&octets, &shown) {
        Ok(_) => named_file(id, file, "trust-file-ok", lang),
        Err(error) => Check::of_failure(id, lang, &of_trust_file(&error, file, lang)),
    }
}

fn password_file(file: &Path, lang: Lang) -> Check {
    let id = "account.password-file";
    let shown = file.display().to_string();
    let error = match Access::of(file) {
        Ok(access) if access.is_private() => {
            return Check::ok(id, lang, "password-file-ok", &[("file", &shown)]);
        }
        Ok(access) => Error::PasswordFileOpen {
            file: file.to_owned(),
            access,
        },
        Err(source) => Error::Read {
            file: file.to_owned(),
            source,
        },
    };
    Check::of_failure(id, lang, &failure(&error, lang))
}

fn app_password(account: &Account, made: Timestamp, now: Timestamp, lang: Lang) -> Check {
    let id = "account.app-password";
    let known = account
        .preset
        .and_then(|preset| preset.password_days.as_ref());
    let lives = known.map_or(PASSWORD_DAYS, |known| i64::from(known.value));
    let days = now.seconds_since(made).div_euclid(DAY);
    let texts = Catalogue::of(lang);
    let age = texts.counted("age", days);
    let lives_shown = texts.counted("days", lives);
    let left = texts.counted("within", lives - days);
    let values = [("age", &*age), ("lives", &*lives_shown), ("left", &*left)];
    match days {
        ..0 => Check::warning(id, lang, "app-password-future", &values),
        _ if days >= lives && known.is_some() => {
            Check::warning(id, lang, "app-password-over", &values)
        }
        _ if days >= lives => Check::warning(id, lang, "app-password-old", &values),
        _ if days >= lives - NEARLY_OVER && known.is_some() => {
            Check::warning(id, lang, "app-password-soon", &values)
        }
        _ => Check::ok(id, lang, "app-password-ok", &values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synced_folder_is_known_by_name_and_no_other() {
        for (path, service) in [
            ("/home/a/OneDrive/pec", Some("OneDrive")),
            ("/home/a/OneDrive - Studio Rossi/dati/pec", Some("OneDrive")),
            ("/home/a/Dropbox (Personal)/pec", Some("Dropbox")),
            (
                "/Users/a/Library/CloudStorage/GoogleDrive-a@b.example/pec",
                Some("Google Drive"),
            ),
            (
                "/Users/a/Library/Mobile Documents/com~apple~CloudDocs/pec",
                Some("iCloud"),
            ),
            ("/home/a/Nextcloud/pec", Some("Nextcloud")),
            ("/home/a/.local/share/pec", None),
            ("/home/dropboxer/pec", None),
        ] {
            assert_eq!(synced_by(Path::new(path)), service, "{path}");
            let check = synced_folder(Path::new(path), Lang::En);
            assert_eq!(
                check.map(|check| check.id),
                service.map(|_| "data.synced"),
                "{path}"
            );
        }
    }
}
