//! Where `pec trust update` gets its files: the web, or a folder; and `pec sync --archive-crl` its lists.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use crate::command::{Failure, Session};
use crate::output::catalogue::Catalogue;
use crate::secret::Secret;
use crate::transport::fetching::fetch;
use crate::transport::stamping::{Address, Fault, Way, is_direct};

/// A place with files in it.
pub(super) enum Place {
    /// An address that ends with a stroke.
    Web(Address),
    Folder(PathBuf),
}

/// Why a file did not come.
pub(in crate::command) enum Missing {
    /// It is not there.
    Absent,
    /// It may be there; why it did not come, in words.
    Unreachable(String),
}

impl Place {
    /// An address of the web, or a folder.
    ///
    /// # Errors
    /// When it is neither.
    pub fn of(text: &str) -> Result<Self, Failure> {
        if !text.contains("://") {
            return match PathBuf::from(text) {
                folder if folder.is_dir() => Ok(Self::Folder(folder)),
                _ => Err(Failure::new("trust-from", [("from", text.to_owned())])),
            };
        }
        let stroke = if text.ends_with('/') { "" } else { "/" };
        let address = Address::parse(&format!("{text}{stroke}"));
        let address = address.map_err(|_| Failure::new("trust-from", [("from", text.to_owned())]));
        Ok(Self::Web(address?))
    }

    /// What a file of it is called.
    pub fn name(&self, file: &str) -> String {
        match self {
            Self::Web(address) => format!("{}{file}", address.as_str()),
            Self::Folder(folder) => folder.join(file).display().to_string(),
        }
    }

    /// The octets of a file, at most `limit`.
    pub fn file(
        &self,
        file: &str,
        limit: u64,
        proxy: Option<&str>,
        session: &Session<'_>,
    ) -> Result<Vec<u8>, Missing> {
        match self {
            Self::Folder(folder) => of_disk(folder.join(file), limit, session),
            Self::Web(address) => {
                let address = Address::parse(&format!("{}{file}", address.as_str()));
                let address = address.map_err(|_| Missing::Absent)?;
                of_web(&address, limit, proxy, session)
            }
        }
    }
}

fn of_disk(path: PathBuf, limit: u64, session: &Session<'_>) -> Result<Vec<u8>, Missing> {
    let texts = Catalogue::of(session.lang);
    let mut octets = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut octets));
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Missing::Absent),
        Err(error) => Err(Missing::Unreachable(texts.reason(&error.to_string()))),
        Ok(length) if length as u64 > limit => Err(Missing::Unreachable(too_large(texts, limit))),
        Ok(_) => Ok(octets),
    }
}

/// The octets at an address.
pub(in crate::command) fn of_web(
    address: &Address,
    limit: u64,
    proxy: Option<&str>,
    session: &Session<'_>,
) -> Result<Vec<u8>, Missing> {
    let proxies = &session.context.proxies;
    let proxy = match proxy {
        Some("none") => None,
        Some(given) => Some(Secret::new(given.to_owned())),
        None if is_direct(address, &proxies.except) => None,
        None if address.is_secure() => proxies.https.clone(),
        None => proxies.http.clone(),
    };
    let way = Way {
        proxy,
        ..Way::default()
    };
    fetch(address, &way, limit).map_err(|fault| {
        let is_absent = matches!(fault, Fault::Status(404 | 410));
        match is_absent {
            true => Missing::Absent,
            false => Missing::Unreachable(told(&fault, limit, Catalogue::of(session.lang))),
        }
    })
}

fn too_large(texts: &Catalogue, limit: u64) -> String {
    texts.fill(
        "authorities.fault.too-large",
        &[("limit", &texts.size(limit))],
    )
}

fn told(fault: &Fault, limit: u64, texts: &Catalogue) -> String {
    let because = |key: &'static str, reason: &str| texts.fill(key, &[("reason", reason)]);
    match fault {
        Fault::Unsecured | Fault::Proxy => texts.text("authorities.fault.proxy").to_owned(),
        Fault::ProxyRefuses(reason) => because("authorities.fault.proxy-refuses", reason),
        Fault::Resolve => texts.text("authorities.fault.resolve").to_owned(),
        Fault::Connect(reason) => because("authorities.fault.connect", reason),
        Fault::Tls(reason) => because("authorities.fault.tls", reason),
        Fault::Silent => texts.text("authorities.fault.silent").to_owned(),
        Fault::Broken(reason) => because("authorities.fault.broken", reason),
        Fault::Status(code) => {
            texts.fill("authorities.fault.status", &[("code", &code.to_string())])
        }
        Fault::Redirect(to) => texts.fill("authorities.fault.redirect", &[("to", to)]),
        Fault::ContentType(kind) => because("authorities.fault.broken", kind),
        Fault::TooLarge => too_large(texts, limit),
    }
}
