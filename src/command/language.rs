//! Help and usage errors in the user's language; clap itself speaks English only.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::context::Context;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::fold::folded;
use crate::output::report::Output;

/// The language that the arguments ask for, found before they are understood, because help
/// and errors need it.
pub(super) fn wanted(arguments: &[OsString]) -> Option<Lang> {
    let mut found = None;
    let mut texts = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(text) = texts.next() {
        let value = match text.strip_prefix("--lang=") {
            Some(value) => value.to_owned(),
            None if text == "--lang" => texts.next().unwrap_or_default().into_owned(),
            None => continue,
        };
        found = match &*value {
            "it" => Some(Lang::It),
            "en" => Some(Lang::En),
            _ => found,
        };
    }
    found
}

/// The command that the arguments name, with a blank after it, for "try: pec verify --help";
/// `account add ` for one inside another.
pub(super) fn subcommand(arguments: &[OsString], tree: &clap::Command) -> String {
    let (mut named, mut below) = (String::new(), tree);
    for argument in arguments.iter().skip(1) {
        if let Some(found) = below.find_subcommand(argument) {
            named.push_str(found.get_name());
            named.push(' ');
            below = found;
        }
    }
    named
}

/// The tree with its texts in a language, for so many columns. English is what the code says.
pub(super) fn localized(command: clap::Command, lang: Lang, width: usize) -> clap::Command {
    // Built, so that the options that clap adds, and those of all commands, are there.
    let mut command = command;
    command.build();
    let texts = Catalogue::of(lang);
    let command = match lang {
        Lang::En => with_common_apart(command, "Options of every command"),
        Lang::It => with_common_apart(localize(command, "", texts), texts.text("help.common")),
    };
    with_ends(command, "", lang, width)
}

/// Each help begins with what the command does, and ends with examples of the manual and where more
/// stands.
fn with_ends(command: clap::Command, above: &str, lang: Lang, width: usize) -> clap::Command {
    let texts = Catalogue::of(lang);
    let name = match above {
        "" => command.get_name().to_owned(),
        above => format!("{above}-{}", command.get_name()),
    };
    let text = |text: Option<&clap::builder::StyledStr>| text.map(ToString::to_string);
    let (about, long) = (text(command.get_about()), text(command.get_long_about()));
    let mut command = command;
    if let Some(about) = about {
        command = command.long_about(begun_with(&about, long));
    }
    if !above.is_empty() {
        let examples = super::man::examples(&name, lang)
            .into_iter()
            .map(|example| {
                let commands: Vec<String> = example
                    .commands
                    .iter()
                    // Else clap would fold it as prose, and the shell would read two commands.
                    .map(|c| folded(&format!("    {c}"), width).into_owned())
                    .collect();
                format!("  {}\n{}", example.title, commands.join("\n"))
            });
        let examples: Vec<String> = examples.collect();
        let more = texts.fill(
            "usage.see-also",
            &[("page", name.trim_start_matches("pec-"))],
        );
        let end = match examples.is_empty() {
            true => more,
            false => format!(
                "{}\n{}\n\n{more}",
                texts.text("usage.examples"),
                examples.join("\n\n")
            ),
        };
        command = command.after_long_help(end);
    }
    command.mut_subcommands(|sub| with_ends(sub, &name, lang, width))
}

/// A help that begins with what the command does, as a sentence; in a list of commands it is none.
fn begun_with(about: &str, long: Option<String>) -> String {
    let is_sentence = about.ends_with(['.', ':', '!', '?']);
    let first = format!("{about}{}", if is_sentence { "" } else { "." });
    let Some(long) = long else {
        return first;
    };
    match long.strip_prefix(about) {
        // The sentence goes on.
        Some(rest) if rest.starts_with([',', ';', ':', ' ']) => long,
        Some(rest) => first + rest.strip_prefix('.').unwrap_or(rest),
        None => format!("{first}\n\n{long}"),
    }
}

/// `pec help send` is `pec send --help`; `pec help` is `pec --help`.
pub(super) fn with_help_as_option(arguments: Vec<OsString>, tree: &clap::Command) -> Vec<OsString> {
    let takes_value = |word: &OsString| {
        let mut options = tree
            .get_arguments()
            .filter(|option| option.get_action().takes_values());
        options.any(|option| {
            option
                .get_long()
                .is_some_and(|long| *word == *format!("--{long}"))
        })
    };
    let mut words = arguments.iter().enumerate().skip(1);
    while let Some((at, word)) = words.next() {
        if takes_value(word) {
            words.next();
        } else if word == "help" {
            let mut arguments = arguments;
            arguments.remove(at);
            arguments.push("--help".into());
            return arguments;
        } else if !word.to_string_lossy().starts_with('-') {
            break;
        }
    }
    arguments
}

