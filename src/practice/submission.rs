//! The submission server (RFC 6409 over RFC 5321): EHLO, STARTTLS, AUTH PLAIN and LOGIN, SIZE,
//! PIPELINING, 8BITMIME.
//!
//! Speaks SMTP and nothing else: what becomes of a message is the business of [`Provider`].
//! Lines end in CRLF and in nothing else, so that no message hides in another.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64_simd::STANDARD;
use rustls::ServerConfig;

use super::access::{Behaviour, Submitted};
use super::config::Fault;
use super::provider::Provider;
use super::server::Line;
use crate::address::MailAddress;

/// A command line: RFC 5321, 4.5.3.1.4 asks for 512, AUTH for more (RFC 4954, 4).
const COMMAND_OCTETS: usize = 12_288;
/// A text line with its end (RFC 5321, 4.5.3.1.6).
const TEXT_LINE_OCTETS: usize = 1_000;
/// A text line that is read to its end before it is refused.
const READ_LINE_OCTETS: usize = 1024 * 1024;
/// Recipients of one message: what the largest provider takes.
const MAX_RECIPIENTS: usize = 500;
/// Commands that are not understood, and logins refused, before the line is closed.
const MAX_ERRORS: usize = 20;
const MAX_LOGINS: usize = 3;
/// RFC 5321, 4.5.3.2.7.
const PATIENCE: Duration = Duration::from_secs(300);

/// When TLS begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// From the first octet.
    Tls,
    /// After STARTTLS; before it nobody logs in.
    StartTls,
}

/// Serves one connection to its end.
pub(super) fn serve(
    stream: TcpStream,
    begin: Begin,
    config: &Arc<ServerConfig>,
    provider: &Arc<Provider>,
) {
    let line = match begin {
        Begin::Tls => Line::tls(stream, config),
        Begin::StartTls => Line::clear(stream),
    };
    let Ok(line) = line else { return };
    let mut session = Session {
        line: Some(line),
        config,
        provider,
        user: None,
        sender: None,
        recipients: Vec::new(),
        errors: 0,
        logins: 0,
    };
    // A line that broke is no failure of ours.
    drop(session.run());
}

struct Session<'a> {
    /// Only absent while STARTTLS takes it over.
    line: Option<Line>,
    config: &'a Arc<ServerConfig>,
    provider: &'a Arc<Provider>,
    user: Option<String>,
    sender: Option<String>,
    recipients: Vec<String>,
    errors: usize,
    logins: usize,
}

/// Whether the connection goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    End,
}

