//! Octets of a table in any usual encoding to UTF-8.
//!
//! Excel writes UTF-8 with a byte order mark ("CSV UTF-8"), the code page of the computer
//! ("CSV", windows-1252 in Italy), or UTF-16 ("Unicode text"). A [`Survey`] of the whole file
//! tells which. Octets that the encoding does not have become U+FFFD, by which a row with them
//! is found later; nothing is guessed for them.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Octets read at once.
const BLOCK: usize = 64 * 1024;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// Why a file is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoText {
    /// A workbook of a spreadsheet (Excel, LibreOffice), not a table exported from one.
    Workbook,
    /// NUL without a byte order mark: no text, or UTF-16 that does not say so.
    Binary,
    /// Nothing in it.
    Empty,
}

impl Encoding {
    /// UTF-8.
    pub const UTF_8: Self = Self(UTF_8);

    /// The encoding of a label of the web (`utf-8`, `windows-1252`, `macintosh`, …).
    pub fn named(label: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(label.trim().as_bytes()).map(Self)
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// What the octets of a file tell about its encoding. Feed it all of them.
#[derive(Debug, Default)]
pub struct Survey {
    start: Vec<u8>,
    carry: Vec<u8>,
    multibyte: u64,
    broken: u64,
    has_nul: bool,
}

impl Survey {
    /// The next octets.
    pub fn feed(&mut self, octets: &[u8]) {
        let missing = 4usize.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&octets[..missing.min(octets.len())]);
        self.has_nul |= memchr::memchr(0, octets).is_some();
        let mut whole = std::mem::take(&mut self.carry);
        whole.extend_from_slice(octets);
        let mut rest = &whole[..];
        loop {
            match std::str::from_utf8(rest) {
                Ok(good) => {
                    self.count(good.as_bytes());
                    break;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.count(good);
                    let Some(length) = error.error_len() else {
                        self.carry = bad.to_vec();
                        break;
                    };
                    self.broken += 1;
                    rest = &bad[length..];
                }
            }
        }
    }

    /// Letters of several octets.
    fn count(&mut self, good: &[u8]) {
        if !good.is_ascii() {
            self.multibyte += good.iter().filter(|octet| **octet >= 0xc0).count() as u64;
        }
    }

    /// The encoding: what a byte order mark says, else UTF-8 where all or most octets beyond
    /// ASCII are that, else windows-1252.
    ///
    /// # Errors
    /// When it is no text.
    pub fn finish(self) -> Result<Encoding, NoText> {
        const ZIP: &[u8] = b"PK\x03\x04";
        const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";
        if self.start.is_empty() {
            return Err(NoText::Empty);
        }
        if [ZIP, COMPOUND].contains(&&*self.start) {
            return Err(NoText::Workbook);
        }
        if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(&self.start) {
            return Ok(Encoding(encoding));
        }
        if self.has_nul {
            return Err(NoText::Binary);
        }
        let broken = self.broken + u64::from(!self.carry.is_empty());
        Ok(Encoding(if broken > self.multibyte {
            WINDOWS_1252
        } else {
            UTF_8
        }))
    }
}

/// UTF-8 out of octets in an encoding, without a byte order mark.
pub struct Decoded<R> {
    input: R,
    decoder: Decoder,
    block: Vec<u8>,
    at: usize,
    has_ended: bool,
    /// Decoded, and how much of it was handed out.
    text: Vec<u8>,
    given: usize,
    is_done: bool,
}

impl<R: Read> Decoded<R> {
    /// Reads `input` as this encoding. A byte order mark of UTF-16 decides between its two
    /// orders.
    pub fn new(input: R, encoding: Encoding) -> Self {
        let utf16 = [UTF_16LE, UTF_16BE].contains(&encoding.0);
        let decoder = if utf16 {
            encoding.0.new_decoder()
        } else {
            encoding.0.new_decoder_with_bom_removal()
        };
        Self {
            input,
            decoder,
            block: Vec::new(),
            at: 0,
            has_ended: false,
            text: Vec::new(),
            given: 0,
            is_done: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.block.resize(BLOCK, 0);
        self.at = 0;
        let count = loop {
            match self.input.read(&mut self.block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.block.truncate(count);
        self.has_ended = count == 0;
        Ok(())
    }
}

impl<R: Read> Decoded<R> {
    /// Decodes the next octets into `text`; leaves it empty at the end.
    fn decode(&mut self) -> io::Result<()> {
        self.given = 0;
        self.text.clear();
        while self.text.is_empty() && !self.is_done {
            if self.at == self.block.len() && !self.has_ended {
                self.refill()?;
            }
            self.text.resize(BLOCK, 0);
            let rest = &self.block[self.at..];
            let (result, read, written, _) =
                self.decoder
                    .decode_to_utf8(rest, &mut self.text, self.has_ended);
            self.text.truncate(written);
            self.at += read;
            self.is_done = self.has_ended && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.decode()?;
        }
        let rest = &self.text[self.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(octets: &[u8]) -> Result<&'static str, NoText> {
        // Cut anywhere, to show that letters across blocks are counted once.
        let mut names = (1..=octets.len().max(1)).map(|size| {
            let mut survey = Survey::default();
            octets.chunks(size).for_each(|block| survey.feed(block));
            survey.finish().map(Encoding::name)
        });
        let first = names.next().unwrap();
        assert!(names.all(|name| name == first));
        first
    }

    fn read(octets: &[u8], label: &str) -> String {
        let mut text = String::new();
        let encoding = Encoding::named(label).unwrap();
        Decoded::new(octets, encoding)
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn each_export_of_a_spreadsheet_is_known() {
        assert_eq!(survey(b"to;nome\r\n"), Ok("UTF-8"));
        assert_eq!(survey("to;città\r\nè".as_bytes()), Ok("UTF-8"));
        assert_eq!(survey(b"\xef\xbb\xbfto;citt\xe0\r\n"), Ok("UTF-8"));
        assert_eq!(survey(b"to;citt\xe0\r\n"), Ok("windows-1252"));
        assert_eq!(survey(b"\xff\xfet\0o\0"), Ok("UTF-16LE"));
        assert_eq!(survey(b"PK\x03\x04..."), Err(NoText::Workbook));
        assert_eq!(survey(b"t\0o\0"), Err(NoText::Binary));
        assert_eq!(survey(b""), Err(NoText::Empty));
    }

    #[test]
    fn a_few_broken_octets_do_not_make_another_encoding() {
        let mut octets = "perché è così\n".repeat(9).into_bytes();
        octets.extend_from_slice(b"citt\xe0\n");
        assert_eq!(survey(&octets), Ok("UTF-8"));
        assert!(read(&octets, "utf-8").ends_with("citt\u{fffd}\n"));
    }

    #[test]
    fn text_comes_out_as_utf_8_without_a_mark() {
        assert_eq!(read(b"citt\xe0 10 \x80", "windows-1252"), "città 10 €");
        assert_eq!(read(b"\xef\xbb\xbfa", "utf-8"), "a");
        assert_eq!(read(b"\xff\xfea\0\xe0\0", "utf-16"), "aà");
        let long = "perché ".repeat(30_000);
        assert_eq!(read(long.as_bytes(), "utf-8"), long);
        // However little room the reader has.
        let mut decoded = Decoded::new("è".as_bytes(), Encoding::UTF_8);
        let mut octet = [0];
        assert_eq!(decoded.read(&mut octet).unwrap(), 1);
        assert_eq!(decoded.read(&mut octet).unwrap(), 1);
        assert_eq!(decoded.read(&mut octet).unwrap(), 0);
        // Mac letters, read as windows-1252, end among the controls.
        assert_eq!(read(b"\x8f", "windows-1252"), "\u{8f}");
    }
}
