//! Plain answers for what is no certified mail at all.

use super::object;
use crate::mime::Entity;
use crate::mime::header::Header;
use crate::mime::media::MediaType;
use crate::pec::header;

/// What the octets are instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordinary {
    /// Nothing.
    Empty,
    /// An ordinary message.
    Mail,
    /// An ordinary message with a signature of its own.
    SignedMail,
    /// An encrypted message (RFC 8551, 3.3).
    EncryptedMail,
    /// A message as a provider put it into an envelope or a receipt, without these: postacert.eml.
    Original,
    /// A file signed around its content (`.p7m`).
    SignedFile,
    /// A signature without what it signs, as `smime.p7s` is.
    Signature,
    /// An ordinary delivery status notification (RFC 3464).
    DeliveryStatus,
    /// A read receipt (RFC 8098).
    ReadReceipt,
    /// A message of REM, the European successor (ETSI EN 319 532).
    Rem,
    /// A PDF.
    Pdf,
    /// An Outlook message file (`.msg`).
    OutlookMessage,
    /// A ZIP file or one built on it.
    Zip,
    /// A picture.
    Picture,
    /// A web page.
    Html,
    /// A daticert.xml or other XML on its own.
    Xml,
    /// Something that is no mail.
    NoMail,
}

/// Octets looked at to tell mail from other things: programs write the usual fields first.
pub(super) const LOOKED_AT: usize = 4_096;

impl Ordinary {
    /// Stable word, also the last part of the catalogue key.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Mail => "mail",
            Self::SignedMail => "signed-mail",
            Self::EncryptedMail => "encrypted-mail",
            Self::Original => "original",
            Self::SignedFile => "signed-file",
            Self::Signature => "signature",
            Self::DeliveryStatus => "delivery-status",
            Self::ReadReceipt => "read-receipt",
            Self::Rem => "rem",
            Self::Pdf => "pdf",
            Self::OutlookMessage => "outlook-message",
            Self::Zip => "zip",
            Self::Picture => "picture",
            Self::Html => "html",
            Self::Xml => "xml",
            Self::NoMail => "no-mail",
        }
    }

    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Empty,
        Self::Mail,
        Self::SignedMail,
        Self::EncryptedMail,
        Self::Original,
        Self::SignedFile,
        Self::Signature,
        Self::DeliveryStatus,
        Self::ReadReceipt,
        Self::Rem,
        Self::Pdf,
        Self::OutlookMessage,
        Self::Zip,
        Self::Picture,
        Self::Html,
        Self::Xml,
        Self::NoMail,
    ];

    /// Whether it is mail of some kind, with a header and parts.
    pub const fn is_mail(self) -> bool {
        match self {
            Self::Mail
            | Self::SignedMail
            | Self::EncryptedMail
            | Self::Original
            | Self::DeliveryStatus
            | Self::ReadReceipt
            | Self::Rem => true,
            Self::Empty
            | Self::SignedFile
            | Self::Signature
            | Self::Pdf
            | Self::OutlookMessage
            | Self::Zip
            | Self::Picture
            | Self::Html
            | Self::Xml
            | Self::NoMail => false,
        }
    }

    /// File types that a clerk may hold instead of the message, by their first octets.
    pub(super) fn by_first_octets(octets: &[u8]) -> Option<Self> {
        let text = octets
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(octets)
            .trim_ascii_start();
        let begins = |prefix: &[u8]| {
            text.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        match octets {
            _ if text.is_empty() => Some(Self::Empty),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Some(Self::OutlookMessage),
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(Self::Zip),
            [0x89, b'P', b'N', b'G', ..]
            | [0xff, 0xd8, 0xff, ..]
            | [b'G', b'I', b'F', b'8', ..] => Some(Self::Picture),
            _ if object::is_object(octets) => Some(Self::SignedFile),
            _ if begins(b"<?xml") || begins(b"<postacert") => Some(Self::Xml),
            _ if begins(b"<html") || begins(b"<!doctype html") => Some(Self::Html),
            _ => None,
        }
    }

    /// Whether a header has at least one field that every message has or might have.
    pub(super) fn looks_like_mail(header: &Header<'_>) -> bool {
        let usual = [
            "From",
            "To",
            "Subject",
            "Date",
            "Received",
            "Return-Path",
            "Message-ID",
            "MIME-Version",
            "Content-Type",
            "X-Ricevuta",
            "X-Trasporto",
        ];
        usual.iter().any(|name| header.first(name).is_some())
    }

    /// Whether octets, or the beginning of them, are a header as mail has it, or too large a one.
    pub(super) fn begins_as_mail(octets: &[u8]) -> bool {
        let start = &octets[..octets.len().min(LOOKED_AT)];
        Header::parse(start).map_or(true, |(header, _)| Self::looks_like_mail(&header))
    }

    /// Which kind of ordinary mail.
    pub(super) fn of_mail(outer: &Entity<'_>, media: &MediaType<'_>) -> Self {
        if header::is_rem(&outer.header) {
            return Self::Rem;
        }
        match (
            &*media.essence,
            media
                .parameter("report-type")
                .map(str::to_ascii_lowercase)
                .as_deref(),
        ) {
            ("multipart/report", Some("delivery-status")) => Self::DeliveryStatus,
            ("multipart/report", Some("disposition-notification")) => Self::ReadReceipt,
            ("application/pkcs7-mime" | "application/x-pkcs7-mime", _) => {
                let kind = media.parameter("smime-type").unwrap_or_default();
                match kind.to_ascii_lowercase().contains("enveloped") {
                    true => Self::EncryptedMail,
                    false => Self::SignedMail,
                }
            }
            // Providers add it to the message that they wrap (RFC 6109, 2.2.1).
            _ if outer.header.first("X-Riferimento-Message-ID").is_some() => Self::Original,
            _ => Self::Mail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_mail_are_named() {
        for (octets, kind) in [
            (&b""[..], Some(Ordinary::Empty)),
            (b" \r\n", Some(Ordinary::Empty)),
            (b"%PDF-1.7\n", Some(Ordinary::Pdf)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", Some(Ordinary::OutlookMessage)),
            (b"PK\x03\x04", Some(Ordinary::Zip)),
            (b"\x89PNG\r\n", Some(Ordinary::Picture)),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>", Some(Ordinary::Xml)),
            (b"<!DOCTYPE html>", Some(Ordinary::Html)),
            (b"From: a@b\r\n", None),
        ] {
            assert_eq!(Ordinary::by_first_octets(octets), kind, "{octets:?}");
        }
    }
}
