//! What is written only where it turns out to be wanted: nothing of a run in which all was well.

use std::io::{self, Write};

/// Octets that are kept of a long run: its last ones.
const MOST: usize = 1024 * 1024;

/// A stream whose octets wait for [`Held::release`].
pub struct Held<'a> {
    out: &'a mut dyn Write,
    /// What waits; none where nothing is held back.
    waiting: Option<Vec<u8>>,
}

impl<'a> Held<'a> {
    /// A stream that is held back, or one that is not.
    pub fn new(out: &'a mut dyn Write, is_held: bool) -> Self {
        Self {
            out,
            waiting: is_held.then(Vec::new),
        }
    }

    /// Writes what waits, of a long run only its end.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn release(&mut self) -> io::Result<()> {
        match self.waiting.take() {
            Some(waiting) => {
                self.out.write_all(&waiting)?;
                self.out.flush()
            }
            // What was not held back is on its way already, and nobody may be reading any more.
            None => Ok(()),
        }
    }
}

impl Write for Held<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let Some(waiting) = &mut self.waiting else {
            return self.out.write(octets);
        };
        waiting.extend_from_slice(octets);
        if waiting.len() > MOST {
            let half = &waiting[waiting.len() - MOST / 2..];
            let line = half.iter().position(|octet| *octet == b'\n');
            let kept = half[line.map_or(0, |end| end + 1)..].to_vec();
            *waiting = kept;
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.waiting {
            Some(_) => Ok(()),
            None => self.out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_seen_once_released() {
        let mut out = Vec::new();
        let mut held = Held::new(&mut out, true);
        held.write_all(b"one\n").unwrap();
        held.flush().unwrap();
        assert!(held.out.write(b"").is_ok());
        held.release().unwrap();
        held.write_all(b"two\n").unwrap();
        assert_eq!(out, b"one\ntwo\n");
    }

    #[test]
    fn what_is_never_released_is_never_seen() {
        let mut out = Vec::new();
        Held::new(&mut out, true).write_all(b"one\n").unwrap();
        assert_eq!(out, b"");
        Held::new(&mut out, false).write_all(b"one\n").unwrap();
        assert_eq!(out, b"one\n");
    }

    #[test]
    fn of_a_long_run_the_last_lines_are_kept() {
        let mut out = Vec::new();
        let mut held = Held::new(&mut out, true);
        for number in 0..200_000 {
            writeln!(held, "line {number:06}").unwrap();
        }
        held.release().unwrap();
        assert!(out.len() <= MOST);
        assert!(out.starts_with(b"line "));
        assert!(out.ends_with(b"line 199999\n"));
    }
}
