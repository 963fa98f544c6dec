//! What `pec account` answers: accounts, presets, or what the servers of an account said.

use std::io;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::sure::{of_preset, of_server};
use super::text;
use crate::account::presets::{DATE, Known, Preset, Sureness};
use crate::account::{Account, IMAP_PORT, Keep, Lists, SMTP_PORT, SentCopy};
use crate::command::check::Check;
use crate::command::reach;
use crate::exit::ExitStatus;
use crate::output::report::{Page, Report, known};
use crate::timestamp::Timestamp;
use crate::transport::{Endpoint, Security};

/// # Results of pec account, version 1
///
/// The document that `pec account list --json` (accounts), `pec account presets --json` (presets)
/// and `pec account test --json` (checks) write: one per run, with exactly one of the three. Fields
/// may be added within version 1, so objects are open. Texts meant for people (text, advice) are in
/// the language of the run; everything else is the same in both.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Results<'a> {
    /// What is configured.
    List {
        /// Of list: the accounts in the order of the configuration.
        accounts: Vec<AccountJson<'a>>,
        /// The file they stand in.
        #[serde(skip)]
        file: String,
    },
    /// What is known of providers.
    Presets {
        /// Of presets: the providers known.
        presets: Vec<&'a Preset>,
    },
    /// What the servers of an account said.
    Test {
        /// Of test: what was looked at, in its order.
        checks: Vec<Check>,
        /// The account.
        #[serde(skip)]
        account: &'a Account,
    },
}

impl Report for Results<'_> {
    const SCHEMA: &'static str = "pec/account";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        match self {
            Self::List { accounts, file } => {
                let accounts = accounts.iter().map(|one| (one.account, one.default));
                text::accounts(&accounts.collect::<Vec<_>>(), file, page)
            }
            Self::Presets { presets } => text::presets(presets, page),
            Self::Test { checks, account } => {
                let values = [
                    ("account", &*account.name),
                    ("address", account.address.as_str()),
                ];
                page.line(page.texts().fill("accounts.heading", &values))?;
                checks.iter().try_for_each(|check| check.text(page))
            }
        }
    }

    fn exit(&self) -> ExitStatus {
        match self {
            Self::List { .. } | Self::Presets { .. } => ExitStatus::Yes,
            Self::Test { checks, .. } => reach::status(checks),
        }
    }
}

/// A value with how sure it is; nulls when the user gave it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "value_{T}")]
struct ValueJson<'a, T> {
    /// The value.
    value: T,
    /// How sure the preset is; null when the user gave the value.
    sure: Option<Sureness>,
    /// Of the trial (a day), else of the collection (a month); null when the user gave the value.
    #[schemars(regex(pattern = DATE))]
    date: Option<&'a str>,
}

impl<'a, T> ValueJson<'a, T> {
    fn new(value: T, sure: Option<(Sureness, &'a str)>) -> Self {
        let (sure, date) = sure.unzip();
        Self { value, sure, date }
    }
}

/// A server, with how sure the preset is of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "server")]
struct ServerJson<'a> {
    /// Name or IP address.
    #[schemars(length(min = 1))]
    host: &'a str,
    /// TCP port.
    #[schemars(range(min = 1))]
    port: u16,
    /// When TLS begins: from the first octet, or after STARTTLS.
    security: Security,
    /// How sure the preset is; null when the user gave the value.
    sure: Option<Sureness>,
    /// Of the trial (a day), else of the collection (a month); null when the user gave the value.
    #[schemars(regex(pattern = DATE))]
    date: Option<&'a str>,
}

impl<'a> ServerJson<'a> {
    fn of(server: &'a Endpoint, sure: Option<(Sureness, &'a str)>) -> Self {
        Self {
            host: &server.host,
            port: server.port,
            security: server.security,
            sure: sure.map(|(sure, _)| sure),
            date: sure.map(|(_, date)| date),
        }
    }
}

/// What the provider takes; null where nothing is known.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "limits")]
struct LimitsJson<'a> {
    /// Most recipients of one message.
    recipients: Option<ValueJson<'a, u32>>,
    /// Most octets of one message times its recipients.
    octets_total: Option<ValueJson<'a, u64>>,
    /// Most messages a minute.
    messages_per_minute: Option<ValueJson<'a, u32>>,
    /// Most recipients an hour.
    recipients_per_hour: Option<ValueJson<'a, u32>>,
}

