//! `pec account add`: writes an account into the configuration, asking for what is missing.

pub(super) mod arguments;

use std::io::{self, BufRead};
use std::path::{self, PathBuf};

use super::test;
use crate::account::presets::{self, LoginForm};
use crate::account::{
    Account, Config, Entry, Error, Keep, Limits, PasswordSource, Preset, Protocol, SentCopy,
    is_account_name, is_plain_text, parse_server,
};
use crate::address::MailAddress;
use crate::command::ask::Asker;
use crate::command::configuration::failure;
use crate::command::{Failure, Session};
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;
use crate::practice;
use crate::transport::{Endpoint, Security};

/// The order to write an account; what is not said may be asked for.
#[derive(Clone)]
pub(in crate::command) struct AddOrder {
    name: Option<String>,
    address: Option<String>,
    /// The name beside it in From.
    display_name: Option<String>,
    preset: Option<&'static Preset>,
    /// Whether it is at the practice provider of this computer.
    practice: bool,
    imap: Server,
    smtp: Server,
    /// Unless it is the address.
    user: Option<String>,
    /// Certificates of an authority for the servers.
    ca_file: Option<PathBuf>,
    /// Trust data for the receipts.
    trust_file: Option<PathBuf>,
    sent_copy: Option<SentCopy>,
    /// To be read besides INBOX.
    folders: Vec<String>,
    /// Whether it is a public office's.
    office: Option<bool>,
    /// What of the mailbox is kept.
    keep: Option<Keep>,
    password: Option<PasswordSource>,
    limits: Limits,
    /// The day on which the password for programs was made.
    app_password_date: Option<String>,
    /// Whether it is used when none is named.
    default: bool,
}

/// A server, as far as it was said.
#[derive(Clone)]
struct Server {
    /// With the port, if it is not the usual one.
    host: Option<String>,
    security: Option<Security>,
}

fn is_address(text: &str) -> bool {
    let address = MailAddress::new(text);
    address.is_well_formed() && address.as_str() == text
}

fn is_server(text: &str) -> bool {
    parse_server(text, None, Protocol::Imap).is_some()
}

fn is_command(text: &str) -> bool {
    !text.trim().is_empty()
}

/// The path from the root, since the configuration is read from anywhere; none where it cannot be
/// written into a text file.
fn absolute(text: &str, context: &Context) -> Option<PathBuf> {
    let path = path::absolute(context.at_home(text)).ok()?;
    path.to_str().is_some().then_some(path)
}

pub(super) fn run(order: AddOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if order.password == Some(PasswordSource::Keyring) && !cfg!(feature = "keyring") {
        return Err(failure(&Error::KeyringNotBuilt, session.lang).into());
    }
    let config = session.config()?;
    if let Some(name) = &order.name {
        not_taken(name, &config, session)?;
    }
    let order = order.with_whole_paths(session)?.with_practice(session)?;
    let by_questions = session.context.stdin_is_terminal && session.context.stderr_is_terminal;
    // What has a usual value is asked for only when something must be asked anyway.
    let asks = by_questions && !missing(&order, session).is_empty();
    let mut order = order;
    if asks && let Err(error) = complete(&mut order, &config, &mut io::stdin().lock(), session) {
        tell_answers(&order, session)?;
        return Err(error);
    }
    let missing = missing(&order, session);
    if !missing.is_empty() {
        return Err(Failure::new("account-missing", [("missing", missing.join(", "))]).into());
    }
    let name = order.name.clone().unwrap_or_default();
    if let Err(error) = written(&order, &config, session) {
        if asks {
            tell_answers(&order, session)?;
        }
        return Err(error);
    }
    if !asks {
        return Ok(ExitStatus::Yes);
    }
    let wanted = Asker {
        input: &mut io::stdin().lock(),
        err: &mut *session.err,
        lang: session.lang,
    }
    .confirm("test", &[("account", &name)]);
    // The account is written: who went away has said no.
    if !wanted.unwrap_or(false) {
        return Ok(ExitStatus::Yes);
    }
    let order = test::TestOrder {
        name: Some(name),
        form: Form::Text,
    };
    test::run(&order, session)
}

