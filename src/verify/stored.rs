//! Before step 1: copies of a message that a program converted as a whole when it stored them.
//!
//! What is converted back here is judged as a whole, signed part and all around it, so that
//! both are read in the same form. Whether it was that is for the digest to say: these octets
//! are given the same trust as any others. What was done to lines of the signed part alone is
//! undone where the digest is known ([`crate::smime::content::Damage`]).

use std::borrow::Cow;

use memchr::memmem;

use super::table::Case;

/// In which form a message was found, where that was undone before it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Its octets.
    AsItIs,
    /// Compressed alone by gzip. An archive of messages is none of these: nothing was done to
    /// them.
    Gzip,
}

/// What a program did to the whole copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// Stored as UTF-16 with a byte order mark, as Windows Notepad offers to.
    Utf16,
    /// Every line end became CR alone, as on old Macintosh computers.
    CarriageReturns,
    /// Every line end got one CR more, or several: CRLF written in text mode under Windows.
    DoubledReturns,
}

impl Conversion {
    /// The sentence about it.
    pub(super) const fn case(self) -> Case {
        match self {
            Self::Utf16 => Case::SignatureDigestStoredAsUtf16,
            Self::CarriageReturns => Case::SignatureDigestLineEndsCr,
            Self::DoubledReturns => Case::SignatureDigestLineEndsDoubled,
        }
    }
}

/// A copy in the form in which mail can be read, and what had to be undone for that.
pub(super) struct Copy<'a> {
    pub octets: Cow<'a, [u8]>,
    pub conversions: Vec<Conversion>,
}

impl<'a> Copy<'a> {
    /// Undoes what no message can have: a byte order mark of UTF-16, no LF at all, a first line
    /// that ends in CR CR LF.
    pub(super) fn of(octets: &'a [u8]) -> Self {
        let mut copy = Self {
            octets: Cow::Borrowed(octets),
            conversions: Vec::new(),
        };
        copy.convert(Conversion::Utf16, from_utf16(octets));
        let line_end = memchr::memchr(b'\n', &copy.octets);
        if line_end.is_none() {
            copy.convert(Conversion::CarriageReturns, with_line_feeds(&copy.octets));
        }
        if line_end.is_some_and(|at| copy.octets[..at].ends_with(b"\r\r")) {
            copy.convert(
                Conversion::DoubledReturns,
                with_single_returns(&copy.octets),
            );
        }
        copy
    }

    fn convert(&mut self, conversion: Conversion, octets: Option<Vec<u8>>) {
        if let Some(octets) = octets {
            self.octets = Cow::Owned(octets);
            self.conversions.push(conversion);
        }
    }
}

/// The octets of a mail as they were before a program converted the whole copy (UTF-16, other line ends),
/// as the verifier reads them; nearly always these octets.
pub fn converted_back(octets: &[u8]) -> Cow<'_, [u8]> {
    Copy::of(octets).octets
}

/// Text of UTF-16, which a byte order mark announces, as UTF-8.
fn from_utf16(octets: &[u8]) -> Option<Vec<u8>> {
    let (unit, text): (fn([u8; 2]) -> u16, _) = match octets {
        [0xff, 0xfe, text @ ..] => (u16::from_le_bytes, text),
        [0xfe, 0xff, text @ ..] => (u16::from_be_bytes, text),
        _ => return None,
    };
    let units = text.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let decoded = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(decoded.collect::<String>().into_bytes())
}

/// Text whose line ends are CR alone with CRLF.
fn with_line_feeds(octets: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\r', octets)?;
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    for line in octets.split_inclusive(|&octet| octet == b'\r') {
        out.extend_from_slice(line);
        if line.ends_with(b"\r") {
            out.push(b'\n');
        }
    }
    Some(out)
}

/// The octets with one CR before each LF that has several; `None` when none has, or when the lines
/// of the header differ in it: an odd one alone would end the header for one reader and not for
/// another.
pub(super) fn with_single_returns(octets: &[u8]) -> Option<Vec<u8>> {
    memmem::find(octets, b"\r\r\n")?;
    if !has_regular_header(octets) {
        return None;
    }
    let mut out = Vec::with_capacity(octets.len());
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', octets) {
        let line = &octets[start..at];
        let is_return = |octet: &&u8| **octet == b'\r';
        let returns = line.iter().rev().take_while(is_return).count();
        out.extend_from_slice(&line[..line.len() - returns.saturating_sub(1)]);
        out.push(b'\n');
        start = at + 1;
    }
    out.extend_from_slice(&octets[start..]);
    Some(out)
}

/// Whether all lines up to the first that holds nothing but CR have as many of those at their end.
fn has_regular_header(octets: &[u8]) -> bool {
    let mut usual = None;
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let returns = text
            .iter()
            .rev()
            .take_while(|octet| **octet == b'\r')
            .count();
        if *usual.get_or_insert(returns) != returns {
            return false;
        }
        if returns == text.len() {
            break;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_copies_are_converted_back() {
        use Conversion::{CarriageReturns, DoubledReturns, Utf16};
        let mail = "From: a\r\n\r\nperch\u{e8}\r\n";
        let units: Vec<u16> = mail.encode_utf16().collect();
        let utf16 = |mark: &[u8], octets: fn(u16) -> [u8; 2]| {
            let text = units.iter().flat_map(|&unit| octets(unit));
            mark.iter().copied().chain(text).collect::<Vec<u8>>()
        };
        let doubled: String = mail.replace("\r\n", "\r\r\n");
        for (stored, conversions) in [
            (mail.as_bytes().to_vec(), &[][..]),
            (utf16(b"\xff\xfe", u16::to_le_bytes), &[Utf16]),
            (utf16(b"\xfe\xff", u16::to_be_bytes), &[Utf16]),
            (doubled.clone().into_bytes(), &[DoubledReturns]),
            (
                doubled.replace("\r\r", "\r\r\r").into_bytes(),
                &[DoubledReturns],
            ),
            (mail.replace('\n', "").into_bytes(), &[CarriageReturns]),
        ] {
            let copy = Copy::of(&stored);
            assert_eq!(&*copy.octets, mail.as_bytes(), "{stored:?}");
            assert_eq!(copy.conversions, conversions);
            assert_eq!(&*converted_back(&stored), mail.as_bytes());
        }
    }

    #[test]
    fn what_mail_can_have_stays() {
        for stored in [
            &b"From: a\n\nb\rc\n"[..],
            b"From: a\r\n\r\nb\r\r\n",
            b"From: a",
            b"",
            b"\xff\xfe",
        ] {
            let copy = Copy::of(stored);
            let expected = stored.strip_prefix(b"\xff\xfe").unwrap_or(stored);
            assert_eq!(&*copy.octets, expected);
        }
        assert_eq!(with_single_returns(b"a\r\nb\r\rc\n\r"), None);
        assert_eq!(
            with_single_returns(b"a\r\n\r\nb\r\r\nc\r").as_deref(),
            Some(&b"a\r\n\r\nb\r\nc\r"[..])
        );
        for odd in [
            &b"a\r\n\r\r\nb\r\n"[..],
            b"a\r\r\nb\r\n\r\n",
            b"a\r\r\n\r\nb\r\n",
        ] {
            assert_eq!(with_single_returns(odd), None, "{odd:?}");
        }
    }
}
