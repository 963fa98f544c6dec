//! A server that says what a test tells it to, for all that real servers do not do.
//!
//! ```ignore
//! let server = Scripted::start(Security::Tls, |peer| {
//!     peer.smtp_login("PIPELINING");
//!     peer.hear("MAIL FROM:");
//!     peer.cut();
//! });
//! let connection = SmtpSubmission::connect(&server.endpoint(), …);
//! server.finish();
//! ```
//!
//! A step that does not fit ends the script; [`Scripted::finish`] then fails the test and says
//! which. A server waits for at most half a minute.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use postacert::transport::{Endpoint, Security};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::tls;

/// How long a server waits for a client.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long nothing must come for [`Peer::hear_nothing`].
const SILENCE: Duration = Duration::from_millis(60);

/// A server for one connection.
pub struct Scripted<T> {
    port: u16,
    security: Security,
    script: JoinHandle<T>,
}

impl<T: Send + 'static> Scripted<T> {
    /// Listens on a free port; the script begins with the first connection, after the handshake
    /// where TLS comes first.
    pub fn start(security: Security, script: impl FnOnce(&mut Peer) -> T + Send + 'static) -> Self {
        let certificate = tls::certificate(&["localhost"], &[[127, 0, 0, 1]]);
        Self::with_certificate(security, certificate, script)
    }

    /// The same with another certificate.
    pub fn with_certificate(
        security: Security,
        certificate: Vec<u8>,
        script: impl FnOnce(&mut Peer) -> T + Send + 'static,
    ) -> Self {
        Self::listening(security, certificate, move |accept| script(&mut accept()))
    }

    fn listening(
        security: Security,
        certificate: Vec<u8>,
        play: impl FnOnce(&dyn Fn() -> Peer) -> T + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let configuration = Arc::new(tls::configuration(certificate));
        let accept = move || {
            let (socket, _) = listener.accept().expect("a client");
            Peer::new(socket, configuration.clone(), security)
        };
        Self {
            port,
            security,
            script: std::thread::spawn(move || play(&accept)),
        }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            host: "localhost".to_owned(),
            port: self.port,
            security: self.security,
        }
    }

    /// What the script gave.
    ///
    /// # Panics
    /// When the script did: the client did something else.
    pub fn finish(self) -> T {
        match self.script.join() {
            Ok(result) => result,
            Err(reason) => std::panic::resume_unwind(reason),
        }
    }
}

/// What is said on one connection.
pub type Script = Box<dyn FnOnce(&mut Peer) + Send>;

impl Scripted<()> {
    /// A server for several connections, one after the other: each script has the next.
    pub fn in_turn(security: Security, scripts: Vec<Script>) -> Self {
        let certificate = tls::certificate(&["localhost"], &[[127, 0, 0, 1]]);
        Self::listening(security, certificate, move |accept| {
            scripts.into_iter().for_each(|script| script(&mut accept()));
        })
    }
}

enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

/// The server's side of the connection.
pub struct Peer {
    line: Option<Line>,
    configuration: Arc<ServerConfig>,
    tag: String,
}

