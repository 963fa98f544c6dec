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

/// The beginning of content without its transfer encoding: what at most so many octets of the body
/// give. `None` where they do not fit the encoding.
pub fn transfer_start<'a>(body: &'a [u8], encoding: &str, most: usize) -> Option<Cow<'a, [u8]>> {
    if body.len() <= most {
        return transfer(body, encoding).ok();
    }
    let start = &body[..most];
    match encoding {
        "base64" => {
            let mut text = start.to_vec();
            text.retain(|octet| !octet.is_ascii_whitespace());
            text.truncate(text.len() / 4 * 4);
            base64(&text).ok().map(Cow::Owned)
        }
        // Cut after a line, so that no escape is cut.
        _ => {
            let end = memchr::memrchr(b'\n', start)? + 1;
            transfer(&start[..end], encoding).ok()
        }
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
    // OpenSSL writes 64 letters, Java Mail and most others 76 (RFC 2045, 6.8).
    let rest = match length {
        66 => lines_of::<64>(body, b"\r\n", &mut text),
        65 => lines_of::<64>(body, b"\n", &mut text),
        78 => lines_of::<76>(body, b"\r\n", &mut text),
        77 => lines_of::<76>(body, b"\n", &mut text),
        _ => body,
    };
    for line in rest.chunks(length.max(1)) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    text
}

/// Takes lines of `N` octets with this end, as long as there are such; gives what follows them. A
/// length that is known in advance copies faster.
fn lines_of<'a, const N: usize>(body: &'a [u8], end: &[u8], text: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = body;
    while let Some((line, after)) = rest.split_first_chunk::<N>()
        && let Some(after) = after.strip_prefix(end)
    {
        text.extend_from_slice(line);
        rest = after;
    }
    rest
}

/// Quoted-printable (RFC 2045, 6.7) in runs: text without `=` is copied as it is.
///
/// # Errors
/// [`Error::Encoding`] for `=` before anything but two hexadecimal digits or a line end. White
/// space at the ends of lines, which transports add, is taken off.
pub fn quoted_printable(body: &[u8]) -> Result<Vec<u8>, Error> {
    match usual_quoted_printable(body) {
        Some(out) => Ok(out),
        None => quoted_printable_lines(body),
    }
}

fn quoted_printable_lines(body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(body.len());
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', body).map(|at| at + 1);
    for end in ends.chain([body.len()]) {
        let line = &body[start..end];
        start = end;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let end = &line[text.len()..];
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
            out.push(hexadecimal(high, low).ok_or(Error::Encoding)?);
            rest = &rest[at + 3..];
        }
        out.extend_from_slice(rest);
        out.extend_from_slice(end);
    }
    Ok(out)
}

/// As programs write it: no blank at the end of a line, every `=` followed by two digits or by a
/// line end. `None` for everything else.
fn usual_quoted_printable(body: &[u8]) -> Option<Vec<u8>> {
    let blank = |octet: u8| (octet == b' ') | (octet == b'\t') | (octet == b'\r') | (octet == 0x0c);
    let ends = |octet: u8| (octet == b'\r') | (octet == b'\n');
    // Without branches, for vector instructions. A CR before the LF is the line's own end.
    let odd = body
        .iter()
        .zip(body.get(1..)?)
        .fold(false, |odd, (&this, &next)| {
            odd | (blank(this) & ends(next) & !((this == b'\r') & (next == b'\n')))
        });
    if odd || blank(*body.last()?) {
        return None;
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => rest,
            [high, low, rest @ ..] => {
                out.push(hexadecimal(*high, *low)?);
                rest
            }
            _ => return None,
        };
    }
    out.extend_from_slice(rest);
    Some(out)
}

fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
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

