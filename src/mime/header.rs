//! Header fields as octets (RFC 5322, 2.2 and 3.6), found by name in any case.

use std::borrow::Cow;

use super::{Error, MAX_HEADER_FIELDS, MAX_HEADER_OCTETS, decode};

/// One field: its name, and all after the colon with its line breaks.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The name as written: printable ASCII without a colon.
    pub name: &'a [u8],
    /// The octets after the colon, folding included, without the last line end.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// Whether this is the field of that name, in any case of letters.
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        let name = name.as_bytes();
        // Others nearly always differ in one of these two.
        let is_like = |a: &[u8], b: &[u8]| match (a, b) {
            ([a, ..], [b, ..]) => a.eq_ignore_ascii_case(b),
            ([], _) | (_, []) => true,
        };
        self.name.len() == name.len()
            && is_like(self.name, name)
            && self.name.eq_ignore_ascii_case(name)
    }

    /// The value unfolded and without white space around it. Octets that are not UTF-8 are read
    /// as ISO 8859-1, as mail programs do. Encoded words stay as they are.
    pub fn text(&self) -> Cow<'a, str> {
        let trimmed = self.value.trim_ascii();
        if memchr::memchr(b'\n', trimmed).is_none()
            && let Ok(text) = std::str::from_utf8(trimmed)
        {
            return Cow::Borrowed(text);
        }
        // RFC 5322, 2.2.3: unfolding removes the line break and keeps the blank after it.
        let unfolded: Vec<u8> = trimmed
            .iter()
            .copied()
            .filter(|octet| !matches!(octet, b'\r' | b'\n'))
            .collect();
        Cow::Owned(match String::from_utf8(unfolded) {
            Ok(text) => text,
            Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
        })
    }

    /// The value with encoded words (RFC 2047) decoded.
    pub fn decoded(&self) -> Cow<'a, str> {
        if super::has_pair(self.value, *b"=?") {
            Cow::Owned(decode::unstructured(self.value))
        } else {
            self.text()
        }
    }
}

