//! `pec demo`: the whole journey in one command, with a practice provider, leaving no trace.
//!
//! It runs the commands that a user would type, one after the other, in a folder of its own.

pub(super) mod arguments;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Failure, Session};
use crate::context::{Context, random_hex};
use crate::exit::ExitStatus;
use crate::ledger::Ledger;
use crate::ledger::fact::What;
use crate::output::catalogue::Catalogue;
use crate::output::style::Tone;
use crate::practice::{CA_FILE, Config, PASSWORD_FILE, Practice, TRUST_FILE};

/// The order to show the whole journey.
pub(super) struct DemoOrder {
    /// The new folder to work in and to keep; without it one that is removed in the end.
    pub keep: Option<PathBuf>,
}

/// The name of the account that the demonstration makes.
const ACCOUNT: &str = "demo";
/// An hour of the provider: its second notice comes after 23 of them.
const HOUR: Duration = Duration::from_millis(60);
/// What each recipient shows; the part before the `@` tells the provider what to do.
const RECIPIENTS: [&str; 4] = ["delivered", "unknown", "full", "slow"];
/// A mailbox that is not certified.
const ORDINARY: &str = "someone@ordinary.example";

pub(super) fn run(order: &DemoOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let folder = Folder::new(order, session.context)?;
    let clock = session.context.clock;
    let practice = Practice::start(Config {
        folder: Some(folder.path.join("provider")),
        hour: HOUR,
        ..Config::new(Arc::new(move || clock.now()))
    })
    .map_err(|error| {
        Failure::new("demo", [("reason", error.to_string())]).with_status(ExitStatus::NotNow)
    })?;
    let ran = journey(&practice, &folder.path, session);
    practice.stop();
    let status = ran?;
    let texts = Catalogue::of(session.lang);
    let end = match order.keep {
        Some(_) => {
            let folder = folder.path.display().to_string();
            texts.fill("demo.kept", &[("folder", &folder)])
        }
        None => texts.text("demo.end").to_owned(),
    };
    say(session, &end)?;
    Ok(status)
}

fn journey(
    practice: &Practice,
    folder: &Path,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let texts = Catalogue::of(session.lang);
    let domain = practice.domain().to_owned();
    let at = |user: &str| format!("{user}@{domain}");
    let file = |name: &str| folder.join("provider").join(name).display().to_string();
    let from = at("io");
    say(session, &texts.fill("demo.begin", &[("domain", &domain)]))?;

    say(session, texts.text("demo.account"))?;
    let imap = format!("localhost:{}", practice.imap().port());
    let smtp = format!("localhost:{}", practice.smtp().port());
    let (ca, trust, password) = (file(CA_FILE), file(TRUST_FILE), file(PASSWORD_FILE));
    let add = [
        "account",
        "add",
        ACCOUNT,
        "--address",
        &from,
        "--imap",
        &imap,
        "--smtp",
        &smtp,
        "--ca-file",
        &ca,
        "--trust",
        &trust,
        "--password-file",
        &password,
    ];
    step(&add, folder, session)?;

    say(session, texts.text("demo.send"))?;
    let recipients: Vec<String> = RECIPIENTS.iter().map(|user| at(user)).collect();
    let subject = texts.text("demo.subject").to_owned();
    let body = texts.text("demo.body").to_owned();
    let mut send = vec!["send", "--yes"];
    for recipient in &recipients {
        send.extend(["--to", recipient]);
    }
    send.extend(["--to", ORDINARY, "--subject", &subject, "--body", &body]);
    step(&send, folder, session)?;

    let ledger = Ledger::open(&folder.join("data")).map_err(|error| Failure::of_ledger(&error))?;
    let message = super::meant::one_message(&ledger, &subject)?;
    say(session, texts.text("demo.wait"))?;
    step(
        &["wait", &message.short, "--timeout", "8s", "--poll", "1s"],
        folder,
        session,
    )?;

    step(&["status"], folder, session)?;

    let view = ledger
        .view(&message)
        .map_err(|error| Failure::of_ledger(&error))?;
    let delivered = view
        .facts
        .iter()
        .find(|fact| fact.what() == What::Delivered);
    let Some(receipt) = delivered.and_then(|fact| fact.evidence()) else {
        let reason = texts.text("demo.no-delivery").to_owned();
        return Err(Failure::new("demo", [("reason", reason)])
            .with_status(ExitStatus::NotNow)
            .into());
    };
    say(session, texts.text("demo.verify"))?;
    let sent = ledger.path_of(&view.row.octets).display().to_string();
    let receipt = ledger.path_of(receipt).display().to_string();
    let verified = step(
        &["verify", "--trust", &trust, "--sent", &sent, &receipt],
        folder,
        session,
    )?;
    Ok(verified)
}

/// Shows a command and runs it, in the folder of the demonstration.
fn step(
    arguments: &[&str],
    folder: &Path,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let shown: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    let line = format!("$ pec {}", shown.join(" "));
    // What the commands say on standard error belongs between the lines of the others.
    session.out.say(session.style.paint(Tone::Faint, line))?;
    let context = Context {
        password: None,
        stdin_is_terminal: false,
        ..session.context.clone()
    };
    let mut words: Vec<OsString> = vec!["pec".into()];
    for (option, name) in [("--config", "config.toml"), ("--data-dir", "data")] {
        words.extend([option.into(), folder.join(name).into_os_string()]);
    }
    words.extend(["--lang".into(), session.lang.code().into()]);
    words.extend(arguments.iter().map(OsString::from));
    super::run(words, &context, session.out.stream(), session.err)
}

/// A word as a shell would take it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn say(session: &mut Session<'_>, text: &str) -> anyhow::Result<()> {
    Ok(session.out.say(format!("\n{text}"))?)
}

/// The folder of the demonstration, removed in the end unless it is to be kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn new(order: &DemoOrder, context: &Context) -> anyhow::Result<Self> {
        let path = match &order.keep {
            Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            None => context
                .temporary
                .join(format!("pec-demo-{}", &random_hex()[..8])),
        };
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|error| {
            let reason = format!("{}: {error}", path.display());
            Failure::new("demo", [("reason", reason)])
        })?;
        Ok(Self {
            path,
            keep: order.keep.is_some(),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed is a temporary folder of the system's.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
