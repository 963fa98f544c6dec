//! Octets of a text to characters.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A text in a character set as mail names it. One that is not known, or that was not named, is read as
/// UTF-8 where it is that, else as Windows-1252, which has all of ISO 8859-1 (as browsers do).
pub(super) fn decoded(octets: &[u8], label: Option<&str>) -> String {
    let named = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    // What is written in ASCII is said to be so; what is not, is not.
    let is_ascii = label.is_some_and(|label| label.trim().eq_ignore_ascii_case("us-ascii"));
    let encoding = match named.filter(|_| !is_ascii) {
        Some(encoding) => encoding,
        None if is_utf8(octets) => UTF_8,
        None => WINDOWS_1252,
    };
    encoding.decode(octets).0.into_owned()
}

/// Whether octets are UTF-8, but for a character that is cut at the end.
fn is_utf8(octets: &[u8]) -> bool {
    match std::str::from_utf8(octets) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_are_read_whatever_they_are_written_in() {
        for (octets, label) in [
            ("perché €".as_bytes(), Some("utf-8")),
            ("perché €".as_bytes(), None),
            ("perché €".as_bytes(), Some("us-ascii")),
            ("perché €".as_bytes(), Some("inventato")),
            (b"perch\xe9 \x80", Some("iso-8859-1")),
            (b"perch\xe9 \x80", None),
            (b"perch\xe9 \xa4", Some("ISO-8859-15")),
        ] {
            assert_eq!(decoded(octets, label), "perché €", "{label:?}");
        }
        assert_eq!(decoded(b"perch\xc3", None), "perch\u{fffd}");
    }
}
