//! From an order to a table that is open, a recipe, and those who send.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::order::{PaceOrder, TableOrder};
use super::place;
use crate::account::{Account, Config, Error};
use crate::address::MailAddress;
use crate::batch::Fault;
use crate::batch::encoding::{Decoded, Encoding, NoText, Survey};
use crate::batch::notice::Recipe;
use crate::batch::pace;
use crate::batch::table::Table;
use crate::batch::workbook::{self, NoSheet};
use crate::client::batch::{Examiner, FileFacts, Files, Remark, Sender, Stops, Walk, identity_of};
use crate::command::{Failure, Session, configuration, text_form};
use crate::input;
use crate::pec::caution::attachment_warnings;
use crate::pec::outgoing::Attachment;
use crate::smime::{Sha256, sha256};
use crate::timestamp::Timestamp;

/// Octets of a template: no text of a notice comes near.
const MAX_TEMPLATE_OCTETS: u64 = 1_000_000;
/// Octets of one attachment: more than any provider takes.
const MAX_FILE_OCTETS: u64 = 140_000_000;
/// Files whose digest is remembered: those of the largest table, in some hundred octets each.
const MOST_REMEMBERED: usize = 1_048_576;
/// Octets of a table that is kept in memory: a workbook, an array, standard input.
const MAX_TABLE_OCTETS: u64 = 256_000_000;
/// Octets of a workbook when it is unfolded: ten million cells of a hundred each. The package that
/// reads it keeps much of that in memory, and asks nobody.
const MAX_UNFOLDED_OCTETS: u64 = 1_000_000_000;
/// How a workbook begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// Octets read at once.
const BLOCK: usize = 64 * 1024;

/// A table as text.
pub(in crate::command) type Text = Decoded<Source>;

/// Where the text of a table is read from.
pub(in crate::command) enum Source {
    File(File),
    /// What came by standard input, or was read out of a workbook or an array.
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(out),
            Self::Memory(octets) => octets.read(out),
        }
    }
}

/// What a table was before it was text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Text: CSV or NDJSON.
    Text,
    /// A sheet of a workbook: `xlsx` or `ods`, its name, those of the others.
    Sheet(&'static str, String, Vec<String>),
    /// A JSON array.
    Array,
}

/// What is known before the first row.
pub(super) struct Prepared {
    /// The file of the table.
    pub path: PathBuf,
    /// Its place, known from any folder.
    pub absolute: String,
    /// SHA-256 of its octets.
    pub sha256: String,
    /// Its encoding.
    pub encoding: Encoding,
    /// What it was before it was text.
    pub origin: Origin,
    /// Its octets, where they are not read from the file.
    memory: Option<Arc<[u8]>>,
    /// The sign between cells, if it was given.
    pub delimiter: Option<u8>,
    /// How rows become notices.
    pub recipe: Recipe,
    /// Who may send.
    pub senders: HashMap<String, Sender>,
    /// Their accounts.
    pub accounts: Vec<Account>,
    /// What was found of the files to attach.
    known: Known,
}

