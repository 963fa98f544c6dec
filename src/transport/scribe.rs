//! Writes down what is said on a connection, without what must not be seen.
//!
//! It hears the octets that TLS carries, both ways, and follows no more of the protocols than telling
//! lines, literals (RFC 3501, 4.3), texts after DATA (RFC 5321, 4.1.1.4) and the exchange of a login
//! apart takes. What it cannot place is counted and not shown.

use std::net::IpAddr;

use super::overheard::{Connection, Ear, Part, Said};
use super::{Censor, Endpoint, text_of};

/// Octets kept of one line; the longest that is of use to a reader has far fewer.
const MAX_LINE: usize = 16 * 1024;

/// Octets kept of one answer of several lines.
const MAX_ANSWER: usize = 64 * 1024;

/// Parts of one answer; what comes after so many literals is counted.
const MAX_PARTS: usize = 64;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Imap,
    Smtp,
}

/// Where the login stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Login {
    /// Nobody is logging in.
    Open,
    /// What is said now belongs to it.
    Going,
}

/// Where a message stands that is handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Data {
    None,
    /// DATA was said.
    Asked,
    /// The server waits for the message, or is getting it: so many octets so far.
    Going(u64),
}

/// Writes down one connection.
pub(super) struct Scribe {
    connection: Connection,
    protocol: Protocol,
    censor: Censor,
    theirs: Gathered,
    ours: Gathered,
    /// Lines of the server that are told together, since a secret may stand across them: what the
    /// protocol begins each with, and its words.
    answer: Vec<(String, String)>,
    is_greeted: bool,
    login: Login,
    data: Data,
}

/// What one side has said and has not ended.
#[derive(Default)]
struct Gathered {
    parts: Vec<Part>,
    line: Vec<u8>,
    /// Octets of the line that are not kept.
    beyond: u64,
    /// Octets of a literal that are still to come, and how many it has.
    literal: Option<(u64, u64)>,
}

impl Gathered {
    /// Adds to the line; whether it ended.
    fn add(&mut self, octets: &[u8]) -> bool {
        let room = MAX_LINE.saturating_sub(self.line.len());
        let kept = octets.len().min(room);
        self.line.extend_from_slice(&octets[..kept]);
        self.beyond += (octets.len() - kept) as u64;
        octets.ends_with(b"\n")
    }

    /// The line without its end, and how much of it was not kept.
    fn take_line(&mut self) -> (String, u64) {
        let line = text_of(&std::mem::take(&mut self.line));
        let beyond = std::mem::take(&mut self.beyond);
        (line.trim_end_matches(['\r', '\n']).to_owned(), beyond)
    }

    fn push(&mut self, part: Part) {
        match (self.parts.len() < MAX_PARTS, part) {
            (true, part) => self.parts.push(part),
            (false, part) => {
                let more = match part {
                    Part::Text(text) => text.len() as u64,
                    Part::Octets(octets) => octets,
                    Part::Secret => 0,
                };
                match self.parts.last_mut() {
                    Some(Part::Octets(octets)) => *octets += more,
                    Some(Part::Text(_) | Part::Secret) | None => {
                        self.parts.push(Part::Octets(more));
                    }
                }
            }
        }
    }
}

impl Scribe {
    /// Follows a connection that is about to be made; none where nobody hears.
    pub(super) fn of(
        ear: &Ear,
        endpoint: &Endpoint,
        protocol: Protocol,
        censor: Censor,
    ) -> Option<Box<Self>> {
        let scribe = Self {
            connection: ear.begin()?,
            protocol,
            censor,
            theirs: Gathered::default(),
            ours: Gathered::default(),
            answer: Vec::new(),
            is_greeted: false,
            login: Login::Open,
            data: Data::None,
        };
        scribe.tell(Said::Begins(endpoint.clone()));
        Some(Box::new(scribe))
    }

    fn tell(&self, what: Said) {
        self.connection.tell(what);
    }

    /// The server took the connection.
    pub(super) fn connected(&self, address: IpAddr) {
        self.tell(Said::Connected(address));
    }

    /// TLS was agreed.
    pub(super) fn secured(&self, version: String) {
        self.tell(Said::Secured(version));
    }

