//! Entries of a zip archive (PKWARE APPNOTE), stored or deflated.
//!
//! Names of entries are shown and never used as paths, so none leads out of anywhere. What an
//! archive says about itself is not believed: counts and sizes are bounded before memory is
//! taken for them. Archives within archives are opened a few levels deep, and all that is within one
//! shares what it may unfold to.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;

use super::{Error, Given, ReadSeek, is_clutter};
use crate::mime::MAX_MESSAGE_OCTETS;

/// Entries of one archive: ten years of a mailbox with 25 messages a day. An archive without
/// ZIP64 holds 65,535 (APPNOTE 4.4.21).
const MAX_ENTRIES: u64 = 100_000;

/// Octets read to list the entries: one takes 46 and its name, with times and owner some 150.
const MAX_DIRECTORY_OCTETS: u64 = 32 * 1024 * 1024;

/// How many times its size an archive may unfold to, beyond one message of the largest size.
/// Mail, mostly base64 and XML, deflates to a third, at best a tenth; deflate itself reaches
/// 1,032, and entries that share octets reach millions.
const MAX_EXPANSION: u64 = 100;

/// Octets of all files of an archive that are handed out one by one, to be written: more than any mail
/// carries, and less than fills a disk.
const MAX_UNFOLDED: u64 = 1 << 30;

/// Levels of archives within an archive that are opened: a mailbox exported in parts and packed again
/// has one or two. Each level that is open holds one entry in memory.
pub(super) const MAX_DEPTH: usize = 3;

/// Which entries are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Every file.
    Files,
    /// What looks like mail, and archives.
    Mail,
}

/// What an archive and all archives within it may unfold to.
#[derive(Clone)]
pub(super) struct Allowance {
    limit: u64,
    left: Arc<AtomicU64>,
    /// Levels of archives that are opened within.
    depth: usize,
    wanted: Wanted,
}

impl Allowance {
    pub(super) fn new(limit: u64, wanted: Wanted) -> Self {
        Self {
            limit,
            left: Arc::new(AtomicU64::new(limit)),
            depth: MAX_DEPTH,
            wanted,
        }
    }

    /// For an archive within; `None` where no more are opened.
    pub(super) fn within(&self) -> Option<Self> {
        Some(Self {
            depth: self.depth.checked_sub(1)?,
            ..self.clone()
        })
    }
}

/// Names of the entries of an archive in memory, without unfolding any; empty for what is no
/// archive or passes a limit. Archives within it are not looked into.
pub fn names_in_archive(octets: &[u8]) -> Vec<String> {
    if !octets.starts_with(b"PK") {
        return Vec::new();
    }
    let file = Box::new(io::Cursor::new(octets.to_vec()));
    match Archive::open(String::new(), file) {
        Ok(archive) => {
            let names = archive.zip.file_names().flatten();
            names.map(std::borrow::Cow::into_owned).collect()
        }
        Err(_) => Vec::new(),
    }
}

/// Whether all entries of an archive in memory have no more than so many octets together, as they
/// state it: the package `zip` unfolds none further than that. What cannot be read counts as
/// nothing; whoever reads it says so.
pub fn unfolds_within(octets: &[u8], most: u64) -> bool {
    let Ok(mut zip) = ZipArchive::new(io::Cursor::new(octets)) else {
        return true;
    };
    let stated = (0..zip.len()).try_fold(0_u64, |sum, index| {
        let size = zip.by_index_raw(index).map_or(0, |entry| entry.size());
        sum.checked_add(size).filter(|sum| *sum <= most)
    });
    stated.is_some()
}

/// One entry of an archive in memory, if it is there, can be read, and is no larger than that.
pub fn entry_within(octets: &[u8], name: &str, most: u64) -> Option<Vec<u8>> {
    let mut zip = ZipArchive::new(io::Cursor::new(octets)).ok()?;
    let entry = zip.by_name(name).ok()?;
    let mut content = Vec::new();
    entry
        .take(most.saturating_add(1))
        .read_to_end(&mut content)
        .ok()?;
    (content.len() as u64 <= most).then_some(content)
}