/// The names of the groups in a From, To or Cc field (RFC 5322, 3.4); none when there are none.
pub fn groups(value: &[u8]) -> Vec<String> {
    if !value.contains(&b':') {
        return Vec::new();
    }
    match field_stream(value, |stream| stream.parse_address().into_owned()) {
        HeaderValue::Address(Address::Group(groups)) => groups
            .iter()
            .filter_map(|group| group.name.as_deref().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
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
    if memchr::memchr(b',', value).is_none() {
        return Some(vec![bare_address(value.trim_ascii())?]);
    }
    let all = value.split(|&octet| octet == b',');
    all.map(|one| bare_address(one.trim_ascii())).collect()
}

/// `a@b.example`, `<a@b.example>`, `Two words <a@b.example>` or `"Two words" <a@b.example>`.
fn bare_address(text: &[u8]) -> Option<Mailbox> {
    let (display, address) = match text {
        [rest @ .., b'>'] => {
            let at = memchr::memchr(b'<', rest)?;
            (&rest[..at], &rest[at + 1..])
        }
        _ => (&[][..], text),
    };
    let display = match display.trim_ascii_end() {
        [b'"', inside @ .., b'"'] => inside,
        display => display,
    };
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric);
    if !display.is_empty() && !display.split(|&octet| octet == b' ').all(is_word) {
        return None;
    }
    let sign = memchr::memchr(b'@', address);
    let is_plain = |octet: &u8| IS_PLAIN[usize::from(*octet)];
    // Without branches: an address is seldom anything else.
    let are_plain = |octets: &[u8]| octets.iter().map(is_plain).fold(true, |all, one| all & one);
    let is_bare = sign.is_some_and(|at| are_plain(&address[..at]) & are_plain(&address[at + 1..]));
    // Both are ASCII.
    let owned = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok();
    Some(Mailbox {
        display: owned(display)?,
        address: is_bare.then(|| owned(address))??,
    })
}

/// What stands around the `@` of an address that every reader takes for the same: letters, digits, `.-_+`.
static IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 0x7f {
        let other = matches!(octet as u8, b'.' | b'-' | b'_' | b'+');
        table[octet] = (octet as u8).is_ascii_alphanumeric() || other;
        octet += 1;
    }
    table
};

/// One address of an address field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded; empty when there is none.
    pub display: String,
    /// `local@domain` as written, without angle brackets; empty when there is none.
    pub address: String,
}

/// The instant that a Date field states (RFC 5322, 3.3), with the zones of its obsolete form
/// (4.3) and the names that European programs write there.
pub fn date(value: &str) -> Option<Timestamp> {
    let value = with_numbered_zone(value);
    let date = mail_parser::DateTime::parse_rfc822(&value)?;
    date.is_valid()
        .then(|| Timestamp::from_unix(date.to_timestamp()))
}