    /// The server said this.
    pub(super) fn theirs(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            octets = of_literal(&mut self.theirs, octets);
            let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
            let (line, rest) = octets.split_at(end);
            if self.theirs.add(line) {
                match self.protocol {
                    Protocol::Imap => self.line_of_imap(),
                    Protocol::Smtp => self.line_of_smtp(),
                }
            }
            octets = rest;
        }
    }

    /// We said this.
    pub(super) fn ours(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            octets = self.of_our_literal(octets);
            let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
            let (line, rest) = octets.split_at(end);
            if self.ours.add(line) {
                let (line, beyond) = self.ours.take_line();
                match self.protocol {
                    Protocol::Imap => self.our_imap(&line, beyond),
                    Protocol::Smtp => self.our_smtp(&line, beyond),
                }
            }
            octets = rest;
        }
    }

    /// A line of the server's, or the part of one before a literal.
    fn line_of_imap(&mut self) {
        let (line, beyond) = self.theirs.take_line();
        let whole = line.len() as u64 + beyond;
        let begins = self.theirs.parts.is_empty();
        let is_first = !std::mem::replace(&mut self.is_greeted, true);
        let tag = line.split(' ').next().unwrap_or_default();
        let is_tagged = begins && is_tag(tag);
        // What follows a literal belongs to what came before it.
        let is_known = !begins || is_first || is_tagged || tag == "*" || tag == "+";
        let (text, literal) = match literal_of(&line).filter(|_| beyond == 0) {
            Some((before, octets)) => (before, Some(octets)),
            None => (&*line, None),
        };
        if is_known {
            self.theirs.push(Part::Text(text.to_owned()));
        } else {
            self.theirs.push(Part::Octets(whole));
        }
        if beyond > 0 && is_known {
            self.theirs.push(Part::Octets(beyond));
        }
        if let Some(octets) = literal {
            self.theirs.literal = Some((octets, octets));
            // Of no octets at all.
            of_literal(&mut self.theirs, &[]);
            return;
        }
        let parts = std::mem::take(&mut self.theirs.parts);
        match self.login {
            Login::Going if !is_tagged => self.hold(parts),
            Login::Going => {
                self.hold(parts);
                self.login = Login::Open;
                self.tell_kept();
            }
            Login::Open => {
                let is_data = is_data(&parts);
                let parts = parts.into_iter().flat_map(|part| match part {
                    Part::Text(text) if is_data => without_quoted(&text),
                    part => vec![part],
                });
                let parts = parts.map(|part| self.censored(part)).collect();
                self.tell(Said::Theirs(parts));
            }
        }
    }

    /// Keeps an answer that comes while somebody logs in.
    fn hold(&mut self, parts: Vec<Part>) {
        let texts = parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(&**text),
            Part::Octets(_) | Part::Secret => None,
        });
        let text = texts.collect::<Vec<_>>().join(" ");
        // A challenge is part of the exchange.
        let text = match text.strip_prefix('+') {
            Some(_) => "+".to_owned(),
            None => text,
        };
        let mut words = text.splitn(3, ' ');
        let (tag, status) = (words.next().unwrap_or_default(), words.next());
        let is_condition = |status: &&str| {
            let all = ["OK", "NO", "BAD", "BYE"];
            all.iter().any(|one| one.eq_ignore_ascii_case(status))
        };
        let is_known = tag == "*" || is_tag(tag);
        let (start, words) = match status.filter(is_condition).filter(|_| is_known) {
            Some(status) => {
                let start = format!("{tag} {status} ");
                (start, words.next().unwrap_or_default().to_owned())
            }
            None => (String::new(), text),
        };
        self.keep(start, words);
    }

    /// Keeps a line until all of the answer is there.
    fn keep(&mut self, start: String, words: String) {
        let kept = self
            .answer
            .iter()
            .map(|(start, words)| start.len() + words.len());
        if kept.sum::<usize>() + words.len() <= MAX_ANSWER {
            self.answer.push((start, words));
        }
    }

    /// Tells the lines that were kept. Where a secret stands across their ends no words are told.
    fn tell_kept(&mut self) {
        let lines = std::mem::take(&mut self.answer);
        let words: Vec<&str> = lines.iter().map(|(_, words)| &**words).collect();
        let words = self.censor.text(words.join("\n"));
        let words: Vec<&str> = words.as_str().split('\n').collect();
        let is_across = words.len() != lines.len();
        for (at, (start, _)) in lines.iter().enumerate() {
            self.tell(Said::Theirs(match is_across {
                true => vec![Part::Text(start.clone()), Part::Secret],
                false => vec![Part::Text(format!("{start}{}", words[at]))],
            }));
        }
    }

    fn line_of_smtp(&mut self) {
        let (line, beyond) = self.theirs.take_line();
        let code = line.get(..3).unwrap_or_default().to_owned();
        let goes_on = line.as_bytes().get(3) == Some(&b'-');
        // What begins otherwise is no answer, and may be anything.
        let is_number = code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit());
        let is_answer = is_number && line[3..].starts_with([' ', '-']);
        let (start, words) = line.split_at(if is_answer { 4 } else { 0 });
        self.keep(start.to_owned(), words.to_owned());
        if goes_on {
            return;
        }
        if self.login == Login::Going && code == "334" {
            self.answer.clear();
            self.tell(Said::Theirs(vec![Part::Text(code), Part::Secret]));
            return;
        }
        self.login = Login::Open;
        self.data = match (self.data, &*code) {
            (Data::Asked, "354") => Data::Going(0),
            // The answers to what was said together with DATA come before its own.
            (Data::Asked, _) => Data::Asked,
            (data, _) => data,
        };
        self.tell_kept();
        if beyond > 0 {
            self.tell(Said::Theirs(vec![Part::Octets(beyond)]));
        }
    }

    fn our_imap(&mut self, line: &str, beyond: u64) {
        if self.login == Login::Going {
            self.tell(Said::Ours(vec![Part::Secret]));
            return;
        }
        let mut words = line.splitn(3, ' ');
        let (tag, command) = (words.next().unwrap_or_default(), words.next());
        let command = command.unwrap_or_default();
        let is = |name: &str| command.eq_ignore_ascii_case(name);
        if is("LOGIN") || is("AUTHENTICATE") {
            self.login = Login::Going;
            let text = self.censored(Part::Text(format!("{tag} {command}")));
            self.tell(Said::Ours(vec![text, Part::Secret]));
            return;
        }
        let mut parts = vec![self.censored(Part::Text(line.to_owned()))];
        if beyond > 0 {
            parts.push(Part::Octets(beyond));
        }
        self.tell(Said::Ours(parts));
        self.ours.literal = literal_of(line).map(|(_, octets)| (octets, octets));
    }

    /// Passes over what we say of a literal.
    fn of_our_literal<'o>(&mut self, octets: &'o [u8]) -> &'o [u8] {
        let rest = of_literal(&mut self.ours, octets);
        if let Some(part) = self.ours.parts.pop() {
            self.ours.parts.clear();
            self.tell(Said::Ours(vec![part]));
        }
        rest
    }

    fn our_smtp(&mut self, line: &str, beyond: u64) {
        if let Data::Going(octets) = self.data {
            let is_end = line == "." && beyond == 0;
            self.data = match is_end {
                true => Data::None,
                // The line end too.
                false => Data::Going(octets + line.len() as u64 + beyond + 2),
            };
            if is_end {
                self.tell(Said::Ours(vec![Part::Octets(octets)]));
                self.tell(Said::Ours(vec![Part::Text(".".to_owned())]));
            }
            return;
        }
        if self.login == Login::Going {
            self.tell(Said::Ours(vec![Part::Secret]));
            return;
        }
        let mut words = line.split(' ');
        let command = words.next().unwrap_or_default();
        if command.eq_ignore_ascii_case("AUTH") {
            self.login = Login::Going;
            let mechanism = words.next().unwrap_or_default();
            let text = self.censored(Part::Text(format!("{command} {mechanism}")));
            self.tell(Said::Ours(vec![text, Part::Secret]));
            return;
        }
        if command.eq_ignore_ascii_case("DATA") {
            self.data = Data::Asked;
        }
        let part = self.censored(Part::Text(line.to_owned()));
        self.tell(Said::Ours(vec![part]));
    }

    fn censored(&self, part: Part) -> Part {
        match part {
            Part::Text(text) => Part::Text(self.censor.text(text).as_str().to_owned()),
            part => part,
        }
    }
}