/// The files in an archive in memory, each read when it is asked for, by the names of the entries; those of
/// archives within it stay closed. All of them
/// together are bounded.
///
/// # Errors
/// When its directory cannot be read or passes a limit; that of an entry comes with it.
pub fn files_in_archive(
    octets: Vec<u8>,
) -> Result<impl Iterator<Item = (String, Result<Vec<u8>, Error>)>, Error> {
    let limit = (octets.len() as u64).saturating_mul(MAX_EXPANSION);
    let allowance = Allowance::new(limit.min(MAX_UNFOLDED), Wanted::Files);
    let archive = Archive::within(String::new(), octets, allowance)?;
    Ok(archive.map(|entry| {
        let name = entry.name.trim_start_matches("!/").to_owned();
        (name, entry.octets)
    }))
}

/// One file of an archive, by its name with that of the archive before it.
pub(super) struct Entry {
    pub name: String,
    /// What it holds, or why that cannot be read.
    pub octets: Result<Vec<u8>, Error>,
}

/// An archive that is being read.
pub(super) struct Archive {
    name: String,
    zip: ZipArchive<BufReader<Metered>>,
    next: usize,
    allowance: Allowance,
    tell_same_name: bool,
}

impl Archive {
    /// Lists the entries.
    ///
    /// # Errors
    /// When the directory cannot be read or passes a limit.
    pub(super) fn open(name: String, mut file: Box<dyn ReadSeek>) -> Result<Self, Error> {
        let length = file.seek(SeekFrom::End(0))?;
        let limit = length
            .saturating_mul(MAX_EXPANSION)
            .saturating_add(MAX_MESSAGE_OCTETS as u64);
        Self::list(name, file, length, Allowance::new(limit, Wanted::Files))
    }

    /// The same of an archive that was found within something, in memory.
    pub(super) fn within(
        name: String,
        octets: Vec<u8>,
        allowance: Allowance,
    ) -> Result<Self, Error> {
        let length = octets.len() as u64;
        Self::list(name, Box::new(io::Cursor::new(octets)), length, allowance)
    }

    fn list(
        name: String,
        mut file: Box<dyn ReadSeek>,
        length: u64,
        allowance: Allowance,
    ) -> Result<Self, Error> {
        if most_entries_stated(&mut file, length)? > MAX_ENTRIES {
            return Err(Error::ZipTooMany { limit: MAX_ENTRIES });
        }
        let allowed = Arc::new(AtomicU64::new(MAX_DIRECTORY_OCTETS));
        let metered = BufReader::new(Metered {
            file,
            allowed: Arc::clone(&allowed),
        });
        // Known: the archive begins where the file does, so nothing is searched for.
        let config = Config {
            archive_offset: ArchiveOffset::Known(0),
        };
        let zip = ZipArchive::with_config(config, metered).map_err(|error| {
            if allowed.load(Ordering::Relaxed) == 0 {
                Error::ZipTooMany { limit: MAX_ENTRIES }
            } else {
                of_zip(error, Error::ZipDamaged)
            }
        })?;
        allowed.store(u64::MAX, Ordering::Relaxed);
        Ok(Self {
            name,
            tell_same_name: zip.has_duplicate_names(),
            zip,
            next: 0,
            allowance,
        })
    }

    /// Whether its entries are what the user wants to see, or the archive is one document.
    ///
    /// Word, LibreOffice, Java and signature containers are zip archives too, and lie beside
    /// receipts. So one of the names must look like mail; an archive that was named is opened
    /// also without that, unless it is a document.
    pub(super) fn is_to_be_opened(&self, given: Given) -> bool {
        let any = |test: fn(&[u8]) -> bool| self.zip.file_names_raw().any(test);
        any(looks_like_mail) || (given == Given::Directly && !any(marks_a_document))
    }

    /// Whether there is mail in it, or an archive that may hold some.
    pub(super) fn holds_mail(&self) -> bool {
        let mut names = self.zip.file_names_raw();
        names.any(|name| looks_like_mail(name) || looks_like_archive(name))
    }

    /// The file, at any place in it.
    pub(super) fn into_inner(self) -> Box<dyn ReadSeek> {
        self.zip.into_inner().into_inner().file
    }

