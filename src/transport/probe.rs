//! Looking at a server without talking to it: whether its name has an address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use super::{Endpoint, Error};

/// Where a server may be reached, in the system's order. `localhost` is this computer whatever a table
/// or a name server says (RFC 6761, 6.3): where there is neither, as in a container that holds the
/// program alone, too.
pub(super) fn addresses(endpoint: &Endpoint) -> io::Result<Vec<SocketAddr>> {
    if endpoint.host.eq_ignore_ascii_case("localhost") {
        let both = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let here = |address: IpAddr| SocketAddr::new(address, endpoint.port);
        return Ok(both.map(here).to_vec());
    }
    Ok((&*endpoint.host, endpoint.port)
        .to_socket_addrs()?
        .collect())
}

/// The addresses of the server's name, in the system's order, each once.
///
/// # Errors
/// [`Error::Resolve`]; also when the name has no address at all.
pub fn resolve(endpoint: &Endpoint) -> Result<Vec<IpAddr>, Error> {
    let failed = |reason: String| Error::Resolve {
        host: endpoint.host.clone(),
        reason,
    };
    let mut found: Vec<IpAddr> = Vec::new();
    for address in addresses(endpoint).map_err(|error| failed(error.to_string()))? {
        if !found.contains(&address.ip()) {
            found.push(address.ip());
        }
    }
    match found.is_empty() {
        true => Err(failed("no address".to_owned())),
        false => Ok(found),
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
        // Of both kinds, which hardly a system's table says of it.
        let here = ["127.0.0.1", "::1"].map(|text| text.parse::<IpAddr>().unwrap());
        assert_eq!(resolve(&endpoint("LocalHost")).unwrap(), here);
    }
}
