//! Messages of an mbox, one after the other (RFC 4155; qmail's `mbox(5)`).
//!
//! A separator is a line that begins with `From ` after an empty line. The separator and that
//! one empty line belong to the format; every other octet belongs to the message, the line end
//! before the empty line included. The last message ends with an empty line too.
//!
//! `>From ` stays as it is. Whether the sender or the mbox wrote the `>` cannot be known, and a
//! guess would change what was signed. `Content-Length` is not believed: it is a header field
//! like any other, and whoever wrote the message could hide the next one with it.

use std::io::{self, BufRead, Read};

use super::{Error, Found, Item, Source, unreadable};
use crate::mime::MAX_MESSAGE_OCTETS;
use crate::verify::Stored;

/// Octets of a line taken at once, so that one without an end stays bounded too.
const PIECE_OCTETS: u64 = 64 * 1024;

/// Whether a line, with or without its line end, separates messages.
///
/// Programs write `From `, a sender, and the time as asctime(3) does, some with a zone or in
/// the order of RFC 5322; so a time of day, a month and a year are asked for, in any order.
/// Thunderbird writes `From ` alone. Other lines that begin so are prose: writers that count
/// octets (`Content-Length`) leave them unquoted.
pub(super) fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let rest = rest.trim_ascii();
    let words = || rest.split(|octet| octet.is_ascii_whitespace());
    rest.is_empty()
        || (words().any(is_time_of_day) && words().any(is_month) && words().any(is_year))
}

/// `16:39` or `16:39:27`.
fn is_time_of_day(word: &[u8]) -> bool {
    let mut parts = word.split(|octet| *octet == b':');
    let hour = parts.next().is_some_and(|part| is_number(part, 1..=2));
    let rest: Vec<bool> = parts.take(3).map(|part| is_number(part, 2..=2)).collect();
    hour && matches!(rest[..], [true] | [true, true])
}

fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    MONTHS.contains(&word)
}

fn is_year(word: &[u8]) -> bool {
    is_number(word, 4..=4)
}

fn is_number(word: &[u8], digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&word.len()) && word.iter().all(u8::is_ascii_digit)
}

/// An mbox that is being read.
pub(super) struct Mbox<R> {
    name: String,
    octets: R,
    /// The message that is being read, from 1.
    count: u64,
    ended: bool,
}

impl<R: BufRead> Mbox<R> {
    /// `octets` begin with a separator.
    pub(super) fn new(name: String, octets: R) -> Self {
        Self {
            name,
            octets,
            count: 0,
            ended: false,
        }
    }

    /// The octets up to the next separator or the end; `None` when they are too many.
    fn next_message(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.count == 1 {
            self.octets.skip_until(b'\n')?;
        }
        let mut message = Message::default();
        loop {
            let start = message.octets.len();
            let mut piece = self.octets.by_ref().take(PIECE_OCTETS);
            if piece.read_until(b'\n', &mut message.octets)? == 0 {
                self.ended = true;
                return Ok(message.finish(start));
            }
            if message.empty_line.is_some() && is_separator(&message.octets[start..]) {
                return Ok(message.finish(start));
            }
            message.look_at(start);
        }
    }
}

/// A message while its end is not known.
#[derive(Default)]
struct Message {
    octets: Vec<u8>,
    /// Where the last line begins, when it is an empty one.
    empty_line: Option<usize>,
    /// The last piece did not end its line.
    within_line: bool,
    too_large: bool,
}

impl Message {
    /// Takes note of the piece that begins at `start`.
    fn look_at(&mut self, start: usize) {
        let piece = &self.octets[start..];
        let is_empty = !self.within_line && matches!(piece, b"\n" | b"\r\n");
        self.within_line = !piece.ends_with(b"\n");
        self.too_large |= self.octets.len() > MAX_MESSAGE_OCTETS;
        if self.too_large {
            // Read on to find the next message, and keep nothing.
            self.octets.clear();
            self.empty_line = is_empty.then_some(0);
        } else {
            self.empty_line = is_empty.then_some(start);
        }
    }

