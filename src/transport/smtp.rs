//! Handing over messages by SMTP submission (RFC 6409, over RFC 5321).
//!
//! What matters here is that after each message exactly one of four things is known: taken,
//! refused, not sent, or in doubt. So the order of reading and writing is our own, and `lettre`
//! supplies EHLO and the reading of replies. Its connection is not used: it keeps octets
//! that came before TLS and believes them afterwards, it takes a reply that is not UTF-8 for a
//! broken line, and it does not bound the length of a line. Nor is its AUTH, which knows PLAIN
//! and LOGIN in capitals and after a blank only, and repeats a challenge that it does not know.
//!
//! Commands leave in one write where the server offers PIPELINING (RFC 2920), DATA with them:
//! one turn of the line instead of one for each. That is safe because of what follows it: the
//! message is written only if DATA was answered 354, a recipient was taken and no octet is left
//! unread; in every other case the final dot is never written, and a server that waits for it
//! sees the connection end, which means "discard" (RFC 5321, 4.1.1.4). 8-bit messages and
//! SMTPUTF8 are not supported; certified mail needs neither.

use std::io;
use std::time::Duration;

use base64_simd::STANDARD as BASE64;
use lettre::transport::smtp::commands::{Ehlo, Quit, Rset, Starttls};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use super::canned::Canned;
use super::scribe::Protocol;
use super::tls::{self, ENDED_HERE, Line, SLICE, Socket, Wire};
use super::{
    Censor, Endpoint, Envelope, Error, Login, Manner, Meter, Reply, Roots, Security, Stop,
    Submission, SubmissionOutcome, SubmissionReport, Timeouts, text_of,
};
use crate::secret::Secret;

/// Octets of one reply. RFC 5321, 4.5.3.1.5 asks for 512 a line; EHLO has some twenty lines.
const MAX_REPLY: usize = 64 * 1024;

/// Commands in one write. Their answers must fit into the buffers between us and the server
/// while we still write (RFC 2920, 3.1); 50 answers of 100 octets do anywhere.
const MAX_COMMANDS_AT_ONCE: usize = 50;

/// Octets of the message in one write; a smaller one leaves in one, dot included.
const BLOCK: usize = 64 * 1024;

/// A connection to a submission server, logged in.
pub struct SmtpSubmission {
    dialogue: Dialogue<Box<dyn Line>>,
    timeouts: Timeouts,
    pipelining: bool,
    size_limit: Option<u64>,
    takes_size: bool,
    /// Who may end a submission before the server has answered.
    stop: Stop,
    /// Why it cannot be used any more.
    dead: Option<String>,
}

impl SmtpSubmission {
    /// Connects, agrees on TLS and logs in with AUTH PLAIN or LOGIN, once.
    ///
    /// # Errors
    /// [`Error::LoginRefused`] when AUTH was answered 5yz; [`Error::Refused`] for 4yz, which
    /// is about the server and not about the password (RFC 4954, 6); the rest as documented
    /// there.
    pub fn connect(
        endpoint: &Endpoint,
        roots: &Roots,
        login: &Login,
        manner: impl Into<Manner>,
    ) -> Result<Self, Error> {
        let manner = manner.into();
        let censor = Censor::of(login);
        let socket = tls::connect(endpoint, &manner, Protocol::Smtp, &censor)?;
        let dialogue = match endpoint.security {
            Security::Tls => {
                let stream = tls::handshake(&endpoint.host, roots, socket)?;
                let mut dialogue = Dialogue::over(stream, censor);
                dialogue.greeting()?;
                dialogue
            }
            Security::StartTls => {
                let socket = start_tls(socket, censor.clone())?;
                Dialogue::over(tls::handshake(&endpoint.host, roots, socket)?, censor)
            }
        };
        Self::greeted(dialogue, login, manner.timeouts)
    }

    /// A connection whose server answers each write by the octets up to the next NUL, EHLO first: for
    /// the fuzzer, which has no network.
    ///
    /// # Errors
    /// As [`Self::connect`].
    #[doc(hidden)]
    pub fn canned(answers: &[u8], login: &Login) -> Result<Self, Error> {
        let line = Canned::new(answers.to_vec());
        let dialogue = Dialogue::over(line, Censor::of(login));
        Self::greeted(dialogue, login, Timeouts::default())
    }

