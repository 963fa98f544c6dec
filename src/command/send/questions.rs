//! What a person is asked who gave no recipients or no subject.

use std::io;
use std::path::{Path, PathBuf};

use super::draft::address_in;
use super::order::{Body, Letter as Written};
use crate::address::MailAddress;
use crate::client::Consent;
use crate::command::ask::Asker;
use crate::command::{Failure, Session};
use crate::context::Context;
use crate::ledger::Letter;

/// Asks for recipients, subject and files where recipients or subject are missing and somebody can
/// answer.
///
/// # Errors
/// A [`Failure`] that names what is missing where nobody can; when no answer is usable.
pub(super) fn completed(
    mut written: Written,
    consent: Consent,
    session: &mut Session<'_>,
) -> anyhow::Result<Written> {
    let missing = [
        (written.to.is_empty(), "--to"),
        (written.subject.is_none(), "--subject"),
    ];
    let missing: Vec<&str> = missing
        .iter()
        .filter(|(is_missing, _)| *is_missing)
        .map(|(_, option)| *option)
        .collect();
    if missing.is_empty() {
        return Ok(written);
    }
    let context = session.context;
    let can_ask = context.stdin_is_terminal && context.stderr_is_terminal;
    if !can_ask || consent == Consent::Given || written.body.is_input() {
        return Err(Failure::new("send-missing", [("missing", missing.join(", "))]).into());
    }
    let mut input = io::stdin().lock();
    let mut asker = Asker {
        input: &mut input,
        err: &mut *session.err,
        lang: session.lang,
    };
    // Who gave anything knows the options; who gave nothing is led through.
    let asks_for_files = missing.len() > 1 && written.attach.is_empty();
    if written.to.is_empty() {
        written.to = asker.ask("to", &[], None, recipients)?;
    }
    if written.subject.is_none() {
        let one_line = |answer: &str| {
            let usable = !answer.is_empty() && !answer.contains(char::is_control);
            usable.then(|| answer.to_owned())
        };
        written.subject = Some(asker.ask("subject", &[], None, one_line)?);
    }
    if asks_for_files {
        written.attach = files(&mut asker, context)?;
    }
    Ok(written)
}

/// Files to attach, one answer each, until an empty one.
fn files(asker: &mut Asker<'_>, context: &Context) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    loop {
        let file = asker.ask("attach", &[], Some(""), |answer| {
            let path = context.at_home(answer);
            (answer.is_empty() || path.is_file()).then_some(path)
        })?;
        if file.as_os_str().is_empty() {
            return Ok(files);
        }
        files.push(file);
    }
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
    /// The letter without its text, and where that comes from. Files are known by their whole paths:
    /// a draft is sent from anywhere.
    ///
    /// # Errors
    /// When a path is no text.
    pub fn letter(self) -> Result<(Letter, Body), Failure> {
        let addresses = |texts: Vec<String>| -> Vec<String> {
            texts.iter().map(|text| address_in(text)).collect()
        };
        let files: Result<Vec<String>, Failure> =
            self.attach.iter().map(|path| whole(path)).collect();
        let letter = Letter {
            to: addresses(self.to),
            cc: addresses(self.cc),
            reply_to: self.reply_to.map(|text| address_in(&text)),
            subject: self.subject.unwrap_or_default(),
            body: String::new(),
            files: files?,
            form: self.form,
        };
        Ok((letter, self.body))
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
    fn several_recipients_are_divided_and_one_that_is_none_spoils_the_answer() {
        let two = recipients("A <a@b.example>; c@d.example,").expect("two");
        assert_eq!(two, ["a@b.example", "c@d.example"]);
        for answer in ["", " , ", "a@b.example, Mario", "è@b.example"] {
            assert_eq!(recipients(answer), None, "{answer}");
        }
    }
}
