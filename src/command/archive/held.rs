//! A container that was found whole on the disk, and what it holds: only [`Held::find`] makes one.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::asic;
use crate::command::Failure;
use crate::command::export::Exported;
use crate::command::judges::Judge;
use crate::command::whole;
use crate::exit::ExitStatus;
use crate::smime::Sha256;

/// Octets read at once.
const BUFFER_OCTETS: usize = 64 * 1024;

/// A file as it was found.
pub(super) struct Copy {
    file: PathBuf,
    sha256: String,
}

/// A container in which a message and all its receipts were found.
pub(super) struct Held {
    copy: Copy,
    /// Its octets.
    pub size: u64,
    /// SHA-256 of everything in it.
    inside: HashSet<String>,
}

impl Held {
    /// Reads a container from the disk to its end: every file in it has the digest that its list
    /// names, everything is today what the container says, and the message and each of its receipts
    /// are in it, octet for octet; of one that was received, its envelope.
    ///
    /// # Errors
    /// A [`Failure`] when something of that is not so, or the disk cannot be read.
    pub fn find(of: Exported<'_>, file: &Path, judge: &Judge) -> Result<Self, Failure> {
        let (sha256, size) = digest(file).map_err(|error| whole::failure(file, &error))?;
        let named = || [("file", file.display().to_string())];
        let not_whole = || Failure::new("archive-not-whole", named());
        let opened = File::open(file).map_err(|error| whole::failure(file, &error));
        let Ok(asic::Read::Evidence(checked)) = asic::Read::of(&mut opened?) else {
            return Err(not_whole());
        };
        if !checked.flaws.is_empty() || judge.examiner.answer_of(file) != ExitStatus::Yes {
            return Err(not_whole());
        }
        let inside: HashSet<String> = checked.files.into_iter().map(|one| one.sha256).collect();
        let (message, receipts) = of.octets();
        let mut needed = std::iter::once(message).chain(receipts);
        if !needed.all(|octets| inside.contains(octets)) {
            return Err(Failure::new("archive-behind", named()));
        }
        let copy = Copy {
            file: file.to_owned(),
            sha256,
        };
        // What was read piece by piece is one file.
        match copy.is_there() {
            true => Ok(Self { copy, size, inside }),
            false => Err(not_whole()),
        }
    }

    /// The name of the file.
    pub fn name(&self) -> String {
        let name = self.copy.file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.copy.file
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> &str {
        &self.copy.sha256
    }

    /// Whether it holds octets.
    pub fn holds(&self, octets: &str) -> bool {
        self.inside.contains(octets)
    }

    /// The file alone, for who asks later whether it is there still.
    pub fn into_copy(self) -> Copy {
        self.copy
    }
}

impl Copy {
    /// Whether the file is on the disk as it was found.
    pub fn is_there(&self) -> bool {
        digest(&self.file).is_ok_and(|(found, _)| found == self.sha256)
    }
}

/// SHA-256 of a file, and its octets.
fn digest(file: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(file)?;
    let (mut digest, mut size) = (Sha256::default(), 0);
    let mut piece = vec![0; BUFFER_OCTETS];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok((digest.finish(), size)),
            Ok(count) => {
                digest.feed(&piece[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
