//! What left this computer, beside the database: a line for each attempt, on the disk before the
//! first octet of the message goes out.
//!
//! A database that was restored from a copy, truncated, or parted from its `-wal` file is sound
//! and knows less. The journal is another file, so it tells. Lines are only added; one that was
//! cut off while it was written stands for a message that did not leave. Room for the next lines, NUL
//! octets, is written ahead: a line that changes no length is soon on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::ledger::disk::sync_folder;
use crate::timestamp::Timestamp;

/// Octets of a line; a Message-ID has at most 998.
const MAX_LINE: u64 = 2_000;

/// Octets of room that is written at once, for some hundred lines.
const ROOM: usize = 16 * 1024;

/// The file `journal`.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    path: PathBuf,
}

/// A line that was added.
#[derive(Debug)]
pub(super) struct Written(File);

impl Written {
    /// When it returns, the line is on the disk.
    pub fn bring_to_disk(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// An attempt whose octets were about to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When, by our clock.
    pub at: Timestamp,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// SHA-256 of the octets.
    pub octets: String,
    /// With its angle brackets.
    pub message_id: String,
}

impl Journal {
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Its octets, without the room behind the last line; `None` where there is none.
    pub fn length(&self) -> io::Result<Option<u64>> {
        match File::open(&self.path) {
            Ok(mut file) => Ok(Some(end_of(&mut file)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a line, which is on the disk once it was brought there. Gives the octets there are then.
    /// One at a time: who adds a line holds the lock of the ledger.
    pub fn write(&self, line: &Line) -> io::Result<(u64, Written)> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = private(options).open(&self.path)?;
        let length = end_of(&mut file)?;
        let mut text = line.text();
        // One that was cut off must not swallow this one.
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(length - 1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                text.insert(0, '\n');
            }
        }
        let end = length + text.len() as u64;
        if file.seek(SeekFrom::End(0))? < end {
            // Written, as a mere length would have to be brought to the disk with each line.
            file.write_all(&[0; ROOM])?;
            file.sync_all()?;
        }
        // Here and not with the line: who adds the next one finds a file that has its name.
        if length == 0 {
            sync_folder(self.path.parent().expect("a file in the folder"))?;
        }
        file.seek(SeekFrom::Start(length))?;
        file.write_all(text.as_bytes())?;
        Ok((end, Written(file)))
    }

    /// All lines that are whole, in their order.
    pub fn lines(&self, each: &mut dyn FnMut(Line) -> io::Result<()>) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut octets = Vec::new();
        loop {
            octets.clear();
            if file
                .by_ref()
                .take(MAX_LINE)
                .read_until(b'\n', &mut octets)?
                == 0
            {
                return Ok(());
            }
            if let Some(line) = octets.strip_suffix(b"\n").and_then(Line::of) {
                each(line)?;
            }
        }
    }

    /// Puts these lines in the place of all that was there. Gives its octets.
    pub fn rewrite(&self, lines: &[Line]) -> io::Result<u64> {
        let new = self.path.with_extension("new");
        let file =
            private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?;
        let mut writer = BufWriter::new(file);
        let mut length = 0;
        for line in lines {
            let text = line.text();
            writer.write_all(text.as_bytes())?;
            length += text.len() as u64;
        }
        writer.into_inner()?.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_folder(self.path.parent().expect("a file in the folder"))?;
        Ok(length)
    }
}

/// Where the room behind the last line begins.
fn end_of(file: &mut File) -> io::Result<u64> {
    const PIECE: u64 = 4 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        let mut piece = vec![0; (end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut piece)?;
        // Most of it is room: the words first, which is sixteen times fewer.
        let is_room = |word: &&[u8]| **word == [0; 16];
        let room = 16 * piece.rchunks_exact(16).take_while(is_room).count();
        piece.truncate(piece.len() - room);
        if let Some(last) = piece.iter().rposition(|&octet| octet != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

impl Line {
    fn text(&self) -> String {
        let (at, attempt) = (self.at.unix(), self.attempt);
        format!("{at} {attempt} {} {}\n", self.octets, self.message_id)
    }

    fn of(octets: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(octets).ok()?.split(' ');
        let line = Self {
            at: Timestamp::from_unix(words.next()?.parse().ok()?),
            attempt: words.next()?.parse().ok()?,
            octets: words.next()?.to_owned(),
            message_id: words.next()?.to_owned(),
        };
        let is_digest =
            line.octets.len() == 64 && line.octets.bytes().all(|octet| octet.is_ascii_hexdigit());
        (is_digest && words.next().is_none() && line.message_id.ends_with('>')).then_some(line)
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32) -> Line {
        Line {
            at: Timestamp::from_unix(1_777_882_500 + i64::from(number)),
            attempt: number,
            octets: format!("{number:064x}"),
            message_id: format!("<{number}@pec.example>"),
        }
    }

    fn read(journal: &Journal) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut keep = |line| {
            lines.push(line);
            Ok(())
        };
        journal.lines(&mut keep).unwrap();
        lines
    }

    #[test]
    fn lines_come_back_as_they_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path().join("journal"));
        assert_eq!((journal.length().unwrap(), read(&journal)), (None, vec![]));
        for number in 1..4 {
            let (length, written) = journal.write(&line(number)).unwrap();
            written.bring_to_disk().unwrap();
            assert_eq!(journal.length().unwrap(), Some(length));
        }
        assert_eq!(read(&journal), [line(1), line(2), line(3)]);
        let length = journal.rewrite(&[line(3), line(4)]).unwrap();
        assert_eq!(journal.length().unwrap(), Some(length));
        assert_eq!(read(&journal), [line(3), line(4)]);
    }

    #[test]
    fn a_line_that_was_cut_off_at_any_octet_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path().join("journal"));
        let whole = line(2).text();
        // With all but its end it is whole: its attempt is known to the ledger in any case.
        for cut in 0..whole.len() - 1 {
            let text = line(1).text() + &whole[..cut];
            fs::write(&journal.path, text).unwrap();
            assert_eq!(read(&journal), [line(1)], "{cut}");
            journal.write(&line(3)).unwrap();
            assert_eq!(read(&journal), [line(1), line(3)], "{cut}");
        }
    }

