//! Asking an authority of time stamps over HTTP (RFC 3161, 3.4): octets of a request out, octets of
//! an answer in.
//!
//! `http://` is allowed beside `https://`: a token proves itself by its signature, and the request
//! is a digest. Who looks on learns that something was stamped, and when. A password goes over
//! `https://` only.
//!
//! By `ureq` over the same TLS as mail, with the authorities compiled in. Its reading of the
//! environment and its following of redirects are off: both are done here, so that an answer comes
//! from where it may ([`Fault::Redirect`]).

use std::io;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};

use super::{Login, tls};
use crate::printable::Printable;
use crate::secret::Secret;
use crate::smime::time_stamp::MAX_ANSWER_OCTETS;

/// Octets of one address; browsers stop at two thousand.
const MAX_ADDRESS_OCTETS: usize = 2_000;
/// Times that a server may send us elsewhere.
pub(super) const MAX_REDIRECTS: usize = 3;
/// Octets of the header of an answer.
const MAX_HEADER_OCTETS: usize = 32 * 1024;

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";
const AGENT: &str = concat!("pec/", env!("CARGO_PKG_VERSION"));

/// Where an authority of time stamps answers: `http://` or `https://`, a host, no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// Neither `http://` nor `https://`.
    #[error("not http or https")]
    Scheme,
    /// A user name or password in it: others would read it.
    #[error("a password in the address")]
    Password,
    /// No host, too long, or with characters that no address has.
    #[error("no address")]
    Form,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// For any scheme but HTTP, for a password in it, for what is no address.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let (scheme, rest) = text.split_once("://").ok_or(NoAddress::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(NoAddress::Scheme);
        }
        let is_graphic = text.bytes().all(|octet| octet.is_ascii_graphic());
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(NoAddress::Password);
        }
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        if !is_graphic || host.is_empty() || text.len() > MAX_ADDRESS_OCTETS {
            return Err(NoAddress::Form);
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let address = format!("{scheme}://{rest}");
        match address.parse::<ureq::http::Uri>() {
            Ok(uri) if uri.host().is_some() => Ok(Self(address)),
            Ok(_) | Err(_) => Err(NoAddress::Form),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is under TLS.
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Its name and port, as the address has them.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// Where a server sends us from here: another address, or a path of this one.
    pub(super) fn redirected(&self, location: &str) -> Option<Self> {
        let target = match location.starts_with('/') && !location.starts_with("//") {
            true => {
                let scheme = self.0.split("://").next().unwrap_or_default();
                Self::parse(&format!("{scheme}://{}{location}", self.host()))
            }
            false => Self::parse(location),
        };
        // What was asked under TLS is answered under TLS.
        target.ok().filter(|it| it.is_secure() || !self.is_secure())
    }
}

/// How the authority is reached.
#[derive(Clone, Debug)]
pub struct Way {
    /// The proxy between, `http://host:port`; it may hold a password.
    pub proxy: Option<Secret>,
    /// Who asks, where the authority wants to know.
    pub login: Option<Login>,
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// For one request, the last octet of its answer included; for each address to which a server
    /// sends us as much again.
    pub whole: Duration,
}

impl Default for Way {
    /// No proxy, no password, 15 seconds to connect, a minute for all.
    fn default() -> Self {
        Self {
            proxy: None,
            login: None,
            connect: Duration::from_secs(15),
            whole: Duration::from_secs(60),
        }
    }
}

/// Why no answer came that could be read. Asking again is safe: at worst there are two stamps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A password would go over `http://`.
    #[error("a password goes over https only")]
    Unsecured,
    /// The proxy's address cannot be used.
    #[error("the proxy's address cannot be used")]
    Proxy,
    /// The proxy gives no way to the authority.
    #[error("the proxy refuses: {0}")]
    ProxyRefuses(String),
    /// The name has no address.
    #[error("no address for this name")]
    Resolve,
    /// Nobody answers there.
    #[error("no connection: {0}")]
    Connect(String),
    /// TLS could not be agreed, or the server's certificate is not trusted.
    #[error("TLS: {0}")]
    Tls(String),
    /// A time limit passed.
    #[error("no answer in time")]
    Silent,
    /// The line broke, or what came is not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Another answer than 200.
    #[error("HTTP {0}")]
    Status(u16),
    /// It is sent elsewhere too often, or to where nothing is asked: another scheme, no TLS after
    /// TLS; where to, safe to show.
    #[error("sent elsewhere: {0}")]
    Redirect(String),
    /// The answer is of another type; which, safe to show.
    #[error("the answer is of type {0}")]
    ContentType(String),
    /// The answer is larger than any.
    #[error("the answer has more than {MAX_ANSWER_OCTETS} octets")]
    TooLarge,
}

