//! The command line as it is written: the options of every command, and the commands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::order::{Color, Common, Held, Order};
use super::{
    Failure, account, addresses, archive, batch, completions, demo, doctor, draft, export, extract,
    forget, forward, import, inbox, language, ledger, man, offices, prove, reply, report, sandbox,
    search, send, show, stamp, status, sync, trust, verify, wait, watch,
};
use crate::lang::Lang;

/// Lines of help are no longer than this.
const WIDEST: usize = 100;

/// As wide is the help where no terminal says how wide it is.
const USUAL: usize = 80;

/// Italian certified e-mail (PEC): send it, track it, verify its receipts
#[derive(Debug, Parser)]
#[command(
    name = "pec",
    version,
    disable_help_subcommand = true,
    disable_version_flag = true,
    args_override_self = true,
    arg_required_else_help = true,
    after_help = "To begin: pec demo runs a complete demonstration in a few seconds; pec account add adds a mailbox; pec man is the manual."
)]
struct Options {
    /// Language of the texts: it or en (default: the system language)
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

    /// Account to use: its name or address (default: the one set in the configuration)
    #[arg(long, global = true, value_name = "NAME")]
    account: Option<String>,

    /// Configuration file (default: pec/config.toml in the configuration folder)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Folder of the ledger and messages (default: pec in the data folder)
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Show nothing if all is well (exit status 0), and ask nothing; for timers
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Show the version; with -v also the commit, the features, the trust data and the compiler
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,

