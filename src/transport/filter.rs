//! What a server says, made ready for the package `imap`.
//!
//! `imap` 3.0.0-alpha.15 panics, stops or waits for ever on much that servers may say: untagged
//! `NO`, data before IDLE's `+`, texts that are not ASCII, responses it does not know. This
//! adapter stands between it and TLS, follows lines and literals, and lets through only what the
//! running command asks for, in the one form that is understood. Literals, which hold the
//! messages, pass octet for octet; their length is bounded before they are taken in.
//!
//! What is held back is not lost: warnings become notes, the words of tagged answers are kept
//! for error messages, and news of the folder is remembered for whoever waits.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::tls::Wire;
use super::{Censor, Error, ServerText, Stop};

/// Octets of one literal. Providers take messages of 100 MB at most, and a receipt that holds
/// one whole adds base64 for a part of it; more is a mistake or an attack.
pub(super) const MAX_LITERAL: u64 = 150_000_000;

/// Octets of one answer, all its lines and literals together; it is in memory at once.
const MAX_ANSWER: u64 = 400_000_000;

/// Octets of one line: SEARCH names each message in one, 11 octets for each of 500,000.
const MAX_LINE: usize = 6_000_000;

/// Octets kept until IDLE or APPEND may go on. Servers say a line or two there.
const MAX_HELD: usize = 64 * 1024;

/// Notes kept; the first ones tell the most.
const MAX_NOTES: usize = 100;

/// How long one read waits while idling: so soon is [`Stop`] seen.
pub(super) const SLICE: Duration = Duration::from_millis(400);

/// Which untagged data the running command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// None.
    Nothing,
    /// Only the end of the connection (LOGOUT).
    Goodbye,
    /// UIDVALIDITY and UIDNEXT; it is EXAMINE.
    State,
    /// LIST.
    Folders,
    /// FETCH.
    Messages,
    /// SEARCH.
    Numbers,
    /// QUOTA and QUOTAROOT.
    Quota,
    /// None before a `+`; it is APPEND.
    Continuation,
    /// None before a `+`, then changes of the folder; it is IDLE.
    Changes,
}

/// What both sides of the adapter know.
#[derive(Debug)]
pub(super) struct Shared {
    /// What is asked for now.
    pub expect: Expect,
    /// What is cut out of all words that are kept.
    pub censor: Censor,
    /// The words of the last tagged answer, after OK, NO or BAD.
    pub said: ServerText,
    /// Warnings, alerts and responses of unknown kind.
    pub notes: Vec<ServerText>,
    /// What the server offers, in capitals, as it told last.
    pub capabilities: Vec<String>,
    /// Whether a message came or went since it was last asked.
    pub news: bool,
    /// While idling: who may end it, and for how many slices it lasts.
    pub wait: Option<(Stop, u64)>,
    /// Octets read.
    pub read: u64,
    /// Octets written.
    pub written: u64,
    /// Why nothing comes through any more.
    pub failure: Option<Failure>,
}

/// Why the adapter gave up.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The server ended the session, with these words.
    Goodbye(ServerText),
    /// What came is not the protocol, or passes a bound.
    Protocol(ServerText),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Goodbye(words) => Self::Broken(format!("ended by the server: {words}")),
            Failure::Protocol(what) => Self::Protocol(what.to_string()),
        }
    }
}

/// One side's hold on [`Shared`].
#[derive(Clone, Debug)]
pub(super) struct Board(Arc<Mutex<Shared>>);

