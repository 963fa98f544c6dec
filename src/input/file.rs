//! One file or stream: an mbox, a zip archive, a message, or one of these compressed by gzip;
//! told apart by their first octets.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::archive::{Allowance, Archive, MAX_DEPTH, Wanted};
use super::mbox::{self, Mbox};
use super::{Contents, Error, Found, Given, Item, Place, ReadSeek, Source, shown, unreadable};
use crate::asic;
use crate::mime::MAX_MESSAGE_OCTETS;
use crate::verify::{Stored, Unfolded};

/// Octets looked at to tell what a file is: a line of mail has 998 at most (RFC 5322, 2.1.1).
const HEAD_OCTETS: usize = 1_024;

/// Octets asked of the system at once.
const BUFFER_OCTETS: usize = 64 * 1024;

/// Messages taken from an archive that is attached to mail, as many as are looked at in one mail.
pub(super) const MAX_ATTACHED: usize = 100;

/// How many times its size an attached archive may unfold to: mail that is text deflates to a fifth,
/// and what any mail may make us do is bounded by its size.
const MAX_ATTACHED_EXPANSION: u64 = 8;

/// Octets of an OCSP answer; one with more is cut, and cannot be understood.
const MAX_ANSWER_OCTETS: u64 = 64 * 1024;

enum Kind {
    Mbox,
    Zip,
    Gzip,
    Message,
}

impl Kind {
    fn of(octets: &[u8]) -> Self {
        let head = &octets[..octets.len().min(HEAD_OCTETS)];
        // PKWARE APPNOTE 4.3.7 and 4.3.16: a local header, or the end of an empty archive.
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Self::Zip;
        }
        // RFC 1952, 2.3.1: identification, and deflate.
        if head.starts_with(b"\x1f\x8b\x08") {
            return Self::Gzip;
        }
        match memchr::memchr(b'\n', head) {
            Some(end) if mbox::is_separator(&head[..end]) => Self::Mbox,
            _ => Self::Message,
        }
    }
}

/// Opens a path that is no folder. A pipe or a device is read like standard input.
pub(super) fn open(path: &Path, given: Given) -> Found {
    let name = shown(path);
    match File::open(path).and_then(|file| Ok((file.metadata()?, file))) {
        Ok((metadata, file)) if metadata.is_file() => regular(path, file, metadata.len(), given),
        Ok((_, file)) => open_stream(name, Box::new(file), given),
        Err(error) => failed(name, error.into()),
    }
}

/// A message with the OCSP answer that lies beside its file.
pub(super) fn with_answer(found: Found, answer: &Path) -> Found {
    let Found::Item(Item::Message(source)) = found else {
        return found;
    };
    let mut octets = Vec::new();
    let read = File::open(answer);
    let read = read.and_then(|file| file.take(MAX_ANSWER_OCTETS).read_to_end(&mut octets));
    // One that cannot be read is one that cannot be understood.
    let ocsp = Some(read.map(|_| octets).unwrap_or_default());
    Found::Item(Item::Message(Source { ocsp, ..source }))
}

fn regular(path: &Path, mut file: File, length: u64, given: Given) -> Found {
    let name = shown(path);
    // Most messages are read whole so.
    let head = match read_start(&mut file, BUFFER_OCTETS, length) {
        Ok(head) => head,
        Err(error) => return failed(name, error.into()),
    };
    // What was put before the beginning of a container must not hide it.
    if asic::is_container(&head) || asic::is_called_container(&name) {
        let place = Place::File(path.to_owned());
        return Found::Item(Item::Container { name, place });
    }
    match Kind::of(&head) {
        Kind::Mbox => within_mbox(name, rejoined(head, file)),
        Kind::Zip => zip(name, Box::new(file), given),
        Kind::Gzip => match read_message(rejoined(head, file), length) {
            Ok(octets) => gzip(name, octets, given),
            Err(error) => failed(name, error),
        },
        Kind::Message if head.len() < BUFFER_OCTETS => as_it_is(name, head),
        Kind::Message => message(name, rejoined(head, file), length),
    }
}

