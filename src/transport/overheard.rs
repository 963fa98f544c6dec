//! What is said on a connection to a server of mail, for a person who looks on, without what must not be
//! seen: no password in any form, nothing of the exchange in which it is told, no message.
//!
//! What is heard is told by `scribe`, which follows the protocols. The words may hold anything else: print
//! them escaped.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Endpoint;

/// What is heard on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which connection, from 1.
    pub connection: u32,
    /// What.
    pub what: Said,
}

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is asked for.
    Begins(Endpoint),
    /// The server took it at this address.
    Connected(IpAddr),
    /// TLS was agreed: its version in the words of the library.
    Secured(String),
    /// The server said this.
    Theirs(Vec<Part>),
    /// We said this.
    Ours(Vec<Part>),
    /// It is over.
    Ended,
}

/// A piece of what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The words, without a secret.
    Text(String),
    /// So many octets of a message, or of what cannot be told from one.
    Octets(u64),
    /// What belongs to a login.
    Secret,
}

/// Who is told.
type Tell = dyn Fn(Heard) + Send + Sync;

/// Hears all connections that are given it; by default nobody does.
#[derive(Clone, Default)]
pub struct Ear(Option<Arc<Inner>>);

struct Inner {
    connections: AtomicU32,
    tell: Box<Tell>,
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Ear(open)" } else { "Ear" })
    }
}

impl Ear {
    /// One that tells what it hears, from any thread.
    pub fn new(tell: impl Fn(Heard) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Inner {
            connections: AtomicU32::new(0),
            tell: Box::new(tell),
        })))
    }

    /// Whether anybody hears.
    pub const fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Begins with a connection that is about to be made: its number, and who is told; none where nobody
    /// hears.
    pub(super) fn begin(&self) -> Option<Connection> {
        let inner = self.0.clone()?;
        let number = inner.connections.fetch_add(1, Ordering::SeqCst) + 1;
        Some(Connection { number, inner })
    }
}

/// One connection that is heard.
pub(super) struct Connection {
    number: u32,
    inner: Arc<Inner>,
}

impl Connection {
    /// Tells what happened on it.
    pub(super) fn tell(&self, what: Said) {
        (self.inner.tell)(Heard {
            connection: self.number,
            what,
        });
    }
}