impl Prepared {
    /// Reads the table once, the templates and the configuration.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn new(path: &Path, order: &TableOrder, session: &Session<'_>) -> anyhow::Result<Self> {
        let config = session.config()?;
        let account = default_account(&config, session)?;
        let loaded = load(path, order.sheet.as_deref())?;
        let encoding = match (&order.encoding, loaded.encoding) {
            (Some(label), _) if loaded.origin == Origin::Text => Encoding::named(label)
                .ok_or_else(|| Failure::new("batch-encoding", [("value", label.clone())]))?,
            (_, Ok(found)) => found,
            (_, Err(no_text)) => return Err(failure_of(path, no_text).into()),
        };
        let delimiter = match loaded.origin {
            Origin::Text => order.delimiter,
            Origin::Sheet(..) => Some(workbook::DELIMITER),
            Origin::Array => None,
        };
        let body = order.body_file.as_deref().map(template).transpose()?;
        let recipe = Recipe {
            subject: order.subject.clone(),
            body,
            columns: order.columns.clone(),
            form: order.form.word().to_owned(),
            reply_to: order.reply_to.clone(),
            account,
            again: order.round.clone(),
        };
        let accounts = config.accounts().to_vec();
        let senders = accounts
            .iter()
            .map(|account| (account.name.clone(), Sender::of(account)));
        Ok(Self {
            path: path.to_owned(),
            absolute: place::of(path, &loaded.sha256).map_err(|error| unreadable(path, &error))?,
            sha256: loaded.sha256,
            encoding,
            origin: loaded.origin,
            memory: loaded.memory,
            delimiter,
            recipe,
            senders: senders.collect(),
            accounts,
            known: Known::default(),
        })
    }

    /// Opens the table as text.
    ///
    /// # Errors
    /// Outside: it cannot be read. Inside: its header cannot be used.
    pub fn table(&self) -> anyhow::Result<Result<Table<Text>, Vec<Fault>>> {
        let opened = self
            .text()
            .and_then(|text| Table::open(text, self.delimiter));
        Ok(opened.map_err(|error| unreadable(&self.path, &error))?)
    }

    /// The table as text, from its beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self) -> io::Result<Text> {
        decoded(self.memory.as_ref(), &self.path, self.encoding)
    }

    /// The files beside the table; each is read once for all walks.
    pub fn files(&self) -> Disk {
        Disk {
            known: Arc::clone(&self.known),
            ..Disk::beside(Path::new(&self.absolute))
        }
    }

    /// A walk over all rows, or what is wrong before the first.
    ///
    /// # Errors
    /// When the table cannot be read, or the disk is full.
    pub fn walk<'a>(
        &'a self,
        files: &'a mut Disk,
        stops: Stops<'a>,
        now: Timestamp,
    ) -> anyhow::Result<Result<Walk<'a, Text>, Vec<Fault>>> {
        let table = match self.table()? {
            Ok(table) => table,
            Err(faults) => return Ok(Err(faults)),
        };
        let examiner = Examiner::new(&self.recipe, &self.senders, files, stops, now)
            .map_err(|error| Failure::of_ledger(&error))?;
        let examiner = match examiner {
            Ok(examiner) => examiner,
            Err(faults) => return Ok(Err(faults)),
        };
        let faults = table.header().map(|header| examiner.header_faults(header));
        match faults.filter(|faults| !faults.is_empty()) {
            Some(faults) => Ok(Err(faults)),
            None => {
                let seed = identity_of(&self.sha256, &self.recipe);
                Ok(Ok(Walk::new(table, examiner, &seed)))
            }
        }
    }

    /// How the account of an address is called.
    pub fn name_of(&self, address: &MailAddress) -> String {
        let found = self.accounts.iter().find(|one| one.address == *address);
        found.map_or_else(|| address.to_string(), |account| account.name.clone())
    }

    /// The limits of an account.
    pub fn limits(&self, name: &str, order: PaceOrder) -> pace::Limits {
        limits_of(
            self.accounts.iter().find(|account| account.name == name),
            order,
        )
    }
}

/// What the order says, else what is known of the provider.
pub(super) fn limits_of(account: Option<&Account>, order: PaceOrder) -> pace::Limits {
    let given = order.limits;
    let known = account.map(|account| account.limits).unwrap_or_default();
    pace::Limits {
        per_minute: given.per_minute.or(known.messages_per_minute),
        recipients_per_hour: given.recipients_per_hour.or(known.recipients_per_hour),
        between: given.between,
    }
}

/// The account of rows that name none; empty where none is the default, and every row must.
fn default_account(config: &Config, session: &Session<'_>) -> anyhow::Result<String> {
    match config.account(session.account.as_deref()) {
        Ok(account) => Ok(account.name.clone()),
        Err(Error::NoDefault { .. }) => Ok(String::new()),
        Err(error) => Err(configuration::failure(&error, session.lang).into()),
    }
}

/// SHA-256 of a file that was a table once.
///
/// # Errors
/// When it cannot be read, or is no file.
pub(super) fn digest(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    survey(File::open(path)?).map(|(digest, _)| digest)
}

/// A table as text, and the sign between its cells where that is known.
///
/// # Errors
/// A [`Failure`] that names the file.
pub(super) fn text_of(path: &Path, sheet: Option<&str>) -> Result<(Text, Option<u8>), Failure> {
    let loaded = load(path, sheet)?;
    let encoding = loaded
        .encoding
        .map_err(|no_text| failure_of(path, no_text))?;
    let source = match loaded.memory {
        Some(octets) => Source::Memory(Cursor::new(octets)),
        None => Source::File(File::open(path).map_err(|error| unreadable(path, &error))?),
    };
    let delimiter = match loaded.origin {
        Origin::Sheet(..) => Some(workbook::DELIMITER),
        Origin::Text | Origin::Array => None,
    };
    Ok((Decoded::new(source, encoding), delimiter))
}

