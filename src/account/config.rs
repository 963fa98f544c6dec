//! The configuration: `config.toml`, read strictly and changed without losing a comment.
//!
//! ```toml
//! default = "studio"
//!
//! [account.studio]
//! address = "studio@pec.example"
//! preset = "aruba"
//! password_command = "secret-tool lookup service pec account studio"
//! ```
//!
//! What an account leaves out comes from its preset. A key that is not known is an error, since
//! a misspelt one would be silently without effect; a key that looks like a password is refused.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

use super::presets::{self, LoginForm};
use super::{
    Access, Account, Error, Keep, Limits, Lists, PASSWORD_TIMEOUT, PasswordSource, Preset,
    Protocol, SentCopy, is_account_name, is_display_name, is_plain_text, parse_server, private,
};
use crate::address::MailAddress;
use crate::located::{self, NoToml};
use crate::timestamp::Timestamp;
use crate::transport::{Endpoint, Security};

/// Octets of a configuration: some thousand accounts.
const MAX_OCTETS: usize = 1024 * 1024;

/// All accounts, and which of them is used when none is named.
#[derive(Clone)]
pub struct Config {
    file: PathBuf,
    text: String,
    accounts: Vec<Account>,
    default: Option<String>,
}

impl fmt::Debug for Config {
    /// Without the text: a command stands in it, and people write passwords into commands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("file", &self.file)
            .field("accounts", &self.accounts)
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

/// What is wrong in a line of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// No TOML; the parser's words.
    Syntax(String),
    /// A key that is not known there.
    UnknownKey(String),
    /// A key that looks like a secret.
    Secret(String),
    /// A key that an account needs.
    Missing {
        /// The account.
        account: String,
        /// The key.
        key: &'static str,
    },
    /// A value that is not what its key takes.
    Value {
        /// The key.
        key: String,
        /// What it takes.
        expected: Expected,
    },
    /// Two keys of which one is enough.
    Conflict(&'static str, &'static str),
    /// A preset that is not there.
    UnknownPreset(String),
    /// The default names no account.
    UnknownDefault(String),
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A table of accounts.
    Table,
    /// The name of an account.
    Name,
    /// A text of one line that is not empty.
    Text,
    /// An address `local@domain`.
    Address,
    /// `HOST` or `HOST:PORT`.
    Server,
    /// `tls` or `starttls`.
    Security,
    /// What of the mailbox is kept.
    Keep,
    /// A path: absolute, or relative to the folder of the configuration; no `~`.
    Path,
    /// A list of texts.
    List,
    /// A whole number above 0.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, `2026-10-01`.
    Day,
    /// A name for From: one line without an address in it.
    DisplayName,
    /// `prompt`, `keyring` or `environment`.
    PasswordFrom,
}

impl Expected {
    /// A word that stays: the key of a text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Name => "name",
            Self::Text => "text",
            Self::Address => "address",
            Self::Server => "server",
            Self::Security => "security",
            Self::Keep => "keep",
            Self::Path => "path",
            Self::List => "list",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Day => "day",
            Self::DisplayName => "display-name",
            Self::PasswordFrom => "password-from",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(reason) => f.write_str(reason),
            Self::UnknownKey(key) => write!(f, "unknown key {key}"),
            Self::Secret(key) => write!(f, "{key}: no secrets here"),
            Self::Missing { account, key } => write!(f, "account {account} has no {key}"),
            Self::Value { key, expected } => write!(f, "{key}: not a {}", expected.word()),
            Self::Conflict(one, other) => write!(f, "{one} and {other}"),
            Self::UnknownPreset(name) => write!(f, "no preset {name}"),
            Self::UnknownDefault(name) => write!(f, "default: no account {name}"),
        }
    }
}

/// What is written into the configuration for a new account: only what differs from its preset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// The name beside it in From.
    pub display_name: Option<String>,
    /// The preset that gives what is left out here.
    pub preset: Option<String>,
    /// Where mail is read.
    pub imap: Option<Endpoint>,
    /// Where mail is sent.
    pub smtp: Option<Endpoint>,
    /// The user name, when it is not the address.
    pub user: Option<String>,
    /// Extra authorities.
    pub ca_file: Option<PathBuf>,
    /// Other trust data.
    pub trust_file: Option<PathBuf>,
    /// What becomes of a copy of a sent message.
    pub sent_copy: Option<SentCopy>,
    /// Folders to read besides INBOX.
    pub folders: Vec<String>,
    /// Whether it is a public office's.
    pub office: Option<bool>,
    /// What of the mailbox is kept.
    pub keep: Option<Keep>,
    /// What the provider takes.
    pub limits: Limits,
    /// Where the password comes from; `None` asks on the terminal.
    pub password: Option<PasswordSource>,
    /// When the password for programs was made, `2026-10-01`.
    pub app_password_date: Option<String>,
}

