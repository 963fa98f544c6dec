//! What a shell may offer for a word that is being typed: accounts, messages with their subjects,
//! presets, jobs, files of the right kind. Nothing is written, nothing is asked of a server, and what
//! cannot be read offers nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Arg;
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};

use crate::account::{Config, presets};
use crate::context::Context;
use crate::lang::Lang;
use crate::ledger::query::Filter;
use crate::ledger::{Ledger, LetterFilter, LetterList};
use crate::printable::Printable;

/// As many messages or jobs are offered, the last ones.
const MOST: usize = 30;

/// The endings of tables.
const TABLES: &[&str] = &["csv", "tsv", "txt", "xlsx", "ods", "json", "ndjson"];

/// Where things are, when nothing else is said on the command line.
#[derive(Clone)]
pub(super) struct Places {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
    lang: Lang,
}

impl Places {
    pub(super) fn of(context: &Context) -> Self {
        Self {
            config: context
                .config_dir
                .as_ref()
                .map(|folder| folder.join("config.toml")),
            data: context.data_dir.clone(),
            lang: context.lang,
        }
    }

    /// The ledger, for reading; nothing where it is not there, or damaged.
    fn ledger(&self) -> Option<Ledger> {
        Ledger::open_existing(self.data.as_deref()?).ok().flatten()
    }

    fn accounts(&self) -> Vec<CompletionCandidate> {
        let config = self.config.as_deref().map(Config::load);
        let Some(Ok(config)) = config else {
            return Vec::new();
        };
        let accounts = config.accounts().iter();
        accounts
            .map(|account| candidate(&account.name, account.address.as_str()))
            .collect()
    }

    fn messages(&self) -> Vec<CompletionCandidate> {
        let Some(ledger) = self.ledger() else {
            return Vec::new();
        };
        let rows = ledger
            .list(&Filter::default(), MOST, 0)
            .unwrap_or_default()
            .into_iter();
        rows.map(|row| candidate(&row.message.short, &row.subject))
            .collect()
    }

    /// Letters that were received, certified mail first.
    fn letters(&self) -> Vec<CompletionCandidate> {
        let Some(ledger) = self.ledger() else {
            return Vec::new();
        };
        let lists = [LetterList::Certified, LetterList::Apart].into_iter();
        let rows = lists.flat_map(|list| {
            let found = ledger.letters(list, &LetterFilter::default(), MOST, 0);
            found.unwrap_or_default()
        });
        rows.take(MOST)
            .map(|row| candidate(&row.letter.short, &row.subject))
            .collect()
    }

    fn jobs(&self) -> Vec<CompletionCandidate> {
        let Some(ledger) = self.ledger() else {
            return Vec::new();
        };
        let jobs = ledger.jobs().unwrap_or_default();
        let jobs = jobs.into_iter().take(MOST);
        jobs.map(|view| candidate(&view.job.short, &view.path))
            .collect()
    }

    fn drafts(&self) -> Vec<CompletionCandidate> {
        let Some(ledger) = self.ledger() else {
            return Vec::new();
        };
        let drafts = ledger.drafts().unwrap_or_default().into_iter();
        drafts
            .map(|row| candidate(&row.draft.number().to_string(), &row.letter.subject))
            .collect()
    }

    fn pages(&self) -> Vec<CompletionCandidate> {
        let pages = crate::command::manual_pages(self.lang)
            .unwrap_or_default()
            .into_iter();
        let names = pages.filter_map(|(name, _)| {
            let (stem, _section) = name.rsplit_once('.')?;
            Some(stem.strip_prefix("pec-")?.to_owned())
        });
        names.map(CompletionCandidate::new).collect()
    }
}

fn known_presets() -> Vec<CompletionCandidate> {
    presets::all()
        .iter()
        .map(|preset| candidate(&preset.name, &preset.provider))
        .collect()
}

/// A word with its description, which comes from anybody.
fn candidate(word: &str, description: &str) -> CompletionCandidate {
    let description = Printable(description).to_string();
    CompletionCandidate::new(word.to_owned()).help(Some(description.into()))
}