    /// The same of a line on which the server has greeted.
    fn greeted(
        mut dialogue: Dialogue<Box<dyn Line>>,
        login: &Login,
        timeouts: Timeouts,
    ) -> Result<Self, Error> {
        let response = dialogue.hello()?;
        log_in(&mut dialogue, &mechanisms(&response), login)?;
        let size = offer(&response, "SIZE");
        Ok(Self {
            dialogue,
            timeouts,
            pipelining: offer(&response, "PIPELINING").is_some(),
            // 0 means that there is no fixed limit (RFC 1870, 4).
            size_limit: size.and_then(|n| n.parse().ok()).filter(|n| *n > 0),
            takes_size: size.is_some(),
            stop: Stop::default(),
            dead: None,
        })
    }

    /// Ends a submission when this is asked: before the final dot nothing has left, and after it
    /// the message is in doubt.
    pub fn heed(&mut self, stop: Stop) {
        self.stop = stop;
    }

    /// Octets that are written from now on are counted here.
    pub fn count(&mut self, meter: Meter) {
        self.dialogue.meter = meter;
    }

    /// Says goodbye and ends the connection. What the server answers does not matter.
    pub fn quit(mut self) {
        if self.dead.is_none() {
            let _ = self.dialogue.command(Quit.to_string().as_bytes());
        }
    }

    /// Octets read and written since TLS was agreed, TLS itself not counted.
    pub fn octets_on_the_wire(&self) -> (u64, u64) {
        (self.dialogue.read, self.dialogue.written)
    }

    /// Ends the connection without a word: a server that waits for a message gets no dot.
    fn kill(&mut self, reason: String) {
        self.dialogue.stream.abort();
        self.dead.get_or_insert(reason);
    }

