//! Answers that were written beforehand in the place of a server: for the fuzzer, which has no
//! network.

use std::io::{self, Read, Write};
use std::time::Duration;

use super::tls::{Line, Wire};

/// Each command is answered by the octets up to the next NUL; `TAG` stands for its tag. After
/// the last one the line is closed.
#[derive(Debug)]
pub(super) struct Canned {
    answers: Vec<u8>,
    /// What was written since the last line end.
    command: Vec<u8>,
    ready: Vec<u8>,
}

impl Canned {
    pub fn new(answers: Vec<u8>) -> Self {
        Self {
            answers,
            command: Vec::new(),
            ready: Vec::new(),
        }
    }

    fn answer(&mut self) {
        let tag = self.command.split(|octet| *octet == b' ').next();
        let tag = tag.unwrap_or_default().to_vec();
        self.command.clear();
        let end = memchr::memchr(0, &self.answers).map_or(self.answers.len(), |at| at + 1);
        let rest = self.answers.split_off(end);
        let answer = std::mem::replace(&mut self.answers, rest);
        let mut answer = answer.strip_suffix(&[0]).unwrap_or(&answer);
        while let Some(at) = memchr::memmem::find(answer, b"TAG") {
            self.ready.extend_from_slice(&answer[..at]);
            self.ready.extend_from_slice(&tag);
            answer = &answer[at + 3..];
        }
        self.ready.extend_from_slice(answer);
    }
}

impl Read for Canned {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let n = octets.len().min(self.ready.len());
        let rest = self.ready.split_off(n);
        octets[..n].copy_from_slice(&self.ready);
        self.ready = rest;
        Ok(n)
    }
}

impl Write for Canned {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.command.extend_from_slice(octets);
        if octets.ends_with(b"\n") {
            self.answer();
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for Canned {
    fn set_read_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

impl Line for Canned {
    fn abort(&mut self) {
        self.answers.clear();
        self.ready.clear();
    }

    fn last_octets(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ready)
    }
}
