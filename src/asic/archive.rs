//! The zip archive of a container (PKWARE APPNOTE 6.3.3), in one form: entries stored one after the
//! other from the first octet, the directory right behind them, its end the end of the file.
//!
//! That form is all that is written, and all that is read. Each octet of such a file belongs to
//! one entry or to the directory, and both say the same: so no two programs can see different files
//! in it. Whatever a file has besides (something before or behind, a comment, gaps, sizes that
//! follow, ZIP64, extra fields, names that differ in capitals alone) is refused by name. That is why
//! this is not left to the package `zip`, which reads what there is in the world (`input`).
//!
//! The dates of the entries are those of no clock: 1 January 1980, the first that the format has.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{Error, MEDIA_TYPE, MIMETYPE, Name};
use crate::smime::Sha256;

/// Entries of a container: a message to the 500 recipients that providers allow has three receipts
/// for each, and there may be notices before them.
pub const MAX_ENTRIES: usize = 10_000;

/// Octets of a directory: a header has 46, a name of ours 150 at most, and others have more.
const MAX_DIRECTORY_OCTETS: u64 = MAX_ENTRIES as u64 * 512;

/// What a size or a place may be without ZIP64 (APPNOTE 4.4.8, 4.4.9).
const MAX_OCTETS: u64 = u32::MAX as u64 - 1;

/// Octets asked of the disk at once.
const BUFFER_OCTETS: usize = 64 * 1024;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";

/// Octets of a local header, of one in the directory and of its end, without names (APPNOTE 4.3.7,
/// 4.3.12, 4.3.16).
const LOCAL_OCTETS: u64 = 30;
const CENTRAL_OCTETS: u64 = 46;
const END_OCTETS: u64 = 22;

/// The longest comment behind the end (APPNOTE 4.4.12).
const MAX_COMMENT: u64 = 65_535;

/// Version 1.0: stored, no folders (APPNOTE 4.4.3.2).
const VERSION: u16 = 10;
/// 1 January 1980, midnight (APPNOTE 4.4.6).
const TIME: u16 = 0;
const DATE: u16 = 0x21;
/// A regular file that its owner alone may read, as Unix has it (APPNOTE 4.4.2, 4.4.15).
const MADE_BY_UNIX: u16 = 3 << 8 | VERSION;
const MODE: u32 = 0o100_600 << 16;

/// What a mode says that a file is, and that it is a regular one (POSIX, sys/stat.h).
const UNIX_TYPE: u32 = 0o170_000;
const UNIX_REGULAR: u32 = 0o100_000;
/// A volume's name and a folder, as MS-DOS has them in the lowest octet.
const DOS_NO_FILE: u32 = 0x08 | 0x10;

/// What is wrong with the archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no directory.
    #[error("no zip archive, or one that ends too early")]
    NoEnd,
    /// Something follows the directory: a comment, or other octets.
    #[error("something follows the directory")]
    Behind,
    /// Something stands before the first entry.
    #[error("something stands before the first entry")]
    Before,
    /// ZIP64 records, or numbers that need them.
    #[error("ZIP64")]
    Zip64,
    /// The directory is not where its end says, or not as long, or cannot be read.
    #[error("the directory is damaged")]
    Directory,
    /// It has more entries than any container.
    #[error("more than {MAX_ENTRIES} entries")]
    TooMany,
    /// It would be larger than a container can be.
    #[error("more octets than a container may have")]
    TooLarge,
    /// The first entry does not say what it is.
    #[error("the first entry is not the media type")]
    Mimetype,
    /// A name that leads elsewhere, or that not every disk takes.
    #[error("{0}: a name that is not allowed")]
    Name(String),
    /// Two entries have the same name, or names that differ in capitals alone.
    #[error("{0}: two entries of this name")]
    Twice(String),
    /// The header before an entry says something else than the directory.
    #[error("{0}: two headers that differ")]
    Headers(String),
    /// An entry does not begin where the one before it ends.
    #[error("{0}: not where the one before it ends")]
    Place(String),
    /// An entry is compressed, encrypted, no regular file, or has fields that none of a container has.
    #[error("{0}: of another form")]
    Form(String),
    /// The checksum of an entry is not that of its octets, which the manifest confirms.
    #[error("{0}: another checksum")]
    Checksum(String),
}