impl Config {
    /// Reads a configuration; one that is not there has no accounts.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::OpenToChange`] when others than the owner may write it, because
    /// it names commands that we run; [`Error::Config`] with the line.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let (octets, metadata) = match private::read(file, MAX_OCTETS) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Self::parse(file, String::new());
            }
            read => read.map_err(|error| Error::read(file, error))?,
        };
        let access = Access::of_metadata(&metadata);
        if let (true, Some(mode)) = (access.is_open_to_change(), access.mode) {
            let file = file.to_owned();
            return Err(Error::OpenToChange { file, mode });
        }
        let text = String::from_utf8(octets)
            .map_err(|_| Error::read(file, std::io::ErrorKind::InvalidData.into()))?;
        Self::parse(file, text)
    }

    /// Reads the text of a configuration whose place is `file`.
    fn parse(file: &Path, text: String) -> Result<Self, Error> {
        let source = Source { file };
        let document = located::File::parse(text.as_bytes());
        let document = document.map_err(|error| match error {
            NoToml::Syntax { line, reason, .. } => source.fault(line, Fault::Syntax(reason)),
            NoToml::NotText { .. } => Error::read(file, std::io::ErrorKind::InvalidData.into()),
        })?;
        let (accounts, default) = source.read(document.root())?;
        drop(document);
        Ok(Self {
            file: file.to_owned(),
            accounts,
            default,
            text,
        })
    }

    /// Where it stands.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All accounts, in the order of the file.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account of this name, or of this address; without a name the default, or the only
    /// one. Of two accounts of one address, which are the same: the default, else the first.
    ///
    /// # Errors
    /// [`Error::NoAccounts`], [`Error::UnknownAccount`], [`Error::NoDefault`].
    pub fn account(&self, name: Option<&str>) -> Result<&Account, Error> {
        let known = || self.accounts.iter().map(|one| one.name.clone()).collect();
        let called = |name: &str| self.accounts.iter().find(|one| one.name == name);
        let named = |word: &str| {
            let address = MailAddress::new(word);
            let of_address = |one: &&Account| one.address == address;
            let default = self.default.as_deref().and_then(called);
            called(word)
                .or(default.filter(of_address))
                .or_else(|| self.accounts.iter().find(of_address))
        };
        match (name.or(self.default.as_deref()), &*self.accounts) {
            (_, []) => Err(Error::NoAccounts {
                file: self.file.clone(),
            }),
            (Some(name), _) => named(name).ok_or_else(|| Error::UnknownAccount {
                name: name.to_owned(),
                known: known(),
            }),
            (None, [only]) => Ok(only),
            (None, _) => Err(Error::NoDefault { known: known() }),
        }
    }

    /// Whether this account is used when none is named.
    pub fn is_default(&self, account: &Account) -> bool {
        self.account(None)
            .is_ok_and(|default| default.name == account.name)
    }

    /// Adds an account; with `default` it becomes the default, else the only one there was does.
    /// Nothing is written yet.
    ///
    /// # Errors
    /// [`Error::AccountExists`]; [`Error::Config`] as if the user had written the entry.
    pub fn add(&mut self, entry: &Entry, default: bool) -> Result<&Account, Error> {
        if self.accounts.iter().any(|one| one.name == entry.name) {
            let name = entry.name.clone();
            return Err(Error::AccountExists { name });
        }
        let mut document = self.document();
        let accounts = document.entry("account").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if let Some(accounts) = accounts.as_table_like_mut() {
            accounts.insert(&entry.name, Item::Table(entry.table()));
        }
        match (&self.default, &*self.accounts) {
            _ if default => document["default"] = value(&entry.name),
            // The only one was used without being named, and still is.
            (None, [only]) => document["default"] = value(&only.name),
            (Some(_), _) | (None, _) => {}
        }
        self.replace(&document)?;
        self.account(Some(&entry.name))
    }

    /// Takes an account out, and the default with it when it was the default. Nothing is
    /// written yet.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`].
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        let name = &*self.account(Some(name))?.name.clone();
        let mut document = self.document();
        if let Some(accounts) = accounts_of(&mut document) {
            accounts.remove(name);
        }
        if self.default.as_deref() == Some(name) {
            document.remove("default");
        }
        self.replace(&document)
    }

    /// Has an account be used when none is named. Nothing is written yet.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`].
    pub fn set_default(&mut self, name: &str) -> Result<&Account, Error> {
        let name = self.account(Some(name))?.name.clone();
        let mut document = self.document();
        document["default"] = value(&name);
        self.replace(&document)?;
        self.account(Some(&name))
    }

    /// Has an account be called otherwise, as the default too. Nothing is written yet.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], and [`Error::AccountExists`] when another one is called so.
    pub fn rename(&mut self, name: &str, new: &str) -> Result<&Account, Error> {
        let name = &*self.account(Some(name))?.name.clone();
        if self.accounts.iter().any(|one| one.name == new) {
            let name = new.to_owned();
            return Err(Error::AccountExists { name });
        }
        let mut document = self.document();
        if let Some(accounts) = accounts_of(&mut document) {
            // The table keeps its place in the file, and what is written above it.
            if let Some(table) = accounts.remove(name) {
                accounts.insert(new, table);
            }
        }
        if self.default.as_deref() == Some(name) {
            document["default"] = value(new);
        }
        self.replace(&document)?;
        self.account(Some(new))
    }

    /// Has an account say what an entry says; what that leaves out stays. Nothing is written yet.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`]; [`Error::Config`] as if the user had written it.
    pub fn change(&mut self, name: &str, entry: &Entry) -> Result<&Account, Error> {
        let name = self.account(Some(name))?.name.clone();
        let mut document = self.document();
        let account = accounts_of(&mut document).and_then(|accounts| accounts.get_mut(&name));
        if let Some(account) = account.and_then(Item::as_table_like_mut) {
            for (key, item) in entry.table() {
                for other in instead_of(&key) {
                    account.remove(other);
                }
                match account.get_mut(&key).and_then(Item::as_value_mut) {
                    // With what is written beside it.
                    Some(before) => {
                        let decor = before.decor().clone();
                        if let Ok(mut after) = item.into_value() {
                            *after.decor_mut() = decor;
                            *before = after;
                        }
                    }
                    None => {
                        account.insert(&key, item);
                    }
                }
            }
        }
        self.replace(&document)?;
        self.account(Some(&name))
    }

    /// Has the whole text be another one, as the user wrote it. Nothing is written yet.
    ///
    /// # Errors
    /// [`Error::Config`] with the line.
    fn rewrite(&mut self, text: String) -> Result<(), Error> {
        *self = Self::parse(&self.file, text)?;
        Ok(())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Changes the configuration of a file as it is now, and writes it; no other process does
    /// meanwhile. Where the change fails nothing is written.
    ///
    /// # Errors
    /// As [`Config::load`] and the change; [`Error::Write`].
    pub fn update<T>(
        file: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let lock = private::lock(file);
        let _lock = lock.map_err(|source| Error::Write {
            file: file.to_owned(),
            source,
        })?;
        let mut config = Self::load(file)?;
        let changed = change(&mut config)?;
        config.save()?;
        Ok(changed)
    }

    /// Has the whole text be another one, unless it is not as it was read any more.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`]; [`Error::Config`] with the line; [`Error::Write`].
    pub fn replace_text(&self, text: String) -> Result<(), Error> {
        let changed = |now: &Self| now.text != self.text;
        Self::update(&self.file, |config| match changed(config) {
            true => Err(Error::ChangedMeanwhile {
                file: self.file.clone(),
            }),
            false => config.rewrite(text),
        })
    }

    /// Writes it: whole or not at all, mode 0600, in a folder of mode 0700.
    fn save(&self) -> Result<(), Error> {
        private::write(&self.file, self.text.as_bytes()).map_err(|source| Error::Write {
            file: self.file.clone(),
            source,
        })
    }

    fn document(&self) -> DocumentMut {
        self.text.parse().expect("the text was read before")
    }

    fn replace(&mut self, document: &DocumentMut) -> Result<(), Error> {
        *self = Self::parse(&self.file, document.to_string())?;
        Ok(())
    }
}