/// What is found of a table before its first row.
pub(super) struct Loaded {
    /// Its file.
    pub path: PathBuf,
    /// SHA-256 of its octets.
    pub sha256: String,
    /// Its encoding, as it seems.
    pub encoding: Result<Encoding, NoText>,
    /// What it was before it was text.
    pub origin: Origin,
    memory: Option<Arc<[u8]>>,
}

impl Loaded {
    /// The table as text, from its beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self, encoding: Encoding) -> io::Result<Text> {
        decoded(self.memory.as_ref(), &self.path, encoding)
    }
}

/// A table as text, out of memory or else out of its file.
fn decoded(memory: Option<&Arc<[u8]>>, path: &Path, encoding: Encoding) -> io::Result<Text> {
    let source = match memory {
        Some(octets) => Source::Memory(Cursor::new(Arc::clone(octets))),
        None => Source::File(File::open(path)?),
    };
    Ok(Decoded::new(source, encoding))
}

/// A table out of a file, which is read once where it is text, or out of standard input.
pub(super) fn load(path: &Path, sheet: Option<&str>) -> Result<Loaded, Failure> {
    let of_path = |error: io::Error| unreadable(path, &error);
    let whole = |input: &mut dyn Read| -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        input.take(MAX_TABLE_OCTETS + 1).read_to_end(&mut octets)?;
        match octets.len() as u64 > MAX_TABLE_OCTETS {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(octets),
        }
    };
    if place::is_input(path) {
        let octets = whole(&mut io::stdin()).map_err(of_path)?;
        return from_octets(path, octets, sheet);
    }
    let found = std::fs::metadata(path).map_err(of_path)?;
    let mut file = File::open(path).map_err(of_path)?;
    // What is no file, as a pipe of the shell, can be read once only.
    if !found.is_file() {
        let octets = whole(&mut file).map_err(of_path)?;
        return from_octets(path, octets, sheet);
    }
    let mut start = Vec::new();
    file.by_ref()
        .take(1_024)
        .read_to_end(&mut start)
        .map_err(of_path)?;
    let mut all = Cursor::new(start.clone()).chain(file);
    if start.starts_with(ZIP) || is_array(&start) {
        let octets = whole(&mut all).map_err(of_path)?;
        return from_octets(path, octets, sheet);
    }
    refuse_pages(path, &start)?;
    let (sha256, encoding) = survey(all).map_err(of_path)?;
    Ok(Loaded {
        path: path.to_owned(),
        sha256,
        encoding,
        origin: Origin::Text,
        memory: None,
    })
}

fn from_octets(path: &Path, octets: Vec<u8>, sheet: Option<&str>) -> Result<Loaded, Failure> {
    let sha256 = sha256(&octets);
    let in_utf8 = |origin: Origin, text: Vec<u8>| Loaded {
        path: path.to_owned(),
        sha256: sha256.clone(),
        encoding: Ok(Encoding::UTF_8),
        origin,
        memory: Some(text.into()),
    };
    if octets.starts_with(ZIP) {
        let is_bounded = input::unfolds_within(&octets, MAX_UNFOLDED_OCTETS)
            && (!workbook::is_opendocument(&octets)
                || input::entry_within(&octets, workbook::ODS_CONTENT, MAX_UNFOLDED_OCTETS)
                    .is_none_or(|content| workbook::repeats_within_bounds(&content)));
        if !is_bounded {
            return Err(failure_of_sheet(path, sheet, NoSheet::Large));
        }
        let found = workbook::read(&octets, sheet);
        let found = found.map_err(|no_sheet| failure_of_sheet(path, sheet, no_sheet))?;
        let kind = match workbook::is_opendocument(&octets) {
            true => "ods",
            false => "xlsx",
        };
        let origin = Origin::Sheet(kind, found.name, found.others);
        return Ok(in_utf8(origin, found.csv.into_bytes()));
    }
    if is_array(&octets) {
        let lines = lines_of_array(&octets).map_err(|error| {
            let file = path.display().to_string();
            Failure::new(
                "batch-array",
                [("file", file), ("reason", error.to_string())],
            )
        })?;
        return Ok(in_utf8(Origin::Array, lines));
    }
    refuse_pages(path, &octets)?;
    let (sha256, encoding) = survey(&*octets).map_err(|error| unreadable(path, &error))?;
    Ok(Loaded {
        path: path.to_owned(),
        sha256,
        encoding,
        origin: Origin::Text,
        memory: Some(octets.into()),
    })
}

