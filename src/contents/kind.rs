//! What a file is by its first octets, and whether that is what it says of itself.

use super::name;
use crate::verify::object;

/// Octets by which a file is known.
pub(super) const LOOKED_AT: usize = 4_096;

/// A signed object around or beside a content (RFC 5652).
pub const SIGNED: &str = "application/pkcs7-mime";
/// XML.
pub const XML: &str = "application/xml";
/// A zip archive.
pub(super) const ZIP: &str = "application/zip";
/// Text without any form.
const TEXT: &str = "text/plain";
/// What Outlook puts a message into for other Outlooks (MS-OXTNEF).
pub const TNEF: &str = "application/ms-tnef";
const PROGRAM: &str = "application/vnd.microsoft.portable-executable";

/// The type of a content by its first octets; `None` where they tell nothing.
pub(super) fn of(start: &[u8]) -> Option<&'static str> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = text.trim_ascii_start();
    match start {
        [] => None,
        _ if object::is_object(start) => Some(SIGNED),
        [0x78, 0x9f, 0x3e, 0x22, ..] => Some(TNEF),
        _ if begins_as_xml(text) => Some(XML),
        // Two letters make no program of a text.
        [b'M', b'Z', ..] if !is_text(start) => Some(PROGRAM),
        _ => match infer::get(start) {
            Some(kind) if kind.mime_type() != PROGRAM => Some(kind.mime_type()),
            Some(_) | None => is_text(start).then_some(TEXT),
        },
    }
}

/// The declaration, or an element whose name has a prefix, as signed files of the tax system begin.
fn begins_as_xml(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"<").unwrap_or_default();
    let length = name
        .iter()
        .take_while(|octet| octet.is_ascii_alphanumeric());
    let length = length.count();
    text.starts_with(b"<?xml") || length > 0 && name.get(length) == Some(&b':')
}

fn is_text(start: &[u8]) -> bool {
    let is_control = |octet: &u8| *octet < 0x20 && !matches!(octet, b'\t' | b'\r' | b'\n' | 0x0c);
    !start
        .iter()
        .any(|octet| is_control(octet) || *octet == 0x7f)
}

/// Whether a type is that of programs.
pub(super) fn is_program(found: &str) -> bool {
    matches!(
        found,
        PROGRAM
            | "application/x-executable"
            | "application/x-mach-binary"
            | "application/java"
            | "application/vnd.android.dex"
            | "text/x-shellscript"
    )
}

/// Whether a type, as it is declared or as an ending announces it, is contradicted by what the
/// content is.
pub(super) fn contradicts(announced: &str, found: Option<&str>) -> bool {
    let family = Family::of(announced);
    match (family, found.map(Family::of)) {
        (Family::Unknown | Family::Other, _) => {
            found.is_some_and(is_program) && !is_program(announced) && family != Family::Unknown
        }
        (
            Family::Text,
            None | Some(Family::Text | Family::Xml | Family::Other | Family::Unknown),
        ) => false,
        (Family::Xml, None | Some(Family::Text | Family::Unknown)) => false,
        // What is written in letters is one of those, and told apart by nothing.
        (Family::Signed, None | Some(Family::Text | Family::Unknown)) => false,
        (Family::Office, Some(Family::Zip)) | (Family::Zip, Some(Family::Office)) => false,
        (announced, found) => found != Some(announced),
    }
}

/// The type that the ending of a name announces.
pub(super) fn announced_by(file: &str) -> Option<&'static str> {
    Some(match &*name::last_ending(file) {
        "pdf" => "application/pdf",
        "p7m" => SIGNED,
        "xml" => XML,
        "zip" => "application/zip",
        "doc" | "docx" | "xls" | "xlsx" | "ppt" | "pptx" | "odt" | "ods" | "rtf" => {
            "application/msword"
        }
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "tif" | "tiff" => "image/tiff",
        "txt" | "csv" => TEXT,
        _ => return None,
    })
}

/// The usual ending of a type, with its dot; of others nothing.
pub(super) fn ending(found: &str) -> &'static str {
    match found {
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        "message/rfc822" => ".eml",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        SIGNED => ".p7m",
        XML => ".xml",
        TEXT => ".txt",
        _ => "",
    }
}