/// The accounts of a file.
fn accounts_of(document: &mut DocumentMut) -> Option<&mut dyn TableLike> {
    document
        .get_mut("account")
        .and_then(Item::as_table_like_mut)
}

/// The keys that may not stand beside one, since they say the same otherwise.
fn instead_of(key: &str) -> &'static [&'static str] {
    match key {
        "password_command" => &["password_file", "password_from"],
        "password_file" => &["password_command", "password_from"],
        "password_from" => &["password_command", "password_file"],
        "sent_folder" => &["file_sent_copy"],
        "file_sent_copy" => &["sent_folder"],
        _ => &[],
    }
}

impl Entry {
    /// Its keys, in the order of [`KEYS`].
    fn table(&self) -> Table {
        let mut table = Table::new();
        let mut put = |key: &str, item: Option<Value>| {
            if let Some(item) = item {
                table.insert(key, Item::Value(item));
            }
        };
        let path =
            |path: &Option<PathBuf>| Some(path.as_ref()?.to_string_lossy().into_owned().into());
        let number = |number: Option<u64>| Some(i64::try_from(number?).ok()?.into());
        let text = |text: &Option<String>| Some(text.as_ref()?.into());
        let address = Some(&self.address).filter(|address| !address.is_empty());
        put("address", address.map(Into::into));
        put("display_name", text(&self.display_name));
        put("preset", text(&self.preset));
        for (key, security, server) in [
            ("imap", "imap_security", &self.imap),
            ("smtp", "smtp_security", &self.smtp),
        ] {
            let Some(server) = server else { continue };
            put(key, Some(server_text(server).into()));
            put(security, Some(security_word(server.security).into()));
        }
        put("user", text(&self.user));
        put("ca_file", path(&self.ca_file));
        put("trust_file", path(&self.trust_file));
        match &self.sent_copy {
            None => {}
            Some(SentCopy::NotFiled) => put("file_sent_copy", Some(false.into())),
            Some(SentCopy::WhereMarked) => put("file_sent_copy", Some(true.into())),
            Some(SentCopy::Folder(folder)) => put("sent_folder", Some(folder.into())),
        }
        let folders = self.folders.iter().collect::<Array>();
        put("folders", (!folders.is_empty()).then_some(folders.into()));
        put("office", self.office.map(Into::into));
        put("keep", self.keep.map(|keep| keep.word().into()));
        put(
            "max_recipients",
            number(self.limits.recipients.map(u64::from)),
        );
        put("max_octets", number(self.limits.octets_total));
        let minute = self.limits.messages_per_minute.map(u64::from);
        put("messages_per_minute", number(minute));
        let hour = self.limits.recipients_per_hour.map(u64::from);
        put("recipients_per_hour", number(hour));
        match &self.password {
            None => {}
            Some(PasswordSource::Command(command)) => {
                put("password_command", Some(command.into()));
            }
            Some(PasswordSource::File(file)) => {
                put(
                    "password_file",
                    Some(file.to_string_lossy().into_owned().into()),
                );
            }
            Some(other) => put("password_from", Some(other.word().into())),
        }
        put("app_password_date", text(&self.app_password_date));
        table
    }
}