impl Fault {
    /// A stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NoEnd => "no-end",
            Self::Behind => "behind",
            Self::Before => "before",
            Self::Zip64 => "zip64",
            Self::Directory => "directory",
            Self::TooMany => "too-many",
            Self::TooLarge => "too-large",
            Self::Mimetype => "mimetype",
            Self::Name(_) => "name",
            Self::Twice(_) => "twice",
            Self::Headers(_) => "headers",
            Self::Place(_) => "place",
            Self::Form(_) => "form",
            Self::Checksum(_) => "checksum",
        }
    }

    /// The words of all of them.
    pub const WORDS: [&'static str; 14] = [
        "no-end",
        "behind",
        "before",
        "zip64",
        "directory",
        "too-many",
        "too-large",
        "mimetype",
        "name",
        "twice",
        "headers",
        "place",
        "form",
        "checksum",
    ];

    /// The entry that it is about.
    pub fn entry(&self) -> Option<&str> {
        match self {
            Self::Name(name)
            | Self::Twice(name)
            | Self::Headers(name)
            | Self::Place(name)
            | Self::Form(name)
            | Self::Checksum(name) => Some(name),
            Self::NoEnd
            | Self::Behind
            | Self::Before
            | Self::Zip64
            | Self::Directory
            | Self::TooMany
            | Self::TooLarge
            | Self::Mimetype => None,
        }
    }
}

/// Writes a container, entry by entry; the first is [`MIMETYPE`], by itself.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    at: u64,
    /// The headers of the directory, as they will stand there.
    directory: Vec<u8>,
    entries: usize,
    names: std::collections::HashSet<String>,
}

impl<W: Write> Writer<W> {
    /// Begins one.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn new(out: W) -> Result<Self, Error> {
        let mut writer = Self {
            out,
            at: 0,
            directory: Vec::new(),
            entries: 0,
            names: std::collections::HashSet::new(),
        };
        let name = Name::new(MIMETYPE).expect("a plain name");
        writer.add(&name, MEDIA_TYPE.as_bytes())?;
        Ok(writer)
    }

    /// Adds a file.
    ///
    /// # Errors
    /// Those of the stream; when the name is taken, or the container gets too large.
    pub fn add(&mut self, name: &Name, octets: &[u8]) -> Result<(), Error> {
        if self.entries == MAX_ENTRIES {
            return Err(Fault::TooMany.into());
        }
        if !self.names.insert(name.folded()) {
            return Err(Fault::Twice(name.to_string()).into());
        }
        let length = LOCAL_OCTETS + name.as_str().len() as u64 + octets.len() as u64;
        let behind = self.directory.len() as u64 + CENTRAL_OCTETS + END_OCTETS + 1_024;
        if self.at + length + behind > MAX_OCTETS {
            return Err(Fault::TooLarge.into());
        }
        let both = Both {
            flags: 0,
            method: 0,
            time: TIME,
            date: DATE,
            crc: crc32fast::hash(octets),
            packed: octets.len() as u32,
            size: octets.len() as u32,
            name: name.as_str().len() as u16,
            extra: 0,
        };
        let at = self.at as u32;
        let mut head = LOCAL.to_vec();
        both.write(&mut head);
        head.extend(name.as_str().as_bytes());
        self.out.write_all(&head)?;
        self.out.write_all(octets)?;
        self.at += length;
        self.entries += 1;
        self.directory.extend(CENTRAL);
        self.directory.extend(MADE_BY_UNIX.to_le_bytes());
        both.write(&mut self.directory);
        // No comment, the first and only disk, no text mark.
        self.directory.extend([0; 6]);
        self.directory.extend(MODE.to_le_bytes());
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_str().as_bytes());
        Ok(())
    }

    /// Ends it; gives the stream, which is not flushed.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn finish(mut self) -> Result<W, Error> {
        let count = (self.entries as u16).to_le_bytes();
        let mut end = std::mem::take(&mut self.directory);
        let length = end.len() as u32;
        end.extend(END);
        end.extend([0; 4]);
        end.extend(count);
        end.extend(count);
        end.extend(length.to_le_bytes());
        end.extend((self.at as u32).to_le_bytes());
        end.extend([0; 2]);
        self.out.write_all(&end)?;
        Ok(self.out)
    }
}