/// Types that a file may have at once, by its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// Nothing is said.
    Unknown,
    /// Known by no octets, or by some that are of no interest here.
    Other,
    Text,
    Xml,
    Pdf,
    Zip,
    /// Documents of office programs: programs take each for the other.
    Office,
    Signed,
    Jpeg,
    Png,
    Gif,
    Tiff,
    Program,
}

impl Family {
    fn of(essence: &str) -> Self {
        match essence {
            ""
            | "application/octet-stream"
            | "binary/octet-stream"
            | "application/x-download"
            | "application/force-download"
            | "application/download"
            | "application/unknown" => Self::Unknown,
            "application/pdf" | "application/x-pdf" => Self::Pdf,
            "application/zip"
            | "application/x-zip"
            | "application/x-zip-compressed"
            | "application/java-archive" => Self::Zip,
            "application/msword"
            | "application/rtf"
            | "text/rtf"
            | "application/vnd.ms-excel"
            | "application/vnd.ms-powerpoint"
            | "application/x-ole-storage" => Self::Office,
            "image/jpeg" | "image/jpg" | "image/pjpeg" => Self::Jpeg,
            "image/png" | "image/x-png" => Self::Png,
            "image/gif" => Self::Gif,
            "image/tiff" => Self::Tiff,
            "application/xml" | "text/xml" => Self::Xml,
            SIGNED
            | "application/x-pkcs7-mime"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature" => Self::Signed,
            found if is_program(found) => Self::Program,
            other
                if other.starts_with("application/vnd.openxmlformats-officedocument")
                    || other.starts_with("application/vnd.oasis.opendocument") =>
            {
                Self::Office
            }
            other if other.ends_with("+xml") => Self::Xml,
            other if other.starts_with("text/") => Self::Text,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_octets() {
        for (start, wanted) in [
            (&b"%PDF-1.7\n"[..], Some("application/pdf")),
            (
                b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
                Some("application/zip"),
            ),
            (b"\x89PNG\r\n\x1a\n", Some("image/png")),
            (b"MZ\x90\x00\x03\x00", Some(PROGRAM)),
            (b"MZ e altre lettere", Some(TEXT)),
            (
                b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00\
                  ....................................................",
                Some("application/x-executable"),
            ),
            (b"<?xml version=\"1.0\"?>", Some(XML)),
            (
                b"\xef\xbb\xbf<p:FatturaElettronica versione=\"FPA12\">",
                Some(XML),
            ),
            (b"<!DOCTYPE html><html>", Some("text/html")),
            (b"\x78\x9f\x3e\x22\x01\x00", Some(TNEF)),
            (b"perch\xe9 no\r\n", Some(TEXT)),
            (b"\x00\x01\x02", None),
            (b"", None),
        ] {
            assert_eq!(of(start), wanted, "{start:?}");
        }
    }

    #[test]
    fn a_type_that_the_content_contradicts_is_told() {
        for (announced, found) in [
            ("application/pdf", Some(PROGRAM)),
            ("application/pdf", Some(TEXT)),
            ("application/pdf", None),
            ("image/png", Some("image/jpeg")),
            ("text/plain", Some("application/pdf")),
            ("application/xml", Some("application/zip")),
            ("application/zip", Some("text/html")),
            ("application/x-altro", Some(PROGRAM)),
            (SIGNED, Some("application/pdf")),
        ] {
            assert!(contradicts(announced, found), "{announced} {found:?}");
        }
        for (announced, found) in [
            ("application/pdf", Some("application/pdf")),
            ("application/octet-stream", Some(PROGRAM)),
            ("application/octet-stream", None),
            ("", Some("application/pdf")),
            ("application/msword", Some("application/rtf")),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                Some("application/zip"),
            ),
            ("text/xml", Some(XML)),
            ("text/plain", Some(XML)),
            ("text/csv", None),
            ("application/x-pkcs7-mime", Some(SIGNED)),
            (SIGNED, Some(TEXT)),
            ("application/x-altro", Some("application/pdf")),
            ("image/jpg", Some("image/jpeg")),
        ] {
            assert!(!contradicts(announced, found), "{announced} {found:?}");
        }
    }
}