fn server_text(server: &Endpoint) -> String {
    match server.host.contains(':') {
        true => format!("[{}]:{}", server.host, server.port),
        false => format!("{}:{}", server.host, server.port),
    }
}

fn security_word(security: Security) -> &'static str {
    match security {
        Security::Tls => "tls",
        Security::StartTls => "starttls",
    }
}

/// The keys of an account, as written.
const KEYS: [&str; 26] = [
    "address",
    "display_name",
    "preset",
    "imap",
    "imap_security",
    "smtp",
    "smtp_security",
    "user",
    "ca_file",
    "trust_file",
    "sent_folder",
    "file_sent_copy",
    "folders",
    "office",
    "keep",
    "archive_crl",
    "max_recipients",
    "max_octets",
    "messages_per_minute",
    "recipients_per_hour",
    "password_command",
    "password_file",
    "password_from",
    "password_timeout",
    "app_password_date",
    "note",
];

/// Whether a key that is not known looks like a password.
fn is_like_a_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    let parts = ["passw", "secret", "segret", "pwd", "token", "parola"];
    key == "pass" || parts.iter().any(|part| key.contains(part))
}

/// The file being read.
struct Source<'a> {
    file: &'a Path,
}

impl Source<'_> {
    fn fault(&self, line: usize, fault: Fault) -> Error {
        Error::Config {
            file: self.file.to_owned(),
            line,
            fault,
        }
    }

    fn unknown(&self, item: located::Item<'_>) -> Error {
        let key = item.key().to_owned();
        let fault = match is_like_a_secret(&key) {
            true => Fault::Secret(key),
            false => Fault::UnknownKey(key),
        };
        self.fault(item.key_line(), fault)
    }

    fn read(&self, root: located::Section<'_>) -> Result<(Vec<Account>, Option<String>), Error> {
        let section = Section::new(self, root, 1);
        section.only(&["default", "account"])?;
        let mut accounts = Vec::new();
        if let Some(item) = root.find("account") {
            let table = item
                .section()
                .ok_or_else(|| section.wrong("account", Expected::Table))?;
            let all = Section::new(self, table, item.key_line());
            for item in table.items() {
                if !is_account_name(item.key()) {
                    return Err(all.wrong(item.key(), Expected::Name));
                }
                // `account.password = …` is no account.
                let Some(of_account) = item.section() else {
                    return Err(self.unknown(item));
                };
                let of_account = Section::new(self, of_account, item.key_line());
                accounts.push(of_account.account(item.key())?);
            }
        }
        let default = section.text("default")?;
        if let Some(name) = default.filter(|name| accounts.iter().all(|one| one.name != *name)) {
            let fault = Fault::UnknownDefault(name.to_owned());
            return Err(self.fault(section.line_of("default"), fault));
        }
        Ok((accounts, default.map(str::to_owned)))
    }
}

