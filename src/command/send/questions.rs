//! What a person is asked who gave no recipients or no subject.

use std::io;
use std::path::{Path, PathBuf};

use super::draft::address_in;
use super::order::Letter as Written;
use crate::address::MailAddress;
use crate::client::Consent;
use crate::command::ask::Asker;
use crate::command::{Failure, Session};
use crate::context::Context;
use crate::ledger::{Attached, Letter};

/// Asks for recipients, subject and files where recipients or subject are missing and somebody can
/// answer. After each answer the letter is kept, as far as it goes.
///
/// # Errors
/// A [`Failure`] that names what is missing where nobody can; when no answer is usable, or it cannot
/// be kept.
pub(super) fn complete(
    given: &mut Written,
    consent: Consent,
    keep: &mut dyn FnMut(&Letter, &mut Session<'_>) -> anyhow::Result<()>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let missing = missing(given);
    let context = session.context;
    let can_ask = context.stdin_is_terminal && context.stderr_is_terminal;
    if !can_ask || consent == Consent::Given {
        return Ok(nothing_missing(given)?);
    }
    // Who gave anything knows the options; who gave nothing is led through.
    let asks_for_files = missing.len() > 1 && given.attach.is_empty();
    if given.to.is_empty() {
        given.to = ask("to", None, recipients, session)?;
        keep(&given.letter()?, session)?;
    }
    if given.subject.is_none() {
        let one_line = |answer: &str| {
            let usable = !answer.is_empty() && !answer.contains(char::is_control);
            usable.then(|| answer.to_owned())
        };
        given.subject = Some(ask("subject", None, one_line, session)?);
        keep(&given.letter()?, session)?;
    }
    if !asks_for_files {
        return Ok(());
    }
    // One answer each, until an empty one.
    loop {
        let usable = |answer: &str| {
            let path = dropped(answer, context);
            (answer.is_empty() || path.is_file()).then_some(path)
        };
        let file = ask("attach", Some(""), usable, session)?;
        if file.as_os_str().is_empty() {
            return Ok(());
        }
        given.attach.push(file);
        keep(&given.letter()?, session)?;
    }
}

/// Refuses a letter without recipients or subject.
///
/// # Errors
/// A [`Failure`] that names what is missing.
pub(super) fn nothing_missing(given: &Written) -> Result<(), Failure> {
    let missing = missing(given);
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(
            "send-missing",
            [("missing", missing.join(", "))],
        )),
    }
}

fn missing(given: &Written) -> Vec<&'static str> {
    let all = [
        (given.to.is_empty(), "--to"),
        (given.subject.is_none(), "--subject"),
    ];
    let missing = all.iter().filter(|(is_missing, _)| *is_missing);
    missing.map(|(_, option)| *option).collect()
}

fn ask<T>(
    key: &str,
    default: Option<&str>,
    understand: impl Fn(&str) -> Option<T>,
    session: &mut Session<'_>,
) -> anyhow::Result<T> {
    let mut asker = Asker {
        input: &mut io::stdin().lock(),
        err: &mut *session.err,
        lang: session.lang,
    };
    asker.ask(key, &[], default, understand)
}

/// The file that somebody typed, or dropped on the terminal: those write it in quotes, with `\` before
/// blanks, or as `file://`. What is a file as it stands is that one.
fn dropped(answer: &str, context: &Context) -> PathBuf {
    let quoted = |quote: char| answer.strip_prefix(quote)?.strip_suffix(quote);
    let bare = quoted('\'').or_else(|| quoted('"')).unwrap_or(answer);
    let mut readings = [
        Some(answer.to_owned()),
        Some(bare.to_owned()),
        of_url(bare),
        Some(unescaped(answer)),
    ]
    .into_iter()
    .flatten()
    .map(|reading| context.at_home(&reading));
    let found = readings.find(|path| path.is_file());
    found.unwrap_or_else(|| context.at_home(answer))
}