/// Says what was answered as the command that says the same: who answered ten questions is not asked
/// them again for one of them.
fn tell_answers(order: &AddOrder, session: &mut Session<'_>) -> io::Result<()> {
    let server = |server: &Server| server.host.clone();
    let (command, file, prompt) = match &order.password {
        Some(PasswordSource::Command(command)) => (Some(command.clone()), None, false),
        Some(PasswordSource::File(file)) => (None, Some(file.display().to_string()), false),
        Some(PasswordSource::Prompt) => (None, None, true),
        Some(PasswordSource::Keyring | PasswordSource::Environment) | None => (None, None, false),
    };
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let options = [
        ("--address", order.address.clone()),
        ("--preset", order.preset.map(|preset| preset.name.clone())),
        ("--imap", server(&order.imap)),
        ("--smtp", server(&order.smtp)),
        ("--user", order.user.clone()),
        ("--ca-file", path(&order.ca_file)),
        ("--trust", path(&order.trust_file)),
        ("--password-command", command),
        ("--password-file", file),
    ];
    let mut words = vec!["pec account add".to_owned()];
    words.extend(order.name.as_deref().map(quoted));
    for (option, value) in options {
        words.extend(value.map(|value| format!("{option} {}", quoted(&value))));
    }
    words.extend(prompt.then(|| "--prompt".to_owned()));
    if words.len() == 1 {
        return Ok(());
    }
    let values = [("command", &*words.join(" "))];
    let line = Catalogue::of(session.lang).fill("accounts.answers-again", &values);
    writeln!(session.err, "{line}")
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._-/:".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Writes the account into the configuration, and says so.
fn written(order: &AddOrder, config: &Config, session: &mut Session<'_>) -> anyhow::Result<()> {
    let entry = order.entry();
    let lang = session.lang;
    let told = |error| failure(&error, lang);
    let add = |config: &mut Config| {
        let account = config.add(&entry, order.default)?.clone();
        // Authorities that cannot be read would be found out at the first connection only.
        account.roots()?;
        Ok((account, config.clone()))
    };
    // A password is asked for while nobody else waits.
    #[cfg(feature = "keyring")]
    if entry.password == Some(PasswordSource::Keyring) {
        store(&add(&mut config.clone()).map_err(told)?.0, session)?;
    }
    let (account, config) = Config::update(config.file(), add).map_err(told)?;
    let texts = Catalogue::of(session.lang);
    let values = [
        ("account", &*account.name),
        ("file", &config.file().display().to_string()),
    ];
    let line = texts.fill("accounts.added", &values);
    session.out.say(line)?;
    if config.accounts().len() > 1 {
        let line = match config.account(None) {
            Ok(default) => {
                let values = [("default", &*default.name), ("account", &*account.name)];
                texts.fill(default_key(&config, &account), &values)
            }
            Err(_) => texts.text("accounts.default-is-gone").to_owned(),
        };
        session.out.say(line)?;
    }
    Ok(())
}

/// What is said of the default where there are several accounts.
fn default_key(config: &Config, added: &Account) -> &'static str {
    match config.is_default(added) {
        true => "accounts.added-default",
        false => "accounts.added-other",
    }
}

/// Refuses a name that is taken before anything is asked.
fn not_taken(name: &str, config: &Config, session: &Session<'_>) -> Result<(), Failure> {
    match config.accounts().iter().any(|one| one.name == name) {
        true => {
            let name = name.to_owned();
            Err(failure(&Error::AccountExists { name }, session.lang))
        }
        false => Ok(()),
    }
}

/// Asks for the password once and puts it into the keyring.
#[cfg(feature = "keyring")]
fn store(account: &Account, session: &Session<'_>) -> anyhow::Result<()> {
    let asked = Account {
        password: PasswordSource::Prompt,
        ..account.clone()
    };
    let secret = session.password(&asked)?;
    crate::account::store_in_keyring(account, &secret)
        .map_err(|error| failure(&error, session.lang))?;
    Ok(())
}

impl AddOrder {
    /// With its files named from the root.
    ///
    /// # Errors
    /// When a path is no text.
    pub(super) fn with_whole_paths(self, session: &Session<'_>) -> Result<Self, Failure> {
        let whole = |path: PathBuf| {
            let text = path.to_str();
            let found = text.and_then(|text| absolute(text, session.context));
            found.ok_or_else(|| {
                let file = path.display().to_string();
                Failure::new("path-no-text", [("file", file)])
            })
        };
        Ok(Self {
            ca_file: self.ca_file.map(whole).transpose()?,
            trust_file: self.trust_file.map(whole).transpose()?,
            password: match self.password {
                Some(PasswordSource::File(file)) => Some(PasswordSource::File(whole(file)?)),
                other => other,
            },
            ..self
        })
    }

