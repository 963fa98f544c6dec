//! From an order to the octets of a message: the parts gathered, everything wrong with them
//! told at once.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::address::MailAddress;
use crate::batch::identity::{Identity, Key, Matter};
use crate::batch::notice::digest;
use crate::client::Consent;
use crate::command::{Failure, text_form};
use crate::contents::{Contents, original_in};
use crate::context::random_hex;
use crate::ledger::{Attached, Ledger, Letter};
use crate::mime::decode;
use crate::mime::header::Header;
use crate::pec::DeliveryForm;
use crate::smime::content::with_crlf;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::transport::compose::{ComposeError, Draft, HeaderText, compose};

/// Octets of one attachment, or of a ready message: more than any provider takes.
const MAX_FILE_OCTETS: u64 = 140_000_000;

/// The octets of a letter; not yet checked as a message.
///
/// # Errors
/// A [`Failure`] that names all files that cannot be read, or the part that cannot be used.
pub(super) fn written(
    letter: &Letter,
    attachments: Vec<(String, Vec<u8>)>,
    account: &Account,
    now: Timestamp,
) -> anyhow::Result<Vec<u8>> {
    let addresses = |texts: &[String]| -> Vec<MailAddress> {
        texts.iter().map(|text| MailAddress::new(text)).collect()
    };
    let mut fields = Vec::new();
    if let Some(answered) = &letter.answered {
        fields.push(("In-Reply-To", answered.message_id.clone()));
        fields.push(("References", answered.references.clone()));
    }
    if letter.form != DeliveryForm::Complete {
        fields.push(("X-TipoRicevuta", letter.form.word().to_owned()));
    }
    let from = &account.address;
    let (to, cc) = (addresses(&letter.to), addresses(&letter.cc));
    let message_id = identified(
        from,
        (&to, &cc),
        (&letter.subject, &letter.body),
        &attachments,
    );
    let draft = Draft {
        from: from.clone(),
        from_name: account.display_name.clone(),
        to,
        cc,
        reply_to: letter.reply_to.as_deref().map(MailAddress::new),
        subject: letter.subject.clone(),
        body: letter.body.clone(),
        attachments,
        fields,
        message_id,
        date: now,
    };
    let failure = |error| match error {
        ComposeError::Address(address) => Failure::new("compose-address", [("value", address)]),
        ComposeError::Control(text) => control(text, account),
        other => Failure::new("compose", [("value", other.to_string())]),
    };
    compose(&draft).map_err(|error| failure(error).into())
}

/// That a control character stands in a text of the header, and what can be done there.
fn control(text: HeaderText, account: &Account) -> Failure {
    match text {
        HeaderText::Subject => Failure::new("control-subject", []),
        HeaderText::FileName(name) => Failure::new("control-file", [("file", name)]),
        HeaderText::SenderName => {
            Failure::new("control-sender", [("account", account.name.clone())])
        }
        HeaderText::Field => Failure::new("control-field", []),
    }
}

/// The address that somebody wrote or pasted, with or without a name before it
/// (`"Mario Rossi" <a@b.example>`): the name of a recipient is nobody's to give, and is left out.
pub(in crate::command) fn address_in(text: &str) -> String {
    let found = match text.contains('<') {
        true => decode::addresses(text.as_bytes()),
        false => Vec::new(),
    };
    match &found[..] {
        [one] if !one.address.is_empty() => one.address.clone(),
        _ => text.trim().to_owned(),
    }
}

/// Refuses what is no address, and what is one in other letters than ASCII: all at once.
pub(in crate::command) fn check_addresses(letter: &Letter) -> Result<(), Failure> {
    let all = || letter.to.iter().chain(&letter.cc).chain(&letter.reply_to);
    let wrong: Vec<&str> = all()
        .filter(|text| !MailAddress::new(text).is_well_formed())
        .map(String::as_str)
        .collect();
    if !wrong.is_empty() {
        return Err(Failure::new(
            "compose-address",
            [("value", wrong.join("; "))],
        ));
    }
    let odd: Vec<String> = all()
        .filter(|text| !text.is_ascii())
        .map(|text| MailAddress::new(text).ascii_form().unwrap_or_default())
        .collect();
    match odd.is_empty() {
        true => Ok(()),
        false => Err(Failure::new("compose-ascii", [("value", odd.join("; "))])),
    }
}

/// A Message-ID that says what the message is, so that another machine knows its acceptance, and
/// with 64 random bits which sending of that.
fn identified(
    from: &MailAddress,
    (to, cc): (&[MailAddress], &[MailAddress]),
    (subject, body): (&str, &str),
    attachments: &[(String, Vec<u8>)],
) -> String {
    let digests: Vec<String> = attachments
        .iter()
        .map(|(_, octets)| sha256(octets))
        .collect();
    let names = attachments.iter().map(|(name, _)| &**name);
    let files = names.zip(digests.iter().map(String::as_str));
    let content = digest((to, cc), subject, body, files);
    marked(from, &content)
}

