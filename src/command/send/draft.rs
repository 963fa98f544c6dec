//! From an order to the octets of a message: the parts gathered, everything wrong with them
//! told at once.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::order::{Body, Letter, Source, What};
use crate::account::make_private_folder;
use crate::address::MailAddress;
use crate::batch::identity::{Identity, Key, Matter};
use crate::batch::notice::digest;
use crate::client::Consent;
use crate::command::{Failure, Session, text_form};
use crate::context::random_hex;
use crate::mime::header::Header;
use crate::output::catalogue::Catalogue;
use crate::pec::DeliveryForm;
use crate::smime::content::with_crlf;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::transport::compose::{ComposeError, Draft, compose};

/// Octets of one attachment, or of a ready message: more than any provider takes.
const MAX_FILE_OCTETS: u64 = 140_000_000;

/// The octets of the message that was ordered; not yet checked.
///
/// # Errors
/// A [`Failure`] that names all files that cannot be read, or the part that cannot be used.
pub(super) fn octets(
    what: What,
    consent: Consent,
    from: &MailAddress,
    typed: &mut Typed,
    session: &mut Session<'_>,
) -> anyhow::Result<Vec<u8>> {
    match what {
        What::Ready(source) => ready(&source, from, session.context.clock.now()),
        What::Written(letter) => written(letter, consent, from, typed, session),
    }
}

fn written(
    letter: Letter,
    consent: Consent,
    from: &MailAddress,
    typed: &mut Typed,
    session: &mut Session<'_>,
) -> anyhow::Result<Vec<u8>> {
    check_addresses(&letter)?;
    let attachments = attachments(&letter.attach)?;
    let body = body(letter.body, consent, typed, session)?;
    let addresses = |texts: &[String]| -> Vec<MailAddress> {
        texts.iter().map(|text| MailAddress::new(text)).collect()
    };
    let mut fields = Vec::new();
    if letter.form != DeliveryForm::Complete {
        fields.push(("X-TipoRicevuta", letter.form.word().to_owned()));
    }
    let (to, cc) = (addresses(&letter.to), addresses(&letter.cc));
    let message_id = identified(from, (&to, &cc), (&letter.subject, &body), &attachments);
    let draft = Draft {
        from: from.clone(),
        to,
        cc,
        reply_to: letter.reply_to.as_deref().map(MailAddress::new),
        subject: letter.subject,
        body,
        attachments,
        fields,
        message_id,
        date: session.context.clock.now(),
    };
    let failure = |error| match error {
        ComposeError::Address(address) => Failure::new("compose-address", [("value", address)]),
        ComposeError::Control(what) => {
            Failure::new("compose-control", [("value", what.to_owned())])
        }
        other => Failure::new("compose", [("value", other.to_string())]),
    };
    compose(&draft).map_err(|error| failure(error).into())
}

/// Refuses what is no address, and what is one in other letters than ASCII: all at once.
fn check_addresses(letter: &Letter) -> Result<(), Failure> {
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
fn ready(source: &Source, from: &MailAddress, now: Timestamp) -> anyhow::Result<Vec<u8>> {
    let octets = source.read()?;
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
    Ok(octets)
}

fn attachments(files: &[PathBuf]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut read_ones = Vec::new();
    let mut missing = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or(path.as_os_str());
        match read(path) {
            Ok(octets) => read_ones.push((name.to_string_lossy().into_owned(), octets)),
            Err(error) => missing.push((path.clone(), error)),
        }
    }
    if missing.is_empty() {
        Ok(read_ones)
    } else {
        Err(unreadable(&missing).into())
    }
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

impl Source {
    fn read(&self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::File(path) => read(path).map_err(|error| unreadable(&[(path.clone(), error)])),
            Self::Input => {
                let mut octets = Vec::new();
                let input = io::stdin().take(MAX_FILE_OCTETS).read_to_end(&mut octets);
                input.map_err(|error| unreadable(&[("-".into(), error)]))?;
                Ok(octets)
            }
        }
    }
}

fn unreadable(files: &[(PathBuf, io::Error)]) -> Failure {
    let lines: Vec<String> = files
        .iter()
        .map(|(path, error)| format!("{}: {error}", path.display()))
        .collect();
    Failure::new("attachments", [("files", lines.join("; "))])
}

/// The text: given, read, or from the editor.
fn body(
    body: Body,
    consent: Consent,
    typed: &mut Typed,
    session: &mut Session<'_>,
) -> anyhow::Result<String> {
    let source = match body {
        Body::Given(text) => return Ok(text),
        Body::Asked if session.context.stdin_is_terminal => return edit(typed, session),
        Body::Asked => Source::Input,
        Body::From(source) => source,
    };
    let octets = source.read()?;
    if let Source::File(path) = &source {
        text_form::plain(path, &octets)?;
    }
    let text = String::from_utf8(octets).map_err(|_| Failure::new("body-encoding", []))?;
    // A script that lost its text must not send a letter without one: nobody is asked.
    if consent == Consent::Given && text.trim().is_empty() {
        return Err(Failure::new("empty-body", []).into());
    }
    Ok(text)
}

/// The text that was written in the editor: a file beside the ledger, kept until the message
/// left.
#[derive(Default)]
pub(super) struct Typed(Option<PathBuf>);

impl Typed {
    /// The message left, or may have: the ledger keeps it.
    pub fn is_sent(&mut self) {
        if let Some(path) = self.0.take() {
            // Best effort: what is left is private.
            let _ = fs::remove_file(path);
        }
    }

    /// Says where the text is, if there is one that did not leave.
    ///
    /// # Errors
    /// Those of the output.
    pub fn tell(&self, session: &mut Session<'_>) -> io::Result<()> {
        let Some(path) = &self.0 else {
            return Ok(());
        };
        let texts = Catalogue::of(session.lang);
        let values = [("file", &*path.display().to_string())];
        writeln!(session.err, "{}", texts.fill("send.text-kept", &values))
    }
}

/// Asks the user's editor for the text.
fn edit(typed: &mut Typed, session: &mut Session<'_>) -> anyhow::Result<String> {
    let Some(editor) = &session.context.editor else {
        return Err(Failure::new("no-editor", []).into());
    };
    let failed = |error: io::Error| {
        anyhow::Error::from(Failure::new(
            "editor",
            [("editor", editor.clone()), ("reason", error.to_string())],
        ))
    };
    // In the private data folder, not in one that others can read.
    let folder = session
        .data_dir
        .as_ref()
        .ok_or_else(|| Failure::new("no-data-folder", []))?;
    make_private_folder(folder).map_err(failed)?;
    let path = folder.join(format!("draft-{}.txt", random_hex()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).map_err(failed)?;
    // `sh -c` because EDITOR may hold options, as git and others take it.
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .env_remove("PEC_PASSWORD")
        .arg(&path)
        .status()
        .map_err(failed)?;
    *typed = Typed(Some(path.clone()));
    let octets = fs::read(&path).map_err(failed)?;
    if octets.trim_ascii().is_empty() {
        typed.is_sent();
        return Err(Failure::new("empty-body", []).into());
    }
    // Said at once: Ctrl-C at the question leaves no time for it.
    typed.tell(session)?;
    if !status.success() {
        return Err(failed(io::Error::other(status.to_string())));
    }
    String::from_utf8(octets).map_err(|_| Failure::new("body-encoding", []).into())
}
