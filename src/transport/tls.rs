//! TCP and TLS: a connection whose server has been proved to be the one asked for.
//!
//! TLS 1.2 and 1.3 by `rustls` with the aws-lc provider; the authorities are those of [`Roots`]
//! and no others, the system's list is not read. Client certificates, revocation and proxies are
//! not supported.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::probe::addresses;
use super::scribe::{Protocol, Scribe};
use super::{Censor, Endpoint, Error, Manner, Roots, Stop, Timeouts, TlsFault};

/// The reason of a time limit that passed.
pub(super) const NO_ANSWER: &str = "no answer in time";

/// The reason of what a person ended.
pub(super) const ENDED_HERE: &str = "ended here";

/// How long one wait for the system lasts: so soon is [`Stop`] seen.
pub(super) const SLICE: Duration = Duration::from_millis(400);

/// Reads after somebody ended a connection: enough to say goodbye, and no more for a server that
/// sends one octet after the other.
const READS_TO_THE_END: u32 = 8;

/// How many addresses of one name are tried; a name with more is a mistake or an attack.
const MAX_ADDRESSES: usize = 16;

/// How long to wait for what a peer said before it closed: it is here already, or never.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Reads for it; a reply is one or two packets.
const MAX_LAST_READS: usize = 16;

/// A connection whose read timeout can be changed while it is in use.
pub(super) trait Wire: Read + Write {
    /// Limits each following read.
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()>;
}

/// The line of a submission, which may have to end in the middle of a message.
pub(super) trait Line: Wire {
    /// Ends the connection at once. The peer is not told that this is the regular end, so it
    /// must treat whatever was not finished as broken off.
    fn abort(&mut self);

    /// What arrived before the peer closed, for when writing failed: a read would first try to
    /// write what was not written.
    fn last_octets(&mut self) -> Vec<u8>;
}

/// TCP. A wait for it ends soon after somebody asks for the end.
pub(super) struct Socket {
    tcp: TcpStream,
    cut: Option<Stop>,
    reads_left: u32,
    /// How long a read waits; so for the next.
    to_read: Duration,
    to_write: Duration,
    /// Who writes down what is said; inside TLS it is the stream that tells it.
    scribe: Option<Box<Scribe>>,
}

impl Socket {
    fn new(tcp: TcpStream, manner: &Manner, scribe: Option<Box<Scribe>>) -> io::Result<Self> {
        let patience = manner.timeouts.answer;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(patience.min(SLICE)))?;
        tcp.set_write_timeout(Some(patience.min(SLICE)))?;
        Ok(Self {
            tcp,
            cut: manner.cut.clone(),
            reads_left: READS_TO_THE_END,
            to_read: patience,
            to_write: patience,
            scribe,
        })
    }

    fn is_cut(&self) -> bool {
        self.cut.as_ref().is_some_and(Stop::is_asked)
    }

    /// Does something that the system ends after a slice, until it is done or `patience` has passed.
    fn in_slices(
        &self,
        patience: Duration,
        mut act: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut left = patience;
        loop {
            match act(&self.tcp) {
                Err(e) if is_timeout(&e) && left > SLICE && !self.is_cut() => left -= SLICE,
                done => return done,
            }
        }
    }

    fn receive(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        if self.is_cut() {
            let left = self.reads_left.checked_sub(1);
            self.reads_left = left.ok_or_else(|| io::Error::other(ENDED_HERE))?;
        }
        self.in_slices(self.to_read, |mut tcp| tcp.read(octets))
    }
}