/// Reads what cannot be read twice. An archive is held in memory, because its directory stands
/// at its end; so it may have no more octets than one message.
pub(super) fn open_stream(name: String, mut stream: Box<dyn Read + Send>, given: Given) -> Found {
    let head = match read_head(&mut stream) {
        Ok(head) => head,
        Err(error) => return failed(name, error.into()),
    };
    if asic::is_container(&head) {
        return match read_message(rejoined(head, stream), 0) {
            Ok(octets) => {
                let place = Place::Memory(octets);
                Found::Item(Item::Container { name, place })
            }
            Err(error) => failed(name, error),
        };
    }
    match Kind::of(&head) {
        Kind::Mbox => within_mbox(name, rejoined(head, stream)),
        Kind::Zip => match read_message(rejoined(head, stream), 0) {
            Ok(octets) => zip(name, Box::new(Cursor::new(octets)), given),
            Err(error) => failed(name, error),
        },
        Kind::Gzip => match read_message(rejoined(head, stream), 0) {
            Ok(octets) => gzip(name, octets, Given::Directly),
            Err(error) => failed(name, error),
        },
        Kind::Message => message(name, rejoined(head, stream), 0),
    }
}

/// What the entries of an archive are.
pub(super) struct Entries(pub Archive);

impl Iterator for Entries {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let entry = self.0.next()?;
        Some(match entry.octets {
            Ok(octets) => from_archive(entry.name, octets, self.0.allowance()),
            Err(error) => failed(entry.name, error),
        })
    }
}

/// What an archive held: a message, an mbox, or an archive, which is opened if there may be mail
/// in it; where too many are open that is said of it.
fn from_archive(name: String, octets: Vec<u8>, allowance: &Allowance) -> Found {
    match Kind::of(&octets) {
        Kind::Mbox => within_mbox(name, Cursor::new(octets)),
        Kind::Zip => {
            let deeper = allowance.within();
            let is_open = deeper.is_some();
            let allowance = deeper.unwrap_or_else(|| allowance.clone());
            match Archive::within(name.clone(), octets.clone(), allowance) {
                Ok(archive) if !archive.holds_mail() => as_it_is(name, octets),
                Ok(archive) if is_open => Found::Within(Box::new(Entries(archive))),
                Ok(_) => failed(name, Error::ZipTooDeep { limit: MAX_DEPTH }),
                Err(Error::ZipDamaged) => as_it_is(name, octets),
                Err(error) => failed(name, error),
            }
        }
        Kind::Gzip | Kind::Message => as_it_is(name, octets),
    }
}

/// The mail in an archive in memory and in the archives within it, by the names of the entries;
/// nothing of what is no archive, or of a document that is built as one.
pub fn mail_in_archive(octets: &[u8]) -> Unfolded {
    let mut unfolded = Unfolded::default();
    let limit = (octets.len() as u64).saturating_mul(MAX_ATTACHED_EXPANSION);
    let allowance = Allowance::new(limit, Wanted::Mail);
    let archive = match Archive::within(String::new(), octets.to_vec(), allowance) {
        Ok(archive) if archive.holds_mail() => archive,
        Ok(_) => return unfolded,
        Err(_) => {
            unfolded.incomplete = true;
            return unfolded;
        }
    };
    let mut open: Vec<Contents> = vec![Box::new(Entries(archive))];
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            Some(Found::Item(Item::Message(source))) => {
                let name = source.name.trim_start_matches("!/").to_owned();
                unfolded.entries.push((name, source.octets));
            }
            // In an archive nothing is taken for a container.
            Some(Found::Item(Item::Unreadable { .. } | Item::Container { .. })) => {
                unfolded.incomplete = true;
            }
            Some(Found::Within(contents)) => open.push(contents),
            None => drop(open.pop()),
        }
        if unfolded.entries.len() == MAX_ATTACHED {
            unfolded.incomplete |= !open.is_empty();
            break;
        }
    }
    unfolded
}

