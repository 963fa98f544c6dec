//! Transfer encodings, encoded words, dates and addresses inside one field.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;
use mail_parser::{Address, HeaderValue};

use super::Error;
use crate::timestamp::Timestamp;

/// Content without its transfer encoding (RFC 2045, 6). `encoding` in lower case.
///
/// # Errors
/// [`Error::Encoding`] for an unknown encoding or octets that do not fit it.
pub fn transfer<'a>(body: &'a [u8], encoding: &str) -> Result<Cow<'a, [u8]>, Error> {
    match encoding {
        "7bit" | "8bit" | "binary" | "" => Ok(Cow::Borrowed(body)),
        "base64" => base64(body).map(Cow::Owned),
        "quoted-printable" => quoted_printable(body).map(Cow::Owned),

        _ => Err(Error::Encoding),
    }
}

/// Strict base64 in lines (RFC 2045, 6.8): nothing but the alphabet, padding at the end, and
/// white space.
///
/// # Errors
/// [`Error::Encoding`].
pub fn base64(body: &[u8]) -> Result<Vec<u8>, Error> {
    // Programs write lines of one length. Where that guess is wrong, a line end stays in the
    // text, which the decoder refuses.
    decoded_in_place(without_line_ends(body)).or_else(|_| {
        let mut text = body.to_vec();
        text.retain(|octet| !octet.is_ascii_whitespace());
        decoded_in_place(text)
    })
}

fn decoded_in_place(mut text: Vec<u8>) -> Result<Vec<u8>, Error> {
    let decoded = base64_simd::STANDARD.decode_inplace(&mut text);
    let length = decoded.map_err(|_| Error::Encoding)?.len();
    text.truncate(length);
    Ok(text)
}

/// Lines that are as long as the first, put together without their ends and without empty
/// lines after them.
fn without_line_ends(body: &[u8]) -> Vec<u8> {
    let body = body.trim_ascii_end();
    let length = memchr::memchr(b'\n', body).map_or(body.len(), |end| end + 1);
    let mut text = Vec::with_capacity(body.len());
    for line in body.chunks(length.max(1)) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    text
}

/// Quoted-printable (RFC 2045, 6.7) in runs: text without `=` is copied as it is.
///
/// # Errors
/// [`Error::Encoding`] for `=` before anything but two hexadecimal digits or a line end. White
/// space at the ends of lines, which transports add, is taken off.
pub fn quoted_printable(body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(body.len());
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', body).map(|at| at + 1);
    for end in ends.chain([body.len()]) {
        let line = &body[start..end];
        start = end;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let (text, end) = match text.strip_suffix(b"\r") {
            Some(text) => (text, &line[line.len() - 2..]),
            None => (text, &line[text.len()..]),
        };
        let text = text.trim_ascii_end();
        let (text, end) = match text.strip_suffix(b"=") {
            Some(text) => (text, &[][..]),
            None => (text, end),
        };
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'=', rest) {
            out.extend_from_slice(&rest[..at]);
            let [high, low, ..] = rest[at + 1..] else {
                return Err(Error::Encoding);
            };
            let digit = |octet: u8| char::from(octet).to_digit(16);
            match (digit(high), digit(low)) {
                (Some(high), Some(low)) => out.push((high * 16 + low) as u8),
                _ => return Err(Error::Encoding),
            }
            rest = &rest[at + 3..];
        }
        out.extend_from_slice(rest);
        out.extend_from_slice(end);
    }
    Ok(out)
}

/// The text of an unstructured field with its encoded words decoded (RFC 2047).
pub fn unstructured(value: &[u8]) -> String {
    match field_stream(value, |stream| stream.parse_unstructured().into_owned()) {
        HeaderValue::Text(text) => text.into_owned(),
        HeaderValue::TextList(texts) => texts.join(" "),
        _ => String::new(),
    }
}

/// The addresses of a From, To or Cc field in their order, groups flattened.
///
/// An element without an address is given as an empty text, so that "one address" can be told
/// from "one address and some nonsense".
pub fn addresses(value: &[u8]) -> Vec<Mailbox> {
    bare_addresses(value).unwrap_or_else(|| parsed_addresses(value))
}

fn parsed_addresses(value: &[u8]) -> Vec<Mailbox> {
    let mailbox = |addr: &mail_parser::Addr<'_>| Mailbox {
        display: addr.name.as_deref().unwrap_or_default().to_owned(),
        address: addr.address.as_deref().unwrap_or_default().to_owned(),
    };
    match field_stream(value, |stream| stream.parse_address().into_owned()) {
        HeaderValue::Address(Address::List(list)) => list.iter().map(mailbox).collect(),
        HeaderValue::Address(Address::Group(groups)) => groups
            .iter()
            .flat_map(|group| &group.addresses)
            .map(mailbox)
            .collect(),
        _ => Vec::new(),
    }
}

/// A field of plain addresses with commas between them, as in nearly every message: no parser is
/// needed. `None` for everything else.
fn bare_addresses(value: &[u8]) -> Option<Vec<Mailbox>> {
    let text = std::str::from_utf8(value).ok()?;
    let mut list = Vec::with_capacity(1);
    for one in text.split(',') {
        list.push(bare_address(one.trim_ascii())?);
    }
    Some(list)
}

