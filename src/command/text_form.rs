//! Files that a word processor or browser opens, or in another encoding, given where plain text in UTF-8
//! is wanted.

use std::path::Path;

use super::Failure;
use crate::batch::encoding::Survey;

/// Refuses what is no plain text: sent as it is, people would read its inside.
///
/// # Errors
/// A [`Failure`] that names the file, its form and what to do.
pub(super) fn plain(path: &Path, octets: &[u8]) -> Result<(), Failure> {
    let Some(form) = form(path, octets) else {
        return Ok(());
    };
    let file = path.display().to_string();
    Err(Failure::new(
        "text-form",
        [("file", file), ("form", form.to_owned())],
    ))
}

/// Refuses a text that is not UTF-8: names what it seems to be, and the command that converts the file
/// that holds it.
pub(super) fn other_encoding(octets: &[u8], file: Option<&str>) -> Failure {
    let mut survey = Survey::default();
    survey.feed(octets);
    let file = format!("'{}'", file.unwrap_or("FILE").replace('\'', "'\\''"));
    match survey.finish() {
        Ok(encoding) => {
            let encoding = encoding.name().to_ascii_uppercase();
            Failure::new("body-encoding", [("encoding", encoding), ("file", file)])
        }
        Err(_) => Failure::new("body-no-text", []),
    }
}

/// The name of a form that is no plain text.
fn form(path: &Path, octets: &[u8]) -> Option<&'static str> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let ending = ending.to_ascii_lowercase();
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let begins = |start: &[u8]| octets.starts_with(start);
    let start = octets.trim_ascii_start();
    let start = start[..start.len().min(16)].to_ascii_lowercase();
    let is_page = ["<!doctype", "<html", "<?xml", "<head", "<body"];
    if begins(b"PK\x03\x04") {
        return Some(match &*ending {
            "odt" => "OpenDocument",
            _ => "Word",
        });
    }
    if begins(b"\xd0\xcf\x11\xe0") {
        return Some("Word");
    }
    if begins(b"{\\rtf") {
        return Some("RTF");
    }
    if begins(b"%PDF-") {
        return Some("PDF");
    }
    if ["htm", "html"].contains(&&*ending)
        || is_page.iter().any(|tag| start.starts_with(tag.as_bytes()))
    {
        return Some("HTML");
    }
    // UTF-16 says so at its start; any other text has no NUL.
    let is_utf16 = begins(b"\xff\xfe") || begins(b"\xfe\xff");
    (!is_utf16 && octets.contains(&0)).then_some("binary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_plain_whatever_it_speaks_of() {
        for text in [
            "Gentile {{ nome }},\n",
            "<mario@pec.it> scrive",
            "PK",
            "",
            "a < b",
        ] {
            assert_eq!(form("testo.txt".as_ref(), text.as_bytes()), None, "{text}");
        }
        assert_eq!(form("testo.txt".as_ref(), b"\xff\xfea\0"), None);
    }

    #[test]
    fn what_programs_open_is_told_by_its_octets() {
        for (name, octets, expected) in [
            ("lettera.docx", &b"PK\x03\x04\x14\0"[..], "Word"),
            ("lettera.txt", b"PK\x03\x04\x14\0", "Word"),
            ("lettera.odt", b"PK\x03\x04\x14\0", "OpenDocument"),
            ("lettera.doc", b"\xd0\xcf\x11\xe0\xa1", "Word"),
            ("lettera.txt", b"{\\rtf1\\ansi", "RTF"),
            ("lettera.txt", b"\xef\xbb\xbf \n<!DOCTYPE html>", "HTML"),
            ("lettera.html", b"Gentile", "HTML"),
            ("lettera.txt", b"%PDF-1.7", "PDF"),
            ("lettera.txt", b"a\0b", "binary"),
        ] {
            assert_eq!(form(name.as_ref(), octets), Some(expected), "{name}");
        }
    }
}