    /// With what `pec sandbox` shows, where it is at the practice provider.
    ///
    /// # Errors
    /// When that has never run here.
    fn with_practice(mut self, session: &Session<'_>) -> Result<Self, Failure> {
        if !self.practice {
            return Ok(self);
        }
        let folder = session
            .data_dir
            .as_ref()
            .map(|data| data.join(practice::FOLDER));
        let folder = folder.filter(|folder| folder.join(practice::CA_FILE).is_file());
        let folder = folder.ok_or_else(|| Failure::new("no-practice", []))?;
        // From the root: the configuration is read from anywhere.
        let folder = path::absolute(&folder).unwrap_or(folder);
        let server = |port: u16| format!("localhost:{port}");
        self.imap.host.get_or_insert(server(practice::IMAP_PORT));
        self.smtp.host.get_or_insert(server(practice::SMTP_PORT));
        self.ca_file.get_or_insert(folder.join(practice::CA_FILE));
        self.trust_file
            .get_or_insert(folder.join(practice::TRUST_FILE));
        self.user = self.user.or_else(|| self.address.clone());
        let password = PasswordSource::File(folder.join(practice::PASSWORD_FILE));
        self.password.get_or_insert(password);
        Ok(self)
    }

    fn endpoint(&self, protocol: Protocol) -> Option<Endpoint> {
        let (given, of_preset) = match protocol {
            Protocol::Imap => (&self.imap, self.preset.map(|preset| &*preset.imap.value)),
            Protocol::Smtp => (&self.smtp, self.preset.map(|preset| &*preset.smtp.value)),
        };
        // What the preset says alike is left to it.
        let host = match (given.host.as_deref(), given.security) {
            (None, None) => return None,
            (host, _) => host.or(of_preset)?,
        };
        parse_server(host, given.security, protocol)
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            imap: self.endpoint(Protocol::Imap),
            smtp: self.endpoint(Protocol::Smtp),
            name: self.name.clone().unwrap_or_default(),
            address: self.address.clone().unwrap_or_default(),
            display_name: self.display_name.clone(),
            preset: self.preset.map(|preset| preset.name.clone()),
            user: self.user.clone(),
            ca_file: self.ca_file.clone(),
            trust_file: self.trust_file.clone(),
            sent_copy: self.sent_copy.clone(),
            folders: self.folders.clone(),
            office: self.office,
            keep: self.keep,
            limits: self.limits,
            password: self.password.clone(),
            app_password_date: self.app_password_date.clone(),
        }
    }

    fn guess(&self) -> Option<&'static Preset> {
        presets::guess(&MailAddress::new(self.address.as_deref()?))
    }

    fn asks_for_a_code(&self) -> bool {
        self.preset
            .is_some_and(|preset| preset.login.value == LoginForm::Code)
    }
}

/// Every option that is needed and was not given.
fn missing(order: &AddOrder, session: &Session<'_>) -> Vec<String> {
    let texts = Catalogue::of(session.lang);
    let mut missing = Vec::new();
    if order.name.is_none() {
        missing.push(texts.text("missing.name").to_owned());
    }
    if order.address.is_none() {
        missing.push("--address".to_owned());
    }
    if order.preset.is_none() && !order.practice {
        match (&order.imap.host, &order.smtp.host, order.guess()) {
            (None, None, Some(guess)) => {
                missing.push(texts.fill("missing.servers-guess", &[("preset", &guess.name)]));
            }
            (None, None, None) => missing.push(texts.text("missing.servers").to_owned()),
            (None, Some(_), _) => missing.push("--imap".to_owned()),
            (Some(_), None, _) => missing.push("--smtp".to_owned()),
            (Some(_), Some(_), _) => {}
        }
    }
    if order.asks_for_a_code() && order.user.is_none() {
        missing.push(texts.text("missing.code").to_owned());
    }
    missing
}

