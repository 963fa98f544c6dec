//! The command line: what can be asked, and who answers.
//!
//! One file or folder per command: its arguments (whose doc comments are the English help),
//! what it does, and how the result is written. Italian help stands in the catalogue.

mod access;
mod account;
mod batch;
mod check;
mod completions;
mod configuration;
mod demo;
mod doctor;
mod failure;
mod follow;
mod language;
mod man;
mod reach;
mod sandbox;
mod send;
mod servers;
mod span;
mod status;
mod text_form;
mod trusted;
mod verify;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::context::Context;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::report::Output;
use crate::output::style::Style;
use crate::timestamp::Timestamp;

pub use failure::Failure;

/// Italian certified e-mail (PEC): send it, follow it, prove its receipts
#[derive(Debug, Parser)]
#[command(
    name = "pec",
    version,
    disable_help_subcommand = true,
    args_override_self = true,
    arg_required_else_help = true,
    after_help = "To begin: pec demo shows everything in some seconds; pec account add adds a mailbox; pec man is the manual.",
    max_term_width = 100
)]
struct Arguments {
    /// Language of the texts: it or en (default: that of the system)
    #[arg(long, global = true, value_name = "LANG", hide_possible_values = true)]
    lang: Option<LangArgument>,

    /// Colours: auto, always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    color: ColorArgument,

    /// The account to use: its name or address (default: the one marked in the configuration)
    #[arg(long, global = true, value_name = "NAME")]
    account: Option<String>,

    /// The configuration file (default: pec/config.toml in the folder of configurations)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The folder of ledger and messages (default: pec in the folder of data)
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Send(Box<send::Arguments>),
    Batch(batch::Arguments),
    Sync(follow::SyncArguments),
    Watch(follow::WatchArguments),
    Wait(follow::WaitArguments),
    Status(status::Arguments),
    Verify(verify::Arguments),
    Account(account::Arguments),
    Doctor(doctor::Arguments),
    Demo(demo::Arguments),
    Sandbox(sandbox::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LangArgument {
    It,
    En,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColorArgument {
    Auto,
    Always,
    Never,
}

impl Command {
    const fn needs_the_time(&self) -> bool {
        !matches!(self, Self::Completions(_) | Self::Man(_))
    }
}

/// No clock that was ever set shows an earlier time.
const EPOCH: Timestamp = Timestamp::from_unix(0);

/// What every command is given: the world, the language, the streams.
pub(crate) struct Session<'a> {
    context: &'a Context,
    lang: Lang,
    style: Style,
    /// `--account`.
    account: Option<String>,
    /// `--config`, or the usual place; none without a home.
    config_file: Option<PathBuf>,
    /// `--data-dir`, or the usual place; none without a home.
    data_dir: Option<PathBuf>,
    out: Output<'a>,
    err: &'a mut dyn Write,
}

/// Whether an error says that nobody reads what is written any more. For a command that only
/// reads that is no failure (`pec verify folder | head`); one that sends answers by what it sent.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Understands the arguments and runs the command.
///
/// # Errors
/// Only those of writing to `out`; all others are told on `err` and have an exit status.
pub fn run(
    arguments: Vec<OsString>,
    context: &Context,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> anyhow::Result<ExitStatus> {
    let lang = language::wanted(&arguments).unwrap_or(context.lang);
    let now = || context.clock.now();
    let tree = tree(lang);
    let subcommand = language::subcommand(&arguments, &tree);
    let parsed = tree
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            return Ok(language::report_usage(
                &error,
                &subcommand,
                lang,
                context,
                &mut Output::new(lang, Style::Plain, &now, out),
                err,
            )?);
        }
    };
    let lang = match arguments.lang {
        Some(LangArgument::It) => Lang::It,
        Some(LangArgument::En) => Lang::En,
        None => context.lang,
    };
    let colored = match arguments.color {
        ColorArgument::Always => true,
        ColorArgument::Never => false,
        ColorArgument::Auto => context.stdout_is_terminal && !context.no_color,
    };
    let style = if colored {
        Style::Colored
    } else {
        Style::Plain
    };
    let mut session = Session {
        context,
        lang,
        style,
        account: arguments.account,
        config_file: arguments
            .config
            .or_else(|| Some(context.config_dir.as_ref()?.join("config.toml"))),
        data_dir: arguments.data_dir.or_else(|| context.data_dir.clone()),
        out: Output::new(lang, style, &now, out),
        err,
    };
    let done = match arguments.command {
        // Certificates of servers and signers are judged by this clock.
        ref command if context.now < EPOCH && command.needs_the_time() => {
            Err(Failure::new("clock", [("now", context.now.to_string())]).into())
        }
        Command::Send(arguments) => send::run(&arguments, &mut session),
        Command::Batch(arguments) => batch::run(arguments, &mut session),
        Command::Sync(arguments) => follow::sync(&arguments, &mut session),
        Command::Watch(arguments) => follow::watch(&arguments, &mut session),
        Command::Wait(arguments) => follow::wait_command(&arguments, &mut session),
        Command::Demo(arguments) => demo::run(&arguments, &mut session),
        Command::Verify(arguments) => verify::run(arguments, &mut session),
        Command::Status(arguments) => status::run(&arguments, &mut session),
        Command::Sandbox(arguments) => sandbox::run(arguments, &mut session),
        Command::Account(arguments) => account::run(arguments, &mut session),
        Command::Doctor(arguments) => doctor::run(&arguments, &mut session),
        Command::Completions(arguments) => completions::run(&arguments, &mut session),
        Command::Man(arguments) => man::run(&arguments, &mut session),
    };
    done.or_else(|failure| match failure.downcast::<Failure>() {
        Ok(failure) => {
            failure.write(lang, session.err)?;
            Ok(failure.status())
        }
        Err(other) => Err(other),
    })
}

/// The command tree with its help in a language.
pub fn tree(lang: Lang) -> clap::Command {
    language::localized(Arguments::command(), lang)
}

/// All manual pages in a language: file name and roff text.
///
/// # Errors
/// Those of writing to memory: none.
pub fn manual_pages(lang: Lang) -> io::Result<Vec<(String, String)>> {
    man::pages(lang)
}