/// What a local header and the one in the directory say alike (APPNOTE 4.3.7): from the version that
/// is needed to the length of the extra field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Both {
    flags: u16,
    method: u16,
    time: u16,
    date: u16,
    crc: u32,
    packed: u32,
    size: u32,
    name: u16,
    extra: u16,
}

impl Both {
    const OCTETS: usize = 26;

    fn write(self, to: &mut Vec<u8>) {
        to.extend(VERSION.to_le_bytes());
        for short in [self.flags, self.method, self.time, self.date] {
            to.extend(short.to_le_bytes());
        }
        for long in [self.crc, self.packed, self.size] {
            to.extend(long.to_le_bytes());
        }
        to.extend(self.name.to_le_bytes());
        to.extend(self.extra.to_le_bytes());
    }

    /// The version is needed by nobody: what is stored is read by all.
    fn read(from: &[u8]) -> Option<Self> {
        let from: &[u8; Self::OCTETS] = from.get(..Self::OCTETS)?.try_into().ok()?;
        let short = |at: usize| u16::from_le_bytes([from[at], from[at + 1]]);
        let long =
            |at: usize| u32::from_le_bytes([from[at], from[at + 1], from[at + 2], from[at + 3]]);
        Some(Self {
            flags: short(2),
            method: short(4),
            time: short(6),
            date: short(8),
            crc: long(10),
            packed: long(14),
            size: long(18),
            name: short(22),
            extra: short(24),
        })
    }
}

/// An entry, as the directory has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, octets that are not UTF-8 as U+FFFD.
    pub name: String,
    both: Both,
    at: u32,
    comment: u16,
    attributes: u32,
}

impl Entry {
    /// Whether nothing says that it would be anything but a regular file where it is unpacked: programs
    /// heed the mode whatever system is said to have written it. One that says nothing is a file.
    fn is_regular(&self) -> bool {
        let kind = (self.attributes >> 16) & UNIX_TYPE;
        matches!(kind, 0 | UNIX_REGULAR) && self.attributes & DOS_NO_FILE == 0
    }

    /// Octets of its content.
    pub fn size(&self) -> u64 {
        u64::from(self.both.size)
    }

    /// Where it begins.
    pub(super) fn place(&self) -> u32 {
        self.at
    }

    /// Where its octets begin.
    fn content(&self) -> u64 {
        u64::from(self.at) + LOCAL_OCTETS + u64::from(self.both.name)
    }

    /// Where the next begins.
    fn end(&self) -> u64 {
        self.content() + self.size()
    }
}

/// What the directory of any zip archive lists; nothing of it is believed yet.
#[derive(Clone, Debug)]
pub struct Directory {
    /// In their order.
    pub entries: Vec<Entry>,
    begin: u64,
    end: u64,
    comment: u64,
    length: u64,
}

