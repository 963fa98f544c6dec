//! Names on the command line turned into messages, one at a time.
//!
//! A name is a message file, a folder, a Maildir, an mbox, a zip archive, one of these files
//! compressed by gzip, or `-` for standard input; what it is follows from the octets, never from
//! the name. Octets are handed out as they are stored: nothing is unquoted, decoded or given other
//! line ends, because a signature covers octets. What can be undone exactly the verifier undoes.
//!
//! Reads only what the next item needs: one message is in memory at a time, with the names of
//! the folders on the way to it. Whether something is mail at all is not decided here: any
//! other file in a folder is handed out too, and gets its plain answer from the verifier.

mod apple;
mod archive;
mod file;
mod folder;
mod mbox;

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::vec;

use crate::verify::Stored;

pub use apple::unframed;
pub use archive::{entry_within, files_in_archive, names_in_archive, unfolds_within};
pub use file::mail_in_archive;

/// One message to look at, or why there is none.
#[derive(Debug)]
pub enum Item {
    /// Octets that may be a message.
    Message(Source),
    /// A container of evidence (ASiC).
    Container {
        /// As in [`Source::name`].
        name: String,
        /// Where it is read from.
        place: Place,
    },
    /// Something that was named or found, and could not be read.
    Unreadable {
        /// As in [`Source::name`].
        name: String,
        /// What is wrong with it.
        error: Error,
    },
}

/// Where a container is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file on the disk.
    File(PathBuf),
    /// What came as a stream, no larger than a message may be.
    Memory(Vec<u8>),
}

/// What a container is read from, in any order.
pub trait Opened: Read + Seek {}

impl<T: Read + Seek> Opened for T {}

impl Place {
    /// Opens it at its beginning.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn open(&self) -> io::Result<Box<dyn Opened + '_>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Memory(octets) => Box::new(Cursor::new(octets)),
        })
    }
}

/// The octets of one message and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What is shown: `folder/a.eml`, `archive.zip!/folder/a.eml`, `mail.mbox#3` (from 1).
    ///
    /// Octets that are not UTF-8 become U+FFFD. Names come from strangers: escape them before
    /// they reach a terminal, and never open what one says.
    pub name: String,
    /// At most [`MAX_MESSAGE_OCTETS`](crate::mime::MAX_MESSAGE_OCTETS).
    pub octets: Vec<u8>,
    /// In which form they were stored.
    pub stored: Stored,
    /// The octets of the OCSP answer that lies beside a file on the disk: `a.ocsp` beside `a.eml`.
    pub ocsp: Option<Vec<u8>>,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing of this name, or no longer.
    #[error("no such file or folder")]
    NotFound,
    /// The system does not let us.
    #[error("permission denied")]
    Permission,
    /// A folder where a file is asked.
    #[error("is a folder")]
    Folder,
    /// One message is larger than anything that certified mail carries.
    #[error("larger than {limit} octets")]
    TooLarge {
        /// Octets that would have been read.
        limit: usize,
    },
    /// Folders within folders without end.
    #[error("more than {limit} folders deep")]
    TooDeep {
        /// Levels that are followed.
        limit: usize,
    },
    /// A folder or an archive that was named holds no file to look at.
    #[error("no file in it")]
    Empty,
    /// `-` was given twice; standard input ends only once.
    #[error("standard input can be read only once")]
    StdinTwice,
    /// The directory of a zip archive is missing or makes no sense, as when it is cut short.
    #[error("damaged zip archive")]
    ZipDamaged,
    /// A zip archive whose directory is too large.
    #[error("more than {limit} entries, or as much text about them")]
    ZipTooMany {
        /// Entries that are taken.
        limit: u64,
    },
    /// A zip archive names one entry twice, and only the last of that name was read.
    #[error("several entries bear the same name; only the last of them was read")]
    ZipSameName,
    /// The archive unfolds to far more than mail does. What follows in it was not read.
    #[error("unfolds to more than {limit} octets")]
    ZipExpands {
        /// Octets that this archive was allowed.
        limit: u64,
    },
    /// An archive that may hold mail stands within archives within archives without end.
    #[error("more than {limit} archives within archives")]
    ZipTooDeep {
        /// Levels that are opened within the first.
        limit: usize,
    },
    /// The entry needs a password.
    #[error("encrypted zip entry")]
    ZipEncrypted,
    /// The entry is compressed in another way than stored or deflate.
    #[error("unknown compression in the zip archive")]
    ZipMethod,
    /// The content of the entry is cut short or does not fit its checksum.
    #[error("damaged zip entry")]
    ZipEntry,
    /// A file of gzip that is cut short or does not fit its checksum.
    #[error("damaged gzip file")]
    Gzip,
    /// The system failed in another way.
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
}