/// The same for a ready message without one, by its octets.
fn identified_by_octets(from: &MailAddress, octets: &[u8]) -> String {
    marked(from, &sha256(octets))
}

fn marked(from: &MailAddress, content: &str) -> String {
    let identity = Identity {
        key: Key::of_single(from, content),
        matter: Matter::of(content),
    };
    identity.marked_message_id(&random_hex()[..16], from.domain())
}

/// A ready message. Line ends of LF become CRLF; Message-ID and Date are added at the top
/// where they are missing; all else is sent as it is.
pub(super) fn ready(octets: Vec<u8>, from: &MailAddress, now: Timestamp) -> Vec<u8> {
    let mut octets = if octets.contains(&b'\r') {
        octets
    } else {
        let mut whole = Vec::with_capacity(octets.len());
        with_crlf(&octets, |run| whole.extend_from_slice(run));
        whole
    };
    let mut added = String::new();
    if let Ok((header, _)) = Header::parse(&octets) {
        if header.count("Message-ID") == 0 {
            let id = identified_by_octets(from, &octets);
            added.push_str(&format!("Message-ID: {id}\r\n"));
        }
        if header.count("Date") == 0 {
            let date = now.rfc5322();
            added.push_str(&format!("Date: {date}\r\n"));
        }
    }
    octets.splice(0..0, added.into_bytes());
    octets
}

/// Names and octets of what is attached; what is kept comes from the ledger.
///
/// # Errors
/// A [`Failure`] that names all that cannot be read.
pub(in crate::command) fn attachments<'a>(
    files: impl IntoIterator<Item = &'a Attached>,
    ledger: Option<&Ledger>,
) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut read_ones = Vec::new();
    let mut missing = Vec::new();
    for file in files {
        let path = Path::new(file.named());
        let (name, octets) = match file {
            Attached::File(_) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                (name.to_string_lossy().into_owned(), read(path))
            }
            Attached::Kept {
                octets,
                place,
                name,
            } => (name.clone(), kept(octets, place, ledger)),
        };
        match octets {
            Ok(octets) => read_ones.push((name, octets)),
            Err(error) => missing.push((path.to_owned(), error)),
        }
    }
    if missing.is_empty() {
        Ok(read_ones)
    } else {
        Err(unreadable(&missing).into())
    }
}

/// A message that is kept, or the part of it at a place.
fn kept(octets: &str, place: &str, ledger: Option<&Ledger>) -> io::Result<Vec<u8>> {
    let ledger = ledger.ok_or(io::ErrorKind::NotFound)?;
    let whole = ledger.octets(octets).map_err(io::Error::other)?;
    if place.is_empty() {
        return Ok(whole);
    }
    let mail = original_in(&whole);
    let contents = Contents::of(mail.as_deref().unwrap_or(&whole));
    let part = contents.as_ref().and_then(|contents| {
        let mut attachments = contents.attachments();
        attachments.find(|attachment| attachment.place == place)
    });
    let part = part.ok_or(io::ErrorKind::InvalidData)?;
    Ok(part.pieces().collect::<Vec<_>>().concat())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if found.len() > MAX_FILE_OCTETS {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut octets = Vec::new();
    file.take(MAX_FILE_OCTETS).read_to_end(&mut octets)?;
    Ok(octets)
}

/// The octets of a file.
///
/// # Errors
/// A [`Failure`] that names it.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    read(path).map_err(|error| unreadable(&[(path.to_owned(), error)]))
}

/// All octets of standard input.
///
/// # Errors
/// A [`Failure`]; when there are more than any provider takes, since a part is not what was meant.
pub(super) fn input() -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    let input = io::stdin()
        .take(MAX_FILE_OCTETS + 1)
        .read_to_end(&mut octets);
    input.map_err(|error| unreadable(&[("-".into(), error)]))?;
    match octets.len() as u64 > MAX_FILE_OCTETS {
        true => Err(Failure::new("input-too-large", [])),
        false => Ok(octets),
    }
}

fn unreadable(files: &[(PathBuf, io::Error)]) -> Failure {
    let lines: Vec<String> = files
        .iter()
        .map(|(path, error)| format!("{}: {error}", path.display()))
        .collect();
    Failure::new("attachments", [("reason", lines.join("; "))])
}

/// The words of a text that was read.
///
/// # Errors
/// A [`Failure`]: it is no text, or a script lost it; `file` is where it can be read again.
pub(super) fn words(
    octets: Vec<u8>,
    file: Option<&Path>,
    consent: Consent,
) -> Result<String, Failure> {
    let shown = file.map(|file| file.display().to_string());
    let words = String::from_utf8(octets);
    let words =
        words.map_err(|error| text_form::other_encoding(error.as_bytes(), shown.as_deref()))?;
    // A script that lost its text must not send a letter without one: nobody is asked.
    if consent == Consent::Given && words.trim().is_empty() {
        return Err(Failure::new("empty-body", []));
    }
    Ok(words)
}