    /// What may be unfolded of all that is within.
    pub(super) fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Reads the entry of this index; `None` for folders, links and clutter.
    fn entry(&mut self, index: usize) -> Option<Entry> {
        let entry = self.zip.by_index_data(index).ok()?;
        let inner = entry
            .name()
            .unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw()));
        if !entry.is_file() || is_passed_over(inner.as_bytes()) {
            return None;
        }
        let is_wanted =
            || looks_like_mail(entry.name_raw()) || looks_like_archive(entry.name_raw());
        if self.allowance.wanted == Wanted::Mail && !is_wanted() {
            return None;
        }
        let name = format!("{}!/{inner}", self.name);
        let octets = if entry.encrypted() {
            Err(Error::ZipEncrypted)
        } else if entry.size() > MAX_MESSAGE_OCTETS as u64 {
            Err(Error::TooLarge {
                limit: MAX_MESSAGE_OCTETS,
            })
        } else {
            self.read(index)
        };
        Some(Entry { name, octets })
    }

    /// Unfolds one entry; the library holds it to its stated size and checksum.
    fn read(&mut self, index: usize) -> Result<Vec<u8>, Error> {
        let entry = self
            .zip
            .by_index(index)
            .map_err(|error| of_zip(error, Error::ZipEntry))?;
        let left = self.allowance.left.load(Ordering::Relaxed);
        let most = left.min(MAX_MESSAGE_OCTETS as u64);
        let mut octets = Vec::new();
        let read = entry.take(most + 1).read_to_end(&mut octets);
        // Counted also when it ends badly: the work was done.
        let count = octets.len() as u64;
        let still = left.saturating_sub(count);
        self.allowance.left.store(still, Ordering::Relaxed);
        if count > left {
            self.next = self.zip.len();
            let limit = self.allowance.limit;
            return Err(Error::ZipExpands { limit });
        }
        if count > MAX_MESSAGE_OCTETS as u64 {
            return Err(Error::TooLarge {
                limit: MAX_MESSAGE_OCTETS,
            });
        }
        read.map_err(|error| of_zip(error.into(), Error::ZipEntry))?;
        Ok(octets)
    }
}

impl Iterator for Archive {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if std::mem::take(&mut self.tell_same_name) {
            return Some(Entry {
                name: self.name.clone(),
                octets: Err(Error::ZipSameName),
            });
        }
        while self.next < self.zip.len() {
            self.next += 1;
            if let Some(entry) = self.entry(self.next - 1) {
                return Some(entry);
            }
        }
        None
    }
}

/// A message or an mbox by its ending, or a message of a Maildir.
fn looks_like_mail(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(b".eml")
        || name.ends_with(b".emlx")
        || name.ends_with(b".eml.p7m")
        || name.ends_with(b".mbox")
        || name.starts_with(b"cur/")
        || memchr::memmem::find(&name, b"/cur/").is_some()
}

fn looks_like_archive(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b".zip")
}

/// The entry that tells a package of OOXML (ECMA-376-2, 10.1.2), of OpenDocument, EPUB and
/// ASiC (`mimetype`), or of Java.
fn marks_a_document(name: &[u8]) -> bool {
    [
        b"[Content_Types].xml" as &[u8],
        b"mimetype",
        b"META-INF/MANIFEST.MF",
    ]
    .contains(&name)
}

/// As in a folder; macOS adds a second, hidden file for each one.
fn is_passed_over(name: &[u8]) -> bool {
    let file_name = name.rsplit(|octet| *octet == b'/').next().unwrap_or(name);
    is_clutter(file_name) || name.starts_with(b"__MACOSX/")
}

/// What the library says, in our words; `damaged` when the octets are wrong.
fn of_zip(error: ZipError, damaged: Error) -> Error {
    match error {
        ZipError::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Other => damaged,
            io::ErrorKind::Unsupported => Error::ZipMethod,
            _ => error.into(),
        },
        ZipError::CompressionMethodNotSupported(_) => Error::ZipMethod,
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Error::ZipEncrypted
        }
        _ => damaged,
    }
}