    /// Everything up to the octets of the message: `Ok` when the server waits for them.
    fn open(
        &mut self,
        commands: &[Vec<u8>],
        answers: &mut [Option<Reply>],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<(), Stopped> {
        self.dialogue.nothing_unread()?;
        let (mail, data) = self.exchange(commands, answers)?;
        let waits = data.as_ref().is_some_and(|reply| reply.code == 354);
        let refused = if is_positive(&mail) {
            refusal(answers, data)
        } else {
            // What the server says of recipients without a sender is not about them.
            answers.fill(None);
            Some(("MAIL", mail))
        };
        let Some((what, reply)) = refused else {
            before_data().map_err(|reason| Stopped::NotSent(Error::Held(reason)))?;
            return Ok(self.dialogue.nothing_unread()?);
        };
        if waits {
            // It would take a dot for a message, and must not get one.
            self.kill(format!("the server asks for a message after {reply}"));
        }
        Err(stopped_by(what, reply))
    }

    /// MAIL, one RCPT for each recipient, DATA; an error when they, or the message behind them,
    /// must not be written.
    fn commands(&self, envelope: &Envelope, octets: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        if let Some(reason) = &self.dead {
            return Err(Error::Broken(format!("the connection ended: {reason}")));
        }
        if envelope.recipients.is_empty() {
            return Err(Error::Held("no recipient".to_owned()));
        }
        if !is_plain_path(&envelope.sender) {
            return Err(Error::Injection("the sender's address"));
        }
        if !envelope.recipients.iter().all(|path| is_plain_path(path)) {
            return Err(Error::Injection("a recipient's address"));
        }
        if !is_canonical(octets) {
            return Err(Error::Injection("the message"));
        }
        let size = if self.takes_size {
            format!(" SIZE={}", octets.len())
        } else {
            String::new()
        };
        let mail = format!("MAIL FROM:<{}>{size}\r\n", envelope.sender);
        let recipients = envelope.recipients.iter();
        let mut commands = vec![mail.into_bytes()];
        commands.extend(recipients.map(|path| format!("RCPT TO:<{path}>\r\n").into_bytes()));
        commands.push(b"DATA\r\n".to_vec());
        Ok(commands)
    }

    /// Writes the commands, together or one by one, and reads their answers: those to RCPT
    /// into `answers`, those to MAIL and to DATA as the result. DATA is not reached when it
    /// can be told before that nobody takes the message.
    fn exchange(
        &mut self,
        commands: &[Vec<u8>],
        answers: &mut [Option<Reply>],
    ) -> Result<ToMailAndData, Stopped> {
        let at_once = if self.pipelining {
            MAX_COMMANDS_AT_ONCE
        } else {
            1
        };
        let mut mail = None;
        for (group, first) in commands.chunks(at_once).zip((0..).step_by(at_once)) {
            let all_refused = answers.iter().flatten().all(|reply| !is_positive(reply));
            if first == answers.len() + 1 && all_refused {
                break;
            }
            self.dialogue.write(&group.concat()).map_err(tls::broken)?;
            for at in first..first + group.len() {
                let reply = self.dialogue.reply()?;
                if reply.code == 421 {
                    return Err(stopped_by("the transaction", reply));
                }
                match at {
                    0 => mail = Some(reply),
                    _ if at <= answers.len() => answers[at - 1] = Some(reply),
                    _ => return Ok((mail.expect("it came first"), Some(reply))),
                }
            }
            if let Some(refused) = mail.as_ref().filter(|reply| !is_positive(reply)) {
                return Ok((refused.clone(), None));
            }
        }
        Ok((mail.expect("it came first"), None))
    }

    /// Writes the message; after the last block was begun, its fate is the server's.
    fn hand_over(&mut self, octets: &[u8]) -> SubmissionOutcome {
        if let Err(outcome) = self.write_message(octets) {
            return outcome;
        }
        // Reading the verdict may take minutes: it is now that the server stores the message.
        let read = self.dialogue.wait(self.timeouts.verdict, &self.stop);
        let restored = self.dialogue.stream.set_read_timeout(self.timeouts.answer);
        match read.and_then(|()| self.dialogue.reply()) {
            Ok(reply) if (200..300).contains(&reply.code) => {
                if let Err(e) = restored {
                    self.kill(tls::reason(&e));
                }
                SubmissionOutcome::Taken(reply)
            }
            Ok(reply) if is_final(&reply) => refused(reply),
            Ok(reply) => {
                let reason = format!("the answer was {reply}");
                in_doubt(Some(reply), reason)
            }
            Err(e) => in_doubt(None, e.to_string()),
        }
    }

    fn write_message(&mut self, octets: &[u8]) -> Result<(), SubmissionOutcome> {
        let ended = || SubmissionOutcome::NotSent(Error::Held(ENDED_HERE.to_owned()));
        let mut block = Vec::with_capacity(BLOCK.min(octets.len()) + 1024);
        for line in lines(octets) {
            if block.len() + line.len() > BLOCK && !block.is_empty() {
                if self.stop.is_asked() {
                    return Err(ended());
                }
                let written = self.dialogue.write(&block);
                written.map_err(|e| self.cut_off(SubmissionOutcome::NotSent(tls::broken(e))))?;
                block.clear();
            }
            if line.starts_with(b".") {
                block.push(b'.');
            }
            block.extend_from_slice(line);
        }
        if self.stop.is_asked() {
            return Err(ended());
        }
        block.extend_from_slice(b".\r\n");
        let written = self.dialogue.write(&block);
        written.map_err(|e| self.cut_off(in_doubt(None, tls::reason(&e))))
    }

    /// What became of a message that could not be written to its end: what the server said
    /// before it closed, where that is final, else what the broken line means.
    fn cut_off(&mut self, otherwise: SubmissionOutcome) -> SubmissionOutcome {
        let said = self.dialogue.last_words();
        let Some(reply) = said.filter(is_final) else {
            return otherwise;
        };
        self.kill(format!("closed after {reply}"));
        refused(reply)
    }
}

impl Submission for SmtpSubmission {
    fn submit(
        &mut self,
        envelope: &Envelope,
        octets: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport {
        let mut recipients = vec![None; envelope.recipients.len()];
        let commands = match self.commands(envelope, octets) {
            Ok(commands) => commands,
            // Nothing reached the wire, the connection is as it was.
            Err(error) => {
                let outcome = SubmissionOutcome::NotSent(error);
                return SubmissionReport {
                    recipients,
                    outcome,
                };
            }
        };
        let outcome = match self.open(&commands, &mut recipients, before_data) {
            Ok(()) => self.hand_over(octets),
            Err(Stopped::NotSent(error)) => SubmissionOutcome::NotSent(error),
            Err(Stopped::Refused(outcome)) => {
                self.reset();
                outcome
            }
        };
        match &outcome {
            SubmissionOutcome::NotSent(error) => self.kill(error.to_string()),
            SubmissionOutcome::InDoubt { reason, .. } => self.kill(reason.clone()),
            SubmissionOutcome::Taken(_)
            | SubmissionOutcome::Refused(_)
            | SubmissionOutcome::SenderRefused(_) => {}
        }
        SubmissionReport {
            recipients,
            outcome,
        }
    }

    fn size_limit(&self) -> Option<u64> {
        self.size_limit
    }

    fn close(self: Box<Self>) {
        self.quit();
    }
}

impl SmtpSubmission {
    /// Forgets a transaction that was refused, so that the next one begins clean.
    fn reset(&mut self) {
        if self.dead.is_some() {
            return;
        }
        match self.dialogue.command(Rset.to_string().as_bytes()) {
            Ok(reply) if is_positive(&reply) => {}
            Ok(reply) => self.kill(reply.to_string()),
            Err(e) => self.kill(e.to_string()),
        }
    }
}

/// Why the octets of the message were not written.
enum Stopped {
    NotSent(Error),
    Refused(SubmissionOutcome),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::NotSent(error)
    }
}

/// The answers to MAIL and, where it was asked, to DATA.
type ToMailAndData = (Reply, Option<Reply>);

/// What keeps the message from being written, if anything does.
fn refusal(answers: &[Option<Reply>], data: Option<Reply>) -> Option<(&'static str, Reply)> {
    let mut answered = answers.iter().flatten();
    if !answered.clone().any(is_positive) {
        // With no recipient at all it is DATA that says so.
        return answered
            .next()
            .cloned()
            .map(|reply| ("RCPT", reply))
            .or(data.map(|reply| ("DATA", reply)));
    }
    data.filter(|reply| reply.code != 354)
        .map(|reply| ("DATA", reply))
}

/// A negative answer. 421 is also the end of the connection; anything positive here came out of
/// turn.
fn stopped_by(what: &'static str, reply: Reply) -> Stopped {
    match reply.code {
        421 => Stopped::NotSent(Error::Refused { what, reply }),
        500..600 if what == "MAIL" && !reply.is_throttle() && !reply.is_of_the_message() => {
            Stopped::Refused(SubmissionOutcome::SenderRefused(reply))
        }
        400..600 => Stopped::Refused(refused(reply)),
        _ => Stopped::NotSent(Error::Protocol(format!("{what} was answered {reply}"))),
    }
}

/// A refusal anywhere but at MAIL.
fn refused(reply: Reply) -> SubmissionOutcome {
    match reply.is_of_a_used_up_limit() && !reply.is_throttle() {
        true => SubmissionOutcome::SenderRefused(reply),
        false => SubmissionOutcome::Refused(reply),
    }
}

/// Whether an answer to the message says that the server has it not. Relays that lost their own
/// next server say 421 and 451 too.
fn is_final(reply: &Reply) -> bool {
    (400..600).contains(&reply.code) && reply.code != 421 && reply.code != 451
}

fn in_doubt(reply: Option<Reply>, reason: String) -> SubmissionOutcome {
    SubmissionOutcome::InDoubt { reply, reason }
}

fn is_positive(reply: &Reply) -> bool {
    (200..300).contains(&reply.code)
}

/// Asks for TLS on a plain connection. Octets that came with the answer were not sent by the
/// server we are about to prove: they end the attempt (RFC 3207, 4.2).
fn start_tls(socket: Socket, censor: Censor) -> Result<Socket, Error> {
    let mut dialogue = Dialogue::new(socket, censor);
    dialogue.greeting().map_err(tls::greeting)?;
    let response = dialogue.hello()?;
    if offer(&response, "STARTTLS").is_none() {
        return Err(Error::NotOffered("STARTTLS"));
    }
    let reply = dialogue.command(Starttls.to_string().as_bytes())?;
    if reply.code != 220 {
        let what = "STARTTLS";
        return Err(Error::Refused { what, reply });
    }
    dialogue.nothing_unread()?;
    Ok(dialogue.stream)
}

/// AUTH PLAIN in one step (RFC 4616), or else LOGIN in three (draft-murchison-sasl-login): user
/// name and password are asked for in that order, in whatever words.
fn log_in(
    dialogue: &mut Dialogue<Box<dyn Line>>,
    offered: &[String],
    login: &Login,
) -> Result<(), Error> {
    let offers = |word: &str| offered.iter().any(|other| other == word);
    let (user, password) = (&*login.user, login.password.expose());
    if user.contains('\0') || password.contains('\0') {
        return Err(Error::Injection("user name or password"));
    }
    let steps = if offers("PLAIN") {
        let both = Secret::new(format!("\0{user}\0{password}"));
        vec![coded("AUTH PLAIN ", both.expose())]
    } else if offers("LOGIN") {
        let begin = Secret::new("AUTH LOGIN\r\n".to_owned());
        vec![begin, coded("", user), coded("", password)]
    } else {
        return Err(Error::NotOffered("AUTH PLAIN or LOGIN"));
    };
    for step in steps {
        let reply = dialogue.command(step.expose().as_bytes())?;
        let what = "AUTH";
        match reply.code {
            235 => return Ok(()),
            334 => {}
            400..500 => return Err(Error::Refused { what, reply }),
            500..600 => return Err(Error::LoginRefused(reply)),
            _ => return Err(Error::Protocol(format!("AUTH was answered {reply}"))),
        }
    }
    Err(Error::Protocol("AUTH: too many challenges".to_owned()))
}

/// A line that ends in the base64 of a text. It is made in one place, so that no copy stays.
fn coded(before: &str, text: &str) -> Secret {
    let mut line = String::with_capacity(before.len() + text.len() * 2 + 8);
    line.push_str(before);
    BASE64.encode_append(text, &mut line);
    line.push_str("\r\n");
    Secret::new(line)
}

/// What AUTH can be, in capitals; old servers write `AUTH=` before it.
fn mechanisms(response: &Response) -> Vec<String> {
    let lines = response.message().skip(1).map(str::to_ascii_uppercase);
    let lines = lines.filter(|line| line.starts_with("AUTH ") || line.starts_with("AUTH="));
    lines
        .flat_map(|line| {
            let words = line[5..].split([' ', '=']);
            words.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// What follows a keyword of EHLO, empty when it stands alone (RFC 5321, 4.1.1.1).
fn offer<'a>(response: &'a Response, keyword: &str) -> Option<&'a str> {
    response.message().skip(1).find_map(|line| {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        name.eq_ignore_ascii_case(keyword).then(|| value.trim())
    })
}

/// Whether a text can stand between `<` and `>` and end there. The rest of RFC 5321, 4.1.2 is
/// for the server to judge; a quoted local part with a blank is refused, no provider has them.
fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .bytes()
            .all(|c| c.is_ascii_graphic() && c != b'<' && c != b'>')
}

/// Whether a message is 7-bit, in lines that end in CRLF, with neither of the two elsewhere:
/// what is not could end early at some server, and begin another message there.
fn is_canonical(octets: &[u8]) -> bool {
    octets.ends_with(b"\r\n")
        && octets.is_ascii()
        && memchr::memchr(0, octets).is_none()
        && memchr::memchr2_iter(b'\r', b'\n', octets).all(|at| match octets[at] {
            b'\r' => octets.get(at + 1) == Some(&b'\n'),
            _ => at > 0 && octets[at - 1] == b'\r',
        })
}

/// Lines with their ends.
fn lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// Commands out, replies in, over any stream.
struct Dialogue<S> {
    stream: S,
    censor: Censor,
    unread: Vec<u8>,
    read: u64,
    written: u64,
    meter: Meter,
}

impl<S: Wire> Dialogue<S> {
    fn new(stream: S, censor: Censor) -> Self {
        Self {
            stream,
            censor,
            unread: Vec::new(),
            read: 0,
            written: 0,
            meter: Meter::default(),
        }
    }

