//! The octets that a signature covers, hashed in the form in which they were signed.
//!
//! RFC 8551, 3.1.1: text is signed with CRLF line ends. Mail programs store it with LF; that is
//! read as CRLF. What else programs do to stored mail, and can be undone by one rule for all
//! octets, is a [`Damage`]: the digest says whether it was that.
//!
//! Each digest is computed once, however many signers and certificates ask for it.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Range;

use aws_lc_rs::digest::{Context, Digest};
use memchr::memmem;

use super::algorithm::DigestAlgorithm;
use crate::work::Work;

/// How the octets at hand were read to give the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Octet for octet.
    AsStored,
    /// Every LF without a CR before it counted as CRLF.
    LfAsCrlf,
}

/// How octets were read to give an accepted digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// In which form.
    pub form: Form,
    /// Whether a NUL is among them; not looked for in [`ContentKind::Octets`].
    pub has_nul: bool,
}

/// Why no form of the octets gives an accepted digest.
#[derive(Clone, Copy, Debug)]
pub enum NoReading {
    /// This is the digest of the first form.
    Differs(Digest),
    /// The work for a digest is used up.
    Work,
}

/// Octets hashed at a time: small enough that the look for NUL and the hash find them in the
/// processor's first cache.
const CHUNK: usize = 16 * 1024;

/// Units of [`Work`] for a line end, or something put in, between octets that are hashed as they
/// are stored.
const WORK_PER_LINE: usize = 5;

/// What kind of content a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// A MIME entity beside its signature: signed with CRLF, stored as programs like.
    MimeEntity,
    /// Octets inside the signature object: exactly those.
    Octets,
}

/// Octets that a signature is said to cover, and their digests as far as they were asked for.
#[derive(Debug)]
pub struct Content<'c> {
    octets: &'c [u8],
    kind: ContentKind,
    digests: RefCell<Vec<(DigestAlgorithm, Form, Digest)>>,
    undone: RefCell<Vec<(DigestAlgorithm, Damage, Digest)>>,
    has_nul: Cell<bool>,
    is_irregular: OnceCell<bool>,
}

impl<'c> Content<'c> {
    /// Takes the octets; nothing is hashed yet.
    pub fn new(octets: &'c [u8], kind: ContentKind) -> Self {
        Self {
            octets,
            kind,
            digests: RefCell::default(),
            undone: RefCell::default(),
            has_nul: Cell::new(false),
            is_irregular: OnceCell::new(),
        }
    }