/// The largest number of entries that any ZIP64 record of the file states; 0 without one.
///
/// The library makes room for as many as the record says before it reads the first. It takes
/// the record that the locator before one of the last end signatures points to (APPNOTE
/// 4.3.14 to 4.3.16); all of them are looked at, so it cannot have seen another.
fn most_entries_stated(file: &mut Box<dyn ReadSeek>, length: u64) -> io::Result<u64> {
    const LOCATOR: usize = 20;
    const END: u64 = 22;
    const LONGEST_COMMENT: u64 = 65_535;
    const SOME_ROOM: u64 = 64;
    let tail_octets = (END + LONGEST_COMMENT + LOCATOR as u64 + SOME_ROOM).min(length);
    file.seek(SeekFrom::Start(length - tail_octets))?;
    let mut tail = Vec::new();
    file.by_ref().take(tail_octets).read_to_end(&mut tail)?;
    let mut most = 0;
    for end in memchr::memmem::find_iter(&tail, b"PK\x05\x06") {
        let before = &tail[end.saturating_sub(LOCATOR)..end];
        if let Some([b'P', b'K', 6, 7, _, _, _, _, at @ ..]) = before.get(..16) {
            most = most.max(entries_stated_at(file, little_endian(at))?);
        }
    }
    Ok(most)
}

/// The number of entries in the ZIP64 record that begins at `offset`; 0 when there is none.
fn entries_stated_at(file: &mut Box<dyn ReadSeek>, offset: u64) -> io::Result<u64> {
    const RECORD: u64 = 56;
    let mut record = Vec::with_capacity(RECORD as usize);
    file.seek(SeekFrom::Start(offset))?;
    file.by_ref().take(RECORD).read_to_end(&mut record)?;
    Ok(record
        .strip_prefix(b"PK\x06\x06")
        .and_then(|rest| rest.get(28..36))
        .map_or(0, little_endian))
}

fn little_endian(octets: &[u8]) -> u64 {
    octets
        .iter()
        .rev()
        .fold(0, |number, octet| number << 8 | u64::from(*octet))
}