impl Peer {
    /// The server's side of a connection that was accepted, after the handshake where TLS comes
    /// first.
    pub fn new(socket: TcpStream, configuration: Arc<ServerConfig>, security: Security) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("an option");
        socket.set_nodelay(true).expect("an option");
        let mut peer = Self {
            line: Some(Line::Plain(socket)),
            configuration,
            tag: String::new(),
        };
        if security == Security::Tls {
            peer.start_tls();
        }
        peer
    }

    /// Writes lines at once, each ended by CRLF; `TAG` is the tag of the last command heard. A client that
    /// ends at the first has read them all.
    pub fn say(&mut self, text: &str) {
        let lines = text.lines().map(|line| format!("{line}\r\n"));
        let all: String = lines.collect();
        self.say_octets(all.replace("TAG", &self.tag).as_bytes());
    }

    /// Writes octets as they are. A client that is gone is no error here.
    pub fn say_octets(&mut self, octets: &[u8]) {
        let _ = match self.line.as_mut().expect("not cut") {
            Line::Plain(line) => line.write_all(octets).and_then(|()| line.flush()),
            Line::Tls(line) => line.write_all(octets).and_then(|()| line.flush()),
        };
    }

    /// Reads a line that must begin so, after its tag if it has one.
    #[track_caller]
    pub fn hear(&mut self, begins: &str) -> String {
        let line = String::from_utf8(self.line()).expect("UTF-8");
        let (tag, command) = line.split_once(' ').unwrap_or(("", &line));
        if command.starts_with(begins) && !line.starts_with(begins) {
            self.tag = tag.to_owned();
        } else {
            assert!(line.starts_with(begins), "expected {begins}, got {line:?}");
        }
        line
    }

    /// Reads a message up to its dot, and takes the stuffing out.
    pub fn hear_message(&mut self) -> Vec<u8> {
        let mut message = Vec::new();
        loop {
            let line = self.line();
            if line == b".\r\n" {
                return message;
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }

    /// Reads so many octets.
    pub fn hear_octets(&mut self, count: usize) -> Vec<u8> {
        let mut octets = vec![0; count];
        let mut filled = 0;
        while filled < count {
            match self.read(&mut octets[filled..]) {
                Ok(0) | Err(_) => panic!("gone after {filled} octets"),
                Ok(n) => filled += n,
            }
        }
        octets
    }

    /// The client must close now, or break the connection off.
    #[track_caller]
    pub fn hear_end(&mut self) {
        let mut octets = [0; 256];
        match self.read(&mut octets) {
            Ok(0) => {}
            Ok(n) => panic!(
                "expected the end, got {:?}",
                String::from_utf8_lossy(&octets[..n])
            ),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("expected the end, got nothing")
            }
            Err(_) => {}
        }
    }

    /// The client must have nothing more to say now.
    #[track_caller]
    pub fn hear_nothing(&mut self) {
        self.patience(SILENCE);
        let mut octets = [0; 256];
        match self.read(&mut octets) {
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Ok(n) => panic!(
                "expected nothing, got {:?}",
                String::from_utf8_lossy(&octets[..n])
            ),
            Err(e) => panic!("expected nothing, got {e}"),
        }
        self.patience(PATIENCE);
    }

    /// Agrees on TLS. A client that refuses is no error: the script may go on to [`Peer::hear_end`].
    pub fn start_tls(&mut self) {
        let Some(Line::Plain(mut socket)) = self.line.take() else {
            panic!("TLS within TLS");
        };
        let connection = ServerConnection::new(self.configuration.clone());
        let mut connection = connection.expect("a good configuration");
        while connection.is_handshaking() {
            if connection.complete_io(&mut socket).is_err() {
                break;
            }
        }
        self.line = Some(Line::Tls(Box::new(StreamOwned::new(connection, socket))));
    }

    /// Breaks the connection off without TLS's goodbye.
    pub fn cut(&mut self) {
        let _ = match self.line.take().expect("not cut") {
            Line::Plain(socket) => socket.shutdown(Shutdown::Both),
            Line::Tls(line) => line.sock.shutdown(Shutdown::Both),
        };
    }

    /// Closes the connection as TLS wants it.
    pub fn close(&mut self) {
        if let Some(Line::Tls(mut line)) = self.line.take() {
            line.conn.send_close_notify();
            let _ = line.flush();
        }
    }

    fn patience(&mut self, time: Duration) {
        let socket = match self.line.as_ref().expect("not cut") {
            Line::Plain(socket) => socket,
            Line::Tls(line) => &line.sock,
        };
        socket.set_read_timeout(Some(time)).expect("an option");
    }

    fn read(&mut self, octets: &mut [u8]) -> std::io::Result<usize> {
        match self.line.as_mut().expect("not cut") {
            Line::Plain(line) => line.read(octets),
            Line::Tls(line) => line.read(octets),
        }
    }

    /// The next command without its tag, which is kept for the answer; `None` when the client
    /// is gone.
    pub fn command(&mut self) -> Option<String> {
        let line = String::from_utf8_lossy(&self.try_line().ok()?).into_owned();
        let line = line.trim_end();
        // DONE has no tag: it is answered under that of IDLE.
        Some(match line.split_once(' ') {
            Some((tag, command)) => {
                self.tag = tag.to_owned();
                command.to_owned()
            }
            None => line.to_owned(),
        })
    }

    fn line(&mut self) -> Vec<u8> {
        match self.try_line() {
            Ok(line) => line,
            Err((end, line)) => panic!("{end} after {:?}", String::from_utf8_lossy(&line)),
        }
    }

    /// A line, or how it ended and what came of it.
    fn try_line(&mut self) -> Result<Vec<u8>, (String, Vec<u8>)> {
        let mut line = Vec::new();
        let mut octet = [0];
        while line.last() != Some(&b'\n') {
            match self.read(&mut octet) {
                Ok(1) => line.push(octet[0]),
                end => return Err((format!("{end:?}"), line)),
            }
        }
        Ok(line)
    }
}

/// The beginnings of sessions, always the same.
impl Peer {
    /// Greeting, EHLO with these keywords beside AUTH, and a login that works.
    pub fn smtp_login(&mut self, keywords: &str) {
        self.smtp_hello(&format!("AUTH PLAIN LOGIN\n{keywords}"));
        self.hear("AUTH PLAIN ");
        self.say("235 2.7.0 ok");
    }

    /// Greeting and EHLO with these keywords, one a line.
    pub fn smtp_hello(&mut self, keywords: &str) {
        self.say("220 prova ESMTP");
        self.smtp_hello_again(keywords);
    }

    /// EHLO without a greeting before, as after STARTTLS.
    pub fn smtp_hello_again(&mut self, keywords: &str) {
        self.hear("EHLO ");
        self.say("250-prova");
        for keyword in keywords.lines().filter(|keyword| !keyword.is_empty()) {
            self.say(&format!("250-{keyword}"));
        }
        self.say("250 ENHANCEDSTATUSCODES");
    }

    /// MAIL, so many RCPT and DATA, each taken; the message is next.
    pub fn smtp_transaction(&mut self, recipients: usize) {
        self.hear("MAIL FROM:<");
        self.say("250 2.1.0 ok");
        for _ in 0..recipients {
            self.hear("RCPT TO:<");
            self.say("250 2.1.5 ok");
        }
        self.hear("DATA");
        self.say("354 go");
    }

    /// Greeting and a login that works, with these capabilities.
    pub fn imap_login(&mut self, capabilities: &str) {
        self.say(&format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] prova"));
        self.hear("LOGIN ");
        self.say(&format!("TAG OK [CAPABILITY IMAP4rev1 {capabilities}] in"));
    }

    /// The command must be this; the answer follows.
    pub fn imap(&mut self, command: &str, answer: &str) {
        self.hear(command);
        self.say(answer);
    }
}