/// One account; what its preset gives is filled in. No secret is in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "account")]
pub(super) struct AccountJson<'a> {
    /// All of it, for texts.
    #[serde(skip)]
    account: &'a Account,
    /// Its name.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    name: &'a str,
    /// Whether it is used when none is named.
    default: bool,
    /// The certified address.
    #[schemars(regex(pattern = r"@"))]
    address: &'a str,
    /// The preset that gives what the configuration leaves out.
    preset: Option<&'a str>,
    /// The server for reading.
    imap: ServerJson<'a>,
    /// The server for sending.
    smtp: ServerJson<'a>,
    /// The user name at both.
    #[schemars(length(min = 1))]
    user: &'a str,
    /// Where the password comes from, unless PEC_PASSWORD is set.
    #[schemars(schema_with = "password_sources")]
    password_source: &'static str,
    /// Whether a copy of what was sent is filed.
    files_sent_copy: bool,
    /// Where it is filed; null for where the server marks the folder of sent mail, or when none is
    /// filed.
    sent_folder: Option<ValueJson<'a, &'a str>>,
    /// Folders to read besides INBOX.
    folders: &'a [String],
    /// Whether it is a public office's, from whose mailbox pec archive deletes nothing.
    office: bool,
    /// What of the mailbox is kept: all certified mail, or receipts and notices about what was sent.
    #[schemars(schema_with = "keeps")]
    keep: &'static str,
    /// Whether the revocation lists of the day are fetched and kept with what arrives.
    archive_crl: bool,
    /// What the provider takes; null where nothing is known. The rules guarantee 50 recipients and
    /// 30 MB everywhere.
    limits: LimitsJson<'a>,
    /// The file of extra authorities.
    ca_file: Option<String>,
    /// The trust data by which its receipts are judged instead of those compiled in.
    trust_file: Option<String>,
    /// The day on which the password for programs was made.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    app_password_date: Option<String>,
}

fn keeps(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(Keep::ALL.map(Keep::word))
}

fn password_sources(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(["command", "file", "keyring", "prompt", "environment"])
}

impl<'a> AccountJson<'a> {
    pub fn of(account: &'a Account, default: bool) -> Self {
        let preset = account.preset;
        let path = |path: &Option<PathBuf>| Some(path.as_ref()?.display().to_string());
        Self {
            account,
            name: &account.name,
            default,
            address: account.address.as_str(),
            preset: preset.map(|preset| &*preset.name),
            imap: ServerJson::of(
                &account.imap,
                of_server(&account.imap, IMAP_PORT, preset.map(|preset| &preset.imap)),
            ),
            smtp: ServerJson::of(
                &account.smtp,
                of_server(&account.smtp, SMTP_PORT, preset.map(|preset| &preset.smtp)),
            ),
            user: &account.user,
            password_source: account.password.word(),
            files_sent_copy: account.sent_copy != SentCopy::NotFiled,
            sent_folder: match &account.sent_copy {
                SentCopy::Folder(folder) => {
                    let known = preset.and_then(|preset| preset.sent_folder.as_ref());
                    Some(ValueJson::new(&**folder, of_preset(folder, known)))
                }
                SentCopy::NotFiled | SentCopy::WhereMarked => None,
            },
            folders: &account.folders,
            office: account.office,
            keep: account.keep.word(),
            archive_crl: account.lists == Lists::Kept,
            limits: limits_json(account),
            ca_file: path(&account.ca_file),
            trust_file: path(&account.trust_file),
            app_password_date: account.app_password_date.map(Timestamp::italian_day),
        }
    }
}

fn limits_json(account: &Account) -> LimitsJson<'_> {
    let (limits, preset) = (account.limits, account.preset);
    let recipients = preset.and_then(|preset| preset.recipients.as_ref());
    let octets = preset.and_then(|preset| preset.octets_total.as_ref());
    let minute = preset.and_then(|preset| preset.messages_per_minute.as_ref());
    fn value<T: PartialEq + Copy>(
        value: Option<T>,
        known: Option<&Known<T>>,
    ) -> Option<ValueJson<'_, T>> {
        value.map(|value| ValueJson::new(value, of_preset(&value, known)))
    }
    LimitsJson {
        recipients: value(limits.recipients, recipients),
        octets_total: value(limits.octets_total, octets),
        messages_per_minute: value(limits.messages_per_minute, minute),
        recipients_per_hour: value(limits.recipients_per_hour, None),
    }
}