/// `a@b.example`, `<a@b.example>`, `Two words <a@b.example>` or `"Two words" <a@b.example>`.
fn bare_address(text: &str) -> Option<Mailbox> {
    let (display, address) = match text.strip_suffix('>') {
        Some(rest) => rest.split_once('<')?,
        None => ("", text),
    };
    let display = display.trim_ascii_end();
    let display = display
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(display);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|o| o.is_ascii_alphanumeric());
    if !display.is_empty() && !display.split(' ').all(is_word) {
        return None;
    }
    let mut signs = 0;
    let is_plain = |octet: u8| {
        signs += usize::from(octet == b'@');
        octet.is_ascii_alphanumeric() || matches!(octet, b'@' | b'.' | b'-' | b'_' | b'+')
    };
    (address.bytes().all(is_plain) && signs == 1).then(|| Mailbox {
        display: display.to_owned(),
        address: address.to_owned(),
    })
}

/// One address of an address field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded; empty when there is none.
    pub display: String,
    /// `local@domain` as written, without angle brackets; empty when there is none.
    pub address: String,
}

/// The instant that a Date field states (RFC 5322, 3.3).
pub fn date(value: &str) -> Option<Timestamp> {
    let date = mail_parser::DateTime::parse_rfc822(value)?;
    date.is_valid()
        .then(|| Timestamp::from_unix(date.to_timestamp()))
}

/// Runs one of mail-parser's field parsers, which want the line end that closes the field.
fn field_stream<T>(value: &[u8], parse: impl FnOnce(&mut MessageStream<'_>) -> T) -> T {
    let mut closed = Vec::with_capacity(value.len() + 1);
    closed.extend_from_slice(value);
    closed.push(b'\n');
    parse(&mut MessageStream::new(&closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_strict_about_all_but_white_space() {
        assert_eq!(base64(b"QUJD\r\nREVG\r\n\r\n").unwrap(), b"ABCDEF");
        assert_eq!(base64(b"QU JD\tREVG ").unwrap(), b"ABCDEF");
        assert_eq!(base64(b"QUJD\nR\nEVG").unwrap(), b"ABCDEF");
        assert_eq!(base64(b"\r\nQUJD\r\nREVG").unwrap(), b"ABCDEF");
        assert_eq!(base64(b"").unwrap(), b"");
        for wrong in [
            &b"QUJD*REVG"[..],
            b"QUJ",
            b"QUI=QUJD",
            b"QUJD=",
            b"QU\0JD",
            b"QUI=\r\nQUI=",
            b"QUJ=",
        ] {
            assert_eq!(base64(wrong), Err(Error::Encoding), "{wrong:?}");
        }
    }

    #[test]
    fn quoted_printable_is_strict_about_its_escapes() {
        assert_eq!(
            quoted_printable(b"perch=E8 =\r\nno  \r\n=3D=3d").unwrap(),
            b"perch\xe8 no\r\n=="
        );
        assert_eq!(quoted_printable(b"a=\nb\n").unwrap(), b"ab\n");
        assert_eq!(quoted_printable(b"").unwrap(), b"");
        for wrong in [&b"=E"[..], b"=G0", b"a=\xff\xff", b"= 20"] {
            assert_eq!(quoted_printable(wrong), Err(Error::Encoding), "{wrong:?}");
        }
    }

    #[test]
    fn addresses_are_read_with_and_without_brackets() {
        let one = addresses(b" \"Per conto di: a@b.example\" <posta-certificata@gestore.example>");
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].display, "Per conto di: a@b.example");
        assert_eq!(one[0].address, "posta-certificata@gestore.example");
        let two = addresses(b"a@b.example,\r\n c@d.example");
        assert_eq!(
            two.iter().map(|m| &*m.address).collect::<Vec<_>>(),
            ["a@b.example", "c@d.example"]
        );
        assert!(addresses(b"").is_empty());
    }

    #[test]
    fn bare_addresses_are_read_as_the_parser_reads_them() {
        for bare in [
            "a@b.example",
            " a@b.example, c@d.example\r\n",
            "<a@b.example>",
            "Due Parole <a@b.example>,\r\n c@d.example",
            "Parola<a@b.example>",
            "\"Due Parole\" <a@b.example>, \"3\"<c@d.example>",
            "@",
        ] {
            let read = bare_addresses(bare.as_bytes());
            assert_eq!(read, Some(parsed_addresses(bare.as_bytes())), "{bare}");
        }
        for other in [
            "",
            "a@b.example,,c@d.example",
            "a@b@c",
            "Due  Parole <a@b.example>",
            "Due\r\n Parole <a@b.example>",
            "S.r.l. <a@b.example>",
            "\"Rossi, Mario\" <a@b.example>",
            "\"a\" b <a@b.example>",
            "\"a\\\"b\" <a@b.example>",
            "=?utf-8?q?x?= <a@b.example>",
            "<a@b.example> dopo",
            "<<a@b.example>",
            "(nota) a@b.example",
            "gruppo: a@b.example;",
        ] {
            assert_eq!(bare_addresses(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn dates_carry_their_zone() {
        assert_eq!(
            date("Tue, 13 Nov 2018 16:39:27 +0100 (CET)")
                .unwrap()
                .to_string(),
            "2018-11-13T15:39:27Z"
        );
        assert_eq!(date("domani"), None);
    }
}