    fn greeting(&mut self) -> Result<(), Error> {
        let reply = self.reply()?;
        match reply.code {
            220 => Ok(()),
            400..600 => Err(Error::Refused {
                what: "the greeting",
                reply,
            }),
            _ => Err(Error::Protocol(reply.to_string())),
        }
    }

    /// EHLO with an address literal: the name of this computer is nobody's business.
    fn hello(&mut self) -> Result<Response, Error> {
        let hello = Ehlo::new(ClientId::default()).to_string();
        self.write(hello.as_bytes()).map_err(tls::broken)?;
        let (reply, response) = self.response()?;
        if !is_positive(&reply) {
            let what = "EHLO";
            return Err(Error::Refused { what, reply });
        }
        Ok(response)
    }

    fn command(&mut self, command: &[u8]) -> Result<Reply, Error> {
        self.write(command).map_err(tls::broken)?;
        self.reply()
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.written += octets.len() as u64;
        self.stream.write_all(octets)?;
        self.stream.flush()?;
        self.meter.add(octets.len());
        Ok(())
    }

    /// Between commands the server has nothing to say: what is there was not asked for.
    fn nothing_unread(&self) -> Result<(), Error> {
        if self.unread.is_empty() {
            return Ok(());
        }
        let text = self.censor.text(&self.unread);
        Err(Error::Protocol(format!("octets out of turn: {text}")))
    }

