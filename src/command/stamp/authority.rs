//! A time stamp authority as options name it: where it answers, how it is reached, and whom to believe
//! about what it signs.

use std::path::{Path, PathBuf};

use super::{presets, told};
use crate::client::{StampError, Stamped, Stamping, stamp};
use crate::command::{Failure, Session, trusted};
use crate::context::random_octets;
use crate::lang::Lang;
use crate::providers::{Trust, trust};
use crate::secret::Secret;
use crate::smime::chain::Anchor;
use crate::smime::pem;
use crate::smime::revocation::Crl;
use crate::smime::time_stamp::{Nonce, Policy, TokenFault, Trusted};
use crate::transport::Login;
use crate::transport::stamping::{Address, NoAddress, Way, is_direct};

/// Where time stamps are asked for.
pub(in crate::command) struct Authority {
    address: Address,
    policy: Option<Policy>,
    user: Option<String>,
    /// In place of the one of the environment; `none` for none.
    proxy: Option<String>,
}

/// A token that came.
pub(in crate::command) enum Obtained {
    /// It has passed every check.
    Checked(Box<Stamped>),
    /// Only that nobody who is trusted stands behind it: paid for, perhaps, and good for those who do
    /// trust its authority.
    Unknown {
        /// Why.
        fault: TokenFault,
        /// DER.
        token: Vec<u8>,
    },
    /// Something else is wrong with it, and nothing of it is kept.
    Faulty(TokenFault),
}

impl Authority {
    /// As it is typed: an address, or the name of a public authority.
    ///
    /// # Errors
    /// A [`Failure`] when address or policy are none.
    pub fn of(
        url: &str,
        policy: Option<&str>,
        user: Option<String>,
        proxy: Option<String>,
    ) -> Result<Self, Failure> {
        let known = presets::address(url);
        let address =
            Address::parse(known.as_deref().unwrap_or(url)).map_err(|error| match error {
                // What stands in it may be a password.
                NoAddress::Password => Failure::new("stamp-url-password", []),
                NoAddress::Scheme | NoAddress::Form => {
                    Failure::new("stamp-url", [("url", url.to_owned())])
                }
            })?;
        let policy = policy.map(|text| {
            let failure = || Failure::new("stamp-policy", [("policy", text.to_owned())]);
            Policy::new(text).map_err(|_| failure())
        });
        Ok(Self {
            address,
            policy: policy.transpose()?,
            user,
            proxy,
        })
    }

    /// Asks for a token over a SHA-256, with a nonce of its own.
    ///
    /// # Errors
    /// A [`Failure`] when there is no answer, or a refusal: nothing was obtained then.
    pub fn ask(
        &self,
        digest: [u8; 32],
        believed: &Believed,
        session: &Session<'_>,
    ) -> anyhow::Result<Obtained> {
        let nonce = Nonce::new(&random_octets()).map_err(|error| anyhow::anyhow!(error))?;
        let way = self.way(session)?;
        let stamping = Stamping {
            address: &self.address,
            way: &way,
            policy: self.policy,
            trusted: believed.trusted(),
        };
        match stamp(digest, nonce, session.context.clock.now(), &stamping) {
            Ok(stamped) => Ok(Obtained::Checked(Box::new(stamped))),
            Err(StampError::Token { fault, token }) if fault.is_of_trust() => {
                Ok(Obtained::Unknown { fault, token })
            }
            Err(StampError::Token { fault, token: _ }) => Ok(Obtained::Faulty(fault)),
            Err(StampError::Way(fault)) => Err(told::way(&fault, &self.address).into()),
            Err(StampError::Answer(fault)) => {
                Err(told::answer(&fault, &self.address, session.lang).into())
            }
        }
    }

    fn way(&self, session: &Session<'_>) -> anyhow::Result<Way> {
        let login = match &self.user {
            Some(user) => Some(Login {
                user: user.clone(),
                password: session
                    .context
                    .stamp_password
                    .clone()
                    .ok_or_else(|| Failure::new("stamp-password", []))?,
            }),
            None => None,
        };
        Ok(Way {
            login,
            proxy: self.proxy(session),
            ..Way::default()
        })
    }

    fn proxy(&self, session: &Session<'_>) -> Option<Secret> {
        let proxies = &session.context.proxies;
        match self.proxy.as_deref() {
            Some("none") => None,
            Some(given) => Some(Secret::new(given.to_owned())),
            None if is_direct(&self.address, &proxies.except) => None,
            None if self.address.is_secure() => proxies.https.clone(),
            None => proxies.http.clone(),
        }
    }
}

/// Whom the user trusts for time stamps. Nobody is built in: the authorities of certified mail are none
/// of time stamps.
#[derive(Default)]
pub(in crate::command) struct Believed {
    anchors: Vec<Anchor>,
    crls: Vec<Crl>,
}

impl Believed {
    /// By certificates, or trust data, of the files that `--tsa-anchor` names.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn by(files: &[PathBuf], lang: Lang) -> anyhow::Result<Self> {
        let mut believed = Self::default();
        for file in files {
            let octets = trusted::read(file, lang)?;
            let name = file.display().to_string();
            let trust = match Trust::from_certificates(&octets, &name) {
                // A file of trust data is no less welcome.
                Err(trust::Error::Pem(pem::Error::Neither)) => {
                    Trust::parse(&octets, &name).map_err(|_| trust::Error::Pem(pem::Error::Neither))
                }
                read => read,
            };
            let trust = trust.map_err(|error| trusted::of_anchors(&error, file, lang))?;
            believed.anchors.extend(trust.anchors);
        }
        Ok(believed)
    }

    /// By the authorities of a file of trust data too.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn and_trust(mut self, file: Option<&Path>, lang: Lang) -> anyhow::Result<Self> {
        if let Some(file) = file {
            self.anchors.extend(trusted::trust(file, lang)?.anchors);
        }
        Ok(self)
    }

    /// Unless these lists say that a certificate was revoked.
    pub fn unless_revoked(self, crls: Vec<Crl>) -> Self {
        Self { crls, ..self }
    }

    /// Whether nobody was named.
    pub fn is_nobody(&self) -> bool {
        self.anchors.is_empty()
    }

    /// For the checks of a token.
    pub fn trusted(&self) -> Trusted<'_> {
        Trusted {
            anchors: &self.anchors,
            crls: &self.crls,
        }
    }
}