/// A message that was compressed by itself, or those of an mbox that was.
fn mail_of(name: String, octets: Vec<u8>) -> Found {
    match Kind::of(&octets) {
        Kind::Mbox => within_mbox(name, Cursor::new(octets)),
        Kind::Zip | Kind::Gzip | Kind::Message => Found::Item(Item::Message(Source {
            name,
            octets,
            stored: Stored::Gzip,
            ocsp: None,
        })),
    }
}

/// What gzip compressed (RFC 1952): a message or an mbox of at most the octets of one message.
/// The checksum is gzip's own, so these are the octets that were compressed.
///
/// In a folder only text is unfolded: logs and tar archives lie beside receipts too.
fn gzip(name: String, octets: Vec<u8>, given: Given) -> Found {
    let unfold = || MultiGzDecoder::new(&octets[..]);
    let is_text = |head: io::Result<Vec<u8>>| head.is_ok_and(|head| !head.contains(&0));
    if given == Given::InFolder && !is_text(read_head(&mut unfold())) {
        return as_it_is(name, octets);
    }
    match read_message(unfold(), 0) {
        Ok(unfolded) => mail_of(name, unfolded),
        Err(Error::Io(_)) => failed(name, Error::Gzip),
        Err(error) => failed(name, error),
    }
}

fn within_mbox(name: String, octets: impl BufRead + Send + 'static) -> Found {
    Found::Within(Box::new(Mbox::new(name, octets)))
}

fn zip(name: String, file: Box<dyn ReadSeek>, given: Given) -> Found {
    match Archive::open(name.clone(), file) {
        Ok(archive) if archive.is_to_be_opened(given) => Found::Within(Box::new(Entries(archive))),
        Ok(archive) => {
            let mut file = archive.into_inner();
            match file.rewind() {
                Ok(()) => message(name, file, 0),
                Err(error) => failed(name, error.into()),
            }
        }
        Err(error) => failed(name, error),
    }
}

fn message(name: String, octets: impl Read, length: u64) -> Found {
    match read_message(octets, length) {
        Ok(octets) => as_it_is(name, octets),
        Err(error) => failed(name, error),
    }
}

fn as_it_is(name: String, octets: Vec<u8>) -> Found {
    Found::Item(Item::Message(Source {
        name,
        octets,
        stored: Stored::AsItIs,
        ocsp: None,
    }))
}

/// Reads to the end; `length` is what the system says there is, 0 when it does not say.
fn read_message(octets: impl Read, length: u64) -> Result<Vec<u8>, Error> {
    const LIMIT: u64 = MAX_MESSAGE_OCTETS as u64;
    if length > LIMIT {
        return Err(Error::TooLarge {
            limit: MAX_MESSAGE_OCTETS,
        });
    }
    // One more than stated, so that the end is seen without growing.
    let mut read = Vec::with_capacity(length as usize + 1);
    octets.take(LIMIT + 1).read_to_end(&mut read)?;
    if read.len() > MAX_MESSAGE_OCTETS {
        return Err(Error::TooLarge {
            limit: MAX_MESSAGE_OCTETS,
        });
    }
    Ok(read)
}

fn read_head(octets: &mut impl Read) -> io::Result<Vec<u8>> {
    read_start(octets, HEAD_OCTETS, HEAD_OCTETS as u64)
}

/// The first octets, at most so many; fewer where there are no more. `length` is what the system
/// says there is.
fn read_start(octets: &mut impl Read, most: usize, length: u64) -> io::Result<Vec<u8>> {
    // One more than stated, so that the end is seen without growing.
    let room = usize::try_from(length).map_or(most, |length| most.min(length.saturating_add(1)));
    let mut start = Vec::with_capacity(room);
    octets.take(most as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn rejoined<R: Read + Send + 'static>(head: Vec<u8>, rest: R) -> impl BufRead + Send + 'static {
    Cursor::new(head).chain(BufReader::with_capacity(BUFFER_OCTETS, rest))
}

fn failed(name: String, error: Error) -> Found {
    Found::Item(unreadable(name, error))
}
