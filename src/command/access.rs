//! What the commands that send and read have in common: account, password, connections, ledger.

use std::path::{Path, PathBuf};

use super::servers::Servers;
use super::{Failure, Session, configuration, servers, trusted};
use crate::account::{Account, PasswordContext, password};
use crate::address::MailAddress;
use crate::client;
use crate::client::batch::Reach;
use crate::client::{Judge, KeptBack};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::{self, Depth, Flaw, Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::progress::Lasting;
use crate::secret::Secret;
use crate::transport::imap::ImapMailbox;
use crate::transport::smtp::SmtpSubmission;
use crate::transport::{
    self, Endpoint, Login, Mailbox, Manner, Meter, Roots, Stop, Submission, Timeouts,
};
use crate::verify::Verifier;

/// An account with what is needed to use it, its password asked for when first needed.
pub(super) struct Access {
    pub account: Account,
    roots: Roots,
    login: Option<Login>,
    context: PasswordContext,
    /// How its servers are connected to.
    manner: Manner,
    lang: Lang,
    pub(super) data_dir: Option<PathBuf>,
    /// Counts what is read from the mailbox.
    pub meter: Meter,
    /// Whether somebody looks on while it connects.
    visible: bool,
}

impl Access {
    /// The account that `--account` names, or the default one. Nothing is connected yet.
    ///
    /// # Errors
    /// A [`Failure`] that says what to do.
    pub fn open(session: &Session<'_>) -> anyhow::Result<Self> {
        Self::open_named(None, session)
    }

    /// The account of this name; without one as [`Access::open`].
    ///
    /// # Errors
    /// A [`Failure`] that says what to do.
    pub fn open_named(name: Option<&str>, session: &Session<'_>) -> anyhow::Result<Self> {
        let config = session.config()?;
        let account = session.account_of(&config, name)?;
        Self::over(account, true, session)
    }

    /// All accounts, or that of `--account`. `PEC_PASSWORD` is for the one that is used when none is
    /// named: it is one password, and there may be many accounts.
    ///
    /// # Errors
    /// A [`Failure`] that says what to do.
    pub fn all(session: &Session<'_>) -> anyhow::Result<Vec<Self>> {
        let config = session.config()?;
        if session.account.is_some() || config.accounts().len() < 2 {
            return Ok(vec![Self::open(session)?]);
        }
        let accounts = config.accounts().iter();
        accounts
            .map(|account| Self::over(account, config.is_default(account), session))
            .collect()
    }

    /// The account that a message was sent by, whichever is used when none is named.
    ///
    /// # Errors
    /// A [`Failure`] when it is not in the configuration, or `--account` names another one.
    pub fn of_message(
        message: &MessageRef,
        ledger: &Ledger,
        session: &Session<'_>,
    ) -> anyhow::Result<Self> {
        let row = ledger.row(message);
        let row = row.map_err(|error| Failure::of_ledger(&error))?;
        let access = match session.account {
            Some(_) => Self::open(session)?,
            None => Self::open_named(Some(&row.sender), session)?,
        };
        if access.account.address != MailAddress::new(&row.sender) {
            let values = [("message", row.message.short), ("account", row.account)];
            return Err(Failure::new("other-account", values).into());
        }
        Ok(access)
    }

    fn over(account: &Account, is_meant: bool, session: &Session<'_>) -> anyhow::Result<Self> {
        let roots = account.roots();
        Ok(Self {
            roots: roots.map_err(|error| configuration::failure(&error, session.lang))?,
            account: account.clone(),
            login: None,
            context: session.passwords(account, is_meant),
            manner: session.manner(),
            lang: session.lang,
            data_dir: session.data_dir.clone(),
            meter: Meter::default(),
            visible: session.context.shows_progress(),
        })
    }

    /// From now on whatever lasts before a connection is there is over soon after this is asked: the
    /// password command, the name, the connection, TLS, the login. What is read and written on it later
    /// too.
    pub fn heed(&mut self, cut: &Stop) {
        self.context.stop = Some(cut.clone());
        self.manner.cut = Some(cut.clone());
    }

    /// The judge of receipts for this account: the authorities compiled in and what the store
    /// holds, unless the account names others.
    ///
    /// # Errors
    /// When the account's trust file cannot be used.
    pub fn verifier(&self) -> anyhow::Result<Verifier> {
        let Some(file) = &self.account.trust_file else {
            return Ok(self.store().verifier());
        };
        let verifier = Verifier::new(trusted::trust(file, self.lang)?);
        Ok(verifier.with_archive(self.store().archived().archive()))
    }

    /// Says so when receipts are judged by other authorities than those compiled in.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn tell_trust(&self, session: &mut Session<'_>) -> anyhow::Result<()> {
        let Some(file) = &self.account.trust_file else {
            return Ok(());
        };
        let file = file.display().to_string();
        let line = Catalogue::of(session.lang).fill("sync.other-trust", &[("file", &file)]);
        Ok(writeln!(session.err, "{line}")?)
    }

    /// A connection that takes messages.
    ///
    /// # Errors
    /// A [`Failure`]; never tried twice.
    pub fn submission(&mut self) -> anyhow::Result<SmtpSubmission> {
        let (endpoint, roots) = (self.account.smtp.clone(), self.roots.clone());
        let manner = self.manner.clone();
        self.login()?;
        let _lasting = self.lasting(&endpoint);
        let login = self.login()?;
        SmtpSubmission::connect(&endpoint, &roots, login, manner)
            .map_err(|error| servers::failure(&error, &endpoint).into())
    }

    /// A connection to the mailbox.
    ///
    /// # Errors
    /// A [`Failure`]; never tried twice.
    pub fn mailbox(&mut self) -> anyhow::Result<ImapMailbox> {
        self.connect_mailbox()?
            .map_err(|error| self.failure_of_reading(&error).into())
    }

    /// The same, for those who try again after a broken line.
    ///
    /// # Errors
    /// Outside: the password cannot be had. Inside: the server.
    pub fn connect_mailbox(&mut self) -> anyhow::Result<Result<ImapMailbox, transport::Error>> {
        self.connect_within(Timeouts::default())
    }

    /// The same, for those who have so much time.
    ///
    /// # Errors
    /// As [`Access::connect_mailbox`].
    pub fn connect_within(
        &mut self,
        timeouts: Timeouts,
    ) -> anyhow::Result<Result<ImapMailbox, transport::Error>> {
        let (endpoint, roots) = (self.account.imap.clone(), self.roots.clone());
        let meter = self.meter.clone();
        let manner = Manner {
            timeouts,
            ..self.manner.clone()
        };
        // Asked for before, since a person may take longer.
        self.login()?;
        let _lasting = self.lasting(&endpoint);
        let login = self.login()?;
        let connected = ImapMailbox::connect(&endpoint, &roots, login, manner);
        Ok(connected.map(|mut mailbox| {
            mailbox.count(meter);
            mailbox
        }))
    }

    /// Says which server does not answer, when that lasts.
    fn lasting(&self, endpoint: &Endpoint) -> Lasting {
        let values = [("host", &*endpoint.host)];
        let line = Catalogue::of(self.lang).fill("progress.connecting", &values);
        Lasting::begin(self.visible, line)
    }

    /// What another thread needs to connect by itself.
    ///
    /// # Errors
    /// When the password cannot be had.
    pub fn line(&mut self) -> anyhow::Result<Line> {
        Ok(Line {
            smtp: self.account.smtp.clone(),
            imap: self.account.imap.clone(),
            roots: self.roots.clone(),
            manner: self.manner.clone(),
            login: self.login()?.clone(),
        })
    }

    /// What the server of the mailbox, or the way to it, did.
    pub fn failure_of_reading(&self, error: &transport::Error) -> Failure {
        servers::failure(error, &self.account.imap)
    }

    /// Why a journey to the mailbox ended.
    pub fn failure_of_journey(&self, error: &client::Error) -> Failure {
        match error {
            client::Error::Transport(error) => self.failure_of_reading(error),
            client::Error::Ledger(error) => Failure::of_ledger(error),
        }
    }

    fn login(&mut self) -> anyhow::Result<&Login> {
        if self.login.is_none() {
            let secret: Secret = password(&self.account, &self.context)
                .map_err(|error| configuration::failure(&error, self.lang))?;
            self.login = Some(self.account.login(secret));
        }
        Ok(self.login.as_ref().expect("set above"))
    }
}