/// The tree, each argument with what may be offered for it. `english` is the same tree, in which the
/// placeholders are those of the code.
pub(super) fn offered(
    command: clap::Command,
    english: &clap::Command,
    places: &Places,
) -> clap::Command {
    let command = command.mut_args(|argument| {
        let mut same = english.get_arguments();
        let same = same.find(|other| other.get_id() == argument.get_id());
        let names = same.and_then(Arg::get_value_names).unwrap_or_default();
        let value = names.first().map(ToString::to_string).unwrap_or_default();
        offer(argument, english.get_name(), &value, places.clone())
    });
    command.mut_subcommands(|below| match english.find_subcommand(below.get_name()) {
        Some(english) => offered(below, english, places),
        None => below,
    })
}

fn offer(argument: Arg, command: &str, value: &str, places: Places) -> Arg {
    match (argument.get_id().as_str(), value) {
        ("account", _) => argument.add(ArgValueCandidates::new(move || places.accounts())),
        ("preset", _) => argument.add(ArgValueCandidates::new(known_presets)),
        ("name", _) if command == "presets" => argument.add(ArgValueCandidates::new(known_presets)),
        ("name", _) if command != "add" => {
            argument.add(ArgValueCandidates::new(move || places.accounts()))
        }
        ("page", _) => argument.add(ArgValueCandidates::new(move || places.pages())),
        ("mark_read" | "mark_unread", _) => {
            argument.add(ArgValueCandidates::new(move || places.letters()))
        }
        ("message", _) if matches!(command, "reply" | "forward") => {
            argument.add(ArgValueCandidates::new(move || places.letters()))
        }
        // A message that is kept, or a file of one.
        ("message", _) if matches!(command, "show" | "extract") => {
            argument.add(messages_or_files(places))
        }
        (_, "MESSAGE") => argument.add(ArgValueCandidates::new(move || places.messages())),
        (_, "DRAFT") => argument.add(ArgValueCandidates::new(move || places.drafts())),
        // A table, or a job that was made of one.
        (_, "JOB") => argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
            let word = typed.to_string_lossy().into_owned();
            let jobs = places.jobs().into_iter();
            let begins =
                |job: &CompletionCandidate| job.get_value().to_string_lossy().starts_with(&word);
            let mut found = files(TABLES).complete(typed);
            found.extend(jobs.filter(begins));
            found
        })),
        (_, "DIR") => argument.add(ArgValueCompleter::new(PathCompleter::dir())),
        (_, "TABLE") => argument.add(files(TABLES)),
        ("words", "ADDRESS|FILE") => argument.add(files(TABLES)),
        ("config" | "trust", _) => argument.add(files(&["toml"])),
        ("eml" | "acceptance", _) => argument.add(files(&["eml"])),
        _ => argument,
    }
}

/// Messages that are kept, by what is typed of their ids, and files of messages.
fn messages_or_files(places: Places) -> ArgValueCompleter {
    let files = PathCompleter::any().filter(ends_so(&["eml", "p7m", "gz"]));
    ArgValueCompleter::new(move |typed: &OsStr| {
        let begins = typed.to_string_lossy().into_owned();
        let messages = places
            .messages()
            .into_iter()
            .filter(|one| one.get_value().to_string_lossy().starts_with(&begins));
        messages.chain(files.complete(typed)).collect()
    })
}

/// Files whose names end so, and folders on the way.
fn files(kinds: &'static [&'static str]) -> ArgValueCompleter {
    ArgValueCompleter::new(PathCompleter::any().filter(ends_so(kinds)))
}

fn ends_so(kinds: &'static [&'static str]) -> impl Fn(&Path) -> bool + Send + Sync {
    move |path: &Path| {
        let kind = path
            .extension()
            .and_then(|kind| kind.to_str())
            .unwrap_or_default();
        path.is_dir() || kinds.iter().any(|one| one.eq_ignore_ascii_case(kind))
    }
}