impl Drop for Scribe {
    /// What had no end is counted: nobody knows what it would have been.
    fn drop(&mut self) {
        let left = |side: &Gathered| {
            let literal = side.literal.map_or(0, |(left, all)| all - left);
            literal + side.line.len() as u64 + side.beyond
        };
        let mut ours = left(&self.ours);
        if let Data::Going(octets) = self.data {
            ours += octets;
        }
        let theirs = left(&self.theirs);
        self.answer.clear();
        if ours > 0 {
            self.tell(Said::Ours(vec![Part::Octets(ours)]));
        }
        if theirs > 0 {
            self.tell(Said::Theirs(vec![Part::Octets(theirs)]));
        }
        self.tell(Said::Ended);
    }
}

/// Counts what belongs to a literal; gives the rest.
fn of_literal<'o>(side: &mut Gathered, octets: &'o [u8]) -> &'o [u8] {
    let Some((left, all)) = side.literal else {
        return octets;
    };
    let now = usize::try_from(left)
        .unwrap_or(usize::MAX)
        .min(octets.len());
    let (_, rest) = octets.split_at(now);
    side.literal = match left - now as u64 {
        0 => {
            side.push(Part::Octets(all));
            None
        }
        left => Some((left, all)),
    };
    rest
}

/// What stands before a literal that a line announces, and how many octets it has (RFC 3501, 4.3;
/// RFC 7888 for the sign).
fn literal_of(line: &str) -> Option<(&str, u64)> {
    let inside = line.strip_suffix('}')?;
    let (before, digits) = inside.rsplit_once('{')?;
    let digits = digits.strip_suffix(['+', '-']).unwrap_or(digits);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    // One that is no number is the same mistake for whoever reads the answer.
    let octets = digits.parse().ok().filter(|_| is_number)?;
    Some((before, octets))
}

