//! Content without its transfer encoding (RFC 2045, 6), piece after piece: of an attachment of any
//! size no more than a piece is in memory.
//!
//! [`decode::transfer`] refuses octets that do not fit their encoding, because a signature covers
//! octets. Whoever saves an attachment wants what can be read of it: here such octets are passed
//! over, and told by [`Pieces::is_damaged`].

use std::borrow::Cow;

use super::decode;

/// Octets of the body that one piece is made of, about.
const PIECE: usize = 64 * 1024;

/// The pieces of a content.
#[derive(Debug)]
pub struct Pieces<'a> {
    rest: &'a [u8],
    encoding: Encoding,
    is_damaged: bool,
}

#[derive(Debug)]
enum Encoding {
    /// The octets themselves.
    Identity,
    Base64(Quantum),
    QuotedPrintable,
}

/// Signs of base64 that are not decoded yet: fewer than four.
#[derive(Debug, Default)]
struct Quantum {
    signs: Vec<u8>,
    pads: usize,
}

impl<'a> Pieces<'a> {
    /// Those of a body; `encoding` in lower case. One that is not known is left as it is, and counts
    /// as damage.
    pub fn of(body: &'a [u8], encoding: &str) -> Self {
        let (encoding, is_known) = match encoding {
            "7bit" | "8bit" | "binary" | "" => (Encoding::Identity, true),
            "base64" => (Encoding::Base64(Quantum::default()), true),
            "quoted-printable" => (Encoding::QuotedPrintable, true),
            _ => (Encoding::Identity, false),
        };
        Self {
            rest: body,
            encoding,
            is_damaged: !is_known,
        }
    }

    /// Whether octets so far did not fit the encoding; after the last piece that is what
    /// [`decode::transfer`] says of the whole.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// The first `most` octets of a content, or all where it has fewer.
    pub fn start(body: &'a [u8], encoding: &str, most: usize) -> Cow<'a, [u8]> {
        let mut pieces = Self::of(body, encoding);
        if let Encoding::Identity = pieces.encoding {
            return Cow::Borrowed(&body[..body.len().min(most)]);
        }
        let mut start = Vec::new();
        while start.len() < most
            && let Some(piece) = pieces.next()
        {
            start.extend_from_slice(&piece);
        }
        start.truncate(most);
        Cow::Owned(start)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Cow<'a, [u8]>;

    /// The next octets; some pieces may be empty.
    fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        if self.rest.is_empty() {
            return None;
        }
        let length = match self.encoding {
            Encoding::QuotedPrintable => lines(self.rest),
            Encoding::Identity | Encoding::Base64(_) => self.rest.len().min(PIECE),
        };
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(match &mut self.encoding {
            Encoding::Identity => Cow::Borrowed(piece),
            Encoding::Base64(quantum) => {
                let mut decoded = quantum.take(piece, &mut self.is_damaged);
                if quantum.is_over() {
                    self.is_damaged |= !rest.trim_ascii_start().is_empty();
                    self.rest = &[];
                }
                if self.rest.is_empty() {
                    quantum.end(&mut decoded, &mut self.is_damaged);
                }
                Cow::Owned(decoded)
            }
            Encoding::QuotedPrintable => Cow::Owned(match decode::quoted_printable(piece) {
                Ok(decoded) => decoded,
                Err(_) => {
                    self.is_damaged = true;
                    readable_quoted_printable(piece)
                }
            }),
        })
    }
}

/// Octets of whole lines, about as many as make a piece; of a line that is longer, what can be decoded
/// without the rest of it.
fn lines(body: &[u8]) -> usize {
    let Some(window) = body.get(..PIECE) else {
        return body.len();
    };
    if let Some(end) = memchr::memrchr(b'\n', window) {
        return end + 1;
    }
    // Neither an escape nor blanks that might stand at the end of the line are cut.
    let whole = match window {
        [.., b'='] => &window[..PIECE - 1],
        [.., b'=', _] => &window[..PIECE - 2],
        _ => window,
    };
    match whole.trim_ascii_end().len() {
        0 => PIECE,
        length => length,
    }
}

impl Quantum {
    /// Takes signs and decodes all whole quanta.
    fn take(&mut self, piece: &[u8], is_damaged: &mut bool) -> Vec<u8> {
        self.signs.reserve(piece.len());
        let mut rest = piece;
        while let Some((&sign, after)) = rest.split_first() {
            rest = after;
            match sign {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                    *is_damaged |= self.pads > 0;
                    self.pads = 0;
                    self.signs.push(sign);
                }
                b'=' if self.signs.len() % 4 >= 2 => {
                    self.pads += 1;
                    if self.is_over() {
                        *is_damaged |= !rest.trim_ascii_start().is_empty();
                        break;
                    }
                }
                _ => *is_damaged |= !sign.is_ascii_whitespace(),
            }
        }
        let whole = self.signs.len() / 4 * 4;
        let left = self.signs.split_off(whole);
        let decoded = base64_simd::STANDARD.decode_to_vec(&self.signs);
        self.signs = left;
        decoded.expect("nothing but signs of the alphabet, in fours")
    }