/// One table and the line where it begins.
struct Section<'a> {
    source: &'a Source<'a>,
    table: located::Section<'a>,
    line: usize,
}

impl<'a> Section<'a> {
    fn new(source: &'a Source<'a>, table: located::Section<'a>, line: usize) -> Self {
        Self {
            source,
            table,
            line,
        }
    }

    /// The line of a key, or that of the table where it is not there.
    fn line_of(&self, key: &str) -> usize {
        let item = self.table.find(key);
        item.map_or(self.line, located::Item::key_line)
    }

    fn wrong(&self, key: &str, expected: Expected) -> Error {
        let fault = Fault::Value {
            key: key.to_owned(),
            expected,
        };
        self.source.fault(self.line_of(key), fault)
    }

    /// No other keys than these.
    fn only(&self, keys: &[&str]) -> Result<(), Error> {
        match self.table.items().find(|item| !keys.contains(&item.key())) {
            Some(item) => Err(self.source.unknown(item)),
            None => Ok(()),
        }
    }

    fn account(&self, name: &str) -> Result<Account, Error> {
        self.only(&KEYS)?;
        self.text("note")?;
        let preset = self.preset()?;
        let missing = |key| {
            let account = name.to_owned();
            self.source
                .fault(self.line, Fault::Missing { account, key })
        };
        let address = self
            .parsed("address", Expected::Address, |text| {
                let address = MailAddress::new(text);
                (address.is_well_formed() && address.as_str() == text).then_some(address)
            })?
            .ok_or_else(|| missing("address"))?;
        let imap = self.server("imap", "imap_security", Protocol::Imap, preset)?;
        let smtp = self.server("smtp", "smtp_security", Protocol::Smtp, preset)?;
        let by_code = preset.is_some_and(|preset| preset.login.value == LoginForm::Code);
        let user = match self.line("user")? {
            Some(user) => user.to_owned(),
            None if by_code => return Err(missing("user")),
            None => address.as_str().to_owned(),
        };
        Ok(Account {
            name: name.to_owned(),
            imap: imap.ok_or_else(|| missing("imap"))?,
            smtp: smtp.ok_or_else(|| missing("smtp"))?,
            user,
            ca_file: self.path("ca_file")?,
            trust_file: self.path("trust_file")?,
            sent_copy: self.sent_copy(preset)?,
            folders: self.list("folders")?,
            office: self.flag("office")?.unwrap_or(false),
            keep: self
                .parsed("keep", Expected::Keep, Keep::from_word)?
                .unwrap_or_default(),
            lists: match self.flag("archive_crl")? {
                Some(true) => Lists::Kept,
                Some(false) | None => Lists::LeftAlone,
            },
            display_name: self.parsed("display_name", Expected::DisplayName, |text| {
                is_display_name(text).then(|| text.to_owned())
            })?,
            limits: self.limits(preset)?,
            password: self.password()?,
            password_timeout: self
                .number("password_timeout")?
                .map_or(PASSWORD_TIMEOUT, Duration::from_secs),
            app_password_date: self.day("app_password_date")?,
            address,
            preset,
        })
    }