/// The fields of one header in their order.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    fields: Vec<Field<'a>>,
    malformed_lines: usize,
    /// How many fields stand before the first malformed line.
    before_malformed: usize,
    /// How many fields stand before the first with a blank before its colon.
    before_spaced: usize,
    has_line_of_blanks: bool,
    /// The index of the first field with an odd sign in its name.
    odd_name: Option<usize>,
    octets: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads fields up to the first empty line; gives the header and what follows that line.
    ///
    /// Line ends are CRLF or LF. Without an empty line all is header and nothing follows; the
    /// rest is a slice of `octets` in every case.
    ///
    /// # Errors
    /// [`Error::HeaderTooLarge`].
    pub fn parse(octets: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        let mut header = Self {
            fields: Vec::with_capacity(16),
            malformed_lines: 0,
            before_malformed: usize::MAX,
            before_spaced: usize::MAX,
            has_line_of_blanks: false,
            odd_name: None,
            octets: &[],
        };
        // Bounded also when the octets hold no line end at all.
        let window = &octets[..octets.len().min(MAX_HEADER_OCTETS + 1)];
        // Where the line begins, and the value of the field that it may go on with.
        let (mut start, mut value) = (0, 0);
        for end in memchr::memchr_iter(b'\n', window) {
            let line = &octets[start..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                header.octets = &octets[..start];
                return Ok((header, &octets[end + 1..]));
            }
            header.take_line(octets, line, start, &mut value);
            if header.fields.len() > MAX_HEADER_FIELDS {
                return Err(Error::HeaderTooLarge);
            }
            start = end + 1;
        }
        if window.len() < octets.len() {
            return Err(Error::HeaderTooLarge);
        }
        let line = &octets[start..];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        header.octets = octets;
        match line {
            [] => header.octets = &octets[..start],
            line => header.take_line(octets, line, start, &mut value),
        }
        Ok((header, &octets[octets.len()..]))
    }

    /// Takes the line that begins at `start`; `value` is where the value of the last field begins.
    #[inline]
    fn take_line(&mut self, octets: &'a [u8], line: &'a [u8], start: usize, value: &mut usize) {
        if matches!(line[0], b' ' | b'\t') {
            self.has_line_of_blanks |= line.trim_ascii().is_empty();
            match self.fields.last_mut() {
                Some(field) => field.value = &octets[*value..start + line.len()],
                None => self.take_malformed(),
            }
            return;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return self.take_malformed();
        };
        let (name, inside) = (&line[..colon], &line[colon + 1..]);
        // Without branches: a name is seldom anything but usual.
        let signs = name
            .iter()
            .fold(0, |signs, &octet| signs | IN_NAME[usize::from(octet)]);
        let name = match signs {
            USUAL => name,
            _ => {
                // Obsolete syntax (RFC 5322, 4.5.8), taken, and told by `before_spaced`.
                let stated = name.trim_ascii_end();
                let is_name = |octet: &u8| IN_NAME[usize::from(*octet)] != NOT_IN_NAME;
                if stated.is_empty() || !stated.iter().all(is_name) {
                    return self.take_malformed();
                }
                if stated.len() < name.len() {
                    self.before_spaced = self.before_spaced.min(self.fields.len());
                }
                if signs & ODD != 0 && self.odd_name.is_none() {
                    self.odd_name = Some(self.fields.len());
                }
                stated
            }
        };
        *value = start + line.len() - inside.len();
        self.fields.push(Field {
            name,
            value: inside,
        });
    }

    fn take_malformed(&mut self) {
        self.malformed_lines += 1;
        self.before_malformed = self.before_malformed.min(self.fields.len());
    }

    /// Whether a malformed line stands before the first field of this name: some readers end
    /// the header there, and never see the field.
    pub fn is_malformed_before(&self, name: &str) -> bool {
        let at = self.fields.iter().position(|field| field.is(name));
        self.malformed_lines > 0 && at.is_none_or(|at| self.before_malformed <= at)
    }

    /// Whether a field has a blank before its colon (RFC 5322, 4.5.8): some readers end the
    /// header there.
    pub fn has_blank_before_colon(&self) -> bool {
        self.before_spaced != usize::MAX
    }

    /// Whether such a field is the first of this name, or stands before it.
    pub fn has_blank_before_colon_until(&self, name: &str) -> bool {
        let at = self.fields.iter().position(|field| field.is(name));
        self.has_blank_before_colon() && at.is_none_or(|at| self.before_spaced <= at)
    }

    /// Whether a line is all blanks: some readers end the header there, though RFC 5322, 4.2 lets
    /// old mail fold so.
    pub fn has_line_of_blanks(&self) -> bool {
        self.has_line_of_blanks
    }

    /// The first field with a sign in its name that names do not have, as `>From` or
    /// `"Content-Type"`: some readers take it for the field of that name.
    pub fn odd_name(&self) -> Option<&Field<'a>> {
        self.fields.get(self.odd_name?)
    }

    /// Whether a line holds control characters, a CR without LF among them: some readers end a
    /// line there, and a field could hide behind it.
    pub fn has_controls(&self) -> bool {
        let [_, next @ ..] = self.octets else {
            return false;
        };
        let is_odd = |octet: u8| {
            ((octet < 0x20) | (octet == 0x7f))
                & (octet != b'\t')
                & (octet != b'\r')
                & (octet != b'\n')
        };
        // Without branches, for vector instructions.
        let odd = self
            .octets
            .iter()
            .zip(next)
            .fold(false, |odd, (&octet, &next)| {
                odd | is_odd(octet) | ((octet == b'\r') & (next != b'\n'))
            });
        odd || self
            .octets
            .last()
            .is_some_and(|&last| is_odd(last) || last == b'\r')
    }

    /// Lines that are neither a field nor the continuation of one.
    pub fn malformed_lines(&self) -> usize {
        self.malformed_lines
    }

    /// All fields in their order.
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// The fields of this name in their order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Field<'a>> + 's {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// The first field of this name.
    pub fn first(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// How many fields bear this name.
    pub fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }
}