    #[test]
    fn the_room_behind_the_last_line_is_none_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path().join("journal"));
        let all: Vec<Line> = (1..400).map(line).collect();
        let mut length = 0;
        for line in &all {
            let before = fs::metadata(&journal.path).map_or(0, |file| file.len());
            (length, _) = journal.write(line).unwrap();
            let after = fs::metadata(&journal.path).unwrap().len();
            assert!(
                after == before || (before < length && length < after),
                "{length}"
            );
            assert_eq!(journal.length().unwrap(), Some(length));
        }
        assert_eq!(read(&journal), all);
        let text = fs::read(&journal.path).unwrap();
        assert!(text[length as usize..].iter().all(|&octet| octet == 0));
        // Without its room, as another program or an older one left it, it is the same.
        fs::write(&journal.path, &text[..length as usize]).unwrap();
        assert_eq!(
            (journal.length().unwrap(), read(&journal)),
            (Some(length), all)
        );
    }

    #[test]
    fn room_alone_is_an_empty_journal() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path().join("journal"));
        fs::write(&journal.path, vec![0; 3 * ROOM]).unwrap();
        assert_eq!(
            (journal.length().unwrap(), read(&journal)),
            (Some(0), vec![])
        );
        journal.write(&line(1)).unwrap();
        assert_eq!(read(&journal), [line(1)]);
        assert_eq!(fs::metadata(&journal.path).unwrap().len(), 3 * ROOM as u64);
    }

    #[test]
    fn what_is_no_line_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path().join("journal"));
        let good = line(1).text();
        let bad = [
            "\n",
            "\u{0}\n",
            "x y z w\n",
            &good.replace(" <", " < "),
            &good.replace('>', ""),
        ];
        fs::write(
            &journal.path,
            bad.concat() + &"x".repeat(5_000) + "\n" + &good,
        )
        .unwrap();
        assert_eq!(read(&journal), [line(1)]);
    }
}
