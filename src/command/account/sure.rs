//! How sure a value of an account is: as sure as its preset, unless the user gave it.

use crate::account::presets::{Known, Sureness};
use crate::transport::{Endpoint, Security};

/// A value of an account and how sure the preset is of it; none when the user gave it.
pub(super) fn of_preset<'a, T: PartialEq>(
    value: &T,
    known: Option<&'a Known<T>>,
) -> Option<(Sureness, &'a str)> {
    let known = known.filter(|known| known.value == *value)?;
    Some((known.sure, &known.date))
}

/// The same of a server: its port and its security are the usual ones, or the user gave it.
pub(super) fn of_server<'a>(
    server: &Endpoint,
    port: u16,
    known: Option<&'a Known<String>>,
) -> Option<(Sureness, &'a str)> {
    let usual = server.port == port && server.security == Security::Tls;
    of_preset(&server.host, known.filter(|_| usual))
}