    /// Show the conversation with the servers, without passwords and messages; overrides -q
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Send(Box<send::Arguments>),
    Reply(Box<reply::arguments::Arguments>),
    Forward(Box<forward::arguments::Arguments>),
    Batch(batch::Arguments),
    Draft(draft::arguments::Arguments),
    Sync(sync::arguments::Arguments),
    Watch(watch::arguments::Arguments),
    Wait(wait::arguments::Arguments),
    Status(status::arguments::Arguments),
    Inbox(inbox::arguments::Arguments),
    Search(search::arguments::Arguments),
    Show(show::arguments::Arguments),
    Extract(extract::arguments::Arguments),
    Verify(verify::arguments::Arguments),
    Import(import::arguments::Arguments),
    Stamp(stamp::arguments::Arguments),
    Export(export::arguments::Arguments),
    Prove(prove::arguments::Arguments),
    Report(report::arguments::Arguments),
    Archive(archive::arguments::Arguments),
    Forget(forget::arguments::Arguments),
    Account(account::arguments::Arguments),
    Doctor(doctor::arguments::Arguments),
    Ledger(ledger::arguments::Arguments),
    Trust(trust::arguments::Arguments),
    Check(addresses::arguments::Arguments),
    Offices(offices::arguments::Arguments),
    Demo(demo::arguments::Arguments),
    Sandbox(sandbox::arguments::Arguments),
    Completions(completions::arguments::Arguments),
    Man(man::arguments::Arguments),
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

/// A command by its name, and what its options are added to.
type Named = (&'static str, fn(clap::Command) -> clap::Command);

/// Every command of [`Command`].
const COMMANDS: [Named; 31] = [
    ("send", send::Arguments::augment_args),
    ("reply", reply::arguments::Arguments::augment_args),
    ("forward", forward::arguments::Arguments::augment_args),
    ("batch", batch::Arguments::augment_args),
    ("draft", draft::arguments::Arguments::augment_args),
    ("sync", sync::arguments::Arguments::augment_args),
    ("watch", watch::arguments::Arguments::augment_args),
    ("wait", wait::arguments::Arguments::augment_args),
    ("status", status::arguments::Arguments::augment_args),
    ("inbox", inbox::arguments::Arguments::augment_args),
    ("search", search::arguments::Arguments::augment_args),
    ("show", show::arguments::Arguments::augment_args),
    ("extract", extract::arguments::Arguments::augment_args),
    ("verify", verify::arguments::Arguments::augment_args),
    ("import", import::arguments::Arguments::augment_args),
    ("stamp", stamp::arguments::Arguments::augment_args),
    ("export", export::arguments::Arguments::augment_args),
    ("prove", prove::arguments::Arguments::augment_args),
    ("report", report::arguments::Arguments::augment_args),
    ("archive", archive::arguments::Arguments::augment_args),
    ("forget", forget::arguments::Arguments::augment_args),
    ("account", account::arguments::Arguments::augment_args),
    ("doctor", doctor::arguments::Arguments::augment_args),
    ("ledger", ledger::arguments::Arguments::augment_args),
    ("trust", trust::arguments::Arguments::augment_args),
    ("check", addresses::arguments::Arguments::augment_args),
    ("offices", offices::arguments::Arguments::augment_args),
    ("demo", demo::arguments::Arguments::augment_args),
    ("sandbox", sandbox::arguments::Arguments::augment_args),
    (
        "completions",
        completions::arguments::Arguments::augment_args,
    ),
    ("man", man::arguments::Arguments::augment_args),
];

/// The command tree with its help in a language, folded at the width of the terminal.
pub(super) fn tree(lang: Lang, width: Option<usize>) -> clap::Command {
    let width = width.map_or(USUAL, |width| width.min(WIDEST));
    language::localized(whole_tree().term_width(width), lang, width)
}

fn whole_tree() -> clap::Command {
    Command::augment_subcommands(Options::command()).subcommand_required(true)
}

/// The command tree without its help in a language, as far as these words can need it: all options of
/// all commands take longer to make than most commands to answer.
pub(super) fn tree_for(words: &[OsString]) -> clap::Command {
    let is_meant = |(name, _): &Named| words.iter().any(|word| word == name);
    let add = |tree: clap::Command, (name, options): Named| {
        tree.subcommand(options(clap::Command::new(name)))
    };
    let root = Options::command().subcommand_required(true);
    COMMANDS.into_iter().filter(is_meant).fold(root, add)
}

/// Understands a command line. A word of it that only the command can judge, like a time, is
/// a failure inside.
///
/// # Errors
/// What is to be shown instead: help, the version, or what is wrong.
pub(super) fn understand(
    words: Vec<OsString>,
    tree: clap::Command,
) -> Result<(Common, Result<Order, Failure>), clap::Error> {
    let matches = tree.try_get_matches_from(words)?;
    let options = Options::from_arg_matches(&matches)?;
    let command = Command::from_arg_matches(&matches)?;
    let is_quiet = options.quiet && !options.verbose;
    let held = match (is_quiet, is_for_programs(&matches)) {
        (true, true) => Held::Remarks,
        (true, false) => Held::All,
        (false, _) => Held::Nothing,
    };
    let common = Common {
        held,
        is_verbose: options.verbose,
        lang: options.lang.map(|lang| match lang {
            LangArgument::It => Lang::It,
            LangArgument::En => Lang::En,
        }),
        color: match options.color {
            ColorArgument::Auto => Color::Auto,
            ColorArgument::Always => Color::Always,
            ColorArgument::Never => Color::Never,
        },
        account: options.account,
        config: options.config,
        data_dir: options.data_dir,
    };
    Ok((common, command.order()))
}

/// Whether the results are wanted by a program, which reads them in any case.
fn is_for_programs(matches: &clap::ArgMatches) -> bool {
    let mut innermost = matches;
    while let Some((_, inside)) = innermost.subcommand() {
        innermost = inside;
    }
    ["json", "ndjson", "nagios", "prometheus"]
        .iter()
        .any(|form| {
            let given = innermost.try_get_one::<bool>(form);
            given.is_ok_and(|given| given == Some(&true))
        })
}

impl Command {
    fn order(self) -> Result<Order, Failure> {
        Ok(match self {
            Self::Send(arguments) => arguments.order()?,
            Self::Reply(arguments) => arguments.order(),
            Self::Forward(arguments) => arguments.order(),
            Self::Batch(arguments) => arguments.order(),
            Self::Draft(arguments) => arguments.order(),
            Self::Sync(arguments) => arguments.order(),
            Self::Watch(arguments) => arguments.order(),
            Self::Wait(arguments) => arguments.order(),
            Self::Status(arguments) => arguments.order()?,
            Self::Inbox(arguments) => arguments.order()?,
            Self::Search(arguments) => arguments.order()?,
            Self::Show(arguments) => arguments.order(),
            Self::Extract(arguments) => arguments.order(),
            Self::Verify(arguments) => arguments.order()?,
            Self::Import(arguments) => arguments.order(),
            Self::Stamp(arguments) => arguments.order()?,
            Self::Export(arguments) => arguments.order()?,
            Self::Archive(arguments) => arguments.order()?,
            Self::Forget(arguments) => arguments.order()?,
            Self::Prove(arguments) => arguments.order(),
            Self::Report(arguments) => arguments.order(),
            Self::Account(arguments) => arguments.order(),
            Self::Doctor(arguments) => arguments.order(),
            Self::Ledger(arguments) => arguments.order(),
            Self::Trust(arguments) => arguments.order(),
            Self::Check(arguments) => arguments.order(),
            Self::Offices(arguments) => arguments.order(),
            Self::Demo(arguments) => arguments.order(),
            Self::Sandbox(arguments) => arguments.order(),
            Self::Completions(arguments) => arguments.order(),
            Self::Man(arguments) => arguments.order(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(words: &[OsString], tree: clap::Command) -> Result<String, clap::Error> {
        let matches = tree.try_get_matches_from(words)?;
        let options = Options::from_arg_matches(&matches)?;
        let command = Command::from_arg_matches(&matches)?;
        Ok(format!("{options:?} {command:?}"))
    }

    #[test]
    fn every_command_can_be_found_by_its_name() {
        let whole = whole_tree();
        let names: Vec<&str> = whole
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        assert_eq!(names, COMMANDS.map(|(name, _)| name));
    }

    #[test]
    fn the_smaller_tree_understands_what_the_whole_one_does_and_no_more() {
        for line in [
            "pec status -v",
            "pec --account a@pec.example status --json",
            "pec send --to a@pec.example --subject send --body-text x",
            "pec ledger backup --to d",
            "pec account",
            "pec stat",
            "pec",
            "pec status --nothing",
            "pec --version",
            "pec help send",
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let small = understood(&words, tree_for(&words));
            let whole = understood(&words, whole_tree());
            // What is refused is told by the whole one.
            assert_eq!(small.ok(), whole.ok(), "{line}");
        }
    }
}