/// Whether a text begins as an array of JSON whose elements are objects; a header may begin with
/// the same sign: `[Nome];pec`.
fn is_array(octets: &[u8]) -> bool {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let inside = octets.trim_ascii_start().strip_prefix(b"[");
    let next = inside.map(|inside| inside.trim_ascii_start().first());
    matches!(next, Some(None | Some(b'{' | b']')))
}

fn first_sign(octets: &[u8]) -> Option<u8> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    octets.trim_ascii_start().first().copied()
}

/// A web page is what many programs write and call `.xls`; a PDF is no table at all.
fn refuse_pages(path: &Path, start: &[u8]) -> Result<(), Failure> {
    let file = [("file", path.display().to_string())];
    match first_sign(start) {
        Some(b'<') => Err(Failure::new("batch-page", file)),
        _ if start.starts_with(b"%PDF-") => Err(Failure::new("batch-binary", file)),
        _ => Ok(()),
    }
}

/// The elements of an array, one a line.
fn lines_of_array(octets: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let elements: Vec<serde_json::Value> = serde_json::from_slice(octets)?;
    let mut lines = Vec::with_capacity(octets.len());
    for element in elements {
        serde_json::to_writer(&mut lines, &element)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Digest and encoding of a text, read once.
fn survey(mut text: impl Read) -> io::Result<(String, Result<Encoding, NoText>)> {
    let (mut digest, mut survey) = (Sha256::default(), Survey::default());
    let mut block = vec![0; BLOCK];
    loop {
        let count = text.read(&mut block)?;
        if count == 0 {
            return Ok((digest.finish(), survey.finish()));
        }
        digest.feed(&block[..count]);
        survey.feed(&block[..count]);
    }
}

fn failure_of_sheet(path: &Path, sheet: Option<&str>, no_sheet: NoSheet) -> Failure {
    let file = ("file", path.display().to_string());
    let sheet = ("sheet", sheet.unwrap_or_default().to_owned());
    match no_sheet {
        NoSheet::Unreadable(reason) => {
            Failure::new("batch-workbook-unreadable", [file, ("reason", reason)])
        }
        NoSheet::Unknown(known) => {
            let sheets = ("sheets", known.join(", "));
            Failure::new("batch-sheet", [file, sheet, sheets])
        }
        NoSheet::Empty => Failure::new("batch-empty", [file]),
        NoSheet::Large => Failure::new("batch-workbook-large", [file]),
    }
}

fn failure_of(path: &Path, no_text: NoText) -> Failure {
    let file = [("file", path.display().to_string())];
    match no_text {
        NoText::Workbook => Failure::new("batch-workbook", file),
        NoText::Binary => Failure::new("batch-binary", file),
        NoText::Empty => Failure::new("batch-empty", file),
    }
}

/// A file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        "batch-read",
        [
            ("file", path.display().to_string()),
            ("reason", error.to_string()),
        ],
    )
}

/// A template in UTF-8, or in windows-1252 as old editors write it.
fn template(path: &Path) -> Result<String, Failure> {
    let read = || -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        File::open(path)?
            .take(MAX_TEMPLATE_OCTETS + 1)
            .read_to_end(&mut octets)?;
        if octets.len() as u64 > MAX_TEMPLATE_OCTETS {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(octets)
    };
    let octets = read().map_err(|error| unreadable(path, &error))?;
    text_form::plain(path, &octets)?;
    let mut survey = Survey::default();
    survey.feed(&octets);
    let encoding = survey.finish().unwrap_or(Encoding::UTF_8);
    let mut text = String::new();
    let decoded = Decoded::new(&*octets, encoding).read_to_string(&mut text);
    decoded.map_err(|error| unreadable(path, &error))?;
    Ok(text)
}

/// Files on the disk, named relative to the folder of the table. What was found of one is kept as
/// long as its size and time stay the same.
pub(super) struct Disk {
    folder: PathBuf,
    known: Known,
}

/// What was found of files, for all walks over a table.
pub(super) type Known = Arc<Mutex<HashMap<String, Found>>>;

