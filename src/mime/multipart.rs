//! The parts of a multipart as exact ranges of octets (RFC 2046, 5.1.1).

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

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
    /// delimiter: inside a line, as the beginning of a longer one, after the closing one, in
    /// other capitals.
    pub ambiguous: bool,
}

/// Cuts `body` at the lines that are `--boundary` or `--boundary--`, blanks after them allowed.
///
/// # Errors
/// [`Error::TooManyParts`].
pub fn split<'a>(body: &'a [u8], boundary: &str) -> Result<Parts<'a>, Error> {
    split_known(body, boundary, &Dashes::of(body))
}

/// As [`split`], for a body that lies in the one whose dashes are known.
///
/// # Errors
/// [`Error::TooManyParts`].
pub fn split_known<'a>(
    body: &'a [u8],
    boundary: &str,
    dashes: &Dashes<'_>,
) -> Result<Parts<'a>, Error> {
    let boundary = boundary.as_bytes();
    let leading = boundary.iter().take_while(|&&octet| octet == b'-').count();
    let (dashes_before, tail) = (b"--".len() + leading, &boundary[leading..]);
    if tail.is_empty() {
        let delimiter = [b"--", boundary].concat();
        return cut_at(body, boundary, memmem::find_iter(body, &delimiter));
    }
    // What follows the dashes is none: a delimiter ends its run of dashes there.
    let ends_here = |run: &Range<usize>| {
        let after = body.get(run.end..run.end + tail.len());
        run.len() >= dashes_before && after.is_some_and(|after| after.eq_ignore_ascii_case(tail))
    };
    let begin = |run: Range<usize>| run.end - dashes_before;
    match dashes.within(body) {
        Some(runs) => cut_at(body, boundary, runs.filter(ends_here).map(begin)),
        None => cut_at(body, boundary, runs_of(body).filter(ends_here).map(begin)),
    }
}

/// Cuts a body where the text of a delimiter stands, in the order of the places.
fn cut_at<'a>(
    body: &'a [u8],
    boundary: &[u8],
    places: impl Iterator<Item = usize>,
) -> Result<Parts<'a>, Error> {
    let length = b"--".len() + boundary.len();
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
    for at in places {
        if at < next_free {
            continue;
        }
        // In other capitals it is no delimiter, but some readers take it for one.
        let is_exact = &body[at + b"--".len()..at + length] == boundary;
        let line = DelimiterLine::at(body, at, at + length).filter(|_| is_exact);
        let Some(line) = line else {
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

/// Where two or more dashes stand side by side in a body: every delimiter begins with them, those
/// of multiparts within as well, so one look through the octets serves for all.
#[derive(Clone, Debug)]
pub struct Dashes<'a> {
    body: &'a [u8],
    /// In their order; `None` where dashes are frequent.
    runs: Option<Vec<Range<usize>>>,
}

/// Octets passed for one dash, below which dashes are frequent, after the first few.
const OCTETS_PER_DASH: usize = 64;
const FIRST_DASHES: usize = 1_000;
/// A body without a large attachment: most single dashes are in its text.
const SHORT_BODY: usize = 64 * 1024;
/// Runs for which room is made at first; a receipt has some twenty.
const ROOM: usize = 32;

static DOUBLE_DASH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"--"));

impl<'a> Dashes<'a> {
    /// Looks through a body.
    pub fn of(body: &'a [u8]) -> Self {
        let runs = match body.len() < SHORT_BODY {
            true => Some(runs_in_text(body)),
            false => runs(body),
        };
        Self { body, runs }
    }

    /// Units of [`Work`](crate::work::Work) to cut a multipart that lies in the body: every octet is
    /// looked at, and each dash may begin a delimiter.
    pub(super) fn work_to_cut(&self, piece: &[u8]) -> usize {
        const PER_OCTET: usize = 2;
        const PER_DASH: usize = 16;
        let dashes = match self.inside(piece) {
            Some((_, runs)) => runs.len(),
            None => memchr::memchr_iter(b'-', piece).count(),
        };
        PER_OCTET * piece.len() + PER_DASH * dashes
    }