    /// Waits until the server says something, or somebody asks to stop. Leaves the time limit of
    /// a read short.
    fn wait(&mut self, limit: Duration, stop: &Stop) -> Result<(), Error> {
        let slice = SLICE.min(limit).max(Duration::from_millis(1));
        self.stream.set_read_timeout(slice).map_err(tls::broken)?;
        let mut left = limit;
        while self.unread.is_empty() {
            let mut block = [0; 4096];
            match self.stream.read(&mut block) {
                Ok(0) => return Err(Error::Broken("closed by the server".to_owned())),
                Ok(n) => self.take_in(&block[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if tls::is_timeout(&e) && left > slice => left -= slice,
                Err(e) => return Err(tls::broken(e)),
            }
            if stop.is_asked() && self.unread.is_empty() {
                return Err(Error::Broken(ENDED_HERE.to_owned()));
            }
        }
        Ok(())
    }

    fn reply(&mut self) -> Result<Reply, Error> {
        self.response().map(|(reply, _)| reply)
    }

    /// Reads one reply of any number of lines (RFC 5321, 4.2.1).
    fn response(&mut self) -> Result<(Reply, Response), Error> {
        let mut text = String::new();
        let mut length = 0;
        loop {
            let line = self.line(MAX_REPLY)?;
            length += line.len();
            if length > MAX_REPLY {
                return Err(Error::Protocol("a reply without end".to_owned()));
            }
            let line = text_of(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            text.push_str(line);
            // A code alone is a reply (RFC 5321, 4.2): the reader wants the blank.
            if line.len() == 3 {
                text.push(' ');
            }
            text.push_str("\r\n");
            if line.as_bytes().get(3) != Some(&b'-') {
                break;
            }
        }
        let response: Response = text
            .parse()
            .map_err(|_| Error::Protocol(self.censor.text(text.trim_end()).to_string()))?;
        let text = response.message().collect::<Vec<_>>().join(" ");
        let reply = Reply {
            code: response.code().into(),
            text: self.censor.text(text),
        };
        Ok((reply, response))
    }

    fn line(&mut self, most: usize) -> Result<Vec<u8>, Error> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.unread[searched..]) {
                let rest = self.unread.split_off(searched + at + 1);
                return Ok(std::mem::replace(&mut self.unread, rest));
            }
            searched = self.unread.len();
            if searched > most {
                return Err(Error::Protocol("a reply without end".to_owned()));
            }
            let mut block = [0; 4096];
            match self.stream.read(&mut block) {
                Ok(0) => return Err(Error::Broken("closed by the server".to_owned())),
                Ok(n) => self.take_in(&block[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(tls::broken(e)),
            }
        }
    }

    fn take_in(&mut self, octets: &[u8]) {
        self.read += octets.len() as u64;
        self.unread.extend_from_slice(octets);
    }
}

impl Dialogue<Box<dyn Line>> {
    fn over(line: impl Line + 'static, censor: Censor) -> Self {
        Self::new(Box::new(line), censor)
    }

    /// A reply that came before the line was closed, if a whole one did.
    fn last_words(&mut self) -> Option<Reply> {
        let octets = self.stream.last_octets();
        self.take_in(&octets);
        let whole = self.unread.ends_with(b"\n");
        whole.then(|| self.reply().ok()).flatten()
    }
}
