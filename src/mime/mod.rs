//! MIME as a verifier needs it: exact octets, strict structure, nothing mended.
//!
//! Follows RFC 5322 (header), RFC 2045 and 2046 (media types, multipart), RFC 1847
//! (multipart/signed). A lenient parser must never decide what was signed, so structure is
//! read by the strict code here, and `mail-parser` is asked only for the values inside one
//! field: encoded words, RFC 2231 names, addresses, dates.
//!
//! Knows nothing of signatures and nothing of PEC.

pub mod decode;
pub mod header;
pub mod media;
pub mod multipart;
pub mod pieces;
pub mod plain;
pub mod tree;

use std::borrow::Cow;

use header::Header;
use media::MediaType;

/// Octets of one message: twice the largest that a provider is known to take (Aruba: 100 MB
/// with attachments), because a receipt wraps the whole message once, and some room.
pub const MAX_MESSAGE_OCTETS: usize = 256 * 1024 * 1024;

/// Octets of one header: real ones stay under 16 KiB; Postfix cuts at 100 KiB by default
/// (`header_size_limit`); a `To` with 500 recipients needs some 40 KiB.
pub const MAX_HEADER_OCTETS: usize = 256 * 1024;

/// Fields of one header: real ones have under 60.
pub const MAX_HEADER_FIELDS: usize = 1_000;

/// Depth of parts within parts that is followed. Real receipts nest five levels; Dovecot
/// stops at 100, Exchange at 30, and nobody can read beyond ten.
pub const MAX_DEPTH: usize = 10;

/// Parts looked at in one message: Exchange takes 250, Postfix 100 levels; ours is a bound on
/// work and no statement about mail.
pub const MAX_PARTS: usize = 1_000;

/// Why octets could not be read as MIME within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A header longer than [`MAX_HEADER_OCTETS`] or with more than [`MAX_HEADER_FIELDS`].
    #[error("header too large")]
    HeaderTooLarge,
    /// More than [`MAX_PARTS`] parts in one multipart.
    #[error("too many parts")]
    TooManyParts,
    /// The media type cannot be read, or names one parameter twice.
    #[error("Content-Type cannot be read in one way only")]
    ContentType,
    /// A multipart without a usable `boundary` (RFC 2046, 5.1.1).
    #[error("no usable boundary")]
    Boundary,
    /// The transfer encoding is not one of RFC 2045, or the octets do not fit it.
    #[error("content cannot be decoded")]
    Encoding,
}

/// One MIME entity: a header and a body within the octets of the message.
#[derive(Clone, Debug)]
pub struct Entity<'a> {
    /// The octets of header and body, as they are in the message.
    pub octets: &'a [u8],
    /// The header.
    pub header: Header<'a>,
    /// All after the empty line that ends the header.
    pub body: &'a [u8],
}

impl<'a> Entity<'a> {
    /// Cuts octets into header and body.
    ///
    /// # Errors
    /// When the header passes a limit. A header line that is no field is only counted
    /// ([`Header::malformed_lines`]).
    pub fn parse(octets: &'a [u8]) -> Result<Self, Error> {
        let (header, body) = Header::parse(octets)?;
        Ok(Self {
            octets,
            header,
            body,
        })
    }

    /// The media type; `text/plain` when no field says otherwise (RFC 2045, 5.2).
    ///
    /// # Errors
    /// When there are several Content-Type fields, or one that cannot be read strictly.
    pub fn media_type(&self) -> Result<MediaType<'a>, Error> {
        let mut fields = self.header.all("Content-Type");
        match (fields.next(), fields.next()) {
            (None, _) => Ok(MediaType::text_plain()),
            (Some(field), None) => MediaType::parse(field.value),
            (Some(_), Some(_)) => Err(Error::ContentType),
        }
    }

    /// The transfer encoding in lower case; `7bit` when none is stated (RFC 2045, 6.1).
    pub fn transfer_encoding(&self) -> Cow<'a, str> {
        let Some(field) = self.header.first("Content-Transfer-Encoding") else {
            return Cow::Borrowed("7bit");
        };
        // As nearly every field is written.
        let usual = ["7bit", "8bit", "binary", "base64", "quoted-printable"];
        let is_stated = |name: &&str| field.value.strip_prefix(b" ") == Some(name.as_bytes());
        if let Some(name) = usual.into_iter().find(is_stated) {
            return Cow::Borrowed(name);
        }
        let text = match field.text() {
            Cow::Borrowed(text) => Cow::Borrowed(first_word(text)),
            Cow::Owned(text) => Cow::Owned(first_word(&text).to_owned()),
        };
        if text.bytes().any(|octet| octet.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        text
    }

    /// The content without its transfer encoding.
    ///
    /// # Errors
    /// When the encoding is unknown or the octets do not fit it.
    pub fn decoded(&self) -> Result<Cow<'a, [u8]>, Error> {
        decode::transfer(self.body, &self.transfer_encoding())
    }

    /// The file names that the part states: `name` in Content-Type, `filename` in
    /// Content-Disposition, decoded from RFC 2231 and RFC 2047 forms.
    pub fn file_names(&self) -> media::FileNames<'a> {
        self.file_names_with(self.media_type().ok().as_ref())
    }

    /// As [`Self::file_names`], for a part whose media type was read already.
    pub fn file_names_with(&self, media: Option<&MediaType<'a>>) -> media::FileNames<'a> {
        media::file_names(&self.header, media)
    }
}

/// Whether these two octets stand side by side; for short texts, which a searcher is not worth.
pub(crate) fn has_pair(octets: &[u8], pair: [u8; 2]) -> bool {
    let mut firsts = memchr::memchr_iter(pair[0], octets);
    firsts.any(|at| octets.get(at + 1) == Some(&pair[1]))
}

/// The token before a comment or a stray parameter: `base64;`, `7bit (by us)`.
fn first_word(text: &str) -> &str {
    text.split([';', '(', ' ', '\t']).next().unwrap_or_default()
}