/// What TLS writes and reads is nobody's business.
impl Read for Socket {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let n = self.receive(octets)?;
        if let Some(scribe) = &mut self.scribe {
            scribe.theirs(&octets[..n]);
        }
        Ok(n)
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let n = self.in_slices(self.to_write, |mut tcp| tcp.write(octets))?;
        if let Some(scribe) = &mut self.scribe {
            scribe.ours(&octets[..n]);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// TLS over TCP.
pub(super) struct TlsStream {
    tls: StreamOwned<ClientConnection, Socket>,
    scribe: Option<Box<Scribe>>,
}

impl Line for TlsStream {
    fn abort(&mut self) {
        // Nothing is left to do when it is closed already.
        let _ = self.tls.sock.tcp.shutdown(Shutdown::Both);
    }

    fn last_octets(&mut self) -> Vec<u8> {
        let mut octets = Vec::new();
        let StreamOwned { conn, sock } = &mut self.tls;
        if Wire::set_read_timeout(sock, LAST_WORDS).is_err() {
            return octets;
        }
        for _ in 0..MAX_LAST_READS {
            if !matches!(conn.read_tls(sock), Ok(1..)) || conn.process_new_packets().is_err() {
                break;
            }
            // Ends in "would block" where no more is there.
            let _ = conn.reader().read_to_end(&mut octets);
            if octets.ends_with(b"\n") {
                break;
            }
        }
        if let Some(scribe) = &mut self.scribe {
            scribe.theirs(&octets);
        }
        octets
    }
}

impl Read for TlsStream {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let n = self.tls.read(octets)?;
        if let Some(scribe) = &mut self.scribe {
            scribe.theirs(&octets[..n]);
        }
        Ok(n)
    }
}

impl Write for TlsStream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let n = self.tls.write(octets)?;
        if let Some(scribe) = &mut self.scribe {
            scribe.ours(&octets[..n]);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tls.flush()
    }
}

impl Wire for TlsStream {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.tls.sock.set_read_timeout(timeout)
    }
}

impl<W: Wire + ?Sized> Wire for Box<W> {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }
}

impl Wire for Socket {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.to_read = timeout;
        self.tcp.set_read_timeout(Some(timeout.min(SLICE)))
    }
}

/// Opens a TCP connection: every address of the name in the system's order, the first that
/// answers. Small writes leave at once (no Nagle delay).
///
/// # Errors
/// [`Error::Resolve`], [`Error::Connect`] with the reason of the last address; [`Error::Broken`] where
/// somebody ended it.
pub(super) fn connect(
    endpoint: &Endpoint,
    manner: &Manner,
    protocol: Protocol,
    censor: &Censor,
) -> Result<Socket, Error> {
    let scribe = Scribe::of(&manner.ear, endpoint, protocol, censor.clone());
    let timeouts = manner.timeouts;
    let (tcp, address) = match &manner.cut {
        None => reach(endpoint, timeouts)?,
        Some(cut) => {
            let endpoint = endpoint.clone();
            unless_cut(cut, move || reach(&endpoint, timeouts))?
        }
    };
    if let Some(scribe) = &scribe {
        scribe.connected(address);
    }
    Socket::new(tcp, manner, scribe).map_err(broken)
}

/// Finds the address of a name and connects.
fn reach(endpoint: &Endpoint, timeouts: Timeouts) -> Result<(TcpStream, IpAddr), Error> {
    let resolve = |reason: String| Error::Resolve {
        host: endpoint.host.clone(),
        reason,
    };
    let addresses = addresses(endpoint).map_err(|e| resolve(e.to_string()))?;
    let mut last = None;
    for address in addresses.into_iter().take(MAX_ADDRESSES) {
        match TcpStream::connect_timeout(&address, timeouts.connect) {
            Ok(socket) => return Ok((socket, address.ip())),
            Err(e) => last = Some(e),
        }
    }
    Err(match last {
        None => resolve("none found".to_owned()),
        Some(e) => Error::Connect {
            endpoint: endpoint.clone(),
            reason: e.to_string(),
        },
    })
}

/// Does what the system does not let anybody end, in a thread that is left to itself when `cut` is
/// asked.
fn unless_cut<T: Send + 'static>(
    cut: &Stop,
    act: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (send, done) = mpsc::channel();
    let thread = std::thread::Builder::new().spawn(move || drop(send.send(act())));
    thread.map_err(broken)?;
    loop {
        match done.recv_timeout(SLICE) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Timeout) if !cut.is_asked() => {}
            Err(_) => return Err(Error::Broken(ENDED_HERE.to_owned())),
        }
    }
}