    /// Whether padding has ended the content.
    fn is_over(&self) -> bool {
        self.pads > 0 && self.signs.len() % 4 + self.pads >= 4
    }

    /// What signs that make no whole quantum give.
    fn end(&mut self, decoded: &mut Vec<u8>, is_damaged: &mut bool) {
        let signs = self.signs.len();
        if signs == 0 {
            return;
        }
        *is_damaged |= !self.is_over();
        self.signs.resize(4, b'A');
        let last = base64_simd::STANDARD.decode_to_vec(&self.signs);
        let last = last.expect("four signs of the alphabet");
        // Bits that belong to no octet are zero (RFC 4648, 3.5).
        *is_damaged |= last[signs - 1] != 0;
        decoded.extend_from_slice(&last[..signs - 1]);
        self.signs.clear();
    }
}

/// Quoted-printable in which an escape that is none stands for itself.
fn readable_quoted_printable(piece: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(piece.len());
    for line in piece.split_inclusive(|&octet| octet == b'\n') {
        let mut rest = line;
        while let Some(at) = memchr::memchr(b'=', rest) {
            decoded.extend_from_slice(&rest[..at]);
            let (escape, length) = match &rest[at..] {
                [_, b'\n', ..] => (&[][..], 2),
                [_, b'\r', b'\n', ..] => (&[][..], 3),
                escape => (escape, escape.len().min(3)),
            };
            let escape = &escape[..escape.len().min(length)];
            match decode::quoted_printable(escape) {
                Ok(octets) => {
                    decoded.extend_from_slice(&octets);
                    rest = &rest[at + length..];
                }
                Err(_) => {
                    decoded.push(b'=');
                    rest = &rest[at + 1..];
                }
            }
        }
        decoded.extend_from_slice(rest);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(body: &[u8], encoding: &str) -> (Vec<u8>, bool) {
        let mut pieces = Pieces::of(body, encoding);
        let mut whole = Vec::new();
        for piece in &mut pieces {
            whole.extend_from_slice(&piece);
        }
        (whole, pieces.is_damaged())
    }

    #[test]
    fn pieces_are_the_whole_and_damage_is_what_the_strict_decoder_refuses() {
        let long = base64_simd::STANDARD.encode_to_string(vec![7; 3 * PIECE]);
        let lines: Vec<&str> = long
            .as_bytes()
            .chunks(76)
            .flat_map(std::str::from_utf8)
            .collect();
        let line = format!("{}=3D{}", "x".repeat(2 * PIECE), " ".repeat(9));
        for (body, encoding) in [
            (lines.join("\r\n"), "base64"),
            (long[..long.len() - 4].to_owned() + "QQ==\r\n", "base64"),
            ("QUI=".to_owned(), "base64"),
            ("QUJ=".to_owned(), "base64"),
            ("QUJD*REVG".to_owned(), "base64"),
            ("QUI=QUJD".to_owned(), "base64"),
            ("QUJDQ".to_owned(), "base64"),
            ("=QUJD".to_owned(), "base64"),
            ("QQ=B".to_owned(), "base64"),
            ("QQ=".to_owned(), "base64"),
            (String::new(), "base64"),
            (line.repeat(3) + "\r\na=\r\nb", "quoted-printable"),
            ("a =3D =\r\nb  \r\n=20".to_owned(), "quoted-printable"),
            ("a=ZZ b= c=4".to_owned(), "quoted-printable"),
            ("testo\r\n".repeat(20_000), "8bit"),
            ("begin 644 a".to_owned(), "x-uuencode"),
        ] {
            let (found, is_damaged) = whole(body.as_bytes(), encoding);
            let strict = decode::transfer(body.as_bytes(), encoding);
            assert_eq!(is_damaged, strict.is_err(), "{encoding} {:.40}", body);
            if let Ok(strict) = strict {
                assert!(strict == found, "{encoding} {:.40}", body);
            }
            for most in [0, 5, 70_000, 1 << 20] {
                let start = Pieces::start(body.as_bytes(), encoding, most);
                assert!(*start == found[..found.len().min(most)], "{encoding}");
            }
        }
    }

    #[test]
    fn what_can_be_read_of_a_damaged_content_is_read() {
        for (body, encoding, wanted) in [
            ("QUJD*REVG", "base64", "ABCDEF"),
            ("QUI=\r\n-- \r\nlista", "base64", "AB"),
            ("QUJDRE", "base64", "ABCD"),
            ("a=ZZ b=\r\nc=3D=4", "quoted-printable", "a=ZZ bc==4"),
        ] {
            let (found, is_damaged) = whole(body.as_bytes(), encoding);
            assert_eq!(String::from_utf8(found).unwrap(), wanted);
            assert!(is_damaged, "{body}");
        }
    }
}
