//! Media types and file names (RFC 2045, 5; RFC 2183; RFC 2231).

use std::borrow::Cow;

use mail_parser::{MessageParser, MimeHeaders};

use super::Error;
use super::header::Header;

/// A Content-Type read strictly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// `type/subtype` in lower case.
    pub essence: Cow<'a, str>,
    parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> MediaType<'a> {
    /// The default of RFC 2045, 5.2.
    pub fn text_plain() -> Self {
        Self {
            essence: Cow::Borrowed("text/plain"),
            parameters: Vec::new(),
        }
    }

    /// Reads `type/subtype; name=value; name="value"`.
    ///
    /// # Errors
    /// [`Error::ContentType`] when it does not follow RFC 2045, 5.1, or when one parameter
    /// stands twice: two readers could then see two messages.
    pub fn parse(value: &'a [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(value).map_err(|_| Error::ContentType)?;
        let mut scan = Scanner { rest: text };
        let main = scan.token()?;
        let start = text.len() - scan.rest.len() - main.len();
        scan.expect('/')?;
        let sub = scan.token()?;
        let whole = &text[start..text.len() - scan.rest.len()];
        let mut parameters: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(4);
        while scan.next_parameter()? {
            let name = scan.token()?;
            scan.expect('=')?;
            let before = scan.rest;
            let value = scan.value()?;
            let raw = &before[..before.len() - scan.rest.len()];
            // Some readers keep the backslash of a quoted pair, or end a comment there: another
            // boundary.
            if name.eq_ignore_ascii_case("boundary") && raw.as_bytes().contains(&b'\\') {
                return Err(Error::ContentType);
            }
            let same = |(other, _): &(&str, Cow<'_, str>)| other.eq_ignore_ascii_case(name);
            if parameters.iter().any(same) || parameters.len() == MAX_PARAMETERS {
                return Err(Error::ContentType);
            }
            if is_coded_form(name) {
                return Err(Error::ContentType);
            }
            parameters.push((name, value));
        }
        Ok(Self {
            essence: essence(whole, main, sub),
            parameters,
        })
    }

    /// All parameters in their order, names as they are written.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (*name, &**value))
    }

    /// The value of a parameter, name in any case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.value(name).map(|value| &**value)
    }

    fn value(&self, name: &str) -> Option<&Cow<'a, str>> {
        self.parameters
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether this is a multipart of any kind.
    pub fn is_multipart(&self) -> bool {
        self.essence.starts_with("multipart/")
    }

    /// The boundary of a multipart: 1 to 70 characters of RFC 2046's set, no blank at the end.
    ///
    /// # Errors
    /// [`Error::Boundary`].
    pub fn boundary(&self) -> Result<&str, Error> {
        let boundary = self.parameter("boundary").ok_or(Error::Boundary)?;
        let fits = (1..=70).contains(&boundary.len())
            && boundary.bytes().all(|octet| IS_BCHAR[usize::from(octet)])
            && !boundary.ends_with(' ');
        if fits {
            Ok(boundary)
        } else {
            Err(Error::Boundary)
        }
    }
}

/// Parameters of one field; real ones have up to five, and some more when a long name comes in
/// pieces (RFC 2231). A bound on the search for doubles.
const MAX_PARAMETERS: usize = 64;

/// Whether a parameter that decides how a message is read is written in the forms of RFC 2231
/// (`boundary*=`, `boundary*0=`): readers that know them would take another boundary.
fn is_coded_form(name: &str) -> bool {
    let decisive = ["boundary", "protocol", "micalg"];
    if !name.as_bytes().contains(&b'*') {
        return false;
    }
    name.split_once('*')
        .is_some_and(|(base, _)| decisive.iter().any(|word| base.eq_ignore_ascii_case(word)))
}

/// `main/sub` in lower case; the text from the one to the other where it is that already.
fn essence<'a>(whole: &'a str, main: &str, sub: &str) -> Cow<'a, str> {
    let has_blanks = whole.len() != main.len() + 1 + sub.len();
    if has_blanks || whole.bytes().any(|octet| octet.is_ascii_uppercase()) {
        return Cow::Owned(format!("{main}/{sub}").to_ascii_lowercase());
    }
    Cow::Borrowed(whole)
}