impl Board {
    pub(super) fn new(censor: Censor) -> Self {
        Self(Arc::new(Mutex::new(Shared {
            expect: Expect::Nothing,
            censor,
            said: ServerText::default(),
            notes: Vec::new(),
            capabilities: Vec::new(),
            news: false,
            wait: None,
            read: 0,
            written: 0,
            failure: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic while it is held leaves plain values behind.
        self.0.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Shared {
    pub(super) fn note(&mut self, text: &str) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(self.censor.text(text));
        }
    }

    /// Takes over what a response code or an untagged CAPABILITY tells.
    pub(super) fn learn(&mut self, capabilities: &str) {
        let words = capabilities.split_ascii_whitespace();
        self.capabilities = words.map(str::to_ascii_uppercase).collect();
    }
}

/// The adapter.
pub(super) struct Filter<S> {
    stream: S,
    board: Board,
    /// How long a read waits when nobody idles.
    patience: Duration,
    /// A line that has not ended yet.
    line: Vec<u8>,
    /// What may be read.
    ready: Vec<u8>,
    /// How much of it was.
    taken: usize,
    /// Octets of a literal still to come.
    literal: u64,
    /// What becomes of the response whose literal this is.
    within: Option<Fate>,
    /// Untagged lines that came too early.
    held: Vec<u8>,
    /// Octets of the running answer.
    answer: u64,
    idling: bool,
    /// Whether a command was written whose answer has not come.
    asked: bool,
}

/// Whether a response is let through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pass,
    Drop,
}

impl<S: Wire> Filter<S> {
    pub(super) fn new(stream: S, board: Board, patience: Duration) -> Self {
        Self {
            stream,
            board,
            patience,
            line: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            literal: 0,
            within: None,
            held: Vec::new(),
            answer: 0,
            idling: false,
            asked: false,
        }
    }

    fn fail<T>(&mut self, failure: Failure) -> io::Result<T> {
        let text = Error::from(failure.clone()).to_string();
        self.board.lock().failure.get_or_insert(failure);
        Err(io::Error::new(ErrorKind::InvalidData, text))
    }

    fn protocol<T>(&mut self, what: &str) -> io::Result<T> {
        let what = self.board.lock().censor.text(what);
        self.fail(Failure::Protocol(what))
    }

    /// Sorts what came off the wire into lines and literals.
    fn take_in(&mut self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            if self.literal > 0 {
                let of_literal = usize::try_from(self.literal).unwrap_or(usize::MAX);
                let (literal, rest) = octets.split_at(of_literal.min(octets.len()));
                self.literal -= literal.len() as u64;
                if self.within == Some(Fate::Pass) {
                    self.ready.extend_from_slice(literal);
                }
                octets = rest;
                continue;
            }
            let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
            let (line, rest) = octets.split_at(end);
            if self.line.len() + line.len() > MAX_LINE {
                return self.protocol("a line without end");
            }
            self.line.extend_from_slice(line);
            octets = rest;
            if self.line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.end_of_line(line)?;
            }
        }
        Ok(())
    }

    fn end_of_line(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        if !line.ends_with(b"\r\n") {
            line.insert(line.len() - 1, b'\r');
        }
        let literal = match literal_of(&line) {
            Ok(literal) => literal,
            Err(length) => {
                return self.protocol(&format!("a literal of {length} octets"));
            }
        };
        let fate = match self.within {
            Some(fate) => fate,
            None if literal.is_none() => return self.whole_line(&line),
            None => self.fate_of(&line),
        };
        if fate == Fate::Pass {
            self.ready.extend_from_slice(&line);
        }
        self.literal = literal.unwrap_or(0);
        self.within = literal.map(|_| fate);
        Ok(())
    }

    /// A response in one line.
    fn whole_line(&mut self, line: &[u8]) -> io::Result<()> {
        let text = super::text_of(line);
        let text = text.trim_end();
        let (tag, rest) = text.split_once(' ').unwrap_or((text, ""));
        match tag {
            "+" => self.continuation(line),
            "*" => self.untagged(rest, line),
            _ => self.tagged(tag, rest),
        }
    }

    fn continuation(&mut self, line: &[u8]) -> io::Result<()> {
        self.ready.extend_from_slice(line);
        self.ready.append(&mut self.held);
        let mut shared = self.board.lock();
        if shared.expect == Expect::Changes {
            self.idling = true;
        }
        shared.expect = match shared.expect {
            Expect::Changes | Expect::Continuation => Expect::Nothing,
            other => other,
        };
        drop(shared);
        if self.idling {
            self.stream.set_read_timeout(SLICE)?;
        }
        Ok(())
    }

    /// The end of a command: its words are kept here, `imap` learns how it went.
    fn tagged(&mut self, tag: &str, rest: &str) -> io::Result<()> {
        let (status, words) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status.to_ascii_uppercase();
        let asked = std::mem::take(&mut self.asked);
        if !asked || !matches!(status.as_str(), "OK" | "NO" | "BAD") {
            return self.protocol(&format!("{tag} {rest}"));
        }
        let mut shared = self.board.lock();
        shared.said = shared.censor.text(words);
        if let Some(("CAPABILITY", capabilities)) = code_of(words) {
            shared.learn(capabilities);
        }
        if let Some(("ALERT", _)) = code_of(words) {
            shared.note(words);
        }
        let early = matches!(shared.expect, Expect::Changes | Expect::Continuation);
        drop(shared);
        if early && status == "OK" {
            return self.protocol(&format!("done before it began: {rest}"));
        }
        // Refused: who waited for a `+` reads one line, and this must be it. News were noticed.
        self.held.clear();
        self.ready
            .extend_from_slice(format!("{tag} {status} .\r\n").as_bytes());
        Ok(())
    }

    fn untagged(&mut self, rest: &str, line: &[u8]) -> io::Result<()> {
        let mut words = rest.split(' ');
        let kind = words.next().unwrap_or("").to_ascii_uppercase();
        let mut shared = self.board.lock();
        match kind.as_str() {
            "BYE" if shared.expect == Expect::Goodbye => {}
            "BYE" => {
                let words = shared.censor.text(rest.get(3..).unwrap_or("").trim());
                drop(shared);
                return self.fail(Failure::Goodbye(words));
            }
            "NO" | "BAD" => shared.note(rest),
            "OK" => {
                drop(shared);
                self.condition(rest.get(2..).unwrap_or("").trim());
            }
            "CAPABILITY" => shared.learn(rest.get(10..).unwrap_or("")),
            _ => {
                drop(shared);
                if self.fate_of(line) == Fate::Pass {
                    return self.let_through(line);
                }
            }
        }
        Ok(())
    }

    /// `* OK`: the code is passed on where `imap` knows it, an alert is for the user.
    fn condition(&mut self, words: &str) {
        let expect = self.board.lock().expect;
        match code_of(words) {
            Some((code @ ("UIDVALIDITY" | "UIDNEXT"), value))
                if expect == Expect::State && value.parse::<u32>().is_ok() =>
            {
                let line = format!("* OK [{code} {value}] .\r\n");
                self.ready.extend_from_slice(line.as_bytes());
            }
            Some(("CAPABILITY", capabilities)) => self.board.lock().learn(capabilities),
            Some(("ALERT", _)) => self.board.lock().note(words),
            _ => {}
        }
    }

    /// Whether a response is data that the running command asks for, or news of the folder.
    fn fate_of(&mut self, line: &[u8]) -> Fate {
        let text = super::text_of(line);
        let mut words = text.split_ascii_whitespace().skip(1);
        let first = words.next().unwrap_or("").to_ascii_uppercase();
        let second = words.next().unwrap_or("").to_ascii_uppercase();
        let numbered = first.parse::<u32>().is_ok();
        let mut shared = self.board.lock();
        let expect = shared.expect;
        let wanted = match first.as_str() {
            "LIST" => expect == Expect::Folders && line.is_ascii(),
            "SEARCH" => expect == Expect::Numbers,
            "QUOTA" | "QUOTAROOT" => expect == Expect::Quota && line.is_ascii(),
            // All that is asked for has a section; without, it is about flags.
            _ if numbered && second == "FETCH" => {
                expect == Expect::Messages && text.to_ascii_uppercase().contains("BODY[")
            }
            _ if numbered && matches!(second.as_str(), "EXISTS" | "EXPUNGE") => {
                shared.news = true;
                true
            }
            _ => false,
        };
        let known = matches!(
            first.as_str(),
            "FLAGS" | "SEARCH" | "LSUB" | "STATUS" | "ENABLED" | "ID"
        ) || (numbered && matches!(second.as_str(), "FETCH" | "RECENT"));
        if !wanted && !known {
            shared.note(text.trim_end());
        }
        if wanted { Fate::Pass } else { Fate::Drop }
    }

    fn let_through(&mut self, line: &[u8]) -> io::Result<()> {
        let expect = self.board.lock().expect;
        if !matches!(expect, Expect::Changes | Expect::Continuation) {
            self.ready.extend_from_slice(line);
            return Ok(());
        }
        if self.held.len() + line.len() > MAX_HELD {
            return self.protocol("too much before the continuation");
        }
        self.held.extend_from_slice(line);
        Ok(())
    }

    /// Reads once from the wire. While idling a slice that brings nothing is no error.
    fn read_wire(&mut self) -> io::Result<()> {
        let mut block = [0; 16 * 1024];
        let n = match self.stream.read(&mut block) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => n,
            Err(e) if e.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(e) if self.idling && is_timeout(&e) => return self.slice_is_over(),
            Err(e) => return Err(e),
        };
        self.board.lock().read += n as u64;
        self.answer += n as u64;
        if self.answer > MAX_ANSWER {
            return self.protocol("an answer without end");
        }
        self.take_in(&block[..n])
    }