/// Sends a request (RFC 3161, 2.4.1) and gives the octets of the answer, unread.
///
/// # Errors
/// When none came that says of itself that it is one.
pub fn ask(address: &Address, request: &[u8], way: &Way) -> Result<Vec<u8>, Fault> {
    let agent = Agent::new_with_config(configuration(way)?);
    let mut address = address.clone();
    let mut login = way.login.as_ref();
    for _ in 0..=MAX_REDIRECTS {
        if login.is_some() && !address.is_secure() {
            return Err(Fault::Unsecured);
        }
        let response = post(&agent, &address, request, login)?;
        if !response.status().is_redirection() {
            return answer(response);
        }
        let location = response.headers().get("location");
        let location = location
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let elsewhere = || Fault::Redirect(Printable(location).to_string());
        let next = address.redirected(location).ok_or_else(elsewhere)?;
        // Another host has no business with the password.
        login = login.filter(|_| next.host() == address.host());
        address = next;
    }
    Err(Fault::Redirect(address.0))
}

pub(super) fn configuration(way: &Way) -> Result<Config, Fault> {
    let proxy = way.proxy.as_ref().map(|proxy| Proxy::new(proxy.expose()));
    let proxy = proxy.transpose().map_err(|_| Fault::Proxy)?;
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(tls::provider())
        .root_certs(RootCerts::WebPki)
        .build();
    Ok(Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .tls_config(tls)
        .user_agent(AGENT)
        .max_response_header_size(MAX_HEADER_OCTETS)
        .timeout_connect(Some(way.connect))
        .timeout_global(Some(way.whole))
        .build())
}

fn post(
    agent: &Agent,
    address: &Address,
    request: &[u8],
    login: Option<&Login>,
) -> Result<Response<Body>, Fault> {
    let mut asked = agent
        .post(address.as_str())
        .header("Content-Type", QUERY)
        .header("Accept", REPLY);
    if let Some(login) = login {
        let pair = format!("{}:{}", login.user, login.password.expose());
        let pair = base64_simd::STANDARD.encode_to_string(pair);
        asked = asked.header("Authorization", format!("Basic {pair}"));
    }
    asked.send(request).map_err(fault)
}

/// The octets of an answer that is one.
fn answer(mut response: Response<Body>) -> Result<Vec<u8>, Fault> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(Fault::Status(status));
    }
    let stated = response.headers().get("content-type");
    let stated = stated
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = stated.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(REPLY) {
        return Err(Fault::ContentType(Printable(kind).to_string()));
    }
    let limited = response.body_mut().with_config();
    let limited = limited.limit(MAX_ANSWER_OCTETS as u64);
    limited.read_to_vec().map_err(fault)
}

/// The package's words in ours.
pub(super) fn fault(error: ureq::Error) -> Fault {
    use ureq::Error as E;
    match error {
        E::Timeout(_) => Fault::Silent,
        E::HostNotFound => Fault::Resolve,
        E::InvalidProxyUrl => Fault::Proxy,
        E::ConnectProxyFailed(reason) => Fault::ProxyRefuses(Printable(&reason).to_string()),
        E::BodyExceedsLimit(_) => Fault::TooLarge,
        E::Tls(reason) => Fault::Tls(reason.to_owned()),
        E::Rustls(error) => Fault::Tls(error.to_string()),
        E::Io(error) => of_system(&error),
        E::ConnectionFailed => Fault::Connect(String::new()),
        other => Fault::Broken(Printable(&other.to_string()).to_string()),
    }
}

fn of_system(error: &io::Error) -> Fault {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Fault::Tls(error.to_string());
    }
    if tls::is_timeout(error) {
        return Fault::Silent;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Fault::Connect(error.to_string()),
        _ => Fault::Broken(tls::reason(error)),
    }
}