impl Error {
    /// A name that stays, for catalogues of sentences and for scripts.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "input.not-found",
            Self::Permission => "input.permission",
            Self::Folder => "input.folder",
            Self::TooLarge { .. } => "input.too-large",
            Self::TooDeep { .. } => "input.too-deep",
            Self::Empty => "input.empty",
            Self::StdinTwice => "input.stdin-twice",
            Self::ZipDamaged => "input.zip-damaged",
            Self::ZipTooMany { .. } => "input.zip-too-many",
            Self::ZipSameName => "input.zip-same-name",
            Self::ZipExpands { .. } => "input.zip-expands",
            Self::ZipTooDeep { .. } => "input.zip-too-deep",
            Self::ZipEncrypted => "input.zip-encrypted",
            Self::ZipMethod => "input.zip-method",
            Self::ZipEntry => "input.zip-entry",
            Self::Gzip => "input.gzip",
            Self::Io(_) => "input.io",
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::Permission,
            io::ErrorKind::IsADirectory => Self::Folder,
            _ => Self::Io(error),
        }
    }
}

/// The messages that the names stand for, in the order of the names, each read when asked for.
///
/// Folders are walked in the order of their names. Every name gives at least one item: a
/// folder without files is unreadable rather than silently fine.
pub fn items(
    paths: Vec<PathBuf>,
    stdin: Box<dyn Read + Send>,
) -> impl Iterator<Item = Item> + Send {
    Items {
        paths: paths.into_iter(),
        stdin: Some(stdin),
        open: Vec::new(),
        name: String::new(),
        found_nothing: false,
    }
}

struct Items {
    paths: vec::IntoIter<PathBuf>,
    stdin: Option<Box<dyn Read + Send>>,
    /// Containers that are being read, each inside the one before it.
    open: Vec<Contents>,
    /// The path that is being read, as given.
    name: String,
    found_nothing: bool,
}

impl Iterator for Items {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let found = match self.open.last_mut() {
                Some(innermost) => innermost.next(),
                None => Some(self.next_path()?),
            };
            match found {
                Some(Found::Item(item)) => {
                    self.found_nothing = false;
                    return Some(item);
                }
                Some(Found::Within(contents)) => self.open.push(contents),
                None => {
                    self.open.pop();
                    if self.open.is_empty() && self.found_nothing {
                        self.found_nothing = false;
                        return Some(unreadable(self.name.clone(), Error::Empty));
                    }
                }
            }
        }
    }
}

impl Items {
    fn next_path(&mut self) -> Option<Found> {
        let path = self.paths.next()?;
        self.name = shown(&path);
        self.found_nothing = true;
        if path.as_os_str() == "-" {
            let name = self.name.clone();
            return Some(match self.stdin.take() {
                Some(stdin) => file::open_stream(name, stdin, Given::Directly),
                None => Found::Item(unreadable(name, Error::StdinTwice)),
            });
        }
        // A folder that is a link was meant when it was named; inside folders links to folders
        // are not followed.
        Some(match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => folder::open(path, 1),
            Ok(_) => {
                let found = file::open(&path, Given::Directly);
                let answer = path.with_extension(ANSWER);
                match answer != path && answer.is_file() {
                    true => file::with_answer(found, &answer),
                    false => found,
                }
            }
            Err(error) => Found::Item(unreadable(self.name.clone(), error.into())),
        })
    }
}