/// Asks for what is missing.
fn complete(
    given: &mut AddOrder,
    config: &Config,
    input: &mut dyn BufRead,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let context = session.context;
    let mut asker = Asker {
        input,
        err: &mut *session.err,
        lang: session.lang,
    };
    let text = |answer: &str| is_plain_text(answer).then(|| answer.to_owned());
    if given.address.is_none() {
        let address = asker.ask("address", &[], None, |answer| {
            is_address(answer).then(|| answer.to_owned())
        })?;
        given.address = Some(address);
    }
    if given.name.is_none() {
        let taken = |name: &str| config.accounts().iter().any(|one| one.name == name);
        let address = MailAddress::new(given.address.as_deref().unwrap_or_default());
        let local = Some(address.local_part());
        let suggested = local.filter(|local| is_account_name(local) && !taken(local));
        let known: Vec<&str> = config.accounts().iter().map(|one| &*one.name).collect();
        let values = [("taken", &*known.join(", "))];
        let key = if known.is_empty() {
            "name"
        } else {
            "name-of-several"
        };
        let name = asker.ask(key, &values, suggested, |answer| {
            (is_account_name(answer) && !taken(answer)).then(|| answer.to_owned())
        })?;
        given.name = Some(name);
    }
    if given.preset.is_none() && given.imap.host.is_none() && given.smtp.host.is_none() {
        let names: Vec<&str> = presets::all().iter().map(|preset| &*preset.name).collect();
        let address = MailAddress::new(given.address.as_deref().unwrap_or_default());
        let guess = match address.domain() == practice::DOMAIN {
            true => Some("sandbox"),
            false => given.guess().map(|preset| &*preset.name),
        };
        let values = [("presets", &*names.join(", "))];
        let preset = asker.ask("preset", &values, Some(guess.unwrap_or("-")), |answer| {
            let is_known = presets::named(answer).is_some() || is_practice(answer);
            (is_known || answer == "-").then(|| answer.to_owned())
        })?;
        given.practice = is_practice(&preset);
        given.preset = presets::named(&preset);
    }
    complete_practice(given, session)?;
    let mut asker = Asker {
        input,
        err: &mut *session.err,
        lang: session.lang,
    };
    let server = |answer: &str| is_server(answer).then(|| answer.to_owned());
    if given.preset.is_none() && given.imap.host.is_none() {
        given.imap.host = Some(asker.ask("imap", &[], None, server)?);
    }
    if given.preset.is_none() && given.smtp.host.is_none() {
        given.smtp.host = Some(asker.ask(
            "smtp",
            &[],
            given.imap.host.as_deref().and_then(host),
            server,
        )?);
    }
    if given.user.is_none() {
        let address = given.address.clone().unwrap_or_default();
        let (key, default) = match given.asks_for_a_code() {
            true => ("user-code", None),
            false => ("user", Some(&*address)),
        };
        // The address is no code: that would be found out after the last question.
        let is_code = |answer: &str| default.is_some() || answer != address;
        let user = asker.ask(key, &[], default, |answer| {
            text(answer).filter(|answer| is_code(answer))
        })?;
        given.user = Some(user).filter(|user| *user != address);
    }
    if given.password.is_none() {
        given.password = Some(password_source(&mut asker, context)?);
    }
    if !given.default && !config.accounts().is_empty() {
        let name = given.name.clone().unwrap_or_default();
        given.default = asker.confirm("make-default", &[("account", &name)])?;
    }
    Ok(())
}

/// What the practice provider of this computer tells of itself.
fn complete_practice(given: &mut AddOrder, session: &Session<'_>) -> Result<(), Failure> {
    let practised = given.clone().with_practice(session)?;
    *given = practised;
    Ok(())
}

/// The words for the practice provider, in both languages.
fn is_practice(text: &str) -> bool {
    ["sandbox", "prova"].contains(&text)
}

/// Where the password comes from. The password itself is not asked for.
fn password_source(asker: &mut Asker<'_>, context: &Context) -> anyhow::Result<PasswordSource> {
    let words = match cfg!(feature = "keyring") {
        true => &["prompt", "command", "file", "keyring"][..],
        false => &["prompt", "command", "file"],
    };
    let key = match cfg!(feature = "keyring") {
        true => "password-source-keyring",
        false => "password-source",
    };
    let source = asker.ask(key, &[], Some("1"), |answer| {
        let number = answer.parse::<usize>().ok();
        let at = number.and_then(|number| number.checked_sub(1));
        let by_number = at.and_then(|at| words.get(at));
        words
            .iter()
            .find(|word| **word == answer)
            .or(by_number)
            .copied()
    })?;
    Ok(match source {
        "command" => PasswordSource::Command(asker.ask("command", &[], None, |answer| {
            is_command(answer).then(|| answer.to_owned())
        })?),
        "file" => {
            let usable = |answer: &str| {
                let file = absolute(answer, context).filter(|_| !answer.is_empty());
                file.filter(|file| file.is_file())
            };
            PasswordSource::File(asker.ask("password-file", &[], None, usable)?)
        }
        "keyring" => PasswordSource::Keyring,
        _ => PasswordSource::Prompt,
    })
}

/// The host alone.
fn host(server: &str) -> Option<&str> {
    let plain = !server.starts_with('[') && server.matches(':').count() < 2;
    plain.then(|| server.split(':').next().unwrap_or(server))
}