/// The path of `file:///…`, of this computer.
fn of_url(text: &str) -> Option<String> {
    let path = text.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    let mut octets = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| octet == b'%');
        let digits = digits.and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(meant) => {
                octets.push(meant);
                rest = &after[2..];
            }
            None => {
                octets.push(octet);
                rest = after;
            }
        }
    }
    String::from_utf8(octets).ok()
}

/// A text in which `\` stands before what a shell would take otherwise.
fn unescaped(text: &str) -> String {
    let mut meant = String::new();
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => meant.extend(signs.next()),
            _ => meant.push(sign),
        }
    }
    meant
}

/// Addresses between commas or semicolons, with or without names; none where one is no address.
fn recipients(answer: &str) -> Option<Vec<String>> {
    let words = answer.split([',', ';']).map(str::trim);
    let addresses: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(address_in)
        .collect();
    let is_good = |text: &String| text.is_ascii() && MailAddress::new(text).is_well_formed();
    (!addresses.is_empty() && addresses.iter().all(is_good)).then_some(addresses)
}

impl Written {
    /// The letter without its text. Files are known by their whole paths: a draft is sent from
    /// anywhere.
    ///
    /// # Errors
    /// When a path is no text.
    pub fn letter(&self) -> Result<Letter, Failure> {
        let addresses = |texts: &[String]| texts.iter().map(|text| address_in(text)).collect();
        let mut files = self.taken.files.clone();
        for path in &self.attach {
            files.push(Attached::File(whole(path)?));
        }
        Ok(Letter {
            to: addresses(&self.to),
            cc: addresses(&self.cc),
            reply_to: self.reply_to.as_deref().map(address_in),
            reference: self.reference.clone(),
            subject: self.subject.clone().unwrap_or_default(),
            body: String::new(),
            files,
            form: self.form,
            answered: self.taken.answered.clone(),
        })
    }
}

/// A path from the root, as text.
pub(in crate::command) fn whole(path: &Path) -> Result<String, Failure> {
    let whole = std::path::absolute(path).ok();
    let text = whole.as_deref().and_then(Path::to_str).map(str::to_owned);
    text.ok_or_else(|| {
        let file = path.display().to_string();
        Failure::new("path-no-text", [("file", file)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_paste_addresses_with_names() {
        for (text, address) in [
            ("a@b.example", "a@b.example"),
            ("Mario Rossi <a@b.example>", "a@b.example"),
            ("\"Rossi, Mario\" <a@b.example>", "a@b.example"),
            ("<a@b.example>", "a@b.example"),
            (" a@b.example ", "a@b.example"),
            // Of two nobody knows which is meant.
            (
                "A <a@b.example>, B <b@b.example>",
                "A <a@b.example>, B <b@b.example>",
            ),
            ("Mario Rossi", "Mario Rossi"),
        ] {
            assert_eq!(address_in(text), address, "{text}");
        }
    }

    #[test]
    fn a_file_is_understood_as_terminals_write_one_that_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("l'atto n. 1%.pdf");
        std::fs::write(&file, "x").expect("a file");
        let context = Context::fixed(
            crate::timestamp::Timestamp::from_unix(0),
            crate::lang::Lang::En,
        );
        let shown = file.display().to_string();
        let escaped = shown.replace(' ', "\\ ").replace('\'', "\\'");
        let url = shown.replace('%', "%25").replace(' ', "%20");
        for answer in [
            shown.clone(),
            format!("'{shown}'"),
            format!("\"{shown}\""),
            escaped,
            format!("file://{url}"),
            format!("'file://localhost{url}'"),
        ] {
            assert_eq!(dropped(&answer, &context), file, "{answer}");
        }
        for answer in ["manca.pdf", "'", "\\", "file://%", "file://%zz", "%e9"] {
            assert_eq!(dropped(answer, &context), PathBuf::from(answer));
        }
    }

    #[test]
    fn several_recipients_are_divided_and_one_that_is_none_spoils_the_answer() {
        let two = recipients("A <a@b.example>; c@d.example,").expect("two");
        assert_eq!(two, ["a@b.example", "c@d.example"]);
        for answer in ["", " , ", "a@b.example, Mario", "è@b.example"] {
            assert_eq!(recipients(answer), None, "{answer}");
        }
    }
}
