//! `pec man`: manual pages, made from the command tree and the sections written by hand.
//!
//! The pages are committed under `man/` (English) and `man/it/`; a test compares them with
//! what this makes.

pub(super) mod arguments;

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::installed::{self, InstallOrder, Installed};
use super::{Failure, Session};
use crate::context::Beside;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::verify::CheckId;

/// What is done with manual pages.
pub(super) enum ManOrder {
    /// One is shown; without a name that of the program.
    Show(Option<String>),
    /// All are put where the system looks.
    Install(InstallOrder),
    /// All are written into one folder.
    All(InstallOrder),
}

pub(super) fn run(order: &ManOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let wanted = match order {
        ManOrder::Install(order) => return install(order, session),
        ManOrder::All(order) => return all(order, session),
        ManOrder::Show(page) => page,
    };
    show(wanted.as_deref(), session)
}

/// Puts all pages in both languages where the system looks.
fn install(order: &InstallOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut files = Vec::new();
    for (lang, folder) in [(Lang::En, "man/man"), (Lang::It, "man/it/man")] {
        let pages = pages(lang)?.into_iter();
        files.extend(pages.map(|(name, text)| Installed {
            place: Path::new(&folder_of(folder, &name)).join(name),
            own_place: None,
            text,
        }));
    }
    let folder = installed::shared(session).unwrap_or_default();
    let folder = folder.join("man").display().to_string();
    installed::run(order, &files, &[("installed.hint-man", &folder)], session)
}

/// Writes all pages in both languages into one folder, as they are committed.
fn all(order: &InstallOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut files = Vec::new();
    for (lang, folder) in [(Lang::En, ""), (Lang::It, "it")] {
        let pages = pages(lang)?.into_iter();
        files.extend(pages.map(|(name, text)| Installed {
            place: Path::new(folder).join(name),
            own_place: None,
            text,
        }));
    }
    installed::run(order, &files, &[], session)
}

/// The folder of a section, which ends the name of its pages.
fn folder_of(start: &str, page: &str) -> String {
    let section = page.rsplit('.').next().unwrap_or_default();
    format!("{start}{section}")
}

/// Shows one page.
fn show(page: Option<&str>, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let wanted = match page {
        Some(page) => format!("pec-{}", page.trim_start_matches("pec-")),
        None => "pec".to_owned(),
    };
    let pages = pages(session.lang)?;
    let Some((_, text)) = pages.iter().find(|(name, _)| stem(name) == wanted) else {
        let names: Vec<&str> = pages
            .iter()
            .filter_map(|(name, _)| stem(name).strip_prefix("pec-"))
            .collect();
        let page = page.unwrap_or_default().to_owned();
        return Err(Failure::new("man", [("page", page), ("pages", names.join(", "))]).into());
    };
    if !(session.context.stdout_is_terminal && is_read_by_man(text)) {
        session.out.page().text(text)?;
    }
    Ok(ExitStatus::Yes)
}

/// The name of a page without its section.
fn stem(page: &str) -> &str {
    page.rsplit_once('.').map_or(page, |(stem, _)| stem)
}

/// Shows a page as the system shows its own; false where it cannot.
fn is_read_by_man(page: &str) -> bool {
    let _its_own = Beside::begin();
    let mut command = Command::new("man");
    let Ok(mut man) = command.args(["-l", "-"]).stdin(Stdio::piped()).spawn() else {
        return false;
    };
    // A reader who leaves before the end has seen enough.
    let written = man
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(page.as_bytes()));
    let has_shown = man.wait().is_ok_and(|status| status.success());
    has_shown && written.is_some()
}

/// All pages in a language: file name and text.
///
/// # Errors
/// None: they are written to memory.
pub(super) fn pages(lang: Lang) -> io::Result<Vec<(String, String)>> {
    let mut tree = super::tree(lang);
    tree.build();
    let mut pages = vec![page(&tree, "pec", lang)?];
    below(&tree, "pec", lang, &mut pages)?;
    pages.push(about("pec-office", lang));
    pages.push(about("pec-privacy", lang));
    Ok(pages)
}