/// Agrees on TLS over an open connection, and proves that its server is `host`.
///
/// # Errors
/// [`Error::Roots`], [`Error::Tls`], [`Error::Broken`].
pub(super) fn handshake(host: &str, roots: &Roots, mut socket: Socket) -> Result<TlsStream, Error> {
    let scribe = socket.scribe.take();
    let failed = |e: rustls::Error| Error::Tls {
        host: host.to_owned(),
        fault: fault_of(&e),
        reason: e.to_string(),
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|e| Error::Tls {
        host: host.to_owned(),
        reason: e.to_string(),
        fault: TlsFault::Other,
    })?;
    let connection = ClientConnection::new(configuration(roots)?, name).map_err(failed)?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        if let Err(e) = stream.conn.complete_io(&mut stream.sock) {
            let by_tls = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
            return Err(match by_tls {
                Some(e) => failed(e.clone()),
                None => broken(e),
            });
        }
    }
    if let (Some(scribe), Some(version)) = (&scribe, stream.conn.protocol_version()) {
        let version = version.as_str().unwrap_or_default();
        scribe.secured(version.replace("TLSv1_", "TLS 1."));
    }
    Ok(TlsStream {
        tls: stream,
        scribe,
    })
}

fn fault_of(e: &rustls::Error) -> TlsFault {
    use rustls::AlertDescription as Alert;
    match e {
        // The package tells it in this word only.
        rustls::Error::InvalidCertificate(e) if format!("{e:?}").contains("CaUsedAsEndEntity") => {
            TlsFault::Authority
        }
        rustls::Error::InvalidCertificate(_) => TlsFault::Certificate,
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            Alert::HandshakeFailure | Alert::ProtocolVersion | Alert::InsufficientSecurity,
        ) => TlsFault::NothingInCommon,
        _ => TlsFault::Other,
    }
}

/// A greeting that did not come in time, told apart from a line that broke.
pub(super) fn greeting(e: Error) -> Error {
    match e {
        Error::Broken(reason) if reason == NO_ANSWER => Error::Silent,
        other => other,
    }
}

/// Whose arithmetic TLS uses.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn configuration(roots: &Roots) -> Result<Arc<ClientConfig>, Error> {
    let configuration = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(authorities(roots)?)
        .with_no_client_auth();
    Ok(Arc::new(configuration))
}

fn authorities(roots: &Roots) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let Roots::BuiltInAnd(pem) = roots else {
        return Ok(store);
    };
    let built_in = store.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|e| Error::Roots(e.to_string()))?;
        store
            .add(certificate)
            .map_err(|e| Error::Roots(e.to_string()))?;
    }
    if store.len() == built_in {
        return Err(Error::Roots("it holds no certificate".to_owned()));
    }
    Ok(store)
}

/// The system's reason in our words; a timeout is not called "resource temporarily unavailable".
pub(super) fn broken(e: io::Error) -> Error {
    Error::Broken(reason(&e))
}

/// Whether a time limit passed.
pub(super) fn is_timeout(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Why reading or writing failed.
pub(super) fn reason(e: &io::Error) -> String {
    if is_timeout(e) {
        return NO_ANSWER.to_owned();
    }
    match e.kind() {
        io::ErrorKind::UnexpectedEof => "closed by the server".to_owned(),
        _ => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Roots, authorities};

    #[test]
    fn authorities_of_a_file_are_added_to_those_built_in() {
        let built_in = authorities(&Roots::BuiltIn).unwrap().len();
        let pem = std::fs::read("fixtures/pki/root.pem").unwrap();
        let both = authorities(&Roots::BuiltInAnd(pem)).unwrap().len();
        assert!(built_in > 50);
        assert_eq!(both, built_in + 1);
    }

    #[test]
    fn the_day_of_the_authorities_built_in_is_that_of_their_version() {
        let (version, day) = crate::transport::BUILT_IN_ROOTS;
        let lock = std::fs::read_to_string("Cargo.lock").unwrap();
        let of_package = lock
            .split("[[package]]")
            .find(|one| one.contains("\nname = \"webpki-roots\""));
        // With another version comes another day: that on which it was published.
        let line = format!("version = \"{version}\"");
        assert!(of_package.unwrap().contains(&line), "{version} of {day}");
        assert!(crate::timestamp::Timestamp::parse(&format!("{day}T00:00:00Z")).is_ok());
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let error = authorities(&Roots::BuiltInAnd(b"no certificate".to_vec())).unwrap_err();
        assert!(matches!(error, Error::Roots(_)), "{error}");
    }

    #[test]
    fn a_file_with_a_broken_certificate_is_refused() {
        let pem = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let error = authorities(&Roots::BuiltInAnd(pem.to_vec())).unwrap_err();
        assert!(matches!(error, Error::Roots(_)), "{error}");
    }
}