/// A file from which only so many octets can be read, until more are allowed.
struct Metered {
    file: Box<dyn ReadSeek>,
    allowed: Arc<AtomicU64>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowed.load(Ordering::Relaxed);
        if allowed == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let read = self.file.read(buffer)?;
        let left = allowed.saturating_sub(read as u64);
        self.allowed.store(left, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::input::file::{Entries, MAX_ATTACHED, mail_in_archive};
    use crate::input::{Contents, Found, Item};

    type Seen = (String, Result<Vec<u8>, &'static str>);

    pub(in crate::input) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, octets) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(octets).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn open(zip: Vec<u8>) -> Result<Archive, Error> {
        Archive::open("z".into(), Box::new(Cursor::new(zip)))
    }

    fn read(zip: Vec<u8>) -> Vec<Seen> {
        let mut seen = Vec::new();
        let mut within: Vec<Contents> = vec![Box::new(Entries(open(zip).unwrap()))];
        while let Some(innermost) = within.last_mut() {
            match innermost.next() {
                Some(Found::Item(item)) => seen.push(seen_of(item)),
                Some(Found::Within(contents)) => within.push(contents),
                None => drop(within.pop()),
            }
        }
        seen
    }

    fn seen_of(item: Item) -> Seen {
        match item {
            Item::Message(source) => (source.name, Ok(source.octets)),
            Item::Unreadable { name, error } => (name, Err(error.key())),
            Item::Container { name, .. } => (name, Err("container")),
        }
    }

    fn ok(name: &str, octets: &[u8]) -> Seen {
        (name.into(), Ok(octets.to_vec()))
    }

    fn failed(name: &str, key: &'static str) -> Seen {
        (name.into(), Err(key))
    }

    /// Puts `to` for every `from`, which has the same length.
    #[test]
    fn what_unfolds_is_counted_and_no_entry_unfolds_further_than_it_states() {
        let octets = vec![0; 1_000_000];
        let bomb = zip_of(&[("a", &octets), ("b", &octets)]);
        assert!(bomb.len() < 10_000);
        assert!(unfolds_within(&bomb, 2_000_000));
        assert!(!unfolds_within(&bomb, 1_999_999));
        // One that states less than it holds is unfolded no further.
        let lying = patched(bomb, &1_000_000_u32.to_le_bytes(), &10_u32.to_le_bytes());
        let mut zip = ZipArchive::new(io::Cursor::new(&lying)).unwrap();
        let mut unfolded = Vec::new();
        let read = zip.by_index(0).unwrap().read_to_end(&mut unfolded);
        assert!(read.is_err() && unfolded.len() < 100_000, "{read:?}");
        assert!(unfolds_within(b"no archive", 0));
    }

    fn patched(mut zip: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
        let places: Vec<usize> = memchr::memmem::find_iter(&zip, from).collect();
        assert!(!places.is_empty());
        for at in places {
            zip[at..at + to.len()].copy_from_slice(to);
        }
        zip
    }

    #[test]
    fn every_entry_is_read_and_its_name_only_shown() {
        let inner = zip_of(&[("a.eml", b"inner")]);
        let zip = zip_of(&[
            ("a.eml", b"A: 1"),
            ("../../etc/b.eml", b"B: 1"),
            ("/etc/c.eml", b"C: 1"),
            ("\u{1b}[31m.eml", b"D: 1"),
            ("e/mail.mbox", b"From \nE: 1\n\n\nFrom \nE: 2\n\n\n"),
            ("f.zip", &inner),
            ("__MACOSX/a.eml", b"no"),
            ("g/._a.eml", b"no"),
        ]);
        assert_eq!(
            read(zip),
            [
                ok("z!/a.eml", b"A: 1"),
                ok("z!/../../etc/b.eml", b"B: 1"),
                ok("z!//etc/c.eml", b"C: 1"),
                ok("z!/\u{1b}[31m.eml", b"D: 1"),
                ok("z!/e/mail.mbox#1", b"E: 1\n\n"),
                ok("z!/e/mail.mbox#2", b"E: 2\n\n"),
                ok("z!/f.zip!/a.eml", b"inner"),
            ]
        );
    }

    #[test]
    fn archives_within_are_opened_a_few_levels_deep_if_they_hold_mail() {
        let mut zip = zip_of(&[("a.eml", b"A: 1")]);
        for _ in 0..MAX_DEPTH {
            zip = zip_of(&[("x.zip", &zip)]);
        }
        let deepest = format!("z{}!/a.eml", "!/x.zip".repeat(MAX_DEPTH));
        assert_eq!(read(zip.clone()), [ok(&deepest, b"A: 1")]);
        let deeper = zip_of(&[("x.zip", &zip)]);
        let name = format!("z{}", "!/x.zip".repeat(MAX_DEPTH + 1));
        let too_deep = || Err("input.zip-too-deep");
        assert_eq!(read(deeper.clone()), [(name.clone(), too_deep())]);
        // However deep it goes on; of a document it is never said.
        let deepest = zip_of(&[("x.zip", &deeper)]);
        assert_eq!(read(deepest), [(name.clone(), too_deep())]);
        let mut document = zip_of(&[("mimetype", b"x"), ("content.xml", b"x")]);
        let inner = document.clone();
        for _ in 0..=MAX_DEPTH {
            document = zip_of(&[("x.zip", &document)]);
        }
        assert_eq!(read(document), [(name, Ok(inner))]);
        // Documents, and what is none.
        let document = zip_of(&[("mimetype", b"x"), ("content.xml", b"x")]);
        let cut = &zip[..zip.len() - 1];
        assert_eq!(
            read(zip_of(&[("a.odt", &document), ("b.zip", cut)])),
            [ok("z!/a.odt", &document), ok("z!/b.zip", cut)]
        );
    }

    #[test]
    fn what_stands_in_an_archive_shares_what_it_may_unfold_to() {
        let zeros = zip_of(&[("a.eml", &[0; 200 * 1024 * 1024])]);
        let nested = zip_of(&[("1.zip", &zeros), ("2.zip", &zeros), ("3.eml", b"C: 1")]);
        let names: Vec<(String, Option<&str>)> = read(nested)
            .into_iter()
            .map(|(name, read)| (name, read.err()))
            .collect();
        let expands = Some("input.zip-expands");
        assert_eq!(
            names,
            [
                ("z!/1.zip!/a.eml".into(), None),
                ("z!/2.zip!/a.eml".into(), expands),
                ("z!/3.eml".into(), expands),
            ]
        );
    }

    #[test]
    fn of_an_attached_archive_the_mail_is_read() {
        let inner = zip_of(&[("b.eml", b"B: 1"), ("c.txt", b"no")]);
        let zip = zip_of(&[("d/a.EML", b"A: 1"), ("x.pdf", b"no"), ("i.zip", &inner)]);
        let unfolded = mail_in_archive(&zip);
        let wanted: [(String, Vec<u8>); 2] = [
            ("d/a.EML".into(), b"A: 1".to_vec()),
            ("i.zip!/b.eml".into(), b"B: 1".to_vec()),
        ];
        assert!(!unfolded.incomplete);
        assert_eq!(unfolded.entries, wanted);
        for nothing in [&zip_of(&[("x.pdf", b"a.eml")])[..], &zip_of(&[])] {
            let unfolded = mail_in_archive(nothing);
            assert!(unfolded.entries.is_empty() && !unfolded.incomplete);
        }
        let many: Vec<String> = (0..=MAX_ATTACHED).map(|n| format!("{n}.eml")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (&**name, &b"A: 1"[..])).collect();
        let zeros = vec![0; 2 * 1024 * 1024];
        for incomplete in [
            &zip_of(&many)[..],
            &zip_of(&[("a.eml", b"A: 1"), ("b.eml", &zeros)]),
            &zip[..zip.len() - 1],
        ] {
            let unfolded = mail_in_archive(incomplete);
            assert!(unfolded.incomplete && unfolded.entries.len() <= MAX_ATTACHED);
        }
    }

    #[test]
    fn folders_and_links_in_it_are_passed_over() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        writer.add_directory("d/", options).unwrap();
        writer.add_symlink("l.eml", "/etc/passwd", options).unwrap();
        let zip = writer.finish().unwrap().into_inner();
        assert!(read(zip).is_empty());
    }

