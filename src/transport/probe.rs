//! Looking at a server without talking to it: whether its name has an address.

use std::net::{IpAddr, ToSocketAddrs};

use super::{Endpoint, Error};

/// The addresses of the server's name, in the system's order, each once.
///
/// # Errors
/// [`Error::Resolve`]; also when the name has no address at all.
pub fn resolve(endpoint: &Endpoint) -> Result<Vec<IpAddr>, Error> {
    let failed = |reason: String| Error::Resolve {
        host: endpoint.host.clone(),
        reason,
    };
    let found = (&*endpoint.host, endpoint.port)
        .to_socket_addrs()
        .map_err(|error| failed(error.to_string()))?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    match addresses.is_empty() {
        true => Err(failed("no address".to_owned())),
        false => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Security;

    #[test]
    fn an_address_is_its_own_name() {
        let endpoint = |host: &str| Endpoint {
            host: host.to_owned(),
            port: 993,
            security: Security::Tls,
        };
        assert_eq!(
            resolve(&endpoint("127.0.0.1")).unwrap(),
            ["127.0.0.1".parse::<IpAddr>().unwrap()]
        );
        assert!(matches!(resolve(&endpoint("")), Err(Error::Resolve { .. })));
    }
}