    /// The runs in a piece of the body, counted from its beginning; `None` where they are not
    /// known.
    fn within(&self, piece: &[u8]) -> Option<impl Iterator<Item = Range<usize>> + use<'_>> {
        let end = piece.len();
        let (start, runs) = self.inside(piece)?;
        let counted =
            move |run: &Range<usize>| run.start.saturating_sub(start)..(run.end - start).min(end);
        Some(runs.iter().map(counted))
    }

    /// Where a piece begins in the body, and the runs in it.
    fn inside(&self, piece: &[u8]) -> Option<(usize, &[Range<usize>])> {
        let start = piece
            .as_ptr()
            .addr()
            .checked_sub(self.body.as_ptr().addr())?;
        let end = start + piece.len();
        if end > self.body.len() {
            return None;
        }
        let runs = self.runs.as_deref()?;
        let first = runs.partition_point(|run| run.end <= start);
        let last = first + runs[first..].partition_point(|run| run.start < end);
        Some((start, &runs[first..last]))
    }
}

/// Runs of two or more dashes in a short body.
fn runs_in_text(body: &[u8]) -> Vec<Range<usize>> {
    let mut runs = Vec::with_capacity(ROOM);
    runs.extend(runs_of(body));
    runs
}

/// Runs of two or more dashes, each looked for when it is asked for.
fn runs_of(body: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + DOUBLE_DASH.find(&body[from..])?;
        let run = body[start..].iter().take_while(|&&octet| octet == b'-');
        from = start + run.count();
        Some(start..from)
    })
}

/// Runs of two or more dashes; `None` where dashes are frequent.
///
/// Base64 has no `-`, and looking for one octet passes over an attachment twice as fast as looking
/// for two.
fn runs(body: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (count, at) in memchr::memchr_iter(b'-', body).enumerate() {
        if count > FIRST_DASHES + at / OCTETS_PER_DASH {
            return None;
        }
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            Some(run) if run.len() == 1 => *run = at..at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs.pop_if(|run| run.len() == 1);
    Some(runs)
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
            // The last octet of a file was cut off.
            [b'\r'] => 1,
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
    fn each_run_of_dashes_costs_as_much_as_eight_octets() {
        for (body, work) in [("", 0), ("ab", 4), ("-", 2), ("---", 22), ("a--b-c--", 48)] {
            let dashes = Dashes::of(body.as_bytes());
            assert_eq!(dashes.work_to_cut(body.as_bytes()), work, "{body}");
        }
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
            "--b\r\none\r\n--B\r\ntwo\r\n--b--",
            "--b\r\none\r\n--b--\r\n--B--",
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
    fn dashes_found_once_serve_for_multiparts_within() {
        let attachment = "QUJD\r\n".repeat(SHORT_BODY / 6);
        let inner = format!("--b--c\r\none\r\n--b--c\r\n{attachment}\r\n--b--c--\r\n");
        let body = format!("--b\r\n{inner}\r\n--b\r\ntwo\r\n--b--");
        let dashes = Dashes::of(body.as_bytes());
        assert!(dashes.runs.is_some());
        let at = body.find(&inner).unwrap();
        let known = split_known(&body.as_bytes()[at..at + inner.len()], "b--c", &dashes).unwrap();
        assert_eq!(texts(&known), ["one", &*attachment]);
        assert_eq!(
            texts(&known),
            texts(&split(inner.as_bytes(), "b--c").unwrap())
        );
        // Of octets that lie elsewhere nothing is known.
        let elsewhere = inner.clone();
        let cut = split_known(elsewhere.as_bytes(), "b--c", &dashes).unwrap();
        assert_eq!(texts(&cut), texts(&known));
    }

    /// RFC 2046, 5.1.1 lets a boundary begin with dashes, and consist of them.
    #[test]
    fn dashes_of_a_boundary_are_told_from_those_around_it() {
        for (boundary, body) in [
            ("-b", "---b\r\n--b\r\n----\r\n-\r\n---b--"),
            ("---", "-----\r\n--b\r\n----\r\n-\r\n-------"),
            ("-", "---\r\n--b\r\n--\r\n-\r\n-----"),
        ] {
            let cut = split(body.as_bytes(), boundary).unwrap();
            let inside = body.lines().collect::<Vec<_>>();
            let inside = inside[1..inside.len() - 1].join("\r\n");
            assert_eq!(
                (texts(&cut), cut.closed),
                (vec![&*inside], true),
                "{boundary}"
            );
        }
        // More dashes than the delimiter has: the text stands inside a line.
        let cut = split(b"--b\r\n-------b\r\n--b--", "b").unwrap();
        assert!(cut.ambiguous);
        assert_eq!(texts(&cut), ["-------b"]);
    }

    #[test]
    fn a_short_body_and_a_long_one_have_the_same_runs() {
        let text = "a-b--c---\r\n-\r\n--".repeat(50);
        let short = runs_in_text(text.as_bytes());
        assert_eq!(runs(text.as_bytes()).unwrap(), short);
        assert!(short.iter().all(|run| run.len() >= 2) && short.len() > 100);
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
