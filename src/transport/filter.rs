//! What a server says, made ready for the package `imap`.
//!
//! `imap` 3.0.0-alpha.15 panics, stops or waits for ever on much that servers may say: untagged
//! `NO`, data before IDLE's `+`, texts that are not ASCII, responses it does not know. This
//! adapter stands between it and TLS, follows lines and literals, and lets through only what it
//! understands. What a folder holds (EXAMINE, FETCH, LIST, SEARCH) does not pass through it at
//! all: `data` reads it, response by response, so that what came whole before a refusal or a
//! broken line is there, and an odd response costs nothing but itself. The length of literals,
//! which hold the messages, is bounded before they are taken in.
//!
//! What is held back is not lost: warnings become notes, the words of tagged answers are kept
//! for error messages, and news of the folder is remembered for whoever waits.

use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::data::{self, Item, Listed, Response};
use super::tls::{SLICE, Wire};
use super::{Censor, Error, Meter, ServerText, Stop};

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

/// Lines without a literal that one response may have: a stray line end or two.
const MAX_STRAY_LINES: usize = 4;

/// How long a server that has nothing to do but to say that it is there may take for it (NOOP,
/// the beginning and the end of IDLE); routers forget connections without a word.
const LIVELY: Duration = Duration::from_secs(10);
/// The same when somebody waits for the end.
const HURRIED: Duration = Duration::from_secs(2);

/// Which untagged data the running command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// None.
    Nothing,
    /// Only the end of the connection (LOGOUT).
    Goodbye,
    /// EXISTS, UIDVALIDITY, UIDNEXT and HIGHESTMODSEQ; it is EXAMINE.
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
    /// What FETCH told since the command began; so for the next four.
    pub items: Vec<Item>,
    /// What LIST told.
    pub folders: Vec<Listed>,
    /// Lines of LIST that no folder could be read from.
    pub odd_folders: Vec<String>,
    /// What SEARCH told.
    pub numbers: Vec<u32>,
    /// What EXAMINE told.
    pub state: State,
    /// While idling: who may end it, and for how many slices it lasts.
    pub wait: Option<(Stop, u64)>,
    /// Whether the running command must be answered within seconds.
    pub lively: bool,
    /// Who may make an answer urgent.
    pub hurry: Option<Stop>,
    /// Who may end the connection while an answer is awaited.
    pub cut: Option<Stop>,
    /// Octets read.
    pub read: u64,
    /// The same, for somebody who looks on.
    pub meter: Meter,
    /// Octets written.
    pub written: u64,
    /// Why nothing comes through any more.
    pub failure: Option<Failure>,
}

/// What EXAMINE tells of a folder, as far as it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub exists: Option<u32>,
    pub uid_validity: Option<u32>,
    pub uid_next: Option<u32>,
    pub mod_seq: Option<NonZeroU64>,
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
            items: Vec::new(),
            folders: Vec::new(),
            odd_folders: Vec::new(),
            numbers: Vec::new(),
            state: State::default(),
            wait: None,
            lively: false,
            hurry: None,
            cut: None,
            read: 0,
            written: 0,
            meter: Meter::default(),
            failure: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic while it is held leaves plain values behind.
        self.0.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Shared {
    /// A command begins that asks for this.
    pub(super) fn begin(&mut self, expect: Expect) {
        self.expect = expect;
        self.said = ServerText::default();
        self.items.clear();
        self.folders.clear();
        self.odd_folders.clear();
        self.numbers.clear();
        self.state = State::default();
    }

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
    /// How long nothing may come when nobody idles.
    patience: Duration,
    /// How long nothing came, in slices.
    quiet: Duration,
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
    /// The data that are being taken in, and how many lines since a literal.
    response: Option<(Response, usize)>,
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
    /// To `imap`.
    Pass,
    /// To `data`.
    Keep,
    Drop,
}