impl Session<'_> {
    fn line(&mut self) -> io::Result<&mut Line> {
        self.line
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn reply(&mut self, text: &str) -> io::Result<Next> {
        self.line()?.send(format!("{text}\r\n").as_bytes())?;
        Ok(Next::Command)
    }

    fn run(&mut self) -> io::Result<()> {
        self.line()?.wait_at_most(PATIENCE)?;
        let domain = self.provider.domain().to_owned();
        self.reply(&format!("220 {domain} ESMTP PROVA, nessun valore legale"))?;
        while self.command()? == Next::Command {
            if self.errors > MAX_ERRORS {
                self.reply("421 4.7.0 troppi errori")?;
                break;
            }
        }
        self.line()?.close();
        Ok(())
    }

    /// One line without its end; `None` at the end of the stream, or when it is too long.
    fn read(&mut self) -> io::Result<Option<String>> {
        let mut octets = Vec::new();
        self.line()?.read_line(&mut octets, COMMAND_OCTETS)?;
        let text = octets.strip_suffix(b"\n");
        let text = text.map(|text| text.strip_suffix(b"\r").unwrap_or(text));
        Ok(text.map(|text| String::from_utf8_lossy(text).into_owned()))
    }

    fn command(&mut self) -> io::Result<Next> {
        let Some(text) = self.read()? else {
            return Ok(Next::End);
        };
        let (verb, argument) = text.split_once(' ').unwrap_or((&text, ""));
        let argument = argument.trim();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.greet(),
            "HELO" => {
                let reply = format!("250 {}", self.provider.domain());
                self.reply(&reply)
            }
            "STARTTLS" => self.start_tls(),
            "AUTH" => self.authenticate(argument),
            "MAIL" => self.mail(argument),
            "RCPT" => self.recipient(argument),
            "DATA" => self.data(),
            "RSET" => {
                self.reset();
                self.reply("250 2.0.0 ok")
            }
            "NOOP" => self.reply("250 2.0.0 ok"),
            "VRFY" => self.reply("252 2.5.0 provare a spedire"),
            "QUIT" => {
                self.reply("221 2.0.0 arrivederci")?;
                Ok(Next::End)
            }
            _ => self.fault("500 5.5.2 comando sconosciuto"),
        }
    }

    fn fault(&mut self, reply: &str) -> io::Result<Next> {
        self.errors += 1;
        self.reply(reply)
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn greet(&mut self) -> io::Result<Next> {
        self.reset();
        let is_tls = self.line()?.is_tls();
        let mut reply = format!(
            "250-{}\r\n250-PIPELINING\r\n250-SIZE {}\r\n250-8BITMIME\r\n",
            self.provider.domain(),
            self.provider.config().size_limit
        );
        reply.push_str(match is_tls {
            true => "250 AUTH PLAIN LOGIN",
            false => "250 STARTTLS",
        });
        self.reply(&reply)
    }

    fn start_tls(&mut self) -> io::Result<Next> {
        if self.line()?.is_tls() {
            return self.fault("503 5.5.1 TLS e' gia' attivo");
        }
        self.reply("220 2.0.0 pronto per TLS")?;
        self.reset();
        if let Some(line) = self.line.take() {
            self.line = Some(line.start_tls(self.config)?);
        }
        self.line()?.wait_at_most(PATIENCE)?;
        Ok(Next::Command)
    }

    fn authenticate(&mut self, argument: &str) -> io::Result<Next> {
        if !self.line()?.is_tls() {
            return self.fault("538 5.7.11 prima STARTTLS");
        }
        if self.user.is_some() {
            return self.fault("503 5.5.1 accesso gia' fatto");
        }
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let login = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => self
                .answer("", initial)?
                .and_then(|text| plain_login(&text)),
            "LOGIN" => {
                let user = self.answer("VXNlcm5hbWU6", initial)?;
                let password = self.answer("UGFzc3dvcmQ6", "")?;
                user.zip(password)
            }
            _ => return self.fault("504 5.5.4 meccanismo sconosciuto"),
        };
        match login {
            Some((user, password)) if self.provider.admits(&user, &password) => {
                self.user = Some(user);
                self.reply("235 2.7.0 accesso riuscito")
            }
            _ => {
                self.logins += 1;
                self.fault("535 5.7.8 nome utente o password errati")?;
                Ok(match self.logins >= MAX_LOGINS {
                    true => Next::End,
                    false => Next::Command,
                })
            }
        }
    }

    /// What the client says in base64, at once or when asked.
    fn answer(&mut self, question: &str, initial: &str) -> io::Result<Option<String>> {
        let text = match initial {
            "" => {
                self.reply(&format!("334 {question}"))?;
                self.read()?.unwrap_or_default()
            }
            "=" => String::new(),
            given => given.to_owned(),
        };
        let octets = STANDARD.decode_to_vec(text.trim()).ok();
        Ok(octets.and_then(|octets| String::from_utf8(octets).ok()))
    }

    fn mail(&mut self, argument: &str) -> io::Result<Next> {
        let Some(user) = self.user.clone() else {
            return self.fault("530 5.7.0 prima l'accesso");
        };
        if self.sender.is_some() {
            return self.fault("503 5.5.1 MAIL gia' dato");
        }
        let Some((sender, parameters)) = path(argument, "FROM:") else {
            return self.fault("501 5.5.4 MAIL FROM:<indirizzo>");
        };
        if let Err(reply) = self.check_parameters(&parameters) {
            return self.reply(&reply);
        }
        if !sender.eq_ignore_ascii_case(&user) {
            return self.reply("553 5.7.1 il mittente non e' chi ha fatto l'accesso");
        }
        if let Some(reply) = self.provider.throttled(&user) {
            return self.reply(&reply);
        }
        self.sender = Some(sender);
        self.reply("250 2.1.0 ok")
    }

    fn check_parameters(&self, parameters: &str) -> Result<(), String> {
        for parameter in parameters.split_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match (name.to_ascii_uppercase().as_str(), value) {
                ("SIZE", size) => match size.parse::<u64>() {
                    Ok(size) if size <= self.provider.config().size_limit => {}
                    Ok(_) => return Err("552 5.3.4 messaggio troppo grande".into()),
                    Err(_) => return Err("501 5.5.4 SIZE".into()),
                },
                ("BODY", "7BIT" | "8BITMIME" | "7bit" | "8bitmime") => {}
                ("AUTH", _) => {}
                _ => return Err("555 5.5.4 parametro sconosciuto".into()),
            }
        }
        Ok(())
    }

    fn recipient(&mut self, argument: &str) -> io::Result<Next> {
        if self.sender.is_none() {
            return self.fault("503 5.5.1 prima MAIL");
        }
        let Some((address, parameters)) = path(argument, "TO:") else {
            return self.fault("501 5.5.4 RCPT TO:<indirizzo>");
        };
        if !parameters.is_empty() {
            return self.reply("555 5.5.4 parametro sconosciuto");
        }
        if !MailAddress::new(&address).is_well_formed() || !address.is_ascii() {
            return self.reply("553 5.1.3 indirizzo non valido");
        }
        if self.recipients.len() >= MAX_RECIPIENTS {
            return self.reply("452 4.5.3 troppi destinatari");
        }
        match Behaviour::of(&address, self.provider.domain()) {
            Behaviour::Refused => return self.reply("550 5.1.1 destinatario rifiutato"),
            Behaviour::Later if self.provider.is_first(&address) => {
                return self.reply("450 4.2.0 riprovare tra poco");
            }
            Behaviour::Delivered
            | Behaviour::Unknown
            | Behaviour::Full
            | Behaviour::Virus
            | Behaviour::Slow
            | Behaviour::Late
            | Behaviour::Never
            | Behaviour::Forged
            | Behaviour::Later
            | Behaviour::Ordinary => {}
        }
        self.recipients.push(address);
        self.reply("250 2.1.5 ok")
    }

    fn data(&mut self) -> io::Result<Next> {
        let Some(sender) = self.sender.clone() else {
            return self.fault("503 5.5.1 prima MAIL");
        };
        if self.recipients.is_empty() {
            return self.reply("554 5.5.1 nessun destinatario valido");
        }
        let fault = self.provider.next_fault();
        if fault == Some(Fault::CutBeforeData) {
            self.line()?.cut();
            return Ok(Next::End);
        }
        self.reply("354 scrivere, e finire con un punto da solo")?;
        if let Some(Fault::CutDuringData) = fault {
            let mut first = Vec::new();
            self.line()?.read_line(&mut first, READ_LINE_OCTETS)?;
            self.line()?.cut();
            return Ok(Next::End);
        }
        let octets = self.read_message()?;
        let recipients = std::mem::take(&mut self.recipients);
        self.sender = None;
        let octets = match octets {
            Ok(octets) => octets,
            Err(reply) => return self.reply(reply),
        };
        let submitted = Submitted {
            sender,
            recipients,
            octets,
        };
        self.hand_over(submitted, fault)
    }

    /// The message is complete: it is kept or not, and the answer comes or not.
    fn hand_over(&mut self, submitted: Submitted, fault: Option<Fault>) -> io::Result<Next> {
        let is_kept = !matches!(
            fault,
            Some(Fault::CutAfterDotLost | Fault::Answer { kept: false, .. })
        );
        let identifier = match is_kept {
            true => self.provider.take(submitted),
            false => String::new(),
        };
        match fault {
            Some(Fault::CutAfterDotKept | Fault::CutAfterDotLost) => {
                self.line()?.cut();
                Ok(Next::End)
            }
            Some(Fault::Answer { reply, .. }) => self.reply(&reply),
            Some(Fault::None | Fault::CutBeforeData | Fault::CutDuringData) | None => {
                self.reply(&format!("250 2.0.0 {identifier} ricevuto"))
            }
        }
    }

    /// The octets up to the line with a dot alone, without the dots that were put before others
    /// (RFC 5321, 4.5.2); or what is answered instead. Read to its end in either case.
    fn read_message(&mut self) -> io::Result<Result<Vec<u8>, &'static str>> {
        let limit = usize::try_from(self.provider.config().size_limit).unwrap_or(usize::MAX);
        let mut octets = Vec::new();
        let mut line = Vec::new();
        let mut refused = None;
        // A dot after a bare line feed is text: other servers would read on (SMTP smuggling).
        let mut is_line_start = true;
        loop {
            line.clear();
            self.line()?.read_line(&mut line, READ_LINE_OCTETS)?;
            if !line.ends_with(b"\n") {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" && is_line_start {
                break;
            }
            is_line_start = line.ends_with(b"\r\n");
            let text = line.strip_prefix(b".").unwrap_or(&line);
            refused = refused.or_else(|| fault_of_line(text));
            if octets.len() + text.len() > limit {
                refused = Some("552 5.3.4 messaggio troppo grande");
            }
            match refused {
                None => octets.extend_from_slice(text),
                Some(_) => octets = Vec::new(),
            }
        }
        Ok(refused.map_or(Ok(octets), Err))
    }
}

