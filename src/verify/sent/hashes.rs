//! Which form of an attachment a brief receipt's SHA-1 is of (RFC 6109, 3.3.2.2).

use super::canonical;
use crate::mime::Entity;
use crate::smime::{sha1_collides, sha1_of};

/// RFC 6109, 3.3.2.2: 40 digits, upper or lower case.
pub(in crate::verify) fn is_sha1_hex(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// A form whose hash is the stated one.
pub(super) struct Fit {
    /// Which one: a stable word.
    pub rule: &'static str,
    /// Whether the octets were made so that others have the same hash.
    pub collides: bool,
}

/// A form over which a hash may go.
struct Candidate {
    rule: &'static str,
    hash: String,
    /// Index of the octets in the list they came with, and what stands behind them.
    source: usize,
    end: &'static [u8],
}

/// The forms of a part: its encoded body, with CRLF or LF, with or without the last line end,
/// and the decoded octets.
pub(super) fn of_part(part: &Entity<'_>, stated: &str) -> Result<Fit, Vec<String>> {
    let decoded = part.decoded().ok();
    let forms = Forms::of(part.body, decoded.as_deref());
    forms.find(stated).ok_or_else(|| {
        let tried = forms.candidates.iter();
        let tried = tried.map(|form| format!("{}={}", form.rule, form.hash));
        std::iter::once(format!("SHA-1 {stated}"))
            .chain(tried)
            .collect()
    })
}

/// The same for a bare file, as it is encoded by common programs: base64 in lines of 76, or as
/// it is. Made once, when the first hash is met.
pub(super) struct FileHashes<'f> {
    file: &'f [u8],
    forms: Option<[Forms; 2]>,
}

impl<'f> FileHashes<'f> {
    pub fn new(file: &'f [u8]) -> Self {
        let forms = None;
        Self { file, forms }
    }

    pub fn find(&mut self, stated: &str) -> Option<Fit> {
        let file = self.file;
        let forms = self.forms.get_or_insert_with(|| {
            let coded = base64_simd::STANDARD.encode_to_string(file);
            let lines: Vec<&[u8]> = coded.as_bytes().chunks(76).collect();
            let coded = Forms::of(&lines.join(&b"\r\n"[..]), Some(file));
            [coded, Forms::of(file, None)]
        });
        forms.iter().find_map(|forms| forms.find(stated))
    }
}

/// The forms of one body.
struct Forms {
    sources: Vec<Vec<u8>>,
    candidates: Vec<Candidate>,
}

impl Forms {
    fn of(encoded: &[u8], decoded: Option<&[u8]>) -> Self {
        let crlf = canonical(encoded);
        let without_cr = crlf.iter().copied().filter(|&octet| octet != b'\r');
        let lf: Vec<u8> = without_cr.collect();
        let mut sources = vec![crlf, lf];
        sources.extend(decoded.map(<[u8]>::to_vec));
        let rules: [(&str, usize, &[u8]); 5] = [
            ("brief:encoded-crlf", 0, b""),
            ("brief:encoded-crlf-end", 0, b"\r\n"),
            ("brief:encoded-lf", 1, b""),
            ("brief:encoded-lf-end", 1, b"\n"),
            ("brief:decoded", 2, b""),
        ];
        let there = rules
            .into_iter()
            .filter(|(_, source, _)| *source < sources.len());
        let candidates = there.map(|(rule, source, end)| Candidate {
            rule,
            hash: sha1_of(&[&sources[source], end]),
            source,
            end,
        });
        let candidates = candidates.collect();
        Self {
            sources,
            candidates,
        }
    }

    fn find(&self, stated: &str) -> Option<Fit> {
        let form = self.candidates.iter().find(|form| form.hash == stated)?;
        let octets = &self.sources[form.source];
        Some(Fit {
            rule: form.rule,
            collides: sha1_collides(|take| {
                take(octets);
                take(form.end);
            }),
        })
    }
}
