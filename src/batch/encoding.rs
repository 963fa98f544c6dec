//! Octets of a table in any usual encoding to UTF-8.
//!
//! Excel writes UTF-8 with a byte order mark ("CSV UTF-8"), the code page of the computer
//! ("CSV", windows-1252 in Italy), that of its console ("CSV (MS-DOS)", 850), that of a Mac
//! ("CSV (Macintosh)"), or UTF-16 ("Unicode text"). A [`Survey`] of the whole file tells which;
//! code pages by what stands in words, which a person then sees. Octets that the encoding does
//! not have become U+FFFD, by which a row with them is found later; nothing is guessed for them.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::codepage::CodePage;

/// Octets read at once.
const BLOCK: usize = 64 * 1024;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One of the web (<https://encoding.spec.whatwg.org>).
    Web(&'static encoding_rs::Encoding),
    /// One of MS-DOS.
    Dos(CodePage),
}

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
    pub const UTF_8: Self = Self(Kind::Web(UTF_8));

    /// The encoding of a label of the web (`utf-8`, `windows-1252`, `macintosh`, …), or a code
    /// page of MS-DOS (`cp850`, `cp437`).
    pub fn named(label: &str) -> Option<Self> {
        let web = encoding_rs::Encoding::for_label(label.trim().as_bytes()).map(Kind::Web);
        let dos = || CodePage::named(label).map(Kind::Dos);
        web.or_else(dos).map(Self)
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Web(web) => web.name(),
            Kind::Dos(page) => page.name(),
        }
    }

    /// What its octets from 128 mean, where each octet is a character.
    fn upper(self) -> Vec<char> {
        let upper: Vec<u8> = (128..=255).collect();
        match self.0 {
            Kind::Web(web) => {
                let (text, _) = web.decode_without_bom_handling(&upper);
                text.chars().collect()
            }
            Kind::Dos(page) => page.upper(),
        }
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
    letters: Letters,
}

/// How often each octet from 128 stands in which surroundings.
#[derive(Debug)]
struct Letters {
    /// By what stands before it, whether a letter follows, and the octet less 128.
    counts: Vec<[[u64; 128]; 2]>,
    before: Beside,
    /// One whose right side is not known yet.
    open: Option<(Beside, u8)>,
}

/// What stands before an octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Other,
    Small,
    Capital,
}

const BESIDE: [Beside; 3] = [Beside::Other, Beside::Small, Beside::Capital];

impl Default for Letters {
    fn default() -> Self {
        Self {
            counts: vec![[[0; 128]; 2]; BESIDE.len()],
            before: Beside::Other,
            open: None,
        }
    }
}

impl Letters {
    fn feed(&mut self, octets: &[u8]) {
        // In plain ASCII only the last octet matters to what comes.
        let octets = match octets {
            [.., last] if self.open.is_none() && octets.is_ascii() => std::slice::from_ref(last),
            all => all,
        };
        for octet in octets {
            if let Some((before, open)) = self.open.take() {
                let in_word = octet.is_ascii_alphabetic();
                let at = usize::from(open & 0x7f);
                self.counts[before as usize][usize::from(in_word)][at] += 1;
            }
            if *octet >= 128 {
                self.open = Some((self.before, *octet));
            }
            self.before = match octet {
                b'a'..=b'z' => Beside::Small,
                b'A'..=b'Z' => Beside::Capital,
                _ => Beside::Other,
            };
        }
    }

    /// The code page in which the octets make the most sense; windows-1252 where no other makes
    /// more.
    fn likeliest(mut self) -> Encoding {
        // The end is the end of a word.
        self.feed(b"\n");
        let pages = [
            Kind::Web(WINDOWS_1252),
            Kind::Dos(CodePage::Cp850),
            Kind::Dos(CodePage::Cp437),
            Kind::Web(MACINTOSH),
        ];
        let mut best = (0, Encoding(pages[0]));
        for (at, page) in pages.into_iter().enumerate() {
            let upper = Encoding(page).upper();
            let mut score = 0i64;
            for before in BESIDE {
                for in_word in [false, true] {
                    let counts = &self.counts[before as usize][usize::from(in_word)];
                    for (c, count) in upper.iter().zip(counts) {
                        let count = i64::try_from(*count).unwrap_or(i64::MAX);
                        let weight = sense(*c, before, in_word).saturating_mul(count);
                        score = score.saturating_add(weight);
                    }
                }
            }
            if at == 0 || score > best.0 {
                best = (score, Encoding(page));
            }
        }
        best.1
    }
}

/// How much sense a character makes in Italian beside others: more than 0 where it is usual.
fn sense(c: char, before: Beside, in_word: bool) -> i64 {
    let (small, capital) = (Beside::Small, Beside::Capital);
    match c {
        'à' | 'è' | 'é' | 'ì' | 'ò' | 'ù' if before == small => 3,
        'à' | 'è' | 'é' | 'ì' | 'ò' | 'ù' if before == capital => 2,
        // A word of its own.
        'è' | 'È' if !in_word => 2,
        'À' | 'È' | 'É' | 'Ì' | 'Ò' | 'Ù' if before == capital => 3,
        '’' if before != Beside::Other => 2,
        '€' | '°' | 'º' | 'ª' | '«' | '»' | '“' | '”' | '‘' | '’' | '–' | '•' | '…' | '\u{a0}' => {
            i64::from(before == Beside::Other)
        }
        // "°" behind "n", "…" behind a word.
        '§' | '©' | '®' | '·' | '²' | '³' | '½' | '£' | '±' => 0,
        c if c.is_uppercase() && before == small => -3,
        // Names of neighbours.
        'ä' | 'ö' | 'ü' | 'ß' | 'ç' | 'ñ' => i64::from(before != Beside::Other),
        c if c.is_alphabetic() => 0,
        '\u{80}'..='\u{9f}' | '\u{2500}'..='\u{259f}' | char::REPLACEMENT_CHARACTER => -3,
        _ => -i64::from(before != Beside::Other),
    }
}