    #[test]
    fn a_document_stays_closed_and_mail_is_opened() {
        let opened = |names: &[&str], given| {
            let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, b"x" as _)).collect();
            open(zip_of(&entries)).unwrap().is_to_be_opened(given)
        };
        for given in [Given::Directly, Given::InFolder] {
            assert!(opened(&["x.pdf", "d/A.EML"], given));
            assert!(opened(&["Maildir/cur/1.host:2,S"], given));
            assert!(!opened(
                &["[Content_Types].xml", "word/document.xml"],
                given
            ));
            assert!(!opened(&["mimetype", "content.xml"], given));
        }
        assert!(opened(&["1", "2"], Given::Directly));
        assert!(!opened(&["1", "2"], Given::InFolder));
    }

    #[test]
    fn an_entry_larger_than_any_message_is_left_and_the_next_is_read() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file("a.eml", SimpleFileOptions::default())
            .unwrap();
        io::copy(&mut io::repeat(0).take(300 * 1024 * 1024), &mut writer).unwrap();
        writer
            .start_file("b.eml", SimpleFileOptions::default())
            .unwrap();
        writer.write_all(b"B: 1").unwrap();
        let zip = writer.finish().unwrap().into_inner();
        let expected = [
            failed("z!/a.eml", "input.too-large"),
            ok("z!/b.eml", b"B: 1"),
        ];
        assert_eq!(read(zip.clone()), expected);

        // The same archive, stating 5 octets where it has 300 MiB.
        let stated = u32::try_from(300 * 1024 * 1024).unwrap().to_le_bytes();
        let lying = patched(zip, &stated, &5u32.to_le_bytes());
        let expected = [
            failed("z!/a.eml", "input.zip-entry"),
            ok("z!/b.eml", b"B: 1"),
        ];
        assert_eq!(read(lying), expected);
    }

    #[test]
    fn an_archive_whose_entries_share_octets_does_not_unfold_without_end() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file("0.eml", SimpleFileOptions::default())
            .unwrap();
        io::copy(&mut io::repeat(0).take(100 * 1024 * 1024), &mut writer).unwrap();
        for copy in 1..20 {
            writer
                .shallow_copy_file("0.eml", &format!("{copy}.eml"))
                .unwrap();
        }
        let seen = read(writer.finish().unwrap().into_inner());
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[2], failed("z!/2.eml", "input.zip-expands"));
    }

    #[test]
    fn an_empty_archive_has_no_entries_and_a_cut_one_is_damaged() {
        assert!(read(zip_of(&[])).is_empty());
        let whole = zip_of(&[("a.eml", b"A: 1"), ("b.eml", b"B: 1")]);
        for length in 0..whole.len() {
            let error = open(whole[..length].to_vec()).err().unwrap();
            assert_eq!(error.key(), "input.zip-damaged");
        }
    }

    #[test]
    fn a_damaged_entry_is_said_and_the_next_is_read() {
        let mut zip = zip_of(&[("a.eml", &[b'a'; 99]), ("b.eml", b"B: 1")]);
        let content = 30 + "a.eml".len();
        zip[content] ^= 0x40;
        assert_eq!(
            read(zip),
            [
                failed("z!/a.eml", "input.zip-entry"),
                ok("z!/b.eml", b"B: 1")
            ]
        );
    }

    #[test]
    fn encryption_and_other_compression_are_named() {
        let zip = zip_of(&[("a.eml", b"A: 1")]);
        // Version 20 needed, no flags, method 8; then bit 0, then method 12 (bzip2).
        let plain = [20, 0, 0, 0, 8, 0];
        let encrypted = patched(zip.clone(), &plain, &[20, 0, 1, 0, 8, 0]);
        assert_eq!(read(encrypted), [failed("z!/a.eml", "input.zip-encrypted")]);
        let bzip2 = patched(zip, &plain, &[20, 0, 0, 0, 12, 0]);
        assert_eq!(read(bzip2), [failed("z!/a.eml", "input.zip-method")]);
    }

    #[test]
    fn two_entries_of_one_name_are_not_taken_for_one() {
        let zip = patched(
            zip_of(&[("a.eml", b"A: 1"), ("b.eml", b"B: 1")]),
            b"b.eml",
            b"a.eml",
        );
        assert_eq!(
            read(zip),
            [failed("z", "input.zip-same-name"), ok("z!/a.eml", b"B: 1")]
        );
    }

    #[test]
    fn a_number_of_entries_is_not_believed() {
        // An archive with a ZIP64 end record that states ever more entries.
        let archive = |stated: u64| {
            let mut zip = zip_of(&[("a.eml", b"A: 1")]);
            let end = memchr::memmem::rfind(&zip, b"PK\x05\x06").unwrap();
            let start = u64::from(u32::from_le_bytes(
                zip[end + 16..end + 20].try_into().unwrap(),
            ));
            let mut tail = b"PK\x06\x06".to_vec();
            tail.extend(44u64.to_le_bytes());
            tail.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [stated, stated, stated.saturating_mul(46), start] {
                tail.extend(number.to_le_bytes());
            }
            tail.extend(b"PK\x06\x07\0\0\0\0");
            tail.extend((end as u64).to_le_bytes());
            tail.extend(1u32.to_le_bytes());
            zip[end + 8..end + 12].fill(0xff);
            zip.splice(end..end, tail);
            open(zip)
                .map(|archive| archive.zip.len())
                .map_err(|error| error.key())
        };
        assert_eq!(archive(1), Ok(1));
        assert_eq!(archive(2), Err("input.zip-damaged"));
        assert_eq!(archive(MAX_ENTRIES + 1), Err("input.zip-too-many"));
        assert_eq!(archive(u64::MAX), Err("input.zip-too-many"));
    }

    #[test]
    fn a_directory_that_does_not_end_is_read_no_further() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let long = "x".repeat(65_000);
        for index in 0..600 {
            let name = format!("{long}{index}.eml");
            writer
                .start_file(name, SimpleFileOptions::default())
                .unwrap();
        }
        let zip = writer.finish().unwrap().into_inner();
        assert_eq!(open(zip).err().unwrap().key(), "input.zip-too-many");
    }
}
