//! The command line: what can be asked, and who answers.
//!
//! One file or folder per command: its arguments (whose doc comments are the English help),
//! what it does, and how the result is written. Italian help stands in the catalogue.

mod access;
mod account;
mod addresses;
mod age;
mod archive;
mod arguments;
mod aside;
mod ask;
mod batch;
mod built;
mod check;
mod completions;
mod configuration;
mod confirm;
mod conversation;
mod dates;
mod demo;
mod doctor;
mod draft;
mod drafts;
mod editor;
mod export;
mod extract;
mod failure;
mod follow;
mod forget;
mod forward;
mod import;
mod inbox;
mod installed;
mod judges;
mod language;
mod ledger;
mod letters;
mod lists;
mod look;
mod man;
mod meant;
mod named;
mod names;
mod objections;
mod offices;
mod order;
mod pages;
mod prove;
mod reach;
mod register;
mod reply;
mod report;
mod revocations;
mod same;
mod sandbox;
mod search;
mod send;
mod servers;
mod show;
mod span;
mod stamp;
mod status;
mod stay;
mod store;
mod sync;
mod text_form;
mod trust;
mod trusted;
mod verify;
mod wait;
mod watch;
mod which;
mod whole;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use order::{Common, Held, Order};

use crate::context::Context;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::fold::Folding;
use crate::output::held;
use crate::output::report::Output;
use crate::output::style::Style;
use crate::timestamp::Timestamp;

pub use failure::Failure;

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
    // Who reads the help through a pager has a terminal all the same.
    let width = context.stdout_width.or(context.stderr_width);
    // The texts of all help are put together only where some of it is shown.
    let understood = match arguments::understand(arguments.clone(), arguments::tree_for(&arguments))
    {
        Ok(understood) => Ok(understood),
        Err(_) => {
            let tree = arguments::tree(lang, width);
            let arguments = language::with_help_as_option(arguments.clone(), &tree);
            let subcommand = language::subcommand(&arguments, &tree);
            arguments::understand(arguments, tree).map_err(|error| (error, subcommand))
        }
    };
    let (common, order) = match understood {
        Ok(understood) => understood,
        Err((_, subcommand)) if subcommand.is_empty() && built::is_asked(&arguments) => {
            let mut out = Output::new(lang, Style::Plain, &now, out);
            out.page().lines(built::lines(lang))?;
            return Ok(ExitStatus::Yes);
        }
        Err((error, subcommand)) => {
            return Ok(language::report_usage(
                &error,
                &subcommand,
                &arguments::tree(lang, width),
                lang,
                context,
                &mut Output::new(lang, Style::Plain, &now, out),
                &mut Folding::new(err, context.stderr_width),
            )?);
        }
    };
    // Whoever wants to hear nothing is not asked either.
    let alone = (common.held != Held::Nothing).then(|| context.with_nobody());
    let context = alone.as_ref().unwrap_or(context);
    let heard = common.is_verbose.then(|| Context {
        ear: conversation::ear(common.lang.unwrap_or(context.lang), &context.aside),
        ..context.clone()
    });
    let context = heard.as_ref().unwrap_or(context);
    let mut out = held::Held::new(out, common.held == Held::All);
    let mut err = held::Held::new(err, common.held != Held::Nothing);
    let done = answer(common, order, context, (&mut out, &mut err));
    if !matches!(done, Ok(ExitStatus::Yes)) {
        out.release()?;
        err.release()?;
    }
    done
}

/// Does what was understood, and tells what failed.
fn answer(
    common: Common,
    order: Result<Order, Failure>,
    context: &Context,
    (out, err): (&mut dyn Write, &mut dyn Write),
) -> anyhow::Result<ExitStatus> {
    let now = || context.clock.now();
    let mut err = Folding::new(err, context.stderr_width);
    let lang = common.lang.unwrap_or(context.lang);
    let style = common.color.style(context);
    let mut session = Session {
        context,
        lang,
        style,
        account: common.account,
        config_file: common
            .config
            .or_else(|| Some(context.config_dir.as_ref()?.join("config.toml"))),
        data_dir: common.data_dir.or_else(|| context.data_dir.clone()),
        out: Output::new(lang, style, &now, out).of_width(context.stdout_width),
        err: &mut err,
    };
    let done = order
        .map_err(anyhow::Error::from)
        .and_then(|order| obey(order, &mut session));
    done.or_else(|error| match Failure::of(error) {
        Ok(failure) => {
            failure.write(lang, session.err)?;
            Ok(failure.status())
        }
        Err(other) => Err(other),
    })
}

/// Does what one order says.
fn obey(order: Order, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let now = session.context.now;
    // Certificates of servers and signers are judged by this clock.
    if now < EPOCH && !order.is_timeless() {
        return Err(Failure::new("clock", [("now", now.to_string())]).into());
    }
    match order {
        Order::Send(order) => send::run(order, session),
        Order::Batch(order) => batch::run(order, session),
        Order::Draft(order) => draft::run(order, session),
        Order::Sync(order) => sync::run(order, session),
        Order::Watch(order) => watch::run(order, session),
        Order::Wait(order) => wait::run(&order, session),
        Order::Status(order) => status::run(&order, session),
        Order::Inbox(order) => inbox::run(&order, session),
        Order::Search(order) => search::run(&order, session),
        Order::Show(order) => show::run(&order, session),
        Order::Extract(order) => extract::run(&order, session),
        Order::Verify(order) => verify::run(order, session),
        Order::Import(order) => import::run(order, session),
        Order::Stamp(order) => stamp::run(order, session),
        Order::Export(order) => export::run(&order, session),
        Order::Archive(order) => archive::run(&order, session),
        Order::Forget(order) => forget::run(&order, session),
        Order::Prove(order) => prove::run(&order, session),
        Order::Report(order) => report::run(&order, session),
        Order::Account(order) => account::run(order, session),
        Order::Doctor(order) => doctor::run(&order, session),
        Order::Ledger(order) => ledger::run(order, session),
        Order::Trust(order) => trust::run(order, session),
        Order::Check(order) => addresses::run(&order, session),
        Order::Offices(order) => offices::run(&order, session),
        Order::Demo(order) => demo::run(&order, session),
        Order::Sandbox(order) => sandbox::run(order, session),
        Order::Completions(order) => completions::run(&order, session),
        Order::Man(order) => man::run(&order, session),
        Order::Schema(write) => Ok(write(&mut session.out)?),
    }
}

/// Answers a shell that completes a word, when one asks; gives whether one did.
///
/// # Errors
/// What it asked cannot be answered.
pub fn complete(arguments: &[OsString], context: &Context) -> anyhow::Result<bool> {
    completions::answer(arguments, context)
}

/// The command tree with its help in a language.
pub fn tree(lang: Lang) -> clap::Command {
    arguments::tree(lang, None)
}

/// All manual pages in a language: file name and roff text.
///
/// # Errors
/// Those of writing to memory: none.
pub fn manual_pages(lang: Lang) -> io::Result<Vec<(String, String)>> {
    man::pages(lang)
}