    /// The octets.
    pub fn octets(&self) -> &'c [u8] {
        self.octets
    }

    /// Looks for the form of the octets whose digest is accepted.
    ///
    /// Order of the rules for a MIME entity: without any CR every LF counts as CRLF; with mixed
    /// line ends the octets are taken as they are, then with lone LF as CRLF.
    ///
    /// # Errors
    /// When none is, or the work is used up.
    pub fn find_form(
        &self,
        algorithm: DigestAlgorithm,
        work: &Work,
        mut accept: impl FnMut(&Digest) -> bool,
    ) -> Result<Reading, NoReading> {
        let first = match self.kind {
            ContentKind::MimeEntity if self.has_only_lf() => Form::LfAsCrlf,
            ContentKind::MimeEntity | ContentKind::Octets => Form::AsStored,
        };
        let digest = self.digest(algorithm, first, work)?;
        if accept(&digest) {
            return Ok(self.reading(first));
        }
        let has_second = self.kind == ContentKind::MimeEntity
            && first == Form::AsStored
            && *self
                .is_irregular
                .get_or_init(|| !line_ends_are_regular(self.octets));
        if has_second && accept(&self.digest(algorithm, Form::LfAsCrlf, work)?) {
            return Ok(self.reading(Form::LfAsCrlf));
        }
        Err(NoReading::Differs(digest))
    }

    fn has_only_lf(&self) -> bool {
        memchr::memchr2(b'\r', b'\n', self.octets).is_some_and(|at| self.octets[at] == b'\n')
            && memchr::memchr(b'\r', self.octets).is_none()
    }

    fn reading(&self, form: Form) -> Reading {
        Reading {
            form,
            has_nul: self.has_nul.get(),
        }
    }

    fn digest(
        &self,
        algorithm: DigestAlgorithm,
        form: Form,
        work: &Work,
    ) -> Result<Digest, NoReading> {
        let mut digests = self.digests.borrow_mut();
        let known = digests
            .iter()
            .find(|(other, of, _)| (*other, *of) == (algorithm, form));
        if let Some((_, _, digest)) = known {
            return Ok(*digest);
        }
        let lines = match form {
            Form::AsStored => 0,
            Form::LfAsCrlf => memchr::memchr_iter(b'\n', self.octets).count(),
        };
        if !work.draw(algorithm.work(self.octets.len()) + lines * WORK_PER_LINE) {
            return Err(NoReading::Work);
        }
        let (digest, has_nul) = match (self.kind, form) {
            (ContentKind::Octets, _) => (algorithm.digest(self.octets), false),
            (ContentKind::MimeEntity, Form::AsStored) => digest_as_stored(self.octets, algorithm),
            (ContentKind::MimeEntity, Form::LfAsCrlf) => (
                digest_with_crlf(self.octets, algorithm),
                memchr::memchr(0, self.octets).is_some(),
            ),
        };
        self.has_nul.set(has_nul);
        digests.push((algorithm, form, digest));
        Ok(digest)
    }

    /// Looks for a damage without which the digest is `expected`. Done only for a message that
    /// failed.
    ///
    /// `None` when it is none of those known here, or the work is used up ([`Work::is_short`]).
    pub fn find_damage(
        &self,
        algorithm: DigestAlgorithm,
        expected: &[u8],
        work: &Work,
    ) -> Option<Damage> {
        if self.kind == ContentKind::Octets {
            return None;
        }
        let mut undone = self.undone.borrow_mut();
        if undone.iter().all(|(other, ..)| *other != algorithm) {
            digest_undone(self.octets, algorithm, work, &mut undone);
        }
        let fits = |(other, _, digest): &&(DigestAlgorithm, Damage, Digest)| {
            *other == algorithm && digest.as_ref() == expected
        };
        undone.iter().find(fits).map(|(_, damage, _)| *damage)
    }
}

/// Hashes the octets as they are, and looks for NUL on the way.
fn digest_as_stored(octets: &[u8], algorithm: DigestAlgorithm) -> (Digest, bool) {
    let mut context = algorithm.context();
    let mut has_nul = false;
    for chunk in octets.chunks(CHUNK) {
        has_nul = has_nul || memchr::memchr(0, chunk).is_some();
        context.update(chunk);
    }
    (context.finish(), has_nul)
}

/// Whether CR and LF occur only as CRLF.
fn line_ends_are_regular(octets: &[u8]) -> bool {
    let [first, .., last] = octets else {
        return !matches!(octets, [b'\r' | b'\n']);
    };
    let odd = octets
        .iter()
        .zip(&octets[1..])
        .fold(false, |odd, (&this, &next)| {
            odd | ((this == b'\r') != (next == b'\n'))
        });
    !odd && *first != b'\n' && *last != b'\r'
}

fn digest_with_crlf(octets: &[u8], algorithm: DigestAlgorithm) -> Digest {
    let mut hashed = Buffered::new(algorithm);
    with_crlf(octets, |piece| hashed.take(piece));
    hashed.finish()
}