#[derive(Clone)]
pub(super) struct Found {
    size: u64,
    changed: Option<SystemTime>,
    facts: FileFacts,
    remarks: Vec<Remark>,
}

impl Disk {
    /// Of the table at a path.
    pub fn beside(table: &Path) -> Self {
        Self {
            folder: table.parent().unwrap_or(Path::new("")).to_owned(),
            known: Known::default(),
        }
    }

    fn open(&self, name: &str) -> io::Result<(File, Metadata)> {
        let path = self.folder.join(name);
        // Asked first: opening a pipe waits for somebody to write into it.
        check_file(&std::fs::metadata(&path)?)?;
        let file = File::open(path)?;
        let found = file.metadata()?;
        check_file(&found)?;
        Ok((file, found))
    }

    /// What is known of a file, read where it is not or has changed since.
    fn found(&self, name: &str) -> io::Result<Found> {
        let (file, metadata) = self.open(name)?;
        let (size, changed) = (metadata.len(), metadata.modified().ok());
        if let Ok(known) = self.known.lock()
            && let Some(found) = known.get(name)
            && changed.is_some()
            && (found.size, found.changed) == (size, changed)
        {
            return Ok(found.clone());
        }
        let mut content = Vec::new();
        file.take(MAX_FILE_OCTETS).read_to_end(&mut content)?;
        let facts = FileFacts {
            size: content.len() as u64,
            sha256: sha256(&content),
        };
        let found = Found {
            size,
            changed,
            facts,
            remarks: self.remarks_on(name, content),
        };
        if let Ok(mut known) = self.known.lock() {
            if known.len() >= MOST_REMEMBERED {
                known.clear();
            }
            known.insert(name.to_owned(), found.clone());
        }
        Ok(found)
    }

    fn remarks_on(&self, name: &str, content: Vec<u8>) -> Vec<Remark> {
        let attachment = Attachment {
            name: name.to_owned(),
            content,
        };
        let names_in = |attachment: &Attachment| input::names_in_archive(&attachment.content);
        let warnings = attachment_warnings(&attachment, &names_in);
        let mut remarks: Vec<Remark> = warnings.into_iter().map(Remark::Message).collect();
        // Links too: who made the table may not be who may read the file.
        let whole = |path: &Path| std::fs::canonicalize(path);
        let folder = match self.folder.as_os_str().is_empty() {
            true => whole(Path::new(".")),
            false => whole(&self.folder),
        };
        if let (Ok(folder), Ok(file)) = (folder, whole(&self.folder.join(name)))
            && !file.starts_with(folder)
        {
            remarks.push(Remark::Outside(name.to_owned()));
        }
        remarks
    }
}

/// Refuses what is no plain file: a device or pipe has no end, or waits for ever.
fn check_file(found: &Metadata) -> io::Result<()> {
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        let reason = "a pipe or a device, not a file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    if found.len() > MAX_FILE_OCTETS {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(())
}

impl Files for Disk {
    fn look(&mut self, name: &str) -> Result<FileFacts, String> {
        let found = self.found(name).map_err(|error| error.to_string())?;
        Ok(found.facts)
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let read = || -> io::Result<Vec<u8>> {
            let mut octets = Vec::new();
            let (file, _) = self.open(name)?;
            file.take(MAX_FILE_OCTETS).read_to_end(&mut octets)?;
            Ok(octets)
        };
        read().map_err(|error| error.to_string())
    }

    fn remarks(&mut self, name: &str) -> Vec<Remark> {
        self.found(name)
            .map_or_else(|_| Vec::new(), |found| found.remarks)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_read_again_only_when_its_size_or_its_time_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("avviso.pdf");
        let write = |text: &str, at: SystemTime| {
            fs::write(&path, text).unwrap();
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(at)
                .unwrap();
        };
        let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        let later = then + std::time::Duration::from_secs(1);
        let mut disk = Disk::beside(&folder.path().join("avvisi.csv"));
        write("uno", then);
        let first = disk.look("avviso.pdf").unwrap().sha256;
        write("due", then);
        assert_eq!(disk.look("avviso.pdf").unwrap().sha256, first, "not read");
        write("due", later);
        assert_ne!(disk.look("avviso.pdf").unwrap().sha256, first);
        write("tre!", later);
        assert_eq!(disk.look("avviso.pdf").unwrap().size, 4);
        fs::remove_file(&path).unwrap();
        assert!(disk.look("avviso.pdf").is_err());
    }
}