/// Tags as the client here makes them: a letter or two, then a number.
fn is_tag(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    word.len() - number.len() <= 2
        && !number.is_empty()
        && number.len() < word.len()
        && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether an answer of IMAP holds data of messages.
fn is_data(parts: &[Part]) -> bool {
    let Some(Part::Text(text)) = parts.first() else {
        return true;
    };
    let mut words = text.split_ascii_whitespace();
    let (star, number, kind) = (words.next(), words.next(), words.next());
    let is_number = number.is_some_and(|word| word.bytes().all(|digit| digit.is_ascii_digit()));
    star == Some("*")
        && is_number
        && kind.is_some_and(|word| {
            word.get(..5)
                .is_some_and(|f| f.eq_ignore_ascii_case("FETCH"))
        })
}

/// A text of FETCH whose quoted texts are counted, but for the times of messages.
fn without_quoted(text: &str) -> Vec<Part> {
    const TIME: &str = "INTERNALDATE ";
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('"') {
        let (before, quoted) = rest.split_at(open);
        let mut is_escaped = false;
        let end = quoted[1..].find(|c| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        });
        let end = end.map_or(quoted.len(), |at| at + 2);
        let is_time = before
            .get(before.len().saturating_sub(TIME.len())..)
            .is_some_and(|word| word.eq_ignore_ascii_case(TIME));
        // A time has 26 letters and two quotes (RFC 3501, 9: date-time).
        if is_time && end == 28 {
            parts.push(Part::Text(rest[..open + end].to_owned()));
        } else {
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Octets(end as u64));
        }
        rest = &quoted[end..];
    }
    parts.push(Part::Text(rest.to_owned()));
    parts
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::secret::Secret;
    use crate::transport::overheard::Heard;
    use crate::transport::{self, Security};

    const PASSWORD: &str = "Segretissima-7f3a9c";

    /// What a person sees of a conversation: `<` what they say, `>` what we say, each piece as it
    /// comes off the wire.
    fn seen(protocol: Protocol, pieces: &[(char, &str)], at_once: usize) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let ear = Ear::new(move |heard: Heard| {
            let show = |parts: Vec<Part>| {
                let shown = parts.into_iter().map(|part| match part {
                    Part::Text(text) => text,
                    Part::Octets(octets) => format!("[{octets}]"),
                    Part::Secret => "***".to_owned(),
                });
                shown.collect::<Vec<_>>().join("")
            };
            let line = match heard.what {
                Said::Theirs(parts) => format!("< {}", show(parts)),
                Said::Ours(parts) => format!("> {}", show(parts)),
                Said::Begins(_) | Said::Connected(_) | Said::Secured(_) | Said::Ended => return,
            };
            kept.lock().unwrap().push(line);
        });
        let login = transport::Login {
            user: "u@pec.example".to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
        };
        let endpoint = Endpoint {
            host: "localhost".to_owned(),
            port: 993,
            security: Security::Tls,
        };
        let scribe = Scribe::of(&ear, &endpoint, protocol, Censor::of(&login));
        let mut scribe = scribe.expect("it hears");
        for (who, text) in pieces {
            for octets in text.as_bytes().chunks(at_once) {
                match who {
                    '<' => scribe.theirs(octets),
                    _ => scribe.ours(octets),
                }
            }
        }
        drop(scribe);
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    fn both_ways(protocol: Protocol, pieces: &[(char, &str)]) -> Vec<String> {
        let whole = seen(protocol, pieces, usize::MAX);
        for at_once in [1, 2, 3, 7, 100] {
            assert_eq!(seen(protocol, pieces, at_once), whole, "{at_once}");
        }
        let all = whole.join("\n");
        assert!(!all.contains("egretissima"), "{all}");
        whole
    }

    #[test]
    fn imap_is_told_line_by_line_without_login_and_messages() {
        let lines = both_ways(
            Protocol::Imap,
            &[
                ('<', "* OK [CAPABILITY IMAP4rev1] ready\r\n"),
                (
                    '>',
                    "a1 LOGIN \"u@pec.example\" \"Segretissima-7f3a9c\"\r\n",
                ),
                (
                    '<',
                    "* NO you said Segretis\r\n* NO sima-7f3a9c to me\r\na1 OK in\r\n",
                ),
                ('>', "a2 EXAMINE \"INBOX\"\r\n"),
                ('<', "* 3 EXISTS\r\na2 OK done\r\n"),
                ('>', "a3 UID FETCH 1:2 (UID BODY.PEEK[])\r\n"),
                (
                    '<',
                    "* 1 FETCH (UID 1 INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" BODY[] {12}\r\nCaro amico\r\n",
                ),
                (
                    '<',
                    ")\r\n* 2 FETCH (UID 2 BODY[] \"Segreto \\\"due\\\"\")\r\na3 OK done\r\n",
                ),
                ('>', "a4 APPEND \"Sent\" {5}\r\n"),
                ('<', "+ go on\r\n"),
                ('>', "ciao!"),
                ('>', "\r\n"),
                ('<', "Testo che non segue il protocollo\r\na4 OK done\r\n"),
            ],
        );
        assert_eq!(
            lines,
            [
                "< * OK [CAPABILITY IMAP4rev1] ready",
                "> a1 LOGIN***",
                "< * NO ***",
                "< * NO ***",
                "< a1 OK ***",
                "> a2 EXAMINE \"INBOX\"",
                "< * 3 EXISTS",
                "< a2 OK done",
                "> a3 UID FETCH 1:2 (UID BODY.PEEK[])",
                "< * 1 FETCH (UID 1 INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" BODY[] [12])",
                "< * 2 FETCH (UID 2 BODY[] [17])",
                "< a3 OK done",
                "> a4 APPEND \"Sent\" {5}",
                "< + go on",
                "> [5]",
                "> ",
                "< [33]",
                "< a4 OK done",
            ]
        );
    }

    #[test]
    fn a_login_by_sasl_is_told_by_its_name() {
        let lines = both_ways(
            Protocol::Imap,
            &[
                ('<', "* OK ready\r\n"),
                ('>', "a1 AUTHENTICATE PLAIN\r\n"),
                ('<', "+ Segretissima-7f3a9c\r\n"),
                ('>', "AHVAcGVjLmV4YW1wbGUAU2VncmV0aXNzaW1hLTdmM2E5Yw==\r\n"),
                (
                    '<',
                    "a1 NO AHVAcGVjLmV4YW1wbGUAU2VncmV0aXNzaW1hLTdmM2E5Yw==\r\n",
                ),
            ],
        );
        assert_eq!(
            lines,
            [
                "< * OK ready",
                "> a1 AUTHENTICATE***",
                "> ***",
                "< +",
                "< a1 NO ***"
            ]
        );
    }

    #[test]
    fn smtp_is_told_line_by_line_without_login_and_messages() {
        let lines = both_ways(
            Protocol::Smtp,
            &[
                ('<', "220 ready\r\n"),
                ('>', "EHLO [127.0.0.1]\r\n"),
                ('<', "250-host\r\n250-AUTH LOGIN\r\n250 SIZE 1000\r\n"),
                ('>', "AUTH LOGIN\r\n"),
                ('<', "334 VXNlcm5hbWU6\r\n"),
                ('>', "dUBwZWMuZXhhbXBsZQ==\r\n"),
                ('<', "334 Segretissima-7f3a9c?\r\n"),
                ('>', "U2VncmV0aXNzaW1hLTdmM2E5Yw==\r\n"),
                (
                    '<',
                    "235-you are U2VncmV0aXN\r\n235 zaW1hLTdmM2E5Yw== indeed\r\n",
                ),
                (
                    '>',
                    "MAIL FROM:<u@pec.example>\r\nRCPT TO:<a@pec.example>\r\nDATA\r\n",
                ),
                ('<', "250 ok\r\n250 ok\r\n354 go on\r\n"),
                ('>', "Subject: Riservato\r\n\r\n..punto\r\n"),
                ('>', "Fine.\r\n.\r\n"),
                ('<', "250 taken\r\n"),
                ('>', "QUIT\r\n"),
                ('<', "221 bye"),
            ],
        );
        assert_eq!(
            lines,
            [
                "< 220 ready",
                "> EHLO [127.0.0.1]",
                "< 250-host",
                "< 250-AUTH LOGIN",
                "< 250 SIZE 1000",
                "> AUTH LOGIN***",
                "< 334***",
                "> ***",
                "< 334***",
                "> ***",
                "< 235-***",
                "< 235 ***",
                "> MAIL FROM:<u@pec.example>",
                "> RCPT TO:<a@pec.example>",
                "> DATA",
                "< 250 ok",
                "< 250 ok",
                "< 354 go on",
                "> [38]",
                "> .",
                "< 250 taken",
                "> QUIT",
                "< [7]",
            ]
        );
    }

    #[test]
    fn what_is_cut_off_is_counted() {
        let imap = [
            ('<', "* OK ready\r\n"),
            ('<', "* 1 FETCH (BODY[] {100}\r\nCaro amico"),
        ];
        assert_eq!(both_ways(Protocol::Imap, &imap), ["< * OK ready", "< [10]"]);
        let smtp = [
            ('>', "DATA\r\n"),
            ('<', "354 go on\r\n"),
            ('>', "Caro amico,\r\nnon"),
        ];
        let lines = both_ways(Protocol::Smtp, &smtp);
        assert_eq!(lines, ["> DATA", "< 354 go on", "> [16]"]);
    }

    #[test]
    fn lines_and_answers_without_end_are_bounded() {
        let long = format!("* OK {}\r\n", "x".repeat(100_000));
        let lines = seen(Protocol::Imap, &[('<', &long)], usize::MAX);
        assert!(
            lines[0].len() < MAX_LINE + 20
                && lines[0].ends_with(&format!("[{}]", 100_007 - MAX_LINE))
        );
        let many = "250-x\r\n".repeat(100_000) + "250 y\r\n";
        let lines = seen(Protocol::Smtp, &[('<', &many)], usize::MAX);
        assert!(lines.len() <= MAX_ANSWER / 5 + 1);
        let literals = "* 1 FETCH (A {1}\r\n".to_owned() + &"x {1}\r\n".repeat(1_000) + "y)\r\n";
        let lines = seen(Protocol::Imap, &[('<', "* OK\r\n"), ('<', &literals)], 3);
        assert!(lines[1].len() < 2_000, "{lines:?}");
    }

    /// Whatever comes, nothing that was said as a password or as a message is shown.
    #[test]
    fn no_order_of_words_shows_a_secret() {
        let words = [
            "* OK ",
            "* NO ",
            "a1 ",
            "a2 ",
            "+ ",
            "250 ",
            "250-",
            "354 ",
            "334 ",
            "235 ",
            "{3}\r\n",
            "{0}\r\n",
            "\r\n",
            "\r\n",
            "\r\n",
            "LOGIN ",
            "AUTH PLAIN ",
            "DATA\r\n",
            ".\r\n",
            "x",
            "* 1 FETCH (BODY[] ",
            "\"",
            "Segretissima-7f3a9c",
            "U2VncmV0aXNzaW1hLTdmM2E5Yw==",
        ];
        let mut state = 7_u64;
        let mut below = |end: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        for round in 0..3_000 {
            let protocol = [Protocol::Imap, Protocol::Smtp][round % 2];
            let pieces: Vec<(char, &str)> = (0..1 + below(25))
                .map(|_| (['<', '>'][below(2)], words[below(words.len())]))
                .collect();
            let all = seen(protocol, &pieces, 1 + below(9)).join("\n");
            let bare: String = all.to_lowercase();
            assert!(!bare.contains("segretissima-7f3a9c"), "{pieces:?}\n{all}");
            assert!(
                !bare.contains("u2vncmv0axnzaw1hltdmm2e5yw"),
                "{pieces:?}\n{all}"
            );
        }
    }
}