/// Hands out `octets` in pieces, every lone LF as CRLF.
pub fn with_crlf(octets: &[u8], mut take: impl FnMut(&[u8])) {
    let (mut start, mut from) = (0, 0);
    while let Some(found) = memchr::memchr(b'\n', &octets[from..]) {
        let at = from + found;
        from = at + 1;
        if at == 0 || octets[at - 1] != b'\r' {
            take(&octets[start..at]);
            // Empty lines together: one by one they would cost ten times their hashing.
            let lines = octets[at..].iter().take_while(|&&octet| octet == b'\n');
            start = at + lines.count();
            from = start;
            let mut ends = 2 * (start - at);
            while ends > 0 {
                let some = ends.min(LINE_ENDS.len());
                take(&LINE_ENDS[..some]);
                ends -= some;
            }
        }
    }
    take(&octets[start..]);
}

/// CRLF again and again.
static LINE_ENDS: [u8; 256] = {
    let mut ends = [b'\r'; 256];
    let mut at = 1;
    while at < ends.len() {
        ends[at] = b'\n';
        at += 2;
    }
    ends
};

/// A hashing of many short pieces.
#[derive(Clone)]
struct Buffered {
    context: Context,
    buffer: Vec<u8>,
}

impl Buffered {
    fn new(algorithm: DigestAlgorithm) -> Self {
        Self {
            context: algorithm.context(),
            buffer: Vec::with_capacity(CHUNK),
        }
    }

    fn take(&mut self, piece: &[u8]) {
        if self.buffer.len() + piece.len() > CHUNK {
            self.context.update(&self.buffer);
            self.buffer.clear();
        }
        match piece.len() > CHUNK {
            true => self.context.update(piece),
            false => self.buffer.extend_from_slice(piece),
        }
    }

    fn finish(mut self) -> Digest {
        self.context.update(&self.buffer);
        self.context.finish()
    }
}

/// What programs did to stored mail, all of it together; undone, the octets are what was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    is_utf8: bool,
    lines: Lines,
    end: End,
}

/// One change that programs make to stored mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A line end was added at the end of the signed part.
    LineEndAdded,
    /// The last line end of the signed part was removed.
    LineEndRemoved,
    /// Lines that begin with `From ` were written `>From ` (mbox).
    FromQuoted,
    /// Lines that begin with a dot were written with two (SMTP).
    DotsDoubled,
    /// Blanks were added at the ends of lines.
    BlanksAdded,
    /// The octets were taken for ISO 8859-1 or windows-1252, and stored as UTF-8.
    StoredAsUtf8,
}

/// What was done to every line to which it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    AsStored,
    /// `From ` was written `>From `, and nothing else changed.
    FromQuoted,
    /// A `>` was put before `From `, `>From `, `>>From ` and so on.
    QuotedFromToo,
    DotsDoubled,
    BlanksAdded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    AsStored,
    Added,
    Removed,
}

impl Damage {
    /// The changes, one after the other.
    pub fn changes(self) -> impl Iterator<Item = Change> {
        let lines = match self.lines {
            Lines::AsStored => None,
            Lines::FromQuoted | Lines::QuotedFromToo => Some(Change::FromQuoted),
            Lines::DotsDoubled => Some(Change::DotsDoubled),
            Lines::BlanksAdded => Some(Change::BlanksAdded),
        };
        let end = match self.end {
            End::AsStored => None,
            End::Added => Some(Change::LineEndAdded),
            End::Removed => Some(Change::LineEndRemoved),
        };
        let charset = self.is_utf8.then_some(Change::StoredAsUtf8);
        [charset, lines, end].into_iter().flatten()
    }

    /// The octets as they were before, with CRLF line ends.
    pub fn undo(self, octets: &[u8]) -> Vec<u8> {
        let stored = match self.is_utf8 {
            true => from_utf8(octets).map_or(Cow::Borrowed(octets), Cow::Owned),
            false => Cow::Borrowed(octets),
        };
        let stored = in_crlf(&stored);
        let (text, ended) = without_last_end(&stored);
        let mut out = Vec::with_capacity(stored.len() + 2);
        self.lines.undo(text, |piece| out.extend_from_slice(piece));
        match (self.end, ended) {
            (End::AsStored, true) | (End::Removed, false) => out.extend_from_slice(b"\r\n"),
            (End::Removed, true) => out.extend_from_slice(b"\r\n\r\n"),
            (End::AsStored, false) | (End::Added, _) => {}
        }
        out
    }
}

