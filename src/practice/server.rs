//! Listening on the loopback interface: one thread per connection, a bounded number of them, and
//! an end in which all of them end too.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Error;

/// Connections at one time to one server: practice has few programs, a load test some dozens.
const MAX_CONNECTIONS: usize = 200;
/// Stack of a connection's thread: nothing recurses deeper than the parts of a message.
const STACK_OCTETS: usize = 1024 * 1024;

/// A server that listens until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    open: Arc<Open>,
    listener: Option<JoinHandle<()>>,
}

/// Connections that are open, so that they can be ended.
#[derive(Default)]
struct Open {
    stopping: AtomicBool,
    next: AtomicU64,
    streams: Mutex<HashMap<u64, TcpStream>>,
}

impl Open {
    fn streams(&self) -> std::sync::MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Listens on a port of 127.0.0.1 (0: any free one); each connection is handed to `serve` in
    /// a thread of its own.
    ///
    /// # Errors
    /// When the port is taken or may not be used.
    pub(super) fn start(
        name: &str,
        port: u16,
        serve: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let refused = |error| Error::Port { port, error };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let open = Arc::new(Open::default());
        let (shared, name) = (open.clone(), name.to_owned());
        let serve = Arc::new(serve);
        let thread = thread::Builder::new()
            .name(format!("{name} listener"))
            .spawn(move || accept(&listener, &name, &shared, &serve))
            .map_err(Error::Thread)?;
        Ok(Self {
            address,
            open,
            listener: Some(thread),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.open.streams().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.open.stopping.store(true, Ordering::SeqCst);
        // The listener waits for a connection: this is its last.
        drop(TcpStream::connect_timeout(
            &self.address,
            Duration::from_secs(1),
        ));
        if let Some(thread) = self.listener.take() {
            // It panics only if a lock was poisoned, and then there is nothing left to end.
            drop(thread.join());
        }
    }
}

fn accept<F: Fn(TcpStream) + Send + Sync + 'static>(
    listener: &TcpListener,
    name: &str,
    open: &Arc<Open>,
    serve: &Arc<F>,
) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if open.stopping.load(Ordering::SeqCst) {
            break;
        }
        threads.retain(|thread| !thread.is_finished());
        let Ok(stream) = stream else { continue };
        if threads.len() >= MAX_CONNECTIONS {
            continue;
        }
        let Ok(copy) = stream.try_clone() else {
            continue;
        };
        let number = open.next.fetch_add(1, Ordering::Relaxed);
        open.streams().insert(number, copy);
        let (shared, serve) = (open.clone(), serve.clone());
        let spawned = thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK_OCTETS)
            .spawn(move || {
                serve(stream);
                shared.streams().remove(&number);
            });
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(_) => drop(open.streams().remove(&number)),
        }
    }
    for stream in open.streams().values() {
        // Fails when the other side was quicker.
        drop(stream.shutdown(Shutdown::Both));
    }
    for thread in threads {
        drop(thread.join());
    }
}

/// A connection, in the clear until TLS begins.
pub(super) enum Line {
    /// Before STARTTLS.
    Clear(BufReader<TcpStream>),
    /// Under TLS.
    Tls(Box<BufReader<StreamOwned<ServerConnection, TcpStream>>>),
}

impl Line {
    /// Under TLS from the first octet. The handshake happens with the first reading or writing.
    ///
    /// # Errors
    /// When the library refuses its own configuration.
    pub(super) fn tls(stream: TcpStream, config: &Arc<ServerConfig>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        let stream = StreamOwned::new(connection, stream);
        Ok(Self::Tls(Box::new(BufReader::new(stream))))
    }

    /// In the clear, to be turned into TLS.
    ///
    /// # Errors
    /// Those of the socket.
    pub(super) fn clear(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self::Clear(BufReader::new(stream)))
    }

    /// STARTTLS was answered: what came before the handshake is thrown away, so that nothing
    /// slipped in front of it counts (CVE-2011-0411).
    ///
    /// # Errors
    /// As [`Self::tls`]; or when there is TLS already.
    pub(super) fn start_tls(self, config: &Arc<ServerConfig>) -> io::Result<Self> {
        match self {
            Self::Clear(reader) => Self::tls(reader.into_inner(), config),
            Self::Tls(_) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Clear(reader) => reader.get_ref(),
            Self::Tls(reader) => reader.get_ref().get_ref(),
        }
    }

    /// How long one reading waits.
    ///
    /// # Errors
    /// Those of the socket.
    pub(super) fn wait_at_most(&self, limit: Duration) -> io::Result<()> {
        self.socket().set_read_timeout(Some(limit))
    }

    /// Ends the connection without a word, as a broken line does.
    pub(super) fn cut(&self) {
        drop(self.socket().shutdown(Shutdown::Both));
    }

    fn reader(&mut self) -> &mut dyn BufRead {
        match self {
            Self::Clear(reader) => reader,
            Self::Tls(reader) => reader,
        }
    }

    /// Adds one line, its end included, to `line`. At the end of the stream, and when the line
    /// passes `limit` octets, what was added has no end.
    ///
    /// # Errors
    /// Those of the stream; after a timeout what came so far is in `line`, and reading goes on
    /// with the next call.
    pub(super) fn read_line(&mut self, line: &mut Vec<u8>, limit: usize) -> io::Result<()> {
        let left = limit.saturating_sub(line.len()) as u64;
        self.reader().take(left).read_until(b'\n', line)?;
        Ok(())
    }

    /// Adds exactly `count` octets to `out`.
    ///
    /// # Errors
    /// Those of the stream, its early end among them.
    pub(super) fn read_octets(&mut self, out: &mut Vec<u8>, count: usize) -> io::Result<()> {
        let read = self.reader().take(count as u64).read_to_end(out)?;
        match read == count {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Sends octets at once.
    ///
    /// # Errors
    /// Those of the stream.
    pub(super) fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(reader) => reader.get_mut().write_all(octets),
            Self::Tls(reader) => {
                let stream = reader.get_mut();
                stream.write_all(octets)?;
                stream.flush()
            }
        }
    }

    /// Says that no more will come (RFC 8446, 6.1).
    pub(super) fn close(&mut self) {
        if let Self::Tls(reader) = self {
            let stream = reader.get_mut();
            stream.conn.send_close_notify();
            // The other side may be gone.
            drop(stream.flush());
        }
    }
}