/// Walks one structured field value.
struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// Passes white space, line breaks of folding, and comments (RFC 822, 3.4.3).
    #[inline]
    fn skip_blanks(&mut self) -> Result<(), Error> {
        match self.rest.as_bytes().first() {
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'(') => self.skip_some_blanks(),
            _ => Ok(()),
        }
    }

    fn skip_some_blanks(&mut self) -> Result<(), Error> {
        loop {
            let blank = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
            let blanks = self.rest.bytes().take_while(blank).count();
            self.rest = &self.rest[blanks..];
            if !self.rest.starts_with('(') {
                return Ok(());
            }
            let mut depth = 0usize;
            let mut escaped = false;
            let end = self.rest.char_indices().find_map(|(at, c)| {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                (depth == 0 && !escaped).then_some(at + 1)
            });
            self.rest = &self.rest[end.ok_or(Error::ContentType)?..];
        }
    }

    fn token(&mut self) -> Result<&'a str, Error> {
        self.skip_blanks()?;
        let end = self
            .rest
            .bytes()
            .take_while(|octet| IS_TOKEN[usize::from(*octet)])
            .count();
        self.take(end)
    }

    /// The next `length` octets, of which there must be some.
    fn take(&mut self, length: usize) -> Result<&'a str, Error> {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        if taken.is_empty() {
            Err(Error::ContentType)
        } else {
            Ok(taken)
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Error> {
        self.skip_blanks()?;
        self.rest = self.rest.strip_prefix(wanted).ok_or(Error::ContentType)?;
        Ok(())
    }

    /// Passes the semicolon before a parameter; false at the end. A semicolon with nothing
    /// after it is common and means nothing.
    fn next_parameter(&mut self) -> Result<bool, Error> {
        self.skip_blanks()?;
        if self.rest.is_empty() {
            return Ok(false);
        }
        self.expect(';')?;
        self.skip_blanks()?;
        Ok(!self.rest.is_empty())
    }

    fn value(&mut self) -> Result<Cow<'a, str>, Error> {
        self.skip_blanks()?;
        let Some(quoted) = self.rest.strip_prefix('"') else {
            return self.lenient_token().map(Cow::Borrowed);
        };
        let is_plain = |octet: &u8| IS_PLAIN[usize::from(*octet)];
        let plain = quoted.bytes().take_while(is_plain).count();
        if quoted.as_bytes().get(plain) == Some(&b'"') {
            self.rest = &quoted[plain + 1..];
            return Ok(Cow::Borrowed(&quoted[..plain]));
        }
        let end = closing_quote(quoted).ok_or(Error::ContentType)?;
        self.rest = &quoted[end + 1..];
        let text = &quoted[..end];
        // CR and LF only as folding, no other control: readers differ about them.
        let unfolded = text.replace("\r\n", "").replace('\n', "");
        if unfolded.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Error::ContentType);
        }
        Ok(Cow::Owned(unquoted(text)))
    }

    /// An unquoted value up to blank or semicolon: `=`, `/`, `?` and `:` occur in boundaries
    /// and names that real programs forget to quote.
    fn lenient_token(&mut self) -> Result<&'a str, Error> {
        let ends = |octet: u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'"' | b'(');
        let length = self.rest.bytes().position(ends);
        self.take(length.unwrap_or(self.rest.len()))
    }
}

/// What stands for itself in a quoted string: no quote, no backslash, no control.
static IS_PLAIN: [bool; 256] = {
    let mut table = [true; 256];
    let mut octet = 0;
    while octet < 0x20 {
        table[octet] = false;
        octet += 1;
    }
    table[0x7f] = false;
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table
};

/// RFC 2046, 5.1.1: what a boundary is made of.
static IS_BCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 0x7f {
        table[octet] = (octet as u8).is_ascii_alphanumeric();
        octet += 1;
    }
    let other = b"'()+_,-./:=? ";
    let mut at = 0;
    while at < other.len() {
        table[other[at] as usize] = true;
        at += 1;
    }
    table
};