/// The octets with every lone LF as CRLF.
fn in_crlf(octets: &[u8]) -> Vec<u8> {
    let line_ends = memchr::memchr_iter(b'\n', octets).count();
    let mut out = Vec::with_capacity(octets.len() + line_ends);
    with_crlf(octets, |piece| out.extend_from_slice(piece));
    out
}

/// The octets without the line end after the last line, and whether there is one.
fn without_last_end(octets: &[u8]) -> (&[u8], bool) {
    match octets.strip_suffix(b"\r\n") {
        Some(text) => (text, true),
        None => (octets, false),
    }
}

impl Lines {
    const ALL: [Self; 5] = [
        Self::AsStored,
        Self::FromQuoted,
        Self::QuotedFromToo,
        Self::DotsDoubled,
        Self::BlanksAdded,
    ];

    /// What was put in, in octets with CRLF line ends, in its order.
    fn added(self, octets: &[u8]) -> Box<dyn Iterator<Item = Range<usize>> + '_> {
        // One octet at the beginning of lines that begin so.
        let first_of = move |start: &'static [u8]| {
            let first = octets.starts_with(&start[1..]).then_some(0);
            let others = memmem::find_iter(octets, start).map(|at| at + 1);
            first.into_iter().chain(others).map(|at| at..at + 1)
        };
        match self {
            Self::AsStored => Box::new(std::iter::empty()),
            Self::FromQuoted => Box::new(first_of(b"\n>From ")),
            Self::QuotedFromToo => Box::new(first_of(b"\n>").filter(move |at| {
                let line = &octets[at.start..];
                let quotes = line.iter().take_while(|&&octet| octet == b'>').count();
                line[quotes..].starts_with(b"From ")
            })),
            Self::DotsDoubled => Box::new(first_of(b"\n..")),
            Self::BlanksAdded => {
                let ends = memmem::find_iter(octets, b"\r\n").chain([octets.len()]);
                let blanks = ends.map(move |end| {
                    let is_blank = |octet: &&u8| matches!(octet, b' ' | b'\t');
                    let blanks = octets[..end].iter().rev().take_while(is_blank).count();
                    end - blanks..end
                });
                // A line of blanks alone may be one that ends a header, or none: where one is
                // undone, readers of the stored copy see another header than the signed one.
                let is_text = move |blanks: &Range<usize>| {
                    !blanks.is_empty() && !matches!(octets[..blanks.start], [] | [.., b'\n'])
                };
                Box::new(blanks.filter(is_text))
            }
        }
    }

    /// Hands out octets with CRLF line ends without what was put in.
    fn undo(self, octets: &[u8], mut take: impl FnMut(&[u8])) {
        let mut start = 0;
        for added in self.added(octets) {
            take(&octets[start..added.start]);
            start = added.end;
        }
        take(&octets[start..]);
    }
}

/// The digests of the octets without each damage that is possible: one pass for each change of
/// the lines that left a mark, twice where a charset can have been taken for another.
fn digest_undone(
    octets: &[u8],
    algorithm: DigestAlgorithm,
    work: &Work,
    undone: &mut Vec<(DigestAlgorithm, Damage, Digest)>,
) {
    let line_ends = memchr::memchr_iter(b'\n', octets).count();
    let as_latin = from_utf8(octets);
    let forms = [(false, Some(octets)), (true, as_latin.as_deref())];
    for (is_utf8, stored) in forms {
        let Some(stored) = stored else { continue };
        if !work.draw(2 * octets.len() + line_ends * WORK_PER_LINE) {
            return;
        }
        let stored = in_crlf(stored);
        let (text, ended) = without_last_end(&stored);
        for lines in Lines::ALL {
            let edits = lines.added(text).count();
            if edits == 0 && lines != Lines::AsStored {
                continue;
            }
            if !work.draw(algorithm.work(text.len()) + edits * WORK_PER_LINE) {
                return;
            }
            let mut hashed = Buffered::new(algorithm);
            lines.undo(text, |piece| hashed.take(piece));
            let mut add = |end, hashed: &Buffered| {
                let damage = Damage {
                    is_utf8,
                    lines,
                    end,
                };
                undone.push((algorithm, damage, hashed.clone().finish()));
            };
            if ended {
                add(End::Added, &hashed);
                hashed.take(b"\r\n");
            }
            add(End::AsStored, &hashed);
            hashed.take(b"\r\n");
            add(End::Removed, &hashed);
        }
    }
}