/// A page about no command.
fn about(name: &str, lang: Lang) -> (String, String) {
    let (title, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    let title = title.replace('-', "\\-");
    let text = format!(
        ".TH {title} 7 {DATE} \"pec {version}\" \"{}\"\n.nh\n{}",
        manual(lang),
        sections(name, lang)
    );
    (format!("{name}.7"), text)
}

/// What all pages are of.
const fn manual(lang: Lang) -> &'static str {
    match lang {
        Lang::It => "Manuale di pec",
        Lang::En => "pec manual",
    }
}

/// The pages of the commands inside one, each with those inside it.
fn below(
    command: &clap::Command,
    name: &str,
    lang: Lang,
    pages: &mut Vec<(String, String)>,
) -> io::Result<()> {
    for command in command.get_subcommands() {
        let name = format!("{name}-{}", command.get_name());
        pages.push(page(&command.clone().name(name.clone()), &name, lang)?);
        below(command, &name, lang, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command, name: &str, lang: Lang) -> io::Result<(String, String)> {
    let man = clap_mangen::Man::new(command.clone())
        .title(name.to_uppercase())
        .date(DATE)
        .source(concat!("pec ", env!("CARGO_PKG_VERSION")))
        .manual(manual(lang));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    // Else words are divided as in English.
    text.extend_from_slice(b".nh\n");
    text.extend_from_slice(synopsis(command).as_bytes());
    man.render_description_section(&mut text)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut text)?;
    }
    man.render_options_section(&mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if lang == Lang::It {
        for (english, italian) in ITALIAN_HEADINGS {
            text = text.replace(&format!(".SH {english}\n"), &format!(".SH {italian}\n"));
        }
    }
    text.push_str(&with_checks(sections(name, lang)));
    if KEEPING.contains(&name) {
        text.push_str(sections("pec-kept", lang));
    }
    text.push_str(sections("pec-common", lang));
    Ok((format!("{name}.1"), text))
}

/// The day of the pages: that of the release, or of the last change to a text in them.
const DATE: &str = "2026-11-22";

/// The pages of the commands that use the ledger.
const KEEPING: [&str; 15] = [
    "pec-archive",
    "pec-draft",
    "pec-export",
    "pec-forget",
    "pec-import",
    "pec-inbox",
    "pec-prove",
    "pec-report",
    "pec-ledger",
    "pec-search",
    "pec-send",
    "pec-sync",
    "pec-watch",
    "pec-wait",
    "pec-status",
];

/// The usage line of the help, as a section.
fn synopsis(command: &clap::Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('-', "\\-");
    format!(".SH SYNOPSIS\n{usage}\n")
}

/// A command of the manual, or several that belong together.
pub(super) struct Example {
    /// What they are for.
    pub title: String,
    /// As they are typed.
    pub commands: Vec<String>,
}

/// As many examples stand in a help.
const IN_HELP: usize = 3;

/// The first examples of a command in the manual. A command inside another has its own among those of
/// that one.
pub(super) fn examples(name: &str, lang: Lang) -> Vec<Example> {
    let typed = name.replace('-', " ");
    let (page, _) = match sections(name, lang) {
        "" => name.rsplit_once('-').unwrap_or_default(),
        _ => (name, ""),
    };
    let text = sections(page, lang);
    let Some((_, text)) = text.split_once(match lang {
        Lang::It => "\n.SH ESEMPI\n",
        Lang::En => "\n.SH EXAMPLES\n",
    }) else {
        return Vec::new();
    };
    let own = typed.trim_start_matches("pec");
    let mut examples = Vec::new();
    let (mut title, mut commands) = (String::new(), Vec::<String>::new());
    for line in text.split("\n.SH ").next().unwrap_or_default().lines() {
        let is_command = ["pec ", ".B pec "]
            .iter()
            .any(|word| line.starts_with(word));
        let goes_on = line.starts_with("    ");
        if let Some(begun) = commands.last_mut().filter(|_| goes_on) {
            // One command on two lines of the page.
            *begun = format!(
                "{}{}",
                begun.trim_end_matches('\\'),
                plain(line.trim_start())
            );
        } else if is_command {
            commands.push(plain(line.trim_start_matches(".B ")));
        } else if line == ".RE" {
            let commands = std::mem::take(&mut commands);
            if commands.iter().any(|command| command.contains(own)) {
                examples.push(Example {
                    title: title.clone(),
                    commands,
                });
            }
        } else if !line.starts_with('.') && commands.is_empty() && !says_exit(line) {
            title = plain(line);
        }
    }
    examples.truncate(IN_HELP);
    examples
}

/// Whether a line tells the exit status of the example.
fn says_exit(line: &str) -> bool {
    ["Codice di uscita", "Exit status"]
        .iter()
        .any(|words| line.starts_with(words))
}

/// Text of a page without the signs of roff.
fn plain(text: &str) -> String {
    text.replace("\\-", "-")
        .replace("\\(aq", "'")
        .replace("\\(dq", "\"")
        .replace("\\e", "\\")
}

/// Each line `.CHECKS header` gives way to the ids of the checks that begin so.
fn with_checks(section: &str) -> String {
    let mut text = String::new();
    for line in section.lines() {
        match line.strip_prefix(".CHECKS ") {
            Some(family) => {
                let ids = CheckId::ALL.iter().map(|check| check.id());
                let ids: Vec<String> = ids
                    .filter(|id| id.split('.').next() == Some(family))
                    .map(|id| format!("\\%{}", id.replace('-', "\\-")))
                    .collect();
                text.push_str(&ids.join(",\n"));
                text.push('.');
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

const ITALIAN_HEADINGS: [(&str, &str); 5] = [
    ("NAME", "NOME"),
    ("SYNOPSIS", "SINTASSI"),
    ("DESCRIPTION", "DESCRIZIONE"),
    ("OPTIONS", "OPZIONI"),
    ("Comandi", "COMANDI"),
];

/// What is written by hand: exit status, trust, examples.
fn sections(name: &str, lang: Lang) -> &'static str {
    match (name, lang) {
        ("pec-verify", Lang::En) => include_str!("../../../man/sections/pec-verify.roff"),
        ("pec-verify", Lang::It) => include_str!("../../../man/sections/it/pec-verify.roff"),
        ("pec-show", Lang::En) => include_str!("../../../man/sections/pec-show.roff"),
        ("pec-show", Lang::It) => include_str!("../../../man/sections/it/pec-show.roff"),
        ("pec-extract", Lang::En) => include_str!("../../../man/sections/pec-extract.roff"),
        ("pec-extract", Lang::It) => include_str!("../../../man/sections/it/pec-extract.roff"),
        ("pec-export", Lang::En) => include_str!("../../../man/sections/pec-export.roff"),
        ("pec-export", Lang::It) => include_str!("../../../man/sections/it/pec-export.roff"),
        ("pec-forget", Lang::En) => include_str!("../../../man/sections/pec-forget.roff"),
        ("pec-forget", Lang::It) => include_str!("../../../man/sections/it/pec-forget.roff"),
        ("pec-office", Lang::En) => include_str!("../../../man/sections/pec-office.roff"),
        ("pec-office", Lang::It) => include_str!("../../../man/sections/it/pec-office.roff"),
        ("pec-privacy", Lang::En) => include_str!("../../../man/sections/pec-privacy.roff"),
        ("pec-privacy", Lang::It) => include_str!("../../../man/sections/it/pec-privacy.roff"),
        ("pec-prove", Lang::En) => include_str!("../../../man/sections/pec-prove.roff"),
        ("pec-prove", Lang::It) => include_str!("../../../man/sections/it/pec-prove.roff"),
        ("pec-report", Lang::En) => include_str!("../../../man/sections/pec-report.roff"),
        ("pec-report", Lang::It) => include_str!("../../../man/sections/it/pec-report.roff"),
        ("pec-batch", Lang::En) => include_str!("../../../man/sections/pec-batch.roff"),
        ("pec-batch", Lang::It) => include_str!("../../../man/sections/it/pec-batch.roff"),
        ("pec-stamp", Lang::En) => include_str!("../../../man/sections/pec-stamp.roff"),
        ("pec-stamp", Lang::It) => include_str!("../../../man/sections/it/pec-stamp.roff"),
        ("pec-status", Lang::En) => include_str!("../../../man/sections/pec-status.roff"),
        ("pec-status", Lang::It) => include_str!("../../../man/sections/it/pec-status.roff"),
        ("pec-sandbox", Lang::En) => include_str!("../../../man/sections/pec-sandbox.roff"),
        ("pec-sandbox", Lang::It) => include_str!("../../../man/sections/it/pec-sandbox.roff"),
        ("pec-account", Lang::En) => include_str!("../../../man/sections/pec-account.roff"),
        ("pec-account", Lang::It) => include_str!("../../../man/sections/it/pec-account.roff"),
        ("pec-doctor", Lang::En) => include_str!("../../../man/sections/pec-doctor.roff"),
        ("pec-doctor", Lang::It) => include_str!("../../../man/sections/it/pec-doctor.roff"),
        ("pec-send", Lang::En) => include_str!("../../../man/sections/pec-send.roff"),
        ("pec-send", Lang::It) => include_str!("../../../man/sections/it/pec-send.roff"),
        ("pec-reply", Lang::En) => include_str!("../../../man/sections/pec-reply.roff"),
        ("pec-reply", Lang::It) => include_str!("../../../man/sections/it/pec-reply.roff"),
        ("pec-forward", Lang::En) => include_str!("../../../man/sections/pec-forward.roff"),
        ("pec-forward", Lang::It) => include_str!("../../../man/sections/it/pec-forward.roff"),
        ("pec-draft", Lang::En) => include_str!("../../../man/sections/pec-draft.roff"),
        ("pec-draft", Lang::It) => include_str!("../../../man/sections/it/pec-draft.roff"),
        ("pec-inbox", Lang::En) => include_str!("../../../man/sections/pec-inbox.roff"),
        ("pec-inbox", Lang::It) => include_str!("../../../man/sections/it/pec-inbox.roff"),
        ("pec-search", Lang::En) => include_str!("../../../man/sections/pec-search.roff"),
        ("pec-search", Lang::It) => include_str!("../../../man/sections/it/pec-search.roff"),
        ("pec-sync", Lang::En) => include_str!("../../../man/sections/pec-sync.roff"),
        ("pec-sync", Lang::It) => include_str!("../../../man/sections/it/pec-sync.roff"),
        ("pec-watch", Lang::En) => include_str!("../../../man/sections/pec-watch.roff"),
        ("pec-watch", Lang::It) => include_str!("../../../man/sections/it/pec-watch.roff"),
        ("pec-wait", Lang::En) => include_str!("../../../man/sections/pec-wait.roff"),
        ("pec-wait", Lang::It) => include_str!("../../../man/sections/it/pec-wait.roff"),
        ("pec-demo", Lang::En) => include_str!("../../../man/sections/pec-demo.roff"),
        ("pec-demo", Lang::It) => include_str!("../../../man/sections/it/pec-demo.roff"),
        ("pec-ledger", Lang::En) => include_str!("../../../man/sections/pec-ledger.roff"),
        ("pec-ledger", Lang::It) => include_str!("../../../man/sections/it/pec-ledger.roff"),
        ("pec-trust", Lang::En) => include_str!("../../../man/sections/pec-trust.roff"),
        ("pec-trust", Lang::It) => include_str!("../../../man/sections/it/pec-trust.roff"),
        ("pec-check", Lang::En) => include_str!("../../../man/sections/pec-check.roff"),
        ("pec-check", Lang::It) => include_str!("../../../man/sections/it/pec-check.roff"),
        ("pec-offices", Lang::En) => include_str!("../../../man/sections/pec-offices.roff"),
        ("pec-offices", Lang::It) => include_str!("../../../man/sections/it/pec-offices.roff"),
        ("pec-completions", Lang::En) => include_str!("../../../man/sections/pec-completions.roff"),
        ("pec-completions", Lang::It) => {
            include_str!("../../../man/sections/it/pec-completions.roff")
        }
        ("pec-man", Lang::En) => include_str!("../../../man/sections/pec-man.roff"),
        ("pec-man", Lang::It) => include_str!("../../../man/sections/it/pec-man.roff"),
        ("pec-import", Lang::En) => include_str!("../../../man/sections/pec-import.roff"),
        ("pec-import", Lang::It) => include_str!("../../../man/sections/it/pec-import.roff"),
        ("pec-archive", Lang::En) => include_str!("../../../man/sections/pec-archive.roff"),
        ("pec-archive", Lang::It) => include_str!("../../../man/sections/it/pec-archive.roff"),
        ("pec-kept", Lang::En) => include_str!("../../../man/sections/kept.roff"),
        ("pec-kept", Lang::It) => include_str!("../../../man/sections/it/kept.roff"),
        ("pec-common", Lang::En) => include_str!("../../../man/sections/common.roff"),
        ("pec-common", Lang::It) => include_str!("../../../man/sections/it/common.roff"),
        _ => "",
    }
}