impl<S: Wire> Filter<S> {
    pub(super) fn new(stream: S, board: Board, patience: Duration) -> Self {
        Self {
            stream,
            board,
            patience,
            quiet: Duration::ZERO,
            line: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            literal: 0,
            within: None,
            response: None,
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
                match (self.within, &mut self.response) {
                    (Some(Fate::Pass), _) => self.ready.extend_from_slice(literal),
                    (Some(Fate::Keep), Some((response, _))) => response.literal(literal),
                    _ => {}
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
        let within = self.within;
        let fate = match within {
            Some(fate) => fate,
            None if self.response.is_some() && self.goes_on(&line) => Fate::Keep,
            None if literal.is_none() => return self.whole_line(&line),
            None => self.fate_of(&line),
        };
        self.literal = literal.unwrap_or(0);
        self.within = literal.map(|_| fate);
        match fate {
            Fate::Pass => self.ready.extend_from_slice(&line),
            Fate::Keep => return self.keep(&line, literal.is_some()),
            Fate::Drop => {}
        }
        Ok(())
    }

    /// Whether a line belongs to the response before it, which lacks its end. One that does not
    /// leaves that response out.
    fn goes_on(&mut self, line: &[u8]) -> bool {
        let begins = line.starts_with(b"* ") || line.starts_with(b"+") || self.is_tagged(line);
        let goes_on = !begins
            && self
                .response
                .as_ref()
                .is_some_and(|(_, n)| *n < MAX_STRAY_LINES);
        if !goes_on {
            self.leave_out();
        }
        goes_on
    }

    fn leave_out(&mut self) {
        if let Some((response, _)) = self.response.take() {
            self.board.lock().note(&response.shown());
        }
    }

    /// Adds a line to the response that is taken in; without a literal it may be its end.
    fn keep(&mut self, line: &[u8], literal: bool) -> io::Result<()> {
        let (mut response, lines) = self.response.take().unwrap_or_default();
        response.line(line);
        if literal || response.is_open() {
            let lines = if literal { 0 } else { lines + 1 };
            self.response = Some((response, lines));
            return Ok(());
        }
        let mut shared = self.board.lock();
        let shown = response.shown();
        let read = match shared.expect {
            Expect::Messages => data::fetch(response).map(|item| shared.items.push(item)),
            Expect::Folders => data::list(response).map(|folder| shared.folders.push(folder)),
            // Nobody may take what cannot be read for "none found".
            _ => match data::search(response) {
                Ok(numbers) => {
                    shared.numbers.extend(numbers);
                    Ok(())
                }
                Err(_) => {
                    drop(shared);
                    return self.protocol(&shown);
                }
            },
        };
        if read.is_err() {
            if shared.expect == Expect::Folders {
                let line = shared.censor.text(&shown).to_string();
                shared.odd_folders.push(line);
            }
            shared.note(&shown);
        }
        Ok(())
    }

    /// A response in one line.
    fn whole_line(&mut self, line: &[u8]) -> io::Result<()> {
        let text = super::text_of(line);
        let text = text.trim_end();
        let (tag, rest) = text.split_once(' ').unwrap_or((text, ""));
        match tag {
            // Some servers put a blank line after a literal.
            "" if rest.is_empty() => Ok(()),
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
        drop(shared);
        self.condition(words);
        let shared = self.board.lock();
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
                match self.fate_of(line) {
                    Fate::Pass => return self.let_through(line),
                    Fate::Keep => return self.keep(line, false),
                    Fate::Drop => {}
                }
            }
        }
        Ok(())
    }

    /// `* OK`: what its code tells is kept, an alert is for the user.
    fn condition(&mut self, words: &str) {
        let mut shared = self.board.lock();
        let Some((code, value)) = code_of(words) else {
            return;
        };
        let state = shared.expect == Expect::State;
        match code.to_ascii_uppercase().as_str() {
            // RFC 3501, 9: a UIDVALIDITY is not zero.
            "UIDVALIDITY" if state => {
                shared.state.uid_validity = value.parse().ok().filter(|value| *value > 0);
            }
            "UIDNEXT" if state => shared.state.uid_next = value.parse().ok(),
            "HIGHESTMODSEQ" if state => shared.state.mod_seq = value.parse().ok(),
            "NOMODSEQ" if state => shared.state.mod_seq = None,
            "CAPABILITY" => shared.learn(value),
            "ALERT" => shared.note(words),
            _ => {}
        }
    }

    /// Whether a response is data that the running command asks for, or news of the folder.
    fn fate_of(&mut self, line: &[u8]) -> Fate {
        let text = super::text_of(line);
        let mut words = text.split_ascii_whitespace().skip(1);
        let first = words.next().unwrap_or("").to_ascii_uppercase();
        let second = words.next().unwrap_or("").to_ascii_uppercase();
        let number = first.parse::<u32>().ok();
        let mut shared = self.board.lock();
        let expect = shared.expect;
        let fate = match (first.as_str(), second.as_str()) {
            ("LIST", _) if expect == Expect::Folders => Fate::Keep,
            ("SEARCH", _) if expect == Expect::Numbers => Fate::Keep,
            ("QUOTA" | "QUOTAROOT", _) if expect == Expect::Quota && line.is_ascii() => Fate::Pass,
            (_, "FETCH") if number.is_some() && expect == Expect::Messages => Fate::Keep,
            (_, "EXISTS") if number.is_some() && expect == Expect::State => {
                shared.state.exists = number;
                Fate::Drop
            }
            (_, "EXISTS" | "EXPUNGE") if number.is_some() => {
                shared.news = true;
                Fate::Pass
            }
            _ => Fate::Drop,
        };
        let known = matches!(
            first.as_str(),
            "FLAGS" | "SEARCH" | "LSUB" | "STATUS" | "ENABLED" | "ID"
        ) || (number.is_some()
            && matches!(second.as_str(), "FETCH" | "RECENT" | "EXISTS"));
        if fate == Fate::Drop && !known {
            shared.note(text.trim_end());
        }
        fate
    }

    /// Whether a line ends the running command, or claims to.
    fn is_tagged(&self, line: &[u8]) -> bool {
        let text = super::text_of(line);
        let mut words = text.split_ascii_whitespace();
        let tag = words.next().unwrap_or("");
        let numbered = tag
            .strip_prefix('a')
            .is_some_and(|n| n.parse::<u32>().is_ok());
        let status = words.next().unwrap_or("").to_ascii_uppercase();
        numbered && matches!(status.as_str(), "OK" | "NO" | "BAD")
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
            Err(e) if is_timeout(&e) => return self.nothing_came(),
            Err(e) => return Err(e),
        };
        self.quiet = Duration::ZERO;
        {
            let mut shared = self.board.lock();
            shared.read += n as u64;
            shared.meter.add(n);
        }
        self.answer += n as u64;
        if self.answer > MAX_ANSWER {
            return self.protocol("an answer without end");
        }
        self.take_in(&block[..n])
    }