/// The options that every command has stand at the end of the help of each, under a heading.
fn with_common_apart(command: clap::Command, heading: &'static str) -> clap::Command {
    let apart = |argument: clap::Arg| match argument.is_global_set() {
        true => argument.help_heading(heading),
        false => argument,
    };
    command.mut_subcommands(|sub| with_common_apart(sub.mut_args(apart), heading))
}

const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}{after-help}";

/// `above` is the command that this one belongs to, for keys like `account-add.host`.
fn localize(command: clap::Command, above: &str, texts: &'static Catalogue) -> clap::Command {
    let name = match above {
        "" | "pec" => command.get_name().to_owned(),
        above => format!("{above}-{}", command.get_name()),
    };
    // Before the usage is written, which names them.
    let mut placeholders = vec![];
    let mut command = command.mut_args(|argument| {
        for name in argument.get_value_names().unwrap_or_default() {
            let key = format!("help.value-{name}");
            if texts.has(&key) {
                placeholders.push((name.to_string(), texts.text(&key)));
            }
        }
        let names: Vec<String> = argument
            .get_value_names()
            .unwrap_or_default()
            .iter()
            .map(|name| {
                let key = format!("help.value-{name}");
                if texts.has(&key) {
                    texts.text(&key).to_owned()
                } else {
                    name.to_string()
                }
            })
            .collect();
        match names.is_empty() {
            true => argument,
            false => argument.value_names(names),
        }
    });
    let usage = command.render_usage().to_string();
    let heading = texts.text("help.usage");
    // The lines below the first stand where the heading ends.
    let indent = |heading: &str| format!("\n{}", " ".repeat(heading.len() + 1));
    // One that was written by hand names them in English.
    let usage = placeholders.iter().fold(usage, |usage, (name, text)| {
        let of = |open, close| {
            (
                format!("{open}{name}{close}"),
                format!("{open}{text}{close}"),
            )
        };
        let forms = [of('<', '>'), of('[', ']'), of('<', '|')];
        let replace = |usage: String, (from, to): &(String, String)| usage.replace(from, to);
        forms.iter().fold(usage, replace)
    });
    let usage = usage
        .trim_start_matches("Usage: ")
        .replace(&indent("Usage:"), &indent(heading))
        .replace("[OPTIONS]", texts.text("help.options-placeholder"))
        .replace("<COMMAND>", texts.text("help.command-placeholder"))
        .replace("[COMMAND]", texts.text("help.command-placeholder-optional"));
    let text = |key: String| texts.has(&key).then(|| texts.text(&key).to_owned());
    command = command
        .override_usage(usage)
        .help_template(TEMPLATE.replace("{usage-heading}", heading))
        .subcommand_help_heading(texts.text("help.commands"));
    if let Some(about) = text(format!("help.{name}.about")) {
        command = command.about(about);
    }
    if let Some(long) = text(format!("help.{name}.long")) {
        command = command.long_about(long);
    }
    if command.get_name() == "pec" {
        command = command.after_help(texts.text("help.begin"));
    }
    command = command.mut_args(|argument| {
        let id = argument.get_id().as_str().replace('_', "-");
        let heading = if argument.is_positional() {
            "help.arguments"
        } else {
            "help.options"
        };
        let argument = argument.help_heading(texts.text(heading));
        match text(format!("help.{name}.{id}")).or_else(|| text(format!("help.pec.{id}"))) {
            Some(help) => {
                let help = help + &default_of(&argument, texts);
                let argument = argument.help(help.clone()).long_help(help);
                argument.hide_default_value(true)
            }
            None => argument,
        }
    });
    command.mut_subcommands(|sub| localize(sub, &name, texts))
}

