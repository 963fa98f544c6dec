//! The JSON of `pec account`: a promise to other programs, laid down in `schema.json`.
//!
//! Version 1. Fields may be added; removing one or changing its meaning raises the version.

use std::path::PathBuf;

use serde::Serialize;

use super::list::{day, of_preset, sure_of_server};
use super::{SCHEMA, VERSION};
use crate::account::presets::{Known, Preset, Sureness};
use crate::account::{Account, IMAP_PORT, SMTP_PORT, SentCopy};
use crate::command::PROGRAM;
use crate::command::check::CheckJson;
use crate::transport::{Endpoint, Security};

/// One document per run; which of the lists it has depends on the command.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    /// `pec/account`.
    pub schema: &'static str,
    /// Of the form.
    pub version: u32,
    /// Who wrote it.
    pub program: &'static str,
    /// Of `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountJson<'a>>>,
    /// Of `presets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presets: Option<Vec<PresetJson<'a>>>,
    /// Of `test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckJson<'a>>>,
}

impl Default for Document<'_> {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            version: VERSION,
            program: PROGRAM,
            accounts: None,
            presets: None,
            checks: None,
        }
    }
}

/// A value with how sure it is; nulls when the user gave it.
#[derive(Serialize)]
struct ValueJson<'a, T> {
    value: T,
    sure: Option<&'static str>,
    date: Option<&'a str>,
}

impl<'a, T> ValueJson<'a, T> {
    fn new(value: T, sure: Option<(Sureness, &'a str)>) -> Self {
        Self {
            value,
            sure: sure.map(|(sure, _)| sure.letters()),
            date: sure.map(|(_, date)| date),
        }
    }

    fn known(known: &'a Known<T>) -> Self
    where
        T: Clone,
    {
        Self::new(known.value.clone(), Some((known.sure, &known.date)))
    }
}

#[derive(Serialize)]
struct ServerJson<'a> {
    host: &'a str,
    port: u16,
    security: &'static str,
    sure: Option<&'static str>,
    date: Option<&'a str>,
}

impl<'a> ServerJson<'a> {
    fn of(server: &'a Endpoint, sure: Option<(Sureness, &'a str)>) -> Self {
        Self {
            host: &server.host,
            port: server.port,
            security: match server.security {
                Security::Tls => "tls",
                Security::StartTls => "starttls",
            },
            sure: sure.map(|(sure, _)| sure.letters()),
            date: sure.map(|(_, date)| date),
        }
    }
}

#[derive(Serialize)]
struct LimitsJson<'a> {
    recipients: Option<ValueJson<'a, u32>>,
    octets_total: Option<ValueJson<'a, u64>>,
    messages_per_minute: Option<ValueJson<'a, u32>>,
    recipients_per_hour: Option<ValueJson<'a, u32>>,
}

#[derive(Serialize)]
pub(super) struct AccountJson<'a> {
    name: &'a str,
    default: bool,
    address: &'a str,
    preset: Option<&'a str>,
    imap: ServerJson<'a>,
    smtp: ServerJson<'a>,
    user: &'a str,
    password_source: &'static str,
    files_sent_copy: bool,
    sent_folder: Option<ValueJson<'a, &'a str>>,
    folders: &'a [String],
    limits: LimitsJson<'a>,
    ca_file: Option<String>,
    trust_file: Option<String>,
    app_password_date: Option<String>,
}

impl<'a> AccountJson<'a> {
    pub fn of(account: &'a Account, default: bool) -> Self {
        let preset = account.preset;
        let path = |path: &Option<PathBuf>| Some(path.as_ref()?.display().to_string());
        Self {
            name: &account.name,
            default,
            address: account.address.as_str(),
            preset: preset.map(|preset| &*preset.name),
            imap: ServerJson::of(
                &account.imap,
                sure_of_server(&account.imap, IMAP_PORT, preset.map(|preset| &preset.imap)),
            ),
            smtp: ServerJson::of(
                &account.smtp,
                sure_of_server(&account.smtp, SMTP_PORT, preset.map(|preset| &preset.smtp)),
            ),
            user: &account.user,
            password_source: account.password.word(),
            files_sent_copy: account.sent_copy != SentCopy::NotFiled,
            sent_folder: match &account.sent_copy {
                SentCopy::Folder(folder) => {
                    let known = preset.and_then(|preset| preset.sent_folder.as_ref());
                    Some(ValueJson::new(&**folder, of_preset(folder, known)))
                }
                _ => None,
            },
            folders: &account.folders,
            limits: limits_json(account),
            ca_file: path(&account.ca_file),
            trust_file: path(&account.trust_file),
            app_password_date: account.app_password_date.map(day),
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

#[derive(Serialize)]
pub(super) struct PresetJson<'a> {
    name: &'a str,
    provider: &'a str,
    imap: ValueJson<'a, String>,
    smtp: ValueJson<'a, String>,
    login: ValueJson<'a, &'static str>,
    sent_folder: Option<ValueJson<'a, String>>,
    recipients: Option<ValueJson<'a, u32>>,
    octets_total: Option<ValueJson<'a, u64>>,
    messages_per_minute: Option<ValueJson<'a, u32>>,
    password_days: Option<ValueJson<'a, u32>>,
    other_servers: Vec<OtherJson<'a>>,
    domains: &'a [String],
}

#[derive(Serialize)]
struct OtherJson<'a> {
    mailboxes: &'static str,
    imap: Option<&'a str>,
    smtp: Option<&'a str>,
    sure: &'static str,
    date: &'a str,
}

impl<'a> PresetJson<'a> {
    pub fn of(preset: &'a Preset) -> Self {
        let login = &preset.login;
        Self {
            name: &preset.name,
            provider: &preset.provider,
            imap: ValueJson::known(&preset.imap),
            smtp: ValueJson::known(&preset.smtp),
            login: ValueJson::new(login.value.word(), Some((login.sure, &login.date))),
            sent_folder: preset.sent_folder.as_ref().map(ValueJson::known),
            recipients: preset.recipients.as_ref().map(ValueJson::known),
            octets_total: preset.octets_total.as_ref().map(ValueJson::known),
            messages_per_minute: preset.messages_per_minute.as_ref().map(ValueJson::known),
            password_days: preset.password_days.as_ref().map(ValueJson::known),
            other_servers: preset
                .other
                .iter()
                .map(|other| OtherJson {
                    mailboxes: other.mailboxes.word(),
                    imap: other.imap.as_deref(),
                    smtp: other.smtp.as_deref(),
                    sure: other.sure.letters(),
                    date: &other.date,
                })
                .collect(),
            domains: &preset.domains,
        }
    }
}
