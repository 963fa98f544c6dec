//! How texts become mail: transfer encodings, headers, times.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Zoned;
use jiff::tz::TimeZone;

/// Base64 in lines of `width`, each ended by CRLF.
pub fn base64_lines(octets: &[u8], width: usize) -> String {
    let text = STANDARD.encode(octets);
    let lines = text
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).expect("ASCII"));
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// Text in ISO-8859-1, quoted-printable, CRLF (RFC 2045, 6.7).
pub fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut width = 0;
        for (place, letter) in line.char_indices() {
            let last = place + letter.len_utf8() == line.len();
            let piece = match letter {
                '=' => "=3D".to_owned(),
                ' ' if last => "=20".to_owned(),
                ' '..='~' => letter.to_string(),
                other => format!("={:02X}", u8::try_from(other as u32).expect("ISO-8859-1")),
            };
            if width + piece.len() > 75 {
                out += "=\r\n";
                width = 0;
            }
            width += piece.len();
            out += &piece;
        }
        out += "\r\n";
    }
    out
}

/// A header value as RFC 2047 writes it when it is not ASCII.
pub fn encoded_word(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_owned(),
        false => format!("=?utf-8?B?{}?=", STANDARD.encode(text)),
    }
}

/// Text for element content in XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A moment, with the legal time that belongs to it. From RFC 3339 text.
#[derive(Clone, Debug)]
pub struct Moment(Zoned);

impl Moment {
    /// In Italian legal time.
    pub fn new(text: &str) -> Self {
        let instant: jiff::Timestamp = text.parse().expect("RFC 3339");
        Moment(instant.to_zoned(TimeZone::get("Europe/Rome").expect("a known zone")))
    }

    fn show(&self, format: &str) -> String {
        self.0.strftime(format).to_string()
    }

    /// `Mon, 4 May 2026 10:15:02 +0200`.
    pub fn header(&self) -> String {
        self.show("%a, %-d %b %Y %H:%M:%S %z")
    }

    pub fn day(&self) -> String {
        self.show("%d/%m/%Y")
    }

    pub fn clock(&self) -> String {
        self.show("%H:%M:%S")
    }

    pub fn zone(&self) -> String {
        self.show("%z")
    }

    /// `20260504101502`.
    pub fn digits(&self) -> String {
        self.show("%Y%m%d%H%M%S")
    }

    /// `2026-05-04T08:15:02Z`.
    pub fn utc(&self) -> String {
        self.later(0)
    }

    /// UTC text of the moment so many seconds later.
    pub fn later(&self, seconds: i64) -> String {
        let moved = self.0.timestamp() + jiff::SignedDuration::from_secs(seconds);
        moved.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `2026-05-04T10:15:02+02:00`, as the facts give it.
    pub fn fact(&self) -> String {
        self.show("%Y-%m-%dT%H:%M:%S%:z")
    }
}