/// Octets that were taken for windows-1252, of which ISO 8859-1 is a part but for controls, and
/// stored as UTF-8. `None` when they are no UTF-8, or nothing but ASCII.
fn from_utf8(octets: &[u8]) -> Option<Vec<u8>> {
    if octets.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(octets).ok()?;
    let octet = |c: char| {
        let high = || WINDOWS_1252.iter().position(|&other| other == c);
        u8::try_from(c)
            .ok()
            .or_else(|| Some(0x80 + u8::try_from(high()?).ok()?))
    };
    text.chars().map(octet).collect()
}

/// What windows-1252 has where ISO 8859-1 has controls, from 0x80 on; NUL where it has nothing.
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\0', '\u{201a}', '\u{0192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{02c6}', '\u{2030}', '\u{0160}', '\u{2039}', '\u{0152}', '\0', '\u{017d}', '\0', '\0',
    '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{02dc}',
    '\u{2122}', '\u{0161}', '\u{203a}', '\u{0153}', '\0', '\u{017e}', '\u{0178}',
];

#[cfg(test)]
mod tests {
    use super::*;

    const ALGORITHM: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn form(stored: &[u8], signed: &[u8]) -> Option<Form> {
        let wanted = ALGORITHM.digest(signed);
        let content = Content::new(stored, ContentKind::MimeEntity);
        content
            .find_form(ALGORITHM, &Work::of_message(0), |digest| {
                digest.as_ref() == wanted.as_ref()
            })
            .ok()
            .map(|reading| reading.form)
    }

    #[test]
    fn stored_line_ends_do_not_matter_and_nothing_else_is_undone() {
        assert_eq!(form(b"a\r\nb\r\n", b"a\r\nb\r\n"), Some(Form::AsStored));
        assert_eq!(form(b"a\nb\n", b"a\r\nb\r\n"), Some(Form::LfAsCrlf));
        assert_eq!(form(b"a\r\nb\n", b"a\r\nb\r\n"), Some(Form::LfAsCrlf));
        assert_eq!(form(b"a\r\nb\n", b"a\r\nb\n"), Some(Form::AsStored));
        assert_eq!(form(b"a\rb", b"a\rb"), Some(Form::AsStored));
        assert_eq!(form(b"", b""), Some(Form::AsStored));
        for stored in [
            &b"a\r\nb \r\n"[..],
            b"a\r\nb",
            b"a\r\nb\r\n\r\n",
            b"A\r\nb\r\n",
            b"a\r\rb\r\n",
        ] {
            assert_eq!(form(stored, b"a\r\nb\r\n"), None, "{stored:?}");
        }
    }

    #[test]
    fn every_lone_lf_becomes_crlf_and_nothing_else() {
        let definition = |octets: &[u8]| {
            let mut out = Vec::new();
            for (at, &octet) in octets.iter().enumerate() {
                if octet == b'\n' && (at == 0 || octets[at - 1] != b'\r') {
                    out.push(b'\r');
                }
                out.push(octet);
            }
            out
        };
        let mut texts: Vec<Vec<u8>> =
            vec![b"\n".repeat(129), [b"a\r", &*b"\n".repeat(300)].concat()];
        for number in 0..3_usize.pow(7) {
            let places = (0..7).map(|place| b"a\r\n"[number / 3_usize.pow(place) % 3]);
            texts.push(places.collect());
        }
        for text in texts {
            assert_eq!(in_crlf(&text), definition(&text), "{text:?}");
        }
    }