/// What holds without the argument, where clap would say so in English.
fn default_of(argument: &clap::Arg, texts: &Catalogue) -> String {
    let known = argument.get_possible_values();
    // In the word of the language, where it has one.
    let in_language = |value: String| {
        let found = known.iter().find(|one| one.get_name() == value);
        let word = found.and_then(|one| one.get_name_and_aliases().last());
        word.map_or(value.clone(), str::to_owned)
    };
    let values = argument.get_default_values().iter();
    let values: Vec<_> = values
        .map(|value| in_language(value.to_string_lossy().into_owned()))
        .collect();
    let is_shown = argument.get_action().takes_values() && !argument.is_hide_default_value_set();
    if values.is_empty() || !is_shown {
        return String::new();
    }
    let shown = texts.fill("help.default", &[("value", &values.join(" "))]);
    format!(" {shown}")
}

/// Writes help, version, or what is wrong with the arguments.
///
/// # Errors
/// Those of the streams.
pub(super) fn report_usage(
    error: &clap::Error,
    subcommand: &str,
    tree: &clap::Command,
    lang: Lang,
    context: &Context,
    out: &mut Output<'_>,
    err: &mut dyn Write,
) -> io::Result<ExitStatus> {
    let shown = match (
        error.kind(),
        context.stdout_is_terminal && !context.no_color,
    ) {
        (_, true) => error.render().ansi().to_string(),
        (_, false) => error.render().to_string(),
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out.page().text(&shown)?;
            return Ok(ExitStatus::Yes);
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => write!(err, "{shown}")?,
        _ => write!(err, "{}", usage_fault(error, subcommand, tree, lang))?,
    }
    Ok(ExitStatus::Unusable)
}

/// The words that an option takes, those of both languages where they differ.
fn words_of(option: &str, subcommand: &str, tree: &clap::Command) -> Option<String> {
    let mut command = tree;
    for name in subcommand.split_whitespace() {
        command = command.find_subcommand(name)?;
    }
    let mut arguments = command.get_arguments();
    let argument = arguments.find(|argument| argument.to_string() == option)?;
    let all = argument.get_possible_values();
    let words = all.iter().map(|value| {
        let names: Vec<&str> = value.get_name_and_aliases().collect();
        names.join(" / ")
    });
    Some(words.collect::<Vec<_>>().join(", ")).filter(|words| !words.is_empty())
}

/// What is wrong, and what to try, in two or three lines.
fn usage_fault(error: &clap::Error, subcommand: &str, tree: &clap::Command, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let context = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(all)) => Some(all.join(", ")),
        _ => None,
    };
    let option = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let both = [
        ("option", option.clone().unwrap_or_default()),
        ("value", value.clone().unwrap_or_default()),
    ];
    let (key, values) = match error.kind() {
        ErrorKind::UnknownArgument => {
            let value = option.unwrap_or_default();
            match value.starts_with('-') {
                true => ("usage.unknown-argument", vec![("value", value)]),
                false => ("usage.unexpected-word", vec![("value", value)]),
            }
        }
        ErrorKind::InvalidSubcommand => {
            let value = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            ("usage.unknown-command", vec![("value", value)])
        }
        ErrorKind::MissingRequiredArgument => {
            ("usage.missing", vec![("value", option.unwrap_or_default())])
        }
        ErrorKind::MissingSubcommand => ("usage.missing-command", vec![]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
            if value.as_deref().unwrap_or_default().is_empty() =>
        {
            ("usage.no-value", both.to_vec())
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            // Where only some words are one, they are named.
            match context(ContextKind::ValidValue).filter(|words| !words.is_empty()) {
                Some(words) => {
                    let words = words_of(&both[0].1, subcommand, tree).unwrap_or(words);
                    let words = [("values", words)];
                    ("usage.invalid-of", [&both[..], &words].concat())
                }
                None => ("usage.invalid", both.to_vec()),
            }
        }
        ErrorKind::ArgumentConflict => {
            let prior = context(ContextKind::PriorArg).unwrap_or_default();
            (
                "usage.conflict",
                vec![("option", option.unwrap_or_default()), ("value", prior)],
            )
        }
        _ => ("usage.other", vec![]),
    };
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let mut lines = vec![
        texts
            .text("error.prefix")
            .replace("{what}", &texts.fill(key, &values)),
    ];
    let similar = context(ContextKind::SuggestedArg).or(context(ContextKind::SuggestedSubcommand));
    let mut hint = |line: String| lines.push(texts.text("error.hint").replace("{hint}", &line));
    if let Some(similar) = similar {
        hint(texts.fill("usage.similar", &[("value", &similar)]));
    }
    hint(texts.fill("usage.hint", &[("command", subcommand)]));
    lines.push(String::new());
    lines.join("\n")
}
