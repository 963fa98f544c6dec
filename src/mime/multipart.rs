//! The parts of a multipart as exact ranges of octets (RFC 2046, 5.1.1).

use memchr::memmem;

use super::{Error, MAX_PARTS};

/// A multipart body cut at its delimiter lines.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// All before the first delimiter line.
    pub preamble: &'a [u8],
    /// The parts in their order; the line end before a delimiter belongs to the delimiter.
    pub parts: Vec<&'a [u8]>,
    /// All after the closing delimiter line.
    pub epilogue: &'a [u8],
    /// Whether the closing delimiter is there.
    pub closed: bool,
    /// Whether the delimiter text also stands where another reader could take it for a
    /// delimiter: inside a line, as the beginning of a longer one, after the closing one.
    pub ambiguous: bool,
}

/// Cuts `body` at the lines that are `--boundary` or `--boundary--`, blanks after them allowed.
///
/// # Errors
/// [`Error::TooManyParts`].
pub fn split<'a>(body: &'a [u8], boundary: &str) -> Result<Parts<'a>, Error> {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut cut = Parts {
        preamble: body,
        parts: Vec::with_capacity(4),
        epilogue: &[],
        closed: false,
        ambiguous: false,
    };
    // Where the open part begins.
    let mut open: Option<usize> = None;
    let mut next_free = 0;
    for at in Occurrences::of(&delimiter, body) {
        if at < next_free {
            continue;
        }
        let Some(line) = DelimiterLine::at(body, at, at + delimiter.len()) else {
            cut.ambiguous = true;
            continue;
        };
        if cut.closed {
            cut.ambiguous = true;
            break;
        }
        match open {
            Some(start) => cut.parts.push(&body[start.min(line.before)..line.before]),
            None => cut.preamble = &body[..line.before],
        }
        if cut.parts.len() > MAX_PARTS {
            return Err(Error::TooManyParts);
        }
        if line.closing {
            cut.closed = true;
            cut.epilogue = &body[line.after..];
        }
        open = Some(line.after);
        next_free = line.after;
    }
    if let (Some(start), false) = (open, cut.closed) {
        cut.parts.push(&body[start..]);
    }
    Ok(cut)
}

/// Where a text that begins with `-` stands, without overlaps.
///
/// Base64 has no `-`, so looking for that one octet passes over an attachment twice as fast as
/// looking for the whole text. Where dashes are frequent the search for the whole takes over.
struct Occurrences<'a> {
    wanted: &'a [u8],
    body: &'a [u8],
    at: usize,
    dashes: usize,
    whole: Option<memmem::Finder<'a>>,
}

/// Octets passed for one dash, below which dashes are frequent, after the first few.
const OCTETS_PER_DASH: usize = 64;
const FIRST_DASHES: usize = 1_000;
/// A body without a large attachment: its dashes are in its text.
const SHORT_BODY: usize = 64 * 1024;

impl<'a> Occurrences<'a> {
    fn of(wanted: &'a [u8], body: &'a [u8]) -> Self {
        let whole = (body.len() < SHORT_BODY).then(|| memmem::Finder::new(wanted));
        Self {
            wanted,
            body,
            at: 0,
            dashes: 0,
            whole,
        }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let rest = &self.body[self.at..];
            if let Some(finder) = &self.whole {
                let found = self.at + finder.find(rest)?;
                self.at = found + self.wanted.len();
                return Some(found);
            }
            let found = self.at + memchr::memchr(b'-', rest)?;
            if self.body[found..].starts_with(self.wanted) {
                self.at = found + self.wanted.len();
                return Some(found);
            }
            self.at = found + 1;
            self.dashes += 1;
            if self.dashes > FIRST_DASHES + self.at / OCTETS_PER_DASH {
                self.whole = Some(memmem::Finder::new(self.wanted));
            }
        }
    }
}

/// One delimiter line: where the octets before it end and those after it begin.
struct DelimiterLine {
    before: usize,
    after: usize,
    closing: bool,
}

impl DelimiterLine {
    /// The line whose delimiter text stands at `start..end`, if it is a delimiter line at all.
    fn at(body: &[u8], start: usize, end: usize) -> Option<Self> {
        // The line end before a delimiter is part of it: CRLF, or LF alone in stored files.
        let before = match body[..start] {
            [] => 0,
            [.., b'\r', b'\n'] => start - 2,
            [.., b'\n'] => start - 1,
            _ => return None,
        };
        let rest = &body[end..];
        let (closing, rest) = match rest.strip_prefix(b"--") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let blanks = rest
            .iter()
            .take_while(|octet| matches!(octet, b' ' | b'\t'))
            .count();
        let line_end = match &rest[blanks..] {
            [] => 0,
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return None,
        };
        let after = body.len() - rest.len() + blanks + line_end;
        Some(Self {
            before,
            after,
            closing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(parts: &Parts<'a>) -> Vec<&'a str> {
        parts
            .parts
            .iter()
            .map(|part| std::str::from_utf8(part).unwrap())
            .collect()
    }

    #[test]
    fn the_line_end_before_a_delimiter_is_not_of_the_part() {
        let cut = split(
            b"pre\r\n--b\r\none\r\n\r\n--b \t\r\ntwo\r\n--b--\r\nepi",
            "b",
        )
        .unwrap();
        assert_eq!(texts(&cut), ["one\r\n", "two"]);
        assert_eq!((cut.preamble, cut.epilogue), (&b"pre"[..], &b"epi"[..]));
        assert!(cut.closed && !cut.ambiguous);
    }

    #[test]
    fn stored_with_lf_the_parts_are_the_same() {
        let cut = split(b"--b\none\n--b\n\n--b--", "b").unwrap();
        assert_eq!(texts(&cut), ["one", ""]);
        assert!(cut.closed && cut.preamble.is_empty());
    }

    #[test]
    fn a_missing_closing_delimiter_is_seen() {
        let cut = split(b"--b\r\none\r\n--b\r\ntwo", "b").unwrap();
        assert_eq!(texts(&cut), ["one", "two"]);
        assert!(!cut.closed);
    }

    #[test]
    fn places_where_two_readers_could_differ_are_seen() {
        for text in [
            "--b\r\nline --b\r\n--b--",
            "--b\r\none\r\n--bc\r\n--b--",
            "--b\r\none\r\n--b--\r\n--b\r\nmore",
            "--b\r\none\r--b\r\ntwo\r\n--b--",
            "--b\r\none\r\n--b---\r\n--b--",
        ] {
            assert!(split(text.as_bytes(), "b").unwrap().ambiguous, "{text}");
        }
    }

    #[test]
    fn frequent_dashes_change_the_way_and_not_the_answer() {
        let table = "-- ----- -\r\n".repeat(20_000);
        let body = format!("{table}--b\r\n{table}\r\n--b\r\n--\r\n--b--\r\n{table}");
        let cut = split(body.as_bytes(), "b").unwrap();
        assert_eq!(texts(&cut), [&*table, "--"]);
        assert_eq!(cut.preamble.len(), table.len() - 2);
        assert!(cut.closed && !cut.ambiguous);
    }

    #[test]
    fn without_a_delimiter_there_are_no_parts() {
        let cut = split(b"text", "b").unwrap();
        assert!(cut.parts.is_empty() && !cut.closed);
        assert_eq!(cut.preamble, b"text");
    }

    #[test]
    fn thousands_of_parts_are_refused() {
        let body = "--b\r\n\r\n".repeat(MAX_PARTS + 5);
        assert_eq!(
            split(body.as_bytes(), "b").unwrap_err(),
            Error::TooManyParts
        );
    }
}