/// RFC 2045, 5.1: printable ASCII but tspecials.
static IS_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0x21;
    while octet < 0x7f {
        table[octet] = true;
        octet += 1;
    }
    let special = b"()<>@,;:\\\"/[]?=";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = false;
        at += 1;
    }
    table
};

/// Where a quoted string ends: at the first quote without a backslash before it.
fn closing_quote(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', text.as_bytes().get(from..)?)?;
        if text.as_bytes()[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// A quoted string without backslashes and folding (RFC 5322, 3.2.4).
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '\r' | '\n' => {}
            _ => out.push(c),
        }
    }
    out
}

/// The names that a part states for its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileNames<'a> {
    /// `name` of Content-Type.
    pub name: Option<Cow<'a, str>>,
    /// `filename` of Content-Disposition.
    pub filename: Option<Cow<'a, str>>,
}

impl FileNames<'_> {
    /// Whether one of the names is this one, in any case of letters.
    pub fn is(&self, wanted: &str) -> bool {
        [&self.name, &self.filename]
            .into_iter()
            .flatten()
            .any(|name| name.eq_ignore_ascii_case(wanted))
    }

    /// Whether both names are stated and differ.
    pub fn disagree(&self) -> bool {
        matches!((&self.name, &self.filename), (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b))
    }

    /// The name to show: `filename` before `name` (RFC 2183, 2.3).
    pub fn shown(&self) -> Option<&str> {
        self.filename.as_deref().or(self.name.as_deref())
    }
}

/// Reads the names of a part; see [`super::Entity::file_names`]. `media` is its media type, when
/// that could be read.
pub(super) fn file_names<'a>(header: &Header<'a>, media: Option<&MediaType<'a>>) -> FileNames<'a> {
    // RFC 2231 writes `name*=` or `name*0=`, RFC 2047 `=?charset?…`; both are rare.
    let coded = |value: &[u8]| memchr::memchr2(b'*', b'?', value).is_some();
    let has_many = |value: &[u8]| memchr::memchr_iter(b';', value).count() > MAX_PARAMETERS;
    let field = |name: &str| header.first(name).map(|field| field.value);
    let (of_type, of_disposition) = (field("Content-Type"), field("Content-Disposition"));
    let mut both = [of_type, of_disposition].into_iter().flatten();
    if both.clone().any(coded) {
        // mail-parser looks through all of them for the one that a piece belongs to.
        return match both.any(has_many) {
            true => FileNames::default(),
            false => coded_names(header),
        };
    }
    let name = match media {
        Some(media) => media.value("name").cloned(),
        None => of_type.and_then(|value| plain_parameter(value, "name")),
    };
    FileNames {
        name,
        filename: of_disposition.and_then(|value| plain_parameter(value, "filename")),
    }
}

/// A parameter without RFC 2231 or RFC 2047 coding. Content-Disposition has the form of a
/// media type without the slash.
fn plain_parameter<'a>(value: &'a [u8], wanted: &str) -> Option<Cow<'a, str>> {
    let text = std::str::from_utf8(value).ok()?;
    let mut scan = Scanner { rest: text };
    scan.token().ok()?;
    if scan.expect('/').is_ok() {
        scan.token().ok()?;
    }
    while scan.next_parameter().ok()? {
        let name = scan.token().ok()?;
        scan.expect('=').ok()?;
        let value = scan.value().ok()?;
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
    }
    None
}

