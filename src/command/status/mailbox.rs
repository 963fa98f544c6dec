//! `pec status --mailbox`: how full the mailboxes are at the provider, and when they will be.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::client::{Filling, FolderWeight, Occupancy, occupancy};
use crate::command::access::{Access, tell_failure};
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::layout::day;
use crate::output::report::{Form, Page, Report, known};
use crate::output::style::Tone;
use crate::timestamp::Timestamp;

/// As many folders are shown by name; a mailbox has some ten.
const SHOWN_FOLDERS: usize = 20;

/// # Results of pec status --mailbox, version 1
///
/// The document that `pec status --mailbox --json` writes. Every field that is described is always
/// there; where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open. Texts meant for people (error) are in the language of the run.
#[derive(Serialize, JsonSchema)]
pub(in crate::command) struct Mailboxes {
    /// Each account that was asked for.
    mailboxes: Vec<MailboxJson>,
    #[serde(skip)]
    exit: ExitStatus,
}

/// A mailbox at its provider, now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "mailbox")]
struct MailboxJson {
    /// The account, by its name in the configuration.
    account: String,
    /// Its address.
    address: String,
    /// Octets used; null: the server does not tell.
    used: Option<u64>,
    /// Octets allowed; null: the server does not tell.
    limit: Option<u64>,
    /// Messages in all folders that could be opened; null: none was asked for.
    messages: Option<u64>,
    /// Octets of those whose size the server told; null: none was asked for.
    octets: Option<u64>,
    /// The folders that could be opened.
    folders: Vec<FolderJson>,
    /// Folders that could not be opened, and are not counted.
    unopened: Vec<String>,
    /// What came in the last eight weeks, or since the oldest message came, and is there still; null:
    /// not known.
    recent: Option<RecentJson>,
    /// in-days: see full_in_days. not-soon: not within five years. too-little: too few messages came,
    /// or for too short a time, to say. full: it is full. no-quota: the server does not tell how much
    /// room there is. failed: error says why nothing is known.
    #[schemars(schema_with = "fillings")]
    filling: &'static str,
    /// In about so many days it is full, if as much comes as came lately; null: cannot be said.
    full_in_days: Option<u64>,
    /// The day that this is, in Italian legal time: YYYY-MM-DD; null: cannot be said.
    full_on: Option<String>,
    /// Why nothing is known, for people; null otherwise.
    error: Option<String>,
}

/// A folder.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "folder")]
struct FolderJson {
    /// Its name.
    name: String,
    /// Messages in it.
    messages: u64,
    /// Octets of those whose size the server told.
    octets: u64,
    /// Messages whose size it did not tell.
    unweighed: u64,
}

/// What came lately.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "recent")]
struct RecentJson {
    /// In how many days.
    days: u64,
    /// Messages.
    messages: u64,
    /// Their octets.
    octets: u64,
}

const FILLINGS: [&str; 6] = [
    "in-days",
    "not-soon",
    "too-little",
    "full",
    "no-quota",
    "failed",
];

fn fillings(_: &mut SchemaGenerator) -> Schema {
    known(FILLINGS)
}

/// Asks every account, or that of `--account`.
pub(super) fn run(form: Form, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut all = Access::all(session)?;
    let is_one = all.len() == 1;
    let now = session.context.now;
    let mut found = Mailboxes {
        mailboxes: Vec::new(),
        exit: ExitStatus::Yes,
    };
    for access in &mut all {
        match asked(access, now) {
            Ok(occupancy) => found
                .mailboxes
                .push(MailboxJson::of(access, &occupancy, now)),
            Err(error) if is_one => return Err(error),
            // The others are asked all the same.
            Err(error) => {
                let failure = Failure::of(error)?;
                let (what, _) = failure.sentences(session.lang);
                found.exit = found.exit.worse(tell_failure(failure.into(), session)?);
                found.mailboxes.push(MailboxJson::failed(access, what));
            }
        }
    }
    Ok(session.out.show(&found, form)?)
}

fn asked(access: &mut Access, now: Timestamp) -> anyhow::Result<Occupancy> {
    let mut mailbox = access.mailbox()?;
    let found = occupancy(&mut mailbox, now);
    let found = found.map_err(|error| access.failure_of_reading(&error))?;
    mailbox.log_out();
    Ok(found)
}