impl Directory {
    /// Finds the directory as every program does: by its end, which is looked for from behind.
    ///
    /// # Errors
    /// When there is none, it has too many entries, or it cannot be read.
    pub fn read(file: &mut (impl Read + Seek)) -> Result<Self, Error> {
        let length = file.seek(SeekFrom::End(0))?;
        let tail_octets = (END_OCTETS + MAX_COMMENT).min(length);
        let tail = octets_at(file, length - tail_octets, tail_octets)?;
        let found = memchr::memmem::rfind(&tail, END).ok_or(Fault::NoEnd)?;
        let end = length - tail_octets + found as u64;
        let Some(record) = tail.get(found..found + END_OCTETS as usize) else {
            return Err(Fault::NoEnd.into());
        };
        let number = |at: usize, octets: usize| little_endian(&record[at..at + octets]);
        let (count, size, begin) = (number(10, 2), number(12, 4), number(16, 4));
        let is_full = count == 0xFFFF || size == 0xFFFF_FFFF || begin == 0xFFFF_FFFF;
        if is_full || tail[..found].ends_with_locator() {
            return Err(Fault::Zip64.into());
        }
        if count as usize > MAX_ENTRIES || size > MAX_DIRECTORY_OCTETS {
            return Err(Fault::TooMany.into());
        }
        // One disk, and as many entries on it as there are.
        if number(4, 4) != 0 || number(8, 2) != count || begin + size > end {
            return Err(Fault::Directory.into());
        }
        // Something before an archive moves it: the directory ends where its end begins.
        let moved = end - size - begin;
        let octets = octets_at(file, end - size, size)?;
        let mut rest = &octets[..];
        let mut entries = Vec::new();
        for _ in 0..count {
            let (entry, more) = central(rest).ok_or(Fault::Directory)?;
            entries.push(entry);
            rest = more;
        }
        if !rest.is_empty() {
            return Err(Fault::Directory.into());
        }
        if moved > 0 {
            return Err(Fault::Before.into());
        }
        Ok(Self {
            entries,
            begin,
            end,
            comment: number(20, 2),
            length,
        })
    }

    /// Whether the archive has the one form that containers of this program have.
    ///
    /// # Errors
    /// The first fault, with the entry that it is about; or the disk.
    pub fn check(&self, file: &mut (impl Read + Seek)) -> Result<(), Error> {
        let mut names = std::collections::HashSet::new();
        let mut at = 0;
        for entry in &self.entries {
            let named = |fault: fn(String) -> Fault| Error::Fault(fault(entry.name.clone()));
            let name = Name::new(&*entry.name).ok_or_else(|| named(Fault::Name))?;
            if !names.insert(name.folded()) {
                return Err(named(Fault::Twice));
            }
            let Both {
                flags,
                method,
                packed,
                size,
                extra,
                ..
            } = entry.both;
            // No encryption, no sizes that follow, nothing but a name.
            let is_plain = flags == 0 && method == 0 && packed == size;
            if !is_plain || extra != 0 || entry.comment != 0 || !entry.is_regular() {
                return Err(named(Fault::Form));
            }
            if u64::from(entry.at) != at {
                let fault = if at == 0 {
                    Fault::Before
                } else {
                    Fault::Place(entry.name.clone())
                };
                return Err(fault.into());
            }
            if entry.end() > self.begin {
                return Err(named(Fault::Place));
            }
            let head = octets_at(file, at, LOCAL_OCTETS + u64::from(entry.both.name))?;
            let (fixed, local_name) = head.split_at(LOCAL_OCTETS as usize);
            let says_the_same = fixed.starts_with(LOCAL)
                && Both::read(&fixed[4..]) == Some(entry.both)
                && local_name == entry.name.as_bytes();
            if !says_the_same {
                return Err(named(Fault::Headers));
            }
            at = entry.end();
        }
        if at != self.begin {
            return Err(Fault::Directory.into());
        }
        if self.end + END_OCTETS != self.length || self.comment != 0 {
            return Err(Fault::Behind.into());
        }
        match self.entries.first() {
            Some(first) if first.name == MIMETYPE => {
                let said = octets_at(file, first.content(), first.size().min(256))?;
                match said == MEDIA_TYPE.as_bytes() {
                    true => Ok(()),
                    false => Err(Fault::Mimetype.into()),
                }
            }
            Some(_) | None => Err(Fault::Mimetype.into()),
        }
    }