/// Names in RFC 2231 or RFC 2047 form, by mail-parser, from the two fields alone.
fn coded_names<'a>(header: &Header<'_>) -> FileNames<'a> {
    let mut text = Vec::new();
    for name in ["Content-Type", "Content-Disposition"] {
        if let Some(field) = header.first(name) {
            text.extend_from_slice(name.as_bytes());
            text.push(b':');
            text.extend_from_slice(field.value);
            text.extend_from_slice(b"\r\n");
        }
    }
    text.extend_from_slice(b"\r\n");
    let Some(message) = MessageParser::default().parse_headers(&text) else {
        return FileNames::default();
    };
    let decoded = |value: &str| {
        Cow::Owned(if value.contains("=?") {
            super::decode::unstructured(value.as_bytes())
        } else {
            value.to_owned()
        })
    };
    FileNames {
        name: message
            .content_type()
            .and_then(|ct| ct.attribute("name"))
            .map(decoded),
        filename: message
            .content_disposition()
            .and_then(|cd| cd.attribute("filename"))
            .map(decoded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::Entity;

    #[test]
    fn parameters_are_read_quoted_and_bare() {
        let media = MediaType::parse(
            b" Multipart/Signed; protocol=\"application/x-pkcs7-signature\"; micalg=sha1;\r\n boundary=\"----F99\"; x=\"a\\\"b\" ; ",
        )
        .unwrap();
        assert_eq!(media.essence, "multipart/signed");
        assert_eq!(
            media.parameter("PROTOCOL"),
            Some("application/x-pkcs7-signature")
        );
        assert_eq!(media.boundary(), Ok("----F99"));
        assert_eq!(media.parameter("x"), Some("a\"b"));
        assert_eq!(media.parameter("name"), None);
    }

    #[test]
    fn comments_are_passed_over() {
        let media =
            MediaType::parse(b"text/plain (a (nested) \\) comment); charset=utf-8 (x)").unwrap();
        assert_eq!(media.parameter("charset"), Some("utf-8"));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for wrong in [
            "multipart/mixed; boundary=a; boundary=b",
            "multipart/mixed; boundary=\"a",
            "multipart",
            "/mixed",
            "multipart/mixed boundary=a",
            "text/plain (open",
            "multipart/signed; boundary*=utf-8''F; boundary=a",
            "multipart/signed; boundary*0=F; boundary=a",
            "multipart/signed; boundary=\"a\\b\"",
            "multipart/signed; boundary=(\\))b",
            "multipart/signed; boundary=\"a\rb\"",
            "multipart/signed; boundary=\"a\u{7}b\"",
            "",
        ] {
            assert_eq!(
                MediaType::parse(wrong.as_bytes()),
                Err(Error::ContentType),
                "{wrong}"
            );
        }
    }

    #[test]
    fn boundaries_follow_rfc_2046() {
        let boundary = |value: &str| {
            MediaType::parse(value.as_bytes())
                .unwrap()
                .boundary()
                .map(str::to_owned)
        };
        assert_eq!(
            boundary("multipart/mixed; boundary=\"----=_1 2\"").unwrap(),
            "----=_1 2"
        );
        assert_eq!(
            boundary("multipart/mixed; boundary=----=_12").unwrap(),
            "----=_12"
        );
        for wrong in [
            "multipart/mixed",
            "multipart/mixed; boundary=\"\"",
            "multipart/mixed; boundary=\"a \"",
            "multipart/mixed; boundary=\"a*\"",
        ] {
            assert_eq!(boundary(wrong), Err(Error::Boundary), "{wrong}");
        }
        assert!(boundary(&format!("multipart/mixed; boundary={}", "a".repeat(71))).is_err());
    }

    #[test]
    fn file_names_are_decoded() {
        fn names(text: &str) -> FileNames<'_> {
            Entity::parse(text.as_bytes()).unwrap().file_names()
        }
        let plain = names(
            "Content-Type: application/xml; name=\"daticert.xml\"\r\nContent-Disposition: inline; filename=daticert.xml\r\n\r\n",
        );
        assert!(plain.is("DatiCert.xml") && !plain.disagree());
        let coded = names("Content-Type: application/xml;\r\n name*=utf-8''daticert%2Exml\r\n\r\n");
        assert!(coded.is("daticert.xml"), "{coded:?}");
        let words =
            names("Content-Type: application/xml; name=\"=?utf-8?Q?daticert=2Exml?=\"\r\n\r\n");
        assert!(words.is("daticert.xml"), "{words:?}");
        let two = names(
            "Content-Type: application/xml; name=\"a.xml\"\r\nContent-Disposition: attachment; filename=\"daticert.xml\"\r\n\r\n",
        );
        assert!(two.disagree());
        assert_eq!(
            names("Content-Type: text/plain\r\n\r\n"),
            FileNames::default()
        );
    }
}