/// What no message may hold.
fn fault_of_line(line: &[u8]) -> Option<&'static str> {
    let text = line.strip_suffix(b"\r\n");
    match text {
        None => Some("554 5.6.0 una riga non finisce con CRLF"),
        Some(text) if memchr::memchr2(b'\r', 0, text).is_some() => {
            Some("554 5.6.0 CR o NUL dentro una riga")
        }
        Some(_) if line.len() > TEXT_LINE_OCTETS => Some("554 5.6.0 riga troppo lunga"),
        Some(_) => None,
    }
}

/// `authorization NUL user NUL password` (RFC 4616).
fn plain_login(text: &str) -> Option<(String, String)> {
    let mut pieces = text.splitn(3, '\0').skip(1);
    Some((pieces.next()?.to_owned(), pieces.next()?.to_owned()))
}

/// The address in `FROM:<address> PARAMETERS`, and the parameters.
fn path(argument: &str, word: &str) -> Option<(String, String)> {
    let start = argument.get(..word.len())?;
    if !start.eq_ignore_ascii_case(word) {
        return None;
    }
    let rest = argument[word.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    Some((address.to_owned(), parameters.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_at_their_brackets() {
        let cut = |text| path(text, "FROM:");
        assert_eq!(
            cut("FROM:<a@b> SIZE=3"),
            Some(("a@b".into(), "SIZE=3".into()))
        );
        assert_eq!(cut("from: <a@b>"), Some(("a@b".into(), String::new())));
        for wrong in ["FROM:a@b", "TO:<a@b>", "", "FROM:<a@b", "FRÖM:<a@b>"] {
            assert_eq!(cut(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(fault_of_line(b"x\r\n"), None);
        for wrong in [&b"x\n"[..], b"x\ry\r\n", b"x\0\r\n"] {
            assert!(fault_of_line(wrong).is_some());
        }
        let long = [&[b'x'; 999][..], b"\r\n"].concat();
        assert!(fault_of_line(&long).is_some());
        assert!(fault_of_line(&long[1..]).is_none());
    }
}