/// A date whose zone is a European name, with its number; every other date as it is. RFC 5322 has
/// no such names; by usage they mean Central European time.
fn with_numbered_zone(value: &str) -> Cow<'_, str> {
    const ZONES: [(&str, &str); 4] = [
        ("CET", "+0100"),
        ("MET", "+0100"),
        ("CEST", "+0200"),
        ("MEST", "+0200"),
    ];
    // The zone is the word after the time of day; what follows are comments.
    let mut words = value.split_ascii_whitespace();
    let zone = words.find(|word| word.contains(':')).and(words.next());
    let number = ZONES
        .iter()
        .find(|(name, _)| zone.is_some_and(|zone| zone.eq_ignore_ascii_case(name)));
    match (zone, number) {
        (Some(zone), Some((_, number))) => {
            let at = zone.as_ptr().addr() - value.as_ptr().addr();
            let (before, after) = (&value[..at], &value[at + zone.len()..]);
            Cow::Owned(format!("{before}{number}{after}"))
        }
        _ => Cow::Borrowed(value),
    }
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
        for (letters, end) in [
            (64, "\n"),
            (64, "\r\n"),
            (76, "\n"),
            (76, "\r\n"),
            (60, "\n"),
        ] {
            let line = "QUJD".repeat(letters / 4);
            let wanted = b"ABC".repeat(letters / 4 * 3);
            let regular = format!("{line}{end}{line}{end}{line}{end}");
            assert_eq!(base64(regular.as_bytes()).unwrap(), wanted);
            // A blank, a line of another length, an end of another kind.
            for odd in [
                format!("{line}{end}{line} {end}{line}"),
                format!("{line}{end}{line}{line}{end}"),
                format!("{line}\n{line}\r\n{line}\n"),
                format!("{line}\r\n{line}\n{line}\r\n"),
                format!("{line}{end}{line}{end}{end}{line}"),
            ] {
                assert_eq!(base64(odd.as_bytes()).unwrap(), wanted, "{odd:?}");
            }
            let wrong = regular.replacen(end, "*\n", 1);
            assert_eq!(base64(wrong.as_bytes()), Err(Error::Encoding));
        }
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
    fn the_beginning_of_a_content_is_that_of_the_whole() {
        let text = b"From: a@b.example\r\nSubject: x=3Dy\r\n\r\n".repeat(40);
        let lines = base64_simd::STANDARD.encode_to_string(&text);
        let lines: Vec<&str> = lines
            .as_bytes()
            .chunks(76)
            .flat_map(std::str::from_utf8)
            .collect();
        for (body, encoding) in [
            (text.clone(), "7bit"),
            (text.clone(), "quoted-printable"),
            (lines.join("\r\n").into_bytes(), "base64"),
        ] {
            let whole = transfer(&body, encoding).unwrap();
            for most in [200, 201, 202, 203, 204, 10_000] {
                let start = transfer_start(&body, encoding, most).unwrap();
                assert!(
                    whole.starts_with(&start) && start.len() > 100,
                    "{encoding} {most}"
                );
            }
        }
        assert_eq!(transfer_start(&[b'x'; 300], "7bit", 200), None);
        assert_eq!(transfer_start(&[b'*'; 300], "base64", 200), None);
    }

    #[test]
    fn quoted_printable_is_strict_about_its_escapes() {
        assert_eq!(
            quoted_printable(b"perch=E8 =\r\nno  \r\n=3D=3d").unwrap(),
            b"perch\xe8 no\r\n=="
        );
        assert_eq!(quoted_printable(b"a=\nb\n").unwrap(), b"ab\n");
        assert_eq!(quoted_printable(b"a=\r\nb=3D=").unwrap(), b"ab=");
        assert_eq!(quoted_printable(b"a = \r\nb").unwrap(), b"a b");
        assert_eq!(quoted_printable(b"a \nb\t\r\nc ").unwrap(), b"a\nb\r\nc");
        assert_eq!(quoted_printable(b"").unwrap(), b"");
        // Cut off between the CR and the LF of a line end.
        assert_eq!(quoted_printable(b"\r").unwrap(), b"\r");
        assert_eq!(quoted_printable(b"a\n\r").unwrap(), b"a\n\r");
        assert_eq!(quoted_printable(b"ab \r").unwrap(), b"ab\r");
        assert_eq!(quoted_printable(b"ab=\r").unwrap(), b"ab");
        for wrong in [&b"=E"[..], b"=G0", b"a=\xff\xff", b"= 20"] {
            assert_eq!(quoted_printable(wrong), Err(Error::Encoding), "{wrong:?}");
        }
    }

    #[test]
    fn usual_quoted_printable_is_read_as_line_by_line() {
        const LETTERS: &[u8] = b"a=4\r\n ";
        let mut usual = 0;
        for number in 0..LETTERS.len().pow(7) {
            let digit = |place| LETTERS[number / LETTERS.len().pow(place) % LETTERS.len()];
            let text: Vec<u8> = (0..7).map(digit).collect();
            if let Some(read) = usual_quoted_printable(&text) {
                usual += 1;
                assert_eq!(Ok(read), quoted_printable_lines(&text), "{text:?}");
            }
        }
        assert!(usual > 10_000);
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
            "<a@b.example",
            "<a@b.example, c@d.example",
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
        for (zone, utc) in [
            ("CET", "15:39:27"),
            ("cest", "14:39:27"),
            ("MEST (ora estiva)", "14:39:27"),
            ("GMT", "16:39:27"),
            ("UT", "16:39:27"),
            ("EST", "21:39:27"),
            ("PDT", "23:39:27"),
            ("+0530", "11:09:27"),
        ] {
            let date = date(&format!("Tue, 13 Nov 2018 16:39:27 {zone}")).unwrap();
            assert_eq!(date.to_string(), format!("2018-11-13T{utc}Z"), "{zone}");
        }
        assert_eq!(
            date("13 Nov 2018 16:39 CET").unwrap().to_string(),
            "2018-11-13T15:39:00Z"
        );
        assert_eq!(date("domani"), None);
    }
}