impl Survey {
    /// The next octets.
    pub fn feed(&mut self, octets: &[u8]) {
        let missing = 4usize.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&octets[..missing.min(octets.len())]);
        self.has_nul |= memchr::memchr(0, octets).is_some();
        self.letters.feed(octets);
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
    /// ASCII are that, else the code page in which they make the most sense: windows-1252, 850,
    /// 437 or that of a Mac.
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
            return Ok(Encoding(Kind::Web(encoding)));
        }
        if self.has_nul {
            return Err(NoText::Binary);
        }
        let broken = self.broken + u64::from(!self.carry.is_empty());
        Ok(match broken > self.multibyte {
            true => self.letters.likeliest(),
            false => Encoding::UTF_8,
        })
    }
}

/// UTF-8 out of octets in an encoding, without a byte order mark.
pub struct Decoded<R> {
    input: R,
    decoder: Decode,
    block: Vec<u8>,
    at: usize,
    has_ended: bool,
    /// Decoded, and how much of it was handed out.
    text: Vec<u8>,
    given: usize,
    is_done: bool,
}

enum Decode {
    Web(Decoder),
    /// The characters of the octets from 128.
    Dos(Vec<char>),
}

impl Decode {
    /// Decodes into `out`: octets read, octets written, whether all that was given is decoded.
    fn decode(&mut self, octets: &[u8], out: &mut [u8], is_last: bool) -> (usize, usize, bool) {
        match self {
            Self::Web(decoder) => {
                let (result, read, written, _) = decoder.decode_to_utf8(octets, out, is_last);
                (read, written, result == CoderResult::InputEmpty)
            }
            Self::Dos(upper) => {
                let (mut read, mut written) = (0, 0);
                for octet in octets {
                    let c = match octet.checked_sub(128) {
                        Some(at) => upper[usize::from(at)],
                        None => char::from(*octet),
                    };
                    if written + c.len_utf8() > out.len() {
                        break;
                    }
                    written += c.encode_utf8(&mut out[written..]).len();
                    read += 1;
                }
                (read, written, read == octets.len())
            }
        }
    }
}

impl<R: Read> Decoded<R> {
    /// Reads `input` as this encoding. A byte order mark of UTF-16 decides between its two
    /// orders.
    pub fn new(input: R, encoding: Encoding) -> Self {
        let decoder = match encoding.0 {
            Kind::Dos(page) => Decode::Dos(page.upper()),
            Kind::Web(web) if [UTF_16LE, UTF_16BE].contains(&web) => Decode::Web(web.new_decoder()),
            Kind::Web(web) => Decode::Web(web.new_decoder_with_bom_removal()),
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
            let (read, written, is_all) = self.decoder.decode(rest, &mut self.text, self.has_ended);
            self.text.truncate(written);
            self.at += read;
            self.is_done = self.has_ended && is_all;
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

    /// A text in a code page.
    fn written(text: &str, label: &str) -> Vec<u8> {
        let upper = Encoding::named(label).unwrap().upper();
        let octet = |c: char| match upper.iter().position(|other| *other == c) {
            Some(at) => u8::try_from(at + 128).unwrap(),
            None => u8::try_from(c).unwrap(),
        };
        text.chars().map(octet).collect()
    }

    #[test]
    fn code_pages_are_known_by_what_stands_in_words() {
        for text in [
            "Società Agricola è più\n",
            "to;città\n",
            "SOCIETÀ COOPERATIVA È LIBERTÀ\n",
            "Perché no? Müller, Forlì, Cantù, n° 5, € 3\n",
            "Così è\n",
        ] {
            // Signs that a page lacks do not matter here.
            for label in ["windows-1252", "cp850", "macintosh"] {
                let text = match label {
                    "cp850" => text.replace('€', "EUR"),
                    _ => text.to_owned(),
                };
                let expected = Encoding::named(label).unwrap().name();
                assert_eq!(survey(&written(&text, label)), Ok(expected), "{text}");
            }
        }
        // Where small letters alone stand, 437 is the same as 850.
        assert_eq!(survey(&written("città Forlì", "cp437")), Ok("cp850"));
    }

    #[test]
    fn signs_of_windows_are_no_letters_of_msdos() {
        for text in [
            "• punto\n",
            "costa 50 €\n",
            "l’atto – “copia” n° 5… §\n",
            "Škoda e Žižek\n",
            "CITTA’ DI ROMA\n",
            "a – b\n",
            "1ª rata\n",
        ] {
            assert_eq!(
                survey(&written(text, "windows-1252")),
                Ok("windows-1252"),
                "{text}"
            );
        }
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
        assert_eq!(read(b"Societ\x85 \x8a pi\x97", "cp850"), "Società è più");
        let long = "perché ".repeat(30_000);
        assert_eq!(read(&written(&long, "cp437"), "cp437"), long);
    }
}
