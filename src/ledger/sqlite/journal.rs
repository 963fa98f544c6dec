//! What left this computer, beside the database: a line for each attempt, on the disk before the
//! first octet of the message goes out.
//!
//! A database that was restored from a copy, truncated, or parted from its `-wal` file is sound
//! and knows less. The journal is another file, so it tells. Lines are only added; one that was
//! cut off while it was written stands for a message that did not leave.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::ledger::disk::sync_folder;
use crate::timestamp::Timestamp;

/// Octets of a line; a Message-ID has at most 998.
const MAX_LINE: u64 = 2_000;

/// The file `journal`.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    path: PathBuf,
}

/// A line that was added.
#[derive(Debug)]
pub(super) struct Written<'a> {
    file: File,
    /// The file, where this made it.
    new: Option<&'a Path>,
}

impl Written<'_> {
    /// When it returns, the line is on the disk.
    pub fn bring_to_disk(&self) -> io::Result<()> {
        self.file.sync_all()?;
        let folder = self.new.and_then(Path::parent);
        folder.map_or(Ok(()), sync_folder)
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

    /// Its octets; `None` where there is none.
    pub fn length(&self) -> io::Result<Option<u64>> {
        match fs::metadata(&self.path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a line, which is on the disk once it was brought there. Gives the octets there are then.
    pub fn write(&self, line: &Line) -> io::Result<(u64, Written<'_>)> {
        let mut file =
            private(OpenOptions::new().read(true).append(true).create(true)).open(&self.path)?;
        let length = file.seek(SeekFrom::End(0))?;
        let mut text = line.text();
        // One that was cut off must not swallow this one.
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                text.insert(0, '\n');
            }
        }
        file.write_all(text.as_bytes())?;
        let is_new = length == 0;
        let written = Written {
            file,
            new: is_new.then_some(&self.path),
        };
        Ok((length + text.len() as u64, written))
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
