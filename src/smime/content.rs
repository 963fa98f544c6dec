//! The octets that a signature covers, hashed in the form in which they were signed.
//!
//! RFC 8551, 3.1.1: text is signed with CRLF line ends. Mail programs store it with LF. No
//! other change is undone here, ever; [`harmless_change`] only helps to name one.

use aws_lc_rs::digest::Digest;

use super::algorithm::DigestAlgorithm;

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

/// Octets hashed at a time: small enough that the look for NUL and the hash find them in the
/// processor's first cache.
const CHUNK: usize = 16 * 1024;

/// What kind of content a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// A MIME entity beside its signature: signed with CRLF, stored as programs like.
    MimeEntity,
    /// Octets inside the signature object: exactly those.
    Octets,
}

/// Looks for the form of `octets` whose digest is accepted; gives it, or the digest of the
/// first form when none is.
///
/// Order of the rules for a MIME entity: without any CR every LF counts as CRLF; with mixed line ends the octets
/// are taken as they are, then with lone LF as CRLF.
pub fn find_form(
    octets: &[u8],
    kind: ContentKind,
    algorithm: DigestAlgorithm,
    mut accept: impl FnMut(&Digest) -> bool,
) -> Result<Reading, Digest> {
    if kind == ContentKind::Octets {
        let digest = algorithm.digest(octets);
        return if accept(&digest) {
            Ok(Reading {
                form: Form::AsStored,
                has_nul: false,
            })
        } else {
            Err(digest)
        };
    }
    if memchr::memchr2(b'\r', b'\n', octets).is_some_and(|at| octets[at] == b'\n')
        && memchr::memchr(b'\r', octets).is_none()
    {
        let digest = digest_with_crlf(octets, algorithm);
        let has_nul = memchr::memchr(0, octets).is_some();
        return if accept(&digest) {
            Ok(Reading {
                form: Form::LfAsCrlf,
                has_nul,
            })
        } else {
            Err(digest)
        };
    }
    let (digest, has_nul) = digest_as_stored(octets, algorithm);
    if accept(&digest) {
        return Ok(Reading {
            form: Form::AsStored,
            has_nul,
        });
    }
    if !line_ends_are_regular(octets) && accept(&digest_with_crlf(octets, algorithm)) {
        return Ok(Reading {
            form: Form::LfAsCrlf,
            has_nul,
        });
    }
    Err(digest)
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
    let mut context = algorithm.context();
    with_crlf(octets, |piece| context.update(piece));
    context.finish()
}

/// Hands out `octets` in pieces, every lone LF as CRLF.
pub fn with_crlf(octets: &[u8], mut take: impl FnMut(&[u8])) {
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', octets) {
        if at == 0 || octets[at - 1] != b'\r' {
            take(&octets[start..at]);
            take(b"\r\n");
            start = at + 1;
        }
    }
    take(&octets[start..]);
}

/// A change that programs make to stored mail, and that alone explains a wrong digest.
///
/// The verdict does not change: a receipt so altered proves nothing until the original octets
/// are found. Knowing the change helps to find them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HarmlessChange {
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
}

/// Looks for a change that explains the digest `expected`.
///
/// At most five more hashings, done only for a message that failed; nothing is copied.
pub fn harmless_change(
    octets: &[u8],
    algorithm: DigestAlgorithm,
    expected: &[u8],
) -> Option<HarmlessChange> {
    use HarmlessChange::{BlanksAdded, DotsDoubled, FromQuoted, LineEndAdded, LineEndRemoved};
    let same: fn(&[u8]) -> &[u8] = |line| line;
    let unquoted: fn(&[u8]) -> &[u8] = |line| {
        if line.starts_with(b">From ") {
            &line[1..]
        } else {
            line
        }
    };
    let undotted: fn(&[u8]) -> &[u8] = |line| {
        if line.starts_with(b"..") {
            &line[1..]
        } else {
            line
        }
    };
    let untrailed: fn(&[u8]) -> &[u8] = |line| line.trim_ascii_end();
    let without_end = octets
        .strip_suffix(b"\n")
        .map(|text| text.strip_suffix(b"\r").unwrap_or(text));
    let fits = |octets: &[u8], change, end: &[u8]| {
        digest_of_lines(octets, algorithm, change, end).as_ref() == expected
    };
    if without_end.is_some_and(|octets| fits(octets, same, b"")) {
        return Some(LineEndAdded);
    }
    [
        (same, &b"\r\n"[..], LineEndRemoved),
        (unquoted, b"", FromQuoted),
        (undotted, b"", DotsDoubled),
        (untrailed, b"", BlanksAdded),
    ]
    .into_iter()
    .find(|(change, end, _)| fits(octets, *change, end))
    .map(|(_, _, name)| name)
}

/// The digest of the octets with CRLF line ends, every line changed, and something at the end.
fn digest_of_lines(
    octets: &[u8],
    algorithm: DigestAlgorithm,
    change: fn(&[u8]) -> &[u8],
    end: &[u8],
) -> Digest {
    let mut context = algorithm.context();
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let ended = text.len() < line.len();
        let text = if ended {
            text.strip_suffix(b"\r").unwrap_or(text)
        } else {
            text
        };
        context.update(change(text));
        if ended {
            context.update(b"\r\n");
        }
    }
    context.update(end);
    context.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALGORITHM: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn form(stored: &[u8], signed: &[u8]) -> Option<Form> {
        let wanted = ALGORITHM.digest(signed);
        find_form(stored, ContentKind::MimeEntity, ALGORITHM, |digest| {
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

    #[test]
    fn a_change_that_programs_make_is_named() {
        let signed = b"Head: 1\r\n\r\nFrom here\r\n.dot\r\nend\r\n";
        let named =
            |stored: &[u8]| harmless_change(stored, ALGORITHM, ALGORITHM.digest(signed).as_ref());
        assert_eq!(
            named(b"Head: 1\r\n\r\nFrom here\r\n.dot\r\nend\r\n\r\n"),
            Some(HarmlessChange::LineEndAdded)
        );
        assert_eq!(
            named(b"Head: 1\n\nFrom here\n.dot\nend"),
            Some(HarmlessChange::LineEndRemoved)
        );
        assert_eq!(
            named(b"Head: 1\r\n\r\n>From here\r\n.dot\r\nend\r\n"),
            Some(HarmlessChange::FromQuoted)
        );
        assert_eq!(
            named(b"Head: 1\r\n\r\nFrom here\r\n..dot\r\nend\r\n"),
            Some(HarmlessChange::DotsDoubled)
        );
        assert_eq!(
            named(b"Head: 1 \r\n\r\nFrom here\r\n.dot  \r\nend\r\n"),
            Some(HarmlessChange::BlanksAdded)
        );
        assert_eq!(named(b"Head: 2\r\n\r\nFrom here\r\n.dot\r\nend\r\n"), None);
    }
}