    fn preset(&self) -> Result<Option<&'static Preset>, Error> {
        let Some(name) = self.text("preset")? else {
            return Ok(None);
        };
        match presets::named(name) {
            Some(preset) => Ok(Some(preset)),
            None => {
                let fault = Fault::UnknownPreset(name.to_owned());
                Err(self.source.fault(self.line_of("preset"), fault))
            }
        }
    }

    fn server(
        &self,
        key: &str,
        security_key: &str,
        protocol: Protocol,
        preset: Option<&Preset>,
    ) -> Result<Option<Endpoint>, Error> {
        let security = self.parsed(security_key, Expected::Security, |word| match word {
            "tls" => Some(Security::Tls),
            "starttls" => Some(Security::StartTls),
            _ => None,
        })?;
        let given = self.parsed(key, Expected::Server, |text| {
            parse_server(text, security, protocol)
        })?;
        let host = preset.map(|preset| match protocol {
            Protocol::Imap => &preset.imap.value,
            Protocol::Smtp => &preset.smtp.value,
        });
        Ok(given.or_else(|| parse_server(host?, security, protocol)))
    }

    fn sent_copy(&self, preset: Option<&Preset>) -> Result<SentCopy, Error> {
        let folder = self.line("sent_folder")?;
        let known = preset.and_then(|preset| preset.sent_folder.as_ref());
        let filed = match folder.or(known.map(|known| &*known.value)) {
            Some(folder) => SentCopy::Folder(folder.to_owned()),
            None => SentCopy::WhereMarked,
        };
        match (self.flag("file_sent_copy")?, folder) {
            (Some(false), Some(_)) => Err(self.conflict("sent_folder", "file_sent_copy")),
            (Some(false), None) => Ok(SentCopy::NotFiled),
            _ => Ok(filed),
        }
    }

    fn limits(&self, preset: Option<&Preset>) -> Result<Limits, Error> {
        let small = |key: &str| match self.number(key)? {
            Some(number) => u32::try_from(number)
                .map(Some)
                .map_err(|_| self.wrong(key, Expected::Number)),
            None => Ok(None),
        };
        let recipients = preset.and_then(|preset| preset.recipients.as_ref());
        let octets = preset.and_then(|preset| preset.octets_total.as_ref());
        let minute = preset.and_then(|preset| preset.messages_per_minute.as_ref());
        Ok(Limits {
            recipients: small("max_recipients")?.or(recipients.map(|known| known.value)),
            octets_total: self
                .number("max_octets")?
                .or(octets.map(|known| known.value)),
            messages_per_minute: small("messages_per_minute")?.or(minute.map(|known| known.value)),
            recipients_per_hour: small("recipients_per_hour")?,
        })
    }

    fn password(&self) -> Result<PasswordSource, Error> {
        let command = self.line_of_any_length("password_command")?;
        let file = self.path("password_file")?;
        let from = self.parsed("password_from", Expected::PasswordFrom, |word| match word {
            "prompt" => Some(PasswordSource::Prompt),
            "keyring" => Some(PasswordSource::Keyring),
            "environment" => Some(PasswordSource::Environment),
            _ => None,
        })?;
        match (command, file, from) {
            (Some(_), Some(_), _) => Err(self.conflict("password_file", "password_command")),
            (Some(_), _, Some(_)) => Err(self.conflict("password_from", "password_command")),
            (_, Some(_), Some(_)) => Err(self.conflict("password_from", "password_file")),
            (Some(command), _, _) => Ok(PasswordSource::Command(command.to_owned())),
            (_, Some(file), _) => Ok(PasswordSource::File(file)),
            (_, _, from) => Ok(from.unwrap_or(PasswordSource::Prompt)),
        }
    }

    fn conflict(&self, one: &'static str, other: &'static str) -> Error {
        self.source
            .fault(self.line_of(one), Fault::Conflict(one, other))
    }

    /// What `read` makes of a value; nothing where it cannot be used.
    fn read<T>(
        &self,
        key: &str,
        expected: Expected,
        read: impl FnOnce(located::Item<'a>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let item = self.table.find(key);
        item.map(|item| read(item).ok_or_else(|| self.wrong(key, expected)))
            .transpose()
    }

    fn text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        self.read(key, Expected::Text, located::Item::text)
    }

    fn parsed<T>(
        &self,
        key: &str,
        expected: Expected,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        self.read(key, expected, |item| parse(item.text()?))
    }

    fn line(&self, key: &str) -> Result<Option<&'a str>, Error> {
        match self.text(key)? {
            Some(text) if !is_plain_text(text) => Err(self.wrong(key, Expected::Text)),
            text => Ok(text),
        }
    }

    fn line_of_any_length(&self, key: &str) -> Result<Option<&'a str>, Error> {
        match self.text(key)? {
            Some(text) if text.trim().is_empty() || text.contains('\0') => {
                Err(self.wrong(key, Expected::Text))
            }
            text => Ok(text),
        }
    }

    fn path(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        self.parsed(key, Expected::Path, |text| {
            let usable = !text.is_empty() && !text.contains('\0') && !text.starts_with('~');
            usable.then(|| private::resolve(self.source.file, text))
        })
    }

    fn day(&self, key: &str) -> Result<Option<Timestamp>, Error> {
        self.read(key, Expected::Day, |item| {
            let text = item.time().or_else(|| item.text().map(str::to_owned));
            parse_day(&text?)
        })
    }

    fn number(&self, key: &str) -> Result<Option<u64>, Error> {
        self.read(key, Expected::Number, |item| {
            item.number().filter(|number| *number > 0)
        })
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, Error> {
        self.read(key, Expected::Boolean, located::Item::flag)
    }

    fn list(&self, key: &str) -> Result<Vec<String>, Error> {
        let one = |item: located::Item<'_>| {
            let text = item.text().filter(|text| is_plain_text(text));
            text.map(str::to_owned)
        };
        let list = self.read(key, Expected::List, |item| item.list()?.map(one).collect())?;
        Ok(list.unwrap_or_default())
    }
}