    fn slice_is_over(&mut self) -> io::Result<()> {
        let mut shared = self.board.lock();
        let Some((stop, slices)) = &mut shared.wait else {
            return Err(ErrorKind::TimedOut.into());
        };
        *slices = slices.saturating_sub(1);
        if stop.is_asked() || *slices == 0 {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

fn is_timeout(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The length of the literal that a line announces; `Err` when it passes the bound.
fn literal_of(line: &[u8]) -> Result<Option<u64>, String> {
    let Some(line) = line.strip_suffix(b"}\r\n") else {
        return Ok(None);
    };
    let Some(open) = memchr::memrchr(b'{', line) else {
        return Ok(None);
    };
    let digits = &line[open + 1..];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let digits = String::from_utf8_lossy(digits);
    match digits.parse() {
        Ok(length) if length <= MAX_LITERAL => Ok(Some(length)),
        _ => Err(digits.into_owned()),
    }
}

/// `UIDNEXT` and `7` of `[UIDNEXT 7] …`.
pub(super) fn code_of(words: &str) -> Option<(&str, &str)> {
    let (code, _) = words.strip_prefix('[')?.split_once(']')?;
    Some(code.split_once(' ').unwrap_or((code, "")))
}

impl<S: Wire> Read for Filter<S> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
            if let Some(failure) = self.board.lock().failure.clone() {
                return Err(io::Error::other(Error::from(failure)));
            }
            // What came whole before a failure is still good.
            match self.read_wire() {
                Err(e) if self.ready.is_empty() => return Err(e),
                _ => {}
            }
        }
        let n = octets.len().min(self.ready.len() - self.taken);
        octets[..n].copy_from_slice(&self.ready[self.taken..self.taken + n]);
        self.taken += n;
        Ok(n)
    }
}

impl<S: Wire> Write for Filter<S> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.answer = 0;
        self.asked = true;
        if self.idling {
            // It is DONE that is written; its answer gets the usual time.
            self.idling = false;
            self.stream.set_read_timeout(self.patience)?;
        }
        let n = self.stream.write(octets)?;
        self.board.lock().written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// IDLE asks for this; the time it waits is decided here instead, slice by slice.
impl<S> ::imap::extensions::idle::SetReadTimeout for Filter<S> {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> ::imap::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::time::Duration;

