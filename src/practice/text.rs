//! How texts become mail: transfer encodings (RFC 2045), header values (RFC 2047), times
//! (RFC 5322, RFC 3501).

use base64_simd::STANDARD;

use crate::timestamp::Timestamp;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// An instant in Italian legal time, cut into the pieces that mail wants.
pub(super) struct Moment {
    at: Timestamp,
    /// `2026-11-22T18:03:31+01:00`.
    text: String,
}

impl Moment {
    pub(super) fn new(at: Timestamp) -> Self {
        Self {
            at,
            text: at.rfc3339_at(at.italian_offset()),
        }
    }

    fn piece(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn month_name(&self) -> &'static str {
        let month: usize = self.piece(5, 7).parse().unwrap_or(1);
        MONTHS.get(month - 1).unwrap_or(&MONTHS[0])
    }

    /// `+0100`.
    pub(super) fn zone(&self) -> String {
        self.text
            .get(19..)
            .unwrap_or("+0100")
            .chars()
            .filter(|c| *c != ':')
            .collect()
    }

    /// `22/11/2026`.
    pub(super) fn day(&self) -> String {
        [self.piece(8, 10), self.piece(5, 7), self.piece(0, 4)].join("/")
    }

    /// `18:03:31`.
    pub(super) fn clock(&self) -> &str {
        self.piece(11, 19)
    }

    /// `20261122180331`.
    pub(super) fn digits(&self) -> String {
        let digits = self.piece(0, 19).chars();
        digits.filter(char::is_ascii_digit).collect()
    }

    /// As Date has it: `Sun, 22 Nov 2026 18:03:31 +0100`.
    pub(super) fn header(&self) -> String {
        let local = self.at.unix() + i64::from(self.at.italian_offset());
        let weekday = local.div_euclid(86_400).rem_euclid(7) as usize;
        format!(
            "{}, {} {} {} {} {}",
            DAYS[weekday],
            self.piece(8, 10).trim_start_matches('0'),
            self.month_name(),
            self.piece(0, 4),
            self.clock(),
            self.zone()
        )
    }

    /// As INTERNALDATE has it: `22-Nov-2026 18:03:31 +0100`.
    pub(super) fn internal(&self) -> String {
        format!(
            "{}-{}-{} {} {}",
            self.piece(8, 10),
            self.month_name(),
            self.piece(0, 4),
            self.clock(),
            self.zone()
        )
    }
}

/// Base64 in lines of `width`, each ended by CRLF.
pub(super) fn base64_lines(octets: &[u8], width: usize) -> String {
    let text = STANDARD.encode_to_string(octets);
    let mut out = String::with_capacity(text.len() + text.len() / width * 2 + 2);
    for line in text.as_bytes().chunks(width) {
        out.extend(line.iter().map(|&octet| char::from(octet)));
        out.push_str("\r\n");
    }
    out
}

/// Text in ISO-8859-1, quoted-printable, CRLF (RFC 2045, 6.7). What that charset lacks becomes
/// a question mark.
pub(super) fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut width = 0;
        for (at, letter) in line.char_indices() {
            let is_last = at + letter.len_utf8() == line.len();
            let piece = match letter {
                '=' => "=3D".to_owned(),
                ' ' if is_last => "=20".to_owned(),
                ' '..='~' => letter.to_string(),
                other => format!("={:02X}", u8::try_from(u32::from(other)).unwrap_or(b'?')),
            };
            if width + piece.len() > 75 {
                out.push_str("=\r\n");
                width = 0;
            }
            width += piece.len();
            out.push_str(&piece);
        }
        out.push_str("\r\n");
    }
    out
}

/// Characters of a header value that stands on one line: RFC 5322, 2.1.1 allows 998 with the
/// name.
const PLAIN_CHARACTERS: usize = 900;
/// Octets within one encoded word: with base64 and its marks it stays under 75 characters.
const WORD_OCTETS: usize = 42;

/// A header value, as encoded words (RFC 2047) when it is not plain ASCII.
pub(super) fn header_text(text: &str) -> String {
    let is_plain = text.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    if is_plain && text.len() <= PLAIN_CHARACTERS && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if word.len() + letter.len_utf8() > WORD_OCTETS {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode_to_string(word)))
        .collect();
    words.join("\r\n ")
}

/// Text for element content in XML; characters that XML 1.0 (2.2) forbids are left out.
pub(super) fn escaped(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\t');
    text.chars()
        .filter(allowed)
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_mail_wants_them() {
        let at = Moment::new(Timestamp::parse("2026-11-22T17:03:31Z").unwrap());
        assert_eq!(at.header(), "Sun, 22 Nov 2026 18:03:31 +0100");
        assert_eq!(at.internal(), "22-Nov-2026 18:03:31 +0100");
        assert_eq!((&*at.day(), at.clock()), ("22/11/2026", "18:03:31"));
        let summer = Moment::new(Timestamp::parse("2026-07-04T22:30:00Z").unwrap());
        assert_eq!(summer.header(), "Sun, 5 Jul 2026 00:30:00 +0200");
        assert_eq!(summer.digits(), "20260705003000");
    }

    #[test]
    fn long_and_foreign_header_values_become_encoded_words() {
        assert_eq!(header_text("CONSEGNA: prova"), "CONSEGNA: prova");
        for text in ["perché", &"è".repeat(500), &"x".repeat(2_000), "a =?b?= c"] {
            let encoded = header_text(text);
            assert!(encoded.lines().all(|line| line.len() <= 76), "{encoded}");
            let decoded = crate::mime::decode::unstructured(encoded.as_bytes());
            assert_eq!(decoded, text);
        }
    }

    #[test]
    fn quoted_printable_comes_back() {
        let text = "città = \u{20ac} \u{e8}\r\nfine \n";
        let encoded = quoted_printable(text);
        let decoded = crate::mime::decode::quoted_printable(encoded.as_bytes()).unwrap();
        assert_eq!(decoded, b"citt\xe0 = ? \xe8\r\nfine \r\n");
    }
}