    /// Hands out the octets of an entry of a checked archive, piece by piece; gives their SHA-256, and
    /// whether the checksum is theirs.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn copy(
        file: &mut (impl Read + Seek),
        entry: &Entry,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(String, bool), Error> {
        file.seek(SeekFrom::Start(entry.content()))?;
        let (mut digest, mut crc) = (Sha256::default(), crc32fast::Hasher::new());
        let mut left = entry.size();
        let mut buffer = vec![0; BUFFER_OCTETS.min(entry.size().max(1) as usize)];
        while left > 0 {
            let most = left.min(buffer.len() as u64) as usize;
            let piece = match file.read(&mut buffer[..most])? {
                0 => return Err(Error::Io(io::ErrorKind::UnexpectedEof.into())),
                read => &buffer[..read],
            };
            digest.feed(piece);
            crc.update(piece);
            each(piece);
            left -= piece.len() as u64;
        }
        Ok((digest.finish(), crc.finalize() == entry.both.crc))
    }

    /// The octets of an entry, if there are no more than that.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn octets(
        file: &mut (impl Read + Seek),
        entry: &Entry,
        most: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        if entry.size() > most {
            return Ok(None);
        }
        Ok(Some(octets_at(file, entry.content(), entry.size())?))
    }

    /// What the entry `mimetype` says, where it is stored and short, as the standard wants it.
    pub(super) fn said(&self, file: &mut (impl Read + Seek)) -> Option<String> {
        let entry = self.entries.iter().find(|one| one.name == MIMETYPE)?;
        if entry.both.method != 0 || entry.size() > 256 {
            return None;
        }
        // Others may have an extra field before it.
        let head = octets_at(file, u64::from(entry.at), LOCAL_OCTETS).ok()?;
        let both = Both::read(head.get(4..)?)?;
        let at = u64::from(entry.at) + LOCAL_OCTETS + u64::from(both.name) + u64::from(both.extra);
        let octets = octets_at(file, at, entry.size()).ok()?;
        String::from_utf8(octets).ok()
    }
}

/// One header of the directory, and what follows it.
fn central(octets: &[u8]) -> Option<(Entry, &[u8])> {
    let fixed = octets.get(..CENTRAL_OCTETS as usize)?;
    let both = Both::read(fixed.strip_prefix(CENTRAL)?.get(2..)?)?;
    let comment = little_endian(&fixed[32..34]) as u16;
    let rest = &octets[CENTRAL_OCTETS as usize..];
    let (name, rest) = rest.split_at_checked(usize::from(both.name))?;
    let rest = rest.get(usize::from(both.extra) + usize::from(comment)..)?;
    let entry = Entry {
        name: String::from_utf8_lossy(name).into_owned(),
        both,
        at: little_endian(&fixed[42..46]) as u32,
        comment,
        attributes: little_endian(&fixed[38..42]) as u32,
    };
    Some((entry, rest))
}

/// What may stand before the end of the directory where there is ZIP64 (APPNOTE 4.3.15).
trait Locator {
    fn ends_with_locator(&self) -> bool;
}

impl Locator for [u8] {
    fn ends_with_locator(&self) -> bool {
        let at = self.len().checked_sub(20);
        at.is_some_and(|at| self[at..].starts_with(b"PK\x06\x07"))
    }
}

fn octets_at(file: &mut (impl Read + Seek), at: u64, count: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut octets = Vec::new();
    file.by_ref().take(count).read_to_end(&mut octets)?;
    match octets.len() as u64 == count {
        true => Ok(octets),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn little_endian(octets: &[u8]) -> u64 {
    let octets = octets.iter().rev();
    octets.fold(0, |number, octet| number << 8 | u64::from(*octet))
}