/// What may stand in a name (RFC 5322, 2.2: printable ASCII without the colon): [`USUAL`] in a real
/// one, or [`ODD`]. A bit each, so that those of a whole name can be put together.
static IN_NAME: [u8; 256] = {
    let mut table = [NOT_IN_NAME; 256];
    let mut octet = 0x21;
    while octet < 0x7f {
        table[octet] = match octet as u8 {
            b':' => NOT_IN_NAME,
            b'-' | b'_' | b'.' => USUAL,
            other if other.is_ascii_alphanumeric() => USUAL,
            _ => ODD,
        };
        octet += 1;
    }
    table
};
const USUAL: u8 = 1;
const ODD: u8 = 1 << 1;
const NOT_IN_NAME: u8 = 1 << 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_and_found_in_any_case() {
        for text in [
            "Subject: a\r\n b\r\nX-TipoRicevuta : breve\r\n\r\nbody",
            "Subject: a\n b\nX-TipoRicevuta : breve\n\nbody",
        ] {
            let (header, body) = Header::parse(text.as_bytes()).unwrap();
            assert_eq!(header.first("subject").unwrap().text(), "a b");
            assert_eq!(header.first("x-tiporicevuta").unwrap().text(), "breve");
            assert_eq!(body, b"body");
            assert_eq!(header.malformed_lines(), 0);
        }
    }

    #[test]
    fn a_line_that_is_no_field_is_counted_and_skipped() {
        let (header, _) = Header::parse(b" x\r\nnonsense\r\nA: 1\r\n\xff: 2\r\n\r\n").unwrap();
        assert_eq!(header.malformed_lines(), 3);
        assert_eq!(header.fields().len(), 1);
    }

    #[test]
    fn what_could_hide_a_field_is_seen() {
        let header = |text: &'static [u8]| Header::parse(text).unwrap().0;
        assert!(header(b"A: 1\rFrom: x@y\r\n\r\n").has_controls());
        assert!(!header(b"A: 1\r\n\tb\r\n\r\n").has_controls());
        let late = header(b"Content-Type: a/b\r\nnonsense\r\nTo: c\r\n\r\n");
        assert!(late.is_malformed_before("To") && !late.is_malformed_before("Content-Type"));
        assert!(!header(b"To: c\r\n\r\n").is_malformed_before("To"));
        let spaced = header(b"A: 1\r\nContent-Type : a/b\r\nTo: c\r\n\r\n");
        assert!(spaced.has_blank_before_colon() && !spaced.has_blank_before_colon_until("A"));
        assert!(spaced.has_blank_before_colon_until("Content-Type"));
        assert!(header(b"A: 1\r\n \t\r\n b\r\n\r\n").has_line_of_blanks());
        assert!(!header(b"A: 1\r\n b\r\n\r\n").has_line_of_blanks());
        assert!(header(b"A: 1\r\n>From: b\r\n\r\n").odd_name().is_some());
        assert!(header(b"X-A_b.c: 1\r\n\r\n").odd_name().is_none());
        let plain = header(b"A: 1 :\r\nContent-Type: a/b\r\n\r\n");
        assert!(!plain.has_blank_before_colon());
    }

    #[test]
    fn encoded_words_are_decoded() {
        let (header, _) = Header::parse(b"Subject: =?utf-8?Q?perch=C3=A9?= no\r\n\r\n").unwrap();
        assert_eq!(header.first("Subject").unwrap().decoded(), "perché no");
    }

    #[test]
    fn octets_without_a_line_end_pass_the_limit() {
        assert_eq!(
            Header::parse(&vec![b'a'; MAX_HEADER_OCTETS * 2]).unwrap_err(),
            Error::HeaderTooLarge
        );
        assert!(Header::parse(b"").unwrap().0.fields().is_empty());
    }
}