    /// Whether to wait on for an answer.
    fn nothing_came(&mut self) -> io::Result<()> {
        self.quiet += SLICE;
        let shared = self.board.lock();
        let asked = |stop: &Option<Stop>| stop.as_ref().is_some_and(Stop::is_asked);
        let patience = match (asked(&shared.hurry), shared.lively) {
            (true, _) => self.patience.min(HURRIED),
            (false, true) => self.patience.min(LIVELY),
            (false, false) => self.patience,
        };
        match asked(&shared.cut) || self.quiet >= patience {
            true => Err(ErrorKind::TimedOut.into()),
            false => Ok(()),
        }
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
        self.quiet = Duration::ZERO;
        // It is DONE that is written then; its answer does not come in slices.
        self.idling = false;
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

    use super::{Board, Censor, Expect, Filter, Wire};

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

    /// What comes through until the end, and what is kept of the rest.
    fn through(expect: Expect, octets: &[u8], at_once: usize) -> (String, String) {
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
        let shared = board.lock();
        let kept = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            shared.notes,
            shared.items,
            shared.folders,
            shared.odd_folders,
            shared.numbers,
            shared.state
        );
        (String::from_utf8(passed).unwrap(), kept)
    }

    fn uids(octets: &[u8]) -> (Vec<Option<u32>>, Vec<String>) {
        let board = Board::new(Censor::none());
        board.lock().expect = Expect::Messages;
        let mut filter = Filter::new(Pieces(octets, 5), board.clone(), Duration::ZERO);
        filter.write_all(b"a1 X\r\n").unwrap();
        let mut passed = Vec::new();
        // Ends in an error where the octets do.
        filter.read_to_end(&mut passed).unwrap_err();
        let shared = board.lock();
        let uids = shared.items.iter().map(|item| item.uid).collect();
        (uids, shared.notes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_comes_through_does_not_depend_on_the_pieces() {
        for (expect, octets, passed) in [
            (
                Expect::Messages,
                &b"* 1 FETCH (UID 1 BODY[] {7}\r\n* NO x\n BODY[1] {0}\r\n)\r\n\
                   * 2 FETCH (FLAGS (x {3}\r\n\r\n)))\r\na1 OK [X] perch\xe9\r\n"[..],
                "a1 OK .\r\n",
            ),
            (
                Expect::Changes,
                b"* 3 EXISTS\r\n* BAD x\r\n+ go\r\n* 4 EXISTS\n* OK still here\r\n",
                "+ go\r\n* 3 EXISTS\r\n* 4 EXISTS\r\n",
            ),
            (
                Expect::State,
                b"* 9 EXISTS\r\n* ok [UidValidity 7] x\r\n* OK [UIDNEXT y] x\r\n\
                  * SEARCH 1\r\na1 NO x\r\n",
                "a1 NO .\r\n",
            ),
            (
                Expect::Folders,
                b"* LIST () \"/\" {3}\r\nA b\r\n* LIST () \"/\" \"a\"b\"\r\na1 OK x\r\n",
                "a1 OK .\r\n",
            ),
        ] {
            let whole = through(expect, octets, usize::MAX);
            assert_eq!(whole.0, passed);
            for at_once in [1, 2, 7] {
                assert_eq!(through(expect, octets, at_once), whole);
            }
        }
    }

    #[test]
    fn an_odd_response_costs_nothing_but_itself() {
        for (octets, expected) in [
            // A blank line after a literal, and one after a response.
            (
                &b"* 1 FETCH (UID 1 BODY[] {1}\r\nx\r\n)\r\n\r\n* 2 FETCH (UID 2)\r\na1 OK\r\n"[..],
                &[1, 2][..],
            ),
            // Without its end.
            (b"* 1 FETCH (UID 1\r\n* 2 FETCH (UID 2)\r\na1 OK\r\n", &[2]),
            (b"* 2 FETCH (UID 2)\r\n* 1 FETCH (UID 1\r\na1 OK\r\n", &[2]),
            // A literal that is said to be shorter than it is.
            (
                b"* 1 FETCH (UID 1 BODY[] {1}\r\nxyz)\r\n* 2 FETCH (UID 2)\r\na1 OK\r\n",
                &[2],
            ),
            // Cut: what came whole is there.
            (
                b"* 2 FETCH (UID 2)\r\n* 1 FETCH (UID 1 BODY[] {9}\r\nx",
                &[2],
            ),
            (
                b"* 2 FETCH (UID 2)\r\n* BYE x\r\n* 1 FETCH (UID 1)\r\n",
                &[2],
            ),
        ] {
            let (found, _) = uids(octets);
            let expected: Vec<_> = expected.iter().copied().map(Some).collect();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(octets));
        }
        let (_, notes) = uids(b"* 1 FETCH (UID 1\r\n* 2 FETCH (UID 2)\r\na1 OK\r\n");
        assert_eq!(notes, ["* 1 FETCH (UID 1"]);
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
            Expect::State => drop(session.run_command_and_check_ok("EXAMINE INBOX")),
            Expect::Goodbye => drop(session.logout()),
            Expect::Folders => drop(session.run_command_and_check_ok("LIST \"\" *")),
            Expect::Messages => drop(session.run_command_and_check_ok("UID FETCH 7 BODY[]")),
            Expect::Numbers => drop(session.run_command_and_check_ok("UID SEARCH ALL")),
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