    #[test]
    fn each_digest_is_computed_once() {
        let octets = b"From: a\n\n>From b\n..\xc3\xa8 \n".repeat(1_000);
        let content = Content::new(&octets, ContentKind::MimeEntity);
        let work = Work::of_message(octets.len());
        let ask = || {
            let none = content.find_form(ALGORITHM, &work, |_| false);
            assert!(matches!(none, Err(NoReading::Differs(_))));
            assert_eq!(content.find_damage(ALGORITHM, b"other", &work), None);
            work.spent()
        };
        let first = ask();
        assert!(!work.is_short());
        assert_eq!(ask(), first);
    }

    #[test]
    fn without_work_nothing_is_hashed() {
        let content = Content::new(b"a\r\n", ContentKind::MimeEntity);
        let empty = Work::of_message(0);
        assert!(empty.draw(16 << 20));
        let read = content.find_form(ALGORITHM, &empty, |_| true);
        assert!(matches!(read, Err(NoReading::Work)));
        assert_eq!(content.find_damage(ALGORITHM, b"", &empty), None);
        assert!(empty.is_short());
    }

    #[test]
    fn nul_is_seen_at_every_place() {
        for at in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1] {
            let mut octets = vec![b'x'; CHUNK + 2];
            assert!(!digest_as_stored(&octets, ALGORITHM).1);
            octets[at] = 0;
            assert!(digest_as_stored(&octets, ALGORITHM).1, "{at}");
        }
    }

    #[test]
    fn line_ends_across_chunks_are_seen() {
        for shift in CHUNK - 3..CHUNK + 3 {
            let mut crlf = vec![b'x'; shift];
            crlf.extend_from_slice(b"\r\nrest\r\n");
            assert!(line_ends_are_regular(&crlf), "{shift}");
            let mut lone = vec![b'x'; shift];
            lone.extend_from_slice(b"\nrest\r\n");
            assert!(!line_ends_are_regular(&lone), "{shift}");
            assert_eq!(form(&lone, &crlf), Some(Form::LfAsCrlf), "{shift}");
        }
        assert!(!line_ends_are_regular(b"a\r"));
        assert!(!line_ends_are_regular(b"\na") && !line_ends_are_regular(b"\n"));
        assert!(line_ends_are_regular(b"") && line_ends_are_regular(b"\r\n"));
    }

    /// The changes that explain `stored`, when undoing them gives `signed` again.
    fn undone(stored: &[u8], signed: &[u8]) -> Vec<Change> {
        let content = Content::new(stored, ContentKind::MimeEntity);
        let expected = ALGORITHM.digest(signed);
        let work = Work::of_message(stored.len());
        let Some(damage) = content.find_damage(ALGORITHM, expected.as_ref(), &work) else {
            return Vec::new();
        };
        assert_eq!(damage.undo(stored), signed, "{damage:?}");
        damage.changes().collect()
    }

    #[test]
    fn a_change_that_programs_make_is_undone() {
        use Change::{
            BlanksAdded, DotsDoubled, FromQuoted, LineEndAdded, LineEndRemoved, StoredAsUtf8,
        };
        let signed = b"Head: 1\r\n\r\nFrom here\r\n.dot\r\nperch\xe8 \x80\r\n";
        for (stored, changes) in [
            (
                &b"Head: 1\r\n\r\nFrom here\r\n.dot\r\nperch\xe8 \x80\r\n\r\n"[..],
                &[LineEndAdded][..],
            ),
            (
                b"Head: 1\n\nFrom here\n.dot\nperch\xe8 \x80",
                &[LineEndRemoved],
            ),
            (
                b"Head: 1\r\n\r\n>From here\r\n.dot\r\nperch\xe8 \x80\r\n",
                &[FromQuoted],
            ),
            (
                b"Head: 1\r\n\r\nFrom here\r\n..dot\r\nperch\xe8 \x80\r\n",
                &[DotsDoubled],
            ),
            (
                b"Head: 1 \r\n\r\nFrom here\r\n.dot  \r\nperch\xe8 \x80\t\r\n",
                &[BlanksAdded],
            ),
            (
                "Head: 1\n\nFrom here\n.dot\nperch\u{e8} \u{20ac}\n".as_bytes(),
                &[StoredAsUtf8],
            ),
            (
                "Head: 1\n\nFrom here\n.dot\nperch\u{e8} \u{80}\n".as_bytes(),
                &[StoredAsUtf8],
            ),
            (
                "Head: 1\n\n>From here\n.dot\nperch\u{e8} \u{20ac}".as_bytes(),
                &[StoredAsUtf8, FromQuoted, LineEndRemoved],
            ),
            (
                b"Head: 2\r\n\r\nFrom here\r\n.dot\r\nperch\xe8 \x80\r\n",
                &[],
            ),
            (b"Head: 1\r\n\r\nFrom here\r\n.dot\r\nperch? \x80\r\n", &[]),
        ] {
            assert_eq!(undone(stored, signed), changes, "{stored:?}");
        }
    }

    /// What is hashed without a damage is what is given without it, for every text of some pieces.
    #[test]
    fn what_is_hashed_is_what_is_undone() {
        const PIECES: [&[u8]; 8] = [
            b"\r\n",
            b"\n",
            b"\r",
            b">",
            b"From ",
            b"..",
            b" ",
            b"\xc3\xa8",
        ];
        let mut seen = 0;
        for number in 0..PIECES.len().pow(5) {
            let piece = |place| PIECES[number / PIECES.len().pow(place) % PIECES.len()];
            let octets: Vec<u8> = (0..5).flat_map(|place| piece(place).to_vec()).collect();
            let mut undone = Vec::new();
            let work = Work::of_message(octets.len());
            digest_undone(&octets, ALGORITHM, &work, &mut undone);
            for (_, damage, digest) in undone {
                let expected = ALGORITHM.digest(&damage.undo(&octets));
                assert_eq!(digest.as_ref(), expected.as_ref(), "{octets:?} {damage:?}");
                seen += usize::from(damage.lines != Lines::AsStored);
            }
        }
        assert!(seen > 10_000);
    }

    #[test]
    fn both_ways_of_quoting_from_are_undone_and_not_mixed() {
        let signed = b"\r\nFrom a\r\n>From b\r\n>>From c\r\n";
        let mboxo = b"\n>From a\n>From b\n>>From c\n";
        let mboxrd = b"\n>From a\n>>From b\n>>>From c\n";
        assert_eq!(undone(mboxrd, signed), [Change::FromQuoted]);
        // Whose `>` is whose is lost here.
        assert_eq!(undone(mboxo, signed), []);
        let signed = b"\r\nFrom a\r\n>>From c\r\n";
        assert_eq!(
            undone(b"\n>From a\n>>From c\n", signed),
            [Change::FromQuoted]
        );
        assert_eq!(undone(b"\n>From a\n>From c\n", signed), []);
    }

    #[test]
    fn what_was_no_single_octet_is_not_made_one() {
        assert_eq!(
            from_utf8("\u{e8}\u{2019}".as_bytes()),
            Some(b"\xe8\x92".to_vec())
        );
        assert_eq!(from_utf8("\u{2192}".as_bytes()), None);
        assert_eq!(from_utf8("\u{ffff}".as_bytes()), None);
        assert_eq!(from_utf8(b"\xe8"), None);
        assert_eq!(from_utf8(b"e"), None);
    }
}