    use super::{Board, Censor, Expect, Filter, ServerText, Wire};

    /// A server's octets, so many at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(octets.len());
            let (now, later) = self.0.split_at(n);
            octets[..n].copy_from_slice(now);
            self.0 = later;
            Ok(n)
        }
    }

    impl Write for Pieces<'_> {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Wire for Pieces<'_> {
        fn set_read_timeout(&mut self, _: Duration) -> io::Result<()> {
            Ok(())
        }
    }

    /// What comes through until the end, and what is noted.
    fn through(expect: Expect, octets: &[u8], at_once: usize) -> (String, Vec<ServerText>) {
        let board = Board::new(Censor::none());
        board.lock().expect = expect;
        let wire = Pieces(octets, at_once);
        let mut filter = Filter::new(wire, board.clone(), Duration::ZERO);
        filter.write_all(b"a1 X\r\n").unwrap();
        let mut passed = Vec::new();
        let mut octets = [0; 3];
        while let Ok(n) = filter.read(&mut octets) {
            passed.extend_from_slice(&octets[..n]);
        }
        let notes = board.lock().notes.clone();
        (String::from_utf8(passed).unwrap(), notes)
    }

    #[test]
    fn what_comes_through_does_not_depend_on_the_pieces() {
        for (expect, octets, passed) in [
            (
                Expect::Messages,
                &b"* 1 FETCH (UID 1 BODY[] {7}\r\n* NO x\n BODY[1] {0}\r\n)\r\n\
                   * 2 FETCH (FLAGS (x {3}\r\n\r\n)))\r\na1 OK [X] perch\xe9\r\n"[..],
                "* 1 FETCH (UID 1 BODY[] {7}\r\n* NO x\n BODY[1] {0}\r\n)\r\na1 OK .\r\n",
            ),
            (
                Expect::Changes,
                b"* 3 EXISTS\r\n* BAD x\r\n+ go\r\n* 4 EXISTS\n* OK still here\r\n",
                "+ go\r\n* 3 EXISTS\r\n* 4 EXISTS\r\n",
            ),
            (
                Expect::State,
                b"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT y] x\r\n* SEARCH 1\r\na1 NO x\r\n",
                "* OK [UIDVALIDITY 7] .\r\na1 NO .\r\n",
            ),
        ] {
            let whole = through(expect, octets, usize::MAX);
            assert_eq!(whole.0, passed);
            for at_once in [1, 2, 7] {
                assert_eq!(through(expect, octets, at_once), whole);
            }
        }
    }

    /// Words of answers, to be thrown together.
    const WORDS: [&str; 44] = [
        "* ",
        "* ",
        "* ",
        "+ ",
        "+",
        "a2 ",
        "a3 ",
        "OK ",
        "NO ",
        "BAD ",
        "BYE ",
        "PREAUTH ",
        "1 ",
        "7 ",
        "0 ",
        "99999999999 ",
        "EXISTS",
        "EXPUNGE",
        "RECENT",
        "FETCH (",
        "UID 7 ",
        "BODY[] ",
        "BODY[HEADER.FIELDS (A)] ",
        "RFC822.SIZE 3 ",
        "FLAGS (\\Seen è) ",
        "{3}",
        "{0}",
        "{",
        "}",
        "abc",
        ")",
        "(",
        "NIL ",
        "\"a\\\"b\" ",
        "\"",
        "SEARCH",
        " 4",
        "LIST (\\Sent) \"/\" ",
        "QUOTA \"\" (STORAGE 1 2)",
        "QUOTAROOT INBOX \"\"",
        "[UIDVALIDITY 7] ",
        "[UIDNEXT 1] ",
        "INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" ",
        "CAPABILITY IMAP4rev1",
    ];

    /// A server that answers the login, and what comes next with something else.
    struct Answers<'a>(Pieces<'a>, &'a [u8]);

    impl Read for Answers<'_> {
        fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
            self.0.read(octets)
        }
    }

    impl Write for Answers<'_> {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            if self.0.0.is_empty() {
                self.0.0 = std::mem::take(&mut self.1);
            }
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Wire for Answers<'_> {
        fn set_read_timeout(&mut self, _: Duration) -> io::Result<()> {
            Ok(())
        }
    }

    /// One command of each kind, answered by `octets`; whether `imap` panicked.
    fn panics(expect: Expect, octets: &[u8]) -> bool {
        let board = Board::new(Censor::none());
        let answers = Answers(Pieces(b"a1 OK in\r\n", usize::MAX), octets);
        let filter = Filter::new(answers, board.clone(), Duration::ZERO);
        let session = imap::Client::new(filter).login("a", "b");
        let mut session = session.map_err(|(e, _)| e).unwrap();
        board.lock().expect = expect;
        board.lock().wait = Some((crate::transport::Stop::default(), 1));
        let call = std::panic::AssertUnwindSafe(|| match expect {
            Expect::Nothing => drop(session.noop()),
            Expect::State => drop(session.examine("INBOX")),
            Expect::Goodbye => drop(session.logout()),
            Expect::Folders => drop(session.list(None, Some("*"))),
            Expect::Messages => drop(session.uid_fetch("7", "BODY.PEEK[]").map(|fetches| {
                fetches
                    .iter()
                    .filter_map(|fetch| fetch.internal_date())
                    .count();
            })),
            Expect::Numbers => drop(session.uid_search("ALL")),
            Expect::Quota => drop(session.get_quota_root("INBOX")),
            Expect::Continuation => drop(session.append("INBOX", b"a").finish()),
            Expect::Changes => drop(session.idle().keepalive(false).wait_while(|_| true)),
        });
        std::panic::catch_unwind(call).is_err()
    }

    #[test]
    fn no_answer_that_comes_through_makes_the_package_panic() {
        // A generator of numbers (Knuth), so that every run is the same.
        let mut state = 1_u64;
        let mut below = |end: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        for round in 0..60_000 {
            let expect = [
                Expect::Nothing,
                Expect::State,
                Expect::Goodbye,
                Expect::Folders,
                Expect::Messages,
                Expect::Numbers,
                Expect::Quota,
                Expect::Continuation,
                Expect::Changes,
            ][round % 9];
            let mut answer = String::new();
            for _ in 0..1 + below(6) {
                answer.push_str(["* ", "* ", "* ", "a2 ", "+ "][below(5)]);
                (0..below(7)).for_each(|_| answer.push_str(WORDS[below(WORDS.len())]));
                answer.push_str("\r\n");
            }
            answer.push_str("a2 OK done\r\n");
            assert!(!panics(expect, answer.as_bytes()), "{expect:?}: {answer:?}");
        }
    }

    #[test]
    fn nothing_comes_through_after_a_failure() {
        for octets in [
            &b"* BYE x\r\na1 OK x\r\n"[..],
            b"* 1 FETCH (BODY[] {999999999}\r\na1 OK x\r\n",
            b"a1 MAYBE x\r\na1 OK x\r\n",
        ] {
            assert_eq!(through(Expect::Messages, octets, usize::MAX).0, "");
        }
    }
}