/// The way to both servers of an account, password included: for one thread.
#[derive(Clone)]
pub(super) struct Line {
    smtp: Endpoint,
    imap: Endpoint,
    roots: Roots,
    manner: Manner,
    login: Login,
}

impl Line {
    /// What one of the servers did, in words.
    pub fn failure_of_sending(&self, error: &transport::Error) -> Failure {
        servers::failure(error, &self.smtp)
    }

    /// Why the mailbox could not be read, in words.
    pub fn failure_of_reading(&self, error: &transport::Error) -> Failure {
        servers::failure(error, &self.imap)
    }
}

impl Reach for Line {
    fn submission(&mut self) -> Result<Box<dyn Submission>, transport::Error> {
        (Servers::ON_THE_WIRE.submission)(&self.smtp, &self.roots, &self.login, &self.manner)
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, transport::Error> {
        (Servers::ON_THE_WIRE.mailbox)(&self.imap, &self.roots, &self.login, &self.manner)
    }
}

/// Who judges for an account.
pub(super) fn judge<'a>(access: &'a Access, verifier: &'a Verifier) -> Judge<'a> {
    Judge {
        account: &access.account.address,
        verifier,
        keep: access.account.keep,
    }
}

/// The ledger of this user, made if there is none.
///
/// # Errors
/// A [`Failure`].
pub(super) fn ledger(session: &mut Session<'_>) -> anyhow::Result<Ledger> {
    let Some(folder) = &session.data_dir else {
        return Err(Failure::new("no-data-folder", []).into());
    };
    let ledger = Ledger::open(folder).map_err(|error| Failure::of_opening(&error, folder))?;
    tell_recovered(&ledger, session)?;
    tell_lost(&ledger, session)?;
    Ok(ledger)
}

/// Says that messages or receipts are gone, as far as a glance at the latest shows it.
fn tell_lost(ledger: &Ledger, session: &mut Session<'_>) -> anyhow::Result<()> {
    let found = ledger.evidence(Depth::Latest, &mut || {});
    let found = found.map_err(|error| Failure::of_ledger(&error))?;
    if found.is_whole() {
        return Ok(());
    }
    let count = found.lost().to_string();
    let texts = Catalogue::of(session.lang);
    let line = texts.fill("upkeep.evidence-lost", &[("count", &count)]);
    Ok(writeln!(session.err, "{line}")?)
}

/// The same, where there is one; one that may not be written is read.
///
/// # Errors
/// A [`Failure`].
pub(super) fn existing_ledger(session: &mut Session<'_>) -> anyhow::Result<Option<Ledger>> {
    let Some(folder) = &session.data_dir else {
        return Ok(None);
    };
    let ledger =
        Ledger::open_existing(folder).map_err(|error| Failure::of_opening(&error, folder))?;
    if let Some(ledger) = &ledger {
        tell_recovered(ledger, session)?;
    }
    Ok(ledger)
}

/// Says what a ledger had lost when it was opened.
fn tell_recovered(ledger: &Ledger, session: &mut Session<'_>) -> anyhow::Result<()> {
    /// More are counted.
    const MOST: usize = 10;
    let recovered = ledger.recovered();
    let shorts = recovered.messages.iter().map(|message| &*message.short);
    let missing = recovered.missing.iter().map(|id| &**id);
    let all = [
        ("sync.recovered", shorts.collect::<Vec<_>>()),
        ("sync.recovered-missing", missing.collect()),
    ];
    for (key, words) in all {
        if words.is_empty() {
            continue;
        }
        let shown = words[..words.len().min(MOST)].join(", ");
        let more = if words.len() > MOST { ", …" } else { "" };
        let values = [("messages", &*format!("{shown}{more}"))];
        let line = Catalogue::of(session.lang).count(key, words.len(), &values);
        writeln!(session.err, "{line}")?;
    }
    Ok(())
}

/// The same, to be used for an account.
///
/// # Errors
/// A [`Failure`].
pub(super) fn ledger_for(account: &Account, session: &mut Session<'_>) -> anyhow::Result<Ledger> {
    let mut ledger = ledger(session)?;
    note(account, &mut ledger)?;
    Ok(ledger)
}

/// Says to the ledger that an account is used, under its present name.
///
/// # Errors
/// A [`Failure`].
pub(super) fn note(account: &Account, ledger: &mut Ledger) -> anyhow::Result<()> {
    let noted = ledger.note_account(&account.address, &account.name);
    Ok(noted.map_err(|error| Failure::of_ledger(&error))?)
}

/// The account of `--account`: as the configuration has it, else as the ledger knows it.
///
/// # Errors
/// A [`Failure`].
pub(super) fn known_account(
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Option<MailAddress>> {
    let Some(word) = &session.account else {
        return Ok(None);
    };
    let config = session.config().ok();
    let configured = config.as_ref().and_then(|one| one.account(Some(word)).ok());
    if let Some(account) = configured {
        return Ok(Some(account.address.clone()));
    }
    let known = ledger.account_named(word);
    let known = known.map_err(|error| Failure::of_ledger(&error))?;
    match (known, config) {
        (Some(known), _) => Ok(Some(known)),
        // An empty list would say that there is no mail.
        (None, Some(config)) if !word.contains('@') => {
            let account = session.account_of(&config, Some(word))?;
            Ok(Some(account.address.clone()))
        }
        (None, _) => Ok(Some(MailAddress::new(word))),
    }
}

/// Which of several accounts is spoken of from now on.
///
/// # Errors
/// Those of the stream.
pub(super) fn tell_account(account: &Account, session: &mut Session<'_>) -> anyhow::Result<()> {
    let values = [
        ("account", &*account.name),
        ("address", account.address.as_str()),
    ];
    let line = Catalogue::of(session.lang).fill("accounts.turn", &values);
    Ok(writeln!(session.err, "{line}")?)
}

/// Tells what failed for one of several accounts, without ending for it; gives its exit status.
///
/// # Errors
/// What is no failure of the account: of streams, most of all.
pub(super) fn tell_failure(
    error: anyhow::Error,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let failure = Failure::of(error)?;
    failure.write(session.lang, session.err)?;
    Ok(failure.status())
}

impl Failure {
    /// What an error says to a person, where it is one of the program's own; else the error.
    ///
    /// # Errors
    /// What cannot be said so: of streams, most of all.
    pub(super) fn of(error: anyhow::Error) -> Result<Self, anyhow::Error> {
        let error = match error.downcast::<Self>() {
            Ok(failure) => return Ok(failure),
            Err(error) => error,
        };
        let error = match error.downcast::<ledger::Error>() {
            Ok(error) => return Ok(Self::of_ledger(&error)),
            Err(error) => error,
        };
        let kept_back = error.downcast::<KeptBack>()?;
        let unread = match kept_back {
            KeptBack::Folder { folder, reason } => {
                Self::new("folder-unread", [("folder", folder), ("reason", reason)])
            }
            KeptBack::Messages(count) => {
                Self::new("messages-unread", [("count", count.to_string())])
            }
        };
        Ok(unread.with_status(ExitStatus::NotNow))
    }

    /// Why the ledger of a folder cannot be used.
    pub(super) fn of_opening(error: &ledger::Error, folder: &Path) -> Self {
        match error {
            ledger::Error::Corrupt(_)
            | ledger::Error::Newer { .. }
            | ledger::Error::Occupied { .. }
            | ledger::Error::NotWhole { .. } => Self::of_ledger(error),
            // It names its file.
            ledger::Error::Disk { .. } => Self::of_ledger(error),
            other => {
                let reason = format!("{}: {other}", folder.display());
                match other.is_of_damage() {
                    true => Self::new("ledger-corrupt", [("reason", reason)]),
                    false => {
                        Self::new("ledger", [("reason", reason)]).with_status(ExitStatus::NotNow)
                    }
                }
            }
        }
    }

    /// What the ledger could not do.
    pub(super) fn of_ledger(error: &ledger::Error) -> Self {
        use ledger::Error as E;
        let reason = error.to_string();
        match error {
            E::Newer { .. } => Self::new("ledger-newer", [("reason", reason)]),
            E::Occupied { path } => Self::new("occupied", [("path", path.display().to_string())]),
            E::NotWhole { path, flaw } => {
                let path = ("path", path.display().to_string());
                match flaw {
                    Flaw::NoList => Self::new("backup-list", [path]),
                    Flaw::Newer => Self::new("backup-newer", [path]),
                    Flaw::Database => Self::new("backup-database", [path]),
                    Flaw::Octets { lost } => {
                        Self::new("backup-octets", [path, ("count", lost.to_string())])
                    }
                    Flaw::Beside { name } => {
                        let file = ("file", name.display().to_string());
                        Self::new("backup-beside", [path, file])
                    }
                }
            }
            E::NoDraft { number } => Self::new("draft-gone", [("draft", number.to_string())]),
            E::Corrupt(word) => Self::new("ledger-corrupt", [("reason", word.clone())]),
            E::NotForgotten { short } => Self::new("not-forgotten", [("message", short.clone())]),
            E::Known { short } => Self::new("known", [("message", short.clone())]),
            E::BeingSent { short } => Self::new("being-sent", [("message", short.clone())])
                .with_status(ExitStatus::NotNow),
            E::Sql(words) if error.is_of_damage() => {
                Self::new("ledger-corrupt", [("reason", words.to_string())])
            }
            E::Settled { short, standing } => Self::new(
                "settled",
                [
                    ("message", short.clone()),
                    ("standing", (*standing).to_owned()),
                ],
            ),
            E::Disk { .. } | E::Sql(_) => {
                Self::new("ledger", [("reason", reason)]).with_status(ExitStatus::NotNow)
            }
        }
    }
}