impl MailboxJson {
    fn failed(access: &Access, error: String) -> Self {
        Self {
            account: access.account.name.clone(),
            address: access.account.address.as_str().to_owned(),
            used: None,
            limit: None,
            messages: None,
            octets: None,
            folders: Vec::new(),
            unopened: Vec::new(),
            recent: None,
            filling: "failed",
            full_in_days: None,
            full_on: None,
            error: Some(error),
        }
    }

    fn of(access: &Access, found: &Occupancy, now: Timestamp) -> Self {
        let (filling, full_in_days) = match found.filling {
            Filling::NoQuota => ("no-quota", None),
            Filling::Full => ("full", None),
            Filling::TooLittle => ("too-little", None),
            Filling::NotSoon => ("not-soon", None),
            Filling::InDays(days) => ("in-days", Some(days)),
        };
        let later = |days: u64| {
            now.day_before(-i64::try_from(days).unwrap_or(0))
                .italian_day()
        };
        let sum = |of: fn(&FolderWeight) -> u64| found.folders.iter().map(of).sum();
        Self {
            used: found.quota.map(|quota| quota.used),
            limit: found.quota.map(|quota| quota.limit),
            messages: Some(sum(|folder| folder.messages)),
            octets: Some(sum(|folder| folder.octets)),
            folders: found
                .folders
                .iter()
                .map(|folder| FolderJson {
                    name: folder.name.clone(),
                    messages: folder.messages,
                    octets: folder.octets,
                    unweighed: folder.unweighed,
                })
                .collect(),
            unopened: found
                .unopened
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            recent: found.recent.map(|recent| RecentJson {
                days: recent.days,
                messages: recent.messages,
                octets: recent.octets,
            }),
            filling,
            full_in_days,
            full_on: full_in_days.map(later),
            error: None,
            ..Self::failed(access, String::new())
        }
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let values = [("account", &*self.account), ("address", &*self.address)];
        page.line(texts.fill("room.head", &values))?;
        if let Some(error) = &self.error {
            let line = texts.fill("room.failed", &[("reason", error)]);
            return page.line(page.style.paint(Tone::Bad, line));
        }
        let space = match (self.used, self.limit) {
            (Some(used), Some(limit)) => {
                let percent = u128::from(used) * 100 / u128::from(limit.max(1));
                let values = [
                    ("used", &*texts.size(used)),
                    ("limit", &texts.size(limit)),
                    ("percent", &percent.to_string()),
                ];
                texts.fill("room.space", &values)
            }
            _ => texts.text("room.space-unknown").to_owned(),
        };
        page.line(space)?;
        let size = texts.size(self.octets.unwrap_or(0));
        let values = [("size", &*size)];
        page.line(texts.count("room.messages", self.messages.unwrap_or(0), &values))?;
        let held = self.folders.iter().filter(|folder| folder.messages > 0);
        for folder in held.take(SHOWN_FOLDERS) {
            let size = texts.size(folder.octets);
            let values = [("folder", &*folder.name), ("size", &size)];
            page.line(texts.count("room.folder", folder.messages, &values))?;
        }
        for folder in &self.unopened {
            page.line(texts.fill("room.unopened", &[("folder", folder)]))?;
        }
        if let Some(line) = self.foreseen(page.lang) {
            page.line(line)?;
        }
        Ok(())
    }

    /// What is foreseen, in a sentence that says on what it rests.
    fn foreseen(&self, lang: Lang) -> Option<String> {
        let texts = crate::output::catalogue::Catalogue::of(lang);
        let recent = self.recent.as_ref();
        let number = |of: fn(&RecentJson) -> u64| texts.number(recent.map_or(0, of));
        let came = texts.size(recent.map_or(0, |recent| recent.octets));
        let on = day(self.full_on.as_deref().unwrap_or_default(), lang);
        let values = [
            ("days", &*number(|recent| recent.days)),
            ("messages", &number(|recent| recent.messages)),
            ("came", &came),
            ("day", &on),
        ];
        match self.filling {
            "in-days" => Some(texts.count("room.in-days", self.full_in_days.unwrap_or(0), &values)),
            "not-soon" => Some(texts.fill("room.not-soon", &values)),
            "too-little" => Some(texts.text("room.too-little").to_owned()),
            "full" => Some(texts.text("room.full").to_owned()),
            _ => None,
        }
    }
}

impl Report for Mailboxes {
    const SCHEMA: &'static str = "pec/mailbox";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.mailboxes.iter().try_for_each(|one| one.text(page))
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }
}