    /// The message, without the empty line that ends it and all that follows.
    fn finish(mut self, end: usize) -> Option<Vec<u8>> {
        self.octets.truncate(self.empty_line.unwrap_or(end));
        (!self.too_large).then_some(self.octets)
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if self.ended {
            return None;
        }
        self.count += 1;
        let name = format!("{}#{}", self.name, self.count);
        let read = self.next_message();
        Some(Found::Item(match read {
            Ok(Some(octets)) => Item::Message(Source {
                name,
                octets,
                stored: Stored::AsItIs,
                ocsp: None,
            }),
            Ok(None) => unreadable(
                name,
                Error::TooLarge {
                    limit: MAX_MESSAGE_OCTETS,
                },
            ),
            Err(error) => {
                self.ended = true;
                unreadable(name, error.into())
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTMARK: &str = "From a@b Tue Nov 13 16:39:27 2018";

    fn messages(mbox: &[u8]) -> Vec<String> {
        Mbox::new("m".into(), mbox)
            .map(|found| match found {
                Found::Item(Item::Message(source)) => String::from_utf8(source.octets).unwrap(),
                _ => panic!("not a message"),
            })
            .collect()
    }

    #[test]
    fn one_empty_line_belongs_to_the_format_and_every_other_octet_to_the_message() {
        for end in ["\n", "\r\n"] {
            let first = format!("A: 1{end}{end}body{end}");
            let second = format!("A: 2{end}{end}ends with empty lines{end}{end}{end}");
            let mbox = format!("{POSTMARK}{end}{first}{end}{POSTMARK}{end}{second}{end}");
            assert_eq!(messages(mbox.as_bytes()), [first, second]);
        }
    }

    #[test]
    fn an_lf_format_around_crlf_messages_takes_only_its_own_line_end() {
        let message = "A: 1\r\n\r\nbody\r\n";
        let mbox = format!("{POSTMARK}\n{message}\n{POSTMARK}\n{message}\n");
        assert_eq!(messages(mbox.as_bytes()), [message, message]);
    }

    #[test]
    fn the_last_message_may_lack_its_empty_line_and_its_line_end() {
        let mbox = |rest: &str| messages(format!("{POSTMARK}\nA: 1\n\n{rest}").as_bytes());
        assert_eq!(mbox("body\n"), ["A: 1\n\nbody\n"]);
        assert_eq!(mbox("body"), ["A: 1\n\nbody"]);
        assert_eq!(
            mbox(&format!("body\n\n{POSTMARK}\n")),
            ["A: 1\n\nbody\n", ""]
        );
    }

    #[test]
    fn quoted_and_unquoted_from_in_a_body_stay_as_they_are() {
        let message =
            format!("Content-Length: 9\n\nx\n{POSTMARK}\n\n>{POSTMARK}\n\nFrom here on, in 2018\n");
        let mbox = format!("{POSTMARK}\n{message}\n{POSTMARK}\nA: 2\n\n");
        assert_eq!(messages(mbox.as_bytes()), [message.as_str(), "A: 2\n"]);
    }

    #[test]
    fn separators_are_told_from_prose() {
        for line in [
            "From a@b Tue Nov 13 16:39:27 2018",
            "From - Tue Nov  3 16:39:27 2018\r\n",
            "From 1617@xxx Tue Nov 13 15:39:27 +0000 2018\n",
            "From MAILER-DAEMON Tue, 13 Nov 2018 16:39 +0100",
            "From \r\n",
        ] {
            assert!(is_separator(line.as_bytes()), "{line}");
        }
        for line in [
            "From: a@b",
            "From",
            ">From a@b Tue Nov 13 16:39:27 2018",
            "From here on, in Nov 2018, we close at 5",
            "From 16:39 in 2018",
            "From a Nov 1:2:3:4:5 2018",
        ] {
            assert!(!is_separator(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_message_that_is_too_large_does_not_hide_the_next() {
        let head = io::Cursor::new(format!("{POSTMARK}\nA: 1\n\n"));
        let body = io::repeat(b'x').take(MAX_MESSAGE_OCTETS as u64);
        let tail = io::Cursor::new(format!("\n\n{POSTMARK}\nA: 2\n\n"));
        let mbox = Mbox::new("m".into(), io::BufReader::new(head.chain(body).chain(tail)));
        let found: Vec<Found> = mbox.collect();
        let [
            Found::Item(Item::Unreadable { name, error }),
            Found::Item(Item::Message(second)),
        ] = &found[..]
        else {
            panic!("{} items", found.len());
        };
        assert_eq!((name.as_str(), error.key()), ("m#1", "input.too-large"));
        assert_eq!(
            (second.name.as_str(), &second.octets[..]),
            ("m#2", b"A: 2\n" as &[u8])
        );
    }

    #[test]
    fn a_line_of_many_pieces_is_no_place_for_a_separator() {
        let long = "x".repeat(PIECE_OCTETS as usize * 2);
        let message = format!("{long}\n{POSTMARK}\n{long}\n");
        assert_eq!(
            messages(format!("{POSTMARK}\n{message}\n").as_bytes()),
            [message]
        );
    }
}