/// A day as people write it, `2026-10-01`: its first second in Italy.
pub fn parse_day(text: &str) -> Option<Timestamp> {
    let is_day = text.len() == 10
        && text
            .bytes()
            .all(|octet| octet.is_ascii_digit() || octet == b'-');
    Timestamp::parse(text).ok().filter(|_| is_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, Error> {
        Config::parse(Path::new("/c/config.toml"), text.to_owned())
    }

    fn fault(text: &str) -> (usize, Fault) {
        match parse(text).expect_err(text) {
            Error::Config { line, fault, .. } => (line, fault),
            other => panic!("{text}: {other}"),
        }
    }

    const HAND: &str = "[account.a]\naddress = \"a@b.example\"\nimap = \"i\"\nsmtp = \"s:587\"\n";

    #[test]
    fn an_account_by_hand_has_what_it_says_and_what_goes_without_saying() {
        let text = format!("{HAND}ca_file = \"ca.pem\"\nfolders = [\"INBOX.Ricevute\"]\n");
        let config = parse(&text).unwrap();
        let account = config.account(None).unwrap();
        assert_eq!(account.imap.to_string(), "i:993");
        assert_eq!(account.smtp.security, Security::StartTls);
        assert_eq!(account.user, "a@b.example");
        assert_eq!(account.ca_file.as_deref(), Some(Path::new("/c/ca.pem")));
        assert_eq!(account.sent_copy, SentCopy::WhereMarked);
        assert_eq!(account.folders, ["INBOX.Ricevute"]);
        assert!(!account.office);
        assert_eq!(account.lists, Lists::LeftAlone);
        assert_eq!(account.password, PasswordSource::Prompt);
        assert_eq!(account.limits, Limits::default());
    }

    #[test]
    fn a_preset_gives_what_is_left_out() {
        let text = "[account.a]\naddress = \"a@pec.it\"\npreset = \"aruba\"\nmax_recipients = 9\n";
        let config = parse(text).unwrap();
        let account = config.account(Some("a")).unwrap();
        assert_eq!(account.imap.to_string(), "imaps.pec.aruba.it:993");
        assert_eq!(account.smtp.to_string(), "smtps.pec.aruba.it:465");
        assert_eq!(
            account.sent_copy,
            SentCopy::Folder("INBOX.Inviata".to_owned())
        );
        assert_eq!(account.limits.recipients, Some(9));
        assert_eq!(account.limits.octets_total, Some(100_000_000));
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let value = |key: &str, expected| Fault::Value {
            key: key.to_owned(),
            expected,
        };
        let with = |line: &str| format!("{HAND}{line}\n");
        for (text, line, expected) in [
            (
                with("adress = \"x\""),
                5,
                Fault::UnknownKey("adress".into()),
            ),
            (
                with("password = \"x\""),
                5,
                Fault::Secret("password".into()),
            ),
            (with("Pass = \"x\""), 5, Fault::Secret("Pass".into())),
            (
                with("imap_port = 993"),
                5,
                Fault::UnknownKey("imap_port".into()),
            ),
            (
                with("max_recipients = 0"),
                5,
                value("max_recipients", Expected::Number),
            ),
            (
                with("max_recipients = \"9\""),
                5,
                value("max_recipients", Expected::Number),
            ),
            (
                with("folders = \"INBOX.x\""),
                5,
                value("folders", Expected::List),
            ),
            (
                with("office = \"no\""),
                5,
                value("office", Expected::Boolean),
            ),
            (
                with("archive_crl = \"yes\""),
                5,
                value("archive_crl", Expected::Boolean),
            ),
            (
                with("user = \"a\\u001bb\""),
                5,
                value("user", Expected::Text),
            ),
            (
                with("smtp_security = \"none\""),
                5,
                value("smtp_security", Expected::Security),
            ),
            (
                with("ca_file = \"~/ca.pem\""),
                5,
                value("ca_file", Expected::Path),
            ),
            (
                with("app_password_date = \"ieri\""),
                5,
                value("app_password_date", Expected::Day),
            ),
            (
                with("password_from = \"pass\""),
                5,
                value("password_from", Expected::PasswordFrom),
            ),
            (
                with("preset = \"gmail\""),
                5,
                Fault::UnknownPreset("gmail".into()),
            ),
            (
                with("file_sent_copy = false\nsent_folder = \"x\""),
                6,
                Fault::Conflict("sent_folder", "file_sent_copy"),
            ),
            (
                with("password_command = \"x\"\npassword_file = \"y\""),
                6,
                Fault::Conflict("password_file", "password_command"),
            ),
            (
                format!("default = \"b\"\n{HAND}"),
                1,
                Fault::UnknownDefault("b".into()),
            ),
            (
                format!("\n[acount.a]\n{HAND}"),
                2,
                Fault::UnknownKey("acount".into()),
            ),
            (
                "\naccount.token = \"x\"".into(),
                2,
                Fault::Secret("token".into()),
            ),
            ("[account.\"a b\"]".into(), 1, value("a b", Expected::Name)),
            (
                "\n[account.a]\naddress = \"a@b\"\nimap = \"i\"".into(),
                2,
                Fault::Missing {
                    account: "a".into(),
                    key: "smtp",
                },
            ),
            (
                "[account.a]\naddress = \"a@b\"\npreset = \"legalmail\"".into(),
                1,
                Fault::Missing {
                    account: "a".into(),
                    key: "user",
                },
            ),
        ] {
            assert_eq!(fault(&text), (line, expected), "{text}");
        }
        let (line, Fault::Syntax(_)) = fault(&format!("{HAND}default = \"a\"\ndefault = \"b\""))
        else {
            panic!("two defaults");
        };
        assert_eq!(line, 6);
    }

    #[test]
    fn adding_and_removing_keep_what_the_user_wrote() {
        let text = format!("# mine\ndefault = \"a\" # yes\n\n# the office\n{HAND}# end\n");
        let mut config = parse(&text).unwrap();
        let entry = Entry {
            name: "b".into(),
            address: "b@pec.it".into(),
            preset: Some("aruba".into()),
            password: Some(PasswordSource::Command("pass b".into())),
            ..Entry::default()
        };
        let added = config.add(&entry, false).unwrap();
        assert_eq!(added.password, PasswordSource::Command("pass b".into()));
        for comment in ["# mine", "# yes", "# the office", "# end"] {
            assert!(config.text.contains(comment), "{}", config.text);
        }
        assert!(matches!(
            config.add(&entry, false),
            Err(Error::AccountExists { .. })
        ));
        config.remove("b").unwrap();
        assert_eq!(config.text, text);
        config.remove("a").unwrap();
        assert!(config.text.contains("# mine") || config.text.contains("# end"));
        assert!(config.accounts().is_empty() && config.default.is_none());
    }

    #[test]
    fn who_changes_it_while_another_one_does_waits_and_undoes_nothing() {
        use std::sync::mpsc;
        use std::time::Duration;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        private::write(&file, HAND.as_bytes()).expect("a file");
        let entry = |name: &str| Entry {
            name: name.to_owned(),
            address: format!("{name}@pec.it"),
            preset: Some("aruba".into()),
            ..Entry::default()
        };
        let (begins, begun) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let first = &file;
        std::thread::scope(|threads| {
            // Dropped where the test fails, so that nobody waits for it.
            let (lets, let_go) = mpsc::channel::<()>();
            threads.spawn(move || {
                let changed = Config::update(first, |config| {
                    begins.send(()).expect("heard");
                    let_go.recv().expect("told");
                    config.add(&entry("first"), false).map(|_| ())
                });
                changed.expect("changed");
            });
            begun.recv().expect("told");
            threads.spawn(|| {
                let changed = Config::update(&file, |config| {
                    config.add(&entry("second"), false).map(|_| ())
                });
                ends.send(changed).expect("heard");
            });
            // Without waiting it would be over by now.
            let early = ended.recv_timeout(Duration::from_millis(200));
            assert!(early.is_err(), "{early:?}");
            lets.send(()).expect("heard");
            ended.recv().expect("told").expect("changed");
        });
        let config = Config::load(&file).expect("a configuration");
        let names: Vec<&str> = config.accounts().iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["a", "first", "second"]);
    }

    #[test]
    fn an_account_is_found_by_name_by_default_or_because_it_is_the_only_one() {
        let two = format!("{HAND}[account.b]\naddress = \"b@pec.it\"\npreset = \"aruba\"\n");
        let config = parse(&two).unwrap();
        assert!(
            matches!(config.account(None), Err(Error::NoDefault { known }) if known == ["a", "b"])
        );
        assert_eq!(config.account(Some("b")).unwrap().name, "b");
        assert!(matches!(
            config.account(Some("c")),
            Err(Error::UnknownAccount { .. })
        ));
        let config = parse(&format!("default = \"b\"\n{two}")).unwrap();
        assert_eq!(config.account(None).unwrap().name, "b");
        assert_eq!(parse(HAND).unwrap().account(None).unwrap().name, "a");
        assert!(matches!(
            parse("").unwrap().account(None),
            Err(Error::NoAccounts { .. })
        ));
    }
}