/// What a step through a container gives.
enum Found {
    Item(Item),
    Within(Contents),
}

/// The rest of a container.
type Contents = Box<dyn Iterator<Item = Found> + Send>;

/// A file that can be read from any place.
trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// How the file of an OCSP answer is called that lies beside a message.
const ANSWER: &str = "ocsp";

/// How we came upon a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    /// It was named on the command line.
    Directly,
    /// It lay in a folder.
    InFolder,
}

fn unreadable(name: String, error: Error) -> Item {
    Item::Unreadable { name, error }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What a file browser leaves behind, which nobody takes for mail. On Unix, and by habit in
/// archives, a leading dot hides a file.
fn is_clutter(file_name: &[u8]) -> bool {
    file_name.starts_with(b".") || file_name == b"Thumbs.db"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tempfile::TempDir;

    use super::*;

    /// Name, and octets as text or the key of the error.
    type Seen = (String, Result<String, &'static str>);

    fn seen(item: Item) -> Seen {
        match item {
            Item::Message(source) => (source.name, Ok(String::from_utf8(source.octets).unwrap())),
            Item::Unreadable { name, error } => (name, Err(error.key())),
            Item::Container { name, .. } => (name, Err("container")),
        }
    }

    /// Reads `names` within a folder, and gives them without it.
    fn read(folder: &TempDir, names: &[&str]) -> Vec<Seen> {
        let paths = names.iter().map(|name| folder.path().join(name)).collect();
        let prefix = format!("{}/", shown(folder.path()));
        items(paths, Box::new(io::empty()))
            .map(seen)
            .map(|(name, read)| (name.replacen(&prefix, "", 1), read))
            .collect()
    }

    fn folder_of(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, octets) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, octets).unwrap();
        }
        folder
    }

    fn ok(name: &str, octets: &str) -> Seen {
        (name.into(), Ok(octets.into()))
    }

    fn failed(name: &str, key: &'static str) -> Seen {
        (name.into(), Err(key))
    }

    const MBOX: &[u8] = b"From \r\nA: 1\r\n\r\n\r\nFrom \r\nA: 2\r\n\r\n\r\n";

    #[test]
    fn a_folder_is_walked_in_the_order_of_names_and_everything_in_it_is_opened() {
        let folder = folder_of(&[
            ("r/b.pdf", b"%PDF"),
            ("r/a/z.eml", b"Z: 1"),
            ("r/c.mbox", MBOX),
            ("r/.hidden.eml", b"no"),
            ("r/.git/config", b"no"),
            ("r/.DS_Store", b"no"),
            ("r/Thumbs.db", b"no"),
            ("r/B.eml", b""),
        ]);
        assert_eq!(
            read(&folder, &["r"]),
            [
                ok("r/B.eml", ""),
                ok("r/a/z.eml", "Z: 1"),
                ok("r/b.pdf", "%PDF"),
                ok("r/c.mbox#1", "A: 1\r\n\r\n"),
                ok("r/c.mbox#2", "A: 2\r\n\r\n"),
            ]
        );
    }

    #[test]
    fn a_container_in_a_stream_is_one_too() {
        let container = b"PK\x03\x04\n\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0mimetypeapplication/vnd.etsi.asic-e+zip";
        let mut other = container.to_vec();
        let at = other.len() - 10;
        other[at] = b'x';
        let read = |octets: &[u8]| {
            let stream = Box::new(io::Cursor::new(octets.to_vec()));
            let found: Vec<Seen> = items(vec!["-".into()], stream).map(seen).collect();
            found
        };
        assert_eq!(read(container), [failed("-", "container")]);
        assert_ne!(read(&other), [failed("-", "container")]);
    }

    #[test]
    fn archives_are_opened_in_folders_and_streams_and_documents_are_not() {
        let mail = archive::tests::zip_of(&[("a.eml", b"A: 1")]);
        let document = archive::tests::zip_of(&[("mimetype", b"x")]);
        let folder = folder_of(&[("r/mail.zip", &mail), ("r/note.odt", &document)]);
        let paths = vec![folder.path().join("r"), "-".into()];
        let read: Vec<Source> = items(paths, Box::new(io::Cursor::new(mail)))
            .map(|item| match item {
                Item::Message(source) => source,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(read.len(), 3);
        assert!(read[0].name.ends_with("r/mail.zip!/a.eml"));
        assert_eq!(read[0].octets, b"A: 1");
        assert!(read[1].name.ends_with("r/note.odt"));
        assert_eq!(read[1].octets, document);
        assert_eq!(read[2].name, "-!/a.eml");
    }

    fn gzip(octets: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let level = flate2::Compression::default();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_message_that_gzip_compressed_says_so_and_those_of_an_mbox_do_not() {
        let folder = folder_of(&[("a.gz", &gzip(b"A: 1")), ("b.gz", &gzip(MBOX)), ("c", b"A")]);
        let stored = |name: &str| -> Vec<Stored> {
            let found = items(vec![folder.path().join(name)], Box::new(io::empty()));
            let messages = found.map(|item| match item {
                Item::Message(source) => source.stored,
                other => panic!("{other:?}"),
            });
            messages.collect()
        };
        assert_eq!(stored("a.gz"), [Stored::Gzip]);
        assert_eq!(stored("b.gz"), [Stored::AsItIs, Stored::AsItIs]);
        assert_eq!(stored("c"), [Stored::AsItIs]);
    }

    #[test]
    fn what_gzip_compressed_is_unfolded() {
        let twice = [gzip(b"A: 1\r\n"), gzip(b"B: 2\r\n")].concat();
        let damaged = &twice[..twice.len() - 3];
        let folder = folder_of(&[
            ("a.eml.gz", &gzip(b"A: 1\r\n")),
            ("b", &twice),
            ("c.gz", &gzip(MBOX)),
            ("d.gz", damaged),
        ]);
        assert_eq!(
            read(&folder, &["a.eml.gz", "b", "c.gz", "d.gz"]),
            [
                ok("a.eml.gz", "A: 1\r\n"),
                ok("b", "A: 1\r\nB: 2\r\n"),
                ok("c.gz#1", "A: 1\r\n\r\n"),
                ok("c.gz#2", "A: 2\r\n\r\n"),
                failed("d.gz", "input.gzip"),
            ]
        );
        let stream: Vec<_> = items(vec!["-".into()], Box::new(io::Cursor::new(twice)))
            .map(seen)
            .collect();
        assert_eq!(stream, [ok("-", "A: 1\r\nB: 2\r\n")]);
    }

    #[test]
    fn gzip_unfolds_to_no_more_than_a_message_and_in_folders_only_text() {
        let large = gzip(&vec![b'a'; crate::mime::MAX_MESSAGE_OCTETS + 1]);
        let tar = gzip(b"name\0\0\0");
        let folder = folder_of(&[
            ("large.gz", &large),
            ("r/a.gz", &gzip(b"A: 1")),
            ("r/b.tgz", &tar),
        ]);
        assert_eq!(
            read(&folder, &["large.gz"]),
            [failed("large.gz", "input.too-large")]
        );
        let stored: Vec<Vec<u8>> = items(vec![folder.path().join("r")], Box::new(io::empty()))
            .map(|item| match item {
                Item::Message(source) => source.octets,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(stored, [b"A: 1".to_vec(), tar]);
    }

    #[test]
    fn a_maildir_gives_its_messages_and_those_of_its_folders() {
        let folder = folder_of(&[
            ("m/cur/1.host:2,S", b"cur"),
            ("m/new/2.host", b"new"),
            ("m/tmp/3.host", b"not whole"),
            ("m/cur/.nfs01", b"no"),
            ("m/dovecot.index.log", b"no"),
            ("m/dovecot-uidlist", b"no"),
            ("m/maildirfolder", b""),
            ("m/maildirsize", b"no"),
            ("m/subscriptions", b"no"),
            ("m/.Sent/cur/4.host:2,S", b"sent"),
            ("m/.Sent/new/5.host", b"sent new"),
            ("m/.Sent/tmp/6.host", b"not whole"),
            ("m/.notes/cur/7.host", b"no Maildir"),
            ("m/beside.eml", b"beside"),
        ]);
        assert_eq!(
            read(&folder, &["m"]),
            [
                ok("m/.Sent/cur/4.host:2,S", "sent"),
                ok("m/.Sent/new/5.host", "sent new"),
                ok("m/beside.eml", "beside"),
                ok("m/cur/1.host:2,S", "cur"),
                ok("m/new/2.host", "new"),
            ]
        );
    }

    #[test]
    fn what_is_missing_or_empty_is_said_and_the_rest_is_read() {
        let folder = folder_of(&[("empty/.hidden", b""), ("a.eml", b"A: 1")]);
        assert_eq!(
            read(&folder, &["gone.eml", "empty", "a.eml/b", "a.eml"]),
            [
                failed("gone.eml", "input.not-found"),
                failed("empty", "input.empty"),
                failed("a.eml/b", "input.not-found"),
                ok("a.eml", "A: 1"),
            ]
        );
    }

    #[test]
    fn a_file_that_vanishes_during_the_walk_is_said() {
        let folder = folder_of(&[("r/a", b"a"), ("r/b", b"b"), ("r/c", b"c")]);
        let mut items = items(vec![folder.path().join("r")], Box::new(io::empty())).map(seen);
        assert_eq!(items.next().unwrap().1, Ok("a".into()));
        fs::remove_file(folder.path().join("r/b")).unwrap();
        assert_eq!(items.next().unwrap().1, Err("input.not-found"));
        assert_eq!(items.next().unwrap().1, Ok("c".into()));
        assert!(items.next().is_none());
    }

    #[test]
    fn folders_without_end_are_left_and_the_walk_goes_on() {
        let deep = format!("r/{}x.eml", "d/".repeat(70));
        let folder = folder_of(&[(&deep, b"no"), ("r/z.eml", b"z")]);
        let seen = read(&folder, &["r"]);
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].1, Err("input.too-deep"));
        assert_eq!(seen[1], ok("r/z.eml", "z"));
    }

    #[test]
    fn a_file_larger_than_any_message_is_not_read() {
        let folder = folder_of(&[]);
        let sparse = fs::File::create(folder.path().join("video.mp4")).unwrap();
        sparse
            .set_len(crate::mime::MAX_MESSAGE_OCTETS as u64 + 1)
            .unwrap();
        assert_eq!(
            read(&folder, &["video.mp4"]),
            [failed("video.mp4", "input.too-large")]
        );
    }

    #[test]
    fn a_stream_larger_than_any_message_is_read_no_further() {
        let endless = Box::new(io::repeat(b'x'));
        let read: Vec<Seen> = items(vec!["-".into()], endless).map(seen).collect();
        assert_eq!(read, [failed("-", "input.too-large")]);
    }

    #[test]
    fn standard_input_is_read_once() {
        let stdin = Box::new(b"A: 1\n\nbody" as &[u8]);
        let read: Vec<Seen> = items(vec!["-".into(), "-".into()], stdin)
            .map(seen)
            .collect();
        assert_eq!(
            read,
            [ok("-", "A: 1\n\nbody"), failed("-", "input.stdin-twice")]
        );
    }

    /// Gives an mbox of many messages, and counts what was taken of it.
    struct LongMbox {
        message: Vec<u8>,
        left: usize,
        at: usize,
        taken: Arc<AtomicUsize>,
    }

    impl Read for LongMbox {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.at == self.message.len() {
                self.at = 0;
                self.left -= 1;
            }
            if self.left == 0 {
                return Ok(0);
            }
            let count = (&self.message[self.at..]).read(buffer)?;
            self.at += count;
            self.taken.fetch_add(count, Ordering::Relaxed);
            Ok(count)
        }
    }

    #[test]
    fn an_mbox_of_ten_thousand_messages_is_read_one_by_one() {
        let text = format!("A: 1\n\n{}\n", "x".repeat(1_000));
        let message = format!("From a@b Tue Nov 13 16:39:27 2018\n{text}\n").into_bytes();
        let (size, taken) = (message.len(), Arc::new(AtomicUsize::new(0)));
        let stdin = Box::new(LongMbox {
            message,
            left: 10_000,
            at: 0,
            taken: Arc::clone(&taken),
        });
        let mut count = 0;
        for item in items(vec!["-".into()], stdin) {
            count += 1;
            assert_eq!(seen(item), (format!("-#{count}"), Ok(text.clone())));
            let ahead = taken.load(Ordering::Relaxed) - (count * size).min(10_000 * size);
            assert!(ahead <= 128 * 1024, "{ahead} octets ahead");
        }
        assert_eq!(count, 10_000);
    }

    #[test]
    fn errors_of_the_system_are_told_apart() {
        let key = |kind| Error::from(io::Error::from(kind)).key();
        assert_eq!(key(io::ErrorKind::PermissionDenied), "input.permission");
        assert_eq!(key(io::ErrorKind::NotFound), "input.not-found");
        assert_eq!(key(io::ErrorKind::IsADirectory), "input.folder");
        assert_eq!(key(io::ErrorKind::TimedOut), "input.io");
    }

    #[cfg(unix)]
    mod unix {
        use std::ffi::OsStr;
        use std::io::Write;
        use std::os::fd::AsRawFd;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;

        use super::*;

        #[test]
        fn links_to_files_are_read_and_links_to_folders_and_sockets_are_not() {
            let folder = folder_of(&[("r/a.eml", b"a"), ("out/b.eml", b"b")]);
            let at = |name: &str| folder.path().join(name);
            symlink(at("out/b.eml"), at("r/b.eml")).unwrap();
            symlink(at("nowhere"), at("r/c.eml")).unwrap();
            symlink(at("out"), at("r/out")).unwrap();
            symlink(at("r"), at("r/again")).unwrap();
            let _socket = UnixListener::bind(at("r/socket")).unwrap();
            assert_eq!(
                read(&folder, &["r"]),
                [
                    ok("r/a.eml", "a"),
                    ok("r/b.eml", "b"),
                    failed("r/c.eml", "input.not-found"),
                ]
            );
            assert_eq!(read(&folder, &["r/out"]), [ok("r/out/b.eml", "b")]);
        }

        #[test]
        fn a_pipe_that_is_named_is_read() {
            let (reader, mut writer) = io::pipe().unwrap();
            writer.write_all(b"A: 1\n\n").unwrap();
            drop(writer);
            let path = format!("/dev/fd/{}", reader.as_raw_fd());
            let read: Vec<Seen> = items(vec![path.clone().into()], Box::new(io::empty()))
                .map(seen)
                .collect();
            assert_eq!(read, [(path, Ok("A: 1\n\n".into()))]);
        }

        #[test]
        fn hostile_names_are_kept_and_those_that_are_not_utf_8_shown_with_a_mark() {
            let folder = folder_of(&[("\u{1b}[31m.eml", b"a")]);
            fs::write(folder.path().join(OsStr::from_bytes(b"\xff.eml")), b"b").unwrap();
            let read = read(&folder, &["."]);
            assert_eq!(
                read,
                [ok("./\u{1b}[31m.eml", "a"), ok("./\u{fffd}.eml", "b")]
            );
        }
    }
}