/// Whether a host is reached without the proxy (`NO_PROXY`): names with what is below them,
/// separated by commas, or `*`.
pub fn is_direct(address: &Address, exceptions: &str) -> bool {
    let host = address.host().to_ascii_lowercase();
    let name = host.rsplit_once(':').map_or(&*host, |(name, _)| name);
    let fits = |exception: &str| {
        let exception = exception
            .trim()
            .trim_start_matches('.')
            .to_ascii_lowercase();
        let is_below = || {
            name.strip_suffix(&*exception)
                .is_some_and(|before| before.ends_with('.'))
        };
        !exception.is_empty() && (exception == "*" || exception == name || is_below())
    };
    exceptions.split(',').any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_without_a_password_are_taken() {
        for good in [
            "http://tsa.example",
            "HTTPS://tsa.example:8443/tsr?a=b",
            "http://127.0.0.1:80/",
            "http://[::1]:80/",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for (wrong, why) in [
            ("file:///etc/passwd", NoAddress::Scheme),
            ("tsa.example", NoAddress::Scheme),
            ("ftp://tsa.example", NoAddress::Scheme),
            ("http://user:secret@tsa.example/", NoAddress::Password),
            ("http://", NoAddress::Form),
            ("http:///path", NoAddress::Form),
            ("http://:80", NoAddress::Form),
            ("http://tsa.example/a b", NoAddress::Form),
            ("http://tsa.example/\r\nX: y", NoAddress::Form),
        ] {
            assert_eq!(Address::parse(wrong), Err(why), "{wrong}");
        }
        let long = format!("http://tsa.example/{}", "a".repeat(MAX_ADDRESS_OCTETS));
        assert_eq!(Address::parse(&long), Err(NoAddress::Form));
        let without = Address::parse("http://tsa.example/a#b").unwrap();
        assert_eq!(
            (without.as_str(), without.host()),
            ("http://tsa.example/a", "tsa.example")
        );
    }

    #[test]
    fn a_server_sends_us_only_where_we_would_ask() {
        let from = |text: &str, to: &str| {
            let next = Address::parse(text).unwrap().redirected(to);
            next.map(|next| next.as_str().to_owned())
        };
        let (plain, secure) = ("http://a.example/x", "https://a.example:8443/x");
        assert_eq!(from(plain, "/y").as_deref(), Some("http://a.example/y"));
        assert_eq!(
            from(secure, "/y").as_deref(),
            Some("https://a.example:8443/y")
        );
        assert_eq!(
            from(plain, "https://b.example/").as_deref(),
            Some("https://b.example/")
        );
        assert_eq!(
            from(plain, "http://b.example/").as_deref(),
            Some("http://b.example/")
        );
        for elsewhere in [
            "http://a.example/y",
            "file:///etc/passwd",
            "//b.example/",
            "y",
            "",
        ] {
            assert_eq!(from(secure, elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_password_goes_over_tls_only() {
        let login = Login {
            user: "studio".to_owned(),
            password: Secret::new("segreto".to_owned()),
        };
        let way = Way {
            login: Some(login),
            ..Way::default()
        };
        let address = Address::parse("http://127.0.0.1:9/").unwrap();
        assert_eq!(ask(&address, b"", &way), Err(Fault::Unsecured));
    }

    #[test]
    fn some_hosts_are_reached_directly() {
        let direct = |host: &str, list: &str| {
            is_direct(&Address::parse(&format!("http://{host}/")).unwrap(), list)
        };
        assert!(direct("tsa.example", "localhost, example"));
        assert!(direct("TSA.example:8080", ".example"));
        assert!(direct("tsa.example", "*") && direct("example", "example"));
        assert!(!direct("tsa.example", "") && !direct("tsa.example", "ample,sa.example"));
    }

    #[test]
    fn a_proxy_that_is_none_is_refused() {
        let way = Way {
            proxy: Some(Secret::new("nonsense://".to_owned())),
            ..Way::default()
        };
        let address = Address::parse("http://127.0.0.1:9/").unwrap();
        assert_eq!(ask(&address, b"", &way), Err(Fault::Proxy));
    }
}
